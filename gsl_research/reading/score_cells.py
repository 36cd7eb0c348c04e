"""The distinct cells of a score column, sorted into numbers, missing words and what is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .grid import Column, DateCell, LabelledNumber, as_text
from .lookalikes import is_date, is_number_with_text, may_be_shown
from .numbers import SHAPE, Numbers, written
from .words import LONGEST_READ, missing_words

ROWS_NAMED = 2
"""Rows named as an example of one way of writing (policy)."""

_DECLARED_NUMBER = re.compile(r"-?\d+(?:[.,]\d{1,2})?", re.ASCII)


@dataclass
class ScoreCells:
    """What each distinct cell is, by its code in the column; ``values`` are nan until a number is read.

    A cell is in ``numbers``, ``missing`` (its words) or ``refused`` (a code of a Problem), or it is a workbook's own
    number. ``maxima`` and ``percent`` are the numbers written as "12/20" and "60 %".
    """

    column: Column
    row_numbers: Sequence[int]
    values: np.ndarray
    numbers: Numbers = field(default_factory=Numbers)
    maxima: dict[int, float] = field(default_factory=dict)
    percent: dict[int, str] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)

    @cached_property
    def counts(self) -> np.ndarray:
        """(distinct,) int: in how many rows each stands."""
        return np.bincount(self.column.codes, minlength=len(self.column.distinct))

    def count(self, codes: Iterable[int]) -> int:
        return int(self.counts[list(codes)].sum())

    @property
    def filled(self) -> int:
        """How many rows hold something else than a missing word."""
        return len(self.column) - self.count(self.missing)

    @property
    def scored(self) -> np.ndarray:
        """Codes of the cells that are a number, read or not."""
        is_number = np.ones(len(self.column.distinct), dtype=bool)
        is_number[[*self.missing, *self.refused]] = False
        return np.flatnonzero(is_number)

    def positions(self, codes: Iterable[int]) -> np.ndarray:
        """The rows, by position, in which these cells stand."""
        wanted = np.zeros(len(self.column.distinct), dtype=bool)
        wanted[list(codes)] = True
        return np.flatnonzero(wanted[self.column.codes])

    def example(self, codes: Iterable[int]) -> tuple[list[int], str]:
        """The first row numbers where these cells stand, and what stands in the first."""
        positions = self.positions(codes)[:ROWS_NAMED].tolist()
        return [self.row_numbers[at] for at in positions], self.shown(positions[0])

    def first_of_fewer(self, some: Iterable[int], others: Iterable[int]) -> int:
        """The first row written the way that fewer rows are; of two ways as common, the one that begins later."""
        return -min((self.count(codes), -self.example(codes)[0][0]) for codes in (some, others))[1]

    def shown(self, position: int) -> str:
        """The cell as it stands; of a number with a label the number."""
        cell = self.column[position]
        return as_text(float(cell)) if isinstance(cell, LabelledNumber) else as_text(cell)


def sorted_cells(column: Column, row_numbers: Sequence[int], declared: Sequence[str]) -> ScoreCells:
    """The distinct cells sorted; ``declared`` are the missing words and numbers of the study file."""
    read = ScoreCells(column, row_numbers, np.full(len(column.distinct), math.nan))
    absent = {word.strip().casefold() for word in declared}
    for code, cell in enumerate(column.distinct):
        if absent and as_text(cell).casefold() in absent:
            read.missing[code] = as_text(cell)
        elif isinstance(cell, float):
            _sort_number(read, code, cell)
        elif not isinstance(cell, DateCell) and (shape := SHAPE.fullmatch(cell)):
            read.numbers.add(code, cell, shape.lastgroup)
        else:
            _sort_text(read, code, cell)
    return read


def _sort_number(read: ScoreCells, code: int, cell: float) -> None:
    if isinstance(cell, LabelledNumber) and cell.label and missing_words(cell.label) is not None:
        read.missing[code] = cell.label
    elif math.isfinite(cell):
        read.values[code] = cell
    else:
        read.refused[code] = "not_a_number"


def _sort_text(read: ScoreCells, code: int, cell: str) -> None:
    plain = not isinstance(cell, DateCell) and len(cell) <= LONGEST_READ
    words = missing_words(cell) if plain else None
    number = written(cell) if plain else None
    if words is not None:
        read.missing[code] = words
    elif number is not None:
        read.numbers.add(code, number.number, number.shape)
        if number.maximum is not None:
            read.maxima[code] = number.maximum
        elif number.percent:
            read.percent[code] = cell
    else:
        if len(cell) <= LONGEST_READ and is_date(cell):
            reason = "date_as_score"
        elif may_be_shown(cell):
            reason = "not_a_number"
        else:
            reason = "number_with_text" if is_number_with_text(cell) else "text_as_score"
        read.refused[code] = reason


def take_out_declared(read: ScoreCells, declared: Sequence[str]) -> None:
    """Numbers of the study file that are missing codes, however written: "999,0" for "999", 99 labelled "weigert"."""
    numbers = [float(word.strip().replace(",", ".")) for word in declared if _DECLARED_NUMBER.fullmatch(word.strip())]
    plain = np.ones(len(read.values), dtype=bool)
    plain[[*read.maxima, *read.percent]] = False
    for code in np.flatnonzero(np.isin(read.values, numbers) & plain).tolist():
        read.missing[code] = as_text(read.column.distinct[code])
        read.values[code] = math.nan

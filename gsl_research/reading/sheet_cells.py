"""Cells of one sheet with their positions: how far they may lie, what they become, and how they stand in columns."""

from __future__ import annotations

import datetime
import math
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from ..problems import Problem, Problems
from .grid import Cell, Column, DateCell, clean_text, column_letter

MAX_CELLS = 20_000_000
FAR_CELLS = 2_000_000
FAR_SHARE = 0.1
"""A rectangle of more than FAR_CELLS of which less than FAR_SHARE is filled has a stray cell far away (policy)."""

Position = tuple[int, int]
"""Row and column, the first being 0."""


def address(position: Position) -> str:
    """The cell's name in a spreadsheet: (0, 0) is A1."""
    row, column = position
    return f"{column_letter(column)}{row + 1}"


class Extent(Protocol):
    """How many cells of a sheet have content, and how far they reach."""

    filled: int
    height: int
    width: int


def refuse_extents(sheets: Sequence[tuple[str | None, Extent]], file: str) -> None:
    """Before cells are put in columns: a column takes memory for every row, a filled one or not.

    Raises Problems: ``far_cell``, ``too_many_cells``, for a sheet or for all sheets together.
    """
    problems = []
    for name, sheet in sheets:
        if problem := _extent_problem(sheet.filled, sheet.height, sheet.width):
            problems.append(replace(problem, file=file, sheet=name))
    if not problems and sum(sheet.height * sheet.width for _, sheet in sheets) > MAX_CELLS:
        problems = [Problem(code="too_many_cells", file=file, facts={"most": MAX_CELLS})]
    if problems:
        raise Problems(problems)


def _extent_problem(filled: int, height: int, width: int) -> Problem | None:
    if height * width > FAR_CELLS and filled < FAR_SHARE * height * width:
        return Problem(code="far_cell", facts={"cell": address((height - 1, width - 1))})
    if height * width > MAX_CELLS:
        return Problem(code="too_many_cells", facts={"most": MAX_CELLS})
    return None


def percentage(value: float) -> str:
    """A share as the sheet shows it: 0.6 is "60%"."""
    return f"{100 * value:.10g}%"


def as_cell(value: object) -> Cell:
    """A number is a float, a date or time a DateCell, TRUE and what is no finite number are text."""
    match value:
        case str():
            return clean_text(value)
        case bool():
            return str(value).upper()
        case int() | float():
            return float(value) if math.isfinite(value) else str(value)
        case datetime.datetime() if value.time() == datetime.time():
            return DateCell(value.date().isoformat())
        case datetime.timedelta():
            minutes, seconds = divmod(int(value.total_seconds()), 60)
            return DateCell(f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}")
        case datetime.datetime() | datetime.date() | datetime.time():
            return DateCell(value.isoformat())
        case _:
            raise ValueError(f"a cell cannot hold {type(value).__name__}")


class SheetCells:
    """The cells of one sheet as a file tells them, in any order; a cell without content takes no place.

    Ask ``refuse_extents`` before ``columns``: until then a far cell costs nothing.
    """

    def __init__(self) -> None:
        self.filled = self.height = self.width = 0
        self._codes = {(False, ""): 0}
        self._single = array("q")
        self._repeated: list[tuple[int, int, int, int, int]] = []

    def put(self, row: int, column: int, cell: Cell, *, rows: int = 1, columns: int = 1) -> None:
        """The same cell in a block of rows and columns that starts here."""
        if cell == "":
            return
        self.filled += rows * columns
        self.height = max(self.height, row + rows)
        self.width = max(self.width, column + columns)
        if self.height > MAX_CELLS or self.width > MAX_CELLS:
            return
        code = self._codes.setdefault((isinstance(cell, DateCell), cell), len(self._codes))
        if rows == columns == 1:
            self._single.extend((row, column, code))
        else:
            self._repeated.append((row, row + rows, column, column + columns, code))

    def columns(self) -> list[Column]:
        """Every column from the first, all as long as the lowest cell with content is deep."""
        places = np.zeros((self.width, self.height), dtype=np.int32)
        rows, columns, codes = np.frombuffer(self._single, dtype=np.int64).reshape(-1, 3).T
        places[columns, rows] = codes
        for top, below, left, beyond, code in self._repeated:
            places[left:beyond, top:below] = code
        cells = [cell for _, cell in self._codes]
        made = []
        for place in places:
            used, inverse = np.unique(place, return_inverse=True)
            made.append(Column(tuple(cells[code] for code in used.tolist()), inverse.astype(np.intp)))
        return made

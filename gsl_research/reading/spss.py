"""An SPSS file: variables as columns, with the labels and the missing codes that the file declares."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from ..problems import Problem, Problems
from .grid import Cell, Column, DateCell, Grid, LabelledNumber, Sheets, as_text, clean_text, joined

MAX_CELLS = 20_000_000
MAX_UNPACKED = 500_000_000
"""Cells, and bytes of all cases unpacked (policy): a file that says it has more is refused before a case is read."""
MAX_SECONDS = 15
MAX_WAIT = 120
"""Of the processor, and by the clock: a damaged file can keep its reader busy for ever (policy)."""

_PROGRAM = Path(__file__).with_name("spss_child.py")
_DAY_ZERO = datetime(1582, 10, 14)
_SPELLINGS: dict[str, Callable[[timedelta], str]] = {
    **dict.fromkeys(
        ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR"),
        lambda seconds: (_DAY_ZERO + seconds).date().isoformat(),
    ),
    **dict.fromkeys(("DATETIME", "YMDHMS"), lambda seconds: (_DAY_ZERO + seconds).isoformat()),
    **dict.fromkeys(("TIME", "MTIME", "DTIME"), str),
}
"""How SPSS formats write seconds: since the first day of its calendar, or as a time."""


def read_spss(raw: bytes, *, file: str) -> Sheets:
    """One grid without a sheet name: the names of the variables as row 0, then the cases, numbered as SPSS does.

    A number is a float, with a value label a LabelledNumber, in a date format a DateCell; no value is "". A value that
    the file declares missing is text: its label, or the value itself; ``Sheets.missing`` lists these by variable.
    ``Sheets.aliases`` are the labels of the variables. Raises Problems: ``file_damaged``, ``too_many_cells``,
    ``zip_bomb``, ``empty_file``.
    """
    told, numbers = _parsed(raw, file)
    if not told["names"]:
        raise Problems([Problem(code="empty_file", file=file)])
    columns, missing = [], {}
    for name in told["names"]:
        labels, spans = dict(map(tuple, told["labels"].get(name, ()))), told["missing"].get(name, ())
        variable = _Variable(told["formats"][name], labels, spans)
        read = Column.of(told["texts"][name]) if name in told["texts"] else _factored(next(numbers))
        columns.append(joined([Column.of([name]), read.map(variable.cell)]))
        if words := [as_text(variable.cell(value)) for value in read.distinct if variable.is_missing(value)]:
            missing[name] = tuple(dict.fromkeys(words))
    grid = Grid(sheet=None, columns=columns, numbers=range(told["cases"] + 1))
    return Sheets((grid,), aliases=_aliases(told["names"], told["aliases"]), missing=missing)


def _parsed(raw: bytes, file: str) -> tuple[dict, Iterator[np.ndarray]]:
    """What ``spss_child`` says of the file, and its columns of numbers in order."""

    def stop(code: str) -> Problems:
        return Problems([Problem(code=code, file=file, facts={"most": MAX_CELLS} if code == "too_many_cells" else {})])

    command = [sys.executable, "-P", str(_PROGRAM), *map(str, (MAX_CELLS, MAX_UNPACKED, MAX_SECONDS))]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=MAX_WAIT, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise stop("file_damaged") from None
    said, _, content = done.stdout.partition(b"\n")
    told = json.loads(said)
    if "problem" in told:
        raise stop(told["problem"])
    return told, iter(np.frombuffer(content).reshape(len(told["names"]) - len(told["texts"]), told["cases"]))


def _factored(values: np.ndarray) -> Column:
    distinct, codes = np.unique(values, return_inverse=True)
    return Column(tuple("" if value != value else value for value in distinct.tolist()), codes)


class _Variable:
    """What a variable's values are: a number, a label, a date, or a code for a missing value."""

    def __init__(self, spelling: str, labels: Mapping[Cell, str], missing: Sequence[Mapping[str, Cell]]):
        self.spelling = _SPELLINGS.get(spelling.rstrip("0123456789."))
        self.labels = {value: clean_text(label) for value, label in labels.items()}
        self.missing = missing

    def is_missing(self, value: Cell) -> bool:
        return value != "" and any(
            isinstance(value, str) == isinstance(span["lo"], str) and span["lo"] <= value <= span["hi"]
            for span in self.missing
        )

    def cell(self, value: Cell) -> Cell:
        label = self.labels.get(value)
        if self.is_missing(value):
            return label or clean_text(as_text(value))
        if isinstance(value, str):
            return clean_text(value)
        if self.spelling:
            return self._date(value)
        return LabelledNumber(value, label) if label else value

    def _date(self, seconds: float) -> DateCell:
        """A date outside the calendar stays a number of seconds."""
        try:
            return DateCell(self.spelling(timedelta(seconds=seconds)))
        except OverflowError:
            return DateCell(as_text(seconds))


def _aliases(names: Sequence[str], labels: Mapping[str, str | None]) -> dict[str, str]:
    """Label -> variable, for labels that belong to one variable and are no variable's name."""
    named = [(clean_text(label), name) for name, label in labels.items() if label]
    often = Counter(label for label, _ in named)
    return {label: name for label, name in named if label and often[label] == 1 and label not in names}

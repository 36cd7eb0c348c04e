"""Cells before they mean anything: a column of them, and a sheet of columns with the places they stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, count

import numpy as np

from ..problems import Problem

Cell = str | float


class DateCell(str):
    """A workbook cell that holds a date or a time, as ISO text; a score column refuses it."""

    __slots__ = ()


class LabelledNumber(float):
    """A number with the label its file gives it (SPSS): a score is the number, a code is the label.

    Equal only to the same number with the same label: 1 means one class in one file and another in the next.
    """

    label: str

    def __new__(cls, value: float, label: str) -> LabelledNumber:
        number = super().__new__(cls, value)
        number.label = label
        return number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabelledNumber) and float(self) == float(other) and self.label == other.label

    def __hash__(self) -> int:
        return hash((float(self), self.label))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Column(Sequence[Cell]):
    """A column as its distinct cells and, per row, which of them stands there.

    ``codes`` is (n,) intp into ``distinct``; every distinct cell stands in at least one row. What is asked of a
    column is asked of its distinct cells once. Equal to any sequence with the same cells.
    """

    distinct: tuple[Cell, ...]
    codes: np.ndarray

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Column:
        if isinstance(cells, Column):
            return cells
        place = dict(zip(dict.fromkeys(cells), count(), strict=False))
        return cls(tuple(place), np.fromiter(map(place.__getitem__, cells), dtype=np.intp, count=len(cells)))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, at):
        if isinstance(at, slice):
            return [self.distinct[code] for code in self.codes[at]]
        return self.distinct[self.codes[at]]

    def __iter__(self) -> Iterator[Cell]:
        return map(self.distinct.__getitem__, self.codes.tolist())

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None

    def __repr__(self) -> str:
        return f"Column({len(self)} cells, {len(self.distinct)} distinct)"

    def take(self, rows: np.ndarray) -> Column:
        """The cells of these rows: positions, or a mask."""
        codes = self.codes[rows]
        used = np.bincount(codes, minlength=len(self.distinct)) > 0
        place = np.cumsum(used) - 1
        return Column(tuple(compress(self.distinct, used.tolist())), place[codes])

    def map(self, change: Callable[[Cell], Cell]) -> Column:
        """Every cell changed; cells that become equal become one."""
        changed = Column.of([change(cell) for cell in self.distinct])
        return Column(changed.distinct, changed.codes[self.codes])

    def cleaned(self) -> Column:
        """Text without what ``clean_text`` takes away; for a column of text alone."""
        return self if _nothing_to_clean(self.distinct) else self.map(clean_text)

    def where(self, test: Callable[[Cell], bool]) -> np.ndarray:
        """(n,) bool: the rows whose cell passes the test."""
        passes = np.fromiter(map(test, self.distinct), dtype=bool, count=len(self.distinct))
        return passes[self.codes]

    def equal(self, cell: Cell) -> np.ndarray:
        """(n,) bool: the rows that hold this cell."""
        try:
            return self.codes == self.distinct.index(cell)
        except ValueError:
            return np.zeros(len(self), dtype=bool)

    @property
    def blank(self) -> np.ndarray:
        """(n,) bool: the rows without content."""
        return self.equal("")


def joined(columns: Sequence[Column]) -> Column:
    """The columns one under the other."""
    merged = Column.of([cell for column in columns for cell in column.distinct])
    ends = np.cumsum([len(column.distinct) for column in columns])
    starts = ends - [len(column.distinct) for column in columns]
    codes = [merged.codes[start + column.codes] for start, column in zip(starts, columns, strict=True)]
    return Column(merged.distinct, np.concatenate(codes) if codes else np.empty(0, dtype=np.intp))


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range by positions in its grid, the ends included; its content stands in the first cell."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rows of a sheet that were not read as pupils, or a whole sheet or file when ``rows`` is empty.

    ``reason`` is a key of ``problems.skipped`` in the texts; ``words`` are what stood there and is no pupil's:
    "Gemiddelde".
    """

    sheet: str | None
    rows: tuple[int, ...]
    reason: str
    words: tuple[str, ...] = ()
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one sheet, from its first row and column, before the header is known.

    ``columns`` are all as long as ``numbers``, the row numbers as the file's own program counts them. Text is clean
    (``clean_text``), a number of a workbook is a float. ``hidden_rows`` and ``hidden_columns`` are positions;
    ``uncached`` are those (row, column) of formulas that no program has calculated yet, blank here.
    ``warnings`` have a row, but no file or sheet.
    """

    sheet: str | None
    columns: Sequence[Column]
    numbers: Sequence[int]
    skipped: tuple[Skipped, ...] = ()
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    uncached: tuple[tuple[int, int], ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheets:
    """What one file holds: its visible sheets with content, and what was left out."""

    grids: tuple[Grid, ...]
    skipped: tuple[Skipped, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    """Other names of a header, as SPSS has a label for a variable: label -> header."""
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The words a file declares missing in a column (SPSS user-missing): header -> texts."""


def as_text(cell: Cell) -> str:
    """A class, pupil or group code as text: 3.0 becomes "3"; text stays as it is ("1E1", "03")."""
    if isinstance(cell, str):
        return str(cell)
    if isinstance(cell, LabelledNumber):
        return cell.label
    return str(int(cell)) if cell.is_integer() else repr(cell)


_INVISIBLE = {ord(mark): None for mark in "\u200b\u200c\u200d\u2060\ufeff\u00ad"} | {0xA0: " ", 0x202F: " "}


def clean_text(text: str) -> str:
    """Without invisible characters and outer spaces, letters composed (NFC)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return text.strip()


_SPACES = " \t\x0b\x0c\r\x1c\x1d\x1e\x1f"
"""What ``str.strip`` takes away in ASCII, beside the line end."""


def _nothing_to_clean(texts: Sequence[str]) -> bool:
    """Told from all texts at once, a line end between them: much quicker than one by one."""
    whole = "\n".join(texts)
    if not whole.isascii() or whole.count("\n") >= max(len(texts), 1):
        return False
    spaces = [space for space in _SPACES if space in whole]
    edges = any(f"\n{space}" in whole or f"{space}\n" in whole for space in spaces)
    return not edges and whole[:1] not in spaces and whole[-1:] not in spaces


def column_letter(position: int) -> str:
    """The column's name in a spreadsheet: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

"""One table of located cells, whatever kind of file it came from."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..problems import Problem, Problems
from .words import file_words

Cell = str | float


class DateCell(str):
    """A workbook cell that holds a date or a time, as ISO text; a score column refuses it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rows, or a whole sheet when ``rows`` is empty, that were not read."""

    sheet: str | None
    rows: tuple[int, ...]
    reason: Literal["blank_rows", "sep_line", "hidden_sheet"]


@dataclass(frozen=True, repr=False)
class Table:
    """A score file as it stands: header -> cells, every column as long as ``row_numbers``.

    ``file`` is the name without its folder; ``row_numbers`` count as the file's own program does, the first row
    being 1; ``sha256`` is that of the file's bytes. The repr shows counts only: cells are pupils' data.
    """

    file: str
    sheet: str | None
    columns: Mapping[str, Sequence[Cell]]
    row_numbers: Sequence[int]
    skipped: tuple[Skipped, ...]
    sha256: str

    def __repr__(self) -> str:
        return f"Table({self.file!r}, {len(self.row_numbers)} rows, {len(self.columns)} columns)"


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by column, before the header is known. Every column is as long as ``numbers``, the row numbers."""

    sheet: str | None
    columns: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    skipped: tuple[Skipped, ...] = ()


def as_text(cell: Cell) -> str:
    """A class, pupil or group code as text: 3.0 becomes "3"; text stays as it is ("1E1", "03")."""
    if isinstance(cell, str):
        return str(cell)
    return str(int(cell)) if cell.is_integer() else repr(cell)


_INVISIBLE = {ord(mark): None for mark in "\u200b\u200c\u200d\u2060\ufeff\u00ad"} | {0xA0: " ", 0x202F: " "}


def clean_text(text: str) -> str:
    """Without invisible characters and outer spaces, letters composed (NFC)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return text.strip()


def assemble(grid: Grid, *, file: str, sha256: str) -> Table:
    """The first row that is not blank is the header; blank rows are skipped and listed.

    Raises Problems: ``empty_file``, ``no_rows``, ``header_missing``, ``header_twice``, ``totals_row``.
    """
    blank = _blank_rows(grid.columns)
    filled = [at for at in range(len(grid.numbers)) if at not in blank]
    if not filled:
        raise Problems([Problem(code="empty_file", file=file, sheet=grid.sheet)])
    head, *body = filled
    if not body:
        raise Problems([Problem(code="no_rows", file=file, sheet=grid.sheet, row=grid.numbers[head])])
    skipped = grid.skipped
    if blank:
        skipped += (Skipped(grid.sheet, tuple(grid.numbers[at] for at in sorted(blank)), "blank_rows"),)

    header = [column[head] for column in grid.columns]
    cells = [[column[at] for at in body] for column in grid.columns]
    numbers = [grid.numbers[at] for at in body]
    columns, problems = _named(header, cells, grid.numbers[head])
    problems += _totals(cells, numbers)
    if problems:
        raise Problems(replace(problem, file=file, sheet=grid.sheet) for problem in problems)
    return Table(file, grid.sheet, columns, numbers, skipped, sha256)


def _blank_rows(columns: Sequence[Sequence[Cell]]) -> set[int]:
    blank = set(range(len(columns[0]))) if columns else set()
    for column in columns:
        blank = {at for at in blank if column[at] == ""}
    return blank


def _named(
    header: Sequence[Cell], columns: Sequence[Sequence[Cell]], row: int
) -> tuple[dict[str, Sequence[Cell]], list[Problem]]:
    named: dict[str, Sequence[Cell]] = {}
    letters: dict[str, list[str]] = {}
    problems = []
    for position, (cell, column) in enumerate(zip(header, columns, strict=True)):
        name = " ".join(as_text(cell).split())
        if name:
            named[name] = column
            letters.setdefault(name, []).append(column_letter(position))
        elif any(entry != "" for entry in column):
            facts = {"letter": column_letter(position)}
            problems.append(Problem(code="header_missing", row=row, facts=facts))
    for name, places in letters.items():
        if len(places) > 1:
            problems.append(Problem(code="header_twice", row=row, value=name, facts={"letters": places}))
    return named, problems


def _totals(columns: Sequence[Sequence[Cell]], numbers: Sequence[int]) -> list[Problem]:
    """Rows whose first filled cell opens with a word such as a mean or a total."""
    totals = file_words("totals")
    found: dict[int, str] = {}
    undecided: Sequence[int] = range(len(numbers))
    for column in columns:
        words = {cell: _first_word(cell) for cell in {column[at] for at in undecided}}
        found |= {at: words[column[at]] for at in undecided if words[column[at]].casefold() in totals}
        undecided = [at for at in undecided if column[at] == ""]
    return [Problem(code="totals_row", row=numbers[at], value=word) for at, word in sorted(found.items())]


def _first_word(cell: Cell) -> str:
    return cell.split(maxsplit=1)[0].rstrip(":") if isinstance(cell, str) and cell else ""


def column_letter(position: int) -> str:
    """The column's name in a spreadsheet: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

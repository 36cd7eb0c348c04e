"""Tables as a new file of values alone: no formula, comment, hidden sheet or property of the first file comes along."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory

from .problems import Problem, Problems
from .reading import Column, DateCell, LabelledNumber, Table, as_text, read_tables
from .reading.grid import Cell

MADE = datetime(2026, 1, 1)
"""Written into every workbook: same values, same bytes."""
SAME = 1e-12
"""A workbook keeps some fifteen digits of a number: closer than this share two numbers are one (computed)."""
GUARD = "'"
"""Before text that a spreadsheet would run as a formula when it opens a file with separators."""
DAY, CLOCK = 14, 21
"""Number formats built into every spreadsheet: a day, and hours with minutes and seconds."""

_FORMULA = re.compile(r"[=@\t\r]|[+-](?!(?:[+\-/\s]*|\s*\d[\d.,]*(?:e[+-]?\d+)?\s*%?)$)", re.IGNORECASE)
_SHEET_NAME = re.compile(r"(?!')[^\[\]:*?/\\]{1,31}(?<!')")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table to be written: its name, and its columns under their headings."""

    name: str | None
    columns: dict[str, Column]


def same_kind(path: Path, tables: Sequence[Table]) -> str:
    """The ending of a copy: ".csv" for text with separators, ".xlsx" for any workbook. Raises ``copy_kind`` (SPSS)."""
    cells = (cell for table in tables for column in table.columns.values() for cell in column.distinct)
    if path.suffix.lower() in (".sav", ".zsav") or any(isinstance(cell, LabelledNumber) for cell in cells):
        raise Problems([Problem(code="copy_kind", file=path.name)])
    return ".csv" if len(tables) == 1 and tables[0].sheet is None else ".xlsx"


def written(sheets: Sequence[Sheet], kind: str, file: str) -> bytes:
    """The file, read back and found equal cell by cell. Raises Problems: ``copy_differs``."""
    content = _csv(sheets[0]) if kind == ".csv" else _xlsx(sheets)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"copy{kind}"
        copy.write_bytes(content)
        try:
            read = read_tables(copy).tables
        except Problems:
            read = ()
    if len(read) != len(sheets) or not all(map(_equal, sheets, read, [kind] * len(read))):
        raise Problems([Problem(code="copy_differs", file=file)])
    return content


def guarded(sheets: Sequence[Sheet]) -> int:
    """How many cells of a file with separators get a mark, so that no spreadsheet runs them."""
    return sum(int(column.where(lambda c: as_text(c) != _safe(as_text(c))).sum())
               for sheet in sheets for column in sheet.columns.values())  # fmt: skip


def _safe(text: str) -> str:
    return GUARD + text if _FORMULA.match(text) else text


def _csv(sheet: Sheet) -> bytes:
    columns = ([_safe(as_text(cell)) for cell in column] for column in sheet.columns.values())
    return separated([tuple(map(_safe, sheet.columns)), *zip(*columns, strict=True)])


def separated(rows: Iterable[Sequence[str]]) -> bytes:
    """Semicolons and a byte order mark: with these a spreadsheet in Belgium keeps columns and accents."""
    content = io.StringIO(newline="")
    csv.writer(content, delimiter=";", lineterminator="\r\n").writerows(rows)
    return content.getvalue().encode("utf-8-sig")


def _xlsx(sheets: Sequence[Sheet]) -> bytes:
    from xlsxwriter import Workbook

    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": MADE})
        formats = {code: book.add_format({"num_format": code}) for code in (DAY, CLOCK)}
        text = book.add_format({"num_format": "@"})
        for number, sheet in enumerate(sheets, start=1):
            named = sheet.name is not None and _SHEET_NAME.fullmatch(sheet.name)
            page = book.add_worksheet(sheet.name if named else f"{number}")
            for at, (header, column) in enumerate(sheet.columns.items()):
                page.write_string(0, at, header, text)
                for row, cell in enumerate(column, start=1):
                    moment = _moment(cell) if isinstance(cell, DateCell) else None
                    if moment is not None:
                        page.write_datetime(row, at, moment, formats[CLOCK if isinstance(moment, time) else DAY])
                    elif isinstance(cell, float):
                        page.write_number(row, at, cell)
                    elif cell:
                        page.write_string(row, at, cell, text)
    return content.getvalue()


def _moment(cell: str) -> date | time | None:
    """A day or a clock time as the workbook held it; what is neither stays text."""
    for kind in (date, time):
        try:
            return kind.fromisoformat(cell)
        except ValueError:
            continue
    return None


def _equal(sheet: Sheet, read: Table, kind: str) -> bool:
    mark = _safe if kind == ".csv" else str
    if [mark(header) for header in sheet.columns] != list(read.columns):
        return False
    pairs = zip(sheet.columns.values(), read.columns.values(), strict=True)
    return all(len(made) == len(got) and all(map(_same, made, got, [mark] * len(made))) for made, got in pairs)


def _same(made: Cell, got: Cell, mark) -> bool:
    if isinstance(made, float):
        return isinstance(got, float) and isclose(made, got, rel_tol=SAME)
    return isinstance(got, str) and mark(made) == got

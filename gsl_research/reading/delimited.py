"""Text with separators: which encoding, which separator, which line a row stands on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..problems import Problem, Problems
from .table import Grid, Skipped, clean_text

SEPARATORS = (";", "\t", ",")
_SEP_LINE = re.compile(r'"?sep=([;,\t])"?[;,\t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The whole file under one separator: rows all ``width`` long.

    ``ragged`` has the line and the number of cells of rows that were not; ``fault`` is where reading stopped.
    """

    width: int
    rows: list[list[str]]
    numbers: list[int]
    ragged: list[tuple[int, int]]
    fault: Problem | None

    @property
    def fits(self) -> bool:
        return self.fault is None and not self.ragged


def read_delimited(raw: bytes, *, file: str) -> Grid:
    """Cells as cleaned text; a row's number is the line its first cell stands on.

    The separator is the only one of ``; tab ,`` under which every row has as many cells as the header.
    Raises Problems: ``not_a_table``, ``separator_unclear``, ``ragged_rows``, ``unclosed_quote``,
    ``cell_too_long``.
    """
    text = _decode(raw, file)
    skipped: tuple[Skipped, ...] = ()
    candidates = SEPARATORS
    first_line = 1
    if declared := _SEP_LINE.match(text):
        candidates = (declared[1],)
        skipped = (Skipped(None, (1,), "sep_line"),)
        text = text[declared.end() :]
        first_line = 2

    in_header = [separator for separator in candidates if _header_width(text, separator) > 1]
    readings = [_read(text, separator, first_line) for separator in in_header or candidates]
    fitting = [reading for reading in readings if reading.fits]
    if in_header and len(fitting) > 1:
        raise Problems([Problem(code="separator_unclear", file=file)])
    chosen = fitting[0] if fitting else max(readings, key=lambda reading: reading.width)
    if chosen.fault is not None:
        raise Problems([Problem(code=chosen.fault.code, file=file, row=chosen.fault.row)])
    if chosen.ragged:
        raise Problems([_ragged(chosen, file)])

    columns = [_cleaned(column) for column in zip(*chosen.rows, strict=True)]
    return Grid(sheet=None, columns=columns, numbers=chosen.numbers, skipped=skipped)


def _decode(raw: bytes, file: str) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problems([Problem(code="not_a_table", file=file)])


def _rows(text: str, separator: str) -> csv.reader:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _header_width(text: str, separator: str) -> int:
    try:
        return next((len(row) for row in _rows(text, separator) if _filled(row)), 0)
    except csv.Error:
        return text.lstrip().split("\n", 1)[0].count(separator) + 1


def _read(text: str, separator: str, first_line: int) -> _Reading:
    reader = _rows(text, separator)
    rows: list[list[str]] = []
    numbers: list[int] = []
    ragged: list[tuple[int, int]] = []
    width = 0
    line = first_line
    fault = None
    try:
        for row in reader:
            if not width and _filled(row):
                width = len(row)
            if len(row) != width:
                if _filled(row if len(row) < width else row[width:]):
                    ragged.append((line, len(row)))
                row = row[:width] + [""] * (width - len(row))
            rows.append(row)
            numbers.append(line)
            line = first_line + reader.line_num
    except csv.Error as error:
        code = "cell_too_long" if "field limit" in str(error) else "unclosed_quote"
        fault = Problem(code=code, row=line)
    return _Reading(width, rows, numbers, ragged, fault)


def _filled(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _ragged(reading: _Reading, file: str) -> Problem:
    line, found = reading.ragged[0]
    facts = {"expected": reading.width, "found": found, "count": len(reading.ragged)}
    return Problem(code="ragged_rows", file=file, row=line, facts=facts)


def _cleaned(column: Sequence[str]) -> list[str]:
    clean = {cell: clean_text(cell) for cell in set(column)}
    return [clean[cell] for cell in column]

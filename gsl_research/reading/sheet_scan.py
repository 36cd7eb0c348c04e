"""What calamine does not tell about a sheet: its extent, its error cells, formulas never calculated, merged cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CELL = re.compile(rb"<(?:\w+:)?c(\s[^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_ADDRESS = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v[^>/]*>([^<]+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_TEXT_RESULT = re.compile(rb'\st="str"')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z0-9:]+)"')

Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SheetScan:
    """Positions are (row, column), the first being 0. ``filled`` counts the cells with content."""

    filled: int
    last_row: int
    last_column: int
    errors: dict[Position, str]
    uncached: list[Position]
    merged: list[str]


def scan_sheet(xml: bytes) -> SheetScan:
    """One pass over a worksheet part.

    Raises ValueError for a part with a document type, which could hide an entity bomb, or without cell addresses.
    """
    if b"<!DOCTYPE" in xml:
        raise ValueError("a workbook part has a document type")
    filled = 0
    last_row = last_column = -1
    errors: dict[Position, str] = {}
    uncached: list[Position] = []
    columns: dict[bytes, int] = {}
    last_end = max(xml.rfind(b"</c>"), xml.rfind(b":c>")) + len(b"</c>")
    for cell in _CELL.finditer(xml, 0, last_end):
        attributes, content = cell.groups()
        if not content:
            continue
        address = _ADDRESS.search(attributes)
        if address is None:
            raise ValueError("a cell without an address")
        letters, number = address.groups()
        column = columns.get(letters)
        if column is None:
            column = columns[letters] = _column(letters)
        row = int(number) - 1
        filled += 1
        last_row, last_column = max(last_row, row), max(last_column, column)
        if b't="e"' in attributes:
            value = _VALUE.search(content)
            errors[row, column] = value[1].decode("utf-8", "replace") if value else "#N/A"
        elif not _TEXT_RESULT.search(attributes) and _FORMULA.search(content) and not _VALUE.search(content):
            uncached.append((row, column))
    merged = [reference.decode() for reference in _MERGED.findall(xml)]
    return SheetScan(filled, last_row, last_column, errors, uncached, merged)


def _column(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + letter - ord("A") + 1
    return position - 1

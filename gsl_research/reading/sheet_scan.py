"""What calamine does not tell about a sheet: extent, error and percentage cells, formulas never calculated, merges."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

_CELL = re.compile(rb"<(?:\w+:)?c(\s[^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_ADDRESS = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v[^>/]*>([^<]+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_STYLE = re.compile(rb'\ss="([0-9]+)"')
_NOT_A_NUMBER = re.compile(rb'\st="[^n]')
_TEXT_RESULT = re.compile(rb'\st="str"')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z0-9:]+)"')

Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SheetScan:
    """Positions are (row, column), the first being 0. ``filled`` counts the cells with content.

    ``shown`` holds cells as Excel shows them where their value alone would mislead: "#N/A", "60%".
    """

    filled: int
    last_row: int
    last_column: int
    shown: dict[Position, str]
    uncached: list[Position]
    merged: list[str]


def scan_sheet(xml: bytes, percent_styles: Set[int] = frozenset()) -> SheetScan:
    """One pass over a worksheet part; ``percent_styles`` are the cell styles that show a number as a percentage.

    Raises ValueError for a part with a document type, which could hide an entity bomb, or without cell addresses.
    """
    if b"<!DOCTYPE" in xml:
        raise ValueError("a workbook part has a document type")
    filled = 0
    last_row = last_column = -1
    shown: dict[Position, str] = {}
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
            shown[row, column] = value[1].decode("utf-8", "replace") if value else "#N/A"
        elif not _TEXT_RESULT.search(attributes) and _FORMULA.search(content) and not _VALUE.search(content):
            uncached.append((row, column))
        elif percent_styles and (percentage := _percentage(attributes, content, percent_styles)):
            shown[row, column] = percentage
    merged = [reference.decode() for reference in _MERGED.findall(xml)]
    return SheetScan(filled, last_row, last_column, shown, uncached, merged)


def _percentage(attributes: bytes, content: bytes, percent_styles: Set[int]) -> str | None:
    style, value = _STYLE.search(attributes), _VALUE.search(content)
    if style is None or value is None or _NOT_A_NUMBER.search(attributes) or int(style[1]) not in percent_styles:
        return None
    return f"{100 * float(value[1]):.10g}%"


def _column(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + letter - ord("A") + 1
    return position - 1

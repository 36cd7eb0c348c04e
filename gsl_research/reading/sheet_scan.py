"""What calamine does not tell about an .xlsx sheet: how far it reaches, how cells are shown, what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from .grid import Merge
from .sheet_cells import FAR_CELLS, Position, percentage

_PREFIX = re.compile(rb"<(\w+:)sheetData[\s/>]")
_ROW_OR_CELL = re.compile(rb"<(row|c)((?:\s[^>]*)?)>")
_FILLED_CELL = re.compile(rb"<c(\s[^>/]*+)>")
_CELL_END = re.compile(rb"</c\s*>")
_FORMULA = re.compile(rb"<f[\s/>]")
_FORMULA_CELL = re.compile(rb"<c(\s[^>]*)(?<!/)>\s*<f[\s/>]")
_PLAIN_ADDRESS = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"')
_OTHER_CELL = re.compile(rb'<c(?![a-zA-Z]| r="[A-Z]{1,3}[0-9]{1,7}")')
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["']([0-9]{1,7})["']""")
_VALUE = re.compile(rb"<v(?:\s[^>/]*)?>([^<]+)</")
_STYLE = re.compile(rb"""\ss=["']([0-9]+)["']""")
_NOT_A_NUMBER = re.compile(rb"""\st=["'][^n]""")
_TEXT_RESULT = re.compile(rb"""\st=["']str["']""")
_ERROR = re.compile(rb"""\st=["']e["']""")
_ERROR_CELL = re.compile(rb"""<c(\s[^>]*?\bt=["']e["'][^>]*)(?<!/)>""")
_MERGED = re.compile(rb"""<mergeCell\s[^>]*?ref=["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']""")
_HIDDEN_ROW = re.compile(rb"""<row(\s[^>]*?\b(?:hidden=["'](?:1|true)|ht=["']0(?:\.0*)?)["'][^>]*)>""")
_HIDDEN_COLUMN = re.compile(rb"""<col(\s[^>]*?\b(?:hidden=["'](?:1|true)|width=["']0(?:\.0*)?)["'][^>]*)>""")
_BOUNDS = {name: re.compile(rb"\s" + name + rb"""=["']([0-9]{1,7})["']""") for name in (b"min", b"max")}
_OTHER_ENCODING = re.compile(rb"""\s*<\?xml[^>]*encoding=["'](?!utf-?8["']|us-ascii["'])""", re.IGNORECASE)
_CAPITALS, _DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_CHUNK = 16_000_000


@dataclass(slots=True)
class SheetScan:
    """Positions are (row, column), the first being 0. ``filled``, ``height`` and ``width`` may count empty cells of a
    sheet that is small anyway.

    ``shown`` holds cells as Excel shows them where their value alone would mislead: "#N/A", "60%". Columns and rows
    that are hidden are ranges, as far as the file says and not as far as there is content.
    """

    filled: int = 0
    height: int = 0
    width: int = 0
    shown: dict[Position, str] = field(default_factory=dict)
    uncached: list[Position] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[range] = field(default_factory=list)

    def add(self, row: int, column: int) -> None:
        self.filled += 1
        self.height = max(self.height, row + 1)
        self.width = max(self.width, column + 1)


def scan_sheet(xml: bytes, percent_styles: Set[int] = frozenset(), *, calculates: bool = False) -> SheetScan:
    """One worksheet part; ``percent_styles`` are the cell styles that show a number as a percentage.

    ``calculates``: the workbook asks to be calculated when it is opened; a sheet whose formulas then all give 0 was
    never calculated. Raises ValueError for a part with a document type, which could hide an entity bomb, or in
    another encoding than UTF-8.
    """
    if b"<!DOCTYPE" in xml or b"\0" in xml or _OTHER_ENCODING.match(xml):
        raise ValueError("a workbook part is not plain XML")
    if b"<sheetData" not in xml and (prefix := _PREFIX.search(xml)):
        xml = xml.replace(b"<" + prefix[1], b"<").replace(b"</" + prefix[1], b"</")
    scan = _rough_scan(xml)
    if scan is None:
        return _with_sheet_facts(_careful_scan(xml, percent_styles, calculates), xml)
    if b't="e"' in xml or b"t='e'" in xml:
        for cell in _ERROR_CELL.finditer(xml):
            scan.shown[_position(cell[1])] = _error(_content(xml, cell))
    if percent_styles:
        styles = b"|".join(b"%d" % style for style in percent_styles)
        for cell in re.finditer(rb"""<c(\s[^>]*?\bs=["'](?:""" + styles + rb""")["'][^>]*)(?<!/)>""", xml):
            if text := _percentage(cell[1], _content(xml, cell), percent_styles):
                scan.shown[_position(cell[1])] = text
    if _FORMULA.search(xml):
        formulas = ((_position(cell[1]), cell[1], _content(xml, cell)) for cell in _FORMULA_CELL.finditer(xml))
        scan.uncached = _uncached(formulas, calculates)
    return _with_sheet_facts(scan, xml)


def _rough_scan(xml: bytes) -> SheetScan | None:
    """How far any cell reaches, empty ones included; None if that is far, or if a cell has no address of its own."""
    if _OTHER_CELL.search(xml):
        return None
    scan = SheetScan()
    letters: set[bytes] = set()
    start = 0
    while start < len(xml):
        end = xml.find(b"<", start + _CHUNK)
        end = len(xml) if end < 0 else end
        if found := _PLAIN_ADDRESS.findall(xml, start, end):
            text = b" ".join(found)
            letters |= set(text.translate(None, _DIGITS).split())
            scan.height = max(scan.height, max(map(int, set(text.translate(None, _CAPITALS).split()))))
            scan.filled += len(found)
        start = end
    scan.width = max(map(_column, letters), default=-1) + 1
    return scan if scan.height * scan.width <= FAR_CELLS else None


def _careful_scan(xml: bytes, percent_styles: Set[int], calculates: bool) -> SheetScan:
    """Cell by cell, and only cells with content; one without an address stands after the one before it."""
    scan = SheetScan()
    formulas = []
    for (row, column), attributes, content in _cells(xml):
        scan.add(row, column)
        if _ERROR.search(attributes):
            scan.shown[row, column] = _error(content)
        elif _FORMULA.match(content.lstrip()):
            formulas.append(((row, column), attributes, content))
        if percent_styles and (text := _percentage(attributes, content, percent_styles)):
            scan.shown[row, column] = text
    scan.uncached = _uncached(iter(formulas), calculates)
    return scan


def _cells(xml: bytes) -> Iterator[tuple[Position, bytes, bytes]]:
    """Every cell with content: its place, its attributes and what is in it."""
    if not _OTHER_CELL.search(xml):
        for cell in _FILLED_CELL.finditer(xml):
            if content := _content(xml, cell):
                yield _position(cell[1]), cell[1], content
        return
    row, column = -1, 0
    for tag in _ROW_OR_CELL.finditer(xml):
        name, attributes = tag.groups()
        if name == b"row":
            number = _ROW_NUMBER.search(attributes)
            row, column = int(number[1]) - 1 if number else row + 1, 0
            continue
        at = _position(attributes) if _ADDRESS.search(attributes) else (row, column)
        column = at[1] + 1
        if not attributes.endswith(b"/") and (content := _content(xml, tag)):
            yield at, attributes, content


def _content(xml: bytes, start: re.Match[bytes]) -> bytes:
    """What stands between a cell's start tag and its end tag."""
    end = _CELL_END.search(xml, start.end())
    if end is None:
        raise ValueError("a cell without an end")
    return xml[start.end() : end.start()]


def _uncached(formulas: Iterator[tuple[Position, bytes, bytes]], calculates: bool) -> list[Position]:
    without, zeros, others = [], [], 0
    for position, attributes, content in formulas:
        value = _VALUE.search(content)
        if value is None and not _TEXT_RESULT.search(attributes):
            without.append(position)
        elif value is not None and value[1] == b"0":
            zeros.append(position)
        else:
            others += 1
    return sorted(without + zeros) if calculates and zeros and not others else without


def _with_sheet_facts(scan: SheetScan, xml: bytes) -> SheetScan:
    for left, top, right, bottom in _MERGED.findall(xml):
        scan.merges.append(Merge(int(top) - 1, _column(left), int(bottom) - 1, _column(right)))
    for row in _HIDDEN_ROW.findall(xml):
        number = _ROW_NUMBER.search(row)
        if number is None:
            raise ValueError("a hidden row without its number")
        scan.hidden_rows.append(int(number[1]) - 1)
    for attributes in _HIDDEN_COLUMN.findall(xml):
        first, last = (bound.search(attributes) for bound in _BOUNDS.values())
        if first and last:
            scan.hidden_columns.append(range(int(first[1]) - 1, int(last[1])))
    return scan


def _position(attributes: bytes) -> Position:
    found = _ADDRESS.search(attributes)
    if found is None:
        raise ValueError("a cell without an address")
    return int(found[2]) - 1, _column(found[1])


def _error(content: bytes) -> str:
    value = _VALUE.search(content)
    return value[1].decode("utf-8", "replace") if value else "#N/A"


def _percentage(attributes: bytes, content: bytes, percent_styles: Set[int]) -> str | None:
    style, value = _STYLE.search(attributes), _VALUE.search(content)
    if style is None or value is None or _NOT_A_NUMBER.search(attributes) or int(style[1]) not in percent_styles:
        return None
    return percentage(float(value[1]))


def _column(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + letter - ord("A") + 1
    return position - 1

"""An OpenDocument spreadsheet: its sheets read from content.xml in one pass."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..problems import Problem, Problems
from .grid import Cell, DateCell, Grid, Merge, Sheets, Skipped, clean_text
from .package import parse_xml
from .sheet_cells import SheetCells, percentage, refuse_extents

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{_OASIS}{name}:1.0 " for name in ("table", "office", "text", "style"))
_ASIDE = {f"{_OFFICE}annotation", f"{_OFFICE}forms", f"{_TABLE}shapes", f"{_TABLE}tracked-changes"}
_ASIDE |= {f"{_TABLE}dde-links", f"{_TABLE}detective"}
_DRAWING = f"{_OASIS}drawing:1.0 "
_ERROR = re.compile(r"#[A-Z]|Err:\d")
_DURATION = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+)")
_HIDDEN = ("collapse", "filter")


def read_ods(parts: Mapping[str, bytes], *, file: str) -> Sheets:
    """Every visible sheet with content, from the parts of the package; hidden sheets are listed as skipped.

    Raises Problems: ``password``, ``empty_file``, ``far_cell``, ``too_many_cells``; expat.ExpatError or ValueError
    for XML that is broken or has a document type.
    """
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise Problems([Problem(code="password", file=file)])
    content = _Content()
    content.read(parts["content.xml"])
    filled = [sheet for sheet in content.sheets if sheet.has_content]
    if not filled:
        raise Problems([Problem(code="empty_file", file=file)])
    refuse_extents([(sheet.name, sheet.cells) for sheet in filled], file)
    return Sheets(tuple(sheet.grid() for sheet in filled), tuple(content.skipped))


class _Sheet:
    """One table:table while it is read; ``row`` and ``column`` are where the next row and cell stand."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cells = SheetCells()
        self.merges: list[Merge] = []
        self.uncached: list[tuple[int, int]] = []
        self.hidden_rows: list[range] = []
        self.hidden_columns: list[range] = []
        self.row = self.column = self.column_definitions = 0
        self.row_repeats = 1

    @property
    def has_content(self) -> bool:
        return bool(self.cells.filled or self.uncached)

    def grid(self) -> Grid:
        height, width = self.cells.height, self.cells.width
        return Grid(
            self.name,
            self.cells.columns(),
            range(1, height + 1),
            merges=tuple(merge for merge in self.merges if merge.top < height and merge.left < width),
            hidden_rows=_within(self.hidden_rows, height),
            hidden_columns=_within(self.hidden_columns, width),
            uncached=tuple(self.uncached),
        )


def _within(ranges: list[range], end: int) -> frozenset[int]:
    return frozenset(position for span in ranges for position in range(span.start, min(span.stop, end)))


class _Content:
    """The handlers of one pass over content.xml."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []
        self.skipped: list[Skipped] = []
        self._undisplayed: set[str] = set()
        self._style = ""
        self._sheet: _Sheet | None = None
        self._cell: dict[str, str] | None = None
        self._lines: list[str] = []
        self._in_line = 0
        self._aside = 0
        self._starts = {
            f"{_STYLE}style": self._start_style,
            f"{_STYLE}table-properties": self._start_table_properties,
            f"{_TABLE}table": self._start_table,
            f"{_TABLE}table-column": self._start_column,
            f"{_TABLE}table-row": self._start_row,
            f"{_TABLE}table-cell": self._start_cell,
            f"{_TABLE}covered-table-cell": self._start_covered,
            f"{_TEXT}p": self._start_line,
            f"{_TEXT}s": lambda attributes: self._characters(" " * min(_count(attributes, f"{_TEXT}c"), 1000)),
            f"{_TEXT}tab": lambda attributes: self._characters("\t"),
            f"{_TEXT}line-break": lambda attributes: self._characters("\n"),
        }
        self._ends = {
            f"{_TABLE}table": self._end_table,
            f"{_TABLE}table-row": self._end_row,
            f"{_TABLE}table-cell": self._end_cell,
            f"{_TEXT}p": self._end_line,
        }

    def read(self, xml: bytes) -> None:
        parse_xml(xml, self._start, self._end, self._characters)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._aside:
            self._aside += 1
        elif start := self._starts.get(name):
            start(attributes)
        elif name in _ASIDE or name.startswith(_DRAWING):
            self._aside = 1

    def _end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
        elif end := self._ends.get(name):
            end()

    def _characters(self, text: str) -> None:
        if self._in_line and not self._aside:
            self._lines[-1] += text

    def _start_style(self, attributes: dict[str, str]) -> None:
        self._style = attributes.get(f"{_STYLE}name", "")

    def _start_table_properties(self, attributes: dict[str, str]) -> None:
        if attributes.get(f"{_TABLE}display") == "false":
            self._undisplayed.add(self._style)

    def _start_table(self, attributes: dict[str, str]) -> None:
        if self._sheet is not None:
            raise ValueError("a table inside a table")
        self._sheet = _Sheet(attributes.get(f"{_TABLE}name", ""))
        if attributes.get(f"{_TABLE}style-name") in self._undisplayed:
            self.skipped.append(Skipped(self._sheet.name, (), "hidden_sheet"))
        else:
            self.sheets.append(self._sheet)

    def _end_table(self) -> None:
        self._sheet = None

    def _start_column(self, attributes: dict[str, str]) -> None:
        sheet = self._in_sheet()
        first = sheet.column_definitions
        sheet.column_definitions += _count(attributes, f"{_TABLE}number-columns-repeated")
        if attributes.get(f"{_TABLE}visibility") in _HIDDEN:
            sheet.hidden_columns.append(range(first, sheet.column_definitions))

    def _start_row(self, attributes: dict[str, str]) -> None:
        sheet = self._in_sheet()
        sheet.column = 0
        sheet.row_repeats = _count(attributes, f"{_TABLE}number-rows-repeated")
        if attributes.get(f"{_TABLE}visibility") in _HIDDEN:
            sheet.hidden_rows.append(range(sheet.row, sheet.row + sheet.row_repeats))

    def _end_row(self) -> None:
        sheet = self._in_sheet()
        sheet.row += sheet.row_repeats

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._lines = []

    def _start_covered(self, attributes: dict[str, str]) -> None:
        self._in_sheet().column += _count(attributes, f"{_TABLE}number-columns-repeated")

    def _start_line(self, attributes: dict[str, str]) -> None:
        if self._cell is not None:
            self._in_line += 1
            self._lines.append("")

    def _end_line(self) -> None:
        if self._cell is not None:
            self._in_line -= 1

    def _end_cell(self) -> None:
        sheet, attributes = self._in_sheet(), self._cell
        self._cell = None
        repeats = 1
        if attributes:
            repeats = _count(attributes, f"{_TABLE}number-columns-repeated")
            cell = _value(attributes, "\n".join(self._lines))
            sheet.cells.put(sheet.row, sheet.column, cell, rows=sheet.row_repeats, columns=repeats)
            if cell == "" and f"{_TABLE}formula" in attributes and f"{_OFFICE}value-type" not in attributes:
                sheet.uncached.append((sheet.row, sheet.column))
            across = _count(attributes, f"{_TABLE}number-columns-spanned")
            down = _count(attributes, f"{_TABLE}number-rows-spanned")
            if across * down > 1:
                bottom, right = sheet.row + down - 1, sheet.column + across - 1
                sheet.merges.append(Merge(sheet.row, sheet.column, bottom, right))
        elif self._lines:
            sheet.cells.put(sheet.row, sheet.column, clean_text("\n".join(self._lines)), rows=sheet.row_repeats)
        sheet.column += repeats

    def _in_sheet(self) -> _Sheet:
        if self._sheet is None:
            raise ValueError("a row outside a table")
        return self._sheet


def _count(attributes: dict[str, str], name: str) -> int:
    count = int(attributes.get(name, "1")[:12])
    if count < 1:
        raise ValueError("a count below one")
    return count


def _value(attributes: dict[str, str], text: str) -> Cell:
    """The cell as the sheet holds it; an error, which older programs keep as the number 0, as it is shown."""
    kind = attributes.get(f"{_OFFICE}value-type")
    if kind in ("float", "currency", "percentage"):
        if _ERROR.match(text):
            return clean_text(text)
        value = float(attributes[f"{_OFFICE}value"])
        return percentage(value) if kind == "percentage" else value
    if kind == "date":
        date, _, clock = attributes[f"{_OFFICE}date-value"].partition("T")
        clock = clock.partition(".")[0]
        return DateCell(date if clock in ("", "00:00:00") else f"{date}T{clock}")
    if kind == "time":
        parts = _DURATION.match(attributes[f"{_OFFICE}time-value"])
        return DateCell(f"{parts[1]}{parts[2]}:{parts[3]}:{parts[4]}" if parts else clean_text(text) or "?")
    if kind == "boolean":
        return attributes[f"{_OFFICE}boolean-value"].upper()
    return clean_text(text or attributes.get(f"{_OFFICE}string-value", ""))

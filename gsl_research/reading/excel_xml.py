"""A workbook as Excel 2003 saves it in XML, as programs write it under the name .xls."""

from __future__ import annotations

from xml.parsers import expat

from ..problems import Problem, Problems
from .grid import Cell, DateCell, Grid, Merge, Sheets, Skipped, clean_text
from .package import parse_xml
from .sheet_cells import SheetCells, percentage, refuse_extents

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_SS, _EXCEL = f"{NAMESPACE} ", "urn:schemas-microsoft-com:office:excel "
_EPOCH_DATES = ("1899-12-30T", "1899-12-31T", "1904-01-01T")
"""A time of the day is written as a moment on the first day of Excel's calendar."""


def read_excel_xml(raw: bytes, *, file: str) -> Sheets:
    """Every visible sheet with content. Raises Problems: ``not_a_table``, ``empty_file``, ``far_cell``,
    ``too_many_cells``.
    """
    reading = _Workbook()
    try:
        reading.read(raw)
    except (expat.ExpatError, IndexError, ValueError):
        raise Problems([Problem(code="not_a_table", file=file)]) from None
    visible = [sheet for sheet in reading.sheets if sheet.visible and (sheet.cells.filled or sheet.uncached)]
    if not visible:
        raise Problems([Problem(code="empty_file", file=file)])
    refuse_extents([(sheet.name, sheet.cells) for sheet in visible], file)
    hidden = (Skipped(sheet.name, (), "hidden_sheet") for sheet in reading.sheets if not sheet.visible)
    return Sheets(tuple(sheet.grid() for sheet in visible), tuple(hidden))


class _Sheet:
    def __init__(self, name: str) -> None:
        self.name = name
        self.visible = True
        self.cells = SheetCells()
        self.merges: list[Merge] = []
        self.uncached: list[tuple[int, int]] = []
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[int] = []
        self.row = self.column = -1
        self.row_span = self.column_definitions = 0

    def grid(self) -> Grid:
        height, width = self.cells.height, self.cells.width
        return Grid(
            self.name,
            self.cells.columns(),
            range(1, height + 1),
            merges=tuple(merge for merge in self.merges if merge.top < height and merge.left < width),
            hidden_rows=frozenset(row for row in self.hidden_rows if row < height),
            hidden_columns=frozenset(column for column in self.hidden_columns if column < width),
            uncached=tuple(self.uncached),
        )


class _Workbook:
    """The handlers of one pass over the file."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []
        self._percent: set[str] = set()
        self._style = ""
        self._cell: dict[str, str] = {}
        self._kind: str | None = None
        self._pieces: list[str] | None = None
        self._across = 0
        self._in_comment = False
        self._visible: list[str] | None = None
        self._starts = {
            f"{_SS}Style": self._start_style,
            f"{_SS}NumberFormat": self._start_number_format,
            f"{_SS}Worksheet": lambda told: self.sheets.append(_Sheet(told.get(f"{_SS}Name", ""))),
            f"{_SS}Column": self._start_column,
            f"{_SS}Row": self._start_row,
            f"{_SS}Cell": self._start_cell,
            f"{_SS}Data": self._start_data,
            f"{_SS}Comment": self._start_comment,
            f"{_EXCEL}Visible": self._start_visible,
        }
        self._ends = {
            f"{_SS}Row": self._end_row,
            f"{_SS}Cell": self._end_cell,
            f"{_SS}Data": self._end_data,
            f"{_SS}Comment": self._end_comment,
            f"{_EXCEL}Visible": self._end_visible,
        }

    def read(self, xml: bytes) -> None:
        parse_xml(
            xml,
            lambda name, told: self._starts.get(name, lambda _: None)(told),
            lambda name: self._ends.get(name, lambda: None)(),
            self._characters,
        )

    def _characters(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)
        elif self._visible is not None:
            self._visible.append(text)

    def _start_visible(self, told: dict[str, str]) -> None:
        self._visible = []

    def _end_visible(self) -> None:
        if self.sheets and "".join(self._visible or []) in ("SheetHidden", "SheetVeryHidden"):
            self.sheets[-1].visible = False
        self._visible = None

    def _start_style(self, told: dict[str, str]) -> None:
        self._style = told.get(f"{_SS}ID", "")

    def _start_number_format(self, told: dict[str, str]) -> None:
        shown = told.get(f"{_SS}Format", "")
        if "%" in shown or shown == "Percent":
            self._percent.add(self._style)

    def _start_column(self, told: dict[str, str]) -> None:
        sheet = self.sheets[-1]
        first = _number(told, "Index", sheet.column_definitions + 1) - 1
        sheet.column_definitions = first + 1 + _number(told, "Span", 0)
        if told.get(f"{_SS}Hidden") == "1":
            sheet.hidden_columns += range(first, min(sheet.column_definitions, 1 << 14))

    def _start_row(self, told: dict[str, str]) -> None:
        sheet = self.sheets[-1]
        sheet.row = _number(told, "Index", sheet.row + 2) - 1
        sheet.column = -1
        sheet.row_span = _number(told, "Span", 0)
        if told.get(f"{_SS}Hidden") == "1":
            sheet.hidden_rows += range(sheet.row, min(sheet.row + sheet.row_span + 1, 1 << 20))

    def _end_row(self) -> None:
        sheet = self.sheets[-1]
        sheet.row += sheet.row_span

    def _start_cell(self, told: dict[str, str]) -> None:
        sheet = self.sheets[-1]
        sheet.column = _number(told, "Index", sheet.column + 2) - 1
        self._cell, self._kind = told, None
        self._across = _number(told, "MergeAcross", 0)
        down = _number(told, "MergeDown", 0)
        if self._across or down:
            sheet.merges.append(Merge(sheet.row, sheet.column, sheet.row + down, sheet.column + self._across))

    def _end_cell(self) -> None:
        sheet = self.sheets[-1]
        if self._kind is None and f"{_SS}Formula" in self._cell:
            sheet.uncached.append((sheet.row, sheet.column))
        sheet.column += self._across

    def _start_comment(self, told: dict[str, str]) -> None:
        self._in_comment = True

    def _end_comment(self) -> None:
        self._in_comment = False

    def _start_data(self, told: dict[str, str]) -> None:
        if self._in_comment:
            return
        self._kind = told.get(f"{_SS}Type", "String")
        self._pieces = []

    def _end_data(self) -> None:
        if self._in_comment:
            return
        text, self._pieces = "".join(self._pieces or []), None
        sheet = self.sheets[-1]
        percent = self._cell.get(f"{_SS}StyleID") in self._percent
        sheet.cells.put(sheet.row, sheet.column, _value(self._kind, text, percent))


def _value(kind: str | None, text: str, percent: bool) -> Cell:
    match kind:
        case "Number":
            return percentage(float(text)) if percent else float(text)
        case "Boolean":
            return "TRUE" if text.strip() == "1" else "FALSE"
        case "DateTime":
            date, _, clock = text.strip().partition("T")
            clock = clock.partition(".")[0]
            if f"{date}T" in _EPOCH_DATES:
                return DateCell(clock)
            return DateCell(date if clock in ("", "00:00:00") else f"{date}T{clock}")
        case _:
            return clean_text(text)


def _number(told: dict[str, str], name: str, otherwise: int) -> int:
    number = int(told[f"{_SS}{name}"][:9]) if f"{_SS}{name}" in told else otherwise
    if number < 0:
        raise ValueError("a place before the first")
    return number

"""A workbook (.xlsx, .ods, .xls): safe to open, every visible sheet with content, cells as their program shows them."""

from __future__ import annotations

import io
import posixpath
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.parsers import expat

import numpy as np

from ..problems import Problem, Problems
from .grid import Column, Grid, Sheets, Skipped
from .ods import read_ods
from .package import MAX_UNPACKED, holds_files, kind_of, packed, parse_xml, unpack
from .sheet_cells import as_cell, refuse_extents
from .sheet_scan import SheetScan, scan_sheet
from .xls_scan import OLE, XlsSheet, scan_xls, streams

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_TEXT_END = re.compile(rb"</(?:\w+:)?si\s*>|<(?:\w+:)?si\s*/>")
_SHARED_INDEX = re.compile(rb"""\bt=["']s["'][^>]*>\s*<(?:\w+:)?v>([0-9]+)<""")


def read_workbook(raw: bytes, *, file: str) -> Sheets:
    """Every visible sheet with content, from its first cell; hidden sheets are listed as skipped, never read.

    A number is a float, a date or time a DateCell; TRUE, a percentage ("60%") and an error ("#N/A") are text.
    A sheet with formulas that were never calculated has the error ``formula_without_value`` among its warnings:
    for whoever uses that sheet. Raises Problems: ``zip_bomb``, ``file_damaged``, ``password``, ``kind_later``,
    ``zip_of_files``, ``not_a_table``, ``empty_file``, ``far_cell``, ``too_many_cells``.
    """
    try:
        if raw.startswith(OLE):
            return _read_xls(raw, file)
        parts = unpack(raw, file=file)
        match kind_of(parts):
            case "xlsx":
                return _read_xlsx(parts, file)
            case "ods":
                return read_ods(parts, file=file)
            case None:
                raise _stop("zip_of_files" if holds_files(parts) else "not_a_table", file)
            case kind:
                raise _stop("kind_later", file, kind=kind)
    except (expat.ExpatError, KeyError, ValueError, IndexError, struct.error):
        raise _stop("file_damaged" if raw.startswith(OLE) else "not_a_table", file) from None


def _stop(code: str, file: str, **facts: object) -> Problems:
    return Problems([Problem(code=code, file=file, facts=facts)])


def _read_xlsx(parts: Mapping[str, bytes], file: str) -> Sheets:
    sheets, calculates = _workbook_part(parts)
    percent_styles = _percent_styles(parts)
    scans = [
        scan_sheet(parts[path], percent_styles, calculates=calculates) if visible else None
        for _, path, visible in sheets
    ]
    refuse_extents([(sheet[0], scan) for sheet, scan in zip(sheets, scans, strict=True) if scan], file)
    shared = parts.get("xl/sharedStrings.xml", b"")
    _refuse_swollen_text(shared, [parts[path] for _, path, visible in sheets if visible], file)
    return _read_sheets(packed(parts), scans, file)


def _read_xls(raw: bytes, file: str) -> Sheets:
    found = streams(raw)
    stream = found.get("Workbook", found.get("Book"))
    if stream is None:
        raise _stop("password" if "EncryptedPackage" in found else "not_a_table", file)
    scans = scan_xls(stream)
    if scans is None:
        raise _stop("password", file)
    refuse_extents([(None, scan) for scan in scans], file)
    if sum(scan.characters for scan in scans) > MAX_UNPACKED:
        raise _stop("zip_bomb", file)
    return _read_sheets(io.BytesIO(raw), scans, file)


def _refuse_swollen_text(shared: bytes, sheets: Sequence[bytes], file: str) -> None:
    """One long text that a million cells share would be copied a million times."""
    longest = max(map(len, shared.split(b"si>")))
    cells = sum(xml.count(b't="s"') + xml.count(b"t='s'") for xml in sheets)
    if longest * cells <= MAX_UNPACKED:
        return
    lengths = np.diff([0, *(end.end() for end in _TEXT_END.finditer(shared)), len(shared)])
    used = np.array([index for xml in sheets for index in _SHARED_INDEX.findall(xml)], dtype=np.int64)
    if len(used) < cells or used.max() >= len(lengths) or lengths[used].sum() > MAX_UNPACKED:
        raise _stop("zip_bomb", file)


def _read_sheets(workbook: io.BytesIO, scans: Sequence[SheetScan | XlsSheet | None], file: str) -> Sheets:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    opened = _opened(workbook, file)
    names = [sheet.name for sheet in opened.sheets_metadata]
    if len(set(names)) != len(names):
        raise ValueError("two sheets with one name")
    grids, hidden = [], []
    for sheet, scan in zip(opened.sheets_metadata, scans, strict=True):
        if sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        if sheet.visible != SheetVisibleEnum.Visible:
            hidden.append(Skipped(sheet.name, (), "hidden_sheet"))
        elif scan is not None and (grid := _grid(sheet.name, _rows(opened, sheet.name, file), scan)):
            grids.append(grid)
    if not grids:
        raise _stop("empty_file", file)
    return Sheets(tuple(grids), tuple(hidden))


@contextmanager
def _calamine_faults(file: str) -> Iterator[None]:
    """What calamine raises as a Problem; a fault deep inside it is no Exception and has no public name."""
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError:
        raise _stop("password", file) from None
    except CalamineError:
        raise _stop("not_a_table", file) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _stop("not_a_table", file) from None


def _opened(workbook: io.BytesIO, file: str) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    with _calamine_faults(file):
        return CalamineWorkbook.from_object(workbook)


def _rows(workbook: CalamineWorkbook, name: str, file: str) -> list[list[object]]:
    with _calamine_faults(file):
        return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _grid(name: str, rows: list[list[object]], scan: SheetScan | XlsSheet) -> Grid | None:
    """None for a sheet without content. What the scan shows replaces what calamine read."""
    told = [*scan.shown, *scan.uncached]
    height = max([len(rows), *(row + 1 for row, _ in told)])
    width = max([len(rows[0]) if rows else 0, *(column + 1 for _, column in told)])
    shown: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in scan.shown.items():
        shown.setdefault(column, []).append((row, text))
    columns = [_column(cells, height, shown.get(at, ())) for at, cells in enumerate(zip(*rows, strict=True))]
    columns += [_column((), height, shown.get(at, ())) for at in range(len(columns), width)]
    if not scan.uncached and all(column.distinct == ("",) for column in columns):
        return None
    return Grid(
        name,
        columns,
        range(1, height + 1),
        merges=tuple(merge for merge in scan.merges if merge.top < height and merge.left < width),
        hidden_rows=frozenset(row for row in scan.hidden_rows if row < height),
        hidden_columns=frozenset(at for span in scan.hidden_columns for at in range(span.start, min(span.stop, width))),
        uncached=tuple(scan.uncached),
    )


def _column(cells: Sequence[object], height: int, shown: Sequence[tuple[int, str]]) -> Column:
    if len(cells) < height or shown:
        cells = [*cells, *[""] * (height - len(cells))]
    for row, text in shown:
        cells[row] = text
    types = set(map(type, cells))
    if types <= {str}:
        return Column.of(cells).cleaned()
    if bool in types:
        cells = [as_cell(cell) if isinstance(cell, bool) else cell for cell in cells]
    return Column.of(cells).map(as_cell)


def _workbook_part(parts: Mapping[str, bytes]) -> tuple[list[tuple[str, str, bool]], bool]:
    """Every sheet's name, its part in the package and whether it is visible; whether Excel is asked to calculate."""
    targets = {
        attributes["Id"]: attributes["Target"]
        for tag, attributes in _elements(parts["xl/_rels/workbook.xml.rels"])
        if tag == "Relationship"
    }
    sheets, calculates = [], False
    for tag, attributes in _elements(parts["xl/workbook.xml"]):
        if tag == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith("/relationships id")), "")
            target = targets[relation]
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            sheets.append((attributes["name"], path, attributes.get("state", "visible") == "visible"))
        elif tag == "calcPr":
            calculates = attributes.get("fullCalcOnLoad") in ("1", "true")
    return sheets, calculates


def _percent_styles(parts: Mapping[str, bytes]) -> frozenset[int]:
    """The cell styles that show a number as a percentage."""
    formats, styles, in_cells = {"9", "10"}, [], False
    for tag, attributes in _elements(parts["xl/styles.xml"]) if "xl/styles.xml" in parts else ():
        if tag == "numFmt" and "%" in attributes.get("formatCode", ""):
            formats.add(attributes.get("numFmtId", ""))
        elif tag in ("cellXfs", "cellStyles", "cellStyleXfs", "dxfs"):
            in_cells = tag == "cellXfs"
        elif tag == "xf" and in_cells:
            styles.append(attributes.get("numFmtId"))
    return frozenset(at for at, style in enumerate(styles) if style in formats)


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Every element's local name and attributes; a document type, which could hide an entity bomb, is refused."""
    found: list[tuple[str, dict[str, str]]] = []

    parse_xml(xml, lambda tag, attributes: found.append((tag.rsplit(" ", 1)[-1], attributes)))
    return found

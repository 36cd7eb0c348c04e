"""An .xlsx workbook: safe to open, one visible sheet with data, cells as Excel holds them."""

from __future__ import annotations

import datetime
import io
import posixpath
import zipfile
import zlib
from dataclasses import replace
from xml.parsers import expat

from ..problems import Problem, Problems
from .sheet_scan import SheetScan, scan_sheet
from .table import Cell, DateCell, Grid, Skipped, clean_text, column_letter

MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
RATIO_FLOOR = 1_000_000
"""Unpacked bytes, and unpacked to packed bytes of an entry larger than the floor (reliability page, threats)."""

MAX_CELLS = 20_000_000
FAR_CELLS = 2_000_000
FAR_SHARE = 0.1
"""A rectangle of more than FAR_CELLS of which less than FAR_SHARE is filled has a stray cell far away (policy)."""


def read_workbook(raw: bytes, *, file: str) -> Grid:
    """The cells of the one visible sheet with data; hidden sheets are listed as skipped, never read.

    A number is a float, a date a DateCell; TRUE, a percentage ("60%") and an error ("#N/A") are text. Raises Problems:
    ``zip_bomb``, ``file_damaged``, ``kind_later``, ``not_a_table``, ``empty_file``, ``several_sheets``,
    ``merged_cells``, ``formula_without_value``, ``far_cell``, ``too_many_cells``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            _refuse_bomb(package, file)
            _refuse_other_package(package, file)
            plain = _unpacked(package)
        with zipfile.ZipFile(io.BytesIO(plain)) as package:
            return _read_sheet(plain, package, file)
    except Problems:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise Problems([Problem(code="file_damaged", file=file)]) from None
    except (expat.ExpatError, KeyError, ValueError):
        raise Problems([Problem(code="not_a_table", file=file)]) from None


def _refuse_bomb(package: zipfile.ZipFile, file: str) -> None:
    entries = package.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > RATIO_FLOOR and entry.file_size > MAX_RATIO * max(entry.compress_size, 1) for entry in entries
    )
    if unpacked > MAX_UNPACKED or swollen:
        raise Problems([Problem(code="zip_bomb", file=file)])


def _unpacked(package: zipfile.ZipFile) -> bytes:
    """The same package stored uncompressed, its checksums verified: what calamine gets cannot grow."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as stored:
        for entry in package.infolist():
            if entry.filename.endswith((".xml", ".rels")):
                stored.writestr(entry.filename, _part(package, entry))
    return plain.getvalue()


def _part(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One entry, never more than the size it declares, whatever its stream holds."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("a workbook is stored or deflated")
    with package.open(entry) as stream:
        content = stream.read(entry.file_size)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile("an entry is cut")
    return content


def _refuse_other_package(package: zipfile.ZipFile, file: str) -> None:
    names = set(package.namelist())
    kind = None
    if "mimetype" in names and b"opendocument.spreadsheet" in _part(package, package.getinfo("mimetype")):
        kind = ".ods"
    elif "xl/workbook.bin" in names:
        kind = ".xlsb"
    if kind:
        raise Problems([Problem(code="kind_later", file=file, facts={"kind": kind})])
    if "xl/workbook.xml" not in names:
        raise Problems([Problem(code="not_a_table", file=file)])


def _read_sheet(raw: bytes, package: zipfile.ZipFile, file: str) -> Grid:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    paths = _sheet_paths(package)
    percent_styles = _percent_styles(package)
    try:
        workbook = CalamineWorkbook.from_object(io.BytesIO(raw))
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        hidden = tuple(
            Skipped(sheet.name, (), "hidden_sheet") for sheet in sheets if sheet.visible != SheetVisibleEnum.Visible
        )
        scans = {
            sheet.name: scan_sheet(package.read(paths[sheet.name]), percent_styles)
            for sheet in sheets
            if sheet.visible == SheetVisibleEnum.Visible
        }
        filled = [name for name, scan in scans.items() if scan.filled]
        if not filled:
            raise Problems([Problem(code="empty_file", file=file)])
        if len(filled) > 1:
            raise Problems([Problem(code="several_sheets", file=file, facts={"sheets": filled})])
        name = filled[0]
        _refuse_sheet(scans[name], file=file, sheet=name)
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except PasswordError:
        raise Problems([Problem(code="password", file=file)]) from None
    except CalamineError:
        raise Problems([Problem(code="not_a_table", file=file)]) from None
    cells = _place_shown([[_cell(value) for value in row] for row in rows], scans[name])
    columns = list(zip(*cells, strict=True))
    return Grid(sheet=name, columns=columns, numbers=range(1, len(cells) + 1), skipped=hidden)


def _refuse_sheet(scan: SheetScan, *, file: str, sheet: str) -> None:
    def place(position: tuple[int, int]) -> str:
        row, column = position
        return f"{column_letter(column)}{row + 1}"

    extent = (scan.last_row + 1) * (scan.last_column + 1)
    problems = []
    if extent > FAR_CELLS and scan.filled < FAR_SHARE * extent:
        last = place((scan.last_row, scan.last_column))
        problems.append(Problem(code="far_cell", facts={"cell": last}))
    elif extent > MAX_CELLS:
        problems.append(Problem(code="too_many_cells", facts={"most": MAX_CELLS}))
    if scan.merged:
        problems.append(Problem(code="merged_cells", facts={"cells": scan.merged[:3], "count": len(scan.merged)}))
    if scan.uncached:
        facts = {"cell": place(scan.uncached[0]), "count": len(scan.uncached)}
        problems.append(Problem(code="formula_without_value", row=scan.uncached[0][0] + 1, facts=facts))
    if problems:
        raise Problems(replace(problem, file=file, sheet=sheet) for problem in problems)


def _cell(value: object) -> Cell:
    match value:
        case str():
            return clean_text(value)
        case bool():
            return str(value).upper()
        case int() | float():
            return float(value)
        case datetime.datetime() if value.time() == datetime.time():
            return DateCell(value.date().isoformat())
        case datetime.datetime() | datetime.date() | datetime.time():
            return DateCell(value.isoformat())
        case _:
            return DateCell(str(value))


def _place_shown(rows: list[list[Cell]], scan: SheetScan) -> list[list[Cell]]:
    """Errors and percentages where they stand: calamine hands them over as blank cells, and as 0.6 for 60%."""
    if not scan.shown:
        return rows
    height = max(len(rows), scan.last_row + 1)
    width = max([scan.last_column + 1, *(len(row) for row in rows)])
    full = [row + [""] * (width - len(row)) for row in rows] + [[""] * width for _ in range(height - len(rows))]
    for (row, column), text in scan.shown.items():
        full[row][column] = text
    return full


def _sheet_paths(package: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> path of its part in the package."""
    targets = {
        attributes["Id"]: attributes["Target"]
        for tag, attributes in _elements(package.read("xl/_rels/workbook.xml.rels"))
        if tag == "Relationship"
    }
    paths = {}
    for tag, attributes in _elements(package.read("xl/workbook.xml")):
        if tag == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith("/relationships id")), "")
            target = targets[relation]
            paths[attributes["name"]] = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
    return paths


def _percent_styles(package: zipfile.ZipFile) -> frozenset[int]:
    """The cell styles that show a number as a percentage."""
    if "xl/styles.xml" not in package.namelist():
        return frozenset()
    formats, styles, in_cells = {"9", "10"}, [], False
    for tag, attributes in _elements(package.read("xl/styles.xml")):
        if tag == "numFmt" and "%" in attributes.get("formatCode", ""):
            formats.add(attributes.get("numFmtId", ""))
        elif tag in ("cellXfs", "cellStyles", "cellStyleXfs", "dxfs"):
            in_cells = tag == "cellXfs"
        elif tag == "xf" and in_cells:
            styles.append(attributes.get("numFmtId"))
    return frozenset(i for i, style in enumerate(styles) if style in formats)


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Every element's local name and attributes; a document type, which could hide an entity bomb, is refused."""
    found: list[tuple[str, dict[str, str]]] = []

    def refuse(*_: object) -> None:
        raise ValueError("a workbook part has a document type")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: found.append((tag.rsplit(" ", 1)[-1], attributes))
    parser.Parse(xml, True)
    return found

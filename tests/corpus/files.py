"""Writers of the files that schools send: each takes rows and a folder and returns the path."""

import csv as _csv
import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

from .maker import Rows

Book = Mapping[str, Rows]


def _book(given: Rows | Book) -> Book:
    return given if isinstance(given, Mapping) else {"Blad1": given}


def text(rows: Rows, separator: str = ";", end: str = "\r\n", quote: int = _csv.QUOTE_MINIMAL) -> str:
    made = io.StringIO()
    _csv.writer(made, delimiter=separator, lineterminator=end, quoting=quote).writerows(rows)
    return made.getvalue()


def raw(folder: Path, content: bytes | str, name: str = "punten.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def csv(folder: Path, rows: Rows, name: str = "punten.csv", encoding: str = "utf-8", lead: str = "", **dialect) -> Path:
    return raw(folder, lead + text(rows, **dialect), name, encoding)


def xlsx(folder: Path, rows: Rows | Book, name: str = "punten.xlsx", change: Callable | None = None) -> Path:
    """A workbook; ``change`` gets the openpyxl book before it is saved."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, cells in _book(rows).items():
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append([None if cell == "" else cell for cell in row])
    if change:
        change(book)
    book.save(folder / name)
    return folder / name


def repacked(path: Path, part: str, edit: Callable[[bytes], bytes]) -> Path:
    """The same zip file with one part changed."""
    with zipfile.ZipFile(path) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, edit(content) if name == part else content)
    return path


# ---- the old Excel format: a compound file with a stream of records


def compound(streams: Mapping[str, bytes]) -> bytes:
    """An OLE compound file with these streams, all of them in whole sectors."""
    end, free, unused = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
    padded = {name: data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0") for name, data in streams.items()}
    sectors = 2 + sum(len(data) // 512 for data in padded.values())
    fats = -(-sectors // 127)
    chain, starts, at = [], {}, fats + 1
    for name, data in padded.items():
        count = len(data) // 512
        starts[name] = at
        chain += [*range(at + 1, at + count), end]
        at += count
    fat = [0xFFFFFFFD] * fats + [end] + chain
    fat += [free] * (fats * 128 - len(fat))
    entries = [_entry("Root Entry", 5, unused, 1, end, 0)]
    for place, (name, data) in enumerate(padded.items(), start=1):
        entries.append(_entry(name, 2, place + 1 if place < len(padded) else unused, unused, starts[name], len(data)))
    directory = b"".join(entries).ljust(512, b"\0")
    head = struct.pack("<8s16xHHHHH6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, fats, fats, 0, 4096, end, 0, end, 0)
    head += struct.pack("<109I", *range(fats), *[free] * (109 - fats))
    return head + struct.pack(f"<{len(fat)}I", *fat) + directory + b"".join(padded.values())


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    name_and_kind = struct.pack("<64sHBB", written, len(written), kind, 1)
    return name_and_kind + struct.pack("<III16xIQQIQ", 0xFFFFFFFF, right, child, 0, 0, 0, start, size)


def xls(folder: Path, rows: Rows | Book, name: str = "punten.xls", merges: Sequence[tuple] = ()) -> Path:
    """Excel 97; ``merges`` are (first row, last row, first column, last column), from 0, on the first sheet."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def begin(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))

    def cell(row: int, column: int, value) -> bytes:
        if isinstance(value, float | int):
            return record(0x0203, struct.pack("<HHHd", row, column, 0, value))
        letters = value.encode("utf-16-le")
        return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(letters) // 2, 1) + letters)

    sheets = []
    for place, cells in enumerate(_book(rows).values()):
        width = max(map(len, cells), default=0)
        data = begin(0x10) + record(0x0200, struct.pack("<IIHHH", 0, len(cells), 0, width, 0))
        data += b"".join(cell(r, c, v) for r, row in enumerate(cells) for c, v in enumerate(row) if v != "")
        if merges and not place:
            data += record(0xE5, struct.pack("<H", len(merges)) + b"".join(struct.pack("<HHHH", *m) for m in merges))
        sheets.append(data + record(0x0A, b""))
    titles = [title.encode("utf-16-le") for title in _book(rows)]
    front = begin(0x05) + record(0x42, struct.pack("<H", 1200))
    at = len(front) + sum(4 + 8 + len(title) for title in titles) + 4
    for title, data in zip(titles, sheets, strict=True):
        front += record(0x85, struct.pack("<IBBBB", at, 0, 0, len(title) // 2, 1) + title)
        at += len(data)
    return raw(folder, compound({"Workbook": front + record(0x0A, b"") + b"".join(sheets)}), name)


# ---- the OpenDocument format


ODS_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {"office": "office", "table": "table", "text": "text", "style": "style"}.items()
)


def ods_cell(value, attributes: str = "") -> str:
    if value == "":
        return f"<table:table-cell{attributes}/>"
    kind, held = "string", ""
    if isinstance(value, float | int):
        kind, held = "float", f' office:value="{value!r}"'
    if isinstance(value, date):
        kind, held = "date", f' office:date-value="{value}"'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell{attributes} office:value-type="{kind}"{held}>{lines}</table:table-cell>'


def ods_rows(rows: Rows, hidden: Sequence[int] = ()) -> str:
    def row(number: int, cells: list) -> str:
        shown = ' table:visibility="collapse"' if number in hidden else ""
        return f"<table:table-row{shown}>{''.join(map(ods_cell, cells))}</table:table-row>"

    return "".join(row(number, cells) for number, cells in enumerate(rows, start=1))


def ods(folder: Path, rows: Rows | Book | Mapping[str, str], name: str = "punten.ods", head: str = "") -> Path:
    """A LibreOffice sheet; a sheet may also be given as the XML of its rows."""
    tables = "".join(
        f'<table:table table:name="{title}">{cells if isinstance(cells, str) else ods_rows(cells)}</table:table>'
        for title, cells in _book(rows).items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<office:document-content {_ODS_NAMES} office:version="1.2">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_KIND}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo("mimetype"), ODS_KIND)
        made.writestr("content.xml", content)
        made.writestr("META-INF/manifest.xml", manifest)
    return folder / name


# ---- SPSS and the web


def sav(folder: Path, rows: Rows, name: str = "punten.sav", **options) -> Path:
    import pandas as pd
    from pyreadstat import write_sav

    frame = pd.DataFrame(rows[1:], columns=rows[0])
    write_sav(frame, folder / name, compress=name.endswith(".zsav"), **options)
    return folder / name


def html_text(rows: Rows, tag: str = "td") -> str:
    lines = "".join(f"<tr>{''.join(f'<{tag}>{escape(str(cell))}</{tag}>' for cell in row)}</tr>\r\n" for row in rows)
    return f"<table border='1'>\r\n{lines}</table>"


def html(folder: Path, rows: Rows, name: str = "punten.xls", encoding: str = "utf-8") -> Path:
    page = f'<html><head><meta charset="{encoding}"><title>Rapport</title></head><body>{html_text(rows)}</body></html>'
    return raw(folder, page, name, encoding)

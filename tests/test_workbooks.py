"""Workbooks (.xlsx, .xls, .ods, Excel 2003 XML): every cell as its program shows it, or refused by name."""

import io
import re
import struct
import time
import tracemalloc
import zipfile
import zlib
from datetime import date, datetime, timedelta
from datetime import time as clock

import pytest
from openpyxl import Workbook

from gsl_research.problems import Problem, Problems
from gsl_research.reading import package, sheet_cells, sheet_scan
from gsl_research.reading.grid import DateCell, Grid, Merge, Skipped
from gsl_research.reading.workbook import read_workbook
from gsl_research.wording import words

# ---- makers


def xlsx(rows, change=None) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "Scores"
    for row in rows:
        sheet.append(row)
    if change:
        change(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def repack(raw: bytes, part: str, edit) -> bytes:
    """The workbook with one part changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in given.namelist():
            content = given.read(name)
            kept.writestr(name, edit(content) if name == part else content)
    return made.getvalue()


def zipped(parts) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as given:
        for name, content in parts.items():
            given.writestr(name, content)
    return made.getvalue()


SHEET1 = "xl/worksheets/sheet1.xml"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0">'
    '<office:automatic-styles><style:style style:name="hid" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    "<office:body><office:spreadsheet>"
)


def ods(*tables: str) -> bytes:
    content = f"{ODS_HEAD}{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    return zipped({"mimetype": ODS_TYPE, "content.xml": content})


def ods_table(rows: str, name: str = "Blad1", style: str = "shown") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def ods_row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def told(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def number(value: object, shown: str = "", kind: str = "float", more: str = "") -> str:
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{value}" {more}>'
        f"<text:p>{shown or value}</text:p></table:table-cell>"
    )


def record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def label(row: int, column: int, text: str) -> bytes:
    return record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def xls_number(row: int, column: int, value: float, style: int = 0) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, style, value))


XLS_STYLES = [0, 9, 164, 14]
"""General, 0%, our own "0,0%" and a date."""


def xls(*sheets: tuple[str, int, list[bytes]], more: bytes = b"") -> bytes:
    """An OLE file with one BIFF8 stream; a sheet is its name, 1 when hidden, and its records."""
    begin = [record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0x7CC, 0, 6)) for kind in (5, 0x10)]
    own = "0.0%".encode("utf-16-le")
    head = [begin[0], more, record(0x41E, struct.pack("<HHB", 164, 4, 1) + own)]
    head += [record(0xE0, struct.pack("<HH", 0, style) + bytes(16)) for style in XLS_STYLES]
    bodies = [begin[1] + b"".join(records) + record(0x0A) for _, _, records in sheets]
    names = [name.encode("utf-16-le") for name, _, _ in sheets]
    bounds = sum(4 + 8 + len(name) for name in names)
    at = sum(map(len, head)) + bounds + 4
    for (name, hidden, _), encoded, body in zip(sheets, names, bodies, strict=True):
        head.append(record(0x85, struct.pack("<IBBBB", at, hidden, 0, len(name), 1) + encoded))
        at += len(body)
    return ole("Workbook", b"".join([*head, record(0x0A), *bodies]))


def ole(name: str, stream: bytes) -> bytes:
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % 512)
    sectors = len(stream) // 512
    tables = (sectors + 2) // 126 + 1
    end, free, own = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [*range(1, sectors), end, end, *[own] * tables]
    chain += [free] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, sectors, 0, 4096, end, 0, end, 0)
    places = [*range(sectors + 1, sectors + 1 + tables)]
    header += struct.pack("<109I", *places, *[free] * (109 - len(places)))

    def entry(title: str, kind: int, first: int, size: int, child: int) -> bytes:
        encoded = (title + "\0").encode("utf-16-le")
        return (
            encoded.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(encoded), kind, 1, free, free, child)
            + bytes(36)
            + struct.pack("<IIxxxx", first, size)
        )

    directory = entry("Root Entry", 5, end, 0, 1) + entry(name, 2, 0, len(stream), free) + bytes(256)
    return header + stream + directory + struct.pack(f"<{len(chain)}I", *chain)


# ---- what is read


def grids(raw: bytes) -> tuple[Grid, ...]:
    return read_workbook(raw, file="scores.xlsx").grids


def only(raw: bytes) -> Grid:
    (grid,) = grids(raw)
    return grid


def cells(grid: Grid) -> list[tuple]:
    return list(zip(*grid.columns, strict=True))


def refusal(raw: bytes) -> tuple[Problem, ...]:
    with pytest.raises(Problems) as raised:
        read_workbook(raw, file="scores.xlsx")
    for problem in raised.value.problems:
        assert problem.file == "scores.xlsx"
        for language in ("nl", "en"):
            assert words(language).problem(problem).startswith("scores.xlsx")
    return raised.value.problems


def expect_only(problems: tuple[Problem, ...], code: str) -> Problem:
    (problem,) = problems
    assert problem.code == code
    return problem


def refused(raw: bytes) -> str:
    (problem,) = refusal(raw)
    return problem.code


ROWS = [["a", "b"], ["L1", 3], ["L2", 4]]
READ = [("a", "b"), ("L1", 3.0), ("L2", 4.0)]


# ---- .xlsx


def test_numbers_texts_dates_and_truths_stay_apart():
    rows = [
        ["leerling", "klas", "score", "dag"],
        ["L1", "1E1", 12.5, date(2026, 5, 3)],
        ["03", 3, "12,5", datetime(2026, 5, 3, 10, 30)],
        [None, None, None, None],
        ["L3", " 3 ", True, clock(10, 30)],
        ["L4", 1, 1, timedelta(hours=26, minutes=5)],
    ]
    grid = only(xlsx(rows))
    assert grid.sheet == "Scores"
    assert list(grid.numbers) == [1, 2, 3, 4, 5, 6]
    assert cells(grid) == [
        ("leerling", "klas", "score", "dag"),
        ("L1", "1E1", 12.5, "2026-05-03"),
        ("03", 3.0, "12,5", "2026-05-03T10:30:00"),
        ("", "", "", ""),
        ("L3", "3", "TRUE", "10:30:00"),
        ("L4", 1.0, 1.0, "26:05:00"),
    ]
    dates = [cell for cell in grid.columns[3] if cell not in ("dag", "")]
    assert len(dates) == 4 and all(isinstance(cell, DateCell) for cell in dates)
    assert not any(isinstance(cell, DateCell) for column in grid.columns[:3] for cell in column)


def test_cells_begin_at_a1():
    rows = [[None, None, None], [None, "a", "b"], [None, "L1", 3]]
    assert cells(only(xlsx(rows))) == [("", "", ""), ("", "a", "b"), ("", "L1", 3.0)]


def test_errors_are_text_and_never_blank():
    grid = only(xlsx([["a", "b"], ["L1", "#N/A"], ["L2", 3], ["#DIV/0!", "#N/A"]]))
    assert cells(grid) == [("a", "b"), ("L1", "#N/A"), ("L2", 3.0), ("#DIV/0!", "#N/A")]


def test_an_error_below_everything_else_still_counts():
    assert cells(only(xlsx([["a"], [None], ["#REF!"]]))) == [("a",), ("",), ("#REF!",)]


def percentages(book):
    for row, style in enumerate(["0%", "0.0%", "General", "0.00"], start=2):
        book["Scores"].cell(row, 2).number_format = style


def test_a_percentage_is_text_as_it_is_shown():
    rows = [["leerling", "punten"], ["p", 0.6], ["q", 0.125], ["r", 12], ["s", 0.6]]
    assert list(only(xlsx(rows, percentages)).columns[1]) == ["punten", "60%", "12.5%", 12.0, 0.6]


def test_every_visible_sheet_with_content_is_read():
    def more(book):
        book.create_sheet("Leeg")
        book.create_sheet("A & B's")["B2"] = "x"
        book.create_chartsheet("Grafiek")
        book.create_sheet("Spaties")["A1"] = "  "

    read = grids(xlsx(ROWS, more))
    assert [grid.sheet for grid in read] == ["Scores", "A & B's"]
    assert cells(read[1]) == [("", ""), ("", "x")]


def test_hidden_sheets_are_listed_and_never_read():
    def hide(book):
        for name, state in (("Oud", "hidden"), ("Heel oud", "veryHidden")):
            sheet = book.create_sheet(name)
            sheet.sheet_state = state
            sheet["A1"] = "geheim"

    read = read_workbook(xlsx(ROWS, hide), file="scores.xlsx")
    assert [grid.sheet for grid in read.grids] == ["Scores"]
    assert read.skipped == (Skipped("Oud", (), "hidden_sheet"), Skipped("Heel oud", (), "hidden_sheet"))


def test_merged_ranges_are_told_and_not_filled():
    def merge(book):
        book["Scores"].merge_cells("A2:A3")
        book["Scores"].merge_cells("A9:C9")

    grid = only(xlsx([["klas", "b"], ["3A", 1], [None, 2]], merge))
    assert grid.merges == (Merge(1, 0, 2, 0),)
    assert list(grid.columns[0]) == ["klas", "3A", ""]


def test_hidden_rows_and_columns_are_told_and_read():
    def hide(book):
        sheet = book["Scores"]
        sheet.row_dimensions[2].hidden = True
        sheet.row_dimensions[90].hidden = True
        sheet.column_dimensions["B"].hidden = True

    raw = repack(xlsx([*ROWS, ["L3", 5]], hide), SHEET1, lambda xml: xml.replace(b'<row r="3"', b'<row r="3" ht="0"'))
    grid = only(raw)
    assert (grid.hidden_rows, grid.hidden_columns) == ({1, 2}, {1})
    assert cells(grid) == [*READ, ("L3", 5.0)]


def test_hidden_columns_end_where_the_content_ends():
    raw = repack(xlsx(ROWS), SHEET1, lambda xml: xml.replace(b"<sheetData>", HIDDEN_COLUMNS + b"<sheetData>"))
    assert only(raw).hidden_columns == {1}


HIDDEN_COLUMNS = b'<cols><col min="2" max="16384" width="9" hidden="1"/></cols>'


def formulas(book):
    book["Scores"].append(["L3", "=1+1"])


def test_a_formula_without_a_value_is_known_by_its_place():
    """Another sheet can be used all the same; this one only after a save in Excel."""

    def more(book):
        formulas(book)
        book.create_sheet("Goed").append(["a"])

    first, second = grids(xlsx(ROWS, more))
    assert first.uncached == ((3, 1),)
    assert second.uncached == ()
    assert [grid.sheet for grid in grids(xlsx([["=1+1"]]))] == ["Scores"]


def calculated(*values: bytes) -> bytes:
    rows = [["a"], *[["=1+1"] for _ in values]]
    left = iter(values)

    def fill(xml: bytes) -> bytes:
        return re.sub(rb"<v ?/>|<v></v>", lambda empty: b"<v>" + next(left) + b"</v>", xml)

    return repack(xlsx(rows), SHEET1, fill)


def test_a_calculated_formula_is_read():
    grid = only(calculated(b"2", b"0"))
    assert (cells(grid), grid.uncached) == ([("a",), (2.0,), (0.0,)], ())


def test_formulas_that_all_give_zero_and_wait_for_excel_were_never_calculated():
    """As programs write them that cannot calculate: 0 in every cell, and the request to calculate on opening."""
    raw = calculated(b"0", b"0")
    assert only(raw).uncached == ((1, 0), (2, 0))
    settled = repack(raw, "xl/workbook.xml", lambda xml: xml.replace(b'fullCalcOnLoad="1"', b""))
    assert only(settled).uncached == ()


def test_an_empty_text_as_result_is_a_value():
    def empty_text(xml: bytes) -> bytes:
        return xml.replace(b'<c r="B4">', b'<c r="B4" t="str">')

    grid = only(repack(xlsx(ROWS, formulas), SHEET1, empty_text))
    assert (grid.uncached, cells(grid)[-1]) == ((), ("L3", ""))


def test_styled_empty_cells_far_away_are_no_content():
    def style(book):
        book["Scores"].cell(1_048_576, 16_384).number_format = "0%"

    raw = xlsx(ROWS, style)
    assert cells(only(raw)) == READ
    assert cells(only(repack(raw, SHEET1, lambda xml: xml.replace(b' t="n" />', b"></c>")))) == READ


def test_a_stray_cell_far_away_stops():
    raw = xlsx(ROWS, lambda book: book["Scores"].cell(1_048_576, 20, 1))
    (problem,) = refusal(raw)
    assert (problem.code, problem.sheet, problem.facts) == ("far_cell", "Scores", {"cell": "T1048576"})


@pytest.mark.parametrize("sheets", [1, 2])
def test_too_many_cells(monkeypatch, sheets):
    """In one sheet, or in all of them together."""
    monkeypatch.setattr(sheet_cells, "MAX_CELLS", 5 if sheets == 1 else 6)

    def more(book):
        for _ in range(sheets - 1):
            book.create_sheet().append(["c"])

    problem = expect_only(refusal(xlsx(ROWS, more)), "too_many_cells")
    assert problem.sheet == ("Scores" if sheets == 1 else None)


VARIANTS = {
    "prefixed": lambda xml: re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", xml).replace(b" xmlns=", b" xmlns:x="),
    "other attributes first": lambda xml: xml.replace(b'<c r="', b'<c cm="0" r="'),
    "other quotes": lambda xml: xml.replace(b'"', b"'"),
    "no addresses": lambda xml: re.sub(rb'(<(?:c|row)) r="[A-Z]*[0-9]+"', rb"\1", xml),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_however_the_cells_are_written(variant):
    rows = [["a", "b"], ["L1", 0.6], ["#N/A", 0.125], ["L3", 3]]
    raw = xlsx(rows, percentages)
    expected = [("a", "b"), ("L1", "60%"), ("#N/A", "12.5%"), ("L3", 3.0)]
    assert cells(only(raw)) == expected
    assert cells(only(repack(raw, SHEET1, VARIANTS[variant]))) == expected


def test_the_careful_and_the_quick_scan_agree(monkeypatch):
    def change(book):
        percentages(book)
        formulas(book)

    raw = xlsx([["a", "b"], ["L1", 0.6], ["#N/A", 0.125], [None, 3]], change)
    quick = only(raw)
    monkeypatch.setattr(sheet_scan, "FAR_CELLS", 1)
    careful = only(raw)
    assert cells(careful) == cells(quick)
    assert careful.uncached == quick.uncached


# ---- .xlsx that is refused


def test_a_workbook_without_content():
    def hide_all(book):
        book.create_sheet("Leeg")
        book["Scores"].sheet_state = "hidden"

    assert refused(xlsx(ROWS, hide_all)) == "empty_file"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    raw = xlsx(ROWS)
    assert refused(repack(raw, "xl/styles.xml", lambda xml: xml + b" " * 30_000_000)) == "zip_bomb"
    monkeypatch.setattr(package, "MAX_UNPACKED", 1_000)
    assert refused(raw) == "zip_bomb"


def test_too_many_entries():
    assert refused(zipped({f"{n}.xml": "" for n in range(10_001)})) == "zip_bomb"


def test_a_bomb_that_lies_about_its_size_is_not_unpacked():
    """The entry says 10 bytes with their checksum, its stream holds 50 million: only the 10 are ever read."""
    spaces = b" " * 50_000_000
    raw = repack(xlsx(ROWS), "xl/styles.xml", lambda xml: spaces)
    for true, lie in ((zlib.crc32(spaces), zlib.crc32(spaces[:10])), (len(spaces), 10)):
        raw = raw.replace(struct.pack("<L", true), struct.pack("<L", lie))
    tracemalloc.start()
    with pytest.raises(Problems):
        read_workbook(raw, file="scores.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_one_long_text_shared_by_many_cells_is_a_bomb():
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 10_001))
    shared = f"<sst><si><t>{'la' * 15_000}</t></si><si/><si><t>kort</t></si></sst>"
    raw = repack(xlsx(ROWS), SHEET1, lambda xml: f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode())
    with zipfile.ZipFile(io.BytesIO(raw)) as given:
        parts = {name: given.read(name) for name in given.namelist()} | {"xl/sharedStrings.xml": shared}
    assert refused(zipped(parts)) == "zip_bomb"
    parts[SHEET1] = parts[SHEET1].replace(b"<v>0</v>", b"<v>2</v>")
    assert list(only(zipped(parts)).columns[0]) == ["kort"] * 10_000


def test_a_damaged_workbook():
    raw = xlsx(ROWS)
    assert refused(raw[: len(raw) // 2]) == "file_damaged"
    at = raw.index(SHEET1.encode()) + 60
    assert refused(raw[:at] + bytes([raw[at] ^ 255]) + raw[at + 1 :]) == "file_damaged"
    squeezed = io.BytesIO()
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_LZMA) as given:
        for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            given.writestr(name, "<x/>")
    assert refused(squeezed.getvalue()) == "file_damaged"


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", SHEET1])
def test_an_entity_bomb(part):
    assert refused(repack(xlsx(ROWS), part, lambda xml: BOMB + xml)) == "not_a_table"


@pytest.mark.parametrize(
    ("part", "edit"),
    [
        (SHEET1, lambda xml: xml[:-200]),
        (SHEET1, lambda xml: xml.decode().encode("utf-16")),
        ("xl/workbook.xml", lambda xml: b"<workbook"),
        ("xl/workbook.xml", lambda xml: xml.replace(b'r:id="rId1"', b"")),
        ("xl/_rels/workbook.xml.rels", lambda xml: xml.replace(b"Target=", b"Doel=")),
    ],
)
def test_a_malformed_part_is_not_a_table(part, edit):
    assert refused(repack(xlsx(ROWS), part, edit)) == "not_a_table"


@pytest.mark.parametrize(
    ("parts", "code", "facts"),
    [
        ({"[Content_Types].xml": "<x/>", "xl/workbook.bin": ""}, "kind_later", {"kind": ".xlsb"}),
        ({"Index/Document.iwa": "x"}, "kind_later", {"kind": "Apple Numbers"}),
        ({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}, "not_a_table", {}),
        ({"[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>"}, "not_a_table", {}),
        ({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}, "not_a_table", {}),
        ({"klas 3A.csv": "a;b", "klas 3B.csv": "a;b"}, "zip_of_files", {}),
    ],
)
def test_other_packages_are_refused_by_name(parts, code, facts):
    (problem,) = refusal(zipped(parts))
    assert (problem.code, problem.facts) == (code, facts)


# ---- .ods


def test_ods_cells_as_they_are_shown():
    rows = [
        ods_row(told("naam"), told("punten"), told("dag")),
        ods_row(told("Zoë<text:s text:c='2'/>V"), number(12.5, "12,5"), date_cell("2026-05-03")),
        ods_row(told("een</text:p><text:p>twee"), number(0.6, "60%", "percentage"), date_cell("2026-05-03T10:30:00")),
        ods_row(told("<text:span>0</text:span>3"), number(0, "#DIV/0!"), CLOCK),
        ods_row(told("L4"), number(7, "€ 7", "currency"), TRUE),
    ]
    grid = only(ods(ods_table("".join(rows), name="3 &amp; 4")))
    assert grid.sheet == "3 & 4"
    assert cells(grid) == [
        ("naam", "punten", "dag"),
        ("Zoë  V", 12.5, "2026-05-03"),
        ("een\ntwee", "60%", "2026-05-03T10:30:00"),
        ("03", "#DIV/0!", "10:30:00"),
        ("L4", 7.0, "TRUE"),
    ]
    assert [type(cell) for cell in grid.columns[2]] == [str, DateCell, DateCell, DateCell, str]


def date_cell(value: str) -> str:
    return (
        f'<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>x</text:p></table:table-cell>'
    )


CLOCK = '<table:table-cell office:value-type="time" office:time-value="PT10H30M00S"/>'
TRUE = (
    '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAAR</text:p></table:table-cell>'
)
GAP = '<table:table-cell table:number-columns-repeated="2"/>'


def test_ods_repeats_keep_every_cell_in_its_place():
    rows = [
        ods_row("<table:table-cell/>", more='table:number-rows-repeated="2"'),
        ods_row("<table:table-cell/>"),
        ods_row(GAP, told("a"), number(5, more='table:number-columns-repeated="2"')),
        ods_row(told("b"), more='table:number-rows-repeated="2"'),
    ]
    assert cells(only(ods(ods_table("".join(rows))))) == [
        *[("",) * 5] * 3,
        ("", "", "a", 5.0, 5.0),
        *[("b", "", "", "", "")] * 2,
    ]


def test_ods_merges_comments_and_what_is_hidden():
    note = "<office:annotation><text:p>geheim</text:p></office:annotation>"
    rows = [
        '<table:table-column/><table:table-column table:visibility="collapse" table:number-columns-repeated="9999"/>',
        ods_row(told("klas"), told("b")),
        ods_row(
            f'<table:table-cell office:value-type="string" table:number-rows-spanned="2">{note}<text:p>3A</text:p>'
            "</table:table-cell>",
            number(1),
        ),
        ods_row("<table:covered-table-cell><text:p>onder</text:p></table:covered-table-cell>", number(2)),
        ods_row(told("weg"), number(3), more='table:visibility="filter"'),
    ]
    hidden = ods_table(ods_row(told("x")), "Verborgen", "hid")
    read = read_workbook(ods(ods_table("".join(rows)), hidden, ods_table("", "Leeg")), file="scores.ods")
    (grid,) = read.grids
    assert cells(grid) == [("klas", "b"), ("3A", 1.0), ("", 2.0), ("weg", 3.0)]
    assert grid.merges == (Merge(1, 0, 2, 0),)
    assert (grid.hidden_rows, grid.hidden_columns) == ({3}, {1})
    assert read.skipped == (Skipped("Verborgen", (), "hidden_sheet"),)


def test_an_ods_formula_without_a_value():
    formula = '<table:table-cell table:formula="of:=1+1"/>'
    grid = only(ods(ods_table(ods_row(told("a")) + ods_row(formula) + ods_row(formula))))
    assert grid.uncached == ((1, 0), (2, 0))


def test_ods_giants_that_are_empty_are_small():
    rows = [
        ods_row(told("a"), '<table:table-cell table:number-columns-repeated="16383"/>'),
        ods_row(
            '<table:table-cell table:number-columns-repeated="16384"/>', more='table:number-rows-repeated="1048575"'
        ),
    ]
    started = time.perf_counter()
    assert cells(only(ods(ods_table("".join(rows))))) == [("a",)]
    assert time.perf_counter() - started < 2


def repeated(rows: object) -> str:
    return f'table:number-rows-repeated="{rows}"'


WIDE = number(1, more='table:number-columns-repeated="16384"')


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (ods_row(WIDE, more=repeated(9_999_999)), "too_many_cells"),
        (ods_row("<table:table-cell/>", more=repeated(99_999_999)) + ods_row(told("a")), "far_cell"),
        (ods_row(told("a"), more=repeated(-1)), "not_a_table"),
        (ods_row(number("veel")), "not_a_table"),
        ("", "empty_file"),
    ],
)
def test_ods_that_is_refused(rows, code):
    started = time.perf_counter()
    assert refused(ods(ods_table(rows))) == code
    assert time.perf_counter() - started < 2


def test_ods_with_an_entity_bomb_or_a_password():
    raw = ods(ods_table(ods_row(told("a"))))
    assert refused(repack(raw, "content.xml", lambda xml: BOMB + xml)) == "not_a_table"
    locked = {"mimetype": ODS_TYPE, "content.xml": "zzz", "META-INF/manifest.xml": "<manifest:encryption-data/>"}
    assert refused(zipped(locked)) == "password"


# ---- .xls


def test_xls_cells_as_they_are_shown():
    rk = (50 << 2) | 3
    records = [
        label(0, 0, "naam"),
        label(0, 1, "punten"),
        label(1, 0, "Zoë"),
        xls_number(1, 1, 12.5),
        xls_number(2, 1, 0.6, style=1),
        xls_number(3, 1, 0.125, style=2),
        record(0x27E, struct.pack("<HHHI", 4, 1, 1, rk)),
        record(0xBD, struct.pack("<HHHIHIH", 5, 0, 0, (7 << 2) | 2, 1, rk, 1)),
        record(0x205, struct.pack("<HHHBB", 6, 1, 0, 42, 1)),
        record(0x205, struct.pack("<HHHBB", 7, 1, 0, 1, 0)),
        xls_number(8, 1, 46145, style=3),
        record(0x06, struct.pack("<HHHBxBxxxHHIH", 9, 1, 0, 2, 7, 0xFFFF, 0, 0, 0)),
    ]
    grid = only(xls(("Klas 3A", 0, records)))
    assert grid.sheet == "Klas 3A"
    assert list(grid.columns[0]) == ["naam", "Zoë", "", "", "", 7.0, "", "", "", ""]
    assert list(grid.columns[1]) == [
        "punten", 12.5, "60%", "12.5%", "50%", "50%", "#N/A", "TRUE", "2026-05-03", "#DIV/0!",
    ]  # fmt: skip
    assert isinstance(grid.columns[1][8], DateCell)


def test_xls_merges_and_what_is_hidden():
    begin_chart = record(0x809, struct.pack("<HHHHII", 0x600, 0x20, 0, 0x7CC, 0, 6))
    records = [
        record(0x208, struct.pack("<HHHHHHHH", 1, 0, 2, 255, 0, 0, 0x120, 0)),
        record(0x7D, struct.pack("<HHHHHH", 1, 300, 2560, 0, 1, 0)),
        label(0, 0, "a"),
        label(1, 0, "b"),
        label(1, 1, "c"),
        label(2, 0, "d"),
        begin_chart + xls_number(60_000, 200, 1) + record(0x0A),
        record(0xE5, struct.pack("<HHHHH", 1, 1, 2, 0, 0)),
    ]
    secret = ("Oud", 1, [label(0, 0, "geheim")])
    read = read_workbook(xls(("A", 0, records), secret, ("Leeg", 0, [])), file="scores.xls")
    (grid,) = read.grids
    assert (grid.merges, grid.hidden_rows, grid.hidden_columns) == ((Merge(1, 0, 2, 0),), {1}, {1})
    assert read.skipped == (Skipped("Oud", (), "hidden_sheet"),)


def shared(count: int, *pieces: bytes) -> bytes:
    first, *more = pieces
    return record(0xFC, struct.pack("<II", count, count) + first) + b"".join(record(0x3C, piece) for piece in more)


def narrow(text: str) -> bytes:
    return struct.pack("<HB", len(text), 0) + text.encode("latin-1")


def shared_label(row: int, text: int) -> bytes:
    return record(0xFD, struct.pack("<HHHI", row, 0, 0, text))


def test_xls_shared_texts():
    """Plain, with the marks of a rich text behind it, and running on into the next record in wider letters."""
    rich = struct.pack("<HBH", 3, 8, 2) + b"bcd" + bytes(8)
    cut = struct.pack("<HB", 6, 0) + b"Zo"
    rest = b"\1" + "ë Vé".encode("utf-16-le") + narrow("einde")
    raw = xls(("A", 0, [shared_label(row, row) for row in range(4)]), more=shared(4, narrow("a") + rich + cut, rest))
    assert cells(only(raw)) == [("a",), ("bcd",), ("Zoë Vé",), ("einde",)]


def test_one_long_xls_text_shared_by_many_cells_is_a_bomb():
    pieces = (
        narrow("la" * 4000),
        struct.pack("<HB", 60_000, 0) + b"x" * 8000,
        *[b"\0" + b"x" * 8000] * 6,
        b"\0" + b"x" * 4000,
    )
    raw = xls(("A", 0, [shared_label(row, 1) for row in range(5_000)]), more=shared(2, *pieces))
    assert refused(raw) == "zip_bomb"


def test_xls_that_is_refused():
    good = xls(("A", 0, [label(0, 0, "a")]))
    assert refused(good[: len(good) // 2]) == "file_damaged"
    assert refused(good[:512]) == "file_damaged"
    assert refused(ole("EncryptedPackage", b"x")) == "password"
    assert refused(ole("WordDocument", b"x")) == "not_a_table"
    assert refused(xls(("A", 0, [label(0, 0, "a")]), more=record(0x2F, b"\1\0" + bytes(52)))) == "password"
    assert refused(xls(("A", 0, []))) == "empty_file"
    assert refused(xls(("A", 0, [label(0, 0, "a"), xls_number(65_535, 60_000, 1)]))) == "far_cell"


def test_many_ods_sheets_that_are_large_together(monkeypatch):
    monkeypatch.setattr(sheet_cells, "MAX_CELLS", 3)
    sheets = [ods_table(ods_row(told("a")) * 2, name=name) for name in "AB"]
    assert len(grids(ods(sheets[0]))) == 1
    assert refused(ods(*sheets)) == "too_many_cells"


@pytest.mark.parametrize(
    "greedy",
    [
        record(0x200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0)),
        record(0x200, struct.pack("<IIHHH", 9, 3, 0, 2, 0)),
    ],
)
def test_xls_that_asks_for_memory_is_refused(greedy):
    assert refused(xls(("A", 0, [greedy, label(0, 0, "a")]))) == "file_damaged"


def test_xls_with_more_strings_than_fit():
    assert refused(xls(("A", 0, [label(0, 0, "a")]), more=record(0xFC, struct.pack("<II", 1, 0x7FFFFFFF)))) == (
        "file_damaged"
    )


def test_a_broken_xls_never_ends_in_a_traceback():
    good = xls(("A", 0, [label(0, 0, "naam"), xls_number(1, 0, 0.6, style=1), label(2, 0, "x")]))
    for at in range(0, 512):
        broken = bytearray(good)
        broken[at] ^= 0x5A
        try:
            read_workbook(bytes(broken), file="scores.xls")
        except Problems:
            continue

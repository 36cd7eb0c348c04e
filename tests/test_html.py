"""HTML tables and Excel 2003 XML under the name .xls: as the page shows them, or refused by name."""

import time

import pytest

from gsl_research.problems import Problems
from gsl_research.reading import html
from gsl_research.reading.grid import DateCell, Merge, Skipped
from gsl_research.reading.html import read_html
from gsl_research.wording import words


def read(page: str | bytes):
    return read_html(page if isinstance(page, bytes) else page.encode(), file="scores.xls")


def only(page: str | bytes):
    (grid,) = read(page).grids
    return grid


def cells(grid) -> list[tuple]:
    return list(zip(*grid.columns, strict=True))


def refused(page: str | bytes) -> str:
    with pytest.raises(Problems) as raised:
        read(page)
    (problem,) = raised.value.problems
    for language in ("nl", "en"):
        assert words(language).problem(problem).startswith("scores.xls")
    return problem.code


def table(*rows: str, more: str = "") -> str:
    return f"<table {more}>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def data(*texts: str) -> str:
    return "".join(f"<td>{text}</td>" for text in texts)


def test_cells_as_the_page_shows_them():
    page = table(
        "<th>naam</th><th>punten</th>",
        data("Zo&euml; &amp; Jan", "12,5"),
        data("<b>Van  den\n Broeck</b>", "&nbsp;"),
        data("een<br>twee<p>drie</p>", "3 &lt; 4"),
        "<td title=\"a > b\">L4</td><td class='x>y'>60 %</td>",
    )
    grid = only(f"<!DOCTYPE html><html><body>{page}</body></html>")
    assert grid.sheet is None
    assert list(grid.numbers) == [1, 2, 3, 4, 5]
    assert cells(grid) == [
        ("naam", "punten"),
        ("Zoë & Jan", "12,5"),
        ("Van den Broeck", ""),
        ("een\ntwee\ndrie", "3 < 4"),
        ("L4", "60 %"),
    ]


def test_a_note_behind_a_score_never_becomes_a_digit():
    assert cells(only(table(data("a"), data("12<sup>1</sup>"))))[1] == ("12\n1",)


def test_end_tags_may_be_left_out():
    assert cells(only("<TABLE><TR><TH>a<TH>b<TR><TD>1<TD>2<tr><td>3</TABLE>")) == [("a", "b"), ("1", "2"), ("3", "")]


def test_wide_and_deep_cells_are_merges_and_move_what_follows():
    page = table(
        "<td rowspan=3>3A</td><td colspan='2'>Jan</td>",
        "<td>1</td><td>2</td>",
        "<td>3</td><td>4</td>",
        "<td>3B</td><td>5</td><td>6</td>",
    )
    grid = only(page)
    assert cells(grid) == [("3A", "Jan", ""), ("", "1", "2"), ("", "3", "4"), ("3B", "5", "6")]
    assert grid.merges == (Merge(0, 0, 2, 0), Merge(0, 1, 0, 2))


def test_several_tables_are_numbered():
    page = table(data("a"), data("1")) + table(data("los")) + table(data("b"), data("2"))
    assert [(grid.sheet, cells(grid)) for grid in read(page).grids] == [
        ("tabel 1", [("a",), ("1",)]),
        ("tabel 2", [("b",), ("2",)]),
    ]


def test_a_table_that_arranges_the_page_is_left_out():
    inner = table(data("naam", "punten"), data("L1", "12"))
    assert cells(only(table(data("menu", inner)))) == [("naam", "punten"), ("L1", "12")]


def test_a_small_table_in_a_cell_is_its_text():
    inner = table(data("14"))
    assert cells(only(table(data("naam", "punten"), data("L1", inner)))) == [("naam", "punten"), ("L1", "14")]


def test_both_tables_are_told_when_both_hold_rows():
    inner = table(data("x"), data("y"))
    page = table(data("naam", "punten"), data("L1", "12"), data("L2", inner))
    assert [cells(grid) for grid in read(page).grids] == [
        [("naam", "punten"), ("L1", "12"), ("L2", "")],
        [("x",), ("y",)],
    ]


def test_what_is_not_shown():
    page = (
        table(data("geheim"), data("1"), more='style="display:none"')
        + "<style>td { content: '<table>' }</style><script>document.write('<td>9')</script><!-- <td>8</td> -->"
        + table(
            "<td>a</td><td style='color:red; DISPLAY : none'>x<td>b</td>",
            data("<span style='display:none'>geheim<span>er</span></span>L1", "12<img style='display:none'>"),
        ).replace("</table>", "<tr style='display:none'><td>L2<td>13</table>")
    )
    found = read(page)
    (grid,) = found.grids
    assert cells(grid) == [("a", "b"), ("L1", "12"), ("L2", "13")]
    assert grid.hidden_rows == {2}
    assert found.skipped == (Skipped("tabel 1", (), "hidden_sheet"),)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="utf-8">', "utf-8"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "cp1252"),
        ("<meta http-equiv=Content-Type content='text/html; charset=windows-1252'>", "cp1252"),
        ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta charset="unicode_escape">', "utf-8"),
        ("", "utf-16"),
    ],
)
def test_encodings(head, encoding):
    page = f"<html>{head}{table(data('naam'), data('Zoë €'))}</html>".encode(encoding)
    assert cells(only(page)) == [("naam",), ("Zoë €",)]


def test_pages_without_a_table():
    assert refused("<html><p>Log in</p></html>") == "empty_file"
    assert refused(table(data("los"))) == "empty_file"
    assert refused(b"<table><tr><td>\x81") == "not_a_table"
    assert refused(table(data("a"), data("1"), more="style='display:none'")) == "empty_file"


def test_a_page_that_is_too_large(monkeypatch):
    monkeypatch.setattr(html, "MAX_HTML", 10)
    assert refused(table(data("a"), data("1"))) == "too_large"


HOSTILE = {
    "open tags": "<a" * 300_000,
    "quotes": "<td '" * 300_000,
    "comments": "<!--" * 300_000,
    "declarations": "<!" * 300_000,
    "entities": "<table><tr><td>" + "&#1" * 300_000,
    "brackets": "<" * 300_000,
    "scripts": "<script></scrip" * 200_000,
    "tables": "<table><tr><td>" * 20_000,
    "attributes": "<table><tr><td " + "a=" * 300_000 + ">x<tr><td>y",
    "spans": "<table><tr>" + "<td colspan=1000 rowspan=1000>x" * 20_000,
    "cells": "<table>" + "<tr><td>x<td>y" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_takes_no_time(name):
    started = time.perf_counter()
    try:
        read(HOSTILE[name])
    except Problems:
        pass
    assert time.perf_counter() - started < 5


# ---- Excel 2003 XML

SPREADSHEET = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<Styles><Style ss:ID="p"><NumberFormat ss:Format="0%"/></Style></Styles>{}</Workbook>'
)


def sheet(rows: str, name: str = "Blad1", options: str = "") -> str:
    return f'<Worksheet ss:Name="{name}"><Table>{rows}</Table>{options}</Worksheet>'


def cell(kind: str, text: object, more: str = "") -> str:
    return f'<Cell {more}><Data ss:Type="{kind}">{text}</Data></Cell>'


INDEX_3, PERCENT = 'ss:Index="3"', 'ss:StyleID="p"'
MERGED = 'ss:MergeAcross="1" ss:MergeDown="1"'


def test_excel_xml_cells_as_they_are_shown():
    note = '<Comment><Data ss:Type="String">geheim</Data></Comment>'
    rows = (
        f"<Row>{cell('String', 'naam')}{cell('String', 'dag', INDEX_3)}</Row>"
        f"<Row>{cell('String', 'Zoë').replace('</Cell>', note + '</Cell>')}{cell('Number', '12.5')}"
        f"{cell('DateTime', '2026-05-03T00:00:00.000')}</Row>"
        f"<Row ss:Index='5'>{cell('Error', '#N/A')}{cell('Number', '0.6', PERCENT)}"
        f"{cell('DateTime', '1899-12-31T10:30:00.000')}{cell('Boolean', 1)}</Row>"
    )
    grid = only(SPREADSHEET.format(sheet(rows, name="3 &amp; 4")))
    assert grid.sheet == "3 & 4"
    assert cells(grid) == [
        ("naam", "", "dag", ""),
        ("Zoë", 12.5, "2026-05-03", ""),
        *[("",) * 4] * 2,
        ("#N/A", "60%", "10:30:00", "TRUE"),
    ]
    assert isinstance(grid.columns[2][1], DateCell)


def test_excel_xml_merges_and_what_is_hidden():
    rows = (
        '<Column/><Column ss:Hidden="1" ss:Span="3"/>'
        f"<Row>{cell('String', 'a', MERGED)}{cell('String', 'b')}</Row>"
        f"<Row ss:Hidden='1'>{cell('String', 'c', INDEX_3)}</Row>"
    )
    options = "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>"
    found = read(SPREADSHEET.format(sheet(rows) + sheet(f"<Row>{cell('String', 'x')}</Row>", "Oud", options)))
    (grid,) = found.grids
    assert cells(grid) == [("a", "", "b"), ("", "", "c")]
    assert (grid.merges, grid.hidden_rows, grid.hidden_columns) == ((Merge(0, 0, 1, 1),), {1}, {1, 2})
    assert found.skipped == (Skipped("Oud", (), "hidden_sheet"),)


def test_excel_xml_that_is_refused():
    assert refused(SPREADSHEET.format(sheet(""))) == "empty_file"
    assert refused(SPREADSHEET.format(sheet(f"<Row>{cell('Number', 'veel')}</Row>"))) == "not_a_table"
    assert refused(SPREADSHEET.format(sheet(f"<Row ss:Index='900000000'>{cell('Number', 1)}</Row>"))) == "far_cell"
    bomb = '<!DOCTYPE x [<!ENTITY a "aa">]>'
    assert refused(SPREADSHEET.replace("<Workbook", bomb + "<Workbook").format(sheet(""))) == "not_a_table"
    assert refused(SPREADSHEET[:200]) == "not_a_table"


def test_an_excel_xml_formula_without_a_value_is_known_by_its_place():
    grid = only(SPREADSHEET.format(sheet(f"<Row>{cell('String', 'a')}</Row><Row><Cell ss:Formula='=1+1'/></Row>")))
    assert grid.uncached == ((1, 0),)

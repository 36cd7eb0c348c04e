"""Score files at the door: right, or refused with the row and the mend; never silently wrong."""

import csv
import io
import re
import string
import struct
import tracemalloc
import unicodedata
import zipfile
import zlib
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import Workbook

from gsl_research.problems import Problem, Problems
from gsl_research.reading import DateCell, Skipped, as_text, door, parse_scores, read_table, workbook
from gsl_research.wording import words

ORACLE = Path(__file__).parents[2] / "shared" / "oracle" / "data"
LETTERS = "abcdefgh XYZ0123456789éèëïçñÀÖß€–’.'-_/()%#!?:\"“”;,\t"


def table(tmp_path, content, name="scores.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_table(path)


def refusal(tmp_path, content, name="scores.csv") -> tuple[Problem, ...]:
    with pytest.raises(Problems) as raised:
        table(tmp_path, content, name)
    for problem in raised.value.problems:
        assert problem.file == name
        for language in ("nl", "en"):
            assert words(language).problem(problem).startswith(name)
    return raised.value.problems


def expect_only(problems: tuple[Problem, ...], code: str) -> Problem:
    (problem,) = problems
    assert problem.code == code
    return problem


def scores(*cells, **options):
    return parse_scores(cells, row_numbers=range(2, 2 + len(cells)), **options)


def xlsx(tmp_path, rows, name="scores.xlsx", change=None) -> Path:
    book = Workbook()
    sheet = book.active
    sheet.title = "Scores"
    for row in rows:
        sheet.append(row)
    if change:
        change(book)
    path = tmp_path / name
    book.save(path)
    return path


def repack(path: Path, part: str, edit) -> bytes:
    """The workbook with one part changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(path) as given_zip, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in given_zip.namelist():
            content = given_zip.read(name)
            kept.writestr(name, edit(content) if name == part else content)
    return made.getvalue()


# ---- text files: right


@st.composite
def written_tables(draw):
    """Any table of texts as a well-behaved program writes it."""
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]))
    letters = LETTERS if encoding == "cp1252" else LETTERS + "łşΩж中"
    text = st.text(letters, max_size=12).map(str.strip)
    header = draw(st.lists(text.map(lambda t: " ".join(t.split())).filter(bool), min_size=2, max_size=5, unique=True))
    pupil = st.text(string.ascii_letters + string.digits, min_size=1, max_size=6).map(lambda t: f"p{t}")
    row = st.tuples(pupil, *[text for _ in header[1:]])
    return draw(st.lists(row, min_size=1, max_size=8)), header, encoding


@given(written_tables(), st.sampled_from(";,\t"), st.sampled_from(["\n", "\r\n"]))
def test_a_written_table_reads_back(tmp_path_factory, written, separator, newline):
    rows, header, encoding = written
    assume(not header[0].lower().startswith("sep="))
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=separator, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *rows])
    path = tmp_path_factory.mktemp("csv") / "scores.csv"
    path.write_bytes(made.getvalue().encode(encoding))
    read = read_table(path)
    assert list(read.columns) == header
    assert [tuple(row) for row in zip(*read.columns.values(), strict=True)] == rows
    assert list(read.row_numbers) == list(range(2, 2 + len(rows)))
    assert read.skipped == ()


@given(written_tables(), st.sampled_from(";,\t"))
def test_sparing_quotes_read_back_or_are_refused(tmp_path_factory, written, separator):
    """As Excel quotes: only where needed. Another separator may fit as well; then it is asked, not guessed."""
    rows, header, encoding = written
    assume(not header[0].lower().startswith("sep=") and not header[0].startswith("{"))
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=separator, lineterminator="\r\n").writerows([header, *rows])
    path = tmp_path_factory.mktemp("csv") / "scores.csv"
    path.write_bytes(made.getvalue().encode(encoding))
    try:
        read = read_table(path)
    except Problems as refused:
        assert [problem.code for problem in refused.problems] == ["separator_unclear"]
    else:
        assert list(read.columns) == header
        assert [tuple(row) for row in zip(*read.columns.values(), strict=True)] == rows


def test_the_repr_shows_counts_only(tmp_path):
    read = table(tmp_path, "leerling;score\nJan Peeters;12\n")
    assert "Peeters" not in repr(read)
    assert "1 rows, 2 columns" in repr(read)
    assert read.file == "scores.csv"
    assert len(read.sha256) == 64


def test_a_declared_separator_and_blank_rows_are_listed(tmp_path):
    read = table(tmp_path, "sep=,\r\na,b\r\n1,2\r\n\r\n,\r\n3,4\r\n")
    assert list(read.row_numbers) == [3, 6]
    assert read.columns == {"a": ["1", "3"], "b": ["2", "4"]}
    assert read.skipped == (Skipped(None, (1,), "sep_line"), Skipped(None, (4, 5), "blank_rows"))


def test_a_line_break_inside_quotes_keeps_the_line_numbers(tmp_path):
    read = table(tmp_path, 'a;b\n1;"een\ntwee\ndrie"\n2;x\n')
    assert list(read.row_numbers) == [2, 5]
    assert read.columns["b"] == ["een\ntwee\ndrie", "x"]


def test_semicolons_with_decimal_commas(tmp_path):
    read = table(tmp_path, "a;b;c\nL1;12,5;13,5\nL2;1,5;2\n")
    assert read.columns["b"] == ["12,5", "1,5"]


def test_one_column_is_a_table(tmp_path):
    assert table(tmp_path, "score\n12\n13\n").columns == {"score": ["12", "13"]}
    assert table(tmp_path, '"score; op 20"\n12\n').columns == {"score; op 20": ["12"]}


def test_headers_are_cleaned_and_empty_columns_dropped(tmp_path):
    decomposed = unicodedata.normalize("NFD", "thuissituatië")
    read = table(tmp_path, f"\ufeff\u200ba\u00a0  b ;{decomposed};;\n1;2;;\n", encoding="utf-8")
    assert list(read.columns) == ["a b", "thuissituatië"]


def test_the_greek_question_mark_is_no_separator(tmp_path):
    """U+037E turns into a semicolon under NFC; cells are cleaned after they are cut."""
    assert list(table(tmp_path, "a,b;\u037e\n1;2\n").columns)[0] == "a,b"


def test_codes_stay_text(tmp_path):
    read = table(tmp_path, "klas;groep\n1E1;03\n")
    assert [as_text(read.columns[name][0]) for name in read.columns] == ["1E1", "03"]
    assert [as_text(cell) for cell in (3.0, 3.5, 2.3e10, DateCell("2026-05-03"))] == [
        "3",
        "3.5",
        "23000000000",
        "2026-05-03",
    ]


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the shared oracle data are not beside this repository")
@pytest.mark.parametrize("path", sorted(ORACLE.glob("*.csv")), ids=lambda path: path.stem)
def test_real_files_read_as_the_csv_module_reads_them(path):
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines, delimiter=";" if path.stem == "uci_student_mat" else ",")
    read = read_table(path)
    assert list(read.columns) == header
    assert [list(row) for row in zip(*read.columns.values(), strict=True)] == [
        [cell.strip() for cell in row] for row in rows
    ]


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the shared oracle data are not beside this repository")
def test_real_scores_read_as_numpy_reads_them():
    read = read_table(ORACLE / "eef_crt.csv")
    expected = np.genfromtxt(ORACLE / "eef_crt.csv", delimiter=",", skip_header=1)
    for at, cells in enumerate(read.columns.values()):
        column = parse_scores(cells, row_numbers=read.row_numbers)
        assert column.problems == ()
        np.testing.assert_array_equal(column.values, expected[:, at])


# ---- text files: refused

REFUSED = {
    "encoding_utf16": ("a;b\n1;2\n".encode("utf-16"), None),
    "not_a_table": (b"a;b\n\x81;2\n", None),
    "empty_file": (b"", None),
    "no_rows": (b"a;b\n\n", 1),
    "ragged_rows": (b"leerling,voor,na\nL1,12,13\nL2,12,5,13\n", 3),
    "separator_unclear": (b"a,b;c\n1,5;2\n", None),
    "unclosed_quote": (b'a;b\n1;2\n3;"4\n5;6\n', 3),
    "cell_too_long": (b"a;b\n1;2\n3;" + b"x" * 200_000 + b"\n", 3),
    "header_missing": (b"a;;c\n1;2;3\n", 1),
    "header_twice": (b"a;b;a\n1;2;3\n", 1),
    "totals_row": (b"a;b\nL1;2\nGemiddelde 5A:;2\n", 3),
}


@pytest.mark.parametrize(("code", "content", "row"), [(code, *case) for code, case in REFUSED.items()])
def test_a_text_file_is_refused_with_its_row(tmp_path, code, content, row):
    assert expect_only(refusal(tmp_path, content), code).row == row


@pytest.mark.parametrize(
    "content", [b"a;b\n\x001;2\n", b"%PDF-1.7 a;b", b"\x89PNG\r\n", b'{"id": 1}', "a;b\n1;2".encode("utf-16-le")]
)
def test_other_bytes_are_not_a_table(tmp_path, content):
    expect_only(refusal(tmp_path, content), "not_a_table")


def test_refusals_carry_their_facts(tmp_path):
    ragged = expect_only(refusal(tmp_path, b"a,b\nL1,12,5\nL2,13\nL3,14,5\n"), "ragged_rows")
    assert ragged.facts == {"expected": 2, "found": 3, "count": 2}
    assert expect_only(refusal(tmp_path, b"a;;c\n1;2;3\n"), "header_missing").facts == {"letter": "B"}
    twice = expect_only(refusal(tmp_path, b"a;b;a\n1;2;3\n"), "header_twice")
    assert (twice.value, twice.facts) == ("a", {"letters": ["A", "C"]})
    assert expect_only(refusal(tmp_path, b"a;b\nTotaal Jan;2\nL1;2\n"), "totals_row").value == "Totaal"


def test_every_problem_of_a_table_at_once(tmp_path):
    problems = refusal(tmp_path, b"a;;a\n1;2;3\nGem.;2;3\n;aantal;2\n")
    assert [(p.code, p.row) for p in problems] == [
        ("header_missing", 1),
        ("header_twice", 1),
        ("totals_row", 3),
        ("totals_row", 4),
    ]


@pytest.mark.parametrize("name", ["Max", "Min", "Som", "Gemma", "Totte", "Aantje"])
def test_a_pupil_is_no_total(tmp_path, name):
    assert len(table(tmp_path, f"a;b\n{name};2\n").row_numbers) == 1


def test_a_short_row_is_not_filled_up_in_silence(tmp_path):
    expect_only(refusal(tmp_path, b"a;b;c\n1;2;3\n1;2\n"), "ragged_rows")


# ---- the path


def problem_at(path) -> Problem:
    with pytest.raises(Problems) as raised:
        read_table(path)
    (problem,) = raised.value.problems
    assert problem.file == path.name
    assert words("nl").problem(problem)
    return problem


def test_paths_that_are_no_score_file(tmp_path):
    assert problem_at(tmp_path).code == "is_folder"
    assert problem_at(tmp_path / "nergens" / "scores.csv").code == "file_missing"
    (tmp_path / "studie.toml").write_text("schema = 1", "utf-8")
    assert problem_at(tmp_path / "studie.toml").code == "toml_as_data"
    (tmp_path / "Breuken-5A.csv").write_text("a;b\n1;2\n", "utf-8")
    near = problem_at(tmp_path / "breuken5a.csv")
    assert (near.code, near.facts) == ("file_misspelt", {"suggestion": "Breuken-5A.csv"})
    assert problem_at(tmp_path / "iets heel anders").code == "file_missing"
    assert problem_at(tmp_path / "a\0b.csv").code in {"file_missing", "file_unreadable"}


@pytest.mark.parametrize(("error", "code"), [(PermissionError, "file_open_elsewhere"), (OSError, "file_unreadable")])
def test_a_file_that_cannot_be_opened(tmp_path, monkeypatch, error, code):
    def locked(self):
        raise error

    (tmp_path / "scores.csv").write_text("a;b\n1;2\n", "utf-8")
    monkeypatch.setattr(Path, "read_bytes", locked)
    assert problem_at(tmp_path / "scores.csv").code == code


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "MAX_BYTES", 5)
    assert expect_only(refusal(tmp_path, b"a;b\n1;2\n"), "too_large").facts == {"megabytes": 0}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"$FL2@(#) SPSS DATA FILE", ".sav"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), ".xls"),
        (b"\n<!DOCTYPE html><table>", "HTML"),
        (b'<?xml version="1.0"?><Workbook>', "HTML"),
    ],
)
def test_other_kinds_are_named_whatever_the_extension(tmp_path, content, kind):
    assert expect_only(refusal(tmp_path, content, "scores.xlsx"), "kind_later").facts == {"kind": kind}


def test_a_password(tmp_path):
    protected = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64) + "EncryptedPackage".encode("utf-16-le")
    expect_only(refusal(tmp_path, protected, "scores.xlsx"), "password")


# ---- workbooks


def test_a_workbook_keeps_numbers_texts_and_dates_apart(tmp_path):
    rows = [
        ["leerling", "klas", "score", "dag"],
        ["L1", "1E1", 12.5, date(2026, 5, 3)],
        ["03", 3, "12,5", datetime(2026, 5, 3, 10, 30)],
        [None, None, None, None],
        ["L3", " 3 ", True, time(10, 30)],
    ]
    read = read_table(xlsx(tmp_path, rows, name="scores.csv"))
    assert read.sheet == "Scores"
    assert read.columns["leerling"] == ["L1", "03", "L3"]
    assert read.columns["klas"] == ["1E1", 3.0, "3"]
    assert read.columns["score"] == [12.5, "12,5", "TRUE"]
    assert read.columns["dag"] == ["2026-05-03", "2026-05-03T10:30:00", "10:30:00"]
    assert all(isinstance(cell, DateCell) for cell in read.columns["dag"])
    assert list(read.row_numbers) == [2, 3, 5]
    assert read.skipped == (Skipped("Scores", (4,), "blank_rows"),)
    dates = parse_scores(read.columns["dag"], row_numbers=read.row_numbers)
    assert [(p.code, p.row, p.value) for p in dates.problems] == [
        ("date_as_score", 2, "2026-05-03"),
        ("date_as_score", 3, "2026-05-03T10:30:00"),
        ("date_as_score", 5, "10:30:00"),
    ]


def test_excel_errors_are_not_blank_cells(tmp_path):
    rows = [["a", "b"], ["L1", "#N/A"], ["L2", 3], ["L3", "#DIV/0!"]]
    read = read_table(xlsx(tmp_path, rows))
    assert read.columns["b"] == ["#N/A", 3.0, "#DIV/0!"]
    column = parse_scores(read.columns["b"], row_numbers=read.row_numbers)
    assert [(p.code, p.row, p.value) for p in column.problems] == [
        ("not_a_number", 2, "#N/A"),
        ("not_a_number", 4, "#DIV/0!"),
    ]


def test_a_table_away_from_the_corner_keeps_its_row_numbers(tmp_path):
    rows = [[None, None, None], [None, "a", "b"], [None, "L1", 3]]
    read = read_table(xlsx(tmp_path, rows))
    assert (read.columns, list(read.row_numbers)) == ({"a": ["L1"], "b": [3.0]}, [3])


def test_hidden_sheets_are_listed_not_read(tmp_path):
    def hide(book):
        for name, state in (("Oud", "hidden"), ("Heel oud", "veryHidden")):
            sheet = book.create_sheet(name)
            sheet.sheet_state = state
            sheet["A1"] = "geheim"
        book.create_sheet("Leeg")
        book.create_chartsheet("Grafiek")

    read = read_table(xlsx(tmp_path, [["a", "b"], ["L1", 3]], change=hide))
    assert read.skipped == (Skipped("Oud", (), "hidden_sheet"), Skipped("Heel oud", (), "hidden_sheet"))
    assert len(read.row_numbers) == 1


ROWS = [["a", "b"], ["L1", 3], ["L2", 4]]


def second_sheet(book):
    book.create_sheet("Blad2")["B2"] = 1


def hide_all(book):
    book.create_sheet("Leeg")
    book["Scores"].sheet_state = "hidden"


REFUSED_SHEETS = {
    "several_sheets": (second_sheet, {"sheets": ["Scores", "Blad2"]}),
    "empty_file": (hide_all, {}),
    "merged_cells": (lambda book: book["Scores"].merge_cells("A2:A3"), {"cells": ["A2:A3"], "count": 1}),
    "formula_without_value": (
        lambda book: book["Scores"].append(["L3", "=1+1"]),
        {"cell": "B4", "count": 1},
    ),
    "far_cell": (lambda book: book["Scores"].cell(1_048_576, 20, 1), {"cell": "T1048576"}),
}


@pytest.mark.parametrize(("code", "change", "facts"), [(code, *case) for code, case in REFUSED_SHEETS.items()])
def test_a_workbook_is_refused_with_its_facts(tmp_path, code, change, facts):
    path = xlsx(tmp_path, ROWS, change=change)
    assert expect_only(refusal(tmp_path, path.read_bytes(), path.name), code).facts == facts


def test_a_workbook_with_too_many_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_CELLS", 5)
    path = xlsx(tmp_path, ROWS)
    assert expect_only(refusal(tmp_path, path.read_bytes(), path.name), "too_many_cells").facts == {"most": 5}


def test_styled_empty_cells_far_away_are_no_content(tmp_path):
    def style(book):
        book["Scores"].cell(1_048_576, 200).number_format = "0%"

    path = xlsx(tmp_path, ROWS, change=style)
    assert len(read_table(path).row_numbers) == 2
    path.write_bytes(repack(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b' t="n" />', b"></c>")))
    assert len(read_table(path).row_numbers) == 2


def test_a_calculated_formula_is_read(tmp_path):
    path = xlsx(tmp_path, [["a", "b"], ["L1", "=1+1"]])
    path.write_bytes(repack(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v />", b"<v>2</v>")))
    assert read_table(path).columns["b"] == [2.0]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = xlsx(tmp_path, ROWS)
    swollen = repack(path, "xl/styles.xml", lambda xml: xml + b" " * 3_000_000)
    expect_only(refusal(tmp_path, swollen, "scores.xlsx"), "zip_bomb")
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 1_000)
    expect_only(refusal(tmp_path, path.read_bytes(), "scores.xlsx"), "zip_bomb")


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(tmp_path):
    """The entry says 10 bytes with their checksum, its stream holds 50 million: only the 10 are ever read."""
    path = xlsx(tmp_path, ROWS)
    spaces = b" " * 50_000_000
    raw = repack(path, "xl/styles.xml", lambda xml: spaces)
    for true, told in ((zlib.crc32(spaces), zlib.crc32(spaces[:10])), (len(spaces), 10)):
        raw = raw.replace(struct.pack("<L", true), struct.pack("<L", told))
    tracemalloc.start()
    with pytest.raises(Problems):
        table(tmp_path, raw, "scores.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_damaged_workbook(tmp_path):
    raw = xlsx(tmp_path, ROWS).read_bytes()
    expect_only(refusal(tmp_path, raw[: len(raw) // 2], "scores.xlsx"), "file_damaged")
    at = raw.index(b"xl/worksheets/sheet1.xml") + 60
    broken = raw[:at] + bytes([raw[at] ^ 255]) + raw[at + 1 :]
    expect_only(refusal(tmp_path, broken, "scores.xlsx"), "file_damaged")
    squeezed = io.BytesIO()
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_LZMA) as package:
        for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            package.writestr(name, "<x/>")
    expect_only(refusal(tmp_path, squeezed.getvalue(), "scores.xlsx"), "file_damaged")


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_an_entity_bomb(tmp_path, part):
    raw = repack(xlsx(tmp_path, ROWS), part, lambda xml: BOMB + xml)
    expect_only(refusal(tmp_path, raw, "scores.xlsx"), "not_a_table")


@pytest.mark.parametrize(
    ("part", "edit"),
    [
        ("xl/worksheets/sheet1.xml", lambda xml: xml[:-200]),
        ("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b' r="A1"', b"")),
        ("xl/workbook.xml", lambda xml: b"<workbook"),
        ("xl/workbook.xml", lambda xml: xml.replace(b'r:id="rId1"', b"")),
        ("xl/_rels/workbook.xml.rels", lambda xml: xml.replace(b"Target=", b"Doel=")),
    ],
)
def test_a_malformed_part_is_not_a_table(tmp_path, part, edit):
    raw = repack(xlsx(tmp_path, ROWS), part, edit)
    expect_only(refusal(tmp_path, raw, "scores.xlsx"), "not_a_table")


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "kind_later"),
        ({"xl/workbook.bin": ""}, "kind_later"),
        ({"word/document.xml": "<x/>"}, "not_a_table"),
    ],
)
def test_other_packages(tmp_path, entries, code):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, content in entries.items():
            package.writestr(name, content)
    expect_only(refusal(tmp_path, made.getvalue(), "scores.xlsx"), code)


# ---- scores


def test_number_styles():
    np.testing.assert_array_equal(scores("0,435", "12").values, [0.435, 12])
    np.testing.assert_array_equal(scores("12.5", "-3.25", ".5").values, [12.5, -3.25, 0.5])
    np.testing.assert_array_equal(scores("1,5", 2.0, "2,25").values, [1.5, 2, 2.25])
    np.testing.assert_array_equal(scores("1.234", "0.5").values, [1.234, 0.5])
    np.testing.assert_array_equal(scores("1.234", low=0, high=20).values, [1.234])
    np.testing.assert_array_equal(scores("1,234", low=0, high=20).values, [1.234])
    np.testing.assert_array_equal(scores("1.234", "2.000", low=0, high=1500).values, [1.234, 2.0])
    np.testing.assert_array_equal(scores("1.234", low=100, high=2000).values, [1234])


@pytest.mark.parametrize("scale", [{}, {"low": 0, "high": 2000}])
def test_an_ambiguous_number_is_refused(scale):
    column = scores("12", "1.234", "1.500", **scale)
    problem = expect_only(column.problems, "ambiguous_number")
    assert (problem.row, problem.value) == (3, "1.234")
    assert problem.facts == {"decimal": 1.234, "thousands": 1234.0, "count": 2}
    np.testing.assert_array_equal(column.values, [12, np.nan, np.nan])


def test_two_number_styles_in_one_column_are_refused():
    """The column of jasp-issues #3608."""
    column = scores("2.87", "2,059", "3.1", "4", "2,1", "2.9")
    problem = expect_only(column.problems, "mixed_decimals")
    assert problem.row == 3
    assert problem.facts == {
        "point_rows": [2, 4],
        "point_value": "2.87",
        "comma_rows": [3, 6],
        "comma_value": "2,059",
    }
    assert np.isnan(column.values[[0, 1, 2, 4, 5]]).all()


REFUSED_CELLS = [
    "1O", "12,,5", "1.250,5", "1.234.567", "inf", "-inf", "nan", "TRUE", "WAAR", "1e3", "12/20", "60 %", "1 234", "12,",
    "+", "--", "#N/A", "#DEEL/0!", "0x10", "１２", "1" * 400,
]  # fmt: skip


@pytest.mark.parametrize("cell", REFUSED_CELLS)
def test_what_is_no_number_is_refused_with_its_row(cell):
    column = scores("12", cell)
    (problem,) = column.problems
    assert problem.row == 3
    assert problem.code in {"not_a_number", "text_as_score"}
    if cell.isascii() and len(cell) <= 12:
        assert (problem.code, problem.value) == ("not_a_number", cell)
    np.testing.assert_array_equal(column.values, [12, np.nan])


@pytest.mark.parametrize("cell", ["3/5/2026", "3-5-26", "2026-05-03", "3-mei", "3/mei", "3 mei", "3.5.2026"])
def test_a_date_in_text_is_no_score(cell):
    assert expect_only(scores(cell).problems, "date_as_score").value == cell


@pytest.mark.parametrize("cell", ["Jan Peeters", "Jan", "L001", "tien", "12.03.15-123.45", "=A1"])
def test_what_may_name_a_pupil_is_not_quoted(cell):
    assert expect_only(scores("12", cell).problems, "text_as_score").value is None


def test_a_column_of_names_is_one_problem():
    column = scores("12", *[f"leerling {n}" for n in range(20)], "")
    problem = expect_only(column.problems, "column_without_scores")
    assert (problem.row, problem.facts) == (3, {"count": 20, "filled": 21})


def test_missing_words_are_counted_as_they_stand():
    cells = ("12", "", "afw", "AFW", "-", "/", "n.v.t.", "NA", "999", 999.0, "Gewettigd")
    column = scores(*cells, missing=("999", "gewettigd"))
    assert column.problems == ()
    assert column.missing == {
        "": 1, "afw": 1, "AFW": 1, "-": 1, "/": 1, "n.v.t.": 1, "NA": 1, "999": 2, "Gewettigd": 1,
    }  # fmt: skip
    np.testing.assert_array_equal(column.values, [12] + [np.nan] * 10)


def test_outside_the_scale():
    column = scores("12", "155", 20.5, "-1", "999", "20,0", "0", low=0, high=20)
    assert [(p.code, p.row, p.value) for p in column.problems] == [
        ("outside_scale", 3, "155"),
        ("outside_scale", 4, "20.5"),
        ("outside_scale", 5, "-1"),
        ("outside_scale", 6, "999"),
    ]
    assert column.problems[0].facts == {"low": 0.0, "high": 20.0}
    np.testing.assert_array_equal(column.values, [12, np.nan, np.nan, np.nan, np.nan, 20, 0])


def test_problems_come_in_the_order_of_the_rows():
    column = scores("x", "30", "1e3", "30", low=0, high=20)
    assert [p.row for p in column.problems] == [2, 3, 4, 5]


def test_an_empty_column():
    column = scores()
    assert (len(column.values), column.missing, column.problems) == (0, {}, ())


def test_mistakes_of_the_programmer():
    with pytest.raises(ValueError, match="low and high"):
        scores("1", low=0)
    with pytest.raises(ValueError, match="row_numbers"):
        parse_scores(["1"], row_numbers=[])


@given(
    st.lists(st.decimals(min_value=-999, max_value=999, places=1), min_size=1, max_size=30),
    st.sampled_from(",."),
    st.randoms(use_true_random=False),
)
def test_one_decimal_reads_as_written_in_any_order(values, mark, random):
    cells = [str(value).replace(".", mark) for value in values]
    random.shuffle(cells)
    column = parse_scores(cells, row_numbers=range(len(cells)))
    assert column.problems == ()
    assert column.values.tolist() == [float(cell.replace(mark, ".")) for cell in cells]


@given(st.lists(st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_every_cell_is_a_value_a_missing_word_or_a_problem(cells):
    cells = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    column = parse_scores(cells, row_numbers=range(2, 2 + len(cells)))
    unread = int(np.isnan(column.values).sum()) - sum(column.missing.values())
    assert (unread > 0) == bool(column.problems)


# ---- sentences

CODES = {
    "file_missing", "file_misspelt", "is_folder", "file_open_elsewhere", "file_unreadable", "toml_as_data", "too_large",
    "zip_bomb", "file_damaged", "password", "kind_later", "not_a_table", "encoding_utf16", "separator_unclear",
    "ragged_rows", "unclosed_quote", "cell_too_long", "empty_file", "no_rows", "header_missing", "header_twice",
    "totals_row", "several_sheets", "merged_cells", "formula_without_value", "far_cell", "too_many_cells",
    "not_a_number", "text_as_score", "date_as_score", "column_without_scores", "mixed_decimals", "ambiguous_number",
    "outside_scale",
}  # fmt: skip


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_sentence_with_the_same_blanks(code):
    for part in ("says", "mend"):
        texts = [words(language)._find(f"problems.{code}.{part}") for language in ("nl", "en")]
        assert all(isinstance(text, str) and text.endswith((".", "?")) for text in texts)
        assert blanks(texts[0]) == blanks(texts[1])


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_code_without_sentence_and_no_dead_sentence(language):
    package = Path(door.__file__).parents[1]
    source = "".join(file.read_text("utf-8") for file in (package / "reading").glob("*.py"))
    assert {code for code in CODES if f'"{code}"' not in source} == set()
    assert set(re.findall(r'code="(\w+)"|stop\("(\w+)"', source)) <= {(c, "") for c in CODES} | {("", c) for c in CODES}
    text = (package / "texts" / language / "problems.toml").read_text("utf-8")
    section = re.split(r"\n# (?:study|data)\b", text.split("# reading\n", 1)[1])[0]
    assert set(re.findall(r"^\[(\w+)\]$", section, re.MULTILINE)) == CODES


@pytest.mark.parametrize("language", ["nl", "en"])
def test_score_problems_read_as_sentences(language):
    columns = [
        scores("2.87", "2,059"), scores("1.234"), scores("1O"), scores("tien"), scores("3-mei"),
        scores("30", low=0, high=20), scores(*["woord"] * 10),
    ]  # fmt: skip
    for column in columns:
        for problem in column.problems:
            sentence = words(language).problem(problem)
            assert "{" not in sentence
            assert "None" not in sentence


def test_a_percentage_is_never_read_as_a_fraction(tmp_path):
    book = Workbook()
    book.active.append(["leerling", "punten"])
    for row, (score, style) in enumerate([(0.6, "0%"), (0.125, "0.0%"), (12, "General"), (0.6, "0.00")], start=2):
        book.active.append([f"p{row}", score])
        book.active.cell(row, 2).number_format = style
    book.save(tmp_path / "procent.xlsx")
    read = read_table(tmp_path / "procent.xlsx")
    assert list(read.columns["punten"]) == ["60%", "12.5%", 12.0, 0.6]
    found = parse_scores(read.columns["punten"], row_numbers=read.row_numbers, low=0, high=100).problems
    assert [(p.code, p.row, p.value) for p in found] == [("not_a_number", 2, "60%"), ("not_a_number", 3, "12.5%")]

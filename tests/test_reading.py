"""Files and folders at the door: the kind by content, every table, and what stands in the way."""

import csv
import gc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from conftest import REAL
from openpyxl import Workbook

from gsl_research.problems import Problem, Problems
from gsl_research.reading import DateCell, as_text, door, parse_scores, read_table, read_tables
from gsl_research.wording import languages, words

HEADER = ["leerling", "klas", "voor", "na"]
ROWS = [["An", "5A", "12", "13"], ["Bo", "5A", "9", "afw"], ["Cis", "5B", "8", "11"]]


def text(rows=ROWS, header=HEADER) -> str:
    return "".join(";".join(row) + "\n" for row in (header, *rows))


def written(folder: Path, content: bytes | str, name: str = "scores.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(folder: Path, name: str = "scores.xlsx", hidden: tuple[str, ...] = (), **sheets) -> Path:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def problems_at(path: Path, **options) -> list[Problem]:
    with pytest.raises(Problems) as raised:
        read_tables(path, **options)
    for problem in raised.value.problems:
        assert problem.file is not None
        for lang in languages():
            assert "{" not in words(lang).problem(problem)
    return list(raised.value.problems)


def problem_at(path: Path) -> Problem:
    (problem,) = problems_at(path)
    return problem


# one file


def test_codes_stay_text(tmp_path):
    read = read_table(written(tmp_path, "klas;groep;score\n1E1;03;5\n6-1;07;6\n"))
    assert [as_text(cell) for cell in read.columns["klas"]] == ["1E1", "6-1"]
    assert [as_text(cell) for cell in read.columns["groep"]] == ["03", "07"]
    texts = [as_text(cell) for cell in (3.0, 3.5, 2.3e10, DateCell("2026-05-03"))]
    assert texts == ["3", "3.5", "23000000000", "2026-05-03"]


@pytest.mark.parametrize("path", sorted(REAL.glob("*.csv")), ids=lambda path: path.stem)
def test_real_files_read_as_the_csv_module_reads_them(path):
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines, delimiter=";" if path.stem == "uci_student_mat" else ",")
    read = read_table(path)
    assert list(read.columns) == header
    assert [list(row) for row in zip(*read.columns.values(), strict=True)] == [
        [cell.strip() for cell in row] for row in rows
    ]


def test_real_scores_read_as_numpy_reads_them(real_data):
    read = read_table(real_data / "eef_crt.csv")
    expected = np.genfromtxt(real_data / "eef_crt.csv", delimiter=",", skip_header=1)
    for at, cells in enumerate(read.columns.values()):
        column = parse_scores(cells, row_numbers=read.row_numbers)
        assert column.problems == ()
        np.testing.assert_array_equal(column.values, expected[:, at])


def test_the_repr_shows_counts_only(tmp_path):
    read = read_table(written(tmp_path, text()))
    assert repr(read) == "Table('scores.csv', 3 rows, 4 columns)"
    assert "An" not in repr(read.columns)


@pytest.mark.parametrize("name", ["scores.csv", "scores.xls", "scores", "scores.docx"])
@pytest.mark.parametrize("kind", ["text", "workbook", "html"])
def test_the_kind_is_told_by_the_content_never_by_the_name(tmp_path, name, kind):
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in (HEADER, *ROWS))
    if kind == "workbook":
        path = workbook(tmp_path, name, Scores=[HEADER, *ROWS]) if name.endswith("xlsx") else None
        path = (
            written(tmp_path, workbook(tmp_path, Scores=[HEADER, *ROWS]).read_bytes(), name) if path is None else path
        )
    else:
        path = written(tmp_path, text() if kind == "text" else f"\ufeff\n<table>{cells}</table>", name)
    assert [list(row) for row in zip(*read_table(path).columns.values(), strict=True)] == ROWS


def test_every_sheet_with_pupils_is_a_table_and_the_rest_is_listed(tmp_path):
    sheets = {"Info": [["Lees mij"], ["gemaakt in mei"]], "5A": [HEADER, *ROWS[:2]], "5B": [HEADER, ROWS[2]]}
    found = read_tables(workbook(tmp_path, **sheets, Leeg=[HEADER], Oud=[HEADER, *ROWS], hidden=("Oud",)))
    assert [table.sheet for table in found.tables] == ["5A", "5B"]
    reasons = {one.sheet: one.reason for one in found.skipped}
    assert reasons == {"Info": "not_a_table", "Leeg": "not_a_table", "Oud": "hidden_sheet"}
    assert [(p.code, p.facts) for p in found.warnings] == [("hidden_sheets", {"sheets": ["Oud"]})]


def test_a_sheet_of_pupils_without_header_is_never_passed_over(tmp_path):
    path = workbook(tmp_path, **{"5A": [HEADER, *ROWS[:2]], "5B": [["Cis", "5B", 8, 11], ["Dré", "5B", 9, 12]]})
    problem = problem_at(path)
    assert (problem.code, problem.sheet, problem.row) == ("header_not_found", "5B", 1)


def test_one_table_is_asked_for_and_there_are_two(tmp_path):
    with pytest.raises(Problems) as raised:
        read_table(workbook(tmp_path, A=[HEADER, *ROWS], B=[HEADER, *ROWS]))
    assert [(p.code, p.facts) for p in raised.value.problems] == [("several_tables", {"sheets": ["A", "B"]})]


def test_an_empty_form_says_there_are_no_pupils(tmp_path):
    path = workbook(tmp_path, gegevens=[HEADER], uitleg=[["leerling: een nummer"], ["klas: de klas"]])
    assert [problem.code for problem in problems_at(path)] == ["no_rows"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"\n;;\n", "empty_file"), (b"a;b\n", "no_rows"), (b"%PDF-1.7", "not_a_table"),
     (b'{"schema": 1}', "not_a_table"), (b"\x00\x01\x02\x03", "not_a_table"), (b"SQLite format 3\x00", "not_a_table")],
)  # fmt: skip
def test_what_is_no_score_file_is_refused(tmp_path, content, code):
    assert problem_at(written(tmp_path, content)).code == code


def test_the_garbage_collector_is_as_it_was_after_reading(tmp_path):
    for content in (text(), "a;b\n"):
        with suppress(Problems):
            read_tables(written(tmp_path, content))
        assert gc.isenabled()
    gc.disable()
    try:
        read_tables(written(tmp_path, text()))
        assert not gc.isenabled()
    finally:
        gc.enable()


# the path


def test_paths_that_are_no_score_file(tmp_path):
    assert problem_at(tmp_path / "nergens" / "scores.csv").code == "file_missing"
    assert problem_at(written(tmp_path, "schema = 1", "studie.toml")).code == "toml_as_data"
    written(tmp_path, text(), "Breuken-5A.csv")
    near = problem_at(tmp_path / "breuken5a.csv")
    assert (near.code, near.facts) == ("file_misspelt", {"suggestion": "Breuken-5A.csv"})
    assert problem_at(tmp_path / "iets heel anders").code == "file_missing"
    assert problem_at(tmp_path / "a\0b.csv").code in {"file_missing", "file_unreadable"}


@pytest.mark.parametrize(("error", "code"), [(PermissionError, "file_open_elsewhere"), (OSError, "file_unreadable")])
def test_a_file_that_cannot_be_opened(tmp_path, monkeypatch, error, code):
    def locked(self):
        raise error

    path = written(tmp_path, text())
    monkeypatch.setattr(Path, "read_bytes", locked)
    assert problem_at(path).code == code


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "MAX_BYTES", 5)
    problem = problem_at(written(tmp_path, text()))
    assert (problem.code, problem.facts) == ("too_large", {"megabytes": 0})


# a folder


def folder_of(tmp_path: Path, **files: bytes | str) -> Path:
    folder = tmp_path / "klassen"
    folder.mkdir()
    for name, content in files.items():
        written(folder, content, name.replace("_", "."))
    return folder


def test_a_folder_is_every_score_file_in_it(tmp_path):
    folder = folder_of(tmp_path, A_csv=text(ROWS[:2]), b_CSV=text(ROWS[2:]), plan_toml="schema = 1", Thumbs_db=b"x")
    written(folder, "x", "~$scores.xlsx")
    (folder / "oud").mkdir()
    found = read_tables(folder)
    assert [(table.file, len(table)) for table in found.tables] == [("A.csv", 2), ("b.CSV", 1)]
    assert found.name == "klassen"
    assert [(one.file, one.reason) for one in found.skipped] == [("oud", "subfolder")]


def test_one_broken_file_does_not_hide_the_others(tmp_path):
    folder = folder_of(tmp_path, a_csv=text(), b_csv='a;b\n1;"2\n', c_xlsx=b"PK\x03\x04 cut", d_csv=text(ROWS[:1]))
    found = read_tables(folder)
    assert [table.file for table in found.tables] == ["a.csv", "d.csv"]
    assert [(problem.file, problem.code) for problem in found.problems] == [
        ("b.csv", "unclosed_quote"),
        ("c.xlsx", "file_damaged"),
    ]


def test_the_same_file_sent_twice_is_read_once_and_said(tmp_path):
    found = read_tables(folder_of(tmp_path, a_csv=text(), z_csv=text()))
    assert [table.file for table in found.tables] == ["a.csv"]
    assert [(p.code, p.file, p.facts) for p in found.warnings] == [("same_file_twice", "z.csv", {"other": "a.csv"})]


def test_the_hash_of_a_folder_is_that_of_its_files_whatever_their_names(tmp_path):
    one = read_tables(folder_of(tmp_path, a_csv=text(), b_csv=text(ROWS[:1])))
    (tmp_path / "ander").mkdir()
    other = read_tables(folder_of(tmp_path / "ander", y_csv=text(ROWS[:1]), x_csv=text()))
    changed = tmp_path / "meer"
    changed.mkdir()
    assert one.sha256 == other.sha256
    assert one.sha256 != read_tables(folder_of(changed, a_csv=text(), b_csv=text(ROWS[:2]))).sha256


def test_a_folder_without_score_files_is_refused(tmp_path):
    assert problem_at(folder_of(tmp_path, plan_toml="schema = 1")).code == "folder_without_files"


def test_a_folder_of_broken_files_tells_them_all(tmp_path):
    problems = problems_at(folder_of(tmp_path, a_csv=b"", b_csv='a;b\n1;"2\n'))
    assert [(problem.file, problem.code) for problem in problems] == [
        ("a.csv", "empty_file"),
        ("b.csv", "unclosed_quote"),
    ]

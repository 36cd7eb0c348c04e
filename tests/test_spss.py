"""SPSS files: numbers, labels, dates and missing codes as the file declares them; damaged files are refused."""

import datetime

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from gsl_research.problems import Problem, Problems
from gsl_research.reading import spss
from gsl_research.reading.grid import DateCell, LabelledNumber, Sheets
from gsl_research.reading.spss import read_spss
from gsl_research.wording import words


@pytest.fixture
def sav(tmp_path):
    def write(columns: dict[str, list], *, compress: bool = False, **options) -> bytes:
        path = tmp_path / "punten.sav"
        pyreadstat.write_sav(pd.DataFrame(columns), path, compress=compress, **options)
        return path.read_bytes()

    return write


def read(raw: bytes) -> Sheets:
    return read_spss(raw, file="punten.sav")


def column(sheets: Sheets, name: str) -> list:
    (grid,) = sheets.grids
    (found,) = (column for column in grid.columns if column[0] == name)
    return found[1:]


def refused(raw: bytes) -> Problem:
    with pytest.raises(Problems) as raised:
        read(raw)
    (problem,) = raised.value.problems
    for language in ("nl", "en"):
        assert words(language).problem(problem).startswith("punten.sav")
    return problem


CLASS = {
    "leerling": ["Renée", "Zoë ", "An", "Bo"],
    "klas": ["1E1", "03", "5A", ""],
    "na": [12.5, 99, np.nan, 20],
}


@pytest.mark.parametrize(("compress", "begins"), [(False, b"$FL2"), (True, b"$FL3")])
def test_cases_keep_their_numbers_and_cells(sav, compress, begins):
    raw = sav(CLASS, compress=compress)
    sheets = read(raw)
    (grid,) = sheets.grids
    assert raw.startswith(begins)
    assert (grid.sheet, list(grid.numbers)) == (None, [0, 1, 2, 3, 4])
    assert [list(column) for column in grid.columns] == [
        ["leerling", "Renée", "Zoë", "An", "Bo"],
        ["klas", "1E1", "03", "5A", ""],
        ["na", 12.5, 99.0, "", 20.0],
    ]
    assert (sheets.aliases, sheets.missing) == ({}, {})


def test_a_labelled_score_stays_a_number(sav):
    raw = sav(
        {"na": [12.5, 20, 0], "groep": [1, 2, 1]},
        variable_value_labels={"na": {20: "alles juist"}, "groep": {1: "nieuw ", 2: "gewoon"}},
    )
    assert column(read(raw), "na") == [12.5, LabelledNumber(20, "alles juist"), 0]
    assert [type(cell) for cell in column(read(raw), "na")] == [float, LabelledNumber, float]
    assert [cell.label for cell in column(read(raw), "groep")] == ["nieuw", "gewoon", "nieuw"]


def test_values_declared_missing_are_text_and_listed(sav):
    raw = sav(
        {"na": [12, 99, 98, 97.5], "voor": [-1, 5, -7, 0], "klas": ["ZZ", "5A", "5B", ""]},
        variable_value_labels={"na": {99: "afwezig", 12: "twaalf"}},
        missing_ranges={"na": [99, {"lo": 97, "hi": 98}], "voor": [{"lo": -100, "hi": -1}], "klas": ["ZZ"]},
    )
    sheets = read(raw)
    assert column(sheets, "na") == [LabelledNumber(12, "twaalf"), "afwezig", "98", "97.5"]
    assert column(sheets, "voor") == ["-1", 5, "-7", 0]
    assert column(sheets, "klas") == ["ZZ", "5A", "5B", ""]
    assert {name: set(texts) for name, texts in sheets.missing.items()} == {
        "na": {"afwezig", "98", "97.5"},
        "voor": {"-1", "-7"},
        "klas": {"ZZ"},
    }


@pytest.mark.parametrize(
    ("written", "shown", "spelling"),
    [
        (datetime.date(2026, 5, 3), "2026-05-03", "DATE11"),
        (datetime.date(2026, 5, 3), "2026-05-03", "ADATE10"),
        (datetime.date(2026, 5, 3), "2026-05-03", "EDATE10"),
        (datetime.date(2026, 5, 3), "2026-05-03", "SDATE10"),
        (datetime.datetime(2026, 5, 3, 10, 30), "2026-05-03T10:30:00", "DATETIME20"),
        (datetime.time(10, 30), "10:30:00", "TIME8"),
    ],
)
def test_dates_are_date_cells(sav, written, shown, spelling):
    raw = sav({"dag": [written, None]}, variable_format={"dag": spelling})
    first, second = column(read(raw), "dag")
    assert (first, type(first), second) == (shown, DateCell, "")


def test_a_date_outside_the_calendar_is_still_a_date_cell(sav):
    raw = sav({"dag": [9e15]}, variable_format={"dag": "DATE11"})
    (cell,) = column(read(raw), "dag")
    assert (cell, type(cell)) == ("9000000000000000", DateCell)


def test_labels_of_variables_are_other_names(sav):
    labels = {"v1": "Toets vooraf ", "v2": "Toets achteraf", "v3": "dubbel", "v4": "dubbel", "v5": "v1"}
    raw = sav({name: [1.0] for name in labels}, column_labels=labels)
    assert read(raw).aliases == {"Toets vooraf": "v1", "Toets achteraf": "v2"}


def test_a_file_without_cases_has_its_header(sav):
    (grid,) = read(sav({"leerling": pd.Series([], dtype=str), "na": pd.Series([], dtype=float)})).grids
    assert [list(column) for column in grid.columns] == [["leerling"], ["na"]]


def test_a_file_that_is_too_large_is_refused_before_its_cases_are_read(sav, monkeypatch):
    raw = sav(CLASS)
    monkeypatch.setattr(spss, "MAX_UNPACKED", 20)
    assert refused(raw).code == "zip_bomb"
    monkeypatch.setattr(spss, "MAX_CELLS", 11)
    assert refused(raw).code == "too_many_cells"


def test_a_cut_file_is_refused(sav):
    raw = sav(CLASS)
    for length in (5, 200, len(raw) - 1):
        assert refused(raw[:length]).code == "file_damaged"


def test_a_file_that_takes_for_ever_is_refused(sav, monkeypatch):
    monkeypatch.setattr(spss, "MAX_WAIT", 0.01)
    assert refused(sav(CLASS)).code == "file_damaged"


def test_damaged_bytes_give_a_refusal_or_a_table(sav):
    """The parser crashes on some of these: that must not take this program along."""
    raw = sav(CLASS, variable_value_labels={"na": {20: "alles juist"}})
    chance = np.random.default_rng(5)
    for _ in range(6):
        damaged = bytearray(raw)
        for _ in range(6):
            damaged[chance.integers(4, len(raw))] = chance.integers(256)
        try:
            assert len(read(bytes(damaged)).grids) == 1
        except Problems as stopped:
            assert stopped.problems[0].code in ("file_damaged", "too_many_cells", "zip_bomb", "empty_file")


def test_a_crash_of_the_parser_is_a_refusal(sav, monkeypatch, tmp_path):
    crashing = tmp_path / "crashing.py"
    crashing.write_text("import os\nos.abort()\n")
    monkeypatch.setattr(spss, "_PROGRAM", crashing)
    assert refused(sav(CLASS)).code == "file_damaged"

"""Sheets and files that are one table: stacked, joined pupil by pupil, or a question that names them."""

from dataclasses import replace

import pytest
from conftest import study, table

from gsl_research.gather import one_table, wanted_headers
from gsl_research.problems import Problems
from gsl_research.reading import Found, LabelledNumber

KLAS_5A = {
    "leerling": ["An", "Bo"],
    "klas": ["5A", "5A"],
    "groep": ["nieuw", "nieuw"],
    "voor": ["8", "9"],
    "na": ["10", "11"],
}
KLAS_5B = {
    "leerling": ["An", "Cis"],
    "klas": ["5B", "5B"],
    "groep": ["gewoon"] * 2,
    "voor": ["7", "6"],
    "na": ["8", "9"],
}


def found(*tables, name="school.xlsx") -> Found:
    return Found(name, tables, "f" * 64)


def sheet(name: str, columns: dict, file="school.xlsx", **marks):
    return replace(table(columns, file), sheet=name, **marks)


def without(columns: dict, *names: str) -> dict:
    return {name: cells for name, cells in columns.items() if name not in names}


def rows(one) -> list[tuple]:
    return list(zip(*one.columns.values(), strict=True))


def refused(*tables, planned=None, **kwargs) -> list:
    with pytest.raises(Problems) as raised:
        one_table(planned or study(), found(*tables, **kwargs))
    return list(raised.value.problems)


def codes(one) -> list[str]:
    return [problem.code for problem in one.warnings]


def test_the_headings_of_a_study_are_its_roles_and_scores():
    assert wanted_headers(study()) == ("leerling", "klas", "groep", "voor", "na")


def test_one_table_stays_as_it_is():
    one = one_table(study(), found(sheet("Scores", KLAS_5A)))
    assert rows(one) == list(zip(*KLAS_5A.values(), strict=True))
    assert one.sheet == "Scores"


def test_a_sheet_without_scores_is_passed_over_and_listed():
    addresses = {"leerling": ["An"], "klas": ["5A"], "straat": ["Kerkstraat"]}
    one = one_table(study(), found(sheet("Adressen", addresses), sheet("Scores", KLAS_5A)))
    assert one.sheet == "Scores"
    assert [(s.sheet, s.reason) for s in one.skipped] == [("Adressen", "other_sheet")]


def test_a_sheet_per_class_is_one_table_and_says_so():
    one = one_table(study(), found(sheet("5A", KLAS_5A), sheet("5B", KLAS_5B)))
    assert list(one.columns["klas"]) == ["5A", "5A", "5B", "5B"]
    assert codes(one) == ["read_together"]
    assert one.place(3) == {"file": "school.xlsx", "sheet": "5B", "row": 3}
    assert [list(piece.positions) for piece in one.segments("na")] == [[0, 1], [2, 3]]


def test_columns_in_another_order_or_spelling_are_the_same_columns():
    other = {
        "Na": ["8", "9"],
        "Voor": ["7", "6"],
        "GROEP": ["gewoon"] * 2,
        "Klas": ["5B"] * 2,
        "Leerling": ["An", "Cis"],
    }
    one = one_table(study(), found(sheet("5A", KLAS_5A), sheet("5B", other)))
    assert list(one.columns["na"]) == ["10", "11", "8", "9"]
    assert one.segments("na")[1].table.header("na") == "na"


def test_the_name_of_a_sheet_is_the_class_when_no_column_tells_it():
    one = one_table(study(), found(sheet("5A", without(KLAS_5A, "klas")), sheet("5B", without(KLAS_5B, "klas"))))
    assert list(one.columns["klas"]) == ["5A", "5A", "5B", "5B"]
    assert codes(one) == ["read_together", "class_from_name", "class_from_name"]


@pytest.mark.parametrize("names", [("Nieuw", "Gewoon"), ("Toets 1", "Toets 2"), ("Blad1", "Blad2")])
def test_a_name_that_is_no_class_is_never_the_class(names):
    tables = [sheet(n, without(k, "klas")) for n, k in zip(names, (KLAS_5A, KLAS_5B), strict=True)]
    (problem,) = refused(*tables)
    assert (problem.code, problem.facts) == ("class_only_in_name", {"header": "klas", "names": list(names)})


def test_a_study_may_ask_for_the_name_of_the_sheet_or_file():
    columns = {"pupil": "leerling", "class": "Blad", "group": "groep"}
    one = one_table(study(columns=columns), found(sheet("Nieuw", KLAS_5A), sheet("Oud", KLAS_5B)))
    assert list(one.columns["Blad"]) == ["Nieuw", "Nieuw", "Oud", "Oud"]
    columns = {"pupil": "leerling", "class": "klas", "group": "groep", "school": "bestand"}
    files = [table(KLAS_5A, "ster.csv"), table(KLAS_5A, "maan.csv")]
    one = one_table(study(columns=columns), found(*files, name="scholen"))
    assert list(one.columns["bestand"]) == ["ster", "ster", "maan", "maan"]


def test_a_class_on_two_sheets_is_a_question():
    problems = refused(sheet("jan", KLAS_5A), sheet("feb", KLAS_5A))
    assert [(p.code, p.facts) for p in problems] == [
        ("class_in_two_places", {"first": "jan", "second": "feb", "name": "5A"})
    ]


def test_two_schools_with_the_same_class_names_are_never_joined():
    problems = refused(table(KLAS_5A, "ster.csv"), table(KLAS_5A, "maan.csv"), name="scholen")
    assert [p.code for p in problems] == ["class_in_two_places"]
    one_school = {**KLAS_5A, "school": ["Ster", "Ster"]}
    other = {**KLAS_5A, "school": ["Maan", "Maan"]}
    planned = study(columns={"pupil": "leerling", "class": "klas", "group": "groep", "school": "school"})
    assert len(one_table(planned, found(table(one_school, "a.csv"), table(other, "b.csv"), name="scholen"))) == 4


def test_without_class_and_pupil_two_candidates_are_a_question():
    planned = study("one_group", columns={})
    assert [p.code for p in refused(sheet("a", KLAS_5A), sheet("b", KLAS_5B), planned=planned)] == ["several_tables"]
    planned = study("one_group", columns={"pupil": "leerling"})
    assert [p.code for p in refused(sheet("a", KLAS_5A), sheet("b", KLAS_5B), planned=planned)] == [
        "pupils_in_two_places"
    ]


def test_a_class_sheet_that_misses_a_column_stops_and_names_it():
    problems = refused(sheet("5A", KLAS_5A), sheet("5B", without(KLAS_5B, "na")))
    assert [(p.code, p.sheet, p.facts) for p in problems] == [("table_incomplete", "5B", {"headers": ["na"]})]


def test_a_file_of_a_folder_without_the_columns_stops_and_is_named():
    addresses = table({"leerling": ["An"], "straat": ["Kerkstraat"]}, "adressen.csv")
    problems = refused(table(KLAS_5A, "5A.csv"), addresses, name="klassen")
    assert [(p.code, p.file) for p in problems] == [("table_incomplete", "adressen.csv")]


PRE = {"leerling": ["An", "Bo", "Cis"], "klas": ["5A"] * 3, "groep": ["nieuw"] * 3, "voor": ["8", "9", "7"]}
POST = {"leerling": ["Cis", "An", "Bo"], "klas": ["5A"] * 3, "na": ["12", "10", "11"]}


def test_a_test_before_and_after_on_two_sheets_are_joined_pupil_by_pupil():
    one = one_table(study(), found(sheet("voortoets", PRE), sheet("natoets", POST)))
    by_pupil = dict(zip(one.columns["leerling"], zip(one.columns["voor"], one.columns["na"], strict=True), strict=True))
    assert by_pupil == {"An": ("8", "10"), "Bo": ("9", "11"), "Cis": ("7", "12")}
    assert codes(one) == ["joined"]
    (piece,) = one.segments("na")
    assert piece.table.sheet == "natoets"
    assert [list(one.columns["leerling"])[at] for at in piece.positions] == ["Cis", "An", "Bo"]
    assert one.place(2, "na") == {"file": "school.xlsx", "sheet": "natoets", "row": 2}


def test_a_score_column_of_the_same_name_is_asked_for_by_its_sheet():
    outcome = {"name": "toets", "label": "Toets", "domain": "learning_gain", "pre": "Voor!score", "post": "Na!score"}
    pre = {**without(PRE, "voor"), "score": PRE["voor"]}
    post = {**without(POST, "na"), "score": POST["na"]}
    one = one_table(study(outcomes=[outcome]), found(sheet("voor", pre), sheet("na", post)))
    assert sorted(zip(one.columns["leerling"], one.columns["Voor!score"], one.columns["Na!score"], strict=True)) == [
        ("An", "8", "10"),
        ("Bo", "9", "11"),
        ("Cis", "7", "12"),
    ]


def test_pupils_on_one_of_the_two_lists_are_kept_and_named_by_row():
    post = {name: cells[:2] for name, cells in POST.items()}
    one = one_table(study(), found(sheet("voor", PRE), sheet("na", post)))
    assert len(one) == 3
    (warning,) = [p for p in one.warnings if p.code == "joined_unmatched"]
    assert (warning.sheet, warning.row, warning.facts["count"]) == ("voor", 3, 1)


def test_lists_of_other_pupils_are_not_joined():
    other = {**POST, "leerling": ["X", "Y", "Bo"]}
    assert [p.code for p in refused(sheet("voor", PRE), sheet("na", other))] == ["joined_poorly"]


def test_a_pupil_twice_on_one_of_the_lists_stops_the_join():
    twice = {**POST, "leerling": ["An", "An", "Bo"]}
    problems = refused(sheet("voor", PRE), sheet("na", twice))
    assert [(p.code, p.sheet, p.facts["rows"]) for p in problems] == [("joined_twice", "na", [2, 3])]


def test_a_pupil_in_another_group_on_the_second_list_stops_the_join():
    post = {**POST, "groep": ["nieuw", "gewoon", "nieuw"]}
    problems = refused(sheet("voor", PRE), sheet("na", post))
    assert [(p.code, p.sheet, p.row, p.column) for p in problems] == [("joined_conflict", "na", 3, "groep")]


def test_sheets_that_all_lack_a_column_are_refused_by_bind_for_that_column():
    tables = sheet("5A", without(KLAS_5A, "na")), sheet("5B", without(KLAS_5B, "na"))
    assert one_table(study(), found(*tables)).header("na") is None


def test_different_sheets_that_both_lack_something_are_a_question():
    tables = sheet("a", without(KLAS_5A, "voor", "groep")), sheet("b", without(KLAS_5B, "klas", "voor"))
    assert [p.code for p in refused(*tables)] == ["several_tables"]


def test_a_class_sheet_with_other_headings_is_never_passed_over():
    other = {"leerling": ["Dré", "Els"], "klas": ["5C", "5C"], "VT": ["7", "8"], "NT": ["9", "12"]}
    problems = refused(sheet("5A", KLAS_5A), sheet("5C", other))
    assert [(p.code, p.sheet) for p in problems] == [("table_incomplete", "5C")]
    addresses = {"leerling": ["Dré"], "klas": ["5C"], "postcode": ["9000"]}
    assert one_table(study(), found(sheet("5A", KLAS_5A), sheet("adressen", addresses))).sheet == "5A"
    more_of_them = {"leerling": ["An", "Bo"], "klas": ["5A", "5A"], "rekenen": ["7", "8"]}
    assert one_table(study(), found(sheet("5A", KLAS_5A), sheet("rekenen", more_of_them))).sheet == "5A"


def test_a_list_of_pupils_on_its_own_sheet_gives_class_and_group():
    pupils = {"leerling": ["An", "Bo", "Cis"], "klas": ["5A"] * 3, "groep": ["nieuw"] * 3}
    scores = {"leerling": ["Cis", "An", "Bo"], "voor": ["7", "8", "9"], "na": ["12", "10", "11"]}
    one = one_table(study(), found(sheet("Leerlingen", pupils), sheet("Punten", scores)))
    assert sorted(zip(one.columns["leerling"], one.columns["klas"], one.columns["na"], strict=True)) == [
        ("An", "5A", "10"),
        ("Bo", "5A", "11"),
        ("Cis", "5A", "12"),
    ]


def test_workbooks_with_a_sheet_of_one_name_are_told_apart_by_their_file():
    outcome = {"name": "toets", "label": "Toets", "domain": "learning_gain", "pre": "voor!score", "post": "na!score"}
    pre, post = {**without(PRE, "voor"), "score": PRE["voor"]}, {**without(POST, "na"), "score": POST["na"]}
    tables = sheet("Blad1", pre, "voor.xlsx"), sheet("Blad1", post, "na.xlsx")
    one = one_table(study(outcomes=[outcome]), found(*tables, name="map"))
    assert len(one) == 3
    assert one.warnings[0].facts == {"places": ["voor.xlsx", "na.xlsx"]}


def test_codes_with_other_labels_in_another_file_stay_apart():
    labelled = [[LabelledNumber(1, a), LabelledNumber(2, b)] for a, b in (("5A", "5B"), ("5C", "5D"))]
    files = [
        table(
            {
                "leerling": [f"{i}1", f"{i}2"],
                "klas": codes,
                "groep": ["nieuw"] * 2,
                "voor": ["8", "9"],
                "na": ["9", "9"],
            },
            f"{i}.sav",
        )
        for i, codes in enumerate(labelled)
    ]
    one = one_table(study(), found(*files, name="map"))
    assert [cell.label for cell in one.columns["klas"]] == ["5A", "5B", "5C", "5D"]

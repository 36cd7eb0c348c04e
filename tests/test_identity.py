"""Who is who: codes that are no codes, pupils who stand there twice, units that a person reads as one."""

import numpy as np
import pytest
from conftest import bound, classes, study, table

from gsl_research.dataset import bind
from gsl_research.identity import as_read, places
from gsl_research.problems import Problems
from gsl_research.pupils import register_numbers
from gsl_research.reading import Column, DateCell, LabelledNumber, Piece, Table
from gsl_research.wording import words

NAMES = [f"{first} {last}" for last in ("Peeters", "Van den Broeck", "Maes", "Öz", "D'Hondt", "Null", "NA")
         for first in ("Jan", "Zoë", "Ali")]  # fmt: skip


def problems_of(scores, kind="comparison", **changes):
    """Every problem of a table, as errors or as warnings; no sentence repeats a pupil."""
    try:
        found = bound(scores, kind, **changes)[1].warnings
    except Problems as raised:
        found = raised.problems
    told_to_nobody = [str(code) for code in scores.get("leerling", ())]
    for problem in found:
        for lang in ("nl", "en"):
            sentence = words(lang).problem(problem)
            assert "{" not in sentence and "None" not in sentence
            for code in told_to_nobody:
                assert len(code) < 4 or code not in sentence, "a pupil's name or code is never repeated"
    return found


def told(scores, kind="comparison", **changes):
    return {(p.code, p.severity): p for p in problems_of(scores, kind, **changes)}


def codes(scores, **changes):
    return sorted(p.code for p in problems_of(scores, **changes))


def with_names(**kwargs):
    scores = classes(size=20, **kwargs)
    scores["leerling"] = [NAMES[i % 20] for i in range(len(scores["klas"]))]
    return scores


def doubled(scores, position, **changes):
    """The table with one of its rows once more at the end."""
    return {name: [*cells, changes.get(name, cells[position])] for name, cells in scores.items()}


# one row per pupil


def test_names_that_look_like_nothing_are_pupils():
    scores = with_names()
    scores["leerling"] = [
        {"Jan Peeters": "NA", "Ali Peeters": "Null", "Jan Maes": "Nan"}.get(n, n) for n in scores["leerling"]
    ]
    assert codes(scores) == []
    assert bound(scores)[1].rows == 120


def test_an_identical_row_counts_once_and_is_listed():
    scores = doubled(with_names(), 7)
    _, data = bound(scores)
    assert data.rows == 120 and data.missing["na"] == {}
    (problem,) = problems_of(scores)
    assert (problem.code, problem.severity, problem.row) == ("duplicate_rows", "warning", 122)
    assert [(s.rows, s.reason) for s in data.skipped] == [((122,), "duplicate_rows")]


def test_missing_words_of_a_row_counted_once_are_counted_once():
    scores = with_names()
    scores["na"][7] = "afw"
    _, data = bound(doubled(scores, 7))
    assert data.missing["na"] == {"afw": 1}


@pytest.mark.parametrize("column", ["na", "opmerking"])
def test_rows_of_one_pupil_that_differ_anywhere_stop(column):
    scores = with_names()
    scores["opmerking"] = [""] * 120
    found = told(doubled(scores, 7, **{column: "1,5"}))
    problem = found["pupil_twice", "error"]
    assert (problem.row, problem.facts["rows"], problem.facts["count"]) == (122, [9, 122], 2)


def test_of_three_rows_of_one_pupil_none_is_dropped_when_one_differs():
    found = told(doubled(doubled(with_names(), 7), 7, na="1,5"))
    assert list(found) == [("pupil_twice", "error")]
    assert found["pupil_twice", "error"].facts["rows"] == [9, 122, 123]


@pytest.mark.parametrize(("times", "shown"), [(6, [2, 3, 4, 5, 6, 7]), (7, [2, 3, 4, 5, 6, "…"])])
def test_the_rows_of_a_pupil_are_all_told_or_it_is_said_that_there_are_more(times, shown):
    scores = with_names()
    scores["leerling"][:times] = ["Jan Peeters"] * times
    facts = told(scores)["pupil_twice", "error"].facts
    assert (facts["rows"], facts["count"]) == (shown, times)


@pytest.mark.parametrize(
    ("pupil", "beside"), [("Naam", "Voornaam"), ("leerling", "First name"), ("Voornaam", "Familienaam")]
)
def test_a_name_that_stands_there_twice_beside_the_other_half_is_told_so(pupil, beside):
    scores = {pupil if name == "leerling" else name: cells for name, cells in classes().items()}
    scores[pupil][3] = scores[pupil][8] = "Maes"
    scores[beside] = [f"Zebedeus{i}" for i in range(120)]
    columns = {"pupil": pupil, "class": "klas", "group": "groep"}
    (problem,) = problems_of(scores, columns=columns)
    assert (problem.code, problem.facts["beside"], problem.row) == ("pupil_twice_half_name", beside, 10)
    for lang in ("nl", "en"):
        told_as = words(lang).problem(problem)
        assert beside in told_as and "Maes" not in told_as and "Zebedeus" not in told_as


def test_a_name_that_stands_there_twice_beside_another_column_is_told_as_ever():
    scores = with_names()
    scores["leerling"][3] = scores["leerling"][8]
    scores["opmerking"] = [f"{i}" for i in range(120)]
    assert codes(scores) == ["pupil_twice"]


# lines with a number and no pupil


def numbered(pupils=20, lines=30, **columns):
    """A form of one group with numbered lines, the first ones filled in."""
    scores = {name: [*cells[:pupils], *[""] * (lines - pupils)] for name, cells in classes().items()}
    scores["leerling"] = [str(at + 1) for at in range(lines)]
    return {"leerling": scores["leerling"], "voor": scores["voor"], "na": scores["na"]} | columns


ALONE = {"kind": "one_group", "columns": {"pupil": "leerling"}}


@pytest.mark.parametrize("cell", [str, float])
def test_numbered_lines_without_a_pupil_are_listed_as_skipped(cell):
    scores = numbered()
    scores["leerling"] = [cell(number) for number in scores["leerling"]]
    _, data = bound(scores, **ALONE)
    assert (data.rows, data.missing["na"]) == (20, {})
    assert [(s.reason, s.rows) for s in data.skipped] == [("numbers_only", tuple(range(22, 32)))]


@pytest.mark.parametrize(
    ("column", "cell"), [("voor", "11,5"), ("na", "afw"), ("opmerking", "ziek"), ("leerling", "Zebedeus")]
)
def test_a_line_that_says_more_than_its_number_is_a_pupil(column, cell):
    scores = numbered(opmerking=[""] * 30)
    scores[column][25] = cell
    assert bound(scores, **ALONE)[1].rows == (30 if column == "leerling" else 26)


def test_codes_that_do_not_number_the_lines_are_pupils():
    scores = numbered()
    scores["leerling"] = [str(2026001 + at) for at in range(30)]
    assert bound(scores, **ALONE)[1].rows == 30


def test_numbered_lines_without_class_and_group_do_not_stop():
    scores = classes()
    scores["leerling"] = [str(at + 1) for at in range(120)]
    scores = {name: [*cells, *([str(at) for at in range(121, 126)] if name == "leerling" else [""] * 5)]
              for name, cells in scores.items()}  # fmt: skip
    assert bound(scores)[1].rows == 120


def test_numbered_lines_are_skipped_at_the_end_of_every_sheet():
    scores = {name: [*cells[:20], "", "", *cells[20:40], "", ""] for name, cells in classes(1, 1).items()}
    scores["leerling"] = [str(at + 1) for at in range(22)] + [str(at + 1) for at in range(22)]
    data = bind(study(), gathered(scores, at=22))
    assert data.rows == 40
    assert [(s.file, s.rows) for s in data.skipped] == [("a.csv", (22, 23)), ("b.csv", (22, 23))]


def test_one_last_number_is_a_pupil_who_was_absent_twice():
    _, data = bound(numbered(20, 21), **ALONE)
    assert (data.rows, data.skipped) == (21, ())


def test_equal_rows_without_a_pupil_column_are_two_pupils():
    scores = doubled(classes(), 7)
    assert bound(scores, columns={"class": "klas", "group": "groep"})[1].rows == 121


def test_namesakes_in_two_schools_with_the_same_class_name_are_two_pupils():
    scores = with_names()
    scores["school"] = [f"s{int(c[1:])}" for c in scores["klas"]]
    scores["klas"] = ["5A"] * 120
    columns = {"pupil": "leerling", "class": "klas", "group": "groep", "school": "school"}
    assert bound(scores, columns=columns)[1].rows == 120


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jan Peeters", "jan peeters"),
        ("Zoë Maes", "Zoe Maes"),
        ("Jan Peeters", "Peeters Jan"),
        ("Jan Peeters", "Peeters, Jan"),
        ("Ali D'Hondt", "Ali Dhondt"),
        ("Jan Van den Broeck", "Jan Vandenbroeck"),
        ("0407", "407"),
        ("L-12", "L12"),
    ],
)
def test_two_spellings_of_one_pupil_in_a_class_stop(one, other):
    scores = classes(size=20)
    scores["leerling"][3], scores["leerling"][11] = one, other
    problem = told(scores)["pupil_two_spellings", "error"]
    assert problem.facts["rows"] == [5, 13] and problem.value is None


@pytest.mark.parametrize(
    ("one", "other"), [("1-12", "11-2"), ("L12", "L21"), ("A+", "A"), ("Jan Peeters", "Jana Peeters"), ("10", "1")]
)
def test_two_pupils_whose_codes_resemble_each_other_are_two(one, other):
    scores = classes(size=20)
    scores["leerling"][3], scores["leerling"][11] = one, other
    assert codes(scores) == []


def test_two_spellings_in_two_classes_are_two_pupils():
    scores = classes(size=20)
    scores["leerling"][3], scores["leerling"][31] = "Jan Peeters", "Peeters Jan"
    assert codes(scores) == []


def test_a_pupil_who_changed_class_is_a_warning():
    scores = classes(size=20)
    scores["leerling"][3] = scores["leerling"][65] = "Jan Peeters"
    assert codes(scores) == [], "two complete rows are namesakes"
    scores["na"][3] = scores["voor"][65] = ""
    problem = told(scores)["pupil_changed_class", "warning"]
    assert problem.facts == {"rows": [5, 67], "classes": ["k0", "k3"]}


def halves(first: str, second: str):
    scores = with_names()
    scores["leerling"][3], scores["leerling"][8] = first, second
    scores["na"][3] = scores["voor"][8] = ""
    return scores


def test_two_nearly_equal_names_with_half_a_row_each_are_a_warning():
    problem = told(halves("Sara El Amrani", "Sarah El Amrani"))["pupil_in_halves", "warning"]
    assert (problem.row, problem.facts["rows"], problem.value) == (10, [5, 10], None)


@pytest.mark.parametrize("names", [("Sara El Amrani", "Tom Peeters"), ("p-101", "p-102")])
def test_other_names_and_codes_with_half_a_row_each_are_two_pupils(names):
    assert codes(halves(*names)) == []


def test_whole_rows_of_nearly_equal_names_are_two_pupils():
    scores = halves("Sara El Amrani", "Sarah El Amrani")
    scores["na"][3] = "12,5"
    assert codes(scores) == []


def test_a_class_of_one_pupil_is_pointed_out_by_its_row():
    scores = with_names()
    scores["klas"][4] = "Wout Van den Broeck"
    problem = told(scores)["class_of_one", "warning"]
    assert (problem.row, problem.column, problem.value) == (6, "klas", None)
    assert "Wout" not in words("nl").problem(problem)


def test_where_every_class_has_one_pupil_none_is_strange():
    scores = {name: cells[:6] for name, cells in with_names().items()}
    scores["klas"] = [f"k{i}" for i in range(6)]
    assert "class_of_one" not in [p.code for p in problems_of(scores, "one_group")]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("neiuw", "group_unknown_near"),
        ("x", "group_unknown"),
        ("5A", "group_unknown"),
        ("Wout Maes", "group_not_listed"),
        ("Bo", "group_not_listed"),
        ("Bo 2", "group_not_listed"),
        ("Jan2", "group_not_listed"),
        ("3WEWI", "group_unknown"),
        ("J. P.", "group_not_listed"),
        ("Niels", "group_not_listed"),
    ],
)
def test_an_unlisted_group_is_quoted_only_when_it_can_be_no_name(cell, code):
    scores = with_names()
    scores["groep"][4] = cell
    (problem,) = problems_of(scores)
    assert (problem.code, problem.row, problem.value) == (code, 6, None if code == "group_not_listed" else cell)
    assert (cell in words("nl").problem(problem)) is (code != "group_not_listed")


def test_a_group_that_is_written_as_the_pupils_are_is_not_quoted():
    scores = classes()
    scores["leerling"] = [f"L{i:03}" for i in range(120)]
    scores["groep"][4] = "L555"
    assert [(p.code, p.value) for p in problems_of(scores)] == [("group_not_listed", None)]


def test_an_unlisted_group_is_told_once_with_the_number_of_its_rows():
    scores = with_names()
    scores["groep"][4:22], scores["groep"][30], scores["groep"][40] = ["5A"] * 18, "Bo", "An"
    told_as = [(p.code, p.row, p.value, p.facts["count"], p.facts.get("rows")) for p in problems_of(scores)]
    assert told_as == [("group_unknown", 6, "5A", 18, None), ("group_not_listed", 32, None, 2, [32, 42])]


def test_hidden_groups_are_told_per_sheet_with_their_first_rows():
    scores = with_names()
    for at, name in enumerate(("An", "Bo", "Cis", "Do", "Els", "Fien", "Gus", "Hans")):
        scores["groep"][3 * at + 40] = name
    found = [(p.code, p.file, p.row, p.facts["count"], p.facts["rows"]) for p in refused(gathered(scores))]
    assert found == [
        ("group_not_listed", "a.csv", 42, 7, [42, 45, 48, 51, 54, "…"]),
        ("group_not_listed", "b.csv", 3, 1, [3]),
    ]


@pytest.mark.parametrize(
    ("cell", "suggestion"), [("nieuuw", "nieuw"), ("KLAAS 1", "klas 1"), ("klas 12", None), ("klas", None)]
)
def test_a_typing_error_in_a_group_gets_a_suggestion_and_another_number_does_not(cell, suggestion):
    scores = with_names()
    scores["groep"] = ["klas 1" if group == "gewoon" else group for group in scores["groep"]]
    scores["groep"][4:7] = [cell] * 3
    (problem,) = problems_of(scores, groups={"treated": ["nieuw"], "control": ["klas 1"]})
    assert (problem.facts.get("suggestion"), problem.facts["count"], problem.value) == (suggestion, 3, cell)
    assert (f"“{suggestion}”?" in words("nl").problem(problem)) is (suggestion is not None)


@pytest.mark.parametrize(
    ("treated", "control", "yes", "no"),
    [
        ("ja", "nee", "Ja", "NEE"),
        ("ja", "nee", " ja.", "(nee)"),
        ("WAAR", "ONWAAR", "TRUE", "FALSE"),
        ("true", "false", "Waar", "ONWAAR"),
        ("A", "a", "A", "a"),
    ],
)
def test_group_codes_are_read_up_to_capitals_and_outer_signs(treated, control, yes, no):
    scores = with_names()
    scores["groep"] = [yes if group == "nieuw" else no for group in scores["groep"]]
    scores["groep"][1] = treated
    groups = {"treated": [treated], "control": [control]}
    _, data = bound(scores, groups=groups)
    assert data.frame["treated"].sum() == 60 and set(data.frame["group"]) == {treated, control}


@pytest.mark.parametrize(
    ("cell", "listed", "code"), [("A+", ["A"], "group_not_listed"), ("a", ["A", "A."], "group_unknown")]
)
def test_a_group_code_that_fits_none_or_two_listed_ones_stops(cell, listed, code):
    scores = with_names()
    scores["groep"] = ["A" if group == "nieuw" else group for group in scores["groep"]]
    scores["groep"][4] = cell
    assert codes(scores, groups={"treated": listed, "control": ["gewoon"]}) == [code]


def test_a_code_in_several_rows_is_a_group():
    scores = with_names()
    scores["groep"][4:7] = ["wachtlijst"] * 3
    assert {(p.code, p.value) for p in problems_of(scores)} == {("group_unknown", "wachtlijst")}


def test_numbers_counted_per_class_are_no_pupils_who_changed_class():
    scores = classes(1, 1)
    scores["leerling"] = [str(i % 20 + 1) for i in range(40)]
    scores["na"][3] = scores["voor"][23] = ""
    assert codes(scores) == []


def test_two_blank_pupils_are_no_pupil_who_stands_there_twice():
    scores = classes()
    scores["leerling"][3] = scores["leerling"][4] = ""
    assert codes(scores) == ["code_empty", "code_empty"]


def test_codes_that_resemble_each_other_are_compared_within_their_class():
    scores = classes()
    scores["leerling"][3:5], scores["leerling"][23:25] = ["ab", "ba"], ["AB", "BA"]
    assert codes(scores) == []


# codes of classes and groups


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5A", "5a"),
        ("5A", "5 A"),
        ("5A", "5-A"),
        ("5A", "05A"),
        ("3", "03"),
        ("6-1", "6.1"),
        ("6-1", "6-01"),
        ("é", "e"),
    ],
)
def test_class_codes_that_a_person_reads_as_one_stop(one, other):
    scores = classes(size=20)
    scores["klas"] = [one] * 20 + [other] * 20 + scores["klas"][40:]
    problem = told(scores)["code_variants", "error"]
    assert set(problem.facts["codes"]) == {one, other}


@pytest.mark.parametrize(("one", "other"), [("6-1", "61"), ("1E1", "10"), ("A", "A+"), ("5A", "5B"), ("1-11", "11-1")])
def test_class_codes_that_differ_are_two_classes(one, other):
    scores = classes(size=20)
    scores["klas"] = [one] * 20 + [other] * 20 + scores["klas"][40:]
    assert codes(scores) == []
    assert {one, other} < set(bound(scores)[1].cluster_names)


def test_5a_of_two_schools_may_be_written_in_two_ways():
    scores = classes(2, 2)
    scores["school"] = ["s0"] * 20 + ["s1"] * 20 + ["s0"] * 20 + ["s1"] * 20
    scores["klas"] = ["5A"] * 20 + ["5a"] * 20 + ["6A"] * 40
    columns = {"pupil": "leerling", "class": "klas", "group": "groep", "school": "school"}
    assert codes(scores, columns=columns) == []


def test_as_read():
    assert as_read("Sint-Jozef") == as_read("SINT JOZEF")
    assert as_read("6-1") != as_read("61") and as_read("A-") != as_read("A")


@pytest.mark.parametrize(
    "code",
    [
        DateCell("12:30:00"),
        DateCell("2026-01-06T00:00:00"),
        "6-jan",
        "06/jan/2026",
        "2026-01-06",
        "6/01/2026",
        "jan-06",
    ],
)
def test_a_class_code_that_excel_made_a_date_stops(code):
    scores = classes()
    scores["klas"] = [code] * 20 + scores["klas"][20:]
    problem = told(scores)["code_is_date", "error"]
    assert (problem.row, problem.column, problem.facts["count"]) == (2, "klas", 20)


@pytest.mark.parametrize("code", ["6-1", "1E1", "03", "5 mei", "1.2", "12/3"])
def test_a_class_code_that_only_looks_like_a_number_or_date_stays(code):
    scores = classes()
    scores["klas"] = [code] * 20 + scores["klas"][20:]
    assert code in bound(scores)[1].cluster_names


@pytest.mark.parametrize("column", ["leerling", "klas"])
@pytest.mark.parametrize("code", ["2,30E+10", "2.30E+10", "1E+01", 2.3e18, 1234567890123456.0, "1234567890123450"])
def test_a_code_that_excel_cut_stops(column, code):
    scores = classes()
    scores[column][4] = code
    problem = told(scores)["code_scientific", "error"]
    assert (problem.row, problem.column, problem.value) == (6, column, None)


def test_long_codes_that_nothing_cut_are_codes():
    scores = classes()
    scores["leerling"] = [f"12345678901234567{i:03}" for i in range(120)]
    assert codes(scores) == []
    scores["leerling"] = [float(10**11 + 1000 * i) for i in range(120)]
    assert codes(scores) == []


@pytest.mark.parametrize("code", ["-", "/", "afw", "n.v.t."])
def test_a_missing_word_is_no_class(code):
    scores = classes()
    scores["klas"][4] = scores["klas"][5] = code
    problem = told(scores)["code_is_missing_word", "error"]
    assert (problem.row, problem.value, problem.facts["count"]) == (6, code, 2)


def test_signs_are_no_pupil_and_no_group():
    scores = classes()
    scores["leerling"][4], scores["groep"][9] = "-", "-"
    found = told(scores)
    assert found["code_is_missing_word", "error"].row == 6
    assert found["group_not_listed", "error"].row == 11
    scores["leerling"][4] = "p9"
    assert told(scores)["group_unknown", "error"].value == "-"


def blocks(cells):
    """Only the first of each run of equal cells."""
    return [cell if i == 0 or cells[i - 1] != cell else "" for i, cell in enumerate(cells)]


def test_a_class_in_the_first_row_of_its_block_is_filled_down_with_a_warning():
    scores = classes()
    whole = bound(scores)[1].frame
    scores["klas"] = blocks(scores["klas"])
    problem = told(scores)["class_filled_down", "warning"]
    assert (problem.column, problem.facts["count"]) == ("klas", 114)
    assert bound(scores)[1].frame.equals(whole)


@pytest.mark.parametrize("spoilt", ["first row blank", "a value twice", "few blanks", "few blanks among ones"])
def test_other_blanks_in_a_class_column_stop(spoilt):
    scores = classes()
    if spoilt == "few blanks among ones":
        scores["klas"] = [f"k{i}" for i in range(120)]
    if spoilt.startswith("few blanks"):
        scores["klas"][30] = ""
    else:
        scores["klas"] = blocks(scores["klas"])
        scores["klas"][0 if spoilt == "first row blank" else 10] = "" if spoilt == "first row blank" else "k0"
    assert "code_empty" in codes(scores)


def test_groups_are_filled_down_only_when_each_stands_in_one_block():
    scores = classes()
    scores["groep"] = blocks(scores["groep"])
    assert codes(scores) == ["class_filled_down"]
    scores["groep"][40] = "nieuw"
    assert "code_empty" in codes(scores)


def test_group_codes_of_the_study_match_numbers_and_labels():
    scores = classes()
    groups = {"treated": ["1"], "control": ["2"]}
    scores["groep"] = [1.0 if g == "nieuw" else 2.0 for g in scores["groep"]]
    _, data = bound(scores, groups=groups)
    assert data.frame["treated"].sum() == 60
    scores["groep"] = [LabelledNumber(g, "nieuw" if g == 1 else "gewoon") for g in scores["groep"]]
    assert bound(scores, groups=groups)[1].frame["treated"].equals(data.frame["treated"])
    assert bound(scores)[1].frame["treated"].equals(data.frame["treated"])
    mixed = {"treated": ["nieuw"], "control": ["2"]}
    assert bound(scores, groups=mixed)[1].frame["treated"].equals(data.frame["treated"])


def test_a_column_of_names_is_no_group_column_and_no_name_is_told():
    scores = with_names()
    columns = {"class": "klas", "group": "leerling"}
    assert "column_not_groups" in codes(scores, columns=columns)
    columns = {"pupil": "leerling", "class": "klas", "group": "leerling"}
    assert codes(scores, columns=columns) == ["pupil_column_twice"]


def test_a_few_pupils_in_the_other_group_are_named_by_their_rows():
    scores = classes()
    scores["groep"][3] = scores["groep"][8] = "gewoon"
    (problem,) = problems_of(scores)
    assert (problem.code, problem.severity) == ("pupils_in_other_group", "error")
    assert (problem.row, problem.facts["rows"], problem.facts["name"]) == (5, [5, 10], "k0")
    scores["groep"][:10] = ["gewoon"] * 10
    assert codes(scores) == ["both_arms_in_unit"]


# what other columns tell


def test_a_class_with_two_teachers_is_a_warning():
    scores = classes()
    scores["leraar"] = ["An" if i % 20 < 10 else "Bo" for i in range(20)] + [f"t{c}" for c in scores["klas"][20:]]
    columns = {"pupil": "leerling", "class": "klas", "group": "groep", "teacher": "leraar"}
    problem = told(scores, columns=columns)["class_two_teachers", "warning"]
    assert problem.facts == {"names": ["k0"], "count": 1}


def test_a_class_of_two_years_and_a_column_of_level_groups_are_warnings():
    scores = classes()
    scores["Leerjaar"] = ["5" if i % 20 < 10 else "6" for i in range(20)] + ["5"] * 100
    scores["Niveaugroep rekenen"] = ["A" if i % 2 else "B" for i in range(120)]
    scores["moeilijkheidsgraad"] = ["1" if i % 2 else "2" for i in range(120)]
    found = told(scores)
    assert set(found) == {("class_two_years", "warning"), ("level_groups", "warning")}
    assert found["class_two_years", "warning"].facts["names"] == ["k0"]
    assert 'teaching_group = "Niveaugroep rekenen"' in words("nl").problem(found["level_groups", "warning"])


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [("Eigen doelen", "ja", "nee"), ("IAC", "x", ""), ("Volgt gemeenschappelijk curriculum", "nee", "ja")],
)
def test_pupils_with_own_goals_are_counted(header, yes, no):
    scores = classes()
    scores[header] = [yes if i in (3, 30, 60) else no for i in range(120)]
    assert told(scores)["own_goals", "warning"].facts == {"count": 3}
    scores[header] = [no] * 120
    assert codes(scores) == []


# register numbers

BEFORE_2000, AFTER_2000 = "85073003328", "17021500145"


def register(first: str, from_2000: bool) -> str:
    """Nine digits with their check digits, as the register makes them."""
    return first + f"{97 - int(('2' if from_2000 else '') + first) % 97:02}"


def test_the_check_of_a_register_number():
    assert register("850730033", False) == BEFORE_2000, "the example every Belgian form prints"


@pytest.mark.parametrize("first", ["170215001", "170315012", "173502014", "170255001"])
@pytest.mark.parametrize("shape", ["{0}", "{1}.{2}.{3}-{4}.{5}", "{1} {2} {3} {4} {5}", "nr. {0}", "float"])
def test_register_numbers_are_recognised_in_any_shape(first, shape):
    if first in ("173502014", "170255001"):
        first = {"173502014": "172302014", "170255001": "175215001"}[first]
    number = register(first, True)
    parts = (number, number[:2], number[2:4], number[4:6], number[6:9], number[9:])
    cell = float(number) if shape == "float" else shape.format(*parts)
    assert register_numbers(Column.of(["Jan", cell, ""])).tolist() == [False, True, False]


def test_a_register_number_that_lost_its_zero_is_recognised():
    number = register("080215001", True)
    for cell in (number, number[1:], float(number)):
        assert register_numbers(Column.of([cell])).tolist() == [True]


def test_numbers_that_are_no_register_numbers():
    rng = np.random.default_rng(3)
    random = [str(n) for n in rng.integers(10**10, 10**11, 3000)]
    phones = [f"04{n}" for n in rng.integers(10**7, 10**8, 3000)]
    wrong = register("850730033", False)[:-1] + "9"
    for cells in (random, phones, [wrong], ["BE68539007547034"], [12.5, 20.0, ""]):
        assert not register_numbers(Column.of(cells)).any()


def test_register_numbers_are_warned_about_counted_and_not_kept():
    scores = classes()
    scores["leerling"] = [register(f"1702{i % 28 + 1:02}{i + 1:03}", True) for i in range(120)]
    scores["rr"] = ["85.07.30-033.28"] + [""] * 119
    found = {p.column: p for p in problems_of(scores)}
    assert {name: (p.code, p.severity, p.facts["count"]) for name, p in found.items()} == {
        "leerling": ("register_numbers", "warning", 120),
        "rr": ("register_numbers", "warning", 1),
    }
    _, data = bound(scores)
    kept = repr(data.frame.to_dict()) + repr(data)
    assert "850730" not in kept and "85.07" not in kept and scores["leerling"][0] not in kept


@pytest.mark.parametrize("column", ["klas", "na"])
def test_register_numbers_are_no_class_and_no_score_and_are_not_told(column):
    scores = classes()
    scores[column] = [register(f"1702{i % 28 + 1:02}{i + 1:03}", True) for i in range(120)]
    (problem,) = problems_of(scores)
    assert (problem.code, problem.severity, problem.column) == ("register_number_as_value", "error", column)
    assert scores[column][0] not in words("nl").problem(problem)


# sheets and files together


def gathered(scores, at=60):
    """The rows of two files, one under the other."""
    parts = []
    for name, rows in (("a.csv", slice(0, at)), ("b.csv", slice(at, None))):
        part = table({header: cells[rows] for header, cells in scores.items()}, name)
        parts.append(part)
    starts = (0, at)
    pieces = tuple(Piece(part, start + np.arange(len(part))) for part, start in zip(parts, starts, strict=True))
    numbers = [number for part in parts for number in part.row_numbers]
    return Table("map", None, {h: Column.of(c) for h, c in scores.items()}, numbers, (), "0", pieces=pieces)


def refused(whole, **changes):
    with pytest.raises(Problems) as raised:
        bind(study(**changes), whole)
    return raised.value.problems


def test_every_problem_of_a_set_names_its_own_file_and_row():
    scores = classes()
    scores["na"][70], scores["groep"][3], scores["klas"][65] = "25", "neiuw", ""
    found = [(p.code, p.file, p.row) for p in refused(gathered(scores))]
    assert found == [("group_unknown_near", "a.csv", 5), ("code_empty", "b.csv", 7), ("outside_scale", "b.csv", 12)]


def test_a_pupil_in_two_files_is_told_with_both():
    scores = classes()
    scores["leerling"][110], scores["klas"][110] = scores["leerling"][3], scores["klas"][3]
    found = {p.code: p for p in refused(gathered(scores))}
    problem = found["pupil_twice_elsewhere"]
    assert (problem.file, problem.row, problem.facts["other"], problem.facts["other_row"]) == ("b.csv", 52, "a.csv", 5)


def test_an_identical_row_in_another_file_counts_once_and_is_listed_there():
    scores = doubled(classes(), 3)
    data = bind(study(), gathered(scores))
    assert data.rows == 120
    assert [(s.file, s.rows) for s in data.skipped] == [("b.csv", (62,))]
    (problem,) = data.warnings
    assert (problem.code, problem.file, problem.row) == ("duplicate_rows", "b.csv", 62)


def test_a_set_gives_the_same_numbers_as_one_file():
    scores = classes()
    whole, one = bind(study(), gathered(scores)), bound(scores)[1]
    assert whole.frame.equals(one.frame)


def test_places_are_those_the_table_gives():
    whole = gathered(classes())
    for positions in ([], [0], [119, 3, 60, 59]):
        assert places(whole, positions) == [whole.place(at) for at in positions]
        assert places(whole, positions, "na") == [whole.place(at, "na") for at in positions]


def test_blocks_are_filled_down_per_file():
    scores = classes()
    scores["klas"] = blocks(scores["klas"])
    assert bind(study(), gathered(scores)).frame["class"].tolist() == classes()["klas"]
    assert {p.code for p in refused(gathered(scores, at=50))} == {"code_empty"}

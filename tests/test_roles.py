"""What a column could be: from its heading and its cells, proposed and never chosen between two."""

import pytest
from conftest import table

from gsl_research.reading import Table
from gsl_research.roles import nearest, propose
from gsl_research.wording import words

N = 12
PUPILS = [f"p{i}" for i in range(N)]
CLASSES = ["5A"] * 6 + ["5B"] * 6
ARMS = ["x"] * 6 + ["y"] * 6
EARLY = [f"{i},5" for i in range(N)]
LATE = [f"{i + 3},0" for i in range(N)]


def proposed(**columns):
    return propose(table(columns))


def codes(proposal):
    return [problem.code for problem in proposal.problems]


def pairs(proposal):
    return [(outcome.pre, outcome.post) for outcome in proposal.outcomes]


@pytest.mark.parametrize(
    ("role", "heading"),
    [
        ("pupil", "Naam van de leerling"),
        ("pupil", "LEERLING"),
        ("pupil", "Leerlingnr."),
        ("pupil", "Stamnummer"),
        ("pupil", "naam, voornaam"),
        ("pupil", "Wat is je naam?"),
        ("pupil", "Nr"),
        ("pupil", "leerling_id"),
        ("pupil", "LeerlingID"),
        ("pupil", "Volgnr."),
        ("pupil", "klas nr"),
        ("pupil", "pupil"),
        ("class", "Klas"),
        ("class", "klasgroep"),
        ("class", "In welke klas zit je?"),
        ("class", "Klascode"),
        ("class", "Klas van de leerling"),
        ("class", "Class"),
        ("group", "Groep"),
        ("group", "Conditie"),
        ("group", "aanpak"),
        ("group", "Condition"),
        ("teacher", "Leerkracht"),
        ("teacher", "Naam leerkracht"),
        ("teacher", "Klastitularis"),
        ("school", "Naam van de school"),
        ("teaching_group", "Niveaugroep"),
        ("wave", "Meetmoment"),
        ("date", "Datum afname"),
    ],
)
def test_a_heading_as_schools_write_it_gets_its_role(role, heading):
    cells = {"pupil": PUPILS, "group": ARMS}.get(role, CLASSES)
    found = proposed(**{heading: cells, "voortoets": EARLY, "natoets": LATE})
    assert found.roles == {role: heading}


@pytest.mark.parametrize(
    "heading", ["Opmerking leerling", "E-mail", "Thuistaal leerling", "Geboortedatum", "aantal leerlingen"]
)
def test_a_heading_that_says_more_than_a_role_gets_none(heading):
    assert proposed(**{heading: PUPILS}).roles == {}


@pytest.mark.parametrize(
    ("pre", "post"),
    [
        ("voortoets", "natoets"),
        ("Score voortoets (/20)", "Score natoets (/20)"),
        ("pretest", "posttest"),
        ("Pre-test", "Post-test"),
        ("Toets vooraf", "Toets achteraf"),
        ("beginmeting", "eindmeting"),
        ("nulmeting", "T1"),
        ("T0", "T1"),
        ("t1", "t2"),
        ("M1 score", "M2 score"),
        ("toets 1", "toets 2"),
        ("score sept", "score juni"),
        ("nov 2025", "mei 2026"),
        ("toets begin september", "toets eind juni"),
        ("voor", "na"),
        ("before", "after"),
    ],
)
def test_before_and_after_are_found_in_either_order(pre, post):
    assert pairs(proposed(**{pre: EARLY, post: LATE})) == [(pre, post)]
    assert pairs(proposed(**{post: LATE, pre: EARLY})) == [(pre, post)]


def test_each_subject_becomes_an_outcome_of_its_own():
    found = proposed(
        **{"Voortoets wiskunde": EARLY, "Voortoets Frans": EARLY, "Natoets Frans": LATE, "wiskunde natoets": LATE},
        motivatie_voor=EARLY,
        motivatie_na=LATE,
    )
    assert {(o.label, o.domain, o.pre, o.post) for o in found.outcomes} == {
        ("wiskunde", "learning_gain", "Voortoets wiskunde", "wiskunde natoets"),
        ("Frans", "learning_gain", "Voortoets Frans", "Natoets Frans"),
        ("motivatie", "motivation", "motivatie_voor", "motivatie_na"),
    }


def test_a_word_with_two_meanings_counts_only_in_a_pair():
    found = proposed(**{"Motivatie voor wiskunde": EARLY})
    assert pairs(found) == [] and found.points == ("Motivatie voor wiskunde",)


def test_growth_from_before_to_after_is_no_test():
    assert pairs(proposed(voortoets=EARLY, natoets=LATE, **{"Verschil voortoets natoets": LATE})) == [
        ("voortoets", "natoets")
    ]


def test_three_moments_in_a_sure_order_are_waves():
    found = proposed(T3=LATE, T1=EARLY, T2=LATE)
    (outcome,) = found.outcomes
    assert (outcome.pre, outcome.between, outcome.post) == ("T1", ("T2",), "T3")
    assert found.waves == ("T1", "T2", "T3") and found.points == () and "moments_unclear" not in codes(found)
    months = proposed(**{"lezen juni": LATE, "lezen sept": EARLY, "lezen jan": LATE})
    assert (months.outcomes[0].label, months.waves) == ("lezen", ("sept", "jan", "juni"))


@pytest.mark.parametrize(
    "columns",
    [
        ("juni 2024", "september 2024", "juni 2025"),
        ("T1", "T2", "T3", "M3"),
        ("T1 lezen", "T2 lezen", "T3 lezen", "voortoets rekenen", "natoets rekenen"),
        ("T1 lezen", "T2 lezen", "T3 lezen", "meting 1 rekenen", "meting 2 rekenen", "meting 3 rekenen"),
        ("T1", "T2", "meting 3", "juni"),
    ],
)
def test_moments_in_an_order_that_is_not_sure_are_asked_and_not_chosen(columns):
    found = proposed(**{name: EARLY if at == 0 else LATE for at, name in enumerate(columns)})
    assert found.waves == () and "moments_unclear" in codes(found)
    assert all(not outcome.between for outcome in found.outcomes)


def test_a_test_halfway_leaves_before_and_after_as_they_are():
    assert pairs(proposed(voortoets=EARLY, tussentoets=LATE, natoets=LATE)) == [("voortoets", "natoets")]


def test_two_columns_for_one_role_are_reported_and_not_chosen():
    found = proposed(naam=PUPILS, leerling=PUPILS, klas=CLASSES, Klascode=CLASSES, natoets=LATE)
    assert found.roles == {}
    assert found.choices == {"pupil": ("naam", "leerling"), "class": ("klas", "Klascode")}
    assert codes(found) == ["role_ambiguous", "role_ambiguous"]


def test_a_row_number_is_the_pupil_only_when_nothing_says_it_better():
    assert proposed(nr=PUPILS, naam=PUPILS, natoets=LATE).roles == {"pupil": "naam"}
    assert proposed(nr=PUPILS, natoets=LATE).roles == {"pupil": "nr"}


def test_a_name_in_two_columns_is_said_unless_a_number_tells_pupils_apart():
    halves = {"Naam": PUPILS, "Voornaam": PUPILS, "natoets": LATE}
    assert codes(proposed(**halves)) == ["name_in_two_columns"]
    numbered = proposed(**halves, klas=CLASSES, nr=[str(i % 6) for i in range(N)])
    assert numbered.roles == {"pupil": "nr", "class": "klas"} and not numbered.problems


def test_a_pupil_on_two_rows_is_no_pupil_column():
    found = proposed(leerling=[f"p{i // 2}" for i in range(N)], natoets=LATE)
    assert found.roles == {} and codes(found) == ["pupil_repeats"]
    assert found.problems[0].facts == {"header": "leerling", "values": 6, "rows": 12}


def test_namesakes_in_two_classes_are_two_pupils():
    assert proposed(naam=[f"p{i % 6}" for i in range(N)], klas=CLASSES).roles == {"pupil": "naam", "class": "klas"}


@pytest.mark.parametrize(
    ("heading", "cells"), [("groep", PUPILS), ("groep", list("aabbccddeeff")), ("groep", ["x"] * N), ("klas", PUPILS)]
)
def test_a_column_whose_cells_do_not_fit_its_heading_is_doubted(heading, cells):
    found = proposed(**{heading: cells, "natoets": LATE})
    assert heading not in found.roles.values() and "role_doubtful" in codes(found)


def test_a_test_without_points_is_no_test():
    found = proposed(voortoets=["goed", "zwak"] * 6, natoets=LATE)
    assert pairs(found) == [(None, "natoets")] and "role_without_scores" in codes(found)


def test_missing_words_and_blanks_leave_a_test_a_test():
    assert pairs(proposed(voortoets=[*EARLY[:6], *["afw", "", "ziek"] * 2], natoets=LATE)) == [("voortoets", "natoets")]


def test_numbers_without_a_moment_are_named():
    found = proposed(leerling=PUPILS, wiskunde=LATE, leeftijd=["10"] * N)
    assert found.points == ("wiskunde",) and "scores_not_found" in codes(found)


@pytest.mark.parametrize("cells", [["A", "B", "C"] * 4, ["M3", "E3"] * 6, ["AVI-M4", "AVI Plus"] * 6])
def test_zones_and_reading_levels_are_never_points(cells):
    found = proposed(voortoets=cells, leerling=PUPILS)
    assert found.outcomes == () and found.points == () and found.categories == ("voortoets",)


def test_the_codes_of_the_groups_are_listed_and_no_side_is_told():
    found = proposed(groep=[*ARMS[:10], "", "-"], natoets=LATE)
    assert found.codes == ("x", "y")
    assert not any(word in field for field in found.__slots__ for word in ("treated", "control"))


def test_the_label_of_a_variable_counts_as_its_heading():
    spss = Table(
        "a.sav", None, {"v1": PUPILS, "v2": EARLY, "v3": LATE}, list(range(1, N + 1)), (), "0",
        aliases={"Leerling": "v1", "Voortoets lezen": "v2", "Natoets lezen": "v3"},
    )  # fmt: skip
    found = propose(spss)
    assert found.roles == {"pupil": "v1"} and pairs(found) == [("v2", "v3")]


def part(sheet: str, columns: dict, file: str = "punten.xlsx") -> Table:
    return Table(file, sheet, columns, list(range(2, len(next(iter(columns.values()))) + 2)), (), "0")


def test_tests_on_two_sheets_are_named_by_their_sheet():
    columns = {"Leerling": PUPILS, "Score": EARLY}
    found = propose(part("Voortoets", columns), part("Natoets", columns))
    assert found.roles == {"pupil": "Leerling"} and pairs(found) == [("Voortoets!Score", "Natoets!Score")]


def test_a_sheet_per_class_is_the_class():
    columns = {"Leerling": PUPILS, "voortoets": EARLY, "natoets": LATE}
    found = propose(part("5A", columns), part("5B", columns))
    assert found.class_from == "sheet" and pairs(found) == [("voortoets", "natoets")]
    found = propose(part(None, columns, "5A.csv"), part(None, columns, "5B.csv"))
    assert found.class_from == "file"
    assert propose(part("5A", columns | {"klas": CLASSES})).class_from is None


def test_nearest_gives_one_header_or_none():
    scores = table({"Naam leerling": PUPILS, "klas": CLASSES, "klasgroep": CLASSES, "T1": EARLY, "T2": LATE})
    assert nearest(scores, "pupil") == "Naam leerling"
    assert nearest(scores, "class") is None
    assert (nearest(scores, "pre"), nearest(scores, "post")) == ("T1", "T2")
    assert nearest(scores, "teacher") is None


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_problem_repeats_a_pupil(lang):
    names = [f"Zebedeus{i}" for i in range(6)] * 2
    found = proposed(leerling=names, klas=[f"Quirinus{i}" for i in range(N)], T1=EARLY, T2=LATE, T3=LATE)
    told = " ".join(words(lang).problem(problem) for problem in found.problems)
    assert told and "Zebedeus" not in told and "Quirinus" not in told

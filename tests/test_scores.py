"""Scores out of cells: right, or refused with the row and the mend; never silently another number."""

import ast
import math
import re
import string
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from conftest import classes, plan, study, table
from hypothesis import given
from hypothesis import strategies as st
from test_identity import gathered

from gsl_research.dataset import bind
from gsl_research.problems import Problem, Problems
from gsl_research.reading import scores as module
from gsl_research.reading.grid import Column, DateCell, LabelledNumber
from gsl_research.reading.scores import parse_scores
from gsl_research.reading.words import missing_words
from gsl_research.wording import words


def scores(*cells, **options):
    return parse_scores(cells, row_numbers=range(2, 2 + len(cells)), **options)


def expect_only(problems: tuple[Problem, ...], code: str) -> Problem:
    (problem,) = problems
    assert problem.code == code
    return problem


def equal(column, expected):
    assert column.problems == ()
    np.testing.assert_array_equal(column.values, expected)


# ---- one cell beside "12", without a scale

MISSING = "missing"
ONE_CELL = [
    # numbers
    ("0", 0.0), ("7", 7.0), ("+7", 7.0), ("007", 7.0), ("7,5", 7.5), ("7.5", 7.5), (",5", 0.5), (".5", 0.5),
    ("0,435", 0.435), ("0.435", 0.435),
    ("12,3456", 12.3456), ("1234,5", 1234.5), ("1234,567", 1234.567), ("1.250,5", 1250.5), ("1,250.5", 1250.5),
    ("1 250", 1250.0),
    ("1 250,5", 1250.5), ("1 250.5", 1250.5), ("1'250", 1250.0), ("1’250,5", 1250.5), ("1\u2009250,5", 1250.5),
    ("1.234.567", 1234567.0),
    ("1,234,567.5", 1234567.5), ("12 345 678", 12345678.0), (7.25, 7.25), (0.1, 0.1),
    (LabelledNumber(7, "goed"), 7.0), ("-0", 0.0), ("-0,0", 0.0),
    ("7½", 7.5), ("7 ½", 7.5), ("12¼", 12.25), ("0¾", 0.75), ("+7½", 7.5), ("-0½", "negative_score"),
    ("7½ punten", 7.5),
    ("12 punten", 12.0), ("12,5 ptn.", 12.5), ("12 p.", 12.0), ("12pt", 12.0), ("1 punt", 1.0), ("12 points", 12.0),
    # no score
    ("", MISSING), ("afw", MISSING), ("Afw.", MISSING), ("(afw)", MISSING), ("AFWEZIG (ziek)", MISSING),
    ("ziek 12/3", MISSING), ("ziek (14/11/2026)", MISSING), ("ziek 14-11", MISSING), ("ziek 7.5.2026", MISSING),
    ("g.a.", MISSING), ("Gewettigd afwezig", MISSING), ("niet afgelegd", MISSING), ("Niet  gemaakt", MISSING),
    ("ziek met attest", MISSING), ("abs", MISSING),
    ("vrijgesteld", MISSING), ("n.v.t.", MISSING), ("NVT", MISSING), ("/", MISSING), ("-", MISSING), ("–", MISSING),
    (".", MISSING), ("?", MISSING),
    ("NA", MISSING), ("n/a", MISSING), ("geen score", MISSING), ("in te halen", MISSING), ("excused", MISSING),
    ("not taken", MISSING), ("afw./ziek", MISSING),
    (LabelledNumber(99, "afwezig"), MISSING),
    # may be a score, or a judgement: a person decides
    ("geen", "text_as_score"), ("attest", "text_as_score"), ("met attest", "text_as_score"), ("#NA", "text_as_score"),
    ("x", "text_as_score"), ("nul", "text_as_score"), ("twaalf", "text_as_score"),
    ("vrij goed", "text_as_score"),
    ("zieke", "text_as_score"), ("ziek 3/12/5", "text_as_score"),
    # a score with a remark, or a remark with a day
    ("ziek 14", "number_with_text"), ("afw 5/10", "number_with_text"), ("afw 12/20", "number_with_text"),
    ("inhaal 12", "number_with_text"), ("inhaal 14.5", "number_with_text"), ("ziek 7.5", "number_with_text"),
    ("inhaal 31.12", "number_with_text"), ("afw. (12)", "number_with_text"), ("12 (inhaal)", "number_with_text"),
    ("13,5 (inhaal)", "number_with_text"), ("12 met hulp", "number_with_text"), ("12/20 (inhaal)", "number_with_text"),
    ("7½ met hulp", "number_with_text"), ("14 (B)", "not_a_number"),
    ("12 sept", "text_as_score"), ("leerling 12", "text_as_score"), ("12 of 13 punten", "text_as_score"),
    ("--", "not_a_number"), ("++", "not_a_number"), ("+", "not_a_number"), ("12?", "not_a_number"),
    ("12*", "not_a_number"), ("(12)", "not_a_number"),
    (">12", "not_a_number"), ("≥12", "not_a_number"), ("~12", "not_a_number"), ("7 1/2", "not_a_number"),
    ("½", "text_as_score"), ("7½½", "text_as_score"), ("1.250½", "not_a_number"),
    ("ca. 12", "text_as_score"),
    ("12 of 13", "text_as_score"), ("12-13", "not_a_number"),
    ("12;13", "not_a_number"),
    # no number
    ("1O", "not_a_number"), ("l2", "text_as_score"), ("12,,5", "not_a_number"), ("12,5,", "not_a_number"),
    ("12,", "not_a_number"), ("+-3", "not_a_number"),
    ("1.250.5", "not_a_number"), ("1.25.250", "not_a_number"), ("1,250,5", "not_a_number"), ("12 5", "not_a_number"),
    ("1 25", "not_a_number"),
    ("1 250 5", "not_a_number"), ("1.250 300", "not_a_number"), ("0 250", "not_a_number"), ("0x10", "not_a_number"),
    ("1e3", "not_a_number"),
    ("2,30E+10", "not_a_number"), ("inf", "not_a_number"), ("-inf", "not_a_number"), ("nan", "not_a_number"),
    ("TRUE", "not_a_number"), ("onwaar", "not_a_number"),
    ("#N/A", "not_a_number"), ("#DEEL/0!", "not_a_number"), ("#NAAM?", "not_a_number"), ("１２", "text_as_score"),
    ("٣", "text_as_score"), ("12/0", "not_a_number"),
    ("12/20/", "not_a_number"), ("12 % p", "not_a_number"), ("%", "text_as_score"), ("/20", "text_as_score"),
    (math.inf, "not_a_number"), (math.nan, "not_a_number"),
    ("-3", "negative_score"), ("\u22123,5", "negative_score"), (-0.5, "negative_score"),
    ("1" * 400, "number_too_long"), ("85073003328", "number_too_long"),
    (85073003328.0, "number_too_long"), ("850 730 033", "number_too_long"), ("1.250", "ambiguous_number"),
    ("1,250", "ambiguous_number"),
    # dates and times
    (DateCell("2026-05-03"), "date_as_score"), (DateCell("2026"), "date_as_score"),
    (DateCell("12:30:15.25"), "date_as_score"), ("3-mei", "date_as_score"), ("3/mei", "date_as_score"),
    ("03-05-2026", "date_as_score"), ("3/5/26", "date_as_score"),
    ("2026-05-03T00:00", "date_as_score"), ("2026-05-03 12:30", "date_as_score"), ("03/05", "date_as_score"),
    ("3-5", "date_as_score"), ("12:30", "date_as_score"),
    ("3.5.2026", "date_as_score"), ("12 mei", "text_as_score"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "expected"), ONE_CELL, ids=lambda value: repr(value)[:20])
def test_a_cell_is_read_or_refused(cell, expected):
    column = scores("12", cell)
    if isinstance(expected, float):
        equal(column, [12, expected])
        assert column.missing == {}
    elif expected == MISSING:
        equal(column, [12, np.nan])
        assert sum(column.missing.values()) == 1
    else:
        problem = expect_only(column.problems, expected)
        assert problem.row == 3
        np.testing.assert_array_equal(column.values, [12, np.nan])


def test_there_are_enough_cells():
    assert len(ONE_CELL) >= 80


# ---- number styles


@pytest.mark.parametrize(
    ("cells", "options", "expected"),
    [
        (["1,5", 2.0, "2,25"], {}, [1.5, 2, 2.25]),
        (["12.5", "-3.25", ".5"], {"low": -10, "high": 20}, [12.5, -3.25, 0.5]),
        (["1.234", "0.5"], {}, [1.234, 0.5]),
        (["1.234"], {"low": 0, "high": 20}, [1.234]),
        (["1,234"], {"low": 0, "high": 20}, [1.234]),
        (["1,234"], {"maximum": 20}, [1.234]),
        (["1.234", "2.000"], {"low": 0, "high": 1500}, [1.234, 2.0]),
        (["1.234"], {"low": 100, "high": 2000}, [1234]),
        (["1.250", "1.250,5"], {}, [1250, 1250.5]),
        (["1.250", "1.250.000", "12,5"], {}, [1250, 1250000, 12.5]),
        (["1,250", "1.250,5"], {}, [1.25, 1250.5]),
        (["1 250", "12,5", "1.250,25"], {}, [1250, 12.5, 1250.25]),
        (["1.234/20", "8/20"], {}, [1.234, 8]),
        (["7½", "7.5", "8"], {}, [7.5, 7.5, 8]),
        (["7½", "7,5", "-7 ½"], {"low": -10, "high": 10}, [7.5, 7.5, -7.5]),
    ],
)
def test_a_style_with_one_reading_is_read(cells, options, expected):
    equal(scores(*cells, **options), expected)


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
    assert problem.facts == {"point_rows": [2, 4], "point_value": "2.87", "comma_rows": [3, 6], "comma_value": "2,059"}
    assert np.isnan(column.values[[0, 1, 2, 4, 5]]).all()


@pytest.mark.parametrize(
    ("cells", "code", "row"),
    [
        (["20,5", "6.4", "7.5"], "mixed_decimals", 2),
        (["6.4", "6.4", "20,5", "7,5"], "mixed_decimals", 4),
        (["6.4", "6.4", "20,5", "6.4", "7,5"], "mixed_decimals", 4),
        (["1.250,5", "12.5", "12.5"], "mixed_thousands", 2),
        (["60%", "12", "14"], "percent_on_some", 2),
        (["60%", "70%", "14", "60%"], "percent_on_some", 4),
        (["12/20", "14", "14"], "maximum_on_some", 2),
    ],
)
def test_the_row_of_two_ways_of_writing_is_the_first_of_the_fewer(cells, code, row):
    assert expect_only(scores(*cells).problems, code).row == row


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["12.5", "12,5"], "mixed_decimals"),
        (["1.250", "12,5"], "mixed_decimals"),
        (["1.250", "1,250"], "mixed_decimals"),
        (["1 250.5", "12,5"], "mixed_decimals"),
        (["12.5/20", "12,5/20"], "mixed_decimals"),
        (["1.250,5", "12.5"], "mixed_thousands"),
        (["1.234.567", "12.5"], "mixed_thousands"),
        (["1.250,5", "1,250.5"], "mixed_thousands"),
        (["1.250.000", "1,250"], "ambiguous_number"),
    ],
)
def test_styles_that_contradict_each_other_stop_the_column(cells, code):
    for scale in ({}, {"low": 0, "high": 20}):
        if code == "ambiguous_number" and scale:
            continue
        column = scores(*cells, **scale)
        assert code in [problem.code for problem in column.problems]
        assert np.isnan(column.values[-1])


# ---- out of


@pytest.mark.parametrize(
    ("cells", "options", "expected", "high"),
    [
        (["12/20", "8,5/20", "afw"], {}, [12, 8.5, np.nan], 20),
        (["12 / 20", "8 op 20", "7/20 p."], {}, [12, 8, 7], 20),
        (["12/20", "14", 9.5], {"low": 0, "high": 20}, [12, 14, 9.5], 20),
        (["12/20", "14"], {"maximum": 20}, [12, 14], 20),
        (["3/5", "4/5"], {"low": 0, "high": 5}, [3, 4], 5),
        (["3/5", "4/5"], {"maximum": 5}, [3, 4], 5),
        (["8/10", "0/10"], {}, [8, 0], 10),
        (["8/10", "7,5/10"], {}, [8, 7.5], 10),
        (["5/7"], {"low": 1, "high": 7}, [5], 7),
        (["60 %", "45,5%"], {}, [60, 45.5], 100),
        (["60 %", "-"], {"low": 0, "high": 100}, [60, np.nan], 100),
        (["60 %"], {"maximum": 100}, [60], 100),
        (["12", "8"], {"maximum": 20}, [12, 8], 20),
        (["12", "8"], {"maximum": 20, "low": 0, "high": 20}, [12, 8], 20),
        (["12", "8"], {}, [12, 8], None),
        (["0.5", "1"], {"low": 0, "high": 1}, [0.5, 1], 1),
        (["0", "1"], {"low": 0, "high": 100}, [0, 1], 100),
        (["0,5", "60"], {"low": 0, "high": 100}, [0.5, 60], 100),
        (["60%", "0,5%"], {"low": 0, "high": 100}, [60, 0.5], 100),
    ],
)
def test_what_scores_are_out_of_agrees(cells, options, expected, high):
    column = scores(*cells, **options)
    equal(column, expected)
    assert column.high == high


@pytest.mark.parametrize(
    ("cells", "options", "code", "row", "facts"),
    [
        (["12"], {"maximum": 10, "low": 0, "high": 20}, "maximum_differs", None, {"maximum": 10, "low": 0, "high": 20}),
        (["8", "7/10"], {"low": 0, "high": 20}, "cells_maximum_differs", 3, {"maximum": 10, "low": 0, "high": 20}),
        (["7/10"], {"maximum": 20}, "cells_maximum_differs", 2, {"maximum": 10, "low": 0, "high": 20}),
        (["8/10", "12/20", "9/10"], {}, "several_maxima", 2, {"maxima": [10, 20], "rows": [2, 3], "count": 2}),
    (["8/10", "12/20"], {"low": 0, "high": 20}, "several_maxima", 2, {"maxima": [10, 20], "rows": [2, 3], "count": 2}),
        (["12/20", "14"], {}, "maximum_on_some", 3,
         {"maximum": 20, "rows": [2], "other_rows": [3], "other_value": "14", "in_toml": "20"}),
        (["12/20", 14.0], {}, "maximum_on_some", 3,
         {"maximum": 20, "rows": [2], "other_rows": [3], "other_value": "14", "in_toml": "20"}),
        (["3/5", "4/5"], {}, "fraction_or_date", 2, {"maximum": 5, "in_toml": "5"}),
        (["60%", "45"], {}, "percent_on_some", 3,
         {"percent_rows": [2], "percent_value": "60%", "other_rows": [3], "other_value": "45"}),
        (["60%", "12/20"], {"low": 0, "high": 20}, "percent_on_some", 3,
         {"percent_rows": [2], "percent_value": "60%", "other_rows": [3], "other_value": "12/20"}),
        (["60%"], {"low": 0, "high": 20}, "percent_scale", 2, {"low": 0, "high": 20}),
        (["60%"], {"low": 0, "high": 1}, "percent_scale", 2, {"low": 0, "high": 1}),
        (["60%"], {"maximum": 20}, "percent_scale", 2, {"low": 0, "high": 20}),
        ([0.6, 0.125, 1.0], {"low": 0, "high": 100}, "shares_as_scores", None, {}),
    ],
)  # fmt: skip
def test_what_scores_are_out_of_does_not_agree(cells, options, code, row, facts):
    column = scores(*cells, **options)
    problem = expect_only(column.problems, code)
    assert (problem.row, problem.facts) == (row, facts)
    assert np.isnan(column.values).all()


def test_more_than_the_maximum_is_outside_the_scale():
    problem = expect_only(scores("12/20", "23/20").problems, "outside_scale")
    assert (problem.row, problem.value, problem.facts) == (3, "23/20", {"low": 0, "high": 20})
    assert expect_only(scores("60%", "160 %").problems, "outside_scale").value == "160 %"


# ---- the range


def test_outside_the_scale():
    column = scores("12", "155", 20.5, "-1", "999", "20,0", "0", low=0, high=20)
    assert [(p.code, p.row, p.value) for p in column.problems] == [
        ("outside_scale", 3, "155"),
        ("outside_scale", 4, "20.5"),
        ("negative_score", 5, "-1"),
        ("outside_scale", 6, "999"),
    ]
    assert column.problems[0].facts == {"low": 0.0, "high": 20.0}
    np.testing.assert_array_equal(column.values, [12, np.nan, np.nan, np.nan, np.nan, 20, 0])


def test_a_scale_below_zero_takes_negative_scores():
    column = scores("-3,5", "-12", low=-10, high=10)
    assert expect_only(column.problems, "outside_scale").value == "-12"
    np.testing.assert_array_equal(column.values, [-3.5, np.nan])


def test_a_column_outside_the_scale_is_one_problem_without_values():
    """Pupils' numbers in the place of scores are not repeated one by one."""
    column = scores("12", *[str(number) for number in range(41, 61)], low=0, high=20)
    problem = expect_only(column.problems, "column_outside_scale")
    assert (problem.row, problem.value) == (3, None)
    assert problem.facts == {"count": 20, "scored": 21, "low": 0, "high": 20}


@pytest.mark.parametrize("code", ["99", "999", "9999", "88", "888", "77", "777"])
def test_a_code_for_missing_is_suspected_far_above_the_rest(code):
    column = scores("12", code, "20", code)
    problem = expect_only(column.problems, "missing_code_suspected")
    assert (problem.row, problem.value, problem.facts) == (3, code, {"count": 2, "highest": 20})
    np.testing.assert_array_equal(column.values, [12, np.nan, 20, np.nan])
    equal(scores("12", code, "20", missing=(code,)), [12, np.nan, 20])


@pytest.mark.parametrize(
    ("others", "codes", "highest"),
    [
        (["12", "30", "48", "41"], ["99", "99"], 48),
        (["12", "30", "48", "41"], ["88", "99"], 48),
        (["40", "30", "60", "41"], ["99"], 60),
        (["40", "30", "300", "41", "77"], ["777"], 300),
    ],
)
def test_a_code_for_missing_that_may_be_a_score_is_pointed_out(others, codes, highest):
    """99 beside 60 is a code on a test to 60 and a score on a test to 100: it is read and named."""
    column = scores(*others, *codes)
    assert [(p.code, p.severity, p.value) for p in column.problems] == [
        ("missing_code_possible", "warning", code) for code in dict.fromkeys(codes)
    ]
    assert {p.facts["highest"] for p in column.problems} == {highest}
    assert column.problems[0].facts["count"] == codes.count(codes[0])
    assert column.values.tolist() == [float(cell) for cell in (*others, *codes)]


def test_a_high_score_is_no_code():
    equal(scores("40", "60", "50", "77", "60", "99"), [40, 60, 50, 77, 60, 99])
    equal(scores("40", "60", "99"), [40, 60, 99])
    equal(scores("12", "30", "48", "41", "99", low=0, high=100), [12, 30, 48, 41, 99])
    equal(scores("88", "99", "40", "77"), [88, 99, 40, 77])
    equal(scores("12", "65", "20"), [12, 65, 20])
    equal(scores("99"), [99])
    equal(scores("12", "99", low=0, high=100), [12, 99])


def test_two_codes_for_missing_are_both_suspected():
    assert [p.value for p in scores("12", "999", "99").problems] == ["999", "99"]


# ---- missing


def test_missing_words_are_counted_as_they_stand():
    cells = ("12", "", "afw", "AFW", "-", "/", "n.v.t.", "NA", "999", 999.0, "999,0", "Wettig", "ziek 12/3", "(afw.)")
    column = scores(*cells, missing=("999", "wettig"))
    assert column.problems == ()
    assert column.missing == {
    "": 1, "afw": 1, "AFW": 1, "-": 1, "/": 1, "n.v.t.": 1, "NA": 1, "999": 2, "999,0": 1, "Wettig": 1, "ziek": 1,
    "(afw.)": 1,
    }  # fmt: skip
    np.testing.assert_array_equal(column.values, [12] + [np.nan] * 13)


def test_a_declared_number_takes_only_itself():
    equal(scores("9.5", "9", "9.0", "90", "19", missing=("9",)), [9.5, np.nan, np.nan, 90, 19])
    equal(scores("-9", "3", missing=("-9",)), [np.nan, 3])
    equal(scores("9/20", "8/20", missing=("9",)), [9, 8])


def test_a_declared_word_takes_a_label_or_its_number():
    cells = (LabelledNumber(99, "weet niet"), LabelledNumber(98, "geweigerd"), 12.0, LabelledNumber(0, "geen"))
    equal(scores(*cells, missing=("Weet niet", "98")), [np.nan, np.nan, 12, 0])


def test_a_number_without_label_is_a_score():
    equal(scores(LabelledNumber(3, ""), 12.0), [3, 12])


@pytest.mark.parametrize(
    "text", ["x" * 100, "ziek " * 40, "1" + " " * 200_000 + "x", "(" * 200_000, "ziek" + " (" * 100_000]
)
def test_a_long_cell_is_refused_at_once(text):
    expect_only(scores("12", text).problems, "text_as_score")


@given(st.text(string.digits + ",. /%'xXeE", min_size=1, max_size=12).filter(lambda text: re.search(r"\d", text)))
def test_a_cell_with_figures_only_is_never_a_missing_word(text):
    assert missing_words(text) is None


# ---- categories, and columns that are no scores


@pytest.mark.parametrize(
    "cells",
    [
        ["A", "B", "E", "afw"],
        ["a", "B", "B"],
        ["AVI-M3", "AVI E4", "AVI-Start", "AVI Plus"],
        ["M4", "E5", "12"],
        [LabelledNumber(1, "A"), LabelledNumber(2, "B"), 3.0],
        ["B"] * 30,
    ],
)
def test_zones_and_levels_are_no_points(cells):
    column = scores(*cells)
    problem = expect_only(column.problems, "zones_as_score")
    assert problem.row == 2
    assert problem.facts["count"] <= problem.facts["filled"] == len(cells) - cells.count("afw")
    assert np.isnan(column.values[:2]).all()


def test_a_letter_among_scores_is_not_quoted():
    assert expect_only(scores("12", "A", "14").problems, "text_as_score").value is None


def test_a_column_of_names_is_one_problem():
    column = scores("12", *[f"leerling {n}" for n in range(20)], "")
    problem = expect_only(column.problems, "column_without_scores")
    assert (problem.row, problem.facts) == (3, {"count": 20, "filled": 21})


@pytest.mark.parametrize("style", ["{} (inhaal)", "{} met hulp", "{} (B)", "{}*", "inhaal {}", "({})"])
def test_a_column_of_numbers_with_text_is_one_problem_that_does_not_blame_the_study(style):
    column = scores("x", *[style.format(n) for n in range(5, 20)], "14")
    assert [(p.code, p.row) for p in column.problems] == [("text_as_score", 2), ("column_with_text", 3)]
    assert column.problems[1].facts == {"count": 15, "filled": 17}
    assert column.values.tolist()[-1] == 14
    for lang in ("nl", "en"):
        assert "inhaal" not in words(lang).problem(column.problems[1])


def test_a_column_of_codes_with_figures_is_no_column_of_numbers_with_text():
    expect_only(scores(*[f"L{n:03}" for n in range(12)]).problems, "column_without_scores")
    expect_only(scores(*[f"{n} juni" for n in range(1, 13)]).problems, "column_without_scores")


@pytest.mark.parametrize(
    ("cells", "options", "percent"),
    [
        (["60 %", "afw"], {}, True),
        (["60%"], {"low": 0, "high": 100}, True),
        (["12", "14"], {}, False),
        (["12/20"], {}, False),
        (["60"], {"low": 0, "high": 100}, False),
        (["60"], {"maximum": 100}, None),
        (["60%"], {"maximum": 100}, True),
        (["60"], {"heading": "natoets (%)"}, True),
        (["60"], {"heading": "Natoets in procent"}, True),
        (["60"], {"heading": "% na"}, True),
        (["60"], {"heading": "natoets 40 %"}, False),
        (["60"], {"heading": "natoets (40%)"}, False),
        (["60"], {"heading": "vijftig%punten"}, False),
        (["afw"], {"heading": "natoets (%)"}, None),
        (["60/100"], {}, None),
        (["", "afw"], {}, None),
        (["60%", "12"], {}, None),
    ],
)
def test_a_column_tells_whether_its_scores_are_percentages(cells, options, percent):
    assert scores(*cells, **options).percent is percent


def test_a_column_of_dates_is_one_problem():
    column = scores("12", *[DateCell(f"2026-05-{day:02}") for day in range(1, 21)], "3-mei")
    assert expect_only(column.problems, "column_of_dates").facts == {"count": 21, "filled": 22}


NAMES = [
    "Jan Peeters", "Jan", "L001", "p12", "tien", "12.03.15-123.45", "=A1", "3 Jan", "12 Lena", "1 Jan P.",
    "850730-03328", "85.07.30-033.28",
    "(Jan)", "#LENA", "3b Peeters", "12-Mei-Li", "0485.12.34.56", "-J", "+Li",
]  # fmt: skip


@pytest.mark.parametrize("cell", NAMES)
def test_what_may_name_a_pupil_is_not_quoted(cell):
    (problem,) = scores("12", cell).problems
    assert problem.value is None
    for lang in ("nl", "en"):
        assert cell not in words(lang).problem(problem)


def test_problems_come_in_the_order_of_the_rows():
    column = scores("x", "30", "1e3", "30", low=0, high=20)
    assert [p.row for p in column.problems] == [2, 3, 4, 5]


def test_an_empty_column():
    column = scores()
    assert (len(column.values), column.missing, column.problems) == (0, {}, ())


def test_a_column_of_codes_reads_as_its_cells():
    cells = ["12", "afw", "8,5", "12", "30", "afw"]
    coded = parse_scores(Column.of(cells), row_numbers=range(6), low=0, high=20)
    plain = parse_scores(cells, row_numbers=range(6), low=0, high=20)
    np.testing.assert_array_equal(coded.values, plain.values)
    assert (coded.missing, coded.problems, coded.high) == (plain.missing, plain.problems, plain.high)
    assert coded.missing == {"afw": 2}


def test_mistakes_of_the_programmer():
    with pytest.raises(ValueError, match="low and high"):
        scores("1", low=0)
    with pytest.raises(ValueError, match="row_numbers"):
        parse_scores(["1"], row_numbers=[])


# ---- one test over columns, sheets and files


def between(whole, **outcome):
    """(code, file, column, facts) of what stops the whole table, the outcome having no scale unless it is given."""
    own = {name: value for name, value in plan("comparison")["outcomes"][0].items() if name != "scale"}
    try:
        bind(study(outcomes=[own | outcome]), whole)
    except Problems as raised:
        for problem in raised.problems:
            assert all("{" not in words(lang).problem(problem) for lang in ("nl", "en"))
        return [(p.code, p.file, p.column, p.facts) for p in raised.problems if p.severity == "error"]
    return []


def percent(cells):
    return [f"{5 * float(cell.replace(',', '.')):.1f}%" for cell in cells]


def test_percentages_before_and_points_afterwards_are_no_gain():
    columns = classes()
    assert between(table(columns)) == []
    for name, other in (("voor", "na"), ("na", "voor")):
        ((code, _, column, facts),) = between(table(columns | {name: percent(columns[name])}))
        assert (code, column) == ("percent_per_occasion", "na")
        assert (facts["percent"], facts["other"]) == (name, other)
    both = columns | {name: percent(columns[name]) for name in ("voor", "na")}
    assert between(table(both)) == []


def test_a_scale_to_a_hundred_does_not_make_points_percentages():
    columns = classes() | {"voor": percent(classes()["voor"])}
    assert [code for code, *_ in between(table(columns), scale=[0, 100])] == ["percent_per_occasion"]
    hundred = columns | {"na": [cell.rstrip("%") for cell in percent(columns["na"])]}
    assert between(replace(table(hundred), maxima={"na": 100.0})) == []


def test_a_heading_may_say_that_its_scores_are_percentages():
    columns = classes()
    before = [cell.rstrip("%") for cell in percent(columns["voor"])]
    own = table({name: columns[name] for name in ("leerling", "klas", "groep", "na")} | {"voor (%)": before})
    assert [code for code, *_ in between(own, pre="voor (%)")] == ["percent_per_occasion"]


def test_two_different_tests_may_have_percentages_and_points():
    columns = classes() | {"voor": percent(classes()["voor"])}
    assert between(table(columns), tests="different") == []


def test_percentages_in_one_file_and_points_in_another_stop():
    columns = classes()
    for name in ("voor", "na"):
        columns[name][:60] = percent(columns[name][:60])
    found = between(gathered(columns))
    assert [(code, file, column) for code, file, column, _ in found] == [
        ("percent_per_file", "a.csv", "voor"),
        ("percent_per_file", "a.csv", "na"),
    ]
    assert found[0][3]["other"] == "b.csv"


# ---- properties


@st.composite
def written_numbers(draw):
    """Numbers with a last decimal in one style, beside a number that shows the style: (text, exact value)."""
    mark, group = draw(
        st.sampled_from(
            [(",", "."), (",", " "), (",", "'"), (",", "\u2009"), (".", ","), (".", " "), (",", ""), (".", "")]
        )
    )
    places = draw(st.integers(0, 4))
    numbers = draw(st.lists(st.decimals(0, 9_999_999, places=places), min_size=1, max_size=30))
    written = [
        (f"{number:,.{places}f}".replace(",", "\0").replace(".", mark).replace("\0", group), number)
        for number in numbers
    ]
    return [("1" + group + "234" + mark + "5", Decimal("1234.5")), *written]


@given(written_numbers(), st.randoms(use_true_random=False))
def test_a_number_reads_back_in_every_style_and_order(written, random):
    random.shuffle(written)
    column = scores(*[text for text, _ in written], low=0, high=9_999_999)
    assert column.problems == ()
    assert column.values.tolist() == [float(number) for _, number in written]


@given(
    st.lists(st.decimals(min_value=-999, max_value=999, places=1), min_size=1, max_size=30),
    st.sampled_from(",."),
    st.randoms(use_true_random=False),
)
def test_one_decimal_reads_as_written_in_any_order(values, mark, random):
    cells = [str(value).replace(".", mark) for value in values]
    random.shuffle(cells)
    column = scores(*cells, low=-999, high=999)
    assert column.problems == ()
    assert column.values.tolist() == [float(cell.replace(mark, ".")) for cell in cells]


@given(st.lists(st.floats(0, 9e7, allow_subnormal=False), min_size=1, max_size=20))
def test_a_number_of_a_workbook_reads_back(values):
    assert scores(*values, low=0, high=9e7).values.tolist() == values


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=10).map(str.strip))
def test_text_that_is_no_number_never_gives_one(text):
    """A number is figures, marks, a sign, %, / or points: whatever else stands there, no value comes out."""
    column = scores(text)
    if not np.isnan(column.values[0]):
        assert re.fullmatch(
            r"\+?[\d.,'’\u2009 ]*\d *[½¼¾]? *(%|(/|op) *[1-9][\d,.]*)? *(p[a-z]*\.?)?|[-\u2212][0., ]+",
            text.lower(),
            re.ASCII,
        )


@given(st.lists(st.text(max_size=8) | st.text(string.digits + ",./% ", max_size=6) | st.floats(), max_size=20))
def test_every_cell_is_a_value_a_missing_word_or_a_problem(cells):
    cells = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    column = scores(*cells)
    unread = int(np.isnan(column.values).sum()) - sum(column.missing.values())
    assert (unread > 0) == bool(column.problems)
    assert all(p.row in range(2, 2 + len(cells)) for p in column.problems)


# ---- sentences


def told_codes() -> set[str]:
    """Every code the docstring of parse_scores promises."""
    return set(re.findall(r"``(\w+_\w+)``", module.parse_scores.__doc__)) - {"as_text"}


CODES = {
    "not_a_number": ["1O"], "number_with_text": ["12 (inhaal)"], "column_with_text": ["12 met hulp"] * 10,
    "missing_code_possible": ["12", "30", "48", "41", "99"],
    "text_as_score": ["tien"], "date_as_score": ["3-mei"], "number_too_long": ["85073003328"],
    "negative_score": ["-3"],
    "column_without_scores": ["woord"] * 10, "column_of_dates": ["3-mei"] * 10, "zones_as_score": ["A", "B"],
    "mixed_decimals": ["2.87", "2,059"],
    "mixed_thousands": ["1.234.567", "12.5"], "ambiguous_number": ["1.234"], "several_maxima": ["12/20", "8/10"],
    "maximum_on_some": ["12/20", "8"],
    "fraction_or_date": ["3/5"], "percent_on_some": ["60%", "8"], "missing_code_suspected": ["12", "999"],
    "far_score": [*map(str, range(5, 15)), "155"],
}  # fmt: skip
CODES_ON_A_SCALE = {
    "outside_scale": (["30"], {"low": 0, "high": 20}), "column_outside_scale": (["30"] * 10, {"low": 0, "high": 20}),
    "maximum_differs": (["12"], {"low": 0, "high": 20, "maximum": 10}), "cells_maximum_differs": (["7/10"], {"low": 0,
    "high": 20}),
    "percent_scale": (["60%"], {"low": 0, "high": 20}), "shares_as_scores": ([0.6], {"low": 0, "high": 100}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("far", "shown"), [(["155"], ["155"]), (["155", "125"], ["155", "125"]), (["40"], []), (["155", "150", "149"], [])]
)
def test_a_score_far_above_the_others_of_a_test_without_scale_is_pointed_out(far, shown):
    cells = [*map(str, range(5, 15)), *far]
    column = parse_scores(cells, row_numbers=range(2, 2 + len(cells)))
    assert [(p.code, p.severity, p.value) for p in column.problems] == [("far_score", "warning", v) for v in shown]
    assert not np.isnan(column.values).any(), "it is read, and pointed out"
    assert not parse_scores(cells, row_numbers=range(len(cells)), low=0, high=200).problems


def test_every_code_that_is_promised_is_tried():
    assert told_codes() == set(CODES) | set(CODES_ON_A_SCALE)


def test_every_code_in_the_source_is_promised():
    rooms = (Path(module.__file__).with_name(f"{name}.py") for name in ("scores", "score_cells", "out_of"))
    text = {
        node.value
        for room in rooms
        for node in ast.walk(ast.parse(room.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert told_codes() <= text


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("code", sorted(CODES | CODES_ON_A_SCALE))
def test_a_problem_reads_as_a_sentence(code, lang):
    cells, options = CODES_ON_A_SCALE.get(code) or (CODES[code], {})
    found = scores(*cells, **options).problems
    assert code in [problem.code for problem in found]
    for problem in found:
        sentence = words(lang).problem(problem)
        assert "{" not in sentence and "None" not in sentence and "“”" not in sentence
        assert all(len(part.split()) <= 30 for part in re.split(r"(?<=[.:?])\s", sentence))

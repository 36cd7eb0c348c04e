"""Scores that are read right and still surprise: copied, swapped, mostly missing, on two scales, in merged cells."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import bound, classes, plan, study, table
from test_identity import gathered

from gsl_research.dataset import bind
from gsl_research.problems import Problems
from gsl_research.wording import words


def found_in(scores=None, whole=None, **changes):
    try:
        problems = bind(study(**changes), whole or table(scores)).warnings
    except Problems as raised:
        problems = raised.problems
    for problem in problems:
        for lang in ("nl", "en"):
            sentence = words(lang).problem(problem)
            assert "{" not in sentence and "None" not in sentence and "p0-" not in sentence
    return {(p.code, p.severity): p for p in problems}


def outcome(**changes):
    return {**plan("comparison")["outcomes"][0], **changes}


def without_scale(**changes):
    return {name: value for name, value in outcome(**changes).items() if name != "scale"}


def swapped(columns, rows):
    columns["voor"][rows], columns["na"][rows] = columns["na"][rows], columns["voor"][rows]
    return columns


# swaps


def rising(**kwargs):
    """Every pupil gains 3 points."""
    columns = classes(**kwargs)
    before = [float(score.replace(",", ".")) * 0.8 for score in columns["voor"]]
    columns["voor"] = [f"{score:.1f}".replace(".", ",") for score in before]
    columns["na"] = [f"{round(score, 1) + 3 + (i % 7) / 10:.1f}".replace(".", ",") for i, score in enumerate(before)]
    return columns


def test_a_class_whose_tests_were_swapped_is_suspected():
    assert found_in(rising()) == {}
    found = found_in(swapped(rising(), slice(20, 40)))
    assert list(found) == [("swap_suspected", "warning")]
    problem = found["swap_suspected", "warning"]
    assert (problem.facts["names"], problem.facts["count"], problem.column) == (["k1"], 1, "na")


def test_a_swap_is_not_suspected_of_a_small_class_a_small_fall_or_when_all_fall():
    assert found_in(swapped(rising(size=4), slice(4, 8))) == {}
    assert found_in(swapped(rising(), slice(0, 120))) == {}
    others_fall = swapped(rising(), slice(20, 40))
    for at in (*range(20), *range(40, 120)):
        score = float(others_fall["voor"][at].replace(",", ".")) - 0.5
        others_fall["na"][at] = f"{score:.1f}".replace(".", ",")
    assert found_in(others_fall) == {}
    small = rising()
    small["na"][20:40] = [
        f"{float(s.replace(',', '.')) - 1.9 - i / 100:.2f}" for i, s in enumerate(small["voor"][20:40])
    ]
    small["na"][20:40] = [score.replace(".", ",") for score in small["na"][20:40]]
    assert found_in(small) == {}


@pytest.mark.parametrize(("pupils", "suspected"), [(16, False), (17, True)])
def test_more_than_80_per_cent_of_the_class_must_fall(pupils, suspected):
    found = found_in(swapped(rising(), slice(20, 20 + pupils)))
    assert (("swap_suspected", "warning") in found) is suspected


def test_a_swap_where_lower_is_better_is_a_class_that_rises():
    down = swapped(rising(), slice(0, 120))
    changes = {"outcomes": [outcome(better="lower")]}
    assert found_in(down, **changes) == {}
    problem = found_in(swapped(down, slice(20, 40)), **changes)["swap_suspected", "warning"]
    assert problem.facts["names"] == ["k1"]


def test_two_different_tests_cannot_look_swapped():
    changes = {"outcomes": [without_scale(tests="different")]}
    assert found_in(swapped(rising(), slice(20, 40)), **changes) == {}


# copies


def test_a_class_with_the_same_scores_twice_stops():
    columns = classes()
    columns["na"][20:40] = columns["voor"][20:40]
    problem = found_in(columns)["class_pre_equals_post", "error"]
    assert (problem.facts["names"], problem.column) == (["k1"], "na")


def test_on_a_coarse_scale_the_same_scores_twice_are_a_warning():
    columns = classes()
    columns["voor"][20:40] = columns["na"][20:40] = ["10", "11", "12", "13"] * 5
    assert set(found_in(columns)) == {("class_pre_equals_post", "warning")}
    columns["voor"][20:36] = columns["na"][20:36] = [""] * 16
    assert found_in(columns) == {}, "four pupils are no sign of anything"


def two_outcomes(**changes):
    second = {"name": "spelling", "label": "Spelling", "role": "secondary", "pre": "voor2", "post": "na2"}
    return [outcome(), {**outcome(), **second, **changes}]


def test_identical_columns_of_two_outcomes_stop():
    columns = classes()
    columns["voor2"], columns["na2"] = classes(seed=2)["voor"], list(columns["na"])
    problem = found_in(columns, outcomes=two_outcomes())["columns_identical", "error"]
    assert (problem.column, problem.facts["other"]) == ("na2", "na")
    columns["na2"][5] = "3,3"
    assert found_in(columns, outcomes=two_outcomes()) == {}


def test_identical_columns_on_a_coarse_scale_are_a_warning():
    columns = classes()
    columns["na"] = [str(8 + i % 4) for i in range(120)]
    columns["voor2"], columns["na2"] = classes(seed=2)["voor"], [str(8 + i % 4) for i in range(120)]
    assert ("columns_identical", "warning") in found_in(columns, outcomes=two_outcomes())


# missing


def test_more_than_half_missing_is_a_warning_per_column():
    columns = classes()
    columns["na"] = ["" if i % 20 < 10 else score for i, score in enumerate(columns["na"])]
    assert found_in(columns) == {}, "half is not more than half"
    columns["na"][119] = "afw"
    problem = found_in(columns)["mostly_missing", "warning"]
    assert (problem.column, problem.facts["missing"], problem.facts["pupils"]) == ("na", 61, 120)


def test_one_pupil_an_empty_arm_and_nothing_filled_in_stop():
    one = {name: cells[:1] for name, cells in classes().items()}
    assert ("arm_empty", "error") in found_in(one)
    columns = classes()
    columns["na"] = [""] * 120
    assert set(found_in(columns)) == {("too_few_pupils", "error")}


# scales and cells


def headed(columns, maxima):
    return replace(table(columns), maxima=maxima)


def test_two_maxima_in_the_headings_of_one_test_stop():
    changes = {"outcomes": [without_scale()]}
    assert found_in(whole=headed(classes(), {"voor": 20.0, "na": 20.0}), **changes) == {}
    found = found_in(whole=headed(classes(), {"voor": 20.0, "na": 40.0}), **changes)
    assert list(found) == [("maximum_per_occasion", "error")]
    different = {"outcomes": [without_scale(tests="different")]}
    assert found_in(whole=headed(classes(), {"voor": 20.0, "na": 40.0}), **different) == {}


def test_a_maximum_in_one_heading_holds_for_the_other_test():
    columns = classes()
    changes = {"outcomes": [without_scale()]}
    assert found_in(whole=headed(columns, {"voor": 20.0}), **changes) == {}
    columns["na"][3] = "25"
    assert ("maximum_per_occasion", "error") in found_in(whole=headed(columns, {"voor": 20.0}), **changes)


def test_two_maxima_in_the_headings_of_two_files_stop():
    whole = gathered(classes())
    first, second = whole.pieces
    changes = {"outcomes": [without_scale()]}
    for maximum, stops in ((20.0, False), (40.0, True)):
        pieces = (
            replace(first, table=replace(first.table, maxima={"voor": 20.0, "na": 20.0})),
            replace(second, table=replace(second.table, maxima={"voor": 20.0, "na": maximum})),
        )
        found = found_in(whole=replace(whole, pieces=pieces), **changes)
        assert (("maximum_per_file", "error") in found) is stops
        if stops:
            assert found["maximum_per_file", "error"].file == "b.csv"


def test_a_score_in_a_merged_range_stops_and_a_merged_class_does_not():
    whole = replace(table(classes()), merged={"na": frozenset({4, 5}), "klas": frozenset(range(1, 20))})
    found = found_in(whole=whole)
    assert list(found) == [("merged_score", "error")]
    assert (found["merged_score", "error"].row, found["merged_score", "error"].facts["rows"]) == (6, [6, 7])
    columns = classes()
    columns["na"][4] = columns["na"][5] = "afw"
    assert found_in(whole=replace(table(columns), merged={"na": frozenset({4, 5})})) == {}


def test_words_a_file_declares_missing_are_missing():
    columns = classes()
    columns["na"][4] = "99"
    data = bind(study(), replace(table(columns), missing={"na": ("99",)}))
    assert data.missing["na"] == {"99": 1} and np.isnan(data.frame["toets.post"][4])


def test_a_row_counted_once_keeps_the_merged_cells_of_the_others():
    columns = {name: [cells[0], *cells] for name, cells in classes().items()}
    found = found_in(whole=replace(table(columns), merged={"na": frozenset({1, 6})}))
    assert found["merged_score", "error"].facts["rows"] == [8]
    assert found["duplicate_rows", "warning"].row == 3


def test_headings_that_differ_in_capitals_and_spaces_are_found():
    columns = classes()
    columns["Na "] = columns.pop("na")
    data = bound(columns)[1]
    assert data.missing["na"] == {} and data.frame["toets.post"].notna().all()
    columns["Na "][3] = "99"
    assert found_in(columns)["outside_scale", "error"].column == "Na "


def test_both_tests_in_one_column_stop():
    columns = classes()
    columns["Toets"] = columns.pop("na")
    changes = {"outcomes": [outcome(pre="toets", post="TOETS")]}
    assert ("pre_is_post", "error") in found_in(columns, **changes)

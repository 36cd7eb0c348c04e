"""Passed or not, ordered levels and goals: read, measured, rated and told, without giving away a small count."""

import csv
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from conftest import EXAMPLES, bound, classes, plan, study, table

import gsl_research as gsl
from gsl_research import levels as levels_module
from gsl_research.checking import check
from gsl_research.codes import DEFAULT_MARGIN_PLACES, DEFAULT_MARGIN_SHARE
from gsl_research.dataset import bind
from gsl_research.disclosure import classes_may_show, goal_may_show, goal_rows, shares_may_show, shown_levels
from gsl_research.draft import study_draft
from gsl_research.estimate import Estimate, Interval, NotEstimated
from gsl_research.evidence import evidence, private_record
from gsl_research.explore import what_if
from gsl_research.goals import goal_names
from gsl_research.judge import judge
from gsl_research.level_order import by_names, crossed, perhaps_turned
from gsl_research.measure import measure, not_yet
from gsl_research.measurement import GoalCount, Goals
from gsl_research.methods import differences, mastery, ordinal, sites
from gsl_research.methods.moments import class_moments
from gsl_research.plan import plan as plan_verb
from gsl_research.problems import Problems
from gsl_research.rating import UNEQUAL_SHARES_CAP
from gsl_research.reading.grid import LabelledNumber
from gsl_research.report import describe, report
from gsl_research.roles import propose
from gsl_research.study import Study
from gsl_research.study_file import _problem
from gsl_research.wording import words

PASSED = ["niet behaald", "behaald"]
ZONES = ["E", "D", "C", "B", "A"]
SITES = {"kind": "multi_site", "site": "class", "randomised": True}


def outcome(levels=PASSED, **changes):
    """An outcome in levels as it stands in a study file; a change to None takes a key away."""
    first = (
        {key: value for key, value in plan()["outcomes"][0].items() if key != "scale"} | {"levels": levels} | changes
    )
    return {key: value for key, value in first.items() if value is not None}


def graded(treated=4, control=4, size=24, effect=0.6, levels=PASSED, seed=3):
    """A score file of whole classes with a level for every pupil, before and after."""
    rng = np.random.default_rng(seed)
    columns = {name: [] for name in ("leerling", "klas", "groep", "voor", "na")}
    limits = np.linspace(-1.2, 1.2, len(levels) + 1)[1:-1] if len(levels) > 2 else [0.2]
    for j in range(treated + control):
        level = rng.normal(0, 0.25)
        for i in range(size):
            own = rng.normal(level, 0.8)
            places = [np.digitize(own + shift + rng.normal(0, 0.7), limits)
                      for shift in (-0.2, 0.2 + effect * (j < treated))]  # fmt: skip
            cells = (f"p{j}-{i}", f"k{j}", "nieuw" if j < treated else "gewoon", *(levels[at] for at in places))
            for name, cell in zip(columns, cells, strict=True):
                columns[name].append(cell)
    return columns


def arrays(scores, levels=PASSED):
    codes = np.array([int(name[1:]) for name in scores["klas"]])
    pre, post = (np.array([levels.index(cell) for cell in scores[name]], dtype=float) for name in ("voor", "na"))
    return codes, pre, post, np.array(scores["groep"]) == "nieuw"


def measured(scores, kind="comparison", first=None, **changes):
    return measure(*bound(scores, kind, outcomes=[first or outcome()], **changes))


def page_text(measurement, lang="nl") -> str:
    return repr(report(measurement, judge(measurement), lang=lang).blocks)


# the study file


@pytest.mark.parametrize(("changes", "code"), [
    ({"scale": [0, 1]}, "levels_and_points"),
    ({"usual_gap": 0.1}, "levels_and_points"),
    ({"reference_mean": 0.5}, "levels_and_points"),
    ({"tests": "different"}, "levels_other_test"),
    ({"better": "lower"}, "levels_turned"),
    ({"levels": ["ja", " JA "]}, "levels_twice"),
    ({"levels": ["ja"]}, "too_short"),
    ({"goal": {"gain": 1.0}}, "gain_goal_of_levels"),
    ({"goal": {"at_least": "geslaagd", "share": 0.8}}, "goal_not_a_level"),
    ({"goal": {"at_least": 12, "share": 0.8}}, "goal_not_a_level"),
    ({"levels": ZONES, "goal": {"share": 0.8}}, "goal_not_a_level"),
    ({"levels": None, "scale": [0, 20], "goal": {"share": 0.8}}, "goal_not_points"),
    ({"levels": None, "scale": [0, 20], "goal": {"at_least": "behaald", "share": 0.8}}, "goal_not_points"),
    ({"smallest_worthwhile": 10}, "worthwhile_no_share"),
    ({"levels": ZONES, "smallest_worthwhile": 0.5}, "worthwhile_no_share"),
    ({"reached": "behaald"}, "reached_without_items"),
    ({"items": ["a", "b"]}, "items_and_post"),
    ({"post": None, "pre": None, "pre_items": ["a", "b"]}, "items_missing"),
    ({"post": None, "pre": None, "items": ["a", "b"], "pre_items": ["c", "d", "e"]}, "items_unpaired"),
    ({"post": None, "pre": None, "items": ["a", "b"], "pre_items": ["b", "c"]}, "item_twice"),
    ({"post": None, "pre": None, "items": ["a", "b"], "reached": "niet behaald"}, "reached_unknown"),
    ({"post": None}, "key_missing_in_table"),
])  # fmt: skip
def test_a_contradiction_in_the_study_file_is_named(changes, code):
    content = plan(outcomes=[outcome(**changes)])
    with pytest.raises(ValueError) as invalid:
        Study.model_validate(content)
    found = [_problem(error, content, {}, "x") for error in invalid.value.errors()]
    assert code in {problem.code for problem in found} | {error["type"] for error in invalid.value.errors()}
    for lang in ("nl", "en"):
        assert all(words(lang).problem(problem) for problem in found)


@pytest.mark.parametrize(("changes", "at"), [
    ({"goal": {"share": 0.8}}, 1),
    ({"goal": {"at_least": 1, "share": 0.8}}, 1),
    ({"goal": {"at_least": "Behaald ", "share": 0.8}}, 1),
    ({"levels": ZONES, "goal": {"at_least": "C", "share": 0.8}}, 2),
    ({"levels": None, "scale": [0, 1], "goal": {"share": 0.8}}, 1),
    ({"levels": None, "scale": [0, 20], "goal": {"at_least": 12, "share": 0.8}}, 12),
])  # fmt: skip
def test_a_goal_is_a_place_among_the_levels_or_points(changes, at):
    assert study(outcomes=[outcome(**changes)]).primary.goal_at == at


def test_an_older_plan_keeps_its_fingerprint():
    """The example's is printed on its page; only a change of what a plan says may change it."""
    planned = gsl.load_study(EXAMPLES / "breuken-strookmodel.toml")
    assert planned.fingerprint.startswith("9f109e99")


# reading


def test_levels_are_read_whatever_their_capitals_and_spaces_and_missing_words_stay_missing():
    scores = graded(1, 1)
    scores["na"][:6] = ["Behaald", " BEHAALD", "niet  behaald", "afw", "", "vrij"]
    _, data = bound(scores, outcomes=[outcome(missing=["vrij"])])
    assert data.frame["toets.post"][:6].tolist()[:3] == [1, 1, 0]
    assert data.frame["toets.post"][3:6].isna().all()
    assert data.missing["na"] == {"afw": 1, "": 1, "vrij": 1}


def test_a_level_that_is_a_missing_word_elsewhere_is_a_level_here():
    scores = graded(1, 1, levels=["-", "+"])
    _, data = bound(scores, outcomes=[outcome(["-", "+"])])
    assert data.frame["toets.post"].notna().all()


def test_a_number_with_a_label_is_the_label_or_the_number():
    for names in (["nee", "ja"], ["0", "1"]):
        scores = graded(1, 1)
        scores["na"] = [LabelledNumber(float(n % 2), ("nee", "ja")[n % 2]) for n in range(len(scores["na"]))]
        scores["voor"] = [names[n // 2 % 2] for n in range(len(scores["na"]))]
        _, data = bound(scores, outcomes=[outcome(names)])
        assert data.frame["toets.post"].tolist() == [n % 2 for n in range(len(scores["na"]))]


def test_an_unknown_cell_is_named_with_its_row_and_the_nearest_level_and_never_a_name():
    scores = graded(1, 1)
    scores["na"][2], scores["na"][5], scores["na"][6] = "behald", "Janneke Peeters", "12"
    with pytest.raises(Problems) as raised:
        bound(scores, outcomes=[outcome()])
    found = {problem.row: problem for problem in raised.value.problems}
    assert {row: problem.code for row, problem in found.items()} == {
        4: "level_unknown_near", 7: "level_unknown", 8: "level_unknown",
    }  # fmt: skip
    assert found[4].facts["suggestion"] == "behaald"
    assert [found[row].value for row in (4, 7, 8)] == [None, None, "12"]
    assert all("Janneke" not in words(lang).problem(problem) for lang in ("nl", "en") for problem in found.values())


def test_everybody_at_one_level_is_a_result_and_with_points_it_is_not():
    scores = graded(3, 0)
    scores["na"] = ["behaald"] * len(scores["na"])
    assert measured(scores, "one_group").primary.arms["single"].levels_post == (0, 72)
    points = classes(3, 0)
    points["na"] = ["12,0"] * len(points["na"])
    with pytest.raises(Problems, match="no_spread"):
        bound(points, "one_group")


# what is measured


@pytest.mark.parametrize("before", [True, False])
def test_passed_or_not_is_the_risk_difference_in_percentage_points(before):
    scores = graded()
    codes, pre, post, _ = arrays(scores)
    result = measured(scores, first=outcome(pre="voor" if before else None)).primary
    moments = class_moments(codes, *((pre,) if before else ()), post)
    arm = np.arange(8) < 4
    expected = mastery.risk_difference(moments, arm, unit="points")
    assert (result.kind, result.main.estimator, result.main.unit) == ("share", "risk_difference", "percentage_points")
    assert (result.main.value, result.main.se) == pytest.approx((100 * expected.value, 100 * expected.se), rel=1e-12)
    assert result.main.interval.high == pytest.approx(100 * expected.interval.high)
    odds = mastery.class_log_odds(class_moments(codes, post), arm, unit="log_odds")
    told = {(e.metric, e.unit): e.value for e in result.estimates}
    refused = NotEstimated(estimator="class_log_odds", reason="other_question")
    if before:
        assert refused in result.refused and not {unit for _, unit in told} & {"log_odds", "cox_d"}
    else:
        assert told["log_odds", "log_odds"] == pytest.approx(odds.value) and refused not in result.refused
        assert told["g", "cox_d"] == pytest.approx(odds.value / mastery.COX)
    assert result.g is None, "g is not defined on 0 and 1"
    assert result.sd == pytest.approx(100 * np.sqrt(sum(
        ((post[(codes < 4) == side] - post[(codes < 4) == side].mean()) ** 2).sum() for side in (True, False)
    ) / (len(post) - 2)))  # fmt: skip


def test_log_odds_are_given_only_where_they_answer_the_question_of_the_difference():
    """Within blocks the difference is another one than over all classes: that is what the odds would speak of."""
    scores = graded(4, 4, effect=0.0)
    scores["blok"] = ["b1" if klas in ("k0", "k1", "k2", "k4") else "b2" for klas in scores["klas"]]
    design = {"kind": "comparison", "assigned": "class", "blocks": True}
    columns = plan()["columns"] | {"block": "blok"}
    found = measured(scores, first=outcome(pre=None), design=design, columns=columns)
    entries = private_record(found, judge(found)).to_json()
    assert found.primary.main.estimator == "within_blocks"
    assert not {"log_odds", "cox_d"} & {one["unit"] for one in entries["estimates"]}
    why = {"outcome": "toets", "subgroup": None, "estimator": "class_log_odds", "status": "other_question"}
    assert why in entries["refused"]


def test_a_card_has_no_places_that_the_page_refused_or_only_described():
    few = measured(graded(2, 1, levels=ZONES), first=outcome(ZONES))
    assert judge(few).capped_code == "ONE_CLASS"
    scores = graded(levels=ZONES)
    scores["na"] = ["A" if group == "nieuw" else cell
                    for group, cell in zip(scores["groep"], scores["na"], strict=True)]  # fmt: skip
    unseen = measured(scores, first=outcome(ZONES))
    assert judge(unseen).reason == "unseen"
    for found in (few, unseen, measured(graded(1, 1, levels=ZONES), first=outcome(ZONES))):
        assert [one for one in found.primary.estimates if one.interval is not None] == []
        assert evidence(found, judge(found)).to_json()["estimates"] == []
    whole = measured(graded(levels=ZONES), first=outcome(ZONES))
    assert evidence(whole, judge(whole)).estimates


@pytest.mark.parametrize("before", [True, False])
def test_ordered_levels_are_the_ridit_difference_in_places(before):
    scores = graded(levels=ZONES)
    codes, pre, post, treated = arrays(scores, ZONES)
    result = measured(scores, first=outcome(ZONES, pre="voor" if before else None)).primary
    start = (ordinal.ridits(codes, pre),) if before else ()
    expected = ordinal.ridit_difference(codes, post, *start, treated=np.arange(8) < 4, unit="points")
    assert (result.kind, result.main.estimator) == ("order", expected.estimator)
    assert (result.main.value, result.main.se) == pytest.approx((100 * expected.value, 100 * expected.se), rel=1e-12)
    won = [(a > b) + (a == b) / 2 for a in post[treated] for b in post[~treated]]
    assert result.chance == pytest.approx(np.mean(won)), "classes of one size: every pair counts once"
    assert not any(e.estimator in ("gain_difference", "reliability_corrected") for e in result.estimates)


def test_only_the_order_of_levels_counts():
    scores = graded(levels=ZONES)
    one = measured(scores, first=outcome(ZONES)).primary.main
    names = ["laag", "x", "midden", "y", "hoog"]
    renamed = scores | {name: [names[ZONES.index(cell)] for cell in scores[name]] for name in ("voor", "na")}
    assert measured(renamed, first=outcome(names)).primary.main == one


@pytest.mark.parametrize("levels", [PASSED, ZONES])
def test_turning_the_arms_round_turns_the_sign(levels):
    scores = graded(levels=levels)
    one = measured(scores, first=outcome(levels)).primary
    swapped = measured(scores | {"groep": ["gewoon" if g == "nieuw" else "nieuw" for g in scores["groep"]]},
                       first=outcome(levels)).primary  # fmt: skip
    assert swapped.main.value == pytest.approx(-one.main.value)
    assert swapped.main.se == pytest.approx(one.main.se)


def test_one_group_of_three_classes_has_the_growth_of_shares_and_fewer_classes_a_description():
    for count in (1, 2, 3, 6):
        scores = graded(count, 0)
        codes, pre, post, _ = arrays(scores)
        main = measured(scores, "one_group").primary.main
        expected = differences.growth(class_moments(codes, pre, post), unit="points")
        if count >= 3:
            assert (main.estimator, main.value, main.se) == (
                "class_gains", pytest.approx(100 * expected.value), pytest.approx(100 * expected.se),
            )  # fmt: skip
        else:
            assert (main.status, main.interval, main.se, main.p) == ("described", None, None, None)
            assert main.value == pytest.approx(100 * (post.mean() - pre.mean()))


def test_one_group_of_ordered_levels_is_described():
    result = measured(graded(4, 0, levels=ZONES), "one_group", first=outcome(ZONES)).primary
    assert result.estimates == () and sum(result.arms["single"].levels_post) == 96


@pytest.mark.parametrize("levels", [PASSED, ZONES])
def test_pupils_divided_within_classes_give_the_mean_of_their_differences(levels):
    scores = graded(5, 0, levels=levels)
    scores["groep"] = ["nieuw" if n % 2 else "gewoon" for n in range(len(scores["groep"]))]
    codes, pre, post, treated = arrays(scores, levels)
    if levels is ZONES:
        pre, post = ordinal.ridits(codes, pre), ordinal.ridits(codes, post)
    expected = sites.mean_of_sites(sites.site_differences(codes, treated, post, pre), unit="points")
    main = measured(scores, first=outcome(levels), design=SITES).primary.main
    assert (main.value, main.se) == pytest.approx((100 * expected.value, 100 * expected.se), rel=1e-12)


@pytest.mark.parametrize(("levels", "estimator"), [(PASSED, "newcombe"), (ZONES, "brunner_munzel")])
def test_one_class_divided_without_a_test_before_has_pupils_as_the_unit(levels, estimator):
    scores = graded(1, 0, size=30, levels=levels)
    scores["groep"] = ["nieuw" if n % 2 else "gewoon" for n in range(30)]
    _, _, post, treated = arrays(scores, levels)
    main = measured(scores, first=outcome(levels, pre=None), design=SITES).primary.main
    if estimator == "newcombe":
        expected = mastery.newcombe(mastery.shares_of_pupils(post, treated), unit="points")
    else:
        expected = ordinal.brunner_munzel(post, treated, unit="points")
    assert (main.estimator, main.value) == (estimator, pytest.approx(100 * expected.value))
    assert main.interval.low == pytest.approx(100 * expected.interval.low)


def test_a_scale_of_0_and_1_is_a_share_when_nothing_else_stands_there():
    scores = graded()
    numbers = scores | {name: [float(PASSED.index(cell)) for cell in scores[name]] for name in ("voor", "na")}
    first = outcome(None, scale=[0, 1])
    assert measured(numbers, first=first).primary.main == measured(scores).primary.main
    halves = numbers | {"na": [0.5, *numbers["na"][1:]]}
    assert measured(halves, first=first).primary.kind == "points"
    assert measured(numbers, first=first | {"better": "lower"}).primary.kind == "points"


def test_one_class_on_each_side_has_a_panel_where_it_holds_and_ordered_levels_none():
    pair = graded(1, 1, effect=0.2)
    result = measured(pair).primary
    assert len(result.panel) == 3 and result.main is None
    codes, pre, post, _ = arrays(pair)
    expected = mastery.assumed_icc(class_moments(codes, pre, post), [True, False], 0.15, unit="points")
    assert result.panel[1].interval.high == pytest.approx(100 * expected.interval.high)
    assert result.usual_gaps == tuple(sorted(result.usual_gaps))
    extreme = pair | {"na": ["behaald" if n != 30 else "niet behaald" for n in range(48)]}
    refused = measured(extreme).primary
    assert refused.panel == () and judge(measured(extreme)).capped_code == "ONE_CLASS"
    zones = measured(graded(1, 1, levels=ZONES), first=outcome(ZONES)).primary
    assert zones.panel == () and zones.chance is not None


def test_everybody_passed_with_the_approach_is_told_without_a_from_to():
    scores = graded()
    scores["na"] = ["behaald" if group == "nieuw" else cell
                    for group, cell in zip(scores["groep"], scores["na"], strict=True)]  # fmt: skip
    found = measured(scores)
    verdict = judge(found)
    assert (found.primary.main.status, found.primary.main.interval) == ("described", None)
    assert (verdict.capped_code, verdict.reason) == ("CANNOT", "unseen")
    assert "te dicht bij niemand of bij iedereen" in page_text(found)


def test_nobody_passed_before_is_nothing_to_adjust_for():
    scores = graded()
    scores["voor"] = ["niet behaald"] * len(scores["voor"])
    found = measured(scores)
    alone = measured(scores, first=outcome(pre=None))
    assert found.primary.main == alone.primary.main
    zones = graded(levels=ZONES) | {"voor": ["C"] * len(scores["voor"])}
    assert measured(zones, first=outcome(ZONES)).primary.main.estimator == "class_ridits"
    assert found.primary.check("start_alike").flag
    assert words("nl")("verdict.start_alike") in page_text(found)


# firmness


def test_the_margin_of_shares_and_places():
    for levels, margin in ((PASSED, DEFAULT_MARGIN_SHARE), (ZONES, DEFAULT_MARGIN_PLACES)):
        scores = graded(levels=levels)
        assert judge(measured(scores, first=outcome(levels))).margin.points == margin
        chosen = judge(measured(scores, first=outcome(levels, smallest_worthwhile=0.15))).margin
        assert (chosen.points, chosen.chosen) == (pytest.approx(15), True)


@pytest.mark.parametrize(("arms", "capped"), [((4, 4), False), ((4, 5), False), ((4, 6), True), ((6, 4), True)])
def test_shares_in_arms_of_unequal_size_are_capped(arms, capped):
    design = {"kind": "comparison", "assigned": "class", "randomised": True}
    share, zones = (
        judge(measured(graded(*arms, levels=levels), first=outcome(levels), design=design)).security
        for levels in (PASSED, ZONES)
    )
    cap = {c.criterion: c.cap for c in share.caps}["class_df"]
    assert (cap <= UNEQUAL_SHARES_CAP) == capped
    assert {c.criterion: c.cap for c in zones.caps}["class_df"] > UNEQUAL_SHARES_CAP


def test_what_passes_100_is_cut_for_the_telling_and_said():
    scores = graded(2, 2, size=12, effect=0.4)
    first = [n for n, name in enumerate(scores["klas"]) if name in ("k0", "k2")]
    scores["na"] = ["behaald" if (n in first) ^ (n % 12 < 2) else "niet behaald" for n in range(48)]
    found = measured(scores, first=outcome(pre=None))
    interval = found.primary.main.interval
    assert interval.high > 100 or interval.low < -100
    text = page_text(found)
    assert words("nl")("verdict.span_cut", most="100 procentpunten") in text
    card = evidence(found, judge(found)).to_json()["estimates"][0]
    assert max(abs(card["low"]), abs(card["high"])) > 100, "a synthesis needs the interval as it is"
    assert levels_module.cut(Interval(-130, 40), 100) == Interval(-100, 40)


# goals


def matrix(treated=3, control=3, size=24, goals=6, seed=5, before=True):
    rng = np.random.default_rng(seed)
    columns = {name: [] for name in ("leerling", "klas", "groep")}
    columns |= {f"LPD {k} {when}": [] for when in ("okt", "mrt") for k in range(goals)}
    hard = np.linspace(-0.8, 0.8, goals)
    for j in range(treated + control):
        for i in range(size):
            skill = rng.normal(rng.normal(0, 0.05), 0.8)
            for name, cell in zip(columns, (f"p{j}-{i}", f"k{j}", "nieuw" if j < treated else "gewoon"), strict=False):
                columns[name].append(cell)
            for when, gain in (("okt", -0.3), ("mrt", 0.3)):
                for k in range(goals):
                    columns[f"LPD {k} {when}"].append(float(skill + gain - hard[k] + rng.normal(0, 0.6) > 0))
    first = {key: plan()["outcomes"][0][key] for key in ("name", "label", "domain")}
    first |= {"items": [f"LPD {k} mrt" for k in range(goals)]}
    first |= {"pre_items": [f"LPD {k} okt" for k in range(goals)]} if before else {}
    return columns, first


def test_the_number_of_goals_reached_is_a_score_like_any_other():
    columns, first = matrix()
    found = measured(columns, first=first)
    total = {when: np.sum([columns[f"LPD {k} {when}"] for k in range(6)], axis=0) for when in ("okt", "mrt")}
    as_points = {name: columns[name] for name in ("leerling", "klas", "groep")}
    as_points |= {"voor": total["okt"].tolist(), "na": total["mrt"].tolist()}
    points = measured(as_points, first=plan()["outcomes"][0] | {"scale": [0, 6]})
    assert found.primary.kind == "goals" and points.primary.kind == "points"
    assert found.primary.estimates == points.primary.estimates
    assert judge(found).capped_code == judge(points).capped_code


def test_goals_are_read_in_levels_and_from_the_one_that_counts():
    columns, first = matrix()
    names = ["nog niet", "deels", "behaald"]
    graded_columns = {
        name: [names[int(2 * cell) if n % 3 else int(cell)] for n, cell in enumerate(cells)]
        if name.startswith("LPD") else cells
        for name, cells in columns.items()
    }  # fmt: skip
    for reached, counts in ((None, lambda cell: cell == "behaald"), ("deels", lambda cell: cell != "nog niet")):
        one = first | {"levels": names} | ({"reached": reached} if reached else {})
        _, data = bound(graded_columns, outcomes=[one])
        expected = [counts(cell) for cell in graded_columns["LPD 2 mrt"]]
        assert data.frame["toets.post.3"].tolist() == expected
        every = [sum(counts(graded_columns[f"LPD {k} mrt"][n]) for k in range(6)) for n in range(len(expected))]
        assert data.frame["toets.post"].tolist() == every


def test_who_is_not_judged_on_a_goal_has_no_total_and_counts_on_the_others():
    columns, first = matrix(1, 0)
    columns["LPD 2 mrt"][:6] = [""] * 6
    planned, data = bound(columns, "one_group", outcomes=[first])
    assert data.frame["toets.post"].isna().tolist() == [True] * 6 + [False] * 18
    (warning,) = [problem for problem in data.warnings if problem.code == "goal_not_judged"]
    assert (warning.severity, warning.facts["count"]) == ("warning", 6)
    result = measure(planned, data).primary
    counts = {one.goal: one for one in result.goals.counts}
    assert (counts[2].judged, counts[0].judged, counts[0].complete) == (18, 24, 18)
    assert counts[0].reached == sum(columns["LPD 0 mrt"]) and counts[0].reached_before == sum(columns["LPD 0 okt"])
    assert result.goals.post.shape == (24, 6) and np.isnan(result.goals.post[:6, 2]).all()
    assert result.goals.pre[:, 1].tolist() == columns["LPD 1 okt"]


def test_a_goal_is_called_by_what_its_two_headings_share():
    first = matrix()[1]
    assert goal_names(study(outcomes=[first]).primary)[:2] == ("LPD 0", "LPD 1")
    other = first | {"items": ["na a", "na b"], "pre_items": ["voor a", "voor b"]}
    assert goal_names(study(outcomes=[other]).primary) == ("a", "b")
    apart = first | {"items": ["x", "y"], "pre_items": ["p", "q"]}
    assert goal_names(study(outcomes=[apart]).primary) == ("x", "y")


def test_the_page_has_a_row_for_every_goal_and_says_how_many_were_looked_at():
    columns, first = matrix()
    found = measured(columns, first=first)
    for lang, said in (("nl", "We bekeken 6 doelen"), ("en", "We looked at 6 goals")):
        text = page_text(found, lang)
        assert said in text and all(f"LPD {k}" in text for k in range(6))
    columns, first = matrix(before=False)
    assert "We bekeken 6 doelen" in page_text(measured(columns, first=first))


# the order of levels and of goals

TURNED = [
    ["ja", "nee"], ["goed", "onvoldoende"], ["A", "B", "C", "D", "E"], ["A", "B", "C", "D"], ["always", "never"],
    ["altijd", "soms", "nooit"], ["behaald", "niet behaald"], ["geslaagd voor de proef", "niet geslaagd voor de proef"],
    ["zeer goed", "goed", "voldoende", "onvoldoende"], ["yes", "no"], ["hoog", "midden", "laag"], ["3", "2", "1"],
    ["I", "II", "III"], ["reached", "partly", "not yet"], ["veilig", "onveilig"], ["Ja ", "NEE"],
]  # fmt: skip


@pytest.mark.parametrize("levels", TURNED)
def test_levels_that_read_the_other_way_round_are_warned_of_and_never_turned(levels):
    assert perhaps_turned(levels) and not perhaps_turned(levels[::-1])
    scores = graded(levels=[level.strip() for level in levels], effect=0)
    data = bound(scores, outcomes=[outcome(levels)])[1]
    (warned,) = [one for one in data.warnings if one.code.startswith("levels_")]
    assert (warned.code, warned.severity) == ("levels_perhaps_turned", "warning")
    for lang in ("nl", "en"):
        assert ", ".join(levels).strip() in words(lang).problem(warned)
    assert data.frame["toets.post"].max() == len(levels) - 1, "what the file says counts"


@pytest.mark.parametrize("levels", [
    PASSED, ZONES, ["rood", "groen"], ["kikker", "eend", "vis"], ["A1", "A2", "B1"], ["goed", "kikker"], ["1", "2"],
    ["goed", "nee"],
])  # fmt: skip
def test_levels_that_say_nothing_of_the_order_are_not(levels):
    assert not perhaps_turned(levels)


def test_pupils_who_nearly_all_fall_are_warned_of():
    names = ["kikker", "eend", "vis"]
    scores = graded(2, 2, levels=names, effect=3.0)
    turned = bound(scores, outcomes=[outcome(names[::-1])])[1].warnings
    assert [one.code for one in turned] == ["levels_mostly_fell"]
    assert not bound(scores, outcomes=[outcome(names)])[1].warnings
    assert not bound(scores, outcomes=[outcome(names[::-1], pre=None)])[1].warnings
    for lang, said in (("nl", "ging bijna elke leerling die van niveau veranderde, achteruit"), ("en", "went down")):
        assert said in page_text(measured(scores, first=outcome(names[::-1])), lang)


def test_the_order_stands_on_the_page_and_in_the_check(tmp_path):
    scores = graded(levels=ZONES)
    for lang, said in (("nl", "Van laag naar hoog: “E”, “D”, “C”, “B”, “A”."), ("en", "From low to high: “E”, ")):
        assert said in page_text(measured(scores, first=outcome(ZONES)), lang)
    turned = page_text(measured(graded(levels=["ja", "nee"]), first=outcome(["ja", "nee"])))
    assert "Van laag naar hoog: “ja”, “nee”." in turned and "Die woorden lezen eerder andersom" in turned
    columns, first = matrix()
    of_goals = first | {"levels": ["nog niet", "bijna", "behaald"], "reached": "bijna"}
    cells = {name: ["behaald" if cell == 1 else "nog niet" if cell == 0 else cell for cell in cells]
             if name.startswith("LPD") else cells for name, cells in columns.items()}  # fmt: skip
    assert "Een doel telt als gehaald vanaf “bijna”." in page_text(measured(cells, first=of_goals))
    planned, data = bound(scores, outcomes=[outcome(ZONES)])
    said = "Toets, van laag naar hoog: “E”, “D”, “C”, “B”, “A”."
    assert said in str(describe(planned, data))
    file = tmp_path / "studie.toml"
    file.write_text((EXAMPLES / "fietsproef-acht-klassen.toml").read_text("utf-8").replace(
        'levels = ["niet behaald", "behaald"]', 'levels = ["behaald", "niet behaald"]'), "utf-8")  # fmt: skip
    checked = check(file)
    assert "levels_perhaps_turned" in {one.code for one in checked.problems}
    assert "van laag naar hoog: “behaald”, “niet behaald”" in str(checked)


@pytest.mark.parametrize(("before", "after", "pair"), [
    (["doel1_voor", "doel2_voor", "doel3_voor"], ["doel2_na", "doel1_na", "doel3_na"], ("doel1_voor", "doel2_na")),
    (["doel 1 voor", "doel 2 voor"], ["doel 2 na", "doel 3 na"], ("doel 1 voor", "doel 2 na")),
    (["tafels okt", "breuken okt"], ["breuken mrt", "tafels mrt"], ("tafels okt", "breuken mrt")),
    (["doel1_voor", "doel2_voor"], ["doel1_na", "doel2_na"], None),
    (["doel 1 voor", "doel 11 voor"], ["doel 1 na", "doel 11 na"], None),
    (["vraag 1", "vraag 2"], ["vraag 3", "vraag 4"], None),
    (["voor a", "voor b"], ["na a", "na b"], None),
    (["p", "q"], ["x", "y"], None),
])  # fmt: skip
def test_goals_that_stand_beside_another_goal_are_warned_of(before, after, pair):
    planned = study(outcomes=[matrix()[1] | {"items": after, "pre_items": before}])
    assert crossed(planned.primary) == pair
    found = [one for one in by_names(planned) if one.code == "items_perhaps_crossed"]
    assert [(one.facts["before"], one.facts["after"]) for one in found] == ([] if pair is None else [pair])
    assert all(pair[1] in words(lang).problem(one) for one in found for lang in ("nl", "en"))


# what may be told


def test_the_record_has_every_count_and_the_card_none():
    columns, first = matrix(1, 0)
    found = measured(columns, "one_group", first=first)
    verdict = judge(found)
    entries = private_record(found, verdict).to_json()["levels"]
    assert len(entries) == 12
    afterwards = {one["goal"]: one["pupils"] for one in entries if one["occasion"] == "post"}
    assert afterwards["LPD 3"] == [24 - sum(columns["LPD 3 mrt"]), sum(columns["LPD 3 mrt"])]
    assert evidence(found, verdict).to_json()["levels"] == []
    share = measured(graded())
    card, record = evidence(share, judge(share)).to_json(), private_record(share, judge(share)).to_json()
    assert [one["pupils"] for one in record["levels"]] == [
        list(counts) for arm in share.primary.arms.values() for counts in (arm.levels_pre, arm.levels_post)
    ]
    assert card["levels"] == []
    assert all(one["value"] == round(one["value"], 1) for one in card["estimates"] if one["metric"] == "points")


def with_goals(reached, judged=24, before=None):
    """A result whose goals were reached by so many of ``judged`` pupils, all of them judged on every goal."""
    columns, first = matrix(1, 0, goals=len(reached))
    result = measured(columns, "one_group", first=first).primary
    counts = tuple(
        GoalCount(n, "single", judged, count, None if before is None else before[n], judged, count, None)
        for n, count in enumerate(reached)
    )
    return replace(result, goals=Goals(result.goals.names, counts, result.goals.post, None))


@pytest.mark.parametrize("reached", list(product((0, 1, 4, 6, 7, 12, 17, 18, 24), repeat=3)))
def test_no_hidden_count_is_known_closer_than_six_from_the_others_and_the_mean_number_of_goals(reached):
    """An attacker knows the pupils, the goals told, why others are hidden, and the sum of all (mean times pupils)."""
    rows = goal_rows(with_goals(reached))
    told = [row.after for row in rows]
    assert all(not isinstance(value, int) or 7 <= value <= 17 for value in told)

    def fits(counts):
        return sum(counts) == sum(reached) and all(
            value == count if isinstance(value, int)
            else count < 7 if value == "few" else count > 17 if value == "nearly_all" else True
            for value, count in zip(told, counts, strict=True)
        )  # fmt: skip

    possible = [counts for counts in product(range(25), repeat=3) if fits(counts)]
    assert tuple(reached) in possible
    if set(told) != {"hidden"}:
        for goal, value in enumerate(told):
            assert isinstance(value, int) or np.ptp([counts[goal] for counts in possible]) >= 6, (reached, told)


def test_who_was_judged_on_a_goal_tells_of_no_few_who_were_not():
    columns, first = matrix(1, 0)
    columns["LPD 2 mrt"][:2] = ["", ""]
    few = measured(columns, "one_group", first=first).primary
    assert {row.judged for row in goal_rows(few)} == {22}, "beside 24 the two would be told"
    columns["LPD 2 mrt"][:8] = [""] * 8
    more = measured(columns, "one_group", first=first).primary
    assert {row.goal: row.judged for row in goal_rows(more)} == {0: 24, 1: 24, 2: 16, 3: 24, 4: 24, 5: 24}


def test_shares_are_told_all_or_none():
    """Beside a difference of shares, the share of one arm gives that of the other."""
    scores = graded(effect=0.4)
    found = measured(scores, first=outcome(goal={"share": 0.5}))
    assert shares_may_show(found.primary) and goal_may_show(found.primary)
    counts = found.primary.arms["treated"].levels_post
    assert f"{counts[1]} van de 96" in page_text(found)
    last = [n for n, group in enumerate(scores["groep"]) if group == "nieuw"]
    scores["na"] = ["behaald" if n in last[:-3] else "niet behaald" if n in last else cell
                    for n, cell in enumerate(scores["na"])]  # fmt: skip
    few = measured(scores, first=outcome(goal={"share": 0.5}))
    control = few.primary.arms["control"]
    text = page_text(few)
    assert not shares_may_show(few.primary)
    assert f"{control.levels_post[1]} van de" not in text and "93 van de" not in text
    assert words("nl")("verdict.goal.hidden_levels") in text and words("nl")("share.told.hidden") in text


def test_levels_are_joined_until_five_pupils_lie_between_two_that_are_told():
    found = measured(graded(levels=ZONES, size=40), first=outcome(ZONES)).primary
    for counts in product((0, 3, 5, 30), repeat=5):
        arms = {
            name: replace(arm, levels_pre=None, levels_post=counts if name == "treated" else (20,) * 5)
            for name, arm in found.arms.items()
        }
        shown = shown_levels(replace(found, arms=arms))
        edges = [0, *shown, 5]
        assert not shown or all(sum(counts[a:b]) >= 5 for a, b in zip(edges, edges[1:], strict=False)), counts


def test_a_goal_between_joined_levels_is_not_counted():
    found = measured(graded(levels=ZONES), first=outcome(ZONES, goal={"at_least": "A", "share": 0.5})).primary
    arms = {name: replace(arm, levels_pre=None, levels_post=(30, 30, 30, 4, 2)) for name, arm in found.arms.items()}
    hidden = replace(found, arms=arms)
    assert 4 not in shown_levels(hidden) and not goal_may_show(hidden)


def test_numbers_of_single_classes_stay_home_where_they_would_tell_a_count():
    found = measured(graded(size=40, effect=0.2), first=outcome(pre=None))
    assert classes_may_show(found.primary)
    few = replace(found.primary.classes[0], mean=100 * 37 / 40)
    hidden = replace(found.primary, classes=(few, *found.primary.classes[1:]))
    assert not classes_may_show(hidden)
    assert evidence(replace(found, results=(hidden,)), judge(found)).to_json()["checks"][-1]["outcome"] == "toets"
    card = evidence(replace(found, results=(hidden,)), judge(found)).to_json()
    assert {c["code"]: c["value"] for c in card["checks"]}["leave_one_out_low"] is None


def test_small_groups_tell_nothing_of_levels():
    for levels in (PASSED, ZONES):
        found = measured(graded(1, 0, size=8, levels=levels), "one_group", first=outcome(levels))
        assert "van de 8" not in page_text(found)


# the page, the draft, and real files


def test_a_share_is_told_in_twenty_pupils_too():
    scores = graded(8, 8, effect=1.2)
    design = {"kind": "comparison", "assigned": "class", "randomised": True}
    found = measured(scores, design=design)
    main = found.primary.main
    assert judge(found).capped_code in ("LEAN_POS", "CLEAR_POS", "CLEAR_BIG")
    number = words("nl").number(main.value / 5, 1)
    assert f"Per 20 leerlingen haalden er zo ongeveer {number} meer het" in page_text(found)


def test_a_first_study_file_proposes_levels():
    scores = graded(2, 2)
    columns = {"Leerling": scores["leerling"], "Klas": scores["klas"], "Zwemproef voor": scores["voor"],
               "Zwemproef na": scores["na"]}  # fmt: skip
    proposal = propose(table(columns))
    text = study_draft(proposal, words("nl"), study_id="zwemmen")
    assert 'levels = ["niet behaald", "behaald"]' in text and "#goal = { share = 0.8 }" in text
    unknown = columns | {"Zwemproef na": ["kikker", "vis", "eend"] * 32, "Zwemproef voor": ["eend", "vis", "vis"] * 32}
    asked = study_draft(propose(table(unknown)), words("nl"), study_id="zwemmen")
    assert 'levels = []   # VUL IN, kies uit: "eend", "vis", "kikker"' in asked
    assert "levels" not in study_draft(propose(table({"Leerling": scores["leerling"], "Geslacht na": ["M"] * 96})),
                                       words("nl"), study_id="x").split("#goal")[0].split("post")[0]  # fmt: skip


def test_real_pupils_who_pass(real_data):
    """395 pupils of two Portuguese schools: paid lessons beside passing, and one share of a whole group."""
    with (real_data / "uci_student_mat.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    columns = {name: [row[name] for row in rows] for name in ("school", "paid", "higher")}
    columns["passed"] = [float(int(row["G3"]) >= 10) for row in rows]
    first = {"name": "pass", "label": "Pass", "domain": "learning_gain", "post": "passed", "scale": [0, 1]}
    planned = study(
        "comparison", columns={"school": "school", "group": "paid"}, groups={"treated": ["yes"], "control": ["no"]},
        design={"kind": "multi_site", "site": "school"}, outcomes=[first],
    )  # fmt: skip
    found = measure(planned, bind(planned, table(columns)))
    gaps = [
        np.mean([p for p, s, g in zip(columns["passed"], columns["school"], columns["paid"], strict=True)
                 if s == school and g == "yes"])
        - np.mean([p for p, s, g in zip(columns["passed"], columns["school"], columns["paid"], strict=True)
                   if s == school and g == "no"])
        for school in ("GP", "MS")
    ]  # fmt: skip
    assert found.primary.main.value == pytest.approx(100 * np.mean(gaps))
    assert "Zitten er punten achter halen of niet halen?" in page_text(found)
    first = first | {"post": "higher", "levels": ["no", "yes"]}
    del first["scale"]
    planned = study("one_group", columns={"school": "school"}, outcomes=[first])
    alone = measure(planned, bind(planned, table(columns)))
    yes = columns["higher"].count("yes")
    assert alone.primary.arms["single"].levels_post == (395 - yes, yes)


def test_a_real_question_with_five_answers(real_data):
    with (real_data / "cz_attitudes_3waves.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    columns = {name: [row[name].replace("NA", "") for row in rows] for name in ("ID", "Group")}
    columns |= {when: [row[f"{when}PANAS_01"].replace("NA", "") for row in rows] for when in ("Pre", "Post")}
    first = {"name": "panas", "label": "Panas", "domain": "wellbeing", "pre": "Pre", "post": "Post",
             "levels": ["1", "2", "3", "4", "5"], "source": "questionnaire"}  # fmt: skip
    planned = study("one_group", columns={"pupil": "ID"}, outcomes=[first])
    found = measure(planned, bind(planned, table(columns)))
    arm = found.primary.arms["single"]
    both = [(a, b) for a, b in zip(columns["Pre"], columns["Post"], strict=True) if a and b]
    assert arm.levels_post == tuple(sum(b == str(k) for _, b in both) for k in range(1, 6))
    assert found.primary.estimates == ()
    assert "Minstens de helft van de leerlingen" in page_text(found)


def test_what_levels_cannot_do_yet_is_refused_by_name():
    with pytest.raises(Problems, match="plan_in_levels"):
        plan_verb(study(outcomes=[outcome()]))
    waves = {"kind": "growth", "waves": ["a", "b", "c"]}
    planned = study("one_group", design=waves, outcomes=[outcome(between=["midden"])])
    assert any(problem.code == "levels_over_waves" for problem in not_yet(planned))


def test_a_list_of_one_is_not_called_empty():
    for changes, code in (({"post": None, "pre": None, "items": ["a"]}, "items_too_few"),
                          ({"levels": ["ja"]}, "list_too_short"), ({"levels": []}, "key_empty")):  # fmt: skip
        content = plan(outcomes=[outcome(**changes)])
        with pytest.raises(ValueError) as invalid:
            Study.model_validate(content)
        found = {problem.code for problem in (_problem(error, content, {}, "x") for error in invalid.value.errors())}
        assert code in found


def test_goals_are_told_as_goals():
    columns, first = matrix(3, 0)
    for lang, wrong in (("nl", "10 doelen uit elkaar"), ("en", "10 goals apart")):
        assert wrong not in page_text(measured(columns, "one_group", first=first), lang)
    best = columns | {name: [1.0] * len(cells) for name, cells in columns.items() if name.endswith("mrt")}
    best["LPD 0 mrt"] = [0.0] * 9 + [1.0] * (len(best["LPD 0 mrt"]) - 9)
    text = page_text(measured(best, "one_group", first=first))
    assert "leerlingen haalden elk doel" in text and "te makkelijk" not in text
    assert "Groei in gehaalde doelen" in text and "Groei in punten" not in text


def test_no_interval_goes_beyond_what_can_be():
    columns, first = matrix(2, 2, goals=3)
    far = measured(columns, first=first)
    main = replace(far.primary.main, value=1.0, interval=Interval(-4.0, 5.0))
    estimates = (main, *(one for one in far.primary.estimates if one is not far.primary.main))
    text = page_text(replace(far, results=(replace(far.primary, estimates=estimates),)))
    assert far.primary.reach == 3 and "Verder dan 3 doelen kan een verschil niet gaan" in text
    assert "−3,00 tot 3,00" in text and "5,00" not in text and "4,00" not in text
    few = measured(graded(2, 2, effect=1.5, seed=8))
    wide = replace(few.primary.main, interval=Interval(-60.0, 130.0))
    seen = replace(few, results=(replace(few.primary, estimates=(wide,), alarms=()),))
    assert "130" not in page_text(seen) and "−60,0 tot 100,0" in page_text(seen)


def test_at_the_highest_level_there_is_no_higher():
    scores = graded(levels=ZONES, size=40)
    scores["na"] = ["A" if n % 3 else cell for n, cell in enumerate(scores["na"])]
    scores["voor"] = ["E" if n % 3 else cell for n, cell in enumerate(scores["voor"])]
    goal = {"at_least": "A", "share": 0.5}
    for lang, at, never in (
        ("nl", "stond vooraf op “E”, en achteraf op “A”.", ("“A” of hoger", "minstens “A”")),
        ("en", "stood at “E” before, and at “A” afterwards.", ("“A” or higher", "at least “A”")),
    ):
        text = page_text(measured(scores, first=outcome(ZONES, goal=goal)), lang)
        assert at in text and not any(wrong in text for wrong in never)


def test_no_outcome_is_copied_with_a_heading_that_is_worked_out():
    """``pre`` and ``post`` are worked out from the fields; a copy changes ``pre_header`` and ``post_header``."""
    package = EXAMPLES.parents[1] / "gsl_research"
    copied = re.compile(r"""model_copy\([^)]*["'](pre|post)["']:""", re.DOTALL)
    assert not [path.name for path in package.rglob("*.py") if copied.search(path.read_text("utf-8"))]


def test_exploring_tells_levels_as_the_page_does_and_leaves_no_class_out():
    scores = graded(size=12)
    planned, data = bound(scores, outcomes=[outcome(goal={"share": 0.5})])
    assert "procentpunten" in repr(what_if.explore(planned, data))
    assert what_if.offer(planned, data).without == (), "with and without a class, two shares tell its count"
    assert what_if.offer(planned, data).margins == ()
    columns, first = matrix()
    assert "doelen" in repr(what_if.explore(*bound(columns, outcomes=[first])))


@pytest.mark.parametrize("levels", [PASSED, ZONES])
def test_who_is_missing_is_counted_and_nothing_of_points_is_made_of_it(levels):
    scores = graded(levels=levels)
    scores["na"] = ["afw" if n % 9 == 0 else cell for n, cell in enumerate(scores["na"])]
    found = measured(scores, first=outcome(levels))
    missing = found.primary.missing
    assert sum(missing.left.values()) == 22 and missing.before == {} and missing.bounds is None
    assert missing.tipping == {} and missing.imputed is None and missing.with_late is None
    assert "Hoe zij vooraf scoorden" not in page_text(found)


def test_nothing_of_points_is_told_of_levels():
    for levels, kind in ((PASSED, "share"), (ZONES, "order")):
        found = measured(graded(levels=levels), first=outcome(levels))
        assert found.primary.kind == kind and found.primary.changed is None and found.primary.spread is None
        assert all(isinstance(e, Estimate) and e.unit != "points" for e in found.primary.estimates)
        assert all(cell.bins is None for cell in found.primary.classes)


def test_the_examples_are_of_these_kinds():
    kinds = {}
    for stem in ("fietsproef-acht-klassen", "rekendoelen-een-klas"):
        planned = gsl.load_study(EXAMPLES / f"{stem}.toml")
        found = gsl.measure(planned, gsl.load_data(EXAMPLES / f"{stem}.csv", planned))
        kinds[stem] = [result.kind for result in found.results]
    assert kinds == {"fietsproef-acht-klassen": ["share", "order"], "rekendoelen-een-klas": ["goals"]}

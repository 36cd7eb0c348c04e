"""Classes that start one after the other, from a score file to a page: what is measured, how firm it may be, what is
said and what is not."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import bound

import gsl_research as gsl
from gsl_research import pictures
from gsl_research.charts.picture import Picture
from gsl_research.explore import what_if
from gsl_research.judge import judge
from gsl_research.measure import measure
from gsl_research.methods import clusters, stepped
from gsl_research.methods.moments import class_moments
from gsl_research.problems import Problems
from gsl_research.report import report
from gsl_research.telling import Telling
from gsl_research.wording import words

FOUR = (1, 1, 2, 2, 3, 3, 4, 4)
WAIT = (1, 1, 1, 2, 2, 2)
OUTCOME = {"name": "toets", "label": "Toets", "domain": "learning_gain", "post": "punten", "scale": [0, 20]}
COLUMNS = {"pupil": "leerling", "class": "klas", "wave": "meting"}


@pytest.fixture(autouse=True)
def _without_drawing(monkeypatch):
    """The drawing adds no words, and takes most of the time."""
    monkeypatch.setattr(Picture, "svg", lambda *_, **__: "<svg xmlns='http://www.w3.org/2000/svg'/>")


def rows(starts=FOUR, waves=5, size=15, effect=1.0, seed=2, sizes=None) -> dict[str, list]:
    """A score file with a row per pupil and wave; ``waves`` as a start is never."""
    draw = np.random.default_rng(seed)
    columns: dict[str, list] = {name: [] for name in ("leerling", "klas", "meting", "start", "punten")}
    for j, start in enumerate(starts):
        level = draw.normal(0, 0.5)
        for pupil in range(sizes[j] if sizes else size):
            ability = draw.normal(0, 2)
            for wave in range(waves):
                points = 8 + level + ability + 0.5 * wave + effect * (wave >= start) + draw.normal(0, 1.2)
                told = "nooit" if start >= waves else str(start + 1)
                points = f"{min(max(points, 0), 20):.1f}".replace(".", ",")
                cells = (f"p{j}-{pupil}", f"k{j}", str(wave + 1), told, points)
                for name, cell in zip(columns, cells, strict=True):
                    columns[name].append(cell)
    return columns


def without(columns: dict[str, list], gone) -> dict[str, list]:
    """The file without the rows of which ``gone(klas, leerling, meting)`` holds."""
    keep = [not gone(*cells) for cells in zip(columns["klas"], columns["leerling"], columns["meting"], strict=True)]
    return {name: [cell for cell, kept in zip(cells, keep, strict=True) if kept] for name, cells in columns.items()}


def planned(drawn: bool = True, **changes) -> dict:
    design = {"kind": "stepped", "start_column": "start", "randomised": drawn}
    return {"design": design, "columns": COLUMNS, "outcomes": [OUTCOME]} | changes


def measured(file, drawn: bool = True, **changes):
    study, data = bound(file, "one_group", **planned(drawn, **changes))
    return measure(study, data)


def refused(file, **changes) -> set[str]:
    with pytest.raises(Problems) as raised:
        measured(file, **changes)
    for problem in raised.value.problems:
        for lang in ("nl", "en"):
            assert words(lang).problem(problem)
    return {problem.code for problem in raised.value.problems}


def page(measurement, lang: str = "nl") -> str:
    return " ".join(str(block) for block in report(measurement, judge(measurement), lang=lang).blocks)


def arrays(columns, waves=5):
    pupils = list(dict.fromkeys(columns["leerling"]))
    scores = np.full((len(pupils), waves), np.nan)
    for name, wave, points in zip(columns["leerling"], columns["meting"], columns["punten"], strict=True):
        scores[pupils.index(name), int(wave) - 1] = float(points.replace(",", "."))
    return np.array([int(name[1:].split("-")[0]) for name in pupils]), scores


# What is measured


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("drawn", [True, False])
def test_four_steps_are_the_rollout_of_the_method(better, drawn):
    columns = rows()
    result = measured(columns, drawn, outcomes=[OUTCOME | {"better": better}]).primary
    codes, scores = arrays(columns)
    sign = 1 if better == "higher" else -1
    means = stepped.wave_means(codes, np.array(FOUR), sign * scores)
    ways = stepped.orders(FOUR, rng=np.random.default_rng(1))
    expected = stepped.rollout(means, ways, unit="points", drawn=drawn)
    main = result.main
    assert (main.value, main.se, main.interval) == (
        pytest.approx(expected.estimate.value), pytest.approx(expected.estimate.se), expected.estimate.interval
    )  # fmt: skip
    found = {check.code: check.value for check in result.checks}
    if drawn:
        assert found["permutation_p"] == expected.p and found["permutation_smallest_p"] == 1 / 2520
    assert ("permutation_p" in found) == drawn
    assert {one.estimator for one in result.beside} == {"class_and_wave_effects"}
    assert result.units == 8 and result.steps.sizes == (2, 2, 2, 2) and result.steps.pupils == 120
    unit = {item.number: item.unit for item in result.classes}
    for one in result.steps.classes:
        of_class = codes == unit[one.number]
        assert one.means == pytest.approx(scores[of_class].mean(axis=0)), "raw points, classes by their start"
    for one in result.classes:
        assert one.mean == pytest.approx(sign * means.mean[one.unit, result.steps.at]), "in raw points too"


def test_two_steps_are_a_comparison_at_the_last_wave_before_the_second():
    columns = rows(WAIT, waves=3)
    result = measured(columns).primary
    codes, scores = arrays(columns, 3)
    treated = np.array(WAIT) == 1
    adjusted = clusters.adjusted_means(class_moments(codes, scores[:, 0], scores[:, 1]), treated)
    expected = clusters.adjusted_difference(adjusted, unit="points")
    assert (result.main.value, result.main.se, result.main.df) == pytest.approx((expected.value, expected.se, 4))
    assert result.main.estimator == "adjusted_class_means" and result.steps.two and result.steps.at == 1
    moved = scores[:, 2] - scores[:, 1]
    later = result.steps.later
    assert later.waiting == pytest.approx(moved[codes > 2].mean()) and later.first == pytest.approx(
        moved[codes < 3].mean()
    )
    assert "Bij meting “3” was ook de rest begonnen." in page(measured(columns))


def test_the_second_look_counts_better_as_more_and_needs_ten_pupils_a_class():
    columns = rows(WAIT, waves=3, size=10)
    higher, lower = (
        measured(columns, outcomes=[OUTCOME | {"better": better}]).primary.steps.later for better in ("higher", "lower")
    )
    assert (lower.waiting, lower.first) == pytest.approx((-higher.waiting, -higher.first))
    few = without(columns, lambda _, name, wave: name == "p4-0" and wave == "3")
    assert measured(few).primary.steps.later is None


def test_never_is_a_step_without_a_second_look():
    result = measured(rows((1, 1, 1, 3, 3, 3), waves=3)).primary
    assert result.steps.two and result.steps.at == 2 and result.steps.later is None


def test_a_first_wave_at_which_some_had_started_is_no_test_before():
    result = measured(rows((0, 0, 0, 1, 1, 1), waves=2)).primary
    assert result.outcome.pre is None and result.steps.at == 0
    assert result.arms["treated"].mean_pre is None and result.check("baseline_g") is None
    verdict = judge(measured(rows((0, 0, 0, 1, 1, 1), waves=2), drawn=False))
    assert verdict.security.rating <= 1 and verdict.security.weakest == "comparison"


def test_columns_side_by_side_give_the_same():
    columns = rows()
    codes, scores = arrays(columns)
    wide = {f"m{wave + 1}": [f"{x:.1f}".replace(".", ",") for x in scores[:, wave]] for wave in range(5)}
    wide |= {"leerling": list(dict.fromkeys(columns["leerling"])), "klas": [f"k{j}" for j in codes]}
    wide["start"] = [str(FOUR[j] + 1) for j in codes]
    outcome = OUTCOME | {"pre": "m1", "between": ["m2", "m3", "m4"], "post": "m5"}
    design = planned()["design"] | {"waves": ["1", "2", "3", "4", "5"]}
    here = measured(wide, outcomes=[outcome], design=design, columns={"pupil": "leerling", "class": "klas"})
    there = measured(columns)
    assert here.primary.main == there.primary.main and here.primary.steps == there.primary.steps


@pytest.mark.parametrize(("drawn", "cap"), [(True, 4), (False, 3)])
@pytest.mark.parametrize("starts", [FOUR, WAIT])
def test_a_draw_of_the_order_caps_at_four_and_none_at_three(drawn, cap, starts):
    security = judge(measured(rows(starts), drawn)).security
    assert {one.criterion: one.cap for one in security.caps}["comparison"] == cap


def test_few_classes_in_three_steps_are_described():
    for starts in ((1, 2, 3), (1, 1, 2, 3)):
        measurement = measured(rows(starts))
        assert measurement.primary.main.status == "described"
        assert judge(measurement).capped_code == "ONE_CLASS"
        told = page(measurement)
        assert "Met zo weinig klassen" in told and "geven we geen van-tot" in told


# Whose start it is


def test_a_class_starts_at_one_moment():
    columns = rows()
    columns["start"] = [
        "5" if name.startswith("p2-") and int(name[3:]) < 4 else start
        for name, start in zip(columns["leerling"], columns["start"], strict=True)
    ]
    with pytest.raises(Problems) as raised:
        measured(columns)
    (problem,) = raised.value.problems
    assert problem.code == "starts_differ" and problem.facts["names"] == ["k2"] and problem.facts["count"] == 1


def test_schools_that_start_together_are_the_unit():
    columns = rows()
    columns["school"] = [f"s{int(name[1:]) // 2}" for name in columns["klas"]]
    measurement = measured(columns, columns=COLUMNS | {"school": "school"})
    assert measurement.cluster_level == "school" and measurement.primary.units == 4
    assert "coarser_cluster" in {problem.code for problem in measurement.warnings}
    assert "scholen die nog niet begonnen waren" in page(measurement)


def test_classes_without_a_column_are_asked_for():
    assert refused(rows(), columns={"pupil": "leerling", "wave": "meting"}) == {"unit_not_mapped"}


# What cannot be measured


@pytest.mark.parametrize("starts", [(5,) * 6, (2,) * 6, (0,) * 6, (1,)])
def test_without_both_sides_at_one_wave_there_is_nothing_to_compare(starts):
    assert refused(rows(starts)) == {"no_turns_seen"}


def test_a_step_without_scores_is_no_side():
    columns = without(rows((1, 1, 2, 2), waves=4), lambda klas, _, wave: klas in ("k0", "k1") and wave == "2")
    assert refused(columns) == {"no_turns_seen"}


def test_scores_that_do_not_differ_are_named():
    columns = rows(size=14)
    columns["punten"] = [f"{int(name.split('-')[1]) % 7 + int(wave)},0"
                         for name, wave in zip(columns["leerling"], columns["meting"], strict=True)]  # fmt: skip
    assert refused(columns) == {"no_class_spread"}
    columns["punten"] = ["7,0" for _ in columns["punten"]]
    assert "no_spread" in refused(columns)


def test_what_is_not_measured_yet_is_refused_by_name():
    study, data = bound(rows(), "one_group", **planned())
    with pytest.raises(Problems, match="not_yet"):
        measure(study.model_copy(update={"subgroups": ({"column": "taal"},)}), data)


def test_a_goal_of_gain_needs_a_wave_before_the_start():
    outcome = OUTCOME | {"goal": {"gain": 1.0}}
    side_by_side = {"outcomes": [outcome | {"pre": "a", "post": "b"}]}
    columns = rows((0, 0, 0, 1, 1, 1), waves=2)
    codes, scores = arrays(columns, 2)
    wide = {name: [f"{x:.1f}" for x in scores[:, wave]] for wave, name in enumerate("ab")}
    wide |= {"leerling": list(dict.fromkeys(columns["leerling"])), "klas": [f"k{j}" for j in codes]}
    wide["start"] = ["1" if j < 3 else "2" for j in codes]
    design = planned()["design"] | {"waves": ["1", "2"]}
    found = refused(wide, design=design, columns={"pupil": "leerling", "class": "klas"}, **side_by_side)
    assert found == {"gain_goal_without_gain"}


# Which wave, and which classes


def test_a_waiting_list_is_compared_at_the_wave_that_most_classes_made():
    columns = rows((1, 1, 1, 4, 4, 4), waves=4)
    assert measured(columns).primary.steps.at == 3
    nearly_empty = without(columns, lambda klas, _, wave: wave == "4" and klas not in ("k0", "k5"))
    result = measured(nearly_empty).primary
    assert (result.steps.at, result.units, result.class_df) == (2, 6, 4)
    few_pupils = without(columns, lambda _, name, wave: wave == "4" and int(name.split("-")[1]) > 2)
    assert measured(few_pupils).primary.steps.at == 2, "three of fifteen are not the class"
    some_ill = without(columns, lambda _, name, wave: wave == "4" and int(name.split("-")[1]) > 11)
    assert measured(some_ill).primary.steps.at == 3
    said = "We vergelijken bij meting “3”. Later stonden klassen met en zonder de aanpak ook nog naast elkaar"
    assert said in page(measured(nearly_empty)) and said not in page(measured(columns))


def test_a_class_without_a_wave_that_compares_counts_nowhere():
    """It was measured before, and when all had started: of neither is anything compared."""
    columns = without(rows(), lambda klas, _, wave: klas == "k4" and wave in ("2", "3", "4"))
    whole, alone = measured(columns), measured(without(columns, lambda klas, *_: klas == "k4"))
    for estimate, other in zip(whole.primary.estimates, alone.primary.estimates, strict=True):
        assert estimate == other
    result = whole.primary
    assert (result.units, result.main.df, result.main.n["classes"], result.steps.pupils) == (7, 5, 7, 105)
    assert result.steps.sizes == (2, 2, 1, 2) and len(result.steps.classes) == 7
    assert result.check("permutation_p").value == alone.primary.check("permutation_p").value
    assert "7 klassen, 105 leerlingen" in page(whole) and "8 klassen" not in page(whole)


def test_fewer_than_four_classes_that_compare_are_described():
    columns = rows((1, 2, 3, 3), waves=4)
    fewer = without(columns, lambda klas, _, wave: klas == "k3" and wave in ("2", "3"))
    assert measured(columns, False).primary.main.status == "ok"
    main = measured(fewer, False).primary.main
    assert (main.status, main.interval, main.n["classes"]) == ("described", None, 3)


@pytest.mark.parametrize("kept", [(), ("5",)])
def test_a_class_that_started_first_and_has_nothing_to_compare_decides_nothing(kept):
    """Without it the first wave comes before every start."""
    columns = rows((0, *FOUR))
    columns["punten"] = [
        "" if klas == "k0" and wave not in kept else points
        for klas, wave, points in zip(columns["klas"], columns["meting"], columns["punten"], strict=True)
    ]
    whole, alone = measured(columns), measured(without(columns, lambda klas, *_: klas == "k0"))
    assert whole.primary.outcome.pre is not None and whole.primary.check("baseline_g") is not None
    assert whole.primary.estimates == alone.primary.estimates
    assert whole.primary.check("classes_lost").value == 1
    assert "voor de eerste klassen begonnen" not in page(whole, "nl")
    early = measured(rows((0, *FOUR)))
    assert early.primary.outcome.pre is None, "with scores to compare it had started"


# Who is missing


def test_a_class_that_missed_a_wave_still_counts():
    columns = without(rows(), lambda klas, _, wave: klas == "k4" and wave == "3")
    result = measured(columns).primary
    assert result.units == 8 and result.check("classes_lost").value == 0
    assert result.check("attrition").value == pytest.approx(1 / 24)
    row = next(one for one in result.steps.classes if one.pupils[2] == 0)
    assert row.means[2] is None and row.start == 3


def test_a_class_without_any_wave_that_counts_is_lost():
    columns = without(rows(), lambda klas, _, wave: klas == "k4" and wave in ("2", "3", "4"))
    result = measured(columns).primary
    assert result.check("classes_lost").value == 1
    assert judge(measured(columns)).security.rating == 0


def test_pupils_count_at_the_waves_they_made():
    columns = without(rows(), lambda _, name, wave: name in ("p0-1", "p0-2") and wave == "2")
    result = measured(columns).primary
    codes, scores = arrays(columns)
    expected = stepped.rollout(
        stepped.wave_means(codes, np.array(FOUR), scores), stepped.orders(FOUR, rng=np.random.default_rng(1)),
        unit="points", drawn=True,
    )  # fmt: skip
    assert result.main.value == pytest.approx(expected.estimate.value) and result.steps.pupils == 120


# What is shared


def shown(measurement) -> list[tuple[float | None, ...]]:
    told = Telling(measurement, judge(measurement), words("nl"))
    (chart,) = pictures._turns(told)
    return [row[2:] for row in chart.table.rows]


def test_a_class_below_ten_at_a_wave_is_hidden_with_a_second_one():
    """The mean of a side at one wave is told: alone, a hidden class would be solved from the others."""
    columns = without(rows(size=12), lambda klas, name, wave: klas == "k5" and wave == "2" and int(name[3:]) < 3)
    cells = shown(measured(columns))
    assert [row[1] for row in cells].count("niet getoond") >= 2
    assert [row[2] for row in cells].count("niet getoond") == 0


def test_the_first_wave_hides_by_the_sides_whose_mean_is_told():
    """Both sides are told as they stand at the third wave: the first four classes beside the last two."""
    measurement = measured(rows((1, 1, 2, 2, 3, 3), waves=4, sizes=[7, 15, 15, 16, 11, 12]))
    assert measurement.primary.steps.at == 2 and measurement.primary.arms["treated"].mean_pre is not None
    first = [row[0] for row in shown(measurement)]
    assert first[0] == "niet getoond" and first[:4].count("niet getoond") >= 2, "one alone follows from the mean"


def test_what_single_classes_do_is_told_before_the_second_look():
    """After it, "the difference" would be that of the second look."""
    measurement = measured(rows(WAIT, waves=3, effect=0.0, seed=5))
    result = measurement.primary
    flagged = tuple(replace(c, flag=True) if c.code == "leave_one_out_low" else c for c in result.checks)
    told = page(replace(measurement, results=(replace(result, checks=flagged),)))
    assert 0 < told.index("Zonder één bepaalde klas") < told.index("Dat is een tweede blik")


def test_every_wave_counts_the_same_pupils_wherever_it_is_told():
    """The first wave stands beside the arms at one wave: both are of the pupils who have both."""
    columns = without(rows(), lambda _, name, wave: name in ("p3-1", "p3-2") and wave == "3")
    measurement = measured(columns)
    result = measurement.primary
    at, codes, scores = result.steps.at, *arrays(columns)
    assert at == 2
    both = ~np.isnan(scores[:, 0]) & ~np.isnan(scores[:, at])
    unit = {item.number: item.unit for item in result.classes}
    for one in result.steps.classes:
        mine = (codes == unit[one.number]) & both
        assert one.means[0] == pytest.approx(scores[mine, 0].mean()) and one.pupils[0] == mine.sum()
    assert not re.search(r"\b118\b", page(measurement)) and "120 leerlingen" not in page(measurement), (
        "two missed one wave"
    )


def test_a_class_that_is_left_out_is_gone_at_every_wave():
    columns = rows((0, 0, 1, 1, 2, 2), waves=3)
    study, data = bound(columns, "one_group", **planned())
    offered = what_if.offer(study, data)
    assert {number for together in offered.without for number in together} == {1, 2, 3, 4, 5, 6}
    told = str(what_if.explore(study, data, without=6))
    assert "5 klassen, 75 leerlingen" in told


def test_the_page_and_the_card_hold_no_missing_number():
    for starts, waves in ((FOUR, 5), (WAIT, 3), ((1, 2, 3), 4), ((0, 0, 1, 1, 2, 2), 3), ((1, 2), 3)):
        measurement = measured(rows(starts, waves))
        verdict = judge(measurement)
        for make in (gsl.evidence, gsl.private_record):
            card = make(measurement, verdict).to_json()
            json.dumps(card, allow_nan=False)
            assert card["study"]["design"] == "stepped" and card["data"]["classes"] == len(starts)
        for lang in ("nl", "en"):
            assert not re.search(r"\b(nan|None|inf)\b", page(measurement, lang).replace("answer=None", "").replace(
                "title=None", "")), starts  # fmt: skip


def test_degenerate_rollouts_end_in_a_page_or_a_sentence():
    for seed in range(60):
        draw = np.random.default_rng(seed)
        classes, waves = int(draw.integers(1, 9)), int(draw.integers(2, 6))
        starts = draw.integers(0, waves + 1, classes).tolist()
        sizes = draw.choice([1, 2, 4, 9, 10, 20], classes).tolist()
        columns = rows(starts, waves, seed=seed, sizes=sizes, effect=float(draw.choice([0, 1, 9])))
        share = draw.choice([0, 0.1, 0.6])
        lost = {(name, wave) for name, wave in zip(columns["leerling"], columns["meting"], strict=True)
                if draw.random() < share}  # fmt: skip
        columns = without(columns, lambda _, name, wave, lost=lost: (name, wave) in lost)
        if not columns["punten"]:
            continue
        if draw.random() < 0.2:
            columns["punten"] = [str(int(points[0]) % 2) for points in columns["punten"]]
        try:
            measurement = measured(columns, bool(draw.random() < 0.5))
        except Problems as found:
            assert all(words("nl").problem(problem) for problem in found.problems)
            continue
        json.dumps(gsl.evidence(measurement, judge(measurement)).to_json(), allow_nan=False)
        assert not re.search(r"\bnan\b|\binf\b", page(measurement)), seed

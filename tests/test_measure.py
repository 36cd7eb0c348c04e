"""From study and data to a Measurement: the right method, direction settled once, "not yet" by name."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT, bound, classes, plan, turned
from made_classes import check_estimate, squared_se, with_slope_error
from scipy import stats

from gsl_research.description import score_range
from gsl_research.estimate import Estimate, Interval
from gsl_research.judge import judge
from gsl_research.measure import measure, not_yet
from gsl_research.problems import Problems
from gsl_research.study import Study


def measured(scores, kind="comparison", **changes):
    study, data = bound(scores, kind, **changes)
    return measure(study, data)


def outcome(**changes):
    return {**plan()["outcomes"][0], **changes}


def test_comparison_is_a_t_test_on_adjusted_class_means():
    scores = classes(3, 4, effect=2)
    main = measured(scores).primary.main
    frame = pd.DataFrame(scores)
    frame[["voor", "na"]] = frame[["voor", "na"]].apply(lambda texts: texts.str.replace(",", ".").astype(float))
    centred = frame[["voor", "na"]] - frame.groupby("klas")[["voor", "na"]].transform("mean")
    slope = (centred.voor * centred.na).sum() / (centred.voor**2).sum()
    per_class = frame.groupby(["groep", "klas"])[["voor", "na"]].mean()
    adjusted = per_class.na - slope * per_class.voor
    value = adjusted["nieuw"].mean() - adjusted["gewoon"].mean()
    new = per_class.index.get_level_values("groep") == "nieuw"
    apart = per_class.voor["nieuw"].mean() - per_class.voor["gewoon"].mean()
    residual = (centred.na - slope * centred.voor) ** 2
    slope_variance = residual.sum() / (len(frame) - 8) / (centred.voor**2).sum()
    shared = max(apart**2 - squared_se(per_class.voor.to_numpy(), new), 0) * slope_variance
    check_estimate(main, value, with_slope_error(squared_se(adjusted.to_numpy(), new), 5, shared, len(frame) - 8), 5)


def test_one_class_is_a_paired_t_test_and_carries_no_p():
    scores = classes(1, 0)
    result = measured(scores, "one_group").primary
    pre, post = (np.array([float(s.replace(",", ".")) for s in scores[k]]) for k in ("voor", "na"))
    test = stats.ttest_rel(post, pre)
    assert result.main.interval.low == pytest.approx(test.confidence_interval().low)
    assert (result.main.p, result.main.class_df) == (None, 0)


def test_hci_is_the_oracle(real_data):
    from gsl_research.dataset import load_data

    study = Study.model_validate(
        plan("one_group", columns={"pupil": "id"}, outcomes=[outcome(pre="score.pre", post="score.post", scale=None)])
    )
    main = measure(study, load_data(real_data / "hci_prepost.csv", study)).primary.main
    assert main.value == pytest.approx(2.3125, rel=1e-12)
    assert main.interval.low == pytest.approx(0.630603632447658, rel=1e-12)
    assert main.interval.high == pytest.approx(3.99439636755234, rel=1e-12)


def test_two_classes_are_described_three_carry_an_interval():
    two, three = (measured(classes(n, 0), "one_group").primary.main for n in (2, 3))
    assert (two.status, two.interval) == ("described", None)
    assert (three.estimator, three.df) == ("class_gains", 2)


def test_one_class_per_arm_has_a_panel_and_never_a_p():
    result = measured(classes(1, 1, effect=5)).primary
    assert [e.assumed_icc for e in result.panel] == [0.05, 0.15, 0.25]
    assert all(e.p is None and e.class_df == 0 for e in result.estimates) and result.main is None
    widths = [e.interval.half_width for e in result.panel]
    assert widths == sorted(widths) and list(result.usual_gaps) == sorted(result.usual_gaps)
    assert 0 < result.tipping_icc < 1
    assert judge(measured(classes(1, 1, effect=5))).capped_code == "ONE_CLASS"


def test_questionnaires_assume_smaller_class_differences():
    result = measured(classes(1, 1), outcomes=[outcome(source="questionnaire")]).primary
    assert [e.assumed_icc for e in result.panel] == [0.02, 0.05, 0.10]


@pytest.mark.parametrize("arms", [(1, 2), (2, 1)])
def test_three_classes_keep_the_words_of_one_class_and_show_the_exact_t(arms):
    measurement = measured(classes(*arms))
    assert judge(measurement).code == "ONE_CLASS"
    assert measurement.primary.main.df == 1 and len(measurement.primary.panel) == 3


@pytest.mark.parametrize("arms", [(2, 2), (1, 4), (3, 3)])
def test_a_p_value_only_from_four_class_df(arms):
    main = measured(classes(*arms)).primary.main
    assert (main.p is not None) == (sum(arms) - 2 >= 4)


def mirrored(scores):
    turned = dict(scores)
    for name in ("voor", "na"):
        turned[name] = [f"{20 - float(s.replace(',', '.')):.1f}" for s in scores[name]]
    return turned


@pytest.mark.parametrize("arms", [(1, 1), (3, 3)])
def test_lower_is_better_mirrors_higher_is_better(arms):
    scores = classes(*arms, effect=1)
    up, down = measured(scores), measured(mirrored(scores), outcomes=[outcome(better="lower")])
    for a, b in zip(up.primary.estimates, down.primary.estimates, strict=True):
        assert a.value == pytest.approx(b.value)
        assert (a.interval and a.interval.low) == (b.interval and pytest.approx(b.interval.low))
    assert judge(up).code == judge(down).code
    ups, downs = (sorted(one.primary.classes, key=lambda item: item.unit) for one in (up, down))
    means = [(c.mean, 20 - d.mean) for c, d in zip(ups, downs, strict=True)]
    assert all(a == pytest.approx(b) for a, b in means), "class means stay on the test's own scale"


def test_one_group_where_lower_is_better():
    scores = classes(1, 0)
    up = measured(scores, "one_group")
    down = measured(mirrored(scores), "one_group", outcomes=[outcome(better="lower")])
    assert up.primary.main.value == pytest.approx(down.primary.main.value)
    assert up.primary.spread.value == pytest.approx(down.primary.spread.value)


def test_swapping_groups_flips_signs_and_nothing_else():
    scores = classes(3, 4, effect=1)
    swapped = {**scores, "groep": ["gewoon" if g == "nieuw" else "nieuw" for g in scores["groep"]]}
    for a, b in zip(measured(scores).primary.estimates, measured(swapped).primary.estimates, strict=True):
        assert (a.value, a.se, a.df) == (pytest.approx(-b.value), pytest.approx(b.se), b.df)


def test_order_of_rows_and_names_of_classes_change_nothing():
    scores = classes(3, 3, effect=1)
    order = np.random.default_rng(0).permutation(len(scores["klas"]))
    shuffled = {k: [v[i] for i in order] for k, v in scores.items()}
    renamed = {**scores, "klas": [f"z{9 - int(c[1:])}" for c in scores["klas"]]}
    first = measured(scores).primary.main
    for other in (shuffled, renamed):
        assert measured(other).primary.main.value == pytest.approx(first.value, rel=1e-12)


def test_missing_scores_are_counted_never_dropped_in_silence():
    scores = classes()
    scores["na"][0] = scores["voor"][1] = ""
    scores["na"][2] = scores["voor"][2] = "afw"
    measurement = measured(scores)
    assert measurement.dropped == {"no_pre": 1, "no_post": 1, "neither": 1} and measurement.rows == 120
    assert measurement.primary.check("attrition").value == pytest.approx(3 / 120)


def test_a_class_without_scores_is_a_class_lost():
    scores = classes()
    scores["na"] = ["" if c == "k0" else s for c, s in zip(scores["klas"], scores["na"], strict=True)]
    measurement = measured(scores)
    assert measurement.primary.check("classes_lost").value == 1
    assert judge(measurement).security.rating == 0 and judge(measurement).capped_code == "CANNOT"


def test_different_tests_use_the_pre_test_as_covariate_only():
    different = [outcome(tests="different", scale=None, pre_scale=[0, 20], post_scale=[0, 20])]
    same, other = measured(classes()), measured(classes(), outcomes=different)
    assert other.primary.main.value == same.primary.main.value and other.primary.spread is None
    alone = measured(classes(1, 0), "one_group", outcomes=different)
    assert alone.primary.estimates == () and judge(alone).code == "DESCRIBED"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"columns": {"pupil": "leerling", "class": "klas", "group": "groep", "own_goal": "voor"}}, "comparison"),
        ({"columns": {"pupil": "leerling", "class": "klas", "dose": "lessen"}}, "one_group"),
        ({"design": {"kind": "single_case", "phase": "f", "occasion": "o"}}, "one_group"),
    ],
)
def test_what_cannot_be_measured_yet_is_refused_by_name(changes, kind):
    study = Study.model_validate(plan(kind, **changes))
    assert {p.code for p in not_yet(study)} == {"not_yet"}


def test_data_of_another_study_are_a_mistake():
    _, data = bound(classes())
    other, _ = bound(classes(), id="ander")
    with pytest.raises(ValueError, match="bound to study"):
        measure(other, data)


def test_same_inputs_same_fingerprint():
    assert measured(classes()).fingerprint == measured(classes()).fingerprint != measured(classes(seed=2)).fingerprint


def test_degenerate_data_never_give_a_number_that_is_none():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scores = classes(int(rng.integers(1, 4)), int(rng.integers(1, 4)), size=int(rng.integers(1, 6)), seed=seed)
        for name in ("voor", "na"):
            if rng.random() < 0.5:
                scores[name] = [str(int(rng.integers(0, 3))) for _ in scores[name]]
        try:
            measurement = measured(scores)
        except Problems:
            continue
        judge(measurement)
        for estimate in measurement.primary.estimates:
            assert all(np.isfinite(v) for v in (estimate.value, estimate.se, estimate.df) if v is not None)


def test_random_studies_reach_a_page_without_an_exception():
    spec = importlib.util.spec_from_file_location("fuzz", PROJECT / "benchmarks" / "fuzz_studies.py")
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    assert len({fuzz.run(seed) for seed in range(120)}) >= 8


def test_an_estimate_outside_its_interval_cannot_exist():
    facts = dict(metric="points", estimator="x", unit="points", n={}, source="x")
    with pytest.raises(ValueError, match="outside its own interval"):
        Estimate(value=2.06, interval=Interval(2.99, 3.13), **facts)
    with pytest.raises(ValueError, match="no p-value"):
        Estimate(value=1, p=0.01, class_df=3, **facts)
    with pytest.raises(ValueError, match="finite"):
        Estimate(value=float("nan"), **facts)
    with pytest.raises(ValueError, match="low <= high"):
        Interval(2, 1)


def test_classes_that_are_copies_are_refused_not_given_a_width_of_nothing():
    one = classes(1, 0, size=20)
    copies = {name: values * 6 for name, values in one.items()}
    copies["klas"] = [f"k{i // 20}" for i in range(120)]
    copies["groep"] = ["nieuw"] * 60 + ["gewoon"] * 60
    copies["leerling"] = [f"p{i}" for i in range(120)]
    with pytest.raises(Problems) as raised:
        measured(copies)
    assert [p.code for p in raised.value.problems] == ["no_class_spread"]


def test_lift_is_the_rating_after_the_weakest_link_is_mended():
    changed = judge(measured(classes(12, 12, effect=1), conduct={"concurrent_change": True, "comparison": "parallel"}))
    caps = sorted(cap.cap for cap in changed.security.caps)
    assert changed.security.rating == max(caps[0] - 1, 0) and changed.security.lift <= caps[1]
    assert changed.security.lift == max(caps[1] - 1, 0)


def test_the_tipping_gap_is_the_usual_gap_at_the_tipping_icc():
    primary = measured(classes(1, 1, effect=5)).primary
    iccs = [e.assumed_icc for e in primary.panel]
    ratio = primary.usual_gaps[0] / np.sqrt(iccs[0] / (1 - iccs[0]))
    assert primary.tipping_gap == pytest.approx(ratio * np.sqrt(primary.tipping_icc / (1 - primary.tipping_icc)))


@pytest.mark.parametrize("span", [3, 8, 15, 40, 90])
def test_limits_without_a_scale_do_not_tell_the_lowest_and_highest_score(span):
    lows, highs = set(), set()
    for lowest in range(20, 24):
        low, high = score_range(np.array([lowest, lowest + 1, lowest + span], dtype=float))
        assert low < lowest and lowest + span < high
        lows.add(low)
        highs.add(high)
    assert min(len(lows), len(highs)) <= 3, "several lowest scores share one limit"


def test_a_goal_reached_to_the_decimal_that_is_shown_is_reached():
    scores = classes(1, 0)
    pre = [float(s.replace(",", ".")) for s in scores["voor"]]
    scores["na"] = [f"{p + 1.97 + 0.01 * (i % 2):.2f}".replace(".", ",") for i, p in enumerate(pre)]
    goal = [outcome(goal={"gain": 2.0}, scale=[0, 30])]
    assert judge(measured(scores, "one_group", outcomes=goal)).answers.goal == "reached"


def test_a_side_effect_is_safe_only_when_enough_pupils_were_measured():
    scores = classes(3, 3, effect=3, spread=0.1)
    scores["zv"], scores["zn"] = turned(scores["voor"]), turned(scores["na"])
    named = {"name": "zin", "label": "Zin", "domain": "motivation", "role": "side_effect"}
    side = outcome(**named, pre="zv", post="zn", smallest_worthwhile=2)
    pupils = list(enumerate(zip(scores["groep"], scores["zn"], strict=True)))
    for lost, code in ((0, "safe"), (12, "not_excluded")):
        told = {**scores, "zn": ["" if arm == "nieuw" and i % 20 < lost else s for i, (arm, s) in pupils]}
        assert [e.code for e in judge(measured(told, outcomes=[outcome(), side])).answers.side_effects] == [code]

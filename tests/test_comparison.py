"""Which calculations belong to a comparison: by the number of classes, by lot or not, in blocks or not."""

import numpy as np
import pandas as pd
import pytest
from conftest import bound, classes, plan, turned
from made_classes import check_estimate, class_means, slope_error, with_slope_error
from scipy import stats

from gsl_research.estimate import Estimate
from gsl_research.judge import judge
from gsl_research.measure import measure
from gsl_research.problems import Problems

DRAWN = {"design": {"kind": "comparison", "assigned": "class", "randomised": True}}


def outcome(**changes):
    return {**plan()["outcomes"][0], **changes}


def measured(scores, kind="comparison", **changes):
    study, data = bound(scores, kind, **changes)
    return measure(study, data)


def beside(scores, **changes) -> dict[str, Estimate]:
    return {estimate.estimator: estimate for estimate in measured(scores, **changes).primary.beside}


def refused(scores, **changes) -> dict[str, str]:
    return {one.estimator: one.reason for one in measured(scores, **changes).primary.refused}


def numbers(scores, name) -> np.ndarray:
    return np.array([float(text.replace(",", ".")) for text in scores[name]])


@pytest.mark.parametrize(
    ("arms", "ways"),
    [
        ((2, 2), {"gain_difference"}),
        ((2, 3), {"gain_difference"}),
        ((3, 3), {"gain_difference", "class_mean_pre", "welch_class_means"}),
        ((2, 6), {"gain_difference", "class_mean_pre"}),
        ((5, 6), {"gain_difference", "class_mean_pre", "welch_class_means"}),
        ((6, 6), {"gain_difference", "class_mean_pre", "welch_class_means", "reml_kenward_roger", "cr2"}),
    ],
)
def test_what_stands_beside_when_not_drawn(arms, ways):
    found = beside(classes(*arms))
    assert set(found) == ways
    assert all(estimate.status == "beside" and estimate.unit == "points" for estimate in found.values())


@pytest.mark.parametrize(("arms", "ways"), [((2, 2), set()), ((3, 3), {"welch_class_means"})])
def test_after_a_draw_the_bracket_of_adjustments_has_no_place(arms, ways):
    assert set(beside(classes(*arms), **DRAWN)) == ways


def test_what_is_missing_has_its_reason():
    assert refused(classes(2, 2)) == {"class_mean_pre": "too_few_classes", "welch_class_means": "too_few_classes"}
    assert refused(classes(1, 1)) == {"adjusted_class_means": "too_few_classes"}


def test_the_gain_is_left_out_when_the_tests_differ():
    assert "gain_difference" not in beside(classes(3, 3), outcomes=[outcome(tests="different")])


def test_a_known_reliability_adds_the_corrected_difference():
    scores = classes(3, 3)
    found = beside(scores, outcomes=[outcome(reliability=0.8)])["reliability_corrected"]
    frame = pd.DataFrame({"j": scores["klas"], "t": np.array(scores["groep"]) == "nieuw",
                          "x": numbers(scores, "voor"), "y": numbers(scores, "na")})  # fmt: skip
    centred = frame[["x", "y"]] - frame.groupby("j")[["x", "y"]].transform("mean")
    slope = (centred.x * centred.y).sum() / (centred.x**2).sum()
    pooled = np.sqrt(sum(((arm.x - arm.x.mean()) ** 2).sum() for _, arm in frame.groupby("t")) / (len(frame) - 2))
    within = (centred.x**2).sum() / (len(frame) - 6)
    reliability = 1 - 0.2 * pooled**2 / within
    means = frame.groupby(["t", "j"])[["x", "y"]].mean()
    adjusted = means.y - slope / reliability * means.x
    assert found.value == pytest.approx(adjusted[True].mean() - adjusted[False].mean(), rel=1e-9)


def test_too_little_reliability_is_said():
    assert refused(classes(3, 3), outcomes=[outcome(reliability=0.1)])["reliability_corrected"] == "too_unreliable"


def test_permutation_only_after_a_draw_and_from_four_class_df():
    def smallest(arms, **changes):
        check = measured(classes(*arms), **changes).primary.check("permutation_smallest_p")
        return check and check.value

    assert smallest((3, 3), **DRAWN) == pytest.approx(0.1)
    assert smallest((2, 3), **DRAWN) is None
    assert smallest((3, 3)) is None


def frame_of(scores):
    """codes, [pre], post of pupils with both scores, class k0 first."""
    frame = pd.DataFrame({"j": [int(name[1:]) for name in scores["klas"]], "x": numbers(scores, "voor"),
                          "y": numbers(scores, "na")}).dropna()  # fmt: skip
    return frame.j.to_numpy(), [frame.x.to_numpy()], frame.y.to_numpy()


def in_pairs(pairs: int, **changes) -> tuple[dict, dict]:
    scores = classes(pairs, pairs, **changes)
    scores["paar"] = [f"p{int(name[1:]) % pairs}" for name in scores["klas"]]
    design = {"kind": "comparison", "assigned": "class", "randomised": True, "blocks": True}
    columns = {"pupil": "leerling", "class": "klas", "group": "groep", "block": "paar"}
    return scores, {"design": design, "columns": columns}


def test_blocks_are_a_t_test_on_the_differences_within():
    scores, changes = in_pairs(5, effect=1.0)
    result = measured(scores, **changes).primary
    plain = measured(scores, **DRAWN).primary
    means = {item.unit: item.mean for item in plain.classes}
    gaps = np.array([means[j] - means[j + 5] for j in range(5)])
    codes, [pre], post = frame_of(scores)
    before = class_means(codes, pre)[0]
    seen = np.var(before[:5] - before[5:], ddof=1) / 5
    shared = slope_error(codes, [pre], post, np.where(np.arange(10) < 5, 0.2, -0.2), seen)
    assert (result.main.estimator, result.main.df, result.class_df) == ("within_blocks", 4, 4)
    se = with_slope_error(gaps.var(ddof=1) / 5, 4, shared, len(codes) - 11)
    check_estimate(result.main, gaps.mean(), se, 4, same=1e-9)
    assert result.beside == () and result.check("leave_one_out_low") is None
    assert result.check("permutation_smallest_p").value == pytest.approx(2 / 2**5)


def test_two_blocks_say_no_more_than_one_class_each():
    scores, changes = in_pairs(2)
    measurement = measured(scores, **changes)
    assert (judge(measurement).code, len(measurement.primary.panel)) == ("ONE_CLASS", 3)


def test_a_block_lost_on_one_side_stops():
    scores, changes = in_pairs(3)
    scores["na"] = ["" if name == "k0" else cell for name, cell in zip(scores["klas"], scores["na"], strict=True)]
    with pytest.raises(Problems, match="blocks_incomplete"):
        measured(scores, **changes)


def test_blocks_rate_by_the_df_of_blocks():
    scores, changes = in_pairs(5)
    caps = {cap.criterion: cap.cap for cap in judge(measured(scores, **changes)).security.caps}
    assert caps["class_df"] == 3


def test_a_school_may_fill_in_how_far_its_classes_usually_lie_apart():
    result = measured(classes(1, 1), outcomes=[outcome(usual_gap=0.8)]).primary
    own, *assumed = result.panel
    assert own.estimator == "own_usual_gap" and [e.estimator for e in assumed] == ["assumed_icc"] * 3
    assert result.usual_gaps[0] == pytest.approx(0.8)
    assert measured(classes(3, 3), outcomes=[outcome(usual_gap=0.8)]).primary.panel == ()


@pytest.mark.parametrize(("others", "cap"), [(6, 2), (3, 1)])
def test_other_classes_may_lend_their_spread(others, cap):
    measurement = measured(classes(1, 1), outcomes=[outcome(class_spread={"sd": 0.7, "classes": others})])
    found = {e.estimator: e for e in measurement.primary.beside}
    verdict = judge(measurement)
    assert {c.criterion: c.cap for c in verdict.security.caps}["class_df"] == cap
    assert verdict.code == "ONE_CLASS"
    if others < 4:
        assert "borrowed_class_spread" not in found
        return
    lent = found["borrowed_class_spread"]
    assert (lent.df, lent.class_df, lent.p) == (5, 0, None)
    codes, pre, post = frame_of(classes(1, 1))
    se = with_slope_error(2 * 0.7**2, 5, slope_error(codes, pre, post, np.array([1, -1])), len(codes) - 3)
    assert lent.interval.half_width == pytest.approx(stats.t.ppf(0.975, 5) * se, rel=1e-9)


def test_what_another_school_may_borrow_is_kept():
    found = measured(classes(3, 3)).primary
    means = np.array([item.mean for item in found.classes])
    pooled = np.sqrt((means[:3].var(ddof=1) + means[3:].var(ddof=1)) / 2)
    assert found.check("class_sd").value == pytest.approx(pooled, rel=1e-9)


def test_chosen_low_says_what_would_have_come_by_itself():
    known = {"reference_mean": 12.0, "reliability": 0.8}
    low = {"design": {"kind": "one_group", "selected_low": True}}
    scores = classes(1, 0)
    start = numbers(scores, "voor").mean()
    check = measured(scores, "one_group", outcomes=[outcome(**known)], **low).primary.check("regression_to_the_mean")
    assert (check.value, check.flag) == (pytest.approx(0.2 * (12 - start)), True)
    turned = {name: [f"{20 - value:.1f}" for value in numbers(scores, name)] for name in ("voor", "na")}
    lower = outcome(better="lower", **known | {"reference_mean": 8.0})
    other = measured({**scores, **turned}, "one_group", outcomes=[lower], **low).primary
    assert other.check("regression_to_the_mean").value == pytest.approx(check.value)
    for kind in ({}, {"outcomes": [outcome(reliability=0.8)], **low}, {"outcomes": [outcome(**known)]}):
        assert measured(scores, "one_group", **kind).primary.check("regression_to_the_mean") is None


def moved(scores, step):
    """The scores afterwards with ``step`` added, per class or per pupil's pre-test."""
    after = numbers(scores, "na") + np.array([step(name, pre) for name, pre in
                                              zip(scores["klas"], numbers(scores, "voor"), strict=True)])  # fmt: skip
    return scores | {"na": [f"{value:.2f}".replace(".", ",") for value in after]}


WIDE = [outcome(scale=None, smallest_worthwhile=0.5)]


def test_a_start_far_apart_makes_the_ways_disagree_and_caps_the_rating():
    """Nothing but a head start: adjusted for the pre-test something seems to remain, compared by gain it does not."""
    scores = classes(6, 6, spread=0.05, seed=3)
    ahead = {f"k{j}" for j in range(6)}
    before = [f"{value + (3 if name in ahead else 0):.1f}".replace(".", ",")
              for name, value in zip(scores["klas"], numbers(scores, "voor"), strict=True)]  # fmt: skip
    scores = moved(scores, lambda name, _: 3 if name in ahead else 0) | {"voor": before}
    measurement = measured(scores, outcomes=WIDE)
    result, verdict = measurement.primary, judge(measurement)
    ways = {e.estimator: e.value for e in result.beside}
    assert result.main.value > 0.7 and abs(ways["gain_difference"]) < 0.3
    assert "gain_difference" in {alarm.estimator for alarm in result.alarms}
    assert verdict.code in ("CLEAR_POS", "CLEAR_BIG")
    caps = {cap.criterion: cap.cap for cap in verdict.security.caps}
    assert caps["agreement"] <= 2 and verdict.capped_code not in ("CLEAR_POS", "CLEAR_BIG")


def test_ways_that_agree_do_not_cap():
    caps = {c.criterion: c.cap for c in judge(measured(classes(8, 8, effect=2, seed=2), **DRAWN)).security.caps}
    assert caps["agreement"] == 5


def test_a_small_arm_that_lies_far_apart_caps_the_rating():
    scores = moved(classes(3, 6, spread=0.1), lambda name, _: {"k0": 3, "k1": -3}.get(name, 0))
    verdict = judge(measured(scores, outcomes=WIDE, **DRAWN))
    assert {cap.criterion: cap.cap for cap in verdict.security.caps}["class_df"] == 2
    even = judge(measured(classes(3, 6, spread=0.1), outcomes=WIDE, **DRAWN))
    assert {cap.criterion: cap.cap for cap in even.security.caps}["class_df"] == 3


def test_slopes_that_differ_give_the_difference_at_a_weak_and_a_strong_start():
    def gentler(name, pre):
        return (-0.5 + 0.02 * int(name[1:])) * (pre - 9) if int(name[1:]) < 5 else 0

    scores = moved(classes(5, 5, effect=1), gentler)
    result = measured(scores, outcomes=WIDE, **DRAWN).primary
    weak, strong = result.by_start
    quartiles = np.percentile(numbers(scores, "voor"), (25, 75))
    assert [weak.pre, strong.pre] == pytest.approx(list(quartiles))
    assert weak.estimate.value > result.main.value > strong.estimate.value
    assert result.check("slopes").flag
    assert measured(classes(5, 5, seed=4), **DRAWN).primary.by_start == ()


def test_another_standardiser_stands_beside_when_the_spread_changed():
    scores = moved(classes(3, 3), lambda _, pre: 2 * pre)
    result = measured(scores, outcomes=WIDE).primary
    assert {e.unit for e in result.estimates if e.metric == "g"} == {"post_total_sd", "pre_total_sd"}
    assert result.g.unit == "post_total_sd"
    assert all(e.metric == "points" for e in result.beside)


def test_the_floor_is_counted_like_the_ceiling():
    scores = classes(3, 3)
    scores["na"] = ["0" if i % 20 < 4 else cell for i, cell in enumerate(scores["na"])]
    result = measured(scores).primary
    assert (result.check("floor").value, result.check("floor").flag) == (pytest.approx(0.2), True)
    assert result.check("ceiling").value == 0
    lower = measured(scores, outcomes=[outcome(better="lower")]).primary
    assert (lower.check("ceiling").value, lower.check("floor").value) == (pytest.approx(0.2), 0)


def test_one_class_each_still_has_the_other_ways_without_an_interval():
    found = beside(classes(1, 1), outcomes=[outcome(reliability=0.8)])
    assert set(found) == {"gain_difference", "reliability_corrected"}
    assert {(one.interval, one.se, one.p) for one in found.values()} == {(None, None, None)}


def lopsided_blocks():
    """Two schools far apart, one with three of its four classes in the new approach, the other with one: no effect."""
    scores = classes(4, 4)
    school = {name: "ab"[name in ("k0", "k4", "k5", "k6")] for name in scores["klas"]}
    scores["paar"] = [school[name] for name in scores["klas"]]
    for column in ("voor", "na"):
        moved = numbers(scores, column) + 3 * (np.array(scores["paar"]) == "a")
        scores[column] = [f"{score:.2f}".replace(".", ",") for score in moved]
    _, changes = in_pairs(4)
    return scores, changes


def test_with_blocks_the_panel_and_the_start_keep_to_the_blocks():
    scores, changes = lopsided_blocks()
    result = measured(scores, **changes).primary
    assert len(result.panel) == 3 and result.main.class_df == 1
    for entry in result.panel:
        assert (entry.value, entry.class_df) == (pytest.approx(result.main.value, rel=1e-9), 1)
    codes, [pre], _ = frame_of(scores)
    before = class_means(codes, pre)[0]
    gaps = [before[[1, 2, 3]].mean() - before[7], before[0] - before[[4, 5, 6]].mean()]
    sds = np.mean(gaps) / result.check("baseline_g").value
    arm = np.isin(codes, [0, 1, 2, 3])
    pooled = np.sqrt(sum(((pre[side] - pre[side].mean()) ** 2).sum() for side in (arm, ~arm)) / (len(pre) - 2))
    assert sds == pytest.approx(pooled, rel=1e-9)
    assert result.check("class_sd") is None and result.by_start == ()


def test_with_one_block_nobody_can_tell():
    scores, changes = in_pairs(3)
    scores["paar"] = ["a"] * len(scores["klas"])
    measurement = measured(scores, **changes)
    assert (judge(measurement).code, measurement.primary.class_df) == ("ONE_CLASS", 0)


def test_nothing_beside_is_no_agreement():
    scores, changes = in_pairs(5)
    measurement = measured(scores, **changes)
    assert measurement.primary.beside == () and measurement.primary.check("agreement") is None
    assert "agreement" not in {cap.criterion for cap in judge(measurement).security.caps}


def test_blocks_that_nobody_drew_have_the_gain_within_the_blocks_beside():
    scores, changes = in_pairs(5)
    result = measured(scores, **changes | {"design": changes["design"] | {"randomised": False}}).primary
    (gain,) = result.beside
    codes, [pre], post = frame_of(scores)
    gained = class_means(codes, post - pre)[0]
    test = stats.ttest_1samp(gained[:5] - gained[5:], 0)
    low, high = test.confidence_interval()
    assert (gain.estimator, gain.df) == ("gain_difference", 4)
    assert (gain.interval.low, gain.interval.high) == pytest.approx((low, high), rel=1e-9)
    assert result.check("agreement") is not None


def test_one_score_before_for_a_whole_class_stops():
    scores = classes(3, 3)
    scores["voor"] = [f"{int(name[1:]) + 4}" for name in scores["klas"]]
    with pytest.raises(Problems, match="no_spread_before"):
        measured(scores)


# Without a test before


def end_only(**changes):
    return [{key: value for key, value in outcome(**changes).items() if key not in ("pre", "tests")}]


@pytest.mark.parametrize("arms", [(2, 2), (5, 4)])
def test_without_a_test_before_class_means_are_compared(arms):
    scores = classes(*arms)
    result = measured(scores, outcomes=end_only()).primary
    means = pd.Series([float(score.replace(",", ".")) for score in scores["na"]]).groupby(scores["klas"]).mean()
    treated = [int(name[1:]) < arms[0] for name in means.index]
    found = stats.ttest_ind(means[treated], means[[not side for side in treated]])
    assert result.main.value == pytest.approx(means[treated].mean() - means[[not s for s in treated]].mean())
    assert result.main.value / result.main.se == pytest.approx(found.statistic)
    assert result.check("baseline_g") is None and result.check("slopes") is None
    assert {e.estimator for e in result.beside} <= {"welch_class_means"}


@pytest.mark.parametrize(("drawn", "cap"), [(True, 5), (False, 1)])
def test_without_a_test_before_only_a_draw_makes_a_comparison(drawn, cap):
    design = {"kind": "comparison", "assigned": "class", "randomised": drawn}
    verdict = judge(measured(classes(5, 5, effect=4), outcomes=end_only(), design=design))
    caps = {one.criterion: one.cap for one in verdict.security.caps}
    assert caps["comparison"] == cap and "baseline" not in caps
    assert (verdict.capped_code == "CANNOT") == (not drawn)


@pytest.mark.parametrize("drawn", [True, False])
def test_a_side_effect_without_a_test_before_is_safe_only_after_a_draw(drawn):
    scores = classes(10, 10, effect=0.5, spread=0.1)
    scores["zin"] = turned(scores["na"])
    side = end_only(name="zin", label="Zin", domain="motivation", role="side_effect", post="zin", smallest_worthwhile=2)
    design = {"kind": "comparison", "assigned": "class", "randomised": drawn}
    (effect,) = judge(measured(scores, outcomes=[outcome(), *side], design=design)).answers.side_effects
    assert effect.code == ("safe" if drawn else "not_excluded")

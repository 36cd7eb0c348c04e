"""Who left: counts by hand, pupils filled in row by row, every subset of scores, and what must hold."""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from made_classes import SAME, adjusted, difference, school
from scipy import optimize, stats

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import clusters, subgroups
from gsl_research.methods.attrition import (
    WWC_CAUTIOUS,
    WWC_OPTIMISTIC,
    WWC_OVERALL,
    LeeBounds,
    Loss,
    Tipping,
    highest_differential,
    lee_bounds,
    losses,
    tipping,
    who_left,
)
from gsl_research.methods.moments import class_moments

SEED = 20261123

# How many


def test_counts_by_hand():
    found = losses([20, 10, 20, 15, 5], [18, 0, 15, 15, 3], [True, True, False, False, False])
    assert found.pupils == Loss(30, 18, 40, 33)
    assert found.classes == Loss(2, 1, 3, 3)
    assert found.pupils_in_kept_classes == Loss(20, 18, 40, 33)
    assert (found.pupils.treated, found.pupils.control) == pytest.approx((12 / 30, 7 / 40))
    assert found.pupils.differential == pytest.approx(12 / 30 - 7 / 40)
    assert found.pupils.overall == pytest.approx(19 / 70)
    assert found.classes.overall == pytest.approx(1 / 5)
    turned = losses([20, 10, 20, 15, 5], [18, 0, 15, 15, 3], [False, False, True, True, True])
    assert turned.pupils.differential == pytest.approx(-found.pupils.differential)
    assert turned.pupils.overall == found.pupils.overall


def test_an_arm_that_lost_all_its_classes_has_no_kept_classes():
    found = losses([20, 10], [0, 9], [True, False])
    assert found.pupils_in_kept_classes is None
    assert found.classes == Loss(1, 0, 1, 1)


def test_the_table_as_the_field_page_has_it():
    for assumption, overall, allowed in (
        ("cautious", 0.0, 5.7), ("cautious", 0.10, 6.3), ("cautious", 0.30, 4.1), ("cautious", 0.57, 0.0),
        ("optimistic", 0.0, 10.0), ("optimistic", 0.10, 10.9), ("optimistic", 0.40, 6.0), ("optimistic", 0.65, 0.3),
    ):  # fmt: skip
        assert highest_differential(overall, assumption) == pytest.approx(allowed / 100, rel=1e-15)
    assert (len(WWC_OVERALL), len(WWC_CAUTIOUS), len(WWC_OPTIMISTIC)) == (15, 13, 15)


@pytest.mark.parametrize("allowed", [WWC_CAUTIOUS, WWC_OPTIMISTIC])
def test_no_value_of_the_table_falls_out_of_its_line(allowed):
    """A slip in one value bends the boundary: a whole point changes its slope by 0.4, and the true one by 0.12."""
    slopes = np.diff(allowed) / np.diff(WWC_OVERALL[: len(allowed)])
    assert np.abs(np.diff(slopes)).max() < 0.13
    assert (slopes[:2] > 0).all() and (slopes[2:] < 0).all()


@pytest.mark.parametrize("assumption", ["cautious", "optimistic"])
def test_between_rows_never_more_than_either(assumption):
    allowed = {"cautious": WWC_CAUTIOUS, "optimistic": WWC_OPTIMISTIC}[assumption]
    rows = WWC_OVERALL[: len(allowed)]
    for row, value in zip(rows, allowed, strict=True):
        assert highest_differential(row / 100, assumption) == value / 100
    for percent in np.arange(0, rows[-1], 0.37):
        found = highest_differential(percent / 100, assumption) * 100
        assert found <= np.interp(percent, rows, allowed) + 1e-12
        near = [i for i, row in enumerate(rows) if abs(row - percent) < 5.001]
        assert any(found == pytest.approx(allowed[i]) for i in near)
    assert highest_differential(0.12, "cautious") == pytest.approx(0.059)
    assert highest_differential(0.07, "cautious") == pytest.approx(0.061)
    for beyond in (rows[-1] / 100 + 0.005, 0.9, 1.0):
        assert highest_differential(beyond, assumption) is None


def test_beyond_58_percent_cautious_is_always_too_much():
    same = Loss(100, 42, 100, 42)
    assert not same.tolerable("cautious")
    assert same.tolerable("optimistic")
    assert not Loss(100, 30, 100, 30).tolerable("optimistic")


def test_tolerable_on_the_boundary_itself():
    assert Loss(100, 85, 100, 95).tolerable("optimistic")  # 10 % overall, 10.0 points
    assert not Loss(100, 85, 100, 95).tolerable("cautious")
    assert Loss(100, 55, 100, 65).overall == pytest.approx(0.4)
    assert Loss(1000, 570, 1000, 630).tolerable("optimistic")  # 40 % overall, 6.0 points
    assert not Loss(1000, 569, 1000, 631).tolerable("optimistic")
    assert Loss(1000, 630, 1000, 570).tolerable("optimistic")
    assert not Loss(1000, 631, 1000, 569).tolerable("optimistic")
    assert Loss(20, 20, 20, 20).tolerable("cautious")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Loss(0, 0, 5, 5),
        lambda: Loss(5, 6, 5, 5),
        lambda: Loss(5, 5, 5, -1),
        lambda: losses([5, 5], [5, 5], [True]),
        lambda: losses([5, 0], [5, 0], [True, False]),
        lambda: losses([5, 5], [5, 6], [True, False]),
        lambda: losses([5, 5], [5, -1], [True, False]),
        lambda: highest_differential(1.1, "cautious"),
        lambda: highest_differential(math.nan, "cautious"),
    ],
)
def test_counts_nobody_can_have_raise(wrong):
    with pytest.raises(ValueError, match="must|needs"):
        wrong()


def test_counts_that_cannot_be_compared_are_refused():
    assert losses([], [], []) == NotEstimated(estimator="attrition", reason="no_pupils")
    assert losses([5, 6], [5, 5], [True, True]) == NotEstimated(estimator="attrition", reason="empty_arm")


# Who


def leaving(seed, treated=5, control=4, share=0.25, lower=0.0):
    """codes, left, pre, treated: those who leave stand ``lower`` before on average than without leaving."""
    codes, pre, _, arm = school(seed, treated, control, (14, 25))
    left = np.random.default_rng(seed + 1000).random(len(codes)) < share
    return codes, left, pre - lower * left * arm[codes], arm


def by_hand(codes, left, pre):
    """pandas: contrast per class, weighted mean and its t."""
    data = pd.DataFrame({"code": codes, "left": left, "pre": pre})
    table = data.groupby(["code", "left"]).pre.agg(["mean", "size"]).unstack().dropna()
    d = table["mean"][True] - table["mean"][False]
    w = 1 / (1 / table["size"][True] + 1 / table["size"][False] + 0.08)
    mean = np.average(d, weights=w)
    return mean, math.sqrt(np.average((d - mean) ** 2, weights=w) / (len(d) - 1)), len(d)


@pytest.mark.parametrize("seed", range(4))
def test_who_left_by_hand(seed):
    codes, left, pre, arm = leaving(seed, lower=1.5)
    found = who_left(codes, left, pre, treated=arm, unit="points")
    for estimate, side in ((found.treated, arm), (found.control, ~arm)):
        rows = side[codes]
        value, se, classes = by_hand(codes[rows], left[rows], pre[rows])
        assert (estimate.value, estimate.se) == pytest.approx((value, se), rel=1e-9)
        assert estimate.df == estimate.class_df == classes - 1
        half = stats.t.ppf(0.975, classes - 1) * se
        assert (estimate.interval.low, estimate.interval.high) == pytest.approx((value - half, value + half), rel=1e-8)
        assert estimate.n["pupils_left"] == left[rows].sum()
    assert found.apart == subgroups.interaction(subgroups.contrasts(codes, left, pre, treated=arm), unit="points")
    within = [pre[arm[codes]], pre[~arm[codes]]]
    squares = sum(((one - one.mean()) ** 2).sum() for one in within)
    assert found.sd == pytest.approx(math.sqrt(squares / (len(pre) - 2)), rel=SAME)


def test_who_left_moves_with_the_scores_and_turns_with_the_arms():
    codes, left, pre, arm = leaving(2, lower=1.0)
    found = who_left(codes, left, pre, treated=arm, unit="points")
    moved = who_left(codes, left, 3 * pre - 40, treated=arm, unit="points")
    turned = who_left(codes, left, pre, treated=~arm, unit="points")
    opposite = who_left(codes, ~left, pre, treated=arm, unit="points")
    order = np.random.default_rng(1).permutation(len(codes))
    mixed = who_left(codes[order], left[order], pre[order], treated=arm, unit="points")
    for side in ("treated", "control", "apart"):
        here = getattr(found, side)
        assert getattr(moved, side).value == pytest.approx(3 * here.value, rel=1e-9)
        assert getattr(moved, side).se == pytest.approx(3 * here.se, rel=1e-9)
        assert getattr(opposite, side).value == pytest.approx(-here.value, rel=1e-9)
        assert getattr(mixed, side).value == pytest.approx(here.value, rel=1e-9)
    assert moved.sd == pytest.approx(3 * found.sd, rel=1e-9)
    assert (turned.treated, turned.control) == (found.control, found.treated)
    assert turned.apart.value == pytest.approx(-found.apart.value, rel=1e-9)


def test_few_classes_or_few_who_left_are_described():
    codes = np.repeat([0, 1, 2, 3], 12)
    pre = np.random.default_rng(3).normal(10, 2, 48)
    arm = np.array([True, True, False, False])
    left = np.tile(np.arange(12) < 4, 4)
    two_classes = who_left(codes, left, pre, treated=arm, unit="points")
    for estimate in (two_classes.treated, two_classes.control):
        assert (estimate.status, estimate.interval, estimate.se, estimate.p) == ("described", None, None, None)
    three = np.array([True, True, True, False])
    one_each = who_left(codes, np.tile(np.arange(12) < 1, 4), pre, treated=three, unit="points")
    assert one_each.treated.status == "described"
    assert one_each.treated.n == {"pupils_left": 3, "pupils_stayed": 33, "classes": 3}
    enough = who_left(codes, np.tile(np.arange(12) < 3, 4), pre, treated=three, unit="points")
    assert enough.treated.status == "ok"
    seven = np.tile(np.arange(12) < 3, 4) & (np.arange(48) != 2) & (np.arange(48) != 14)
    assert who_left(codes, seven, pre, treated=three, unit="points").treated.status == "described"
    eight = np.tile(np.arange(12) < 3, 4) & (np.arange(48) != 2)
    found = who_left(codes, eight, pre, treated=three, unit="points").treated
    assert (found.status, found.n["pupils_left"]) == ("ok", 8)
    nobody_differs = who_left(codes, left, codes + 0.1 * (np.arange(48) % 12 < 4), treated=three, unit="points")
    assert nobody_differs.treated.status == "described"
    assert nobody_differs.treated.value == pytest.approx(0.1)


def test_who_left_refuses_with_a_reason():
    codes, pre = np.repeat([0, 1], 6), np.arange(12.0)
    arm = np.array([True, False])
    whole_class = who_left(codes, codes == 0, pre, treated=arm, unit="points")
    assert whole_class.treated == NotEstimated(estimator="who_left", reason="too_few_classes")
    assert whole_class.control == NotEstimated(estimator="who_left", reason="no_pupils")
    assert isinstance(whole_class.apart, NotEstimated)
    one_arm = who_left(codes, pre < 2, pre, treated=np.array([True, True]), unit="points")
    assert one_arm.control == NotEstimated(estimator="who_left", reason="empty_arm")
    assert isinstance(one_arm.treated, Estimate)
    far = who_left(codes, pre % 3 == 0, pre * 1e155, treated=arm, unit="points")
    assert far.treated == NotEstimated(estimator="who_left", reason="out_of_reach")
    assert far.sd == 0
    nobody = who_left([], [], [], treated=[], unit="points")
    assert (nobody.treated.reason, nobody.control.reason, nobody.sd) == ("empty_arm", "empty_arm", 0)
    with pytest.raises(ValueError, match="member"):
        who_left(codes, [True], pre, treated=arm, unit="points")


def test_where_leaving_is_chance_the_interval_misses_0_in_one_of_twenty():
    """Four classes of 18 per arm, one in four leaves; standard error of the count 0.7 %."""
    rng, missed, runs = np.random.default_rng(SEED), 0, 500
    codes, arm = np.repeat(np.arange(4), 18), np.ones(4, dtype=bool)
    for _ in range(runs):
        pre = rng.normal(0, 0.5, 4)[codes] + rng.normal(0, 1, 72)
        found = who_left(codes, rng.random(72) < 0.25, pre, treated=arm, unit="sd").treated
        missed += found.interval is not None and not found.interval.holds(0)
    assert 0.02 < missed / runs < 0.08


# What it would take


def with_missing(seed, treated=4, control=4, effect=4.0, lose=0.3):
    """Some pupils of every arm have no post-test: kept rows as ``school`` gives them, and all rows."""
    codes, pre, post, arm = school(seed, treated, control, (12, 25))
    post = post + effect * arm[codes]
    rng = np.random.default_rng(seed + 500)
    kept = rng.random(len(codes)) > lose * rng.random(treated + control)[codes]
    return codes, pre, post, arm, kept


def means_and_missing(codes, pre, post, arm, kept):
    means = adjusted(codes[kept], pre[kept], post[kept], arm)
    return means, np.bincount(codes[~kept], minlength=len(arm))


def shifted(means, missing, delta):
    share = missing / (missing + means.n) * means.treated
    moved = replace(means, mean=means.mean - delta * share)
    return clusters.adjusted_difference(moved, unit="points")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("effect", [5.0, -6.0])
def test_at_the_tipping_points_the_difference_and_its_interval_are_0(seed, effect):
    means, missing = means_and_missing(*with_missing(seed, effect=effect))
    found = tipping(means, missing)
    value = clusters.adjusted_difference(means, unit="points").value
    assert math.copysign(1, found.sign) == math.copysign(1, value)
    assert 0 < found.interval / found.sign < 1
    assert shifted(means, missing, found.sign).value == pytest.approx(0, abs=1e-9)
    touching = shifted(means, missing, found.interval).interval
    assert min(abs(touching.low), abs(touching.high)) == pytest.approx(0, abs=1e-9 * abs(value))
    for part in np.linspace(0, 0.9999, 40):
        before = shifted(means, missing, part * found.interval).interval
        assert not before.holds(0)
    assert shifted(means, missing, 1.0001 * found.interval).interval.holds(0)


@pytest.mark.parametrize("seed", range(4))
def test_pupils_filled_in_row_by_row(seed):
    """Missing pupils on their class's line, those of treated classes so much lower: class means from all rows."""
    codes, pre, post, arm, kept = with_missing(seed, effect=6.0)
    means, missing = means_and_missing(codes, pre, post, arm, kept)
    found = tipping(means, missing)
    slope = means.slope[0]
    line = class_moments(codes[kept], pre[kept], post[kept]).mean
    for delta, check in ((found.sign, "sign"), (found.interval, "interval")):
        filled = line[codes, 1] + slope * (pre - line[codes, 0]) - delta * arm[codes]
        full = np.where(kept, post, filled)
        again = clusters.adjusted_means(class_moments(codes, pre, full), arm, slope=means.slope)
        ones, others = again.mean[arm], again.mean[~arm]
        t = stats.ttest_ind(ones, others)
        if check == "sign":
            assert ones.mean() - others.mean() == pytest.approx(0, abs=1e-9)
        else:
            se = clusters.adjusted_difference(means, unit="points").se
            plain = clusters.arm_weights(arm)
            rest = np.concatenate(
                [means.mean[arm] - means.mean[arm].mean(), means.mean[~arm] - means.mean[~arm].mean()]
            )
            of_slope = se**2 - rest @ rest / (len(arm) - 2) * (plain @ plain)
            half = stats.t.ppf(0.975, len(arm) - 2) * math.sqrt(
                ((ones.mean() - others.mean()) / t.statistic) ** 2 + of_slope
            )
            assert ones.mean() - others.mean() == pytest.approx(half, rel=1e-8)


def test_without_a_pre_test_it_is_the_t_test_of_class_means():
    codes, _, post, arm, kept = with_missing(3, effect=5.0)
    means = clusters.adjusted_means(class_moments(codes[kept], post[kept]), arm)
    missing = np.bincount(codes[~kept], minlength=len(arm))
    found = tipping(means, missing)
    mean = np.bincount(codes[kept], post[kept]) / np.bincount(codes[kept])
    full = np.where(kept, post, mean[codes] - found.interval * arm[codes])
    class_mean = np.bincount(codes, full) / np.bincount(codes)
    assert stats.ttest_ind(class_mean[arm], class_mean[~arm]).pvalue == pytest.approx(0.05, abs=1e-9)


def test_who_is_missing_elsewhere_does_not_matter_and_equal_shares_tip_together():
    means, missing = means_and_missing(*with_missing(1, effect=5.0))
    found = tipping(means, missing)
    assert tipping(means, np.where(means.treated, missing, 7)) == found
    half = tipping(means, means.n)
    estimate = clusters.adjusted_difference(means, unit="points")
    assert half.sign == pytest.approx(2 * estimate.value, rel=1e-12)
    assert half.interval == pytest.approx(2 * estimate.interval.low, rel=1e-9)
    fewer = tipping(means, missing // 2 + (missing > 0))
    assert fewer.sign > found.sign


def test_tipping_turns_and_scales():
    codes, pre, post, arm, kept = with_missing(4, effect=5.0)
    means, missing = means_and_missing(codes, pre, post, arm, kept)
    found = tipping(means, missing)
    turned, _ = means_and_missing(codes, pre, -post, arm, kept)
    scaled, _ = means_and_missing(codes, 5 - 2 * pre, 3 * post + 100, arm, kept)
    assert tipping(turned, missing).sign == pytest.approx(-found.sign, rel=SAME)
    assert tipping(turned, missing).interval == pytest.approx(-found.interval, rel=1e-9)
    assert tipping(scaled, missing).sign == pytest.approx(3 * found.sign, rel=SAME)
    assert tipping(scaled, missing).interval == pytest.approx(3 * found.interval, rel=1e-9)
    small, _ = means_and_missing(codes, pre, post / 1000, arm, kept)
    assert tipping(small, missing).interval == pytest.approx(found.interval / 1000, rel=1e-9)


def test_tipping_where_little_can_tip():
    unclear = adjusted(*school(12, 3, 3))
    assert difference(*school(12, 3, 3)).interval.holds(0)
    assert tipping(unclear, np.full(6, 2)).interval == 0
    nobody = tipping(unclear, np.where(unclear.treated, 0, 3))
    assert nobody == NotEstimated(estimator="tipping", reason="no_pupils")
    pair = adjusted(*school(4, 1, 1))
    found = tipping(pair, [3, 3])
    at = int(np.flatnonzero(pair.treated)[0])
    assert found == Tipping(pytest.approx(pair.difference * (pair.n[at] + 3) / 3, rel=1e-12), None)
    refused = clusters.adjusted_means(class_moments([], [], []), [])
    assert tipping(refused, []) == NotEstimated(estimator="tipping", reason="no_pupils")


@pytest.mark.parametrize("missing", [[1], [-1, 0], [math.nan, 0], [math.inf, 0]])
def test_missing_counts_nobody_can_have_raise(missing):
    with pytest.raises(ValueError, match="missing must"):
        tipping(adjusted(*school(4, 1, 1)), missing)


# Best and worst case


def scores(seed, n_treated, n_control, ties=False):
    rng = np.random.default_rng(seed)
    post = rng.normal(10, 3, n_treated + n_control)
    arm = rng.permutation(np.arange(n_treated + n_control) < n_treated)
    return (np.round(post / 2) if ties else post), arm


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("kept", "started"), [((9, 6), (12, 12)), ((5, 9), (10, 12)), ((8, 4), (8, 8))])
def test_bounds_are_those_over_every_subset(kept, started, ties):
    """Whole numbers of scores to set aside: all ways of choosing who stays."""
    post, arm = scores(7, *kept, ties=ties)
    found = lee_bounds(post, arm, started_treated=started[0], started_control=started[1])
    more = arm if kept[0] / started[0] > kept[1] / started[1] else ~arm
    stay = round(started[0 if more is arm else 1] * min(kept[0] / started[0], kept[1] / started[1]))
    means = [np.mean(chosen) for chosen in combinations(post[more], stay)]
    fixed = post[~more].mean()
    ends = (min(means) - fixed, max(means) - fixed) if more is arm else (fixed - max(means), fixed - min(means))
    assert (found.low, found.high) == pytest.approx(ends, rel=1e-10)
    assert found.arm == ("treated" if more is arm else "control")
    assert found.trimmed == pytest.approx(1 - stay / more.sum(), rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_bounds_with_parts_of_scores_by_linear_programming(seed):
    """Lowest and highest weighted mean when every score counts for 0 to 1 and the counts add up to what is left."""
    rng = np.random.default_rng(seed)
    n_treated, n_control = int(rng.integers(5, 30)), int(rng.integers(5, 30))
    started = n_treated + int(rng.integers(0, 12)), n_control + int(rng.integers(0, 12))
    post, arm = scores(seed, n_treated, n_control, ties=seed % 2 == 0)
    found = lee_bounds(post, arm, started_treated=started[0], started_control=started[1])
    rates = n_treated / started[0], n_control / started[1]
    more = arm if rates[0] > rates[1] else ~arm
    left = more.sum() * min(rates) / max(rates)
    ends = []
    for sign in (1, -1):
        best = optimize.linprog(
            sign * post[more] / left, A_eq=np.ones((1, more.sum())), b_eq=[left], bounds=(0, 1), method="highs"
        )
        ends.append(sign * best.fun)
    fixed = post[~more].mean()
    wanted = (ends[0] - fixed, ends[1] - fixed) if more is arm else (fixed - ends[1], fixed - ends[0])
    assert (found.low, found.high) == pytest.approx(wanted, rel=1e-8, abs=1e-10)
    assert found.trimmed == pytest.approx(1 - min(rates) / max(rates), abs=1e-12)


def test_bounds_hold_the_difference_and_turn_with_everything():
    post, arm = scores(3, 12, 9)
    found = lee_bounds(post, arm, started_treated=14, started_control=15)
    assert found.low < post[arm].mean() - post[~arm].mean() < found.high
    turned = lee_bounds(post, ~arm, started_treated=15, started_control=14)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), rel=1e-12)
    assert (found.arm, turned.arm) == ("treated", "control")
    moved = lee_bounds(1e6 + 2 * post, arm, started_treated=14, started_control=15)
    assert (moved.low, moved.high) == pytest.approx((2 * found.low, 2 * found.high), rel=1e-8)
    upside_down = lee_bounds(-post, arm, started_treated=14, started_control=15)
    assert (upside_down.low, upside_down.high) == pytest.approx((-found.high, -found.low), rel=1e-12)


def test_where_leaving_depends_on_the_approach_the_bounds_hold_the_truth():
    """Many pupils; the approach keeps pupils who would have left, all of them weak: the plain difference is off."""
    rng, n, effect = np.random.default_rng(SEED), 40_000, 0.3
    ability, arm = rng.normal(0, 1, n), np.arange(n) < n // 2
    kept = arm | (ability > -1)
    post = ability + effect * arm
    found = lee_bounds(post[kept], arm[kept], started_treated=n // 2, started_control=n // 2)
    plain = post[kept & arm].mean() - post[kept & ~arm].mean()
    assert found.high == pytest.approx(effect, abs=0.03)
    assert found.low < plain < effect - 0.2


def test_both_arms_keeping_as_many_gives_one_value():
    post, arm = scores(3, 6, 9)
    found = lee_bounds(post, arm, started_treated=8, started_control=12)
    plain = pytest.approx(post[arm].mean() - post[~arm].mean(), rel=1e-12)
    assert found == LeeBounds(plain, plain, 0.0, None)


def test_ties_are_treated_alike_in_any_order():
    post, arm = np.array([5.0, 5, 5, 5, 8, 1, 2, 3]), np.arange(8) < 5
    found = lee_bounds(post, arm, started_treated=5, started_control=4)
    again = lee_bounds(post[::-1], arm[::-1], started_treated=5, started_control=4)
    assert found == again
    assert (found.low, found.high) == pytest.approx((5 - 2, (8 + 2.75 * 5) / 3.75 - 2))


def test_bounds_refuse_with_a_reason():
    empty = NotEstimated(estimator="lee_bounds", reason="empty_arm")
    assert lee_bounds([1.0, 2.0], [True, True], started_treated=2, started_control=4) == empty
    assert lee_bounds([], [], started_treated=2, started_control=4) == empty
    far = lee_bounds([1e70, 2.0], [True, False], started_treated=2, started_control=4)
    assert far == NotEstimated(estimator="lee_bounds", reason="out_of_reach")
    for post, arm, started in (
        ([1.0, math.nan], [True, False], (2, 2)),
        ([1.0, 2.0], [True], (2, 2)),
        ([1.0, 2.0], [True, False], (0, 2)),
        ([1.0, 2.0], [True, False], (2, 0)),
    ):
        with pytest.raises(ValueError, match="must be|more pupils"):
            lee_bounds(post, arm, started_treated=started[0], started_control=started[1])

"""Checks as values: by hand, by scipy and statsmodels, by simulation, and what they refuse."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from made_classes import SAME, adjusted, real, school, some_of
from scipy import stats

from gsl_research.estimate import NotEstimated
from gsl_research.methods import checks
from gsl_research.methods.moments import class_moments

SEED = 20261122
MEANS = adjusted(*school(1, 4, 5))
MISSING = NotEstimated(estimator="adjusted_class_means", reason="empty_arm")


def with_means(values, treated):
    """Adjusted class means of these values; pupils within classes differ a little."""
    some = np.zeros(len(values))
    return replace(
        MEANS, mean=np.array(values, dtype=float), treated=np.array(treated, dtype=bool), n=some.astype(int) + 20,
        covariates=some[:, None], residual_ss=1.0,
    )  # fmt: skip


# Slopes


def slopes_by_class(codes, pre, post):
    return np.array([np.polyfit(pre[codes == j], post[codes == j], 1) for j in range(codes.max() + 1)])


def in_classes(codes, pre, post, treated):
    return checks.slope_difference(class_moments(codes, pre, post), treated)


@pytest.mark.parametrize("name", ["bdf", "eef_crt"])
def test_slope_difference_of_real_classes_is_a_t_on_their_slopes(name, real_data):
    codes, pre, post, treated = real(real_data, name)
    large = np.bincount(codes) >= checks.SLOPE_PUPILS
    spread = pd.Series(pre).groupby(codes).std().to_numpy() > 0
    check_slopes(codes, pre, post, treated, large & spread)


@pytest.mark.parametrize(("treated", "control"), [(1, 2), (2, 2), (3, 4), (1, 6)])
def test_slope_difference_is_a_t_on_class_slopes(treated, control):
    for seed in range(3):
        codes, pre, post, arm = school(seed, treated, control, (5, 20))
        check_slopes(codes, pre, post, arm, np.ones(len(arm), bool))


def check_slopes(codes, pre, post, treated, counted):
    slopes = np.full(len(treated), np.nan)
    for j in np.flatnonzero(counted):
        slopes[j] = stats.linregress(pre[codes == j], post[codes == j]).slope
    found = in_classes(codes, pre, post, treated)
    test = stats.ttest_ind(slopes[treated & counted], slopes[~treated & counted])
    low, high = test.confidence_interval()
    assert found.value / found.se == pytest.approx(test.statistic, rel=1e-8)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-8)
    assert found.df == counted.sum() - 2
    arms = [pd.Series(x).groupby(treated[codes]) for x in (pre, post)]
    sds = [math.sqrt((g.var() * (g.count() - 1)).sum() / (len(pre) - 2)) for g in arms]
    assert found.moves == pytest.approx(found.value * sds[0] / sds[1], rel=1e-8)


def test_small_classes_and_classes_that_start_alike_have_no_slope():
    codes, pre, post, arm = school(2, 4, 4, (5, 12))
    rng = np.random.default_rng(1)
    more = np.concatenate([codes, np.repeat([8, 9], [4, 9])])
    pre_more, post_more = np.append(pre, [*rng.normal(9, 2, 4), *[9.0] * 9]), np.append(post, rng.normal(9, 2, 13))
    again = in_classes(more, pre_more, post_more, np.append(arm, [True, False]))
    once = in_classes(codes, pre, post, arm)
    assert (again.value, again.se, again.df) == (pytest.approx(once.value), pytest.approx(once.se), once.df)


def test_slope_difference_swaps_shifts_and_scales():
    codes, pre, post, arm = school(4)
    once = in_classes(codes, pre, post, arm)
    swapped = in_classes(codes, pre, post, ~arm)
    assert (swapped.value, swapped.se, swapped.moves) == pytest.approx((-once.value, once.se, -once.moves))
    moved = in_classes(codes, 40 + 3 * pre, 0.5 * post - 7, arm)
    assert (moved.value, moved.se, moved.moves) == pytest.approx((once.value / 6, once.se / 6, once.moves), rel=1e-9)


def test_a_slope_difference_is_flagged_when_it_is_large_and_not_chance():
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(12), 25)
    arm = np.arange(12) < 6
    pre = rng.normal(0, 1, len(codes))
    for extra, noise, flag in ((0.0, 0.8, False), (0.6, 0.8, True), (0.1, 0.05, False)):
        post = (0.6 + extra * arm[codes]) * pre + rng.normal(0, noise, len(codes))
        found = in_classes(codes, pre, post, arm)
        assert found.flag is flag
    assert not found.interval.holds(0)
    one = checks.SlopeDifference(0.5, 0.4, 4, checks.Interval(-0.6, 1.6), 0.5)
    assert not one.flag


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_effect_at_a_score_is_a_t_on_the_lines_of_the_classes(share):
    codes, pre, post, arm = school(5, 3, 4)
    score = np.quantile(pre, share)
    lines = slopes_by_class(codes, pre, post)
    test = stats.ttest_ind((lines @ [score, 1])[arm], (lines @ [score, 1])[~arm])
    low, high = test.confidence_interval()
    (found,) = checks.effect_at(class_moments(codes, pre, post), arm, score, unit="points")
    estimate = found.estimate
    assert found.pre == score
    assert estimate.value / estimate.se == pytest.approx(test.statistic, rel=1e-8)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((low, high), rel=1e-8)
    assert (estimate.df, estimate.class_df, estimate.p, estimate.status) == (5, 5, None, "beside")
    assert estimate.n["classes_treated"] == 3
    assert estimate.n["pupils_control"] == (~arm[codes]).sum()


def test_effects_at_scores_lie_on_a_line_whose_slope_is_the_slope_difference():
    codes, pre, post, arm = school(6)
    moments = class_moments(codes, pre, post)
    low, middle, high = checks.effect_at(moments, arm, [5.0, 10.0, 15.0], unit="points")
    rise = (high.estimate.value - low.estimate.value) / 10
    assert rise == pytest.approx(checks.slope_difference(moments, arm).value, rel=1e-9)
    assert middle.estimate.value == pytest.approx((low.estimate.value + high.estimate.value) / 2, rel=1e-9)


RUNS = 4_000


def test_slopes_and_effects_at_scores_keep_their_promise():
    """Classes of 5 to 40 with slopes and levels of their own, 5 v 5; nothing is done."""
    rng = np.random.default_rng(SEED)
    arm = np.arange(10) < 5
    missed = np.zeros(4)
    for _ in range(RUNS):
        codes = np.repeat(np.arange(10), rng.integers(5, 41, 10))
        level, slope = rng.normal(0, 0.35, 10), rng.normal(0.6, 0.15, 10)
        pre = rng.normal(0, 0.35, 10)[codes] + rng.normal(0, 0.94, len(codes))
        post = level[codes] + slope[codes] * pre + rng.normal(0, 0.7, len(codes))
        moments = class_moments(codes, pre, post)
        missed[0] += not checks.slope_difference(moments, arm).interval.holds(0)
        effects = checks.effect_at(moments, arm, np.quantile(pre, [0.25, 0.5, 0.75]), unit="points")
        missed[1:] += [not effect.estimate.interval.holds(0) for effect in effects]
    assert missed / RUNS == pytest.approx([0.05] * 4, abs=2 * math.sqrt(0.05 * 0.95 / RUNS))


def test_what_has_no_slope_difference():
    codes, pre, post, arm = school(1, 3, 3)
    flat, level = np.full(len(pre), 3.3), np.arange(6.0)[codes]
    for variables, treated, reason in (
        ((pre, post), np.ones(6, bool), "empty_arm"),
        ((flat, post), arm, "too_few_classes"),
        ((level, post), arm, "no_pupil_spread"),
        ((pre, flat), arm, "no_pupil_spread"),
        ((pre, level), arm, "no_pupil_spread"),
        ((np.round(pre, 1), 2 * np.round(pre, 1) + 1), arm, "no_class_spread"),
    ):
        moments = class_moments(codes, *variables)
        expected = NotEstimated(estimator="slope_difference", reason=reason)
        assert checks.slope_difference(moments, treated) == expected, reason
        at = checks.effect_at(moments, treated, [9.0, 10.0], unit="points")
        assert at == NotEstimated(estimator="effect_at_pre", reason=reason), reason
    two = school(1, 1, 1)
    assert in_classes(*two).reason == "too_few_classes"
    with pytest.raises(ValueError, match="moments must hold"):
        checks.slope_difference(class_moments(codes, pre, pre**2, post), arm)


# Spread of classes


@pytest.mark.parametrize(("treated", "control"), [(2, 2), (3, 7), (6, 4)])
def test_class_spread_ratio_is_the_f_of_two_variances(treated, control):
    means = adjusted(*school(5, treated, control))
    found = checks.class_spread_ratio(means)
    t, c = means.mean[means.treated].var(ddof=1), means.mean[~means.treated].var(ddof=1)
    f = stats.f(treated - 1, control - 1)
    assert found.value == pytest.approx(math.sqrt(t / c), rel=SAME)
    assert found.interval.low == pytest.approx(math.sqrt(t / c / f.ppf(0.975)), rel=1e-8)
    assert found.interval.high == pytest.approx(math.sqrt(t / c / f.ppf(0.025)), rel=1e-8)
    swapped = checks.class_spread_ratio(replace(means, treated=~means.treated))
    assert swapped.value == pytest.approx(1 / found.value, rel=SAME)
    assert (swapped.interval.low, swapped.flag) == (pytest.approx(1 / found.interval.high), found.flag)


def test_only_the_smaller_arm_that_differs_twice_as_much_is_flagged():
    one, other = np.array([-1.0, 0, 1]), np.array([-1.0, -0.5, 0, 0.5, 1])
    other = other * one.std(ddof=1) / other.std(ddof=1)
    for stretch, flag in ((1, False), (1.99, False), (2.01, True), (0.3, False)):
        for treated in (np.arange(8) < 3, np.arange(8) >= 3):
            values = [*(10 + stretch * one), *(20 + other)]
            found = checks.class_spread_ratio(with_means(values, treated))
            assert found.value == pytest.approx(stretch if treated[0] else 1 / stretch)
            assert found.flag is flag
    for treated in ([True] * 3 + [False] * 3, [False] * 3 + [True] * 3):
        assert not checks.class_spread_ratio(with_means([*(9 * one), *one], treated)).flag


def test_class_spread_ratio_needs_two_classes_that_differ_in_each_arm():
    for treated, control in ((1, 1), (1, 5)):
        assert checks.class_spread_ratio(adjusted(*school(1, treated, control))).reason == "too_few_classes"
    assert checks.class_spread_ratio(with_means([3, 3, 1, 2], [1, 1, 0, 0])).reason == "no_class_spread"
    assert checks.class_spread_ratio(MISSING).reason == "empty_arm"


# A class that fits its arm badly


@pytest.mark.parametrize(("treated", "control"), [(3, 4), (4, 4), (3, 9), (12, 10)])
def test_outlying_class_is_statsmodels_outlier_test(treated, control):
    for seed in range(4):
        means = adjusted(*school(seed, treated, control))
        fit = sm.OLS(means.mean, np.column_stack([np.ones(treated + control), means.treated])).fit()
        deleted, _, bonferroni = fit.outlier_test("bonf").T
        found = checks.outlying_class(means)
        assert found.position == np.argmax(np.abs(deleted))
        assert found.value == pytest.approx(deleted[found.position], rel=1e-8)
        assert found.flag == (bonferroni.min() < checks.OUTLYING_SHARE)
        at_bound = 2 * stats.t.sf(found.bound, treated + control - 3) * (treated + control)
        assert at_bound == pytest.approx(checks.OUTLYING_SHARE)


def test_outlying_class_is_the_t_of_that_class_against_the_others():
    """Its own arm without it, as a new class beside them, with the spread of both arms without it."""
    means = adjusted(*school(7, 4, 6))
    found = checks.outlying_class(means)
    rest = some_of(means, np.arange(10) != found.position)
    arm = rest.mean[rest.treated == means.treated[found.position]]
    expected = (means.mean[found.position] - arm.mean()) / (rest.spread * math.sqrt(1 + 1 / len(arm)))
    assert found.value == pytest.approx(expected, rel=1e-9)


def test_of_an_arm_of_two_none_is_the_odd_one():
    values, treated = [0, 9, 1.1, 1.2, 0.9, 1, 1.05, 0.95], [1, 1, 0, 0, 0, 0, 0, 0]
    found = checks.outlying_class(with_means(values, treated))
    assert found.position >= 2
    assert found.bound == pytest.approx(stats.t.ppf(1 - 0.05 / 12, 5))
    odd = checks.outlying_class(with_means([1, 1.3, 0.8, 1.1, 1.2, 0.9, 1, 9], [1, 1, 1, 1, 0, 0, 0, 0]))
    assert (odd.position, odd.flag) == (7, True)


def test_one_study_in_twenty_has_an_odd_class_by_chance():
    rng = np.random.default_rng(SEED)
    runs, treated = 4_000, np.arange(9) < 4
    flagged = sum(checks.outlying_class(with_means(rng.normal(0, 1, 9), treated)).flag for _ in range(runs))
    assert flagged / runs == pytest.approx(0.05, abs=2 * math.sqrt(0.05 * 0.95 / runs))


def test_outlying_class_needs_seven_classes_that_differ():
    assert checks.outlying_class(adjusted(*school(1, 3, 3))).reason == "too_few_classes"
    assert checks.outlying_class(adjusted(*school(1, 2, 5))).position is not None
    alike = with_means([3, 3, 3, 5, 1, 1, 1, 1], [1] * 4 + [0] * 4)
    assert checks.outlying_class(alike).reason == "no_class_spread"
    assert checks.outlying_class(MISSING) == NotEstimated(estimator="outlying_class", reason="empty_arm")

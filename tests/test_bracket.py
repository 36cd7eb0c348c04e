"""Other ways to compute the difference of classes that were not randomised: other routes, simulation, alarms."""

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import (
    SAME,
    adjusted,
    check_estimate,
    check_same,
    class_means,
    difference,
    real,
    school,
    slope_error,
    squared_se,
    weights_of,
    with_slope_error,
)
from scipy import stats

from gsl_research.estimate import Interval, NotEstimated
from gsl_research.methods import bracket, clusters
from gsl_research.methods.moments import class_moments


def gain(codes, pre, post, treated):
    return bracket.gain_difference(class_moments(codes, pre, post), treated, unit="points")


def corrected(codes, pre, post, treated, reliability=0.8):
    return bracket.corrected_difference(class_moments(codes, pre, post), treated, reliability, unit="points")


def with_class_mean(codes, pre, post, treated):
    return bracket.class_mean_pre(adjusted(codes, pre, post, treated), unit="points")


def check_t(estimate, values, treated, df):
    test = stats.ttest_ind(values[treated], values[~treated], equal_var=True)
    low, high = test.confidence_interval()
    assert estimate.value == pytest.approx(values[treated].mean() - values[~treated].mean(), rel=SAME)
    assert estimate.value / estimate.se == pytest.approx(test.statistic, rel=SAME)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((low, high), rel=SAME)
    assert estimate.df == estimate.class_df == df
    assert estimate.p == (pytest.approx(test.pvalue, rel=SAME) if df >= 4 else None)
    assert estimate.status == "beside"


# Gain


@pytest.mark.parametrize("name", ["eef_crt", "bdf"])
def test_gain_is_a_t_test_on_real_class_gains(name, real_data):
    codes, pre, post, treated = real(real_data, name)
    check_t(gain(codes, pre, post, treated), class_means(codes, post - pre)[0], treated, len(treated) - 2)


@pytest.mark.parametrize(("treated", "control"), [(1, 2), (2, 2), (3, 4), (1, 5)])
def test_gain_is_a_t_test_on_class_gains(treated, control):
    for seed in range(4):
        codes, pre, post, arm = school(seed, treated, control)
        check_t(gain(codes, pre, post, arm), class_means(codes, post - pre)[0], arm, treated + control - 2)


# Correction for the error of the pre-test


def at_the_true_slope(codes, pre, post, reliability):
    dummies = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    slope = sm.OLS(post, np.column_stack([pre, dummies])).fit().params[0]
    return class_means(codes, post - slope / reliability * pre)[0]


@pytest.mark.parametrize("reliability", [0.5, 0.8, 1.0])
def test_the_corrected_slope_is_the_within_slope_over_the_reliability(reliability):
    for seed in range(3):
        codes, pre, post, arm = school(seed, 2, 5)
        pre, post = pre + seed * arm[codes], post + seed * arm[codes]
        means, estimate = (
            at_the_true_slope(codes, pre, post, reliability),
            corrected(codes, pre, post, arm, reliability),
        )
        seen = squared_se(class_means(codes, pre)[0], arm)
        shared = slope_error(codes, [pre], post, weights_of(arm), seen) / reliability**2
        value = means[arm].mean() - means[~arm].mean()
        se = with_slope_error(squared_se(means, arm), len(arm) - 2, shared, len(codes) - len(arm) - 1)
        check_estimate(estimate, value, se, len(arm) - 2)
        assert estimate.status == "beside"


def test_from_three_classes_per_arm_the_wider_of_pooled_and_welch_is_given():
    chosen = set()
    for seed in range(12):
        codes, pre, post, arm = school(seed, 3, 6)
        pre = pre + seed % 3 * arm[codes]
        means, found = at_the_true_slope(codes, pre, post, 0.8), corrected(codes, pre, post, arm)
        tests = [stats.ttest_ind(means[arm], means[~arm], equal_var=equal) for equal in (True, False)]
        half = []
        for test, equal in zip(tests, (True, False), strict=True):
            seen = squared_se(class_means(codes, pre)[0], arm, equal=equal)
            shared = slope_error(codes, [pre], post, weights_of(arm), seen) / 0.8**2
            variance, slope_df = squared_se(means, arm, equal=equal), len(codes) - len(arm) - 1
            half.append(stats.t.ppf(0.975, test.df) * with_slope_error(variance, test.df, shared, slope_df))
        assert found.interval.half_width == pytest.approx(max(half), rel=1e-8)
        assert found.df == pytest.approx(tests[int(np.argmax(half))].df, rel=1e-8)
        assert (found.estimator, found.status) == ("reliability_corrected", "beside")
        chosen.add(int(np.argmax(half)))
    assert chosen == {0, 1}


def test_a_pre_test_without_error_needs_no_correction():
    data = school(3, 2, 4)
    exact, ordinary = corrected(*data, reliability=1.0), difference(*data)
    assert (exact.value, exact.se, exact.df) == (pytest.approx(ordinary.value), pytest.approx(ordinary.se), ordinary.df)
    assert exact.estimator == "reliability_corrected"


def test_reliability_within_by_hand():
    """True variance within classes over all variance within classes, from known parts."""
    codes, pre, post, arm = school(2, 3, 4)
    error = (1 - 0.8) * sum(((pre[arm[codes] == a] - pre[arm[codes] == a].mean()) ** 2).sum() for a in (True, False))
    error /= len(pre) - 2
    means = class_means(codes, pre)[0]
    within = ((pre - means[codes]) ** 2).sum() / (len(pre) - len(arm))
    moments = class_moments(codes, pre, post)
    assert bracket.reliability_within(moments, arm, 0.8) == pytest.approx((within - error) / within, rel=SAME)
    assert bracket.reliability_within(moments, arm, 1.0) == 1
    pair = class_moments([0, 0, 1], [1.0, 3.0, 2.0], [1.0, 2.0, 3.0])
    assert bracket.reliability_within(pair, [True, False], 0.8) == pytest.approx(0.8)
    assert bracket.reliability_within(class_moments(codes, 7 * pre - 3, post), arm, 0.8) == pytest.approx(
        bracket.reliability_within(moments, arm, 0.8), rel=SAME
    )


def test_nothing_is_corrected_when_pupils_hardly_differ_but_by_error():
    codes, pre, post, arm = school(2, 3, 4)
    moments = class_moments(codes, pre, post)
    assert bracket.reliability_within(moments, arm, 0.01) is None
    assert bracket.reliability_within(class_moments(codes, np.full(len(pre), 3.3), post), arm, 0.8) is None
    assert (
        bracket.reliability_within(class_moments(range(4), [1, 2, 3, 4.0], [1, 2, 3, 5.0]), [1, 1, 0, 0], 0.8) is None
    )
    assert bracket.reliability_within(moments, np.ones(len(arm), bool), 0.8) is None
    assert bracket.reliability_within(class_moments(np.zeros(0, int), []), [], 0.8) is None
    refused = NotEstimated(estimator="reliability_corrected", reason="too_unreliable")
    assert corrected(codes, pre, post, arm, bracket.CORRECTABLE - 0.01) == refused
    assert corrected(codes, pre, post, arm, bracket.CORRECTABLE) != refused
    for reliability in (0, -0.1, 1.01, math.nan):
        for call in (
            lambda r: bracket.corrected_difference(moments, arm, r, unit="points"),
            lambda r: bracket.reliability_within(moments, arm, r),
            lambda r: bracket.regression_to_the_mean(1.0, 2.0, r),
        ):
            with pytest.raises(ValueError, match="reliability must"):
                call(reliability)


def unequal_start(icc: float, reliability: float, classes: int = 3_000, size: int = 20, gap: float = 0.5):
    """Observed pre-test of variance 1 in each arm; post is the true score plus new error; nobody does anything."""
    rng = np.random.default_rng(20261122)
    arm = np.arange(2 * classes) < classes
    codes = np.repeat(np.arange(2 * classes), size)
    true = rng.normal(0, math.sqrt(icc), 2 * classes)[codes] + gap * arm[codes]
    true += rng.normal(0, math.sqrt(reliability - icc), len(codes))
    pre, post = true + rng.normal(0, math.sqrt(1 - reliability), (2, len(codes)))
    return codes, pre, post, arm


NEAR = 0.015
"""3 Monte-Carlo standard errors or more of a difference of 2 x 3,000 classes of 20."""


@pytest.mark.parametrize(("reliability", "invented"), [(0.6, 0.20), (0.8, 0.10), (0.95, 0.02)])
def test_what_the_adjusted_difference_invents_and_the_corrected_one_takes_back(reliability, invented):
    """Methods page, decision 8: half an SD apart at the start, no effect."""
    data = unequal_start(0.0, reliability)
    assert difference(*data).value == pytest.approx(invented, abs=NEAR)
    assert corrected(*data, reliability=reliability).value == pytest.approx(0, abs=NEAR)
    assert gain(*data).value == pytest.approx(0, abs=NEAR)


@pytest.mark.parametrize("reliability", [0.6, 0.8])
def test_where_classes_differ_the_reliability_within_them_is_what_counts(reliability):
    """With a quarter of the pre-test's variance between classes the printed reliability takes back too little."""
    codes, pre, post, arm = data = unequal_start(0.25, reliability)
    moments = class_moments(codes, pre, post)
    within = bracket.reliability_within(moments, arm, reliability)
    assert within == pytest.approx((reliability - 0.25) / 0.75, abs=0.01)
    assert corrected(*data, reliability=within).value == pytest.approx(0, abs=2 * NEAR)
    left = 0.5 * (1 - within / reliability)
    assert corrected(*data, reliability=reliability).value == pytest.approx(left, abs=2 * NEAR)
    assert left > 2 * NEAR


# The class mean of the pre-test


@pytest.mark.parametrize("name", ["eef_crt", "bdf", "hsb82"])
def test_class_mean_pre_is_least_squares_on_class_means(name, real_data):
    check_class_mean(real(real_data, name))


@pytest.mark.parametrize(("treated", "control"), [(3, 3), (1, 5), (4, 7)])
def test_class_mean_pre_is_least_squares_on_made_class_means(treated, control):
    for seed in range(3):
        check_class_mean(school(seed, treated, control))


def check_class_mean(data):
    """Beside the class mean the adjustment by pupils falls out: the plain post-test means give the same."""
    codes, pre, post, arm = data
    before, after = class_means(codes, pre, post)
    fit = sm.OLS(after, np.column_stack([np.ones(len(arm)), arm, before])).fit()
    estimate = with_class_mean(*data)
    assert (estimate.value, estimate.se) == pytest.approx((fit.params[1], fit.bse[1]), rel=1e-8)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-8)
    assert estimate.df == estimate.class_df == len(arm) - 3
    assert (estimate.status, estimate.estimator) == ("beside", "class_mean_pre")


def test_class_mean_pre_needs_six_classes_that_start_apart():
    assert with_class_mean(*school(1, 2, 3)).reason == "too_few_classes"
    codes, pre, post, arm = school(1, 4, 4)
    level = pre - class_means(codes, pre)[0][codes]
    for start in (0.0, 5 + 1e-7 * codes):
        assert with_class_mean(codes, start + level, post, arm).reason == "singular"
    with pytest.raises(ValueError, match="adjusted for the pre-test"):
        bracket.class_mean_pre(clusters.adjusted_means(class_moments(codes, post), arm), unit="points")
    missing = NotEstimated(estimator="adjusted_class_means", reason="singular")
    assert bracket.class_mean_pre(missing, unit="points") == NotEstimated(estimator="class_mean_pre", reason="singular")


# What changes nothing, and what is refused


@pytest.mark.parametrize("estimate", [gain, corrected, with_class_mean])
@pytest.mark.parametrize("seed", range(2))
def test_swap_shift_scale_and_order(estimate, seed):
    codes, pre, post, arm = school(seed)
    once = estimate(codes, pre, post, arm)
    check_same(estimate(codes, pre, post, ~arm), once, sign=-1)
    check_same(estimate(codes, pre + 17, post - 40, arm), once)
    check_same(estimate(codes, 3 * pre, 3 * post, arm), once, scale=3)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(codes)), rng.permutation(len(arm))
    check_same(estimate(names[codes][rows], pre[rows], post[rows], arm[np.argsort(names)]), once)


@pytest.mark.parametrize("estimate", [gain, corrected])
def test_one_class_per_arm_has_a_difference_without_interval(estimate):
    codes, pre, post, arm = school(4, 1, 1)
    alone = estimate(codes, pre, post, arm)
    slope = 1 if estimate is gain else adjusted(codes, pre, post, arm).slope[0] / 0.8
    means = class_means(codes, post - slope * pre)[0]
    assert alone.value == pytest.approx(float(means[arm][0] - means[~arm][0]), rel=SAME)
    assert (alone.interval, alone.se, alone.p, alone.df, alone.class_df) == (None, None, None, None, 0)
    assert (alone.status, alone.source) == ("beside", "description")


@pytest.mark.parametrize("estimate", [gain, corrected])
def test_what_has_no_bracket(estimate):
    codes, pre, post, arm = school(1)
    assert estimate(codes, pre, post, np.ones(len(arm), bool)).reason == "empty_arm"
    flat = np.round(pre, 1)
    exact = (flat, (1 if estimate is gain else 0.8) * flat + 2.1)
    more = () if estimate is gain else (1.0,)
    assert estimate(codes, *exact, arm, *more).reason == "no_class_spread"
    three, one_treated = codes < 3, np.array([True, False, False])
    assert estimate(codes[three], *(x[three] for x in exact), one_treated, *more).reason == "no_class_spread"
    assert estimate(np.zeros(0, int), [], [], []).reason == "no_pupils"
    with pytest.raises(ValueError, match="moments must hold"):
        bracket.gain_difference(class_moments(codes, post), arm, unit="points")
    with pytest.raises(ValueError, match="moments must hold"):
        bracket.corrected_difference(class_moments(codes, pre, pre**2, post), arm, 0.8, unit="points")


# The start


def test_baseline_by_hand():
    codes, pre, post, arm = school(5)
    means = class_means(codes, pre)[0]
    points = means[arm].mean() - means[~arm].mean()
    ss = sum(((pre[arm[codes] == a] - pre[arm[codes] == a].mean()) ** 2).sum() for a in (True, False))
    for variables in ((pre, post), (pre,), (pre, pre, post)):
        found = bracket.baseline(class_moments(codes, *variables), arm)
        assert found.points == pytest.approx(points, rel=SAME)
        assert found.sds == pytest.approx(points / math.sqrt(ss / (len(pre) - 2)), rel=SAME)


def test_levels_of_the_start():
    found = {sds: bracket.Baseline(1.0, sds).level for sds in (0.0, 0.05, -0.05, 0.0501, -0.25, 0.2501, -3.0)}
    assert list(found.values()) == ["alike", "alike", "alike", "adjust", "adjust", "apart", "apart"]


def test_without_spread_before_within_arms_the_spread_of_all_pupils_counts():
    codes, _, post, arm = school(5)
    assert bracket.baseline(class_moments(codes, np.full(len(post), 3.3), post), arm) == bracket.Baseline(0.0, 0.0)
    before = np.where(arm[codes], 3.3, 5.0)
    found = bracket.baseline(class_moments(codes, before, post), arm)
    assert found == bracket.Baseline(pytest.approx(-1.7), pytest.approx(-1.7 / before.std(ddof=1)))
    assert found.level == "apart"
    assert bracket.baseline(class_moments(codes, post), ~np.zeros(len(arm), bool)).reason == "empty_arm"
    assert bracket.baseline(class_moments(np.zeros(0, int), []), []).reason == "no_pupils"


# Regression to the mean


@pytest.mark.parametrize("reliability", [0.5, 0.8, 0.95])
def test_pupils_chosen_low_move_up_by_themselves(reliability):
    """Chosen from many on the pre-test; nobody grows."""
    rng = np.random.default_rng(20261122)
    true = rng.normal(50, 10 * math.sqrt(reliability), 400_000)
    pre, post = true + rng.normal(0, 10 * math.sqrt(1 - reliability), (2, len(true)))
    low = pre < 42
    expected = bracket.regression_to_the_mean(pre[low].mean(), 50, reliability)
    assert expected > 0
    assert (post[low] - pre[low]).mean() == pytest.approx(expected, abs=0.08)
    assert bracket.regression_to_the_mean(42, 50, 1.0) == 0


# Agreement


def test_the_alarms_stand_where_the_design_page_puts_them():
    """Section 6: a quarter of a standard error; the wider interval a quarter wider than the other."""
    main = difference(*school(1))
    half = main.interval.half_width

    def other(shift, width):
        value = main.value + shift * main.se
        return replace(
            main, estimator="other", value=value, interval=Interval(value - half * width, value + half * width)
        )

    for shift, width, shifted, wide in (
        (0, 1, False, False),
        (0.24, 1.24, False, False),
        (-0.26, 1, True, False),
        (0.26, 0.81, True, False),
        (0, 1.26, False, True),
        (0, 0.79, False, True),
    ):
        (found,) = bracket.agreement(main, [other(shift, width)])
        assert (found.shift, found.width) == (pytest.approx(shift, abs=1e-9), pytest.approx(width))
        assert (found.shifted, found.other_width, found.estimator) == (shifted, wide, "other")


def test_at_the_very_bound_no_alarm_sounds():
    at = bracket.Agreement("other", bracket.SHIFT_ALARM, 1 + bracket.WIDTH_ALARM)
    assert (at.shifted, at.other_width) == (False, False)


def test_agreement_leaves_out_what_does_not_exist_and_what_has_no_interval():
    data = school(4, 1, 1)
    missing = NotEstimated(estimator="class_mean_pre", reason="too_few_classes")
    main = clusters.adjusted_difference(adjusted(*school(1)), unit="points")
    (found,) = bracket.agreement(main, [missing, gain(*data)])
    assert (found.estimator, found.width, found.other_width) == ("gain_difference", None, False)
    assert found.shifted
    (found,) = bracket.agreement(gain(*data), [corrected(*data)])
    assert (found.shift, found.width, found.shifted, found.other_width) == (None, None, False, False)
    assert bracket.agreement(main, [missing]) == ()
    with pytest.raises(ValueError, match="percent"):
        bracket.agreement(main, [replace(main, unit="percent")])
    with pytest.raises(ValueError, match="points"):
        bracket.agreement(main, [replace(main, metric="g")])

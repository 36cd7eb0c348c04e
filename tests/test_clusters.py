"""Whole classes: the same numbers by other routes, and what may not change anything."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from made_classes import (
    SAME,
    adjusted,
    check_estimate,
    check_same,
    class_means,
    difference,
    g,
    projections,
    real,
    school,
    slope_error,
    squared_se,
    weights_of,
    with_slope_error,
)
from scipy import stats

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import clusters, leave_out, one_class
from gsl_research.methods.moments import class_moments

SEED = 20261123

# The same numbers by another route


def by_regression(codes, pre, post, treated):
    """Within slope from least squares with a dummy per class; an equal-variance t-test on the adjusted means; and what
    the error of that slope adds to its variance."""
    design = np.column_stack([pre, codes[:, None] == np.arange(codes.max() + 1)])
    fit = sm.OLS(post, design.astype(float)).fit()
    before, after = class_means(codes, pre, post)
    slope, means = fit.params[0], after - fit.params[0] * before
    apart = before[treated].mean() - before[~treated].mean()
    shared = max(apart**2 - squared_se(before, treated), 0) * fit.bse[0] ** 2
    df = len(treated) - 2
    return slope, means, with_slope_error(squared_se(means, treated), df, shared, fit.df_resid)


def further_apart(codes, pre, post, treated):
    """The same with arms further apart at the start than their classes are."""
    return codes, pre + 3 * treated[codes], post + 2.1 * treated[codes], treated


def check_against_regression(data):
    slope, means, se = by_regression(*data)
    ours, treated = adjusted(*data), data[-1]
    assert ours.slope[0] == pytest.approx(slope, rel=SAME)
    np.testing.assert_allclose(np.diff(ours.mean), np.diff(means), atol=SAME * np.ptp(means))
    check_estimate(difference(*data), means[treated].mean() - means[~treated].mean(), se, len(means) - 2)


@pytest.mark.parametrize("name", ["eef_crt", "bdf", "hsb82"])
def test_real_classes_by_regression_and_a_t_test(name, real_data):
    check_against_regression(real(real_data, name))


@pytest.mark.parametrize(("treated", "control"), [(1, 2), (2, 1), (2, 2), (2, 3), (3, 3), (1, 5), (10, 12)])
def test_made_classes_by_regression_and_a_t_test(treated, control):
    for seed in range(5):
        check_against_regression(school(seed, treated, control))
        check_against_regression(further_apart(*school(seed, treated, control)))


def test_adjusted_means_stand_at_the_mean_of_the_class_pre_tests():
    codes, pre, post, treated = school(1)
    ours = adjusted(codes, pre, post, treated)
    frame = pd.DataFrame({"pre": pre, "post": post}).groupby(codes).mean()
    assert ours.mean.mean() == pytest.approx(frame.post.mean(), rel=SAME)
    np.testing.assert_allclose(ours.mean, frame.post - ours.slope[0] * (frame.pre - frame.pre.mean()), rtol=SAME)
    np.testing.assert_allclose(ours.covariates[:, 0], frame.pre, rtol=SAME)


def test_without_spread_in_the_pre_test_nothing_is_adjusted():
    codes, pre, post, treated = school(2)
    ours = adjusted(codes, np.full(len(pre), 3.3), post, treated)
    assert (ours.slope, ours.covariate_scatter) == (0, 0)
    assert ours.residual_df == len(post) - len(treated)
    np.testing.assert_allclose(ours.mean, pd.Series(post).groupby(codes).mean(), rtol=SAME)


def test_a_pre_test_that_only_differs_between_classes_adjusts_nothing_and_is_refused():
    codes, pre, post, treated = school(2)
    per_class = np.round(np.linspace(2, 9, codes.max() + 1), 1)[codes]
    for data in ((codes, per_class, post, treated), (np.arange(7), pre[:7], post[:7], treated)):
        assert adjusted(*data) == NotEstimated(estimator="adjusted_class_means", reason="no_pupil_spread")
    given = clusters.adjusted_means(class_moments(codes, per_class, post), treated, slope=[1.0])
    assert isinstance(clusters.adjusted_difference(given, unit="points"), Estimate)


def test_a_slope_without_a_pupil_left_to_judge_it_by_is_refused():
    arm = np.array([True] * 3 + [False] * 3)
    for sizes, reason in (([2, 1, 1, 1, 1, 1], "too_few_pupils"), ([2, 2, 1, 1, 1, 1], None)):
        codes = np.repeat(np.arange(6), sizes)
        pre, post = np.random.default_rng(1).normal(0, 1, (2, len(codes)))
        found = adjusted(codes, pre, post, arm)
        assert getattr(found, "reason", None) == reason


def test_class_covariates_are_one_row_a_class():
    means = adjusted(*school(2, 6, 6))
    right = np.random.default_rng(1).normal(0, 1, (12, 2))
    assert isinstance(clusters.adjusted_difference(means, unit="points", class_covariates=right), Estimate)
    far = clusters.adjusted_difference(means, unit="points", class_covariates=1e200 * right)
    near = clusters.adjusted_difference(means, unit="points", class_covariates=right)
    assert (far.value, far.se) == pytest.approx((near.value, near.se), rel=1e-9)
    for wrong in (right.T, right.ravel(), right[..., None], np.where(right > 2, np.nan, np.inf)):
        with pytest.raises(ValueError, match="class covariates must be"):
            clusters.adjusted_difference(means, unit="points", class_covariates=wrong)


@pytest.mark.parametrize("treated", [[True] * 7, [False] * 7])
def test_each_arm_needs_a_class(treated):
    codes, pre, post, _ = school(3)
    found = clusters.adjusted_means(class_moments(codes, pre, post), np.array(treated))
    assert found == NotEstimated(estimator="adjusted_class_means", reason="empty_arm")


def test_treated_is_one_value_a_class():
    codes, pre, post, _ = school(3)
    with pytest.raises(ValueError, match="must be"):
        clusters.adjusted_means(class_moments(codes, pre, post), np.array([True, False]))


def test_one_class_per_arm_has_no_t():
    assert isinstance(difference(*school(1, 1, 1)), NotEstimated)


def test_rounding_is_no_spread():
    """Post is pre plus the same in every class of an arm: no class spread, and no pupil spread, to judge by."""
    for seed in range(50):
        codes, pre, _, treated = school(seed)
        pre = np.round(pre, 1)
        for effect in (0, 1.7):
            exact = adjusted(codes, pre, pre + 0.1 + effect * treated[codes], treated)
            assert isinstance(clusters.adjusted_difference(exact, unit="points"), NotEstimated)
            assert isinstance(one_class.assumed_icc(exact, 0.15, unit="points"), NotEstimated)
            assert one_class.tipping_icc(exact) is None


# Intraclass correlation and g


@pytest.mark.parametrize("seed", range(4))
def test_anova_icc_from_expected_mean_squares(seed):
    """Mean squares and the weight of the class variance, all from N x N projections."""
    codes, pre, post, treated = school(seed, 3, 4, (2, 12))
    member, on_class, on_arm = projections(codes, treated)
    df, classes = len(post), len(treated)
    between = post @ (on_class - on_arm) @ post / (classes - 2)
    within = post @ (np.eye(df) - on_class) @ post / (df - classes)
    weight = np.trace(member.T @ (on_class - on_arm) @ member) / (classes - 2)
    variance = (between - within) / weight
    expected = max(variance / (variance + within), 0)
    assert clusters.anova_icc(class_moments(codes, pre, post), treated, 1) == pytest.approx(expected, rel=SAME)


def test_anova_icc_of_equal_classes_is_the_textbook_one():
    codes, pre, post, treated = school(2, 3, 3, (10, 11))
    arms = [[post[codes == j] for j in range(6) if treated[j] == arm] for arm in (True, False)]
    within = np.mean([np.var(c, ddof=1) for arm in arms for c in arm])
    between = 10 * np.mean([np.var([c.mean() for c in arm], ddof=1) for arm in arms])
    expected = (between - within) / (between + 9 * within)
    assert 0 < expected == pytest.approx(clusters.anova_icc(class_moments(codes, pre, post), treated, 1), rel=SAME)


def test_anova_icc_of_one_arm_has_a_degree_of_freedom_more():
    """Four classes of three, by hand: MS between over 3, MS within over 8."""
    post = np.array([1, 2, 3, 3, 4, 5, 4, 6, 8, 2, 2, 5], float)
    codes, every = np.repeat(np.arange(4), 3), np.ones(4, bool)
    means = post.reshape(4, 3).mean(axis=1)
    between, within = 3 * means.var(ddof=1), post.reshape(4, 3).var(axis=1, ddof=1).mean()
    expected = (between - within) / (between + 2 * within)
    assert 0 < expected == pytest.approx(clusters.anova_icc(class_moments(codes, post), every, 0), rel=SAME)
    assert clusters.anova_icc(class_moments(np.zeros(6, int), post[:6]), every[:1], 0) == 0


def test_anova_icc_is_never_negative_and_zero_when_it_cannot_be_seen():
    treated = np.array([True, True, False, False])
    alike = class_moments(np.repeat(np.arange(4), 2), np.zeros(8), [1, 9] * 4)
    assert clusters.anova_icc(alike, treated, 1) == 0
    assert clusters.anova_icc(class_moments([0, 0, 1, 1], np.zeros(4), [1, 2, 3, 5]), treated[1:3], 1) == 0
    assert clusters.anova_icc(class_moments(range(4), np.zeros(4), [1, 2, 3, 5]), treated, 1) == 0
    assert clusters.anova_icc(class_moments(np.repeat(np.arange(4), 2), np.zeros(8), [7] * 8), treated, 1) == 0


def test_anova_icc_is_one_when_pupils_of_a_class_are_equal():
    moments = class_moments(np.repeat(np.arange(4), 3), np.zeros(12), np.repeat([1, 2, 5, 9.0], 3))
    assert clusters.anova_icc(moments, np.array([True, True, False, False]), 1) == pytest.approx(1)


@pytest.mark.parametrize(("treated", "control"), [(2, 1), (2, 3), (5, 4)])
def test_the_spread_of_class_means_is_pooled_within_arms(treated, control):
    means = adjusted(*school(9, treated, control))
    arms = (means.mean[means.treated], means.mean[~means.treated])
    squares = sum(((arm - arm.mean()) ** 2).sum() for arm in arms)
    assert means.spread == pytest.approx(math.sqrt(squares / (treated + control - 2)), rel=SAME)


def test_one_class_in_each_arm_shows_no_spread_of_class_means():
    assert adjusted(*school(9, 1, 1)).spread is None


def test_total_sd_of_two_pupils_is_none():
    two = class_moments([0, 1], [1.0, 2.0], [3.0, 5.0])
    assert clusters.total_sd(two, np.array([True, False]), 1) == 0.0
    three = class_moments([0, 0, 1], [3.0, 5.0, 1.0])
    assert clusters.total_sd(three, np.array([True, False]), 0) == pytest.approx(math.sqrt(2.0), rel=SAME)


def test_total_sd_is_pooled_over_arms_not_over_classes():
    codes, pre, post, treated = school(6)
    moments = class_moments(codes, pre, post)
    for variable, scores in enumerate((pre, post)):
        arms = [scores[treated[codes]], scores[~treated[codes]]]
        pooled = sum((len(a) - 1) * a.var(ddof=1) for a in arms) / (len(scores) - 2)
        assert clusters.total_sd(moments, treated, variable) == pytest.approx(math.sqrt(pooled), rel=SAME)


# What changes nothing


def panel(*data):
    return one_class.assumed_icc(adjusted(*data), 0.15, unit="points")


@pytest.mark.parametrize("estimate", [difference, g, panel])
@pytest.mark.parametrize("seed", range(3))
def test_swapping_the_arms_flips_the_sign_and_nothing_else(estimate, seed):
    codes, pre, post, treated = school(seed)
    check_same(estimate(codes, pre, post, ~treated), estimate(codes, pre, post, treated), sign=-1)


@pytest.mark.parametrize("seed", range(3))
def test_shifted_scores_give_the_same_difference(seed):
    codes, pre, post, treated = school(seed)
    for a, b in ((17, 0), (0, -300), (-5.5, 40)):
        check_same(difference(codes, pre + a, post + b, treated), difference(codes, pre, post, treated))
        check_same(g(codes, pre + a, post + b, treated), g(codes, pre, post, treated))
        check_same(panel(codes, pre + a, post + b, treated), panel(codes, pre, post, treated))


@pytest.mark.parametrize("seed", range(3))
def test_stretched_scores_stretch_points_and_leave_g_alone(seed):
    codes, pre, post, treated = school(seed)
    for k in (0.05, 10):
        check_same(difference(codes, pre, k * post, treated), difference(codes, pre, post, treated), scale=k)
        check_same(difference(codes, k * pre, post, treated), difference(codes, pre, post, treated))
        check_same(g(codes, pre, k * post, treated), g(codes, pre, post, treated))
        check_same(panel(codes, k * pre, k * post, treated), panel(codes, pre, post, treated), scale=k)
        assert one_class.tipping_icc(adjusted(codes, k * pre, k * post, treated)) == pytest.approx(
            one_class.tipping_icc(adjusted(codes, pre, post, treated)), abs=1e-9
        )


@pytest.mark.parametrize("seed", range(3))
def test_order_of_pupils_and_names_of_classes_change_nothing(seed):
    codes, pre, post, treated = school(seed)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(codes)), rng.permutation(len(treated))
    again = names[codes][rows], pre[rows], post[rows], treated[np.argsort(names)]
    check_same(difference(*again), difference(codes, pre, post, treated))
    check_same(g(*again), g(codes, pre, post, treated))


@pytest.mark.parametrize("seed", range(3))
def test_every_class_twice_doubles_the_classes_and_moves_nothing(seed):
    codes, pre, post, treated = school(seed)
    pre -= class_means(codes, pre)[0][codes]
    classes = len(treated)
    once = difference(codes, pre, post, treated)
    twice = difference(np.concatenate([codes, codes + classes]), np.tile(pre, 2), np.tile(post, 2), np.tile(treated, 2))
    assert twice.value == pytest.approx(once.value, rel=SAME)
    assert (once.df, twice.df) == (classes - 2, 2 * classes - 2)
    assert twice.se == pytest.approx(once.se * math.sqrt((classes - 2) / (2 * (classes - 1))), rel=SAME)


# More than the pre-test, and other spreads


def frame_of(seed: int, treated: int = 5, control: int = 6):
    """Rows of pupils with two covariates, and class means of them, of made classes."""
    codes, pre, post, arm = school(seed, treated, control)
    second = np.random.default_rng(seed).normal(0, 1, len(codes)) + 0.3 * pre
    return codes, pre, second, post + 0.5 * second, arm


@pytest.mark.parametrize("seed", range(4))
def test_two_pupil_covariates_by_least_squares_with_a_dummy_per_class(seed):
    codes, pre, second, post, arm = frame_of(seed)
    means = clusters.adjusted_means(class_moments(codes, pre, second, post), arm)
    design = np.column_stack([pre, second, codes[:, None] == np.arange(len(arm))]).astype(float)
    fit = sm.OLS(post, design).fit()
    assert means.slope == pytest.approx(fit.params[:2], rel=1e-9)
    assert (means.residual_ss, means.residual_df) == (pytest.approx(fit.ssr, rel=1e-9), fit.df_resid)
    ours = clusters.adjusted_difference(means, unit="points")
    effects = fit.params[2:]
    value, before = effects[arm].mean() - effects[~arm].mean(), class_means(codes, pre, second)
    pooled = sum(np.cov(before[:, a]) * (a.sum() - 1) for a in (arm, ~arm)) / (len(arm) - 2)
    seen = pooled * (1 / arm.sum() + 1 / (~arm).sum())
    shared = slope_error(codes, [pre, second], post, weights_of(arm), seen)
    se = with_slope_error(squared_se(effects, arm), len(arm) - 2, shared, fit.df_resid)
    check_estimate(ours, value, se, len(arm) - 2, same=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("extra", [1, 2])
def test_class_covariates_by_least_squares_on_the_class_means(seed, extra):
    codes, pre, _, post, arm = frame_of(seed, 6, 7)
    means = adjusted(codes, pre, post, arm)
    covariates = np.random.default_rng(seed).normal(50, 10, (len(arm), extra)) + 8 * arm[:, None]
    ours = clusters.adjusted_difference(means, unit="points", class_covariates=covariates)
    design = sm.add_constant(np.column_stack([arm, covariates]).astype(float))
    fit = sm.OLS(means.mean, design).fit()
    seen = sm.OLS(class_means(codes, pre)[0], design).fit().bse[1] ** 2
    shared = slope_error(codes, [pre], post, np.linalg.pinv(design)[1], seen)
    se = with_slope_error(fit.bse[1] ** 2, fit.df_resid, shared, len(codes) - len(arm) - 1)
    check_estimate(ours, fit.params[1], se, fit.df_resid, same=1e-8)


def test_class_covariates_need_classes_and_must_differ_from_the_arms():
    codes, pre, _, post, arm = frame_of(1, 3, 4)
    means = adjusted(codes, pre, post, arm)

    def reason(covariates):
        return clusters.adjusted_difference(means, unit="points", class_covariates=covariates).reason

    rng = np.random.default_rng(1)
    assert reason(rng.normal(size=(7, 2))) == "too_few_classes"
    assert reason(arm.astype(float) * 3 + 5) == "singular"
    assert reason(np.full(7, 4.0)) == "singular"
    twelve = adjusted(*school(4, 7, 8))
    once = rng.normal(size=15)
    found = clusters.adjusted_difference(twelve, unit="x", class_covariates=np.column_stack([once, 2 * once + 1]))
    assert found.reason == "singular"
    six = adjusted(*school(2, 3, 3))
    assert isinstance(clusters.adjusted_difference(six, unit="x", class_covariates=rng.normal(size=6)), Estimate)
    five = adjusted(*school(2, 2, 3))
    assert clusters.adjusted_difference(five, unit="x", class_covariates=rng.normal(size=5)).reason == "too_few_classes"


def test_covariates_that_cannot_be_told_apart_are_refused():
    codes, pre, _, post, arm = frame_of(2)
    twice = clusters.adjusted_means(class_moments(codes, pre, 2 * pre + 1, post), arm)
    assert twice == NotEstimated(estimator="adjusted_class_means", reason="singular")
    for method in (clusters.adjusted_difference, clusters.welch_difference):
        assert method(twice, unit="points").reason == "singular"
    assert leave_out.leave_one_out(class_moments(codes, pre, 2 * pre + 1, post), arm).reason == "singular"


def test_without_a_covariate_the_class_means_stay_as_they_are():
    codes, _, _, post, arm = frame_of(3)
    means = clusters.adjusted_means(class_moments(codes, post), arm)
    np.testing.assert_allclose(means.mean, pd.Series(post).groupby(codes).mean(), rtol=SAME)
    assert (means.slope.shape, means.residual_df) == ((0,), len(post) - len(arm))


def test_a_given_slope_replaces_the_one_found():
    codes, pre, _, post, arm = frame_of(4)
    means = clusters.adjusted_means(class_moments(codes, pre, post), arm, slope=[1.0])
    gains = pd.Series(post - pre).groupby(codes).mean().to_numpy()
    assert np.diff(means.mean) == pytest.approx(np.diff(gains), abs=1e-10)
    within = pd.Series(post - pre) - pd.Series(post - pre).groupby(codes).transform("mean")
    assert means.residual_ss == pytest.approx((within**2).sum(), rel=1e-9)
    assert means.residual_df == len(post) - len(arm)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sizes", [(3, 3), (4, 9)])
def test_welch_is_that_of_scipy_on_the_adjusted_means(seed, sizes):
    codes, pre, post, arm = school(seed, *sizes)
    _, pre, post, _ = further_apart(codes, pre, post, arm)
    means = adjusted(codes, pre, post, arm)
    ours = clusters.welch_difference(means, unit="points")
    test = stats.ttest_ind(means.mean[arm], means.mean[~arm], equal_var=False)
    seen = squared_se(class_means(codes, pre)[0], arm, equal=False)
    shared = slope_error(codes, [pre], post, weights_of(arm), seen)
    se = with_slope_error(squared_se(means.mean, arm, equal=False), test.df, shared, len(codes) - len(arm) - 1)
    check_estimate(ours, means.difference, se, test.df)
    assert ours.status == "beside"


@pytest.mark.parametrize(("apart", "without"), [(0.0, 0.05), (0.5, 0.056), (1.0, 0.068)])
def test_groups_that_start_apart_share_the_error_of_the_slope(apart, without):
    """No effect, no difference between classes but by chance; arms ``apart`` SD at the start.

    With the error of the slope the interval is a little too wide, since its df are those of the classes all the same;
    ``without`` it this share of studies would seem to have an effect (20,000 runs of another seed).
    """
    rng, runs, arm = np.random.default_rng(SEED), 10_000, np.arange(10) < 5
    codes = np.repeat(np.arange(10 * runs), 20)
    pre = rng.normal(0, 1, len(codes)) + apart * np.tile(arm, runs)[codes]
    moments = class_moments(codes, pre, 0.6 * pre + rng.normal(0, 0.8, len(codes)))
    means = [clusters.adjusted_means(moments.select(np.s_[10 * i : 10 * i + 10]), arm) for i in range(runs)]
    margin = 2 * math.sqrt(0.05 * 0.95 / runs)
    assert 0.03 < missed(means) <= 0.05 + margin
    given = [replace(m, slope_covariance=np.zeros((1, 1))) for m in means]
    assert missed(given) == pytest.approx(without, abs=margin)


def missed(means):
    return np.mean([not clusters.adjusted_difference(m, unit="points").interval.holds(0) for m in means])


def test_welch_needs_three_classes_in_each_arm():
    assert clusters.welch_difference(adjusted(*school(1, 2, 9)), unit="points").reason == "too_few_classes"
    codes, pre, _, arm = school(3, 3, 3)
    flat = adjusted(codes, pre, pre + arm[codes], arm)
    assert clusters.welch_difference(flat, unit="points").reason == "no_class_spread"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("covariates", [0, 1, 2])
def test_leaving_a_class_out_is_the_difference_without_it(seed, covariates):
    codes, pre, second, post, arm = frame_of(seed, 2, 5)
    columns = [pre, second][:covariates]
    found = leave_out.leave_one_out(class_moments(codes, *columns, post), arm)
    assert list(found.left_out) == list(range(7))
    for j, value in zip(found.left_out, found.value, strict=True):
        kept = codes != j
        renumbered = np.unique(codes[kept], return_inverse=True)[1]
        moments = class_moments(renumbered, *(column[kept] for column in columns), post[kept])
        assert value == pytest.approx(clusters.adjusted_means(moments, np.delete(arm, j)).difference, rel=1e-9)
    assert (found.low, found.high) == (found.value.min(), found.value.max())


def test_a_class_alone_in_its_arm_is_not_left_out():
    codes, pre, post, arm = school(4, 1, 4)
    found = leave_out.leave_one_out(class_moments(codes, pre, post), arm)
    assert sorted(found.left_out) == sorted(np.flatnonzero(~arm))
    pair = class_moments(*school(4, 1, 1)[:3])
    assert leave_out.leave_one_out(pair, np.array([True, False])).reason == "too_few_classes"


@pytest.mark.parametrize("level", [2.1, 0.3, 1e-20, 7e9])
def test_the_same_score_for_everyone_is_no_spread_between_classes(level):
    codes, pre, post, arm = school(6, 3, 4)
    for before in (pre, np.full(len(pre), level)):
        means = adjusted(codes, before, np.full(len(post), level), arm)
        for method in (clusters.adjusted_difference, clusters.welch_difference):
            assert method(means, unit="points").reason == "no_class_spread"
    few = class_moments(codes, np.full(len(post), level))
    constant = clusters.adjusted_means(few, arm)
    assert clusters.adjusted_difference(constant, unit="points").reason == "no_class_spread"


def test_a_class_covariate_whose_spread_is_only_rounding_is_singular():
    codes, pre, post, arm = school(6, 4, 4)
    rounding = np.array([0.1 + 0.2, 0.3] * 4)
    assert 0 < np.ptp(rounding) < 1e-15
    refused = clusters.adjusted_difference(adjusted(codes, pre, post, arm), unit="points", class_covariates=rounding)
    assert refused.reason == "singular"


@pytest.mark.filterwarnings("error")
def test_scores_beyond_double_precision_are_refused_and_large_ones_measured_alike():
    codes, pre, post, arm = data = school(6, 4, 4)
    for scale in (1e-160, 1e-70, 1e70, 1e160, 1e300):
        means = adjusted(codes, scale * pre, scale * post, arm)
        assert means == NotEstimated(estimator="adjusted_class_means", reason="out_of_reach")
        assert leave_out.leave_one_out(class_moments(codes, scale * pre, scale * post), arm).reason == "out_of_reach"
    for scale in (1e-50, 1e50):
        far = adjusted(codes, scale * pre, scale * post, arm)
        for method in (clusters.adjusted_difference, clusters.welch_difference):
            check_same(method(far, unit="points"), method(adjusted(*data), unit="points"), scale=scale)


def test_nothing_at_all_is_refused():
    nothing = class_moments(np.array([], dtype=int), [], [])
    means = clusters.adjusted_means(nothing, [])
    assert means.reason == "no_pupils"
    assert clusters.adjusted_difference(means, unit="points").reason == "no_pupils"
    assert leave_out.leave_one_out(nothing, []).reason == "no_pupils"
    assert clusters.total_sd(nothing, np.array([], dtype=bool), 1) == 0

"""Effect sizes: against the papers, the distributions they are defined by, and made populations."""

import math
from dataclasses import replace

import numpy as np
import pytest
from made_classes import SAME, difference, projections, school
from made_pupils import two_groups
from scipy import optimize, stats
from statsmodels.stats.weightstats import ttost_ind

from gsl_research.estimate import Estimate, Interval, NotEstimated
from gsl_research.methods import clusters, effect_sizes
from gsl_research.methods.moments import class_moments
from gsl_research.methods.pupils import arms, post_difference
from gsl_research.methods.student import small_sample_factor, t_interval


def standard(data, icc, sd=2.5):
    codes, pre, post, treated = data
    return effect_sizes.standardised(difference(*data), class_moments(codes, pre, post), treated, sd=sd, icc=icc)


def points(value: float, se: float, df: float, class_df: float | None = None) -> Estimate:
    return Estimate(
        metric="points", estimator="made", value=value, se=se, df=df, class_df=class_df or df,
        interval=t_interval(value, se, df), unit="points", n={}, source="made",
    )  # fmt: skip


# Classes


@pytest.mark.parametrize("icc", [0.0, 0.05, 0.2, 0.7])
@pytest.mark.parametrize(
    ("treated", "control", "sizes"),
    [(2, 2, (6, 7)), (1, 5, (4, 5)), (3, 4, (10, 11)), (3, 5, (1, 33)), (2, 2, (3, 40))],
)
def test_g_from_the_distribution_of_the_total_sd(treated, control, sizes, icc):
    """The total sum of squares y'Ay has mean tr(AV) and variance 2 tr(AVAV): its mean is the correction of S_T, and the
    chi-square with the same two moments has h degrees of freedom."""
    data = codes, _, post, arm = school(3, treated, control, sizes)
    member, _, on_arm = projections(codes, arm)
    spread = (np.eye(len(post)) - on_arm) @ ((1 - icc) * np.eye(len(post)) + icc * member @ member.T)
    mean, half_variance = np.trace(spread), np.trace(spread @ spread)
    h = mean**2 / half_variance
    bias = math.exp(math.lgamma(h / 2) - math.lgamma((h - 1) / 2)) / math.sqrt(h / 2)
    factor = bias * math.sqrt(mean / (len(post) - 2)) / 2.5
    found, raw = standard(data, icc), difference(*data)
    assert found.value == pytest.approx(raw.value * factor, rel=SAME)
    assert found.se**2 == pytest.approx((raw.se * factor) ** 2 + found.value**2 / (2 * h), rel=SAME)
    assert (found.df, found.class_df, found.p) == (raw.df, raw.class_df, raw.p)
    assert (found.icc, found.metric, found.unit, found.source) == (icc, "g", "post_total_sd", "hedges_2007")


def test_equal_classes_give_the_formulas_of_hedges_2007():
    """Equations of Hedges (2007) for g and h, with n the class size."""
    data = school(11, 3, 5, (12, 13))
    pupils, n, rho = len(data[0]), 12, 0.3
    corrected = difference(*data).value / 2 * math.sqrt(1 - 2 * (n - 1) * rho / (pupils - 2))
    h = ((pupils - 2) - 2 * (n - 1) * rho) ** 2 / (
        (pupils - 2) * (1 - rho) ** 2 + n * (pupils - 2 * n) * rho**2 + 2 * (pupils - 2 * n) * rho * (1 - rho)
    )
    bias = math.exp(math.lgamma(h / 2) - math.lgamma((h - 1) / 2)) / math.sqrt(h / 2)
    assert standard(data, rho, sd=2).value == pytest.approx(bias * corrected, rel=SAME)


def test_g_is_none_without_spread_or_freedom():
    data = school(1, 1, 2, (6, 7))
    assert standard(data, 0.1, sd=0) == NotEstimated(estimator="adjusted_class_means", reason="no_pupil_spread")
    assert standard(data, 1.0).reason == "too_few_pupils"
    assert not isinstance(standard(school(1, 2, 2, (6, 7)), 1.0), NotEstimated)
    pair = class_moments([0, 1], [1.0, 2.0])
    assert effect_sizes.standardised(points(1, 1, 4), pair, [True, False], sd=1, icc=0).reason == "too_few_pupils"
    one_each = class_moments([0, 0, 1, 1], [1.0, 2.0, 4.0, 3.0])
    assert effect_sizes.standardised(points(1, 1, 4), one_each, [True, False], sd=1, icc=1).reason == "too_few_pupils"
    assert effect_sizes.standardised(points(1, 1, 4), pair, [True, True], sd=1, icc=0).reason == "empty_arm"
    with pytest.raises(ValueError, match="treated must be"):
        effect_sizes.standardised(points(1, 1, 4), pair, [True], sd=1, icc=0)


def one_study(rng, classes, size, effect, icc):
    """codes, pre, post, treated from a population with variance 1 in both tests, r 0.6 in and between classes."""
    codes = np.repeat(np.arange(2 * classes), size)
    treated = np.arange(2 * classes) < classes
    pre, left = (
        math.sqrt(icc) * rng.normal(size=2 * classes)[codes] + math.sqrt(1 - icc) * rng.normal(size=len(codes))
        for _ in range(2)
    )
    return codes, pre, 0.6 * pre + 0.8 * left + effect * treated[codes], treated


@pytest.mark.parametrize(("classes", "effect", "icc"), [(5, 2.0, 0.0), (10, 2.0, 0.0), (3, 0.4, 0.15)])
def test_the_interval_holds_the_g_of_the_population(classes, effect, icc):
    """A small run of what the docstring tells; with the interval in points under one factor, as it was before, a large
    effect falls outside far more often."""
    rng, runs = np.random.default_rng(20261122), 3000
    missed = scaled = 0
    for _ in range(runs):
        data = codes, pre, post, treated = one_study(rng, classes, 20, effect, icc)
        moments, raw = class_moments(codes, pre, post), difference(*data)
        sd, rho = clusters.total_sd(moments, treated, 1), clusters.anova_icc(moments, treated, 1)
        g = effect_sizes.standardised(raw, moments, treated, sd=sd, icc=rho)
        missed += not g.interval.holds(effect)
        factor = g.value / raw.value
        scaled += not raw.interval.low * factor <= effect <= raw.interval.high * factor
        assert g.interval.holds(0) == raw.interval.holds(0)
    assert missed / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
    assert missed / runs >= 0.03
    assert effect < 1 or scaled / runs > 0.08


# A difference over an estimated standard deviation


@pytest.mark.parametrize("sd_df", [1.5, 3, 11.2, 300])
@pytest.mark.parametrize("value", [-7.0, -2.6, -1.1, 0.0, 0.3, 2.0, 2.6, 9.0])
def test_each_limit_is_the_ratio_at_which_both_errors_together_just_reach_0(value, sd_df):
    """value - q S has as lower limit value - q S - root of the squared distances to the limits of each (Zou & Donner's
    sum); the lower limit of the ratio is the q at which that is 0."""
    raw = points(value, 1.0, 9)
    limits = [math.sqrt(sd_df / stats.chi2.ppf(tail, sd_df)) for tail in (0.975, 0.025)]

    def excess(q, sign):
        reach = raw.interval.half_width
        far = q * (limits[1] - 1) if q > 0 else q * (limits[0] - 1)
        return sign * value - q - math.hypot(reach, far)

    found = effect_sizes.over_estimated_sd(value, raw.interval, sd_df, 1.0)
    low, high = (sign * optimize.brentq(excess, -400, 400, args=(sign,), xtol=1e-13) for sign in (1, -1))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.low < value < found.high


def test_it_becomes_the_interval_in_points_when_the_sd_is_known():
    raw = points(2.0, 0.5, 7)
    found = effect_sizes.in_standard_deviations(raw, 4.0, 1e6, unit="sd")
    assert (found.value, found.se) == pytest.approx((0.5, 0.125), rel=1e-5)
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (raw.interval.low / 4, raw.interval.high / 4), rel=1e-5
    )


def test_swapping_the_arms_turns_the_interval_around():
    there, back = (effect_sizes.in_standard_deviations(points(s * 1.7, 0.4, 8), 2, 30, unit="sd") for s in (1, -1))
    assert (back.value, back.se) == pytest.approx((-there.value, there.se), rel=SAME)
    assert (back.interval.low, back.interval.high) == pytest.approx(
        (-there.interval.high, -there.interval.low), rel=SAME
    )


def test_it_holds_0_exactly_when_the_points_do():
    rng = np.random.default_rng(5)
    for _ in range(300):
        raw = points(rng.normal(0, 3), rng.uniform(0.3, 2), rng.integers(1, 30))
        found = effect_sizes.in_standard_deviations(raw, rng.uniform(1, 9), rng.uniform(1.01, 60), unit="sd")
        assert found.interval.holds(0) == raw.interval.holds(0)


def test_a_description_stays_a_description():
    described = Estimate(
        metric="points", estimator="made", value=2.0, unit="points", n={}, source="made", status="described"
    )
    found = effect_sizes.in_standard_deviations(described, 4.0, 20, unit="sd")
    assert found.value == pytest.approx(0.5 * small_sample_factor(20), rel=SAME)
    assert (found.se, found.interval, found.status, found.unit) == (None, None, "described", "sd")


def test_an_assumed_icc_stays_with_its_g():
    assumed = Estimate(
        metric="points", estimator="assumed_icc", value=2.0, unit="points", n={}, source="made", se=1.0, df=9,
        class_df=0, interval=t_interval(2.0, 1.0, 9), assumed_icc=0.15, status="assumed_icc",
    )  # fmt: skip
    found = effect_sizes.in_standard_deviations(assumed, 4.0, 20, unit="sd")
    assert (found.assumed_icc, found.status, found.class_df) == (0.15, "assumed_icc", 0)


def test_a_standard_deviation_of_nothing_is_refused():
    raw = points(1, 1, 5)
    assert effect_sizes.in_standard_deviations(raw, 0, 20, unit="sd").reason == "no_pupil_spread"
    assert effect_sizes.in_standard_deviations(raw, 1, 1, unit="sd").reason == "too_few_pupils"


# Pupils as the unit


@pytest.mark.parametrize("seed", range(4))
def test_g_of_pupils_has_the_exact_interval_of_the_noncentral_t(seed):
    post, treated, _ = two_groups(seed, 5 + seed, 9)
    student = post_difference(post, treated, unit="points")
    found, groups = effect_sizes.hedges_g(student), arms(post, treated)
    df, per_t = len(post) - 2, math.sqrt(1 / treated.sum() + 1 / (~treated).sum())
    d = (groups.mean_treated - groups.mean_control) / groups.pooled_sd
    assert found.value == pytest.approx(d * small_sample_factor(df), rel=SAME)
    assert stats.nct.cdf(d / per_t, df, found.interval.low / per_t) == pytest.approx(0.975, abs=1e-10)
    assert stats.nct.cdf(d / per_t, df, found.interval.high / per_t) == pytest.approx(0.025, abs=1e-10)
    assert found.se**2 == pytest.approx(per_t**2 + found.value**2 / (2 * len(post)), rel=SAME)
    assert (found.df, found.p, found.unit, found.metric) == (df, student.p, "post_pooled_sd", "g")
    assert found.interval.holds(0) == student.interval.holds(0)


def test_g_of_pupils_keeps_the_level_of_the_points():
    student = post_difference(*two_groups(1)[:2], unit="points")
    wide = replace(student, interval=t_interval(student.value, student.se, student.df, 0.99))
    plain, found = effect_sizes.hedges_g(student).interval, effect_sizes.hedges_g(wide).interval
    assert (plain.level, found.level) == (0.95, 0.99)
    assert found.low < plain.low < plain.high < found.high
    over = [effect_sizes.in_standard_deviations(p, 2, 30, unit="sd").interval for p in (student, wide)]
    assert over[1].low < over[0].low < over[0].high < over[1].high
    assert over[1].level == 0.99


def test_the_mean_of_g_over_samples_is_the_g_of_the_population():
    """J makes g unbiased: 8 pupils a group, an effect of 1 SD. Uncorrected d would be 5.7 % too large."""
    rng, runs, treated = np.random.default_rng(20261122), 4000, np.arange(16) < 8
    student = [post_difference(rng.normal(size=16) + treated, treated, unit="sd") for _ in range(runs)]
    g = np.array([effect_sizes.hedges_g(found).value for found in student[:800]])
    all_g = np.array([found.value / found.se * 0.5 * small_sample_factor(14) for found in student])
    assert g == pytest.approx(all_g[:800], rel=SAME)
    assert all_g.mean() == pytest.approx(1, abs=2.5 * all_g.std() / math.sqrt(runs))
    assert (all_g / small_sample_factor(14)).mean() > 1 + 2.5 * all_g.std() / math.sqrt(runs)


def test_g_of_pupils_refuses_what_it_cannot_give():
    with pytest.raises(ValueError, match="needs Student's difference"):
        effect_sizes.hedges_g(points(1, 1, 9))
    three = post_difference([1.0, 2.0, 4.0], [True, True, False], unit="points")
    assert effect_sizes.hedges_g(three).reason == "too_few_pupils"
    four = post_difference([1.0, 2.0, 4.0, 6.0], [True, True, False, False], unit="points")
    assert effect_sizes.hedges_g(four).interval.low < effect_sizes.hedges_g(four).value < 0
    rng = np.random.default_rng(1)
    apart = post_difference(1e5 * (np.arange(40) < 20) + rng.normal(size=40), np.arange(40) < 20, unit="points")
    assert effect_sizes.hedges_g(apart).reason == "out_of_reach"


def test_what_was_not_estimated_in_points_is_not_in_standard_deviations():
    missing = NotEstimated(estimator="student", reason="empty_arm")
    pair = class_moments([0, 0, 1, 1], [1.0, 2.0, 4.0, 3.0])
    assert effect_sizes.hedges_g(missing) == missing
    assert effect_sizes.in_standard_deviations(missing, 1, 9, unit="sd") == missing
    assert effect_sizes.standardised(missing, pair, [True, False], sd=1, icc=0) == missing


def test_variances_of_g_are_about_those_of_the_noncentral_t():
    """Both are approximations: 30 v 50 pupils and 0.7 SD, within 3 %."""
    per_t = math.sqrt(1 / 30 + 1 / 50)
    exact = stats.nct.var(78, 0.7 / per_t) * (small_sample_factor(78) * per_t) ** 2
    assert effect_sizes.borenstein_variance(0.7, 30, 50) == pytest.approx(exact, rel=0.03)
    assert effect_sizes.hedges_olkin_variance(0.7, 30, 50) == pytest.approx(exact, rel=0.01)


def test_what_wwc_reports_comes_from_the_adjusted_difference():
    raw = Estimate(
        metric="points", estimator="ancova", value=3.0, se=0.55, df=262, class_df=262, interval=Interval(1.9, 4.1),
        unit="points", n={"pupils_treated": 144, "pupils_control": 121}, source="made",
    )  # fmt: skip
    found = effect_sizes.wwc_effect(raw, 5.0, r2=0.2)
    omega = 1 - 3 / (4 * 263 - 1)
    assert found.g == pytest.approx(omega * 0.6, rel=SAME)
    assert found.se == pytest.approx(omega * math.sqrt(0.11**2 + 0.36 / 530), rel=SAME)
    assert found.se_from_r2 == pytest.approx(omega * math.sqrt(0.8 * (1 / 144 + 1 / 121) + 0.36 / 530), rel=SAME)
    assert effect_sizes.wwc_effect(raw, 0.0, r2=0.2).reason == "no_pupil_spread"


# What it means


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("margin", [0.5, 1.5, 4.0])
def test_equivalence_is_two_one_sided_tests(seed, margin):
    post, treated, _ = two_groups(seed)
    found = effect_sizes.equivalence(post_difference(post, treated, unit="points"), margin)
    p, _, _ = ttost_ind(post[treated], post[~treated], -margin, margin)
    assert found.p == pytest.approx(p, rel=1e-9)
    assert found.holds == (p < 0.05)
    turned = effect_sizes.equivalence(post_difference(post, ~treated, unit="points"), margin)
    assert (turned.p, turned.holds) == (pytest.approx(found.p, rel=1e-9), found.holds)
    assert (found.margin, found.interval.level) == (margin, 0.90)


def test_equivalence_holds_from_just_beyond_the_farthest_limit():
    raw = points(0.4, 0.5, 10)
    edge = effect_sizes.equivalence(raw, 1.0).interval.high
    assert not effect_sizes.equivalence(raw, edge).holds
    assert effect_sizes.equivalence(raw, edge * (1 + 1e-9)).holds
    assert effect_sizes.equivalence(raw, edge).p == pytest.approx(0.05, rel=1e-9)
    assert effect_sizes.equivalence(points(-0.4, 0.5, 10), edge).p == pytest.approx(0.05, rel=1e-9)


def test_few_classes_get_an_equivalence_without_p():
    assert effect_sizes.equivalence(points(0.1, 0.5, 3), 2).p is None
    assert effect_sizes.equivalence(points(0.1, 0.5, 20, class_df=3), 2).p is None
    assert effect_sizes.equivalence(points(0.1, 0.5, 4), 2).p is not None


@pytest.mark.parametrize("margin", [0, -1])
def test_a_margin_lies_above_0(margin):
    with pytest.raises(ValueError, match="margin above 0"):
        effect_sizes.equivalence(points(1, 1, 5), margin)


def test_what_has_no_interval_cannot_be_equivalent():
    described = Estimate(metric="points", estimator="made", value=2.0, unit="points", n={}, source="made")
    with pytest.raises(ValueError, match="with se and df"):
        effect_sizes.equivalence(described, 1)


@pytest.mark.parametrize("g", [-2.0, -0.3, 0.0, 0.2, 0.8, 9.0])
def test_improvement_and_superiority_are_normal_probabilities(g):
    assert effect_sizes.improvement_index(g) == pytest.approx(100 * stats.norm.cdf(g) - 50, abs=1e-12)
    assert effect_sizes.superiority_of(g) == pytest.approx(stats.norm.cdf(g, scale=math.sqrt(2)), abs=1e-14)

"""Before the study: scipy, statsmodels and pwr, designs drawn pupil by pupil, the methods page, and what must hold."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from oracle import power as oracle
from scipy import stats
from test_oracle import RECORDS

from gsl_research.estimate import NotEstimated
from gsl_research.methods import clusters
from gsl_research.methods.moments import class_moments
from gsl_research.methods.precision import (
    Precision,
    classes_assigned,
    group_of_classes,
    halved_class,
    lead_in,
    needed_for_half_width,
    needed_for_power,
    one_group,
    paired_weeks,
    pupils_assigned,
    split,
    within_classes,
    within_these_classes,
)

SEED = 20261123
RUNS = 4000
DESIGNS = {
    "pupils": lambda n: pupils_assigned(*split(n), r2=0.49, covariates=1),
    "halved": lambda n: halved_class(n, r2=0.3, covariates=1),
    "classes": lambda n: classes_assigned(*split(n), 20, icc=0.15),
    "unequal classes": lambda n: classes_assigned(*split(n, 0.3), 20, icc=0.15, r2_pupils=0.5, r2_classes=0.6),
    "sites": lambda n: within_classes(n, 10, 10, icc=0.15, r2=0.3, effect_sd=0.2),
    "these sites": lambda n: within_these_classes(n, 3, 4, icc=0.15),
    "weeks": lambda n: paired_weeks(n, 22, r=0.6, week_sd=0.2),
    "one group": lambda n: one_group(n, r=0.7),
    "one test earlier": lambda n: lead_in(n, r=0.7),
}


@pytest.fixture(params=DESIGNS)
def design(request):
    return DESIGNS[request.param]


# The noncentral t


@pytest.mark.parametrize("df", [1, 2, 3, 5, 22, 400])
@pytest.mark.parametrize("power", [0.06, 0.5, 0.8, 0.9, 0.999, 1 - 1e-9])
def test_at_the_mdes_the_power_is_the_one_asked_for(df, power):
    precision = Precision(0.37, df)
    assert precision.power(precision.mdes(power)) == pytest.approx(power, abs=1e-9)
    assert precision.power(precision.mdes(power) * (1 - 1e-6)) < power


@pytest.mark.parametrize("df", [1, 2, 3, 4, 10, 57, 300])
def test_power_is_that_of_scipy_and_of_the_definition(df):
    limit = stats.t.ppf(0.975, df)
    for difference in (0.0, 0.3, 1.0, 2.5, 6.0, 20.0):
        ours = Precision(0.5, df).power(difference)
        theirs = stats.nct.sf(limit, df, 2 * difference) + stats.nct.cdf(-limit, df, 2 * difference)
        if math.isfinite(theirs):
            assert ours == pytest.approx(theirs, abs=1e-9)
        spread = stats.chi2.ppf((np.arange(20_000) + 0.5) / 20_000, df)
        edge = limit * np.sqrt(spread / df)
        drawn = stats.norm.sf(edge - 2 * difference) + stats.norm.cdf(-edge - 2 * difference)
        assert ours == pytest.approx(drawn.mean(), abs=2e-5)


def test_at_low_df_and_far_out_power_is_a_number():
    for df in (1, 2, 3):
        powers = [Precision(1, df).power(difference) for difference in np.geomspace(0.001, 1e9, 300)]
        assert all(0.05 <= power <= 1 for power in powers)
        assert all(before <= after + 1e-14 for before, after in pairwise(powers))
        assert powers[-1] == 1


def test_without_a_difference_one_in_twenty_is_found_and_the_sign_does_not_matter(design):
    precision = design(30)
    assert precision.power(0) == pytest.approx(0.05, abs=1e-12)
    assert precision.power(-0.4) == precision.power(0.4)


@pytest.mark.parametrize(("n", "d"), [(5, 1.5), (12, 0.8), (25, 0.5), (64, 0.5), (400, 0.2)])
def test_statsmodels_says_the_same(n, d):
    from statsmodels.stats.power import TTestIndPower, TTestPower

    assert pupils_assigned(n, n).power(d) == pytest.approx(TTestIndPower().power(d, n, 0.05), abs=1e-9)
    unequal = TTestIndPower().power(d, n, 0.05, ratio=3)
    assert pupils_assigned(n, 3 * n).power(d) == pytest.approx(unequal, abs=1e-9)
    assert one_group(n, r=0.5).power(d) == pytest.approx(TTestPower().power(d, n, 0.05), abs=1e-9)


def test_whole_numbers_around_those_of_power_t_test():
    """R's stats::power.t.test counts the right direction only, and gives a fraction of a pupil."""
    theirs = RECORDS["power.block"]
    assert needed_for_power(lambda n: pupils_assigned(n, n), 0.5) == math.ceil(theirs["pwr_t_test.n_per_group_d50_p80"])
    assert needed_for_power(lambda n: one_group(n, r=0.5), 0.4) == math.ceil(theirs["pwr_t_test.paired_n_d40"])
    wrong_way = stats.nct.cdf(-stats.t.ppf(0.975, 48), 48, 0.5 / math.sqrt(2 / 25))
    assert pupils_assigned(25, 25).power(0.5) - wrong_way == pytest.approx(
        theirs["pwr_t_test.power_n25_d50"], abs=1e-12
    )


def test_every_quantity_of_the_record_is_computed_or_left_out_and_equal():
    ours, theirs = oracle.ours(Path(), "power.block"), RECORDS["power.block"]
    assert set(ours) | set(oracle.LEFT_OUT) == set(theirs)
    assert not set(ours) & set(oracle.LEFT_OUT)
    for name, value in ours.items():
        assert value == pytest.approx(theirs[name], rel=1e-9), name


# What the pages say


def test_the_table_of_the_methods_page():
    """Section 2.5: 80 % power, 20 pupils a class, R² 0.36."""
    table = {
        (2, 2): (1.41, 1.98, 2.43), (3, 3): (0.77, 1.08, 1.32), (4, 4): (0.59, 0.84, 1.02), (5, 5): (0.51, 0.71, 0.87),
        (8, 8): (0.38, 0.53, 0.65), (10, 10): (0.33, 0.47, 0.57), (15, 15): (0.26, 0.37, 0.45),
        (20, 20): (0.23, 0.32, 0.39), (40, 40): (0.16, 0.22, 0.27), (100, 100): (0.10, 0.14, 0.17),
        (1, 5): (1.03, 1.45, 1.77), (2, 6): (0.69, 0.96, 1.18),
    }  # fmt: skip
    for arms, row in table.items():
        for icc, value in zip((0.05, 0.15, 0.25), row, strict=True):
            precision = classes_assigned(*arms, 20, icc=icc, r2_pupils=0.36, r2_classes=0.36)
            assert precision.mdes() == pytest.approx(value, abs=0.00501)


def test_half_widths_and_power_of_the_methods_page():
    """Section 2.4, simulated with adjusted class means: median half-width and power at 0.40."""
    table = {
        (2, 2, 0.05): (0.90, 17), (2, 2, 0.25): (1.55, 9), (3, 3, 0.15): (0.72, 19), (5, 5, 0.05): (0.35, 59),
        (5, 5, 0.25): (0.61, 25), (10, 10, 0.15): (0.32, 67), (20, 20, 0.15): (0.22, 94), (1, 3, 0.15): (1.44, 10),
        (1, 5, 0.05): (0.69, 20), (2, 6, 0.15): (0.66, 23), (3, 17, 0.05): (0.32, 67),
    }  # fmt: skip
    for (treated, control, icc), (half_width, power) in table.items():
        precision = classes_assigned(treated, control, 20, icc=icc, r2_pupils=0.36, r2_classes=0.36)
        assert precision.assured_half_width(0.5) == pytest.approx(half_width, rel=0.03)
        assert 100 * precision.power(0.4) == pytest.approx(power, abs=2.0)


def test_the_worked_values_of_the_field_page():
    """Section 4.7: two t quantiles added, and the exact value beside it where that is another number."""
    with_pre = {"r2_pupils": 0.5, "r2_classes": 0.6, "covariates": 1}
    table = [
        (halved_class(24), 1.20, 1.20),
        (halved_class(24, r2=0.49, covariates=1), 0.86, 0.86),
        (halved_class(45), 0.85, 0.85),
        (halved_class(45, r2=0.25, covariates=1), 0.74, 0.74),
        (halved_class(45, r2=0.49, covariates=1), 0.61, 0.61),
        (halved_class(45, r2=0.64, covariates=1), 0.51, 0.51),
        (halved_class(100, r2=0.49, covariates=1), 0.40, 0.40),
        (one_group(24, r=0.5), 0.60, 0.60),
        (one_group(24, r=0.7), 0.46, 0.46),
        (one_group(24, r=0.8), 0.38, 0.38),
        (classes_assigned(2, 2, 20, icc=0.15), 2.35, 2.48),
        (classes_assigned(3, 3, 20, icc=0.15), 1.33, 1.35),
        (classes_assigned(5, 5, 20, icc=0.15), 0.89, 0.89),
        (classes_assigned(15, 15, 20, icc=0.15), 0.47, 0.46),
        (classes_assigned(30, 30, 20, icc=0.15), 0.32, 0.32),
        (classes_assigned(3, 3, 20, icc=0.15, **with_pre), 0.97, 0.99),
        (classes_assigned(5, 5, 20, icc=0.15, **with_pre), 0.59, 0.59),
        (classes_assigned(15, 15, 20, icc=0.15, **with_pre), 0.30, 0.30),
        (classes_assigned(30, 30, 20, icc=0.15, **with_pre), 0.21, 0.21),
    ]
    for precision, printed, exact in table:
        assert precision.bloom_mdes() == pytest.approx(printed, abs=0.00501)
        assert precision.mdes() == pytest.approx(exact, abs=0.00501)
    assert classes_assigned(1, 1, 20, icc=0.15) == NotEstimated(estimator="classes_assigned", reason="too_few_classes")


def test_how_far_the_sum_of_two_quantiles_is_off():
    for df, share in {1: 0.138, 2: 0.051, 3: 0.022, 5: 0.007}.items():
        precision = Precision(1, df)
        assert 1 - precision.bloom_mdes() / precision.mdes() == pytest.approx(share, abs=0.0005)
    for df in (10, 20, 50, 1000):
        assert Precision(1, df).bloom_mdes() == pytest.approx(Precision(1, df).mdes(), rel=0.001)


# Designs drawn pupil by pupil


def check_simulated(precision, values, variances, difference, df):
    """Differences and squared standard errors of simulated studies: the variance, and how often one is found."""
    assert precision.df == df
    close = 3.5 * math.sqrt(2 / RUNS)
    assert values.var() == pytest.approx(precision.se**2, rel=close)
    assert variances.mean() == pytest.approx(precision.se**2, rel=close)
    assert values.mean() == pytest.approx(difference, abs=3.5 * precision.se / math.sqrt(RUNS))
    half = stats.t.ppf(0.975, df) * np.sqrt(variances)
    power = precision.power(difference)
    assert (abs(values) > half).mean() == pytest.approx(power, abs=3.5 * math.sqrt(power * (1 - power) / RUNS))
    assert half.mean() == pytest.approx(precision.expected_half_width(), rel=close)
    for assurance in (0.5, 0.8):
        within = (half <= precision.assured_half_width(assurance)).mean()
        assert within == pytest.approx(assurance, abs=3.5 * math.sqrt(assurance * (1 - assurance) / RUNS))


def t_over(values):
    return values.mean(axis=1), values.var(axis=1, ddof=1) / values.shape[1]


def two_arms(treated, control):
    df = treated.shape[1] + control.shape[1] - 2
    squares = sum(arm.var(axis=1) * arm.shape[1] for arm in (treated, control))
    scale = 1 / treated.shape[1] + 1 / control.shape[1]
    return treated.mean(axis=1) - control.mean(axis=1), squares / df * scale


def test_pupils_and_halves_drawn():
    rng = np.random.default_rng(SEED)
    arms = rng.normal(0.8, 1, (RUNS, 12)), rng.normal(0, 1, (RUNS, 11))
    check_simulated(halved_class(23), *two_arms(*arms), 0.8, 21)


@pytest.mark.parametrize(("treated", "control", "icc"), [(2, 2, 0.15), (1, 4, 0.25), (5, 3, 0.05)])
def test_classes_drawn(treated, control, icc):
    rng, n, classes = np.random.default_rng(SEED), 15, treated + control
    scores = rng.normal(0, math.sqrt(icc), (RUNS, classes, 1)) + rng.normal(0, math.sqrt(1 - icc), (RUNS, classes, n))
    means = scores.mean(axis=2)
    means[:, :treated] += 0.6
    drawn = two_arms(means[:, :treated], means[:, treated:])
    check_simulated(classes_assigned(treated, control, n, icc=icc), *drawn, 0.6, classes - 2)


def test_classes_with_a_pre_test_drawn_and_measured():
    """Adjusted class means of the package: a pre-test with r 0.6 in classes and between them explains 0.36 of both."""
    rng, runs, n, arm, icc = np.random.default_rng(SEED), 1500, 12, np.arange(6) < 3, 0.2
    codes, values = np.repeat(np.arange(6), n), []
    for _ in range(runs):
        level, pupil = rng.normal(0, math.sqrt(icc), (2, 6)), rng.normal(0, math.sqrt(1 - icc), (2, 6 * n))
        pre = level[0][codes] + pupil[0]
        post = 0.6 * pre + 0.8 * (level[1][codes] + pupil[1])
        means = clusters.adjusted_means(class_moments(codes, pre, post), arm)
        values.append(clusters.adjusted_difference(means, unit="points").value)
    precision = classes_assigned(3, 3, n, icc=icc, r2_pupils=0.36, r2_classes=0.36)
    assert np.var(values) == pytest.approx(precision.se**2, rel=3.5 * math.sqrt(2 / runs))


def test_pupils_within_classes_drawn():
    rng, classes, icc, tau = np.random.default_rng(SEED), 5, 0.2, 0.3
    effect = rng.normal(0.5, tau, (RUNS, classes, 1))
    level = rng.normal(0, math.sqrt(icc), (RUNS, classes, 1))
    treated = level + effect + rng.normal(0, math.sqrt(1 - icc), (RUNS, classes, 6))
    control = level + rng.normal(0, math.sqrt(1 - icc), (RUNS, classes, 4))
    drawn = t_over(treated.mean(axis=2) - control.mean(axis=2))
    check_simulated(within_classes(classes, 6, 4, icc=icc, effect_sd=tau), *drawn, 0.5, 4)


def test_pupils_within_these_classes_drawn():
    rng, classes, icc = np.random.default_rng(SEED), 3, 0.2
    level = rng.normal(0, math.sqrt(icc), (RUNS, classes, 1))
    scores = level + rng.normal(0, math.sqrt(1 - icc), (RUNS, classes, 7))
    arm = np.arange(7) < 4
    scores[:, :, arm] += 0.5
    flat = scores.reshape(RUNS, -1).T
    design = np.column_stack([np.tile(arm, classes), np.repeat(np.eye(classes), 7, axis=0)]).astype(float)
    weights = np.linalg.pinv(design)
    rest, df = flat - design @ (weights @ flat), 7 * classes - classes - 1
    drawn = (weights @ flat)[0], (rest**2).sum(axis=0) / df * (weights @ weights.T)[0, 0]
    check_simulated(within_these_classes(classes, 4, 3, icc=icc), *drawn, 0.5, df)


def test_weeks_drawn():
    """Pupils who keep their place, a week that lifts or sinks the whole class, and the rest."""
    rng, pairs, n, r, week = np.random.default_rng(SEED), 6, 10, 0.7, 0.25
    pupil = rng.normal(0, math.sqrt(r), (RUNS, 1, 1, n))
    weeks = rng.normal(0, week, (RUNS, pairs, 2, 1))
    scores = pupil + weeks + rng.normal(0, math.sqrt(1 - r), (RUNS, pairs, 2, n))
    drawn = t_over(scores[:, :, 0].mean(axis=2) + 0.3 - scores[:, :, 1].mean(axis=2))
    check_simulated(paired_weeks(pairs, n, r=r, week_sd=week), *drawn, 0.3, pairs - 1)


def test_growth_drawn():
    rng, n, r = np.random.default_rng(SEED), 9, 0.6
    pre = rng.normal(0, 1, (RUNS, n))
    post = r * pre + math.sqrt(1 - r * r) * rng.normal(0, 1, (RUNS, n)) + 0.4
    check_simulated(one_group(n, r=r), *t_over(post - pre), 0.4, n - 1)


def test_growth_beside_that_of_the_period_before_drawn():
    rng, n, r = np.random.default_rng(SEED), 9, 0.6
    pupil = rng.normal(0, math.sqrt(r), (RUNS, 1, n))
    scores = pupil + rng.normal(0, math.sqrt(1 - r), (RUNS, 3, n)) + np.array([0, 0.3, 1.4])[:, None]
    drawn = t_over(scores[:, 2] - 2 * scores[:, 1] + scores[:, 0])
    check_simulated(lead_in(n, r=r), *drawn, 0.8, n - 1)


def test_what_chance_differences_before_add():
    """The factor (N-3)/(N-q-3) that the docstring of ``pupils_assigned`` tells of."""
    rng, n, q = np.random.default_rng(SEED), 24, 1
    arm = np.arange(n) < n // 2
    pre = rng.normal(0, 1, (RUNS, n))
    gap = pre[:, arm].mean(axis=1) - pre[:, ~arm].mean(axis=1)
    within = sum(side.var(axis=1, ddof=1) * (n // 2 - 1) for side in (pre[:, arm], pre[:, ~arm]))
    factor = 1 + gap**2 / within / (4 / n)
    assert factor.mean() == pytest.approx((n - 3) / (n - q - 3), abs=3.5 * factor.std() / math.sqrt(RUNS))
    assert math.sqrt((n - 3) / (n - q - 3)) == pytest.approx(1.025, abs=0.0005)


# What must hold


def test_larger_is_never_worse(design):
    found = [design(size) for size in range(1, 60)]
    some = [one for one in found if isinstance(one, Precision)]
    assert len(some) > 50
    assert all(isinstance(one, Precision) for one in found[found.index(some[0]) :])
    for measure in (Precision.mdes, Precision.bloom_mdes, Precision.expected_half_width, Precision.assured_half_width):
        values = [measure(one) for one in some]
        assert all(later < before for before, later in pairwise(values))
    powers = [one.power(0.4) for one in some]
    assert all(later >= before for before, later in pairwise(powers))


def test_more_pupils_and_a_smaller_icc_help_but_not_beyond_what_classes_differ():
    by_pupils = [classes_assigned(4, 4, n, icc=0.15).mdes() for n in (5, 10, 20, 40, 1e9)]
    assert all(later < before for before, later in pairwise(by_pupils))
    assert by_pupils[-1] == pytest.approx(Precision(math.sqrt(0.15 / 2), 6).mdes(), rel=1e-6)
    by_icc = [classes_assigned(4, 4, 20, icc=icc).mdes() for icc in (0, 0.05, 0.15, 0.25, 0.9)]
    assert all(before < later for before, later in pairwise(by_icc))
    by_spread = [within_classes(6, 10, 10, icc=0.1, effect_sd=tau).mdes() for tau in (0, 0.1, 0.3)]
    by_week = [paired_weeks(6, 20, r=0.5, week_sd=week).mdes() for week in (0, 0.1, 0.3)]
    for values in (by_spread, by_week):
        assert all(before < later for before, later in pairwise(values))


def test_points_are_sd_times_points(design):
    in_sd, in_points = design(12), design(12).in_points(3.2)
    assert in_points.mdes() == pytest.approx(3.2 * in_sd.mdes(), rel=1e-14)
    assert in_points.bloom_mdes(0.9) == pytest.approx(3.2 * in_sd.bloom_mdes(0.9), rel=1e-14)
    assert in_points.expected_half_width() == pytest.approx(3.2 * in_sd.expected_half_width(), rel=1e-14)
    assert in_points.assured_half_width() == pytest.approx(3.2 * in_sd.assured_half_width(), rel=1e-14)
    assert in_points.power(1.6) == pytest.approx(in_sd.power(0.5), abs=1e-13)


def test_designs_that_are_one_another():
    assert within_these_classes(1, 12, 11, icc=0) == halved_class(23)
    assert within_these_classes(1, 12, 11, icc=0, r2=0.3, covariates=2) == halved_class(23, r2=0.3, covariates=2)
    one_pupil = classes_assigned(6, 7, 1, icc=0.3)
    alone = pupils_assigned(6, 7)
    assert (one_pupil.se, one_pupil.df) == (pytest.approx(alone.se, rel=1e-15), alone.df)
    no_spread = within_classes(4, 9, 8, icc=0.2, r2=0.3, effect_sd=0)
    fixed = within_these_classes(4, 9, 8, icc=0.2, r2=0.3)
    assert no_spread.se == pytest.approx(fixed.se, rel=1e-15)
    assert (no_spread.df, fixed.df) == (3, 4 * 17 - 4 - 1)


# How many are needed


@pytest.mark.parametrize("difference", [0.35, 0.6, 1.1])
def test_the_number_needed_is_the_first_that_serves(design, difference):
    for power in (0.5, 0.8):
        found = needed_for_power(design, difference, power)
        assert design(found).power(difference) >= power
        before = design(found - 1)
        assert isinstance(before, NotEstimated) or before.power(difference) < power


def test_the_number_needed_for_a_width_is_the_first_that_serves(design):
    for width in (0.3, 0.8):
        found = needed_for_half_width(design, width)
        assert design(found).assured_half_width() <= width
        before = design(found - 1)
        assert isinstance(before, NotEstimated) or before.assured_half_width() > width


def test_pupils_do_not_stand_for_classes():
    def more_pupils(size):
        return classes_assigned(3, 3, size, icc=0.15)

    refused = NotEstimated(estimator="needed", reason="out_of_reach")
    assert needed_for_power(more_pupils, 0.4) == refused
    assert needed_for_half_width(more_pupils, 0.4) == refused
    assert needed_for_power(lambda n: pupils_assigned(n, n), 0.001) == refused


def test_the_largest_size_is_looked_at_too():
    last = pupils_assigned(10_000, 10_000).mdes()
    assert needed_for_power(lambda n: pupils_assigned(n, n), last) == 10_000


@pytest.mark.parametrize(
    ("count", "share", "arms"), [(7, 0.5, (4, 3)), (8, 0.5, (4, 4)), (40, 0.4, (16, 24)), (1, 0.3, (0, 1))]
)
def test_whole_numbers_near_the_share(count, share, arms):
    assert split(count, share) == arms


# Refusals


def test_what_cannot_be_planned_is_refused_with_a_reason():
    reasons = {
        pupils_assigned(0, 5): "empty_arm",
        pupils_assigned(1, 1): "too_few_pupils",
        pupils_assigned(2, 2, covariates=2): "too_few_pupils",
        halved_class(1): "empty_arm",
        classes_assigned(3, 0, 20, icc=0.1): "empty_arm",
        classes_assigned(3, 3, 0, icc=0.1): "no_pupils",
        classes_assigned(1, 1, 20, icc=0.1): "too_few_classes",
        classes_assigned(2, 2, 20, icc=0.1, covariates=2): "too_few_classes",
        within_classes(1, 5, 5, icc=0.1, effect_sd=0.1): "too_few_classes",
        within_classes(3, 0, 5, icc=0.1, effect_sd=0.1): "empty_arm",
        within_these_classes(0, 5, 5, icc=0.1): "too_few_classes",
        within_these_classes(1, 1, 1, icc=0.1): "too_few_pupils",
        within_these_classes(2, 1, 0, icc=0.1): "empty_arm",
        paired_weeks(1, 20, r=0.5, week_sd=0.1): "too_few_classes",
        paired_weeks(4, 0, r=0.5, week_sd=0.1): "no_pupils",
        one_group(1, r=0.5): "too_few_pupils",
        lead_in(1, r=0.5): "too_few_pupils",
        group_of_classes(4, 0, r=0.5, icc=0.1): "no_pupils",
        group_of_classes(1, 20, r=0.5, icc=0.1): "too_few_classes",
    }
    assert {found: found.reason for found in reasons} == reasons


def test_the_smallest_of_each_that_is_not():
    smallest = [
        pupils_assigned(2, 1), classes_assigned(2, 1, 20, icc=0.1), within_classes(2, 1, 1, icc=0.1, effect_sd=0),
        within_these_classes(1, 2, 1, icc=0.1), paired_weeks(2, 1, r=0, week_sd=0), one_group(2, r=0),
        group_of_classes(2, 1, r=0, icc=0),
    ]  # fmt: skip
    assert [one.df for one in smallest] == [1] * 7


def test_growth_of_classes_by_hand():
    """Variance of a mean gain of 20 pupils: 2 (1 - 0.5) (0.2 + 0.8 / 20) = 0.24, over 4 classes 0.06."""
    found = group_of_classes(4, 20, r=0.5, icc=0.2)
    assert (found.se, found.df) == (pytest.approx(math.sqrt(0.06)), 3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: pupils_assigned(5, 5, r2=1.0),
        lambda: classes_assigned(5, 5, 20, icc=1.0),
        lambda: classes_assigned(5, 5, 20, icc=-0.1),
        lambda: classes_assigned(5, 5, 20, icc=0.1, r2_classes=1.2),
        lambda: classes_assigned(5, 5, 20, icc=0.1, r2_pupils=math.nan),
        lambda: within_classes(5, 5, 5, icc=0.1, effect_sd=-1),
        lambda: within_classes(5, 5, 5, icc=2, effect_sd=0),
        lambda: within_these_classes(5, 5, 5, icc=0.1, r2=-1),
        lambda: paired_weeks(5, 5, r=1, week_sd=0),
        lambda: paired_weeks(5, 5, r=0.5, week_sd=math.inf),
        lambda: one_group(5, r=-1.1),
        lambda: lead_in(5, r=1),
        lambda: lead_in(5, r=-0.6),
        lambda: group_of_classes(5, 20, r=1, icc=0.1),
        lambda: group_of_classes(5, 20, r=0.5, icc=1),
        lambda: Precision(0, 4),
        lambda: Precision(math.nan, 4),
        lambda: Precision(1, 0),
        lambda: Precision(1, 4).in_points(0),
        lambda: Precision(1, 4).power(math.nan),
        lambda: Precision(1, 4).mdes(0.05),
        lambda: Precision(1, 4).mdes(1),
        lambda: Precision(1, 4).bloom_mdes(1),
        lambda: Precision(1, 4).assured_half_width(1),
        lambda: needed_for_power(DESIGNS["pupils"], 0.4, 1),
        lambda: needed_for_half_width(DESIGNS["pupils"], 0.4, 0.4),
    ],
)
def test_what_nobody_should_ask_raises(wrong):
    with pytest.raises(ValueError, match="needs|must"):
        wrong()

"""Dose beside the difference: the Anderson-Rubin set against the test at every value, and the slope over classes."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import clusters, dose, matched, sites
from gsl_research.methods.moments import class_moments
from gsl_research.methods.student import t_quantile

SIZE = 14


def lessons(classes: int = 8, *, seed: int = 1, more: float = 6.0, effect: float = 0.3, start: float = 0.0, size=SIZE):
    """codes, treated (G,), pre, dose, post: treated classes get ``more`` lessons, strong classes take more of them."""
    rng = np.random.default_rng(seed)
    codes, treated = np.repeat(np.arange(classes), size), rng.permutation(classes) < classes // 2
    level = rng.normal(0, 0.5, classes)
    pre = level[codes] + start * treated[codes] + rng.normal(0, 1, len(codes))
    got = 2 + more * treated[codes] + (0.8 * level + rng.normal(0, 0.7, classes))[codes] + rng.normal(0, 1, len(codes))
    post = 0.6 * pre + level[codes] + effect * got + rng.normal(0, 0.8, len(codes))
    return codes, treated, pre, got, post


def found_in(codes, treated, pre, got, post, blocks=None):
    return dose.complier_effect(class_moments(codes, pre, got, post), treated, blocks=blocks)


def rejects(beta, codes, treated, pre, got, post, blocks=None) -> bool:
    """The test of the main estimate on post minus beta times dose: is 0 outside its interval?"""
    means = clusters.adjusted_means(class_moments(codes, pre, post - beta * got), treated)
    if blocks is None:
        estimate = clusters.adjusted_difference(means, unit="points")
    else:
        estimate = matched.within_blocks(matched.in_blocks(means, blocks), blocks, unit="points")
    return not estimate.interval.holds(0)


GRID = np.concatenate([np.linspace(-3, 3, 121), [-1e4, -100, -20, 20, 100, 1e4]])


@pytest.mark.parametrize("classes", [4, 5, 8])
@pytest.mark.parametrize("more", [6.0, 0.8, 0.0])
@pytest.mark.parametrize("start", [0.0, 1.5])
def test_the_set_is_the_test_at_every_value(classes, more, start):
    kinds = set()
    for seed in range(6):
        data = lessons(classes, seed=seed, more=more, start=start)
        found = found_in(*data)
        kinds.add(found.within.kind)
        for beta in GRID:
            near = [end for end in (found.within.low, found.within.high) if end is not None]
            if all(abs(beta - end) > 1e-6 for end in near):
                assert found.within.holds(beta) == (not rejects(beta, *data)), (seed, beta)
        for end in (found.within.low, found.within.high):
            if end is not None:
                shift = 1e-6 * max(1.0, abs(end))
                assert rejects(end - shift, *data) != rejects(end + shift, *data)
        assert found.within.holds(found.value)
    assert kinds == {"interval"} if (classes, more) == (8, 6.0) else kinds


@pytest.mark.parametrize("more", [5.0, 0.5])
def test_within_blocks_and_over_sites_it_is_the_test_there(more):
    for seed in range(5):
        codes, treated, pre, got, post = lessons(8, seed=seed, more=more)
        order = np.argsort(~treated, kind="stable")
        blocks = np.empty(8, dtype=int)
        blocks[order] = np.tile(np.arange(4), 2)
        found = found_in(codes, treated, pre, got, post, blocks)
        assert found.df == 3
        for beta in GRID:
            assert found.within.holds(beta) == (not rejects(beta, codes, treated, pre, got, post, blocks))


def test_over_sites_the_difference_is_that_of_sites():
    rng = np.random.default_rng(4)
    site, side = np.repeat(np.arange(6), 20), np.tile([True, False], 60)
    pre = rng.normal(0, 1, 120)
    got = 5.0 * side + rng.normal(0, 1, 120)
    post = 0.5 * pre + 0.2 * got + rng.normal(0, 0.3, 6)[site] + rng.normal(0, 0.8, 120)
    cells, cell = np.unique(2 * site + side, return_inverse=True)
    found = dose.complier_effect(class_moments(cell, pre, got, post), cells % 2 == 1, blocks=cells // 2)
    main = sites.mean_of_sites(sites.site_differences(site, side, post, pre), unit="points")
    assert (found.offered, found.df) == pytest.approx((main.value, main.df))
    for beta in np.linspace(-0.5, 1, 61):
        there = sites.mean_of_sites(sites.site_differences(site, side, post - beta * got, pre), unit="points")
        assert found.within.holds(beta) == there.interval.holds(0)


def test_everybody_the_same_dose_divides_the_interval_by_it():
    codes, treated, pre, _, post = lessons()
    found = found_in(codes, treated, pre, 8.0 * treated[codes], post)
    main = clusters.adjusted_difference(
        clusters.adjusted_means(class_moments(codes, pre, post), treated), unit="points"
    )
    assert found.value == pytest.approx(main.value / 8)
    ends = (main.interval.low / 8, main.interval.high / 8)
    assert (found.within.kind, found.within.low, found.within.high) == ("interval", *map(pytest.approx, ends))


@pytest.mark.parametrize("level", [0.0, 5.0, 0.1])
def test_nobody_complied_is_refused(level):
    codes, treated, pre, _, post = lessons()
    assert found_in(codes, treated, pre, np.full(len(codes), level), post).reason == "no_dose_spread"


def test_swapping_the_arms_changes_nothing_and_scales_go_through():
    codes, treated, pre, got, post = lessons(more=1.2)
    found, other = found_in(codes, treated, pre, got, post), found_in(codes, ~treated, pre, got, post)
    assert (found.value, found.within.low, found.within.high) == pytest.approx(
        (other.value, other.within.low, other.within.high)
    )
    scaled = found_in(codes, treated, 3 * pre, 60 * got, -2 * post)
    assert scaled.value == pytest.approx(-2 / 60 * found.value)
    ends = sorted((-2 / 60 * found.within.low, -2 / 60 * found.within.high))
    assert [scaled.within.low, scaled.within.high] == pytest.approx(ends)


def quadratic(value, of_dose, spread, together, of_spread):
    """The whole set on a fine grid, from the inequality as it stands; df 10."""
    t2 = t_quantile(10, 0.975) ** 2
    return lambda beta: (value - beta * of_dose) ** 2 <= t2 * (spread - 2 * beta * together + beta**2 * of_spread)


@pytest.mark.parametrize(("numbers", "kind"), [
    ((1.0, 2.0, 0.1, 0.0, 0.01), "interval"),
    ((0.1, 2.0, 0.1, 0.0, 4.0), "whole"),
    ((4.0, 0.5, 0.1, 0.0, 0.5), "outside"),
    ((0.0, 2.0, 0.1, 0.0, 0.01), "interval"),
])  # fmt: skip
def test_every_kind_of_set_is_what_the_inequality_says(numbers, kind):
    value, of_dose, spread, together, of_spread = numbers
    found = dose.anderson_rubin((value, of_dose), [[spread, together], [together, of_spread]], 10)
    assert found.kind == kind
    inside = quadratic(*numbers)
    assert all(found.holds(beta) == inside(beta) for beta in np.linspace(-40, 40, 8001))


@pytest.mark.parametrize("way", [1, -1])
def test_a_half_line_where_the_square_just_vanishes(way):
    spread = (2.0 / t_quantile(10, 0.975)) ** 2
    found = dose.anderson_rubin((way * 3.0, 2.0), [[0.1, 0.0], [0.0, spread]], 10)
    assert found.kind == ("above" if way > 0 else "below")
    end = found.low if way > 0 else found.high
    inside = quadratic(way * 3.0, 2.0, 0.1, 0.0, spread * (1 - 1e-15))
    assert inside(end + way * 0.01) and not inside(end - way * 0.01)
    assert found.holds(end + way) and not found.holds(end - way)
    nothing = dose.anderson_rubin((0.0, 2.0), [[0.1, 0.0], [0.0, spread]], 10)
    assert nothing.kind == "whole" and nothing.holds(1e9)


def test_nothing_to_divide_by_is_the_programmer_s_mistake():
    with pytest.raises(ValueError, match="nothing to divide by"):
        dose.anderson_rubin((1.0, 0.0), np.eye(2), 5)


def test_what_is_refused():
    codes, treated, pre, got, post = lessons(2)
    assert found_in(codes, treated, pre, got, post).reason == "too_few_classes"
    codes, treated, pre, got, post = lessons(6)
    flat = dose.complier_effect(class_moments(codes, got, np.tile(np.arange(SIZE, dtype=float), 6)), treated)
    assert flat.reason == "no_class_spread"
    assert found_in(codes, treated, pre, got, post, np.arange(6) // 2 * 0 + treated).reason == "one_sided_blocks"
    assert found_in(codes, treated, pre, got, post, np.zeros(6)).reason == "too_few_classes"
    assert found_in(codes, treated, np.arange(6.0)[codes], got, post).reason == "no_pupil_spread"


def slope_of(codes, treated, pre, got, post):
    means = clusters.adjusted_means(class_moments(codes, pre, post), treated)
    mean_dose = np.bincount(codes, got) / np.bincount(codes)
    chosen = means.treated
    n = {"classes_treated": int(chosen.sum())}
    return dose.dose_slope(
        means.mean[chosen], mean_dose[chosen], means.covariates[chosen], means, n=n, unit="points"
    ), means, mean_dose  # fmt: skip


@pytest.mark.parametrize("higher", [0.0, 2.0])
def test_the_slope_is_least_squares_over_the_treated_classes(higher):
    """Where classes with a higher dose started ``higher`` per lesson, the error of the pre-test's slope counts too."""
    codes, treated, pre, got, post = lessons(16, seed=5)
    mean_dose = np.bincount(codes, got) / np.bincount(codes)
    found, means, mean_dose = slope_of(codes, treated, pre + higher * mean_dose[codes], got, post)
    chosen = means.treated
    fit = sm.OLS(means.mean[chosen], sm.add_constant(mean_dose[chosen])).fit()
    assert found.value == pytest.approx(fit.params[1])
    apart = mean_dose[chosen] - mean_dose[chosen].mean()
    weights = apart / (apart @ apart)
    start = weights @ means.covariates[chosen]
    rest = sm.OLS(means.covariates[chosen], sm.add_constant(mean_dose[chosen])).fit().resid.ravel()
    seen = rest @ rest / fit.df_resid * (weights @ weights)
    shared = max(float(means.slope_covariance[0, 0] * (start[0] ** 2 - seen)), 0.0)
    assert (shared > 0) == (higher > 0)
    half = math.hypot(
        t_quantile(6, 0.975) * fit.bse[1], t_quantile(means.residual_df, 0.975) * math.sqrt(shared)
    )  # fmt: skip
    assert found.interval.half_width == pytest.approx(half)
    assert (found.df, found.class_df, found.status) == (6, 6, "beside")


def test_the_slope_refuses_what_it_cannot_tell():
    codes, treated, pre, got, post = lessons(6)
    assert slope_of(codes, treated, pre, got, post)[0].reason == "too_few_classes"
    codes, treated, pre, got, post = lessons(12)
    assert slope_of(codes, treated, pre, 8.0 * treated[codes], post)[0].reason == "no_dose_spread"
    means = clusters.adjusted_means(class_moments(codes, pre, post), treated)
    large = clusters.adjusted_means(class_moments(codes, pre, 1e6 * post), treated)
    for adjusted, value in ((means, np.arange(6.0)), (large, 1e5 + 1e5 * np.arange(6) / 3)):
        line = dose.dose_slope(value, np.arange(6) / 7, np.zeros((6, 1)), adjusted, n={}, unit="points")
        assert line.reason == "no_class_spread"


def test_on_real_pupils_divided_within_schools(real_data):
    """eef_mst: attendance is 0 without the approach; the set is the test of the mean of the schools."""
    data = pd.read_csv(real_data / "eef_mst.csv")
    site, side = pd.factorize(data.School, sort=True)[0], data.Intervention.to_numpy() == 1
    pre, got, post = (data[name].to_numpy(float) for name in ("Prettest", "Percentage_Attendance", "Posttest"))
    assert (got[~side] == 0).all()
    both = np.isin(site, np.intersect1d(site[side], site[~side]))
    site, side, pre, got, post = site[both], side[both], pre[both], got[both], post[both]
    site = np.unique(site, return_inverse=True)[1]
    cells, cell = np.unique(2 * site + side, return_inverse=True)
    found = dose.complier_effect(class_moments(cell, pre, got, post), cells % 2 == 1, blocks=cells // 2)
    main = sites.mean_of_sites(sites.site_differences(site, side, post, pre), unit="points")
    assert found.offered == pytest.approx(main.value) and found.within.kind == "interval"
    assert (found.within.low > 0) == (main.interval.low > 0)
    ratio = main.value / found.dose
    assert found.value == pytest.approx(ratio)
    for beta in np.linspace(-0.3, 0.5, 41):
        there = sites.mean_of_sites(sites.site_differences(site, side, post - beta * got, pre), unit="points")
        assert found.within.holds(beta) == there.interval.holds(0)


def test_on_real_children_encouraged_to_watch(real_data):
    """sesame: encouraged by draw within sites, not everyone watched; published ratio estimates lie in the set."""
    data = pd.read_csv(real_data / "sesame_prepost.csv")
    site, side = pd.factorize(data.site, sort=True)[0], data.encouraged.to_numpy() == 1
    pre, got, post = (data[name].to_numpy(float) for name in ("prelet", "watched", "postlet"))
    cells, cell = np.unique(2 * site + side, return_inverse=True)
    found = dose.complier_effect(class_moments(cell, pre, got, post), cells % 2 == 1, blocks=cells // 2)
    assert isinstance(found, dose.Complier) and found.df == 4 and 0 < found.dose < 1
    pupils = sm.OLS(
        post, sm.add_constant(np.column_stack([side, pre, pd.get_dummies(site, drop_first=True)]).astype(float))
    )
    assert found.within.holds(found.value) and np.sign(found.value) == np.sign(pupils.fit().params[1])


@pytest.mark.parametrize("more", [4.0, 0.4])
def test_the_true_value_is_missed_in_one_of_twenty(more):
    missed, runs = 0, 800
    for seed in range(runs):
        found = found_in(*lessons(4 if seed % 2 else 8, seed=5000 + seed, more=more))
        assert not isinstance(found, NotEstimated)
        missed += not found.within.holds(0.3)
    assert abs(missed / runs - 0.05) <= 2 * (0.05 * 0.95 / runs) ** 0.5


def test_a_dose_that_does_nothing_slopes_in_one_of_twenty():
    found = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        codes, treated, pre, _, post = lessons(10, seed=9000 + seed, effect=0.0)
        got = (treated * (8 + rng.normal(0, 1.5, 10)))[codes]
        found.append(slope_of(codes, treated, pre, got, post)[0])
    assert all(isinstance(one, Estimate) for one in found)
    wrong = np.mean([not one.interval.holds(0) for one in found])
    assert abs(wrong - 0.05) <= 2 * (0.05 * 0.95 / 400) ** 0.5

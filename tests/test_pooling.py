"""A random-effects mean of schools: metafor at its own tau2, fits of fewer, refusals, and simulation."""

import math
from functools import reduce

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from conftest import benchmark
from oracle import meta
from scipy import optimize, stats
from test_oracle import RECORDS
from test_pooled_likelihood import network

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import matched, pooling
from gsl_research.methods.moments import ClassMoments, class_moments
from gsl_research.methods.pooling import (
    cumulative,
    heterogeneity,
    leave_one_out,
    means_of,
    pooled_mean,
    random_effects,
    small_studies,
)
from gsl_research.methods.random_intercept import random_intercept

SAME = 1e-9
COUNTS = {"pupils_treated": 60, "pupils_control": 60}


# metafor


@pytest.mark.parametrize("key", meta.DATA)
def test_at_metafors_tau2_everything_is_metafors(key, real_data, monkeypatch):
    """So that the looser tolerances of tests/oracle/meta.py have one cause, and ours is the better top."""
    y, v = meta.records(real_data, key)
    theirs, sets, fit = RECORDS[key], means_of(y, v), random_effects(y, v)
    at = sets.log_likelihood(np.array([[theirs["REML.tau2"], fit.tau2]]))[0]
    assert at[0] == pytest.approx(theirs["REML.loglik"], rel=1e-12)
    assert at[1] >= at[0]
    monkeypatch.setattr(pooling, "highest", lambda sets: np.full(len(sets.most), theirs["REML.tau2"]))
    found = meta.ours(real_data, key)
    for group in ("REML", "REML_HK", "HTS_PI_t_kminus2_REML"):
        for name in [name for name in found if name.startswith(f"{group}.") and "Qprofile" not in name]:
            assert found[name] == pytest.approx(theirs[name], rel=SAME), name
    without = [theirs[f"leave1out_REML.tau2.{i}"] for i in range(len(y))]
    monkeypatch.setattr(pooling, "highest", lambda sets: np.array(without)[: len(sets.most)])
    fit = leave_one_out(y, v)
    for name, values in (("est", fit.value), ("se", fit.wald_se), ("I2", 100 * fit.i2), ("Q", fit.cochran)):
        assert values == pytest.approx([theirs[f"leave1out_REML.{name}.{i}"] for i in range(len(y))], rel=SAME)


# The mean


def test_the_floor_under_knapp_and_hartungs_q():
    rng = np.random.default_rng(8)
    v = np.full(8, 0.5)
    wide, narrow = rng.normal(1, 5, 8), rng.normal(1, 0.1, 8)
    plain = matched.network(wide, n=COUNTS, unit="points")
    fit = random_effects(wide, v)
    assert (fit.value, fit.se, fit.df) == pytest.approx((plain.value, plain.se, 7), rel=SAME)
    assert fit.limits() == pytest.approx((plain.interval.low, plain.interval.high), rel=SAME)
    floored = random_effects(narrow, v)
    assert floored.tau2 == 0 and floored.scale < 1
    assert floored.se == pytest.approx(math.sqrt(0.5 / 8), rel=1e-12)


def test_the_mean_is_an_estimate_over_schools():
    y, v = network(4, 6)
    fit = random_effects(y, v)
    found = pooled_mean(fit, n=COUNTS, metric="g", unit="post_total_sd")
    low, high = fit.limits()
    assert isinstance(found, Estimate)
    assert (found.value, found.se, found.df, found.class_df) == pytest.approx((fit.value, fit.se, 5, 5))
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-12)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(fit.value / fit.se), 5), rel=1e-10)
    assert (found.metric, found.unit, found.n, found.estimator) == ("g", "post_total_sd", COUNTS, "random_effects")
    assert pooled_mean(random_effects(y[:4], v[:4]), n=COUNTS, metric="g", unit="post_total_sd").p is None


@pytest.mark.parametrize("schools", [3, 5, 12])
def test_a_network_of_one_class_per_arm_is_its_within_school_differences(schools):
    """``matched`` is the route: this mean of the schools' differences is its ``network_knapp_hartung``."""
    y, v = network(schools, schools, 0.4)
    known = matched.network_knapp_hartung(y, v, n=COUNTS, unit="points")
    here = pooled_mean(random_effects(y, v), n=COUNTS, metric="points", unit="points")
    assert (here.p is None) == (known.p is None) == (schools == 3)
    for name in ("value", "se", "df", "class_df"):
        assert getattr(here, name) == pytest.approx(getattr(known, name), rel=1e-8), name


def test_q_i2_and_the_interval_of_tau():
    y, v = network(6, 15, 0.3)
    fit = random_effects(y, v)
    w = 1 / v
    q = float(w @ (y - w @ y / w.sum()) ** 2)
    typical = 14 * w.sum() / (w.sum() ** 2 - (w**2).sum())
    found = heterogeneity(y, v, fit)
    assert fit.cochran == pytest.approx(q, rel=1e-12)
    assert found.p == pytest.approx(stats.chi2.sf(q, 14), rel=1e-10)
    assert found.i2 == pytest.approx(fit.tau2 / (fit.tau2 + typical), rel=1e-12)
    assert found.tau**2 == pytest.approx(fit.tau2)
    assert found.interval.low < found.tau < found.interval.high
    alike = heterogeneity(np.zeros(15) + 0.3, v, random_effects(np.zeros(15) + 0.3, v))
    assert (alike.tau, alike.interval, alike.i2) == (0, None, 0)


# Sets


def test_leaving_out_and_adding_are_the_fits_of_fewer():
    y, v = network(7, 9, 0.3)
    names = random_effects(y, v).__slots__
    out, first = leave_one_out(y, v), cumulative(y, v)
    assert out.k.tolist() == [8] * 9 and first.k.tolist() == list(range(3, 10))
    for name in names:
        alone = [getattr(random_effects(np.delete(y, i), np.delete(v, i)), name) for i in range(9)]
        assert getattr(out, name) == pytest.approx(alone, rel=1e-8, abs=1e-12), name
        alone = [getattr(random_effects(y[:k], v[:k]), name) for k in range(3, 10)]
        assert getattr(first, name) == pytest.approx(alone, rel=1e-8, abs=1e-12), name


def test_equal_estimates_among_others_are_no_spread():
    """Counted from a centre that is not theirs, their squares may round to less than nothing."""
    for seed in range(40):
        value = float(np.random.default_rng(seed).normal())
        fit = cumulative([value, value, value, value + 3.0, value - 1.7], [0.011, 0.012, 0.013, 0.02, 0.03])
        assert (fit.tau2[0], fit.scale[0]) == pytest.approx((0.0, 0.0), abs=1e-9)
        assert fit.value[0] == pytest.approx(value)


def test_many_estimates_are_worked_on_in_pieces():
    y, v = network(2, 300, 0.3)
    out = leave_one_out(y, v)
    for i in (0, 130, 299):
        alone = random_effects(np.delete(y, i), np.delete(v, i))
        assert (out.tau2[i], out.value[i]) == pytest.approx((alone.tau2, alone.value), rel=1e-8)


def test_order_sign_shift_and_scale():
    y, v = network(9, 7, 0.4)
    once = random_effects(y, v)
    order = np.random.default_rng(1).permutation(7)
    for again, scale, shift in (
        (random_effects(y[order], v[order]), 1, 0),
        (random_effects(-y, v), -1, 0),
        (random_effects(50 * y, 2500 * v), 50, 0),
        (random_effects(y + 100, v), 1, 100),
    ):
        assert again.value - shift == pytest.approx(scale * once.value, rel=SAME)
        assert again.se == pytest.approx(abs(scale) * once.se, rel=SAME)
        assert again.tau2 == pytest.approx(scale**2 * once.tau2, rel=SAME)


# Refusals


def test_what_cannot_be_pooled_is_refused():
    for y, v, reason in (
        ([1.0, 2.0], [0.1, 0.1], "too_few_classes"),
        ([1.0, 2.0, 3.0], [0.1, 0.1, np.inf], "too_few_classes"),
        ([], [], "too_few_classes"),
        ([1.0, 2.0, 3.0], [1e-14, 0.1, 0.1], "no_pupil_spread"),
        ([1e61, 2.0, 3.0], [0.1, 0.1, 0.1], "out_of_reach"),
        ([1.0, 2.0, 3.0], [1e130, 1e130, 1e130], "out_of_reach"),
        ([1.0, 2.0, 3.0], [1e-130, 1e-130, 1e-130], "out_of_reach"),
    ):
        refused = NotEstimated(estimator="random_effects", reason=reason)
        assert random_effects(y, v) == refused
        assert pooled_mean(random_effects(y, v), n=COUNTS, metric="g", unit="sd") == refused
    for y, v in (([1.0, np.nan, 2.0], [0.1] * 3), ([1.0, 2.0, 3.0], [0.1, 0.0, 0.1]), ([1.0] * 3, [np.nan] * 3)):
        with pytest.raises(ValueError, match="finite and variances positive"):
            random_effects(y, v)
    with pytest.raises(ValueError, match="must be"):
        random_effects(np.ones((2, 2, 3)), np.ones((2, 2, 3)))
    assert leave_one_out([1.0, 2.0, 3.0], [0.1] * 3).reason == "too_few_classes"
    assert cumulative([1.0, 2.0], [0.1] * 2).reason == "too_few_classes"
    assert random_effects([1.0, 1.0, 1.0], [0.1, 0.2, 0.3]).tau2 == 0


# Small studies


def test_eggers_intercept_is_least_squares_on_precision():
    y, v = network(11, 12)
    found, precision = small_studies(y, v), 1 / np.sqrt(v)
    fit = sm.OLS(y * precision, sm.add_constant(precision)).fit()
    assert (found.value, found.se, found.df) == pytest.approx((fit.params[0], fit.bse[0], 10), rel=SAME)
    noisy = y + 3 * np.sqrt(v)
    assert small_studies(noisy, v).value == pytest.approx(found.value + 3, rel=SAME)


def test_small_studies_are_not_compared_with_few_or_with_equal_ones():
    y, v = network(11, 12)
    assert small_studies(y[:9], v[:9]).reason == "too_few_classes"
    assert small_studies(y, np.full(12, 0.1)).reason == "singular"
    assert small_studies(np.full(12, 0.3), v).reason == "no_class_spread"


# One fit of shared moments


def test_one_stage_is_the_fit_of_pooled_rows_by_school():
    rng, shared, rows = np.random.default_rng(3), [], []
    for school in range(6):
        codes = np.repeat([0, 1], rng.integers(12, 25, 2))
        pre = rng.normal(10 + school, 2, len(codes))
        post = 3 + 0.6 * pre + (codes == 1) + rng.normal(0, 1.5, len(codes)) + rng.normal(0, 0.5, 2)[codes]
        shared.append((class_moments(codes, pre, post), [False, True]))
        rows.append((2 * school + codes, pre, post))
    codes, pre, post = map(np.concatenate, zip(*rows, strict=True))
    found = matched.one_stage(shared, unit="points")
    pooled = matched.adjusted_means(class_moments(codes, pre, post), np.arange(12) % 2 == 1)
    whole = matched.within_blocks(pooled, np.arange(12) // 2, unit="points")
    for name in ("value", "se", "df", "p"):
        assert getattr(found, name) == pytest.approx(getattr(whole, name), rel=1e-10)
    assert (found.status, found.estimator, found.df, found.n) == ("beside", "one_stage", 5, whole.n)
    two_stage = matched.network(
        [matched.adjusted_means(moments, treated).difference for moments, treated in shared], n=COUNTS, unit="points"
    )
    assert found.value == pytest.approx(two_stage.value, abs=0.5 * two_stage.se)
    assert matched.one_stage([], unit="points") == NotEstimated(estimator="one_stage", reason="no_pupils")
    one_arm = matched.one_stage([*shared[:3], (shared[3][0], [True, True])], unit="points")
    assert one_arm == NotEstimated(estimator="one_stage", reason="one_sided_blocks")


def rows_slope(ratio, schools, x, y):
    """D' of the random-intercept deviance at ``ratio``, from the rows, a school at a time; and the coefficients."""
    p, whole, cross, blocks = x.shape[1], 0.0, 0.0, []
    for rows in schools:
        n = len(rows)
        inverse = np.eye(n) - ratio / (1 + n * ratio)
        whole = whole + x[rows].T @ inverse @ x[rows]
        cross = cross + x[rows].T @ inverse @ y[rows]
        blocks.append((rows, inverse))
    b = np.linalg.solve(whole, cross)
    squares = drop = trace = 0.0
    moved = np.zeros((p, p))
    for rows, inverse in blocks:
        rest = inverse @ (y[rows] - x[rows] @ b)
        squares += rest @ (y[rows] - x[rows] @ b)
        drop += rest.sum() ** 2
        trace += inverse.sum()
        ones = x[rows].T @ inverse.sum(axis=1)
        moved += np.outer(ones, ones)
    return trace - np.trace(np.linalg.solve(whole, moved)) - (len(y) - p) * drop / squares, b, squares / (len(y) - p)


def test_reml_from_shared_moments_is_reml_on_the_pooled_rows(real_data):
    """dutch_bdf: each school shares its own moments; the rows go into another program, school by school."""
    data = pd.read_csv(real_data / "dutch_bdf.csv")
    columns = [data[name].to_numpy(float) for name in ("IQ.verb", "langPRET", "langPOST")]
    schools = [np.flatnonzero(data.schoolNR == school) for school in data.schoolNR.unique()]
    shared = [class_moments(np.zeros(len(rows), dtype=int), *(c[rows] for c in columns)) for rows in schools]
    fit = random_intercept(reduce(ClassMoments.pooled_with, shared))
    x, y = np.column_stack([np.ones(len(data)), *columns[:2]]), columns[2]
    ratio = optimize.brentq(lambda r: rows_slope(r, schools, x, y)[0], 1e-3, 10, xtol=1e-15, rtol=1e-14)
    _, b, sigma2 = rows_slope(ratio, schools, x, y)
    assert fit.coefficients == pytest.approx(b, rel=1e-10)
    assert (fit.sigma2, fit.tau2) == pytest.approx((sigma2, ratio * sigma2), rel=1e-10)


# Promises


@pytest.mark.parametrize("schools", [3, 5, 10, 30])
def test_intervals_keep_their_promise(schools):
    """The table of benchmarks/pooling.py, small and seeded."""
    made = benchmark("pooling")
    rng = np.random.default_rng(made.SEED)
    cells = [made.held(made.networks(400, schools, spread, rng)) for spread in made.SPREADS]
    assert made.keeps(schools, cells, 400)
    assert not made.keeps(30, [(0.5, 0.5, 0.5)] * 4, 400)

"""Several estimates of one school: dense matrices, other searches, metafor's likelihood, and simulation."""

import math

import numpy as np
import pytest
from conftest import benchmark
from oracle import metaml
from scipy import linalg, optimize, stats
from test_oracle import RECORDS
from test_pooling import network

from gsl_research.estimate import NotEstimated
from gsl_research.methods.pooling import random_effects
from gsl_research.methods.pooling_levels import FEWEST_ROBUST_DF, robust, several_per_school, too_few_df
from gsl_research.methods.random_intercept import Contrast


def made(seed: int, schools: int = 9, most: int = 4, between: float = 0.3, within: float = 0.2):
    """Values, variances, schools in no order, and a moderator; school 0 has at least two estimates."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, most + 1, schools)
    size[0] = max(size[0], 2)
    school = rng.permutation(np.repeat(np.arange(schools), size))
    v = rng.uniform(0.01, 0.2, len(school))
    own = rng.normal(0, between, schools)[school] + rng.normal(0, within, len(school))
    return rng.normal(0.3 + own, np.sqrt(v)), v, school, rng.normal(2, 1, len(school))


def dense(fit_or_variances, v, school, rho):
    between, within = fit_or_variances
    same = (school[:, None] == school).astype(float)
    root = np.sqrt(v)
    errors = same * rho * np.outer(root, root)
    np.fill_diagonal(errors, v)
    return errors + between * same + within * np.eye(len(v))


def restricted(variances, y, v, school, x, rho):
    covariance = dense(variances, v, school, rho)
    contrasts = np.linalg.svd(np.eye(len(y)) - x @ np.linalg.pinv(x))[0][:, : len(y) - x.shape[1]].T
    return stats.multivariate_normal.logpdf(contrasts @ y, cov=contrasts @ covariance @ contrasts.T)


@pytest.mark.parametrize("rho", [0.0, 0.6])
@pytest.mark.parametrize(("between", "within"), [(0.0, 0.0), (0.4, 0.0), (0.0, 0.4), (0.4, 0.3)])
def test_the_top_of_the_dense_likelihood(between, within, rho):
    for seed in range(3):
        y, v, school, moderator = made(seed, between=between, within=within)
        for x in (np.ones((len(y), 1)), np.column_stack([np.ones(len(y)), moderator])):
            fit = several_per_school(y, v, school, None if x.shape[1] == 1 else moderator, rho=rho)
            found = (fit.between, fit.within)
            assert fit.log_likelihood == pytest.approx(restricted(found, y, v, school, x, rho), abs=1e-8)
            for start in ((0.0, 0.0), (0.3, 0.01), (0.01, 0.3)):
                best = optimize.minimize(
                    lambda t, x=x, y=y, v=v, school=school: -restricted(t**2, y, v, school, x, rho),
                    np.sqrt(start),
                    method="Nelder-Mead",
                    options={"xatol": 1e-5, "fatol": 1e-9},
                )
                assert fit.log_likelihood >= -best.fun - 1e-7
            inverse = np.linalg.inv(dense(found, v, school, rho))
            covariance = np.linalg.inv(x.T @ inverse @ x)
            assert fit.covariance == pytest.approx(covariance, rel=1e-7)
            assert fit.coefficients == pytest.approx(covariance @ x.T @ inverse @ y, rel=1e-7)
            one = fit.model_based(x.shape[1] - 1)
            assert one.se == pytest.approx(math.sqrt(covariance[-1, -1]), rel=1e-7)
            assert (one.value, one.df) == (fit.coefficients[-1], 9 - x.shape[1])


def by_hand(fit, index, y, v, school, x, rho):
    """CR2 and Satterthwaite's df from dense matrices, square roots by scipy."""
    covariance = dense((fit.between, fit.within), v, school, rho)
    inverse = np.linalg.inv(covariance)
    m = np.linalg.inv(x.T @ inverse @ x)
    b = m @ x.T @ inverse @ y
    c = np.eye(x.shape[1])[index]
    left = np.eye(len(y)) - x @ m @ x.T @ inverse
    directions, scores = [], []
    for label in np.unique(school):
        here = school == label
        own = np.linalg.cholesky(covariance[np.ix_(here, here)])
        rest = covariance[np.ix_(here, here)] - x[here] @ m @ x[here].T
        adjust = own @ np.linalg.inv(linalg.sqrtm(own.T @ rest @ own)) @ own.T
        g = adjust @ inverse[np.ix_(here, here)] @ x[here] @ m @ c
        scores.append(g @ (y - x @ b)[here])
        directions.append(left[here].T @ g)
    g = np.array(directions)
    p = g @ covariance @ g.T
    return math.sqrt(np.square(scores).sum()), np.trace(p) ** 2 / np.square(p).sum()


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_the_robust_interval_from_dense_matrices(rho):
    for seed in range(4):
        y, v, school, moderator = made(seed)
        for index, x in ((0, np.ones((len(y), 1))), (1, np.column_stack([np.ones(len(y)), moderator]))):
            fit = several_per_school(y, v, school, moderator if index else None, rho=rho)
            found, (se, df) = robust(fit, index), by_hand(fit, index, y, v, school, x, rho)
            assert (found.value, found.se, found.df) == pytest.approx((fit.coefficients[index], se, df), rel=1e-6)


@pytest.mark.parametrize("key", metaml.DATA)
def test_our_likelihood_is_at_least_metafors(key, real_data):
    y, v, school, moderators = metaml.records(real_data, key)
    for group, rho in metaml.GROUPS.items():
        fit = several_per_school(y, v, school, moderators, rho=rho)
        assert fit.log_likelihood >= RECORDS[key][f"{group}.loglik"] - 1e-11


def test_order_labels_and_scale_do_not_matter():
    y, v, school, _ = made(5)
    once = several_per_school(y, v, school, rho=0.5)
    order = np.random.default_rng(1).permutation(len(y))
    labels = np.array([f"school {code}" for code in school])
    for again, scale, shift in (
        (several_per_school(y[order], v[order], labels[order], rho=0.5), 1, 0),
        (several_per_school(20 * y + 7, 400 * v, school, rho=0.5), 20, 7),
    ):
        assert again.between == pytest.approx(scale**2 * once.between, rel=1e-6)
        assert again.within == pytest.approx(scale**2 * once.within, rel=1e-6)
        one, other = robust(once), robust(again)
        assert (other.value - shift, other.se, other.df) == pytest.approx(
            (scale * one.value, scale * one.se, one.df), rel=1e-6
        )


def test_copies_of_an_estimate_add_no_certainty():
    """The reason it exists: each school tells the same twice; pooled as if they were schools, the error shrinks."""
    y, v = network(3, 12, 0.3)
    twice = np.repeat(np.arange(12), 2)
    once, fit = random_effects(y, v), several_per_school(y[twice], v[twice], twice, rho=0.999)
    assert robust(fit).value == pytest.approx(once.value, abs=0.01)
    assert robust(fit).se == pytest.approx(once.se, rel=0.05)
    assert random_effects(y[twice], v[twice]).se < 0.8 * once.se
    assert robust(fit).df < 12


def test_few_df_are_told():
    assert FEWEST_ROBUST_DF == 4
    assert too_few_df(Contrast(0.1, 0.1, 3.99)) and not too_few_df(Contrast(0.1, 0.1, 4.0))
    y, v, school, _ = made(2, 4)
    assert too_few_df(robust(several_per_school(y, v, school)))


def test_what_cannot_be_told_is_refused():
    y, v, school, moderator = made(2, 6)
    refused = {
        "too_few_classes": [
            (y[school < 2], v[school < 2], school[school < 2]),
            (y[school < 3], v[school < 3], school[school < 3], moderator[school < 3]),
            ([], [], []),
        ],
        "singular": [
            (y, v, np.arange(len(y))),
            (y, v, school, np.ones(len(y))),
            (y, v, school, np.column_stack([moderator, moderator])),
        ],
        "no_pupil_spread": [(y, np.where(np.arange(len(y)) == 1, 1e-15, v), school)],
        "out_of_reach": [(y * 1e70, v, school), (y, v * 1e130, school)],
    }
    for reason, cases in refused.items():
        for case in cases:
            assert several_per_school(*case) == NotEstimated(estimator="three_level", reason=reason)
    for case, rho, message in (
        ((y, v[:3], school), 0.0, "must all be"),
        ((y, v, school[:3]), 0.0, "must all be"),
        ((y, -v, school), 0.0, "finite"),
        ((y * np.nan, v, school), 0.0, "finite"),
        ((y, v, school), 1.0, "rho"),
        ((y, v, school), -0.1, "rho"),
    ):
        with pytest.raises(ValueError, match=message):
            several_per_school(*case, rho=rho)
    alone = several_per_school(y, v, school, (school == 0).astype(float))
    assert robust(alone, 1) == NotEstimated(estimator="cr2", reason="too_few_classes")
    same = several_per_school(np.full(len(y), 0.3), v, school)
    assert (same.between, same.within) == (0, 0)
    assert robust(same) == NotEstimated(estimator="cr2", reason="no_class_spread")


def test_the_robust_interval_keeps_its_promise_with_a_wrong_rho():
    """benchmarks/pooling.py, small and seeded: the mean of 12 schools with estimates that correlate 0.6."""
    runs = 80
    held = benchmark("pooling").held_levels(runs, 12, 0.0, np.random.default_rng(20261122))
    assert held >= 0.95 - 2 * math.sqrt(0.05 * 0.95 / runs)

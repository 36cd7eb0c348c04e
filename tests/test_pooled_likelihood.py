"""The top of a restricted likelihood: the dense one, another search, derivatives, sets with several tops."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from gsl_research.methods import matched
from gsl_research.methods.pooled_likelihood import highest
from gsl_research.methods.pooling import means_of, random_effects

SAME = 1e-9


def network(seed: int, k: int, spread: float = 0.2, low: float = 0.01, high: float = 0.2):
    rng = np.random.default_rng(seed)
    v = rng.uniform(low, high, k)
    return rng.normal(0.3, np.sqrt(v + spread**2)), v


def dense_likelihood(tau2, y, v, x=None):
    """Restricted: of the contrasts that are free of x, from their dense covariance."""
    x = np.ones((len(y), 1)) if x is None else x
    contrasts = np.linalg.svd(np.eye(len(y)) - x @ np.linalg.pinv(x))[0][:, : len(y) - x.shape[1]].T
    return stats.multivariate_normal.logpdf(contrasts @ y, cov=contrasts @ np.diag(v + tau2) @ contrasts.T)


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.5])
def test_tau2_is_the_top_of_the_dense_likelihood(spread):
    at_zero = 0
    for seed in range(12):
        y, v = network(seed, 3 + seed, spread)
        tau2 = random_effects(y, v).tau2
        best = optimize.minimize_scalar(
            lambda t, y=y, v=v: -dense_likelihood(t, y, v), bounds=(0, 5), options={"xatol": 1e-10}
        )
        assert dense_likelihood(tau2, y, v) >= -best.fun - 1e-12
        found = means_of(y, v).log_likelihood(np.array([[tau2, 0.3]]))[0]
        assert found == pytest.approx([dense_likelihood(t, y, v) for t in (tau2, 0.3)], rel=SAME)
        if tau2 == 0:
            at_zero += 1
            assert dense_likelihood(1e-5, y, v) < dense_likelihood(0, y, v)
        assert tau2 == pytest.approx(matched.reml_tau2(y, v), rel=SAME, abs=1e-12)
    assert (at_zero > 0) == (spread < 0.5)


def test_derivatives_are_those_of_the_likelihood():
    sets = means_of(*network(3, 9))
    for tau2 in (0.01, 0.1, 1.0):
        at, step = np.array([[tau2]]), 1e-4 * tau2
        slope, bend = sets.slope_and_bend(at)
        up, down = sets.log_likelihood(at + step), sets.log_likelihood(at - step)
        assert slope == pytest.approx((down - up) / step, rel=1e-5)
        assert sets.slope(at) == pytest.approx(slope, rel=1e-12)
        assert bend == pytest.approx((sets.slope(at + step) - sets.slope(at - step)) / (2 * step), rel=1e-6)


def test_the_highest_of_several_tops_is_kept():
    rng = np.random.default_rng(1)
    v = 10 ** rng.uniform(-4, 0, (4_000, 5)) * rng.choice([1, 1e-3], (4_000, 1))
    y = rng.normal(0, np.sqrt(v + rng.choice([0, 0.1, 1], (4_000, 1)) ** 2))
    sets = means_of(y, v)
    looked = sets.smallest[:, None] * ((sets.most / sets.smallest)[:, None] ** np.linspace(0, 1.3, 300) - 1)
    slope = sets.slope(looked)
    assert (slope[:, -60:] >= 0).all(), "beyond its bound the deviance only rises"
    several = ((slope[:, :-1] < 0) & (slope[:, 1:] >= 0)).sum(axis=1) + (slope[:, 0] >= 0) > 1
    assert several.sum() > 10
    found = highest(sets)
    assert (sets.log_likelihood(found[:, None])[:, 0] >= sets.log_likelihood(looked).max(axis=1) - SAME).all()
    assert 0 < (found[several] == 0).sum() < several.sum()


def test_every_set_of_a_batch_is_at_its_own_top():
    """Those that are there first do not move away while others are still on their way."""
    rng = np.random.default_rng(5)
    v = 10 ** rng.uniform(-3, 0, (400, 60))
    y = rng.normal(0, np.sqrt(v + rng.choice([0, 0.01, 0.1, 1], (400, 1))))
    sets, together = means_of(y, v), random_effects(y, v)
    for i in range(0, 400, 5):
        alone = random_effects(y[i], v[i])
        assert together.tau2[i] == pytest.approx(alone.tau2, rel=1e-8, abs=1e-15)
        assert together.value[i] == pytest.approx(alone.value, rel=1e-8)
    inside = together.tau2 > 0
    slope, bend = (each[inside, 0] for each in sets.slope_and_bend(together.tau2[:, None]))
    assert (abs(slope / bend) < 1e-9 * (sets.smallest + together.tau2)[inside]).all()


def test_a_tau2_that_is_almost_nothing_is_found():
    d = np.random.default_rng(8).normal(1, 1, 8)
    d *= math.sqrt(1 + 1e-5) / d.std(ddof=1)
    assert random_effects(d, np.ones(8)).tau2 == pytest.approx(1e-5, rel=1e-6)

"""What a next school may expect: the mixture by quadrature, what it comes to in the end, and the plain formula."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from test_pooled_likelihood import dense_likelihood, network

from gsl_research.estimate import NotEstimated
from gsl_research.methods.next_school import limits, next_school, prediction_interval
from gsl_research.methods.pooling import means_of, random_effects


def by_quadrature(y, v, level):
    """The same mixture with scipy's adaptive quadrature over x = tau / (1 + tau)."""

    def share(x):
        return math.exp(dense_likelihood((x / (1 - x)) ** 2, y, v)) / (1 - x) ** 2

    def below(x, theta):
        tau2 = (x / (1 - x)) ** 2
        w = 1 / (v + tau2)
        return share(x) * stats.norm.cdf(theta, w @ y / w.sum(), math.sqrt(tau2 + 1 / w.sum()))

    def whole(function, *args):
        return integrate.quad(function, 0, 1 - 1e-9, args, limit=200, epsabs=0, epsrel=1e-7)[0]

    total = whole(share)
    return optimize.brentq(lambda theta: whole(below, theta) / total - level, -30, 30, xtol=1e-7)


@pytest.mark.parametrize(("seed", "k", "spread"), [(1, 6, 0.0), (2, 8, 0.4)])
def test_limits_are_those_of_the_mixture(seed, k, spread):
    y, v = network(seed, k, spread)
    found = next_school(y, v)
    for limit, level in ((found.low, 0.025), (found.high, 0.975)):
        assert limit == pytest.approx(by_quadrature(y, v, level), abs=1e-3 * found.half_width)


def test_sets_are_told_one_by_one_or_together():
    y, v = np.stack([network(seed, 7)[0] for seed in range(5)]), np.stack([network(seed, 7)[1] for seed in range(5)])
    low, high = limits(means_of(y, v))
    for i in range(5):
        alone = next_school(y[i], v[i])
        assert (alone.low, alone.high) == pytest.approx((low[i], high[i]), rel=1e-9)
    shifted = next_school(10 * y[0] + 3, 100 * v[0])
    assert (shifted.low, shifted.high) == pytest.approx((10 * low[0] + 3, 10 * high[0] + 3), rel=1e-9)


def test_with_many_schools_it_is_the_normal_range_around_the_mean():
    y, v = network(3, 3_000, 0.3)
    fit, found = random_effects(y, v), next_school(y, v)
    reach = 1.96 * math.sqrt(fit.tau2)
    assert (found.low, found.high) == pytest.approx((fit.value - reach, fit.value + reach), rel=0.01)


def test_it_does_not_take_a_spread_of_nothing_for_the_truth():
    for seed in range(40):
        y, v = network(seed, 10, 0.0)
        fit = random_effects(y, v)
        plain, found = prediction_interval(fit), next_school(y, v)
        assert found.low < plain.low or fit.tau2 > 0.05
        if fit.tau2 == 0:
            assert found.half_width > 1.3 * plain.half_width


def test_the_plain_formula():
    y, v = network(5, 6, 0.3)
    fit, found = random_effects(y, v), prediction_interval(random_effects(y, v))
    half = stats.t.ppf(0.975, 4) * math.sqrt(fit.tau2 + fit.wald_se**2)
    assert (found.low, found.high) == pytest.approx((fit.value - half, fit.value + half), rel=1e-12)


def test_too_few_schools_say_nothing_of_a_next():
    y, v = network(5, 6, 0.3)
    for k, reason in ((3, "too_few_classes"), (2, "too_few_classes"), (0, "too_few_classes")):
        assert next_school(y[:k], v[:k]) == NotEstimated(estimator="next_school", reason=reason)
    assert prediction_interval(random_effects(y[:3], v[:3])).reason == "too_few_classes"
    assert prediction_interval(random_effects(y[:2], v[:2])).estimator == "random_effects"
    assert next_school([1e61, 1, 2, 3], [0.1] * 4).reason == "out_of_reach"
    assert next_school(y[:4], v[:4]).low < next_school(y, v).low


def test_equal_estimates_still_leave_a_range():
    found = next_school([0.2] * 5, [0.04] * 5)
    assert found.low < 0.2 - 0.09 and found.high > 0.2 + 0.09

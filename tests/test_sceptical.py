"""The t likelihood beside a normal prior: adaptive quadrature, the normal limit, and what must hold."""

import math

import pytest
from scipy import integrate, stats

from gsl_research.methods.sceptical import posterior

PRIOR = {"prior_mean": 0.05, "prior_sd": 0.25}
CASES = [(value, se, df) for value in (-1.3, 0.0, 0.31, 6.0) for se in (0.002, 0.05, 0.2, 20.0) for df in (2, 7.3, 998)]


@pytest.mark.parametrize(("value", "se", "df"), CASES)
def test_by_adaptive_quadrature(value, se, df):
    prior = stats.norm(PRIOR["prior_mean"], PRIOR["prior_sd"])

    def density(x):
        return math.exp(stats.t.logpdf((x - value) / se, df) + prior.logpdf(x) - best)

    places = sorted({min(max(value + k * se, -7.0), 7.0) for k in (-30, -5, -1, 0, 1, 5, 30)} | {-1.2, 0.0, 0.05, 1.3})
    best = max(stats.t.logpdf((x - value) / se, df) + prior.logpdf(x) for x in places)

    def whole(low, function):
        cuts = [low, *(p for p in places if p > low), 8.0]
        return sum(integrate.quad(function, a, b, limit=200)[0] for a, b in zip(cuts, cuts[1:], strict=False))

    every = whole(-8.0, density)
    found = posterior(value, se, df, **PRIOR)
    assert found.positive == pytest.approx(whole(0.0, density) / every, abs=2e-5)
    assert found.mean == pytest.approx(whole(-8.0, lambda x: x * density(x)) / every, abs=2e-5)


@pytest.mark.parametrize(("value", "se"), [(0.4, 0.1), (-0.6, 0.3), (0.02, 0.5)])
def test_with_many_df_it_is_the_normal_one(value, se):
    weight = 0.25**2 / (0.25**2 + se**2)
    mean, sd = 0.05 + weight * (value - 0.05), math.sqrt(weight) * se
    found = posterior(value, se, 1e9, **PRIOR)
    assert found.mean == pytest.approx(mean, abs=1e-5)
    assert found.positive == pytest.approx(stats.norm.sf(0, mean, sd), abs=1e-5)


def test_with_a_wide_prior_it_is_the_t_likelihood_alone():
    found = posterior(0.3, 0.2, 5, prior_mean=0, prior_sd=200)
    assert found.positive == pytest.approx(stats.t.cdf(0.3 / 0.2, 5), abs=1e-3)


def test_few_classes_are_drawn_further_to_the_prior():
    means = [posterior(0.8, 0.2, df, **PRIOR).mean for df in (2, 4, 10, 100)]
    assert means == sorted(means) and means[0] < means[-1] < 0.8


def test_swapped_arms_with_a_swapped_prior_are_mirrored():
    one, other = posterior(0.4, 0.2, 6, **PRIOR), posterior(-0.4, 0.2, 6, prior_mean=-0.05, prior_sd=0.25)
    assert (one.mean, one.positive) == (pytest.approx(-other.mean), pytest.approx(1 - other.positive))


@pytest.mark.parametrize("wrong", [(0.1, 0.0, 4), (0.1, -1.0, 4), (0.1, 0.2, 0)])
def test_an_estimate_without_error_has_no_posterior(wrong):
    with pytest.raises(ValueError, match="must be positive"):
        posterior(*wrong, **PRIOR)

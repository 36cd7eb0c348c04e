"""Student's t: against closed forms, scipy's distribution objects and the definition of an unbiased estimate."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from gsl_research.methods.student import probability_positive, small_sample_factor, t_interval, t_quantile, two_sided_p


@pytest.mark.parametrize("probability", [0.025, 0.5, 0.9, 0.95, 0.975])
def test_quantiles_in_closed_form(probability):
    centred = 2 * probability - 1
    assert t_quantile(1, probability) == pytest.approx(math.tan(math.pi * (probability - 0.5)), abs=1e-12)
    assert t_quantile(2, probability) == pytest.approx(centred * math.sqrt(2 / (1 - centred**2)), abs=1e-12)


@pytest.mark.parametrize("df", [1, 2, 3.5, 10, 17.8, 263, 1e6])
def test_quantiles_agree_with_scipy_also_between_whole_df(df):
    for probability in (0.001, 0.05, 0.9, 0.975, 0.9999):
        assert t_quantile(df, probability) == pytest.approx(stats.t.ppf(probability, df), rel=1e-9)


@pytest.mark.parametrize("t", [0.0, 0.3, 2.0, 40.0])
def test_tail_probabilities_in_closed_form(t):
    assert two_sided_p(t, 1, 1) == pytest.approx(1 - 2 / math.pi * math.atan(t), abs=1e-14)
    assert two_sided_p(-t, 1, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), abs=1e-14)


def test_p_and_interval_are_two_sides_of_one_thing():
    for df in (1, 4, 30.5):
        interval = t_interval(1.3, 0.4, df)
        for limit in (interval.low, interval.high):
            assert two_sided_p(1.3 - limit, 0.4, df) == pytest.approx(0.05, rel=1e-9)
        assert interval.level == 0.95
        assert (interval.low + interval.high) / 2 == pytest.approx(1.3)
    ninety = t_interval(1.3, 0.4, 8, 0.90)
    assert two_sided_p(1.3 - ninety.low, 0.4, 8) == pytest.approx(0.10, rel=1e-9)
    assert ninety.level == 0.90


def test_probability_positive_is_one_tail_of_p():
    assert probability_positive(0.7, 0.5, 6) == pytest.approx(1 - two_sided_p(0.7, 0.5, 6) / 2)
    assert probability_positive(-0.7, 0.5, 6) == pytest.approx(two_sided_p(0.7, 0.5, 6) / 2)
    assert probability_positive(0, 0.5, 6) == 0.5


@pytest.mark.parametrize(("se", "df"), [(0, 5), (-1, 5), (math.inf, 5), (math.nan, 5), (1, 0), (1, -2)])
def test_no_interval_without_spread_or_freedom(se, df):
    with pytest.raises(ValueError, match="needs se > 0 and df > 0"):
        t_interval(1.0, se, df)


def test_small_sample_factor_in_closed_form():
    assert small_sample_factor(2) == pytest.approx(1 / math.sqrt(math.pi), rel=1e-14)
    assert small_sample_factor(3) == pytest.approx(math.sqrt(math.pi / 6), rel=1e-14)
    assert small_sample_factor(4) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-14)


@pytest.mark.parametrize("df", [2, 5, 11.5, 40])
def test_small_sample_factor_makes_an_effect_size_unbiased(df):
    """E(1/S) is 1/(J sigma): the definition of J."""
    inflation, _ = integrate.quad(lambda v: math.sqrt(df / v) * stats.chi2.pdf(v, df), 0, np.inf)
    assert small_sample_factor(df) * inflation == pytest.approx(1, rel=1e-7)


def test_small_sample_factor_is_near_its_usual_approximation_and_needs_df():
    for df in (10, 100, 1e4):
        assert small_sample_factor(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=0.2 / df**2)
    for df in (1, 0.5):
        with pytest.raises(ValueError, match="needs df > 1"):
            small_sample_factor(df)


@pytest.mark.parametrize("df", [2.5, 10, 333.3, 999.5, 1000, 1000.5, 4e5, 1e7, 1e12])
def test_small_sample_factors_one_apart_multiply_to_a_root(df):
    r""":math:`J(\nu)J(\nu-1)=(\nu-2)/\sqrt{\nu(\nu-1)}`, since :math:`\Gamma(x+1)=x\Gamma(x)`: digits at any df."""
    product = small_sample_factor(df) * small_sample_factor(df - 1)
    assert product == pytest.approx((df - 2) / math.sqrt(df * (df - 1)), rel=2e-12)

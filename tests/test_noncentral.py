"""The noncentral t: against scipy wherever scipy gives a number, and by what it must be at its edges."""

import math

import numpy as np
import pytest
from scipy import special, stats

from gsl_research.methods.noncentral import noncentral_t_cdf, noncentrality_interval

CLOSE = 1e-11
"""Of scipy where t is no more than 100; beyond, scipy's own error grows."""


def test_scipy_says_the_same_wherever_it_says_anything():
    rng, compared = np.random.default_rng(20261122), 0
    for _ in range(1500):
        df = float(rng.choice([rng.integers(1, 60), 10 ** rng.uniform(0, 6)]))
        t = rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 2)
        noncentrality = t * rng.uniform(0.3, 2) + rng.normal(0, 2)
        theirs = special.nctdtr(df, noncentrality, t)
        if math.isfinite(theirs):
            compared += 1
            assert noncentral_t_cdf(t, df, noncentrality) == pytest.approx(theirs, abs=CLOSE)
    assert compared > 1400


@pytest.mark.parametrize("df", [1, 2, 7.5, 40, 1000])
def test_without_noncentrality_it_is_student_s_t(df):
    for t in (-4, -0.3, 0.0, 1.5, 12):
        assert noncentral_t_cdf(t, df, 0) == pytest.approx(special.stdtr(df, t), abs=CLOSE)


def test_at_zero_it_is_normal_and_turned_around_it_is_one_minus():
    for noncentrality in (-3, 0, 0.4, 8):
        assert noncentral_t_cdf(0, 5, noncentrality) == pytest.approx(special.ndtr(-noncentrality), abs=CLOSE)
        assert noncentral_t_cdf(-1.2, 5, noncentrality) == pytest.approx(1 - noncentral_t_cdf(1.2, 5, -noncentrality))


def test_far_out_in_the_tails_where_scipy_can_give_nan_it_is_a_probability():
    """scipy 1.17 does at df 431656.9460698768, t 33.206074843134, δ 61.87553819793018 among others."""
    assert noncentral_t_cdf(33.206074843134, 431656.9460698768, 61.87553819793018) == pytest.approx(0, abs=1e-150)
    rng = np.random.default_rng(20261122)
    for _ in range(400):
        df, t = 10 ** rng.uniform(0, 6), rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 2)
        assert -1e-15 < noncentral_t_cdf(t, df, t + rng.choice([-1, 1]) * rng.uniform(5, 60)) < 1 + 1e-15


@pytest.mark.parametrize(("t", "df"), [(0, 10), (2.93, 15), (-3.3, 8), (23.7, 2), (51.7, 2286), (1e-9, 5), (4, 1e6)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_at_its_limits_t_is_just_among_the_extremes(t, df, level):
    found = noncentrality_interval(t, df, level)
    assert stats.nct.cdf(t, df, found.low) == pytest.approx((1 + level) / 2, abs=CLOSE)
    assert stats.nct.cdf(t, df, found.high) == pytest.approx((1 - level) / 2, abs=CLOSE)
    assert found.level == level


def test_it_holds_zero_exactly_when_t_does():
    for df in (2, 9, 60):
        edge = special.stdtrit(df, 0.975)
        assert noncentrality_interval(edge * 0.9999, df).holds(0)
        assert not noncentrality_interval(edge * 1.0001, df).holds(0)
        assert noncentrality_interval(edge, df).low == pytest.approx(0, abs=1e-9)


def test_turning_t_around_turns_the_interval_around():
    there, back = noncentrality_interval(2.2, 11), noncentrality_interval(-2.2, 11)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), rel=1e-12)


def test_what_no_sum_can_reach_has_no_interval():
    assert noncentrality_interval(1e5, 100) is None
    assert noncentrality_interval(-1e5, 100) is None
    assert noncentrality_interval(1e5, 2) is None
    assert noncentral_t_cdf(1e5, 100, 1e5) is None
    assert stats.nct.cdf(1000, 2, noncentrality_interval(1000, 2).low) == pytest.approx(0.975, abs=CLOSE)

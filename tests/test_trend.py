"""A line through occasions of other pupils: least squares on means, and the wider of two errors."""

import numpy as np
import pytest

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods.moments import ClassMoments
from gsl_research.methods.student import t_quantile
from gsl_research.methods.trend import trend


def cells(means) -> ClassMoments:
    means = np.asarray(means, dtype=float)
    return ClassMoments(np.full(len(means), 20), means[:, None], np.zeros((len(means), 1, 1)))


def made(occasions: int, classes: int, seed: int, years: float = 0.0, rise: float = 0.0):
    draw = np.random.default_rng(seed)
    occasion = np.repeat(np.arange(occasions), classes)
    means = draw.normal(size=len(occasion)) + years * draw.normal(size=occasions)[occasion] + rise * occasion
    return cells(means), occasion


def test_the_line_is_that_of_polyfit_through_the_means_of_occasions():
    moments, occasion = made(5, 3, 1)
    times = np.array([0.0, 1.0, 2.5, 4.0, 4.5])
    found = trend(moments, occasion, times, unit="points")
    means = [moments.mean[occasion == t, 0].mean() for t in range(5)]
    assert found.value == pytest.approx(np.polyfit(times, means, 1)[0] * 4.5, abs=1e-12)


def test_the_wider_of_two_errors_is_told():
    import statsmodels.api as sm

    close, occasion = made(5, 3, 2)
    apart, _ = made(5, 3, 2, years=8.0)
    times = np.arange(5.0)
    for moments, df in ((close, {3.0, 10.0}), (apart, {3.0})):
        found = trend(moments, occasion, times, unit="points")
        means = np.array([moments.mean[occasion == t, 0].mean() for t in range(5)])
        of_years = 4 * sm.OLS(means, sm.add_constant(times)).fit().bse[1] * t_quantile(3, 0.975)
        rest = moments.mean[:, 0] - means[occasion]
        lever = 4 * (times - 2) / 10
        of_classes = (rest @ rest / 10 * (lever @ lever) / 3) ** 0.5 * t_quantile(10, 0.975)
        assert found.interval.half_width == pytest.approx(max(of_years, of_classes), rel=1e-12)
        assert found.df in df


@pytest.mark.parametrize(("occasions", "classes"), [(1, 4), (2, 4), (3, 4), (3, 1)])
def test_too_little_is_described(occasions, classes):
    moments, occasion = made(occasions, classes, 4)
    found = trend(moments, occasion, np.arange(occasions), unit="points")
    assert isinstance(found, Estimate) and found.status == "described" and found.interval is None


def test_nothing_moves_and_nobody_there():
    same = trend(cells([3.0] * 8), np.repeat(np.arange(4), 2), np.arange(4), unit="points")
    assert same.value == pytest.approx(0) and same.status == "described"
    assert isinstance(trend(cells([]), [], [0.0], unit="points"), NotEstimated)
    with pytest.raises(ValueError, match="rising"):
        trend(cells([1.0, 2.0]), [0, 1], [1, 0], unit="points")


@pytest.mark.parametrize(("occasions", "classes", "years"), [(4, 1, 0.0), (4, 2, 1.0), (5, 1, 0.0)])
def test_without_a_trend_at_most_one_interval_in_twenty_misses(occasions, classes, years):
    missed, runs = 0, 1500
    for seed in range(runs):
        found = trend(*made(occasions, classes, seed, years), np.arange(occasions), unit="points")
        missed += not found.interval.holds(0)
    assert missed / runs < 0.05 + 2 * (0.05 * 0.95 / runs) ** 0.5


def test_other_units_and_a_later_start_change_nothing():
    moments, occasion = made(4, 2, 6, rise=0.5)
    one = trend(moments, occasion, [0, 1, 2, 3], unit="points")
    other = trend(cells(10 * moments.mean[:, 0] + 7), occasion, [2000, 2012, 2024, 2036], unit="points")
    assert other.value == pytest.approx(10 * one.value) and other.se == pytest.approx(10 * one.se)

"""A line through occasions of other pupils: least squares on means, with the error that occasions show."""

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


def of_the_line(moments: ClassMoments, occasion) -> float:
    """The standard error of the rise by least squares on the means of occasions."""
    import statsmodels.api as sm

    times = np.unique(occasion)
    means = [moments.mean[occasion == t, 0].mean() for t in times]
    return float(np.ptp(times) * sm.OLS(means, sm.add_constant(times.astype(float))).fit().bse[1])


def of_classes(moments: ClassMoments, occasion) -> float:
    times, size = np.unique(occasion, return_counts=True)
    rest = moments.mean[:, 0] - np.array([moments.mean[occasion == t, 0].mean() for t in occasion])
    lever = np.ptp(times) * (times - times.mean()) / ((times - times.mean()) ** 2).sum()
    return float((rest @ rest / (size.sum() - len(times)) * (lever**2 / size).sum()) ** 0.5)


def test_the_error_is_that_of_least_squares_on_the_means_of_occasions():
    moments, occasion = made(5, 3, 2, years=8.0)
    found = trend(moments, occasion, np.arange(5.0), unit="points")
    assert found.interval.half_width == pytest.approx(of_the_line(moments, occasion) * t_quantile(3, 0.975), rel=1e-12)
    assert found.df == 3


def test_years_that_happen_to_lie_on_the_line_are_never_surer_than_their_classes():
    moments, occasion = made(4, 3, 2)
    on_the_line = moments.mean[:, 0].copy()
    for t in range(4):
        here = occasion == t
        on_the_line[here] += 2.0 * t + 0.001 * (-1) ** t - on_the_line[here].mean()
    moments = cells(on_the_line)
    found = trend(moments, occasion, np.arange(4.0), unit="points")
    assert of_the_line(moments, occasion) * t_quantile(2, 0.975) < of_classes(moments, occasion)
    assert found.interval.half_width == pytest.approx(of_classes(moments, occasion), rel=1e-12) and found.df == 2


def test_where_every_occasion_lies_on_the_line_classes_alone_give_the_interval():
    moments, occasion = cells([1.0, 3.0, 2.0, 4.0, 3.0, 5.0, 4.0, 6.0]), np.repeat(np.arange(4), 2)
    found = trend(moments, occasion, np.arange(4.0), unit="points")
    expected = of_classes(moments, occasion) * t_quantile(4, 0.975)
    assert found.interval.half_width == pytest.approx(expected, rel=1e-12) and found.df == 4


def uneven(pupils, classes, seed: int, icc: float = 0.05):
    """Classes of other numbers of pupils, and years of other numbers of classes; pupils have variance 1."""
    draw = np.random.default_rng(seed)
    n, occasion = np.repeat(pupils, classes), np.repeat(np.arange(len(classes)), classes)
    means = draw.normal(size=len(n)) * np.sqrt(icc + (1 - icc) / n)
    scatter = (1 - icc) * draw.chisquare(n - 1)
    return ClassMoments(n, means[:, None], scatter[:, None, None]), occasion


def test_what_small_years_add_is_the_variance_least_squares_does_not_show():
    moments, occasion = uneven([5, 30, 25, 30, 6], [1, 3, 3, 4, 2], 3)
    found = trend(moments, occasion, np.arange(5.0), unit="points")
    size, n, level = np.bincount(occasion), moments.n, np.eye(5)[occasion]
    pupils = moments.scatter.sum() / (n.sum() - len(n))
    within = np.eye(len(n)) - level @ np.diag(1 / size) @ level.T
    y = moments.mean[:, 0]
    between = max(y @ within @ y - pupils * np.trace(within @ np.diag(1 / n)), 0) / (len(n) - 5)
    variance = np.diag(level.T @ np.diag(between + pupils / n) @ level) / size**2
    design = np.column_stack([np.ones(5), np.arange(5.0)])
    line = np.linalg.pinv(design)
    left = np.eye(5) - design @ line
    extra = 16 * (line[1] ** 2 @ variance - line[1] @ line[1] * np.trace(left @ np.diag(variance)) / 3)
    shown = (of_the_line(moments, occasion) * t_quantile(3, 0.975)) ** 2
    known = t_quantile(int(n.sum()) - len(n), 0.975) ** 2 * extra
    assert extra > 0 and between > 0
    assert found.interval.half_width == pytest.approx((shown + known) ** 0.5, rel=1e-10)


def test_with_a_small_first_and_last_year_no_more_than_one_in_twenty_misses():
    missed, runs = 0, 1500
    for seed in range(runs):
        found = trend(*uneven([5, 30, 30, 5], [1, 1, 1, 1], seed, 0.0), np.arange(4.0), unit="points")
        missed += not found.interval.holds(0)
    assert missed / runs < 0.05 + 2 * (0.05 * 0.95 / runs) ** 0.5


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


@pytest.mark.parametrize(("occasions", "classes", "years"), [(4, 1, 0.0), (4, 2, 0.0), (4, 2, 1.0), (5, 1, 0.0)])
def test_without_a_trend_about_one_interval_in_twenty_misses(occasions, classes, years):
    missed, runs = 0, 1500
    for seed in range(runs):
        found = trend(*made(occasions, classes, seed, years), np.arange(occasions), unit="points")
        missed += not found.interval.holds(0)
    assert 0.03 - 2 * (0.03 * 0.97 / runs) ** 0.5 < missed / runs < 0.05 + 2 * (0.05 * 0.95 / runs) ** 0.5


def test_other_units_and_a_later_start_change_nothing():
    moments, occasion = made(4, 2, 6, rise=0.5)
    one = trend(moments, occasion, [0, 1, 2, 3], unit="points")
    other = trend(cells(10 * moments.mean[:, 0] + 7), occasion, [2000, 2012, 2024, 2036], unit="points")
    assert other.value == pytest.approx(10 * one.value) and other.se == pytest.approx(10 * one.se)

"""A measure on several occasions, every time of other pupils: a line through the occasions, classes as the unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, NotEstimated
from .clusters import class_estimate
from .moments import ROUNDING, ClassMoments
from .student import t_quantile

MIN_OCCASIONS = 4
"""Occasions from which a line through them is told from what one of them has of its own; fewer are described
(policy, simulated)."""
MIN_TREND_DF = 2
"""Degrees of freedom of classes from which a line through occasions that all lie on it gets an interval (policy)."""
Floats = NDArray[np.float64]


def trend(cells: ClassMoments, occasion: ArrayLike, times: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    r"""How much the line through the occasions rises from the first to the last: positive is better.

    ``cells`` are the classes of every occasion, each a unit of its own since other pupils sit in it; ``occasion`` (C,)
    says of which, 0 … T-1, and ``times`` (T,) when those were. Every occasion counts once, and in it every class:

    .. math:: \delta=D\sum_t h_t\bar y_t,\qquad h_t=\frac{t-\bar t}{\sum_t(t-\bar t)^2},\qquad D=t_T-t_1,

    with :math:`\bar y_t` the mean of the class means. Its error is read from how far occasions lie from the line, since
    classes say nothing of what a whole year has in common:

    .. math:: SE_t^2=s_t^2\lVert Dh\rVert^2,\qquad df=T-2.

    That takes every occasion for equally precise. What an occasion of few pupils or classes adds is known better:

    .. math:: e=\max\Big\{0,\sum_tD^2h_t^2v_t-\frac{\lVert Dh\rVert^2}{T-2}\sum_tm_{tt}v_t\Big\},\qquad
              v_t=\frac{\tau^2}{g_t}+\frac{\sigma^2}{g_t^2}\sum_{j\in t}\frac1{n_j},

    with m_tt what the line leaves of one occasion's variance, σ the spread of pupils within classes and τ that of
    classes within occasions (0 with one class each); e is 0 where all occasions are alike. The half width is

    .. math:: w=\max\big\{\sqrt{t_{T-2}^2SE_t^2+t_{N-C}^2e},\ SE_c\big\},\qquad
              SE_c^2=s_c^2\sum_t\frac{D^2h_t^2}{g_t}:

    two sources of error put together as in ``clusters``, and never less than one standard error of classes alone, for
    the years that happen to lie on the line. With fewer than four occasions the interval would rest on classes, and it
    is not given: where years differ as much as classes do, 32 to 33 % of those would miss (simulated, 20,000 runs).

    Fewer than four occasions: described. Where every occasion lies on the line, classes alone give the interval, with
    C - T df; described below 2 of them. Refuses: no pupils. Raises ValueError on wrong shapes, or times that do not
    rise. Not for: pupils who are followed (``waves.growth``); a cause.

    Simulated, 20,000 runs a cell, 4 and 6 occasions of 1, 2 or 4 classes, ICC 0 to .15, normal and skewed, years that
    differ as classes do and years that do not: without a trend the interval misses 0 in 3.5 to 5.1 % where occasions
    are alike, and in 0.4 to 5.5 % with a first and last year of 3 to 10 pupils a class or of other numbers of classes.
    Without e, 4.8 to 12.3 % of the latter would miss.
    Source: least squares on group means: Donald & Lang (2007), doi:10.1162/rest.89.2.221; two sources of error: Zou &
    Donner (2008), doi:10.1002/sim.3095 [both recalled]. The floor and e are our own, simulated.
    """
    occasion, times = np.asarray(occasion), np.asarray(times, dtype=float)
    if occasion.shape != cells.n.shape or times.ndim != 1 or (np.diff(times) <= 0).any():
        raise ValueError(f"needs an occasion per class and rising times; got {occasion.shape} and {times}")
    if not cells.classes:
        return NotEstimated(estimator="trend", reason="no_pupils")
    held, place, classes = np.unique(occasion, return_inverse=True, return_counts=True)
    times, n = times[held], {"pupils_single": cells.pupils, "classes_single": cells.classes}
    means = cells.mean[:, -1]
    of_occasion = np.bincount(place, means) / classes
    if len(times) == 1:
        value = float(of_occasion[0])
        return _described(value, cells.classes - 1, n, unit, "one_occasion")
    lever = (times - times.mean()) / ((times - times.mean()) ** 2).sum() * (times[-1] - times[0])
    value = float(lever @ of_occasion)
    apart, rest = means - of_occasion[place], of_occasion - of_occasion.mean()
    rest = rest - lever * (lever @ rest) / (lever @ lever)
    noise = ROUNDING * float(np.abs(means).max() + np.ptp(means)) ** 2
    class_df, df = cells.classes - len(times), len(times) - 2
    class_squares, squares = float(apart @ apart), float(rest @ rest)
    if len(times) < MIN_OCCASIONS:
        return _described(value, class_df, n, unit, "trend")
    of_classes = (class_squares / class_df * (lever**2 / classes).sum()) ** 0.5 if class_df else 0.0
    if squares > noise:
        uneven = _uneven(cells, place, classes, lever, class_squares)
        known = t_quantile(max(cells.pupils - cells.classes, 1), 0.975) ** 2 * uneven
        line = t_quantile(df, 0.975) ** 2 * squares / df * float(lever @ lever)
        se = max((line + known) ** 0.5, of_classes) / t_quantile(df, 0.975)
    elif class_df >= MIN_TREND_DF and class_squares > noise:
        se, df = of_classes, class_df
    else:
        return _described(value, class_df, n, unit, "trend")
    return class_estimate(value, se, float(df), n, unit=unit, estimator="trend", source="donald_lang_2007")


def _uneven(
    cells: ClassMoments, place: NDArray[np.int64], classes: NDArray[np.int64], lever: Floats, class_squares: float
) -> float:
    """What the variance of the line has above what its residuals show, where occasions are not equally precise."""
    pupil_df, class_df = cells.pupils - cells.classes, cells.classes - len(classes)
    of_pupils = float(cells.within()[-1, -1]) / pupil_df if pupil_df else 0.0
    from_pupils = of_pupils * np.bincount(place, 1 / cells.n) / classes**2
    between = max(class_squares - float(((classes - 1) * classes) @ from_pupils), 0.0) / class_df if class_df else 0.0
    variance = between / classes + from_pupils
    length = float(lever @ lever)
    left = 1 - 1 / len(classes) - lever**2 / length
    return max(float(lever**2 @ variance) - length * float(left @ variance) / (len(classes) - 2), 0.0)


def _described(value: float, class_df: int, n: dict[str, int], unit: str, estimator: str) -> Estimate:
    return Estimate(
        metric="points", estimator=estimator, value=value, class_df=class_df, n=n, unit=unit, source="description",
        status="described",
    )  # fmt: skip

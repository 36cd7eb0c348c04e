"""Differences in standard deviations, and what a standard deviation means to a reader.

*g* is a difference over the total standard deviation of pupils within arms, made unbiased. N pupils, n_j in class j.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate, Interval, NotEstimated
from .moments import ClassMoments
from .noncentral import noncentrality_interval
from .student import small_sample_factor, t_interval


def standardised(
    points: Estimate | NotEstimated, moments: ClassMoments, treated: ArrayLike, *, sd: float, icc: float
) -> Estimate | NotEstimated:
    r"""The difference in total standard deviations of the post-test, corrected for classes.

    .. math:: g = J(h)\,\frac{\delta}{S_T}\sqrt{\frac{m}{N-2}},\qquad h=\frac{m^2}{v},\qquad
              m=(1-\rho)(N-2)+\rho\,b_1,\quad v=(1-\rho)^2(N-2)+2\rho(1-\rho)\,b_1+\rho^2b_2,

    with :math:`b_1=\sum_a(N_a-Q_a),\ b_2=\sum_a(\sum_{j\in a}n_j^2-2\sum_{j\in a}n_j^3/N_a+Q_a^2)` and
    :math:`Q_a=\sum_{j\in a}n_j^2/N_a` over arms a: m and 2v are mean and variance of the total sum of squares in units
    of the variance between pupils. Equal classes give the formulas of Hedges (2007). The interval is that of
    ``in_standard_deviations`` with h degrees of freedom.

    ``treated`` (G,) bool, ``sd`` the total SD of the post-test within arms, ``icc`` its intraclass correlation. Refuses
    when h is too small for the correction, or the post-test has no spread.

    Simulated, 10,000 runs a cell: 3 v 3, 5 v 5 and 10 v 10 classes of 20 at effects of 0, 0.4 and 1 SD and ICC 0 and
    0.15 hold 94.7 to 96.0 %; sizes 1 to 40, 1 v 5 and 2 v 6 classes and skewed scores 94.5 to 97 % up to an effect of
    1 SD. An effect of 2 SD with ICC 0.4 can drop to 94 %.

    Source: Hedges (2007), doi:10.3102/1076998606298043; unequal sizes: Box (1954), doi:10.1214/aoms/1177728786
    [recalled], for the moments of a quadratic form.
    """
    treated = np.asarray(treated, dtype=bool)
    if treated.shape != moments.n.shape:
        raise ValueError(f"treated must be (G,) like the classes; got {treated.shape} for {moments.n.shape}")
    if isinstance(points, NotEstimated):
        return points
    if treated.all() or not treated.any():
        return NotEstimated(estimator=points.estimator, reason="empty_arm")
    free = moments.pupils - 2
    first, second = (sum(parts) for parts in zip(*(_sizes(moments.n[arm]) for arm in (treated, ~treated)), strict=True))
    mean = (1 - icc) * free + icc * first
    variance = (1 - icc) ** 2 * free + 2 * icc * (1 - icc) * first + icc**2 * second
    if not mean > 0:
        return NotEstimated(estimator=points.estimator, reason="too_few_pupils")
    g = in_standard_deviations(points, sd / math.sqrt(mean / free), mean**2 / variance, unit="post_total_sd")
    return g if isinstance(g, NotEstimated) else replace(g, source="hedges_2007", icc=icc)


def _sizes(n: NDArray[np.int64]) -> tuple[float, float]:
    """What the class sizes of one arm add to b1 and b2."""
    size = n.astype(float)
    pupils, squares, cubes = (float((size**power).sum()) for power in (1, 2, 3))
    ratio = squares / pupils
    return pupils - ratio, squares - 2 * cubes / pupils + ratio**2


def in_standard_deviations(
    points: Estimate | NotEstimated, sd: float, sd_df: float, *, unit: str
) -> Estimate | NotEstimated:
    r"""A difference over a standard deviation that was itself estimated, on ν = ``sd_df`` degrees of freedom.

    .. math:: g=J(\nu)\,\frac{\delta}{S},\qquad Var(g)=J^2\frac{SE^2}{S^2}+\frac{g^2}{2\nu}.

    The interval recovers the variance of each part from its own limits (MOVER): those in points, and
    :math:`S\sqrt{\nu/\chi^2_\nu}`. It holds 0 exactly when the interval in points does. Without an interval in points
    there is none here.

    Refuses: a standard deviation of 0, or on one degree of freedom or less.

    Not for: a standardiser that moves with the difference, as the SD of the gains does.

    Simulated, 10,000 runs a cell, 2 x 8 to 2 x 60 pupils, effects up to 2 SD, correlation 0.3 to 0.9: adjusted
    differences over the SD of the post-test, gains over that of the pre-test (Morris's d_ppc2) and Welch's difference
    over the SD of the comparison group (Glass's delta) hold 94.4 to 96.0 %. Classes: see ``standardised``.

    Source: Donner & Zou (2012), doi:10.1177/0962280210383082 [recalled].
    """
    if isinstance(points, NotEstimated):
        return points
    if not sd_df > 1:
        return NotEstimated(estimator=points.estimator, reason="too_few_pupils")
    if not sd > 0:
        return NotEstimated(estimator=points.estimator, reason="no_pupil_spread")
    factor = small_sample_factor(sd_df) / sd
    value, se, interval = points.value * factor, None, None
    if points.interval is not None:
        se = math.hypot(points.se * factor, value / math.sqrt(2 * sd_df))
        interval = over_estimated_sd(points.value, points.interval, sd_df, factor)
    return replace(points, metric="g", value=value, se=se, interval=interval, unit=unit, source="donner_zou_2012")


def over_estimated_sd(value: float, points: Interval, sd_df: float, factor: float) -> Interval:
    """Limits of a difference over a standard deviation on ``sd_df`` degrees of freedom; ``factor`` is g per point."""
    from scipy.special import chdtri

    tail = (1 - points.level) / 2
    least, most = (math.sqrt(sd_df / float(chdtri(sd_df, probability))) for probability in (tail, 1 - tail))
    low = _lowest_ratio(value, points.low, least, most)
    high = -_lowest_ratio(-value, -points.high, least, most)
    return Interval(low * factor, high * factor, points.level)


def _lowest_ratio(value: float, low: float, least: float, most: float) -> float:
    """The ratio q at which value - q, the SD being 1, lies as far above 0 as the errors of both together reach."""
    error = value - low
    sd_error = most - 1 if low > 0 else 1 - least
    root = math.sqrt(error**2 + sd_error**2 * low * (value + error))
    if low > 0:
        return low * (value + error) / (value + root)
    return (value - root) / (1 - sd_error**2)


def hedges_g(points: Estimate | NotEstimated) -> Estimate | NotEstimated:
    r"""Student's difference of two groups of pupils in pooled standard deviations, with its exact interval.

    .. math:: d=t\sqrt{\tfrac1{n_T}+\tfrac1{n_C}},\qquad g=J(N-2)\,d,\qquad
              Var(g)=\tfrac1{n_T}+\tfrac1{n_C}+\frac{g^2}{2N}.

    The interval holds every true difference under which t is not extreme (noncentral t). It is not shrunk by J: it is
    exact as it is. ``points`` is what ``pupils.post_difference`` gives. Refuses: fewer than 4 pupils; differences so
    large that the distribution cannot be inverted.

    Not for: pupils in classes when classes got the approach; an adjusted difference, whose t is not d in other units.

    Source: Hedges (1981), doi:10.3102/10769986006002107; variance as in Hedges & Olkin (1985) and metafor's "LS"
    [recalled]; interval: Steiger & Fouladi (1997) [recalled].
    """
    if isinstance(points, NotEstimated):
        return points
    if points.estimator != "student":
        raise ValueError(f"g with an exact interval needs Student's difference; got {points.estimator}")
    if points.df < 2:
        return NotEstimated(estimator=points.estimator, reason="too_few_pupils")
    treated, control = points.n["pupils_treated"], points.n["pupils_control"]
    per_t = math.sqrt(1 / treated + 1 / control)
    t = points.value / points.se
    limits = noncentrality_interval(t, points.df, points.interval.level)
    if limits is None:
        return NotEstimated(estimator=points.estimator, reason="out_of_reach")
    g = small_sample_factor(points.df) * t * per_t
    return replace(
        points,
        metric="g",
        value=g,
        se=math.sqrt(hedges_olkin_variance(g, treated, control)),
        interval=Interval(limits.low * per_t, limits.high * per_t, limits.level),
        unit="post_pooled_sd",
        source="hedges_1981",
    )


def hedges_olkin_variance(g: float, treated: int, control: int) -> float:
    """1/n_T + 1/n_C + g²/2N, g being corrected for small samples: metafor's ``vtype="LS"`` [equal to its numbers]."""
    return 1 / treated + 1 / control + g**2 / (2 * (treated + control))


def borenstein_variance(d: float, treated: int, control: int) -> float:
    """J² (1/n_T + 1/n_C + d²/2N), d being uncorrected. Source: Borenstein (2009), chapter 12 [recalled]."""
    return small_sample_factor(treated + control - 2) ** 2 * hedges_olkin_variance(d, treated, control)


def approximate_factor(df: float) -> float:
    """1 - 3/(4 df - 1): what WWC (as ω), Morris and many packages print where ``small_sample_factor`` is exact."""
    return 1 - 3 / (4 * df - 1)


@dataclass(frozen=True, slots=True)
class WwcEffect:
    """g and its standard error, from the regression (``se``) and from the explained share alone (``se_from_r2``)."""

    g: float
    se: float
    se_from_r2: float


def wwc_effect(points: Estimate, sd: float, *, r2: float) -> WwcEffect | NotEstimated:
    r"""The adjusted difference between pupils as the What Works Clearinghouse reports it: for comparison with reviews.

    .. math:: g=\omega\frac{\delta}{S},\qquad SE=\omega\sqrt{\frac{SE_\delta^2}{S^2}+\frac{\delta^2}{2NS^2}},\qquad
              \omega=1-\frac{3}{4(N-2)-1},

    or with :math:`(1-R^2)(1/n_T+1/n_C)` for the first term under the root. ``sd`` is the pooled SD of the post-test,
    ``r2`` the share of it within groups that the covariates explain. Refuses a post-test without spread.

    Source: WWC Procedures Handbook 4.1, appendix E, and its supplement [recalled; equal to R's numbers].
    """
    if not sd > 0:
        return NotEstimated(estimator=points.estimator, reason="no_pupil_spread")
    treated, control = points.n["pupils_treated"], points.n["pupils_control"]
    omega, d = approximate_factor(treated + control - 2), points.value / sd
    from_sd = d**2 / (2 * (treated + control))
    return WwcEffect(
        g=omega * d,
        se=omega * math.sqrt((points.se / sd) ** 2 + from_sd),
        se_from_r2=omega * math.sqrt((1 - r2) * (1 / treated + 1 / control) + from_sd),
    )


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether a difference lies within ±``margin``: its interval, and the larger p of the two one-sided tests."""

    margin: float
    interval: Interval
    p: float | None

    @property
    def holds(self) -> bool:
        return -self.margin < self.interval.low and self.interval.high < self.margin


def equivalence(points: Estimate, margin: float, level: float = 0.90) -> Equivalence:
    r"""Two one-sided tests that the difference is smaller than the margin, whichever way.

    .. math:: p=\max\Big\{P\Big(T_\nu\ge\frac{\delta+m}{SE}\Big),\,P\Big(T_\nu\le\frac{\delta-m}{SE}\Big)\Big\};

    at ``level`` 0.90 the interval lies within ±m exactly when p < 0.05. The df are those of the estimate: classes when
    classes got the approach. No p below class_df 4. Raises ValueError without a standard error, or a margin of 0 or
    less. Source: Schuirmann (1987), doi:10.1007/BF01068419.
    """
    from scipy.special import stdtr

    if points.se is None or points.df is None or not margin > 0:
        raise ValueError(f"equivalence needs an estimate with se and df, and a margin above 0; got {margin}")
    above, below = (float(stdtr(points.df, -(margin + way * points.value) / points.se)) for way in (1, -1))
    shown = points.class_df is not None and points.class_df >= MIN_CLASS_DF_FOR_P
    return Equivalence(
        margin, t_interval(points.value, points.se, points.df, level), max(above, below) if shown else None
    )


def improvement_index(g: float) -> float:
    r"""Percentile points by which an average pupil would rise in a comparison group: :math:`100\,\Phi(g)-50`.

    From -50 to 50, 0 without a difference. It assumes normal scores of equal spread.
    Source: WWC Procedures and Standards Handbook 2.0 (2008), appendix F.
    """
    return 100 * _normal(g) - 50


def superiority_of(g: float) -> float:
    r"""The chance that a treated pupil scores above one of the comparison group: :math:`\Phi(g/\sqrt2)`.

    From 0 to 1, one half without a difference. It assumes normal scores of equal spread; ``pupils.superiority`` counts.
    Source: McGraw & Wong (1992), doi:10.1037/0033-2909.111.2.361.
    """
    return _normal(g / math.sqrt(2))


def _normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2

"""Classes that were not randomised: other defensible ways to compute the difference, and how far they lie apart.

The adjusted difference is right when classes of the same pre-test mean would have ended alike; the gain, when they
would have grown alike; the corrected difference, when only the pre-test's own error stands between the two (Lord's
paradox). None can be tested. *reliability* is the share of true differences in the spread of the pre-test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, NotEstimated
from .clusters import AdjustedMeans, adjusted_difference, adjusted_means, total_sd, welch_difference
from .moments import ROUNDING, ClassMoments

BASELINE_ALIKE = 0.05
"""Groups at most this far apart at the start, in SD, need no adjustment (WWC standards handbook 4.1; verified)."""
BASELINE_APART = 0.25
"""Groups further apart at the start, in SD, are not comparable (WWC standards handbook 4.1; verified)."""
CORRECTABLE = 0.3
"""Reliability within classes below which nothing is corrected: the slope would more than triple (policy)."""
SHIFT_ALARM = 0.25
"""Two ways to compute one difference disagree when they lie further apart, in SE of the first (design, 6; policy)."""
WIDTH_ALARM = 0.25
"""They disagree when the wider interval is wider than the other by more than this share (design, 6; policy)."""


def gain_difference(moments: ClassMoments, treated: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    r"""Difference of mean class gains, with classes as the unit: a t on G - 2 df.

    ``moments`` holds (pre, post). Status "beside". One class per arm: the difference alone, since the spread between
    classes cannot be seen, and assumed ICCs already stand beside the adjusted difference.

    Refuses: an arm without classes; class gains that do not differ.
    Not for: a pre- and post-test on different scales.
    Source: Lord (1967), doi:10.1037/h0025105, for why it differs from the adjusted difference.
    """
    return _beside(_at_slope(moments, treated, 1.0), unit=unit, estimator="gain_difference")


def corrected_difference(
    moments: ClassMoments, treated: ArrayLike, reliability: float, *, unit: str
) -> Estimate | NotEstimated:
    r"""The adjusted difference at the slope that a pre-test without error would have: :math:`b_w/r`.

    ``moments`` holds (pre, post); r is the ``reliability`` of the pre-test within classes, which ``reliability_within``
    makes from the one that is printed. Status "beside". The interval is right only if r is: it has the error of
    :math:`b_w` but none of r. From three classes per arm it is the wider of the pooled one and Welch's: with
    double the class spread in one of 3 v 3 arms the pooled one misses 6.7 % (simulated). One class per arm: the
    difference alone.

    Refuses: r below 0.3; what ``adjusted_means`` refuses; class means that do not differ. Raises ValueError unless
    0 < r ≤ 1.
    Source: Culpepper & Aguinis (2011), doi:10.1037/a0023355 [recalled]; methods page, decision 8, simulated.
    """
    _check_reliability(reliability)
    if reliability < CORRECTABLE:
        return NotEstimated(estimator="reliability_corrected", reason="too_unreliable")
    means = adjusted_means(moments, treated)
    if isinstance(means, AdjustedMeans):
        error = {"slope_covariance": means.slope_covariance / reliability**2, "residual_df": means.residual_df}
        means = _at_slope(moments, treated, float(means.slope[0]) / reliability)
        if isinstance(means, AdjustedMeans):
            means = replace(means, **error)
    found = _beside(means, unit=unit, estimator="reliability_corrected")
    welch = welch_difference(means, unit=unit)
    if isinstance(found, Estimate) and isinstance(welch, Estimate) and found.interval is not None:
        if welch.interval.half_width > found.interval.half_width:
            return replace(welch, estimator="reliability_corrected")
    return found


def reliability_within(moments: ClassMoments, treated: ArrayLike, reliability: float) -> float | None:
    r"""The reliability of the pre-test within classes, from r over all pupils of an arm, as alpha or a manual gives it.

    .. math:: r_w = 1-(1-r)\,S_T^2/s_w^2:

    the error of a score is the same, and pupils of one class differ less. ``moments`` holds the pre-test first.
    ``None`` when nothing but error is left within classes, or an arm has no classes.
    Raises ValueError unless 0 < r ≤ 1.

    Source: reliability as true over observed variance. By simulation (pre-test ICC .25, r .6, groups half an SD apart,
    no effect) a slope of b_w/r leaves 0.11 SD of difference, b_w/r_w 0.02 or less.
    """
    _check_reliability(reliability)
    df, treated = moments.pupils - moments.classes, np.asarray(treated, dtype=bool)
    if df < 1 or treated.all() or not treated.any() or not moments.in_reach:
        return None
    within = float(moments.within()[0, 0]) / df
    error = (1 - reliability) * total_sd(moments, treated, 0) ** 2
    return 1 - error / within if within > error else None


def class_mean_pre(adjusted: AdjustedMeans | NotEstimated, *, unit: str) -> Estimate | NotEstimated:
    r"""The adjusted difference with the class mean of the pre-test as class covariate: df G - 3.

    It lets classes that start higher end higher by more, or less, than pupils do. ``adjusted`` has the pre-test as
    first covariate. Status "beside". Refuses: classes that start alike; what ``adjusted_difference`` refuses, so fewer
    than 6 classes.

    Source: Mundlak (1978), doi:10.2307/1913646 [recalled]; design page, section 6.
    """
    name = "class_mean_pre"
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=name, reason=adjusted.reason)
    start = adjusted.covariates[:, :1]
    if not start.size:
        raise ValueError("the class means must be adjusted for the pre-test")
    if not float(((start - start.mean()) ** 2).sum()) > ROUNDING * adjusted.covariate_scatter[0, 0]:
        return NotEstimated(estimator=name, reason="singular")
    found = adjusted_difference(adjusted, unit=unit, class_covariates=start, estimator=name)
    return found if isinstance(found, NotEstimated) else replace(found, status="beside")


def _at_slope(moments: ClassMoments, treated: ArrayLike, slope: float) -> AdjustedMeans | NotEstimated:
    if moments.mean.shape[1] != 2:
        raise ValueError(f"moments must hold the pre-test and the post-test; got {moments.mean.shape[1]} variables")
    return adjusted_means(moments, treated, slope=[slope])


def _beside(adjusted: AdjustedMeans | NotEstimated, *, unit: str, estimator: str) -> Estimate | NotEstimated:
    found = adjusted_difference(adjusted, unit=unit, estimator=estimator)
    if isinstance(found, Estimate):
        return replace(found, status="beside")
    if isinstance(adjusted, NotEstimated) or adjusted.class_df > 0:
        return found
    return Estimate(
        metric="points",
        estimator=estimator,
        value=adjusted.difference,
        class_df=adjusted.class_df,
        n=adjusted.counts,
        unit=unit,
        source="description",
        status="beside",
    )


def _check_reliability(reliability: float) -> None:
    if not 0 < reliability <= 1:
        raise ValueError(f"reliability must lie between 0 and 1; got {reliability}")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The difference of the mean class means before, in points and in SDs of pupils within arms.

    Where pupils of one arm all scored the same, ``sds`` counts SDs of all pupils together, and 0 where those do not
    differ either.
    """

    points: float
    sds: float

    @property
    def level(self) -> Literal["alike", "adjust", "apart"]:
        """Alike; near enough to adjust for; or too far apart to compare."""
        distance = abs(self.sds)
        return "alike" if distance <= BASELINE_ALIKE else "adjust" if distance <= BASELINE_APART else "apart"


def baseline(
    moments: ClassMoments, treated: ArrayLike, weights: NDArray[np.float64] | None = None
) -> Baseline | NotEstimated:
    """How far the arms lay apart before. ``moments`` holds the pre-test first; ``weights`` (G,) are those of blocks.

    Refuses: no pupils; an arm without classes; scores beyond double precision.
    """
    arms = adjusted_means(moments, treated, slope=np.zeros(moments.mean.shape[1] - 1))
    if isinstance(arms, NotEstimated):
        return NotEstimated(estimator="baseline", reason=arms.reason)
    before = moments.mean[:, 0]
    points = float((arms.weights if weights is None else weights) @ (before - before.mean()))
    rounding = ROUNDING * float(np.abs(before).max())
    if abs(points) <= rounding:
        return Baseline(0.0, 0.0)
    within = total_sd(moments, arms.treated, 0)
    whole = math.sqrt(float(moments.total()[0, 0]) / (moments.pupils - 1))
    return Baseline(points, points / (within if within > max(rounding, math.sqrt(ROUNDING) * abs(points)) else whole))


def regression_to_the_mean(pre_mean: float, reference_mean: float, reliability: float) -> float:
    r"""How much pupils chosen for their pre-test score change on average without growing: :math:`(1-r)(\mu-\bar x)`.

    ``reference_mean`` :math:`\mu` is that of all pupils they were chosen from, ``reliability`` r that of the pre-test
    among those. To be taken off their mean gain. It assumes that they were chosen on this very score, that true scores
    are about normal, and that the post-test has the same scale. Chosen by other means: less, down to nothing.

    Raises ValueError unless 0 < r ≤ 1. Source: Kelley's regressed true score; Davis (1976),
    doi:10.1093/oxfordjournals.aje.a112321 [recalled].
    """
    _check_reliability(reliability)
    return (1 - reliability) * (reference_mean - pre_mean)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Another ``estimator`` beside the first: ``shift`` in SE of the first, ``width`` as a share of its interval.

    ``None`` where one of the two has no interval.
    """

    estimator: str
    shift: float | None
    width: float | None

    @property
    def shifted(self) -> bool:
        return self.shift is not None and abs(self.shift) > SHIFT_ALARM

    @property
    def other_width(self) -> bool:
        return self.width is not None and max(self.width, 1 / self.width) > 1 + WIDTH_ALARM


def agreement(main: Estimate, others: Iterable[Estimate | NotEstimated]) -> tuple[Agreement, ...]:
    """How far other ways to compute the same difference lie from ``main``; those that do not exist are left out.

    Raises ValueError when a metric or unit differs: then the numbers cannot be compared.
    """
    found = [other for other in others if isinstance(other, Estimate)]
    for other in found:
        if (other.metric, other.unit) != (main.metric, main.unit):
            raise ValueError(f"{other.estimator} is in {other.unit}, {main.estimator} in {main.unit}")
    return tuple(
        Agreement(
            estimator=other.estimator,
            shift=(other.value - main.value) / main.se if main.se else None,
            width=other.interval.half_width / main.interval.half_width if main.interval and other.interval else None,
        )
        for other in found
    )

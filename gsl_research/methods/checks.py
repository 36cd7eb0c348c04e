"""What deserves attention before a number is believed: values with a flag, shown and never used as a gate.

Every check has ``value`` and ``flag``. No check chooses a method: what is chosen after a look at the data loses its
promise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate, Interval, NotEstimated
from .clusters import AdjustedMeans, adjusted_means, arm_counts, class_estimate, total_sd
from .moments import ROUNDING, ClassMoments
from .student import t_interval, t_quantile

SLOPE_PUPILS = 5
"""Pupils from which a class has a slope of its own (simulated with classes of 5 to 40: 4.3 to 6.4 % false alarms)."""
SLOPE_MATERIAL = 0.2
"""Slopes differ materially when the effect changes by more than this many SD of the post-test with one SD of the
pre-test: the smallest worthwhile difference where none was chosen (policy)."""
EXTREME_SHARE = 0.15
"""Floor or ceiling is flagged above this share at an extreme score (methods page, section 1; policy)."""
SD_CHANGE = 1.5
"""Spread that grew or shrank by more than this factor: the choice of SD matters (methods page, section 1; policy)."""
CLASS_SD_RATIO = 2
"""Classes of the smaller arm that differ this many times more than the others make the pooled t too sure of itself
(simulated at a true ratio of 2: 7 to 22 % false positives with unequal arms, 6 % with 2 v 2)."""
OUTLYING_SHARE = 0.05
"""Studies without an odd class in which one is flagged all the same (policy)."""


@dataclass(frozen=True, slots=True)
class SlopeDifference:
    """``value``: how much more the post-test rises with a point of the pre-test among the treated.

    ``moves``: by how many SD of the post-test the effect changes with one SD of the pre-test. ``flag`` when that is
    material and the ``interval`` of ``value`` leaves out 0.
    """

    value: float
    se: float
    df: int
    interval: Interval
    moves: float

    @property
    def flag(self) -> bool:
        return abs(self.moves) > SLOPE_MATERIAL and not self.interval.holds(0)


def slope_difference(moments: ClassMoments, treated: ArrayLike) -> SlopeDifference | NotEstimated:
    r"""Whether the approach does more for pupils who start low, or high: a slope per class, and a t over classes.

    .. math:: b_j=S_{xy,j}/S_{xx,j},\qquad \bar b_T-\bar b_C,\qquad df=G-2.

    ``moments`` holds (pre, post). Classes weigh equally; those of fewer than 5 pupils, or where the pre-test does not
    differ, have no slope and do not count.

    Refuses: an arm without such classes; fewer than 3; slopes that do not differ within arms.
    Not for: the slope among pupils who were assigned one by one (``pupils``).
    Source: methods page, section 1, rows c and d.
    """
    lines = _lines(moments, treated)
    if isinstance(lines, NotEstimated):
        return replace(lines, estimator="slope_difference")
    before, after = (total_sd(moments, lines.all_treated, variable) for variable in (0, 1))
    found = _over_classes(lines.slope, lines.treated, scale=after / before)
    if found is None:
        return NotEstimated(estimator="slope_difference", reason="no_class_spread")
    value, se, df = found
    return SlopeDifference(value, se, df, t_interval(value, se, df), value * before / after)


@dataclass(frozen=True, slots=True)
class EffectAt:
    """The difference for pupils with pre-test score ``pre``."""

    pre: float
    estimate: Estimate


def effect_at(
    moments: ClassMoments, treated: ArrayLike, pre: ArrayLike, *, unit: str
) -> tuple[EffectAt, ...] | NotEstimated:
    r"""The difference at chosen pre-test scores, where slopes differ: each class its own line, and a t over classes.

    .. math:: a_j(x)=\bar y_j+b_j(x-\bar x_j),\qquad \bar a_T(x)-\bar a_C(x),\qquad df=G-2.

    ``moments`` holds (pre, post), ``pre`` the scores: the quartiles of all pupils. Status "beside", and no p: the
    scores are several looks at one thing. Classes count as in ``slope_difference``, which also refuses the same.
    Not for: scores that hardly any pupil has.
    """
    name = "effect_at_pre"
    lines = _lines(moments, treated)
    if isinstance(lines, NotEstimated):
        return replace(lines, estimator=name)
    after = total_sd(moments, lines.all_treated, 1)
    found = []
    for score in np.atleast_1d(np.asarray(pre, dtype=float)):
        there = _over_classes(lines.mean[:, 1] + lines.slope * (score - lines.mean[:, 0]), lines.treated, scale=after)
        if there is None:
            return NotEstimated(estimator=name, reason="no_class_spread")
        estimate = class_estimate(
            *there, arm_counts(lines.n, lines.treated), unit=unit, estimator=name, source="class_lines"
        )
        found.append(EffectAt(float(score), replace(estimate, p=None, status="beside")))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Lines:
    """``slope``, ``mean`` (of pre, post) and ``treated`` of the classes that have a slope."""

    slope: NDArray[np.float64]
    mean: NDArray[np.float64]
    treated: NDArray[np.bool_]
    n: NDArray[np.int64]
    all_treated: NDArray[np.bool_]


def _lines(moments: ClassMoments, treated: ArrayLike) -> _Lines | NotEstimated:
    means = adjusted_means(moments, treated)
    if isinstance(means, NotEstimated):
        return means
    if moments.mean.shape[1] != 2:
        raise ValueError(f"moments must hold the pre-test and the post-test; got {moments.mean.shape[1]} variables")
    with np.errstate(over="ignore", invalid="ignore"):
        total = moments.total()
    if not np.isfinite(total).all():
        return NotEstimated(estimator="class_lines", reason="out_of_reach")
    chosen = (moments.n >= SLOPE_PUPILS) & (moments.scatter[:, 0, 0] > ROUNDING * total[0, 0])
    arm, scatter = means.treated[chosen], moments.scatter[chosen]
    if len(arm) < 3 or arm.all() or not arm.any():
        return NotEstimated(estimator="class_lines", reason="too_few_classes")
    if not means.within_ss > ROUNDING * total[1, 1]:
        return NotEstimated(estimator="class_lines", reason="no_pupil_spread")
    slope = scatter[:, 0, 1] / scatter[:, 0, 0]
    return _Lines(slope, moments.mean[chosen], arm, moments.n[chosen], means.treated)


def _over_classes(
    values: NDArray[np.float64], treated: NDArray[np.bool_], *, scale: float
) -> tuple[float, float, int] | None:
    """Difference of the arms' means, its SE and df; ``None`` when classes differ by rounding beside ``scale``."""
    arms, df = (values[treated], values[~treated]), len(values) - 2
    with np.errstate(over="ignore"):
        variance = sum(float(((arm - arm.mean()) ** 2).sum()) for arm in arms) / df
    if not ROUNDING * scale**2 < variance < math.inf:
        return None
    se = math.sqrt(variance * (1 / len(arms[0]) + 1 / len(arms[1])))
    return float(arms[0].mean() - arms[1].mean()), se, df


@dataclass(frozen=True, slots=True)
class ClassSpread:
    """``value``: SD of the adjusted class means of the treated over that of the others, with its ``interval``."""

    value: float
    interval: Interval
    flag: bool


def class_spread_ratio(adjusted: AdjustedMeans | NotEstimated, level: float = 0.95) -> ClassSpread | NotEstimated:
    r"""Whether classes differ equally in both arms, which the pooled t assumes.

    .. math:: s_T/s_C,\qquad \frac{s_T^2}{s_C^2}\Big/F_{(1\mp level)/2}(g_T-1,\,g_C-1).

    Flagged when the arm with fewer classes differs more than twice as much: then the pooled t is too sure of itself.
    With equal arms it hardly matters; the other way round the interval is too wide. With few classes the ratio is vague
    (at 2 v 6 with equal spread one in ten is flagged): the interval says how vague.

    Refuses: an arm with one class; an arm whose classes do not differ. Not for: blocks, whose levels mix with it.
    Source: the F of two normal variances; methods page, decision 6, simulated.
    """
    name = "class_spread_ratio"
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=name, reason=adjusted.reason)
    arms = (adjusted.mean[adjusted.treated], adjusted.mean[~adjusted.treated])
    if min(map(len, arms)) < 2:
        return NotEstimated(estimator=name, reason="too_few_classes")
    treated, control = (float(arm.var(ddof=1)) for arm in arms)
    if not min(treated, control) > ROUNDING * adjusted.whole_ss:
        return NotEstimated(estimator=name, reason="no_class_spread")
    from scipy.special import fdtri

    ratio = math.sqrt(treated / control)
    high, low = (math.sqrt(fdtri(len(arms[0]) - 1, len(arms[1]) - 1, q)) for q in ((1 - level) / 2, (1 + level) / 2))
    fewer_over_more = ratio if len(arms[0]) < len(arms[1]) else 1 / ratio
    return ClassSpread(
        value=ratio,
        interval=Interval(ratio / low, ratio / high, level),
        flag=len(arms[0]) != len(arms[1]) and fewer_over_more > CLASS_SD_RATIO,
    )


@dataclass(frozen=True, slots=True)
class OutlyingClass:
    """The class (``position`` among those given) furthest from the rest of its arm, as a t ``value``."""

    position: int
    value: float
    bound: float

    @property
    def flag(self) -> bool:
        return abs(self.value) > self.bound


def outlying_class(adjusted: AdjustedMeans | NotEstimated) -> OutlyingClass | NotEstimated:
    r"""The adjusted class mean that fits its arm least, judged without it: the studentised deleted residual.

    .. math:: t_j=\frac{a_j-\bar a_{(j)}}{s_{(j)}\sqrt{1+1/(g-1)}},\qquad df=G-3,

    :math:`\bar a_{(j)}` the mean of the other classes of its arm, :math:`s_{(j)}` the spread within arms without it.
    The bound is Bonferroni's over the m classes looked at, :math:`t_{1-.05/(2m)}`. Of an arm of two classes none can be
    told to be the odd one, so arms count from three classes on.

    Refuses: fewer than 7 classes; no arm of three; other classes that do not differ. Not for: blocks, whose levels hide
    an odd class.
    Source: Cook & Weisberg (1982), Residuals and Influence in Regression, section 2.2 [recalled].
    """
    name = "outlying_class"
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=name, reason=adjusted.reason)
    size = np.where(adjusted.treated, adjusted.treated.sum(), (~adjusted.treated).sum())
    chosen, df = np.flatnonzero(size > 2), adjusted.classes - 3
    if df < MIN_CLASS_DF_FOR_P or not len(chosen):
        return NotEstimated(estimator=name, reason="too_few_classes")
    centre = [adjusted.mean[~adjusted.treated].mean(), adjusted.mean[adjusted.treated].mean()]
    residual = adjusted.mean - np.where(adjusted.treated, centre[1], centre[0])
    # Leaving class j out takes r^2 / (1 - 1/g) off the sum of squares: its leverage is 1/g.
    room = 1 - 1 / size[chosen]
    variance = (float(residual @ residual) - residual[chosen] ** 2 / room) / df
    if not (variance > ROUNDING * adjusted.whole_ss).all():
        return NotEstimated(estimator=name, reason="no_class_spread")
    values = residual[chosen] / np.sqrt(variance * room)
    furthest = int(np.argmax(np.abs(values)))
    bound = t_quantile(df, 1 - OUTLYING_SHARE / (2 * len(chosen)))
    return OutlyingClass(int(chosen[furthest]), float(values[furthest]), bound)

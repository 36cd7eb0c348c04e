"""Pupils who began and have no score at the end: how many, who, and what their scores could have changed.

Of each arm some *started* and some of those were *kept*. Nothing is filled in here. A class that lost all its pupils is
lost as a class: no pupil of it can stand for the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, NotEstimated
from .clusters import AdjustedMeans, adjusted_difference, arm_weights, class_estimate, total_sd
from .differences import MIN_CLASSES_FOR_GROWTH
from .moments import REACH, ROUNDING, class_moments
from .student import t_quantile
from .subgroups import MIN_SUBGROUP_PUPILS, contrasts, interaction

Assumption = Literal["cautious", "optimistic"]

WWC_OVERALL = (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 57, 60, 65)
"""Overall attrition, in percent, of the values of ``WWC_CAUTIOUS`` and ``WWC_OPTIMISTIC`` (second hand, as those)."""
WWC_CAUTIOUS = (5.7, 6.1, 6.3, 5.9, 5.4, 4.8, 4.1, 3.3, 2.6, 1.8, 1.0, 0.3, 0.0)
"""Most percentage points that attrition may differ between arms for an expected bias of at most 0.05 SD, where leaving
may well go with the outcome: What Works Clearinghouse 4.1, table II.1, every fifth row, taken over from a software
package; the handbook was not read (field page, section 4.4; second hand)."""
WWC_OPTIMISTIC = (10.0, 10.5, 10.9, 10.7, 10.0, 9.2, 8.2, 7.2, 6.0, 4.9, 3.7, 2.6, 2.1, 1.4, 0.3)
"""The same where most reasons to leave lie elsewhere, as moving house does (second hand)."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Units of each arm that started, at least one, and were kept; shares of 1."""

    started_treated: int
    kept_treated: int
    started_control: int
    kept_control: int

    def __post_init__(self):
        if not (0 <= self.kept_treated <= self.started_treated and 0 <= self.kept_control <= self.started_control):
            raise ValueError(f"kept must be 0 or more and at most started; got {self}")
        if not (self.started_treated and self.started_control):
            raise ValueError("each arm must have started with one or more")

    @property
    def treated(self) -> float:
        return 1 - self.kept_treated / self.started_treated

    @property
    def control(self) -> float:
        return 1 - self.kept_control / self.started_control

    @property
    def differential(self) -> float:
        """How much more of the treated was lost; negative when more of the control."""
        return self.treated - self.control

    @property
    def overall(self) -> float:
        return 1 - (self.kept_treated + self.kept_control) / (self.started_treated + self.started_control)

    def tolerable(self, assumption: Assumption) -> bool:
        """Whether the arms differ no more than WWC's boundary allows at this overall attrition."""
        allowed = highest_differential(self.overall, assumption)
        return allowed is not None and round(abs(self.differential), 12) <= round(allowed, 12)


def highest_differential(overall: float, assumption: Assumption) -> float | None:
    """How much attrition may differ between the arms at this ``overall`` attrition, both as shares of 1.

    Between two rows of the table the stricter one holds. ``None`` beyond its last row: whatever the difference, it is
    too much. ``assumption`` says which table. Raises ValueError unless 0 ≤ ``overall`` ≤ 1.

    Source: What Works Clearinghouse (2020), Standards Handbook 4.1, table II.1, second hand.
    """
    if not 0 <= overall <= 1:
        raise ValueError(f"overall must lie between 0 and 1; got {overall}")
    percent = round(100 * overall, 9)
    allowed = {"cautious": WWC_CAUTIOUS, "optimistic": WWC_OPTIMISTIC}[assumption]
    rows = WWC_OVERALL[: len(allowed)]
    if percent > rows[-1]:
        return None
    above = next(i for i, row in enumerate(rows) if row >= percent)
    below = above if rows[above] == percent else above - 1
    return min(allowed[below], allowed[above]) / 100


@dataclass(frozen=True, slots=True)
class Losses:
    """Attrition at both levels: all ``pupils``, the ``classes`` of which nobody is left, and ``pupils_in_kept_classes``
    (``None`` when an arm has no class left). WWC asks the boundary of the last two where classes were assigned
    [recalled]."""

    pupils: Loss
    classes: Loss
    pupils_in_kept_classes: Loss | None


def losses(started: ArrayLike, kept: ArrayLike, treated: ArrayLike) -> Losses | NotEstimated:
    """Counts of pupils per class at the start and with a score at the end (G,), and which classes are ``treated`` (G,).

    Numbers only: a class that is lost says nothing on what it would have scored. Refuses: no classes; an arm without
    classes. Raises ValueError on other shapes, a class that started empty, or more kept than started.
    """
    started, kept, treated = np.asarray(started), np.asarray(kept), np.asarray(treated, dtype=bool)
    if not started.shape == kept.shape == treated.shape or started.ndim != 1:
        raise ValueError(f"needs three (G,); got {started.shape}, {kept.shape} and {treated.shape}")
    if (started < 1).any() or (kept < 0).any() or (kept > started).any():
        raise ValueError("every class needs started >= 1 and 0 <= kept <= started")
    if not len(started):
        return NotEstimated(estimator="attrition", reason="no_pupils")
    if treated.all() or not treated.any():
        return NotEstimated(estimator="attrition", reason="empty_arm")
    left = kept > 0
    both = (left & treated).any() and (left & ~treated).any()
    return Losses(
        pupils=_loss(started, kept, treated),
        classes=_loss(np.ones_like(started), left, treated),
        pupils_in_kept_classes=_loss(started[left], kept[left], treated[left]) if both else None,
    )


def _loss(started: NDArray, kept: NDArray, treated: NDArray[np.bool_]) -> Loss:
    return Loss(*(int(counts[arm].sum()) for arm in (treated, ~treated) for counts in (started, kept)))


@dataclass(frozen=True, slots=True)
class WhoLeft:
    """How much higher pupils who left stood before than those of their class who stayed, in points, per arm.

    ``apart`` is how much more so among the treated: where it is not 0, those who stayed are not alike. ``sd`` is the
    standard deviation of the pre-test over all who started, within arms: divide by it. 0 when there is none.
    """

    treated: Estimate | NotEstimated
    control: Estimate | NotEstimated
    apart: Estimate | NotEstimated
    sd: float


def who_left(codes: ArrayLike, left: ArrayLike, pre: ArrayLike, *, treated: ArrayLike, unit: str) -> WhoLeft:
    r"""The pre-test of those who left beside that of their classmates who stayed.

    With :math:`d_j` the difference in class j, over the G classes of an arm that have both, and the weights of
    ``subgroups.interaction``,

    .. math:: \bar d=\frac{\sum w_jd_j}{\sum w_j},\qquad
              SE^2=\frac{\sum w_j(d_j-\bar d)^2}{(G-1)\sum w_j},\qquad df=G-1,

    from three classes and eight pupils on either side; with fewer, or without spread between classes, a description.
    Where leaving is chance the interval misses 0 in 4.7 to 6.3 % (simulated, 2,500 runs a cell, 3 to 8 classes, one in
    eight or in four leaving, alike or not in every class). ``apart`` is ``subgroups.interaction`` with its refusals.
    ``codes`` (N,) are classes 0 … G-1, ``left`` (N,) says who has no post-test, ``pre`` (N,) is finite, ``treated``
    (G,) is by class.

    Refuses per arm: no class in it; nobody who left; no class with both; scores beyond double precision. Raises
    ValueError as ``subgroups.contrasts``.

    Not for: classes that were lost whole (``losses``); leaving that goes with anything but the pre-test.
    Source: as ``differences.growth``, on contrasts.
    """
    codes, left = np.asarray(codes, dtype=int), np.asarray(left, dtype=bool)
    pre, treated = np.asarray(pre, dtype=float), np.asarray(treated, dtype=bool)
    apart = interaction(contrasts(codes, left, pre, treated=treated), unit=unit)
    of_pupils = treated[codes]
    arms = (_who_left_arm(codes[arm], left[arm], pre[arm], unit) for arm in (of_pupils, ~of_pupils))
    moments = class_moments(codes, pre)
    return WhoLeft(*arms, apart, total_sd(moments, treated, 0) if moments.in_reach else 0.0)


def _who_left_arm(
    codes: NDArray[np.int64], left: NDArray[np.bool_], pre: NDArray[np.float64], unit: str
) -> Estimate | NotEstimated:
    name = "who_left"
    if not len(codes):
        return NotEstimated(estimator=name, reason="empty_arm")
    if not left.any():
        return NotEstimated(estimator=name, reason="no_pupils")
    labels, codes = np.unique(codes, return_inverse=True)
    found = contrasts(codes, left, pre, treated=np.ones(len(labels), dtype=bool))
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    weights = found.weights / found.weights.sum()
    value, df = float(weights @ found.value), len(weights) - 1
    n = {"pupils_left": int(found.members.sum()), "pupils_stayed": int(found.others.sum()), "classes": len(weights)}
    squares = float(weights @ (found.value - value) ** 2)
    enough = df >= MIN_CLASSES_FOR_GROWTH - 1 and min(n["pupils_left"], n["pupils_stayed"]) >= MIN_SUBGROUP_PUPILS
    if not enough or not squares > ROUNDING * found.cells.whole_ss:
        return Estimate(
            metric="points",
            estimator=name,
            value=value,
            class_df=df,
            n=n,
            unit=unit,
            source="description",
            status="described",
        )
    return class_estimate(value, math.sqrt(squares / df), df, n, unit=unit, estimator=name, source="donald_lang_2007")


@dataclass(frozen=True, slots=True)
class Tipping:
    """Points that the missing pupils of the treated arm would have to score lower; negative means higher.

    At ``sign`` the difference between the arms is 0, at ``interval`` its 95 % interval begins to hold 0: nothing when
    it does already, ``None`` when there is no interval.
    """

    sign: float
    interval: float | None


def tipping(adjusted: AdjustedMeans | NotEstimated, missing: ArrayLike) -> Tipping | NotEstimated:
    r"""How much lower than their classmates the missing pupils of treated classes would have to score (delta tipping).

    ``missing`` (G,) counts pupils without a post-test beside the ``adjusted.n`` that have one. With
    :math:`f_j=m_j/(n_j+m_j)` in treated classes and 0 elsewhere, missing pupils who score :math:`\Delta` lower than the
    classmates with their pre-test make every class mean :math:`a_j-\Delta f_j`, so that

    .. math:: \Delta_{sign}=\delta/\bar f_T,\qquad
              (\delta-\Delta\bar f_T)^2=t^2\Big\{\frac{SS(\Delta)}{G-2}\Big(\frac1{g_T}+\frac1{g_C}\Big)+v_b\Big\},

    with :math:`SS(\Delta)` the squares of :math:`a_j-\Delta f_j` around the mean of their arm,

    whose root on the way from 0 to :math:`\Delta_{sign}` is that of the interval. The slope and its error
    :math:`v_b` stay those of the pupils who were kept, as in ``clusters.adjusted_difference``.

    Refuses: what ``adjusted_means`` refused; treated classes from which nobody is missing. Raises ValueError unless
    ``missing`` holds (G,) counts.

    Not for: classes that were lost whole, which have no mean; blocks.
    Source: the delta of National Research Council (2010), doi:10.17226/12955, chapter 5 [recalled], on class means.
    """
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator="tipping", reason=adjusted.reason)
    missing = np.asarray(missing)
    if missing.shape != adjusted.n.shape or not ((missing >= 0) & (missing < np.inf)).all():
        raise ValueError(f"missing must hold (G,) counts; got {missing.shape} for {adjusted.classes} classes")
    arm = adjusted.treated
    share = (missing / (missing + adjusted.n))[arm]
    if not share.any():
        return NotEstimated(estimator="tipping", reason="no_pupils")
    difference = float(arm_weights(arm) @ (adjusted.mean - adjusted.mean.mean()))
    sign = difference / float(share.mean())
    found = adjusted_difference(adjusted, unit="points")
    if isinstance(found, NotEstimated):
        return Tipping(sign, None)
    margin = difference**2 - (t_quantile(found.df, 0.975) * found.se) ** 2
    if margin <= 0:
        return Tipping(sign, 0.0)
    # As a share u of the way to ``sign``: square u² + linear u + margin = 0 has one root from 0 to 1.
    spread = t_quantile(found.df, 0.975) ** 2 / found.df * float((arm_weights(arm) ** 2).sum())
    apart, mean = share - share.mean(), adjusted.mean[arm] - adjusted.mean[arm].mean()
    square = difference**2 - spread * sign**2 * float(apart @ apart)
    linear = -2 * difference**2 + 2 * spread * sign * float(apart @ mean)
    root = 2 * margin / (-linear + math.sqrt(max(linear**2 - 4 * square * margin, 0.0)))
    return Tipping(sign, min(root, 1.0) * sign)


@dataclass(frozen=True, slots=True)
class LeeBounds:
    """The difference of post-test means for pupils who would have stayed in either arm: estimated from ``low`` to
    ``high``, if the approach made pupils leave, or stay, but not both.

    ``trimmed`` is the share of the scores of ``arm`` that was set aside, 0 of ``None`` where both arms kept as many.
    """

    low: float
    high: float
    trimmed: float
    arm: Literal["treated", "control"] | None


def lee_bounds(
    post: ArrayLike, treated: ArrayLike, *, started_treated: int, started_control: int
) -> LeeBounds | NotEstimated:
    r"""Best and worst case of a difference when one arm kept more pupils: set its best, or worst, scores aside.

    With q the share of an arm that was kept, the arm with the larger one gives up
    :math:`p=(q_{more}-q_{less})/q_{more}` of its scores from the top, and again from the bottom. What is left is
    :math:`n(1-p)` scores; at its edge a score counts for a part, so that scores that are the same are treated alike.
    ``post`` and ``treated`` (n,) are of the pupils who were kept. Both arms keeping as many gives one value: not that
    nothing went wrong, but that this method sees nothing.

    Bounds on the numbers at hand, of these pupils: no interval. They hold if pupils were assigned at random and the
    approach made some leave, or some stay, but not both.

    Refuses: an arm without pupils; scores beyond double precision. Raises ValueError on other shapes, scores that are
    not finite, or more pupils than started.

    Not for: a statement on classes like these; pupils who left for reasons of both kinds.
    Source: Lee (2009), doi:10.1111/j.1467-937X.2009.00536.x [recalled].
    """
    post, treated = np.asarray(post, dtype=float), np.asarray(treated, dtype=bool)
    if post.shape != treated.shape or post.ndim != 1 or not np.isfinite(post).all():
        raise ValueError(f"post must be (n,) and finite, treated (n,); got {post.shape} and {treated.shape}")
    kept_treated, kept_control = int(treated.sum()), int((~treated).sum())
    if kept_treated > started_treated or kept_control > started_control:
        raise ValueError("more pupils were kept than started")
    if not (kept_treated and kept_control):
        return NotEstimated(estimator="lee_bounds", reason="empty_arm")
    if not (np.abs(post) < REACH).all():
        return NotEstimated(estimator="lee_bounds", reason="out_of_reach")
    post = post - post.mean()
    ones, others = post[treated], post[~treated]
    at_control_rate = started_treated * kept_control / started_control
    if at_control_rate == kept_treated:
        difference = float(ones.mean() - others.mean())
        return LeeBounds(difference, difference, 0.0, None)
    if at_control_rate < kept_treated:
        low, high = _trimmed_means(ones, at_control_rate) - others.mean()
        return LeeBounds(float(low), float(high), 1 - at_control_rate / kept_treated, "treated")
    at_treated_rate = started_control * kept_treated / started_treated
    high, low = ones.mean() - _trimmed_means(others, at_treated_rate)
    return LeeBounds(float(low), float(high), 1 - at_treated_rate / kept_control, "control")


def _trimmed_means(values: NDArray[np.float64], left: float) -> NDArray[np.float64]:
    """Mean of the lowest, and of the highest, ``left`` values; the last one counts for a part."""
    values = np.sort(values)
    weights = np.clip(left - np.arange(len(values)), 0, 1)
    return np.array([weights @ values, weights @ values[::-1]]) / left

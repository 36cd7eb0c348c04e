r"""Who changed more than a test fluctuates: marks for pupils, never without how many of them chance alone would mark.

*pre* and *post* are the same test taken twice by n pupils; higher is better, direction is settled before. A score is a
true score and an error, X = T + E. The *reliability* r is the share of true differences in the spread of the pre-test
over all these pupils. Errors before and after are unrelated and equally large: :math:`\sigma_E^2=(1-r)\,\sigma_X^2`.

Three questions: a change beside the error of two scores (``jacobson_truax``), which papers print; a pupil lower than
before (``marks_beside_before``), which the page counts; a pupil behind the growth of the others
(``marks_beside_growth``). A fourth asks for no change: where a pupil stands beside a goal or beside the others
(``standing``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import NotEstimated
from .linear import NOISE
from .moments import REACH, ROUNDING
from .student import t_quantile

MIN_LABEL_RELIABILITY = 0.7
"""No pupil is marked by a test of lower reliability (methods page, row n; policy)."""
RELIABLE_Z = 1.959963984540054
"""A change of more standard errors than this is reliable (Jacobson & Truax 1991; verified against R's values)."""
MARKED_BY_CHANCE = 0.025
"""Chance that a pupil who did not change is marked lower; and the same for higher (methods page, row n; policy)."""


@dataclass(frozen=True, slots=True)
class JacobsonTruax:
    """``rci`` (n,): every change over the standard error of a difference between two scores, ``s_diff``."""

    rci: NDArray[np.float64]
    sd_pre: float
    sem: float
    s_diff: float

    @property
    def smallest_reliable_change(self) -> float:
        return RELIABLE_Z * self.s_diff

    @property
    def improved(self) -> int:
        return int((self.rci > RELIABLE_Z).sum())

    @property
    def deteriorated(self) -> int:
        return int((self.rci < -RELIABLE_Z).sum())

    @property
    def unchanged(self) -> int:
        return len(self.rci) - self.improved - self.deteriorated


def jacobson_truax(pre: ArrayLike, post: ArrayLike, reliability: float | None) -> JacobsonTruax | NotEstimated:
    r"""The reliable change index of every pupil, as papers print it.

    .. math:: SEM=SD_{pre}\sqrt{1-r},\qquad s_{diff}=\sqrt2\,SEM,\qquad RCI=(y-x)/s_{diff},

    reliable beyond ±1.96. ``pre`` and ``post`` (n,) in points. It marks 2.5 % of pupils who did not change on each
    side, but unevenly: at r = .8, three in a thousand of those who start 2 SD low are marked lower, one in
    twelve of those who start 2 SD high (computed): a high score holds more lucky error, and falls back.

    Refuses: reliability unknown, below .7 or 1; fewer than 2 pupils; a pre-test without spread; scores beyond double
    precision. Raises ValueError on other shapes, scores that are not finite, or a reliability outside (0, 1].

    Not for: a pupils' list. ``marks_beside_before`` treats high and low starters alike.
    Source: Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12.
    """
    before, after = _scores(pre, post)
    if reason := _refusal(before, after, reliability):
        return NotEstimated(estimator="jacobson_truax", reason=reason)
    sd = float(before.std(ddof=1))
    sem = sd * math.sqrt(1 - reliability)
    s_diff = math.sqrt(2) * sem
    return JacobsonTruax((after - before) / s_diff, sd, sem, s_diff)


@dataclass(frozen=True, slots=True)
class ChangeMarks:
    """Whose change lies outside what the test alone makes of a pupil with that pre-test.

    ``change`` and ``expected`` (n,) in points; ``se`` of a change around what is expected, on ``df``; ``limit`` is how
    far a pupil with a mean pre-test may move from what is expected without a mark. ``lower`` and
    ``higher`` (n,) are the marks. ``can_be_lower`` and ``can_be_higher`` (n,): false where the scale ends before the
    limit, as for a pupil who had the highest score before.
    """

    change: NDArray[np.float64]
    expected: NDArray[np.float64]
    se: float
    df: int
    limit: float
    lower: NDArray[np.bool_]
    higher: NDArray[np.bool_]
    can_be_lower: NDArray[np.bool_]
    can_be_higher: NDArray[np.bool_]

    @property
    def expected_lower(self) -> float:
        """How many are marked lower when nobody changed: 2.5 % of those who can be."""
        return MARKED_BY_CHANCE * int(self.can_be_lower.sum())

    @property
    def expected_higher(self) -> float:
        return MARKED_BY_CHANCE * int(self.can_be_higher.sum())

    @property
    def chance_of_any_lower(self) -> float:
        r"""P(at least one is marked lower when nobody changed), :math:`1-(1-.025)^n` over those who can be."""
        return 1 - (1 - MARKED_BY_CHANCE) ** int(self.can_be_lower.sum())

    @property
    def chance_of_any_higher(self) -> float:
        return 1 - (1 - MARKED_BY_CHANCE) ** int(self.can_be_higher.sum())


def marks_beside_before(
    pre: ArrayLike, post: ArrayLike, reliability: float | None, *, scale: tuple[float, float] | None = None
) -> ChangeMarks | NotEstimated:
    r"""Who scored clearly lower than before, more than a test usually fluctuates: the count on the page.

    When no true score changed, pupils with pre-test x have true scores of mean :math:`\mu+r(x-\mu)` (Kelley) and
    variance :math:`r(1-r)\sigma_X^2`, and the second error adds :math:`(1-r)\sigma_X^2`. So, with :math:`\bar x` for
    :math:`\mu` and :math:`SD_{pre}` for :math:`\sigma_X`,

    .. math:: E(y-x)=(1-r)(\bar x-x),\qquad SE^2=SD_{pre}^2\,\{1-r^2+(1-r)^2/n\},\qquad df=n-1.

    Marked when the change lies beyond t(df) standard errors at 2.5 % a side *and* has that direction, so that "lower
    than before" is true of everyone counted. With normal scores the share marked when nothing changed is 2.5 % exactly,
    or less where the scale (lowest, highest possible score) ends first.

    Why this count. The words are "clearly lower than before" and "also if nothing changes": the pupil's own score
    before is what they are compared with, so growth of the others stays out; who rose less than the rest belongs to
    ``marks_beside_growth``, in other words. The lower tail of ``jacobson_truax`` has the same words and the same 2.5 %
    over all pupils, but finds its pupils among those who started high. Growth makes the count smaller than the number
    expected, never larger.

    Refuses and raises as ``jacobson_truax``; ValueError when scores lie outside ``scale``.

    Not for: two different tests; a decision about a pupil; a reliability from a more mixed group than this one. Pupils
    of several classes are taken as one group: at r = .8 and an ICC of .15, a pupil in a class 1 SD of classes below the
    mean is marked lower with 3.2 % instead of 2.5 % (computed).
    Source: Kelley's regressed true score and the standard error of prediction, Lord & Novick (1968), sections 3.7 and
    3.8 [recalled]; methods page, row n.
    """
    before, after = _scores(pre, post)
    if reason := _refusal(before, after, reliability):
        return NotEstimated(estimator="marks_beside_before", reason=reason)
    n, r = len(before), reliability
    expected = (1 - r) * (before.mean() - before)
    variance = 1 - r**2 + (1 - r) ** 2 / n
    return _marks(before, after, expected, variance, scale, own_direction=True)


def marks_beside_growth(
    pre: ArrayLike,
    post: ArrayLike,
    reliability: float | None,
    *,
    comparison: tuple[ArrayLike, ArrayLike] | None = None,
    scale: tuple[float, float] | None = None,
) -> ChangeMarks | NotEstimated:
    r"""Who ended clearly lower, or higher, than a pupil with that pre-test who grew as much as the others.

    Nobody changes relative to the group when every true score rises by the same :math:`\gamma`. Then

    .. math:: E(y-x)=\hat\gamma+(1-r)(\bar x-x),

    and, with :math:`\hat\gamma` the mean gain of these n pupils themselves,

    .. math:: SE^2=SD_{pre}^2\,(1-r^2)(1-1/n),

    or, with that of m pupils of a ``comparison`` (pre, post),

    .. math:: SE^2=SD_{pre}^2\,\{1-r^2+(1-r)^2/n+2(1-r)/m\},

    both on n - 1 df: the deviations are unrelated to the pre-test, so to :math:`SD_{pre}`. Each pupil is marked with
    2.5 % a side when nobody changes relative to the group. Pupils regress to the mean of their own group, not to that
    of the comparison.

    Refuses and raises as ``marks_beside_before``; also a comparison without pupils.

    Not for: "lower than before": a pupil who rose, but less than the others, is marked lower here. Nor for the effect
    of an approach: a comparison class that grew more marks many.
    Source: as ``marks_beside_before``; Maassen (2004) on regressed change [recalled].
    """
    before, after = _scores(pre, post)
    if reason := _refusal(before, after, reliability):
        return NotEstimated(estimator="marks_beside_growth", reason=reason)
    n, r = len(before), reliability
    if comparison is None:
        growth, variance = float((after - before).mean()), (1 - r**2) * (1 - 1 / n)
    else:
        their_before, their_after = _scores(*comparison)
        if not len(their_before):
            return NotEstimated(estimator="marks_beside_growth", reason="empty_arm")
        growth = float((their_after - their_before).mean())
        variance = 1 - r**2 + (1 - r) ** 2 / n + 2 * (1 - r) / len(their_before)
    expected = growth + (1 - r) * (before.mean() - before)
    return _marks(before, after, expected, variance, scale, own_direction=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """The true score of every pupil as one test tells it: ``expected`` (n,) in points, known to ``se`` on ``df``.

    ``below`` and ``above`` (n,): it lies on that side of the ``reference`` with 97.5 %; both false is unsure.
    """

    expected: NDArray[np.float64]
    se: float
    df: int
    reference: float
    below: NDArray[np.bool_]
    above: NDArray[np.bool_]


def standing(
    scores: ArrayLike, reliability: float | None, *, reference: float | None = None
) -> Standing | NotEstimated:
    r"""Whose true score lies clearly below or above a ``reference``: a goal in points, or the mean of these pupils.

    Kelley: a pupil with score x has a true score of mean and error

    .. math:: \hat T=\bar x+r(x-\bar x),\qquad SE^2=SD^2\{r(1-r)+(1-r)^2/n\},\qquad df=n-1,

    with, beside the mean true score of these pupils themselves, :math:`SE^2=SD^2\,r(1-r)(1-1/n)`. Clear beyond t(df)
    standard errors at 2.5 % a side, so that with normal scores at most one in 40 of those told clear stands on the
    other side. ``scores`` (n,), higher is better; ``reliability`` that of these scores among these pupils.

    Refuses and raises as ``marks_beside_before``.

    Not for: a decision about a pupil; growth; pupils who lie beyond what the scale can show.
    Source: Kelley's regressed true score and its error, Lord & Novick (1968), section 3.7 [recalled]; coverage
    simulated in tests/test_reliable_change.py.
    """
    values, _ = _scores(scores, scores)
    if reason := _refusal(values, values, reliability):
        return NotEstimated(estimator="standing", reason=reason)
    n, r, mean = len(values), reliability, float(values.mean())
    variance = r * (1 - r) * (1 - 1 / n) if reference is None else r * (1 - r) + (1 - r) ** 2 / n
    se = float(values.std(ddof=1)) * math.sqrt(variance)
    limit = mean if reference is None else reference
    expected = mean + r * (values - mean)
    half = t_quantile(n - 1, 1 - MARKED_BY_CHANCE) * se
    return Standing(expected, se, n - 1, limit, expected + half < limit, expected - half > limit)


def reliability_after(pre: ArrayLike, post: ArrayLike, reliability: float) -> float:
    r"""The reliability of the same test taken again by these pupils, its errors being as large as before.

    .. math:: r_y=\min\{r,\;1-(1-r)\,SD_x^2/SD_y^2\},

    never negative. A test on which pupils end close together tells them apart less well; where they end further apart
    it is not trusted more than what was told of it. ``pre`` and ``post`` (n,) with n of 2 and more.

    Not for: two different tests. Source: the definition of reliability, errors as in this module [computed].
    """
    before, after = _scores(pre, post)
    spread = float(after.var(ddof=1)) if len(after) > 1 else 0.0
    if not spread > 0:
        return 0.0
    return max(0.0, min(reliability, 1 - (1 - reliability) * float(before.var(ddof=1)) / spread))


def _marks(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    expected: NDArray[np.float64],
    variance: float,
    scale: tuple[float, float] | None,
    *,
    own_direction: bool,
) -> ChangeMarks:
    """``variance`` of a change around ``expected``, as a share of that of the pre-test."""
    lowest, highest = (-math.inf, math.inf) if scale is None else scale
    if min(before.min(), after.min()) < lowest or max(before.max(), after.max()) > highest:
        raise ValueError(f"scores must lie on the scale {scale}")
    df = len(before) - 1
    se = float(before.std(ddof=1)) * math.sqrt(variance)
    half = t_quantile(df, 1 - MARKED_BY_CHANCE) * se
    low, high = expected - half, expected + half
    if own_direction:
        low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
    change = after - before
    return ChangeMarks(
        change=change,
        expected=expected,
        se=se,
        df=df,
        limit=half,
        lower=change < low,
        higher=change > high,
        can_be_lower=before + low > lowest,
        can_be_higher=before + high < highest,
    )


def _scores(pre: ArrayLike, post: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    before, after = np.asarray(pre, dtype=float), np.asarray(post, dtype=float)
    if before.ndim != 1 or before.shape != after.shape:
        raise ValueError(f"pre and post must both be (n,); got {before.shape} and {after.shape}")
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise ValueError("scores must be finite: drop incomplete pupils before, and count them")
    return before, after


def _refusal(
    before: NDArray[np.float64], after: NDArray[np.float64], reliability: float | None
) -> (
    Literal["no_pupils", "too_few_pupils", "no_pupil_spread", "out_of_reach", "reliability_unknown", "too_unreliable"]
    | None
):
    if reliability is None:
        return "reliability_unknown"
    if not 0 < reliability <= 1:
        raise ValueError(f"reliability must lie between 0 and 1; got {reliability}")
    if reliability < MIN_LABEL_RELIABILITY:
        return "too_unreliable"
    if len(before) < 2:
        return "too_few_pupils" if len(before) else "no_pupils"
    largest = max(np.abs(before).max(), np.abs(after).max())
    if largest > REACH or 1 - reliability < ROUNDING:
        return "out_of_reach"
    if not before.std() > NOISE * np.finfo(float).eps * np.abs(before).max():
        return "no_pupil_spread"
    return None

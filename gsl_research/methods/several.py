"""Several outcomes of the same pupils: how often at least one of them would stand out where nothing is there.

A *family* are outcomes that answer one question together. Direction is settled before: higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, NotEstimated
from .clusters import AdjustedMeans
from .moments import ROUNDING, ClassMoments
from .permutation import TIE, Assignments, around_blocks, block_weight, p_value

PIECE = 64
"""Classes whose draws stand as floats at the same time (computed)."""


def holm(p: Sequence[float | None]) -> tuple[float, ...]:
    r"""Two-sided p-values of a family, each adjusted so that at most a share p of families without any difference has
    one that small.

    .. math:: \tilde p_{(i)}=\max_{k\le i}\min\{1,(m-k+1)\,p_{(k)}\},\qquad p_{(1)}\le\dots\le p_{(m)}.

    It holds however the outcomes hang together. An outcome without a p (``None``) counts in m and stays at 1. Raises
    ValueError for a p outside 0 to 1.

    Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70 [recalled]; equal to statsmodels' multipletests.
    """
    given = np.array([1.0 if one is None else one for one in p], dtype=float)
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError(f"p-values lie between 0 and 1; got {given}")
    order = np.argsort(given, kind="stable")
    stepped = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    adjusted = np.empty(len(given))
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(one) for one in adjusted)


@dataclass(frozen=True, slots=True)
class MaxT:
    """``p`` (K,) of every outcome beside the others; ``smallest_p`` is the smallest the scheme can give."""

    p: tuple[float, ...]
    smallest_p: float
    possible: int
    complete: bool


def max_t(outcomes: Sequence[AdjustedMeans | NotEstimated], ways: Assignments | NotEstimated) -> MaxT | NotEstimated:
    r"""Step-down adjusted p-values by drawing the classes again: Westfall and Young's max-T.

    For outcome k with adjusted class means :math:`a_{jk}` around their block's mean, and an assignment w,

    .. math:: t_k(w)=\frac{\big|\sum_{j\in w}c_ja_{jk}\big|}{\sqrt{\sum_ja_{jk}^2}},\qquad
              \tilde p_{(i)}=\max_{k\le i}\Pr\Big\{\max_{l\ge k}t_{(l)}(w)\ge t_{(k)}\Big\},

    outcomes ordered from the largest t found, :math:`c_j` as in ``permutation``. Without blocks t is a rising function
    of Student's t, since an assignment leaves the sum of squares as it is. All outcomes are drawn with the same
    assignments, so how they hang together is in the answer: it is never far above Holm's and often below. Exact for
    classes that were drawn in this way, each outcome with its own complete pupils.

    Refuses: what ``permutation`` refuses. Raises ValueError for no outcomes, or outcomes of other classes: an outcome
    without scores in a whole class is drawn in another way, and belongs in Holm's.
    Not for: classes that were not drawn.

    Source: Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 2.8 [recalled].
    """
    name = "class_max_t"
    if not outcomes:
        raise ValueError("max-T needs an outcome")
    for missing in (*outcomes, ways):
        if isinstance(missing, NotEstimated):
            return NotEstimated(estimator=name, reason=missing.reason)
    if any(one.treated.shape != ways.actual.shape or (one.treated != ways.actual).any() for one in outcomes):
        raise ValueError("the outcomes and the assignments are of other classes")
    if ways.class_df < MIN_CLASS_DF_FOR_P:
        return NotEstimated(estimator=name, reason="too_few_classes")
    rest = np.stack([around_blocks(one.mean, ways) for one in outcomes])
    size = np.sqrt((rest**2).sum(axis=1))
    if any(not length**2 > ROUNDING * one.whole_ss for length, one in zip(size, outcomes, strict=True)):
        return NotEstimated(estimator=name, reason="no_class_spread")
    share = block_weight(ways) * rest / size[:, None]
    found, drawn = np.abs(share @ ways.actual), np.abs(_sums(ways.treated, share))
    tie = TIE * np.abs(share).sum(axis=1).max()
    order = np.argsort(-found, kind="stable")
    largest = np.maximum.accumulate(drawn[order[::-1]], axis=0)[::-1]
    at_least = (largest >= (found[order] - tie)[:, None]).sum(axis=1)
    stepped = np.maximum.accumulate([p_value(int(n), drawn.shape[1], ways.complete) for n in at_least])
    adjusted = np.empty(len(found))
    adjusted[order] = stepped
    return MaxT(tuple(float(one) for one in adjusted), ways.smallest_p, ways.possible, ways.complete)


def _sums(draws: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """values (K, G) times draws (m, G): (K, m), a few classes at a time so that the draws never all stand as floats."""
    found = np.zeros((len(values), len(draws)))
    for first in range(0, values.shape[1], PIECE):
        some = slice(first, first + PIECE)
        found += values[:, some] @ draws.T[some]
    return found


def correlation_within(moments: ClassMoments) -> NDArray[np.float64] | NotEstimated:
    r"""How outcomes hang together for the pupils of one class: (k, k), :math:`W_{ab}/\sqrt{W_{aa}W_{bb}}`.

    W is the scatter within classes, pooled: that classes differ does not count. Refuses: no pupils; an outcome that
    does not differ within classes; values beyond double precision.
    """
    name = "correlation_within"
    if not moments.classes:
        return NotEstimated(estimator=name, reason="no_pupils")
    if not moments.in_reach:
        return NotEstimated(estimator=name, reason="out_of_reach")
    within = moments.within()
    if not (np.diag(within) > ROUNDING * np.diag(moments.total())).all():
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    size = np.sqrt(np.diag(within))
    return np.clip(within / np.outer(size, size), -1.0, 1.0)

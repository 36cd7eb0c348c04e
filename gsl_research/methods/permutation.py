"""What chance alone would do: the difference under every other way in which the classes could have been assigned.

An *assignment* says which classes get the approach; the *scheme* is which assignments were possible. ``rng`` is seeded
by the caller.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Interval, NotEstimated
from .clusters import AdjustedMeans
from .matched import one_sided
from .moments import ROUNDING

DRAWS = 9_999
"""Draws when not everything is listed: with the real one 10,000, so a p of .05 is known to .002 (computed)."""
LISTED = 20_000
"""Up to this many possibilities all are listed instead of drawn (policy)."""
TIE = 1e-9
"""Two statistics closer than this share of their scale are equal (double precision after sums; policy)."""


@dataclass(frozen=True, slots=True)
class Assignments:
    """``treated`` (m, G) bool: every assignment the scheme allows when ``complete``, else drawn from them at random.

    ``actual`` (G,) is the real one, ``block`` (G,) the code of each class's block, ``possible`` how many there are.
    """

    treated: NDArray[np.bool_]
    actual: NDArray[np.bool_]
    block: NDArray[np.int64]
    possible: int
    complete: bool

    @property
    def class_df(self) -> int:
        """What the classes give beside their blocks: G - S - 1; G - 2 without blocks, S - 1 with pairs."""
        return len(self.actual) - int(self.block.max()) - 2

    @property
    def smallest_p(self) -> float:
        """The smallest two-sided p that the scheme, or the draws, can give."""
        unbalanced = np.bincount(self.block, np.where(self.actual, 1, -1)).any()
        listed = (1 if unbalanced else 2) / self.possible
        return listed if self.complete else max(listed, 1 / (len(self.treated) + 1))


def p_value(at_least: int, draws: int, complete: bool) -> float:
    """From how many are at least as far out as the real one: it is among all there are, and counts beside draws."""
    return at_least / draws if complete else (at_least + 1) / (draws + 1)


def assignments(
    treated: ArrayLike, *, rng: np.random.Generator, blocks: ArrayLike | None = None, draws: int = DRAWS
) -> Assignments | NotEstimated:
    """The assignments that could have been: as many treated classes in every block as there are.

    Without ``blocks`` (G,) all classes form one. Listed in full up to ``LISTED``, else ``draws`` at random, each of
    them as likely as any other. Refuses a block with one arm: there is nothing to assign in it.
    """
    treated = np.asarray(treated, dtype=bool)
    labels = np.zeros(len(treated)) if blocks is None else blocks
    if not len(treated) or len(one_sided(treated, labels)):
        reason = "empty_arm" if blocks is None else "one_sided_blocks"
        return NotEstimated(estimator="class_permutation", reason=reason)
    block = np.unique(np.asarray(labels), return_inverse=True)[1]
    members = [np.flatnonzero(block == b) for b in range(block.max() + 1)]
    chosen = [int(treated[mine].sum()) for mine in members]
    possible = math.prod(math.comb(len(mine), k) for mine, k in zip(members, chosen, strict=True))
    ways = possible if (complete := possible <= LISTED) else draws
    found = np.zeros((len(treated), ways), dtype=bool)
    below = 1
    for mine, k in zip(members, chosen, strict=True):
        if complete:
            listed = np.array(list(itertools.combinations(mine, k)))
            which = np.arange(ways) // below % len(listed)
            found[listed[which].T, np.arange(ways)] = True
            below *= len(listed)
        else:
            _select(found, mine, k, rng)
    return Assignments(found.T, treated, block, possible, complete)


def _select(found: NDArray[np.bool_], members: NDArray[np.int64], k: int, rng: np.random.Generator) -> None:
    """Mark k of the members in every column, all choices as likely: Knuth's selection sampling, algorithm 3.4.2S.

    Single precision: a chance that is off by 1e-7 is nothing beside what 9,999 draws can tell.
    """
    still, chance = np.full(found.shape[1], k, dtype=np.float32), np.empty(found.shape[1], dtype=np.float32)
    for left, row in zip(range(len(members), 0, -1), members, strict=True):
        rng.random(out=chance, dtype=np.float32)
        chance *= left
        np.less(chance, still, out=found[row])
        still -= found[row]


@dataclass(frozen=True, slots=True)
class Permutation:
    """``values`` (m,) the difference under each assignment; ``p`` two-sided; ``smallest_p`` the best one can get."""

    value: float
    values: NDArray[np.float64]
    p: float
    smallest_p: float
    possible: int
    complete: bool


def permutation(adjusted: AdjustedMeans | NotEstimated, ways: Assignments | NotEstimated) -> Permutation | NotEstimated:
    r"""How often the other assignments give at least the difference that was found, in size.

    The statistic is the difference of mean adjusted class means, averaged over blocks: a sum over the treated classes,
    since the within-class slopes do not depend on who is treated.

    Refuses: classes that give fewer than 4 df beside their blocks (the p says too little); class means that do not
    differ within blocks. Not for: classes that were not randomised in this way. There it is a description.

    Source: Fisher (1935), The Design of Experiments; for groups, Gail et al. (1996),
    doi:10.1002/(SICI)1097-0258(19960615)15:11<1069::AID-SIM220>3.0.CO;2-Q [recalled].
    """
    name = "class_permutation"
    for missing in (adjusted, ways):
        if isinstance(missing, NotEstimated):
            return NotEstimated(estimator=name, reason=missing.reason)
    if adjusted.treated.shape != ways.actual.shape or (adjusted.treated != ways.actual).any():
        raise ValueError("the assignments are of other classes")
    if ways.class_df < MIN_CLASS_DF_FOR_P:
        return NotEstimated(estimator=name, reason="too_few_classes")
    rest = around_blocks(adjusted.mean, ways)
    if not float(rest @ rest) > ROUNDING * adjusted.whole_ss:
        return NotEstimated(estimator=name, reason="no_class_spread")
    share = block_weight(ways) * rest
    value, values = float(ways.actual @ share), _sums(ways.treated, share)
    at_least = int((np.abs(values) >= abs(value) - TIE * np.abs(share).sum()).sum())
    return Permutation(
        value=value,
        values=values,
        p=p_value(at_least, len(values), ways.complete),
        smallest_p=ways.smallest_p,
        possible=ways.possible,
        complete=ways.complete,
    )


def permutation_interval(
    adjusted: AdjustedMeans | NotEstimated, ways: Assignments | NotEstimated, *, level: float = 0.95
) -> Interval | NotEstimated:
    r"""Every shift that, taken off the treated classes, would leave ``permutation`` a p above 1 - ``level``.

    With a shift :math:`e` beyond the value an assignment gives :math:`r-eo` and the real one :math:`-e`: r is the
    assignment's value less o times the real one, o from -1 to 1 how far it treats the same classes. Since
    :math:`|r-eo|\ge|e|` holds from 0 up to one end on each side, the limits are order statistics of those ends.
    Exact when the approach shifts every class equally.

    Refuses: what ``permutation`` refuses; so few assignments that no shift is ever rejected.
    """
    found = permutation(adjusted, ways)
    if isinstance(found, NotEstimated):
        return found
    overlap = _sums(ways.treated, block_weight(ways) * around_blocks(ways.actual.astype(float), ways))
    limits = shift_limits(found.value, found.values, overlap, complete=ways.complete, level=level)
    return NotEstimated(estimator="class_permutation", reason="too_few_classes") if limits is None else limits


def shift_limits(
    value: float, values: NDArray[np.float64], overlap: NDArray[np.float64], *, complete: bool, level: float
) -> Interval | None:
    """The shifts under which ``value`` is not extreme among ``values`` (m,), as in ``permutation_interval``.

    ``overlap`` (m,) from -1 to 1 is how far each possibility treats the same classes as the real one, which is among
    them when ``complete``. ``None`` when no shift is ever rejected.
    """
    draws = len(values)
    rest, same = values - value * overlap, 1 - np.abs(overlap) < TIE
    allowed = math.floor((1 - level) * (draws + (not complete))) + complete
    ends = []
    for side in (-1, 1):
        toward = 1 + side * np.sign(rest) * overlap
        reach = np.divide(np.abs(rest), toward, out=np.full(draws, math.inf), where=~same)
        ends.append(float(np.partition(reach, draws - allowed)[draws - allowed]) if 1 <= allowed <= draws else math.inf)
    return Interval(value - ends[0], value + ends[1], level) if math.isfinite(max(ends)) else None


def block_weight(ways: Assignments) -> NDArray[np.float64]:
    """1/g_T + 1/g_C of each class's block, over the number of blocks (G,): with values around 0 in every block, the
    treated classes alone tell the difference."""
    size, treated = np.bincount(ways.block), np.bincount(ways.block, ways.actual)
    return (size / (treated * (size - treated)) / len(size))[ways.block]


def around_blocks(values: NDArray[np.float64], ways: Assignments) -> NDArray[np.float64]:
    return values - (np.bincount(ways.block, values) / np.bincount(ways.block))[ways.block]


def _sums(draws: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """draws (m, G) times values (G,); 64 classes at a time, so that the draws never all stand as floats."""
    found = np.zeros(len(draws))
    for first in range(0, len(values), 64):
        some = slice(first, first + 64)
        found += values[some] @ draws.T[some]
    return found

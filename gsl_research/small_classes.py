"""What of a class of fewer than ten pupils could be worked out from everything else that is told.

A reader who knows how large the classes are writes what a page and a card tell as linear statements about the means of
classes: the mean of an arm, in which pupils count equally; a difference, in which classes do; its standard error, which
near the truth is a line too; and the classes that are drawn. Here is asked what these leave open.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from . import privacy
from .measurement import OutcomeResult

ALONE = 5
"""Of a class of fewer pupils nothing follows, however rough, that a mean and a difference could give (policy)."""
UNKNOWN = 3
"""Small classes of one side that an arm's mean, a difference and its error cannot tell apart (computed)."""
TOLD_TO = 10**-privacy.MEAN_DECIMALS
"""How far off a difference of two told means can be (computed)."""
CARD_TO = 0.005
"""How far off a difference, or its standard error, can be told on a card (computed)."""
FAR = 1000.0
"""So many SD apart, classes say nothing of each other (policy)."""
PUPILS_COUNT_DF = 10
"""From these degrees of freedom on a difference in which pupils count equally is told too (computed)."""
SHARE_SD = 50.0
"""The largest SD of passed or not, in percentage points (computed)."""

Side = bool | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told beside a difference and its error: the sides of which ``classes`` are drawn one by one, and whether
    the ``means`` of the arms are told."""

    classes: frozenset[Side]
    means: bool


def shown(result: OutcomeResult) -> Shown | None:
    """As much as leaves the mean of every class of fewer than ten pupils open; ``None`` where nothing does.

    Drawn classes give way before the means of the arms, those of an arm with a small class before those of another.
    """
    if _solvable(result):
        return None
    sides = frozenset(item.treated for item in result.classes)
    small = frozenset(item.treated for item in result.classes if not privacy.may_average(item.pupils))
    rollout = result.steps is not None and not result.steps.two
    divided = len(result.classes) > result.units
    if not small or len(result.classes) == 1 or result.waves is not None or rollout or divided:
        return Shown(sides, True)
    ways = dict.fromkeys(
        (Shown(sides, True), *(Shown(of, means) for means in (True, False) for of in (sides - small, frozenset())))
    )
    return next((way for way in ways if _open(result, way)), None)


def means_told(result: OutcomeResult) -> bool:
    """Whether the means of the arms may stand beside the rest."""
    return (found := shown(result)) is not None and found.means


def classes_told(result: OutcomeResult) -> frozenset[Side]:
    """The sides of which the classes may be drawn one by one."""
    return frozenset() if (found := shown(result)) is None else found.classes


def near(result: OutcomeResult) -> float:
    """How near, in points, the mean of fewer than ten pupils may be worked out: as far off as that of ten often is."""
    sd = SHARE_SD if result.kind in ("share", "order") else result.sd
    return math.inf if sd is None else sd / privacy.MIN_MEAN**0.5


def _open(result: OutcomeResult, way: Shown) -> bool:
    main, classes = result.main, result.classes
    if way.means and main is not None and main.estimator == "within_blocks":
        return False  # which class lies in which block is known to no one here, and to every reader
    if way.means and result.kind == "share":
        return False  # how many passed of every class lies between none and all: more than these statements say
    drawn = []
    for side in dict.fromkeys(item.treated for item in classes):
        of_side = [item.pupils for item in classes if item.treated is side]
        kept = privacy.shown_counts(of_side, least=privacy.MIN_MEAN)
        drawn += [side in way.classes and count is not None for count in kept]
    compared = None not in {item.treated for item in classes}
    means = [tuple(item.mean for item in classes)] if compared else []
    if main is not None and all(item.mean_pre is not None and item.mean_post is not None for item in classes):
        means.append(tuple(item.mean_post - item.mean_pre for item in classes))
    return all(
        _left_open(
            tuple((item.treated, item.pupils) for item in classes),
            of_classes,
            tuple(drawn),
            way.means,
            main is not None or compared,
            main is not None and main.se is not None,
            result.class_df,
            near(result),
            _arm_to(result),
        )
        for of_classes in means or [tuple(item.mean for item in classes)]
    )


def _arm_to(result: OutcomeResult) -> float:
    """How far off the mean of an arm can be told: on a narrow scale its gain has a decimal more."""
    scale = result.outcome.scale_post
    narrow = result.kind == "points" and (scale is None or scale[1] - scale[0] < privacy.COARSE_SCALE)
    return TOLD_TO / 20 if narrow else TOLD_TO / 2


@lru_cache(maxsize=256)
def _left_open(
    classes: tuple[tuple[Side, int], ...],
    means: tuple[float, ...],
    drawn: tuple[bool, ...],
    with_arms: bool,
    with_main: bool,
    with_error: bool,
    df: float,
    enough: float,
    arm_to: float,
) -> bool:
    r"""Whether every mean of fewer than ten pupils stays open by ``enough`` on either side.

    Each statement :math:`a_i^T x` is known to :math:`\pm w_i`. What follows for a cell :math:`c^T x` is known to at
    least :math:`\min\|W\lambda\|_2` over :math:`A^T\lambda=c`, which is
    :math:`\sqrt{c^T(A^T W^{-2} A)^{-1}c}`: never more than the half width a linear program finds, the
    :math:`\min\|W\lambda\|_1`.
    """
    sides, pupils = [side for side, _ in classes], np.array([count for _, count in classes], dtype=float)
    arms = [np.array([of is side for of in sides], dtype=float) for side in dict.fromkeys(sides)]
    statements = [(np.eye(len(pupils))[place], TOLD_TO / 2) for place, told in enumerate(drawn) if told]
    by_class, by_pupil = (_apart([weight * arm for arm in arms]) for weight in (1.0, pupils))
    if with_main:
        statements.append((by_class, CARD_TO))
    if df >= PUPILS_COUNT_DF:
        statements.append((by_pupil, CARD_TO))
    if with_arms:
        statements += [(pupils * arm / (pupils @ arm), arm_to) for arm in arms]
    if with_error:
        off = np.array(means) - sum(arm * (np.array(means) @ arm) / arm.sum() for arm in arms)
        if not np.abs(off).max() > 0:
            off = pupils - pupils.mean()
        if (length := float(np.linalg.norm(off))) > 0:
            statements.append((off / length, CARD_TO * math.sqrt(max(df, 1.0))))
    far = FAR * (enough if math.isfinite(enough) else 1.0)
    known = np.eye(len(pupils)) / far**2 + sum(np.outer(row, row) / to**2 for row, to in statements)
    spread = np.linalg.inv(known)
    cells = [np.eye(len(pupils))[place] for place, count in enumerate(pupils) if not privacy.may_average(count)]
    together = (arm * pupils * (pupils < privacy.MIN_MEAN) for arm in arms)
    cells += [small / small.sum() for small in together if 0 < small.sum() < privacy.MIN_MEAN]
    return all(math.sqrt(max(float(cell @ spread @ cell), 0.0)) >= min(enough, far / 2) for cell in cells)


def _apart(arms: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of the one arm, or the difference of both, from weights."""
    shares = [arm / arm.sum() for arm in arms]
    return shares[0] - shares[1] if len(shares) > 1 else shares[0]


def _solvable(result: OutcomeResult) -> bool:
    sets = [[(item.treated, item.pupils) for item in result.classes]]
    if (waves := result.waves) is not None and waves.classes:
        at = range(len(waves.labels)) if not waves.same_pupils else (0, -1)
        sets += [[(one.treated, one.pupils[w]) for one in waves.classes if one.pupils[w]] for w in at]
        sets = sets if waves.same_pupils else sets[1:]
    if (steps := result.steps) is not None:
        for wave in range(len(steps.waves)):
            here = [(one.start <= wave, one.pupils[wave]) for one in steps.classes if one.pupils[wave]]
            sides = [sum(pupils for begun, pupils in here if begun is side) for side in (True, False)]
            if any(0 < pupils < privacy.MIN_MEAN for pupils in sides):
                return True
            sets.append(here)
    divided = len(result.classes) > result.units
    if any(_small_is_solvable(classes, divided) for classes in sets):
        return True
    return result.waves is not None and (_small_follows(result, sets) or _alone_follow(result))


def _small_follows(result: OutcomeResult, sets: Sequence[Sequence[tuple[bool | None, int]]]) -> bool:
    """Whether the growth, or the mean, of a class of fewer than ten follows. In the means by wave every pupil counts
    once, in the main estimate every class: with n pupils, classes of m and a small one of s both give that of the small
    one, but for what is rounded, times n / (m - s). ``sets`` hold (side, pupils)."""
    if result.main is not None and result.main.estimator == "mean_slope":
        return False
    for classes in sets:
        for side in {side for side, _ in classes}:
            sizes = [pupils for of, pupils in classes if of is side]
            small = [pupils for pupils in sizes if not privacy.may_average(pupils)]
            apart = max(sizes) - min(sizes)
            if 0 < len(small) < UNKNOWN and TOLD_TO * sum(sizes) < apart * near(result):
                return True
    return False


def _alone_follow(result: OutcomeResult) -> bool:
    """Whether the mean of fewer than ten with a score at one moment alone follows: they count in the mean of that
    moment and in no line, which gives the mean of the others."""
    return any(
        0 < alone < privacy.MIN_MEAN and TOLD_TO * pupils < alone * near(result)
        for arm, (counts, _) in result.waves.arms.items()
        for pupils, alone in zip(counts, result.waves.alone[arm], strict=True)
    )


def _small_is_solvable(classes: list[tuple[bool | None, int]], divided: bool) -> bool:
    """``classes`` are (side, pupils) of each, or of the sides of each."""
    small = {side: [] for side, _ in classes}
    for side, pupils in classes:
        if not privacy.may_average(pupils):
            small[side].append(pupils)
    if divided:
        return any(small.values()) and not all(len(pupils) >= UNKNOWN for pupils in small.values())
    several = len(classes) > 1
    return several and any(min(pupils) < ALONE and len(pupils) < UNKNOWN for pupils in small.values() if pupils)

"""Class moments on a card: the count, means, spreads and correlation of every class, where a school shares these.

They leave only when the study file asks for it and nothing that stays at home could be worked out from them; else
``why_not`` says which condition failed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from . import privacy
from .disclosure import (
    goal_may_show,
    loss_may_show,
    pupils_may_show,
    shareable,
)
from .judge import Verdict
from .measurement import Arm, Measurement, OutcomeResult
from .methods.moments import ClassMoments
from .study import Comparison, GainGoal

STEP, PART_OF_SCALE = 1.0, 0.1
"""Who has not the best score may be thought at least so far below it: a point, or a tenth of the scale (policy)."""
DECIMALS = 2
"""Of class moments: means and spreads in points, and r (design page, section 6; policy)."""

Why = Literal["no_comparison", "no_points", "no_start", "hidden", "small_class", "pupils", "missing", "counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMomentsEntry:
    """One class, in raw points; classes with the approach first, each side in the numbered order of the page.

    ``sd_pre`` and ``sd_post`` divide by n - 1; ``r`` is the correlation of both tests inside the class, 0 where all
    pupils scored alike.
    """

    outcome: str
    treated: bool
    pupils: int
    mean_pre: float
    mean_post: float
    sd_pre: float
    sd_post: float
    r: float


def moment_entries(measurement: Measurement, verdict: Verdict) -> list[ClassMomentsEntry]:
    """Of every primary outcome whose class moments may leave."""
    if not asked(measurement):
        return []
    may = [result for result in measurement.primaries if why_not(measurement, result, verdict) is None]
    return [entry for result in may for entry in _entries(result)]


def withheld(measurement: Measurement, verdict: Verdict) -> Why | None:
    """Why class moments stay at home though the study file shares them; of several outcomes the first that does."""
    whys = (why_not(measurement, result, verdict) for result in measurement.primaries if asked(measurement))
    return next((why for why in whys if why is not None), None)


def asked(measurement: Measurement) -> bool:
    privacy_asked = measurement.study.privacy
    return privacy_asked is not None and privacy_asked.share_moments


def why_not(measurement: Measurement, result: OutcomeResult, verdict: Verdict) -> Why | None:
    """The first condition for sharing class moments that fails; ``None`` where all hold."""
    if not isinstance(measurement.study.design, Comparison) or result.treated is None:
        return "no_comparison"
    if result.kind != "points":
        return "no_points"
    if result.outcome.pre is None:
        return "no_start"
    if not shareable(result):
        return "hidden"
    if not all(privacy.may_share_moments(item.pupils) for item in result.classes):
        return "small_class"
    arms = [arm.pupils for arm in result.arms.values()]
    if not (pupils_may_show(measurement, result) and all(map(privacy.may_count, arms))):
        return "pupils"
    if not (loss_may_show(measurement) and verdict.security.loss_open):
        return "missing"
    return None if _counts_stay(result) else "counts"


def _counts_stay(result: OutcomeResult) -> bool:
    """Whether no count of pupils that stays at home follows: of who reached the goal none is hidden, and one at an end
    of the scale is as open as before."""
    if result.outcome.goal is not None and not isinstance(result.outcome.goal, GainGoal):
        arms = [(arm, arm.reached) for arm in result.arms.values()]
        arms += [(arm, arm.reached_before) for arm in result.arms.values() if arm.reached_before is not None]
        if not goal_may_show(result) or any(privacy.part_of(at, arm.with_post) != "exact" for arm, at in arms):
            return False
    return all(_ends_open(result, side, arm) for side, arm in ((True, "treated"), (False, "control")))


def _ends_open(result: OutcomeResult, treated: bool, name: str) -> bool:
    arm: Arm = result.arms[name]
    if result.outcome.scale_post is None or arm.at_best is None:
        return True
    sign, moments = result.outcome.sign, result.moments.select(result.treated == treated)
    worst, best = (sign * end for end in result.outcome.scale_post[::sign])
    classes = list(zip(moments.n.tolist(), moments.mean[:, -1], moments.scatter[:, -1, -1] / moments.n, strict=True))
    for at, turned in ((arm.at_best, 1), (arm.at_worst, -1)):
        if privacy.part_of(at, arm.with_post) == "exact":
            continue
        low, high = sorted((turned * worst, turned * best))
        found = [_at_the_end(n, turned * mean, square, low, high) for n, mean, square in classes]
        fewest, most = (sum(ends) for ends in zip(*found, strict=True))
        if at >= privacy.MIN_COUNT or fewest > 0 or most < privacy.MIN_COUNT - 1:
            return False
    return True


def _at_the_end(n: int, mean: float, square: float, low: float, high: float) -> tuple[int, int]:
    r"""The fewest and the most of n pupils who can have the ``high`` end of a scale, by their mean m and mean square v.

    With k of them there the others have mean :math:`m'=(nm-kh)/(n-k)` and lie from l to h less a step, so
    :math:`n v` lies between :math:`a=k(h-m)^2+(n-k)(m'-m)^2` and :math:`a+(n-k)(m'-l)(h-s-m')`.
    """
    below = high - max(STEP, (high - low) * PART_OF_SCALE)
    possible = []
    for k in range(n):
        rest = (n * mean - k * high) / (n - k)
        if not low <= rest <= below:
            continue
        least = k * (high - mean) ** 2 + (n - k) * (rest - mean) ** 2
        if least <= n * square <= least + (n - k) * (rest - low) * (below - rest):
            possible.append(k)
    return (possible[0], possible[-1]) if possible else (n, 0)


def _entries(result: OutcomeResult) -> Iterable[ClassMomentsEntry]:
    moments, sign = result.moments, result.outcome.sign
    place = {unit: at for at, unit in enumerate(sorted(item.unit for item in result.classes))}
    for item in result.classes:
        at = place[item.unit]
        mean, scatter, n = sign * moments.mean[at], moments.scatter[at], int(moments.n[at])
        both = math.sqrt(scatter[0, 0] * scatter[1, 1])
        pre, post, sd_pre, sd_post, r = (
            round(float(value), DECIMALS) + 0.0
            for value in (
                *mean,
                *(math.sqrt(scatter[k, k] / (n - 1)) for k in (0, 1)),
                scatter[0, 1] / both if both > 0 else 0.0,
            )
        )
        yield ClassMomentsEntry(
            outcome=result.outcome.name,
            treated=bool(item.treated),
            pupils=n,
            mean_pre=pre,
            mean_post=post,
            sd_pre=sd_pre,
            sd_post=sd_post,
            r=r,
        )


def from_moments(entries: Sequence[ClassMomentsEntry]) -> ClassMoments:
    r"""The ``ClassMoments`` of (pre, post) of the classes of one outcome, in their order, in raw points.

    :math:`S_{kk}=(n-1)s_k^2,\ S_{12}=(n-1)\,r\,s_1s_2`. As told these are rounded to two decimals: a mean is off by at
    most 0.005, a spread by 0.005 and r by 0.005, so a difference of class means with slope b by at most 0.01 (1 + |b|)
    and what the slope, off by about 0.005 (1 + b) / (r √G), moves. Where lower is better, turn the result round.
    """
    n = np.array([entry.pupils for entry in entries], dtype=np.int64)
    mean = np.array([(entry.mean_pre, entry.mean_post) for entry in entries], dtype=float).reshape(-1, 2)
    sd = np.array([(entry.sd_pre, entry.sd_post) for entry in entries], dtype=float).reshape(-1, 2)
    r = np.array([entry.r for entry in entries], dtype=float)
    scatter = (n - 1)[:, None, None] * sd[:, :, None] * sd[:, None, :]
    scatter[:, 0, 1] *= r
    scatter[:, 1, 0] *= r
    return ClassMoments(n, mean, scatter)

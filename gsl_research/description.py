"""What these pupils did, apart from any comparison: arms and classes in raw points, who is missing, who is on top."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from . import privacy
from .measurement import Arm, Check, ClassResult
from .methods.checks import EXTREME_SHARE
from .study import Outcome, ReachGoal

ATTRITION_FLAG = 0.20
ATTRITION_GAP_FLAG = 0.05
"""Shown as an attention point beyond these (security caps 4, methods page 3.3; policy)."""


def describe_arms(outcome, pre, post, complete, arm, codes, scale) -> dict[str, Arm]:
    if arm is None:
        return {"single": _arm(outcome, pre, post, complete, np.ones(len(post), bool), codes, scale)}
    return {
        "treated": _arm(outcome, pre, post, complete, arm, codes, scale),
        "control": _arm(outcome, pre, post, complete, ~arm, codes, scale),
    }


def _arm(outcome: Outcome, pre, post, complete, chosen, codes, scale) -> Arm:
    used = complete & chosen
    measured = chosen & ~np.isnan(post)
    if not privacy.none_or_enough(int((measured & ~used).sum())):
        measured = used  # beside the others, a goal over all of them would tell how few missed only the pre-test
    reached = reached_before = at_best = at_worst = None
    if isinstance(outcome.goal, ReachGoal):
        goal = outcome.goal_at * outcome.sign
        reached = int((outcome.sign * post[measured] >= goal).sum())
        if outcome.gain_defined:
            reached_before = int((outcome.sign * pre[used] >= goal).sum())
    if outcome.scale_post:
        worst, best = outcome.scale_post[:: outcome.sign]
        at_best, at_worst = (int((post[measured] == end).sum()) for end in (best, worst))
    return Arm(
        pupils=int(used.sum()),
        classes=len(np.unique(codes[chosen[complete]])),
        mean_pre=float(pre[used].mean()) if outcome.pre else None,
        mean_post=float(post[used].mean()),
        with_post=int(measured.sum()),
        reached=reached,
        reached_before=reached_before,
        at_best=at_best,
        at_worst=at_worst,
        lost=int((chosen & ~complete).sum()),
        bins_pre=privacy.coarse_bins(pre[used], scale) if outcome.gain_defined else None,
        bins_post=privacy.coarse_bins(post[used], scale),
    )


def describe_classes(units, codes, pre, post, treated, adjusted, scale) -> tuple[ClassResult, ...]:
    """Class by class, treated first; with ``adjusted`` means, the pupils behind them move along.

    ``pre`` is ``None`` where post minus pre means nothing.
    """
    means = np.bincount(codes, post) / np.bincount(codes)
    before = None if pre is None else np.bincount(codes, pre) / np.bincount(codes)
    # Rounded: the last bit of a mean would move a score that lies on an edge to the bin below it.
    shift = np.zeros(len(units)) if adjusted is None else np.round(adjusted - means, 9)
    order = range(len(units)) if treated is None else sorted(range(len(units)), key=lambda j: not treated[j])
    return tuple(
        ClassResult(
            number=number,
            unit=int(units[j]),
            treated=None if treated is None else bool(treated[j]),
            pupils=int((codes == j).sum()),
            mean=float(means[j] if adjusted is None else adjusted[j]),
            bins=privacy.coarse_bins(np.clip(post[codes == j] + shift[j], *scale), scale),
            mean_pre=None if before is None else float(before[j]),
            mean_post=None if before is None else float(means[j]),
        )
        for number, j in enumerate(order, start=1)
    )


def describe_cells(units, cells, codes, pre, post, treated, adjusted, scale) -> tuple[ClassResult, ...]:
    """The pupils with, and those without, of every class: with first, and a class has one number in both.

    ``cells`` (C,) are 2 times the class and 1 with the approach, ``adjusted`` (C,) their means.
    """
    numbers = {int(unit): place for place, unit in enumerate(units, start=1)}
    found = []
    for side in (True, False):
        chosen = treated == side
        here, code = np.unique(codes[chosen], return_inverse=True)
        before = None if pre is None else pre[chosen]
        means = adjusted[np.searchsorted(cells, 2 * here + side)]
        of_side = describe_classes(units[here], code, before, post[chosen], None, means, scale)
        found += [replace(one, number=numbers[one.unit], treated=side) for one in of_side]
    return tuple(found)


def attrition(complete, arm, cluster, sides_lost: int = 0) -> Iterator[Check]:
    """``sides_lost`` counts classes that lost one of the two sides their pupils were divided over."""
    lost = 1 - float(complete.mean())
    yield Check("attrition", lost, lost > ATTRITION_FLAG)
    if arm is not None:
        gap = abs(float(complete[arm].mean() - complete[~arm].mean()))
        yield Check("attrition_gap", gap, gap > ATTRITION_GAP_FLAG)
    classes_lost = max(len(np.unique(cluster)) - len(np.unique(cluster[complete])), sides_lost)
    yield Check("classes_lost", float(classes_lost), classes_lost > 0)


def extremes(outcome: Outcome, arm: Arm) -> Iterator[Check]:
    for code, count in (("ceiling", arm.at_best), ("floor", arm.at_worst)):
        if count is not None:
            yield Check(code, count / arm.with_post, count / arm.with_post > EXTREME_SHARE)


def score_range(scores: NDArray[np.float64]) -> tuple[float, float]:
    """Without a declared scale: round outer limits that are no pupil's score."""
    known = scores[~np.isnan(scores)]
    span = float(known.max() - known.min()) or 1.0
    size = 10 ** np.floor(np.log10(span / 2))
    step = next(nice * size for nice in (1, 2, 5, 10) if nice * size >= span / 2)
    low, high = np.floor(known.min() / step - 0.5) * step, np.ceil(known.max() / step + 0.5) * step
    return float(max(low, 0) if known.min() >= 0 else low), float(high)

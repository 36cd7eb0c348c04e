"""A distribution, or its middle, beside the counts of the same scores: who reached the goal, who has the best score.

The pupils between the edge of a bin and such a score follow from both: none, or no few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from . import privacy
from .disclosure import extreme_may_show, goal_may_show, shown_levels
from .measurement import Arm, ClassResult, OutcomeResult
from .study import ReachGoal


def middle(levels: Sequence[int]) -> int:
    """The highest level that at least half of the pupils have, or more."""
    return next(place for place in reversed(range(len(levels))) if 2 * sum(levels[place:]) >= sum(levels))


def middles_may_show(result: OutcomeResult) -> bool:
    """Whether the level may be told that half of the pupils have or more: beside the counts of the levels that are
    shown it leaves those between as open as a small count is."""
    shown = shown_levels(result)
    counts = [levels for arm in result.arms.values() for levels in (arm.levels_pre, arm.levels_post) if levels]
    return all(_middle_leaves_open(levels, shown) for levels in counts)


def _middle_leaves_open(levels: Sequence[int], shown: tuple[int, ...]) -> bool:
    at, half = middle(levels), (sum(levels) + 1) // 2
    most = sum(levels[max((level for level in shown if level < at), default=0) :])
    least = sum(levels[min((level for level in shown if level > at + 1), default=len(levels)) :])
    below = at in (0, *shown) or privacy.may_count(most - half + 1)
    return below and (at + 1 in (*shown, len(levels)) or privacy.may_count(half - least))


def bins_beside(result: OutcomeResult, arm: Arm, when: Literal["pre", "post"]) -> tuple[privacy.Bin, ...] | None:
    """The bins of one group before or afterwards; ``None`` where an edge and a count that is told leave out a few."""
    bins = arm.bins_pre if when == "pre" else arm.bins_post
    if bins is None:
        return None
    if when == "post":
        told = [below for _, below, _ in _told(result, arm)]
    else:
        before = arm.reached_before
        told = [] if before is None else [arm.pupils - before if result.outcome.sign > 0 else before]
    edges = _below(bins, arm.pupils)
    return bins if all(privacy.none_or_enough(abs(edge - count)) for edge in edges for count in told) else None


def class_bins_may_show(result: OutcomeResult, classes: Sequence[ClassResult]) -> bool:
    """Whether the bins of all classes of one arm may be drawn: summed, the nearest edges of each on one side of a score
    leave no few beside the count of the arm."""
    name = {None: "single", True: "treated", False: "control"}[classes[0].treated] if classes else None
    if name is None or any(item.bins is None for item in classes):
        return True
    for score, below, with_it in _told(result, result.arms[name]):
        under, over = 0, 0
        for item in classes:
            counts = (0, *_below(item.bins, item.pupils))
            moved = 0.0 if item.mean_post is None else item.mean - item.mean_post
            edges = [edge - moved for edge in (item.bins[0][0], *(end for _, end, _ in item.bins))]
            sides = list(zip(edges, counts, strict=True))
            under += max((count for edge, count in sides if edge <= score), default=0)
            over += min((n for edge, n in sides if edge > score or edge == score and not with_it), default=item.pupils)
        if not (privacy.none_or_enough(abs(below - under)) and privacy.none_or_enough(abs(over - below))):
            return False
    return True


def _below(bins: Sequence[privacy.Bin], pupils: int) -> list[int]:
    """How many pupils lie below the upper edge of each bin."""
    total, found = 0.0, []
    for _, _, share in bins:
        total += share * pupils
        found.append(round(total))
    return found


def _told(result: OutcomeResult, arm: Arm) -> Iterator[tuple[float, int, bool]]:
    """(score, pupils below it, whether who has that score is among them) of every count afterwards that is told."""
    outcome, pupils = result.outcome, arm.pupils
    higher = outcome.sign > 0
    exact = arm.reached is not None and privacy.part_of(arm.reached, arm.with_post) == "exact"
    if isinstance(outcome.goal, ReachGoal) and exact and goal_may_show(result):
        yield outcome.goal_at, pupils - arm.reached if higher else arm.reached, not higher
    for code, count in (("ceiling", arm.at_best), ("floor", arm.at_worst)):
        if extreme_may_show(arm, code):
            top = higher == (code == "ceiling")
            yield outcome.scale_post[top], pupils - count if top else count, not top

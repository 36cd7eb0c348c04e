"""A goal × pupil matrix: of every goal (leerplandoel), how many of the pupils judged on it reached it.

The number of goals a pupil reached is a score like any other; what is counted here stands beside it and is a
description: no goal is tested apart.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .level_cells import numbered
from .measurement import GoalCount, Goals, OutcomeResult
from .study import Outcome


def counted(result: OutcomeResult, data: Dataset) -> OutcomeResult:
    """The same result with its goals counted; unchanged where the outcome has none."""
    outcome, frame = result.outcome, data.frame
    if outcome.items is None:
        return result
    post = frame[numbered(outcome, "post")].to_numpy(dtype=float)
    pre = frame[numbered(outcome, "pre")].to_numpy(dtype=float) if outcome.pre_items else None
    sides = {"single": np.ones(len(post), dtype=bool)}
    if "treated" in frame:
        treated = frame["treated"].to_numpy()
        sides = {"treated": treated, "control": ~treated}
    here = np.isin(frame["cluster"].to_numpy(), [item.unit for item in result.classes])
    judged = ~np.isnan(post) if pre is None else ~(np.isnan(post) | np.isnan(pre))
    whole = here & judged.all(axis=1)
    counts = [
        _count(goal, name, side & judged[:, goal], side & whole, post[:, goal], None if pre is None else pre[:, goal])
        for goal in range(post.shape[1])
        for name, side in sides.items()
    ]
    return replace(result, kind="goals", goals=Goals(goal_names(outcome), tuple(counts), post, pre))


def goal_names(outcome: Outcome) -> tuple[str, ...]:
    """What the goals are called: what the headings before and afterwards share at their beginning or end, "tafels" of
    "tafels okt" and "tafels mrt"; the heading afterwards where that tells no two goals apart."""
    if outcome.pre_items is None:
        return outcome.items
    shared = tuple(_shared(*pair) for pair in zip(outcome.pre_items, outcome.items, strict=True))
    return shared if all(shared) and len(set(shared)) == len(shared) else outcome.items


def _shared(before: str, after: str) -> str:
    one, other = before.split(), after.split()
    first = [a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]
    last = [a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one[::-1], other[::-1], strict=False))][::-1]
    return " ".join(first or last)


def _count(
    goal: int,
    arm: str,
    judged: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    post: NDArray[np.float64],
    pre: NDArray[np.float64] | None,
) -> GoalCount:
    return GoalCount(
        goal=goal,
        arm=arm,
        judged=int(judged.sum()),
        reached=int(post[judged].sum()),
        reached_before=None if pre is None else int(pre[judged].sum()),
        complete=int(whole.sum()),
        complete_reached=int(post[whole].sum()),
        complete_before=None if pre is None else int(pre[whole].sum()),
    )

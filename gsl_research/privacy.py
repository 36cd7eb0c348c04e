"""What may be shown: the disclosure rule, in one place.

A *count* is a number of pupils. Counts below 5 stay hidden, and so does a second count when a total would give the
first away. Means, effects and plotted class means need 10 pupils. No single score, minimum or maximum leaves.
The thresholds may be raised, never lowered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

MIN_COUNT = 5
"""Smallest count of pupils that is shown (OECD glossary 5 or 3; Eurostat; no Flemish threshold found: policy)."""
MIN_MEAN = 10
"""Fewest pupils behind a mean, an effect or a plotted class (ACRO default 10; policy)."""
MEAN_DECIMALS = 1
"""Means leave with one decimal: at two, leaving out one of 24 pupils gives that pupil's score away (computed)."""
COARSE_SCALE = 15
"""A scale at least this wide is told with one decimal, a narrower one with two (policy)."""
BINS_PER_SCALE = 20
"""Steps of the grid on which the edges of a shown distribution lie (policy)."""

Bin = tuple[float, float, float]


def may_count(pupils: int) -> bool:
    return pupils >= MIN_COUNT


def may_average(pupils: int) -> bool:
    return pupils >= MIN_MEAN


def shown_counts(counts: Sequence[int], *, total_known: bool = True, least: int = MIN_COUNT) -> tuple[int | None, ...]:
    """Counts that may stand beside each other; ``None`` is hidden.

    When the total is known and the hidden ones could still be worked out (one single count, together fewer than
    ``least`` pupils, or all as large as a hidden count can be), the smallest shown counts are hidden too, every one
    of that size: which of two equal counts went would tell. A count of 0 is a small count.
    """
    shown: list[int | None] = [count if count >= least else None for count in counts]
    while total_known and _gives_away(counts, shown, least):
        smallest = min(count for count in shown if count is not None)
        shown = [None if count == smallest else count for count in shown]
    return tuple(shown)


def _gives_away(counts: Sequence[int], shown: Sequence[int | None], least: int) -> bool:
    hidden = [count for count, kept in zip(counts, shown, strict=True) if kept is None]
    visible = len(counts) - len(hidden)
    largest = len(hidden) * (least - 1)
    return bool(hidden) and visible > 0 and (len(hidden) == 1 or sum(hidden) < least or sum(hidden) == largest)


def part_of(part: int, whole: int) -> str:
    """How a part of a group may be told: "exact", "few" (under 5), "nearly_all" (all but fewer than 5) or "hidden"."""
    if not may_average(whole):
        return "hidden"
    if part < MIN_COUNT:
        return "few"
    if whole - part < MIN_COUNT:
        return "nearly_all"
    return "exact"


def coarse_bins(scores: ArrayLike, scale: tuple[float, float]) -> tuple[Bin, ...] | None:
    """A distribution no pupil can be read from: (from, to, share) over the whole scale, 5 pupils or more in each bin.

    The edges lie on a fixed grid of 20 steps over the scale, drawn without looking at the scores; neighbouring steps
    are joined until each holds 5 pupils. ``None`` for fewer than 10 pupils; ValueError for a score outside the scale.
    """
    values = np.asarray(scores, dtype=float)
    if not may_average(len(values)):
        return None
    if not ((values >= scale[0]) & (values <= scale[1])).all():
        raise ValueError(f"scores must lie on the scale {scale}")
    grid = np.linspace(scale[0], scale[1], BINS_PER_SCALE + 1)
    counts = np.histogram(values, bins=grid)[0]
    edges, held, current = [grid[0]], [], 0
    for edge, count in zip(grid[1:], counts, strict=True):
        current += count
        if current >= MIN_COUNT:
            edges.append(edge)
            held.append(current)
            current = 0
    held[-1] += current
    edges[-1] = grid[-1]
    total = sum(held)
    return tuple((float(a), float(b), n / total) for a, b, n in zip(edges, edges[1:], held, strict=False))

"""What may be shown: the disclosure rule, in one place.

A *count* is a number of pupils. Counts below ``MIN_COUNT`` stay hidden, and so does a second count when a total would
give the first away. Means, effects and plotted class means need ``MIN_MEAN`` pupils. No single score, minimum or
maximum leaves. The thresholds may be raised, never lowered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

MIN_COUNT = 7
"""Smallest count of pupils that is shown: a hidden one can be 0 to 6, six wide, so that nobody knows it to 3 on either
side. The usual thresholds are lower (OECD glossary 5 or 3; Eurostat; no Flemish one found: policy)."""
MIN_SOME = MIN_COUNT + 1
"""Smallest count that is shown where nobody is told as nobody: a hidden one is then at least 1 (computed)."""
MIN_MEAN = 10
"""Fewest pupils behind a mean, an effect or a plotted class (ACRO default 10; policy)."""
MIN_MOMENTS = 10
"""Fewest pupils of every class whose moments travel (design page, section 6; policy)."""
MEAN_DECIMALS = 1
"""Means leave with one decimal: at two, leaving out one of 24 pupils gives that pupil's score away (computed)."""
COARSE_SCALE = 15
"""A scale at least this wide is told with one decimal, a narrower one with two (policy)."""
BINS_PER_SCALE = 20
"""Steps of the grid on which the edges of a shown distribution lie (policy)."""

Bin = tuple[float, float, float]


def may_count(pupils: int) -> bool:
    return pupils >= MIN_COUNT


def none_or_enough(pupils: int) -> bool:
    """Whether a count may be told where nobody is told as nobody."""
    return pupils == 0 or pupils >= MIN_SOME


def may_average(pupils: int) -> bool:
    return pupils >= MIN_MEAN


def may_share_moments(pupils: int) -> bool:
    return pupils >= MIN_MOMENTS


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
    """How a part of a group may be told: "exact", "few" (0 to 6), "nearly_all" (all but 0 to 6), "hidden"."""
    if not may_average(whole):
        return "hidden"
    if part < MIN_COUNT:
        return "few"
    if whole - part < MIN_COUNT:
        return "nearly_all"
    return "exact"


def answer_may_show(part: int, whole: int, aimed: int) -> bool:
    """Whether may be told if a part is as large as was ``aimed`` at: what is told as few, or as nearly all, stays as
    open. Of 20 pupils of whom 16 had to reach a goal, "reached" says that 16 to 20 did."""
    told = part_of(part, whole)
    if told not in ("few", "nearly_all"):
        return True
    most = MIN_COUNT - 1
    low, high = (0, most) if told == "few" else (whole - most, whole)
    low, high = (max(low, aimed), high) if part >= aimed else (low, min(high, aimed - 1))
    return high - low >= most


def coarse_bins(scores: ArrayLike, scale: tuple[float, float]) -> tuple[Bin, ...] | None:
    """A distribution no pupil can be read from: (from, to, share) over the whole scale, ``MIN_COUNT`` pupils in each.

    The edges lie on a fixed grid of 20 steps over the scale, drawn without looking at the scores; neighbouring steps
    are joined until each holds so many. ``None`` for fewer than 10 pupils; ValueError for a score outside the scale.
    """
    values = np.asarray(scores, dtype=float)
    if not may_average(len(values)):
        return None
    if not ((values >= scale[0]) & (values <= scale[1])).all():
        raise ValueError(f"scores must lie on the scale {scale}")
    grid = np.round(np.linspace(scale[0], scale[1], BINS_PER_SCALE + 1), 9)
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

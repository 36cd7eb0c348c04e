"""Which pupils stand behind what is told of a measurement, for the ``ledger``. A row is one pupil."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import everyone, privacy
from .dataset import Dataset
from .disclosure import (
    everyone_may_show,
    extreme_may_show,
    goal_may_show,
    shareable,
    shares_may_show,
    shown_levels,
    told_subgroups,
)
from .ledger import COUNTED, ROUGH, digest
from .measurement import Measurement, OutcomeResult
from .methods import reliable_change
from .pupils import one_spelling
from .study import ReachGoal

LEAST_APART = 5
"""Two releases differ by so many pupils of a group, or by none (policy)."""
Rows = tuple[tuple[str, str], ...]
"""(who, what is known of them); "" where no column tells who."""


@dataclass(frozen=True, slots=True, repr=False)
class Release:
    """The rows behind every group of which a page or a card tells something. Holds pupils: its repr shows none."""

    study_id: str
    groups: Mapping[str, Rows]
    not_shared: bool
    """What was made before of this study was given to nobody."""

    def __repr__(self) -> str:
        return f"Release({self.study_id!r}, {len(self.groups)} groups)"


def release(measurement: Measurement, data: Dataset, *, not_shared: bool = False) -> Release:
    """Which pupils stand behind what is told of a measurement.

    A group holds every row with a score of the outcome, and those of one arm, of a goal or of a label beside it: of
    all of these a page tells a count or a mean. Of every count the others are a group too: 8 more pupils of whom 5
    reached the goal are 3 who did not. ``not_shared`` says that earlier releases of this study stayed at home.
    """
    groups = {}
    for result in measurement.results:
        if shareable(result):
            for name, rows in _groups(result, data):
                groups[f"{result.outcome.name}{name}"] = rows
    return Release(data.study_id, groups, not_shared)


def _groups(result: OutcomeResult, data: Dataset) -> Iterator[tuple[str, Rows]]:
    frame, outcome = data.frame, result.outcome
    own = [column for column in frame if column.startswith(f"{outcome.name}.")]
    some = frame[own].notna().any(axis=1).to_numpy()
    arms = {"": some}
    if "treated" in frame:
        treated = frame["treated"].to_numpy()
        arms |= {"/treated": some & treated, "/control": some & ~treated}
    rows = _rows(data, frame[own])
    for name, chosen in arms.items():
        yield name, _of(rows, chosen)
    if isinstance(outcome.goal, ReachGoal) and goal_may_show(result):
        post = outcome.sign * frame[f"{outcome.name}.post"].to_numpy()
        for name, arm in result.arms.items():
            if arm.reached is not None and privacy.may_average(arm.with_post):
                here = arms.get(f"/{name}", some) & ~np.isnan(post)
                yield from _counted(f"/{name}", "goal", rows, here, post >= outcome.sign * outcome.goal_at)
    own = "/treated" if "treated" in result.arms else "/single"
    for name, there, part in _parts(result, data):
        yield from _counted(own, name, rows, arms.get(own, some) & there, part)
    for column in dict.fromkeys(one.column for one in result.subgroups):
        labels = frame[f"subgroup.{column}"].to_numpy()
        for one in told_subgroups(result, column):
            for name, chosen in arms.items():
                yield f"{name}/{column}/{one.label}", _of(rows, chosen & (labels == one.label))


def _counted(
    arm: str, name: str, rows: Rows, there: NDArray[np.bool_], part: NDArray[np.bool_]
) -> Iterator[tuple[str, Rows]]:
    """Who is counted and who is not, of the pupils who are ``there``; by its name a count that is not told exactly."""
    exact = privacy.part_of(int((there & part).sum()), int(there.sum())) == "exact"
    for kind, chosen in ((name, part), (f"not {name}", ~part)):
        yield f"{arm}{COUNTED}{kind}{'' if exact else ROUGH}", _of(rows, there & chosen)


def _parts(result: OutcomeResult, data: Dataset) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """(name, of whom, which of them) of every other count of pupils that a page tells: who reached the goal before, has
    an end of the scale, or scored clearly lower or higher."""
    frame, outcome = data.frame, result.outcome
    arm = result.arms.get("treated") or result.arms["single"]
    after = frame[f"{outcome.name}.post"].to_numpy()
    there = ~np.isnan(after)
    for code in ("ceiling", "floor"):
        if outcome.scale_post is not None and result.kind == "points" and extreme_may_show(arm, code):
            worst, best = outcome.scale_post[:: outcome.sign]
            yield code, there, after == (best if code == "ceiling" else worst)
    for level in _levels(result):
        yield f"level {level}", there, after >= level
    if not outcome.gain_defined or result.kind != "points" or not everyone_may_show(result):
        return
    before = frame[f"{outcome.name}.pre"].to_numpy()
    both = there & ~np.isnan(before)
    if arm.reached_before is not None:
        yield "before", both, outcome.sign * before >= outcome.sign * outcome.goal_at
    both &= data.frame["treated"].to_numpy() if "treated" in frame else True
    found = everyone.marks(outcome, before, after, both)
    if isinstance(found, reliable_change.ChangeMarks):
        for name, marked in (("lower", found.lower), ("higher", found.higher)):
            part = np.zeros(len(both), dtype=bool)
            part[both] = marked
            yield name, both, part


def _levels(result: OutcomeResult) -> tuple[int, ...]:
    """The levels of which a page tells how many pupils stand there or higher."""
    if result.kind == "share":
        return (1,) if shares_may_show(result) else ()
    return shown_levels(result) if result.kind == "order" else ()


def _rows(data: Dataset, scores) -> Rows:
    frame = data.frame
    names = [one_spelling(name) for name in data.pupils] or [""] * len(frame)
    units = (data.cluster_names[code] for code in frame["cluster"])
    sides = frame["treated"] if "treated" in frame else [None] * len(frame)
    points = scores.to_numpy(dtype=float).tolist()
    known = [repr((unit, bool(side), *own)) for unit, side, own in zip(units, sides, points, strict=True)]
    return tuple(zip(names, known, strict=True))


def _of(rows: Rows, chosen: NDArray[np.bool_]) -> Rows:
    return tuple(rows[at] for at in np.flatnonzero(chosen))


def entry(made: Release, on: date) -> dict[str, Any]:
    """A release as a ``ledger`` remembers it: no name and no score, only digests."""
    rows = list(dict.fromkeys(row for group in made.groups.values() for row in group))
    place = {row: at for at, row in enumerate(rows)}
    return {
        "study": made.study_id,
        "made": on.isoformat(),
        "least": LEAST_APART,
        "not_shared": made.not_shared,
        "rows": [[digest(who) if who else "", digest(f"{who} {known}")] for who, known in rows],
        "groups": {name: [place[row] for row in group] for name, group in made.groups.items()},
    }

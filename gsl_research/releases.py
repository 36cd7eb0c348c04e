"""Which pupils stand behind what is told of a measurement, for the ``ledger``. A row is one pupil."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import privacy
from .dataset import Dataset
from .disclosure import goal_may_show, shareable, told_subgroups
from .ledger import digest
from .measurement import Measurement, OutcomeResult
from .pupils import one_spelling
from .study import ReachGoal

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
    all of these a page tells a count or a mean. ``not_shared`` says that earlier releases of this study stayed at home.
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
            if arm.reached is not None and privacy.part_of(arm.reached, arm.with_post) == "exact":
                here = arms.get(f"/{name}", some)
                yield f"/{name}/goal", _of(rows, here & (post >= outcome.sign * outcome.goal_at))
    for column in dict.fromkeys(one.column for one in result.subgroups):
        labels = frame[f"subgroup.{column}"].to_numpy()
        for one in told_subgroups(result, column):
            for name, chosen in arms.items():
                yield f"{name}/{column}/{one.label}", _of(rows, chosen & (labels == one.label))


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
        "least": privacy.MIN_COUNT,
        "not_shared": made.not_shared,
        "rows": [[digest(who) if who else "", digest(f"{who} {known}")] for who, known in rows],
        "groups": {name: [place[row] for row in group] for name, group in made.groups.items()},
    }

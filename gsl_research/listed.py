"""Pupil by pupil, for their own teacher alone: what was scored, who changed clearly, and a hint. Nothing here leaves.

A *hint* is "support" or "challenge", and only where it holds given how far a test fluctuates; else "unsure". Scores
stay in raw points, or are the places of levels; *worse* and *better* are for pupils.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import everyone, wave_table
from .dataset import Dataset
from .estimate import NotEstimated, Reason
from .grading import HIDDEN, Kind
from .level_cells import numbered
from .levels import UNITS
from .measurement import Measurement, OutcomeResult
from .methods import reliable_change
from .study import Outcome, ReachGoal, Stepped

MOST_LISTED = 3000
"""With more pupils than this there is no list: nobody knows them all, and a page of them would not open (policy)."""

Hint = str
Bools, Floats = NDArray[np.bool_], NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Side:
    """What was decided about the pupils of one arm ("treated", "control" or "single")."""

    no_marks: Reason | None
    """Why nobody is marked as clearly changed; ``None`` also where post minus pre means nothing."""
    needed: float | None
    """How far a pupil with an average start must move to be marked, in points."""
    no_hints: Reason | None
    reference: float | None
    """Beside which a hint is given, in raw points: the goal, or the mean of these pupils."""


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """One outcome, pupil by pupil: all (N,) in the order of the data set, NaN or false where nothing is known.

    ``counted`` pupils stand behind ``worse`` and ``better``; ``can_worsen`` is false where the scale ends too soon.
    ``at_best`` and ``at_worst`` have the last possible score. ``goals_before`` and ``goals`` are (N, K).
    """

    outcome: Outcome
    result: OutcomeResult
    kind: Kind
    start: Floats
    end: Floats
    counted: Bools
    worse: Bools
    better: Bools
    can_worsen: Bools
    hint: NDArray
    at_best: Bools
    at_worst: Bools
    sides: Mapping[str, Side]
    goals: Floats | None
    goals_before: Floats | None

    def __repr__(self) -> str:
        return f"Listed({self.outcome.name!r}, {len(self.end)} pupils)"

    @property
    def gains(self) -> bool:
        return self.outcome.gain_defined and self.kind not in UNITS

    @property
    def marked(self) -> bool:
        """Somebody could be marked as clearly changed."""
        return self.gains and any(side.no_marks is None for side in self.sides.values())

    @property
    def hinted(self) -> bool:
        return self.teaches and any(side.no_hints is None for side in self.sides.values())

    @property
    def teaches(self) -> bool:
        """What is measured is learned in class, in points: only there support or challenge means something."""
        return self.outcome.domain == "learning_gain" and self.kind not in UNITS


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """The pupils of one class by their place in the data set, in the order of the file; ``arm`` where the class has
    one. ``name`` is that of the file, "" where no column tells; ``unit`` the code of its cluster in the data set."""

    unit: int
    name: str
    arm: str | None
    rows: NDArray[np.intp]

    def __repr__(self) -> str:
        return f"Group({len(self.rows)} pupils)"


def groups(data: Dataset) -> tuple[Group, ...]:
    """Class by class, in the order of their names."""
    frame = data.frame
    cluster = frame["cluster"].to_numpy()
    apart = data.cluster_level not in ("class", "group") and "class" in frame
    inner = frame["class"].to_numpy() if apart else np.full(len(frame), "")
    keys = list(zip(cluster.tolist(), inner.tolist(), strict=True))
    rows: dict[tuple[int, str], list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    found = []
    for code, own in sorted(rows, key=lambda key: key[0]):
        here = np.array(rows[code, own])
        parts = [HIDDEN.sub("", part) for part in (data.cluster_names[code], own) if part]
        found.append(Group(code, " · ".join(parts), _arm(frame, here), here))
    return tuple(found)


def _arm(frame, rows: NDArray[np.intp]) -> str | None:
    if "treated" not in frame:
        return None
    sides = set(frame["treated"].to_numpy()[rows].tolist())
    return None if len(sides) == 2 else "treated" if sides == {True} else "control"


def names(data: Dataset) -> tuple[str, ...]:
    """Who stands in each row of the data set, as the file names them; "" where it does not."""
    return tuple(HIDDEN.sub("", name).strip() for name in data.pupils) or ("",) * data.rows


def listed(measurement: Measurement, data: Dataset) -> tuple[Listed, ...]:
    """Every outcome that is measured. Raises ValueError when the data are not those of the measurement."""
    if data.sha256 != measurement.data_sha256 or data.study_id != measurement.study.id:
        raise ValueError("these are not the data of this measurement")
    side_by_side = wave_table.side_by_side(measurement.study, data.waves)
    results = {result.outcome.name: result for result in measurement.results}
    return tuple(
        _listed(measurement, data, one, results[one.name]) for one in side_by_side.outcomes if one.name in results
    )


def _listed(measurement: Measurement, data: Dataset, outcome: Outcome, result: OutcomeResult) -> Listed:
    frame, sign = data.frame, outcome.sign
    end = frame[f"{outcome.name}.post"].to_numpy(dtype=float)
    start = frame[f"{outcome.name}.pre"].to_numpy(dtype=float) if outcome.pre else np.full(len(end), np.nan)
    both = ~np.isnan(start) & ~np.isnan(end)
    if not isinstance(measurement.study.design, Stepped):
        both &= np.isin(frame["cluster"].to_numpy(), [item.unit for item in result.classes])
    worse, better, can_worsen = (np.zeros(len(end), dtype=bool) for _ in range(3))
    hint = np.full(len(end), "", dtype=object)
    sides = {}
    for name, chosen in _sides(data).items():
        marks = None if result.kind in UNITS else everyone.marks(outcome, start, end, both & chosen)
        needed = no_marks = None
        if isinstance(marks, NotEstimated):
            no_marks = marks.reason
        elif marks is not None:
            for all_of, own in ((worse, marks.lower), (better, marks.higher), (can_worsen, marks.can_be_lower)):
                all_of[both & chosen] = own
            needed = marks.limit
        no_hints, reference = None, None
        if outcome.domain == "learning_gain" and result.kind not in UNITS:
            found = _standing(outcome, start, end, both & chosen, chosen)
            if isinstance(found, NotEstimated):
                no_hints = found.reason
            else:
                here = chosen & ~np.isnan(end)
                told = np.where(found.below, "support", np.where(found.above & ~worse[here], "challenge", "unsure"))
                hint[here] = told
                reference = sign * found.reference
        sides[name] = Side(no_marks, needed, no_hints, reference)
    at_best, at_worst = (np.zeros(len(end), dtype=bool) for _ in range(2))
    if outcome.scale_post and result.kind not in UNITS:
        worst, best = outcome.scale_post[::sign]
        at_best, at_worst = end == best, end == worst
    goals, before = (_goals(outcome, data, occasion) for occasion in ("post", "pre"))
    return Listed(
        outcome, result, result.kind, start, end, both, worse, better, can_worsen, hint, at_best, at_worst, sides,
        goals, before,
    )  # fmt: skip


def _sides(data: Dataset) -> dict[str, Bools]:
    if "treated" not in data.frame:
        return {"single": np.ones(data.rows, dtype=bool)}
    treated = data.frame["treated"].to_numpy(dtype=bool)
    sides = {"treated": treated, "control": ~treated}
    return {name: chosen for name, chosen in sides.items() if chosen.any()}


def _standing(
    outcome: Outcome, start: Floats, end: Floats, both: Bools, chosen: Bools
) -> reliable_change.Standing | NotEstimated:
    """Beside the goal where one is set, else beside the mean of these pupils."""
    reliability = outcome.reliability
    if reliability is not None and outcome.gain_defined and both.sum() > 1:
        reliability = reliable_change.reliability_after(start[both], end[both], reliability)
        if reliability <= 0:
            return NotEstimated(estimator="standing", reason="too_unreliable")
    goal = outcome.goal_at if isinstance(outcome.goal, ReachGoal) else None
    reference = None if goal is None else outcome.sign * float(goal)
    return reliable_change.standing(outcome.sign * end[chosen & ~np.isnan(end)], reliability, reference=reference)


def _goals(outcome: Outcome, data: Dataset, occasion: str) -> Floats | None:
    columns = numbered(outcome, occasion)
    return data.frame[columns].to_numpy(dtype=float) if columns else None


def by_chance(one: Listed, rows: NDArray[np.intp]) -> tuple[float, float]:
    """Of these pupils: how many are marked worse when nobody changed, and the chance of at least one."""
    able = int(one.can_worsen[rows].sum())
    rate = reliable_change.MARKED_BY_CHANCE
    return rate * able, 1 - (1 - rate) ** able


def side_of(data: Dataset, row: int) -> str:
    return "single" if "treated" not in data.frame else "treated" if data.frame["treated"].iloc[row] else "control"


def absent(one: Listed, rows: NDArray[np.intp]) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """("post", "pre" or "both", who has no such score): only the ones that some pupil lacks."""
    no_end = np.isnan(one.end[rows])
    no_start = np.isnan(one.start[rows]) if one.outcome.pre else np.zeros(len(rows), dtype=bool)
    kinds = (("post", no_end & ~no_start), ("pre", no_start & ~no_end), ("both", no_start & no_end))
    yield from ((kind, rows[lacking]) for kind, lacking in kinds if lacking.any())

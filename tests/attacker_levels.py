"""The same attacker, of counts at levels and of goals: how many pupils of an arm, or of a class, stand where.

* Passed or not, and ordered levels. The pupils of every class by their level before and after are unknown, how many
  they are is known. Every count of 1 to 6 at a level of an arm, or who passed in a class or did not, stays open by 6 or
  by as much as it was without the page: a class of 5 tells that no more than 5 passed.
* Goals. Unknown is how many of an arm reached each goal, before and after, of those who were judged on all and of the
  others. What she finds of a count of 0 to 6, or of all but 0 to 6, stays open by 6.

Not used: the chance of order.told, a product of counts of two arms, told with one digit; standard errors of shares.
"""

import itertools
import re
from collections.abc import Iterator

import numpy as np
from attacker import CARD, OPEN, ROUNDED, SMALL, TREATED, Seen, Unknown

from gsl_research.blocks import Table
from gsl_research.study import ReachGoal

PART = re.compile(r"(?P<few>hoogstens |at most )?(?P<count>\d+) (?:van|of)(?: de| the)? (?P<pupils>\d+)")
NEARLY_ALL = re.compile(r"all\w* (?P<pupils>\d+)\D+(?P<count>\d+)")
ONE_DIGIT = 0.05
"""How far off a difference in percentage points is told."""


def solved_levels(one: Seen) -> list[str]:
    """Every small count of the first outcome at a level, of passes in a class, or of a goal, she knows too well."""
    if one.measurement.primary.kind in ("share", "order"):
        return _solved(*_levels(one), one)
    if one.measurement.primary.goals is not None:
        return list(_goals(one))
    return []


def part(cell: str) -> tuple[float, float, int] | None:
    """(least, most, pupils) that a cell tells, or ``None``."""
    if found := NEARLY_ALL.match(cell):
        return float(found["pupils"]) - float(found["count"]), float(found["pupils"]), int(found["pupils"])
    if found := PART.match(cell):
        count = float(found["count"])
        return 0.0 if found["few"] else count, count, int(found["pupils"])
    return None


# levels

Cell = tuple[str, int, int | None, int]
"""(arm, class, level before, level after)."""


def _levels(one: Seen) -> tuple[Unknown, dict[Cell, int]]:
    result, frame = one.measurement.primary, one.data.frame
    names, outcome = result.level_names, result.outcome
    post = _places(result, frame[f"{outcome.name}.post"].to_numpy())
    pre = _places(result, frame[f"{outcome.name}.pre"].to_numpy()) if outcome.pre else [None] * len(post)
    sides = frame["treated"].to_numpy() if "treated" in frame else [None] * len(post)
    arm_of = {None: "single", True: "treated", False: "control"}
    counted = {item.unit for item in result.classes}
    truth: dict[Cell, int] = {}
    sizes: dict[tuple[str, int], int] = {}
    for before, after, side, unit in zip(pre, post, sides, frame["cluster"], strict=True):
        if after is None or (outcome.pre and before is None) or unit not in counted:
            continue
        arm = arm_of[side if side is None else bool(side)]
        truth[arm, unit, before, after] = truth.get((arm, unit, before, after), 0) + 1
        sizes[arm, unit] = sizes.get((arm, unit), 0) + 1
    places = range(len(names))
    cells = [
        (arm, unit, before, after)
        for arm, unit in sizes
        for before, after in itertools.product(places if outcome.pre else [None], places)
    ]
    known = Unknown(cells)
    for (arm, unit), pupils in sizes.items():
        known.know(f"class {unit} {arm}", known.weights(lambda c, arm=arm, unit=unit: c[:2] == (arm, unit)), pupils)
    for said, weights, low, high in _told_of_levels(one, known, sizes):
        known.know(said, weights, low, high)
    return known, truth


def _places(result, codes) -> list[int | None]:
    """The place of each cell among the levels, the worst first."""
    return [None if np.isnan(code) else int(round(code)) for code in codes]


def _told_of_levels(one: Seen, known: Unknown, sizes) -> Iterator[tuple[str, np.ndarray, float, float]]:
    result = one.measurement.primary
    arms = {arm for arm, _ in sizes}

    def at_least(arm: str, level: int, when: int) -> np.ndarray:
        return known.weights(lambda c: c[0] == arm and c[when] >= level)

    for table in dict.fromkeys(one.tables):
        for row in table.rows if table.header[0] in ("Niveau", "Level") else ():
            level = max(place for place, name in enumerate(result.level_names) if f"“{name}”" in row[0])
            arm = "single" if "single" in arms else "treated" if row[1] in TREATED else "control"
            whens = (2, 3) if result.outcome.pre else (3,)
            for when, cell in zip(whens, row[-len(whens) :], strict=True):
                if (told := part(cell)) is not None:
                    yield f"picture: {row}", at_least(arm, level, when), told[0], told[1]
    for key, blanks in one.texts:
        if key.startswith("share.certain."):
            for (name, when), arm in itertools.product((("pre", 2), ("post", 3)), arms):
                count = blanks.get(f"{name}_control" if arm == "control" else name)
                if isinstance(count, float):
                    yield f"page: {key}", at_least(arm, 1, when), count, count
        if key.startswith("order.certain."):
            yield from _middles(result, known, sizes, at_least, "pre" in blanks)
        if key in ("verdict.goal.exact", "verdict.goal.exact_before"):
            when = 2 if key.endswith("before") else 3
            arm, count = "treated" if "treated" in arms else "single", blanks.get("reached", blanks.get("before"))
            at = int(result.outcome.goal_at or 0) if isinstance(result.outcome.goal, ReachGoal) else 0
            yield f"page: {key}", at_least(arm, at, when), count, count
    main = next(
        (e for e in one.card["estimates"] if e["outcome"] == result.outcome.name and e["status"] != "beside"), None
    )
    if result.kind == "share" and main is not None and main["metric"] == "points":
        yield from _difference(result, known, sizes, main["value"])


def _middles(result, known, sizes, at_least, before: bool) -> Iterator[tuple[str, np.ndarray, float, float]]:
    """At least half of the pupils stand at the told level or higher, and fewer than half above it."""
    for name, arm in result.arms.items():
        for when, levels in ((2, arm.levels_pre if before else None), (3, arm.levels_post)):
            if levels is None:
                continue
            middle = next(at for at in reversed(range(len(levels))) if 2 * sum(levels[at:]) >= sum(levels))
            half = (sum(levels) + 1) // 2
            yield "half", at_least(name, middle, when), half, np.inf
            if middle + 1 < len(levels):
                yield "half", at_least(name, middle + 1, when), -np.inf, half - 1


def _difference(result, known, sizes, told: float) -> Iterator[tuple[str, np.ndarray, float, float]]:
    """Shares of classes afterwards, each counting once; of one group how much they rose."""
    compared = len(result.arms) == 2
    if (compared and result.outcome.pre) or len(result.classes) > result.units:
        return
    weights = np.zeros(len(known.names))
    pupils_count = not compared and len(result.classes) == 2
    for at, (arm, unit, before, after) in enumerate(known.names):
        own = [size for (side, _), size in sizes.items() if side == arm]
        sign, of = -1 if arm == "control" else 1, sum(own) if pupils_count else sizes[arm, unit] * len(own)
        weights[at] = sign * 100.0 * (after - (before or 0)) / of
    yield "card: difference", weights, told - ONE_DIGIT, told + ONE_DIGIT


def _solved(known: Unknown, truth: dict[Cell, int], one: Seen) -> list[str]:
    real = np.array([float(truth.get(cell, 0)) for cell in known.names])
    for said, row, low, high in zip(known.said, known.rows, known.lows, known.highs, strict=True):
        assert low - 1e-6 <= row @ real <= high + 1e-6, f"{said}: {row @ real} not in {low} to {high}"
    found = []
    for name, weights, natural in _cells(known, one.measurement.primary):
        count = round(weights @ real)
        if count in SMALL and not known.is_open(weights, min(OPEN, natural)):
            found.append(f"{name}: {count}, known as {known.ends(weights)}")
    return found


def _cells(known: Unknown, result) -> Iterator[tuple[str, np.ndarray, float]]:
    names = known.names
    for arm in sorted({name[0] for name in names}):
        size = sum(high for said, high in zip(known.said, known.highs, strict=True) if said.endswith(f" {arm}"))
        for when in (2, 3):
            for level in sorted({name[when] for name in names} - {None}):
                yield (
                    f"{arm} at {level}",
                    known.weights(lambda c, a=arm, w=when, v=level: c[0] == a and c[w] == v),
                    size,
                )
    if result.kind == "share":
        for said, row, pupils in list(zip(known.said, known.rows, known.highs, strict=True)):
            if said.startswith("class "):
                for when, level in itertools.product((2, 3) if result.outcome.pre else (3,), (0, 1)):
                    yield f"{said} {level}", row * known.weights(lambda c, w=when, v=level: c[w] == v), pupils


# goals


def _goals(one: Seen) -> Iterator[str]:
    result = one.measurement.primary
    occasions = ("before", "after") if result.goals.pre is not None else ("after",)
    for arm, whole in result.arms.items():
        counts = [count for count in result.goals.counts if count.arm == arm]
        names = [(count.goal, when, who) for count in counts for when in occasions for who in ("all", "some")]
        known, real = Unknown(names), np.zeros(len(names))
        for at, (goal, when, who) in enumerate(names):
            count = next(count for count in counts if count.goal == goal)
            every = count.reached if when == "after" else count.reached_before
            of_all = count.complete_reached if when == "after" else count.complete_before
            real[at] = of_all if who == "all" else every - of_all
            most = count.complete if who == "all" else count.judged - count.complete
            known.know("no more than there are", np.eye(len(names))[at], 0.0, most)
        for said, weights, low, high in _told_of_goals(one, result, known, counts, arm, whole):
            assert low - 1e-6 <= weights @ real <= high + 1e-6, f"{said}: {weights @ real} not in {low} to {high}"
            known.know(said, weights, low, high)
        for at, (goal, when, who) in enumerate(names):
            complete = next(count.complete for count in counts if count.goal == goal)
            if who == "all" and not known.is_open(np.eye(len(names))[at], min(OPEN, complete)):
                few = min(real[at], complete - real[at])
                if few <= max(SMALL):
                    yield f"goal {goal} {arm} {when}: {real[at]:g}, known as {known.ends(np.eye(len(names))[at])}"


def _told_of_goals(one: Seen, result, known: Unknown, counts, arm: str, whole):
    def reached(goal: int, when: str, everybody: bool) -> np.ndarray:
        return known.weights(lambda c: c[0] == goal and c[1] == when and (everybody or c[2] == "all"))

    for table in dict.fromkeys(one.tables):
        for row in table.rows if table.header[0] in ("Doel", "Goal") else ():
            if not _of_arm(table, row, arm):
                continue
            goal = result.goals.names.index(row[0])
            count = next(count for count in counts if count.goal == goal)
            whens = ("before", "after") if result.goals.pre is not None else ("after",)
            for when, cell in zip(whens, row[-len(whens) :], strict=True):
                if (told := part(cell)) is not None:
                    yield f"table: {row}", reached(goal, when, told[2] == count.judged), told[0], told[1]
    fine = ROUNDED * whole.pupils
    for key, blanks in one.texts:
        names = {"pre": "before", "post": "after"}
        for blank, when in names.items():
            told = blanks.get(f"{blank}_control" if arm == "control" else blank)
            if key.startswith("report.certain.") and isinstance(told, float):
                every = known.weights(lambda c, when=when: c[1] == when and c[2] == "all")
                yield f"page: {key}", every, told * whole.pupils - fine, told * whole.pupils + fine
    main = next((e for e in one.card["estimates"] if e["metric"] == "points" and e["status"] != "beside"), None)
    if main is not None and arm == "single" and len(result.classes) == 1 and result.goals.pre is not None:
        gain = known.weights(lambda c: c[2] == "all" and c[1] == "after")
        gain -= known.weights(lambda c: c[2] == "all" and c[1] == "before")
        low, high = ((main["value"] + to) * whole.pupils for to in (-CARD, CARD))
        yield "card: gain", gain, low, high


def _of_arm(table: Table, row, arm: str) -> bool:
    return arm == "single" or (row[1] in TREATED) == (arm == "treated")

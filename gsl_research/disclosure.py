"""What of a measurement may be told beside everything else that is told of it.

``privacy`` judges one number. Here numbers stand beside each other, on the page and on the card, and the difference
between two of them may be a count of one to four pupils.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from . import privacy
from .estimate import Estimate, NotEstimated
from .measurement import Arm, Dosed, Measurement, OutcomeResult, SubgroupResult
from .methods.attrition import LeeBounds


def shareable(result: OutcomeResult) -> bool:
    """Effects and means may be shown only when every arm has pupils enough behind it, and when the mean of an arm and
    the difference, in which classes count equally, cannot together be solved for a small class."""
    return all(privacy.may_average(arm.pupils) for arm in result.arms.values()) and not _solvable(result)


UNKNOWN = 3
"""Small classes of one side that an arm's mean, a difference and its error cannot tell apart (computed)."""


def _solvable(result: OutcomeResult) -> bool:
    divided = len(result.classes) > result.units
    small = {side: [] for side in {item.treated for item in result.classes}}
    for item in result.classes:
        if not privacy.may_average(item.pupils):
            small[item.treated].append(item.pupils)
    if divided:
        return any(small.values()) and not all(len(pupils) >= UNKNOWN for pupils in small.values())
    several = len(result.classes) > 1
    return several and any(
        min(pupils) < privacy.MIN_COUNT and len(pupils) < UNKNOWN for pupils in small.values() if pupils
    )


def told_subgroups(result: OutcomeResult, column: str) -> tuple[SubgroupResult, ...]:
    """The labels of a column that may be told: ten pupils and more behind both sides of each.

    None of them when those that are not told are fewer than ten in an arm: each label is compared with all others, so
    the ones that are told would give the rest away. None either when an earlier column divides pupils almost alike.
    """
    of_column = [one for one in result.subgroups if one.column == column]
    told = tuple(one for one in of_column if (one.pooled or one.gap) and _enough(one))
    untold = [sum(one.pupils[arm] for one in of_column if one not in told) for arm in result.arms]
    hidden = any(0 < pupils < privacy.MIN_MEAN for pupils in untold) or any(one.close for one in of_column)
    return told if shareable(result) and not hidden else ()


def _enough(one: SubgroupResult) -> bool:
    pupils = [count for name, count in one.n.items() if not name.startswith("classes")]
    return bool(pupils) and all(map(privacy.may_average, pupils))


def loss_may_show(measurement: Measurement) -> bool:
    """All pupils beside those measured give the number lost, and beside one arm the other; those measured beside an
    outcome told before give who missed one of both: from one to four stays hidden."""
    lost, primary = sum(measurement.dropped.values()), measurement.primary
    arms = [arm.pupils for result in measurement.results for arm in result.arms.values()]
    apart = [lost, measurement.rows - lost - _pupils(primary), *_apart(measurement, primary)]
    return all(n == 0 or privacy.may_count(abs(n)) for n in apart) and all(map(privacy.may_count, arms))


def arms_lost_may_show(measurement: Measurement) -> bool:
    """Whether how many each arm lost may be told, and what follows from it: beside all who are lost, and all who were
    divided, no one to four."""
    missing = measurement.primary.missing
    if missing is None:
        return False
    whole = not missing.pupils_divided or measurement.primary.left_out == missing.classes_lost == 0
    return whole and loss_may_show(measurement) and all(n == 0 or privacy.may_count(n) for n in missing.lost.values())


def before_may_show(found: Estimate | NotEstimated) -> bool:
    """The test before of who left beside that of who stayed: ten pupils and more on both sides."""
    return isinstance(found, Estimate) and all(
        privacy.may_average(count) for name, count in found.n.items() if name.startswith("pupils")
    )


def roughly(points: float) -> float:
    """One digit: what the missing would have to score is the difference over their share, and with the size of each
    class the exact value would give how few are missing from which class."""
    return float(f"{points:.1g}")


def bounds_may_show(measurement: Measurement) -> bool:
    """Bounds beside the plain difference give the mean of the highest, and the lowest, scores that were set aside."""
    missing = measurement.primary.missing
    found = missing.bounds
    if not isinstance(found, LeeBounds) or found.arm is None or not arms_lost_may_show(measurement):
        return False
    return privacy.may_average(int(found.trimmed * missing.kept[found.arm]))


FILLED_IN = ("multiple_imputation", "missing_indicator")
"""Estimators that count pupils without one of both tests too (computed)."""


def told_estimates(result: OutcomeResult) -> tuple[Estimate, ...]:
    """Without what was filled in for one to nine pupils of an arm: beside the others it tells how they began."""
    main = result.main

    def few(one: Estimate) -> bool:
        filled = [count - main.n[name] for name, count in one.n.items() if name.startswith("pupils")]
        return any(0 < count < privacy.MIN_MEAN for count in filled)

    return tuple(one for one in result.estimates if one.estimator not in FILLED_IN or not few(one))


def pupils_may_show(measurement: Measurement, result: OutcomeResult) -> bool:
    """Whether the pupils of an outcome, beside those of the ones before it and of the file, tell of one to four who
    missed something."""
    apart = [measurement.rows - _pupils(result)] if loss_may_show(measurement) else []
    if result.steps is not None:
        apart += [result.steps.pupils - _pupils(result), measurement.rows - result.steps.pupils]
    return not any(0 < abs(pupils) < privacy.MIN_COUNT for pupils in (*apart, *_apart(measurement, result)))


def _apart(measurement: Measurement, result: OutcomeResult) -> Iterator[int]:
    """Pupils of an outcome beyond those of each one before it, in all and by arm."""
    for other in measurement.results[: measurement.results.index(result)]:
        yield _pupils(result) - _pupils(other)
        yield from (arm.pupils - other.arms[name].pupils for name, arm in result.arms.items())


def _pupils(result: OutcomeResult) -> int:
    return sum(arm.pupils for arm in result.arms.values())


def dose_means(found: Dosed) -> dict[str, float]:
    """The mean dose of each arm with pupils enough of whom it is known."""
    return {arm: mean for arm, mean in found.means.items() if privacy.may_average(found.known[arm])}


def dose_points_may_show(found: Dosed) -> bool:
    """Class by class only when ten pupils and more stand behind every class that would be drawn."""
    return bool(found.points) and all(privacy.may_average(min(point.pupils, point.known)) for point in found.points)


def extreme_may_show(arm: Arm, code: Literal["ceiling", "floor"]) -> bool:
    """How many have the best, or the worst, score; beside how many reached the goal, no one to four lie between."""
    at = arm.at_best if code == "ceiling" else arm.at_worst
    if at is None or privacy.part_of(at, arm.with_post) != "exact":
        return False
    if arm.reached is None:
        return True
    between = arm.reached - at if code == "ceiling" else arm.with_post - arm.reached - at
    return not 0 < between < privacy.MIN_COUNT

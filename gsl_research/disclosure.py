"""What of a measurement may be told beside everything else that is told of it.

``privacy`` judges one number. Here numbers stand beside each other, on the page and on the card, and the difference
between two of them may be a count of one to four pupils.
"""

from __future__ import annotations

from typing import Literal

from . import privacy
from .measurement import Arm, Dosed, Measurement, OutcomeResult, SubgroupResult


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
    """All pupils beside those measured give the number lost, and beside one arm the other: from one to four stays
    hidden."""
    lost = sum(measurement.dropped.values())
    arms = [arm.pupils for result in measurement.results for arm in result.arms.values()]
    apart = [lost, measurement.rows - lost - _pupils(measurement.primary)]
    return all(n == 0 or privacy.may_count(abs(n)) for n in apart) and all(map(privacy.may_count, arms))


def pupils_may_show(measurement: Measurement, result: OutcomeResult) -> bool:
    """Whether the pupils of an outcome, beside those of the ones before it and of the file, tell of one to four who
    missed something."""
    earlier = measurement.results[: measurement.results.index(result)]
    apart = [measurement.rows - _pupils(result)] if loss_may_show(measurement) else []
    for other in earlier:
        apart.append(_pupils(result) - _pupils(other))
        apart += [arm.pupils - other.arms[name].pupils for name, arm in result.arms.items()]
    return not any(0 < abs(pupils) < privacy.MIN_COUNT for pupils in apart)


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

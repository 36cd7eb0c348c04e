"""What of a measurement may be told beside everything else that is told of it.

``privacy`` judges one number. Here numbers stand beside each other, on the page and on the card, and the difference
between two of them may be a count of few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from . import privacy
from .estimate import Estimate, NotEstimated
from .measurement import Arm, Dosed, GoalCount, Measurement, OutcomeResult, SubgroupResult
from .methods.attrition import LeeBounds
from .small_classes import UNKNOWN, means_told, shown
from .study import GainGoal, ReachGoal


def shareable(result: OutcomeResult) -> bool:
    """Effects and means may be shown, but of a central test, when every arm has pupils enough behind it, and when the
    mean of an arm and the difference, in which classes count equally, cannot be solved for a small class."""
    if result.outcome.central:
        return False
    behind = [arm.pupils for arm in result.arms.values()]
    if (waves := result.waves) is not None:
        told = (0, -1) if waves.same_pupils else range(len(waves.labels))
        behind += [counts[at] for counts, _ in waves.arms.values() for at in told]
    return all(map(privacy.may_average, behind)) and shown(result) is not None and not _counts_follow(result)


def means_may_show(result: OutcomeResult) -> bool:
    """The means of the arms, beside a difference that may be told."""
    return shareable(result) and means_told(result) and _goals_are_many(result)


def _goals_are_many(result: OutcomeResult) -> bool:
    """The mean number of goals times the pupils is how often a goal was reached: by no few of them, and not by all but
    a few, else each goal alone was too."""
    if result.kind != "goals":
        return True
    means = [(arm.pupils, mean) for arm in result.arms.values() for mean in (arm.mean_pre, arm.mean_post)]
    return all(
        mean is None or privacy.may_count(min(round(pupils * mean), round(pupils * (result.reach - mean))))
        for pupils, mean in means
    )


def everyone_may_show(result: OutcomeResult) -> bool:
    """How far pupils lie apart and how many moved: nothing of an outcome that is hidden."""
    arm = result.arms.get("treated") or result.arms["single"]
    return privacy.may_average(arm.pupils) and shareable(result)


def _counts_follow(result: OutcomeResult) -> bool:
    """Of one class whose pupils were divided, an interval of two shares gives back who passed: small counts too."""
    given = any(one.estimator == "newcombe" for one in result.estimates)
    return given and not _shares_are_large(result)


def _shares_are_large(result: OutcomeResult) -> bool:
    counts = [levels for arm in result.arms.values() for levels in (arm.levels_pre, arm.levels_post) if levels]
    return all(min(levels) >= privacy.MIN_COUNT for levels in counts)


def shares_may_show(result: OutcomeResult) -> bool:
    """How many passed in every arm, before and after: all of it or nothing, since a difference of shares and one of
    them give the other."""
    return means_may_show(result) and _shares_are_large(result) and _classes_stay_open(result)


def _classes_stay_open(result: OutcomeResult) -> bool:
    """Beside how many of an arm passed, a difference in which classes count equally gives how many of each of two
    classes of unlike size did."""
    if result.kind != "share" or len(result.classes) > result.units or classes_may_show(result):
        return True
    sides = [[item.pupils for item in result.classes if item.treated is side] for side in (True, False, None)]
    return all(len(set(pupils)) < 2 or len(pupils) > UNKNOWN for pupils in sides)


def classes_may_show(result: OutcomeResult) -> bool:
    """Whether what follows from single classes may: ten pupils and more in each, of a share no few on either side."""
    if not all(privacy.may_average(item.pupils) for item in result.classes):
        return False
    if result.kind != "share":
        return True
    shares = [share for item in result.classes for share in (item.mean, item.mean_pre) if share is not None]
    pupils = [item.pupils for item in result.classes for share in (item.mean, item.mean_pre) if share is not None]
    return all(
        privacy.MIN_COUNT <= round(n * s / 100) <= n - privacy.MIN_COUNT for n, s in zip(pupils, shares, strict=True)
    )


def shown_levels(result: OutcomeResult) -> tuple[int, ...]:
    """The levels of which may be told how many pupils stand on them or higher: in every arm, before and after, no
    few pupils lie between two of them, below the first or above the last."""
    if not means_may_show(result):
        return ()
    counts = [levels for arm in result.arms.values() for levels in (arm.levels_pre, arm.levels_post) if levels]
    shown, last = [], 0
    for level in range(1, len(result.level_names)):
        between = all(sum(levels[last:level]) >= privacy.MIN_COUNT for levels in counts)
        if between and all(sum(levels[level:]) >= privacy.MIN_COUNT for levels in counts):
            shown.append(level)
            last = level
    return tuple(shown)


def goal_may_show(result: OutcomeResult) -> bool:
    """How many pupils reached the goal, beside what else is told of their levels."""
    if result.outcome.central:
        return False
    if result.kind == "share":
        return shares_may_show(result)
    return result.kind != "order" or int(result.outcome.goal_at or 0) in shown_levels(result)


def goal_answer_may_show(result: OutcomeResult) -> bool:
    """Whether these pupils reached the goal: ten of them, and no count of levels that stays at home."""
    arm = result.arms.get("treated") or result.arms["single"]
    if not (privacy.may_average(arm.with_post) and goal_may_show(result)):
        return False
    match result.outcome.goal:
        case GainGoal():
            return means_may_show(result)
        case ReachGoal() as goal:
            return privacy.answer_may_show(arm.reached, arm.with_post, goal.pupils(arm.with_post))
    return True


@dataclass(frozen=True, slots=True)
class GoalRow:
    """One goal in one arm as it may be told: the pupils ``judged``, and how many reached it before and after, or why
    that stays hidden ("few", "nearly_all", "hidden"); before is ``None`` where nothing was measured before."""

    goal: int
    arm: str
    judged: int
    before: int | str | None
    after: int | str


def goal_rows(result: OutcomeResult) -> tuple[GoalRow, ...]:
    """Every goal, arm by arm. A count is told when no few pupils reached the goal and no few did
    not, and when the others, beside the mean number of goals, do not give it away."""
    if result.goals is None or not shareable(result):
        return ()
    rows = []
    for arm, whole in result.arms.items():
        counts = [_judged(one, whole) for one in result.goals.counts if one.arm == arm]
        after = _told([(judged, reached) for _, judged, _, reached in counts])
        before = [None] * len(counts)
        if counts and counts[0][2] is not None:
            before = _told([(judged, reached) for _, judged, reached, _ in counts])
        rows += [
            GoalRow(goal, arm, judged, first, last)
            for (goal, judged, _, _), first, last in zip(counts, before, after, strict=True)
        ]
    return tuple(rows)


def _judged(one: GoalCount, whole: Arm) -> tuple[int, int, int | None, int]:
    """(goal, pupils, reached before, reached); those judged on every goal where only a few were judged on this one
    alone, or were not judged on it."""
    others = (one.judged - one.complete, whole.pupils + whole.lost - one.judged)
    if all(map(privacy.none_or_enough, others)):
        return one.goal, one.judged, one.reached_before, one.reached
    return one.goal, one.complete, one.complete_before, one.complete_reached


def _told(counts: list[tuple[int, int]]) -> list[int | str]:
    """Of every (judged, reached) the count that may be told, or why not. The mean number of goals tells the sum of all:
    beside it the hidden ones must each leave open as much as a small count does, or they say nothing of themselves, or
    none is told at all."""
    reached = privacy.shown_counts([count for _, count in counts])
    rest = privacy.shown_counts([judged - count for judged, count in counts])
    parts = [privacy.part_of(count, judged) for judged, count in counts]
    found: list[int | str] = [
        count if one is not None and other is not None and part == "exact" else "hidden" if part == "exact" else part
        for (_, count), one, other, part in zip(counts, reached, rest, parts, strict=True)
    ]
    if _open(counts, found):
        return found
    unsaid: list[int | str] = [one if isinstance(one, int) else "hidden" for one in found]
    return unsaid if _open(counts, unsaid) else ["hidden"] * len(counts)


def _open(counts: list[tuple[int, int]], found: list[int | str]) -> bool:
    """Whether the sum of what is hidden leaves every hidden count so many possibilities as a small count has."""
    most = privacy.MIN_COUNT - 1
    ends = {"few": lambda n: (0, most), "nearly_all": lambda n: (n - most, n), "hidden": lambda n: (0, n)}
    ranges = [ends[one](judged) for (judged, _), one in zip(counts, found, strict=True) if isinstance(one, str)]
    left = sum(count for (_, count), one in zip(counts, found, strict=True) if isinstance(one, str))
    lows, highs = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    return all(min(high, left - (lows - low)) - max(low, left - (highs - high)) >= most for low, high in ranges)


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
    outcome told before give who missed one of both: a few stay hidden."""
    lost, primary = sum(measurement.dropped.values()), measurement.primary
    arms = [arm.pupils for result in measurement.results for arm in result.arms.values()]
    outside, alone = measurement.rows - lost - _pupils(primary), _with_post_alone(primary)
    apart = [lost, outside, *_apart(measurement, primary), lost + outside - alone]
    apart += [outside - alone] if outside else []
    return all(privacy.none_or_enough(abs(n)) for n in apart) and all(map(privacy.may_count, arms))


def _with_post_alone(result: OutcomeResult) -> int:
    """Pupils of whom a goal tells that they made the test afterwards, beside those who made both."""
    arm = result.arms.get("treated") or result.arms["single"]
    return arm.with_post - arm.pupils if result.waves is None else 0


def why_lost_may_show(measurement: Measurement) -> bool:
    """How many missed which test: no few, beside those of one arm who missed the first alone neither."""
    alone = _with_post_alone(measurement.primary)
    counts = [*measurement.dropped.values(), measurement.dropped["no_pre"] - alone]
    return all(privacy.none_or_enough(abs(n)) for n in counts)


def lost_may_show(measurement: Measurement, result: OutcomeResult) -> bool:
    """Of an outcome beside the first, whether how many missed a test may be told: beside the file, and beside the
    pupils of the outcomes before it, no few."""
    lost = sum(result.missing.lost.values()) if result.missing is not None else 1
    told = loss_may_show(measurement) and shareable(result) and pupils_may_show(measurement, result)
    return told and privacy.none_or_enough(lost)


def arms_lost_may_show(measurement: Measurement, other: OutcomeResult | None = None) -> bool:
    """Whether how many each arm lost may be told, and what follows from it: beside all who are lost, and all who were
    divided, no few. Of the first primary outcome, or of an ``other``."""
    result = other or measurement.primary
    missing = result.missing
    if missing is None:
        return False
    alone = _with_post_alone(result)
    own = "treated" if "treated" in missing.lost else "single"
    if alone and not privacy.none_or_enough(abs(missing.lost[own] - alone)):
        return False
    whole = not missing.pupils_divided or result.left_out == missing.classes_lost == 0
    may_show = loss_may_show(measurement) if other is None else lost_may_show(measurement, other)
    return whole and may_show and all(map(privacy.none_or_enough, missing.lost.values()))


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
    """Without what was filled in for one to nine pupils of an arm: beside the others it tells how they began. Of shares
    whose counts stay at home, the difference alone; of ordered levels nothing that is only described."""
    main = result.main

    def few(one: Estimate) -> bool:
        filled = [count - main.n[name] for name, count in one.n.items() if name.startswith("pupils")]
        return any(0 < count < privacy.MIN_MEAN for count in filled)

    told = [one for one in result.estimates if one.estimator not in FILLED_IN or not few(one)]
    if not _ends_may_show(result):
        told = [one for one in told if one.estimator != "first_to_last"]
    if result.kind == "order":
        told = [one for one in told if one.status != "described"]
    if result.kind == "share" and not shares_may_show(result):
        # Beside the difference these pin how many passed in each arm, and even in each class.
        told = [one for one in told if one.metric == "points" and one.status not in ("beside", "described")]
    return tuple(told)


def _ends_may_show(result: OutcomeResult) -> bool:
    """Beside the means of the first and of the last moment the difference over who has both tells those of who misses
    one of them: nobody, or ten pupils and more of an arm."""
    both = next((one.n for one in result.estimates if one.estimator == "first_to_last"), None)
    if both is None:
        return True
    alone = [
        count - both[f"pupils_{name}"]
        for name, (counts, _) in result.waves.arms.items()
        for count in (counts[0], counts[-1])
    ]
    return all(pupils == 0 or privacy.may_average(pupils) for pupils in alone)


def pupils_may_show(measurement: Measurement, result: OutcomeResult) -> bool:
    """Whether the pupils of an outcome, beside those of the ones before it and of the file, tell of a few who missed
    something."""
    apart = [measurement.rows - _pupils(result)] if loss_may_show(measurement) else []
    if result.steps is not None:
        apart += [result.steps.pupils - _pupils(result), measurement.rows - result.steps.pupils]
    if result is not measurement.primary and measurement.primary.missing is not None:
        started = measurement.primary.missing.started
        apart += [started[name] - arm.pupils for name, arm in result.arms.items() if name in started]
    return all(privacy.none_or_enough(abs(pupils)) for pupils in (*apart, *_apart(measurement, result)))


def _apart(measurement: Measurement, result: OutcomeResult) -> Iterator[int]:
    """Pupils of an outcome beyond those of each one before it, in all and by arm."""
    for other in measurement.results[: measurement.results.index(result)]:
        yield _pupils(result) - _pupils(other)
        yield from (arm.pupils - other.arms[name].pupils for name, arm in result.arms.items())
        yield from (arm.pupils - other.arms[name].with_post for name, arm in result.arms.items() if not result.waves)
    yield from (arm.pupils - count for name, arm in result.arms.items() for count in _told_beside(result, name))


def _told_beside(result: OutcomeResult, arm: str) -> list[int]:
    """With several moments: other counts of the same pupils of an arm that a page or a card could tell."""
    if result.waves is None or not result.waves.same_pupils:
        return []
    counts = [*result.waves.arms[arm][0], result.arms[arm].with_post]
    counts += [estimate.n[f"pupils_{arm}"] for estimate in result.estimates if f"pupils_{arm}" in estimate.n]
    changed = getattr(result.changed, "pupils", None)
    return [*counts, changed] if changed is not None and arm != "control" else counts


def changed_may_show(result: OutcomeResult) -> bool:
    """With several moments: whether how many were measured twice, beside those of the last, tells of a few."""
    arm = result.arms.get("treated") or result.arms["single"]
    changed = getattr(result.changed, "pupils", None)
    return result.waves is None or changed is None or privacy.none_or_enough(abs(arm.with_post - changed))


def _pupils(result: OutcomeResult) -> int:
    return sum(arm.pupils for arm in result.arms.values())


def dose_means(found: Dosed) -> dict[str, float]:
    """The mean dose of each arm with pupils enough of whom it is known."""
    return {arm: mean for arm, mean in found.means.items() if privacy.may_average(found.known[arm])}


def dose_points_may_show(found: Dosed) -> bool:
    """Class by class only when ten pupils and more stand behind every class that would be drawn."""
    return bool(found.points) and all(privacy.may_average(min(point.pupils, point.known)) for point in found.points)


def extreme_may_show(arm: Arm, code: Literal["ceiling", "floor"]) -> bool:
    """How many have the best, or the worst, score; beside how many reached the goal, no few lie between."""
    at = arm.at_best if code == "ceiling" else arm.at_worst
    if at is None or privacy.part_of(at, arm.with_post) != "exact":
        return False
    if arm.reached is None:
        return True
    between = arm.reached - at if code == "ceiling" else arm.with_post - arm.reached - at
    return privacy.none_or_enough(between)


OF_PUPILS = ("within_one_site", "site_fixed_effects", "newcombe", "assumed_icc")
"""Estimators whose degrees of freedom count pupils."""


def df_of_classes(estimate: Estimate) -> bool:
    """Whether the degrees of freedom count classes, not pupils."""
    return bool(estimate.class_df) and estimate.estimator not in OF_PUPILS


def loss_may_leave(measurement: Measurement, result: OutcomeResult) -> bool:
    """Of another outcome than the first, or of classes that start in turn, a share lost is a count of few sooner."""
    rollout = result.steps is not None and not result.steps.two
    return not rollout and (result is measurement.primary or pupils_may_show(measurement, result))

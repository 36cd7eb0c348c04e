"""A difference, or growth, per lesson hour: learning gain beside the hours the approach took.

Hours come from the weeks and the minutes a week in the study file. It is a way to tell the same number, for who weighs
what an approach costs; the hours are not shown to be the cause of anything.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from .comparison import MIN_CLASS_DF_SEEN
from .levels import UNITS
from .measurement import Measurement

LESSON_MINUTES = 50
"""Minutes in a lesson hour of a Flemish school (recalled)."""


@dataclass(frozen=True, slots=True)
class PerLesson:
    """``value``, from ``low`` to ``high``, in points for the better per lesson hour; ``lessons`` such hours in all."""

    lessons: float
    value: float
    low: float
    high: float
    extra_minutes: float | None
    """Minutes a week that a teacher spent more, in the middle."""


def per_lesson(measurement: Measurement) -> PerLesson | None:
    """The main outcome per lesson hour; ``None`` without hours or an interval, or where it is no learning gain. Between
    surveys of other pupils no one grows."""
    study, result = measurement.study, measurement.primary
    weeks, minutes, main = study.context.weeks, study.context.minutes, result.main
    if weeks is None or minutes is None or result.outcome.domain != "learning_gain" or result.kind in UNITS:
        return None
    if (
        not study.followed
        or main is None
        or main.interval is None
        or (study.compared and result.class_df < MIN_CLASS_DF_SEEN)
    ):
        return None
    lessons = weeks * minutes / LESSON_MINUTES
    extra = study.conduct.extra_minutes
    return PerLesson(
        lessons,
        main.value / lessons,
        main.interval.low / lessons,
        main.interval.high / lessons,
        None if extra is None else float(statistics.median(extra)),
    )

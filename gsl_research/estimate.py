"""The one shape of a measured number.

*value* is positive when pupils do better. *class_df* counts the degrees of freedom that classes give:
0 with one class per arm, whatever the number of pupils. *points* are points on the test's own scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MIN_CLASS_DF_FOR_P = 4
"""No p-value below this class-level df (design page, section 6; policy)."""

Status = Literal["ok", "assumed_icc", "described", "beside"]

Reason = Literal[
    "no_pupils",
    "empty_arm",
    "too_few_classes",
    "too_few_pupils",
    "no_class_spread",
    "no_pupil_spread",
    "too_unreliable",
    "reliability_unknown",
    "singular",
    "one_sided_blocks",
    "out_of_reach",
    "no_slope_spread",
    "other_classes",
    "no_dose_spread",
    "dose_unknown",
    "other_question",
]
"""Why a number does not exist: no rows; an arm without classes; not enough classes or pupils for the method; class
means, or pupils within classes, that do not differ; a test with too much error, or of which nobody gave the
reliability; covariates that cannot be told apart; blocks without both arms; values beyond what double precision can
carry; pupils who do not visibly grow each at a pace of their own; outcomes of other classes; a dose that is the same
for all, or that too many pupils lack; a number that is not adjusted as the difference beside it is."""


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float
    level: float = 0.95

    def __post_init__(self):
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"an interval needs finite low <= high; got {self.low} and {self.high}")
        if not 0 < self.level < 1:
            raise ValueError(f"level must lie between 0 and 1; got {self.level}")

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its uncertainty, unit and origin.

    ``status`` is "ok", "assumed_icc" (a panel entry: right only if ``assumed_icc`` is), "described"
    (a description of these pupils, without interval) or "beside" (another defensible way to compute the same
    difference, shown next to the one that is "ok"). ``n`` names counts: pupils and classes per arm.
    Raises ValueError when the value lies outside its own interval, is not finite, or carries a p-value
    that too few classes cannot support.
    """

    metric: Literal["points", "g", "log_odds"]
    estimator: str
    value: float
    unit: str
    n: Mapping[str, int]
    source: str
    se: float | None = None
    df: float | None = None
    class_df: float | None = None
    interval: Interval | None = None
    p: float | None = None
    icc: float | None = None
    assumed_icc: float | None = None
    status: Status = "ok"

    def __post_init__(self):
        if not math.isfinite(self.value):
            raise ValueError(f"an estimate must be finite; got {self.value}")
        if self.interval is not None and not self.interval.holds(self.value):
            raise ValueError(f"{self.value} lies outside its own interval {self.interval}")
        if self.p is not None and (self.class_df is None or self.class_df < MIN_CLASS_DF_FOR_P):
            raise ValueError(f"no p-value with class_df {self.class_df}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEstimated:
    """What a method gives back when the data cannot carry its number: never a NaN, never an exception."""

    estimator: str
    reason: Reason

"""What the numbers alone say: the smallest worthwhile difference, and the code of an estimate beside it.

The order is that of the words page, section 3. What a set-up allows a school to say is for ``rating`` and ``judge``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from .comparison import MIN_CLASS_DF_SEEN
from .estimate import Estimate
from .levels import PER, UNITS
from .measurement import OutcomeResult
from .methods.effect_sizes import equivalence
from .methods.student import probability_positive
from .study import Conduct, Study

DEFAULT_MARGIN_SD = 0.20
"""Smallest worthwhile difference when none was set beforehand (design page, section 5; policy)."""
DEFAULT_MARGIN_SHARE = 10.0
"""The same for a share of pupils, in percentage points: 2 of 20 pupils (policy)."""
DEFAULT_MARGIN_PLACES = 6.0
"""The same for ordered levels, in places in a row of 100: with normal scores 0.20 SD is 5.6 (computed)."""
LEAN_PROBABILITY = 0.90
LEAN_CLASS_DF = 4
"""A lean needs P(δ > 0) ≥ .90 on at least 4 class-level df (words page, section 3; policy, simulated)."""
EQUIVALENCE_LEVEL = 0.90
"""Two one-sided 5 % tests are one 90 % interval (Schuirmann 1987; recalled)."""

Code = Literal[
    "ONE_CLASS", "NEGLIGIBLE", "NEG", "CLEAR_BIG", "CLEAR_POS", "LEAN_POS", "LEAN_NEG", "CANNOT",
    "GROWTH", "GROWTH_UNCLEAR", "DECLINE", "DESCRIBED",
]  # fmt: skip
GROWTH_CODES = ("GROWTH", "GROWTH_UNCLEAR", "DECLINE", "DESCRIBED")


@dataclass(frozen=True, slots=True)
class Margin:
    """The smallest worthwhile difference in points: set before the results, after them, or our rule of thumb."""

    points: float
    origin: Literal["before", "after", "rule"]

    @property
    def chosen(self) -> bool:
        return self.origin != "rule"


def smallest_worthwhile(result: OutcomeResult, conduct: Conduct, planned_on: date | None) -> Margin | None:
    if result.outcome.smallest_worthwhile is not None:
        late = planned_before(conduct, planned_on) is False
        points = result.outcome.smallest_worthwhile * (PER if result.kind in UNITS else 1)
        return Margin(points, "after" if late else "before")
    if result.kind in UNITS:
        return Margin(DEFAULT_MARGIN_SHARE if result.kind == "share" else DEFAULT_MARGIN_PLACES, "rule")
    return Margin(DEFAULT_MARGIN_SD * result.sd, "rule") if result.sd else None


def planned_before(conduct: Conduct, planned_on: date | None) -> bool | None:
    """Was the plan made before there were results? ``None`` when the study file does not tell."""
    if conduct.results_seen:
        return False
    if planned_on is None or conduct.post_on is None:
        return None
    return planned_on < conduct.post_on


def read_code(study: Study, result: OutcomeResult, margin: Margin | None) -> Code:
    """What the numbers say, before the rating has its word; in the order of the words page, section 3."""
    estimate = result.main
    if not study.compared:
        if estimate is None or estimate.interval is None:
            return "DESCRIBED"
        if estimate.interval.low > 0:
            return "GROWTH"
        return "DECLINE" if estimate.interval.high < 0 else "GROWTH_UNCLEAR"
    if not study.divided and (estimate is None or estimate.class_df < MIN_CLASS_DF_SEEN):
        return "ONE_CLASS"
    if estimate is None or estimate.interval is None:
        return "CANNOT"
    return compared_code(estimate, margin)


def compared_code(estimate: Estimate, margin: Margin) -> Code:
    if equivalence(estimate, margin.points, EQUIVALENCE_LEVEL).holds:
        return "NEGLIGIBLE"
    low, high = estimate.interval.low, estimate.interval.high
    if high < 0:
        return "NEG"
    if low > margin.points:
        return "CLEAR_BIG"
    if low > 0:
        return "CLEAR_POS"
    if estimate.class_df >= LEAN_CLASS_DF:
        better = probability_positive(estimate.value, estimate.se, estimate.df)
        if better >= LEAN_PROBABILITY:
            return "LEAN_POS"
        if better <= 1 - LEAN_PROBABILITY:
            return "LEAN_NEG"
    return "CANNOT"

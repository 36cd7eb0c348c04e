"""A difference as months of progress, where that means something: learning gain, compared classes, primary school.

The table is that of the Education Endowment Foundation, in ``months.toml``. It was made for standardised tests in
England; a test of one's own often shows more months than there are. So it stands in a fold, and only as a range.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .comparison import MIN_CLASS_DF_SEEN
from .measurement import Measurement

TABLE = Path(__file__).with_suffix(".toml")
LEVELS = ("primary",)
"""Levels of education whose progress the table tells (design page, section 6: primary only by default; policy)."""


@dataclass(frozen=True, slots=True)
class Months:
    """From ``low`` to ``high`` months more than without the approach, below 0 less; ``most`` + 1 is off the table."""

    low: int
    high: int
    most: int
    version: str


@cache
def table() -> dict:
    return tomllib.loads(TABLE.read_text("utf-8"))


def months(g: float) -> int:
    """Whole months that go with an effect size, with its sign; one more than the table has for what lies beyond it."""
    largest, size = table()["largest"], round(abs(g) + 1e-9, 2)
    found = next((count for count, end in enumerate(largest) if size <= end), len(largest))
    return found if g > 0 else -found


def progress(measurement: Measurement) -> Months | None:
    """The interval of the main outcome in months; ``None`` where the table does not speak of it."""
    study, result = measurement.study, measurement.primary
    compared = study.compared and result.class_df >= MIN_CLASS_DF_SEEN
    if not compared or result.outcome.domain != "learning_gain" or study.context.level not in LEVELS:
        return None
    if result.g is None or result.g.interval is None:
        return None
    low, high = months(result.g.interval.low), months(result.g.interval.high)
    return Months(low, high, len(table()["largest"]) - 1, table()["version"])

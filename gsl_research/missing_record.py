"""Who is missing from a measurement, as a record keeps it and as a card may tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from . import privacy
from .disclosure import arms_lost_may_show, before_may_show, bounds_may_show, roughly
from .estimate import Estimate
from .judge import Verdict
from .measurement import Measurement, OutcomeResult
from .methods.attrition import LeeBounds, Tipping


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeEntry:
    """How much higher pupils of one arm who left stood before than classmates who stayed; ``sds`` in SD."""

    arm: Literal["treated", "control", "single"]
    value: float
    sds: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TippingEntry:
    """Points that the missing pupils of one arm would have to score lower (negative: higher) for the difference to be
    0 (``sign``), or for its interval to begin to hold 0 (``interval``)."""

    arm: Literal["treated", "control"]
    sign: float
    interval: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingEntry:
    """Pupils who ``started``, were ``kept``, and ``left`` after the test before, by arm; ``None`` hides a count.

    ``boundary`` is that of What Works Clearinghouse. ``bounds`` are the lowest and highest difference of pupils who
    would have stayed in either arm. ``turns``: had the missing of one arm scored otherwise, within reason, the verdict
    would be another.
    """

    outcome: str
    started: dict[str, int | None]
    kept: dict[str, int | None]
    left: dict[str, int | None]
    classes: int
    classes_lost: int
    boundary: Literal["cautious", "optimistic", "beyond"] | None
    before: list[BeforeEntry]
    tipping: list[TippingEntry]
    bounds: list[float] | None
    turns: bool | None


def missing_entries(measurement: Measurement, verdict: Verdict, *, share: bool) -> Iterator[MissingEntry]:
    """Of every outcome; on a card (``share``) only of the primary one, beside which others would tell more."""
    turns = {one.outcome: one.missing_turns for one in verdict.primaries}
    for result in measurement.results:
        if result.missing is not None and (result is measurement.primary or not share):
            yield _entry(measurement, result, turns.get(result.outcome.name), share)


def _entry(measurement: Measurement, result: OutcomeResult, turns: bool | None, share: bool) -> MissingEntry:
    found = result.missing
    counts = not share or arms_lost_may_show(measurement)
    bounded = isinstance(found.bounds, LeeBounds) and (not share or bounds_may_show(measurement))

    def told(value: float) -> float:
        return round(value, privacy.MEAN_DECIMALS) if share else value

    def by_arm(of: dict[str, int], may_show: bool) -> dict[str, int | None]:
        return {arm: n if may_show and (not share or privacy.may_count(n)) else None for arm, n in of.items()}

    return MissingEntry(
        outcome=result.outcome.name,
        started=by_arm(found.started, counts),
        kept=by_arm(found.kept, counts),
        left=by_arm(found.left, not share),
        classes=found.classes,
        classes_lost=found.classes_lost,
        boundary=found.boundary if counts else None,
        before=[
            BeforeEntry(
                arm=arm,
                value=told(one.value),
                sds=told(one.value / found.before_sd) if found.before_sd > 0 else None,
                low=told(one.interval.low) if one.interval else None,
                high=told(one.interval.high) if one.interval else None,
            )
            for arm, one in found.before.items()
            if isinstance(one, Estimate) and (not share or before_may_show(one))
        ],
        tipping=[_tipping(arm, one, share) for arm, one in found.tipping.items() if counts],
        bounds=[told(found.bounds.low), told(found.bounds.high)] if bounded else None,
        turns=turns,
    )


def _tipping(arm: str, found: Tipping, share: bool) -> TippingEntry:
    ends = [end if end is None or not share else roughly(end) for end in (found.sign, found.interval)]
    return TippingEntry(arm=arm, sign=ends[0], interval=ends[1])

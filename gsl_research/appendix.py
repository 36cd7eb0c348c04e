"""What a record says beside the main numbers: several primary outcomes, the families they are judged in, the dose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import privacy
from .disclosure import dose_means, shareable
from .estimate import Estimate
from .judge import FAMILY_LEVEL, Verdict
from .measurement import Measurement
from .methods.dose import Complier
from .methods.several import MaxT

DECIMALS = 3
"""Of a p-value, and of points per unit of dose: too coarse to work out one pupil's points (policy)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryEntry:
    """What is said of one of several primary outcomes. ``held``: clear by itself, and not beside the others."""

    outcome: str
    code: str
    capped_code: str
    reason: str | None
    rating: int
    margin: float | None
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyEntry:
    """One outcome among the ``outcomes`` of its role: ``p``, adjusted for the others by Holm and by drawing the classes
    again; ``None`` where classes are too few, or were not drawn."""

    outcome: str
    role: Literal["primary", "secondary"]
    outcomes: int
    p: float | None
    holm: float | None
    max_t: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseEntry:
    """How much of the approach pupils got. ``slope``: what classes scored more that got one more of it. ``per_dose``:
    what one more did for who got it by the draw, where that has two limits; ``kind`` says how its values lie, from
    ``low`` to ``high`` ("interval"), up to ``low`` or from ``high`` on ("outside"), "above", "below" or "whole".
    ``None``: not told, or not to be computed."""

    outcome: str
    mean_treated: float | None
    mean_control: float | None
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    per_dose: float | None
    kind: Literal["interval", "above", "below", "outside", "whole"] | None
    low: float | None
    high: float | None


def primary_entries(verdict: Verdict, told: set[str]) -> list[PrimaryEntry]:
    """Every primary outcome that may be ``told``, where there are several."""
    if len(verdict.primaries) < 2:
        return []
    return [
        PrimaryEntry(
            outcome=one.outcome,
            code=one.code,
            capped_code=one.capped_code,
            reason=one.reason,
            rating=one.security.rating,
            margin=one.margin.points if one.margin else None,
            held=one.held,
        )
        for one in verdict.primaries
        if one.outcome in told
    ]


def family_entries(measurement: Measurement, told: set[str]) -> list[FamilyEntry]:
    return [
        FamilyEntry(
            outcome=name,
            role=family.role,
            outcomes=len(family.outcomes),
            p=None if p is None else _rounded(p),
            holm=None if p is None else _rounded(holm),
            max_t=_rounded(family.max_t.p[place]) if isinstance(family.max_t, MaxT) else None,
        )
        for family in measurement.families
        for place, (name, p, holm) in enumerate(zip(family.outcomes, family.p, family.holm, strict=True))
        if len(family.outcomes) > 1 and name in told
    ]


def _rounded(p: float) -> float:
    """Below the level at which a difference is claimed, it stays below."""
    rounded = round(p, DECIMALS)
    return round(rounded - 10**-DECIMALS, DECIMALS) if p < FAMILY_LEVEL <= rounded else rounded


def dose_entry(measurement: Measurement, verdict: Verdict, share: bool) -> DoseEntry | None:
    """On a card no more than on the page: nothing per dose of a difference that is held back."""
    found, result = measurement.dose, measurement.primary
    if found is None or (share and not shareable(result)):
        return None

    def told(value: float | None) -> float | None:
        return round(value, DECIMALS) if share and value is not None else value

    slope = found.slope.interval if isinstance(found.slope, Estimate) else None
    held = share and verdict.held_back
    effect = found.complier if isinstance(found.complier, Complier) and not held else None
    means = dose_means(found) if share else found.means
    shown = {arm: round(mean, privacy.MEAN_DECIMALS) if share else mean for arm, mean in means.items()}
    return DoseEntry(
        outcome=result.outcome.name,
        mean_treated=shown.get("treated"),
        mean_control=shown.get("control"),
        slope=told(found.slope.value) if slope else None,
        slope_low=told(slope.low) if slope else None,
        slope_high=told(slope.high) if slope else None,
        per_dose=told(effect.value) if effect and effect.within.kind == "interval" else None,
        kind=effect.within.kind if effect else None,
        low=told(effect.within.low) if effect else None,
        high=told(effect.within.high) if effect else None,
    )

"""What was measured, outcome by outcome, as a record keeps it: the scale and what was asked of it before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from .central_tests import Source
from .measurement import OutcomeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeEntry:
    """``scale`` is that of the test afterwards, (lowest, highest) in the points of the test. ``smallest_worthwhile`` is
    what the study file asks, in the unit of its points; of levels a part of 1."""

    name: str
    label: str
    domain: Literal[
        "learning_gain", "learning_capacity", "motivation", "wellbeing", "relations", "workload", "admin_load"
    ]
    role: Literal["primary", "secondary", "side_effect"]
    source: Source
    scale: list[float] | None
    better: Literal["higher", "lower"]
    graded: Literal["points", "goals", "share", "order"]
    smallest_worthwhile: float | None


def outcome_entries(results: Iterable[OutcomeResult]) -> Iterator[OutcomeEntry]:
    for result in results:
        outcome = result.outcome
        yield OutcomeEntry(
            name=outcome.name,
            label=outcome.label,
            domain=outcome.domain,
            role=outcome.role,
            source=outcome.source,
            scale=None if outcome.scale_post is None else [float(end) for end in outcome.scale_post],
            better=outcome.better,
            graded=result.kind,
            smallest_worthwhile=outcome.smallest_worthwhile,
        )

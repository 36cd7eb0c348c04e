"""How many pupils stood at each level and reached each goal, as the school's own record keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .measurement import OutcomeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEntry:
    """Pupils of one arm at each level, the worst first; of a goal, those who did not reach it and those who did."""

    outcome: str
    goal: str | None
    arm: Literal["treated", "control", "single"]
    occasion: Literal["pre", "post"]
    levels: list[str]
    pupils: list[int]


def levels_of(result: OutcomeResult) -> Iterator[LevelEntry]:
    """For the school itself: small counts are among them."""
    for arm, one in result.arms.items():
        for occasion, pupils in (("pre", one.levels_pre), ("post", one.levels_post)):
            if pupils is not None:
                yield _entry(result, None, arm, occasion, list(result.level_names), list(pupils))
    for one in result.goals.counts if result.goals else ():
        name = result.goals.names[one.goal]
        for occasion, reached in (("pre", one.reached_before), ("post", one.reached)):
            if reached is not None:
                yield _entry(result, name, one.arm, occasion, ["0", "1"], [one.judged - reached, reached])


def _entry(result: OutcomeResult, goal, arm, occasion, levels, pupils) -> LevelEntry:
    name = result.outcome.name
    return LevelEntry(outcome=name, goal=goal, arm=arm, occasion=occasion, levels=levels, pupils=pupils)

"""The three answers, and what a school may do next: carry on, adapt, stop or measure again.

A *choice* speaks of these results alone. The school decides, with what it knows beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .codes import GROWTH_CODES, Code, Margin
from .study import Conduct

FIRM = 4
"""From this rating on a clear answer needs no second measurement (policy)."""
CARRIED_OUT = 0.6
"""An approach carried out less than this can be adapted before it is judged (methods page 3.3, cap 4; policy)."""


@dataclass(frozen=True, slots=True)
class SideEffect:
    outcome: str
    code: Literal["safe", "signal", "watch", "not_excluded", "described"]
    margin: Margin
    doubted: bool = False
    """Not excluded only since who is missing, the start or the set-up leaves the measured difference in doubt."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The three quality questions. Goal: "reached", "not_reached", "no_goal" or "not_measured"; everyone: what can be
    said of the spread; side effects: one entry per measured side effect, none meaning not measured."""

    goal: Literal["reached", "not_reached", "no_goal", "not_measured"]
    everyone: Literal["closer", "further", "unclear", "not_measured"]
    side_effects: tuple[SideEffect, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a school may do. ``fits``: do these results speak for it? ``reason`` says why, or why not."""

    option: Literal["continue", "adjust", "stop", "again"]
    fits: bool
    reason: str


BETTER = ("CLEAR_BIG", "CLEAR_POS", "LEAN_POS")
WORSE = ("NEG", "LEAN_NEG", "DECLINE")
SETTLED = ("CLEAR_BIG", "NEGLIGIBLE")


def choices(
    code: Code, rating: int, answers: Answers, conduct: Conduct, others: tuple[Code, ...] = ()
) -> Iterator[Choice]:
    """The four choices under a verdict's ``code`` as capped by the ``rating``, the lowest of all primary outcomes;
    ``others`` are the codes of those after the first."""
    harm = any(effect.code == "signal" for effect in answers.side_effects)
    better, worse = (any(other in codes for other in others) for codes in (BETTER, WORSE))
    yield _elsewhere(code, harm, better, worse) or _carry_on(code, harm)
    adjust = _adjust(code, harm, answers, conduct)
    yield Choice("adjust", True, "other_worse") if worse and adjust.reason in ("goal", "no_reason") else adjust
    stop = _stop(code, conduct)
    yield Choice("stop", False, "other_better") if better and stop.fits else stop
    clear = all(one in SETTLED for one in (code, *others)) and rating >= FIRM
    yield Choice("again", not clear, "firm" if clear else "weak")


def unseen(conduct: Conduct) -> Iterator[Choice]:
    """The four choices where what was found of the first primary outcome may not be told."""
    yield Choice("continue", False, "hidden")
    partly = conduct.fidelity is not None and conduct.fidelity < CARRIED_OUT
    yield Choice("adjust", partly, "carried_out" if partly else "hidden")
    yield Choice("stop", False, "hidden")
    yield Choice("again", True, "weak")


def _elsewhere(code: Code, harm: bool, better: bool, worse: bool) -> Choice | None:
    """What another primary outcome changes about carrying on."""
    if harm or code in WORSE:
        return None
    if worse:
        return Choice("continue", False, "other_worse")
    if better and code not in BETTER:
        return Choice("continue", True, "other_better")
    return None


def _carry_on(code: Code, harm: bool) -> Choice:
    if harm:
        return Choice("continue", False, "harm")
    match code:
        case "CLEAR_BIG" | "CLEAR_POS":
            return Choice("continue", True, "better")
        case "LEAN_POS":
            return Choice("continue", True, "leaning")
        case "NEG" | "LEAN_NEG" | "DECLINE":
            return Choice("continue", False, "worse")
        case "NEGLIGIBLE":
            return Choice("continue", True, "alike")
        case _:
            return Choice("continue", True, "growth" if code in GROWTH_CODES else "undecided")


def _adjust(code: Code, harm: bool, answers: Answers, conduct: Conduct) -> Choice:
    if harm:
        return Choice("adjust", True, "harm")
    if code in ("NEG", "LEAN_NEG", "DECLINE"):
        return Choice("adjust", True, "worse")
    if conduct.fidelity is not None and conduct.fidelity < CARRIED_OUT:
        return Choice("adjust", True, "carried_out")
    if answers.goal == "not_reached":
        return Choice("adjust", True, "goal")
    return Choice("adjust", False, "no_reason")


def _stop(code: Code, conduct: Conduct) -> Choice:
    if code == "NEG":
        return Choice("stop", True, "worse")
    if code == "NEGLIGIBLE":
        costs = conduct.extra_minutes is not None and sum(conduct.extra_minutes) > 0
        return Choice("stop", costs, "costs" if costs else "alike")
    return Choice("stop", False, "too_early")

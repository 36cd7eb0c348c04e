"""Is it different for some schools? Looked at only where their number allows, one question at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .estimate import Interval, NotEstimated
from .methods.moderators import CARDS_PER_MODERATOR, meta_regression
from .methods.student import t_interval
from .synthesis import School, Synthesis

FEWEST_OF_A_KIND = 3
"""Schools of either kind before both are compared (policy)."""
LEAST_WEEKS_APART = 2.0
"""Weeks between the shortest and the longest before they are compared (policy)."""

Question = Literal["level", "drawn", "weeks"]


@dataclass(frozen=True, slots=True)
class Found:
    """How much larger the difference is, in the unit of what leads, for one kind of school than for the other; of how
    long it lasted, for the most ``weeks`` compared with the fewest."""

    question: Question
    value: float
    interval: Interval
    weeks: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ForWhom:
    """``alike``: questions in which the schools differ too little to compare them. ``enough``: schools suffice."""

    enough: bool
    found: tuple[Found, ...] = ()
    alike: tuple[Question, ...] = ()


def for_whom(synthesis: Synthesis) -> ForWhom:
    """Meta-regression on one moderator at a time, in a fixed order: level, drawn or not, weeks.

    Schools that do not tell one are left out of its question alone. Not for: causes; schools chose all of these.
    """
    lead = synthesis.points or synthesis.g
    if lead is None or len(lead.schools) < CARDS_PER_MODERATOR:
        return ForWhom(False)
    found, alike = [], []
    for question, of in QUESTIONS.items():
        one = _one(question, lead.schools, of)
        if one is None:
            alike.append(question)
        else:
            found.append(one)
    return ForWhom(True, tuple(found), tuple(alike))


def _one(question: Question, schools: tuple[School, ...], of: Callable[[School], float | None]) -> Found | None:
    told = [(school, x) for school in schools if (x := of(school)) is not None]
    counts = Counter(x for _, x in told)
    if question != "weeks" and (len(counts) < 2 or min(counts.values()) < FEWEST_OF_A_KIND):
        return None
    fit = meta_regression(
        np.array([school.value for school, _ in told]),
        np.array([school.variance for school, _ in told]),
        np.array([x for _, x in told]),
    ) if told else None  # fmt: skip
    if fit is None or isinstance(fit, NotEstimated):
        return None
    slope = fit.coefficient(1)
    if question != "weeks":
        return Found(question, slope.value, t_interval(slope.value, slope.se, slope.df))
    weeks = min(counts), max(counts)
    apart = weeks[1] - weeks[0]
    if apart < LEAST_WEEKS_APART:
        return None
    return Found(question, apart * slope.value, t_interval(apart * slope.value, apart * slope.se, slope.df), weeks)


def _level(school: School) -> float | None:
    return _shared({"primary": 0.0, "secondary": 1.0}.get(one.card.study.context.get("level")) for one in school.used)


def _drawn(school: School) -> float | None:
    return _shared(
        None if one.card.study.randomised is None else float(one.card.study.randomised) for one in school.used
    )


def _weeks(school: School) -> float | None:
    weeks = [one.card.study.context.get("weeks") for one in school.used]
    return None if None in weeks else float(np.mean(weeks))


def _shared(values: Iterator[float | None]) -> float | None:
    """What all cards of a school tell alike."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


QUESTIONS: dict[Question, Callable[[School], float | None]] = {"level": _level, "drawn": _drawn, "weeks": _weeks}

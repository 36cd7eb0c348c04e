"""What a report would say of a study that goes as planned: the rating itself is asked, before there is a score.

A study is made up that lost nobody, with the classes, pupils and set-up that are planned. How wide its from-to is, and
how far its groups start apart, is chance: each width and each start has the rating that a report would give it, and
how often they come about follows from the plan. What may be said with a rating is that of ``judge``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from .codes import LEAN_CLASS_DF, LEAN_PROBABILITY, Margin
from .estimate import Estimate, Interval
from .measurement import Arm, Check, ClassResult, OutcomeResult
from .methods.precision import LEVEL, Precision
from .methods.told import Widths, told, told_from
from .rating import BASELINE_CAPS, WIDTH_CAPS, rate
from .study import Study

Word = Literal["clear", "cautious"]
LEAST_RATING: dict[Word, int] = {"clear": 3, "cautious": 2}
"""Rating from which a report calls a difference clear, or says that results point somewhere (``judge.cap_code``;
policy)."""
MOST_MADE = 40
"""Classes on a side of the study that is made up: no rule of the rating counts further (computed)."""
BEYOND = 0.01
"""Beyond the last limit of a table of caps, to ask what holds there (policy)."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is compared: ``treated`` and ``control`` classes, or the same number of classes twice when their pupils are
    ``divided``; pupils of each class on each side. ``start_sd`` is how far the sides start apart by chance, in SD of
    the report; ``None`` without a test before."""

    treated: int
    control: int
    pupils: tuple[float, float]
    divided: bool
    start_sd: float | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the report of a design will say. ``widths`` in points hold how often a difference may be told with a
    from-to of that width, for each word; ``claim`` is the level at which a difference is clear."""

    expected: Precision
    class_df: int
    claim: float
    widths: dict[Word, Widths]

    def share(self, word: Word, difference: float) -> float:
        """How often a true ``difference`` in points is told with this word, or a firmer one."""
        return told(self.expected, difference, self.widths[word], level=self._level(word))

    def least(self, word: Word) -> float | None:
        """The smallest true difference that four reports of five tell with this word; ``None`` when none is."""
        return told_from(self.expected, self.widths[word], level=self._level(word))

    def able(self, word: Word) -> bool:
        """Whether the set-up allows the word at all, in a study that is narrow enough."""
        return any(probability > 0 for _, probability in self.widths[word])

    def _level(self, word: Word) -> float:
        if word == "clear":
            return self.claim
        return 2 * LEAN_PROBABILITY - 1 if self.class_df >= LEAN_CLASS_DF else LEVEL


def foresee(
    study: Study, expected: Precision, sides: Sides, *, sd: float, margin: Margin | None, alpha: float
) -> Foreseen:
    """``expected`` and ``margin`` in points, ``sd`` the points of one SD of the report; ``alpha`` the p below which
    outcomes of one role together are called clear (``judge.FAMILY_LEVEL``), shared over the primary ones."""
    of_set_up = _ratings(study, min(expected.df, MOST_MADE), _few(sides), margin)
    starts = list(_starts(sides.start_sd))
    widths = {
        word: tuple(
            (limit * sd, sum(share for start, share in starts if of_set_up[limit, start] >= least))
            for limit, _ in WIDTH_CAPS
        )
        for word, least in LEAST_RATING.items()
    }
    primaries = sum(outcome.role == "primary" for outcome in study.outcomes)
    return Foreseen(expected, expected.df, 1 - min(alpha / primaries, 1 - LEVEL), widths)


def _few(sides: Sides) -> Sides:
    """The same set-up with no more classes than a rule of the rating counts."""
    treated, control = (min(count, MOST_MADE) for count in (sides.treated, sides.control))
    return replace(sides, treated=treated, control=control, start_sd=None if sides.start_sd is None else 0.0)


@lru_cache(maxsize=512)
def _ratings(study: Study, class_df: int, sides: Sides, margin: Margin | None) -> dict[tuple[float, float | None], int]:
    """The rating of a from-to up to each limit of width, between sides that start up to each limit apart; in SD."""
    made = _made(study, class_df, sides)
    widths = [limit for limit, _ in WIDTH_CAPS]
    starts = [None] if sides.start_sd is None else [limit for limit, _ in BASELINE_CAPS]
    return {
        (width, start): rate(study, _of_width(made, _at(width, widths), start and _at(start, starts)), margin).rating
        for width in widths
        for start in starts
    }


def _at(limit: float, limits: list[float]) -> float:
    return limit if math.isfinite(limit) else limits[-2] + BEYOND


def _starts(sd: float | None) -> Iterator[tuple[float | None, float]]:
    """Up to which limit of the caps there are the sides start apart, in SD, and how often; never without a test
    before."""
    if sd is None:
        yield None, 1.0
        return
    for low, high in pairwise([0.0, *(limit for limit, _ in BASELINE_CAPS)]):
        yield high, math.erf(high / sd / math.sqrt(2)) - math.erf(low / sd / math.sqrt(2))


def _made(study: Study, class_df: int, sides: Sides) -> OutcomeResult:
    """A result as ``measure`` would give it, of which nothing but the set-up is known."""
    counts = {"treated": (sides.treated, sides.pupils[0]), "control": (sides.control, sides.pupils[1])}
    classes, units = [], 0
    for name, (count, pupils) in counts.items():
        first = 0 if sides.divided else units
        units = first + count
        classes += [ClassResult(n + 1, n, name == "treated", round(pupils), 0.0, None) for n in range(first, units)]
    main = Estimate(
        metric="points", estimator="foreseen", value=0.0, unit="sd", n={}, source="plan", df=class_df, class_df=class_df
    )
    return OutcomeResult(
        outcome=study.primary,
        estimates=(main,),
        checks=tuple(Check(code, 0.0, False) for code in ("attrition", "attrition_gap", "classes_lost")),
        arms={name: _arm(count, pupils) for name, (count, pupils) in counts.items()},
        classes=tuple(classes),
        moments=None,
        treated=None,
        sd=1.0,
    )


def _of_width(made: OutcomeResult, width: float, start: float | None) -> OutcomeResult:
    """The same with a from-to that reaches ``width`` SD to either side, and sides that started ``start`` SD apart."""
    main = replace(made.estimates[0], interval=Interval(-width, width))
    checks = made.checks if start is None else (*made.checks, Check("baseline_g", start, False))
    return replace(made, estimates=(main,), checks=checks)


def _arm(classes: int, pupils: float) -> Arm:
    many = max(round(classes * pupils), 1)
    return Arm(many, classes, None, 0.0, many, None, None, None)

"""From a Measurement to a Verdict: what a school may conclude, as codes with reasons.

With ``codes`` and ``rating`` the only place with thresholds for conclusions. Each is a named constant with its source
and tag: verified (read or simulated), recalled, or policy (ours).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .choices import FIRM, Answers, Choice, SideEffect, choices, unseen
from .codes import GROWTH_CODES, LEAN_CLASS_DF, Code, Margin, compared_code, read_code, smallest_worthwhile
from .comparison import MIN_CLASS_DF_SEEN
from .disclosure import goal_answer_may_show, shareable
from .measurement import Family, Measurement, OutcomeResult
from .methods.sceptical import Posterior, posterior
from .methods.student import probability_positive
from .privacy import MEAN_DECIMALS
from .prospects import Ahead, ahead
from .rating import CLAIMS, Security, rate, rate_unseen, sound
from .study import GainGoal, ReachGoal, Study

WIDE_IN_MARGINS = 2
"""An interval reaching beyond 2 margins to both sides can tell nothing (methods page 3.2; policy)."""
FEW_CLASSES_DF = 10
"""Below this class-level df a clear result is probably too large (methods page 2.4, type M; verified)."""
PRIOR_MEAN, PRIOR_SD = 0.05, 0.25
"""Sceptical prior on g: typical school trials are small (methods page 3.2; recalled)."""
PROBABILITY_BANDS = ((0.95, "19/20"), (0.90, "9/10"), (0.80, "8/10"), (0.70, "7/10"), (0.0, "5/10"))
"""(at least this probability, how it is told): always the band below (methods page 3.2; policy)."""
IMPLAUSIBLE_G = 0.80
"""A difference beyond this many SD is rare in schools: look for errors in the data first (methods page 3.1; policy)."""
WATCH_PROBABILITY = 0.10
"""A side effect worse than its margin that is at least this probable is watched (methods page 3.4; policy)."""
FAMILY_LEVEL = 0.05
"""Of several outcomes with one role, one is told to differ clearly only with a p below this after Holm: at most one
study in twenty without any difference then claims something (methods page, row l; policy, simulated: ``families``)."""


@dataclass(frozen=True, slots=True)
class Belief:
    """How probable it is that the true difference lies on the side of the measured one: with the sceptical prior, with
    none, and the ``band`` in which a report tells the first."""

    sceptical: float
    flat: float
    band: str


@dataclass(frozen=True, slots=True)
class OutcomeVerdict:
    """What may be said of one primary or secondary outcome. ``held``: clear by itself, and not beside the others of its
    role; ``capped_code`` then only leans."""

    outcome: str
    code: Code
    capped_code: Code
    reason: Literal["wide", "wide_spread", "wide_pupils", "between", "capped", "capped_alike"] | None
    security: Security
    margin: Margin | None
    held: bool
    implausible: bool
    goal: Literal["reached", "not_reached", "no_goal"]
    missing_turns: bool = False
    """Would the code be another one if the pupils who are missing from one side scored otherwise, within reason?"""

    @property
    def claims(self) -> bool:
        """Is a difference told as clear?"""
        return self.capped_code in CLAIMS


@dataclass(frozen=True, slots=True)
class Verdict:
    """``code`` is what the numbers say, ``capped_code`` what the set-up lets us say; ``reason`` belongs to CANNOT."""

    code: Code
    capped_code: Code
    reason: Literal["wide", "wide_spread", "wide_pupils", "between", "capped", "capped_alike", "unseen"] | None
    security: Security
    margin: Margin | None
    answers: Answers
    expected: float | None
    """What to count on after a clear result from few classes, in points: the shrunken estimate."""
    belief: Belief | None
    implausible: bool
    """Is the difference so large that errors in the data come to mind first?"""
    choices: tuple[Choice, ...]
    """What a school may do next, and whether these results speak for it."""
    primaries: tuple[OutcomeVerdict, ...]
    """Every primary outcome in the order of the study file; the first is told above."""
    secondaries: tuple[OutcomeVerdict, ...]
    ahead: Ahead | None
    """What one class can run next that tells more."""
    missing_turns: bool = False
    """That of the first primary outcome."""

    @property
    def held_back(self) -> bool:
        """Do the set-up, or the size of the difference, ask not to calculate on with it?"""
        return self.implausible or self.capped_code != self.code

    def __repr__(self) -> str:
        security = self.security
        return f"Verdict({self.code}, capped to {self.capped_code}, rating {security.rating} by {security.weakest})"


def judge(measurement: Measurement) -> Verdict:
    """What may be concluded from each primary outcome, the first of which leads, and the three answers."""
    study, result = measurement.study, measurement.primary
    primaries, secondaries = (
        tuple(
            _verdict_on(study, one, measurement.family(role)) for one in measurement.results if one.outcome.role == role
        )
        for role in ("primary", "secondary")
    )
    first = primaries[0]
    clear = first.capped_code in ("CLEAR_BIG", "CLEAR_POS")
    few = result.main is not None and result.main.class_df is not None and result.main.class_df < FEW_CLASSES_DF
    answers = Answers(first.goal, _everyone(result), tuple(_side_effects(measurement)))
    return Verdict(
        code=first.code,
        capped_code=first.capped_code,
        reason=first.reason,
        security=first.security,
        margin=first.margin,
        answers=answers,
        expected=_expected(result) if clear and few else None,
        belief=_belief(result) if study.compared else None,
        implausible=first.implausible,
        choices=tuple(_choices(primaries, answers, study)),
        primaries=primaries,
        secondaries=secondaries,
        ahead=ahead(study, result, first.margin, FAMILY_LEVEL),
        missing_turns=first.missing_turns,
    )


def as_told(measurement: Measurement, verdict: Verdict) -> Verdict:
    """The verdict of a page or a card: rating, margin and choices follow from no outcome that is hidden there."""
    results = {result.outcome.name: result for result in measurement.results}
    shown = {name for name, result in results.items() if shareable(result)}
    study, primary, first = measurement.study, measurement.primary, verdict.primaries[0]
    if first.outcome not in shown:
        margin = verdict.margin if verdict.margin is not None and verdict.margin.chosen else None
        security = rate_unseen(study, primary, verdict.margin)
        able = None if primary.outcome.central else verdict.ahead  # it tells how far pupils lie apart
        return replace(verdict, security=security, margin=margin, choices=tuple(unseen(study.conduct)), ahead=able)
    told = tuple(one for one in verdict.primaries if one.outcome in shown)
    effects = tuple(one for one in verdict.answers.side_effects if one.outcome in shown)
    goal = verdict.answers.goal if goal_answer_may_show(primary) else "no_goal"
    answers = replace(verdict.answers, goal=goal, side_effects=effects)
    most = FIRM - 1 if len(told) < len(verdict.primaries) else FIRM
    return replace(verdict, choices=tuple(_choices(told, answers, study, most)))


def _verdict_on(study: Study, result: OutcomeResult, family: Family | None) -> OutcomeVerdict:
    margin = smallest_worthwhile(result, study.conduct, study.planned_on)
    security = rate(study, result, margin)
    code = read_code(study, result, margin)
    capped = cap_code(code, security.rating)
    held = capped in CLAIMS and family is not None and len(family.outcomes) > 1
    held = held and family.holm[family.outcomes.index(result.outcome.name)] >= FAMILY_LEVEL
    if held:
        capped = "LEAN_NEG" if capped == "NEG" else "LEAN_POS"
    return OutcomeVerdict(
        outcome=result.outcome.name,
        code=code,
        capped_code=capped,
        reason=_reason(code, capped, result, margin),
        security=security,
        margin=margin,
        held=held,
        implausible=_implausible(study, result),
        goal=_goal(result),
        missing_turns=_missing_turns(capped, result, margin),
    )


def _choices(
    primaries: tuple[OutcomeVerdict, ...], answers: Answers, study: Study, most: int = FIRM
) -> Iterator[Choice]:
    first, *others = primaries
    codes = tuple(other.capped_code for other in others)
    rating = min(most, *(one.security.rating for one in primaries))
    return choices(first.capped_code, rating, answers, study.conduct, codes)


def cap_code(code: Code, rating: int) -> Code:
    """The vocabulary a rating allows: 0-1 nothing but "we don't know", 2 at most a lean, 3 and more the full set."""
    if code in GROWTH_CODES or code in ("ONE_CLASS", "CANNOT") or rating >= 3:
        return code
    if rating == 2:
        leaning: dict[Code, Code] = {
            "CLEAR_BIG": "LEAN_POS",
            "CLEAR_POS": "LEAN_POS",
            "NEG": "LEAN_NEG",
            "NEGLIGIBLE": "CANNOT",
        }
        return leaning.get(code, code)
    return "CANNOT"


def _missing_turns(told: Code, result: OutcomeResult, margin: Margin | None) -> bool:
    """Only of what is said plainly: a lean, or that we do not know, leaves room for it already."""
    if told not in (*CLAIMS, "NEGLIGIBLE") or result.missing is None:
        return False
    return any(compared_code(moved, margin) != told for moved in result.missing.shifted)


def _reason(code: Code, capped: Code, result: OutcomeResult, margin: Margin | None):
    estimate = result.main
    if capped != "CANNOT":
        return None
    if estimate is None or estimate.interval is None:
        return "unseen"
    if code == "NEGLIGIBLE":
        return "capped_alike"
    if code != "CANNOT" and not estimate.interval.holds(0):
        return "capped"
    if estimate.interval.half_width > WIDE_IN_MARGINS * margin.points:
        if result.units == 1:
            return "wide_pupils"
        return "wide" if estimate.class_df < FEW_CLASSES_DF else "wide_spread"
    return "between"


def _sceptical(result: OutcomeResult) -> Posterior | None:
    """On g, with the df of the difference in points."""
    if result.g is None or not result.g.se or result.main is None or result.main.df is None:
        return None
    return posterior(result.g.value, result.g.se, result.main.df, prior_mean=PRIOR_MEAN, prior_sd=PRIOR_SD)


def _expected(result: OutcomeResult) -> float | None:
    """The estimate drawn towards the sceptical prior, in points."""
    drawn = _sceptical(result)
    if drawn is None or not result.g.value:
        return None
    return drawn.mean * result.main.value / result.g.value


def _belief(result: OutcomeResult) -> Belief | None:
    drawn = _sceptical(result)
    if drawn is None or result.class_df < LEAN_CLASS_DF:
        return None
    main = result.main
    flat = probability_positive(main.value, main.se, main.df)
    sceptical = drawn.positive
    if main.value < 0:
        flat, sceptical = 1 - flat, 1 - sceptical
    return Belief(sceptical, flat, next(band for least, band in PROBABILITY_BANDS if sceptical >= least))


def _implausible(study: Study, result: OutcomeResult) -> bool:
    seen = study.compared and result.class_df >= MIN_CLASS_DF_SEEN and result.g is not None
    return seen and abs(result.g.value) > IMPLAUSIBLE_G


def _goal(result: OutcomeResult):
    arm = result.arms.get("treated") or result.arms["single"]
    match result.outcome.goal:
        case None:
            return "no_goal"
        case ReachGoal() as goal:
            return "reached" if arm.reached >= goal.pupils(arm.with_post) else "not_reached"
        case GainGoal(gain=gain):
            gained = result.outcome.sign * (arm.mean_post - arm.mean_pre)
            return "reached" if round(gained, MEAN_DECIMALS) >= gain else "not_reached"


def _everyone(result: OutcomeResult):
    if result.spread is None:
        return "not_measured"
    interval = result.spread.interval
    if interval.high < 1:
        return "closer"
    return "further" if interval.low > 1 else "unclear"


def _side_effects(measurement: Measurement) -> Iterator[SideEffect]:
    comparison = measurement.study.compared
    for result in measurement.results:
        if result.outcome.role != "side_effect":
            continue
        margin = smallest_worthwhile(result, measurement.study.conduct, measurement.study.planned_on)
        estimate = result.main
        interval = estimate.interval if estimate is not None else None
        if not comparison or interval is None or estimate.class_df < MIN_CLASS_DF_SEEN or margin is None:
            yield SideEffect(result.outcome.name, "described", margin)
        elif interval.low > -margin.points and sound(result, measurement.study):
            yield SideEffect(result.outcome.name, "safe", margin)
        elif interval.high < 0:
            yield SideEffect(result.outcome.name, "signal", margin)
        elif probability_positive(-margin.points - estimate.value, estimate.se, estimate.df) > WATCH_PROBABILITY:
            yield SideEffect(result.outcome.name, "watch", margin)
        else:
            doubted = interval.low > -margin.points
            yield SideEffect(result.outcome.name, "not_excluded", margin, doubted)

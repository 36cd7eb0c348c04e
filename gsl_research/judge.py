"""From a Measurement to a Verdict: what a school may conclude, as codes with reasons.

The only place with thresholds for conclusions. Each is a named constant with its source and tag: verified (read or
simulated), recalled, or policy (ours). A *cap* is the highest rating one criterion allows; the *rating* is the weakest
of all caps and speaks of the set-up, never of the direction of a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from .estimate import Estimate
from .measure import Measurement, OutcomeResult
from .methods.student import probability_positive, t_interval
from .privacy import MEAN_DECIMALS
from .study import Comparison, Conduct, GainGoal, OneGroup, ReachGoal, Study

DEFAULT_MARGIN_SD = 0.20
"""Smallest worthwhile difference when none was set beforehand (design page, section 5; policy)."""
LEAN_PROBABILITY = 0.90
LEAN_CLASS_DF = 4
"""A lean needs P(δ > 0) ≥ .90 on at least 4 class-level df (words page, section 3; policy, simulated)."""
EQUIVALENCE_LEVEL = 0.90
"""Two one-sided 5 % tests are one 90 % interval (Schuirmann 1987; recalled)."""
WIDE_IN_MARGINS = 2
"""An interval reaching beyond 2 margins to both sides can tell nothing (methods page 3.2; policy)."""
FEW_CLASSES_DF = 10
"""Below this class-level df a clear result is probably too large (methods page 2.4, type M; verified)."""
PRIOR_MEAN, PRIOR_SD = 0.05, 0.25
"""Sceptical prior on g: typical school trials are small (methods page 3.2; recalled)."""

CLASS_DF_CAPS = ((18, 5), (10, 4), (4, 3), (2, 2), (0, 1))
"""(at least this class-level df, cap): methods page 3.3; policy."""
ONE_CLASS_ARM_CAP = 2
"""An arm of one class: its class spread cannot be seen (design page, section 6; policy, simulated)."""
WIDTH_CAPS = ((0.20, 5), (0.30, 4), (0.45, 3), (0.70, 2), (float("inf"), 1))
"""(half-width of the 95 % interval in SD, cap): methods page 3.3; policy."""
ATTRITION_CAPS = ((0.10, 5), (0.20, 4), (0.30, 3), (0.40, 2), (0.50, 1), (float("inf"), 0))
ATTRITION_GAP_CAPS = ((0.03, 5), (0.05, 4), (0.08, 3), (float("inf"), 2))
"""(share lost, cap) overall and (difference between arms, cap): methods page 3.3; policy."""
BASELINE_CAPS = ((0.05, 5), (0.15, 4), (0.25, 3), (0.40, 2), (float("inf"), 1))
"""(difference at the start in SD, cap): .05 and .25 from WWC handbook 4.1 (verified), the rest policy."""
MARGIN_UNSET_CAP = 3
"""The difference worth having was not set beforehand (design page, section 5; policy)."""
RELIABILITY_CAPS = ((0.85, 5), (0.75, 4), (0.65, 3), (0.55, 2), (0, 1))
FIDELITY_CAPS = ((0.8, 5), (0.6, 4), (0.4, 3), (0.01, 2), (0, 1))
"""(at least this, cap): methods page 3.3; policy."""
SCORING_CAPS = {"external_blind": 5, "external": 4, "own_rubric": 3, "own_taught": 2, "impression": 1}
"""Who marked: methods page 3.3; policy."""
SAFE_CAP = 3
"""A side effect is called safe only when attrition and baseline of that outcome reach this cap (policy)."""
FULL = 5
MANY_WEAK = 3
"""This many known criteria at the minimum lower the rating by one (methods page 3.3; policy)."""

Code = Literal[
    "ONE_CLASS", "NEGLIGIBLE", "NEG", "CLEAR_BIG", "CLEAR_POS", "LEAN_POS", "LEAN_NEG", "CANNOT",
    "GROWTH", "GROWTH_UNCLEAR", "DECLINE", "DESCRIBED",
]  # fmt: skip
GROWTH_CODES = ("GROWTH", "GROWTH_UNCLEAR", "DECLINE", "DESCRIBED")


@dataclass(frozen=True, slots=True)
class Cap:
    """``known`` is False when the study file or the data do not tell: then the "unknown" cap counts."""

    criterion: Literal[
        "comparison", "class_df", "width", "attrition", "baseline", "margin", "reliability", "scoring", "fidelity"
    ]
    cap: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class Security:
    """``rating`` 0-5, ``weakest`` the criterion to mend first, ``lift`` the rating once it is mended."""

    rating: int
    caps: tuple[Cap, ...]
    weakest: str
    lift: int


@dataclass(frozen=True, slots=True)
class Margin:
    """The smallest worthwhile difference in points: set before the results, after them, or our rule of thumb."""

    points: float
    origin: Literal["before", "after", "rule"]

    @property
    def chosen(self) -> bool:
        return self.origin != "rule"


@dataclass(frozen=True, slots=True)
class SideEffect:
    outcome: str
    code: Literal["safe", "signal", "not_excluded", "described"]
    margin: Margin


@dataclass(frozen=True, slots=True)
class Answers:
    """The three quality questions. Goal: "reached", "not_reached", "no_goal" or "not_measured"; everyone: what can be
    said of the spread; side effects: one entry per measured side effect, none meaning not measured."""

    goal: Literal["reached", "not_reached", "no_goal", "not_measured"]
    everyone: Literal["closer", "further", "unclear", "not_measured"]
    side_effects: tuple[SideEffect, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``code`` is what the numbers say, ``capped_code`` what the set-up lets us say; ``reason`` belongs to CANNOT."""

    code: Code
    capped_code: Code
    reason: Literal["wide", "wide_spread", "between", "capped", "capped_alike"] | None
    security: Security
    margin: Margin | None
    answers: Answers
    expected: float | None
    """What to count on after a clear result from few classes, in points: the shrunken estimate."""

    def __repr__(self) -> str:
        security = self.security
        return f"Verdict({self.code}, capped to {self.capped_code}, rating {security.rating} by {security.weakest})"


def judge(measurement: Measurement) -> Verdict:
    """What may be concluded from the primary outcome, and the three answers."""
    study, result = measurement.study, measurement.primary
    margin = smallest_worthwhile(result, study.conduct, study.planned_on)
    security = rate(study, result, margin)
    code = read_code(study, result, margin)
    capped = cap_code(code, security.rating)
    clear = capped in ("CLEAR_BIG", "CLEAR_POS")
    few = result.main is not None and result.main.class_df is not None and result.main.class_df < FEW_CLASSES_DF
    return Verdict(
        code=code,
        capped_code=capped,
        reason=_reason(code, capped, result.main, margin),
        security=security,
        margin=margin,
        answers=Answers(_goal(result), _everyone(result), tuple(_side_effects(measurement))),
        expected=shrunken(result) if clear and few else None,
    )


def smallest_worthwhile(result: OutcomeResult, conduct: Conduct, planned_on: date | None) -> Margin | None:
    if result.outcome.smallest_worthwhile is not None:
        return Margin(result.outcome.smallest_worthwhile, "after" if _set_late(conduct, planned_on) else "before")
    return Margin(DEFAULT_MARGIN_SD * result.sd, "rule") if result.sd else None


def _set_late(conduct: Conduct, planned_on: date | None) -> bool:
    late = planned_on is not None and conduct.post_on is not None and planned_on >= conduct.post_on
    return late or conduct.results_seen is True


def read_code(study: Study, result: OutcomeResult, margin: Margin | None) -> Code:
    """What the numbers say, before the rating has its word; in the order of the words page, section 3."""
    estimate = result.main
    if isinstance(study.design, OneGroup):
        if estimate is None or estimate.interval is None:
            return "DESCRIBED"
        if estimate.interval.low > 0:
            return "GROWTH"
        return "DECLINE" if estimate.interval.high < 0 else "GROWTH_UNCLEAR"
    if estimate is None or estimate.class_df < 2:
        return "ONE_CLASS"
    near = t_interval(estimate.value, estimate.se, estimate.df, EQUIVALENCE_LEVEL)
    if -margin.points < near.low and near.high < margin.points:
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


def _reason(code: Code, capped: Code, estimate: Estimate | None, margin: Margin | None):
    if capped != "CANNOT":
        return None
    if code == "NEGLIGIBLE":
        return "capped_alike"
    if code != "CANNOT" and not estimate.interval.holds(0):
        return "capped"
    if estimate.interval.half_width > WIDE_IN_MARGINS * margin.points:
        return "wide" if estimate.class_df < FEW_CLASSES_DF else "wide_spread"
    return "between"


def shrunken(result: OutcomeResult) -> float | None:
    """The estimate drawn towards the sceptical prior, in points: precision-weighted on g."""
    if result.g is None or not result.g.se:
        return None
    weight = PRIOR_SD**2 / (PRIOR_SD**2 + result.g.se**2)
    g = PRIOR_MEAN + weight * (result.g.value - PRIOR_MEAN)
    return g * result.main.value / result.g.value if result.g.value else None


def rate(study: Study, result: OutcomeResult, margin: Margin | None) -> Security:
    """The security rating: the weakest cap, one lower when three known criteria share it or something else changed."""
    caps = tuple(_caps(study, result, margin))
    weakest = min(caps, key=lambda cap: cap.cap)
    other_change = study.conduct.concurrent_change is True
    mended = tuple(replace(cap, cap=FULL) if cap is weakest else cap for cap in caps)
    return Security(_rating(caps, other_change), caps, weakest.criterion, _rating(mended, other_change))


def _rating(caps: tuple[Cap, ...], other_change: bool) -> int:
    lowest = min(cap.cap for cap in caps)
    at_minimum = sum(cap.known and cap.cap == lowest for cap in caps)
    lowered = (at_minimum >= MANY_WEAK and lowest < FULL) or other_change
    return max(lowest - lowered, 0)


def _caps(study: Study, result: OutcomeResult, margin: Margin | None) -> Iterator[Cap]:
    yield _comparison_cap(study)
    if isinstance(study.design, Comparison):
        yield Cap("class_df", _class_df_cap(result))
        seen = result.main or (result.panel[len(result.panel) // 2] if result.panel else None)
        if seen is not None and result.sd:
            yield Cap("width", _cap(seen.interval.half_width / result.sd, WIDTH_CAPS))
        yield Cap("baseline", _cap(abs(result.check("baseline_g").value), BASELINE_CAPS))
    yield Cap("attrition", _attrition_cap(result))
    yield from _conduct_caps(study)
    if isinstance(study.design, Comparison) and margin is not None and margin.origin != "before":
        yield Cap("margin", MARGIN_UNSET_CAP)


def _conduct_caps(study: Study) -> Iterator[Cap]:
    """Only what the study file tells: what it leaves out does not lower the rating yet."""
    if isinstance(study.design, Comparison):
        if study.primary.reliability is not None:
            yield Cap("reliability", _least(study.primary.reliability, RELIABILITY_CAPS))
        if study.conduct.fidelity is not None:
            yield Cap("fidelity", _least(study.conduct.fidelity, FIDELITY_CAPS))
    if study.conduct.scoring is not None:
        yield Cap("scoring", SCORING_CAPS[study.conduct.scoring])


def _least(value: float, table: tuple[tuple[float, int], ...]) -> int:
    return next(cap for least, cap in table if value >= least - 1e-12)


def _comparison_cap(study: Study) -> Cap:
    match study.design:
        case OneGroup(selected_low=selected_low):
            return Cap("comparison", 0 if selected_low else 1)
        case Comparison() if study.conduct.comparison in ("last_year", "other_period"):
            return Cap("comparison", 2)
        case Comparison(randomised=True):
            return Cap("comparison", 5)
        case Comparison():
            same = study.primary.tests != "different"
            return Cap("comparison", 3 if same else 2, known=study.conduct.comparison is not None)
        case _:
            raise ValueError(f"no rating for {study.design.kind}")


def _class_df_cap(result: OutcomeResult) -> int:
    classes = [item.treated for item in result.classes]
    cap = next((cap for least, cap in CLASS_DF_CAPS if len(classes) - 2 >= least), 1)
    one_class_arm = min(classes.count(True), classes.count(False)) == 1
    return min(cap, ONE_CLASS_ARM_CAP) if one_class_arm else cap


def _attrition_cap(result: OutcomeResult) -> int:
    if result.check("classes_lost").value > 0:
        return 0
    cap = _cap(result.check("attrition").value, ATTRITION_CAPS)
    gap = result.check("attrition_gap")
    return cap if gap is None else min(cap, _cap(gap.value, ATTRITION_GAP_CAPS))


def _cap(value: float, table: tuple[tuple[float, int], ...]) -> int:
    return next(cap for limit, cap in table if value <= limit + 1e-12)


def _sound(result: OutcomeResult) -> bool:
    baseline = _cap(abs(result.check("baseline_g").value), BASELINE_CAPS)
    return min(_attrition_cap(result), baseline) >= SAFE_CAP


def _goal(result: OutcomeResult):
    arm = result.arms.get("treated") or result.arms["single"]
    match result.outcome.goal:
        case None:
            return "no_goal"
        case ReachGoal(share=share):
            return "reached" if arm.reached >= share * arm.with_post - 1e-9 else "not_reached"
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
    comparison = isinstance(measurement.study.design, Comparison)
    for result in measurement.results:
        if result.outcome.role != "side_effect":
            continue
        margin = smallest_worthwhile(result, measurement.study.conduct, measurement.study.planned_on)
        estimate = result.main
        interval = estimate.interval if estimate is not None else None
        if not comparison or interval is None or estimate.class_df < 2 or margin is None:
            yield SideEffect(result.outcome.name, "described", margin)
        elif interval.low > -margin.points and _sound(result):
            yield SideEffect(result.outcome.name, "safe", margin)
        elif interval.high < 0:
            yield SideEffect(result.outcome.name, "signal", margin)
        else:
            yield SideEffect(result.outcome.name, "not_excluded", margin)

"""How firmly a conclusion stands: the rating from 0 to 5, as the weakest of its caps.

A *cap* is the highest rating one criterion allows. The rating speaks of the set-up, never of the direction of a result.
Each threshold is a named constant with its source and tag: verified (read or simulated), recalled, or policy (ours).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from . import privacy
from .codes import Margin, compared_code, planned_before
from .comparison import ADJUSTING, MIN_CLASS_DF_SEEN
from .estimate import NotEstimated
from .measurement import OutcomeResult
from .methods import clusters
from .methods.mastery import UNEQUAL_ARMS
from .methods.student import t_interval
from .study import Comparison, Growth, MultiSite, OneGroup, Outcome, Stepped, Study, Survey

BORROWED_CAP = 2
"""One class per arm with the class spread of other classes on the same test (methods page 3.3; policy)."""
CLASS_DF_CAPS = ((18, 5), (10, 4), (4, 3), (2, 2), (0, 1))
"""(at least this class-level df, cap): methods page 3.3; policy."""
SMALL_ARM = 3
SMALL_ARM_CAP = 2
"""With fewer than 3 classes beside a larger arm, equal class spread is taken on trust: with double the spread 2 v 6
finds 14 % where nothing is, 1 v 5 17 % (design page, section 6; methods page 2.3; policy, simulated)."""
UNEQUAL_SHARES_CAP = 2
"""Shares in arms of unequal size: the larger arm carries the spread of both, and with .5 beside .8 a study of 1 v 5 to
3 v 9 classes misses 5 to 9 % (simulated: ``mastery.risk_difference``)."""
DISAGREE_CAP = 2
OPPOSE_CAP = 1
"""Another defensible calculation leads to another verdict, or points the other way (design page, section 6; policy)."""
WIDTH_CAPS = ((0.20, 5), (0.30, 4), (0.45, 3), (0.70, 2), (float("inf"), 1))
"""(half-width of the 95 % interval in SD, cap): methods page 3.3; policy."""
ATTRITION_CAPS = ((0.10, 5), (0.20, 4), (0.30, 3), (0.40, 2), (0.50, 1), (float("inf"), 0))
ATTRITION_GAP_CAPS = ((0.03, 5), (0.05, 4), (0.08, 3), (float("inf"), 2))
"""(share lost, cap) overall and (difference between arms, cap): methods page 3.3; policy."""
BASELINE_CAPS = ((0.05, 5), (0.15, 4), (0.25, 3), (0.40, 2), (float("inf"), 1))
"""(difference at the start in SD, cap): .05 and .25 from WWC handbook 4.1 (verified), the rest policy."""
MARGIN_UNSET_CAP = 3
"""The difference worth having was not set (design page, section 5; policy)."""
LATE_PLAN_CAP = 3
"""The plan does not show that it was there before the results (methods page 3.3; policy)."""
UNKNOWN_CAP = 3
"""What a study file does not tell of the test, the marking or the execution (methods page 3.3; policy)."""
NO_START_CAP = 1
"""Classes not drawn by lot, and no pre-test: nobody knows who began higher (methods page, row b; policy)."""
CHOSEN_CAP = 2
"""Pupils of one class chosen, not drawn: who chose them saw what a pre-test does not show (policy)."""
DRAW_REACH = 2.5
"""Standard errors of a draw beyond which pupils who were said to be drawn start too far apart (policy)."""
FEW_SITES_CAP = 2
"""One class whose pupils were divided, or two or three: of these pupils, or hardly of other classes (policy)."""
BLOCKS_CAP = 4
"""Classes drawn by lot inside blocks, or the order in which they start (methods page 3.3; policy)."""
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

PUPIL_PART = 0.5
"""From this part of the variance of class means that comes from their pupils, more pupils in a class narrow the from-to
too (policy)."""
OF_COUNTS = ("attrition", "attrition_gap", "classes_lost")
"""Checks that follow from counts of pupils alone, not from their scores (computed)."""

CLAIMS = ("CLEAR_BIG", "CLEAR_POS", "NEG")


@dataclass(frozen=True, slots=True)
class Cap:
    """``known`` is False when the study file or the data do not tell: then the "unknown" cap counts."""

    criterion: Literal[
        "comparison",
        "class_df",
        "agreement",
        "width",
        "attrition",
        "baseline",
        "margin",
        "plan",
        "reliability",
        "scoring",
        "fidelity",
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
    loss_open: bool = True
    """Whether how many are lost in all may be told beside it."""

    @property
    def weakest_known(self) -> bool:
        return next(cap.known for cap in self.caps if cap.criterion == self.weakest)


def rate(study: Study, result: OutcomeResult, margin: Margin | None) -> Security:
    """The security rating: the weakest cap, one lower when three known criteria share it or something else changed.

    Attrition has no cap where so few are lost that it would tell how few, and another is as weak or weaker.
    """
    caps = tuple(_caps(study, result, margin))
    beside = min(cap.cap for cap in caps if cap.criterion != "attrition")
    loss_open = loss_left_open(result, beside)
    if hides_loss(result):
        caps = tuple(cap for cap in caps if cap.criterion != "attrition" or cap.cap < beside)
    weakest = min(caps, key=lambda cap: cap.cap)
    other_change = study.conduct.concurrent_change is True
    mended = tuple(replace(cap, cap=FULL) if cap is weakest else cap for cap in caps)
    return Security(_rating(caps, other_change), caps, weakest.criterion, _rating(mended, other_change), loss_open)


def rate_unseen(study: Study, result: OutcomeResult, margin: Margin | None) -> Security:
    """The rating by what does not follow from the scores: for a page or a card on which these stay hidden."""
    checks = tuple(check for check in result.checks if check.code in OF_COUNTS)
    return rate(study, replace(result, checks=checks, sd=None), margin)


def _rating(caps: tuple[Cap, ...], other_change: bool) -> int:
    lowest = min(cap.cap for cap in caps)
    at_minimum = sum(cap.known and cap.cap == lowest for cap in caps)
    lowered = (at_minimum >= MANY_WEAK and lowest < FULL) or other_change
    return max(lowest - lowered, 0)


def _caps(study: Study, result: OutcomeResult, margin: Margin | None) -> Iterator[Cap]:
    yield _comparison_cap(study, result)
    if study.compared:
        yield Cap("class_df", _class_df_cap(study, result))
        if result.check("agreement") is not None and margin is not None:
            yield Cap("agreement", _agreement_cap(result, margin))
        seen = result.main or (result.panel[len(result.panel) // 2] if result.panel else None)
        if seen is not None and seen.interval is not None and result.sd:
            yield Cap("width", _cap(seen.interval.half_width / result.sd, WIDTH_CAPS))
        if (baseline := result.check("baseline_g")) is not None and not by_chance(study, result):
            yield Cap("baseline", _cap(abs(baseline.value), BASELINE_CAPS))
    yield Cap("attrition", _attrition_cap(result))
    yield from _conduct_caps(study, result.outcome)
    if study.compared and margin is not None and not margin.chosen:
        yield Cap("margin", MARGIN_UNSET_CAP)


def _conduct_caps(study: Study, outcome: Outcome) -> Iterator[Cap]:
    """What the study file tells of how it went. One group claims nothing that these could weaken, but the marking."""
    conduct = study.conduct
    scoring = None if conduct.scoring is None else SCORING_CAPS[conduct.scoring]
    if study.compared:
        yield _told_cap("reliability", _least(outcome.reliability, RELIABILITY_CAPS))
        yield _told_cap("scoring", scoring)
        yield _told_cap("fidelity", _least(conduct.fidelity, FIDELITY_CAPS))
        before = planned_before(conduct, study.planned_on)
        yield Cap("plan", FULL if before else LATE_PLAN_CAP, known=before is not None)
    elif scoring is not None:
        yield Cap("scoring", scoring)


def _told_cap(criterion: Literal["reliability", "scoring", "fidelity"], cap: int | None) -> Cap:
    return Cap(criterion, UNKNOWN_CAP, known=False) if cap is None else Cap(criterion, cap)


def _least(value: float | None, table: tuple[tuple[float, int], ...]) -> int | None:
    return None if value is None else next(cap for least, cap in table if value >= least - 1e-12)


def _comparison_cap(study: Study, result: OutcomeResult) -> Cap:
    match study.design:
        case OneGroup(selected_low=selected_low):
            return Cap("comparison", 0 if selected_low else 1)
        case Survey():
            return Cap("comparison", 1)
        case Growth() if not study.compared:
            return Cap("comparison", 1)
        case Comparison(randomised=False) | MultiSite(randomised=False) if result.outcome.pre is None:
            return Cap("comparison", NO_START_CAP)
        case MultiSite(randomised=randomised) | Growth(assigned="pupil", randomised=randomised):
            chosen = CHOSEN_CAP if result.units > 1 else NO_START_CAP
            return Cap("comparison", FULL if randomised else chosen)
        case Comparison() | Growth() if study.conduct.comparison in ("last_year", "other_period"):
            return Cap("comparison", 2)
        case Comparison(randomised=True) | Growth(randomised=True):
            return Cap("comparison", BLOCKS_CAP if study.design.blocks else FULL)
        case Comparison() | Growth():
            same = result.outcome.tests != "different"
            return Cap("comparison", 3 if same else 2, known=study.conduct.comparison is not None)
        case Stepped(randomised=True):
            return Cap("comparison", BLOCKS_CAP)
        case Stepped():
            began = 3 if result.outcome.tests != "different" else 2
            return Cap("comparison", began if result.outcome.pre else NO_START_CAP)
        case _:
            raise ValueError(f"no rating for {study.design.kind}")


def _class_df_cap(study: Study, result: OutcomeResult) -> int:
    if study.divided:
        return max(FEW_SITES_CAP, next(cap for least, cap in CLASS_DF_CAPS if result.units - 1 >= least))
    arms = [item.treated for item in result.classes]
    cap = next(cap for least, cap in CLASS_DF_CAPS if result.class_df >= least)
    if result.steps is not None and not result.steps.two:
        return cap
    if result.class_df < MIN_CLASS_DF_SEEN and any(e.estimator == "borrowed_class_spread" for e in result.beside):
        cap = BORROWED_CAP
    ratio = result.check("class_sd_ratio")
    uneven = small_arm(arms.count(True), arms.count(False)) or (ratio is not None and ratio.flag)
    few, many = sorted((arms.count(True), arms.count(False)))
    if result.kind == "share" and many >= UNEQUAL_ARMS * few:
        cap = min(cap, UNEQUAL_SHARES_CAP)
    return min(cap, SMALL_ARM_CAP) if uneven and not study.design.blocks else cap


def small_arm(treated: int, control: int) -> bool:
    """Is there an arm of so few classes beside a larger one, or alone, that equal class spread is taken on trust?"""
    return min(treated, control) == 1 or (treated != control and min(treated, control) < SMALL_ARM)


def _agreement_cap(result: OutcomeResult, margin: Margin) -> int:
    """Do the other defensible calculations that raise an alarm lead to the same verdict?

    Ways of adjusting are judged at the wider of both widths, since they ask where the difference lies; other estimators
    of the same thing by their own interval.
    """
    main = result.main
    code = compared_code(main, margin)
    worst = FULL
    for estimate in (e for e in result.beside if e.estimator in {alarm.estimator for alarm in result.alarms}):
        se = max(main.se, estimate.se or 0.0)
        moved = replace(main, value=estimate.value, se=se, interval=t_interval(estimate.value, se, main.df), p=None)
        other = compared_code(moved if estimate.estimator in ADJUSTING else estimate, margin)
        if other != code:
            opposed = estimate.value * main.value < 0 and code in CLAIMS
            worst = min(worst, OPPOSE_CAP if opposed else DISAGREE_CAP)
    return worst


def _attrition_cap(result: OutcomeResult) -> int:
    if result.check("classes_lost").value > 0:
        return 0
    gap = result.check("attrition_gap")
    return _cap_of_shares(result.check("attrition").value, None if gap is None else gap.value)


def _cap_of_shares(lost: float, gap: float | None) -> int:
    cap = _cap(lost, ATTRITION_CAPS)
    return cap if gap is None else min(cap, _cap(gap, ATTRITION_GAP_CAPS))


def hides_loss(result: OutcomeResult) -> bool:
    """Whether so few are lost, of an arm or in all, that their number is told nowhere. A class that is lost is told;
    who misses a wave of a rollout is not counted by arm."""
    if result.check("classes_lost").value > 0 or (result.steps is not None and not result.steps.two):
        return False
    _, lost = _kept_and_lost(result)
    return not all(map(privacy.none_or_enough, (*lost, sum(lost))))


def _kept_and_lost(result: OutcomeResult) -> tuple[list[int], list[int]]:
    """Pupils by arm; who made the tests in a class that does not count is not lost."""
    if result.missing is not None:
        return list(result.missing.kept.values()), list(result.missing.lost.values())
    return [arm.pupils for arm in result.arms.values()], [arm.lost for arm in result.arms.values()]


def loss_left_open(result: OutcomeResult, beside: int) -> bool:
    """Whether how many are lost in all may be told beside a rating that says that attrition has a cap of ``beside`` or
    more: with 40 pupils an arm a gap of at most 8 % says of 7 lost how they lie. Not where attrition is weaker: its cap
    then says of a few lost that most are of one arm."""
    if not hides_loss(result):
        return True
    kept, lost = _kept_and_lost(result)
    few = range(1, privacy.MIN_SOME) if sum(lost) < privacy.MIN_SOME else (sum(lost),)
    could = [(in_all - there, there)[: len(lost)] for in_all in few for there in range(in_all + 1 if lost[1:] else 1)]
    left = [one for one in could if _cap_of_lost(kept, one) >= beside]
    wide = [max(arm) - min(arm) for arm in zip(*left, strict=True)]
    return _attrition_cap(result) >= beside and min(wide, default=0) >= privacy.MIN_COUNT - 1


def _cap_of_lost(kept: Sequence[int], lost: Sequence[int]) -> int:
    shares = [there / (here + there) for here, there in zip(kept, lost, strict=True)]
    return _cap_of_shares(sum(lost) / (sum(kept) + sum(lost)), max(shares) - min(shares) if shares[1:] else None)


def _cap(value: float, table: tuple[tuple[float, int], ...]) -> int:
    return next(cap for limit, cap in table if value <= limit + 1e-12)


def sound(result: OutcomeResult, study: Study) -> bool:
    """Attrition and start allow a clear word; without a pre-test only a draw tells that the arms began alike."""
    baseline = result.check("baseline_g")
    if study.divided and result.units == 1:
        return False
    if baseline is None or by_chance(study, result):
        return study.design.randomised and _attrition_cap(result) >= SAFE_CAP
    return min(_attrition_cap(result), _cap(abs(baseline.value), BASELINE_CAPS)) >= SAFE_CAP


def more_pupils_help(result: OutcomeResult) -> bool | None:
    """Whether more pupils in each class would narrow the from-to: where much of how far class means lie apart comes
    from the pupils in them. ``None`` where that is not to be seen."""
    if result.moments is None or result.treated is None or result.class_df < MIN_CLASS_DF_SEEN:
        return None
    adjusted = clusters.adjusted_means(result.moments, result.treated)
    if isinstance(adjusted, NotEstimated) or adjusted.residual_df < 1:
        return None
    of_pupils = adjusted.residual_ss / adjusted.residual_df * float((1 / adjusted.n).mean())
    return of_pupils >= PUPIL_PART * adjusted.spread**2


def by_chance(study: Study, result: OutcomeResult) -> bool:
    """Whether pupils were drawn and start as far apart as a draw of so many does: chance, which the adjustment takes
    away. A dozen on each side start 0.4 SD apart in one draw of three."""
    if not (study.divided and study.design.randomised):
        return False
    reach = DRAW_REACH * sum(1 / arm.pupils for arm in result.arms.values()) ** 0.5
    return abs(result.check("baseline_g").value) <= reach

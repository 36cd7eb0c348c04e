"""A measurement and its verdict as sentences: which text belongs to which value.

Every choice between two texts is made here; the texts themselves are in ``texts/<language>/verdict.toml``.
Nothing here computes an estimate, and nothing is told of an arm with fewer than 10 pupils.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from . import privacy
from .codes import Margin
from .evidence import shareable
from .judge import SideEffect, Verdict
from .measurement import Arm, Measurement, OutcomeResult
from .rating import small_arm
from .study import Comparison, GainGoal, OneGroup, Outcome, ReachGoal
from .wording import Words

SIDE_DOMAINS = ("motivation", "wellbeing", "relations", "workload", "admin_load")
COARSE_SCALE = 15
"""A scale at least this wide is told with one decimal, a narrower one with two (policy)."""
STEPS_UP_TO = (1, 2, 3, 5)
"""The highest rating of each named step (words page, section 1)."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One measurement, told in one language."""

    measurement: Measurement
    verdict: Verdict
    words: Words

    @property
    def primary(self) -> OutcomeResult:
        return self.measurement.primary

    @property
    def compared(self) -> bool:
        return isinstance(self.measurement.study.design, Comparison)

    def decimals(self, result: OutcomeResult) -> int:
        scale = result.outcome.scale_post
        width = scale[1] - scale[0] if scale else (result.sd or COARSE_SCALE) * 7
        return 1 if width >= COARSE_SCALE else 2

    def mean(self, value: float) -> str:
        return self.words.number(value, privacy.MEAN_DECIMALS)

    def of(self, outcome: Outcome) -> str:
        if outcome.scale_post is None:
            return ""
        return self.words("report.certain.of", maximum=self.words.plain(outcome.scale_post[1]))

    def unit(self, number: int, *, first: bool = False) -> str:
        return self.words(f"report.unit.{'first_' if first else ''}numbered", number=number)

    def units(self, count: int) -> str:
        return self.words(f"report.facts.{'one_unit' if count == 1 else 'more_units'}", count=self.words.count(count))

    def basis(self, result: OutcomeResult) -> str:
        pupils = sum(arm.pupils for arm in result.arms.values())
        told = self.words.count(pupils)
        pupil_words = self.words("locale.pupils", count=told)
        return self.words("locale.basis", classes=self.units(len(result.classes)), pupils=pupil_words)

    def figures(self, result: OutcomeResult) -> dict[str, str]:
        """gap, span and basis of an outcome's main estimate."""
        estimate, sign, decimals = result.main, result.outcome.sign, self.decimals(result)
        blanks = {"basis": self.basis(result)}
        if estimate is not None:
            if estimate.interval is not None:
                decimals = self.words.decimals_for(estimate.interval, decimals)
            blanks["gap"] = self.words.gap(estimate.value, sign, decimals)
            if estimate.interval is not None:
                blanks["span"] = self.words.span(estimate.interval, sign, decimals)
        return blanks

    def margin(self, margin: Margin | None, result: OutcomeResult) -> str:
        if margin is None:
            return ""
        if margin.chosen:
            key = "margin_chosen" if margin.origin == "before" else "margin_after"
            return self.words(f"verdict.{key}", points=self.points_as_typed(margin.points))
        points = self.words.points(margin.points, self.decimals(result))
        return self.words("verdict.margin_default", points=points)

    def points_as_typed(self, value: float) -> str:
        return self.words("locale.point" if value == 1 else "locale.points", number=self.words.plain(value))

    def step(self) -> int:
        rating = self.verdict.security.rating
        return next(i for i, top in enumerate(STEPS_UP_TO) if rating <= top)


def certain(told: Telling) -> str | None:
    """What is sure about these pupils: where they started and ended."""
    result, w = told.primary, told.words
    if not shareable(result):
        return None
    of = told.of(result.outcome)
    with_start = result.outcome.gain_defined
    if not told.compared:
        arm = result.arms["single"]
        return (
            w("report.certain.single", pre=told.mean(arm.mean_pre), post=told.mean(arm.mean_post), of=of)
            if with_start
            else None
        )
    treated, control = result.arms["treated"], result.arms["control"]
    pair = len(result.classes) == 2
    key = ("pair" if pair else "both") + ("" if with_start else "_end")
    return w(
        f"report.certain.{key}",
        first=told.unit(1),
        second=told.unit(2),
        of=of,
        pre=told.mean(treated.mean_pre) if with_start else "",
        post=told.mean(treated.mean_post),
        pre_control=told.mean(control.mean_pre) if with_start else "",
        post_control=told.mean(control.mean_post),
    )


def conclusion(told: Telling) -> Iterator[str]:
    """What the verdict says, in paragraphs."""
    result, verdict, w, study = told.primary, told.verdict, told.words, told.measurement.study
    if not shareable(result):
        yield w("verdict.hidden", study=study.id)
        return
    blanks = told.figures(result)
    match verdict.capped_code:
        case "ONE_CLASS":
            yield _one_class(told, blanks)
        case "GROWTH" | "DECLINE" | "GROWTH_UNCLEAR" as code:
            yield w(f"verdict.{code}", **blanks)
        case "DESCRIBED":
            if result.main is not None:
                yield w("verdict.DESCRIBED_gain", **blanks)
            else:
                post = f"{told.mean(result.arms['single'].mean_post)}{told.of(result.outcome)}"
                yield w("verdict.DESCRIBED_end", post=post, **blanks)
        case "CANNOT":
            yield w(f"verdict.CANNOT_{verdict.reason}", margin=told.margin(verdict.margin, result), **blanks)
        case "NEGLIGIBLE":
            kind = "alike" if result.main.interval.holds(0) else "tiny"
            yield w(f"verdict.NEGLIGIBLE_{kind}", margin=told.margin(verdict.margin, result), **blanks)
        case code:
            sentence = w(f"verdict.{code}", margin=told.margin(verdict.margin, result), **blanks)
            if verdict.expected is not None:
                expected = w.gap(verdict.expected, result.outcome.sign, told.decimals(result))
                sentence += " " + w("verdict.expected", expected=expected)
            yield sentence
    yield " ".join(_conditions(told))


def _one_class(told: Telling, blanks: dict[str, str]) -> str:
    result = told.primary
    value = result.panel[0].value if result.panel else _raw_gap(result)
    gap = told.words.gap(value, result.outcome.sign, told.decimals(result))
    if len(result.classes) > 2:
        return told.words("verdict.ONE_CLASS_few", gap=gap, basis=blanks["basis"])
    same = "_same" if gap == told.words("locale.gap.same") else ""
    first, second = told.unit(1, first=True), told.unit(2)
    return told.words(f"verdict.ONE_CLASS_pair{same}", first=first, second=second, gap=gap)


def _raw_gap(result: OutcomeResult) -> float:
    arms = [[c.mean for c in result.classes if c.treated is side] for side in (True, False)]
    treated, control = (sum(means) / len(means) for means in arms)
    return result.outcome.sign * (treated - control)


def _conditions(told: Telling) -> Iterator[str]:
    """The short true sentences that belong to a conclusion."""
    study, result, w, verdict = told.measurement.study, told.primary, told.words, told.verdict
    if isinstance(study.design, OneGroup):
        if result.main is not None:
            yield w("verdict.why_unknown")
        if len(result.classes) == 1 and result.main is not None and result.main.interval is not None:
            yield w("verdict.in_this_class")
        if result.main is not None and result.main.estimator == "class_gains":
            yield w("verdict.each_counts_equally")
        if study.conduct.new_content:
            yield w("verdict.new_content")
        if study.design.selected_low:
            yield w("verdict.selected_low")
            if (expected := result.check("regression_to_the_mean")) is not None and expected.flag:
                yield w("verdict.selected_low_by", points=w.points(expected.value, told.decimals(result)))
    else:
        if verdict.capped_code in ("CLEAR_BIG", "CLEAR_POS", "NEG") and verdict.security.rating == 3:
            yield w("verdict.at_these_classes")
        if not study.design.randomised and verdict.capped_code != "ONE_CLASS":
            yield w("verdict.not_drawn")
        if verdict.capped_code != "ONE_CLASS" and not study.design.blocks:
            arms = [arm.classes for arm in result.arms.values()]
            if small_arm(*arms):
                yield w("verdict.small_arm", few=told.units(min(arms)))
    if result.outcome.better == "lower":
        yield w("verdict.lower_is_better")


def ways(told: Telling) -> Iterator[str]:
    """What other defensible calculations add, when they lead elsewhere."""
    result, w = told.primary, told.words
    if alarmed := {alarm.estimator for alarm in result.alarms if alarm.shifted}:
        values = [result.main.value, *(e.value for e in result.beside if e.estimator in alarmed)]
        least, most = (w.gap(value, *_sign_and_decimals(told)) for value in (min(values), max(values)))
        yield w("verdict.ways_differ", least=least, most=most)
    flagged = {check.code for check in result.checks if check.flag}
    if flagged & {"leave_one_out_low", "leave_one_out_high"}:
        yield w("verdict.one_class_carries")
    if "outlying_class" in flagged:
        yield w("verdict.outlying_class")
    if "class_sd_ratio" in flagged:
        yield w("verdict.spread_differs")
    if result.by_start:
        weak, strong = (w.gap(at.estimate.value, *_sign_and_decimals(told)) for at in result.by_start)
        yield w("verdict.slopes_differ", weak=weak, strong=strong)


def _sign_and_decimals(told: Telling) -> tuple[int, int]:
    return told.primary.outcome.sign, told.decimals(told.primary)


def goal(told: Telling) -> tuple[str, list[str]]:
    """The first question: (status, sentences). What these pupils reached, apart from why."""
    result, w, answer = told.primary, told.words, told.verdict.answers.goal
    arm = result.arms.get("treated") or result.arms["single"]
    sentences = list(_goal_told(told, result.outcome, arm))
    if answer in ("reached", "not_reached"):
        if told.compared:
            sentences.append(w("verdict.goal.treated_only"))
        sentences.append(w(f"verdict.goal.other_question{'' if told.compared and shareable(result) else '_growth'}"))
    hidden = answer in ("reached", "not_reached") and not privacy.may_average(arm.with_post)
    return w("verdict.chip.private") if hidden else w(f"verdict.chip.{answer}"), sentences


def _goal_told(told: Telling, outcome: Outcome, arm: Arm) -> Iterator[str]:
    w = told.words
    match outcome.goal:
        case None:
            yield w("verdict.goal.none")
        case _ if not privacy.may_average(arm.with_post if isinstance(outcome.goal, ReachGoal) else arm.pupils):
            yield w("verdict.goal.hidden")
        case ReachGoal():
            yield w(f"verdict.goal.{privacy.part_of(arm.reached, arm.with_post)}", **goal_figures(told, outcome, arm))
            same_pupils = arm.reached_before is not None and arm.with_post == arm.pupils
            parts = (arm.reached, arm.reached_before)
            if same_pupils and all(privacy.part_of(part, arm.pupils) == "exact" for part in parts):
                yield w("verdict.goal.exact_before", before=w.count(arm.reached_before))
        case GainGoal(gain=aimed):
            gained = outcome.sign * (arm.mean_post - arm.mean_pre)
            yield w(
                "verdict.goal.gain" if gained >= 0 else "verdict.goal.gain_back",
                gain=w.points(abs(gained), told.decimals(told.primary)),
                pre=told.mean(arm.mean_pre),
                post=told.mean(arm.mean_post),
                goal=told.points_as_typed(aimed),
            )


def goal_figures(told: Telling, outcome: Outcome, arm: Arm) -> dict[str, str]:
    w, typed = told.words, told.points_as_typed(outcome.goal.at_least)
    if outcome.scale_post is not None:
        number, maximum = w.plain(outcome.goal.at_least), w.plain(outcome.scale_post[1])
        typed = w("verdict.goal.of_scale", points=number, maximum=maximum)
    at = w("verdict.goal.at_least" if outcome.better == "higher" else "verdict.goal.at_most", points=typed)
    return {
        "reached": w.count(arm.reached),
        "pupils": w.count(arm.with_post),
        "goal": at,
        "aimed": w.count(math.ceil(outcome.goal.share * arm.with_post - 1e-9)),
    }


def everyone(told: Telling) -> tuple[str, list[str]]:
    """The second question: does everyone come along, as far as one measurement shows it."""
    result, w, answer = told.primary, told.words, told.verdict.answers.everyone
    arm = result.arms.get("treated") or result.arms["single"]
    sentences = []
    if result.spread is None:
        sentences.append(w("verdict.everyone.not_measured"))
    elif not privacy.may_average(arm.pupils):
        sentences.append(w("verdict.everyone.hidden"))
    else:
        decimals, interval = told.decimals(result), result.spread.interval
        apart = 10 if decimals == 1 else 1
        sentences.append(
            w(
                f"verdict.everyone.{answer}",
                before=w.points(apart, 0),
                now=w.points(apart * result.spread.value, decimals),
                low=w.number(apart * interval.low, decimals),
                high=w.points(apart * interval.high, decimals),
            )
        )
    ceiling = result.check("ceiling")
    if ceiling is not None and ceiling.flag and privacy.part_of(arm.at_best, arm.with_post) == "exact":
        sentences.append(w("verdict.everyone.ceiling", pupils=w.count(arm.at_best)))
    floor = result.check("floor")
    if floor is not None and floor.flag and privacy.part_of(arm.at_worst, arm.with_post) == "exact":
        sentences.append(w("verdict.everyone.floor", pupils=w.count(arm.at_worst)))
    if told.compared and result.spread is not None:
        sentences.append(w("verdict.goal.treated_only"))
    sentences.append(w("verdict.everyone.own_list"))
    return w("verdict.chip.not_measured" if answer == "not_measured" else "verdict.chip.everyone"), sentences


def side_effects(told: Telling) -> tuple[str, list[str]]:
    """The third question: one sentence per measured side effect, and which were not measured."""
    measurement, w = told.measurement, told.words
    results = {result.outcome.name: result for result in measurement.results}
    effects = told.verdict.answers.side_effects
    sentences = [_side_effect(told, effect, results[effect.outcome]) for effect in effects]
    measured = [results[effect.outcome].outcome.domain for effect in effects]
    absent = [w(f"report.domain.{domain}") for domain in SIDE_DOMAINS if domain not in measured]
    if not effects:
        return w("verdict.chip.not_measured"), [w("verdict.side_effects.none", domains=w.listing(absent))]
    if absent:
        sentences.append(w("verdict.side_effects.rest", domains=w.listing(absent)))
    names = w.listing(list(dict.fromkeys(w(f"report.domain.{domain}") for domain in measured)))
    return w("verdict.chip.side_effects", measured=names), sentences


def _side_effect(told: Telling, effect: SideEffect, result: OutcomeResult) -> str:
    w, label = told.words, result.outcome.label
    if not shareable(result):
        return w("verdict.side_effects.hidden", label=label)
    if effect.code == "described":
        arm = result.arms.get("treated") or result.arms["single"]
        key = "described" if result.outcome.gain_defined else "described_post"
        pre = told.mean(arm.mean_pre) if result.outcome.gain_defined else ""
        return w(f"verdict.side_effects.{key}", label=label, pre=pre, post=told.mean(arm.mean_post))
    margin = told.margin(effect.margin, result)
    return w(f"verdict.side_effects.{effect.code}", label=label, margin=margin, **told.figures(result))


def secondary(told: Telling) -> list[str]:
    return [_secondary(told, result) for result in told.measurement.results if result.outcome.role == "secondary"]


def _secondary(told: Telling, result: OutcomeResult) -> str:
    w, label, blanks = told.words, result.outcome.label, told.figures(result)
    if not shareable(result):
        return w("verdict.secondary.hidden", label=label)
    if told.compared:
        seen = result.main is not None and result.main.class_df >= 2
        return w(f"verdict.secondary.{'compared' if seen else 'one_class'}", label=label, **blanks)
    if "span" in blanks:
        return w("verdict.secondary.grown", label=label, **blanks)
    return w("verdict.secondary.described", label=label, post=told.mean(result.arms["single"].mean_post), **blanks)


def weakest(told: Telling) -> str:
    security, w = told.verdict.security, told.words
    sentence = w(f"verdict.weakest.{security.weakest}", why=w(f"verdict.why.{_comparison_kind(told)}"))
    lowest = min(cap.cap for cap in security.caps)
    shared = sum(cap.cap == lowest for cap in security.caps)
    return f"{sentence} {w('verdict.steps.several')}" if shared > 1 else sentence


def next_step(told: Telling) -> str:
    criterion, w = told.verdict.security.weakest, told.words
    if told.verdict.capped_code == "ONE_CLASS":
        return w("verdict.next.class_df_one", second=told.unit(len(told.primary.classes)))
    if criterion == "comparison":
        kind = {"none": "none", "low": "none", "earlier": "earlier", "other_test": "not_drawn"}
        return w(f"verdict.next.comparison_{kind.get(_comparison_kind(told), _comparison_kind(told))}")
    return w(f"verdict.next.{criterion}")


def _comparison_kind(told: Telling) -> str:
    study = told.measurement.study
    match study.design:
        case OneGroup(selected_low=low):
            return "low" if low else "none"
        case Comparison() if study.conduct.comparison in ("last_year", "other_period"):
            return "earlier"
        case Comparison(randomised=True):
            return "drawn"
        case _:
            return "other_test" if study.primary.tests == "different" else "not_drawn"

"""The three quality questions, as sentences: the goal, all pupils, and side effects."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from . import privacy
from .choices import SideEffect
from .disclosure import (
    changed_may_show,
    everyone_may_show,
    extreme_may_show,
    goal_answer_may_show,
    goal_may_show,
    means_may_show,
    shareable,
    told_subgroups,
)
from .estimate import NotEstimated
from .levels import UNITS
from .measurement import Arm, Changed, OutcomeResult, SubgroupResult
from .study import GainGoal, Outcome, ReachGoal
from .telling import Telling

SIDE_DOMAINS = ("motivation", "wellbeing", "relations", "workload", "admin_load")
FEW_TEACHERS = 3
"""From this many teachers on the range of their minutes is told too (policy)."""


def goal(told: Telling) -> tuple[str, list[str]]:
    """The first question: (status, sentences). What these pupils reached, apart from why."""
    result, w, answer = told.primary, told.words, told.verdict.answers.goal
    arm = result.arms.get("treated") or result.arms["single"]
    sentences = list(_goal_told(told, result, arm))
    if answer in ("reached", "not_reached"):
        if told.compared:
            sentences.append(_counted(told))
        sentences.append(w(f"verdict.goal.other_question{'' if told.compared and shareable(result) else '_growth'}"))
    hidden = answer in ("reached", "not_reached") and not goal_answer_may_show(result)
    unsure = "_unsure" if answer == "reached" and told.verdict.capped_code == "GROWTH_UNCLEAR" else ""
    return w("verdict.chip.private") if hidden else w(f"verdict.chip.{answer}{unsure}"), sentences


def _goal_told(told: Telling, result: OutcomeResult, arm: Arm) -> Iterator[str]:
    w, outcome = told.words, result.outcome
    match outcome.goal:
        case None:
            yield w("verdict.goal.none")
        case _ if outcome.central:
            yield w("verdict.goal.central")
        case _ if not privacy.may_average(arm.with_post if isinstance(outcome.goal, ReachGoal) else arm.pupils):
            yield w("verdict.goal.hidden")
        case GainGoal() if not means_may_show(result):
            yield w("verdict.goal.private")
        case ReachGoal() if not goal_may_show(result):
            yield w("verdict.goal.hidden_levels")
        case ReachGoal():
            yield w(f"verdict.goal.{privacy.part_of(arm.reached, arm.with_post)}", **goal_figures(told, outcome, arm))
            same_pupils = arm.reached_before is not None and arm.with_post == arm.pupils
            parts = (arm.reached, arm.reached_before)
            if same_pupils and all(privacy.part_of(part, arm.pupils) == "exact" for part in parts):
                yield w("verdict.goal.exact_before", before=w.count(arm.reached_before), pupils=w.count(arm.pupils))
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
    w, reach = told.words, outcome.goal_at
    typed = told.points_as_typed(reach)
    if told.primary.level_names:
        typed = w("verdict.goal.level", level=told.primary.level_names[int(reach)])
    if told.primary.kind not in UNITS and outcome.scale_post is not None:
        number, maximum = w.plain(reach), w.plain(outcome.scale_post[1])
        typed = w("verdict.goal.of_scale", points=number, maximum=maximum)
    at = w("verdict.goal.at_least" if outcome.better == "higher" else "verdict.goal.at_most", points=typed)
    top = told.primary.kind == "order" and int(reach) == len(told.primary.level_names) - 1
    at = typed if told.primary.kind == "share" or top else at
    return {
        "reached": w.count(arm.reached),
        "least": w.count(privacy.MIN_COUNT),
        "pupils": w.count(arm.with_post),
        "goal": at,
        "aimed": w.count(outcome.goal.pupils(arm.with_post)),
    }


def everyone(told: Telling) -> tuple[str, list[str]]:
    """The second question: does everyone come along, as far as one measurement shows it."""
    result, w, answer = told.primary, told.words, told.verdict.answers.everyone
    arm = result.arms.get("treated") or result.arms["single"]
    sentences = []
    if result.spread is None:
        sentences.append(w(told.of_kind("verdict.everyone.not_measured")))
    elif result.outcome.central:
        sentences.append(w("verdict.everyone.central"))
    elif not privacy.may_average(arm.pupils):
        sentences.append(w("verdict.everyone.hidden"))
    elif not everyone_may_show(result):
        sentences.append(w("verdict.everyone.private"))
    else:
        decimals, interval = told.decimals(result), result.spread.interval
        apart = _apart(result, decimals)
        sentences.append(
            w(
                f"verdict.everyone.{answer}",
                before=w.points(apart, 0),
                now=w.points(apart * result.spread.value, decimals),
                low=w.number(apart * interval.low, decimals),
                high=w.points(apart * interval.high, decimals),
            )
        )
    sentences += _changed(told)
    for code, count in (("ceiling", arm.at_best), ("floor", arm.at_worst)):
        check = result.check(code)
        told_apart = check is not None and check.flag and not result.outcome.central
        if told_apart and extreme_may_show(arm, code):
            sentences.append(w(f"verdict.everyone.{code}", pupils=w.count(count)))
    hidden = answer != "not_measured" and not everyone_may_show(result)
    chip = "not_measured" if answer == "not_measured" else "private" if hidden else "everyone"
    return w(f"verdict.chip.{chip}"), sentences


APART = (10, 5, 2)
"""So far apart two pupils began, of whom a page tells how far apart they are now (policy)."""


def _apart(result: OutcomeResult, decimals: int) -> int:
    """No further than half of the goals there are."""
    if result.kind == "goals":
        return next((apart for apart in APART if 2 * apart <= result.reach), 1)
    return 10 if decimals == 1 else 1


def own_list(told: Telling) -> str:
    """Whom the second question counted, and where to look for one pupil."""
    w, result = told.words, told.primary
    kind = "_others" if told.kind == "_others" else "_compared" if result.subgroups else ""
    closing = w(f"verdict.everyone.own_list{kind}")
    counted = told.compared and result.spread is not None
    return f"{_counted(told)} {closing}" if counted else closing


def _counted(told: Telling) -> str:
    if told.primary.steps is not None:
        return told.words("verdict.goal.treated_steps", wave=told.wave(told.primary))
    one = told.primary.arms["treated"].classes == 1 and not told.divided
    return told.words(f"verdict.goal.treated_{'one' if one else 'only'}", first=told.unit(1))


def _changed(told: Telling) -> Iterator[str]:
    """How many scored clearly lower than before, and higher, beside how many would if nothing changed."""
    w, found = told.words, told.primary.changed
    if isinstance(found, Changed) and not everyone_may_show(told.primary):
        return
    match found:
        case None:
            return
        case NotEstimated(reason="reliability_unknown" | "too_unreliable" as reason):
            yield w(f"verdict.everyone.{reason}")
        case Changed(pupils=pupils, lower=worse, higher=better) if privacy.may_average(pupils):
            rest = pupils - worse - better
            if not changed_may_show(told.primary):
                yield w("verdict.everyone.moved_hidden")
                return
            if all(
                privacy.part_of(count, pupils) == "exact" for count in (worse, better)
            ) and not privacy.none_or_enough(rest):
                yield w("verdict.everyone.moved_hidden")
                return
            yield _moved(told, "lower", worse, pupils, round(found.expected_lower))
            yield _moved(told, "higher", better, pupils, round(found.expected_higher))


def _moved(told: Telling, way: str, count: int, pupils: int, expected: int) -> str:
    """``way`` is for the worse ("lower") or the better; told in the direction of the points."""
    w, part = told.words, privacy.part_of(count, pupils)
    told_way = way if told.primary.outcome.sign > 0 else {"lower": "higher", "higher": "lower"}[way]
    blanks = {"count": w.count(count), "few": w.count(privacy.MIN_COUNT - 1), "pupils": w.count(pupils)}
    counted = w(f"verdict.everyone.{told_way}_{part}", **blanks)
    by_chance = w(f"verdict.everyone.unchanged_{'some' if expected else 'none'}", expected=w.count(expected))
    learning = f" {w('verdict.everyone.always_learning')}" if way == "higher" else ""
    return f"{counted} {by_chance}{learning}"


def subgroups(told: Telling) -> Iterator[str]:
    """What the approach does for each subgroup beside its classmates, or how far each lies from them.

    A label behind which stand too few pupils is not named.
    """
    w, result = told.words, told.primary
    for column in dict.fromkeys(one.column for one in told.measurement.study.subgroups):
        of_column = [one for one in result.subgroups if one.column == column]
        shown = told_subgroups(result, column)
        for one in shown:
            yield _pooled(told, one) if one.pooled is not None else _gap(told, one)
        if not of_column:
            kind = "levels" if result.kind in UNITS else "no_gain"
            yield w(f"verdict.everyone.subgroup_{kind}", column=column)
        elif not any(one.n for one in of_column) and shareable(result):
            yield w(f"verdict.everyone.subgroup_apart{'_within' if told.divided else ''}", column=column)
        elif len(shown) < len(of_column):
            yield w(f"verdict.everyone.subgroup_{'rest' if shown else 'none'}", column=column)


def _pooled(told: Telling, one: SubgroupResult) -> str:
    w, sign, decimals = told.words, told.primary.outcome.sign, told.decimals(told.primary)
    gap, span = w.gap(one.pooled.value, sign, decimals), w.span(one.pooled.interval, sign, decimals)
    kind = "_same" if gap == w("locale.gap.same") else "_open" if one.pooled.interval.holds(0) else ""
    basis = _basis(told, one)
    return w(f"verdict.everyone.subgroup{kind}", gap=gap, span=span, basis=basis, label=one.label, column=one.column)


def _gap(told: Telling, one: SubgroupResult) -> str:
    """One decimal: beside the mean of all, two would tell the points of a pupil or two."""
    w, sign, interval = told.words, told.primary.outcome.sign, one.gap.change.interval
    before, after, change = (
        w.gap(value, sign, privacy.MEAN_DECIMALS) for value in (one.gap.before, one.gap.after, one.gap.change.value)
    )
    blanks = {"label": one.label, "column": one.column, "before": before, "after": after}
    if interval is None:
        return w("verdict.everyone.subgroup_gap", **blanks)
    span = w.span(interval, sign, privacy.MEAN_DECIMALS)
    return w("verdict.everyone.subgroup_gap_span", change=change, span=span, basis=_basis(told, one), **blanks)


def _basis(told: Telling, one: SubgroupResult) -> str:
    """Without the count of pupils where it would tell how few have no label, or which class has none of this one."""
    w, result = told.words, told.primary
    classes = sum(count for name, count in one.n.items() if name.startswith("classes"))
    pupils = sum(one.n.values()) - classes
    unlabelled = sum(arm.pupils for arm in result.arms.values()) - pupils
    if classes < result.units or not privacy.none_or_enough(unlabelled):
        return told.units(classes)
    return w("locale.basis", classes=told.units(classes), pupils=w("locale.pupils", count=w.count(pupils)))


def side_effects(told: Telling) -> tuple[str, list[str]]:
    """The third question: one sentence per measured side effect, and which were not measured."""
    measurement, w = told.measurement, told.words
    results = {result.outcome.name: result for result in measurement.results}
    effects = told.verdict.answers.side_effects
    sentences = [_side_effect(told, effect, results[effect.outcome]) for effect in effects]
    thin = [one for one in measurement.left_out if one.role == "side_effect"]
    sentences += [w("verdict.left_out", label=one.label) for one in thin]
    measured = [results[effect.outcome].outcome.domain for effect in effects]
    if (minutes := measurement.study.conduct.extra_minutes) is not None:
        sentences.append(_extra_minutes(told, minutes))
        measured.append("admin_load")
    tried = (*measured, *(one.domain for one in thin))
    absent = [w(f"report.domain.{domain}") for domain in SIDE_DOMAINS if domain not in tried]
    if not tried:
        return w("verdict.chip.not_measured"), [w("verdict.side_effects.none", domains=w.listing(absent))]
    if absent:
        sentences.append(w("verdict.side_effects.rest", domains=w.listing(absent)))
    if not measured:
        return w("verdict.chip.not_measured"), sentences
    names = w.listing(list(dict.fromkeys(w(f"report.domain.{domain}") for domain in measured)))
    return w("verdict.chip.side_effects", measured=names), sentences


def _extra_minutes(told: Telling, minutes: tuple[float, ...]) -> str:
    w, middle = told.words, statistics.median(minutes)
    if middle == 0:
        return w("verdict.side_effects.minutes_none")
    number = w.plain(abs(middle))
    blanks = {"minutes": w("locale.minute" if abs(middle) == 1 else "locale.minutes", number=number)}
    if middle < 0:
        return w("verdict.side_effects.minutes_less", **blanks)
    if len(minutes) == 1:
        return w("verdict.side_effects.minutes_one", **blanks)
    blanks["teachers"] = w.count(len(minutes))
    if len(minutes) < FEW_TEACHERS:
        return w("verdict.side_effects.minutes", **blanks)
    low, high = w.plain(min(minutes)), w.plain(max(minutes))
    return w("verdict.side_effects.minutes_range", low=low, high=high, **blanks)


def _side_effect(told: Telling, effect: SideEffect, result: OutcomeResult) -> str:
    told = told.about(result)
    w, label = told.words, told.label(result)
    if not shareable(result):
        return told.untold(result)
    if effect.code == "described" and result.kind in UNITS:
        return w("verdict.secondary.levels", label=label)
    if effect.code == "described" and not means_may_show(result):
        return w("verdict.secondary.hidden", label=label, study=told.measurement.study.id)
    if effect.code == "described":
        arm = result.arms.get("treated") or result.arms["single"]
        post, pre = told.mean(arm.mean_post), told.mean(arm.mean_pre) if result.outcome.gain_defined else ""
        key = "described_post" if not pre else "described_same" if pre == post else "described"
        return w(told.of_kind(f"verdict.side_effects.{key}"), label=label, pre=pre, post=post)
    margin = told.margin(effect.margin, result)
    lower = effect.code == "safe" and result.main.interval.high < 0
    kind = "safe_lower" if lower else "not_excluded_doubted" if effect.doubted else effect.code
    return w(f"verdict.side_effects.{kind}", label=label, margin=margin, **told.figures(result))

"""Several outcomes on one page: what the other primary outcomes say, the secondary ones, and the fold beside them."""

from __future__ import annotations

from collections.abc import Iterator

from . import absent, privacy
from .blocks import Fold, Table, Text
from .codes import planned_before
from .disclosure import goal_answer_may_show, means_may_show, shareable
from .judge import OutcomeVerdict
from .levels import UNITS, cut
from .measurement import Family, OutcomeResult
from .methods.several import MaxT
from .telling import Telling, step_of

MANY = 3
"""Fewer outcomes, none of them in one family, need no fold of their own."""


def primaries(told: Telling) -> Iterator[str]:
    """After the conclusion on the first primary outcome: that there are others, what each says, and what all of them
    say together."""
    w, verdicts = told.words, told.verdict.primaries
    if len(verdicts) < 2:
        return
    count = w.count(len(verdicts))
    results = _results(told)
    sentences = [_primary(told, results[one.outcome], one) for one in verdicts[1:]]
    yield " ".join([w("verdict.primaries.lead", count=count, label=told.primary.outcome.label), *sentences])
    if (summary := _summary(told)) is not None:
        held = any(one.held and shareable(results[one.outcome]) for one in verdicts)
        yield f"{summary} {w('verdict.primaries.held', count=count)}" if held else summary


def _results(told: Telling) -> dict[str, OutcomeResult]:
    return {result.outcome.name: result for result in told.measurement.results}


def _primary(told: Telling, result: OutcomeResult, verdict: OutcomeVerdict) -> str:
    told = told.about(result)
    w, label = told.words, told.label(result)
    if not shareable(result):
        return told.untold(result)
    if _unseen(result):
        return w("verdict.secondary.levels", label=label)
    blanks = {"label": label, **told.figures(result)}
    match verdict.capped_code:
        case "ONE_CLASS":
            return w("verdict.secondary.one_class", **blanks)
        case "GROWTH" | "DECLINE" | "GROWTH_UNCLEAR" | "DESCRIBED":
            return plain(told, result)
        case "CLEAR_BIG" | "CLEAR_POS" | "NEGLIGIBLE" as code:
            sentence = w(f"verdict.primaries.{code}", margin=told.margin(verdict.margin, result), **blanks)
        case code:
            sentence = w(f"verdict.primaries.{code}", **blanks)
    doubts = [w("verdict.implausible")] if verdict.implausible and verdict.capped_code != "CANNOT" else []
    return " ".join([sentence, *doubts, *absent.concluded(told, result, verdict)])


def _summary(told: Telling) -> str | None:
    """What holds of the primary outcomes together; of outcomes that claim something, not of those that are hidden."""
    w, results = told.words, _results(told)
    shown = [one for one in told.verdict.primaries if shareable(results[one.outcome])]
    if not told.compared or not shown or all(one.capped_code == "ONE_CLASS" for one in shown):
        return None
    claimed = {"worse" if one.capped_code == "NEG" else "better" for one in shown if one.claims}
    kind = "both" if len(claimed) > 1 else next(iter(claimed), "none")
    count = len(told.verdict.primaries)
    if len(shown) < count:
        return w(f"verdict.primaries.shown_{kind}", count=w.count(count))
    return w(f"verdict.primaries.{kind}", count=w.count(count))


def steps(told: Telling) -> Iterator[str]:
    """How firm it stands for each of the other primary outcomes that may be told."""
    results = _results(told)
    for one in told.verdict.primaries[1:]:
        if shareable(results[one.outcome]):
            current = told.steps[step_of(one.security.rating)]
            yield told.words("verdict.steps.other", label=results[one.outcome].outcome.label, current=current)


def secondary(told: Telling) -> list[str]:
    results = _results(told)
    left_out = [one.label for one in told.measurement.left_out if one.role == "secondary"]
    sentences = [_secondary(told, results[one.outcome], one) for one in told.verdict.secondaries]
    return [*sentences, *(told.words("verdict.left_out", label=label) for label in left_out)]


def _secondary(told: Telling, result: OutcomeResult, verdict: OutcomeVerdict) -> str:
    """An exploration, unless it was declared before the results; then it counts beside the other secondary ones."""
    told = told.about(result)
    w, study, label = told.words, told.measurement.study, told.label(result)
    if not shareable(result):
        return told.untold(result)
    if _unseen(result):
        return w("verdict.secondary.levels", label=label)
    if not told.compared:
        return plain(told, result)
    blanks = {"label": label, **told.figures(result)}
    if verdict.capped_code == "ONE_CLASS":
        return w("verdict.secondary.one_class", **blanks)
    if not planned_before(study.conduct, study.planned_on):
        return " ".join([w("verdict.secondary.compared", **blanks), *absent.concluded(told, result, verdict)])
    kind = "clear" if verdict.claims else "open" if result.main.interval.holds(0) else "unsure"
    return " ".join([w(f"verdict.secondary.declared_{kind}", **blanks), *absent.concluded(told, result, verdict)])


def _unseen(result: OutcomeResult) -> bool:
    """Levels of which no interval can be given: their counts stay at home."""
    return result.kind in UNITS and (result.main is None or result.main.interval is None)


def plain(told: Telling, result: OutcomeResult) -> str:
    """One group: how far it grew on this outcome, or where it ended."""
    w, label, blanks = told.words, told.label(result), told.figures(result)
    if "span" in blanks:
        return w(told.of_kind("verdict.secondary.grown"), label=label, **blanks)
    if not means_may_show(result):
        return w("verdict.secondary.hidden", label=label, study=told.measurement.study.id)
    return w(
        told.of_kind("verdict.secondary.described"),
        label=label,
        post=told.mean(result.arms["single"].mean_post),
        **blanks,
    )


def goals(told: Telling) -> Iterator[str]:
    """Whether the goals of the other primary outcomes were reached: without counts, which beside those of the first
    could tell how few missed a test."""
    for result, goal in _other_goals(told):
        yield told.words(f"verdict.goal.other_{goal}", label=result.outcome.label)


def goal_chip(told: Telling, chip: str) -> str:
    """The short status of the first question, or that primary outcomes differ in it."""
    first = told.verdict.answers.goal
    differ = any(goal != first for _, goal in _other_goals(told))
    told_here = first != "no_goal" and goal_answer_may_show(told.primary)
    return told.words("verdict.chip.goals_differ") if differ and told_here else chip


def _other_goals(told: Telling) -> Iterator[tuple[OutcomeResult, str]]:
    results = _results(told)
    for one in told.verdict.primaries[1:]:
        result = results[one.outcome]
        if one.goal != "no_goal" and shareable(result) and goal_answer_may_show(result):
            yield result, one.goal


def fold(told: Telling) -> Fold | None:
    """The outcomes beside each other, with what counting them does to a p-value; and how they hang together."""
    w, measurement = told.words, told.measurement
    shown = {name for name, result in _results(told).items() if shareable(result)}
    families = [one for one in measurement.families if len(one.outcomes) > 1]
    if not families and len(measurement.results) < MANY:
        return None
    rows = tuple(_rows(told, families, shown)) if told.compared else ()
    blocks = []
    if families and rows:
        header = tuple(
            w(f"report.several.{name}") for name in ("what", "kind", "value", "interval", "p", "holm", "draw")
        )
        blocks += [Text(w("report.several.about")), Table(w("report.several.caption"), header, rows)]
        blocks += [Text(text) for text in dict.fromkeys(_about_draw(told, families))]
    pairs = tuple(_pairs(told, shown))
    if pairs:
        header = (w("report.several.pair"), w("report.several.correlation"))
        blocks += [Table(w("report.several.together"), header, pairs), Text(w("report.several.about_together"))]
    return Fold(w("report.heading.several"), tuple(blocks)) if blocks else None


def _about_draw(told: Telling, families: list[Family]) -> Iterator[str]:
    w = told.words
    for family in families:
        if isinstance(family.max_t, MaxT):
            yield w("report.several.about_draw")
        elif family.max_t is not None:
            yield w("report.several.no_draw", reason=w(f"report.reason.{family.max_t.reason}"))


def _rows(told: Telling, families: list[Family], shown: set[str]) -> Iterator[tuple[str, ...]]:
    w = told.words
    of_family = {name: (family, place) for family in families for place, name in enumerate(family.outcomes)}
    for result in told.measurement.results:
        name, main = result.outcome.name, result.main
        if name not in shown or main is None or main.interval is None:
            continue
        seen = cut(main.interval, result.reach)
        low, high = w.number(seen.low, 2), w.number(seen.high, 2)
        p = holm = draw = w("report.several.none")
        if main.p is not None:
            p = told.p_value(main.p)
            if name in of_family:
                family, place = of_family[name]
                holm = told.p_value(family.holm[place])
                if isinstance(family.max_t, MaxT):
                    draw = told.p_value(family.max_t.p[place])
        yield (
            result.outcome.label,
            w(f"report.several.role_{result.outcome.role}"),
            w.number(main.value, 2),
            w("report.method.from_to", low=low, high=high),
            p,
            holm,
            draw,
        )


def _pairs(told: Telling, shown: set[str]) -> Iterator[tuple[str, str]]:
    """Two outcomes and their correlation, of pupils enough."""
    w, found = told.words, told.measurement.together
    if found is None or not privacy.may_average(found.pupils):
        return
    labels = {result.outcome.name: result.outcome.label for result in told.measurement.results}
    for place, one in enumerate(found.outcomes):
        for other, at in zip(found.outcomes[place + 1 :], found.r[place, place + 1 :], strict=True):
            if {one, other} <= shown:
                yield w("report.several.both", one=labels[one], other=labels[other]), w.number(float(at), 2)

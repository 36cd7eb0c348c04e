"""What is told of shares, of ordered levels and of goals: as counts, as a chance, and as pictures.

Which of these counts may stand beside each other is decided in ``disclosure``.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import charts, privacy
from .beside_bins import middle, middles_may_show
from .blocks import Block, Heading, Text
from .charts import ShareRow
from .disclosure import goal_rows, shareable, shares_may_show, shown_levels
from .levels import PER, UNITS
from .measurement import Arm, OutcomeResult
from .telling import Telling

ROOM = 20
"""Pupils of a usual class, in whom a share is told (policy)."""
TIMES = 10
"""Cases in which a chance is told (policy)."""


def certain(told: Telling) -> str | None:
    """What these pupils reached, before any comparison; ``None`` where that may not be told."""
    result = told.primary
    if result.kind == "share" and not shares_may_show(result) or not shareable(result):
        return None
    if result.kind == "order" and not middles_may_show(result):
        return None
    arm = "single" if "single" in result.arms else "both"
    end = "" if result.arms[next(iter(result.arms))].levels_pre else "_end"
    blanks = {"level": _level(result, 1)} if result.kind == "share" else {}
    for name, one in result.arms.items():
        of = "" if name != "control" else "_control"
        blanks |= {f"pupils{of}": told.words.count(one.pupils)}
        for occasion, levels in (("pre", one.levels_pre), ("post", one.levels_post)):
            if levels:
                blanks[occasion + of] = (
                    told.words.count(levels[1]) if result.kind == "share" else _from(told, middle(levels))
                )
    return told.words(f"{result.kind}.certain.{arm}{end}", **blanks)


def _from(told: Telling, place: int) -> str:
    """A level or a higher one; of the highest there is none. Where less than half stands above the lowest, half of the
    pupils stand on that."""
    result = told.primary
    ends = (0, len(result.level_names) - 1)
    return told.words(f"order.told.{'level' if place in ends else 'or_higher'}", level=_level(result, place))


def _level(result: OutcomeResult, place: int) -> str:
    return result.level_names[place]


def beside(told: Telling, decided: bool) -> Iterator[str]:
    """What belongs to a conclusion about shares or places; ``decided`` says whether the difference leads somewhere."""
    result, w, main = told.primary, told.words, told.primary.main
    if main is not None and main.interval is not None and told.verdict.capped_code != "ONE_CLASS":
        if result.kind == "share" and decided:
            low, high = sorted(
                min(max(limit, -result.reach), result.reach) * ROOM / PER
                for limit in (main.interval.low, main.interval.high)
            )
            kind = "more" if low >= 0 else "less" if high <= 0 else "both"
            ends = {"low": w.number(abs(low), 1), "high": w.number(abs(high), 1)}
            if kind == "less":
                ends = {"low": ends["high"], "high": ends["low"]}
            count = w.number(abs(main.value) * ROOM / PER, 1)
            way = "more" if main.value >= 0 else "less"
            span = w(f"share.told.span_{kind}", **ends)
            yield w(f"share.told.of_room_{way}", room=w.count(ROOM), count=count, span=span)
        yield from cut_off(told)
    if result.kind == "order" and shareable(result) and told.compared:
        yield from _chance(told)
    if result.check("start_alike") is not None:
        yield w("verdict.start_alike")


def cut_off(told: Telling) -> Iterator[str]:
    """Where an interval goes beyond what can be."""
    result, w = told.primary, told.words
    if told.verdict.capped_code != "ONE_CLASS" and result.main is not None and (seen := result.main.interval):
        if max(-seen.low, seen.high) > result.reach:
            yield w("verdict.span_cut", most=w.points(result.reach, 0))


def _chance(told: Telling) -> Iterator[str]:
    result, w = told.primary, told.words
    if told.verdict.capped_code != "ONE_CLASS" and result.main is not None:
        yield w("order.told.places")
    if result.chance is not None:
        end = "" if result.arms["treated"].levels_pre is None else "_as_is"
        yield w(f"order.told.chance{end}", times=w.number(TIMES * result.chance, 1))


def facts(told: Telling) -> Iterator[tuple[str, str]]:
    """The first figure of the page."""
    result, w = told.primary, told.words
    arm, single = result.arms.get("treated") or result.arms["single"], "" if told.compared else "_single"
    if result.kind == "share" and shares_may_show(result):
        part = w("report.facts.reached", reached=w.count(arm.levels_post[1]), pupils=w.count(arm.pupils))
        end = "_end" if arm.levels_pre is None else ""
        before = w.count(arm.levels_pre[1]) if arm.levels_pre else ""
        yield part, w(f"share.facts.passed{single}{end}", level=_level(result, 1), before=before)
    if result.kind == "order" and result.chance is not None:
        yield w("order.facts.times", times=w.number(TIMES * result.chance, 1)), w("order.facts.chance")


def orders(told: Telling) -> str | None:
    """What every outcome with levels goes by: which is the lowest and which the highest."""
    w, results = told.words, [one for one in told.measurement.results if one.outcome.levels or one.kind in UNITS]
    key = "one" if len(told.measurement.results) == 1 else "several"
    said = []
    for one in results:
        levels = ", ".join(f"“{level}”" for level in one.outcome.levels or one.level_names)
        said.append(w(f"report.levels.{key}", label=one.outcome.label, levels=levels))
        if one.outcome.items and len(one.outcome.levels) > 2:
            said.append(w("report.levels.reached", level=one.outcome.levels[one.outcome.reached_from]))
    return " ".join(said) or None


DOUBTED = {
    "levels_perhaps_turned": "levels_turned",
    "levels_mostly_fell": "levels_turned",
    "items_perhaps_crossed": "items_crossed",
}
"""Warnings that would turn a conclusion round, and what the conclusion says of them."""


def doubts(told: Telling) -> Iterator[str]:
    """Beside the conclusion: what would make it wrong, if the study file does not say what was meant."""
    for problem in told.measurement.warnings:
        if problem.code in DOUBTED:
            yield told.words(f"verdict.{DOUBTED[problem.code]}", **problem.facts)


def pictures(told: Telling) -> Iterator[Block]:
    """Where the pupils of every arm stand, before and after."""
    result, w = told.primary, told.words
    if result.kind == "share":
        if not shares_may_show(result):
            yield Text(w("share.told.hidden"))
            return
        rows = [
            _share_row(told, w("order.told.level", level=_level(result, 1)), name, arm, 1)
            for name, arm in result.arms.items()
        ]
    else:
        rows = [
            _share_row(told, _from(told, level), name, arm, level)
            for name, arm in result.arms.items()
            for level in shown_levels(result)
        ]
    if rows:
        yield charts.shares(rows, kind=result.kind, words=w)


def _share_row(told: Telling, label: str, name: str, arm: Arm, level: int) -> ShareRow:
    shares = [None if levels is None else sum(levels[level:]) for levels in (arm.levels_pre, arm.levels_post)]
    words = tuple("" if count is None else _part(told, count, arm.pupils) for count in shares)
    before, after = (None if count is None else PER * count / arm.pupils for count in shares)
    return ShareRow(label, name, before, after, words)


def _part(told: Telling, count: int, pupils: int) -> str:
    return told.words("report.facts.reached", reached=told.words.count(count), pupils=told.words.count(pupils))


def goals(told: Telling, result: OutcomeResult) -> Iterator[Block]:
    """A row per goal: how many pupils reached it before and after. A description; no goal is tested apart."""
    rows = goal_rows(result)
    if not rows:
        return
    w = told.words
    yield Heading(w("goals.heading"), 3)
    names = result.goals.names
    shown = [
        ShareRow(
            names[row.goal],
            row.arm,
            PER * row.before / row.judged if isinstance(row.before, int) and isinstance(row.after, int) else None,
            PER * row.after / row.judged if isinstance(row.after, int) else None,
            (_goal_part(told, row.before, row.judged), _goal_part(told, row.after, row.judged)),
        )
        for row in rows
    ]
    yield charts.shares(shown, kind="goals", words=w)
    yield Text(w("goals.about", count=w.count(len(names)), least=w.count(privacy.MIN_COUNT)))
    if any(row.judged != result.arms[row.arm].pupils for row in rows):
        yield Text(w("goals.judged"))
    elif any(arm.lost for arm in result.arms.values()):
        yield Text(w("goals.judged_on_all"))


def _goal_part(told: Telling, count: int | str | None, judged: int) -> str:
    w = told.words
    match count:
        case None:
            return ""
        case int():
            return _part(told, count, judged)
        case "hidden":
            return w("charts.class_means.not_shown")
        case _:
            return w(f"goals.{count}", few=w.count(privacy.MIN_COUNT - 1), pupils=w.count(judged))

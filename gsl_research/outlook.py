"""The page before the study: what it can tell, what other designs could tell there, and what that rests on.

Plan in, blocks out. No pupil is on it: of earlier scores only how far they lie apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from . import __version__, charts
from .blocks import Block, Bullets, Callout, Fold, Heading, Report, Table, Text
from .divided import MIN_SIDE
from .estimate import NotEstimated
from .plan import Apart, Given, Plan
from .privacy import COARSE_SCALE
from .prospects import AHEAD, EFFECT_SD, MOST_CLASSES, WEEK_PAIRS, WEEK_SD, Prospect, total_sd
from .report import HASH_SHOWN
from .study import Comparison, MultiSite
from .wording import Words, words

DRAWN = ("divided", "halved", "weeks")
"""Designs with one line in the picture; whole classes have a line for each assumption."""
SPOKEN_SD = 7
"""Standard deviations in a scale that nobody gave, to choose decimals by (policy)."""


def outlook(plan: Plan, *, lang: str = "nl") -> Report:
    """One page that may be shared: what the study can tell, in points of its own test."""
    study = plan.study
    told = _Told(plan, words(lang).for_units(_level(plan)))
    w, typed = told.words, study.spoken
    footer = {"plan": study.fingerprint[:HASH_SHOWN], "version": __version__}
    footed = w("plan.footer", **footer)
    concluded = (*_concluded(told), *_reckoned_with(told))
    return Report(
        study_id=study.id,
        lang=lang,
        kicker=w("plan.kicker", lever=w(f"report.lever.{study.lever}")),
        title=study.title,
        question=study.question,
        blocks=(Callout("conclusion", None, concluded), *_blocks(told)),
        footer=footed,
        typed_lang=None if typed.partition("-")[0] == lang else typed,
        summary=concluded[0],
        name="plan",
    )


@dataclass(frozen=True, slots=True)
class _Told:
    plan: Plan
    words: Words

    @property
    def decimals(self) -> int:
        scale = self.plan.outcome.scale_post
        return 1 if (scale[1] - scale[0] if scale else self.plan.sd.value * SPOKEN_SD) >= COARSE_SCALE else 2

    def points(self, value: float) -> str:
        """Never "0 points" for what is not nothing."""
        least = 10**-self.decimals
        return self.words.points(max(value, least) if value > 0 else value, self.decimals)

    @property
    def worth(self) -> str:
        margin = self.plan.margin
        if not margin.chosen:
            return self.points(margin.points)
        key = "locale.point" if margin.points == 1 else "locale.points"
        return self.words(key, number=self.words.plain(margin.points))

    @property
    def units(self) -> str:
        count = self.plan.setting.classes
        return self.words(f"report.facts.{'one_unit' if count == 1 else 'more_units'}", count=self.words.count(count))


def _level(plan: Plan) -> str:
    design = plan.study.design
    level = design.site if isinstance(design, MultiSite) else getattr(design, "assigned", "class")
    return "teaching_group" if level == "pupil" else level


def _blocks(told: _Told) -> Iterator[Block]:
    plan, w = told.plan, told.words
    yield Callout("next_step", w("plan.heading.next_step"), (" ".join(_next(told)),))
    yield Heading(w("plan.heading.designs"), 2)
    if plan.setting.classes == 1:
        able = [one.kind for one in plan.designs if one.kind in AHEAD and one.reach is not None and not _silent(one)]
        listed = w.listing([w(f"plan.one_class.{kind}") for kind in able])
        yield Text(w(f"plan.one_class.{'lead' if len(able) > 1 else 'only'}", designs=listed))
    header = tuple(w(f"plan.table.{name}") for name in ("design", "about", "cautious", "clear"))
    rows = tuple(_rows(told))
    yield Table(w("plan.table.caption", label=plan.outcome.label), header, rows)
    yield Text(w("plan.table.about_table"), "small")
    yield Bullets(tuple(_how(told, one) for one in plan.designs))
    if drawn := list(_lines(told)):
        chosen = plan.margin.points if plan.margin.chosen else None
        yield charts.designs(drawn, words=w, margin=chosen, decimals=told.decimals)
    yield Heading(w("plan.heading.needed"), 2)
    header = (w("plan.needed.what"), w("plan.needed.count"))
    yield Table(w("plan.needed.caption", points=told.worth), header, tuple(_needed(told)))
    gains = [line.more_pupils for line in plan.lines]
    yield Text(w("plan.needed.about", low=w.count(100 * min(gains)), high=w.count(100 * max(gains))))
    header = tuple(w(f"plan.more.{name}") for name in ("count", "whole_cautious", "whole_clear", "cautious", "clear"))
    gap = told.points(plan.middle.gap)
    yield Table(w("plan.more.caption", gap=gap), header, tuple(_more_rows(told)))
    yield Heading(w("plan.heading.assumed"), 2)
    yield Bullets(tuple(_assumed(told)))
    yield Heading(w("plan.heading.not_said"), 2)
    yield Bullets(tuple(w(f"plan.not_said.{key}") for key in ("nothing_yet", "lost", "alarms", "afterwards")))
    header = tuple(w(f"plan.method.{name}") for name in ("what", "icc", "se", "df"))
    table = Table(w("plan.method.caption"), header, tuple(_figures(told)))
    about = w("plan.method.about")
    if plan.setting.classes > 1:
        about = f"{about} {w('plan.method.classes')}"
    yield Fold(w("plan.heading.method"), (Text(about), table))


def _concluded(told: _Told) -> Iterator[str]:
    """What the report of the planned design can say; the first paragraph is the whole of it in short."""
    plan, w, one = told.plan, told.words, told.plan.planned
    match plan.code:
        case None:
            yield w("plan.says.other")
        case "growth":
            yield w("plan.says.growth")
            if one.reach is not None:
                yield w("plan.says.growth_reach", reach=told.points(one.reach))
            else:
                yield w("plan.says.growth_two", count=told.units)
        case "no_start":
            yield w("plan.says.no_start")
        case "pair":
            yield w(f"plan.says.pair_{one.kind}", count=told.units)
        case "small":
            yield w("plan.says.small", pupils=w.count(plan.setting.pupils))
        case "silent":
            yield w("plan.says.silent", setup=_setup(told))
            size = any(line.told.able("cautious") for line in _able(plan))
            yield w(f"plan.says.silent_{'size' if size else 'setup'}")
        case code:
            said, worth = _said(told), "chosen" if plan.margin.chosen else "rule"
            yield f"{said} {w(f'plan.says.worth_{worth}', points=told.worth)}"
            yield w(f"plan.says.{code}")
            if one.kind == "classes" and len(plan.decisive) > 1 and _everywhere(plan):
                yield w("plan.says.range")


def _everywhere(plan: Plan) -> bool:
    """Whether the firmest word is said under every assumption, from some difference on."""
    able = _able(plan)
    clear = [one.clear is not None for one in able]
    return all(clear) if any(clear) else all(one.cautious is not None for one in able)


def _able(plan: Plan) -> list[Prospect]:
    return [line.whole for line in plan.decisive] if plan.planned.kind == "classes" else [plan.planned]


def _setup(told: _Told) -> str:
    """The planned design in a few words, with which a sentence begins."""
    plan, w = told.plan, told.words
    treated, rest = plan.setting.arms
    halves = w(f"plan.split_{'even' if treated == rest else 'odd'}", treated=treated, control=rest)
    return w(f"plan.setup.{plan.planned.kind}", split=halves, count=told.units)


def _said(told: _Told) -> str:
    """The firmest word of the report, and from which difference on; under every assumption, or where classes are near
    each other only."""
    plan, w = told.plan, told.words
    able = _able(plan)
    word = "clear" if any(one.clear is not None for one in able) else "cautious"
    least = [getattr(one, word) for one in able]
    known = [one for one in least if one is not None]
    if not _everywhere(plan):
        return w(f"plan.says.{word}_near", setup=_setup(told), sees=told.points(min(known)))
    return w(f"plan.says.{word}", setup=_setup(told), sees=_from_to(told, min(known), max(known)))


def _from_to(told: _Told, low: float, high: float) -> str:
    least, most = (told.words.number(end, told.decimals) for end in (low, high))
    if least == most:
        return told.points(high)
    return told.words("plan.table.between", low=least, high=told.points(high))


def _reckoned_with(told: _Told) -> Iterator[str]:
    """Said at once where what the school has was assumed."""
    plan, w = told.plan, told.words
    if "rule" in (plan.classes.origin, plan.pupils.origin, plan.sd.origin):
        pupils, sd = w.count(plan.setting.pupils), told.points(plan.sd.value)
        yield w("plan.says.assumed", count=told.units, pupils=pupils, sd=sd)


def _next(told: _Told) -> Iterator[str]:
    plan, w = told.plan, told.words
    design, kind = plan.study.design, plan.next_kind
    within = isinstance(design, MultiSite)
    if plan.code == "reaches":
        if not design.randomised:
            yield w("plan.next.draw_classes")
        yield w("plan.next.write_down")
        return
    if within and not design.randomised and plan.code not in ("pair", "small"):
        yield w("plan.next.draw_pupils")
        return
    if plan.code == "silent" and not any(one.told.able("cautious") for one in _able(plan)):
        yield w("plan.next.set_up")
        return
    if within and plan.code not in ("pair", "small"):
        yield _more_divided(told)
        return
    better = kind is not None and plan.prospect(kind).said < (plan.planned.said if plan.planned else (True, math.inf))
    if better:
        yield from _halves(told, plan.prospect(kind))
    if plan.planned is not None and plan.planned.kind == "classes" and plan.code != "pair":
        yield _more_classes(told)
    elif not better or plan.prospect(kind).said > (False, plan.margin.points):
        if not better:
            small = plan.setting.pupils < 2 * MIN_SIDE
            yield w("plan.next.join_small" if small else "plan.next.join")
            if not small:
                yield _more_divided(told, "together")
        else:
            yield _more_divided(told)


def _halves(told: _Told, one: Prospect) -> Iterator[str]:
    yield told.words(f"plan.next.{one.kind}")
    word = "cautious" if one.clear is None else "clear"
    yield told.words(f"plan.next.then_{word}", sees=told.points(getattr(one, word)))


def _more_classes(told: _Told) -> str:
    needed, w = [line.needed for line in told.plan.decisive], told.words
    if None in needed:
        return w("plan.next.out_of_reach", points=told.worth)
    low, high = min(needed), max(needed)
    count = w.count(low) if low == high else w("plan.table.between", low=w.count(low), high=w.count(high))
    return w("plan.next.more_classes", points=told.worth, needed=count)


def _more_divided(told: _Told, how: str = "more_divided") -> str:
    needed, w = told.plan.needed_divided, told.words
    if needed is None:
        return w("plan.next.out_of_reach", points=told.worth)
    return w(f"plan.next.{how}", needed=w.count(needed), points=told.worth)


def _rows(told: _Told) -> Iterator[tuple[str, ...]]:
    """Whole classes under each assumption, where any is reckoned with."""
    for one in told.plan.designs:
        if one.kind == "classes" and one.told is not None:
            yield from (_row(told, _line(told, line), line.whole) for line in told.plan.lines)
        else:
            yield _row(told, told.words(f"plan.design.{one.kind}"), one)


def _row(told: _Told, name: str, one: Prospect) -> tuple[str, ...]:
    w = told.words
    if isinstance(one.expected, NotEstimated):
        about = w(f"plan.about.{one.expected.reason}")
    else:
        about = w(f"plan.about.{'silent' if _silent(one) else one.kind}")
    return name, about, _least(told, one.cautious), _least(told, one.clear)


def _how(told: _Told, one: Prospect) -> str:
    """What a design takes; of growth, which has no word on a difference, also how well it will be known."""
    w = told.words
    sentence = w(f"plan.how.{one.kind}", weeks=2 * WEEK_PAIRS)
    known = one.kind in ("lead_in", "growth") and one.reach is not None
    return f"{sentence} {w('plan.how.known', reach=told.points(one.reach))}" if known else sentence


def _silent(one: Prospect) -> bool:
    """A design that is reported on, and of which the report would say nothing."""
    return one.told is not None and one.cautious is None


def _least(told: _Told, least: float | None) -> str:
    return told.words("plan.table.none") if least is None else told.points(least)


def _more_rows(told: _Told) -> Iterator[tuple[str, ...]]:
    for count, whole, halves in told.plan.with_more:
        least = (whole.cautious, whole.clear, halves.cautious, halves.clear)
        yield told.words.count(count), *(_least(told, one) for one in least)


def _line(told: _Told, line: Apart) -> str:
    own = "" if line.icc.origin == "rule" else f"_{line.icc.origin}"
    return told.words(f"plan.line.classes{own}", gap=told.points(line.gap))


def _lines(told: _Told) -> Iterator[tuple[str, float]]:
    plan = told.plan
    for line in plan.lines:
        if line.whole.reach is not None:
            yield _line(told, line), line.whole.reach
    for one in plan.designs:
        if one.kind in DRAWN and one.reach is not None:
            yield told.words(f"plan.design.{one.kind}"), one.reach


def _needed(told: _Told) -> Iterator[tuple[str, str]]:
    w = told.words

    def spoken(count: int | None) -> str:
        return w("plan.needed.beyond", most=w.count(MOST_CLASSES)) if count is None else w.count(count)

    for line in told.plan.lines:
        yield _line(told, line), spoken(line.needed)
    if told.plan.prospect("halved").reach is not None:
        yield w("plan.design.divided"), spoken(told.plan.needed_divided)


def _assumed(told: _Told) -> Iterator[str]:
    plan, w = told.plan, told.words

    def origin(given: Given) -> str:
        return w(f"plan.origin.{given.origin}")

    yield w("plan.assumed.classes", count=w.count(plan.setting.classes), origin=origin(plan.classes))
    yield w("plan.assumed.pupils", count=w.count(plan.setting.pupils), origin=origin(plan.pupils))
    if isinstance(plan.study.design, Comparison) and plan.setting.classes > 1:
        treated, control = plan.setting.arms
        yield w("plan.assumed.arms", treated=w.count(treated), control=w.count(control))
        if plan.setting.blocks is not None:
            yield w("plan.assumed.blocks", blocks=w.count(plan.setting.blocks))
    yield w("plan.assumed.sd", sd=told.points(plan.sd.value), origin=origin(plan.sd))
    if plan.setting.classes > 1:
        whole = total_sd(plan.sd.value, plan.middle.icc.value)
        yield w("plan.assumed.sd_all", sd=told.points(whole))
    if plan.r is None:
        yield w("plan.assumed.no_start")
    else:
        yield w("plan.assumed.r", r=w.number(plan.r.value, 2), origin=origin(plan.r))
    set_by = w(f"plan.origin.{'study' if plan.margin.chosen else 'rule'}")
    yield w("plan.assumed.margin", points=told.worth, origin=set_by)
    if (count := sum(one.role == "primary" for one in plan.study.outcomes)) > 1:
        yield w("plan.assumed.questions", count=w.count(count))
    gaps = [told.points(line.gap) for line in plan.lines]
    yield w("plan.assumed.apart", gaps=w.listing(gaps))
    yield w("plan.assumed.differs", effect=told.points(EFFECT_SD * plan.sd.value))
    yield w("plan.assumed.weeks", wave=told.points(WEEK_SD * plan.sd.value))
    yield w("plan.assumed.fill")


def _figures(told: _Told) -> Iterator[tuple[str, str, str, str]]:
    plan, w = told.plan, told.words
    named = [(_line(told, line), line.whole) for line in plan.lines]
    named += [(w(f"plan.design.{one.kind}"), one) for one in plan.designs if one.kind != "classes"]
    for name, one in named:
        if not isinstance(one.expected, NotEstimated):
            icc = w("plan.table.none") if one.icc is None else w.number(one.icc, 2)
            yield name, icc, w.number(one.expected.se, 2), w.count(one.expected.df)

"""The page before the study: what it can tell, what other designs could tell there, and what that rests on.

Plan in, blocks out. No pupil is on it: of earlier scores only how far they lie apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import __version__, charts
from .blocks import Block, Bullets, Callout, Fold, Heading, Report, Table, Text
from .estimate import NotEstimated
from .methods.precision import MOST_UNITS, split
from .plan import Apart, Given, Plan
from .prospects import AHEAD, EFFECT_SD, WEEK_PAIRS, WEEK_SD, Prospect
from .report import HASH_SHOWN
from .study import MultiSite
from .telling import COARSE_SCALE
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
    if plan.earlier_sha256 is None:
        footed = w("plan.footer", **footer)
    else:
        footed = w("plan.footer_earlier", data=plan.earlier_sha256[:HASH_SHOWN], **footer)
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
        able = [one.kind for one in plan.designs if one.kind in AHEAD and one.reach is not None]
        listed = w.listing([w(f"plan.one_class.{kind}") for kind in able])
        yield Text(w(f"plan.one_class.{'lead' if len(able) > 1 else 'only'}", designs=listed))
    header = tuple(w(f"plan.table.{name}") for name in ("design", "about", "reach", "sees"))
    rows = tuple(_row(told, one) for one in plan.designs)
    yield Table(w("plan.table.caption", label=plan.outcome.label), header, rows)
    yield Text(w("plan.table.about_table"), "small")
    yield Bullets(tuple(w(f"plan.how.{one.kind}", weeks=2 * WEEK_PAIRS) for one in plan.designs))
    if drawn := list(_lines(told)):
        chosen = plan.margin.points if plan.margin.chosen else None
        yield charts.designs(drawn, words=w, margin=chosen, decimals=told.decimals)
    yield Heading(w("plan.heading.needed"), 2)
    header = (w("plan.needed.what"), w("plan.needed.count"))
    yield Table(w("plan.needed.caption", points=told.worth), header, tuple(_needed(told)))
    yield Text(w("plan.needed.about"))
    yield Heading(w("plan.heading.assumed"), 2)
    yield Bullets(tuple(_assumed(told)))
    yield Heading(w("plan.heading.not_said"), 2)
    yield Bullets(tuple(w(f"plan.not_said.{key}") for key in ("nothing_yet", "lost", "afterwards")))
    header = tuple(w(f"plan.method.{name}") for name in ("what", "icc", "se", "df"))
    table = Table(w("plan.method.caption"), header, tuple(_figures(told)))
    about = w("plan.method.about")
    if plan.setting.classes > 1:
        about = f"{about} {w('plan.method.classes')}"
    yield Fold(w("plan.heading.method"), (Text(about), table))


def _concluded(told: _Told) -> Iterator[str]:
    """What the planned design can tell; the first paragraph is the whole of it in short."""
    plan, w, one = told.plan, told.words, told.plan.planned
    match plan.code:
        case None:
            yield w("plan.says.other")
        case "growth":
            yield w("plan.says.growth")
            if one.reach is not None:
                yield w("plan.says.growth_reach", reach=told.points(one.reach))
        case "pair":
            yield w(f"plan.says.pair_{one.kind}", count=told.units)
        case "small":
            yield w("plan.says.small", pupils=w.count(plan.setting.pupils))
        case code:
            treated, rest = split(plan.setting.classes)
            halves = w(f"plan.split_{'even' if treated == rest else 'odd'}", treated=treated, control=rest)
            worth = w(f"plan.says.worth_{'chosen' if plan.margin.chosen else 'rule'}", points=told.worth)
            sees = told.points(one.sees)
            sentence = w(f"plan.says.{one.kind}", split=halves, count=told.units, sees=sees, worth=worth)
            yield sentence
            yield w(f"plan.says.{code}", sees=sees)
            if one.kind == "classes":
                low, high = _span(plan)
                yield w("plan.says.range", low=w.number(low, told.decimals), high=told.points(high))


def _reckoned_with(told: _Told) -> Iterator[str]:
    """Said at once where what the school has was assumed."""
    plan, w = told.plan, told.words
    if "rule" in (plan.classes.origin, plan.pupils.origin, plan.sd.origin):
        pupils, sd = w.count(plan.setting.pupils), told.points(plan.sd.value)
        yield w("plan.says.assumed", count=told.units, pupils=pupils, sd=sd)


def _span(plan: Plan) -> tuple[float, float]:
    """The smallest difference that whole classes see, over all assumptions."""
    seen = [line.whole.sees for line in plan.lines]
    return min(seen), max(seen)


def _next(told: _Told) -> Iterator[str]:
    plan, w = told.plan, told.words
    design, kind = plan.study.design, plan.next_kind
    within = isinstance(design, MultiSite)
    if plan.code == "reaches":
        if not design.randomised:
            yield w(f"plan.next.draw_{'pupils' if within else 'classes'}")
        yield w("plan.next.write_down")
        return
    if within and plan.code in ("larger", "hardly"):
        yield _more_divided(told)
        return
    if plan.code in ("larger", "hardly"):
        yield from _beyond_whole_classes(told)
    elif kind is None:
        yield w("plan.next.join")
    else:
        sees = plan.prospect(kind).sees
        yield w(f"plan.next.{kind}", sees=told.points(sees))
        if sees > plan.margin.points:
            yield _more_divided(told)


def _beyond_whole_classes(told: _Told) -> Iterator[str]:
    """Dividing pupils where that sees more with the same classes; and how many whole ones it takes."""
    plan, w, kind = told.plan, told.words, told.plan.next_kind
    needed = plan.middle.needed
    if kind is not None and (sees := plan.prospect(kind).sees) < plan.planned.sees:
        yield w(f"plan.next.{kind}", sees=told.points(sees))
    elif needed is None:
        yield w("plan.next.out_of_reach", points=told.worth)
    if needed is not None:
        yield w("plan.next.more_classes", points=told.worth, needed=w.count(needed))


def _more_divided(told: _Told) -> str:
    needed, w = told.plan.needed_divided, told.words
    if needed is None:
        return w("plan.next.out_of_reach", points=told.worth)
    return w("plan.next.more_divided", needed=w.count(needed), points=told.worth)


def _row(told: _Told, one: Prospect) -> tuple[str, str, str, str]:
    w = told.words
    name = w(f"plan.design.{one.kind}")
    about = w(f"plan.about.{one.kind}")
    if isinstance(one.expected, NotEstimated):
        few = {"too_few_classes": "few_classes", "too_few_pupils": "few_pupils"}.get(one.expected.reason)
        about = w(f"plan.about.{few}") if few else about
        return name, about, w(f"plan.table.{one.expected.reason}"), w("plan.table.none")
    if one.kind == "classes":
        reaches = [line.whole.reach for line in told.plan.lines]
        reach, sees = _between(told, min(reaches), max(reaches)), _between(told, *_span(told.plan))
    else:
        reach = told.points(one.reach)
        sees = w("plan.table.none") if one.kind in ("lead_in", "growth") else told.points(one.sees)
    return name, about, reach, sees


def _between(told: _Told, low: float, high: float) -> str:
    return told.words("plan.table.between", low=told.words.number(low, told.decimals), high=told.points(high))


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
        return w("plan.needed.beyond", most=w.count(MOST_UNITS)) if count is None else w.count(count)

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
    yield w("plan.assumed.sd", sd=told.points(plan.sd.value), origin=origin(plan.sd))
    if plan.r is None:
        yield w("plan.assumed.no_start")
    else:
        yield w("plan.assumed.r", r=w.number(plan.r.value, 2), origin=origin(plan.r))
    set_by = w(f"plan.origin.{'study' if plan.margin.chosen else 'rule'}")
    yield w("plan.assumed.margin", points=told.worth, origin=set_by)
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

"""The page of one school beside the whole, for that school alone: no other school stands on it apart."""

from __future__ import annotations

from collections.abc import Iterator

from . import __version__, over_schools
from .belonging import Excluded
from .blocks import Block, Bullets, Callout, Heading, Report, Text
from .charts.forest import Ends, SchoolRow, forest
from .over_schools import Overview
from .synthesis import School


def school_page(told: Overview, name: str) -> Report:
    """Of a school by the name that ``Overview.letters`` knows: for ``private/``, and from there that school."""
    w, belonging = told.words, told.synthesis.belonging
    return Report(
        study_id=told.study_id,
        lang=w.lang,
        kicker=w("summary.school.kicker", letter=told.letters[name], lever=told.lever),
        title=w("summary.school.title"),
        question=w("summary.question", lever=told.lever, domain=told.domain),
        blocks=tuple(_blocks(told, name, belonging.excluded)),
        footer=w("summary.school.footer", version=__version__),
        name="school",
    )


def _blocks(told: Overview, name: str, excluded: tuple[Excluded, ...]) -> Iterator[Block]:
    w, lead = told.words, told.shown
    own = next((one for one in told.schools if one.name == name), None)
    listed = own is not None and (lead is None or own.name not in {one.name for one in lead.schools})
    said = [] if own is None else [_own(told, own, listed)]
    if listed and not own.alone:
        said.append(w("summary.school.not_counted", why=w("summary.why.too_few")))
    for one in excluded:
        if over_schools.school_of(one.card) == name:
            key = f"summary.school.{'one_' if own is not None else ''}not_counted"
            said.append(w(key, why=w(f"summary.why.{one.reason}")))
    yield Callout("conclusion", None, tuple(said))
    if own is not None:
        ends = (None, None)
        if own.interval is not None:
            ends = told.value(own.interval.low), told.value(own.interval.high)
        row = SchoolRow(w("summary.school.own_row"), told.month(own.when), told.value(own.value), *ends, not listed)
        together = following = None
        if lead is not None:
            mean = lead.mean
            together = Ends(told.value(mean.value), told.value(mean.interval.low), told.value(mean.interval.high))
            if lead.following is not None:
                following = told.value(lead.following.low), told.value(lead.following.high)
        yield forest([row], together, following, words=told.scale_words, decimals=told.decimals)
        yield Text(w("summary.school.caption"), "small")
    yield Heading(w("summary.school.all"), 2)
    yield Bullets(tuple(over_schools.conclusion(told)))
    if on_scale := over_schools.unit(told):
        yield Text(on_scale, "small")
    if own is not None:
        yield Text(w("summary.school.about"))
    yield Text(w("summary.school.use"))
    yield Text(w("summary.school.not_for_others"), "small")


def _own(told: Overview, own: School, listed: bool) -> str:
    w = told.words
    if own.interval is None:
        return w(f"summary.school.own_alone{'_apart' if listed else ''}", gap=told.gap(own.value))
    figures = {"gap": told.gap(own.value), "span": told.span(own.interval)}
    several = sum(len(one.measures) for one in own.used) > 1
    return w(f"summary.school.own{'_several' if several else ''}", **figures)

"""The order of the page over schools: first for the board, then for who looks critically. Values in, blocks out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from . import __version__, board, over_schools
from .belonging import LEVERS
from .blocks import Block, Bullets, Callout, Fold, Heading, Report, Steps, Table, Text
from .cards import Card
from .charts.forest import Ends, SchoolRow, forest
from .methods.moderators import CARDS_PER_MODERATOR
from .months import LEVELS as IN_MONTHS
from .months import Months, months, table
from .over_schools import LEVELS, Overview, capital
from .published import Why, published_block
from .standing import schools_needed, turned
from .summary_method import method
from .synthesis import School
from .telling import step_of
from .wording import Words

MOST_EXCLUDED = 60
"""Cards that do not count are listed one by one up to here; of the rest the number (policy)."""
HASH_SHOWN = 8


def summary_page(told: Overview) -> Report:
    """The page of one lever and domain; same cards, same page. No school stands on it by name."""
    w = told.words
    days = [card.study.post_on for card in told.cards if card.study.post_on]
    dated = {"date": w.date(max(days))} if days else {}
    return Report(
        study_id=told.study_id,
        lang=w.lang,
        kicker=w(f"summary.kicker{'' if days else '_undated'}", lever=told.lever, **dated),
        title=w("summary.title", Lever=capital(told.lever)),
        question=w("summary.question", lever=told.lever, domain=told.domain),
        blocks=tuple(_blocks(told)),
        footer=w("summary.footer", data=told.digest[:HASH_SHOWN], version=__version__),
        summary=" ".join(over_schools.conclusion(told)),
        name="summary",
    )


def _blocks(told: Overview) -> Iterator[Block]:
    w = told.words
    if on_scale := over_schools.unit(told):
        yield Text(on_scale, "small")
    yield Callout("conclusion", None, tuple(over_schools.conclusion(told)))
    title, said = over_schools.advice(told)
    yield Callout("next_step", title, said)
    if told.changes is not None:
        yield Heading(w("summary.heading.new"), 2)
        yield Bullets(tuple(over_schools.news(told)))
    for question in ("goal", "everyone"):
        chip, text = getattr(over_schools, question)(told)
        yield Heading(w(f"summary.heading.{question}"), 2, chip)
        yield Text(text)
    chip, lines = over_schools.side_effects(told)
    yield Heading(w("summary.heading.side_effects"), 2, chip)
    yield Bullets(lines) if len(lines) > 1 else Text(lines[0])
    if told.synthesis.schools:
        yield Heading(w("summary.heading.schools"), 2)
        yield picture(told)
    yield Heading(w("summary.heading.not_said"), 2)
    yield Bullets(tuple(_not_said(told)))

    yield Heading(w("summary.heading.sceptic"), 2)
    yield Heading(w("summary.heading.who"), 3)
    yield from _who(told)
    yield Heading(w("summary.heading.firm"), 3)
    names, step = tuple(w("verdict.steps.names").split("|")), step_of(told.standing.rating)
    yield Steps(names, step, w("verdict.steps.label", names=w.listing(names), current=names[step]))
    firm = [w("summary.firm.about"), w(f"summary.firm.{told.standing.weakest}"), over_schools.spread(told)]
    yield Text(" ".join(filter(None, firm)))
    yield Heading(w("summary.heading.for_whom"), 3)
    yield Bullets(tuple(_for_whom(told)))
    own = in_months(told)
    beside = {} if isinstance(own, Months) else {"why": own}
    yield from published_block(told.synthesis.belonging.lever, own if isinstance(own, Months) else None, w, **beside)
    yield Heading(w("summary.heading.change"), 3)
    yield Bullets(tuple(_change(told)))
    yield Heading(w("summary.heading.map"), 3)
    yield from lever_map(told.everywhere, w)
    yield Fold(w("summary.heading.board"), tuple(board.questions(told)))
    yield method(told)


def picture(told: Overview) -> Block:
    """A line from–to for each school by date, then all together and what a next school may expect."""
    lead = told.shown
    pooled = {school.name for school in lead.schools} if lead else set()
    rows = [_row(told, school, school.name in pooled) for school in told.schools]
    together = following = None
    if lead is not None:
        mean = lead.mean
        together = Ends(told.value(mean.value), told.value(mean.interval.low), told.value(mean.interval.high))
        if lead.following is not None:
            following = told.value(lead.following.low), told.value(lead.following.high)
    return forest(rows, together, following, words=told.scale_words, decimals=told.decimals)


def _row(told: Overview, school: School, counted: bool) -> SchoolRow:
    ends = (None, None)
    if school.interval is not None:
        ends = told.value(school.interval.low), told.value(school.interval.high)
    return SchoolRow(told.school(school.name), told.month(school.when), told.value(school.value), *ends, counted)


def _not_said(told: Overview) -> Iterator[str]:
    w = told.words
    for key in ("ranking", "inspection", "one_school", "long", "causes"):
        yield w(f"summary.not_said.{key}")
    undrawn = sum(one.card.study.randomised is False for one in told.synthesis.used)
    if undrawn:
        cards = told.count("card", len(told.synthesis.used))
        yield w("summary.not_said.not_drawn", count=w.count(undrawn), cards=cards)


def _who(told: Overview) -> Iterator[Block]:
    """From asked to pooled, in schools; then every card that does not count, with its reason."""
    w, took = told.words, told.taken_part
    lead = told.synthesis.leading
    pooled = len(lead.schools) if lead else 0
    listed = len(told.synthesis.schools) - pooled
    steps = [(name, getattr(took, name)) for name in ("asked", "started", "stopped")] if took else []
    steps += [("card", told.with_card), ("pooled", pooled), ("listed", listed)]
    steps.append(("excluded", told.with_card - pooled - listed))
    header = (w("summary.who.step"), w("summary.who.schools"))
    rows = tuple((w(f"summary.who.{name}"), w.count(number)) for name, number in steps)
    yield Table(w("summary.who.caption"), header, rows)
    if took is None:
        yield Text(w("summary.who.unknown"))
    else:
        gave = told.with_card
        if gave < took.started:
            started = told.count("school", took.started)
            yield Text(w("summary.who.missing", started=started, cards=told.count("school", gave)))
        else:
            yield Text(w("summary.who.missing_none"))
        if took.reasons:
            reasons = [w("summary.who.reason", what=one.why, count=w.count(one.schools)) for one in took.reasons]
            yield Text(w("summary.who.reasons", reasons=w.listing(reasons)))
    if told.unreadable:
        yield Text(w("summary.others.unreadable", cards=told.count("file", told.unreadable)))
    if rows := tuple(_left_out(told)):
        header = tuple(w(f"summary.others.column_{name}") for name in ("school", "when", "why"))
        yield Table(w("summary.others.caption"), header, rows[:MOST_EXCLUDED])
        if len(rows) > MOST_EXCLUDED:
            yield Text(w("summary.others.more", count=told.count("card", len(rows) - MOST_EXCLUDED)))


def _left_out(told: Overview) -> Iterator[tuple[str, str, str]]:
    """By date, as the schools that count."""
    w = told.words
    for school in told.synthesis.listed:
        why = w(f"summary.why.{'alone' if school.alone else 'too_few'}")
        yield told.school(school.name), told.month(school.when), why
    for one in told.synthesis.belonging.excluded:
        yield told.school_of(one.card), told.month(one.card.study.post_on), w(f"summary.why.{one.reason}")


def _for_whom(told: Overview) -> Iterator[str]:
    w, found, lead = told.words, told.for_whom, told.shown
    schools = told.count("school", len(lead.schools) if lead else len(told.synthesis.schools))
    if not found.enough:
        yield w("summary.moderator.few", least=w.count(CARDS_PER_MODERATOR), schools=schools)
        return
    if found.found:
        yield w("summary.moderator.lead")
    for one in found.found:
        weeks = {"low": w.plain(one.weeks[0]), "high": w.plain(one.weeks[1])} if one.weeks else {}
        yield w(f"summary.moderator.{one.question}", span=told.span_beside(one.interval), **weeks)
    if found.found and all(one.interval.holds(0) for one in found.found):
        yield w("summary.moderator.none_differs")
    if found.alike:
        names = [w(f"summary.moderator.name_{name}") for name in found.alike]
        yield w("summary.moderator.same_all", what=w.listing(names))


def _change(told: Overview) -> Iterator[str]:
    w, lead = told.words, told.shown
    if lead is not None:
        margin = told.margin()
        needed = schools_needed(lead, lead.margin)
        if needed is not None and needed > len(lead.schools):
            yield w("summary.change.needed", schools=told.count("school", needed), margin=margin)
        elif needed is not None:
            yield w("summary.change.enough", margin=margin)
        if lead.without:
            yield w(f"summary.change.{'one_school' if turned(lead) else 'stable'}")
        if lead.small is not None and over_schools.small_find_more(lead):
            yield w("summary.change.small")
    if any(one.card.study.randomised is False for one in told.synthesis.used):
        yield w("summary.change.drawn")
    yield w(f"summary.change.silent{'' if told.taken_part else '_unknown'}")


def lever_map(cards: tuple[Card, ...], w: Words) -> Iterator[Block]:
    """How many cards there are of each lever in each level of education, and where there are none."""
    counts = Counter((card.study.lever, card.study.context.get("level") or "unknown") for card in cards)
    levels = [level for level in (*LEVELS, "unknown") if level in SHOWN or any(counts[one, level] for one in LEVERS)]
    header = (w("summary.map.lever"), *(w(f"summary.map.{level}") for level in levels))
    none = w("summary.map.none")
    rows = tuple(
        (
            w(f"report.lever.{lever}"),
            *(w.count(counts[lever, level]) if counts[lever, level] else none for level in levels),
        )
        for lever in LEVERS
    )
    yield Table(w("summary.map.caption"), header, rows)


SHOWN = ("nursery", "primary", "secondary")
"""Levels of education in the map also without a card."""


def in_months(told: Overview) -> Months | Why:
    """What the schools found as months, beside published figures; or why that would mean nothing."""
    lead = told.synthesis.leading
    if told.synthesis.belonging.domain != "learning_gain":
        return "domain"
    if {one.card.study.context.get("level") for one in told.synthesis.used} - set(IN_MONTHS):
        return "level"
    if lead is None:
        return "few"
    low, high = (months(end) for end in (lead.mean.interval.low, lead.mean.interval.high))
    return Months(low, high, len(table()["largest"]) - 1, table()["version"])

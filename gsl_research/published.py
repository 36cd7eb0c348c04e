"""Published evidence for a building block, beside what our own schools found: on one axis, with its date.

The figures stand in ``published.toml``, with their source, their day, and what they were before. They are facts with
attribution; no text of the source is used. Months of ours are made by ``months``, from the interval in g.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from . import charts
from .blocks import Block, Callout, Chart, Heading, Table, Text
from .months import Months
from .wording import Words

FIGURES = Path(__file__).with_suffix(".toml")
Tag = Literal["verified", "recalled"]
Why = Literal["domain", "level", "comparison", "few"]
"""Why our own schools have no months: it was no learning gain, not in primary school, nothing was compared, or too few
schools were taken together."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a strand said before: in a year, or until a day; neither is known of what is recalled only."""

    months: int
    year: str
    until: date | None
    tag: Tag


@dataclass(frozen=True, slots=True)
class Strand:
    """A family of approaches in a public toolkit, as it stood on the day of the snapshot."""

    id: str
    levers: tuple[str, ...]
    months: int | None
    """More than pupils without it, on average; ``None`` where the source gives no figure."""
    evidence: int
    """How much research it rests on, from 0 (not enough for a figure) to 5."""
    cost: int
    """From 1 (very low) to 5."""
    studies: int | None
    link: str
    tag: Tag
    earlier: tuple[Earlier, ...]
    contradiction: int | None
    """Another strength of evidence that the same source gives."""
    note: bool
    """Whether the texts have a sentence on it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the figures come from, and of which day they are."""

    name: str
    organisation: str
    version: str
    updated: date
    link: str
    read_in: str
    read_on: date
    tag: Tag


@cache
def _content() -> dict:
    return tomllib.loads(FIGURES.read_text("utf-8"))


def snapshot() -> Snapshot:
    return Snapshot(**_content()["snapshot"])


@cache
def strands(lever: str) -> tuple[Strand, ...]:
    """The strands beside a building block, in the order of the file; none for a lever nobody knows."""
    return tuple(_strand(one) for one in _content()["strand"] if lever in one["levers"])


def _strand(one: dict) -> Strand:
    earlier = tuple(
        Earlier(before["months"], before.get("in", ""), before.get("until"), before["tag"]) for before in one["earlier"]
    )
    return Strand(
        one["id"], tuple(one["levers"]), one.get("months"), one["evidence"], one["cost"], one.get("studies"),
        f"{snapshot().link}/{one['page']}", one["tag"], earlier, one.get("contradiction"), one.get("note", False),
    )  # fmt: skip


def published_block(lever: str, own: Months | None, words: Words, *, why: Why = "comparison") -> tuple[Block, ...]:
    """A heading, what was found elsewhere and by us on one axis, and how not to read that.

    ``own`` is from how many to how many months our schools together may lie, ``None`` where months say nothing: then
    ``why`` tells the reason, and only the published figures are drawn. Strands stand in the order of their names. A
    lever without strands gives no blocks.
    """
    w, of = words, snapshot()
    found = sorted(strands(lever), key=lambda one: w(f"published.strand.{one.id}").casefold())
    if not found:
        return ()
    last = w(f"published.own.{why}") if own is None else w("published.own.row", range=_range(own, w))
    return (
        Heading(w("published.heading")),
        Text(
            w("published.what", lever=w(f"report.lever.{lever}"), organisation=of.organisation, day=w.date(of.updated))
        ),
        _chart(found, own, w),
        Text(last),
        Callout("note", w("published.warning.title"), (w("published.warning.larger"), w("published.warning.rough"))),
        *(Text(w(f"published.note.{one.id}"), "small") for one in found if one.note),
        Text(_source(found, of, own, w), "small"),
    )


def _chart(found: Sequence[Strand], own: Months | None, w: Words) -> Chart:
    marks = [charts.Mark(w(f"published.strand.{one.id}"), _figure(one, w), one.months) for one in found]
    line = None
    if own is not None:
        line = charts.OwnLine(w("published.own.label"), _range(own, w), own.low, own.high, own.most)
    return charts.published(marks, line, _table(found, own, w), words=w)


def _figure(one: Strand, w: Words) -> str:
    if one.months is None:
        return w("published.no_figure")
    return w("published.figure", months=_months(one.months, w), evidence=w(f"published.evidence.{one.evidence}"))


def _months(count: int, w: Words, most: int | None = None) -> str:
    size = abs(count)
    if size == 0:
        return w("report.months.same")
    kind = "beyond_" if most is not None and size > most else "one_" if size == 1 else ""
    return w(f"report.months.{kind}{'less' if count < 0 else 'more'}", count=w.count(min(size, most or size)))


def _range(own: Months, w: Words) -> str:
    low, high = (_months(count, w, own.most) for count in (own.low, own.high))
    return low if low == high else w("report.months.from_to", low=low, high=high)


def _source(found: Sequence[Strand], of: Snapshot, own: Months | None, w: Words) -> str:
    dates = {"updated": w.date(of.updated), "read_on": w.date(of.read_on)}
    parts = [w("published.source", name=of.name, organisation=of.organisation, version=of.version, **dates)]
    parts.append(w("published.link", link=of.link))
    if any(before.tag == "recalled" for one in found for before in one.earlier):
        parts.append(w("published.recalled"))
    if own is not None:
        parts.append(w("published.own.version", version=own.version))
    return " ".join(parts)


def _table(found: Sequence[Strand], own: Months | None, w: Words) -> Table:
    rows = [
        (
            w(f"published.strand.{one.id}"),
            w("published.no_figure") if one.months is None else _months(one.months, w),
            _strength(one, w),
            "–" if one.studies is None else w.count(one.studies),
            w(f"published.cost.{one.cost}"),
            ", ".join(_before(before, w) for before in one.earlier) or "–",
        )
        for one in found
    ]
    if own is not None:
        rows.append((w("published.own.label"), _range(own, w), "–", "–", "–", "–"))
    columns = ("strand", "months", "evidence", "studies", "cost", "earlier")
    return Table(w("published.table"), tuple(w(f"published.column.{name}") for name in columns), tuple(rows))


def _strength(one: Strand, w: Words) -> str:
    told = w(f"published.evidence.{one.evidence}")
    if one.contradiction is None:
        return told
    return w("published.contradiction", one=told, other=w(f"published.evidence.{one.contradiction}"))


def _before(before: Earlier, w: Words) -> str:
    kind = "until" if before.until else "year" if before.year else "recalled"
    when = w.date(before.until) if before.until else before.year
    return w(f"published.earlier.{kind}", months=_months(before.months, w), when=when)

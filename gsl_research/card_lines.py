"""Cards as lines of a shelf: where each stands, in a sentence, and whether it counts in the summary of its lever."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from .belonging import belong, levers, school_of
from .card_shelf import ShelfLine
from .cards import Card
from .synthesis import synthesise
from .telling import step_of
from .wording import Words

PAGE = "report.html"


def shelf_lines(
    cards: Sequence[Card], w: Words, *, letters: Mapping[str, str] | None = None, place: Path | None = None
) -> tuple[ShelfLine, ...]:
    """A line for each card. ``letters`` of schools by name; ``place`` is the folder of the page, for links to the
    school's own page where that stands beside its card."""
    names = w("verdict.steps.names").split("|")
    return tuple(
        ShelfLine(
            title=card.study.title,
            question=card.study.question,
            lever=card.study.lever,
            level=card.study.context.get("level", ""),
            domain=next((one.domain for one in card.outcomes if one.role == "primary"), ""),
            firmness=names[step_of(card.security.rating)],
            rating=card.security.rating,
            school=(letters or {}).get(school_of(card), ""),
            day=card.study.post_on,
            design=card.study.design,
            link=_link(card, place),
            said=w(f"summary.card.{card.verdict.capped_code}"),
            status=status,
        )
        for card, status in _statuses(cards, w)
    )


def _statuses(cards: Sequence[Card], w: Words) -> Iterator[tuple[Card, str]]:
    for lever in levers(cards):
        found = belong(cards, lever)
        lead = synthesise(found).leading
        pooled = {school.name for school in lead.schools} if lead else set()
        for used in found.used:
            yield used.card, w(f"summary.card.{'counts' if used.school in pooled else 'listed'}")
        for one in found.excluded:
            yield one.card, w(f"summary.why.{one.reason}")


def _link(card: Card, place: Path | None) -> str | None:
    page = card.path.parent / PAGE
    if place is None or not page.is_file():
        return None
    try:
        return quote(Path(os.path.relpath(page.resolve(), place.resolve())).as_posix())
    except ValueError:  # on another disk of Windows
        return None

"""What the team decided and made of the result, as blocks of a page. Values in, blocks out; no clock is asked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .blocks import Block, Bullets, Heading, Text
from .decisions import Decided, Decisions
from .wording import Words

ORDER = ("late", "not_yet", "yes", "no")
"""What is still to be done comes first."""
IN_A_LINE = 140
"""Signs of a decision where it has one line of two; the report has it whole (policy)."""
ANSWER_IN_A_LINE = 95
"""Signs of an answer behind its question; the report has it whole (policy)."""


def in_order(decisions: Decisions) -> list[Decided]:
    """What is late, still to be done, done and not done; in each the order of the file."""
    return sorted(decisions.decided, key=lambda one: ORDER.index(_state(one)))


def register(decisions: Decisions, w: Words) -> Iterator[Block]:
    """Every decision: what, when, who, by when, whether it was done and what came of it."""
    if not decisions.decided:
        return
    yield Heading(w("team.heading.decided"), 3)
    yield Bullets(tuple(" ".join(_whole(one, w)) for one in in_order(decisions)))
    if any(None in (one.what, one.who, one.result) for one in decisions.decided):
        yield Text(w("team.withheld_about"), "small")


def _whole(one: Decided, w: Words) -> Iterator[str]:
    yield _as_sentence(_shown(one.what, w))
    if one.on is not None:
        yield w("team.line.on", date=w.date(one.on))
    yield from _rest(one, w)
    if one.result != "":
        yield _as_sentence(_shown(one.result, w))


def line(one: Decided, w: Words) -> str:
    """One decision in short."""
    return " ".join((_as_sentence(_in_short(one.what, w, IN_A_LINE)), *_rest(one, w)))


def _rest(one: Decided, w: Words) -> Iterator[str]:
    if one.who != "":
        yield w("team.line.who", who=_shown(one.who, w).rstrip("."))
    if one.by is not None:
        yield w("team.line.by", date=w.date(one.by))
    yield w(f"team.line.{_state(one)}")


def _as_sentence(text: str) -> str:
    return text if text[-1:] in ".?!…" else f"{text}."


def reflection(decisions: Decisions, w: Words) -> Iterator[Block]:
    """What the team wrote about the result."""
    if not decisions.answers:
        return
    yield Heading(w("team.heading.reflection"), 3)
    lines = (w(f"team.reflection.{name}", answer=_shown(text, w)) for name, text in decisions.answers.items())
    yield Bullets(tuple(lines))
    if None in decisions.answers.values():
        yield Text(w("team.withheld_about"), "small")


def reflected(decisions: Decisions, w: Words) -> Iterator[str]:
    """The same in short, an answer at a time."""
    yield from (
        w(f"team.reflection.{name}", answer=_in_short(text, w, ANSWER_IN_A_LINE))
        for name, text in decisions.answers.items()
    )


def _in_short(text: str | None, w: Words, most: int) -> str:
    return textwrap.shorten(_shown(text, w), most, placeholder=" …")


def _state(one: Decided) -> str:
    return "late" if one.late else one.done


def _shown(text: str | None, w: Words) -> str:
    return w("team.withheld") if text is None else text

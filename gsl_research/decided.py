"""What the team decided and made of the result, as blocks of a page. Values in, blocks out; no clock is asked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .blocks import Block, Bullets, Heading, Table, Text
from .decisions import Decided, Decisions
from .wording import Words

ORDER = ("late", "not_yet", "yes", "no")
"""What is still to be done comes first."""
IN_A_LINE = 140
"""Signs of a decision where it has one line of two; the report has it whole (policy)."""


def in_order(decisions: Decisions) -> list[Decided]:
    """What is late, still to be done, done and not done; in each the order of the file."""
    return sorted(decisions.decided, key=lambda one: ORDER.index(_state(one)))


def table(decisions: Decisions, w: Words) -> Iterator[Block]:
    """The register: what, who, by when, and whether it was done."""
    if not decisions.decided:
        return
    yield Heading(w("team.heading.decided"), 3)
    header = tuple(w(f"team.register.{name}") for name in ("what", "who", "by", "done"))
    yield Table(w("team.register.caption"), header, tuple(_row(one, w) for one in in_order(decisions)))
    if any(None in (one.what, one.who, one.result) for one in decisions.decided):
        yield Text(w("team.withheld_about"), "small")


def line(one: Decided, w: Words) -> str:
    """One decision in a line of its own."""
    parts = [_as_sentence(textwrap.shorten(_shown(one.what, w), IN_A_LINE, placeholder=" …"))]
    if one.who != "":
        parts.append(w("team.line.who", who=_shown(one.who, w)))
    if one.by is not None:
        parts.append(w("team.line.by", date=w.date(one.by)))
    if one.done != "not_yet" or one.late:
        parts.append(w(f"team.line.{_state(one)}"))
    return " ".join(parts)


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


def _state(one: Decided) -> str:
    return "late" if one.late else one.done


def _row(one: Decided, w: Words) -> tuple[str, str, str, str]:
    what = _shown(one.what, w)
    if one.on is not None:
        what = w("team.register.on", what=what, date=w.date(one.on))
    done = w(f"team.done.{_state(one)}")
    if one.result != "":
        done = f"{done} {_shown(one.result, w)}"
    return what, _shown(one.who, w), w.date(one.by) if one.by else "", done


def _shown(text: str | None, w: Words) -> str:
    return w("team.withheld") if text is None else text

"""Months of published approaches on one axis, and from how many to how many months our own schools may lie.

Strands stand in the order in which they come, which is that of their names. One without a figure has a row and no mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..blocks import Chart, Table
from ..wording import Words
from .ground import NARROW, WIDE
from .picture import HAIR, INK, LINE, SOFT, Canvas, Picture, ticks

ROOM = 0.8
"""Months of room on both sides of the axis; by eye."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A published approach: what it is called, its figure in words, and in months."""

    label: str
    told: str
    months: int | None


@dataclass(frozen=True, slots=True)
class OwnLine:
    """Our schools together: from ``low`` to ``high`` months, of which beyond ``most`` the number is not known."""

    label: str
    told: str
    low: int
    high: int
    most: int


def published(marks: Sequence[Mark], own: OwnLine | None, table: Table, *, words: Words) -> Chart:
    """A dot for each approach with a figure, and a line for our schools."""
    said = [words("published.row", label=one.label, told=one.told) for one in (*marks, *([own] if own else []))]
    alt_text = words("published.alt", rows=" ".join(said))
    caption = words("published.caption")
    if own is not None:
        caption = " ".join([caption, words("published.caption_own")])

    def draw(canvas: Canvas) -> str:
        return _draw(canvas, marks, own, words, alt_text)

    return Chart(draw(WIDE), draw(NARROW), alt_text, caption, table)


def _draw(canvas: Canvas, marks: Sequence[Mark], own: OwnLine | None, words: Words, alt_text: str) -> str:
    figures = [one.months for one in marks if one.months is not None]
    ends = [max(min(end, own.most), -own.most) for end in (own.low, own.high)] if own else []
    low, high = min([0, *figures, *ends]), max([1, *figures, *ends])
    picture = Picture(canvas, (low - (ROOM if low < 0 else 0.15), high + ROOM), left=8, right=8)
    letters, y, spans = canvas.size + 5, 0.0, []
    for one in marks:
        y = _named(picture, y + letters, one.label, one.told, one.months is not None)
        if one.months is not None:
            picture.dots([(one.months, y)], SOFT, "circle", 80, strokeWidth=1.5)
            spans.append((y - 9, y + 9))
        y += 13
    if own:
        picture.rule([(picture.at(0), y, picture.at(canvas.width), y)], HAIR)
        y = _named(picture, y + letters + 4, own.label, own.told, True)
        picture.rule(
            [(ends[0], y, ends[1], y)], INK, strokeWidth=4, strokeCap="round" if ends[0] == ends[1] else "butt"
        )
        for end, shown, shape in zip((own.low, own.high), ends, ("triangle-left", "triangle-right"), strict=True):
            if end != shown:
                picture.dots([(shown, y)], INK, shape, 90, strokeWidth=0)
        spans.append((y - 9, y + 9))
        y += 13
    return picture.svg(_axis(picture, y, spans, low < 0, words), alt_text)


def _named(picture: Picture, y: float, label: str, told: str, marked: bool) -> float:
    """The name and its figure above the mark; where the mark comes."""
    canvas, letters = picture.canvas, picture.canvas.size + 5
    beside = canvas is WIDE and canvas.wide(label) + canvas.wide(told) < 1.1 * canvas.width
    lines = [label] if beside else [*canvas.lines(label), *canvas.lines(told)]
    for n, line in enumerate(lines):
        picture.text([(picture.at(0), y + letters * n, line)], INK if line in label else SOFT)
    if beside:
        picture.text([(picture.at(canvas.width), y, told)], SOFT, "right")
    return y + letters * (len(lines) - 1) + (16 if marked else 0)


def _axis(picture: Picture, bottom: float, spans: Sequence[tuple[float, float]], below: bool, words: Words) -> float:
    """Light lines behind the marks, their numbers, and what they count; where the picture ends."""
    canvas = picture.canvas
    numbers = [x for x in ticks(*picture.domain, 8 if canvas is WIDE else 5) if x == round(x)]
    picture.rule([(x, top, x, base) for top, base in spans for x in numbers if x], HAIR)
    picture.rule([(0, top, 0, base) for top, base in spans], LINE, strokeWidth=1.5)
    picture.rule([(picture.at(0), bottom, picture.at(canvas.width), bottom)], HAIR)
    picture.text([(x, bottom + 18, words.plain(abs(x))) for x in numbers], SOFT, "center")
    y = bottom + 40
    if below:
        picture.text([(picture.at(0), y, words("published.axis.less"))], SOFT)
        picture.text([(picture.at(canvas.width), y, words("published.axis.more"))], SOFT, "right")
        return y + 8
    for line in canvas.lines(words("published.axis.whole")):
        picture.text([(picture.at(0), y, line)], SOFT)
        y += canvas.size + 5
    return y - canvas.size + 3

"""How firm a conclusion stands, link by link: a row of steps each, in one neutral colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..blocks import Chart, Table
from ..wording import Words
from .ground import NARROW, WIDE
from .picture import HAIR, SOFT, Canvas, Picture

GAP = 0.06
"""Of a step, white on both sides."""


@dataclass(frozen=True, slots=True)
class Link:
    """One criterion: ``step`` is the index of the highest named step it allows."""

    label: str
    step: int
    weakest: bool
    known: bool


def caps(links: Sequence[Link], names: Sequence[str], table: Table, *, words: Words) -> Chart:
    """A row of steps per link, filled as far as it carries; the weakest is said in words, not in colour."""
    told = [_step(link, names, words) for link in links]
    rows = [words("charts.firmness.row", label=link.label, step=step) for link, step in zip(links, told, strict=True)]
    alt_text = words("charts.firmness.alt", rows=" ".join(rows))

    def draw(canvas: Canvas) -> str:
        wide = canvas is WIDE
        left = 12 + max(canvas.wide(link.label) for link in links) if wide else 0
        right = 12 + max(map(canvas.wide, told)) if wide else 0
        picture = Picture(canvas, (0, len(names)), left=left, right=right)
        y, bar = 4.0, 10
        for link, step in zip(links, told, strict=True):
            if not wide:
                y += canvas.size + 4
                picture.text([(picture.at(0), y - 4, link.label)], fontWeight=600 if link.weakest else 400)
                picture.text([(picture.at(canvas.width), y - 4, step)], SOFT, "right")
            for place in range(len(names)):
                colour = SOFT if place <= link.step else HAIR
                picture.band(place + GAP, y + 2, place + 1 - GAP, y + 2 + bar, colour)
            if wide:
                weight = 600 if link.weakest else 400
                picture.text([(picture.at(0), y + 2 + bar, link.label)], fontWeight=weight)
                picture.text([(picture.at(canvas.width), y + 2 + bar, step)], SOFT, "right")
            y += bar + 14
        return picture.svg(y, alt_text)

    return Chart(draw(WIDE), draw(NARROW), alt_text, words("charts.firmness.caption"), table)


def _step(link: Link, names: Sequence[str], words: Words) -> str:
    if not link.known:
        return words("charts.firmness.unknown", step=names[link.step])
    return words("charts.firmness.weakest", step=names[link.step]) if link.weakest else names[link.step]

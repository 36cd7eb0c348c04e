"""A point for every class: how much of the approach it got, and how it scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..blocks import Chart, Table
from ..privacy import MEAN_DECIMALS
from ..wording import Words
from .ground import ACCENT, NARROW, WIDE, mean_text
from .picture import HAIR, SOFT, Canvas, Picture, ticks

HEIGHT = 190.0
ROOM = 0.12
"""Of each axis, left free beyond the outermost points."""
LABELLED = 12
"""With more points than this their names stand in the table alone."""
Point = tuple[str, float, float]
"""(class, mean dose, points), rounded as they may be shown."""


def dose(
    points: Sequence[Point],
    *,
    column: str,
    kind: Literal["adjusted", "post", "difference"],
    words: Words,
    decimals: int,
) -> Chart:
    """No line through the points: what goes together is not what causes it."""
    axis = words(f"charts.dose.axis_{kind}")
    told = [(name, words.number(at, decimals), mean_text(value, words)) for name, at, value in points]
    spoken = [
        words.gap(value, 1, MEAN_DECIMALS) if kind == "difference" else mean_text(value, words) for *_, value in points
    ]
    items = [
        words("charts.dose.item", label=name, dose=at, value=value)
        for (name, at, _), value in zip(told, spoken, strict=True)
    ]
    alt_text = words("charts.dose.alt", axis=axis, column=column, items=words.listing(items))

    def draw(canvas: Canvas) -> str:
        left, title = 44.0, canvas.lines(axis)
        picture = Picture(canvas, _reach([at for _, at, _ in points]), left=left, right=16)
        low, high = _reach([value for *_, value in points])
        leading = canvas.size + 5
        picture.text([(picture.at(0), 16 + leading * n, line) for n, line in enumerate(title)], SOFT)
        top = 34.0 + leading * (len(title) - 1)
        bottom = top + HEIGHT

        def down(value: float) -> float:
            return top + (high - value) / (high - low) * HEIGHT

        for value in ticks(low, high, 5):
            picture.rule([(picture.domain[0], down(value), picture.domain[1], down(value))], HAIR)
            picture.text([(picture.at(left - 8), down(value) + 4, words.plain(value))], SOFT, "right")
        numbers = ticks(*picture.domain, 8 if canvas is WIDE else 5)
        picture.text([(at, bottom + 20, words.plain(at)) for at in numbers], SOFT, "center")
        below = canvas.cut(words("charts.dose.column", column=column), picture.plot)
        picture.text([(picture.at(left), bottom + 42, below)], SOFT)
        places = [(picture.pixel(at), down(value)) for _, at, value in points]
        picture.dots([(picture.at(x), y) for x, y in places], ACCENT, "circle", 110)
        if len(points) <= LABELLED:
            named = _names([name for name, *_ in points], places, canvas)
            picture.text([(picture.at(x), y, name) for x, y, name in named], align="center")
        return picture.svg(bottom + 50, alt_text)

    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words("charts.dose.caption"),
        Table(
            words("charts.dose.table", column=column),
            (words("charts.dose.column_class"), words("charts.dose.column", column=column), axis),
            tuple(told),
        ),
    )


def _names(
    names: Sequence[str], places: Sequence[tuple[float, float]], canvas: Canvas
) -> list[tuple[float, float, str]]:
    """Each name above its dot, or where it covers nothing: below, to the right, to the left."""
    taken = [(x - 7, x + 7, y - 7, y + 7) for x, y in places]
    found = []
    for name, (x, y) in zip(names, places, strict=True):
        half = canvas.wide(name) / 2
        tried = [(x, y - 10), (x, y + 12 + canvas.size / 2), (x + half + 10, y + 4), (x - half - 10, y + 4)]
        tried = [(min(max(at, half), canvas.width - half), down) for at, down in tried]
        boxes = [(at - half, at + half, down - canvas.size, down + 2) for at, down in tried]
        free = (n for n, box in enumerate(boxes) if not any(_overlap(box, other) for other in taken))
        chosen = next(free, 0)
        taken.append(boxes[chosen])
        found.append((*tried[chosen], name))
    return found


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _reach(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = ROOM * ((high - low) or 1.0)
    return low - room, high + room

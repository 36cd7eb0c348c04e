"""Dots that pile up: made-up pupils of two classes, and the difference of every draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..blocks import Chart, Table
from ..charts.ground import BAND, NARROW, WIDE
from ..charts.picture import HAIR, INK, LINE, SOFT, Canvas, Picture, ticks
from ..privacy import MEAN_DECIMALS
from ..wording import Words

REACH_IN_SD = 4
"""How far the axis of the pupils reaches on both sides, in standard deviations; by eye."""


@dataclass(frozen=True, slots=True)
class Row:
    """The differences of every draw with as many classes on each side, the last draw last."""

    label: str
    values: Sequence[float]
    count: str
    """How many lie beyond the margin, in words."""


def pupils_picture(points: NDArray[np.float64], *, middle: float, spread: float, words: Words) -> Chart:
    """Two classes (2, pupils): a dot for every made-up pupil, a line at the mean of each class.

    The axis lies around ``middle`` and stays where it is from draw to draw.
    """
    means = [float(one.mean()) for one in points]
    names = [words("explore.pupils.class", name=name) for name in "AB"]
    told = [words.number(mean, MEAN_DECIMALS) for mean in means]
    reach = max(REACH_IN_SD * spread, float(np.abs(points - middle).max()) * 1.05)
    alt = words("explore.pupils.alt", first=told[0], second=told[1])

    def draw(canvas: Canvas) -> str:
        size = 9.0 if canvas is WIDE else 7.0
        gutter = 14 + max(map(canvas.wide, names))
        picture = Picture(canvas, (middle - reach, middle + reach), left=gutter, right=74 if canvas is WIDE else 40)
        label = words(f"charts.class_means.mean{'' if canvas is WIDE else '_short'}")
        picture.text([(picture.at(canvas.width), 16, label)], SOFT, "right")
        y = 22.0
        for name, one, mean, number in zip(names, points, means, told, strict=True):
            spots, height = _piled(picture, one, size)
            top, y = y, y + height + 14
            picture.rule([(picture.domain[0], y, picture.domain[1], y)], HAIR)
            picture.text([(picture.at(0), y, name)])
            picture.text([(picture.at(canvas.width), y, number)], align="right")
            picture.dots([(x, y - up) for x, up in spots], SOFT, "circle", size**2 * 0.6, strokeWidth=0)
            picture.rule([(mean, top + 8, mean, y + 6)], INK, strokeWidth=2)
            y += 10
        return picture.svg(_axis(picture, y, words("explore.pupils.axis"), words, signed=False), alt)

    rows = tuple(zip(names, told, strict=True))
    header = (words("explore.pupils.column_class"), words("explore.pupils.column_mean"))
    table = Table(words("explore.pupils.table"), header, rows)
    return Chart(draw(WIDE), draw(NARROW), alt, words("explore.pupils.caption"), table)


def strips(rows: Sequence[Row], margin: float, reach: float, words: Words, decimals: int) -> Chart:
    """A row of dots for each number of classes: the difference of every draw, the last one a diamond."""
    reach = max(reach, 1.2 * margin, *(1.05 * abs(value) for row in rows for value in row.values))
    spoken = [words("explore.strips.row", label=row.label, count=row.count) for row in rows]
    alt = words("explore.strips.alt", rows=words.listing(spoken))

    def draw(canvas: Canvas) -> str:
        wide, size = canvas is WIDE, 9.0 if canvas is WIDE else 6.5
        left = 14 + max(canvas.wide(row.label) for row in rows) if wide else 4
        right = 14 + max(canvas.wide(row.count) for row in rows) if wide else 4
        picture = Picture(canvas, (-reach, reach), left=left, right=right)
        y = 6.0
        for row in rows:
            spots, height = _piled(picture, row.values, size)
            if not wide:
                y += canvas.size + 8
                picture.text([(picture.at(0), y, row.label)])
                picture.text([(picture.at(canvas.width), y, row.count)], align="right")
            top, y = y + 4, y + max(height, 24) + 12
            picture.band(-margin, top, margin, y, BAND)
            picture.rule([(0, top, 0, y)], LINE, strokeWidth=1.25)
            picture.rule([(-reach, y, reach, y)], HAIR)
            if wide:
                picture.text([(picture.at(0), y - 4, row.label)])
                picture.text([(picture.at(canvas.width), y - 4, row.count)], align="right")
            picture.dots([(x, y - up) for x, up in spots[:-1]], SOFT, "circle", size**2 * 0.6, strokeWidth=0)
            picture.dots([(x, y - up) for x, up in spots[-1:]], INK, "diamond", size**2 * 1.6, strokeWidth=1)
            y += 8
        return picture.svg(_axis(picture, y, words("explore.strips.axis"), words, signed=True), alt)

    limit = words.points(margin, decimals)
    table = Table(
        words("explore.strips.table"),
        (words("explore.strips.column_sides"), words("explore.strips.column_beyond", margin=limit)),
        tuple((row.label, row.count) for row in rows),
    )
    return Chart(draw(WIDE), draw(NARROW), alt, words("explore.strips.caption", margin=limit), table)


def _piled(picture: Picture, values: Sequence[float] | NDArray, size: float) -> tuple[list[tuple[float, float]], float]:
    """Where each value stands: in the nearest column, on top of those before it; and how high the piles are."""
    columns = [round(picture.pixel(float(value)) / size) for value in values]
    floors = [columns[:n].count(column) for n, column in enumerate(columns)]
    spots = [(picture.at(size * at), size * (floor + 0.6)) for at, floor in zip(columns, floors, strict=True)]
    return spots, size * (1 + max(floors, default=0))


def _axis(picture: Picture, y: float, title: str, words: Words, *, signed: bool) -> float:
    """Numbers and what they count; differences are read to both sides of 0. Returns where the picture ends."""
    numbers = ticks(*picture.domain, 8 if picture.canvas is WIDE else 5)
    picture.rule([(x, y, x, y + 5) for x in numbers], LINE)
    picture.text([(x, y + 19, words.plain(abs(x) if signed else x)) for x in numbers], SOFT, "center")
    y += 38
    if signed:
        ends = words("explore.strips.lower"), words("explore.strips.higher")
        picture.text([(picture.domain[0], y, ends[0])], SOFT)
        picture.text([(picture.domain[1], y, ends[1])], SOFT, "right")
    middle = sum(picture.domain) / 2
    picture.text([(middle, y, title)], SOFT, "center")
    return y + 8

"""Means at several moments: a line per arm, and a thin one per class that may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..blocks import Chart, Table
from ..wording import Words
from .ground import COLOURS, MARKERS, NARROW, WIDE, Arm, arm_name, mean_text, scale_text
from .picture import HAIR, SOFT, Canvas, Picture, ticks

HEIGHT = 240
LEAST_SPAN = 0.25
"""Of the scale of the test that a picture shows: else a small step looks like a leap (policy)."""
THIN_UP_TO = 30
"""More classes than this are not drawn each."""


@dataclass(frozen=True, slots=True)
class Line:
    """One mean per wave, ``None`` where it may not be shown or there is none; ``label`` is ``None`` for a whole arm."""

    arm: Arm
    label: str | None
    means: tuple[float | None, ...]


def over_time(
    waves: Sequence[str],
    times: Sequence[float],
    lines: Sequence[Line],
    *,
    scale: tuple[float, float],
    words: Words,
    declared: bool = True,
    same_pupils: bool = True,
) -> Chart | None:
    """``times`` are those of the ``waves``; ``None`` where nothing may be drawn. Classes of other pupils every time are
    dots without a line.
    """
    arms = [line for line in lines if line.label is None and any(mean is not None for mean in line.means)]
    if not arms:
        return None
    lines = [line for line in lines if line.label is None or None not in line.means]
    thin = [line for line in lines if line.label is not None]
    thin = thin if len(thin) <= THIN_UP_TO else []
    axis = words("charts.axis.pre_post", scale=scale_text(scale if declared else None, words))
    alt_text = words("charts.over_time.alt", axis=axis, lines="; ".join(_told(line, waves, words) for line in arms))

    least = LEAST_SPAN * (scale[1] - scale[0]) if declared else 0.0

    def draw(canvas: Canvas) -> str:
        return _draw(canvas, waves, times, arms, thin, axis, alt_text, words, same_pupils, least)

    hidden = words("charts.class_means.not_shown")
    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words(f"charts.over_time.caption{('_classes' if same_pupils else '_dots') if thin else ''}"),
        Table(
            words("charts.over_time.table", axis=axis),
            (words("charts.over_time.column_who"), *waves),
            tuple(
                (
                    line.label or words(f"charts.over_time.{line.arm}"),
                    *(hidden if mean is None else mean_text(mean, words) for mean in line.means),
                )
                for line in lines
            ),
        ),
    )


def _told(line: Line, waves: Sequence[str], words: Words) -> str:
    items = [
        words("charts.over_time.item", wave=wave, mean=mean_text(mean, words))
        for wave, mean in zip(waves, line.means, strict=True)
        if mean is not None
    ]
    return words("charts.over_time.of", who=words(f"charts.over_time.{line.arm}"), items=words.listing(items))


def _draw(
    canvas: Canvas,
    waves: Sequence[str],
    times: Sequence[float],
    arms: Sequence[Line],
    thin: Sequence[Line],
    axis: str,
    alt_text: str,
    words: Words,
    same_pupils: bool,
    least: float,
) -> str:
    every = [mean for line in (*arms, *thin) for mean in line.means if mean is not None]
    low, high = min(every), max(every)
    room = max(0.08 * (high - low), (least - (high - low)) / 2) or 1.0
    numbers = ticks(low - room, high + room, 5)
    gutter = 10 + max(canvas.wide(words.plain(number)) for number in numbers)
    picture = Picture(canvas, (times[0], times[-1]), left=gutter + 22, right=40)
    top = 16.0
    for line in arms if len(arms) > 1 else ():
        arm_name(picture, line.arm, top, words)
        top += 22
    top += canvas.size

    def up(value: float) -> float:
        return top + HEIGHT * (high + room - value) / (high - low + 2 * room)

    for number in numbers:
        picture.rule([(picture.at(gutter), up(number), picture.at(canvas.width), up(number))], HAIR)
        picture.text([(picture.at(gutter - 6), up(number) + 4, words.plain(number))], SOFT, "right")
    for line in thin:
        if same_pupils:
            _line(picture, times, line, up, strokeWidth=1, opacity=0.35)
        else:
            spots = [(time, up(mean)) for time, mean in zip(times, line.means, strict=True)]
            picture.dots(spots, COLOURS[line.arm], MARKERS[line.arm], 40, opacity=0.45, strokeWidth=0)
    for line in arms:
        style = {"strokeWidth": 2.75} if same_pupils else {"strokeWidth": 1.25, "strokeDash": (4, 4)}
        _line(picture, times, line, up, **style)
        spots = [(time, up(mean)) for time, mean in zip(times, line.means, strict=True) if mean is not None]
        picture.dots(spots, COLOURS[line.arm], MARKERS[line.arm], 90)
    bottom = top + HEIGHT + 18
    for time, wave in zip(times, _fitting(canvas, waves, times, picture), strict=True):
        if wave:
            picture.text([(picture.clamped(time, wave), bottom, wave)], SOFT, "center")
    leading = canvas.size + 5
    named = canvas.lines(axis)
    picture.text([(picture.at(0), bottom + 22 + leading * n, part) for n, part in enumerate(named)], SOFT)
    return picture.svg(bottom + 30 + leading * (len(named) - 1), alt_text)


def _line(picture: Picture, times: Sequence[float], line: Line, up, **style) -> None:
    points = [(time, up(mean)) for time, mean in zip(times, line.means, strict=True) if mean is not None]
    picture.rule([(*one, *other) for one, other in pairwise(points)], COLOURS[line.arm], **style)


def _fitting(canvas: Canvas, waves: Sequence[str], times: Sequence[float], picture: Picture) -> list[str]:
    """The names of the waves, each cut to the room it has; those of waves too near to another stay away."""
    names, until = [], -canvas.width
    room = picture.plot / max(len(waves) - 1, 1)
    for time, wave in zip(times, waves, strict=True):
        name = canvas.cut(wave, max(room, 44))
        half = canvas.wide(name) / 2
        middle = min(max(picture.pixel(time), half), canvas.width - half)
        if middle - half < until:
            names.append("")
            continue
        names.append(name)
        until = middle + half
    return names

"""What every picture of points shares: colours, canvases, the axis and its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..privacy import MEAN_DECIMALS
from ..wording import Words
from .picture import HAIR, SOFT, Canvas, Picture, ticks

Arm = Literal["treated", "control", "single"]

ACCENT, BAND = "#0b6b6b", "#f3efe6"
COLOURS: dict[Arm, str] = {"treated": ACCENT, "control": "#6b655c", "single": ACCENT}
MARKERS: dict[Arm, str] = {"treated": "circle", "control": "square", "single": "circle"}
WIDE, NARROW = Canvas(640, 13), Canvas(300, 12)


def with_axis(
    picture: Picture, spans: Sequence[tuple[float, float]], title: str, alt_text: str, words: Words, below: float = 0
) -> str:
    """Light lines over each span of rows, their numbers under the last, and what they count."""
    numbers = ticks(*picture.domain, 6)
    picture.rule([(x, top, x, bottom) for top, bottom in spans for x in numbers], HAIR)
    y = spans[-1][1] + below + 18
    picture.text([(x, y, words.plain(x)) for x in numbers], SOFT, "center")
    lines = picture.canvas.lines(title)
    leading = picture.canvas.size + 5
    start = picture.at(0) if picture.canvas is NARROW else picture.domain[0]
    picture.text([(start, y + 22 + leading * n, line) for n, line in enumerate(lines)], SOFT)
    return picture.svg(y + 30 + leading * (len(lines) - 1), alt_text)


def arm_name(picture: Picture, arm: Arm, y: float, words: Words) -> None:
    picture.dots([(picture.at(6), y - 4.5)], COLOURS[arm], MARKERS[arm], 100)
    picture.text([(picture.at(18), y, words(f"charts.arm.{arm}"))], fontWeight=600)


def mean_text(mean: float, words: Words) -> str:
    return words.number(mean, MEAN_DECIMALS)


def mean_label(canvas: Canvas, words: Words) -> str:
    return words(f"charts.class_means.{'mean' if canvas is WIDE else 'mean_short'}")


def domain(scale: tuple[float, float], means: Sequence[float]) -> tuple[float, float]:
    return min(scale[0], *means, scale[0]), max(scale[1], *means, scale[1])


def scale_text(scale: tuple[float, float] | None, words: Words) -> str:
    if scale is None:
        return words("charts.scale.unknown")
    key = "between" if scale[0] else "from_zero"
    return words(f"charts.scale.{key}", low=words.plain(scale[0]), high=words.plain(scale[1]))

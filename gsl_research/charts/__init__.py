"""Values to pictures: a static SVG for a page and one for a phone, with a sentence, a caption and a table.

A *shape* is one class as it may be shared: its mean, and coarse bins of at least five pupils.
Nothing here sees a pupil.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..blocks import Chart, Table
from ..estimate import Interval
from ..privacy import MEAN_DECIMALS, MIN_MEAN
from ..wording import Words
from .picture import HAIR, INK, LINE, SOFT, Bins, Canvas, Picture, ridge, ticks

Arm = Literal["treated", "control", "single"]

ACCENT, BAND = "#0b6b6b", "#f3efe6"
COLOURS: dict[Arm, str] = {"treated": ACCENT, "control": "#6b655c", "single": ACCENT}
MARKERS: dict[Arm, str] = {"treated": "circle", "control": "square", "single": "circle"}
WIDE, NARROW = Canvas(640, 13), Canvas(300, 12)

RIDGES_UP_TO = 30
"""More classes than this are drawn as dots, one row per arm."""
LEAST_BINS = 3
"""Fewer bins than this have no shape to draw."""
NAMED_IN_ALT = 14


@dataclass(frozen=True, slots=True)
class ClassShape:
    """One class, safe to share."""

    label: str
    arm: Arm
    mean: float | None
    """None: too few pupils for a mean; not drawn, and said so."""
    bins: Bins | None
    pupils: str


def class_means(
    classes: Sequence[ClassShape], *, scale: tuple[float, float], words: Words, adjusted: bool, declared: bool = True
) -> Chart:
    """A row per class with its ridge and its mean; with many classes a row of dots per arm.

    ``declared`` is False when the scale is not the test's own: then the axis names no maximum.
    """
    axis = words(f"charts.axis.{'adjusted' if adjusted else 'post'}", scale=_scale(scale if declared else None, words))
    arms = [arm for arm in COLOURS if any(shape.arm == arm for shape in classes)]
    kind = "single" if arms == ["single"] else "compare"
    if len(classes) > RIDGES_UP_TO:
        draw, suffix = _class_dots, "_dots"
    else:
        draw, suffix = _class_ridges, "" if any(shape.bins for shape in classes) else "_means"
    alt_text = _class_means_alt(classes, kind, axis, words)
    return Chart(
        *(draw(canvas, classes, arms, scale, axis, alt_text, words) for canvas in (WIDE, NARROW)),
        alt_text,
        words(f"charts.class_means.caption_{kind}{suffix}"),
        Table(
            words("charts.class_means.table", axis=axis),
            tuple(words(f"charts.class_means.column_{name}") for name in ("class", "group", "pupils", "mean")),
            tuple(
                (
                    shape.label,
                    words(f"charts.group.{shape.arm}"),
                    shape.pupils,
                    words("charts.class_means.not_shown") if shape.mean is None else _mean(shape.mean, words),
                )
                for shape in classes
            ),
        ),
    )


def _class_means_alt(classes: Sequence[ClassShape], kind: str, axis: str, words: Words) -> str:
    def named(arm: Arm) -> str:
        shown = [(shape.label, shape.mean) for shape in classes if shape.arm == arm and shape.mean is not None]
        if not shown:
            return words("charts.class_means.alt_none")
        if len(classes) > NAMED_IN_ALT:
            low, high = (_mean(pick(mean for _, mean in shown), words) for pick in (min, max))
            return words("charts.class_means.span", low=low, high=high, count=words.count(len(shown)))
        items = [words("charts.class_means.item", label=label, mean=_mean(mean, words)) for label, mean in shown]
        return words.listing(items)

    sentences = [words(f"charts.class_means.alt_{kind}", axis=axis, **{arm: named(arm) for arm in COLOURS})]
    if hidden := sum(shape.mean is None for shape in classes):
        key = "one" if hidden == 1 else "other"
        sentences.append(words(f"charts.class_means.hidden_{key}", count=words.count(hidden), least=MIN_MEAN))
    return " ".join(sentences)


def _class_ridges(
    canvas: Canvas,
    classes: Sequence[ClassShape],
    arms: Sequence[Arm],
    scale: tuple[float, float],
    axis: str,
    alt_text: str,
    words: Words,
) -> str:
    means = [shape.mean for shape in classes if shape.mean is not None]
    wide = canvas is WIDE
    step = 48 if len(classes) <= 8 else 36 if len(classes) <= NAMED_IN_ALT else 22
    gutter = min(18 + max(canvas.wide(shape.label) for shape in classes), canvas.width * 0.3)
    picture = Picture(canvas, _domain(scale, means), left=gutter, right=74 if wide else 40)
    curves = [ridge(shape.bins, scale) if shape.bins else () for shape in classes]
    top = max((density for curve in curves for _, density in curve), default=1)
    y = 16.0
    spans = []
    picture.text([(picture.at(canvas.width), y, _mean_label(canvas, words))], SOFT, "right")
    for arm in arms:
        if arm != "single":
            _arm_name(picture, arm, y, words)
        start = y + 12
        for shape, curve in zip(classes, curves, strict=True):
            if shape.arm != arm:
                continue
            y += step
            picture.rule([(picture.domain[0], y, picture.domain[1], y)], HAIR)
            picture.text([(picture.at(0), y, shape.label)], limit=picture.left - 6)
            if shape.mean is None:
                small = words(f"charts.class_means.{'too_small' if wide else 'too_small_short'}", least=MIN_MEAN)
                picture.text([(picture.at(picture.left + 6), y - 4, small)], SOFT)
                continue
            picture.ridge([(x, y - step * 0.86 * density / top) for x, density in curve], COLOURS[arm])
            picture.dots([(shape.mean, y)], COLOURS[arm], MARKERS[arm], 100 if step > 30 else 70)
            picture.text([(picture.at(canvas.width), y, _mean(shape.mean, words))], align="right")
        spans.append((start, y + 8))
        y += 40
    return _with_axis(picture, spans, axis, alt_text, words)


def _class_dots(
    canvas: Canvas,
    classes: Sequence[ClassShape],
    arms: Sequence[Arm],
    scale: tuple[float, float],
    axis: str,
    alt_text: str,
    words: Words,
) -> str:
    """Every class mean a dot in the nearest column, piled up; the line is the mean of the row."""
    size = 10.0 if canvas is WIDE else 6.5
    means = {arm: sorted(s.mean for s in classes if s.arm == arm and s.mean is not None) for arm in arms}
    every = [mean for row in means.values() for mean in row] or list(scale)
    picture = Picture(canvas, (math.floor(min(every)) - 0.5, math.ceil(max(every)) + 0.5))
    y = 16.0
    spans = []
    for arm in arms:
        _arm_name(picture, arm, y, words)
        columns = [round(picture.pixel(mean) / size) for mean in means[arm]]
        floors = [columns[:n].count(column) for n, column in enumerate(columns)]
        start = y + 12
        y += 20 + size * (1 + max(floors, default=0))
        spots = [(picture.at(size * column), y - size * up) for column, up in zip(columns, floors, strict=True)]
        picture.dots(spots, COLOURS[arm], MARKERS[arm], size**2 * 0.75, strokeWidth=0)
        spans.append((start, y + size))
        picture.rule([(picture.domain[0], y + size, picture.domain[1], y + size)], HAIR)
        if spots:
            mean = sum(means[arm]) / len(spots)
            label = words("charts.class_means.arm_mean", mean=_mean(mean, words))
            picture.rule([(mean, start, mean, y + size + 8)], COLOURS[arm], strokeWidth=1.5)
            picture.text([(picture.clamped(mean, label), y + size + 22, label)], align="center")
        y += size + 62
    return _with_axis(picture, spans, axis, alt_text, words, below=32)


def growth(
    pre: Bins | None,
    post: Bins | None,
    mean_pre: float,
    mean_post: float,
    *,
    scale: tuple[float, float],
    words: Words,
    declared: bool = True,
) -> Chart:
    """One group: its points before and after, as two ridges."""
    axis = words("charts.axis.pre_post", scale=_scale(scale if declared else None, words))
    moments = [("pre", pre, mean_pre, COLOURS["control"]), ("post", post, mean_post, COLOURS["treated"])]
    alt_text = words("charts.growth.alt", axis=axis, pre=_mean(mean_pre, words), post=_mean(mean_post, words))
    curves = [ridge(bins, scale) if bins else () for _, bins, _, _ in moments]
    top = max((density for curve in curves for _, density in curve), default=1)

    def draw(canvas: Canvas) -> str:
        step = 84 if any(curves) else 44
        names = [words(f"charts.growth.{name}") for name, *_ in moments]
        picture = Picture(
            canvas,
            _domain(scale, [mean_pre, mean_post]),
            left=18 + max(map(canvas.wide, names)),
            right=74 if canvas is WIDE else 40,
        )
        picture.text([(picture.at(canvas.width), 16, _mean_label(canvas, words))], SOFT, "right")
        before, after = 16 + step, 16 + 2 * step
        for y, curve, name, (_, _, mean, colour) in zip((before, after), curves, names, moments, strict=True):
            picture.rule([(picture.domain[0], y, picture.domain[1], y)], HAIR)
            picture.text([(picture.at(0), y, name)])
            picture.text([(picture.at(canvas.width), y, _mean(mean, words))], align="right")
            picture.ridge([(x, y - step * 0.86 * density / top) for x, density in curve], colour)
            picture.dots([(mean, y)], colour, "circle", 110)
        picture.rule([(mean_pre, before, mean_pre, after)], COLOURS["control"])
        picture.rule([(mean_pre, after, mean_post, after)], ACCENT, strokeWidth=2.5)
        return _with_axis(picture, [(28, after + 8)], axis, alt_text, words)

    lines = []
    for name, bins, mean, _ in moments:
        moment = words(f"charts.growth.{name}")
        lines.append((moment, words("charts.growth.mean"), _mean(mean, words)))
        for low, high, share in bins or ():
            between = words("charts.growth.bin", low=words.plain(low), high=words.plain(high))
            lines.append((moment, between, words("charts.growth.share", percent=words.count(100 * share))))
    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words("charts.growth.caption" if any(curves) else "charts.growth.caption_means"),
        Table(
            words("charts.growth.table", axis=axis),
            tuple(words(f"charts.growth.column_{name}") for name in ("test", "what", "value")),
            tuple(lines),
        ),
    )


def interval(
    low: float, value: float, high: float, *, margin: float | None, words: Words, lead: bool, decimals: int = 1
) -> Chart:
    """From where to where the difference may lie; the dot only when the result leads somewhere."""
    decimals = words.decimals_for(Interval(low, high), decimals)
    span = words.span(Interval(low, high), 1, decimals)
    kind = "lead" if lead else "open"
    alt_text = words(f"charts.interval.alt_{kind}", value=words.gap(value, 1, decimals), range=span)

    def draw(canvas: Canvas) -> str:
        picture = _difference_picture(canvas, [low, high], margin)
        y = 50.0
        picture.text([(picture.clamped((low + high) / 2, span), 16, span)], align="center")
        bottom = _difference_ground(picture, [(28, y + 22)], margin, words)
        picture.rule([(low, y, high, y)], INK if lead else SOFT, strokeWidth=3, strokeCap="round")
        if lead:
            picture.dots([(value, y)], INK, "circle", 150, strokeWidth=2)
        return picture.svg(bottom, alt_text)

    rows = [
        (words("charts.interval.from"), words.gap(low, 1, decimals)),
        (words("charts.interval.to"), words.gap(high, 1, decimals)),
    ]
    if lead:
        rows.insert(0, (words("charts.interval.value"), words.gap(value, 1, decimals)))
    if margin is not None:
        rows.append((words("charts.interval.margin"), _margin(margin, words)))
    caption = [words(f"charts.interval.caption_{kind}")]
    if margin is not None:
        caption.append(words("charts.interval.caption_margin"))
    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        " ".join(caption),
        Table(
            words("charts.interval.table"),
            tuple(words(f"charts.interval.column_{name}") for name in ("what", "value")),
            tuple(rows),
        ),
    )


def panel(rows: Sequence[tuple[str, float, float]], *, words: Words, margin: float | None, decimals: int = 1) -> Chart:
    """One class on each side: a from–to line for each assumed usual gap between parallel classes."""
    spoken = [words.span(Interval(low, high), 1, decimals) for _, low, high in rows]
    said = [words("charts.panel.row", label=row[0], range=span) for row, span in zip(rows, spoken, strict=True)]
    alt_text = words("charts.panel.alt", rows=" ".join(said))

    def draw(canvas: Canvas) -> str:
        picture = _difference_picture(canvas, [end for _, *ends in rows for end in ends], margin)
        letters = canvas.size + 5
        above = letters if canvas is WIDE else 2 * letters
        y = 0.0
        spans = []
        for (label, low, high), span in zip(rows, spoken, strict=True):
            y += above + 24
            if canvas is WIDE:
                picture.text([(picture.at(0), y - 24, label)])
                picture.text([(picture.at(canvas.width), y - 24, span)], align="right")
            else:
                picture.text([(picture.at(0), y - 24 - letters, label), (picture.at(0), y - 24, span)])
            picture.rule([(low, y - 5, high, y - 5)], SOFT, strokeWidth=3, strokeCap="round")
            spans.append((y - 16, y + 6))
            y += 10
        bottom = _difference_ground(picture, spans, margin, words)
        return picture.svg(bottom, alt_text)

    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words("charts.panel.caption"),
        Table(
            words("charts.panel.table"),
            tuple(words(f"charts.panel.column_{name}") for name in ("gap", "from", "to")),
            tuple((label, words.gap(low, 1, decimals), words.gap(high, 1, decimals)) for label, low, high in rows),
        ),
    )


def _difference_picture(canvas: Canvas, ends: Sequence[float], margin: float | None) -> Picture:
    reach = 1.12 * max(abs(end) for end in (*ends, margin or 0, 0.1))
    return Picture(canvas, (-reach, reach), left=4, right=4)


def _difference_ground(
    picture: Picture, spans: Sequence[tuple[float, float]], margin: float | None, words: Words
) -> float:
    """Zero and the band of the margin behind each line, and the axis; returns where the picture ends."""
    canvas, reach = picture.canvas, picture.domain[1]
    bottom = spans[-1][1]
    for top, base in spans:
        if margin is not None:
            picture.band(-margin, top, margin, base, BAND)
        picture.rule([(0, top, 0, base)], LINE, strokeWidth=1.25)
    numbers = ticks(-reach, reach, 8 if canvas is WIDE else 6)
    picture.rule([(picture.at(0), bottom, picture.at(canvas.width), bottom)], HAIR)
    picture.rule([(x, bottom, x, bottom + 5) for x in numbers], LINE)
    picture.text([(x, bottom + 20, words.plain(abs(x))) for x in numbers], SOFT, "center")
    short = "" if canvas is WIDE else "_short"
    y = bottom + 42
    picture.text([(picture.at(0), y, words(f"charts.interval.lower{short}"))], SOFT)
    picture.text([(picture.at(canvas.width), y, words(f"charts.interval.higher{short}"))], SOFT, "right")
    middle = words("charts.interval.points") if margin is None else _margin(margin, words)
    picture.text([(0, y, middle)], SOFT, "center")
    return y + 8


def _with_axis(
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


def _arm_name(picture: Picture, arm: Arm, y: float, words: Words) -> None:
    picture.dots([(picture.at(6), y - 4.5)], COLOURS[arm], MARKERS[arm], 100)
    picture.text([(picture.at(18), y, words(f"charts.arm.{arm}"))], fontWeight=600)


def _mean(mean: float, words: Words) -> str:
    return words.number(mean, MEAN_DECIMALS)


def _mean_label(canvas: Canvas, words: Words) -> str:
    return words(f"charts.class_means.{'mean' if canvas is WIDE else 'mean_short'}")


def _domain(scale: tuple[float, float], means: Sequence[float]) -> tuple[float, float]:
    return min(scale[0], *means, scale[0]), max(scale[1], *means, scale[1])


def _scale(scale: tuple[float, float] | None, words: Words) -> str:
    if scale is None:
        return words("charts.scale.unknown")
    key = "between" if scale[0] else "from_zero"
    return words(f"charts.scale.{key}", low=words.plain(scale[0]), high=words.plain(scale[1]))


def _margin(margin: float, words: Words) -> str:
    return words(f"charts.margin.{'one' if margin <= 1 else 'other'}", margin=words.plain(margin))

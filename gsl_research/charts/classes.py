"""Class by class: how the pupils of each lie, and how far each went.

A *shape* is one class as it may be shared: its means, and coarse bins.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..blocks import Chart, Table
from ..privacy import MIN_MEAN
from ..wording import Words
from .ground import COLOURS, MARKERS, NARROW, WIDE, Arm, arm_name, domain, mean_label, mean_text, scale_text, with_axis
from .picture import HAIR, SOFT, Bins, Canvas, Picture, ridge

RIDGES_UP_TO = 30
"""More classes than this are drawn as dots, one row per arm."""
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
    pre: float | None = None
    post: float | None = None
    """The means before and after as they are, where both are on one scale and may be shown."""


def class_means(
    classes: Sequence[ClassShape], *, scale: tuple[float, float], words: Words, adjusted: bool, declared: bool = True
) -> Chart:
    """A row per class with its ridge and its mean; with many classes a row of dots per arm.

    ``declared`` is False when the scale is not the test's own: then the axis names no maximum.
    """
    named = scale_text(scale if declared else None, words)
    axis = words(f"charts.axis.{'adjusted' if adjusted else 'post'}", scale=named)
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
        " ".join(_class_means_caption(classes, kind, suffix, words)),
        Table(
            words("charts.class_means.table", axis=axis),
            tuple(words(f"charts.class_means.column_{name}") for name in ("class", "group", "pupils", "mean")),
            tuple(
                (
                    shape.label,
                    words(f"charts.group.{shape.arm}"),
                    shape.pupils,
                    words("charts.class_means.not_shown") if shape.mean is None else mean_text(shape.mean, words),
                )
                for shape in classes
            ),
        ),
    )


def _class_means_caption(classes: Sequence[ClassShape], kind: str, suffix: str, words: Words) -> Iterator[str]:
    yield words(f"charts.class_means.caption_{kind}{suffix}")
    if not suffix and any(shape.mean is not None and not shape.bins for shape in classes):
        yield words("charts.class_means.caption_bare")


def _class_means_alt(classes: Sequence[ClassShape], kind: str, axis: str, words: Words) -> str:
    def named(arm: Arm) -> str:
        shown = [(shape.label, shape.mean) for shape in classes if shape.arm == arm and shape.mean is not None]
        if not shown:
            return words("charts.class_means.alt_none")
        if len(classes) > NAMED_IN_ALT:
            low, high = (mean_text(pick(mean for _, mean in shown), words) for pick in (min, max))
            return words("charts.class_means.span", low=low, high=high, count=words.count(len(shown)))
        items = [words("charts.class_means.item", label=label, mean=mean_text(mean, words)) for label, mean in shown]
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
    picture = Picture(canvas, domain(scale, means), left=gutter, right=74 if wide else 40)
    curves = [ridge(shape.bins, scale) if shape.bins else () for shape in classes]
    top = max((density for curve in curves for _, density in curve), default=1)
    y = 16.0
    spans = []
    picture.text([(picture.at(canvas.width), y, mean_label(canvas, words))], SOFT, "right")
    for arm in arms:
        if arm != "single":
            arm_name(picture, arm, y, words)
        start = y + 12
        for shape, curve in zip(classes, curves, strict=True):
            if shape.arm != arm:
                continue
            y += step
            picture.rule([(picture.domain[0], y, picture.domain[1], y)], HAIR)
            picture.text([(picture.at(0), y, canvas.cut(shape.label, picture.left - 6))])
            if shape.mean is None:
                small = words(f"charts.class_means.{'too_small' if wide else 'too_small_short'}")
                picture.text([(picture.at(picture.left + 6), y - 4, small)], SOFT)
                continue
            picture.ridge([(x, y - step * 0.86 * density / top) for x, density in curve], COLOURS[arm])
            picture.dots([(shape.mean, y)], COLOURS[arm], MARKERS[arm], 100 if step > 30 else 70)
            picture.text([(picture.at(canvas.width), y, mean_text(shape.mean, words))], align="right")
        spans.append((start, y + 8))
        y += 40
    return with_axis(picture, spans, axis, alt_text, words)


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
        arm_name(picture, arm, y, words)
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
            label = words("charts.class_means.arm_mean", mean=mean_text(mean, words))
            picture.rule([(mean, start, mean, y + size + 8)], COLOURS[arm], strokeWidth=1.5)
            picture.text([(picture.clamped(mean, label), y + size + 22, label)], align="center")
        y += size + 62
    return with_axis(picture, spans, axis, alt_text, words, below=32)


def class_growth(
    classes: Sequence[ClassShape], *, scale: tuple[float, float], words: Words, declared: bool = True
) -> Chart | None:
    """A row per class from its mean before to its mean after, as they are; ``None`` where no class may be shown.

    With more classes than fit in a picture there is none either.
    """
    shown = [shape for shape in classes if shape.pre is not None and shape.post is not None]
    if not shown or len(classes) > RIDGES_UP_TO:
        return None
    axis = words("charts.axis.pre_post", scale=scale_text(scale if declared else None, words))
    arms = [arm for arm in COLOURS if any(shape.arm == arm for shape in shown)]
    told = []
    for arm in arms:
        items = [
            words("charts.class_growth.item", label=s.label, pre=mean_text(s.pre, words), post=mean_text(s.post, words))
            for s in shown
            if s.arm == arm
        ]
        named = words("charts.class_growth.of_arm", arm=words(f"charts.arm.{arm}"), classes=words.listing(items))
        told.append(named if len(arms) > 1 else words.listing(items))
    alt_text = words("charts.class_growth.alt", axis=axis, classes="; ".join(told))

    def draw(canvas: Canvas) -> str:
        means = [mean for shape in shown for mean in (shape.pre, shape.post)]
        gutter = min(18 + max(canvas.wide(shape.label) for shape in shown), canvas.width * 0.3)
        around = math.floor(min(means)) - 1, math.ceil(max(means)) + 1
        picture = Picture(canvas, around, left=gutter, right=96 if canvas is WIDE else 78)
        y, step, spans = 16.0, 26, []
        picture.text([(picture.at(canvas.width), y, words("charts.class_growth.from_to"))], SOFT, "right")
        for arm in arms:
            arm_name(picture, arm, y, words)
            start = y + 12
            for shape in (s for s in shown if s.arm == arm):
                y += step
                picture.text([(picture.at(0), y + 4, canvas.cut(shape.label, picture.left - 6))])
                picture.rule([(shape.pre, y, shape.post, y)], COLOURS[arm], strokeWidth=2.5)
                picture.dots([(shape.pre, y)], "white", MARKERS[arm], 70, stroke=COLOURS[arm], strokeWidth=1.75)
                picture.dots([(shape.post, y)], COLOURS[arm], MARKERS[arm], 90)
                before, after = mean_text(shape.pre, words), mean_text(shape.post, words)
                pair = words("charts.class_growth.pair", pre=before, post=after)
                picture.text([(picture.at(canvas.width), y + 4, pair)], align="right")
            spans.append((start, y + 12))
            y += 42
        return with_axis(picture, spans, axis, alt_text, words)

    hidden = words("charts.class_means.not_shown")
    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words("charts.class_growth.caption"),
        Table(
            words("charts.class_growth.table", axis=axis),
            tuple(words(f"charts.class_growth.column_{name}") for name in ("class", "group", "pre", "post")),
            tuple(
                (
                    shape.label,
                    words(f"charts.group.{shape.arm}"),
                    *(hidden if mean is None else mean_text(mean, words) for mean in (shape.pre, shape.post)),
                )
                for shape in classes
            ),
        ),
    )

"""One group before and after."""

from __future__ import annotations

from ..blocks import Chart, Table
from ..wording import Words
from .ground import ACCENT, COLOURS, NARROW, WIDE, domain, mean_label, mean_text, scale_text, with_axis
from .picture import HAIR, SOFT, Bins, Canvas, Picture, ridge


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
    axis = words("charts.axis.pre_post", scale=scale_text(scale if declared else None, words))
    moments = [("pre", pre, mean_pre, COLOURS["control"]), ("post", post, mean_post, COLOURS["treated"])]
    alt_text = words("charts.growth.alt", axis=axis, pre=mean_text(mean_pre, words), post=mean_text(mean_post, words))
    curves = [ridge(bins, scale) if bins else () for _, bins, _, _ in moments]
    top = max((density for curve in curves for _, density in curve), default=1)

    def draw(canvas: Canvas) -> str:
        step = 84 if any(curves) else 44
        names = [words(f"charts.growth.{name}") for name, *_ in moments]
        picture = Picture(
            canvas,
            domain(scale, [mean_pre, mean_post]),
            left=18 + max(map(canvas.wide, names)),
            right=74 if canvas is WIDE else 40,
        )
        picture.text([(picture.at(canvas.width), 16, mean_label(canvas, words))], SOFT, "right")
        before, after = 16 + step, 16 + 2 * step
        for y, curve, name, (_, _, mean, colour) in zip((before, after), curves, names, moments, strict=True):
            picture.rule([(picture.domain[0], y, picture.domain[1], y)], HAIR)
            picture.text([(picture.at(0), y, name)])
            picture.text([(picture.at(canvas.width), y, mean_text(mean, words))], align="right")
            picture.ridge([(x, y - step * 0.86 * density / top) for x, density in curve], colour)
            picture.dots([(mean, y)], colour, "circle", 110)
        picture.rule([(mean_pre, before, mean_pre, after)], COLOURS["control"])
        picture.rule([(mean_pre, after, mean_post, after)], ACCENT, strokeWidth=2.5)
        return with_axis(picture, [(28, after + 8)], axis, alt_text, words)

    lines = []
    for name, bins, mean, _ in moments:
        moment = words(f"charts.growth.{name}")
        lines.append((moment, words("charts.growth.mean"), mean_text(mean, words)))
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

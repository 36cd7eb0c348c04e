"""From where to where a difference may lie, on one axis around zero."""

from __future__ import annotations

from collections.abc import Sequence

from ..blocks import Chart, Table
from ..estimate import Interval
from ..wording import Words
from .ground import BAND, NARROW, WIDE
from .picture import HAIR, INK, LINE, SOFT, Canvas, Picture, ticks

ROOMY = 1.1
"""``Canvas.wide`` is that much wider than most letters are; by eye."""
Row = tuple[str, float, float]
"""(label, low, high) in points on the test's own scale."""


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


def panel(rows: Sequence[Row], *, words: Words, margin: float | None, decimals: int = 1) -> Chart:
    """One class on each side: a from–to line for each assumed usual gap between parallel classes."""
    return _lines("panel", rows, words, margin, decimals, ends="interval")


def subgroups(rows: Sequence[Row], *, words: Words, decimals: int = 1) -> Chart:
    """How much more, or less, the approach does for each subgroup than for its classmates: a from–to line each."""
    return _lines("subgroups", rows, words, None, decimals, ends="subgroups")


def _lines(name: str, rows: Sequence[Row], words: Words, margin: float | None, decimals: int, *, ends: str) -> Chart:
    spoken = [words.span(Interval(low, high), 1, decimals) for _, low, high in rows]
    said = [words(f"charts.{name}.row", label=row[0], range=span) for row, span in zip(rows, spoken, strict=True)]
    alt_text = words(f"charts.{name}.alt", rows=" ".join(said))
    return Chart(
        *_drawn(rows, spoken, alt_text, words, margin, ends),
        alt_text,
        words(f"charts.{name}.caption"),
        Table(
            words(f"charts.{name}.table"),
            tuple(words(f"charts.{name}.column_{column}") for column in ("what", "from", "to")),
            tuple((label, *_ends_told(low, high, words, decimals)) for label, low, high in rows),
        ),
    )


def designs(rows: Sequence[tuple[str, float]], *, words: Words, margin: float | None, decimals: int = 1) -> Chart:
    """How far the from-to of each design is expected to reach, on both sides of no difference: (label, reach)."""
    reaches = [words.points(reach, decimals) for _, reach in rows]
    spoken = [words("charts.designs.reach", reach=reach) for reach in reaches]
    said = [words("charts.designs.row", label=row[0], reach=reach) for row, reach in zip(rows, reaches, strict=True)]
    alt_text = words("charts.designs.alt", rows=" ".join(said))
    caption = [words("charts.designs.caption")]
    if margin is not None:
        caption.append(words("charts.designs.caption_margin"))
    lines = [(label, -reach, reach) for label, reach in rows]
    return Chart(
        *_drawn(lines, spoken, alt_text, words, margin, "interval"),
        alt_text,
        " ".join(caption),
        Table(
            words("charts.designs.table"),
            tuple(words(f"charts.designs.column_{column}") for column in ("what", "reach")),
            tuple((row[0], reach) for row, reach in zip(rows, reaches, strict=True)),
        ),
    )


def _drawn(
    rows: Sequence[Row], spoken: Sequence[str], alt_text: str, words: Words, margin: float | None, ends: str
) -> tuple[str, str]:
    """Wide and narrow. Each row its own line; neutral, and no dot: none of them is the answer."""

    def draw(canvas: Canvas) -> str:
        picture = _difference_picture(canvas, [end for _, *ends in rows for end in ends], margin)
        letters = canvas.size + 5
        longest = max(canvas.wide(row[0]) + canvas.wide(span) for row, span in zip(rows, spoken, strict=True))
        beside = canvas is WIDE and longest < ROOMY * canvas.width
        y = 0.0
        spans = []
        for (label, low, high), span in zip(rows, spoken, strict=True):
            above = [label] if beside else [*canvas.lines(label), span]
            y += letters * len(above) + 24
            picture.text([(picture.at(0), y - 24 - letters * n, line) for n, line in enumerate(reversed(above))])
            if beside:
                picture.text([(picture.at(canvas.width), y - 24, span)], align="right")
            picture.rule([(low, y - 5, high, y - 5)], SOFT, strokeWidth=3, strokeCap="round")
            spans.append((y - 16, y + 6))
            y += 10
        bottom = _difference_ground(picture, spans, margin, words, ends=ends)
        return picture.svg(bottom, alt_text)

    return draw(WIDE), draw(NARROW)


def _ends_told(low: float, high: float, words: Words, decimals: int) -> tuple[str, str]:
    decimals = words.decimals_for(Interval(low, high), decimals)
    return words.gap(low, 1, decimals), words.gap(high, 1, decimals)


def _difference_picture(canvas: Canvas, ends: Sequence[float], margin: float | None) -> Picture:
    reach = 1.12 * max(abs(end) for end in (*ends, margin or 0, 0.1))
    return Picture(canvas, (-reach, reach), left=4, right=4)


def _difference_ground(
    picture: Picture,
    spans: Sequence[tuple[float, float]],
    margin: float | None,
    words: Words,
    ends: str = "interval",
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
    picture.text([(picture.at(0), y, words(f"charts.{ends}.lower{short}"))], SOFT)
    picture.text([(picture.at(canvas.width), y, words(f"charts.{ends}.higher{short}"))], SOFT, "right")
    middle = words("charts.interval.points") if margin is None else _margin(margin, words)
    picture.text([(0, y, middle)], SOFT, "center")
    return y + 8


def _margin(margin: float, words: Words) -> str:
    return words(f"charts.margin.{'one' if margin <= 1 else 'other'}", margin=words.plain(margin))

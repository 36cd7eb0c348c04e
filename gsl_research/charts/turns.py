"""Classes that start one after the other: a row per class, a column per wave, dark from where it had started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..blocks import Chart, Table
from ..wording import Words
from .classes import RIDGES_UP_TO
from .ground import ACCENT, BAND, NARROW, WIDE, mean_text, scale_text
from .picture import INK, SOFT, Canvas, Picture


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One class as it may be shared: the wave of its start (their number for never), and a mean per wave or ``None``
    where there is none to show."""

    label: str
    start: int
    means: tuple[float | None, ...]


def turns(
    rows: Sequence[TurnRow], *, waves: Sequence[str], scale: tuple[float, float] | None, words: Words
) -> Chart | None:
    """``None`` with more classes than fit in a picture."""
    if len(rows) > RIDGES_UP_TO:
        return None
    axis = words("charts.axis.pre_post", scale=scale_text(scale, words))
    hidden = words("charts.class_means.not_shown")
    begun = [words("charts.turns.never") if row.start >= len(waves) else waves[row.start] for row in rows]
    told = [
        words(
            f"charts.turns.{'item_never' if row.start >= len(waves) else 'item'}",
            label=row.label,
            wave=start,
            means=words.listing([hidden if mean is None else mean_text(mean, words) for mean in row.means]),
        )
        for row, start in zip(rows, begun, strict=True)
    ]
    alt_text = words("charts.turns.alt", axis=axis, classes="; ".join(told))

    def draw(canvas: Canvas) -> str:
        gutter = min(14 + max(canvas.wide(row.label) for row in rows), canvas.width * 0.3)
        picture = Picture(canvas, (0, len(waves)), left=gutter)
        room, step, y = picture.plot / len(waves), 28, 16.0
        for text, colour in (("started", ACCENT), ("waiting", BAND)):
            picture.band(picture.at(0), y - 11, picture.at(14), y + 2, colour)
            picture.text([(picture.at(22), y, words(f"charts.turns.{text}"))], SOFT)
            y += 20
        y += 8
        heads = [(wave + 0.5, y, canvas.cut(label, room - 2)) for wave, label in enumerate(waves)]
        picture.text(heads, SOFT, "center")
        y += 10
        gap = 1.5 / room
        for row in rows:
            picture.text([(picture.at(0), y + 18, canvas.cut(row.label, picture.left - 6))])
            for wave, mean in enumerate(row.means):
                started = row.start <= wave
                picture.band(wave + gap, y + 1.5, wave + 1 - gap, y + step - 1.5, ACCENT if started else BAND)
                figure = "–" if mean is None else mean_text(mean, words)
                if canvas.wide(figure) * 0.85 <= room:
                    picture.text([(wave + 0.5, y + 18, figure)], "white" if started else INK, "center")
            y += step
        return picture.svg(y + 6, alt_text)

    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words("charts.turns.caption", axis=axis),
        Table(
            words("charts.turns.table", axis=axis),
            (words("charts.turns.column_class"), words("charts.turns.column_start"), *waves),
            tuple(
                (row.label, start, *(hidden if mean is None else mean_text(mean, words) for mean in row.means))
                for row, start in zip(rows, begun, strict=True)
            ),
        ),
    )

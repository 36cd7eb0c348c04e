"""A dot for every pupil, class by class: only for a page that is never shared.

Hundreds of plain dots need no picture engine: they are written as they are, in a thousandth of its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from xml.etree import ElementTree

from ..blocks import Chart, Table
from ..wording import Words
from .ground import COLOURS, MARKERS, NARROW, WIDE, Arm, mean_text, scale_text, with_axis
from .picture import FONT, HAIR, INK, SOFT, Canvas, Picture, drawable

DOT = 7
"""Pixels between two dots on top of each other, where there is room."""
ROW = 64


@dataclass(frozen=True, slots=True)
class DotRow:
    """The scores of one class, lowest first, in raw points."""

    name: str
    arm: Arm
    scores: tuple[float, ...]
    mean: float


class Plain(Picture):
    """Lines, dots and letters, written as SVG in the order in which they were asked for."""

    def svg(self, height: float, alt_text: str) -> str:
        size = {"width": _number(self.canvas.width), "height": _number(height)}
        box = f"0 0 {size['width']} {size['height']}"
        root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, **size})
        root.attrib |= {"role": "img", "aria-label": drawable(alt_text), "font-family": FONT}
        for (mark, style), rows in self.layers.items():
            for row in rows:
                {"rule": self._line, "point": self._dot, "text": self._letters}[mark](root, row, dict(style))
        return ElementTree.tostring(root, "unicode")

    def _line(self, root, row: dict, style: dict) -> None:
        ends = {"x1": self.pixel(row["x"]), "y1": row["y"], "x2": self.pixel(row["x2"]), "y2": row["y2"]}
        look = {"stroke": style["color"], "stroke-width": _number(style.get("strokeWidth", 1))}
        ElementTree.SubElement(root, "line", {name: _number(end) for name, end in ends.items()} | look)

    def _dot(self, root, row: dict, style: dict) -> None:
        x, y = self.pixel(row["x"]), row["y"]
        look = {"fill": style["color"], "stroke": style["stroke"], "stroke-width": _number(style["strokeWidth"])}
        if style["shape"] == "square":
            side = style["size"] ** 0.5
            box = {"x": x - side / 2, "y": y - side / 2, "width": side, "height": side}
            ElementTree.SubElement(root, "rect", {name: _number(value) for name, value in box.items()} | look)
            return
        radius = (style["size"] / pi) ** 0.5
        r, across = _number(radius), _number(2 * radius)
        around = f"M{_number(x - radius)},{_number(y)}a{r},{r} 0 1 0 {across},0a{r},{r} 0 1 0 -{across},0Z"
        ElementTree.SubElement(root, "path", {"d": around} | look)

    def _letters(self, root, row: dict, style: dict) -> None:
        anchor = {"left": "start", "center": "middle", "right": "end"}[style["align"]]
        place = {"x": _number(self.pixel(row["x"])), "y": _number(row["y"]), "text-anchor": anchor}
        look = {"font-size": f"{_number(style['fontSize'])}px", "fill": style["color"]}
        ElementTree.SubElement(root, "text", place | look).text = row["text"]


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def dots(rows: Sequence[DotRow], *, label: str, scale: tuple[float, float], declared: bool, words: Words) -> Chart:
    """``rows`` from top to bottom; the same score stands on top of the other."""
    classes = words.listing(
        [words("private.all.small_one", name=r.name, count=words.count(len(r.scores))) for r in rows]
    )
    alt_text = words("private.all.dots_alt", label=label, classes=classes)
    axis = f"{label} {scale_text(scale if declared else None, words)}"
    highest = max(row.scores.count(score) for row in rows for score in row.scores)

    def draw(canvas: Canvas) -> str:
        names = min(150 if canvas is WIDE else 84, 12 + max(canvas.wide(row.name) for row in rows))
        picture = Plain(canvas, scale, left=names, right=34)
        step = min(DOT, (ROW - 24) / highest)
        for place, row in enumerate(rows, start=1):
            y = 10 + ROW * place
            picture.rule([(picture.domain[0], y, picture.domain[1], y)], HAIR)
            picture.text([(picture.at(0), y, canvas.cut(row.name, names - 12))])
            picture.text([(picture.at(canvas.width), y, mean_text(row.mean, words))], SOFT, "right")
            piled = [(x, y - 5 - step * row.scores[:at].count(x)) for at, x in enumerate(row.scores)]
            picture.dots(piled, COLOURS[row.arm], MARKERS[row.arm], 30, strokeWidth=0.5)
            picture.rule([(row.mean, y - 2, row.mean, y + 9)], INK, strokeWidth=2.5)
        bottom = 10 + ROW * len(rows)
        return with_axis(picture, [(20, bottom + 10)], axis, alt_text, words)

    lines = [
        (row.name, words.plain(score), words.count(row.scores.count(score)))
        for row in rows
        for score in dict.fromkeys(row.scores)
    ]
    header = tuple(words(f"private.all.{name}") for name in ("who", "score", "pupils"))
    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words(f"private.all.dots_caption{'' if rows[0].arm == 'single' else '_arms'}"),
        Table(words("private.all.dots_table", label=label), header, tuple(lines)),
    )

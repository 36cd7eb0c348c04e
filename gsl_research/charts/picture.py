"""Marks in points and pixels, drawn by altair as one static SVG.

x counts in points of a scale, y in pixels from the top. A *ridge* is the smoothest curve over coarse bins.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
from defusedxml.ElementTree import fromstring

from ..privacy import Bin
from . import engine

Bins = tuple[Bin, ...]
"""(from, to, share of the pupils); edges are round numbers, never a pupil's points."""

FONT = '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif'
PRINTED, PRINT = "Liberation Sans", 3
"""Of a picture in dots: its letters, and how many dots to a pixel: 300 to the inch on 162 mm of paper."""
INK, SOFT, LINE, HAIR = "#1c232b", "#55595e", "#8b857b", "#e7e3db"

RIDGE_POINTS = 30
LEAST_BINS = 3
"""Fewer bins than this have no shape to draw."""
STIFFNESS = 3e-7
"""Of a ridge: how much a bend weighs against a share that is not met; by eye."""

UNDRAWABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an SVG cannot hold."""
ORDER = ("rect", "rule", "line", "point", "text")
"""What lies under what."""


@dataclass(frozen=True, slots=True)
class Canvas:
    width: int
    size: int
    """Of the letters, in pixels."""

    def wide(self, text: str) -> float:
        """Roughly how wide a text is, in a wide font."""
        return len(text) * self.size * 0.57

    def cut(self, text: str, width: float) -> str:
        """As much of a text as fits. The picture engine would cut through a character that takes two places."""
        most = int(width / (self.size * 0.5))
        return text if len(text) <= most else f"{text[: most - 1]}…"

    def lines(self, text: str) -> list[str]:
        return textwrap.wrap(text, int(self.width / (self.size * 0.55)))


class Picture:
    """Marks on one pair of axes; the axes themselves are marks too."""

    def __init__(self, canvas: Canvas, domain: tuple[float, float], *, left: float = 0, right: float = 0):
        self.canvas, self.domain, self.left, self.right = canvas, domain, left, right
        self.plot = canvas.width - left - right
        self.ridges = 0
        self.layers: dict[tuple[str, tuple[tuple[str, Any], ...]], list[dict[str, Any]]] = {}

    def at(self, pixel: float) -> float:
        """The point on the scale that lies ``pixel`` from the left of the whole picture."""
        low, high = self.domain
        return low + (pixel - self.left) / self.plot * (high - low)

    def pixel(self, x: float) -> float:
        low, high = self.domain
        return self.left + (x - low) / (high - low) * self.plot

    def clamped(self, x: float, text: str) -> float:
        """Where a centred text must stand to stay inside the picture."""
        half = min(self.canvas.wide(text), self.canvas.width) / 2
        return self.at(min(max(self.pixel(x), half), self.canvas.width - half))

    def band(self, x: float, y: float, x2: float, y2: float, colour: str) -> None:
        self._add("rect", [dict(x=x, y=y, x2=x2, y2=y2)], color=colour)

    def rule(self, rows: Iterable[tuple[float, float, float, float]], colour: str, **style: Any) -> None:
        """Straight lines: (x, y, x2, y2)."""
        self._add("rule", [dict(x=x, y=y, x2=x2, y2=y2) for x, y, x2, y2 in rows], color=colour, **style)

    def ridge(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        self.ridges += 1
        look = {"interpolate": "monotone", "strokeWidth": 1.25, "stroke": colour, "fill": colour, "fillOpacity": 0.16}
        self._add("line", [dict(x=x, y=y, ridge=self.ridges, order=n) for n, (x, y) in enumerate(points)], **look)

    def dots(self, rows: Iterable[tuple[float, float]], colour: str, shape: str, size: float, **style: Any) -> None:
        look = {"filled": True, "opacity": 1, "stroke": "white", "strokeWidth": 1.5} | style
        self._add("point", [dict(x=x, y=y) for x, y in rows], color=colour, shape=shape, size=size, **look)

    def text(
        self, rows: Iterable[tuple[float, float, str]], colour: str = INK, align: str = "left", **style: Any
    ) -> None:
        look = {"baseline": "alphabetic", "fontSize": self.canvas.size} | style
        self._add(
            "text",
            [dict(x=x, y=y, text=drawable(text)) for x, y, text in rows],
            color=colour,
            align=align,
            **look,
        )

    def _add(self, mark: str, rows: list[dict[str, Any]], **style: Any) -> None:
        if rows:
            self.layers.setdefault((mark, tuple(style.items())), []).extend(rows)

    def svg(self, height: float, alt_text: str) -> str:
        """The picture as SVG: same marks, same bytes."""
        import altair as alt
        from altair.utils.schemapi import debug_mode

        with debug_mode(False):  # altair would check every part of every layer; a test checks whole pictures
            drawing, datasets = self._drawing(alt, height)
            spec = drawing.to_dict(validate=False) | {"datasets": datasets}
        return _clean(engine.svg(spec), alt_text)

    def _drawing(self, alt: Any, height: float) -> tuple[Any, dict[str, list[dict[str, Any]]]]:
        """All layers in one value, and the marks of each. ``alt.Chart`` would copy every layer at every step."""
        points = alt.Scale(domain=list(self.domain), nice=False, zero=False)
        pixels = alt.Scale(domain=[height, 0], nice=False, zero=False)
        channels: dict[str, Any] = {
            "x": alt.PositionDef(field="x", type="quantitative", axis=None, scale=points),
            "y": alt.PositionDef(field="y", type="quantitative", axis=None, scale=pixels),
        }
        ends = {"x2": alt.SecondaryFieldDef(field="x2"), "y2": alt.SecondaryFieldDef(field="y2")}
        more: dict[str, dict[str, Any]] = {
            "rect": ends,
            "rule": ends,
            "line": {
                "detail": alt.FieldDefWithoutScale(field="ridge", type="nominal"),
                "order": alt.OrderFieldDef(field="order", type="quantitative"),
            },
            "text": {"text": alt.FieldOrDatumDefWithConditionStringFieldDefText(field="text", type="nominal")},
        }
        layers, datasets = [], {}
        for (mark, style), rows in sorted(self.layers.items(), key=_depth):
            name = f"marks{len(layers)}"
            datasets[name] = rows
            layers.append(
                alt.UnitSpec(
                    data=alt.NamedData(name=name),
                    mark=alt.MarkDef(type=mark, aria=False, **dict(style)),
                    encoding=alt.Encoding(**channels, **more.get(mark, {})),
                )
            )
        drawing = alt.TopLevelLayerSpec(
            layer=layers,
            width=self.plot,
            height=height,
            padding={"left": self.left, "right": self.right, "top": 0, "bottom": 0},
            autosize=alt.AutoSizeParams(type="none"),
            background="transparent",
            config=alt.Config(view=alt.ViewConfig(stroke=None, continuousWidth=300, continuousHeight=300)),
        )
        return drawing, datasets


def drawable(text: str) -> str:
    return UNDRAWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def as_png(svg: str) -> bytes:
    """A finished picture at the resolution of print, on white, in the letters that come with the picture engine."""
    import vl_convert

    svg = re.sub(r'font-family="[^"]*"', f'font-family="{PRINTED}"', svg, count=1)
    paper = re.sub(r"(<svg[^>]*>)", r'\1<rect width="100%" height="100%" fill="#fff"/>', svg, count=1)
    return vl_convert.svg_to_png(paper, scale=PRINT)


def _depth(layer: tuple[tuple[str, tuple[tuple[str, Any], ...]], Any]) -> tuple[int, bool]:
    """Hairlines of a grid lie under the lines of the data."""
    (mark, style), _ = layer
    return ORDER.index(mark), dict(style).get("color") != HAIR


def _clean(svg: str, alt_text: str) -> str:
    """Only what is seen: no ids, no machine names, one decimal, one sentence for who cannot see it."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    root = fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("d") == "" or child.get("display") == "none" or child.get("class") == "background":
                parent.remove(child)
        for name in list(parent.attrib):
            if name in ("class", "role", "font-family", "pointer-events", "version") or name.startswith("aria-"):
                del parent.attrib[name]
            elif name in ("d", "transform", "x", "y", "x2", "y2", "width", "height"):
                parent.set(name, re.sub(r"-?\d+\.\d+(?:e-?\d+)?", _one_decimal, parent.attrib[name]))
        if parent.get("opacity") == "1":
            del parent.attrib["opacity"]
    root.attrib |= {"role": "img", "aria-label": drawable(alt_text), "font-family": FONT}
    return ElementTree.tostring(root, "unicode")


def _one_decimal(found: re.Match[str]) -> str:
    rounded = f"{float(found[0]):.1f}".removesuffix(".0")
    return "0" if rounded == "-0" else rounded


def ridge(bins: Bins, scale: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """The smoothest curve that is nowhere negative and has about the same share in every bin; none beyond the scale."""
    low, high = min(scale[0], bins[0][0]), max(scale[1], bins[-1][1])
    cells = RIDGE_POINTS - 2
    edges = np.linspace(0, 1, cells + 1)
    starts, ends, shares = (
        (np.array(part) - shift) / size
        for part, shift, size in zip(zip(*bins, strict=True), (low, low, 0), (high - low, high - low, 1), strict=True)
    )
    overlap = np.minimum(edges[1:], ends[:, None]) - np.maximum(edges[:-1], starts[:, None])
    inside = np.clip(overlap, 0, None)
    nobody = np.zeros((1, cells))
    bend = np.diff(np.vstack([nobody, np.eye(cells), nobody]), 2, axis=0) * cells**2 / np.sqrt(cells)
    normal = inside.T @ inside + STIFFNESS * bend.T @ bend
    curve = np.zeros(cells)
    free = np.ones(cells, bool)
    for _ in range(cells):
        curve[:] = 0
        curve[free] = np.linalg.solve(normal[np.ix_(free, free)], inside.T[free] @ shares)
        if (curve >= 0).all():
            break
        free &= curve >= 0
    curve[curve < 0.008 * curve.max()] = 0
    at = np.concatenate([[0], (edges[1:] + edges[:-1]) / 2, [1]]) * (high - low) + low
    up = np.concatenate([curve[:1], curve, curve[-1:]])
    seen = np.flatnonzero(up)
    part = slice(max(seen[0] - 1, 0), seen[-1] + 2)
    points = list(zip(at[part].round(3).tolist(), up[part].round(3).tolist(), strict=True))
    return ((points[0][0], 0.0), *points, (points[-1][0], 0.0))


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from low to high, at most ``most`` steps, with zero among them if it lies between."""
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(unit * power for unit in (1, 2, 2.5, 5, 10) if unit * power >= rough - 1e-9)
    return [round(n * step, 6) for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]

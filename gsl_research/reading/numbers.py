"""Numbers as people write them, and what a column of them tells about its decimal mark.

A *mark* is a comma or point inside a number. Between one to three digits and three more ("1.250") it reads two ways:
as decimal mark or between thousands; then the other numbers of the column or the scale decide, or nobody does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .words import file_words

SHAPE = re.compile(
    r"""(?P<whole>[+-]?\d+)
    |(?P<fraction>[+-]?\d+[ ]?[½¼¾])
    |(?P<either_comma>[+-]?[1-9]\d{0,2},\d{3})
    |(?P<comma>[+-]?\d*,\d+)
    |(?P<either_point>[+-]?[1-9]\d{0,2}\.\d{3})
    |(?P<point>[+-]?\d*\.\d+)
    |(?P<grouped>[+-]?[1-9]\d{0,2}(?P<group>[.,'’\u2009 ])\d{3}(?:(?P=group)\d{3})*
        (?:(?!(?P=group))(?P<mark>[.,])\d+)?)""",
    re.ASCII | re.VERBOSE,
)
"""The ways to write a number; the name of the one that matches is its shape."""
MARKS = {"point": ".", "comma": ","}
FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}

Meaning = Literal["decimal", "thousands"]


@dataclass(frozen=True, slots=True)
class Written:
    """A score with what stands beside its number: "12,5/20", "60 %", "12 punten"."""

    number: str
    shape: str
    maximum: float | None = None
    percent: bool = False


def written(text: str) -> Written | None:
    """The number in a cell and what it is out of; None when the cell is no number or says more than that."""
    found = _BESIDE.fullmatch(text.casefold().replace("\u2212", "-"))
    shape = found and SHAPE.fullmatch(found["number"])
    if not shape or (found["percent"] and found["points"]):
        return None
    maximum = found["maximum"] and float(found["maximum"].replace(",", "."))
    return Written(found["number"], shape.lastgroup, maximum, found["percent"] is not None)


_BESIDE = re.compile(
    r"(?P<number>[+-]?[\d.,'’\u2009 ]*\d(?: ?[½¼¾])?)\s*"
    r"(?:(?P<percent>%)|(?:/|op\b)\s*(?P<maximum>[1-9]\d{0,3}(?:[.,]\d)?))?\s*"
    rf"(?P<points>(?:{'|'.join(sorted(file_words('points'), reverse=True))})\.?)?",
    re.ASCII,
)


@dataclass(slots=True)
class Numbers:
    """The numbers of a column still to be read, by shape: key -> text, the key being the caller's own."""

    of_shape: dict[str, dict[int, str]] = field(default_factory=dict)

    def add(self, key: int, text: str, shape: str) -> None:
        self.of_shape.setdefault(shape, {})[key] = text

    def keys(self, shapes: Iterable[str]) -> list[int]:
        return [key for shape in shapes for key in self.of_shape.get(shape, ())]

    def grouped_by(self, mark: str) -> list[int]:
        """Keys of the numbers in which this mark can only stand between thousands."""
        return [key for key, found in self._grouped() if found["group"] == mark]

    def decimal_by(self, name: str) -> list[int]:
        """Keys of the numbers in which the point or the comma can only be the decimal mark."""
        return self.keys([name]) + [key for key, found in self._grouped() if found["mark"] == MARKS[name]]

    def _grouped(self) -> list[tuple[int, re.Match[str]]]:
        return [(key, SHAPE.fullmatch(text)) for key, text in self.of_shape.get("grouped", {}).items()]

    def values(self, meanings: Mapping[str, Meaning]) -> tuple[list[int], list[float]]:
        """(keys, values) of every number; ``meanings`` are those of the marks that can be either."""
        keys: list[int] = []
        values: list[float] = []
        for shape, texts in self.of_shape.items():
            name = shape.removeprefix("either_")
            if shape == "grouped":
                values += map(_ungrouped, texts.values())
            elif shape == "whole":
                values += map(float, texts.values())
            elif shape == "fraction":
                values += map(_with_fraction, texts.values())
            elif shape == name or meanings.get(name) == "decimal":
                values += [float(text.replace(",", ".")) for text in texts.values()]
            elif name in meanings:
                values += [as_thousands(text) for text in texts.values()]
            else:
                continue
            keys += texts
        return keys, values


def as_decimal(text: str) -> float:
    return float(text.replace(",", "."))


def as_thousands(text: str) -> float:
    return float(text.replace(",", "").replace(".", ""))


def _with_fraction(text: str) -> float:
    whole = float(text[:-1])
    return math.copysign(abs(whole) + FRACTIONS[text[-1]], whole)


def _ungrouped(text: str) -> float:
    found = SHAPE.fullmatch(text)
    return float(text.replace(found["group"], "").replace(",", "."))


def meaning_by_scale(texts: Iterable[str], scale: tuple[float, float] | None) -> Meaning | None:
    """What a mark means in numbers such as "1.250", when the scale leaves one reading; else None.

    Where no reading fits the scale, the numbers are decimals: they are refused by their row anyway.
    """
    if scale is None:
        return None
    texts = list(texts)
    low, high = scale
    decimals, thousands = (np.array([read(text) for text in texts]) for read in (as_decimal, as_thousands))
    decimal_fits = (decimals >= low) & (decimals <= high)
    thousands_fits = (thousands >= low) & (thousands <= high)
    only_decimal = bool((decimal_fits & ~thousands_fits).any())
    only_thousands = bool((thousands_fits & ~decimal_fits).any())
    if only_decimal == only_thousands:
        return None if decimal_fits.any() else "decimal"
    return "decimal" if only_decimal else "thousands"

"""What the names of waves say: a day, a month or a number; which two are one wave, and in what order they come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import combinations, pairwise
from typing import Literal

from .occasions import synonyms

NEARLY = 0.75
"""A name this alike (difflib's ratio) with the same digits is a typing error (policy)."""

_DAY_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_SCHOOL_YEAR = re.compile(r"((?:19|20)\d\d)\s*[-/–]\s*(?:(?:19|20)?\d\d)")
_NUMBERED = re.compile(r"([^\W\d_]+)\s*(\d{1,4})")
_YEAR = re.compile(r"(?:19|20)\d\d")

Kind = Literal["day", "month_of_year", "month", "number", "name"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a name says. ``value`` is the ordinal of the day, or of the first of the month; the place of a month in the
    school year; or the number, with the ``word`` before it."""

    kind: Kind
    value: float = 0.0
    word: str = ""

    @property
    def is_year(self) -> bool:
        return self.kind == "number" and not self.word and self.value.is_integer() and 1900 <= self.value < 2100


def said(label: str) -> Said:
    """What the name of a wave says by itself. A year with a word is no number: "september 2025" is a month."""
    text = folded(label)
    if (day := day_of(text)) is not None:
        return Said("day", float(day.toordinal()))
    words = text.split()
    places = [_month_places().get(word.rstrip(".")) for word in words]
    if len(words) == 1 and places[0] is not None:
        return Said("month", float(places[0]))
    for place, year in ((0, 1), (1, 0)):
        if len(words) == 2 and places[place] is not None and _YEAR.fullmatch(words[year]):
            first = date(int(words[year]), _month(places[place]), 1)
            return Said("month_of_year", float(first.toordinal()))
    if year := _SCHOOL_YEAR.fullmatch(text):
        return Said("number", float(year[1]))
    if re.fullmatch(r"[-+]?\d+(?:[.,]\d+)?", text, re.ASCII):
        return Said("number", float(text.replace(",", ".")))
    numbered = _NUMBERED.fullmatch(text)
    if numbered and not _YEAR.fullmatch(numbered[2]):
        return Said("number", float(numbered[2]), numbered[1])
    return Said("name")


def folded(label: str) -> str:
    return " ".join(label.casefold().split())


@cache
def _month_places() -> dict[str, int]:
    """The place of every name of a month in the school year, September being 0."""
    return {name: place for place, names in enumerate(synonyms()["moments"]["months"]) for name in names}


def _month(place: int) -> int:
    return (place + 8) % 12 + 1


def day_of(cell: object) -> date | None:
    """The day a cell holds: 2026-09-15 as text or in a workbook, 15/09/2026, 15-9-2026, 15.09.2026 or 15 sept 2026."""
    whole = folded(str(cell))
    words = whole.split()
    try:
        if len(words) == 3 and words[0].isdecimal() and _YEAR.fullmatch(words[2]):
            place = _month_places().get(words[1].rstrip("."))
            return None if place is None else date(int(words[2]), _month(place), int(words[0]))
        text = whole[:19].partition("t")[0].partition(" ")[0]
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[4]), int(found[3]), int(found[1]))
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def alike(one: str, other: str) -> bool:
    """Whether two names are one wave: but for capitals, on one day or in one month, or with one number and no other
    word before it ("T1", "t 1" and "1"; not "test 1" and "quiz 1")."""
    if folded(one) == folded(other):
        return True
    a, b = said(one), said(other)
    if a.kind == "name" or (a.kind, a.value) != (b.kind, b.value):
        return False
    return a.word == b.word or not (a.word and b.word)


def meant(text: str, labels: Sequence[str]) -> tuple[int, ...]:
    """The places of the waves that a cell can mean: the one it names exactly, or else those that are alike."""
    exact = tuple(at for at, label in enumerate(labels) if folded(label) == folded(text))
    return exact or tuple(at for at, label in enumerate(labels) if alike(text, label))


def nearly(text: str, labels: Sequence[str], empty: Sequence[str]) -> str | None:
    """The wave that a cell names with a typing error; one of those without rows (``empty``) where its number tells."""
    if (own := said(text)).kind == "number":
        return next((label for label in empty if (said(label).kind, said(label).value) == ("number", own.value)), None)
    digits = re.findall(r"\d+", text)
    same = {folded(label): label for label in labels if re.findall(r"\d+", label) == digits}
    near = get_close_matches(folded(text), list(same), n=1, cutoff=NEARLY)
    return same[near[0]] if near and own.kind == "name" else None


def pairs_alike(names: Sequence[str]) -> list[str]:
    """The first two names of a list that are one wave; nothing when all differ."""
    return next(([one, other] for one, other in combinations(names, 2) if alike(one, other)), [])


def known_order(labels: Sequence[str]) -> tuple[Literal["dates", "numbers", "months"], tuple[float, ...]] | None:
    """When the waves were, as their names tell: days, numbers of one kind, or months in the order of a school year."""
    every = [said(label) for label in labels]
    kinds, values = {one.kind for one in every}, tuple(one.value for one in every)
    if kinds and kinds <= {"day", "month_of_year"}:
        return "dates", values
    if kinds == {"number"} and len({one.word for one in every} - {""}) <= 1:
        return "numbers", values
    return ("months", values) if kinds == {"month"} else None


def rising(values: Sequence[float]) -> bool:
    return all(earlier < later for earlier, later in pairwise(values))


def in_order(labels: Sequence[str]) -> tuple[str, ...]:
    """The names from early to late where they tell; as they come otherwise."""
    known = known_order(labels)
    if known is None:
        return tuple(labels)
    return tuple(label for _, label in sorted(zip(known[1], labels, strict=True), key=lambda pair: pair[0]))


def are_years(labels: Sequence[str]) -> bool:
    """Whether every name is a school year ("2024-2025") or a year."""
    return bool(labels) and all(said(label).is_year for label in labels)

"""Values to sentences: the texts of one language, and how it writes numbers.

Texts are whole sentences with named blanks, one TOML file per room, in ``texts/<language>/``.
Adding a language is adding a folder.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .estimate import Interval
from .problems import Problem, Term, errors, warnings

if TYPE_CHECKING:
    from .reading import Skipped

TEXTS = Path(__file__).parent / "texts"
MAX_DECIMALS = 3
MINUS = "\N{MINUS SIGN}"
SHOWN_IN_FULL = 10
"""Problems shown in full; of the rest, the count (design page, section 5; policy)."""


def languages() -> tuple[str, ...]:
    return tuple(sorted(folder.name for folder in TEXTS.iterdir() if folder.is_dir()))


class Words:
    """The texts of one language: ``words("nl")("page.title", study="…")``."""

    def __init__(self, lang: str):
        folder = TEXTS / lang
        if not folder.is_dir():
            raise ValueError(f"no texts for language {lang!r}; there are {', '.join(languages())}")
        self.lang = lang
        self._rooms = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in folder.glob("*.toml")}
        self._locale = self._rooms["locale"]
        self.tag: str = self._locale["tag"]
        self._terms = self._called("class")
        self._kinds: tuple[str, ...] = ()

    def for_units(self, level: str) -> Words:
        """The same texts for a study whose unit is a class, teacher, teaching group, school or a group without name."""
        other = copy(self)
        other._terms = self._called(level)
        return other

    def for_kind(self, *kinds: str) -> Words:
        """The same texts for an outcome of which shares, places or goals are counted, or that is measured at several
        moments: their room has its own text where another is needed, under the same key. The first that has one
        speaks."""
        other = copy(self)
        other._kinds = tuple(kind for kind in kinds if kind in self._rooms)
        return other

    def _called(self, level: str) -> dict[str, str]:
        terms = self._rooms["units"][level]
        return terms | {f"{name[0].upper()}{name[1:]}": f"{term[:1].upper()}{term[1:]}" for name, term in terms.items()}

    def _find(self, key: str) -> object:
        found: object = self._rooms
        for part in key.split("."):
            if not isinstance(found, dict) or part not in found:
                return None
            found = found[part]
        return found

    def _text(self, key: str) -> object:
        found = (self._find(f"{kind}.{key}") for kind in self._kinds)
        return next((own for own in found if isinstance(own, str)), None) or self._find(key)

    def __contains__(self, key: str) -> bool:
        return isinstance(self._text(key), str)

    def __call__(self, key: str, /, **blanks: object) -> str:
        text = self._text(key)
        if not isinstance(text, str):
            raise KeyError(f"no text {key!r} in {self.lang!r}")
        return text.format_map(self._terms | blanks)

    def number(self, value: float, decimals: int = 1) -> str:
        """``1.25`` becomes "1,3"; a zero keeps no minus sign; thousands get a thin space."""
        rounded = round(value, decimals) + 0.0
        text = f"{rounded:,.{decimals}f}"
        text = (
            text.replace(",", "\x00").replace(".", self._locale["decimal"]).replace("\x00", self._locale["thousands"])
        )
        return text.replace("-", MINUS)

    def count(self, value: int) -> str:
        return self.number(value, 0)

    def plain(self, value: float) -> str:
        """A number a person typed: no decimals it did not have."""
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return text.replace(".", self._locale["decimal"]).replace("-", MINUS)

    def points(self, value: float, decimals: int) -> str:
        """ "1,4 punten", "1 punt"."""
        text = self.number(value, decimals)
        one = abs(round(value, decimals)) == 1
        return self("locale.point" if one else "locale.points", number=text)

    def gap(self, value: float, sign: int, decimals: int) -> str:
        """A difference in words: "1,4 punten hoger"; positive ``value`` is better, ``sign`` is -1 where lower is."""
        raw = value * sign
        if round(raw, decimals) == 0:
            return self("locale.gap.same")
        return self("locale.gap.higher" if raw > 0 else "locale.gap.lower", points=self.points(abs(raw), decimals))

    def decimals_for(self, interval: Interval, decimals: int) -> int:
        """As many decimals as keep a limit from reading as 0 when it is not; a value beside it takes as many."""
        while decimals < MAX_DECIMALS and any(
            end and round(end, decimals) == 0 for end in (interval.low, interval.high)
        ):
            decimals += 1
        return decimals

    def span(self, interval: Interval, sign: int, decimals: int) -> str:
        """From-to in words: "van 0,2 punten lager tot 2,8 punten hoger". A limit never reads as 0 when it is not."""
        decimals = self.decimals_for(interval, decimals)
        low, high = sorted(_off_zero(limit * sign, decimals) for limit in (interval.low, interval.high))
        if low >= 0:
            return self("locale.span.higher", low=self.number(low, decimals), high=self.points(high, decimals))
        if high <= 0:
            return self("locale.span.lower", low=self.number(-high, decimals), high=self.points(-low, decimals))
        return self("locale.span.both", low=self.points(-low, decimals), high=self.points(high, decimals))

    def date(self, day: date) -> str:
        return self("locale.date", day=day.day, month=self._locale["months"][day.month - 1], year=day.year)

    def month(self, day: date) -> str:
        """ "maart 2026"."""
        return self("locale.month", month=self._locale["months"][day.month - 1], year=day.year)

    def listing(self, items: Sequence[str], last: Literal["and", "or"] = "and") -> str:
        """ "a, b en c", or "a, b of c"."""
        if len(items) < 2:
            return "".join(items)
        return self(f"locale.listing_{last}", first=", ".join(items[:-1]), last=items[-1])

    def problem(self, problem: Problem) -> str:
        """One sentence with its address in front and the mend behind."""
        blanks = self._blanks(problem)
        says = self(f"problems.{problem.code}.says", **blanks)
        mend = self(f"problems.{problem.code}.mend", **blanks)
        parts = []
        if problem.file is not None:
            parts.append(problem.file)
        if problem.sheet is not None:
            parts.append(self("problems.address.sheet", sheet=problem.sheet))
        if problem.row is not None:
            parts.append(self("problems.address.row", row=problem.row))
        if problem.column is not None:
            parts.append(self("problems.address.column", column=problem.column))
        if "wave" in problem.facts:
            parts.append(self("problems.address.wave", wave=str(problem.facts["wave"])))
        address = ", ".join(parts)
        return f"{address}: {says} {mend}" if address else f"{says} {mend}"

    def skipped(self, skipped: Skipped) -> str:
        """What was not read, where and why: "blad “5A”, rij 43–44 overgeslagen: Gemiddelde, Aantal"."""
        address = [skipped.file] if skipped.file is not None else []
        if skipped.sheet is not None:
            address.append(self("problems.address.sheet", sheet=skipped.sheet))
        why = self(
            f"problems.skipped.{skipped.reason}", rows=_ranges(skipped.rows), words=", ".join(skipped.words) or "…"
        )
        return ", ".join([*address, why]) if skipped.rows or not address else f"{', '.join(address)}: {why}"

    def mend(self, problem: Problem) -> str:
        blanks = self._blanks(problem)
        return self(f"problems.{problem.code}.mend", **blanks)

    def _blanks(self, problem: Problem) -> dict[str, str]:
        address = {"value": problem.value or "", "column": problem.column or "", "file": problem.file or ""}
        return address | {name: self._fact(value) for name, value in problem.facts.items()}

    def problem_lines(self, problems: Iterable[Problem]) -> list[str]:
        """What a person reads: errors first, ten in full, the rest counted."""
        problems = tuple(problems)
        ordered = errors(problems) + warnings(problems)
        lines = [self(f"problems.lead.{p.severity}", text=self.problem(p)) for p in ordered[:SHOWN_IN_FULL]]
        if len(ordered) > SHOWN_IN_FULL:
            lines.append(self("problems.lead.more", count=len(ordered) - SHOWN_IN_FULL))
        return lines

    def _fact(self, value: object) -> str:
        match value:
            case bool():
                return self(f"locale.{'yes' if value else 'no'}")
            case int():
                return self.count(value)
            case float():
                return self.plain(value)
            case date():
                return self.date(value)
            case Term():
                return self(f"problems.term.{value}")
            case list() | tuple():
                return self.listing([self._fact(v) for v in value])
            case _:
                return str(value)


def _ranges(rows: Sequence[int]) -> str:
    """43, 44 and 46 are "43–44, 46"; of many ranges, the first and the last."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and row == ranges[-1][1] + 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    told = [f"{first}–{last}" if last > first else f"{first}" for first, last in ranges]
    return ", ".join(told if len(told) <= SHOWN_IN_FULL else [*told[: SHOWN_IN_FULL - 1], "…", told[-1]])


def _off_zero(limit: float, decimals: int) -> float:
    """A limit that is not 0 reads as at least the last decimal."""
    return limit if not limit or round(limit, decimals) else math.copysign(10**-decimals, limit)


@lru_cache
def words(lang: str) -> Words:
    return Words(lang)

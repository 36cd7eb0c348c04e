"""When a score was taken, from its heading: before (*pre*) and after (*post*), in pairs about one subject."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from .reading.headings import without_maximum

WHOLE_WORD = 6
"""A shorter word than this counts only by itself, never as part of another ("start" in "startuur"; policy)."""
LEAST_SERIES = 3
"""Fewer columns of one subject are a test before and a test afterwards (policy)."""
_YEAR = re.compile(r"(19|20)\d\d")

Words = tuple[str, ...]


@cache
def synonyms() -> dict[str, Any]:
    """What headings are called in schools: ``reading/synonyms.toml``."""
    return tomllib.loads((Path(__file__).parent / "reading" / "synonyms.toml").read_text("utf-8"))


def heading_words(heading: str) -> Words:
    """The words of a heading, without accents, capitals, signs and its maximum: "LeerlingNr." has two."""
    text = without_maximum(heading)
    text = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


@dataclass(frozen=True, slots=True)
class Pair:
    """The headers of one thing measured; ``subject`` are the words that both share."""

    subject: Words
    pre: str | None
    post: str | None


@dataclass(frozen=True, slots=True)
class Series:
    """The headers of one thing measured three times or more, from early to late, and what the moments are called."""

    subject: Words
    headers: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occasions:
    """``series`` are three moments or more in an order that is sure; ``unclear`` are headers of one subject whose order
    cannot be told."""

    pairs: tuple[Pair, ...]
    unclear: tuple[tuple[str, ...], ...]
    series: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True)
class _Moment:
    header: str
    kind: str
    order: int
    subject: Words
    name: str = ""

    @property
    def about(self) -> frozenset[str]:
        return frozenset(self.subject)


def occasion(words: Words) -> str | None:
    """``pre`` or ``post`` when a heading of these words says so by itself."""
    moment = _moment("", words)
    return moment.kind if moment is not None and moment.kind in ("pre", "post") else None


def says_when(words: Words) -> bool:
    """Whether these words, of a heading or the name of a sheet, say when scores were taken."""
    return _moment("", words) is not None


def find_occasions(headings: Mapping[str, Sequence[Words]]) -> Occasions:
    """Pairs of score columns. ``headings`` gives per header its words, and those of its other names.

    "Voortoets" and "natoets" say it themselves; T0 and T1, or September and June, by their order when there are two.
    Not for: columns without scores.
    """
    found = [moment for header, names in headings.items() if (moment := _first_moment(header, names)) is not None]
    by_subject: dict[frozenset[str], list[_Moment]] = defaultdict(list)
    for moment in _settled(found):
        by_subject[moment.about].append(moment)
    pairs, unclear, series = [], [], []
    for moments in by_subject.values():
        pair = _pair(moments)
        if pair is not None:
            pairs.append(pair)
        elif (several := _series(moments)) is not None:
            series.append(several)
        elif len(moments) > 1:
            unclear.append(tuple(moment.header for moment in moments))
    return Occasions(tuple(pairs), tuple(unclear), tuple(series))


def _first_moment(header: str, names: Sequence[Words]) -> _Moment | None:
    return next((moment for words in names if (moment := _moment(header, words)) is not None), None)


def _settled(moments: Sequence[_Moment]) -> list[_Moment]:
    """Words with two meanings become pre and post where both halves are there, and nothing otherwise."""
    halves = {
        kind: {moment.about for moment in moments if moment.kind == kind} for kind in ("pre_in_pair", "post_in_pair")
    }
    whole = halves["pre_in_pair"] & halves["post_in_pair"]
    return [
        replace(moment, kind=moment.kind.removesuffix("_in_pair"))
        for moment in moments
        if moment.kind not in halves or moment.about in whole
    ]


def _pair(moments: Sequence[_Moment]) -> Pair | None:
    by_kind: dict[str, list[_Moment]] = defaultdict(list)
    for moment in sorted(moments, key=lambda moment: moment.order):
        by_kind[moment.kind].append(moment)
    pre, post = by_kind.pop("pre", []), by_kind.pop("post", [])
    by_kind.pop("between", None)
    rest = [moment for group in by_kind.values() for moment in group]
    if len(pre) > 1 or len(post) > 1:
        return None
    match len(pre), len(post), len(rest):
        case (1, 1, _):
            first, last = pre[0], post[0]
        case (1, 0, 0):
            return Pair(pre[0].subject, pre[0].header, None)
        case (0, 1, 0):
            return Pair(post[0].subject, None, post[0].header)
        case (1, 0, 1):
            first, last = pre[0], rest[0]
        case (0, 1, 1):
            first, last = rest[0], post[0]
        case (0, 0, 2) if len(by_kind) == 1 and rest[0].order < rest[1].order:
            first, last = rest
        case _:
            return None
    return Pair(last.subject, first.header, last.header)


def _series(moments: Sequence[_Moment]) -> Series | None:
    """Numbers, or months without a year, that all differ: T1, T2, T3."""
    ordered = sorted(moments, key=lambda moment: moment.order)
    kinds, orders = {moment.kind for moment in moments}, {moment.order for moment in moments}
    if len(moments) < LEAST_SERIES or kinds not in ({"numbered"}, {"month"}) or len(orders) < len(moments):
        return None
    if kinds == {"month"} and any(_YEAR.search(moment.header) for moment in moments):
        return None
    names = tuple(moment.name for moment in ordered)
    return Series(ordered[0].subject, tuple(moment.header for moment in ordered), names)


def _moment(header: str, words: Words) -> _Moment | None:
    """What a heading says about when; a heading that says both before and after ("groei voor-na") says nothing."""
    said = synonyms()["moments"]
    sure = [
        (kind, at, rest)
        for kind in ("pre", "post", "between")
        for at, word in enumerate(words)
        if (rest := _around(word, said[kind])) is not None
    ]
    if sure:
        kind, at, rest = sure[0]
        if len({kind for kind, _, _ in sure}) > 1:
            return None
        others = (*words[:at], *rest, *words[at + 1 :])
        return _Moment(header, kind, 0, _subject(others, without=_months() | set(said[kind])))
    numbered = "|".join(said["numbered"])
    for at, word in enumerate(words):
        if one := re.fullmatch(rf"({numbered})(\d)", word):
            rest = _subject((*words[:at], *words[at + 1 :]))
            return _Moment(header, "numbered", int(one[2]), rest, _numbered(one[1], one[2]))
        if re.fullmatch(numbered, word) and re.fullmatch(r"\d", "".join(words[at + 1 : at + 2])):
            rest = _subject((*words[:at], *words[at + 2 :]))
            return _Moment(header, "numbered", int(words[at + 1]), rest, _numbered(word, words[at + 1]))
    for order, names in enumerate(said["months"]):
        if set(names) & set(words):
            plain = tuple(word for word in words if not _YEAR.fullmatch(word))
            name = next(word for word in words if word in names)
            return _Moment(header, "month", order, _subject(plain, without=set(names)), name)
    for kind in ("pre_in_pair", "post_in_pair"):
        if set(said[kind]) & set(words):
            return _Moment(header, kind, 0, _subject(words, without=set(said[kind])))
    return None


def _numbered(word: str, number: str) -> str:
    return f"{word.upper()}{number}" if len(word) == 1 else f"{word} {number}"


def _around(word: str, said: Sequence[str]) -> Words | None:
    """What a longer word holds beside one of these: "rekenvoortoets" has "reken"; None without any of them."""
    if word in said:
        return ()
    for name in said:
        if len(name) >= WHOLE_WORD and word.startswith(name):
            return (word.removeprefix(name),)
        if len(name) >= WHOLE_WORD and word.endswith(name):
            return (word.removesuffix(name),)
    return None


@cache
def _months() -> frozenset[str]:
    return frozenset(name for names in synonyms()["moments"]["months"] for name in names)


def _subject(words: Words, without: set[str] | frozenset[str] = frozenset()) -> Words:
    silent = {*synonyms()["neutral"], *synonyms()["scores"]["plain"], *without}
    return tuple(word for word in words if word not in silent)

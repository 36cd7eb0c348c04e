"""The words school files use for "no score" and "this row is a total"."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

LONGEST_READ = 60
"""A longer cell is a remark: neither a score nor a missing word (policy)."""

_DAY = re.compile(r"[( ]+(?:(\d{1,2})[-/](\d{1,2})|(\d{1,2})([-/.])(\d{1,2})\4(?:\d{4}|\d{2}))[).]*$")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS_AND_SIGNS = re.compile(r"(?:[^\W\d_]|[\s.,;:!?*'’\"()\[\]/–—-])+")


@cache
def file_words(kind: str) -> frozenset[str]:
    """The words of one kind (``missing``, ``totals``, ``not_names`` …), casefolded."""
    content = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
    return frozenset(content[kind])


@cache
def level_lists() -> tuple[tuple[str, ...], ...]:
    """Levels that stand in columns of results, each list with the worst first."""
    content = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
    return tuple(map(tuple, content["levels"]))


def missing_words(text: str) -> str | None:
    """What a cell says that says there is no score: "" for a blank, "afw" for "afw.", "ziek" for "ziek 12/3".

    Every word must be known and the first must be a missing word; signs, brackets and capitals do not matter. Of
    figures only a day may follow, one that cannot be points: "ziek 5/10" and "inhaal 14.5" stay for a person to read.
    Returns the words as they stand without that day, or None.
    """
    text = text.strip()
    if len(text) > LONGEST_READ:
        return None
    if text.casefold() in file_words("missing"):
        return text
    day = _DAY.search(text)
    if day:
        number, month = (int(day[1] or day[3]), int(day[2] or day[5]))
        with_year = day[3] is not None
        if not (1 <= number <= 31 and 1 <= month <= 12 and (with_year or number > month)):
            return None
        text = text[: day.start()]
    said = _LETTERS.findall(text.casefold().replace(".", ""))
    return text if said and _WORDS_AND_SIGNS.fullmatch(text) and _all_known(said) else None


@cache
def _phrases() -> dict[str, frozenset[tuple[str, ...]]]:
    """Missing words of several words by their first one: "niet" -> ("niet", "gemaakt"), …"""
    phrases: dict[str, set[tuple[str, ...]]] = {}
    for phrase in file_words("missing"):
        if said := tuple(_LETTERS.findall(phrase.replace(".", ""))):
            phrases.setdefault(said[0], set()).add(said)
    return {first: frozenset(found) for first, found in phrases.items()}


def _all_known(said: list[str]) -> bool:
    at = 0
    while at < len(said):
        fitting = [phrase for phrase in _phrases().get(said[at], ()) if tuple(said[at : at + len(phrase)]) == phrase]
        if fitting:
            at += max(map(len, fitting))
        elif at and said[at] in file_words("missing_beside"):
            at += 1
        else:
            return False
    return True

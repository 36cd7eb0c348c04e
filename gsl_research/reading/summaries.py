"""Rows that summarise the rows around them: means, totals, maxima; by their words, and what stands beside those."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np

from .grid import Cell, Column, Grid, as_text
from .header import is_name
from .words import file_words

DATA_ROWS = 3
DATA_SHARE = 0.2
"""A word that stands in this many whole rows, or in this share of rows without labels, is data: a level "gemiddeld"."""

_TOKEN = re.compile(r"[^\W_]+")


def summaries(
    grid: Grid, core: Sequence[int], inside: np.ndarray, open_rows: np.ndarray, labels: Sequence[int]
) -> dict[int, str]:
    """Rows that open with a mean or a total: row -> that word, safe to show.

    ``inside`` is (rows, core) bool, ``labels`` are the places in ``core`` of columns that name the rows. A word
    that is also a name ("Max") counts in a row that has no other label and no other text. Where no other column
    names the rows it must stand below the table, or beside nothing but the maximum.
    """
    found: dict[int, str] = {}
    undecided = open_rows.copy()
    for place, at in enumerate(core):
        column = grid.columns[at]
        sure, likely, unsure = (rows & undecided for rows in _opening_with(column))
        others = [label for label in labels if label != place]
        lacking = ~inside[:, others].all(axis=1) if others else np.ones(len(inside), dtype=bool)
        rows = set(_not_data(sure | likely & lacking, inside, others, open_rows))
        for row in np.flatnonzero(unsure).tolist():
            texts = any(is_name(grid.columns[core[other]][row]) for other in range(len(core)) if other != place)
            bare = not inside[row, others].any() if others else _is_below(row, rows, open_rows & ~unsure)
            if not texts and (bare or not others and _holds_maxima(grid, core, row, open_rows)):
                rows.add(row)
        found |= {row: _word(column[row]) for row in sorted(rows)}
        undecided &= column.blank
        if not undecided.any():
            break
    return found


def _not_data(rows: np.ndarray, inside: np.ndarray, others: Sequence[int], open_rows: np.ndarray) -> list[int]:
    """The rows but for those that are pupils in every other respect, when there are several of them."""
    if not others:
        at = np.flatnonzero(rows)
        last = np.flatnonzero(open_rows)[-len(at) :] if len(at) else at
        few = len(at) <= max(DATA_SHARE * open_rows.sum(), 1)
        return at.tolist() if few or np.array_equal(at, last) else []
    whole = rows & inside[:, others].all(axis=1)
    is_data = whole.sum() >= DATA_ROWS or whole.sum() > max(DATA_SHARE * open_rows.sum(), 1)
    return np.flatnonzero(rows & ~whole if is_data else rows).tolist()


def _is_below(row: int, summaries: set[int], pupils: np.ndarray) -> bool:
    """Whether a blank row or a summary stands above it, and no pupil below."""
    others = np.setdiff1d(np.flatnonzero(pupils), list(summaries))
    return (row - 1 in summaries or not pupils[row - 1]) and bool(len(others)) and others[-1] < row


def _holds_maxima(grid: Grid, core: Sequence[int], row: int, open_rows: np.ndarray) -> bool:
    """Whether the row's numbers are all the same and no other row has a higher one."""
    numbers = [(at, value) for at in core if (value := _number(grid.columns[at][row])) is not None]
    if not numbers or len({value for _, value in numbers}) > 1:
        return False
    highest = numbers[0][1]
    for at, _ in numbers:
        column = grid.columns[at].take(open_rows & (np.arange(len(open_rows)) != row))
        values = [value for cell in column.distinct if (value := _number(cell)) is not None]
        if not values or max(values) > highest:
            return False
    return True


def _number(cell: Cell) -> float | None:
    text = as_text(cell).replace(",", ".")
    return float(text) if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text) else None


@cache
def _vocabulary() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Words that say it is a summary, that may be a name as well, and that may stand beside them."""
    return tuple(frozenset(map(_folded, file_words(kind))) for kind in ("totals", "totals_or_names", "totals_beside"))


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in text if not unicodedata.combining(mark))


def _opening_with(column: Column) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) bool thrice: the rows whose cell opens with a sure word, has one among known words, or is one that may be
    a name."""
    starts = {word[:2] for words in _vocabulary() for word in words}
    starts |= {f"{start}{mark}" for start in starts if len(start) == 1 for mark in " :=."}
    texts = column.distinct if set(map(type, column.distinct)) <= {str} else tuple(map(as_text, column.distinct))
    beginnings = {two for two in {text[:2] for text in texts} if _folded(two) in starts or two[:1] == "%"}
    kinds = {code: _kind(text) for code, text in enumerate(texts) if text[:2] in beginnings} if beginnings else {}
    found = []
    for kind in ("sure", "likely", "unsure"):
        rows = np.zeros(len(texts), dtype=bool)
        rows[[code for code, is_kind in kinds.items() if is_kind == kind]] = True
        found.append(rows[column.codes])
    return tuple(found)


def _kind(text: str) -> str | None:
    sure, unsure, beside = _vocabulary()
    folded = _folded(text)
    first = folded.split(maxsplit=1)[0].rstrip(":") if folded else ""
    if first in sure or first.rstrip(".") in sure:
        return "sure"
    words = {word for word in _TOKEN.findall(folded) if word in unsure or not any(map(str.isdecimal, word))}
    if words <= sure | unsure | beside:
        if words & sure:
            return "likely"
        if words & unsure or first in unsure:
            return "unsure"
    return "unsure" if text[:1] == "%" else None


def _word(cell: Cell) -> str:
    """The first word that says it is a summary, as it stands; never another one, which may be a name."""
    text = as_text(cell)
    if text[0] == "%":
        return "%"
    known = _vocabulary()[0] | _vocabulary()[1]
    words = [word.rstrip(":") for word in text.split()]
    said = (word for word in words if _folded(word) in known or _folded(word).rstrip(".") in known)
    return next(said, words[0])

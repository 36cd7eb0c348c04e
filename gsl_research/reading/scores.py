"""One column of cells to scores: one number style per column, missing words counted, the rest refused by row.

A *mark* is the comma or point inside a number; *decimal* and *thousands* are what it may mean.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..problems import Problem
from .table import Cell, DateCell, as_text
from .words import file_words

WHOLE_COLUMN = 10
"""From this many cells on, a column that mostly holds no numbers is one problem instead of many (policy)."""
SHOWN_LENGTH = 12
"""A longer cell is never quoted: it may be a name or a number of the register (policy)."""

_NUMBER = re.compile(r"[+-]?(?P<whole>\d*)(?:(?P<mark>[.,])(?P<part>\d+))?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}|\d{1,2}[-/ .][^\W\d]{3,4}\.?|\d{4}-\d\d-\d\dT[\d:.]+")


@dataclass(frozen=True)
class ScoreColumn:
    """``values`` is (n,) float64 with nan where a score is missing or refused.

    ``missing`` counts the missing words as they stand, "" being a blank cell. ``problems`` have a row but no
    file or column.
    """

    values: np.ndarray
    missing: dict[str, int]
    problems: tuple[Problem, ...]


@dataclass
class _Distinct:
    """The distinct cells of a column by code: a value or nan for each, and why it is nan."""

    values: np.ndarray
    missing: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    marked: dict[str, list[int]] = field(default_factory=dict)


def parse_scores(
    cells: Sequence[Cell],
    *,
    row_numbers: Sequence[int],
    missing: Sequence[str] = (),
    low: float | None = None,
    high: float | None = None,
) -> ScoreColumn:
    """Scores from cells of one column, each distinct cell read once.

    Parameters
    ----------
    cells, row_numbers : (n,)
    missing : words declared in the study file, beside those every school uses ("afw", "-", blank)
    low, high : the test's scale; both or neither

    Returns
    -------
    ScoreColumn
        Its problems are ``not_a_number``, ``text_as_score``, ``date_as_score``, ``column_without_scores``,
        ``mixed_decimals``, ``ambiguous_number`` and ``outside_scale``, in the order of the rows.

    Not for
    -------
    Pupil, class or group codes: those are text (``as_text``).
    """
    if (low is None) != (high is None):
        raise ValueError(f"low and high must both be given or both be None; got {low!r} and {high!r}")
    if len(cells) != len(row_numbers):
        raise ValueError(f"cells and row_numbers must both be (n,); got {len(cells)} and {len(row_numbers)}")
    codes: dict[Cell, int] = {}
    index = np.fromiter((codes.setdefault(cell, len(codes)) for cell in cells), dtype=np.intp, count=len(cells))
    distinct = list(codes)
    first = np.full(len(distinct), -1, dtype=np.intp)
    first[index[::-1]] = np.arange(len(cells))[::-1]
    first_rows = [row_numbers[at] for at in first]

    read = _read_distinct(distinct, _missing_words(missing))
    problems = _read_marked(read, distinct, first_rows, low, high)
    problems += _refusals(read, distinct, index, row_numbers)
    if low is not None and high is not None:
        problems += _outside(read, distinct, index, row_numbers, low, high)

    counts = np.bincount(index, minlength=len(distinct))
    absent: dict[str, int] = {}
    for code, word in read.missing.items():
        absent[word] = absent.get(word, 0) + int(counts[code])
    return ScoreColumn(
        values=read.values[index] if distinct else np.empty(0),
        missing=absent,
        problems=tuple(sorted(problems, key=lambda problem: problem.row or 0)),
    )


def _missing_words(declared: Sequence[str]) -> frozenset[str]:
    return file_words("missing") | {word.strip().casefold() for word in declared}


def _read_distinct(distinct: Sequence[Cell], missing: frozenset[str]) -> _Distinct:
    read = _Distinct(np.full(len(distinct), math.nan))
    for code, cell in enumerate(distinct):
        text = as_text(cell)
        number = _NUMBER.fullmatch(text)
        if text.casefold() in missing:
            read.missing[code] = text
        elif isinstance(cell, float):
            read.values[code] = cell
        elif isinstance(cell, DateCell) or _DATE.fullmatch(text):
            read.refused[code] = "date_as_score"
        elif not (number and (number["whole"] or number["part"])) or math.isinf(_as_decimal(text)):
            read.refused[code] = "not_a_number" if _may_be_shown(text) else "text_as_score"
        elif number["mark"]:
            read.marked.setdefault(number["mark"], []).append(code)
        else:
            read.values[code] = float(text)
    return read


def _as_decimal(text: str) -> float:
    return float(text.replace(",", "."))


def _as_thousands(text: str) -> float:
    return float(text.replace(",", "").replace(".", ""))


def _may_be_shown(text: str) -> bool:
    """A cell that opens like a number cannot be a name."""
    opens_like_number = text[0] in "0123456789+-.,#"
    return len(text) <= SHOWN_LENGTH and (opens_like_number or text.casefold() in file_words("not_names"))


def _read_marked(
    read: _Distinct, distinct: Sequence[Cell], first_rows: Sequence[int], low: float | None, high: float | None
) -> list[Problem]:
    """Fill in the numbers with a comma or point, or say why the column cannot be read."""
    if len(read.marked) > 1:
        facts = {}
        for name, mark in (("point", "."), ("comma", ",")):
            codes = sorted(read.marked[mark], key=lambda code: first_rows[code])
            facts[f"{name}_rows"] = [first_rows[code] for code in codes[:2]]
            facts[f"{name}_value"] = distinct[codes[0]]
        row = max(facts["point_rows"][0], facts["comma_rows"][0])
        return [Problem(code="mixed_decimals", row=row, facts=facts)]

    codes = next(iter(read.marked.values()), [])
    texts = [str(distinct[code]) for code in codes]
    meaning = _meaning_of_mark(texts, low, high)
    if meaning == "unknown":
        code = min(codes, key=lambda code: first_rows[code])
        text = str(distinct[code])
        facts = {"decimal": _as_decimal(text), "thousands": _as_thousands(text), "count": len(codes)}
        return [Problem(code="ambiguous_number", row=first_rows[code], value=text, facts=facts)]
    for code, text in zip(codes, texts, strict=True):
        read.values[code] = _as_decimal(text) if meaning == "decimal" else _as_thousands(text)
    return []


def _meaning_of_mark(
    texts: Sequence[str], low: float | None, high: float | None
) -> Literal["decimal", "thousands", "unknown"]:
    """What the mark means in a column: as its numbers show, else as the scale leaves one reading."""
    if not all(_THOUSANDS.fullmatch(text) for text in texts):
        return "decimal"
    if low is None or high is None:
        return "unknown" if texts else "decimal"
    decimal_fits = [low <= _as_decimal(text) <= high for text in texts]
    thousands_fits = [low <= _as_thousands(text) <= high for text in texts]
    only_decimal = any(d and not t for d, t in zip(decimal_fits, thousands_fits, strict=True))
    only_thousands = any(t and not d for d, t in zip(decimal_fits, thousands_fits, strict=True))
    if only_decimal == only_thousands:
        return "unknown" if any(decimal_fits) else "decimal"
    return "decimal" if only_decimal else "thousands"


def _refusals(
    read: _Distinct, distinct: Sequence[Cell], index: np.ndarray, row_numbers: Sequence[int]
) -> list[Problem]:
    refused = np.zeros(len(distinct), dtype=bool)
    refused[list(read.refused)] = True
    filled = np.ones(len(distinct), dtype=bool)
    filled[list(read.missing)] = False
    at = np.flatnonzero(refused[index])
    n_filled = int(filled[index].sum())
    if len(at) >= WHOLE_COLUMN and 2 * len(at) > n_filled:
        facts = {"count": len(at), "filled": n_filled}
        return [Problem(code="column_without_scores", row=row_numbers[at[0]], facts=facts)]
    problems = []
    for position in at:
        reason = read.refused[index[position]]
        value = None if reason == "text_as_score" else as_text(distinct[index[position]])
        problems.append(Problem(code=reason, row=row_numbers[position], value=value))
    return problems


def _outside(
    read: _Distinct,
    distinct: Sequence[Cell],
    index: np.ndarray,
    row_numbers: Sequence[int],
    low: float,
    high: float,
) -> list[Problem]:
    outside = (read.values < low) | (read.values > high)
    facts = {"low": float(low), "high": float(high)}
    problems = [
        Problem(code="outside_scale", row=row_numbers[at], value=as_text(distinct[index[at]]), facts=facts)
        for at in np.flatnonzero(outside[index])
    ]
    read.values[outside] = math.nan
    return problems

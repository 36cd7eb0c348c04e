"""One column of cells to scores: one number style per column, missing words counted, the rest refused by row.

Every distinct cell is read once. Where a number could be wrong, the column stops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..problems import Problem
from .grid import Cell, Column, LabelledNumber
from .lookalikes import is_level, is_number_with_text
from .numbers import MARKS, Meaning, as_decimal, as_thousands, meaning_by_scale
from .out_of import Scale, agreed_scale, says_percent
from .score_cells import ScoreCells, sorted_cells, take_out_declared

WHOLE_COLUMN = 10
"""From this many cells on, a column that is mostly wrong is one problem instead of many (policy)."""
TOO_LONG = 1e8
"""A number of nine figures or more is that of a person or an account, and is never quoted (policy)."""
MISSING_CODES = (77.0, 88.0, 99.0, 777.0, 888.0, 999.0, 7777.0, 8888.0, 9999.0)
"""Numbers that files use for "no score" (policy)."""
MOST_FAR = 2
ENOUGH_SCORES = 8
"""At most so many different scores are pointed out as far above the rest, of at least so many in all (policy)."""
FAR_ABOVE = 3
"""Such a number is suspected from this many times the highest other score on (policy)."""
ABOVE = 1.5
SOME_SCORES = 4
"""Above so many times the highest other of at least so many scores it is pointed out (policy)."""
LEVELS_NAMED = 5
NEVER_QUOTED = {"text_as_score", "number_with_text", "number_too_long"}


@dataclass(frozen=True)
class ScoreColumn:
    """``values`` is (n,) float64 with nan where a score is missing or refused.

    ``missing`` counts the missing words as they stand, "" being a blank cell. ``problems`` have a row, or none where
    they are about the whole column, but no file or column. ``high`` is the highest possible score: that of the study,
    else what the heading or the cells tell; None when nothing tells. ``percent`` says whether the scores, or the
    heading, have a "%"; None where that makes no difference: there are none, they are refused, or the heading or the
    cells tell that they are out of 100.
    """

    values: np.ndarray
    missing: dict[str, int]
    problems: tuple[Problem, ...]
    high: float | None = None
    percent: bool | None = None


def parse_scores(
    cells: Column | Sequence[Cell],
    *,
    row_numbers: Sequence[int],
    missing: Sequence[str] = (),
    low: float | None = None,
    high: float | None = None,
    maximum: float | None = None,
    heading: str = "",
) -> ScoreColumn:
    """Scores from cells of one column.

    A number has a decimal comma or point, and may have a point, space or apostrophe between thousands: "1.250,5".
    "7½" is 7.5.
    "12/20" and "12 op 20" are 12 when every maximum is the same and agrees with the scale or the heading; "60 %" is 60
    when every score has the sign and the scale is 0 to 100; "12 punten" is 12. Values are exactly those of the text.

    Parameters
    ----------
    cells, row_numbers : (n,)
    missing : words or numbers declared in the study file, beside the words every school uses ("afw", "-", blank);
        a number with a label is meant by either
    low, high : the test's scale in the study file; both or neither
    maximum : what the heading says ("natoets (/20)"), None when it says nothing
    heading : asked only whether it says that the scores are percentages ("natoets (%)")

    Returns
    -------
    ScoreColumn
        Its problems, in the order of the rows. By row: ``not_a_number``, ``text_as_score``, ``number_with_text``,
        ``date_as_score``, ``number_too_long``, ``outside_scale``, ``negative_score``. For the column:
        ``column_without_scores``, ``column_with_text``, ``column_of_dates``, ``column_outside_scale``,
        ``zones_as_score``, ``mixed_decimals``, ``mixed_thousands``, ``ambiguous_number``, ``maximum_differs``,
        ``cells_maximum_differs``, ``several_maxima``, ``maximum_on_some``, ``fraction_or_date``, ``percent_on_some``,
        ``percent_scale``, ``shares_as_scores``, ``missing_code_suspected`` and the warnings ``missing_code_possible``
        and ``far_score``.

    Not for
    -------
    Pupil, class or group codes: those are text (``as_text``).
    """
    if (low is None) != (high is None):
        raise ValueError(f"low and high must both be given or both be None; got {low!r} and {high!r}")
    if len(cells) != len(row_numbers):
        raise ValueError(f"cells and row_numbers must both be (n,); got {len(cells)} and {len(row_numbers)}")
    study = None if low is None or high is None else (float(low), float(high))
    read = sorted_cells(Column.of(cells), row_numbers, missing)
    scale, conflicts = agreed_scale(read, study, maximum)
    problems = _read_numbers(read, scale) if not conflicts else conflicts
    take_out_declared(read, missing)
    _refuse_long(read)
    problems += _refusals(read)
    if not conflicts:
        problems += _outside(read, scale) + (_shares(read, scale) if scale else _suspected(read))
    else:
        read.values[:] = math.nan

    absent: dict[str, int] = {}
    for code, word in read.missing.items():
        absent[word] = absent.get(word, 0) + int(read.counts[code])
    return ScoreColumn(
        values=read.values[read.column.codes],
        missing=absent,
        problems=tuple(sorted(problems, key=lambda problem: problem.row or 0)),
        high=scale[1] if scale else None,
        percent=None if conflicts else _in_percent(read, maximum, heading),
    )


def _in_percent(read: ScoreCells, maximum: float | None, heading: str) -> bool | None:
    if read.percent or (says_percent(heading) and len(read.scored)):
        return True
    return None if not len(read.scored) or 100 in (maximum, *read.maxima.values()) else False


def _read_numbers(read: ScoreCells, scale: Scale | None) -> list[Problem]:
    """Fill in the values, or say why the marks of the column read two ways."""
    numbers = read.numbers
    decimal = {name: numbers.decimal_by(name) for name in MARKS}
    either = {name: numbers.keys([f"either_{name}"]) for name in MARKS}
    grouped = {name: numbers.grouped_by(mark) for name, mark in MARKS.items()}
    problems: list[Problem] = []
    for name in MARKS:
        if decimal[name] and grouped[name] and not problems:
            problems.append(_mixed_thousands(read, grouped[name], decimal[name]))
    surely_thousands = {name for name in MARKS if grouped[name]}
    pointed, with_comma = (
        decimal[name] + ([] if name in surely_thousands else either[name]) for name in ("point", "comma")
    )
    if pointed and with_comma and not problems:
        problems.append(_mixed_decimals(read, pointed, with_comma))
    if problems:
        return problems

    meanings: dict[str, Meaning] = {}
    for name in MARKS:
        if not either[name]:
            continue
        texts = numbers.of_shape[f"either_{name}"]
        if decimal[name]:
            meanings[name] = "decimal"
        elif grouped[name]:
            meanings[name] = "thousands"
        elif meaning := meaning_by_scale(texts.values(), scale):
            meanings[name] = meaning
        else:
            at = read.positions(texts)
            text = texts[int(read.column.codes[at[0]])]
            facts = {"decimal": as_decimal(text), "thousands": as_thousands(text), "count": len(at)}
            row = read.row_numbers[at[0]]
            problems.append(Problem(code="ambiguous_number", row=row, value=read.shown(at[0]), facts=facts))
    codes, values = numbers.values(meanings)
    read.values[codes] = values
    return problems


def _mixed_decimals(read: ScoreCells, pointed: list[int], with_comma: list[int]) -> Problem:
    facts = {}
    for name, codes in (("point", pointed), ("comma", with_comma)):
        facts[f"{name}_rows"], facts[f"{name}_value"] = read.example(codes)
    return Problem(code="mixed_decimals", row=read.first_of_fewer(pointed, with_comma), facts=facts)


def _mixed_thousands(read: ScoreCells, grouped: list[int], decimal: list[int]) -> Problem:
    facts = {}
    for name, codes in (("thousands", grouped), ("decimal", decimal)):
        facts[f"{name}_rows"], facts[f"{name}_value"] = read.example(codes)
    return Problem(code="mixed_thousands", row=read.first_of_fewer(grouped, decimal), facts=facts)


def _refuse_long(read: ScoreCells) -> None:
    codes = np.flatnonzero(np.abs(read.values) >= TOO_LONG).tolist()
    read.values[codes] = math.nan
    for code in codes:
        read.refused[code] = "number_too_long"


def _refusals(read: ScoreCells) -> list[Problem]:
    levels = _levels(read)
    if 2 * read.count(levels) > read.filled:
        read.values[levels] = math.nan
        names = sorted(
            {str(getattr(read.column.distinct[code], "label", read.column.distinct[code])) for code in levels}
        )
        facts = {"levels": names[:LEVELS_NAMED], "count": read.count(levels), "filled": read.filled}
        return [Problem(code="zones_as_score", row=read.example(levels)[0][0], facts=facts)]
    with_text = [
        code
        for code, reason in read.refused.items()
        if reason in ("number_with_text", "not_a_number") and is_number_with_text(read.column.distinct[code])
    ]
    if read.count(with_text) >= WHOLE_COLUMN and 2 * read.count(with_text) > read.filled:
        facts = {"count": read.count(with_text), "filled": read.filled}
        at = read.positions(read.refused.keys() - set(with_text))
        whole = Problem(code="column_with_text", row=read.example(with_text)[0][0], facts=facts)
        return [whole, *_refused_rows(read, at)]
    at = read.positions(read.refused)
    if len(at) >= WHOLE_COLUMN and 2 * len(at) > read.filled:
        code = "column_of_dates" if set(read.refused.values()) == {"date_as_score"} else "column_without_scores"
        facts = {"count": len(at), "filled": read.filled}
        return [Problem(code=code, row=read.row_numbers[at[0]], facts=facts)]
    return _refused_rows(read, at)


def _refused_rows(read: ScoreCells, positions: np.ndarray) -> list[Problem]:
    problems = []
    for position in positions.tolist():
        reason = read.refused[int(read.column.codes[position])]
        value = None if reason in NEVER_QUOTED else read.shown(position)
        problems.append(Problem(code=reason, row=read.row_numbers[position], value=value))
    return problems


def _levels(read: ScoreCells) -> list[int]:
    distinct = read.column.distinct
    labelled = (code for code, cell in enumerate(distinct) if isinstance(cell, LabelledNumber))
    return sorted(
        {code for code in (*read.refused, *labelled) if code not in read.missing and is_level(distinct[code])}
    )


def _outside(read: ScoreCells, scale: Scale | None) -> list[Problem]:
    """Scores outside the scale; without a scale those below zero."""
    low, high = scale or (0.0, math.inf)
    codes = np.flatnonzero((read.values < low) | (read.values > high)).tolist()
    if not codes:
        return []
    at = read.positions(codes).tolist()
    scored = read.count(np.flatnonzero(~np.isnan(read.values)))
    values = read.values[read.column.codes[at]]
    read.values[codes] = math.nan
    if scale and len(at) >= WHOLE_COLUMN and 2 * len(at) > scored:
        facts = {"count": len(at), "scored": scored, "low": low, "high": high}
        return [Problem(code="column_outside_scale", row=read.row_numbers[at[0]], facts=facts)]
    problems = []
    for position, value in zip(at, values, strict=True):
        code = "negative_score" if value < 0 <= low else "outside_scale"
        facts = {"low": low, "high": high} if scale else {}
        problems.append(Problem(code=code, row=read.row_numbers[position], value=read.shown(position), facts=facts))
    return problems


def _shares(read: ScoreCells, scale: Scale) -> list[Problem]:
    """0.6 for 60 %: what is left of a percentage in a file that does not tell how it was shown."""
    values = read.values[~np.isnan(read.values)]
    if scale != (0.0, 100.0) or read.percent or not len(values) or values.max() > 1 or not (values % 1).any():
        return []
    read.values[:] = math.nan
    return [Problem(code="shares_as_scores")]


def _suspected(read: ScoreCells) -> list[Problem]:
    """Numbers far above every other score of a test without a scale: a code for "no score", or a lost comma."""
    is_code = np.isin(read.values, MISSING_CODES)
    others = read.values[~is_code & ~np.isnan(read.values)]
    problems = _codes_above(read, np.unique(read.values[is_code]), others) if len(others) else []
    ranked = np.sort(others)[::-1]
    for few in range(1, MOST_FAR + 1):
        if len(ranked) >= ENOUGH_SCORES and ranked[few - 1] >= FAR_ABOVE * ranked[few] > 0:
            facts = {"highest": float(ranked[few])}
            for at in read.positions(np.flatnonzero(read.values >= ranked[few - 1])):
                row, value = read.row_numbers[at], read.shown(at)
                problems.append(Problem(code="far_score", severity="warning", row=row, value=value, facts=facts))
            break
    return problems


def _codes_above(read: ScoreCells, codes: np.ndarray, others: np.ndarray) -> list[Problem]:
    """Codes for "no score" far above the other scores are refused, and pointed out where they may be a score."""
    highest = others.max()
    several = read.count(np.flatnonzero(np.isin(read.values, others))) >= SOME_SCORES
    problems = []
    for value in codes:
        same = read.values == value
        at = read.positions(np.flatnonzero(same))
        place = {"row": read.row_numbers[at[0]], "value": read.shown(at[0])}
        if value >= FAR_ABOVE * others.max():
            facts = {"count": len(at), "highest": float(others.max())}
            problems.append(Problem(code="missing_code_suspected", facts=facts, **place))
            read.values[same] = math.nan
        elif several and value >= ABOVE * highest:
            facts = {"count": len(at), "highest": float(highest)}
            problems.append(Problem(code="missing_code_possible", severity="warning", facts=facts, **place))
        else:
            highest = max(highest, value)
    return problems

"""What the scores of a column are out of: the study, the heading and the cells have to agree."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from ..problems import Problem
from .score_cells import ScoreCells

Scale = tuple[float, float]

LAST_MONTH = 12
_PERCENT = re.compile(r"^%|(?:^|[^\d\s])\s*[(\[]?(?:%|\b(?:procent|percent)(?:en|age|ages)?)[)\]]?$", re.IGNORECASE)
MAXIMA_NAMED = 5
"""Different maxima named in one message (policy)."""


def agreed_scale(read: ScoreCells, study: Scale | None, maximum: float | None) -> tuple[Scale | None, list[Problem]]:
    """The scale that study, heading and cells agree on, None when none of them tells; or why they do not agree."""
    if study and maximum is not None and study[1] != maximum:
        facts = {"maximum": float(maximum), "low": study[0], "high": study[1]}
        return None, [Problem(code="maximum_differs", facts=facts)]
    told = study or (None if maximum is None else (0.0, float(maximum)))
    if read.percent:
        problems = _percent(read, told)
        told = (0.0, 100.0)
    else:
        problems = _maxima(read, told)
        if read.maxima and not problems:
            told = told or (0.0, next(iter(read.maxima.values())))
    return (None, problems) if problems else (told, [])


def says_percent(heading: str) -> bool:
    """Whether the scores under a heading are percentages: "natoets (%)", "% na"; a weight as "natoets 40 %" is not."""
    return _PERCENT.search(heading) is not None


def _percent(read: ScoreCells, told: Scale | None) -> list[Problem]:
    rows, value = read.example(read.percent)
    others = _without(read, read.percent)
    if others:
        other_rows, other = read.example(others)
        facts = {"percent_rows": rows, "percent_value": value, "other_rows": other_rows, "other_value": other}
        return [Problem(code="percent_on_some", row=read.first_of_fewer(read.percent, others), facts=facts)]
    if told and told != (0.0, 100.0):
        facts = {"low": told[0], "high": told[1]}
        return [Problem(code="percent_scale", row=rows[0], value=value, facts=facts)]
    return []


def _maxima(read: ScoreCells, told: Scale | None) -> list[Problem]:
    if not read.maxima:
        return []
    rows, value = read.example(read.maxima)
    maxima = sorted(set(read.maxima.values()))
    if len(maxima) > 1:
        firsts = [read.example(code for code, found in read.maxima.items() if found == most)[0][0] for most in maxima]
        facts = {"maxima": maxima[:MAXIMA_NAMED], "rows": firsts[:MAXIMA_NAMED], "count": len(maxima)}
        return [Problem(code="several_maxima", row=min(firsts), facts=facts)]
    (maximum,) = maxima
    if told:
        if told[1] == maximum:
            return []
        facts = {"maximum": maximum, "low": told[0], "high": told[1]}
        return [Problem(code="cells_maximum_differs", row=rows[0], value=value, facts=facts)]
    others = _without(read, read.maxima)
    if others:
        other_rows, other = read.example(others)
        facts = {"maximum": maximum, "rows": rows, "other_rows": other_rows, "other_value": other}
        facts["in_toml"] = f"{maximum:g}"
        row = read.first_of_fewer(read.maxima, others)
        return [Problem(code="maximum_on_some", row=row, value=value, facts=facts)]
    if maximum <= LAST_MONTH and maximum.is_integer() and all(map(_may_be_day, _numbers(read, read.maxima))):
        facts = {"maximum": maximum, "in_toml": f"{maximum:g}"}
        return [Problem(code="fraction_or_date", row=rows[0], value=value, facts=facts)]
    return []


def _without(read: ScoreCells, some: Iterable[int]) -> list[int]:
    """The other numbers of the column."""
    return np.setdiff1d(read.scored, list(some)).tolist()


def _numbers(read: ScoreCells, codes: Iterable[int]) -> list[str]:
    wanted = set(codes)
    return [text for texts in read.numbers.of_shape.values() for code, text in texts.items() if code in wanted]


def _may_be_day(number: str) -> bool:
    """3/10 may be 3 October; 0/10 and 7,5/10 may not."""
    return number.isdecimal() and 1 <= int(number) <= 31

"""Columns whose cells hold a level instead of points: the level of each row, and the goals of one outcome together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from . import identity
from .grading import fold_level
from .problems import Problem
from .reading import Table, as_text
from .reading.grid import LabelledNumber
from .reading.lookalikes import is_level, may_be_shown
from .reading.words import missing_words
from .study import Outcome

NEAR = 0.6
"""How alike a cell and a level must be for the level to be proposed (policy)."""


def level_column(table: Table, header: str, outcome: Outcome) -> tuple[np.ndarray, dict[str, int], list[Problem]]:
    """(n,) float64: the place of each row's level, 0 for the worst, nan where a missing word stands; how often each of
    those stands, and the cells that are neither, each different one once with its rows."""
    values = np.full(len(table), np.nan)
    missing: dict[str, int] = {}
    problems: list[Problem] = []
    unread = len(table)
    for piece in table.segments(header):
        part = piece.table
        column = part.columns[header]
        declared = {fold_level(word) for word in (*outcome.missing, *part.missing.get(header, ()))}
        places = np.full(len(column.distinct), np.nan)
        for code, cell in enumerate(column.distinct):
            text = as_text(cell)
            here = np.flatnonzero(column.codes == code)
            place = outcome.place(text)
            if place is None and isinstance(cell, LabelledNumber):
                place = outcome.place(as_text(float(cell)))
            if fold_level(text) in declared or place is None and missing_words(text) is not None:
                missing[text.strip()] = missing.get(text.strip(), 0) + len(here)
            elif place is None:
                rows = [part.row_numbers[at] for at in here]
                problems.append(_unknown(text, header, outcome, part, rows))
            else:
                places[code] = place
        values[piece.positions] = places[column.codes]
        unread -= len(part)
    if unread > 0:
        missing[""] = missing.get("", 0) + unread
    return values, missing, problems


def _unknown(text: str, header: str, outcome: Outcome, part: Table, rows: Sequence[int]) -> Problem:
    folded = {fold_level(level): level for level in outcome.cell_levels}
    near = get_close_matches(fold_level(text), list(folded), n=1, cutoff=NEAR)
    facts = {"levels": list(outcome.cell_levels), "rows": identity.shown_rows(rows), "count": len(rows)}
    value = text if is_level(text) or may_be_shown(text) else None
    place = {"file": part.file, "sheet": part.sheet, "column": header, "row": rows[0], "value": value}
    if near:
        return Problem(code="level_unknown_near", facts=facts | {"suggestion": folded[near[0]]}, **place)
    return Problem(code="level_unknown", facts=facts, **place)


def read_goals(
    table: Table, headers: Mapping[str, str], outcome: Outcome
) -> tuple[dict[str, np.ndarray], dict[str, Mapping[str, int]], list[Problem]]:
    """Of both occasions: under "<outcome>.post" the goals each pupil reached (n,), nan where one is not judged; under
    "<outcome>.post.1" and on 1 where that goal is reached, 0 where it is not, nan where it is not judged."""
    scores: dict[str, np.ndarray] = {}
    missing: dict[str, Mapping[str, int]] = {}
    problems: list[Problem] = []
    for occasion, items in (("pre", outcome.pre_items), ("post", outcome.items)):
        reached = []
        for number, header in enumerate(items or (), start=1):
            places, missing[header], found = level_column(table, headers[header], outcome)
            reached.append(np.where(np.isnan(places), np.nan, places >= outcome.reached_from))
            scores[f"{outcome.name}.{occasion}.{number}"] = reached[-1]
            problems += found
        if reached:
            judged = np.array(reached)
            scores[f"{outcome.name}.{occasion}"] = judged.sum(axis=0)
            partly = np.flatnonzero(np.isnan(judged).any(axis=0) & ~np.isnan(judged).all(axis=0))
            if len(partly):
                place = table.place(int(partly[0]))
                rows = [table.place(int(at))["row"] for at in partly]
                facts = {"outcome": outcome.label, "rows": identity.shown_rows(rows), "count": len(rows)}
                problems.append(Problem(code="goal_not_judged", severity="warning", facts=facts, **place))
    return scores, missing, problems


def read_levels(
    table: Table, headers: Mapping[str, str], outcome: Outcome
) -> tuple[dict[str, np.ndarray], dict[str, Mapping[str, int]], list[Problem]]:
    """ "<outcome>.pre" and "<outcome>.post" (n,): the place of each pupil's level."""
    scores, missing, problems = {}, {}, []
    for occasion, header in (("pre", outcome.pre_header), ("post", outcome.post_header)):
        if header is not None:
            values, missing[header], found = level_column(table, headers[header], outcome)
            scores[f"{outcome.name}.{occasion}"] = values
            problems += found
    return scores, missing, problems


def numbered(outcome: Outcome, occasion: str) -> list[str]:
    """The names of the columns of the data set that hold one goal each."""
    items = outcome.pre_items if occasion == "pre" else outcome.items
    return [f"{outcome.name}.{occasion}.{number}" for number in range(1, len(items or ()) + 1)]

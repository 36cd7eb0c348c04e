"""The scores of every outcome: a column per occasion, read per sheet it came from, and all out of the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from . import identity
from .level_cells import read_goals, read_levels
from .problems import Problem, Term, errors
from .reading import Piece, ScoreColumn, Table, parse_scores
from .study import Outcome, Study


def score_columns(outcome: Outcome) -> Iterator[tuple[str, str, tuple[float, float] | None]]:
    """(occasion, heading, scale) of every column an outcome has, in order of time: one for each occasion, or for each
    goal."""
    scales = {"pre": outcome.scale_pre, "post": outcome.scale_post}
    for occasion, header in outcome.headings:
        yield occasion, header, None if outcome.items else scales.get(occasion, outcome.scale_post)


def read_scores(
    study: Study, table: Table, headers: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], dict[str, Mapping[str, int]], list[Problem]]:
    """Scores by "<outcome>.<occasion>", missing words by heading of the study file, and what is wrong with them."""
    scores: dict[str, np.ndarray] = {}
    missing: dict[str, Mapping[str, int]] = {}
    problems: list[Problem] = []
    for outcome in study.outcomes:
        if outcome.cell_levels:
            of_levels, words, found = (read_goals if outcome.items else read_levels)(table, headers, outcome)
            scores |= of_levels
            missing |= words
            problems += found
            continue
        parts: dict[str, list[ScoreColumn]] = {}
        for occasion, header, scale in score_columns(outcome):
            values, missing[header], parts[occasion], found = _score_column(table, headers[header], outcome, scale)
            scores[f"{outcome.name}.{occasion}"] = values
            problems += found
        if outcome.gain_defined and not errors(problems):
            problems += _between_occasions(outcome, headers, parts)
    return scores, missing, problems


def _score_column(
    table: Table, header: str, outcome: Outcome, scale: tuple[float, float] | None
) -> tuple[np.ndarray, dict[str, int], list[ScoreColumn], list[Problem]]:
    """A column's scores, missing words, what was read of each sheet it came from, and problems."""
    values = np.full(len(table), np.nan)
    missing: dict[str, int] = {}
    problems: list[Problem] = []
    parts: list[ScoreColumn] = []
    pieces = table.segments(header)
    unread = len(table)
    for piece in pieces:
        part = piece.table
        place = {"file": part.file, "sheet": part.sheet}
        parsed = parse_scores(
            part.columns[header],
            row_numbers=part.row_numbers,
            missing=(*outcome.missing, *part.missing.get(header, ())),
            low=scale[0] if scale else None,
            high=scale[1] if scale else None,
            maximum=part.maxima.get(header),
            heading=header,
        )
        problems += [replace(problem, column=header, **place) for problem in parsed.problems]
        values[piece.positions] = parsed.values
        for word, count in parsed.missing.items():
            missing[word] = missing.get(word, 0) + count
        unread -= len(part)
        merged = [at for at in sorted(part.merged.get(header, ())) if not np.isnan(parsed.values[at])]
        if merged:
            rows = [part.row_numbers[at] for at in merged]
            facts = {"rows": identity.shown_rows(rows), "count": len(rows)}
            problems.append(Problem(code="merged_score", column=header, row=rows[0], facts=facts, **place))
        parts.append(parsed)
    if unread > 0:
        missing[""] = missing.get("", 0) + unread
    return values, missing, parts, [*problems, *_between_pieces(header, outcome, pieces, parts)]


def read_dose(table: Table, header: str, treated: np.ndarray | None) -> tuple[np.ndarray, list[Problem]]:
    """How much of the approach every row got, nan where nobody knows, and what is wrong.

    A blank cell is not zero: of an arm without any number nobody knows what it got.
    """
    values = np.full(len(table), np.nan)
    problems: list[Problem] = []
    for piece in table.segments(header):
        part = piece.table
        read = parse_scores(part.columns[header], row_numbers=part.row_numbers, heading=header)
        place = {"column": header, "file": part.file, "sheet": part.sheet}
        problems += [
            Problem(code="dose_not_a_number", value=problem.value, row=problem.row, **place)
            for problem in errors(read.problems)
        ]
        values[piece.positions] = read.values
    if treated is not None and not problems:
        for name, arm in (("treated", treated), ("control", ~treated)):
            if np.isnan(values[arm]).all():
                facts = {"arm": Term(f"arm.{name}")}
                problems.append(Problem(code="dose_unknown_in_arm", column=header, facts=facts))
    return values, problems


def _between_pieces(
    header: str, outcome: Outcome, pieces: Sequence[Piece], parts: Sequence[ScoreColumn]
) -> list[Problem]:
    """Sheets or files in which the same test is not out of the same."""
    facts = {"outcome": outcome.label}
    places = [{"file": piece.table.file, "sheet": piece.table.sheet} for piece in pieces]
    signs = [part.percent for part in parts]
    if True in signs and False in signs:
        other = pieces[signs.index(False)].table
        facts["other"] = other.sheet or other.file
        return [Problem(code="percent_per_file", column=header, facts=facts, **places[signs.index(True)])]
    return [
        Problem(code="maximum_per_file", column=header, facts=facts, **place)
        for at, place in enumerate(places)
        if _tops_differ(parts[: at + 1])
    ]


def _between_occasions(
    outcome: Outcome, headers: Mapping[str, str], parts: Mapping[str, list[ScoreColumn]]
) -> list[Problem]:
    """A gain between scores that are not out of the same."""
    signs = {header: [part.percent for part in parts[occasion]] for occasion, header, _ in score_columns(outcome)}
    with_sign = [header for header, found in signs.items() if True in found]
    without = [header for header, found in signs.items() if False in found]
    if with_sign and without:
        facts = {"outcome": outcome.label, "percent": with_sign[0], "other": without[0]}
        return [Problem(code="percent_per_occasion", column=headers[outcome.post], facts=facts)]
    if _tops_differ([part for occasion in parts.values() for part in occasion]):
        facts = {"outcome": outcome.label, "pre": outcome.pre}
        return [Problem(code="maximum_per_occasion", column=headers[outcome.post], facts=facts)]
    return []


def _tops_differ(parts: Sequence[ScoreColumn]) -> bool:
    """Whether scores cannot be of one scale: other maxima are told, or one lies above the maximum told elsewhere."""
    told = [part.high for part in parts if part.high is not None]
    if not told:
        return False
    untold = [part.values for part in parts if part.high is None]
    return len(set(told)) > 1 or any((values > told[0]).any() for values in untold)

"""Who is who over the waves: the pupil of every row of a list with a row per pupil and wave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from . import identity, pupils
from .designs import Growth, Survey
from .problems import Problem, Term
from .reading import Column, Skipped, Table, as_text
from .study import Study
from .wave_names import are_years

MOVED_SHARE = 0.5
"""When more of the pupils than this share change class between waves, it is told as a new year (policy)."""
COUNTED = 0.8
"""Codes from 1 on of which at least this share is used in a class are places in a list (policy)."""
COUNTED_SHARE = 0.9
"""When more of the classes of every wave than this share have such codes, pupils are numbered per class (policy)."""
SHOWN = 5

Roles = Mapping[str, str]


def counted_once(study: Study, table: Table, wave: np.ndarray) -> tuple[np.ndarray, tuple[Skipped, ...], list[Problem]]:
    """(n,) bool, the rows to keep: one that repeats another of its wave in every column is skipped, with a warning."""
    roles = _roles(study, table)
    if "pupil" not in roles:
        return np.ones(len(table), dtype=bool), (), []
    header = roles["pupil"]
    units = [table.columns[roles[role]] for role in ("school", "class") if role in roles]
    scope = _joint(units) if units else np.zeros(len(table), dtype=np.intp)
    keep, found = pupils.doubles(table, header, scope * (wave.max() + 1) + wave, table.columns[header])
    again = np.flatnonzero(~keep)
    told = [problem for problem in found if problem.severity == "warning"]
    return keep, pupils.skipped_rows(table, header, again, "duplicate_rows"), told


def who(study: Study, table: Table, wave: np.ndarray, labels: Sequence[str]) -> tuple[np.ndarray, list[Problem]]:
    """(n,) the pupil of every row; a pupil stands once in a wave, and of those who are followed somebody stands in
    two."""
    roles = _roles(study, table)
    if "pupil" not in roles or not study.followed:
        return np.arange(len(table)), _twice_in_wave(table, wave, roles)
    for keys in (("school", "pupil"), ("school", "class", "pupil")):
        codes = _joint([table.columns[roles[role]] for role in keys if role in roles])
        codes = _apart(codes, table.columns[roles["pupil"]].blank)
        if len(np.unique(codes * (wave.max() + 1) + wave)) == len(codes):
            return codes, [
                *_not_followed(study, codes, wave, labels, roles),
                *_numbered_again(study, table, wave, labels),
            ]
    return codes, _twice_in_wave(table, wave, roles)


def changing(study: Study, table: Table, position: np.ndarray) -> Iterator[Problem]:
    """Roles that differ between the rows of one pupil: the group may not, a class may with a warning."""
    for role in ("group", "block", "class"):
        name = study.columns.mapped().get(role)
        header = name and table.header(name)
        if not header:
            continue
        column = table.columns[header]
        first = column.codes[np.unique(position, return_index=True)[1]]
        rows = np.flatnonzero((column.codes != first[position]) & ~column.blank)
        if not rows.size:
            continue
        here = identity.places(table, rows[: SHOWN + 2], header)
        facts = {
            "role": Term(f"role.{role}"),
            "rows": identity.shown_rows([one["row"] for one in here]),
            "count": len(np.unique(position[rows])),
        }
        if role == "class":
            new_year = len(np.unique(position[rows])) > MOVED_SHARE * (position.max() + 1)
            code = "class_new_year" if new_year else "class_between_waves"
            yield Problem(code=code, severity="warning", column=header, facts=facts, **({} if new_year else here[0]))
        else:
            yield Problem(code="differs_between_waves", column=header, facts=facts, **here[0])


def _roles(study: Study, table: Table) -> Roles:
    return {role: own for role, name in study.columns.mapped().items() if (own := table.header(name))}


def _not_followed(
    study: Study, position: np.ndarray, wave: np.ndarray, labels: Sequence[str], roles: Roles
) -> Iterator[Problem]:
    """Growth needs a pupil at any two waves; classes that start in turn somebody at the first and the last."""
    last = len(labels) - 1
    found = np.intersect1d(position[wave == 0], position[wave == last]).size
    if isinstance(study.design, Growth | Survey):
        found = np.bincount(position).max() > 1
    if last and not found:
        facts = {"first": labels[0], "last": labels[last]}
        yield Problem(code="pupils_not_followed", column=roles["pupil"], facts=facts)


def _numbered_again(study: Study, table: Table, wave: np.ndarray, labels: Sequence[str]) -> Iterator[Problem]:
    """Classes with the same names every school year whose pupils are numbered from 1: those of another year are other
    pupils, unless the study file says they are not."""
    roles, design = _roles(study, table), study.design
    told = isinstance(design, Survey) and design.same_pupils
    if told or not isinstance(design, Growth | Survey) or "class" not in roles or not are_years(labels):
        return
    units = table.columns[roles["class"]]
    texts = [as_text(cell) for cell in table.columns[roles["pupil"]].distinct]
    number = np.array([int(text) if text.isdecimal() else 0 for text in texts])[table.columns[roles["pupil"]].codes]
    cells, place, size = np.unique(units.codes * len(labels) + wave, return_inverse=True, return_counts=True)
    highest = np.zeros(len(cells), dtype=np.int64)
    np.maximum.at(highest, place, number)
    zeros = np.bincount(place, weights=number < 1, minlength=len(cells)) > 0
    unit = cells // len(labels)
    stays = np.bincount(unit)[unit] > 1
    if (stays & ~zeros & (size >= COUNTED * highest)).mean() > COUNTED_SHARE:
        severity = "warning" if isinstance(design, Growth) else "error"
        yield Problem(code="pupils_numbered_again", severity=severity, column=roles["pupil"])


def _apart(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The codes with each of these ``rows`` as somebody else: nobody knows who."""
    return np.unique(np.where(rows, len(codes) + np.arange(len(codes)), codes), return_inverse=True)[1]


def _twice_in_wave(table: Table, wave: np.ndarray, roles: Roles) -> list[Problem]:
    """Pupils with two rows in one wave, in one message."""
    if "pupil" not in roles:
        return []
    header = roles["pupil"]
    codes = _joint([table.columns[roles[role]] for role in ("school", "class", "pupil") if role in roles])
    codes = _apart(codes, table.columns[header].blank) * (wave.max() + 1) + wave
    order = np.argsort(codes, kind="stable")
    double = [one for one in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(one) > 1]
    if not double:
        return []
    double.sort(key=lambda rows: rows[0])
    here = identity.places(table, np.concatenate(double)[: SHOWN + 2], header)
    facts = {"rows": identity.shown_rows([one["row"] for one in here]), "count": len(double)}
    return [Problem(code="pupil_twice_in_wave", column=header, facts=facts, **here[1])]


def _joint(columns: Sequence[Column]) -> np.ndarray:
    """(n,) int: rows with the same cells in every column have the same number, in the order they first stand."""
    codes = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        codes = np.unique(codes * len(column.distinct) + column.codes, return_inverse=True)[1]
    first = np.unique(codes, return_index=True)[1]
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[codes]

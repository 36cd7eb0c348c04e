"""When every pupil had every wave: on their own day, on one day for all, as the waves are called, or in steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from . import identity
from .designs import Stepped
from .problems import Problem, errors
from .reading import Table, as_text
from .reading.words import missing_words
from .study import Study
from .wave_names import day_of, known_order, rising
from .wave_table import MARK, SHOWN, occasions, starts

DAYS_A_MONTH = 365.25 / 12
FAR = 120
"""A day this many days from the usual one of its wave is told (policy)."""
YEAR_OFF = 300
"""A day this many days from the usual one of its wave has another year than was meant (policy)."""


def moments(
    planned: Study,
    study: Study,
    table: Table,
    waves: Sequence[str],
    scores: Mapping[str, np.ndarray],
    unusable: Sequence[str] = (),
) -> tuple[dict[str, np.ndarray], str, list[Problem]]:
    """When every pupil had every wave, as columns "time.1" and on; and "start", where classes start in turn. Of
    ``unusable`` outcomes no wave is asked for."""
    when, timing, problems = times(planned, table, waves)
    columns: dict[str, np.ndarray] = {}
    if errors(problems):
        return columns, timing, problems
    taken = np.zeros(when.shape, dtype=bool)
    for outcome in study.outcomes:
        names = occasions(len(waves))
        seen = np.stack([~np.isnan(scores[f"{outcome.name}.{name}"]) for name in names], axis=1)
        taken |= seen
        if outcome.name in unusable:
            continue
        if nobody := [wave for wave, some in zip(waves, seen.any(axis=0), strict=True) if not some]:
            problems.append(Problem(code="wave_without_scores", facts={"outcome": outcome.label, "names": nobody}))
    if undated := int((taken & np.isnan(when)).sum()):
        problems.append(Problem(code="day_unknown", severity="warning", facts={"count": undated}))
    when = np.where(np.isnan(when), np.nanmedian(when, axis=0), when)
    columns |= {f"time.{number}": when[:, number - 1] for number in range(1, len(waves) + 1)}
    if isinstance(study.design, Stepped):
        columns["start"], found = starts(study, table, waves)
        problems += found
    return columns, timing, problems


def times(study: Study, table: Table, labels: Sequence[str]) -> tuple[np.ndarray, str, list[Problem]]:
    """(n, W) when every pupil had every wave, NaN where no day is given; how that is known ("dates", "numbers" or
    "steps"), and what is wrong.

    ``dates`` give months since the first wave; "numbers" are those of the labels; "steps" count waves, as if they were
    equally far apart. ``table`` is the one with a column per wave.
    """
    rows, count = len(table), len(labels)
    header = study.columns.date
    if header is not None:
        own = table.header(f"{header}{MARK}{labels[0]}").rpartition(MARK)[0]
        return _own_days(table, [f"{own}{MARK}{label}" for label in labels], labels)
    if study.design.dates is not None:
        days = np.array([day.toordinal() for day in study.design.dates], dtype=float)
        return np.tile((days - days[0]) / DAYS_A_MONTH, (rows, 1)), "dates", []
    steps = np.tile(np.arange(count, dtype=float), (rows, 1))
    known = known_order(labels)
    if known is None:
        return steps, "steps", []
    kind, values = known
    if kind == "months":
        doubted = [Problem(code="months_out_of_order", severity="warning", facts={"names": list(labels)})]
        return steps, "steps", [] if rising(values) else doubted
    if not rising(values):
        return steps, kind, [Problem(code="waves_out_of_order", facts={"names": list(labels)})]
    unit = DAYS_A_MONTH if kind == "dates" else 1.0
    return np.tile((np.array(values) - values[0]) / unit, (rows, 1)), kind, []


def _own_days(table: Table, headers: Sequence[str], labels: Sequence[str]) -> tuple[np.ndarray, str, list[Problem]]:
    problems: list[Problem] = []
    days = np.full((len(table), len(headers)), np.nan)
    for at, name in enumerate(headers):
        column = table.columns[name]
        read = [day_of(cell) for cell in column.distinct]
        days[:, at] = np.array([np.nan if day is None else day.toordinal() for day in read])[column.codes]
        wrong = np.array(
            [d is None and missing_words(as_text(c)) is None for c, d in zip(column.distinct, read, strict=True)]
        )
        if (rows := np.flatnonzero(wrong[column.codes])).size:
            shown, here = _shown(table, [(name, row) for row in rows.tolist()])
            facts = {"rows": shown, "count": len(rows)}
            problems.append(Problem(code="date_unreadable", column=name, facts=facts, **here))
    if problems:
        return days, "dates", problems
    if (unknown := np.isnan(days).all(axis=0)).any():
        names = [labels[at] for at in np.flatnonzero(unknown)]
        return days, "dates", [Problem(code="wave_without_dates", facts={"names": names})]
    usual = np.nanmedian(days, axis=0)
    if (np.diff(usual) <= 0).any():
        return days, "dates", [Problem(code="waves_out_of_order", facts={"names": list(labels)})]
    return (days - usual[0]) / DAYS_A_MONTH, "dates", _strange(table, headers, days, usual)


def _strange(table: Table, headers: Sequence[str], days: np.ndarray, usual: np.ndarray) -> list[Problem]:
    """Days (n, W) of another year, that come before an earlier wave of the same pupil, or far from those of the others
    (``usual``, (W,)); every day is told once."""
    off = np.abs(days - usual)
    year = off >= YEAR_OFF
    latest = np.fmax.accumulate(np.where(np.isnan(days), -np.inf, days), axis=1)
    back = np.zeros_like(year)
    back[:, 1:] = days[:, 1:] <= latest[:, :-1]
    back &= ~year.any(axis=1, keepdims=True)
    nearest = np.abs(days[:, :, None] - usual).min(axis=2)
    far = ((off > FAR) | (nearest < off)) & ~year & ~back
    own = headers[0].rpartition(MARK)[0]
    problems = []
    if year.any():
        shown, here = _shown(table, _cells(headers, year))
        facts = {"rows": shown, "count": int(year.sum())}
        problems.append(Problem(code="day_of_another_year", column=own, facts=facts, **here))
    if back.any():
        shown, here = _shown(table, _cells(headers, back))
        facts = {"rows": shown, "count": int(back.sum())}
        problems.append(Problem(code="days_back", column=own, facts=facts, **here))
    if far.any():
        shown, here = _shown(table, _cells(headers, far))
        facts = {"rows": shown, "count": int(far.sum())}
        problems.append(Problem(code="day_far_off", severity="warning", column=own, facts=facts, **here))
    return problems


def _cells(headers: Sequence[str], found: np.ndarray) -> list[tuple[str, int]]:
    return [(headers[at], row) for row, at in np.argwhere(found).tolist()]


def _shown(table: Table, cells: Sequence[tuple[str, int]]) -> tuple[list[int | str], dict[str, object]]:
    """The rows of cells (column, pupil), and where the first stands."""
    here = [identity.places(table, [row], name)[0] for name, row in cells[: SHOWN + 2]]
    return identity.shown_rows([one["row"] for one in here]), here[0]

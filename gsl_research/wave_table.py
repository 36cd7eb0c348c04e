"""From a row per pupil and wave to a row per pupil, and when every wave was.

The rest of the program sees one column per wave, as in a file that has them side by side; every cell keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from itertools import pairwise

import numpy as np

from . import identity, pupils
from .designs import Waves
from .problems import Problem, Term
from .reading import Column, Piece, Table, as_text
from .reading.words import file_words, missing_words
from .study import Outcome, Study

MARK = " · "
"""Between a heading and the wave it belongs to."""
DAYS_A_MONTH = 365.25 / 12
MOST_WAVES = 60
"""More different waves than this in a column are days or pupils, not waves (policy)."""
MOVED_SHARE = 0.5
"""When more of the pupils than this share change class between waves, it is told as a new year (policy)."""
SHOWN = 5

_DAY_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_SCHOOL_YEAR = re.compile(r"((?:19|20)\d\d)\s*[-/–]\s*(?:(?:19|20)?\d\d)")


def in_rows(study: Study) -> bool:
    """Whether every wave of a pupil has a row of its own."""
    return isinstance(study.design, Waves) and study.columns.wave is not None


def layout(study: Study) -> Iterator[Problem]:
    """What contradicts itself: in a design with waves each has a row, told by the role wave, or a column of its own."""
    for outcome in study.outcomes:
        facts = {"outcome": outcome.label, "kind": study.design.kind}
        if not isinstance(study.design, Waves):
            if outcome.between:
                yield Problem(code="between_without_waves", facts=facts)
        elif study.columns.wave is not None:
            if outcome.pre is not None or outcome.between:
                yield Problem(code="waves_in_rows_and_columns", facts=facts)
        elif not study.design.labels:
            yield Problem(code="waves_not_told", facts=facts)
        elif (found := len(outcome.headers)) != (wanted := len(study.design.labels)):
            yield Problem(code="column_per_wave", facts=facts | {"found": found, "wanted": wanted})


def side_by_side(study: Study, labels: Sequence[str] | None = None) -> Study:
    """The same study for a table with one column per wave; ``labels`` where its design does not list them."""
    labels = study.design.labels or labels if isinstance(study.design, Waves) else None
    if not in_rows(study) or not labels:
        return study
    outcomes = tuple(_side_by_side(outcome, labels) for outcome in study.outcomes)
    gone = {"wave": None, "date": None} | ({} if study.followed else {"pupil": None})
    columns = study.columns.model_copy(update=gone)
    return study.model_copy(update={"outcomes": outcomes, "columns": columns})


def occasions(waves: int) -> tuple[str, ...]:
    """What the columns of an outcome are called in a Dataset, from the first wave to the last."""
    return (*(("pre",) if waves > 1 else ()), *(f"wave{number}" for number in range(2, waves)), "post")


def _side_by_side(outcome: Outcome, labels: Sequence[str]) -> Outcome:
    *before, last = (f"{outcome.post}{MARK}{label}" for label in labels)
    first, between = (before[0], tuple(before[1:]) or None) if before else (None, None)
    scale = outcome.scale_post
    return outcome.model_copy(
        update={
            "pre_header": first,
            "between": between,
            "post_header": last,
            "scale": scale,
            "pre_scale": None,
            "post_scale": None,
        }
    )


def wave_labels(study: Study, column: Column) -> tuple[str, ...]:
    """The waves in order: as the study file lists them, or in the order of their numbers or days."""
    if study.design.labels:
        return study.design.labels
    found = [as_text(cell) for cell in column.distinct if missing_words(as_text(cell)) is None]
    keys = {label: _as_number(label) if day_of(label) is None else day_of(label).toordinal() for label in found}
    if len(found) > MOST_WAVES or any(key is None for key in keys.values()):
        return ()
    return tuple(sorted(dict.fromkeys(found), key=keys.__getitem__))


def spread(study: Study, table: Table) -> tuple[Table, tuple[str, ...], list[Problem]]:
    """The table with a row per pupil, the labels of its waves, and what is wrong. ``study`` maps the role wave.

    A pupil is told apart within the class of a school; where codes are unique within the school, a pupil who changed
    class stays the same one, in the class of the first wave. Without a column of pupils every row is somebody else.
    """
    header = table.header(study.columns.wave)
    column = table.columns[header]
    labels = wave_labels(study, column)
    if not labels or (len(labels) < 2 and not study.design.labels):
        return table, (), [Problem(code="waves_not_ordered", column=header)]
    wave, problems = _waves_of(table, header, labels)
    if any(problem.severity == "error" for problem in problems):
        return table, labels, problems
    keep = wave >= 0
    table, wave = pupils.without_rows(table, keep), wave[keep]
    position, found = _who(study, table, wave)
    problems += found
    if any(problem.severity == "error" for problem in problems):
        return table, labels, problems
    by_wave = [table.header(name) for name in (*(one.post for one in study.outcomes), study.columns.date) if name]
    problems += _changing(study, table, position)
    return _pivoted(table, labels, wave, position, by_wave, drop=header), labels, problems


def _waves_of(table: Table, header: str, labels: Sequence[str]) -> tuple[np.ndarray, list[Problem]]:
    """(n,) the wave of every row, -1 for a row of a wave the study file does not list."""
    column = table.columns[header]
    known = {_folded(label): at for at, label in enumerate(labels)}
    place = np.array([known.get(_folded(as_text(cell)), -1) for cell in column.distinct])
    unknown = [at for at in np.flatnonzero(place < 0).tolist()]
    wave = place[column.codes]
    problems: list[Problem] = []
    for at in unknown:
        rows = np.flatnonzero(column.codes == at)
        here = identity.places(table, rows[: SHOWN + 2], header)
        text = as_text(column.distinct[at])
        facts = {"rows": identity.shown_rows([one["row"] for one in here]), "count": len(rows), "labels": list(labels)}
        near = [] if _as_number(text) is not None else get_close_matches(text, labels, n=1, cutoff=0.75)
        if text == "":
            problems.append(Problem(code="wave_blank", column=header, facts=facts, **here[0]))
        elif near:
            problems.append(
                Problem(code="wave_nearly", column=header, value=text, facts=facts | {"near": near[0]}, **here[0])
            )
    others = [as_text(column.distinct[at]) for at in unknown]
    if others and not problems:
        facts = {"names": others[:SHOWN], "count": int((wave < 0).sum())}
        problems.append(Problem(code="waves_left_out", severity="warning", column=header, facts=facts))
    if absent := [label for at, label in enumerate(labels) if not (wave == at).any()]:
        problems.append(Problem(code="wave_without_rows", column=header, facts={"names": absent}))
    return wave, problems


def _folded(label: str) -> str | float:
    number = _as_number(label)
    return " ".join(label.casefold().split()) if number is None else number


def _as_number(label: str) -> float | None:
    """2024 of "2024", "2024-2025" or "2024-25"; 0.5 of "0,5"; 3 of "T3" or "meting 3"."""
    text = label.strip()
    if year := _SCHOOL_YEAR.fullmatch(text):
        return float(year[1])
    try:
        return float(text.replace(",", "."))
    except ValueError:
        numbered = re.fullmatch(r"[^\W\d_]+\s*(\d{1,4})", text)
        return float(numbered[1]) if numbered else None


def _who(study: Study, table: Table, wave: np.ndarray) -> tuple[np.ndarray, list[Problem]]:
    """(n,) the pupil of every row; a pupil stands once in a wave."""
    roles = {role: own for role, name in study.columns.mapped().items() if (own := table.header(name))}
    if "pupil" not in roles or not study.followed:
        return np.arange(len(table)), _twice_in_wave(study, table, wave, roles)
    for keys in (("school", "pupil"), ("school", "class", "pupil")):
        codes = _joint([table.columns[roles[role]] for role in keys if role in roles])
        codes = _apart(codes, table.columns[roles["pupil"]].blank)
        if len(np.unique(codes * (wave.max() + 1) + wave)) == len(codes):
            return codes, []
    return codes, _twice_in_wave(study, table, wave, roles)


def _apart(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The codes with each of these ``rows`` as somebody else: nobody knows who."""
    return np.unique(np.where(rows, len(codes) + np.arange(len(codes)), codes), return_inverse=True)[1]


def _twice_in_wave(study: Study, table: Table, wave: np.ndarray, roles: Mapping[str, str]) -> list[Problem]:
    """Pupils with two rows in one wave."""
    if "pupil" not in roles:
        return []
    codes = _joint([table.columns[roles[role]] for role in ("school", "class", "pupil") if role in roles])
    codes = _apart(codes, table.columns[roles["pupil"]].blank) * (wave.max() + 1) + wave
    problems = []
    order = np.argsort(codes, kind="stable")
    for positions in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        if len(positions) > 1:
            here = identity.places(table, positions, roles["pupil"])
            facts = {"rows": identity.shown_rows([one["row"] for one in here]), "count": len(here)}
            problems.append(Problem(code="pupil_twice_in_wave", column=roles["pupil"], facts=facts, **here[1]))
    return problems


def _joint(columns: Sequence[Column]) -> np.ndarray:
    """(n,) int: rows with the same cells in every column have the same number, in the order they first stand."""
    codes = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        codes = np.unique(codes * len(column.distinct) + column.codes, return_inverse=True)[1]
    first = np.unique(codes, return_index=True)[1]
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[codes]


def _changing(study: Study, table: Table, position: np.ndarray) -> Iterator[Problem]:
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


def _pivoted(
    table: Table, labels: Sequence[str], wave: np.ndarray, position: np.ndarray, by_wave: Sequence[str], drop: str
) -> Table:
    size = int(position.max()) + 1
    columns: dict[str, Column] = {}
    for header, column in table.columns.items():
        if header in by_wave:
            for at, label in enumerate(labels):
                columns[f"{header}{MARK}{label}"] = _on_pupils(column, wave == at, position, size)
        elif header != drop:
            columns[header] = _on_pupils(column, np.ones(len(wave), dtype=bool), position, size)
    pieces = []
    for whole in table.pieces or (Piece(table, np.arange(len(table))),):
        for at, label in enumerate(labels):
            here = wave[whole.positions] == at
            if here.any():
                part = replace(pupils.without_rows(whole.table, here), pieces=())
                part = _renamed(part, {header: f"{header}{MARK}{label}" for header in by_wave}, drop)
                pieces.append(Piece(part, position[whole.positions[here]]))
    first = np.unique(position, return_index=True)[1]
    return replace(
        table,
        columns=columns,
        row_numbers=[table.row_numbers[at] for at in first],
        aliases={},
        maxima={},
        merged={},
        missing={},
        pieces=tuple(pieces),
    )


def _on_pupils(column: Column, rows: np.ndarray, position: np.ndarray, size: int) -> Column:
    """A column on the rows of pupils: the first cell that is not blank among these ``rows``."""
    cells = column.distinct if "" in column.distinct else (*column.distinct, "")
    codes = np.full(size, cells.index(""), dtype=np.intp)
    chosen = np.flatnonzero(rows & ~column.blank)[::-1]
    codes[position[chosen]] = column.codes[chosen]
    return Column(cells, codes).take(np.arange(size))


def _renamed(part: Table, names: Mapping[str, str], drop: str) -> Table:
    def of(mapping):
        return {names.get(header, header): value for header, value in mapping.items() if header != drop}

    return replace(
        part,
        columns=of(part.columns),
        aliases={},
        maxima=of(part.maxima),
        merged=of(part.merged),
        missing=of(part.missing),
    )


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
        return _own_days(table, [f"{own}{MARK}{label}" for label in labels])
    if study.design.dates is not None:
        days = np.array([day.toordinal() for day in study.design.dates], dtype=float)
        return np.tile((days - days[0]) / DAYS_A_MONTH, (rows, 1)), "dates", []
    listed = [day_of(label) for label in labels]
    if None not in listed and all(a < b for a, b in pairwise(listed)):
        days = np.array([day.toordinal() for day in listed], dtype=float)
        return np.tile((days - days[0]) / DAYS_A_MONTH, (rows, 1)), "dates", []
    numbers = [_as_number(label) for label in labels]
    if None not in numbers and all(a < b for a, b in pairwise(numbers)):
        return np.tile(np.array(numbers) - numbers[0], (rows, 1)), "numbers", []
    return np.tile(np.arange(count, dtype=float), (rows, 1)), "steps", []


def _own_days(table: Table, headers: Sequence[str]) -> tuple[np.ndarray, str, list[Problem]]:
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
            here = identity.places(table, rows[: SHOWN + 2], name)
            facts = {"rows": identity.shown_rows([one["row"] for one in here]), "count": len(rows)}
            problems.append(Problem(code="date_unreadable", column=name, facts=facts, **here[0]))
    if problems:
        return days, "dates", problems
    if (unknown := np.isnan(days).all(axis=0)).any():
        names = [headers[at] for at in np.flatnonzero(unknown)]
        return days, "dates", [Problem(code="wave_without_dates", facts={"names": names})]
    usual = np.nanmedian(days, axis=0)
    if (np.diff(usual) <= 0).any():
        return days, "dates", [Problem(code="waves_out_of_order")]
    return (days - usual[0]) / DAYS_A_MONTH, "dates", []


def starts(study: Study, table: Table, labels: Sequence[str]) -> tuple[np.ndarray, list[Problem]]:
    """(n,) the wave from which every pupil's class had the approach, the number of waves for never; what is wrong."""
    header = table.header(study.design.start_column)
    column = table.columns[header]
    known = {_folded(label): at for at, label in enumerate(labels)}
    known |= {word: len(labels) for word in file_words("never")}
    place = np.array([known.get(_folded(as_text(cell)), -1) for cell in column.distinct])
    rows = np.flatnonzero(place[column.codes] < 0)
    if not rows.size:
        return place[column.codes], []
    here = identity.places(table, rows[: SHOWN + 2], header)
    facts = {
        "rows": identity.shown_rows([one["row"] for one in here]),
        "count": len(rows),
        "labels": list(labels),
    }
    return place[column.codes], [Problem(code="start_unknown", column=header, facts=facts, **here[0])]


def day_of(cell: object) -> date | None:
    """The day a cell holds: 2026-09-15 as text or in a workbook, 15/09/2026, 15-9-2026 or 15.09.2026."""
    text = str(cell).strip()[:19].partition("T")[0].partition(" ")[0]
    try:
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[4]), int(found[3]), int(found[1]))
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None

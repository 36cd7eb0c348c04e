"""From a row per pupil and wave to a row per pupil.

The rest of the program sees one column per wave, as in a file that has them side by side; every cell keeps its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from . import identity, pupils, wave_pupils
from .designs import Waves
from .problems import Problem
from .reading import Column, Piece, Table, as_text
from .reading.words import file_words, missing_words
from .study import Outcome, Study
from .wave_names import alike, in_order, known_order, meant, nearly, pairs_alike

MARK = " · "
"""Between a heading and the wave it belongs to."""
MOST_WAVES = 60
"""More different waves than this in a column are days or pupils, not waves (policy)."""
SHOWN = 5


def in_rows(study: Study) -> bool:
    """Whether every wave of a pupil has a row of its own."""
    return isinstance(study.design, Waves) and study.columns.wave is not None


def layout(study: Study) -> Iterator[Problem]:
    """What contradicts itself: in a design with waves each has a row, told by the role wave, or a column of its own."""
    if isinstance(study.design, Waves):
        yield from _contradicting(study)
    in_levels = [outcome for outcome in study.outcomes if outcome.cell_levels]
    if isinstance(study.design, Waves) and in_levels:
        yield Problem(code="levels_over_waves", facts={"outcome": in_levels[0].label})
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


def _contradicting(study: Study) -> Iterator[Problem]:
    """What the names of the waves and the roles contradict, whatever is measured."""
    if names := pairs_alike(study.design.labels or ()):
        yield Problem(code="waves_alike", facts={"names": names})
    if study.columns.date is not None and study.columns.wave is None:
        yield Problem(code="date_without_wave")
    if study.followed and study.columns.wave is not None and study.columns.pupil is None:
        kind = study.design.kind
        yield Problem(code="waves_without_pupil", facts={"kind": kind})


def side_by_side(study: Study, labels: Sequence[str] | None = None) -> Study:
    """The same study for a table with one column per wave; ``labels`` are those that are told, where known."""
    labels = labels or study.design.labels if isinstance(study.design, Waves) else None
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
    known = known_order(found)
    if len(found) > MOST_WAVES or known is None or known[0] == "months":
        return ()
    return in_order(tuple(dict.fromkeys(found)))


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
    if names := pairs_alike(labels):
        return table, (), [Problem(code="waves_alike", column=header, facts={"names": names})]
    wave, problems = _waves_of(table, header, labels)
    if any(problem.severity == "error" for problem in problems):
        return table, labels, problems
    keep = wave >= 0
    table, wave = pupils.without_rows(table, keep), wave[keep]
    keep, skipped, found = wave_pupils.counted_once(study, table, wave)
    problems += found
    table, wave = replace(pupils.without_rows(table, keep), skipped=(*table.skipped, *skipped)), wave[keep]
    position, found = wave_pupils.who(study, table, wave, labels)
    problems += found
    if any(problem.severity == "error" for problem in problems):
        return table, labels, problems
    by_wave = [table.header(name) for name in (*(one.post for one in study.outcomes), study.columns.date) if name]
    problems += wave_pupils.changing(study, table, position)
    return _pivoted(table, labels, wave, position, by_wave, drop=header), labels, problems


def _waves_of(table: Table, header: str, labels: Sequence[str]) -> tuple[np.ndarray, list[Problem]]:
    """(n,) the wave of every row, -1 for a row of a wave the study file does not list."""
    column = table.columns[header]
    texts = [as_text(cell) for cell in column.distinct]
    found = [meant(text, labels) for text in texts]
    place = np.array([places[0] if places else -1 for places in found])
    unknown = np.flatnonzero(place < 0).tolist()
    wave = place[column.codes]
    absent = [label for at, label in enumerate(labels) if not (wave == at).any()]
    problems = [
        Problem(code="waves_alike", column=header, facts={"names": names}) for names in _mixed(texts, found, labels)
    ]
    for at in unknown:
        rows = np.flatnonzero(column.codes == at)
        here = identity.places(table, rows[: SHOWN + 2], header)
        text = texts[at]
        facts = {"rows": identity.shown_rows([one["row"] for one in here]), "count": len(rows), "labels": list(labels)}
        near = nearly(text, labels, absent)
        if text == "":
            problems.append(Problem(code="wave_blank", column=header, facts=facts, **here[0]))
        elif near:
            problems.append(
                Problem(code="wave_nearly", column=header, value=text, facts=facts | {"near": near}, **here[0])
            )
    others = [texts[at] for at in unknown]
    if others and not problems:
        facts = {"names": others[:SHOWN], "count": int((wave < 0).sum())}
        problems.append(Problem(code="waves_left_out", severity="warning", column=header, facts=facts))
    if absent and not any(problem.severity == "error" for problem in problems):
        problems.append(Problem(code="wave_without_rows", column=header, facts={"names": absent}))
    return wave, problems


def _mixed(texts: Sequence[str], found: Sequence[Sequence[int]], labels: Sequence[str]) -> Iterator[list[str]]:
    """Names that could be one wave or two: a cell that means two waves, or two names of a cell that differ for one."""
    for text, places in zip(texts, found, strict=True):
        if len(places) > 1:
            yield [text, *(labels[at] for at in places)]
    for at in range(len(labels)):
        own = [text for text, places in zip(texts, found, strict=True) if tuple(places) == (at,)]
        different = next(([one, other] for one, other in combinations(own, 2) if not alike(one, other)), None)
        if different:
            yield different


def as_in_file(problem: Problem, table: Table, labels: Sequence[str]) -> Problem:
    """The same problem under the heading the file has, with its wave; ``table`` is the one with a column per wave."""

    def parts(name: object) -> tuple[str, str] | None:
        if not isinstance(name, str) or table.header(name) is None:
            return None
        heading, mark, label = name.rpartition(MARK)
        return (heading, label) if mark and label in labels else None

    facts = {
        name: value if (own := parts(value)) is None else f"{own[0]} ({own[1]})"
        for name, value in problem.facts.items()
    }
    if (own := parts(problem.column)) is None:
        return replace(problem, facts=facts)
    return replace(problem, column=own[0], facts=facts | {"wave": own[1]})


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


def starts(study: Study, table: Table, labels: Sequence[str]) -> tuple[np.ndarray, list[Problem]]:
    """(n,) the wave from which every pupil's class had the approach, the number of waves for never; what is wrong."""
    header = table.header(study.design.start_column)
    column = table.columns[header]
    never = file_words("never")
    found = [meant(as_text(cell), labels) for cell in column.distinct]
    place = np.array(
        [
            len(labels) if as_text(cell).casefold().strip() in never else places[0] if len(places) == 1 else -1
            for cell, places in zip(column.distinct, found, strict=True)
        ]
    )
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

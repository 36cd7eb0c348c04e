"""Scores under role names: what the table means, given the study.

``bind`` is the only place where a column of a file gets a meaning. It finds every problem in one pass.
A *unit* is a pupil, teaching group, class, teacher or school; the *cluster* is the unit of inference.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from . import identity, plausible, pupils, wave_days, wave_table
from .designs import Waves
from .gather import FILE_NAMES, SHEET_NAMES, one_table, wanted_headers
from .labels import read_labels
from .last_waves import told_waves
from .mentions import named_in_study, named_pupils
from .outcomes import read_dose, read_scores, score_columns
from .problems import Problem, Problems, Term, errors
from .reading import (
    Column,
    Skipped,
    Table,
    fold_header,
    read_tables,
    without_collection,
)
from .roles import nearest
from .study import Comparison, Growth, MultiSite, Stepped, Study
from .units import (
    GROUPED,
    SCHOOL_MARK,
    assigned_cluster,
    check_blocks,
    few_in_other_arm,
    started_cluster,
    unit_keys,
    unit_name,
    whole_within,
)

_DIGITS = re.compile(r"(\d+)")
SHOWN_HEADERS = 20
"""Headings listed in one message (policy)."""


@dataclass(frozen=True, repr=False)
class Dataset:
    """Pupils' scores under role names. Its repr shows counts only, and ``files.save`` refuses it.

    ``frame`` has one row per pupil: ``treated`` (bool; absent with one group), ``cluster`` and ``block`` (int codes,
    the latter where mapped), ``class`` and ``group`` (text, where mapped) and ``<outcome>.pre`` / ``<outcome>.post`` in
    points (NaN = missing), ``dose`` (NaN = unknown) where mapped, and ``subgroup.<header>`` (text, "" = none) for every
    subgroup. With waves pre and post are the first and the last, ``<outcome>.wave2`` and on those between, ``time.1``
    and on say when, in months, in what the waves are numbered by, or in steps; ``start`` is the wave from which a class
    had the approach, 0 the first.
    ``cluster_names[code]`` is the unit's name as it stands in the file: private.
    ``missing`` counts the missing words per score column, "" being an empty cell.
    """

    study_id: str
    frame: pd.DataFrame
    cluster_level: str
    cluster_names: tuple[str, ...]
    pupils_known: bool
    schools: int | None
    missing: Mapping[str, Mapping[str, int]]
    file: str
    sha256: str
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Problem, ...] = field(default=())
    waves: tuple[str, ...] = ()
    """The labels of the waves, in order, where a design has them."""
    timing: str | None = None
    """How the times of the waves are known: their "dates", the "numbers" they are called, or "steps" of one."""
    unusable: tuple[str, ...] = ()
    """Names of outcomes that are not measured, since their scores are too thin; none is primary."""
    pupils: tuple[str, ...] = ()
    """Who stands in each row of ``frame``, as the file names them, "" for nobody; empty where no column tells."""
    file_rows: tuple[int, ...] = ()
    """The row of the file that each row of ``frame`` comes from; with waves the first of them."""
    called: tuple[str, ...] = ()
    """What pupils are called in the file, in no order of the rows: to keep their names out of what people type."""

    @property
    def rows(self) -> int:
        return len(self.frame)

    @property
    def clusters(self) -> int:
        return len(self.cluster_names)

    def __repr__(self) -> str:
        return f"Dataset({self.study_id!r}, {self.rows} pupils, {self.clusters} units of level {self.cluster_level})"


def load_data(path: str | Path, study: Study) -> Dataset:
    """Read a score file, or a folder of them, and bind it to its study. Raises Problems with everything wrong."""
    with without_collection():
        found = read_tables(path, wanted_headers(study))
        try:
            data = bind(study, one_table(study, found))
        except Problems as raised:
            raise Problems([*found.problems, *raised.problems]) from None
    if found.problems:
        raise Problems([*found.problems, *found.warnings, *data.warnings])
    return replace(data, warnings=(*found.warnings, *data.warnings))


def bind(study: Study, table: Table) -> Dataset:
    """Give every column its meaning, or raise Problems with everything that is wrong.

    A row that repeats another in every column, or has a number at the end of the list and nothing else, is listed as
    skipped. No other is dropped: a pupil without a score stays, with NaN. Roles the study maps must be there.

    Not for
    -------
    Finding the table in a file or bringing sheets together: the table has one row per pupil, as ``reading`` and
    ``gather`` make it.
    """
    found, headers = _headers(study, table)
    problems = [*table.warnings, *wave_table.layout(study), *found]
    planned, waves, pivoted = study, (), ()
    own = headers.get(study.columns.pupil)
    called = named_pupils(table, own, others=[header for header in headers.values() if header != own])
    if isinstance(study.design, Waves) and not errors(problems):
        waves = study.design.labels or ()
        if wave_table.in_rows(study):
            whole, (table, waves, found) = table, wave_table.spread(study, table)
            problems += found
            if errors(found):
                raise Problems(_in_order(whole, problems))
            study = wave_table.side_by_side(study, waves)
            headers, pivoted = _headers(study, table)[1], waves
    roles = {role: headers[wanted] for role, wanted in study.columns.mapped().items() if wanted in headers}
    if not errors(problems):
        problems += _registers(study, table, headers)
    if errors(problems):
        raise Problems(_in_order(table, problems, pivoted))

    skipped = table.skipped
    unused = [header for header in table.columns if header not in headers.values()]
    if "pupil" in roles:
        header = roles["pupil"]
        numbered = pupils.only_numbered(table, header, _about_pupils(table, headers, header))
        skipped = (*skipped, *pupils.skipped_rows(table, header, np.flatnonzero(numbered), "numbers_only"))
        table = pupils.without_rows(table, ~numbered)
    codes, found = identity.read_codes(study, table, roles)
    problems += found
    if "pupil" in codes:
        scope = _scope(codes)
        keep, found = pupils.doubles(table, header, scope, codes["pupil"], unused)
        problems += found
        skipped = (*skipped, *pupils.skipped_rows(table, header, np.flatnonzero(~keep), "duplicate_rows"))
        table = pupils.without_rows(table, keep)
        codes = codes if keep.all() else {role: column.take(keep) for role, column in codes.items()}
        problems += pupils.two_spellings(table, header, scope[keep], codes["pupil"])
    elif planned.columns.pupil is None:
        problems.append(Problem(code="no_pupil_column", severity="warning"))

    scores, missing, found = read_scores(study, table, headers)
    problems += found
    labels, found = read_labels(study, table, headers)
    problems += found
    treated = None
    if study.groups is not None and "group" in codes:
        treated, found = identity.arms(study, table, roles["group"], codes["group"], codes.get("pupil"))
        problems += found
    dose = None
    if "dose" in roles:
        dose, found = read_dose(table, roles["dose"], treated)
        problems += found
    keys = unit_keys(codes)
    problems += identity.variants(table, roles, keys)
    problems += named_in_study(planned, called)
    problems += pupils.told_beside(table, roles, codes, used=set(headers.values()))
    if "class" in codes:
        problems += identity.lone_classes(table, roles["class"], codes["class"])
    if "pupil" in codes and "class" in codes:
        halves = _occasions(study, scores)
        problems += pupils.changed_class(table, roles, codes, *halves)
        problems += pupils.two_halves(table, roles["pupil"], _scope(codes), codes["pupil"], *halves)

    level, unusable = next((unit for unit in GROUPED if unit in keys), "group"), ()
    if not errors(problems):
        if isinstance(study.design, Comparison) or _whole_units(study):
            level, found = _cluster(study, table, roles, keys, treated)
            problems += found
            if study.design.blocks and not errors(found):
                problems += check_blocks(level, keys[level], codes["block"], treated)
        elif isinstance(study.design, MultiSite):
            level = study.design.site
            if level not in keys:
                problems.append(Problem(code="site_not_mapped", facts={"unit": Term(f"role.{level}")}))
            elif treated is not None:
                problems += whole_within(level, keys, treated)
        unusable, found = plausible.unusable(study, scores, treated)
        problems += found
        problems += plausible.surprising(study, scores, keys.get("class"))
    beside, timing = {}, None
    if waves and not errors(problems):
        beside, timing, found = wave_days.moments(planned, study, table, waves, scores, unusable)
        problems += found
        if isinstance(study.design, Stepped) and not errors(found):
            level, found = started_cluster(study.design.assigned, keys, beside["start"])
            problems += found
    problems = _in_order(table, problems, pivoted)
    if errors(problems):
        raise Problems(problems)
    frame, names = _frame(scores | beside, treated, dose, codes, labels, keys.get(level))
    frame, waves, untold = told_waves(study, frame, waves)
    return Dataset(
        study_id=study.id,
        frame=frame,
        cluster_level=level,
        cluster_names=names,
        pupils_known="pupil" in codes,
        schools=len(codes["school"].distinct) if "school" in codes else None,
        missing=missing,
        file=table.file,
        sha256=table.sha256,
        skipped=skipped,
        warnings=(*problems, *untold),
        waves=waves,
        timing=timing,
        unusable=unusable,
        pupils=tuple(codes["pupil"]) if "pupil" in codes else (),
        file_rows=tuple(table.row_numbers),
        called=called,
    )


def _whole_units(study: Study) -> bool:
    """Whether classes, or coarser units, grow side by side with and without the approach."""
    return isinstance(study.design, Growth) and study.compared and study.design.assigned != "pupil"


def _headers(study: Study, table: Table) -> tuple[list[Problem], dict[str, str]]:
    """Headings of the study file to those of the table, and what is wrong with them."""
    wanted = [(header, f"role.{role}") for role, header in study.columns.mapped().items()]
    for outcome in study.outcomes:
        for occasion, header, _ in score_columns(outcome):
            wanted.append((header, f"occasion.{occasion if occasion in ('pre', 'post') else 'between'}"))
    wanted += [(subgroup.column, "role.subgroup") for subgroup in study.subgroups]
    if isinstance(study.design, Stepped):
        wanted.append((study.design.start_column, "role.start"))
    found = [(header, term, table.header(header)) for header, term in wanted]
    headers = {header: own for header, _, own in found if own is not None}
    problems = [
        _column_missing(table, header, term, set(headers.values())) for header, term, own in found if own is None
    ]
    return [*problems, *_used_twice(study, headers)], headers


def _about_pupils(table: Table, headers: Mapping[str, str], pupil: str) -> list[str]:
    """The columns the study file names beside the pupil's, but for those the name of a sheet or file tells."""
    named = {p.facts["header"] for p in table.warnings if p.code == "class_from_name"}
    named |= {own for own in headers.values() if fold_header(own) in (*SHEET_NAMES, *FILE_NAMES)}
    return [own for own in dict.fromkeys(headers.values()) if own != pupil and own not in named]


def _column_missing(table: Table, header: str, term: str, named: Container[str]) -> Problem:
    """A near column is proposed only where the study file ``named`` it for nothing else."""
    folded = {name.casefold(): name for name in table.columns if name not in named}
    near = get_close_matches(header.casefold(), list(folded), n=1, cutoff=0.6)
    shown = list(table.columns)[:SHOWN_HEADERS]
    shown += ["…"] if len(table.columns) > SHOWN_HEADERS else []
    facts = {"header": header, "role": Term(term), "headers": shown}
    suggestion = folded[near[0]] if near else nearest(table, term.split(".")[1])
    if suggestion and suggestion not in named:
        return Problem(code="column_missing_near", facts=facts | {"suggestion": suggestion})
    return Problem(code="column_missing", facts=facts)


def _used_twice(study: Study, headers: Mapping[str, str]) -> Iterator[Problem]:
    scores = {headers.get(header) for outcome in study.outcomes for _, header, _ in score_columns(outcome)}
    mapped = study.columns.mapped()
    for role, header in mapped.items():
        own = headers.get(header)
        if own is None:
            continue
        if own in scores:
            yield Problem(code="header_two_roles", facts={"header": header, "role": Term(f"role.{role}")})
        if role != "pupil" and own == headers.get(mapped.get("pupil")):
            yield Problem(code="pupil_column_twice", facts={"header": header, "role": Term(f"role.{role}")})
    after: dict[frozenset[str | None], str] = {}
    for outcome in study.outcomes:
        own = frozenset(headers.get(header) for occasion, header in outcome.headings if occasion == "post")
        if own in after and None not in own:
            facts = {"header": outcome.post, "first": after[own], "second": outcome.label}
            yield Problem(code="post_of_two_outcomes", facts=facts)
        after.setdefault(own, outcome.label)
        if outcome.pre in headers and headers[outcome.pre] == headers.get(outcome.post):
            yield Problem(code="pre_is_post", facts={"outcome": outcome.name, "header": headers[outcome.pre]})


def _registers(study: Study, table: Table, headers: Mapping[str, str]) -> Iterator[Problem]:
    """Columns with register numbers: nothing of them is kept, and only a pupil's code may be one."""
    pupil = headers.get(study.columns.pupil)
    for header, column in table.columns.items():
        rows = np.flatnonzero(pupils.register_numbers(column))
        if rows.size and header in headers.values() and header != pupil:
            yield Problem(code="register_number_as_value", column=header, facts={"count": len(rows)})
        elif rows.size:
            yield Problem(code="register_numbers", severity="warning", column=header, facts={"count": len(rows)})


def _scope(codes: Mapping[str, Column]) -> np.ndarray:
    """(n,) int: within what a pupil's code is unique, the class of a school or what of these is known."""
    keys = unit_keys({role: codes[role] for role in ("class", "school") if role in codes})
    unit = keys.get("class") or keys.get("school")
    return unit.codes if unit is not None else np.zeros(len(codes["pupil"]), dtype=np.intp)


def _occasions(study: Study, scores: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bool twice: the rows with any score before, and with any afterwards."""
    some = {name: ~np.isnan(values) for name, values in scores.items()}
    ends = []
    for occasion in (".pre", ".post"):
        columns = [rows for name, rows in some.items() if name.endswith(occasion)]
        ends.append(np.logical_or.reduce(columns) if columns else np.zeros_like(next(iter(some.values()))))
    return ends[0], ends[1]


def _cluster(
    study: Study, table: Table, roles: Mapping[str, str], keys: Mapping[str, Column], treated: np.ndarray
) -> tuple[str, list[Problem]]:
    """The cluster's level; a few pupils in the other group than their class are named by their rows."""
    assigned = study.design.assigned
    if assigned not in keys:
        return assigned_cluster(assigned, keys, treated)
    few = few_in_other_arm(keys[assigned], treated)
    level, problems = assigned_cluster(assigned, keys, treated ^ few)
    rows = np.flatnonzero(few)
    for unit in np.unique(keys[assigned].codes[rows]):
        own = rows[keys[assigned].codes[rows] == unit]
        here = identity.places(table, own, roles["group"])
        facts = {
            "unit": Term(f"role.{assigned}"),
            "name": unit_name(keys[assigned].distinct[unit]),
            "arm": Term(f"arm.{'treated' if treated[own[0]] else 'control'}"),
            "rows": identity.shown_rows([place["row"] for place in here]),
            "count": len(here),
        }
        problems.append(Problem(code="pupils_in_other_group", column=roles["group"], facts=facts, **here[0]))
    return level, problems


def _frame(
    scores: Mapping[str, np.ndarray],
    treated: np.ndarray | None,
    dose: np.ndarray | None,
    codes: Mapping[str, Column],
    labels: Mapping[str, np.ndarray],
    units: Column | None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The pupils under role names, and the names of the clusters by code."""
    columns: dict[str, object] = dict(scores) | {f"subgroup.{header}": of_rows for header, of_rows in labels.items()}
    if treated is not None:
        columns["treated"] = treated
    if dose is not None:
        columns["dose"] = dose
    if "block" in codes:
        columns["block"] = codes["block"].codes
    for role in ("class", "group"):
        if role in codes:
            columns[role] = np.array(codes[role].distinct, dtype=object)[codes[role].codes]
    if units is None:
        names, cluster = ("",), np.zeros(len(next(iter(scores.values()))), dtype=np.intp)
    else:
        order = sorted(range(len(units.distinct)), key=lambda at: _as_counted(units.distinct[at]))
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order))
        names, cluster = tuple(units.distinct[at] for at in order), place[units.codes]
    frame = pd.DataFrame(columns | {"cluster": cluster})
    return frame, tuple(name.replace(SCHOOL_MARK, " · ") for name in names)


def _as_counted(name: str) -> list[str | int]:
    """Sort key: 2A before 10A. Text and numbers stand in turn, so that like is compared with like."""
    parts: list[str | int] = _DIGITS.split(name)
    parts[1::2] = map(int, parts[1::2])
    return parts


def _in_order(table: Table, problems: list[Problem], pivoted: Sequence[str] = ()) -> list[Problem]:
    """Every problem with its file, in the order of files, sheets and rows; ``pivoted`` are waves with rows of their
    own."""
    problems = [wave_table.as_in_file(p, table, pivoted) for p in problems] if pivoted else problems
    sheets = dict.fromkeys((piece.table.file, piece.table.sheet) for piece in table.pieces)
    rank = {sheet: place for place, sheet in enumerate([(table.file, table.sheet), *sheets])}
    placed = [replace(p, file=p.file or table.file, sheet=p.sheet if p.file else table.sheet) for p in problems]
    return sorted(placed, key=lambda p: (rank.get((p.file, p.sheet), -1), p.row or 0))

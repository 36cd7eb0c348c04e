"""Scores under role names: what the table means, given the study.

``bind`` is the only place where a column of a file gets a meaning. It finds every problem in one pass.
A *unit* is a pupil, teaching group, class, teacher or school; the *cluster* is the unit of inference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from .problems import Problem, Problems, Term, errors
from .reading import Skipped, Table, as_text, parse_scores, read_table
from .study import Comparison, Outcome, Study
from .units import GROUPED, assigned_cluster, unit_keys

MIN_PUPILS = 3
"""Fewer pupils with both scores than this give no spread to speak of (policy)."""
ERROR_CELL = re.compile(r"#[A-Z0-9/]+[!?]?")
"""What a workbook writes where a formula failed: #N/A, #VALUE!, #DIV/0!, in any language."""
SHOWN_ROWS = 5
"""Rows named in one message; of the rest, the count (policy)."""


@dataclass(frozen=True, repr=False)
class Dataset:
    """Pupils' scores under role names. Its repr shows counts only, and ``files.save`` refuses it.

    ``frame`` has one row per pupil: ``treated`` (bool; absent with one group), ``cluster`` (int code),
    ``class`` and ``group`` (text, where mapped) and ``<outcome>.pre`` / ``<outcome>.post`` in points (NaN = missing).
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

    @property
    def rows(self) -> int:
        return len(self.frame)

    @property
    def clusters(self) -> int:
        return len(self.cluster_names)

    def __repr__(self) -> str:
        return f"Dataset({self.study_id!r}, {self.rows} pupils, {self.clusters} units of level {self.cluster_level})"


def load_data(path: str | Path, study: Study) -> Dataset:
    """Read a score file and bind it to its study. Raises Problems with everything that is wrong."""
    return bind(study, read_table(path))


def bind(study: Study, table: Table) -> Dataset:
    """Give every column its meaning, or raise Problems with everything that is wrong.

    Rows are never dropped here: a pupil without a score stays, with NaN, and is counted where it matters.
    Roles the study maps must be there; nothing is guessed.
    """
    problems = list(_missing_columns(study, table))
    if problems:
        raise Problems([_at(p, table) for p in problems])

    codes = {role: [as_text(cell) for cell in table.columns[header]] for role, header in study.columns.mapped().items()}
    problems += _empty_codes(study, table, codes)
    frame = pd.DataFrame(index=pd.RangeIndex(len(table.row_numbers)))
    missing: dict[str, Mapping[str, int]] = {}
    for outcome in study.outcomes:
        for occasion, header, scale in _score_columns(outcome):
            parsed = parse_scores(
                table.columns[header],
                row_numbers=table.row_numbers,
                missing=outcome.missing,
                low=scale[0] if scale else None,
                high=scale[1] if scale else None,
            )
            problems += [replace(p, column=header) for p in parsed.problems]
            frame[f"{outcome.name}.{occasion}"] = parsed.values
            missing[header] = parsed.missing

    if study.groups is not None and "group" in codes:
        frame["treated"], found = _treated(study, table, codes["group"])
        problems += found
    problems += _pupils_twice(study, table, codes)
    problems += _variants(study, codes)
    keys = unit_keys(codes)
    for role in ("class", "group"):
        if role in codes:
            frame[role] = codes[role]
    level, warnings = "group", []
    if not errors(problems):
        if isinstance(study.design, Comparison):
            level, found = assigned_cluster(study.design.assigned, keys, frame["treated"].to_numpy())
            problems += errors(found)
            warnings += [p for p in found if p.severity == "warning"]
        else:
            level = next((unit for unit in GROUPED if unit in keys), "group")
        problems += _unusable(study, frame)
    if "pupil" not in codes:
        warnings.append(Problem(code="no_pupil_column", severity="warning"))
    if errors(problems):
        raise Problems([_at(p, table) for p in [*problems, *warnings]])

    unit_of_row = keys.get(level, [""] * len(frame))
    names = sorted(set(unit_of_row), key=_as_read)
    frame["cluster"] = pd.Series(unit_of_row, dtype=object).map({name: code for code, name in enumerate(names)})
    return Dataset(
        study_id=study.id,
        frame=frame,
        cluster_level=level,
        cluster_names=tuple(name.replace("\x1f", " · ") for name in names),
        pupils_known="pupil" in codes,
        schools=len(set(codes["school"])) if "school" in codes else None,
        missing=missing,
        file=table.file,
        sha256=table.sha256,
        skipped=table.skipped,
        warnings=tuple(_at(p, table) for p in [*problems, *warnings]),
    )


def _as_read(name: str) -> list[tuple[bool, int, str]]:
    """Sort key: 2A before 10A."""
    parts = re.findall(r"\d+|\D+", name)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _at(problem: Problem, table: Table) -> Problem:
    return replace(problem, file=problem.file or table.file, sheet=problem.sheet or table.sheet)


def _score_columns(outcome: Outcome) -> Iterator[tuple[str, str, tuple[float, float] | None]]:
    if outcome.pre is not None:
        yield "pre", outcome.pre, outcome.scale_pre
    yield "post", outcome.post, outcome.scale_post


def _missing_columns(study: Study, table: Table) -> Iterator[Problem]:
    wanted = [(header, f"role.{role}", {}) for role, header in study.columns.mapped().items()]
    for outcome in study.outcomes:
        wanted += [
            (header, f"occasion.{when}", {"outcome": outcome.label}) for when, header, _ in _score_columns(outcome)
        ]
    wanted += [(subgroup.column, "role.subgroup", {}) for subgroup in study.subgroups]
    headers = list(table.columns)
    folded = {header.casefold(): header for header in headers}
    for header, term, _ in wanted:
        if header in table.columns:
            continue
        near = get_close_matches(header.casefold(), list(folded), n=1, cutoff=0.6)
        facts = {"header": header, "role": Term(term), "headers": headers}
        if near:
            yield Problem(code="column_missing_near", facts=facts | {"suggestion": folded[near[0]]})
        else:
            yield Problem(code="column_missing", facts=facts)
    roles = study.columns.mapped()
    scores = {header for outcome in study.outcomes for _, header, _ in _score_columns(outcome)}
    for role, header in roles.items():
        if header in scores:
            yield Problem(code="header_two_roles", facts={"header": header, "role": Term(f"role.{role}")})


def _empty_codes(study: Study, table: Table, codes: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for role, texts in codes.items():
        header = study.columns.mapped()[role]
        for row, text in zip(table.row_numbers, texts, strict=True):
            if not text or ERROR_CELL.fullmatch(text):
                code = "code_is_error" if text else "code_empty"
                facts = {"role": Term(f"role.{role}")}
                yield Problem(code=code, row=row, column=header, value=text or None, facts=facts)


def _treated(study: Study, table: Table, texts: Sequence[str]) -> tuple[np.ndarray, list[Problem]]:
    arm = dict.fromkeys(study.groups.treated, True) | dict.fromkeys(study.groups.control, False)
    header = study.columns.group
    problems = [
        Problem(
            code="group_unknown",
            row=row,
            column=header,
            value=text,
            facts={"treated": list(study.groups.treated), "control": list(study.groups.control)},
        )
        for row, text in zip(table.row_numbers, texts, strict=True)
        if text and text not in arm
    ]
    present = {arm[text] for text in texts if text in arm}
    if not problems:
        for treated, listed in ((True, study.groups.treated), (False, study.groups.control)):
            if treated not in present:
                term = Term(f"arm.{'treated' if treated else 'control'}")
                problems.append(Problem(code="arm_empty", column=header, facts={"arm": term, "codes": list(listed)}))
    return np.array([arm.get(text, False) for text in texts], dtype=bool), problems


def _pupils_twice(study: Study, table: Table, codes: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    if "pupil" not in codes:
        return
    levels = [codes[role] for role in ("school", "class", "pupil") if role in codes]
    rows_of: dict[tuple[str, ...], list[int]] = {}
    for row, key in zip(table.row_numbers, zip(*levels, strict=True), strict=True):
        if key[-1]:
            rows_of.setdefault(key, []).append(row)
    for rows in rows_of.values():
        if len(rows) > 1:
            facts = {"rows": rows[:SHOWN_ROWS], "count": len(rows)}
            yield Problem(code="pupil_twice", row=rows[1], column=study.columns.pupil, facts=facts)


def _variants(study: Study, codes: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Names of units that a person would read as one: 5A and 5a would be two classes."""
    for role in GROUPED:
        spelled: dict[str, set[str]] = {}
        for code in set(codes.get(role, ())):
            spelled.setdefault("".join(code.split()).casefold(), set()).add(code)
        for names in spelled.values():
            if len(names) > 1:
                facts = {"codes": sorted(names), "role": Term(f"role.{role}")}
                yield Problem(code="code_variants", column=study.columns.mapped()[role], facts=facts)


def _unusable(study: Study, frame: pd.DataFrame) -> Iterator[Problem]:
    for outcome in study.outcomes:
        post = frame[f"{outcome.name}.post"]
        complete = post.notna()
        if outcome.pre is not None:
            pre = frame[f"{outcome.name}.pre"]
            complete &= pre.notna()
        used = frame[complete]
        facts = {"outcome": outcome.label, "pupils": len(used), "needed": MIN_PUPILS}
        if len(used) < MIN_PUPILS:
            yield Problem(code="too_few_pupils", facts=facts)
            continue
        if "treated" in frame:
            for treated in (True, False):
                if not (used["treated"] == treated).any():
                    term = Term(f"arm.{'treated' if treated else 'control'}")
                    yield Problem(code="arm_without_scores", facts={"outcome": outcome.label, "arm": term})
        if post[complete].nunique() == 1:
            yield Problem(code="no_spread", column=outcome.post, facts={"outcome": outcome.label})
        if outcome.pre is None:
            continue
        if pre[complete].nunique() == 1:
            yield Problem(code="no_spread", column=outcome.pre, facts={"outcome": outcome.label})
        elif (pre[complete] == post[complete]).all():
            yield Problem(
                code="pre_equals_post", facts={"outcome": outcome.label, "pre": outcome.pre, "post": outcome.post}
            )

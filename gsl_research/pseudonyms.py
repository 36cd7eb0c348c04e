"""Codes instead of pupils' names: the same pupil and key give the same code, in every file and every year.

A *code* is HMAC-SHA256 of the name as a person reads it, under a random key, written in signs that nobody mixes up.
The copy is pseudonymised, not without names for good: who has the key can tell who is who.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from . import keys
from .copies import Sheet, guarded, same_kind, written
from .dataset import Dataset, load_data
from .files import write_bytes, writing
from .gather import wanted_headers
from .personal import Reason, tells_who
from .places import synchronised
from .problems import Problem, Problems
from .pupils import one_spelling, only_numbered, two_spellings, without_rows
from .reading import Column, Found, Table, as_text, read_tables
from .roles import propose
from .study import Study
from .study_file import load_study
from .traces import Trace

LETTERS = "CDFHJKMNPQRTVWXY"
SIGNS = "23456789" + LETTERS
"""No 0 O, 1 I L, B G S Z or vowel: no sign looks like another, and no code reads as a word, a number or a date."""
CODE_LENGTH = 10
"""Signs of a code, some 4 × 10¹³ codes: two of 10,000 pupils share one in about one school in a million (computed)."""
PURPOSE = b"gsl_research pupil 1\0"
"""In front of every name: the key gives other values for any other use."""
USUAL_KEY = "pupils"
"""Name of the key of files that come without a study."""


def code_of(pupil: str, key: bytes, length: int = CODE_LENGTH) -> str:
    """The code of a pupil: first a letter, then letters and digits. A longer code begins as the shorter one.

    Source: HMAC as in RFC 2104 [recalled]; the digest as one large number, written in these signs.
    """
    message = PURPOSE + (one_spelling(pupil) or pupil).encode()
    number = int.from_bytes(hmac.digest(key, message, hashlib.sha256))
    number, first = divmod(number, len(LETTERS))
    code = LETTERS[first]
    while len(code) < length:
        number, sign = divmod(number, len(SIGNS))
        code += SIGNS[sign]
    return code


def codes_of(pupils: Iterable[str], key: bytes) -> dict[str, str]:
    """Pupil as written -> code. Other pupils have other codes: those that would share one get longer codes."""
    spelled: dict[str, list[str]] = {}
    for pupil in pupils:
        spelled.setdefault(one_spelling(pupil) or pupil, []).append(pupil)
    found: dict[str, str] = {}
    length = CODE_LENGTH
    while len(found) < len(spelled):
        codes = {name: code_of(name, key, length) for name in spelled if name not in found}
        times = Counter(codes.values())
        found |= {name: code for name, code in codes.items() if times[code] == 1}
        length += 2
    return {pupil: found[name] for name, same in spelled.items() for pupil in same}


@dataclass(frozen=True, slots=True)
class Coded:
    """What was made: the copy, its key, and what did not come along. Holds no name."""

    file: Path
    key_file: Path
    key_made: bool
    pupils: int
    columns: tuple[str, ...]
    left_out: tuple[tuple[str, Reason], ...]
    kept: tuple[str, ...]
    """Columns that look personal and stayed: they have a role, or were asked for."""
    sheets_left_out: tuple[str, ...]
    guarded: int
    key_synchronised: bool


def pseudonymise(
    data_file: Path | str,
    study_file: Path | str | None = None,
    *,
    columns: Sequence[str] = (),
    keep: Collection[str] = (),
    key_file: Path | None = None,
    out: Path | None = None,
    pupil_heading: str,
) -> Coded:
    """Write a copy of a score file in which pupils are codes.

    The pupils stand in ``columns``, else in the column the study file names, else in the one that is proposed; a first
    name and a family name in two columns become one code, under ``pupil_heading``. With a study the copy is bound as
    the file was, and must give the same rows.

    Raises Problems with everything wrong with the file, and ``code_one_file``, ``no_pupil_to_code``,
    ``column_to_code_missing``, ``name_in_file_name``, ``name_in_cell``, ``template_exists``, ``copy_kind``,
    ``copy_differs``, ``coded_measures_otherwise``, and those of ``keys``.

    Not for: other people's names in free text; a column that is kept is kept as it stands.
    """
    data_file = Path(data_file)
    if data_file.is_dir():
        raise Problems([Problem(code="code_one_file", file=data_file.name)])
    study = None if study_file is None else load_study(study_file)
    before = None if study is None else load_data(data_file, study)
    found = read_tables(data_file, wanted_headers(study) if study is not None else tuple(columns))
    if found.problems:
        raise Problems(found.problems)
    kind = same_kind(data_file, found.tables)
    groups, used = pupil_columns(found, study, columns)
    tables = [table for table in found.tables if own_columns(table, groups)]
    if not tables:
        raise Problems([Problem(code="no_pupil_to_code", file=data_file.name)])
    tables = [_without_numbers(table, groups, used) for table in tables]
    _refuse_spellings(tables, groups, study, used)
    sheets, told = _plain(tables, groups, used, keep)
    names = {name for table in tables for own in own_columns(table, groups) for name in names_in(table, own) if name}
    trace = Trace(names)
    out = _free_place(data_file, kind, out, trace)
    _refuse_names(tables, groups, sheets, trace, keep)
    key_file = key_file or keys.key_file(study.id if study is not None else USUAL_KEY)
    key, made = keys.load_or_make(key_file, beside=out.parent)
    codes = codes_of(sorted(names), key)
    coded = [_coded(table, sheet, own_columns(table, groups), codes, pupil_heading)
             for table, sheet in zip(tables, sheets, strict=True)]  # fmt: skip
    content = written(coded, kind, data_file.name)
    if before is not None:
        _refuse_other(before, content, out, study)
    write_bytes(out, content)
    return Coded(
        file=out,
        key_file=key_file,
        key_made=made,
        pupils=len(set(codes.values())),
        columns=tuple(
            dict.fromkeys(header for table in tables for own in own_columns(table, groups) for header in own)
        ),
        left_out=told["left_out"],
        kept=told["kept"],
        sheets_left_out=tuple(t.sheet or t.file for t in found.tables if not own_columns(t, groups)),
        guarded=guarded(coded) if kind == ".csv" else 0,
        key_synchronised=synchronised(key_file),
    )


def pupil_columns(
    found: Found, study: Study | None, columns: Sequence[str] = ()
) -> tuple[list[tuple[str, ...]], frozenset[str]]:
    """The headings that hold pupils, each by itself or as the two halves of a name, and those with another role.

    Raises Problems: ``column_to_code_missing``, ``no_pupil_to_code``.
    """
    used = frozenset(wanted_headers(study)) if study is not None else frozenset()
    proposal = propose(*found.tables)
    if study is None:
        used = proposal.used | {header for headers in proposal.choices.values() for header in headers}
    halves = next((p.facts["headers"] for p in proposal.problems if p.code == "name_in_two_columns"), ())
    if columns:
        for name in columns:
            if not any(table.header(name) for table in found.tables):
                headers = list(dict.fromkeys(header for table in found.tables for header in table.columns))
                facts = {"header": name, "headers": headers}
                raise Problems([Problem(code="column_to_code_missing", file=found.name, facts=facts)])
        named = {header for name in columns for t in found.tables if (header := t.header(name))}
        both = tuple(header for header in halves if header in named) if len(halves) == 2 else ()
        both = both if len(both) == 2 else ()
        rest = [(name,) for name in columns if not any(table.header(name) in both for table in found.tables)]
        return [*([both] if both else []), *rest], used
    if study is not None and study.columns.pupil is not None:
        return [(study.columns.pupil,)], used
    if study is None and "pupil" in proposal.roles:
        return [(proposal.roles["pupil"],)], used
    if len(halves) == 2:
        return [tuple(halves)], used
    raise Problems([Problem(code="no_pupil_to_code", file=found.name)])


def own_columns(table: Table, groups: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The headings of this table for each group that it holds whole."""
    found = ([table.header(name) for name in group] for group in groups)
    return [tuple(own) for own in found if all(own)]


def names_in(table: Table, own: tuple[str, ...]) -> list[str]:
    """Per row the pupil as written; of two halves together, "" where neither is filled."""
    columns = [[as_text(cell) for cell in table.columns[header]] for header in own]
    return [" ".join(filter(None, parts)) for parts in zip(*columns, strict=True)]


def used_in(table: Table, used: Collection[str]) -> set[str]:
    """Headings of this table that have a role; a study may name a score as "sheet!heading"."""
    return {own for name in used if (own := table.header(name) or table.header(name.rpartition("!")[2]))}


def _without_numbers(table: Table, groups: Sequence[tuple[str, ...]], used: Collection[str]) -> Table:
    """Without the lines at the end of a form that hold a number and no pupil: a code would make pupils of them."""
    (first, *rest), *_ = own_columns(table, groups)
    if rest:
        return table
    others = [header for header in used_in(table, used) if header != first]
    return without_rows(table, ~only_numbered(table, first, others)) if others else table


def _refuse_spellings(
    tables: Sequence[Table], groups: Sequence[tuple[str, ...]], study: Study | None, used: Collection[str]
) -> None:
    """One pupil in two ways: after coding nobody could see it any more."""
    problems: list[Problem] = []
    for table in tables:
        header = _class_header(table, study, used)
        scope = table.columns[header].codes if header else np.zeros(len(table), dtype=np.intp)
        for own in own_columns(table, groups):
            problems += two_spellings(table, own[0], scope, Column.of(names_in(table, own)))
    if problems:
        raise Problems(problems)


def _class_header(table: Table, study: Study | None, used: Collection[str]) -> str | None:
    name = study.columns.class_ if study is not None else propose(table).roles.get("class")
    return table.header(name) if name else None


def _plain(
    tables: Sequence[Table], groups: Sequence[tuple[str, ...]], used: Collection[str], keep: Collection[str]
) -> tuple[list[Sheet], dict[str, tuple]]:
    """The tables without the columns that tell who a pupil is, and which these were."""
    sheets, left_out, kept = [], {}, {}
    for table in tables:
        pupils = {header for own in own_columns(table, groups) for header in own}
        asked = {header for name in keep if (header := table.header(name))}
        roles = used_in(table, used) | asked
        columns = {}
        for header, column in table.columns.items():
            reason = None if header in pupils else tells_who(header, column)
            if reason is None or header in roles:
                columns[header] = column
                kept |= {header: None} if reason is not None else {}
            else:
                left_out[header] = reason
        sheets.append(Sheet(table.sheet, columns))
    return sheets, {"left_out": tuple(left_out.items()), "kept": tuple(kept)}


def _refuse_names(
    tables: Sequence[Table],
    groups: Sequence[tuple[str, ...]],
    sheets: Sequence[Sheet],
    trace: Trace,
    keep: Collection[str],
) -> None:
    """A pupil's name in any cell or heading that stays, or in the name of a sheet."""
    problems = []
    for table, sheet in zip(tables, sheets, strict=True):
        passed = {header for own in own_columns(table, groups) for header in own} | set(map(table.header, keep))
        if sheet.name is not None and trace.in_text(sheet.name):
            problems.append(Problem(code="name_in_file_name"))
        for header, column in sheet.columns.items():
            if trace.in_text(header):
                problems.append(Problem(code="name_in_heading", file=table.file))
            elif header not in passed:
                rows = np.flatnonzero(column.where(lambda cell: trace.in_text(as_text(cell))))
                if rows.size:
                    facts = {"count": len(rows), "header": header}
                    problems.append(Problem(code="name_in_cell", facts=facts, **table.place(int(rows[0]), header)))
    if problems:
        raise Problems(problems)


def _coded(
    table: Table, sheet: Sheet, own: Sequence[tuple[str, ...]], codes: Mapping[str, str], pupil_heading: str
) -> Sheet:
    columns: dict[str, Column] = {}
    for header, column in sheet.columns.items():
        group = next((group for group in own if header in group), None)
        if group is None:
            columns[header] = column
        elif header == group[0]:
            name = header if len(group) == 1 else pupil_heading
            columns[name] = Column.of([codes.get(pupil, "") for pupil in names_in(table, group)])
    return replace(sheet, columns=columns)


def _free_place(data_file: Path, kind: str, out: Path | None, trace: Trace) -> Path:
    """Where the copy comes: never over another file, and never under a pupil's name."""
    if out is None:
        names: Iterator[str] = (f"{data_file.stem}-codes{n}{kind}" for n in ("", *(f"-{n}" for n in range(2, 1000))))
        out = next(path for name in names if not (path := data_file.with_name(name)).exists())
    if trace.in_text(out.stem):
        raise Problems([Problem(code="name_in_file_name", file=None)])
    with writing(out):
        if out.exists():
            raise Problems([Problem(code="template_exists", file=out.name)])
    if out.suffix.lower() != kind:
        raise Problems([Problem(code="copy_ending", file=out.name, facts={"ending": kind})])
    return out


def _refuse_other(before: Dataset, content: bytes, out: Path, study: Study) -> None:
    """The copy must mean what the file meant: the same pupils, in the same classes, with the same scores."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"copy{out.suffix}"
        copy.write_bytes(content)
        try:
            same = _same(before, load_data(copy, study))
        except Problems:
            same = False
    if not same:
        raise Problems([Problem(code="coded_measures_otherwise", file=out.name)])


def _same(before: Dataset, after: Dataset) -> bool:
    if list(before.frame.columns) != list(after.frame.columns) or before.rows != after.rows:
        return False
    if before.cluster_names != after.cluster_names:
        return False
    for name in before.frame.columns:
        first, second = before.frame[name].to_numpy(), after.frame[name].to_numpy()
        if first.dtype.kind == "f":
            if not np.allclose(first, second, rtol=1e-12, atol=0, equal_nan=True):
                return False
        elif list(first) != list(second):
            return False
    return True

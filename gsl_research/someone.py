"""Who is meant by a name or a code, and a score file without the rows of that one pupil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .copies import Sheet, same_kind, written
from .gather import wanted_headers
from .identity import as_read, shown_rows
from .problems import Problem, Problems
from .pseudonyms import code_of, names_in, own_columns, pupil_columns
from .pupils import one_spelling, without_rows
from .reading import Found, Table, as_text
from .roles import propose
from .study import Study
from .traces import Trace

UNITS = ("school", "class")
"""Within these a name stands for one pupil."""
WORKBOOK, TEXT = (".xlsx",), (".csv", ".tsv", ".txt")
"""Score files that are written again under their own name; of another kind a person makes one of these first."""

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Someone:
    """One pupil. ``rows`` holds per file and table (by its place) which rows are theirs."""

    rows: dict[tuple[Path, int], np.ndarray] = field(repr=False)
    trace: Trace
    namesake: bool
    """Another pupil has the same name: then a name in a text does not tell who is meant."""
    names: frozenset[str] = field(repr=False)
    """How the pupil is called in any of the files, and the codes for that."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it becomes: ``rows`` fewer, and ``cells`` of other rows emptied because the pupil stood there."""

    file: Path
    rows: int
    cells: int
    content: bytes = field(repr=False)


def someone_in(
    given: Sequence[tuple[Path, Found]],
    who: str,
    study: Study | None,
    secrets: Sequence[bytes],
    in_class: str | None,
    folders: Mapping[Path, Path],
) -> Someone:
    """The pupil meant by a name or code, perhaps in no row. ``folders`` says with which path each file was given.

    Raises Problems: ``pupil_ambiguous``, ``pupil_twice_in_list``.
    """
    who = who.strip()
    codes = {code_of(who, key) for key in secrets}
    rows: dict[tuple[Path, int], np.ndarray] = {}
    spelled, places, others = {who}, set(), False
    own_names = _own_names(given, study, folders)
    for file, found in given:
        groups, _ = pupil_columns(found, study)
        for at, table in enumerate(found.tables):
            meant = np.zeros(len(table), dtype=bool)
            for own in own_columns(table, groups):
                names = names_in(table, own)
                alike = {name for name in set(names) if name and who and _is(name, who, codes, secrets)}
                meant |= np.array([name in alike for name in names], dtype=bool)
                spelled |= alike
            units = _units(table, study, own_names.get((file, at), ""))
            if in_class is not None:
                inside = np.array([as_read(unit) == as_read(in_class) for _, unit in units], dtype=bool)
                others |= bool((meant & ~inside).any())
                meant &= inside
            theirs = np.flatnonzero(meant)
            places |= {units[row] for row in theirs if any(units[row])}
            _refuse_twice(file, table, theirs, units, study)
            rows[file, at] = theirs
    if len(places) > 1:
        names = sorted({" · ".join(filter(None, place)) for place in places})
        raise Problems([Problem(code="pupil_ambiguous", facts={"places": names})])
    everything = spelled | {code_of(name, key) for name in spelled for key in secrets}
    return Someone(rows, Trace(everything), others, frozenset(everything))


def _is(name: str, who: str, codes: set[str], secrets: Sequence[bytes]) -> bool:
    """Read as the same pupil, or one is the code of the other."""
    same = as_read(name) == as_read(who) or one_spelling(name) == one_spelling(who)
    return same or name in codes or any(code_of(name, key) == who.upper() for key in secrets)


def _units(table: Table, study: Study | None, own_name: str) -> list[Place]:
    """Per row the school and the class, "" where the file does not say; for a class, the name of its sheet or file."""
    roles = study.columns.mapped() if study is not None else propose(table).roles
    columns = []
    for unit, unsaid in zip(UNITS, ("", own_name), strict=True):
        header = table.header(roles[unit]) if unit in roles else None
        columns.append([as_text(cell) for cell in table.columns[header]] if header else [unsaid] * len(table))
    return list(zip(*columns, strict=True))


def _own_names(
    given: Sequence[tuple[Path, Found]], study: Study | None, folders: Mapping[Path, Path]
) -> dict[tuple[Path, int], str]:
    """What tells the sheets and files apart that hold the same columns: each may be a class of its own.

    Not of sheets that a study brings together pupil by pupil ("before!score").
    """
    if study is not None and any("!" in header for header in wanted_headers(study)):
        return {}
    found_in: dict[tuple[Path, frozenset[str]], list[tuple[Path, int, str]]] = {}
    for file, found in given:
        for at, table in enumerate(found.tables):
            name = table.sheet if len(found.tables) > 1 and table.sheet is not None else file.stem
            place = file if len(found.tables) > 1 else folders[file]
            found_in.setdefault((place, frozenset(table.columns)), []).append((file, at, name))
    return {(file, at): name for same in found_in.values() if len(same) > 1 for file, at, name in same}


def _refuse_twice(file: Path, table: Table, theirs: np.ndarray, units: Sequence[Place], study: Study | None) -> None:
    """Two rows of one class that differ may be two pupils; a row per wave, or the same row again, is one."""
    roles = study.columns.mapped() if study is not None else propose(table).roles
    wave = table.header(roles["wave"]) if "wave" in roles else None
    moments = [as_text(table.columns[wave][row]) for row in theirs] if wave else [""] * len(theirs)
    seen: dict[tuple[Place, str], int] = {}
    for row, moment in zip(theirs.tolist(), moments, strict=True):
        first = seen.setdefault((units[row], moment), row)
        if any(column[first] != column[row] for column in table.columns.values()):
            facts = {"rows": shown_rows([table.row_numbers[first], table.row_numbers[row]])}
            problem = Problem(code="pupil_twice_in_list", file=file.name, sheet=table.sheet, facts=facts)
            raise Problems([problem])


def change_in(file: Path, found: Found, person: Someone) -> Change | None:
    """The file without the rows of this pupil; None where there is nothing of the pupil in it.

    Only the table comes along: titles, totals and hidden sheets told about the pupil too. Raises Problems:
    ``forget_kind``, ``only_pupil``, ``name_in_heading``, ``name_remains``.
    """
    rows = [person.rows[file, at] for at in range(len(found.tables))]
    return _without(file, found, rows, person)


def rows_with_trace(file: Path, found: Found, person: Someone) -> Change | None:
    """The same for a file of which nobody said where pupils stand: every row with the pupil in any cell."""
    rows = []
    for table in found.tables:
        hit = np.zeros(len(table), dtype=bool)
        for column in table.columns.values():
            hit |= column.where(lambda cell: person.trace.in_text(as_text(cell)))
        rows.append(np.flatnonzero(hit))
    return _without(file, found, rows, person)


def _without(file: Path, found: Found, rows: Sequence[np.ndarray], person: Someone) -> Change | None:
    searched = Trace(()) if person.namesake else person.trace
    if not any(len(one) for one in rows) and not searched.within(file.read_bytes()):
        return None
    kind = same_kind(file, found.tables)
    if file.suffix.lower() not in (TEXT if kind == ".csv" else WORKBOOK):
        raise Problems([Problem(code="forget_kind", file=file.name)])
    sheets, cells = [], 0
    for table, theirs in zip(found.tables, rows, strict=True):
        keep = np.ones(len(table), dtype=bool)
        keep[theirs] = False
        if not keep.any():
            raise Problems([Problem(code="only_pupil", file=file.name, sheet=table.sheet)])
        rest = without_rows(table, keep)
        if any(map(searched.in_text, [table.sheet or "", *rest.columns])):
            raise Problems([Problem(code="name_in_heading", file=file.name)])
        emptied = {}
        for header, column in rest.columns.items():
            cells += int(column.where(lambda cell: searched.in_text(as_text(cell))).sum())
            emptied[header] = column.map(lambda cell: "" if searched.in_text(as_text(cell)) else cell)
        sheets.append(Sheet(table.sheet, emptied))
    content = written(sheets, kind, file.name)
    if searched.within(content):
        raise Problems([Problem(code="name_remains", file=file.name)])
    return Change(file, sum(map(len, rows)), cells, content)

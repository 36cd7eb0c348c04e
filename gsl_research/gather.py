"""Which sheets and files together are the one table a study asks for.

Sheets or files with the same columns stand one under the other; a test before and a test after on two sheets are
joined pupil by pupil. Whatever could be meant in two ways is an error that names the candidates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from .problems import Problem, Problems, Term
from .reading import Column, Found, Piece, Skipped, Table, as_text, fold_header
from .reading.grid import joined
from .study import Stepped, Study

SHEET_NAMES = ("blad", "sheet")
FILE_NAMES = ("bestand", "file")
"""Headings a study file may give a role when the name of the sheet or file is what tells it: class = "blad"."""
SHOWN = 5
"""Rows or names in one message; of the rest, the count (policy)."""
LEAST_MATCHED = 0.5
"""Two sheets of which fewer pupils than this share match are not two tests of one group (policy)."""
MOST_POINTS = 100
"""A column of larger numbers on a sheet that nobody asks for holds no scores (policy)."""
KEYS = ("school", "class", "pupil")

_CLASS_NAME = re.compile(r"(?:klas|class|kl\.?)?\s*\d{1,2}\s*[-.]?\s*[a-z]{0,4}\d?", re.IGNORECASE)


def wanted_headers(study: Study) -> tuple[str, ...]:
    """Every heading the study file names."""
    headers = [*study.columns.mapped().values(), *_score_headers(study)]
    headers += [subgroup.column for subgroup in study.subgroups]
    headers += [study.design.start_column] if isinstance(study.design, Stepped) else []
    return tuple(dict.fromkeys(headers))


def _score_headers(study: Study) -> tuple[str, ...]:
    return tuple(header for outcome in study.outcomes for _, header in outcome.headings)


def one_table(study: Study, found: Found) -> Table:
    """The table the study asks for.

    Raises Problems: ``several_tables``, ``table_incomplete``, ``class_in_two_places``, ``pupils_in_two_places``,
    ``joined_twice``, ``joined_poorly``, ``joined_conflict``. What is missing from a single table is for ``bind``.
    """
    tables = [_with_names(study, table, found) for table in found.tables]
    wanted = wanted_headers(study)
    complete = [table for table in tables if all(table.header(name) for name in wanted)]
    if len(tables) == 1:
        return replace(tables[0], skipped=(*found.skipped, *tables[0].skipped))
    others = [table for table in tables if not any(table is one for one in complete)]
    if not complete:
        chosen = _joined(study, tables, found)
    else:
        if incomplete := [problem for table in others for problem in _incomplete(study, table, complete, found)]:
            raise Problems(incomplete)
        chosen = complete[0] if len(complete) == 1 else _stacked(study, complete, found)
        chosen = replace(chosen, skipped=(*chosen.skipped, *(_other(table) for table in others)))
    return replace(chosen, skipped=(*found.skipped, *chosen.skipped))


def _other(table: Table) -> Skipped:
    return Skipped(table.sheet, (), "other_sheet", file=table.file)


def _where(table: Table, found: Found) -> str:
    """What a table is called in a message: its sheet, or in a folder its file, with the sheet when there are more."""
    files = [one.file for one in found.tables]
    if len(set(files)) == 1:
        return table.sheet or table.file
    return table.file if files.count(table.file) == 1 or table.sheet is None else f"{table.file} · {table.sheet}"


def _own_name(table: Table, found: Found) -> str:
    """The name a person gave it: that of its sheet, or of its file when every file has one table."""
    files = [one.file for one in found.tables]
    own_file = len(set(files)) > 1 and files.count(table.file) == 1
    return (PurePath(table.file).stem if own_file or table.sheet is None else table.sheet).strip()


def _with_names(study: Study, table: Table, found: Found) -> Table:
    """The table with a column for each role that the name of its sheet or file tells."""
    columns, warnings = dict(table.columns), list(table.warnings)
    own_name = _own_name(table, found)
    for role, header in study.columns.mapped().items():
        if table.header(header):
            continue
        name = None
        if fold_header(header) in SHEET_NAMES:
            name = table.sheet
        elif fold_header(header) in FILE_NAMES:
            name = PurePath(table.file).stem
        elif role == "class" and len(found.tables) > 1 and _CLASS_NAME.fullmatch(own_name):
            name = own_name
            facts = {"header": header, "name": name}
            warnings.append(
                Problem(code="class_from_name", severity="warning", file=table.file, sheet=table.sheet, facts=facts)
            )
        if name:
            columns[header] = Column((name,), np.zeros(len(table), dtype=np.intp))
    return replace(table, columns=columns, warnings=tuple(warnings))


def _incomplete(study: Study, table: Table, complete: Sequence[Table], found: Found) -> list[Problem]:
    """Why a table beside complete ones may not be passed over: it is a file of the set, or it holds scores."""
    missing = [name for name in wanted_headers(study) if not table.header(name)]
    of_folder = table.file != found.name
    holds_scores = any(table.header(name) for name in _score_headers(study))
    if not (of_folder or holds_scores or _holds_others(study, table, complete)):
        return []
    return [Problem(code="table_incomplete", file=table.file, sheet=table.sheet, facts={"headers": missing})]


def _holds_others(study: Study, table: Table, complete: Sequence[Table]) -> bool:
    """Whether a table has classes, or without those pupils, that no complete one has, and numbers like scores."""
    roles = study.columns.mapped()
    role = next((role for role in ("class", "pupil") if role in roles and table.header(roles[role])), None)
    if role is None:
        return False
    known = {key for one in complete for key in _keys(study, one, (role,))}
    others = {key for key in _keys(study, table, (role,)) if key[0]} - known
    own = {table.header(name) for name in roles.values()}
    return bool(others) and any(_like_scores(column) for header, column in table.columns.items() if header not in own)


def _like_scores(column: Column) -> bool:
    """Mostly numbers of at most 100: no postcode, year or telephone number."""
    cells = [as_text(cell).replace(",", ".") for cell in column if cell != ""]
    numbers = [float(cell) for cell in cells if re.fullmatch(r"\d{1,3}(?:\.\d+)?", cell)]
    return bool(cells) and 2 * sum(number <= MOST_POINTS for number in numbers) > len(cells)


def _stacked(study: Study, tables: Sequence[Table], found: Found) -> Table:
    """The tables one under the other; a class, or without classes a pupil, may stand in one of them only."""
    roles = study.columns.mapped()
    if not {"class", "pupil"} & roles.keys():
        raise Problems([_several(tables, found)])
    code = "class_in_two_places" if "class" in roles else "pupils_in_two_places"
    unit = ("school", "class") if "class" in roles else KEYS
    seen: dict[tuple[str, ...], Table] = {}
    problems = []
    for table in tables:
        for key in dict.fromkeys(_keys(study, table, unit)):
            if not key[-1]:
                continue
            first = seen.setdefault(key, table)
            if first is not table:
                facts = {
                    "first": _where(first, found),
                    "second": _where(table, found),
                    "name": key[-1] if "class" in roles else "",
                }
                problems.append(Problem(code=code, file=table.file, sheet=table.sheet, facts=facts))
                if "class" not in roles:
                    break
    if problems:
        raise Problems(problems)
    return _under_each_other(tables, found)


def _keys(study: Study, table: Table, roles: Sequence[str]) -> list[tuple[str, ...]]:
    headers = [table.header(name) for role, name in study.columns.mapped().items() if role in roles]
    return list(zip(*([as_text(cell) for cell in table.columns[header]] for header in headers), strict=True))


def _under_each_other(tables: Sequence[Table], found: Found) -> Table:
    first, *rest = tables
    shared = {header: [t.header(header) for t in tables] for header in first.columns}
    shared = {header: names for header, names in shared.items() if all(names)}
    columns = {
        header: joined([table.columns[name] for table, name in zip(tables, names, strict=True)])
        for header, names in shared.items()
    }
    pieces, merged, start = [], {}, 0
    for place, table in enumerate(tables):
        renamed = {names[place]: header for header, names in shared.items()}
        piece = _renamed(table, renamed)
        pieces.append(Piece(piece, np.arange(start, start + len(table))))
        for header, rows in piece.merged.items():
            merged[header] = merged.get(header, frozenset()) | {start + row for row in rows}
        start += len(table)
    facts = {"places": [_where(table, found) for table in tables]}
    together = Problem(code="read_together", severity="warning", file=found.name, facts=facts)
    return Table(
        file=found.name,
        sheet=None,
        columns=columns,
        row_numbers=[row for table in tables for row in table.row_numbers],
        skipped=tuple(skipped for table in tables for skipped in table.skipped),
        sha256=found.sha256,
        merged=merged,
        warnings=(together, *(warning for table in tables for warning in table.warnings)),
        pieces=tuple(pieces),
    )


def _renamed(table: Table, names: dict[str, str]) -> Table:
    def of(mapping):
        return {names[header]: value for header, value in mapping.items() if header in names}

    return replace(
        table,
        columns=of(table.columns),
        aliases={},
        maxima=of(table.maxima),
        merged=of(table.merged),
        missing=of(table.missing),
    )


def _several(tables: Sequence[Table], found: Found) -> Problem:
    return Problem(code="several_tables", file=found.name, facts={"sheets": [_where(table, found) for table in tables]})


def _joined(study: Study, tables: Sequence[Table], found: Found) -> Table:
    """Tests on two or more sheets or files, each score column in one of them, brought together pupil by pupil."""
    roles = study.columns.mapped()
    scores = _score_headers(study)
    holders = {name: [table for table in tables if _score_column(table, name, found)] for name in scores}
    used = [table for table in tables if any(table in held for held in holders.values())]
    once = all(len(held) == 1 for held in holders.values())
    keyed = "pupil" in roles and all(table.header(roles["pupil"]) for table in used)
    lacking = [name for name in roles.values() if not any(table.header(name) for table in used)]
    if lacking and keyed:
        lists = [t for t in tables if t not in used and all(t.header(name) for name in (roles["pupil"], *lacking))]
        used, lacking = (used + lists, []) if len(lists) == 1 else (used, lacking)
    if not (once and keyed and len(used) > 1) or lacking:
        return _nearest(study, tables, found)
    keys = [role for role in KEYS if role in roles and all(table.header(roles[role]) for table in used)]
    return _outer_join(study, used, [table for table in tables if table not in used], keys, holders, found)


def _score_column(table: Table, name: str, found: Found) -> str | None:
    """The column of a score: by its heading, or as "Blad!kolom"."""
    if own := table.header(name):
        return own
    sheet, mark, heading = name.rpartition("!")
    return table.header(heading) if mark and fold_header(sheet) == fold_header(_own_name(table, found)) else None


def _nearest(study: Study, tables: Sequence[Table], found: Found) -> Table:
    """The table that holds most of what is asked: ``bind`` then says what it lacks. Raises when that is unclear."""
    missing = [[name for name in wanted_headers(study) if not table.header(name)] for table in tables]
    fewest = min(map(len, missing))
    best = [table for table, names in zip(tables, missing, strict=True) if len(names) == fewest]
    alike = len({frozenset(map(fold_header, table.columns)) for table in best}) == 1
    in_class_column = study.columns.class_
    if alike and len(best) > 1 and missing[tables.index(best[0])] == [in_class_column]:
        facts = {"header": in_class_column, "names": [_where(table, found) for table in best]}
        raise Problems([Problem(code="class_only_in_name", file=found.name, facts=facts)])
    if not alike or fewest == len(wanted_headers(study)):
        raise Problems([_several(tables, found)])
    others = [_other(table) for table in tables if table is not best[0]]
    return replace(best[0], skipped=(*best[0].skipped, *others))


def _outer_join(
    study: Study,
    used: Sequence[Table],
    others: Sequence[Table],
    keys: Sequence[str],
    holders: dict[str, list[Table]],
    found: Found,
) -> Table:
    roles = study.columns.mapped()
    positions: dict[tuple[str, ...], int] = {}
    pieces: list[Piece] = []
    problems: list[Problem] = []
    for table in used:
        own: dict[tuple[str, ...], int] = {}
        at = np.empty(len(table), dtype=np.intp)
        for row, key in enumerate(_keys(study, table, keys)):
            if key in own:
                facts = {"rows": [table.row_numbers[own[key]], table.row_numbers[row]]}
                problems.append(
                    Problem(code="joined_twice", file=table.file, sheet=table.sheet, row=facts["rows"][1], facts=facts)
                )
            own[key] = row
            at[row] = positions.setdefault(key, len(positions))
        pieces.append(Piece(table, at))
    if problems:
        raise Problems(problems)

    everywhere = np.bincount(np.concatenate([piece.positions for piece in pieces]), minlength=len(positions))
    matched = everywhere == len(pieces)
    names = [_where(table, found) for table in used]
    if matched.mean() < LEAST_MATCHED:
        facts = {"places": names, "matched": int(matched.sum()), "pupils": len(positions)}
        raise Problems([Problem(code="joined_poorly", file=found.name, facts=facts)])

    columns: dict[str, Column] = {}
    named: list[dict[str, str]] = [{} for _ in used]
    for name, held in holders.items():
        place = next(i for i, table in enumerate(used) if table is held[0])
        header = _score_column(held[0], name, found)
        named[place][header] = name
        columns[name] = _spread(pieces[place], header, len(positions))
    for role, name in roles.items():
        column, found_problems = _agreed(role, name, pieces, len(positions))
        columns[name] = column
        problems += found_problems
        for place, table in enumerate(used):
            if header := table.header(name):
                named[place][header] = name
    for subgroup in study.subgroups:
        for place, piece in enumerate(pieces):
            if (header := piece.table.header(subgroup.column)) and subgroup.column not in columns:
                columns[subgroup.column] = _spread(piece, header, len(positions))
                named[place][header] = subgroup.column
    if problems:
        raise Problems(problems)
    renamed = [Piece(_renamed(p.table, names_of), p.positions) for p, names_of in zip(pieces, named, strict=True)]
    warnings = [Problem(code="joined", severity="warning", file=found.name, facts={"places": names})]
    warnings += [_unmatched(piece, matched, names) for piece in pieces if not matched[piece.positions].all()]
    return Table(
        file=found.name,
        sheet=None,
        columns=columns,
        row_numbers=_first_rows(pieces, len(positions)),
        skipped=(*(s for table in used for s in table.skipped), *(_other(table) for table in others)),
        sha256=found.sha256,
        warnings=(*warnings, *(warning for table in used for warning in table.warnings)),
        pieces=tuple(renamed),
    )


def _spread(piece: Piece, header: str, rows: int) -> Column:
    """A column of a piece on the rows of the whole; blank where the piece has no row."""
    cells: list = [""] * rows
    for position, cell in zip(piece.positions, piece.table.columns[header], strict=True):
        cells[position] = cell
    return Column.of(cells)


def _agreed(role: str, name: str, pieces: Sequence[Piece], rows: int) -> tuple[Column, list[Problem]]:
    """A role's column from every piece that has it; a pupil in two of them must be in the same group or class."""
    cells: list = [""] * rows
    problems = []
    for piece in pieces:
        header = piece.table.header(name)
        if header is None:
            continue
        for row, (position, cell) in enumerate(zip(piece.positions, piece.table.columns[header], strict=True)):
            if cells[position] == "":
                cells[position] = cell
            elif cell != "" and as_text(cell) != as_text(cells[position]):
                place = {"file": piece.table.file, "sheet": piece.table.sheet, "row": piece.table.row_numbers[row]}
                facts = {"role": Term(f"role.{role}")}
                problems.append(Problem(code="joined_conflict", column=header, facts=facts, **place))
    return Column.of(cells), problems


def _unmatched(piece: Piece, matched: np.ndarray, names: Sequence[str]) -> Problem:
    rows = [piece.table.row_numbers[int(at)] for at in np.flatnonzero(~matched[piece.positions])]
    facts = {"rows": rows[:SHOWN], "count": len(rows), "places": list(names)}
    return Problem(
        code="joined_unmatched", severity="warning", file=piece.table.file, sheet=piece.table.sheet, row=rows[0],
        facts=facts,
    )  # fmt: skip


def _first_rows(pieces: Sequence[Piece], rows: int) -> list[int]:
    numbers = [0] * rows
    for piece in reversed(pieces):
        for position, number in zip(piece.positions, piece.table.row_numbers, strict=True):
            numbers[position] = number
    return numbers

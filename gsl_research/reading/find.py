"""From a sheet to the tables on it: the header, the pupils' rows, what stands around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..problems import Problem, Problems, errors
from .grid import Cell, Column, Grid, Skipped, as_text, column_letter
from .header import SEARCHED, Header, asked_for, filled_cells, find_header, is_a_pupil, is_name
from .headings import fold_header
from .rows import pupils_rows
from .table import Table
from .words import file_words

FEWEST_NAMES = 3
"""Fewer names than this are codes of groups or classes, no list of pupils (policy)."""
SHOWN = 5
"""Rows or columns named in one message; of the rest, the count (policy)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The file a grid came from."""

    file: str
    sha256: str
    aliases: Mapping[str, str]
    missing: Mapping[str, Sequence[str]]


def find_tables(grid: Grid, origin: Origin, wanted: Collection[str]) -> list[Table]:
    """Every table on a sheet: one, or several side by side under the same names.

    Raises Problems: ``no_table``, ``transposed``, ``header_not_found``, ``no_rows``, ``header_twice``,
    ``formula_without_value``, ``lists_side_by_side``, and those the reader left on the sheet.
    """
    filled = filled_cells(grid.columns)
    for row, at in grid.uncached:
        filled[row : row + 1, at : at + 1] = True
    if blocking := errors(grid.warnings):
        raise Problems(_at(blocking, grid, origin))
    header = find_header(grid, filled, wanted)
    if _is_transposed(grid, header, wanted):
        raise Problems(_at([Problem(code="transposed")], grid, origin))
    if header is None:
        rows = np.flatnonzero(filled.any(axis=1))
        raise Problems(_at([Problem(code="no_rows" if len(rows) == 1 else "no_table")], grid, origin))
    if not asked_for(header, wanted) and is_a_pupil(grid, filled, header):
        raise Problems(_at([Problem(code="header_not_found", row=grid.numbers[header.rows[-1]])], grid, origin))
    try:
        parts = _side_by_side(grid, filled, header, {fold_header(name) for name in wanted})
    except Problems as raised:
        raise Problems(_at(raised.problems, grid, origin)) from None
    return [_table(grid, filled, part, core, origin, wanted, beside, header) for part, core, beside in parts]


def _is_transposed(grid: Grid, header: Header | None, wanted: Collection[str]) -> bool:
    """Whether what should be headings stands below each other in one column: names the study asks for, or role words.

    Without a study: every cell of the first column but the first is a word that heads columns in schools.
    """
    folded = {fold_header(name) for name in wanted} - {""}
    if header and asked_for(header, wanted):
        return False
    below = [[fold_header(as_text(cell)) for cell in column if cell != ""] for column in map(_beginning, grid.columns)]
    if len(folded) > 1 and any(len(folded & set(names)) > 1 for names in below[:SHOWN]):
        return True
    first = next((names for names in below if names), [])[1:]
    if len(first) < 2 or len(set(first)) < len(first) or len(grid.columns) <= len(first):
        return False
    return all(any(name.startswith(word) for word in file_words("row_headings")) for name in first)


def _beginning(column: Column) -> list[Cell]:
    return column[:SEARCHED]


def _at(problems: Collection[Problem], grid: Grid, origin: Origin) -> list[Problem]:
    return [replace(problem, file=origin.file, sheet=grid.sheet) for problem in problems]


def _side_by_side(
    grid: Grid, filled: np.ndarray, header: Header, wanted: Collection[str]
) -> list[tuple[Header, list[int], list[int]]]:
    """The header's columns as one table, or as several when blocks between blank columns repeat their names.

    Each part has its header, its core columns, and the named columns that only stand beside it: fewer than half as
    full, or going on below the pupils.
    """
    blocks: list[list[int]] = []
    for at in np.flatnonzero(filled.any(axis=0)):
        if not blocks or at - 1 != blocks[-1][-1]:
            blocks.append([])
        blocks[-1].append(int(at))
    named = [block for block in ([at for at in block if at in header.names] for block in blocks) if block]
    shared = {position for places in header.twice.values() for position in places}
    repeating = [block for block in named if len(block) > 1 and set(block) <= shared]
    if len(repeating) > 1 and len({tuple(header.names[at] for at in block) for block in repeating}) == 1:
        return [(_only(header, block), block, []) for block in repeating]

    below = filled[header.end + 1 :]
    asked = [sum(fold_header(header.names[at]) in wanted for at in block) for block in named]
    size = [int(below[:, block].sum()) for block in named]
    main = max(range(len(named)), key=lambda place: (asked[place], size[place]))
    apart = [block for place, block in enumerate(named) if asked[place] and place != main]
    if letters := _other_lists(grid, header, named[main], apart):
        raise Problems([Problem(code="lists_side_by_side", facts={"letters": letters})])
    rows = [below[:, block].any(axis=1) for block in named]
    core = [
        at
        for place, block in enumerate(named)
        if asked[place]
        or place == main
        or (2 * rows[place].sum() >= rows[main].sum() and not (rows[place] & ~rows[main]).any())
        for at in block
    ]
    return [(header, core, [at for block in named for at in block if at not in core])]


def _other_lists(grid: Grid, header: Header, main: Sequence[int], apart: Sequence[Sequence[int]]) -> list[str]:
    """Columns of a block apart that list the same names as one of the table, but not row by row.

    Their rows are other pupils: what stands beside a name there does not belong to the name in the table.
    """

    def names(at: int) -> list[Cell]:
        return grid.columns[at][header.end + 1 :]

    found = []
    for at in (at for block in apart for at in block):
        own = {cell for cell in names(at) if is_name(cell)}
        for other in main if len(own) >= FEWEST_NAMES else ():
            shared = own & {cell for cell in names(other) if is_name(cell)}
            if 2 * len(shared) > len(own) and names(at) != names(other):
                found.append(column_letter(at))
                break
    return found


def _only(header: Header, block: Sequence[int]) -> Header:
    names = {at: header.names[at] for at in block}
    return replace(header, names=names, twice={})


def _table(
    grid: Grid,
    filled: np.ndarray,
    header: Header,
    core: list[int],
    origin: Origin,
    wanted: Collection[str],
    beside: list[int],
    whole: Header,
) -> Table:
    body = pupils_rows(grid, filled, header, core)
    if not len(body.rows):
        raise Problems(_at([Problem(code="no_rows", row=grid.numbers[header.rows[-1]])], grid, origin))
    folded = {fold_header(name) for name in wanted}
    if doubled := _doubled(grid, header, folded):
        raise Problems(_at(doubled, grid, origin))
    if formulas := _not_calculated(grid, header, core, body.rows, folded):
        raise Problems(_at([formulas], grid, origin))
    kept = [at for at in header.names if at in core and header.names[at] not in header.twice]
    columns, merged = {}, {}
    for at in kept:
        column, from_merge = _unmerged(grid, at, header.end)
        name = header.names[at]
        columns[name] = column.take(body.rows)
        if from_merge:
            merged[name] = frozenset(np.flatnonzero(np.isin(body.rows, list(from_merge))).tolist())
    warnings = [*grid.warnings, *body.warnings, *_hidden(grid, header, kept, body.rows)]
    warnings += _nameless(grid, filled, whole, body.rows)
    warnings += [replace(problem, severity="warning") for problem in _doubled(grid, header, None)]
    return Table(
        file=origin.file,
        sheet=grid.sheet,
        columns=columns,
        row_numbers=np.asarray(grid.numbers)[body.rows].tolist(),
        skipped=(*grid.skipped, *body.skipped, *_left_beside(grid, header, kept, beside)),
        sha256=origin.sha256,
        aliases={a: n for a, n in {**header.aliases, **origin.aliases}.items() if n in columns and a not in columns},
        maxima={name: top for name, top in header.maxima.items() if name in columns},
        merged=merged,
        missing={name: tuple(words) for name, words in origin.missing.items() if name in columns},
        warnings=tuple(_at(warnings, grid, origin)),
    )


def _left_beside(grid: Grid, header: Header, kept: Sequence[int], beside: Sequence[int]) -> tuple[Skipped, ...]:
    names = tuple(header.names[at] for at in beside if at not in kept)
    return (Skipped(grid.sheet, (), "beside_columns", names),) if names else ()


def _not_calculated(
    grid: Grid, header: Header, core: Sequence[int], rows: np.ndarray, folded: set[str]
) -> Problem | None:
    """Formulas without a value in the pupils' rows, in a column the study asks for (in any, without a study)."""
    if not grid.uncached:
        return None
    own = {*rows.tolist(), *header.rows}
    asked = [at for at in core if not folded or at not in header.names or fold_header(header.names[at]) in folded]
    cells = [(row, at) for row, at in grid.uncached if row in own and at in asked]
    if not cells:
        return None
    row, at = cells[0]
    facts = {"cell": f"{column_letter(at)}{grid.numbers[row]}", "count": len(cells)}
    return Problem(code="formula_without_value", row=grid.numbers[row], facts=facts)


def _doubled(grid: Grid, header: Header, folded: set[str] | None) -> list[Problem]:
    """Names above more than one column; only those the study asks for, when ``folded`` is given."""
    row = grid.numbers[header.rows[-1]]
    return [
        Problem(code="header_twice", row=row, value=name, facts={"letters": [column_letter(at) for at in places]})
        for name, places in header.twice.items()
        if folded is None or fold_header(name) in folded
    ]


def _unmerged(grid: Grid, at: int, end: int) -> tuple[Column, set[int]]:
    """The column with every cell of a merged range filled in, and the rows that got their cell that way."""
    ranges = [m for m in grid.merges if m.left <= at <= m.right and m.bottom > end]
    if not ranges:
        return grid.columns[at], set()
    cells = list(grid.columns[at])
    filled_in = set()
    for merge in ranges:
        for row in range(max(merge.top, end + 1), min(merge.bottom, len(cells) - 1) + 1):
            if (row, at) != (merge.top, merge.left):
                cells[row] = grid.columns[merge.left][merge.top]
                filled_in.add(row)
    return Column.of(cells), filled_in


def _hidden(grid: Grid, header: Header, kept: Sequence[int], rows: np.ndarray) -> list[Problem]:
    problems = []
    hidden = [grid.numbers[row] for row in sorted(grid.hidden_rows & set(rows.tolist()))] if grid.hidden_rows else []
    if hidden:
        facts = {"rows": hidden[:SHOWN], "count": len(hidden)}
        problems.append(Problem(code="hidden_rows", severity="warning", row=hidden[0], facts=facts))
    columns = [header.names[at] for at in kept if at in grid.hidden_columns]
    if columns:
        facts = {"headers": columns[:SHOWN], "count": len(columns)}
        problems.append(Problem(code="hidden_columns", severity="warning", facts=facts))
    return problems


def _nameless(grid: Grid, filled: np.ndarray, header: Header, rows: np.ndarray) -> list[Problem]:
    """Columns as full as a table's, without a name: they are not read."""
    letters = [
        column_letter(int(at))
        for at in np.flatnonzero(2 * filled[rows].sum(axis=0) >= len(rows))
        if int(at) not in header.names
    ]
    row = grid.numbers[header.rows[-1]]
    return [Problem(code="header_missing", severity="warning", row=row, facts={"letter": letter}) for letter in letters]

"""Which row names the columns, and what every column is called: titles above, two levels, maxima, repeats."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from .grid import Cell, Column, DateCell, Grid, as_text
from .headings import fold_header, heading_maximum, unit_cell
from .words import file_words

SEARCHED = 60
"""Rows with content in which a header is looked for (policy: a longer preface is no school export)."""
LOOKED_AHEAD = 30
"""Rows below a header that tell whether its columns are filled (policy)."""

_DAY = re.compile(r"(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:\d\d){1,2})?")
_NUMBER_LIKE = re.compile(r"[+-]?\d+([.,]\d+)*\s*%?|\d+\s*/\s*\d+")


@dataclass(frozen=True)
class Header:
    """The named columns of a table.

    ``rows`` are the positions of the header's own rows, ``units`` of a row with maxima below it. ``names`` is
    column position -> name; ``twice`` holds names that stand above more than one column: name -> positions.
    """

    rows: tuple[int, ...]
    names: dict[int, str]
    aliases: dict[str, str] = field(default_factory=dict)
    maxima: dict[str, float] = field(default_factory=dict)
    twice: dict[str, tuple[int, ...]] = field(default_factory=dict)
    units: int | None = None

    @property
    def end(self) -> int:
        return max(*self.rows, self.units if self.units is not None else -1)


def find_header(grid: Grid, filled: np.ndarray, wanted: Collection[str]) -> Header | None:
    """The header of a grid, or None: no row names the columns below it.

    ``filled`` is (rows, columns) bool. ``wanted`` are headings the study file names: the row that holds most of them
    is the header. Without them it is the first row with the most names above filled columns.
    """
    used = np.flatnonzero(filled.any(axis=1))
    rows = used[:SEARCHED]
    if not len(rows):
        return None
    wanted = {fold_header(name) for name in wanted} - {""}
    hits = [len(wanted & {fold_header(name) for name in _names_in(grid, row)}) for row in rows]
    enough = min(2, len(wanted))
    if wanted and max(hits) >= enough:
        return _named(grid, filled, int(rows[int(np.argmax(hits))]), wanted)
    scores = [
        _names_above_filled(grid, filled[used[place + 1 : place + 1 + LOOKED_AHEAD]], row)
        for place, row in enumerate(rows)
        if row != used[-1]
    ]
    least = min(2, int(filled.any(axis=0).sum()))
    if not scores or max(scores) < least or least == 1 and not _holds_numbers(grid):
        return None
    return _named(grid, filled, int(rows[int(np.argmax(scores))]), wanted)


def _holds_numbers(grid: Grid) -> bool:
    cells = {cell for column in grid.columns for cell in column.distinct}
    return any(isinstance(cell, float) or _NUMBER_LIKE.fullmatch(cell) for cell in cells)


def is_name(cell: Cell) -> bool:
    """Text that can head a column: no number, date or missing word ("na" is also Dutch for after)."""
    return (
        isinstance(cell, str)
        and not isinstance(cell, DateCell)
        and cell != ""
        and not _NUMBER_LIKE.fullmatch(cell)
        and (cell.casefold() == "na" or cell.casefold() not in file_words("missing"))
    )


def _names_in(grid: Grid, row: int) -> list[str]:
    return [as_text(cell) for column in grid.columns if (cell := column[row]) != ""]


def _names_above_filled(grid: Grid, below: np.ndarray, row: int) -> int:
    used = np.flatnonzero(below.sum(axis=0) >= min(2, below.sum(axis=0).max()))
    cells = [(at, cell) for at in used if (cell := grid.columns[at][row]) != ""]
    named = [is_name(cell) or _dates_a_test(cell, grid.columns[at]) for at, cell in cells]
    names = sum(named)
    numbered = [as_text(cell) for (_, cell), is_named in zip(cells, named, strict=True) if not is_named]
    return names + (len(numbered) if names and numbered and _counts_up(numbered) else 0)


def asked_for(header: Header, wanted: Collection[str]) -> bool:
    """Whether the header holds names the study file gives: two of them, or its only one."""
    folded = {fold_header(name) for name in wanted} - {""}
    held = folded & {fold_header(name) for name in (*header.names.values(), *header.aliases)}
    return bool(folded) and len(held) >= min(2, len(folded))


def is_a_pupil(grid: Grid, filled: np.ndarray, header: Header) -> bool:
    """Whether the row taken for a header is a pupil's: scores, words for none, codes that stand below it again."""
    row = header.rows[-1]
    cells = [(at, column[row]) for at, column in enumerate(grid.columns) if filled[row, at]]
    odd = [as_text(cell) for at, cell in cells if not is_name(cell) and not _dates_a_test(cell, grid.columns[at])]
    return bool(odd) and not _counts_up(odd) or _stands_again_below(grid, filled, row)


def _dates_a_test(cell: Cell, column: Column) -> bool:
    """A day as heading, above cells that are no days: "12/09"."""
    return is_day(cell) and sum(map(is_day, column.distinct)) == 1 and column.equal(cell).sum() == 1


def is_day(cell: Cell) -> bool:
    return isinstance(cell, DateCell) or isinstance(cell, str) and bool(_DAY.fullmatch(cell))


def _stands_again_below(grid: Grid, filled: np.ndarray, row: int) -> bool:
    """Whether a name in this row is a cell of its own column further down, the rows that repeat it whole apart."""
    again = _equal_rows(grid, filled, row)
    for at in np.flatnonzero(filled[row]):
        cell = grid.columns[at][row]
        if is_name(cell):
            same = grid.columns[at].equal(cell)
            same[: row + 1] = False
            if (same & ~again).any():
                return True
    return False


def _counts_up(texts: Sequence[str]) -> bool:
    """Numbers that name columns: items 1, 2, 3 or the years 2025, 2026."""
    return (
        all(text.isdecimal() for text in texts)
        and all(int(after) == int(before) + 1 for before, after in zip(texts, texts[1:], strict=False))
        and (len(texts) > 1 or len(texts[0]) == 4)
    )


def _equal_rows(grid: Grid, filled: np.ndarray, row: int) -> np.ndarray:
    """(rows,) bool: the rows that repeat this one, in the same or in other capitals."""
    same = np.ones(len(filled), dtype=bool)
    for at in np.flatnonzero(filled[row]):
        column, text = grid.columns[at], as_text(grid.columns[at][row])
        alike = column.codes == column.codes[row]
        for variant in {text.upper(), text.lower(), text.capitalize(), text.title()} - {text}:
            alike = alike | column.equal(variant)
        same &= alike
    return same


def repeats(grid: Grid, filled: np.ndarray, header: Header) -> np.ndarray:
    """(rows,) bool: the rows below that repeat the header, or one of its levels."""
    found = np.zeros(len(filled), dtype=bool)
    for row in header.rows:
        if filled[row].sum() > 1 or len(grid.columns) == 1:
            found |= _equal_rows(grid, filled, row)
    found[: header.end + 1] = False
    return found


def _named(grid: Grid, filled: np.ndarray, row: int, wanted: Collection[str]) -> Header:
    """Names from one row, or from two levels, and the maxima they or the row below tell."""
    if row and filled[row - 1].any() and _is_lower_level(grid, filled, row - 1, wanted):
        row -= 1
    texts = _texts(grid, row)
    below, above = row + 1, row - 1
    if below < len(filled) and _is_lower_level(grid, filled, row, wanted):
        lower = _texts(grid, below)
        upper = _spread(grid, texts, row, over=lower)
        base = [low or up for low, up in zip(lower, upper, strict=True)]
        return _finish(grid, filled, (row, below), upper, base)
    if above >= 0 and filled[above].sum() > 1 and _all_names(grid, filled, above):
        upper = _spread(grid, _texts(grid, above), above, over=texts)
        return _finish(grid, filled, (row,), upper, texts)
    return _finish(grid, filled, (row,), [""] * len(texts), texts)


def _texts(grid: Grid, row: int) -> list[str]:
    """The headings in a row; one merged with the row above stands in both."""
    texts = [_own(column[row]) for column in grid.columns]
    for merge in grid.merges:
        if merge.top < row <= merge.bottom and merge.left == merge.right:
            texts[merge.left] = _own(grid.columns[merge.left][merge.top])
    return texts


def _own(cell: Cell) -> str:
    return " ".join(as_text(cell).split())


def _all_names(grid: Grid, filled: np.ndarray, row: int) -> bool:
    return all(is_name(column[row]) for at, column in enumerate(grid.columns) if filled[row, at])


def _is_lower_level(grid: Grid, filled: np.ndarray, row: int, wanted: Collection[str]) -> bool:
    """Whether the row below names parts of the headings in ``row``: voor and na under one heading."""
    below = row + 1
    if not filled[below].any() or not _all_names(grid, filled, below) or not filled[below + 1 :].any():
        return False
    if _stands_again_below(grid, filled, below):
        return False
    if any(
        merge.top == row and merge.right > merge.left and filled[below, merge.left : merge.right + 1].sum() > 1
        for merge in grid.merges
    ):
        return True
    upper = {fold_header(name) for name in _names_in(grid, row)}
    if wanted & {fold_header(name) for name in _names_in(grid, below)} - upper:
        return True
    parts = np.flatnonzero(filled[below])
    new = [at for at in parts if not filled[row, at]]
    only_above = filled[row] & ~filled[below]
    if not new or not only_above.any():
        return False
    return all(not filled[row, at] or (at + 1 in parts and not filled[row, at + 1]) for at in parts)


def _spread(grid: Grid, texts: Sequence[str], row: int, over: Sequence[str]) -> list[str]:
    """The headings of an upper level above every column they stand over.

    A merged range tells its width; without any, a heading reaches over the columns with a lower name up to the next.
    """
    spread = list(texts)
    ends = {merge.left: merge.right for merge in grid.merges if merge.top <= row <= merge.bottom}
    last, reach = "", -1
    for at, text in enumerate(texts):
        if text:
            last, reach = text, ends.get(at, at if ends else len(texts))
        elif at <= reach and over[at]:
            spread[at] = last
    return spread


def _finish(grid: Grid, filled: np.ndarray, rows: tuple[int, ...], upper: list[str], base: list[str]) -> Header:
    """Every column gets its lower name when that is its own, else both levels; the other form is an alias."""
    times = {name: base.count(name) for name in base if name}
    names: dict[int, str] = {}
    aliases: dict[str, str] = {}
    for at, name in enumerate(base):
        if not name:
            continue
        both = f"{upper[at]} {name}" if upper[at] and upper[at] != name else name
        names[at] = both if times[name] > 1 else name
        if both != names[at]:
            aliases.setdefault(both, names[at])
    positions: dict[str, list[int]] = {}
    for at, name in names.items():
        positions.setdefault(name, []).append(at)
    twice = {name: tuple(places) for name, places in positions.items() if len(places) > 1}
    maxima = {name: found for name in names.values() if (found := heading_maximum(name)) is not None}
    units = _units_row(grid, filled, rows[-1] + 1)
    if units:
        maxima |= {names[at]: top_score for at, top_score in units.items() if at in names}
    return Header(
        rows=rows,
        names=names,
        aliases={alias: name for alias, name in aliases.items() if name not in twice},
        maxima=maxima,
        twice=twice,
        units=rows[-1] + 1 if units is not None else None,
    )


def _units_row(grid: Grid, filled: np.ndarray, row: int) -> dict[int, float] | None:
    """Column -> maximum when the row right under the header holds "/20", "%" and the like, and nothing else."""
    if row >= len(filled) or not filled[row].any():
        return None
    found = {}
    for at in np.flatnonzero(filled[row]):
        is_unit, maximum = unit_cell(as_text(grid.columns[at][row]))
        if not is_unit:
            return None
        if maximum is not None:
            found[int(at)] = maximum
    return found


def filled_cells(columns: Sequence[Column]) -> np.ndarray:
    """(rows, columns) bool: the cells with content."""
    return np.column_stack([~column.blank for column in columns]) if columns else np.zeros((0, 0), dtype=bool)

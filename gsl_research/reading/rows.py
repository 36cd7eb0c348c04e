"""Which rows below a header are pupils: not the repeated headers, totals, notes and statistics around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..problems import Problem
from .grid import Column, Grid, Skipped, as_text
from .header import Header, is_name, repeats
from .summaries import summaries
from .words import file_words

SPARSE = 2
"""A row after the table with at most this many cells is a note, not a pupil (policy)."""
MOSTLY = 0.8
"""A column filled in this share of the rows labels them: a row without any label is no pupil (policy)."""
FEWEST = 3
"""Fewer rows than this do not tell which columns label them (policy)."""
SAMPLE = 2_000
"""So many rows, spread over the table, tell whether a column labels its rows (policy)."""
NUMBERED = 5
LONG_NUMBER = 10_000
"""Numbers are those of pupils when this many of them count upwards, or when they are this large (policy)."""
_NOTE = re.compile(r"[=:]|^[*†#]")
NOTE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Body:
    """``rows`` are the positions of the pupils' rows; the rest is listed, or warned about."""

    rows: np.ndarray
    skipped: tuple[Skipped, ...]
    warnings: tuple[Problem, ...]


def pupils_rows(grid: Grid, filled: np.ndarray, header: Header, core: Sequence[int]) -> Body:
    """The rows that can be pupils. ``core`` are the positions of the table's own columns, ``filled`` every cell.

    A row is left out only when it says what it is: blank, a header again, a total, a note after the table, or
    statistics beside it. Anything else stays and is for ``bind`` to refuse.
    """
    height = len(filled)
    inside = filled[:, core]
    count = inside.sum(axis=1)
    below = np.arange(height) > header.end
    open_rows = below & (count > 0)
    reasons: dict[str, np.ndarray] = {}

    def leave(reason: str, rows: np.ndarray) -> None:
        nonlocal open_rows
        rows = rows & open_rows
        open_rows = open_rows & ~rows
        reasons[reason] = reasons.get(reason, False) | rows

    again = repeats(grid, filled, header)
    leave("repeated_header", again)
    usual = open_rows & (count >= np.median(count[open_rows])) if open_rows.any() else open_rows
    labels = [place for place, at in enumerate(core) if _labels(grid.columns[at], inside[:, place], usual)]
    words = summaries(grid, core, inside, open_rows, labels)
    leave("totals", _mask(words, height))
    leave("numbers_only", _numbers_only(grid, core, inside, open_rows))
    leave("note", _sections(filled, count, open_rows, again) | _across(grid, filled))
    leave("note", _notes(grid, core, count, open_rows))
    unlabelled = _without_label(grid, core, inside, open_rows)
    leave("no_label", unlabelled)

    skipped = []
    first = min(header.rows)
    above = np.flatnonzero(filled[:first].any(axis=1))
    if above.size:
        skipped.append(_skipped(grid, above, "title_rows"))
    if header.units is not None:
        skipped.append(_skipped(grid, np.array([header.units]), "units_row"))
    blank = below & ~filled.any(axis=1)
    if open_rows.any():
        blank[np.flatnonzero(open_rows)[-1] :] = False
    if blank.any():
        skipped.append(_skipped(grid, np.flatnonzero(blank), "blank_rows"))
    beside = below & (count == 0) & filled.any(axis=1)
    if beside.any():
        skipped.append(_skipped(grid, np.flatnonzero(beside), "beside"))
    for reason, rows in reasons.items():
        at = np.flatnonzero(rows)
        if at.size:
            shown = tuple(dict.fromkeys(words[int(row)] for row in at)) if reason == "totals" else ()
            skipped.append(_skipped(grid, at, reason, shown))
    warnings = [
        Problem(code="row_without_label", severity="warning", row=grid.numbers[int(row)])
        for row in np.flatnonzero(unlabelled)
    ]
    warnings += _last_apart(grid, filled, open_rows)
    return Body(np.flatnonzero(open_rows), tuple(skipped), tuple(warnings))


def _skipped(grid: Grid, rows: np.ndarray, reason: str, words: tuple[str, ...] = ()) -> Skipped:
    return Skipped(grid.sheet, tuple(grid.numbers[int(row)] for row in rows), reason, words)


def _mask(rows: Sequence[int] | dict[int, str], height: int) -> np.ndarray:
    mask = np.zeros(height, dtype=bool)
    mask[list(rows)] = True
    return mask


def _sections(filled: np.ndarray, count: np.ndarray, open_rows: np.ndarray, again: np.ndarray) -> np.ndarray:
    """Titles of a part of the table: a lone cell right above a repeated header."""
    titles = np.zeros(len(filled), dtype=bool)
    used = np.flatnonzero(filled.any(axis=1))
    for header_at in np.flatnonzero(again):
        before = used[used < header_at][::-1]
        for row in before:
            if not (open_rows[row] and count[row] <= 1):
                break
            titles[row] = True
    return titles


def _across(grid: Grid, filled: np.ndarray) -> np.ndarray:
    """Rows whose only cell is merged over several columns: a title inside the table."""
    titles = np.zeros(len(filled), dtype=bool)
    for merge in grid.merges:
        wide = merge.right - merge.left >= SPARSE
        if wide and merge.top < len(filled) and filled[merge.top].sum() == 1:
            titles[merge.top] = True
    return titles


def _notes(grid: Grid, core: Sequence[int], count: np.ndarray, open_rows: np.ndarray) -> np.ndarray:
    """Sparse rows after the table: below a blank row, or worded as a note."""
    notes = np.zeros(len(count), dtype=bool)
    kept = np.flatnonzero(open_rows)
    if not kept.size:
        return notes
    usual = np.median(count[kept])
    full = kept[count[kept] >= max(SPARSE, usual / 2)]
    if not full.size or usual <= SPARSE:
        full = kept[count[kept] > 1] if usual > 1 else kept
        if not full.size:
            return notes
    last = int(full[-1])
    apart = False
    for row in range(last + 1, len(count)):
        apart = apart or not count[row]
        if open_rows[row] and count[row] <= SPARSE:
            cells = [cell for at in core if (cell := grid.columns[at][row]) != ""]
            notes[row] = all(map(is_name, cells)) and (
                apart or any(isinstance(cell, str) and _reads_as_note(cell) for cell in cells)
            )
    return notes


def _reads_as_note(cell: str) -> bool:
    first = cell.casefold()
    opens = any(first == word or first.startswith((f"{word} ", f"{word}.")) for word in file_words("notes"))
    return opens or len(cell) > NOTE_LENGTH or bool(_NOTE.search(cell))


def _numbers_only(grid: Grid, core: Sequence[int], inside: np.ndarray, open_rows: np.ndarray) -> np.ndarray:
    """Rows below the last pupil with nothing but their number: a form for thirty that twelve pupils fill."""
    found = np.zeros(len(inside), dtype=bool)
    count = inside.sum(axis=1)
    full = np.flatnonzero(open_rows & (count > 1))
    if not full.size:
        return found
    after = np.flatnonzero(open_rows & (np.arange(len(inside)) > full[-1]))
    if len(after) < SPARSE or len({int(place) for row in after for place in np.flatnonzero(inside[row])}) > 1:
        return found
    column = grid.columns[core[int(np.flatnonzero(inside[after[0]])[0])]]
    found[after] = _numbers_pupils(column.take(np.flatnonzero(open_rows & ~column.blank)))
    return found


def _last_apart(grid: Grid, filled: np.ndarray, open_rows: np.ndarray) -> list[Problem]:
    """A last row or two after a blank row: read as pupils, and pointed out."""
    rows = np.flatnonzero(open_rows)
    jumps = np.flatnonzero(np.diff(rows) > 1) + 1
    gaps = [place for place in jumps if not filled[rows[place - 1] + 1 : rows[place]].any(axis=1).all()]
    if not gaps or len(rows) - gaps[-1] > SPARSE or gaps[-1] < FEWEST:
        return []
    return [Problem(code="row_apart", severity="warning", row=grid.numbers[int(row)]) for row in rows[gaps[-1] :]]


def _without_label(grid: Grid, core: Sequence[int], inside: np.ndarray, open_rows: np.ndarray) -> np.ndarray:
    """Trailing rows with numbers but nothing in any column that labels the rows above: statistics without a name."""
    found = np.zeros(len(inside), dtype=bool)
    rows = np.flatnonzero(open_rows)
    labels = [place for place, at in enumerate(core) if _labels(grid.columns[at], inside[:, place], open_rows)]
    if not labels or len(labels) == len(core):
        return found
    for row in rows[::-1]:
        if inside[row, labels].any():
            break
        found[row] = True
    return found


def _labels(column: Column, filled: np.ndarray, open_rows: np.ndarray) -> bool:
    """Whether a column names the rows: nearly always filled, with text or with the pupils' numbers."""
    rows = np.flatnonzero(open_rows)
    if len(rows) < FEWEST or filled[rows].mean() < MOSTLY:
        return False
    rows = rows[filled[rows]]
    cells = column.take(rows[:: len(rows) // SAMPLE + 1])
    return bool(cells.where(is_name).mean() >= MOSTLY) or _numbers_pupils(cells)


def _numbers_pupils(cells: Column) -> bool:
    """Whole numbers, each once, that count upwards or are too long for a score."""
    texts = [as_text(cell) for cell in cells.distinct]
    if len(texts) < max(len(cells), NUMBERED) or not all(text.isdecimal() for text in texts):
        return False
    numbers = [int(text) for text in texts]
    return numbers == sorted(numbers) or min(numbers) >= LONG_NUMBER

"""Which rows below a header are pupils: not the repeated headers, totals, notes and statistics around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..problems import Problem
from .grid import Cell, Column, Grid, Skipped, as_text
from .header import Header, is_name, repeats
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
    words = _summaries(grid, core, inside, open_rows)
    leave("totals", _mask(words, height))
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
    return Body(np.flatnonzero(open_rows), tuple(skipped), tuple(warnings))


def _skipped(grid: Grid, rows: np.ndarray, reason: str, words: tuple[str, ...] = ()) -> Skipped:
    return Skipped(grid.sheet, tuple(grid.numbers[int(row)] for row in rows), reason, words)


def _mask(rows: Sequence[int] | dict[int, str], height: int) -> np.ndarray:
    mask = np.zeros(height, dtype=bool)
    mask[list(rows)] = True
    return mask


def _summaries(grid: Grid, core: Sequence[int], inside: np.ndarray, open_rows: np.ndarray) -> dict[int, str]:
    """Rows whose first filled cell names a mean or a total: row -> that word.

    Words that are also names ("Max", "Som") count only in a row without other text, where the other rows have a
    label; without such columns only below a blank row or another summary.
    """
    sure, unsure = file_words("totals"), file_words("totals_or_names")
    found: dict[int, str] = {}
    undecided = open_rows.copy()
    for at in core:
        column = grid.columns[at]
        summary, doubtful = (rows & undecided for rows in _opening_with(column, sure, unsure))
        if doubtful.any():
            others = [place for place, other in enumerate(core) if other != at]
            labels = [place for place in others if _labels(grid.columns[core[place]], inside[:, place], open_rows)]
            for row in np.flatnonzero(doubtful):
                texts = any(is_name(grid.columns[core[place]][int(row)]) for place in others)
                if labels:
                    summary[row] = not inside[row, labels].any() and not texts
                else:
                    summary[row] = not texts and (row - 1 in found or not open_rows[row - 1])
        found |= {int(row): _opening(column[row]) for row in np.flatnonzero(summary)}
        undecided &= column.blank
        if not undecided.any():
            break
    return found


def _opening(cell: Cell) -> str:
    """The word a summary row opens with, as it stands: "Gemiddelde", "St.dev.", and "%" of "% geslaagd"."""
    if not isinstance(cell, str) or not cell:
        return ""
    return "%" if cell[0] == "%" else cell.split(maxsplit=1)[0].rstrip(":")


def _opening_with(column: Column, *kinds: frozenset[str]) -> list[np.ndarray]:
    """Per kind of words, (n,) bool: the rows whose cell opens with one of them."""
    starts = {word[:2] for words in kinds for word in words}
    starts |= {f"{start}{mark}" for start in starts if len(start) == 1 for mark in " :=."}
    texts = column.distinct if set(map(type, column.distinct)) <= {str} else tuple(map(as_text, column.distinct))
    beginnings = {text[:2] for text in texts}
    beginnings = {two for two in beginnings if two.casefold() in starts or two[:1] == "%"}
    likely = {}
    if beginnings:
        likely = {code: _opening(text).casefold() for code, text in enumerate(texts) if text[:2] in beginnings}
    found = []
    for words in kinds:
        opens = np.zeros(len(column.distinct), dtype=bool)
        opens[[code for code, opening in likely.items() if opening in words]] = True
        found.append(opens[column.codes])
    return found


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
            cells = [grid.columns[at][row] for at in core]
            notes[row] = apart or any(isinstance(cell, str) and _reads_as_note(cell) for cell in cells)
    return notes


def _reads_as_note(cell: str) -> bool:
    first = cell.casefold()
    opens = any(first == word or first.startswith((f"{word} ", f"{word}.")) for word in file_words("notes"))
    return opens or len(cell) > NOTE_LENGTH or bool(_NOTE.search(cell))


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

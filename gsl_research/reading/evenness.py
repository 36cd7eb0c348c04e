"""Rows of a text file that are not as wide as the table: titles and notes, cells left out at the end, or a fault.

A row's *width* is its number of cells; the table's width is the *usual* one. A *regular* row is as wide as the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..problems import Problem

SHOWN = 5
"""Rows named in one message; of the rest, the count (policy)."""
NOTE_CELLS = 2
"""Filled cells that a title, a note or a total above or below the table may have (policy)."""

_NUMBER = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)?\s*%?\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A file cut into rows: the text of each, with ``joint`` between its cells.

    ``numbers`` are the lines the rows begin on, ``widths`` is (n,) int, ``width`` is the usual one.
    """

    texts: list[str]
    joint: str
    numbers: Sequence[int]
    widths: np.ndarray
    width: int

    def cells(self, at: int) -> list[str]:
        return self.texts[at].split(self.joint)

    def even(self) -> list[str]:
        """The rows, every one with as many cells as the table."""
        texts = self.texts.copy()
        for at in np.flatnonzero(self.widths != self.width):
            cells = self.cells(at)[: self.width]
            texts[at] = self.joint.join(cells + [""] * (self.width - len(cells)))
        return texts


def usual_width(widths: np.ndarray) -> int:
    """The width that most rows of more than one cell have; of equals, the widest."""
    counts = np.bincount(widths)
    counts[:2] = 0
    return len(counts) - 1 - int(counts[::-1].argmax()) if counts.any() else 1


def unevenness(rows: Rows) -> tuple[Problem, ...]:
    """What rows of another width than the table mean: nothing, a warning ``short_rows``, or an error ``ragged_rows``.

    An error: more cells than the table is wide; a header narrower than the rows below it; a row in two pieces; rows
    that lack cells as often as not. Right, with a warning: a row that lacks cells at the end, which then are blank.
    """
    ends = {int(at): _end(rows.cells(at)) for at in np.flatnonzero(rows.widths != rows.width)}
    odd = {at: end for at, end in ends.items() if end}
    if not odd:
        return ()
    regular = np.flatnonzero(rows.widths == rows.width)
    first, last = int(regular[0]), int(regular[-1])
    if wide := [at for at, end in odd.items() if end > rows.width]:
        return (_ragged(rows, wide, found=odd[wide[0]], expected=rows.width),)
    short = [at for at in odd if rows.widths[at] < rows.width]
    above = [at for at in short if at < first]
    below = [at for at in short if at > first]
    header = _narrow_header(rows, above, first)
    if header is not None and any(_end(rows.cells(int(at))) > odd[header] for at in regular):
        wider = np.flatnonzero(rows.widths > odd[header])
        return (_ragged(rows, wider, found=rows.width, expected=odd[header]),)
    notes = _notes(rows, below, last)
    lacking = [at for at in below if at not in notes]
    pieces = _in_pieces(rows, lacking, set(below))
    if pieces or len(short) > len(regular) * (rows.width - 1) or len(lacking) >= len(regular):
        shown = pieces or lacking or short
        return (_ragged(rows, shown, found=int(rows.widths[shown[0]]), expected=rows.width),)
    return (_lacking(rows, lacking),) if lacking else ()


def _end(cells: list[str]) -> int:
    """Cells up to the last filled one."""
    return next((at for at in range(len(cells), 0, -1) if cells[at - 1].strip()), 0)


def _narrow_header(rows: Rows, above: list[int], first: int) -> int | None:
    """The row above the first regular one that is no title: it fills several cells, or pupils follow it at once."""
    for at in above:
        cells = rows.cells(at)[: _end(rows.cells(at))]
        if len(cells) > NOTE_CELLS and all(cell.strip() for cell in cells):
            return at
    return above[-1] if above and _is_pupil(rows.cells(first)) else None


def _is_pupil(cells: list[str]) -> bool:
    """Whether a row has numbers, other than the 1, 2, 3 of questions in a header."""
    numbers = [cell.strip() for cell in cells if _NUMBER.fullmatch(cell)]
    if len(numbers) > 1 and all(number.isdecimal() for number in numbers):
        return [int(number) for number in numbers] != [int(numbers[0]) + at for at in range(len(numbers))]
    return bool(numbers)


def _notes(rows: Rows, below: list[int], last: int) -> set[int]:
    """Rows under the table that are no pupils: of one cell, or of two after a blank row."""
    notes: set[int] = set()
    for at in below:
        apart = at - 1 in notes or not _end(rows.cells(at - 1))
        if at > last and rows.widths[at] <= (NOTE_CELLS if apart else 1):
            notes.add(at)
    return notes


def _in_pieces(rows: Rows, lacking: list[int], short: set[int]) -> list[int]:
    """Rows that together are one row of the table, its line broken inside a cell; [] when there are none."""
    for start in lacking:
        width, pieces, at = int(rows.widths[start]), [start], start + 1
        while width < rows.width and at < len(rows.texts) and (at in short or rows.widths[at] == 1):
            width += int(rows.widths[at]) - 1
            pieces.append(at)
            at += 1
        if width == rows.width:
            return pieces
    return []


def _ragged(rows: Rows, at: Sequence[int], *, found: int, expected: int) -> Problem:
    numbers = [rows.numbers[int(row)] for row in at]
    facts = {"expected": expected, "found": found, "rows": numbers[:SHOWN], "count": len(numbers)}
    return Problem(code="ragged_rows", row=numbers[0], facts=facts)


def _lacking(rows: Rows, at: Sequence[int]) -> Problem:
    numbers = [rows.numbers[row] for row in at]
    facts = {"rows": numbers[:SHOWN], "count": len(numbers)}
    return Problem(code="short_rows", severity="warning", row=numbers[0], facts=facts)

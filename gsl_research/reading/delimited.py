"""Text with separators: which separator, which line a row stands on, the cells as columns."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, repeat

import numpy as np

from ..problems import Problem, Problems, errors
from .encoding import decode
from .evenness import Rows, unevenness, usual_width
from .grid import Column, Grid, Sheets, Skipped

SEPARATORS = (";", "\t", ",", "|")

MAX_LINES = 1_500_000
MAX_CELLS = 20_000_000
MAX_CELL = 1_000_000
"""Lines in a file, cells in a table, characters in a cell (policy; twice the rows that Excel can hold)."""

_UNIT = "\x1f"
"""Stands between the cells of a row that was cut by the csv module."""
_ROWS_AT_ONCE = 500
"""Rows cut into cells in one go: few enough to stay in the processor's cache."""
_BEGINNING = 1_000_000
"""Characters in which a comma that separates shows itself: they hold the header."""

_SEP_LINE = re.compile(r'"?sep=([;,\t|])"?[;,\t|]*(?:\n|$)', re.IGNORECASE)
_CUTTING_COMMA = re.compile(r"(?<!\d),(?! )|,(?![ \d])")
"""A comma that is neither a decimal comma nor followed by a space, as in "Peeters, Jan"."""
_NOT_DECIMAL_COMMA = re.compile(r"(?<!\d),|,(?!\d)")


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """The whole file under one separator; ``present`` is (lines,) bool: where a row with more than one cell begins."""

    separator: str
    rows: Rows
    present: np.ndarray
    regular: int
    problems: tuple[Problem, ...]

    def beats(self, other: _Reading) -> bool:
        """Whether this separator, not the other, makes the table: it is in all the other's lines and in more."""
        misses, adds = (other.present & ~self.present).any(), (self.present & ~other.present).any()
        if misses or adds:
            return not misses or (bool(adds) and self.regular > other.regular)
        sound, other_sound = not errors(self.problems), not errors(other.problems)
        if sound or other_sound:
            return sound and not other_sound
        return (self.regular, self.rows.width) > (other.regular, other.rows.width)


def read_delimited(raw: bytes, *, file: str) -> Sheets:
    """One grid without a sheet name, cells as cleaned text; a row's number is the line its first cell stands on.

    The separator is the one of ``; tab , |`` that the table's rows agree on, or the one that a line ``sep=;`` names.
    Rows that lack cells at the end are filled with blanks, and named in a warning when they may be pupils.
    A file without text has no grid. Raises Problems: ``not_a_table``, ``separator_unclear``, ``ragged_rows``,
    ``unclosed_quote``, ``cell_too_long``, ``too_many_rows``, ``too_many_cells``.
    """
    decoded = decode(raw, file=file)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace(_UNIT, " ").rstrip("\n")
    if not text.strip(" \t\n;,|"):
        return Sheets(())
    separators, skipped, first_line = SEPARATORS, (), 1
    if declared := _SEP_LINE.match(text):
        separators, skipped, first_line = (declared[1],), (Skipped(None, (1,), "sep_line"),), 2
        text = text[declared.end() :]
    if text.count("\n") >= MAX_LINES:
        raise Problems([Problem(code="too_many_rows", file=file, facts={"most": MAX_LINES})])
    reading = _chosen(text, separators, first_line, file)
    if stop := errors(reading.problems):
        raise Problems(replace(problem, file=file) for problem in stop)
    rows = reading.rows
    if len(rows.texts) * rows.width > MAX_CELLS:
        raise Problems([Problem(code="too_many_cells", file=file, facts={"most": MAX_CELLS})])
    grid = Grid(None, _columns(rows), rows.numbers, skipped, warnings=(*decoded.warnings, *reading.problems))
    return Sheets((grid,))


def _chosen(text: str, separators: Sequence[str], first_line: int, file: str) -> _Reading:
    lines = text.split("\n")
    readings = [_reading(lines, '"' in text, separator, first_line) for separator in _candidates(text, separators)]
    readings = [reading for reading in readings if not _stray(reading)] if len(separators) > 1 else readings
    if not readings:
        return _reading(lines, '"' in text, _UNIT, first_line)
    best = [one for one in readings if all(one is other or one.beats(other) for other in readings)]
    if not best:
        raise Problems([Problem(code="separator_unclear", file=file)])
    return best[0]


def _candidates(text: str, separators: Sequence[str]) -> list[str]:
    """The separators that stand in the text, the comma only where it is more than a sign inside cells."""
    found = [separator for separator in separators if separator in text]
    if "," in found and len(separators) > 1:
        pattern = _CUTTING_COMMA if len(found) > 1 else _NOT_DECIMAL_COMMA
        if not pattern.search(text, 0, _BEGINNING):
            found.remove(",")
    return found


def _stray(reading: _Reading) -> bool:
    """Whether the separator stands in one of several rows only: it is part of a title or of a name."""
    if reading.problems and reading.problems[0].code != "ragged_rows":
        return False
    return reading.present.sum() == 1 and sum(1 for row in reading.rows.texts if row.strip()) > 2


def _reading(lines: list[str], quoted: bool, separator: str, first_line: int) -> _Reading:
    if quoted:
        rows, fault = _cut_with_quotes(lines, separator, first_line)
    else:
        rows, fault = _cut(lines, separator, first_line), None
        for at, line in enumerate(lines) if max(map(len, lines)) > MAX_CELL else ():
            if len(line) > MAX_CELL and max(map(len, line.split(separator))) > MAX_CELL:
                fault = Problem(code="cell_too_long", row=first_line + at)
                break
    present = rows.widths > 1
    if len(rows.texts) != len(lines):
        begins = np.asarray(rows.numbers)[present] - first_line
        present = np.zeros(len(lines), dtype=bool)
        present[begins] = True
    regular = int((rows.widths == rows.width).sum())
    if fault is None:
        fault = _swallowed(lines, rows, separator, first_line)
    problems = (fault,) if fault else unevenness(rows)
    return _Reading(separator, rows, present, regular, problems)


def _cut(lines: list[str], separator: str, first_line: int) -> Rows:
    """Every line a row."""
    widths = np.fromiter(map(str.count, lines, repeat(separator)), dtype=np.intp, count=len(lines)) + 1
    return Rows(lines, separator, range(first_line, first_line + len(lines)), widths, usual_width(widths))


def _cut_with_quotes(lines: list[str], separator: str, first_line: int) -> tuple[Rows, Problem | None]:
    """Rows as the csv module cuts them; with a fault, every line a row, to compare separators by."""
    texts: list[str] = []
    usual_limit = csv.field_size_limit(MAX_CELL)
    try:
        texts.extend(map(_UNIT.join, csv.reader((line + "\n" for line in lines), delimiter=separator, strict=True)))
        fault = None
    except csv.Error as error:
        code = "cell_too_long" if "field limit" in str(error) else "unclosed_quote"
        fault = Problem(code=code, row=first_line + sum(text.count("\n") + 1 for text in texts))
    finally:
        csv.field_size_limit(usual_limit)
    if fault:
        return _cut(lines, separator, first_line), fault
    rows = _cut(texts, _UNIT, first_line)
    if len(texts) != len(lines):
        heights = np.fromiter(map(str.count, texts, repeat("\n")), dtype=np.intp, count=len(texts)) + 1
        rows = replace(rows, numbers=(first_line + np.cumsum(heights) - heights).tolist())
    return rows, None


def _swallowed(lines: list[str], rows: Rows, separator: str, first_line: int) -> Problem | None:
    """A quotation mark that is closed in a later row: each of its lines is as wide as the table by itself."""
    if rows.width == 1 or len(lines) == len(rows.texts):
        return None
    starts = np.asarray(rows.numbers) - first_line
    ends = np.append(starts[1:], len(lines))
    for at in np.flatnonzero(ends - starts > 1):
        if all(line.count(separator) == rows.width - 1 for line in lines[starts[at] : ends[at]]):
            return Problem(code="unclosed_quote", row=rows.numbers[at])
    return None


def _columns(rows: Rows) -> list[Column]:
    """The cells by column; each distinct cell is looked at once."""
    texts, height, width = rows.even(), len(rows.texts), rows.width
    places: list[dict[str, int]] = [defaultdict(count().__next__) for _ in range(width)]
    codes = [np.empty(height, dtype=np.intp) for _ in range(width)]
    for start in range(0, height, _ROWS_AT_ONCE):
        part = texts[start : start + _ROWS_AT_ONCE]
        cells = rows.joint.join(part).split(rows.joint)
        for at, place in enumerate(places):
            found = map(place.__getitem__, cells[at::width])
            codes[at][start : start + len(part)] = np.fromiter(found, dtype=np.intp, count=len(part))
    return [Column(tuple(place), code).cleaned() for place, code in zip(places, codes, strict=True)]

"""A report as one run of blocks, for what cannot fold or be clicked: folds become sections, and the table of every
picture stands at the end. Letters that a document cannot hold are dropped, and those that turn text around are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from ..blocks import Block, Chart, Fold, Heading, Report, Table
from ..wording import words

COUNTED = re.compile(r"(?<=\d) (?=[^\W\d]|%)")
"""Between a number and what it counts no line may break; large figures may."""
NUMBER = re.compile(r"–|[+−\d.,\u2009\u202f\u00a0 ]+%?( \([\d.,]+\))?")
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f\ufeff]")
"""What XML 1.0 cannot hold (its section 2.2), and what it can but nobody sees: controls, the mark of bytes."""
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that make text read in another order than it was typed (Unicode Standard Annex 9)."""
BREAKS = 32
"""Letters in a word of a table from which it may break."""
DRAWINGS = ("wide", "narrow")


def on_paper(report: Report) -> Report:
    """The same report without folds, in letters that every document can hold."""
    w = words(report.lang)
    blocks: list[Block] = [block for block in report.blocks if not isinstance(block, Fold)]
    if folds := [block for block in report.blocks if isinstance(block, Fold)]:
        blocks += [Heading(w("documents.more"), 2), *_sections(folds, 3)]
    if tables := [chart.table for chart in _charts(report.blocks)]:
        blocks += [Heading(w("documents.tables"), 2), *tables]
    return _held(replace(report, blocks=tuple(blocks)))


def unbroken(text: str) -> str:
    return COUNTED.sub("\N{NO-BREAK SPACE}", text)


def held(text: str) -> str:
    """Without what no document can hold; marks that turn text around become visible."""
    return TURNING.sub(lambda mark: f"[U+{ord(mark[0]):04X}]", ILLEGAL.sub("", text))


def numeric_columns(table: Table) -> tuple[bool, ...]:
    """Which columns hold only numbers, and are set flush right."""
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    return tuple(bool(column) and all(NUMBER.fullmatch(cell) for cell in column) for column in columns)


def is_form(table: Table) -> bool:
    """Nothing but room to write."""
    return bool(table.rows) and not any(cell for row in table.rows for cell in row)


def column_widths(table: Table, room: int) -> list[int] | None:
    """Of every column in letters: its longest cell, or as much of it as fits beside the others.

    A short column gives nothing away to a long one, and only very long words break. ``None`` where that does not fit.
    """
    columns = list(zip(table.header, *table.rows, strict=True))
    whole = [max(map(len, column)) for column in columns]
    words_in = [max(len(word) for cell in column for word in cell.split(" ")) for column in columns]
    least = [min(longest, BREAKS) for longest in words_in]
    fitting = (
        [max(low, min(high, most)) for low, high in zip(least, whole, strict=True)] for most in range(room, 0, -1)
    )
    return next((widths for widths in fitting if sum(widths) <= room), None)


def _sections(folds: Iterable[Fold], level: int) -> Iterator[Block]:
    for fold in folds:
        yield Heading(fold.title, min(level, 4))
        for block in fold.blocks:
            match block:
                case Fold():
                    yield from _sections([block], level + 1)
                case Heading():
                    yield replace(block, level=min(level + 1, 4))
                case _:
                    yield block


def _charts(blocks: Iterable[Block]) -> Iterator[Chart]:
    for block in blocks:
        match block:
            case Chart():
                yield block
            case Fold():
                yield from _charts(block.blocks)


def _held(value: Any) -> Any:
    """Every text of a value, except drawings: those are no text."""
    match value:
        case str():
            return unbroken(held(value))
        case tuple():
            return tuple(_held(one) for one in value)
        case None | int():
            return value
    kept = {field.name: getattr(value, field.name) for field in fields(value)}
    return replace(value, **{name: _held(one) for name, one in kept.items() if name not in DRAWINGS})

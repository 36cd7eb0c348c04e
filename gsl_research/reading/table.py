"""One table of located cells, whatever kind of file it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..problems import Problem
from .grid import Column, Skipped
from .headings import fold_header


@dataclass(frozen=True, repr=False, eq=False)
class Table:
    """Pupils' rows as they stand: header -> cells, every column as long as ``row_numbers``.

    ``file`` is the name without its folder; ``row_numbers`` count as the file's own program does, the first row
    being 1; ``sha256`` is that of the file's bytes. ``aliases`` are other names of a header (the lower level of a
    two-level header, the label of an SPSS variable). ``maxima`` holds what a heading such as "natoets (/20)" tells.
    ``merged`` are the positions of rows whose cell stood in a merged range that begins elsewhere; ``missing`` the
    words a file itself declares missing in a column (SPSS).

    A table gathered from several sheets or files has ``pieces``: which table, and where its rows came.
    The repr shows counts only: cells are pupils' data.
    """

    file: str
    sheet: str | None
    columns: Mapping[str, Column]
    row_numbers: Sequence[int]
    skipped: tuple[Skipped, ...]
    sha256: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    maxima: Mapping[str, float] = field(default_factory=dict)
    merged: Mapping[str, frozenset[int]] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    pieces: tuple[Piece, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", {name: Column.of(cells) for name, cells in self.columns.items()})

    def __repr__(self) -> str:
        return f"Table({self.file!r}, {len(self.row_numbers)} rows, {len(self.columns)} columns)"

    def __len__(self) -> int:
        return len(self.row_numbers)

    def header(self, wanted: str) -> str | None:
        """The header meant: the same name, or the only one that differs in capitals, spaces or signs alone."""
        if wanted in self.columns:
            return wanted
        if wanted in self.aliases:
            return self.aliases[wanted]
        folded = fold_header(wanted)
        names = {header: header for header in self.columns} | dict(self.aliases)
        same = {header for name, header in names.items() if fold_header(name) == folded}
        return same.pop() if folded and len(same) == 1 else None

    def segments(self, header: str) -> tuple[Piece, ...]:
        """The tables this column came from, each with the positions its rows have here."""
        if not self.pieces:
            return (Piece(self, np.arange(len(self))),)
        return tuple(piece for piece in self.pieces if header in piece.table.columns)

    def place(self, position: int, header: str | None = None) -> dict[str, object]:
        """Where a row stands, as the address of a Problem: file, sheet and row."""
        for piece in (*(self.segments(header) if header else ()), *self.pieces):
            found = np.flatnonzero(piece.positions == position)
            if found.size:
                row = piece.table.row_numbers[int(found[0])]
                return {"file": piece.table.file, "sheet": piece.table.sheet, "row": row}
        return {"file": self.file, "sheet": self.sheet, "row": self.row_numbers[position]}


@dataclass(frozen=True, slots=True)
class Piece:
    """A table and the positions of its rows, (n,) intp, in the table it is a piece of."""

    table: Table
    positions: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a file or folder holds: every table that could be meant, and what stood in the way.

    ``problems`` are those of single files of a folder: one broken file does not hide the others.
    """

    name: str
    tables: tuple[Table, ...]
    sha256: str
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()

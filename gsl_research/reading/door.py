"""The door: which kind of file this is, by its bytes, and who reads it."""

from __future__ import annotations

import difflib
import gc
import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..problems import Problem, Problems
from .delimited import read_delimited
from .find import Origin, find_tables
from .folder import read_folder
from .grid import Sheets, Skipped
from .html import read_html
from .spss import read_spss
from .table import Found, Table
from .workbook import read_workbook

MAX_BYTES = 200_000_000
"""The largest file that is opened (reliability page, threats; policy)."""

MARKUP_WITHIN = 4_096
"""Bytes of white space before the first "<" of an HTML or XML file (policy)."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_SPSS = (b"$FL2", b"$FL3")
_NEVER_A_TABLE = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"SQLite format", b"{")


def read_tables(path: str | Path, wanted: Collection[str] = ()) -> Found:
    """Every table in a score file, or in a folder of class or school files.

    The kind is decided by the content, never by the name: text with ``;``, ``,``, ``|`` or tab, a workbook (.xlsx,
    .xls, .ods), an HTML table, SPSS (.sav, .zsav). ``wanted`` are the headings of the study file: they tell which
    row is the header and which sheet is meant. Raises Problems with everything that is wrong with a file as a table;
    whether the columns are the right ones is for ``bind``. In a folder the problems of one file stand in
    ``Found.problems`` and the other files are read.

    Not for: study files and study cards.
    """
    path = Path(path)
    if path.is_dir():
        return read_folder(path, lambda file: read_file(file, wanted))
    return read_file(path, wanted)


def read_table(path: str | Path, wanted: Collection[str] = ()) -> Table:
    """The only table of a file. Raises Problems as ``read_tables``, and ``several_tables`` when there are more."""
    found = read_tables(path, wanted)
    if len(found.tables) > 1:
        sheets = [table.sheet or table.file for table in found.tables]
        raise Problems([Problem(code="several_tables", file=found.name, facts={"sheets": sheets})])
    return found.tables[0]


def read_file(path: Path, wanted: Collection[str] = ()) -> Found:
    """Every table of one file. Raises Problems when it holds none."""
    raw = _bytes(path)
    with without_collection():
        sheets = _sheets(raw, path.name)
    origin = Origin(path.name, hashlib.sha256(raw).hexdigest(), sheets.aliases, sheets.missing)
    tables: list[Table] = []
    skipped: list[Skipped] = list(sheets.skipped)
    refused: list[Problem] = []
    for grid in sheets.grids:
        try:
            tables += find_tables(grid, origin, wanted)
        except Problems as raised:
            refused += raised.problems
    serious = [problem for problem in refused if problem.code not in NOT_A_TABLE]
    if serious or not tables:
        empty = [problem for problem in refused if problem.code == "no_rows"]
        raise Problems(serious or empty or refused or [Problem(code="empty_file", file=path.name)])
    skipped += [Skipped(problem.sheet, (), "not_a_table") for problem in refused]
    return Found(path.name, tuple(tables), origin.sha256, tuple(skipped), _hidden_sheets(path.name, skipped))


def _hidden_sheets(file: str, skipped: list[Skipped]) -> tuple[Problem, ...]:
    sheets = [one.sheet for one in skipped if one.reason == "hidden_sheet"]
    if not sheets:
        return ()
    return (Problem(code="hidden_sheets", severity="warning", file=file, facts={"sheets": sheets}),)


NOT_A_TABLE = ("no_table", "no_rows")
"""What is wrong with a sheet that is a cover or an explanation: beside a real table it is skipped and listed."""


@contextmanager
def without_collection() -> Iterator[None]:
    """A file full of cells makes no cycles: the garbage collector would walk over them again and again for nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _sheets(raw: bytes, file: str) -> Sheets:
    if raw.startswith((_ZIP, _OLE)):
        return read_workbook(raw, file=file)
    if raw.startswith(_SPSS):
        return read_spss(raw, file=file)
    if raw[:MARKUP_WITHIN].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] == b"<":
        return read_html(raw, file=file)
    if raw.startswith(_NEVER_A_TABLE):
        raise Problems([Problem(code="not_a_table", file=file)])
    return read_delimited(raw, file=file)


def _bytes(path: Path) -> bytes:
    def stop(code: str, **facts: object) -> Problems:
        return Problems([Problem(code=code, file=path.name, facts=facts)])

    try:
        if not path.exists():
            near = _near(path)
            raise stop("file_misspelt", suggestion=near) if near else stop("file_missing")
        if path.suffix.lower() == ".toml":
            raise stop("toml_as_data")
        if not path.is_file():
            raise stop("file_unreadable")
        if path.stat().st_size > MAX_BYTES:
            raise stop("too_large", megabytes=MAX_BYTES // 1_000_000)
        return path.read_bytes()
    except PermissionError:
        raise stop("file_open_elsewhere") from None
    except (OSError, ValueError):
        raise stop("file_unreadable") from None


def _near(path: Path) -> str | None:
    """The name in the same folder that looks most like the one asked for."""
    if not path.parent.is_dir():
        return None
    names = {entry.name.casefold(): entry.name for entry in path.parent.iterdir() if entry.is_file()}
    close = difflib.get_close_matches(path.name.casefold(), names, n=1)
    return names[close[0]] if close else None

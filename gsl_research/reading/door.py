"""The door: which kind of file this is, by its bytes, and who reads it."""

from __future__ import annotations

import difflib
import hashlib
import re
from pathlib import Path

from ..problems import Problem, Problems
from .delimited import read_delimited
from .table import Table, assemble
from .workbook import read_workbook

MAX_BYTES = 200_000_000
"""The largest file that is opened (reliability page, threats; policy)."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_NEVER_A_TABLE = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"SQLite format", b"{")
_HTML = re.compile(rb"\s*<(!doctype html|html|head|body|table|meta|\?xml)", re.IGNORECASE)


def read_table(path: str | Path) -> Table:
    """Read a score file: CSV with ``;``, ``,`` or tab, or an .xlsx workbook with one filled sheet.

    The kind is decided by the content, never by the name. Raises Problems with everything that is wrong
    with the file as a table; whether the columns are the right ones is for ``bind``.

    Not for: study files, study cards, and kinds that are refused by name (.xls, .ods, .sav, HTML).
    """
    path = Path(path)
    raw = _bytes(path)
    if raw.startswith(_ZIP):
        grid = read_workbook(raw, file=path.name)
    else:
        _refuse_other_kinds(raw, path.name)
        grid = read_delimited(raw, file=path.name)
    return assemble(grid, file=path.name, sha256=hashlib.sha256(raw).hexdigest())


def _bytes(path: Path) -> bytes:
    def stop(code: str, **facts: object) -> Problems:
        return Problems([Problem(code=code, file=path.name, facts=facts)])

    try:
        if path.is_dir():
            raise stop("is_folder")
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


def _refuse_other_kinds(raw: bytes, file: str) -> None:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Problems([Problem(code="encoding_utf16", file=file)])
    if raw.startswith(_OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in raw
        raise Problems([Problem(code="password", file=file) if encrypted else _kind_later(".xls", file)])
    if raw.startswith((b"$FL2", b"$FL3")):
        raise Problems([_kind_later(".sav", file)])
    if _HTML.match(raw):
        raise Problems([_kind_later("HTML", file)])
    if b"\0" in raw or raw.startswith(_NEVER_A_TABLE):
        raise Problems([Problem(code="not_a_table", file=file)])


def _kind_later(kind: str, file: str) -> Problem:
    return Problem(code="kind_later", file=file, facts={"kind": kind})

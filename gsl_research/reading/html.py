"""Tables of an HTML page, as programs save them under the name .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from ..problems import Problem, Problems
from .excel_xml import NAMESPACE, read_excel_xml
from .grid import Grid, Merge, Sheets, Skipped, clean_text
from .sheet_cells import SheetCells, refuse_extents

MAX_HTML = 50_000_000
MAX_SPANNED = 2_000_000
"""Bytes of a page, and cells that its wide and deep cells may cover together (policy)."""

_CHARSET = re.compile(rb"""<meta[^>]*charset=["']?([\w-]+)|<\?xml[^>]*encoding=["']([\w-]+)""", re.IGNORECASE)
_LATIN = {"windows-1252", "iso-8859-1", "iso-8859-15", "latin1", "us-ascii"}
_NAME = re.compile(r"/?[a-zA-Z][\w:-]*")
_QUOTE_OR_END = re.compile(r"[\"'>]")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_ASIDE_END = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "textarea")}
_NOT_SHOWN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BREAKS = {"br", "p", "/p", "div", "/div", "li", "/li", "option", "sup", "sub"}
"""A small raised 1 behind a score is a note: on a line of its own it never becomes a digit of the score."""

_CELL_ENDS = {"td", "th", "/td", "/th", "tr", "/tr", "/table", "tbody", "/tbody", "thead", "/thead", "tfoot", "caption"}
_VOID = {"br", "img", "input", "hr", "col", "wbr", "meta", "link"}


def read_html(raw: bytes, *, file: str) -> Sheets:
    """Every table with at least two filled rows; a row's number is its place in its table. Excel 2003 XML too.

    A table that only arranges other tables on the page is left out. All cells are text as the page shows it.
    Raises Problems: ``too_large``, ``not_a_table``, ``empty_file``, ``far_cell``, ``too_many_cells``.
    """
    if len(raw) > MAX_HTML:
        raise Problems([Problem(code="too_large", file=file, facts={"megabytes": MAX_HTML // 1_000_000})])
    if NAMESPACE.encode() in raw[:4096] and b"<html" not in raw[:4096].lower():
        return read_excel_xml(raw, file=file)
    try:
        tables = _Page(_decode(raw)).tables()
    except ValueError:
        raise Problems([Problem(code="not_a_table", file=file)]) from None
    if not tables:
        raise Problems([Problem(code="empty_file", file=file)])
    names = [None] if len(tables) == 1 else [f"tabel {number}" for number in range(1, len(tables) + 1)]
    named = list(zip(names, tables, strict=True))
    refuse_extents([(name, table.cells) for name, table in named], file)
    grids = tuple(table.grid(name) for name, table in named if not table.hidden)
    if not grids:
        raise Problems([Problem(code="empty_file", file=file)])
    return Sheets(grids, tuple(Skipped(name, (), "hidden_sheet") for name, table in named if table.hidden))


def _decode(raw: bytes) -> str:
    """Text in the encoding the page names, else UTF-8, else Windows-1252."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    named = _CHARSET.search(raw[:4096])
    latin = named is not None and (named[1] or named[2]).decode().lower() in _LATIN
    for encoding in (
        ("cp1252", "utf-8-sig") if latin and not raw.startswith(b"\xef\xbb\xbf") else ("utf-8-sig", "cp1252")
    ):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("no known encoding")


def _tokens(page: str) -> Iterator[tuple[str, str]]:
    """("", text) or (tag in lower case, its attributes); stops at a tag, comment or script without an end."""
    at = 0
    while (opened := page.find("<", at)) >= 0:
        if opened > at:
            yield "", page[at:opened]
        name = _NAME.match(page, opened + 1)
        if name is None:
            known = next((mark for mark in ("!--", "!", "?") if page.startswith(mark, opened + 1)), None)
            if known is None:
                yield "", "<"
                at = opened + 1
                continue
            end = "-->" if known == "!--" else ">"
            at = page.find(end, opened + 1) + len(end)
            if at < len(end):
                return
            continue
        end = _tag_end(page, name.end())
        if end < 0:
            return
        tag = name[0].lower()
        yield tag, page[name.end() : end]
        at = end + 1
        if tag in _ASIDE_END:
            closed = _ASIDE_END[tag].search(page, at)
            if closed is None:
                return
            at = closed.start()
    yield "", page[at:]


def _tag_end(page: str, at: int) -> int:
    while mark := _QUOTE_OR_END.search(page, at):
        if mark[0] == ">":
            return mark.start()
        at = page.find(mark[0], mark.end()) + 1
        if not at:
            return -1
    return -1


@dataclass(slots=True, eq=False)
class _Table:
    """A table while it is read. ``covered`` tells how many more rows a deep cell above takes, per column."""

    hidden: bool
    kept: bool = True
    unseen_cell: bool = False
    cells: SheetCells = field(default_factory=SheetCells)
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    filled_rows: set[int] = field(default_factory=set)
    covered: dict[int, int] = field(default_factory=dict)
    row: int = -1
    column: int = 0
    spans: tuple[int, int] = (1, 1)
    pieces: list[str] | None = None
    spanned: int = 0

    def start_row(self, hidden: bool) -> None:
        self.end_cell()
        self.covered = {column: rows - 1 for column, rows in self.covered.items() if rows > 1}
        self.row += 1
        self.column = 0
        self.unseen_cell = False
        if hidden:
            self.hidden_rows.add(self.row)

    def start_cell(self, attributes: dict[str, str]) -> None:
        self.end_cell()
        if self.row < 0:
            self.start_row(hidden=False)
        while self.column in self.covered:
            self.column += 1
        self.spans = _count(attributes.get("colspan")), _count(attributes.get("rowspan"))
        self.pieces = []
        self.unseen_cell = False

    def pass_cell(self) -> None:
        """A cell that is not shown takes no place."""
        self.end_cell()
        self.unseen_cell = True

    def end_cell(self) -> None:
        if self.pieces is None:
            return
        lines = [" ".join(line.split()) for line in "".join(self.pieces).split("\0")]
        text = clean_text("\n".join(filter(None, lines)))
        self.pieces = None
        across, down = self.spans
        self.cells.put(self.row, self.column, text)
        if text:
            self.filled_rows.add(self.row)
        if across * down > 1:
            self.spanned += across * down
            if self.spanned > MAX_SPANNED:
                raise ValueError("cells that cover more than a page")
            self.merges.append(Merge(self.row, self.column, self.row + down - 1, self.column + across - 1))
        if down > 1:
            self.covered |= dict.fromkeys(range(self.column, self.column + across), down)
        self.column += across

    def grid(self, name: str | None) -> Grid:
        height, width = self.cells.height, self.cells.width
        return Grid(
            name,
            self.cells.columns(),
            range(1, height + 1),
            merges=tuple(merge for merge in self.merges if merge.top < height and merge.left < width),
            hidden_rows=frozenset(row for row in self.hidden_rows if row < height),
        )


class _Page:
    """The tables of a page, those inside a cell of another one too."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._open: list[_Table] = []
        self._found: list[_Table] = []
        self._unseen: list[str] = []
        """The tags of one name that are open since one that is not shown."""
        self._unseen_tables = 0

    def tables(self) -> list[_Table]:
        for tag, rest in _tokens(self._page):
            if self._unseen:
                self._pass_over(tag, rest)
            elif not tag:
                self._text(unescape(rest).replace("\0", " "))
            elif tag == "table":
                self._start_table(rest)
            elif self._open:
                self._in_table(tag, rest)
        while self._open:
            self._end_table()
        return [table for table in self._found if table.kept]

    def _start_table(self, rest: str) -> None:
        around = self._open[-1:]
        table = _Table(hidden=_is_unseen(rest) or any(other.hidden or other.unseen_cell for other in around))
        self._open.append(table)
        self._found.append(table)

    def _end_table(self) -> None:
        """A table of one row is a part of the text around it."""
        table = self._open.pop()
        table.end_cell()
        if len(table.filled_rows) < 2:
            table.kept = False
            if table.filled_rows and not table.hidden:
                for column in table.cells.columns():
                    self._text(f"\0{column[-1]}\0")

    def _in_table(self, tag: str, rest: str) -> None:
        table = self._open[-1]
        if tag == "/table":
            self._end_table()
        elif tag == "tr":
            table.start_row(hidden=_is_unseen(rest))
        elif tag in _CELL_ENDS and tag not in ("td", "th"):
            table.end_cell()
        elif tag in ("td", "th"):
            if _is_unseen(rest):
                table.pass_cell()
            else:
                table.start_cell(_attributes(rest))
        elif _is_unseen(rest) and tag not in _VOID and not tag.startswith("/"):
            self._unseen.append(tag)
        elif tag in _BREAKS:
            self._text("\0")

    def _pass_over(self, tag: str, rest: str) -> None:
        """What is not shown ends where its tag ends, and never goes beyond its cell."""
        if tag in ("table", "/table") and (tag == "table" or self._unseen_tables):
            self._unseen_tables += 1 if tag == "table" else -1
        elif not self._unseen_tables and tag in _CELL_ENDS:
            self._unseen.clear()
            self._in_table(tag, rest)
        elif tag == self._unseen[0] and not rest.endswith("/"):
            self._unseen.append(tag)
        elif tag == f"/{self._unseen[0]}":
            self._unseen.pop()

    def _text(self, text: str) -> None:
        if self._open and (pieces := self._open[-1].pieces) is not None:
            pieces.append(text)


def _attributes(rest: str) -> dict[str, str]:
    if "=" not in rest:
        return {}
    return {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(rest)}


def _is_unseen(rest: str) -> bool:
    return "none" in rest.lower() and bool(_NOT_SHOWN.search(_attributes(rest).get("style", "")))


def _count(told: str | None) -> int:
    """How many rows or columns a cell takes; a page may say anything."""
    return min(max(int(told), 1), 1000) if told and told.strip().isascii() and told.strip().isdigit() else 1

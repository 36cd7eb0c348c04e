"""A report as plain text, for a terminal or a message: lines of 78 characters, tables in columns or as a list."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from ..blocks import Block, Bullets, Callout, Chart, Facts, Fold, Heading, Report, Steps, Table, Text
from ..wording import Words, words
from .paper import column_widths, held, is_form, numeric_columns

WIDTH = 78
INDENT = "  "
KEPT = {"break_on_hyphens": False, "break_long_words": False}
UNDER = {1: "=", 2: "=", 3: "-", 4: "."}


def plain(report: Report) -> str:
    """The whole report, ending in one line break."""
    w = words(report.lang)
    told = [_paragraph(report.kicker), _headed(report.title, 1), _paragraph(report.question)]
    told += [_shown(block, 0, w) for block in report.blocks]
    told.append(_paragraph(report.footer))
    return held("\n\n".join(told)) + "\n"


def _shown(block: Block, depth: int, w: Words) -> str:
    match block:
        case Text(text=text):
            return _paragraph(text)
        case Heading(text, level, answer):
            asked = _headed(text, level + depth)
            return asked if answer is None else f"{asked}\n\n{_paragraph(' '.join((w('documents.answer'), answer)))}"
        case Facts(items):
            return "\n".join(_item(f"{figure}: {what}") for figure, what in items)
        case Bullets(items):
            return "\n".join(_item(item) for item in items)
        case Callout(_, title, paragraphs):
            first = f"{title}: {paragraphs[0]}" if title is not None and paragraphs else title or ""
            texts = (first, *paragraphs[1:]) if title is not None else paragraphs
            return "\n\n".join(_barred(text) for text in texts)
        case Steps(label=label):
            return _paragraph(label)
        case Chart(alt=alt, caption=caption, table=table):
            return "\n\n".join((_paragraph(alt), _paragraph(caption), _tabled(table)))
        case Table() if is_form(block):
            return "\n\n".join(_to_fill_in(block))
        case Table():
            return _tabled(block)
        case Fold(title, blocks):
            return "\n\n".join((_headed(title, 2 + depth), *(_shown(inner, depth + 1, w) for inner in blocks)))


def _headed(text: str, level: int) -> str:
    lines = textwrap.wrap(text, WIDTH) or [""]
    return "\n".join((*lines, UNDER[min(level, max(UNDER))] * max(map(len, lines))))


def _paragraph(text: str, first: str = "", rest: str = "") -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, **KEPT))


def _item(text: str) -> str:
    return _paragraph(text, "- ", INDENT)


def _barred(text: str) -> str:
    return _paragraph(text, "| ", "| ")


def _tabled(table: Table) -> str:
    """In columns where no word is wider than its own; else every row is a small list under its first cell."""
    caption, rows = _paragraph(table.caption), (table.header, *table.rows)
    widths = column_widths(table, WIDTH - len(INDENT) * (len(table.header) - 1))
    if widths is None:
        return "\n\n".join((caption, "\n".join(_listed(table))))
    numeric = numeric_columns(table)
    head, *body = ("\n".join(_row(row, widths, numeric)) for row in rows)
    return "\n".join((caption, "", head, "-" * (sum(widths) + len(INDENT) * (len(widths) - 1)), *body))


def _to_fill_in(form: Table) -> Iterator[str]:
    """A line for every answer; of more columns each on its own, row by row."""
    if len(form.header) == 1:
        yield _headed(form.header[0], max(UNDER))
        yield from ("_" * WIDTH for _ in form.rows)
        return
    yield _paragraph(form.caption)
    for _ in form.rows:
        asked = (f"{INDENT if at else '- '}{name}: " for at, name in enumerate(form.header))
        yield "\n".join(f"{name}{'_' * (WIDTH - len(name))}" for name in asked)


def _row(cells: Iterable[str], widths: list[int], numeric: tuple[bool, ...]) -> Iterator[str]:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(cells, widths, strict=True)
    ]
    for line in zip_longest(*wrapped, fillvalue=""):
        placed = (
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(line, widths, numeric, strict=True)
        )
        yield INDENT.join(placed).rstrip()


def _listed(table: Table) -> Iterator[str]:
    for row in table.rows:
        yield _paragraph(f"{table.header[0]}: {row[0]}", "- ", INDENT)
        for name, cell in zip(table.header[1:], row[1:], strict=True):
            if cell:
                yield _paragraph(f"{name}: {cell}", INDENT, INDENT * 2)

"""A report as one HTML file that needs nothing else: no script, no request, no font of its own."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml.ElementTree import fromstring

from ..blocks import Block, Report, Table
from ..wording import words

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

ROOM = Path(__file__).parent
DRAWN = {"svg", "g", "path", "text", "tspan", "rect", "line", "title"}
NUMBER = re.compile(r"[−\d.,\u2009\u202f\u00a0 ]+%?")
COUNTED = re.compile(r"(?<=\d) (?=[^\W\d]|%)")
"""Between a number and what it counts no line may break; large figures may."""


def html(report: Report) -> str:
    """The whole page. Every text is escaped; only a drawing enters as it is, once it is seen to be one."""
    return _template().render(report=report, words=words(report.lang), css=_style(report.name))


@lru_cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    room = Environment(
        loader=FileSystemLoader(ROOM), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=_unbroken,
    )  # fmt: skip
    room.filters |= {"kind": _kind, "drawing": _drawing, "numeric": _numeric_columns, "empty": _is_form}
    return room.get_template("page.html.j2")


@lru_cache
def _style(name: str) -> Markup:
    """The style of every page, and what one kind of page adds to it."""
    from markupsafe import Markup

    sheets = [sheet for sheet in (ROOM / "page.css", ROOM / f"{name}.css") if sheet.is_file()]
    return Markup("\n".join(sheet.read_text("utf-8") for sheet in sheets))  # noqa: S704 - our own files


def _unbroken(text: object) -> object:
    return COUNTED.sub("\N{NO-BREAK SPACE}", text) if type(text) is str else text


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _drawing(svg: str) -> Markup:
    """An SVG of lines, shapes and letters; anything that could act or fetch is refused."""
    from xml.etree import ElementTree

    from markupsafe import Markup

    root = fromstring(svg)
    for element in root.iter():
        names = [name.lower() for name in element.attrib]
        acts = [name for name in names if name.startswith("on") or name.endswith("href") or name == "style"]
        if element.tag.rpartition("}")[2] not in DRAWN or acts:
            raise ValueError(f"a chart holds only drawn elements; got {element.tag} {acts}")
    return Markup(ElementTree.tostring(root, "unicode"))  # noqa: S704 - only drawn elements, seen above


def _is_form(table: Table) -> bool:
    """Nothing but room to write."""
    return bool(table.rows) and not any(cell for row in table.rows for cell in row)


def _numeric_columns(table: Table) -> tuple[bool, ...]:
    """Which columns hold only numbers, and are set flush right."""
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    return tuple(bool(column) and all(NUMBER.fullmatch(cell) for cell in column) for column in columns)

"""A report as one HTML file that needs nothing else: no script, no request, no font of its own.

``document`` makes the other formats of the same report.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defusedxml.ElementTree import fromstring

from ..blocks import PRIVATE_PAGES, Block, PrivatePage, Report
from ..wording import Words, words
from .paper import is_form, numeric_columns, unbroken

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

ROOM = Path(__file__).parent
DRAWN = {"svg", "g", "path", "text", "tspan", "rect", "line", "title"}
FORMATS = ("docx", "pdf", "txt")
"""What a page can also be made as."""


def html(page: Report | PrivatePage) -> str:
    """The whole page. Every text is escaped; only a drawing enters as it is, once it is seen to be one.

    A private page carries its warning at the top, and on paper on every page; without it, as a bare Report, it is
    refused with TypeError.
    """
    report, warning = (page.page, page.warning) if isinstance(page, PrivatePage) else (page, None)
    if (report.name in PRIVATE_PAGES) != (warning is not None):
        raise TypeError(f"the page {report.name!r} holds pupils: only a PrivatePage of it is set")
    css = _style("private" if warning else report.name)
    return _template("page.html.j2").render(report=report, words=words(report.lang), css=css, warning=warning)


def index_html(index: Any, words: Words) -> str:
    """The page that leads to many pages; every text is escaped."""
    css = _style("private", "index") if index.private else _style("index")
    return _template("index.html.j2").render(index=index, words=words, css=css)


def shelf_page(shelf: Any, words: Words) -> str:
    """The page to browse cards in. What is chosen is hidden or shown by style alone, on a screen; paper shows all."""
    rules = _shelf_rules(shelf, words)
    return _template("shelf.html.j2").render(shelf=shelf, words=words, css=_style("shelf"), rules=rules)


def _shelf_rules(shelf: Any, words: Words) -> Markup:
    """Of each answer, what it hides; and how the number of cards that are left is told."""
    from markupsafe import Markup

    hides = "".join(
        f"body:has(#c{group}-{place}:checked) .card:not(.c{group}-{place}) {{ display: none; }}\n"
        for group, choice in enumerate(shelf.choices, 1)
        for place in range(1, len(choice.answers) + 1)
    )
    none, some = (_css_text(words(f"shelf.shown.{key}")) for key in ("none", "some"))
    return Markup(  # noqa: S704 - numbers, and our own texts as numbers
        f"@media screen {{\n{hides}}}\n"
        f'@counter-style some {{ system: cyclic; symbols: "{some}\\20 "; suffix: ""; }}\n'
        f'@counter-style told {{ system: fixed 0; symbols: "{none}"; suffix: ""; fallback: some; }}\n'
        '@counter-style number { system: fixed 0; symbols: ""; suffix: ""; fallback: decimal; }'
    )


def _css_text(text: str) -> str:
    """Every letter by its number: nothing in it can end the text."""
    return "".join(f"\\{ord(letter):x} " for letter in text)


def document(report: Report, kind: str) -> bytes:
    """The report as one of ``FORMATS``: same report, same bytes. TypeError for a page with pupils on it."""
    if report.name in PRIVATE_PAGES:
        raise TypeError(f"the page {report.name!r} holds pupils: it is made as a private page alone")
    match kind:
        case "docx":
            from .word import docx

            return docx(report)
        case "pdf":
            from .pdf import pdf

            return pdf(report)
        case "txt":
            from .plain import plain

            return plain(report).encode("utf-8")
        case _:
            raise ValueError(f"a report is made as one of {FORMATS}, not as {kind!r}")


@lru_cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    room = Environment(
        loader=FileSystemLoader(ROOM), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=_unbroken,
    )  # fmt: skip
    room.filters |= {"kind": _kind, "drawing": _drawing, "numeric": numeric_columns, "empty": is_form}
    return room.get_template(name)


@lru_cache
def _style(*names: str) -> Markup:
    """The style of every page, and what one kind of page adds to it."""
    from markupsafe import Markup

    sheets = [sheet for name in ("page", *names) if (sheet := ROOM / f"{name}.css").is_file()]
    return Markup("\n".join(sheet.read_text("utf-8") for sheet in sheets))  # noqa: S704 - our own files


def _unbroken(text: object) -> object:
    return unbroken(text) if type(text) is str else text


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _drawing(svg: str) -> Markup:
    """An SVG of lines, shapes and letters; anything that could act or fetch is refused."""
    from xml.etree import ElementTree

    from markupsafe import Markup

    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    root = fromstring(svg)
    for element in root.iter():
        names = [name.lower() for name in element.attrib]
        acts = [name for name in names if name.startswith("on") or name.endswith("href") or name == "style"]
        if element.tag.rpartition("}")[2] not in DRAWN or acts:
            raise ValueError(f"a chart holds only drawn elements; got {element.tag} {acts}")
    return Markup(ElementTree.tostring(root, "unicode"))  # noqa: S704 - only drawn elements, seen above

"""What a page is made of: plain values, ready to be set as HTML (later DOCX, PDF, text).

All text here is already worded in one language and safe to share; nothing is markup.
A block never holds a pupil's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    style: Literal["body", "lead", "small"] = "body"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: Literal[2, 3] = 2
    answer: str | None = None
    """A short status beside a question, such as "nog niet helemaal"."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Two to four figures side by side: (figure, what it is)."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The first cell of a row is its header."""


@dataclass(frozen=True, slots=True)
class Chart:
    wide: str
    """A complete static SVG for a page of 640 px and wider, and for paper."""
    narrow: str
    """The same picture for a phone of 320 px: no text under 12 px."""
    alt: str
    caption: str
    table: Table


@dataclass(frozen=True, slots=True)
class Callout:
    kind: Literal["conclusion", "next_step", "note"]
    title: str | None
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """Named steps on a neutral ladder; ``current`` is an index into ``names``."""

    names: tuple[str, ...]
    current: int
    label: str
    """The whole ladder in one sentence, for a screen reader."""


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    title: str
    blocks: tuple[Block, ...]


Block = Text | Heading | Facts | Table | Chart | Callout | Steps | Bullets | Fold


@dataclass(frozen=True, slots=True)
class Report:
    """One page. Same values, same bytes: no times, paths or random ids in it."""

    study_id: str
    lang: str
    kicker: str
    """The line above the title: for whom, which building block, when."""
    title: str
    question: str
    blocks: tuple[Block, ...]
    footer: str
    typed_lang: str | None = None
    """Language of the title and the question, where it is another than that of the page."""
    summary: str = ""
    """The conclusion in one sentence: for a terminal, and the page's own description."""
    name: Literal["report", "plan", "gespreksleidraad"] = "report"
    """Of the file it becomes, one in every language: another name would leave the page of an earlier run beside it."""

    def _repr_html_(self) -> str:
        from html import escape

        from .documents import html

        return FRAME.format(page=escape(html(self)), title=escape(self.title))


FRAME = '<iframe srcdoc="{page}" title="{title}" style="width:100%;height:80vh;border:1px solid #d7dade"></iframe>'
"""In a notebook the page keeps its own styles and language, apart from the notebook's."""

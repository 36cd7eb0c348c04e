"""What a page is made of: plain values, ready to be set as HTML, DOCX, PDF or text, or kept as JSON.

All text here is already worded in one language; nothing is markup. A block of a page that may be shared never holds a
pupil's row. A page that does hold pupils is a ``PrivatePage``: another type, which no way out takes for the first.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    style: Literal["body", "lead", "small"] = "body"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: Literal[2, 3, 4] = 2
    """4 only where paper shows a fold as a section."""
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
    tone: Literal["conclusion", "next_step", "note"]
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


PRIVATE_PAGES = ("pupils", "teacher")
"""Names of pages that stay with the teacher who made them."""


@dataclass(frozen=True, slots=True, repr=False)
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
    name: Literal["report", "plan", "gespreksleidraad", "summary", "school", "pupils", "teacher"] = "report"
    """Of the file it becomes, one in every language: another name would leave the page of an earlier run beside it. The
    last two only inside a ``PrivatePage``; "school" is for one school alone."""

    def __repr__(self) -> str:
        return f"Report({self.study_id!r}, {self.name!r})"

    def _repr_html_(self) -> str:
        from html import escape

        from .documents import html

        if self.name in PRIVATE_PAGES:
            return escape(repr(self))
        return FRAME.format(page=escape(html(self)), title=escape(self.title))


FRAME = '<iframe srcdoc="{page}" title="{title}" style="width:100%;height:80vh;border:1px solid #d7dade"></iframe>'
"""In a notebook the page keeps its own styles and language, apart from the notebook's."""


KINDS = {
    one.__name__.lower(): one for one in (Text, Heading, Facts, Table, Chart, Callout, Steps, Bullets, Fold, Report)
}


def as_json(value: Report | Block | tuple | str | int | None) -> Any:
    """Plain values, with a ``kind`` per block."""
    if isinstance(value, tuple):
        return [as_json(one) for one in value]
    if isinstance(value, tuple(KINDS.values())):
        named = {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__.lower()} | named
    return value


def from_json(value: Any) -> Any:
    """The same value again; ``ValueError`` where it is not one of ours."""
    if isinstance(value, list):
        return tuple(from_json(one) for one in value)
    if not isinstance(value, dict):
        return value
    named = {name: from_json(one) for name, one in value.items() if name != "kind"}
    try:
        return KINDS[value["kind"]](**named)
    except (KeyError, TypeError) as unknown:
        raise ValueError(f"no block of a page: {sorted(value)}") from unknown


@dataclass(frozen=True, slots=True, repr=False)
class PrivatePage:
    """A page with pupils on it, for their own teacher alone: it goes to ``private/<study>/`` and nowhere else.

    A notebook that shows it shows what it is and where it goes, not the page: an executed notebook may be shared.
    """

    page: Report
    warning: tuple[str, str]
    """Whose it is, and what it is not for: at the top, and on paper on every page."""
    shown: str
    """What a notebook says in its place."""

    def __post_init__(self) -> None:
        if self.page.name not in PRIVATE_PAGES:
            raise ValueError(f"a private page is one of {PRIVATE_PAGES}, not {self.page.name!r}")

    def __repr__(self) -> str:
        return f"PrivatePage({self.page.study_id!r}, {self.page.name!r})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self.shown)}</p>"

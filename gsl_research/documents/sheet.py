"""A page that is one sheet of A4: letters as large, and lines to write on as high, as its text leaves room for.

Word sets the page itself, so here its height is reckoned, on the safe side; typst measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf

from ..blocks import Block, Bullets, Callout, Heading, Report, Table, Text
from .paper import is_form

ONE_SHEET = ("gespreksleidraad",)
"""Pages to print and to write on."""
SIDES, ENDS = 17, 12
"""Margins left and right, and above and below, in millimetres: what every printer can do (policy)."""
LETTERS = (10.5, 10, 9.5, 9, 8.5, 8, 7.5)
"""Of running text, in points: the largest that fits (policy)."""
LEAST, MOST = 6.5, 13.0
"""Height of a line to write on, in millimetres: by hand, and where more would be empty (policy)."""
SHARE = 0.26
"""Of the width, for every column of a form but the first."""

POINTS = 72 / 25.4
WIDE, HIGH = (210 - 2 * SIDES) * POINTS, (297 - 2 * ENDS) * POINTS
LETTER, LINE = 0.48, 1.2
"""A letter's width and a line's height, in its own size: of Arial in Dutch, rather too much (computed)."""
SERIF, LARGE = 1.35, ("title", "question", "heading")
"""How much wider the letters of headings are, also where another typeface stands in for theirs (computed)."""
SPARE = 0.05
"""Of the page: what two programs may differ."""
LOOKS = {"kicker": (0.86, 2), "title": (2.36, 7), "question": (1.18, 4), "heading": (1.36, 13), "body": (1, 2),
         "small": (0.86, 2), "conclusion": (1.05, 2), "bullet": (1, 1.5), "caption": (0.86, 3),
         "cell": (0.86, 1.5)}  # fmt: skip
"""Of each style in ``word_styles.xml``: its size beside running text, and the space around it in points."""


@dataclass(frozen=True, slots=True)
class Fitted:
    letters: float
    """Size of running text in points."""
    line: float
    """Height of a line to write on, in millimetres."""


def fitted(report: Report) -> Fitted:
    """The largest letters with which the page is one sheet, and what is left of it shared out over the lines to write
    on; the smallest, and the lowest lines, where nothing fits."""
    forms = [block for block in report.blocks if isinstance(block, Table) and is_form(block)]
    rows = sum(len(form.rows) for form in forms)
    for letters in LETTERS:
        room = HIGH * (1 - SPARE) - sum(_heights(report, letters))
        if room >= rows * LEAST * POINTS:
            return Fitted(letters, min(MOST, room / POINTS / rows if rows else inf))
    return Fitted(LETTERS[-1], LEAST)


def form_shares(columns: int) -> list[float]:
    """Of the width of a form, per column: what is done needs more room than who and when."""
    rest = min(SHARE, 0.5 / max(columns - 1, 1))
    return [1 - rest * (columns - 1), *[rest] * (columns - 1)]


def _heights(report: Report, letters: float) -> Iterator[float]:
    def told(text: str, look: str, wide: float = WIDE) -> float:
        size, around = LOOKS[look][0] * letters, LOOKS[look][1]
        letter = LETTER * size * (SERIF if look in LARGE else 1)
        return _lines(text, wide / letter) * size * LINE + around

    yield told(report.kicker, "kicker")
    yield told(report.title, "title")
    yield told(report.question, "question")
    yield told(report.footer, "small")
    for block in report.blocks:
        yield from _of_block(block, told)


def _of_block(block: Block, told) -> Iterator[float]:
    match block:
        case Text(text, style):
            yield told(text, "small" if style == "small" else "body")
        case Heading(text=text):
            yield told(text, "heading")
        case Bullets(items):
            yield from (told(item, "bullet", WIDE - 24) for item in items)
        case Callout(paragraphs=paragraphs):
            yield 10
            yield from (told(text, "conclusion", WIDE - 34) for text in paragraphs)
        case Table(caption, header, rows) if is_form(block):
            yield told(caption, "caption") if len(header) > 1 else 0
            yield told(header[0], "cell")
            yield 4
        case Table(caption, header, rows):
            yield told(caption, "caption")
            widest = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
            narrow = sum(widest[:-1]) * LETTER * LETTERS[0]
            yield from (told(row[-1], "cell", max(WIDE - narrow - 24, WIDE / 3)) for row in (header, *rows))
            yield 6


def _lines(text: str, fitting: float) -> int:
    """Lines of so many letters; a word goes to the next line whole."""
    ends = [0]
    for word in text.split():
        last = ends[-1] + len(word) + (ends[-1] > 0)
        if last <= fitting or not ends[-1]:
            ends[-1] = last
        else:
            ends.append(len(word))
    return sum(max(1, ceil(end / fitting)) for end in ends)

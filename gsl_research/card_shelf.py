"""The cards of many schools on one shelf: a page to browse in, without a script, ordered by date and by nothing else.

A reader chooses by building block, level of education, domain and how firm a card stands. No colour and no order
follows a result. What is typed in a card is text, never markup; a link leads to a page beside this one or on the web.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from .documents import shelf_page
from .wording import Words

CHOSEN_BY = ("lever", "level", "domain", "firmness")
"""What a reader may choose by; each is a field of a line."""
SAFE_LINKS = ("", "http", "https")


@dataclass(frozen=True, slots=True)
class ShelfLine:
    """One card in words of one language; lever, level, domain and design may be words of the contract."""

    title: str
    question: str
    lever: str
    level: str
    domain: str
    firmness: str
    """The named step."""
    rating: int
    """From 0 to 5: the order of the steps among each other, and nothing else."""
    school: str
    """A letter, or empty."""
    day: date | None
    design: str
    link: str | None
    said: str
    """The verdict in one sentence."""
    status: str
    """Whether it counts in the summary, or why not."""

    def __post_init__(self):
        if self.link is not None and urlsplit(self.link).scheme not in SAFE_LINKS:
            raise ValueError(f"a card leads to a page: {self.link!r} is none")
        if not 0 <= self.rating <= 5:
            raise ValueError(f"a rating lies from 0 to 5, not {self.rating}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One question of the page, and each answer with how many cards it has."""

    name: str
    legend: str
    everything: str
    """How many cards there are, in words."""
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A line as it is shown: ``places`` says which answer it is to each question, counted from 1."""

    line: ShelfLine
    heading: str
    places: tuple[int, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that the page shows."""

    lead: str
    choices: tuple[Choice, ...]
    cards: tuple[Card, ...]
    schools: bool


def shelf_html(lines: Sequence[ShelfLine], words: Words) -> str:
    """The whole page: one file that needs nothing else."""
    return shelf_page(shelf(lines, words), words)


def shelf(lines: Sequence[ShelfLine], words: Words) -> Shelf:
    """A question with one answer is not asked."""
    ordered = by_date(lines)
    choices = tuple(one for name in CHOSEN_BY if len((one := _choice(ordered, name, words)).answers) > 1)
    cards = tuple(
        Card(line, heading(line, words), _places(line, choices, words), facts(line, words)) for line in ordered
    )
    return Shelf(lead(lines, words), choices, cards, any(line.school for line in lines))


def lead(lines: Sequence[ShelfLine], words: Words) -> str:
    """How many cards, and of how many schools."""
    if not lines:
        return words("shelf.lead.empty")
    schools, cards = len({line.school for line in lines if line.school}), _counted(len(lines), words)
    if not schools:
        return words("shelf.lead.cards", cards=cards)
    return words(f"shelf.lead.school{'s' if schools > 1 else ''}", cards=cards, schools=words.count(schools))


def by_date(lines: Sequence[ShelfLine]) -> list[ShelfLine]:
    """The newest last, and after it those without a date; of one day, by title."""
    return sorted(lines, key=lambda one: (one.day is None, one.day or date.min, one.title.casefold(), one.school))


def answers(lines: Sequence[ShelfLine], name: str, words: Words) -> list[tuple[str, int]]:
    """What can be chosen, with how many cards: by name, firmness by its step, and "not known" last."""
    places: dict[str, tuple] = {}
    for line in lines:
        said = named(line, name, words)
        place = (not getattr(line, name), line.rating if name == "firmness" else 0, said.casefold())
        places[said] = min(places.get(said, place), place)
    counts = Counter(named(line, name, words) for line in lines)
    return [(said, counts[said]) for said in sorted(places, key=places.__getitem__)]


def named(line: ShelfLine, name: str, words: Words) -> str:
    """What a field says: the text of a word of the contract, or the word itself."""
    value = getattr(line, name)
    if not value:
        return words("shelf.unknown")
    match name:
        case "lever" | "domain":
            key = f"report.{name}.{value}"
        case "level" | "design":
            key = f"shelf.{name}.{value}"
        case _:
            return value
    return words(key) if key in words else value


def facts(line: ShelfLine, words: Words) -> tuple[tuple[str, str], ...]:
    """What stands under the sentence of a card: (what, value)."""
    return tuple((words(f"shelf.field.{name}"), named(line, name, words)) for name in (*CHOSEN_BY, "design", "status"))


def heading(line: ShelfLine, words: Words) -> str:
    """Date and school of a card, as far as they are known."""
    when = words.date(line.day) if line.day else words("shelf.undated")
    return words("shelf.of_school", when=when, school=line.school) if line.school else when


def _choice(lines: Sequence[ShelfLine], name: str, words: Words) -> Choice:
    told = tuple((said, _counted(count, words)) for said, count in answers(lines, name, words))
    return Choice(name, words(f"shelf.field.{name}"), _counted(len(lines), words), told)


def _counted(count: int, words: Words) -> str:
    return words(f"shelf.count.{'one' if count == 1 else 'other'}", count=words.count(count))


def _places(line: ShelfLine, choices: Sequence[Choice], words: Words) -> tuple[int, ...]:
    return tuple([said for said, _ in one.answers].index(named(line, one.name, words)) + 1 for one in choices)

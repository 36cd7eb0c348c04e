"""Cards in, the pages over schools out: what was read, what is kept for the next time, and where everything goes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import changes
from .also import Placed
from .belonging import belong, domains, levers, school_of
from .card_lines import shelf_lines
from .card_shelf import shelf_html
from .cards import Card, CardFolder, cards_below
from .documents import html
from .explore import Browser, browse
from .files import CLOSED, PRIVATE, made_folder, save, save_documents, write_json, write_text
from .for_whom import for_whom
from .letters import lettered
from .over_schools import Overview, capital, conclusion
from .participation import Participation, load_participation, participation_file
from .problems import Problem, Problems
from .publishing import holding
from .report import Lines
from .school_page import school_page
from .standing import standing
from .summary import summary_page
from .synthesis import synthesise as pool
from .wording import words

OF_ALL, LETTERS, LAST, SHELF = "overzicht", "schools.json", "last.json", "fiches.html"
MOST_SAID = 20
"""Cards that do not count, said in a terminal one by one; of the rest the number, the page has them (policy)."""
MOST_SCHOOL_PAGES = 100
"""With more schools than this no page is made for each of them (policy)."""


@dataclass(frozen=True, slots=True)
class Saved:
    """Where the page over schools went, its other formats, the folder of what is private, and how many school pages."""

    page: Path
    documents: tuple[Placed, ...]
    private: Path
    school_pages: int


def load_cards(folder: Path | str) -> CardFolder:
    """Every card below a folder, and what is wrong with the files that should be one. Problems where there is none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise Problems([Problem(code="cards_no_folder", file=folder.name)])
    found = cards_below(folder)
    if not found.cards:
        raise Problems([*found.problems, Problem(code="cards_none", file=folder.name)])
    return found


def describe_cards(cards: CardFolder, *, lang: str = "nl") -> Lines:
    """How many cards there are of each lever, and what is wrong with the files that are left out."""
    w = words(lang)
    counts = Counter(one.study.lever for one in cards.cards)
    found = [
        w("summary.cards.found", lever=w(f"report.lever.{lever}"), count=w.count(counts[lever]))
        for lever in levers(cards.cards)
    ]
    return Lines((*found, *w.problem_lines(cards.problems)))


def synthesise(
    cards: CardFolder, *, lever: str | None = None, domain: str | None = None, out: Path | str = ".", lang: str = "nl"
) -> Overview:
    """All that a page over schools tells of one lever; ``out`` is where the last one stands, for letters and news.

    Without ``lever`` there must be cards of one lever alone. Raises Problems: a lever without cards; several levers and
    none named; a file on who took part that cannot be right.
    """
    there = levers(cards.cards)
    if not there:
        raise Problems([Problem(code="cards_none", file=cards.folder.name)])
    if lever is None and len(there) > 1:
        raise Problems([Problem(code="cards_several_levers", facts={"options": there})])
    if lever is not None and lever not in there:
        raise Problems([Problem(code="cards_no_lever", value=lever, facts={"options": there})])
    lever = lever or there[0]
    if domain is not None and domain not in (options := domains(cards.cards, lever)):
        raise Problems([Problem(code="cards_no_domain", value=domain, facts={"options": options})])
    belonging = belong(cards.cards, lever, domain=domain)
    took = participation_file(cards.folder)
    taken_part = load_participation(took) if took else None
    if taken_part is not None and taken_part.lever not in (None, lever):
        taken_part = None
    asked = cards.cards if taken_part is not None and taken_part.lever is None else belonging.counted
    with_card = len({school_of(card) for card in asked})
    found = pool(belonging)
    place = Path(out) / PRIVATE / Overview.name_of(belonging)
    letters = letters_of(cards, out)
    here = {school_of(one.card) for one in (*belonging.used, *belonging.excluded)}
    _enough_started(taken_part, took, with_card)
    last = changes.before(_read(place / LAST), found)
    return Overview(
        synthesis=found,
        standing=standing(found, taken_part, with_card),
        for_whom=for_whom(found),
        words=words(lang),
        letters={name: letter for name, letter in letters.items() if name in here},
        kept_letters=letters,
        everywhere=cards.cards,
        taken_part=taken_part,
        changes=changes.changes(last, found) if last else None,
        unreadable=len({problem.file for problem in cards.problems}),
    )


def save_overview(told: Overview, out: Path | str, also: Iterable[str] = ()) -> Saved:
    """The page over schools, also in other formats, in ``reports/``; letters, school pages, memory in ``private/``."""
    out = Path(out)
    report = summary_page(told)
    private, of_all = out / PRIVATE / told.study_id, out / PRIVATE / OF_ALL
    pages = 0
    with made_folder(of_all), made_folder(private), holding(out):
        new = save_documents(report, out, also) if also else ()
        write_json(of_all / LETTERS, told.kept_letters, mode=CLOSED)
        if len(told.letters) <= MOST_SCHOOL_PAGES:
            for name, letter in told.letters.items():
                write_text(private / f"school-{letter}.html", html(school_page(told, name)), mode=CLOSED)
                pages += 1
        page = save(report, out)
        write_json(private / LAST, changes.remembered(told.synthesis, told.code), mode=CLOSED)
    return Saved(page, new, private, pages)


def letters_of(cards: CardFolder, out: Path | str) -> dict[str, str]:
    """A letter for each school of a folder, over all levers, and for those that were there before."""
    return lettered(_read(Path(out) / PRIVATE / OF_ALL / LETTERS), _digests(cards.cards))


def save_shelf(cards: CardFolder, out: Path | str, *, lang: str = "nl") -> Path:
    """A page to browse all cards in, for who gathers them: with titles and links, so it stays in ``private/``."""
    w, folder = words(lang), Path(out) / PRIVATE / OF_ALL
    with made_folder(folder):
        found = shelf_lines(cards.cards, w, letters=letters_of(cards, out), place=folder)
        return write_text(folder / SHELF, shelf_html(found, w), mode=CLOSED)


def browse_cards(cards: CardFolder, *, out: Path | str = ".", lang: str = "nl") -> Browser:
    """The same cards to choose from in a notebook."""
    return browse(shelf_lines(cards.cards, words(lang), letters=letters_of(cards, out)), lang)


def lines(told: Overview, saved: Saved) -> Iterator[str]:
    """What a terminal says of a page that was made; here the cards that do not count stand with their file."""
    w = told.words
    yield f"\n{w('summary.title', Lever=capital(told.lever))}\n"
    yield from conclusion(told)
    if told.synthesis.belonging.excluded:
        yield f"\n{w('summary.others.caption')}:"
        for one in told.synthesis.belonging.excluded[:MOST_SAID]:
            place = one.card.path.as_posix()
            yield f"- {w('summary.command.card', file=place, why=w(f'summary.why.{one.reason}'))}"
        if (more := len(told.synthesis.belonging.excluded) - MOST_SAID) > 0:
            yield f"- {w('summary.others.more', count=told.count('card', more))}"
    if not told.synthesis.belonging.coded:
        yield f"\n{w('summary.method.no_code')}"
    yield f"\n{w('summary.command.page', path=saved.page.resolve())}"
    yield w("summary.command.private", path=saved.private.resolve())


def _enough_started(taken_part: Participation | None, path: Path | None, cards: int) -> None:
    if taken_part is not None and cards > taken_part.started - taken_part.stopped:
        facts = {"finished": taken_part.started - taken_part.stopped, "cards": cards}
        raise Problems([Problem(code="participation_fewer", file=path.name, facts=facts)])


def _digests(cards: Sequence[Card]) -> dict[str, str]:
    """Of each school: all that its cards tell."""
    found: dict[str, list[str]] = {}
    for card in cards:
        found.setdefault(school_of(card), []).append(card.content_sha256)
    return {name: hashlib.sha256("".join(sorted(shas)).encode()).hexdigest() for name, shas in found.items()}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None

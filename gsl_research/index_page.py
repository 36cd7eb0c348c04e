"""What a batch ran and what it did not, as a page and as a table: one to share, and one to stay at home.

Ordered by name, never by result; no result stands in it. In what may be shared a school is a letter, and what must be
mended stands there in general words: a file name tells a school, and a located sentence may quote a score.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .batch import Batch, Outcome
from .copies import separated
from .documents import index_html
from .files import CLOSED, PRIVATE, SHAREABLE, made_folder, write_bytes, write_json, write_text
from .inputs import file_digest
from .wording import Words

PAGE, TABLE, LETTERS = "index.html", "index.csv", "schools.json"
STARTS_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""With one of these in front a spreadsheet may take a text for a formula; some take the wide forms too (OWASP, "CSV
Injection")."""
REASONS = {
    "differs_by_few": "few",
    "batch_same_id": "same_id",
    "batch_no_scores": "no_scores",
    "batch_several_scores": "no_scores",
    "kernel_died": "stopped",
    "memory_full": "stopped",
    "time_limit": "stopped",
    "notebook_failed": "stopped",
    "nothing_saved": "stopped",
    "unknown_parameter": "stopped",
    "batch_fault": "stopped",
    "disk_full": "disk",
    "output_unwritable": "disk",
    "folder_held": "disk",
}
"""In general words, by the code of the first problem; otherwise the study's own files must be mended."""


@dataclass(frozen=True, slots=True)
class Line:
    """One study of the index."""

    title: str
    school: str
    day: str
    link: str | None
    """From the index to its page; None where it did not run."""
    why: str
    place: str
    """Its study file; empty in what may be shared."""
    told: tuple[str, ...]
    """Every located sentence; empty in what may be shared."""


@dataclass(frozen=True, slots=True)
class Index:
    """All that the page shows."""

    private: bool
    lead: str
    lines: tuple[Line, ...]
    """Of every study: by title, and where titles are equal by school."""
    schools: bool
    days: bool

    @property
    def made(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.link)

    @property
    def not_made(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.link)


def write_index(batch: Batch, out: Path, w: Words) -> tuple[Path, Path]:
    """Write both pages and both tables; where the page to share stands, and the one to keep."""
    letters = _letters(batch, out)
    for root, private, mode in ((PRIVATE, True, CLOSED), (SHAREABLE, False, 0o666)):
        made = index(batch, letters, w, private=private)
        with made_folder(out / root):
            write_bytes(out / root / TABLE, separated(_rows(made, w)), mode=mode)
            write_text(out / root / PAGE, index_html(made, w), mode=mode)
    return out / SHAREABLE / PAGE, out / PRIVATE / PAGE


def index(batch: Batch, letters: dict[str, str], w: Words, *, private: bool) -> Index:
    def order(outcome: Outcome) -> tuple[str, int, str, str, str]:
        letter = letters.get(outcome.given.school or "", "")
        return _title(outcome, w).casefold(), len(letter), letter, outcome.given.id or "", outcome.given.place

    lines = tuple(_line(outcome, letters, w, private) for outcome in sorted(batch.outcomes, key=order))
    made = sum(line.link is not None for line in lines)
    lead = w("batch.index.lead", made=w.count(made), total=w.count(len(lines)))
    return Index(private, lead, lines, bool(letters), any(line.day for line in lines))


def _title(outcome: Outcome, w: Words) -> str:
    return outcome.given.title or w("batch.index.untitled")


def _line(outcome: Outcome, letters: dict[str, str], w: Words, private: bool) -> Line:
    given, ran = outcome.given, outcome.state in ("done", "unchanged")
    letter = letters.get(given.school or "", "")
    school = w("batch.index.letter_of", letter=letter, school=given.school) if private and letter else letter
    up = f"../{SHAREABLE}/" if private else ""
    earlier = [w("batch.earlier")] if outcome.earlier else []
    told = w.problem_lines(outcome.problems) if private else []
    return Line(
        _title(outcome, w),
        school,
        w.date(given.day) if given.day else "",
        f"{up}{given.id}/report.html" if ran else None,
        "" if ran else " ".join([w(f"batch.why.{_why(outcome)}"), *earlier]),
        given.place if private else "",
        tuple([*told, *earlier] if told else []),
    )


def _why(outcome: Outcome) -> str:
    if outcome.state == "waiting":
        return "waiting"
    return REASONS.get(outcome.problems[0].code, "files")


def _letters(batch: Batch, out: Path) -> dict[str, str]:
    """A letter for every school, kept at home so that it stays the same letter.

    New ones are drawn by a digest of all their scores: an order of names would tell who is who.
    """
    place = out / PRIVATE / LETTERS
    try:
        kept = json.loads(place.read_text("utf-8"))["letters"]
        letters = {str(school): str(letter) for school, letter in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        letters = {}
    by_school: dict[str, list[Path]] = {}
    for outcome in batch.outcomes:
        if outcome.given.school is not None:
            files = [outcome.given.study_file, outcome.given.data_file]
            by_school.setdefault(outcome.given.school, []).extend(path for path in files if path is not None)
    new = sorted((school for school in by_school if school not in letters), key=lambda name: _drawn(by_school[name]))
    taken, coming = set(letters.values()), _alphabet()
    for school in new:
        letters[school] = next(letter for letter in coming if letter not in taken)
    if new:
        with made_folder(out / PRIVATE):
            write_json(place, {"schema": 1, "letters": letters}, mode=CLOSED)
    return {school: letters[school] for school in by_school}


def _drawn(files: Iterable[Path]) -> str:
    digests = []
    for path in files:
        with suppress(OSError):
            digests.append(file_digest(path))
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


def _alphabet() -> Iterator[str]:
    """A to Z, AA to AZ, BA and so on."""
    letters = [chr(ord("A") + n) for n in range(26)]
    before = [""]
    while True:
        before = [first + letter for first in before for letter in letters]
        yield from before


def _rows(made: Index, w: Words) -> Iterator[tuple[str, ...]]:
    more = ("place", "told") if made.private else ()
    yield tuple(w(f"batch.column.{name}") for name in ("study", "school", "day", "ran", "why", "link", *more))
    for line in made.lines:
        ran = w(f"locale.{'yes' if line.link else 'no'}")
        told = (line.place, " ".join(line.told)) if made.private else ()
        yield tuple(map(safe, (line.title, line.school, line.day, ran, line.why, line.link or "", *told)))


def safe(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(STARTS_FORMULA) else text

"""Whether a text that somebody typed mentions a pupil of the data: a name, a part of one, or a code.

It errs on the side of the pupil: a text that stays at home without need costs one sentence, a name that leaves cannot
be taken back. What it cannot know are pupils who are not in the scores, nicknames, and a pupil who is described.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from .identity import as_read, without_accents
from .occasions import heading_words
from .problems import Problem
from .reading import Table, as_text
from .reading.words import file_words
from .study import Study

SHORTEST_CODE = 3
"""A code with a letter in it counts from so many signs: in "L1" a text means the first year of school (policy)."""
SHORTEST_NUMBER = 5
"""A code of figures alone counts from so many: shorter ones are years, times, points and dates (policy)."""
SHORTEST_NAME = 3
"""A name of so many letters counts in small letters too; a shorter one only with a capital (policy)."""
MOST_TOGETHER = 4
"""Words of a text that are read as one code: "6A - 17" is 6A17 (policy)."""
A_PREFIX = 0.25
FEW_PUPILS = 8
"""Letters that begin the code of more than this part of the pupils are no name, from so many pupils on (policy)."""

_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[^\W\d_]+|\d+")
_LETTERS = re.compile(r"[^\W\d_]+")


def named_pupils(table: Table, pupil: str | None, others: Collection[str]) -> tuple[str, ...]:
    """What pupils are called in a file: the cells of their own column, and of any other that holds names of pupils.

    ``pupil`` is the header of their column; ``others`` are those the study file names for something else.
    """
    beside = [header for header in table.columns if header not in (*others, pupil) and _holds_names(header)]
    headers = ([pupil] if pupil in table.columns else []) + beside
    cells = (as_text(cell).strip() for header in headers for cell in table.columns[header].distinct)
    return tuple(dict.fromkeys(text for text in cells if any(map(str.isalnum, text))))


def named_in_study(study: Study, called: Collection[str]) -> Iterator[Problem]:
    """Every text of a study file that mentions a pupil of its scores: it would stand on the page and on the card."""
    texts = [(key, text) for key, text in _texts(study) if text]
    if not _runs(text for _, text in texts) & _runs(called):
        return
    pupils = Mentions(called)
    for key in dict.fromkeys(key for key, text in texts if pupils.named(text)):
        yield Problem(code="pupil_in_study", facts={"key": key})


def _texts(study: Study) -> Iterator[tuple[str, str | None]]:
    """(key in the study file, what somebody typed there) of whatever a page or a card repeats."""
    yield from (("id", study.id), ("title", study.title), ("question", study.question))
    context = study.context
    for key in ("grade", "track", "school_code"):
        yield f"context.{key}", getattr(context, key)
    for outcome in study.outcomes:
        yield from (("outcomes.name", outcome.name), ("outcomes.label", outcome.label))
        yield from (("outcomes.levels", level) for level in outcome.levels or ())
        yield from (("outcomes.items", goal) for goal in (*(outcome.items or ()), *(outcome.pre_items or ())))
    yield from (("subgroups.column", one.column) for one in study.subgroups)


def _runs(texts: Iterable[str]) -> set[str]:
    """Runs of letters and of figures: what shares none of these mentions nobody. Quick, over all pupils at once."""
    found = set(_RUN.findall(_folded("\n".join(texts))))
    return {run.removesuffix("s") for run in found} | {run.lstrip("0") for run in found} | found


def _holds_names(header: str) -> bool:
    said = set(heading_words(header))
    return bool(said & file_words("name_headings")) and not said & file_words("name_headings_of_others")


class Mentions:
    """The pupils of a study, to look for in texts. Its repr shows a count only."""

    def __init__(self, pupils: Iterable[str]):
        called = tuple(pupils)
        self._names = _names(called)
        self._every_code = {as_read(text) for text in called}
        self._codes = {as_read(text) for text in called if _is_code(text)}

    def __repr__(self) -> str:
        return f"Mentions({len(self._every_code)} pupils)"

    def found(self, text: str) -> bool:
        """Does ``text`` mention one of them?"""
        return self._known(text) or self._name_in(text) or self._code_in(text)

    def named(self, text: str) -> bool:
        """The same for a text that may well be a code itself, as a grade is: "5" is then no pupil."""
        return self._name_in(text) or self._code_in(text)

    def _name_in(self, text: str) -> bool:
        for word in _LETTERS.findall(text):
            folded = _folded(word)
            for name in (folded, folded.removesuffix("s")):
                if name not in self._names:
                    continue
                words = file_words("names_of_months") | file_words("names_that_are_words")
                doubtful = len(name) < SHORTEST_NAME or name in words
                if word[0].isupper() or not doubtful:
                    return True
        return False

    def _code_in(self, text: str) -> bool:
        words = list(_WORD.finditer(text))
        for first, word in enumerate(words):
            for last in words[first : first + MOST_TOGETHER]:
                if as_read(text[word.start() : last.end()]) in self._codes:
                    return True
        return self._numbered([_folded(word[0]) for word in words])

    def _numbered(self, said: list[str]) -> bool:
        """Whether a code of any length stands behind a word for a pupil: "leerling 7", "leerling nr. 7"."""
        for at, word in enumerate(said):
            if word in file_words("pupil_words") and not (at and said[at - 1] in file_words("each_words")):
                behind = [text for text in said[at + 1 : at + 3] if text not in file_words("number_words")][:1]
                if any(len(text) < SHORTEST_CODE or not text.isalpha() for text in behind) and self._known(behind[0]):
                    return True
        return False

    def _known(self, text: str) -> bool:
        return as_read(text) in self._every_code


def _folded(text: str) -> str:
    return without_accents(text).casefold()


def _is_code(text: str) -> bool:
    """Long enough to be told from other words: with figures, or of several words."""
    read = as_read(text)
    if not any(map(str.isdecimal, read)):
        return len(_WORD.findall(text)) > 1 and len(read) >= SHORTEST_CODE
    return len(read) >= (SHORTEST_CODE if any(map(str.isalpha, read)) else SHORTEST_NUMBER)


def _names(called: tuple[str, ...]) -> set[str]:
    """Every word of a name without accents and capitals, but for small words and for what stands before all codes."""
    counts: Counter[str] = Counter()
    for text in called:
        counts.update({_folded(part) for part in _LETTERS.findall(text) if len(part) > 1})
    small = file_words("name_particles") | file_words("pupil_words") | file_words("number_words")
    most = A_PREFIX * len(called) if len(called) >= FEW_PUPILS else len(called)
    return {
        name
        for name, count in counts.items()
        if name not in small and not (count > most and _before_figures(name, called))
    }


def _before_figures(name: str, called: tuple[str, ...]) -> bool:
    """Whether a figure follows these letters wherever they stand: "vlinder" in vlinder-12."""
    at = re.compile(rf"(?<![^\W\d_]){re.escape(name)}(?=[\W_]*\d)")
    return all(at.search(_folded(text)) for text in called if name in _LETTERS.findall(_folded(text)))

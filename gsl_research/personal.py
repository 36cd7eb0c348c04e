"""Which columns tell who a pupil is, by their heading or by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from .pupils import register_numbers, says
from .reading import Column, DateCell, as_text
from .reading.words import file_words

Reason = Literal["names", "contact", "birth", "numbers", "remarks"]

MOSTLY_OWN = 0.5
"""With more different texts, days or long numbers than this share of its rows a column tells pupils apart (policy)."""
FEWEST_OWN = 4
"""Of fewer rows nothing is told from the number of different cells (policy)."""
LONG_NUMBER = 5
"""Digits from which a number of a pupil's own is no score (policy)."""

_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:T.*)?|\d{1,2}([-/. ])\d{1,2}\1(?:\d{4}|\d\d)")
_BY_HEADING: tuple[tuple[Reason, str], ...] = (
    ("contact", "personal_contact"),
    ("birth", "personal_birth"),
    ("numbers", "personal_numbers"),
    ("names", "personal_names"),
    ("remarks", "personal_remarks"),
)


def tells_who(header: str, column: Column) -> Reason | None:
    """Why a column may not travel with codes; None where nothing in it tells who a pupil is.

    E-mail addresses and register numbers are known one by one; days, long numbers and texts where most rows have
    their own. Not for: columns with a role, which a study needs.
    """
    for reason, words in _BY_HEADING:
        if says(header, file_words(words)):
            return reason
    texts = [as_text(cell) for cell in column if cell != ""]
    if any(map(_MAIL.search, texts)):
        return "contact"
    if register_numbers(column).any():
        return "numbers"
    if len(texts) < FEWEST_OWN:
        return None
    days = {as_text(cell) for cell in column.distinct if isinstance(cell, DateCell) or _DAY.fullmatch(as_text(cell))}
    if _mostly(days, texts):
        return "birth"
    if _mostly({text for text in texts if text.isdecimal() and len(text) >= LONG_NUMBER}, texts):
        return "numbers"
    if _mostly({text for text in texts if re.match(r"[^\W\d_]{2}", text)}, texts):
        return "names"
    return None


def _mostly(different: Iterable[str], texts: list[str]) -> bool:
    return len(set(different)) > MOSTLY_OWN * len(texts)

"""Cells that stand where a score belongs and are none: dates, zones, levels; and which of them a message may show."""

from __future__ import annotations

import re

from .grid import Cell, DateCell, LabelledNumber
from .words import LONGEST_READ, file_words, missing_words

SHOWN_LENGTH = 12
SHOWN_DIGITS = 8
"""A longer cell, or one with more digits, is never quoted: it may be a name or a register number (policy)."""

_MONTH = "|".join(sorted(file_words("months"), reverse=True))
_DATE = re.compile(
    r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))(?:[ T]\d[\d:.]*)?"
    rf"|\d{{1,2}}[-/.](?:{_MONTH})\.?(?:[-/.]\d{{2,4}})?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/](?:0?[1-9]|1[0-2])"
    r"|\d{1,2}[:h]\d\d(?::\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_LEVEL = re.compile(
    r"[A-E]"
    r"|(?:AVI)?[\s-]*[ME]\s?-?[3-8]"
    r"|AVI[\s-]*(?:START|PLUS|[1-9])",
    re.IGNORECASE,
)
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]|#N/[AB]")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NUMBER = r"[+-]?[0-9]{1,4}(?:[.,][0-9]{1,4})?(?: ?[½¼¾])?(?:\s*%|\s*(?:/|op\b)\s*[0-9]{1,4}(?:[.,][0-9])?)?"
_NUMBER_FIRST = re.compile(rf"[(<>≤≥~±]*\s?{_NUMBER}(?P<beside>[^\w/%]*|[\s,;:]*[\s(]\D*)", re.IGNORECASE)
_NUMBER_LAST = re.compile(rf"(?P<words>\D+?)[\s(:=]+{_NUMBER}[\s).*!?]*", re.IGNORECASE)


def is_date(cell: Cell) -> bool:
    """A date or a time, as a workbook holds it or as text: 3-mei, 03/05/2026, 3/5, 12:30."""
    return isinstance(cell, DateCell) or (isinstance(cell, str) and _DATE.fullmatch(cell) is not None)


def is_level(cell: Cell) -> bool:
    """A zone (A to E) or an AVI level (AVI-M3, E4, AVI Plus): an ordered category, never a number of points."""
    name = cell.label if isinstance(cell, LabelledNumber) else cell
    return isinstance(name, str) and _LEVEL.fullmatch(name) is not None


def is_number_with_text(cell: Cell) -> bool:
    """One number and what was noted beside it: "13 (inhaal)", "ziek 7,5", "12*"; not a code ("L001") or "12 mei"."""
    if not isinstance(cell, str) or len(cell) > LONGEST_READ:
        return False
    if first := _NUMBER_FIRST.fullmatch(cell):
        said = _WORDS.findall(first["beside"].casefold())
        return not said or said[0] not in file_words("months")
    last = _NUMBER_LAST.fullmatch(cell)
    return last is not None and missing_words(last["words"]) is not None


def may_be_shown(text: str) -> bool:
    """A cell that cannot be a name or a code of a pupil: it is short, opens like a number and holds no word."""
    if text.casefold().lstrip("+-") in file_words("not_names") or _ERROR.fullmatch(text):
        return True
    if len(text) > SHOWN_LENGTH:
        return False
    digits = sum(character.isdecimal() for character in text)
    return (
        text[0] in "0123456789+-.,<>≤≥~±("
        and digits <= SHOWN_DIGITS
        and (digits > 0 or not any(character.isalpha() for character in text))
        and all(word.casefold() in file_words("points") for word in _WORDS.findall(text))
    )

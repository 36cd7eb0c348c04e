"""What a heading says: the same name in other capitals and signs, and the maximum of its test."""

from __future__ import annotations

import re
import unicodedata

from .words import file_words


def _any_of(kind: str) -> str:
    return "|".join(re.escape(word) for word in sorted(file_words(kind), key=len, reverse=True))


_MAXIMUM = rf"(?P<maximum>\d{{1,4}}(?:[.,]5)?)\s*(?:(?:{_any_of('points')})\.?)?"
_OUT_OF = rf"(?:/|\b(?:{_any_of('out_of')})(?!\w))\s*:?\s*{_MAXIMUM}"
_AT_THE_END = re.compile(rf"\s*(?<!\d)[(\[]?\s*{_OUT_OF}\s*[)\]]?$", re.IGNORECASE)
_ALONE = re.compile(rf"\(?\s*{_OUT_OF}\s*\)?", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
MONTHS = 12
_UNIT = re.compile(rf"%|{_any_of('points')}", re.IGNORECASE)


def fold_header(name: str) -> str:
    """A heading without accents, capitals, spaces, signs and its maximum; 1.5 stays apart from 15."""
    text = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    text = without_maximum(text.casefold())
    return "".join(part if part.isalnum() else "." for part in re.findall(r"[^\W_]+|(?<=\d)[\W_]+(?=\d)", text))


def without_maximum(name: str) -> str:
    found = _maximum_in(name)
    return name[: found.start()] if found else name


def heading_maximum(name: str) -> float | None:
    """The maximum at the end of a heading: 20 of "natoets (/20)", 10 of "natoets op 10". A year or day is none."""
    return _number(_maximum_in(name))


def _maximum_in(name: str) -> re.Match[str] | None:
    found = _AT_THE_END.search(name)
    if found is None or _YEAR.fullmatch(found["maximum"]):
        return None
    before = name[: found.start()].rstrip()
    is_day = before[-1:].isdecimal() and found[0].lstrip().startswith("/") and float(_point(found["maximum"])) <= MONTHS
    return None if is_day else found


def unit_cell(text: str) -> tuple[bool, float | None]:
    """Whether a cell under a heading tells its unit ("/20", "%"), and the maximum it tells."""
    maximum = _ALONE.fullmatch(text)
    return bool(maximum or _UNIT.fullmatch(text)), _number(maximum)


def _number(found: re.Match[str] | None) -> float | None:
    return float(_point(found["maximum"])) if found else None


def _point(number: str) -> str:
    return number.replace(",", ".")

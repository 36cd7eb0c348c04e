"""Codes of pupils, classes and groups: the cells of the mapped columns as text, and what cannot be a code.

A code is text: class 1E1 is not 10. What Excel made of a code that it took for a number or a date is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache

import numpy as np

from .problems import Problem, Term
from .reading import Column, DateCell, LabelledNumber, Table, as_text
from .reading.words import file_words, missing_words
from .study import Study
from .units import GROUPED, SCHOOL_MARK, unit_name

UNIT_ROLES = (*GROUPED, "block")
FILLED_ROLES = (*GROUPED, "group")
"""Roles whose code may stand in the first row of its block only."""
EXACT_DIGITS = 15
"""Excel keeps no more digits of a number than these."""
SHOWN_ROWS = 5
"""Rows named in one message; of the rest, the count (policy)."""
SURE_CODE = 3
"""A group code that is not listed stands in this many rows: a name that slipped a column stands in fewer (policy)."""
LIKE_A_CODE = 0.8
SHORTEST_LIKE = 4
"""A cell of so many letters that is this alike (difflib's ratio) is a listed code with a typing error (policy)."""
SHOWN_LONE = 5
MOST_GROUPS = 10
"""With more unknown codes than these a column holds no groups (policy)."""

_ERROR_CELL = re.compile(r"#[A-Z0-9/]+[!?]?")
"""What a workbook writes where a formula failed: #N/A, #VALUE!, #DIV/0!, in any language."""
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?E\+\d+|[+-]?\d+[.,]\d+E-?\d+", re.IGNORECASE | re.ASCII)
_WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?!\w)|[^\W\d_A-Z]{2,}")
"""Letters alone, or two small letters in a row: "Bo 2", "Jan2"; not "3WEWI"."""
_OUTER_SIGNS = " .,;:'’\"“”()[]"
_TRUTH = {"waar": "true", "onwaar": "false"}
"""What Excel shows in Dutch for the TRUE and FALSE that its file holds."""
_CUT = re.compile(rf"[1-9]\d{{{EXACT_DIGITS - 1}}}0+", re.ASCII)


def places(table: Table, positions: Sequence[int] | np.ndarray, header: str | None = None) -> list[dict[str, object]]:
    """Where rows stand, in their order; of rows brought together, where the column stands or else the first of them."""
    positions = np.asarray(positions, dtype=np.intp)
    if not len(positions):
        return []
    if not table.pieces:
        return [{"file": table.file, "sheet": table.sheet, "row": table.row_numbers[at]} for at in positions.tolist()]
    found: dict[int, dict[str, object]] = {}
    for piece in (*(table.segments(header) if header else ()), *table.pieces):
        order = np.argsort(piece.positions)
        at = np.searchsorted(piece.positions, positions, sorter=order)
        own = order[np.minimum(at, len(order) - 1)] if len(order) else np.empty(0, dtype=np.intp)
        for position, row in zip(positions.tolist(), own.tolist(), strict=False):
            if piece.positions[row] == position and position not in found:
                number = piece.table.row_numbers[row]
                found[position] = {"file": piece.table.file, "sheet": piece.table.sheet, "row": number}
    whole = {"file": table.file, "sheet": table.sheet}
    return [found.get(at) or {**whole, "row": table.row_numbers[at]} for at in positions.tolist()]


def shown_rows(rows: Sequence[int]) -> list[int | str]:
    """The rows a message names: all, or the first few and a mark that there are more."""
    return list(rows) if len(rows) <= SHOWN_ROWS + 1 else [*rows[:SHOWN_ROWS], "…"]


def read_codes(study: Study, table: Table, headers: Mapping[str, str]) -> tuple[dict[str, Column], list[Problem]]:
    """Per role its column as text, with everything that cannot be a code.

    ``headers`` are those of the file, by role. A column in which only the first row of each block is filled is
    filled down, with a warning. Scores are for ``parse_scores``.
    """
    codes: dict[str, Column] = {}
    problems: list[Problem] = []
    checked: set[str] = set()
    for role, header in headers.items():
        raw = table.columns[header]
        column = _group_codes(study, raw) if role == "group" else _as_text(raw)
        if role in FILLED_ROLES:
            column, filled = _filled_down(table, column)
            if filled.size and header not in checked:
                facts = {"role": Term(f"role.{role}"), "count": len(filled)}
                place = places(table, filled[:1], header)[0]
                problems.append(
                    Problem(code="class_filled_down", severity="warning", column=header, facts=facts, **place)
                )
        codes[role] = column
        if header not in checked and role not in ("own_goal", "dose"):
            problems += _faults(table, role, header, raw, column)
        checked.add(header)
    return codes, problems


def _as_text(column: Column) -> Column:
    return column if set(map(type, column.distinct)) <= {str} else column.map(as_text)


def _group_codes(study: Study, column: Column) -> Column:
    """Group codes as the study file writes them: in its capitals, and a number or its label, whichever it names."""
    named = {*study.groups.treated, *study.groups.control} if study.groups else set()
    meant: dict[str, list[str]] = {}
    for code in named:
        meant.setdefault(_loosely(code), []).append(code)

    def listed(text: str) -> str:
        same = meant.get(_loosely(text), ())
        return same[0] if text not in named and len(same) == 1 else text

    def text(cell) -> str:
        own = listed(as_text(cell))
        if isinstance(cell, LabelledNumber) and own not in named and (number := as_text(float(cell))) in named:
            return number
        return own

    return column.map(text)


def _loosely(code: str) -> str:
    """A group code without capitals and outer signs: "Ja." is "ja", WAAR is TRUE; "A+" stays apart from "A"."""
    text = code.strip(_OUTER_SIGNS).casefold()
    return _TRUTH.get(text, text) or code


def _filled_down(table: Table, column: Column) -> tuple[Column, np.ndarray]:
    """The column with each block's code in every row of the block, and the positions that were filled.

    Only when no other reading is left: in every sheet the first row is filled, at least half is blank, and every
    code stands there once.
    """
    blank = column.blank
    if not blank.any():
        return column, np.empty(0, dtype=np.intp)
    source = np.arange(len(column))
    for rows in [piece.positions for piece in table.pieces] or [source]:
        empty = blank[rows]
        heads = column.codes[rows][~empty]
        if not empty.any():
            continue
        if empty[0] or 2 * empty.sum() < len(rows) or len(np.unique(heads)) < len(heads):
            return column, np.empty(0, dtype=np.intp)
        source[rows] = rows[np.maximum.accumulate(np.where(empty, 0, np.arange(len(rows))))]
    return column.take(source), np.flatnonzero(blank)


def _faults(table: Table, role: str, header: str, raw: Column, column: Column) -> Iterator[Problem]:
    """Cells that are no code. A pupil's is never quoted; the row stands for it."""
    kinds = {at: fault for at, fault in _suspects(role, raw, column)}
    if not kinds:
        return
    fault = np.array([kinds.get(at, "") for at in range(len(column.distinct))], dtype=object)[column.codes]
    rows_of = {kind: np.flatnonzero(fault == kind) for kind in set(kinds.values())}
    facts = {"role": Term(f"role.{role}")}
    yield from _empty(table, role, header, rows_of.get("empty", ()))
    rows = rows_of.get("error", ())
    for row, place in zip(rows, places(table, rows, header), strict=True):
        yield Problem(code="code_is_error", column=header, value=column[row], facts=facts, **place)
    for value, count, place in _each_value(table, header, column, rows_of.get("missing", ())):
        yield Problem(code="code_is_missing_word", column=header, value=value, facts=facts | {"count": count}, **place)
    for value, count, place in _each_value(table, header, column, rows_of.get("date", ())):
        yield Problem(code="code_is_date", column=header, value=value, facts=facts | {"count": count}, **place)
    if len(cut := rows_of.get("cut", ())):
        place = places(table, cut[:1], header)[0]
        yield Problem(code="code_scientific", column=header, facts=facts | {"count": len(cut)}, **place)


def _empty(table: Table, role: str, header: str, rows: Sequence[int]) -> Iterator[Problem]:
    """Rows without a code: a blank cell, or a pupil who does not stand where the column does."""
    facts = {"role": Term(f"role.{role}")}
    there = np.zeros(len(table), dtype=bool)
    for piece in table.segments(header):
        there[piece.positions] = True
    for row, place in zip(rows, places(table, rows, header), strict=True):
        if there[row]:
            yield Problem(code="code_empty", column=header, facts=facts, **place)
        else:
            yield Problem(code="code_on_other_sheet", facts=facts, **place)


def _each_value(
    table: Table, header: str, column: Column, rows: Sequence[int]
) -> Iterator[tuple[str, int, dict[str, object]]]:
    """Each distinct text in these rows, in how many of them, and where first."""
    if len(rows):
        codes, first, counts = np.unique(column.codes[rows], return_index=True, return_counts=True)
        found = places(table, rows[first], header)
        yield from zip((column.distinct[code] for code in codes), counts.tolist(), found, strict=True)


def _suspects(role: str, raw: Column, column: Column) -> Iterator[tuple[int, str]]:
    """(place in ``column.distinct``, what it is) of every text that is no code of this role."""
    texts, dates, cut = column.distinct, set(), set()
    if not set(map(type, raw.distinct)) <= {str}:
        dates = {as_text(cell) for cell in raw.distinct if isinstance(cell, DateCell)}
        cut = {as_text(c) for c in raw.distinct if isinstance(c, float) and abs(c) >= 10**EXACT_DIGITS}
    if role in UNIT_ROLES:
        odd = range(len(texts))
    else:
        odd = () if _all_plain(texts) else [at for at, text in enumerate(texts) if not _is_plain(text)]
    long = [texts[at] for at in odd if len(texts[at]) > EXACT_DIGITS and texts[at].isdecimal()]
    if all(_CUT.fullmatch(text) for text in long):
        cut |= set(long)
    for at in odd:
        text = texts[at]
        signs = not any(map(str.isalnum, text))
        if not text:
            yield at, "empty"
        elif _ERROR_CELL.fullmatch(text):
            yield at, "error"
        elif role in ("pupil", *UNIT_ROLES) and (text in cut or _SCIENTIFIC.fullmatch(text)):
            yield at, "cut"
        elif role == "pupil" and signs:
            yield at, "missing"
        elif role in UNIT_ROLES and (signs or len(text) > 1 and missing_words(text) is not None):
            yield at, "missing"
        elif role in UNIT_ROLES and (text in dates or _date().fullmatch(text)):
            yield at, "date"


def _all_plain(texts: Sequence[str]) -> bool:
    """Whether all are plain, told from the whole: much quicker than one by one, and nearly always so."""
    whole = "".join(texts)
    if "" in texts:
        return False
    return whole.isalnum() and max(map(len, texts)) <= EXACT_DIGITS or whole.replace(" ", "").isalpha()


def _is_plain(text: str) -> bool:
    """Letters and digits, or words, and no long number: what nearly every pupil's code is."""
    return text.isalnum() and len(text) <= EXACT_DIGITS or text.replace(" ", "").isalpha()


@cache
def _date() -> re.Pattern[str]:
    month = rf"(?:{'|'.join(sorted(file_words('months'), key=len, reverse=True))})\.?"
    return re.compile(
        rf"\d{{1,2}}[-/.]{month}(?:[-/.]\d{{2,4}})?|{month}[-/.]\d{{2,4}}"
        r"|\d{4}-\d\d-\d\d(?:[T ].*)?|\d{1,2}([-/.])\d{1,2}\1\d{4}",
        re.IGNORECASE | re.ASCII,
    )


def arms(
    study: Study, table: Table, header: str, column: Column, pupil: Column | None = None
) -> tuple[np.ndarray, list[Problem]]:
    """(n,) bool: who got the new approach, with every code that the study file does not name.

    ``pupil`` holds the pupils' codes: what looks like one is never shown.
    """
    listed = {"treated": study.groups.treated, "control": study.groups.control}
    arm = {code: name == "treated" for name, codes in listed.items() for code in codes}
    treated = column.where(lambda text: arm.get(text, False))
    strange = np.flatnonzero(column.where(lambda text: text not in arm and not _is_faulty(text)))
    unknown = len(np.unique(column.codes[strange]))
    if unknown > MOST_GROUPS or (unknown and 2 * len(column.distinct) > len(column)):
        facts = {name: list(codes) for name, codes in listed.items()} | {"count": unknown}
        return treated, [Problem(code="column_not_groups", column=header, facts=facts)]
    if unknown:
        return treated, list(_unlisted(table, header, column, strange, listed, pupil))
    present = {arm[text] for text in column.distinct if text in arm}
    problems = []
    for name, codes in listed.items():
        if (name == "treated") not in present:
            facts = {"arm": Term(f"arm.{name}"), "codes": list(codes)}
            problems.append(Problem(code="arm_empty", column=header, facts=facts))
    return treated, problems


def _unlisted(
    table: Table,
    header: str,
    column: Column,
    rows: np.ndarray,
    listed: Mapping[str, Sequence[str]],
    pupil: Column | None,
) -> Iterator[Problem]:
    """Per code that is not listed where it stands first and in how many rows; what may be a pupil's, by its rows."""
    facts = {"treated": list(listed["treated"]), "control": list(listed["control"])}
    known = [*listed["treated"], *listed["control"]]
    shapes = pupil_shapes(pupil)
    hidden = set()
    for value, count, place in _each_value(table, header, column, rows):
        if (near := _like_a_code(value, known)) is not None:
            told = facts | {"count": count, "suggestion": near}
            yield Problem(code="group_unknown_near", column=header, value=value, facts=told, **place)
        elif count >= SURE_CODE or not may_be_a_pupil(value, shapes):
            told = facts | {"count": count}
            yield Problem(code="group_unknown", column=header, value=value, facts=told, **place)
        else:
            hidden.add(value)
    sheets: dict[tuple, list[dict[str, object]]] = {}
    for place in places(table, np.flatnonzero(column.where(hidden.__contains__)), header):
        sheets.setdefault((place["file"], place["sheet"]), []).append(place)
    for here in sheets.values():
        told = facts | {"rows": shown_rows([place["row"] for place in here]), "count": len(here)}
        yield Problem(code="group_not_listed", column=header, facts=told, **here[0])


def _like_a_code(text: str, known: Sequence[str]) -> str | None:
    """The listed code that was meant by one with a typing error; another digit is another code."""
    if len(text) < SHORTEST_LIKE:
        return None
    same = {code.casefold(): code for code in known if _digits(code) == _digits(text)}
    near = get_close_matches(text.casefold(), list(same), n=1, cutoff=LIKE_A_CODE)
    return same[near[0]] if near else None


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def pupil_shapes(pupil: Column | None) -> frozenset[str]:
    """How pupils are written: letters as "a", digits as "0", so that L12 is like L07."""
    return frozenset(map(_shape, map(as_text, pupil.distinct))) if pupil is not None else frozenset()


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", text))


def may_be_a_pupil(text: str, shapes: Collection[str]) -> bool:
    """Whether a code may be a pupil's that slipped a column: with a word, without a digit, or written as theirs."""
    if _shape(text) in shapes or _WORD.search(text):
        return True
    return len(text) > 1 and any(map(str.isalpha, text)) and not _digits(text)


def lone_classes(table: Table, header: str, column: Column) -> list[Problem]:
    """Classes of one pupil among larger ones: a cell that may hold something else than a class."""
    pupils = np.bincount(column.codes, minlength=len(column.distinct))
    alone = np.flatnonzero((pupils == 1)[column.codes] & ~column.blank)
    if not len(alone) or 2 * len(alone) >= len(pupils):
        return []
    found = places(table, alone[:SHOWN_LONE], header)
    return [Problem(code="class_of_one", severity="warning", column=header, **place) for place in found]


def _is_faulty(text: str) -> bool:
    return not text or bool(_ERROR_CELL.fullmatch(text))


_SIGN = r"[\s\-–_./,'’\"()]"
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_SIGN}+(?=\d)")
_LOOSE = re.compile(r"[\s_.,\"()]+|[-–/'’]+(?=\w)")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


def as_read(code: str) -> str:
    """A code as a person reads it: 5A, 5a, 5 A, 5-A and 05A are one; 6-1 and 61 are two, and so are A and A+."""
    text = without_accents(code).casefold()
    if not text.isalnum():
        text = _LOOSE.sub("", _BETWEEN_DIGITS.sub("·", text))
    return _ZEROS.sub("", text)


def variants(table: Table, headers: Mapping[str, str], keys: Mapping[str, Column]) -> Iterator[Problem]:
    """Names of units that a person would read as one: 5A and 5a would be two classes."""
    for role in GROUPED:
        if role in keys:
            yield from _alike(table, role, headers[role], keys[role])


def _alike(table: Table, role: str, header: str, units: Column) -> Iterator[Problem]:
    spelled: dict[tuple[str, ...], list[int]] = {}
    for at, key in enumerate(units.distinct):
        *school, code = key.split(SCHOOL_MARK)
        if code:
            spelled.setdefault((*school, as_read(code)), []).append(at)
    counts = np.bincount(units.codes, minlength=len(units.distinct))
    for same in spelled.values():
        if len(same) > 1:
            rarest = min(same, key=counts.__getitem__)
            place = places(table, [int(np.argmax(units.codes == rarest))], header)[0]
            facts = {"codes": sorted(unit_name(units.distinct[at]) for at in same), "role": Term(f"role.{role}")}
            yield Problem(code="code_variants", column=header, facts=facts, **place)

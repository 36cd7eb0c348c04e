"""Who is who: one row per pupil, and what the file tells about pupils and classes beside their scores.

No message repeats a pupil's name, code or register number: the row stands for the pupil.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np

from .identity import as_read, places, shown_rows, without_accents
from .occasions import synonyms
from .problems import Problem
from .reading import Column, Piece, Skipped, Table, as_text
from .reading.words import file_words, missing_words
from .units import SHOWN_UNITS, unit_name

NEARLY_EQUAL = 0.8
MOST_PAIRS = 5_000
"""Two names this alike may be one pupil (difflib's ratio); of more pairs than this nothing is said (policy)."""
REGISTER_SHARE = 0.2
"""Of numbers that look like register numbers, by luck about 1 in 100 passes the check; from this share on they are."""

_REGISTER = re.compile(
    r"(?<!\d)(\d{2})[./ -]?(\d{2})[./ -]?(\d{2})[./ -]?(\d{3})[./ -]?(\d{2})(?!\d)|(?<![\d.,])(\d{10})(?![\d.,])",
    re.ASCII,
)
FEWEST_LINES = 2
MOST_LINES = 2
"""Numbers of lines go up to at most so many times the rows there are; higher ones are pupils' own (policy)."""
_MONTHS = frozenset(month + variant for month in range(1, 13) for variant in (0, 20, 40))
"""Months of a birth date; 20 or 40 is added for people who are not in the national register."""


def only_numbered(table: Table, header: str, others: Collection[str]) -> np.ndarray:
    """(n,) bool: the lines at the end of each sheet that hold a number and no pupil, as on a form with 30 lines.

    One such line may be a pupil who was absent: it stays.

    ``others`` are the headers that would say something of a pupil. The numbers in column ``header`` count on from the
    last pupil's, and no other column has a word there.
    """
    only = np.zeros(len(table), dtype=bool)
    pupil, asked = table.columns[header], [table.columns[name] for name in others]
    beside = [column for name, column in table.columns.items() if name != header and name not in others]

    def is_empty(at: int) -> bool:
        words = any(map(str.isalpha, "".join(as_text(column[at]) for column in beside)))
        return not words and all(column[at] == "" for column in asked)

    for rows in [piece.positions for piece in table.pieces] or [np.arange(len(table))]:
        end = len(rows)
        while end and is_empty(rows[end - 1]):
            end -= 1
        if not 0 < end <= len(rows) - FEWEST_LINES:
            continue
        texts = [as_text(pupil[at]) for at in rows[end - 1 :]]
        first = int(texts[0]) if texts[0].isdecimal() else MOST_LINES * len(rows)
        last = first + len(texts) - 1
        if last <= MOST_LINES * len(rows) and texts == [str(number) for number in range(first, last + 1)]:
            only[rows[end:]] = True
    return only


def doubles(
    table: Table, header: str, scope: np.ndarray, pupil: Column, unused: Collection[str] = ()
) -> tuple[np.ndarray, list[Problem]]:
    """(n,) bool, the rows to keep, and the pupils who stand there twice.

    ``scope`` (n,) numbers the class, or what else a pupil's code is unique in; ``unused`` are the headers the study
    file does not name. Rows that are equal in every column are counted once, with a warning; rows of one pupil that
    differ anywhere are an error.
    """
    keep = np.ones(len(pupil), dtype=bool)
    if len(pupil.distinct) == len(pupil):
        return keep, []
    key = scope * len(pupil.distinct) + pupil.codes
    order = np.argsort(key, kind="stable")
    order = order[~pupil.blank[order]]
    same_pupil = key[order][1:] == key[order][:-1]
    if not same_pupil.any():
        return keep, []
    same_row = same_pupil.copy()
    for column in table.columns.values():
        codes = column.codes[order]
        same_row &= codes[1:] == codes[:-1]
    starts = np.flatnonzero(np.concatenate([[True], ~same_pupil]))
    number = np.cumsum(np.concatenate([[0], ~same_pupil]))
    differs = np.bincount(number[1:], weights=same_pupil & ~same_row, minlength=len(starts)) > 0
    again = np.sort(order[1:][same_row & ~differs[number[1:]]])
    keep[again] = False
    ends = np.append(starts[1:], len(order))
    conflicts = [order[starts[at] : ends[at]] for at in np.flatnonzero(differs)]
    return keep, [*_counted_once(table, header, again), *_twice(table, header, conflicts, _other_half(header, unused))]


def _counted_once(table: Table, header: str, again: np.ndarray) -> Iterator[Problem]:
    for skipped in skipped_rows(table, header, again, "duplicate_rows"):
        facts = {"rows": shown_rows(skipped.rows), "count": len(skipped.rows)}
        row = skipped.rows[0]
        yield Problem(
            code="duplicate_rows", severity="warning", file=skipped.file, sheet=skipped.sheet, row=row, facts=facts
        )


def skipped_rows(table: Table, header: str, positions: np.ndarray, reason: str) -> tuple[Skipped, ...]:
    """Rows that do not count as a pupil, per sheet."""
    rows: dict[tuple, list[int]] = {}
    for place in places(table, positions, header):
        rows.setdefault((place["file"], place["sheet"]), []).append(place["row"])
    return tuple(Skipped(sheet, tuple(own), reason, file=file) for (file, sheet), own in rows.items())


def _other_half(header: str, unused: Collection[str]) -> str | None:
    """The column with the first name where the pupil's is the name, or the other way round."""
    halves = synonyms()["names"]
    wanted = halves["last"] if says(header, halves["first"]) else halves["first"]
    return next((name for name in unused if says(name, wanted)), None)


def _twice(table: Table, header: str, pupils: Sequence[np.ndarray], beside: str | None) -> Iterator[Problem]:
    found = iter(places(table, np.concatenate(pupils) if pupils else (), header))
    for positions in pupils:
        first, second, *rest = here = [next(found) for _ in positions]
        if len({(place["file"], place["sheet"]) for place in here}) == 1:
            facts = {"rows": shown_rows([place["row"] for place in here]), "count": len(here), "beside": beside}
            code = "pupil_twice" if beside is None else "pupil_twice_half_name"
            yield Problem(code=code, column=header, facts=facts, **second)
        else:
            other = " · ".join(str(part) for part in (first["file"], first["sheet"]) if part is not None)
            facts = {"other": other, "other_row": first["row"], "count": len(here)}
            yield Problem(code="pupil_twice_elsewhere", column=header, facts=facts, **second)


def without_rows(table: Table, keep: np.ndarray) -> Table:
    """The table with only these rows, and so each of its pieces. ``keep`` is (n,) bool."""
    if keep.all():
        return table
    place = np.cumsum(keep) - 1
    pieces = []
    for piece in table.pieces:
        own = keep[piece.positions]
        pieces.append(Piece(without_rows(piece.table, own), place[piece.positions[own]]))
    return replace(
        table,
        columns={name: column.take(keep) for name, column in table.columns.items()},
        row_numbers=[table.row_numbers[at] for at in np.flatnonzero(keep)],
        merged={name: frozenset(int(place[at]) for at in rows if keep[at]) for name, rows in table.merged.items()},
        pieces=tuple(pieces),
    )


def two_spellings(table: Table, header: str, scope: np.ndarray, pupil: Column) -> Iterator[Problem]:
    """One pupil of a class written in two ways: capitals, accents, signs, or the name before the first name."""
    mark = _fingerprints(pupil.distinct)[pupil.codes] ^ (scope.astype(np.uint32) * np.uint32(0x9E3779B1))
    order = np.argsort(mark)
    alike = mark[order][1:] == mark[order][:-1]
    near = np.append(alike, False) | np.append(False, alike)
    spelled: dict[tuple[int, str], dict[int, int]] = {}
    for at in np.sort(order[near]).tolist():
        if text := pupil.distinct[pupil.codes[at]]:
            for way in {as_read(text), one_spelling(text)}:
                spelled.setdefault((int(scope[at]), way), {}).setdefault(int(pupil.codes[at]), at)
    for rows in dict.fromkeys(tuple(first.values()) for first in spelled.values() if len(first) > 1):
        here = places(table, rows, header)
        facts = {"rows": shown_rows([place["row"] for place in here])}
        yield Problem(code="pupil_two_spellings", column=header, facts=facts, **here[1])


def one_spelling(text: str) -> str:
    """A pupil as a person reads it: a name whose words may stand in another order; a code keeps its order."""
    words = [as_read(word) for word in re.split(r"[\s,]+", text) if word]
    return as_read(text) if re.search(r"\d", text) else " ".join(sorted(words))


def _fingerprints(texts: Sequence[str]) -> np.ndarray:
    """(n,) uint32 that two spellings of one name share, and other names hardly ever do.

    The sum of a random number per letter and per pair of digits: the order of words, capitals, accents, signs and
    leading zeros count for nothing.
    """
    marks = np.frombuffer(("\n" + without_accents("\n".join(texts).casefold())).encode("utf-8"), dtype=np.uint8)
    digit = (marks >= ord("0")) & (marks <= ord("9"))
    zeros = np.flatnonzero(marks == ord("0"))
    opens = np.diff(zeros, prepend=-2) != 1
    leads = ~digit[zeros[opens] - 1]
    digit[zeros[leads[np.cumsum(opens) - 1]]] = False

    kind = marks.astype(np.int16)
    kind[marks == ord("0")] = ord("\n")
    kind[digit] = marks[digit]
    pair = np.flatnonzero(digit[1:] & digit[:-1])
    kind[pair + 1] += 256 * (marks[pair] - np.int16(ord("0") - 1))
    weight = np.random.default_rng(0).integers(1, 2**32, 256 * 11, dtype=np.uint32)
    weight[[byte for byte in range(128) if not chr(byte).isalnum()]] = 0
    return np.add.reduceat(weight[kind], np.flatnonzero(marks == ord("\n")))


def changed_class(
    table: Table, headers: Mapping[str, str], codes: Mapping[str, Column], has_pre: np.ndarray, has_post: np.ndarray
) -> Iterator[Problem]:
    """A code that has only a test before in one class and only one afterwards in another class of the school.

    Not where codes are counted per class (1 to 25 in every class): there one code is many pupils.
    """
    pupil, unit = codes["pupil"], codes["class"]
    school = codes["school"].codes if "school" in codes else 0
    key = school * len(pupil.distinct) + pupil.codes
    left, came = np.unique(key[has_pre & ~has_post]), np.unique(key[has_post & ~has_pre])
    both = np.intersect1d(left, came, assume_unique=True)
    if not both.size:
        return
    known, counts = np.unique(key, return_counts=True)
    if 2 * (counts > 1).sum() > len(known):
        return
    rows = np.flatnonzero(np.isin(key, both) & ~pupil.blank)
    order = rows[np.argsort(key[rows], kind="stable")]
    for positions in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if len(positions) == 2 and unit.codes[positions[0]] != unit.codes[positions[1]]:
            here = places(table, positions, headers["pupil"])
            facts = {"rows": [place["row"] for place in here], "classes": [unit[at] for at in positions]}
            yield Problem(
                code="pupil_changed_class", severity="warning", column=headers["pupil"], facts=facts, **here[1]
            )


def two_halves(
    table: Table, header: str, scope: np.ndarray, pupil: Column, has_pre: np.ndarray, has_post: np.ndarray
) -> Iterator[Problem]:
    """Two nearly equal names in one class, one with only a test before and the other with only one afterwards."""
    before, after = np.flatnonzero(has_pre & ~has_post), np.flatnonzero(has_post & ~has_pre)
    if not len(before) or not len(after) or np.bincount(scope[before]).max() * len(after) > MOST_PAIRS:
        return
    for one in before.tolist():
        for other in after[scope[after] == scope[one]].tolist():
            names = [str(pupil[at]).casefold() for at in (one, other)]
            codes = any(re.search(r"\d", name) for name in names)
            if not codes and names[0] != names[1] and SequenceMatcher(None, *names).ratio() >= NEARLY_EQUAL:
                here = places(table, sorted((one, other)), header)
                facts = {"rows": [place["row"] for place in here]}
                yield Problem(code="pupil_in_halves", severity="warning", column=header, facts=facts, **here[1])


def register_numbers(column: Column) -> np.ndarray:
    """(n,) bool: the rows of a column that hold a national register number, written in any way."""
    texts = column.distinct
    if not set(map(type, texts)) <= {str}:
        texts = [cell if isinstance(cell, str) else as_text(cell) if 1e9 <= cell < 1e11 else "" for cell in texts]
    rows = np.zeros(len(texts), dtype=bool)
    lengths = list(map(len, texts))
    long = [at for at, length in enumerate(lengths) if length >= 10] if max(lengths, default=0) >= 10 else []
    whole = "\n".join(texts[at] for at in long)
    if sum(map(whole.count, "0123456789")) < 10:
        return rows[column.codes]
    looks_like = rows.copy()
    for at in long:
        for found in _REGISTER.finditer(texts[at]):
            looks_like[at] = True
            rows[at] |= _is_register_number("".join(part for part in found.groups() if part).zfill(11))
    rows, looks_like = rows[column.codes], looks_like[column.codes]
    return rows if rows.sum() >= REGISTER_SHARE * looks_like.sum() else np.zeros_like(rows)


def _is_register_number(digits: str) -> bool:
    """Eleven digits: birth date, order number, and 97 minus the rest by 97; from 2000 on with a 2 in front."""
    first, check = int(digits[:9]), int(digits[9:])
    born = int(digits[2:4]) in _MONTHS and int(digits[4:6]) <= 31
    return born and check in (97 - first % 97, 97 - (2_000_000_000 + first) % 97)


def told_beside(
    table: Table, headers: Mapping[str, str], codes: Mapping[str, Column], used: Collection[str]
) -> Iterator[Problem]:
    """Warnings about what other columns tell: two teachers or two years in one class, other groups, own goals.

    ``used`` are the headers the study file names.
    """
    unit = codes.get("class")
    if unit is not None and "teacher" in codes:
        yield from _several_in_class("class_two_teachers", headers["teacher"], unit, codes["teacher"])
    for header, column in table.columns.items():
        filled = len(column.distinct) - ("" in column.distinct)
        if unit is not None and filled > 1 and _speaks_of(header, "grades"):
            yield from _several_in_class("class_two_years", header, unit, column)
        if filled > 1 and header not in used and _speaks_of(header, "level_groups"):
            yield Problem(code="level_groups", severity="warning", column=header, facts={"count": filled})
        if header == headers.get("own_goal") or header not in used:
            yield from _own_goals(header, column, header == headers.get("own_goal"))


def _several_in_class(code: str, header: str, unit: Column, column: Column) -> Iterator[Problem]:
    filled = ~column.blank
    pairs = np.unique(unit.codes[filled] * len(column.distinct) + column.codes[filled]) // len(column.distinct)
    mixed = np.flatnonzero(np.bincount(pairs, minlength=len(unit.distinct)) > 1)
    if mixed.size:
        names = sorted(unit_name(unit.distinct[at]) for at in mixed)
        facts = {"names": names[:SHOWN_UNITS], "count": len(names)}
        if code == "class_two_teachers":
            yield Problem(code="class_two_teachers", severity="warning", column=header, facts=facts)
        else:
            yield Problem(code="class_two_years", severity="warning", column=header, facts=facts)


def _own_goals(header: str, column: Column, declared: bool) -> Iterator[Problem]:
    """The pupils who work towards goals of their own: a yes there, or a no to the common curriculum."""
    no = file_words("no")
    if _speaks_of(header, "common_goals"):
        own = column.where(lambda cell: _plain(cell) in no)
    elif declared or _speaks_of(header, "own_goals"):
        own = column.where(lambda cell: _plain(cell) not in no and missing_words(_plain(cell)) is None)
    else:
        return
    if own.any():
        yield Problem(code="own_goals", severity="warning", column=header, facts={"count": int(own.sum())})


def _plain(cell: str | float) -> str:
    return as_text(cell).casefold().strip()


def _speaks_of(header: str, kind: str) -> bool:
    return says(header, file_words(kind))


def says(header: str, phrases: Collection[str]) -> bool:
    """Whether one of these words or phrases stands in a heading."""
    words = " ".join(re.findall(r"[^\W\d_]+", without_accents(header).casefold()))
    return any(f" {phrase} " in f" {words} " for phrase in phrases)

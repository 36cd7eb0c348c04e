"""One random school file per seed: a true table, a shape, a kind of file, and faults that its maker knows."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from .case import Expected
from .cases_scores import MISSING, NO_SCORE
from .files import csv, ods, sav, xls, xlsx
from .maker import CLASSES, HEADER, Pupil, Rows, class_set, comma, facts, plan, point, table

KINDS = {"csv": 40, "xlsx": 9, "ods": 9, "xls": 3, "sav": 1}
DIALECTS = [
    *[(";", encoding, score) for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16") for score in (comma, point)],
    *[("\t", encoding, comma) for encoding in ("utf-16", "utf-8", "cp1252")],
    *[(",", "utf-8", point), (",", "utf-8-sig", comma), ("|", "utf-8", comma), ("|", "cp1252", point)],
]
BAD_SCORES = [cell for cell in NO_SCORE if cell[0] not in "=−"]
"""Neither a formula in a workbook nor a sign that Windows-1252 does not know."""
TITLES = [[["Punten breuken"]], [["Punten breuken"], []], [["Basisschool De Krekel"], ["Toets op", "12/10/2026"], []]]
DRESS = [str, str.upper, str.capitalize, "{} ".format, " {}".format]
REMARKS = ["", "", "goed gewerkt", "12/10/2026", "zie mail; dringend", "-", 'zei "ok"']


@dataclass
class Draft:
    """A table under way: its pupils, one line per pupil (and more), and what may be said of it."""

    rng: random.Random
    pupils: list[Pupil]
    lines: Rows
    faults: list[tuple[list, str | None]] = field(default_factory=list)
    """The line that holds a fault (itself, not a copy) and the column."""
    must_warn: bool = False
    may_refuse: bool = False

    def pupil(self) -> int:
        return self.rng.randrange(len(self.pupils))

    def spoil(self, place: int, column: str, cell) -> None:
        self.lines[place][HEADER.index(column)] = cell
        self.faults.append((self.lines[place], column))


def _bad_score(draft: Draft) -> None:
    draft.spoil(draft.pupil(), draft.rng.choice(HEADER[3:]), draft.rng.choice(BAD_SCORES))


def _name_as_score(draft: Draft) -> None:
    draft.spoil(draft.pupil(), draft.rng.choice(HEADER[3:]), draft.pupils[draft.pupil()].name + " Zoë")


def _date_as_score(draft: Draft) -> None:
    draft.spoil(draft.pupil(), draft.rng.choice(HEADER[3:]), date(2026, 1 + draft.pupil() % 12, 3))


def _empty_code(draft: Draft) -> None:
    draft.spoil(draft.pupil(), draft.rng.choice(HEADER[:3]), "")


def _unknown_group(draft: Draft) -> None:
    draft.spoil(draft.pupil(), "groep", draft.rng.choice(["derde", "niewu", "1", "?"]))


def _conflicting_double(draft: Draft) -> None:
    line = draft.lines[draft.pupil()]
    again = [*line[:4], "0,5"]
    draft.lines.append(again)
    draft.faults += [(line, None), (again, None)]


def _identical_double(draft: Draft) -> None:
    draft.lines.append(list(draft.lines[draft.pupil()]))
    draft.must_warn = draft.may_refuse = True


def _no_score(draft: Draft) -> None:
    place, word = draft.pupil(), draft.rng.choice(MISSING)
    draft.lines[place][4] = word
    draft.pupils[place] = replace(draft.pupils[place], post=None)


def _left_school(draft: Draft) -> None:
    place = draft.pupil()
    del draft.pupils[place], draft.lines[place]


HARMLESS: list[Callable] = [_no_score, _no_score, _left_school]
HARMFUL: list[Callable] = [_bad_score, _bad_score, _bad_score, _name_as_score, _empty_code, _unknown_group]
DOUBLES: list[Callable] = [_conflicting_double, _identical_double]


def mutant(seed: int, folder: Path) -> Expected:
    """The file of this seed in this empty folder; a third have faults, a sixth damaged bytes."""
    rng = random.Random(seed)  # noqa: S311
    kind = rng.choices(list(KINDS), KINDS.values())[0]
    separator, encoding, score = rng.choice(DIALECTS)
    if kind != "csv" and (kind in ("sav", "xls") or rng.random() < 0.7):
        score = float
    pupils = class_set(seed, size=rng.randint(4, 9))
    pupils = [replace(p, name=f"{p.name} {chr(65 + at % 26)}") for at, p in enumerate(pupils)]
    draft = Draft(rng, pupils, table(pupils, score)[1:])
    _spoil(draft, kind)
    parts = _parts(draft, kind)
    path = _written(folder, parts, kind, separator, encoding, rng)
    damaged = path.is_file() and rng.random() < 1 / 6
    if damaged:
        _damage(path, rng)
    truths = None if damaged else () if draft.faults else (facts(draft.pupils), facts(draft.pupils, rows=None))
    return Expected(path, plan(), truths, may_refuse=bool(draft.faults) or draft.may_refuse, must_warn=draft.must_warn,
                    rows=frozenset(_rows(draft, parts)))  # fmt: skip


def _spoil(draft: Draft, kind: str) -> None:
    for _ in range(draft.rng.choice([0, 0, 1, 2])):
        draft.rng.choice(HARMLESS if kind != "sav" else [_left_school])(draft)
    if kind != "sav" and draft.rng.random() < 0.35:
        for fault in draft.rng.sample(HARMFUL, draft.rng.choice([1, 1, 2])):
            fault(draft)
        if kind in ("xlsx", "ods") and draft.rng.random() < 0.2:
            _date_as_score(draft)
    elif kind != "sav" and draft.rng.random() < 0.15:
        draft.rng.choice(DOUBLES)(draft)


def _parts(draft: Draft, kind: str) -> dict[str, Rows]:
    """One table, or one per class, each in a shape of its own."""
    rng = draft.rng
    if kind == "sav" or rng.random() < 0.75:
        if kind != "sav" and not draft.faults and rng.random() < 0.3:
            rng.shuffle(draft.lines)
        return {"punten": draft.lines if kind == "sav" else _shaped(draft.lines, rng)}
    of_class: dict[str, Rows] = {name: [] for name in CLASSES}
    last = next(iter(CLASSES))
    for line in draft.lines:
        last = line[1] or last
        of_class[last].append(line)
    return {f"klas {name}": _shaped(lines, rng) for name, lines in of_class.items() if lines}


class _Line(list):
    """A line in its final shape that remembers the line it was made from."""

    origin: list | None = None


def _shaped(lines: Rows, rng: random.Random) -> Rows:
    """With a header, and with what schools put above, below and between."""
    header = [rng.choice(DRESS)(name) for name in HEADER]
    totals = rng.random() < 0.25
    codes, scores = [0, 1, 2], [3, 4]
    if rng.random() < 0.3:
        rng.shuffle(codes)
        rng.shuffle(scores)
    order = codes + scores if totals or rng.random() < 0.7 else scores + codes
    remarks = rng.random() < 0.3
    left = rng.choice([0, 0, 0, 1, 2])
    made: Rows = []

    def add(cells: list, origin: list | None = None, extra: str = "") -> None:
        line = _Line(["" for _ in range(left)] + [cells[at] for at in order] + ([extra] if remarks else []))
        line.origin = origin
        made.append(line)

    if rng.random() < 0.3:
        made += [_Line(title) for title in rng.choice(TITLES)]
    add(header, extra="opmerking")
    again, blank = rng.choice([0, 0, 0, 9]), rng.choice([0, 0, 0, 5])
    for count, line in enumerate(lines):
        if count and again and count % again == 0:
            add(header, extra="opmerking")
        if count and blank and count % blank == 0:
            add([""] * 5)
        add(line, line, rng.choice(REMARKS))
    if totals:
        for word in rng.sample(["Gemiddelde", "Aantal", "Totaal", "Mediaan"], 2):
            add([word, "", "", "9,5", "10,5"])
    if rng.random() < 0.2:
        made += [_Line([""] * len(made[-1])) for _ in range(3)]
    return made


def _written(
    folder: Path, parts: dict[str, Rows], kind: str, separator: str, encoding: str, rng: random.Random
) -> Path:
    if kind == "sav":
        return sav(folder, [HEADER, *parts["punten"]])
    if kind != "csv" and rng.random() < 0.5:
        return {"xlsx": xlsx, "ods": ods, "xls": xls}[kind](folder, parts)
    place = folder / "klassen"
    place.mkdir()
    for name, rows in parts.items():
        if kind == "csv":
            lines = [[cell.isoformat() if isinstance(cell, date) else cell for cell in row] for row in rows]
            lines = [[*line, *[""] * (max(map(len, lines)) - len(line))] for line in lines]
            end = rng.choice(["\r\n", "\n"])
            csv(place, lines, f"{name}.csv", encoding, separator=separator, end=end)
        else:
            {"xlsx": xlsx, "ods": ods, "xls": xls}[kind](place, rows, name=f"{name}.{kind}")
    if len(parts) > 1:
        return place
    (made,) = place.iterdir()
    return Path(shutil.move(made, folder / made.name))


def _rows(draft: Draft, parts: dict[str, Rows]) -> list[int]:
    spoiled = [line for line, _ in draft.faults]
    return [
        row
        for lines in parts.values()
        for row, line in enumerate(lines, start=1)
        if any(getattr(line, "origin", None) is fault for fault in spoiled)
    ]


def _damage(path: Path, rng: random.Random) -> None:
    """Bits turned, a piece cut out, put in or doubled, the end lost."""
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 1, 3, 20])):
        at = rng.randrange(max(len(content), 1))
        match rng.choice(["flip", "flip", "cut", "put", "double", "end"]):
            case "flip" if content:
                content[at] ^= 1 << rng.randrange(8)
            case "cut":
                del content[at : at + rng.choice([1, 8, 200])]
            case "put":
                content[at:at] = rng.choice(
                    [b"\0", b"\xff\xfe", b'"', b";", b"\r", b"PK\x03\x04", bytes(40), b"</row>"]
                )
            case "double":
                content[at:at] = content[at : at + 300]
            case "end":
                del content[max(at, len(content) // 2) :]
    path.write_bytes(bytes(content))

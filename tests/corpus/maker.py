"""One true set of classes, the facts about it, and the rows in which a school writes it down."""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

Cell = object
Rows = list[list[Cell]]

HEADER = ["leerling", "klas", "groep", "voortoets", "natoets"]
CLASSES = {"1E1": "nieuw", "03": "nieuw", "6-1": "gewoon", "5A": "gewoon"}
"""Class -> group. Each of them is a number or a date to a program that guesses."""

FIRST = """Emma Lowie Noor Wannes Yasmine Zoë Mattéo Bilal Chloé Senne Lotte Jérôme Hanne Ferre Jules Amélie Thibo Inès
Warre Fleur Kobe Aïsha Bent Marie-Lou Stan Eloïse Robbe Oona Tibbe Nora Daan Elif Rune Sofie Vic Margot Ilyas
Jade Cas Linde""".split()
FAMILY = [
    *"Peeters Janssens Maes Willems Mertens Goossens Wouters Aerts Hermans Pauwels Öztürk Vandecasteele".split(),
    *"Callewaert Ramaekers Vercauteren Nguyen Kowalski Benali Hendrickx Segers Lambrechts Cools Smeyers".split(),
    *["Van den Broeck", "De Smet", "D'Hondt", "El Amrani", "Van der Auwera", "de Clercq", "Ben Haddou", "N'Diaye"],
    *["Claes-Maës", "Vanden Bossche", "Ter Heide", "Di Rupani", "Vân Thiëu", "Van ’t Veld", "Opdebeeck"],
]
STRANGE = ["Null", "NA", "Nan"]
"""Whole names of pupils that a library takes for an empty cell."""
PARTICLES = {"Van", "den", "De", "der", "de", "El", "Ben", "Vanden", "Ter", "Di", "Stan", "Jade", "Cas", "Vic", "Cools"}


@dataclass(frozen=True)
class Pupil:
    """A pupil as the teacher knows it; a word stands where there is no score."""

    name: str
    class_: str
    group: str
    pre: float | None
    post: float | None
    pre_word: str = ""
    post_word: str = ""
    school: str | None = None


def class_set(seed: int = 1, size: int = 7, classes: dict[str, str] | None = None) -> list[Pupil]:
    """Whole classes with scores to 20 with one decimal; the last of a class has a namesake in the next class."""
    rng = random.Random(seed)  # noqa: S311
    classes = CLASSES if classes is None else classes
    names = [f"{family} {first}" for family in FAMILY for first in FIRST]
    rng.shuffle(names)
    made: list[Pupil] = []
    for place, (class_, group) in enumerate(classes.items()):
        for number in range(size):
            name = names.pop()
            if number == 2 and place < len(STRANGE):
                name = STRANGE[place]
            if number == 0 and place:
                name = made[-1].name
            pre = rng.randint(35, 140)
            gain = rng.randint(5, 25) if group == "nieuw" else rng.randint(-5, 15)
            made.append(Pupil(name, class_, group, pre / 10, (pre + gain) / 10))
    return made


def changed(pupils: Sequence[Pupil], place: int, **facts) -> list[Pupil]:
    """The same pupils, one of them with other facts."""
    return [replace(pupil, **facts) if at == place else pupil for at, pupil in enumerate(pupils)]


def comma(score: float) -> str:
    return f"{score:.1f}".replace(".", ",")


def point(score: float) -> str:
    return f"{score:.1f}"


def table(pupils: Sequence[Pupil], score: Callable[[float], Cell] = comma, header: Sequence[str] = HEADER) -> Rows:
    """A header and a row per pupil: pupil ``i`` stands in row ``i + 2``."""

    def cell(value: float | None, word: str) -> Cell:
        return word if value is None else score(value)

    return [
        list(header),
        *([p.name, p.class_, p.group, cell(p.pre, p.pre_word), cell(p.post, p.post_word)] for p in pupils),
    ]


def put(rows: Rows, row: int, column: str, value: Cell) -> Rows:
    """The rows with one cell changed; rows count from 1, as the file's own program does."""
    made = [list(cells) for cells in rows]
    made[row - 1][made[0].index(column)] = value
    return made


def every(rows: Rows, column: str, change: Callable[[Cell], Cell]) -> Rows:
    """The rows with every cell under one header changed."""
    at = rows[0].index(column)
    return [rows[0], *([*cells[:at], change(cells[at]), *cells[at + 1 :]] for cells in rows[1:])]


def beside(rows: Rows, column: str, cells: Sequence[Cell], at: int | None = None) -> Rows:
    """The rows with one more column, last or in place ``at``."""
    at = len(rows[0]) if at is None else at
    return [[*row[:at], cell, *row[at:]] for row, cell in zip(rows, [column, *cells], strict=True)]


def average(scores: Sequence[float]) -> float:
    return math.fsum(scores) / len(scores)


def facts(pupils: Sequence[Pupil], rows: int | None = -1) -> dict:
    """What ``gsl check --json`` has to say about these pupils; ``rows=None`` leaves the rows of the file out."""
    pre = [p.pre for p in pupils if p.pre is not None]
    post = [p.post for p in pupils if p.post is not None]
    told = {
        "pupils": len(pupils),
        "classes": dict(Counter(p.class_ for p in pupils)),
        "groups": dict(Counter(p.group for p in pupils)),
        "outcomes": [
            {
                "name": "toets",
                "n_pre": len(pre),
                "n_post": len(post),
                "n_both": sum(p.pre is not None and p.post is not None for p in pupils),
                "mean_pre": average(pre) if pre else None,
                "mean_post": average(post) if post else None,
            }
        ],
    }
    if rows is not None:
        told["rows"] = len(pupils) if rows == -1 else rows
    if any(p.school for p in pupils):
        told["schools"] = len({p.school for p in pupils})
    return told


def plan(*, columns: dict | None = None, outcome: dict | None = None, **changes) -> dict:
    """A study of these classes; ``columns`` and ``outcome`` change single keys (None takes it out), the rest tables."""
    roles = {"pupil": "leerling", "class": "klas", "group": "groep"} | (columns or {})
    toets = {"name": "toets", "label": "Toets breuken", "domain": "learning_gain"}
    toets |= {"pre": "voortoets", "post": "natoets", "scale": [0, 20]} | (outcome or {})
    content = {
        "schema": 1,
        "id": "corpus",
        "title": "Breuken met strookmodel",
        "question": "Leren leerlingen meer over breuken?",
        "lever": "didactics",
        "design": {"kind": "comparison", "assigned": "class"},
        "columns": {key: value for key, value in roles.items() if value is not None},
        "groups": {"treated": ["nieuw"], "control": ["gewoon"]},
        "outcomes": [{key: value for key, value in toets.items() if value is not None}],
    } | changes
    return {key: value for key, value in content.items() if value is not None}


def one_group(**changes) -> dict:
    columns = {"group": None} | changes.pop("columns", {})
    return plan(design={"kind": "one_group"}, groups=None, columns=columns, **changes)


def toml(study: dict) -> str:
    """A study as a teacher's file."""

    def value(given) -> str:
        if isinstance(given, dict):
            return "{ " + ", ".join(f"{key} = {value(item)}" for key, item in given.items()) + " }"
        if isinstance(given, list):
            return "[" + ", ".join(map(value, given)) + "]"
        return json.dumps(given, ensure_ascii=False)

    def pairs(content: dict) -> list[str]:
        return [f"{key} = {value(item)}" for key, item in content.items()]

    many = [key for key in ("outcomes", "subgroups") if key in study]
    lines = pairs({key: item for key, item in study.items() if not isinstance(item, dict) and key not in many})
    for key, item in study.items():
        if isinstance(item, dict):
            lines += [f"[{key}]", *pairs(item)]
    for key in many:
        for item in study[key]:
            lines += [f"[[{key}]]", *pairs(item)]
    return "\n".join(lines) + "\n"


def private_words() -> set[str]:
    """Every word that names a pupil: no message may hold one."""
    words = {word for name in [*FIRST, *FAMILY] for word in re.split(r"\s", name) if len(word) > 3}
    return (words - PARTICLES) | set(STRANGE)

"""The texts of every language by key: "room.table.name", where a *room* is one TOML file."""

import tomllib
from collections.abc import Iterator
from string import Formatter

from conftest import PROJECT

from gsl_research.wording import TEXTS, languages

PACKAGE = PROJECT / "gsl_research"
LANGUAGES = languages()


def flat(content: dict, path: str) -> Iterator[tuple[str, object]]:
    for key, value in content.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


def texts(lang: str) -> dict[str, object]:
    return {
        key: value
        for file in sorted((TEXTS / lang).glob("*.toml"))
        for key, value in flat(tomllib.loads(file.read_text("utf-8")), file.stem)
    }


KEYS = {lang: texts(lang) for lang in LANGUAGES}
ROOMS = sorted({key.split(".")[0] for key in KEYS["nl"]})
UNIT_LEVELS = (
    "class", "teacher", "teaching_group", "school", "group", "class_within", "teacher_within", "school_within",
    "group_within", "teaching_group_within",
    "class_stepped", "teacher_stepped", "school_stepped",
)  # fmt: skip
UNIT_TERMS = {key.split(".")[2] for key in KEYS["nl"] if key.startswith("units.")}
UNIT_TERMS |= {f"{term[0].upper()}{term[1:]}" for term in UNIT_TERMS}
"""Blanks that Words fills by itself with what the unit is called; a language may need another one."""


def blanks(text: object) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(text) if name} if isinstance(text, str) else set()
    return named - UNIT_TERMS

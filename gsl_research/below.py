"""The studies below a folder, each with its scores: what a batch runs.

A *study file* is a ``.toml`` that says so, or that cannot be read: then its fault must be told. Its scores are the file
or folder beside it with the same name; without one, the only score file in its folder that is nobody else's.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from .beside import DECISIONS
from .problems import Problem, Problems

SCORES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".sav", ".zsav")
"""Endings of files that a batch takes for scores by itself; another one can be measured with ``gsl measure``."""
OURS = {"schema", "design", "outcomes"}
"""A ``.toml`` with one of these is a study file; one with none belongs to something else."""
TOLD = 8
"""Names of files in one sentence, at most."""


@dataclass(frozen=True, slots=True)
class Given:
    """One study of a batch: its files, and what its study file tells without being checked."""

    place: str
    """The study file, seen from the folder."""
    study_file: Path
    data_file: Path | None
    id: str | None = None
    title: str | None = None
    day: date | None = None
    """Of the last test."""
    school: str | None = None
    """Its code, or else the first folder on the way to the study file."""
    problems: tuple[Problem, ...] = ()
    """Why it cannot be run at all."""


def studies_below(folder: Path) -> tuple[Given, ...]:
    """Every study below the folder, by name. Raises Problems where there is none, or no folder."""
    if not folder.is_dir():
        raise Problems([Problem(code="batch_no_folder", file=folder.name)])
    found = sorted((_given(path, folder) for path in _study_files(folder)), key=lambda one: one.place.casefold())
    if not found:
        raise Problems([Problem(code="batch_no_studies", file=folder.name)])
    by_id: dict[str, list[Given]] = {}
    for one in found:
        if one.id is not None:
            by_id.setdefault(one.id.casefold(), []).append(one)
    return tuple(_with_same_id(one, by_id.get((one.id or "").casefold(), [])) for one in found)


def _study_files(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in files:
            if name.lower().endswith(".toml") and not name.startswith(".") and not name.lower().endswith(DECISIONS):
                path = Path(here, name)
                content = _content(path)
                if content is None or content.keys() & OURS:
                    yield path


def _content(path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return None


def _given(path: Path, folder: Path) -> Given:
    place = path.relative_to(folder)
    content = _content(path) or {}
    scores = _scores_beside(path)
    code = _table(content, "context").get("school_code")
    day = _table(content, "conduct").get("post_on")
    named, title = content.get("id"), content.get("title")
    return Given(
        place.as_posix(),
        path,
        scores[0] if len(scores) == 1 else None,
        id=named if isinstance(named, str) else None,
        title=title.strip() or None if isinstance(title, str) else None,
        day=day if type(day) is date else None,
        school=str(code) if isinstance(code, str | int) else place.parts[0] if len(place.parts) > 1 else None,
        problems=_scores_problem(place, scores),
    )


def _table(content: dict[str, Any], name: str) -> dict[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _scores_beside(study_file: Path) -> list[Path]:
    beside = sorted(path for path in study_file.parent.iterdir() if not path.name.startswith((".", "~$")))
    scores = [path for path in beside if path.is_file() and path.suffix.lower() in SCORES]
    same = [path for path in scores if path.stem == study_file.stem]
    same += [path for path in beside if path.is_dir() and path.name == study_file.stem]
    others = {path.stem for path in beside if path.suffix.lower() == ".toml"}
    return same or [path for path in scores if path.stem not in others]


def _scores_problem(place: Path, scores: list[Path]) -> tuple[Problem, ...]:
    names = [path.name for path in scores[:TOLD]] + ["…"] * (len(scores) > TOLD)
    if not scores:
        return (Problem(code="batch_no_scores", file=place.name, facts={"same": f"{place.stem}.csv"}),)
    if len(scores) > 1:
        facts = {"names": names, "same": f"{place.stem}{scores[0].suffix}"}
        return (Problem(code="batch_several_scores", file=place.name, facts=facts),)
    return ()


def _with_same_id(one: Given, same: list[Given]) -> Given:
    """Two studies of one name would write over each other: neither runs."""
    others = [other.place for other in same if other is not one]
    if not others:
        return one
    problem = Problem(code="batch_same_id", file=Path(one.place).name, facts={"id": one.id, "names": others[:TOLD]})
    return replace(one, problems=(*one.problems, problem))

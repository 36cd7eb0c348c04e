"""Study cards as they come in: from a file, or a folder of them, to values that may be trusted, or to what is wrong.

A *card* is what a school may share of one study (``evidence``). It is read strictly: nothing is filled in or repaired.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import Any

from .card_rules import broken_rules, wrong_shape
from .central_tests import CENTRAL, names_a_central_test
from .class_record import ClassMomentsEntry
from .evidence import (
    CheckEntry,
    DataFacts,
    EstimateEntry,
    EvidenceRecord,
    SecurityEntry,
    StudyFacts,
    VerdictEntry,
    content_digest,
)
from .missing_record import MissingEntry
from .outcome_record import OutcomeEntry
from .problems import Problem, Problems
from .reading import without_collection

MAX_BYTES = 2_000_000
"""A card is some kilobytes of text; a larger file is something else (policy)."""
SCHEMA = 1
"""The version of the card this program reads and writes."""
MOST_TOLD = 10
"""Places that are told of one card; more say the same (policy)."""


@dataclass(frozen=True, slots=True)
class Card:
    """One study card and where it lies. Two cards of one study may both exist: who gathers them chooses."""

    record: EvidenceRecord
    path: Path

    @property
    def study(self) -> StudyFacts:
        return self.record.study

    @property
    def data(self) -> DataFacts:
        return self.record.data

    @property
    def outcomes(self) -> list[OutcomeEntry]:
        return self.record.outcomes

    @property
    def estimates(self) -> list[EstimateEntry]:
        return self.record.estimates

    @property
    def checks(self) -> list[CheckEntry]:
        return self.record.checks

    @property
    def missing(self) -> list[MissingEntry]:
        return self.record.missing

    @property
    def security(self) -> SecurityEntry:
        return self.record.security

    @property
    def verdict(self) -> VerdictEntry:
        return self.record.verdict

    @property
    def moments(self) -> list[ClassMomentsEntry]:
        return self.record.moments

    @property
    def content_sha256(self) -> str:
        return self.record.content_sha256

    def __repr__(self) -> str:
        return f"Card({self.study.id!r}, {self.study.design}, {self.content_sha256[:8]})"


@dataclass(frozen=True, slots=True)
class CardFolder:
    """The cards below a folder in the order of their names, and what is wrong with the others."""

    folder: Path
    cards: tuple[Card, ...]
    problems: tuple[Problem, ...]


def read_card(path: Path | str) -> Card:
    """Read a card and check all of it. Raises Problems with everything that is wrong."""
    path = Path(path)
    return _card(path, path.name)


def cards_below(folder: Path | str) -> CardFolder:
    """Every card below a folder, at any depth, and every file that should be one and is not.

    Other JSON is passed over unless its name begins with "card". So are folders behind a link, hidden ones and, for the
    school's own records alone, ``private``. Nothing that lies there raises.
    """
    folder = Path(folder)
    cards, problems = [], []
    with without_collection():
        for path, name in _json_files(folder):
            try:
                cards.append(_card(path, name))
            except Problems as found:
                if _meant(path, found):
                    problems += found.problems
    return CardFolder(folder, tuple(cards), tuple(problems))


OTHER = {"card_not_json", "card_not_a_card", "card_too_large", "card_unreadable"}
"""What a file that never was a card is found to be."""


def _meant(path: Path, found: Problems) -> bool:
    """Whether a file that is no good card was meant to be one."""
    codes = {problem.code for problem in found.problems}
    if codes == {"card_is_record"}:
        return "private" not in path.parts
    return path.name.casefold().startswith("card") or not codes <= OTHER


def _json_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every JSON file, and its place below the folder."""
    for here, folders, files in os.walk(folder):
        above = Path(here).relative_to(folder).as_posix()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.casefold().endswith(".json") and not name.startswith("."):
                yield Path(here, name), name if above == "." else f"{above}/{name}"


def _card(path: Path, name: str) -> Card:
    def stop(code: str, **facts: object) -> Problems:
        return Problems([Problem(code=code, file=name, facts=facts)])

    try:
        found = path.stat()
        if not S_ISREG(found.st_mode):
            raise stop("card_unreadable")
        if found.st_size > MAX_BYTES:
            raise stop("card_too_large", megabytes=MAX_BYTES // 1_000_000)
        raw = path.read_bytes()
    except FileNotFoundError:
        raise stop("card_unreadable" if path.is_symlink() else "file_missing") from None
    except (OSError, ValueError):
        raise stop("card_unreadable") from None
    try:
        text = raw.decode("utf-8-sig")
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_not_finite)
    except KeyError as twice:
        raise stop("card_key_twice", key=str(twice.args[0])[:60]) from None
    except OverflowError:
        raise stop("card_not_finite", place="NaN") from None
    except (ValueError, RecursionError):
        raise stop("card_not_json") from None
    if not isinstance(content, dict) or content.get("kind") not in ("card", "record") or "schema" not in content:
        raise stop("card_not_a_card")
    if content["kind"] == "record":
        raise stop("card_is_record")
    version = content["schema"]
    if isinstance(version, int) and not isinstance(version, bool) and version > SCHEMA:
        raise stop("card_newer")
    if _central(content):
        raise stop("card_central")
    record = _typed(text, name)
    if content_digest(content) != record.content_sha256:
        raise stop("card_changed")
    if wrong := list(broken_rules(record)):
        raise Problems(replace(problem, file=name) for problem in wrong[:MOST_TOLD])
    return Card(record, path)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise KeyError(next(key for key in keys if keys.count(key) > 1))
    return found


def _not_finite(constant: str) -> float:
    raise OverflowError(constant)


def _central(content: dict[str, Any]) -> bool:
    """Whether an outcome is a central test, whatever else is wrong with the card."""
    outcomes = content.get("outcomes")
    for one in outcomes if isinstance(outcomes, list) else ():
        if isinstance(one, dict):
            called = [text for text in (one.get("name"), one.get("label")) if isinstance(text, str)]
            if one.get("source") == CENTRAL or names_a_central_test(called):
                return True
    return False


def _typed(text: str, name: str) -> EvidenceRecord:
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(text)
    except ValidationError as invalid:
        found = invalid.errors(include_url=False, include_context=False, include_input=False)
    wrong = {(one["type"], one["loc"]): wrong_shape(one["type"], one["loc"]) for one in found[:MOST_TOLD]}
    raise Problems(replace(problem, file=name) for problem in wrong.values())


@lru_cache(maxsize=1)
def _adapter():
    from pydantic import TypeAdapter

    return TypeAdapter(EvidenceRecord)

"""The other formats of a page: which were asked for, what they hold, and under which name each may be written.

A *document* is a page as Word, PDF or text. What a person changed in one stays: the new one gets a name with the date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from .blocks import Report
from .documents import FORMATS, document
from .problems import Problem, Problems

RUN = "run.json"
WRITTEN = "documents"
"""Where ``run.json`` keeps what was written last: the name of a document and the SHA-256 of its bytes."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One document, and the name it gets in the folder; another than it was asked under where that one must stay."""

    asked: str
    name: str
    content: bytes

    @property
    def beside(self) -> bool:
        return self.name != self.asked


def formats(also: str | Iterable[str] | None) -> tuple[str, ...]:
    """The formats asked for, each once: "docx, pdf" or ("docx", "pdf"). ``Problems`` where one is not known."""
    asked = also.split(",") if isinstance(also, str) else also or ()
    found = dict.fromkeys(name.strip().lower().removeprefix(".") for name in asked)
    wrong = [name for name in found if name not in FORMATS]
    if wrong:
        raise Problems(Problem(code="unknown_format", value=name, facts={"options": FORMATS}) for name in wrong)
    return tuple(found)


def documents(report: Report, kinds: Iterable[str]) -> dict[str, bytes]:
    """By the name of its file."""
    return {f"{report.name}.{kind}": document(report, kind) for kind in kinds}


def placed(folder: Path, made: Mapping[str, bytes], today: date) -> tuple[Placed, ...]:
    """Where each document goes in ``folder``: in the place of its own last version only where nobody changed that."""
    written, new = last_written(folder), []
    for asked, content in made.items():
        names = _names(asked, content, written, today)
        new.append(Placed(asked, next(name for name in names if _free(folder / name, content, written)), content))
    return tuple(new)


def last_written(folder: Path) -> dict[str, str]:
    """What ``run.json`` remembers; nothing where it is gone or damaged, and then every document counts as changed."""
    try:
        found = json.loads((folder / RUN).read_text("utf-8"))[WRITTEN]
        return {str(name): str(digest) for name, digest in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def remembered(folder: Path, new: Iterable[Placed]) -> dict[str, str]:
    """What ``run.json`` keeps after these are written."""
    there = {name: digest for name, digest in last_written(folder).items() if (folder / name).is_file()}
    return dict(sorted((there | {one.name: _digest(one.content) for one in new}).items()))


def not_renewed(folder: Path, pages: Mapping[str, bytes], new: Iterable[Placed]) -> tuple[str, ...]:
    """Documents in ``folder`` of an earlier run that say something else than the ``pages`` that come, by name."""
    told = {name for one in new for name in (one.asked, one.name)}
    other = [
        Path(name).stem for name, content in pages.items() if _digest_of(folder / name) not in (None, _digest(content))
    ]
    earlier = (name for name in sorted(last_written(folder)) if name.startswith(tuple(other)) and name not in told)
    return tuple(name for name in earlier if (folder / name).is_file())


def _names(asked: str, content: bytes, written: Mapping[str, str], today: date) -> Iterator[str]:
    """Its own name, one that already holds the same, and then names with the date."""
    stem, _, kind = asked.rpartition(".")
    yield asked
    yield from (
        name for name, digest in written.items()
        if name.startswith(f"{stem}-") and name.endswith(f".{kind}") and digest == _digest(content)
    )  # fmt: skip
    yield f"{stem}-{today.isoformat()}.{kind}"
    yield from (f"{stem}-{today.isoformat()}-{number}.{kind}" for number in count(2))


def _free(path: Path, content: bytes, written: Mapping[str, str]) -> bool:
    """Whether nothing of a person is lost: it is not there, holds the same, or is as it was written and not in use."""
    there = _digest_of(path)
    if there is None:
        return not path.exists()
    if there == _digest(content):
        return True
    return there == written.get(path.name) and _may_replace(path)


def _may_replace(path: Path) -> bool:
    """Not while Word has it open on Windows, and not what was made read-only."""
    try:
        with open(path, "rb+"):
            return True
    except OSError:
        return False


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str | None:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None

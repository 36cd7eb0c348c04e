"""How long what tells of pupils is kept: which studies are past their day. Deletes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from . import keys
from .files import PRIVATE, SHAREABLE

SCHOOL_YEAR_ENDS = (8, 31)
"""Month and day: the key of the codes is destroyed then, once the tests are linked (field page, 4.8; policy)."""
YEARS_AFTER = 1
"""School years after that in which scores and private pages may be kept (field page, 4.8; policy)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One study: when it was, until when its scores and private pages are kept, and its key."""

    study: str
    post_on: date | None
    measured_on: date | None
    until: date
    chosen: bool
    """The study file names the day; otherwise it is ours."""
    key_until: date
    key: Path | None
    """The key file of its codes, where it is in the usual place."""
    private: tuple[Path, ...]
    """What lies in its private folder."""

    def past(self, today: date) -> bool:
        return bool(self.private) and today > self.until

    def key_past(self, today: date) -> bool:
        return self.key is not None and today > self.key_until


def kept(out: Path) -> tuple[Kept, ...]:
    """Every study under ``out``, by name. A record that cannot be read counts from the day its files were written."""
    folders = {path.name for root in (SHAREABLE, PRIVATE) for path in (out / root).glob("*") if path.is_dir()}
    found = (_kept(out, study) for study in sorted(folders))
    return tuple(one for one in found if one is not None)


def _kept(out: Path, study: str) -> Kept | None:
    private = tuple(path for path in sorted((out / PRIVATE / study).rglob("*")) if path.is_file())
    shared = [path for path in sorted((out / SHAREABLE / study).rglob("*")) if path.is_file()]
    if not private and not shared:
        return None
    facts = _content(out / PRIVATE / study / "record.json").get("study") or {}
    measured = _day(_content(out / SHAREABLE / study / "run.json").get("started"))
    post, asked = _day(facts.get("post_on")), _day(facts.get("keep_until"))
    since = post or measured or max(date.fromtimestamp(path.stat().st_mtime) for path in (*private, *shared))
    end = end_of_school_year(since)
    key = keys.key_file(study)
    return Kept(
        study=study,
        post_on=post,
        measured_on=measured,
        until=asked or end.replace(year=end.year + YEARS_AFTER),
        chosen=asked is not None,
        key_until=end,
        key=key if key.exists() else None,
        private=private,
    )


def end_of_school_year(day: date) -> date:
    """31 August of the school year this day is in, which begins on 1 September."""
    end = date(day.year, *SCHOOL_YEAR_ENDS)
    return end if day <= end else end.replace(year=day.year + 1)


def other_keys(studies: tuple[Kept, ...]) -> Iterator[Path]:
    """Keys in the usual place that belong to no study here: of files without a study, or of another folder."""
    own = {one.key for one in studies}
    yield from (path for path in keys.own_keys() if path not in own)


def _content(path: Path) -> dict:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _day(text: object) -> date | None:
    with suppress(ValueError, TypeError):
        return date.fromisoformat(str(text)[:10])
    return None

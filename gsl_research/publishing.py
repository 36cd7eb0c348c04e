"""From what a run made to where it stands: all of it or nothing, also when the program is killed on the way.

A run makes its files in a *staging* folder inside the output folder. Publishing first writes a *journal* of the moves;
from then on the result counts as made, and who comes next finishes the moves. Only one at a time *holds* the folder.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from .files import (
    PRIVATE,
    SHAREABLE,
    left_behind,
    made_folder,
    own_name,
    settle,
    study_folder,
    sweep,
    write_json,
    writing,
)
from .problems import Problem, Problems

JOURNAL, LOCK, BATCH_LOCK = "journal.json", ".gsl-lock", ".gsl-batch"
PAGES = ("report.html", "plan.html", "gespreksleidraad.html")
"""Put in place last: where a page stands, all that belongs to it stands too."""
PATIENCE = 20
"""Seconds to wait for another run that publishes in the same folder; it takes parts of one (policy)."""


@contextmanager
def staging(out: Path, *, swept: bool = False) -> Iterator[Path]:
    """A private folder on the disk of ``out``, gone afterwards; what dead runs left is finished or goes too, unless
    that was ``swept`` already."""
    with made_folder(out):
        if not swept:
            recover(out)
        folder = out / own_name()
        with writing(out):
            folder.mkdir(0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def holding(out: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Only one process at a time changes what stands under ``out``: others wait, or raise Problems naming that one.

    The system frees the lock of a process that dies.
    """
    with _held(out / LOCK, patience):
        yield


@contextmanager
def batch_holding(out: Path) -> Iterator[None]:
    """Only one batch at a time under ``out``: another raises Problems that name who holds it, where and since when."""
    with _held(out / BATCH_LOCK, 0):
        yield


@contextmanager
def _held(place: Path, patience: float) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(place, timeout=patience, mode=0o600)
    with writing(place.parent):
        try:
            lock.acquire()
        except Timeout:
            raise Problems([_taken(place)]) from None
    try:
        own = {"process": os.getpid(), "host": platform.node(), "since": datetime.now().isoformat(timespec="minutes")}
        with suppress(OSError):
            place.write_text(json.dumps(own), "utf-8")
        yield
    finally:
        with suppress(OSError):
            place.unlink()  # while it is held: who waits for it notices, and asks again
        lock.release()


def _taken(place: Path) -> Problem:
    facts: dict[str, object] = {"process": "?", "host": "?", "date": "?", "since": "?", "file": place.name}
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(place.read_text("utf-8"))
        since = datetime.fromisoformat(told["since"])
        facts |= {"process": str(told["process"]), "host": str(told["host"])}
        facts |= {"date": since.date(), "since": since.strftime("%H:%M")}
    return Problem(code="batch_held" if place.name == BATCH_LOCK else "folder_held", facts=facts)


def publish(made: Path, out: Path) -> None:
    """Move everything below the roots of the staging folder ``made`` to the same place below ``out``, a page last.

    Call it while ``holding`` the folder. When a file cannot be placed, those before it are put back as they were, and
    Problems say which. A kill before the journal leaves the old results; after it, ``recover`` finishes the new ones.
    """
    _finish_others(out)
    moves = _moves(made, out)
    with made_folder(out / PRIVATE), made_folder(out / SHAREABLE):
        with writing(out):
            for path in made.rglob("*"):
                if path.is_file():
                    with open(path, "rb+") as file:
                        os.fsync(file.fileno())
        write_json(made / JOURNAL, [place.as_posix() for place in moves])
        _move(moves, made, out)


def _move(moves: list[Path], made: Path, out: Path) -> None:
    undo: list[tuple[Path, Path | None]] = []
    try:
        for place in moves:
            target = out / place
            before = None
            with writing(target):
                if target.exists():
                    before = made / f"before-{len(undo)}"
                    shutil.copy(target, before)
                os.replace(made / place, target)
            undo.append((target, before))
    except BaseException:
        _put_back(undo, made)
        raise
    for folder in {(out / place).parent for place in moves}:
        settle(folder)


def _moves(made: Path, out: Path) -> list[Path]:
    """Places below a folder: of a whole study where there was none, else file by file; a page last."""
    found = []
    for root in (PRIVATE, SHAREABLE):
        for path in sorted((made / root).glob("*")):
            place = Path(root, path.name)
            if path.is_dir():
                study_folder(out, root, path.name)
            if path.is_dir() and (out / place).exists():
                found += [one.relative_to(made) for one in sorted(path.rglob("*")) if one.is_file()]
            else:
                found.append(place)
    found.sort(key=lambda place: (place.name in PAGES, place.parts[0] == SHAREABLE))
    return found


def _put_back(undo: list[tuple[Path, Path | None]], made: Path) -> None:
    for target, before in reversed(undo):
        with suppress(OSError):
            if before is not None:
                os.replace(before, target)
            elif target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink()
    with suppress(OSError):
        (made / JOURNAL).unlink()


def recover(out: Path) -> None:
    """Finish what a killed run had begun to publish; remove what other dead runs left."""
    if any((made / JOURNAL).is_file() for made in left_behind(out)):
        with holding(out):
            _finish_others(out)
    for folder in (out, *out.glob(f"{SHAREABLE}/*/"), *out.glob(f"{PRIVATE}/*/")):
        sweep(folder)


def _finish_others(out: Path) -> None:
    for made in left_behind(out):
        if (made / JOURNAL).is_file():
            _finish(made, out)
    sweep(out)


def _finish(made: Path, out: Path) -> None:
    try:
        moves = json.loads((made / JOURNAL).read_text("utf-8"))
    except (OSError, ValueError):
        return
    for place in moves:
        target = out / place
        if _changed_since(target, made / JOURNAL):
            continue
        if target.resolve().is_relative_to(out.resolve()) and (made / place).exists():
            with writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(made / place, target)


def _changed_since(target: Path, journal: Path) -> bool:
    """A document that a person saved after the run was killed stays; the next run makes the new one again."""
    from .documents import FORMATS

    try:
        edited = target.stat().st_mtime_ns > journal.stat().st_mtime_ns
    except OSError:
        return False
    return edited and target.suffix[1:] in FORMATS

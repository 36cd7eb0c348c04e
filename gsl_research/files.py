"""The one door out: files written whole or not at all, and ``save``, which knows what may leave.

*Shareable* things go under ``reports/<study>/``, *private* ones under ``private/<study>/``: never in one folder.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any
from warnings import warn

from .ledger import LEDGER, opened
from .problems import Problem, Problems

if TYPE_CHECKING:
    from .also import Placed
    from .blocks import Report
    from .judge import Verdict
    from .measurement import Measurement

SHAREABLE, PRIVATE = "reports", "private"
CARD = "card.json"
PAGE_VALUES = {"report": "page.json", "gespreksleidraad": "gespreksleidraad.json"}
"""Where the values of a page are kept, by its name: its other formats are made from these."""
FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
A_DAY = 86_400
OPEN, CLOSED, CLOSED_FOLDER = 0o666, 0o600, 0o700
"""Modes before the system's own mask: of what may be shared, and of what is private."""
RESERVED = {"con", "prn", "aux", "nul"} | {f"{device}{n}" for device in ("com", "lpt") for n in range(1, 10)}
"""Names Windows keeps for devices, with any extension (Microsoft, "Naming Files, Paths, and Namespaces")."""


def write_text(path: Path | str, text: str, *, mode: int = OPEN) -> Path:
    """Write UTF-8 with ``\\n`` line ends; the old file stays until the new one is safely on disk."""
    return write_bytes(path, text.encode("utf-8"), mode=mode)


def write_bytes(path: Path | str, content: bytes, *, mode: int = OPEN) -> Path:
    """All of it or nothing; the old file stays until the new one is safely on disk. ``mode`` where the system has
    them."""
    path = Path(path)
    half = path.with_name(own_name())
    with writing(path):
        try:
            with open(half, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(half, path)
        except BaseException:
            with suppress(OSError):
                half.unlink()
            raise
        settle(path.parent)
    return path


def write_secret(path: Path, content: bytes) -> Path:
    """A new file that only its owner may read (mode 0600, where the system knows modes); never over another file."""
    half = path.with_name(own_name())
    with writing(path):
        try:
            with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(half, path)
        finally:
            with suppress(OSError):
                half.unlink()
        settle(path.parent)
    return path


def write_json(path: Path | str, value: object, *, mode: int = OPEN) -> Path:
    """Keys in their given order; NaN and infinity are a mistake, not a value."""
    return write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", mode=mode)


def save(value: object, out_folder: Path | str, also: str | Iterable[str] = ()) -> Path:
    """Save a page or a record of ours in its own place, shareable or private; anything else does not leave.

    A page with pupils on it is never taken for one that may be shared: without its PrivatePage it is refused. ``also``
    names other formats of a Report: "docx", "pdf" or "txt". What a person changed in one is never lost.
    """
    from .blocks import PRIVATE_PAGES, PrivatePage, Report
    from .evidence import EvidenceRecord, PrivateRecord
    from .ledger import remember
    from .releases import Release, entry

    if also and not isinstance(value, Report):
        raise TypeError(f"only a Report is also saved in other formats, not a {type(value).__name__}")
    match value:
        case Report(name=name) if name in PRIVATE_PAGES:
            raise TypeError(f"the page {name!r} holds pupils: save it as a PrivatePage")
        case PrivatePage(page=page):
            from .documents import html

            place = _place(out_folder, PRIVATE, page.study_id, f"{page.name}.html")
            return write_text(place, html(value), mode=CLOSED)
        case Report(name="school"):
            raise TypeError("the page of one school is for that school alone: save the overview, which places it")
        case Report():
            return _save_page(value, out_folder, also)
        case EvidenceRecord():
            return write_json(_place(out_folder, SHAREABLE, value.study_id, CARD), value.to_json())
        case PrivateRecord():
            place = _place(out_folder, PRIVATE, value.study_id, "record.json")
            return write_json(place, value.to_json(), mode=CLOSED)
        case Release():
            ledger = remember(entry(value, date.today()), opened_ledger(out_folder))
            with made_folder(Path(out_folder) / PRIVATE):
                return write_ledger(out_folder, ledger)
        case _:
            raise TypeError(
                f"save takes a Report, a PrivatePage or a record, not a {type(value).__name__}: "
                "data with pupils in it stays where it is"
            )


def save_card(measurement: Measurement, verdict: Verdict, out_folder: Path | str) -> Path | None:
    """The card of a study, saved; of one with a central test ``None``, and a card that was made before goes."""
    from .evidence import evidence

    if not measurement.study.central:
        return save(evidence(measurement, verdict), out_folder)
    remove_card(out_folder, measurement.study.id)
    return None


def remove_card(out_folder: Path | str, study_id: str) -> None:
    card = study_folder(out_folder, SHAREABLE, study_id) / CARD
    with writing(card):
        card.unlink(missing_ok=True)


def _save_page(report: Report, out_folder: Path | str, also: str | Iterable[str]) -> Path:
    """The page last. Its values lie in the private folder, so that other formats are made without the scores."""
    from .blocks import as_json
    from .documents import html
    from .wording import words

    for one in save_documents(report, out_folder, also) if also else ():
        if one.beside:
            warn(words(report.lang)("command.kept", asked=one.asked, name=one.name), stacklevel=3)
    if values := PAGE_VALUES.get(report.name):
        write_json(_place(out_folder, PRIVATE, report.study_id, values), as_json(report), mode=CLOSED)
    return write_text(_place(out_folder, SHAREABLE, report.study_id, f"{report.name}.html"), html(report))


def save_documents(
    report: Report, out_folder: Path | str, also: str | Iterable[str], *, today: date | None = None
) -> tuple[Placed, ...]:
    """The report in other formats, beside its page; ``run.json`` remembers what was written.

    A document that a person changed stays as it is; then the new one gets a name with the date (``today``).
    """
    from .also import RUN, WRITTEN, documents, formats, placed, remembered

    made = documents(report, formats(also))
    folder = study_folder(out_folder, SHAREABLE, report.study_id)
    with made_folder(folder):
        new = placed(folder, made, today or date.today())
        for one in new:
            write_bytes(folder / one.name, one.content)
        write_json(folder / RUN, _facts(folder / RUN) | {WRITTEN: remembered(folder, new)})
    return new


def _facts(run: Path) -> dict[str, object]:
    try:
        found = json.loads(run.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def ledger_file(out_folder: Path | str) -> Path:
    return Path(out_folder) / PRIVATE / LEDGER


_ledgers: dict[tuple[int, ...], dict[str, Any]] = {}
"""The ledger that was read or written last, by what identifies its file: a batch opens the same one for every study."""


def opened_ledger(out_folder: Path | str) -> dict[str, Any]:
    """What was released before below this folder (``releases``); not to be changed in place."""
    path = ledger_file(out_folder)
    if not path.is_file():
        return opened(None)
    if (same := _ledgers.get(_identity(path))) is not None:
        return same
    return _kept(path, opened(path.read_text("utf-8")))


def write_ledger(out_folder: Path | str, ledger: dict[str, Any]) -> Path:
    """Without white space: what a whole network released is some megabytes."""
    text = json.dumps(ledger, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path = write_text(ledger_file(out_folder), f"{text}\n", mode=CLOSED)
    _kept(path, ledger)
    return path


def _kept(path: Path, ledger: dict[str, Any]) -> dict[str, Any]:
    if ledger["key"]:
        _ledgers.clear()
        _ledgers[_identity(path)] = ledger
    return ledger


def _identity(path: Path) -> tuple[int, ...]:
    """Stays with a file that is moved on its own disk."""
    seen = path.stat()
    return seen.st_dev, seen.st_ino, seen.st_mtime_ns, seen.st_size


def study_folder(out_folder: Path | str, root: str, study_id: str) -> Path:
    """``<out>/<root>/<study>``, refused when it is not exactly there or when Windows cannot make it."""
    folder = Path(out_folder) / root / study_id
    plain = re.fullmatch(r"[A-Za-z0-9_-]+", study_id) and study_id.lower() not in RESERVED
    if not plain or folder.resolve().parent != (Path(out_folder) / root).resolve():
        raise ValueError(f"study id {study_id!r} cannot name a folder")
    return folder


@contextmanager
def made_folder(folder: Path, *, mode: int = 0o777) -> Iterator[None]:
    """The folder, made where it was not there; unmade, where still empty, when what follows fails."""
    absent = [step for step in (folder, *folder.parents) if not step.exists()]
    try:
        with writing(folder):
            closed = (
                (folder,)
                if folder.name == PRIVATE
                else (folder, folder.parent)
                if folder.parent.name == PRIVATE
                else ()
            )
            for step in reversed(absent):
                step.mkdir(CLOSED_FOLDER if step in closed else mode, exist_ok=True)
        yield
    except BaseException:
        for step in absent:
            with suppress(OSError):
                step.rmdir()
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the disk refuses becomes a Problem a teacher can mend; ``path`` names the file or folder in it."""
    try:
        yield
    except OSError as fault:
        code = "disk_full" if fault.errno in FULL else "output_unwritable"
        raise Problems([Problem(code=code, file=path.name)]) from fault


def notebooks_folder() -> Path:
    return _shipped("_notebooks", "notebooks")


def schemas_folder() -> Path:
    return _shipped("_data_schemas", "data_schemas")


def _shipped(inside: str, beside: str) -> Path:
    """Inside the installed package; in a checkout, beside it."""
    package = Path(__file__).parent
    return package / inside if (package / inside).is_dir() else package.parent / beside


def _place(out_folder: Path | str, root: str, study_id: str, name: str) -> Path:
    folder = study_folder(out_folder, root, study_id)
    with made_folder(folder):
        sweep(folder)
        return folder / name


def own_name() -> str:
    """Of something half made: tells which process on which machine is making it, without naming either."""
    return f".gsl-{host()}-{os.getpid()}-{os.urandom(4).hex()}"


def left_behind(folder: Path) -> list[Path]:
    """What dead processes were making in a folder; on another machine, what is older than a day."""
    return [path for path in sorted(folder.glob(".gsl-*")) if _is_dead(path)]


def sweep(folder: Path) -> None:
    """Remove what dead processes left half made."""
    for path in left_behind(folder):
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_dead(path: Path) -> bool:
    owner = re.fullmatch(r"\.gsl-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}", path.name)
    if owner is None:
        return False
    if owner[1] == host() and not _alive(int(owner[2])):
        return True
    try:
        return time() - path.stat().st_mtime > A_DAY
    except OSError:
        return False


def _alive(pid: int) -> bool:
    """On Windows a signal cannot merely ask: there only age tells."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def host() -> str:
    """Tells machines on one network share apart without naming them."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def settle(folder: Path) -> None:
    """Put the names in a folder on disk too, where the system can (not on Windows, not on every share)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

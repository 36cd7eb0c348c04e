"""A pupil removed from everything the workbench keeps: first what would be done, then doing it.

Rows go from the score files and from copies in the out folder; results are measured again without the pupil, or
removed; what is left of old pages goes. A note says that it was done, never about whom.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from math import inf
from pathlib import Path
from typing import Literal

from . import keys, runs
from .also import last_written
from .files import (
    PAGE_VALUES,
    PRIVATE,
    SHAREABLE,
    ledger_file,
    made_folder,
    opened_ledger,
    write_bytes,
    write_ledger,
    write_text,
    writing,
)
from .ledger import without
from .problems import Problem, Problems
from .publishing import holding, recover, staging
from .pupils import one_spelling
from .reading import read_tables
from .reading.folder import may_hold_scores
from .someone import Change, Someone, change_in, rows_with_trace, someone_in
from .study_file import load_study
from .traces import Trace, sealed
from .wording import Words, languages

SHOWN_PAGES = {".html", ".htm", ".pdf", ".docx", ".txt", ".ipynb", ".svg", ".png"}
"""What shows results: an old one goes, since it was made with the pupil in it."""
OWN_WORK = {".docx", ".doc", ".odt", ".rtf", ".txt", ".md", ".pptx", ".odp", ".xlsx", ".ods", ".csv", ".toml"}
"""What a person writes in: when it is not as the workbench wrote it, it is named and left."""
CLOSED_WORK = {".xls", ".xlsb", ".sav", ".zsav", ".pdf", ".zip", ".7z", ".rar", ".ppt", ".pages", ".numbers"}
"""What else may hold pupils beside the scores: looked into where that can be, and else named."""
TABLES = {".csv", ".tsv", ".xlsx"}
STOPS = {*runs.UNWRITTEN, "folder_held"}
"""What stands in the way of measuring without saying anything about the scores."""
MOST_BESIDE = 50_000_000
"""Larger files beside the scores are not looked into, and named (policy)."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What would be done. Holds paths and counts; whom it is about stays in ``trace``, which shows nothing."""

    out: Path
    changes: tuple[Change, ...]
    """Score files that lose rows, the given ones first."""
    study_file: Path | None
    data: Path
    study: str | None
    """The id of the study that is measured again."""
    others: tuple[str, ...]
    """Studies whose results go: made from the same scores, or with the pupil in them."""
    remove: tuple[Path, ...]
    look: tuple[Path, ...]
    """Files of a person with the pupil in them, which are left."""
    edited: tuple[Path, ...]
    """Documents that a person edited, with figures from before."""
    unseen: tuple[Path, ...]
    """Files that cannot be looked into."""
    trace: Trace = field(repr=False)
    names: frozenset[str] = field(repr=False)
    namesake: bool = False
    unsearchable: bool = False
    """The code is too short to be looked for in text."""

    @property
    def studies(self) -> tuple[str, ...]:
        """Those whose results were made with the pupil in them."""
        return tuple(filter(None, (self.study, *self.others)))

    @property
    def rows(self) -> int:
        return sum(change.rows for change in self.changes)

    def hides(self, path: Path) -> bool:
        """Whether the name of a file tells the pupil."""
        return self.trace.in_text(path.stem)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done. ``left`` are the files in which the pupil still stands, for a person to mend; ``unseen`` those
    that could not be looked into."""

    note: Path
    page: Path | None
    unmeasured: tuple[Problem, ...]
    removed: tuple[Path, ...]
    left: tuple[Path, ...]
    unseen: tuple[Path, ...]


def find(
    who: str,
    data_files: Sequence[Path],
    *,
    out: Path,
    study_file: Path | None = None,
    key_file: Path | None = None,
    in_class: str | None = None,
) -> Forgetting:
    """Everything that holds the pupil; nothing is written.

    ``who`` is a name or a code; with the keys of ``pseudonymise`` either gives the other. Raises Problems with what is
    wrong with the files, and ``nobody_of_this_name``, ``pupil_ambiguous``, ``pupil_twice_in_list``, ``name_remains``,
    ``only_pupil``, ``forget_kind``, ``not_looked_into``.

    Not for: files that are not given and do not lie in ``out``; those beside the scores are named, not changed.
    """
    study = None if study_file is None else load_study(study_file)
    secrets = [keys.load(path) for path in ((key_file,) if key_file is not None else keys.own_keys())]
    folders = {file: path for path in data_files for file in _files_of(path)}
    files = list(folders)
    given = [(file, read_tables(file)) for file in files]
    person = someone_in(given, who, study, secrets, in_class, folders)
    sources = {read_tables(path).sha256 for path in data_files}
    changes = [change for file, found in given if (change := change_in(file, found, person)) is not None]
    here = set(map(Path.resolve, files))
    copies, remove, look, unseen = _elsewhere(out, person, here)
    for path in _beside(files, study_file, here | {change.file.resolve() for change in copies}):
        seen = _seen(path, person, MOST_BESIDE)
        look += [path] if seen == "there" else []
        unseen += [path] if seen == "sealed" and not person.namesake else []
    asked = study.id if study is not None else None
    touched = {*_made_from(out, sources), *_studies_of(out, [*remove, *look, *(change.file for change in copies)])}
    others = sorted(one for one in touched - {asked} if (out / SHAREABLE / one).is_dir() or _has_record(out, one))
    if not (changes or copies or remove or look):
        nobody = Problem(code="nobody_of_this_name", facts={"files": [file.name for file in files]})
        raise Problems([nobody, *(Problem(code="not_looked_into", file=path.name) for path in unseen)])
    studies = tuple(filter(None, (asked, *others)))
    theirs = [path for one in studies for path in _of_study(out, one) if path.suffix.lower() in OWN_WORK]
    rewritten = [change.file for change in (*changes, *copies)]
    return Forgetting(
        out=out,
        changes=(*changes, *copies),
        study_file=study_file,
        data=data_files[0],
        study=asked,
        others=tuple(others),
        remove=tuple(remove),
        look=tuple(dict.fromkeys(look)),
        edited=tuple(path for path in theirs if path not in (*look, *rewritten) and not _is_ours(path, out)),
        unseen=tuple({path.resolve(): path for path in unseen}.values()),
        trace=person.trace,
        names=person.names,
        namesake=person.namesake,
        unsearchable=not person.trace,
    )


def carry_out(plan: Forgetting, w: Words, *, today: date) -> Forgotten:
    """Do what ``find`` told: measure first, so that a fault leaves all as it was; the given scores are replaced last.

    Started again after it was cut off, it finds the pupil there and does all of it. Raises Problems when the disk
    refuses, another run holds the folder, or measuring breaks off.
    """
    with made_folder(plan.out):
        recover(plan.out)
    marks = {path: _mark(path) for one in plan.studies for path in _of_study(plan.out, one)}
    page, unmeasured = _measured_again(plan, w) if plan.study_file is not None else (None, ())
    with holding(plan.out):
        old = [path for path in marks if path.exists() and _mark(path) == marks[path] and _goes(path, plan, page)]
        named = [path for path in plan.remove if path.exists() and marks.get(path) in (None, _mark(path))]
        removed = tuple(dict.fromkeys([*old, *named]))
        for path in removed:
            with writing(path):
                path.unlink()
            _remove_empty(path.parent)
        for change in reversed(plan.changes):
            write_bytes(change.file, change.content)
        if ledger_file(plan.out).is_file():
            ledger = without(opened_ledger(plan.out), _spelled(plan))
            write_ledger(plan.out, ledger)
        unseen = tuple(path for path in plan.unseen if path.exists())
        note = _write_note(plan, removed, unseen, w, today)
    searched = [*(change.file for change in plan.changes), *plan.look, *_kept(plan.out)]
    left = [path for path in dict.fromkeys(searched) if not plan.namesake and plan.trace.within(path.read_bytes())]
    return Forgotten(note, page, unmeasured, removed, tuple(left), unseen)


def _goes(path: Path, plan: Forgetting, page: Path | None) -> bool:
    """Whether a file that was not made again goes: all of a study, or of a measured one what shows results."""
    if path in (*plan.edited, *plan.look, *(change.file for change in plan.changes)):
        return False
    measured = page is not None and plan.study is not None and path in _of_study(plan.out, plan.study)
    return not measured or path.suffix.lower() in SHOWN_PAGES


def _measured_again(plan: Forgetting, w: Words) -> tuple[Path | None, tuple[Problem, ...]]:
    """The study measured with the scores as they become, its documents made again too; or why that cannot be."""
    shareable = plan.out / SHAREABLE / (plan.study or "")
    ours = [name for name in last_written(shareable) if _is_ours(shareable / name, plan.out)]
    kinds = {Path(name).suffix for name in ours if name.startswith(tuple(PAGE_VALUES))}
    new = {change.file.resolve(): change.content for change in plan.changes}
    with staging(plan.out) as made:
        data = made / plan.data.name
        for file in _files_of(plan.data):
            place = data / file.name if plan.data.is_dir() else data
            place.parent.mkdir(exist_ok=True)
            write_bytes(place, new.get(file.resolve()) or file.read_bytes())
        try:
            lang = _lang_of(plan) or w.lang
            run = runs.measure_files(
                plan.study_file, data, out=plan.out, lang=lang, also=sorted(kinds), forgotten=_spelled(plan)
            )
            return run.page, ()
        except Problems as found:
            if any(problem.code in STOPS for problem in found.problems):
                raise
            return None, found.problems
        except runs.RunFailed as failed:
            raise Problems([failed.problem]) from failed


def _lang_of(plan: Forgetting) -> str | None:
    """The language of the page that is measured again."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        values = (plan.out / PRIVATE / str(plan.study) / PAGE_VALUES["report"]).read_text("utf-8")
        return next((lang for lang in languages() if lang == json.loads(values)["lang"]), None)
    return None


def _spelled(plan: Forgetting) -> tuple[str, ...]:
    return tuple(map(one_spelling, sorted(plan.names)))


def _write_note(plan: Forgetting, removed: Sequence[Path], unseen: Sequence[Path], w: Words, today: date) -> Path:
    """That it was done: the day, how many rows, which files; a file that is called after the pupil is not named."""
    folder = plan.out / PRIVATE
    names = (f"forgotten-{today.isoformat()}{n}.txt" for n in ("", *(f"-{n}" for n in range(2, 1000))))
    lines = [w("privacy_care.note.title", date=w.date(today)), ""]
    for change in plan.changes:
        name = w("privacy_care.hidden_file") if plan.hides(change.file) else change.file.name
        lines.append(w("privacy_care.note.file", file=name, rows=w.count(change.rows)))
    lines.append(w("privacy_care.note.removed", count=w.count(len(removed))))
    lines += [w("privacy_care.note.unseen", count=w.count(len(unseen)))] if unseen else []
    lines += [w("privacy_care.note.study", study=study) for study in plan.studies]
    with made_folder(folder):
        note = next(path for name in names if not (path := folder / name).exists())
        return write_text(note, "\n".join(lines) + "\n")


def _files_of(path: Path) -> list[Path]:
    """A score file, or those of a folder."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and may_hold_scores(file))


def _folders(out: Path, study: str) -> tuple[Path, Path]:
    return out / SHAREABLE / study, out / PRIVATE / study


def _of_study(out: Path, study: str) -> list[Path]:
    return [path for folder in _folders(out, study) for path in sorted(folder.rglob("*")) if path.is_file()]


def _kept(out: Path) -> Iterator[Path]:
    """Every file under both roots."""
    for root in (SHAREABLE, PRIVATE):
        yield from (path for path in sorted((out / root).rglob("*")) if path.is_file())


def _elsewhere(out: Path, person: Someone, given: set[Path]) -> tuple[list[Change], list[Path], list[Path], list[Path]]:
    """What else holds the pupil: score files in ``out`` that lose rows, files that go, and those of a person; and what
    cannot be looked into."""
    copies, remove, look, unseen = [], [], [], []
    tables = [path for path in sorted(out.iterdir()) if path.suffix.lower() in TABLES] if out.is_dir() else []
    for path in (*tables, *_kept(out)):
        if path.resolve() in given or not path.is_file() or (seen := _seen(path, person)) == "clear" or person.namesake:
            continue
        if seen == "sealed":
            unseen += [] if _is_ours(path, out) else [path]
            continue
        try:
            changed = rows_with_trace(path, read_tables(path), person) if path.suffix.lower() in TABLES else None
        except Problems:
            changed = None
        if changed is not None:
            copies.append(changed)
        elif path.suffix.lower() in OWN_WORK and not _is_ours(path, out):
            look.append(path)
        else:
            remove.append(path)
    return copies, remove, look, unseen


def _seen(path: Path, person: Someone, most: float = inf) -> Literal["there", "clear", "sealed"]:
    """Whether the pupil is in a file; where nobody can be looked for, every file is clear."""
    if not person.trace:
        return "clear"
    if path.stat().st_size > most:
        return "sealed"
    raw = path.read_bytes()
    if person.trace.within(raw):
        return "there"
    return "sealed" if sealed(raw) else "clear"


def _beside(files: Sequence[Path], study_file: Path | None, given: set[Path]) -> Iterator[Path]:
    """Files next to the scores and next to the study file, where a person may keep more of the pupil."""
    folders = {file.resolve().parent for file in files}
    kinds = OWN_WORK | CLOSED_WORK
    near = [path for folder in sorted(folders) for path in sorted(folder.iterdir()) if path.suffix.lower() in kinds]
    if study_file is not None:
        near += sorted(study_file.resolve().parent.glob(f"{study_file.stem}.*"))
    for path in dict.fromkeys(near):
        if path.is_file() and path not in given:
            yield path


def _made_from(out: Path, sources: set[str]) -> Iterator[str]:
    """Studies whose record says that they were made from these scores."""
    for record in sorted((out / PRIVATE).glob("*/record.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            if json.loads(record.read_text("utf-8"))["data"]["sha256"] in sources:
                yield record.parent.name


def _has_record(out: Path, study: str) -> bool:
    return (out / PRIVATE / study / "record.json").exists()


def _studies_of(out: Path, paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        for root in (out / SHAREABLE, out / PRIVATE):
            if path.is_relative_to(root) and path.parent != root:
                yield path.relative_to(root).parts[0]


def _is_ours(path: Path, out: Path) -> bool:
    """Whether a document is as the workbench wrote it: its run says so."""
    for study in _studies_of(out, [path]):
        with suppress(OSError, ValueError, AttributeError):
            run = json.loads((out / SHAREABLE / study / "run.json").read_text("utf-8"))
            documents = run.get("documents", {})
            return documents.get(path.name) == hashlib.sha256(path.read_bytes()).hexdigest()
    return False


def _mark(path: Path) -> tuple[int, int, int]:
    """Other when a file was written again, also with the same content."""
    facts = path.stat()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _remove_empty(folder: Path) -> None:
    while folder.name not in (SHAREABLE, PRIVATE) and folder != folder.parent:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent

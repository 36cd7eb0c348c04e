"""A folder of class or school files as one set: which file a row is in stays known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ..problems import Problem, Problems
from .grid import Skipped
from .table import Found

NOT_SCORES = {".toml", ".json", ".md", ".ini", ".lnk", ".ipynb", ".html", ".py"}
"""Files that stand beside scores: plans, cards, notes. A score file in HTML is called .xls."""


def read_folder(path: Path, read_file: Callable[[Path], Found]) -> Found:
    """The tables of every score file in the folder, by name; subfolders are not entered but listed.

    A file that is the same as an earlier one, byte for byte, is read once and listed. Raises Problems when there is
    no score file, or none that can be read.
    """
    entries = sorted(path.iterdir(), key=lambda entry: entry.name.casefold())
    files = [entry for entry in entries if entry.is_file() and may_hold_scores(entry)]
    if not files:
        raise Problems([Problem(code="folder_without_files", file=path.name)])
    skipped = [Skipped(None, (), "subfolder", file=entry.name) for entry in entries if entry.is_dir()]
    tables, warnings, problems = [], [], []
    first_with: dict[str, str] = {}
    for file in files:
        try:
            found = read_file(file)
        except Problems as raised:
            problems += raised.problems
            continue
        if found.sha256 in first_with:
            facts = {"other": first_with[found.sha256]}
            warnings.append(Problem(code="same_file_twice", severity="warning", file=file.name, facts=facts))
            skipped.append(Skipped(None, (), "same_file", file=file.name))
            continue
        first_with[found.sha256] = file.name
        tables += found.tables
        skipped += found.skipped
        warnings += found.warnings
    if not tables:
        raise Problems(problems)
    together = hashlib.sha256("".join(sorted(first_with)).encode()).hexdigest()
    return Found(path.name, tuple(tables), together, tuple(skipped), tuple(warnings), tuple(problems))


def may_hold_scores(file: Path) -> bool:
    hidden = file.name.startswith((".", "~$", ".~lock"))
    return (
        not hidden
        and file.suffix.lower() not in NOT_SCORES
        and file.name.casefold() not in ("thumbs.db", "desktop.ini")
    )

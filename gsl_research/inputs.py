"""Whether a study has to be measured again: all that goes into its results, as one digest in its private folder.

In private, as the digest in the record: who knows all scores but one could try that one out against it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import __version__
from .beside import decisions_file
from .files import CARD, PRIVATE, SHAREABLE, study_folder

INPUTS = "inputs.json"
BESIDE = ("report.html", CARD, "3_measure_effect.ipynb", "run.json")
"""Of the shareable results of a study: one that is gone is made again."""


def fingerprint(study_file: Path, data_file: Path, lang: str, kinds: Iterable[str]) -> str:
    """A digest of the study file, the scores with their names, the decisions, this version and what was asked for.

    "" where a file cannot be read: the run itself says why.
    """
    whole = hashlib.sha256("\0".join([__version__, lang, *sorted(kinds)]).encode())
    try:
        for name, path in _read(study_file, data_file):
            whole.update(f"\0{name}\0{file_digest(path)}".encode())
    except OSError:
        return ""
    return whole.hexdigest()


def file_digest(path: Path) -> str:
    """Of a file; of a folder that of its files, by name."""
    if path.is_dir():
        names = "\0".join(f"{one.name}\0{file_digest(one)}" for one in sorted(path.iterdir()) if one.is_file())
        return hashlib.sha256(names.encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(study_file: Path, data_file: Path) -> Iterator[tuple[str, Path]]:
    """The name of a file of scores, or of a sheet of a folder, may be the name of a class."""
    yield "study", study_file
    decided = decisions_file(study_file)
    if decided.is_file():
        yield "decisions", decided
    yield data_file.name, data_file


def unchanged(out: Path, study: str, made_from: str) -> bool:
    """Whether the results of this study stand below ``out``, whole, and were made from exactly this."""
    try:
        shareable, private = study_folder(out, SHAREABLE, study), study_folder(out, PRIVATE, study)
        kept = json.loads((private / INPUTS).read_text("utf-8"))
        without_card = {CARD} if kept.get("card") is False else set()
        there = all((shareable / name).is_file() is (name not in without_card) for name in BESIDE)
        there = there and (private / "record.json").is_file()
        return there and bool(made_from) and kept["made_from"] == made_from
    except (OSError, ValueError, KeyError, TypeError):
        return False

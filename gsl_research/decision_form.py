"""The empty file for what a team decides, as text: every question as a comment, every answer still to be given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .beside import decisions_file
from .draft import commented
from .files import write_text
from .problems import Problem, Problems
from .study_file import load_study
from .wording import Words


def write_form(study_file: Path, w: Words) -> Path:
    """Write the empty form beside a study file. Raises Problems of the study file, and ``decisions_exist``."""
    load_study(study_file)
    path = decisions_file(study_file)
    if path.exists():
        raise Problems([Problem(code="decisions_exist", file=path.name)])
    return write_text(path, decision_form(study_file.name, w))


def decision_form(study: str, w: Words) -> str:
    """The text of the form, in the language of ``w``; as it stands it is a file without decisions."""
    return "\n".join(_form(study, w)) + "\n"


def _form(study: str, w: Words) -> Iterator[str]:
    yield from commented(w("team.form.intro", study=study))
    yield from ("", "schema = 1", "")
    yield from commented(w("team.form.looked_on"))
    yield from ("#looked_on = 2027-03-15", "", "", "[reflection]")
    for question in ("see", "surprises", "next_time"):
        yield from ("", *commented(w(f"team.form.{question}")), f'{question} = ""')
    yield from ("", "", *commented(w("team.form.decisions")), "[[decisions]]")
    for line in (
        'what = ""',
        "#decided_on = 2027-01-14",
        'who = ""',
        "#by = 2027-03-01",
        'done = "not_yet"',
        'result = ""',
    ):
        key = line.lstrip("#").partition(" ")[0]
        yield from ("", *commented(w(f"team.form.{key}")), line)

"""What can be wrong with a user's files, as values.

A *problem* is a code with facts and an address; its sentence lives in ``texts/<language>/problems.toml``.
*Problems* is the exception that carries all problems of one file set at once.
A mistake of the programmer is a ``ValueError`` in English, never a Problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]


class Term(str):
    """A fact that is a word of ours and has its own entry in the texts, such as ``Term("role.class")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong or surprising, and where.

    ``value`` is the cell as it stands. It may hold a score, a date or a group code,
    never a pupil's name or code: there the row stands for the pupil.
    ``row`` counts as the file's own program does, the first row being 1.
    """

    code: str
    severity: Severity = "error"
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


class Problems(Exception):
    """The user's files cannot be used as they are; holds every problem found, errors first."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(sorted(problems, key=lambda p: p.severity != "error"))
        if not self.problems:
            raise ValueError("Problems needs at least one Problem")
        super().__init__(", ".join(dict.fromkeys(p.code for p in self.problems)))

    def __reduce__(self):
        return Problems, (self.problems,)

    def _render_traceback_(self) -> list[str]:
        from .wording import words

        return words("nl").problem_lines(self.problems)


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(p for p in problems if p.severity == "error")


def warnings(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(p for p in problems if p.severity == "warning")

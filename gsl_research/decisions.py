"""What a team decided and made of a result: a text file beside the study file, read without what names a pupil.

A *decision* says what, who, by when, whether it was done and what came of it; a *reflection* answers one question. The
file is no part of the plan: nothing in it changes a fingerprint, a number or a card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from .beside import decisions_file
from .dataset import Dataset
from .designs import TomlTable, mistake
from .mentions import Mentions
from .problems import Problem, Problems
from .study_file import read_toml, rows_of

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)]
Done = Literal["not_yet", "yes", "no"]


class Decision(TomlTable):
    """One thing the team decided; an entry without any text is a form that was not filled in."""

    what: Line = Field("", description="What was decided.")
    decided_on: date | None = Field(None, description="The day on which it was decided.")
    who: Line = Field("", description="Who does it: a role, never a pupil.")
    by: date | None = Field(None, description="By when.")
    done: Done = Field("not_yet", description="Was it done?")
    result: Paragraph = Field("", description="What came of it.")

    @model_validator(mode="after")
    def _consistent(self):
        if not self.what and not self.is_blank:
            raise mistake("decision_without_what", at="what")
        if self.decided_on and self.by and self.by < self.decided_on:
            raise mistake("decision_by_before", at="by")
        return self

    @property
    def is_blank(self) -> bool:
        return not (self.what or self.who or self.by or self.result or self.done != "not_yet")


class Reflection(TomlTable):
    """What the team made of the result, in its own words."""

    see: Paragraph = Field("", description="What do we see?")
    surprises: Paragraph = Field("", description="What surprises us?")
    next_time: Paragraph = Field("", description="What do we do differently next time?")


class DecisionFile(TomlTable):
    """The file as it stands."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, title="Decisions and reflection of a team"
    )

    schema_: Literal[1] = Field(alias="schema")
    looked_on: date | None = Field(None, description="The day on which the team last looked at this list.")
    reflection: Reflection = Field(default_factory=Reflection)
    decisions: Annotated[tuple[Decision, ...], Field(strict=False)] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision. A text that mentions a pupil is ``None``: withheld; what was not filled in is empty."""

    what: str | None
    who: str | None
    result: str | None
    on: date | None
    by: date | None
    done: Done
    late: bool
    """Not done yet on the day the team last looked, and its own day was over then."""


@dataclass(frozen=True, slots=True, repr=False)
class Decisions:
    """What may be shown of a file of decisions. No text in it mentions a pupil of the data it was read with."""

    decided: tuple[Decided, ...] = ()
    reflection: Mapping[str, str | None] | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def answers(self) -> dict[str, str | None]:
        """Question of the reflection -> answer, of those that were answered; ``None`` is withheld."""
        return {name: text for name, text in (self.reflection or {}).items() if text != ""}

    def __repr__(self) -> str:
        return f"Decisions({len(self.decided)} decisions, {len(self.warnings)} texts withheld)"


def load_decisions(study_file: str | Path, data: Dataset) -> Decisions:
    """What the team decided on a study; empty when there is no such file.

    The scores are needed to know the pupils: a text that mentions one is withheld, with a warning that names its row
    and not the pupil. Raises Problems with everything that is wrong in the file.
    """
    path = decisions_file(study_file)
    if not path.is_file():
        return Decisions()
    pupils = Mentions(data.called)
    try:
        content = read_toml(path, DecisionFile)
    except Problems as found:
        raise Problems(_quiet(problem, pupils) for problem in found.problems) from None
    rows = rows_of(path.read_text("utf-8-sig"))
    warnings: list[Problem] = []

    def shown(text: str, *address: str | int) -> str | None:
        text = " ".join(text.split())
        if not pupils.found(text):
            return text
        facts = {"key": address[-1]}
        warnings.append(
            Problem(code="pupil_in_decisions", severity="warning", file=path.name, row=rows.get(address), facts=facts)
        )
        return None

    reflection = {name: shown(text, "reflection", name) for name, text in content.reflection}
    decided = tuple(
        Decided(
            what=shown(one.what, "decisions", at, "what"),
            who=shown(one.who, "decisions", at, "who"),
            result=shown(one.result, "decisions", at, "result"),
            on=one.decided_on,
            by=one.by,
            done=one.done,
            late=one.done == "not_yet" and bool(one.by and content.looked_on and one.by < content.looked_on),
        )
        for at, one in enumerate(content.decisions)
        if not one.is_blank
    )
    return Decisions(decided, reflection, tuple(warnings))


def _quiet(problem: Problem, pupils: Mentions) -> Problem:
    """The same without a cell or a key that mentions a pupil."""
    facts = {
        name: "…" if isinstance(fact, str) and pupils.found(fact) else fact for name, fact in problem.facts.items()
    }
    value = "…" if problem.value is not None and pupils.found(problem.value) else problem.value
    return replace(problem, value=value, facts=facts)

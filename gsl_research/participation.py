"""How many schools were asked, started and stopped: a small text file beside the cards, typed by who asked them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from .designs import TomlTable, mistake
from .study_file import read_toml

NAMES = ("deelname.toml", "participation.toml")
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Schools = Annotated[int, Field(ge=0, le=100_000)]


class Stopped(TomlTable):
    """Why some schools stopped."""

    why: Why = Field(description="In a few words, without a name.")
    schools: Annotated[int, Field(ge=1, le=100_000)]


class Participation(TomlTable):
    """Schools that were asked, that started, and that stopped before the end."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, title="Schools that took part")

    schema_: Literal[1] = Field(alias="schema")
    lever: Literal["differentiation", "autonomy", "learning_together", "didactics"] | None = Field(
        None, description="Where it holds for the schools of one building block alone."
    )
    asked: Schools
    started: Annotated[int, Field(ge=1, le=100_000)]
    stopped: Schools
    reasons: Annotated[tuple[Stopped, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _consistent(self):
        if not self.asked >= self.started >= self.stopped:
            raise mistake("participation_order", at="started", asked=self.asked, started=self.started)
        if sum(one.schools for one in self.reasons) > self.stopped:
            raise mistake("participation_reasons", at="reasons", stopped=self.stopped)
        return self


def participation_file(folder: Path) -> Path | None:
    """The file of that name in the folder of the cards, if any."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def load_participation(path: Path) -> Participation:
    """Raises Problems with everything that is wrong in the file, each at its row."""
    return read_toml(path, Participation)

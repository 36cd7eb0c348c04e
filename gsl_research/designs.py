"""The kinds of study there are, each with only its own fields.

*treated* pupils got the new approach. A *wave* is one of several moments at which the same thing is measured.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Unit = Literal["pupil", "class", "teacher", "school"]
Header = Annotated[str, Field(min_length=1, max_length=300)]


def code_text(value: object) -> object:
    """A code typed as a number in TOML (``missing = [999]``) is the text of that number."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Code = Annotated[str, BeforeValidator(code_text), Field(min_length=1)]


def mistake(code: str, **facts: object) -> PydanticCustomError:
    """A contradiction within one table; the fact ``at`` names the key to mend."""
    return PydanticCustomError(f"gsl.{code}", code, facts)


class TomlTable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class OneGroup(TomlTable):
    """One group before and after: growth, never an effect."""

    kind: Literal["one_group"]
    selected_low: bool = Field(False, description="The pupils were chosen because they scored low.")


class Comparison(TomlTable):
    """Groups with and without the approach, given to whole units. One class per arm is derived, never declared."""

    kind: Literal["comparison"]
    assigned: Unit = Field(description="The level at which the approach was given.")
    randomised: bool = Field(False, description="Drawn by lot.")
    blocks: bool = Field(False, description="Drawn or matched within blocks; the role block says which.")

    @property
    def divided(self) -> bool:
        return False


class MultiSite(TomlTable):
    """The approach given to some pupils within each class or school."""

    kind: Literal["multi_site"]
    site: Literal["class", "teacher", "school"]
    randomised: bool = Field(False, description="Drawn by lot which pupils of a class, or school, got the approach.")

    @property
    def assigned(self) -> Unit:
        return "pupil"

    @property
    def blocks(self) -> bool:
        return False

    @property
    def divided(self) -> bool:
        """Pupils of one class got the approach and others did not."""
        return True


class Waves(TomlTable):
    """One measure at several moments, in a row per pupil and wave (the role wave) or in a column per wave."""

    dates: Annotated[tuple[date, ...], Field(strict=False)] | None = Field(
        None, description="The day of every wave, in order, where no column tells it."
    )

    @model_validator(mode="after")
    def _in_order(self):
        labels = self.labels or ()
        if len(set(labels)) < len(labels):
            raise mistake("wave_listed_twice", names=sorted({label for label in labels if labels.count(label) > 1}))
        if self.dates is not None:
            if labels and len(self.dates) != len(labels):
                raise mistake("dates_per_wave", at="dates", dates=len(self.dates), waves=len(labels))
            if any(later <= earlier for earlier, later in pairwise(self.dates)):
                raise mistake("dates_out_of_order", at="dates")
        return self


class Growth(Waves):
    """Three or more waves of one measure, of one group or of groups with and without the approach."""

    kind: Literal["growth"]
    waves: Annotated[tuple[Code, ...], Field(min_length=3, strict=False)] = Field(description="Wave labels, in order.")
    assigned: Unit = Field("class", description="With groups: the level at which the approach was given.")
    randomised: bool = Field(False, description="With groups: drawn by lot.")

    @property
    def labels(self) -> tuple[str, ...]:
        return self.waves

    @property
    def blocks(self) -> bool:
        return False

    @property
    def divided(self) -> bool:
        return self.assigned == "pupil"


class Stepped(Waves):
    """Classes start one after the other; a wait-list is two steps."""

    kind: Literal["stepped"]
    start_column: Header = Field(
        description="The header that holds the first wave in which a class had the approach, or a word for never."
    )
    waves: Annotated[tuple[Code, ...], Field(min_length=2, strict=False)] | None = Field(
        None, description="Wave labels, in order; absent: numbers or dates, as they are in the wave column."
    )
    randomised: bool = Field(False, description="The order of starting was drawn by lot.")

    @property
    def labels(self) -> tuple[str, ...] | None:
        return self.waves

    @property
    def assigned(self) -> Unit:
        return "class"

    @property
    def blocks(self) -> bool:
        return False

    @property
    def divided(self) -> bool:
        return False


class SingleCase(TomlTable):
    """One or a few pupils measured many times over phases."""

    kind: Literal["single_case"]
    phase: Header
    occasion: Header


class Survey(Waves):
    """The same measure on one or more occasions without comparison, of the same pupils or of others each time."""

    kind: Literal["survey"]
    occasions: Annotated[tuple[Code, ...], Field(min_length=1, strict=False)]
    same_pupils: bool | None = Field(
        None, description="The same pupils every time; absent: yes where a column tells who is who."
    )

    @property
    def labels(self) -> tuple[str, ...]:
        return self.occasions


Design = Annotated[
    OneGroup | Comparison | MultiSite | Growth | Stepped | SingleCase | Survey, Field(discriminator="kind")
]

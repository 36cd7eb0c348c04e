"""Outcomes that are not points, as a study file tells them: levels, worst first, or a goal per column.

A *level* is what may stand in a cell ("behaald"). Two levels are passed or not; three or more are ordered. An *item* is
a column with one goal (leerplandoel) each.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticKnownError

from .designs import Header, TomlTable, code_text, mistake

HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters nobody sees: controls, and marks that turn the direction of what is written after them."""


def _visible(text: str) -> str:
    if found := HIDDEN.search(text):
        raise mistake("hidden_character", character=f"U+{ord(found[0]):04X}", place=found.start() + 1)
    return text


Label = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_visible)]
LevelName = Annotated[str, BeforeValidator(code_text), Field(min_length=1, max_length=60), AfterValidator(_visible)]


def fold_level(text: str) -> str:
    """A level without its capitals and with single spaces; signs stay: "+" is not "-"."""
    return " ".join(text.split()).casefold()


Kind = Literal["points", "share", "order", "goals"]
"""What is counted: points; the share of pupils that passed; places in a row from low to high; goals reached."""
ITEM_LEVELS = ("0", "1")
"""What stands in the column of a goal when no levels are named."""


def _points_or_level(value: object) -> object:
    if value is None or isinstance(value, str | float | int) and not isinstance(value, bool):
        return float(value) if isinstance(value, float | int) else value
    raise PydanticKnownError("float_type")


class ReachGoal(TomlTable):
    at_least: Annotated[float | str | None, BeforeValidator(_points_or_level)] = Field(
        None, description="Points a pupil must reach, or the name of a level; the highest of two levels if absent."
    )
    share: float = Field(gt=0, le=1, description="The share of pupils that should reach it.")

    def pupils(self, of: int) -> int:
        """How many of so many pupils should reach it."""
        return math.ceil(self.share * of - 1e-9)


class GainGoal(TomlTable):
    gain: float = Field(gt=0, description="Points the pupils should gain on average.")


def _goal_kind(value: object) -> str:
    gain = "gain" in value if isinstance(value, dict) else isinstance(value, GainGoal)
    return "GainGoal" if gain else "ReachGoal"


Goal = Annotated[
    Annotated[ReachGoal, Tag("ReachGoal")] | Annotated[GainGoal, Tag("GainGoal")], Discriminator(_goal_kind)
]

Levels = Annotated[tuple[LevelName, ...], Field(strict=False, min_length=2, max_length=20)]
Items = Annotated[tuple[Header, ...], Field(strict=False, min_length=2, max_length=200)]


class Graded(TomlTable):
    """The fields of an outcome that say what stands in its cells when that is no number of points."""

    levels: Levels | None = Field(None, description="What may stand in the cells, worst first.")
    items: Items | None = Field(None, description="Instead of post: the columns with one goal each.")
    pre_items: Items | None = Field(None, description="Instead of pre: the same goals before, in the same order.")
    reached: LevelName | None = Field(None, description="From which level on a goal is reached; the highest if absent.")

    @model_validator(mode="after")
    def _levels_fit(self):
        name = getattr(self, "name", "")
        folded = [fold_level(level) for level in self.levels or ()]
        if len(set(folded)) < len(folded):
            raise mistake("levels_twice", at="levels", outcome=name)
        if self.pre_items is not None and self.items is None:
            raise mistake("items_missing", at="pre_items", outcome=name)
        if self.pre_items is not None and len(self.pre_items) != len(self.items):
            raise mistake(
                "items_unpaired", at="pre_items", outcome=name, before=len(self.pre_items), after=len(self.items)
            )
        headers = [*(self.items or ()), *(self.pre_items or ())]
        if twice := sorted({header for header in headers if headers.count(header) > 1}):
            raise mistake("item_twice", at="items", outcome=name, headers=twice)
        if self.reached is not None:
            if self.items is None:
                raise mistake("reached_without_items", at="reached", outcome=name)
            if fold_level(self.reached) not in self._folded[1:]:
                raise mistake("reached_unknown", at="reached", outcome=name, levels=list(self.cell_levels[1:]))
        return self

    @property
    def cell_levels(self) -> tuple[str, ...]:
        """What may stand in a cell, worst first; nothing where cells hold points."""
        return self.levels or (ITEM_LEVELS if self.items else ())

    @property
    def _folded(self) -> tuple[str, ...]:
        return tuple(map(fold_level, self.cell_levels))

    @property
    def reached_from(self) -> int:
        """The place among the levels from which a goal is reached."""
        return len(self.cell_levels) - 1 if self.reached is None else self._folded.index(fold_level(self.reached))

    @property
    def graded(self) -> Kind:
        """What the file says is counted; a scale of 0 and 1 shows only in the data that it is a share."""
        if self.items is not None:
            return "goals"
        if self.levels is None:
            return "points"
        return "share" if len(self.levels) == 2 else "order"

    def place(self, level: str) -> int | None:
        """The place of a level by its name, 0 for the worst."""
        return self._folded.index(fold_level(level)) if fold_level(level) in self._folded else None

"""The Flemish central tests (Vlaamse toetsen): their results may not be passed on to others (field page, 19).

Whoever says ``source = "central_test"``, or names an outcome so without saying what it is, keeps it at home.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from .grading import Graded
from .problems import Problem

if TYPE_CHECKING:
    from .study import Study

CENTRAL = "central_test"
Source = Literal["test", "questionnaire", "observation", "conversation", "platform", "central_test"]
NAMED = re.compile(r"vlaamse?[\W_]*(?:centrale[\W_]*)?toets")
"""How these tests are called, with any signs between the words."""


def names_a_central_test(texts: Iterable[str]) -> bool:
    return any(NAMED.search(text.casefold()) for text in texts)


class Sourced(Graded):
    """Where the scores of an outcome come from; from a central test also when only its name says so."""

    source: Source = "test"

    @model_validator(mode="after")
    def _guess_source(self):
        texts = (self.name, self.label, *self.headers)
        if "source" not in self.model_fields_set and names_a_central_test(texts):
            self.__dict__["source"] = CENTRAL  # not among the fields that were set: so it is known for a guess
        return self

    @property
    def central(self) -> bool:
        return self.source == CENTRAL

    @property
    def central_guessed(self) -> bool:
        """Nobody wrote that it is one: its name does."""
        return self.central and "source" not in self.model_fields_set


def guessed(study: Study) -> Iterator[Problem]:
    """A warning for every outcome that is taken for a central test by its name."""
    for outcome in study.outcomes:
        if outcome.central_guessed:
            yield Problem(code="central_by_name", severity="warning", facts={"outcome": outcome.label})

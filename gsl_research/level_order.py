"""Whether levels stand worst first, and goals before beside the same goals afterwards: what names and scores suggest.

Nothing is turned round by itself: what a study file says counts, and what surprises is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .grading import fold_level
from .problems import Problem
from .reading.words import file_words, level_lists
from .study import Outcome, Study

MOVED = 10
"""Of fewer pupils who changed level, the way they went is no sign of anything (policy)."""
MOVED_DOWN = 0.8
"""When at least this share of those who changed level fell, the levels may stand best first (policy)."""
_PARTS = re.compile(r"[^\W\d_]+|\d+")


def by_names(study: Study) -> Iterator[Problem]:
    """Warnings that the study file alone gives: the words of levels, and the headings of goals."""
    for outcome in study.outcomes:
        if outcome.levels and perhaps_turned(outcome.levels):
            facts = {"outcome": outcome.label, "levels": ", ".join(outcome.levels)}
            yield Problem(code="levels_perhaps_turned", severity="warning", facts=facts)
        if (pair := crossed(outcome)) is not None:
            facts = {"outcome": outcome.label, "before": pair[0], "after": pair[1]}
            yield Problem(code="items_perhaps_crossed", severity="warning", facts=facts)


def by_scores(study: Study, scores: Mapping[str, np.ndarray]) -> Iterator[Problem]:
    """Warnings that pupils give who nearly all fell; ``scores`` are (n,) by "<outcome>.pre" and "<outcome>.post"."""
    for outcome in study.outcomes:
        if not outcome.levels or perhaps_turned(outcome.levels):
            continue
        if _fell(scores.get(f"{outcome.name}.pre"), scores[f"{outcome.name}.post"]):
            facts = {"outcome": outcome.label, "levels": ", ".join(outcome.levels)}
            yield Problem(code="levels_mostly_fell", severity="warning", facts=facts)


def perhaps_turned(levels: Sequence[str]) -> bool:
    """Whether the words stand best first: as a known list of levels does backwards, as numbers that go down, or "niet
    behaald" after "behaald"."""
    own = [fold_level(level) for level in levels]
    for known in (tuple(map(fold_level, one)) for one in level_lists()):
        places = [known.index(level) for level in own if level in known]
        if len(places) > 1 and (ways := set(np.sign(np.diff(places)).tolist())) in ({1}, {-1}):
            return ways == {-1}
    if all(level.isdecimal() for level in own):
        return [int(level) for level in own] == sorted(map(int, own), reverse=True)
    denied = {f"{no}{level}": place for no in file_words("negations") for place, level in enumerate(own)}
    return any(denied.get(level, place) < place for place, level in enumerate(own))


def _fell(pre: np.ndarray | None, post: np.ndarray) -> bool:
    if pre is None:
        return False
    fell, rose = int((post < pre).sum()), int((post > pre).sum())
    return fell + rose >= MOVED and fell >= MOVED_DOWN * (fell + rose)


def crossed(outcome: Outcome) -> tuple[str, str] | None:
    """The first goal before that stands beside another goal afterwards than the one its heading names: "doel1_voor"
    beside "doel2_na", while there is a "doel1_na" or a "doel2_voor"."""
    if outcome.pre_items is None:
        return None
    before, after = _own_parts(outcome.pre_items), _own_parts(outcome.items)
    for place, (one, other) in enumerate(zip(before, after, strict=True)):
        if one and other and one != other and (one in after or other in before):
            return outcome.pre_items[place], outcome.items[place]
    return None


def _own_parts(headings: Sequence[str]) -> list[tuple[str, ...]]:
    """Of every heading the words and numbers that not all have: ("1",) of "doel1_voor" beside "doel2_voor"."""
    parts = [_PARTS.findall(heading.casefold()) for heading in headings]
    shared = set.intersection(*map(set, parts))
    return [tuple(part for part in one if part not in shared) for one in parts]

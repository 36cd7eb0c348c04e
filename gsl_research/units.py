"""Which unit is the cluster: the class, or something coarser that got the approach as a whole.

Levels go from fine to coarse: teaching group, class, teacher, school. A unit's key carries its school, so that
class 3A of two schools are two classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .problems import Problem, Term
from .reading import Column

LEVELS = ("teaching_group", "class", "teacher", "school")
GROUPED = ("class", "teacher", "teaching_group", "school")
"""Without a comparison: the first of these that is mapped groups the pupils."""
SHOWN_UNITS = 5
FEW_SHARE = 0.2
"""Up to this share of a unit are a few pupils in the wrong group; above it, the unit is truly mixed (policy)."""
SCHOOL_MARK = "\x1f"
"""Stands between school and code in a unit's key."""


def unit_keys(codes: Mapping[str, Column]) -> dict[str, Column]:
    """Per mapped level, each row's unit: school and code joined by a unit separator."""
    keys = {}
    for level in LEVELS:
        if level in codes:
            alone = level == "school" or "school" not in codes
            keys[level] = codes[level] if alone else _within(codes["school"], codes[level])
    return keys


def _within(school: Column, unit: Column) -> Column:
    size = len(unit.distinct)
    pairs, codes = np.unique(school.codes * size + unit.codes, return_inverse=True)
    names = (f"{school.distinct[pair // size]}{SCHOOL_MARK}{unit.distinct[pair % size]}" for pair in pairs.tolist())
    return Column(tuple(names), codes)


def unit_name(key: str) -> str:
    """The unit's own code, without its school."""
    return key.split(SCHOOL_MARK)[-1]


def assigned_cluster(assigned: str, keys: Mapping[str, Column], treated: np.ndarray) -> tuple[str, list[Problem]]:
    """The cluster's level, with errors or warnings about it. ``treated`` is (n,) bool, or the wave of the start.

    The coarser of ``assigned`` and the coarsest mapped level at which the group is constant: the one with the fewest
    units, since a class may have two teachers. Both arms inside one unit of the assigned level is an error that
    names the units.
    """
    if not keys:
        if assigned == "pupil":
            return "pupil", [Problem(code="class_not_mapped")]
        return assigned, [Problem(code="unit_not_mapped", facts={"unit": Term(f"role.{assigned}")})]
    rank = {level: place for place, level in enumerate(("pupil", *LEVELS))}
    coarse_enough = [level for level in LEVELS if level in keys and rank[level] >= rank[assigned]]
    if not coarse_enough:
        return assigned, [Problem(code="unit_not_mapped", facts={"unit": Term(f"role.{assigned}")})]
    mixed = {level: _mixed_units(keys[level], treated) for level in coarse_enough}
    if assigned in mixed and mixed[assigned]:
        return assigned, [_both_arms(assigned, mixed[assigned])]
    constant = [level for level in coarse_enough if not mixed[level]]
    if not constant:
        if assigned == "pupil":
            return "pupil", []
        return assigned, [_both_arms(coarse_enough[0], mixed[coarse_enough[0]], assigned)]
    units = {level: len(keys[level].distinct) for level in keys}
    level = min(reversed(constant), key=units.__getitem__)
    problems = _taught_together(keys, treated, rank[assigned])
    if level != assigned and (assigned not in keys or units[level] < units[assigned]):
        facts = {"declared": Term(f"role.{assigned}"), "used": Term(f"role.{level}"), "units": units[level]}
        problems.append(Problem(code="coarser_cluster", severity="warning", facts=facts))
    return level, problems


def _taught_together(keys: Mapping[str, Column], treated: np.ndarray, assigned: int) -> list[Problem]:
    """Teaching groups below the assigned unit that bring pupils of both arms together."""
    groups = keys.get("teaching_group")
    if groups is None or not assigned:
        return []
    names = [unit_name(unit) for unit in _mixed_units(groups, treated)]
    if not names:
        return []
    facts = {"names": names[:SHOWN_UNITS], "count": len(names)}
    return [Problem(code="taught_together", severity="warning", facts=facts)]


def whole_within(site: str, keys: Mapping[str, Column], treated: np.ndarray) -> list[Problem]:
    """Sites within which whole classes, or teachers, got the approach: those were divided, not their pupils."""
    both = set(_mixed_units(keys[site], treated))
    in_both = np.isin(np.array(keys[site].distinct, dtype=object), list(both))[keys[site].codes]
    for level in LEVELS[: LEVELS.index(site)]:
        if level in keys:
            units = {keys[level].distinct[code] for code in np.unique(keys[level].codes[in_both])}
            mixed = units & set(_mixed_units(keys[level], treated))
            if len(units) > 1 and 2 * len(mixed) < len(units):
                facts = {"unit": Term(f"role.{level}"), "site": Term(f"role.{site}")}
                return [Problem(code="whole_units_within", facts=facts)]
    return []


def few_in_other_arm(units: Column, treated: np.ndarray) -> np.ndarray:
    """(n,) bool: the rows of a few pupils in the other arm than nearly everyone of their unit."""
    pupils, new = _arm_counts(units, treated)
    fewest = np.minimum(new, pupils - new)
    few = (fewest > 0) & (fewest <= FEW_SHARE * pupils)
    return few[units.codes] & (treated == (new < pupils - new)[units.codes])


def _arm_counts(units: Column, treated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per unit: pupils, and pupils with the new approach."""
    size = len(units.distinct)
    return np.bincount(units.codes, minlength=size), np.bincount(units.codes[treated], minlength=size)


def _mixed_units(units: Column, treated: np.ndarray) -> list[str]:
    """Units whose rows differ in ``treated`` (n,)."""
    given, first = np.unique(units.codes, return_index=True)
    own = np.zeros(len(units.distinct), dtype=treated.dtype)
    own[given] = treated[first]
    mixed = np.bincount(units.codes, treated != own[units.codes], minlength=len(own))
    return sorted(units.distinct[at] for at in np.flatnonzero(mixed))


def started_cluster(assigned: str, keys: Mapping[str, Column], start: np.ndarray) -> tuple[str, list[Problem]]:
    """As ``assigned_cluster`` for classes that start one after the other, ``start`` (n,) being the wave: of the unit
    ``assigned``, or of the first coarser one that is mapped."""
    finest = next((unit for unit in LEVELS[LEVELS.index(assigned) :] if unit in keys), assigned)
    level, found = assigned_cluster(finest, keys, start)
    problems = []
    for problem in found:
        if problem.code in ("both_arms_in_unit", "both_arms_unit_not_mapped"):
            told = {"unit": problem.facts["unit"], "names": problem.facts["names"], "count": problem.facts["count"]}
            problem = Problem(code="starts_differ", facts=told)
        problems.append(problem)
    return level, problems


def _both_arms(level: str, units: Sequence[str], assigned: str | None = None) -> Problem:
    names = [unit_name(unit) for unit in units]
    facts = {"unit": Term(f"role.{level}"), "names": names[:SHOWN_UNITS], "count": len(names)}
    if assigned is None or assigned == level:
        return Problem(code="both_arms_in_unit", facts=facts)
    return Problem(code="both_arms_unit_not_mapped", facts=facts | {"assigned": Term(f"role.{assigned}")})


def check_blocks(level: str, units: Column, blocks: Column, treated: np.ndarray) -> list[Problem]:
    """Every unit of this level in one block, and in every block units of both arms."""
    size = len(units.distinct)
    held = np.unique(units.codes * len(blocks.distinct) + blocks.codes)
    split = np.flatnonzero(np.bincount(held // len(blocks.distinct), minlength=size) > 1)
    if split.size:
        names = sorted(unit_name(units.distinct[at]) for at in split)
        facts = {"unit": Term(f"role.{level}"), "names": names[:SHOWN_UNITS], "count": len(names)}
        return [Problem(code="unit_in_two_blocks", facts=facts)]
    new = np.bincount(blocks.codes, treated, minlength=len(blocks.distinct)) > 0
    old = np.bincount(blocks.codes, ~treated, minlength=len(blocks.distinct)) > 0
    one_sided = np.flatnonzero(new != old)
    if one_sided.size:
        names = sorted(blocks.distinct[at] for at in one_sided)
        return [Problem(code="block_one_sided", facts={"names": names[:SHOWN_UNITS], "count": len(names)})]
    return []

"""Which unit is the cluster: the class, or something coarser that got the approach as a whole.

Levels go from fine to coarse: teaching group, class, teacher, school. A unit's key carries its school, so that
class 3A of two schools are two classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .problems import Problem, Term

LEVELS = ("teaching_group", "class", "teacher", "school")
GROUPED = ("class", "teacher", "teaching_group", "school")
"""Without a comparison: the first of these that is mapped groups the pupils."""
SHOWN_UNITS = 5


def unit_keys(codes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Per mapped level, each row's unit: school and code joined by a unit separator."""
    keys = {}
    for level in LEVELS:
        if level not in codes:
            continue
        if level == "school" or "school" not in codes:
            keys[level] = list(codes[level])
        else:
            keys[level] = [f"{school}\x1f{unit}" for school, unit in zip(codes["school"], codes[level], strict=True)]
    return keys


def assigned_cluster(
    assigned: str, keys: Mapping[str, Sequence[str]], treated: np.ndarray
) -> tuple[str, list[Problem]]:
    """The cluster's level, with errors or warnings about it.

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
    level = min(reversed(constant), key=lambda level: len(set(keys[level])))
    declared = keys.get(assigned)
    if level != assigned and (declared is None or len(set(keys[level])) < len(set(declared))):
        facts = {"declared": Term(f"role.{assigned}"), "used": Term(f"role.{level}"), "units": len(set(keys[level]))}
        return level, [Problem(code="coarser_cluster", severity="warning", facts=facts)]
    return level, []


def _mixed_units(units: Sequence[str], treated: np.ndarray) -> list[str]:
    arms = pd.Series(treated).groupby(pd.Series(units, dtype=object)).nunique()
    return [str(unit) for unit in arms.index[arms > 1]]


def _both_arms(level: str, units: Sequence[str], assigned: str | None = None) -> Problem:
    names = [unit.split("\x1f")[-1] for unit in units]
    facts = {"unit": Term(f"role.{level}"), "names": names[:SHOWN_UNITS], "count": len(names)}
    if assigned is None or assigned == level:
        return Problem(code="both_arms_in_unit", facts=facts)
    return Problem(code="both_arms_unit_not_mapped", facts=facts | {"assigned": Term(f"role.{assigned}")})

"""Do all pupils come along: who changed clearly, how far pupils lie apart, and what the approach does for subgroups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from . import privacy
from .estimate import NotEstimated
from .measurement import Changed, SubgroupResult
from .methods import differences, reliable_change, site_subgroups, subgroups
from .study import Outcome


def spread(outcome: Outcome, codes, pre, post, chosen) -> differences.SpreadRatio | None:
    """Of the ``chosen`` pupils; ``None`` where post minus pre means nothing."""
    if not outcome.gain_defined:
        return None
    renumbered = np.unique(codes[chosen], return_inverse=True)[1]
    return differences.spread_ratio(renumbered, pre[chosen], post[chosen])


def marks(outcome: Outcome, pre, post, chosen) -> reliable_change.ChangeMarks | NotEstimated | None:
    """Who of the ``chosen`` pupils scored clearly worse than before ("lower"), or better."""
    if not outcome.gain_defined:
        return None
    scale = outcome.scale_post and tuple(sorted(outcome.sign * end for end in outcome.scale_post))
    scores = (outcome.sign * pre[chosen], outcome.sign * post[chosen])
    return reliable_change.marks_beside_before(*scores, outcome.reliability, scale=scale)


def changed(outcome: Outcome, pre, post, chosen) -> Changed | NotEstimated | None:
    """How many of the ``chosen`` pupils scored clearly lower than before, or higher."""
    found = marks(outcome, pre, post, chosen)
    if found is None or isinstance(found, NotEstimated):
        return found
    counts = int(found.lower.sum()), int(found.higher.sum())
    return Changed(len(found.change), *counts, found.expected_lower, found.expected_higher)


def by_label(
    outcome: Outcome,
    labels: Mapping[str, NDArray],
    codes: NDArray[np.intp],
    pre: NDArray[np.float64],
    post: NDArray[np.float64],
    treated: NDArray[np.bool_] | None,
    *,
    within: bool = False,
) -> Iterator[SubgroupResult]:
    """Every label of every subgroup column, in the order of the study file and the alphabet; of two labels only the
    first, since the second says the same turned round.

    With a comparison (``treated`` by pupil, ``within`` where the pupils of a class were divided) what the approach does
    for a label beside the rest of its classes; with one group how far a label lay from the rest before and after.
    Pupils without a label are left out.
    """
    for place, (column, of_pupils) in enumerate(labels.items()):
        close = any(_almost_alike(of_pupils, earlier) for earlier in list(labels.values())[:place])
        kept = of_pupils != ""
        names, label = np.unique(of_pupils[kept].astype(str), return_inverse=True)
        _, first, code = np.unique(codes[kept], return_index=True, return_inverse=True)
        before, after = outcome.sign * pre[kept], outcome.sign * post[kept]
        own = np.ones(len(code), dtype=bool) if treated is None else treated[kept]
        told = range(1 if len(names) == 2 else len(names))
        sides = {"single": own} if treated is None else {"treated": own, "control": ~own}
        pupils = [{side: int((chosen & (label == one)).sum()) for side, chosen in sides.items()} for one in told]
        if treated is not None:
            start = () if outcome.pre is None else (before,)
            if within:
                found = site_subgroups.site_label_differences(code, own, label, after, *start, unit="points")
            else:
                found = subgroups.label_differences(code, label, after, *start, treated=own[first], unit="points")
            for one in told:
                n, difference, pooled = found[one].n, found[one].difference, found[one].pooled
                yield SubgroupResult(column, str(names[one]), pupils[one], n, difference, pooled, None, close)
        elif outcome.gain_defined:
            for one in told:
                gap = subgroups.gap(code, label == one, before, after, unit="points")
                n = {} if isinstance(gap, NotEstimated) else dict(gap.change.n)
                change = gap if isinstance(gap, NotEstimated) else gap.change
                kept_gap = None if gap is change else gap
                yield SubgroupResult(column, str(names[one]), pupils[one], n, change, None, kept_gap, close)


def _almost_alike(labels: NDArray, earlier: NDArray) -> bool:
    """Whether a label of one column and one of the other differ in fewer than ten pupils, but not in none."""
    for one in set(labels) - {""}:
        for other in set(earlier) - {""}:
            differing = int(((labels == one) ^ (earlier == other)).sum())
            if 0 < differing and not privacy.may_average(differing):
                return True
    return False

"""Pupils divided within each class, or school: some got the approach and some did not.

The difference inside every site, and the mean of those; positive is better for pupils. Which verdict follows is not
decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .estimate import Estimate, NotEstimated
from .measurement import Check
from .methods import bracket, clusters, sites
from .methods.moments import ClassMoments, class_moments
from .problems import Problem, Problems, Term
from .study import MultiSite, Outcome


@dataclass(frozen=True, slots=True)
class Divided:
    """Estimates in the order main, g, beside; ``cell_means`` are the adjusted means of the arms of every site, without
    the approach first."""

    estimates: tuple[Estimate, ...]
    refused: tuple[NotEstimated, ...]
    checks: tuple[Check, ...]
    alarms: tuple[bracket.Agreement, ...]
    sd: float
    cells: NDArray[np.int64]
    cell_means: NDArray[np.float64]


def compare_within(
    design: MultiSite,
    outcome: Outcome,
    codes: NDArray[np.intp],
    treated: NDArray[np.bool_],
    pre: NDArray[np.float64] | None,
    post: NDArray[np.float64],
) -> Divided:
    """``codes`` of sites, ``treated``, ``pre`` and ``post`` are per pupil (N,), higher is better.

    Raises Problems when nothing can be said.
    """
    before = () if pre is None else (pre,)
    found = sites.site_differences(codes, treated, post, *before)
    if isinstance(found, NotEstimated):
        raise _problem(found, design, outcome)
    one = len(found.site) == 1
    if one:
        here = codes == found.site[0]
        main = sites.within_one_site(post[here], treated[here], *(x[here] for x in before), unit="points")
    else:
        main = sites.mean_of_sites(found, unit="points")
    if isinstance(main, NotEstimated):
        raise _problem(main, design, outcome)
    cells, cell = np.unique(2 * codes + treated, return_inverse=True)
    of_cells = class_moments(cell, *before, post)
    arms = cells % 2 == 1
    others = [main, sites.in_total_sd(main, codes, treated, post)]
    if not one:
        others += [sites.knapp_hartung(found, unit="points")]
        others += [sites.fixed_effects(codes, treated, post, *before, unit="points")]
    weighed = [] if one else [other for other in others if other.estimator == "sites_knapp_hartung"]
    alarms = tuple(alarm for alarm in bracket.agreement(main, weighed) if alarm.shifted)
    return Divided(
        estimates=tuple(one for one in others if isinstance(one, Estimate)),
        refused=tuple(one for one in others if isinstance(one, NotEstimated)),
        checks=tuple(_checks(found, of_cells, arms, len(alarms))),
        alarms=alarms,
        sd=clusters.total_sd(of_cells, arms, len(before)),
        cells=cells,
        cell_means=found.cells.mean,
    )


def _checks(
    found: sites.SiteDifferences, of_cells: ClassMoments, arms: NDArray[np.bool_], alarms: int
) -> Iterator[Check]:
    if found.start.shape[1]:
        start = float(found.start[:, 0].mean()) / clusters.total_sd(of_cells, arms, 0)
        yield Check("baseline_g", start, abs(start) > bracket.BASELINE_APART)
    if len(found.site) == 1:
        return
    yield Check("agreement", alarms, alarms > 0)
    spread = sites.spread_of_sites(found)
    if not isinstance(spread, NotEstimated):
        yield Check("site_sd", spread.tau, False)


def _problem(missing: NotEstimated, design: MultiSite, outcome: Outcome) -> Problems:
    facts = {"outcome": outcome.label}
    match missing.reason:
        case "one_sided_blocks" | "empty_arm":
            return Problems([Problem(code="site_one_sided", facts={"unit": Term(f"role.{design.site}")})])
        case "no_class_spread":
            return Problems([Problem(code="no_class_spread", facts=facts)])
        case _:
            return Problems([Problem(code="no_spread_before", facts=facts)])

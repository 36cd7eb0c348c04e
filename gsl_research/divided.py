"""Pupils divided within each class, or school: some got the approach and some did not.

The difference inside every site, and the mean of those; positive is better for pupils. Which verdict follows is not
decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .comparison import sounds
from .estimate import Estimate, NotEstimated
from .measurement import Check
from .methods import bracket, clusters, sites
from .methods.moments import ClassMoments, class_moments
from .problems import Problem, Problems, Term
from .study import MultiSite, Outcome

MIN_SIDE = 5
"""Pupils a class needs with the approach, and without: else one pupil weighs as much as a whole half (policy)."""
SMALL_SIDE = 2
MANY_SITES = 10
"""From so many classes with fewer than that, but these few on both sides, they count all the same: no pupil weighs much
then. With 10, 20 and 54 classes of 4 to 12 pupils the interval misses 4.5 to 5.7 % (policy, simulated)."""


def both_sides(codes: NDArray[np.intp], treated: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The classes with pupils enough on both sides: as many as that, or of many small ones a few."""
    sides = [np.unique(codes[treated == side], return_counts=True) for side in (True, False)]
    large, small = (
        np.intersect1d(*(units[counts >= least] for units, counts in sides)) for least in (MIN_SIDE, SMALL_SIDE)
    )
    return small if len(large) < len(small) / 2 and len(small) >= MANY_SITES else large


def counted_sites(
    codes: NDArray[np.intp], treated: NDArray[np.bool_], design: MultiSite, outcome: Outcome
) -> NDArray[np.intp]:
    """``both_sides``, of which there must be one; raises Problems otherwise."""
    counted = both_sides(codes, treated)
    if not len(counted):
        facts = {"unit": Term(f"role.{design.site}"), "least": MIN_SIDE, "outcome": outcome.label}
        if len(np.intersect1d(codes[treated], codes[~treated])):
            raise Problems([Problem(code="site_too_small", facts=facts)])
        raise Problems([Problem(code="site_one_sided", facts=facts)])
    return counted


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
        unspread = found.reason == "no_pupil_spread" and pre is not None
        raise _problem(replace(found, reason="singular") if unspread else found, design, outcome)
    single = len(found.site) == 1
    if single:
        here = codes == found.site[0]
        main = sites.within_one_site(post[here], treated[here], *(x[here] for x in before), unit="points")
    else:
        main = sites.mean_of_sites(found, unit="points")
    if isinstance(main, NotEstimated):
        raise _problem(main, design, outcome)
    cells, cell = np.unique(2 * codes + treated, return_inverse=True)
    of_cells = class_moments(cell, *before, post)
    arms = cells % 2 == 1
    g = sites.in_total_sd(main, codes, treated, post)
    if single and isinstance(g, Estimate):
        g = replace(g, icc=None)
    beside = list(_beside(design, outcome, codes, treated, pre, post, found))
    others = [main, g, *beside]
    told = [other for other in beside if other.estimator != "site_fixed_effects"]
    alarms = tuple(alarm for alarm in bracket.agreement(main, told) if sounds(alarm))
    compared = any(isinstance(other, Estimate) for other in told)
    return Divided(
        estimates=tuple(one for one in others if isinstance(one, Estimate)),
        refused=tuple(one for one in others if isinstance(one, NotEstimated)),
        checks=tuple(_checks(found, of_cells, arms, len(alarms) if compared else None)),
        alarms=alarms,
        sd=clusters.total_sd(of_cells, arms, len(before)),
        cells=cells,
        cell_means=found.cells.mean,
    )


def _beside(design, outcome, codes, treated, pre, post, found) -> Iterator[Estimate | NotEstimated]:
    """Other defensible ways to the same difference. Pupils who were chosen may have grown at another pace before."""
    several = len(found.site) > 1
    if pre is not None and outcome.gain_defined and not design.randomised:
        if several:
            gained = sites.mean_of_sites(sites.site_differences(codes, treated, post - pre), unit="points")
        else:
            gained = sites.within_one_site(post - pre, treated, unit="points")
        gained = replace(gained, estimator="gain_difference")
        yield replace(gained, status="beside") if isinstance(gained, Estimate) else gained
    if pre is not None and outcome.reliability is not None and not design.randomised:
        yield sites.corrected_mean(codes, treated, post, pre, outcome.reliability, unit="points")
    if several:
        yield sites.knapp_hartung(found, unit="points")
        before = () if pre is None else (pre,)
        yield sites.fixed_effects(codes, treated, post, *before, unit="points")


def _checks(
    found: sites.SiteDifferences, of_cells: ClassMoments, arms: NDArray[np.bool_], alarms: int | None
) -> Iterator[Check]:
    if found.start.shape[1]:
        start = float(found.start[:, 0].mean()) / clusters.total_sd(of_cells, arms, 0)
        yield Check("baseline_g", start, abs(start) > bracket.BASELINE_APART)
    if alarms is not None:
        yield Check("agreement", alarms, alarms > 0)
    if len(found.site) == 1:
        return
    spread = sites.spread_of_sites(found)
    if not isinstance(spread, NotEstimated):
        yield Check("site_sd", spread.tau, False)


def _problem(missing: NotEstimated, design: MultiSite, outcome: Outcome) -> Problems:
    facts = {"outcome": outcome.label, "unit": Term(f"role.{design.site}")}
    match missing.reason:
        case "no_class_spread":
            return Problems([Problem(code="differences_alike", facts=facts)])
        case "singular":
            return Problems([Problem(code="no_spread_before", facts=facts)])
        case _:
            return Problems([Problem(code="pupils_alike", facts=facts)])

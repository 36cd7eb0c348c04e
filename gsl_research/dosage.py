"""How much of the approach pupils got, beside what the offer of it did.

Every pupil who was measured counts in what the offer did; a pupil whose dose nobody knows is given the mean of his
class, or of his side of it, so that the main difference stays the one on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .comparison import MIN_CLASS_DF_SEEN
from .dataset import Dataset
from .estimate import NotEstimated
from .measurement import Dosed, DosePoint, OutcomeResult
from .methods import clusters, dose
from .methods.moments import ClassMoments, class_moments
from .study import MultiSite, Study

MOST_UNKNOWN = 0.10
"""With more pupils whose dose nobody knows, nothing is calculated with it (policy)."""
LEAST_RANGE = 0.10
"""Classes whose mean doses lie closer together than this share of the highest tell nothing of more or less (policy)."""


@dataclass(frozen=True, slots=True)
class _Pupils:
    """The measured pupils of one outcome: ``cell`` is the class, or the side of a class whose pupils were divided."""

    cell: NDArray[np.intp]
    block: NDArray[np.int64] | None
    treated: NDArray[np.bool_]
    unit: NDArray[np.intp]
    dose: NDArray[np.float64]
    before: tuple[NDArray[np.float64], ...]
    post: NDArray[np.float64]
    side: NDArray[np.bool_]


def dosed(study: Study, data: Dataset, result: OutcomeResult) -> Dosed:
    """The dose beside the first primary outcome, in a comparison of classes or of pupils divided within them."""
    pupils = _pupils(study, data, result)
    known = ~np.isnan(pupils.dose)
    unknown = int((~known).sum())
    per_cell = np.bincount(pupils.cell[known], minlength=len(pupils.treated))
    if unknown > MOST_UNKNOWN * len(known) or (per_cell == 0).any():
        counted, means = _per_arm(pupils, known)
        missing = NotEstimated(estimator="dose", reason="dose_unknown")
        return Dosed(counted, unknown, means, missing, missing if study.design.randomised else None, ())
    of_cell = np.bincount(pupils.cell[known], pupils.dose[known], len(per_cell)) / per_cell
    filled = np.where(known, pupils.dose, of_cell[pupils.cell])
    moments = class_moments(pupils.cell, *pupils.before, filled, pupils.post)
    complier = None
    if study.design.randomised:
        complier = _complier(study, result, moments, pupils)
    slope, points = _over_classes(study, result, moments, pupils, of_cell, per_cell)
    counted, means = _per_arm(pupils, known)
    return Dosed(counted, unknown, means, slope, complier, points)


def _pupils(study: Study, data: Dataset, result: OutcomeResult) -> _Pupils:
    frame, outcome = data.frame, result.outcome
    post = frame[f"{outcome.name}.post"].to_numpy()
    before = (frame[f"{outcome.name}.pre"].to_numpy(),) if outcome.pre else ()
    counted = np.isin(frame["cluster"].to_numpy(), [item.unit for item in result.classes])
    complete = counted & ~np.isnan(post)
    for scores in before:
        complete &= ~np.isnan(scores)
    arm, unit = frame["treated"].to_numpy()[complete], frame["cluster"].to_numpy()[complete]
    block = frame["block"].to_numpy()[complete] if "block" in frame else None
    if isinstance(study.design, MultiSite):
        group, block = 2 * unit + arm, unit
    else:
        group = unit
    _, first, cell = np.unique(group, return_index=True, return_inverse=True)
    return _Pupils(
        cell=cell,
        block=None if block is None else block[first],
        treated=arm[first],
        unit=unit[first],
        dose=frame["dose"].to_numpy()[complete],
        before=tuple(outcome.sign * scores[complete] for scores in before),
        post=outcome.sign * post[complete],
        side=arm,
    )


def _per_arm(pupils: _Pupils, known: NDArray[np.bool_]) -> tuple[Mapping[str, int], Mapping[str, float]]:
    arms = {"treated": known & pupils.side, "control": known & ~pupils.side}
    counted = {name: int(chosen.sum()) for name, chosen in arms.items()}
    return counted, {name: float(pupils.dose[chosen].mean()) for name, chosen in arms.items() if chosen.any()}


def _complier(study: Study, result: OutcomeResult, moments: ClassMoments, pupils: _Pupils):
    """Where the offer raised the dose; classes too few to carry an interval carry none of a ratio."""
    enough = result.units > MIN_CLASS_DF_SEEN if isinstance(study.design, MultiSite) else True
    if not enough or result.class_df < MIN_CLASS_DF_SEEN:
        return NotEstimated(estimator="complier_effect", reason="too_few_classes")
    found = dose.complier_effect(moments, pupils.treated, blocks=pupils.block)
    if isinstance(found, dose.Complier) and found.dose < 0:
        return NotEstimated(estimator="complier_effect", reason="no_dose_spread")
    return found


def _over_classes(
    study: Study,
    result: OutcomeResult,
    moments: ClassMoments,
    pupils: _Pupils,
    of_cell: NDArray[np.float64],
    known: NDArray[np.int64],
):
    """The slope over classes with the approach, and what each of them contributes to a picture."""
    treated, columns = pupils.treated, moments.mean.shape[1]
    kept = [*range(columns - 2), columns - 1]
    scores = ClassMoments(moments.n, moments.mean[:, kept], moments.scatter[:, kept][:, :, kept])
    adjusted = clusters.adjusted_means(scores, treated)
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator="dose_slope", reason=adjusted.reason), ()
    value, start = adjusted.mean[treated], adjusted.covariates[treated]
    if isinstance(study.design, MultiSite):
        value, start = value - adjusted.mean[~treated], start - adjusted.covariates[~treated]
    n = {"pupils_treated": int(moments.n[treated].sum()), "classes_treated": int(treated.sum())}
    slope = dose.dose_slope(value, of_cell[treated], start, adjusted, n=n, unit="points")
    if np.ptp(of_cell[treated]) < LEAST_RANGE * np.abs(of_cell[treated]).max():
        slope = NotEstimated(estimator="dose_slope", reason="no_dose_spread")
    numbers = {item.unit: item.number for item in result.classes}
    sign = result.outcome.sign
    points = tuple(
        DosePoint(numbers[int(unit)], int(pupils_here), int(with_dose), float(at), float(sign * points))
        for unit, pupils_here, with_dose, at, points in zip(
            pupils.unit[treated], moments.n[treated], known[treated], of_cell[treated], value, strict=True
        )
    )
    return slope, tuple(sorted(points, key=lambda point: point.number))

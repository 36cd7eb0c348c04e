"""Classes compared within blocks: matched pairs, schools, and a network of schools with one class per arm.

A *block* holds classes of both arms that are alike; S blocks. Every block counts once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, NotEstimated
from .clusters import AdjustedMeans, adjusted_means, class_estimate, covariance_of_mean
from .moments import ROUNDING, ClassMoments


def block_differences(adjusted: AdjustedMeans, blocks: ArrayLike) -> NDArray[np.float64]:
    """Mean adjusted class mean of the treated minus that of the control classes of each block (S,), in label order.

    Blocks without both arms (``one_sided``) give no difference; call it without them.
    """
    return block_shares(adjusted.treated, blocks) @ (adjusted.mean - adjusted.mean.mean())


def block_shares(treated: NDArray[np.bool_], blocks: ArrayLike) -> NDArray[np.float64]:
    """How much each class mean weighs in the difference of each block (S, G): 1/its arm there, negative for control."""
    codes, size = _block_codes(treated, blocks)
    counts = np.stack([np.bincount(codes[arm], minlength=size) for arm in (treated, ~treated)])
    if not counts.all():
        raise ValueError("every block needs classes of both arms")
    weights = np.zeros((size, len(codes)))
    weights[codes, np.arange(len(codes))] = np.where(treated, 1 / counts[0, codes], -1 / counts[1, codes])
    return weights


def in_blocks(adjusted: AdjustedMeans | NotEstimated, blocks: ArrayLike) -> AdjustedMeans | NotEstimated:
    """The same class means, weighed as ``within_blocks`` weighs them: every block counts once, S - 1 class df.

    Refuses a block with classes of one arm only.
    """
    if isinstance(adjusted, NotEstimated):
        return adjusted
    if len(one_sided(adjusted.treated, blocks)):
        return NotEstimated(estimator="within_blocks", reason="one_sided_blocks")
    weights = block_shares(adjusted.treated, blocks)
    return replace(adjusted, weights=weights.mean(axis=0), class_df=len(weights) - 1)


def one_sided(treated: ArrayLike, blocks: ArrayLike) -> NDArray:
    """The labels of the blocks whose classes are all in one arm."""
    treated = np.asarray(treated, dtype=bool)
    codes, size = _block_codes(treated, blocks)
    share = np.bincount(codes, treated, size) / np.bincount(codes, minlength=size)
    return np.unique(np.asarray(blocks))[(share == 0) | (share == 1)]


def _block_codes(treated: NDArray[np.bool_], blocks: ArrayLike) -> tuple[NDArray[np.int64], int]:
    blocks = np.asarray(blocks)
    if blocks.shape != treated.shape:
        raise ValueError(f"blocks must be (G,) like the classes; got {blocks.shape} for {treated.shape}")
    labels, codes = np.unique(blocks, return_inverse=True)
    return codes, len(labels)


def within_blocks(adjusted: AdjustedMeans | NotEstimated, blocks: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    r"""Difference of adjusted class means inside each block, and a t over blocks.

    .. math:: d_s=\bar a_{sT}-\bar a_{sC},\qquad \delta=\frac1S\sum_s d_s,\qquad
              SE^2=\frac{\sum_s(d_s-\delta)^2}{S(S-1)}+v_b,\qquad df=S-1,

    with :math:`v_b` the error of the slope as in ``clusters.adjusted_difference``. ``blocks`` (G,) labels. Blocks weigh
    equally, whatever their classes and pupils. The slopes behind the adjusted means are pooled over all classes. Where
    approach and block work together, the spread of that is in the interval.

    Refuses: a block with classes of one arm only (``one_sided`` names it); fewer than 2 blocks; blocks that do not
    differ. Not for: blocks made after the results were seen.

    Source: Donald & Lang (2007), doi:10.1162/rest.89.2.221, on the blocks; Hayes & Moulton (2017), Cluster Randomised
    Trials, chapter 12 [recalled].
    """
    name = "within_blocks"
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=name, reason=adjusted.reason)
    if len(one_sided(adjusted.treated, blocks)):
        return NotEstimated(estimator=name, reason="one_sided_blocks")
    found = block_differences(adjusted, blocks)
    estimate = _mean_of_blocks(found, adjusted.counts, name, scale=adjusted.whole_ss, unit=unit)
    if isinstance(estimate, NotEstimated):
        return estimate
    weights = block_shares(adjusted.treated, blocks)
    shared = adjusted.slope_variance(weights.mean(axis=0), covariance_of_mean(weights @ adjusted.covariates))
    se, df = adjusted.standard_error(estimate.se**2, estimate.df, shared), estimate.df
    return class_estimate(estimate.value, se, df, adjusted.counts, unit=unit, estimator=name, source=estimate.source)


def network(differences: ArrayLike, *, n: Mapping[str, int], unit: str) -> Estimate | NotEstimated:
    r"""Schools with one class per arm: the mean of the schools' differences, with a t over schools.

    .. math:: \delta=\bar d,\qquad SE^2=s_d^2/S,\qquad df=S-1.

    ``differences`` (S,) of adjusted class means, one a school, on one scale; ``n`` counts the pupils and classes behind
    them. One school cannot tell the approach from its classes; between schools that difference shows in the spread.
    This is the ordinary choice: it needs no variances, and gives 4.5 to 5.9 % false positives from two schools on.

    Refuses: fewer than 2 schools; schools that do not differ.
    Source: methods page, section 2.8, simulated.
    """
    found = np.asarray(differences, dtype=float)
    return _mean_of_blocks(found, dict(n), "network_t", scale=float((found**2).sum()), unit=unit)


def one_stage(shared: Sequence[tuple[ClassMoments, ArrayLike]], *, unit: str) -> Estimate | NotEstimated:
    """The same question from the class moments that schools share, in one fit, to stand beside ``network``.

    ``shared`` holds of each school its ``class_moments`` (covariates, and last the post-test) and which of its classes
    are treated. Moments of classes put together are those of the pooled rows, so this is what pooled rows would give:
    ``within_blocks`` with schools as blocks, one slope for all of them, df = S - 1. Schools weigh equally, as in
    ``network``, where each school has a slope of its own.

    Refuses: no school; what ``adjusted_means`` and ``within_blocks`` refuse, so also a school with one arm.
    """
    name = "one_stage"
    if not shared:
        return NotEstimated(estimator=name, reason="no_pupils")
    whole = reduce(ClassMoments.pooled_with, (moments for moments, _ in shared))
    treated = np.concatenate([np.asarray(arm, dtype=bool) for _, arm in shared])
    schools = np.repeat(np.arange(len(shared)), [moments.classes for moments, _ in shared])
    found = within_blocks(adjusted_means(whole, treated), schools, unit=unit)
    return replace(found, estimator=name, **({"status": "beside"} if isinstance(found, Estimate) else {}))


def _mean_of_blocks(
    found: NDArray[np.float64], n: dict[str, int], name: str, *, scale: float, unit: str
) -> Estimate | NotEstimated:
    df = len(found) - 1
    if df < 1:
        return NotEstimated(estimator=name, reason="too_few_classes")
    squares = float(((found - found.mean()) ** 2).sum())
    if not squares > ROUNDING * scale:
        return NotEstimated(estimator=name, reason="no_class_spread")
    se = math.sqrt(squares / df / len(found))
    return class_estimate(float(found.mean()), se, df, n, unit=unit, estimator=name, source="t_over_blocks")


def network_knapp_hartung(
    differences: ArrayLike, variances: ArrayLike, *, n: Mapping[str, int], unit: str
) -> Estimate | NotEstimated:
    r"""The same schools, weighed by how precisely each was measured: REML and Knapp-Hartung.

    .. math:: w_s=\frac{1}{v_s+\tau^2},\quad \delta=\frac{\sum w_sd_s}{\sum w_s},\quad
              q=\frac{\sum w_s(d_s-\delta)^2}{S-1},\quad SE^2=\frac{\max(1,q)}{\sum w_s},\quad df=S-1.

    ``variances`` (S,): what pupils alone add to each difference's variance, the squared ``se`` of ``assumed_icc`` at an
    ICC of 0. :math:`\tau^2` (``reml_tau2``) is the rest. Serves schools of very unequal size, beside ``network``.

    Refuses: fewer than 2 schools; a variance that is nothing beside the largest.
    Source: Knapp & Hartung (2003), doi:10.1002/sim.1482; the floor: Röver, Knapp & Friede (2015),
    doi:10.1186/s12874-015-0091-1 [recalled].
    """
    name = "network_knapp_hartung"
    found, known = np.asarray(differences, dtype=float), np.asarray(variances, dtype=float)
    if found.shape != known.shape:
        raise ValueError(f"differences and variances must both be (S,); got {found.shape} and {known.shape}")
    if len(found) < 2:
        return NotEstimated(estimator=name, reason="too_few_classes")
    if not known.min() > ROUNDING * known.max():
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    weight = 1 / (known + reml_tau2(found, known))
    value = float(weight @ found / weight.sum())
    q = float(weight @ (found - value) ** 2) / (len(found) - 1)
    se = math.sqrt(max(1.0, q) / float(weight.sum()))
    weighed = class_estimate(value, se, len(found) - 1, dict(n), unit=unit, estimator=name, source="knapp_hartung_2003")
    return replace(weighed, status="beside")


def reml_tau2(differences: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    r"""Variance between schools beyond the known ``variances`` (S,), all positive, by restricted maximum likelihood.

    Minimises :math:`\sum\ln(v_s+\tau^2)+\ln\sum w_s+\sum w_s(d_s-\delta)^2` over :math:`\tau^2\ge0`: a look along
    the whole range, then halving around the best point until doubles end. 0 is found as such.
    """

    def deviance_and_slope(tau2):
        weight = 1 / (variances + np.asarray(tau2)[..., None])
        whole = weight.sum(axis=-1)
        squares = (differences - ((weight @ differences) / whole)[..., None]) ** 2
        deviance = np.log(whole) - np.log(weight).sum(axis=-1) + (weight * squares).sum(axis=-1)
        return deviance, whole - (weight**2).sum(axis=-1) / whole - (weight**2 * squares).sum(axis=-1)

    # At the optimum tau2 (1 - 1/S) is at most the largest squared distance plus the largest variance over S.
    most = 2 * (float(np.ptp(differences)) ** 2 + variances.max())
    looks = np.concatenate([[0.0], np.geomspace(variances.min() / 1000, most, 200)])
    best = int(np.argmin(deviance_and_slope(looks)[0]))
    if best == 0 and deviance_and_slope(0.0)[1] >= 0:
        return 0.0
    low, high = looks[max(best - 1, 0)], looks[min(best + 1, len(looks) - 1)]
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if deviance_and_slope(middle)[1] < 0 else (low, middle)
    return float(high)

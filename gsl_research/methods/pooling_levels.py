r"""Several estimates of one school: a mean over schools that does not count a school more often than it can carry.

Estimate i of school j has :math:`y_{ij}=x_{ij}'\beta+u_j+w_{ij}+e_{ij}` with :math:`u_j\sim N(0,\tau_b^2)` between
schools, :math:`w_{ij}\sim N(0,\tau_w^2)` within them, and errors with the known variances :math:`v_{ij}`, of one school
correlated with a given :math:`\rho` (the same pupils took both tests) or not at all: the correlated-and-hierarchical
working model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import NotEstimated
from .moments import REACH, ROUNDING
from .pooling import FEWEST_POOLED
from .random_intercept import Contrast
from .sandwich import ALL_BUT, UNSEEN

NAME = "three_level"
FEWEST_ROBUST_DF = 4
"""With fewer of Satterthwaite's df the robust interval is not to be trusted (Tipton 2015, doi:10.1037/met0000011;
recalled)."""
LOOKS = 7
"""Values of each variance besides 0 where the likelihood is looked at; in 400 small sets never below the top found from
looks 1.5 times as far instead of 5 (computed)."""
WIDEST = 10.0
"""How far the looks reach, in the mean square of the estimates; below, every look is a fifth of the last (computed)."""
STEPS = 200
"""Most steps to one top; about 20 are usual, fewer than 105 were enough in 150 small sets (computed)."""
CLOSE = 1e-10
"""A last step of this share of the whole (computed)."""


@dataclass(frozen=True, slots=True)
class Schools:
    """The S schools with n estimates each: ``x`` (S, n, p), ``y`` (S, n) and their ``errors`` (S, n, n)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    errors: NDArray[np.float64]

    def directions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How the covariance moves with the variance between and within schools: ones, and the identity (n, n)."""
        n = self.y.shape[1]
        return np.ones((n, n)), np.eye(n)


@dataclass(frozen=True, slots=True)
class Levels:
    """A fit: ``coefficients`` (p,) and their ``covariance`` (p, p), ``between`` and ``within`` schools, over
    ``schools``, which are S in each of ``groups``, those of one size. ``log_likelihood`` as metafor prints it."""

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    between: float
    within: float
    log_likelihood: float
    schools: int
    groups: tuple[Schools, ...]

    def model_based(self, index: int) -> Contrast:
        """One coefficient as if the variances were known, with t on schools minus coefficients. To stand beside."""
        return Contrast(
            float(self.coefficients[index]),
            math.sqrt(float(self.covariance[index, index])),
            float(self.schools - len(self.coefficients)),
        )


@dataclass(frozen=True, slots=True)
class _At:
    """The restricted deviance at two variances, its first derivatives (2,), and the expected information (2, 2)."""

    deviance: float
    slope: NDArray[np.float64]
    information: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]


def several_per_school(
    values: ArrayLike,
    variances: ArrayLike,
    schools: ArrayLike,
    moderators: ArrayLike | None = None,
    *,
    rho: float = 0.0,
) -> Levels | NotEstimated:
    r"""Three-level REML: the highest restricted likelihood over :math:`\tau_b^2\ge0,\tau_w^2\ge0`, bounds included.

    .. math:: \Sigma_j=(1-\rho)\,\mathrm{diag}\,v_j+\rho\sqrt{v_j}\sqrt{v_j}'+\tau_b^2J+\tau_w^2I,\qquad
              D=\sum_j\ln|\Sigma_j|+\ln|X'\Sigma^{-1}X|+y'Py,
    .. math:: \frac{\partial D}{\partial\tau_a^2}=\mathrm{tr}\,PV_a-y'PV_aPy,\qquad
              I_{ab}=\mathrm{tr}\,PV_aPV_b,\qquad V_b=J,\ V_w=I.

    It is looked at on a grid; from each lowest point scoring steps with halving lead to a top, and the highest is kept.

    ``values`` and ``variances`` (k,), ``schools`` (k,) labels, ``moderators`` none, (k,) or (k, m).

    Refuses: fewer than ``FEWEST_POOLED`` schools, or fewer than two more than coefficients; no school with more than
    one estimate (``pooling``); variances and values as there; moderators that cannot be told apart. Raises ValueError
    on shapes that do not fit, values that are not finite, variances that are not positive, rho outside 0 to 1.
    Not for: an interval. ``robust`` gives it; ``Levels.model_based`` stands beside.
    Source: Konstantopoulos (2011), doi:10.1002/jrsm.35; Pustejovsky & Tipton (2022), doi:10.1007/s11121-021-01246-3
    [recalled; equal to metafor's numbers].
    """
    y, v, labels = np.asarray(values, dtype=float), np.asarray(variances, dtype=float), np.asarray(schools)
    x = np.ones((len(y), 1))
    if moderators is not None:
        x = np.column_stack([x, np.asarray(moderators, dtype=float)])
    if y.ndim != 1 or v.shape != y.shape or labels.shape != y.shape:
        raise ValueError(f"values, variances and schools must all be (k,); got {y.shape, v.shape, labels.shape}")
    if not (np.isfinite(y).all() and np.isfinite(x).all() and np.isfinite(v).all() and (v > 0).all() and 0 <= rho < 1):
        raise ValueError("values must be finite, variances positive and finite, and rho at least 0 and below 1")
    codes, size = np.unique(labels, return_inverse=True)[1], np.unique(labels, return_counts=True)[1]
    if len(size) < max(FEWEST_POOLED, x.shape[1] + 2):
        return NotEstimated(estimator=NAME, reason="too_few_classes")
    if not (abs(y).max() < REACH and abs(x).max() < REACH and v.max() < REACH**2 and v.min() > REACH**-2):
        return NotEstimated(estimator=NAME, reason="out_of_reach")
    if not v.min() > ROUNDING * v.max():
        return NotEstimated(estimator=NAME, reason="no_pupil_spread")
    scale = np.sqrt((x**2).mean(axis=0))
    if size.max() < 2 or np.linalg.eigvalsh((x / scale).T @ (x / scale) / len(y)).min() <= math.sqrt(ROUNDING):
        return NotEstimated(estimator=NAME, reason="singular")
    unit = math.sqrt(float(v.mean()))
    groups = _grouped(x / scale, (y - y.mean()) / unit, v / unit**2, codes, size, rho)
    if not np.linalg.det(_at(groups, np.ones(2)).information) > ROUNDING * len(y) ** 2:
        return NotEstimated(estimator=NAME, reason="singular")
    variances_found = _highest(groups)
    here = _at(groups, variances_found)
    coefficients = here.coefficients * unit / scale
    coefficients[0] += float(y.mean())
    free = len(y) - x.shape[1]
    constant = free * math.log(2 * math.pi * unit**2) - np.linalg.slogdet((x / scale).T @ (x / scale))[1]
    return Levels(
        coefficients=coefficients,
        covariance=here.covariance * unit**2 / np.outer(scale, scale),
        between=float(variances_found[0]) * unit**2,
        within=float(variances_found[1]) * unit**2,
        log_likelihood=-(here.deviance + constant) / 2,
        schools=len(size),
        groups=_grouped(x, y, v, codes, size, rho),
    )


def _grouped(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    v: NDArray[np.float64],
    codes: NDArray[np.int64],
    size: NDArray[np.int64],
    rho: float,
) -> tuple[Schools, ...]:
    order, first = np.argsort(codes, kind="stable"), np.cumsum(size) - size
    groups = []
    for n in np.unique(size):
        rows = order[first[size == n][:, None] + np.arange(n)]
        root = np.sqrt(v[rows])
        errors = rho * root[:, :, None] * root[:, None, :] + (1 - rho) * v[rows][:, :, None] * np.eye(n)
        groups.append(Schools(x[rows], y[rows], errors))
    return tuple(groups)


def _at(groups: tuple[Schools, ...], variances: NDArray[np.float64]) -> _At:
    p = groups[0].x.shape[2]
    whole, cross, deviance, solved = np.zeros((p, p)), np.zeros(p), 0.0, []
    for group in groups:
        ways = group.directions()
        covariance = group.errors + variances[0] * ways[0] + variances[1] * ways[1]
        inverse = np.linalg.inv(covariance)
        deviance += float(np.linalg.slogdet(covariance)[1].sum())
        weighed = inverse @ group.x
        whole += np.einsum("sni,snj->ij", group.x, weighed)
        cross += np.einsum("sni,sn->i", weighed, group.y)
        solved.append((inverse, weighed))
    spread = np.linalg.inv(whole)
    b = spread @ cross
    slope, information = np.zeros(2), np.zeros((2, 2))
    turned, doubled, squares = np.zeros((2, p, p)), np.zeros((2, 2, p, p)), 0.0
    for group, (inverse, weighed) in zip(groups, solved, strict=True):
        rest = group.y - group.x @ b
        pulled = (inverse @ rest[..., None])[..., 0]
        squares += float((rest * pulled).sum())
        moved = [inverse @ way for way in group.directions()]
        for a, way in enumerate(group.directions()):
            slope[a] += np.trace(moved[a], axis1=1, axis2=2).sum() - np.einsum("sn,nm,sm->", pulled, way, pulled)
            turned[a] += np.einsum("sni,nm,smj->ij", weighed, way, weighed)
            for c, other in enumerate(group.directions()):
                information[a, c] += np.einsum("snm,smn->", moved[a], moved[c])
                doubled[a, c] += np.einsum("sni,snm,smj->ij", weighed, way @ inverse @ other, weighed)
    for a in range(2):
        slope[a] -= float((spread * turned[a]).sum())
        for c in range(2):
            twice = np.trace(spread @ turned[a] @ spread @ turned[c])
            information[a, c] += float(twice) - 2 * float((spread * doubled[a, c].T).sum())
    return _At(deviance + float(np.linalg.slogdet(whole)[1]) + squares, slope, information, b, spread)


def _highest(groups: tuple[Schools, ...]) -> NDArray[np.float64]:
    every = np.concatenate([group.y.ravel() for group in groups])
    looks = np.append(0.0, WIDEST * float(every.var() + 1) * 5.0 ** np.arange(1 - LOOKS, 1))
    surface = np.array([[_at(groups, np.array([between, within])).deviance for within in looks] for between in looks])
    framed = np.pad(surface, 1, constant_values=np.inf)
    around = [framed[1 + i : len(framed) - 1 + i, 1 + j :][:, : len(looks)] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    starts = np.argwhere(surface <= np.min(around, axis=0))
    tops = [_top(groups, looks[start]) for start in starts]
    return min(tops, key=lambda top: _at(groups, top).deviance)


def _top(groups: tuple[Schools, ...], variances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scoring from ``variances``; what wants to go below 0 stays at 0, and steps that lead up are halved."""
    here = _at(groups, variances)
    for _ in range(STEPS):
        moving = (variances > 0) | (here.slope < 0)
        step = np.zeros(2)
        if moving.any():
            some = np.ix_(moving, moving)
            step[moving] = -np.linalg.solve(here.information[some], here.slope[moving])
        share = 1.0
        while True:
            there = np.maximum(variances + share * step, 0.0)
            found = _at(groups, there)
            if found.deviance <= here.deviance or share < CLOSE:
                break
            share /= 2
        done = (abs(there - variances) <= CLOSE * (variances + CLOSE)).all()
        if found.deviance <= here.deviance:
            variances, here = there, found
        if done or share < CLOSE:
            break
    return variances


def robust(fit: Levels, index: int = 0) -> Contrast | NotEstimated:
    r"""One coefficient with its CR2 standard error over schools and Satterthwaite's df, as ``sandwich.cr2``.

    .. math:: g_j=A_j\Sigma_j^{-1}X_jMc,\quad A_j=\Sigma_j^{1/2}\big[\Sigma_j^{1/2}(\Sigma_j-X_jMX_j')\Sigma_j^{1/2}
              \big]^{-1/2}\Sigma_j^{1/2},\quad SE^2=\sum_j(g_j'e_j)^2,

    with M the covariance of the coefficients; df from :math:`P_{ij}=\delta_{ij}g_j'\Sigma_jg_j-(X_i'g_i)'M(X_j'g_j)`.
    It trusts only that schools are independent: a wrong rho costs precision, no honesty. ``too_few_df`` says when not
    to use it.

    Refuses: a coefficient that one school alone carries; schools that do not differ.
    Source: Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004 [recalled; equal to clubSandwich's numbers].
    """
    c, m = np.eye(len(fit.coefficients))[index], fit.covariance
    score, own, pulls = [], [], []
    for group in fit.groups:
        ways = group.directions()
        covariance = group.errors + fit.between * ways[0] + fit.within * ways[1]
        root = _power(covariance, 0.5)
        left = root @ (covariance - group.x @ m @ group.x.transpose(0, 2, 1)) @ root
        adjusted = root @ _power(left, -0.5) @ root
        g = (adjusted @ np.linalg.inv(covariance) @ group.x @ (m @ c)[:, None])[..., 0]
        score.append((g * (group.y - group.x @ fit.coefficients)).sum(axis=1))
        own.append(np.einsum("sn,snm,sm->s", g, covariance, g))
        pulls.append(np.einsum("sni,sn->si", group.x, g))
    scores, d, h = np.concatenate(score), np.concatenate(own), np.concatenate(pulls)
    pull, crossed = np.einsum("si,ij,sj->s", h, m, h), h.T @ h @ m
    expected, working = float((d - pull).sum()), float(m[index, index])
    if abs(expected - working) > UNSEEN * working:
        return NotEstimated(estimator="cr2", reason="too_few_classes")
    variance = float((scores**2).sum())
    if not variance > ROUNDING * working:
        return NotEstimated(estimator="cr2", reason="no_class_spread")
    df = max(expected**2 / float((d * (d - 2 * pull)).sum() + np.trace(crossed @ crossed)), 1.0)
    return Contrast(float(fit.coefficients[index]), math.sqrt(variance), df)


def _power(matrices: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Symmetric powers (S, n, n); a direction with nothing in it stays at nothing."""
    values, axes = np.linalg.eigh(matrices)
    some = values > ALL_BUT * values[:, -1:]
    return (axes * np.where(some, np.where(some, values, 1.0) ** power, 0.0)[:, None, :]) @ axes.transpose(0, 2, 1)


def too_few_df(found: Contrast) -> bool:
    """Whether the robust interval is not to be trusted: fewer than ``FEWEST_ROBUST_DF``."""
    return found.df < FEWEST_ROBUST_DF

r"""Cluster-robust standard errors that hold with few classes: CR2 with Bell and McCaffrey's degrees of freedom.

The coefficients come from a working model; the standard error trusts only that classes are independent. The working
model is the random intercept with a given :math:`\lambda`: 0 is ordinary least squares, that of a REML fit gives what
clubSandwich gives for lmer. In a class everything happens in the space of X_j, at most p wide, whatever its size.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, NotEstimated
from .moments import ROUNDING, ClassMoments
from .random_intercept import Contrast, RandomIntercept, beside, plain, random_intercept_at, treated_first, weights

NAME = "cr2"
ALL_BUT = 1e-8
"""A class that leaves less than this share of a direction to the other classes carries all of it (policy)."""
UNSEEN = 1e-6
"""Share of the variance that the robust one may miss under its own working model before it is refused (policy)."""


def cr2(moments: ClassMoments, contrast: ArrayLike, *, ratio: float = 0.0) -> Contrast | NotEstimated:
    r"""One contrast c of the coefficients with its CR2 standard error and Satterthwaite df.

    .. math:: V=M\sum_j X_j'\Omega_j^{-1}A_j e_je_j'A_j\Omega_j^{-1}X_j\,M,\qquad
              A_j=\Omega_j^{1/2}\big[\Omega_j^{1/2}(\Omega_j-X_jMX_j')\Omega_j^{1/2}\big]^{-1/2}\Omega_j^{1/2},

    with :math:`\Omega_j=I+\lambda J`, :math:`M=(X'\Omega^{-1}X)^{-1}` and e the residuals. With
    :math:`g_j=A_j\Omega_j^{-1}X_jMc`, :math:`d_j=g_j'\Omega_jg_j` and :math:`h_j=X_j'g_j` it is
    :math:`c'Vc=\sum_j(g_j'e_j)^2`. Were the working model true, the :math:`g_j'e_j` would have covariances
    :math:`P_{ij}=\delta_{ij}d_j-h_i'Mh_j`: hence :math:`df=(\sum_jP_{jj})^2/\sum_{ij}P_{ij}^2`.

    With every pupil a class of its own and ratio 0 this is HC2 with Bell and McCaffrey's df.

    A class that alone carries a direction (the only treated one) has no residual in it and gets weight 0 there (the
    Moore-Penrose root). A contrast that leans on that direction misses a share of the variance that the working model
    expects, and is refused; the others are right.

    Refuses also: what ``random_intercept_at`` refuses; scores that are 0 in every class.

    ``moments`` hold x_1 … x_q and last y; ``contrast``: (p,) weights or the index of a coefficient, 0 the intercept.

    Not for: two or three classes against many; the df then fall to about 1 (methods page, section 2.2).
    Source: Bell & McCaffrey (2002), Survey Methodology 28(2); Pustejovsky & Tipton (2018),
    doi:10.1080/07350015.2016.1247004 [both recalled; equal to clubSandwich's numbers].
    """
    fit = random_intercept_at(moments, ratio)
    if isinstance(fit, NotEstimated):
        return NotEstimated(estimator=NAME, reason=fit.reason)
    design, spread, error = _classes(moments, fit)
    c, inverse = weights(fit, contrast), fit.profile.inverse[0]
    g = _adjusted(design, spread, inverse, c)
    d = (g**2 * spread).sum(axis=1)
    h = (design.transpose(0, 2, 1) @ g[:, :, None])[:, :, 0]
    pull = np.einsum("ji,ik,jk->j", h, inverse, h)
    expected, working = float((d - pull).sum()), float(c @ inverse @ c)
    if abs(expected - working) > UNSEEN * working:
        return NotEstimated(estimator=NAME, reason="too_few_classes")
    crossed = h.T @ h @ inverse
    variance = float(((g * error).sum(axis=1) ** 2).sum())
    if not variance > ROUNDING * working:
        return NotEstimated(estimator=NAME, reason="no_class_spread")
    df = max(expected**2 / float((d * (d - 2 * pull)).sum() + np.trace(crossed @ crossed)), 1.0)
    found, pupil_variance = plain(fit, contrast), fit.profile.rss[0] / fit.profile.df
    return replace(found, se=found.se * math.sqrt(variance / (working * pupil_variance)), df=df)


def _adjusted(
    design: NDArray[np.float64], spread: NDArray[np.float64], inverse: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """g of each class (G, p), in the basis of ``_classes``."""
    half, eye = np.sqrt(spread), np.eye(len(c))
    left = eye - design @ inverse @ design.transpose(0, 2, 1) / (half[:, :, None] * half[:, None, :])
    alone = (np.linalg.eigvalsh(left) <= ALL_BUT).sum(axis=1)
    values, axes = np.linalg.eigh(spread[:, :, None] * left * spread[:, None, :])
    values = np.where((np.arange(len(c)) >= alone[:, None]) & (values > 0), values, np.inf)
    root = axes * values[:, None, :] ** -0.5 @ axes.transpose(0, 2, 1)
    return half * (root @ (design @ (inverse @ c) / half)[:, :, None])[:, :, 0]


def _classes(
    moments: ClassMoments, fit: RandomIntercept
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Each class in an orthonormal basis of X_j, on the scale of ``fit.sums``: X (G, p, p), Omega (G, p), e (G, p).

    The first direction is the class mean, the others are those in which its pupils differ in x; where they do not, X
    and e are 0 and Omega 1.
    """
    sums, n = fit.sums, moments.n
    mean = (moments.mean - sums.centre) / sums.scale
    scatter = moments.scatter / np.outer(sums.scale, sums.scale)
    residual = np.append(-fit.profile.coefficients[0], 1.0)
    lengths, axes = np.linalg.eigh(scatter[:, :-1, :-1])
    some = lengths > ROUNDING * n[:, None]
    lengths = np.sqrt(np.where(some, lengths, 0.0))
    design = np.zeros((len(n), len(residual) - 1, len(residual) - 1))
    design[:, 0, 0] = np.sqrt(n)
    design[:, 0, 1:] = np.sqrt(n)[:, None] * mean[:, :-1]
    design[:, 1:, 1:] = lengths[:, :, None] * axes.transpose(0, 2, 1)
    cross = (axes.transpose(0, 2, 1) @ (scatter[:, :-1] @ residual[1:])[:, :, None])[:, :, 0]
    error = np.empty((len(n), len(residual) - 1))
    error[:, 0] = np.sqrt(n) * (mean @ residual[1:] + residual[0])
    error[:, 1:] = np.divide(cross, lengths, out=np.zeros_like(cross), where=some)
    spread = np.ones_like(error)
    spread[:, 0] += fit.ratio * n
    return design, spread, error


def cr2_difference(
    moments: ClassMoments, treated: ArrayLike, *, unit: str, class_covariates: ArrayLike | None = None
) -> Estimate | NotEstimated:
    """The coefficient of treated in least squares over pupils with CR2's interval, to stand beside.

    ``moments`` hold the pupil covariates and last the post-test; ``treated`` is (G,), ``class_covariates`` (G, c).
    Larger classes weigh more than in the mean of class means. The df are at most G - 2 - c; with few classes in one arm
    they fall to about 1 and the interval says nothing (methods page, section 2.2).

    Refuses: what ``treated_first`` or ``cr2`` refuse, so also an arm of one class.
    """
    joined = treated_first(moments, treated, class_covariates)
    found = joined if isinstance(joined, NotEstimated) else cr2(joined[0], 1)
    if isinstance(found, NotEstimated):
        return NotEstimated(estimator=NAME, reason=found.reason)
    return beside(found, joined, unit=unit, estimator=NAME, source="bell_mccaffrey_2002")

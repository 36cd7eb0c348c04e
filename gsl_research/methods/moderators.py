r"""What goes with larger differences between schools: meta-regression of their estimates.

Estimate i has :math:`y_i=x_i'\beta+u_i+e_i` as in ``pooled_likelihood``, x holding 1 and the moderators of a school.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import NotEstimated
from .moments import REACH, ROUNDING
from .pooled_likelihood import highest, largest
from .random_intercept import Contrast
from .sandwich import ALL_BUT

NAME = "meta_regression"
CARDS_PER_MODERATOR = 10
"""At most one moderator per this many estimates (Cochrane Handbook, section 10.11.4 [recalled]; policy)."""


@dataclass(frozen=True, slots=True)
class Lines:
    """One set of k estimates around x, for ``pooled_likelihood``: ``z`` (k, p + 1) is x and last y; ``rows`` sets that
    are all the same."""

    z: NDArray[np.float64]
    variances: NDArray[np.float64]
    smallest: NDArray[np.float64]
    most: NDArray[np.float64]

    @property
    def size(self) -> int:
        return len(self.variances)

    def part(self, rows: NDArray[np.int64] | slice) -> Lines:
        return Lines(self.z, self.variances, self.smallest[rows], self.most[rows])

    def slope(self, tau2: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.slope_and_bend(tau2)[0]

    def slope_and_bend(self, tau2: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""With :math:`S_n=Z'W^nZ`, :math:`M=S_{1,xx}^{-1}` and r = (-b, 1): :math:`\mathrm{tr}\,P=\mathrm{tr}\,W-
        \mathrm{tr}\,MS_{2,xx}`, :math:`y'P^2y=r'S_2r`, :math:`\mathrm{tr}\,P^2=\mathrm{tr}\,W^2-2\,\mathrm{tr}\,MS_{3,
        xx}+\mathrm{tr}\,(MS_{2,xx})^2` and :math:`y'P^3y=r'S_3r-(S_2r)_x'M(S_2r)_x`."""
        weights, x = 1 / (self.variances + tau2[..., None]), slice(None, -1)
        one, two, three = (self.sums(weights**power) for power in (1, 2, 3))
        inverse, residual = solved(one)
        turn, moved = inverse @ two[..., x, x], (two @ residual)[..., x, :]
        slope = weights.sum(axis=-1) - _dot(inverse, two[..., x, x]) - _dot(residual, two @ residual)
        pull = _dot(residual, three @ residual) - _dot(moved, inverse @ moved)
        free = (weights**2).sum(axis=-1) - 2 * _dot(inverse, three[..., x, x]) + _dot(turn, turn.swapaxes(-1, -2))
        return slope, 2 * pull - free

    def log_likelihood(self, tau2: NDArray[np.float64]) -> NDArray[np.float64]:
        weights = 1 / (self.variances + tau2[..., None])
        one, x = self.sums(weights), self.z[:, :-1]
        residual = solved(one)[1]
        sizes = np.linalg.slogdet(x.T @ x)[1] - np.linalg.slogdet(one[..., :-1, :-1])[1]
        constant = (len(x) - x.shape[1]) * math.log(2 * math.pi)
        return (sizes - constant + np.log(weights).sum(axis=-1) - _dot(residual, one @ residual)) / 2

    def sums(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Z'WZ (…, p + 1, p + 1)."""
        return np.einsum("...k,ki,kj->...ij", weights, self.z, self.z, optimize=True)


def solved(one: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The inverse of X'WX (…, p, p), and r = (-b, 1) as a column."""
    inverse = np.linalg.inv(one[..., :-1, :-1])
    return inverse, np.concatenate([-inverse @ one[..., :-1, -1:], np.ones((*one.shape[:-2], 1, 1))], axis=-2)


def _dot(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    return (left * right).sum(axis=(-1, -2))


@dataclass(frozen=True, slots=True)
class MetaRegression:
    """``coefficients`` (p,), the intercept first, their ``wald`` covariance (p, p), ``tau2`` that is left, ``scale``
    the q of Knapp and Hartung and ``cochran`` the Q that is left, of ``k`` estimates; ``log_likelihood`` the restricted
    one with its constant, as metafor prints it."""

    k: int
    coefficients: NDArray[np.float64]
    wald: NDArray[np.float64]
    tau2: float
    scale: float
    cochran: float
    log_likelihood: float

    @property
    def covariance(self) -> NDArray[np.float64]:
        return self.wald * max(1.0, self.scale)

    @property
    def df(self) -> int:
        return self.k - len(self.coefficients)

    def coefficient(self, index: int) -> Contrast:
        """One coefficient with Knapp and Hartung's error, the intercept being 0; t on k - p."""
        return Contrast(
            float(self.coefficients[index]), math.sqrt(float(self.covariance[index, index])), float(self.df)
        )

    def together(self) -> tuple[float, float]:
        """F of all moderators together on (p - 1, k - p) df, and its p: for one moderator of several kinds."""
        from scipy.special import fdtrc

        b = self.coefficients[1:]
        f = float(b @ np.linalg.solve(self.covariance[1:, 1:], b)) / len(b)
        return f, float(fdtrc(len(b), self.df, f))


def meta_regression(values: ArrayLike, variances: ArrayLike, moderators: ArrayLike) -> MetaRegression | NotEstimated:
    r"""Estimates (k,) with known variances (k,) on ``moderators`` (k,) or (k, m), by REML with Knapp-Hartung.

    .. math:: \hat\beta=(X'WX)^{-1}X'Wy,\quad q=\frac{\sum w_i(y_i-x_i'\hat\beta)^2}{k-p},\quad
              \mathrm{Cov}\,\hat\beta=\max(1,q)\,(X'WX)^{-1},\quad df=k-p,\quad p=m+1.

    A moderator of several kinds is one column less than kinds, of zeros and ones.

    Refuses: fewer than ``CARDS_PER_MODERATOR`` estimates per moderator; moderators that do not differ or cannot be told
    apart; one that a single estimate carries; variances and values as ``pooling.random_effects``. Raises ValueError as
    there, and without moderators.
    Not for: saying that a moderator causes anything: schools chose it. Nor for moderators chosen after the results.
    Source: Knapp & Hartung (2003), doi:10.1002/sim.1482; Viechtbauer (2010), doi:10.18637/jss.v036.i03 [recalled; equal
    to metafor's numbers].
    """
    y, v = np.asarray(values, dtype=float), np.asarray(variances, dtype=float)
    x = np.asarray(moderators, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if y.ndim != 1 or v.shape != y.shape or x.shape[:1] != y.shape or x.shape[1] < 1:
        raise ValueError(
            f"values, variances and moderators must be (k,), (k,), (k, m); got {y.shape, v.shape, x.shape}"
        )
    if not (np.isfinite(y).all() and np.isfinite(x).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("values and moderators must be finite, variances positive and finite")
    if len(y) < CARDS_PER_MODERATOR * x.shape[1]:
        return NotEstimated(estimator=NAME, reason="too_few_classes")
    if not (abs(y).max() < REACH and abs(x).max() < REACH and v.max() < REACH**2 and v.min() > REACH**-2):
        return NotEstimated(estimator=NAME, reason="out_of_reach")
    if not v.min() > ROUNDING * v.max():
        return NotEstimated(estimator=NAME, reason="no_pupil_spread")
    centre, spread = x.mean(axis=0), x.std(axis=0)
    if not (spread > ROUNDING * abs(x).max(axis=0)).all():
        return NotEstimated(estimator=NAME, reason="singular")
    design = np.column_stack([np.ones(len(y)), (x - centre) / spread])
    if np.linalg.eigvalsh(design.T @ design / len(y)).min() <= math.sqrt(ROUNDING) * design.shape[1]:
        return NotEstimated(estimator=NAME, reason="singular")
    z = np.column_stack([design, y - y.mean()])
    plain = z.T @ z
    inverse, residual = solved(plain)
    if (1 - np.einsum("ki,ij,kj->k", design, inverse, design)).min() <= ALL_BUT:
        return NotEstimated(estimator=NAME, reason="too_few_classes")
    squares, free = np.array([_dot(residual, plain @ residual)]), np.array([len(y) - design.shape[1]])
    low, high = np.array([v.min()]), np.array([v.max()])
    lines = Lines(z, v, low, largest(squares, free, low, high))
    tau2 = highest(lines)
    one = lines.sums(1 / (v + np.array([[0.0], tau2])))
    inverse, residual = solved(one)
    cochran, squares = np.maximum(_dot(residual, one @ residual), 0.0)
    back = np.diag(np.append(1.0, 1 / spread))
    back[0, 1:] = -centre / spread
    coefficients = -back @ residual[1, :-1, 0]
    coefficients[0] += y.mean()
    return MetaRegression(
        k=len(y),
        coefficients=coefficients,
        wald=back @ inverse[1] @ back.T,
        tau2=float(tau2[0]),
        scale=float(squares) / int(free[0]),
        cochran=float(cochran),
        log_likelihood=float(lines.log_likelihood(tau2[None])[0, 0]),
    )

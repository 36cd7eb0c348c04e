r"""The restricted likelihood of classes that differ, on class moments, as a function of one ratio.

Moments hold x_1 … x_q and last y; p = q + 1 coefficients, the intercept first. Everything follows from
:math:`\lambda=\tau^2/\sigma^2`, the variance of classes over that of pupils, and one small matrix. With W the scatter
within classes of z = (1, x, y) and :math:`B_n=\sum_{j:n_j=n}n\,\bar z_j\bar z_j'`,

.. math:: A(\lambda)=Z'(I+\lambda J)^{-1}Z=W+\sum_n \frac{B_n}{1+n\lambda},

J having ones between pupils of one class: distinct class sizes stand for pupils and for classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..estimate import NotEstimated
from .moments import ROUNDING, ClassMoments

NAME = "random_intercept"
LARGEST_RATIO = 1e6
"""Class variance over pupil variance from which pupils of a class are taken not to differ (policy)."""
GRID = 64
"""Ratios where the likelihood is looked at, from 0.01 over the largest class to LARGEST_RATIO: each at most 1.8 times
the last. In 20,000 small data sets never below the top of a grid 50 times as fine (computed)."""
CLOSE = 1e-8
"""A last step of this share of the ratio: Newton's next would be about its square (computed)."""
STEPS = 100
"""Most steps to one top; 4 are usual, 24 were the most in 20,000 small data sets (computed)."""


@dataclass(frozen=True, slots=True)
class ClassSums:
    """Sums of z = (1, x, y) per class size, x and y being centred and in standard deviations over pupils.

    ``centre`` and ``scale`` (k,) undo that; ``sizes`` and ``counts`` (D,) are the distinct class sizes and how often
    each occurs; ``within`` (k+1, k+1) is W and ``between`` (D, k+1, k+1) each :math:`B_n`. ``within_rank`` counts the
    coefficients that pupils within classes inform.
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]
    within: NDArray[np.float64]
    between: NDArray[np.float64]
    within_rank: int

    @property
    def pupils(self) -> int:
        return int(self.sizes @ self.counts)

    @property
    def classes(self) -> int:
        return int(self.counts.sum())

    @property
    def back(self) -> NDArray[np.float64]:
        """(p, p): what brings coefficients to the scale of the data, but for the mean of y in the intercept."""
        back = np.diag(self.scale[-1] / np.append(1.0, self.scale[:-1]))
        back[0, 1:] = -self.scale[-1] * self.centre[:-1] / self.scale[:-1]
        return back


@dataclass(frozen=True, slots=True)
class Profile:
    """The restricted deviance at m ratios: RSS and ln|I + ratio J| + ln|A_xx|, each with two derivatives (m,).

    Also the ``coefficients`` (m, p), the ``inverse`` of A_xx (m, p, p) and the ``slope`` of A (m, k+1, k+1); ``df`` is
    N - p. All on the scale of ``ClassSums``.
    """

    rss: NDArray[np.float64]
    rss1: NDArray[np.float64]
    rss2: NDArray[np.float64]
    log_det: NDArray[np.float64]
    log_det1: NDArray[np.float64]
    log_det2: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    inverse: NDArray[np.float64]
    slope: NDArray[np.float64]
    df: int

    @property
    def deviance(self) -> NDArray[np.float64]:
        return self.df * (1 + np.log(2 * math.pi * self.rss / self.df)) + self.log_det

    @property
    def first(self) -> NDArray[np.float64]:
        return self.df * self.rss1 / self.rss + self.log_det1

    @property
    def second(self) -> NDArray[np.float64]:
        return self.df * (self.rss2 / self.rss - (self.rss1 / self.rss) ** 2) + self.log_det2


def class_sums(moments: ClassMoments) -> ClassSums | NotEstimated:
    """Refuses: no pupils; values beyond double precision; x constant or not to be told apart; y constant."""
    if not moments.classes:
        return NotEstimated(estimator=NAME, reason="no_pupils")
    n, pupils = moments.n, moments.pupils
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = moments.mean - moments.mean[0]
        shift = n @ deviation / pupils
        deviation = deviation - shift
        within = moments.within()
        total = within + (deviation * n[:, None]).T @ deviation
    if not np.isfinite(total).all():
        return NotEstimated(estimator=NAME, reason="out_of_reach")
    scale = np.sqrt(np.diag(total) / pupils)
    constant = ~(scale > ROUNDING * np.abs(moments.mean).max(axis=0))
    if constant.any():
        return NotEstimated(estimator=NAME, reason="singular" if constant[:-1].any() else "no_pupil_spread")
    unit = np.outer(scale, scale) * pupils
    x = slice(None, -1)
    if np.linalg.eigvalsh((total / unit)[x, x]).min(initial=1.0) <= math.sqrt(ROUNDING) * len(scale):
        return NotEstimated(estimator=NAME, reason="singular")
    order = np.argsort(n, kind="stable")
    first = np.flatnonzero(np.diff(n[order], prepend=0))
    z = np.column_stack([np.ones(len(n)), deviation / scale])[order]
    return ClassSums(
        centre=moments.mean[0] + shift,
        scale=scale,
        sizes=n[order][first],
        counts=np.diff(np.append(first, len(n))),
        within=np.pad(within / unit * pupils, ((1, 0), (1, 0))),
        between=np.add.reduceat((n[order, None] * z)[:, :, None] * z[:, None, :], first),
        within_rank=int((np.linalg.eigvalsh((within / unit)[x, x]) > ROUNDING * len(scale)).sum()),
    )


def residual_within(sums: ClassSums) -> float:
    """Sum of squares of y within classes around x."""
    values, vectors = np.linalg.eigh(sums.within[1:-1, 1:-1])
    some = len(values) - sums.within_rank
    explained = (vectors.T @ sums.within[1:-1, -1])[some:] ** 2 / values[some:]
    return float(sums.within[-1, -1] - explained.sum())


def profile(sums: ClassSums, ratio: NDArray[np.float64]) -> Profile:
    r"""All that the likelihood asks at the ratios (m,).

    With r = (-b, 1) the residual in z: :math:`RSS=r'Ar`, :math:`RSS'=r'A'r` and
    :math:`RSS''=r'A''r-2(A'r)_x'A_{xx}^{-1}(A'r)_x`.
    """
    share = 1 / (1 + ratio[:, None] * sums.sizes)
    lost = share * sums.sizes
    powers = np.stack([share, -share * lost, 2 * share * lost**2])
    matrix, slope, bend = (powers @ sums.between.reshape(len(sums.sizes), -1)).reshape(3, -1, *sums.within.shape)
    matrix += sums.within
    x = slice(None, -1)
    inverse = np.linalg.inv(matrix[:, x, x])
    coefficients = inverse @ matrix[:, x, -1:]
    residual = np.concatenate([-coefficients, np.ones((len(ratio), 1, 1))], axis=1)
    moved, turn = slope @ residual, inverse @ slope[:, x, x]
    return Profile(
        rss=_dot(residual, matrix @ residual),
        rss1=_dot(residual, moved),
        rss2=_dot(residual, bend @ residual) - 2 * _dot(moved[:, x], inverse @ moved[:, x]),
        log_det=np.linalg.slogdet(matrix[:, x, x])[1] - np.log(share) @ sums.counts,
        log_det1=lost @ sums.counts + np.trace(turn, axis1=1, axis2=2),
        log_det2=-(lost**2) @ sums.counts + np.trace(inverse @ bend[:, x, x] - turn @ turn, axis1=1, axis2=2),
        coefficients=coefficients[:, :, 0],
        inverse=inverse,
        slope=slope,
        df=sums.pupils - len(sums.scale),
    )


def _dot(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    return (left * right).sum(axis=(1, 2))


def highest(sums: ClassSums) -> float | None:
    """The ratio of the highest likelihood; ``None`` when it still rises at ``LARGEST_RATIO`` or leaves no residual."""
    grid = np.append(0.0, np.geomspace(0.01 / sums.sizes[-1], LARGEST_RATIO, GRID))
    whole = profile(sums, grid)
    first = whole.first
    if first[-1] < 0 or not (whole.rss > ROUNDING * sums.pupils).all():
        return None
    tops = [0.0] if first[0] >= 0 else []
    for i in np.flatnonzero((first[:-1] < 0) & (first[1:] >= 0)):
        top = _top(sums, grid[i : i + 2], first[i : i + 2])
        tops.append(top if top * sums.sizes[-1] > ROUNDING else 0.0)
    return tops[0] if len(tops) == 1 else tops[int(np.argmin(profile(sums, np.array(tops)).deviance))]


def _top(sums: ClassSums, bracket: NDArray[np.float64], first: NDArray[np.float64]) -> float:
    """Where the derivative of the deviance turns positive: Newton, and halving where Newton leaves the bracket.

    ``first`` is the derivative at both ends of ``bracket``; the line between them gives the start.
    """
    low, high = bracket
    ratio = low - first[0] * (high - low) / (first[1] - first[0])
    for _ in range(STEPS):
        here = profile(sums, np.array([ratio]))
        slope, bend = here.first[0], here.second[0]
        low, high = (ratio, high) if slope < 0 else (low, ratio)
        move = ratio - slope / bend if bend > 0 else low
        move = move if low < move < high else (low + high) / 2
        ratio, step = move, abs(move - ratio)
        if step <= CLOSE * ratio:
            break
    return float(ratio)

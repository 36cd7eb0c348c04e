r"""The top of the restricted likelihood of estimates with known variances, as a function of one variance.

Estimate i has :math:`y_i=x_i'\beta+u_i+e_i` with :math:`u_i\sim N(0,\tau^2)` and :math:`e_i\sim N(0,v_i)`, :math:`v_i`
known. With :math:`W=\mathrm{diag}\{1/(v_i+\tau^2)\}` and :math:`P=W-WX(X'WX)^{-1}X'W` the restricted deviance is

.. math:: D(\tau^2)=\sum\ln(v_i+\tau^2)+\ln|X'WX|+y'Py,\qquad D'=\mathrm{tr}\,P-y'P^2y,\qquad
          D''=2y'P^3y-\mathrm{tr}\,P^2.

In the directions that diagonalise the estimates after x, D' is :math:`\sum_i\{1/(\lambda_i+\tau^2)-z_i^2/(\lambda_i+
\tau^2)^2\}` with :math:`\lambda_i` between the smallest and the largest variance: in :math:`\ln u`, with
:math:`u=\tau^2+v_{\min}`, sums of S-curves of one width, without a narrower turn. It can have more than one top.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

STEP = 2.5
"""How many times the last u each look at the likelihood is. In 40,000 small sets never below the top of looks 1.06
times as far, nor were looks 10 times as far (computed)."""
CLOSE = 1e-6
"""A last step of this share of the whole: Newton's next would be about its square (computed)."""
FINEST = 1e-15
"""The same beside the smallest variance: closer to 0 than double precision tells (computed)."""
STEPS = 100
"""Most steps to one top; 4 are usual (computed)."""
AT_ONCE = 2**13
"""Weights that are worked on at once: they stay in the cache (computed)."""


class Likelihoods(Protocol):
    r"""B sets of estimates: the smallest variance of each (B,), and u (B,) from which its deviance only rises."""

    smallest: NDArray[np.float64]
    most: NDArray[np.float64]
    size: int
    """Estimates in each set."""

    def part(self, rows: NDArray[np.int64] | slice) -> Likelihoods:
        """Some of the sets, also more than once."""

    def slope(self, tau2: NDArray[np.float64]) -> NDArray[np.float64]:
        """D' at ``tau2`` (B, m)."""

    def slope_and_bend(self, tau2: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """D' and D'' at ``tau2`` (B, m)."""

    def log_likelihood(self, tau2: NDArray[np.float64]) -> NDArray[np.float64]:
        """-D/2 with its constant at ``tau2`` (B, m)."""


def largest(
    squares: NDArray[np.float64], free: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""u from which the deviance only rises, given the sum of ``squares`` around x with equal weights on ``free`` df.

    Of variances from ``low`` to ``high``, :math:`y'P^2y\le SS/u^2` and :math:`\mathrm{tr}\,P\ge f/(u+high-low)`: so
    from :math:`u^2=(SS/f)(u+high-low)` on D' is above 0. At least ``low``, where :math:`\tau^2=0`.
    """
    square = np.maximum(squares, 0.0) / free  # where x explains all, rounding may make the squares less
    # A hair more, so that rounding does not hide the rise.
    return np.maximum(low, (square + np.sqrt(square**2 + 4 * square * (high - low))) / 2) * (1 + CLOSE)


def highest(sets: Likelihoods) -> NDArray[np.float64]:
    r"""The :math:`\tau^2\ge0` (B,) of the highest restricted likelihood of each set; 0 is found as such.

    D' is looked at from 0 to where it only rises; each top in between is refined by Newton, and the highest of these
    and 0 is kept.
    """
    looks = 1 + max(1, math.ceil(math.log(float((sets.most / sets.smallest).max())) / math.log(STEP)))
    rows = max(1, AT_ONCE // sets.size)
    starts = range(0, len(sets.most), rows)
    parts = [sets.part(slice(start, start + rows)) for start in starts] if len(starts) > 1 else [sets]
    return np.concatenate([_highest(part, looks) for part in parts])


def _highest(sets: Likelihoods, looks: int) -> NDArray[np.float64]:
    ratio = (sets.most / sets.smallest)[:, None] ** np.linspace(0, 1, looks)
    grid = sets.smallest[:, None] * (ratio - 1)
    some = max(1, AT_ONCE // (len(grid) * sets.size))
    slope = np.concatenate([sets.slope(grid[:, i : i + some]) for i in range(0, looks, some)], axis=1)
    row, place = ((slope[:, :-1] < 0) & (slope[:, 1:] >= 0)).nonzero()
    best = np.zeros(len(sets.most))
    if not len(row):
        return best
    first, last = slope[row, place], slope[row, place + 1]
    low, high = grid[row, place], grid[row, place + 1]
    tops = _tops(sets.part(row), low, high, low + first / (first - last) * (high - low))
    best[row] = tops
    at_zero = (slope[:, 0] >= 0).astype(int)
    for one in np.flatnonzero(np.bincount(row, minlength=len(best)) + at_zero > 1):
        found = np.append(tops[row == one], np.zeros(at_zero[one]))
        best[one] = found[np.argmax(sets.part(np.array([one])).log_likelihood(found[None])[0])]
    return best


def _tops(
    sets: Likelihoods, low: NDArray[np.float64], high: NDArray[np.float64], tau2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where each derivative turns positive: Newton from ``tau2``, and halving where Newton leaves the bracket."""
    if len(tau2) == 1:
        return np.array([_top(sets, float(low[0]), float(high[0]), float(tau2[0]))])
    finest = FINEST * sets.smallest
    for _ in range(STEPS):
        slope, bend = (each[:, 0] for each in sets.slope_and_bend(tau2[:, None]))
        rises = slope >= 0
        low, high = np.where(rises, low, tau2), np.where(rises, tau2, high)
        move = tau2 - slope / np.where(bend > 0, bend, np.inf)
        move = np.where((bend > 0) & (low <= move) & (move <= high), move, (low + high) / 2)
        tau2, step = move, abs(move - tau2)
        if (step <= CLOSE * tau2 + finest).all():
            break
    return tau2


def _top(sets: Likelihoods, low: float, high: float, tau2: float) -> float:
    """``_tops`` of a single bracket, where arrays of one number would take most of the time."""
    finest = FINEST * float(sets.smallest[0])
    for _ in range(STEPS):
        slope, bend = (each.item() for each in sets.slope_and_bend(np.array([[tau2]])))
        low, high = (low, tau2) if slope >= 0 else (tau2, high)
        move = tau2 - slope / bend if bend > 0 else math.inf
        move = move if low <= move <= high else (low + high) / 2
        tau2, step = move, abs(move - tau2)
        if step <= CLOSE * tau2 + finest:
            break
    return tau2

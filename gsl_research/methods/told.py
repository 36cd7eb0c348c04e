r"""How often a study of some ``Precision`` finds a difference *and* is narrow enough for a report to say so.

``Widths`` are pairs (half-width, probability), rising: when the 95 % interval reaches no further than that to either
side, and further than the one before, a difference may be told with that probability; beyond the last never.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .precision import LEVEL, POWER, Precision
from .student import t_quantile

NODES = 96
NODES_TAIL = 1e-10
"""Points of an integral over a part of the density of s, and the tail left out: within 1e-7 of the whole (computed)."""
NEVER = 1e-6
"""Told by no more than this beyond the power asked for, whatever the difference: told by none (policy)."""
TOLD_WITHIN = 1e-6
"""Relative precision of the difference from which something is told (policy)."""

Widths = Sequence[tuple[float, float]]


def told(expected: Precision, difference: float, widths: Widths, *, level: float = LEVEL) -> float:
    r"""The share of studies with a lower end above 0, of the interval at ``level``, that is told as well.

    .. math:: \sum_k p_k\int_{h_{k-1}}^{h_k}\Phi(\delta-t_{level}\,s)\,f_\nu(s)\,ds,\qquad
              h_k=\frac{w_k}{t_{.975,\nu}SE},\quad \delta=\frac{\text{difference}}{SE},

    with s the estimated over the true standard error, :math:`\nu s^2` chi-square on ν df. ``difference`` and the widths
    are in the unit of ``expected``. One width without end and probability 1: ``Precision.power`` less what is found the
    wrong way round.

    Not for: judging a study afterwards. Source: integral of the noncentral t up to a given s; simulated.
    """
    from scipy.special import ndtr

    limit, noncentrality = t_quantile(expected.df, (1 + level) / 2), difference / expected.se
    return sum(float(weight @ ndtr(noncentrality - limit * s)) for s, weight in _parts(expected, widths))


def told_from(expected: Precision, widths: Widths, *, level: float = LEVEL, power: float = POWER) -> float | None:
    """The smallest true difference that is ``told`` with this ``power``; ``None`` when no difference is."""
    if not sum(float(weight.sum()) for _, weight in _parts(expected, widths)) > power + NEVER:
        return None
    near, far = 0.0, expected.se
    while told(expected, far, widths, level=level) < power:
        near, far = far, 2 * far
    while far - near > TOLD_WITHIN * far:
        middle = (near + far) / 2
        near, far = (middle, far) if told(expected, middle, widths, level=level) < power else (near, middle)
    return far


def _parts(expected: Precision, widths: Widths) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Of each width the values of s, and how probable it is that they come about and are told."""
    usual, low = t_quantile(expected.df, (1 + LEVEL) / 2) * expected.se, 0.0
    for width, probability in widths:
        high = width / usual
        if probability > 0:
            s, weight = _nodes(expected.df, low, high)
            yield s, weight * probability
        low = high


@lru_cache(maxsize=1024)
def _nodes(df: int, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Legendre over log s between ``low`` and ``high``; the weights add up to P(low < s ≤ high)."""
    from scipy.special import gammainc, gammainccinv, gammaincinv

    ends = (math.sqrt(2 * limit(df / 2, NODES_TAIL) / df) for limit in (gammaincinv, gammainccinv))
    least, most = (min(max(end, low), high) for end in ends)
    if not most > least:
        return np.zeros(0), np.zeros(0)
    place, weight = _legendre()
    middle, half = math.log(least * most) / 2, math.log(most / least) / 2
    s = np.exp(middle + half * place)
    dense = weight * np.exp(df * (np.log(s) - (s - 1) * (s + 1) / 2))
    share = float(gammainc(df / 2, df * most**2 / 2) - gammainc(df / 2, df * least**2 / 2))
    return s, dense * (share / dense.sum())


@lru_cache(maxsize=1)
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(NODES)

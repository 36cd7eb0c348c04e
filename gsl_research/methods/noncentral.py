"""The noncentral t distribution: the exact interval of a standardised difference when pupils are the unit.

scipy's distribution gives NaN far out in the tails, where a search for the limits has to pass; this one is always a
number. scipy.special is imported when first used.
"""

from __future__ import annotations

import math

import numpy as np

from ..estimate import Interval

INTEGRAL_TAIL = 1e-18
"""Tail probability outside which the integral is cut off (below the 16 digits of double precision; computed)."""
INTEGRAL_STEP = 0.3
"""Step of the integral in the narrowest width of what is integrated: within 2e-15 of integrals in 40 digits at df 1 to
2,286 and t to 5,000, where scipy 1.17 is 2e-9 off (computed)."""
MOST_STEPS = 200_000
"""Longer sums are refused: a t value of more than a thousand on a handful of pupils (policy)."""


def noncentral_t_cdf(t: float, df: float, noncentrality: float) -> float | None:
    r"""P(T ≤ t) for :math:`T=(Z+\delta)/\sqrt{V/\nu}`, Z standard normal and V chi-square on ν df.

    .. math:: P(T\le t)=\int_0^\infty \Phi(ts-\delta)\,f_\nu(s)\,ds,\qquad f_\nu(s)\propto s^{\nu-1}e^{-\nu s^2/2},

    by the trapezium rule over log s. ``None`` when δ is so large that the sum would never end.

    Source: Johnson, Kotz & Balakrishnan (1995), Continuous Univariate Distributions 2, chapter 31 [recalled].
    """
    from scipy.special import gammainccinv, gammaincinv, ndtr

    if t < 0:
        other = noncentral_t_cdf(-t, df, -noncentrality)
        return None if other is None else 1 - other
    low, high = (math.log(2 * limit(df / 2, INTEGRAL_TAIL) / df) / 2 for limit in (gammaincinv, gammainccinv))
    steps = (high - low) / INTEGRAL_STEP * max(math.sqrt(2 * df), abs(noncentrality), 3)
    if steps > MOST_STEPS:
        return None
    log_s = np.linspace(low, high, math.ceil(steps) + 1)
    s = np.exp(log_s)
    weight = np.exp(df * (log_s - (s - 1) * (s + 1) / 2))
    return float(weight @ ndtr(t * s - noncentrality) / weight.sum())


def noncentrality_interval(t: float, df: float, level: float = 0.95) -> Interval | None:
    """Every δ under which t is not among the ``1 - level`` most extreme values, half of it on either side.

    ``level`` is at least 0.5. ``None`` when t is too large to invert.
    """
    low = _noncentrality(t, df, (1 + level) / 2, -1)
    high = _noncentrality(t, df, (1 - level) / 2, 1)
    return None if low is None or high is None else Interval(low, high, level)


def _noncentrality(t: float, df: float, probability: float, direction: int) -> float | None:
    """The δ with P(T ≤ t) = probability, from t on in one direction: steps twice as long, then halves."""

    def passed(noncentrality: float) -> bool | None:
        reached = noncentral_t_cdf(t, df, noncentrality)
        return None if reached is None else (reached - probability) * direction <= 0

    near, far, step = t, t, 1.0
    while not (beyond := passed(far)):
        if beyond is None:
            return None
        near, far, step = far, far + direction * step, 2 * step
    while (middle := (near + far) / 2) not in (near, far):
        near, far = (near, middle) if passed(middle) else (middle, far)
    return middle

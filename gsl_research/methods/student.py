"""Student's t: intervals and tail probabilities. scipy.special is imported when first used."""

from __future__ import annotations

import math
from functools import lru_cache

from ..estimate import Interval

SERIES_FROM = 1_000
"""Degrees of freedom from which the small-sample factor is its series: its fourth term is 3e-14 there (computed)."""


@lru_cache(maxsize=1024)
def t_quantile(df: float, probability: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, probability))


def t_interval(value: float, se: float, df: float, level: float = 0.95) -> Interval:
    """value ± t(df) · se. Raises ValueError unless se > 0 and df > 0."""
    if not (se > 0 and df > 0 and math.isfinite(se)):
        raise ValueError(f"a t interval needs se > 0 and df > 0; got se={se}, df={df}")
    half = t_quantile(df, (1 + level) / 2) * se
    return Interval(value - half, value + half, level)


def two_sided_p(value: float, se: float, df: float) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(value / se)))


def probability_positive(value: float, se: float, df: float) -> float:
    """P(true value > 0) from the t likelihood with a flat prior."""
    from scipy.special import stdtr

    return float(stdtr(df, value / se))


def small_sample_factor(df: float) -> float:
    r"""Hedges' exact :math:`J(\nu)=\Gamma(\nu/2)\,/\,(\sqrt{\nu/2}\,\Gamma((\nu-1)/2))`.

    From 1,000 df on by its series :math:`1-3/4\nu-7/32\nu^2-9/128\nu^3`, which has more digits left there than a
    difference of logarithms. Needs df > 1. Source: Hedges (1981), doi:10.3102/10769986006002107.
    """
    if df <= 1:
        raise ValueError(f"the small-sample factor needs df > 1; got {df}")
    if df >= SERIES_FROM:
        return 1 - 3 / (4 * df) - 7 / (32 * df**2) - 9 / (128 * df**3)
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)

"""What a result is worth to a reader who expects little: the t likelihood beside a normal prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

POINTS = 2001
"""Points of each of the two grids that the integral is taken over; 6 digits on every tested case (computed)."""
PRIOR_REACH, LIKELIHOOD_REACH = 10.0, 14.0
"""Standard deviations of the prior, and asinh of standard errors of the estimate, that the grids span (computed)."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """``positive``: P(true value > 0). ``mean``: the value to expect, drawn towards the prior."""

    positive: float
    mean: float


def posterior(value: float, se: float, df: float, *, prior_mean: float, prior_sd: float) -> Posterior:
    r"""The t likelihood of an estimate times a normal prior, integrated numerically.

    .. math:: p(\delta)\propto\Big[1+\frac{(\delta-\hat\delta)^2}{\nu\,SE^2}\Big]^{-(\nu+1)/2}
              \exp\Big[-\frac{(\delta-m)^2}{2s^2}\Big]

    ``value``, ``se`` and the prior are in one unit. With few ``df`` :math:`\nu` the likelihood has long tails, so that
    a far estimate gives way to the prior. Raises ValueError unless ``se``, ``df`` and ``prior_sd`` are positive.

    Not for: a headline number. A report tells it in bands of ten.
    Source: methods page, section 3.2; Box & Tiao (1973), Bayesian Inference in Statistical Analysis, section 2.12
    [recalled].
    """
    if not (se > 0 and df > 0 and prior_sd > 0):
        raise ValueError(f"se, df and prior_sd must be positive; got {se}, {df} and {prior_sd}")
    near_prior = prior_mean + prior_sd * np.linspace(-PRIOR_REACH, PRIOR_REACH, POINTS)
    near_estimate = value + se * np.sinh(np.linspace(-LIKELIHOOD_REACH, LIKELIHOOD_REACH, POINTS))
    grid = np.unique(np.concatenate([near_prior, near_estimate, np.zeros(1)]))
    log_density = -(df + 1) / 2 * np.log1p(((grid - value) / se) ** 2 / df) - ((grid - prior_mean) / prior_sd) ** 2 / 2
    density = np.exp(log_density - log_density.max())
    steps = (density[1:] + density[:-1]) / 2 * np.diff(grid)
    moments = (grid[1:] * density[1:] + grid[:-1] * density[:-1]) / 2 * np.diff(grid)
    whole = float(steps.sum())
    return Posterior(float(steps[grid[:-1] >= 0].sum()) / whole, float(moments.sum()) / whole)

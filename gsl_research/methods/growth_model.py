"""A growth model beside the slopes of classes: every score weighs, lines of pupils differ around that of their group.

Restricted maximum likelihood on sums per pupil. Words as in ``waves``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, NotEstimated
from .moments import REACH, ROUNDING
from .waves import Floats, checked, class_slopes, slope_difference, usable

START = (1.0, 0.0, 0.3)
"""Where the search for a growth model begins, in spreads of scores: others gave the same top, 60 of 60 (computed)."""
LEAST_SPREAD = 1e-3
"""Below this ratio of the axes of their spread, pupils' lines count as not differing (policy)."""


@dataclass(frozen=True, slots=True)
class GrowthModel:
    """A line per group and pupils around it: ``lines`` (M, 2) intercept at time 0 and slope, with a ``covariance``
    (M, 2, 2) as if the variances were known; ``between`` (2, 2) of the pupils' own lines, ``sigma2`` of scores around
    those. ``log_likelihood`` is the restricted one with its constant, as lme4 prints it."""

    lines: Floats
    covariance: Floats
    between: Floats
    sigma2: float
    log_likelihood: float


def growth_model(groups: ArrayLike, times: ArrayLike, scores: ArrayLike) -> GrowthModel | NotEstimated:
    r"""REML of a random intercept and slope per pupil around one line per group: ``groups`` (N,) are 0 … M-1.

    .. math:: y_{iw}=\beta_{0m}+\beta_{1m}t_{iw}+u_{0i}+u_{1i}t_{iw}+e_{iw},\qquad
              (u_{0i},u_{1i})\sim N(0,\Omega),\quad e_{iw}\sim N(0,\sigma^2).

    With :math:`\Omega=\sigma^2\Lambda\Lambda'`, :math:`Z_i=(1,t_i)` and :math:`V_i=I+Z_i\Lambda\Lambda'Z_i'`
    the deviance needs of each pupil only :math:`Z_i'Z_i`, :math:`Z_i'y_i` and :math:`y_i'y_i`:

    .. math:: -2\ell=\nu\Big(1+\ln\frac{2\pi\,RSS}{\nu}\Big)+\sum_i\ln|I+\Lambda'Z_i'Z_i\Lambda|
              +\sum_m\ln\Big|\sum_{i\in m}Z_i'V_i^{-1}Z_i\Big|,\qquad \nu=\text{scores}-2M.

    Pupils with one score take part. Refuses: no scores; values beyond double precision; no two pupils of one
    group with two waves or more: "too_few_pupils"; a group whose line is not determined, nobody with three waves:
    "singular"; lines that do not differ between pupils (``random_intercept`` with pupils as classes serves) or a search
    that does not settle: "no_slope_spread"; scores on lines.

    Not for: the standard error of an approach given to classes, of which it knows nothing (``model_difference``).
    Source: Laird & Ware (1982), doi:10.2307/2529876; Bates et al. (2015), doi:10.18637/jss.v067.i01 [recalled].
    """
    name, (groups, t, y, seen) = "growth_model", checked(groups, times, scores)
    if not usable(t, y, seen):
        return NotEstimated(estimator=name, reason="out_of_reach" if seen.any() else "no_pupils")
    df, level, spread = int(seen.sum()) - 2 * (int(groups.max()) + 1), y[seen].mean(), y[seen].std()
    centre, size = t[seen].mean(), t[seen].std()
    waves = seen.sum(axis=1)
    if np.bincount(groups[waves > 1]).max(initial=0) < 2:
        return NotEstimated(estimator=name, reason="too_few_pupils")
    if not spread > ROUNDING * abs(level):
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    if not size > ROUNDING * abs(centre) or waves.max() < 3:
        return NotEstimated(estimator=name, reason="singular")
    z = np.where(seen[..., None], np.stack([np.ones_like(t), (t - centre) / size], axis=-1), 0.0)
    v = np.where(seen, (y - level) / spread, 0.0)
    sums = _Sums(groups, z.mT @ z, (z.mT @ v[..., None])[..., 0], float((v**2).sum()), df)
    axes = np.linalg.eigvalsh(sums.of_groups(sums.zz))
    if not axes[:, 0].min() > ROUNDING * axes.max():
        return NotEstimated(estimator=name, reason="singular")
    factor = _highest(sums)
    if factor is None:
        return NotEstimated(estimator=name, reason="no_slope_spread")
    deviance, lines, inverse, rss = _profile(factor, sums)
    if not rss > ROUNDING * seen.sum():
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    sigma2, back = rss / df * spread**2, np.array([[1.0, -centre / size], [0.0, 1 / size]])
    own = back @ factor
    return GrowthModel(
        lines=lines @ back.T * spread + np.array([level, 0.0]),
        covariance=back @ inverse @ back.T * sigma2,
        between=own @ own.T * sigma2,
        sigma2=float(sigma2),
        log_likelihood=float(-deviance / 2 - df * math.log(spread) - len(lines) * math.log(size)),
    )


def model_difference(
    codes: ArrayLike, times: ArrayLike, scores: ArrayLike, treated: ArrayLike, *, unit: str, duration: float = 1.0
) -> Estimate | NotEstimated:
    """The difference in slopes of a growth model with a line per class, to stand beside ``slope_difference``.

    The model weighs every score, also of pupils with one wave; the interval is again a t over class slopes on C - 2.
    The model's own standard error counts pupils and misses that classes grow each at their own pace: capped at C - 2
    too, that of a random intercept held 82 % with 20 classes that grow 0.25 SD apart (simulated, 300 runs).
    Refuses: what ``class_slopes``, ``growth_model`` and ``slope_difference`` refuse.
    """
    name, slopes = "growth_model", class_slopes(codes, times, scores)
    if isinstance(slopes, NotEstimated):
        return replace(slopes, estimator=name)
    codes, t, y, seen = checked(codes, times, scores)
    here = np.isin(codes, slopes.classes) & seen.any(axis=1)
    place = np.searchsorted(slopes.classes, codes[here])
    model = growth_model(place, t[here], y[here])
    if isinstance(model, NotEstimated):
        return model
    fitted = replace(slopes, slope=model.lines[:, 1], pupils=np.bincount(place))
    found = slope_difference(fitted, treated, unit=unit, duration=duration)
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    return replace(found, estimator=name, status="beside", source="laird_ware_1982")


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of each pupil a group, Z'Z (N, 2, 2) and Z'y (N, 2); y'y over all; N - p."""

    groups: NDArray[np.int64]
    zz: Floats
    zy: Floats
    yy: float
    df: int

    def of_groups(self, values: Floats) -> Floats:
        whole = np.zeros((self.groups.max() + 1, *values.shape[1:]))
        np.add.at(whole, self.groups, values)
        return whole


def _profile(factor: Floats, sums: _Sums) -> tuple[float, Floats, Floats, float]:
    """Restricted deviance at one factor, the lines (M, 2), the inverse of their information and the RSS."""
    reach, towards = sums.zz @ factor, sums.zy @ factor
    inner = np.linalg.inv(np.eye(2) + factor.T @ reach)
    shrunk = (inner @ towards[..., None])[..., 0]
    information = sums.of_groups(sums.zz - reach @ inner @ reach.mT)
    right = sums.of_groups(sums.zy - (reach @ shrunk[..., None])[..., 0])
    inverse = np.linalg.inv(information)
    lines = (inverse @ right[..., None])[..., 0]
    rss = max(sums.yy - float((towards * shrunk).sum() + (right * lines).sum()), 1 / REACH)
    logs = np.log(np.linalg.det(information)).sum() - np.log(np.linalg.det(inner)).sum()
    return sums.df * (1 + math.log(2 * math.pi * rss / sums.df)) + float(logs), lines, inverse, rss


def _highest(sums: _Sums) -> Floats | None:
    """The factor with the highest restricted likelihood; ``None`` where lines do not differ or nothing settles."""
    from scipy.optimize import minimize

    def factor(theta: Floats) -> Floats:
        return np.array([[theta[0], 0.0], [theta[1], theta[2]]])

    close = {"xatol": 1e-8, "fatol": 1e-10}
    best = minimize(lambda theta: _profile(factor(theta), sums)[0], START, method="Nelder-Mead", options=close)
    size = np.linalg.svd(factor(best.x), compute_uv=False)
    return factor(best.x) if best.success and size[1] > LEAST_SPREAD * size[0] else None

"""What one class makes of the difference: the difference again, with each class left out in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import NotEstimated
from .clusters import adjusted_means
from .moments import ROUNDING, ClassMoments


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """``value`` (m,): the difference without class ``left_out`` (m,), for every class that is not alone in its arm."""

    value: NDArray[np.float64]
    left_out: NDArray[np.int64]

    @property
    def low(self) -> float:
        return float(self.value.min())

    @property
    def high(self) -> float:
        return float(self.value.max())


def leave_one_out(moments: ClassMoments, treated: ArrayLike) -> LeaveOneOut | NotEstimated:
    r"""The adjusted difference with each class left out in turn, also from the slopes.

    A class that is alone in its arm cannot be left out. Refuses when no class can, or when the slopes cannot be told
    apart once one class is out. One batch of (q, q) systems for all classes.
    """
    name = "leave_one_out"
    treated = np.asarray(treated, dtype=bool)
    if isinstance(means := adjusted_means(moments, treated), NotEstimated):
        return NotEstimated(estimator=name, reason=means.reason)
    arms = np.array([~treated, treated], dtype=float)
    size = arms.sum(axis=1)
    chosen = np.flatnonzero(size[treated.astype(int)] > 1)
    if not len(chosen):
        return NotEstimated(estimator=name, reason="too_few_classes")
    some = np.diag(means.covariate_scatter) > 0
    rest = moments.within()[None] - moments.scatter[chosen]
    scale = np.sqrt(np.diag(means.covariate_scatter)[some])
    scatter = rest[:, :-1, :-1][:, some][:, :, some] / np.outer(scale, scale)
    cross = rest[:, :-1, -1][:, some] / scale
    if some.any() and np.linalg.eigvalsh(scatter).min() <= math.sqrt(ROUNDING) * some.sum():
        return NotEstimated(estimator=name, reason="singular")
    slope = np.linalg.solve(scatter, cross[..., None])[..., 0] / scale
    member = treated[chosen].astype(int)
    sums = arms @ moments.mean
    left = np.repeat(sums[None], len(chosen), axis=0)
    left[np.arange(len(chosen)), member] -= moments.mean[chosen]
    counts = np.repeat(size[None], len(chosen), axis=0)
    counts[np.arange(len(chosen)), member] -= 1
    gap = np.diff(left / counts[..., None], axis=1)[:, 0]
    return LeaveOneOut(gap[:, -1] - (gap[:, :-1][:, some] * slope).sum(axis=1), chosen)

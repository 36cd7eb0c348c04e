"""Additive sufficient statistics per class: the engine under everything clustered.

A *class* is any unit of inference. For class j with n_j pupils and k variables the moments are the count, the
means and the scatter (sums of squared and crossed deviations from the class mean). They hold no pupil's row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDING = 1e-12
"""A sum of squares below this share of the whole is rounding, not spread (double precision keeps 16 digits; policy)."""


@dataclass(frozen=True, slots=True)
class ClassMoments:
    """``n`` (G,), ``mean`` (G, k) and ``scatter`` (G, k, k) of k variables in G classes."""

    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    scatter: NDArray[np.float64]

    @property
    def classes(self) -> int:
        return len(self.n)

    @property
    def pupils(self) -> int:
        return int(self.n.sum())

    def select(self, chosen: NDArray[np.bool_]) -> ClassMoments:
        return ClassMoments(self.n[chosen], self.mean[chosen], self.scatter[chosen])

    def within(self) -> NDArray[np.float64]:
        """Scatter within classes, pooled (k, k)."""
        return self.scatter.sum(axis=0)

    def total_mean(self) -> NDArray[np.float64]:
        """Mean over pupils (k,)."""
        return self.n @ self.mean / self.pupils

    def total(self) -> NDArray[np.float64]:
        """Scatter of all pupils around their common mean (k, k): within plus between."""
        deviation = self.mean - self.total_mean()
        return self.within() + (deviation * self.n[:, None]).T @ deviation

    def pooled_with(self, other: ClassMoments) -> ClassMoments:
        """The moments of both sets of classes; classes are never merged."""
        return ClassMoments(
            np.concatenate([self.n, other.n]),
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.scatter, other.scatter]),
        )


def class_moments(classes: ArrayLike, *variables: ArrayLike) -> ClassMoments:
    """Moments of each class in one pass over the rows.

    Parameters
    ----------
    classes : (N,) int codes 0 … G-1, every code present
    variables : k arrays (N,), finite

    Raises ValueError on unequal lengths, values that are not finite, or a class without rows.
    """
    codes = np.asarray(classes)
    columns = [np.asarray(values, dtype=float) for values in variables]
    if any(values.shape != codes.shape for values in columns):
        raise ValueError(f"classes and variables must all be (n,); got {codes.shape} and {[v.shape for v in columns]}")
    if not all(np.isfinite(values).all() for values in columns):
        raise ValueError("variables must be finite: drop incomplete rows before, and count them")
    n = np.bincount(codes)
    if len(n) == 0 or (n == 0).any():
        raise ValueError("every class code from 0 to G-1 must have at least one row")
    k = len(columns)
    mean = np.empty((len(n), k))
    centred = []
    for i, values in enumerate(columns):
        shift = values[0]
        mean[:, i] = np.bincount(codes, values - shift) / n + shift
        centred.append(values - mean[codes, i])
    scatter = np.empty((len(n), k, k))
    for i in range(k):
        for j in range(i, k):
            scatter[:, i, j] = scatter[:, j, i] = np.bincount(codes, centred[i] * centred[j])
    return ClassMoments(n, mean, scatter)

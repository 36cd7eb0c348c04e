"""Additive sufficient statistics per class: the engine under everything clustered.

A *class* is any unit of inference. For class j with n_j pupils and k variables the moments are the count, the
means and the scatter (sums of squared and crossed deviations from the class mean). They hold no pupil's row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDING = 1e-12
"""A sum of squares below this share of the whole is rounding, not spread (double precision keeps 16 digits; policy)."""
REACH = 1e60
"""Values beyond it, or nearer to 0 than its inverse, are refused: fourth powers leave double precision (computed)."""
PIECE = 2**16
"""Rows that are worked on at once when those of a class stand together: they stay in the cache (computed)."""

Columns = list[NDArray[np.float64]]
PerClass = Callable[[NDArray[np.float64]], NDArray[np.float64]]


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

    @property
    def in_reach(self) -> bool:
        """Whether squares of the values, and ratios of those, stay in double precision."""
        if not self.classes:
            return True
        with np.errstate(over="ignore", invalid="ignore"):
            squares, apart = np.diag(self.within()), np.ptp(self.mean, axis=0)
        within = (squares == 0) | ((squares > REACH**-2) & (squares < REACH**2))
        between = (apart == 0) | (apart > 1 / REACH)
        return bool(within.all() and between.all() and (np.abs(self.mean) < REACH).all())

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

    def added_to(self, other: ClassMoments) -> ClassMoments:
        """The moments of the same classes over the pupils of both: sums of counts, of sums and of crossed sums."""
        n = self.n + other.n
        apart = other.mean - self.mean
        weight = self.n * other.n / n
        return ClassMoments(
            n,
            self.mean + apart * (other.n / n)[:, None],
            self.scatter + other.scatter + apart[:, :, None] * apart[:, None, :] * weight[:, None, None],
        )

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

    No rows give no classes; values beyond 1e150 may give scatter that is not finite, which methods refuse. Raises
    ValueError on unequal lengths, values that are not finite, or a class without rows.
    """
    codes = np.asarray(classes)
    columns = [np.asarray(values, dtype=float) for values in variables]
    if any(values.shape != codes.shape for values in columns):
        raise ValueError(f"classes and variables must all be (n,); got {codes.shape} and {[v.shape for v in columns]}")
    if not all(np.isfinite(values).all() for values in columns):
        raise ValueError("variables must be finite: drop incomplete rows before, and count them")
    k = len(columns)
    if not len(codes):
        return ClassMoments(np.zeros(0, dtype=np.int64), np.zeros((0, k)), np.zeros((0, k, k)))
    n = np.bincount(codes)
    if (n == 0).any():
        raise ValueError("every class code from 0 to G-1 must have at least one row")
    if (codes[1:] < codes[:-1]).any():
        sums, of_rows = (lambda values: np.bincount(codes, values, len(n))), (lambda values: values[codes])
        return ClassMoments(n, *_mean_and_scatter(columns, n, sums, of_rows))
    ends = np.append(0, np.cumsum(n))
    cuts = np.unique(np.append(np.searchsorted(ends, np.arange(0, len(codes), PIECE)), len(n)))
    pieces = [
        _of_rows_together([values[ends[first] : ends[last]] for values in columns], n[first:last])
        for first, last in zip(cuts[:-1], cuts[1:], strict=True)
    ]
    return ClassMoments(n, *map(np.concatenate, zip(*pieces, strict=True)))


def _of_rows_together(columns: Columns, n: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As ``_mean_and_scatter``, when the rows of a class stand together and the classes in order."""
    first = np.cumsum(n) - n
    return _mean_and_scatter(
        columns, n, lambda values: np.add.reduceat(values, first), lambda values: np.repeat(values, n)
    )


def _mean_and_scatter(
    columns: Columns, n: NDArray[np.int64], sums: PerClass, of_rows: PerClass
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``sums`` makes values of rows (N,) into sums of classes (G,), ``of_rows`` gives rows the value of their class."""
    k, centred, product = len(columns), [], np.empty(len(columns[0]) if columns else 0)
    mean, scatter = np.empty((len(n), k)), np.empty((len(n), k, k))
    with np.errstate(over="ignore", invalid="ignore"):
        for i, values in enumerate(columns):
            from_first = values - values[0]
            shift = sums(from_first) / n
            from_first -= of_rows(shift)
            mean[:, i] = shift + values[0]
            centred.append(from_first)
        for i in range(k):
            for j in range(i, k):
                scatter[:, i, j] = scatter[:, j, i] = sums(np.multiply(centred[i], centred[j], out=product))
    return mean, scatter

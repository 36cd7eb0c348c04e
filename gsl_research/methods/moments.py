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
PIECE = 2**16
"""Rows that are worked on at once when those of a class stand together: they stay in the cache (computed)."""
BLOCK = 32
"""Most rows that are added up in one go before their class is looked at (computed)."""
BLOCKS = 8
"""Blocks in a class of middling size: the rows around a border, which cost more, remain few (computed)."""

Adder = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Sums (G,) per class of values (N,)."""


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

    No rows give no classes; values beyond 1e150 may give scatter that is not finite, which methods refuse. Raises
    ValueError on unequal lengths, values that are not finite, or a class without rows.
    """
    codes = np.asarray(classes)
    columns = [np.asarray(values, dtype=float) for values in variables]
    if any(values.shape != codes.shape for values in columns):
        raise ValueError(f"classes and variables must all be (n,); got {codes.shape} and {[v.shape for v in columns]}")
    if not all(np.isfinite(values).all() for values in columns):
        raise ValueError("variables must be finite: drop incomplete rows before, and count them")
    n = np.bincount(codes) if len(codes) else np.zeros(0, dtype=np.int64)
    if (n == 0).any():
        raise ValueError("every class code from 0 to G-1 must have at least one row")
    if len(codes) <= PIECE or (codes[1:] < codes[:-1]).any():
        return ClassMoments(n, *_mean_and_scatter(columns, codes, n, lambda values: np.bincount(codes, values, len(n))))
    ends = np.append(0, np.cumsum(n))
    cuts = np.unique(np.append(np.searchsorted(ends, np.arange(0, len(codes), PIECE)), len(n)))
    pieces = []
    for first, last in zip(cuts[:-1], cuts[1:], strict=True):
        rows = slice(ends[first], ends[last])
        own = codes[rows] - first
        add = _class_by_class(own, int(last - first))
        pieces.append(_mean_and_scatter([values[rows] for values in columns], own, n[first:last], add))
    return ClassMoments(n, *map(np.concatenate, zip(*pieces, strict=True)))


def _mean_and_scatter(
    columns: list[NDArray[np.float64]], codes: NDArray[np.int64], n: NDArray[np.int64], add: Adder
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    k, room = len(columns), np.empty(len(codes))
    mean, scatter = np.empty((len(n), k)), np.empty((len(n), k, k))
    centred = []
    with np.errstate(over="ignore", invalid="ignore"):
        for i, values in enumerate(columns):
            shift = values[0] if len(values) else 0.0
            own = values - shift
            shifted = add(own) / n
            own -= np.take(shifted, codes, out=room, mode="clip")
            mean[:, i] = shifted + shift
            centred.append(own)
        for i in range(k):
            for j in range(i, k):
                scatter[:, i, j] = scatter[:, j, i] = add(np.multiply(centred[i], centred[j], out=room))
    return mean, scatter


def _class_by_class(codes: NDArray[np.int64], classes: int) -> Adder:
    """The sums where codes rise: of blocks of rows within one class, and of the rows around the borders one by one."""
    size = min(len(codes) // (classes * BLOCKS), BLOCK)
    if size < 4:
        return lambda values: np.bincount(codes, values, classes)
    size = 1 << size.bit_length() - 1
    whole = len(codes) // size * size
    first = codes[:whole:size]
    mixed = np.flatnonzero(first != codes[size - 1 : whole : size])
    apart = np.append(mixed[:, None] * size + np.arange(size), np.arange(whole, len(codes)))
    ones = np.ones(size)

    def add(values: NDArray[np.float64]) -> NDArray[np.float64]:
        blocks = values[:whole].reshape(-1, size) @ ones
        blocks[mixed] = 0.0
        return np.bincount(first, blocks, classes) + np.bincount(codes[apart], values[apart], classes)

    return add

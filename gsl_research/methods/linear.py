"""Least squares on rows, one-way analysis of variance and a mean with its spread: nine digits, or a refusal.

Every row counts as a unit of its own here; classes as the unit are in ``clusters``. n rows, p coefficients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import NotEstimated, Reason
from .moments import REACH, ClassMoments, class_moments

DIGITS = 1e-9
"""Largest relative error with which a number is still given (nine digits; policy)."""
NOISE = 16
"""A length within this many times the rounding of the stored values counts as none (policy)."""


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """``coef`` (p,) with the intercept first, ``covariance`` (p, p) of the coefficients, ``residuals`` (n,) and
    ``leverage`` (n,), the diagonal of the hat matrix.

    ``r2`` is around the mean with an intercept, around 0 without. A fit without error has ``residual_ss`` exactly 0.
    """

    coef: NDArray[np.float64]
    covariance: NDArray[np.float64]
    residual_ss: float
    residual_df: int
    r2: float
    residuals: NDArray[np.float64]
    leverage: NDArray[np.float64]

    @property
    def n(self) -> int:
        return len(self.residuals)

    @property
    def sigma(self) -> float:
        """Standard deviation of the residuals, with residual df."""
        return math.sqrt(self.residual_ss / self.residual_df)

    @property
    def se(self) -> NDArray[np.float64]:
        return np.sqrt(np.diag(self.covariance))


def least_squares(response: ArrayLike, *covariates: ArrayLike, intercept: bool = True) -> LeastSquares | NotEstimated:
    r"""Ordinary least squares of the response (n,) on covariates (n,), all residuals of equal variance.

    .. math:: \hat\beta=\arg\min\|y-X\beta\|^2,\qquad Var(\hat\beta)=\hat\sigma^2(X'X)^{-1},\qquad
              \hat\sigma^2=\|y-X\hat\beta\|^2/(n-p),

    by QR of columns that are centred (with an intercept) and brought to length 1, with one step of refinement.

    Refuses: n ≤ p; a response without spread; covariates that cannot be told apart, or hardly, and values so far from
    0 beside their spread that their rounding in double precision leaves fewer than nine digits. Raises ValueError on
    unequal lengths, values that are not finite, or nothing to fit.

    Not for: pupils in classes when classes got the approach.

    Source: Björck (1996), Numerical Methods for Least Squares Problems, section 2.4 [recalled]; checked against the
    certified values of NIST StRD.
    """
    y, x = np.asarray(response, dtype=float), [np.asarray(values, dtype=float) for values in covariates]
    if y.ndim != 1 or any(values.shape != y.shape for values in x):
        raise ValueError(f"all must be (n,); got response {y.shape}, covariates {[values.shape for values in x]}")
    if not (intercept or x):
        raise ValueError("without intercept there must be a covariate")
    table = np.column_stack([*x, y])
    if not np.isfinite(table).all():
        raise ValueError("values must be finite: drop incomplete rows before, and count them")
    name, df = "least_squares", len(y) - len(x) - intercept
    if df < 1:
        return NotEstimated(estimator=name, reason="too_few_pupils")
    if _beyond_reach(table):
        return NotEstimated(estimator=name, reason="out_of_reach")
    unit, centre, size = _unit_columns(table, intercept)
    q, r = np.linalg.qr(unit[:, :-1])
    rounding = _rounding(table)
    if reason := _unfit(rounding, size, r):
        return NotEstimated(estimator=name, reason=reason)
    explained = q.T @ unit[:, -1]
    root = np.linalg.inv(r) / size[:-1, None]
    coef = root @ explained * size[-1]
    leverage = (q**2).sum(axis=1)
    if intercept:
        x = [np.ones(len(y)), *x]
        root = np.vstack([-centre[:-1] @ root, root])
        root = np.column_stack([np.eye(len(x), 1) / math.sqrt(len(y)), root])
        coef = np.concatenate([[centre[-1] - centre[:-1] @ coef], coef])
        rounding = np.concatenate([[0.0], rounding])
        leverage += 1 / len(y)
    coef = coef + root @ (root.T @ _crossed(x, *_residual(y, x, coef)))
    residuals = sum(_residual(y, x, coef))
    noise = rounding[-1] + np.abs(coef) @ rounding[:-1]
    length = math.sqrt(residuals @ residuals)
    if length <= NOISE * noise:
        residuals, length = np.zeros(len(y)), 0.0
    elif noise > DIGITS * length:
        return NotEstimated(estimator=name, reason="out_of_reach")
    return LeastSquares(
        coef=coef,
        covariance=length**2 / df * (root @ root.T),
        residual_ss=length**2,
        residual_df=df,
        r2=min(float(explained @ explained), 1.0),
        residuals=residuals,
        leverage=leverage,
    )


def _unfit(rounding: NDArray[np.float64], size: NDArray[np.float64], r: NDArray[np.float64]) -> Reason | None:
    """Why columns of these lengths, the response last, carry no fit; r as in QR of the covariates at length 1."""
    some = size > NOISE * rounding
    if not some.all():
        return "singular" if some[-1] else "no_pupil_spread"
    doubt = rounding / size
    smallest = np.linalg.svd(r, compute_uv=False)[-1] if len(r) else 1.0
    if smallest <= NOISE * doubt[:-1].sum():
        return "singular"
    return "out_of_reach" if doubt.max() > DIGITS * smallest else None


def _residual(
    y: NDArray[np.float64], columns: list[NDArray[np.float64]], coef: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """response - columns · coef in twice double precision: (n,) and the (n,) that its rounding left over."""
    high, low = y, np.zeros(len(y))
    for column, slope in zip(columns, coef, strict=True):
        product, lost = _product(column, -slope)
        whole = high + product
        part = whole - high
        low += lost + ((high - (whole - part)) + (product - part))
        high = whole
    return high, low


def _crossed(
    columns: list[NDArray[np.float64]], high: NDArray[np.float64], low: NDArray[np.float64]
) -> NDArray[np.float64]:
    """columns' · (high + low) in twice double precision (p,)."""
    sums = []
    for column in columns:
        product, lost = _product(column, high)
        sums.append(math.fsum(product.tolist()) + float((lost + column * low).sum()))
    return np.array(sums)


def _product(a: NDArray[np.float64], b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """a · b rounded, and what the rounding left over (Dekker 1971, doi:10.1007/BF01397083)."""
    product = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _halves(a: ArrayLike) -> tuple[ArrayLike, ArrayLike]:
    big = 134217729.0 * a
    high = big - (big - a)
    return high, a - high


def _beyond_reach(values: NDArray[np.float64]) -> bool:
    size = np.abs(values)
    return bool((size > REACH).any() or ((size > 0) & (size < 1 / REACH)).any())


def _rounding(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length (k,) that rounding to double precision may give a column of stored values: half a spacing a row."""
    return np.spacing(np.abs(table).max(axis=0)) / 2 * math.sqrt(len(table))


def _unit_columns(table: NDArray[np.float64], centred: bool) -> tuple[NDArray[np.float64], ...]:
    """Columns of length 1 (n, k), and the mean that was taken off and the length that was divided by (k,)."""
    centre = np.zeros(table.shape[1])
    if centred:
        centre = table.mean(axis=0)
        table = table - centre
        rest = table.mean(axis=0)
        table, centre = table - rest, centre + rest
    size = np.sqrt((table**2).sum(axis=0))
    return table / np.where(size > 0, size, 1.0), centre, size


@dataclass(frozen=True, slots=True)
class AnalysisOfVariance:
    """Sums of squares and df between and within classes; ``p`` is that of pupils drawn one by one."""

    between_ss: float
    within_ss: float
    between_df: int
    within_df: int

    @property
    def f(self) -> float:
        return self.between_ss / self.between_df / (self.within_ss / self.within_df)

    @property
    def p(self) -> float:
        from scipy.special import fdtrc

        return float(fdtrc(self.between_df, self.within_df, self.f))

    @property
    def sigma(self) -> float:
        """Standard deviation within classes."""
        return math.sqrt(self.within_ss / self.within_df)

    @property
    def r2(self) -> float:
        return self.between_ss / (self.between_ss + self.within_ss)


def one_way(moments: ClassMoments, variable: int = 0) -> AnalysisOfVariance | NotEstimated:
    r"""One-way analysis of variance between and within classes.

    .. math:: SS_B=\sum_j n_j(\bar y_j-\bar y)^2,\qquad SS_W=\sum_j\sum_i(y_{ij}-\bar y_j)^2,\qquad
              F=\frac{SS_B/(G-1)}{SS_W/(N-G)}.

    Refuses: fewer than two classes; no class with two pupils; pupils within classes that do not differ; and values so
    far from 0 that rounding leaves fewer than nine digits of their spread within classes, or of F + 1.

    Not for: the effect of an approach given to classes. Source: Fisher (1925), Statistical Methods for Research
    Workers, chapter 7 [recalled]; checked against the certified values of NIST StRD.
    """
    name, between_df, within_df = "one_way", moments.classes - 1, moments.pupils - moments.classes
    if not moments.classes:
        return NotEstimated(estimator=name, reason="no_pupils")
    if between_df < 1:
        return NotEstimated(estimator=name, reason="too_few_classes")
    if within_df < 1:
        return NotEstimated(estimator=name, reason="too_few_pupils")
    n, mean = moments.n, moments.mean[:, variable]
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = mean - mean[0]
        deviation = deviation - n @ deviation / moments.pupils
        between_ss = float(n @ deviation**2)
    found = AnalysisOfVariance(between_ss, float(moments.within()[variable, variable]), between_df, within_df)
    rounding = float(np.spacing(np.abs(mean).max())) / 2
    if not math.isfinite(found.between_ss + found.within_ss):
        return NotEstimated(estimator=name, reason="out_of_reach")
    if found.sigma <= NOISE * rounding:
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    expected_ss = between_df * found.sigma**2
    smallest = min(found.sigma, math.sqrt((found.between_ss + expected_ss) / moments.pupils))
    return NotEstimated(estimator=name, reason="out_of_reach") if rounding > DIGITS * smallest else found


@dataclass(frozen=True, slots=True)
class Sample:
    """A mean over pupils and their standard deviation, divisor n - 1; 0 when they do not differ."""

    n: int
    mean: float
    sd: float


def one_sample(values: ArrayLike) -> Sample | NotEstimated:
    """Mean and standard deviation of values (n,), from their moments.

    Refuses: fewer than two values, and values so far from 0 beside their spread that rounding leaves fewer than nine
    digits.
    """
    values = np.asarray(values, dtype=float)
    name = "one_sample"
    if len(values) < 2:
        return NotEstimated(estimator=name, reason="too_few_pupils" if len(values) else "no_pupils")
    if _beyond_reach(values):
        return NotEstimated(estimator=name, reason="out_of_reach")
    moments = class_moments(np.zeros(len(values), dtype=int), values)
    sd = math.sqrt(float(moments.scatter[0, 0, 0]) / (len(values) - 1))
    rounding = float(np.spacing(np.abs(values).max())) / 2
    if sd <= NOISE * rounding:
        sd = 0.0
    elif rounding > DIGITS * sd:
        return NotEstimated(estimator=name, reason="out_of_reach")
    return Sample(len(values), float(moments.mean[0, 0]), sd)

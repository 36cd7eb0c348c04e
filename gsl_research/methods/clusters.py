"""Approach given to whole classes: adjusted class means, compared with classes as the unit of inference.

*treated* classes got the approach. *covariates* are pupil-level (the pre-test first), *class covariates* are one value
a class. Direction is settled before: higher is better. G classes, q covariates, N pupils.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate, NotEstimated
from .moments import ROUNDING, ClassMoments
from .student import t_interval, t_quantile, two_sided_p

CLASSES_PER_COVARIATE = 6
"""At most one class-level covariate for this many classes (methods page, row d; policy)."""
WELCH_CLASSES = 3
"""Classes per arm from which each arm's own class spread is used (methods page, row d; policy, simulated)."""


@dataclass(frozen=True, slots=True)
class AdjustedMeans:
    """Class means of the post-test, as if every class had started at the same covariate means.

    ``mean`` (G,), ``treated`` (G,) bool, ``n`` (G,), ``covariates`` (G, q) class means, ``slope`` (q,) the pooled
    within-class regression of post on the covariates, ``covariate_scatter`` (q, q) their scatter within classes (0
    where none has spread), ``within_ss`` of the post-test within classes, ``residual_ss`` and ``residual_df`` of pupils
    within classes around the regression, ``slope_covariance`` (q, q) the sampling error of the slope, 0 where it was
    given. ``weights`` (G,) are those of the class means in the difference, 1/g of their arm and negative for control
    unless blocks make them others, and ``class_df`` the degrees of freedom that classes or blocks give.
    """

    mean: NDArray[np.float64]
    treated: NDArray[np.bool_]
    n: NDArray[np.int64]
    covariates: NDArray[np.float64]
    slope: NDArray[np.float64]
    covariate_scatter: NDArray[np.float64]
    within_ss: float
    residual_ss: float
    residual_df: int
    slope_covariance: NDArray[np.float64]
    weights: NDArray[np.float64]
    class_df: int

    @property
    def difference(self) -> float:
        return float(self.weights @ (self.mean - self.mean.mean()))

    @property
    def classes(self) -> int:
        return len(self.mean)

    @property
    def whole_ss(self) -> float:
        """Scatter of the adjusted class means and of pupils within classes, and what rounding makes of means of this
        size: what spread is judged against."""
        between = ((self.mean - self.mean.mean()) ** 2).sum()
        return float(between + self.within_ss + ROUNDING * (self.mean @ self.mean))

    @property
    def spread(self) -> float | None:
        """Standard deviation of the adjusted class means within arms, pooled over arms; ``None`` with 2 classes."""
        if self.classes < 3:
            return None
        arms = (self.mean[self.treated], self.mean[~self.treated])
        return math.sqrt(sum(((arm - arm.mean()) ** 2).sum() for arm in arms) / (self.classes - 2))

    @property
    def counts(self) -> dict[str, int]:
        return arm_counts(self.n, self.treated)

    def slope_variance(self, weights: NDArray[np.float64], seen: ArrayLike = 0.0) -> float:
        r"""What the error of the slope adds to the variance of :math:`\sum w_ja_j`, ``weights`` (G,) that sum to 0.

        .. math:: \max\{0,\operatorname{tr}V_b(dd'-E)\},\qquad d=\sum w_j\bar x_j.

        All classes share that error, so groups that start d apart carry it whole, and the spread of their means shows
        only the part that goes with ``seen`` E (q, q): the square of the standard error of d from the same classes.
        """
        gap = weights @ (self.covariates - self.covariates.mean(axis=0))
        return max(float((self.slope_covariance * (np.outer(gap, gap) - seen)).sum()), 0.0)

    def standard_error(self, variance: float, df: float, slope_variance: float) -> float:
        r"""One standard error for the error of classes and that of the slope, which have df of their own.

        .. math:: t_{df}^2\,SE^2=t_{df}^2\,\text{variance}+t_r^2\,v_b,\qquad r=\text{residual df},

        so that the 95 % interval on ``df`` is that of two independent parts (MOVER). Source: Zou & Donner (2008),
        doi:10.1002/sim.3095 [recalled]; simulated.
        """
        if not slope_variance > 0:
            return math.sqrt(variance)
        less = t_quantile(self.residual_df, 0.975) / t_quantile(df, 0.975)
        return math.sqrt(variance + slope_variance * less**2)


def arm_weights(treated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Of each class in a plain difference of arms (G,)."""
    return np.where(treated, 1 / treated.sum(), -1 / (~treated).sum())


def arm_counts(n: NDArray[np.int64], treated: NDArray[np.bool_]) -> dict[str, int]:
    """How many pupils and classes each arm has, from the pupils per class."""
    return {
        "pupils_treated": int(n[treated].sum()),
        "pupils_control": int(n[~treated].sum()),
        "classes_treated": int(treated.sum()),
        "classes_control": int((~treated).sum()),
    }


def adjusted_means(
    moments: ClassMoments, treated: ArrayLike, *, slope: ArrayLike | None = None
) -> AdjustedMeans | NotEstimated:
    r"""Class means adjusted by the pooled within-class slopes.

    .. math:: b_w = \Big(\sum_j S_{xx,j}\Big)^{-1}\sum_j S_{xy,j},\qquad a_j = \bar y_j - b_w'(\bar x_j - \bar x),

    with :math:`\bar x` the unweighted mean of the class covariate means. ``moments`` holds the covariates and last the
    post-test; with the post-test alone the class means stay as they are. ``slope`` (q,) replaces :math:`b_w`.

    A covariate without any spread gets slope 0. Refuses: no pupils; an arm without classes; scores beyond double
    precision; a covariate that differs between classes and not within; covariates that cannot be told apart within
    classes; no pupil left to tell the error of a slope by. Raises ValueError when ``treated`` is not (G,).
    """
    treated = np.asarray(treated, dtype=bool)
    if treated.shape != moments.n.shape:
        raise ValueError(f"treated must be (G,) like the classes; got {treated.shape} for {moments.n.shape}")
    if not moments.classes:
        return NotEstimated(estimator="adjusted_class_means", reason="no_pupils")
    if treated.all() or not treated.any():
        return NotEstimated(estimator="adjusted_class_means", reason="empty_arm")
    if not moments.in_reach:
        return NotEstimated(estimator="adjusted_class_means", reason="out_of_reach")
    within, total = moments.within(), np.diag(moments.total())
    some = np.diag(within)[:-1] > ROUNDING * total[:-1]
    size = moments.n @ moments.mean[:, :-1] ** 2
    if slope is None and (~some & (total[:-1] > ROUNDING**2 * size)).any():
        return NotEstimated(estimator="adjusted_class_means", reason="no_pupil_spread")
    scatter = np.where(np.outer(some, some), within[:-1, :-1], 0.0)
    if slope is None:
        found = _solve(scatter[np.ix_(some, some)], within[:-1, -1][some])
        if found is None:
            return NotEstimated(estimator="adjusted_class_means", reason="singular")
        slopes = np.zeros(len(some))
        slopes[some] = found
    else:
        slopes = np.asarray(slope, dtype=float)
    covariates, post = moments.mean[:, :-1], moments.mean[:, -1]
    residual = within[-1, -1] - 2 * slopes @ within[:-1, -1] + slopes @ within[:-1, :-1] @ slopes
    residual_ss = max(float(residual), 0.0)
    residual_df = moments.pupils - moments.classes - int(some.sum() if slope is None else 0)
    slope_covariance = np.zeros_like(scatter)
    if slope is None and some.any():
        if residual_df < 1:
            return NotEstimated(estimator="adjusted_class_means", reason="too_few_pupils")
        slope_covariance[np.ix_(some, some)] = _inverse(scatter[np.ix_(some, some)]) * residual_ss / residual_df
    return AdjustedMeans(
        mean=post - (covariates - covariates.mean(axis=0)) @ slopes,
        treated=treated,
        n=moments.n,
        covariates=covariates,
        slope=slopes,
        covariate_scatter=scatter,
        within_ss=float(within[-1, -1]),
        residual_ss=residual_ss,
        residual_df=residual_df,
        slope_covariance=slope_covariance,
        weights=arm_weights(treated),
        class_df=moments.classes - 2,
    )


def _solve(scatter: NDArray[np.float64], cross: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Slopes from scatter, on a scale where every covariate has length 1; ``None`` when they cannot be told apart."""
    if not len(scatter):
        return np.zeros(0)
    size = np.sqrt(np.diag(scatter))
    correlation = scatter / np.outer(size, size)
    if np.linalg.eigvalsh(correlation)[0] <= math.sqrt(ROUNDING) * len(scatter):
        return None
    return np.linalg.solve(correlation, cross / size) / size


def _inverse(scatter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of a scatter that ``_solve`` accepted, on the same scale."""
    size = np.outer(*2 * (np.sqrt(np.diag(scatter)),))
    return np.linalg.inv(scatter / size) / size


def adjusted_difference(
    adjusted: AdjustedMeans | NotEstimated,
    *,
    unit: str,
    class_covariates: ArrayLike | None = None,
    estimator: str = "adjusted_class_means",
) -> Estimate | NotEstimated:
    r"""Difference of mean adjusted class means, with classes as the unit.

    .. math:: \delta=\bar a_T-\bar a_C,\qquad SE^2=s_a^2\,(1/g_T+1/g_C)+v_b,\qquad df=G-2,

    :math:`s_a^2` being the variance of the adjusted means around their arm's mean, pooled over arms, and :math:`v_b`
    the error of the slope (``AdjustedMeans.slope_variance``): 0 unless the arms start further apart than their classes
    do. Those two errors have df of their own (``AdjustedMeans.standard_error``). With ``class_covariates`` (G, c) it is
    the coefficient of treated in the least squares of the adjusted means on treated and those covariates, df = G - 2 -
    c. It assumes equal class spread in both arms.

    Refuses: df < 1; more than one class covariate per 6 classes; class means that do not differ within arms; class
    covariates that cannot be told apart from the arms.

    Not for: pupils assigned one by one; blocks or matched pairs of classes (``matched``).

    Source: Donald & Lang (2007), doi:10.1162/rest.89.2.221, two-step with t on the groups; Hayes & Moulton (2017),
    Cluster Randomised Trials, chapter 10. False positives by simulation: methods page, section 2.
    """
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=estimator, reason=adjusted.reason)
    extra = _class_values(class_covariates, adjusted.classes)
    df = adjusted.classes - 2 - extra.shape[1]
    if df < 1 or adjusted.classes < CLASSES_PER_COVARIATE * extra.shape[1]:
        return NotEstimated(estimator=estimator, reason="too_few_classes")
    fit = _treated_beside(extra, adjusted)
    if fit is None:
        return NotEstimated(estimator=estimator, reason="singular")
    weights, rest = fit
    squares = rest.T @ rest / df * (weights @ weights)
    if not squares[-1, -1] > ROUNDING * adjusted.whole_ss * (weights @ weights):
        return NotEstimated(estimator=estimator, reason="no_class_spread")
    value = float(weights @ (adjusted.mean - adjusted.mean.mean()))
    se = adjusted.standard_error(squares[-1, -1], df, adjusted.slope_variance(weights, squares[:-1, :-1]))
    return class_estimate(value, se, df, adjusted.counts, unit=unit, estimator=estimator, source="donald_lang_2007")


def _class_values(values: ArrayLike | None, classes: int) -> NDArray[np.float64]:
    """Class covariates as (G, c)."""
    if values is None:
        return np.zeros((classes, 0))
    given = np.asarray(values, dtype=float)
    if given.ndim > 2 or given.shape[:1] != (classes,) or not np.isfinite(given).all():
        raise ValueError(f"class covariates must be (G, c) and finite; got {given.shape} for {classes} classes")
    return given.reshape(classes, -1)


def class_estimate(
    value: float, se: float, df: float, n: dict[str, int], *, unit: str, estimator: str, source: str
) -> Estimate:
    """A difference in points whose df are those of the classes: p only where the classes carry one."""
    return Estimate(
        metric="points",
        estimator=estimator,
        value=value,
        se=se,
        df=df,
        class_df=df,
        interval=t_interval(value, se, df),
        p=two_sided_p(value, se, df) if df >= MIN_CLASS_DF_FOR_P else None,
        n=n,
        unit=unit,
        source=source,
    )


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.abs(values).max(axis=0)
    values = np.divide(values, largest, out=np.zeros_like(values), where=largest > 0)
    centred = values - values.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    some = size > ROUNDING
    return np.divide(centred, size, out=np.zeros_like(centred), where=some)


def _treated_beside(
    extra: NDArray[np.float64], adjusted: AdjustedMeans
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Least squares of class values on treated and ``extra``: how much each class weighs in the coefficient of treated
    (G,), and the residuals of the covariates and last the adjusted means (G, q + 1). ``None`` when treated or ``extra``
    cannot be told apart from the rest."""
    treated, values = adjusted.treated, np.column_stack([adjusted.covariates, adjusted.mean])
    if not extra.shape[1]:
        means = np.stack([values[~treated].mean(axis=0), values[treated].mean(axis=0)])
        return arm_weights(treated), values - means[treated.astype(int)]
    others, arm = _standard(extra), treated - treated.mean()
    if np.linalg.svd(others, compute_uv=False)[-1] <= math.sqrt(ROUNDING) * extra.shape[1]:
        return None
    alone = arm - others @ np.linalg.lstsq(others, arm, rcond=None)[0]
    length = float(alone @ alone)
    if length <= math.sqrt(ROUNDING) * float(arm @ arm):
        return None
    basis = np.column_stack([np.ones(len(arm)), treated, others])
    return alone / length, values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]


def covariance_of_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared standard error of the mean of the rows of ``values`` (m, q), as a (q, q) covariance."""
    rest = values - values.mean(axis=0)
    return rest.T @ rest / (len(values) - 1) / len(values)


def welch_difference(adjusted: AdjustedMeans | NotEstimated, *, unit: str) -> Estimate | NotEstimated:
    r"""The same difference without assuming equal class spread in both arms. Status "beside".

    .. math:: W=\frac{s_T^2}{g_T}+\frac{s_C^2}{g_C},\qquad SE^2=W+v_b,\qquad
              df=\frac{W^2}{(s_T^2/g_T)^2/(g_T-1)+(s_C^2/g_C)^2/(g_C-1)},

    with the error of the slope as in ``adjusted_difference``.

    Refuses: fewer than 3 classes in an arm; class means that do not differ within arms.
    Source: Welch (1947), doi:10.1093/biomet/34.1-2.28.
    """
    name = "welch_class_means"
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=name, reason=adjusted.reason)
    arms = (adjusted.mean[adjusted.treated], adjusted.mean[~adjusted.treated])
    if min(map(len, arms)) < WELCH_CLASSES:
        return NotEstimated(estimator=name, reason="too_few_classes")
    shares = [float(arm.var(ddof=1)) / len(arm) for arm in arms]
    whole = sum(shares)
    if not whole > ROUNDING * adjusted.whole_ss:
        return NotEstimated(estimator=name, reason="no_class_spread")
    df = 1 / sum((share / whole) ** 2 / (len(arm) - 1) for share, arm in zip(shares, arms, strict=True))
    seen = sum(covariance_of_mean(adjusted.covariates[arm]) for arm in (adjusted.treated, ~adjusted.treated))
    weights = arm_weights(adjusted.treated)
    value = float(weights @ (adjusted.mean - adjusted.mean.mean()))
    se = adjusted.standard_error(whole, df, adjusted.slope_variance(weights, seen))
    estimate = class_estimate(value, se, df, adjusted.counts, unit=unit, estimator=name, source="welch_1947")
    return replace(estimate, status="beside")


def anova_icc(moments: ClassMoments, treated: NDArray[np.bool_], variable: int) -> float:
    r"""Intraclass correlation within arms by one-way ANOVA, floored at 0.

    :math:`\rho=(MS_B-MS_W)/(MS_B+(n_0-1)MS_W)` with :math:`MS_B` over G - a df, a being the arms that have classes, and
    :math:`n_0=\{N-\sum_a\sum_{j\in a}n_j^2/N_a\}/(G-a)`. Returns 0 when G ≤ a or no class has two pupils.

    Source: Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials, section 6.3 [recalled].
    """
    treated = np.asarray(treated, dtype=bool)
    between_ss, within_ss, shrink = 0.0, float(moments.within()[variable, variable]), 0.0
    arms = [moments.select(side) for side in (treated, ~treated) if side.any()]
    for arm in arms:
        between_ss += float(arm.total()[variable, variable] - arm.within()[variable, variable])
        shrink += float((arm.n.astype(float) ** 2).sum() / arm.pupils)
    between_df, within_df = moments.classes - len(arms), moments.pupils - moments.classes
    if between_df < 1 or within_df < 1:
        return 0.0
    between, within = between_ss / between_df, within_ss / within_df
    n0 = (moments.pupils - shrink) / between_df
    scale = between + (n0 - 1) * within
    return max((between - within) / scale, 0.0) if scale > 0 else 0.0


def total_sd(moments: ClassMoments, treated: NDArray[np.bool_], variable: int) -> float:
    """Standard deviation over pupils within arms, pooled over arms, unadjusted: the standardiser of g.

    0 with two pupils or fewer.
    """
    if moments.pupils <= 2:
        return 0.0
    treated = np.asarray(treated, dtype=bool)
    arms = [moments.select(side) for side in (treated, ~treated) if side.any()]
    ss = sum(float(arm.total()[variable, variable]) for arm in arms)
    return math.sqrt(ss / (moments.pupils - 2))

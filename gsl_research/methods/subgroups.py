"""Whether the approach does as much for every group of pupils: contrasts within classes, compared between arms.

A *subgroup* are the pupils of one label, the *others* the rest of their class. Their contrast is taken within each
class that has both, so what a class has in common falls out; classes are the unit. Direction is settled before: higher
is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, Interval, NotEstimated
from .clusters import AdjustedMeans, adjusted_means, class_estimate, total_sd
from .differences import MIN_CLASSES_FOR_GROWTH
from .moments import ROUNDING, class_moments

MIN_SUBGROUP_PUPILS = 8
"""Pupils of a subgroup, and others beside them, that a comparison needs on each side (methods page, row c; policy)."""
MIN_SUBGROUP_CLASSES = 2
"""Classes with pupils of both kinds that it needs on each side (methods page, row c; policy)."""
CONTRAST_RATIO = 0.08
"""Variance of the contrasts between classes over that of pupils, in the weights only. Of 0 to 0.12 it has the smallest
worst case: 6.2 % false positives (simulated, 40,000 runs a cell; by pupils alone 7.0 %, equal weights 10.2 %)."""
LABEL_SPREAD = 0.5
"""How far labels may lie apart beforehand: the scale, in SD of the post-test, of a half-normal distribution of their
standard deviation. At 0.3 the pooled interval misses 8 % of differences that vary by 0.3 SD and 17 % at 0.5 SD, at 0.5
7 and 10 % (simulated: ``pooled_labels``)."""
SPREADS = 40
"""Standard deviations of labels that are averaged over, equally likely beforehand (computed)."""
DEVIATES = np.linspace(-5, 5, 401)
"""Where a label may lie, in standard deviations of labels (computed)."""


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Of each class with both: its contrast ``value`` (G,), adjusted for the covariates, their contrast ``start``
    (G, q), ``treated`` (G,), and how many pupils are ``members`` and ``others`` (G,). ``cells`` are the adjusted means
    of subgroup and others apart, of every class."""

    cells: AdjustedMeans
    value: NDArray[np.float64]
    start: NDArray[np.float64]
    treated: NDArray[np.bool_]
    members: NDArray[np.int64]
    others: NDArray[np.int64]

    @property
    def weights(self) -> NDArray[np.float64]:
        r"""How much a class counts (G,): :math:`1/(1/n_1+1/n_0+\lambda)`, :math:`\lambda` = 0.08."""
        return 1 / (1 / self.members + 1 / self.others + CONTRAST_RATIO)


def contrasts(
    codes: ArrayLike, member: ArrayLike, post: ArrayLike, *covariates: ArrayLike, treated: ArrayLike
) -> Contrasts | NotEstimated:
    r"""The contrast between subgroup and others in every class that has both.

    .. math:: d_j=(\bar y_{1j}-\bar y_{0j})-b_w'(\bar x_{1j}-\bar x_{0j}),

    :math:`b_w` pooled within the subgroup and within the others of every class. ``codes`` (N,) are classes 0 … G-1,
    ``member`` (N,) says who belongs to the subgroup, ``treated`` (G,) is by class.

    Refuses: no pupils; no class with both; what ``adjusted_means`` refuses. Raises ValueError as ``class_moments``, and
    when ``member`` or ``treated`` has another shape.
    """
    codes, member = np.asarray(codes), np.asarray(member, dtype=bool)
    treated = np.asarray(treated, dtype=bool)
    if member.shape != codes.shape or treated.shape != (codes.max(initial=-1) + 1,):
        raise ValueError(f"member must be (N,) and treated (G,); got {member.shape} and {treated.shape}")
    if not len(codes):
        return NotEstimated(estimator="subgroup_contrast", reason="no_pupils")
    cells, cell = np.unique(2 * codes + member, return_inverse=True)
    moments = class_moments(cell, *covariates, post)
    both = np.intersect1d(cells[cells % 2 == 1] // 2, cells[cells % 2 == 0] // 2)
    if not len(both):
        return NotEstimated(estimator="subgroup_contrast", reason="too_few_classes")
    means = adjusted_means(moments, cells % 2 == 1)
    if isinstance(means, NotEstimated):
        return replace(means, estimator="subgroup_contrast")
    ones, rest = np.searchsorted(cells, 2 * both + 1), np.searchsorted(cells, 2 * both)
    return Contrasts(
        cells=means,
        value=means.mean[ones] - means.mean[rest],
        start=means.covariates[ones] - means.covariates[rest],
        treated=treated[both],
        members=moments.n[ones],
        others=moments.n[rest],
    )


def interaction(found: Contrasts | NotEstimated, *, unit: str) -> Estimate | NotEstimated:
    r"""How much more, or less, the approach did for the subgroup than for the others of the same classes.

    With :math:`w_j=1/(1/n_{1j}+1/n_{0j}+0.08)`, :math:`W_a` their sum and :math:`\bar d_a` the weighted mean contrast
    of arm a, over the G classes that have both,

    .. math:: \delta=\bar d_T-\bar d_C,\qquad SE^2=\frac{\sum_a\sum_{j\in a}w_j(d_j-\bar d_a)^2}{G-2}
              \Big(\frac1{W_T}+\frac1{W_C}\Big)+v_b,\qquad df=G-2,

    :math:`v_b` being the error of the slope where the arms' contrasts start further apart than those of their classes
    do, with df of its own (``AdjustedMeans.slope_variance`` and ``standard_error``). ``n`` counts pupils of the
    subgroup and the others.

    The weights are those of contrasts that differ a little between classes. With equal weights, a small arm whose
    classes have one to three pupils of the subgroup gives up to 10.2 % false positives; with weights by pupils alone,
    contrasts that differ by .39 SD between classes give 7.0 %; with these 6.2 % is the most, 5.7 % in arms of the same
    size (simulated: 2 v 2 to 5 v 5, 2 v 6, 3 v 9 and 4 v 8 classes, 1 to 11 pupils of the subgroup in a class, more in
    one arm than in the other or not, contrasts whose SD between classes is 0 to .39 SD).

    Refuses: fewer than 2 classes with both in an arm, so df < 2; fewer than 8 pupils of the subgroup, or 8 others, in
    an arm; contrasts that do not differ within arms.

    Not for: pupils assigned one by one; which subgroup did best (``pooled_labels``); a subgroup that is a whole class.
    Source: Donald & Lang (2007), doi:10.1162/rest.89.2.221, for t on the groups; methods page, row c.
    """
    name = "subgroup_interaction"
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    counts, arm = counts_of(found), found.treated
    if min(arm.sum(), (~arm).sum()) < MIN_SUBGROUP_CLASSES:
        return NotEstimated(estimator=name, reason="too_few_classes")
    if min(count for key, count in counts.items() if not key.startswith("classes")) < MIN_SUBGROUP_PUPILS:
        return NotEstimated(estimator=name, reason="too_few_pupils")
    df, shares, squares = len(arm) - 2, np.zeros(len(arm)), 0.0
    for side, sign in ((arm, 1), (~arm, -1)):
        weights = found.weights[side] / found.weights[side].sum()
        shares[side] = sign * weights
        squares = squares + _scatter(found, side)
    squares = squares / df * sum(1 / found.weights[side].sum() for side in (arm, ~arm))
    if not squares[-1, -1] > ROUNDING * found.cells.whole_ss * float(shares @ shares):
        return NotEstimated(estimator=name, reason="no_class_spread")
    start = shares @ found.start
    unseen = float((found.cells.slope_covariance * (np.outer(start, start) - squares[:-1, :-1])).sum())
    se = found.cells.standard_error(squares[-1, -1], df, max(unseen, 0.0))
    value = float(shares @ found.value)
    return class_estimate(value, se, df, counts, unit=unit, estimator=name, source="donald_lang_2007")


def counts_of(found: Contrasts) -> dict[str, int]:
    """Pupils of the subgroup, others and classes of each arm, in the classes that have both."""
    counts = {}
    for side, chosen in (("treated", found.treated), ("control", ~found.treated)):
        counts[f"pupils_{side}"] = int(found.members[chosen].sum())
        counts[f"others_{side}"] = int(found.others[chosen].sum())
        counts[f"classes_{side}"] = int(chosen.sum())
    return counts


def _scatter(found: Contrasts, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weighted scatter of the contrasts of these classes around their mean: covariates and last the post-test."""
    values = np.column_stack([found.start, found.value])[chosen]
    weights = found.weights[chosen]
    rest = values - weights @ values / weights.sum()
    return (rest * weights[:, None]).T @ rest


@dataclass(frozen=True, slots=True)
class Pooled:
    """What a label's difference is thought to be, once the other labels are known; half of it lies below ``value``."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class LabelDifference:
    """One label against all others: ``n`` counts as ``counts_of``, empty where no class has both; ``pooled`` where
    there is a ``difference``."""

    label: int
    n: dict[str, int]
    difference: Estimate | NotEstimated
    pooled: Pooled | None


def label_differences(
    codes: ArrayLike, labels: ArrayLike, post: ArrayLike, *covariates: ArrayLike, treated: ArrayLike, unit: str
) -> tuple[LabelDifference, ...]:
    """The ``interaction`` of every label 0 … L-1 against the rest, and the same pooled over labels (``pooled_labels``).

    ``labels`` (N,) ints; pupils without a label are left out before, and counted. With two labels both say the same,
    with opposite signs. A page shows ``pooled``: the most extreme of several differences is the most exaggerated one.
    """
    codes, labels = np.asarray(codes), np.asarray(labels)
    if labels.shape != codes.shape or (labels < 0).any():
        raise ValueError(f"labels must be (N,) and 0 or more; got {labels.shape}")
    every = range(int(labels.max(initial=-1)) + 1)
    found = [contrasts(codes, labels == label, post, *covariates, treated=treated) for label in every]
    differences = [interaction(one, unit=unit) for one in found]
    estimated = [one for one in differences if isinstance(one, Estimate)]
    sd = total_sd(class_moments(codes, post), treated, 0)
    pooled = iter(pooled_labels(estimated, len(every), sd))
    return tuple(
        LabelDifference(
            label=label,
            n=counts_of(one) if isinstance(one, Contrasts) else {},
            difference=difference,
            pooled=next(pooled) if isinstance(difference, Estimate) else None,
        )
        for label, one, difference in zip(every, found, differences, strict=True)
    )


def pooled_labels(differences: Sequence[Estimate], labels: int, sd: float) -> list[Pooled]:
    r"""Differences of labels drawn together, towards no difference, by as much as the data say that labels differ.

    .. math:: \hat\delta_l\sim\theta_l+SE_l\,t_{df_l},\qquad \theta_l\sim N(0,\tau^2),\qquad
              \tau\sim|N(0,(0.5\,S_T)^2)|,

    ``sd`` :math:`S_T` being that of the post-test. The value is the median of :math:`\theta_l`, the interval its middle
    95 %, averaged over :math:`\tau`. Empirical Bayes would take one :math:`\tau`, its most likely value or by moments:
    with two or four labels that is 0 in about half of the studies, and the interval a point.

    Simulated, 400 runs a cell, 2 v 2 and 5 v 5 classes, two and four labels, SE 0.1 to 0.5 SD. Without an interaction
    the interval excludes 0 in 0 to 2 % and the error is 40 to 70 % of that of the plain difference. It holds 94 to 98 %
    of differences that vary by 0.15 SD, 93 to 97 % at 0.3 SD and 90 to 96 % at 0.5 SD; empirical Bayes by moments 28 to
    70, 30 to 85 and 39 to 89 %.

    Labels against their rest sum to about 0, so ``labels`` of them say as much about :math:`\tau` as ``labels`` - 1.
    With two labels there is one difference, and what was thought beforehand draws it in, not the other label.

    Not for: a claim that labels do not differ. Raises ValueError unless ``labels`` ≥ the number of differences and
    ``sd`` > 0.
    Source: Gelman et al. (2013), Bayesian Data Analysis, section 5.4, with a t likelihood [recalled].
    """
    if not differences:
        return []
    if labels < len(differences) or not sd > 0:
        raise ValueError(f"needs labels >= differences and sd > 0; got {labels}, {len(differences)} and {sd}")
    from scipy.special import ndtri

    chances = (np.arange(SPREADS) + 0.5) / SPREADS
    spreads = LABEL_SPREAD * sd * ndtri((1 + chances) / 2)
    truths = np.outer(spreads, DEVIATES)
    fits, support = [], np.zeros(SPREADS)
    for one in differences:
        t = (one.value - truths) / one.se
        log_fit = -(one.df + 1) / 2 * np.log1p(t**2 / one.df) - DEVIATES**2 / 2
        best = log_fit.max(axis=1, keepdims=True)
        fit = np.exp(log_fit - best)
        whole = fit.sum(axis=1, keepdims=True)
        fits.append(fit / whole)
        support += (np.log(whole) + best)[:, 0]
    support *= min(1.0, (labels - 1) / len(differences))
    of_spread = np.exp(support - support.max())[:, None]
    order = np.argsort(truths, axis=None)
    return [_middle(truths.ravel()[order], (fit * of_spread).ravel()[order]) for fit in fits]


def _middle(truths: NDArray[np.float64], weights: NDArray[np.float64]) -> Pooled:
    """Median and middle 95 % of weighted ``truths``, in ascending order."""
    below = np.cumsum(weights)
    low, value, high = truths[np.searchsorted(below, np.array([0.025, 0.5, 0.975]) * below[-1])]
    return Pooled(float(value), Interval(float(low), float(high)))


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the subgroup lies from the others of the same classes, ``before`` and ``after``, and the ``change``:
    positive when the subgroup gained more than the others."""

    before: float
    after: float
    change: Estimate


def gap(codes: ArrayLike, member: ArrayLike, pre: ArrayLike, post: ArrayLike, *, unit: str) -> Gap | NotEstimated:
    r"""The mean gap between subgroup and others within the classes of one group, and how it changed.

    .. math:: d_j=(\bar y_{1j}-\bar y_{0j})-(\bar x_{1j}-\bar x_{0j}),\qquad
              \bar d=\frac{\sum w_jd_j}{\sum w_j},\qquad SE^2=\frac{\sum w_j(d_j-\bar d)^2}{(G-1)\sum w_j},

    with the weights of ``interaction`` and df = G - 1, from three classes that have both; with fewer, or without spread
    between them, the change is described. Refuses: no class with both; fewer than 8 pupils of the subgroup or 8 others;
    scores beyond double precision.

    Not for: the effect of an approach; a pre- and post-test on different scales. A subgroup that started low gains on
    the others by regression to the mean wherever it was chosen by its pre-test.
    Source: as ``differences.growth``, on contrasts.
    """
    codes, before, after = np.asarray(codes), np.asarray(pre, dtype=float), np.asarray(post, dtype=float)
    one_group = np.ones(int(codes.max(initial=-1)) + 1, dtype=bool)
    start, found = (contrasts(codes, member, scores, treated=one_group) for scores in (before, after - before))
    for one in (start, found):
        if isinstance(one, NotEstimated):
            return replace(one, estimator="gap")
    pupils, others = int(found.members.sum()), int(found.others.sum())
    if min(pupils, others) < MIN_SUBGROUP_PUPILS:
        return NotEstimated(estimator="gap", reason="too_few_pupils")
    weights = found.weights / found.weights.sum()
    level, change = float(weights @ start.value), float(weights @ found.value)
    return Gap(level, level + change, _gap_change(found, change, unit))


def _gap_change(found: Contrasts, value: float, unit: str) -> Estimate:
    df, every = len(found.members) - 1, np.ones(len(found.members), dtype=bool)
    n = {
        "pupils_single": int(found.members.sum()),
        "others_single": int(found.others.sum()),
        "classes_single": len(found.members),
    }
    ss = float(_scatter(found, every)[-1, -1]) / found.weights.sum()
    if df < MIN_CLASSES_FOR_GROWTH - 1 or not ss > ROUNDING * found.cells.whole_ss:
        return Estimate(
            metric="points",
            estimator="gap_change",
            value=value,
            class_df=df,
            n=n,
            unit=unit,
            source="description",
            status="described",
        )
    se = math.sqrt(ss / df)
    return class_estimate(value, se, df, n, unit=unit, estimator="gap_change", source="donald_lang_2007")

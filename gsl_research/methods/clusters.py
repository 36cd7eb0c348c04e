"""Approach given to whole classes: adjusted class means, and one class per arm.

*treated* classes got the approach. *pre* and *post* are occasions; direction is settled before: higher is better.
A class effect is what makes a class differ from another beyond its pupils' pre-test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate
from .moments import ROUNDING, ClassMoments
from .student import small_sample_factor, t_interval, t_quantile, two_sided_p

TEST_ICCS = (0.05, 0.15, 0.25)
"""Assumed residual ICCs for tests and teacher ratings (methods page, section 1: Hedges & Hedberg 2007, Parker
et al. 2025; not Flemish; recalled)."""
QUESTIONNAIRE_ICCS = (0.02, 0.05, 0.10)
"""The same for pupil questionnaires (methods page, section 1: Parker et al. 2025; recalled)."""
COMPARABLE = 0.25
"""Groups further apart at the start, in SD, are not comparable (WWC standards handbook 4.1; verified)."""
EXPECTED_GAP = 2 / math.sqrt(math.pi)
"""Mean absolute difference of two independent N(0, 1) values, 1.128."""


@dataclass(frozen=True, slots=True)
class AdjustedMeans:
    """Class means of the post-test, as if every class had started at the same pre-test mean.

    ``mean`` (G,), ``treated`` (G,) bool, ``slope`` the pooled within-class regression of post on pre,
    ``residual_ss`` and ``residual_df`` of pupils within classes around it.
    """

    mean: NDArray[np.float64]
    treated: NDArray[np.bool_]
    n: NDArray[np.int64]
    pre: NDArray[np.float64]
    slope: float
    pre_ss: float
    residual_ss: float
    residual_df: int

    @property
    def difference(self) -> float:
        return float(self.mean[self.treated].mean() - self.mean[~self.treated].mean())

    @property
    def class_df(self) -> int:
        return len(self.mean) - 2

    @property
    def within_ss(self) -> float:
        """Sum of squares of the post-test within classes."""
        return self.residual_ss + self.slope**2 * self.pre_ss

    @property
    def counts(self) -> dict[str, int]:
        return {
            "pupils_treated": int(self.n[self.treated].sum()),
            "pupils_control": int(self.n[~self.treated].sum()),
            "classes_treated": int(self.treated.sum()),
            "classes_control": int((~self.treated).sum()),
        }


def adjusted_means(moments: ClassMoments, treated: NDArray[np.bool_]) -> AdjustedMeans:
    r"""Class means adjusted by the pooled within-class slope.

    .. math:: b_w = \frac{\sum_j S_{xy,j}}{\sum_j S_{xx,j}}, \qquad a_j = \bar y_j - b_w(\bar x_j - \bar x),

    with :math:`\bar x` the unweighted mean of the class pre-test means. ``moments`` holds (pre, post).
    When no class has spread in the pre-test the slope is 0. Raises ValueError when an arm has no class.
    """
    treated = np.asarray(treated, dtype=bool)
    if treated.shape != moments.n.shape or treated.all() or not treated.any():
        raise ValueError("treated must be (G,) with at least one class in each arm")
    within = moments.within()
    spread = within[0, 0] > ROUNDING * moments.total()[0, 0]
    pre_ss = float(within[0, 0]) if spread else 0.0
    slope = float(within[0, 1] / pre_ss) if spread else 0.0
    pre, post = moments.mean[:, 0], moments.mean[:, 1]
    return AdjustedMeans(
        mean=post - slope * (pre - pre.mean()),
        treated=treated,
        n=moments.n,
        pre=pre,
        slope=slope,
        pre_ss=pre_ss,
        residual_ss=max(float(within[1, 1] - slope * within[0, 1]), 0.0),
        residual_df=moments.pupils - moments.classes - bool(spread),
    )


def adjusted_difference(adjusted: AdjustedMeans, *, unit: str) -> Estimate | None:
    r"""Difference of mean adjusted class means, with classes as the unit.

    .. math:: \delta=\bar a_T-\bar a_C,\qquad SE^2=s_a^2\,(1/g_T+1/g_C),\qquad df=G-2,

    :math:`s_a^2` being the variance of the adjusted means around their arm's mean, pooled over arms. It assumes
    equal class spread in both arms. ``None`` when df < 1 or the class means within each arm are all equal: then
    there is no class spread to judge by.

    Not for: pupils assigned one by one; blocks or matched pairs of classes; class-level covariates.

    Source: Donald & Lang (2007), doi:10.1162/rest.89.2.221, two-step with t on the groups; Hayes & Moulton (2017),
    Cluster Randomised Trials, chapter 10. False positives by simulation: methods page, section 2.
    """
    if adjusted.class_df < 1:
        return None
    variance = _pooled_variance(adjusted)
    whole = ((adjusted.mean - adjusted.mean.mean()) ** 2).sum() + adjusted.within_ss
    if not variance > ROUNDING * whole:
        return None
    classes = adjusted.counts
    se = math.sqrt(variance * (1 / classes["classes_treated"] + 1 / classes["classes_control"]))
    value, df = adjusted.difference, adjusted.class_df
    return Estimate(
        metric="points",
        estimator="adjusted_class_means",
        value=value,
        se=se,
        df=df,
        class_df=df,
        interval=t_interval(value, se, df),
        p=two_sided_p(value, se, df) if df >= MIN_CLASS_DF_FOR_P else None,
        n=classes,
        unit=unit,
        source="donald_lang_2007",
    )


def _pooled_variance(adjusted: AdjustedMeans) -> float:
    arms = (adjusted.mean[adjusted.treated], adjusted.mean[~adjusted.treated])
    return float(sum(((arm - arm.mean()) ** 2).sum() for arm in arms) / adjusted.class_df)


def assumed_icc(adjusted: AdjustedMeans, icc: float, *, unit: str) -> Estimate | None:
    r"""The same difference when the spread between classes cannot be seen and is assumed instead.

    .. math:: SE^2 = s_w^2\Big[\sum_j \frac{c_j^2}{n_j} + \frac{(\bar x_T-\bar x_C)^2}{SS_x}
              + \lambda\sum_j c_j^2\Big],\quad \lambda=\frac{\rho}{1-\rho},\quad df=N-G-1,

    with :math:`c_j = \pm 1/g` and :math:`\rho` the ICC that is left after the pre-test. The interval is right only
    when ``icc`` is. With one class per arm this is methods page, section 2.7. ``None`` without pupil spread.

    Not for: a claim about the approach. It shows how far ordinary class differences reach.
    """
    spread = _assumed_spread(adjusted)
    if spread is None:
        return None
    within_variance, base, contrast = spread
    se = math.sqrt(within_variance * (base + icc / (1 - icc) * contrast))
    return Estimate(
        metric="points",
        estimator="assumed_icc",
        value=adjusted.difference,
        se=se,
        df=adjusted.residual_df,
        class_df=adjusted.class_df,
        interval=t_interval(adjusted.difference, se, adjusted.residual_df),
        n=adjusted.counts,
        unit=unit,
        source="methods_2_7",
        assumed_icc=icc,
        status="assumed_icc",
    )


def tipping_icc(adjusted: AdjustedMeans, level: float = 0.95) -> float | None:
    r"""The ICC from which on ordinary class differences could explain the whole difference.

    :math:`\rho^*=\lambda^*/(1+\lambda^*)` with :math:`\lambda^*` such that the interval of ``assumed_icc`` just
    touches 0. It is 0 when pupils alone could already explain it; ``None`` without pupil spread.
    """
    spread = _assumed_spread(adjusted)
    if spread is None:
        return None
    within_variance, base, contrast = spread
    t = t_quantile(adjusted.residual_df, (1 + level) / 2)
    ratio = max((adjusted.difference**2 / (t**2 * within_variance) - base) / contrast, 0.0)
    return ratio / (1 + ratio)


def usual_gap(adjusted: AdjustedMeans, icc: float) -> float:
    r"""How far two parallel classes usually lie apart, in points: :math:`(2/\sqrt\pi)\,s_w\sqrt{\rho/(1-\rho)}`."""
    return EXPECTED_GAP * math.sqrt(adjusted.residual_ss / adjusted.residual_df * icc / (1 - icc))


def _assumed_spread(adjusted: AdjustedMeans) -> tuple[float, float, float] | None:
    if adjusted.residual_df < 1 or not adjusted.residual_ss > ROUNDING * adjusted.within_ss:
        return None
    treated = adjusted.treated
    weights = np.where(treated, 1 / treated.sum(), 1 / (~treated).sum())
    base = float((weights**2 / adjusted.n).sum())
    if adjusted.pre_ss > 0:
        base += float(adjusted.pre[treated].mean() - adjusted.pre[~treated].mean()) ** 2 / adjusted.pre_ss
    return adjusted.residual_ss / adjusted.residual_df, base, float((weights**2).sum())


def anova_icc(moments: ClassMoments, treated: NDArray[np.bool_], variable: int) -> float:
    r"""Intraclass correlation within arms by one-way ANOVA, floored at 0.

    :math:`\rho=(MS_B-MS_W)/(MS_B+(n_0-1)MS_W)` with :math:`MS_B` over G - 2 df and
    :math:`n_0=\{N-\sum_a\sum_{j\in a}n_j^2/N_a\}/(G-2)`. Returns 0 when G < 3 or no class has two pupils.

    Source: Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials, section 6.3 [recalled].
    """
    treated = np.asarray(treated, dtype=bool)
    between_ss, within_ss, shrink = 0.0, float(moments.within()[variable, variable]), 0.0
    for arm in (moments.select(treated), moments.select(~treated)):
        between_ss += float(arm.total()[variable, variable] - arm.within()[variable, variable])
        shrink += float((arm.n.astype(float) ** 2).sum() / arm.pupils)
    between_df, within_df = moments.classes - 2, moments.pupils - moments.classes
    if between_df < 1 or within_df < 1:
        return 0.0
    between, within = between_ss / between_df, within_ss / within_df
    n0 = (moments.pupils - shrink) / between_df
    scale = between + (n0 - 1) * within
    return max((between - within) / scale, 0.0) if scale > 0 else 0.0


def total_sd(moments: ClassMoments, treated: NDArray[np.bool_], variable: int) -> float:
    """Standard deviation over pupils within arms, pooled over arms, unadjusted: the standardiser of g."""
    treated = np.asarray(treated, dtype=bool)
    arms = (moments.select(treated), moments.select(~treated))
    ss = sum(float(arm.total()[variable, variable]) for arm in arms)
    return math.sqrt(ss / (moments.pupils - 2))


def standardised(points: Estimate, moments: ClassMoments, *, sd: float, icc: float) -> Estimate | None:
    r"""The difference in total standard deviations of the post-test, corrected for classes.

    .. math:: g = J(h)\,\frac{\delta}{S_T}\sqrt{1-\frac{2(n-1)\rho}{N-2}},\qquad
              h=\frac{[(N-2)-2(n-1)\rho]^2}{(N-2)(1-\rho)^2+n(N-2n)\rho^2+2(N-2n)\rho(1-\rho)},

    n being the mean class size; the interval is the interval in points under the same factor. ``None`` when h is
    too small for the correction, or the post-test has no spread.

    Source: Hedges (2007), doi:10.3102/1076998606298043.
    """
    pupils, size = moments.pupils, moments.pupils / moments.classes
    lost = 2 * (size - 1) * icc
    h = ((pupils - 2) - lost) ** 2 / (
        (pupils - 2) * (1 - icc) ** 2 + size * (pupils - 2 * size) * icc**2 + 2 * (pupils - 2 * size) * icc * (1 - icc)
    )
    if not (h > 1 and sd > 0):
        return None
    factor = small_sample_factor(h) * math.sqrt(1 - lost / (pupils - 2)) / sd
    return Estimate(
        metric="g",
        estimator=points.estimator,
        value=points.value * factor,
        se=points.se * factor,
        df=points.df,
        class_df=points.class_df,
        interval=t_interval(points.value * factor, points.se * factor, points.df),
        p=points.p,
        n=points.n,
        unit="post_total_sd",
        source="hedges_2007",
        icc=icc,
    )

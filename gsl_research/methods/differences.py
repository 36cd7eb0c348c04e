"""Pupils measured twice in one group: growth, never an effect. And how far pupils lie apart.

*gain* is post minus pre in points; higher is better, direction is settled before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate, Interval
from .moments import ROUNDING, ClassMoments
from .student import small_sample_factor, t_interval, t_quantile, two_sided_p

MIN_CLASSES_FOR_GROWTH = 3
"""From three classes on, class gains carry the interval; two are described (design page, section 5; policy)."""


def growth(moments: ClassMoments, *, unit: str) -> Estimate:
    r"""Mean gain of one group. ``moments`` holds (pre, post).

    One class: paired t over pupils, df = n - 1, for this class only. Three or more: t over the class mean gains,
    df = G - 1. Two classes, or gains without spread: the mean gain over pupils, described, without interval.

    Not for: the effect of an approach. Pupils grow without it.

    Source: Student's paired t; class gains as in Donald & Lang (2007), doi:10.1162/rest.89.2.221.
    """
    counts = {"pupils_single": moments.pupils, "classes_single": moments.classes}
    gains = moments.mean[:, 1] - moments.mean[:, 0]
    if moments.classes == 1:
        scatter = moments.scatter[0]
        df = moments.pupils - 1
        ss, count, class_df, name = (
            scatter[0, 0] + scatter[1, 1] - 2 * scatter[0, 1],
            moments.pupils,
            0,
            "paired_pupils",
        )
        value = float(gains[0])
    else:
        df = class_df = moments.classes - 1
        ss, count, name = ((gains - gains.mean()) ** 2).sum(), moments.classes, "class_gains"
        value = float(gains.mean())
    if moments.classes == MIN_CLASSES_FOR_GROWTH - 1 or not ss > ROUNDING * np.trace(moments.total()) or df < 1:
        mean = moments.total_mean()
        return Estimate(
            metric="points",
            estimator="mean_gain",
            value=float(mean[1] - mean[0]),
            class_df=moments.classes - 1,
            n=counts,
            unit=unit,
            source="description",
            status="described",
        )
    se = math.sqrt(float(ss) / df / count)
    return Estimate(
        metric="points",
        estimator=name,
        value=value,
        se=se,
        df=df,
        class_df=class_df,
        interval=t_interval(value, se, df),
        p=two_sided_p(value, se, df) if class_df >= MIN_CLASS_DF_FOR_P else None,
        n=counts,
        unit=unit,
        source="paired_t",
    )


def standardised_growth(points: Estimate, moments: ClassMoments) -> Estimate:
    r"""The gain in standard deviations of the pre-test, :math:`g_{pre}=J(n-1)\,\bar D/S_{pre}`.

    One class: :math:`Var(g)=J^2\{2(1-r)/n+g^2/(2(n-1))\}` with df n - 1. Three or more classes: the interval in
    points under the same factor. Not divided by the SD of the gains (d_z), which grows with the pre-post
    correlation. Source: Becker (1988), doi:10.1111/j.2044-8317.1988.tb00901.x; Morris & DeShon (2002),
    doi:10.1037/1082-989X.7.1.105 [variance recalled].
    """
    df = moments.pupils - 1
    total = moments.total()
    factor = small_sample_factor(df) / math.sqrt(float(total[0, 0]) / df)
    value = points.value * factor
    se, interval = None, None
    if points.interval is not None and moments.classes == 1:
        r = float(total[0, 1] / math.sqrt(total[0, 0] * total[1, 1])) if total[1, 1] > 0 else 0.0
        se = small_sample_factor(df) * math.sqrt(2 * (1 - r) / moments.pupils + value**2 / (2 * df))
        interval = t_interval(value, se, df)
    elif points.interval is not None:
        se = points.se * factor
        interval = t_interval(value, se, points.df)
    return Estimate(
        metric="g",
        estimator=points.estimator,
        value=value,
        se=se,
        df=points.df,
        class_df=points.class_df,
        interval=interval,
        p=points.p,
        n=points.n,
        unit="pre_sd",
        source="becker_1988",
        status=points.status,
    )


@dataclass(frozen=True, slots=True)
class SpreadRatio:
    """Spread afterwards relative to before; below 1, pupils lie closer together."""

    value: float
    interval: Interval


def spread_ratio(moments: ClassMoments, level: float = 0.95) -> SpreadRatio | None:
    r"""SD of post over SD of pre within classes, of the same pupils, with the Pitman-Morgan interval.

    With :math:`f=s^2_{post}/s^2_{pre}`, r the pre-post correlation within classes, :math:`\nu=N-G` and
    :math:`K=1+2(1-r^2)t^2_{\nu-1}/(\nu-1)`, the limits of the variance ratio are
    :math:`f\{K\pm\sqrt{K^2-1}\}`; with one class :math:`\nu-1=n-2`. ``None`` when either occasion has no spread, r is
    ±1, or :math:`\nu<2`.

    Pupils are the unit: a statement about these pupils. It assumes normal scores.
    Source: Pitman (1939), doi:10.1093/biomet/31.1-2.9; Morgan (1939), doi:10.1093/biomet/31.1-2.13.
    """
    within, total = moments.within(), moments.total()
    df = moments.pupils - moments.classes
    if df < 2 or not all(within[i, i] > ROUNDING * total[i, i] for i in (0, 1)):
        return None
    f = float(within[1, 1] / within[0, 0])
    unexplained = 1 - float(within[0, 1] ** 2 / (within[0, 0] * within[1, 1]))
    if not unexplained > ROUNDING:
        return None
    k = 1 + 2 * unexplained * t_quantile(df - 1, (1 + level) / 2) ** 2 / (df - 1)
    reach = k + math.sqrt(k * k - 1)
    return SpreadRatio(math.sqrt(f), Interval(math.sqrt(f / reach), math.sqrt(f * reach), level))

"""One class per arm: what an assumed, or a borrowed, spread between classes would make of the difference.

The spread between classes cannot be seen here. *ICC* is the share of it that is left after the pre-test.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ..estimate import Estimate, NotEstimated
from .clusters import AdjustedMeans
from .effect_sizes import in_standard_deviations
from .moments import ROUNDING
from .student import t_interval, t_quantile

TEST_ICCS = (0.05, 0.15, 0.25)
"""Assumed residual ICCs for tests and teacher ratings (methods page, section 1: Hedges & Hedberg 2007, Parker
et al. 2025; not Flemish; recalled)."""
QUESTIONNAIRE_ICCS = (0.02, 0.05, 0.10)
"""The same for pupil questionnaires (methods page, section 1: Parker et al. 2025; recalled)."""
EXPECTED_GAP = 2 / math.sqrt(math.pi)
"""Mean absolute difference of two independent N(0, 1) values, 1.128."""
BORROW_FROM = 4
"""Other classes on the same test from which their spread may be borrowed (methods page 2.7; simulated: 95-96 %
coverage at 4, 8 and 20 classes, whatever the ICC)."""


def assumed_icc(adjusted: AdjustedMeans | NotEstimated, icc: float, *, unit: str) -> Estimate | NotEstimated:
    r"""The adjusted difference when the spread between classes is assumed.

    .. math:: SE^2 = s_w^2\Big[\sum_j \frac{c_j^2}{n_j} + \lambda\sum_j c_j^2\Big] + d'V_bd,\quad
              \lambda=\frac{\rho}{1-\rho},\quad df=N-G-q,

    with :math:`c_j = \pm 1/g`, :math:`d'V_bd` the error of the slope (``AdjustedMeans.slope_variance``) and
    :math:`\rho` the ICC that is left after the pre-test. The interval is right only when ``icc`` is. Refuses: too few
    pupils to tell their spread by; pupils within classes that do not differ.

    Raises ValueError unless 0 ≤ ``icc`` < 1.

    Not for: a claim about the approach. It shows how far ordinary class differences reach.
    Source: methods page, section 2.7, simulated.
    """
    _check_icc(icc)
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator="assumed_icc", reason=adjusted.reason)
    spread = _assumed_spread(adjusted)
    if isinstance(spread, NotEstimated):
        return spread
    within_variance, known, contrast = spread
    se = math.sqrt(known + within_variance * icc / (1 - icc) * contrast)
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


def described_g(adjusted: AdjustedMeans | NotEstimated, sd: float) -> Estimate | NotEstimated:
    r"""One class on each side: the adjusted difference in SD of the post-test, of these pupils, without an error.

    .. math:: g=J(N-2)\,\frac{\delta}{S},

    with S, ``sd``, the SD of the post-test within arms (``clusters.total_sd``). It has no standard error, and class_df
    0: only the spread over many schools, each with one such number, carries one.

    Refuses: other numbers of classes, too few pupils, and a post-test without spread.

    Not for: the school itself, which cannot tell the approach from its classes. One class has no spread between
    classes in its SD: beside the SD of many classes g is larger, by 5 to 15 % at ICCs of .10 to .25.
    Source: Hedges (1981), doi:10.3102/10769986006002107.
    """
    name = "one_class_difference"
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=name, reason=adjusted.reason)
    if len(adjusted.treated) != 2:
        return NotEstimated(estimator=name, reason="other_question")
    points = Estimate(
        metric="points",
        estimator=name,
        value=adjusted.difference,
        class_df=0,
        n=adjusted.counts,
        unit="points",
        source="hedges_1981",
        status="described",
    )
    pupils = sum(count for arm, count in adjusted.counts.items() if arm.startswith("pupils"))
    found = in_standard_deviations(points, sd, pupils - 2, unit="post_total_sd")
    return replace(found, source="hedges_1981") if isinstance(found, Estimate) else found


def tipping_icc(adjusted: AdjustedMeans, level: float = 0.95) -> float | None:
    r"""The ICC from which on ordinary class differences could explain the whole difference.

    :math:`\rho^*=\lambda^*/(1+\lambda^*)` with :math:`\lambda^*` such that the interval of ``assumed_icc`` just
    touches 0. It is 0 when pupils alone could already explain it; ``None`` without pupil spread.
    """
    spread = _assumed_spread(adjusted)
    if isinstance(spread, NotEstimated):
        return None
    within_variance, known, contrast = spread
    t = t_quantile(adjusted.residual_df, (1 + level) / 2)
    ratio = max(((adjusted.difference / t) ** 2 - known) / (within_variance * contrast), 0.0)
    return ratio / (1 + ratio)


def gap_of_icc(icc: float, pupil_sd: float) -> float:
    r"""How far two parallel classes usually lie apart: :math:`(2/\sqrt\pi)\,s\sqrt{\rho/(1-\rho)}`, with s the standard
    deviation of pupils within a class, ``pupil_sd``. Raises ValueError unless 0 ≤ ``icc`` < 1."""
    _check_icc(icc)
    return EXPECTED_GAP * pupil_sd * math.sqrt(icc / (1 - icc))


def icc_of_gap(gap: float, pupil_sd: float) -> float:
    """The ICC that goes with a usual gap, in the unit of ``pupil_sd`` > 0: the inverse of ``gap_of_icc``."""
    class_sd = gap / EXPECTED_GAP
    return (class_sd / math.hypot(class_sd, pupil_sd)) ** 2


def usual_gap(adjusted: AdjustedMeans, icc: float) -> float | None:
    r"""How far two parallel classes usually lie apart, in points: :math:`(2/\sqrt\pi)\,s_w\sqrt{\rho/(1-\rho)}`.

    ``None`` without pupil spread. Raises ValueError unless 0 ≤ ``icc`` < 1.
    """
    _check_icc(icc)
    spread = _assumed_spread(adjusted)
    if isinstance(spread, NotEstimated):
        return None
    return gap_of_icc(icc, math.sqrt(spread[0]))


def icc_from_gap(adjusted: AdjustedMeans, gap: float) -> float | None:
    r"""The ICC that goes with a usual gap in points: the inverse of ``usual_gap``.

    .. math:: \rho=\frac{\sigma_c^2}{\sigma_c^2+s_w^2},\qquad \sigma_c=\tfrac{\sqrt\pi}{2}\,\text{gap}.

    ``None`` without pupil spread, or when ``gap`` is so wide that pupils within a class hardly count. Raises ValueError
    unless ``gap`` ≥ 0.
    """
    if not 0 <= gap < math.inf:
        raise ValueError(f"gap must be a number of points, 0 or more; got {gap}")
    spread = _assumed_spread(adjusted)
    if isinstance(spread, NotEstimated):
        return None
    icc = icc_of_gap(gap, math.sqrt(spread[0]))
    return icc if 1 - icc > ROUNDING else None


def borrowed_spread(
    adjusted: AdjustedMeans | NotEstimated, sd: float, classes: int, *, unit: str
) -> Estimate | NotEstimated:
    r"""The adjusted difference with the spread between classes borrowed from other classes.

    .. math:: SE^2 = s^2\,(1/g_T+1/g_C)+d'V_bd,\qquad df=K-1,

    ``sd`` :math:`s` being the standard deviation of the adjusted means of K other ``classes`` that took the same tests
    in the same period, without the approach. It holds the pupils' share of the spread too, so those classes should be
    about as large. :math:`d'V_bd` is the error of the slope between the classes compared
    (``AdjustedMeans.standard_error``). It assumes that these classes differ as those do.

    Refuses: fewer than 4 other classes; a ``sd`` of nothing. No p: the classes compared carry none.

    Not for: classes of another test, year or level; more classes per arm, which show their own spread.
    Source: Crawford & Howell (1998), doi:10.1076/clin.12.4.482.7241, and Conley & Taber (2011),
    doi:10.1162/REST_a_00049, for the idea [recalled]; methods page, section 2.7, simulated.
    """
    name = "borrowed_class_spread"
    if not 0 <= sd < math.inf:
        raise ValueError(f"sd must be a number of points, 0 or more; got {sd}")
    if isinstance(adjusted, NotEstimated):
        return NotEstimated(estimator=name, reason=adjusted.reason)
    if classes < BORROW_FROM:
        return NotEstimated(estimator=name, reason="too_few_classes")
    if not sd > math.sqrt(ROUNDING * adjusted.whole_ss):
        return NotEstimated(estimator=name, reason="no_class_spread")
    weights = adjusted.weights
    se = adjusted.standard_error(sd**2 * float(weights @ weights), classes - 1, adjusted.slope_variance(weights))
    return Estimate(
        metric="points",
        estimator=name,
        value=adjusted.difference,
        se=se,
        df=classes - 1,
        class_df=adjusted.class_df,
        interval=t_interval(adjusted.difference, se, classes - 1),
        n=adjusted.counts,
        unit=unit,
        source="methods_2_7",
        status="beside",
    )


def _check_icc(icc: float) -> None:
    if not 0 <= icc < 1:
        raise ValueError(f"icc must lie between 0 and 1; got {icc}")


def _assumed_spread(adjusted: AdjustedMeans) -> tuple[float, float, float] | NotEstimated:
    """Variance of pupils within classes; of the difference when classes are alike; and per unit of class variance."""
    if adjusted.residual_df < 1:
        return NotEstimated(estimator="assumed_icc", reason="too_few_pupils")
    if not adjusted.residual_ss > ROUNDING * adjusted.within_ss:
        return NotEstimated(estimator="assumed_icc", reason="no_pupil_spread")
    variance, weights = adjusted.residual_ss / adjusted.residual_df, adjusted.weights
    pupils = variance * float((weights**2 / adjusted.n).sum())
    return variance, pupils + adjusted.slope_variance(weights), float(weights @ weights)

"""Two groups of pupils, each pupil assigned apart: the pupil is the unit of inference.

*treated* (N,) says which pupils got the approach; *pre* and *post* (N,) are scores of the same pupils, higher is
better. The df are those of pupils, so class_df = df. Not for: whole classes that got an approach (``clusters``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate, NotEstimated, Reason
from .clusters import class_estimate
from .linear import LeastSquares, least_squares
from .moments import ROUNDING, ClassMoments, class_moments
from .sandwich import cr2


@dataclass(frozen=True, slots=True)
class Arms:
    """Counts, means and standard deviations of two groups of pupils."""

    n_treated: int
    n_control: int
    mean_treated: float
    mean_control: float
    sd_treated: float
    sd_control: float

    @property
    def pooled_sd(self) -> float:
        """Standard deviation within arms, pooled over arms: the standardiser of g."""
        ss = (self.n_treated - 1) * self.sd_treated**2 + (self.n_control - 1) * self.sd_control**2
        return math.sqrt(ss / (self.n_treated + self.n_control - 2))


def arms(scores: ArrayLike, treated: ArrayLike) -> Arms | NotEstimated:
    """What each group scored. Refuses an arm of fewer than 2 pupils."""
    moments = _by_arm(treated, scores)
    if isinstance(moments, str):
        return NotEstimated(estimator="arms", reason=moments)
    if moments.n.min() < 2:
        return NotEstimated(estimator="arms", reason="too_few_pupils")
    sd = np.sqrt(moments.scatter[:, 0, 0] / (moments.n - 1))
    return Arms(
        n_treated=int(moments.n[1]),
        n_control=int(moments.n[0]),
        mean_treated=float(moments.mean[1, 0]),
        mean_control=float(moments.mean[0, 0]),
        sd_treated=float(sd[1]),
        sd_control=float(sd[0]),
    )


def post_difference(post: ArrayLike, treated: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    r"""Student's difference of two means, with one spread for both arms: df = N - 2.

    Refuses: no pupils; an arm without pupils; fewer than 3 pupils; pupils within arms who do not differ.
    Source: Student (1908), doi:10.1093/biomet/6.1.1.
    """
    return _coefficient(_fit(post, treated), 1, treated, unit=unit, estimator="student", source="student_1908")


def gain_difference(post: ArrayLike, treated: ArrayLike, pre: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    """Student's difference of two mean gains, to stand beside the adjusted difference: df = N - 2.

    Right where groups that start apart would have stayed as far apart; ``ancova`` where they would have moved towards
    each other as pupils of one group do (Lord's paradox). Refuses as ``post_difference``, and gains without spread.

    Source: Lord (1967), doi:10.1037/h0025105.
    """
    name = "gain_score"
    moments = _by_arm(treated, pre, post)
    if isinstance(moments, str):
        return NotEstimated(estimator=name, reason=moments)
    within, enough = moments.within(), moments.pupils > 2
    if enough and not within[0, 0] + within[1, 1] - 2 * within[0, 1] > ROUNDING * np.trace(moments.total()):
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    gains = np.asarray(post, dtype=float) - np.asarray(pre, dtype=float)
    found = _coefficient(_fit(gains, treated), 1, treated, unit=unit, estimator=name, source="lord_1967")
    return found if isinstance(found, NotEstimated) else replace(found, status="beside")


def welch(post: ArrayLike, treated: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    r"""The same difference without assuming equal spread in both arms.

    .. math:: SE^2=\frac{s_T^2}{n_T}+\frac{s_C^2}{n_C},\qquad
              df=\frac{SE^4}{(s_T^2/n_T)^2/(n_T-1)+(s_C^2/n_C)^2/(n_C-1)}.

    Refuses as ``post_difference``, and an arm of fewer than 2 pupils.
    Source: Welch (1947), doi:10.1093/biomet/34.1-2.28.
    """
    name = "welch"
    student, groups = post_difference(post, treated, unit=unit), arms(post, treated)
    for found in (student, groups):
        if isinstance(found, NotEstimated):
            return NotEstimated(estimator=name, reason=found.reason)
    parts = [
        (groups.sd_treated**2 / groups.n_treated, groups.n_treated),
        (groups.sd_control**2 / groups.n_control, groups.n_control),
    ]
    variance = sum(part for part, _ in parts)
    df = variance**2 / sum(part**2 / (n - 1) for part, n in parts)
    return class_estimate(
        student.value, math.sqrt(variance), df, student.n, unit=unit, estimator=name, source="welch_1947"
    )


@dataclass(frozen=True, slots=True)
class Ancova:
    """The difference adjusted for covariates, and what it rests on.

    ``mean_treated`` and ``mean_control`` are the arm means adjusted to the mean of the covariates over all pupils,
    ``slopes`` (q,) the pooled slopes within arms, ``intercept`` the level of the control arm where covariates are 0,
    ``sigma`` the residual SD, ``r2`` the share of all spread that is explained and ``r2_within`` the share that the
    covariates explain within arms.
    """

    difference: Estimate
    mean_treated: float
    mean_control: float
    slopes: NDArray[np.float64]
    intercept: float
    sigma: float
    r2: float
    r2_within: float


def ancova(post: ArrayLike, treated: ArrayLike, *covariates: ArrayLike, unit: str) -> Ancova | NotEstimated:
    r"""Analysis of covariance: the difference of two pupils who started alike, df = N - 2 - q.

    .. math:: y_i=\beta_0+\delta\,T_i+x_i'\beta+e_i.

    ``covariates`` are q arrays (N,), the pre-test first. Refuses as ``post_difference``, and covariates that cannot be
    told apart from each other or from the arms, or that leave no spread.

    Not for: groups that were not formed by lot, on its own: beside it belong ``gain_difference`` and
    ``reliability_corrected``.

    Source: Fisher (1932), Statistical Methods for Research Workers, 4th edition, section 49.1 [recalled].
    """
    fit = _fit(post, treated, *covariates)
    difference = _coefficient(fit, 1, treated, unit=unit, estimator="ancova", source="fisher_1932")
    if isinstance(difference, NotEstimated):
        return difference
    slopes = fit.coef[2:]
    level = float(fit.coef[0] + sum(slope * np.mean(x) for slope, x in zip(slopes, covariates, strict=True)))
    return Ancova(
        difference=difference,
        mean_treated=level + difference.value,
        mean_control=level,
        slopes=slopes,
        intercept=float(fit.coef[0]),
        sigma=fit.sigma,
        r2=fit.r2,
        r2_within=1 - fit.residual_ss / _fit(post, treated).residual_ss,
    )


def ancova_hc2(post: ArrayLike, treated: ArrayLike, *covariates: ArrayLike, unit: str) -> Estimate | NotEstimated:
    """The difference of ``ancova`` with the HC2 standard error, which asks no equal spread, and Satterthwaite df.

    CR2 and Bell and McCaffrey's df, each pupil being a class. Refuses as ``ancova``, and an arm or a covariate that
    rests on one pupil.

    Source: MacKinnon & White (1985), doi:10.1016/0304-4076(85)90158-7 [recalled]; ``sandwich.cr2``.
    """
    name = "ancova_hc2"
    plain = ancova(post, treated, *covariates, unit=unit)
    if isinstance(plain, NotEstimated):
        return NotEstimated(estimator=name, reason=plain.reason)
    rows = class_moments(np.arange(len(np.asarray(post))), np.asarray(treated, dtype=bool), *covariates, post)
    found = cr2(rows, 1)
    if isinstance(found, NotEstimated):
        of_pupils: dict[Reason, Reason] = {"too_few_classes": "too_few_pupils", "no_class_spread": "no_pupil_spread"}
        return NotEstimated(estimator=name, reason=of_pupils.get(found.reason, found.reason))
    counts, value = plain.difference.n, plain.difference.value
    estimate = class_estimate(
        value, found.se, found.df, counts, unit=unit, estimator=name, source="mackinnon_white_1985"
    )
    return replace(estimate, status="beside")


def slope_homogeneity(post: ArrayLike, treated: ArrayLike, pre: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    """How much steeper post rises with pre among treated pupils, in points per point of the pre-test: df = N - 4.

    A check to be shown, never a gate: where it is not 0, the difference depends on where a pupil started. Refuses as
    ``ancova``, and a pre-test without spread in an arm.
    """
    pre = np.asarray(pre, dtype=float)
    pre = pre - pre.mean() if len(pre) else pre
    fit = _fit(post, treated, pre, pre * np.asarray(treated, dtype=bool))
    return _coefficient(fit, 3, treated, unit=unit, estimator="slope_homogeneity", source="fisher_1932")


def reliability_corrected(
    post: ArrayLike, treated: ArrayLike, pre: ArrayLike, *, reliability: float, unit: str
) -> Estimate | NotEstimated:
    r"""The adjusted difference as it would be with a pre-test that measures without error.

    .. math:: \delta=\bar y_T-\bar y_C-\frac{b}{r}(\bar x_T-\bar x_C),\qquad
              SE^2=s^2\Big(\tfrac1{n_T}+\tfrac1{n_C}+\frac{(\bar x_T-\bar x_C)^2}{r^2S_{xx}}\Big)
              +\Big(\frac{(1-r)\,b}{r}\Big)^2s_x^2\Big(\tfrac1{n_T}+\tfrac1{n_C}\Big),

    b being the slope within arms, s the residual SD of ``ancova`` and r the reliability of the pre-test within arms,
    taken as known. The last term is what the error of the pre-test adds when its group means stand for true ones; with
    r = 1 the result is ``ancova``. df = N - 3. Refuses as ``ancova``. Raises ValueError unless 0 < r ≤ 1.

    Simulated, 10,000 runs a cell, r 0.6 to 0.95, starts 0 to 1 SD apart, 2 x 15 to 2 x 100 pupils: 94.6 to 95.7 %;
    without the last term 93.1 to 95.2 %.

    Source: Lord (1960), Journal of the American Statistical Association 55, 307-321; Culpepper & Aguinis (2011),
    doi:10.1037/a0023355 [both recalled]; standard error derived here.
    """
    if not 0 < reliability <= 1:
        raise ValueError(f"a reliability lies above 0 and at most at 1; got {reliability}")
    name = "reliability_corrected"
    found = ancova(post, treated, pre, unit=unit)
    if isinstance(found, NotEstimated):
        return NotEstimated(estimator=name, reason=found.reason)
    moments = _by_arm(treated, pre, post)
    (start, end), spread = moments.mean[1] - moments.mean[0], float(moments.within()[0, 0])
    slope, per_pupil, df = float(found.slopes[0]), float((1 / moments.n).sum()), found.difference.df
    variance = found.sigma**2 * (per_pupil + (start / reliability) ** 2 / spread)
    variance += ((1 - reliability) * slope / reliability) ** 2 * spread / (moments.pupils - 2) * per_pupil
    estimate = class_estimate(
        float(end - slope / reliability * start),
        math.sqrt(variance),
        df,
        found.difference.n,
        unit=unit,
        estimator=name,
        source="lord_1960",
    )
    return replace(estimate, status="beside")


@dataclass(frozen=True, slots=True)
class Superiority:
    """The chance that a treated pupil scores above one of the comparison group, ties counted half.

    ``value`` from 0 to 1, one half without a difference. ``u`` is the number of such pairs (Mann-Whitney's U of the
    treated), ``p`` two-sided.
    """

    value: float
    u: float
    p: float | None

    @property
    def cliffs_delta(self) -> float:
        """Pairs won minus pairs lost, from -1 to 1."""
        return 2 * self.value - 1


def superiority(post: ArrayLike, treated: ArrayLike) -> Superiority | NotEstimated:
    r"""How often a treated pupil scores above one of the comparison group, over all pairs.

    .. math:: P=\frac{U}{n_Tn_C},\qquad z=\frac{|U-n_Tn_C/2|-\tfrac12}{\sigma},\qquad
              \sigma^2=\frac{n_Tn_C}{12}\Big(N+1-\frac{\sum(t^3-t)}{N(N-1)}\Big),

    t being the sizes of ties; p from the normal distribution, as R's ``wilcox.test(exact = FALSE)``, and ``None`` when
    all scores are equal or df = N - 2 is below 4. Refuses: no pupils; an arm without pupils.

    Source: Mann & Whitney (1947), doi:10.1214/aoms/1177730491; Cliff (1993), doi:10.1037/0033-2909.114.3.494.
    """
    post, treated = np.asarray(post, dtype=float), np.asarray(treated, dtype=bool)
    if post.shape != treated.shape or not np.isfinite(post).all():
        raise ValueError(f"post must be finite and (n,) like treated; got {post.shape} and {treated.shape}")
    if reason := _without_arms(treated):
        return NotEstimated(estimator="superiority", reason=reason)
    in_arm, control = float(treated.sum()), float((~treated).sum())
    _, place, ties = np.unique(post, return_inverse=True, return_counts=True)
    rank = np.cumsum(ties) - (ties - 1) / 2
    u = float(rank[place][treated].sum() - in_arm * (in_arm + 1) / 2)
    pairs, pupils = in_arm * control, in_arm + control
    tied = float((ties.astype(float) ** 3 - ties).sum())
    variance = pairs / 12 * (pupils + 1 - tied / (pupils * (pupils - 1)))
    p = None
    if len(ties) > 1 and pupils - 2 >= MIN_CLASS_DF_FOR_P:
        z = max(abs(u - pairs / 2) - 0.5, 0.0) / math.sqrt(variance)
        p = math.erfc(z / math.sqrt(2))
    return Superiority(u / pairs, u, p)


def _without_arms(treated: NDArray[np.bool_]) -> Reason | None:
    if not len(treated):
        return "no_pupils"
    return "empty_arm" if treated.all() or not treated.any() else None


def _by_arm(treated: ArrayLike, *variables: ArrayLike) -> ClassMoments | Reason:
    """Moments of the two arms, control first; or why there are none."""
    treated = np.asarray(treated, dtype=bool)
    if reason := _without_arms(treated):
        return reason
    moments = class_moments(treated.astype(int), *variables)
    return moments if np.isfinite(moments.scatter).all() else "out_of_reach"


def _fit(response: ArrayLike, treated: ArrayLike, *covariates: ArrayLike) -> LeastSquares | NotEstimated:
    """Least squares on an intercept (0), treated (1) and covariates (2 …), with something left over."""
    treated = np.asarray(treated, dtype=bool)
    if reason := _without_arms(treated):
        return NotEstimated(estimator="least_squares", reason=reason)
    fit = least_squares(response, treated, *covariates)
    if isinstance(fit, LeastSquares) and not fit.residual_ss > 0:
        return NotEstimated(estimator="least_squares", reason="no_pupil_spread")
    return fit


def _coefficient(
    fit: LeastSquares | NotEstimated, which: int, treated: ArrayLike, *, unit: str, estimator: str, source: str
) -> Estimate | NotEstimated:
    if isinstance(fit, NotEstimated):
        return NotEstimated(estimator=estimator, reason=fit.reason)
    treated = np.asarray(treated, dtype=bool)
    counts = {"pupils_treated": int(treated.sum()), "pupils_control": int((~treated).sum())}
    value, se = float(fit.coef[which]), float(fit.se[which])
    return class_estimate(value, se, fit.residual_df, counts, unit=unit, estimator=estimator, source=source)

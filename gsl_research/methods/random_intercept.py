r"""Random-intercept model by REML on class moments, with Kenward-Roger's and Satterthwaite's degrees of freedom.

Pupil i of class j has :math:`y_{ij}=\beta_0+x_{ij}'\beta+u_j+e_{ij}` with :math:`u_j\sim N(0,\tau^2)` and
:math:`e_{ij}\sim N(0,\sigma^2)`. Moments hold x_1 … x_q and last y; p = q + 1 coefficients, the intercept first.
A variable of the class (treated, class covariates) has no scatter within classes and is otherwise like any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, NotEstimated
from .clusters import CLASSES_PER_COVARIATE, AdjustedMeans, adjusted_means, class_estimate
from .moments import ROUNDING, ClassMoments
from .profile_likelihood import LARGEST_RATIO, NAME, ClassSums, Profile, class_sums, highest, profile, residual_within


@dataclass(frozen=True, slots=True)
class RandomIntercept:
    """A fit: ``coefficients`` (p,), their ``covariance`` (p, p), ``sigma2`` of pupils and ``tau2`` of classes.

    ``log_likelihood`` is the restricted one with its constant, as lme4 prints it; ``sums`` are what it was fitted to,
    ``profile`` what they give at the one ratio.
    """

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    sigma2: float
    tau2: float
    log_likelihood: float
    sums: ClassSums
    profile: Profile

    @property
    def ratio(self) -> float:
        return self.tau2 / self.sigma2

    @property
    def total_variance(self) -> float:
        return self.tau2 + self.sigma2

    @property
    def icc(self) -> float:
        """Share of the variance around the coefficients that lies between classes."""
        return self.tau2 / self.total_variance

    @property
    def at_boundary(self) -> bool:
        """The likelihood is highest without any class variance."""
        return self.tau2 == 0

    @property
    def class_df(self) -> int:
        """Degrees of freedom between classes: G - 2 - (class covariates) when treated is one value a class."""
        return self.sums.classes + self.sums.within_rank - len(self.coefficients)

    @property
    def pupil_df(self) -> int:
        """Degrees of freedom within classes; with ``class_df`` they are N - p."""
        return self.sums.pupils - self.sums.classes - self.sums.within_rank


@dataclass(frozen=True, slots=True)
class Contrast:
    """A combination of coefficients with its standard error and degrees of freedom."""

    value: float
    se: float
    df: float


def random_intercept(moments: ClassMoments) -> RandomIntercept | NotEstimated:
    r"""REML: the :math:`\lambda\ge 0` of the highest restricted likelihood, with its coefficients and variances.

    .. math:: -2\ell(\lambda)=\nu\Big(1+\ln\frac{2\pi\,RSS}{\nu}\Big)+\sum_j\ln(1+n_j\lambda)+\ln|A_{xx}|,\qquad
              RSS=A_{yy}-A_{yx}A_{xx}^{-1}A_{xy},\quad \nu=N-p,\quad \hat\sigma^2=RSS/\nu.

    It can have more than one top. Written in the directions that diagonalise the classes after x it is
    :math:`\nu\ln\sum_i v_i^2/(1+\lambda d_i)+\sum_i\ln(1+\lambda d_i)` with :math:`0\le d_i\le\max n_j`: in
    :math:`\ln\lambda` sums of S-curves of one width, without a narrower turn. So its derivative is taken at 0 and on a
    grid, each top in between is refined by Newton, and the highest of these and 0 is kept.

    Refuses: no pupils; x constant or not to be told apart; no class df or no pupil df (one class; as many class
    variables as classes; every class one pupil); pupils of a class that do not differ.

    Not for: pupils of several classes at once; slopes that differ between classes; p from z.
    Source: Bates et al. (2015), doi:10.18637/jss.v067.i01, section 3 [recalled]; on moments: methods page, section 5.
    """
    sums = class_sums(moments)
    if isinstance(sums, NotEstimated):
        return sums
    if sums.classes + sums.within_rank < len(sums.scale) + 1:
        return NotEstimated(estimator=NAME, reason="too_few_classes")
    if sums.pupils - sums.classes - sums.within_rank < 1:
        return NotEstimated(estimator=NAME, reason="too_few_pupils")
    ratio = highest(sums) if residual_within(sums) > ROUNDING * sums.pupils else None
    return NotEstimated(estimator=NAME, reason="no_pupil_spread") if ratio is None else _fit(sums, ratio)


def random_intercept_at(moments: ClassMoments, ratio: float) -> RandomIntercept | NotEstimated:
    r"""The same model with :math:`\lambda=\tau^2/\sigma^2` given; 0 is ordinary least squares over pupils.

    Refuses: no pupils; no more pupils than coefficients; x constant or not to be told apart; nothing left to explain.
    Raises ValueError unless 0 <= ratio <= ``LARGEST_RATIO``.
    """
    if not 0 <= ratio <= LARGEST_RATIO:
        raise ValueError(f"the ratio of variances must lie between 0 and {LARGEST_RATIO:g}; got {ratio}")
    sums = class_sums(moments)
    return sums if isinstance(sums, NotEstimated) else _fit(sums, float(ratio))


def with_class_variables(moments: ClassMoments, values: ArrayLike) -> ClassMoments:
    """The moments with variables of the class put first: ``values`` (G,) or (G, c), one value a class."""
    values = np.asarray(values, dtype=float).reshape(moments.classes, -1)
    extra = values.shape[1]
    return replace(
        moments,
        mean=np.hstack([values, moments.mean]),
        scatter=np.pad(moments.scatter, ((0, 0), (extra, 0), (extra, 0))),
    )


def kenward_roger(fit: RandomIntercept, contrast: ArrayLike) -> Contrast:
    r"""One contrast with Kenward and Roger's standard error and degrees of freedom.

    With :math:`V_1=I`, :math:`V_2=J`, :math:`P_a=-X'V^{-1}V_aV^{-1}X`, :math:`Q_{ab}=X'V^{-1}V_aV^{-1}V_bV^{-1}X`,
    :math:`\Phi=(X'V^{-1}X)^{-1}` and C the inverse of the expected information of the two variances,
    :math:`I_{ab}=\tfrac12[\mathrm{tr}(V^{-1}V_aV^{-1}V_b)-2\,\mathrm{tr}(\Phi Q_{ab})+\mathrm{tr}(\Phi P_a\Phi P_b)]`,

    .. math:: \Phi_A=\Phi+2\Phi\Big[\sum_{ab}C_{ab}(Q_{ab}-P_a\Phi P_b)\Big]\Phi,\qquad df=\frac{2}{A},\quad
              A=\sum_{ab}C_{ab}\frac{(c'\Phi P_a\Phi c)(c'\Phi P_b\Phi c)}{(c'\Phi c)^2}.

    For one contrast their scaling of F is 1 and their df are 2/A: there A_1 = A_2 = A, so B = 7A/2, g = -1,
    (c_1, c_2, c_3) = (-1, 2, 4)/7, rho = (1 - A/2)/(1 - 2A) and 4 + 3/(rho - 1) = 2/A.

    At :math:`\tau^2=0` the formula is that of a class variance that might be negative: safe, and with 2 or 3 classes
    an arm far too wide (methods page, section 2.1).

    ``contrast``: (p,) weights, or the index of one coefficient, the intercept being 0.
    Source: Kenward & Roger (1997), doi:10.2307/2533558; Halekoh & Højsgaard (2014), doi:10.18637/jss.v059.i09
    [both recalled; equal to pbkrtest's numbers].
    """
    c, sums = weights(fit, contrast), fit.sums
    share, x = 1 / (1 + sums.sizes * fit.ratio), slice(None, -1)

    def cross(power: int, size_power: int) -> NDArray[np.float64]:
        """X'V^{-power}X with V_2 in it size_power times, in pupil variances."""
        between = np.tensordot(share**power * sums.sizes**size_power, sums.between[:, x, x], axes=1)
        return between if size_power else between + sums.within[x, x]

    phi = fit.profile.inverse[0]
    p, q = [-cross(2, 0), -cross(2, 1)], [[cross(3, a + b) for b in (0, 1)] for a in (0, 1)]
    trace = [[sums.counts @ (share**2 * sums.sizes ** (a + b)) for b in (0, 1)] for a in (0, 1)]
    trace[0][0] += sums.pupils - sums.classes
    information = [
        [trace[a][b] / 2 - np.trace(phi @ q[a][b]) + np.trace(phi @ p[a] @ phi @ p[b]) / 2 for b in (0, 1)]
        for a in (0, 1)
    ]
    spread, variance, reach = np.linalg.inv(information), c @ phi @ c, phi @ c
    slopes = np.array([reach @ p[a] @ reach for a in (0, 1)])
    extra = sum(
        spread[a, b] * (reach @ q[a][b] @ reach - reach @ p[a] @ phi @ p[b] @ reach) for a in (0, 1) for b in (0, 1)
    )
    found = plain(fit, contrast)
    df = 2 * variance**2 / (slopes @ spread @ slopes)
    return replace(found, se=found.se * math.sqrt(1 + 2 * float(extra / variance)), df=float(df))


def satterthwaite(fit: RandomIntercept, contrast: ArrayLike) -> Contrast:
    r"""One contrast with Satterthwaite's degrees of freedom from the observed information, as in lmerTest.

    :math:`df=2\,(c'\Phi c)^2/(g'Hg)`, g being the derivative of :math:`c'\Phi c` to :math:`(\lambda,\sigma^2)` and
    H twice the inverse of the second derivatives of the restricted deviance

    .. math:: D(\lambda,\sigma^2)=\sum_j\ln(1+n_j\lambda)+\ln|A_{xx}|+\nu\ln\sigma^2+RSS(\lambda)/\sigma^2.

    At a top the df are the same for :math:`(\sqrt\lambda,\sigma)`, which lmerTest differentiates numerically. At the
    boundary that gives N - p, the df of pupils.

    Not for: judging an approach given to classes when ``fit.at_boundary``; ``kenward_roger`` is.
    ``contrast``: as there. Source: Kuznetsova, Brockhoff & Christensen (2017), doi:10.18637/jss.v082.i13 [recalled;
    equal to lmerTest's numbers].
    """
    c, found, top = weights(fit, contrast), plain(fit, contrast), fit.profile
    if fit.at_boundary:
        return found
    reach = top.inverse[0] @ c
    gradient = np.array([-(reach @ top.slope[0, :-1, :-1] @ reach) / (c @ reach), 1.0])
    rss1, rss2 = top.rss1[0] / top.rss[0], top.rss2[0] / top.rss[0]
    second = np.array([[top.log_det2[0] + top.df * rss2, -top.df * rss1], [-top.df * rss1, top.df]])
    return replace(found, df=float(1 / (gradient @ np.linalg.inv(second) @ gradient)))


def reml_difference(
    moments: ClassMoments, treated: ArrayLike, *, unit: str, class_covariates: ArrayLike | None = None
) -> Estimate | NotEstimated:
    """The coefficient of treated in the random-intercept model with Kenward-Roger's interval, to stand beside.

    ``moments`` hold the pupil covariates and last the post-test; ``treated`` is (G,), ``class_covariates`` (G, c).
    Its df are Kenward-Roger's, at most G - 2 - c: more is not seen at the level at which the approach was given. Theirs
    go above it where the estimate leans on how pupils vary: to 145 with 1 v 5 classes of 1 to 40 pupils (2,000 runs).

    Refuses: what ``treated_first`` or ``random_intercept`` refuse; df below 1.
    """
    name = "reml_kenward_roger"
    joined = treated_first(moments, treated, class_covariates)
    fit = joined if isinstance(joined, NotEstimated) else random_intercept(joined[0])
    if isinstance(fit, NotEstimated):
        return NotEstimated(estimator=name, reason=fit.reason)
    estimate = beside(kenward_roger(fit, 1), joined, unit=unit, estimator=name, source="kenward_roger_1997")
    return estimate if isinstance(estimate, NotEstimated) else replace(estimate, icc=fit.icc)


def treated_first(
    moments: ClassMoments, treated: ArrayLike, class_covariates: ArrayLike | None
) -> tuple[ClassMoments, AdjustedMeans] | NotEstimated:
    """Moments of treated, the class covariates and what ``moments`` hold, and the classes behind them.

    Refuses what ``adjusted_means`` refuses and more than one class covariate per 6 classes.
    """
    means = adjusted_means(moments, treated)
    if isinstance(means, NotEstimated):
        return means
    extra = np.zeros((moments.classes, 0)) if class_covariates is None else class_covariates
    whole = with_class_variables(moments, np.column_stack([means.treated, extra]))
    added = whole.mean.shape[1] - moments.mean.shape[1] - 1
    if moments.classes < CLASSES_PER_COVARIATE * added:
        return NotEstimated(estimator="adjusted_class_means", reason="too_few_classes")
    return whole, means


def beside(
    found: Contrast, joined: tuple[ClassMoments, AdjustedMeans], *, unit: str, estimator: str, source: str
) -> Estimate | NotEstimated:
    """A contrast of ``treated_first`` as an estimate, its df at most those that the classes leave."""
    whole, means = joined
    class_variables = whole.mean.shape[1] - means.covariates.shape[1] - 1
    df = min(found.df, float(means.classes - 1 - class_variables))
    if df < 1:
        return NotEstimated(estimator=estimator, reason="too_few_classes")
    estimate = class_estimate(found.value, found.se, df, means.counts, unit=unit, estimator=estimator, source=source)
    return replace(estimate, status="beside")


def vector(fit: RandomIntercept, contrast: ArrayLike) -> NDArray[np.float64]:
    """(p,) weights from weights or from the index of one coefficient."""
    p = len(fit.coefficients)
    c = np.eye(p)[contrast] if np.ndim(contrast) == 0 else np.asarray(contrast, dtype=float)
    if c.shape != (p,) or not c.any():
        raise ValueError(f"a contrast must be an index or ({p},) weights that are not all 0; got {contrast}")
    return c


def weights(fit: RandomIntercept, contrast: ArrayLike) -> NDArray[np.float64]:
    """The contrast on the scale of ``fit.sums``, but for a factor that makes its largest weight 1."""
    c = fit.sums.back.T @ vector(fit, contrast)
    return c / np.abs(c).max()


def plain(fit: RandomIntercept, contrast: ArrayLike) -> Contrast:
    """Value and standard error as if the ratio were known, with N - p df."""
    c, here = vector(fit, contrast), fit.profile
    on_sums = fit.sums.back.T @ c
    variance = float(on_sums @ here.inverse[0] @ on_sums * here.rss[0] / here.df)
    return Contrast(value=float(c @ fit.coefficients), se=math.sqrt(variance), df=float(here.df))


def _fit(sums: ClassSums, ratio: float) -> RandomIntercept | NotEstimated:
    df = sums.pupils - len(sums.scale)
    if df < 1:
        return NotEstimated(estimator=NAME, reason="too_few_pupils")
    here, scale = profile(sums, np.array([ratio])), sums.scale
    if not here.rss[0] > ROUNDING * sums.pupils:
        return NotEstimated(estimator=NAME, reason="no_pupil_spread")
    variance, back = float(here.rss[0]) / df, sums.back
    coefficients = back @ here.coefficients[0]
    coefficients[0] += sums.centre[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        covariance = back @ here.inverse[0] @ back.T * variance
        sigma2 = variance * scale[-1] ** 2
        sound = np.isfinite(covariance).all() and (np.diag(covariance) > 0).all()
        if not (sound and 0 < sigma2 * (1 + ratio) < math.inf):
            return NotEstimated(estimator=NAME, reason="out_of_reach")
    return RandomIntercept(
        coefficients=coefficients,
        covariance=covariance,
        sigma2=float(sigma2),
        tau2=float(ratio * sigma2),
        log_likelihood=float(-here.deviance[0] / 2 - df * np.log(scale[-1]) - np.log(scale[:-1]).sum()),
        sums=sums,
        profile=here,
    )

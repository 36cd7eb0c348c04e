r"""Multi-site studies: in every class, or school, some pupils get the approach and some do not.

A *site* is the class or school within which pupils were divided; S sites have both arms. What a site's pupils have in
common falls out of its difference, so the spread between classes does no harm; that the approach may do more in one
class than in another does, and is why sites are the unit. Direction is settled before: higher is better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import Estimate, Interval, NotEstimated
from .bracket import CORRECTABLE, reliability_within
from .clusters import AdjustedMeans, adjusted_means, class_estimate, total_sd
from .effect_sizes import in_standard_deviations
from .matched import network_knapp_hartung, reml_tau2
from .moments import ROUNDING, class_moments
from .pupils import ancova
from .subgroups import contrasts


@dataclass(frozen=True, slots=True)
class SiteDifferences:
    """Of each site with both arms: its code ``site`` (S,), the difference treated minus control ``value`` (S,),
    adjusted for the covariates, their own difference ``start`` (S, q), and how many pupils are ``treated`` and
    ``control`` (S,). ``cells`` are the adjusted means of the arms of every site, also of sites with one arm."""

    site: NDArray[np.int64]
    value: NDArray[np.float64]
    start: NDArray[np.float64]
    treated: NDArray[np.int64]
    control: NDArray[np.int64]
    cells: AdjustedMeans

    @property
    def counts(self) -> dict[str, int]:
        return {
            "pupils_treated": int(self.treated.sum()),
            "pupils_control": int(self.control.sum()),
            "sites": len(self.site),
        }


def site_differences(
    sites: ArrayLike, treated: ArrayLike, post: ArrayLike, *covariates: ArrayLike
) -> SiteDifferences | NotEstimated:
    r"""The adjusted difference between the arms inside every site that has both.

    .. math:: d_s=(\bar y_{sT}-\bar y_{sC})-b_w'(\bar x_{sT}-\bar x_{sC}),

    :math:`b_w` pooled within the arms of every site, so that effects that differ between sites do not bend it.
    ``sites`` (N,) are codes 0 … with every code present, ``treated`` (N,) says which pupils got the approach,
    ``covariates`` are q arrays (N,), the pre-test first.

    Sites with one arm inform the slope and give no difference: one whole class treated and another not is ``clusters``.
    Refuses: no pupils; an arm without pupils; no site with both arms; what ``adjusted_means`` refuses. Raises
    ValueError as ``class_moments``, and when ``treated`` is not (N,).
    """
    name = "site_differences"
    sites, treated = np.asarray(sites), np.asarray(treated, dtype=bool)
    if treated.shape != sites.shape:
        raise ValueError(f"treated must be (N,) like the sites; got {treated.shape} for {sites.shape}")
    if len(sites) and (treated.all() or not treated.any()):
        return NotEstimated(estimator=name, reason="empty_arm")
    both = np.intersect1d(sites[treated], sites[~treated])
    if len(sites) and not len(both):
        return NotEstimated(estimator=name, reason="one_sided_blocks")
    one_group = np.ones(int(sites.max(initial=-1)) + 1, dtype=bool)
    found = contrasts(sites, treated, post, *covariates, treated=one_group)
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    return SiteDifferences(
        site=both, value=found.value, start=found.start, treated=found.members, control=found.others, cells=found.cells
    )


def pupil_variances(found: SiteDifferences) -> NDArray[np.float64] | NotEstimated:
    r"""What pupils alone add to the variance of each site's difference (S,).

    .. math:: v_s=\hat\sigma^2\Big(\frac1{n_{sT}}+\frac1{n_{sC}}\Big)+(\bar x_{sT}-\bar x_{sC})'V_b
              (\bar x_{sT}-\bar x_{sC}),

    :math:`\hat\sigma^2` being the variance of pupils around the regression within the arms of every site, and
    :math:`V_b` the error of its slope. Refuses: no pupil left to tell that variance by; pupils who do not differ.
    """
    cells = found.cells
    if cells.residual_df < 1:
        return NotEstimated(estimator="pupil_variances", reason="too_few_pupils")
    if not cells.residual_ss > ROUNDING * cells.whole_ss:
        return NotEstimated(estimator="pupil_variances", reason="no_pupil_spread")
    of_pupils = cells.residual_ss / cells.residual_df * (1 / found.treated + 1 / found.control)
    return of_pupils + np.einsum("si,ij,sj->s", found.start, cells.slope_covariance, found.start)


def mean_of_sites(found: SiteDifferences | NotEstimated, *, unit: str) -> Estimate | NotEstimated:
    r"""The mean of the sites' differences, every site counting once, with a t over sites: for classes like these.

    .. math:: \delta=\frac1S\sum_sd_s,\qquad SE^2=\frac{\sum_s(d_s-\delta)^2}{S(S-1)}+v_b,\qquad df=S-1,

    with :math:`v_b` the error of the slope where treated pupils start apart in all sites alike, as in
    ``clusters.adjusted_difference``. How much effects differ between sites is in the interval.

    Simulated, 1,800 runs a cell, 2, 4, 8 and 20 sites of 15 to 25 or of 5 to 40 pupils, effects that do not differ
    between sites or by 0.2 SD, arms that start together or 0.5 SD apart: 3.8 to 6.0 % false positives. With arms 1 SD
    apart 3.4 to 4.0 %, without :math:`v_b` 6.0 to 7.9 %. Two sites keep it too, by an interval that reaches 2.4
    to 3 SD either way on average.

    Refuses: fewer than 2 sites with both arms (``within_one_site``); sites that do not differ.
    Not for: the effect on the average pupil, where large sites do better than small ones or worse.
    Source: Donald & Lang (2007), doi:10.1162/rest.89.2.221, on the sites; methods page, sections 1e and 2.8.
    """
    name = "mean_of_sites"
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    df = len(found.site) - 1
    if df < 1:
        return NotEstimated(estimator=name, reason="too_few_classes")
    value = float(found.value.mean())
    variance = float(((found.value - value) ** 2).sum()) / df
    if not variance > ROUNDING * found.cells.whole_ss:
        return NotEstimated(estimator=name, reason="no_class_spread")
    shared = slope_error(found.cells, found.start, np.full(df + 1, 1 / (df + 1)))
    se = found.cells.standard_error(variance / (df + 1), df, shared)
    return class_estimate(value, se, df, found.counts, unit=unit, estimator=name, source="donald_lang_2007")


def knapp_hartung(found: SiteDifferences | NotEstimated, *, unit: str) -> Estimate | NotEstimated:
    """The same mean with sites weighed by how precisely each was measured, for sites of very unequal size: REML and
    Knapp-Hartung as in ``matched.network_knapp_hartung`` on ``pupil_variances``, df = S - 1. Status "beside".

    The error of the slope is added as in ``mean_of_sites``. Its floor makes it wide where sites are few: in the same
    simulation 0 to 0.5 % false positives with 4 sites, 1.1 to 2.8 % with 8 and 2.8 to 4.9 % with 20. Refuses what those
    two refuse.
    """
    name = "sites_knapp_hartung"
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    variances = pupil_variances(found)
    if isinstance(variances, NotEstimated):
        return replace(variances, estimator=name)
    plain = network_knapp_hartung(found.value, variances, n=found.counts, unit=unit)
    if isinstance(plain, NotEstimated):
        return replace(plain, estimator=name)
    weights = 1 / (variances + reml_tau2(found.value, variances))
    se = found.cells.standard_error(
        plain.se**2, plain.df, slope_error(found.cells, found.start, weights / weights.sum())
    )
    weighed = class_estimate(
        plain.value, se, plain.df, found.counts, unit=unit, estimator=name, source="knapp_hartung_2003"
    )
    return replace(weighed, status="beside")


def slope_error(cells: AdjustedMeans, starts: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    """What the error of the slope adds to the variance of a weighed mean of differences between ``cells`` beyond what
    their spread shows of it: ``AdjustedMeans.slope_variance`` for differences that start ``starts`` (S, q) apart,
    ``shares`` (S,) summing to 1."""
    start = shares @ starts
    rest = starts - start
    seen = (rest * shares[:, None]).T @ rest / (len(shares) - 1)
    return max(float((cells.slope_covariance * (np.outer(start, start) - seen)).sum()), 0.0)


def corrected_mean(
    sites: ArrayLike, treated: ArrayLike, post: ArrayLike, pre: ArrayLike, reliability: float, *, unit: str
) -> Estimate | NotEstimated:
    r"""The mean of the sites' differences at the slope that a pre-test without error would have. Status "beside".

    ``reliability`` r is that of the pre-test over all pupils of an arm; within the arms of sites it is :math:`r_w`
    (``bracket.reliability_within``), and every difference becomes :math:`d_s-(1/r_w-1)\,b_w(\bar x_{sT}-\bar
    x_{sC})`. The interval has the error of :math:`b_w`, none of r. One site: the difference alone.

    Simulated, 4,000 runs a cell, pupils chosen half an SD apart on their true level, reliability 0.7 within sites, no
    effect, 4, 8 and 20 sites of 15 to 25 pupils: 3.9 to 4.5 % false positives, where ``mean_of_sites`` has 9, 18 and
    43 % and invents 0.13 SD.

    Refuses: :math:`r_w` below 0.3; what ``site_differences`` and ``mean_of_sites`` refuse. Raises ValueError unless
    0 < r ≤ 1.
    Not for: pupils who were drawn, who start apart by chance.
    Source: as ``bracket.corrected_difference``.
    """
    name = "reliability_corrected"
    found = site_differences(sites, treated, post, pre)
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    cells, cell = np.unique(2 * np.asarray(sites) + np.asarray(treated, dtype=bool), return_inverse=True)
    within = reliability_within(class_moments(cell, pre), cells % 2 == 1, reliability)
    if within is None or within < CORRECTABLE:
        return NotEstimated(estimator=name, reason="too_unreliable")
    steeper = (1 / within - 1) * float(found.cells.slope[0])
    error = replace(found.cells, slope_covariance=found.cells.slope_covariance / within**2)
    corrected = replace(found, value=found.value - steeper * found.start[:, 0], cells=error)
    if len(found.site) > 1:
        mean = mean_of_sites(corrected, unit=unit)
        return replace(mean, estimator=name, **({"status": "beside"} if isinstance(mean, Estimate) else {}))
    return Estimate(
        metric="points",
        estimator=name,
        value=float(corrected.value[0]),
        class_df=0,
        n=found.counts,
        unit=unit,
        source="description",
        status="beside",
    )


def fixed_effects(
    sites: ArrayLike, treated: ArrayLike, post: ArrayLike, *covariates: ArrayLike, unit: str
) -> Estimate | NotEstimated:
    r"""Least squares over pupils with a level of its own for every site: for these pupils only. Status "beside".

    .. math:: y_i=\alpha_{s(i)}+\delta\,T_i+x_i'\beta+e_i,\qquad df=N-S-1-q,

    N and S counting all pupils and sites given; the unit is the pupil. Arguments as ``site_differences``.

    Refuses: no pupils; an arm without pupils; one site (``within_one_site``), no site with both arms; covariates that
    cannot be told apart from each other, the arms or the sites; too few pupils; nothing left to explain.

    Not for: other classes. Once effects differ between sites by 0.2 SD its false positives there are 8.3 to 11.3 %
    (simulated: ``mean_of_sites``).
    Source: Fisher (1935), The Design of Experiments, on blocks [recalled].
    """
    name = "site_fixed_effects"
    treated = np.asarray(treated, dtype=bool)
    moments = class_moments(sites, treated, *covariates, post)
    if moments.classes and (treated.all() or not treated.any()):
        return NotEstimated(estimator=name, reason="empty_arm")
    if moments.classes == 1:
        return NotEstimated(estimator=name, reason="too_few_classes")
    if moments.classes and not moments.scatter[:, 0, 0].any():
        return NotEstimated(estimator=name, reason="one_sided_blocks")
    # Slopes within sites, that of treated first: it asks for arms of whole sites, which play no part in those.
    fit = adjusted_means(moments, np.arange(moments.classes) == 0)
    if isinstance(fit, NotEstimated):
        return replace(fit, estimator=name)
    if not fit.residual_ss > ROUNDING * fit.within_ss:
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    n = {
        "pupils_treated": int(treated.sum()),
        "pupils_control": int((~treated).sum()),
        "sites": moments.classes,
    }
    value, se = float(fit.slope[0]), math.sqrt(fit.slope_covariance[0, 0])
    estimate = class_estimate(value, se, fit.residual_df, n, unit=unit, estimator=name, source="fisher_1935")
    return replace(estimate, status="beside")


def within_one_site(post: ArrayLike, treated: ArrayLike, *covariates: ArrayLike, unit: str) -> Estimate | NotEstimated:
    """The pupils of one site, as ``pupils.ancova`` compares them: df = N - 2 - q.

    It holds for these pupils, and only when they were divided by lot: then the lot is all that chance did. Whether the
    approach would do as much in another class, one class cannot tell. Refuses as ``pupils.ancova``.
    """
    name = "within_one_site"
    fit = ancova(post, treated, *covariates, unit=unit)
    if isinstance(fit, NotEstimated):
        return replace(fit, estimator=name)
    return replace(fit.difference, estimator=name, n={**fit.difference.n, "sites": 1})


@dataclass(frozen=True, slots=True)
class SiteSpread:
    """Standard deviation ``tau`` of what the approach does between sites, in points, without the chance of pupils.

    ``interval`` is ``None`` where sites lie closer together than pupils alone would have them, at any ``tau``.
    """

    tau: float
    interval: Interval | None


def spread_of_sites(found: SiteDifferences | NotEstimated) -> SiteSpread | NotEstimated:
    """How much more the approach does in one site than in another: ``paule_mandel`` on ``pupil_variances``.

    Refuses: fewer than 2 sites with both arms; what ``pupil_variances`` refuses.

    Simulated as ``mean_of_sites``: no interval, or one without the true value, in 4.1 to 6.3 %. Effects that differ by
    0.2 SD lift the lower limit above 0 in 9 % of studies with 4 sites, 12 % with 8 and 20 % with 20.

    Not for: a claim that the approach works the same everywhere because the value is 0.
    """
    name = "spread_of_sites"
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    if len(found.site) < 2:
        return NotEstimated(estimator=name, reason="too_few_classes")
    variances = pupil_variances(found)
    if isinstance(variances, NotEstimated):
        return replace(variances, estimator=name)
    return paule_mandel(found.value, variances)


def paule_mandel(differences: NDArray[np.float64], variances: NDArray[np.float64]) -> SiteSpread:
    r"""Spread of differences (S,) beyond what their ``variances`` (S,), all positive, explain; with its interval.

    .. math:: Q(\tau^2)=\sum_s\frac{(d_s-\delta_\tau)^2}{v_s+\tau^2},\qquad
              \delta_\tau=\frac{\sum d_s/(v_s+\tau^2)}{\sum1/(v_s+\tau^2)},

    which at the true :math:`\tau^2` is :math:`\chi^2_{S-1}`: the value has Q = S - 1, the limits (Q-profile) have Q at
    its 97.5th and 2.5th percentile; 0 where Q is below that already at 0. REML's value (``matched.reml_tau2``) need not
    lie in this interval.

    Source: Paule & Mandel (1982), doi:10.6028/jres.087.022; Viechtbauer (2007), doi:10.1002/sim.2514 [both recalled;
    equal to metafor's numbers].
    """
    from scipy.special import chdtri

    df = len(differences) - 1
    low, tau, high = (
        math.sqrt(_tau2_at(differences, variances, level))
        for level in (float(chdtri(df, 0.025)), df, float(chdtri(df, 0.975)))
    )
    return SiteSpread(tau, Interval(low, high) if high > 0 else None)


def _tau2_at(values: NDArray[np.float64], variances: NDArray[np.float64], level: float) -> float:
    """Where Q, falling as tau2 rises, comes to ``level``, by halving until doubles end; 0 where it starts below."""

    def above(tau2: float) -> bool:
        weights = 1 / (variances + tau2)
        rest = values - weights @ values / weights.sum()
        return float(weights @ rest**2) > level

    # Q(tau2) is at most the plain sum of squares over tau2.
    low, high = 0.0, 2 * float(((values - values.mean()) ** 2).sum()) / level
    if not above(0.0):
        return 0.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if above(middle) else (low, middle)
    return high


def in_total_sd(
    points: Estimate | NotEstimated, sites: ArrayLike, treated: ArrayLike, post: ArrayLike
) -> Estimate | NotEstimated:
    r"""A difference of this module in total standard deviations of the unadjusted post-test within arms.

    .. math:: S_T^2=\frac{SS_T}{N-2},\qquad g=J(h)\frac{\delta}{S_T}\sqrt{\frac{m}{N-2}},\qquad h=\frac{m^2}{v},

    :math:`SS_T` being the scatter of the pupils of each arm around its mean, over all sites, and m and 2v its mean and
    variance in units of the total variance, when sites share a level in both arms with intraclass correlation
    :math:`\rho`. With :math:`n_a` (S,) the pupils of arm a in each site and
    :math:`B=\sum_a\{\operatorname{diag}(n_a)-n_an_a'/N_a\}`,

    .. math:: m=(1-\rho)(N-2)+\rho\operatorname{tr}B,\qquad
              v=(1-\rho)^2(N-2)+2\rho(1-\rho)\operatorname{tr}B+\rho^2\operatorname{tr}B^2.

    :math:`\rho` follows from :math:`SS_T` and the scatter within the arms of sites. Only pupils of sites with both arms
    count. One site has :math:`\rho=0` and h = N - 2. The interval is that of ``in_standard_deviations``: in the
    simulation of ``mean_of_sites`` it misses an effect of 0.3 SD in 3.6 to 5.8 %.

    Refuses what that refuses, and no site with both arms.
    Source: Hedges (2007), doi:10.3102/1076998606298043, for classes in one arm; Box (1954),
    doi:10.1214/aoms/1177728786 [recalled], for the moments of a quadratic form.
    """
    if isinstance(points, NotEstimated):
        return points
    sites, treated, post = np.asarray(sites), np.asarray(treated, dtype=bool), np.asarray(post, dtype=float)
    counted = np.isin(sites, np.intersect1d(sites[treated], sites[~treated]))
    if not counted.any():
        return NotEstimated(estimator=points.estimator, reason="one_sided_blocks")
    of_site, treated = np.unique(sites[counted], return_inverse=True)[1], treated[counted]
    moments = class_moments(2 * of_site + treated, post[counted])
    if not moments.in_reach:
        return NotEstimated(estimator=points.estimator, reason="out_of_reach")
    free, between = moments.pupils - 2, np.zeros((moments.classes // 2,) * 2)
    for n in (moments.n[1::2].astype(float), moments.n[::2].astype(float)):
        between += np.diag(n) - np.outer(n, n) / n.sum()
    if not free > 0:
        return NotEstimated(estimator=points.estimator, reason="too_few_pupils")
    sd = total_sd(moments, np.arange(moments.classes) % 2 == 1, 0)
    icc = _site_icc(
        sd**2 * free, float(moments.within()[0, 0]), moments.pupils, moments.classes, float(between.trace())
    )
    mean = (1 - icc) * free + icc * between.trace()
    spread = (1 - icc) ** 2 * free + 2 * icc * (1 - icc) * between.trace() + icc**2 * float((between**2).sum())
    g = in_standard_deviations(points, sd / math.sqrt(mean / free), mean**2 / spread, unit="post_total_sd")
    return g if isinstance(g, NotEstimated) else replace(g, source="hedges_2007", icc=icc)


def _site_icc(total_ss: float, within_ss: float, pupils: int, cells: int, size: float) -> float:
    """Share of the variance within arms that lies between sites, by moments, floored at 0."""
    if not (size > 0 and pupils > cells):
        return 0.0
    of_pupils = within_ss / (pupils - cells)
    of_sites = max((total_ss - (pupils - 2) * of_pupils) / size, 0.0)
    return of_sites / (of_sites + of_pupils) if of_sites > 0 else 0.0

"""Pupils divided within sites: a dummy for every arm of every site, dense matrices, simulation, R."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from made_classes import SAME, check_estimate, check_same, with_slope_error
from oracle import interaction, multisite
from scipy import optimize, stats
from test_oracle import RECORDS

from gsl_research.estimate import NotEstimated
from gsl_research.methods.clusters import adjusted_means
from gsl_research.methods.effect_sizes import in_standard_deviations
from gsl_research.methods.matched import within_blocks
from gsl_research.methods.moments import class_moments
from gsl_research.methods.pupils import arms
from gsl_research.methods.random_intercept import random_intercept, random_intercept_at
from gsl_research.methods.sites import (
    fixed_effects,
    in_total_sd,
    knapp_hartung,
    mean_of_sites,
    paule_mandel,
    pupil_variances,
    site_differences,
    spread_of_sites,
    within_one_site,
)

SEED = 20261122


def study(seed: int, sites: int = 6, *, one_sided: int = 0, start: float = 0.0, varies: float = 1.0):
    """site, treated, pre, post: sites of 9 to 24 pupils that differ in level, in arms and in what the approach does."""
    rng = np.random.default_rng(seed)
    site = rng.permutation(np.repeat(np.arange(sites), rng.integers(9, 25, sites)))
    treated = rng.random(len(site)) < rng.uniform(0.3, 0.7, sites)[site]
    for s in range(sites):
        mine = np.flatnonzero(site == s)
        treated[mine[:4]] = True, True, False, False
        if s < one_sided:
            treated[mine] = s % 2 == 0
    pre = 10 + rng.normal(0, 1, sites)[site] + rng.normal(0, 2, len(site)) + start * treated
    level, effect = rng.normal(0, 2, sites), rng.normal(1, varies, sites)
    post = 4 + 0.7 * pre + level[site] + effect[site] * treated + rng.normal(0, 1.5, len(site))
    return site, treated, pre, post


def found_in(site, treated, pre, post):
    return site_differences(site, treated, post, pre)


def by_least_squares(site, treated, pre, post):
    """The differences of the sites with both arms, those of pre, and all covariances of the differences."""
    cells, cell = np.unique(2 * site + treated, return_inverse=True)
    fit = sm.OLS(post, np.column_stack([cell[:, None] == np.arange(len(cells)), pre]).astype(float)).fit()
    at = {key: i for i, key in enumerate(cells)}
    both = [s for s in range(site.max() + 1) if {2 * s, 2 * s + 1} <= set(at)]
    contrast = np.zeros((len(both), len(cells) + 1))
    for i, s in enumerate(both):
        contrast[i, at[2 * s + 1]], contrast[i, at[2 * s]] = 1, -1
    start = [pre[cell == at[2 * s + 1]].mean() - pre[cell == at[2 * s]].mean() for s in both]
    covariance = contrast @ fit.cov_params() @ contrast.T
    return np.array(both), contrast @ fit.params, np.array(start), covariance, fit


STUDIES = [dict(seed=s, sites=n, one_sided=k, start=x) for s, n, k, x in [(1, 5, 0, 0), (2, 9, 3, 0), (3, 8, 0, 4)]]


@pytest.mark.parametrize("made", STUDIES)
def test_differences_and_their_variances_are_those_of_a_dummy_for_every_arm_of_every_site(made):
    data = site, treated, _, _ = study(**made)
    found = found_in(*data)
    both, value, start, covariance, _ = by_least_squares(*data)
    assert (found.site == both).all() and len(both) == made["sites"] - made["one_sided"]
    assert found.value == pytest.approx(value, rel=1e-9)
    assert found.start[:, 0] == pytest.approx(start, rel=1e-9)
    assert pupil_variances(found) == pytest.approx(np.diag(covariance), rel=1e-9)
    assert (found.treated == [(treated & (site == s)).sum() for s in both]).all()
    assert found.counts["pupils_control"] == sum((~treated & (site == s)).sum() for s in both)


def test_effects_that_differ_do_not_bend_the_slope():
    site, treated, pre, _ = study(4)
    effect = np.array([3.0, -2, 0, 8, 1, -5])
    found = site_differences(site, treated, 20 * site + 0.5 * pre + effect[site] * treated, pre)
    assert found.value == pytest.approx(effect, abs=1e-12)
    assert pupil_variances(found).reason == "no_pupil_spread"


# The mean


def test_without_covariates_it_is_the_t_test_of_the_plain_differences():
    site, treated, _, post = study(5)
    each = [post[(site == s) & treated].mean() - post[(site == s) & ~treated].mean() for s in range(6)]
    test = stats.ttest_1samp(each, 0)
    estimate = mean_of_sites(site_differences(site, treated, post), unit="points")
    assert (estimate.value, estimate.p) == pytest.approx((np.mean(each), test.pvalue), rel=SAME)
    assert estimate.class_df == 5


def unseen(start, shares, fit):
    """What the spread of the differences does not show of the error of the slope, by least squares' own covariance."""
    middle = shares @ start
    seen = shares @ (start - middle) ** 2 / (len(start) - 1)
    return max(fit.cov_params()[-1, -1] * (middle**2 - seen), 0)


@pytest.mark.parametrize("made", STUDIES)
def test_the_mean_holds_the_error_of_the_slope(made):
    data = study(**made)
    _, value, start, _, fit = by_least_squares(*data)
    more, df = unseen(start, np.full(len(value), 1 / len(value)), fit), len(value) - 1
    se = with_slope_error(stats.sem(value) ** 2, df, more, fit.df_resid)
    check_estimate(mean_of_sites(found_in(*data), unit="points"), value.mean(), se, df, same=1e-9)
    assert more > 0 or not made["start"]


@pytest.mark.parametrize("start", [0, 4])
def test_it_is_that_of_blocks_whose_classes_are_the_arms_of_a_site(start):
    site, treated, pre, post = study(6, start=start)
    cells = adjusted_means(class_moments(2 * site + treated, pre, post), np.arange(12) % 2 == 1)
    ours, blocks = (
        mean_of_sites(found_in(site, treated, pre, post), unit="points"),
        within_blocks(cells, np.arange(12) // 2, unit="points"),
    )
    check_same(ours, blocks)


@pytest.mark.parametrize("made", STUDIES)
def test_knapp_hartung_weighs_by_what_pupils_and_sites_add(made):
    data = study(**made)
    _, value, start, covariance, fit = by_least_squares(*data)
    known = np.diag(covariance)

    def deviance(tau):
        w = 1 / (known + tau**2)
        return np.log(w.sum()) - np.log(w).sum() + w @ (value - w @ value / w.sum()) ** 2

    tau = optimize.minimize_scalar(deviance, bounds=(0, 10), method="bounded", options={"xatol": 1e-10}).x
    w, df = 1 / (known + tau**2), len(value) - 1
    middle = w @ value / w.sum()
    variance = max(1, w @ (value - middle) ** 2 / df) / w.sum()
    se = with_slope_error(variance, df, unseen(start, w / w.sum(), fit), fit.df_resid)
    ours = knapp_hartung(found_in(*data), unit="points")
    check_estimate(ours, middle, se, df, same=1e-5)
    assert ours.status == "beside"


# These pupils only


@pytest.mark.parametrize("made", STUDIES)
def test_fixed_effects_are_least_squares_with_a_dummy_for_every_site(made):
    site, treated, pre, post = study(**made)
    design = np.column_stack([treated, pre, site[:, None] == np.arange(made["sites"])]).astype(float)
    fit = sm.OLS(post, design).fit()
    ours = fixed_effects(site, treated, post, pre, unit="points")
    check_estimate(ours, fit.params[0], fit.bse[0], len(post) - made["sites"] - 2, same=1e-9)
    assert (ours.status, ours.n["sites"]) == ("beside", made["sites"])


@pytest.mark.parametrize("covariates", [0, 1])
def test_one_site_is_analysis_of_covariance(covariates):
    _, treated, pre, post = study(7, sites=1)
    design = np.column_stack([np.ones(len(post)), treated, pre][: 2 + covariates]).astype(float)
    fit = sm.OLS(post, design).fit()
    ours = within_one_site(post, treated, *[pre][:covariates], unit="points")
    check_estimate(ours, fit.params[1], fit.bse[1], len(post) - 2 - covariates, same=1e-9)
    assert (ours.estimator, ours.n["sites"]) == ("within_one_site", 1)


# How much sites differ


def q(value, known, tau):
    w = 1 / (known + tau**2)
    return w @ (value - w @ value / w.sum()) ** 2


def limits(spread):
    return spread.tau, spread.interval.low, spread.interval.high


def levels(df):
    return df, stats.chi2.ppf(0.975, df), stats.chi2.ppf(0.025, df)


@pytest.mark.parametrize("varies", [0.1, 1, 3])
def test_spread_has_the_q_it_should_have(varies):
    data = study(8, varies=varies)
    _, value, _, covariance, _ = by_least_squares(*data)
    spread = spread_of_sites(found_in(*data))
    for tau, level in zip(limits(spread), levels(5), strict=True):
        here = q(value, np.diag(covariance), tau)
        assert here == pytest.approx(level, rel=1e-9) if tau > 0 else here <= level
    assert spread.interval.low <= spread.tau <= spread.interval.high
    assert (spread.interval.low > 0) == (varies >= 1)


METAFOR = {
    "raudenbush1985": (0.227504296863833, 0.076518264534076, 0.444663333570213),
    "bangertdrowns2004": (0.262488426473235, 0.165565275190515, 0.390538911907212),
    "konstantopoulos2011": (0.293091006834853, 0.237585112028005, 0.37256898206006),
}
"""tau of Paule and Mandel and its Q-profile limits, metafor 3.8.1 (records ``meta.*``, group PM)."""


@pytest.mark.parametrize("name", METAFOR)
def test_metafor_stops_near_the_same_spread(name, real_data):
    """Its root finder ends within 2^-13 of tau2 (R's default): Q is not quite there yet where it is with ours."""
    data = pd.read_csv(real_data / f"meta_{name}.csv")
    value, known = data.yi.to_numpy(), data.vi.to_numpy()
    for ours, theirs, level in zip(
        limits(paule_mandel(value, known)), METAFOR[name], levels(len(data) - 1), strict=True
    ):
        assert ours**2 == pytest.approx(theirs**2, abs=2**-13)
        assert q(value, known, ours) == pytest.approx(level, rel=1e-12)
        assert abs(q(value, known, theirs) / level - 1) > 1e-7


def test_sites_closer_than_pupils_would_have_them_have_no_interval():
    site, treated, pre, post = study(9)
    alike = site_differences(site, treated, post, pre).value
    spread = spread_of_sites(site_differences(site, treated, post - alike[site] * treated, pre))
    assert (spread.tau, spread.interval) == (0, None)


# In standard deviations


@pytest.mark.parametrize("made", STUDIES)
def test_g_has_the_moments_of_the_scatter_of_pupils_who_share_a_site_across_arms(made):
    data = site, treated, _, post = study(**made)
    points = mean_of_sites(found_in(*data), unit="points")
    g = in_total_sd(points, site, treated, post)
    kept = np.isin(site, found_in(*data).site)
    site, treated, post = site[kept], treated[kept], post[kept]
    shared = (site[:, None] == site).astype(float)
    by_arm, by_cell = (
        np.eye(len(post)) - same / same.sum(axis=1)
        for same in ((treated[:, None] == treated).astype(float), shared * (treated[:, None] == treated))
    )
    # Variances of sites and pupils that would give, on average, the scatters that are there.
    unknown = np.array([[np.trace(m), np.trace(m @ shared)] for m in (by_arm, by_cell)])
    pupil, between = np.linalg.solve(unknown, [post @ by_arm @ post, post @ by_cell @ post])
    assert between > 0
    assert g.icc == pytest.approx(between / (between + pupil), rel=1e-9)
    whole = by_arm @ ((1 - g.icc) * np.eye(len(post)) + g.icc * shared)
    m, v = np.trace(whole), np.trace(whole @ whole)
    same = in_standard_deviations(points, math.sqrt(post @ by_arm @ post / m), m**2 / v, unit="post_total_sd")
    check_same(g, same)
    assert g.unit == "post_total_sd"


def test_g_of_one_site_is_over_the_pooled_sd_of_its_arms():
    site, treated, pre, post = study(10, sites=1)
    points, groups = within_one_site(post, treated, pre, unit="points"), arms(post, treated)
    same = in_standard_deviations(points, groups.pooled_sd, len(post) - 2, unit="post_total_sd")
    check_same(in_total_sd(points, site, treated, post), same)


# Whatever is named or counted how


def everything(site, treated, pre, post):
    found = found_in(site, treated, pre, post)
    points = mean_of_sites(found, unit="points")
    spread = spread_of_sites(found)
    return (
        [points, knapp_hartung(found, unit="points"), fixed_effects(site, treated, post, pre, unit="points")],
        in_total_sd(points, site, treated, post),
        (spread.tau, spread.interval.low, spread.interval.high),
    )


@pytest.mark.parametrize("start", [0, 4])
def test_arms_units_order_and_names(start):
    site, treated, pre, post = study(11, start=start)
    estimates, g, spread = everything(site, treated, pre, post)
    rng = np.random.default_rng(0)
    order, names = rng.permutation(len(site)), rng.permutation(6)
    levels = rng.normal(0, 50, 6)[site]
    for sign, scale, same_g, changed in (
        (-1, 1, True, (site, ~treated, pre, post)),
        (1, 5, True, (site, treated, 3 * pre - 20, 5 * post + 100)),
        (1, 1, True, (names[site][order], treated[order], pre[order], post[order])),
        (1, 1, False, (site, treated, pre, post + levels)),
    ):
        others, other_g, other_spread = everything(*changed)
        for ours, other in zip(estimates, others, strict=True):
            check_same(other, ours, sign=sign, scale=scale)
        assert other_spread == pytest.approx(np.array(spread) * scale, rel=1e-8, abs=1e-8)
        if same_g:
            check_same(other_g, g, sign=sign)


# What cannot be computed


def reasons(site, treated, post, *covariates):
    """The reason of each of: differences, mean, Knapp-Hartung, fixed effects, spread; ``None`` where there is one."""
    found = site_differences(site, treated, post, *covariates)
    all_of_them = (
        found,
        mean_of_sites(found, unit="p"),
        knapp_hartung(found, unit="p"),
        fixed_effects(site, treated, post, *covariates, unit="p"),
        spread_of_sites(found),
    )
    return [one.reason if isinstance(one, NotEstimated) else None for one in all_of_them]


def test_refusals():
    site, treated, pre, post = study(12)
    nobody = np.zeros(0)
    assert reasons(nobody.astype(int), nobody.astype(bool), nobody) == ["no_pupils"] * 5
    assert reasons(site, treated | True, post) == ["empty_arm"] * 5
    assert reasons(site, site % 2 == 0, post) == ["one_sided_blocks"] * 5
    assert reasons(site * 0, treated, post) == [None] + ["too_few_classes"] * 4
    assert reasons(site, treated, post * 0 + 0.1) == [None, "no_class_spread"] + ["no_pupil_spread"] * 3
    assert reasons(site, treated, post, pre, 2 * pre) == ["singular"] * 5
    assert reasons(site, treated, post, site) == ["no_pupil_spread"] * 5
    assert reasons(site, treated, post * 1e200)[:3] == ["out_of_reach"] * 3
    assert reasons(site, treated, post, treated + 0.0)[3] == "singular"
    pairs = np.repeat(np.arange(5), 2)
    one_each = reasons(pairs, np.tile([True, False], 5), np.arange(10.0) ** 2)
    assert one_each == [None, None, "too_few_pupils", None, "too_few_pupils"]
    assert within_one_site(post, treated, treated + 0.0, unit="p").reason == "singular"
    assert in_total_sd(within_one_site(post[:3], np.arange(3) > 0, unit="p"), site[:3] * 0, np.arange(3) > 0, post[:3])
    points = mean_of_sites(site_differences(site, treated, post), unit="p")
    assert in_total_sd(points, site, site % 2 == 0, post).reason == "one_sided_blocks"
    assert in_total_sd(points, site, treated, post * 0).reason == "no_pupil_spread"
    assert in_total_sd(points, site, treated, post * 1e200).reason == "out_of_reach"
    assert in_total_sd(points, np.zeros(2, int), [True, False], [1, 2]).reason == "too_few_pupils"
    with pytest.raises(ValueError, match=r"\(N,\)"):
        site_differences(site, treated[1:], post)


@pytest.mark.parametrize("seed", range(6))
def test_rounding_is_no_spread(seed):
    site, treated, pre, _ = study(seed)
    without_error = 0.7 * pre + 1000.3 * site + 0.1 * treated
    assert reasons(site, treated, without_error, pre) == [None, "no_class_spread"] + ["no_pupil_spread"] * 3


@pytest.mark.filterwarnings("error")
def test_nothing_falls_over_on_tiny_studies():
    rng = np.random.default_rng(SEED)
    for _ in range(200):
        pupils = int(rng.integers(1, 14))
        site = np.unique(rng.integers(0, rng.integers(1, 5), pupils), return_inverse=True)[1]
        treated, post = rng.random(pupils) < 0.5, rng.integers(0, rng.integers(2, 20), pupils) * 0.1
        covariates = [rng.integers(0, 3, pupils)] if rng.random() < 0.5 else []
        found = site_differences(site, treated, post, *covariates)
        made = [
            mean_of_sites(found, unit="p"),
            knapp_hartung(found, unit="p"),
            fixed_effects(site, treated, post, *covariates, unit="p"),
            within_one_site(post, treated, *covariates, unit="p"),
        ]
        made += [in_total_sd(one, site, treated, post) for one in made]
        for one in made:
            assert isinstance(one, NotEstimated) or math.isfinite(one.se)
        spread = spread_of_sites(found)
        assert isinstance(spread, NotEstimated) or math.isfinite(spread.tau)


# How often it is wrong


@pytest.mark.parametrize(("sites", "varies"), [(4, 0.0), (4, 0.2), (8, 0.2), (20, 0.2)])
def test_the_mean_keeps_its_five_percent_when_effects_vary_and_fixed_effects_do_not(sites, varies):
    rng, runs = np.random.default_rng(SEED), 600
    site = np.repeat(np.arange(sites), 20)
    treated = np.tile(np.arange(20) < 10, sites)
    wrong = np.zeros(2)
    for _ in range(runs):
        pre = rng.normal(0, 1, len(site))
        post = 0.6 * pre + (rng.normal(0, 0.4, sites)[site] + rng.normal(0, varies, sites)[site] * treated)
        post += rng.normal(0, 0.8, len(site))
        both = (
            mean_of_sites(found_in(site, treated, pre, post), unit="sd"),
            fixed_effects(site, treated, post, pre, unit="sd"),
        )
        wrong += [not one.interval.holds(0) for one in both]
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert abs(wrong[0] / runs - 0.05) < error
    assert (wrong[1] / runs > 0.05 + error / 3) == (varies > 0)


# R


def test_the_distance_to_an_effect_of_its_own_in_every_site_is_as_told(real_data):
    """The numbers of the table in tests/reference/README.md: ours, Knapp-Hartung, lmer's random slope."""
    told = {
        "multisite.eef_mst": [(3.604, 1.260, 52), (3.570, 1.291, 52), (3.638, 1.308, 84.8)],
        "multisite.sesame_site": [(4.820, 1.664, 4), (4.662, 1.801, 4), (4.610, 1.820, 3.76)],
    }
    for key, rows in told.items():
        site, pre, treated, post = multisite.records(real_data, key)
        found, r = site_differences(site, treated, post, pre), RECORDS[key]
        both = mean_of_sites(found, unit="points"), knapp_hartung(found, unit="points")
        lmer = [r[f"random_slope.{name}"] for name in ("est", "se", "satt_df")]
        for numbers, row in zip([*((one.value, one.se, one.df) for one in both), lmer], rows, strict=True):
            assert numbers == pytest.approx(row, abs=0.05) and numbers[:2] == pytest.approx(row[:2], abs=0.0005)


@pytest.mark.parametrize("key", [key for f in (multisite, interaction) for key in f.DATA if "sesame_enc" not in key])
def test_lmer_stops_short_of_the_top(key, real_data):
    """As in test_distance_to_lmer.py: where lmer stops its likelihood still rises, by just the slope that leads to
    ours one Newton step away."""
    r = RECORDS[key]
    if key in multisite.DATA:
        site, pre, treated, post = multisite.records(real_data, key)
        models = [
            ([pre, treated, post], "random_intercept.varcorr.var_(Intercept)", "random_intercept.varcorr.residual"),
            ([post], "eef_mst.unconditional.var_site", "eef_mst.unconditional.var_resid"),
        ]
    else:
        site, covariates, treated, member, post = interaction.records(real_data, key)
        models = [([treated, member, treated & member, *covariates, post], "lmer.varcorr.0", "lmer.varcorr.1")]
    for columns, between, pupil in models:
        moments = class_moments(site, *columns)
        ratio = r[between] / r[pupil]
        ours, theirs = random_intercept(moments), random_intercept_at(moments, ratio)
        assert theirs.sigma2 == pytest.approx(r[pupil], rel=1e-12)
        away = ratio - ours.ratio
        assert 1e-10 < abs(away) / ours.ratio < 1e-6
        assert theirs.profile.first[0] / theirs.profile.second[0] == pytest.approx(away, rel=1e-3)
        assert ours.log_likelihood >= theirs.log_likelihood - 1e-9

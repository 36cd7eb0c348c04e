"""Two groups of pupils as the unit: scipy, statsmodels, dense algebra, and what must never change a result."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from made_pupils import two_groups
from scipy import stats

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import pupils

SAME = 1e-10
"""Two routes through the same numbers in double precision."""
SEEDS = range(4)


def same_as(found: Estimate, value, se, df):
    assert (found.value, found.se, found.df) == pytest.approx((value, se, df), rel=SAME)
    half = stats.t.ppf(0.975, df) * se
    assert (found.interval.low, found.interval.high) == pytest.approx((value - half, value + half), rel=1e-9)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(value / se), df), rel=1e-8)
    assert found.class_df == found.df


def frame(post, treated, pre) -> pd.DataFrame:
    return pd.DataFrame({"post": post, "pre": pre, "treated": treated.astype(float), "gain": post - pre})


# Means


@pytest.mark.parametrize("seed", SEEDS)
def test_student_and_welch_are_those_of_scipy(seed):
    post, treated, _ = two_groups(seed)
    for found, equal in ((pupils.post_difference, True), (pupils.welch, False)):
        ours, theirs = (
            found(post, treated, unit="points"),
            stats.ttest_ind(post[treated], post[~treated], equal_var=equal),
        )
        value = post[treated].mean() - post[~treated].mean()
        same_as(ours, value, value / theirs.statistic, theirs.df)
        assert dict(ours.n) == {"pupils_treated": 17, "pupils_control": 23}
        assert (ours.status, ours.unit, ours.metric) == ("ok", "points", "points")
    assert pupils.post_difference(post, treated, unit="points").estimator == "student"


def test_arms_are_means_and_deviations_of_each_group():
    post, treated, _ = two_groups(1)
    found = pupils.arms(post, treated)
    assert (found.n_treated, found.n_control) == (17, 23)
    assert (found.mean_treated, found.mean_control) == pytest.approx((post[treated].mean(), post[~treated].mean()))
    assert (found.sd_treated, found.sd_control) == pytest.approx(
        (post[treated].std(ddof=1), post[~treated].std(ddof=1))
    )
    fit = smf.ols("post ~ treated", frame(post, treated, post)).fit()
    assert found.pooled_sd == pytest.approx(math.sqrt(fit.scale), rel=SAME)


# Covariates


@pytest.mark.parametrize("seed", SEEDS)
def test_ancova_is_least_squares(seed):
    post, treated, pre = two_groups(seed)
    fit = smf.ols("post ~ treated + pre", data := frame(post, treated, pre)).fit()
    found = pupils.ancova(post, treated, pre, unit="points")
    same_as(found.difference, fit.params.treated, fit.bse.treated, fit.df_resid)
    assert found.slopes == pytest.approx([fit.params.pre], rel=SAME)
    assert (found.intercept, found.sigma) == pytest.approx((fit.params.Intercept, math.sqrt(fit.scale)), rel=SAME)
    at_mean = fit.predict(pd.DataFrame({"treated": [1.0, 0.0], "pre": pre.mean()}))
    assert (found.mean_treated, found.mean_control) == pytest.approx(tuple(at_mean), rel=SAME)
    without = smf.ols("post ~ treated", data).fit()
    assert found.r2 == pytest.approx(fit.rsquared, rel=SAME)
    assert found.r2_within == pytest.approx(1 - fit.ssr / without.ssr, rel=SAME)


def test_ancova_takes_several_covariates():
    post, treated, pre = two_groups(5)
    data = frame(post, treated, pre).assign(other=np.random.default_rng(5).normal(size=len(post)))
    fit = smf.ols("post ~ treated + pre + other", data).fit()
    found = pupils.ancova(post, treated, pre, data.other, unit="points")
    same_as(found.difference, fit.params.treated, fit.bse.treated, fit.df_resid)
    assert found.slopes == pytest.approx([fit.params.pre, fit.params.other], rel=SAME)
    at_mean = fit.predict(pd.DataFrame({"treated": [0.0], "pre": pre.mean(), "other": data.other.mean()}))
    assert found.mean_control == pytest.approx(at_mean[0], rel=SAME)


def test_ancova_without_covariates_is_student():
    post, treated, _ = two_groups(2)
    found, student = pupils.ancova(post, treated, unit="points"), pupils.post_difference(post, treated, unit="points")
    assert (found.difference.value, found.difference.se, found.r2_within) == (student.value, student.se, 0)
    assert found.mean_control == pytest.approx(post[~treated].mean(), rel=SAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_robust_ancova_has_the_hc2_error_and_the_df_of_its_definition(seed):
    """HC2 from statsmodels; the df from the N x N matrix of which the variance is a quadratic form."""
    post, treated, pre = two_groups(seed)
    fit = smf.ols("post ~ treated + pre", frame(post, treated, pre)).fit(cov_type="HC2")
    found = pupils.ancova_hc2(post, treated, pre, unit="points")
    assert (found.value, found.se) == pytest.approx((fit.params.treated, fit.bse.treated), rel=SAME)
    design = fit.model.exog
    hat = design @ np.linalg.pinv(design)
    weights = np.diag(np.linalg.pinv(design)[1] ** 2 / (1 - np.diag(hat)))
    form = weights @ (np.eye(len(post)) - hat)
    assert found.df == pytest.approx(np.trace(form) ** 2 / np.trace(form @ form), rel=1e-9)
    assert (found.status, found.class_df) == ("beside", found.df)


@pytest.mark.parametrize("seed", SEEDS)
def test_gains_are_student_on_gains(seed):
    post, treated, pre = two_groups(seed)
    fit = smf.ols("gain ~ treated", frame(post, treated, pre)).fit()
    found = pupils.gain_difference(post, treated, pre, unit="points")
    same_as(found, fit.params.treated, fit.bse.treated, fit.df_resid)
    assert (found.status, found.estimator) == ("beside", "gain_score")


@pytest.mark.parametrize("seed", SEEDS)
def test_slope_homogeneity_is_the_product_of_treated_and_pre(seed):
    post, treated, pre = two_groups(seed)
    fit = smf.ols("post ~ treated * pre", frame(post, treated, pre)).fit()
    found = pupils.slope_homogeneity(post, treated, pre, unit="points_per_point")
    same_as(found, fit.params["treated:pre"], fit.bse["treated:pre"], fit.df_resid)
    slopes = [np.polyfit(pre[arm], post[arm], 1)[0] for arm in (treated, ~treated)]
    assert found.value == pytest.approx(slopes[0] - slopes[1], rel=1e-9)


# Reliability


def test_a_perfect_pre_test_needs_no_correction():
    post, treated, pre = two_groups(3)
    plain = pupils.ancova(post, treated, pre, unit="points").difference
    found = pupils.reliability_corrected(post, treated, pre, reliability=1, unit="points")
    same_as(found, plain.value, plain.se, plain.df)
    assert found.status == "beside"


def test_the_correction_steepens_the_slope():
    post, treated, pre = two_groups(3)
    plain, gap = pupils.ancova(post, treated, pre, unit="points"), pupils.post_difference(pre, treated, unit="points")
    raw = pupils.post_difference(post, treated, unit="points")
    found = pupils.reliability_corrected(post, treated, pre, reliability=0.8, unit="points")
    assert found.value == pytest.approx(raw.value - plain.slopes[0] / 0.8 * gap.value, rel=SAME)
    assert found.df == plain.difference.df


def test_the_error_of_the_pre_test_adds_what_the_formula_says():
    post, treated, pre = two_groups(3)
    plain, r = pupils.ancova(post, treated, pre, unit="points"), 0.8
    arms = [pre[treated], pre[~treated]]
    within = sum(((arm - arm.mean()) ** 2).sum() for arm in arms)
    share, start = sum(1 / len(arm) for arm in arms), arms[0].mean() - arms[1].mean()
    residual = plain.sigma**2 * (share + start**2 / (r**2 * within))
    unseen = ((1 - r) * plain.slopes[0] / r) ** 2 * within / (len(pre) - 2) * share
    found = pupils.reliability_corrected(post, treated, pre, reliability=r, unit="points")
    assert found.se == pytest.approx(math.sqrt(residual + unseen), rel=SAME)


@pytest.mark.parametrize("reliability", [0, -0.1, 1.01])
def test_a_reliability_is_a_share(reliability):
    post, treated, pre = two_groups(3)
    with pytest.raises(ValueError, match="reliability lies above 0"):
        pupils.reliability_corrected(post, treated, pre, reliability=reliability, unit="points")


def test_the_correction_finds_the_difference_that_ancova_invents():
    """Reliability 0.6, groups that start 1 SD apart, no effect. The interval holds 0 in 95 %, ancova's in far fewer."""
    rng, runs, treated = np.random.default_rng(20261122), 1200, np.arange(60) < 30
    value, missed, invented = [], 0, 0
    for _ in range(runs):
        true = math.sqrt(0.6) * rng.normal(size=60) + treated
        pre, post = true + math.sqrt(0.4) * rng.normal(size=60), 0.7 * true + 0.6 * rng.normal(size=60)
        found = pupils.reliability_corrected(post, treated, pre, reliability=0.6, unit="sd")
        value.append(found.value)
        missed += not found.interval.holds(0)
        invented += not pupils.ancova(post, treated, pre, unit="sd").difference.interval.holds(0)
    assert np.mean(value) == pytest.approx(0, abs=2.5 * np.std(value) / math.sqrt(runs))
    assert abs(missed / runs - 0.05) <= 2 * math.sqrt(0.05 * 0.95 / runs)
    assert invented / runs > 0.15


def test_the_error_of_the_correction_is_what_it_does_over_samples():
    """Both terms of the standard error: the variance over samples in the population above, from its own moments."""
    rng, treated = np.random.default_rng(20261122), np.arange(60) < 30
    true = math.sqrt(0.6) * rng.normal(size=(20_000, 60)) + treated
    pre = true + math.sqrt(0.4) * rng.normal(size=(20_000, 60))
    post = 0.7 * true + 0.6 * rng.normal(size=(20_000, 60))
    cx, cy = (
        np.where(treated, v - v[:, treated].mean(axis=1)[:, None], v - v[:, ~treated].mean(axis=1)[:, None])
        for v in (pre, post)
    )
    slope = (cx * cy).sum(axis=1) / (cx**2).sum(axis=1)
    gaps = [v[:, treated].mean(axis=1) - v[:, ~treated].mean(axis=1) for v in (pre, post)]
    spread = np.var(gaps[1] - slope / 0.6 * gaps[0])
    squares = [
        pupils.reliability_corrected(post[i], treated, pre[i], reliability=0.6, unit="sd").se ** 2 for i in range(600)
    ]
    assert np.mean(squares) == pytest.approx(spread, rel=0.05)


# Counting pairs


def test_superiority_counts_pairs_and_halves_ties():
    rng = np.random.default_rng(2)
    for _ in range(20):
        post, treated = rng.integers(0, 8, 24).astype(float), rng.permutation(np.arange(24) < rng.integers(3, 20))
        wins = np.sign(post[treated][:, None] - post[~treated])
        found = pupils.superiority(post, treated)
        assert found.value == pytest.approx((wins > 0).mean() + (wins == 0).mean() / 2, rel=SAME)
        assert found.cliffs_delta == pytest.approx(wins.mean(), abs=1e-12)
        theirs = stats.mannwhitneyu(post[treated], post[~treated], method="asymptotic", use_continuity=True)
        assert found.u == theirs.statistic
        assert found.p == pytest.approx(theirs.pvalue, rel=SAME)


def test_superiority_of_groups_apart_alike_and_equal():
    treated = np.arange(12) < 6
    assert pupils.superiority(treated.astype(float), treated).value == 1
    assert pupils.superiority(-treated.astype(float), treated).cliffs_delta == -1
    level = pupils.superiority(np.full(12, 3.3), treated)
    assert (level.value, level.p) == (0.5, None)
    mixed = pupils.superiority(np.array([1.0, 2, 3, 4, 5, 6] * 2), treated)
    assert (mixed.value, mixed.p) == (0.5, 1.0)


def test_five_pupils_get_no_p():
    scores, treated = np.array([1.0, 2, 3, 4, 5, 6]), np.array([True, True, False, False, True, False])
    assert pupils.superiority(scores[:5], treated[:5]).p is None
    assert pupils.post_difference(scores[:5], treated[:5], unit="points").p is None
    assert pupils.superiority(scores, treated).p is not None
    assert pupils.post_difference(scores, treated, unit="points").p is not None


def test_superiority_refuses_scores_that_do_not_belong():
    with pytest.raises(ValueError, match="finite and"):
        pupils.superiority([1.0, 2.0], [True])
    with pytest.raises(ValueError, match="finite and"):
        pupils.superiority([1.0, math.nan], [True, False])


# What changes nothing, and what turns around

ALL = {
    "student": lambda post, treated, pre: pupils.post_difference(post, treated, unit="points"),
    "welch": lambda post, treated, pre: pupils.welch(post, treated, unit="points"),
    "gain": lambda post, treated, pre: pupils.gain_difference(post, treated, pre, unit="points"),
    "ancova": lambda post, treated, pre: _inside(pupils.ancova(post, treated, pre, unit="points")),
    "hc2": lambda post, treated, pre: pupils.ancova_hc2(post, treated, pre, unit="points"),
    "slopes": lambda post, treated, pre: pupils.slope_homogeneity(post, treated, pre, unit="points"),
    "corrected": lambda post, treated, pre: pupils.reliability_corrected(
        post, treated, pre, reliability=0.8, unit="points"
    ),
}


def _inside(found):
    return found if isinstance(found, NotEstimated) else found.difference


@pytest.mark.parametrize("name", ALL)
def test_what_changes_nothing(name):
    post, treated, pre = two_groups(7)
    estimate = ALL[name]
    plain, order = estimate(post, treated, pre), np.random.default_rng(1).permutation(len(post))
    for found, factor in (
        (estimate(post[order], treated[order], pre[order]), 1),
        (estimate(post + 100, treated, pre + 100), 1),
        (estimate(5 * post, treated, 5 * pre), 1 if name == "slopes" else 5),
        (estimate(post, ~treated, pre), -1),
    ):
        assert (found.value, found.se) == pytest.approx((factor * plain.value, abs(factor) * plain.se), rel=1e-9)
        assert found.df == pytest.approx(plain.df, rel=1e-9)
        low, high = sorted(factor * limit for limit in (plain.interval.low, plain.interval.high))
        assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-8)


def test_superiority_turns_around_and_minds_only_the_order():
    post, treated, _ = two_groups(8)
    plain, other = pupils.superiority(post, treated), pupils.superiority(post, ~treated)
    assert (other.value, other.p) == pytest.approx((1 - plain.value, plain.p), rel=SAME)
    assert pupils.superiority(np.exp(post / 10), treated) == plain


# What has no answer


@pytest.mark.parametrize("name", ALL)
def test_what_cannot_be_estimated_says_why(name):
    estimate, treated = ALL[name], np.arange(12) < 6
    post, pre = np.random.default_rng(3).normal(10, 2, (2, 12))
    nothing = np.zeros(0)
    cases = {
        "no_pupils": [(nothing, nothing.astype(bool), nothing)],
        "empty_arm": [(post, np.ones(12, dtype=bool), pre), (post, np.zeros(12, dtype=bool), pre)],
        "too_few_pupils": [(post[:2], treated[5:7], pre[:2])],
        "out_of_reach": [(post * 1e200, treated, pre), (post + 1e12, treated, pre)],
    }
    if name not in ("gain", "student", "welch"):
        cases["singular"] = [(post, treated, np.full(12, 0.3)), (post, treated, treated + 0.1)]
        cases["no_pupil_spread"] = [(3 * pre + 0.1 + (name != "slopes") * treated, treated, pre)]
    if name in ("welch", "hc2"):
        cases["too_few_pupils"] += [(post, np.arange(12) < 1, pre)]
    if name == "gain":
        rounded = np.round(100 * pre, 1)
        cases["no_pupil_spread"] = [(rounded + 0.1, treated, rounded), (rounded + 0.1 + 7 * treated, treated, rounded)]
    if name in ("student", "welch"):
        cases["no_pupil_spread"] = [(treated * 0.1 + 0.3, treated, pre)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for reason, data in cases.items():
            for case in data:
                found = estimate(*case)
                assert isinstance(found, NotEstimated), (reason, found)
                assert found.reason == reason
                assert estimate(post, treated, pre).estimator == found.estimator


def test_gains_that_differ_by_rounding_alone_are_the_same_gain():
    treated = np.arange(12) < 6
    for seed in range(40):
        pre = np.round(np.random.default_rng(seed).normal(1000, 200, 12), 1)
        for gain in (0.1, 7.3):
            found = pupils.gain_difference(pre + gain + 2 * treated, treated, pre, unit="points")
            assert found == NotEstimated(estimator="gain_score", reason="no_pupil_spread")


def test_slope_homogeneity_far_from_0():
    post, treated, pre = two_groups(4)
    near, far = (pupils.slope_homogeneity(post, treated, pre + shift, unit="ratio") for shift in (0, 1e5))
    assert (far.value, far.se) == pytest.approx((near.value, near.se), rel=1e-8)


def test_arms_and_superiority_say_why_too():
    scores, treated = np.arange(4.0), np.array([True, False, False, False])
    assert pupils.arms(scores, treated).reason == "too_few_pupils"
    assert pupils.arms(scores[:0], treated[:0]).reason == "no_pupils"
    assert pupils.arms(scores * 1e300, np.arange(4) < 2).reason == "out_of_reach"
    assert pupils.superiority(scores, np.zeros(4, dtype=bool)).reason == "empty_arm"
    assert pupils.superiority(scores[:0], treated[:0]).reason == "no_pupils"


def test_one_pupil_in_an_arm_still_has_a_difference():
    post, treated = np.array([3.0, 1.0, 2.0, 4.0, 2.5]), np.arange(5) < 1
    found = pupils.post_difference(post, treated, unit="points")
    theirs = stats.ttest_ind(post[treated], post[~treated])
    assert (found.value, found.value / found.se) == pytest.approx((0.625, theirs.statistic))
    assert dict(found.n) == {"pupils_treated": 1, "pupils_control": 4}


@pytest.mark.parametrize("name", ALL)
def test_lengths_that_differ_are_a_mistake(name):
    post, treated, pre = two_groups(1)
    with pytest.raises(ValueError, match=r"be \(n,\)|shapes"):
        ALL[name](post, treated[:-1], pre)

"""Whole classes: R's values, the same numbers by other routes, and what may not change anything."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from conftest import plan
from scipy import stats

from gsl_research.dataset import load_data
from gsl_research.measure import measure
from gsl_research.methods import clusters
from gsl_research.methods.moments import class_moments
from gsl_research.study import Study

ORACLE = json.loads((Path(__file__).parent / "reference" / "oracle.json").read_text("utf-8"))
ORACLE_DIGITS = 1e-12
"""R's values are frozen in 15 digits; differences of means lose some."""
SAME = 1e-10
"""Two routes through the same numbers in double precision."""


def reference(key: str) -> dict[str, float]:
    return {entry["quantity"]: entry["value"] for entry in ORACLE if entry["key"] == key}


def school(seed: int, treated: int = 3, control: int = 4, sizes: tuple[int, int] = (5, 30)):
    """codes, pre, post, treated: classes that differ, and pupils in mixed order."""
    rng = np.random.default_rng(seed)
    groups = treated + control
    codes = rng.permutation(np.repeat(np.arange(groups), rng.integers(*sizes, groups)))
    arm = rng.permutation(np.arange(groups) < treated)
    pre = 10 + rng.normal(0, 1, groups)[codes] + rng.normal(0, 2, len(codes))
    post = 4 + 0.7 * pre + rng.normal(0, 1, groups)[codes] + arm[codes] + rng.normal(0, 1.5, len(codes))
    return codes, pre, post, arm


def adjusted(codes, pre, post, treated) -> clusters.AdjustedMeans:
    return clusters.adjusted_means(class_moments(codes, pre, post), treated)


def difference(codes, pre, post, treated):
    return clusters.adjusted_difference(adjusted(codes, pre, post, treated), unit="points")


def g(codes, pre, post, treated):
    moments = class_moments(codes, pre, post)
    sd, icc = clusters.total_sd(moments, treated, 1), clusters.anova_icc(moments, treated, 1)
    return clusters.standardised(difference(codes, pre, post, treated), moments, sd=sd, icc=icc)


def real(folder: Path, name: str):
    """codes, pre, post, treated of a real data set; its own unit is the class."""
    file, units, pre, post, treated = {
        "eef_crt": ("eef_crt.csv", ["School"], "Prettest", "Posttest", lambda d: d.Intervention == 1),
        "bdf": ("dutch_bdf.csv", ["schoolNR", "classNR"], "langPRET", "langPOST", lambda d: d.mixedgra == 1),
        "hsb82": ("us_hsb82.csv", ["school"], "ses", "mAch", lambda d: d.sector == "Catholic"),
    }[name]
    data = pd.read_csv(folder / file)
    codes = data.groupby(units).ngroup().to_numpy()
    return codes, data[pre].to_numpy(float), data[post].to_numpy(float), treated(data).groupby(codes).first().to_numpy()


# R's values

PUPILS = {
    "eef_crt": ("eef_crt.csv", "Prettest", "Posttest", lambda d: d.Intervention == 1),
    "eef_mst": ("eef_mst.csv", "Prettest", "Posttest", lambda d: d.Intervention == 1),
    "sesame": ("sesame_prepost.csv", "prelet", "postlet", lambda d: d.encour == 1),
    "attitudes": ("cz_attitudes_3waves.csv", "PreMacro", "PostMacro", lambda d: d.Group == "E"),
    "attitudes_macro": ("cz_attitudes_3waves.csv", "PreMacro", "PostMacro", lambda d: d.Group == "E"),
    "uci_schoolsup": ("uci_student_mat.csv", "G1", "G3", lambda d: d.schoolsup == "yes"),
}


def in_two_arms(folder: Path, name: str):
    file, pre, post, treated = PUPILS[name]
    data = pd.read_csv(folder / file, sep=";" if file.startswith("uci") else ",")
    return treated(data).to_numpy(), data[pre].to_numpy(float), data[post].to_numpy(float)


def by_pupil_means(folder: Path, name: str) -> dict[str, float]:
    """With each pupil as its own class the t on class means is Student's t; with ICC 0 g is Hedges' g."""
    treated, pre, post = in_two_arms(folder, name)
    whole = class_moments(treated.astype(int), pre, post)
    arms = np.array([False, True])
    estimate = difference(np.arange(len(post)), pre, post, treated)
    sd = clusters.total_sd(whole, arms, 1)
    effect = clusters.standardised(estimate, whole, sd=sd, icc=0.0)
    return {
        "n_trt": estimate.n["classes_treated"],
        "n_ctrl": estimate.n["classes_control"],
        "mean_trt": whole.mean[1, 1],
        "mean_ctrl": whole.mean[0, 1],
        "diff": estimate.value,
        "sd_pooled": sd,
        "student.df": estimate.df,
        "student.p": estimate.p,
        "student.ci_lb": estimate.interval.low,
        "student.ci_ub": estimate.interval.high,
        "J_exact": clusters.small_sample_factor(estimate.df),
        "hedges_g_exact": effect.value,
    }


def by_ancova(folder: Path, name: str) -> dict[str, float]:
    """With each arm as one class and an assumed ICC of 0, one class per arm is the analysis of covariance."""
    treated, pre, post = in_two_arms(folder, name)
    moments, arms = class_moments(treated.astype(int), pre, post), np.array([False, True])
    means = clusters.adjusted_means(moments, arms)
    estimate = clusters.assumed_icc(means, 0.0, unit="points")
    gap = moments.mean[1, 0] - moments.mean[0, 0]
    return {
        "n_trt": estimate.n["pupils_treated"],
        "n_ctrl": estimate.n["pupils_control"],
        "adj_diff": estimate.value,
        "se": estimate.se,
        "df": estimate.df,
        "p": clusters.two_sided_p(estimate.value, estimate.se, estimate.df),
        "ci_lb": estimate.interval.low,
        "ci_ub": estimate.interval.high,
        "pre_slope": means.slope,
        "sigma_resid": math.sqrt(means.residual_ss / means.residual_df),
        "sd_post_pooled": clusters.total_sd(moments, arms, 1),
        "sd_pre_pooled": clusters.total_sd(moments, arms, 0),
        "baseline_difference.diff": gap,
        "baseline_difference.g": gap
        / clusters.total_sd(moments, arms, 0)
        * clusters.small_sample_factor(moments.pupils - 2),
    }


def by_counting(folder: Path, name: str) -> dict[str, float]:
    codes, pre, post, treated = real(folder, name)
    counts = adjusted(codes, pre, post, treated).counts
    return {
        "n": counts["pupils_treated"] + counts["pupils_control"],
        "n_clusters": counts["classes_treated"] + counts["classes_control"],
        "n_clusters_trt": counts["classes_treated"],
        "n_clusters_ctrl": counts["classes_control"],
        "mean_cluster_size": class_moments(codes, pre, post).pupils / (codes.max() + 1),
    }


LMER = {"fixed.pre.est", "fixed.trt.est", "var_cluster", "var_resid", "trt_KR.se"}
"""What only serves to explain a distance, in ``test_the_distance_to_lmer_has_known_parts``."""
GRID = {
    **{
        f"twogroup.{n}": (by_pupil_means, n, 12) for n in ("eef_crt", "eef_mst", "sesame", "attitudes", "uci_schoolsup")
    },
    **{f"ancova.{n}": (by_ancova, n, 14) for n in ("eef_crt", "eef_mst", "sesame", "attitudes_macro", "uci_schoolsup")},
    "clustered.eef_crt": (by_counting, "eef_crt", 5),
    "clustered.hsb82_catholic": (by_counting, "hsb82", 5),
}


def test_the_grid_of_references_has_not_shrunk():
    keys = {entry["key"] for entry in ORACLE if not entry["key"].startswith("paired.")}
    assert keys == set(GRID) | {"clustered.bdf_mixedgrade_language"}
    for key, (_, _, quantities) in GRID.items():
        assert len(set(reference(key)) - LMER) == quantities
    for key in ("clustered.eef_crt", "clustered.bdf_mixedgrade_language"):
        assert set(reference(key)) >= LMER
    assert all(set(entry) == {"key", "quantity", "value", "source", "version"} for entry in ORACLE)


@pytest.mark.parametrize("key", GRID)
def test_r_gives_the_same(key, real_data):
    route, name, _ = GRID[key]
    ours, theirs = route(real_data, name), reference(key)
    assert set(ours) == set(theirs) - LMER
    for quantity, value in ours.items():
        assert value == pytest.approx(theirs[quantity], rel=ORACLE_DIGITS), quantity


# The same numbers by another route


def by_regression(codes, pre, post, treated):
    """Within slope from least squares with a dummy per class; then an equal-variance t-test on the adjusted means."""
    design = np.column_stack([pre, codes[:, None] == np.arange(codes.max() + 1)])
    slope = sm.OLS(post, design.astype(float)).fit().params[0]
    means = pd.DataFrame({"pre": pre, "post": post}).groupby(codes).mean()
    means = (means.post - slope * means.pre).to_numpy()
    return slope, stats.ttest_ind(means[treated], means[~treated], equal_var=True), means


def check_against_regression(data):
    slope, test, means = by_regression(*data)
    ours, estimate = adjusted(*data), difference(*data)
    assert ours.slope == pytest.approx(slope, rel=SAME)
    np.testing.assert_allclose(np.diff(ours.mean), np.diff(means), atol=SAME * np.ptp(means))
    interval = test.confidence_interval()
    assert estimate.value / estimate.se == pytest.approx(test.statistic, rel=SAME)
    assert estimate.df == estimate.class_df == test.df == len(means) - 2
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((interval.low, interval.high), rel=SAME)
    if estimate.df >= 4:
        assert estimate.p == pytest.approx(test.pvalue, rel=SAME)
    else:
        assert estimate.p is None


@pytest.mark.parametrize("name", ["eef_crt", "bdf", "hsb82"])
def test_real_classes_by_regression_and_a_t_test(name, real_data):
    check_against_regression(real(real_data, name))


@pytest.mark.parametrize(("treated", "control"), [(1, 2), (2, 1), (2, 2), (2, 3), (3, 3), (1, 5), (10, 12)])
def test_made_classes_by_regression_and_a_t_test(treated, control):
    for seed in range(5):
        check_against_regression(school(seed, treated, control))


def test_adjusted_means_stand_at_the_mean_of_the_class_pre_tests():
    codes, pre, post, treated = school(1)
    ours = adjusted(codes, pre, post, treated)
    frame = pd.DataFrame({"pre": pre, "post": post}).groupby(codes).mean()
    assert ours.mean.mean() == pytest.approx(frame.post.mean(), rel=SAME)
    np.testing.assert_allclose(ours.mean, frame.post - ours.slope * (frame.pre - frame.pre.mean()), rtol=SAME)
    np.testing.assert_allclose(ours.pre, frame.pre, rtol=SAME)


def test_without_spread_in_the_pre_test_nothing_is_adjusted():
    codes, pre, post, treated = school(2)
    flat = np.full(len(pre), 3.3)
    per_class = np.round(np.linspace(2, 9, codes.max() + 1), 1)[codes]
    for pre_test in (flat, per_class):
        ours = adjusted(codes, pre_test, post, treated)
        assert (ours.slope, ours.pre_ss) == (0, 0)
        assert ours.residual_df == len(post) - len(treated)
        np.testing.assert_allclose(ours.mean, pd.Series(post).groupby(codes).mean(), rtol=SAME)


@pytest.mark.parametrize("treated", [[True] * 7, [False] * 7, [True, False]])
def test_each_arm_needs_a_class(treated):
    codes, pre, post, _ = school(3)
    with pytest.raises(ValueError, match="at least one class in each arm"):
        clusters.adjusted_means(class_moments(codes, pre, post), np.array(treated))


def test_one_class_per_arm_has_no_t():
    assert difference(*school(1, 1, 1)) is None


def test_rounding_is_no_spread():
    """Post is pre plus the same in every class of an arm: no class spread, and no pupil spread, to judge by."""
    for seed in range(50):
        codes, pre, _, treated = school(seed)
        pre = np.round(pre, 1)
        for effect in (0, 1.7):
            exact = adjusted(codes, pre, pre + 0.1 + effect * treated[codes], treated)
            assert clusters.adjusted_difference(exact, unit="points") is None
            assert clusters.assumed_icc(exact, 0.15, unit="points") is None
            assert clusters.tipping_icc(exact) is None


# An assumed ICC


def dense(codes, pre, post, treated, icc):
    """Estimate, SE and df by brute force: N x N covariance of the pupils, and least squares with class dummies."""
    belongs = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    design = np.column_stack([belongs, pre])
    weights = np.linalg.pinv(design)
    contrast = np.append(np.where(treated, 1 / treated.sum(), -1 / (~treated).sum()), 0.0)
    residual = post - design @ (weights @ post)
    df = len(post) - design.shape[1]
    variance = residual @ residual / df
    covariance = variance * (np.eye(len(post)) + icc / (1 - icc) * belongs @ belongs.T)
    linear = contrast @ weights
    return linear @ post, math.sqrt(linear @ covariance @ linear), df


@pytest.mark.parametrize(("treated", "control"), [(1, 1), (1, 2), (2, 1), (2, 3)])
@pytest.mark.parametrize("icc", [0.0, 0.05, 0.15, 0.6])
def test_assumed_icc_by_brute_force(treated, control, icc):
    for seed in range(3):
        data = school(seed, treated, control, (3, 12))
        value, se, df = dense(*data, icc)
        estimate = clusters.assumed_icc(adjusted(*data), icc, unit="points")
        assert estimate.value == pytest.approx(value, rel=SAME)
        assert estimate.se == pytest.approx(se, rel=SAME)
        assert (estimate.df, estimate.assumed_icc, estimate.status) == (df, icc, "assumed_icc")
        half = stats.t.ppf(0.975, df) * se
        assert (estimate.interval.low, estimate.interval.high) == pytest.approx((value - half, value + half), rel=SAME)
        assert estimate.p is None


@pytest.mark.parametrize("icc", [0.0, 0.15, 0.4])
def test_one_class_per_arm_is_generalised_least_squares(icc):
    """With a class per arm the covariate's slope is the within slope whatever the ICC."""
    codes, pre, post, treated = school(5, 1, 1, (8, 20))
    estimate = clusters.assumed_icc(adjusted(codes, pre, post, treated), icc, unit="points")
    belongs = (codes[:, None] == np.arange(2)).astype(float)
    covariance = np.eye(len(post)) + icc / (1 - icc) * belongs @ belongs.T
    fit = sm.GLS(post, np.column_stack([np.ones(len(post)), treated[codes], pre]), sigma=covariance).fit()
    assert estimate.value == pytest.approx(fit.params[1], rel=SAME)
    assert estimate.se == pytest.approx(fit.bse[1], rel=SAME)


def test_without_pupil_spread_there_is_no_panel():
    codes = np.array([0, 0, 0, 1, 1, 1])
    means = adjusted(codes, np.array([1, 2, 3, 1, 2, 3.0]), np.array([4, 4, 4, 5, 5, 5.0]), np.array([True, False]))
    assert clusters.assumed_icc(means, 0.15, unit="points") is None
    assert clusters.tipping_icc(means) is None
    alone = adjusted(np.array([0, 1]), np.array([1.0, 2]), np.array([3.0, 5]), np.array([True, False]))
    assert clusters.assumed_icc(alone, 0.15, unit="points") is None


@pytest.mark.parametrize(("treated", "control"), [(1, 1), (1, 2)])
def test_at_the_tipping_icc_the_interval_touches_zero(treated, control):
    tipped = 0
    for seed in range(30):
        means = adjusted(*school(seed, treated, control))
        icc = clusters.tipping_icc(means)
        assert 0 <= icc < 1
        interval = clusters.assumed_icc(means, icc, unit="points").interval
        if icc == 0:
            assert interval.holds(0)
        else:
            assert min(abs(interval.low), abs(interval.high)) < 1e-9
            assert not clusters.assumed_icc(means, icc * 0.99, unit="points").interval.holds(0)
            tipped += 1
    assert tipped > 5


@pytest.mark.parametrize(("effect", "icc"), [(0.5, 0.0), (0.6, 0.02), (0.8, 0.07), (1.0, 0.12), (1.2, 0.18)])
def test_tipping_icc_as_printed_on_the_methods_page(effect, icc):
    """Section 2.7: classes of 20, residual SD 0.8; printed in two decimals."""
    two = np.array([20, 20])
    means = clusters.AdjustedMeans(
        np.array([effect, 0]), np.array([True, False]), two, np.zeros(2), 0.6, 38.0, 0.64 * 37, 37
    )
    assert clusters.tipping_icc(means) == pytest.approx(icc, abs=0.005)


def test_the_panels_and_the_bound_are_those_of_the_methods_page():
    """Section 1, below the table, and row (c)."""
    assert clusters.TEST_ICCS == (0.05, 0.15, 0.25)
    assert clusters.QUESTIONNAIRE_ICCS == (0.02, 0.05, 0.10)
    assert clusters.COMPARABLE == 0.25


def test_usual_gap_is_the_mean_distance_of_two_classes():
    means = adjusted(*school(4, 1, 1))
    pupil_sd = math.sqrt(means.residual_ss / means.residual_df)
    class_sd = pupil_sd * math.sqrt(0.15 / 0.85)
    assert clusters.usual_gap(means, 0.15) == pytest.approx(stats.halfnorm(scale=math.sqrt(2) * class_sd).mean())


# Intraclass correlation and g


def projections(codes, treated):
    classes = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    arms = np.column_stack([treated[codes], ~treated[codes]]).astype(float)
    return classes, *(m @ np.linalg.pinv(m) for m in (classes, arms))


@pytest.mark.parametrize("seed", range(4))
def test_anova_icc_from_expected_mean_squares(seed):
    """Mean squares and the weight of the class variance, all from N x N projections."""
    codes, pre, post, treated = school(seed, 3, 4, (2, 12))
    member, on_class, on_arm = projections(codes, treated)
    df, classes = len(post), len(treated)
    between = post @ (on_class - on_arm) @ post / (classes - 2)
    within = post @ (np.eye(df) - on_class) @ post / (df - classes)
    weight = np.trace(member.T @ (on_class - on_arm) @ member) / (classes - 2)
    variance = (between - within) / weight
    expected = max(variance / (variance + within), 0)
    assert clusters.anova_icc(class_moments(codes, pre, post), treated, 1) == pytest.approx(expected, rel=SAME)


def test_anova_icc_of_equal_classes_is_the_textbook_one():
    codes, pre, post, treated = school(2, 3, 3, (10, 11))
    arms = [[post[codes == j] for j in range(6) if treated[j] == arm] for arm in (True, False)]
    within = np.mean([np.var(c, ddof=1) for arm in arms for c in arm])
    between = 10 * np.mean([np.var([c.mean() for c in arm], ddof=1) for arm in arms])
    expected = (between - within) / (between + 9 * within)
    assert 0 < expected == pytest.approx(clusters.anova_icc(class_moments(codes, pre, post), treated, 1), rel=SAME)


def test_anova_icc_is_never_negative_and_zero_when_it_cannot_be_seen():
    treated = np.array([True, True, False, False])
    alike = class_moments(np.repeat(np.arange(4), 2), np.zeros(8), [1, 9] * 4)
    assert clusters.anova_icc(alike, treated, 1) == 0
    assert clusters.anova_icc(class_moments([0, 0, 1, 1], np.zeros(4), [1, 2, 3, 5]), treated[1:3], 1) == 0
    assert clusters.anova_icc(class_moments(range(4), np.zeros(4), [1, 2, 3, 5]), treated, 1) == 0
    assert clusters.anova_icc(class_moments(np.repeat(np.arange(4), 2), np.zeros(8), [7] * 8), treated, 1) == 0


def test_anova_icc_is_one_when_pupils_of_a_class_are_equal():
    moments = class_moments(np.repeat(np.arange(4), 3), np.zeros(12), np.repeat([1, 2, 5, 9.0], 3))
    assert clusters.anova_icc(moments, np.array([True, True, False, False]), 1) == pytest.approx(1)


def test_total_sd_is_pooled_over_arms_not_over_classes():
    codes, pre, post, treated = school(6)
    moments = class_moments(codes, pre, post)
    for variable, scores in enumerate((pre, post)):
        arms = [scores[treated[codes]], scores[~treated[codes]]]
        pooled = sum((len(a) - 1) * a.var(ddof=1) for a in arms) / (len(scores) - 2)
        assert clusters.total_sd(moments, treated, variable) == pytest.approx(math.sqrt(pooled), rel=SAME)


@pytest.mark.parametrize("icc", [0.0, 0.05, 0.2, 0.7])
@pytest.mark.parametrize(("treated", "control", "size"), [(2, 2, 6), (1, 5, 4), (3, 4, 10)])
def test_g_from_the_distribution_of_the_total_sd(treated, control, size, icc):
    """Equal classes. The total sum of squares y'Ay has mean tr(AV) and variance 2 tr(AVAV): its mean is the correction
    of S_T, and the chi-square with the same two moments has h degrees of freedom."""
    codes, pre, post, arm = school(3, treated, control, (size, size + 1))
    moments, points = class_moments(codes, pre, post), difference(codes, pre, post, arm)
    member, _, on_arm = projections(codes, arm)
    spread = (np.eye(len(post)) - on_arm) @ ((1 - icc) * np.eye(len(post)) + icc * member @ member.T)
    mean, half_variance = np.trace(spread), np.trace(spread @ spread)
    h = mean**2 / half_variance
    correction = math.exp(math.lgamma(h / 2) - math.lgamma((h - 1) / 2)) / math.sqrt(h / 2)
    factor = correction * math.sqrt(mean / (len(post) - 2)) / 2.5
    effect = clusters.standardised(points, moments, sd=2.5, icc=icc)
    assert effect.value == pytest.approx(points.value * factor, rel=SAME)
    assert effect.se == pytest.approx(points.se * factor, rel=SAME)
    assert (effect.interval.low, effect.interval.high) == pytest.approx(
        (points.interval.low * factor, points.interval.high * factor), rel=SAME
    )
    assert (effect.df, effect.p, effect.icc, effect.metric) == (points.df, points.p, icc, "g")


def test_g_of_unequal_classes_follows_the_paper_with_the_mean_class_size():
    data = school(11, 3, 5, (3, 35))
    moments, points = class_moments(*data[:3]), difference(*data)
    pupils, n, rho = len(data[0]), len(data[0]) / 8, 0.3
    corrected = points.value / 2 * math.sqrt(1 - 2 * (n - 1) * rho / (pupils - 2))
    h = ((pupils - 2) - 2 * (n - 1) * rho) ** 2 / (
        (pupils - 2) * (1 - rho) ** 2 + n * (pupils - 2 * n) * rho**2 + 2 * (pupils - 2 * n) * rho * (1 - rho)
    )
    bias = math.exp(math.lgamma(h / 2) - math.lgamma((h - 1) / 2)) / math.sqrt(h / 2)
    assert clusters.standardised(points, moments, sd=2, icc=rho).value == pytest.approx(bias * corrected, rel=SAME)


def test_g_is_none_without_spread_or_freedom():
    data = school(1, 1, 2, (6, 7))
    moments, points = class_moments(*data[:3]), difference(*data)
    assert clusters.standardised(points, moments, sd=0, icc=0.1) is None
    assert clusters.standardised(points, moments, sd=2, icc=1.0) is None
    four = school(1, 2, 2, (6, 7))
    assert clusters.standardised(difference(*four), class_moments(*four[:3]), sd=2, icc=1.0) is not None


# What changes nothing


def check_same(a, b, sign=1, scale=1.0):
    assert a.value == pytest.approx(sign * scale * b.value, rel=SAME)
    assert a.se == pytest.approx(scale * b.se, rel=SAME)
    assert (a.df, a.class_df) == (b.df, b.class_df)
    assert (a.p is None) == (b.p is None)
    assert a.p is None or a.p == pytest.approx(b.p, rel=1e-8)
    low, high = sorted(sign * scale * limit for limit in (b.interval.low, b.interval.high))
    assert (a.interval.low, a.interval.high) == pytest.approx((low, high), rel=1e-8)


def panel(*data):
    return clusters.assumed_icc(adjusted(*data), 0.15, unit="points")


@pytest.mark.parametrize("estimate", [difference, g, panel])
@pytest.mark.parametrize("seed", range(3))
def test_swapping_the_arms_flips_the_sign_and_nothing_else(estimate, seed):
    codes, pre, post, treated = school(seed)
    check_same(estimate(codes, pre, post, ~treated), estimate(codes, pre, post, treated), sign=-1)


@pytest.mark.parametrize("seed", range(3))
def test_shifted_scores_give_the_same_difference(seed):
    codes, pre, post, treated = school(seed)
    for a, b in ((17, 0), (0, -300), (-5.5, 40)):
        check_same(difference(codes, pre + a, post + b, treated), difference(codes, pre, post, treated))
        check_same(g(codes, pre + a, post + b, treated), g(codes, pre, post, treated))
        check_same(panel(codes, pre + a, post + b, treated), panel(codes, pre, post, treated))


@pytest.mark.parametrize("seed", range(3))
def test_stretched_scores_stretch_points_and_leave_g_alone(seed):
    codes, pre, post, treated = school(seed)
    for k in (0.05, 10):
        check_same(difference(codes, pre, k * post, treated), difference(codes, pre, post, treated), scale=k)
        check_same(difference(codes, k * pre, post, treated), difference(codes, pre, post, treated))
        check_same(g(codes, pre, k * post, treated), g(codes, pre, post, treated))
        check_same(panel(codes, k * pre, k * post, treated), panel(codes, pre, post, treated), scale=k)
        assert clusters.tipping_icc(adjusted(codes, k * pre, k * post, treated)) == pytest.approx(
            clusters.tipping_icc(adjusted(codes, pre, post, treated)), abs=1e-9
        )


@pytest.mark.parametrize("seed", range(3))
def test_order_of_pupils_and_names_of_classes_change_nothing(seed):
    codes, pre, post, treated = school(seed)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(codes)), rng.permutation(len(treated))
    again = names[codes][rows], pre[rows], post[rows], treated[np.argsort(names)]
    check_same(difference(*again), difference(codes, pre, post, treated))
    check_same(g(*again), g(codes, pre, post, treated))


@pytest.mark.parametrize("seed", range(3))
def test_every_class_twice_doubles_the_classes_and_moves_nothing(seed):
    codes, pre, post, treated = school(seed)
    classes = len(treated)
    once = difference(codes, pre, post, treated)
    twice = difference(np.concatenate([codes, codes + classes]), np.tile(pre, 2), np.tile(post, 2), np.tile(treated, 2))
    assert twice.value == pytest.approx(once.value, rel=SAME)
    assert (once.df, twice.df) == (classes - 2, 2 * classes - 2)
    assert twice.se == pytest.approx(once.se * math.sqrt((classes - 2) / (2 * (classes - 1))), rel=SAME)


# The whole of measure, by hand


def outcome(**changes) -> dict:
    return {**plan()["outcomes"][0], **changes}


def eef_study(**changes) -> Study:
    return Study.model_validate(
        plan(
            design={"kind": "comparison", "assigned": "school", "randomised": True},
            columns={"school": "School", "group": "Intervention"},
            groups={"treated": ["1"], "control": ["0"]},
            outcomes=[outcome(pre="Prettest", post="Posttest", scale=None, **changes)],
        )
    )


def test_measure_on_the_eef_trial_by_hand(real_data):
    """10 against 12 schools of 1 to 33 pupils; every number with pandas, classes as groups."""
    study = eef_study()
    result = measure(study, load_data(real_data / "eef_crt.csv", study)).primary
    data = pd.read_csv(real_data / "eef_crt.csv").rename(columns={"Prettest": "x", "Posttest": "y"})
    by_school = data.groupby("School")
    centred = data[["x", "y"]] - by_school[["x", "y"]].transform("mean")
    slope = (centred.x * centred.y).sum() / (centred.x**2).sum()
    schools = by_school.agg(x=("x", "mean"), y=("y", "mean"), arm=("Intervention", "first"), n=("y", "size"))
    schools["a"] = schools.y - slope * (schools.x - schools.x.mean())
    arms = schools.groupby("arm").a
    value = arms.mean()[1] - arms.mean()[0]
    variance = ((arms.count() - 1) * arms.var()).sum() / 20
    se = math.sqrt(variance * (1 / 10 + 1 / 12))
    half = stats.t.ppf(0.975, 20) * se
    main = result.main
    assert (main.value, main.se) == pytest.approx((value, se), rel=SAME)
    assert (main.interval.low, main.interval.high) == pytest.approx((value - half, value + half), rel=SAME)
    assert (main.df, main.class_df, main.p) == (20, 20, pytest.approx(2 * stats.t.sf(value / se, 20), rel=SAME))
    assert main.value == pytest.approx(3.19, abs=0.005)
    assert dict(main.n) == {
        "pupils_treated": 144, "pupils_control": 121, "classes_treated": 10, "classes_control": 12,
    }  # fmt: skip

    pupils = data.groupby("Intervention").y
    sd = math.sqrt(((pupils.count() - 1) * pupils.var()).sum() / 263)
    within = (centred.y**2).sum() / (265 - 22)
    school_level = data.groupby(["Intervention", "School"]).y.agg(["mean", "size"]).reset_index()
    school_level = school_level.join(pupils.mean().rename("arm_mean"), on="Intervention")
    between = (school_level["size"] * (school_level["mean"] - school_level.arm_mean) ** 2).sum() / 20
    n0 = (265 - sum((a["size"] ** 2).sum() / a["size"].sum() for _, a in school_level.groupby("Intervention"))) / 20
    icc = (between - within) / (between + (n0 - 1) * within)
    n = 265 / 22
    lost = 2 * (n - 1) * icc
    h = (263 - lost) ** 2 / (263 * (1 - icc) ** 2 + n * (265 - 2 * n) * icc**2 + 2 * (265 - 2 * n) * icc * (1 - icc))
    factor = math.exp(math.lgamma(h / 2) - math.lgamma((h - 1) / 2)) / math.sqrt(h / 2) * math.sqrt(1 - lost / 263) / sd
    assert (result.g.value, result.g.se) == pytest.approx((value * factor, se * factor), rel=SAME)
    assert (result.sd, result.g.icc) == pytest.approx((sd, icc), rel=SAME)

    pre_arms = data.groupby("Intervention").x
    pre_sd = math.sqrt(((pre_arms.count() - 1) * pre_arms.var()).sum() / 263)
    gap = schools.groupby("arm").x.mean()
    assert result.check("baseline_g").value == pytest.approx((gap[1] - gap[0]) / pre_sd, rel=SAME)
    for code in ("attrition", "attrition_gap", "classes_lost"):
        assert (result.check(code).value, result.check(code).flag) == (0, False)
    for name, arm in (("treated", 1), ("control", 0)):
        mine = data[data.Intervention == arm]
        found = result.arms[name]
        assert (found.mean_pre, found.mean_post) == pytest.approx((mine.x.mean(), mine.y.mean()), rel=SAME)
        assert (found.pupils, found.with_post) == (len(mine), len(mine))
    assert result.panel == () and result.tipping_icc is None
    ordered = schools.sort_index().sort_values("arm", ascending=False, kind="stable")
    assert [c.pupils for c in result.classes] == list(ordered.n)
    assert [c.mean for c in result.classes] == pytest.approx(list(ordered.a), rel=SAME)

    treated = data[data.Intervention == 1]
    sums = treated[["x", "y"]] - treated.groupby("School")[["x", "y"]].transform("mean")
    assert result.spread.value == pytest.approx(math.sqrt((sums.y**2).sum() / (sums.x**2).sum()), rel=SAME)


def test_measure_where_lower_is_better_mirrors_the_eef_trial(real_data, tmp_path):
    data = pd.read_csv(real_data / "eef_crt.csv")
    data["Posttest"], data["Prettest"] = 40 - data.Posttest, 40 - data.Prettest
    data.to_csv(tmp_path / "mirrored.csv", index=False)
    study, mirrored = eef_study(), eef_study(better="lower")
    ours = measure(mirrored, load_data(tmp_path / "mirrored.csv", mirrored)).primary
    plain = measure(study, load_data(real_data / "eef_crt.csv", study)).primary
    check_same(ours.main, plain.main)
    check_same(ours.g, plain.g)
    assert ours.check("baseline_g").value == pytest.approx(plain.check("baseline_g").value, rel=SAME)
    assert [40 - c.mean for c in ours.classes] == pytest.approx([c.mean for c in plain.classes], rel=SAME)


# Why lmer says something else


def weighted(moments, treated, slope, weights) -> float:
    left = moments.mean[:, 1] - slope * moments.mean[:, 0]
    return np.average(left[treated], weights=weights[treated]) - np.average(left[~treated], weights=weights[~treated])


def gls(codes, pre, post, treated, between, within) -> float:
    """Generalised least squares with known variances, class by class; ``treated`` per pupil."""
    cross, left = np.zeros((3, 3)), np.zeros(3)
    for j in range(codes.max() + 1):
        mine = codes == j
        design = np.column_stack([np.ones(mine.sum()), pre[mine], treated[mine]])
        inverse = np.linalg.inv(within * np.eye(mine.sum()) + between)
        cross += design.T @ inverse @ design
        left += design.T @ inverse @ post[mine]
    return np.linalg.solve(cross, left)[2]


def distances(data, lmer):
    """Ours, and ours with one ingredient of lmer at a time."""
    codes, pre, post, treated = data
    moments, ours = class_moments(codes, pre, post), adjusted(*data)
    equal, precision = np.ones(len(treated)), 1 / (lmer["var_cluster"] + lmer["var_resid"] / moments.n)
    return {
        "ours": ours.difference,
        "slope": weighted(moments, treated, lmer["fixed.pre.est"], equal),
        "weights": weighted(moments, treated, ours.slope, precision),
        "both": weighted(moments, treated, lmer["fixed.pre.est"], precision),
    }


def test_the_distance_to_lmer_has_known_parts(real_data):
    """The numbers of the table in tests/reference/README.md."""
    lmer = reference("clustered.eef_crt")
    data = real(real_data, "eef_crt")
    found = distances(data, lmer)
    assert found == pytest.approx({"ours": 3.193, "slope": 3.205, "weights": 3.106, "both": 3.110}, abs=0.0005)
    assert found["both"] == pytest.approx(lmer["fixed.trt.est"], rel=1e-6)
    assert difference(*data).se / lmer["trt_KR.se"] == pytest.approx(1.323, abs=0.0005)

    lmer = reference("clustered.bdf_mixedgrade_language")
    data = real(real_data, "bdf")
    found = distances(data, lmer)
    assert found == pytest.approx({"ours": -1.995, "slope": -1.974, "weights": -1.850, "both": -1.833}, abs=0.0005)
    bdf = pd.read_csv(real_data / "dutch_bdf.csv")
    by_school = bdf.groupby("schoolNR").ngroup().to_numpy()
    variances = lmer["var_cluster"], lmer["var_resid"]
    mixed_grade = (bdf.mixedgra == 1).to_numpy(float)
    assert gls(by_school, *data[1:3], mixed_grade, *variances) == pytest.approx(lmer["fixed.trt.est"], rel=1e-6)
    without = (bdf.schoolNR != 40).to_numpy()
    renumbered = pd.factorize(by_school[without])[0]
    one_arm_schools = gls(renumbered, data[1][without], data[2][without], mixed_grade[without], *variances)
    assert one_arm_schools == pytest.approx(-1.873, abs=0.0005)
    assert difference(*data).se / lmer["trt_KR.se"] == pytest.approx(1.009, abs=0.0005)


def test_the_smaller_distances_are_as_told(real_data):
    """The numbers of the second table in tests/reference/README.md."""
    data = codes, pre, post, treated = real(real_data, "eef_crt")
    moments = class_moments(codes, pre, post)
    sd, icc = clusters.total_sd(moments, treated, 1), clusters.anova_icc(moments, treated, 1)
    assert (icc, g(*data).value) == pytest.approx((0.214, 0.641), abs=0.0005)
    assert reference("clustered.eef_crt")["fixed.trt.est"] / sd == pytest.approx(0.632, abs=0.0005)
    assert g(*data).value / (difference(*data).value / sd) == pytest.approx(0.987, abs=0.0005)

    member, _, on_arm = projections(codes, treated)
    spread = (np.eye(len(post)) - on_arm) @ ((1 - icc) * np.eye(len(post)) + icc * member @ member.T)
    h, shrink = np.trace(spread) ** 2 / np.trace(spread @ spread), math.sqrt(np.trace(spread) / (len(post) - 2))
    assert (h, shrink) == (pytest.approx(151.9, abs=0.05), pytest.approx(0.985, abs=0.0005))
    exact = clusters.small_sample_factor(h) * shrink * difference(*data).value / sd
    assert g(*data).value / exact == pytest.approx(1.007, abs=0.0005)

"""Passed or not: R's records, scipy and statsmodels, the score equation, and made classes without an effect."""

import math

import numpy as np
import pandas as pd
import pytest
from made_classes import SAME, check_estimate, check_same, class_means, slope_error, weights_of, with_slope_error
from scipy import stats
from statsmodels.api import OLS
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import clusters, one_class
from gsl_research.methods.mastery import (
    Shares,
    adjusted_shares,
    assumed_icc,
    class_log_odds,
    cox_d,
    log_odds_ratio,
    newcombe,
    of_pupils,
    risk_difference,
    shares,
    shares_of_pupils,
    wilson,
)
from gsl_research.methods.moments import ClassMoments, class_moments

SEED = 20261122
TABLES = [(28, 51, 237, 344), (9, 10, 3, 10), (1, 25, 24, 25), (40, 80, 20, 41)]


def school(seed: int, treated: int = 3, control: int = 4, chance: float = 0.5):
    """codes, pre, passed, arm: classes that differ, a pre-test that counts, pupils in mixed order."""
    rng = np.random.default_rng(seed)
    groups = treated + control
    codes = rng.permutation(np.repeat(np.arange(groups), rng.integers(12, 30, groups)))
    arm = rng.permutation(np.arange(groups) < treated)
    pre = 10 + rng.normal(0, 1, groups)[codes] + rng.normal(0, 2, len(codes))
    latent = 0.3 * (pre - 10) + rng.normal(0, 0.5, groups)[codes] + rng.normal(0, 1, len(codes))
    return codes, pre, (latent < stats.norm.ppf(chance)).astype(float), arm


def beta_classes(rng, arms: tuple[int, int], chances: tuple[float, float], icc: float):
    """Moments and arms of classes of 15 to 25 pupils whose chances of passing vary with this intraclass correlation."""
    treated = np.arange(sum(arms)) < arms[0]
    chance = np.where(treated, *chances)
    n = rng.integers(15, 26, len(treated))
    strength = (1 - icc) / icc
    passed = rng.binomial(n, rng.beta(chance * strength, (1 - chance) * strength))
    return of_counts(passed, n), treated


def of_counts(passed, pupils) -> ClassMoments:
    """Moments of classes in which so many of so many pupils passed."""
    y, n = np.asarray(passed, dtype=int), np.asarray(pupils, dtype=int)
    return ClassMoments(n, (y / n)[:, None], (y * (n - y) / n)[:, None, None])


# Against R


def test_schools_of_a_real_trial_are_compared_as_schools(real_data):
    data = pd.read_csv(real_data / "eef_crt.csv")
    codes, passed = data.groupby("School").ngroup().to_numpy(), (data.Posttest > 18).to_numpy(float)
    arm = (data.Intervention == 1).groupby(codes).first().to_numpy()
    moments = class_moments(codes, passed)
    found, plain = risk_difference(moments, arm, unit="share"), newcombe(shares(moments, arm), unit="share")
    share = data.assign(passed=passed).groupby("School").passed.mean().to_numpy()
    test = stats.ttest_ind(share[arm], share[~arm])
    check_estimate(found, share[arm].mean() - share[~arm].mean(), found.value / test.statistic, 20)
    assert found.se > 1.5 * plain.se


# Classes


@pytest.mark.parametrize("seed", range(4))
def test_risk_difference_is_the_t_test_of_class_shares(seed):
    codes, _, passed, arm = school(seed)
    found = risk_difference(class_moments(codes, passed), arm, unit="share")
    (share,) = class_means(codes, passed)
    value = share[arm].mean() - share[~arm].mean()
    check_estimate(found, value, value / stats.ttest_ind(share[arm], share[~arm]).statistic, len(arm) - 2)
    assert found.n == clusters.arm_counts(np.bincount(codes), arm)


@pytest.mark.parametrize("seed", range(4))
def test_adjusted_risk_difference_is_that_of_least_squares_with_a_dummy_for_every_class(seed):
    codes, pre, passed, arm = school(seed)
    found = risk_difference(class_moments(codes, pre, passed), arm, unit="share")
    dummies = (codes[:, None] == np.arange(len(arm))).astype(float)
    rows = OLS(passed, np.column_stack([dummies, pre])).fit()
    start, share = class_means(codes, pre, passed)
    mean = share - rows.params[-1] * (start - start.mean())
    value, df = mean[arm].mean() - mean[~arm].mean(), len(arm) - 2
    seen = (start[arm].mean() - start[~arm].mean()) / stats.ttest_ind(start[arm], start[~arm]).statistic
    error = slope_error(codes, [pre], passed, weights_of(arm), seen**2)
    variance = (value / stats.ttest_ind(mean[arm], mean[~arm]).statistic) ** 2
    check_estimate(found, value, with_slope_error(variance, df, error, rows.df_resid), df, same=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_class_log_odds_is_the_t_test_of_smoothed_logits(seed):
    codes, pre, passed, arm = school(seed, chance=0.85)
    found = class_log_odds(class_moments(codes, pre, passed), arm, unit="log_odds")
    yes, no = np.bincount(codes, passed) + 0.5, np.bincount(codes, 1 - passed) + 0.5
    logit = np.log(yes) - np.log(no)
    value = logit[arm].mean() - logit[~arm].mean()
    check_estimate(found, value, value / stats.ttest_ind(logit[arm], logit[~arm]).statistic, len(arm) - 2)
    assert found.status == "beside"
    d = cox_d(found)
    assert (d.value, d.se, d.interval.high) == pytest.approx(
        (value / 1.65, found.se / 1.65, found.interval.high / 1.65), rel=SAME
    )
    assert (d.metric, d.p, d.class_df) == ("g", found.p, found.class_df)


@pytest.mark.parametrize("measure", [risk_difference, class_log_odds])
def test_what_may_change_and_what_may_not(measure):
    codes, pre, passed, arm = school(1)
    found = measure(class_moments(codes, pre, passed), arm, unit="u")
    check_same(measure(class_moments(codes, pre, passed), ~arm, unit="u"), found, sign=-1)
    check_same(measure(class_moments(codes, pre, 1 - passed), arm, unit="u"), found, sign=-1)
    check_same(measure(class_moments(codes, 3 - 2 * pre, passed), arm, unit="u"), found)
    order = np.random.default_rng(2).permutation(len(codes))
    check_same(measure(class_moments(codes[order], pre[order], passed[order]), arm, unit="u"), found)
    renamed = np.random.default_rng(3).permutation(len(arm))
    check_same(measure(class_moments(renamed[codes], pre, passed), arm[np.argsort(renamed)], unit="u"), found)
    half = codes < 3
    pooled = class_moments(codes[half], pre[half], passed[half]).pooled_with(
        class_moments(codes[~half] - 3, pre[~half], passed[~half])
    )
    check_same(measure(pooled, arm, unit="u"), found)


def test_the_panel_is_that_of_one_class_on_shares():
    codes, _, passed, arm = school(3, 1, 1)
    moments = class_moments(codes, passed)
    found = assumed_icc(moments, arm, 0.15, unit="share")
    n, share = np.bincount(codes), np.bincount(codes, passed) / np.bincount(codes)
    within = (n * share * (1 - share)).sum() / (n.sum() - 2)
    assert found.se == pytest.approx(math.sqrt(within * ((1 / n).sum() + 2 * 0.15 / 0.85)), rel=SAME)
    assert (found.df, found.class_df, found.status) == (n.sum() - 2, 0, "assumed_icc")
    assert found == one_class.assumed_icc(adjusted_shares(moments, arm), 0.15, unit="share")


# Refusals


@pytest.mark.parametrize(
    ("passed", "pupils", "treated", "reason"),
    [
        ([], [], [], "no_pupils"),
        ([3, 4], [10, 10], [True, True], "empty_arm"),
        ([3, 4], [10, 10], [True, False], "too_few_classes"),
        ([10, 20, 3, 4], [10, 20, 10, 10], [True, True, False, False], "no_pupil_spread"),
        ([0, 0, 3, 4], [10, 20, 10, 10], [True, True, False, False], "no_pupil_spread"),
        ([3, 4, 10, 10], [10, 10, 10, 10], [True, True, False, False], "no_pupil_spread"),
        ([5, 10, 4, 8], [10, 20, 10, 20], [True, True, False, False], "no_class_spread"),
        ([1, 4, 3, 5], [20, 20, 20, 20], [True, False, False, False], "too_few_classes"),
        ([1, 2, 4, 3, 5], [20, 20, 20, 20, 20], [True, True, False, False, False], "too_few_classes"),
        ([19, 20, 14, 13, 15], [20, 20, 20, 20, 20], [True, True, False, False, False], "too_few_classes"),
    ],
)
def test_refused_risk_differences(passed, pupils, treated, reason):
    found = risk_difference(of_counts(passed, pupils), np.array(treated, dtype=bool), unit="share")
    assert isinstance(found, NotEstimated)
    assert found.reason == reason


def test_extreme_shares_are_measured_in_arms_of_about_one_size_and_others_in_any():
    extreme = of_counts([1, 2, 1, 3, 4, 6, 5], [20] * 7)
    arm = np.arange(7) < 3
    assert shares(extreme, arm).extreme
    assert isinstance(risk_difference(extreme, arm, unit="share"), Estimate)
    assert isinstance(class_log_odds(extreme, np.arange(7) < 2, unit="log_odds"), Estimate)
    plain = of_counts([4, 6, 5, 8, 9], [20] * 5)
    assert isinstance(risk_difference(plain, np.arange(5) < 1, unit="share"), Estimate)
    assert not shares(of_counts([2, 18], [20, 20]), [True, False]).extreme


@pytest.mark.parametrize(
    ("passed", "pupils", "treated", "reason"),
    [
        ([], [], [], "no_pupils"),
        ([3, 4], [10, 10], [False, False], "empty_arm"),
        ([3, 4], [10, 10], [True, False], "too_few_classes"),
        ([10, 20, 3, 4], [10, 20, 10, 10], [True, True, False, False], "no_pupil_spread"),
        ([3, 3, 4, 4], [10, 10, 10, 10], [True, True, False, False], "no_class_spread"),
        ([5, 5, 5, 5], [10, 10, 10, 10], [True, True, False, False], "no_class_spread"),
    ],
)
def test_refused_log_odds(passed, pupils, treated, reason):
    found = class_log_odds(of_counts(passed, pupils), np.array(treated, dtype=bool), unit="log_odds")
    assert found == NotEstimated(estimator="class_log_odds", reason=reason)
    assert cox_d(found) == found


def test_refused_panels_and_counts():
    reasons = {(10, 20): "no_pupil_spread", (1, 10): "too_few_pupils", (10, 19): "too_few_pupils"}
    for passed, reason in reasons.items():
        found = assumed_icc(of_counts(passed, [20, 20]), [True, False], 0.15, unit="share")
        assert found.reason == reason
    assert wilson(0, 0).reason == newcombe(shares_of_pupils([], []), unit="share").reason == "no_pupils"
    assert newcombe(shares_of_pupils([1, 0], [1, 1]), unit="share").reason == "empty_arm"
    for counts in ((0, 10, 3, 10), (10, 10, 3, 10), (3, 10, 0, 10), (3, 10, 10, 10)):
        assert log_odds_ratio(Shares(*counts), unit="log_odds").reason == "no_pupil_spread"


def test_mistakes_of_a_programmer():
    moments = class_moments([0, 0, 1, 1], [0, 2, 1, 1])
    for call in (
        lambda: shares(moments, [True, False]),
        lambda: shares(class_moments([0, 0, 1, 1], [0.5, 0.5, 1, 1]), [True, False]),
        lambda: shares(class_moments([0, 0, 1, 1], [0, 1, 1, 1]), [True]),
        lambda: wilson(3, 2),
        lambda: of_pupils(newcombe(Shares(1, 2, 1, 2), unit="share"), 0, unit="pupils"),
    ):
        with pytest.raises(ValueError):
            call()


# Pupils


@pytest.mark.parametrize("counts", TABLES)
def test_pupils_as_unit_agree_with_statsmodels_and_scipy(counts):
    yes_t, n_t, yes_c, n_c = counts
    table = np.array([[yes_t, n_t - yes_t], [yes_c, n_c - yes_c]])
    found = newcombe(Shares(*counts), unit="share")
    limits = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert (found.interval.low, found.interval.high) == pytest.approx(limits, rel=SAME)
    assert found.se == pytest.approx((limits[1] - limits[0]) / 2 / stats.norm.ppf(0.975), rel=SAME)
    assert found.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)
    odds, theirs = log_odds_ratio(Shares(*counts), unit="log_odds"), Table2x2(table)
    assert (odds.value, odds.se) == pytest.approx((theirs.log_oddsratio, theirs.log_oddsratio_se), rel=SAME)
    assert (odds.interval.low, odds.interval.high) == pytest.approx(theirs.log_oddsratio_confint(), rel=SAME)
    assert odds.p == pytest.approx(theirs.log_oddsratio_pvalue(), rel=1e-9)
    assert found.df == found.class_df == odds.class_df == n_t + n_c - 2
    assert (odds.status, odds.n) == ("beside", {"pupils_treated": n_t, "pupils_control": n_c})


@pytest.mark.parametrize(("passed", "pupils"), [(0, 7), (1, 7), (7, 7), (13, 40), (399, 400), (1, 1)])
def test_wilsons_limits_solve_the_score_equation(passed, pupils):
    found, share, z = wilson(passed, pupils, 0.9), passed / pupils, stats.norm.ppf(0.95)
    for limit in (found.low, found.high):
        assert (share - limit) ** 2 == pytest.approx(z**2 * limit * (1 - limit) / pupils, rel=1e-9, abs=1e-15)
    assert (found.low, found.high) == pytest.approx(proportion_confint(passed, pupils, 0.1, "wilson"), abs=1e-12)
    mirrored = wilson(pupils - passed, pupils, 0.9)
    assert (found.low, found.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-12)


def test_wilsons_limits_never_round_beyond_nobody_and_everybody():
    for pupils in range(1, 60):
        assert wilson(pupils, pupils).high == 1 and wilson(0, pupils).low == 0


def test_newcombe_over_all_outcomes_of_twenty_and_thirty_pupils():
    """Its exact coverage, summed over the binomial distributions of both arms."""
    held = np.zeros((21, 31, 2))
    chances = ((0.8, 0.5), (0.15, 0.15))
    for i in range(21):
        for j in range(31):
            interval = newcombe(Shares(i, 20, j, 30), unit="share").interval
            assert -1 <= interval.low <= interval.high <= 1
            held[i, j] = [interval.holds(a - b) for a, b in chances]
    for k, (a, b) in enumerate(chances):
        weight = np.outer(stats.binom.pmf(np.arange(21), 20, a), stats.binom.pmf(np.arange(31), 30, b))
        assert (weight * held[:, :, k]).sum() == pytest.approx(0.95, abs=0.02)


def test_swapped_arms_and_few_pupils():
    found, other = newcombe(Shares(9, 10, 3, 12), unit="share"), newcombe(Shares(3, 12, 9, 10), unit="share")
    assert (found.value, found.interval.low) == pytest.approx((-other.value, -other.interval.high), rel=SAME)
    odds = log_odds_ratio(Shares(9, 10, 3, 12), unit="log_odds")
    assert odds.value == pytest.approx(-log_odds_ratio(Shares(3, 12, 9, 10), unit="log_odds").value, rel=SAME)
    assert newcombe(Shares(1, 2, 1, 3), unit="share").p is None
    assert log_odds_ratio(Shares(1, 2, 1, 3), unit="log_odds").p is None
    assert newcombe(Shares(5, 5, 8, 8), unit="share").p is None
    assert newcombe(Shares(5, 5, 8, 8), unit="share").se > 0


def test_rows_and_classes_give_the_same_counts():
    codes, _, passed, arm = school(5)
    counted, rows = of_counts(np.bincount(codes, passed), np.bincount(codes)), class_moments(codes, passed)
    assert counted.mean == pytest.approx(rows.mean, rel=SAME)
    assert counted.scatter == pytest.approx(rows.scatter, rel=SAME)
    assert shares_of_pupils(passed, arm[codes]) == shares(class_moments(codes, passed), arm)
    found = shares_of_pupils([1, 1, 0, 1, 0], [True, True, True, False, False])
    assert found == Shares(2, 3, 1, 2)
    assert (found.treated, found.control, found.nearest_end) == (2 / 3, 1 / 2, pytest.approx(1 / 3))


def test_of_twenty_pupils():
    found = newcombe(Shares(15, 20, 10, 20), unit="share")
    of_20 = of_pupils(found, 20, unit="pupils")
    assert (of_20.value, of_20.unit, of_20.p) == (pytest.approx(5.0), "pupils", found.p)
    assert (of_20.se, of_20.interval.low) == pytest.approx((20 * found.se, 20 * found.interval.low), rel=SAME)


# Simulated


def missed(arms, chances, icc, runs, measure, truth):
    """How often the interval leaves out what is true, and how often there is one."""
    rng, misses, seen = np.random.default_rng(SEED), 0, 0
    for _ in range(runs):
        found = measure(*beta_classes(rng, arms, chances, icc))
        if isinstance(found, Estimate):
            seen += 1
            misses += not found.interval.holds(truth)
    return misses / seen, seen / runs


@pytest.mark.parametrize(
    ("arms", "chances", "icc", "most"),
    [((2, 2), (0.5, 0.5), 0.15, 0.055), ((4, 4), (0.2, 0.2), 0.05, 0.051), ((4, 4), (0.05, 0.05), 0.15, 0.01)],
)
def test_false_positives_are_those_of_the_docstring(arms, chances, icc, most):
    runs = 2_000
    share, seen = missed(arms, chances, icc, runs, lambda m, t: risk_difference(m, t, unit="share"), 0.0)
    assert abs(share - most) < 2.6 * math.sqrt(most * (1 - most) / (seen * runs))


def test_unequal_arms_with_extreme_shares_would_be_too_sure():
    """What the refusal is for: 2 v 6 classes, .75 beside .95."""

    def without_refusal(moments, treated):
        return clusters.adjusted_difference(adjusted_shares(moments, treated), unit="share")

    share, _ = missed((2, 6), (0.75, 0.95), 0.05, 1_000, without_refusal, -0.2)
    assert share > 0.14
    _, seen = missed((2, 6), (0.75, 0.95), 0.05, 1_000, lambda m, t: risk_difference(m, t, unit="share"), -0.2)
    assert seen < 0.1


def test_the_panel_holds_where_it_is_given():
    share, seen = missed((1, 1), (0.5, 0.5), 0.05, 2_000, lambda m, t: assumed_icc(m, t, 0.05, unit="share"), 0.0)
    assert seen > 0.95
    assert share < 0.06

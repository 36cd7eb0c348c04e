"""Post-tests filled in many times: known limits of the draws, the pooling by hand, and how often the interval holds."""

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import school

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import clusters
from gsl_research.methods.imputation import mean_and_indicator, multiple_imputation, pooled
from gsl_research.methods.moments import class_moments
from gsl_research.methods.student import t_interval

SEED = 20261123


def with_gaps(seed: int, share: float = 0.2, **sizes):
    codes, pre, post, arm = school(seed, 3, 3, **{"sizes": (18, 25), **sizes})
    gone = np.random.default_rng(seed + 1000).random(len(codes)) < share
    return codes, pre, np.where(gone, np.nan, post), arm


def difference(codes, pre, post, arm):
    return clusters.adjusted_difference(clusters.adjusted_means(class_moments(codes, pre, post), arm), unit="points")


def imputed(codes, pre, post, arm, pupils_carry=False, **options):
    def analysis(whole):
        return difference(codes, pre, whole, arm)

    return multiple_imputation(codes, arm, pre, post, analysis, pupils_carry=pupils_carry, **options)


def estimate(value, se=1.0, df=8.0, **changes):
    given = {
        "metric": "points", "estimator": "x", "value": value, "se": se, "df": df, "class_df": df, "unit": "points",
        "n": {"classes": 10}, "source": "s", "interval": t_interval(value, se, df) if se else None,
    }  # fmt: skip
    return Estimate(**given | changes)


def test_pooling_by_hand():
    found = pooled([estimate(1.0, 0.5), estimate(2.0, 0.7), estimate(1.5, 0.6)])
    within, between = (0.25 + 0.49 + 0.36) / 3, 4 / 3 * 0.25
    total = within + between
    share = between / total
    complete = 8 * 9 / 11 * (1 - share)
    df = 1 / (share**2 / 2 + 1 / complete)
    assert (found.value, found.se, found.df) == pytest.approx((1.5, math.sqrt(total), df), rel=1e-12)
    assert found.class_df == found.df and found.p is None
    ends = t_interval(1.5, math.sqrt(total), df)
    assert (found.interval.low, found.interval.high) == pytest.approx((ends.low, ends.high), rel=1e-12)


def test_pooling_is_that_of_statsmodels_in_value_and_error():
    """Its combination gives parameters and covariance, with z; of one completed data set after another."""
    rng = np.random.default_rng(SEED)
    y, x = rng.normal(size=40), rng.normal(size=40)
    fits = [sm.OLS(y + rng.normal(0, 0.3, 40), x).fit() for _ in range(12)]
    ours = pooled([estimate(float(fit.params[0]), float(fit.bse[0]), 39.0) for fit in fits])
    params = np.array([fit.params[0] for fit in fits])
    cov = np.mean([fit.cov_params()[0, 0] for fit in fits]) + (1 + 1 / 12) * np.cov(params)
    assert (ours.value, ours.se) == pytest.approx((params.mean(), math.sqrt(cov)), rel=1e-12)


@pytest.mark.parametrize("values", [[1.0, 1.0], [1.0, 9.0], [1.0, 1.1, 0.9, 1.0]])
def test_df_are_never_more_than_those_of_a_whole_data_set(values):
    found = pooled([estimate(value, df=4.0) for value in values])
    assert 0 < found.df <= 4 * 5 / 7 + 1e-12


@pytest.mark.parametrize("errors", [[], [1.0], [None, None]])
def test_pooling_needs_errors(errors):
    with pytest.raises(ValueError, match="needs 2 estimates"):
        pooled([estimate(1.0, se) for se in errors])


def draws(codes, pre, post, arm, times=4000):
    wholes = []

    def analysis(whole):
        wholes.append(whole[np.isnan(post)])
        return estimate(0.0)

    multiple_imputation(codes, arm, pre, post, analysis, pupils_carry=True, times=times)
    return np.array(wholes)


@pytest.mark.parametrize("few", [False, True])
def test_draws_are_the_posterior_of_one_regression_with_a_slope_per_arm(few):
    """A level per class, one spread: the mean is the prediction, the spread of a draw s²(1 + 1/n + ..) ν/(ν - 2)."""
    codes, pre, post, arm = with_gaps(3)
    if few:
        kept = np.isin(codes, (0, 4)) & (np.arange(len(codes)) % 3 == 0)
        codes, pre, post, arm = codes[kept] // 4, pre[kept], post[kept], arm[[0, 4]]
        pre[np.flatnonzero(np.isnan(post))[-1]] *= 3
    seen, classes = ~np.isnan(post), len(arm)
    design = np.column_stack([np.eye(classes)[codes], pre * arm[codes], pre * ~arm[codes]])
    fit = sm.OLS(post[seen], design[seen]).fit()
    there = fit.get_prediction(design[~seen])
    found, df = draws(codes, pre, post, arm, 20_000 if few else 4_000), fit.df_resid
    spread = np.sqrt((there.var_pred_mean + fit.scale) * df / (df - 2))
    assert np.abs(found.mean(axis=0) - there.predicted_mean).max() < 4 * spread.max() / math.sqrt(len(found))
    assert found.std(axis=0) == pytest.approx(spread, rel=0.025 if few else 0.06)
    assert (df < 12) == few and len(found[0]) > 1


def test_pupils_who_all_began_alike_are_filled_in_around_the_mean_of_their_class():
    codes, _, post, arm = with_gaps(3)
    found = draws(codes, np.full(len(codes), 7.0), post, arm, 2_000).mean(axis=0)
    seen = ~np.isnan(post)
    means = np.bincount(codes[seen], post[seen]) / np.bincount(codes[seen])
    assert found == pytest.approx(means[codes[~seen]], abs=4 * np.std(post[seen]) / math.sqrt(2_000))


def test_where_classes_carry_it_the_mean_of_all_fillings_is_analysed_once():
    codes, pre, post, arm = with_gaps(3)
    wholes = []

    def analysis(whole):
        wholes.append(whole)
        return difference(codes, pre, whole, arm)

    apart = multiple_imputation(codes, arm, pre, post, analysis, pupils_carry=True)
    together = multiple_imputation(codes, arm, pre, post, analysis, pupils_carry=False)
    assert len(wholes) == 41 and wholes[-1] == pytest.approx(np.mean(wholes[:-1], axis=0))
    expected = difference(codes, pre, wholes[-1], arm)
    assert (together.value, together.interval, together.df) == (expected.value, expected.interval, expected.df)
    assert together.p is None and together.value == pytest.approx(apart.value, abs=0.01)
    assert apart.interval.half_width > 1.2 * together.interval.half_width


def test_the_same_data_give_the_same_numbers():
    data = with_gaps(5)
    assert imputed(*data) == imputed(*data)
    assert imputed(*data) != imputed(data[0], data[1], data[2] + 1e-3 * data[1], data[3])


def test_who_is_missing_is_filled_in_and_who_is_not_stays():
    codes, pre, post, arm = with_gaps(7)
    seen, wholes = ~np.isnan(post), []

    def analysis(whole):
        wholes.append(whole)
        return difference(codes, pre, whole, arm)

    found = multiple_imputation(codes, arm, pre, post, analysis, pupils_carry=True, times=5)
    assert len(wholes) == 5 and all(np.isfinite(whole).all() for whole in wholes)
    assert all((whole[seen] == post[seen]).all() for whole in wholes)
    assert found.status == "beside" and found.n["pupils_treated"] == arm[codes].sum()


def test_it_is_far_from_nothing_only_where_scores_were():
    """An arm without noise is filled in exactly: the interval is that of the whole data, but for df where pupils carry
    it."""
    codes, pre, post, arm = school(9, 3, 3, (12, 20))
    post = pre + np.arange(6)[codes] * 1.0
    gaps = np.where(np.arange(len(post)) % 5 == 0, np.nan, post)
    whole = difference(codes, pre, post, arm)
    for pupils_carry in (True, False):
        found = imputed(codes, pre, gaps, arm, pupils_carry)
        assert (found.value, found.se) == pytest.approx((whole.value, whole.se), rel=1e-7)
    assert found.df == whole.df


@pytest.mark.parametrize(("change", "reason"), [
    (lambda c, x, y, a: (c, x, np.nan_to_num(y), a), "no_pupils"),
    (lambda c, x, y, a: (c[:0], x[:0], y[:0], a[:0]), "no_pupils"),
    (lambda c, x, y, a: (c, x, y, np.ones_like(a)), "empty_arm"),
    (lambda c, x, y, a: (c, x, y * 1e90, a), "out_of_reach"),
    (lambda c, x, y, a: (c[:4], x[:4], np.where(np.arange(4) == 3, np.nan, y[:4]), a[:2]), "too_few_pupils"),
])  # fmt: skip
def test_what_cannot_be_filled_in_is_refused(change, reason):
    codes = np.array([0, 0, 1, 1, 0, 1, 0, 1])
    pre, arm = np.arange(8.0), np.array([True, False])
    post = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, np.nan])
    found = imputed(*change(codes, pre, post, arm))
    assert isinstance(found, NotEstimated) and found.reason == reason


def test_what_the_analysis_refuses_is_refused():
    codes, pre, post, arm = with_gaps(2)
    reason = NotEstimated(estimator="other", reason="too_few_classes")
    found = multiple_imputation(codes, arm, pre, post, lambda _: reason, pupils_carry=False)
    assert found == replace(reason, estimator="multiple_imputation")


@pytest.mark.parametrize("wrong", [
    lambda c, x, y, a: (c, a, x[1:], y),
    lambda c, x, y, a: (c, a[1:], x, y),
    lambda c, x, y, a: (c, a, x, np.where(c == 2, np.nan, y)),
])  # fmt: skip
def test_shapes_and_whole_classes_raise(wrong):
    codes, arm, pre, post = wrong(*with_gaps(4))
    with pytest.raises(ValueError, match="needs three|every class"):
        multiple_imputation(codes, arm, pre, post, lambda _: estimate(0.0), pupils_carry=False)


def test_a_missing_test_before_is_the_mean_of_the_class_and_a_covariate_of_its_own():
    codes, pre = np.array([0, 1, 0, 1, 0]), np.array([1.0, 4.0, np.nan, np.nan, 2.0])
    filled, late = mean_and_indicator(codes, pre)
    assert list(filled) == [1.0, 4.0, 1.5, 4.0, 2.0] and list(late) == [0, 0, 1, 1, 0]
    for wrong in (np.array([1.0, np.nan, 2.0, np.nan, 3.0]), np.array([np.nan, 1.0, np.nan, 2.0, np.nan])):
        with pytest.raises(ValueError, match="every class"):
            mean_and_indicator(codes, wrong)


@pytest.mark.parametrize(("size", "icc"), [((15, 25), 0.15), ((6, 13), 0.0)])
def test_the_interval_holds_when_missing_follows_the_test_before(size, icc):
    """Pupils who started low are missing more often, in one arm above all; nothing differs between the arms."""
    rng, held, runs, values = np.random.default_rng(SEED), 0, 250, []
    for _ in range(runs):
        n = rng.integers(*size, 10)
        codes, arm = np.repeat(np.arange(10), n), np.arange(10) < 5
        pre = rng.normal(0, math.sqrt(icc), 10)[codes] + rng.normal(0, math.sqrt(1 - icc), len(codes))
        level = rng.normal(0, 0.8 * math.sqrt(icc), 10)
        post = 0.6 * pre + level[codes] + rng.normal(0, 0.8 * math.sqrt(1 - icc), len(codes))
        gone = rng.random(len(codes)) < 1 / (1 + np.exp(1.2 + (0.8 + 0.8 * arm[codes]) * pre))
        gone[np.unique(codes, return_index=True)[1]] = False
        found = imputed(codes, pre, np.where(gone, np.nan, post), arm, times=20)
        held += found.interval.holds(0)
        values.append(found.value)
    assert abs(held / runs - 0.95) < 2 * math.sqrt(0.95 * 0.05 / runs)
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(runs)

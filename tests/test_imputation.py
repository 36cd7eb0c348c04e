"""Post-tests filled in many times: known limits of the draws, the pooling by hand, and how often the interval holds."""

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import school

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import clusters
from gsl_research.methods.imputation import OWN_LEVEL_PUPILS, _model, mean_and_indicator, multiple_imputation, pooled
from gsl_research.methods.moments import class_moments
from gsl_research.methods.student import t_interval

SEED = 20261123


def with_gaps(seed: int, share: float = 0.2, **sizes):
    codes, pre, post, arm = school(seed, 3, 3, **{"sizes": (18, 25), **sizes})
    gone = np.random.default_rng(seed + 1000).random(len(codes)) < share
    return codes, pre, np.where(gone, np.nan, post), arm


def difference(codes, pre, post, arm):
    return clusters.adjusted_difference(clusters.adjusted_means(class_moments(codes, pre, post), arm), unit="points")


def imputed(codes, pre, post, arm, **options):
    return multiple_imputation(codes, arm, pre, post, lambda whole: difference(codes, pre, whole, arm), **options)


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


def draws(codes, pre, post, times=4000):
    rng = np.random.default_rng(SEED)
    model = _model(codes, pre, post)
    return np.array([model(rng) for _ in range(times)])


def test_draws_are_the_posterior_of_the_regression_of_an_arm():
    """With a level per class the mean is the prediction; the spread that of a new pupil: s²(1 + 1/n + ..) ν/(ν - 2)."""
    codes, pre, post, arm = with_gaps(3)
    rows = arm[codes]
    codes, pre, post = np.unique(codes[rows], return_inverse=True)[1], pre[rows], post[rows]
    seen = ~np.isnan(post)
    design = np.column_stack([np.eye(3)[codes], pre])
    fit = sm.OLS(post[seen], design[seen]).fit()
    there = fit.get_prediction(design[~seen])
    found, df = draws(codes, pre, post), fit.df_resid
    spread = np.sqrt(there.var_pred_mean + fit.scale) * math.sqrt(df / (df - 2))
    assert np.abs(found.mean(axis=0) - there.predicted_mean).max() < 4 * spread.max() / math.sqrt(len(found))
    assert found.std(axis=0) == pytest.approx(spread, rel=0.06)


def test_with_few_pupils_the_spread_and_the_slope_are_drawn_too():
    """One class of eight: the variance of a draw is s²(1 + 1/n + x²/Sxx) ν/(ν - 2), with ν = 6."""
    pre = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 4.5, 14.0])
    post = np.array([2.0, 1.0, 4.0, 3.0, 6.0, 4.0, 8.0, 7.0, np.nan, np.nan])
    fit = sm.OLS(post[:8], sm.add_constant(pre[:8])).fit()
    there = fit.get_prediction(sm.add_constant(pre)[8:])
    found = draws(np.zeros(10, dtype=int), pre, post, 30_000)
    spread = np.sqrt((there.var_pred_mean + fit.scale) * 6 / 4)
    assert found.mean(axis=0) == pytest.approx(there.predicted_mean, abs=0.06)
    assert found.std(axis=0) == pytest.approx(spread, rel=0.03)


def test_a_small_class_leans_on_its_arm_and_a_large_one_does_not():
    rng = np.random.default_rng(SEED)
    sizes = [OWN_LEVEL_PUPILS, OWN_LEVEL_PUPILS - 1, 40, 40, 40]
    codes = np.repeat(np.arange(5), [size + 1 for size in sizes])
    levels = np.array([6.0, 6.0, 0.0, 0.3, -0.3])
    pre = rng.normal(0, 1, len(codes))
    post = levels[codes] + 0.5 * pre + rng.normal(0, 6, len(codes))
    last = np.flatnonzero(np.append(codes[1:] != codes[:-1], True))
    for j in range(5):
        post[codes == j] += levels[j] - post[np.setdiff1d(np.flatnonzero(codes == j), last)].mean()
    post[last], pre[last] = np.nan, 0.0
    large, small = draws(codes, pre, post).mean(axis=0)[:2]
    assert large > 5.3 and small < large - 0.5


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

    found = multiple_imputation(codes, arm, pre, post, analysis, times=5)
    assert len(wholes) == 5 and all(np.isfinite(whole).all() for whole in wholes)
    assert all((whole[seen] == post[seen]).all() for whole in wholes)
    assert found.status == "beside" and found.n["pupils_treated"] == arm[codes].sum()


def test_it_is_far_from_nothing_only_where_scores_were():
    """An arm without noise is filled in exactly: the interval is that of the whole data, but for its df."""
    codes, pre, post, arm = school(9, 3, 3, (12, 20))
    post = pre + np.arange(6)[codes] * 1.0
    gaps = np.where(np.arange(len(post)) % 5 == 0, np.nan, post)
    found, whole = imputed(codes, pre, gaps, arm), difference(codes, pre, post, arm)
    assert (found.value, found.se) == pytest.approx((whole.value, whole.se), rel=1e-7)


@pytest.mark.parametrize(("change", "reason"), [
    (lambda c, x, y, a: (c, x, np.nan_to_num(y), a), "no_pupils"),
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
    found = multiple_imputation(codes, arm, pre, post, lambda _: reason)
    assert found == replace(reason, estimator="multiple_imputation")


@pytest.mark.parametrize("wrong", [
    lambda c, x, y, a: (c, a, x[1:], y),
    lambda c, x, y, a: (c, a[1:], x, y),
    lambda c, x, y, a: (c, a, x, np.where(c == 2, np.nan, y)),
])  # fmt: skip
def test_shapes_and_whole_classes_raise(wrong):
    codes, arm, pre, post = wrong(*with_gaps(4))
    with pytest.raises(ValueError, match="needs three|every class"):
        multiple_imputation(codes, arm, pre, post, lambda _: estimate(0.0))


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
    assert held >= runs * (0.95 - 2 * math.sqrt(0.95 * 0.05 / runs))
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(runs)

"""Waves: lines per pupil and class slopes, against least squares, scipy, dense likelihoods, MixedLM and lmer."""

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import SAME, check_estimate, check_same, projections
from oracle import growth as oracle
from scipy import stats
from test_oracle import RECORDS

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import growth_model, waves
from gsl_research.methods.moments import class_moments
from gsl_research.methods.random_intercept import random_intercept
from gsl_research.methods.student import small_sample_factor

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
TIMES = np.array([0, 1, 2.5])


def study(seed, classes=8, pupils=12, missing=0.2, differ=0.1, effect=0.2):
    """codes, scores and treated: classes and pupils with lines of their own, waves missing at random."""
    rng = np.random.default_rng(seed)
    codes, arm = rng.permutation(np.repeat(np.arange(classes), pupils)), np.arange(classes) % 2 == 1
    start = 10 + rng.normal(0, 0.4, classes)[codes] + rng.normal(0, 0.8, len(codes))
    slope = 0.4 + rng.normal(0, differ, classes)[codes] + rng.normal(0, 0.3, len(codes)) + effect * arm[codes]
    scores = start[:, None] + slope[:, None] * TIMES + rng.normal(0, 0.4, (len(codes), 3))
    scores[rng.random(scores.shape) < missing] = np.nan
    return codes, scores, arm


def long(codes, scores, times=TIMES):
    pupil, wave = np.nonzero(~np.isnan(scores))
    return pupil, codes[pupil], np.broadcast_to(times, scores.shape)[pupil, wave], scores[pupil, wave]


def difference(codes, scores, arm, times=TIMES, **choices):
    return waves.slope_difference(waves.class_slopes(codes, times, scores), arm, unit="points", **choices)


# --- slopes


def test_a_class_slope_is_least_squares_with_a_dummy_per_pupil():
    codes, scores, _ = study(1)
    found = waves.class_slopes(codes, TIMES, scores)
    for c in range(8):
        pupil, _, t, y = long(codes[codes == c], scores[codes == c])
        fit = sm.OLS(y, np.column_stack([t, pupil[:, None] == np.unique(pupil)]).astype(float)).fit()
        assert found.slope[c] == pytest.approx(fit.params[0], rel=SAME)


def test_what_a_pupil_with_two_of_three_waves_weighs():
    line, other = np.array([0.0, 1, 2]), np.array([0.0, 3, 6])
    for gone, share in (((), 1 / 2), ((1,), 1 / 2), ((2,), 1 / 5), ((0,), 1 / 5), ((0, 1), 0)):
        second = other.copy()
        second[list(gone)] = np.nan
        found = waves.class_slopes([0, 0], [0, 1, 2], [line, second])
        assert found.slope[0] == pytest.approx(1 + 2 * share, rel=SAME)
        assert found.pupils[0] == (2 if share else 1)


def test_days_of_their_own_are_times_of_their_own():
    codes, scores, _ = study(2)
    own = TIMES + np.random.default_rng(3).normal(0, 0.2, scores.shape)
    found = waves.class_slopes(codes, own, scores)
    seen = ~np.isnan(scores)
    slopes, weights = np.zeros(len(codes)), np.zeros(len(codes))
    for i in np.flatnonzero(seen.sum(axis=1) > 1):
        slopes[i] = np.polyfit(own[i, seen[i]], scores[i, seen[i]], 1)[0]
        weights[i] = np.var(own[i, seen[i]]) * seen[i].sum()
    for c in range(8):
        assert found.slope[c] == pytest.approx(np.average(slopes[codes == c], weights=weights[codes == c]), rel=1e-9)


def test_the_error_over_pupils_is_that_of_one_mean_with_weights():
    """Dense: with variances by 1/S the expected squared error is right, and df are those of that quadratic form."""
    codes, scores, _ = study(4, classes=1, pupils=9)
    found = waves.class_slopes(codes, TIMES, scores)
    seen = (~np.isnan(scores)).sum(axis=1) > 1
    ss = np.array([np.nansum((np.where(np.isnan(s), np.nan, TIMES) - TIMES[~np.isnan(s)].mean()) ** 2)
                   for s in scores[seen]])  # fmt: skip
    h = ss / ss.sum()
    away = np.eye(len(h)) - h
    form, truth = away.T @ np.diag(h**2 / (1 - h)) @ away, np.diag(1 / ss)
    assert np.trace(form @ truth) == pytest.approx(1 / ss.sum(), rel=SAME)
    assert found.df[0] == pytest.approx(np.trace(form @ truth) ** 2 / np.trace(form @ truth @ form @ truth), rel=SAME)
    own = np.array([np.polyfit(TIMES[~np.isnan(s)], s[~np.isnan(s)], 1)[0] for s in scores[seen]])
    assert found.variance[0] == pytest.approx(own @ form @ own, rel=1e-9)
    assert 1 < found.df[0] < seen.sum() - 1


# --- growth of one group


def test_one_class_with_nobody_missing_is_the_t_of_one_sample():
    codes, scores, _ = study(5, classes=1, missing=0)
    found = waves.growth(waves.class_slopes(codes, TIMES, scores), unit="points", duration=2.5)
    own = 2.5 * np.polyfit(TIMES, scores.T, 1)[0]
    by_scipy = stats.ttest_1samp(own, 0).confidence_interval()
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(by_scipy), rel=SAME)
    assert (found.df, found.class_df, found.p) == (pytest.approx(11), 0, None)


@pytest.mark.parametrize("classes", [3, 5, 8])
def test_from_three_classes_on_it_is_a_t_over_class_slopes(classes):
    codes, scores, _ = study(6, classes=classes)
    slopes = waves.class_slopes(codes, TIMES, scores)
    found = waves.growth(slopes, unit="points", duration=2)
    by_scipy = stats.ttest_1samp(slopes.slope, 0)
    check_estimate(found, 2 * slopes.slope.mean(), 2 * slopes.slope.mean() / by_scipy.statistic, classes - 1)


def test_two_classes_are_described_by_the_slope_of_all_their_pupils():
    codes, scores, _ = study(7, classes=2)
    found = waves.growth(waves.class_slopes(codes, TIMES, scores), unit="points")
    assert (found.status, found.interval, found.se, found.class_df) == ("described", None, None, 1)
    assert found.value == pytest.approx(waves.class_slopes(0 * codes, TIMES, scores).slope[0], rel=SAME)


# --- arms


@pytest.mark.parametrize("classes", [4, 5, 8])
def test_the_difference_is_students_t_over_class_slopes(classes):
    codes, scores, arm = study(8, classes=classes)
    slope = waves.class_slopes(codes, TIMES, scores).slope
    by_scipy = stats.ttest_ind(slope[arm], slope[~arm])
    value = 2.5 * (slope[arm].mean() - slope[~arm].mean())
    check_estimate(difference(codes, scores, arm, duration=2.5), value, value / by_scipy.statistic, classes - 2)


@pytest.mark.parametrize(
    "fit", [difference, lambda *a, **k: growth_model.model_difference(a[0], TIMES, *a[1:3], unit="", **k)]
)
def test_swapping_scaling_shifting_and_permuting(fit):
    codes, scores, arm = study(9, classes=6, pupils=15)
    found, row = fit(codes, scores, arm), np.random.default_rng(1).permutation(len(codes))
    near = {"rel": 1e-5} if fit is not difference else {"rel": 1e-9}
    for other, factor in (
        (fit(codes, scores, ~arm), -1),
        (fit(codes, 7 * scores + 100, arm), 7),
        (fit(codes[row], scores[row], arm), 1),
        (fit(5 - codes, scores, arm[::-1]), 1),
        (fit(codes, scores + np.arange(6)[codes, None], arm), 1),
        (fit(codes, scores, arm, duration=3.0), 3),
    ):
        assert (other.value, other.se) == pytest.approx((factor * found.value, abs(factor) * found.se), **near)
    assert fit(codes, scores, arm).df == 4


def test_the_unit_and_the_origin_of_time_do_not_matter():
    codes, scores, arm = study(10)
    days = 738_000 + 365.25 * TIMES
    check_same(difference(codes, scores, arm, days, duration=365.25), difference(codes, scores, arm))
    with_noise = growth_model.model_difference(codes, days, scores, arm, unit="points", duration=365.25)
    plain = growth_model.model_difference(codes, TIMES, scores, arm, unit="points")
    assert (with_noise.value, with_noise.se) == pytest.approx((plain.value, plain.se), rel=1e-5)


def test_g_is_over_the_total_sd_of_the_first_wave():
    codes, scores, arm = study(11)
    points, first = difference(codes, scores, arm, duration=2.5), scores[:, 0]
    g = waves.in_first_wave_sd(points, codes, first, arm)
    seen = ~np.isnan(first)
    classes, of_classes, of_arms = projections(codes[seen], arm)
    n, y = seen.sum(), first[seen]
    sd = math.sqrt(y @ (np.eye(n) - of_arms) @ y / (n - 2))
    form = (np.eye(n) - of_arms) @ (g.icc * classes @ classes.T + (1 - g.icc) * np.eye(n))
    mean, h = np.trace(form), np.trace(form) ** 2 / np.trace(form @ form)
    assert g.icc > 0
    assert g.value == pytest.approx(small_sample_factor(h) * points.value / sd * math.sqrt(mean / (n - 2)), rel=1e-9)
    assert (g.metric, g.unit, g.df, g.interval.holds(g.value)) == ("g", "first_wave_total_sd", 6, True)


def test_few_classes_are_not_compared():
    for classes in (2, 3):
        codes, scores, arm = study(12, classes=classes)
        for found in (
            difference(codes, scores, arm),
            growth_model.model_difference(codes, TIMES, scores, arm, unit=""),
        ):
            assert found.reason == "too_few_classes"


def test_intervals_hold_the_difference_as_often_as_they_say():
    held = []
    for seed in range(1000):
        codes, scores, arm = study([20261122, seed], classes=(4, 8)[seed % 2], differ=0.2)
        held.append(difference(codes, scores, arm).interval.holds(0.2))
    assert np.mean(held) == pytest.approx(0.95, abs=2 * math.sqrt(0.95 * 0.05 / 1000))


# --- growth model


def dense(model, groups, scores):
    """Restricted log-likelihood and lines of all scores at once, at the model's variances."""
    pupil, group, t, y = long(groups, scores)
    z = np.column_stack([np.ones_like(t), t])
    x = np.column_stack([z * (group == m)[:, None] for m in range(groups.max() + 1)])
    v = model.sigma2 * np.eye(len(y)) + (z @ model.between @ z.T) * (pupil[:, None] == pupil)
    weighed = np.linalg.solve(v, x)
    information = x.T @ weighed
    lines = np.linalg.solve(information, weighed.T @ y)
    rest = y - x @ lines
    logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + rest @ np.linalg.solve(v, rest)
    return -(logs + (len(y) - x.shape[1]) * math.log(2 * math.pi)) / 2, lines, np.linalg.inv(information)


def test_the_model_is_the_top_of_the_dense_likelihood():
    codes, scores, _ = study(13, classes=4, pupils=10)
    model = growth_model.growth_model(codes, TIMES, scores)
    height, lines, covariance = dense(model, codes, scores)
    assert model.log_likelihood == pytest.approx(height, rel=1e-12)
    assert model.lines.ravel() == pytest.approx(lines, rel=1e-9)
    for m in range(4):
        own = slice(2 * m, 2 * m + 2)
        assert model.covariance[m] == pytest.approx(covariance[own, own], rel=1e-8)
    for step in (1e-3, -1e-3):
        for i, j in ((0, 0), (1, 1), (0, 1)):
            moved = model.between.copy()
            moved[i, j] = moved[j, i] = moved[i, j] + step
            assert dense(replace(model, between=moved), codes, scores)[0] < height
        assert dense(replace(model, sigma2=model.sigma2 + step), codes, scores)[0] < height


def test_statsmodels_finds_the_same():
    codes, scores, arm = study(14, pupils=20)
    groups = arm[codes].astype(int)
    model = growth_model.growth_model(groups, TIMES, scores)
    pupil, group, t, y = long(groups, scores)
    z = np.column_stack([np.ones_like(t), t])
    fit = sm.MixedLM(y, np.column_stack([z * (group == m)[:, None] for m in (0, 1)]), pupil, z).fit(gtol=1e-8)
    assert model.lines.ravel() == pytest.approx(fit.fe_params, rel=1e-5)
    assert np.sqrt(np.diag(model.covariance[1])) == pytest.approx(fit.bse_fe[2:], rel=1e-3)
    there = replace(model, between=np.asarray(fit.cov_re), sigma2=fit.scale)
    below = model.log_likelihood - dense(there, groups, scores)[0]
    assert 0 < below < 1e-4, "MixedLM stops just below the top, and so its standard errors are 5e-4 off"


def test_beside_it_stands_a_t_over_the_models_class_slopes():
    codes, scores, arm = study(15)
    codes, scores = codes[(~np.isnan(scores)).any(axis=1)], scores[(~np.isnan(scores)).any(axis=1)]
    found = growth_model.model_difference(codes, TIMES, scores, arm, unit="points")
    slope = growth_model.growth_model(codes, TIMES, scores).lines[:, 1]
    by_scipy = stats.ttest_ind(slope[arm], slope[~arm])
    check_estimate(found, slope[arm].mean() - slope[~arm].mean(),
                   (slope[arm].mean() - slope[~arm].mean()) / by_scipy.statistic, 6)  # fmt: skip
    assert (found.status, found.estimator) == ("beside", "growth_model")


@pytest.mark.parametrize("key", oracle.DATA)
def test_our_restricted_likelihood_is_no_lower_than_lmers(key, real_data):
    ours, r = oracle.ours(real_data, key), RECORDS[key]

    assert ours.get("reml_loglik", 0) >= r.get("reml_loglik", 0) - 1e-11


# --- what a line leaves, and who is there


def test_departure_is_the_wave_means_around_their_line_when_nobody_is_missing():
    _, scores, _ = study(16, missing=0)
    means = scores.mean(axis=0)
    assert waves.departure(TIMES, scores) == pytest.approx(means - np.polyval(np.polyfit(TIMES, means, 1), TIMES))


def test_departure_is_what_wave_dummies_add_to_a_line():
    codes, scores, _ = study(17)
    own = TIMES + np.random.default_rng(3).normal(0, 0.2, scores.shape)
    for times in (TIMES, own):
        pupil, _, t, y = long(codes, scores, times)
        wave = np.nonzero(~np.isnan(scores))[1]
        dummies = pupil[:, None] == np.unique(pupil)
        line = sm.OLS(y, np.column_stack([t, dummies]).astype(float)).fit()
        rest = sm.OLS(line.resid, np.column_stack([wave == 1, wave == 2, dummies]).astype(float)).fit().params[:2]
        effects = np.array([0, *rest])
        n = np.bincount(wave)
        assert waves.departure(times, scores) == pytest.approx(effects - n @ effects / n.sum(), abs=1e-9)


def test_on_a_line_nothing_departs():
    assert waves.departure([0, 1, 4], [[3, 5, 11.0], [1, np.nan, 9]]) == pytest.approx([0, 0, 0], abs=1e-12)


def test_every_wave_says_who_is_there():
    gone = np.nan
    first, last = waves.by_wave([0, 2], [[1, gone], [2, 4], [gone, 8], [6, gone], [gone, gone]])
    assert first == waves.Wave(n=3, time=0, mean=3, sd=pytest.approx(math.sqrt(7)), first=3, left=0, joined=0)
    assert last == waves.Wave(n=2, time=2, mean=6, sd=pytest.approx(math.sqrt(8)), first=3, left=2, joined=1)
    assert waves.by_wave([0], [[gone]])[0] == waves.Wave(
        n=0, time=None, mean=None, sd=None, first=0, left=0, joined=0
    )  # fmt: skip


# --- what data can do


def everything(codes, times, scores, arm):
    slopes = waves.class_slopes(codes, times, scores)
    points = waves.slope_difference(slopes, arm, unit="points")
    yield from (slopes, waves.growth(slopes, unit="points"), points, waves.departure(times, scores))
    yield waves.in_first_wave_sd(points, codes, np.asarray(scores, dtype=float)[:, 0], arm)
    yield growth_model.growth_model(codes, times, scores)
    yield growth_model.model_difference(codes, times, scores, arm, unit="points")
    yield from waves.by_wave(times, scores)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((8, 3), np.nan), "no_pupils"),
        (np.where([True, False, False], 1.0, np.full((8, 3), np.nan)), "singular"),
        (np.full((8, 3), 1e80) * np.arange(3), "out_of_reach"),
    ],
)
def test_refusals_of_slopes(scores, reason):
    codes, arm = np.repeat(np.arange(4), 2), np.arange(4) < 2
    assert waves.class_slopes(codes, [0, 1, 2], scores).reason == reason
    for found in everything(codes, [0, 1, 2], scores, arm):
        assert isinstance(found, NotEstimated | waves.Wave)


def test_slopes_that_do_not_differ_carry_no_interval():
    codes, arm = np.repeat(np.arange(6), 3), np.arange(6) < 3
    scores = 1000.1 + 0.1 * np.arange(18)[:, None] + 0.3 * TIMES
    slopes = waves.class_slopes(codes, TIMES, scores)
    assert waves.growth(slopes, unit="points").status == "described"
    assert waves.slope_difference(slopes, arm, unit="points").reason == "no_class_spread"
    assert isinstance(growth_model.growth_model(codes, TIMES, scores), NotEstimated)
    assert growth_model.growth_model(codes, TIMES, np.full((18, 3), 0.1)).reason == "no_pupil_spread"


def test_lines_that_differ_by_the_noise_alone_are_no_lines_of_pupils():
    """Between parallel lines the spread of slopes is 0 at the top of the likelihood."""
    around = np.array([[0.2, -0.5, 0.3], [-0.4, 0.6, -0.2], [0.5, -0.4, -0.1], [-0.3, 0.3, 0.0]])
    scores = np.array([[3.0], [5.0], [8.0], [12.0]]) + TIMES + around
    assert growth_model.growth_model(np.zeros(4, dtype=int), TIMES, scores).reason == "no_slope_spread"


def test_one_pupil_of_a_group_tells_nothing_of_how_pupils_differ():
    """The likelihood is flat there: whatever it called their spread would be where the search began."""
    scores = np.array([[1.0, 3, 2], [2, 2, 5], [1, 7, 2], [4, 5, 9]])
    first_only = np.where(np.arange(12).reshape(4, 3) % 6 > 3, np.nan, scores)
    assert growth_model.growth_model([0, 1, 2, 3], TIMES, scores).reason == "too_few_pupils"
    assert growth_model.growth_model([0, 0, 1, 1], TIMES, first_only).reason == "too_few_pupils"
    assert isinstance(growth_model.growth_model([0, 0, 1, 2], TIMES, scores), growth_model.GrowthModel)


def test_a_group_of_one_day_has_no_line():
    scores = np.vstack([study(18, classes=2, missing=0)[1][:8], [[5.0, np.nan, np.nan], [6.0, np.nan, np.nan]]])
    groups = np.repeat([0, 1], [8, 2])
    assert growth_model.growth_model(groups, TIMES, scores).reason == "singular"


def test_two_waves_give_no_growth_model():
    codes, scores, _ = study(18)
    assert growth_model.growth_model(codes, TIMES[:2], scores[:, :2]).reason == "singular"


def test_an_empty_arm_and_classes_without_slopes():
    codes, scores, arm = study(19, classes=6)
    assert difference(codes, scores, arm | True).reason == "empty_arm"
    scores[codes == 0, 1:] = np.nan
    found = difference(codes, scores, arm)
    assert (found.df, found.n["classes_treated"], found.n["classes_control"]) == (3, 3, 2)
    without = codes > 0
    for fit in (difference, lambda *a: growth_model.model_difference(a[0], TIMES, *a[1:], unit="points")):
        some, rest = fit(codes, scores, arm), fit(codes[without] - 1, scores[without], arm[1:])
        assert (some.value, some.se, some.df) == pytest.approx((rest.value, rest.se, 3), rel=1e-9)
    assert waves.in_first_wave_sd(found, codes, np.where(arm[codes], np.nan, scores[:, 0]), arm).reason == "empty_arm"


def test_whatever_pupils_and_waves_there_are_nothing_breaks():
    rng = np.random.default_rng(20261122)
    for _ in range(150):
        classes, n, w = rng.integers(1, 6), rng.integers(1, 12), rng.integers(1, 5)
        codes = np.append(np.arange(classes), rng.integers(0, classes, n))
        times = rng.choice([rng.normal(0, 1, w), np.zeros(w), 7e5 + np.arange(w), np.arange(w) % 2]) if w > 1 else [0.0]
        scores = rng.integers(0, rng.choice([1, 2, 20]) + 0, (len(codes), w)) * rng.choice([1, 1e-30, 1e30, 0.1])
        scores[rng.random(scores.shape) < rng.choice([0, 0.3, 0.8])] = np.nan
        for found in everything(codes, times, scores, rng.random(classes) < 0.5):
            if isinstance(found, Estimate) and found.se is not None:
                assert found.se > 0 and math.isfinite(found.se)
            elif isinstance(found, np.ndarray):
                assert np.isfinite(found).all()


def test_nothing_without_rows():
    slopes = waves.class_slopes([], [0, 1], np.zeros((0, 2)))
    assert slopes.reason == waves.departure([0, 1], np.zeros((0, 2))).reason == "no_pupils"
    assert waves.growth(slopes, unit="points").reason == "no_pupils"


@pytest.mark.parametrize(
    "call",
    [
        lambda: waves.class_slopes([0], [0, 1], [1, 2]),
        lambda: waves.class_slopes([0, 1], [0, 1], [[1, 2]]),
        lambda: waves.class_slopes([0], [0, np.nan], [[1, 2]]),
        lambda: waves.class_slopes([0], [0, 1], [[1, np.inf]]),
        lambda: difference(*study(1)[:2], [True]),
        lambda: difference(*study(1), duration=0),
    ],
)
def test_mistakes_of_the_programmer(call):
    with pytest.raises(ValueError):
        call()


def test_slopes_that_differ_fit_no_worse_than_a_random_intercept():
    codes, scores, arm = study(20, classes=4, pupils=30)
    pupil, group, t, y = long(arm[codes].astype(int), scores)
    fit = random_intercept(class_moments(np.unique(pupil, return_inverse=True)[1], t, group, t * group, y))
    flat = growth_model.GrowthModel(np.zeros((2, 2)), np.zeros((2, 2, 2)), np.diag([fit.tau2, 0]), fit.sigma2, 0.0)
    assert dense(flat, arm[codes].astype(int), scores)[0] == pytest.approx(fit.log_likelihood, rel=1e-12)
    assert growth_model.growth_model(arm[codes].astype(int), TIMES, scores).log_likelihood >= fit.log_likelihood

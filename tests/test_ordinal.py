"""Ordered categories: every pair counted, scipy's tests, and made classes without an effect."""

import math

import numpy as np
import pytest
from made_classes import SAME, check_estimate, check_same, class_means
from scipy import stats

from gsl_research.estimate import Estimate, Interval, NotEstimated
from gsl_research.methods.clusters import adjusted_difference, adjusted_means
from gsl_research.methods.mastery import risk_difference
from gsl_research.methods.moments import class_moments
from gsl_research.methods.ordinal import Chance, brunner_munzel, chance_of, ridit_difference, ridits
from gsl_research.methods.pupils import superiority

SEED = 20261122
CUTS = [-1.3, -0.7, 0.0, 0.7]


def school(seed: int, treated: int = 3, control: int = 4, sizes: tuple[int, int] = (5, 25), effect: float = 0.4):
    """codes, categories 0 to 4, arm: classes that differ in level and size, pupils in mixed order."""
    rng = np.random.default_rng(seed)
    groups = treated + control
    codes = rng.permutation(np.repeat(np.arange(groups), rng.integers(*sizes, groups)))
    arm = rng.permutation(np.arange(groups) < treated)
    latent = effect * arm[codes] + rng.normal(0, 0.4, groups)[codes] + rng.normal(0, 1, len(codes))
    return codes, np.searchsorted(CUTS, latent).astype(float), arm


def difference(codes, scores, arm):
    return ridit_difference(codes, scores, treated=arm, unit="ridits")


def pair(a, b):
    return float(a > b) + 0.5 * float(a == b)


@pytest.mark.parametrize("seed", range(3))
def test_ridits_by_counting_pairs(seed):
    codes, scores, _ = school(seed)
    n = np.bincount(codes)
    expected = [
        sum(pair(mine, theirs) / n[code] for theirs, code in zip(scores, codes, strict=True)) / len(n)
        for mine in scores
    ]
    assert ridits(codes, scores) == pytest.approx(expected, rel=SAME)
    assert class_means(codes, ridits(codes, scores)).mean() == pytest.approx(0.5, rel=SAME)


def test_ridits_are_mid_ranks_in_classes_of_one_size():
    codes, scores, _ = school(1, sizes=(12, 13))
    assert ridits(codes, scores) == pytest.approx((stats.rankdata(scores) - 0.5) / len(scores), rel=SAME)
    assert len(ridits([], [])) == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_difference_is_the_chance_to_stand_higher_minus_a_half_and_its_t_test(seed):
    codes, scores, arm = school(seed)
    found = difference(codes, scores, arm)
    chances = [
        np.mean([[pair(a, b) for b in scores[codes == control]] for a in scores[codes == treated]])
        for treated in np.flatnonzero(arm)
        for control in np.flatnonzero(~arm)
    ]
    value = float(np.mean(chances)) - 0.5
    (mean,) = class_means(codes, ridits(codes, scores))
    check_estimate(found, value, value / stats.ttest_ind(mean[arm], mean[~arm]).statistic, len(arm) - 2)
    chance = chance_of(found)
    assert chance.value == pytest.approx(np.mean(chances), rel=SAME)
    assert chance.interval.low == pytest.approx(max(found.interval.low + 0.5, 0), abs=SAME)


@pytest.mark.parametrize("seed", range(3))
def test_in_arms_of_classes_of_one_size_it_is_the_superiority_of_pupils(seed):
    codes, scores, arm = school(seed, sizes=(11, 12))
    found = chance_of(difference(codes, scores, arm))
    assert found.value == pytest.approx(superiority(scores, arm[codes]).value, rel=SAME)


def test_with_two_categories_it_is_half_the_risk_difference():
    codes, scores, arm = school(5)
    passed = (scores > 2).astype(float)
    found = difference(codes, 3 * passed - 7, arm)
    check_same(found, risk_difference(class_moments(codes, passed), arm, unit="share"), scale=0.5)


def test_an_ordered_pre_test_adjusts_by_its_own_ridits():
    codes, scores, arm = school(6)
    before = np.clip(scores + np.random.default_rng(6).integers(-2, 2, len(scores)), 0, 4)
    start = ridits(codes, before)
    found = ridit_difference(codes, scores, start, treated=arm, unit="ridits")
    means = adjusted_means(class_moments(codes, start, ridits(codes, scores)), arm)
    check_same(found, adjusted_difference(means, unit="ridits"))
    assert found.se < difference(codes, scores, arm).se
    with pytest.raises(ValueError, match="chance"):
        chance_of(found)


def test_what_may_change_and_what_may_not():
    codes, scores, arm = school(2)
    found = difference(codes, scores, arm)
    check_same(difference(codes, scores, ~arm), found, sign=-1)
    check_same(difference(codes, -scores, arm), found, sign=-1)
    check_same(difference(codes, np.array([-9.0, 0, 0.1, 7, 1e6])[scores.astype(int)], arm), found)
    order = np.random.default_rng(2).permutation(len(codes))
    check_same(difference(codes[order], scores[order], arm), found)
    renamed = np.random.default_rng(3).permutation(len(arm))
    check_same(difference(renamed[codes], scores, arm[np.argsort(renamed)]), found)
    check_same(difference(np.repeat(codes, 2), np.repeat(scores, 2), arm), found)


def test_limits_of_a_chance_stay_between_0_and_1():
    scores = np.repeat([0, 1, 1, 4, 2, 4.0], 5)
    scores[::5] = 2
    found = difference(np.repeat(np.arange(6), 5), scores, np.array([0, 0, 0, 1, 1, 1], dtype=bool))
    assert found.interval.high > 0.5
    assert chance_of(found).interval.high == 1


@pytest.mark.parametrize(
    ("codes", "scores", "treated", "reason"),
    [
        ([], [], [], "no_pupils"),
        ([0, 0, 1, 1], [1, 2, 3, 1], [True, True], "empty_arm"),
        ([0, 0, 1, 1], [1, 2, 3, 1], [True, False], "too_few_classes"),
        ([0, 0, 1, 1, 2, 2], [3, 3, 3, 3, 1, 2], [True, True, False], "no_pupil_spread"),
        ([0, 0, 1, 1, 2, 2], [1, 2, 3, 3, 3, 3], [True, False, False], "no_pupil_spread"),
        ([0, 0, 1, 1, 2, 2], [3, 3, 3, 3, 3, 3], [True, True, False], "no_pupil_spread"),
        ([0, 0, 1, 1, 2, 2, 3, 3], [1, 2, 1, 2, 2, 3, 2, 3], [True, True, False, False], "no_class_spread"),
    ],
)
def test_refused(codes, scores, treated, reason):
    found = ridit_difference(np.array(codes, int), scores, treated=np.array(treated, bool), unit="ridits")
    assert isinstance(found, NotEstimated)
    assert found.reason == reason


def test_mistakes_of_a_programmer():
    for call in (
        lambda: ridits([0, 0, 1], [1, 2]),
        lambda: ridits([0, 0], [1, math.nan]),
        lambda: brunner_munzel([1, math.inf], [True, False], unit="ridits"),
    ):
        with pytest.raises(ValueError):
            call()


# Pupils


@pytest.mark.parametrize("sizes", [(14, 11), (6, 30), (5, 3)])
def test_brunner_munzel_agrees_with_scipy_and_counts_pairs_as_superiority_does(sizes):
    rng = np.random.default_rng(sizes[0])
    arm = rng.permutation(np.arange(sum(sizes)) < sizes[0])
    scores = rng.integers(0, 5, sum(sizes)) + rng.integers(0, 2, sum(sizes)) * arm
    found = brunner_munzel(scores, arm, unit="ridits")
    theirs = stats.brunnermunzel(scores[~arm], scores[arm])
    assert found.value / found.se == pytest.approx(theirs.statistic, rel=SAME)
    assert 2 * stats.t.sf(abs(theirs.statistic), found.df) == pytest.approx(theirs.pvalue, rel=SAME)
    assert found.p == (None if found.df < 4 else pytest.approx(theirs.pvalue, rel=1e-9))
    assert chance_of(found).value == pytest.approx(superiority(scores, arm).value, rel=SAME)
    check_same(brunner_munzel(scores, ~arm, unit="ridits"), found, sign=-1)
    check_same(brunner_munzel(np.exp(scores), arm, unit="ridits"), found)


@pytest.mark.parametrize(
    ("scores", "treated", "reason"),
    [
        ([], [], "no_pupils"),
        ([1, 2, 3], [1, 1, 1], "empty_arm"),
        ([2, 1, 3], [1, 0, 0], "too_few_pupils"),
        ([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1], "no_pupil_spread"),
        ([2, 2, 2, 2, 2], [0, 0, 0, 1, 1], "no_pupil_spread"),
    ],
)
def test_refused_pupils(scores, treated, reason):
    found = brunner_munzel(scores, treated, unit="ridits")
    assert found == NotEstimated(estimator="brunner_munzel", reason=reason)


def test_a_chance_needs_an_estimate_of_one():
    plain = adjusted_difference(
        adjusted_means(class_moments([0, 0, 1, 1, 2, 2], [1, 2, 3, 4, 3, 6]), [1, 0, 0]), unit="p"
    )
    with pytest.raises(ValueError, match="adjusted_class_means"):
        chance_of(plain)
    assert Chance(0.5, Interval(0.4, 0.6)).value == 0.5


@pytest.mark.parametrize("arms", [(2, 2), (4, 4), (2, 6)])
def test_false_positives_are_those_of_the_docstring(arms):
    runs, alarms = 1_000, 0
    for seed in range(runs):
        found = difference(*school(SEED + seed, *arms, sizes=(15, 26), effect=0))
        assert isinstance(found, Estimate)
        alarms += not found.interval.holds(0)
    assert abs(alarms / runs - 0.051) < 2.6 * math.sqrt(0.05 * 0.95 / runs)

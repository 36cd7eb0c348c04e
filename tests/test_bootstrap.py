"""Resampled and re-signed classes: the same draws through the pupils, known distributions, and simulation."""

import itertools
import math

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import SAME, school
from scipy import stats

from gsl_research.estimate import NotEstimated
from gsl_research.methods import bootstrap
from gsl_research.methods.moments import class_moments

SEED = 20261122


def rng(seed: int = SEED):
    return np.random.default_rng(seed)


def arms(treated: int, control: int):
    return np.arange(treated + control) < treated


# Samples of classes


def test_samples_hold_as_many_classes_per_arm_and_all_as_likely():
    treated = rng(1).permutation(arms(3, 5))
    samples = bootstrap.class_samples(treated, rng=rng(), draws=6_000)
    assert (samples[:, treated].sum(axis=1) == 3).all()
    assert (samples[:, ~treated].sum(axis=1) == 5).all()
    for arm, size in ((treated, 3), (~treated, 5)):
        chosen = samples[:, arm]
        assert stats.chisquare(chosen.sum(axis=0)).pvalue > 0.01
        times = np.bincount(chosen.ravel(), minlength=size + 1)
        expected = len(chosen) * size * stats.binom.pmf(np.arange(size + 1), size, 1 / size)
        assert times == pytest.approx(expected, abs=4 * math.sqrt(expected.max()))
    assert (samples == bootstrap.class_samples(treated, rng=rng(), draws=6_000)).all()


def pupils(seed: int, covariates: int = 1, treated: int = 10, control: int = 12):
    codes, pre, post, arm = school(seed, treated, control, (3, 20))
    more = rng(seed).normal(0, 1, (max(covariates - 1, 0), len(codes))) + 0.3 * pre
    x = np.array([pre, *more][:covariates])
    return codes, x, post + 0.5 * more.sum(axis=0), arm


@pytest.mark.parametrize("covariates", [0, 1, 2, 3])
def test_every_sample_is_least_squares_on_its_pupils(covariates):
    codes, x, post, arm = pupils(3, covariates)
    samples = bootstrap.class_samples(arm, rng=rng(), draws=50)
    found = bootstrap.cluster_bootstrap(class_moments(codes, *x, post), arm, samples)
    design = np.column_stack([np.ones(len(codes)), arm[codes], *x])
    for sample, value in zip([*samples, np.ones(len(arm), int)], [*found.values, found.value], strict=True):
        rows = np.repeat(np.arange(len(codes)), sample[codes])
        assert value == pytest.approx(sm.OLS(post[rows], design[rows]).fit().params[1], rel=1e-12)


def test_scores_far_from_zero_lose_no_digits():
    codes, x, post, arm = pupils(4)
    samples = bootstrap.class_samples(arm, rng=rng(), draws=200)
    near = bootstrap.cluster_bootstrap(class_moments(codes, *x, post), arm, samples)
    far = bootstrap.cluster_bootstrap(class_moments(codes, *(x + 1e5), post - 1e5), arm, samples)
    np.testing.assert_allclose(far.values, near.values, atol=1e-9)


def test_bootstrap_swaps_scales_and_renames():
    codes, x, post, arm = pupils(5)
    samples = bootstrap.class_samples(arm, rng=rng(), draws=300)
    once = bootstrap.cluster_bootstrap(class_moments(codes, *x, post), arm, samples)
    swapped = bootstrap.cluster_bootstrap(class_moments(codes, *x, post), ~arm, samples)
    np.testing.assert_allclose(swapped.values, -once.values, rtol=1e-9, atol=1e-12)
    stretched = bootstrap.cluster_bootstrap(class_moments(codes, *(3 * x), 0.2 * post), arm, samples)
    np.testing.assert_allclose(stretched.values, 0.2 * once.values, rtol=1e-9, atol=1e-12)
    names = rng(1).permutation(len(arm))
    order = np.argsort(names)
    renamed = bootstrap.cluster_bootstrap(class_moments(names[codes], *x, post), arm[order], samples[:, order])
    np.testing.assert_allclose(renamed.values, once.values, rtol=1e-9, atol=1e-12)


def test_covariates_on_very_different_scales_are_told_apart():
    codes, x, post, arm = pupils(5, 2)
    samples = bootstrap.class_samples(arm, rng=rng(), draws=300)
    one, other = (
        bootstrap.cluster_bootstrap(class_moments(codes, x[0], size * x[1], post), arm, samples) for size in (1, 1e8)
    )
    np.testing.assert_allclose(one.values, other.values, rtol=1e-9, atol=1e-12)


def test_bootstrap_se_and_interval_of_plain_means():
    """Equal classes, no covariate: the samples are means of class means, whose variance is known."""
    codes, _, post, arm = school(6, 12, 15, (8, 9))
    moments = class_moments(codes, post)
    found = bootstrap.cluster_bootstrap(moments, arm, bootstrap.class_samples(arm, rng=rng()))
    sides = [moments.mean[arm, 0], moments.mean[~arm, 0]]
    se = math.sqrt(sum(side.var() / len(side) for side in sides))
    assert found.se == pytest.approx(se, rel=0.02)
    assert found.se == pytest.approx(found.values.std(ddof=1), rel=SAME)
    whole = 1 / 12 + 1 / 15
    df = whole**2 / (1 / (12**2 * 11) + 1 / (15**2 * 14))
    wider = math.sqrt(whole / (11 / 12**2 + 14 / 15**2)) * stats.t.ppf(0.975, df)
    assert found.interval.half_width == pytest.approx(wider * se, rel=0.04)
    tails = [(found.values < found.interval.low).mean(), (found.values > found.interval.high).mean()]
    assert tails == pytest.approx([stats.norm.sf(wider)] * 2, abs=2e-4)


def test_bootstrap_refuses_what_it_cannot_say():
    codes, x, post, arm = pupils(7)
    samples = bootstrap.class_samples(arm, rng=rng(), draws=50)
    name = "cluster_bootstrap"
    for variables, reason in (
        ((np.full(len(post), 3.3), post), "singular"),
        ((np.where(arm[codes], 3.3, 5), post), "singular"),
        ((*x, *x, post), "singular"),
        ((*x, 2 * x[0] + 1), "no_class_spread"),
        ((*x, np.full(len(post), 7.0)), "no_class_spread"),
        ((*x, np.full(len(post), -7.1)), "no_class_spread"),
        ((codes.astype(float), *x, 3 * x[0] + 1), "no_class_spread"),
    ):
        found = bootstrap.cluster_bootstrap(class_moments(codes, *variables), arm, samples)
        assert found == NotEstimated(estimator=name, reason=reason)
    few = pupils(7, treated=9)
    moments = class_moments(few[0], *few[1], few[2])
    samples = bootstrap.class_samples(few[3], rng=rng(), draws=50)
    assert bootstrap.cluster_bootstrap(moments, few[3], samples).reason == "too_few_classes"
    one_arm = np.ones(len(arm), dtype=bool)
    samples = bootstrap.class_samples(one_arm, rng=rng(), draws=50)
    assert bootstrap.cluster_bootstrap(class_moments(codes, *x, post), one_arm, samples).reason == "too_few_classes"


def test_a_sample_in_which_covariates_cannot_be_told_apart_is_refused():
    """The second covariate differs from the first in one treated class only; samples without it exist."""
    codes, x, post, arm = pupils(8)
    second = x[0] + np.where(codes == np.flatnonzero(arm)[0], rng(1).normal(0, 1, len(codes)), 0)
    samples = bootstrap.class_samples(arm, rng=rng(), draws=50)
    found = bootstrap.cluster_bootstrap(class_moments(codes, *x, second, post), arm, samples)
    assert found == NotEstimated(estimator="cluster_bootstrap", reason="singular")


RUNS = 2_000


def test_the_widened_interval_keeps_its_promise():
    """10 v 10 classes of 5 to 40, ICC .15: at most 6 % where plain percentiles miss in 10 % (2,000 runs each)."""
    draw = rng()
    arm = arms(10, 10)
    missed = 0
    for _ in range(RUNS):
        codes = np.repeat(np.arange(20), draw.integers(5, 41, 20))
        pre, own = draw.normal(0, math.sqrt(0.15), (2, 20))[:, codes] + draw.normal(0, math.sqrt(0.85), (2, len(codes)))
        samples = bootstrap.class_samples(arm, rng=draw, draws=999)
        found = bootstrap.cluster_bootstrap(class_moments(codes, pre, 0.6 * pre + 0.8 * own), arm, samples)
        missed += not found.interval.holds(0)
    error = math.sqrt(0.06 * 0.94 / RUNS)
    assert 0.04 - 2 * error <= missed / RUNS <= 0.06 + 2 * error


# Wild weights


def by_rows(codes, x, post, arm, weights):
    """t of treated with statsmodels' clustered covariance, and of every draw, from the pupils."""
    design = np.column_stack([np.ones(len(codes)), arm[codes], *x])
    null = sm.OLS(post, np.delete(design, 1, axis=1)).fit()

    def t(scores):
        return sm.OLS(scores, design).fit(cov_type="cluster", cov_kwds={"groups": codes}).tvalues[1]

    return t(post), np.array([t(null.fittedvalues + w[codes] * null.resid) for w in weights])


@pytest.mark.parametrize("covariates", [0, 1, 2])
def test_all_signs_from_the_pupils_again(covariates):
    codes, x, post, arm = pupils(2, covariates, 3, 4)
    weights = bootstrap.wild_weights(7, "rademacher", rng=rng())
    found = bootstrap.wild_cluster_bootstrap(class_moments(codes, *x, post), arm, weights)
    t, draws = by_rows(codes, x, post, arm, weights.values)
    assert found.t == pytest.approx(t, rel=SAME)
    assert found.p == (np.abs(draws) >= abs(t) * (1 - 1e-9)).mean()
    assert found.complete
    assert found.smallest_p == 2 / 2**7


@pytest.mark.parametrize("kind", ["webb", "rademacher"])
def test_drawn_weights_from_the_pupils_again(kind, monkeypatch):
    monkeypatch.setattr(bootstrap, "LISTED", 1)
    for seed in range(3):
        codes, x, post, arm = pupils(seed, 1, 5, 6)
        weights = bootstrap.wild_weights(11, kind, rng=rng(seed), draws=60)
        found = bootstrap.wild_cluster_bootstrap(class_moments(codes, *x, post), arm, weights)
        t, draws = by_rows(codes, x, post, arm, weights.values)
        assert found.t == pytest.approx(t, rel=SAME)
        assert found.p == ((np.abs(draws) >= abs(t) * (1 - 1e-9)).sum() + 1) / 61
        assert (found.smallest_p, found.complete) == (1 / 61, False)


def test_weights_are_those_of_the_papers():
    listed = bootstrap.wild_weights(6, "rademacher", rng=rng())
    assert {tuple(w) for w in listed.values} == set(itertools.product([-1.0, 1.0], repeat=6))
    assert (listed.values[0] == 1).all()
    webb = bootstrap.wild_weights(5, "webb", rng=rng(), draws=12_000).values
    kinds, counts = np.unique(webb, return_counts=True)
    assert kinds**2 == pytest.approx([1.5, 1, 0.5, 0.5, 1, 1.5])
    assert stats.chisquare(counts).pvalue > 0.01
    many = bootstrap.wild_weights(40, "rademacher", rng=rng(), draws=500)
    assert (many.values.shape, many.complete, set(many.values.ravel())) == ((500, 40), False, {-1.0, 1.0})


def test_wild_p_does_not_depend_on_scale_or_on_the_name_of_the_arms():
    codes, x, post, arm = pupils(6, 1, 4, 5)
    weights = bootstrap.wild_weights(9, "rademacher", rng=rng())
    once = bootstrap.wild_cluster_bootstrap(class_moments(codes, *x, post), arm, weights)
    for variables, treated, sign in (
        ((*x, post), ~arm, -1),
        ((*(1e4 + 20 * x), 1e3 + 0.01 * post), arm, 1),
        ((*(1e-9 * x), 1e6 * post), arm, 1),
    ):
        again = bootstrap.wild_cluster_bootstrap(class_moments(codes, *variables), treated, weights)
        assert (again.t, again.p) == (pytest.approx(sign * once.t, rel=1e-8), once.p)


def test_treated_is_one_value_a_class():
    codes, x, post, arm = pupils(7, 1, 10, 10)
    moments = class_moments(codes, *x, post)
    with pytest.raises(ValueError, match="treated must be"):
        bootstrap.cluster_bootstrap(moments, arm[1:], bootstrap.class_samples(arm, rng=rng(), draws=5))
    with pytest.raises(ValueError, match="treated must be"):
        bootstrap.wild_cluster_bootstrap(moments, arm[1:], bootstrap.wild_weights(20, "webb", rng=rng(), draws=5))


def test_wild_refuses_what_it_cannot_say():
    codes, x, post, arm = pupils(7, 1, 4, 5)
    weights = bootstrap.wild_weights(9, "rademacher", rng=rng())
    flat = np.full(len(post), 3.3)
    for variables, treated, reason in (
        ((*x, post), np.ones(9, bool), "empty_arm"),
        ((*x, *x, post), arm, "singular"),
        ((flat, post), arm, "singular"),
        ((*x, flat, post), arm, "singular"),
        ((arm[codes] * 2.0, post), arm, "singular"),
        ((*x, flat), arm, "no_pupil_spread"),
        ((*x, 2 * x[0] + 3 * arm[codes]), arm, "no_class_spread"),
    ):
        found = bootstrap.wild_cluster_bootstrap(class_moments(codes, *variables), treated, weights)
        assert found == NotEstimated(estimator="wild_cluster_bootstrap", reason=reason), reason
    for constant in (-3.3, 0.0):
        found = bootstrap.wild_cluster_bootstrap(class_moments(codes, *x, flat * 0 + constant), arm, weights)
        assert found.reason == "no_pupil_spread"
    enough = pupils(7, 1, 2, 4)
    weights = bootstrap.wild_weights(6, "rademacher", rng=rng())
    assert bootstrap.wild_cluster_bootstrap(class_moments(enough[0], *enough[1], enough[2]), enough[3], weights).p > 0
    few = pupils(7, 1, 2, 3)
    weights = bootstrap.wild_weights(5, "rademacher", rng=rng())
    found = bootstrap.wild_cluster_bootstrap(class_moments(few[0], *few[1], few[2]), few[3], weights)
    assert found.reason == "too_few_classes"
    nothing = bootstrap.wild_cluster_bootstrap(class_moments(np.zeros(0, int), [], []), [], weights)
    assert nothing.reason == "no_pupils"

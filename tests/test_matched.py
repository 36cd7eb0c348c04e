"""Blocks of classes and a network of schools: paired t, brute force, metafor, and simulation."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from made_classes import (
    SAME,
    adjusted,
    check_estimate,
    check_same,
    class_means,
    slope_error,
    some_of,
    with_slope_error,
)  # fmt: skip
from scipy import optimize, stats

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import clusters, matched, one_class
from gsl_research.methods.moments import class_moments

SEED = 20261122


def blocked(seed: int, blocks: int = 6, per_arm: tuple[int, int] = (1, 1), sizes=(5, 30)):
    """codes, pre, post, treated and the block of every class; blocks differ, and classes inside them."""
    rng = np.random.default_rng(seed)
    block = np.repeat(np.arange(blocks), sum(per_arm))
    treated = np.concatenate([rng.permutation(np.arange(sum(per_arm)) < per_arm[0]) for _ in range(blocks)])
    codes = rng.permutation(np.repeat(np.arange(len(block)), rng.integers(*sizes, len(block))))
    level = rng.normal(0, 3, blocks)[block] + rng.normal(0, 1, len(block))
    pre = 10 + 0.5 * level[codes] + rng.normal(0, 2, len(codes))
    post = 4 + 0.7 * pre + (level + treated)[codes] + rng.normal(0, 1.5, len(codes))
    return codes, pre, post, treated, block


def within(codes, pre, post, treated, block):
    return matched.within_blocks(adjusted(codes, pre, post, treated), block, unit="points")


# Blocks


def by_hand(codes, pre, post, treated, block):
    """The slope by least squares with a dummy per class over all pupils; then a difference per block."""
    design = np.column_stack([pre, codes[:, None] == np.arange(codes.max() + 1)]).astype(float)
    slope = sm.OLS(post, design).fit().params[0]
    means = pd.DataFrame({"rest": post - slope * pre}).groupby(codes).mean().rest.to_numpy()
    return np.array(
        [means[(block == b) & treated].mean() - means[(block == b) & ~treated].mean() for b in np.unique(block)]
    )


@pytest.mark.parametrize(("blocks", "per_arm"), [(2, (1, 1)), (4, (1, 1)), (5, (1, 1)), (6, (2, 1)), (12, (2, 3))])
def test_within_blocks_is_a_t_test_on_the_differences_of_the_blocks(blocks, per_arm):
    for seed in range(4):
        codes, pre, post, treated, block = blocked(seed, blocks, per_arm)
        pre = pre + seed * treated[codes]
        differences, estimate = (how(codes, pre, post, treated, block) for how in (by_hand, within))
        before = class_means(codes, pre)[0]
        gaps = [np.subtract(*(before[(block == b) & a].mean() for a in (treated, ~treated))) for b in range(blocks)]
        weights = np.where(treated, 1 / per_arm[0], -1 / per_arm[1]) / blocks
        shared = slope_error(codes, [pre], post, weights, np.var(gaps, ddof=1) / blocks)
        slope_df = len(codes) - len(treated) - 1
        se = with_slope_error(differences.var(ddof=1) / blocks, blocks - 1, shared, slope_df)
        check_estimate(estimate, differences.mean(), se, blocks - 1)
        assert (estimate.status, estimate.estimator) == ("ok", "within_blocks")
        assert estimate.n["classes_treated"] == blocks * per_arm[0]


def test_matched_pairs_are_the_paired_t_of_the_adjusted_means():
    """With class means as they are: no slope, and no error of it."""
    codes, _, post, treated, block = blocked(3, 8)
    raw = clusters.adjusted_means(class_moments(codes, post), treated)
    means, estimate = raw.mean, matched.within_blocks(raw, block, unit="points")
    pair = stats.ttest_rel(means[treated], means[~treated])
    assert estimate.value / estimate.se == pytest.approx(pair.statistic, rel=SAME)
    assert estimate.p == pytest.approx(pair.pvalue, rel=SAME)


@pytest.mark.parametrize("per_arm", [(1, 1), (2, 3)])
def test_swap_shift_scale_and_order(per_arm):
    codes, pre, post, treated, block = data = blocked(5, 6, per_arm)
    once = within(*data)
    check_same(within(codes, pre, post, ~treated, block), once, sign=-1)
    check_same(within(codes, pre + 7, post - 40, treated, block), once)
    check_same(within(codes, 3 * pre, 0.2 * post, treated, block), once, scale=0.2)
    rng = np.random.default_rng(1)
    rows, names = rng.permutation(len(codes)), rng.permutation(len(treated))
    order = np.argsort(names)
    labels = np.array([f"school {9 - b}" for b in block])
    check_same(within(names[codes][rows], pre[rows], post[rows], treated[order], labels[order]), once)


def test_what_a_whole_block_has_more_of_changes_nothing():
    codes, pre, post, treated, block = data = blocked(6, 6)
    more = np.random.default_rng(2).normal(0, 50, 6)[block]
    check_same(within(codes, pre, post + more[codes], treated, block), within(*data))


def test_every_block_counts_once_however_many_classes_it_has():
    """The first block with each of its classes twice: the same difference, so the same answer."""
    codes, pre, post, treated, block = blocked(2, 5)
    means = adjusted(codes, pre, post, treated)
    twice = np.concatenate([np.arange(len(block)), np.flatnonzero(block == 0)])
    again = matched.within_blocks(some_of(means, twice), block[twice], unit="points")
    check_same(again, matched.within_blocks(means, block, unit="points"))


def test_a_block_with_one_arm_is_named_and_refused():
    codes, pre, post, treated, block = blocked(4, 5)
    labels = np.array(list("eabcd"))[block]
    assert not len(matched.one_sided(treated, labels))
    treated = treated.copy()
    treated[labels == "c"], treated[labels == "e"] = True, False
    assert list(matched.one_sided(treated, labels)) == ["c", "e"]
    refused = NotEstimated(estimator="within_blocks", reason="one_sided_blocks")
    assert within(codes, pre, post, treated, labels) == refused
    means = adjusted(codes, pre, post, treated)
    for one in "ce":
        some = np.isin(labels, [one, "a"])
        with pytest.raises(ValueError, match="both arms"):
            matched.block_differences(some_of(means, some), labels[some])
    with pytest.raises(ValueError, match="blocks must be"):
        matched.one_sided(treated, labels[1:])


def test_too_few_blocks_and_blocks_without_spread_are_refused():
    assert within(*blocked(1, 1)).reason == "too_few_classes"
    codes, pre, _, treated, block = blocked(1, 6)
    for effect in (0, 1.7):
        post = np.round(pre, 1) + 0.1 + effect * treated[codes] + 3 * block[codes]
        assert within(codes, np.round(pre, 1), post, treated, block).reason == "no_class_spread"
    missing = NotEstimated(estimator="adjusted_class_means", reason="singular")
    assert matched.within_blocks(missing, block, unit="points").reason == "singular"


# A network of schools

COUNTS = {"pupils_treated": 100, "pupils_control": 100, "classes_treated": 5, "classes_control": 5}


@pytest.mark.parametrize("schools", [2, 4, 5, 30])
def test_network_is_a_one_sample_t(schools):
    differences = np.random.default_rng(schools).normal(1, 2, schools)
    estimate = matched.network(differences, n=COUNTS, unit="points")
    test = stats.ttest_1samp(differences, 0)
    low, high = test.confidence_interval()
    assert estimate.value == pytest.approx(differences.mean(), rel=SAME)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((low, high), rel=SAME)
    assert estimate.df == estimate.class_df == schools - 1
    assert estimate.p == (pytest.approx(test.pvalue, rel=SAME) if schools >= 5 else None)
    assert (estimate.n, estimate.status) == (COUNTS, "ok")


def test_a_network_of_one_or_of_equals_is_refused():
    for differences, reason in (([1.0], "too_few_classes"), ([], "too_few_classes"), ([2.1] * 5, "no_class_spread")):
        assert matched.network(differences, n=COUNTS, unit="points").reason == reason
    assert matched.network([0.0, 0.0], n=COUNTS, unit="points").reason == "no_class_spread"


METAFOR = {
    "raudenbush1985": (0.0188263480558419, 0.0837082352826429, 0.0615818910323812, -3.73603912322903),
    "bangertdrowns2004": (0.0499410838748867, 0.2219296033938, 0.0495265386832127, -18.4943041778129),
    "konstantopoulos2011": (0.0884384954859576, 0.127932057661869, 0.0433407428797411, -16.8454994526111),
}
"""tau2, mean, Knapp-Hartung SE without floor and restricted log-likelihood of metafor 3.8.1, REML (records ``meta.*``
of the full set)."""
METAFOR_STOPS = 1e-5
"""metafor ends when tau2 changes by less than this, so its tau2 is that near the optimum and no nearer."""


def restricted_likelihood(tau2, d, v):
    """Of the S - 1 contrasts, from their dense covariance."""
    contrasts = np.linalg.svd(np.eye(len(d)) - 1 / len(d))[0][:, :-1].T
    return stats.multivariate_normal.logpdf(contrasts @ d, cov=contrasts @ np.diag(v + tau2) @ contrasts.T)


@pytest.mark.parametrize("name", METAFOR)
def test_reml_and_knapp_hartung_beside_metafor(name, real_data):
    tau2, mean, se, likelihood = METAFOR[name]
    data = pd.read_csv(real_data / f"meta_{name}.csv")
    d, v = data.yi.to_numpy(), data.vi.to_numpy()
    ours = matched.reml_tau2(d, v)
    assert ours == pytest.approx(tau2, abs=METAFOR_STOPS)
    assert restricted_likelihood(tau2, d, v) == pytest.approx(likelihood, rel=1e-12)
    assert restricted_likelihood(ours, d, v) >= likelihood - 1e-12
    estimate = matched.network_knapp_hartung(d, v, n=COUNTS, unit="points")
    weight = 1 / (v + tau2)
    wald = 1 / math.sqrt(weight.sum())
    assert estimate.value == pytest.approx(mean, abs=METAFOR_STOPS)
    assert estimate.se == pytest.approx(max(se, wald), abs=METAFOR_STOPS)
    assert (estimate.df, estimate.status) == (len(d) - 1, "beside")


def test_the_floor_works_in_one_of_those_and_not_in_another():
    """Konstantopoulos: q < 1, so the Wald SE 0.04387 stands in for 0.04334."""
    assert METAFOR["konstantopoulos2011"][2] < 0.0438702772444079


@pytest.mark.parametrize("spread", [0.0, 0.3, 2.0])
def test_tau2_is_the_top_of_the_restricted_likelihood(spread):
    rng = np.random.default_rng(int(10 * spread))
    at_zero = 0
    for schools in (2, 3, 5, 12):
        for _ in range(4):
            v = rng.uniform(0.05, 1.5, schools)
            d = rng.normal(1, np.sqrt(v + spread**2))
            ours = matched.reml_tau2(d, v)
            best = optimize.minimize_scalar(
                lambda t, d=d, v=v: -restricted_likelihood(t, d, v), bounds=(0, 100), options={"xatol": 1e-10}
            )
            assert restricted_likelihood(ours, d, v) >= -best.fun - 1e-12
            assert ours == pytest.approx(best.x, abs=2e-5)
            if ours == 0:
                at_zero += 1
                assert restricted_likelihood(1e-4, d, v) < restricted_likelihood(0, d, v)
    assert at_zero > 0 or spread > 1


def test_equal_variances_give_the_plain_t_unless_the_floor_holds():
    rng = np.random.default_rng(8)
    wide, narrow = rng.normal(1, 5, 8), rng.normal(1, 0.1, 8)
    v = np.full(8, 0.5)
    plain, weighed = (
        matched.network(wide, n=COUNTS, unit="points"),
        matched.network_knapp_hartung(wide, v, n=COUNTS, unit="points"),
    )
    assert (weighed.value, weighed.se) == pytest.approx((plain.value, plain.se), rel=1e-7)
    assert matched.reml_tau2(wide, v) == pytest.approx(wide.var(ddof=1) - 0.5, rel=1e-7)
    assert matched.reml_tau2(narrow, v) == 0
    floored = matched.network_knapp_hartung(narrow, v, n=COUNTS, unit="points")
    assert floored.se == pytest.approx(math.sqrt(0.5 / 8), rel=SAME)


def test_a_tau2_that_is_almost_nothing_is_found():
    d = np.random.default_rng(8).normal(1, 1, 8)
    d *= math.sqrt(1 + 1e-5) / d.std(ddof=1)
    assert matched.reml_tau2(d, np.ones(8)) == pytest.approx(1e-5, rel=1e-6)


def test_knapp_hartung_swaps_shifts_and_scales():
    rng = np.random.default_rng(9)
    d, v = rng.normal(1, 2, 7), rng.uniform(0.2, 3, 7)
    order = rng.permutation(7)
    once = matched.network_knapp_hartung(d, v, n=COUNTS, unit="points")
    for again, scale in ((-d, -1), (5 * d, 5), (d[order], 1)):
        other = matched.network_knapp_hartung(again, v[order] if scale == 1 else v * scale**2, n=COUNTS, unit="points")
        assert other.value == pytest.approx(scale * once.value, rel=1e-9)
        assert other.se == pytest.approx(abs(scale) * once.se, rel=1e-9)
    shifted = matched.network_knapp_hartung(d + 100, v, n=COUNTS, unit="points")
    assert (shifted.value - 100, shifted.se) == pytest.approx((once.value, once.se), rel=1e-9)


def test_knapp_hartung_refuses_what_it_cannot_weigh():
    for d, v, reason in (
        ([1.0], [0.5], "too_few_classes"),
        ([1.0, 2], [0.5, 0.0], "no_pupil_spread"),
        ([1.0, 2], [0.0, 0.0], "no_pupil_spread"),
        ([1.0, 2], [0.5, 1e-15], "no_pupil_spread"),
    ):
        found = matched.network_knapp_hartung(d, v, n=COUNTS, unit="points")
        assert found == NotEstimated(estimator="network_knapp_hartung", reason=reason)
    with pytest.raises(ValueError, match="must both be"):
        matched.network_knapp_hartung([1.0, 2], [1.0], n=COUNTS, unit="points")
    assert isinstance(matched.network_knapp_hartung([1.0, 1.0], [1e-3, 5], n=COUNTS, unit="points"), Estimate)


RUNS = 2_000


@pytest.mark.parametrize("schools", [2, 5, 12])
def test_a_network_of_single_classes_keeps_its_promise(schools):
    """Methods page, section 2.8: 4.5 to 5.9 % with the t; one class per arm in each school, residual ICC .15."""
    rng = np.random.default_rng(SEED)
    groups = 2 * schools
    sizes = rng.integers(15, 26, (RUNS, groups))
    unit = np.repeat(np.arange(RUNS * groups), sizes.ravel())
    class_pre, class_own = rng.normal(0, math.sqrt(0.15), (2, RUNS * groups))
    pre, own = rng.normal(0, math.sqrt(0.85), (2, len(unit)))
    pre, own = pre + class_pre[unit], own + class_own[unit]
    moments = class_moments(unit, pre, 0.6 * pre + 0.8 * own)
    plain = weighed = fixed = 0
    for run in range(RUNS):
        d, v = np.empty(schools), np.empty(schools)
        for school in range(schools):
            first = run * groups + 2 * school
            means = clusters.adjusted_means(moments.select(np.s_[first : first + 2]), [True, False])
            d[school] = means.difference
            v[school] = one_class.assumed_icc(means, 0.0, unit="points").se ** 2
        plain += not matched.network(d, n=COUNTS, unit="points").interval.holds(0)
        weighed += not matched.network_knapp_hartung(d, v, n=COUNTS, unit="points").interval.holds(0)
        fixed += abs((d / v).sum()) > 1.96 * math.sqrt((1 / v).sum())
    error = math.sqrt(0.05 * 0.95 / RUNS)
    assert plain / RUNS == pytest.approx(0.05, abs=2 * error)
    assert weighed / RUNS <= 0.05 + 2 * error
    assert fixed / RUNS == pytest.approx(0.35, abs=0.04)

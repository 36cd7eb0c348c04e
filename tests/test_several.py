"""Several outcomes together: Holm, max-T over the real scheme, and how outcomes hang together."""

import itertools

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from gsl_research.estimate import NotEstimated
from gsl_research.methods import clusters, matched, permutation, several
from gsl_research.methods.moments import class_moments

SIZE = 12


def outcomes(classes: int, count: int = 3, *, seed: int = 1, effect=0.0, together: float = 0.6, blocks: int = 1):
    """codes, treated (G,), block (G,), pre (count, N) and post (count, N) of classes; outcomes hang together."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(classes), SIZE)
    block = np.arange(classes) % blocks
    treated = np.zeros(classes, dtype=bool)
    for one in range(blocks):
        own = np.flatnonzero(block == one)
        treated[rng.permutation(own)[: len(own) // 2]] = True
    shared, own = rng.normal(0, 1, (1, classes)), rng.normal(0, 1, (count, classes))
    of_class = 0.4 * (together**0.5 * shared + (1 - together) ** 0.5 * own)
    pre = rng.normal(0, 1, (count, len(codes)))
    post = 0.6 * pre + of_class[:, codes] + rng.normal(0, 0.8, pre.shape)
    return codes, treated, block, pre, post + np.reshape(effect, (-1, 1)) * treated[codes]


def means_of(codes, treated, pre, post, blocks=None):
    found = [clusters.adjusted_means(class_moments(codes, x, y), treated) for x, y in zip(pre, post, strict=True)]
    return found if blocks is None else [matched.in_blocks(one, blocks) for one in found]


@pytest.mark.parametrize("seed", range(20))
def test_holm_is_that_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0, 1, rng.integers(1, 8)) ** rng.integers(1, 6)
    p[rng.integers(len(p))] = p[0]
    assert several.holm(p) == pytest.approx(multipletests(p, method="holm")[1], rel=1e-12)


def test_an_outcome_without_a_p_counts_in_the_family():
    assert several.holm([0.01, None, 0.02]) == pytest.approx((0.03, 1.0, 0.04))
    assert several.holm([]) == ()
    with pytest.raises(ValueError, match="between 0 and 1"):
        several.holm([0.2, 1.2])


def brute_max_t(codes, treated, block, pre, post):
    """Every assignment of the scheme in a loop, Student's t from a pooled variance, step-down as printed."""
    found = np.array([one.mean for one in means_of(codes, treated, pre, post)])
    ways = []
    for chosen in itertools.combinations(range(len(treated)), int(treated.sum())):
        arm = np.isin(np.arange(len(treated)), chosen)
        if all(arm[block == b].sum() == treated[block == b].sum() for b in set(block)):
            ways.append(arm)

    def statistic(values, arm):
        differences = [
            values[arm & (block == b)].mean() - values[~arm & (block == b)].mean() for b in sorted(set(block))
        ]
        rest = np.concatenate([values[block == b] - values[block == b].mean() for b in set(block)])
        return abs(np.mean(differences)) / np.sqrt((rest**2).sum())

    table = np.array([[statistic(values, arm) for values in found] for arm in ways])
    real = np.array([statistic(values, treated) for values in found])
    adjusted, left, so_far = np.empty(len(real)), list(np.argsort(-real)), 0.0
    while left:
        first = left[0]
        so_far = max(so_far, float((table[:, left].max(axis=1) >= real[first] - 1e-9).mean()))
        adjusted[left.pop(0)] = so_far
    return adjusted


@pytest.mark.parametrize(("classes", "blocks"), [(6, 1), (7, 1), (8, 1), (8, 2), (12, 6)])
@pytest.mark.parametrize("seed", range(3))
def test_max_t_is_that_of_every_assignment_in_turn(classes, blocks, seed):
    codes, treated, block, pre, post = outcomes(classes, seed=seed, effect=[0.6, 0.0, 0.3], blocks=blocks)
    ways = permutation.assignments(treated, rng=np.random.default_rng(1), blocks=block if blocks > 1 else None)
    found = several.max_t(means_of(codes, treated, pre, post), ways)
    assert found.complete
    assert found.p == pytest.approx(brute_max_t(codes, treated, block, pre, post), abs=1e-12)


def test_of_one_outcome_it_is_the_permutation_test():
    for classes in (8, 20):
        codes, treated, _, pre, post = outcomes(classes, count=1, effect=0.5)
        (means,) = means_of(codes, treated, pre, post)
        ways = permutation.assignments(treated, rng=np.random.default_rng(3))
        found = several.max_t([means], ways)
        assert found.p == (permutation.permutation(means, ways).p,)
        assert found.smallest_p == ways.smallest_p


def test_two_copies_of_an_outcome_cost_nothing_and_holm_doubles():
    codes, treated, _, pre, post = outcomes(10, count=1, effect=0.5)
    (means,) = means_of(codes, treated, pre, post)
    ways = permutation.assignments(treated, rng=np.random.default_rng(3))
    alone = permutation.permutation(means, ways).p
    assert several.max_t([means, means], ways).p == (alone, alone)
    assert several.holm([alone, alone])[0] == pytest.approx(min(2 * alone, 1))


def test_swapping_the_arms_or_turning_an_outcome_changes_nothing():
    codes, treated, _, pre, post = outcomes(8, effect=[0.5, 0.0, -0.4])
    ways = permutation.assignments(treated, rng=np.random.default_rng(3))
    other = permutation.assignments(~treated, rng=np.random.default_rng(3))
    turned = several.max_t(means_of(codes, treated, -7 * pre, -7 * post), ways).p
    swapped = several.max_t(means_of(codes, ~treated, pre, post), other).p
    found = several.max_t(means_of(codes, treated, pre, post), ways).p
    assert found == pytest.approx(turned, abs=1e-12) and found == pytest.approx(swapped, abs=1e-12)


def test_what_is_refused():
    codes, treated, _, pre, post = outcomes(8)
    means = means_of(codes, treated, pre, post)
    ways = permutation.assignments(treated, rng=np.random.default_rng(3))
    few = outcomes(4)
    of_few = permutation.assignments(few[1], rng=np.random.default_rng(3))
    assert several.max_t(means_of(few[0], few[1], *few[3:]), of_few).reason == "too_few_classes"
    flat = clusters.adjusted_means(class_moments(codes, np.tile(np.arange(SIZE, dtype=float), 8)), treated)
    assert several.max_t([*means, flat], ways).reason == "no_class_spread"
    lost = NotEstimated(estimator="adjusted_class_means", reason="singular")
    assert several.max_t([*means, lost], ways).reason == "singular"
    with pytest.raises(ValueError, match="other classes"):
        several.max_t(means_of(few[0], few[1], *few[3:]), ways)
    with pytest.raises(ValueError, match="needs an outcome"):
        several.max_t([], ways)


def test_correlation_within_classes_is_that_of_deviations():
    codes, _, _, _, post = outcomes(6)
    apart = post - pd.DataFrame(post.T).groupby(codes).transform("mean").to_numpy().T
    assert several.correlation_within(class_moments(codes, *post)) == pytest.approx(np.corrcoef(apart), abs=1e-12)
    flat = class_moments(codes, post[0], np.arange(6.0)[codes])
    assert several.correlation_within(flat).reason == "no_pupil_spread"
    far = class_moments(codes, post[0], 1e61 * post[1])
    assert several.correlation_within(far).reason == "out_of_reach"
    none = class_moments(np.zeros(0, dtype=int), np.zeros(0))
    assert several.correlation_within(none).reason == "no_pupils"


RUNS = 500
"""Quick; the 2,000 whole pages of the docstring of ``families`` take minutes."""


@pytest.mark.parametrize("together", [0.0, 0.8])
def test_a_family_without_a_difference_stands_out_in_one_of_twenty(together):
    by_draw = by_holm = 0
    for seed in range(RUNS):
        codes, treated, _, pre, post = outcomes(8, seed=1000 + seed, together=together)
        means = means_of(codes, treated, pre, post)
        p = [clusters.adjusted_difference(one, unit="points").p for one in means]
        by_holm += min(several.holm(p)) < 0.05
        ways = permutation.assignments(treated, rng=np.random.default_rng(seed))
        by_draw += min(several.max_t(means, ways).p) <= 0.05
    most = 0.05 + 2 * (0.05 * 0.95 / RUNS) ** 0.5
    assert by_holm / RUNS <= most and by_draw / RUNS <= most
    assert by_draw > 0.015 * RUNS

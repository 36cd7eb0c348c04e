"""Permuted classes: the scheme counted, the whole analysis again under every assignment, and what p promises."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import SAME, adjusted, school
from scipy import stats

from gsl_research.estimate import NotEstimated
from gsl_research.methods import matched, permutation

SEED = 20261122


def rng(seed: int = SEED):
    return np.random.default_rng(seed)


def arms(treated: int, control: int):
    return np.arange(treated + control) < treated


# The scheme


@pytest.mark.parametrize(("treated", "control"), [(1, 5), (2, 6), (4, 4), (3, 4)])
def test_all_assignments_are_listed_once(treated, control):
    ways = permutation.assignments(arms(treated, control), rng=rng())
    found = {tuple(np.flatnonzero(way)) for way in ways.treated}
    assert found == set(itertools.combinations(range(treated + control), treated))
    assert ways.complete
    assert len(ways.treated) == ways.possible == math.comb(treated + control, treated)


def test_all_assignments_within_blocks_are_listed_once():
    blocks = np.array([7, 3, 3, 7, 7, 3, 3, 1, 1])
    treated = np.array([1, 1, 0, 0, 0, 0, 1, 1, 0], dtype=bool)
    ways = permutation.assignments(treated, blocks=blocks, rng=rng())
    allowed = {
        way
        for way in itertools.product([False, True], repeat=9)
        if all(np.array(way)[blocks == b].sum() == treated[blocks == b].sum() for b in (1, 3, 7))
    }
    assert {tuple(way) for way in ways.treated.tolist()} == allowed
    assert len(ways.treated) == ways.possible == len(allowed) == 3 * 6 * 2


def test_drawn_assignments_keep_the_scheme_and_are_equally_likely(monkeypatch):
    monkeypatch.setattr(permutation, "LISTED", 1)
    blocks = np.array([0, 1, 0, 1, 0, 1, 1])
    treated = np.array([1, 1, 0, 0, 0, 0, 1], dtype=bool)
    ways = permutation.assignments(treated, blocks=blocks, rng=rng(), draws=18_000)
    assert not ways.complete
    assert ways.possible == 18
    found, counts = np.unique(ways.treated, axis=0, return_counts=True)
    assert len(found) == 18
    for b in (0, 1):
        assert (found[:, blocks == b].sum(axis=1) == treated[blocks == b].sum()).all()
    assert stats.chisquare(counts).pvalue > 0.01


def test_many_classes_are_drawn_and_the_seed_decides():
    first, again, other = (permutation.assignments(arms(20, 20), rng=rng(seed)) for seed in (1, 1, 2))
    assert first.treated.shape == (permutation.DRAWS, 40)
    assert (first.treated.sum(axis=1) == 20).all()
    assert (first.treated == again.treated).all()
    assert (first.treated != other.treated).any()
    assert first.possible == math.comb(40, 20)


@pytest.mark.parametrize(
    ("treated", "control", "printed", "digits"),
    [(2, 2, 0.33, 2), (3, 3, 0.1, 1), (4, 4, 0.029, 3), (5, 5, 0.0079, 4), (8, 8, 0.00016, 5), (1, 5, 0.17, 2),
     (2, 6, 0.036, 3)],
)  # fmt: skip
def test_the_smallest_p_of_the_methods_page(treated, control, printed, digits):
    """Section 2.5."""
    assert round(permutation.assignments(arms(treated, control), rng=rng()).smallest_p, digits) == printed


def test_the_smallest_p_of_pairs_and_of_draws():
    pairs = np.repeat(np.arange(6), 2)
    assert permutation.assignments(np.tile([True, False], 6), blocks=pairs, rng=rng()).smallest_p == 2 / 2**6
    uneven = np.array([True, False, False, True, False, False])
    assert permutation.assignments(uneven, blocks=np.repeat([0, 1], 3), rng=rng()).smallest_p == 1 / 9
    mixed = np.array([True, False, True, False, False])
    assert permutation.assignments(mixed, blocks=[0, 0, 1, 1, 1], rng=rng()).smallest_p == 1 / 6
    assert permutation.assignments(arms(20, 20), rng=rng(), draws=99).smallest_p == 0.01
    drawn = permutation.assignments(arms(8, 10), rng=rng(), draws=99_999)
    assert not drawn.complete
    assert drawn.smallest_p == 1 / math.comb(18, 8)


def test_what_cannot_be_assigned_is_refused():
    for treated, blocks, reason in (
        ([True] * 6, None, "empty_arm"),
        ([], None, "empty_arm"),
        ([True, False, True, True], [0, 0, 1, 1], "one_sided_blocks"),
    ):
        assert permutation.assignments(treated, blocks=blocks, rng=rng()).reason == reason


# Permutation


@pytest.mark.parametrize(("treated", "control"), [(1, 5), (3, 3), (2, 6), (4, 4), (3, 6)])
def test_every_assignment_from_the_pupils_again(treated, control):
    """The whole analysis repeated under every assignment; the slopes do not move, so class means suffice."""
    for seed in range(3):
        codes, pre, post, arm = school(seed, treated, control, (4, 9))
        ways = permutation.assignments(arm, rng=rng())
        found = permutation.permutation(adjusted(codes, pre, post, arm), ways)
        again = np.array([adjusted(codes, pre, post, way).difference for way in ways.treated])
        np.testing.assert_allclose(found.values, again, atol=SAME)
        real = adjusted(codes, pre, post, arm).difference
        assert found.value == pytest.approx(real, rel=SAME)
        assert found.p == (np.abs(again) >= abs(real) - 1e-9).mean()


@pytest.mark.parametrize(("treated", "control"), [(3, 3), (2, 6), (5, 4)])
def test_p_is_scipys(treated, control):
    means = adjusted(*school(4, treated, control))
    test = stats.permutation_test(
        (means.mean[means.treated], means.mean[~means.treated]),
        lambda a, b: abs(a.mean() - b.mean()),
        alternative="greater",
        n_resamples=np.inf,
    )
    found = permutation.permutation(means, permutation.assignments(means.treated, rng=rng()))
    assert found.p == pytest.approx(test.pvalue, rel=SAME)


def blocked(seed: int, sizes=((1, 1), (2, 1), (1, 1), (2, 2), (1, 1))):
    treated = np.concatenate([np.arange(t + c) < t for t, c in sizes])
    blocks = np.repeat(np.arange(len(sizes)), [t + c for t, c in sizes])
    return adjusted(*school(seed, len(treated), 1)[:3], np.append(treated, False)), np.append(blocks, 0)


def test_blocks_keep_to_the_mean_of_the_block_differences():
    for seed in range(3):
        means, blocks = blocked(seed)
        ways = permutation.assignments(means.treated, blocks=blocks, rng=rng())
        found = permutation.permutation(means, ways)
        again = np.array(
            [matched.block_differences(replace(means, treated=way), blocks).mean() for way in ways.treated]
        )
        real = matched.within_blocks(means, blocks, unit="points").value
        np.testing.assert_allclose(found.values, again, atol=SAME)
        assert found.value == pytest.approx(real, rel=SAME)
        assert found.p == (np.abs(again) >= abs(real) - 1e-9).mean()


def test_the_same_draws_through_a_loop_of_least_squares():
    means = adjusted(*school(3, 60, 75, (2, 5)))
    ways = permutation.assignments(means.treated, rng=rng(), draws=60)
    found = permutation.permutation(means, ways)
    loop = [sm.OLS(means.mean, sm.add_constant(way.astype(float))).fit().params[1] for way in ways.treated]
    np.testing.assert_allclose(found.values, loop, rtol=0, atol=1e-12)
    assert found.p == ((np.abs(loop) >= abs(found.value)).sum() + 1) / 61


def test_p_is_exact_whoever_was_treated():
    """Over all assignments that could have been the real one, p <= x happens at most x of the time, ties or not."""
    for seed, rounded in ((1, 6), (2, 0)):
        codes, pre, post, arm = school(seed, 3, 4, (4, 8))
        means = adjusted(codes, pre, post, arm)
        means = replace(means, mean=np.round(means.mean, rounded))
        ways = permutation.assignments(arm, rng=rng())
        ps = []
        for way in ways.treated:
            ours = permutation.assignments(way, rng=rng())
            ps.append(permutation.permutation(replace(means, treated=way), ours).p)
        ranks = stats.rankdata(ps, method="max") / len(ps)
        np.testing.assert_allclose(ps, ranks, rtol=SAME)


def test_ties_that_rounding_hides_are_counted():
    """Means of 0.1, 0.2 and 0.3: many assignments give the same difference, but not the same double."""
    means = adjusted(*school(1, 4, 4))
    tenths = replace(means, mean=np.array([1, 2, 3, 1, 2, 3, 4, 7]) / 10 + 1e5, treated=arms(4, 4))
    whole = replace(tenths, mean=np.array([1, 2, 3, 1, 2, 3, 4, 7.0]))
    ways = permutation.assignments(tenths.treated, rng=rng())
    assert permutation.permutation(tenths, ways).p == permutation.permutation(whole, ways).p


def test_drawn_p_is_near_the_listed_one(monkeypatch):
    means = adjusted(*school(7, 6, 6))
    listed = permutation.permutation(means, permutation.assignments(means.treated, rng=rng()))
    monkeypatch.setattr(permutation, "LISTED", 1)
    drawn = permutation.permutation(means, permutation.assignments(means.treated, rng=rng()))
    assert listed.complete and not drawn.complete
    assert drawn.p == pytest.approx(listed.p, abs=3 * math.sqrt(listed.p * (1 - listed.p) / permutation.DRAWS))
    limits = permutation.permutation_interval(means, permutation.assignments(means.treated, rng=rng()))
    monkeypatch.undo()
    exact = permutation.permutation_interval(means, permutation.assignments(means.treated, rng=rng()))
    assert limits.low == pytest.approx(exact.low, abs=0.05 * exact.half_width)


def both(means):
    ways = permutation.assignments(means.treated, rng=rng())
    return permutation.permutation(means, ways), permutation.permutation_interval(means, ways)


def test_swapping_and_scaling_change_no_p():
    means = adjusted(*school(5, 4, 5))
    once, limits = both(means)
    other, swapped = both(replace(means, treated=~means.treated))
    assert (other.value, other.p) == (pytest.approx(-once.value, rel=SAME), once.p)
    assert (swapped.low, swapped.high) == pytest.approx((-limits.high, -limits.low))
    for level, size in ((1000, 50), (0, 1e-5)):
        again, stretched = both(
            replace(means, mean=level + size * means.mean, residual_ss=size**2 * means.residual_ss,
                    covariate_scatter=size**2 * means.covariate_scatter)
        )  # fmt: skip
        assert (again.value, again.p) == (pytest.approx(size * once.value, rel=1e-9), once.p)
        assert stretched.half_width == pytest.approx(size * limits.half_width, rel=1e-9)


@pytest.mark.parametrize("draws", [None, 30, 999])
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_interval_holds_the_shifts_that_are_not_rejected(draws, level, monkeypatch):
    if draws:
        monkeypatch.setattr(permutation, "LISTED", 1)
    for seed, make in itertools.product(range(3), ("classes", "blocks")):
        if make == "classes":
            means, blocks = adjusted(*school(seed, 4, 6)), None
        else:
            means, blocks = blocked(seed, ((1, 1), (2, 1), (1, 1), (2, 2), (1, 1), (1, 2)))
        ways = permutation.assignments(means.treated, blocks=blocks, rng=rng(), draws=draws or 1)
        interval = permutation.permutation_interval(means, ways, level=level)
        if isinstance(interval, NotEstimated):
            assert draws == 30 and (ways.treated == ways.actual).all(axis=1).any()
            continue
        for end, inward in ((interval.low, 1), (interval.high, -1)):
            for step, kept in ((1e-6, True), (-1e-6, False)):
                shifted = replace(means, mean=means.mean - (end + inward * step) * means.treated)
                assert (permutation.permutation(shifted, ways).p > 1 - level) is kept


def test_too_few_assignments_give_an_interval_without_end():
    """1 v 5: the smallest p is 1/6, so no shift is ever rejected."""
    means = adjusted(*school(2, 1, 5))
    ways = permutation.assignments(means.treated, rng=rng())
    refused = NotEstimated(estimator="class_permutation", reason="too_few_classes")
    assert permutation.permutation_interval(means, ways) == refused
    assert permutation.permutation_interval(means, ways, level=0.8) != refused
    two = adjusted(*school(2, 2, 2))
    assert permutation.permutation_interval(two, permutation.assignments(two.treated, rng=rng())) == refused


def test_permutation_refuses_what_says_too_little():
    for treated, control in ((2, 2), (3, 2), (1, 1)):
        means = adjusted(*school(1, treated, control))
        found = permutation.permutation(means, permutation.assignments(means.treated, rng=rng()))
        assert found == NotEstimated(estimator="class_permutation", reason="too_few_classes")
    codes, pre, post, arm = school(1, 4, 4)
    pairs = permutation.assignments(arms(4, 4), blocks=[0, 1, 2, 3] * 2, rng=rng())
    assert pairs.class_df == 3
    assert permutation.permutation(adjusted(codes, pre, post, arms(4, 4)), pairs).reason == "too_few_classes"
    flat = adjusted(codes, np.round(pre, 1), np.round(pre, 1) + 0.1, arm)
    assert permutation.permutation(flat, permutation.assignments(arm, rng=rng())).reason == "no_class_spread"
    missing = NotEstimated(estimator="adjusted_class_means", reason="singular")
    assert permutation.permutation(missing, pairs).reason == "singular"
    with pytest.raises(ValueError, match="other classes"):
        permutation.permutation(adjusted(codes, pre, post, arms(4, 4)[::-1]), pairs)

"""Marks for pupils: R's records, the covariance of every score, and made groups in which nobody changed."""

import math

import numpy as np
import pytest
from oracle import rci
from scipy import stats
from test_oracle import RECORDS

from gsl_research.estimate import NotEstimated
from gsl_research.methods.reliable_change import (
    MARKED_BY_CHANCE,
    RELIABLE_Z,
    jacobson_truax,
    marks_beside_before,
    marks_beside_growth,
    reliability_after,
    standing,
)

SAME = 1e-10
"""Two routes through the same numbers in double precision."""
SEED = 20261122
WAYS = {
    "before": lambda pre, post, r, **scale: marks_beside_before(pre, post, r, **scale),
    "own growth": lambda pre, post, r, **scale: marks_beside_growth(pre, post, r, **scale),
    "comparison": lambda pre, post, r, **scale: marks_beside_growth(
        pre, post, r, comparison=(pre + 1, post + 3), **scale
    ),
}


def nobody_changed(rng, n: int, r: float, growth: float = 0.0):
    """Scores of mean 50 and SD 10: true scores that stay, or all grow alike, and two errors of the same size."""
    true, first, second = rng.normal(0, 10, (3, n)) * np.sqrt([[r], [1 - r], [1 - r]])
    return 50 + true + first, 50 + growth + true + second


@pytest.mark.parametrize("key", rci.DATA)
def test_r_gives_the_same_to_twelve_digits(key, real_data):
    found = rci.ours(real_data, key)
    assert set(found) == set(RECORDS[key])
    for quantity, value in found.items():
        assert value == pytest.approx(RECORDS[key][quantity], rel=1e-12, abs=1e-12), quantity


def test_the_limit_of_a_reliable_change_is_that_of_the_normal_distribution():
    assert stats.norm.ppf(0.975) == RELIABLE_Z
    assert stats.norm.sf(RELIABLE_Z) == pytest.approx(MARKED_BY_CHANCE)


@pytest.mark.parametrize(("reliability", "needed"), [(0.7, 1.52), (0.8, 1.24), (0.9, 0.88)])
def test_needed_change_is_that_of_the_methods_page(reliability, needed):
    pre = nobody_changed(np.random.default_rng(1), 30, 0.8)[0]
    found = jacobson_truax(pre, pre, reliability)
    assert found.smallest_reliable_change / pre.std(ddof=1) == pytest.approx(needed, abs=0.005)
    assert found.unchanged == 30


@pytest.mark.parametrize("r", [0.7, 0.85])
def test_standard_errors_follow_from_the_covariance_of_all_scores(r):
    """x, y of n pupils and m others: var x = 1, cov(x, y) = r, and the deviation of pupil 0 is a sum of all of them."""
    n, m = 7, 4
    covariance = np.kron(np.array([[1, r], [r, 1]]), np.eye(n + m))
    x, y = np.eye(2 * (n + m))[: n + m], np.eye(2 * (n + m))[n + m :]
    kelley = (1 - r) * (x[:n].mean(axis=0) - x[0])
    own, theirs = (y - x)[:n].mean(axis=0), (y - x)[n:].mean(axis=0)
    pre, post = nobody_changed(np.random.default_rng(3), n, r)
    others = nobody_changed(np.random.default_rng(4), m, r)
    for found, growth in (
        (marks_beside_before(pre, post, r), 0),
        (marks_beside_growth(pre, post, r), own),
        (marks_beside_growth(pre, post, r, comparison=others), theirs),
    ):
        deviation = y[0] - x[0] - kelley - growth
        assert found.se == pytest.approx(pre.std(ddof=1) * math.sqrt(deviation @ covariance @ deviation), rel=SAME)
        assert found.df == n - 1


@pytest.mark.parametrize("r", [0.7, 0.9])
def test_expected_change_is_the_regression_of_a_million_pupils_who_did_not_change(r):
    pre, post = nobody_changed(np.random.default_rng(SEED), 1_000_000, r, growth=4)
    slope, start = np.polyfit(pre - 50, post - pre, 1)
    found = marks_beside_growth(pre, post, r)
    fitted = np.polyfit(pre - 50, found.expected, 1)
    assert fitted == pytest.approx([slope, start], abs=0.03)
    left = post - pre - found.expected
    assert left.std() == pytest.approx(found.se, rel=0.005)


@pytest.mark.parametrize(("way", "growth"), [("before", 0), ("own growth", 6), ("comparison", 6)])
@pytest.mark.parametrize("n", [4, 25])
def test_a_pupil_who_did_not_change_is_marked_in_one_of_forty_on_each_side(way, growth, n):
    """Exact in small groups too: t on n - 1 df, and the errors of the group's own mean and of the others'."""
    rng, runs, low, high = np.random.default_rng([SEED, n]), 20_000 // n, 0, 0
    for _ in range(runs):
        pre, post = nobody_changed(rng, n, 0.8, growth)
        if way == "comparison":
            found = marks_beside_growth(pre, post, 0.8, comparison=nobody_changed(rng, 5, 0.8, growth))
        else:
            found = WAYS[way](pre, post, 0.8)
        low, high = low + found.lower.sum(), high + found.higher.sum()
    error = math.sqrt(0.025 * 0.975 / (runs * n)) * (2 if way == "comparison" else 1)
    assert (low / (runs * n), high / (runs * n)) == pytest.approx((0.025, 0.025), abs=3 * error)


@pytest.mark.parametrize("r", [0.7, 0.9])
def test_whatever_the_pre_test_but_not_for_jacobson_and_truax(r):
    rng, marks = np.random.default_rng(SEED), {"before": [], "own growth": [], "printed": []}
    for _ in range(150):
        pre, post = nobody_changed(rng, 200, r)
        fifth = np.digitize(pre, 50 + 10 * stats.norm.ppf([0.2, 0.4, 0.6, 0.8]))
        for name, lower in (
            ("before", marks_beside_before(pre, post, r).lower),
            ("own growth", marks_beside_growth(pre, post, r).lower),
            ("printed", jacobson_truax(pre, post, r).rci < -RELIABLE_Z),
        ):
            marks[name].append([np.bincount(fifth, minlength=5), np.bincount(fifth, lower, minlength=5)])
    shares = {name: np.sum(counts, axis=0)[1] / np.sum(counts, axis=0)[0] for name, counts in marks.items()}
    error = math.sqrt(0.025 * 0.975 / (150 * 40))
    assert shares["before"] == pytest.approx(np.full(5, 0.025), abs=3 * error)
    assert shares["own growth"] == pytest.approx(np.full(5, 0.025), abs=3 * error)
    assert shares["printed"].mean() == pytest.approx(0.025, abs=3 * error)
    assert shares["printed"][0] < 0.025 - 4 * error and shares["printed"][4] > 0.025 + 4 * error


def test_the_tails_of_jacobson_and_truax_are_those_its_docstring_names():
    r = 0.8
    limit = -RELIABLE_Z * math.sqrt(2 * (1 - r))
    shares = [stats.norm.cdf((limit - (1 - r) * -start) / math.sqrt(1 - r**2)) for start in (-2, 2)]
    assert shares == pytest.approx([0.003, 1 / 12], abs=0.003)


def test_growth_makes_fewer_pupils_lower_than_before_never_more():
    rng, counts = np.random.default_rng(5), {growth: 0 for growth in (0, 3, 8)}
    for _ in range(400):
        pre, post = nobody_changed(rng, 25, 0.8)
        for growth in counts:
            counts[growth] += marks_beside_before(pre, post + growth, 0.8).lower.sum()
    assert counts[0] > 3 * counts[3] > 9 * counts[8]


def test_lower_than_before_is_true_of_everyone_counted():
    """A pupil so low that regression to the mean alone promises a rise beyond every fluctuation, and who rose less."""
    pre, post = nobody_changed(np.random.default_rng(6), 100, 0.7)
    pre[0], post[0] = -70, -65
    found = marks_beside_before(pre, post, 0.7)
    half = stats.t.ppf(0.975, 99) * found.se
    assert 0 < found.change[0] < found.expected[0] - half
    assert not found.lower[0]
    assert (found.change[found.lower] < 0).all() and (found.change[found.higher] > 0).all()
    assert marks_beside_growth(pre, post, 0.7).lower[0]


def test_marks_lie_beyond_the_limit_and_only_those():
    pre, post = nobody_changed(np.random.default_rng(7), 300, 0.8, growth=2)
    found = marks_beside_growth(pre, post, 0.8)
    t = (found.change - found.expected) / found.se
    limit = stats.t.ppf(0.975, 299)
    assert found.lower.sum() > 2 and found.higher.sum() > 2
    assert (found.lower == (t < -limit)).all() and (found.higher == (t > limit)).all()


@pytest.mark.parametrize(("n", "share"), [(8, 0.18), (20, 0.40), (25, 0.47)])
def test_one_mark_by_chance_is_as_likely_as_the_methods_page_says(n, share):
    pre, post = nobody_changed(np.random.default_rng(n), n, 0.8)
    found = marks_beside_before(pre, post, 0.8)
    assert found.chance_of_any_lower == pytest.approx(share, abs=0.005)
    assert found.chance_of_any_lower == found.chance_of_any_higher == pytest.approx(stats.binom.sf(0, n, 0.025))
    assert found.expected_lower == found.expected_higher == pytest.approx(n / 40)


def test_who_had_the_highest_score_before_cannot_be_marked_higher():
    rng = np.random.default_rng(8)
    pre, post = (np.clip(np.round(scores), 0, 65) for scores in nobody_changed(rng, 80, 0.8, growth=2))
    found = marks_beside_before(pre, post, 0.8, scale=(0, 65))
    free = marks_beside_before(pre, post, 0.8)
    top = pre == 65
    assert top.sum() >= 3 and not found.can_be_higher[top].any()
    assert free.can_be_higher.all() and free.can_be_lower.all() and found.can_be_lower.all()
    half = stats.t.ppf(0.975, 79) * found.se
    assert (found.can_be_higher == (pre + found.expected + half < 65)).all()
    assert found.expected_higher == pytest.approx(found.can_be_higher.sum() / 40)
    assert found.expected_higher < free.expected_higher == pytest.approx(2)
    assert found.chance_of_any_higher < found.chance_of_any_lower
    assert (found.lower == free.lower).all() and (found.higher == free.higher).all()


@pytest.mark.parametrize("way", WAYS)
def test_turning_the_scale_around_swaps_lower_and_higher(way):
    pre, post = nobody_changed(np.random.default_rng(9), 60, 0.75, growth=1)
    scale = (math.floor(min(pre.min(), post.min())), math.ceil(max(pre.max(), post.max())))
    up = WAYS[way](pre, post, 0.75, scale=scale)
    if way == "comparison":
        down = marks_beside_growth(-pre, -post, 0.75, comparison=(-pre - 1, -post - 3), scale=(-scale[1], -scale[0]))
    else:
        down = WAYS[way](-pre, -post, 0.75, scale=(-scale[1], -scale[0]))
    assert (up.lower == down.higher).all() and (up.can_be_lower == down.can_be_higher).all()
    assert 0 < up.can_be_lower.sum() < 60
    assert up.expected == pytest.approx(-down.expected, rel=1e-8)


@pytest.mark.parametrize("way", WAYS)
def test_units_and_order_do_not_matter(way):
    rng = np.random.default_rng(10)
    pre, post = nobody_changed(rng, 90, 0.75, growth=1)
    found, order = WAYS[way](pre, post, 0.75), rng.permutation(90)
    shifted, mixed = WAYS[way](pre + 300, post + 300, 0.75), WAYS[way](pre[order], post[order], 0.75)
    assert found.lower.sum() + found.higher.sum() > 0
    assert (shifted.lower == found.lower).all() and shifted.se == pytest.approx(found.se, rel=SAME)
    assert (mixed.lower == found.lower[order]).all() and (mixed.higher == found.higher[order]).all()
    larger = marks_beside_before(10 * pre, 10 * post, 0.75)
    assert (larger.lower == marks_beside_before(pre, post, 0.75).lower).all()


def test_growth_of_the_comparison_is_what_moves_expected_change():
    pre, post = nobody_changed(np.random.default_rng(11), 30, 0.8)
    others = nobody_changed(np.random.default_rng(12), 20, 0.8)
    still = marks_beside_growth(pre, post, 0.8, comparison=others)
    grown = marks_beside_growth(pre, post, 0.8, comparison=(others[0], others[1] + 2.5))
    assert grown.expected - still.expected == pytest.approx(np.full(30, 2.5))
    assert grown.se == still.se
    own = marks_beside_growth(pre, post, 0.8)
    assert own.expected.mean() == pytest.approx((post - pre).mean())


SCORES = np.array([9.0, 12, 14, 11])


@pytest.mark.parametrize(("pre", "reliability", "reason"), [
    (SCORES, None, "reliability_unknown"),
    (SCORES, 0.69, "too_unreliable"),
    (SCORES, 1.0, "out_of_reach"),
    (SCORES * 1e70, 0.8, "out_of_reach"),
    (SCORES[:1], 0.8, "too_few_pupils"),
    (SCORES[:0], 0.8, "no_pupils"),
    (np.full(5, 0.1), 0.8, "no_pupil_spread"),
    (np.full(5, -0.1), 0.8, "no_pupil_spread"),
    (np.array([0.3, 0.1 + 0.2, 0.3]), 0.8, "no_pupil_spread"),
])  # fmt: skip
@pytest.mark.parametrize("method", [jacobson_truax, marks_beside_before, marks_beside_growth])
def test_what_the_data_cannot_carry_is_refused(method, pre, reliability, reason):
    assert method(pre, pre + 1, reliability) == NotEstimated(estimator=method.__name__, reason=reason)


def test_a_comparison_without_pupils_is_refused():
    found = marks_beside_growth(SCORES, SCORES, 0.8, comparison=([], []))
    assert found == NotEstimated(estimator="marks_beside_growth", reason="empty_arm")


@pytest.mark.parametrize("method", [jacobson_truax, marks_beside_before, marks_beside_growth])
def test_the_lowest_reliability_and_the_smallest_group_that_carry_a_mark(method):
    assert not isinstance(method([3.0, 5.0], [4.0, 4.0], 0.7), NotEstimated)


@pytest.mark.parametrize("method", [jacobson_truax, marks_beside_before, marks_beside_growth])
def test_wrong_calls_are_errors(method):
    for pre, post, reliability in (
        (SCORES, SCORES[:2], 0.8),
        (SCORES[None], SCORES[None], 0.8),
        (SCORES, np.append(SCORES[:3], math.nan), 0.8),
        (SCORES, SCORES, 0.0),
        (SCORES, SCORES, 1.2),
    ):
        with pytest.raises(ValueError):
            method(pre, post, reliability)


def test_scores_outside_the_scale_are_errors():
    for scale in ((10, 20), (0, 13)):
        with pytest.raises(ValueError, match="scale"):
            marks_beside_before(SCORES, SCORES, 0.8, scale=scale)


# where a pupil stands


def true_and_seen(rng, n: int, r: float):
    true = rng.normal(50, 10 * np.sqrt(r), n)
    return true, true + rng.normal(0, 10 * np.sqrt(1 - r), n)


@pytest.mark.parametrize("r", [0.7, 0.9])
@pytest.mark.parametrize("n", [8, 25])
@pytest.mark.parametrize("goal", [None, 47.0])
def test_a_true_score_lies_where_it_is_said_to_lie_in_nineteen_of_twenty(r, n, goal):
    rng, inside, told, wrong, runs = np.random.default_rng([SEED, n]), 0, 0, 0, 40_000 // n
    for _ in range(runs):
        true, seen = true_and_seen(rng, n, r)
        found = standing(seen, r, reference=goal)
        beside = true - (true.mean() if goal is None else goal)
        off = found.expected - found.reference - beside
        inside += (np.abs(off) <= stats.t.ppf(0.975, n - 1) * found.se).sum()
        told += (found.below | found.above).sum()
        wrong += (found.below & (beside >= 0)).sum() + (found.above & (beside <= 0)).sum()
    assert inside / (runs * n) == pytest.approx(0.95, abs=2.5 * math.sqrt(0.95 * 0.05 / runs))
    assert told > 1000 and wrong / told < MARKED_BY_CHANCE


@pytest.mark.parametrize("r", [0.7, 0.9])
def test_the_error_of_a_true_score_follows_from_the_covariance_of_all_scores(r):
    """Var x = 1 and cov(T, x) = r of the same pupil alone: the error of pupil 0 is a sum of true scores and scores."""
    n = 5
    of_true = np.eye(n)[0] - np.full(n, 1 / n)
    weights = r * np.eye(n)[0] + (1 - r) / n
    beside_goal = r - 2 * r * weights[0] + weights @ weights
    seen = r * (np.eye(n)[0] - 1 / n)
    beside_mean = r * of_true @ of_true - 2 * r * of_true @ seen + seen @ seen
    scores = np.array([1.0, 4, 2, 8, 5])
    for goal, error in ((6.0, beside_goal), (None, beside_mean)):
        assert standing(scores, r, reference=goal).se == pytest.approx(scores.std(ddof=1) * math.sqrt(error), rel=SAME)


def test_nobody_is_clear_beside_a_goal_between_all():
    _, seen = true_and_seen(np.random.default_rng(1), 30, 0.8)
    found = standing(seen, 0.8, reference=float(np.median(seen)))
    middle = np.abs(seen - np.median(seen)) < found.se
    assert middle.any() and not (found.below | found.above)[middle].any()
    assert found.below.any() and found.above.any() and not (found.below & found.above).any()


def test_turning_scores_and_goal_round_swaps_below_and_above():
    _, seen = true_and_seen(np.random.default_rng(2), 30, 0.8)
    for goal in (None, 48.0):
        found, turned = standing(seen, 0.8, reference=goal), standing(-seen, 0.8, reference=goal and -goal)
        assert (found.below == turned.above).all() and (found.above == turned.below).all()


def test_where_pupils_stand_is_refused_as_marks_are():
    reasons = [standing(*call).reason for call in
               (([], 0.8), ([3.0], 0.8), ([3.0] * 5, 0.8), ([1.0, 2, 3], None), ([1.0, 2, 3], 0.69))]  # fmt: skip
    assert reasons == ["no_pupils", "too_few_pupils", "no_pupil_spread", "reliability_unknown", "too_unreliable"]


def test_the_reliability_afterwards_is_that_of_what_pupils_then_are():
    rng = np.random.default_rng(3)
    for spread in (5.0, 10.0, 20.0):
        level = rng.normal(0, 1, 400_000)
        first, second = rng.normal(0, 5, (2, 400_000))
        before, after = 10 * level + first, spread * level + second
        assert reliability_after(before, after, 0.8) == pytest.approx(min(0.8, spread**2 / (spread**2 + 25)), abs=0.005)
    assert reliability_after([1.0, 2, 3], [5.0, 5, 5], 0.8) == 0
    assert reliability_after([1.0, 9, 3], [5.0, 5.1, 5], 0.8) == 0

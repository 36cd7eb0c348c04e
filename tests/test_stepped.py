"""Classes that start one after the other: the difference, its orders and its interval, each done again by hand."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from gsl_research.estimate import Interval, NotEstimated
from gsl_research.methods import clusters, permutation, stepped
from gsl_research.methods.moments import class_moments

FOUR = (1, 2, 3, 4)
EIGHT = (1, 1, 2, 2, 3, 3, 4, 4)


def rng(seed: int = 3):
    return np.random.default_rng(seed)


def school(start, waves: int = 5, size: int = 12, effect: float = 0.0, seed: int = 3, gone: float = 0.0):
    """codes, start and scores (N, W); ``gone`` of the scores are missing."""
    start, draw = np.asarray(start), rng(seed)
    codes = np.repeat(np.arange(len(start)), size + np.arange(len(start)) % 3)
    level, ability = draw.normal(0, 0.5, len(start)), draw.normal(0, 1, len(codes))
    scores = 10 + level[codes][:, None] + ability[:, None] + 0.4 * np.arange(waves)
    scores += draw.normal(0, 0.3, (len(start), waves))[codes] + draw.normal(0, 0.7, (len(codes), waves))
    scores += effect * (start[codes][:, None] <= np.arange(waves))
    scores[draw.random(scores.shape) < gone] = np.nan
    return codes, start, scores


def means_of(*args, **changes) -> stepped.WaveMeans:
    found = stepped.wave_means(*school(*args, **changes))
    assert isinstance(found, stepped.WaveMeans)
    return found


def rollout(means, drawn: bool = True, draws: int = permutation.DRAWS):
    ways = stepped.orders(means.start, rng=rng(), draws=draws)
    return stepped.rollout(means, ways, unit="points", drawn=drawn)


def by_hand(values: np.ndarray, start) -> tuple[float, float]:
    """Sum of values times started around their wave's mean, and the length of that, wave by wave."""
    whole = length = 0.0
    for wave in range(values.shape[1]):
        has = ~np.isnan(values[:, wave])
        started = (np.asarray(start)[has] <= wave).astype(float)
        around = started - started.mean() if has.any() else started
        whole += float(around @ values[has, wave])
        length += float(around @ around)
    return whole, length


# Class means


def test_means_are_adjusted_for_the_first_wave_where_nobody_had_started():
    codes = np.repeat([0, 1, 2], 4)
    start = np.array([1, 2, 3])
    first = np.array([1.0, 2, 3, 4, 3, 4, 5, 6, 0, 2, 2, 4])
    scores = np.column_stack([first, 2 * first + 1, np.where(first == 0, np.nan, 5 - first)])
    found = stepped.wave_means(codes, start, scores)
    assert np.isnan(found.mean[:, 0]).all()
    before = np.array([2.5, 4.5, 2.0])
    assert found.before[:, 1] == pytest.approx(before)
    assert found.mean[:, 1] == pytest.approx(2 * before + 1 - 2 * (before - 3))
    assert found.pupils[:, 2].tolist() == [4, 4, 3]
    assert found.mean[:, 2] == pytest.approx([5 - (2.5 + 4.5 + 8 / 3) / 3] * 3)


def test_means_stay_as_they_are_where_some_had_started_at_the_first_wave():
    codes, start, scores = school((0, 1, 1, 2))
    found = stepped.wave_means(codes, start, scores)
    assert np.isnan(found.before).all()
    for wave in range(5):
        assert found.mean[:, wave] == pytest.approx(np.bincount(codes, scores[:, wave]) / np.bincount(codes))


def test_a_class_without_scores_at_a_wave_has_no_mean_there():
    codes, start, scores = school(FOUR)
    scores[codes == 2, 3] = np.nan
    found = stepped.wave_means(codes, start, scores)
    assert np.isnan(found.mean[2, 3]) and found.pupils[2, 3] == 0
    assert not np.isnan(found.mean[:, 1]).any()


def test_shapes_that_do_not_go_together_are_a_mistake():
    codes, start, scores = school(FOUR)
    for wrong in ((codes[1:], start, scores), (codes, start[1:], scores), (codes, start, scores[:, 0])):
        with pytest.raises(ValueError, match="codes"):
            stepped.wave_means(*wrong)


def test_what_carries_no_mean_is_refused():
    codes, start, scores = school(FOUR)
    flat = scores.copy()
    flat[:, 0] = codes
    assert stepped.wave_means(codes, start, flat).reason == "no_pupil_spread"
    assert stepped.wave_means(codes, start, np.full_like(scores, np.nan)).reason == "no_pupils"
    assert stepped.wave_means(codes, start, scores * 1e80).reason == "out_of_reach"
    alike = scores.copy()
    alike[:, 0] = 7
    assert isinstance(stepped.wave_means(codes, start, alike), stepped.WaveMeans)


# Orders


@pytest.mark.parametrize("start", [FOUR, (1, 1, 2, 2), (2, 1, 1, 4, 1), (3, 3, 3)])
def test_every_order_is_listed_once(start):
    found = stepped.orders(start, rng=rng())
    assert {tuple(one) for one in found.start.tolist()} == set(itertools.permutations(start))
    assert found.complete and len(found.start) == found.possible == len(set(itertools.permutations(start)))


def test_drawn_orders_keep_the_steps_and_are_equally_likely(monkeypatch):
    monkeypatch.setattr(stepped, "LISTED", 1)
    found = stepped.orders((1, 1, 2, 3), rng=rng(), draws=12_000)
    assert not found.complete and found.possible == 12
    kinds, counts = np.unique(found.start, axis=0, return_counts=True)
    assert len(kinds) == 12 and (np.sort(found.start, axis=1) == [1, 1, 2, 3]).all()
    assert stats.chisquare(counts).pvalue > 0.01


# The difference


@pytest.mark.parametrize("start", [FOUR, EIGHT, (0, 1, 2, 5), (1, 1, 1, 3, 3, 5)])
@pytest.mark.parametrize("gone", [0.0, 0.1])
def test_the_difference_is_that_of_the_waves_and_of_least_squares(start, gone):
    means = means_of(start, effect=0.7, gone=gone)
    value = rollout(means).estimate.value
    waves = stepped.wave_differences(means)
    assert sum(one.share for one in waves) == pytest.approx(1)
    assert value == pytest.approx(sum(one.share * one.value for one in waves), rel=1e-12)
    weights = [one.started * one.waiting / (one.started + one.waiting) for one in waves]
    assert [one.share for one in waves] == pytest.approx(np.array(weights) / sum(weights))
    at, wave = np.nonzero(~np.isnan(means.mean))
    design = np.column_stack([*(wave == one for one in np.unique(wave)), means.start[at] <= wave]).astype(float)
    least_squares = np.linalg.lstsq(design, means.mean[at, wave], rcond=None)[0]
    assert value == pytest.approx(least_squares[-1], rel=1e-9)


def test_two_steps_and_one_wave_are_students_t_on_class_means():
    codes, start, scores = school((0, 0, 0, 1, 1, 1, 1), waves=2, effect=0.5)
    found = rollout(stepped.wave_means(codes, start, scores), drawn=False)
    adjusted = clusters.adjusted_means(class_moments(codes, scores[:, 0]), start == 0)
    expected = clusters.adjusted_difference(adjusted, unit="points")
    got = found.estimate
    assert (got.value, got.se, got.df, got.p) == pytest.approx(
        (expected.value, expected.se, expected.df, expected.p), rel=1e-9
    )
    drawn = permutation.permutation(adjusted, permutation.assignments(start == 0, rng=rng()))
    assert (found.p, found.smallest_p) == pytest.approx((drawn.p, drawn.smallest_p))
    limits = permutation.permutation_interval(adjusted, permutation.assignments(start == 0, rng=rng()))
    ours = rollout(stepped.wave_means(codes, start, scores)).estimate.interval
    assert (ours.low, ours.high) == pytest.approx((limits.low, limits.high))


def test_a_test_before_gives_the_adjusted_class_means_of_a_wait_list():
    codes, start, scores = school((1, 1, 1, 2, 2, 2), waves=3, effect=0.5)
    adjusted = clusters.adjusted_means(class_moments(codes, scores[:, 0], scores[:, 1]), start == 1)
    expected = clusters.adjusted_difference(adjusted, unit="points")
    found = rollout(stepped.wave_means(codes, start, scores), drawn=False).estimate
    assert (found.value, found.df) == pytest.approx((expected.value, expected.df))
    assert found.se == pytest.approx(expected.se, rel=0.05), "the error of the slope is taken a little larger"


@pytest.mark.parametrize("hole", [False, True])
def test_p_is_the_share_of_orders_that_go_as_far(hole):
    means = means_of((1, 2, 2, 3, 4), effect=0.4)
    if hole:
        means.mean[3, 2] = np.nan
    whole, length = by_hand(means.mean, means.start)
    found = rollout(means)
    assert found.estimate.value == pytest.approx(whole / length)
    every = list(set(itertools.permutations(means.start.tolist())))
    sizes = []
    for order in every:
        here, own = by_hand(means.mean, order)
        sizes.append(abs(here) / math.sqrt(own * length))
    at_least = sum(size >= abs(whole / length) - 1e-9 for size in sizes)
    assert found.p == pytest.approx(at_least / len(every))
    assert found.smallest_p == pytest.approx(1 / 60)


def test_orders_that_leave_no_wave_with_both_sides_count_as_no_difference():
    """Two classes have a mean at one wave alone: in some orders both had started by then, or neither."""
    means = means_of((1, 2, 3, 4, 4))
    means.mean[:, [1, 3, 4]] = np.nan
    means.mean[2:4, 2] = np.nan
    whole, length = by_hand(means.mean, means.start)
    sizes = []
    for order in set(itertools.permutations(means.start.tolist())):
        here, own = by_hand(means.mean, order)
        sizes.append(abs(here) / math.sqrt(own * length) if own else 0.0)
    assert 0.0 in sizes
    assert rollout(means, drawn=False).p == pytest.approx(np.mean(np.array(sizes) >= abs(whole / length) - 1e-9))


def test_the_interval_holds_every_shift_that_is_not_rejected():
    means = means_of((1, 1, 2, 2, 3, 4), effect=0.5)
    found = rollout(means).estimate.interval
    started = means.started.astype(float)

    def p(shift: float) -> float:
        moved = stepped.WaveMeans(
            means.mean - shift * started, means.before, means.start, means.pupils, 0.0, means.whole_ss
        )
        return rollout(moved).p

    for end, inward in ((found.low, 1), (found.high, -1)):
        assert p(end + inward * 1e-6) > 0.05 >= p(end - inward * 1e-6)


def test_a_shift_moves_everything_along():
    codes, start, scores = school(EIGHT)
    before = rollout(stepped.wave_means(codes, start, scores)).estimate
    more = scores + 3 * (start[codes][:, None] <= np.arange(5))
    after = rollout(stepped.wave_means(codes, start, more)).estimate
    assert after.value == pytest.approx(before.value + 3)
    assert (after.interval.low, after.interval.high, after.se) == pytest.approx(
        (before.interval.low + 3, before.interval.high + 3, before.se)
    )


def test_the_standard_error_is_that_of_the_orders_and_never_surer_than_the_interval():
    means = means_of(EIGHT, effect=0.6)
    ways = stepped.orders(means.start, rng=rng())
    whole, length = by_hand(means.mean, means.start)
    value, squares, free = whole / length, 0.0, 0.0
    waves = np.flatnonzero((~np.isnan(means.mean)).any(axis=0))
    started = np.where(np.isin(np.arange(5), waves), means.started.astype(float), np.nan)
    for order in ways.start:
        here, own = by_hand(means.mean, order)
        same = by_hand(started, order)[0] / length
        assert own == pytest.approx(length), "with every class at every wave"
        squares += (here / length - same * value) ** 2
        free += 1 - same**2
    found = rollout(means, drawn=False).estimate
    assert found.se == pytest.approx(math.sqrt(squares / free + stepped._slope_error(means, ways)))
    drawn = rollout(means).estimate
    reach = max(drawn.interval.high - drawn.value, drawn.value - drawn.interval.low)
    assert drawn.se == pytest.approx(max(math.sqrt(squares / free), reach / stats.t.ppf(0.975, 6)))
    assert abs(math.sqrt(squares / free) - reach / stats.t.ppf(0.975, 6)) > 1e-3 and drawn.p == rollout(means).p


@pytest.mark.parametrize(("start", "gone", "alone"), [(FOUR, 0.0, 0.0), (FOUR, 0.0, 3.0), (EIGHT[1:], 0.6, 0.3)])
def test_degrees_of_freedom_are_satterthwaites_at_the_correlation_of_the_residuals(start, gone, alone):
    codes, begun, scores = school(start, gone=gone, size=2)
    scores += alone * rng(8).normal(size=len(begun))[codes][:, None] * (np.arange(5) > 0)
    means = stepped.wave_means(codes, begun, scores)
    here = [tuple(place) for place in np.argwhere(~np.isnan(means.mean))]
    whole, length = by_hand(means.mean, means.start)
    actual, rows = np.array([whole_of(place, means, means.start) for place in here]), []
    for order in stepped.orders(means.start, rng=rng()).start:
        of_cell = np.array([whole_of(place, means, order) for place in here])
        size = math.sqrt(by_hand(means.mean, order)[1] * length)
        if size > 0:
            rows.append(of_cell / size - (of_cell @ actual / size / length) * actual)
    form = np.array(rows).T @ np.array(rows)
    of_wave = [means.mean[~np.isnan(means.mean[:, wave]), wave] for wave in range(5)]
    residual = np.array([means.mean[place] - of_wave[place[1]].mean() for place in here]) - whole / length * actual
    same = np.array([[one[0] == other[0] for other in here] for one in here])
    pairs = same & ~np.eye(len(here), dtype=bool)
    alike = np.clip(np.outer(residual, residual)[pairs].mean() / (residual**2).mean(), 0, 1)
    product = form @ ((1 - alike) * np.eye(len(here)) + alike * same)
    found = rollout(means, drawn=False).estimate
    assert found.df == pytest.approx(np.trace(product) ** 2 / np.trace(product @ product))
    assert found.class_df == len(start) - 2 and (alike > 0.3) == (alone == 3)
    assert (found.p is None) == (min(found.df, found.class_df) < 4)


def whole_of(place, means, order) -> float:
    """How much the mean at this class and wave weighs in the sum of an order."""
    one = np.where(np.isnan(means.mean), np.nan, 0.0)
    one[place] = 1.0
    return by_hand(one, order)[0]


def test_more_than_drawn_orders_gives_nearly_the_same_degrees_of_freedom(monkeypatch):
    means = means_of(EIGHT)
    listed = rollout(means, drawn=False).estimate.df
    monkeypatch.setattr(stepped, "LISTED", 10)
    assert rollout(means, drawn=False).estimate.df == pytest.approx(listed, rel=0.05)


def test_slopes_count_where_those_who_start_first_were_ahead():
    codes, start, scores = school(EIGHT)
    level = rollout(stepped.wave_means(codes, start, scores), drawn=False).estimate
    ahead = scores + 3.0 * (start[codes] <= 2)[:, None]
    means = stepped.wave_means(codes, start, ahead)
    lead = stepped.lead_before(means)
    assert lead == pytest.approx(stepped.lead_before(stepped.wave_means(codes, start, scores)) + 3 * 0.8)
    ways = stepped.orders(start, rng=rng())
    usual = [(by_hand(means.before, order)[0] / by_hand(means.before, order)[1]) ** 2 for order in ways.start[::40]]
    error = stepped._slope_error(means, ways)
    assert error == pytest.approx(means.slope_variance * (lead**2 - np.mean(usual)), rel=0.2) and error > 0
    assert stepped._slope_error(stepped.wave_means(codes, start, scores), ways) < error / 10
    assert level.se > 0


# What cannot be told


@pytest.mark.parametrize(("start", "interval"), [
    ((1, 2, 3), False), ((1, 1, 2, 3), False), (FOUR, True), ((1, 2, 3, 3, 4), True),
])  # fmt: skip
def test_few_orders_give_a_description(start, interval):
    """12 orders of four classes in three steps never reject anything at 5 %."""
    found = rollout(means_of(start)).estimate
    assert isinstance(found.interval, Interval) == interval
    if not interval:
        assert (found.status, found.class_df, found.se) == ("described", 0.0, None)


def test_refusals_say_why():
    for start in ((1, 1, 1, 1), (5, 5, 5, 5), (0, 0, 0, 0)):
        assert rollout(means_of(start)).reason == "empty_arm"
    codes = np.repeat(np.arange(8), 14)
    alike = stepped.wave_means(codes, EIGHT, np.tile(np.arange(14.0)[:, None] % 7, (8, 5)))
    assert rollout(alike).reason == "no_class_spread"


def test_a_refusal_of_the_means_is_passed_on():
    missing = NotEstimated(estimator=stepped.NAME, reason="no_pupils")
    ways = stepped.orders(FOUR, rng=rng())
    assert stepped.rollout(missing, ways, unit="points", drawn=True) is missing


# Beside it


def test_time_since_the_start_by_hand():
    mean = np.array([[np.nan, 5.0, 6.0], [np.nan, 3.0, 8.0], [np.nan, 1.0, 2.0]])
    means = stepped.WaveMeans(mean, np.full((3, 3), np.nan), np.array([1, 2, 3]), np.ones((3, 3), int), 0.0, 1.0)
    found = stepped.by_time_since(means)
    assert found == ((0, pytest.approx((5 - 2 + 8 - 2) / 2), 2), (1, pytest.approx(4.0), 1))
    uneven = stepped.WaveMeans(mean[[0, 0, 1, 2]], mean, np.array([1, 1, 2, 3]), np.ones((4, 3), int), 0.0, 1.0)
    assert stepped.by_time_since(uneven)[0] == (0, pytest.approx((2 * (5 - 2) + (8 - 2)) / 3), 3)


@pytest.mark.parametrize("holes", [False, True])
def test_fixed_effects_are_least_squares_with_every_dummy_and_its_cr2(holes):
    means = np.random.default_rng(8).normal(0, 1, (7, 5)) + np.arange(7)[:, None]
    start = np.array([1, 1, 2, 2, 3, 4, 5])
    if holes:
        means[2, 3] = means[6, 0] = np.nan
    found = stepped.fixed_effects(means, start, unit="points")
    at, wave = np.nonzero(~np.isnan(means))
    design = np.column_stack(
        [*(at == one for one in range(7)), *(wave == one for one in range(1, 5)), start[at] <= wave]
    ).astype(float)
    y = means[at, wave]
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ y
    assert found.value == pytest.approx(coefficients[-1])
    hat, rest = design @ bread @ design.T, y - design @ coefficients
    meat, pulls = 0.0, []
    for one in range(7):
        mine = at == one
        left = np.eye(mine.sum()) - hat[np.ix_(mine, mine)]
        values, axes = np.linalg.eigh(left)
        root = axes * np.where(values > 1e-8, np.where(values > 1e-8, values, 1) ** -0.5, 0) @ axes.T
        g = np.zeros(len(y))
        g[mine] = root @ design[mine] @ bread[:, -1]
        meat += float(g @ rest) ** 2
        pulls.append((np.eye(len(y)) - hat) @ g)
    cross = np.array(pulls) @ np.array(pulls).T
    assert found.se == pytest.approx(math.sqrt(meat))
    assert found.df == pytest.approx(min(np.trace(cross) ** 2 / (cross**2).sum(), 5))
    assert found.status == "beside"


def test_fixed_effects_refuse_what_they_cannot_tell_apart():
    means = np.random.default_rng(8).normal(0, 1, (6, 4))
    assert stepped.fixed_effects(means, np.full(6, 2), unit="points").reason == "singular"
    assert stepped.fixed_effects(means[:3], np.array([1, 2, 3]), unit="points").reason == "too_few_classes"

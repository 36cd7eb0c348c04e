"""What may be shown, attacked: by enumeration of everything that would look the same."""

import inspect
import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsl_research import privacy
from gsl_research.privacy import coarse_bins, may_average, may_count, none_or_enough, part_of, shown_counts


def test_thresholds_are_the_design_pages_own_and_cannot_be_lowered():
    assert (privacy.MIN_COUNT, privacy.MIN_SOME, privacy.MIN_MEAN, privacy.MEAN_DECIMALS) == (7, 8, 10, 1)
    for function in (may_count, none_or_enough, may_average, part_of, coarse_bins):
        assert not {"least", "minimum", "threshold"} & set(inspect.signature(function).parameters)


@pytest.mark.parametrize("pupils", range(14))
def test_counts_need_seven_and_means_need_ten(pupils):
    assert may_count(pupils) == (pupils >= 7)
    assert none_or_enough(pupils) == (pupils == 0 or pupils >= 8)
    assert may_average(pupils) == (pupils >= 10)


# Counts beside each other


def same_to_a_reader(cells: int, most: int, least: int) -> dict[tuple, list[tuple[int, ...]]]:
    """Every table up to ``most``, by what is published of it: the total and the shown cells."""
    tables = defaultdict(list)
    for counts in itertools.product(range(most + 1), repeat=cells):
        tables[sum(counts), shown_counts(counts, least=least)].append(counts)
    return tables


@pytest.mark.parametrize(
    ("cells", "most", "least"), [(2, 16, 5), (3, 13, 5), (4, 9, 5), (5, 6, 5), (2, 24, 10), (3, 8, 3)]
)
def test_no_hidden_count_can_be_worked_out_by_who_knows_the_rule(cells, most, least):
    """The attacker knows total, shown cells, the thresholds and the rule. Only a total of 0 gives itself away.

    A table with a count at ``most`` is no victim: its alternatives lie beyond the enumeration.
    """
    victims = 0
    for (total, shown), alike in same_to_a_reader(cells, most, least).items():
        if total == 0 or any(max(counts) == most for counts in alike):
            continue
        for cell in range(cells):
            if shown[cell] is None:
                victims += 1
                assert len({counts[cell] for counts in alike}) > 1, (total, shown, alike)
    assert victims > 10


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_small_counts_are_never_shown_and_shown_counts_are_true(cells):
    for counts in itertools.product(range(11), repeat=cells):
        for total_known in (True, False):
            for count, shown in zip(counts, shown_counts(counts, total_known=total_known), strict=True):
                assert shown is None or shown == count >= 7


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((20, 21), (20, 21)),
        ((7, 7), (7, 7)),
        ((6, 20, 21), (None, None, 21)),
        ((2, 4, 20), (None, None, None)),
        ((2, 5, 20), (None, None, 20)),
        ((6, 6, 20), (None, None, None)),
        ((3, 20, 20, 21), (None, None, None, 21)),
        ((4,), (None,)),
        ((), ()),
    ],
)
def test_as_little_is_hidden_as_that_needs(counts, shown):
    assert shown_counts(counts) == shown


def test_without_a_total_only_small_counts_are_hidden():
    assert shown_counts((6, 20, 21), total_known=False) == (None, 20, 21)


def test_the_threshold_can_be_raised():
    assert shown_counts((9, 12, 30), least=10) == (None, None, 30)


# A part of a group


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 9, "hidden"), (9, 9, "hidden"), (0, 10, "few"), (6, 10, "few"), (7, 10, "nearly_all"), (7, 14, "exact"),
        (10, 10, "nearly_all"), (6, 30, "few"), (7, 30, "exact"), (23, 30, "exact"), (24, 30, "nearly_all"),
    ],
)  # fmt: skip
def test_a_part_is_exact_only_when_both_it_and_the_rest_are_seven(part, whole, told):
    assert part_of(part, whole) == told


def test_an_exact_part_never_leaves_fewer_than_seven():
    for whole in range(31):
        for part in range(whole + 1):
            assert (part_of(part, whole) == "exact") == (part >= 7 and whole - part >= 7)


# A distribution

SCORES = st.lists(st.floats(0, 20), max_size=60)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(SCORES)
def test_bins_hold_seven_pupils_and_say_nothing_of_one(scores):
    bins = coarse_bins(scores, (0, 20))
    if len(scores) < 10:
        assert bins is None
        return
    lows, highs, shares = zip(*bins, strict=True)
    assert (lows[0], highs[-1]) == (0, 20)
    assert lows[1:] == highs[:-1]
    assert all(edge == round(edge) for edge in (*lows, *highs))
    assert sum(shares) == pytest.approx(1)
    for low, high, share in bins:
        held = share * len(scores)
        assert held == pytest.approx(round(held))
        assert round(held) >= 7
        inside = sum(low <= score < high or (high == 20 == score) for score in scores)
        assert round(held) == inside


def test_bins_lie_on_a_grid_of_twenty_steps_whatever_the_scores():
    scores = np.linspace(3.21, 8.97, 200)
    edges = {edge for low, high, _ in coarse_bins(scores, (2, 12)) for edge in (low, high)}
    steps = (np.array(sorted(edges)) - 2) / 0.5
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-12)
    assert len(edges) > 5


def test_bins_are_as_fine_as_seven_pupils_allow():
    assert coarse_bins(np.repeat([0.5, 10.5], 7), (0, 20)) == ((0, 1, 0.5), (1, 20, 0.5))
    assert coarse_bins([0.5] * 8 + [19.5] * 6, (0, 20)) == ((0, 20, 1.0),)
    assert coarse_bins([20.0] * 10, (0, 20)) == ((0, 20, 1.0),)
    assert coarse_bins([3.0] * 9, (0, 20)) is None
    assert coarse_bins([], (0, 20)) is None


def test_one_pupil_more_or_less_moves_no_edge_onto_a_score():
    rng = np.random.default_rng(1)
    scores = rng.uniform(0, 20, 25)
    for leave_out in range(25):
        edges = {edge for low, high, _ in coarse_bins(np.delete(scores, leave_out), (0, 20)) for edge in (low, high)}
        assert not edges & set(scores)


@pytest.mark.parametrize("score", [-0.1, 20.1])
def test_a_score_outside_the_scale_is_a_mistake(score):
    assert coarse_bins([0.0] * 5 + [20.0] * 5, (0, 20)) is not None
    with pytest.raises(ValueError, match="must lie on the scale"):
        coarse_bins([3.0] * 10 + [score], (0, 20))

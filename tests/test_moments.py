"""Class moments: what numpy makes of each class, additive over classes, deaf to order and names."""

import numpy as np
import pytest

from gsl_research.methods.moments import class_moments

CLOSE = 1e-10
"""Relative to the whole: sums of some hundreds of products in double precision."""


def pupils(seed: int, classes: int = 5, variables: int = 3):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(classes), rng.integers(1, 30, classes)))
    level = rng.normal(0, 3, (classes, variables))
    scores = 10 + level[codes] + rng.normal(size=(len(codes), variables)) @ rng.normal(size=(variables, variables))
    return codes, scores


@pytest.mark.parametrize("seed", range(5))
def test_each_class_is_what_numpy_makes_of_it(seed):
    codes, scores = pupils(seed)
    moments = class_moments(codes, *scores.T)
    for j in range(moments.classes):
        mine = scores[codes == j]
        assert moments.n[j] == len(mine)
        np.testing.assert_allclose(moments.mean[j], mine.mean(axis=0), rtol=CLOSE)
        np.testing.assert_allclose(
            moments.scatter[j], (mine - mine.mean(axis=0)).T @ (mine - mine.mean(axis=0)), atol=CLOSE * len(scores)
        )
    assert (moments.pupils, moments.classes) == (len(scores), 5)


@pytest.mark.parametrize("seed", range(5))
def test_total_scatter_and_mean_are_those_of_all_pupils(seed):
    codes, scores = pupils(seed)
    moments = class_moments(codes, *scores.T)
    np.testing.assert_allclose(moments.total(), np.cov(scores.T) * (len(scores) - 1), rtol=CLOSE)
    np.testing.assert_allclose(moments.total_mean(), scores.mean(axis=0), rtol=CLOSE)
    np.testing.assert_allclose(moments.within(), moments.scatter.sum(axis=0), rtol=CLOSE)


@pytest.mark.parametrize("seed", range(5))
def test_moments_of_two_parts_are_the_moments_of_the_whole(seed):
    codes, scores = pupils(seed, classes=6)
    first = codes < 2
    parts = class_moments(codes[first], *scores[first].T).pooled_with(
        class_moments(codes[~first] - 2, *scores[~first].T)
    )
    whole = class_moments(codes, *scores.T)
    for name in ("n", "mean", "scatter"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(parts.total(), whole.total(), rtol=CLOSE)


def test_order_of_pupils_and_names_of_classes_change_nothing():
    codes, scores = pupils(7)
    whole = class_moments(codes, *scores.T)
    rng = np.random.default_rng(8)
    rows, names = rng.permutation(len(codes)), rng.permutation(5)
    renamed = class_moments(names[codes][rows], *scores[rows].T).select(names)
    for name in ("n", "mean", "scatter"):
        np.testing.assert_allclose(getattr(renamed, name), getattr(whole, name), rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("largest", [3, 60, 700])
def test_rows_that_stand_class_by_class_give_the_same_as_rows_in_any_order(seed, largest, monkeypatch):
    """Sorted codes go another way: in pieces of whole classes, and blocks of rows first when classes are large."""
    monkeypatch.setattr("gsl_research.methods.moments.PIECE", 500)
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(2000 // largest + 2), rng.integers(1, largest, 2000 // largest + 2))
    scores = rng.normal(size=(2, len(codes))) + 100 * rng.normal(size=codes.max() + 1)[codes]
    order = rng.permutation(len(codes))
    whole, mixed = class_moments(codes, *scores), class_moments(codes[order], *scores[:, order])
    assert len(codes) > 500
    np.testing.assert_array_equal(whole.n, mixed.n)
    np.testing.assert_allclose(whole.mean, mixed.mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(whole.scatter, mixed.scatter, rtol=1e-11, atol=1e-11)


def test_a_large_offset_costs_no_digits():
    """A naive sum of squares would keep none of them."""
    codes, scores = pupils(3, variables=2)
    near, far = (class_moments(codes, *(scores + offset).T) for offset in (0, 2.0**30))
    np.testing.assert_allclose(far.scatter, near.scatter, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_two_halves_of_the_same_classes_add_up(seed):
    codes, scores = pupils(seed, variables=3)
    half = np.random.default_rng(seed).random(len(codes)) < 0.4
    half[np.unique(codes, return_index=True)[1]] = True
    half[[np.flatnonzero(codes == j)[-1] for j in range(codes.max() + 1)]] = False
    parts = [class_moments(codes[part], *(scores[part] + 100).T) for part in (half, ~half)]
    whole, added = class_moments(codes, *(scores + 100).T), parts[0].added_to(parts[1])
    for name in ("n", "mean", "scatter"):
        np.testing.assert_allclose(getattr(added, name), getattr(whole, name), rtol=CLOSE, atol=CLOSE)


def test_no_row_of_a_pupil_is_kept():
    codes, scores = pupils(4, classes=3, variables=2)
    moments = class_moments(codes, *scores.T)
    assert (moments.n.size, moments.mean.size, moments.scatter.size) == (3, 6, 12)


def test_a_score_that_does_not_vary_has_exactly_no_scatter():
    moments = class_moments([0, 0, 0, 1, 1, 1, 1], [0.1] * 7, [12.3] * 7)
    assert not moments.scatter.any()


def test_no_rows_are_no_classes():
    moments = class_moments(np.array([], dtype=int), [], [])
    assert (moments.classes, moments.pupils) == (0, 0)
    assert (moments.mean.shape, moments.scatter.shape) == ((0, 2), (0, 2, 2))


@pytest.mark.parametrize(
    ("codes", "columns", "words"),
    [
        ([0, 0, 1], [[1, 2]], "must all be"),
        ([0, 0, 1], [[1, 2, float("nan")]], "finite"),
        ([0, 0, 1], [[1, 2, float("inf")]], "finite"),
        ([0, 0, 2], [[1, 2, 3]], "at least one row"),
    ],
)
def test_what_is_no_class_of_scores_is_refused(codes, columns, words):
    with pytest.raises(ValueError, match=words):
        class_moments(codes, *columns)

"""Subgroups: least squares with a dummy for every class and subgroup, weighted t-tests, and made studies."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import SAME, check_estimate, check_same, real
from scipy import integrate, stats

from gsl_research.estimate import Estimate, Interval, NotEstimated
from gsl_research.methods import subgroups
from gsl_research.methods.clusters import total_sd
from gsl_research.methods.moments import class_moments
from gsl_research.methods.subgroups import contrasts, gap, interaction, label_differences, pooled_labels

SEED = 20261122


def school(seed: int, treated: int = 3, control: int = 4, labels: int = 3):
    """codes, label, pre, post and the arm of every class; labels start and end apart, in shares that differ."""
    rng = np.random.default_rng(seed)
    groups = treated + control
    codes = rng.permutation(np.repeat(np.arange(groups), rng.integers(18, 30, groups)))
    share = rng.dirichlet(np.full(labels, 3.0), groups)
    label = (rng.random(len(codes))[:, None] > share.cumsum(axis=1)[codes]).sum(axis=1)
    arm = rng.permutation(np.arange(groups) < treated)
    pre = 10 + rng.normal(0, 1, groups)[codes] + label + rng.normal(0, 2, len(codes))
    post = 4 + 0.7 * pre - label + rng.normal(0, 1, groups)[codes] + arm[codes] + rng.normal(0, 1.5, len(codes))
    return codes, label, pre, post, arm


def by_class(codes, member, pre, post):
    """Contrasts by least squares with a dummy for every class and subgroup: value, that of pre, pupils of each kind and
    the regression, for the classes that have both."""
    cells, cell = np.unique(2 * codes + member, return_inverse=True)
    dummies = (cell[:, None] == np.arange(len(cells))).astype(float)
    fit = sm.OLS(post, np.column_stack([dummies, pre])).fit()
    at = {key: i for i, key in enumerate(cells)}
    both = [j for j in range(codes.max() + 1) if 2 * j in at and 2 * j + 1 in at]
    value = [fit.params[at[2 * j + 1]] - fit.params[at[2 * j]] for j in both]
    start = [pre[cell == at[2 * j + 1]].mean() - pre[cell == at[2 * j]].mean() for j in both]
    n = [[(cell == at[2 * j + kind]).sum() for j in both] for kind in (1, 0)]
    return np.array(both), np.array(value), np.array(start), *map(np.array, n), fit


def check_interaction(found, codes, member, pre, post, arm):
    both, value, start, ones, rest, rows = by_class(codes, member, pre, post)
    weights = 1 / (1 / ones + 1 / rest + 0.08)
    design = sm.add_constant(arm[both].astype(float))
    fits = [sm.WLS(values, design, weights=weights).fit() for values in (value, start)]
    more = max(rows.bse[-1] ** 2 * (fits[1].params[1] ** 2 - fits[1].bse[1] ** 2), 0)
    less = stats.t.ppf(0.975, rows.df_resid) / stats.t.ppf(0.975, len(both) - 2)
    se = math.sqrt(fits[0].bse[1] ** 2 + more * less**2)
    check_estimate(found, fits[0].params[1], se, len(both) - 2, same=1e-9)
    return more


@pytest.mark.parametrize("seed", range(6))
def test_contrasts_are_those_of_least_squares_with_a_dummy_for_every_class_and_subgroup(seed):
    codes, label, pre, post, arm = school(seed)
    found = contrasts(codes, label == 0, post, pre, treated=arm)
    both, value, start, ones, rest, _ = by_class(codes, label == 0, pre, post)
    assert found.value == pytest.approx(value, rel=1e-9)
    assert found.start[:, 0] == pytest.approx(start, rel=1e-9)
    assert (found.members == ones).all() and (found.others == rest).all()
    assert (found.treated == arm[both]).all()


def test_interaction_is_the_weighted_t_of_those_contrasts_with_the_error_of_the_slope():
    added = []
    for seed in range(8):
        codes, label, pre, post, arm = school(seed)
        pre = pre + 2 * ((label == 1) & arm[codes]) if seed % 2 else pre
        found = interaction(contrasts(codes, label == 1, post, pre, treated=arm), unit="points")
        added.append(check_interaction(found, codes, label == 1, pre, post, arm))
        assert found.n["pupils_treated"] == ((label == 1) & arm[codes]).sum()
        assert found.n["others_control"] == ((label != 1) & ~arm[codes]).sum()
        assert (found.n["classes_treated"], found.n["classes_control"]) == (3, 4)
    assert min(added[1::2]) > 0 and min(added) == 0


@pytest.mark.parametrize(("name", "share"), [("bdf", 0.5), ("hsb82", 0.5), ("hsb82", 0.1)])
def test_interaction_on_real_classes(real_data, name, share):
    """Classes with one kind only inform the slope and do not count."""
    codes, pre, post, arm = real(real_data, name)
    member = pre < np.quantile(pre, share)
    found = interaction(contrasts(codes, member, post, pre, treated=arm), unit="points")
    check_interaction(found, codes, member, pre, post, arm)
    both = set(codes[member]) & set(codes[~member])
    assert found.class_df == len(both) - 2
    assert (len(both) < len(arm)) == ((name, share) != ("hsb82", 0.5))


def test_with_as_many_pupils_everywhere_it_is_the_interaction_of_one_regression_and_a_plain_t_test():
    rng = np.random.default_rng(4)
    codes, member = np.repeat(np.arange(6), 20), np.tile(np.arange(20) < 8, 6)
    arm = np.arange(6) < 3
    pre, post = rng.normal(size=(2, 120)) + rng.normal(size=6)[codes]
    found = interaction(contrasts(codes, member, post, treated=arm), unit="points")
    dummies = (codes[:, None] == np.arange(6)).astype(float)
    columns = np.column_stack([dummies, member, member * arm[codes]]).astype(float)
    assert found.value == pytest.approx(sm.OLS(post, columns).fit().params[-1], rel=SAME)
    each = [post[(codes == j) & member].mean() - post[(codes == j) & ~member].mean() for j in range(6)]
    test = stats.ttest_ind(each[:3], each[3:])
    assert (found.value / found.se, found.p) == pytest.approx((test.statistic, test.pvalue), rel=SAME)
    adjusted = interaction(contrasts(codes, member, post, pre, treated=arm), unit="points")
    assert adjusted.value != pytest.approx(found.value, rel=1e-3)


def test_arms_labels_units_and_order():
    codes, label, pre, post, arm = school(2)
    rng = np.random.default_rng(0)

    def found(codes, member, pre, post, arm):
        return interaction(contrasts(codes, member, post, pre, treated=arm), unit="points")

    first = found(codes, label == 0, pre, post, arm)
    check_same(found(codes, label == 0, pre, post, ~arm), first, sign=-1)
    check_same(found(codes, label != 0, pre, post, arm), first, sign=-1)
    check_same(found(codes, label == 0, 3 * pre - 20, 5 * post + 100, arm), first, scale=5)
    order, names = rng.permutation(len(codes)), rng.permutation(len(arm))
    check_same(found(codes[order], label[order] == 0, pre[order], post[order], arm), first)
    renamed = np.empty_like(arm)
    renamed[names] = arm
    check_same(found(names[codes], label == 0, pre, post, renamed), first)


def test_what_is_common_to_a_class_falls_out():
    codes, label, pre, post, arm = school(3)
    level = np.random.default_rng(1).normal(0, 30, len(arm))
    first = interaction(contrasts(codes, label == 0, post, pre, treated=arm), unit="points")
    moved = interaction(contrasts(codes, label == 0, post + level[codes], pre, treated=arm), unit="points")
    assert (moved.value, moved.se) == pytest.approx((first.value, first.se), rel=1e-8)


def even(members: list[int], others: list[int]):
    """codes and member with these pupils per class, and scores that differ."""
    codes = np.repeat(np.arange(len(members)), np.add(members, others))
    member = np.concatenate([np.arange(a + b) < a for a, b in zip(members, others, strict=True)])
    return codes, member, np.random.default_rng(1).normal(size=len(codes))


ARMS = np.array([True, True, False, False])


@pytest.mark.parametrize(("members", "others", "reason"), [
    ([4, 4, 4, 4], [9, 9, 9, 9], None),
    ([4, 3, 9, 9], [9, 9, 9, 9], "too_few_pupils"),
    ([9, 9, 4, 3], [9, 9, 9, 9], "too_few_pupils"),
    ([9, 9, 9, 9], [9, 9, 4, 3], "too_few_pupils"),
    ([9, 9, 9, 9], [4, 3, 9, 9], "too_few_pupils"),
    ([20, 0, 9, 9], [9, 9, 9, 9], "too_few_classes"),
    ([9, 9, 20, 9], [9, 9, 0, 9], "too_few_classes"),
    ([0, 0, 0, 0], [9, 9, 9, 9], "too_few_classes"),
    ([9, 9, 9, 9], [0, 0, 0, 0], "too_few_classes"),
])  # fmt: skip
def test_a_cell_needs_eight_pupils_in_two_classes(members, others, reason):
    codes, member, post = even(members, others)
    found = interaction(contrasts(codes, member, post, treated=ARMS), unit="points")
    if reason is None:
        assert (found.df, found.p, found.status) == (2, None, "ok")
    else:
        assert found == NotEstimated(estimator="subgroup_interaction", reason=reason)


def test_what_cannot_be_computed_is_refused():
    codes, member, post = even([4, 4, 4, 4], [9, 9, 9, 9])
    same = member * 1.7
    cases = {
        "no_class_spread": contrasts(codes, member, same, treated=ARMS),
        "singular": contrasts(codes, member, post, post, 2 * post, treated=ARMS),
        "out_of_reach": contrasts(codes, member, post * 1e70, treated=ARMS),
        "no_pupils": contrasts([], [], [], treated=[]),
    }
    for reason, found in cases.items():
        assert interaction(found, unit="points") == NotEstimated(estimator="subgroup_interaction", reason=reason)
    for bad in ((codes, member[1:], ARMS), (codes, member, ARMS[1:])):
        with pytest.raises(ValueError, match="treated"):
            contrasts(*bad[:2], post, treated=bad[2])


# how often it is wrong


def studies(seed: int, treated: int, control: int, *, few: str, between: float, icc: float, runs: int):
    """Made studies; ``few`` says which classes have one to three pupils of the subgroup, the others having eight to
    eleven. ``between``: SD of the contrast between classes. Pre and post correlate .6; the subgroup starts half an SD
    lower."""
    rng, groups = np.random.default_rng([SEED, seed]), treated + control
    place = np.arange(groups)
    sparse = {
        "no": place < 0,
        "half": place % 2 == 1,
        "all but two": place % treated > 0,
        "arm": (0 < place) & (place < treated),
    }
    for _ in range(runs):
        ones = np.where(sparse[few], rng.integers(1, 4, groups), rng.integers(8, 12, groups))
        sizes = ones + rng.integers(8, 16, groups)
        codes = np.repeat(place, sizes)
        member = np.arange(len(codes)) - np.repeat(sizes.cumsum() - sizes, sizes) < ones[codes]
        own = math.sqrt(1 - icc) * rng.normal(size=(2, len(codes)))
        level = math.sqrt(icc) * rng.normal(size=(2, groups))
        pre = level[0][codes] + own[0] - 0.5 * member
        post = 0.6 * pre + 0.8 * (level[1][codes] + own[1]) + between * rng.normal(size=groups)[codes] * member
        yield codes, member, pre, post, place < treated


def misses(truth: float, treated: int, control: int, runs: int, **world) -> float:
    missed = 0
    for codes, member, pre, post, arm in studies(treated, treated, control, runs=runs, **world):
        after = post + truth * (member & arm[codes])
        missed += not interaction(contrasts(codes, member, after, pre, treated=arm), unit="sd").interval.holds(truth)
    return missed / runs


@pytest.mark.parametrize(("treated", "control", "few", "between", "icc"), [
    (2, 2, "no", 0.2, 0.15),
    (3, 3, "half", 0.2, 0.0),
    (5, 5, "all but two", 0.0, 0.15),
    (3, 9, "arm", 0.1, 0.15),
])  # fmt: skip
def test_intervals_hold_the_interaction_in_nineteen_of_twenty_studies(treated, control, few, between, icc):
    """The same studies with and without an interaction miss it equally often: half an SD here."""
    runs = 1_000
    share, error = misses(0.5, treated, control, runs, few=few, between=between, icc=icc), math.sqrt(0.05 * 0.95 / runs)
    assert 0.03 < share < 0.06 + 2 * error


def test_no_interaction_is_seen_where_there_is_none():
    share = misses(0.0, 3, 3, 300, few="half", between=0.2, icc=0.0)
    assert share == misses(0.5, 3, 3, 300, few="half", between=0.2, icc=0.0)


def test_equal_weights_would_see_one_twice_as_often(monkeypatch):
    monkeypatch.setattr(subgroups, "CONTRAST_RATIO", 1e9)
    assert misses(0.0, 3, 9, 800, few="arm", between=0.0, icc=0.0) > 0.075


# labels together


def made(value: float, se: float, df: int = 6) -> Estimate:
    return Estimate(
        metric="points", estimator="x", value=value, unit="points", n={}, source="made", se=se, df=df,
        interval=Interval(value - 3 * se, value + 3 * se),
    )  # fmt: skip


def posterior(difference: Estimate, others: list[Estimate], power: float, sd: float):
    """P(truth < x) of the first label by numerical integration: no grid in common with the method."""

    def likelihood(one, theta):
        return stats.t.pdf((one.value - theta) / one.se, one.df)

    def marginal(one, tau, top=np.inf):
        edge = min(top, 9 * tau)
        if edge <= -9 * tau:
            return 0.0
        spots = sorted({-9 * tau, edge, *(x for x in (one.value, 0) if -9 * tau < x < edge)})
        return sum(
            integrate.quad(lambda x: likelihood(one, x) * stats.norm.pdf(x, 0, tau), a, b)[0]
            for a, b in zip(spots[:-1], spots[1:], strict=True)
        )

    nodes, weights = np.polynomial.legendre.leggauss(16)
    taus = 2.5 * sd * (nodes + 1) / 2
    support = [
        weight
        * stats.halfnorm.pdf(tau, scale=0.5 * sd)
        * math.prod(marginal(one, tau) for one in [difference, *others]) ** power
        for tau, weight in zip(taus, weights, strict=True)
    ]

    def below(x):
        shares = [marginal(difference, tau, x) / marginal(difference, tau) for tau in taus]
        return float(np.dot(support, shares) / np.sum(support))

    return below


@pytest.mark.parametrize(("values", "labels", "power"), [([1.2, -1.2], 2, 0.5), ([0.9, -0.1, -0.7], 3, 2 / 3)])
def test_pooled_values_are_those_of_numerical_integration(values, labels, power):
    differences = [made(value, 0.5) for value in values]
    pooled = pooled_labels(differences, labels, sd=2.0)[0]
    below = posterior(differences[0], differences[1:], power, 2.0)
    found = [below(x) for x in (pooled.interval.low, pooled.value, pooled.interval.high)]
    assert found == pytest.approx([0.025, 0.5, 0.975], abs=0.004)


def test_two_labels_say_what_one_difference_says():
    one, (plus, minus) = (
        pooled_labels([made(1.2, 0.5)], 2, 2.0)[0],
        pooled_labels([made(1.2, 0.5), made(-1.2, 0.5)], 2, 2.0),
    )
    assert (plus.value, plus.interval.low, plus.interval.high) == pytest.approx(
        (one.value, one.interval.low, one.interval.high)
    )
    assert (minus.value, minus.interval.low) == pytest.approx((-plus.value, -plus.interval.high), abs=0.02)


def test_a_difference_is_drawn_in_by_how_unsure_it_is_and_by_how_alike_the_others_are():
    def first(value, se, *others, df=6, sd=2.0):
        return pooled_labels([made(value, se, df), *(made(other, se, df) for other in others)], 1 + len(others), sd)[
            0
        ].value

    assert 0 < first(1, 0.6, 0, 0) < first(1, 0.3, 0, 0) < first(1, 0.05, 0, 0) < 1.01
    assert first(1, 0.3, 0, 0, 0, 0) < first(1, 0.3, 0) < first(1, 0.3, -2, 1.5)
    assert first(1, 0.4, 0, 0, df=2) < first(1, 0.4, 0, 0, df=30)
    assert first(1, 0.4, 0, 0, sd=0.5) < first(1, 0.4, 0, 0, sd=4)
    assert 0 <= first(1e6, 0.001, 0, df=200) < 1e6


def test_pooled_intervals_hold_what_they_promise_and_moments_do_not():
    """Three labels, 4 v 4 classes, a standard error of about .35 SD, truths that differ by .3 SD."""
    rng, runs = np.random.default_rng(SEED), 250
    held = excluded = by_moments = squares = plain = 0
    arm = np.arange(8) < 4
    for _ in range(runs):
        truth = rng.normal(0, 0.3 * math.sqrt(2 / 3), 3)
        noise = rng.normal(0, 0.4, (8, 3))
        for effect in (truth, 0 * truth):
            scores = noise + np.outer(arm, effect)
            against = scores - (scores.sum(axis=1, keepdims=True) - scores) / 2
            target = effect - (effect.sum() - effect) / 2
            gaps = against[arm].mean(axis=0) - against[~arm].mean(axis=0)
            errors = np.sqrt((against[arm].var(axis=0, ddof=1) + against[~arm].var(axis=0, ddof=1)) / 4)
            found = pooled_labels([made(*pair) for pair in zip(gaps, errors, strict=True)], 3, 1.0)
            if effect is truth:
                held += sum(one.interval.holds(aim) for one, aim in zip(found, target, strict=True))
                shrink = max(np.mean(gaps**2 - errors**2), 0)
                share = shrink / (shrink + errors**2)
                by_moments += (abs(share * gaps - target) <= 1.96 * np.sqrt(share) * errors).sum()
            else:
                excluded += sum(not one.interval.holds(0) for one in found)
                squares, plain = squares + sum(one.value**2 for one in found), plain + (gaps**2).sum()
    assert 0.92 < held / (3 * runs) < 0.98
    assert by_moments / (3 * runs) < 0.75
    assert excluded / (3 * runs) < 0.03
    assert squares < 0.4 * plain


def test_every_label_stands_against_the_rest():
    codes, label, pre, post, arm = school(5)
    found = label_differences(codes, label, post, pre, treated=arm, unit="points")
    assert [one.label for one in found] == [0, 1, 2]
    sd = total_sd(class_moments(codes, post), arm, 0)
    alone = [interaction(contrasts(codes, label == k, post, pre, treated=arm), unit="points") for k in range(3)]
    assert [one.difference for one in found] == alone
    assert [one.pooled for one in found] == pooled_labels(alone, 3, sd)
    assert found[1].n == dict(alone[1].n)
    assert max(abs(one.pooled.value) for one in found) < max(abs(one.difference.value) for one in found)


def test_a_label_of_few_pupils_is_refused_and_counted_and_the_others_are_not():
    codes, label, pre, post, arm = school(6, labels=2)
    label = label.copy()
    label[np.flatnonzero(codes == 0)[:3]] = 2
    label[np.flatnonzero(codes == 1)[:20]] = 4
    found = label_differences(codes, label, post, pre, treated=arm, unit="points")
    assert [isinstance(one.difference, Estimate) for one in found] == [True, True, False, False, False]
    assert [one.pooled is None for one in found] == [False, False, True, True, True]
    assert found[2].n["pupils_treated"] + found[2].n["pupils_control"] == 3
    assert found[3].n == {} and found[3].difference.reason == "too_few_classes"


def test_wrong_labels_are_errors():
    codes, label, pre, post, arm = school(1)
    for bad in (label[1:], label - 1):
        with pytest.raises(ValueError, match="labels"):
            label_differences(codes, bad, post, treated=arm, unit="points")
    for count, sd in ((1, 2.0), (2, 0.0)):
        with pytest.raises(ValueError, match="labels"):
            pooled_labels([made(1, 1), made(2, 1)], count, sd)
    assert label_differences([], [], [], treated=[], unit="points") == ()


# the gap of one group


@pytest.mark.parametrize("seed", range(4))
def test_the_change_of_the_gap_is_a_weighted_t_on_the_contrasts_of_the_gains(seed):
    codes, label, pre, post, _ = school(seed)
    found = gap(codes, label == 0, pre, post, unit="points")
    both, _, start, ones, rest, _ = by_class(codes, label == 0, pre, post)
    after = [post[(codes == j) & (label == 0)].mean() - post[(codes == j) & (label != 0)].mean() for j in both]
    weights = 1 / (1 / ones + 1 / rest + 0.08)
    fit = sm.WLS(np.array(after) - start, np.ones(len(both)), weights=weights).fit()
    check_estimate(found.change, fit.params[0], fit.bse[0], len(both) - 1, same=1e-9)
    assert found.before == pytest.approx(np.average(start, weights=weights), rel=1e-9)
    assert found.after == pytest.approx(np.average(after, weights=weights), rel=1e-9)
    assert found.change.n == {"pupils_single": ones.sum(), "others_single": rest.sum(), "classes_single": len(both)}


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_the_gap_of_fewer_than_three_classes_is_described(classes):
    codes, member, pre = even([9] * classes, [12] * classes)
    post = pre + np.random.default_rng(2).normal(size=len(pre))
    found = gap(codes, member, pre, post, unit="points").change
    assert found.status == ("ok" if classes == 3 else "described")
    assert (found.interval is None, found.se is None, found.p) == (classes < 3, classes < 3, None)
    steady = gap(codes, member, pre, pre + 3 * member, unit="points").change
    assert (steady.status, steady.value) == ("described", pytest.approx(3))


@pytest.mark.parametrize(("members", "others", "reason"), [
    ([4, 3, 0], [9, 9, 9], "too_few_pupils"),
    ([9, 9, 9], [4, 3, 0], "too_few_pupils"),
    ([9, 0, 9], [0, 9, 0], "too_few_classes"),
])  # fmt: skip
def test_a_gap_needs_eight_pupils_of_each_kind(members, others, reason):
    codes, member, pre = even(members, others)
    assert gap(codes, member, pre, pre[::-1], unit="points") == NotEstimated(estimator="gap", reason=reason)
    enough = even([4, 4], [4, 4])
    assert not isinstance(gap(*enough, enough[2][::-1], unit="points"), NotEstimated)


def test_a_gap_turns_with_the_kinds_and_scales_with_the_points():
    codes, label, pre, post, _ = school(3)
    first, other = (gap(codes, member, pre, post, unit="points") for member in (label == 0, label != 0))
    check_same(other.change, first.change, sign=-1)
    check_same(gap(codes, label == 0, 5 * pre + 7, 5 * post + 7, unit="points").change, first.change, scale=5)
    assert first.change.value == pytest.approx(first.after - first.before)
    assert gap(codes, label == 0, pre, 1e70 * post, unit="points").reason == "out_of_reach"

"""Subgroups of pupils who were divided within classes: by hand, by dummies, and from study file to page and card."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from conftest import bound
from made_classes import SAME, check_estimate, with_slope_error
from test_divided import SITES, divided
from test_missing import told, undrawn  # noqa: F401  (a fixture for every test here)

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.measure import measure
from gsl_research.methods import sites
from gsl_research.methods.clusters import total_sd
from gsl_research.methods.moments import class_moments
from gsl_research.methods.site_subgroups import site_contrasts, site_interaction, site_label_differences
from gsl_research.methods.subgroups import CONTRAST_RATIO, pooled_labels

SEED = 20261124


def made(seed: int, places: int = 5, size: tuple[int, int] = (16, 30), apart: float = 0.0, more: float = 0.0):
    """codes, treated, member, pre, post of pupils in mixed order; the subgroup gains ``more`` from the approach."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(places), rng.integers(*size, places)))
    treated, member = rng.random(len(codes)) < 0.5, rng.random(len(codes)) < 0.45
    pre = 10 + rng.normal(0, 2, len(codes)) + rng.normal(0, 1, places)[codes] + apart * (treated & member)
    post = (
        4 + 0.7 * pre + treated * (1 + more * member) + rng.normal(0, 1.5, len(codes)) + rng.normal(0, 1, places)[codes]
    )
    return codes, treated, member, pre, post


def by_hand(codes, treated, member, pre, post):
    """pandas and least squares: the slope within the four kinds of every site, then their means."""
    data = pd.DataFrame({"site": codes, "t": treated, "m": member, "x": pre, "y": post})
    data["cell"] = data.groupby(["site", "t", "m"]).ngroup()
    fit = smf.ols("y ~ x + C(cell)", data).fit()
    means = data.groupby(["site", "t", "m"])[["x", "y"]].mean().unstack(["t", "m"]).dropna()
    n = data.groupby(["site", "t", "m"]).size().unstack(["t", "m"]).loc[means.index].to_numpy()
    y, x = ({k: means[name][k] for k in ((True, True), (True, False), (False, True), (False, False))} for name in "yx")
    start, end = ((v[True, True] - v[True, False] - v[False, True] + v[False, False]).to_numpy() for v in (x, y))
    return end - fit.params["x"] * start, start, 1 / ((1 / n).sum(axis=1) + CONTRAST_RATIO), fit


@pytest.mark.parametrize(("seed", "apart"), [(1, 0.0), (2, 0.0), (3, 6.0), (4, -5.0)])
def test_the_difference_of_differences_by_hand(seed, apart):
    data = made(seed, apart=apart)
    value, start, weights, fit = by_hand(*data)
    shares = weights / weights.sum()
    mean = shares @ value
    variance = shares @ (value - mean) ** 2 / (len(value) - 1)
    seen = shares @ (start - shares @ start) ** 2 / (len(value) - 1)
    unseen = max(fit.bse["x"] ** 2 * ((shares @ start) ** 2 - seen), 0)
    assert (unseen > 0) == (apart != 0)
    codes, treated, member, pre, post = data
    found = site_interaction(site_contrasts(codes, treated, member, post, pre), unit="points")
    check_estimate(found, mean, with_slope_error(variance, len(value) - 1, unseen, fit.df_resid), len(value) - 1)


def test_with_as_many_pupils_of_each_kind_it_is_the_coefficient_of_the_interaction():
    rng = np.random.default_rng(SEED)
    codes = np.repeat(np.arange(6), 24)
    treated, member = np.tile(np.repeat([True, False], 12), 6), np.tile([True, False], 72)
    post = rng.normal(0, 1, 144) + rng.normal(0, 1, 6)[codes] + 0.7 * (treated & member)
    fit = smf.ols(
        "y ~ C(s) * t + C(s) * m + t:m", pd.DataFrame({"y": post, "s": codes, "t": treated * 1, "m": member * 1})
    )
    found = site_interaction(site_contrasts(codes, treated, member, post), unit="points")
    assert found.value == pytest.approx(fit.fit().params["t:m"], rel=SAME)
    kinds = ("pupils_treated", "others_treated", "pupils_control", "others_control")
    assert found.n == dict.fromkeys(kinds, 36) | {"classes": 6}


def test_what_a_site_and_a_subgroup_have_in_common_falls_out():
    codes, treated, member, pre, post = made(7)
    plain = site_interaction(site_contrasts(codes, treated, member, post, pre), unit="points")
    lifted = post + 3.0 * codes + (codes % 2) * treated + 2.0 * member - (codes % 3) * member
    same = site_interaction(site_contrasts(codes, treated, member, lifted, pre), unit="points")
    assert (same.value, same.se) == pytest.approx((plain.value, plain.se), rel=1e-9)
    turned = site_interaction(site_contrasts(codes, treated, ~member, post, pre), unit="points")
    swapped = site_interaction(site_contrasts(codes, ~treated, member, post, pre), unit="points")
    assert (turned.value, swapped.value) == pytest.approx((-plain.value, -plain.value))
    assert turned.se == pytest.approx(plain.se)


def test_a_site_without_one_of_the_kinds_informs_the_slope_alone():
    codes, treated, member, pre, post = made(8, 6)
    treated = np.where((codes == 2) & member, False, treated)
    found = site_contrasts(codes, treated, member, post, pre)
    assert len(found.value) == 5 and found.counts["classes"] == 5
    value, _, _, fit = by_hand(codes, treated, member, pre, post)
    assert found.value == pytest.approx(value, rel=1e-9)
    assert found.cells.slope[0] == pytest.approx(fit.params["x"])


@pytest.mark.parametrize(("change", "reason"), [
    (lambda c, t, m: (c[:0], t[:0], m[:0]), "no_pupils"),
    (lambda c, t, m: (c, t, c % 2 == 0), "too_few_classes"),
    (lambda c, t, m: (c, c % 2 == 0, m), "too_few_classes"),
    (lambda c, t, m: (c * 0, t, m), "too_few_classes"),
    (lambda c, t, m: (c, t, (m | (np.arange(len(c)) < 0)) & (np.cumsum(m & t) < 8)), "too_few_pupils"),
])  # fmt: skip
def test_what_is_too_little_is_refused(change, reason):
    codes, treated, member, pre, post = made(9)
    codes, treated, member = change(codes, treated, member)
    rows = slice(0, len(codes))
    found = site_interaction(site_contrasts(codes, treated, member, post[rows], pre[rows]), unit="points")
    assert isinstance(found, NotEstimated) and found.reason == reason and found.estimator == "site_interaction"


def test_sites_that_do_not_differ_and_wrong_shapes():
    codes, treated, member, _, _ = made(10, 4, (24, 25))
    codes, order = np.repeat(np.arange(4), 24), np.tile(np.arange(24), 4)
    treated, member = order < 12, order % 2 == 0
    found = site_interaction(site_contrasts(codes, treated, member, 1.0 * order), unit="points")
    assert found == NotEstimated(estimator="site_interaction", reason="no_class_spread")
    with pytest.raises(ValueError, match="must be"):
        site_contrasts(codes, treated[1:], member, 1.0 * order)
    with pytest.raises(ValueError, match="labels must be"):
        site_label_differences(codes, treated, member[1:] * 1, 1.0 * order, unit="points")


def test_labels_are_each_against_the_rest_and_pooled():
    codes, treated, _, pre, post = made(11, 6, (40, 60))
    labels = np.random.default_rng(SEED).integers(0, 3, len(codes))
    found = site_label_differences(codes, treated, labels, post, pre, unit="points")
    alone = [
        site_interaction(site_contrasts(codes, treated, labels == one, post, pre), unit="points") for one in range(3)
    ]
    assert [one.difference for one in found] == alone and [one.label for one in found] == [0, 1, 2]
    cells, cell = np.unique(2 * codes + treated, return_inverse=True)
    sd = total_sd(class_moments(cell, post), cells % 2 == 1, 0)
    assert [one.pooled for one in found] == pooled_labels(alone, 3, sd)
    assert all(abs(one.pooled.value) < abs(one.difference.value) for one in found)


@pytest.mark.parametrize(("places", "size"), [(3, (24, 36)), (8, (12, 40))])
def test_false_positives(places, size):
    """2,500 runs a cell: the true interaction is 0 on average and differs between sites by 0.3 SD."""
    rng, wrong, shown, runs = np.random.default_rng(SEED), 0, 0, 2500
    for _ in range(runs):
        codes = np.repeat(np.arange(places), rng.integers(*size, places))
        treated, member = rng.random(len(codes)) < 0.5, rng.random(len(codes)) < rng.uniform(0.3, 0.6, places)[codes]
        pre = rng.normal(0, 1, len(codes))
        more = 0.2 + rng.normal(0, 0.3, places)[codes] * member
        post = 0.6 * pre + treated * more + 0.5 * member + rng.normal(0, 0.8, len(codes))
        found = site_interaction(site_contrasts(codes, treated, member, post, pre), unit="points")
        if isinstance(found, Estimate):
            shown += 1
            wrong += not found.interval.holds(0)
    assert shown > 0.8 * runs
    assert wrong / shown <= 0.06 + 2 * math.sqrt(0.06 * 0.94 / shown)


# the reliability of the test before


def test_the_corrected_difference_by_hand_and_with_a_perfect_test():
    codes, treated, _, pre, post = made(12)
    perfect = sites.corrected_mean(codes, treated, post, pre, 1.0, unit="points")
    plain = sites.mean_of_sites(sites.site_differences(codes, treated, post, pre), unit="points")
    assert (perfect.value, perfect.se, perfect.status) == (plain.value, plain.se, "beside")
    found = sites.corrected_mean(codes, treated, post, pre, 0.8, unit="points")
    data = pd.DataFrame({"s": codes, "t": treated, "x": pre, "y": post})
    fit = smf.ols("y ~ x + C(cell)", data.assign(cell=2 * codes + treated)).fit()
    within = data.groupby(["s", "t"]).x.agg(lambda x: ((x - x.mean()) ** 2).sum()).sum() / (len(data) - 10)
    total = data.groupby("t").x.agg(lambda x: ((x - x.mean()) ** 2).sum()).sum() / (len(data) - 2)
    slope = fit.params["x"] / (1 - 0.2 * total / within)
    means = data.groupby(["s", "t"]).mean().unstack()
    gaps = means["y"][True] - means["y"][False] - slope * (means["x"][True] - means["x"][False])
    assert found.value == pytest.approx(gaps.mean(), rel=1e-9)
    assert found.se >= gaps.std(ddof=1) / math.sqrt(5) * (1 - 1e-9) and found.df == 4
    one = codes == 0
    alone = sites.corrected_mean(codes[one], treated[one], post[one], pre[one], 0.8, unit="points")
    assert alone.interval is None and alone.status == "beside" and alone.class_df == 0
    poor = sites.corrected_mean(codes, treated, post, pre, 0.4, unit="points")
    assert poor == NotEstimated(estimator="reliability_corrected", reason="too_unreliable")


def test_the_corrected_slope_carries_its_error_where_the_arms_start_apart():
    codes, treated, _, pre, post = made(13)
    pre = pre + 4.0 * treated
    found = sites.corrected_mean(codes, treated, post, pre, 0.8, unit="points")
    data = pd.DataFrame({"s": codes, "t": treated, "x": pre, "y": post, "cell": 2 * codes + treated})
    fit = smf.ols("y ~ x + C(cell)", data).fit()
    spread = {
        keys: data.groupby(keys).x.agg(lambda x: ((x - x.mean()) ** 2).sum()).sum() / (len(data) - free)
        for keys, free in (("cell", 10), ("t", 2))
    }
    within = 1 - 0.2 * spread["t"] / spread["cell"]
    means = data.groupby(["s", "t"])[["x", "y"]].mean().unstack()
    start = means["x"][True] - means["x"][False]
    gaps = means["y"][True] - means["y"][False] - fit.params["x"] / within * start
    unseen = (fit.bse["x"] / within) ** 2 * (start.mean() ** 2 - start.var(ddof=1) / 5)
    check_estimate(found, gaps.mean(), with_slope_error(gaps.var(ddof=1) / 5, 4, unseen, fit.df_resid), 4)


def with_reliability(scores, randomised: bool, **changes):
    outcome = {
        "name": "toets", "label": "Toets", "domain": "learning_gain", "pre": "voor", "post": "na", "scale": [0, 20],
        "reliability": 0.8,
    }  # fmt: skip
    study, data = bound(scores, design=SITES | {"randomised": randomised}, outcomes=[outcome], **changes)
    return measure(study, data)


@pytest.mark.parametrize(("randomised", "classes"), [(False, 6), (True, 6), (False, 1)])
def test_it_stands_beside_where_pupils_were_chosen(randomised, classes):
    measurement = with_reliability(divided(classes), randomised)
    ways = {one.estimator for one in measurement.primary.beside}
    assert ("reliability_corrected" in ways) == (not randomised)
    assert ("een toets vooraf die niet precies meet" in told(measurement)[0]) == (not randomised)


# from study file to page


def labelled(classes: int = 6, size: int = 24, more: float = 0.0, seed: int = 1):
    """Pupils of two home languages with and without the approach in every class."""
    scores = divided(classes, size, seed=seed)
    scores["taal"] = ["thuis" if n % size < size / 2 else "ander" for n in range(len(scores["na"]))]
    scores["na"] = [
        f"{min(float(cell.replace(',', '.')) + more * (kind == 'ander' and side == 'nieuw'), 20):.1f}".replace(".", ",")
        for cell, kind, side in zip(scores["na"], scores["taal"], scores["groep"], strict=True)
    ]
    return scores


def of_language(scores):
    study, data = bound(scores, design=SITES | {"randomised": True}, subgroups=[{"column": "taal"}])
    return measure(study, data)


def test_subgroups_are_measured_and_told():
    measurement = of_language(labelled(more=3.0))
    (one,) = measurement.primary.subgroups
    assert (one.label, one.difference.estimator, one.difference.df) == ("ander", "site_interaction", 5)
    assert one.difference.value == pytest.approx(3.0, abs=1.0)
    assert one.n == dict.fromkeys(("pupils_treated", "others_treated", "pupils_control", "others_control"), 36) | {
        "classes": 6
    }
    page, card = told(measurement)
    assert "Bij “ander” (taal) lag het verschil tussen met en zonder de nieuwe aanpak gemiddeld" in page
    assert "(van " in page and "6 klassen, 144 leerlingen" in page
    (entry,) = [one for one in card["estimates"] if one["subgroup"]]
    assert entry["n"] == {"classes": 6}


@pytest.mark.parametrize(("size", "classes", "shown"), [(12, 3, False), (12, 4, True), (20, 2, True), (16, 2, False)])
def test_each_of_the_four_kinds_needs_ten_pupils_to_be_told(size, classes, shown):
    measurement = of_language(labelled(classes, size))
    page, card = told(measurement)
    assert any(one["subgroup"] for one in card["estimates"]) == shown
    assert ("Bij “ander”" in page) == shown


def test_one_class_tells_nothing_of_subgroups():
    page, card = told(of_language(labelled(1, 60)))
    assert "“taal”: dit onderzoek is te klein om groepen leerlingen te vergelijken" in page
    assert not any(one["subgroup"] for one in card["estimates"])


def test_subgroups_that_are_never_on_both_sides_are_named_as_such():
    scores = labelled()
    scores["taal"] = ["thuis" if (name in ("k0", "k1", "k2")) == (side == "nieuw") else "ander"
                      for name, side in zip(scores["klas"], scores["groep"], strict=True)]  # fmt: skip
    page, _ = told(of_language(scores))
    assert "in geen enkele klas zitten van elke groep leerlingen met en zonder de aanpak" in page

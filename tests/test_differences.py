"""One group before and after: R's values, scipy's paired t, the defining property of Pitman and Morgan."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from gsl_research.methods.differences import growth, spread_ratio, standardised_growth
from gsl_research.methods.moments import ClassMoments, class_moments
from gsl_research.methods.student import small_sample_factor, two_sided_p

ORACLE = json.loads((Path(__file__).parent / "reference" / "oracle.json").read_text("utf-8"))
ORACLE_DIGITS = 1e-12
"""R's values are frozen in 15 digits; differences of means lose some."""
SAME = 1e-10
"""Two routes through the same numbers in double precision."""

PAIRED = {
    "paired.hci": ("hci_prepost.csv", "score.pre", "score.post"),
    "paired.sesame_letters": ("sesame_prepost.csv", "prelet", "postlet"),
    "paired.uci_G1_G3": ("uci_student_mat.csv", "G1", "G3"),
    "paired.bdf_language": ("dutch_bdf.csv", "langPRET", "langPOST"),
}


def reference(key: str) -> dict[str, float]:
    return {entry["quantity"]: entry["value"] for entry in ORACLE if entry["key"] == key}


def one_class(pre, post) -> ClassMoments:
    return class_moments(np.zeros(len(pre), dtype=int), pre, post)


def pupils(seed: int, classes: int = 1, r: float = 0.6):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(classes), rng.integers(8, 25, classes)))
    pre = 10 + rng.normal(0, 1, classes)[codes] + rng.normal(0, 2, len(codes))
    post = 6 + r * pre + rng.normal(0, 1, classes)[codes] + rng.normal(0, 1.5, len(codes))
    return codes, pre, post


def as_r_calls_them(moments: ClassMoments) -> dict[str, float]:
    gain = growth(moments, unit="points")
    g = standardised_growth(gain, moments)
    spread = np.sqrt(np.diag(moments.total()) / (moments.pupils - 1))
    return {
        "n": moments.pupils,
        "mean_pre": moments.mean[0, 0],
        "mean_post": moments.mean[0, 1],
        "sd_pre": spread[0],
        "sd_post": spread[1],
        "r_pre_post": moments.scatter[0, 0, 1] / (moments.pupils - 1) / spread.prod(),
        "mean_gain": gain.value,
        "se_gain": gain.se,
        "df": gain.df,
        "p": two_sided_p(gain.value, gain.se, gain.df),
        "ci_lb": gain.interval.low,
        "ci_ub": gain.interval.high,
        "d_pre": g.value / small_sample_factor(gain.df),
        "J_exact_df_nminus1": small_sample_factor(gain.df),
        "metafor_SMCR.yi": g.value,
    }


def test_the_grid_of_references_has_not_shrunk():
    assert {entry["key"] for entry in ORACLE if entry["key"].startswith("paired.")} == set(PAIRED)
    for key in PAIRED:
        assert len(reference(key)) == 15


@pytest.mark.parametrize("key", PAIRED)
def test_r_gives_the_same(key, real_data):
    file, pre, post = PAIRED[key]
    data = pd.read_csv(real_data / file, sep=";" if file.startswith("uci") else ",")
    ours, theirs = as_r_calls_them(one_class(data[pre], data[post])), reference(key)
    assert set(ours) == set(theirs)
    for quantity, value in ours.items():
        assert value == pytest.approx(theirs[quantity], rel=ORACLE_DIGITS), quantity


@pytest.mark.parametrize("key", PAIRED)
def test_r_gives_the_same_from_its_printed_moments(key):
    """Without the pupils: number, means, SDs and correlation are all that growth needs."""
    theirs = reference(key)
    n, r = theirs["n"], theirs["r_pre_post"]
    deviations = np.array([theirs["sd_pre"], theirs["sd_post"]])
    scatter = (n - 1) * np.outer(deviations, deviations) * np.array([[1, r], [r, 1]])
    moments = ClassMoments(np.array([n]), np.array([[theirs["mean_pre"], theirs["mean_post"]]]), scatter[None])
    for quantity, value in as_r_calls_them(moments).items():
        assert value == pytest.approx(theirs[quantity], rel=1e-9), quantity


@pytest.mark.parametrize("seed", range(5))
def test_one_class_is_a_paired_t_test(seed):
    _, pre, post = pupils(seed)
    gain, test = growth(one_class(pre, post), unit="points"), stats.ttest_rel(post, pre)
    interval = test.confidence_interval()
    assert gain.value / gain.se == pytest.approx(test.statistic, rel=SAME)
    assert (gain.interval.low, gain.interval.high) == pytest.approx((interval.low, interval.high), rel=SAME)
    assert (gain.df, gain.class_df, gain.p, gain.status) == (len(pre) - 1, 0, None, "ok")
    assert (gain.estimator, dict(gain.n)) == ("paired_pupils", {"pupils_single": len(pre), "classes_single": 1})


@pytest.mark.parametrize("classes", [3, 4, 5, 12])
def test_three_classes_or_more_are_a_t_test_on_class_gains(classes):
    codes, pre, post = pupils(classes, classes)
    gain = growth(class_moments(codes, pre, post), unit="points")
    test = stats.ttest_1samp(pd.Series(post - pre).groupby(codes).mean(), 0)
    interval = test.confidence_interval()
    assert gain.value / gain.se == pytest.approx(test.statistic, rel=SAME)
    assert (gain.interval.low, gain.interval.high) == pytest.approx((interval.low, interval.high), rel=SAME)
    assert (gain.df, gain.class_df, gain.estimator) == (classes - 1, classes - 1, "class_gains")
    assert gain.p == (pytest.approx(test.pvalue, rel=1e-8) if classes >= 5 else None)


def test_two_classes_are_described():
    codes, pre, post = pupils(1, 2)
    gain = growth(class_moments(codes, pre, post), unit="points")
    assert gain.value == pytest.approx((post - pre).mean(), rel=SAME)
    assert (gain.status, gain.interval, gain.se, gain.p, gain.class_df) == ("described", None, None, None, 1)
    g = standardised_growth(gain, class_moments(codes, pre, post))
    assert g.value == pytest.approx(gain.value / pre.std(ddof=1) * small_sample_factor(len(pre) - 1), rel=SAME)
    assert (g.status, g.interval, g.se) == ("described", None, None)


@pytest.mark.parametrize("classes", [1, 4])
def test_equal_gains_are_described_whatever_their_rounding(classes):
    for seed in range(60):
        codes, pre, _ = pupils(seed, classes)
        pre = np.round(pre, 1)
        for gain in (0.1, 2, 7.3):
            found = growth(class_moments(codes, pre, pre + gain), unit="points")
            assert (found.status, found.value) == ("described", pytest.approx(gain))


def test_one_pupil_is_described():
    assert growth(one_class([3.0], [5.0]), unit="points").status == "described"


@pytest.mark.parametrize("seed", range(3))
def test_g_of_one_class_has_the_variance_of_its_docstring(seed):
    _, pre, post = pupils(seed)
    n, r = len(pre), np.corrcoef(pre, post)[0, 1]
    moments = one_class(pre, post)
    g = standardised_growth(growth(moments, unit="points"), moments)
    correction = math.exp(math.lgamma((n - 1) / 2) - math.lgamma((n - 2) / 2)) / math.sqrt((n - 1) / 2)
    value = correction * (post - pre).mean() / pre.std(ddof=1)
    variance = correction**2 * (2 * (1 - r) / n + value**2 / (2 * (n - 1)))
    half = stats.t.ppf(0.975, n - 1) * math.sqrt(variance)
    assert (g.value, g.se) == pytest.approx((value, math.sqrt(variance)), rel=SAME)
    assert (g.interval.low, g.interval.high) == pytest.approx((value - half, value + half), rel=SAME)
    assert (g.df, g.metric, g.unit) == (n - 1, "g", "pre_sd")


def test_metafor_has_another_variance_of_g():
    """The rows on hci in tests/reference/README.md: metafor's SMCR is 2(1-r)/n + g^2/2n, with 1.96."""
    theirs = reference("paired.hci")
    n, r, value = theirs["n"], theirs["r_pre_post"], theirs["metafor_SMCR.yi"]
    scatter = (n - 1) * np.array(
        [theirs["sd_pre"] ** 2, r * theirs["sd_pre"] * theirs["sd_post"], theirs["sd_post"] ** 2]
    )
    means = np.array([[theirs["mean_pre"], theirs["mean_post"]]])
    moments = ClassMoments(np.array([n]), means, scatter[[0, 1, 1, 2]].reshape(1, 2, 2))
    g = standardised_growth(growth(moments, unit="points"), moments)
    assert (g.se, g.interval.low, g.interval.high) == pytest.approx((0.2140, 0.080, 0.992), abs=0.0005)
    se = math.sqrt(2 * (1 - r) / n + value**2 / (2 * n))
    assert (se, value - 1.96 * se, value + 1.96 * se) == pytest.approx((0.2241, 0.096, 0.975), abs=0.0005)


def test_g_of_several_classes_is_points_in_another_unit():
    codes, pre, post = pupils(2, 6)
    moments = class_moments(codes, pre, post)
    points = growth(moments, unit="points")
    g = standardised_growth(points, moments)
    factor = small_sample_factor(len(pre) - 1) / pre.std(ddof=1)
    assert (g.value, g.se) == pytest.approx((points.value * factor, points.se * factor), rel=SAME)
    assert (g.interval.low, g.interval.high) == pytest.approx(
        (points.interval.low * factor, points.interval.high * factor), rel=SAME
    )
    assert (g.df, g.class_df, g.p) == (points.df, 5, points.p)


@pytest.mark.parametrize("classes", [1, 4])
def test_what_changes_nothing(classes):
    codes, pre, post = pupils(3, classes)
    moments = class_moments(codes, pre, post)
    gain, g = growth(moments, unit="points"), standardised_growth(growth(moments, unit="points"), moments)
    changed = {
        "shifted": (class_moments(codes, pre + 30, post + 30), 1, 1),
        "stretched": (class_moments(codes, 5 * pre, 5 * post), 5, 1),
        "backwards": (class_moments(codes, post, pre), -1, None),
        "mirrored": (class_moments(codes, -pre, -post), -1, -1),
    }
    for name, (other, points_factor, g_factor) in changed.items():
        found = growth(other, unit="points")
        assert found.value == pytest.approx(points_factor * gain.value, rel=SAME), name
        assert found.se == pytest.approx(abs(points_factor) * gain.se, rel=SAME), name
        assert found.df == gain.df
        if g_factor:
            standard = standardised_growth(found, other)
            assert (standard.value, standard.se) == pytest.approx((g_factor * g.value, g.se), rel=SAME), name


# Spread


def pitman_morgan(pre, post) -> tuple[float, float]:
    """SD ratios at which sum and difference, pre on the scale of post, correlate just at the 5 % limit of t."""
    df = len(pre) - 2

    def beyond(ratio):
        r = np.corrcoef(post + ratio * pre, post - ratio * pre)[0, 1]
        return abs(r) * math.sqrt(df / (1 - r * r)) - stats.t.ppf(0.975, df)

    centre = post.std() / pre.std()
    return optimize.brentq(beyond, centre / 50, centre), optimize.brentq(beyond, centre, centre * 50)


@pytest.mark.parametrize("seed", range(6))
def test_limits_of_the_spread_are_where_sum_and_difference_reach_the_limit_of_t(seed):
    _, pre, post = pupils(seed)
    found = spread_ratio(one_class(pre, post))
    assert found.value == pytest.approx(post.std() / pre.std(), rel=SAME)
    assert (found.interval.low, found.interval.high) == pytest.approx(pitman_morgan(pre, post), rel=1e-8)


def test_spread_over_classes_is_that_of_deviations_with_their_own_df():
    """G classes cost G - 1 df more than one class."""
    codes, pre, post = pupils(4, 5)
    frame = pd.DataFrame({"pre": pre, "post": post})
    apart = frame - frame.groupby(codes).transform("mean")
    found = spread_ratio(class_moments(codes, pre, post))
    assert found.value == pytest.approx(math.sqrt((apart.post**2).sum() / (apart.pre**2).sum()), rel=SAME)
    df = len(pre) - 5 - 1
    for ratio in (found.interval.low, found.interval.high):
        plus, minus = apart.post + ratio * apart.pre, apart.post - ratio * apart.pre
        r = (plus * minus).sum() / math.sqrt((plus**2).sum() * (minus**2).sum())
        assert abs(r) * math.sqrt(df / (1 - r * r)) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-8)


def test_spread_backwards_is_one_over():
    codes, pre, post = pupils(5, 3)
    there, back = (spread_ratio(class_moments(codes, *pair)) for pair in ((pre, post), (post, pre)))
    assert there.value == pytest.approx(1 / back.value, rel=SAME)
    assert there.interval.low == pytest.approx(1 / back.interval.high, rel=SAME)
    assert spread_ratio(class_moments(codes, 3 * pre + 1, post)).value == pytest.approx(there.value / 3, rel=SAME)


def test_a_higher_level_is_wider():
    _, pre, post = pupils(6)
    narrow, wide = (spread_ratio(one_class(pre, post), level).interval for level in (0.90, 0.95))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_no_spread_nothing_to_compare():
    _, pre, post = pupils(7)
    assert spread_ratio(one_class(np.full(len(pre), 0.3), post)) is None
    assert spread_ratio(one_class(pre, np.full(len(pre), 0.3))) is None
    assert spread_ratio(one_class([1.0, 2.0], [3.0, 1.0])) is None
    for seed in range(40):
        scores = np.round(pupils(seed)[1], 1)
        assert spread_ratio(one_class(scores, scores + 0.1)) is None
        assert spread_ratio(one_class(scores, 20 - scores)) is None
    for size in range(3, 12):
        codes, per_class = np.repeat(np.arange(3), size), np.repeat([0.1, 0.7, 12.3], size)
        assert spread_ratio(class_moments(codes, per_class, np.arange(3.0 * size) ** 2)) is None
        assert spread_ratio(class_moments(codes, np.arange(3.0 * size) ** 2, per_class)) is None
    assert spread_ratio(one_class([1.0, 2.0, 4.0], [3.0, 1.0, 2.0])) is not None

"""Made and real classes for the tests of the formulas, and what is asked of them again and again."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from gsl_research.estimate import MIN_CLASS_DF_FOR_P
from gsl_research.methods import clusters, effect_sizes
from gsl_research.methods.moments import class_moments

SAME = 1e-10
"""Two routes through the same numbers in double precision."""


def school(seed: int, treated: int = 3, control: int = 4, sizes: tuple[int, int] = (5, 30)):
    """codes, pre, post, treated: classes that differ, and pupils in mixed order."""
    rng = np.random.default_rng(seed)
    groups = treated + control
    codes = rng.permutation(np.repeat(np.arange(groups), rng.integers(*sizes, groups)))
    arm = rng.permutation(np.arange(groups) < treated)
    pre = 10 + rng.normal(0, 1, groups)[codes] + rng.normal(0, 2, len(codes))
    post = 4 + 0.7 * pre + rng.normal(0, 1, groups)[codes] + arm[codes] + rng.normal(0, 1.5, len(codes))
    return codes, pre, post, arm


def real(folder: Path, name: str):
    """codes, pre, post, treated of a real data set; its own unit is the class."""
    file, units, pre, post, treated = {
        "eef_crt": ("eef_crt.csv", ["School"], "Prettest", "Posttest", lambda d: d.Intervention == 1),
        "bdf": ("dutch_bdf.csv", ["schoolNR", "classNR"], "langPRET", "langPOST", lambda d: d.mixedgra == 1),
        "hsb82": ("us_hsb82.csv", ["school"], "ses", "mAch", lambda d: d.sector == "Catholic"),
    }[name]
    data = pd.read_csv(folder / file)
    codes = data.groupby(units).ngroup().to_numpy()
    return codes, data[pre].to_numpy(float), data[post].to_numpy(float), treated(data).groupby(codes).first().to_numpy()


PUPILS = {
    "eef_crt": ("eef_crt.csv", "Prettest", "Posttest", lambda d: d.Intervention == 1),
    "eef_mst": ("eef_mst.csv", "Prettest", "Posttest", lambda d: d.Intervention == 1),
    "sesame": ("sesame_prepost.csv", "prelet", "postlet", lambda d: d.encour == 1),
    "attitudes": ("cz_attitudes_3waves.csv", "PreMacro", "PostMacro", lambda d: d.Group == "E"),
    "attitudes_macro": ("cz_attitudes_3waves.csv", "PreMacro", "PostMacro", lambda d: d.Group == "E"),
    "uci_schoolsup": ("uci_student_mat.csv", "G1", "G3", lambda d: d.schoolsup == "yes"),
}


def in_two_arms(folder: Path, name: str):
    file, pre, post, treated = PUPILS[name]
    data = pd.read_csv(folder / file, sep=";" if file.startswith("uci") else ",")
    return treated(data).to_numpy(), data[pre].to_numpy(float), data[post].to_numpy(float)


def adjusted(codes, pre, post, treated) -> clusters.AdjustedMeans:
    return clusters.adjusted_means(class_moments(codes, pre, post), treated)


def difference(codes, pre, post, treated):
    return clusters.adjusted_difference(adjusted(codes, pre, post, treated), unit="points")


def class_means(codes, *variables):
    return pd.DataFrame(dict(enumerate(variables))).groupby(codes).mean().to_numpy().T


def slope_error(codes, covariates, post, weights, seen=0.0) -> float:
    """What the error of the slopes adds to the variance of weighed adjusted class means: least squares with a dummy per
    class, and the covariances it gives to the slopes. ``seen`` is the squared SE of the covariates' own difference."""
    design = np.column_stack([*covariates, codes[:, None] == np.arange(codes.max() + 1)]).astype(float)
    covariance = sm.OLS(post, design).fit().cov_params()[: len(covariates), : len(covariates)]
    gap = class_means(codes, *covariates) @ weights
    return max(float(np.trace(covariance @ (np.outer(gap, gap) - seen))), 0.0)


def some_of(means: clusters.AdjustedMeans, chosen) -> clusters.AdjustedMeans:
    """Some of the classes, or some of them twice, at the same slope."""
    treated = means.treated[chosen]
    parts = {name: getattr(means, name)[chosen] for name in ("mean", "n", "covariates")}
    return replace(means, treated=treated, weights=weights_of(treated), class_df=len(treated) - 2, **parts)


def with_slope_error(variance: float, df: float, shared: float, slope_df: float) -> float:
    """One standard error for two errors with df of their own, so that the interval on ``df`` is MOVER's."""
    half = math.hypot(stats.t.ppf(0.975, df) * math.sqrt(variance), stats.t.ppf(0.975, slope_df) * math.sqrt(shared))
    return half / stats.t.ppf(0.975, df)


def weights_of(arm):
    return np.where(arm, 1 / arm.sum(), -1 / (~arm).sum())


def squared_se(values, arm, *, equal=True) -> float:
    """That of the difference between the arms, as scipy's t-test has it."""
    difference = values[arm].mean() - values[~arm].mean()
    return float((difference / stats.ttest_ind(values[arm], values[~arm], equal_var=equal).statistic) ** 2)


def check_estimate(estimate, value, se, df, same=SAME):
    """All numbers of a t interval from a value, a standard error and df."""
    half = stats.t.ppf(0.975, df) * se
    assert (estimate.value, estimate.se) == pytest.approx((value, se), rel=same)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((value - half, value + half), rel=10 * same)
    assert estimate.df == estimate.class_df == pytest.approx(df, rel=same)
    p = 2 * stats.t.sf(abs(value / se), df) if df >= MIN_CLASS_DF_FOR_P else None
    assert estimate.p == (None if p is None else pytest.approx(p, rel=100 * same))


def g(codes, pre, post, treated):
    moments = class_moments(codes, pre, post)
    sd, icc = clusters.total_sd(moments, treated, 1), clusters.anova_icc(moments, treated, 1)
    return effect_sizes.standardised(difference(codes, pre, post, treated), moments, treated, sd=sd, icc=icc)


def projections(codes, treated):
    classes = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    arms = np.column_stack([treated[codes], ~treated[codes]]).astype(float)
    return classes, *(m @ np.linalg.pinv(m) for m in (classes, arms))


def check_same(a, b, sign=1, scale=1.0):
    assert a.value == pytest.approx(sign * scale * b.value, rel=SAME)
    assert a.se == pytest.approx(scale * b.se, rel=SAME)
    assert (a.df, a.class_df) == pytest.approx((b.df, b.class_df), rel=1e-9)
    assert (a.p is None) == (b.p is None)
    assert a.p is None or a.p == pytest.approx(b.p, rel=1e-8)
    low, high = sorted(sign * scale * limit for limit in (b.interval.low, b.interval.high))
    assert (a.interval.low, a.interval.high) == pytest.approx((low, high), rel=1e-8)

"""CR2 against its definition in N x N matrices, HC2, exact cases, and what may not change anything."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import SAME, check_same, real, school
from scipy import linalg

from gsl_research.estimate import NotEstimated
from gsl_research.methods import sandwich
from gsl_research.methods.moments import class_moments
from gsl_research.methods.random_intercept import random_intercept, random_intercept_at
from gsl_research.methods.sandwich import cr2

# The same numbers from N x N matrices


def dense(codes, columns, y, c, ratio, factor=linalg.sqrtm):
    """Value, standard error, df and the share of the true variance the estimate expects, all with N x N matrices."""
    x = np.column_stack([np.ones(len(y)), *columns])
    same = codes[:, None] == codes[None, :]
    omega = np.eye(len(y)) + ratio * same
    inverse = np.linalg.inv(omega)
    m = np.linalg.inv(x.T @ inverse @ x)
    keep = np.eye(len(y)) - x @ m @ x.T @ inverse
    residual = keep @ y
    rows = []
    for j in range(codes.max() + 1):
        mine = np.flatnonzero(codes == j)
        d = factor(omega[np.ix_(mine, mine)])
        left = keep[mine] @ omega @ keep[mine].T
        values, axes = np.linalg.eigh(d @ left @ d.T)
        least = 1e-12 * (1 + ratio * len(mine)) ** 2
        root = axes @ np.diag([v**-0.5 if v > least else 0 for v in values]) @ axes.T
        adjusted = d.T @ root @ d
        row = np.zeros(len(y))
        row[mine] = adjusted @ np.linalg.solve(omega[np.ix_(mine, mine)], x[mine]) @ m @ c
        rows.append(row)
    rows = np.array(rows)
    p = rows @ keep @ omega @ keep.T @ rows.T
    variance = ((rows @ residual) ** 2).sum()
    return c @ m @ x.T @ inverse @ y, math.sqrt(variance), np.trace(p) ** 2 / (p**2).sum(), np.trace(p) / (c @ m @ c)


def made(name: str):
    codes, pre, post, arm = school(len(name), 3, 4, (1, 14))
    rng, treated = np.random.default_rng(2), arm[codes].astype(float)
    match name:
        case "post alone":
            return codes, [], post
        case "treated within classes":
            treated = rng.integers(0, 2, len(pre)).astype(float)
        case "one mixed class":
            treated = np.where(codes == codes[np.argmax(treated)], rng.integers(0, 2, len(pre)), treated)
        case "two covariates":
            return codes, [pre, 0.5 * pre + rng.normal(0, 1, len(pre)), treated], post
        case "two covariates that differ by class alone":
            return codes, [pre, pre + rng.normal(0, 1, 7)[codes], treated], post
        case "pupils":
            return np.arange(len(post)), [pre, treated], post
    return codes, [pre, treated], post


MADE = [
    "unequal classes", "post alone", "treated within classes", "one mixed class", "two covariates",
    "two covariates that differ by class alone", "pupils",
]  # fmt: skip


@pytest.mark.parametrize("factor", [linalg.sqrtm, linalg.cholesky])
@pytest.mark.parametrize("ratio", [0, 0.3, 40.0])
@pytest.mark.parametrize("name", MADE)
def test_value_error_and_df_from_all_pupils(name, ratio, factor):
    codes, columns, y = made(name)
    moments = class_moments(codes, *columns, y)
    for contrast in (*range(len(columns) + 1), np.linspace(-1, 2, len(columns) + 1)):
        c = np.eye(len(columns) + 1)[contrast] if np.ndim(contrast) == 0 else contrast
        value, se, df, expected = dense(codes, columns, y, c, ratio, factor)
        ours = cr2(moments, contrast, ratio=ratio)
        assert expected == pytest.approx(1, rel=1e-8)
        assert (ours.value, ours.se, ours.df) == pytest.approx((value, se, df), rel=1e-8)


@pytest.mark.parametrize("ratio", [0, 0.3, 4000.0])
def test_a_class_that_carries_all_leaves_the_other_contrasts_right(ratio):
    """One treated class: nothing robust about treated; the pre-test is as the definition has it."""
    for seed in range(20):
        codes, pre, post, arm = school(seed, 1, 5, (1, 14))
        columns = [pre, arm[codes].astype(float)]
        moments = class_moments(codes, *columns, post)
        *_, seen = dense(codes, columns, post, np.eye(3)[2], ratio)
        assert seen < 0.9
        assert cr2(moments, 2, ratio=ratio) == NotEstimated(estimator="cr2", reason="too_few_classes")
        *expected, seen = dense(codes, columns, post, np.eye(3)[1], ratio)
        found = cr2(moments, 1, ratio=ratio)
        assert (found.value, found.se, found.df, seen) == pytest.approx((*expected, 1), rel=1e-6)


@pytest.mark.parametrize("ratio", [0, 0.3, 4000.0])
def test_a_share_too_small_to_see_does_no_harm(ratio):
    """At a pre-test of a million the intercept is the slope, but for a millionth that one control class carries."""
    for seed in range(20):
        codes, pre, post, control = school(seed, 1, 5, (1, 14))
        moments = class_moments(codes, pre + 1e6, ~control[codes], post)
        level, slope = cr2(moments, 0, ratio=ratio), cr2(moments, 1, ratio=ratio)
        if not isinstance(level, NotEstimated):
            assert (level.se, level.df) == pytest.approx((1e6 * slope.se, slope.df), rel=1e-3)


@pytest.mark.parametrize("name", ["eef_crt", "hsb82"])
def test_pupils_as_classes_give_hc2(name, real_data):
    codes, pre, post, treated = real(real_data, name)
    treated = treated[codes].astype(float)
    theirs = sm.OLS(post, np.column_stack([np.ones(len(post)), pre, treated])).fit().get_robustcov_results("HC2")
    moments = class_moments(np.arange(len(post)), pre, treated, post)
    for i in range(3):
        found = cr2(moments, i)
        assert (found.value, found.se) == pytest.approx((theirs.params[i], theirs.bse[i]), rel=SAME)


@pytest.mark.parametrize(("first", "second"), [(2, 2), (2, 6), (4, 9)])
def test_equal_classes_give_welch_with_the_df_of_bell_and_mccaffrey(first, second):
    rng = np.random.default_rng(first)
    means, treated = rng.normal(0, 2, first + second), np.arange(first + second) < first
    codes = np.repeat(np.arange(first + second), 5)
    y = means[codes] + np.tile([-2, -1, 0, 1, 2], first + second)
    found = cr2(class_moments(codes, treated[codes].astype(float), y), 1)
    arms = ((means[treated], first), (means[~treated], second))
    se = math.sqrt(sum(arm.var(ddof=1) / n for arm, n in arms))
    df = (1 / first + 1 / second) ** 2 / sum(1 / (n**2 * (n - 1)) for _, n in arms)
    expected = means[treated].mean() - means[~treated].mean(), se, df
    assert (found.value, found.se, found.df) == pytest.approx(expected, rel=1e-8)


def test_the_working_model_of_a_fit_changes_little_and_its_value_is_that_of_the_fit():
    codes, columns, y = made("unequal classes")
    moments = class_moments(codes, *columns, y)
    fit = random_intercept(moments)
    assert not fit.at_boundary
    found = cr2(moments, 2, ratio=fit.ratio)
    assert found.value == pytest.approx(fit.coefficients[2], rel=SAME)
    assert 0.5 < found.se / math.sqrt(fit.covariance[2, 2]) < 2


# What is refused


def reason(codes, *columns, contrast=1):
    found = cr2(class_moments(codes, *columns), contrast)
    assert isinstance(found, NotEstimated), found
    assert found.estimator == "cr2"
    return found.reason


def test_refusals():
    codes, pre, post, _ = school(1)
    assert reason(np.zeros(0, dtype=int), np.zeros(0), contrast=0) == "no_pupils"
    assert reason(np.zeros_like(codes), pre, post) == "too_few_classes"
    assert reason(codes % 2, (codes % 2).astype(float), post) == "too_few_classes"
    assert reason(codes, np.full(len(post), 3.3), post) == "singular"
    assert reason(codes, pre, 2 * pre) == "no_pupil_spread"
    with pytest.raises(ValueError, match="ratio"):
        cr2(class_moments(codes, pre, post), 1, ratio=-1.0)
    with pytest.raises(ValueError, match="contrast"):
        cr2(class_moments(codes, pre, post), [1.0, 0.0, 0.0])


def test_residuals_that_cancel_out_in_every_class_are_no_spread():
    codes, treated = np.repeat(np.arange(6), 4), np.arange(6) < 3
    y = np.tile([-2.0, -1, 1, 2], 6) + 1.7 * treated[codes]
    assert reason(codes, treated[codes].astype(float), y) == "no_class_spread"


def test_two_hundred_small_data_sets_give_numbers_or_a_reason():
    kinds = {"fit": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(200):
            rng = np.random.default_rng(seed)
            groups = int(rng.integers(1, 8))
            codes = np.repeat(np.arange(groups), rng.integers(1, rng.integers(2, 20), groups))
            treated = rng.permutation(np.arange(groups) < rng.integers(1, groups + 1))[codes].astype(float)
            x = np.round(rng.normal(10, 2, len(codes)), seed % 3)
            y = [0.5 * x + treated, x, 1e6 + 1e-3 * x, 1e100 * x][seed % 4] + (seed % 7 > 0) * rng.normal(
                0, 1, len(codes)
            )
            moments = class_moments(codes, x, treated, y)
            for i in range(3):
                found = cr2(moments, i, ratio=[0.0, 0.2, 1e4][seed % 3])
                if isinstance(found, NotEstimated):
                    kinds[found.reason] = kinds.get(found.reason, 0) + 1
                    continue
                kinds["fit"] += 1
                assert np.isfinite([found.value, found.se, found.df]).all()
                assert found.se > 0 and 1 <= found.df < len(codes)
    assert kinds["fit"] > 100
    assert {"too_few_classes", "too_few_pupils", "no_pupil_spread", "singular"} < set(kinds)


# What stands beside the adjusted class means


def beside(codes, pre, post, treated, **more):
    return sandwich.cr2_difference(class_moments(codes, pre, post), treated, unit="points", **more)


def test_the_difference_is_least_squares_with_cr2():
    codes, pre, post, treated = school(2, 4, 5)
    found = beside(codes, pre, post, treated)
    moments = class_moments(codes, pre, treated[codes].astype(float), post)
    expected = cr2(moments, 2)
    assert (found.value, found.se) == pytest.approx((expected.value, expected.se), rel=SAME)
    assert found.value == pytest.approx(random_intercept_at(moments, 0).coefficients[2], rel=SAME)
    assert found.df == found.class_df == pytest.approx(min(expected.df, 7), rel=SAME)
    assert (found.status, found.estimator, found.unit) == ("beside", "cr2", "points")
    assert (found.p is None) == (found.df < 4)


@pytest.mark.parametrize(
    ("arms", "expected"), [((1, 1), "too_few_classes"), ((1, 5), "too_few_classes"), ((0, 3), "empty_arm")]
)
def test_arms_that_cannot_be_compared(arms, expected):
    found = beside(*school(1, *arms))
    assert found == NotEstimated(estimator="cr2", reason=expected)


@pytest.mark.parametrize("seed", range(4))
def test_what_changes_nothing(seed):
    codes, pre, post, treated = school(seed, 3, 4, (1, 20))
    found = beside(codes, pre, post, treated)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(codes)), rng.permutation(7)
    for other, sign, scale in (
        (beside(codes, pre, post, ~treated), -1, 1),
        (beside(codes, pre - 40, post + 300, treated), 1, 1),
        (beside(codes, 7 * pre, 0.05 * post, treated), 1, 0.05),
        (beside(names[codes][rows], pre[rows], post[rows], treated[np.argsort(names)]), 1, 1),
    ):
        assert other.df == pytest.approx(found.df, rel=1e-9)
        check_same(replace(other, df=found.df, class_df=found.df), found, sign, scale)


def test_pooled_moments_give_the_cr2_of_pooled_rows():
    one, two = school(1, 2, 2, (1, 12)), school(2, 3, 2, (3, 20))
    treated = [data[3][data[0]].astype(float) for data in (one, two)]
    columns = [np.concatenate(pair) for pair in ((one[1], two[1]), treated, (one[2], two[2]))]
    rows = class_moments(np.concatenate([one[0], two[0] + 4]), *columns)
    moments = [class_moments(data[0], data[1], arm, data[2]) for data, arm in zip((one, two), treated, strict=True)]
    for ratio in (0, 0.2):
        found, expected = cr2(moments[0].pooled_with(moments[1]), 2, ratio=ratio), cr2(rows, 2, ratio=ratio)
        assert (found.value, found.se, found.df) == pytest.approx((expected.value, expected.se, expected.df), rel=SAME)

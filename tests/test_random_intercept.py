"""The random-intercept model: against N x N matrices, MixedLM, exact cases, and what may not change anything."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from made_classes import SAME, check_same, real, school
from scipy import optimize

from gsl_research.estimate import NotEstimated
from gsl_research.methods.moments import class_moments
from gsl_research.methods.profile_likelihood import LARGEST_RATIO, profile
from gsl_research.methods.random_intercept import (
    kenward_roger,
    random_intercept,
    random_intercept_at,
    reml_difference,
    satterthwaite,
    with_class_variables,
)

# The same numbers from N x N matrices


MADE = {
    "sizes 1 to 40": (12, 3, 4, (1, 41)),
    "1 v 5": (1, 1, 5, (5, 12)),
    "2 v 2": (2, 2, 2, (4, 9)),
    "boundary": (3, 3, 3, (2, 12)),
    "post alone": (4, 3, 3, (2, 12)),
    "treated within classes": (5, 3, 3, (2, 12)),
    "one mixed class": (6, 3, 3, (2, 12)),
    "two covariates": (7, 3, 3, (2, 12)),
    "class covariate": (8, 3, 4, (2, 12)),
}


def made(name: str):
    """codes, x columns, y."""
    codes, pre, post, arm = school(*MADE[name])
    rng = np.random.default_rng(5)
    treated = arm[codes].astype(float)
    match name:
        case "boundary":
            post -= 0.9 * np.array([post[codes == j].mean() for j in codes])
        case "post alone":
            return codes, [], post
        case "treated within classes":
            treated = rng.integers(0, 2, len(pre)).astype(float)
        case "one mixed class":
            treated = np.where(codes == 0, rng.integers(0, 2, len(pre)), treated)
        case "two covariates":
            return codes, [pre, 0.5 * pre + rng.normal(0, 1, len(pre)), treated], post
        case "class covariate":
            return codes, [pre, rng.normal(0, 1, len(arm))[codes], treated], post
    return codes, [pre, treated], post


class Dense:
    """The model written out for every pupil."""

    def __init__(self, codes, columns, y):
        self.same = (codes[:, None] == codes[None, :]).astype(float)
        self.x, self.y = np.column_stack([np.ones(len(y)), *columns]), y

    def gls(self, tau2, sigma2):
        inverse = np.linalg.inv(sigma2 * np.eye(len(self.y)) + tau2 * self.same)
        phi = np.linalg.inv(self.x.T @ inverse @ self.x)
        return inverse, phi, phi @ self.x.T @ inverse @ self.y

    def log_likelihood(self, tau2, sigma2):
        inverse, phi, beta = self.gls(tau2, sigma2)
        rest = self.y - self.x @ beta
        left = len(self.y) - self.x.shape[1]
        log_det = -np.linalg.slogdet(inverse)[1] - np.linalg.slogdet(phi)[1]
        return -(left * math.log(2 * math.pi) + log_det + rest @ inverse @ rest) / 2

    def profiled(self, ratio):
        inverse, _, beta = self.gls(ratio, 1.0)
        rest = self.y - self.x @ beta
        sigma2 = rest @ inverse @ rest / (len(self.y) - self.x.shape[1])
        return self.log_likelihood(ratio * sigma2, sigma2)

    def kenward_roger(self, tau2, sigma2, c):
        """Adjusted standard error, df and scaling of F for the hypothesis c'b = 0, by the general formulas."""
        inverse, phi, _ = self.gls(tau2, sigma2)
        parts = (np.eye(len(self.y)), self.same)
        p = [-self.x.T @ inverse @ v @ inverse @ self.x for v in parts]
        q = [[self.x.T @ inverse @ v @ inverse @ w @ inverse @ self.x for w in parts] for v in parts]
        information = np.array(
            [
                [
                    np.trace(inverse @ parts[a] @ inverse @ parts[b]) / 2
                    - np.trace(phi @ q[a][b])
                    + np.trace(phi @ p[a] @ phi @ p[b]) / 2
                    for b in range(2)
                ]
                for a in range(2)
            ]
        )
        w = np.linalg.inv(information)
        lost = sum(w[a, b] * (q[a][b] - p[a] @ phi @ p[b]) for a in range(2) for b in range(2))
        adjusted = phi + 2 * phi @ lost @ phi
        row = c[None, :]
        theta = row.T @ np.linalg.inv(row @ phi @ row.T) @ row
        u = [theta @ phi @ p[a] @ phi for a in range(2)]
        a1 = sum(w[a, b] * np.trace(u[a]) * np.trace(u[b]) for a in range(2) for b in range(2))
        a2 = sum(w[a, b] * np.trace(u[a] @ u[b]) for a in range(2) for b in range(2))
        rank = 1
        big_b = (a1 + 6 * a2) / (2 * rank)
        g = ((rank + 1) * a1 - (rank + 4) * a2) / ((rank + 2) * a2)
        below = 3 * rank + 2 * (1 - g)
        v0, v1, v2 = 1 + g / below * big_b, 1 - (rank - g) / below * big_b, 1 - (rank + 2 - g) / below * big_b
        rho = ((1 - a2 / rank) / v1) ** 2 * v0 / (v2 * rank)
        df = 4 + (rank + 2) / (rank * rho - 1)
        return math.sqrt(c @ adjusted @ c), df, df * (1 - a2 / rank) / (df - 2)

    def satterthwaite(self, tau2, sigma2, c):
        """df from differences of the deviance and of the variance in (theta, sigma), as lmerTest has them."""

        def deviance(at):
            return -2 * self.log_likelihood((at[0] * at[1]) ** 2, at[1] ** 2)

        def variance(at):
            return c @ self.gls((at[0] * at[1]) ** 2, at[1] ** 2)[1] @ c

        at = np.array([math.sqrt(tau2 / sigma2), math.sqrt(sigma2)])
        step = 1e-3 * np.maximum(at, 0.1)
        gradient, hessian = np.empty(2), np.empty((2, 2))
        for i, e in enumerate(np.diag(step)):
            gradient[i] = (8 * (variance(at + e) - variance(at - e)) - variance(at + 2 * e) + variance(at - 2 * e)) / (
                12 * step[i]
            )
            for j, f in enumerate(np.diag(step)):
                ends = [deviance(at + s * e + t * f) * s * t for s in (1, -1) for t in (1, -1)]
                hessian[i, j] = sum(ends) / (4 * step[i] * step[j])
        return 2 * variance(at) ** 2 / (gradient @ (2 * np.linalg.inv(hessian)) @ gradient)


@pytest.mark.parametrize("name", MADE)
def test_likelihood_coefficients_and_covariance_are_those_of_all_pupils(name):
    codes, columns, y = made(name)
    fit, dense = random_intercept(class_moments(codes, *columns, y)), Dense(codes, columns, y)
    _, phi, beta = dense.gls(fit.tau2, fit.sigma2)
    assert fit.log_likelihood == pytest.approx(dense.log_likelihood(fit.tau2, fit.sigma2), rel=SAME)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=SAME)
    np.testing.assert_allclose(fit.covariance, phi, rtol=1e-9, atol=SAME * np.abs(phi).max())
    assert fit.at_boundary == (fit.tau2 == 0) == (name == "boundary")


@pytest.mark.parametrize("name", MADE)
def test_nowhere_is_the_likelihood_higher(name):
    codes, columns, y = made(name)
    fit, dense = random_intercept(class_moments(codes, *columns, y)), Dense(codes, columns, y)
    ratios = np.append(0, np.geomspace(1e-4, 1e4, 81))
    assert max(map(dense.profiled, ratios)) <= fit.log_likelihood + 1e-9
    if not fit.at_boundary:
        bracket = (fit.ratio / 3, fit.ratio * 3)
        top = optimize.minimize_scalar(lambda r: -dense.profiled(r), bracket, bracket, options={"xatol": 1e-12})
        assert top.x == pytest.approx(fit.ratio, rel=1e-6)


@pytest.mark.parametrize("name", MADE)
def test_kenward_roger_from_all_pupils_and_the_general_formulas(name):
    codes, columns, y = made(name)
    fit, dense = random_intercept(class_moments(codes, *columns, y)), Dense(codes, columns, y)
    many = np.linspace(-1, 2, len(fit.coefficients))
    for contrast in (*range(len(fit.coefficients)), many):
        c = np.eye(len(many))[contrast] if np.ndim(contrast) == 0 else contrast
        se, df, scaling = dense.kenward_roger(fit.tau2, fit.sigma2, c)
        ours = kenward_roger(fit, contrast)
        assert (ours.value, ours.se, ours.df) == pytest.approx((c @ fit.coefficients, se, df), rel=1e-8)
        assert scaling == pytest.approx(1, rel=1e-8)


@pytest.mark.parametrize("name", MADE)
def test_satterthwaite_from_differences_of_the_likelihood_of_all_pupils(name):
    codes, columns, y = made(name)
    fit, dense = random_intercept(class_moments(codes, *columns, y)), Dense(codes, columns, y)
    for i, c in enumerate(np.eye(len(fit.coefficients))):
        ours = satterthwaite(fit, i)
        assert (ours.value, ours.se**2) == pytest.approx((fit.coefficients[i], fit.covariance[i, i]), rel=SAME)
        assert ours.df == pytest.approx(dense.satterthwaite(fit.tau2, fit.sigma2, c), rel=1e-5)
        if name == "boundary":
            assert ours.df == len(y) - len(fit.coefficients)


@pytest.mark.parametrize("ratio", [0, 0.3, 50.0])
def test_a_given_ratio_is_generalised_least_squares(ratio):
    codes, columns, y = made("sizes 1 to 40")
    fit, dense = random_intercept_at(class_moments(codes, *columns, y), ratio), Dense(codes, columns, y)
    _, phi, beta = dense.gls(fit.tau2, fit.sigma2)
    assert fit.ratio == pytest.approx(ratio, rel=SAME)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=SAME)
    np.testing.assert_allclose(fit.covariance, phi, rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(dense.profiled(ratio), rel=SAME)


def test_ratio_zero_is_ordinary_least_squares_also_in_one_class():
    codes, columns, y = made("sizes 1 to 40")
    expected = sm.OLS(y, sm.add_constant(np.column_stack(columns))).fit()
    for cells in (codes, np.zeros_like(codes)):
        fit = random_intercept_at(class_moments(cells, *columns, y), 0)
        np.testing.assert_allclose(fit.coefficients, expected.params, rtol=SAME)
        np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), expected.bse, rtol=SAME)


def test_derivatives_of_the_likelihood():
    codes, columns, y = made("sizes 1 to 40")
    sums = random_intercept_at(class_moments(codes, *columns, y), 0).sums
    for ratio in (0.01, 0.4, 30.0):
        near = profile(sums, ratio * np.array([1 - 1e-4, 1, 1 + 1e-4]))
        assert near.first[1] == pytest.approx((near.deviance[2] - near.deviance[0]) / (2e-4 * ratio), rel=1e-6)
        assert near.second[1] == pytest.approx((near.first[2] - near.first[0]) / (2e-4 * ratio), rel=1e-6)


# More than one top


@pytest.mark.parametrize(("far", "at_zero"), [(2.25, True), (2.5, False)])
def test_of_two_tops_the_highest_is_taken(far, at_zero):
    """Two large classes say that classes do not differ, two pupils far apart that they do."""
    codes, y = np.repeat([0, 1, 2, 3], [40, 40, 1, 1]), np.array([-1, 1] * 40 + [-far, far])
    dense = Dense(codes, [], y)
    heights = np.array([dense.profiled(ratio) for ratio in np.append(0, np.geomspace(1e-3, 1e3, 61))])
    tops = (heights > np.append(heights[1:], np.inf)) & (heights > np.append(-np.inf, heights[:-1]))
    assert tops[0] and tops.sum() == 2
    fit = random_intercept(class_moments(codes, y))
    assert fit.at_boundary == at_zero == (heights[0] == heights.max())
    assert heights.max() <= fit.log_likelihood + 1e-9


def test_small_unequal_classes_never_miss_the_top():
    found = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        groups = int(rng.integers(4, 9))
        codes = np.repeat(np.arange(groups), rng.choice([1, 1, 2, 5, 40], groups))
        level = rng.standard_t(2, groups) * rng.choice([0.1, 1, 10])
        fit = random_intercept(class_moments(codes, level[codes] + rng.normal(0, 1, len(codes))))
        if isinstance(fit, NotEstimated):
            continue
        found += 1
        fine = profile(fit.sums, np.append(0, np.geomspace(1e-6, LARGEST_RATIO, 2000)))
        assert fit.profile.deviance[0] <= fine.deviance.min() + 1e-10
        assert fit.at_boundary or abs(fit.profile.first[0]) < 1e-8 * max(1, 1 / fit.ratio)
    assert found > 250


# statsmodels


@pytest.mark.parametrize("name", ["eef_crt", "hsb82"])
def test_mixedlm_finds_the_same_and_nothing_higher(name, real_data):
    codes, pre, post, treated = real(real_data, name)
    check_against_mixedlm(codes, [pre, treated[codes].astype(float)], post)


@pytest.mark.parametrize("seed", range(3))
def test_mixedlm_on_made_classes(seed):
    codes, pre, post, treated = school(seed, 6, 7, (5, 30))
    check_against_mixedlm(codes, [pre, treated[codes].astype(float)], post)


def check_against_mixedlm(codes, columns, y):
    fit = random_intercept(class_moments(codes, *columns, y))
    theirs = sm.MixedLM(y, sm.add_constant(np.column_stack(columns)), codes).fit(method=["bfgs", "powell"])
    assert theirs.converged
    assert theirs.llf == pytest.approx(fit.log_likelihood, rel=1e-8)
    assert fit.log_likelihood >= theirs.llf - 1e-8
    assert (np.abs(fit.coefficients - theirs.fe_params) < 1e-3 * theirs.bse_fe).all()
    assert (fit.sigma2, fit.tau2) == pytest.approx((theirs.scale, theirs.cov_re[0, 0]), rel=2e-3)


# Exact cases


def balanced(seed=3, arms=(3, 4), size=8):
    rng = np.random.default_rng(seed)
    treated = np.arange(sum(arms)) < arms[0]
    codes = np.repeat(np.arange(sum(arms)), size)
    return codes, rng.normal(0, 2, sum(arms))[codes] + rng.normal(0, 1, len(codes)), treated


def test_equal_classes_give_the_t_test_of_class_means():
    codes, y, treated = balanced()
    fit = random_intercept(with_class_variables(class_moments(codes, y), treated))
    means = np.bincount(codes, y) / 8
    arms = means[treated], means[~treated]
    pooled = sum(((arm - arm.mean()) ** 2).sum() for arm in arms) / 5
    within = sum(((y[codes == j] - means[j]) ** 2).sum() for j in range(7)) / (7 * 7)
    assert (fit.sigma2, fit.tau2) == pytest.approx((within, pooled - within / 8), rel=SAME)
    assert (fit.class_df, fit.pupil_df) == (5, 49)
    for found in (kenward_roger(fit, 1), satterthwaite(fit, 1)):
        expected = arms[0].mean() - arms[1].mean(), math.sqrt(pooled * (1 / 3 + 1 / 4)), 5
        assert (found.value, found.se, found.df) == pytest.approx(expected, rel=1e-8)


def test_variables_of_the_class_may_be_given_per_pupil_or_per_class():
    codes, pre, post, treated = school(4)
    per_pupil = class_moments(codes, treated[codes].astype(float), pre, post)
    per_class = with_class_variables(class_moments(codes, pre, post), treated)
    for field in ("n", "mean", "scatter"):
        np.testing.assert_allclose(getattr(per_class, field), getattr(per_pupil, field), atol=1e-12)
    assert (random_intercept(per_pupil).class_df, random_intercept(per_class).class_df) == (5, 5)


# What is refused


def reason(codes, *columns):
    found = random_intercept(class_moments(codes, *columns))
    assert isinstance(found, NotEstimated), found
    assert found.estimator == "random_intercept"
    return found.reason


def test_refusals():
    codes, pre, post, treated = school(1)
    each, arm = np.arange(len(post)), treated[codes].astype(float)
    assert reason(np.zeros(0, dtype=int), np.zeros(0)) == "no_pupils"
    assert reason(np.zeros_like(codes), pre, post) == "too_few_classes"
    assert reason(codes % 2, pre, np.array([1.0, 2.0])[codes % 2], post) == "too_few_classes"
    assert reason(each, pre, post) == "too_few_pupils"
    for constant in (3.3, -3.3):
        assert reason(codes, np.full(len(post), constant), post) == "singular"
    assert reason(codes, pre, 2 * pre + 1, post) == "singular"
    assert reason(codes, pre, pre + 1e-4 * post, post) == "singular"
    assert reason(codes, arm, 1 - arm, post) == "singular"
    assert reason(codes, pre, np.full(len(post), 3.3)) == "no_pupil_spread"
    assert reason(codes, pre, 0.1 * pre + 1.7 * arm) == "no_pupil_spread"
    assert reason(codes, pre, np.arange(7.0)[codes]) == "no_pupil_spread"
    assert reason(codes, pre, np.arange(7.0)[codes] + 1e-5 * post) == "no_pupil_spread"
    with np.errstate(over="ignore"):
        assert reason(codes, pre, 1e160 * post) == "out_of_reach"
    assert reason(codes, 1e-100 * pre, 1e100 * post) == "out_of_reach"


def test_covariates_alike_and_classes_worlds_apart_are_beyond_double_precision():
    """Two covariates that hardly differ, and class means 10,000 times as far apart as pupils: what is left is noise."""
    codes, pre, post, arm = school(26761, 2, 2, (10, 21))
    rng = np.random.default_rng(26761)
    shift, level = rng.normal(0, 1, (2, 4))
    almost = pre + 10 ** rng.uniform(-3, 0) * shift[codes]
    assert reason(codes, pre, almost, arm[codes], post + 10 ** rng.uniform(3, 7) * level[codes]) == "no_pupil_spread"


def test_a_given_ratio_is_refused_less_but_not_never():
    codes, pre, post, _ = school(1)
    assert random_intercept_at(class_moments(np.zeros_like(codes), pre, post), 0.2).ratio == pytest.approx(0.2)
    two = random_intercept_at(class_moments([0, 1], [1.0, 2.0], [3.0, 5.0]), 0)
    assert two == NotEstimated(estimator="random_intercept", reason="too_few_pupils")
    exact = random_intercept_at(class_moments(codes, pre, 2 * pre), 0)
    assert exact == NotEstimated(estimator="random_intercept", reason="no_pupil_spread")
    for ratio in (-0.1, math.nan, 2 * LARGEST_RATIO):
        with pytest.raises(ValueError, match="ratio"):
            random_intercept_at(class_moments(codes, pre, post), ratio)


def test_a_contrast_has_one_weight_a_coefficient():
    fit = random_intercept(class_moments(*[made("1 v 5")[0], *made("1 v 5")[1], made("1 v 5")[2]]))
    for contrast in ([1.0, 0.0], np.zeros(3), np.eye(3)):
        with pytest.raises(ValueError, match="contrast"):
            kenward_roger(fit, contrast)


def test_two_hundred_small_data_sets_give_numbers_or_a_reason():
    kinds = {"fit": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(200):
            found = random_intercept(small(seed))
            if isinstance(found, NotEstimated):
                kinds[found.reason] = kinds.get(found.reason, 0) + 1
                continue
            kinds["fit"] += 1
            numbers = [found.sigma2, found.tau2, found.log_likelihood, *found.coefficients, *found.covariance.ravel()]
            for i in range(len(found.coefficients)):
                for contrast in (kenward_roger(found, i), satterthwaite(found, i)):
                    assert contrast.se > 0 and contrast.df > 0
                    numbers += dataclasses.astuple(contrast)
            assert np.isfinite(numbers).all()
            assert 0 <= found.icc < 1
    assert kinds["fit"] > 50
    assert {"too_few_classes", "too_few_pupils", "no_pupil_spread", "singular"} < set(kinds)


def small(seed: int):
    """Moments of a few classes, now and then without spread, of one value, far from 0, or of one pupil a class."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 8))
    codes = np.repeat(np.arange(groups), rng.integers(1, rng.integers(2, 20), groups))
    treated = rng.permutation(np.arange(groups) < rng.integers(1, groups + 1))[codes].astype(float)
    x, level = rng.normal(10, 2, len(codes)), rng.normal(0, rng.choice([0, 0.1, 1, 100]), groups)[codes]
    y = 0.5 * x + level + rng.normal(0, 1, len(codes))
    match seed % 8:
        case 1:
            x, y = np.round(x), np.round(y)
        case 2:
            y = level
        case 3:
            x, y = 1e6 + x, 1e9 + 1e-3 * y
        case 4:
            y = 0.1 * x + treated
        case 5:
            treated = rng.integers(0, 2, len(codes)).astype(float)
        case 6:
            x, y = 1e-30 * x, 1e70 * y
    return class_moments(codes, x, treated, y)


# What stands beside the adjusted class means


def beside(codes, pre, post, treated, **more):
    return reml_difference(class_moments(codes, pre, post), treated, unit="points", **more)


def test_the_difference_is_the_coefficient_of_treated():
    codes, pre, post, treated = school(2, 4, 5)
    found = beside(codes, pre, post, treated)
    fit = random_intercept(class_moments(codes, pre, treated[codes].astype(float), post))
    expected = kenward_roger(fit, 2)
    assert (found.value, found.se) == pytest.approx((expected.value, expected.se), rel=SAME)
    assert found.df == found.class_df == pytest.approx(min(expected.df, 7), rel=SAME)
    assert (found.status, found.estimator, found.unit) == ("beside", "reml_kenward_roger", "points")
    assert found.icc == pytest.approx(fit.icc, rel=SAME)
    assert found.n["classes_treated"] == 4 and sum(found.n.values()) == len(post) + 9


def test_its_df_never_exceed_those_of_the_classes():
    capped = 0
    for seed in range(40):
        codes, pre, post, treated = school(seed, 1, 5, (1, 40))
        found = beside(codes, pre, post, treated)
        free = kenward_roger(random_intercept(class_moments(codes, treated[codes] * 1.0, pre, post)), 1)
        assert found.df <= 4
        assert (found.p is None) == (found.df < 4)
        capped += free.df > 4 == found.df
    assert capped > 5


def test_less_than_one_df_is_refused():
    """Three classes, the loneliest a handful of pupils: Kenward-Roger's df can fall below 1."""
    refused = 0
    for seed in range(40):
        codes, pre, post, treated = school(seed, 1, 2, (1, 40))
        found = beside(codes, pre, post, treated)
        free = kenward_roger(random_intercept(class_moments(codes, treated[codes] * 1.0, pre, post)), 1)
        if free.df < 1:
            refused += 1
            assert found == NotEstimated(estimator="reml_kenward_roger", reason="too_few_classes")
        else:
            assert (found.df, found.p) == (1, None)
    assert 5 < refused < 35


def test_class_covariates_cost_df_and_need_classes():
    codes, pre, post, treated = school(5, 6, 7)
    mean = class_moments(codes, pre).mean
    found = beside(codes, pre, post, treated, class_covariates=mean[:, 0])
    fit = random_intercept(class_moments(codes, pre, treated[codes] * 1.0, mean[codes, 0], post))
    assert found.value == pytest.approx(fit.coefficients[2], rel=1e-8)
    assert (fit.class_df, found.df <= 10) == (10, True)
    assert beside(codes, pre, post, treated, class_covariates=np.eye(13)[:, :3]).reason == "too_few_classes"
    assert beside(codes, pre, post, treated, class_covariates=treated).reason == "singular"


@pytest.mark.parametrize(("arms", "expected"), [((1, 1), "too_few_classes"), ((0, 3), "empty_arm")])
def test_arms_that_cannot_be_compared(arms, expected):
    codes, pre, post, treated = school(1, *arms)
    found = beside(codes, pre, post, treated)
    assert found == NotEstimated(estimator="reml_kenward_roger", reason=expected)


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
        assert other.df == pytest.approx(found.df, rel=1e-7)
        check_same(dataclasses.replace(other, df=found.df, class_df=found.df), found, sign, scale)


def test_pooled_moments_give_the_fit_of_pooled_rows():
    one, two = school(1, 2, 2, (1, 12)), school(2, 3, 2, (3, 20))
    columns = [np.concatenate([one[i], two[i]]) for i in (1, 2)]
    rows = class_moments(np.concatenate([one[0], two[0] + 4]), *columns)
    pooled = class_moments(*one[:3]).pooled_with(class_moments(*two[:3]))
    treated = np.concatenate([one[3], two[3]])
    from_rows, from_moments = (random_intercept(with_class_variables(m, treated)) for m in (rows, pooled))
    np.testing.assert_allclose(from_moments.coefficients, from_rows.coefficients, rtol=SAME)
    np.testing.assert_allclose(from_moments.covariance, from_rows.covariance, rtol=1e-9)
    assert from_moments.ratio == pytest.approx(from_rows.ratio, rel=1e-9)
    assert from_moments.log_likelihood == pytest.approx(from_rows.log_likelihood, rel=SAME)

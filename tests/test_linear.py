"""Least squares against exact fractions and statsmodels, analysis of variance against scipy; what is refused.

The certified sets of NIST are in ``published/test_nist_strd.py``.
"""

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from gsl_research.estimate import NotEstimated
from gsl_research.methods.linear import least_squares, one_sample, one_way
from gsl_research.methods.moments import class_moments

SAME = 1e-12
"""Two routes through the same numbers in double precision, well conditioned."""


def rows(seed: int, n: int = 30):
    """A response and three covariates of different size, one of them far from 0 and one 0 or 1."""
    rng = np.random.default_rng(seed)
    covariates = [rng.normal(1e4, 1, n), rng.integers(0, 2, n).astype(float), rng.exponential(1e-3, n)]
    return 3 + 0.5 * covariates[0] - covariates[1] + rng.normal(0, 2, n), covariates


def exact_fit(y, columns):
    """Coefficients and (X'X)^-1 in fractions: Gauss-Jordan on the normal equations."""
    columns = [[Fraction(value) for value in column] for column in columns]
    y, p = [Fraction(value) for value in y], len(columns)
    table = [
        [sum(a * b for a, b in zip(left, right, strict=True)) for right in columns]
        + [Fraction(i == j) for j in range(p)]
        + [sum(a * b for a, b in zip(left, y, strict=True))]
        for i, left in enumerate(columns)
    ]
    for i in range(p):
        table[i] = [cell / table[i][i] for cell in table[i]]
        for k in set(range(p)) - {i}:
            table[k] = [cell - table[k][i] * own for cell, own in zip(table[k], table[i], strict=True)]
    coef = [row[-1] for row in table]
    residual = [
        value - sum(b * x for b, x in zip(coef, row, strict=True)) for value, *row in zip(y, *columns, strict=True)
    ]
    return coef, np.array([[float(cell) for cell in row[p:-1]] for row in table]), residual


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_exact_solution_in_fractions(seed, intercept):
    y, covariates = rows(seed)
    fit = least_squares(y, *covariates, intercept=intercept)
    columns = [np.ones(len(y))] * intercept + covariates
    coef, inverse, residual = exact_fit(y, columns)
    ss, df = float(sum(r * r for r in residual)), len(y) - len(columns)
    around = statistics.mean(map(Fraction, y)) if intercept else 0
    np.testing.assert_allclose(fit.coef, [float(b) for b in coef], rtol=SAME)
    np.testing.assert_allclose(fit.covariance, ss / df * inverse, rtol=1e-10)
    np.testing.assert_allclose(fit.se, np.sqrt(ss / df * np.diag(inverse)), rtol=SAME)
    np.testing.assert_allclose(fit.residuals, [float(r) for r in residual], rtol=1e-9, atol=1e-12)
    assert fit.residual_ss == pytest.approx(ss, rel=SAME)
    assert fit.sigma == pytest.approx(math.sqrt(ss / df), rel=SAME)
    assert fit.r2 == pytest.approx(1 - ss / float(sum((Fraction(v) - around) ** 2 for v in y)), rel=SAME)
    assert (fit.n, fit.residual_df) == (30, df)


@pytest.mark.parametrize("intercept", [True, False])
def test_leverage_is_the_diagonal_of_the_hat_matrix_of_statsmodels(intercept):
    y, covariates = rows(9)
    design = np.column_stack([np.ones(len(y))] * intercept + covariates)
    fit = least_squares(y, *covariates, intercept=intercept)
    np.testing.assert_allclose(fit.leverage, sm.OLS(y, design).fit().get_influence().hat_matrix_diag, rtol=1e-9)
    assert fit.leverage.sum() == pytest.approx(design.shape[1], rel=SAME)


def test_without_covariates_it_is_the_mean():
    fit = least_squares([1.0, 2.0, 6.0])
    assert fit.coef == pytest.approx([3.0], rel=SAME)
    assert fit.se == pytest.approx([math.sqrt(7 / 3)], rel=SAME)
    assert fit.leverage == pytest.approx([1 / 3] * 3, rel=SAME)
    assert fit.r2 == 0


def test_a_covariate_of_two_groups_gives_the_difference_of_their_means():
    rng = np.random.default_rng(3)
    treated, scores = np.arange(20) < 8, rng.normal(10, 2, 20)
    fit = least_squares(scores, treated)
    assert fit.coef[1] == pytest.approx(scores[treated].mean() - scores[~treated].mean(), rel=SAME)
    assert fit.coef[1] / fit.se[1] == pytest.approx(
        stats.ttest_ind(scores[treated], scores[~treated]).statistic, rel=SAME
    )


def test_shift_scale_and_order_do_what_they_should():
    y, covariates = rows(5)
    fit = least_squares(y, *covariates)
    order = np.random.default_rng(6).permutation(len(y))
    moved = least_squares(2 * y[order] + 7, *(5 * covariates[k][order] - 1 for k in (2, 0, 1)))
    assert moved.coef[1:] == pytest.approx(2 / 5 * fit.coef[[3, 1, 2]], rel=1e-10)
    assert moved.se[1:] == pytest.approx(2 / 5 * fit.se[[3, 1, 2]], rel=1e-10)
    assert moved.residuals == pytest.approx(2 * fit.residuals[order], rel=1e-8, abs=1e-10)
    assert moved.leverage == pytest.approx(fit.leverage[order], rel=1e-10)
    assert moved.r2 == pytest.approx(fit.r2, rel=1e-10)


def test_refinement_keeps_digits_that_conditioning_takes():
    """A polynomial of degree five with integers: the condition number is 1,600 after centring, the fit is far off."""
    x = np.arange(21.0)
    y = sum(x**k for k in range(6)) + 1e7 * np.array([1.0, -2, 3, -1, 2, -3, 1] * 3)
    coef, *_ = exact_fit(y, [x**k for k in range(6)])
    fit = least_squares(y, *(x**k for k in range(1, 6)))
    np.testing.assert_allclose(fit.coef, [float(b) for b in coef], rtol=1e-14)


def test_a_fit_without_error_has_residuals_of_exactly_zero():
    x = np.array([0.1, 0.2, 0.4, 0.7, 0.9])
    fit = least_squares(0.3 + 0.7 * x, x)
    assert fit.coef == pytest.approx([0.3, 0.7], rel=SAME)
    assert (fit.residual_ss, fit.sigma, fit.se.any(), fit.residuals.any(), fit.r2) == (0, 0, False, False, 1)


N = 12
X = np.random.default_rng(1).normal(size=(3, N))
REFUSED = {
    "no rows": ([], [], "too_few_pupils"),
    "as many coefficients as rows": ([1.0, 2.0], [[3.0, 5.0]], "too_few_pupils"),
    "the response is zero": ([0.0] * N, [X[0]], "no_pupil_spread"),
    "the response is constant": ([0.1] * N, [X[0]], "no_pupil_spread"),
    "the response differs by rounding": ([0.3, 0.1 + 0.2] * 6, [X[0]], "no_pupil_spread"),
    "a covariate is constant": (X[1], [[0.1] * N], "singular"),
    "a covariate differs by rounding": (X[1], [[0.3, 0.1 + 0.2] * 6], "singular"),
    "one covariate is the sum of others": (X[2], [X[0], X[1], X[0] + X[1] / 3], "singular"),
    "dummies of all groups": (X[2], [np.arange(N) % 3 == k for k in range(3)], "singular"),
    "covariates that hardly differ": (X[2], [X[0], X[0] + 1e-9 * X[1]], "out_of_reach"),
    "a response far from 0": (1e9 + X[2], [X[0]], "out_of_reach"),
    "a covariate far from 0": (X[2], [1e9 + X[0]], "out_of_reach"),
    "residuals near rounding": (1e6 * X[0] + 1e-6 * X[1], [X[0]], "out_of_reach"),
    "values that are too large": (1e80 * X[2], [X[0]], "out_of_reach"),
    "values that are too small": (X[2], [1e-80 * X[0]], "out_of_reach"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_fitted_is_refused(case):
    y, covariates, reason = REFUSED[case]
    assert least_squares(y, *covariates) == NotEstimated(estimator="least_squares", reason=reason)


def test_many_rows_far_from_zero_keep_nine_digits():
    """Rounding adds up like a length: a million beside a spread of 1 is allowed, for 400 rows as for 4."""
    rng = np.random.default_rng(8)
    x, y = 2.0**20 + rng.normal(size=(2, 400))
    far, near = least_squares(y, x), least_squares(y - 2.0**20, x - 2.0**20)
    assert (far.coef[1], far.se[1], far.sigma) == pytest.approx((near.coef[1], near.se[1], near.sigma), rel=1e-9)


def test_without_intercept_a_constant_covariate_is_a_covariate():
    fit = least_squares(X[0], np.full(N, 2.0), intercept=False)
    assert fit.coef == pytest.approx([X[0].mean() / 2], rel=SAME)
    assert least_squares(X[0], np.zeros(N), intercept=False).reason == "singular"


def test_random_columns_never_give_a_number_that_is_none():
    rng = np.random.default_rng(11)
    seen = set()
    for _ in range(1500):
        n, columns = int(rng.integers(1, 15)), []
        for _ in range(rng.integers(1, 4)):
            base = rng.choice([0, 1, 2, 3, 4])
            column = [
                rng.normal(size=n),
                rng.integers(0, 2, n) * 0.3,
                np.full(n, 0.7),
                3 * columns[0] + 0.1 if columns else rng.normal(size=n),
                columns[0] + rng.normal(size=n) * 10.0 ** -rng.integers(1, 17) if columns else rng.normal(size=n),
            ][base]
            columns.append(column * 10.0 ** rng.choice([0, 0, -70, -50, 50, 70]) + rng.choice([0, 0, 1e3, 1e12]))
        with np.errstate(all="raise", under="ignore"):
            fit = least_squares(*columns, intercept=len(columns) == 1 or bool(rng.integers(2)))
        if isinstance(fit, NotEstimated):
            seen.add(fit.reason)
            continue
        seen.add("exact" if fit.residual_ss == 0 else "fitted")
        for values in (fit.coef, fit.covariance, fit.se, fit.residuals, fit.leverage, fit.r2, fit.sigma):
            assert np.isfinite(values).all()
        assert 0 <= fit.r2 <= 1
        assert fit.leverage.sum() == pytest.approx(len(fit.coef), rel=1e-9)
    assert seen == {"fitted", "exact", "too_few_pupils", "singular", "no_pupil_spread", "out_of_reach"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0, 2.0, 3.0], [1.0, 2.0]), "must be"),
        (([[1.0, 2.0, 3.0]],), "must be"),
        (([1.0, 2.0, float("nan")], [1.0, 2.0, 4.0]), "finite"),
        (([1.0, 2.0, 3.0], [1.0, 2.0, float("inf")]), "finite"),
    ],
)
def test_what_is_no_column_is_a_mistake(arguments, words):
    with pytest.raises(ValueError, match=words):
        least_squares(*arguments)


def test_nothing_to_fit_is_a_mistake():
    with pytest.raises(ValueError, match="covariate"):
        least_squares([1.0, 2.0], intercept=False)


@pytest.mark.parametrize("seed", range(4))
def test_one_way_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(5), rng.integers(1, 9, 5)))
    scores = rng.normal(10, 2, len(codes)) + 0.5 * codes
    groups = [scores[codes == j] for j in range(5)]
    found, known = one_way(class_moments(codes, codes * 1.0, scores), 1), stats.f_oneway(*groups)
    assert (found.f, found.p) == pytest.approx((known.statistic, known.pvalue), rel=1e-10)
    assert found.within_ss == pytest.approx(sum(((g - g.mean()) ** 2).sum() for g in groups), rel=SAME)
    assert found.between_ss + found.within_ss == pytest.approx(((scores - scores.mean()) ** 2).sum(), rel=SAME)
    assert found.r2 == pytest.approx(1 - found.within_ss / ((scores - scores.mean()) ** 2).sum(), rel=SAME)
    assert found.sigma == pytest.approx(math.sqrt(found.within_ss / (len(codes) - 5)), rel=SAME)
    assert (found.between_df, found.within_df) == (4, len(codes) - 5)
    assert one_way(class_moments(codes, scores, codes * 1.0)) == found, "the first variable, if none is named"


def test_one_way_does_not_see_where_zero_lies():
    codes, scores = np.arange(12) % 3, np.arange(12.0) ** 2
    near, far = (one_way(class_moments(codes, scores + shift)) for shift in (0, 2.0**20))
    assert (far.between_ss, far.within_ss) == pytest.approx((near.between_ss, near.within_ss), rel=1e-10)


@pytest.mark.parametrize(
    ("codes", "scores", "reason"),
    [
        ([], [], "no_pupils"),
        ([0, 0, 0], [1, 2, 4], "too_few_classes"),
        ([0, 1, 2], [1, 2, 4], "too_few_pupils"),
        ([0, 0, 1, 1], [0.3, 0.3, 0.7, 0.7], "no_pupil_spread"),
        ([0, 0, 1, 1], [0, 0, 0, 0], "no_pupil_spread"),
        ([0, 0, 1, 1], [0.3, 0.1 + 0.2, 0.7, 0.7], "no_pupil_spread"),
        ([0, 0, 1, 1], [1e9, 1e9 + 1, 1e9, 1e9 + 2], "out_of_reach"),
        ([0, 0, 1, 1], [1e200, 2e200, 3e200, 5e200], "out_of_reach"),
        ([0, 0, 1, 1], [1e308, -1e308, 1e308, -1e308], "out_of_reach"),
        ([0, 0, 1, 1], [1.0, 2.0, 1e200, 1e200], "out_of_reach"),
    ],
)
def test_what_one_way_refuses(codes, scores, reason):
    moments = class_moments(np.array(codes, dtype=int), scores)
    assert one_way(moments) == NotEstimated(estimator="one_way", reason=reason)


def test_one_way_in_fractions_far_from_zero():
    """Large classes whose means hardly differ: fewer digits of F survive than of the spread within classes."""
    codes = np.arange(4000) % 2
    scores = 1e4 + np.random.default_rng(4).normal(size=4000)
    groups = [[Fraction(value) for value in scores[codes == j]] for j in (0, 1)]
    means = [sum(group) / 2000 for group in groups]
    between = sum(2000 * (mean - sum(means) / 2) ** 2 for mean in means)
    within = sum((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group)
    found = one_way(class_moments(codes, scores))
    assert found.f + 1 == pytest.approx(float(1 + between / within * 3998), rel=1e-9)
    for scale in (1e-4, 1, 1e4):
        assert one_way(class_moments(codes, scale * scores)).f == pytest.approx(found.f, rel=1e-6)
        assert one_way(class_moments(codes, scale * (scores + 1e6))).reason == "out_of_reach"


def test_one_way_with_one_degree_of_freedom_within():
    found = one_way(class_moments([0, 0, 1], [1.0, 3.0, 8.0]))
    assert (found.within_df, found.within_ss, found.between_ss) == (1, 2, pytest.approx(24, rel=SAME))


def test_mean_and_spread_in_fractions():
    values = np.random.default_rng(2).normal(1e4, 1, 200)
    found = one_sample(values)
    exact = [Fraction(value) for value in values]
    assert found.n == 200
    assert found.mean == pytest.approx(float(statistics.mean(exact)), rel=1e-15)
    assert found.sd == pytest.approx(float(statistics.stdev(exact)), rel=SAME)


@pytest.mark.parametrize("values", [[0.1] * 7, [0.3, 0.1 + 0.2, 0.3], [0, 0, 0]])
def test_values_that_do_not_differ_have_a_standard_deviation_of_exactly_zero(values):
    assert one_sample(values).sd == 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "no_pupils"),
        ([3.0], "too_few_pupils"),
        ([1e9, 1e9 + 1], "out_of_reach"),
        ([1e80, 3e80], "out_of_reach"),
    ],
)
def test_what_one_sample_refuses(values, reason):
    assert one_sample(values) == NotEstimated(estimator="one_sample", reason=reason)

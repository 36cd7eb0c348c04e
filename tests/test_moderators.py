"""Meta-regression: the dense likelihood, generalised least squares, metafor at its own tau2, and false alarms."""

import math

import numpy as np
import pytest
from oracle import metareg
from scipy import optimize, stats
from test_oracle import RECORDS
from test_pooled_likelihood import dense_likelihood, network

from gsl_research.estimate import NotEstimated
from gsl_research.methods import moderators
from gsl_research.methods.moderators import CARDS_PER_MODERATOR, meta_regression
from gsl_research.methods.pooling import random_effects

SAME = 1e-9


def made(seed: int, k: int = 24, m: int = 1, spread: float = 0.2):
    y, v = network(seed, k, spread)
    x = np.random.default_rng(seed + 100).normal(3, 2, (k, m))
    return y + 0.1 * x[:, 0], v, x


@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_the_top_of_the_dense_likelihood_with_generalised_least_squares(m, spread):
    for seed in range(5):
        y, v, x = made(seed, 24, m, spread)
        design = np.column_stack([np.ones(24), x])
        fit = meta_regression(y, v, x)
        best = optimize.minimize_scalar(
            lambda t, y=y, v=v, design=design: -dense_likelihood(t, y, v, design),
            bounds=(0, 3),
            options={"xatol": 1e-10},
        )
        assert dense_likelihood(fit.tau2, y, v, design) >= -best.fun - 1e-11
        w = 1 / (v + fit.tau2)
        covariance = np.linalg.inv(design.T @ (w[:, None] * design))
        b = covariance @ design.T @ (w * y)
        q = float(w @ (y - design @ b) ** 2) / fit.df
        assert fit.coefficients == pytest.approx(b, rel=1e-8)
        assert fit.wald == pytest.approx(covariance, rel=1e-8)
        assert fit.scale == pytest.approx(q, rel=1e-8)
        one = fit.coefficient(1)
        assert (one.value, one.df) == (pytest.approx(b[1], rel=1e-8), 24 - 1 - m)
        assert one.se == pytest.approx(math.sqrt(max(1, q) * covariance[1, 1]), rel=1e-8)
        f, p = fit.together()
        assert f == pytest.approx(b[1:] @ np.linalg.inv(max(1, q) * covariance[1:, 1:]) @ b[1:] / m, rel=1e-7)
        assert p == pytest.approx(stats.f.sf(f, m, fit.df), rel=1e-8)


def test_derivatives_are_those_of_the_likelihood(monkeypatch):
    caught = []
    monkeypatch.setattr(moderators, "highest", lambda lines: caught.append(lines) or np.array([0.1]))
    meta_regression(*made(3, m=2))
    for tau2 in (0.01, 0.1, 1.0):
        at, step = np.array([[tau2]]), 1e-4 * tau2
        slope, bend = caught[0].slope_and_bend(at)
        up, down = caught[0].log_likelihood(at + step), caught[0].log_likelihood(at - step)
        assert slope == pytest.approx((down - up) / step, rel=1e-5)
        change = caught[0].slope(at + step) - caught[0].slope(at - step)
        assert bend == pytest.approx(change / (2 * step), rel=1e-6)


def test_one_moderator_of_two_kinds_compares_two_groups():
    y, v, _ = made(4, 40)
    kind = np.arange(40) % 2
    fit = meta_regression(y, v, kind)
    f, p = fit.together()
    t = fit.coefficient(1).value / fit.coefficient(1).se
    assert (f, p) == pytest.approx((t**2, 2 * stats.t.sf(abs(t), 38)), rel=1e-8)
    assert fit.coefficients[0] + fit.coefficients[1] == pytest.approx(
        np.average(y[kind == 1], weights=1 / (v + fit.tau2)[kind == 1]), rel=SAME
    )


def test_a_moderator_in_other_units_says_the_same():
    y, v, x = made(6)
    once, again = meta_regression(y, v, x), meta_regression(y + 5, v, 100 + 1e-3 * x)
    assert again.coefficient(1).value == pytest.approx(1e3 * once.coefficient(1).value, rel=1e-7)
    assert again.coefficient(1).se == pytest.approx(1e3 * once.coefficient(1).se, rel=1e-7)
    assert again.tau2 == pytest.approx(once.tau2, rel=1e-7)
    assert again.log_likelihood == pytest.approx(once.log_likelihood, rel=1e-7)


def test_likelihood_and_q_are_of_what_is_left():
    y, v, x = made(8)
    design = np.column_stack([np.ones(24), x])
    fit = meta_regression(y, v, x)
    assert fit.log_likelihood == pytest.approx(dense_likelihood(fit.tau2, y, v, design), rel=SAME)
    root = np.sqrt(1 / v)
    assert fit.cochran == pytest.approx(np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[1][0], rel=SAME)


@pytest.mark.parametrize("key", metareg.DATA)
def test_at_metafors_tau2_everything_is_metafors(key, real_data, monkeypatch):
    theirs = RECORDS[key]
    place = "" if key == metareg.GRADE else "z."
    data, x = metareg.records(real_data, key)
    fit = meta_regression(data.yi, data.vi, x)
    assert fit.log_likelihood >= theirs[f"{place}loglik"]
    assert fit.tau2 == pytest.approx(theirs[f"{place}tau2"], abs=1e-5)
    monkeypatch.setattr(moderators, "highest", lambda lines: np.array([theirs[f"{place}tau2"]]))
    for name, value in metareg.ours(real_data, key).items():
        if "by_group" not in name:
            assert value == pytest.approx(theirs[name], rel=1e-8), name


def test_weeks_leave_no_variance_in_raudenbush(real_data):
    """metafor's 6.6e-7 is where it stops: the deviance rises from 0 on."""
    data, weeks = metareg.records(real_data, "metareg.raudenbush_weeks")
    y, v, design = data.yi.to_numpy(), data.vi.to_numpy(), np.column_stack([np.ones(19), weeks])
    assert meta_regression(y, v, weeks).tau2 == 0
    assert dense_likelihood(6.6e-7, y, v, design) < dense_likelihood(0, y, v, design)


def test_what_cannot_be_told_is_refused():
    y, v, x = made(1, 20, 2)
    assert CARDS_PER_MODERATOR == 10
    assert meta_regression(y, v, x).df == 17
    for changed, reason in (
        ((y[:19], v[:19], x[:19]), "too_few_classes"),
        ((y[:9], v[:9], x[:9, 0]), "too_few_classes"),
        ((y, v, np.ones(20)), "singular"),
        ((y, v, np.column_stack([x[:, 0], 2 * x[:, 0] + 1])), "singular"),
        ((y, v, np.arange(20) == 3), "too_few_classes"),
        ((y, np.where(np.arange(20) == 3, 1e-14, v), x), "no_pupil_spread"),
        ((y * 1e70, v, x), "out_of_reach"),
        ((y, v, x * 1e70), "out_of_reach"),
    ):
        assert meta_regression(*changed) == NotEstimated(estimator="meta_regression", reason=reason)
    assert not isinstance(meta_regression(y, v, np.arange(20) < 2), NotEstimated)
    for changed, message in (
        ((y, v[:5], x), "must be"),
        ((y, v, x[:5]), "must be"),
        ((y, v, np.ones((20, 0))), "must be"),
        ((y, -v, x), "finite"),
        ((y, v, x * np.nan), "finite"),
        ((y * np.inf, v, x), "finite"),
        ((y, v * np.inf, x), "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            meta_regression(*changed)


def test_a_moderator_without_meaning_is_left_alone():
    """False alarms at 5 %, 20 estimates, spread 0.2: with two Monte-Carlo standard errors."""
    alarms, runs = 0, 800
    for seed in range(runs):
        y, v = network(seed, 20)
        one = meta_regression(y, v, np.random.default_rng(seed + 10_000).normal(size=20)).coefficient(1)
        alarms += 2 * stats.t.sf(abs(one.value / one.se), one.df) < 0.05
    assert alarms / runs == pytest.approx(0.05, abs=2 * math.sqrt(0.05 * 0.95 / runs))
    assert random_effects(y, v).df == 19


def test_estimates_on_a_line_leave_nothing():
    """What is left may round to less than nothing."""
    for seed in range(40):
        x = np.random.default_rng(seed).normal(5, 3, 12)
        fit = meta_regression(0.1 + 0.07 * x, np.linspace(0.01, 0.03, 12), x)
        assert (fit.tau2, fit.scale, fit.cochran) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
        assert fit.coefficients[1] == pytest.approx(0.07)

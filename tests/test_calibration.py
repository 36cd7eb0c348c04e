"""Seeded simulations, a small version of ``benchmarks/calibration.py``: intervals that promise 95 % keep it."""

import numpy as np
import pytest
from conftest import benchmark

from gsl_research.methods import clusters

CALIBRATION = benchmark("calibration")
WORLDS = {world.name: world for world in CALIBRATION.WORLDS}
RUNS = 4_000
BOUND = 2
"""Monte-Carlo standard errors."""


@pytest.mark.parametrize(("treated", "control"), [(2, 2), (3, 3), (1, 5)])
def test_five_percent_of_studies_without_an_effect_seem_to_have_one(treated, control):
    runs = 10_000
    misses = 0
    for made in CALIBRATION.studies(WORLDS["normal"], treated, control, 0.15, runs):
        means = clusters.adjusted_means(made.plain, made.treated)
        misses += not clusters.adjusted_difference(means, unit="points").interval.holds(0)
    assert misses / runs == pytest.approx(0.05, abs=BOUND * CALIBRATION.monte_carlo_se(runs))


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(("treated", "control"), [(3, 3), (2, 6)])
def test_every_interval_keeps_its_promise_or_the_report_caps_it(name, treated, control):
    found = CALIBRATION.tally(WORLDS[name], treated, control, 0.15, 1_000)
    assert {"adjusted", "g", "corrected", "class_mean_pre"} <= set(found)
    assert ("gain" in found) == (name != "apart")
    for interval, tally in found.items():
        assert tally.given >= 990, interval
        assert not CALIBRATION.outside(tally) or CALIBRATION.small_arm(treated, control), (interval, tally)


def test_double_class_spread_in_a_small_arm_is_why_the_report_caps_it():
    """Methods page, 2.3: 14 % at 2 v 6 when the two treated classes vary twice as much."""
    found = CALIBRATION.tally(WORLDS["spread"], 2, 6, 0.15, 1_500)["adjusted"]
    assert found.false_positives == pytest.approx(0.14, abs=0.03)


def test_many_classes_have_more_intervals():
    found = CALIBRATION.tally(WORLDS["sizes"], 10, 10, 0.15, 400)
    assert {"kenward_roger", "cr2", "welch"} <= set(found)
    assert not any(map(CALIBRATION.outside, found.values()))


def test_the_panel_keeps_its_promise_when_it_assumes_the_truth():
    share = CALIBRATION.panel_misses(0.15, 0.15, 10_000)
    assert share == pytest.approx(0.05, abs=BOUND * CALIBRATION.monte_carlo_se(10_000))


def test_the_panel_shows_why_an_icc_of_nothing_is_no_answer():
    """Pupils as the unit: about a third of such studies would claim a difference (methods page, table 2.7: 32.6 %)."""
    assert CALIBRATION.panel_misses(0.15, 0.0, 1_000) == pytest.approx(0.326, abs=0.03)


@pytest.mark.parametrize("misses", [
    lambda runs: CALIBRATION.borrowed_misses(0.15, 4, runs),
    lambda runs: CALIBRATION.block_misses(5, 0.15, runs),
    lambda runs: CALIBRATION.end_only_misses(4, 4, 0.15, runs),
    lambda runs: CALIBRATION.divided_misses(1, 0.15, 0.0, runs),
    lambda runs: CALIBRATION.divided_misses(8, 0.15, 0.2, runs),
    lambda runs: CALIBRATION.share_misses(8, 0.0, 0.15, runs),
    lambda runs: CALIBRATION.level_misses(8, 0.15, runs),
    lambda runs: CALIBRATION.divided_share_misses(1, 0.0, 0.15, runs),
    lambda runs: CALIBRATION.rollout_misses((2, 2, 2, 2), 0.15, True, runs),
    lambda runs: CALIBRATION.rollout_misses((1, 1, 1, 1), 0.15, False, runs),
    lambda runs: CALIBRATION.trend_misses(4, 2, 0.0, runs),
], ids=[
    "borrowed from four classes", "five schools", "no test before", "one class divided", "eight classes divided",
    "passed or not", "five levels", "passed or not, one class divided", "eight classes in turn",
    "four classes in turn, not drawn", "years of two classes",
])  # fmt: skip
def test_other_designs_keep_theirs(misses):
    assert 0.03 <= misses(RUNS) <= 0.05 + BOUND * CALIBRATION.monte_carlo_se(RUNS)


def test_a_permutation_p_of_five_percent_is_never_more():
    share = CALIBRATION.permutation_misses(3, 5, 0.15, 1_000)
    assert 0.02 < share <= 0.05 + BOUND * CALIBRATION.monte_carlo_se(1_000)


@pytest.mark.parametrize("icc", [0.0, 0.15])
def test_the_icc_is_about_right_on_average(icc):
    made = CALIBRATION.studies(WORLDS["normal"], 10, 10, icc, 400)
    found = [clusters.anova_icc(study.plain, study.treated, 1) for study in made]
    assert np.mean(found) == pytest.approx(icc, abs=0.02)


def test_a_tally_outside_its_bounds_is_noticed():
    assert not CALIBRATION.outside(CALIBRATION.Tally(10_000, 0.064, 0.936))
    assert CALIBRATION.outside(CALIBRATION.Tally(10_000, 0.066, 0.95))
    assert CALIBRATION.outside(CALIBRATION.Tally(10_000, 0.05, 0.924))
    assert CALIBRATION.too_wide(CALIBRATION.Tally(10_000, 0.02, 0.976))
    assert not CALIBRATION.too_wide(CALIBRATION.Tally(10_000, 0.03, 0.972))

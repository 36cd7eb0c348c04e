"""Seeded simulations: intervals that promise 95 % keep it when the approach does nothing."""

import importlib.util

import pytest
from conftest import PROJECT

from gsl_research.methods import clusters

RUNS = 10_000
BOUND = 2
"""Monte-Carlo standard errors around 5 %."""


def benchmark():
    spec = importlib.util.spec_from_file_location("calibration", PROJECT / "benchmarks" / "calibration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CALIBRATION = benchmark()


@pytest.mark.parametrize(("treated", "control"), [(2, 2), (3, 3), (1, 5)])
def test_five_percent_of_studies_without_an_effect_seem_to_have_one(treated, control):
    share = CALIBRATION.false_positives(treated, control, 0.15, RUNS)
    assert share == pytest.approx(0.05, abs=BOUND * CALIBRATION.monte_carlo_se(RUNS))


def test_the_panel_keeps_its_promise_when_it_assumes_the_truth():
    share = CALIBRATION.panel_misses(0.15, 0.15, RUNS)
    assert share == pytest.approx(0.05, abs=BOUND * CALIBRATION.monte_carlo_se(RUNS))


def test_the_panel_shows_why_an_icc_of_nothing_is_no_answer():
    """Pupils as the unit: about a third of such studies would claim a difference (methods page, table 2.7: 32.6 %)."""
    assert CALIBRATION.panel_misses(0.15, 0.0, 1_000) == pytest.approx(0.326, abs=0.03)


@pytest.mark.parametrize("icc", [0.0, 0.15])
def test_the_icc_is_about_right_on_average(icc):
    found = [clusters.anova_icc(moments, arm, 1) for moments, arm in CALIBRATION.studies(10, 10, icc, 400)]
    assert sum(found) / len(found) == pytest.approx(icc, abs=0.02)

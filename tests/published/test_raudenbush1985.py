"""Raudenbush & Bryk (1985), doi:10.2307/1164640, on Raudenbush (1984): what teachers expect, 19 experiments.

Mean, its SE and the variance between experiments, with and without weeks of contact before (3 for 3 and more), as
printed for the empirical Bayes model by REML in Raudenbush & Bryk (2002), Hierarchical Linear Models, chapter 7
[recalled]. Q is in all of them.
"""

import numpy as np
import pandas as pd
import pytest

from gsl_research.methods.moderators import meta_regression
from gsl_research.methods.pooling import random_effects

PRINTED_3 = 0.5e-3


def test_the_mean_of_all(real_data):
    data = pd.read_csv(real_data / "meta_raudenbush1985.csv")
    fit = random_effects(data.yi, data.vi)
    assert fit.value == pytest.approx(0.084, abs=PRINTED_3)
    assert fit.wald_se == pytest.approx(0.052, abs=PRINTED_3)
    assert fit.tau2 == pytest.approx(0.019, abs=PRINTED_3)
    assert fit.cochran == pytest.approx(35.83, abs=0.5e-2)


def test_weeks_before(real_data):
    data = pd.read_csv(real_data / "meta_raudenbush1985.csv")
    fit = meta_regression(data.yi, data.vi, np.minimum(data.weeks, 3))
    assert fit.coefficients == pytest.approx([0.407, -0.157], abs=PRINTED_3)
    assert np.sqrt(np.diag(fit.wald)) == pytest.approx([0.087, 0.036], abs=PRINTED_3)
    assert fit.tau2 == pytest.approx(0.000, abs=PRINTED_3)
    assert fit.cochran == pytest.approx(16.57, abs=0.5e-2)

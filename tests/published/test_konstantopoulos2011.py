"""Konstantopoulos (2011), Research Synthesis Methods 2(1), doi:10.1002/jrsm.35: school calendars, 56 schools in 11
districts. Two and three levels without moderators, as printed there by REML in three decimals [recalled].
"""

import math

import pandas as pd
import pytest

from gsl_research.methods.pooling import random_effects
from gsl_research.methods.pooling_levels import several_per_school

PRINTED_3 = 0.5e-3


def test_two_levels(real_data):
    data = pd.read_csv(real_data / "meta_konstantopoulos2011.csv")
    fit = random_effects(data.yi, data.vi)
    assert (fit.value, fit.wald_se, fit.tau2) == pytest.approx((0.128, 0.044, 0.088), abs=PRINTED_3)


def test_three_levels(real_data):
    data = pd.read_csv(real_data / "meta_konstantopoulos2011.csv")
    fit = several_per_school(data.yi, data.vi, data.district)
    assert fit.coefficients[0] == pytest.approx(0.185, abs=PRINTED_3)
    assert math.sqrt(fit.covariance[0, 0]) == pytest.approx(0.085, abs=PRINTED_3)
    assert (fit.between, fit.within) == pytest.approx((0.065, 0.033), abs=PRINTED_3)

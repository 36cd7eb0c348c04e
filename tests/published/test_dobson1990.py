"""Dobson (1990), An Introduction to Generalized Linear Models, p. 9: weights of plants in two groups of ten.

The data are R's ``lm.D9`` example. Difference, SE, t, p and residual SD as R's ``summary(lm(weight ~ group))`` prints
them [recalled]. Each plant is a class of its own, so that the t on class means is Student's t.
"""

import numpy as np
import pytest

from gsl_research.methods import clusters
from gsl_research.methods.moments import class_moments

CONTROL = [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14]
TREATED = [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69]


def test_two_groups():
    treated = np.arange(20) >= 10
    moments = class_moments(np.arange(20), np.zeros(20), CONTROL + TREATED)
    found = clusters.adjusted_difference(clusters.adjusted_means(moments, treated), unit="points")
    assert found.value == pytest.approx(-0.3710, abs=0.5e-4)
    assert found.se == pytest.approx(0.3114, abs=0.5e-4)
    assert found.value / found.se == pytest.approx(-1.191, abs=0.5e-3)
    assert (found.df, found.p) == (18, pytest.approx(0.249, abs=0.5e-3))
    assert clusters.total_sd(moments, treated, 1) == pytest.approx(0.6964, abs=0.5e-4)

"""Student (1908), The probable error of a mean, Biometrika 6, p. 20: hours of sleep of ten patients with two drugs.

The data are R's ``sleep``. Student's table prints the mean difference 1.58 and its SD 1.17 with divisor n. The t, p
and limits are those R's ``t.test(..., paired = TRUE)`` prints, as in many textbooks.
Student's own probability, .9985, was read from his table by interpolation; exact is .99858, so it is left out.
"""

import math

import numpy as np
import pytest

from gsl_research.methods import clusters
from gsl_research.methods.differences import growth
from gsl_research.methods.moments import class_moments
from gsl_research.methods.student import two_sided_p

FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_paired():
    gain = growth(class_moments([0] * 10, FIRST, SECOND), unit="hours")
    assert gain.value == pytest.approx(1.58, abs=0.5e-2)
    assert gain.se * math.sqrt(9) == pytest.approx(1.17, abs=0.5e-2)
    assert gain.value / gain.se == pytest.approx(4.0621, abs=0.5e-4)
    assert gain.df == 9
    assert two_sided_p(gain.value, gain.se, gain.df) == pytest.approx(0.002833, abs=0.5e-6)
    assert gain.interval.low == pytest.approx(0.7001142, abs=0.5e-7)
    assert gain.interval.high == pytest.approx(2.4598858, abs=0.5e-7)


def test_as_two_groups():
    """R's ``t.test(extra ~ group, data = sleep, var.equal = TRUE)`` [printed values recalled]; each patient a class."""
    scores = np.array(FIRST + SECOND)
    second = np.arange(20) >= 10
    means = clusters.adjusted_means(class_moments(np.arange(20), np.zeros(20), scores), second)
    found = clusters.adjusted_difference(means, unit="hours")
    assert found.value / found.se == pytest.approx(1.8608, abs=0.5e-4)
    assert (found.df, found.p) == (18, pytest.approx(0.07919, abs=0.5e-5))
    assert found.interval.low == pytest.approx(-0.203874, abs=0.5e-6)
    assert found.interval.high == pytest.approx(3.363874, abs=0.5e-6)

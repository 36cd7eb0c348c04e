"""Welch's test on Student's (1908) hours of sleep: the first lines that R's ``t.test(extra ~ group, data = sleep)``
prints, as in many textbooks [recalled]; and Student's own with equal spread.
"""

import numpy as np
import pytest

from gsl_research.methods.pupils import post_difference, welch

FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_two_groups():
    scores, second = np.array(FIRST + SECOND), np.arange(20) >= 10
    found = welch(scores, second, unit="hours")
    assert found.value / found.se == pytest.approx(1.8608, abs=0.5e-4)
    assert (found.df, found.p) == (pytest.approx(17.776, abs=0.5e-3), pytest.approx(0.07939, abs=0.5e-5))
    assert found.interval.low == pytest.approx(-0.2054832, abs=0.5e-7)
    assert found.interval.high == pytest.approx(3.3654832, abs=0.5e-7)
    equal = post_difference(scores, second, unit="hours")
    assert (equal.df, equal.p) == (18, pytest.approx(0.07919, abs=0.5e-5))

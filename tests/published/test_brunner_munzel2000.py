"""Brunner & Munzel (2000), Biometrical Journal 42, 17-25: pain scores on the third day after surgery of 14 patients
under treatment Y and 11 under N. Numbers as R's ``lawstat::brunner.munzel.test`` prints them for these data [recalled].
"""

import pytest

from gsl_research.methods.ordinal import brunner_munzel, chance_of

Y = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
N = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]


def test_pain_scores():
    found = brunner_munzel(Y + N, [False] * len(Y) + [True] * len(N), unit="ridits")
    assert found.value / found.se == pytest.approx(3.1375, abs=0.5e-4)
    assert (found.df, found.p) == (pytest.approx(17.683, abs=0.5e-3), pytest.approx(0.005786, abs=0.5e-6))
    chance = chance_of(found)
    assert chance.value == pytest.approx(0.788961, abs=0.5e-6)
    assert chance.interval.low == pytest.approx(0.5952169, abs=0.5e-7)
    assert chance.interval.high == pytest.approx(0.9827052, abs=0.5e-7)

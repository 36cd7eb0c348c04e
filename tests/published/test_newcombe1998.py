"""Newcombe (1998), Statistics in Medicine 17: p. 857-872, table I, method 3 (Wilson's interval of one share), and p.
873-890, table II, method 10 (the difference of two). As quoted, in four digits, by the tests of several packages (R's
propint, ratesci and others); the paper itself was not at hand [recalled].
"""

import pytest

from gsl_research.methods.mastery import Shares, newcombe, wilson

PRINTED_4 = 0.5e-4


@pytest.mark.parametrize(
    ("passed", "pupils", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_one_share(passed, pupils, low, high):
    found = wilson(passed, pupils)
    assert (found.low, found.high) == pytest.approx((low, high), abs=PRINTED_4)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_the_difference_of_two(counts, low, high):
    found = newcombe(Shares(*counts), unit="share").interval
    assert (found.low, found.high) == pytest.approx((low, high), abs=PRINTED_4)

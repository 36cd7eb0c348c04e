"""NIST Statistical Reference Datasets (itl.nist.gov/div898/strd): certified least squares, one-way analysis of variance
and means with their standard deviation. US government work, public domain.

Each file in ``nist/`` names the public copy that it was taken from. SmLs, NumAcc2-4 and PiDigits are made by NIST's
own rule; the nine SmLs were compared with the files that scipy ships and are equal row by row. NIST certifies also
lag-1 autocorrelations, which the package does not compute.

PiDigits: digit 957 of NIST's list is a 3, where pi has an 8. The certified mean and standard deviation are those of
the list with the 3 (sums 22674 and 143922; pi's own are 22679 and 143977).

*lre*: correct digits, -log10 of the relative error. Lower and average difficulty need nine; of higher difficulty a set
is answered with nine, or refused.
"""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from gsl_research.estimate import NotEstimated
from gsl_research.methods.linear import least_squares, one_sample, one_way
from gsl_research.methods.moments import class_moments

FOLDER = Path(__file__).parent / "nist"
DIGITS = 9

LINEAR = [
    "Norris",
    "Pontius",
    "NoInt1",
    "NoInt2",
    "Longley",
    "Wampler1",
    "Wampler2",
    "Wampler3",
    "Wampler4",
    "Wampler5",
]
SMALL_LEVELS = {1: "1", 2: "1", 3: "1", 4: "1000000", 5: "1000000", 6: "1000000"}
TOO_HIGH_LEVELS = {7: 21, 8: 201, 9: 2001}
SMALL_R2 = {21: 4.82758620689655e-01, 201: 4.71830985915493e-01, 2001: 4.70712773465067e-01}
NUMBERS = {
    "PiDigits": (4.53480000000000, 2.86733906028871),
    "NumAcc1": (10000002, 1),
    "NumAcc2": (1.2, 0.1),
    "NumAcc3": (1000000.2, 0.1),
}


def lre(found: float, certified: float) -> float:
    if found == certified:
        return 15
    return -math.log10(abs(found - certified) / (abs(certified) or 1))


def halves(name: str) -> tuple[str, np.ndarray]:
    head, data = re.split(r"(?m)^Data:.*\n", (FOLDER / f"{name}.dat").read_text("utf-8"))
    return head, np.array([[float(cell) for cell in line.split()] for line in data.strip().splitlines()])


def certified(head: str, words: str) -> list[float]:
    return [float(number) for number in re.search(rf"{words}(.*)", head)[1].split()]


def fitted(name: str):
    """The fit, and NIST's coefficients with their standard deviations (p, 2). One covariate stands for its powers."""
    head, rows = halves(name)
    coef = np.array(re.findall(r"(?m)^ +B\d+ +(\S+) +(\S+)$", head), dtype=float)
    intercept = not name.startswith("NoInt")
    covariates = rows[:, 1:].T
    if len(covariates) == 1:
        covariates = [rows[:, 1] ** power for power in range(1, len(coef) + 1 - intercept)]
    return least_squares(rows[:, 0], *covariates, intercept=intercept), coef, head


@pytest.mark.parametrize("name", LINEAR)
def test_least_squares(name):
    fit, coef, head = fitted(name)
    for found, known in zip([*fit.coef, *fit.se], coef.T.ravel(), strict=True):
        assert lre(found, known) >= DIGITS
    assert lre(fit.sigma, *certified(head, "Standard Deviation")) >= DIGITS
    assert lre(fit.r2, *certified(head, "R-Squared")) >= DIGITS
    if name != "Longley":  # the copy that was found leaves its analysis of variance out
        df, ss, ms = certified(head, "Residual  ")
        assert fit.residual_df == df
        assert lre(fit.residual_ss, ss) >= DIGITS
        assert lre(fit.residual_ss / fit.residual_df, ms) >= DIGITS


def test_filip_is_refused():
    """Powers to the tenth: their rounding alone leaves seven digits."""
    fit, coef, _ = fitted("Filip")
    assert len(coef) == 11
    assert fit == NotEstimated(estimator="least_squares", reason="out_of_reach")


@pytest.mark.parametrize("name", ["SiRstv", "AtmWtAg"])
def test_one_way(name):
    head, rows = halves(name)
    found = one_way(class_moments(rows[:, 0].astype(int) - 1, rows[:, 1]))
    df, ss, ms, f = certified(head, "Between Instrument")
    assert (found.between_df, found.within_df) == (df, certified(head, "Within Instrument")[0])
    assert lre(found.between_ss, ss) >= DIGITS
    assert lre(found.between_ss / found.between_df, ms) >= DIGITS
    assert lre(found.f, f) >= DIGITS
    _, ss, ms = certified(head, "Within Instrument")
    assert lre(found.within_ss, ss) >= DIGITS
    assert lre(found.sigma**2, ms) >= DIGITS
    assert lre(found.r2, *certified(head, "Certified R-Squared")) >= DIGITS
    assert lre(found.sigma, *certified(head, "Standard Deviation")) >= DIGITS


def small_levels(whole: str, each: int):
    """SmLs: nine treatments, each with its own first decimal, then in turn 0.1 lower and 0.1 higher."""
    decimals = [[level, *[level - 1, level + 1] * (each // 2)] for level in (4, 3, 5, 3, 5, 3, 5, 3, 5)]
    return class_moments(np.repeat(np.arange(9), each), [float(f"{whole}.{d}") for row in decimals for d in row])


@pytest.mark.parametrize("number", SMALL_LEVELS)
def test_one_way_of_made_data(number):
    each = (21, 201, 2001)[(number - 1) % 3]
    found = one_way(small_levels(SMALL_LEVELS[number], each))
    assert (found.between_df, found.within_df) == (8, 9 * (each - 1))
    assert lre(found.between_ss, 0.08 * each) >= DIGITS
    assert lre(found.within_ss, 0.09 * (each - 1)) >= DIGITS
    assert lre(found.f, each) >= DIGITS
    assert lre(found.sigma, 0.1) >= DIGITS
    assert lre(found.r2, SMALL_R2[each]) >= DIGITS


@pytest.mark.parametrize("number", TOO_HIGH_LEVELS)
def test_thirteen_constant_leading_digits_are_refused(number):
    found = one_way(small_levels("1000000000000", TOO_HIGH_LEVELS[number]))
    assert found == NotEstimated(estimator="one_way", reason="out_of_reach")


@pytest.mark.parametrize("name", ["Lew", "Lottery", "Mavro", "Michelso"])
def test_mean_and_standard_deviation(name):
    head, rows = halves(name)
    found = one_sample(rows.ravel())
    assert found.n == certified(head, "Number of Observations:")[0]
    assert lre(found.mean, *certified(head, "ybar:")) >= DIGITS
    assert lre(found.sd, *certified(head, " s:")) >= DIGITS


def pi_digits() -> list[int]:
    unit = 10**5010
    pi = 4 * (4 * inverse_tangent(5, unit) - inverse_tangent(239, unit)) // 10**11
    digits = [int(digit) for part in divmod(pi, 10**2500) for digit in str(part).zfill(2500)]
    assert digits[956] == 8
    digits[956] = 3
    return digits


def inverse_tangent(x: int, unit: int) -> int:
    """arctan(1/x) in whole units, by Gregory's series."""
    total, power, k = 0, unit // x, 1
    while power:
        total += (power if k % 4 == 1 else -power) // k
        power //= x * x
        k += 2
    return total


@pytest.mark.parametrize("name", NUMBERS)
def test_mean_and_standard_deviation_of_made_data(name):
    values = {
        "PiDigits": pi_digits,
        "NumAcc1": lambda: [10000001, 10000003, 10000002],
        "NumAcc2": lambda: [1.2, *[1.1, 1.3] * 500],
        "NumAcc3": lambda: [1000000.2, *[1000000.1, 1000000.3] * 500],
    }[name]()
    assert len(values) == {"PiDigits": 5000, "NumAcc1": 3}.get(name, 1001)
    found = one_sample(values)
    mean, sd = NUMBERS[name]
    assert lre(found.mean, mean) >= DIGITS
    assert lre(found.sd, sd) >= DIGITS


def test_numacc4_is_refused():
    """Ten million and a tenth: eight digits of the standard deviation survive storage."""
    found = one_sample([10000000.2, *[10000000.1, 10000000.3] * 500])
    assert found == NotEstimated(estimator="one_sample", reason="out_of_reach")

"""False positives of the class-level t, and coverage of the one-class panel when it assumes the truth.

    python benchmarks/calibration.py [runs]

Pupils as on the methods page, section 2: pre and post have variance 1, the same ICC, correlation .6 at both levels,
classes of 15 to 25 pupils, and the approach does nothing. The ICC that is left after the pre-test is then the same ICC.
Every number comes from the package's own functions. The seed is fixed and was not chosen.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gsl_research.methods.clusters import AdjustedMeans, adjusted_difference, adjusted_means, assumed_icc
from gsl_research.methods.moments import ClassMoments, class_moments

SEED = 20261122
CORRELATION = 0.6
SIZES = (15, 26)
DESIGNS = ((2, 2), (3, 3), (5, 5), (10, 10), (1, 5), (2, 6))
ICCS = (0.0, 0.05, 0.15, 0.25)
CHUNK = 1000


def studies(treated: int, control: int, icc: float, runs: int) -> Iterator[tuple[ClassMoments, NDArray[np.bool_]]]:
    """Made studies without any effect: class moments, and which classes are treated."""
    rng = np.random.default_rng(SEED)
    classes = treated + control
    arm = np.arange(classes) < treated
    own = math.sqrt(1 - CORRELATION**2)
    for start in range(0, runs, CHUNK):
        chunk = min(CHUNK, runs - start)
        sizes = rng.integers(*SIZES, (chunk, classes))
        unit = np.repeat(np.arange(chunk * classes), sizes.ravel())
        pre_class, other = rng.normal(0, math.sqrt(icc), (2, chunk * classes))
        post_class = CORRELATION * pre_class + own * other
        pre_pupil, other = rng.normal(0, math.sqrt(1 - icc), (2, len(unit)))
        pre = pre_class[unit] + pre_pupil
        post = post_class[unit] + CORRELATION * pre_pupil + own * other
        ends = np.concatenate([[0], np.cumsum(sizes.sum(axis=1))])
        for i in range(chunk):
            mine = slice(ends[i], ends[i + 1])
            yield class_moments(unit[mine] - i * classes, pre[mine], post[mine]), arm


def adjusted(treated: int, control: int, icc: float, runs: int) -> Iterator[AdjustedMeans]:
    return (adjusted_means(moments, arm) for moments, arm in studies(treated, control, icc, runs))


def false_positives(treated: int, control: int, icc: float, runs: int) -> float:
    """Share of studies whose 95 % interval leaves out 0."""
    estimates = (adjusted_difference(means, unit="points") for means in adjusted(treated, control, icc, runs))
    return sum(not estimate.interval.holds(0) for estimate in estimates) / runs


def panel_misses(icc: float, assumed: float, runs: int) -> float:
    """The same for one class per arm and an assumed ICC."""
    estimates = (assumed_icc(means, assumed, unit="points") for means in adjusted(1, 1, icc, runs))
    return sum(not estimate.interval.holds(0) for estimate in estimates) / runs


def monte_carlo_se(runs: int, share: float = 0.05) -> float:
    return math.sqrt(share * (1 - share) / runs)


def main(runs: int = 10_000) -> None:
    margin = 2 * monte_carlo_se(runs)
    print(f"{runs} runs, seed {SEED}; 5 % plus or minus {margin:.2%} is two Monte-Carlo standard errors; * is outside")
    print(f"{'classes':10}" + "".join(f"{f'ICC {icc:.2f}':>12}" for icc in ICCS))
    for treated, control in DESIGNS:
        shares = [false_positives(treated, control, icc, runs) for icc in ICCS]
        print(f"{f'{treated} v {control}':10}" + "".join(marked(share, margin) for share in shares), flush=True)
    print("1 v 1, panel: share of intervals that leave out 0")
    for assumed in (0.05, 0.15, 0.25):
        shares = [panel_misses(icc, assumed, runs) for icc in ICCS]
        print(f"{f'ICC {assumed:.2f}':10}" + "".join(f"{share:>12.2%}" for share in shares), flush=True)


def marked(share: float, margin: float) -> str:
    return f"{f'{share:.2%}' + ('*' if abs(share - 0.05) > margin else ' '):>12}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

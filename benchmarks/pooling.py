"""What schools found, pooled: does an interval keep its promise, and how long does it take?

    python benchmarks/pooling.py [--networks N] [--rounds R] [--only coverage|speed]

*Coverage*: N made networks a cell, each with schools whose true differences lie around a known mean, and one more
school that shares nothing: how often the interval of the mean holds that mean, and the range for a next school the true
difference of the one more. Errors of schools are 0.1 to 0.4 SD, known (as pupils of large classes give them) or
themselves estimated on 4 or 2 df; true differences are normal or exponential. With 30 schools and known errors the mean
must be held by 93 to 97 % on average over the spreads and the next school by 90 % in every cell; with fewer schools the
mean by at least 93 % and the next school by 90 %. Other rows are told, not judged. Schools with several estimates
each: the robust interval holds the mean in at least 93 %, its rho right or wrong.

*Speed*: the whole of ``random_effects`` beside PyMARE's REML for 50 and 5,000 estimates, and leaving each of 50 out
beside a loop of PyMARE. PyMARE is no part of the project: install it where nothing else needs it; without it the peer
is left out. CPU seconds, one thread, interleaved rounds after one to warm up; a ratio is the median of those of each
round; the same tau2 is asserted. Ends with 1 when a promise is not kept.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np  # noqa: E402

from gsl_research.methods.next_school import FEWEST_PREDICTED, limits  # noqa: E402
from gsl_research.methods.pooling import leave_one_out, means_of, random_effects  # noqa: E402
from gsl_research.methods.pooling_levels import robust, several_per_school  # noqa: E402
from gsl_research.methods.student import t_interval, t_quantile  # noqa: E402

SEED = 20261122
MEAN = 0.2
SCHOOLS = (3, 4, 5, 10, 30)
SPREADS = (0.0, 0.1, 0.2, 0.4)
MANY = 30
"""Schools from which the floor under Knapp and Hartung's q no longer makes intervals wide."""
NETWORKS = 1_000


@dataclass(frozen=True)
class Made:
    """Made networks: ``values`` and ``variances`` as schools share them (N, S), and the true ``next`` (N,)."""

    values: np.ndarray
    variances: np.ndarray
    next: np.ndarray


def networks(
    number: int, schools: int, spread: float, rng: np.random.Generator, *, df: int | None = None, skewed: bool = False
) -> Made:
    """``df``: of each school's estimate of its own error; None: the errors are known."""
    shape = (number, schools + 1)
    apart = rng.exponential(1, shape) - 1 if skewed else rng.normal(0, 1, shape)
    truth = MEAN + spread * apart
    variances = rng.uniform(0.01, 0.16, (number, schools))
    values = rng.normal(truth[:, 1:], np.sqrt(variances))
    return Made(values, variances * rng.chisquare(df, variances.shape) / df if df else variances, truth[:, 0])


def held(made: Made) -> tuple[float, float | None, float | None]:
    """Share of networks whose interval holds the mean, and whose range holds the next school, and whose plain range of
    one tau does (none where there are too few schools to be told)."""
    fit = random_effects(made.values, made.variances)
    low, high = fit.limits()
    mean = float(((low <= MEAN) & (high >= MEAN)).mean())
    if made.values.shape[1] < FEWEST_PREDICTED:
        return mean, None, None
    low, high = limits(means_of(made.values, made.variances))
    reach = t_quantile(made.values.shape[1] - 2, 0.975) * np.sqrt(fit.tau2 + fit.wald_se**2)
    plain = float((abs(made.next - fit.value) <= reach).mean())
    return mean, float(((low <= made.next) & (made.next <= high)).mean()), plain


def coverage(number: int) -> bool:
    """Prints a table; whether every promise is kept."""
    rng, kept = np.random.default_rng(SEED), True
    print(f"{number} networks a cell: % that hold the mean / the next school / the next school with one tau")
    print("  schools  errors        truth   " + "".join(f"{f'tau {spread:.1f}':>19}" for spread in SPREADS))
    for schools in SCHOOLS:
        for df, skewed in ((None, False), (4, False), (2, False), (None, True)):
            cells = [held(networks(number, schools, spread, rng, df=df, skewed=skewed)) for spread in SPREADS]
            errors, truth = "known" if df is None else f"on {df} df", "skewed" if skewed else "normal"
            shown = "".join(f"{'/'.join(told(share) for share in cell):>19}" for cell in cells)
            print(f"{schools:9}  {errors:12}  {truth}{shown}", flush=True)
            if df is None and not skewed:
                kept &= keeps(schools, cells, number)
    return kept


def told(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def keeps(schools: int, cells: list[tuple[float, float | None, float | None]], number: int) -> bool:
    """Two Monte-Carlo standard errors are given to chance."""
    chance = 2 * (0.05 * 0.95 / number) ** 0.5
    average = statistics.mean(mean for mean, _, _ in cells)
    of_next = all(other is None or other >= 0.90 - chance for _, other, _ in cells)
    enough = all(mean >= 0.93 - chance for mean, _, _ in cells)
    return of_next and enough and (schools < MANY or 0.93 <= average <= 0.97)


def held_levels(number: int, schools: int, rho: float, rng: np.random.Generator) -> float:
    """Share of networks of schools with 1 to 3 estimates, errors correlating 0.6, whose robust interval holds the mean.

    ``rho`` is what the working model takes that correlation for.
    """
    held = 0
    for _ in range(number):
        estimates = rng.integers(1, 4, schools)
        estimates[0] = max(estimates[0], 2)  # without a school of several the question is another
        school = np.repeat(np.arange(schools), estimates)
        variances = rng.uniform(0.02, 0.1, schools)[school]
        shared, own = rng.normal(size=schools)[school], rng.normal(size=len(school))
        errors = np.sqrt(variances) * (0.6**0.5 * shared + 0.4**0.5 * own)
        values = MEAN + rng.normal(0, 0.2, schools)[school] + errors
        found = robust(several_per_school(values, variances, school, rho=rho))
        held += t_interval(found.value, found.se, found.df).holds(MEAN)
    return held / number


def coverage_levels(number: int) -> bool:
    rng, kept = np.random.default_rng(SEED), True
    chance = 2 * (0.05 * 0.95 / number) ** 0.5
    for schools in (5, 10, 30):
        right, wrong = (held_levels(number, schools, rho, rng) for rho in (0.6, 0.0))
        print(f"{schools:3} schools of 1 to 3 estimates: {100 * right:5.1f} %, with a wrong rho {100 * wrong:5.1f} %")
        kept &= min(right, wrong) >= 0.93 - chance
    return kept


# speed


def seconds(run: Callable[[], object], times: int) -> float:
    begin = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - begin) / times


def estimates(k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    variances = rng.uniform(0.01, 0.16, k)
    return rng.normal(MEAN, np.sqrt(variances + 0.04)), variances


def ratio(
    name: str, ours: Callable[[], object], peer: Callable[[], object], rounds: int, times: int, least: float
) -> bool:
    ours(), peer()
    pairs = [(seconds(ours, times), seconds(peer, 1)) for _ in range(rounds)]
    mine, theirs = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    found = statistics.median(other / own for own, other in pairs)
    good = found >= least
    print(f"{name:>58}  {mine:8.3f} ms  peer {theirs:8.1f} ms  {found:7.1f} x  (at least {least:.0f} x)"
          f"{'' if good else '   MISSED'}", flush=True)  # fmt: skip
    return good


def speed(rounds: int) -> bool:
    try:
        from pymare import meta_regression
    except ImportError:
        print("PyMARE is not here: the peer is left out")
        for k in (50, 5_000):
            y, v = estimates(k)
            print(
                f"{f'REML of {k:,} estimates':>58}  {seconds(lambda y=y, v=v: random_effects(y, v), 100) * 1e3:8.3f} ms"
            )
        return True
    warnings.simplefilter("ignore")
    good = True
    for k in (50, 5_000):
        y, v = estimates(k)
        peer = meta_regression(y, v, method="REML")
        ours = random_effects(y, v)
        assert np.isclose(ours.tau2, peer.tau2.item(), rtol=1e-4), "the peer found another tau2"

        def pooled(y=y, v=v):
            return random_effects(y, v).limits()

        def fit(y=y, v=v):
            return meta_regression(y, v, method="REML")

        def table(y=y, v=v):
            return meta_regression(y, v, method="REML").to_df()

        good &= ratio(f"REML of {k:,} with its interval, beside fit and table", pooled, table, rounds, 50, 15)
        ratio("the same beside the fit alone, without an interval", pooled, fit, rounds, 50, 0)
    y, v = estimates(50)

    def loop():
        return [meta_regression(np.delete(y, i), np.delete(v, i), method="REML").tau2.item() for i in range(len(y))]

    assert np.allclose(leave_one_out(y, v).tau2, loop(), rtol=1e-4), "the peer found another tau2"
    return good & ratio("leaving each of 50 out, beside a loop", lambda: leave_one_out(y, v), loop, rounds, 20, 100)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=("coverage", "speed"))
    asked = parser.parse_args()
    parts = {
        "coverage": lambda: coverage(asked.networks) & coverage_levels(asked.networks),
        "speed": lambda: speed(asked.rounds),
    }
    return int(not all([run() for name, run in parts.items() if asked.only in (None, name)]))


if __name__ == "__main__":
    sys.exit(main())

"""The formulas beside what a Python user would otherwise run, on made pupils in classes.

    python benchmarks/speed.py [ROUNDS]

*REML*: class moments and ``random_intercept`` from raw arrays, beside statsmodels' ``MixedLM(...).fit()``; the
restricted log-likelihood may not be lower, and the estimates are compared.
*Permutation* and *bootstrap*: 9,999 draws from raw arrays, beside a loop that draws and fits with ``sm.OLS(...).fit()``
on arrays. The loop does LOOPED draws a round, and its time is multiplied up to 9,999. The permutation fits adjusted
class means on treated, the bootstrap all pupils of the sample on treated and pre-test.
*Moments*: ``class_moments`` of pre- and post-test of two million pupils, beside pandas' groupby-sum of those columns.
*Growth*: the slope of log seconds over log rows.

One process, one thread; CPU seconds, which other programs on the machine disturb least. Rounds are interleaved, after
one to warm up; what takes milliseconds runs REPEATED times a round; a ratio is the median of the ratios within each
round, and a slow peer gets three rounds. What is compared is asserted to have run, and to give the same: for the draws,
on the same LOOPED of them. Ends with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version

os.environ |= dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "ARROW_NUM_THREADS"), "1"
)

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import statsmodels.api as sm  # noqa: E402

from gsl_research.methods.bootstrap import Bootstrap, class_samples, cluster_bootstrap  # noqa: E402
from gsl_research.methods.clusters import adjusted_means  # noqa: E402
from gsl_research.methods.moments import class_moments  # noqa: E402
from gsl_research.methods.permutation import Permutation, assignments, permutation  # noqa: E402
from gsl_research.methods.random_intercept import RandomIntercept, random_intercept, with_class_variables  # noqa: E402

DRAWS = 9_999
LOOPED = 200
"""Draws that the slow peer really does in each round."""
REPEATED = 5
SLOW_ROUNDS = 3
REML_SIZES = ((20_000, 1_000), (200_000, 10_000))
MOMENTS_ROWS = 2_000_000
GROWTH_ROWS = (250_000, 500_000, 1_000_000, 2_000_000, 4_000_000)
MISSED: list[str] = []


def pupils(rows: int, classes: int, seed: int = 1):
    """codes in rising order, pre, post and (G,) treated: uneven classes that differ, every second one treated."""
    rng = np.random.default_rng(seed)
    codes = np.sort(np.append(np.arange(classes), rng.integers(classes, size=rows - classes)))
    treated = np.arange(classes) % 2 == 0
    pre = rng.normal(0, 0.4, classes)[codes] + rng.normal(size=rows)
    post = 0.6 * pre + 0.2 * treated[codes] + rng.normal(0, 0.4, classes)[codes] + rng.normal(size=rows)
    return codes, pre, post, treated


def seconds(run: Callable[[], object], times: int = 1) -> float:
    begin = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - begin) / times


def compare(
    ours: Callable[[], object], peer: Callable[[], object], rounds: int, repeated: int = 1, share: float = 1.0
) -> tuple[float, float, float]:
    """Median seconds of ours and of the peer, which does a ``share`` of the work, and the median ratio peer to ours."""
    ours()
    pairs = [(seconds(ours, repeated), seconds(peer) / share) for _ in range(rounds)]
    mine, theirs = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(theirs), statistics.median(peer / own for own, peer in pairs)


def told(name: str, measured: tuple[float, float, float], most: float = math.inf, least: float = 0.0) -> None:
    """One line. ``least``: how much faster than the peer we must be; ``most``: how much slower we may be."""
    mine, theirs, ratio = measured
    good = ratio >= least and 1 / ratio <= most
    target = f"at least {least:,.0f} x" if least else f"at most {most:.0f} x the peer"
    found = f"{ratio:8,.0f} x faster" if ratio >= 10 else f"{1 / ratio:8.2f} x the peer"
    print(f"{name:>42}  {mine * 1e3:9.2f} ms  peer {theirs * 1e3:11,.1f} ms  {found:>17}  ({target})"
          f"{'' if good else '   MISSED'}", flush=True)  # fmt: skip
    if not good:
        MISSED.append(name)


def reml(codes, pre, post, treated) -> RandomIntercept:
    fit = random_intercept(with_class_variables(class_moments(codes, pre, post), treated))
    assert isinstance(fit, RandomIntercept)
    return fit


def compare_reml(rows: int, classes: int, rounds: int) -> None:
    data = codes, pre, post, treated = pupils(rows, classes)
    design = np.column_stack([np.ones(rows), treated[codes], pre])
    fits = []

    def mixed_lm():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fits.append(sm.MixedLM(post, design, groups=codes).fit())

    told(
        f"REML, {rows:,} pupils in {classes:,} classes",
        compare(lambda: reml(*data), mixed_lm, rounds, REPEATED),
        least=500,
    )
    fit, peer = reml(*data), fits[-1]
    assert peer.converged and peer.method == "REML"
    assert not fit.at_boundary
    gap = fit.log_likelihood - peer.llf
    shares = {
        "coefficients": np.abs(fit.coefficients / peer.fe_params - 1).max(),
        "standard errors": np.abs(np.sqrt(np.diag(fit.covariance)) / peer.bse_fe - 1).max(),
        "class variance": abs(fit.tau2 / peer.cov_re.item() - 1),
        "pupil variance": abs(fit.sigma2 / peer.scale - 1),
    }
    print(f"{'':>42}  log-likelihood {gap:+.1e} above the peer's; largest relative difference: "
          + ", ".join(f"{name} {share:.0e}" for name, share in shares.items()))  # fmt: skip
    assert gap > -1e-6, "the peer's likelihood is higher"
    assert max(shares.values()) < 1e-3


def compare_permutation(rounds: int) -> None:
    codes, pre, post, treated = pupils(880, 40)
    ones = np.ones(len(treated))

    def ours() -> Permutation:
        means = adjusted_means(class_moments(codes, pre, post), treated)
        return permutation(means, assignments(treated, rng=np.random.default_rng(3), draws=DRAWS))

    def fitted(mean, draw) -> float:
        return sm.OLS(mean, np.column_stack([ones, draw])).fit().params[1]

    def loop() -> None:
        rng, means = np.random.default_rng(3), adjusted_means(class_moments(codes, pre, post), treated)
        for _ in range(LOOPED):
            fitted(means.mean, rng.permutation(treated))

    told(f"{DRAWS:,} class permutations, 40 classes", compare(ours, loop, rounds, REPEATED, LOOPED / DRAWS), least=400)
    means = adjusted_means(class_moments(codes, pre, post), treated)
    draws = assignments(treated, rng=np.random.default_rng(3), draws=DRAWS).treated[:LOOPED]
    check_draws(ours(), [fitted(means.mean, draw) for draw in draws])


def compare_bootstrap(rounds: int) -> None:
    codes, pre, post, treated = pupils(880, 40)
    design = np.column_stack([np.ones(len(codes)), treated[codes], pre])
    rows_of = np.split(np.arange(len(codes)), np.flatnonzero(np.diff(codes)) + 1)
    arms = np.flatnonzero(treated), np.flatnonzero(~treated)

    def ours() -> Bootstrap:
        samples = class_samples(treated, rng=np.random.default_rng(3), draws=DRAWS)
        return cluster_bootstrap(class_moments(codes, pre, post), treated, samples)

    def fitted(sample) -> float:
        rows = np.concatenate([rows_of[j] for j in sample])
        return sm.OLS(post[rows], design[rows]).fit().params[1]

    def loop() -> None:
        rng = np.random.default_rng(3)
        for _ in range(LOOPED):
            fitted(np.concatenate([rng.choice(arm, len(arm)) for arm in arms]))

    told(f"{DRAWS:,} cluster bootstraps, 880 pupils", compare(ours, loop, rounds, REPEATED, LOOPED / DRAWS), least=300)
    samples = class_samples(treated, rng=np.random.default_rng(3), draws=DRAWS)[:LOOPED]
    check_draws(ours(), [fitted(np.repeat(np.arange(len(treated)), sample)) for sample in samples])


def check_draws(found: Permutation | Bootstrap, peers: list[float]) -> None:
    assert isinstance(found, Permutation | Bootstrap) and len(found.values) == DRAWS
    far = float(np.abs(found.values[:LOOPED] - peers).max() / np.abs(found.values).max())
    print(f"{'':>42}  peer extrapolated from {LOOPED} draws a round; same draws differ by at most {far:.0e}")
    assert far < 1e-12


def compare_moments(rounds: int) -> None:
    for classes in (100_000, 1_000):
        codes, pre, post, _ = pupils(MOMENTS_ROWS, classes)
        for order in ("class by class", "shuffled"):
            if order == "shuffled":
                mixed = np.random.default_rng(2).permutation(len(codes))
                codes, pre, post = codes[mixed], pre[mixed], post[mixed]
            frame = pd.DataFrame({"class": codes, "pre": pre, "post": post})
            sums, found = frame.groupby("class").sum().to_numpy(), class_moments(codes, pre, post)
            np.testing.assert_allclose(found.n[:, None] * found.mean, sums, atol=1e-8)
            measured = compare(
                lambda c=codes, x=pre, y=post: class_moments(c, x, y), lambda f=frame: f.groupby("class").sum(), rounds
            )
            told(f"moments, 2M pupils in {classes:,} classes, {order}", measured, most=3)


def growth(name: str, run: Callable[..., object], rounds: int) -> None:
    """Rows over a factor of 16, 20 a class, rounds interleaved over the sizes."""
    made = [pupils(rows, rows // 20) for rows in GROWTH_ROWS]
    run(*made[0])
    rounds_of = [[seconds(lambda d=data: run(*d)) for data in made] for _ in range(rounds)]
    median = [statistics.median(column) for column in zip(*rounds_of, strict=True)]
    logs = [math.log(rows) for rows in GROWTH_ROWS], [math.log(value) for value in median]
    slope = statistics.linear_regression(*logs).slope
    print(f"{'growth of ' + name:>42}  {' '.join(f'{value * 1e3:.1f}' for value in median)} ms for "
          f"{GROWTH_ROWS[0]:,} to {GROWTH_ROWS[-1]:,} pupils: exponent {slope:.2f}  (at most 1.05)"
          f"{'' if slope <= 1.05 else '   MISSED'}", flush=True)  # fmt: skip
    if slope > 1.05:
        MISSED.append(f"growth of {name}")


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("rounds", type=int, nargs="?", default=7)
    rounds = asked.parse_args().rounds
    print(
        f"Python {platform.python_version()}, "
        + ", ".join(f"{p} {version(p)}" for p in ("numpy", "pandas", "statsmodels"))
    )
    compare_permutation(rounds)
    compare_bootstrap(rounds)
    compare_moments(rounds)
    growth("moments", lambda codes, pre, post, _: class_moments(codes, pre, post), rounds)
    growth("REML from raw arrays", reml, rounds)
    for size in REML_SIZES:
        compare_reml(*size, rounds if size[0] <= 20_000 else SLOW_ROUNDS)
    print("every target met" if not MISSED else "missed: " + "; ".join(MISSED))
    return int(bool(MISSED))


if __name__ == "__main__":
    sys.exit(main())

"""False positives and coverage of every interval a report may print, in made studies.

    python benchmarks/calibration.py [runs] [world ... | rest] [--write]

``--write`` puts the tables into docs/calibration.md, one by one. Pupils as on the methods page, section 2: pre and post
have variance 1, the same ICC, correlation .6 at both levels; classes of 15 to 25 pupils. Each made study is read twice:
as it is, for false positives, and with 0.4 SD added to every treated pupil, for coverage. Every number comes from the
package's own functions. The seed is fixed and was not chosen.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import (
    bracket,
    clusters,
    differences,
    effect_sizes,
    imputation,
    mastery,
    matched,
    one_class,
    ordinal,
    permutation,
    random_intercept,
    sandwich,
    sites,
    stepped,
    trend,
    waves,
)
from gsl_research.methods.moments import ClassMoments, class_moments
from gsl_research.rating import small_arm

SEED = 20261122
CORRELATION = 0.6
OWN = math.sqrt(1 - CORRELATION**2)
RELIABILITY = 0.8
"""Of the pre-test as it is seen, in the studies on which the reliability-corrected difference is tried."""
EFFECT = 0.4
DESIGNS = ((2, 2), (3, 3), (5, 5), (10, 10), (1, 5), (2, 6))
ICCS = (0.0, 0.05, 0.15, 0.25)
CHUNK = 500
PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"


@dataclass(frozen=True, slots=True)
class World:
    """How pupils and classes come about. ``tail`` draws standardised numbers."""

    name: str
    told: str
    sizes: tuple[int, int] = (15, 26)
    tail: str = "normal"
    best: float = math.inf
    missing: float = 0.0
    spread: float = 1.0
    """Factor on the class spread of the post-test in the treated arm."""
    apart: float = 0.0
    """How far ahead treated pupils are at the start, in SD; they are as much ahead at the end as that predicts."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return rng.exponential(1, shape) - 1 if self.tail == "skewed" else rng.normal(0, 1, shape)


WORLDS = (
    World("normal", "Gewone verdeling"),
    World("skewed", "Scheve verdeling van klassen en leerlingen", tail="skewed"),
    World("ceiling", "Een kwart van de leerlingen haalt de hoogste score", best=0.7),
    World("missing", "Een vijfde van de leerlingen mist een toets, wie vooraf laag scoorde vaker", missing=0.2),
    World("sizes", "Klassen van 5 tot 40 leerlingen", sizes=(5, 41)),
    World("spread", "De klassen met de nieuwe aanpak liggen dubbel zo ver uiteen", spread=2.0),
    World("apart", "De nieuwe aanpak begint een hele SD hoger, en zonder effect blijft wat dat voorspelt", apart=1.0),
)


@dataclass(frozen=True, slots=True)
class MadeStudy:
    """Class moments of (pre, post) by name: plain, shifted by the effect, and both with a pre-test that measures less.

    The last, noisy_shifted, is left out where the effect only moves the interval along.
    """

    moments: dict[str, ClassMoments]
    treated: NDArray[np.bool_]

    @property
    def plain(self) -> ClassMoments:
        return self.moments["plain"]


def studies(world: World, treated: int, control: int, icc: float, runs: int, seed: int = SEED) -> Iterator[MadeStudy]:
    rng = np.random.default_rng([seed, treated, control, round(100 * icc)])
    classes = treated + control
    arm = np.arange(classes) < treated
    spread = np.where(arm, world.spread, 1.0)
    for start in range(0, runs, CHUNK):
        chunk = min(CHUNK, runs - start)
        sizes = rng.integers(*world.sizes, (chunk, classes))
        unit = np.repeat(np.arange(chunk * classes), sizes.ravel())
        pre_class, other = math.sqrt(icc) * world.draw(rng, (2, chunk * classes))
        post_class = (CORRELATION * pre_class + OWN * other) * np.tile(spread, chunk)
        pre_pupil, other = math.sqrt(1 - icc) * world.draw(rng, (2, len(unit)))
        ahead = world.apart * np.tile(arm, chunk)[unit]
        pre = pre_class[unit] + pre_pupil + ahead
        post = post_class[unit] + CORRELATION * (pre_pupil + ahead) + OWN * other
        noise = math.sqrt(1 / RELIABILITY - 1) * rng.normal(0, 1, len(unit))
        if world.missing:
            here = rng.random(len(unit)) > np.clip(world.missing * (1 - pre / 2), 0, 0.9)
        else:
            here = np.ones(len(unit), dtype=bool)
        effect = EFFECT * np.tile(arm, chunk)[unit]
        ends = np.concatenate([[0], np.cumsum(sizes.sum(axis=1))])
        for i in range(chunk):
            mine = slice(ends[i], ends[i + 1])
            kept = here[mine]
            codes = unit[mine][kept] - i * classes
            scores = [np.minimum(y[mine][kept], world.best) for y in (post, post + effect)]
            first = pre[mine][kept]
            seen = first + noise[mine][kept]
            pairs = {"plain": (first, scores[0]), "shifted": (first, scores[1]), "noisy": (seen, scores[0])}
            if math.isfinite(world.best):
                pairs["noisy_shifted"] = (seen, scores[1])
            yield MadeStudy({name: class_moments(codes, *pair) for name, pair in pairs.items()}, arm)


def true_effect(world: World, treated: int, control: int, icc: float) -> tuple[float, float]:
    """What the added 0.4 SD comes to in points and in SD, from two million pupils where it has no simple form."""
    if not math.isfinite(world.best):
        variance = 1 + (world.spread**2 - 1) * icc * treated / (treated + control)
        return EFFECT, EFFECT / math.sqrt(variance)
    post = np.random.default_rng(SEED).normal(0, 1, 2_000_000)
    arms = np.minimum(post + EFFECT, world.best), np.minimum(post, world.best)
    pooled = (treated * arms[0].var() + control * arms[1].var()) / (treated + control)
    return float(arms[0].mean() - arms[1].mean()), float((arms[0].mean() - arms[1].mean()) / math.sqrt(pooled))


# What a report may print

Interval = Callable[[ClassMoments, clusters.AdjustedMeans], Estimate | NotEstimated]


def adjusted(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    return clusters.adjusted_difference(means, unit="points")


def g(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    points, arm = adjusted(moments, means), means.treated
    sd, icc = clusters.total_sd(moments, arm, 1), clusters.anova_icc(moments, arm, 1)
    return effect_sizes.standardised(points, moments, arm, sd=sd, icc=icc)


def welch(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    return clusters.welch_difference(means, unit="points")


def class_mean_pre(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    return bracket.class_mean_pre(means, unit="points")


def gain(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    return bracket.gain_difference(moments, means.treated, unit="points")


def corrected(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    within = bracket.reliability_within(moments, means.treated, RELIABILITY)
    if within is None:
        return NotEstimated(estimator="reliability_corrected", reason="no_pupil_spread")
    return bracket.corrected_difference(moments, means.treated, within, unit="points")


def kenward_roger(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    return random_intercept.reml_difference(moments, means.treated, unit="points")


def cr2(moments: ClassMoments, means: clusters.AdjustedMeans) -> Estimate | NotEstimated:
    return sandwich.cr2_difference(moments, means.treated, unit="points")


INTERVALS: dict[str, tuple[str, Interval, int]] = {
    "adjusted": ("klasgemiddelden", adjusted, 2),
    "g": ("g", g, 2),
    "welch": ("Welch", welch, 2),
    "class_mean_pre": ("+ klasgemiddelde vooraf", class_mean_pre, 2),
    "gain": ("vooruitgang", gain, 2),
    "corrected": ("betrouwbaarheid .8", corrected, 2),
    "kenward_roger": ("REML + KR", kenward_roger, 10),
    "cr2": ("CR2", cr2, 10),
}
"""Name: (heading, how, class-level df from which a report prints it)."""
BIASED_APART = {"gain"}
"""Right only when groups that start apart would have grown alike, which they do not in ``World.apart``."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of ``runs`` studies: intervals given, intervals of a study without effect that leave out 0, and intervals of a
    study with the effect that hold it."""

    given: int
    false_positives: float
    coverage: float


def tally(world: World, treated: int, control: int, icc: float, runs: int) -> dict[str, Tally]:
    """What every interval does in one cell.

    A number of points added to treated classes moves every interval in points along (the tests of the formulas show
    it), so that without a highest score one of both readings does for both.
    """
    along = not math.isfinite(world.best)
    names = [name for name, (_, _, least) in INTERVALS.items()
             if treated + control - 2 >= least and not (world.apart and name in BIASED_APART)]  # fmt: skip
    points, sd = true_effect(world, treated, control, icc)
    given, wrong, held = (dict.fromkeys(names, 0) for _ in range(3))
    for made in studies(world, treated, control, icc, runs):
        seen = {name: clusters.adjusted_means(moments, made.treated)
                for name, moments in made.moments.items()}  # fmt: skip
        for name in names:
            before, after = ("noisy", "noisy_shifted") if name == "corrected" else ("plain", "shifted")
            how = INTERVALS[name][1]
            plain = how(made.moments[before], seen[before])
            if isinstance(plain, NotEstimated):
                continue
            given[name] += 1
            wrong[name] += not plain.interval.holds(0)
            if along and name != "g":
                held[name] += plain.interval.holds(0)
            else:
                held[name] += how(made.moments[after], seen[after]).interval.holds(sd if name == "g" else points)
    return {name: Tally(given[name], wrong[name] / given[name], held[name] / given[name])
            for name in names if given[name]}  # fmt: skip


def panel_misses(icc: float, assumed: float, runs: int, world: World = WORLDS[0]) -> float:
    """Share of one-class-per-arm studies without effect whose interval under an assumed ICC leaves out 0."""
    misses = 0
    for made in studies(world, 1, 1, icc, runs):
        means = clusters.adjusted_means(made.plain, made.treated)
        misses += not one_class.assumed_icc(means, assumed, unit="points").interval.holds(0)
    return misses / runs


def borrowed_misses(icc: float, others: int, runs: int, world: World = WORLDS[0]) -> float:
    """The same with the class spread of ``others`` further classes: the first two of each made study are compared."""
    misses = 0
    pair = np.arange(others + 2) < 2
    for made in studies(world, 1, others + 1, icc, runs):
        rest = clusters.adjusted_means(made.plain.select(~pair), np.arange(others) < 1)
        spread = float((made.plain.select(~pair).mean @ np.append(-rest.slope, 1)).std(ddof=1))
        means = clusters.adjusted_means(made.plain.select(pair), np.array([True, False]))
        misses += not one_class.borrowed_spread(means, spread, others, unit="points").interval.holds(0)
    return misses / runs


def block_misses(schools: int, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """A network of schools with one class per arm, matched within the school."""
    misses = 0
    blocks = np.tile(np.arange(schools), 2)
    for made in studies(world, schools, schools, icc, runs):
        means = clusters.adjusted_means(made.plain, made.treated)
        misses += not matched.within_blocks(means, blocks, unit="points").interval.holds(0)
    return misses / runs


def permutation_misses(treated: int, control: int, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """Share of studies without effect with a permutation p of .05 or less."""
    misses = 0
    ways = permutation.assignments(np.arange(treated + control) < treated, rng=np.random.default_rng(SEED))
    for made in studies(world, treated, control, icc, runs):
        means = clusters.adjusted_means(made.plain, made.treated)
        misses += permutation.permutation(means, ways).p <= 0.05
    return misses / runs


def growth_misses(classes: int, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """Share of groups that do not grow, and do not stand still by chance alone, whose interval leaves out 0."""
    misses = 0
    for made in studies(world, classes, 1, icc, runs):
        misses += not differences.growth(made.plain.select(made.treated), unit="points").interval.holds(0)
    return misses / runs


def spread_misses(classes: int, runs: int, world: World = WORLDS[0]) -> float:
    """Share of groups whose spread stays as it is and seems to change all the same."""
    rng = np.random.default_rng([SEED, classes])
    misses = 0
    for _ in range(runs):
        codes = np.repeat(np.arange(classes), rng.integers(*world.sizes, classes))
        common, *own = world.draw(rng, (3, len(codes)))
        pre, post = (
            np.minimum(math.sqrt(CORRELATION) * common + math.sqrt(1 - CORRELATION) * x, world.best) for x in own
        )
        misses += not differences.spread_ratio(codes, pre, post).interval.holds(1)
    return misses / runs


def end_only_misses(treated: int, control: int, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """Classes compared without a pre-test: studies without effect whose interval leaves out 0."""
    misses = 0
    for made in studies(world, treated, control, icc, runs):
        post = ClassMoments(made.plain.n, made.plain.mean[:, 1:], made.plain.scatter[:, 1:, 1:])
        found = clusters.adjusted_difference(clusters.adjusted_means(post, made.treated), unit="points")
        misses += not found.interval.holds(0)
    return misses / runs


def divided_misses(classes: int, icc: float, differ: float, runs: int, world: World = WORLDS[0]) -> float:
    """Pupils divided by lot within classes, nothing on average and ``differ`` SD from class to class: the same."""
    rng = np.random.default_rng([SEED, classes, round(100 * icc), round(100 * differ)])
    misses = 0
    for _ in range(runs):
        codes = np.repeat(np.arange(classes), rng.integers(*world.sizes, classes))
        order = rng.permutation(len(codes))
        treated = np.empty(len(codes), dtype=bool)
        treated[order[np.argsort(codes[order], kind="stable")]] = np.arange(len(codes)) % 2 == 0
        level, own = world.draw(rng, (2, classes)), world.draw(rng, (2, len(codes)))
        scores = [math.sqrt(icc) * level[i][codes] + math.sqrt(1 - icc) * own[i] for i in (0, 1)]
        effect = differ * rng.normal(0, 1, classes)[codes] * treated
        pre, post = scores[0], CORRELATION * scores[0] + OWN * scores[1] + effect
        pre, post = np.minimum(pre, world.best), np.minimum(post, world.best)
        if classes == 1:
            found = sites.within_one_site(post, treated, pre, unit="points")
        else:
            found = sites.mean_of_sites(sites.site_differences(codes, treated, post, pre), unit="points")
        misses += not found.interval.holds(0)
    return misses / runs


def imputed_misses(classes: int, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """Half the classes treated, or with one class half its pupils; about a quarter of the post-tests missing, those of
    low starters more often; filled in, and not refused, the interval leaves out 0."""
    rng = np.random.default_rng([SEED, classes, round(100 * icc), 40])
    misses = given = 0
    for _ in range(runs):
        codes = np.repeat(np.arange(classes), rng.integers(*world.sizes, classes))
        level, own = world.draw(rng, (2, classes)), world.draw(rng, (2, len(codes)))
        pre, change = (math.sqrt(icc) * level[i][codes] + math.sqrt(1 - icc) * own[i] for i in (0, 1))
        post = CORRELATION * pre + OWN * change
        gone = rng.random(len(codes)) < 1 / (1 + np.exp(1.3 + 0.8 * pre))
        arm = rng.permutation(len(codes)) % 2 if classes == 1 else (codes < classes // 2).astype(int)
        cells = 1 - arm if classes == 1 else codes
        treated = np.arange(cells.max() + 1) < (cells.max() + 1) // 2
        gone[np.unique(cells, return_index=True)[1]] = False

        def analysis(whole: NDArray[np.float64], arm=arm, pre=pre, codes=codes, treated=treated) -> Estimate:
            if classes == 1:
                return sites.within_one_site(whole, arm == 1, pre, unit="points")
            means = clusters.adjusted_means(class_moments(codes, pre, whole), treated)
            return clusters.adjusted_difference(means, unit="points")

        found = imputation.multiple_imputation(
            cells, treated, pre, np.where(gone, np.nan, post), analysis, pupils_carry=classes == 1
        )
        if isinstance(found, Estimate):
            given += 1
            misses += not found.interval.holds(0)
    return misses / given


TIMES = np.array([0.0, 1.0, 2.5])


def waves_misses(
    classes: int, pace: float, runs: int, world: World = WORLDS[0], *, arms: bool = True, within: bool = False
) -> float:
    """Three waves, growth of classes ``pace`` SD apart: arms growing alike whose interval leaves out 0; with one group,
    growth of 1 SD whose interval leaves out 1. ``within``: pupils divided by lot in every class.
    """
    rng = np.random.default_rng([SEED, classes, round(100 * pace), arms, within])
    misses = 0
    for _ in range(runs):
        codes = np.repeat(np.arange(classes), rng.integers(*world.sizes, classes))
        treated = np.arange(classes) % 2 == 0
        spread = np.where(treated, world.spread, 1.0) if arms and not within else np.ones(classes)
        level, own = world.draw(rng, (2, classes)), world.draw(rng, (2, len(codes)))
        rise = 1 + (pace * spread * world.draw(rng, (1, classes))[0])[codes] + 0.3 * own[1]
        start = math.sqrt(0.15) * level[0][codes] + math.sqrt(0.85) * own[0]
        scores = start[:, None] + rise[:, None] * TIMES / TIMES[-1] + rng.normal(0, 0.5, (len(codes), 3))
        if world.missing:
            scores[rng.random(scores.shape) < np.clip(world.missing * (1 - start / 2), 0, 0.9)[:, None]] = np.nan
        if within:
            half = rng.permutation(len(codes)) % 2 == 0
            lines = waves.class_slopes(np.arange(len(codes)), TIMES, scores)
            found = sites.mean_of_sites(
                sites.site_differences(codes[lines.classes], half[lines.classes], lines.slope * TIMES[-1]),
                unit="points",
            )
            misses += not found.interval.holds(0)
            continue
        lines = waves.class_slopes(codes, TIMES, scores)
        if arms:
            misses += not waves.slope_difference(lines, treated, unit="points").interval.holds(0)
        else:
            misses += not waves.growth(lines, unit="points", duration=TIMES[-1]).interval.holds(1)
    return misses / runs


def trend_misses(occasions: int, classes: int, years: float, runs: int, world: World = WORLDS[0]) -> float:
    """Other pupils on every occasion, ``years`` as far apart as classes are: lines that rise where nothing does."""
    rng = np.random.default_rng([SEED, occasions, classes, round(100 * years)])
    occasion = np.repeat(np.arange(occasions), classes)
    misses = 0
    for _ in range(runs):
        level = math.sqrt(0.15) * (
            world.draw(rng, (1, len(occasion)))[0] + years * rng.normal(0, 1, occasions)[occasion]
        )
        codes = np.repeat(np.arange(len(occasion)), rng.integers(*world.sizes, len(occasion)))
        scores = level[codes] + math.sqrt(0.85) * world.draw(rng, (1, len(codes)))[0]
        found = trend.trend(class_moments(codes, scores), occasion, np.arange(occasions), unit="points")
        misses += not found.interval.holds(0)
    return misses / runs


ZONES = (-1.28, -0.67, 0.0, 0.67)
"""Where ordered levels begin, in SD of the post-test: the lowest holds 10 %, the highest 25 %."""


def in_levels(
    classes: int, limits: tuple[float, ...], icc: float, runs: int, world: World
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]]:
    """Half the classes beside the other half, without effect: class of each pupil, level before and after, arm by
    class."""
    rng = np.random.default_rng([SEED, classes, len(limits), round(100 * icc)])
    arm = np.arange(classes) < classes // 2
    for _ in range(runs):
        codes = np.repeat(np.arange(classes), rng.integers(*world.sizes, classes))
        level, own = world.draw(rng, (2, classes)), world.draw(rng, (2, len(codes)))
        parts = [math.sqrt(icc) * level[i][codes] + math.sqrt(1 - icc) * own[i] for i in (0, 1)]
        pre, post = parts[0], CORRELATION * parts[0] + OWN * parts[1]
        yield codes, *(np.digitize(scores, limits).astype(float) for scores in (pre, post)), arm


def share_misses(classes: int, limit: float, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """Passed or not, adjusted for passed or not before: of what is not refused, studies whose interval leaves out 0."""
    misses = given = 0
    for codes, pre, post, arm in in_levels(classes, (limit,), icc, runs, world):
        found = mastery.risk_difference(class_moments(codes, pre, post), arm, unit="points")
        if isinstance(found, Estimate):
            given += 1
            misses += not found.interval.holds(0)
    return misses / given


def level_misses(classes: int, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """Five ordered levels, adjusted for the level before: studies whose interval leaves out 0."""
    misses = 0
    for codes, pre, post, arm in in_levels(classes, ZONES, icc, runs, world):
        found = ordinal.ridit_difference(codes, post, ordinal.ridits(codes, pre), treated=arm, unit="points")
        misses += not found.interval.holds(0)
    return misses / runs


def waves_in_one_group(classes: int, pace: float, runs: int, world: World = WORLDS[0]) -> float:
    return waves_misses(classes, pace, runs, world, arms=False)


def waves_within(classes: int, pace: float, runs: int, world: World = WORLDS[0]) -> float:
    return waves_misses(classes, pace, runs, world, within=True)


def divided_share_misses(classes: int, limit: float, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """Passed or not, pupils divided by lot within classes and adjusted for before: the same, of what is not refused."""
    misses = given = 0
    rng = np.random.default_rng([SEED, classes])
    for codes, pre, post, _ in in_levels(classes, (limit,), icc, runs, world):
        order = rng.permutation(len(codes))
        treated = np.empty(len(codes), dtype=bool)
        treated[order[np.argsort(codes[order], kind="stable")]] = np.arange(len(codes)) % 2 == 0
        if classes == 1:
            found = sites.within_one_site(post, treated, pre, unit="points")
        else:
            found = sites.mean_of_sites(sites.site_differences(codes, treated, post, pre), unit="points")
        if isinstance(found, Estimate):
            given += 1
            misses += not found.interval.holds(0)
    return misses / given


def share_growth_misses(classes: int, limit: float, icc: float, runs: int, world: World = WORLDS[0]) -> float:
    """The share that passes does not grow, in one group: the same, of what has an interval."""
    misses = given = 0
    for codes, pre, post, _ in in_levels(classes, (limit,), icc, runs, world):
        found = differences.growth(class_moments(codes, pre, post), unit="points")
        if isinstance(found, Estimate) and found.interval is not None:
            given += 1
            misses += not found.interval.holds(0)
    return misses / given


ROLLOUT_WAVES = 5


def rollout_misses(steps: tuple[int, ...], icc: float, drawn: bool, runs: int, world: World = WORLDS[0]) -> float:
    """Classes that start in an order drawn by lot, ``steps`` counting those of each, after the first of five waves; no
    effect: studies whose interval leaves out 0. Moved along by any effect that is the same everywhere.

    Later waves share 70 % of the class's part and half of the pupil's; waves move by themselves, a class at a wave by
    0.15 SD more, and one score in ten is missing. Two steps are compared as a wait-list is.
    """
    start = np.repeat(np.arange(1, len(steps) + 1), steps)
    classes, waves = len(start), ROLLOUT_WAVES
    rng = np.random.default_rng([SEED, classes, len(steps), round(100 * icc), drawn])
    ways = stepped.orders(start, rng=np.random.default_rng(SEED))
    misses = 0
    for _ in range(runs):
        begun = rng.permutation(start)
        codes = np.repeat(np.arange(classes), rng.integers(*world.sizes, classes))
        first, later = world.draw(rng, (2, classes)), world.draw(rng, (2, len(codes)))
        scores = np.tile(rng.normal(0, 0.3, waves).cumsum(), (len(codes), 1))
        scores[:, 0] += math.sqrt(icc) * first[0][codes] + math.sqrt(1 - icc) * later[0]
        for wave in range(1, waves):
            own = OWN * (math.sqrt(0.7) * first[1] + math.sqrt(0.3) * world.draw(rng, (classes,)))
            pupil = OWN * math.sqrt(0.5) * (later[1] + world.draw(rng, (len(codes),)))
            scores[:, wave] += math.sqrt(icc) * (CORRELATION * first[0] + own)[codes]
            scores[:, wave] += math.sqrt(1 - icc) * (CORRELATION * later[0] + pupil)
        scores += rng.normal(0, 0.15, (classes, waves))[codes]
        scores = np.minimum(scores, world.best)
        scores[rng.random(scores.shape) < np.clip(0.1 + world.missing * (1 - scores[:, :1] / 2), 0, 0.9)] = np.nan
        if len(steps) == 2:
            both = ~np.isnan(scores[:, :2]).any(axis=1)
            left, here = np.unique(codes[both], return_inverse=True)
            moments = class_moments(here, scores[both, 0], scores[both, 1])
            found = clusters.adjusted_difference(clusters.adjusted_means(moments, begun[left] == 1), unit="points")
        else:
            means = stepped.wave_means(codes, begun, scores)
            found = stepped.rollout(means, ways, unit="points", drawn=drawn).estimate
        misses += not found.interval.holds(0)
    return misses / runs


def monte_carlo_se(runs: int, share: float = 0.05) -> float:
    return math.sqrt(share * (1 - share) / runs)


NAMES = {world.name for world in WORLDS}
TRUE_IN = {
    permutation_misses: NAMES - {"apart"},
    growth_misses: NAMES - {"ceiling", "missing", "apart"},
    spread_misses: NAMES - {"missing", "spread", "apart"},
    end_only_misses: NAMES - {"apart"},
    waves_misses: NAMES - {"ceiling", "apart"},
    waves_in_one_group: NAMES - {"ceiling", "spread", "apart"},
    waves_within: NAMES - {"ceiling", "spread", "apart"},
    trend_misses: NAMES - {"ceiling", "missing", "spread", "apart"},
    imputed_misses: {"normal", "skewed", "sizes"},
    divided_misses: NAMES - {"ceiling", "missing", "spread", "apart"},
    **dict.fromkeys((share_misses, level_misses, divided_share_misses), {"normal", "skewed", "sizes"}),
    share_growth_misses: {"normal", "sizes"},
    rollout_misses: NAMES - {"spread", "apart"},
}
"""The worlds in which nothing happens, as far as each of these asks; the others have a truth of their own."""

# Tables

MOST_FALSE = 0.06
COVERAGE = (0.93, 0.97)


def outside(found: Tally) -> bool:
    """Too sure: beyond 6 % false positives or under 93 % coverage by more than two Monte-Carlo standard errors."""
    margin = 2 * monte_carlo_se(found.given)
    return found.false_positives > MOST_FALSE + margin or found.coverage < COVERAGE[0] - margin


def too_wide(found: Tally) -> bool:
    return found.coverage > COVERAGE[1] + 2 * monte_carlo_se(found.given)


def shown(found: Tally | None, treated: int, control: int) -> str:
    """False positives and coverage in per cent: bold if too sure, in brackets if a report caps it, italic if wide."""
    if found is None:
        return ""
    told = f"{100 * found.false_positives:.1f} / {100 * found.coverage:.1f}"
    if outside(found):
        return f"({told})" if small_arm(treated, control) else f"**{told}**"
    return f"*{told}*" if too_wide(found) else told


def table(world: World, cells: dict[tuple[int, int, float], dict[str, Tally]]) -> Iterator[str]:
    yield f"| klassen | ICC | {' | '.join(heading for heading, _, _ in INTERVALS.values())} |"
    yield "|---" * (2 + len(INTERVALS)) + "|"
    for (treated, control, icc), found in cells.items():
        row = [shown(found.get(name), treated, control) for name in INTERVALS]
        yield f"| {treated} v {control} | {icc:.2f} | {' | '.join(row)} |"


def others(pool: ProcessPoolExecutor, runs: int) -> Iterator[str]:
    """One class per arm, blocks and permutation: false positives alone, for every world."""
    rows = [(f"1 v 1, aangenomen ICC {icc:.2f} klopt", panel_misses, (icc, icc, runs)) for icc in ICCS]
    rows += [(f"1 v 1, spreiding van {k} andere klassen, ICC {icc:.2f}", borrowed_misses, (icc, k, runs))
             for k in (4, 8) for icc in (0.05, 0.15)]  # fmt: skip
    rows += [(f"{s} scholen met elk 1 v 1, ICC {icc:.2f}", block_misses, (s, icc, runs))
             for s in (3, 5, 10) for icc in (0.05, 0.15)]  # fmt: skip
    rows += [(f"loting nagedaan, {a} v {b}, ICC 0.15", permutation_misses, (a, b, 0.15, runs))
             for a, b in ((3, 3), (5, 5), (1, 5), (2, 6))]  # fmt: skip
    rows += [(f"groei, {k} klas{'sen' * (k > 1)}, ICC {icc:.2f}", growth_misses, (k, icc, runs))
             for k, icc in ((1, 0.0), (3, 0.15), (8, 0.15))]  # fmt: skip
    rows += [(f"spreiding vooraf en achteraf, {k} klas{'sen' * (k > 1)}", spread_misses, (k, runs)) for k in (1, 5)]
    rows += [(f"geen toets vooraf, {a} v {a}, ICC 0.15", end_only_misses, (a, a, 0.15, runs)) for a in (2, 4, 10)]
    rows += [(f"leerlingen verdeeld in {k} klas{'sen' * (k > 1)}, ICC 0.15, verschil per klas {sd:.1f} SD",
              divided_misses, (k, 0.15, sd, runs))
             for k, sd in ((1, 0.0), (4, 0.0), (4, 0.2), (8, 0.2), (20, 0.2))]  # fmt: skip
    rows += [(f"een kwart achteraf ingevuld, {told}, ICC 0.15", imputed_misses, (k, 0.15, runs))
             for k, told in ((1, "leerlingen verdeeld in 1 klas"), (4, "2 v 2"), (8, "4 v 4"), (20, "10 v 10"))
             ]  # fmt: skip
    rows += [(f"drie meetmomenten, {k // 2} v {k // 2} klassen, groei {pace} SD uiteen", waves_misses, (k, pace, runs))
             for k, pace in ((4, 0.25), (8, 0.0), (8, 0.25), (20, 0.25))]  # fmt: skip
    rows += [(f"drie meetmomenten, één groep van {k} klassen", waves_in_one_group, (k, 0.25, runs))
             for k in (4, 8, 20)]  # fmt: skip
    rows += [
        (f"drie meetmomenten, leerlingen verdeeld in {k} klassen", waves_within, (k, 0.25, runs)) for k in (4, 8, 20)
    ]
    rows += [(f"{t} metingen van telkens andere leerlingen, {k} klassen, jaren {y:g} keer zo ver uiteen",
              trend_misses, (t, k, y, runs))
             for t, k, y in ((4, 1, 0.0), (4, 2, 0.0), (4, 2, 1.0), (4, 5, 1.0))]  # fmt: skip
    rows += [(f"behaald of niet, {k} klassen, {told} haalt het, ICC 0.15", share_misses, (k, limit, 0.15, runs))
             for k in (4, 8, 20) for told, limit in (("de helft", 0.0), ("80 %", -0.84))]  # fmt: skip
    rows += [(f"vijf niveaus, {k} klassen, ICC 0.15", level_misses, (k, 0.15, runs)) for k in (4, 8, 20)]
    rows += [(f"behaald of niet, leerlingen verdeeld in {k} klas{'sen' * (k > 1)}", divided_share_misses,
              (k, 0.0, 0.15, runs)) for k in (1, 4, 8, 20)]  # fmt: skip
    rows += [(f"behaald of niet, groei, {k} klassen", share_growth_misses, (k, 0.0, 0.15, runs)) for k in (4, 8, 20)]
    rows += [(f"{sum(steps)} klassen na elkaar in {len(steps)} stappen{'' if lot else ', niet geloot'}, ICC {icc:.2f}",
              rollout_misses, (steps, icc, lot, runs))
             for lot in (True, False) for steps in ((2, 2), (1,) * 4, (2,) * 4, (5,) * 4)
             for icc in (0.05, 0.15, 0.25) if lot or len(steps) > 2]  # fmt: skip
    found = [[pool.submit(how, *arguments, world) if world.name in TRUE_IN.get(how, NAMES) else None
              for world in WORLDS] for _, how, arguments in rows]  # fmt: skip
    yield f"| | {' | '.join(world.name for world in WORLDS)} |"
    yield "|---" * (1 + len(WORLDS)) + "|"
    for (told, _, _), shares in zip(rows, found, strict=True):
        yield f"| {told} | {' | '.join(f'{100 * share.result():.1f}' if share else '' for share in shares)} |"


def main(runs: int = 10_000, worlds: tuple[str, ...] = (), *, write: bool = False) -> None:
    """All tables, or those of some ``worlds`` and ``REST``, one after another."""
    grid = [(*design, icc) for design, icc in product(DESIGNS, ICCS)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for world in (w for w in WORLDS if not worlds or w.name in worlds):
            found = [pool.submit(tally, world, *cell, runs) for cell in grid]
            cells = dict(zip(grid, (cell.result() for cell in found), strict=True))
            _put(world.told, list(table(world, cells)), runs, write=write)
        if not worlds or REST in worlds:
            _put(REST_TOLD, list(others(pool, runs)), runs, write=write)


def _put(title: str, lines: list[str], runs: int, *, write: bool) -> None:
    """One table on paper: its section is replaced, the others stay as they are."""
    print("\n".join([f"## {title}", "", *lines, ""]), flush=True)
    if not write:
        return
    intro, told = PAGE.read_text("utf-8").split(MARK)
    sections = dict(part.split("\n", 1) for part in told.split("\n## ")[1:])
    sections[title] = "\n" + "\n".join(lines) + "\n"
    order = [name for name in (*(world.told for world in WORLDS), REST_TOLD) if name in sections]
    first = (
        f"{runs} studies per cel, zaad {SEED}. Per manier: % vals alarm zonder effect / % dekking bij een effect van "
        f"{EFFECT} SD."
    )
    told = "\n".join(f"## {name}\n{sections[name].rstrip()}\n" for name in order)
    PAGE.write_text(f"{intro}{MARK}\n\n{first}\n\n{told}", "utf-8", newline="\n")


REST = "rest"
REST_TOLD = "Andere opzetten, en één klas aan elke kant"
MARK = "<!-- hieronder schrijft benchmarks/calibration.py -->"

if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    chosen = tuple(argument for argument in sys.argv[1:] if argument in NAMES | {REST})
    main(*numbers[:1] or [10_000], chosen, write="--write" in sys.argv)

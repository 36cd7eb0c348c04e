r"""Classes that start one after the other: in every wave those that started beside those that still wait.

*started* classes had the approach at a wave, *waiting* ones not yet or never. *start* (G,) is the first wave with the
approach, 0 the first of all, W for never; *scores* (N, W) are NaN where a pupil has none. An *order* says which class
starts when, with as many classes in every step as there are. Higher is better. G classes, W waves, N pupils.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate, NotEstimated
from . import sandwich
from .clusters import class_estimate
from .moments import ROUNDING, class_moments
from .permutation import DRAWS, LISTED, TIE, p_value, shift_limits
from .student import t_quantile

MIN_CLASSES = 4
"""With fewer classes the differences are described, without an interval (methods page, row g; policy)."""
DF_ORDERS = 2_000
"""Of drawn orders, as many give the degrees of freedom: with m of them 1/df is too large by about 1/m (computed)."""
NAME = "started_beside_waiting"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WaveMeans:
    """Per class and wave (G, W), NaN where a class has none: ``mean``, adjusted for the first wave where that comes
    before every start, and ``before`` the mean of the same pupils in the first wave (NaN where it does not). ``start``
    (G,) and ``pupils`` (G, W). ``slope_variance`` is the largest sampling variance of a slope, ``whole_ss`` what spread
    is judged against."""

    mean: Floats
    before: Floats
    start: NDArray[np.int64]
    pupils: NDArray[np.int64]
    slope_variance: float
    whole_ss: float

    @property
    def started(self) -> NDArray[np.bool_]:
        """(G, W): which class had the approach at which wave."""
        return self.start[:, None] <= np.arange(self.mean.shape[1])

    @property
    def classes(self) -> int:
        return len(self.start)


def wave_means(codes: ArrayLike, start: ArrayLike, scores: ArrayLike) -> WaveMeans | NotEstimated:
    r"""Class means of every wave, as if every class had begun at the same mean in the first wave.

    .. math:: a_{jt}=\bar y_{jt}-b_t(\bar x_{jt}-\bar x_t),\qquad b_t=\frac{\sum_jS_{xy,jt}}{\sum_jS_{xx,jt}},

    over the pupils who have both, x being the first wave where nobody had started yet. Where somebody had, means are
    those of who has the wave, as they are. ``codes`` (N,) of classes 0 … G-1.

    Refuses: no scores; values beyond double precision; a first wave that differs between classes and not within.
    Raises ValueError on shapes that do not go together.
    """
    codes, start, scores = np.asarray(codes), np.asarray(start), np.asarray(scores, dtype=float)
    if scores.ndim != 2 or codes.shape != scores.shape[:1] or start.ndim != 1 or (codes >= len(start)).any():
        raise ValueError(f"codes (N,), start (G,), scores (N, W); got {codes.shape}, {start.shape}, {scores.shape}")
    adjusts = len(start) > 0 and bool(start.min() >= 1)
    mean, before = np.full((2, len(start), scores.shape[1]), np.nan)
    pupils = np.zeros(mean.shape, dtype=np.int64)
    error, within = 0.0, 0.0
    for wave in range(int(adjusts), scores.shape[1]):
        seen = ~np.isnan(scores[:, wave]) & (~np.isnan(scores[:, 0]) if adjusts else True)
        if not seen.any():
            continue
        here, code = np.unique(codes[seen], return_inverse=True)
        columns = (scores[seen, 0], scores[seen, wave]) if adjusts else (scores[seen, wave],)
        moments = class_moments(code, *columns)
        if not moments.in_reach:
            return NotEstimated(estimator=NAME, reason="out_of_reach")
        pupils[here, wave], mean[here, wave] = moments.n, moments.mean[:, -1]
        scatter = moments.within()
        within = max(within, float(scatter[-1, -1]))
        if not adjusts:
            continue
        before[here, wave] = moments.mean[:, 0]
        if not scatter[0, 0] > ROUNDING * moments.total()[0, 0]:
            if np.ptp(moments.mean[:, 0]) > 0:
                return NotEstimated(estimator=NAME, reason="no_pupil_spread")
            continue
        slope = scatter[0, 1] / scatter[0, 0]
        mean[here, wave] -= slope * (moments.mean[:, 0] - moments.mean[:, 0].mean())
        left = max(float(scatter[1, 1] - slope * scatter[0, 1]), 0.0)
        error = max(error, left / max(moments.pupils - moments.classes - 1, 1) / float(scatter[0, 0]))
    if not pupils.any():
        return NotEstimated(estimator=NAME, reason="no_pupils")
    between = float(np.nansum((mean - np.nanmean(mean)) ** 2))
    return WaveMeans(mean, before, start, pupils, error, between + within)


@dataclass(frozen=True, slots=True)
class Orders:
    """``start`` (m, G): every order there could have been when ``complete``, else drawn from them at random."""

    start: NDArray[np.int64]
    possible: int
    complete: bool


def orders(start: ArrayLike, *, rng: np.random.Generator, draws: int = DRAWS) -> Orders:
    """Every order with as many classes in each step, up to ``LISTED`` of them; else ``draws``, each as likely."""
    start = np.asarray(start)
    steps, counts = np.unique(start, return_counts=True)
    possible = math.factorial(len(start)) // math.prod(map(math.factorial, counts.tolist()))
    if possible > LISTED:
        return Orders(rng.permuted(np.tile(start, (draws, 1)), axis=1), possible, False)
    listed = np.full((1, len(start)), -1, dtype=np.int64)
    for step, count in zip(steps, counts, strict=True):
        rows = []
        for row in listed:
            for chosen in itertools.combinations(np.flatnonzero(row < 0), count):
                rows.append(row.copy())
                rows[-1][list(chosen)] = step
        listed = np.array(rows)
    return Orders(listed, possible, True)


@dataclass(frozen=True, slots=True)
class WaveDifference:
    """At one wave: the mean of ``started`` classes less that of ``waiting`` ones, and the share it has in the mean."""

    wave: int
    value: float
    started: int
    waiting: int
    share: float


def wave_differences(means: WaveMeans) -> tuple[WaveDifference, ...]:
    r"""The difference at every wave with classes on both sides, weighing :math:`k_tm_t/(k_t+m_t)`.

    k started and m waiting classes: the inverse of the variance of a difference of means of equal spread. The weights
    are those of the plan, not of the scores, so that every order has the same. Source: Thompson et al. (2018),
    doi:10.1002/sim.7668, who weigh by variances from the scores [recalled].
    """
    has, started = ~np.isnan(means.mean), means.started
    found = []
    for wave in range(means.mean.shape[1]):
        values = means.mean[:, wave]
        k, m = int((has & started)[:, wave].sum()), int((has & ~started)[:, wave].sum())
        if k and m:
            new, old = has[:, wave] & started[:, wave], has[:, wave] & ~started[:, wave]
            found.append((wave, float(values[new].mean() - values[old].mean()), k, m, k * m / (k + m)))
    whole = sum(one[-1] for one in found)
    return tuple(WaveDifference(*one[:-1], share=one[-1] / whole) for one in found)


@dataclass(frozen=True, slots=True)
class Rollout:
    """``estimate`` of the mean difference; ``p`` two-sided over the ``orders``, and the smallest they can give."""

    estimate: Estimate
    p: float
    smallest_p: float


def rollout(
    means: WaveMeans | NotEstimated, ways: Orders, *, unit: str, drawn: bool, level: float = 0.95
) -> Rollout | NotEstimated:
    r"""The difference between started and waiting classes within a wave, averaged over waves, with classes as the unit.

    With :math:`\tilde T` whether a class had started at a wave, less the share that had, and :math:`\tilde T^\pi` under
    another order,

    .. math:: \delta=\frac{\sum\tilde T_{jt}a_{jt}}{\sum\tilde T_{jt}^2}=\sum_tw_t(\bar a_{t,\text{started}}-
              \bar a_{t,\text{waiting}})\Big/\sum_tw_t,\qquad w_t=\frac{k_tm_t}{k_t+m_t}.

    Drawn by lot: an order is as likely as any other, whatever the waves of one class have in common. Under it the
    scores give :math:`r_\pi=\sum\tilde T^\pi a/\lVert\tilde T^\pi\rVert\lVert\tilde T\rVert`; p is the share with
    :math:`|r_\pi|\ge|\delta|`, and the interval every shift that, taken off the started classes, leaves a p above 5 %:
    exact when the approach shifts every class equally at every wave. With so few orders that no shift is ever rejected
    the difference is described, as with fewer than 4 classes.

    The standard error is that of the orders around the difference that was found,

    .. math:: SE^2=\frac{\sum_\pi(r_\pi-o_\pi\delta)^2}{\sum_\pi(1-o_\pi^2)},\qquad
              o_\pi=\frac{\sum\tilde T^\pi\tilde T}{\lVert\tilde T^\pi\rVert\lVert\tilde T\rVert},\qquad df=G-2,

    which with one wave between two steps is Student's. Not drawn: the t interval of that, with the error of the slope
    where started classes began further ahead than classes lie apart. Drawn: it is made at least as wide as the interval
    over orders, so that what is read from it (equivalence, a lean) is no surer.

    Refuses: no wave with both sides; class means that do not differ.
    Not for: an effect that grows, of which this is some mean over waves (``by_time_since``).

    Simulated, 2,000 runs a cell, a wave before and four after, classes of 15 to 25 pupils, ICC .05 to .25, waves that
    move by themselves, noise per class and wave, one score in ten missing; without an effect, which a constant one only
    moves along. Drawn: 3.5 to 6.0 % leave out 0 with 4, 8 and 20 classes in four steps, also with skewed scores, a
    ceiling, more missing and classes of 5 to 40. Not drawn: docs/calibration.md; 3.1 to 5.9 %
    with 4 to 8 classes whatever waves of one class have in common: nothing, .3 to all of it, what fades, or what adds
    up (20,000 runs a cell, normal and skewed); with G - 2 df it would be 0.0 to 4.4 %.
    Drawn, the 90 % interval of the standard error leaves out 0 in 3 to 10 %, and a lean goes wrong in 6 to 11 %.

    Source: Thompson et al. (2018), doi:10.1002/sim.7668; Hussey & Hughes (2007), doi:10.1016/j.cct.2006.05.007; orders:
    Wang & De Gruttola (2017), doi:10.1002/sim.7329 [all recalled].
    """
    if isinstance(means, NotEstimated):
        return means
    has = ~np.isnan(means.mean)
    actual, length = _summed(means.mean, means.start[None], means)
    if not length[0] > 0:
        return NotEstimated(estimator=NAME, reason="empty_arm")
    value = float(actual[0] / length[0])
    n = {"classes": means.classes, "steps": len(np.unique(means.start))}
    described = Estimate(
        metric="points", estimator=f"{NAME}_described", value=value, class_df=0.0, n=n, unit=unit,
        source="thompson_2018", status="described",
    )  # fmt: skip
    if means.classes < MIN_CLASSES:
        return Rollout(described, 1.0, 1.0)
    sums, lengths = _summed(means.mean, ways.start, means)
    with_actual = _summed(np.where(has, means.started.astype(float), np.nan), ways.start, means)[0]
    some = lengths > 0
    size = np.sqrt(np.where(some, lengths, 1.0) * length[0])
    values, same = np.where(some, sums, 0.0) / size, np.where(some, with_actual, 0.0) / size
    rest = values - value * same
    free = float((1 - same**2).sum())
    if not float(rest @ rest) > ROUNDING * means.whole_ss * free:
        return NotEstimated(estimator=NAME, reason="no_class_spread")
    df = means.classes - 2.0
    variance = float(rest @ rest) / free
    scale = float(np.abs(values).max())
    at_least = int((np.abs(values) >= abs(value) - TIE * scale).sum())
    p = p_value(at_least, len(values), ways.complete)
    alike = max(int((np.abs(same) >= 1 - TIE).sum()), 1) if ways.complete else 1
    smallest = alike / ways.possible if ways.complete else max(1 / ways.possible, 1 / (len(values) + 1))
    if not drawn:
        se, own_df = math.sqrt(variance + _slope_error(means, ways)), _df(means, ways, value)
        found = class_estimate(value, se, own_df, n, unit=unit, estimator=NAME, source="thompson_2018")
        return Rollout(replace(found, class_df=df, p=found.p if df >= MIN_CLASS_DF_FOR_P else None), p, smallest)
    limits = shift_limits(value, values, same, complete=ways.complete, level=level)
    if limits is None:
        return Rollout(described, p, smallest)
    reach = max(limits.high - value, value - limits.low)
    se = max(math.sqrt(variance), reach / t_quantile(df, (1 + level) / 2))
    found = class_estimate(value, se, df, n, unit=unit, estimator=f"{NAME}_drawn", source="thompson_2018")
    return Rollout(replace(found, interval=limits, p=None if found.p is None else p), p, smallest)


def _summed(values: Floats, starts: NDArray[np.int64], means: WaveMeans) -> tuple[Floats, Floats]:
    r"""For every order (m,): :math:`\sum\tilde T^\pi v`, and :math:`\lVert\tilde T^\pi\rVert^2`. ``values`` (G, W)."""
    has = ~np.isnan(values)
    count = has.sum(axis=0)
    centred = np.where(has, values - np.where(has, values, 0).sum(axis=0) / np.maximum(count, 1), 0.0)
    waves = values.shape[1]
    later = np.zeros((means.classes, waves + 1))
    later[:, :waves] = centred[:, ::-1].cumsum(axis=1)[:, ::-1]
    sums, lengths = np.zeros(len(starts)), np.zeros(len(starts))
    for one in range(means.classes):
        sums += later[one, starts[:, one]]
    for wave in np.flatnonzero(count > 1):
        started = (starts[:, has[:, wave]] <= wave).sum(axis=1)
        lengths += started * (count[wave] - started) / count[wave]
    return sums, lengths


def _df(means: WaveMeans, ways: Orders, value: float) -> float:
    """Satterthwaite's degrees of freedom of the variance of ``rollout``, at the correlation that its residuals show."""
    has = ~np.isnan(means.mean)
    wave = np.nonzero(has)[1]
    held = has.sum(axis=0)

    def around(started: NDArray[np.bool_]) -> Floats:
        """(…, cells): started less the share that had, over the means there are."""
        share = (started & has).sum(axis=-2) / np.maximum(held, 1)
        return started[..., has] - share[..., wave]

    actual = around(means.started)
    length = float(actual @ actual)
    form = np.zeros((len(wave), len(wave)))
    orders_used = ways.start if ways.complete else ways.start[:DF_ORDERS]
    for some in np.array_split(orders_used, -(-len(orders_used) // DF_ORDERS)):
        order = around(some[:, :, None] <= np.arange(has.shape[1]))
        size = np.sqrt((order**2).sum(axis=1) * length)
        order = np.divide(order, size[:, None], out=np.zeros_like(order), where=size[:, None] > 0)
        rest = order - np.outer(order @ actual, actual) / length
        form += rest.T @ rest
    residual = means.mean[has] - (np.nansum(means.mean, axis=0) / np.maximum(held, 1))[wave] - value * actual
    of_class = np.eye(means.classes)[np.nonzero(has)[0]]
    waves = of_class.sum(axis=0)
    pairs = float((waves * (waves - 1)).sum())
    crossed = float(((residual @ of_class) ** 2).sum() - residual @ residual)
    alike = crossed / pairs / float(residual @ residual / len(residual)) if pairs else 0.0
    alike = min(max(alike, 0.0), 1.0)
    summed = form @ of_class
    trace = (1 - alike) * np.trace(form) + alike * np.trace(of_class.T @ summed)
    square = (
        (1 - alike) ** 2 * (form**2).sum()
        + 2 * alike * (1 - alike) * (summed**2).sum()
        + alike**2 * ((of_class.T @ summed) ** 2).sum()
    )
    return float(trace**2 / square)


def _slope_error(means: WaveMeans, ways: Orders) -> float:
    """What the error of the slopes adds where started classes began further ahead than classes lie apart: as in
    ``clusters``, at the largest error of a slope."""
    if np.isnan(means.before).all() or not means.slope_variance > 0:
        return 0.0
    sums, lengths = _summed(means.before, ways.start, means)
    actual, length = _summed(means.before, means.start[None], means)
    usual = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
    return means.slope_variance * max(float((actual[0] / length[0]) ** 2 - (usual**2).mean()), 0.0)


def lead_before(means: WaveMeans) -> float | None:
    """How far ahead started classes were in the first wave, in points, weighed as the difference is."""
    if np.isnan(means.before).all():
        return None
    actual, length = _summed(means.before, means.start[None], means)
    return float(actual[0] / length[0]) if length[0] > 0 else None


def by_time_since(means: WaveMeans) -> tuple[tuple[int, float, int], ...]:
    """(waves since the start, difference, started classes behind it), from 0, the first wave with the approach.

    Every step is set beside the classes that still wait at that wave; steps count by their classes. A description:
    later ones come from fewer classes, and from those that began first. Source: Callaway & Sant'Anna (2021),
    doi:10.1016/j.jeconom.2020.12.001 [recalled].
    """
    has, started = ~np.isnan(means.mean), means.started
    found: dict[int, list[tuple[float, int]]] = {}
    for wave in range(means.mean.shape[1]):
        waiting = has[:, wave] & ~started[:, wave]
        for step in np.unique(means.start[means.start <= wave]) if waiting.any() else ():
            here = has[:, wave] & (means.start == step)
            if here.any():
                gap = float(means.mean[here, wave].mean() - means.mean[waiting, wave].mean())
                found.setdefault(int(wave - step), []).append((gap, int(here.sum())))
    return tuple(
        (since, sum(gap * n for gap, n in gaps) / sum(n for _, n in gaps), sum(n for _, n in gaps))
        for since, gaps in sorted(found.items())
    )


def fixed_effects(
    means: ArrayLike, start: ArrayLike, *, unit: str, estimator: str = "class_and_wave_effects"
) -> Estimate | NotEstimated:
    r"""The coefficient of started beside an effect of every class and every wave, with CR2's interval. Status "beside".

    .. math:: \bar y_{jt}=\alpha_j+\beta_t+\delta\,T_{jt}+e_{jt}

    by least squares over class means as they are, each counting as much; after taking off class means of every column,
    since CR2 with the classes' own effects is then the same. It also uses what a class gains as it starts, so it leans
    on an effect that is the same at every wave. ``means`` (G, W), NaN where a class has none.

    Refuses: what ``sandwich.cr2`` refuses; fewer than 4 classes; df below 1.
    Source: Hussey & Hughes (2007), doi:10.1016/j.cct.2006.05.007 [recalled]; the absorbed effects: Pustejovsky & Tipton
    (2018), doi:10.1080/07350015.2016.1247004, theorem 2 [recalled].
    """
    means, start = np.asarray(means, dtype=float), np.asarray(start)
    classes, waves = np.nonzero(~np.isnan(means))
    if len(np.unique(classes)) < MIN_CLASSES:
        return NotEstimated(estimator=estimator, reason="too_few_classes")
    codes = np.unique(classes, return_inverse=True)[1]
    wave_columns = [(waves == wave).astype(float) for wave in np.unique(waves)[1:]]
    columns = [*wave_columns, (start[classes] <= waves).astype(float), means[classes, waves]]
    size = np.bincount(codes)
    own = [column - (np.bincount(codes, column) / size)[codes] for column in columns]
    found = sandwich.cr2(class_moments(codes, *own), len(wave_columns) + 1)
    if isinstance(found, NotEstimated):
        return replace(found, estimator=estimator)
    df = min(found.df, float(len(size) - 2))
    if df < 1:
        return NotEstimated(estimator=estimator, reason="too_few_classes")
    n = {"classes": len(size), "steps": len(np.unique(start))}
    found = class_estimate(found.value, found.se, df, n, unit=unit, estimator=estimator, source="hussey_hughes_2007")
    return replace(found, status="beside")

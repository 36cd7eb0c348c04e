"""One measure at several moments: pupils who grow, arms that grow side by side, or other pupils every time.

A line per pupil, or through the occasions, and its rise from the first to the last moment in points. Positive is better
for pupils. Which verdict follows is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from . import comparison, description, divided, privacy
from .designs import Growth, MultiSite
from .estimate import Estimate, NotEstimated
from .measurement import Arm, Check, ClassResult, ClassWaves, Waves
from .methods import bracket, clusters, growth_model, matched, one_class, trend, waves
from .methods.moments import ClassMoments, class_moments
from .problems import Problem, Problems, Term
from .study import Outcome

BENT = 0.20
"""A wave this many SD of pupils off the straight line is told: the line then hides what happened (policy)."""

UNEVEN = 4.0
"""A class with so many times the pupils of another one that counts as much at the same moment is told (policy)."""

LINE_WAVES = 3
"""With so many waves nobody can see whether growth goes faster or slower (methods page, row f; policy)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Scores (N, W), higher is better, and when they were (N, W); the class of every pupil (N,), and of the arms (N,),
    ``None`` with one group. ``single`` pupils stand in one wave each: nobody is followed."""

    labels: tuple[str, ...]
    timing: str
    codes: NDArray[np.intp]
    when: Floats
    scores: Floats
    arm: NDArray[np.bool_] | None
    single: bool

    @property
    def seen(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.scores)

    @property
    def times(self) -> Floats:
        """(W,) the usual time of every wave: half of the scores are earlier."""
        return np.nanmedian(np.where(self.seen, self.when, np.nan), axis=0)

    @property
    def duration(self) -> float:
        return float(self.times[-1] - self.times[0])

    @property
    def growing(self) -> NDArray[np.bool_]:
        """(N,) who has scores at two moments or more; of pupils who are not followed, who has one."""
        return self.seen.sum(axis=1) > (0 if self.single else 1)

    def only(self, rows: NDArray[np.bool_]) -> Moments:
        """The pupils of these ``rows`` (N,)."""
        arm = None if self.arm is None else self.arm[rows]
        return replace(self, codes=self.codes[rows], when=self.when[rows], scores=self.scores[rows], arm=arm)


@dataclass(frozen=True, slots=True)
class Grown:
    """Estimates in the order main, g, beside; with few classes the panel comes first. ``slopes`` is the rise of every
    class (G,), NaN where it has none."""

    estimates: tuple[Estimate, ...]
    refused: tuple[NotEstimated, ...]
    checks: tuple[Check, ...]
    alarms: tuple[bracket.Agreement, ...]
    sd: float | None
    slopes: Floats
    treated: NDArray[np.bool_] | None
    usual_gaps: tuple[float, ...] = ()
    tipping_icc: float | None = None
    tipping_gap: float | None = None
    moments: ClassMoments | None = None


def refuse_scales(outcome: Outcome) -> None:
    """Raises Problems unless every wave has one test, or parallel ones, on one scale."""
    if outcome.pre is not None and not outcome.gain_defined:
        raise Problems([Problem(code="waves_other_tests", facts={"outcome": outcome.label})])


def grow(design: Growth | None, outcome: Outcome, at: Moments) -> Grown:
    """``design`` is that of arms side by side, ``None`` with one group. Raises Problems when nothing can be said."""
    if at.single:
        return _trend(outcome, at)
    slopes = waves.class_slopes(at.codes, at.when, at.scores)
    if isinstance(slopes, NotEstimated):
        raise Problems([Problem(code="nobody_twice", facts={"outcome": outcome.label})])
    rise = np.full(int(at.codes.max()) + 1, np.nan)
    rise[slopes.classes] = slopes.slope * at.duration
    if design is None:
        main = waves.growth(slopes, unit="points", duration=at.duration)
        return Grown(*_sorted([main]), checks=tuple(_bends(at)), alarms=(), sd=_first_sd(at), slopes=rise, treated=None)
    if design.assigned == "pupil":
        return _divided(design, outcome, at, rise)
    return _side_by_side(design, outcome, at, slopes, rise)


def _sorted(found: Sequence[Estimate | NotEstimated]) -> tuple[tuple[Estimate, ...], tuple[NotEstimated, ...]]:
    return (
        tuple(one for one in found if isinstance(one, Estimate)),
        tuple(one for one in found if isinstance(one, NotEstimated)),
    )


def _side_by_side(design: Growth, outcome: Outcome, at: Moments, slopes: waves.ClassSlopes, rise: Floats) -> Grown:
    size = len(rise)
    treated = np.zeros(size, dtype=bool)
    treated[at.codes[at.arm]] = True
    main = waves.slope_difference(slopes, treated, unit="points", duration=at.duration)
    if isinstance(main, NotEstimated) and main.reason not in ("too_few_classes", "empty_arm"):
        raise Problems([Problem(code="no_class_spread", facts={"outcome": outcome.label})])
    if isinstance(main, NotEstimated) and main.reason == "empty_arm":
        raise Problems([Problem(code="nobody_twice", facts={"outcome": outcome.label})])
    moments = _of_rises(slopes, at.duration)
    adjusted = clusters.adjusted_means(moments, treated[slopes.classes])
    found: list[Estimate | NotEstimated] = []
    panel: list[Estimate] = []
    if isinstance(main, NotEstimated) and not isinstance(adjusted, NotEstimated):
        without = outcome.model_copy(update={"usual_gap": None, "class_spread": None})
        panel = [one for one in comparison.assumed_panel(without, adjusted) if isinstance(one, Estimate)]
    g = waves.in_first_wave_sd(main, at.codes, at.scores[:, 0], treated)
    beside = list(_beside(design, at, treated))
    found += [*panel, main, g, *beside]
    seen = isinstance(main, Estimate)
    alarms = bracket.agreement(main, beside) if seen else ()
    alarms = tuple(alarm for alarm in alarms if comparison.sounds(alarm))
    compared = any(isinstance(one, Estimate) for one in beside)
    checks = [*_start(at, treated), *_bends(at)]
    if not isinstance(adjusted, NotEstimated):
        told = len(alarms) if compared and seen else None
        class_df = main.class_df if seen else 0
        checks += comparison.class_checks(design, moments, adjusted, None, class_df, told)
    tipping = one_class.tipping_icc(adjusted) if panel else None
    return Grown(
        *_sorted(found),
        checks=tuple(checks),
        alarms=alarms,
        sd=_first_sd(at),
        slopes=rise,
        treated=treated,
        usual_gaps=tuple(one_class.usual_gap(adjusted, one.assumed_icc) for one in panel),
        tipping_icc=tipping,
        tipping_gap=None if tipping is None else one_class.usual_gap(adjusted, tipping),
        moments=moments,
    )


def _of_rises(slopes: waves.ClassSlopes, duration: float) -> ClassMoments:
    """The rises of classes as means, with the scatter that pupils would have behind means as unsure as these: for all
    that is asked of classes side by side."""
    scatter = slopes.variance * slopes.pupils * np.maximum(slopes.pupils - 1, 0) * duration**2
    return ClassMoments(slopes.pupils, (slopes.slope * duration)[:, None], scatter[:, None, None])


def _beside(design: Growth, at: Moments, treated: NDArray[np.bool_]) -> Iterator[Estimate | NotEstimated]:
    """Other ways to the same difference. Arms that were not drawn may have grown apart before."""
    yield growth_model.model_difference(at.codes, at.when, at.scores, treated, unit="points", duration=at.duration)
    both = at.seen[:, 0] & at.seen[:, -1]
    if design.randomised or not both.any():
        return
    classes, place = np.unique(at.codes[both], return_inverse=True)
    moments = class_moments(place, at.scores[both, 0], at.scores[both, -1])
    adjusted = clusters.adjusted_difference(
        clusters.adjusted_means(moments, treated[classes]), unit="points", estimator="first_to_last"
    )
    yield replace(adjusted, status="beside") if isinstance(adjusted, Estimate) else adjusted


def counted_classes(design: Growth, outcome: Outcome, at: Moments) -> NDArray[np.intp]:
    """The classes with pupils enough on both sides who have a line; raises Problems when there is none."""
    within = MultiSite(kind="multi_site", site="class", randomised=design.randomised)
    return divided.counted_sites(at.codes[at.growing], at.arm[at.growing], within, outcome)


def _divided(design: Growth, outcome: Outcome, at: Moments, rise: Floats) -> Grown:
    """How much more the pupils with the approach grew than those without, in every class, and the mean of those."""
    cells, cell = np.unique(2 * at.codes + at.arm, return_inverse=True)
    found = waves.class_slopes(cell, at.when, at.scores)
    slope, variance, df = (np.zeros(len(cells)) for _ in range(3))
    slope[found.classes], variance[found.classes], df[found.classes] = found.slope, found.variance, found.df
    pupils = np.zeros(len(cells), dtype=np.int64)
    pupils[found.classes] = found.pupils
    arm = cells % 2 == 1
    n = {"pupils_treated": int(pupils[arm].sum()), "pupils_control": int(pupils[~arm].sum()), "sites": int(arm.sum())}
    apart = (slope[arm] - slope[~arm]) * at.duration
    if len(apart) > 1:
        main = matched.network(apart, n=n, unit="points")
        main = replace(main, estimator="mean_of_sites")
    else:
        main = _one_class(float(apart[0]), variance * at.duration**2, df, n)
    if isinstance(main, NotEstimated):
        raise Problems(
            [Problem(code="differences_alike", facts={"outcome": outcome.label, "unit": Term("role.class")})]
        )
    return Grown(
        estimates=(main,),
        refused=(),
        checks=(*_start_within(at), *_bends(at)),
        alarms=(),
        sd=_first_sd(at),
        slopes=rise,
        treated=None,
    )


def _one_class(value: float, variance: Floats, df: Floats, n: dict[str, int]) -> Estimate | NotEstimated:
    """Two groups of pupils with spreads of their own: Welch's t on the mean slopes of both."""
    if not variance.min() > 0 or df.min() < 1:
        return NotEstimated(estimator="within_one_site", reason="no_pupil_spread")
    se, welch = float(variance.sum()) ** 0.5, float(variance.sum() ** 2 / (variance**2 / df).sum())
    return clusters.class_estimate(value, se, welch, n, unit="points", estimator="within_one_site", source="welch_1947")


def _start_within(at: Moments) -> Iterator[Check]:
    """How far the two sides lay apart within their classes at the first wave, in SD."""
    seen, sd = at.seen[:, 0], _first_sd(at)
    apart = []
    for unit in np.unique(at.codes[seen]):
        sides = [at.scores[seen & (at.codes == unit) & (at.arm == side), 0] for side in (True, False)]
        if all(map(len, sides)):
            apart.append(float(sides[0].mean() - sides[1].mean()))
    if apart and sd:
        start = float(np.mean(apart)) / sd
        yield Check("baseline_g", start, abs(start) > bracket.BASELINE_APART)


def _trend(outcome: Outcome, at: Moments) -> Grown:
    """Other pupils every time: the classes of every occasion are units of their own."""
    pupil, occasion = np.nonzero(at.seen)
    pair = at.codes[pupil] * len(at.labels) + occasion
    cells, place = np.unique(pair, return_inverse=True)
    moments = class_moments(place, at.scores[pupil, occasion])
    main = trend.trend(moments, cells % len(at.labels), at.times, unit="points")
    if isinstance(main, NotEstimated):
        raise Problems([Problem(code="nobody_twice", facts={"outcome": outcome.label})])
    told = () if main.estimator == "one_occasion" else (main,)
    checks = (*_bends(at), *_sizes(moments.n, cells % len(at.labels)))
    rise = np.full(int(at.codes.max()) + 1, np.nan)
    return Grown(estimates=told, refused=(), checks=checks, alarms=(), sd=_first_sd(at), slopes=rise, treated=None)


def _sizes(pupils: NDArray[np.int64], occasion: NDArray[np.intp]) -> Iterator[Check]:
    """How many times the pupils of the smallest class of a moment the largest has; of the worst moment."""
    held = [pupils[occasion == one] for one in np.unique(occasion)]
    ratio = max(float(sizes.max() / sizes.min()) for sizes in held)
    yield Check("class_sizes", ratio, ratio >= UNEVEN)


def _first_sd(at: Moments) -> float | None:
    """Of pupils at the first wave, within arms."""
    arm = np.zeros(len(at.codes), dtype=bool) if at.arm is None else at.arm
    seen = at.seen[:, 0]
    squares, count = 0.0, 0
    for side in (True, False):
        scores = at.scores[seen & (arm == side), 0]
        if len(scores) > 1:
            squares, count = squares + float(((scores - scores.mean()) ** 2).sum()), count + len(scores) - 1
    return (squares / count) ** 0.5 if squares > 0 else None


def _start(at: Moments, treated: NDArray[np.bool_]) -> Iterator[Check]:
    seen = at.seen[:, 0]
    classes, place = np.unique(at.codes[seen], return_inverse=True)
    found = bracket.baseline(class_moments(place, at.scores[seen, 0]), treated[classes])
    if not isinstance(found, NotEstimated):
        yield Check("baseline_g", found.sds, abs(found.sds) > bracket.BASELINE_APART)


def _bends(at: Moments) -> Iterator[Check]:
    """How far the wave that lies furthest off the straight line lies from it, in SD of pupils; of the worst arm."""
    sd = _first_sd(at)
    if sd is None or len(at.labels) < 3:
        return
    if at.single:
        means = np.array([at.scores[at.seen[:, w], w].mean() for w in range(len(at.labels))])
        line = np.polyval(np.polyfit(at.times, means, 1), at.times)
        off = float(np.abs(means - line).max()) / sd
        yield Check("bend", off, off > BENT)
        return
    worst = 0.0
    for side in (None,) if at.arm is None else (True, False):
        here = np.ones(len(at.codes), dtype=bool) if side is None else at.arm == side
        off = waves.departure(at.when[here], at.scores[here])
        if not isinstance(off, NotEstimated):
            worst = max(worst, float(np.abs(off).max()) / sd)
    yield Check("bend", worst, worst > BENT)


def describe(outcome: Outcome, at: Moments, scale: tuple[float, float]) -> dict[str, Arm]:
    """The arms at the first and the last wave, each of the pupils who have a score there."""
    sign = outcome.sign
    first, last = sign * at.scores[:, 0], sign * at.scores[:, -1]
    there = ~np.isnan(last)
    codes = np.unique(at.codes[there], return_inverse=True)[1]
    without = outcome.model_copy(update={"pre_header": None})
    arms = description.describe_arms(without, np.full(len(last), np.nan), last, there, at.arm, codes, scale)
    sides = {"single": np.ones(len(last), dtype=bool)} if at.arm is None else {"treated": at.arm, "control": ~at.arm}
    for name, side in sides.items():
        began = first[side & ~np.isnan(first)]
        arms[name] = replace(
            arms[name],
            pupils=int((side & at.growing).sum()) if not at.single else arms[name].pupils,
            classes=len(np.unique(at.codes[side & at.growing])),
            mean_pre=float(began.mean()) if len(began) and len(at.labels) > 1 else None,
            bins_pre=privacy.coarse_bins(began, scale) if len(at.labels) > 1 else None,
            lost=0 if at.single else int((side & ~there).sum()),
        )
    return arms


def classes(at: Moments, found: Grown, sign: int) -> tuple[ClassResult, ...]:
    """Every class with its rise; treated first. Pupils divided within classes: the arms of every class."""
    halves = (None,) if at.arm is None or found.treated is not None else (True, False)
    units = [int(unit) for unit in np.unique(at.codes[at.growing])]
    if found.treated is not None:
        units = sorted(units, key=lambda unit: not found.treated[unit])
    results = []
    for side in halves:
        for number, unit in enumerate(units, start=1):
            here = (at.codes == unit) & (True if side is None else at.arm == side)
            arm = side if found.treated is None else bool(found.treated[unit])
            pupils = int((here & at.growing).sum())
            if not pupils:
                continue
            rise = found.slopes[unit]
            means = [float(sign * np.nanmean(at.scores[here, w])) if at.seen[here, w].any() else None for w in (0, -1)]
            level = 0.0 if np.isnan(rise) else float(sign * rise)
            results.append(ClassResult(number, unit, arm, pupils, level, None, *means))
    return tuple(results)


def seen_waves(at: Moments, found: Grown, sign: int) -> Waves:
    """Means by wave, of every arm and of every class, over the pupils who have a score there."""
    sides = {"single": np.ones(len(at.codes), dtype=bool)}
    if at.arm is not None:
        sides = {"treated": at.arm, "control": ~at.arm}
    own = []
    if at.arm is None or found.treated is not None:
        for one in classes(at, found, sign):
            here = at.codes == one.unit
            own.append(ClassWaves(one.number, one.treated, *_by_wave(at, here, sign)))
    steps = np.diff(at.times)
    return Waves(
        labels=at.labels,
        timing=at.timing,
        times=tuple(map(float, at.times)),
        even=bool(np.allclose(steps, steps[:1])) if len(steps) else True,
        same_pupils=not at.single,
        arms={name: _by_wave(at, side, sign) for name, side in sides.items()},
        alone={name: _alone(at, side) for name, side in sides.items()},
        classes=tuple(own),
    )


def _alone(at: Moments, here: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(map(int, at.seen[here & ~at.growing].sum(axis=0)))


def _by_wave(at: Moments, here: NDArray[np.bool_], sign: int) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    counts = at.seen[here].sum(axis=0)
    totals = np.where(at.seen[here], at.scores[here], 0.0).sum(axis=0)
    means = (float(sign * total / n) if n else None for total, n in zip(totals, counts, strict=True))
    return tuple(map(int, counts)), tuple(means)

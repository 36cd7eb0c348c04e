"""Classes that start one after the other: design to estimates. A wait-list is two steps.

Two steps are a comparison of whole classes at one wave before the later ones start, the last that most classes made.
With more steps the classes that started stand beside those that wait, wave by wave. A class without any wave at which
both sides stand does not count. Which verdict follows is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from . import comparison, description, everyone, privacy, wave_table
from .dataset import Dataset
from .estimate import MIN_CLASS_DF_FOR_P, Estimate, NotEstimated
from .measurement import Check, ClassTurn, Later, OutcomeResult, Steps
from .methods import bracket, clusters, effect_sizes, stepped
from .methods.moments import class_moments
from .problems import Problem, Problems
from .study import GainGoal, Outcome

Floats = NDArray[np.float64]
MOST_OF_A_CLASS = 0.5
"""A class made a wave when at least this share of its pupils did: so the wave of a comparison is chosen (policy)."""


@dataclass(frozen=True, slots=True)
class Turns:
    """One outcome of classes in turn. ``outcome`` has a test before only where the first wave comes before every start
    of a class that counts; ``data`` holds pre, post and treated as they are ``at`` the wave on which a page describes
    both sides. ``start`` (N,) and ``scores`` (N, W) in raw points; ``used`` (N, W) marks those that count, ``both``
    (W,) the waves at which they do so on both sides."""

    outcome: Outcome
    data: Dataset
    start: NDArray[np.int64]
    scores: Floats
    used: NDArray[np.bool_]
    both: NDArray[np.bool_]
    at: int
    patterns: int

    @property
    def codes(self) -> NDArray[np.int64]:
        return self.data.frame["cluster"].to_numpy()

    @property
    def two_steps(self) -> bool:
        return self.patterns == 2

    @property
    def compared(self) -> NDArray[np.bool_]:
        """(N,): the pupils behind the difference."""
        return self.used[:, self.both].any(axis=1)


def turns(outcome: Outcome, data: Dataset) -> Turns:
    """Where started and waiting classes stand beside each other. Raises Problems where they never do."""
    names = wave_table.occasions(len(data.waves))
    scores = np.stack([data.frame[f"{outcome.name}.{name}"].to_numpy() for name in names], axis=1)
    codes, start = data.frame["cluster"].to_numpy(), data.frame["start"].to_numpy()
    begun = start[np.unique(codes, return_index=True)[1]][:, None] <= np.arange(scores.shape[1])
    used = ~np.isnan(scores)
    has, both = _sides(codes, used, begun)
    adjusts = not (begun[:, 0] & has[:, both].any(axis=1)).any()
    if adjusts:
        used &= used[:, :1]
        used[:, 0] = False
        has, both = _sides(codes, used, begun)
    if not both.any():
        raise Problems([Problem(code="no_turns_seen", facts={"outcome": outcome.label})])
    patterns = len(np.unique(begun[has[:, both].any(axis=1)][:, both], axis=0))
    at = _fullest(codes, used, begun, both)
    changes = {"between": None} if adjusts else {"between": None, "pre_header": None, "pre_scale": None}
    seen = outcome.model_copy(update=changes)
    if isinstance(seen.goal, GainGoal) and not seen.gain_defined:
        raise Problems([Problem(code="gain_goal_without_gain", facts={"outcome": outcome.label})])
    columns = {f"{outcome.name}.pre": scores[:, 0], f"{outcome.name}.post": scores[:, at], "treated": start <= at}
    return Turns(seen, replace(data, frame=data.frame.assign(**columns)), start, scores, used, both, at, patterns)


def _sides(
    codes: NDArray[np.intp], used: NDArray[np.bool_], begun: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(G, W): which class has anybody at which wave; and (W,): where both sides have."""
    has = np.zeros_like(begun)
    np.logical_or.at(has, codes, used)
    return has, (has & begun).any(axis=0) & (has & ~begun).any(axis=0)


def _fullest(
    codes: NDArray[np.intp], used: NDArray[np.bool_], begun: NDArray[np.bool_], both: NDArray[np.bool_]
) -> int:
    """The wave that tells most: with k and m classes on both sides the largest km/(k + m), the last of equal ones. The
    scores themselves do not choose."""
    pupils = np.zeros(begun.shape, dtype=np.int64)
    np.add.at(pupils, codes, used)
    most = pupils[:, both].max(axis=1, keepdims=True)

    def told(there: NDArray[np.bool_]) -> Floats:
        k, m = (there & begun).sum(axis=0), (there & ~begun).sum(axis=0)
        return k * m / np.maximum(k + m, 1)

    well, some = told((pupils > 0) & (pupils >= MOST_OF_A_CLASS * most)), told(pupils > 0)
    return max(np.flatnonzero(both).tolist(), key=lambda wave: (well[wave], some[wave], wave))


def result(turn: Turns, *, drawn: bool) -> OutcomeResult:
    """Three steps or more. Raises Problems when nothing can be said."""
    outcome, sign, frame = turn.outcome, turn.outcome.sign, turn.data.frame
    present = np.unique(turn.codes[turn.compared])
    counted = turn.used.any(axis=1) & np.isin(turn.codes, present)
    start = _class_starts(turn)[present]
    means = stepped.wave_means(np.searchsorted(present, turn.codes[counted]), start, sign * turn.scores[counted])
    found = stepped.rollout(
        means, stepped.orders(start, rng=np.random.default_rng(comparison.SEED)), unit="points", drawn=drawn
    )
    if isinstance(found, NotEstimated):
        raise _problem(found, outcome)
    main = found.estimate
    pre, post = frame[f"{outcome.name}.pre"].to_numpy(), frame[f"{outcome.name}.post"].to_numpy()
    arm, complete = frame["treated"].to_numpy(), turn.used[:, turn.at]
    pre = pre if outcome.pre else np.full(len(post), np.nan)
    units, here = np.unique(turn.codes[complete], return_inverse=True)
    scale = outcome.scale_post or description.score_range(turn.scores)
    arms = description.describe_arms(outcome, pre, post, complete, arm, here, scale)
    pre, post, arm = pre[complete], post[complete], arm[complete]
    moments = class_moments(here, *((sign * pre, sign * post) if outcome.pre else (sign * post,)))
    treated = arm[np.unique(here, return_index=True)[1]]
    last = moments.mean.shape[1] - 1
    sd, icc = clusters.total_sd(moments, treated, last), clusters.anova_icc(moments, treated, last)
    every = [main, effect_sizes.standardised(main, moments, treated, sd=sd, icc=icc)]
    alarms = None
    if main.interval is not None:
        every.append(beside := stepped.fixed_effects(_raw_means(turn, sign)[present], start, unit="points"))
        if main.class_df >= comparison.AGREEMENT_CLASS_DF and isinstance(beside, Estimate):
            alarms = tuple(one for one in bracket.agreement(main, [beside]) if comparison.sounds(one))
    adjusted = sign * means.mean[np.searchsorted(present, units), turn.at]
    before = pre if outcome.gain_defined else None
    classes = description.describe_classes(units, here, before, post, treated, adjusted, scale)
    numbers = {int(unit): place for place, unit in enumerate(present[np.argsort(start, kind="stable")], start=1)}
    classes = tuple(replace(one, number=numbers[one.unit]) for one in classes)
    return OutcomeResult(
        outcome=outcome,
        estimates=tuple(one for one in every if isinstance(one, Estimate)),
        refused=tuple(one for one in every if isinstance(one, NotEstimated)),
        checks=(
            *_missing(turn),
            *_checks(means, found, sd, None if alarms is None else len(alarms), drawn),
            *description.extremes(outcome, arms["treated"]),
        ),
        arms=arms,
        classes=classes,
        moments=moments,
        treated=None,
        sd=sd,
        spread=everyone.spread(outcome, here, pre, post, arm),
        changed=everyone.changed(outcome, pre, post, arm),
        alarms=alarms or (),
        steps=told_steps(turn, numbers, len(present), stepped.by_time_since(means)),
    )


def all_at_once(turned: list[Turns]) -> tuple[Outcome, Dataset]:
    """The primary outcome as it is seen, and the data with every outcome at its own wave."""
    main = next(turn for turn in turned if turn.outcome.role == "primary")
    columns = [f"{turn.outcome.name}.post" for turn in turned]
    posts = {column: turn.data.frame[column] for column, turn in zip(columns, turned, strict=True)}
    return main.outcome, replace(main.data, frame=main.data.frame.assign(**posts))


def with_steps(found: OutcomeResult, turn: Turns) -> OutcomeResult:
    """A comparison of two steps, with its waves beside it."""
    numbers = {one.unit: one.number for one in found.classes}
    return replace(found, steps=told_steps(turn, numbers, len(numbers), ()))


def told_steps(turn: Turns, numbers: dict[int, int], units: int, since: tuple[tuple[int, float, int], ...]) -> Steps:
    """``numbers`` of the classes by their code."""
    start, waves = _class_starts(turn), turn.scores.shape[1]
    counted = turn.used.copy()
    if turn.outcome.pre:
        counted[:, 0] = turn.used[:, turn.at]
    counts, means = _cells(turn, counted)
    classes = tuple(
        ClassTurn(
            number=number,
            start=int(start[unit]),
            pupils=tuple(counts[unit].tolist()),
            means=tuple(
                mean if n else None for n, mean in zip(counts[unit].tolist(), means[unit].tolist(), strict=True)
            ),
        )
        for unit, number in sorted(numbers.items(), key=lambda item: item[1])
    )
    sizes = [int((start[list(numbers)] == step).sum()) for step in np.unique(start[list(numbers)])]
    only_at = turn.used[:, turn.at] if turn.two_steps else turn.compared
    return Steps(
        waves=turn.data.waves,
        at=turn.at,
        two=turn.two_steps,
        sizes=tuple(sizes),
        units=units,
        pupils=int(only_at.sum()),
        classes=classes,
        since=since,
        later=_later(turn, classes, waves) if turn.two_steps and turn.outcome.gain_defined else None,
    )


def _later(turn: Turns, classes: tuple[ClassTurn, ...], waves: int) -> Later | None:
    """How classes that waited moved as they started, from class means that a page shows anyway."""
    wave = min((one.start for one in classes if one.start > turn.at), default=waves)
    if wave >= waves:
        return None
    ends = (turn.at, wave)
    if not all(privacy.may_average(one.pupils[end]) for one in classes for end in ends):
        return None
    moved = {
        side: [one.means[wave] - one.means[turn.at] for one in classes if (one.start > turn.at) == side]
        for side in (True, False)
    }
    started = all(one.start <= wave for one in classes)
    sign = turn.outcome.sign
    return Later(wave, sign * float(np.mean(moved[True])), sign * float(np.mean(moved[False]))) if started else None


def _class_starts(turn: Turns) -> NDArray[np.int64]:
    """By code of the class."""
    return turn.start[np.unique(turn.codes, return_index=True)[1]]


def _cells(turn: Turns, counted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
    """Pupils and raw means by class and wave (G, W), of the ``counted`` scores (N, W); 0 where there are none."""
    size = turn.data.clusters
    sums = np.stack([np.bincount(turn.codes[c], s[c], size) for c, s in zip(counted.T, turn.scores.T, strict=True)], 1)
    counts = np.stack([np.bincount(turn.codes[c], minlength=size) for c in counted.T], 1)
    return counts, sums / np.maximum(counts, 1)


def _raw_means(turn: Turns, sign: int) -> Floats:
    """Class means of every wave, of who has it (G, W), NaN where nobody has."""
    counts, means = _cells(turn, ~np.isnan(turn.scores))
    return np.where(counts > 0, sign * means, np.nan)


def _missing(turn: Turns) -> Iterator[Check]:
    """Shares over pupils and the waves at which both sides stand, since a pupil counts at every wave that was made."""
    started = turn.start[:, None] <= np.arange(turn.scores.shape[1])
    there, side = turn.used[:, turn.both], started[:, turn.both]
    lost = 1 - float(there.mean())
    yield Check("attrition", lost, lost > description.ATTRITION_FLAG)
    gap = abs(float(there[side].mean() - there[~side].mean()))
    yield Check("attrition_gap", gap, gap > description.ATTRITION_GAP_FLAG)
    gone = turn.data.clusters - len(np.unique(turn.codes[there.any(axis=1)]))
    yield Check("classes_lost", float(gone), gone > 0)


def _checks(
    means: stepped.WaveMeans, found: stepped.Rollout, sd: float, alarms: int | None, drawn: bool
) -> Iterator[Check]:
    lead = stepped.lead_before(means)
    if lead is not None and sd > 0:
        yield Check("baseline_g", lead / sd, abs(lead / sd) > bracket.BASELINE_APART)
    if alarms is not None:
        yield Check("agreement", alarms, alarms > 0)
    if drawn and found.estimate.class_df >= MIN_CLASS_DF_FOR_P:
        yield Check("permutation_p", found.p, False)
        yield Check("permutation_smallest_p", found.smallest_p, False)


def _problem(missing: NotEstimated, outcome: Outcome) -> Problems:
    facts = {"outcome": outcome.label}
    match missing.reason:
        case "no_class_spread":
            return Problems([Problem(code="no_class_spread", facts=facts)])
        case "no_pupil_spread":
            return Problems([Problem(code="no_spread_before", facts=facts)])
        case _:
            return Problems([Problem(code="no_turns_seen", facts=facts)])

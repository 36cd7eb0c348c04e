"""Passed or not, and ordered levels: what is measured of them in every design where that makes sense.

Passed or not is a *share* of pupils, ordered levels are *places*: where a pupil stands in a row of all pupils from low
to high. Both are computed between 0 and 1 and given times 100, as percentage points and as places in a row of 100, so
that whatever is decided or told about points holds for them. A number that the levels cannot carry is described.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from . import comparison, description, divided
from .dataset import Dataset
from .estimate import Estimate, Interval, NotEstimated
from .grading import Kind
from .measurement import Arm, Check, OutcomeResult
from .methods import clusters, differences, mastery, matched, one_class, ordinal
from .methods.bracket import agreement
from .methods.moments import ClassMoments, class_moments
from .problems import Problems
from .study import Comparison, MultiSite, OneGroup, Outcome

PER = 100
UNITS = {"share": "percentage_points", "order": "places_of_100"}
IN_POINTS = ("class_sd", "leave_one_out_low", "leave_one_out_high", "site_sd")
"""Checks that are in the unit of the outcome."""
NOT_FOR_LEVELS = ("slopes",)
"""Checks that ask how the result goes with a pre-test in points."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Pupils with a complete measurement: the class ``codes`` 0 … (N,), places of levels ``pre`` and ``post`` (N,),
    who is ``treated`` (N,) in a comparison, the ``units`` (G,) behind the codes and their ``blocks`` (G,)."""

    codes: NDArray[np.intp]
    pre: NDArray[np.float64] | None
    post: NDArray[np.float64]
    treated: NDArray[np.bool_] | None
    units: NDArray[np.intp]
    blocks: NDArray[np.int64] | None
    lost: dict[str, int]

    @property
    def arm_of_class(self) -> NDArray[np.bool_]:
        return self.treated[np.unique(self.codes, return_index=True)[1]]


def complete_pupils(
    design: OneGroup | Comparison | MultiSite,
    data: Dataset,
    pre: NDArray[np.float64],
    post: NDArray[np.float64],
    complete: NDArray[np.bool_],
    arm: NDArray[np.bool_] | None,
) -> Complete:
    """``pre`` (nan throughout without a test before), ``post``, ``complete`` and ``arm`` are per row of the data."""
    units, codes = np.unique(data.frame["cluster"].to_numpy()[complete], return_inverse=True)
    blocks = None
    if getattr(design, "blocks", False):
        blocks = data.frame["block"].to_numpy()[complete][np.unique(codes, return_index=True)[1]]
    sides = {"single": np.ones(len(post), dtype=bool)} if arm is None else {"treated": arm, "control": ~arm}
    return Complete(
        codes=codes,
        pre=None if np.isnan(pre).all() else pre[complete],
        post=post[complete],
        treated=None if arm is None else arm[complete],
        units=units,
        blocks=blocks,
        lost={name: int((side & ~complete).sum()) for name, side in sides.items()},
    )


def kind_of(outcome: Outcome, pre: NDArray[np.float64], post: NDArray[np.float64]) -> Kind:
    """What is counted; scores on a scale of 0 and 1 that are nothing else, higher being better, are a share."""
    if outcome.graded != "points" or outcome.scale_post != (0, 1) or outcome.better == "lower":
        return outcome.graded
    seen = np.concatenate([pre, post]) if outcome.gain_defined else post
    seen = seen[~np.isnan(seen)]
    return "share" if np.isin(seen, (0, 1)).all() and (outcome.gain_defined or outcome.pre is None) else "points"


def measured(
    design: OneGroup | Comparison | MultiSite,
    outcome: Outcome,
    kind: Kind,
    pupils: Complete,
    attrition: Sequence[Check],
) -> OutcomeResult:
    """What a share or ordered levels give; ``kind`` is one of these two."""
    before, after = (_scored(kind, pupils, scores) for scores in (pupils.pre, pupils.post))
    alike = before is not None and not np.ptp(before) > 0
    used = None if alike else before
    match design:
        case OneGroup():
            found = _one_group(kind, pupils, used, after)
        case Comparison():
            found = _compared(design, outcome, kind, pupils, used, after)
        case MultiSite():
            found = _divided(design, outcome, kind, pupils, used, after)
    checks = [*attrition, *(_per_hundred(check) for check in found.checks if check.code not in NOT_FOR_LEVELS)]
    if alike and design.kind != "one_group":
        checks += [Check("baseline_g", 0.0, False), Check("start_alike", 1.0, True)]
    seen = (None if kind == "order" or pupils.pre is None else before, after)
    return OutcomeResult(
        outcome=outcome,
        estimates=tuple(_in_unit(one, kind) for one in found.estimates),
        checks=tuple(checks),
        arms=_arms(outcome, kind, pupils, before, after),
        classes=_classes(design, pupils, *seen),
        moments=None,
        treated=None if pupils.treated is None or isinstance(design, MultiSite) else pupils.arm_of_class,
        sd=found.sd and PER * found.sd,
        refused=found.refused,
        usual_gaps=tuple(PER * gap for gap in found.usual_gaps),
        alarms=found.alarms,
        kind=kind,
        chance=found.chance,
        level_names=outcome.cell_levels or ("0", "1"),
        **_tipping(found),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    estimates: tuple[Estimate, ...] = ()
    refused: tuple[NotEstimated, ...] = ()
    checks: tuple[Check, ...] = ()
    alarms: tuple = ()
    sd: float | None = None
    usual_gaps: tuple[float, ...] = ()
    adjusted: clusters.AdjustedMeans | None = None
    chance: float | None = None


def _tipping(found: _Found) -> dict[str, float | None]:
    if not found.usual_gaps:
        return {}
    icc = one_class.tipping_icc(found.adjusted)
    gap = None if icc is None else one_class.usual_gap(found.adjusted, icc)
    return {"tipping_icc": icc, "tipping_gap": None if gap is None else PER * gap}


def _scored(kind: Kind, pupils: Complete, places: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """(N,) from 0 to 1: passed or not, or where each pupil stands among all."""
    if places is None:
        return None
    return places if kind == "share" else ordinal.ridits(pupils.codes, places)


def _compared(
    design: Comparison,
    outcome: Outcome,
    kind: Kind,
    pupils: Complete,
    before: NDArray[np.float64] | None,
    after: NDArray[np.float64],
) -> _Found:
    start = () if before is None else (before,)
    moments, treated = class_moments(pupils.codes, *start, after), pupils.arm_of_class
    if kind == "share":
        adjusted = mastery.adjusted_shares(moments, treated)
        main = mastery.risk_difference(moments, treated, unit="points")
    else:
        adjusted = clusters.adjusted_means(moments, treated)
        main = ordinal.ridit_difference(pupils.codes, pupils.post, *start, treated=treated, unit="points")
    if pupils.blocks is not None:
        adjusted = matched.in_blocks(adjusted, pupils.blocks)
        main = matched.within_blocks(adjusted, pupils.blocks, unit="points")
    class_df = main.class_df if isinstance(main, Estimate) else 0
    panel = []
    if kind == "share" and class_df < comparison.MIN_CLASS_DF_SEEN and isinstance(adjusted, clusters.AdjustedMeans):
        iccs = one_class.QUESTIONNAIRE_ICCS if outcome.source == "questionnaire" else one_class.TEST_ICCS
        panel = [mastery.assumed_icc(moments, treated, icc, unit="points") for icc in iccs]
    df = (len(np.unique(pupils.blocks)) + 1 if pupils.blocks is not None else moments.classes) - 2
    unseen = isinstance(main, NotEstimated) and df >= comparison.MIN_CLASS_DF_SEEN
    described = [replace(_as_they_are(moments, treated), class_df=df)] if unseen else []
    beside = [] if unseen else _beside(design, outcome, kind, moments, adjusted, class_df, pupils.blocks, before)
    beside = list(beside)
    if kind == "order" and isinstance(main, Estimate) and class_df < comparison.MIN_CLASS_DF_SEEN:
        main = replace(main, se=None, df=None, interval=None, p=None, status="described")
    alone = before is None and pupils.blocks is None
    odds = [_odds(moments, treated, adjusted=not alone)] if kind == "share" else []
    found = [*panel, main, *described, *beside, *odds, *map(mastery.cox_d, odds)]
    alarms, checks = (), ()
    if class_df >= comparison.MIN_CLASS_DF_SEEN:
        alarms = tuple(alarm for alarm in agreement(main, beside) if comparison.sounds(alarm))
    if isinstance(adjusted, clusters.AdjustedMeans):
        compared = len(alarms) if any(isinstance(one, Estimate) for one in beside) else None
        checks = tuple(comparison.class_checks(design, moments, adjusted, pupils.blocks, class_df, compared))
    seen = [one for one in panel if isinstance(one, Estimate)]
    return _Found(
        estimates=tuple(one for one in found if isinstance(one, Estimate)),
        refused=tuple(dict.fromkeys(one for one in found if isinstance(one, NotEstimated))),
        checks=checks,
        alarms=alarms,
        sd=clusters.total_sd(moments, treated, len(start)),
        usual_gaps=tuple(one_class.usual_gap(adjusted, one.assumed_icc) for one in seen),
        adjusted=adjusted if seen else None,
        chance=_as_they_are(moments, treated).value + 0.5 if kind == "order" else None,
    )


def _odds(moments: ClassMoments, treated: NDArray[np.bool_], adjusted: bool) -> Estimate | NotEstimated:
    """Log odds are not adjusted for a test before, nor within blocks: beside a difference that is, they would answer
    another question, and could even point the other way."""
    if adjusted:
        return NotEstimated(estimator="class_log_odds", reason="other_question")
    return mastery.class_log_odds(moments, treated, unit="log_odds")


def _as_they_are(moments: ClassMoments, treated: NDArray[np.bool_]) -> Estimate:
    """The difference of the class means without adjustment, every class counting once: a description."""
    means = moments.mean[:, -1]
    return Estimate(
        metric="points",
        estimator="class_means",
        value=float(means[treated].mean() - means[~treated].mean()),
        class_df=moments.classes - 2,
        n={
            "pupils_treated": int(moments.n[treated].sum()),
            "pupils_control": int(moments.n[~treated].sum()),
            "classes_treated": int(treated.sum()),
            "classes_control": int((~treated).sum()),
        },
        unit="points",
        source="description",
        status="described",
    )


def _beside(
    design: Comparison,
    outcome: Outcome,
    kind: Kind,
    moments: ClassMoments,
    adjusted: clusters.AdjustedMeans | NotEstimated,
    class_df: float,
    blocks: NDArray[np.int64] | None,
    before: NDArray[np.float64] | None,
) -> Iterator[Estimate | NotEstimated]:
    """Other defensible ways, as for points; places before and places after are no gain, and no test is corrected for
    its reliability."""
    if isinstance(adjusted, NotEstimated):
        return
    start = {} if before is not None else {"pre_header": None}
    other = outcome.model_copy(
        update={"reliability": None} | start | ({"tests": "different"} if kind == "order" else {})
    )
    treated = adjusted.treated
    if blocks is None:
        yield from comparison.other_ways(design, other, moments, adjusted, class_df)
    else:
        yield from comparison.other_ways_in_blocks(design, other, moments, treated, blocks)


def _one_group(kind: Kind, pupils: Complete, before: NDArray[np.float64] | None, after: NDArray[np.float64]) -> _Found:
    """The share before and after: a t over classes from three on, otherwise a description. Ordered levels have no
    growth in points: they are described level by level."""
    if kind == "order" or pupils.pre is None:
        return _Found()
    moments = class_moments(pupils.codes, pupils.pre, after)
    found = differences.growth(moments, unit="points")
    if isinstance(found, Estimate) and moments.classes == 1:
        found = replace(
            found,
            estimator="mean_gain",
            se=None,
            df=None,
            interval=None,
            p=None,
            source="description",
            status="described",
        )
    return _Found(
        estimates=(found,) if isinstance(found, Estimate) else (),
        refused=(found,) if isinstance(found, NotEstimated) else (),
    )


def _divided(
    design: MultiSite,
    outcome: Outcome,
    kind: Kind,
    pupils: Complete,
    before: NDArray[np.float64] | None,
    after: NDArray[np.float64],
) -> _Found:
    """Pupils divided within classes: what ``divided`` does, on passed or not or on places; in one class without a test
    before, the pupils are the unit of Newcombe's interval or of Brunner and Munzel's."""
    start = {} if before is not None else {"pre_header": None}
    other = outcome.model_copy(update=start | ({"tests": "different"} if kind == "order" else {}))
    chance = None
    if kind == "order":
        pairs = ordinal.brunner_munzel(pupils.post, pupils.treated, unit="points")
        chance = pairs.value + 0.5 if isinstance(pairs, Estimate) else None
    if before is None and len(pupils.units) == 1:
        if kind == "share":
            main = mastery.newcombe(mastery.shares_of_pupils(after, pupils.treated), unit="points")
            main = replace(main, class_df=main.df) if isinstance(main, Estimate) else main
        else:
            main = pairs
        moments = class_moments(pupils.treated.astype(int), after)
        sd = clusters.total_sd(moments, np.array([False, True]), 0) if moments.classes == 2 else None
        return _Found(
            estimates=(main,) if isinstance(main, Estimate) else (),
            refused=(main,) if isinstance(main, NotEstimated) else (),
            sd=sd or None,
            chance=chance,
        )
    try:
        found = divided.compare_within(design, other, pupils.codes, pupils.treated, before, after)
    except Problems:  # with points hardly possible; with a level or two pupils are soon alike
        alike = NotEstimated(estimator="mean_of_sites", reason="no_pupil_spread")
        return _Found(refused=(alike,), chance=chance)
    return _Found(
        estimates=tuple(one for one in found.estimates if one.metric == "points"),
        refused=found.refused,
        checks=found.checks,
        alarms=found.alarms,
        sd=found.sd,
        chance=chance,
    )


def _per_hundred(check: Check) -> Check:
    return replace(check, value=PER * check.value) if check.code in IN_POINTS else check


def _in_unit(estimate: Estimate, kind: Kind) -> Estimate:
    if estimate.metric != "points":
        return estimate
    return mastery.of_pupils(estimate, PER, unit=UNITS[kind])


def _arms(outcome: Outcome, kind: Kind, pupils: Complete, before: NDArray | None, after: NDArray) -> dict[str, Arm]:
    """Only pupils with a complete measurement: beside them, a count over others would tell of a few."""
    sides = {"single": np.ones(len(pupils.codes), dtype=bool)}
    if pupils.treated is not None:
        sides = {"treated": pupils.treated, "control": ~pupils.treated}
    count = len(outcome.cell_levels) or 2
    arms = {}
    for name, side in sides.items():
        levels = [
            None if places is None else tuple(np.bincount(places[side].astype(int), minlength=count).tolist())
            for places in (pupils.pre, pupils.post)
        ]
        goal = None if outcome.goal is None else int(outcome.goal_at)
        reached = [None if goal is None or counts is None else sum(counts[goal:]) for counts in levels]
        arms[name] = Arm(
            pupils=int(side.sum()),
            classes=len(np.unique(pupils.codes[side])),
            mean_pre=None if before is None else PER * float(before[side].mean()),
            mean_post=PER * float(after[side].mean()),
            with_post=int(side.sum()),
            reached=reached[1],
            reached_before=reached[0],
            at_best=None,
            lost=pupils.lost[name],
            levels_pre=levels[0],
            levels_post=levels[1],
        )
    return arms


def _classes(design, pupils: Complete, before: NDArray | None, after: NDArray) -> tuple:
    """Class by class as they are, not adjusted: an adjusted share may pass 0 or 1."""
    pre, post = None if before is None else PER * before, PER * after
    scale = (0.0, float(PER))
    if isinstance(design, MultiSite):
        cells, cell = np.unique(2 * pupils.codes + pupils.treated, return_inverse=True)
        means = np.bincount(cell, post) / np.bincount(cell)
        found = description.describe_cells(pupils.units, cells, pupils.codes, pre, post, pupils.treated, means, scale)
    else:
        treated = None if pupils.treated is None else pupils.arm_of_class
        found = description.describe_classes(pupils.units, pupils.codes, pre, post, treated, None, scale)
    return tuple(replace(one, bins=None) for one in found)


def cut(interval: Interval, reach: float) -> Interval:
    """The part of an interval that can be: a share lies between 0 and 100, so two of them at most 100 apart."""
    low, high = (min(max(limit, -reach), reach) for limit in (interval.low, interval.high))
    return Interval(low, high, interval.level)

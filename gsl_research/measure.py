"""From a study and its data to a Measurement: the only place that chooses a method.

*treated* pupils got the approach. Direction is settled here, once: scores of an outcome where lower is better are
turned round, so that a positive estimate is always better for pupils.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, assert_never

import numpy as np

from . import (
    comparison,
    description,
    divided,
    dosage,
    everyone,
    families,
    goals,
    growing,
    levels,
    missing,
    numbering,
    plausible,
    stepped,
    wave_table,
)
from .dataset import Dataset
from .designs import Waves
from .estimate import Estimate, NotEstimated
from .measurement import Check, Measurement, OutcomeResult
from .methods import bracket, differences, one_class
from .methods.moments import ClassMoments, class_moments
from .problems import Problem, Problems, Term
from .study import Comparison, Growth, MultiSite, OneGroup, Outcome, SingleCase, Stepped, Study, Survey


def measure(study: Study, data: Dataset) -> Measurement:
    """Measure every outcome of the study with the method its design asks for.

    Raises Problems ("not yet") for designs and fields that are understood but cannot be measured yet, and
    ValueError when the data were bound to another study.
    """
    if data.study_id != study.id:
        raise ValueError(f"data were bound to study {data.study_id!r}, not {study.id!r}")
    if refused := list(not_yet(study, data.cluster_level)):
        raise Problems(refused)
    side_by_side = wave_table.side_by_side(study, data.waves)
    primary = side_by_side.primary
    usable = [outcome for outcome in side_by_side.outcomes if outcome.name not in data.unusable]
    if isinstance(study.design, Stepped):
        turns = {
            turn.outcome.name: turn for turn in _where_possible(usable, lambda outcome: stepped.turns(outcome, data))
        }
        seen = [turn.outcome for turn in turns.values()]
        results = _where_possible(seen, lambda outcome: _measure_turns(study, turns[outcome.name]))
        primary, data = stepped.all_at_once(list(turns.values()))
    else:
        of_one = _measure_waves if isinstance(study.design, Waves) else _with_missing
        results = _where_possible(usable, lambda outcome: goals.counted(of_one(study, outcome, data), data))
    measured = {result.outcome.name for result in results}
    left_out = tuple(outcome for outcome in side_by_side.outcomes if outcome.name not in measured)
    late = (plausible.left_out(outcome) for outcome in left_out if outcome.name not in data.unusable)
    if "dose" in data.frame and _result_of(primary, results).kind in levels.UNITS:
        raise Problems([Problem(code="not_yet", facts={"what": Term("later.dose_levels")})])
    dose = dosage.dosed(study, data, _result_of(primary, results)) if "dose" in data.frame else None
    results, dose = numbering.drawn(study.id, _result_of(primary, results), results, dose)
    return Measurement(
        study=study,
        results=results,
        rows=data.rows,
        cluster_level=data.cluster_level,
        schools=data.schools,
        data_sha256=data.sha256,
        dropped=_dropped(data, primary) if study.followed else {"no_pre": 0, "no_post": 0, "neither": 0},
        warnings=(*data.warnings, *late),
        families=tuple(families.families(study, results, data)),
        together=families.together(study, results, data),
        dose=dose,
        left_out=left_out,
    )


TOO_THIN = frozenset(
    {"no_class_spread", "no_spread_before", "pupils_alike", "blocks_incomplete", "site_too_small", "site_one_sided",
     "differences_alike", "nobody_twice", "no_turns_seen"}
)  # fmt: skip
"""Problems of scores too thin for the method of the design: of another outcome than a primary one they leave the rest
standing (policy)."""


def _where_possible(outcomes: Sequence[Outcome], of_one: Callable[[Outcome], Any]) -> tuple[Any, ...]:
    """What ``of_one`` makes of every outcome, but for those beside the primary ones whose scores are too thin."""
    made = []
    for outcome in outcomes:
        try:
            made.append(of_one(outcome))
        except Problems as raised:
            if outcome.role == "primary" or not {problem.code for problem in raised.problems} <= TOO_THIN:
                raise
    return tuple(made)


def _result_of(outcome: Outcome, results: tuple[OutcomeResult, ...]) -> OutcomeResult:
    return next(result for result in results if result.outcome.name == outcome.name)


def not_yet(study: Study, cluster_level: str | None = None) -> Iterator[Problem]:
    """What the study file asks that is understood but cannot be measured, or not yet."""
    yield from wave_table.layout(study)
    match study.design:
        case OneGroup():
            pass
        case Comparison():
            if cluster_level == "pupil":
                yield Problem(code="pupils_divided")
        case MultiSite():
            if study.columns.block is not None:
                yield Problem(code="not_yet", facts={"what": Term("later.block")})
        case Growth() | Survey():
            if study.divided and study.subgroups:
                yield Problem(code="not_yet", facts={"what": Term("later.subgroups_within")})
        case Stepped():
            if study.subgroups:
                yield Problem(code="not_yet", facts={"what": Term("later.subgroups_steps")})
            if study.columns.block is not None:
                yield Problem(code="not_yet", facts={"what": Term("later.block")})
        case SingleCase():
            yield Problem(code="not_yet", facts={"what": Term(f"later.{study.design.kind}")})
        case _:
            assert_never(study.design)
    if study.columns.dose is not None and study.primary.cell_levels and not study.primary.items:
        yield Problem(code="not_yet", facts={"what": Term("later.dose_levels")})
    by_wave = ("wave", "date") if isinstance(study.design, Waves) and study.columns.wave is not None else ()
    with_dose = ("dose",) if isinstance(study.design, Comparison | MultiSite) else ()
    for role in ("wave", "date", "dose", "own_goal"):
        if role in study.columns.mapped() and role not in (*by_wave, *with_dose):
            yield Problem(code="not_yet", facts={"what": Term(f"later.{role}")})


def _dropped(data: Dataset, outcome: Outcome) -> dict[str, int]:
    post = data.frame[f"{outcome.name}.post"].notna()
    if outcome.pre is None:
        return {"no_pre": 0, "no_post": int((~post).sum()), "neither": 0}
    pre = data.frame[f"{outcome.name}.pre"].notna()
    return {
        "no_pre": int((~pre & post).sum()),
        "no_post": int((pre & ~post).sum()),
        "neither": int((~pre & ~post).sum()),
    }


def _measure_outcome(study: Study, outcome: Outcome, data: Dataset) -> OutcomeResult:
    frame = data.frame
    post = frame[f"{outcome.name}.post"].to_numpy()
    pre = frame[f"{outcome.name}.pre"].to_numpy() if outcome.pre else np.full(len(post), np.nan)
    complete = ~np.isnan(post) & (~np.isnan(pre) if outcome.pre else True)
    arm = frame["treated"].to_numpy() if "treated" in frame else None
    present = complete
    cluster = frame["cluster"].to_numpy()
    left_out = sides_lost = 0
    if isinstance(study.design, MultiSite):
        counted = divided.counted_sites(cluster[complete], arm[complete], study.design, outcome)
        sides_lost = len(np.setdiff1d(divided.both_sides(cluster, arm), counted))
        left_out = len(np.unique(cluster)) - len(counted) - sides_lost
        complete = complete & np.isin(cluster, counted)
    seen = np.concatenate([pre, post]) if outcome.gain_defined else post
    scale = outcome.scale_post or description.score_range(seen)
    units, codes = np.unique(cluster[complete], return_inverse=True)
    attrition = tuple(description.attrition(present, arm, cluster, sides_lost))
    if (kind := levels.kind_of(outcome, pre, post)) in levels.UNITS:
        pupils = levels.complete_pupils(study.design, data, pre, post, complete, arm)
        found = levels.measured(study.design, outcome, kind, pupils, attrition)
        return replace(found, left_out=left_out)
    arms = description.describe_arms(outcome, pre, post, complete, arm, codes, scale)
    pre, post, sign = pre[complete], post[complete], outcome.sign
    wanted = study.subgroups if outcome.name == study.primary.name else ()
    labels = {one.column: frame[f"subgroup.{one.column}"].to_numpy()[complete] for one in wanted}
    before_and_after = (sign * pre, sign * post) if outcome.pre else (sign * post,)
    moments = class_moments(codes, *before_and_after)
    before = pre if outcome.gain_defined else None

    match study.design:
        case OneGroup():
            classes = description.describe_classes(units, codes, before, post, None, None, scale)
            every = np.ones(len(codes), dtype=bool)
            return replace(
                _one_group(study.design, outcome, moments if outcome.pre else None, attrition, arms, classes),
                spread=everyone.spread(outcome, codes, pre, post, every),
                changed=everyone.changed(outcome, pre, post, every),
                subgroups=tuple(everyone.by_label(outcome, labels, codes, pre, post, None)),
            )
        case Comparison():
            first = np.unique(codes, return_index=True)[1]
            treated = arm[complete][first]
            blocks = frame["block"].to_numpy()[complete][first] if study.design.blocks else None
            quartiles = np.percentile(sign * pre, (25, 75)) if outcome.pre else None
            found = comparison.compare(study.design, outcome, moments, treated, blocks, quartiles)
            adjusted = sign * found.adjusted.mean
            classes = description.describe_classes(units, codes, before, post, treated, adjusted, scale)
            extremes = description.extremes(outcome, arms["treated"])
            return OutcomeResult(
                outcome=outcome,
                estimates=found.estimates,
                checks=(*attrition, *found.checks, *extremes),
                arms=arms,
                classes=classes,
                moments=moments,
                treated=treated,
                sd=found.sd,
                spread=everyone.spread(outcome, codes, pre, post, treated[codes]),
                changed=everyone.changed(outcome, pre, post, treated[codes]),
                subgroups=tuple(everyone.by_label(outcome, labels, codes, pre, post, treated[codes])),
                refused=found.refused,
                usual_gaps=found.usual_gaps,
                tipping_icc=(tipping := one_class.tipping_icc(found.adjusted) if found.usual_gaps else None),
                tipping_gap=None if tipping is None else one_class.usual_gap(found.adjusted, tipping),
                alarms=found.alarms,
                by_start=found.by_start,
            )
        case MultiSite():
            own = arm[complete]
            found = divided.compare_within(
                study.design, outcome, codes, own, sign * pre if outcome.pre else None, sign * post
            )
            return OutcomeResult(
                outcome=outcome,
                estimates=found.estimates,
                checks=(*attrition, *found.checks, *description.extremes(outcome, arms["treated"])),
                arms=arms,
                classes=description.describe_cells(
                    units, found.cells, codes, before, post, own, sign * found.cell_means, scale
                ),
                moments=moments,
                treated=None,
                sd=found.sd,
                spread=everyone.spread(outcome, codes, pre, post, own),
                changed=everyone.changed(outcome, pre, post, own),
                subgroups=tuple(everyone.by_label(outcome, labels, codes, pre, post, own, within=True)),
                refused=found.refused,
                alarms=found.alarms,
                left_out=left_out,
            )
        case _:
            raise ValueError(f"no method for {study.design.kind}")


def _with_missing(study: Study, outcome: Outcome, data: Dataset) -> OutcomeResult:
    result = _measure_outcome(study, outcome, data)
    frame, within = data.frame, isinstance(study.design, MultiSite)
    unit, post = frame["cluster"].to_numpy(), outcome.sign * frame[f"{outcome.name}.post"].to_numpy()
    pre = outcome.sign * frame[f"{outcome.name}.pre"].to_numpy() if outcome.pre else np.full(len(post), np.nan)
    in_levels = result.kind in levels.UNITS
    pupils = missing.Pupils(
        unit=unit,
        pre=pre,
        post=post,
        kept=~np.isnan(post) & (~np.isnan(pre) if outcome.pre else True),
        counted=np.isin(unit, [item.unit for item in result.classes]) if within else np.ones(len(unit), dtype=bool),
        treated=frame["treated"].to_numpy() if "treated" in frame else None,
        block=frame["block"].to_numpy() if getattr(study.design, "blocks", False) else None,
        within=within,
        randomised=getattr(study.design, "randomised", False),
    )
    carried = within or result.class_df >= comparison.MIN_CLASS_DF_SEEN
    main = result.main if study.compared and carried and not in_levels else None
    found = missing.who_is_missing(pupils, int(result.check("classes_lost").value), main, result.sd)
    if in_levels:  # only counted: a level has no points to begin with, or to fill in
        found = replace(found, before={}, bounds=None)
    filled = (found.imputed, found.with_late)
    estimates = [one for one in filled if isinstance(one, Estimate)]
    refused = [one for one in filled if isinstance(one, NotEstimated)]
    return replace(
        result,
        missing=found,
        estimates=(*result.estimates, *estimates),
        refused=(*result.refused, *refused),
    )


def _measure_waves(study: Study, outcome: Outcome, data: Dataset) -> OutcomeResult:
    frame, sign, count = data.frame, outcome.sign, len(data.waves)
    growing.refuse_scales(outcome)
    points = np.stack([frame[f"{outcome.name}.{name}"].to_numpy() for name in wave_table.occasions(count)], axis=1)
    at = growing.Moments(
        labels=data.waves,
        timing=data.timing,
        codes=frame["cluster"].to_numpy(),
        when=np.stack([frame[f"time.{number}"].to_numpy() for number in range(1, count + 1)], axis=1),
        scores=sign * points,
        arm=frame["treated"].to_numpy() if "treated" in frame else None,
        single=not study.followed or count == 1,
    )
    scale = outcome.scale_post or description.score_range(points)
    whole, left_out, sides_lost, counts = at, 0, 0, np.ones(len(points), dtype=bool)
    if study.divided:
        counted = growing.counted_classes(study.design, outcome, at)
        sides_lost = len(np.setdiff1d(divided.both_sides(at.codes, at.arm), counted))
        left_out = len(np.unique(at.codes)) - len(counted) - sides_lost
        counts = np.isin(at.codes, counted)
        at, points = at.only(counts), points[counts]
    found = growing.grow(study.design if study.compared else None, outcome, at)
    arms = growing.describe(outcome, at, scale)
    last = ~np.isnan(points[:, -1])
    present = whole.seen[:, -1] if study.followed else whole.growing
    lost = description.attrition(present, whole.arm, whole.codes, sides_lost)
    checks = [check for check in lost if check.code != "classes_lost"]
    gone = max(len(np.unique(whole.codes)) - len(np.unique(whole.codes[whole.growing])), sides_lost)
    checks += [Check("classes_lost", float(gone), gone > 0), *found.checks]
    checks += description.extremes(outcome, arms.get("treated") or arms["single"])
    result = OutcomeResult(
        outcome=outcome,
        estimates=found.estimates,
        refused=found.refused,
        checks=tuple(checks),
        arms=arms,
        classes=growing.classes(at, found, sign),
        moments=found.moments,
        treated=found.treated,
        sd=found.sd,
        usual_gaps=found.usual_gaps,
        tipping_icc=found.tipping_icc,
        tipping_gap=found.tipping_gap,
        alarms=found.alarms,
        waves=growing.seen_waves(at, found, sign),
        left_out=left_out,
    )
    both = last & ~np.isnan(points[:, 0])
    if at.single or not both.any():
        return result
    units, codes = np.unique(at.codes[both], return_inverse=True)
    first, final = points[both, 0], points[both, -1]
    chosen = np.ones(len(codes), dtype=bool) if at.arm is None else at.arm[both]
    treated = None if found.treated is None else found.treated[units][codes]
    wanted = study.subgroups if outcome.name == study.primary.name else ()
    labels = {one.column: frame[f"subgroup.{one.column}"].to_numpy()[counts][both] for one in wanted}
    return replace(
        result,
        spread=everyone.spread(outcome, codes, first, final, chosen) if chosen.any() else None,
        changed=everyone.changed(outcome, first, final, chosen) if chosen.any() else None,
        subgroups=tuple(everyone.by_label(outcome, labels, codes, first, final, treated)),
    )


def _measure_turns(study: Study, turn: stepped.Turns) -> OutcomeResult:
    drawn = study.design.randomised
    if not turn.two_steps:
        return stepped.result(turn, drawn=drawn)
    design = Comparison(kind="comparison", assigned=study.design.assigned, randomised=drawn)
    compared = study.model_copy(update={"design": design, "subgroups": ()})
    return stepped.with_steps(_with_missing(compared, turn.outcome, turn.data), turn)


def _regression_to_the_mean(outcome: Outcome, moments: ClassMoments) -> Check:
    """What pupils chosen for a low score gain without learning, in points for the better."""
    start = float(moments.total_mean()[0])
    expected = bracket.regression_to_the_mean(start, outcome.sign * outcome.reference_mean, outcome.reliability)
    return Check("regression_to_the_mean", expected, expected > 0)


def _one_group(design: OneGroup, outcome, moments, attrition, arms, classes) -> OutcomeResult:
    found, sd = (), None
    checks = (*attrition, *description.extremes(outcome, arms["single"]))
    if outcome.gain_defined:
        points = differences.growth(moments, unit="points")
        found = (points, differences.standardised_growth(points, moments))
        sd = float(np.sqrt(moments.total()[0, 0] / max(moments.pupils - 1, 1)))
        if design.selected_low and outcome.reference_mean is not None and outcome.reliability is not None:
            checks += (_regression_to_the_mean(outcome, moments),)
    return OutcomeResult(
        outcome=outcome,
        estimates=tuple(one for one in found if isinstance(one, Estimate)),
        refused=tuple(one for one in found if isinstance(one, NotEstimated)),
        checks=checks,
        arms=arms,
        classes=classes,
        moments=moments,
        treated=None,
        sd=sd,
    )

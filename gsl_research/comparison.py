"""A comparison of whole classes: every calculation that belongs to it, by how many there are and how they were chosen.

The main estimate, the other defensible ways beside it, what could not be computed and why, and the alarms when the ways
disagree. Positive is better for pupils. Which verdict follows is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .estimate import MIN_CLASS_DF_FOR_P, Estimate, NotEstimated
from .measurement import Check
from .methods import bracket, checks, clusters, effect_sizes, leave_out, matched, one_class
from .methods.moments import ClassMoments
from .problems import Problem, Problems
from .study import Comparison, Growth, Outcome

MIN_CLASS_DF_SEEN = 2
"""Class-level df from which the classes carry the interval; below it, assumed ICCs (methods page 2.6; policy)."""
AGREEMENT_CLASS_DF = 10
"""Class-level df from which REML with Kenward-Roger and CR2 are shown beside (design page, section 6; policy)."""
SEED = 20261122
"""Of the draws when there are too many assignments to list; any would do, and it was not chosen (policy)."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What one outcome gives: estimates in the order main, g, beside; with few classes the panel comes first."""

    adjusted: clusters.AdjustedMeans
    sd: float
    usual_gaps: tuple[float, ...]
    """How far two parallel classes usually lie apart, for each entry of the panel; empty without a panel."""
    estimates: tuple[Estimate, ...]
    refused: tuple[NotEstimated, ...]
    checks: tuple[Check, ...]
    alarms: tuple[bracket.Agreement, ...]
    by_start: tuple[checks.EffectAt, ...]
    """The difference for pupils with a weak and with a strong start, when it depends on that."""


def compare(
    design: Comparison,
    outcome: Outcome,
    moments: ClassMoments,
    treated: NDArray[np.bool_],
    blocks: NDArray[np.int64] | None,
    quartiles: NDArray[np.float64] | None,
) -> Compared:
    """``moments`` of (pre, post), or of the post-test alone; ``treated`` and ``blocks`` (G,), ``quartiles`` of the
    pre-test (2,).

    Raises Problems when nothing can be said.
    """
    adjusted = clusters.adjusted_means(moments, treated)
    if blocks is None:
        main = clusters.adjusted_difference(adjusted, unit="points")
    else:
        adjusted = matched.in_blocks(adjusted, blocks)
        main = matched.within_blocks(adjusted, blocks, unit="points")
    if isinstance(adjusted, NotEstimated):
        raise _problem(adjusted, outcome)
    class_df = main.class_df if isinstance(main, Estimate) else 0
    if isinstance(main, NotEstimated) and adjusted.class_df >= MIN_CLASS_DF_SEEN:
        raise _problem(main, outcome)
    post = moments.mean.shape[1] - 1
    sd = clusters.total_sd(moments, treated, post)
    found: list[Estimate | NotEstimated] = []
    if class_df < MIN_CLASS_DF_SEEN:
        found += assumed_panel(outcome, adjusted)
    found.append(main)
    if isinstance(main, Estimate):
        icc = clusters.anova_icc(moments, treated, post)
        found.append(effect_sizes.standardised(main, moments, treated, sd=sd, icc=icc))
        found += _other_standardiser(outcome, main, moments, treated, sd)
    elif len(treated) == 2:
        found.append(one_class.described_g(adjusted, sd))
    if blocks is None:
        beside = list(other_ways(design, outcome, moments, adjusted, class_df))
    else:
        beside = list(other_ways_in_blocks(design, outcome, moments, treated, blocks))
    found += beside
    estimates = tuple(one for one in found if isinstance(one, Estimate))
    panel = [one for one in estimates if one.status == "assumed_icc"]
    seen = class_df >= MIN_CLASS_DF_SEEN
    compared = any(isinstance(one, Estimate) for one in beside)
    alarms = tuple(alarm for alarm in bracket.agreement(main, beside) if sounds(alarm)) if seen else ()
    return Compared(
        adjusted=adjusted,
        sd=sd,
        usual_gaps=tuple(one_class.usual_gap(adjusted, one.assumed_icc) for one in panel),
        estimates=estimates,
        refused=tuple(one for one in found if isinstance(one, NotEstimated)),
        checks=tuple(class_checks(design, moments, adjusted, blocks, class_df, len(alarms) if compared else None)),
        alarms=alarms,
        by_start=_by_start(moments, treated, quartiles) if seen and blocks is None and quartiles is not None else (),
    )


def sounds(alarm: bracket.Agreement) -> bool:
    """Another place for the difference; or, for another estimator of the same thing, another width."""
    return alarm.shifted or (alarm.other_width and alarm.estimator not in ADJUSTING)


ADJUSTING = ("gain_difference", "reliability_corrected", "class_mean_pre", "first_to_last")
"""Estimators that differ from the main one in how the pre-test is taken into account."""


def _problem(missing: NotEstimated, outcome: Outcome) -> Problems:
    """With classes enough, only the file leaves no estimate: copied classes, a block lost on one side, one pre-test
    score for a whole class."""
    facts = {"outcome": outcome.label}
    match missing.reason:
        case "one_sided_blocks":
            return Problems([Problem(code="blocks_incomplete", facts=facts)])
        case "no_class_spread":
            return Problems([Problem(code="no_class_spread", facts=facts)])
        case "no_pupil_spread" | "too_few_pupils" if outcome.pre is None:
            return Problems([Problem(code="pupils_alike", facts=facts)])
        case _:
            return Problems([Problem(code="no_spread_before", facts=facts)])


def assumed_panel(outcome: Outcome, adjusted: clusters.AdjustedMeans) -> Iterator[Estimate | NotEstimated]:
    """The difference under three assumed ICCs; before them the school's own usual gap, after them a borrowed spread."""
    if outcome.usual_gap is not None:
        icc = one_class.icc_from_gap(adjusted, outcome.usual_gap)
        if icc is not None:
            yield replace(one_class.assumed_icc(adjusted, icc, unit="points"), estimator="own_usual_gap")
    iccs = one_class.QUESTIONNAIRE_ICCS if outcome.source == "questionnaire" else one_class.TEST_ICCS
    for icc in iccs:
        yield one_class.assumed_icc(adjusted, icc, unit="points")
    if (known := outcome.class_spread) is not None:
        yield one_class.borrowed_spread(adjusted, known.sd, known.classes, unit="points")


def other_ways(
    design: Comparison,
    outcome: Outcome,
    moments: ClassMoments,
    adjusted: clusters.AdjustedMeans,
    class_df: float,
) -> Iterator[Estimate | NotEstimated]:
    """Other defensible ways to the same difference."""
    treated = adjusted.treated
    with_start = outcome.pre is not None and not design.randomised
    if with_start:
        if outcome.gain_defined:
            yield bracket.gain_difference(moments, treated, unit="points")
        if outcome.reliability is not None:
            yield _corrected(moments, treated, outcome.reliability)
    if class_df < MIN_CLASS_DF_SEEN:
        return
    if with_start:
        yield bracket.class_mean_pre(adjusted, unit="points")
    yield clusters.welch_difference(adjusted, unit="points")
    if class_df >= AGREEMENT_CLASS_DF:
        from .methods import random_intercept, sandwich

        yield random_intercept.reml_difference(moments, treated, unit="points")
        yield sandwich.cr2_difference(moments, treated, unit="points")


def other_ways_in_blocks(
    design: Comparison, outcome: Outcome, moments: ClassMoments, treated: NDArray[np.bool_], blocks: NDArray[np.int64]
) -> Iterator[Estimate | NotEstimated]:
    """The gain within the same blocks, when nobody drew lots inside them."""
    if design.randomised or not outcome.gain_defined:
        return
    gains = clusters.adjusted_means(moments, treated, slope=[1.0])
    found = replace(matched.within_blocks(gains, blocks, unit="points"), estimator="gain_difference")
    yield replace(found, status="beside") if isinstance(found, Estimate) else found


def _other_standardiser(
    outcome: Outcome, main: Estimate, moments: ClassMoments, treated: NDArray[np.bool_], sd: float
) -> Iterator[Estimate | NotEstimated]:
    """The same difference in SD of the pre-test, when that is far from the SD of the post-test."""
    before = clusters.total_sd(moments, treated, 0)
    if outcome.gain_defined and before > 0 and max(sd / before, before / sd) > checks.SD_CHANGE:
        icc = clusters.anova_icc(moments, treated, 0)
        g = effect_sizes.standardised(main, moments, treated, sd=before, icc=icc)
        yield g if isinstance(g, NotEstimated) else replace(g, unit="pre_total_sd", status="beside")


def _by_start(
    moments: ClassMoments, treated: NDArray[np.bool_], quartiles: NDArray[np.float64]
) -> tuple[checks.EffectAt, ...]:
    slopes = checks.slope_difference(moments, treated)
    if isinstance(slopes, NotEstimated) or not slopes.flag:
        return ()
    found = checks.effect_at(moments, treated, quartiles, unit="points")
    return () if isinstance(found, NotEstimated) else found


def _corrected(moments: ClassMoments, treated: NDArray[np.bool_], reliability: float) -> Estimate | NotEstimated:
    within = bracket.reliability_within(moments, treated, reliability)
    if within is None:
        return NotEstimated(estimator="reliability_corrected", reason="too_unreliable")
    return bracket.corrected_difference(moments, treated, within, unit="points")


def class_checks(
    design: Comparison | Growth,
    moments: ClassMoments,
    adjusted: clusters.AdjustedMeans,
    blocks: NDArray[np.int64] | None,
    class_df: float,
    alarms: int | None,
) -> Iterator[Check]:
    """Of whole classes side by side: the start, where ``moments`` has one, agreement, and what single classes do."""
    treated = adjusted.treated
    with_start = moments.mean.shape[1] > 1
    if with_start:
        baseline = bracket.baseline(moments, treated, adjusted.weights)
        yield Check("baseline_g", baseline.sds, baseline.level == "apart")
    if class_df < MIN_CLASS_DF_SEEN:
        return
    if alarms is not None:
        yield Check("agreement", alarms, alarms > 0)
    found = {"slopes": checks.slope_difference(moments, treated)} if with_start else {}
    if blocks is None:
        yield Check("class_sd", adjusted.spread, False)
        found["class_sd_ratio"] = checks.class_spread_ratio(adjusted)
        found["outlying_class"] = checks.outlying_class(adjusted)
        if not isinstance(left := leave_out.leave_one_out(moments, treated), NotEstimated):
            main = adjusted.difference
            yield Check("leave_one_out_low", left.low, left.low * main < 0)
            yield Check("leave_one_out_high", left.high, left.high * main < 0)
    for code, check in found.items():
        if not isinstance(check, NotEstimated):
            yield Check(code, check.value, check.flag)
    if design.randomised and class_df >= MIN_CLASS_DF_FOR_P:
        from .methods import permutation

        ways = permutation.assignments(treated, rng=np.random.default_rng(SEED), blocks=blocks)
        drawn = permutation.permutation(adjusted, ways)
        if isinstance(drawn, permutation.Permutation):
            yield Check("permutation_p", drawn.p, False)
            yield Check("permutation_smallest_p", drawn.smallest_p, False)

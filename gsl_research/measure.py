"""From a study and its data to a Measurement: the only place that chooses a method.

*treated* pupils got the approach. Direction is settled here, once: scores of an outcome where lower is better are
turned round, so that a positive estimate is always better for pupils.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from . import privacy
from .dataset import Dataset
from .estimate import Estimate
from .methods import clusters, differences
from .methods.moments import ClassMoments, class_moments
from .problems import Problem, Problems, Term
from .study import (
    Comparison,
    Growth,
    MultiSite,
    OneGroup,
    Outcome,
    ReachGoal,
    SingleCase,
    Stepped,
    Study,
    Survey,
)

EXTREME_SHARE = 0.15
"""Floor or ceiling is flagged above this share at an extreme score (methods page, section 1; policy)."""
MIN_CLASS_DF_SEEN = 2
"""Class-level df from which the classes carry the interval; below it, assumed ICCs (methods page 2.6; policy)."""


@dataclass(frozen=True, slots=True)
class Check:
    """A number that is shown and never used as a gate. ``flag`` asks for attention."""

    code: str
    value: float
    flag: bool


@dataclass(frozen=True, slots=True)
class Arm:
    """A description of the pupils of one arm who have a complete measurement; in raw points."""

    pupils: int
    classes: int
    mean_pre: float | None
    mean_post: float
    with_post: int
    reached: int | None
    reached_before: int | None
    at_best: int | None
    """Pupils at the best possible score afterwards; ``None`` without a scale."""
    bins_pre: tuple[privacy.Bin, ...] | None = None
    bins_post: tuple[privacy.Bin, ...] | None = None


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One class in raw points. ``unit`` is its code in the data set, ``number`` its name in what is shared."""

    number: int
    unit: int
    treated: bool | None
    pupils: int
    mean: float
    """Post-test mean; adjusted for the pre-test when there is a comparison."""
    bins: tuple[privacy.Bin, ...] | None


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """Everything measured for one outcome; ``estimates`` in points first. No pupil's row."""

    outcome: Outcome
    estimates: tuple[Estimate, ...]
    checks: tuple[Check, ...]
    arms: Mapping[str, Arm]
    classes: tuple[ClassResult, ...]
    moments: ClassMoments | None = field(repr=False)
    treated: NDArray[np.bool_] | None = field(repr=False)
    sd: float | None
    usual_gaps: tuple[float, ...] = ()
    """Usual gap of two parallel classes in points, for each assumed ICC of the panel."""
    tipping_icc: float | None = None
    tipping_gap: float | None = None
    """The usual gap in points that goes with ``tipping_icc``."""
    spread: differences.SpreadRatio | None = None

    @property
    def main(self) -> Estimate | None:
        return next((e for e in self.estimates if e.metric == "points" and e.status != "assumed_icc"), None)

    @property
    def panel(self) -> tuple[Estimate, ...]:
        return tuple(e for e in self.estimates if e.status == "assumed_icc")

    @property
    def g(self) -> Estimate | None:
        return next((e for e in self.estimates if e.metric == "g"), None)

    def check(self, code: str) -> Check | None:
        return next((check for check in self.checks if check.code == code), None)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the data say about each outcome. Same study and data, same bytes."""

    study: Study
    results: tuple[OutcomeResult, ...]
    rows: int
    cluster_level: str
    schools: int | None
    data_sha256: str
    dropped: Mapping[str, int]
    warnings: tuple[Problem, ...]

    @property
    def primary(self) -> OutcomeResult:
        return next(result for result in self.results if result.outcome.role == "primary")

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.study.fingerprint}{self.data_sha256}".encode()).hexdigest()

    def __repr__(self) -> str:
        values = [(r.outcome.name, r.main.value if r.main else None) for r in self.results]
        return f"Measurement({self.study.id!r}, {self.study.design.kind}, points={values})"


def measure(study: Study, data: Dataset) -> Measurement:
    """Measure every outcome of the study with the method its design asks for.

    Raises Problems ("not yet") for designs and fields that are understood but cannot be measured yet, and
    ValueError when the data were bound to another study.
    """
    if data.study_id != study.id:
        raise ValueError(f"data were bound to study {data.study_id!r}, not {study.id!r}")
    if refused := list(not_yet(study, data.cluster_level)):
        raise Problems(refused)
    results = tuple(_measure_outcome(study, outcome, data) for outcome in study.outcomes)
    primary = next(outcome for outcome in study.outcomes if outcome.role == "primary")
    return Measurement(
        study=study,
        results=results,
        rows=data.rows,
        cluster_level=data.cluster_level,
        schools=data.schools,
        data_sha256=data.sha256,
        dropped=_dropped(data, primary),
        warnings=data.warnings,
    )


def not_yet(study: Study, cluster_level: str | None = None) -> Iterator[Problem]:
    """What the study file asks that is understood but cannot be measured yet."""
    match study.design:
        case OneGroup():
            pass
        case Comparison(blocks=blocks):
            if blocks:
                yield Problem(code="not_yet", facts={"what": Term("later.blocks")})
            if cluster_level == "pupil":
                yield Problem(code="not_yet", facts={"what": Term("later.pupils_assigned")})
            if any(outcome.pre is None for outcome in study.outcomes):
                yield Problem(code="not_yet", facts={"what": Term("later.post_only")})
        case MultiSite() | Growth() | Stepped() | SingleCase() | Survey():
            yield Problem(code="not_yet", facts={"what": Term(f"later.{study.design.kind}")})
        case _:
            assert_never(study.design)
    if study.subgroups:
        yield Problem(code="not_yet", facts={"what": Term("later.subgroups")})
    if sum(outcome.role == "primary" for outcome in study.outcomes) > 1:
        yield Problem(code="not_yet", facts={"what": Term("later.primaries")})
    for role in ("block", "wave", "date", "dose", "own_goal"):
        if role in study.columns.mapped():
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
    scale = outcome.scale_post or _range(np.concatenate([pre, post]) if outcome.gain_defined else post)
    units, codes = np.unique(frame["cluster"].to_numpy()[complete], return_inverse=True)
    arms = _arms(outcome, pre, post, complete, arm, codes, scale)
    attrition = tuple(_attrition(complete, arm, frame["cluster"].to_numpy()))
    flip = outcome.sign
    match study.design:
        case OneGroup():
            return _one_group(outcome, pre, post, complete, codes, units, scale, arms, attrition, flip)
        case Comparison():
            treated = np.array([arm[complete][codes == j][0] for j in range(len(units))])
            moments = class_moments(codes, flip * pre[complete], flip * post[complete])
            return _comparison(outcome, post[complete], moments, treated, codes, units, scale, arms, attrition, flip)
        case _:
            raise ValueError(f"no method for {study.design.kind}")


def _one_group(outcome, pre, post, complete, codes, units, scale, arms, attrition, flip) -> OutcomeResult:
    estimates: tuple[Estimate, ...] = ()
    moments = spread = sd = None
    if outcome.gain_defined:
        moments = class_moments(codes, flip * pre[complete], flip * post[complete])
        points = differences.growth(moments, unit="points")
        estimates = (points, differences.standardised_growth(points, moments))
        spread = differences.spread_ratio(moments)
        sd = float(np.sqrt(moments.total()[0, 0] / (moments.pupils - 1)))
    return OutcomeResult(
        outcome=outcome,
        estimates=estimates,
        checks=(*attrition, *_extremes(outcome, arms["single"])),
        arms=arms,
        classes=_class_results(units, codes, post[complete], None, None, scale),
        moments=moments,
        treated=None,
        sd=sd,
        spread=spread,
    )


def _comparison(outcome, post, moments, treated, codes, units, scale, arms, attrition, flip) -> OutcomeResult:
    adjusted = clusters.adjusted_means(moments, treated)
    sd = clusters.total_sd(moments, treated, 1)
    estimates = []
    icc = clusters.anova_icc(moments, treated, 1)
    points = clusters.adjusted_difference(adjusted, unit="points")
    if points is not None:
        estimates.append(points)
        if (g := clusters.standardised(points, moments, sd=sd, icc=icc)) is not None:
            estimates.append(g)
    gaps: tuple[float, ...] = ()
    if points is None and adjusted.class_df >= MIN_CLASS_DF_SEEN:
        raise Problems([Problem(code="no_class_spread", facts={"outcome": outcome.label})])
    if adjusted.class_df < MIN_CLASS_DF_SEEN:
        iccs = clusters.QUESTIONNAIRE_ICCS if outcome.source == "questionnaire" else clusters.TEST_ICCS
        panel = [(icc, clusters.assumed_icc(adjusted, icc, unit="points")) for icc in iccs]
        estimates = [e for _, e in panel if e is not None] + estimates
        gaps = tuple(clusters.usual_gap(adjusted, icc) for icc, e in panel if e is not None)
    tipping = clusters.tipping_icc(adjusted) if gaps else None
    return OutcomeResult(
        outcome=outcome,
        estimates=tuple(estimates),
        checks=(
            *attrition,
            Check("baseline_g", baseline := _baseline(moments, treated), abs(baseline) > clusters.COMPARABLE),
            *_extremes(outcome, arms["treated"]),
        ),
        arms=arms,
        classes=_class_results(units, codes, post, treated, flip * adjusted.mean, scale),
        moments=moments,
        treated=treated,
        sd=sd,
        usual_gaps=gaps,
        tipping_icc=tipping,
        tipping_gap=clusters.usual_gap(adjusted, tipping) if tipping is not None else None,
        spread=differences.spread_ratio(moments.select(treated)) if outcome.gain_defined else None,
    )


def _baseline(moments: ClassMoments, treated: NDArray[np.bool_]) -> float:
    sd = clusters.total_sd(moments, treated, 0)
    gap = float(moments.mean[treated, 0].mean() - moments.mean[~treated, 0].mean())
    return gap / sd if sd > 0 else 0.0


def _arms(outcome, pre, post, complete, arm, codes, scale) -> dict[str, Arm]:
    if arm is None:
        return {"single": _arm(outcome, pre, post, complete, np.ones(len(post), bool), codes, scale)}
    return {
        "treated": _arm(outcome, pre, post, complete, arm, codes, scale),
        "control": _arm(outcome, pre, post, complete, ~arm, codes, scale),
    }


def _arm(outcome: Outcome, pre, post, complete, chosen, codes, scale) -> Arm:
    used = complete & chosen
    measured = chosen & ~np.isnan(post)
    reached = reached_before = at_best = None
    if isinstance(outcome.goal, ReachGoal):
        goal = outcome.goal.at_least * outcome.sign
        reached = int((outcome.sign * post[measured] >= goal).sum())
        if outcome.gain_defined:
            reached_before = int((outcome.sign * pre[used] >= goal).sum())
    if outcome.scale_post:
        best = outcome.scale_post[1 if outcome.better == "higher" else 0]
        at_best = int((post[measured] == best).sum())
    return Arm(
        pupils=int(used.sum()),
        classes=len(np.unique(codes[chosen[complete]])),
        mean_pre=float(pre[used].mean()) if outcome.pre else None,
        mean_post=float(post[used].mean()),
        with_post=int(measured.sum()),
        reached=reached,
        reached_before=reached_before,
        at_best=at_best,
        bins_pre=privacy.coarse_bins(pre[used], scale) if outcome.gain_defined else None,
        bins_post=privacy.coarse_bins(post[used], scale),
    )


def _class_results(units, codes, post, treated, adjusted, scale) -> tuple[ClassResult, ...]:
    """Class by class, treated first; with ``adjusted`` means, the pupils behind them move along."""
    means = np.bincount(codes, post) / np.bincount(codes)
    shift = np.zeros(len(units)) if adjusted is None else adjusted - means
    order = range(len(units)) if treated is None else sorted(range(len(units)), key=lambda j: not treated[j])
    return tuple(
        ClassResult(
            number=number,
            unit=int(units[j]),
            treated=None if treated is None else bool(treated[j]),
            pupils=int((codes == j).sum()),
            mean=float(means[j] if adjusted is None else adjusted[j]),
            bins=privacy.coarse_bins(np.clip(post[codes == j] + shift[j], *scale), scale),
        )
        for number, j in enumerate(order, start=1)
    )


def _attrition(complete, arm, cluster) -> Iterator[Check]:
    lost = 1 - float(complete.mean())
    yield Check("attrition", lost, lost > ATTRITION_FLAG)
    if arm is not None:
        gap = abs(float(complete[arm].mean() - complete[~arm].mean()))
        yield Check("attrition_gap", gap, gap > ATTRITION_GAP_FLAG)
    classes_lost = len(np.unique(cluster)) - len(np.unique(cluster[complete]))
    yield Check("classes_lost", float(classes_lost), classes_lost > 0)


def _extremes(outcome: Outcome, arm: Arm) -> Iterator[Check]:
    if arm.at_best is not None:
        share = arm.at_best / arm.with_post
        yield Check("ceiling", share, share > EXTREME_SHARE)


def _range(scores: NDArray[np.float64]) -> tuple[float, float]:
    """Without a declared scale: round outer limits that are no pupil's score."""
    known = scores[~np.isnan(scores)]
    span = float(known.max() - known.min()) or 1.0
    size = 10 ** np.floor(np.log10(span / 2))
    step = next(nice * size for nice in (1, 2, 5, 10) if nice * size >= span / 2)
    low, high = np.floor(known.min() / step - 0.5) * step, np.ceil(known.max() / step + 0.5) * step
    return float(max(low, 0) if known.min() >= 0 else low), float(high)


ATTRITION_FLAG = 0.20
ATTRITION_GAP_FLAG = 0.05
"""Shown as an attention point beyond these (security caps 4, methods page 3.3; policy)."""

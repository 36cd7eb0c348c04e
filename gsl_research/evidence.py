"""What is kept of a measurement, and the part of it that may leave the school.

``private_record`` holds everything unrounded for the school itself; ``evidence`` is the only maker of what travels.
Both have one shape, ``Record``: the JSON Schema in ``data_schemas`` is made from it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from . import __version__, privacy
from .appendix import DoseEntry, FamilyEntry, PrimaryEntry, dose_entry, family_entries, primary_entries
from .check_record import CheckEntry, check_entries
from .class_record import ClassMomentsEntry, Why, moment_entries, withheld
from .codes import Code, planned_before
from .disclosure import (
    FILLED_IN,
    df_of_classes,
    goal_answer_may_show,
    loss_may_show,
    pupils_may_show,
    shareable,
    shares_may_show,
    told_estimates,
    told_subgroups,
    why_lost_may_show,
)
from .estimate import Estimate, NotEstimated, Reason
from .judge import Verdict, as_told
from .level_record import LevelEntry, levels_of
from .levels import UNITS
from .measurement import Measurement, OutcomeResult
from .missing_record import MissingEntry, missing_entries
from .outcome_record import OutcomeEntry, outcome_entries
from .problems import Problem, Problems
from .study import Lever

CARD_DECIMALS = {"points": 2, "g": 3, "log_odds": 2}
"""Estimates on a card: as exact as a synthesis needs, too coarse to work out one pupil's points (policy)."""
LEVEL_DECIMALS = 1
"""Of percentage points and places: with two, the counts behind them could be tried out one by one (policy)."""
LEFT_OUT = ("p", "icc", "assumed_icc")
"""Keys of an estimate that are absent, not null, when they do not apply."""
Kind = Literal["one_group", "comparison", "multi_site", "growth", "stepped", "single_case", "survey"]
VERSIONED = ("numpy", "pandas", "scipy", "altair")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    id: str
    title: str
    question: str
    lever: Lever
    design: Kind
    assigned: str | None
    randomised: bool | None
    cluster: Literal["class", "teacher", "teaching_group", "school", "group"]
    planned_on: date | None
    planned_before: bool | None
    extra_minutes: float | None
    """Minutes a week that teachers spent more than usual: the middle of what they say."""
    """Was the plan there before the results? ``None`` where the study file does not tell."""
    post_on: date | None
    context: dict[str, str | float]
    fingerprint: str
    keep_until: date | None = None
    """In the school's own record alone, where the study file says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """Counts; ``None`` where the disclosure rule hides one, and for the hash of the file: whoever knows all of it but
    one pupil could try out scores against it."""

    sha256: str | None
    pupils: int | None
    classes: int
    schools: int | None
    dropped: dict[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateEntry:
    """``subgroup`` as "column: label"; ``value`` is then how much more the approach did for those pupils than for the
    rest of their classes (with one group: how much more they gained), each label apart, not pooled."""

    outcome: str
    role: Literal["primary", "secondary", "side_effect"]
    domain: str
    subgroup: str | None
    metric: Literal["points", "g", "log_odds"]
    estimator: str
    value: float
    se: float | None
    df: float | None
    class_df: float | None
    low: float | None
    high: float | None
    level: float | None
    p: float | None = None
    n: dict[str, int | None]
    icc: float | None = None
    assumed_icc: float | None = None
    unit: str
    status: Literal["ok", "assumed_icc", "described", "beside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEntry:
    """A number that could not be computed, and why. ``subgroup`` names the column alone: a label may be one pupil's."""

    outcome: str
    subgroup: str | None
    estimator: str
    status: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CapEntry:
    criterion: str
    cap: int
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEntry:
    rating: int
    caps: list[CapEntry]
    weakest: str
    lift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """``hidden`` on a card: the groups are too small to tell."""

    goal: Literal["reached", "not_reached", "no_goal", "not_measured", "hidden"]
    everyone: Literal["closer", "further", "unclear", "not_measured", "hidden"]
    side_effects: dict[str, Literal["safe", "signal", "watch", "not_excluded", "described"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictEntry:
    code: Code | Literal["hidden"]
    capped_code: Code | Literal["hidden"]
    reason: str | None
    margin: float | None
    margin_chosen: bool | None
    questions: Questions
    primaries: list[PrimaryEntry]
    """Every primary outcome where there are several, the leading one first; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One measurement as data. ``kind`` says whether it is the school's own record or the card that may travel."""

    schema: Literal[1]
    kind: Literal["record", "card"]
    study: StudyFacts
    data: DataFacts
    outcomes: list[OutcomeEntry]
    """Every outcome that was measured; on a card those that are told there."""
    estimates: list[EstimateEntry]
    refused: list[RefusedEntry]
    levels: list[LevelEntry]
    checks: list[CheckEntry]
    missing: list[MissingEntry]
    moments: list[ClassMomentsEntry]
    """Of the primary outcomes, where the study file shares them and nothing that is hidden follows; else empty."""
    moments_withheld: Why | None
    """Why they stay at home though the study file shares them."""
    security: SecurityEntry
    verdict: VerdictEntry
    families: list[FamilyEntry]
    dose: DoseEntry | None
    versions: dict[str, str]
    content_sha256: str

    @property
    def study_id(self) -> str:
        return self.study.id

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; keys that do not apply (p, icc, assumed_icc) are left out, not null."""
        content = asdict(self)
        for entry in content["estimates"]:
            for key in LEFT_OUT:
                if entry[key] is None:
                    del entry[key]
        for key in ("planned_on", "post_on", "keep_until"):
            day = content["study"][key]
            content["study"][key] = day.isoformat() if day else None
        if content["study"]["keep_until"] is None:
            del content["study"]["keep_until"]
        return content


def content_digest(content: Mapping[str, Any]) -> str:
    """sha256 of what a record says, as ``Record.to_json`` gives it: without versions, whatever the order of its keys.

    Raises ValueError for a number that is not finite.
    """
    said = {key: value for key, value in content.items() if key not in ("versions", "content_sha256")}
    return hashlib.sha256(json.dumps(said, sort_keys=True, allow_nan=False).encode()).hexdigest()


class PrivateRecord(Record):
    """Everything, unrounded, for the school itself: ``private/<study>/record.json``."""


class EvidenceRecord(Record):
    """What may leave the school: ``reports/<study>/card.json``. No pupil, no small cell."""

    __pydantic_config__ = {"extra": "forbid", "strict": True, "allow_inf_nan": False}
    """For who reads cards: nothing is passed over or made to fit."""


def private_record(measurement: Measurement, verdict: Verdict) -> PrivateRecord:
    return _record(PrivateRecord, "record", measurement, verdict)


def evidence(measurement: Measurement, verdict: Verdict) -> EvidenceRecord:
    """The study card: estimates only for arms of 10 pupils and more, counts of 7 and more, no class named.

    Raises Problems where an outcome is a central test: nothing of such a study is passed on.
    """
    if central := [outcome.label for outcome in measurement.study.outcomes if outcome.central]:
        raise Problems([Problem(code="central_no_card", facts={"outcome": central})])
    return _record(EvidenceRecord, "card", measurement, verdict)


def told_digest(measurement: Measurement, verdict: Verdict) -> str:
    """A digest of what may be told: the ``content_sha256`` of the card, also where none is made."""
    return _record(EvidenceRecord, "card", measurement, verdict).content_sha256


def _record(shape: type, kind: str, measurement: Measurement, verdict: Verdict):
    share = kind == "card"
    study, primary = measurement.study, measurement.primary
    results = [result for result in measurement.results if not share or shareable(result)]
    told = {result.outcome.name for result in results}
    silent = share and not shareable(primary)
    tells_loss = not share or loss_may_show(measurement) and verdict.security.loss_open
    tells_why = not share or why_lost_may_show(measurement) and verdict.security.loss_open
    verdict = as_told(measurement, verdict) if share else verdict
    goal = "hidden" if silent or share and not goal_answer_may_show(primary) else verdict.answers.goal
    effects = [effect for effect in verdict.answers.side_effects if not share or effect.outcome in told]
    content = {
        "schema": 1,
        "kind": kind,
        "study": StudyFacts(
            id=study.id,
            title=study.title,
            question=study.question,
            lever=study.lever,
            design=study.design.kind,
            assigned=getattr(study.design, "assigned", None) if study.compared else None,
            randomised=getattr(study.design, "randomised", None) if study.compared else None,
            cluster=measurement.cluster_level,
            planned_on=study.planned_on,
            planned_before=planned_before(study.conduct, study.planned_on),
            extra_minutes=statistics.median(study.conduct.extra_minutes) if study.conduct.extra_minutes else None,
            post_on=study.conduct.post_on,
            context={key: value for key, value in study.context.model_dump().items() if value is not None},
            fingerprint=study.fingerprint,
            keep_until=study.privacy.keep_until if study.privacy is not None and not share else None,
        ),
        "data": DataFacts(
            sha256=None if share else measurement.data_sha256,
            pupils=_count(measurement.rows, share) if tells_loss else None,
            classes=primary.units,
            schools=measurement.schools,
            dropped=dict(measurement.dropped) if tells_why else dict.fromkeys(measurement.dropped),
        ),
        "outcomes": list(outcome_entries(results)),
        "estimates": [entry for result in results for entry in _estimates(measurement, result, share)],
        "refused": [entry for result in results for entry in _refused(result, share)],
        "levels": [entry for result in results for entry in levels_of(result) if not share],
        "checks": [entry for result in results for entry in check_entries(measurement, result, share, tells_loss)],
        "missing": [] if silent else list(missing_entries(measurement, verdict, share=share)),
        "moments": moment_entries(measurement, verdict),
        "moments_withheld": withheld(measurement, verdict),
        "security": SecurityEntry(
            rating=verdict.security.rating,
            caps=[CapEntry(criterion=c.criterion, cap=c.cap, known=c.known) for c in verdict.security.caps],
            weakest=verdict.security.weakest,
            lift=verdict.security.lift,
        ),
        "verdict": VerdictEntry(
            code="hidden" if silent else verdict.code,
            capped_code="hidden" if silent else verdict.capped_code,
            reason=None if silent else verdict.reason,
            margin=verdict.margin.points if verdict.margin else None,
            margin_chosen=verdict.margin.chosen if verdict.margin else None,
            questions=Questions(
                goal=goal,
                everyone="hidden" if silent else verdict.answers.everyone,
                side_effects={effect.outcome: effect.code for effect in effects},
            ),
            primaries=primary_entries(verdict, told),
        ),
        "families": family_entries(measurement, told),
        "dose": dose_entry(measurement, verdict, share),
        "versions": versions(),
    }  # fmt: skip
    made = shape(**content, content_sha256="")
    return replace(made, content_sha256=content_digest(made.to_json()))


def versions() -> dict[str, str]:
    found = {"gsl_research": __version__, "python": platform.python_version()}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _estimates(measurement: Measurement, result: OutcomeResult, share: bool) -> Iterator[EstimateEntry]:
    tells_pupils = pupils_may_show(measurement, result)
    for estimate in told_estimates(result) if share else result.estimates:
        # Of a difference with missing pupils filled in, their number would be told beside that of the others.
        tells = tells_pupils and estimate.estimator not in FILLED_IN
        entry = _estimate(result, estimate, share, dict(_pupils(estimate.n, tells) if share else estimate.n))
        yield replace(entry, df=None) if share and not tells and not df_of_classes(estimate) else entry
    for one in result.subgroups:
        if isinstance(one.difference, Estimate) and (not share or one in told_subgroups(result, one.column)):
            # Beside the other labels a count of pupils could give away a small one.
            n = {name: count for name, count in one.n.items() if not share or name.startswith("classes")}
            yield _estimate(result, one.difference, share, n, subgroup=f"{one.column}: {one.label}")


def _refused(result: OutcomeResult, share: bool) -> list[RefusedEntry]:
    if share and result.kind == "share" and not shares_may_show(result):
        return []  # that nobody, or everybody, passed on one side
    found = [(None, one) for one in result.refused]
    found += [(one.column, one.difference) for one in result.subgroups if isinstance(one.difference, NotEstimated)]
    entries = [
        RefusedEntry(outcome=result.outcome.name, subgroup=subgroup, estimator=one.estimator, status=one.reason)
        for subgroup, one in found
    ]
    return list(dict.fromkeys(entries))


def _estimate(
    result: OutcomeResult, estimate: Estimate, share: bool, n: dict[str, int | None], subgroup: str | None = None
) -> EstimateEntry:
    interval = estimate.interval
    decimals = LEVEL_DECIMALS if estimate.unit in UNITS.values() else CARD_DECIMALS[estimate.metric]

    def told(value: float | None) -> float | None:
        return round(value, decimals) if share and value is not None else value

    return EstimateEntry(
        outcome=result.outcome.name,
        role=result.outcome.role,
        domain=result.outcome.domain,
        subgroup=subgroup,
        metric=estimate.metric,
        estimator=estimate.estimator,
        value=told(estimate.value),
        se=told(estimate.se) if not share or not estimate.se else max(told(estimate.se), 10**-decimals),
        df=_rounded(estimate.df, share),
        class_df=_rounded(estimate.class_df, share),
        low=told(interval.low) if interval else None,
        high=told(interval.high) if interval else None,
        level=interval.level if interval else None,
        p=round(estimate.p, 3) if share and estimate.p is not None else estimate.p,
        n=n,
        icc=round(estimate.icc, 3) if share and estimate.icc is not None else estimate.icc,
        assumed_icc=estimate.assumed_icc,
        unit=estimate.unit,
        status=estimate.status,
    )


def _rounded(df: float | None, share: bool) -> float | None:
    """With one decimal on a card: exactly, those of unequal spreads tell how far each class lies from the others."""
    return round(df, 1) if share and df is not None else df


def _pupils(n: Mapping[str, int], may_show: bool) -> Iterator[tuple[str, int | None]]:
    """Counts on a card: of pupils only where they are not small, beside the other outcomes neither."""
    for name, count in n.items():
        yield name, count if not name.startswith("pupils") or may_show and privacy.may_count(count) else None


def _count(n: int, hide_small: bool) -> int | None:
    return None if hide_small and not privacy.may_count(n) else n

"""Who is missing, as sentences: what it takes from the conclusion, and the fold that tells the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator

from . import privacy
from .blocks import Bullets, Fold, Text
from .disclosure import (
    arms_lost_may_show,
    before_may_show,
    bounds_may_show,
    loss_may_show,
    lost_may_show,
    roughly,
    shareable,
)
from .judge import OutcomeVerdict
from .levels import UNITS
from .measurement import OutcomeResult
from .rating import SAFE_CAP, loss_left_open
from .telling import Telling


def counted(told: Telling) -> Iterator[str]:
    """How many made only a part of the tests; of several outcomes by name, those of the primary ones."""
    if told.rolled_out or told.kind and told.primary.steps is None:
        yield told.words(f"report.method.missing{told.kind}")
        return
    yield _counted(told, told.primary)
    yield from (_counted(told, result) for result in _others(told, "primary"))


def _others(told: Telling, *roles: str) -> Iterator[OutcomeResult]:
    """Outcomes beside the first of which is known who is missing."""
    for result in told.measurement.results:
        if result is not told.primary and result.outcome.role in roles and result.missing is not None:
            yield result


def _counted(told: Telling, result: OutcomeResult) -> str:
    w, measurement = told.words, told.measurement
    if result is told.primary:
        lost, may_show = sum(measurement.dropped.values()), loss_may_show(measurement)
    else:
        lost, may_show = sum(result.missing.lost.values()), lost_may_show(measurement, result)
    kind = "none" if lost == 0 else "some"
    if not _left_open(told, result):
        kind = "untold"
    elif not may_show:
        kind = "few" if 0 < lost < privacy.MIN_SOME else "untold"
    several = len(measurement.results) > 1
    key = f"report.missing.of_{kind}" if several else f"report.method.missing_{kind}"
    return w(
        key,
        label=result.outcome.label,
        rows=w.count(measurement.rows),
        lost=w.count(lost),
        least=w.count(privacy.MIN_SOME),
    )


def _left_open(told: Telling, result: OutcomeResult) -> bool:
    """Whether the rating, or that a side effect is called safe, leaves open how few are lost beside their number."""
    rated = (*told.verdict.primaries, *told.verdict.secondaries)
    of_outcome = [one.security.loss_open for one in rated if one.outcome == result.outcome.name]
    return of_outcome[0] if of_outcome else loss_left_open(result, SAFE_CAP)


def concluded(told: Telling, result: OutcomeResult, verdict: OutcomeVerdict) -> Iterator[str]:
    """Why there is no verdict, where so many or whole classes are missing; or that those few could change it."""
    w = told.words
    if not told.measurement.study.followed:
        return
    if any(cap.criterion == "attrition" and cap.cap == 0 for cap in verdict.security.caps):
        lost = list(_classes_lost(told, result))
        yield from lost or [w("verdict.missing.half")]
        yield w(f"verdict.missing.{'no_verdict' if told.compared else 'who_stayed'}")
    elif verdict.missing_turns:
        points = w.points(result.missing.shift, told.decimals(result))
        yield w("verdict.missing.turns", points=points)


def _classes_lost(told: Telling, result: OutcomeResult) -> Iterator[str]:
    w, lost = told.words, int(result.check("classes_lost").value)
    if lost and told.measurement.study.followed:
        key = f"class{'es' if lost > 1 else ''}_lost{'_within' if told.divided else ''}"
        yield w(f"verdict.missing.{key}", count=w.count(lost))


def fold(told: Telling) -> Fold:
    w, first = told.words, told.primary
    lines = [next(counted(told)), *_classes_lost(told, first)]
    missing = first.missing
    if missing is not None and shareable(first) and any(missing.lost.values()):
        lines += [*_arms(told, first), *_before(told), *_what_if(told)]
    for result in _others(told, "primary"):
        arms = _arms(told, result) if any(result.missing.lost.values()) else ()
        lines.append(" ".join((_counted(told, result), *_classes_lost(told, result), *arms)))
    lines += [_counted(told, result) for result in _others(told, "secondary", "side_effect")]
    return Fold(w("report.heading.missing"), (Bullets(tuple(lines)) if len(lines) > 1 else Text(lines[0]),))


def _arms(told: Telling, result: OutcomeResult) -> Iterator[str]:
    w, found = told.words, result.missing
    first = result is told.primary
    if not told.compared or not arms_lost_may_show(told.measurement, None if first else result):
        return
    blanks = {f"lost_{arm}": w.count(n) for arm, n in found.lost.items()}
    blanks |= {f"started_{arm}": w.count(n) for arm, n in found.started.items()}
    yield w("report.missing.arms", **blanks)
    yield w(f"report.missing.{found.boundary or 'beyond'}")


def _before(told: Telling) -> Iterator[str]:
    """How those who left began, beside classmates who stayed."""
    w, result = told.words, told.primary
    if result.outcome.pre is None or result.kind in UNITS:
        return
    shown = {arm: one for arm, one in result.missing.before.items() if before_may_show(one)}
    for arm, one in shown.items():
        gap = w.gap(one.value, result.outcome.sign, privacy.MEAN_DECIMALS)
        span = w.span(one.interval, result.outcome.sign, privacy.MEAN_DECIMALS) if one.interval else ""
        yield w(f"report.missing.before_{arm}{'_span' if span else ''}", gap=gap, span=span)
    if not shown:
        yield w("report.missing.before_hidden")


def _what_if(told: Telling) -> Iterator[str]:
    """What those who are missing would have to score for the difference to be gone, and what a draw leaves open."""
    w, result, decimals = told.words, told.primary, told.decimals(told.primary)
    found, sign, scale = result.missing, result.outcome.sign, result.outcome.scale_post
    for arm, one in found.tipping.items() if arms_lost_may_show(told.measurement) else ():
        if not one.interval:
            continue
        most = scale[1] - scale[0] if scale is not None else math.inf
        if abs(one.interval) >= most:
            yield w(f"report.missing.never_{arm}")
        elif round(one.interval, decimals):
            line = w(f"report.missing.tipping_{arm}", gap=_roughly(told, -one.interval))
            within = abs(one.sign) < most
            yield f"{line} {w('report.missing.tipping_zero', zero=_roughly(told, -one.sign))}" if within else line
    if bounds_may_show(told.measurement):
        low, high = (w.gap(end, sign, decimals) for end in (found.bounds.low, found.bounds.high))
        yield w("report.missing.bounds", low=low, high=high)


def _roughly(told: Telling, points: float) -> str:
    """With one digit, whatever decimals that takes."""
    rough = roughly(points)
    decimals = next(n for n in range(9) if round(rough, n) == rough)
    return told.words.gap(rough, told.primary.outcome.sign, decimals)

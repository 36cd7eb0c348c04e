"""The fold on dose: how much of the approach pupils got, beside what the offer of it did."""

from __future__ import annotations

import math
from collections.abc import Iterator

from . import charts, privacy
from .blocks import Block, Fold, Text
from .disclosure import dose_means, dose_points_may_show, shareable
from .estimate import Estimate, Interval, NotEstimated
from .measurement import Dosed
from .methods.dose import Complier
from .rating import CLAIMS
from .small_classes import classes_told
from .telling import Telling

STEPS = (1, 2, 5)
WIDE_RANGE = 20
"""Doses this far apart are told without decimals."""


def fold(told: Telling) -> Fold | None:
    """``None`` where no dose was given, or where the groups are too small to tell anything."""
    w, found = told.words, told.measurement.dose
    if found is None or not shareable(told.primary):
        return None
    column = told.measurement.study.columns.dose
    first = [w("report.dose.first"), *_means(told, found, column), *_unknown(told, found)]
    blocks: list[Block] = [Text(" ".join(first))]
    if isinstance(found.slope, NotEstimated) and found.slope.reason == "dose_unknown":
        return Fold(w("report.heading.dose"), (*blocks, Text(w("report.dose.too_unknown"))))
    blocks += [Text(" ".join(_slope(told, found, column))), *_picture(told, found, column)]
    if found.complier is not None:
        blocks.append(Text(_complier(told, found.complier, column)))
    return Fold(w("report.heading.dose"), tuple(blocks))


def _means(told: Telling, found: Dosed, column: str) -> Iterator[str]:
    means = dose_means(found)
    if len(means) == 2:
        treated, control = (told.words.plain(round(means[arm], _decimals(found))) for arm in ("treated", "control"))
        yield told.words("report.dose.means", column=column, treated=treated, control=control)


def _decimals(found: Dosed) -> int:
    return 0 if max(map(abs, found.means.values()), default=0.0) >= WIDE_RANGE else privacy.MEAN_DECIMALS


def _unknown(told: Telling, found: Dosed) -> Iterator[str]:
    if found.unknown:
        kind = "some" if privacy.none_or_enough(found.unknown) else "few"
        counts = {"count": told.words.count(found.unknown), "least": told.words.count(privacy.MIN_SOME)}
        yield told.words(f"report.dose.unknown_{kind}", **counts)


def step(reach: float) -> float:
    """In which steps points per dose are told: one, where doses lie about that far apart, else a round number of at
    most half their reach."""
    if 0.5 <= reach < 4:
        return 1.0
    half = reach / 2
    power = 10.0 ** math.floor(math.log10(half))
    return next(unit * power for unit in reversed(STEPS) if unit * power <= half * (1 + 1e-9))


def _slope(told: Telling, found: Dosed, column: str) -> Iterator[str]:
    w = told.words
    if isinstance(found.slope, NotEstimated):
        yield w(f"report.dose.no_slope_{'alike' if found.slope.reason == 'no_dose_spread' else 'few'}")
        return
    doses = [point.dose for point in found.points]
    by = step(max(doses) - min(doses))
    gap, span = _per(told, found.slope.value, found.slope.interval, by)
    kind = "divided" if told.divided else "classes"
    units = told.units(found.slope.n["classes_treated"])
    yield w(f"report.dose.slope_{kind}", step=w.plain(by), column=column, gap=gap, span=span, basis=units)
    yield w("report.dose.no_cause")


def _per(told: Telling, value: float, interval: Interval, by: float) -> tuple[str, str]:
    """Points per ``by`` of the dose, in words."""
    w, sign = told.words, told.primary.outcome.sign
    wider = Interval(interval.low * by, interval.high * by)
    decimals = w.decimals_for(wider, told.decimals(told.primary))
    return w.gap(value * by, sign, decimals), w.span(wider, sign, decimals)


def _complier(told: Telling, found: Complier | NotEstimated, column: str) -> str:
    w = told.words
    if isinstance(found, NotEstimated):
        return w(f"report.dose.no_effect_{'alike' if found.reason == 'no_dose_spread' else 'few'}")
    if told.verdict.held_back:
        return w("report.dose.held")
    by = step(abs(found.dose))
    blanks = {"step": w.plain(by), "column": column}
    if found.within.kind != "interval":
        return w(f"report.dose.{'nothing_known' if found.within.kind == 'whole' else 'no_limit'}", **blanks)
    gap, span = _per(told, found.value, Interval(found.within.low, found.within.high), by)
    kind = "effect" if told.verdict.capped_code in CLAIMS else "effect_open"
    return w(f"report.dose.{kind}", gap=gap, span=span, basis=told.basis(told.primary), **blanks)


def _picture(told: Telling, found: Dosed, column: str) -> Iterator[Block]:
    if (
        not isinstance(found.slope, Estimate)
        or not dose_points_may_show(found)
        or True not in classes_told(told.primary)
    ):
        return
    points = [
        (told.unit(point.number), round(point.dose, _decimals(found)), round(point.value, privacy.MEAN_DECIMALS))
        for point in found.points
    ]
    kind = "difference" if told.divided else "adjusted" if told.primary.outcome.pre else "post"
    yield charts.dose(points, column=column, kind=kind, words=told.words, decimals=_decimals(found))

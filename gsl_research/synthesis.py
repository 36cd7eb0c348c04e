"""What the cards that belong together say: the mean over schools, how far they lie apart, what a next one may expect.

Every school counts once. Schools with classes enough bring an estimate with its error; schools with one class on each
side bring a number alone, and only the spread over such schools tells its error: those are kept apart.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from .belonging import Belonging, Measure, Used
from .class_record import from_moments
from .codes import DEFAULT_MARGIN_SD, Code, compared_code
from .codes import Margin as Worthwhile
from .estimate import Estimate, Interval, NotEstimated
from .methods import matched
from .methods.clusters import class_estimate
from .methods.next_school import next_school, prediction_interval
from .methods.pooling import (
    FEWEST_POOLED,
    Heterogeneity,
    cumulative,
    heterogeneity,
    leave_one_out,
    pooled_mean,
    random_effects,
    small_studies,
)
from .methods.pooling_levels import robust, several_per_school, too_few_df
from .methods.random_intercept import Contrast
from .methods.student import t_interval

RHO = 0.6
"""How much the errors of two tests of the same school go together (assumed, as by Metapsy; field page, section 2). With
the robust error a wrong value costs width, no honesty."""
MOST_TURNED = 200
"""With more schools than this, no school in particular is left out to see what it changes: it hardly can (policy)."""

Way = Literal["one_per_school", "several_per_school", "network"]


@dataclass(frozen=True, slots=True)
class School:
    """One school: all it brings, as one number with its error. ``variance`` is ``None`` where it has no error."""

    name: str
    used: tuple[Used, ...]
    value: float
    variance: float | None
    interval: Interval | None

    @property
    def when(self) -> date | None:
        return max((one.card.study.post_on for one in self.used if one.card.study.post_on), default=None)

    @property
    def alone(self) -> bool:
        return self.variance is None


@dataclass(frozen=True, slots=True)
class Turn:
    """The mean as it is after, or without, one school."""

    school: str
    value: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Schools together, in ``mean.metric``. ``schools`` in order of date; those that bring it, no others.

    ``following`` is what a next school may expect (``next_school``), ``plainly`` the formula of the design page beside
    it. ``beside`` are other defensible ways to the mean. ``without`` leaves out each school in turn, ``growing`` adds
    them by date. ``small`` above 0: less precise schools find more.
    """

    way: Way
    schools: tuple[School, ...]
    mean: Estimate
    code: Code
    margin: float
    margin_chosen: bool
    spread: Heterogeneity | None = None
    following: Interval | None = None
    plainly: Interval | None = None
    beside: tuple[Estimate, ...] = ()
    without: tuple[Turn, ...] = ()
    growing: tuple[Turn, ...] = ()
    small: Contrast | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """``g`` leads; ``network`` are the schools with one class on each side, and leads where ``g`` is ``None``.

    ``points`` is there where every school used the same test. Where nothing is pooled the schools are listed.
    """

    belonging: Belonging
    schools: tuple[School, ...]
    g: Pooled | None
    network: Pooled | None
    points: Pooled | None

    @property
    def leading(self) -> Pooled | None:
        return self.g or self.network

    @property
    def used(self) -> tuple[Used, ...]:
        return self.belonging.used

    @property
    def listed(self) -> tuple[School, ...]:
        """Schools that are shown and not pooled in what leads."""
        pooled = {one.name for one in self.leading.schools} if self.leading else set()
        return tuple(one for one in self.schools if one.name not in pooled)


def synthesise(belonging: Belonging) -> Synthesis:
    """Pool what belongs together; fewer than ``FEWEST_POOLED`` schools of a kind are listed.

    Not for: comparing schools, or their teachers.
    Source: methods page, rows (e) and (p); ``methods/pooling``, ``pooling_levels``, ``next_school``, ``matched``.
    """
    schools = schools_of(belonging, "g")
    alone = [one for one in schools if one.alone]
    g = _pooled([one for one in schools if not one.alone], "g")
    measures = [measure for one in belonging.used for measure in one.measures]
    # Where less is better, points would be told the wrong way round.
    one_test = len({one.test for one in measures}) == 1 and all(one.better == "higher" for one in measures)
    points = None
    if g is not None and one_test:
        with_points = [one for one in schools_of(belonging, "points") if not one.alone]
        points = _pooled(with_points, "points") if len(with_points) == len(g.schools) else None
    return Synthesis(belonging=belonging, schools=schools, g=g, network=_network(alone), points=points)


def schools_of(belonging: Belonging, metric: Literal["g", "points"]) -> tuple[School, ...]:
    """One number a school, by date. A school with cards of both kinds counts with those that have an error."""
    cards: dict[str, list[Used]] = defaultdict(list)
    for one in belonging.used:
        cards[one.school].append(one)
    found = []
    for name, used in cards.items():
        sure = [replace(one, measures=tuple(m for m in one.measures if not m.alone)) for one in used]
        sure = [one for one in sure if one.measures]
        if (school := _school(name, tuple(sure or used), metric)) is not None:
            found.append(school)
    return tuple(sorted(found, key=lambda one: (one.when or date.max, one.used[0].card.content_sha256)))


def _school(name: str, used: tuple[Used, ...], metric: Literal["g", "points"]) -> School | None:
    r"""The plain mean of its n measures; :math:`\sum_{ij}\Sigma_{ij}/n^2` with errors that go together by ``RHO``."""
    measures = [measure for one in used for measure in one.measures]
    entries = [_entry(measure, metric) for measure in measures]
    if any(one is None for one in entries):
        return None
    value = sum(one.value for one in entries) / len(entries)
    if measures[0].alone:
        return School(name, used, value, None, None)
    se = np.array([one.se for one in entries])
    variance = float((RHO * se.sum() ** 2 + (1 - RHO) * (se**2).sum()) / len(se) ** 2)
    if len(entries) == 1:
        return School(name, used, value, variance, Interval(entries[0].low, entries[0].high))
    df = min(one.df for one in entries)
    return School(name, used, value, variance, t_interval(value, math.sqrt(variance), df))


def _entry(measure: Measure, metric: Literal["g", "points"]):
    return measure.g if metric == "g" else measure.points


def _counts(schools: Sequence[School]) -> dict[str, int]:
    cards = [one.card for school in schools for one in school.used]
    return {"schools": len(schools), "cards": len(cards), "classes": sum(card.data.classes for card in cards)}


def _pooled(schools: Sequence[School], metric: Literal["g", "points"]) -> Pooled | None:
    if len(schools) < FEWEST_POOLED:
        return None
    values, variances = np.array([one.value for one in schools]), np.array([one.variance for one in schools])
    fit = random_effects(values, variances)
    n, unit = _counts(schools), "post_total_sd" if metric == "g" else "points"
    once = pooled_mean(fit, n=n, metric=metric, unit=unit)
    if isinstance(once, NotEstimated):
        return None
    several = _several(schools, metric, n, unit)
    mean = several or once
    plain = matched.network(values, n=n, unit=unit)
    beside = [] if isinstance(plain, NotEstimated) else [replace(plain, metric=metric, status="beside")]
    if several:
        beside.append(replace(once, status="beside"))
    if metric == "points" and (shared := one_stage(schools)) is not None:
        beside.append(shared)
    following, plainly = next_school(values, variances), prediction_interval(fit)
    small = small_studies(values, variances)
    margin, chosen = _margin(schools, metric)
    return Pooled(
        way="several_per_school" if several else "one_per_school",
        schools=tuple(schools),
        mean=mean,
        code=compared_code(mean, Worthwhile(margin, "rule")),
        margin=margin,
        margin_chosen=chosen,
        spread=heterogeneity(values, variances, fit),
        following=None if isinstance(following, NotEstimated) else following,
        plainly=None if isinstance(plainly, NotEstimated) else plainly,
        beside=tuple(beside),
        without=tuple(_turns(schools, values, variances, left_out=True)),
        growing=tuple(_turns(schools, values, variances, left_out=False)),
        small=None if isinstance(small, NotEstimated) else small,
    )


def _margin(schools: Sequence[School], metric: Literal["g", "points"]) -> tuple[float, bool]:
    """What schools called worthwhile beforehand: in points the median of theirs, else that of a fifth of an SD."""
    if metric == "g":
        return DEFAULT_MARGIN_SD, False
    chosen = [m.worthwhile for school in schools for one in school.used for m in one.measures if m.worthwhile]
    if chosen:
        return float(np.median(chosen)), True
    sds = [m.points.se / m.g.se for school in schools for one in school.used for m in one.measures]
    return DEFAULT_MARGIN_SD * float(np.median(sds)), False


def _several(schools: Sequence[School], metric: Literal["g", "points"], n: dict[str, int], unit: str):
    """Three levels and an error that trusts only that schools are independent; ``None`` where each school has one
    estimate, or where so few schools do not carry it."""
    rows = [(_entry(m, metric), school.name) for school in schools for one in school.used for m in one.measures]
    if len(rows) == len(schools):
        return None
    entries = [entry for entry, _ in rows]
    fit = several_per_school(
        [one.value for one in entries], [one.se**2 for one in entries], [name for _, name in rows], rho=RHO
    )
    if isinstance(fit, NotEstimated):
        return None
    found = robust(fit)
    if isinstance(found, NotEstimated) or too_few_df(found):
        return None
    mean = class_estimate(
        found.value, found.se, found.df, n, unit=unit, estimator="three_level", source="pustejovsky_tipton_2022"
    )
    return replace(mean, metric=metric)


def _turns(schools: Sequence[School], values: np.ndarray, variances: np.ndarray, *, left_out: bool) -> Iterator[Turn]:
    if len(schools) > MOST_TURNED:
        return
    fit = leave_one_out(values, variances) if left_out else cumulative(values, variances)
    if isinstance(fit, NotEstimated):
        return
    names = [one.name for one in schools][0 if left_out else FEWEST_POOLED - 1 :]
    for name, value, low, high in zip(names, fit.value, *fit.limits(), strict=True):
        yield Turn(name, float(value), Interval(float(low), float(high)))


def _network(schools: Sequence[School]) -> Pooled | None:
    """Schools with one class on each side: each one number, and a t over schools."""
    if len(schools) < FEWEST_POOLED:
        return None
    mean = matched.network([one.value for one in schools], n=_counts(schools), unit="post_total_sd")
    if isinstance(mean, NotEstimated):
        return None
    mean = replace(mean, metric="g")
    return Pooled(
        way="network",
        schools=tuple(schools),
        mean=mean,
        code=compared_code(mean, Worthwhile(DEFAULT_MARGIN_SD, "rule")),
        margin=DEFAULT_MARGIN_SD,
        margin_chosen=False,
    )


def one_stage(schools: Sequence[School]) -> Estimate | None:
    """The same schools in one fit of the class moments they share; ``None`` unless every one shares them."""
    shared = []
    for school in schools:
        names = {measure.outcome for one in school.used for measure in one.measures}
        entries = [m for one in school.used for m in one.card.moments if m.outcome in names]
        if not entries or len(school.used) > 1 or len(names) > 1:
            return None
        shared.append((from_moments(entries), [m.treated for m in entries]))
    found = matched.one_stage(shared, unit="points")
    return None if isinstance(found, NotEstimated) else found

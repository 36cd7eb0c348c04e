"""The designs a school can run with the classes it has, and how far the from-to of each would reach. In points.

A *setting* is what the school has; a *prospect* what one design could tell there. Points of pupils within one class lie
``sd`` apart, so that only whole classes need an assumption on how far classes lie apart. What may be said with a design
is not decided here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .comparison import MIN_CLASS_DF_SEEN
from .divided import MIN_SIDE
from .estimate import NotEstimated
from .measurement import OutcomeResult
from .methods import precision
from .methods.moments import ROUNDING
from .methods.precision import Precision
from .privacy import may_average
from .study import Comparison, Design, OneGroup

USUAL_R = 0.6
"""How well a pre-test predicts where nothing tells it (methods page, section 2; policy)."""
LARGEST_R = 0.95
"""No test is planned to predict better than this, whatever a few pupils show (policy)."""
EFFECT_SD = 0.2
"""How much what an approach does differs from class to class, in SD of pupils (methods page 2.8; policy)."""
WEEK_PAIRS = 6
"""Pairs of weeks in one term, of which one week each has the approach (policy)."""
WEEK_SD = 0.15
"""How much a class as a whole goes up and down from one week to the next, in SD of pupils (policy)."""

Kind = Literal["classes", "divided", "halved", "weeks", "lead_in", "growth"]
AHEAD: tuple[Kind, ...] = ("halved", "weeks", "lead_in")
"""What one class can run that tells more than a test before and after."""


@dataclass(frozen=True, slots=True)
class Setting:
    """``classes`` of ``pupils`` each, 2 or more. ``r`` is the correlation with the pre-test within classes, ``None``
    without one; ``grows`` whether post minus pre means something."""

    classes: int
    pupils: int
    sd: float
    r: float | None
    grows: bool

    @property
    def known(self) -> float:
        """The share of the spread within classes that the pre-test explains."""
        return 0.0 if self.r is None else self.r**2


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one design could tell, in points; ``icc`` is what was assumed of whole classes."""

    kind: Kind
    expected: Precision | NotEstimated
    icc: float | None = None

    @property
    def reach(self) -> float | None:
        """Half of the from-to, which four studies of five do not exceed."""
        return self.expected.assured_half_width() if isinstance(self.expected, Precision) else None

    @property
    def sees(self) -> float | None:
        """The smallest difference that is found in four studies of five."""
        return self.expected.mdes() if isinstance(self.expected, Precision) else None


def whole_classes(here: Setting, icc: float) -> Prospect:
    """Half of the classes get the approach. Refuses what a report would: fewer than two class-level df."""
    treated, control = precision.split(here.classes)
    found = precision.classes_assigned(
        treated, control, here.pupils, icc=icc, r2_pupils=here.known, r2_classes=here.known
    )
    if isinstance(found, NotEstimated) or found.df < MIN_CLASS_DF_SEEN:
        return Prospect("classes", NotEstimated(estimator="classes_assigned", reason="too_few_classes"), icc)
    return Prospect("classes", found.in_points(total_sd(here.sd, icc)), icc)


def divided(here: Setting) -> Prospect:
    """Half of the pupils of every class, for classes like these. Refuses fewer than three classes, or small halves."""
    if here.pupils < 2 * MIN_SIDE:
        return _refused("divided", "too_few_pupils")
    sides = precision.split(here.pupils)
    found = precision.within_classes(here.classes, *sides, icc=0.0, r2=here.known, effect_sd=EFFECT_SD)
    if isinstance(found, NotEstimated) or found.df < MIN_CLASS_DF_SEEN:
        return _refused("divided", "too_few_classes")
    return Prospect("divided", found.in_points(here.sd))


def halved(here: Setting) -> Prospect:
    """Half of the pupils of one class, for these pupils. Refuses small halves."""
    if here.pupils < 2 * MIN_SIDE:
        return _refused("halved", "too_few_pupils")
    found = precision.halved_class(here.pupils, r2=here.known, covariates=int(here.r is not None))
    return Prospect("halved", found.in_points(here.sd))


def weeks(here: Setting) -> Prospect:
    """One class that has the approach in one week of every pair."""
    r = USUAL_R if here.r is None else here.r
    found = precision.paired_weeks(WEEK_PAIRS, here.pupils, r=r, week_sd=WEEK_SD)
    return Prospect("weeks", found.in_points(here.sd))


def lead_in(here: Setting) -> Prospect:
    """One class that is tested once more, one period before it starts."""
    return _grown("lead_in", here, precision.lead_in)


def growth(here: Setting) -> Prospect:
    """One class, before and after."""
    return _grown("growth", here, precision.one_group)


def _grown(kind: Kind, here: Setting, design) -> Prospect:
    if not here.grows:
        return _refused(kind, "no_pupils")
    return Prospect(kind, design(here.pupils, r=here.r).in_points(here.sd))


def _refused(kind: Kind, reason) -> Prospect:
    return Prospect(kind, NotEstimated(estimator=kind, reason=reason))


def side_by_side(here: Setting, icc: float) -> Iterator[Prospect]:
    """Every design for this setting, those of several classes only where there are several."""
    if here.classes > 1:
        yield whole_classes(here, icc)
        yield divided(here)
    yield from (halved(here), weeks(here), lead_in(here), growth(here))


def classes_needed(here: Setting, points: float, icc: float | None) -> int | None:
    """How many classes like these find a difference of ``points`` in four studies of five; ``None`` when no number up
    to 10,000 does. Pupils of each class divided where ``icc`` is None, else whole classes compared."""

    def design(classes: int) -> Precision | NotEstimated:
        these = replace(here, classes=classes)
        return (divided(these) if icc is None else whole_classes(these, icc)).expected

    found = precision.needed_for_power(design, points)
    return None if isinstance(found, NotEstimated) else found


def total_sd(sd: float, icc: float) -> float:
    """Of all pupils, where ``sd`` is that within one class."""
    return sd / math.sqrt(1 - icc)


def usable_r(r: float) -> float:
    """A correlation as it may be planned with: not below 0, and not nearly 1."""
    return min(max(r, 0.0), LARGEST_R)


def seen_within(moments, pre_first: bool) -> tuple[float, float | None] | None:
    """(standard deviation within classes, correlation with the pre-test) of the last variable; ``None`` without spread
    or with a pupil a class."""
    within, df = moments.within(), moments.pupils - moments.classes
    size = float(moments.n @ moments.mean[:, -1] ** 2)
    if df < 1 or not within[-1, -1] > ROUNDING * (within[-1, -1] + size):
        return None
    sd = math.sqrt(within[-1, -1] / df)
    if not pre_first:
        return sd, None
    both = math.sqrt(within[0, 0] * within[-1, -1])
    return sd, usable_r(float(within[0, -1]) / both if both > 0 else 0.0)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What one class can run next. ``needed`` classes, their pupils divided, find a difference of the margin."""

    prospects: tuple[Prospect, ...]
    week_sd: float | None
    needed: int | None


def ahead(design: Design, result: OutcomeResult, margin: float | None) -> Ahead | None:
    """What one class could run next that tells more, with its own numbers; ``None`` for a study of more classes.

    Numbers only where the page tells as much of the same pupils already: the from-to of the growth, or the lines of a
    pair. Elsewhere the designs are named without; a class too small to halve is told so anyhow.
    """
    one = isinstance(design, OneGroup) and result.units == 1
    pair = isinstance(design, Comparison) and len(result.classes) == 2 and result.class_df == 0
    if not (one or pair):
        return None
    pupils = min(item.pupils for item in result.classes)
    spoken = bool(result.panel) or (result.main is not None and result.main.interval is not None)
    told = spoken and result.moments is not None
    seen = seen_within(result.moments, result.outcome.pre is not None) if told else None
    if not may_average(pupils) or seen is None:
        reason = "no_pupil_spread" if may_average(pupils) else "too_few_pupils"
        return Ahead(tuple(_refused(kind, reason) for kind in AHEAD), None, None)
    here = Setting(1, result.moments.pupils // result.units, *seen, result.outcome.gain_defined)
    needed = classes_needed(here, margin, None) if margin else None
    return Ahead((halved(here), weeks(here), lead_in(here)), WEEK_SD * here.sd, needed)

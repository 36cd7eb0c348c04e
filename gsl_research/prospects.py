"""The designs a school can run with the classes it has, and how far the from-to of each would reach. In points.

A *setting* is what the school has; a *prospect* what one design could tell there. Points of pupils within one class lie
``sd`` apart, so that only designs of whole classes need an assumption on how far classes lie apart. What may be said
with a design is that of ``foreseen``, which asks the rating.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .codes import Margin
from .comparison import MIN_CLASS_DF_SEEN
from .designs import Comparison, MultiSite, OneGroup
from .divided import MIN_SIDE
from .estimate import NotEstimated
from .foreseen import Foreseen, Sides, foresee
from .measurement import OutcomeResult
from .methods import precision
from .methods.differences import MIN_CLASSES_FOR_GROWTH
from .methods.moments import ROUNDING
from .methods.precision import POWER, Precision
from .privacy import may_average
from .study import Conduct, Study

USUAL_R = 0.6
"""How well a pre-test predicts where nothing tells it (methods page, section 2; policy)."""
LARGEST_R = 0.95
"""No test is planned to predict better than this, whatever a few pupils show (policy)."""
EFFECT_SD = 0.2
"""How much what an approach does differs from class to class, in SD of pupils within a class (methods page 2.8;
policy)."""
MOST_CLASSES = 1_000
"""Classes, teachers or schools beyond which nobody plans (policy)."""
WEEK_PAIRS = 6
"""Pairs of weeks in one term, of which one week each has the approach (policy)."""
WEEK_SD = 0.15
"""How much a class as a whole goes up and down from one week to the next, in SD of pupils within it (policy)."""

Kind = Literal["classes", "divided", "halved", "weeks", "lead_in", "growth"]
COMPARED: tuple[Kind, ...] = ("classes", "divided", "halved")
"""Designs of which ``gsl measure`` makes a report with a word on the difference."""
AHEAD: tuple[Kind, ...] = ("halved", "weeks", "lead_in")
"""What one class can run that tells more than a test before and after."""


@dataclass(frozen=True, slots=True)
class Setting:
    """``classes`` of ``pupils`` each, 2 or more, whose points lie ``sd`` apart within a class. ``r`` is the correlation
    with the pre-test, ``None`` without one; ``grows`` whether post minus pre means something. Where whole classes are
    compared ``treated`` of them get the approach, half when ``None``, within ``blocks`` where there are."""

    classes: int
    pupils: int
    sd: float
    r: float | None
    grows: bool
    treated: int | None = None
    blocks: int | None = None

    @property
    def arms(self) -> tuple[int, int]:
        if self.treated is None:
            return precision.split(self.classes)
        return self.treated, self.classes - self.treated

    def of(self, classes: int) -> Setting:
        """As many other classes, divided in the same proportion."""
        treated = self.treated and min(max(round(classes * self.treated / self.classes), 1), classes - 1)
        blocks = self.blocks and max(classes * self.blocks // self.classes, 1)
        return replace(self, classes=classes, treated=treated, blocks=blocks)

    @property
    def known(self) -> float:
        """The share of the spread within classes that the pre-test explains."""
        return 0.0 if self.r is None else self.r**2


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one design could tell, in points; ``icc`` is what was assumed of whole classes. ``told`` is what its report
    would say, ``clear`` and ``cautious`` from which true difference on four reports of five say so, if any."""

    kind: Kind
    expected: Precision | NotEstimated
    icc: float | None = None
    told: Foreseen | None = None
    clear: float | None = None
    cautious: float | None = None

    @property
    def said(self) -> tuple[bool, float]:
        """To rank designs by: clear before cautious, then the smallest difference; the last where nothing is said."""
        least = self.clear if self.clear is not None else self.cautious
        return self.clear is None, math.inf if least is None else least

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
    found = precision.classes_assigned(
        *here.arms, here.pupils, icc=icc, r2_pupils=here.known, r2_classes=here.known, blocks=here.blocks
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


def growth(here: Setting, icc: float | None = None) -> Prospect:
    """One class, before and after; with an ``icc`` all classes, of which a report takes three or more together."""
    if icc is None or here.classes == 1 or not here.grows:
        return _grown("growth", here, precision.one_group)
    if here.classes < MIN_CLASSES_FOR_GROWTH:
        return _refused("growth", "too_few_classes")
    found = precision.group_of_classes(here.classes, here.pupils, r=here.r, icc=icc)
    return Prospect("growth", found.in_points(total_sd(here.sd, icc)), icc)


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


def classes_needed(
    study: Study, here: Setting, margin: Margin, icc: float | None, apart: float, alpha: float
) -> int | None:
    """How many classes like these let four reports of five call a true difference of ``margin`` clear; ``None`` when no
    number up to 1,000 does. Pupils of each class divided where ``icc`` is None, else whole classes compared."""

    def serves(classes: int) -> bool:
        if classes < 2:
            return False
        these = here.of(classes)
        one = divided(these) if icc is None else whole_classes(these, icc)
        told = _foreseen(study, one, these, apart if icc is None else icc, margin, alpha)
        return told is not None and told.share("clear", margin.points) >= POWER

    found = precision.smallest_size(serves, MOST_CLASSES)
    return None if isinstance(found, NotEstimated) else found


def spoken(study: Study, one: Prospect, here: Setting, apart: float, margin: Margin | None, alpha: float) -> Prospect:
    """With what its report would say, of a ``study`` that may have another design; ``apart`` is the ICC of the classes
    where ``one`` assumes none."""
    told = _foreseen(study, one, here, apart if one.icc is None else one.icc, margin, alpha)
    return one if told is None else replace(one, told=told, clear=told.least("clear"), cautious=told.least("cautious"))


def _foreseen(
    study: Study, one: Prospect, here: Setting, icc: float, margin: Margin | None, alpha: float
) -> Foreseen | None:
    if not isinstance(one.expected, Precision) or one.kind not in COMPARED:
        return None
    sides = _sides(one.kind, here, icc)
    return foresee(as_design(study, one.kind), one.expected, sides, sd=report_sd(one.kind, here, icc), margin=margin,
                   alpha=alpha)  # fmt: skip


def _sides(kind: Kind, here: Setting, icc: float) -> Sides:
    """In SD of the report, the start lies as far apart as chance has it: classes as a whole, or pupils of a class."""
    if kind == "classes":
        treated, control = here.arms
        start = math.sqrt((icc + (1 - icc) / here.pupils) * (1 / treated + 1 / control))
        pupils = (float(here.pupils), float(here.pupils))
    else:
        treated = control = 1 if kind == "halved" else here.classes
        pupils = tuple(map(float, precision.split(here.pupils)))
        within = 1.0 if kind == "halved" else 1 - icc
        start = math.sqrt(within * sum(1 / side for side in pupils) / treated)
    return Sides(treated, control, pupils, kind != "classes", None if here.r is None else start)


def report_sd(kind: Kind, here: Setting, icc: float) -> float:
    """The points of one SD in the report of this design: of all pupils, or of those of the one class there is."""
    return total_sd(here.sd, icc) if kind in ("classes", "divided") else here.sd


def as_design(study: Study, kind: Kind) -> Study:
    """The same study with its classes, or the pupils of each, drawn by lot; as it is where that is its design."""
    if isinstance(study.design, Comparison if kind == "classes" else MultiSite):
        return study
    level = getattr(study.design, "site", None) or getattr(study.design, "assigned", "class")
    level = "class" if level == "pupil" else level
    if kind == "classes":
        return study.model_copy(update={"design": Comparison(kind="comparison", assigned=level, randomised=True)})
    return study.model_copy(update={"design": MultiSite(kind="multi_site", site=level, randomised=True)})


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
    """What one class can run next. ``needed`` classes, their pupils divided, let a report call a
    difference of the margin clear."""

    prospects: tuple[Prospect, ...]
    week_sd: float | None
    needed: int | None


def ahead(study: Study, result: OutcomeResult, margin: Margin | None, alpha: float) -> Ahead | None:
    """What one class could run next that tells more, with its own numbers; ``None`` for a study of more classes.

    Numbers only where the page tells as much of the same pupils already: the from-to of the growth, or the lines of a
    pair. Elsewhere the designs are named without; a class too small to halve is told so anyhow. What the report of a
    halved class would say is that of a draw that is planned beforehand, whatever went wrong this time.
    """
    design = study.design
    one = isinstance(design, OneGroup) and result.units == 1
    pair = isinstance(design, Comparison) and len(result.classes) == 2 and result.class_df == 0
    if not (one or pair):
        return None
    pupils = min(item.pupils for item in result.classes)
    shown = bool(result.panel) or (result.main is not None and result.main.interval is not None)
    seen = None
    if shown and result.moments is not None:
        seen = seen_within(result.moments, result.outcome.pre is not None)
    if not may_average(pupils) or seen is None:
        reason = "no_pupil_spread" if may_average(pupils) else "too_few_pupils"
        return Ahead(tuple(_refused(kind, reason) for kind in AHEAD), None, None)
    here = Setting(1, result.moments.pupils // result.units, *seen, result.outcome.gain_defined)
    again = study.model_copy(update={"conduct": Conduct(), "planned_on": None})
    first = spoken(again, halved(here), here, 0.0, margin, alpha)
    needed = classes_needed(again, here, margin, None, 0.0, alpha) if margin is not None else None
    return Ahead((first, weeks(here), lead_in(here)), WEEK_SD * here.sd, needed)

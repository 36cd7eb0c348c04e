"""Before the study: from a study file, and the scores of an earlier one where there are, to what the study can tell.

What a study file leaves out is taken from the earlier scores, and else assumed; every value says where it came from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from .codes import DEFAULT_MARGIN_SD, Margin
from .dataset import Dataset, load_data
from .judge import FAMILY_LEVEL
from .methods.clusters import anova_icc
from .methods.moments import ROUNDING, ClassMoments, class_moments
from .methods.one_class import BORROW_FROM, QUESTIONNAIRE_ICCS, TEST_ICCS, gap_of_icc, icc_of_gap
from .privacy import may_average
from .problems import Problem, Problems
from .prospects import (
    MOST_CLASSES,
    USUAL_R,
    Kind,
    Prospect,
    Setting,
    classes_needed,
    divided,
    growth,
    halved,
    seen_within,
    side_by_side,
    spoken,
    total_sd,
    whole_classes,
)
from .study import Columns, Comparison, MultiSite, OneGroup, Outcome, Study

USUAL_PUPILS = 20
"""Pupils in a class where nothing tells it (methods page 2.5; policy)."""
USUAL_CLASSES = {"one_group": 1, "multi_site": 1, "comparison": 4}
"""Classes that can take part where nothing tells it: one, or two on each side (policy)."""
SD_IN_SCALE = 5
"""A scale is about this many standard deviations wide where nothing tells more; rather too few (policy)."""

MOST_PUPILS = {"class": 100, "teacher": 1_000, "school": 5_000}
"""More pupils in one of them than a plan can mean (policy)."""
MORE_CLASSES = (4, 8, 16, 32)
"""Numbers of classes side by side, to see what more of them bring (policy)."""
MOST_ICC = 0.9
"""Classes that lie further apart did not take one test: nine tenths of the spread would be theirs (policy)."""
MOST_MARGIN_SD = 5
"""Without a scale: no difference worth having is as wide as a whole scale usually is (policy)."""

Origin = Literal["study", "scores", "rule"]
Code = Literal["growth", "no_start", "pair", "small", "reaches", "depends", "leans", "larger", "silent"]


@dataclass(frozen=True, slots=True)
class Given:
    """A value that the plan rests on, and whence: the study file, earlier scores, or a rule of thumb of ours."""

    value: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Apart:
    """One assumption on how far classes lie apart: the ICC, and the usual gap of two parallel classes in points. Of
    ``needed`` whole classes four reports of five call the margin clear, ``None`` when no number does. Twice as many
    pupils in each class make a from-to ``more_pupils`` narrower, as a share."""

    icc: Given
    gap: float
    whole: Prospect
    needed: int | None
    more_pupils: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study can tell, before it is run; points of the primary outcome.

    ``planned`` is the design of the study file as a prospect, ``None`` where nothing is computed of it beforehand;
    ``code`` what its report comes to where the margin is what the approach does: growth alone, or not even that without
    a test before; a pair of classes; halves too small; clear, clear only where classes lie close together, or at most
    cautious; a word only on a larger difference, or on none. ``lines`` are the
    assumptions on classes, one's own last, and ``middle`` the one that stands for all in a single number: what the
    study file says, else the second of three; what a few earlier classes showed is too rough for that. ``with_more``
    are numbers of classes, whole ones compared under that assumption, and pupils of each divided.
    """

    study: Study
    setting: Setting
    classes: Given
    pupils: Given
    sd: Given
    r: Given | None
    margin: Margin
    code: Code | None
    planned: Prospect | None
    lines: tuple[Apart, ...]
    middle: Apart
    designs: tuple[Prospect, ...]
    needed_divided: int | None
    with_more: tuple[tuple[int, Prospect, Prospect], ...]

    @property
    def outcome(self) -> Outcome:
        return self.study.primary

    @property
    def next_kind(self) -> Kind | None:
        """Which way of dividing pupils by lot says most here, first clearly, then from the smallest difference on;
        ``None`` when none says anything."""
        able = [one for one in self.designs if one.kind in ("divided", "halved") and one.cautious is not None]
        return min(able, key=lambda one: one.said).kind if able else None

    @property
    def decisive(self) -> tuple[Apart, ...]:
        """The assumptions that a conclusion must hold under: one's own from the study file, else all three of ours."""
        return (self.middle,) if self.middle.icc.origin == "study" else self.lines[:3]

    def prospect(self, kind: Kind) -> Prospect | None:
        return next((one for one in self.designs if one.kind == kind), None)

    def __repr__(self) -> str:
        return f"Plan({self.study.id!r}, {self.code}, {len(self.designs)} designs)"


def plan(study: Study, earlier: Dataset | str | Path | None = None) -> Plan:
    """What the study can tell with what the school has, beside what other designs could tell there.

    ``earlier`` are scores of an earlier study on the same test: a file, or data bound by ``load_earlier``; none, or an
    empty name, for none. Raises Problems for a file that cannot be read or tells nothing, for pupils divided without
    a site, when nothing tells how far pupils lie apart, and for classes that lie apart as no pupils do.
    """
    if isinstance(study.design, Comparison) and study.design.assigned == "pupil" and not study.columns.teaching_group:
        raise Problems([Problem(code="pupils_divided")])
    if study.primary.graded in ("share", "order"):
        raise Problems([Problem(code="plan_in_levels", facts={"outcome": study.primary.label})])
    if isinstance(earlier, str | Path):
        earlier = load_earlier(earlier, study) if str(earlier) else None
    seen = None if earlier is None else _seen(study, earlier)
    outcome, file = study.primary, study.plan
    named = _named_classes(study)
    classes = _given(
        (file and file.classes) or (named and sum(named)),
        seen and seen.classes,
        USUAL_CLASSES.get(study.design.kind, 1),
    )
    pupils = _given(file and file.pupils_per_class, seen and seen.pupils, USUAL_PUPILS)
    sd = _given(file and file.sd, seen and seen.sd, _by_scale(outcome))
    if sd is None:
        raise Problems([Problem(code="spread_unknown", facts={"outcome": outcome.label})])
    r = _given(file and file.pre_post_r, seen and seen.r, USUAL_R) if outcome.pre else None
    iccs = _iccs(outcome, sd.value, seen and seen.icc)
    if absurd := list(_absurd(study, classes.value, pupils.value, sd.value, iccs)):
        raise Problems(absurd)
    treated, blocks = _arms(study, int(classes.value), named)
    here = Setting(
        int(classes.value), int(pupils.value), sd.value, r.value if r else None, outcome.gain_defined, treated, blocks
    )
    usual = next((icc for icc in iccs if icc.origin == "study"), iccs[1])
    margin = _margin(outcome, sd.value if here.classes == 1 else total_sd(sd.value, usual.value))
    lines = tuple(_line(study, here, given, margin) for given in iccs)
    middle = next(line for line in lines if line.icc is usual)
    designs = tuple(
        spoken(study, one, here, usual.value, margin, FAMILY_LEVEL) for one in side_by_side(here, usual.value)
    )
    planned = _planned(study, here, middle, designs)
    found = Plan(
        study=study,
        setting=here,
        classes=classes,
        pupils=pupils,
        sd=sd,
        r=r,
        margin=margin,
        code=None,
        planned=planned,
        lines=lines,
        middle=middle,
        designs=designs,
        needed_divided=classes_needed(study, here, margin, None, usual.value, FAMILY_LEVEL),
        with_more=tuple(_with_more(study, here, usual.value, margin)),
    )
    return replace(found, code=_code(found))


def load_earlier(path: str | Path, study: Study) -> Dataset:
    """The scores of an earlier study on the same test, under the headings of this study file, as one group.

    Whoever had an approach then is one of all: that widens the spread a little, and a plan with it. Raises Problems.
    """
    kept = ("pupil", "class", "teacher", "school", "teaching_group")
    columns = Columns.model_validate({role: at for role, at in study.columns.mapped().items() if role in kept})
    alone = {"design": OneGroup(kind="one_group"), "columns": columns, "groups": None, "subgroups": ()}
    return load_data(path, study.model_copy(update=alone | {"outcomes": (study.primary,)}))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What earlier scores tell; ``icc`` only from as many classes as its spread may be borrowed from."""

    classes: int
    pupils: int
    sd: float
    r: float | None
    icc: float | None


def _seen(study: Study, earlier: Dataset) -> _Seen:
    outcome, frame = study.primary, earlier.frame
    scores = [frame[f"{outcome.name}.{occasion}"].to_numpy() for occasion in ("pre", "post")[outcome.pre is None :]]
    complete = ~np.isnan(np.stack(scores)).any(axis=0)
    codes = np.unique(frame["cluster"].to_numpy()[complete], return_inverse=True)[1]
    moments = class_moments(codes, *(values[complete] for values in scores))
    within = seen_within(moments, outcome.pre is not None) if may_average(moments.pupils) else None
    if within is None:
        facts = {"outcome": outcome.label, "pupils": moments.pupils}
        raise Problems([Problem(code="earlier_says_nothing", file=earlier.file, facts=facts)])
    icc = _icc(moments) if moments.classes >= BORROW_FROM else None
    return _Seen(moments.classes, max(round(moments.pupils / moments.classes), 2), *within, icc)


def _icc(moments: ClassMoments) -> float:
    return anova_icc(moments, np.ones(moments.classes, bool), -1)


def _given(typed: float | None, seen: float | None, rule: float | None) -> Given | None:
    if typed is not None:
        return Given(typed, "study")
    if seen is not None:
        return Given(seen, "scores")
    return None if rule is None else Given(rule, "rule")


def _named_classes(study: Study) -> tuple[int, int] | None:
    """How many classes the study file names on each side, where groups are given by the name of the class."""
    if not isinstance(study.design, Comparison) or study.columns.group != study.columns.class_:
        return None
    return len(study.groups.treated), len(study.groups.control)


def _arms(study: Study, classes: int, named: tuple[int, int] | None) -> tuple[int | None, int | None]:
    """How many classes get the approach, and in how many blocks, where something tells: pairs where nothing else does.

    Raises Problems where that many cannot be.
    """
    if not isinstance(study.design, Comparison):
        return None, None
    told = study.plan and study.plan.treated_classes
    treated = told or (named[0] if named is not None and sum(named) == classes else None)
    blocks = ((study.plan and study.plan.blocks) or max(classes // 2, 1)) if study.design.blocks else None
    fewest = blocks if blocks is not None and classes > 1 else 1
    least = min(treated, classes - treated) if treated else classes // 2
    if classes > 1 and least < fewest:
        facts = {"classes": classes, "treated": treated or classes - classes // 2, "blocks": blocks or 0}
        raise Problems([Problem(code="plan_in_blocks" if blocks else "plan_arms", facts=facts)])
    return (treated if classes > 1 else None), blocks


def _absurd(study: Study, classes: float, pupils: float, sd: float, iccs: list[Given]) -> Iterator[Problem]:
    """What no test and no school can have: mistyped, or in another unit."""
    outcome = study.primary
    facts = {"outcome": outcome.label}
    level = getattr(study.design, "site", None) or getattr(study.design, "assigned", "class")
    most = MOST_PUPILS.get(level, MOST_PUPILS["class"])
    if classes > MOST_CLASSES:
        yield Problem(code="plan_too_many_classes", facts={"classes": int(classes), "most": MOST_CLASSES})
    if pupils > most:
        yield Problem(code="plan_too_many_pupils", facts={"pupils": int(pupils), "most": most})
    widest = math.inf
    if (scale := outcome.scale_post) is not None:
        widest = (scale[1] - scale[0]) / 2
        if sd > widest:
            yield Problem(code="spread_beyond_scale", facts=facts | {"sd": sd, "most": widest})
            return
    elif outcome.smallest_worthwhile is not None and outcome.smallest_worthwhile > MOST_MARGIN_SD * sd:
        yield Problem(code="worthwhile_beyond_spread", facts=facts | {"points": outcome.smallest_worthwhile, "sd": sd})
    own = iccs[-1]
    if own.origin != "rule" and (own.value > MOST_ICC or total_sd(sd, own.value) > widest):
        gap = outcome.usual_gap if own.origin == "study" else gap_of_icc(min(own.value, 1 - ROUNDING), sd)
        yield Problem(code="gap_beyond_spread", facts=facts | {"gap": gap, "sd": sd})


def _by_scale(outcome: Outcome) -> float | None:
    scale = outcome.scale_post
    return None if scale is None else (scale[1] - scale[0]) / SD_IN_SCALE


def _margin(outcome: Outcome, sd: float) -> Margin:
    worth = outcome.smallest_worthwhile
    return Margin(DEFAULT_MARGIN_SD * sd, "rule") if worth is None else Margin(worth, "before")


def _iccs(outcome: Outcome, sd: float, seen: float | None) -> list[Given]:
    """Three assumptions, and one's own: the usual gap of the study file, or what earlier classes showed."""
    panel = QUESTIONNAIRE_ICCS if outcome.source == "questionnaire" else TEST_ICCS
    own = icc_of_gap(outcome.usual_gap, sd) if outcome.usual_gap is not None else None
    given = _given(own, seen, None)
    return [Given(icc, "rule") for icc in panel] + ([] if given is None else [given])


def _line(study: Study, here: Setting, icc: Given, margin: Margin) -> Apart:
    whole = spoken(study, whole_classes(here, icc.value), here, icc.value, margin, FAMILY_LEVEL)
    of_class, of_pupils = icc.value, (1 - icc.value) / here.pupils
    return Apart(
        icc,
        gap_of_icc(icc.value, here.sd),
        whole,
        classes_needed(study, here, margin, icc.value, icc.value, FAMILY_LEVEL),
        1 - math.sqrt((of_class + of_pupils / 2) / (of_class + of_pupils)),
    )


def _with_more(study: Study, here: Setting, icc: float, margin: Margin) -> Iterator[tuple[int, Prospect, Prospect]]:
    for classes in MORE_CLASSES:
        these = here.of(classes)
        yield (
            classes,
            spoken(study, whole_classes(these, icc), these, icc, margin, FAMILY_LEVEL),
            spoken(study, divided(these), these, icc, margin, FAMILY_LEVEL),
        )


def _planned(study: Study, here: Setting, middle: Apart, designs: tuple[Prospect, ...]) -> Prospect | None:
    match study.design:
        case OneGroup():
            return growth(here, middle.icc.value)
        case Comparison():
            return middle.whole
        case MultiSite():
            kind, one = ("halved", halved) if here.classes == 1 else ("divided", divided)
            return next((able for able in designs if able.kind == kind), one(here))
        case _:
            return None


def _code(found: Plan) -> Code | None:
    planned, margin = found.planned, found.margin.points
    if planned is None:
        return None
    if planned.kind == "growth":
        return "growth" if found.setting.grows else "no_start"
    if planned.told is None:
        return "small" if planned.expected.reason == "too_few_pupils" else "pair"
    able = [line.whole for line in found.decisive] if planned.kind == "classes" else [planned]
    clear = [one.clear is not None and one.clear <= margin for one in able]
    if any(clear):
        return "reaches" if all(clear) else "depends"
    if any(one.cautious is not None and one.cautious <= margin for one in able):
        return "leans"
    return "larger" if any(one.cautious is not None for one in able) else "silent"

"""Before the study: from a study file, and the scores of an earlier one where there are, to what the study can tell.

What a study file leaves out is taken from the earlier scores, and else assumed; every value says where it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from .codes import DEFAULT_MARGIN_SD, Margin
from .dataset import Dataset, load_data
from .judge import IMPLAUSIBLE_G
from .methods.clusters import anova_icc
from .methods.moments import ROUNDING, ClassMoments, class_moments
from .methods.one_class import BORROW_FROM, QUESTIONNAIRE_ICCS, TEST_ICCS, gap_of_icc, icc_of_gap
from .privacy import may_average
from .problems import Problem, Problems
from .prospects import (
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

Origin = Literal["study", "scores", "rule"]
Code = Literal["growth", "pair", "small", "reaches", "larger", "hardly"]


@dataclass(frozen=True, slots=True)
class Given:
    """A value that the plan rests on, and whence: the study file, earlier scores, or a rule of thumb of ours."""

    value: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Apart:
    """One assumption on how far classes lie apart: the ICC, and the usual gap of two parallel classes in points.
    ``needed`` whole classes find the margin in four studies of five, ``None`` when no number does."""

    icc: Given
    gap: float
    whole: Prospect
    needed: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study can tell, before it is run; points of the primary outcome.

    ``planned`` is the design of the study file as a prospect, ``None`` where nothing is computed of it beforehand;
    ``code`` what that comes to: growth alone; a pair of classes; halves too small; the margin within sight, only a
    larger difference, or hardly any that is seen in schools. ``lines`` are the assumptions on classes, one's own last,
    and ``middle`` the one that stands for all in a single number: what the study file says, else the second of three;
    what a few earlier classes showed is too rough for that.
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
    earlier_sha256: str | None

    @property
    def outcome(self) -> Outcome:
        return self.study.primary

    @property
    def next_kind(self) -> Kind | None:
        """Which way of dividing pupils by lot has the shortest reach here; ``None`` when classes are too small."""
        able = [one for one in self.designs if one.kind in ("divided", "halved") and one.reach is not None]
        return min(able, key=lambda one: one.reach).kind if able else None

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
    classes = _given((file and file.classes) or named, seen and seen.classes, USUAL_CLASSES.get(study.design.kind, 1))
    pupils = _given(file and file.pupils_per_class, seen and seen.pupils, USUAL_PUPILS)
    sd = _given(file and file.sd, seen and seen.sd, _by_scale(outcome))
    if sd is None:
        raise Problems([Problem(code="spread_unknown", facts={"outcome": outcome.label})])
    r = _given(file and file.pre_post_r, seen and seen.r, USUAL_R) if outcome.pre else None
    here = Setting(int(classes.value), int(pupils.value), sd.value, r.value if r else None, outcome.gain_defined)
    margin = _margin(outcome, sd.value)
    lines = tuple(_line(here, given, margin.points) for given in _iccs(outcome, sd.value, seen and seen.icc))
    middle = next((line for line in lines if line.icc.origin == "study"), lines[1])
    designs = tuple(side_by_side(here, middle.icc.value))
    planned = _planned(study, here, middle)
    return Plan(
        study=study,
        setting=here,
        classes=classes,
        pupils=pupils,
        sd=sd,
        r=r,
        margin=margin,
        code=None if planned is None else _code(planned, margin.points, total_sd(sd.value, middle.icc.value)),
        planned=planned,
        lines=lines,
        middle=middle,
        designs=designs,
        needed_divided=classes_needed(here, margin.points, None),
        earlier_sha256=None if earlier is None else earlier.sha256,
    )


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


def _named_classes(study: Study) -> int | None:
    """How many classes the study file names, where groups are given by the name of the class."""
    if not isinstance(study.design, Comparison) or study.columns.group != study.columns.class_:
        return None
    return len(study.groups.treated) + len(study.groups.control)


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
    if own is not None and not 1 - own > ROUNDING:
        facts = {"outcome": outcome.label, "gap": outcome.usual_gap, "sd": sd}
        raise Problems([Problem(code="gap_beyond_spread", facts=facts)])
    given = _given(own, seen, None)
    return [Given(icc, "rule") for icc in panel] + ([] if given is None else [given])


def _line(here: Setting, icc: Given, margin: float) -> Apart:
    gap = gap_of_icc(icc.value, here.sd)
    return Apart(icc, gap, whole_classes(here, icc.value), classes_needed(here, margin, icc.value))


def _planned(study: Study, here: Setting, middle: Apart) -> Prospect | None:
    match study.design:
        case OneGroup():
            return growth(here)
        case Comparison():
            return middle.whole
        case MultiSite():
            return halved(here) if here.classes == 1 else divided(here)
        case _:
            return None


def _code(planned: Prospect, margin: float, sd: float) -> Code:
    if planned.kind == "growth":
        return "growth"
    if planned.sees is None:
        return "small" if planned.expected.reason == "too_few_pupils" else "pair"
    if planned.sees <= margin:
        return "reaches"
    return "larger" if planned.sees <= IMPLAUSIBLE_G * sd else "hardly"

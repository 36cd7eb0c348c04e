"""What a measurement is: one outcome after another, each with its numbers, checks and descriptions. No pupil's row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import privacy
from .estimate import Estimate, NotEstimated
from .grading import Kind
from .methods.bracket import Agreement
from .methods.checks import EffectAt
from .methods.differences import SpreadRatio
from .methods.dose import Complier
from .methods.moments import ClassMoments
from .methods.several import MaxT
from .methods.subgroups import Gap, Pooled
from .missing import Missing
from .problems import Problem
from .study import Outcome, Study

ONE_CLASS_G = "one_class_difference"
"""The estimator of a number that a page of one school never tells: it is for a summary over schools."""


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
    at_worst: int | None = None
    """Pupils at the best, and at the worst, possible score afterwards; ``None`` without a scale."""
    lost: int = 0
    """Pupils of this arm without a complete measurement."""
    bins_pre: tuple[privacy.Bin, ...] | None = None
    bins_post: tuple[privacy.Bin, ...] | None = None
    levels_pre: tuple[int, ...] | None = None
    levels_post: tuple[int, ...] | None = None
    """Pupils at each level, the worst first; ``None`` where cells hold points."""


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
    mean_pre: float | None = None
    mean_post: float | None = None
    """The means as they are, where post minus pre means something."""


@dataclass(frozen=True, slots=True)
class Changed:
    """How many of ``pupils`` scored clearly lower than before, or higher; and how many would if nothing changed."""

    pupils: int
    lower: int
    higher: int
    expected_lower: float
    expected_higher: float


@dataclass(frozen=True, slots=True)
class SubgroupResult:
    """Pupils of one ``label`` beside the others of their classes.

    With a comparison ``difference`` is how much more the approach did for them and ``pooled`` the same with all labels
    in view, which a page shows; with one group ``difference`` is the change of their ``gap``.
    """

    column: str
    label: str
    pupils: Mapping[str, int]
    """All pupils with this label, by arm; ``n`` counts those whose class has others too."""
    n: Mapping[str, int]
    difference: Estimate | NotEstimated
    pooled: Pooled | None
    gap: Gap | None
    close: bool = False
    """An earlier column divides the pupils almost as this one does: fewer than ten make the difference."""


@dataclass(frozen=True, slots=True)
class ClassWaves:
    """One class: pupils with a score at every wave, and their mean, ``None`` of nobody."""

    number: int
    treated: bool | None
    pupils: tuple[int, ...]
    means: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Waves:
    """Every wave with the pupils who have a score there, in raw points; of arms by name as counts and means.

    ``timing`` says how the ``times`` are known ("dates", "numbers", "steps") and ``even`` whether they are equally far
    apart; without the ``same_pupils`` others stand at every wave. ``alone`` counts of every arm who has a score at that
    wave and at no other, though pupils are followed.
    """

    labels: tuple[str, ...]
    timing: str
    times: tuple[float, ...]
    even: bool
    same_pupils: bool
    arms: Mapping[str, tuple[tuple[int, ...], tuple[float | None, ...]]]
    alone: Mapping[str, tuple[int, ...]]
    classes: tuple[ClassWaves, ...]


@dataclass(frozen=True, slots=True)
class GoalCount:
    """How many of the pupils of one arm who were judged on a goal reached it. With both occasions the same pupils
    count in both; ``complete`` and ``complete_reached`` speak of those who were judged on every goal."""

    goal: int
    arm: str
    judged: int
    reached: int
    reached_before: int | None
    complete: int
    complete_reached: int
    complete_before: int | None


@dataclass(frozen=True, slots=True)
class Goals:
    """Every goal of an outcome: its ``names``, ``counts`` per goal and arm, and who reached what.

    ``post`` and ``pre`` are (N, K) float64, 1 where a pupil reached a goal, nan where it is not judged, in the order of
    the data set: for a page of the school's own. No name or code of a pupil.
    """

    names: tuple[str, ...]
    counts: tuple[GoalCount, ...]
    post: NDArray[np.float64] = field(repr=False)
    pre: NDArray[np.float64] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClassTurn:
    """One class of a rollout in raw points: the wave from which it had the approach (their number for never), and per
    wave its pupils and their mean, ``None`` of nobody."""

    number: int
    start: int
    pupils: tuple[int, ...]
    means: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """From the wave before to ``wave``, at which the classes that waited had the approach too: how they and the first
    ones moved, class by class; positive is better."""

    wave: int
    waiting: float
    first: float


@dataclass(frozen=True, slots=True)
class Steps:
    """Classes that started one after the other, over the ``waves``; both sides are described ``at`` one of these.

    ``two``: the first beside those that wait. ``sizes`` are the classes of every step, ``pupils`` and ``units`` those
    behind the difference; ``since`` is (waves since the start, difference, classes started).
    """

    waves: tuple[str, ...]
    at: int
    two: bool
    sizes: tuple[int, ...]
    units: int
    pupils: int
    classes: tuple[ClassTurn, ...]
    since: tuple[tuple[int, float, int], ...]
    later: Later | None

    @property
    def fuller(self) -> bool:
        """Two steps are compared before the last wave at which both stood: there too many were missing."""
        return self.two and any(
            len({one.start <= wave for one in self.classes if one.pupils[wave]}) == 2
            for wave in range(self.at + 1, len(self.waves))
        )


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
    spread: SpreadRatio | None = None
    changed: Changed | NotEstimated | None = None
    """Of the pupils with the approach; ``None`` where post minus pre means nothing."""
    subgroups: tuple[SubgroupResult, ...] = ()
    refused: tuple[NotEstimated, ...] = ()
    """What could not be computed, and why."""
    usual_gaps: tuple[float, ...] = ()
    """Usual gap of two parallel classes in points, for each entry of the panel."""
    tipping_icc: float | None = None
    tipping_gap: float | None = None
    """The usual gap in points that goes with ``tipping_icc``."""
    alarms: tuple[Agreement, ...] = ()
    """Which other ways to compute the difference lead elsewhere."""
    left_out: int = 0
    """Classes whose pupils were divided, that have too few of them on one side to count."""
    waves: Waves | None = None
    """Of a design with several moments."""
    steps: Steps | None = None
    """Of classes that started one after the other."""
    by_start: tuple[EffectAt, ...] = ()
    """The difference for pupils with a weak and with a strong start, when it depends on that."""
    missing: Missing | None = None
    """Who made only a part of the tests; ``None`` where nobody looked."""
    kind: Kind = "points"
    """What is counted. Of shares "points" are percentage points; of ordered levels, places in a row of 100."""
    chance: float | None = None
    """Of ordered levels, as they are: how often a pupil with the approach stands above one without, of all pairs, ties
    counted half and every class once."""
    level_names: tuple[str, ...] = ()
    goals: Goals | None = None

    @property
    def reach(self) -> float:
        """Beyond this no difference can lie, though an interval may."""
        if self.kind == "goals":
            return float(len(self.outcome.items))
        return {"share": 100.0, "order": 50.0}.get(self.kind, np.inf)

    @property
    def main(self) -> Estimate | None:
        return next((e for e in self.estimates if e.metric == "points" and e.status in ("ok", "described")), None)

    @property
    def beside(self) -> tuple[Estimate, ...]:
        """Other defensible ways to compute the same difference in points."""
        return tuple(e for e in self.estimates if e.status == "beside" and e.metric == "points")

    @property
    def units(self) -> int:
        """Classes; one whose pupils were divided counts once."""
        return self.steps.units if self.steps else len({item.unit for item in self.classes})

    @property
    def class_df(self) -> float:
        """Class-level degrees of freedom of the comparison; 0 with one class per arm."""
        return self.main.class_df if self.main is not None else 0.0

    @property
    def panel(self) -> tuple[Estimate, ...]:
        return tuple(e for e in self.estimates if e.status == "assumed_icc")

    @property
    def g(self) -> Estimate | None:
        found = (e for e in self.estimates if e.metric == "g" and e.unit != "cox_d")
        return next((e for e in found if e.estimator != ONE_CLASS_G), None)

    def check(self, code: str) -> Check | None:
        return next((check for check in self.checks if check.code == code), None)


@dataclass(frozen=True, slots=True)
class Family:
    """Outcomes of one role that are judged together, in the order of the study file.

    ``p`` is that of each main estimate, ``None`` where classes are too few; ``holm`` counts such an outcome and leaves
    it at 1, and so it counts a hidden one for those that are told. ``max_t`` follows the draw of the classes, ``None``
    where these were not drawn.
    """

    role: Literal["primary", "secondary"]
    outcomes: tuple[str, ...]
    p: tuple[float | None, ...]
    holm: tuple[float, ...]
    max_t: MaxT | NotEstimated | None


@dataclass(frozen=True, slots=True)
class Together:
    """How the scores afterwards of all outcomes hang together within classes: ``r`` (K, K) of ``pupils`` with all."""

    outcomes: tuple[str, ...]
    pupils: int
    r: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DosePoint:
    """One class with the approach: its mean dose and its adjusted mean in raw points; where its pupils were divided the
    difference in points. ``known`` of its ``pupils`` have a dose."""

    number: int
    pupils: int
    known: int
    dose: float
    value: float


@dataclass(frozen=True, slots=True)
class Dosed:
    """How much of the approach pupils got beside the first primary outcome. ``known`` pupils per arm have a dose, of
    which ``means`` are the mean; ``complier`` is ``None`` where nothing was drawn."""

    known: Mapping[str, int]
    unknown: int
    means: Mapping[str, float]
    slope: Estimate | NotEstimated
    complier: Complier | NotEstimated | None
    points: tuple[DosePoint, ...]


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
    families: tuple[Family, ...] = ()
    together: Together | None = None
    dose: Dosed | None = None
    left_out: tuple[Outcome, ...] = ()
    """Outcomes of which nothing can be said, since their scores are too thin; none is primary."""

    @property
    def primary(self) -> OutcomeResult:
        """The first of the primary outcomes: the one a page leads with."""
        return self.primaries[0]

    @property
    def primaries(self) -> tuple[OutcomeResult, ...]:
        return tuple(result for result in self.results if result.outcome.role == "primary")

    def family(self, role: str) -> Family | None:
        return next((one for one in self.families if one.role == role), None)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.study.fingerprint}{self.data_sha256}".encode()).hexdigest()

    def __repr__(self) -> str:
        values = [(r.outcome.name, r.main.value if r.main else None) for r in self.results]
        return f"Measurement({self.study.id!r}, {self.study.design.kind}, points={values})"

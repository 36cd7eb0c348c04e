"""The study file: what was planned, before the results.

A *study* names a design, the columns of the score file by role, the groups and the outcomes. *treated* pupils got
the new approach, *control* pupils did not; *pre* and *post* are occasions. Every kind and field of the contract is
understood here; what cannot be measured yet is refused by ``measure``, not by the file.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from .central_tests import Sourced
from .designs import (
    Code,
    Comparison,
    Design,
    Growth,
    Header,
    MultiSite,
    OneGroup,
    SingleCase,
    Stepped,
    Survey,
    TomlTable,
    Waves,
    code_text,
    mistake,
)
from .grading import GainGoal, Goal, Label, ReachGoal

Scale = tuple[float, float]
Lever = Literal["differentiation", "autonomy", "learning_together", "didactics"]


class Columns(TomlTable):
    """Role = header in the score file. Which roles a design needs is checked when the data are bound."""

    pupil: Header | None = None
    class_: Header | None = Field(None, alias="class")
    teacher: Header | None = None
    school: Header | None = None
    group: Header | None = None
    teaching_group: Header | None = None
    block: Header | None = None
    wave: Header | None = None
    date: Header | None = None
    dose: Header | None = None
    own_goal: Header | None = None

    def mapped(self) -> dict[str, str]:
        return {role: header for role, header in self.model_dump(by_alias=True).items() if header is not None}


class Groups(TomlTable):
    """The codes in the group column, as they stand there."""

    treated: Annotated[tuple[Code, ...], Field(min_length=1, strict=False)]
    control: Annotated[tuple[Code, ...], Field(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _disjoint(self):
        if both := sorted(set(self.treated) & set(self.control)):
            raise mistake("group_in_both_lists", at="control", codes=both)
        return self


class ClassSpread(TomlTable):
    """How far other classes that took the same test lay apart, once their pre-test was taken into account."""

    sd: float = Field(gt=0, description="Standard deviation of their adjusted class means, in points.")
    classes: int = Field(ge=2, description="How many classes that is.")


class Outcome(Sourced):
    """One thing measured. Points stay on the test's own scale."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
    label: Label
    domain: Literal[
        "learning_gain", "learning_capacity", "motivation", "wellbeing", "relations", "workload", "admin_load"
    ]
    role: Literal["primary", "secondary", "side_effect"] = "primary"
    pre_header: Header | None = Field(None, alias="pre")
    between: Annotated[tuple[Header, ...], Field(strict=False, min_length=1)] | None = Field(
        None,
        description="With three waves or more in a column each: those between the first (pre) and the last (post).",
    )
    post_header: Header | None = Field(None, alias="post")
    scale: Annotated[Scale, Field(strict=False)] | None = None
    pre_scale: Annotated[Scale, Field(strict=False)] | None = None
    post_scale: Annotated[Scale, Field(strict=False)] | None = None
    tests: Literal["same", "parallel", "different"] = "same"
    better: Literal["higher", "lower"] = "higher"
    smallest_worthwhile: float | None = Field(None, gt=0, description="In points; asked before the results.")
    reliability: float | None = Field(None, gt=0, le=1)
    usual_gap: float | None = Field(
        None, gt=0, description="How far two parallel classes usually lie apart on this test, in points."
    )
    class_spread: ClassSpread | None = None
    reference_mean: float | None = Field(
        None, description="Mean of the pre-test of all pupils from whom those who scored low were chosen."
    )
    missing: Annotated[tuple[Code, ...], Field(strict=False)] = ()
    goal: Goal | None = None

    @model_validator(mode="after")
    def _consistent(self):
        if self.post is None:
            raise mistake("key_missing_in_table", key="post", table="outcomes")
        if self.scale and (self.pre_scale or self.post_scale):
            raise mistake("scale_twice", at="scale", outcome=self.name)
        if self.cell_levels:
            self._no_points()
        for low, high in filter(None, (self.scale, self.pre_scale, self.post_scale)):
            if not low < high:
                raise mistake("scale_upside_down", at="scale", outcome=self.name, low=low, high=high)
        if self.pre == self.post:
            raise mistake("pre_is_post", at="pre", outcome=self.name, header=self.post)
        if self.pre and self.tests == "same" and self.scale_pre != self.scale_post:
            raise mistake("same_test_two_scales", at="tests", outcome=self.name)
        self._goal_fits()
        if self.smallest_worthwhile and self.smallest_worthwhile >= self._reach:
            raise mistake(
                "worthwhile_beyond_scale" if self.graded in ("points", "goals") else "worthwhile_no_share",
                at="smallest_worthwhile",
                outcome=self.name,
                points=self.smallest_worthwhile,
            )
        return self

    def _no_points(self):
        """Levels have no points: what is said in points of them is refused."""
        if self.items and (self.pre_header or self.post_header):
            raise mistake("items_and_post", at="items", outcome=self.name)
        for key in ("scale", "pre_scale", "post_scale", "usual_gap", "class_spread", "reference_mean"):
            if getattr(self, key) is not None and (self.levels or "scale" in key):
                raise mistake("levels_and_points", at=key, outcome=self.name, key=key)
        if self.tests == "different":
            raise mistake("levels_other_test", at="tests", outcome=self.name)
        if self.better == "lower":
            raise mistake("levels_turned", at="better", outcome=self.name)

    def _goal_fits(self):
        goal, scale = self.goal, self.scale_post
        if isinstance(goal, GainGoal) and self.graded in ("share", "order"):
            raise mistake("gain_goal_of_levels", at="goal", outcome=self.name)
        if not isinstance(goal, ReachGoal):
            return
        if self.goal_at is None:
            if self.graded in ("share", "order"):
                raise mistake("goal_not_a_level", at="goal", outcome=self.name, levels=list(self.levels))
            raise mistake("goal_not_points", at="goal", outcome=self.name)
        if scale and not scale[0] <= self.goal_at <= scale[1]:
            raise mistake(
                "goal_outside_scale", at="goal", outcome=self.name, goal=self.goal_at, low=scale[0], high=scale[1]
            )

    @property
    def goal_at(self) -> float | None:
        """The score from which the goal is reached; of levels their place, 0 for the worst."""
        at_least = self.goal.at_least if isinstance(self.goal, ReachGoal) else None
        if self.graded in ("share", "order"):
            place = self.place(at_least) if isinstance(at_least, str) else None
            alone = at_least is None or at_least == 1
            return 1.0 if self.graded == "share" and alone else None if place is None else float(place)
        if at_least is None and self.scale_post == (0, 1):
            return 1.0
        return None if isinstance(at_least, str) else at_least

    @property
    def _reach(self) -> float:
        """What no difference goes beyond."""
        if self.graded in ("share", "order"):
            return 1.0 if self.graded == "share" else 0.5
        return self.scale_post[1] - self.scale_post[0] if self.scale_post else float("inf")

    @property
    def pre(self) -> str | None:
        """The heading of the scores before; of goals, the first and last of them."""
        return self.pre_header or _first_to_last(self.pre_items)

    @property
    def post(self) -> str | None:
        return self.post_header or _first_to_last(self.items)

    @property
    def headings(self) -> tuple[tuple[str, str], ...]:
        """(occasion, heading) of every column, in order of time: one for each occasion, or one for each goal."""
        waves = ((f"wave{number}", header) for number, header in enumerate(self.between or (), start=2))
        before = [("pre", header) for header in self.pre_items or (self.pre_header,)]
        after = [("post", header) for header in self.items or (self.post_header,)]
        return tuple((occasion, header) for occasion, header in (*before, *waves, *after) if header is not None)

    @property
    def headers(self) -> tuple[Header, ...]:
        """The score columns, from the first occasion to the last."""
        return tuple(header for _, header in self.headings)

    @property
    def scale_pre(self) -> Scale | None:
        return (0.0, float(len(self.pre_items))) if self.pre_items else self.pre_scale or self.scale

    @property
    def scale_post(self) -> Scale | None:
        return (0.0, float(len(self.items))) if self.items else self.post_scale or self.scale

    @property
    def may_be_alike(self) -> bool:
        """Whether all pupils at the same level is a result: hardly so with points."""
        return bool(self.cell_levels) or self.scale_post == (0, 1)

    @property
    def gain_defined(self) -> bool:
        """Post minus pre means something: one test, or two parallel ones, on one scale."""
        return self.pre is not None and self.tests != "different" and self.scale_pre == self.scale_post

    @property
    def sign(self) -> int:
        return 1 if self.better == "higher" else -1


def _first_to_last(items: tuple[str, ...] | None) -> str | None:
    return f"{items[0]} … {items[-1]}" if items else None


class Subgroup(TomlTable):
    column: Header


class Conduct(TomlTable):
    """How the study went; what is absent takes its "unknown" cap in the rating."""

    post_on: date | None = None
    scoring: Literal["external_blind", "external", "own_rubric", "own_taught", "impression"] | None = None
    fidelity: float | None = Field(None, ge=0, le=1)
    comparison: Literal["parallel", "last_year", "other_period"] | None = None
    new_content: bool | None = None
    concurrent_change: bool | None = None
    results_seen: bool | None = None
    extra_minutes: Annotated[tuple[float, ...], Field(strict=False, min_length=1)] | None = Field(
        None, description="Minutes a week that each teacher spent more than usual; negative for less."
    )


class Context(TomlTable):
    """Travels on the study card."""

    level: Literal["nursery", "primary", "secondary", "adult", "special"] | None = None
    grade: Annotated[str, BeforeValidator(code_text)] | None = None
    track: str | None = None
    weeks: float | None = Field(None, gt=0)
    minutes: float | None = Field(None, gt=0, description="Minutes per week.")
    school_code: Annotated[str, BeforeValidator(code_text)] | None = None


class Planned(TomlTable):
    """What a school has, and expects of its test, before there are scores: for ``gsl plan`` alone."""

    classes: int | None = Field(None, ge=1, description="Classes (or teachers, or schools) that can take part.")
    treated_classes: int | None = Field(
        None, ge=1, description="How many of those get the approach, where whole ones are compared; half if absent."
    )
    blocks: int | None = Field(
        None, ge=1, description="How many blocks they form, where they are compared within blocks; pairs if absent."
    )
    pupils_per_class: int | None = Field(None, ge=2, description="Pupils in each of them, about.")
    sd: float | None = Field(
        None, gt=0, description="Standard deviation of the points of pupils within one class, afterwards."
    )
    pre_post_r: float | None = Field(
        None, ge=0, le=0.95, description="Correlation of the tests before and afterwards, within classes."
    )


class Privacy(TomlTable):
    """How long the scores and the private pages are kept, and what more may leave; no part of the plan."""

    keep_until: date | None = Field(
        None, description="The last day on which the scores and the private pages are kept."
    )
    share_moments: bool = Field(
        False, description="Counts, means and spreads of whole classes may travel on the card, where the rules allow."
    )


class Study(TomlTable):
    """What was planned. Immutable; its ``fingerprint`` travels with every result."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, title="Study file")

    schema_: Literal[1] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
    title: Label
    question: Label
    lever: Lever
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = Field(
        None, description="Language of the title, the question and the labels, as a BCP 47 tag; Dutch if absent."
    )
    planned_on: date | None = None
    design: Design
    columns: Columns = Field(default_factory=Columns)
    groups: Groups | None = None
    outcomes: Annotated[tuple[Outcome, ...], Field(strict=False, json_schema_extra={"minItems": 1})]
    subgroups: Annotated[tuple[Subgroup, ...], Field(strict=False)] = ()
    conduct: Conduct = Field(default_factory=Conduct)
    context: Context = Field(default_factory=Context)
    plan: Planned | None = None
    privacy: Privacy | None = None

    @model_validator(mode="after")
    def _consistent(self):
        names = [outcome.name for outcome in self.outcomes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise mistake("outcome_twice", names=twice)
        primaries = [outcome.name for outcome in self.outcomes if outcome.role == "primary"]
        if not primaries:
            raise mistake("no_primary")
        if len(primaries) > MAX_PRIMARIES:
            raise mistake("too_many_primaries", names=primaries, allowed=MAX_PRIMARIES)
        for outcome in self.outcomes:
            if isinstance(outcome.goal, GainGoal) and not (
                self.followed and (outcome.gain_defined or self._in_rows(outcome))
            ):
                raise mistake("gain_goal_without_gain", outcome=outcome.name)
        two_groups = isinstance(self.design, Comparison | MultiSite)
        if two_groups and self.groups is None:
            raise mistake("groups_missing", kind=self.design.kind)
        if isinstance(self.design, OneGroup | Stepped | SingleCase | Survey) and self.groups is not None:
            raise mistake("groups_not_for_design", kind=self.design.kind)
        if (two_groups or self.groups is not None) and self.columns.group is None:
            raise mistake("role_missing", at="columns", role="group", kind=self.design.kind)
        if isinstance(self.design, Comparison) and self.design.blocks != (self.columns.block is not None):
            raise mistake("blocks_and_column", at="columns")
        return self

    def _in_rows(self, outcome: Outcome) -> bool:
        """Whether the outcome has more than one wave, each in a row of its own."""
        several = isinstance(self.design, Waves) and (self.design.labels is None or len(self.design.labels) > 1)
        return several and self.columns.wave is not None and outcome.tests != "different"

    @property
    def compared(self) -> bool:
        """With and without the approach; otherwise one group, whose growth nothing explains."""
        match self.design:
            case Comparison() | MultiSite() | Stepped():
                return True
            case Growth():
                return self.groups is not None
            case _:
                return False

    @property
    def divided(self) -> bool:
        """Pupils of one class with and without the approach, rather than whole classes."""
        return self.compared and self.design.divided

    @property
    def has_start(self) -> bool:
        """The primary outcome was measured before, or from a first wave on."""
        return self.primary.pre is not None or self.columns.wave is not None

    @property
    def followed(self) -> bool:
        """The same pupils every time; otherwise others, of whom no one grows."""
        if not isinstance(self.design, Survey):
            return True
        return self.columns.pupil is not None if self.design.same_pupils is None else self.design.same_pupils

    @property
    def spoken(self) -> str:
        """The language of the title, the question and the labels."""
        return self.language or USUAL_LANGUAGE

    @property
    def primary(self) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.role == "primary")

    @property
    def central(self) -> bool:
        """Whether an outcome is a central test: then there is no card."""
        return any(outcome.central for outcome in self.outcomes)

    @property
    def fingerprint(self) -> str:
        """sha256 of the study's content: the same plan, whatever its layout, comments and how long it is kept."""
        content = self.model_dump_json(by_alias=True, exclude_none=True, exclude={"privacy"})
        return hashlib.sha256(content.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Study({self.id!r}, {self.design.kind}, outcomes={[o.name for o in self.outcomes]})"


USUAL_LANGUAGE = "nl"
"""Of a study file that does not name its language: those of Flemish schools (policy)."""
MAX_PRIMARIES = 3
"""More than three primary outcomes is no primary at all (methods page, row l; policy)."""

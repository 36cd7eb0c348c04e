"""One measurement told in one language: its values as words and numbers, for every sentence that names them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import privacy
from .codes import Margin
from .disclosure import pupils_may_show
from .judge import FAMILY_LEVEL, Verdict, as_told
from .levels import cut
from .measurement import Measurement, OutcomeResult
from .privacy import COARSE_SCALE
from .study import Outcome, Stepped, Survey
from .wording import Words, words

SMALLEST_P, P_DECIMALS = 0.01, 2
STEPS_UP_TO = (1, 2, 3, 5)
"""The highest rating of each named step (words page, section 1)."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One measurement, told in one language."""

    measurement: Measurement
    verdict: Verdict
    words: Words

    @property
    def primary(self) -> OutcomeResult:
        return self.measurement.primary

    @property
    def compared(self) -> bool:
        return self.measurement.study.compared

    @property
    def divided(self) -> bool:
        """The pupils of each class were divided, not the classes."""
        return self.measurement.study.divided

    @property
    def kind(self) -> str:
        """The ending of texts for classes that start in turn, and for several moments: of the same pupils, of others
        every time, or of one moment alone."""
        if self.primary.steps is not None:
            return "_steps"
        waves = self.primary.waves
        if waves is None:
            return ""
        if len(waves.labels) == 1:
            return "_once"
        return "_waves" if waves.same_pupils else "_others"

    def of_kind(self, key: str) -> str:
        """The text for this kind of moments, where that is another."""
        other = f"{key}{self.kind}"
        return other if other in self.words else key

    def about(self, result: OutcomeResult) -> Telling:
        """The same in the words for what is counted of this outcome."""
        return replace(self, words=self.words.for_kind(*rooms(self.measurement, result)))

    @property
    def rolled_out(self) -> bool:
        """Classes started in three steps or more: each stands on both sides, at one wave or another."""
        return self.primary.steps is not None and not self.primary.steps.two

    def wave(self, result: OutcomeResult) -> str:
        """The wave at which both sides are described, where classes start in turn."""
        return "" if result.steps is None else result.steps.waves[result.steps.at]

    def decimals(self, result: OutcomeResult) -> int:
        if result.kind != "points":
            return 1 if result.kind == "goals" else 0
        scale = result.outcome.scale_post
        width = scale[1] - scale[0] if scale else (result.sd or COARSE_SCALE) * 7
        return 1 if width >= COARSE_SCALE else 2

    def mean(self, value: float) -> str:
        return self.words.number(value, privacy.MEAN_DECIMALS)

    def of(self, outcome: Outcome) -> str:
        if outcome.scale_post is None or outcome.scale_post[0] < 0:
            return ""
        return self.words("report.certain.of", maximum=self.words.plain(outcome.scale_post[1]))

    def label(self, result: OutcomeResult) -> str:
        """Of an outcome beside the first, with its direction where that is not the usual one."""
        label = result.outcome.label
        return self.words("verdict.label_lower", label=label) if result.outcome.better == "lower" else label

    def untold(self, result: OutcomeResult) -> str:
        """That an outcome beside the first was measured, and why its results are not in what may be shared."""
        why = "central" if result.outcome.central else "hidden"
        return self.words(f"verdict.secondary.{why}", label=self.label(result), study=self.measurement.study.id)

    def unit(self, number: int, *, first: bool = False) -> str:
        return self.words(f"report.unit.{'first_' if first else ''}numbered", number=number)

    def units(self, count: int) -> str:
        return self.words(f"report.facts.{'one_unit' if count == 1 else 'more_units'}", count=self.words.count(count))

    def basis(self, result: OutcomeResult) -> str:
        if self.kind == "_others" and result.waves is not None:
            return self._basis_of_others(result)
        if not pupils_may_show(self.measurement, result):
            return self.units(result.units)
        pupils = result.steps.pupils if result.steps else sum(arm.pupils for arm in result.arms.values())
        told = self.words.count(pupils)
        pupil_words = self.words("locale.pupils", count=told)
        return self.words("locale.basis", classes=self.units(result.units), pupils=pupil_words)

    def _basis_of_others(self, result: OutcomeResult) -> str:
        """Other pupils every time: the classes of each occasion count apart."""
        w, waves = self.words, result.waves
        classes = sum(sum(map(bool, one.pupils)) for one in waves.classes)
        pupils = w("locale.pupils", count=w.count(sum(waves.arms["single"][0])))
        occasions = w.count(len(waves.labels))
        return w("locale.basis_others", occasions=occasions, classes=self.units(classes), pupils=pupils)

    def figures(self, result: OutcomeResult) -> dict[str, str]:
        """gap, span and basis of an outcome's main estimate, and whether a pre-test was taken into account."""
        estimate, sign, decimals = result.main, result.outcome.sign, self.decimals(result)
        ends = {} if result.waves is None else {"first": result.waves.labels[0], "last": result.waves.labels[-1]}
        end = "" if result.outcome.pre else "_end"
        kind = "_waves" if self.kind == "_waves" else end
        blanks = {name: self.words(f"verdict.{name}{kind}", **ends) for name in ("considering", "considered")} | ends
        blanks["along"] = self.words("verdict.along") if result.waves and len(result.waves.labels) > 2 else ""
        blanks["basis"] = self.basis(result)
        if estimate is not None:
            if estimate.interval is not None:
                interval = cut(estimate.interval, result.reach)
                decimals = self.words.decimals_for(interval, decimals)
                blanks["span"] = self.words.span(interval, sign, decimals)
            blanks["gap"] = self.words.gap(estimate.value, sign, decimals)
        return blanks

    def margin(self, margin: Margin | None, result: OutcomeResult) -> str:
        if margin is None:
            return ""
        if margin.chosen:
            key = "margin_chosen" if margin.origin == "before" else "margin_after"
            return self.words(f"verdict.{key}", points=self.points_as_typed(margin.points))
        points = self.words.points(margin.points, self.decimals(result))
        return self.words("verdict.margin_default", points=points)

    def points_as_typed(self, value: float) -> str:
        return self.words("locale.point" if value == 1 else "locale.points", number=self.words.plain(value))

    def p_value(self, p: float) -> str:
        """With two decimals; one below the level at which a difference is claimed never reads as that level."""
        if p < SMALLEST_P:
            return self.words("report.method.p_below")
        if p < FAMILY_LEVEL <= round(p, P_DECIMALS):
            return self.words("report.method.p_just_below", level=self.words.number(FAMILY_LEVEL, P_DECIMALS))
        return self.words.number(p, P_DECIMALS)

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple(self.words("verdict.steps.names").split("|"))


def rooms(measurement: Measurement, result: OutcomeResult) -> tuple[str, ...]:
    """The rooms with texts for what is counted of an outcome, and for several moments: of a survey, or of growth that
    is compared."""
    study = measurement.study
    if result.waves is None:
        return (result.kind,)
    own = ("survey",) if isinstance(study.design, Survey) else ("growth",) if study.compared else ()
    return (*own, "waves")


def telling(measurement: Measurement, verdict: Verdict, lang: str) -> Telling:
    """In the words for its units, and for what is counted of its first primary outcome; nothing untold."""
    w = words(lang).for_units(units_of(measurement)).for_kind(*rooms(measurement, measurement.primary))
    return Telling(measurement, as_told(measurement, verdict), w)


def step_of(rating: int) -> int:
    """Which of the named steps a rating, or a cap on it, stands on."""
    return next(i for i, top in enumerate(STEPS_UP_TO) if rating <= top)


def units_of(measurement: Measurement) -> str:
    """What the texts call the units of a measurement: those of the clusters, and apart where pupils were divided."""
    if isinstance(measurement.study.design, Stepped):
        return f"{measurement.cluster_level}_stepped"
    within = "_within" if measurement.study.divided else ""
    return f"{measurement.cluster_level}{within}"

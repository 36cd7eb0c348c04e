"""The order of the page: what is certain about these pupils, whether the approach explains it, the next step; the
three quality questions; how firm; what it does not say. Values in, blocks out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import (
    __version__,
    absent,
    advice,
    answers,
    decided,
    doses,
    folds,
    levels_told,
    pictures,
    privacy,
    sentences,
    together,
)
from .blocks import Block, Bullets, Callout, Facts, Fold, Heading, Report, Steps, Table, Text
from .dataset import Dataset
from .decisions import Decisions
from .disclosure import goal_may_show, means_may_show, pupils_may_show, shareable
from .evidence import told_digest
from .growing import LINE_WAVES
from .judge import Verdict
from .levels import UNITS
from .measurement import Measurement
from .problems import Problem
from .study import ReachGoal, Study, Survey
from .telling import Telling, step_of, telling
from .wave_table import occasions
from .wording import Words, words

HASH_SHOWN = 8


def report(
    measurement: Measurement, verdict: Verdict, *, lang: str = "nl", decisions: Decisions | None = None
) -> Report:
    """One page that may be shared: numbered classes, no small cell, no pupil. ``decisions`` are those of the team."""
    told = telling(measurement, verdict, lang)
    w, study = told.words, measurement.study
    typed = study.spoken
    lever, day = w(f"report.lever.{study.lever}"), study.conduct.post_on
    return Report(
        study_id=study.id,
        lang=lang,
        kicker=w("report.kicker", lever=lever, date=w.date(day)) if day else w("report.kicker_undated", lever=lever),
        typed_lang=None if typed.partition("-")[0] == lang else typed,
        title=study.title,
        question=study.question,
        blocks=tuple(_blocks(told, decisions or Decisions())),
        footer=footer(told),
        summary=next(sentences.conclusion(told)),
    )


def footer(told: Telling) -> str:
    """Which scores, which plan and which version a page comes from."""
    measurement = told.measurement
    data, plan = (
        told_digest(measurement, told.verdict)[:HASH_SHOWN],
        measurement.study.fingerprint[:HASH_SHOWN],
    )
    return told.words("report.footer", data=data, plan=plan, version=__version__)


def _blocks(told: Telling, decisions: Decisions) -> Iterator[Block]:
    w = told.words
    start = sentences.certain(told)
    concluded = [text for text in (*sentences.conclusion(told), *levels_told.doubts(told)) if text]
    first, last = (start, None) if means_may_show(told.primary) else (None, start)
    said = (first, *concluded, *together.primaries(told), last)
    yield Callout("conclusion", None, tuple(text for text in said if text))
    if shareable(told.primary) and told.verdict.capped_code != "ONE_CLASS":
        yield Facts(tuple(_facts(told)))

    answer, texts = answers.goal(told)
    yield Heading(w("report.heading.goal"), 2, together.goal_chip(told, answer))
    yield Text(" ".join([*texts, *together.goals(told)]))
    order = levels_told.orders(told)
    if shareable(told.primary):
        yield Heading(w("report.heading.attribution" if told.compared else told.of_kind("report.heading.growth")), 3)
        yield from [Text(order)] if order else []
        yield from pictures.attribution(told)
        if told_apart := [*sentences.ways(told), *sentences.later(told)]:
            yield Text(" ".join(told_apart))
    elif order:
        yield Text(order)
    for result in told.measurement.results:
        yield from levels_told.goals(told.about(result), result)
    if others := together.secondary(told):
        yield Heading(w("report.heading.secondary"), 3)
        yield Bullets(tuple(others))
    yield Heading(w("report.heading.firm"), 3)
    names, step = told.steps, step_of(told.verdict.security.rating)
    yield Steps(names, step, w("verdict.steps.label", names=w.listing(names), current=names[step]))
    yield Text(" ".join([w("verdict.steps.about"), advice.weakest(told), *together.steps(told)]))
    kind = "note" if told.verdict.capped_code == "ONE_CLASS" else "next_step"
    yield Callout(kind, w("report.heading.next_step"), (advice.next_step(told),))
    if further := tuple(advice.ahead(told)):
        yield Heading(w("report.heading.ahead"), 3)
        yield Bullets(further)
    if not isinstance(told.measurement.study.design, Survey):
        yield Heading(w("report.heading.choices"), 3)
        header = tuple(w(f"report.choices.{name}") for name in ("option", "answer"))
        yield Table(w("report.choices.caption"), header, tuple(advice.choices(told)))
        if unseen := advice.unseen(told):
            yield Text(unseen)
    yield from decided.register(decisions, w)

    answer, texts = answers.everyone(told)
    yield Heading(w("report.heading.everyone"), 2, answer)
    yield Bullets((*texts, *answers.subgroups(told)))
    yield from pictures.subgroups(told)
    yield Text(answers.own_list(told))
    answer, texts = answers.side_effects(told)
    yield Heading(w("report.heading.side_effects"), 2, answer)
    yield Bullets(tuple(texts)) if len(texts) > 1 else Text(texts[0])

    yield Heading(w("report.heading.not_said"), 2)
    unsaid = [w(told.of_kind(f"report.not_said.{key}")) for key in _not_said(told)]
    if unmeasured := [w(f"report.domain.{name}") for name in OUTCOMES if name not in _measured(told)]:
        unsaid.append(w("report.not_said.rest", domains=w.listing(unmeasured, last="or")))
    yield Bullets(tuple(unsaid))
    yield Heading(w("report.heading.discuss"), 2)
    asked = ("one", "three") if isinstance(told.measurement.study.design, Survey) else ("one", "two", "three")
    yield Bullets(tuple(w(f"report.discuss.{key}") for key in asked))
    yield from decided.reflection(decisions, w)
    yield Text(w(f"team.keep_{'more' if decisions.decided else 'first'}"), "small")
    yield folds.method(told)
    yield from filter(None, (together.fold(told), doses.fold(told)))
    yield folds.caps(told)
    yield absent.fold(told)
    yield folds.conduct(told)
    if told_here := [p for p in told.measurement.warnings if _on_the_page(p, told.measurement.study)]:
        lines = tuple(w.problem(replace(p, file=None, sheet=None)) for p in told_here)
        yield Fold(w("report.heading.warnings"), (Bullets(lines),))


def _on_the_page(problem: Problem, study: Study) -> bool:
    """Of a central test no warning that follows from its scores."""
    central = [outcome.label for outcome in study.outcomes if outcome.central]
    return problem.code in ON_THE_PAGE and (
        problem.code == "central_by_name" or problem.facts.get("outcome") not in central
    )


ON_THE_PAGE = (
    "central_by_name",
    "coarser_cluster", "no_pupil_column", "levels_perhaps_turned", "levels_mostly_fell", "items_perhaps_crossed",
)  # fmt: skip
"""Warnings that say something about the method. The others name classes, rows or a few pupils: those stay at home."""


OUTCOMES = ("learning_gain", "learning_capacity", "motivation")
"""What a practice may be for (field page, section 1.1)."""


def _measured(told: Telling) -> set[str]:
    measurement = told.measurement
    return {result.outcome.domain for result in measurement.results} | {one.domain for one in measurement.left_out}


def _facts(told: Telling) -> Iterator[tuple[str, str]]:
    w, result = told.words, told.primary
    arm = result.arms.get("treated") or result.arms["single"]
    of, single = told.of(result.outcome), "" if told.compared else "_single"
    at = {"wave": told.wave(result)} if result.steps is not None else {}
    if result.kind in UNITS:
        yield from levels_told.facts(told)
    elif not means_may_show(result):
        yield from ()
    elif result.outcome.gain_defined:
        gain = arm.mean_post - arm.mean_pre
        ends = {"pre": told.mean(arm.mean_pre), "post": told.mean(arm.mean_post)}
        label = w(told.of_kind(f"report.facts.gain{single}"), of=of, **ends, **at)
        decimals = told.decimals(result)
        ends = round(arm.mean_post, privacy.MEAN_DECIMALS) - round(arm.mean_pre, privacy.MEAN_DECIMALS)
        if round(ends - gain, decimals):
            label = w("report.facts.rounded", label=label)
        fallen = w("report.facts.down", points=w.points(-gain, decimals))
        yield fallen if round(gain, decimals) < 0 else f"+{w.points(gain, decimals)}", label
    else:
        yield told.mean(arm.mean_post), w(told.of_kind(f"report.facts.end{single}"), of=of, **at)
    goal = result.outcome.goal
    may_show = goal_may_show(result) and result.kind != "share"
    if isinstance(goal, ReachGoal) and may_show and privacy.part_of(arm.reached, arm.with_post) == "exact":
        figures = answers.goal_figures(told, result.outcome, arm)
        yield w("report.facts.reached", **figures), w("report.facts.reached_label", **figures)
    if result.steps is not None:
        yield told.units(result.units), folds.steps(told)
    elif told.compared:
        drawn = w(f"report.facts.{'drawn' if told.measurement.study.design.randomised else 'not_drawn'}")
        counts = {name: w.count(one.pupils if told.divided else one.classes) for name, one in result.arms.items()}
        kind = "divided" if told.divided else "classes"
        yield told.units(result.units), w(f"report.facts.{kind}", drawn=drawn, **counts)
    else:
        key = "report.facts.pupils" if result.outcome.pre or told.kind else "report.facts.pupils_end"
        if not told.kind or pupils_may_show(told.measurement, result):
            yield w.count(arm.pupils), w(told.of_kind(key))


def _not_said(told: Telling) -> Iterator[str]:
    yield "other_schools"
    if told.compared:
        yield "shared" if told.divided else "which_class"
        if told.rolled_out:
            yield "grows"
        if not told.measurement.study.design.randomised:
            yield "not_drawn_steps" if told.primary.steps else "not_drawn"
            if told.primary.outcome.pre is None:
                yield "no_start"
    else:
        yield "growth"
    if told.kind == "_others":
        yield "others"
    elif told.kind == "_waves" and len(told.primary.waves.labels) == LINE_WAVES:
        yield "faster"
    yield "one_pupil"
    if told.primary.kind == "share":
        yield "points_behind"
    if told.primary.kind == "order":
        yield "steps_between"
    if any(problem.code == "no_pupil_column" for problem in told.measurement.warnings):
        yield "no_duplicates"


@dataclass(frozen=True, slots=True)
class Lines:
    """A few sentences, shown one under the other in a notebook or a terminal."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from html import escape

        return "".join(f"<p>{escape(line)}</p>" for line in self.lines)


def describe(study: Study, data: Dataset, *, lang: str = "nl") -> Lines:
    """What was read: how many pupils and classes, which scores, what is missing or was skipped, what to watch."""
    w = words(lang)
    skipped = [w.skipped(one) for one in data.skipped]
    return Lines((*counted(study, data, lang=lang), *skipped, *w.problem_lines(data.warnings)))


def counted(study: Study, data: Dataset, *, lang: str = "nl") -> list[str]:
    """What was read, in counts alone."""
    w, frame = words(lang).for_units(data.cluster_level), data.frame
    told = [w("report.describe.rows", file=data.file, pupils=w("locale.pupils", count=w.count(data.rows)))]
    if data.cluster_level != "group":
        key = f"report.facts.{'one_unit' if data.clusters == 1 else 'more_units'}"
        told.append(w("report.describe.units", units=w(key, count=w.count(data.clusters))))
    if "treated" in frame:
        arms = [w("locale.pupils", count=w.count(int((frame["treated"] == side).sum()))) for side in (True, False)]
        told.append(w("report.describe.arms", treated=arms[0], control=arms[1]))
    for outcome in study.outcomes:
        if data.waves:
            scores = [int(frame[f"{outcome.name}.{occasion}"].notna().sum()) for occasion in occasions(len(data.waves))]
            counts = [
                w("report.describe.at_wave", wave=wave, count=w.count(n))
                for wave, n in zip(data.waves, scores, strict=True)
            ]
            told.append(w("report.describe.waves", label=outcome.label, counts=w.listing(counts)))
            continue
        post = frame[f"{outcome.name}.post"].notna()
        both = post & frame[f"{outcome.name}.pre"].notna() if outcome.pre else post
        key = "report.describe.outcome" if outcome.pre else "report.describe.outcome_post"
        counts = {"both": w.count(int(both.sum())), "post": w.count(int(post.sum())), "rows": w.count(data.rows)}
        told.append(w(key, label=outcome.label, **counts))
    told += in_levels(study, w)
    if missing := _missing_words(data):
        spelled = [
            w("report.describe.missing_word" if word else "report.describe.missing_blank", word=word, count=w.count(n))
            for word, n in missing.items()
        ]
        told.append(w("report.describe.missing_words", words=w.listing(spelled)))
    return told


def in_levels(study: Study, w: Words) -> list[str]:
    """Which level is the lowest of every outcome with levels, and which the highest."""
    return [
        w("report.describe.levels", label=outcome.label, levels=", ".join(f"“{level}”" for level in outcome.levels))
        for outcome in study.outcomes
        if outcome.levels
    ]


def _missing_words(data: Dataset) -> dict[str, int]:
    counts: dict[str, int] = {}
    for column in data.missing.values():
        for word, n in column.items():
            counts[word] = counts.get(word, 0) + n
    return counts

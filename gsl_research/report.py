"""The order of the page: what is certain about these pupils, whether the approach explains it, the next step; the
three quality questions; how firm; what it does not say. Values in, blocks out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import __version__, charts, folds, privacy, sentences
from .blocks import Block, Bullets, Callout, Facts, Fold, Heading, Report, Steps, Text
from .charts import ClassShape
from .codes import Margin
from .dataset import Dataset
from .estimate import Estimate
from .evidence import shareable
from .judge import Verdict
from .measurement import Arm, ClassResult, Measurement, OutcomeResult
from .sentences import Telling
from .study import ReachGoal, Study
from .wording import words

UNDECIDED = ("CANNOT", "ONE_CLASS", "GROWTH_UNCLEAR", "DESCRIBED")
HASH_SHOWN = 8


def report(measurement: Measurement, verdict: Verdict, *, lang: str = "nl") -> Report:
    """One page that may be shared: numbered classes, no small cell, no pupil."""
    told = Telling(measurement, verdict, words(lang).for_units(measurement.cluster_level))
    w, study = told.words, measurement.study
    lever, day = w(f"report.lever.{study.lever}"), study.conduct.post_on
    return Report(
        study_id=study.id,
        lang=lang,
        kicker=w("report.kicker", lever=lever, date=w.date(day)) if day else w("report.kicker_undated", lever=lever),
        title=study.title,
        question=study.question,
        blocks=tuple(_blocks(told)),
        footer=w(
            "report.footer",
            data=measurement.data_sha256[:HASH_SHOWN],
            plan=study.fingerprint[:HASH_SHOWN],
            version=__version__,
        ),
        summary=next(sentences.conclusion(told)),
    )


def _blocks(told: Telling) -> Iterator[Block]:
    w = told.words
    start = sentences.certain(told)
    concluded = [text for text in sentences.conclusion(told) if text]
    yield Callout("conclusion", None, ((start,) if start else ()) + tuple(concluded))
    if shareable(told.primary) and told.verdict.capped_code != "ONE_CLASS":
        yield Facts(tuple(_facts(told)))

    answer, texts = sentences.goal(told)
    yield Heading(w("report.heading.goal"), 2, answer)
    yield Text(" ".join(texts))
    if shareable(told.primary):
        yield Heading(w("report.heading.attribution" if told.compared else "report.heading.growth"), 3)
        yield from _pictures(told)
        if told_apart := list(sentences.ways(told)):
            yield Text(" ".join(told_apart))
    if others := sentences.secondary(told):
        yield Heading(w("report.heading.secondary"), 3)
        yield Bullets(tuple(others))
    yield Heading(w("report.heading.firm"), 3)
    names = tuple(w("verdict.steps.names").split("|"))
    label = w("verdict.steps.label", names=w.listing(names), current=names[told.step()])
    yield Steps(names, told.step(), label)
    yield Text(f"{w('verdict.steps.about')} {sentences.weakest(told)}")
    kind = "note" if told.verdict.capped_code == "ONE_CLASS" else "next_step"
    yield Callout(kind, w("report.heading.next_step"), (sentences.next_step(told),))

    answer, texts = sentences.everyone(told)
    yield Heading(w("report.heading.everyone"), 2, answer)
    yield Text(" ".join(texts))
    answer, texts = sentences.side_effects(told)
    yield Heading(w("report.heading.side_effects"), 2, answer)
    yield Bullets(tuple(texts)) if len(texts) > 1 else Text(texts[0])

    yield Heading(w("report.heading.not_said"), 2)
    yield Bullets(tuple(w(f"report.not_said.{key}") for key in _not_said(told)))
    yield Heading(w("report.heading.discuss"), 2)
    yield Bullets(tuple(w(f"report.discuss.{key}") for key in ("one", "two", "three")))
    yield folds.method(told)
    yield folds.caps(told)
    yield folds.conduct(told)
    if told_here := [p for p in told.measurement.warnings if p.code in ON_THE_PAGE]:
        lines = tuple(w.problem(replace(p, file=None, sheet=None)) for p in told_here)
        yield Fold(w("report.heading.warnings"), (Bullets(lines),))


ON_THE_PAGE = ("coarser_cluster", "no_pupil_column")
"""Warnings that say something about the method. The others name classes, rows or a few pupils: those stay at home."""


def _facts(told: Telling) -> Iterator[tuple[str, str]]:
    w, result = told.words, told.primary
    arm = result.arms.get("treated") or result.arms["single"]
    of, single = told.of(result.outcome), "" if told.compared else "_single"
    if result.outcome.gain_defined:
        gain = arm.mean_post - arm.mean_pre
        label = w(f"report.facts.gain{single}", pre=told.mean(arm.mean_pre), post=told.mean(arm.mean_post), of=of)
        falls = round(gain, privacy.MEAN_DECIMALS) < 0
        yield w.gap(gain, 1, privacy.MEAN_DECIMALS) if falls else f"+{w.points(gain, privacy.MEAN_DECIMALS)}", label
    else:
        yield told.mean(arm.mean_post), w(f"report.facts.end{single}", of=of)
    goal = result.outcome.goal
    if isinstance(goal, ReachGoal) and privacy.part_of(arm.reached, arm.with_post) == "exact":
        figures = sentences.goal_figures(told, result.outcome, arm)
        yield w("report.facts.reached", **figures), w("report.facts.reached_label", **figures)
    if told.compared:
        drawn = "drawn" if told.measurement.study.design.randomised else "not_drawn"
        yield (
            told.units(len(result.classes)),
            w(
                "report.facts.classes",
                treated=w.count(result.arms["treated"].classes),
                control=w.count(result.arms["control"].classes),
                drawn=w(f"report.facts.{drawn}"),
            ),
        )
    else:
        yield w.count(arm.pupils), w("report.facts.pupils" if result.outcome.pre else "report.facts.pupils_end")


def _pictures(told: Telling) -> Iterator[Block]:
    w, result, sign = told.words, told.primary, told.primary.outcome.sign
    outcome, margin = result.outcome, told.verdict.margin
    scale = outcome.scale_post or _span_of_bins(result.classes, result.arms.values())
    if not told.compared:
        arm = result.arms["single"]
        if outcome.gain_defined and arm.bins_pre and arm.bins_post:
            pre, post = _drawn(arm.bins_pre), _drawn(_apart_from_goal(result, arm))
            declared = outcome.scale_post is not None
            yield charts.growth(pre, post, arm.mean_pre, arm.mean_post, scale=scale, words=w, declared=declared)
        else:
            yield Text(w("report.method.end_only"))
        return
    if told.verdict.capped_code == "ONE_CLASS":
        yield from _panel(told)
        return
    shapes = [
        shape for side in (True, False) for shape in _shapes(told, [c for c in result.classes if c.treated is side])
    ]
    yield charts.class_means(shapes, scale=scale, words=w, adjusted=True, declared=outcome.scale_post is not None)
    low, high = _ends(result, result.main)
    yield charts.interval(
        low,
        sign * result.main.value,
        high,
        margin=_chosen(margin),
        words=w,
        lead=told.verdict.capped_code not in UNDECIDED,
        decimals=told.decimals(result),
    )


def _chosen(margin: Margin | None) -> float | None:
    """A picture shows the margin only when the school set it beforehand: its caption says so."""
    return margin.points if margin is not None and margin.origin == "before" else None


def _panel(told: Telling) -> Iterator[Block]:
    w, result, decimals = told.words, told.primary, told.decimals(told.primary)
    if not result.panel:
        return
    gaps = [w.points(gap, decimals) for gap in result.usual_gaps]
    assumed = [gap for entry, gap in zip(result.panel, gaps, strict=True) if entry.estimator == "assumed_icc"]
    yield Text(w("verdict.ONE_CLASS_panel", gap1=assumed[0], gap2=assumed[1], gap3=assumed[2]))
    rows = []
    for gap, entry in zip(gaps, result.panel, strict=True):
        kind = "own_row" if entry.estimator == "own_usual_gap" else "panel_row"
        rows.append((w(f"verdict.ONE_CLASS_{kind}", gap=gap), *_ends(result, entry)))
    for entry in (e for e in result.beside if e.estimator == "borrowed_class_spread"):
        classes = w.count(result.outcome.class_spread.classes)
        rows.append((w("verdict.ONE_CLASS_borrowed_row", classes=classes), *_ends(result, entry)))
    yield charts.panel(rows, words=w, margin=_chosen(told.verdict.margin), decimals=decimals)
    if result.tipping_gap:
        yield Text(w("verdict.ONE_CLASS_tipping", gap=w.points(result.tipping_gap, decimals)))
    else:
        yield Text(w("verdict.ONE_CLASS_tipping_zero"))
    yield Text(w("verdict.ONE_CLASS_not_lost"))


def _ends(result: OutcomeResult, entry: Estimate) -> list[float]:
    """Both ends of the interval on the test's own scale, the lower first."""
    return sorted((result.outcome.sign * entry.interval.low, result.outcome.sign * entry.interval.high))


def _shapes(told: Telling, classes: list[ClassResult]) -> list[ClassShape]:
    """The classes of one arm: totals and the difference are told per arm, so what is hidden is decided per arm."""
    pupils = [item.pupils for item in classes]
    counts, means = privacy.shown_counts(pupils), privacy.shown_counts(pupils, least=privacy.MIN_MEAN)
    return [_shape(told, *of_class) for of_class in zip(classes, counts, means, strict=True)]


def _shape(told: Telling, item: ClassResult, count: int | None, behind_mean: int | None) -> ClassShape:
    shown = behind_mean is not None
    return ClassShape(
        label=told.unit(item.number),
        arm="treated" if item.treated else "control",
        mean=round(item.mean, privacy.MEAN_DECIMALS) if shown else None,
        bins=_drawn(item.bins) if shown else None,
        pupils=told.words("report.facts.count_hidden") if count is None else told.words.count(count),
    )


def _apart_from_goal(result: OutcomeResult, arm: Arm) -> tuple[privacy.Bin, ...] | None:
    """No bins when an edge and the goal's count together would tell of one to four pupils between them."""
    if arm.reached is None or arm.bins_post is None:
        return arm.bins_post
    below = 0.0
    for _, _, share in arm.bins_post:
        below += share * arm.pupils
        counted = arm.pupils - below if result.outcome.sign > 0 else below
        if 0 < abs(round(counted) - arm.reached) < privacy.MIN_COUNT:
            return None
    return arm.bins_post


def _drawn(bins: tuple[privacy.Bin, ...] | None) -> tuple[privacy.Bin, ...] | None:
    return bins if bins and len(bins) >= charts.LEAST_BINS else None


def _span_of_bins(classes, arms) -> tuple[float, float]:
    """The limits on which the coarse bins were made, when the study gives no scale."""
    bins = next(b for b in [*(c.bins for c in classes), *(a.bins_post for a in arms)] if b)
    return bins[0][0], bins[-1][1]


def _not_said(told: Telling) -> Iterator[str]:
    yield "other_schools"
    if told.compared:
        yield "which_class"
        if not told.measurement.study.design.randomised:
            yield "not_drawn"
    else:
        yield "growth"
    yield "one_pupil"
    yield "rest"
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
        post = frame[f"{outcome.name}.post"].notna()
        both = post & frame[f"{outcome.name}.pre"].notna() if outcome.pre else post
        key = "report.describe.outcome" if outcome.pre else "report.describe.outcome_post"
        counts = {"both": w.count(int(both.sum())), "post": w.count(int(post.sum())), "rows": w.count(data.rows)}
        told.append(w(key, label=outcome.label, **counts))
    if missing := _missing_words(data):
        spelled = [
            w("report.describe.missing_word" if word else "report.describe.missing_blank", word=word, count=w.count(n))
            for word, n in missing.items()
        ]
        told.append(w("report.describe.missing_words", words=w.listing(spelled)))
    return told


def _missing_words(data: Dataset) -> dict[str, int]:
    counts: dict[str, int] = {}
    for column in data.missing.values():
        for word, n in column.items():
            counts[word] = counts.get(word, 0) + n
    return counts

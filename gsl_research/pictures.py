"""Which pictures answer whether the approach explains it, and what of each class may be in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from . import charts, levels_told, privacy
from .beside_bins import bins_beside, class_bins_may_show
from .blocks import Block, Text
from .charts import ClassShape
from .codes import Margin
from .disclosure import means_may_show, told_subgroups
from .estimate import Estimate
from .levels import PER, UNITS, cut
from .measurement import ClassResult, OutcomeResult
from .methods.subgroups import Pooled
from .small_classes import classes_told
from .telling import Telling

UNDECIDED = ("CANNOT", "ONE_CLASS", "GROWTH_UNCLEAR", "DESCRIBED")


def attribution(told: Telling) -> Iterator[Block]:
    w, result, outcome = told.words, told.primary, told.primary.outcome
    if result.kind in UNITS:
        yield from _of_levels(told)
        return
    if result.waves is not None:
        yield from _over_time(told)
        if told.verdict.capped_code == "ONE_CLASS":
            yield from _panel(told)
        elif told.compared:
            yield _interval(told)
        return
    scale = outcome.scale_post or _span_of_bins(result.classes, result.arms.values())
    if not told.compared:
        arm = result.arms["single"]
        if not means_may_show(result):
            yield Text(w("report.certain.classes_private"))
            return
        if outcome.gain_defined and arm.bins_pre and arm.bins_post:
            pre, post = (_drawn(bins_beside(result, arm, when)) for when in ("pre", "post"))
            declared = outcome.scale_post is not None
            yield charts.growth(pre, post, arm.mean_pre, arm.mean_post, scale=scale, words=w, declared=declared)
        else:
            yield Text(w("report.method.end_only"))
        if len(result.classes) > 1:
            yield from _class_growth(told, scale)
        return
    if told.verdict.capped_code == "ONE_CLASS":
        yield from _panel(told)
        yield from _turns(told)
        return
    sides = classes_told(result)
    if not told.rolled_out and sides:
        shapes = list(_all_shapes(told))
        yield charts.class_means(
            shapes, scale=scale, words=w, adjusted=outcome.pre is not None, declared=outcome.scale_post is not None
        )
    if len(sides) < 2:
        yield Text(w(f"report.certain.{'side' if sides else 'classes'}_private"))
    if result.steps is None:
        yield from _class_growth(told, scale)
    yield from _turns(told)
    yield _interval(told)


def _interval(told: Telling) -> Block:
    result, verdict = told.primary, told.verdict
    low, high = _ends(result, result.main)
    return charts.interval(
        low,
        result.outcome.sign * result.main.value,
        high,
        margin=_chosen(verdict.margin),
        words=told.words,
        lead=verdict.capped_code not in UNDECIDED,
        decimals=told.decimals(result),
    )


def _over_time(told: Telling) -> Iterator[Block]:
    """Means by wave of arms of 10 pupils and more, and of the classes that may be shown at every wave."""
    result, waves = told.primary, told.primary.waves
    if len(waves.labels) < 2:
        yield Text(told.words("report.method.once_only"))
        return
    lines = [_line(name, None, *of_arm, (True,) * len(waves.labels)) for name, of_arm in waves.arms.items()]
    for side in (True, False, None):
        here = [one for one in waves.classes if one.treated is side]
        by_wave = [
            privacy.shown_counts(counts, least=privacy.MIN_MEAN)
            for counts in zip(*(c.pupils for c in here), strict=True)
        ]
        for place, one in enumerate(here):
            shown = all(counts[place] is not None for counts in by_wave)
            arm = "single" if side is None else "treated" if side else "control"
            label = told.unit(one.number)
            lines.append(_line(arm, label, one.pupils, one.means, (shown,) * len(waves.labels)))
    if sum(line.label is not None for line in lines) == len(waves.arms):
        lines = [line for line in lines if line.label is None]
    scale = result.outcome.scale_post
    picture = charts.over_time(
        waves.labels,
        waves.times,
        lines,
        scale=scale or (0.0, 1.0),
        words=told.words,
        declared=scale is not None,
        same_pupils=waves.same_pupils,
    )
    if picture is not None:
        yield picture


def _line(arm, label, pupils, means, shown) -> charts.Line:
    told = (
        round(mean, privacy.MEAN_DECIMALS) if may and mean is not None and privacy.may_average(count) else None
        for mean, count, may in zip(means, pupils, shown, strict=True)
    )
    return charts.Line(arm, label, tuple(told))


def _of_levels(told: Telling) -> Iterator[Block]:
    """Where pupils stand; of ordered levels the classes too, of which a share would tell a count; the difference."""
    w, result = told.words, told.primary
    yield from levels_told.pictures(told)
    if told.verdict.capped_code == "ONE_CLASS":
        yield from _panel(told)
    elif told.compared and result.main is not None and result.main.interval is not None:
        if result.kind == "order" and not classes_told(result):
            yield Text(w("report.certain.classes_private"))
        elif result.kind == "order":
            yield charts.class_means(list(_all_shapes(told)), scale=(0, PER), words=w, adjusted=False)
        yield _interval(told)


def _chosen(margin: Margin | None) -> float | None:
    """A picture shows the margin only when the school set it beforehand: its caption says so."""
    return margin.points if margin is not None and margin.origin == "before" else None


def _panel(told: Telling) -> Iterator[Block]:
    w, result, decimals = told.words, told.primary, told.decimals(told.primary)
    if not result.panel:
        return
    gaps = [w.points(gap, decimals) for gap in result.usual_gaps]
    assumed = [gap for entry, gap in zip(result.panel, gaps, strict=True) if entry.estimator == "assumed_icc"]
    yield Text(w(told.of_kind("verdict.ONE_CLASS_panel"), gap1=assumed[0], gap2=assumed[1], gap3=assumed[2]))
    rows = []
    for gap, entry in zip(gaps, result.panel, strict=True):
        kind = "own_row" if entry.estimator == "own_usual_gap" else "panel_row"
        rows.append((w(told.of_kind(f"verdict.ONE_CLASS_{kind}"), gap=gap), *_ends(result, entry)))
    for entry in (e for e in result.beside if e.estimator == "borrowed_class_spread"):
        classes = w.count(result.outcome.class_spread.classes)
        rows.append((w("verdict.ONE_CLASS_borrowed_row", classes=classes), *_ends(result, entry)))
    yield charts.panel(rows, words=w, margin=_chosen(told.verdict.margin), decimals=decimals)
    if result.tipping_gap:
        yield Text(w(told.of_kind("verdict.ONE_CLASS_tipping"), gap=w.points(result.tipping_gap, decimals)))
    else:
        yield Text(w("verdict.ONE_CLASS_tipping_zero"))
    yield Text(w("verdict.ONE_CLASS_not_lost"))


def subgroups(told: Telling) -> Iterator[Block]:
    """What the approach does for subgroups beside their classmates, pooled over labels, where there is a comparison."""
    result = told.primary
    rows = [
        (told.words("verdict.everyone.subgroup_name", label=one.label, column=one.column), *_ends(result, one.pooled))
        for one in result.subgroups
        if one.pooled is not None and one in told_subgroups(result, one.column)
    ]
    if rows:
        yield charts.subgroups(rows, words=told.words, decimals=told.decimals(result))


def _ends(result: OutcomeResult, entry: Estimate | Pooled) -> list[float]:
    """Both ends of the interval on the test's own scale, the lower first."""
    interval = cut(entry.interval, result.reach)
    return sorted((result.outcome.sign * interval.low, result.outcome.sign * interval.high))


def _class_growth(told: Telling, scale: tuple[float, float]) -> Iterator[Block]:
    declared = told.primary.outcome.scale_post is not None
    picture = charts.class_growth(list(_all_shapes(told)), scale=scale, words=told.words, declared=declared)
    if picture is not None:
        yield picture


def _all_shapes(told: Telling) -> Iterator[ClassShape]:
    for side in (True, False, None):
        yield from _shapes(told, [item for item in told.primary.classes if item.treated is side])


def _turns(told: Telling) -> Iterator[Block]:
    """Every class at every wave; what is hidden is decided by wave, for who started and who did not. Of a test before
    every start the mean of both sides is told as they stand at the wave of the comparison: so are its sides."""
    steps, w = told.primary.steps, told.words
    if steps is None:
        return
    if len(classes_told(told.primary)) < 2:
        return
    shown = {}
    for wave in range(len(steps.waves)):
        sides_at = steps.at if wave == 0 and told.primary.outcome.pre else wave
        for side in (True, False):
            here = [one for one in steps.classes if (one.start <= sides_at) is side and one.pupils[wave]]
            counts = privacy.shown_counts([one.pupils[wave] for one in here], least=privacy.MIN_MEAN)
            shown |= {(one.number, wave): count is not None for one, count in zip(here, counts, strict=True)}
    rows = [
        charts.TurnRow(
            label=told.unit(one.number),
            start=one.start,
            means=tuple(
                round(mean, privacy.MEAN_DECIMALS) if mean is not None and shown[one.number, wave] else None
                for wave, mean in enumerate(one.means)
            ),
        )
        for one in steps.classes
    ]
    outcome = told.primary.outcome
    if (picture := charts.turns(rows, waves=steps.waves, scale=outcome.scale_post, words=w)) is not None:
        yield picture


def _shapes(told: Telling, classes: list[ClassResult]) -> list[ClassShape]:
    """The classes of one arm: totals and the difference are told per arm, so what is hidden is decided per arm."""
    pupils = [item.pupils for item in classes]
    may = classes_told(told.primary)
    counts, means = privacy.shown_counts(pupils), privacy.shown_counts(pupils, least=privacy.MIN_MEAN)
    means = tuple(count if item.treated in may else None for item, count in zip(classes, means, strict=True))
    if not class_bins_may_show(told.primary, classes):
        classes = [replace(item, bins=None) for item in classes]
    return [_shape(told, *of_class) for of_class in zip(classes, counts, means, strict=True)]


def _shape(told: Telling, item: ClassResult, count: int | None, behind_mean: int | None) -> ClassShape:
    shown = behind_mean is not None

    def rounded(mean: float | None) -> float | None:
        return round(mean, privacy.MEAN_DECIMALS) if shown and mean is not None else None

    return ClassShape(
        label=told.unit(item.number),
        arm="single" if item.treated is None else "treated" if item.treated else "control",
        mean=rounded(item.mean),
        bins=_drawn(item.bins) if shown else None,
        pupils=told.words("report.facts.count_hidden") if count is None else told.words.count(count),
        pre=rounded(item.mean_pre),
        post=rounded(item.mean_post),
    )


def _drawn(bins: tuple[privacy.Bin, ...] | None) -> tuple[privacy.Bin, ...] | None:
    return bins if bins and len(bins) >= charts.LEAST_BINS else None


def _span_of_bins(classes, arms) -> tuple[float, float]:
    """The limits on which the coarse bins were made, when the study gives no scale."""
    bins = next(b for b in [*(c.bins for c in classes), *(a.bins_post for a in arms)] if b)
    return bins[0][0], bins[-1][1]

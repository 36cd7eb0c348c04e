"""The same study, but: with another outcome in view, without a class, with another usual gap or another margin.

A choice made here is made after the results, and is treated as such: a margin counts as chosen late, and a class that
is left out counts as a class that was lost. So nothing here reads firmer than the report of such a study would.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .. import answers, charts, pictures, privacy, sentences, together
from ..blocks import Block, Chart, Text
from ..codes import Margin
from ..comparison import MIN_CLASS_DF_SEEN
from ..dataset import Dataset
from ..disclosure import classes_may_show, shareable
from ..judge import judge
from ..levels import UNITS, cut
from ..measure import measure
from ..measurement import Measurement, OutcomeResult
from ..methods.one_class import EXPECTED_GAP
from ..pictures import UNDECIDED
from ..study import Outcome, Study
from ..telling import Telling, rooms, units_of
from ..wave_table import occasions
from ..wording import words
from .view import View

LEAST_LEFT = 3
"""Classes that must be left when one is left out: a pair has its own page, and names its classes (policy)."""
STEPS = 20
"""A standard deviation holds about this many steps of a slider (policy)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be changed for one outcome; empty where it would change nothing.

    ``without`` holds numbers of classes as on the page, together when they share a block; ``usual_gaps`` and
    ``margins`` are points, in round steps, with the study's own value among them.
    """

    outcomes: tuple[str, ...]
    without: tuple[tuple[int, ...], ...]
    usual_gaps: tuple[float, ...]
    margins: tuple[float, ...]


def offer(study: Study, data: Dataset, *, outcome: str | None = None) -> Offer:
    """What ``explore`` takes for this study and outcome."""
    return _offer(measure(study, data), data, outcome or study.primary.name)


def explore(
    study: Study,
    data: Dataset,
    *,
    outcome: str | None = None,
    without: int | None = None,
    usual_gap: float | None = None,
    worthwhile: float | None = None,
    lang: str = "nl",
) -> View:
    """What the report would say, and show, if this were different. Nothing is saved and the report stays as it is.

    ``outcome`` is the name of another outcome, ``without`` the number of a class as on the page (with blocks, its
    whole block goes), ``usual_gap`` how far two parallel classes usually lie apart and ``worthwhile`` the smallest
    worthwhile difference, both in points.

    Raises ValueError for a choice that ``offer`` does not hold, and whatever ``measure`` raises.
    """
    asked = {"outcome": outcome, "without": without, "usual_gap": usual_gap, "worthwhile": worthwhile}
    reported = telling(study, data, lang)
    name = outcome or study.primary.name
    offered = _offer(reported.measurement, data, name)
    left_out = _units_of(without, offered, reported.measurement)
    if usual_gap is not None and not offered.usual_gaps:
        raise ValueError("the spread between these classes was measured: a usual gap would change nothing")
    if worthwhile is not None and not offered.margins:
        raise ValueError("no smallest worthwhile difference is used here")
    own = next(item for item in study.outcomes if item.name == name)
    late = worthwhile is not None and worthwhile != own.smallest_worthwhile
    changed_study = _changed(study, own, usual_gap=usual_gap, smallest_worthwhile=worthwhile, late=late)
    told = telling(changed_study, _without(data, changed_study, left_out), lang)
    shown = tuple(_shown_with(told, name))
    said, before = tuple(_sentences(told, name)), tuple(_sentences(reported, name))
    return View(
        lang=lang,
        changed=tuple(_changes(reported, own, offered, asked, late)) or (reported.words("explore.unchanged"),),
        told=said,
        reported=tuple(line for line in before if line not in said)[:1],
        charts=tuple(block for block in shown if isinstance(block, Chart)),
        after=tuple(block.text for block in shown if isinstance(block, Text)),
        small=tuple(_small_print(told, name)),
        code=code("explore", asked, lang),
    )


def code(verb: str, asked: dict[str, object], lang: str, *, with_study: bool = True) -> str:
    """The line that shows the same in a notebook."""
    given = {name: value for name, value in asked.items() if value is not None}
    given |= {} if lang == "nl" else {"lang": lang}
    named = [f"{name}={value!r}" for name, value in given.items()]
    return f"gsl.{verb}({', '.join((['study', 'data'] if with_study else []) + named)})"


def steps(sd: float, own: float | None) -> tuple[float, ...]:
    """Round steps up to one standard deviation, and the study's own value."""
    rough = sd / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    found = {round(step * n, 6) for n in range(1, math.floor(sd / step) + 1)}
    return tuple(sorted(found | ({own} if own is not None else set())))


def telling(study: Study, data: Dataset, lang: str) -> Telling:
    """The study as it is told, from scores to verdict."""
    measurement = measure(study, data)
    spoken = words(lang).for_units(units_of(measurement)).for_kind(*rooms(measurement, measurement.primary))
    return Telling(measurement, judge(measurement), spoken)


def _result(measurement: Measurement, name: str) -> OutcomeResult:
    found = [result for result in measurement.results if result.outcome.name == name]
    if not found:
        raise ValueError(f"no outcome {name!r}; there are {[r.outcome.name for r in measurement.results]}")
    return found[0]


def _offer(measurement: Measurement, data: Dataset, name: str) -> Offer:
    result = _result(measurement, name)
    seen = measurement.study.compared and result.class_df >= MIN_CLASS_DF_SEEN
    in_points = result.kind not in UNITS
    told = seen and result.outcome.role != "secondary" and shareable(result) and in_points
    return Offer(
        outcomes=tuple(item.outcome.name for item in measurement.results),
        without=tuple(_may_be_left_out(measurement, data)),
        usual_gaps=steps(result.sd, result.outcome.usual_gap) if result.usual_gaps and result.sd and in_points else (),
        margins=steps(result.sd, result.outcome.smallest_worthwhile) if told and result.sd else (),
    )


def _may_be_left_out(measurement: Measurement, data: Dataset) -> Iterator[tuple[int, ...]]:
    """Classes, or blocks, whose mean may be shown: two results, with and without a class, tell its mean."""
    units = measurement.primary.classes
    blocks = _blocks(data)
    shown = set.intersection(*(_shown(result) for result in measurement.results))
    for block in dict.fromkeys(blocks.get(item.unit, item.unit) for item in units):
        gone = [item for item in units if blocks.get(item.unit, item.unit) == block]
        kept = [item.treated for item in units if item not in gone]
        left = {item.unit for item in units if item not in gone}
        if len(left) >= LEAST_LEFT and set(kept) == {item.treated for item in units}:
            if {item.unit for item in gone} <= shown:
                yield tuple(dict.fromkeys(item.number for item in gone))


def _blocks(data: Dataset) -> dict[int, str]:
    """The block of each unit, where there are blocks."""
    if "block" not in data.frame:
        return {}
    pairs = data.frame[["cluster", "block"]].drop_duplicates().itertuples(index=False)
    return {int(unit): f"block {block}" for unit, block in pairs}


def _shown(result: OutcomeResult) -> set[int]:
    if not classes_may_show(result) and result.kind == "share":
        return set()
    hidden = set()
    for side in {item.treated for item in result.classes}:
        arm = [item for item in result.classes if item.treated is side]
        counts = privacy.shown_counts([item.pupils for item in arm], least=privacy.MIN_MEAN)
        hidden |= {item.unit for item, count in zip(arm, counts, strict=True) if count is None}
    return {item.unit for item in result.classes} - hidden


def _units_of(without: int | None, offered: Offer, measurement: Measurement) -> set[int]:
    if without is None:
        return set()
    numbers = next((together for together in offered.without if without in together), None)
    if numbers is None:
        raise ValueError(f"class {without} cannot be left out; these can: {offered.without}")
    return {item.unit for item in measurement.primary.classes if item.number in numbers}


def _changed(study: Study, own: Outcome, *, late: bool, **fields: float | None) -> Study:
    """Only the main question and the outcome in view; a margin of now is a margin of after the results."""
    given = {name: value for name, value in fields.items() if value is not None}
    new = Outcome.model_validate(own.model_dump(by_alias=True) | given)
    kept = [item for item in study.outcomes if item.role == "primary" or item.name == own.name]
    conduct = study.conduct.model_copy(update={"results_seen": True}) if late else study.conduct
    outcomes = tuple(new if item.name == own.name else item for item in kept)
    return study.model_copy(update={"outcomes": outcomes, "conduct": conduct})


def _without(data: Dataset, study: Study, units: set[int]) -> Dataset:
    """The scores as if these classes had none."""
    if not units:
        return data
    frame = data.frame.copy()
    moments = {"pre", "post", *occasions(len(data.waves))}
    scores = {f"{outcome.name}.{occasion}" for outcome in study.outcomes for occasion in moments}
    frame.loc[frame["cluster"].isin(units), [name for name in frame if name in scores]] = math.nan
    return replace(data, frame=frame)


def _sentences(told: Telling, name: str) -> Iterator[str]:
    """What the report says about this outcome."""
    match _result(told.measurement, name).outcome.role:
        case "primary" if name != told.primary.outcome.name:
            yield from together.primaries(told)
        case "primary":
            yield from filter(None, sentences.conclusion(told))
            if told.compared and shareable(told.primary):
                yield from filter(None, (" ".join(sentences.ways(told)), " ".join(_reaches(told))))
        case role:
            tell = together.secondary if role == "secondary" else lambda one: answers.side_effects(one)[1]
            among = [item.outcome.name for item in told.measurement.results if item.outcome.role == role]
            yield tell(told)[among.index(name)]


def _reaches(told: Telling) -> Iterator[str]:
    """With one class on each side: how far the difference may reach with their own usual gap, or a middling one."""
    result, w = told.primary, told.words
    if not result.panel:
        return
    decimals, sign = told.decimals(result), result.outcome.sign
    own = result.panel[0].estimator == "own_usual_gap"
    at = 0 if own else len(result.panel) // 2
    gap, span = (
        w.points(result.usual_gaps[at], decimals),
        w.span(cut(result.panel[at].interval, result.reach), sign, decimals),
    )
    yield w("explore.one_class", gap=gap, span=span)


def _changes(reported: Telling, own: Outcome, offered: Offer, asked: dict, late: bool) -> Iterator[str]:
    w, result = reported.words, _result(reported.measurement, own.name)
    if own.name != reported.primary.outcome.name:
        yield w("explore.changed.outcome", label=own.label, primary=reported.primary.outcome.label)
    if asked["without"] is not None:
        numbers = next(together for together in offered.without if asked["without"] in together)
        yield w("explore.changed.without", gone=w.listing([reported.unit(number) for number in numbers]))
    if asked["usual_gap"] is not None:
        yield w("explore.changed.usual_gap", gap=reported.points_as_typed(asked["usual_gap"]))
    if late:
        margin = _margin(reported, result)
        before = margin is not None and margin.origin == "before"
        points = reported.points_as_typed(asked["worthwhile"])
        yield w(f"explore.changed.worthwhile{'_too' if before else ''}", points=points)


def _margin(told: Telling, result: OutcomeResult) -> Margin | None:
    if result.outcome.role == "primary":
        return told.verdict.margin
    effects = [effect for effect in told.verdict.answers.side_effects if effect.outcome == result.outcome.name]
    return effects[0].margin if effects else None


def _shown_with(told: Telling, name: str) -> Iterator[Block]:
    """The picture the report has for this outcome, and what stands under it; of a comparison only the difference."""
    result = _result(told.measurement, name)
    told = told.about(result)
    w = told.words
    outcome, margin, main = result.outcome, _margin(told, result), result.outcome.role == "primary"
    if not shareable(result):
        return
    if main and (not told.compared or told.verdict.capped_code == "ONE_CLASS"):
        blocks = tuple(pictures.attribution(told))
        first = next((at for at, block in enumerate(blocks) if isinstance(block, Chart)), 0)
        yield from blocks[first:]
    elif told.compared and result.class_df >= MIN_CLASS_DF_SEEN and result.main.interval is not None:
        interval = cut(result.main.interval, result.reach)
        low, high = sorted(outcome.sign * end for end in (interval.low, interval.high))
        chart = charts.interval(
            low,
            outcome.sign * result.main.value,
            high,
            margin=margin.points if margin is not None and margin.chosen else None,
            words=w,
            lead=main and told.verdict.capped_code not in UNDECIDED,
            decimals=told.decimals(result),
        )
        yield chart if margin is None or margin.origin == "before" else _of_now(chart, told)


def _of_now(chart: Chart, told: Telling) -> Chart:
    """The caption and the table of a picture whose margin was not chosen beforehand."""
    w = told.words
    caption = chart.caption.replace(w("charts.interval.caption_margin"), w("explore.picture.band"))
    rows = tuple(
        (w("explore.picture.margin"), *row[1:]) if row[0] == w("charts.interval.margin") else row
        for row in chart.table.rows
    )
    return replace(chart, caption=caption, table=replace(chart.table, rows=rows))


def _small_print(told: Telling, name: str) -> Iterator[str]:
    """How far classes lie apart: assumed, with the ICC of the textbooks, or as seen."""
    result = _result(told.measurement, name)
    told = told.about(result)
    w = told.words
    decimals = told.decimals(result)
    if not shareable(result):
        return
    if result.panel:
        pairs = zip(result.usual_gaps, result.panel, strict=True)
        told_each = [
            w("explore.small.icc_of", gap=w.points(gap, decimals), icc=w.number(entry.assumed_icc, 2))
            for gap, entry in pairs
        ]
        yield w("explore.small.icc", each=w.listing(told_each))
    elif (spread := result.check("class_sd")) is not None:
        end = "" if result.outcome.pre else "_end"
        yield w(f"explore.small.seen{end}", gap=w.points(EXPECTED_GAP * spread.value, decimals))

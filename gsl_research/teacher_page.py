"""The teacher's own numbers: every class, arm and group of pupils by name, however small, and what the shared page hid.

Values in, blocks out. What is too small to compare is shown and said to be so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import answers, charts, privacy, sentences
from .blocks import Block, Bullets, Callout, Heading, PrivatePage, Table, Text
from .charts import DotRow
from .dataset import Dataset
from .description import score_range
from .disclosure import (
    arms_lost_may_show,
    goal_answer_may_show,
    loss_may_show,
    shareable,
    shares_may_show,
    shown_levels,
    told_subgroups,
)
from .judge import Verdict
from .levels import UNITS
from .listed import MOST_LISTED, Listed, groups, listed, names
from .measurement import Measurement, OutcomeResult
from .pupil_page import Pupils, own_page
from .study import ReachGoal
from .telling import Telling, rooms, units_of
from .wave_table import occasions
from .wording import words

MOST_ROWS = 12
"""Classes in one figure of dots: with more it is no figure on a sheet."""

COMPARED = ("treated", "control")
Rows = NDArray[np.intp]


def teacher_page(measurement: Measurement, verdict: Verdict, data: Dataset, *, lang: str = "nl") -> PrivatePage:
    """Everything the shared page hides: all counts, means, spreads and single scores, by the names of the file.

    Raises ValueError when the data are not those of the measurement.
    """
    w = words(lang).for_units(units_of(measurement))
    pupils = Pupils(measurement, data, w, listed(measurement, data), groups(data), names(data))
    telling = Telling(measurement, verdict, w.for_kind(*rooms(measurement, measurement.primary)))
    return own_page(measurement, w, "teacher", tuple(_blocks(pupils, telling)))


def _blocks(told: Pupils, telling: Telling) -> Iterator[Block]:
    w = told.words
    yield Heading(w("private.all.concluded"))
    yield Callout("conclusion", None, tuple(text for text in sentences.concluded(telling) if text))
    yield Heading(w("private.all.hidden"))
    yield Text(w("private.all.rule", most=w.count(privacy.MIN_COUNT - 1), behind=w.count(privacy.MIN_MEAN)))
    yield Bullets((*sentences.untold_waves(telling), *_hidden(told, telling)))
    for one in told.outcomes:
        yield Heading(one.outcome.label)
        yield from _of_outcome(told, one)
    yield Text(" ".join(w(f"private.all.{key}") for key in ("spread", "few", "not_ranked")), "small")


def _hidden(told: Pupils, telling: Telling) -> Iterator[str]:
    """What the shared page leaves out of this measurement, and why."""
    w, measurement = told.words, told.measurement
    if told.data.cluster_level != "group":
        yield w("private.all.numbered")
    for one in told.outcomes:
        label, result = one.outcome.label, one.result
        small = [line for line in _lines(told, one) if not privacy.may_average(line.pupils)]
        who = w.listing([w("private.all.small_one", name=line.name, count=w.count(line.pupils)) for line in small])
        if result.outcome.central:
            yield w("private.all.central", label=label)
        elif shareable(result) and not _levels_may_show(result):
            yield w("private.all.no_levels", label=label)
        elif shareable(result):
            yield w("private.all.small", label=label, small=who) if small else w("private.all.nothing", label=label)
        else:
            yield (
                w("private.all.no_means", label=label, small=who)
                if small
                else w("private.all.no_means_other", label=label)
            )
    if isinstance(measurement.primary.outcome.goal, ReachGoal) and not goal_answer_may_show(measurement.primary):
        arm = measurement.primary.arms.get("treated") or measurement.primary.arms["single"]
        yield w("private.all.goal", **answers.goal_figures(telling, measurement.primary.outcome, arm))
    if measurement.study.followed and not (loss_may_show(measurement) and _arms_may_show(measurement)):
        yield w("private.all.losses")
    for column in dict.fromkeys(one.column for one in measurement.primary.subgroups):
        of_column = [one for one in measurement.primary.subgroups if one.column == column]
        if len(told_subgroups(measurement.primary, column)) < len(of_column):
            yield w("private.all.subgroups", column=column)


def _levels_may_show(result: OutcomeResult) -> bool:
    if result.kind == "order":
        return len(shown_levels(result)) == len(result.level_names) - 1
    return result.kind != "share" or shares_may_show(result)


def _arms_may_show(measurement: Measurement) -> bool:
    return not measurement.study.compared or measurement.primary.missing is None or arms_lost_may_show(measurement)


@dataclass(frozen=True, slots=True, repr=False)
class _Line:
    """Some pupils together: those with a complete measurement, in raw points. ``None`` where nothing is known."""

    name: str
    unit: int | None
    arm: str | None
    rows: Rows
    pupils: int
    pre: NDArray[np.float64]
    post: NDArray[np.float64]

    @property
    def lost(self) -> int:
        return len(self.rows) - self.pupils


def _line(one: Listed, name: str, unit: int | None, arm: str | None, rows: Rows) -> _Line:
    known = ~np.isnan(one.end[rows])
    if one.outcome.pre and not _others(one):
        known &= ~np.isnan(one.start[rows])
    here = rows[known]
    return _Line(name, unit, arm, rows, len(here), one.start[here], one.end[here])


def _others(one: Listed) -> bool:
    waves = one.result.waves
    return waves is not None and not waves.same_pupils


def _arms(told: Pupils) -> dict[str, Rows]:
    if "treated" not in told.data.frame:
        return {"single": np.arange(told.data.rows)}
    treated = told.data.frame["treated"].to_numpy(dtype=bool)
    return {"treated": np.flatnonzero(treated), "control": np.flatnonzero(~treated)}


def _wholes(told: Pupils, one: Listed) -> Iterator[_Line]:
    for arm, own in _arms(told).items():
        yield _line(one, told.words(f"private.all.whole_{arm}"), None, arm, own)


def _lines(told: Pupils, one: Listed) -> Iterator[_Line]:
    """Each class; both sides of a class whose pupils were divided."""
    w, arms = told.words, _arms(told)
    for group in told.groups:
        name = group.name or w("private.everyone")
        if group.arm is not None or len(arms) == 1:
            yield _line(one, name, group.unit, group.arm, group.rows)
            continue
        for arm, rows in arms.items():
            own = np.intersect1d(group.rows, rows)
            yield _line(one, w("private.class", name=name, arm=w(f"private.{arm}")), group.unit, arm, own)


def _of_outcome(told: Pupils, one: Listed) -> Iterator[Block]:
    w = told.words
    if one.result.waves is not None:
        yield _waves(told, one)
        if told.others:
            return
    if one.kind in UNITS:
        yield from _levels(told, one)
    else:
        yield _means(told, one)
        if (picture := _dots(told, one)) is not None:
            yield picture
    if one.goals is not None:
        yield _goals(told, one)
    if one.outcome.name == told.measurement.primary.outcome.name:
        columns = [subgroup.column for subgroup in told.measurement.study.subgroups]
        if columns and one.kind not in UNITS:
            for column in columns:
                yield _subgroup(told, one, column)
            yield Text(w("private.all.subgroup_note"))
    if one.outcome.pre and one.kind not in UNITS:
        yield from _missing(told, one)


# tables


def _means(told: Pupils, one: Listed) -> Table:
    w, kinds = told.words, _kinds(one)
    numbers = {item.unit: item.number for item in one.result.classes}
    counted = set(numbers)
    rows = []
    for line in _wholes(told, one):
        rows.append((line.name, _side(told, line), "", *_figures(told, one, line), _note(told, line, counted)))
    for line in _lines(told, one):
        number = numbers.get(line.unit)
        shown = w("report.unit.numbered", number=number) if number and told.data.clusters > 1 else ""
        rows.append((line.name, _side(told, line), shown, *_figures(told, one, line), _note(told, line, counted)))
    rows = rows[1:] if len(rows) == 2 else rows
    lost = "lost" if one.outcome.pre else "lost_post"
    header = [w(f"private.all.{name}") for name in ("who", "side", "number", "pupils", *kinds, lost, "note")]
    rows, header = _without_empty(rows, header)
    return Table(w("private.all.classes", label=one.outcome.label), header, rows)


def _side(told: Pupils, line: _Line) -> str:
    return told.words(f"private.cell.{'yes' if line.arm == 'treated' else 'no'}") if line.arm in COMPARED else ""


def _without_empty(rows: list[tuple[str, ...]], header: list[str]) -> tuple[tuple, tuple[str, ...]]:
    kept = [at for at in range(len(header)) if any(row[at] for row in rows)]
    return tuple(tuple(row[at] for at in kept) for row in rows), tuple(header[at] for at in kept)


def _kinds(one: Listed) -> tuple[str, ...]:
    if not one.outcome.pre:
        return ("post",)
    return ("pre", "post", *(("gain",) if one.gains else ()))


def _figures(told: Pupils, one: Listed, line: _Line) -> Iterator[str]:
    w = told.words
    yield w.count(line.pupils)
    for kind in _kinds(one):
        scores = {"pre": line.pre, "post": line.post, "gain": line.post - line.pre}[kind]
        if not line.pupils:
            yield w("private.none")
            continue
        mean = round(float(scores.mean()), 2)
        shown = f"{'+' if kind == 'gain' and mean > 0 else ''}{w.number(mean, 2)}"
        spread = line.pupils > 1 and kind != "gain"
        yield f"{shown} ({w.number(float(scores.std(ddof=1)), 2)})" if spread else shown
    yield w.count(line.lost) if line.lost else ""


def _note(told: Pupils, line: _Line, counted: set[int]) -> str:
    w = told.words
    if line.unit is not None and line.unit not in counted:
        return w("private.all.left_out")
    return "" if privacy.may_average(line.pupils) else w("private.all.too_small")


def _dots(told: Pupils, one: Listed) -> charts.Chart | None:
    rows = [
        DotRow(line.name, line.arm or "single", tuple(sorted(line.post.tolist())), float(line.post.mean()))
        for line in _lines(told, one)
        if line.pupils
    ]
    if not 0 < len(rows) <= MOST_ROWS or told.data.rows > MOST_LISTED:
        return None
    scale = one.outcome.scale_post or score_range(one.end)
    declared = one.outcome.scale_post is not None
    return charts.dots(rows, label=one.outcome.label, scale=scale, declared=declared, words=told.words)


def _subgroup(told: Pupils, one: Listed, column: str) -> Table:
    w = told.words
    labels = told.data.frame[f"subgroup.{column}"].to_numpy()
    rows = []
    for label in sorted(set(labels.tolist())):
        for arm, own in _arms(told).items():
            line = _line(one, label or w("private.all.no_label"), None, arm, own[labels[own] == label])
            if len(line.rows):
                rows.append((line.name, _side(told, line), *_figures(told, one, line), _note(told, line, set())))
    names_of = ("who", "side", "pupils", *_kinds(one), "lost" if one.outcome.pre else "lost_post", "note")
    rows, header = _without_empty(rows, [w(f"private.all.{name}") for name in names_of])
    return Table(w("private.all.subgroup_caption", label=one.outcome.label, column=column), header, rows)


def _levels(told: Pupils, one: Listed) -> Iterator[Table]:
    w, level_names = told.words, one.result.level_names
    moments = {"post": one.end} | ({"pre": one.start} if one.outcome.pre else {})
    for moment in reversed(moments):
        rows = []
        for line in (*_wholes(told, one), *_lines(told, one)):
            places = moments[moment][line.rows]
            counts = np.bincount(places[~np.isnan(places)].astype(int), minlength=len(level_names))
            rows.append((line.name, *(w.count(int(count)) for count in counts), w.count(int(counts.sum()))))
        caption = w("private.all.levels", label=one.outcome.label, moment=w(f"private.all.{moment}"))
        yield Table(caption, (w("private.all.who"), *level_names, w("private.all.pupils")), tuple(rows))


def _goals(told: Pupils, one: Listed) -> Table:
    """A row per goal and a column per class; with many classes their arms instead."""
    w, lines = told.words, list(_lines(told, one))
    if len(lines) > MOST_ROWS // 2:
        lines = list(_wholes(told, one))
    rows = []
    for at, goal in enumerate(one.result.goals.names):
        cells = []
        for line in lines:
            judged = one.goals[line.rows, at]
            reached, count = int(np.nansum(judged)), int((~np.isnan(judged)).sum())
            cells.append(w("private.all.goal_cell", reached=w.count(reached), judged=w.count(count)))
        rows.append((goal, *cells))
    header = (w("private.table.goal"), *(line.name for line in lines))
    return Table(w("private.all.goals", label=one.outcome.label), header, tuple(rows))


def _waves(told: Pupils, one: Listed) -> Table:
    w, waves = told.words, told.data.waves
    frame = told.data.frame
    scores = [frame[f"{one.outcome.name}.{name}"].to_numpy(dtype=float) for name in occasions(len(waves))]
    lines = [(line.name, line.rows) for line in (*_wholes(told, one), *_lines(told, one))]
    rows = []
    for name, own in lines:
        cells = []
        for of_wave in scores:
            here = of_wave[own][~np.isnan(of_wave[own])]
            mean = w.number(float(here.mean()), 2) if len(here) else w("private.none")
            cells.append(w("private.all.wave_cell", mean=mean, count=w.count(len(here))))
        rows.append((name, *cells))
    return Table(w("private.all.waves", label=one.outcome.label), (w("private.all.who"), *waves), tuple(rows))


def _missing(told: Pupils, one: Listed) -> Iterator[Table]:
    """How those who miss the last test began, beside those who stayed."""
    w, rows = told.words, []
    for arm, own in _arms(told).items():
        start, gone = one.start[own], np.isnan(one.end[own])
        for key, chosen in (("gone", gone), ("stayed", ~gone)):
            before = start[chosen & ~np.isnan(start)]
            mean = w.number(float(before.mean()), 2) if len(before) else w("private.none")
            note = "" if privacy.may_average(len(before)) else w("private.all.too_small")
            rows.append((w(f"private.all.{key}", arm=w(f"private.{arm}")), w.count(len(before)), mean, note))
    if all(row[1] == w.count(0) for row in rows[::2]):
        return
    shown, header = _without_empty(rows, [w(f"private.all.{name}") for name in ("who", "pupils", "mean_pre", "note")])
    yield Table(w("private.all.missing", label=one.outcome.label), header, shown)

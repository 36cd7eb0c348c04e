"""The teacher's own list: every pupil in the order of the class list, with what one test can and cannot tell of them.

Values in, blocks out. Nobody is ranked; who changed clearly stands beside how many chance alone would name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import __version__
from .blocks import Block, Bullets, Callout, Fold, Heading, PrivatePage, Report, Table, Text
from .dataset import Dataset
from .levels import UNITS
from .listed import MOST_LISTED, Group, Listed, absent, by_chance, groups, listed, names
from .measurement import Measurement
from .report import HASH_SHOWN
from .study import OneGroup, ReachGoal
from .telling import units_of
from .wording import Words, words

GOALS_ABREAST = 8
"""Columns of goals in one table: with more a sheet of A4 cuts them off."""

Rows = NDArray[np.intp]


def pupil_page(measurement: Measurement, data: Dataset, *, lang: str = "nl") -> PrivatePage:
    """The list of pupils, class by class: start, end, gain, who changed clearly, and a hint where one holds.

    Raises ValueError when the data are not those of the measurement.
    """
    w = words(lang).for_units(units_of(measurement))
    told = Pupils(measurement, data, w, listed(measurement, data), groups(data), names(data))
    return own_page(measurement, w, "pupils", tuple(_blocks(told)))


def own_page(measurement: Measurement, w: Words, name: str, blocks: tuple[Block, ...]) -> PrivatePage:
    """A page for the teacher alone, with its warning."""
    study = measurement.study
    typed = study.spoken
    page = Report(
        study_id=study.id,
        lang=w.lang,
        kicker=f"{w(f'private.title.{name}')} · {w('private.mine')}",
        typed_lang=None if typed.partition("-")[0] == w.lang else typed,
        title=study.title,
        question=study.question,
        blocks=blocks,
        footer=w(
            "private.footer",
            data=measurement.data_sha256[:HASH_SHOWN],
            plan=study.fingerprint[:HASH_SHOWN],
            version=__version__,
        ),
        name=name,
    )
    shown = w("private.notebook", what=w(f"private.title.{name}"))
    return PrivatePage(page, (w("private.mine"), w("private.warning")), shown)


@dataclass(frozen=True, slots=True, repr=False)
class Pupils:
    """Everything a list of pupils is told from, in one language."""

    measurement: Measurement
    data: Dataset
    words: Words
    outcomes: tuple[Listed, ...]
    groups: tuple[Group, ...]
    names: tuple[str, ...]

    @property
    def others(self) -> bool:
        """Other pupils at every wave: a row is not a pupil who can be followed."""
        waves = self.measurement.primary.waves
        return waves is not None and not waves.same_pupils and len(waves.labels) > 1

    @property
    def divided(self) -> bool:
        return "treated" in self.data.frame and any(group.arm is None for group in self.groups)

    def name(self, row: int) -> str:
        return self.names[row] or self.words("private.row", row=self.data.file_rows[row])

    def listing(self, rows: Rows) -> str:
        return self.words.listing([self.name(row) for row in rows.tolist()])

    def heading(self, group: Group) -> str:
        w = self.words
        name = group.name or w("private.everyone")
        return w("private.class", name=name, arm=w(f"private.{group.arm}")) if group.arm else name


def _blocks(told: Pupils) -> Iterator[Block]:
    w = told.words
    if told.others:
        yield Text(w("private.no_list"))
        return
    if told.data.rows > MOST_LISTED:
        yield Text(w("private.too_many", count=w.count(told.data.rows)))
        return
    yield Text(" ".join((w("private.read.verdict"), *_lead(told))), "lead")
    yield Fold(w("private.read.heading"), (Bullets(tuple(_read(told))),))
    for one in told.outcomes:
        if one.goals is not None:
            yield _all_goals(told, one)
    for group in told.groups:
        yield Heading(told.heading(group))
        for one in told.outcomes:
            if len(told.outcomes) > 1:
                yield Heading(one.outcome.label, 3)
            yield from _of_group(told, group, one)
    if any(one.marked or one.hinted for one in told.outcomes):
        yield Fold(w("private.how.heading"), (Bullets(tuple(dict.fromkeys(_how(told)))),))


# what the words mean


def _lead(told: Pupils) -> Iterator[str]:
    """What is needed to read the first class: the rest is folded."""
    w, taught = told.words, [one for one in told.outcomes if one.gains or one.teaches]
    if any(one.marked or one.hinted for one in taught):
        yield w("private.read.only_clear")
    elif any(one.outcome.reliability is None for one in taught):
        yield w("private.read.unknown")


def _read(told: Pupils) -> Iterator[str]:
    """The rules, once for all outcomes that share them, and by name where they differ."""
    w, measurement = told.words, told.measurement
    said = [(one, list(_rules(told, one))) for one in told.outcomes]
    for rule in dict.fromkeys(rule for _, rules in said for rule in rules):
        of = [one.outcome.label for one, rules in said if rule in rules]
        yield rule if len(of) == len(said) else w("private.read.of", labels=w.listing(of), rule=rule)
    if told.data.waves:
        yield w("private.read.waves", first=told.data.waves[0], last=told.data.waves[-1])
    if (steps := measurement.primary.steps) is not None and steps.at < len(steps.waves) - 1:
        yield w("private.read.steps", wave=steps.waves[steps.at])
    if isinstance(measurement.study.design, OneGroup) and measurement.study.design.selected_low:
        yield w("verdict.selected_low")


def _rules(told: Pupils, one: Listed) -> Iterator[str]:
    w, outcome, sides = told.words, one.outcome, one.sides.values()
    if outcome.better == "lower":
        yield w("private.read.lower_better")
    if one.goals is not None:
        yield w("private.read.goals")
    if one.kind in UNITS:
        yield w("private.read.levels")
        return
    if outcome.pre is None:
        yield w("private.read.end_only")
    elif not one.gains:
        yield w("private.read.no_gain")
    elif one.marked:
        needed = max(side.needed for side in sides if side.needed is not None)
        yield w("private.read.marked", needed=w.points(needed, _decimals(needed)))
        yield w("private.read.regression")
    if one.gains and (reasons := [side.no_marks for side in sides if side.no_marks is not None]):
        yield w("private.read.no_marks", reason=w(f"report.reason.{reasons[0]}"))
    if one.hinted:
        reach = isinstance(outcome.goal, ReachGoal)
        yield w("private.read.hint_goal", goal=w.plain(outcome.goal_at)) if reach else w("private.read.hint_mean")
        yield w("private.read.hint_unsure")
    elif one.teaches:
        yield w(f"private.read.{'no_hints' if outcome.reliability is None else 'coarse_hints'}")
    if outcome.reliability is None and (one.gains or one.teaches):
        yield w("private.read.reliability")


def _how(told: Pupils) -> Iterator[str]:
    w = told.words
    for one in told.outcomes:
        if one.marked:
            yield w("private.how.change", reliability=w.plain(one.outcome.reliability))
        if one.hinted:
            yield w("private.how.hint")
            if not isinstance(one.outcome.goal, ReachGoal):
                means = [
                    w("private.how.one", points=w.number(side.reference, 1), arm=w(f"private.{arm}"))
                    for arm, side in one.sides.items()
                    if side.reference is not None
                ]
                yield w("private.how.references", means=w.listing(means))
        if (one.marked or one.hinted) and len(one.sides) > 1:
            yield w("private.how.sides")
        if one.marked or one.hinted:
            yield w("private.how.mixed")


def _decimals(points: float) -> int:
    return 1 if points >= 1 else 2


# one class, one outcome


def _of_group(told: Pupils, group: Group, one: Listed) -> Iterator[Block]:
    w, rows = told.words, group.rows
    yield Callout("next_step", w("private.look.heading"), tuple(_look(told, one, rows)))
    if one.marked:
        yield Text(" ".join(_beside_chance(told, one, rows)))
    yield _table(told, group, one)
    if one.goals is not None:
        yield from _matrix(told, group, one)


def _look(told: Pupils, one: Listed, rows: Rows) -> Iterator[str]:
    """Whom to look at, each with the reason; never more certain than the test."""
    w, raw = told.words, ("lower", "higher") if one.outcome.sign > 0 else ("higher", "lower")
    picked: list[tuple[str, Rows, dict]] = []
    start, end = one.start[rows], one.end[rows]
    with np.errstate(invalid="ignore"):
        back = one.outcome.sign * (end - start) < 0
    goal = {"goal": w.plain(one.outcome.goal_at)} if isinstance(one.outcome.goal, ReachGoal) else {}
    if one.kind in UNITS:
        picked.append(("level_lower", rows[back], {}))
        if (goal_at := one.outcome.goal_at if goal or one.kind == "order" else 1.0) is not None:
            with np.errstate(invalid="ignore"):
                picked.append(("under_level", rows[end < goal_at], {"level": _score(told, one, goal_at)}))
    elif one.marked:
        picked.append((raw[0], rows[one.worse[rows]], {}))
    elif one.gains:
        picked.append((f"maybe_{raw[0]}", rows[back], {}))
    if one.hinted:
        picked.append(("support", rows[one.hint[rows] == "support"], {}))
    elif goal and one.kind not in UNITS:
        with np.errstate(invalid="ignore"):
            short = one.outcome.sign * (end - one.outcome.goal_at) < 0
        key = "under_goals" if one.goals is not None else "under_goal" if one.outcome.sign > 0 else "over_goal"
        picked.append((key, rows[short], goal))
    ends = (
        ("no_goals", "all_goals") if one.goals is not None else ("hard", "easy") if one.teaches else ("worst", "best")
    )
    picked.append((ends[0], rows[one.at_worst[rows]], {}))
    if one.hinted:
        picked.append(("challenge", rows[one.hint[rows] == "challenge"], {}))
    picked.append((ends[1], rows[one.at_best[rows]], {}))
    picked += [(kind, lacking, {}) for kind, lacking in absent(one, rows)]
    told_here = [w(f"private.look.{key}", names=told.listing(own), **more) for key, own, more in picked if len(own)]
    yield from told_here or [w(f"private.look.{'nobody' if one.marked else 'nothing'}")]


def _beside_chance(told: Pupils, one: Listed, rows: Rows) -> Iterator[str]:
    w, here = told.words, rows[one.counted[rows]]
    if not len(here):
        yield w("private.beside.left_out")
        return
    expected, any_of = by_chance(one, here)
    worse, better = int(one.worse[here].sum()), int(one.better[here].sum())
    counts = {"worse": w.count(worse), "better": w.count(better), "pupils": w.count(len(here))}
    if expected:
        yield w("private.beside.some", expected=w.number(expected, 1), share=w.count(100 * any_of), **counts)
    else:
        yield w("private.beside.none", **counts)
    yield w("private.beside.better", **counts)


def _table(told: Pupils, group: Group, one: Listed) -> Table:
    w, levels = told.words, one.kind in UNITS
    columns = ["pupil"]
    columns += ["arm"] if told.divided and group.arm is None else []
    columns += ["start"] if one.outcome.pre else []
    columns += ["end"]
    columns += ["gain"] if one.gains else []
    columns += ["level_change"] if levels and one.outcome.pre else ["change"] if one.gains or not levels else []
    columns += ["hint"] if one.hinted else []
    cells = [_cells(told, one, row) for row in group.rows.tolist()]
    columns = [column for column in columns if column != "change" or any(of_row["change"] for of_row in cells)]
    rows = [tuple(of_row[column] for column in columns) for of_row in cells]
    header = tuple(w(f"private.column.{_column(one, column)}") for column in columns)
    caption = w("private.table.pupils", label=one.outcome.label, name=group.name or w("private.everyone"))
    return Table(caption, header, tuple(rows))


def _column(one: Listed, column: str) -> str:
    return "remark" if column == "change" and not one.marked else column


def _cells(told: Pupils, one: Listed, row: int) -> dict[str, str]:
    w, start, end = told.words, one.start[row], one.end[row]
    known, change = not np.isnan(end - start), _change(one, row)
    said = w(f"private.cell.{change}") if change else ""
    cells = {
        "pupil": told.name(row),
        "start": _score(told, one, start),
        "end": _score(told, one, end),
        "gain": _signed(w, end - start) if known else w("private.none"),
        "change": said,
        "hint": w(f"private.cell.{one.hint[row]}") if one.hint[row] else w("private.none"),
        "level_change": said,
    }
    if "treated" in told.data.frame:
        cells["arm"] = w(f"private.cell.{'yes' if told.data.frame['treated'].iloc[row] else 'no'}")
    return cells


def _score(told: Pupils, one: Listed, value: float) -> str:
    if np.isnan(value):
        return told.words("private.none")
    if one.kind in UNITS and one.outcome.cell_levels:
        return one.outcome.cell_levels[int(value)]
    return told.words.plain(value)


def _signed(w: Words, value: float) -> str:
    text = w.plain(round(value, 6) + 0.0)
    return f"+{text}" if round(value, 6) > 0 else text


def _change(one: Listed, row: int) -> str | None:
    """What may be said of one pupil's change, in the direction of the points."""
    start, end = one.start[row], one.end[row]
    no_start, no_end = bool(one.outcome.pre) and np.isnan(start), np.isnan(end)
    if no_start or no_end:
        return "no_both" if no_start and no_end else "no_pre" if no_start else "no_post"
    if one.kind in UNITS:
        return "level_higher" if end > start else "level_lower" if end < start else "level_same"
    better, worse = ("higher", "lower") if one.outcome.sign > 0 else ("lower", "higher")
    if one.better[row] or one.worse[row]:
        return f"clear_{better if one.better[row] else worse}"
    if one.at_best[row] or one.at_worst[row]:
        return "end_of_scale" if one.goals is None else "all_goals" if one.at_best[row] else "no_goals"
    return "within" if one.counted[row] and one.marked else None


# goals


def _all_goals(told: Pupils, one: Listed) -> Table:
    w = told.words
    before = one.goals_before
    rows = []
    for at, goal in enumerate(one.result.goals.names):
        judged = ~np.isnan(one.goals[:, at])
        cells = [w("private.table.numbered", number=w.count(at + 1), goal=goal), w.count(int(judged.sum()))]
        cells += [] if before is None else [w.count(int(np.nansum(before[:, at])))]
        rows.append((*cells, w.count(int(np.nansum(one.goals[:, at])))))
    columns = ["goal", "judged", *([] if before is None else ["reached_before"]), "reached"]
    return Table(w("private.table.goals_all"), tuple(w(f"private.table.{column}") for column in columns), tuple(rows))


def _matrix(told: Pupils, group: Group, one: Listed) -> Iterator[Table]:
    w, count = told.words, one.goals.shape[1]
    for first in range(0, count, GOALS_ABREAST):
        here = range(first, min(first + GOALS_ABREAST, count))
        rows = [
            (told.name(row), *(w(f"private.cell.{_reached(one, row, goal)}") for goal in here))
            for row in group.rows.tolist()
        ]
        caption = w(
            "private.table.goals",
            name=group.name or w("private.everyone"),
            first=w.count(here[0] + 1),
            last=w.count(here[-1] + 1),
        )
        yield Table(caption, (w("private.column.pupil"), *(w.count(goal + 1) for goal in here)), tuple(rows))


def _reached(one: Listed, row: int, goal: int) -> str:
    now = one.goals[row, goal]
    before = np.nan if one.goals_before is None else one.goals_before[row, goal]
    if np.isnan(now):
        return "not_judged"
    if now:
        return "new" if before == 0 else "yes"
    return "lost" if before == 1 else "no"

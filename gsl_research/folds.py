"""The folded parts of a page: how it was calculated, how firm it stands and why, what was planned."""

from __future__ import annotations

from collections.abc import Iterator

from . import absent, charts, class_record, privacy
from .blocks import Block, Fold, Table, Text
from .disclosure import classes_may_show, shareable, told_estimates, told_subgroups
from .evidence import told_digest, versions
from .hours import PerLesson, per_lesson
from .levels import UNITS, cut
from .measurement import ONE_CLASS_G
from .months import Months, progress
from .study import Survey
from .telling import Telling, step_of

SUREST, HOUR_DECIMALS = 0.99, 3
SMALLEST_TOLD = 0.001


UNTOLD = ("own_usual_gap", ONE_CLASS_G)
"""Estimators without a text of their own on how they came about."""


def method(told: Telling) -> Fold:
    w, result = told.words, told.primary
    blocks: list[Block] = []
    main = [e.estimator for e in result.estimates if e.status != "beside" and e.estimator not in UNTOLD]
    for name in dict.fromkeys(main) or ("end_only",):
        compared = f"{name}_compared"
        name = compared if told.compared and f"report.method.{compared}" in w else name
        blocks.append(Text(w(told.of_kind(f"report.method.{_without_start(told, name)}"))))
    if (waves := result.waves) is not None and len(waves.labels) > 1:
        timing = "dates" if waves.timing == "dates" else "steps" if waves.even else "numbers"
        blocks.append(Text(w(f"report.method.timing_{timing}")))
    if any(problem.code == "waves_left_out" for problem in told.measurement.warnings):
        blocks.append(Text(w("report.method.other_moments")))
    rows = tuple(_figures(told)) if shareable(result) else ()
    rows += tuple(_origin(told))
    header = (w("report.method.table_what"), w("report.method.table_value"))
    blocks.append(Table(w("report.method.table_caption"), header, rows))
    if any(one.pooled for column in told.measurement.study.subgroups for one in told_subgroups(result, column.column)):
        blocks.append(Text(w("report.method.subgroups")))
    if shareable(result) and (found := _progress(told)) is not None:
        blocks.append(Text(w("report.months.about", version=found.version)))
    if shareable(result) and (hours := _per_lesson(told)) is not None:
        blocks.append(Text(" ".join(_about_hours(told, hours))))
    if shareable(result) and (others := tuple(_beside(told))):
        header = (w("report.beside.way"), w("report.beside.value"), w("report.beside.interval"))
        blocks += [Table(w("report.beside.caption"), header, others), Text(w("report.beside.about"))]
    if class_record.asked(told.measurement):
        why = class_record.withheld(told.measurement, told.verdict)
        blocks.append(Text(w(f"report.moments.{why or 'shared'}")))
    return Fold(w("report.heading.method"), tuple(blocks))


def _figures(told: Telling) -> Iterator[tuple[str, str]]:
    w, result = told.words, told.primary
    one = w.number

    decimals = 1 if result.kind in UNITS else 2

    def span(low: float, high: float, places: int = 2) -> str:
        return w("report.method.from_to", low=one(low, places), high=one(high, places))

    if (points := result.main) is not None:
        yield (
            w("report.method.estimate_points" if told.compared else told.of_kind("report.method.growth_points")),
            one(points.value, decimals),
        )
        if points.interval is not None:
            seen = cut(points.interval, result.reach)
            yield w("report.method.interval"), span(seen.low, seen.high, decimals)
            yield w("report.method.se"), one(points.se, decimals)
            yield w("report.method.df"), w.plain(round(points.df, 1))
            if not told.divided or result.units > 1:
                yield w("report.method.class_df"), w.plain(round(points.class_df, 1))
        drawn = result.check("permutation_p")
        if points.p is not None and (drawn is None or drawn.value != points.p):
            yield w("report.method.p"), told.p_value(points.p)
    for entry in result.panel:
        own = "own_gap" if entry.estimator == "own_usual_gap" else "panel_icc"
        seen = cut(entry.interval, result.reach)
        yield w(f"report.method.{own}", icc=one(entry.assumed_icc, 2)), span(seen.low, seen.high, decimals)
    if result.tipping_icc is not None:
        yield w("report.method.tipping"), one(result.tipping_icc, 2)
    if (g := result.g) is not None:
        yield w("report.method.g_first" if g.unit == "first_wave_total_sd" else "report.method.g"), one(g.value, 2)
        if g.interval is not None:
            yield w("report.method.g_interval"), span(g.interval.low, g.interval.high)
        if g.icc is not None:
            yield (
                w("report.method.icc_first" if g.unit == "first_wave_total_sd" else "report.method.icc"),
                one(g.icc, 2),
            )
    for odds in (e for e in result.estimates if e.metric == "log_odds" or e.unit == "cox_d"):
        kind = "odds" if odds.metric == "log_odds" else "cox_d"
        yield w(f"share.method.{kind}"), span(odds.interval.low, odds.interval.high)
    if (found := _progress(told)) is not None:
        low, high = (_months(told, count, found.most) for count in (found.low, found.high))
        yield w("report.months.row"), low if low == high else w("report.months.from_to", low=low, high=high)
    if (hours := _per_lesson(told)) is not None:
        kind = "difference" if told.compared else "growth"
        yield w(f"report.hours.{kind}"), one(hours.value, HOUR_DECIMALS)
        low, high = one(hours.low, HOUR_DECIMALS), one(hours.high, HOUR_DECIMALS)
        yield w("report.hours.interval"), w("report.method.from_to", low=low, high=high)
    if (other := next((e for e in result.estimates if e.unit == "pre_total_sd"), None)) is not None:
        yield w("report.method.g_pre"), one(other.value, 2)
    if (baseline := result.check("baseline_g")) is not None:
        yield w("report.method.baseline"), one(baseline.value, 2)
    yield from _class_figures(told)
    if (belief := told.verdict.belief) is not None:
        yield w("report.method.belief"), _chance(told, belief.sceptical)
        yield w("report.method.belief_flat"), _chance(told, belief.flat)
    if told.compared and told.verdict.margin is not None:
        yield w("report.method.margin"), told.margin(told.verdict.margin, result)


def _chance(told: Telling, chance: float) -> str:
    return told.words.number(chance, 2) if chance < SUREST else told.words("report.method.nearly_sure")


def _without_start(told: Telling, key: str) -> str:
    """The text that speaks of no pre-test, where there was none."""
    other = f"{key}_end"
    return other if told.primary.outcome.pre is None and f"report.method.{other}" in told.words else key


def _progress(told: Telling) -> Months | None:
    """Nothing that the verdict holds back, or asks to check first."""
    return None if told.verdict.held_back else progress(told.measurement)


def _per_lesson(told: Telling) -> PerLesson | None:
    return None if told.verdict.held_back else per_lesson(told.measurement)


def _about_hours(told: Telling, found: PerLesson) -> Iterator[str]:
    w, context = told.words, told.measurement.study.context
    weeks, minutes = w.plain(context.weeks), w.plain(context.minutes)
    yield w(
        "report.hours.about",
        lessons=w.number(found.lessons, 0 if found.lessons >= 10 else 1),
        weeks=weeks,
        minutes=minutes,
    )
    if found.extra_minutes is not None and found.extra_minutes > 0:
        number = w.plain(found.extra_minutes)
        blanks = {"minutes": w("locale.minute" if found.extra_minutes == 1 else "locale.minutes", number=number)}
        yield w("report.hours.extra", **blanks)
    yield w("report.hours.not")


def _months(told: Telling, count: int, most: int) -> str:
    w, size = told.words, abs(count)
    if not count:
        return w("report.months.same")
    beyond = "beyond_" if size > most else "one_" if size == 1 else ""
    return w(f"report.months.{beyond}{'less' if count < 0 else 'more'}", count=w.count(min(size, most)))


def _class_figures(told: Telling) -> Iterator[tuple[str, str]]:
    """How far the classes lie apart, and what one class or another draw would make of the difference."""
    w, result = told.words, told.primary
    found = {check.code: check.value for check in result.checks}
    if "class_sd" in found:
        yield w(told.of_kind(f"report.method.{_without_start(told, 'class_sd')}")), w.number(found["class_sd"], 2)
    if "leave_one_out_low" in found and classes_may_show(result):
        low, high = (w.number(found[f"leave_one_out_{end}"], 2) for end in ("low", "high"))
        yield w("report.method.leave_one_out"), w("report.method.from_to", low=low, high=high)
    if "site_sd" in found:
        yield w("report.method.site_sd"), w.number(found["site_sd"], 2)
    if "permutation_p" in found:
        least = found["permutation_smallest_p"]
        smallest = w("report.method.p_far_below") if least < SMALLEST_TOLD else w.number(least, 3)
        yield w("report.method.permutation", smallest=smallest), told.p_value(found["permutation_p"])
    if "bend" in found:
        yield w("report.method.bend"), w.number(found["bend"], 2)
    yield from _since(told)
    if "slopes" in found:
        yield w("report.method.slopes"), w.number(found["slopes"], 2)


def _since(told: Telling) -> Iterator[tuple[str, str]]:
    """The difference by how long classes had the approach, where every class may be told."""
    steps, w = told.primary.steps, told.words
    if steps is None or not all(privacy.may_average(n) for one in steps.classes for n in one.pupils if n):
        return
    for since, value, classes in steps.since:
        key = "since_first" if since == 0 else "since_one" if since == 1 else "since_more"
        blanks = {"units": told.units(classes), "count": w.count(since)}
        yield w(f"report.method.{key}", **blanks), w.number(value, 2)


def _beside(told: Telling) -> Iterator[tuple[str, str, str]]:
    """The same difference in other ways, and why a way could not be gone."""
    w, result = told.words, told.primary
    reliability, decimals = result.outcome.reliability, 1 if result.kind in UNITS else 2
    blanks = {"reliability": w.number(reliability, 2) if reliability is not None else ""}
    for entry in (one for one in result.beside if one in told_estimates(result)):
        span = ""
        if entry.interval is not None:
            seen = cut(entry.interval, result.reach)
            low, high = (w.number(end, decimals) for end in (seen.low, seen.high))
            span = w("report.method.from_to", low=low, high=high)
        yield w(f"report.beside.{entry.estimator}", **blanks), w.number(entry.value, decimals), span
    for one in result.refused:
        if f"report.beside.{one.estimator}" in w:
            yield w(f"report.beside.{one.estimator}", **blanks), "", w(f"report.reason.{one.reason}")


def _origin(told: Telling) -> Iterator[tuple[str, str]]:
    w, measurement = told.words, told.measurement
    yield w("report.method.study_hash"), measurement.study.fingerprint
    if not measurement.study.central:
        yield w("report.method.card_hash"), told_digest(measurement, told.verdict)
    yield w("report.method.versions"), " · ".join(f"{name} {number}" for name, number in versions().items())


def caps(told: Telling) -> Fold:
    w, security = told.words, told.verdict.security
    rows = tuple(
        (
            w(f"report.caps.{cap.criterion}"),
            w.count(cap.cap) if cap.known else w("report.caps.unknown", cap=w.count(cap.cap)),
        )
        for cap in security.caps
    )
    if security.rating < min(cap.cap for cap in security.caps):
        rows += ((w("report.caps.lowered"), w("report.caps.lowered_by")),)
    total = (w("report.caps.total"), w.count(security.rating))
    table = Table(w("report.caps.caption"), (w("report.caps.what"), w("report.caps.cap")), (*rows, total))
    lowest = min(cap.cap for cap in security.caps)
    links = [
        charts.Link(w(f"report.caps.{cap.criterion}"), step_of(cap.cap), cap.cap == lowest, cap.known)
        for cap in security.caps
    ]
    picture = charts.caps(links, told.steps, table, words=w)
    unseen = (
        (Text(w("report.caps.few_lost"), "small"),)
        if all(cap.criterion != "attrition" for cap in security.caps)
        else ()
    )
    return Fold(w("report.heading.caps"), (picture, *unseen))


def conduct(told: Telling) -> Fold:
    """What was planned beside what was done."""
    w = told.words
    header = tuple(w(f"report.conduct.{name}") for name in ("what", "planned", "done"))
    rows = tuple((w(f"report.conduct.{name}"), planned, done) for name, planned, done in _conduct(told))
    return Fold(w("report.heading.conduct"), (Table(w("report.conduct.caption"), header, rows),))


def _conduct(told: Telling) -> Iterator[tuple[str, str, str]]:
    """(what, planned, done); an empty cell where there is nothing to plan or to do."""
    w, study = told.words, told.measurement.study
    outcome, done, unknown = told.primary.outcome, study.conduct, w("report.conduct.unknown")

    def choice(name: str, value: str | None) -> str:
        return w(f"report.conduct.{name}_{value}") if value else unknown

    def yes_no(value: bool | None) -> str:
        return unknown if value is None else w(f"locale.{'yes' if value else 'no'}")

    yield (
        "when",
        w("report.conduct.plan_on", date=w.date(study.planned_on)) if study.planned_on else unknown,
        w("report.conduct.post_on", date=w.date(done.post_on)) if done.post_on else unknown,
    )
    if told.compared:
        level = study.design.assigned if told.primary.steps is None else told.measurement.cluster_level
        unit = w(f"report.conduct.unit_{level}")
        drawn = w(f"report.facts.{'drawn' if study.design.randomised else 'not_drawn'}")
        yield "assigned", w(told.of_kind("report.conduct.per"), unit=unit, drawn=drawn), _sides(told)
        if not told.divided and told.primary.steps is None:
            yield "comparison", "", choice("comparison", done.comparison)
        worth, seen = outcome.smallest_worthwhile, told.figures(told.primary)
        span = seen.get("span", "") if shareable(told.primary) and told.verdict.capped_code != "ONE_CLASS" else ""
        typed = told.points_as_typed(told.verdict.margin.points) if worth else unknown
        yield "margin", typed, span
    elif not isinstance(study.design, Survey):
        yield "new_content", "", yes_no(done.new_content)
    yield "tests", choice("tests", outcome.tests if outcome.pre else "none"), " ".join(absent.counted(told))
    yield "scoring", "", choice("scoring", done.scoring)
    share = None if done.fidelity is None else w("report.conduct.share", percent=w.number(100 * done.fidelity, 0))
    if not isinstance(study.design, Survey):
        yield "fidelity", w("report.conduct.every_lesson"), share or unknown
    yield "concurrent_change", "", yes_no(done.concurrent_change)
    yield "results_seen", "", yes_no(done.results_seen)


def steps(told: Telling) -> str:
    """How many classes started first, and later."""
    w, found = told.words, told.primary.steps
    drawn = w(f"report.facts.{'drawn' if told.measurement.study.design.randomised else 'not_drawn'}")
    if found.two:
        first, waiting = (
            w.count(sum((one.start <= found.at) == side for one in found.classes)) for side in (True, False)
        )
        return w("report.facts.waited", first=first, waiting=waiting, drawn=drawn)
    return w("report.facts.steps", steps=w.count(len(found.sizes)), drawn=drawn)


def _sides(told: Telling) -> str:
    """How many classes, or pupils where these were divided, on each side; no small count of pupils."""
    w, arms = told.words, told.primary.arms
    if told.primary.steps is not None:
        return steps(told)
    if not told.divided:
        return w("report.conduct.sides", **{name: w.count(arm.classes) for name, arm in arms.items()})
    counts = {name: w.count(arm.pupils) for name, arm in arms.items()}
    return w("report.conduct.divided", **counts) if shareable(told.primary) else ""

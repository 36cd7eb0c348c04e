"""The same attacker, near the truth and of every number on the card: intervals, errors, checks, other calculations.

She tries what each number would have been had the points of some pupils been a little higher, or further apart:
of every class those who were measured at the same moments and have the same label, at each moment. A published number
then is a linear statement about these shifts, as exact as it is rounded; the means of arms and of classes that the page
shows are too. What is claimed: the mean of any such group of fewer than ten pupils of a class, of an arm, or of a class
as a whole, stays open by SD/√10 on either side.

Not used: p-values and degrees of freedom, which follow from the others; correlations of outcomes; what a draw gives.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from attacker import FAR, ROUNDED, Seen, Unknown, arm_means, arm_of, drawn
from attacker_waves import drawn_means

import gsl_research as gsl

STEP = 1e-4
"""How far the points are shifted, in SD."""
ENTRY = ("value", "se", "low", "high")


def solved_near(one: Seen) -> list[str]:
    """Every mean of fewer than ten pupils of the first outcome that she knows too well."""
    result = one.measurement.primary
    if not result.sd or result.kind not in ("points",):
        return []
    return list(_solved(one))


def _moments(one: Seen) -> list[str]:
    name, frame = one.measurement.primary.outcome.name, one.data.frame
    return [column for column in frame if column.startswith(f"{name}.") and frame[column].notna().any()]


def _groups(one: Seen) -> list[tuple]:
    """(arm, class, label, moments) of every pupil."""
    frame, study = one.data.frame, one.study
    seen = frame[_moments(one)].notna().to_numpy()
    labels = frame[f"subgroup.{study.subgroups[0].column}"] if study.subgroups else [""] * len(frame)
    units = frame["cluster"].to_numpy()
    return [
        (arm, int(unit), str(label), tuple(map(bool, row)))
        for arm, unit, label, row in zip(arm_of(one), units, labels, seen, strict=True)
    ]


def _solved(one: Seen) -> Iterator[str]:
    result, columns, of = one.measurement.primary, _moments(one), _groups(one)
    sizes = Counter(of)
    names = [
        (group, at, what)
        for group in sorted(sizes)
        for at in range(len(columns))
        if group[3][at]
        for what in ("mean", "spread")[: 1 + (sizes[group] > 1)]
    ]
    known = Unknown(names, least=-FAR)
    one = replace(one, data=_inside(one, columns))
    base = _numbers(one.study, one.data)
    moved = {name: _numbers(one.study, _shifted(one, of, columns, name)) for name in names}
    step = STEP * result.sd
    for key, to in _published(one.card, base):
        row = np.array([(moved[name].get(key, base[key]) - base[key]) / step for name in names])
        if np.abs(row).max() > 1e-9:
            known.know(str(key), row, -to, to)
    for said, row, to in _drawn(one, known, sizes):
        known.know(said, row, -to, to)
    near = result.sd / 10**0.5
    for said, chosen, at in _few(sizes, len(columns)):
        pupils, row = sum(sizes[group] for group in chosen), _mean(known, sizes, chosen, at)
        if not known.is_open(row, 2 * near - 1e-6):
            low, high = known.ends(row)
            yield f"{said} at {columns[at]}: {pupils} pupils, known to {(high - low) / 2:.2f}, SD/√10 is {near:.2f}"


def _inside(one: Seen, columns: list[str]):
    """The data with no point at an end of the scale, so that every point can be a little higher."""
    frame = one.data.frame.copy()
    frame[columns] = frame[columns].mean() + (frame[columns] - frame[columns].mean()) * (1 - 10 * STEP)
    return replace(one.data, frame=frame)


def _shifted(one: Seen, of: list[tuple], columns: list[str], name: tuple):
    """The data with the points of one group at one moment a little higher, or further from their mean."""
    group, at, what = name
    frame, rows = one.data.frame.copy(), np.array([other == group for other in of])
    points = frame[columns[at]].to_numpy(dtype=float).copy()
    step = STEP * one.measurement.primary.sd
    own = points[rows]
    away = np.ones(len(own)) if what == "mean" else (own - own.mean()) / max(np.abs(own - own.mean()).max(), 1e-9)
    points[rows] = own + step * away
    frame[columns[at]] = points
    return replace(one.data, frame=frame)


def _numbers(study, data) -> dict[tuple, float]:
    """Every number of the school's own record, unrounded."""
    measurement = gsl.measure(study, data)
    record = gsl.private_record(measurement, gsl.judge(measurement)).to_json()
    return dict(_entries(record))


def _entries(record: dict) -> Iterator[tuple[tuple, float]]:
    for entry in record["estimates"]:
        key = (
            "estimate",
            entry["outcome"],
            entry["subgroup"],
            entry["metric"],
            entry["estimator"],
            entry.get("assumed_icc"),
        )
        yield from (((*key, part), entry[part]) for part in ENTRY if entry[part] is not None)
    for check in record["checks"]:
        if check["value"] is not None:
            yield ("check", check["outcome"], check["code"]), check["value"]
    for entry in record["missing"]:
        for before in entry["before"]:
            yield from (
                (("before", entry["outcome"], before["arm"], part), before[part])
                for part in ("value", "low", "high")
                if before[part] is not None
            )
        if entry["bounds"]:
            yield from ((("bounds", entry["outcome"], at), end) for at, end in enumerate(entry["bounds"]))


def _published(card: dict, base: dict) -> Iterator[tuple[tuple, float]]:
    """What of these numbers is on the card, and how far off it is at most."""
    for key, _ in _entries(card):
        if key in base and np.isfinite(base[key]):
            decimals = {"estimate": 3 if "g" in key else 2, "check": 2, "before": 1, "bounds": 1}[key[0]]
            yield key, 0.5 * 10.0**-decimals


def _drawn(one: Seen, known: Unknown, sizes: Counter) -> Iterator[tuple[str, np.ndarray, float]]:
    """The means of arms and of classes that a page shows, before and afterwards."""
    result = one.measurement.primary
    if result.waves is not None or result.steps is not None:
        for said, arm, unit, at in drawn_means(one):
            here = [g for g in sizes if g[3][at] and (g[0] == arm if unit is None else g[1] == unit)]
            if here:
                yield said, _mean(known, sizes, here, at), ROUNDED
    if result.waves is not None:
        return
    counted = {item.unit for item in result.classes}
    last = result.steps.at if result.steps is not None else max(name[1] for name in known.names)
    complete = [g for g in sizes if g[3][last] and (g[3][0] or not result.outcome.pre) and g[1] in counted]
    for what, at in (("pre", 0), ("post", last)):
        if what == "pre" and not result.outcome.pre:
            continue
        for said, arm, to in arm_means(one, result, what):
            if here := [g for g in complete if g[0] == arm]:
                yield f"{said} {what}", _mean(known, sizes, here, at), to
        for place, to in drawn(one, result.classes, what):
            item = result.classes[place]
            here = [g for g in complete if g[1] == item.unit and (item.treated is None or _on_side(g, item, result))]
            if here:
                yield f"class {what}", _mean(known, sizes, here, at), to


def _mean(known: Unknown, sizes: Counter, chosen, at: int) -> np.ndarray:
    pupils = sum(sizes[group] for group in chosen)
    return np.array([sizes[n[0]] / pupils * (n[0] in chosen and n[1] == at and n[2] == "mean") for n in known.names])


def _on_side(group: tuple, item, result) -> bool:
    return len(result.classes) == result.units or (group[0] == "treated") == item.treated


def _few(sizes: Counter, moments: int) -> Iterator[tuple[str, set, int]]:
    ways = {
        "moments of an arm": lambda g: (g[0], g[3]),
        "class": lambda g: g[:2],
        "moments of a class": lambda g: (g[0], g[1], g[3]),
        "label of an arm": lambda g: (g[0], g[2]),
    }
    told = set()
    for name, way in ways.items():
        for key in sorted({way(group) for group in sizes}, key=str):
            for at in range(moments):
                chosen = frozenset(group for group in sizes if way(group) == key and group[3][at])
                if 0 < sum(sizes[group] for group in chosen) < 10 and (chosen, at) not in told:
                    told.add((chosen, at))
                    yield f"{name} {key}", set(chosen), at

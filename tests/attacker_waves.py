"""The same attacker, of several moments and of classes that start in turn.

* Counts, of pupils who are followed. Who was measured at which moments, a place at the last one, and a clear change or
  none: every count of 1 to 6 of one of these in an arm stays open by 6.
* Means. Of every class, and of those of its pupils who were measured at the same moments, the sum of the points at each
  moment is unknown; who was measured when is known. The mean of every group of fewer than ten of them, of a class or of
  an arm, stays open by SD/√10 on either side. Told are the means by moment, of arms and of classes, and the difference
  or the growth, which is a sum of these sums too; its error as a line near the truth.
"""

import itertools
from collections import Counter
from collections.abc import Iterator

import numpy as np
from attacker import CARD, FAR, NUMBER, OPEN, ROUNDED, SMALL, TREATED, Seen, Unknown, arm_of, number, scores_by_moment

from gsl_research.study import ReachGoal

Pattern = tuple[bool, ...]
"""At which moments a pupil was measured."""


def solved_waves(one: Seen) -> list[str]:
    """Every small count, and every mean of few, of the first outcome at several moments that she knows too well."""
    result = one.measurement.primary
    if result.waves is None and (result.steps is None or result.steps.two):
        return []
    followed = result.waves is not None and result.waves.same_pupils
    return [*(_counts(one) if followed else ()), *_means(one)]


# counts

Kind = tuple[str, Pattern, str | None, str | None]
"""(arm, moments, place at the last, clear change)."""


def _counts(one: Seen) -> Iterator[str]:
    truth = Counter(_kinds(one))
    arms, moved = sorted({kind[0] for kind in truth}), sorted({kind[3] for kind in truth} - {None})
    moments = len(one.measurement.primary.waves.labels)
    kinds: list[Kind] = []
    for arm, pattern in itertools.product(arms, itertools.product((False, True), repeat=moments)):
        places = ("worst", "below", "reached", "best") if pattern[-1] else (None,)
        ways = moved if moved and arm in ("treated", "single") and pattern[0] and pattern[-1] else (None,)
        kinds += [(arm, pattern, place, way) for place, way in itertools.product(places, ways)]
    known = Unknown(kinds)
    real = np.array([float(truth[kind]) for kind in kinds])
    assert real.sum() == sum(truth.values())
    for said, weights, low, high in _counts_told(one, known, real):
        assert low - 1e-6 <= weights @ real <= high + 1e-6, f"{said}: {weights @ real} not in {low} to {high}"
        known.know(said, weights, low, high)
    for name, weights in _cells(known, arms, moments):
        if round(weights @ real) in SMALL and not known.is_open(weights, OPEN):
            yield f"{name}: {weights @ real:g}, known as {known.ends(weights)}"


def _kinds(one: Seen) -> Iterator[Kind]:
    from attacker import moves

    result, points = one.measurement.primary, scores_by_moment(one)
    outcome = result.outcome
    sides = arm_of(one)
    if one.study.divided:
        counted = {item.unit for item in result.classes}
        units = one.data.frame["cluster"]
        sides = [side if unit in counted else f"{side}, left out" for side, unit in zip(sides, units, strict=True)]
    own = np.array([side in ("treated", "single") for side in sides])
    moved = moves(outcome, points[:, 0], points[:, -1], own)
    goal = outcome.goal_at if isinstance(outcome.goal, ReachGoal) else None
    worst, best = (outcome.scale_post or (-np.inf, np.inf))[:: outcome.sign]
    for row, side in enumerate(sides):
        pattern, place = tuple(bool(seen) for seen in ~np.isnan(points[row])), None
        if pattern[-1]:
            last = points[row, -1]
            reached = goal is not None and outcome.sign * last >= outcome.sign * goal
            place = "best" if last == best else "worst" if last == worst else "reached" if reached else "below"
        yield side, pattern, place, None if moved is None else moved[row]


def _counts_told(one: Seen, known: Unknown, real: np.ndarray):
    result, card = one.measurement.primary, one.card
    own = "treated" if "treated" in result.arms else "single"
    groups = {
        "two moments": lambda p: sum(p) > 1,
        "the last": lambda p: p[-1],
        "the first": lambda p: p[0],
        "both ends": lambda p: p[0] and p[-1],
        "all": lambda p: True,
    }

    def of(arm: str | None, group: str) -> np.ndarray:
        every = group == "all"
        return known.weights(
            lambda k: (k[0] == arm or arm is None and (every or k[0] in result.arms)) and groups[group](k[1])
        )

    def told(arm: str | None, count: float) -> Iterator[tuple[str, np.ndarray, float, float]]:
        """Of whom it speaks is for her to guess: the first group that is as large."""
        group = next((name for name in groups if of(arm, name) @ real == count), None)
        if group is not None:
            yield f"{group} {arm}", of(arm, group), count, count

    for key, blanks in one.texts:
        match key.removeprefix("verdict."):
            case "locale.basis":
                yield from told(None, blanks["pupils"])
            case "goal.exact" | "goal.few" | "goal.nearly_all":
                yield key, of(own, "the last"), blanks["pupils"], blanks["pupils"]
                reached = known.weights(lambda k: k[0] == own and k[2] in ("reached", "best"))
                yield key, reached, *_ends(key, blanks | {"few": blanks.get("least", 1) - 1})
            case "everyone.ceiling" | "everyone.floor":
                place = "best" if key.endswith("ceiling") else "worst"
                yield key, known.weights(lambda k, p=place: k[0] == own and k[2] == p), *(blanks["pupils"],) * 2
            case _ if key.startswith(("verdict.everyone.lower_", "verdict.everyone.higher_")):
                way, kind = key.removeprefix("verdict.everyone.").split("_", 1)
                moved, pupils = known.weights(lambda k, w=way: k[3] == w), blanks["pupils"]
                yield key, of(own, "both ends"), pupils, pupils
                yield key, moved, *_ends(kind, blanks)
    if card["data"]["pupils"] is not None:
        yield "card: pupils", of(None, "all"), *(card["data"]["pupils"],) * 2
    ends = {"no_pre": (False, True), "no_post": (True, False), "neither": (False, False)}
    for reason, count in card["data"]["dropped"].items():
        if count is not None:
            missed = known.weights(lambda k, e=ends[reason]: (k[1][0], k[1][-1]) == e)
            yield f"card: {reason}", missed, count, count
    for entry in card["estimates"]:
        for name, count in entry["n"].items():
            if name.startswith("pupils") and count is not None and entry["subgroup"] is None:
                arm = name.removeprefix("pupils").lstrip("_")
                yield from told(arm if arm in result.arms else None, count)
    for check in card["checks"]:
        if check["code"] == "attrition" and check["value"] is not None and check["outcome"] == result.outcome.name:
            gone, every = known.weights(lambda k: not k[1][-1]), of(None, "all")
            yield "card: attrition", gone - (check["value"] + CARD) * every, -np.inf, 0.0
            yield "card: attrition", gone - (check["value"] - CARD) * every, 0.0, np.inf


def _ends(kind: str, blanks: dict) -> tuple[float, float]:
    """The least and the most of a part that is told exactly, as few or as nearly all."""
    if kind.endswith("exact"):
        count = blanks.get("count", blanks.get("reached"))
        return count, count
    return (0, blanks["few"]) if kind.endswith("few") else (blanks["pupils"] - blanks["few"], blanks["pupils"])


def _cells(known: Unknown, arms, moments: int) -> Iterator[tuple[str, np.ndarray]]:
    for arm in arms:
        for pattern in itertools.product((False, True), repeat=moments):
            yield f"{arm} {pattern}", known.weights(lambda k, a=arm, p=pattern: k[:2] == (a, p))
        for at, value in itertools.product((2, 3), {kind[at] for kind in known.names for at in (2, 3)} - {None}):
            yield f"{arm} {value}", known.weights(lambda k, a=arm, n=at, v=value: k[0] == a and k[n] == v)
        for at in range(moments):
            yield f"{arm} missed {at}", known.weights(lambda k, a=arm, n=at: k[0] == a and not k[1][n])


# means

Group = tuple[str, int, Pattern]
"""(arm, class, moments)."""


def _means(one: Seen) -> Iterator[str]:
    result, points = one.measurement.primary, scores_by_moment(one)
    if not result.sd:
        return
    seen = ~np.isnan(points)
    of = [
        (side, int(unit), tuple(map(bool, row)))
        for side, unit, row in zip(arm_of(one), one.data.frame["cluster"], seen, strict=True)
    ]
    if one.study.divided:
        counted = np.array([group[1] in {item.unit for item in result.classes} for group in of])
        of, points = [group for group, counts in zip(of, counted, strict=True) if counts], points[counted]
    moments = points.shape[1]
    names = [(group, at) for group in sorted(set(of)) for at in range(moments) if group[2][at]]
    place = {name: at for at, name in enumerate(names)}
    real = np.zeros(len(names))
    for group, row in zip(of, points, strict=True):
        for at in range(moments):
            if group[2][at]:
                real[place[group, at]] += row[at]
    sizes = Counter(of)
    known = Unknown(names, least=-FAR)
    for said, weights, to in _means_told(one, known, sizes, real, points):
        known.know(said, weights, weights @ real - to, weights @ real + to)
    near = result.sd / 10**0.5
    for name, chosen, at in _few(sizes, moments):
        pupils = sum(sizes[group] for group in chosen)
        weights = known.weights(lambda n, c=chosen, at=at: n[0] in c and n[1] == at) / pupils
        if not known.is_open(weights, 2 * near - 1e-6):
            low, high = known.ends(weights)
            yield f"{name} at {at}: {pupils} pupils, known to {(high - low) / 2:.2f}, SD/√10 is {near:.2f}"


def _few(sizes: Counter, moments: int) -> Iterator[tuple[str, set, int]]:
    """Groups of one to nine: of an arm or a class those measured at the same moments, and all of a class at one."""
    ways = {
        "arm": lambda g: (g[0], g[2]),
        "class": lambda g: g[:2],
        "of class": lambda g: g,
    }
    for name, way in ways.items():
        for key in sorted({way(group) for group in sizes}, key=str):
            for at in range(moments):
                chosen = {group for group in sizes if way(group) == key and group[2][at]}
                if 0 < sum(sizes[group] for group in chosen) < 10:
                    yield f"{name} {key}", chosen, at


def drawn_means(one: Seen) -> Iterator[tuple[str, str | None, int | None, int]]:
    """(said, arm, class, moment) of every mean that is told, of all who were measured then."""
    result = one.measurement.primary
    waves = result.waves or result.steps
    labels = waves.labels if result.waves is not None else waves.waves
    units = {item.number: item.unit for item in result.classes}
    for table in dict.fromkeys(one.tables):
        columns = [at for at, head in enumerate(table.header) if head in labels]
        for row in table.rows if len(columns) > 1 else ():
            found = NUMBER.search(row[0])
            arm = "single" if "single" in result.arms else "treated" if row[0] in TREATED else "control"
            of = (None, units.get(int(found[0]), -1)) if found else (arm, None)
            for at in columns:
                if isinstance(number(row[at]), float):
                    yield f"drawn {row[0]}", *of, labels.index(table.header[at])
    if result.waves is None:
        return
    for key, blanks in one.texts:
        if not key.startswith(("report.certain.", "report.facts.gain", "verdict.goal.gain")):
            continue
        for name, at in (("pre", 0), ("post", len(labels) - 1)):
            for arm in result.arms:
                if isinstance(blanks.get(f"{name}_control" if arm == "control" else name), float):
                    yield f"page: {key}", arm, None, at


def _means_told(one: Seen, known: Unknown, sizes: Counter, real: np.ndarray, points: np.ndarray):
    for said, arm, unit, at in drawn_means(one):
        chosen = {g for g in sizes if g[2][at] and (g[0] == arm if unit is None else g[1] == unit)}
        pupils = sum(sizes[group] for group in chosen)
        if pupils:
            yield said, known.weights(lambda n, c=chosen, at=at: n[0] in c and n[1] == at) / pupils, ROUNDED
    yield from _difference(one, known, sizes, real)


def _difference(one: Seen, known: Unknown, sizes: Counter, real: np.ndarray):
    """The growth, or how much more an arm grew: of every class the slopes of its pupils, weighed as the method does."""
    result, card = one.measurement.primary, one.card
    told = [e for e in card["estimates"] if e["metric"] == "points" and e["outcome"] == result.outcome.name]
    main = next((e for e in told if e["status"] in ("ok", "described") and e["subgroup"] is None), None)
    if result.steps is not None:
        return
    if main is not None and result.waves.same_pupils and result.waves.timing != "dates":
        rises = _rises(result, known, sizes)
        arms = list(result.arms)
        if main["estimator"] == "mean_slope" or len(rises) == 0:
            return
        own = [np.mean([rise for (arm, _), rise in rises.items() if arm == name], axis=0) for name in arms]
        row = own[0] - own[1] if len(own) == 2 else own[0]
        yield "difference", row, CARD
        if main["se"] is not None and len(rises) > 2:
            values = {key: float(rise @ real) for key, rise in rises.items()}
            middle = {name: np.mean([v for (arm, _), v in values.items() if arm == name]) for name in arms}
            off = np.array([values[key] - middle[key[0]] for key in rises])
            if (length := np.linalg.norm(off)) > 0:
                error = sum(o / length * rise for o, rise in zip(off, rises.values(), strict=True))
                yield "error", error, CARD * max(main["df"] or 1.0, 1.0) ** 0.5
    for entry in told:
        if entry["estimator"] == "first_to_last":
            ends = {name: np.zeros(len(known.names)) for name in result.arms}
            for name in result.arms:
                by_class = []
                for unit in {group[1] for group in sizes if group[0] == name}:
                    both = [g for g in sizes if g[0] == name and g[1] == unit and g[2][0] and g[2][-1]]
                    pupils = sum(sizes[g] for g in both)
                    if pupils:
                        last = known.weights(lambda n, b=both: n[0] in b and n[1] == len(b[0][2]) - 1)
                        first = known.weights(lambda n, b=both: n[0] in b and n[1] == 0)
                        by_class.append((last - first) / pupils)
                ends[name] = np.mean(by_class, axis=0)
            yield "first to last", ends["treated"] - ends["control"], CARD


def _rises(result, known: Unknown, sizes: Counter) -> dict[tuple[str, int], np.ndarray]:
    """Of every class, on one side, the slope over the whole duration as weights of the sums."""
    times = np.array(result.waves.times)
    rises = {}
    for key in sorted({group[:2] for group in sizes}):
        top, below = np.zeros(len(known.names)), 0.0
        for group, pupils in sizes.items():
            if group[:2] != key or sum(group[2]) < 2:
                continue
            here = np.flatnonzero(group[2])
            off = times[here] - times[here].mean()
            below += pupils * float(off @ off)
            for at, weight in zip(here, off, strict=True):
                top += weight * known.weights(lambda n, g=group, at=at: n == (g, at))
        if below > 0:
            rises[key] = top / below * float(times[-1] - times[0])
    return rises

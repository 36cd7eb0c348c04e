"""Small made-up studies that go through the public path: Study, bind, measure, judge, report."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from conftest import plan


@dataclass(frozen=True)
class Case:
    """``study`` as it stands in a study file; ``columns`` as they stand in a score file."""

    name: str
    study: dict[str, Any]
    columns: dict[str, list]


def pupils(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pre-test deviations and what else moves a post-test: both with mean 0, and unrelated."""
    deviation = np.linspace(-2.4, 2.4, size)
    noise = np.random.default_rng(seed).normal(0, 1, size)
    noise -= noise.mean()
    noise -= deviation * (deviation @ noise) / (deviation @ deviation)
    return deviation, noise


def scores(
    shifts: list[float], *, sizes: list[int], scale=(0, 20), gain=2.0, start=0.0, slope=0.7, sign=1, noise=1.0, turned=0
) -> tuple[list[float], list[float], list[int]]:
    """(pre, post, class) such that the adjusted mean of class j lies exactly ``shifts[j]`` from the others.

    All in twentieths of the scale; ``start`` lifts the pre-test of the first class in steps to the last. ``turned``
    gives every class the same scores, each pupil those of another: no two columns are copies.
    """
    unit = (scale[1] - scale[0]) / 20
    pre, post, unit_of_row = [], [], []
    for j, (shift, size) in enumerate(zip(shifts, sizes, strict=True)):
        deviation, rest = pupils(size, j)
        before = 9 + start * (j < len(shifts) / 2) + deviation
        after = 9 + slope * (before - 9) + sign * (gain + shift) + noise * rest
        before, after = np.roll(before, turned), np.roll(after, turned)
        pre += [float(scale[0] + unit * value) for value in before]
        post += [float(scale[0] + unit * min(max(value, 0), 20)) for value in after]
        unit_of_row += [j] * size
    return pre, post, unit_of_row


def shifts(treated: int, control: int, delta: float, spread: float) -> list[float]:
    """Class shifts: the arms lie ``delta`` apart, the classes of one arm ``spread`` around their mean."""
    offsets = [[spread * (1 - 2 * (j % 2)) for j in range(n)] for n in (treated, control)]
    centred = [[offset - sum(arm) / len(arm) for offset in arm] for arm in offsets]
    return [delta + offset for offset in centred[0]] + centred[1]


def outcome(name: str = "toets", **changes) -> dict[str, Any]:
    base: dict[str, Any] = {"name": name, "label": name.capitalize(), "domain": "learning_gain", "role": "primary"}
    base |= {"pre": f"{name}_voor", "post": f"{name}_na", "scale": [0, 20], "smallest_worthwhile": 1.0}
    given = base | changes
    return {key: value for key, value in given.items() if value is not None}


def comparison(
    name: str,
    delta: float = 0.0,
    spread: float = 0.4,
    arms: tuple[int, int] = (3, 3),
    *,
    size: int = 20,
    sizes: list[int] | None = None,
    level: str = "class",
    design: dict | None = None,
    main: dict | None = None,
    more: dict[str, tuple[dict, float]] | None = None,
    start: float = 0.0,
    lost: int = 0,
    noise: float = 1.0,
    **changes,
) -> Case:
    """Whole units compared. ``more`` has other outcomes with their own difference; ``lost`` pupils have no post."""
    measured = outcome(**(main or {}))
    sign = 1 if measured.get("better", "higher") == "higher" else -1
    sizes = sizes or [size] * sum(arms)
    moved, scale = shifts(*arms, delta, spread), measured.get("scale", (0, 20))
    pre, post, unit = scores(moved, sizes=sizes, scale=scale, start=start, sign=sign, noise=noise)
    if lost:
        every = len(unit) // lost
        post = [("afw", "")[n // 7 % 2] if n % every == 0 else score for n, score in enumerate(post)]
    columns: dict[str, list] = {
        "leerling": [f"p{n}" for n in range(len(unit))],
        "eenheid": [f"e{j}" for j in unit],
        "groep": ["nieuw" if j < arms[0] else "gewoon" for j in unit],
        "toets_na": post,
    }
    if "pre" in measured:
        columns["toets_voor"] = pre
    outcomes = [measured]
    for place, (other, (fields, gap)) in enumerate((more or {}).items(), 1):
        outcomes.append(outcome(other, **{"role": "secondary", "smallest_worthwhile": 1.0, **fields}))
        flip = 1 if fields.get("better", "higher") == "higher" else -1
        other_scale = fields.get("scale", (0, 20))
        before, after, _ = scores(shifts(*arms, gap, spread), sizes=sizes, scale=other_scale, sign=flip, turned=place)
        columns |= {f"{other}_voor": before, f"{other}_na": after}
    assigned = {"teaching_group": "pupil"}.get(level, level)
    given = {
        "columns": {"pupil": "leerling", level: "eenheid", "group": "groep"},
        "design": {"kind": "comparison", "assigned": assigned, **(design or {})},
        "outcomes": outcomes,
    }
    return Case(name, plan(**given | changes), columns)


def one_group(
    name: str,
    gains: tuple[float, ...] = (2.0,),
    *,
    size: int = 20,
    level: str | None = "class",
    main: dict | None = None,
    more: dict[str, dict] | None = None,
    noise: float = 1.0,
    slope: float = 0.7,
    design: dict | None = None,
    **changes,
) -> Case:
    measured = outcome(**(main or {}))
    sign = 1 if measured.get("better", "higher") == "higher" else -1
    columns: dict[str, list] = {}
    outcomes = [
        measured,
        *(outcome(other, **{"role": "secondary", **fields}) for other, fields in (more or {}).items()),
    ]
    for place, item in enumerate(outcomes):
        pre, post, unit = scores(
            list(gains), sizes=[size] * len(gains), scale=item.get("scale", (0, 20)), gain=0, slope=slope, sign=sign,
            noise=noise, turned=place,
        )  # fmt: skip
        columns |= {f"{item['name']}_voor": pre, f"{item['name']}_na": post}
    columns |= {"leerling": [f"p{n}" for n in range(len(unit))], "eenheid": [f"e{j}" for j in unit]}
    roles = {"pupil": "leerling"} | ({level: "eenheid"} if level else {})
    kind = {"kind": "one_group", **(design or {})}
    return Case(name, plan("one_group", columns=roles, design=kind, outcomes=outcomes, **changes), columns)


def divided(
    name: str,
    delta: float = 0.0,
    sites: int = 6,
    *,
    spread: float = 0.3,
    size: int = 12,
    site: str = "class",
    drawn: bool = True,
    main: dict | None = None,
    more: dict[str, tuple[dict, float]] | None = None,
    **changes,
) -> Case:
    """Pupils with and without the approach in every class, ``size`` of each; what it does differs by ``spread``."""
    outcomes, columns = [outcome(**(main or {}))], {}
    for other, (fields, _) in (more or {}).items():
        outcomes.append(outcome(other, **{"role": "secondary", **fields}))
    for place, item in enumerate(outcomes):
        gap = delta if place == 0 else more[item["name"]][1]
        moved = [
            side * (gap + spread * (1 - 2 * (j % 2)) * (j < sites - sites % 2)) for j in range(sites) for side in (1, 0)
        ]
        flip = 1 if item.get("better", "higher") == "higher" else -1
        before, after, cell = scores(
            moved, sizes=[size] * 2 * sites, scale=item.get("scale", (0, 20)), sign=flip, turned=place
        )
        columns |= {f"{item['name']}_na": after} | ({f"{item['name']}_voor": before} if "pre" in item else {})
    columns |= {
        "leerling": [f"p{n}" for n in range(len(cell))],
        "eenheid": [f"e{c // 2}" for c in cell],
        "groep": ["gewoon" if c % 2 else "nieuw" for c in cell],
    }
    given = {
        "columns": {"pupil": "leerling", site: "eenheid", "group": "groep"},
        "design": {"kind": "multi_site", "site": site, "randomised": drawn},
        "outcomes": outcomes,
    }
    return Case(name, plan(**given | changes), columns)


def waves(
    name: str,
    delta: float | None = None,
    arms: tuple[int, int] = (3, 3),
    *,
    rise: float = 3.0,
    spread: float = 0.4,
    size: int = 14,
    moments: int = 3,
    bend: float = 0.0,
    kind: str = "growth",
    level: str | None = "class",
    design: dict | None = None,
    main: dict | None = None,
    within: bool = False,
    noise: float = 1.0,
    more: dict[str, dict] | None = None,
    **changes,
) -> Case:
    """A column per wave: classes that rise by ``rise`` in all, those with the approach ``delta`` more; one group when
    ``delta`` is None. ``within``: half of the pupils of each class instead of whole classes.
    """
    classes = sum(arms) if delta is not None else arms[0]
    moved = shifts(*arms, delta or 0.0, spread) if delta is not None else shifts(classes, 0, 0.0, spread)
    labels = ["september", "januari", "juni", "later", "nog later"][:moments]
    outcomes = [outcome(**(main or {}))]
    outcomes += [outcome(other, **{"role": "secondary", **fields}) for other, fields in (more or {}).items()]
    columns: dict[str, list] = {"leerling": [], "eenheid": [], "groep": []}
    for j in range(classes):
        columns["leerling"] += [f"p{j}_{n}" for n in range(size)]
        columns["eenheid"] += [f"e{j}"] * size
        columns["groep"] += [("nieuw" if (n % 2 if within else j < arms[0]) else "gewoon") for n in range(size)]
    for place, item in enumerate(outcomes):
        heads = [f"{item['name']}_{label}" for label in labels]
        low, high = item.get("scale", (0, 20))
        unit, sign = (high - low) / 20, -1 if item.get("better") == "lower" else 1
        draw = np.random.default_rng(17 + place)
        start = 8 + draw.normal(0, 2, classes * size)
        treated = np.array([group == "nieuw" for group in columns["groep"]])
        own = np.repeat(moved, size) if not within else spread * np.repeat(shifts(classes, 0, 0, 1.0), size)
        own = own + ((delta or 0.0) * treated if within else 0) + draw.normal(0, noise, classes * size)
        for at, head in enumerate(heads):
            share = at / max(moments - 1, 1)
            middle = bend * (0 < at < moments - 1)
            points = start + sign * (rise + own) * share + middle + draw.normal(0, 0.5 * noise, len(start))
            columns[head] = [float(low + unit * min(max(value, 0), 20)) for value in points]
        first, *between = heads
        item |= {"post": between.pop() if between else first}
        item |= {"pre": first if moments > 1 else None, "between": between or None}
        for key in ("pre", "between"):
            if item[key] is None:
                del item[key]
    told: dict[str, Any] = {"kind": kind, ("occasions" if kind == "survey" else "waves"): labels}
    if kind == "growth" and delta is not None:
        told |= {"assigned": "pupil" if within else "class"}
    roles = {"pupil": "leerling"} | ({level: "eenheid"} if level else {})
    given = {"columns": roles | ({"group": "groep"} if delta is not None else {}), "design": told | (design or {})}
    content = plan("comparison" if delta is not None else "one_group", **given | {"outcomes": outcomes} | changes)
    return Case(name, content, columns)


def few_at_last(case: Case, few: int = 6) -> Case:
    """The same, but only so many pupils of every class with and without the approach made the last wave."""
    last = {item["post"] for item in case.study["outcomes"]}
    seen: dict[str, int] = {}
    keep = []
    for group in case.columns.get("groep", [""] * len(case.columns["leerling"])):
        seen[group] = seen.get(group, 0) + 1
        keep.append(seen[group] <= few)
    columns = {
        name: [cell if name not in last or kept else "" for cell, kept in zip(cells, keep, strict=True)]
        for name, cells in case.columns.items()
    }
    return Case(case.name, case.study, columns)


def others(
    name: str,
    rise: float = 1.0,
    occasions: int = 4,
    classes: int = 3,
    size: int = 15,
    sides: float | None = None,
    sizes: list[int] | None = None,
    **main,
) -> Case:
    """A row per answer: other pupils on every occasion, in classes of the same names."""
    sizes = sizes or [size] * classes
    labels = [str(2021 + at) for at in range(occasions)]
    rows: list[tuple[str, str, float]] = []
    for at, label in enumerate(labels):
        for j, many in enumerate(sizes):
            deviation, noise = pupils(many, at * 7 + j)
            level = 9 + rise * at / max(occasions - 1, 1) + 0.3 * (-1) ** (j + at)
            rows += [(label, f"e{j}", float(value)) for value in level + deviation + noise]
    columns = {
        "jaar": [row[0] for row in rows],
        "eenheid": [row[1] for row in rows],
        "punten": [row[2] for row in rows],
    }
    outcomes = [outcome(**{"pre": None, "post": "punten", "goal": None} | main)]
    if sides is not None:
        columns["andere"] = [0.9 * value for value in columns["punten"]]
        columns["gelijk"] = [0.8 * (value - rise * labels.index(year) / (occasions - 1)) for value, year in
                             zip(columns["punten"], columns["jaar"], strict=True)]  # fmt: skip
        columns["test"] = [value / 2 for value in columns["punten"]]
        outcomes += [outcome("andere", role="side_effect", domain="motivation", pre=None, post="andere"),
                     outcome("gelijk", role="side_effect", domain="wellbeing", pre=None, post="gelijk"),
                     outcome("test", role="secondary", pre=None, post="test")]  # fmt: skip
    design = {"kind": "survey", "occasions": labels, "same_pupils": False}
    return Case(
        name, plan("one_group", columns={"class": "eenheid", "wave": "jaar"}, design=design, outcomes=outcomes), columns
    )


def levelled(case: Case, *limits: float, names: str = "", **changes) -> Case:
    """The same pupils with levels for points: each limit is where the next level begins."""
    levels = names.split() or ["nee", "ja"]
    first = {key: value for key, value in case.study["outcomes"][0].items() if key not in ("scale", "reliability")}
    first |= {"levels": levels, "smallest_worthwhile": 0.1} | changes
    first = {key: value for key, value in first.items() if value is not None}
    columns = dict(case.columns)
    for header in {first.get("pre"), first["post"]} - {None}:
        columns[header] = [
            cell if isinstance(cell, str) else levels[sum(cell > limit for limit in limits)] for cell in columns[header]
        ]
    study = case.study | {"outcomes": [first, *case.study["outcomes"][1:]]}
    return Case(f"{case.name}, {'/'.join(levels)}", study, columns)


def of_goals(case: Case, *limits: float, gone: int = 0, **changes) -> Case:
    """The same pupils with a goal for each limit, reached by who scored above it; ``gone`` are not judged on the
    first."""
    first = case.study["outcomes"][0]
    kept = ("name", "label", "domain", "role", "goal")
    goals = {key: value for key, value in first.items() if key in kept} | changes
    columns = {key: cells for key, cells in case.columns.items() if key not in (first.get("pre"), first["post"])}
    for field, header, when in (("pre_items", first.get("pre"), "voor"), ("items", first["post"], "na")):
        if header is not None:
            goals[field] = [f"doel {n} {when}" for n in range(len(limits))]
            for name, limit in zip(goals[field], limits, strict=True):
                columns[name] = [float(score > limit) for score in case.columns[header]]
    columns[goals["items"][0]] = [
        "" if n < 3 * gone and n % 3 == 0 else cell for n, cell in enumerate(columns[goals["items"][0]])
    ]
    return Case(f"{case.name}, goals", case.study | {"outcomes": [goals, *case.study["outcomes"][1:]]}, columns)


def in_turn(
    name: str,
    delta: float = 0.0,
    starts: tuple[int, ...] = (1, 1, 2, 2, 3, 3, 4, 4),
    *,
    waves: int = 5,
    spread: float = 0.3,
    size: int = 20,
    sizes: list[int] | None = None,
    level: str = "class",
    drawn: bool = True,
    noise: float = 1.0,
    main: dict | None = None,
    more: dict[str, tuple[dict, float]] | None = None,
    gone: tuple[int, int, int] | None = None,
    **changes,
) -> Case:
    """Classes that start at these waves (``waves`` is never), a column per wave; they differ by ``spread`` at each. The
    first pupils of one class miss one wave: ``gone`` (class, wave, how many)."""
    sizes = sizes or [size] * len(starts)
    outcomes, columns = [outcome(**(main or {}))], {}
    for other, (fields, _) in (more or {}).items():
        outcomes.append(outcome(other, **{"role": "secondary", **fields}))
    for place, item in enumerate(outcomes):
        gap = delta if place == 0 else more[item["name"]][1]
        low, high = item.get("scale", (0, 20))
        sign = 1 if item.get("better", "higher") == "higher" else -1
        lists: list[list] = [[] for _ in range(waves)]
        for j, (start, many) in enumerate(zip(starts, sizes, strict=True)):
            deviation, _ = pupils(many, j)
            for wave in range(waves):
                rest = np.roll(pupils(many, 40 * wave + j)[1], place)
                shift = spread * (1 - 2 * ((j + j // 2 + wave * j) % 2)) + gap * (wave >= start)
                values = 9 + deviation + sign * (0.5 * wave + shift) + noise * (0.5 * deviation * (wave > 0) + rest)
                cells = [low + (high - low) / 20 * min(max(value, 0), 20) for value in values.tolist()]
                if gone and gone[:2] == (j, wave):
                    cells[: gone[2]] = [""] * gone[2]
                lists[wave] += cells
        headers = [f"{item['name']}_{wave + 1}" for wave in range(waves)]
        item |= {"pre": headers[0], "post": headers[-1]} | ({"between": headers[1:-1]} if waves > 2 else {})
        columns |= dict(zip(headers, lists, strict=True))
    of = [j for j, many in enumerate(sizes) for _ in range(many)]
    columns |= {
        "leerling": [f"p{n}" for n in range(len(of))],
        "eenheid": [f"e{j}" for j in of],
        "start": [str(starts[j] + 1) if starts[j] < waves else "nooit" for j in of],
    }
    design = {"kind": "stepped", "start_column": "start", "randomised": drawn}
    given = {
        "columns": {"pupil": "leerling", level: "eenheid"},
        "design": design | {"waves": [str(wave + 1) for wave in range(waves)]},
        "outcomes": outcomes,
    }
    return Case(name, plan("one_group", **given | changes), columns)


DRAWN = {"randomised": True}
SIDE = {"role": "side_effect", "domain": "motivation", "scale": [1, 5], "smallest_worthwhile": 0.3}
WHOLE_CONDUCT = {
    "post_on": "2026-12-10", "scoring": "external", "fidelity": 0.85, "comparison": "parallel",
    "new_content": True, "concurrent_change": False, "results_seen": True,
}  # fmt: skip


def conduct(**changes) -> dict[str, Any]:
    return {**WHOLE_CONDUCT, "post_on": date(2026, 12, 10), **changes}

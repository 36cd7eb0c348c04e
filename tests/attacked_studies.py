"""Studies drawn at random, for the attacker."""

from collections.abc import Callable, Iterator

import numpy as np
from conftest import bound, plan

import gsl_research as gsl
from gsl_research.problems import Problems
from gsl_research.study import Study


def random_study(seed: int) -> tuple[Study, object]:
    """Classes of 3 to 30 pupils in one of four designs, with pupils who missed a test, a goal, labels, and a second
    outcome: all drawn at random."""
    rng = np.random.default_rng(seed)
    kind = ("comparison", "comparison", "one_group", "multi_site", "blocks")[seed % 5]
    count = int(rng.integers(1, 6)) if kind == "one_group" else int(rng.integers(2, 9))
    sizes = rng.choice([3, 5, 7, 8, 9, 10, 12, 15, 20, 24, 30], count)
    sizes[rng.random(count) < 0.5] = 20
    of = np.repeat(np.arange(count), sizes)
    pupils = len(of)
    if kind == "multi_site":
        treated = rng.permutation(pupils) % 2 == 0
    elif kind == "blocks":
        treated = of % 2 == 0
    else:
        treated = of < max(1, count // int(rng.integers(2, 4)))
    level = rng.normal(0, 0.8, count)[of]
    pre = np.clip(np.round(rng.normal(10 + level, 3)), 0, 20)
    post = np.clip(np.round(4 + level + 0.7 * pre + rng.normal(1, 2, pupils)), 0, 20)
    columns = {"leerling": [f"p{n}" for n in range(pupils)], "klas": [f"k{j}" for j in of]}
    columns["groep"] = np.where(treated, "nieuw", "gewoon").tolist()
    columns["blok"] = [f"b{j // 2}" for j in of]
    for name, values in (("voor", pre), ("na", post), ("v2", rng.permutation(pre)), ("n2", rng.permutation(post))):
        gone = rng.random(pupils) < rng.choice([0, 0, 0.02, 0.06, 0.15])
        columns[name] = ["" if away else f"{value:g}" for value, away in zip(values, gone, strict=True)]
    columns["taal"] = rng.choice(["ned", "fra", "tur", ""], pupils, p=[0.6, 0.25, 0.1, 0.05]).tolist()
    first = plan()["outcomes"][0]
    if rng.random() < 0.8:
        first |= {"reliability": 0.85}
    if rng.random() < 0.7:
        goal = {"at_least": int(rng.integers(8, 18)), "share": 0.7} if rng.random() < 0.8 else {"gain": 1.0}
        first |= {"goal": goal}
    if "share" in first.get("goal", {}):
        first["goal"]["share"] = round(float(np.random.default_rng((seed, 1)).uniform(0.5, 0.95)), 2)
    outcomes = [first]
    if rng.random() < 0.4:
        outcomes.append({**plan()["outcomes"][0], "name": "mot", "label": "Motivatie", "pre": "v2", "post": "n2",
                         "role": "side_effect", "domain": "motivation"})  # fmt: skip
    changes = {"outcomes": outcomes}
    if kind != "multi_site" and rng.random() < 0.5:
        changes["subgroups"] = [{"column": "taal"}]
    if kind == "multi_site":
        changes["design"] = {"kind": "multi_site", "site": "class", "randomised": True}
    if kind == "blocks":
        changes["design"] = {"kind": "comparison", "assigned": "class", "blocks": True, "randomised": True}
        changes["columns"] = {**plan()["columns"], "block": "blok"}
    return bound(columns, "one_group" if kind == "one_group" else "comparison", **changes)


def in_classes(sizes, arms, seed=3):
    """Classes of these sizes, the first ``arms`` with the approach; ``None`` is one group."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(len(sizes)), sizes)
    level = rng.normal(0, 0.8, len(sizes))[of]
    pre = np.clip(np.round(rng.normal(10 + level, 3)), 0, 20)
    post = np.clip(np.round(4 + level + 0.7 * pre + rng.normal(1, 2, len(of))), 0, 20)
    columns = {"leerling": [f"p{n}" for n in range(len(of))], "klas": [f"k{j}" for j in of]}
    columns |= {"voor": [f"{value:g}" for value in pre], "na": [f"{value:g}" for value in post]}
    if arms is not None:
        columns["groep"] = ["nieuw" if j < arms else "gewoon" for j in of]
    return bound(columns, "one_group" if arms is None else "comparison")


def with_levels(seed: int) -> tuple[Study, object]:
    """Passed or not, three levels, or a goal for each of three to six columns; in four designs."""
    rng = np.random.default_rng((seed, 2))
    kind = ("comparison", "one_group", "comparison", "multi_site")[seed % 4]
    graded = ("share", "order", "goals")[seed % 3]
    count = int(rng.integers(1, 4)) if kind == "one_group" else int(rng.integers(2, 7))
    sizes = rng.choice([8, 10, 12, 16, 20, 24, 30], count)
    of = np.repeat(np.arange(count), sizes)
    pupils = len(of)
    treated = rng.permutation(pupils) % 2 == 0 if kind == "multi_site" else of < max(1, count // 2)
    before = rng.normal(0, 1, pupils) + rng.normal(0, 0.5, count)[of]
    after = before + rng.normal(0.5, 0.7, pupils)
    columns = {"leerling": [f"p{n}" for n in range(pupils)], "klas": [f"k{j}" for j in of]}
    columns["groep"] = np.where(treated, "nieuw", "gewoon").tolist()
    start = bool(rng.random() < 0.6) or kind == "one_group"
    outcome = {"name": "proef", "label": "Proef", "domain": "learning_gain"}
    if rng.random() < 0.6:
        outcome["goal"] = {"share": round(float(rng.uniform(0.5, 0.95)), 2)}
    if graded == "goals":
        limits = rng.normal(0.3, 1.0, int(rng.integers(3, 7)))
        for field, scores in (("pre_items", before), ("items", after))[0 if start else 1 :]:
            outcome[field] = [f"{field} {n}" for n in range(len(limits))]
            for name, limit in zip(outcome[field], limits, strict=True):
                own = (scores + rng.normal(0, 0.6, pupils) > limit).astype(int)
                gone = rng.random(pupils) < rng.choice([0, 0, 0.05, 0.15])
                columns[name] = ["" if away else f"{value}" for value, away in zip(own, gone, strict=True)]
        if "goal" in outcome:
            outcome["goal"]["at_least"] = 2
    else:
        names = ["nee", "ja"] if graded == "share" else ["zwak", "voldoende", "goed"]
        limits = np.sort(rng.normal(0.3, 0.8, len(names) - 1))
        outcome |= {"levels": names, "post": "na"} | ({"pre": "voor"} if start else {})
        if "goal" in outcome and graded == "order":
            outcome["goal"]["at_least"] = str(rng.choice(names[1:]))
        for name, scores in (("voor", before), ("na", after)):
            gone = rng.random(pupils) < rng.choice([0, 0, 0.05, 0.1])
            places = np.searchsorted(limits, scores)
            columns[name] = ["" if away else names[at] for at, away in zip(places, gone, strict=True)]
    changes = {"outcomes": [outcome]}
    if kind == "multi_site":
        changes["design"] = {"kind": "multi_site", "site": "class", "randomised": True}
    return bound(columns, "one_group" if kind == "one_group" else "comparison", **changes)


def in_waves(seed: int) -> tuple[Study, object]:
    """Three or four moments; one group, or classes or pupils beside each other; pupils who miss the first, the last or
    one between, few or more."""
    rng = np.random.default_rng((seed, 3))
    kind = ("one_group", "classes", "classes", "pupils")[seed % 4]
    count = int(rng.integers(1, 5)) if kind != "classes" else int(rng.integers(2, 9))
    sizes = rng.choice([6, 8, 9, 10, 12, 15, 20, 24], count)
    sizes[rng.random(count) < 0.85] = 20
    of = np.repeat(np.arange(count), sizes)
    pupils, moments = len(of), 3 + int(rng.random() < 0.3)
    treated = rng.permutation(pupils) % 2 == 0 if kind == "pupils" else of < max(1, count // 2)
    labels = [f"w{n}" for n in range(1, moments + 1)]
    level = rng.normal(9, 2.5, pupils) + rng.normal(0, 0.8, count)[of]
    columns = {"leerling": [f"p{n}" for n in range(pupils)], "klas": [f"k{j}" for j in of]}
    columns["groep"] = np.where(treated, "nieuw", "gewoon").tolist()
    for at, label in enumerate(labels):
        points = np.clip(np.round(level + 1.2 * at + rng.normal(0, 1.5, pupils)), 0, 20)
        share = rng.choice([0, 0, 0.03, 0.08, 0.2])
        side = rng.random() < 0.3
        gone = (rng.random(pupils) < share) & (treated | (not side))
        columns[label] = ["" if away else f"{value:g}" for value, away in zip(points, gone, strict=True)]
    if rng.random() < 0.5:
        missed = rng.permutation(moments)[: int(rng.integers(1, moments))]
        here = np.flatnonzero((of == 0) if rng.random() < 0.5 else treated)[: int(rng.integers(1, 13))]
        for at, row in ((at, row) for at in missed for row in here):
            columns[labels[at]][row] = ""
    outcome = {**plan()["outcomes"][0], "pre": labels[0], "between": labels[1:-1], "post": labels[-1]}
    if rng.random() < 0.7:
        outcome["reliability"] = 0.85
    if rng.random() < 0.6:
        outcome["goal"] = {"at_least": int(rng.integers(9, 16)), "share": round(float(rng.uniform(0.5, 0.95)), 2)}
    design: dict[str, object] = {"kind": "growth", "waves": labels}
    if kind != "one_group":
        design |= {"assigned": "pupil" if kind == "pupils" else "class", "randomised": bool(rng.random() < 0.5)}
    return bound(columns, "one_group" if kind == "one_group" else "comparison", design=design, outcomes=[outcome])


def missing_the_last(pupils: int) -> tuple[Study, object]:
    """Four classes of twenty and three moments; so many pupils of one class miss the last alone."""
    rng = np.random.default_rng(1)
    of = np.repeat(np.arange(4), 20)
    level = rng.normal(9, 2.5, len(of)) + rng.normal(0, 0.8, 4)[of]
    columns = {"leerling": [f"p{n}" for n in range(len(of))], "klas": [f"k{j}" for j in of]}
    columns["groep"] = ["nieuw" if j < 2 else "gewoon" for j in of]
    for at, label in enumerate(("w1", "w2", "w3")):
        points = np.clip(np.round(level + 1.2 * at + rng.normal(0, 1.5, len(of))), 0, 20)
        columns[label] = [f"{value:g}" for value in points]
    columns["w3"] = ["" if n % 3 == 0 and n < 3 * pupils else cell for n, cell in enumerate(columns["w3"])]
    design = {"kind": "growth", "waves": ["w1", "w2", "w3"], "assigned": "class", "randomised": False}
    outcome = {**plan()["outcomes"][0], "pre": "w1", "between": ["w2"], "post": "w3"}
    return bound(columns, "comparison", design=design, outcomes=[outcome])


def in_turns(seed: int) -> tuple[Study, object]:
    """Classes that start in two to four steps, with a test before or none, and pupils who miss a moment."""
    rng = np.random.default_rng((seed, 4))
    steps, count = int(rng.integers(2, 5)), int(rng.integers(3, 9))
    waves = steps + 1
    sizes = rng.choice([8, 10, 12, 15, 20, 24], count)
    sizes[rng.random(count) < 0.85] = 20
    of = np.repeat(np.arange(count), sizes)
    start = np.sort(np.arange(count) % steps) + 1
    level = rng.normal(9, 2.5, len(of)) + rng.normal(0, 0.6, count)[of]
    labels = [f"w{n}" for n in range(1, waves + 1)]
    columns = {"leerling": [f"p{n}" for n in range(len(of))], "klas": [f"k{j}" for j in of]}
    columns["start"] = [labels[start[j]] if start[j] < waves else "nooit" for j in of]
    for at, label in enumerate(labels):
        points = np.clip(np.round(level + 0.6 * at + 1.0 * (start[of] <= at) + rng.normal(0, 1.5, len(of))), 0, 20)
        gone = rng.random(len(of)) < rng.choice([0, 0, 0.03, 0.1])
        columns[label] = ["" if away else f"{value:g}" for value, away in zip(points, gone, strict=True)]
    outcome = {**plan()["outcomes"][0], "pre": labels[0], "post": labels[-1]}
    outcome |= {"between": labels[1:-1]} if waves > 2 else {}
    design = {"kind": "stepped", "start_column": "start", "waves": labels, "randomised": bool(rng.random() < 0.5)}
    return bound(columns, "one_group", design=design, outcomes=[outcome])


def by_year(seed: int) -> tuple[Study, object]:
    """Other pupils every year, in one to four classes."""
    rng = np.random.default_rng((seed, 5))
    years, count = int(rng.integers(3, 6)), int(rng.integers(1, 5))
    columns: dict[str, list] = {"leerling": [], "klas": [], "jaar": [], "score": []}
    for year in range(years):
        for j in range(count):
            for n in range(int(rng.choice([7, 12, 18, 20, 20, 20]))):
                columns["leerling"].append(f"p{year}.{j}.{n}")
                columns["klas"].append(f"k{j}")
                columns["jaar"].append(f"{2022 + year}")
                columns["score"].append(f"{np.clip(np.round(rng.normal(11 + 0.4 * year, 3)), 0, 20):g}")
    outcome = {**plan()["outcomes"][0], "post": "score"}
    outcome = {key: value for key, value in outcome.items() if key not in ("pre", "tests")}
    design = {"kind": "survey", "occasions": [f"{2022 + year}" for year in range(years)]}
    roles = {"class": "klas", "wave": "jaar"}
    return bound(columns, "one_group", design=design, outcomes=[outcome], columns=roles)


def in_bins(seed: int) -> tuple[Study, object]:
    """Larger classes, so that distributions are drawn, with a goal and many pupils at an end of the scale."""
    rng = np.random.default_rng((seed, 6))
    compared = bool(seed % 2)
    count = int(rng.integers(3, 8)) if compared else int(rng.integers(1, 3))
    sizes = rng.choice([22, 26, 30, 36], count)
    of = np.repeat(np.arange(count), sizes)
    before = np.clip(np.round(rng.normal(9, 4, len(of))), 0, 20)
    after = np.clip(np.round(before + rng.normal(3, 3, len(of)) + rng.choice([0, 5])), 0, 20)
    columns = {"leerling": [f"p{n}" for n in range(len(of))], "klas": [f"k{j}" for j in of]}
    columns["groep"] = ["nieuw" if j < max(1, count // 2) else "gewoon" for j in of]
    columns |= {"voor": [f"{value:g}" for value in before], "na": [f"{value:g}" for value in after]}
    outcome = {**plan()["outcomes"][0], "goal": {"at_least": int(rng.integers(6, 18)), "share": 0.6}}
    if compared and rng.random() < 0.7:
        outcome = {key: value for key, value in outcome.items() if key not in ("pre", "tests")}
    return bound(columns, "comparison" if compared else "one_group", outcomes=[outcome])


def together(seed: int) -> tuple[dict[str, list], str]:
    """A table of two or four classes, and which design it is: for two pages of almost the same pupils."""
    rng = np.random.default_rng((seed, 7))
    kind, count = ("one_group", 2) if seed % 2 else ("comparison", 4)
    of = rng.permutation(np.repeat(np.arange(count), 20))
    level = rng.normal(0, 0.8, count)[of]
    before = np.clip(np.round(rng.normal(10 + level, 3)), 0, 20)
    after = np.clip(np.round(4 + level + 0.7 * before + rng.normal(1, 2, len(of))), 0, 20)
    columns = {"leerling": [f"p{n}" for n in range(len(of))], "klas": [f"k{j}" for j in of]}
    columns["groep"] = ["nieuw" if j < 2 else "gewoon" for j in of]
    for name, points in (("voor", before), ("na", after)):
        gone = rng.random(len(of)) < 0.03
        columns[name] = ["" if away else f"{value:g}" for value, away in zip(points, gone, strict=True)]
    columns["taal"] = rng.choice(["ned", "fra"], len(of), p=[0.6, 0.4]).tolist()
    return columns, kind


GOAL_AT = 12
FEWER = ((1, 0), (5, 0), (5, 3), (6, 2), (0, 8), (8, 3), (7, 5), (10, 1))
"""(who reached the goal, who did not) of the pupils who are left out of the second page."""


def pairs(seed: int) -> Iterator[tuple[str, tuple, tuple, tuple[str, ...]]]:
    """(name, first study, second study, what may differ of one pupil on both) for two pages of almost the same."""
    columns, kind = together(seed)

    def study(at: float | None = GOAL_AT, kept=None, **changes):
        goal = {} if at is None else {"goal": {"at_least": at, "share": 0.7}}
        outcome = {**plan()["outcomes"][0], "reliability": 0.85, **goal}
        rows = range(len(columns["na"])) if kept is None else kept
        own = {name: [values[row] for row in rows] for name, values in columns.items()}
        return bound(own, kind, outcomes=[outcome], **changes)

    whole = [row for row in range(len(columns["na"])) if columns["na"][row] and columns["voor"][row]]
    whole = [row for row in whole if kind == "one_group" or columns["groep"][row] == "nieuw"]
    reached = [row for row in whole if float(columns["na"][row]) >= GOAL_AT]
    below = [row for row in whole if float(columns["na"][row]) < GOAL_AT]
    for up, down in FEWER:
        if len(reached) >= up and len(below) >= down:
            gone = {*reached[:up], *below[:down]}
            kept = [row for row in range(len(columns["na"])) if row not in gone]
            yield f"{up} and {down} fewer", study(), study(kept=kept), ("moved",)
    yield "another goal", study(), study(GOAL_AT + 1), ("place", "before")
    yield "no goal", study(), study(None), ("place", "before")
    yield "a subgroup", study(), study(subgroups=[{"column": "taal"}]), ("label",)


def measured(make: Callable, seeds: range) -> Iterator[tuple[int, tuple]]:
    """Those that can be measured."""
    for seed in seeds:
        try:
            study, data = make(seed)
            gsl.measure(study, data)
        except Problems:
            continue
        yield seed, (study, data)

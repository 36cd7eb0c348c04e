"""Every text is told and every code has one; and no sentence says more than its numbers.

A *room* is one TOML file; a *key* is "room.table.name". A *case* is a small made-up study that goes through the public
path: Study, bind, measure, judge, report. The cases together reach every verdict on every design, in every language.
"""

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from string import Formatter
from typing import Any, get_args

import numpy as np
import pytest
from conftest import PROJECT, plan, table

from gsl_research import judge as judge_verb
from gsl_research import measure as measure_verb
from gsl_research import wording
from gsl_research.blocks import Bullets, Callout, Chart, Facts, Fold, Heading, Report, Steps, Table, Text
from gsl_research.charts.picture import Picture
from gsl_research.dataset import Dataset, bind
from gsl_research.disclosure import shareable
from gsl_research.documents import html
from gsl_research.doses import step
from gsl_research.estimate import Estimate, Interval, Reason
from gsl_research.judge import Code, Verdict
from gsl_research.levels import cut
from gsl_research.measure import not_yet
from gsl_research.measurement import Dosed, Measurement
from gsl_research.methods.dose import Complier
from gsl_research.problems import Problem
from gsl_research.report import describe, report
from gsl_research.study import Columns, Study
from gsl_research.study_file import _wanted
from gsl_research.wording import TEXTS, Words, languages, words

PACKAGE = PROJECT / "gsl_research"
LANGUAGES = languages()

# texts


def flat(content: dict, path: str) -> Iterator[tuple[str, object]]:
    for key, value in content.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


def texts(lang: str) -> dict[str, object]:
    return {
        key: value
        for file in sorted((TEXTS / lang).glob("*.toml"))
        for key, value in flat(tomllib.loads(file.read_text("utf-8")), file.stem)
    }


KEYS = {lang: texts(lang) for lang in LANGUAGES}
ROOMS = sorted({key.split(".")[0] for key in KEYS["nl"]})
UNIT_LEVELS = (
    "class", "teacher", "teaching_group", "school", "group", "class_within", "teacher_within", "school_within",
    "group_within", "teaching_group_within",
    "class_stepped", "teacher_stepped", "school_stepped",
)  # fmt: skip
UNIT_TERMS = {key.split(".")[2] for key in KEYS["nl"] if key.startswith("units.")}
UNIT_TERMS |= {f"{term[0].upper()}{term[1:]}" for term in UNIT_TERMS}
"""Blanks that Words fills by itself with what the unit is called; a language may need another one."""


def blanks(text: object) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(text) if name} if isinstance(text, str) else set()
    return named - UNIT_TERMS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_keys_and_blanks(lang):
    assert KEYS[lang].keys() == KEYS["nl"].keys()
    differing = [key for key, text in KEYS[lang].items() if blanks(text) != blanks(KEYS["nl"][key])]
    assert not differing


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_for_a_unit_is_used_and_every_unit_has_all(lang):
    texts_told = " ".join(text for key, text in KEYS[lang].items() if isinstance(text, str))
    levels = {level: set(_terms_of(lang, level)) for level in UNIT_LEVELS}
    assert len({frozenset(terms) for terms in levels.values()}) == 1
    for term in levels["class"]:
        assert f"{{{term}}}" in texts_told or f"{{{term[0].upper()}{term[1:]}}}" in texts_told, term


def _terms_of(lang: str, level: str) -> list[str]:
    return [key.split(".")[2] for key in KEYS[lang] if key.startswith(f"units.{level}.")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_is_not_a_copy_of_another(lang):
    """Long texts that are the same in two languages were never translated."""
    if lang != "nl":
        copied = [key for key, text in KEYS[lang].items() if text == KEYS["nl"][key] and len(str(text)) > 25]
        assert not copied


# cases


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


def others(
    name: str,
    rise: float = 1.0,
    occasions: int = 4,
    classes: int = 3,
    size: int = 15,
    sides: float | None = None,
    **main,
) -> Case:
    """A row per answer: other pupils on every occasion, in classes of the same names."""
    labels = [str(2021 + at) for at in range(occasions)]
    rows: list[tuple[str, str, float]] = []
    for at, label in enumerate(labels):
        for j in range(classes):
            deviation, noise = pupils(size, at * 7 + j)
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


ZONES = {"names": "E D C B A"}


def with_levels() -> Iterator[Case]:
    """Passed or not, zones and goals in every design, with differences of every direction and size."""
    zones = (8.0, 9.5, 11.0, 12.5)
    for delta in (-4.0, -1.5, -0.4, 0.0, 0.06, 0.4, 1.5, 4.0):
        for spread in (0.1, 0.6, 1.6):
            for arms in ((1, 1), (2, 1), (2, 2), (4, 4), (10, 10)):
                for drawn in (False, True):
                    case = comparison(f"{arms} {delta} {spread} {drawn}", delta, spread, arms, noise=2.5,
                                      design={"randomised": drawn})  # fmt: skip
                    yield levelled(case, 10.5)
                    yield levelled(case, *zones, **ZONES)
                    if drawn:
                        yield levelled(case, 10.5, smallest_worthwhile=None)
                        yield levelled(case, *zones, **ZONES, smallest_worthwhile=None)
                        yield of_goals(case, 7.5, 9.0, 10.0, 11.0, 12.0, 14.0, goal={"at_least": 3, "share": 0.5})
        for sites in (1, 2, 6, 20):
            case = divided(f"divided {sites} {delta}", delta, sites)
            yield levelled(case, 10.5)
            yield levelled(case, *zones, **ZONES)
            alone = divided(f"divided, afterwards {sites} {delta}", delta, sites, main={"pre": None})
            yield levelled(alone, 10.5)
            yield levelled(alone, *zones, **ZONES)
    for delta in (-4.0, 0.0, 1.5):
        for arms in ((1, 1), (4, 4)):
            alone = comparison(f"afterwards {arms} {delta}", delta, 0.6, arms, main={"pre": None}, noise=2.5)
            yield levelled(alone, 10.5)
            yield levelled(alone, *zones, **ZONES)
    for start in (1, 4):
        told = {"planned_on": date(2026, 9, 15), "conduct": conduct(scoring="external_blind", results_seen=False)}
        firm = comparison(f"firm {start}", 2.5, 0.1, (12, 12), size=24, design=DRAWN, noise=2.0, **told)
        yield levelled(firm, 10.0 + start / 10)
        yield levelled(comparison(f"small and firm {start}", 0.3, 0.02, (14, 14), size=24, design=DRAWN, **told), 10.5)
    tiny = comparison("tiny and firm", 0.12, 0.01, (20, 20), size=24, design=DRAWN, noise=2.0)
    yield levelled(tiny, 10.6, smallest_worthwhile=0.3)
    for goal in ({"share": 0.8}, {"at_least": "ja", "share": 0.3}):
        yield levelled(one_group("goal", (1.0,), noise=2.5), 10.0, goal=goal)
        yield levelled(comparison("goal", 1.0, noise=2.5), 10.0, goal=goal)
    for level in "DCB":
        goal = {"at_least": level, "share": 0.6}
        yield levelled(comparison(f"goal {level}", 1.0, noise=2.5), *zones, **ZONES, goal=goal)
        yield levelled(one_group(f"goal {level}", (1.0,), noise=2.5, size=40), *zones, **ZONES, goal=goal)
    yield levelled(one_group("goal hidden", (6.0,), noise=1.0), 10.0, goal={"share": 0.8})
    for gains in ((1.0,), (1.0, 1.5), (1.0, 1.5, 2.0), (-2.0, -1.6, -1.8), (0.0, 1.5, -1.5), (6.0,), (2.0, 2.0, 2.0)):
        for noise in (0.5, 2.5):
            case = one_group(f"growth {gains} {noise}", gains, noise=noise, conduct=conduct())
            yield levelled(case, 9.5)
            yield levelled(case, *zones, **ZONES)
            yield of_goals(case, 7.5, 9.0, 10.0, 11.0, 12.0, gone=1)
            yield of_goals(case, 8.5, 9.0, 9.5, 10.0, gone=6, goal={"at_least": 2, "share": 0.5})
    end = one_group("afterwards only", main={"pre": None, "tests": "same"})
    yield levelled(end, 11.0)
    for arms in ((1, 1), (4, 4)):
        same = comparison(f"alike {arms}", 0.0, 0.0 if arms == (1, 1) else 1.0, arms, noise=0.0)
        yield levelled(same, 10.5, smallest_worthwhile=0.01)
        yield levelled(same, *zones, **ZONES, smallest_worthwhile=0.01)
        for worth in (1.0, 2.0):
            yield of_goals(same, 9.5, 10.5, 11.5, smallest_worthwhile=worth)
    yield levelled(comparison("everybody passed with the approach", 6.0, noise=0.5), 11.5)
    yield levelled(end, *zones, **ZONES)
    yield of_goals(end, 8.0, 8.5, 9.0, 9.5)
    more = {"lezen": ({}, 0.3), "motivatie": (SIDE, -0.2)}
    for arms in ((1, 1), (4, 4)):
        case = comparison(f"beside {arms}", 1.0, 0.6, arms, noise=2.5, more=more)
        for place, limits, names in ((1, (10.5,), "nee ja"), (2, (2.5, 3.2), "laag mid hoog")):
            outcomes = list(case.study["outcomes"])
            part = Case(case.name, case.study | {"outcomes": outcomes[place:]}, case.columns)
            moved = levelled(part, *limits, names=names)
            study = case.study | {"outcomes": [*outcomes[:place], moved.study["outcomes"][0], *outcomes[place + 1 :]]}
            yield Case(f"{case.name}, outcome {place} in levels", study, moved.columns)
    alone = one_group("beside in one group", (1.0,), more={"lezen": {}})
    first, second = alone.study["outcomes"]
    moved = levelled(Case("", alone.study | {"outcomes": [second]}, alone.columns), 9.0, 11.0, names="laag mid hoog")
    yield Case(alone.name, alone.study | {"outcomes": [first, *moved.study["outcomes"]]}, moved.columns)
    everyone_alike = comparison("everybody alike before", 1.0, (4, 4)[0] / 8, (4, 4), noise=2.5, design=DRAWN)
    alike = levelled(everyone_alike, 10.5)
    yield replace(alike, columns=alike.columns | {"toets_voor": ["nee"] * len(alike.columns["toets_voor"])})
    with_groups = levelled(comparison("subgroups of levels", 1.0, noise=2.5), 10.5)
    of = ["ab"[n % 2] for n in range(len(with_groups.columns["leerling"]))]
    study = with_groups.study | {"subgroups": [{"column": "taal"}]}
    yield replace(with_groups, study=study, columns=with_groups.columns | {"taal": of})


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


def several_moments(told: dict, known: dict, blind: dict) -> Iterator[Case]:
    days = {"dates": [date(2025, 9, 15), date(2026, 1, 15), date(2026, 6, 10)]}
    motivation = {"motivatie": {"role": "side_effect", "domain": "motivation"}, "lezen": {}}
    for delta in (-3.0, -0.4, 0.0, 0.4, 1.2, 3.0):
        for arms in ((1, 1), (2, 1), (2, 2), (4, 4), (10, 10)):
            for drawn in (False, True):
                name = f"waves {delta} {arms} {drawn}"
                yield waves(name, delta, arms, design={"randomised": drawn} | days, **told, main=known, conduct=blind)
        yield waves(
            f"waves, many {delta}", delta, (14, 14), spread=0.1, design=DRAWN, **told, main=known, conduct=blind
        )
        for classes in (1, 3, 8):
            name = f"waves, divided {delta} {classes}"
            yield waves(
                name, delta, (classes, 0), within=True, size=24, design=DRAWN, **told, main=known, conduct=blind
            )
        yield waves(f"waves, others measured {delta}", delta, more=motivation)
        yield waves(f"waves, lower {delta}", delta, main={"better": "lower"}, design={"waves": ["2", "3", "5"]})
    yield waves("waves, chosen pupils of a group", 1.0, (1, 0), within=True, size=30, level=None)
    yield waves("waves, two classes the same", 0.0, (1, 1), spread=0.0, noise=0.3)
    for level in ("teaching_group", "teacher", "school"):
        yield waves(f"waves, divided in a {level}", 1.0, (4, 0), within=True, level=level)
    for rise in (-3.0, 0.0, 0.1, 3.0):
        for classes in (1, 2, 5):
            for kind in ("growth", "survey"):
                yield waves(f"{kind} {rise} {classes}", rise=rise, arms=(classes, 0), kind=kind, moments=3)
        yield waves(f"bent {rise}", rise=rise, bend=3.0)
        for occasions in (2, 3, 4, 5):
            yield others(f"others {rise} {occasions}", rise, occasions)
        yield others(f"others in one class {rise}", rise, 3, 1)
    yield waves("waves, a goal", rise=3.0, main={"goal": {"gain": 2.0}})
    yield waves("bent with arms", 1.0, bend=3.0)
    for rise in (-3.0, 1.0):
        for occasions in (3, 5):
            yield others(f"others, and other questions {rise} {occasions}", rise, occasions, sides=rise)
    for delta in (-3.0, 3.0):
        yield waves(f"waves, an impression {delta}", delta, (4, 4), conduct=conduct(scoring="impression"))
    yield waves("waves, one group and more", arms=(4, 0), more=motivation)
    yield waves("waves, two classes and more", arms=(2, 0), more=motivation)
    yield waves("once", moments=1, kind="survey", arms=(3, 0), more=motivation)
    case = waves("hardly anybody at the first and the last", arms=(4, 0))
    early = [n % 2 == 0 for n in range(len(case.columns["eenheid"]))]
    halves = {"toets_september": early, "toets_juni": [n < 5 or not first for n, first in enumerate(early)]}
    yield replace(case, columns=case.columns | {
        name: [score if here else "" for score, here in zip(case.columns[name], seen, strict=True)]
        for name, seen in halves.items()
    })  # fmt: skip
    yield waves("small group over time", arms=(1, 0), size=8)
    yield waves("small classes over time", 1.0, (3, 3), size=7)
    yield waves("four waves", moments=4, arms=(4, 0))


def cases() -> Iterator[Case]:
    """Differences of every direction and size, on few and many classes, near and far apart; then all else told."""
    for delta in (-3.0, -1.3, -0.35, -0.06, 0.0, 0.06, 0.35, 1.3, 3.0):
        for spread in (0.02, 0.4, 1.6):
            for arms in ((1, 1), (2, 1), (2, 2), (3, 3), (8, 8)):
                for drawn in (False, True):
                    name = f"{arms[0]}+{arms[1]} d={delta} s={spread} {'drawn' if drawn else ''}"
                    yield comparison(name, delta, spread, arms, design={"randomised": drawn})
            for arms in ((1, 1), (3, 3), (8, 8)):
                lower = {"better": "lower"}
                yield comparison(f"lower {arms} {delta} {spread}", delta, spread, arms, design=DRAWN, main=lower)
                narrow = {"scale": [1, 5], "smallest_worthwhile": 0.2}
                yield comparison(f"narrow {arms} {delta} {spread}", delta, spread, arms, design=DRAWN, main=narrow)
                unset = {"smallest_worthwhile": None}
                yield comparison(f"no margin {arms} {delta} {spread}", delta, spread, arms, design=DRAWN, main=unset)
            yield comparison(f"capped {delta} {spread}", delta, spread, lost=50, size=24)
            yield comparison(f"5+1 {delta} {spread}", delta, spread, (5, 1), design=DRAWN)
            yield comparison(f"14+14 {delta} {spread}", delta, spread, (14, 14), design=DRAWN, noise=1.4)
    for level in ("school", "teacher", "teaching_group"):
        for arms in ((1, 1), (2, 1), (3, 3), (4, 4)):
            for delta in (-1.5, 0.0, 1.5):
                yield comparison(f"{level} {arms} {delta}", delta, arms=arms, level=level)
    yield from with_levels()
    yield comparison("classes far apart", 0.5, 3.0, (2, 2))
    yield comparison("one class each, no difference", 0.0, arms=(1, 1))

    for start in (0.3, 1.0, 2.0):
        yield comparison(f"start {start}", 1.0, start=start, arms=(8, 8), design=DRAWN)
    for lost in (1, 8, 40):
        yield comparison(f"lost {lost}", 1.0, lost=lost, design=DRAWN, conduct=conduct())
    for when in ("last_year", "other_period", "parallel"):
        for drawn in (False, True):
            given = conduct(comparison=when, concurrent_change=True)
            yield comparison(f"{when} {drawn}", 1.0, design={"randomised": drawn}, conduct=given)
            yield comparison(f"{when} {drawn} 8+8", 1.0, arms=(8, 8), design={"randomised": drawn}, conduct=given)
    for tests in ("same", "parallel", "different"):
        yield comparison(f"tests {tests}", 1.0, main={"tests": tests}, conduct=conduct(scoring="impression"))
        yield comparison(f"pair, tests {tests}", 1.0, arms=(1, 1), main={"tests": tests})
    for scoring in ("external_blind", "external", "own_rubric", "own_taught", "impression"):
        yield comparison(f"scoring {scoring}", 1.0, conduct=conduct(scoring=scoring))
    firm: dict[str, Any] = {"delta": 1.0, "arms": (8, 8), "design": DRAWN}
    yield comparison("poor scoring", **firm, conduct=conduct(scoring="impression"))
    yield comparison("not carried out", **firm, conduct=conduct(fidelity=0.0))
    yield comparison("poor test", **firm, main={"reliability": 0.3})
    told = {"planned_on": date(2026, 9, 15)}
    known = {"reliability": 0.9}
    blind = conduct(scoring="external_blind", results_seen=False)
    firmer = {"delta": 1.0, "arms": (20, 20), "design": DRAWN, "spread": 0.1}
    yield comparison("margin chosen after", **firmer, **told, main=known, conduct=blind | {"results_seen": True})
    unset = known | {"smallest_worthwhile": None}
    yield comparison("no margin, all else known", **firmer, **told, conduct=blind, main=unset)
    yield comparison("plan without a date", **firmer, main=known, conduct=blind)
    yield comparison("reliability not told", **firmer, **told, conduct=blind)
    for absent in ("scoring", "fidelity"):
        yield comparison(f"{absent} not told", **firmer, **told, main=known, conduct=blind | {absent: None})
    everything = {"arms": (20, 20), "design": DRAWN, "main": known, "conduct": blind, "spread": 0.1} | told
    for delta in (-3.0, 0.0, 1.3, 3.0):
        yield comparison(f"all known, {delta}", delta, **everything)
        minutes = blind | {"extra_minutes": (20.0, 30.0)}
        yield comparison(f"all known and costly, {delta}", delta, **everything | {"conduct": minutes})
    yield from with_missing(everything)
    yield comparison("scored by others", 1.0, **everything | {"conduct": blind | {"scoring": "external"}})
    for reliability in (0.6, 0.8, 0.95):
        for size in (12, 19, 40):
            for gain in (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0):
                name = f"lower {reliability} {size} {gain}"
                yield one_group(name, (gain,), size=size, main={"reliability": reliability})
    for minutes in ((25.0,), (1.0,), (0.0, 0.0), (-15.0,), (10.0, 20.0), (10.0, 20.0, 40.0)):
        yield comparison(f"minutes {minutes}", 0.5, conduct=conduct(extra_minutes=minutes))
    yield comparison("half carried out", 0.0, conduct=conduct(fidelity=0.5))
    for gap in (-0.6, -0.45, -0.3, -0.2, -0.1):
        for spread in (0.1, 0.25, 0.5, 1.0):
            yield comparison(f"watched {gap} {spread}", 0.5, spread, more={"motivatie": (SIDE, gap)})
    for lever in ("differentiation", "autonomy", "learning_together", "didactics"):
        yield comparison(f"lever {lever}", 1.0, lever=lever, planned_on=conduct()["post_on"])
    for assigned in ("pupil", "class", "teacher", "school"):
        role = "class" if assigned == "pupil" else assigned
        yield comparison(f"assigned {assigned}", 1.0, level=role, design={"assigned": assigned})
    yield comparison("no scale", 1.0, main={"scale": None})
    for delta in (-3.0, -1.3, -0.35, 0.0, 0.06, 0.35, 1.3, 3.0):
        for sites in (1, 2, 3, 6, 20):
            for drawn in (False, True):
                yield divided(f"divided {delta} {sites} {drawn}", delta, sites, drawn=drawn)
        yield divided(f"divided, firm {delta}", delta, 20, size=14, **told, main=known, conduct=blind)
        yield divided(f"divided, one large class {delta}", delta, 1, size=20, **told, main=known, conduct=blind)
        yield divided(f"divided, lower is better {delta}", delta, 8, main={"better": "lower"})
    for site in ("teacher", "school"):
        yield divided(f"divided by {site}", 1.0, site=site, more={"motivatie": (SIDE, -0.2), "tweede": ({}, 0.5)})
    for sites in (1, 6):
        for drawn in (False, True):
            yield divided(f"divided, no test before {sites} {drawn}", 1.0, sites, drawn=drawn, main={"pre": None})
    yield divided("divided in small classes", 1.0, size=6)
    yield divided("divided in many small classes", 1.0, 12, size=3)
    for classes, gone in ((4, (0,)), (6, (0, 1))):
        case = divided(f"classes on one side, {len(gone)} of {classes}", 1.0, classes)
        group = [
            "nieuw" if int(unit[1:]) in gone else side
            for unit, side in zip(case.columns["eenheid"], case.columns["groep"], strict=True)
        ]
        yield replace(case, columns=case.columns | {"groep": group})
    for sites in (1, 16):
        case = divided(f"said to be drawn, {sites}", 1.0, sites, **told, main=known, conduct=blind)
        strong = [
            score + 2.5 * (side == "nieuw")
            for score, side in zip(case.columns["toets_voor"], case.columns["groep"], strict=True)
        ]
        yield replace(case, columns=case.columns | {"toets_voor": strong})
    for spread in (0.5, 1.5, 2.4):
        for delta in (0.3, 3.0):
            every = told | {"conduct": blind, "main": known | {"smallest_worthwhile": 0.3}}
            yield divided(f"differing from class to class {spread} {delta}", delta, 12, spread=spread, **every)
            yield divided(f"few, differing {spread} {delta}", delta, 3, spread=spread, **every)
    yield divided("divided, one small class", 0.1, 1, size=10, main={"smallest_worthwhile": 0.2})
    for delta in (-3.0, -0.06, 0.35, 1.3, 3.0):
        for arms in ((1, 1), (2, 1), (3, 3), (8, 8)):
            for drawn in (False, True):
                name, end_only = f"no test before {arms} {delta} {drawn}", {"main": {"pre": None}}
                yield comparison(name, delta, arms=arms, design={"randomised": drawn}, **end_only)
    blocked = comparison(
        "no test before, blocks", 1.0, 0.8, (3, 3), main={"pre": None}, design=DRAWN | {"blocks": True}
    )
    columns = {"pupil": "leerling", "class": "eenheid", "group": "groep", "block": "school"}
    places = [int(name[1:]) for name in blocked.columns["eenheid"]]
    in_school = [str(place % 3 if place < 3 else (place + 1) % 3) for place in places]
    yield replace(blocked, study=blocked.study | {"columns": columns}, columns=blocked.columns | {"school": in_school})
    yield from several_moments(told, known, blind)
    yield one_group("nothing moved", (0.0,), more={"welbevinden": {"role": "side_effect", "domain": "wellbeing"}})
    yield one_group("reached, but unclear", (-0.5, 1.2, 0.6), main={"goal": {"gain": 0.1}})
    yield one_group("turned round", (0.0,), slope=-1.0, noise=0.05, main={"reliability": 0.95})
    yield comparison("a control arm of four", 0.5, sizes=[20, 20, 2, 2], arms=(2, 2))
    yield comparison("months, next to none", 0.0, 0.004, (8, 8), noise=1.0, design=DRAWN, context={"level": "primary"})
    for delta in (-3.0, -0.5, -0.2, 0.0, 0.2, 0.5, 3.0):
        for spread in (0.1, 0.4, 1.6):
            primary = {"context": {"level": "primary"}, "design": DRAWN}
            yield comparison(f"months {delta} {spread}", delta, spread, (8, 8), **primary)
    yield from other_ways(firm)
    yield from several_outcomes(everything)
    yield from with_dose(everything)
    yield comparison("small arm", 1.0, size=3, arms=(2, 3))
    yield comparison("small classes", 1.0, sizes=[20, 6, 20, 3, 20, 20])
    yield comparison("several small classes", 1.0, arms=(5, 5), sizes=[20, 20, 3, 3, 4, 20, 20, 20, 6, 20])
    yield comparison("small pair", 1.0, arms=(1, 1), size=8)
    yield comparison("no pupils' column", 1.0, columns={"class": "eenheid", "group": "groep"})
    for slope, noise in ((0.2, 0.2), (1.6, 1.0)):
        yield one_group(f"spread {slope}", slope=slope, noise=noise)

    for reach in (1, 8, 9.5, 11, 12, 19):
        yield comparison(f"reach {reach}", 1.0, main={"goal": {"at_least": reach, "share": 0.8}})
        lower = {"better": "lower", "goal": {"at_least": reach, "share": 0.8}}
        yield one_group(f"reach low {reach}", main=lower)
        yield one_group(f"reach {reach}", main={"goal": {"at_least": reach, "share": 0.5}, "scale": None})
    yield one_group("reach hidden", size=8, main={"goal": {"at_least": 10, "share": 0.5}})
    yield one_group("ceiling", (9.6,), size=40, slope=1.0)
    yield one_group("gain goal hidden", size=8, main={"goal": {"gain": 1.0}})
    for gain in (-1.0, 0.02, 3.0):
        yield one_group(f"gain goal {gain}", (gain,), main={"goal": {"gain": 1.0}})
        yield comparison(f"gain goal {gain}", gain, main={"goal": {"gain": 2}})

    for gap in (-2.5, -0.9, 0.0, 2.5):
        for spread, arms in ((0.02, (3, 3)), (1.5, (3, 3)), (0.4, (1, 1))):
            more = {"motivatie": (SIDE, gap), "druk": ({**SIDE, "domain": "workload", "better": "lower"}, gap)}
            more |= {"lezen": ({}, gap), "angst": ({"better": "lower"}, gap)}
            yield comparison(f"others {gap} {spread} {arms}", 0.5, spread, arms, more=more)
    yield comparison("others hidden", size=3, arms=(2, 3), more={"motivatie": (SIDE, 0.1), "lezen": ({}, 0.1)})
    every = {
        f"neven{n}": ({**SIDE, "domain": domain}, 0.1)
        for n, domain in enumerate(
            ("motivation", "wellbeing", "relations", "workload", "admin_load", "learning_gain", "learning_capacity")
        )
    }
    yield comparison("all side effects", more=every)
    other_test = {"motivatie": ({**SIDE, "tests": "different"}, 0)}
    yield comparison("side effect afterwards only", arms=(1, 1), more=other_test)

    for gains in ((-2.0,), (0.02,), (2.0,), (0.3,), (1.0, 2.0), (1.8, 2.0, 2.2), (-2.2, -2.0, -1.8), (-2, 0.1, 2.5),
                  (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)):  # fmt: skip
        for better in ("higher", "lower"):
            more = {"lezen": {}, "anders": {"tests": "different"}}
            yield one_group(f"growth {gains} {better}", gains, main={"better": better}, more=more)
    yield one_group("unclear", (0.1,), noise=2.5)
    yield one_group("everyone moved the same", (2.0,), slope=1.0, noise=0.0)
    for level in (None, "school", "teacher", "teaching_group"):
        yield one_group(f"growth by {level}", (1.8, 2.0, 2.2), level=level)
    yield one_group("another test", main={"tests": "different"}, more={"motivatie": {"pre": None}})
    yield one_group("afterwards only", main={"pre": None, "tests": "same"})
    yield one_group("small group", size=8, more={"lezen": {}})
    yield one_group("chosen low", design={"selected_low": True}, conduct=conduct())
    known = {"reference_mean": 11.0, "reliability": 0.8}
    yield one_group("chosen low from known pupils", design={"selected_low": True}, main=known, conduct=conduct())
    sides = {"motivatie": SIDE, "welbevinden": {**SIDE, "domain": "wellbeing", "pre": None}}
    case = one_group("growth with side effects", more={})
    study = case.study | {"outcomes": [*case.study["outcomes"], *(outcome(n, **f) for n, f in sides.items())]}
    columns = case.columns | {
        f"{name}_{occasion}": [3.0 + (i + place) % 5 / 5 for i in range(20)]
        for place, name in enumerate(sides)
        for occasion in ("voor", "na")
    }
    columns["motivatie_na"] = [3.2 + (i % 4) / 5 for i in range(20)]
    yield Case(case.name, study, columns)


def gone(case: Case, absent, column: str = "toets_na") -> Case:
    """Without the scores of the pupils for whom ``absent`` of (class, number in the class) holds."""
    counts: dict[str, int] = {}
    kept = []
    for unit, score in zip(case.columns["eenheid"], case.columns[column], strict=True):
        counts[unit] = counts.get(unit, -1) + 1
        kept.append("" if absent(int(unit[1:]), counts[unit]) else score)
    return replace(case, name=f"{case.name}, some missing", columns=case.columns | {column: kept})


def with_missing(everything: dict[str, Any]) -> Iterator[Case]:
    """Few and many pupils missing, on one side or on both; whole classes, and sides of classes."""
    large: dict[str, Any] = {"arms": (8, 8), "size": 24, "design": DRAWN}
    for delta in (-3.0, 0.3, 1.3, 3.0):
        yield gone(comparison(f"missing alike {delta}", delta, **large), lambda _, n: n % 6 == 0)
        yield gone(comparison(f"missing more with {delta}", delta, **large), lambda j, n: n < (8 if j < 8 else 1))
        yield gone(comparison(f"missing without {delta}", delta, **large), lambda j, n: j >= 8 and n < 2)
    yield gone(comparison("hardly missing", 3.0, 0.02, **large), lambda _, n: n == 3)
    yield gone(comparison("missing from two classes", 1.0, arms=(2, 2), size=40), lambda _, n: n % 4 == 0)
    for gains, size in (((2.0,), 40), ((2.0, 2.2, 1.8), 40), ((2.0, 2.1), 12)):
        yield gone(one_group(f"missing in one group {gains}", gains, size=size), lambda j, n: n % 3 == j)
    for lost in ((0,), (0, 9)):
        yield gone(comparison(f"classes lost {lost}", 1.3, **large), lambda j, _, lost=lost: j in lost)
        yield gone(divided(f"sides lost {lost}", 1.3, 12), lambda j, n, lost=lost: j in lost and n < 10)
    yield gone(one_group("class lost", (2.0, 2.2, 1.8, 2.0)), lambda j, _: j == 1)
    yield gone(comparison("test before missing", 1.3, **large), lambda _, n: n % 8 == 0, "toets_voor")
    yield gone(comparison("half lost", 1.3, **large), lambda _, n: n % 5 > 1)
    for delta in (1.02, 1.06, 1.1, 1.15, 1.2):
        yield gone(comparison(f"the missing turn it {delta}", delta, **everything), lambda _, n: n == 2)


def several_outcomes(everything: dict[str, Any]) -> Iterator[Case]:
    """Two and three primary outcomes of every direction, secondary ones that were declared, goals, hours."""
    second = {"role": "primary", "reliability": 0.9}
    for gap in (-3.0, -1.3, -0.35, 0.0, 0.35, 1.3, 3.0):
        for delta in (-1.3, 0.0, 1.3):
            for spread in (0.1, 0.8, 1.6):
                more = {"tweede": (second, gap), "derde": ({"reliability": 0.9}, gap)}
                yield comparison(f"two primaries {delta} {gap} {spread}", delta, **everything | {"spread": spread},
                                 more=more)  # fmt: skip
    narrow = {"arms": (8, 8), "spread": 0.4, "main": {"smallest_worthwhile": 0.1, "reliability": 0.9}}
    for gap in (0.0, 0.49, -0.49):
        more = {name: (second | {"smallest_worthwhile": 0.1}, gap) for name in ("tweede", "derde")}
        yield comparison(f"three primaries, held {gap}", 0.49, **everything | narrow, more=more)
        yield comparison(f"two secondaries {gap}", 0.49, **everything | narrow, more={
            name: (fields | {"role": "secondary"}, gap) for name, (fields, gap) in more.items()
        })  # fmt: skip
    lower = second | {"better": "lower"}
    yield comparison("lower is better on the second", 1.3, **everything, more={"tweede": (lower, 1.3)})
    for arms in ((1, 1), (2, 2)):
        yield comparison(f"two primaries {arms}", 1.0, arms=arms, design=DRAWN, more={"tweede": (second, 1.0)})
    yield comparison("two primaries in small classes", 1.0, size=3, arms=(2, 3), more={"tweede": (second, 1.0)})
    yield divided("two primaries within classes", 1.0, 8, more={"tweede": (second, 0.5)})
    yield one_group("two primaries, one group", (1.8, 2.0, 2.2), more={"tweede": second, "derde": {}})
    for low, high in ((19, 1), (1, 19), (1, 1)):
        goals = ({"goal": {"at_least": reach, "share": 0.8}, "reliability": 0.9} for reach in (low, high))
        main, other = goals
        yield comparison(f"goals {low} {high}", 1.0, main=main, more={"tweede": (other | {"role": "primary"}, 1.0)})
    hours = {"context": {"level": "primary", "weeks": 6.0, "minutes": 100.0}}
    for minutes in ((20.0,), (1.0,), (0.0,), None):
        spent = everything["conduct"] | ({"extra_minutes": minutes} if minutes else {})
        yield comparison(f"hours {minutes}", 0.5, **everything | hours | {"conduct": spent})
    others = {"tweede": {"role": "primary"}, "derde": {"role": "primary", "better": "lower"}, "vierde": {}}
    for delta in (1.2, None):
        for kind in ("growth", "survey") if delta is None else ("growth",):
            yield waves(f"three primaries, {kind} {delta}", delta, (5, 5), kind=kind, more=others, **{
                "context": {"weeks": 6.0, "minutes": 100.0}
            })  # fmt: skip
    yield waves("three primaries over time within classes", 1.2, (6, 0), within=True, size=24, more=others)
    yield one_group("hours, one group", (1.8, 2.0, 2.2), context={"weeks": 2.0, "minutes": 50.0})


def with_dose(everything: dict[str, Any]) -> Iterator[Case]:
    """Lessons attended: many or hardly any more with the approach, alike or not, and unknown of some."""

    def lessons(case: Case, dose) -> Case:
        """``dose(class, row, treated)`` in every row."""
        units = [int(unit[1:]) for unit in case.columns["eenheid"]]
        side = [group == "nieuw" for group in case.columns["groep"]]
        cells = [dose(unit, row, given) for row, (unit, given) in enumerate(zip(units, side, strict=True))]
        columns = case.study["columns"] | {"dose": "lessen"}
        return replace(case, study=case.study | {"columns": columns}, columns=case.columns | {"lessen": cells})

    def taken(unit: int, row: int, given: bool) -> str:
        return f"{6 + unit % 4 + row % 2}" if given else "0"

    for delta in (0.0, 1.3, -1.3):
        yield lessons(comparison(f"dose {delta}", delta, **everything), taken)
        yield lessons(divided(f"dose within {delta}", delta, 8, size=14), taken)
        yield lessons(comparison(f"dose, no draw {delta}", delta, arms=(8, 8)), taken)
    yield lessons(comparison("dose, held back", 1.3, design=DRAWN, arms=(4, 4)), taken)
    held = everything | {"arms": (8, 8), "design": DRAWN}
    for strong in (0.3, 0.5, 0.8, 1.2):
        mixed = lambda unit, row, given, s=strong: f"{5 + (7 * unit) % 5 + s * given + row % 2 / 2:.1f}"  # noqa: E731
        for delta in (0.0, 1.0, 3.0):
            yield lessons(comparison(f"dose hardly more {strong} {delta}", delta, **held), mixed)
    yield lessons(comparison("dose alike", 0.0, **everything), lambda unit, row, given: "8" if given else "0")
    yield lessons(comparison("dose the same for all", 0.0, **everything), lambda unit, row, given: f"{6 + row % 2}")
    for arms in ((1, 1), (2, 1), (3, 3)):
        yield lessons(comparison(f"dose {arms}", 1.0, arms=arms, design=DRAWN), taken)
    for count in (2, 8, 90):
        gone = lambda unit, row, given, n=count: "" if row % 40 == 1 and row < 40 * n else taken(unit, row, given)  # noqa: E731
        yield lessons(comparison(f"dose unknown of {count}", 0.0, **everything), gone)
    many = lambda unit, row, given: "" if row % 5 == 0 else taken(unit, row, given)  # noqa: E731
    yield lessons(comparison("dose unknown of many", 0.0, **everything), many)
    minutes = lambda unit, row, given: f"{300 + 40 * (unit % 4) + row % 7}" if given else "0"  # noqa: E731
    yield lessons(comparison("dose in minutes, no test before", 0.0, **everything | {"main": {"pre": None}}), minutes)
    yield lessons(comparison("dose in small classes", 1.0, size=3, arms=(2, 3)), taken)


def in_turns() -> Iterator[Case]:
    """Classes that start one after the other: two steps and more, drawn and not, few and many, with and without a test
    before the first start."""
    known = {"planned_on": date(2026, 9, 15), "conduct": conduct(scoring="external_blind", results_seen=False)}
    four, wait = (1, 1, 2, 2, 3, 3, 4, 4), (1, 1, 1, 1, 2, 2, 2, 2)
    for delta in (-3.0, -0.5, 0.0, 0.06, 0.5, 3.0):
        for drawn in (False, True):
            for better in ("higher", "lower"):
                told = {"drawn": drawn, "main": {"better": better, "reliability": 0.9}} | known
                yield in_turn(f"four steps {delta} {drawn} {better}", delta, four, **told)
                yield in_turn(f"wait-list {delta} {drawn} {better}", delta, wait, waves=3, **told)
                yield in_turn(f"twenty in turn {delta} {drawn} {better}", delta, tuple(range(1, 5)) * 5, **told)
            yield in_turn(f"first wave too late {delta} {drawn}", delta, (0, 0, 1, 1, 2, 2), waves=3, drawn=drawn)
            yield in_turn(
                f"wait-list, no test before {delta} {drawn}", delta, (0,) * 3 + (1,) * 3, waves=2, drawn=drawn
            )
        for starts in ((1, 2), (1, 2, 2), (1, 2, 3), (1, 2, 3, 3), (1, 2, 3, 4), (1, 1, 5, 5)):
            yield in_turn(f"few in turn {starts} {delta}", delta, starts)
    for level in ("teacher", "school"):
        yield in_turn(f"in turn by {level}", 1.0, level=level, more={"motivatie": (SIDE, -0.2), "tweede": ({}, 0.5)})
        yield in_turn(f"wait-list by {level}", 1.0, wait, level=level, more={"motivatie": (SIDE, -0.2)})
    for starts in ((1, 1, 2, 2, 3, 3, 4, 4), wait):
        for gap in (-1.0, 1.0):
            yield in_turn(f"two primaries in turn {gap}", 1.0, starts, more={"tweede": ({"role": "primary"}, gap)})
    yield in_turn("small classes in turn", 1.0, sizes=[20, 8, 20, 9, 20, 20, 20, 20])
    yield in_turn("tiny class in turn", 1.0, sizes=[20, 20, 3, 20, 20, 20, 20, 20])
    yield in_turn("another first test", 1.0, main={"tests": "different"}, drawn=False)
    yield in_turn("wait-list, other tests", 1.0, wait, waves=3, main={"tests": "different"}, drawn=False)
    yield in_turn("two missed one wave", 1.0, gone=(0, 1, 2))
    yield in_turn("a class missed one wave", 1.0, gone=(3, 2, 20))
    for lead in (0.4, 0.7, 1.0):
        three = (1,) * 4 + (2,) * 4 + (3,) * 4
        apart = in_turn(
            f"who started first was ahead {lead}", 6.0, three, spread=0.1, main={"reliability": 0.9}, **known
        )
        ahead = [
            min(score + lead * (unit in ("e0", "e1", "e2", "e3")), 20)
            for score, unit in zip(apart.columns["toets_1"], apart.columns["eenheid"], strict=True)
        ]
        yield replace(apart, columns=apart.columns | {"toets_1": ahead})
    fine = {"reliability": 0.9, "smallest_worthwhile": 0.2}
    behind = in_turn(
        "who starts last falls behind", -0.6, (1,) * 4 + (2,) * 4 + (3,) * 4, spread=0.1, main=fine, **known
    )
    fallen = {
        head: [
            score - 2 * (unit in ("e8", "e9", "e10", "e11"))
            for score, unit in zip(behind.columns[head], behind.columns["eenheid"], strict=True)
        ]
        for head in ("toets_2", "toets_3", "toets_4", "toets_5")
    }
    yield replace(behind, columns=behind.columns | fallen)
    for delta in (0.3, 1.5):
        told = {"main": {"reliability": 0.9}, "spread": 0.02} | known
        yield in_turn(f"ways apart {delta}", delta, tuple(range(1, 5)) * 5, noise=0.3, **told)


def with_subgroups() -> Iterator[Case]:
    """Pupils in two and in three groups, of which one gains more; and groups too small to compare."""
    for arms, labels, more in (((4, 4), "ab", 0.0), ((4, 4), "ab", 4.0), ((5, 5), "abc", 3.0), ((1, 1), "ab", 0.0)):
        case = comparison(f"subgroups {arms} {labels} {more}", 0.5, arms=arms)
        of = [labels[n % len(labels)] for n in range(len(case.columns["leerling"]))]
        post = [
            min(score + more, 20.0) if label == "a" and group == "nieuw" else score
            for score, label, group in zip(case.columns["toets_na"], of, case.columns["groep"], strict=True)
        ]
        study = case.study | {"subgroups": [{"column": "taal"}]}
        yield replace(case, study=study, columns=case.columns | {"taal": of, "toets_na": post})
        if labels == "abc":
            few = [{2: "c", 5: "d"}.get(n % 18, "ab"[n % 2]) for n in range(len(of))]
            yield replace(case, study=study, columns=case.columns | {"taal": few})
    alike = comparison("subgroups that gain alike", 0.5, arms=(8, 8), size=24)
    labels = ["ab"[n // 2 % 2] for n in range(24)] * 16
    study = alike.study | {"subgroups": [{"column": "taal"}]}
    yield replace(alike, study=study, columns=alike.columns | {"taal": labels})
    halves = {"kinds apart": lambda n: "ab"[n // 12 % 2], "kinds together": lambda n: "ab"[n % 2]}
    for name, label in halves.items():
        for more in (0.0, 2.0):
            case = divided(f"subgroups of divided pupils, {name}, {more}", 0.5, 12)
            of = [label(n) for n in range(len(case.columns["leerling"]))]
            post = [
                min(score + more * (kind == "a" and side == "nieuw"), 20.0)
                for score, kind, side in zip(case.columns["toets_na"], of, case.columns["groep"], strict=True)
            ]
            study = case.study | {"subgroups": [{"column": "taal"}]}
            yield replace(case, study=study, columns=case.columns | {"taal": of, "toets_na": post})
    for size in (40, 12):
        case = one_group(f"subgroups in one group of {size}", size=size)
        of = ["thuis Nederlands" if n % 2 else "andere taal" for n in range(size)]
        yield replace(case, study=case.study | {"subgroups": [{"column": "taal"}]}, columns=case.columns | {"taal": of})
    for name, more in (("several classes", {}), ("another test afterwards", {"main": {"tests": "different"}})):
        case = one_group(f"subgroups in {name}", (2.0, 2.3, 1.8, 2.1), **more)
        of = ["thuis Nederlands" if n % 2 else "andere taal" for n in range(80)]
        yield replace(case, study=case.study | {"subgroups": [{"column": "taal"}]}, columns=case.columns | {"taal": of})


def other_ways(firm: dict[str, Any]) -> Iterator[Case]:
    """Cases in which the other ways to compute a difference, and the checks beside it, have something to say."""
    yield comparison("own gap and borrowed spread", 1.0, arms=(1, 1), main={
        "usual_gap": 0.8, "class_spread": {"sd": 0.7, "classes": 6},
    })  # fmt: skip
    yield from with_subgroups()
    yield from in_turns()
    for pairs in (2, 3, 6):
        case = comparison(f"{pairs} blocks", 1.0, 0.8, (pairs, pairs), design={"blocks": True, "randomised": True})
        case.study["columns"]["block"] = "paar"
        units = [int(unit[1:]) for unit in case.columns["eenheid"]]
        case.columns["paar"] = [f"b{(unit + (unit >= pairs)) % pairs}" for unit in units]
        yield case
    for reliability in (0.8, 0.3):
        yield comparison(f"reliability {reliability}", 1.0, main={"reliability": reliability})
    yield comparison("apart at the start", 1.5, 0.3, (4, 4), start=3.0, main={"reliability": 0.6})
    yield comparison("gain and adjusted oppose", 0.9, 0.3, (8, 8), start=4.0)
    yield comparison("firm but for the way of calculating", **firm | {"delta": 1.3, "spread": 0.4, "start": 0.6})
    yield comparison("one class carries", 0.02, 0.5, (2, 3))
    odd = comparison("an odd class", 1.0, 0.2, (5, 5), design=DRAWN)
    yield replace(odd, columns=odd.columns | {"toets_na": [
        score + 4 if unit == "e0" else score
        for score, unit in zip(odd.columns["toets_na"], odd.columns["eenheid"], strict=True)
    ]})  # fmt: skip
    apart = comparison("the small arm lies far apart", 0.5, 0.1, (3, 6), design=DRAWN)
    step = {"e0": 3.0, "e1": -3.0}
    yield replace(apart, columns=apart.columns | {"toets_na": [
        score + step.get(unit, 0)
        for score, unit in zip(apart.columns["toets_na"], apart.columns["eenheid"], strict=True)
    ]})  # fmt: skip
    tilted = comparison("weak starters gain more", 1.0, 0.3, (4, 4), design=DRAWN)
    steep = {f"e{j}": -0.5 + 0.05 * j for j in range(4)} | {f"e{j}": 0.02 * j for j in range(4, 8)}
    yield replace(tilted, columns=tilted.columns | {"toets_na": [
        score + steep[unit] * (pre - 9)
        for score, pre, unit in zip(*(tilted.columns[c] for c in ("toets_na", "toets_voor", "eenheid")), strict=True)
    ]})  # fmt: skip
    hard = comparison("too difficult", 0.5, design=DRAWN)
    yield replace(
        hard, columns=hard.columns | {"toets_na": [max(score - 11, 0.0) for score in hard.columns["toets_na"]]}
    )
    spread = comparison("spread four times as wide afterwards", 0.5, design=DRAWN)
    yield replace(spread, columns=spread.columns | {"toets_na": [
        min(max(10 + 3 * (score - 11), 0.0), 20.0) for score in spread.columns["toets_na"]
    ]})  # fmt: skip


# what the cases tell


@dataclass(frozen=True)
class Told:
    """One case told in one language. ``said`` holds (kind, text); only tables may hold bare numbers."""

    case: Case
    lang: str
    measurement: Measurement
    verdict: Verdict
    page: Report
    said: tuple[tuple[str, str], ...]

    @property
    def one_group(self) -> bool:
        return not self.measurement.study.compared

    def sentences(self) -> Iterator[str]:
        for kind, text in self.said:
            if kind not in ("cell", "footer"):
                yield from re.split(r"(?<=[.?!])\s+(?=[^\W\d_]|“)", text)

    def __str__(self) -> str:
        return f"{self.lang} [{self.case.name}] {self.verdict.capped_code}"


def said(blocks) -> Iterator[tuple[str, str]]:
    for block in blocks:
        match block:
            case Text(text=text):
                yield "paragraph", text
            case Heading(text=text, answer=answer):
                yield "heading", text
                if answer is not None:
                    yield "chip", answer
            case Facts(items=items):
                yield from (("fact", f"{figure} {what}") for figure, what in items)
            case Bullets(items=items):
                yield from (("paragraph", item) for item in items)
            case Callout(title=title, paragraphs=paragraphs):
                if title is not None:
                    yield "heading", title
                yield from (("paragraph", paragraph) for paragraph in paragraphs)
            case Steps(label=label, names=names):
                yield "paragraph", label
                yield from (("chip", name) for name in names)
            case Chart(alt=alt, caption=caption, table=figures):
                yield "alt", alt
                yield "paragraph", caption
                yield from said([figures])
            case Table(caption=caption, header=header, rows=rows):
                yield "heading", caption
                yield from (("heading", cell) for cell in header)
                yield from (("cell", cell) for row in rows for cell in row)
            case Fold(title=title, blocks=inner):
                yield "heading", title
                yield from said(inner)


def whole_page(page: Report) -> tuple[tuple[str, str], ...]:
    return (("heading", page.kicker), ("footer", page.footer), ("paragraph", page.summary), *said(page.blocks))


def run(case: Case) -> tuple[Study, Dataset, Measurement, Verdict]:
    study = Study.model_validate(case.study)
    data = bind(study, table(case.columns))
    measurement = measure_verb(study, data)
    return study, data, measurement, judge_verb(measurement)


@pytest.fixture(scope="module")
def used() -> set[str]:
    """Every key that was asked for while the cases were told."""
    return set()


@pytest.fixture(scope="module")
def told(used) -> list[Told]:
    """Every case in every language. The drawing itself is left out: it adds no words and takes most of the time."""
    find = Words._find

    def recording(self, key):
        found = find(self, key)
        if isinstance(found, str):
            used.add(key)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Words, "_find", recording)
        patch.setattr(Picture, "svg", lambda self, height, alt_text: "<svg xmlns='http://www.w3.org/2000/svg'/>")
        pages = []
        for case in cases():
            study, data, measurement, verdict = run(case)
            for lang in LANGUAGES:
                page = report(measurement, verdict, lang=lang)
                lines = tuple(("described", line) for line in describe(study, data, lang=lang).lines)
                pages.append(Told(case, lang, measurement, verdict, page, (*whole_page(page), *lines)))
        html(pages[0].page)
    return pages


def test_the_cases_reach_every_verdict(told):
    assert {page.verdict.capped_code for page in told} == set(get_args(Code))
    assert {page.verdict.code for page in told} == set(get_args(Code))
    reasons = {page.verdict.reason for page in told}
    assert reasons == {None, "wide", "wide_spread", "wide_pupils", "between", "capped", "capped_alike", "unseen"}
    assert {cap.criterion for page in told for cap in page.verdict.security.caps} == {
        page.verdict.security.weakest for page in told
    }
    assert {page.verdict.security.rating for page in told} == {0, 1, 2, 3, 4, 5}
    for better in ("higher", "lower"):
        turned = {page.verdict.code for page in told if page.measurement.primary.outcome.better == better}
        assert turned == set(get_args(Code))


# every text is told


OF_KINDS = ("share", "order", "goals")
"""Rooms that hold another text for the key of another room, where no points are counted."""


@pytest.mark.parametrize("room", ["verdict", "report", *OF_KINDS])
def test_every_sentence_of_a_page_is_told(told, used, room):
    keys = {key for key in KEYS["nl"] if key.split(".")[0] == room and not key.startswith("report.reason.")}
    untold = keys - used
    assert untold == set()


def test_every_reason_why_a_number_is_missing_has_a_sentence():
    """Some can hardly be reached from a file that was read; a record may name any."""
    for lang in LANGUAGES:
        reasons = {key.removeprefix("report.reason."): text for key, text in KEYS[lang].items() if ".reason." in key}
        assert set(reasons) == set(get_args(Reason))
        assert all(text.endswith(".") for text in reasons.values())


# every key in the code is a text, and every text has its place in the code


def literals(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """String literals that are no docstring; the parts of an f-string are not literals of their own."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str)
        if text and id(node) not in alone | inside:
            yield node


def pattern(node: ast.expr) -> str:
    """What a string in the code can become: ``f"a.{b}"`` is anything in table a."""
    if isinstance(node, ast.JoinedStr):
        filled = (isinstance(part, ast.FormattedValue) for part in node.values)
        return "".join(r"[\w.]*" if blank else re.escape(p.value) for blank, p in zip(filled, node.values, strict=True))
    return re.escape(node.value)


def code() -> dict[str, ast.Module]:
    return {path.as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


CODE = code()


FILE = r"\w+\\\.(toml|html|json)"
"""A file name that would pass for a key: "report.html"."""


def asked() -> set[str]:
    """Patterns of the keys that the code and the page's template ask for."""
    found = set()
    for tree in CODE.values():
        for node in literals(tree):
            wanted = pattern(node)
            if re.match(rf"({'|'.join(ROOMS)})\\\.[^\s/]+$", wanted) and not re.fullmatch(FILE, wanted):
                found.add(wanted)
        for node in ast.walk(tree):
            match node:
                case ast.Subscript(value=ast.Attribute(attr="_locale"), slice=ast.Constant(value=key)):
                    found.add(rf"locale\.{key}")
    for template in PACKAGE.rglob("*.j2"):
        found |= {re.escape(key) for key in re.findall(r'words\("([\w.]+)"', template.read_text("utf-8"))}
    return found


def test_every_key_the_code_asks_for_is_a_text():
    assert not [wanted for wanted in asked() if not any(re.fullmatch(wanted, key) for key in KEYS["nl"])]


def test_no_text_outside_the_pages_is_dead():
    """Rooms of pages are told above; problems and terms are counted below; ``start.py`` cannot import the package."""
    patterns = asked()
    elsewhere = ("verdict", "report", "problems", "start", "units", *OF_KINDS)
    rest = [key for key in KEYS["nl"] if key.split(".")[0] not in elsewhere]
    assert not [key for key in rest if not any(re.fullmatch(wanted, key) for wanted in patterns)]


def test_the_texts_of_start_are_those_that_start_asks_for():
    tree = ast.parse((PROJECT / "start.py").read_text("utf-8"))
    inside = {node.value for node in literals(tree) if isinstance(node, ast.Constant)}
    assert {key.split(".")[1] for key in KEYS["nl"] if key.startswith("start.")} <= inside


# problems


def strings(node: ast.expr, function: ast.AST, tree: ast.Module) -> set[str]:
    """What an expression for a code can be: literals, either side of a condition, or a name given one of these."""
    match node:
        case ast.Constant(value=str(value)):
            return {value}
        case ast.IfExp(body=body, orelse=other):
            return strings(body, function, tree) | strings(other, function, tree)
        case ast.Name(id=name):
            given = [
                inner.value
                for inner in ast.walk(function)
                if isinstance(inner, ast.Assign) and name in map(ast.unparse, inner.targets)
            ]
            return {found for value in given for found in strings(value, function, tree)}
    return set()


def problem_codes() -> dict[str, set[str]]:
    """Every code the package can give a Problem, and patterns of the facts that its function gives along."""
    facts: dict[str, set[str]] = {}
    for tree in CODE.values():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            keys = {
                key.value
                for node in ast.walk(function)
                if isinstance(node, ast.Dict)
                for key in node.keys
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
            keys |= {
                pattern(node.slice)
                for node in ast.walk(function)
                if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
                if isinstance(node.slice, ast.JoinedStr) or isinstance(getattr(node.slice, "value", None), str)
            }
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                name = call.func.id if isinstance(call.func, ast.Name) else ""
                named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
                if name in ("stop", "_stop", "mistake") and call.args:
                    codes, given = strings(call.args[0], function, tree), set(named) | keys
                elif name == "Problem" and "code" in named:
                    codes, given = strings(named["code"], function, tree), keys
                else:
                    continue
                for found in codes:
                    facts.setdefault(found, set()).update(given)
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="refused"))], value=value):
                    for found in strings(value, tree, tree):
                        facts.setdefault(found, set())
    return facts | {f"value_{limit}": {"key", "bound"} for limit in limits()}


LIMITS = {
    "exclusiveMinimum": "greater_than",
    "minimum": "greater_than_equal",
    "exclusiveMaximum": "less_than",
    "maximum": "less_than_equal",
    "maxLength": "string_too_long",
}


def limits() -> set[str]:
    """The kinds of limit that a study file can break."""
    schema = str(Study.model_json_schema())
    return {kind for keyword, kind in LIMITS.items() if f"'{keyword}'" in schema}


PROBLEMS = {
    key.split(".")[1] for key in KEYS["nl"] if key.startswith("problems.") and key.count(".") == 2 and ".says" in key
}


def test_every_problem_has_a_sentence_and_a_mend():
    codes = problem_codes()
    assert len(codes) > 60
    missing = [f"{lang}: {found}.{part}" for lang in LANGUAGES for found in sorted(codes) for part in ("says", "mend")
               if f"problems.{found}.{part}" not in words(lang)]  # fmt: skip
    assert not missing


def test_no_problem_is_dead():
    assert PROBLEMS - set(problem_codes()) == set()


def test_a_problem_has_every_fact_its_sentence_names():
    always = {"value", "column", "file"}
    short = {
        found: lacking
        for found, facts in problem_codes().items()
        if (lacking := {
            blank
            for part in ("says", "mend")
            for blank in blanks(KEYS["nl"][f"problems.{found}.{part}"]) - always
            if not any(re.fullmatch(fact, blank) for fact in facts)
        })
    }  # fmt: skip
    assert not short


def terms(group: str) -> set[str]:
    return {key.split(".")[3] for key in KEYS["nl"] if key.startswith(f"problems.term.{group}.")}


def test_every_term_is_a_word_of_ours_and_none_is_dead():
    roles = {field.alias or name for name, field in Columns.model_fields.items()}
    assert terms("role") == roles | {"subgroup", "start"}
    assert terms("occasion") == {"pre", "between", "post"}
    assert terms("arm") == {"treated", "control"}
    kinds = ("bool", "string", "date", "tuple", "float", "int", "finite_number", "date_from_datetime", "model", "dict")
    assert terms("type") == {_wanted(kind) for kind in kinds}
    assert terms("later") == {str(problem.facts["what"]).removeprefix("later.") for problem in later()}


def later() -> Iterator[Problem]:
    """Everything that is understood and not measured yet."""
    designs: list[dict] = [
        {"kind": "multi_site", "site": "class"},
        {"kind": "growth", "waves": ["1", "2", "3"]},
        {"kind": "growth", "waves": ["1", "2", "3"], "assigned": "pupil"},
        {"kind": "stepped", "start_column": "start"},
        {"kind": "single_case", "phase": "fase", "occasion": "dag"},
        {"kind": "survey", "occasions": ["1"]},
        {"kind": "comparison", "assigned": "pupil"},
        {"kind": "comparison", "assigned": "class"},
    ]
    roles = {role: role for role in ("class", "group", "wave", "date", "dose", "own_goal")}
    outcomes = [outcome(), outcome("lezen", pre=None), outcome("zwemmen", scale=None, levels=["nee", "ja"],
                                                               role="secondary", smallest_worthwhile=None)]  # fmt: skip
    for design in designs:
        two = design["kind"] in ("comparison", "multi_site") or "assigned" in design
        columns = roles | ({"block": "blok"} if design["kind"] == "multi_site" else {})
        study = plan("comparison", design=design, columns=columns, outcomes=outcomes, subgroups=[{"column": "taal"}])
        content = study if two else {key: value for key, value in study.items() if key != "groups"}
        yield from (problem for problem in not_yet(Study.model_validate(content), "pupil") if problem.code == "not_yet")
    graded = [outcome("zwemmen", scale=None, levels=["nee", "ja"], smallest_worthwhile=None)]
    dosed = plan("comparison", columns={role: role for role in ("class", "group", "dose")}, outcomes=graded)
    yield from not_yet(Study.model_validate(dosed), "class")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refusal_of_a_design_reads_as_a_sentence(lang):
    for problem in later():
        assert re.fullmatch(r"[^\W\d_].*\.", words(lang).problem(problem))


# what no sentence says

FORBIDDEN = {
    "nl": (
        r"significan\w*", r"bewezen", r"bewijst?", r"werkt", r"geen effect", r"toeval\w*", r"rapport\w*",
        r"interventie\w*", r"controle(groep|klas\w*)?", r"experimente\w*", r"docent\w*", r"trimester\w*", r"studie",
        r"(voor|na|eind)toets\w*", r"wisselontwerp", r"zekerheid", r"sterren", r"u", r"uw", r"jij", r"jouw klas",
        r"beide groepen", r"random\w*",
    ),
    "en": (
        r"significan\w*", r"prove[ns]?", r"works", r"no effect", r"chance", r"school report", r"interventions?",
        r"controls?( group| class(es)?)?", r"experimental", r"grades?", r"marks", r"random\w*", r"certainty", r"stars",
    ),
}  # fmt: skip
"""Whole words, in any case. "jouw" is said once, to the teacher of one class; a team is "jullie"."""
FILE_WORDS = {"problems", "command"}
FILE_KEYS = ("control", "random", "studie", "marks")
"""Rooms of files, and their words: the key control, STUDIE.toml, quotation marks. Software (start) may work."""
FIGURES = {"nl": r"cijfers?", "en": r"grades?|marks?"}
"""What pupils have are points or results."""

ONE_GROUP = {
    "nl": (r"effect(en)?", r"door de aanpak", r"dankzij", r"maand(en)?"),
    "en": (r"(?<!side )effects?", r"(because of|due to|by|thanks to) the approach", r"months?"),
}
LONGEST = 30
"""Words in one sentence (words page, section 1: B1). A number is read at a glance and does not count."""
NUMBER = {"nl": r"\d+(?:,\d+)?", "en": r"\d+(?:\.\d+)?"}
OTHER_MARK = {"nl": r"\d\.\d", "en": r"\d,\d"}
NEGATIVE = r"(?<![\w.,–-])[-−–]\s?\d"
PLURAL_OF_ONE = {
    "nl": r"(?<![\d,])1 (klassen|leerlingen|scholen|leerkrachten|lesgroepen|punten|rijen)",
    "en": r"(?<![\d.])1 (classes|pupils|schools|teachers|teaching groups|points|rows|times)",
}
SAME = {"nl": "ongeveer gelijk", "en": "about the same"}


def has(patterns: tuple[str, ...], text: str) -> list[str]:
    return [word for word in patterns if re.search(rf"\b({word})\b", text, re.IGNORECASE)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_has_a_forbidden_word(lang):
    found = []
    for key, text in KEYS[lang].items():
        if not isinstance(text, str) or key.startswith("start."):
            continue
        bare = re.sub(r"\{\w*\}", " ", text)
        words_here = has(FORBIDDEN[lang], bare)
        if key.split(".")[0] in FILE_WORDS:
            words_here = [word for word in words_here if not word.startswith(FILE_KEYS)]
        elif key.split(".")[0] in ("verdict", "report"):
            words_here += has((FIGURES[lang],), bare)
        found += [f"{key}: {words_here}"] if words_here else []
    assert not found


def failures(told: list[Told], wrong, kinds: tuple[str, ...] = ()) -> list[str]:
    """Where ``wrong(page, kind, text)`` finds something; the same text once."""
    found: dict[str, str] = {}
    for page in told:
        for kind, text in page.said:
            if (not kinds or kind in kinds) and (what := wrong(page, kind, text)):
                found.setdefault(f"{what}: {text}", str(page))
    return [f"{page}: {text}" for text, page in found.items()]


def test_no_page_has_a_forbidden_word(told):
    assert not failures(told, lambda page, kind, text: has(FORBIDDEN[page.lang], text))


def test_one_group_shows_growth_and_never_an_effect(told):
    assert any(page.one_group for page in told)
    assert not failures(told, lambda page, kind, text: page.one_group and has(ONE_GROUP[page.lang], text))


def test_sentences_are_short(told):
    long = {
        sentence
        for page in told
        for sentence in page.sentences()
        if len([word for word in sentence.split() if re.search(r"[^\W\d_]", word)]) > LONGEST
    }
    assert not {sentence for sentence in long if not FIGURE.match(sentence)}


FIGURE = re.compile(r"(Figuur|Figure) ")
"""The first sentence of a picture's description lists its classes."""


def test_numbers_are_worded_and_never_negative(told):
    assert not failures(told, lambda page, kind, text: kind not in ("cell", "footer") and re.search(NEGATIVE, text))


def test_numbers_are_written_as_the_language_writes_them(told):
    def wrong(page, kind, text):
        bare = re.sub(r"(gsl_research|python|numpy|pandas|scipy|altair) \S+|\w+\.(csv|json|toml)", "", text)
        return re.search(OTHER_MARK[page.lang], bare)

    assert not failures(told, wrong)


def test_grammar(told):
    def wrong(page, kind, text):
        plain = kind not in ("cell", "fact", "alt")
        checks = {
            "plural of one": re.search(PLURAL_OF_ONE[page.lang], text),
            "about the same than": re.search(rf"{SAME[page.lang]} (dan|than)\b", text),
            "about about": re.search(r"\b(ongeveer ongeveer|about about|rond ongeveer)\b", text),
            "spaces": re.search(r"  | [.,;:?]|\( | \)", text),
            "unfilled": re.search(r"[{}]|None|nan\b", text),
            "twice the same mark": re.search(r"[.,;:?]{2,}", text),
            "small first letter": kind == "paragraph" and text[:1].islower() and not text.startswith("punten.csv"),
            "no full stop": kind in ("paragraph", "described") and plain and text[-1] not in ".?:",
        }
        return [name for name, found in checks.items() if found]

    assert not failures(told, wrong)


def test_every_language_tells_as_much(told):
    """The same case has as many blocks and sentences with numbers in every language."""
    pages = [told[n : n + len(LANGUAGES)] for n in range(0, len(told), len(LANGUAGES))]
    for same in pages:
        shapes = {tuple(kind for kind, _ in page.said) for page in same}
        assert len(shapes) == 1, same[0].case.name
        paragraphs = ([text for kind, text in page.said if kind == "paragraph"] for page in same)
        numbers = {tuple(len(re.findall(r"\d+", text)) for text in page) for page in paragraphs}
        assert len(numbers) == 1, same[0].case.name


# from-to


COUNTED_IN = {"nl": r"(?:(?:procent)?punt|plaats|doel)(?:en)?", "en": r"(?:(?:percentage )?point|place|goal)s?"}
"""What a difference is told in: points, percentage points, places or goals."""
WAYS = {"nl": ("hoger|meer", "lager|minder"), "en": ("higher|more", "lower|fewer")}
SPAN = {
    lang: (
        rf"{start} ({{n}}) {end} ({{n}}) {COUNTED_IN[lang]} ({'|'.join(WAYS[lang])})",
        rf"{start} ({{n}}) {COUNTED_IN[lang]} (?:{WAYS[lang][1]}) {end} ({{n}}) {COUNTED_IN[lang]} (?:{WAYS[lang][0]})",
    )
    for lang, start, end in (("nl", "van", "tot"), ("en", "from", "to"))
}
GAP = {lang: rf"({{n}}) {COUNTED_IN[lang]} ({'|'.join(WAYS[lang])})" for lang in SPAN}
DOWN = ("lager", "lower", "minder", "fewer")
BASIS = {
    "nl": r"\d+ (klas|klassen|school|scholen|leerkracht|leerkrachten|lesgroep|lesgroepen|groep), \d+ leerlingen",
    "en": r"\d+ (class|classes|school|schools|teacher|teachers|teaching groups?|group), \d+ pupils",
}


def value(text: str) -> float:
    return float(text.replace(",", "."))


def spans(text: str, lang: str) -> tuple[list[tuple[float, float, str]], str]:
    """Every from-to in ``text`` as (low, high, shape), and the text without them."""
    one_side, both = (form.format(n=NUMBER[lang]) for form in SPAN[lang])
    found = []
    for low, high in re.findall(both, text):
        found.append((-value(low), value(high), "both"))
    text = re.sub(both, "", text)
    for first, second, way in re.findall(one_side, text):
        low, high = sorted((value(first), value(second)))
        found.append((-high, -low, "one") if way in DOWN else (low, high, "one"))
    return found, re.sub(one_side, "", text)


def gaps(text: str, lang: str) -> list[float]:
    found = [value(n) * (-1 if way in DOWN else 1) for n, way in re.findall(GAP[lang].format(n=NUMBER[lang]), text)]
    return found + [0.0] * text.count(SAME[lang])


def told_spans(page: Told) -> Iterator[tuple[str, tuple[float, float, str], list[float]]]:
    """(sentence, its from-to, the values beside it) of every sentence with one from-to."""
    for sentence in dict.fromkeys(page.sentences()):
        found, rest = spans(sentence, page.lang)
        if len(found) == 1:
            yield sentence, found[0], gaps(rest, page.lang)


def outside(told: list[Told], slack: float) -> list[str]:
    return [
        f"{page}: {sentence}"
        for page in told
        for sentence, (low, high, _), values in told_spans(page)
        for value in values
        if not low - slack <= value <= high + slack
    ]


def test_a_value_stands_on_the_side_of_its_from_to(told):
    assert not outside(told, slack=0.051)  # whole percentage points and places are rounded like their limits


def test_no_value_lies_outside_its_own_from_to(told):
    assert not outside(told, slack=0)


def test_a_limit_reads_as_zero_only_when_it_is(told):
    assert not [f"{page}: {text}" for page in told for text, ends, _ in told_spans(page) if 0 in ends[:2]]


def per_dose(dosed: Dosed, sign: int) -> Iterator[tuple[float, float]]:
    """The intervals that belong to a dose, in the steps in which they are told."""
    doses = [point.dose for point in dosed.points]
    if isinstance(dosed.slope, Estimate):
        by = sign * step(max(doses) - min(doses))
        yield tuple(sorted((by * dosed.slope.interval.low, by * dosed.slope.interval.high)))
    if isinstance(dosed.complier, Complier) and dosed.complier.within.kind == "interval":
        by = sign * step(abs(dosed.complier.dose))
        yield tuple(sorted((by * dosed.complier.within.low, by * dosed.complier.within.high)))


def intervals(page: Told) -> list[tuple[float, float]]:
    """Every interval of the measurement, on the scale of the test."""
    found = []
    for result in page.measurement.results:
        more = [at.estimate for at in result.by_start] + [one.pooled for one in result.subgroups if one.pooled]
        more += [one.gap.change for one in result.subgroups if one.gap]
        left = result.missing.before.values() if result.missing is not None else ()
        more += [one for one in left if isinstance(one, Estimate)]
        if result is page.measurement.primary and page.measurement.dose is not None:
            found += per_dose(page.measurement.dose, result.outcome.sign)
        for estimate in (*result.estimates, *more):
            if getattr(estimate, "metric", "points") == "points" and estimate.interval is not None:
                interval = cut(estimate.interval, result.reach)
                ends = (interval.low * result.outcome.sign, interval.high * result.outcome.sign)
                found.append((min(ends), max(ends)))
    return found


def test_a_from_to_is_one_of_the_measurement_and_includes_zero_when_that_does(told):
    for page in told:
        true = intervals(page)
        for sentence, (low, high, shape), _ in told_spans(page):
            slack = 0.051 if {result.kind for result in page.measurement.results} <= {"points", "goals"} else 0.51
            near = [ends for ends in true if abs(ends[0] - low) <= slack and abs(ends[1] - high) <= slack]
            assert near, f"{page}: {sentence}"
            assert any((ends[0] < 0 < ends[1]) == (shape == "both") for ends in near), f"{page}: {sentence}"


WITHOUT_SPAN = {"ONE_CLASS", "DESCRIBED"}
"""What these say is a description; with one class on each side three lines follow (words page, section 4)."""


def test_every_estimate_has_from_to_unit_and_basis(told):
    checked = set()
    for page in told:
        hidden = not shareable(page.measurement.primary)
        if page.verdict.capped_code in WITHOUT_SPAN or page.verdict.reason == "unseen" or hidden:
            continue
        found, _ = spans(page.page.summary, page.lang)
        assert len(found) == 1, f"{page}: {page.page.summary}"
        assert re.search(BASIS[page.lang], page.page.summary), f"{page}: {page.page.summary}"
        checked.add(page.verdict.capped_code)
    assert checked == set(get_args(Code)) - WITHOUT_SPAN


PANEL = {"nl": "Figuur met een lijn voor elk gewoon", "en": "Figure with one line for each usual"}


def test_what_a_pair_says_about_three_assumptions_has_three_lines(told):
    for page in told:
        primary = page.measurement.primary
        shareable = all(arm.pupils >= 10 for arm in primary.arms.values())
        rolled_out = primary.steps is not None and not primary.steps.two
        if page.verdict.capped_code == "ONE_CLASS" and shareable and len(primary.classes) < 4 and not rolled_out:
            alt = next((text for kind, text in page.said if kind == "alt" and text.startswith(PANEL[page.lang])), "")
            added = (primary.outcome.usual_gap is not None) + (primary.outcome.class_spread is not None)
            if primary.panel or primary.kind == "points":
                assert len(spans(alt, page.lang)[0]) == 3 + added, f"{page}: {alt}"
                assert sum(entry.estimator == "assumed_icc" for entry in primary.panel) == 3


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_any_interval_is_worded_on_the_right_side_of_zero(lang, decimals, sign):
    w = words(lang)
    ends = [0.0005, 0.004, 0.049, 0.05, 0.06, 0.3, 0.96, 1.0, 1.04, 2.85, 12.3]
    for low, high in [(a, b) for a in [*(-x for x in ends), *ends] for b in [*(-x for x in ends), *ends] if a <= b]:
        text = w.span(Interval(low, high), sign, decimals)
        ((said_low, said_high, shape),) = spans(text, lang)[0]
        true = sorted((low * sign, high * sign))
        assert (shape == "both") == (low < 0 < high), text
        assert 0 not in (said_low, said_high), text
        assert (said_low, said_high) == pytest.approx(true, abs=0.051), text


# a unit other than the class

CLASSES = {"nl": r"(parallel|vergelijkings)?klas(sen)?", "en": r"class(es)?"}


@pytest.mark.parametrize("level", ["school", "teacher", "teaching_group"])
def test_a_study_of_other_units_does_not_speak_of_classes(told, level):
    own = {"nl": {"school": "school|scholen", "teacher": "leerkracht", "teaching_group": "lesgroep"},
           "en": {"school": "school", "teacher": "teacher", "teaching_group": "teaching group"}}  # fmt: skip
    pages = [page for page in told if page.measurement.cluster_level == level]
    assert pages
    for page in pages:
        assert page.one_group or re.search(own[page.lang][level], " ".join(text for _, text in page.said))
    assert not failures(pages, lambda page, kind, text: has((CLASSES[page.lang],), text), ("paragraph",))


# a language is a folder


@pytest.fixture
def toy_language(tmp_path, monkeypatch):
    """A folder beside the others, made of the Dutch one: every text but numbers and dates begins with a mark."""
    shutil.copytree(TEXTS, tmp_path, dirs_exist_ok=True)
    shutil.copytree(TEXTS / "nl", tmp_path / "toy")
    for room in (tmp_path / "toy").glob("*.toml"):
        if room.stem not in ("locale", "units"):
            room.write_text(re.sub(r'(?m)^(\w+ = ")(?!"")', r"\1" + MARK, room.read_text("utf-8")), "utf-8")
    locale = tmp_path / "toy" / "locale.toml"
    locale.write_text(locale.read_text("utf-8").replace("nl-BE", "x-toy"), "utf-8")
    monkeypatch.setattr(wording, "TEXTS", tmp_path)
    words.cache_clear()
    yield "toy"
    words.cache_clear()


MARK = "¤"


def test_adding_a_language_is_adding_a_folder(toy_language):
    assert set(languages()) == {*LANGUAGES, toy_language}
    chosen = [case for case in cases() if case.name in ("3+3 d=1.3 s=0.4 ", "1+1 d=1.3 s=0.4 ", "growth (2.0,) higher")]
    assert len(chosen) == 3
    for case in chosen:
        study, data, measurement, verdict = run(case)
        page = report(measurement, verdict, lang=toy_language)
        typed = {study.title, study.question, *(outcome.label for outcome in study.outcomes)}
        typed |= set(words(toy_language)("verdict.steps.names").split("|"))
        untold = [text for kind, text in said(page.blocks)
                  if kind not in ("cell", "fact") and MARK not in text and text not in typed]  # fmt: skip
        assert untold == []
        assert f'<html lang="x-{toy_language}">' in html(page)

"""How often a report says what, in made studies of which the truth is known.

    python benchmarks/verdicts.py [runs] [--write]

``--write`` puts the tables into docs/verdicts.md. Pupils are those of ``calibration``, ICC .15; the smallest worthwhile
difference is 0.20 SD and was set beforehand. What the study file tells is told at its best, and the reliability not
told, so that only design and data lower the rating and as many clear positives as can be get through. Most verdicts
come from class moments; the first of each cell also go the way of a school, from a score file, and must come out the
same. The exit code is 1 when the tables of the methods page are not found back, a clear positive without an effect is
too frequent, or the two ways differ. The seed is fixed and was not chosen.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from calibration import CORRELATION, SEED, WORLDS, World, studies

from gsl_research import comparison
from gsl_research.codes import LEAN_CLASS_DF, Code, Margin, compared_code, read_code
from gsl_research.dataset import bind
from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.judge import cap_code, judge
from gsl_research.measure import measure
from gsl_research.measurement import Check, ClassResult, OutcomeResult
from gsl_research.methods import clusters, matched
from gsl_research.methods.moments import ClassMoments
from gsl_research.rating import Security, rate
from gsl_research.reading import Table
from gsl_research.study import Study

ICC = 0.15
EFFECTS = (0.0, 0.2, 0.4)
MARGIN = Margin(0.20, "before")
MOST_CLEAR = 0.03
"""A clear positive where nothing is: in at most this share of the studies, of every design."""
BOUND = 2
"""Monte-Carlo standard errors."""
BY_FILE = 4
"""Studies of each cell, of those whose numbers say something, that also go the way of a school."""
FLOOR = 10
"""Added to every score of a file: a negative one is refused."""
PAGE = Path(__file__).parents[1] / "docs" / "verdicts.md"

CLEAR = ("CLEAR_BIG", "CLEAR_POS")
SILENT = ("CANNOT", "ONE_CLASS")
"""Codes that no rating changes: these studies need none."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many classes get the approach and how many do not; ``blocks``: schools with one of each."""

    treated: int
    control: int
    blocks: bool = False

    @property
    def told(self) -> str:
        return f"{self.treated} scholen met elk 1 v 1" if self.blocks else f"{self.treated} v {self.control}"

    @property
    def block_of_class(self) -> NDArray[np.int64] | None:
        return np.tile(np.arange(self.treated), 2) if self.blocks else None


EQUAL = tuple(Layout(classes, classes) for classes in (2, 3, 5, 10, 20))
LAYOUTS = (Layout(1, 1), *EQUAL, Layout(1, 5), Layout(2, 6), Layout(6, 6, blocks=True))
MANY = (Layout(10, 10), Layout(20, 20), Layout(15, 15, blocks=True))


@dataclass(frozen=True, slots=True)
class Setting:
    """What the world is like without an effect. ``stays``: how far ahead treated pupils end, in SD, beyond what their
    start predicts."""

    name: str
    told: str
    world: World
    stays: float = 0.0
    layouts: tuple[Layout, ...] = LAYOUTS

    @property
    def can_be_drawn(self) -> bool:
        """Classes drawn by lot do not start apart but by chance."""
        return self.world.apart == 0


PLAIN = Setting("plain", "Gewone klassen", WORLDS[0])
SETTINGS = (
    PLAIN,
    Setting(
        "spread",
        "De klassen met de nieuwe aanpak liggen dubbel zo ver uiteen",
        next(world for world in WORLDS if world.name == "spread"),
    ),
    Setting(
        "apart_02",
        "Niet geloot: de klassen beginnen 0,2 SD hoger, en eindigen zoals dat voorspelt",
        World("apart_02", "", apart=0.2),
    ),
    Setting(
        "apart_05",
        "Niet geloot: de klassen beginnen 0,5 SD hoger, en eindigen zoals dat voorspelt",
        World("apart_05", "", apart=0.5),
    ),
    Setting(
        "lord",
        "Niet geloot: de klassen zijn 0,5 SD beter en blijven dat, en een toets meet dat met betrouwbaarheid 0,6",
        World("lord", "", apart=0.5),
        stays=0.5 * (1 - CORRELATION),
    ),
    Setting(
        "hidden",
        "Niet geloot, veel klassen: ze zijn 0,2 SD beter en blijven dat, en een toets meet dat met betrouwbaarheid 0,6",
        World("hidden", "", apart=0.2),
        stays=0.2 * (1 - CORRELATION),
        layouts=MANY,
    ),
)

ORDER: tuple[Code, ...] = ("CLEAR_BIG", "CLEAR_POS", "LEAN_POS", "CANNOT", "LEAN_NEG", "NEGLIGIBLE", "NEG")
METHODS_RUNS = 4_000
METHODS_TABLE = {
    2: ("0.6 1.8 7.6 78.9 7.7 0.8 2.6", "2.9 2.5 15.2 75.4 2.8 0.3 0.8", "5.4 4.9 23.9 64.3 0.9 0.2 0.4"),
    3: ("0.7 1.8 8.2 79.6 7.2 0.1 2.5", "2.3 5.7 17.0 72.3 1.8 0.3 0.5", "7.2 11.5 29.2 51.6 0.4 0.1 0.1"),
    5: ("0.3 2.1 7.3 80.0 7.6 0.1 2.6", "2.6 9.5 21.0 65.4 1.1 0.1 0.3", "13.1 23.9 28.9 34.1 0.1 0 0"),
    10: ("0.1 2.4 7.2 79.0 7.5 0.5 3.3", "2.3 19.2 26.2 51.5 0.5 0.2 0.1", "22.3 43.7 22.0 11.9 0 0.1 0"),
    20: ("0 3.0 6.8 67.8 7.7 12.0 2.7", "2.2 39.4 27.2 28.2 0.1 2.9 0", "40.6 53.1 5.2 1.1 0 0 0"),
}
"""Methods page, 3.2: per cent in ``ORDER`` at true effects of 0, .2 and .4 SD; a lean from any df, no gate on width."""
OFF_BY_CHANCE = (10, 0.0, "NEG")
"""3.3 on the methods page. Without an effect NEG is as frequent as both clear codes together, 2.5 there, and 2.5 % is
what the interval promises; 20,000 studies of another seed give 2.6. So 3.3 was chance, and 2.5 is held against."""


def methods_share(classes: int, effect: float, code: Code) -> float:
    row = dict(zip(ORDER, map(float, METHODS_TABLE[classes][EFFECTS.index(effect)].split()), strict=True))
    if (classes, effect, code) == OFF_BY_CHANCE:
        return (row["CLEAR_BIG"] + row["CLEAR_POS"]) / 100
    return row[code] / 100


def standard_error(share: float, runs: int) -> float:
    return math.sqrt(share * (1 - share) / runs)


def agrees(share: float, runs: int, other: float, bound: float = BOUND) -> bool:
    """Within ``bound`` standard errors of both, taken at their common share, beside one study and what rounding to a
    tenth of a per cent takes away. ``other`` is a share of ``METHODS_RUNS``."""
    common = (share * runs + other * METHODS_RUNS) / (runs + METHODS_RUNS)
    errors = standard_error(common, runs) + standard_error(common, METHODS_RUNS)
    return abs(share - other) <= bound * errors + 1 / min(runs, METHODS_RUNS) + 0.0005


# One study


@cache
def study(*, drawn: bool, blocks: bool) -> Study:
    """A study file that tells the best of everything but the reliability of the test."""
    columns = {"pupil": "leerling", "class": "klas", "group": "groep"} | ({"block": "school"} if blocks else {})
    outcome = {"name": "toets", "label": "Toets", "domain": "learning_gain", "pre": "voor", "post": "na"}
    return Study.model_validate(
        {
            "schema": 1,
            "id": "verzonnen",
            "title": "Verzonnen",
            "question": "Hoe vaak zegt het verslag wat?",
            "lever": "didactics",
            "planned_on": date(2026, 9, 1),
            "design": {"kind": "comparison", "assigned": "class", "randomised": drawn, "blocks": blocks},
            "columns": columns,
            "groups": {"treated": ["nieuw"], "control": ["gewoon"]},
            "outcomes": [{**outcome, "smallest_worthwhile": MARGIN.points}],
            "conduct": {
                "post_on": date(2026, 12, 1),
                "comparison": "parallel",
                "scoring": "external_blind",
                "fidelity": 1.0,
                "concurrent_change": False,
                "results_seen": False,
            },
        }
    )


def moved(moments: ClassMoments, treated: NDArray[np.bool_], by: float) -> ClassMoments:
    """The same pupils, the treated ending ``by`` higher."""
    mean = moments.mean.copy()
    mean[treated, -1] += by
    return replace(moments, mean=mean)


def main_estimate(layout: Layout, moments: ClassMoments, treated: NDArray[np.bool_]) -> Estimate | NotEstimated:
    means = clusters.adjusted_means(moments, treated)
    if layout.blocks:
        return matched.within_blocks(means, layout.block_of_class, unit="points")
    return clusters.adjusted_difference(means, unit="points")


def ungated(estimate: Estimate) -> Code:
    """The code without the class-level df that a lean asks."""
    return compared_code(replace(estimate, class_df=max(estimate.class_df, LEAN_CLASS_DF)), MARGIN)


def measured(layout: Layout, moments: ClassMoments, treated: NDArray[np.bool_]) -> OutcomeResult:
    """What ``measure`` makes of a study that was not drawn by lot and lost no pupil, as far as the rating reads it."""
    of = study(drawn=False, blocks=layout.blocks)
    found = comparison.compare(of.design, of.primary, moments, treated, layout.block_of_class, np.zeros(2))
    nobody_lost = (Check(code, 0.0, False) for code in ("attrition", "attrition_gap", "classes_lost"))
    return OutcomeResult(
        outcome=of.primary,
        estimates=found.estimates,
        checks=(*nobody_lost, *found.checks),
        arms={},
        classes=tuple(ClassResult(j, j, bool(arm), int(moments.n[j]), 0.0, None) for j, arm in enumerate(treated)),
        moments=moments,
        treated=treated,
        sd=found.sd,
        alarms=found.alarms,
    )


def as_drawn(result: OutcomeResult) -> OutcomeResult:
    """The same result had the classes been drawn by lot: no other ways of adjusting beside it."""
    fewer = replace(
        result,
        estimates=tuple(one for one in result.estimates if one.estimator not in comparison.ADJUSTING),
        alarms=tuple(alarm for alarm in result.alarms if alarm.estimator not in comparison.ADJUSTING),
    )
    if fewer.beside:
        return fewer
    return replace(fewer, checks=tuple(check for check in fewer.checks if check.code != "agreement"))


def said(layout: Layout, result: OutcomeResult, *, drawn: bool) -> tuple[Code, Code, Security]:
    """The code, what the rating leaves of it, and the rating."""
    of, seen = study(drawn=drawn, blocks=layout.blocks), as_drawn(result) if drawn else result
    code, security = read_code(of, seen, MARGIN), rate(of, seen, MARGIN)
    return code, cap_code(code, security.rating), security


def score_file(layout: Layout, moments: ClassMoments, treated: NDArray[np.bool_], rng: np.random.Generator) -> Table:
    """Pupils whose class moments are ``moments``, as a school's file would hold them."""
    columns: dict[str, list[str]] = {name: [] for name in ("leerling", "klas", "groep", "school", "voor", "na")}
    for j, (n, mean, scatter) in enumerate(zip(moments.n, moments.mean, moments.scatter, strict=True)):
        centred = rng.normal(0, 1, (n, 2))
        centred -= centred.mean(axis=0)
        # Rows whose scatter is the identity, times a root of the scatter wanted.
        scores = FLOOR + mean + np.linalg.qr(centred)[0] @ np.linalg.cholesky(scatter).T
        columns["leerling"] += [f"p{j}-{i}" for i in range(n)]
        columns["klas"] += [f"k{j}"] * n
        columns["groep"] += ["nieuw" if treated[j] else "gewoon"] * n
        columns["school"] += [f"s{layout.block_of_class[j] if layout.blocks else 0}"] * n
        for name, values in zip(("voor", "na"), scores.T, strict=True):
            columns[name] += [f"{value:.9f}".replace(".", ",") for value in values]
    if not layout.blocks:
        del columns["school"]
    return Table("punten.csv", None, columns, list(range(2, moments.pupils + 2)), (), "0" * 64)


def said_by_file(layout: Layout, scores: Table, *, drawn: bool) -> tuple[Code, Code, Security]:
    """The way of a school: score file, data set, measurement, verdict."""
    of = study(drawn=drawn, blocks=layout.blocks)
    verdict = judge(measure(of, bind(of, scores)))
    return verdict.code, verdict.capped_code, verdict.security


# Many studies

View = Literal["ungated", "numbers", "drawn", "chosen"]


@dataclass(slots=True)
class Tally:
    """Of ``runs`` studies, how many got each code: by the numbers without and with the df gate, and by a report, drawn
    by lot or not. ``alike_first``: how many are NEGLIGIBLE here that the order of the methods page calls NEG."""

    runs: int
    codes: dict[View, Counter[Code]] = field(
        default_factory=lambda: {view: Counter() for view in ("ungated", "numbers", "drawn", "chosen")}
    )
    alike_first: int = 0
    by_file: int = 0
    otherwise_by_file: int = 0

    def share(self, view: View, *codes: Code) -> float:
        return sum(self.codes[view][code] for code in codes) / self.runs

    def keeps_promise(self, view: View) -> bool:
        return self.share(view, *CLEAR) <= MOST_CLEAR + BOUND * standard_error(MOST_CLEAR, self.runs)


def tally(setting: Setting, layout: Layout, effect: float, runs: int) -> Tally:
    found = Tally(runs)
    rng = np.random.default_rng(SEED)
    views = {"chosen": False} | ({"drawn": True} if setting.can_be_drawn else {})
    for made in studies(setting.world, layout.treated, layout.control, ICC, runs):
        treated = made.treated
        moments = moved(made.plain, treated, setting.stays + effect)
        estimate = main_estimate(layout, moments, treated)
        if isinstance(estimate, NotEstimated) or estimate.class_df < comparison.MIN_CLASS_DF_SEEN:
            code = "ONE_CLASS"
        else:
            code = compared_code(estimate, MARGIN)
            found.codes["ungated"][ungated(estimate)] += 1
            found.alike_first += code == "NEGLIGIBLE" and estimate.interval.high < 0
        found.codes["numbers"][code] += 1
        result = None if code in SILENT else measured(layout, moments, treated)
        scores = None
        if result is not None and found.by_file < BY_FILE:
            scores = score_file(layout, moments, treated, rng)
            found.by_file += 1
        for view, drawn in views.items():
            verdict = None if result is None else said(layout, result, drawn=drawn)
            found.codes[view][code if verdict is None else verdict[1]] += 1
            if scores is not None:
                found.otherwise_by_file += said_by_file(layout, scores, drawn=drawn) != verdict
    return found


# Tables

COLUMNS: tuple[tuple[str, tuple[Code, ...]], ...] = (
    ("duidelijk hoger", CLEAR),
    ("voorzichtig hoger", ("LEAN_POS",)),
    ("we weten het niet", SILENT),
    ("voorzichtig lager", ("LEAN_NEG",)),
    ("lager", ("NEG",)),
    ("ongeveer gelijk", ("NEGLIGIBLE",)),
)
Found = dict[tuple[str, Layout, float], Tally]


def comma(number: float) -> str:
    return f"{number:g}".replace(".", ",")


def percent(share: float) -> str:
    return f"{100 * share:.1f}".replace(".", ",")


def raw_table(found: Found) -> Iterator[str]:
    """Ours, and in brackets the methods page; bold where they differ by more than chance."""
    heads = "groter dan de grens", "duidelijk hoger", "voorzichtig hoger", "we weten het niet", "voorzichtig lager"
    yield f"| klassen | echt verschil | {' | '.join((*heads, 'ongeveer gelijk', 'lager'))} |"
    yield "|---" * (2 + len(ORDER)) + "|"
    for layout, effect in product(EQUAL, EFFECTS):
        one = found[PLAIN.name, layout, effect]
        cells = []
        for code in ORDER:
            ours, theirs = one.share("ungated", code), methods_share(layout.treated, effect, code)
            told = f"{percent(ours)} ({percent(theirs)})"
            if (layout.treated, effect, code) == OFF_BY_CHANCE:
                told += "*"
            cells.append(told if agrees(ours, one.runs, theirs) else f"**{told}**")
        yield f"| {layout.told} | {comma(effect)} | {' | '.join(cells)} |"


def capped_table(found: Found, setting: Setting, effect: float) -> Iterator[str]:
    """By the numbers alone, and as a report says it; bold where a promise breaks."""
    yield f"| klassen | geloot | cijfers: duidelijk hoger | {' | '.join(head for head, _ in COLUMNS)} |"
    yield "|---" * (3 + len(COLUMNS)) + "|"
    for layout in setting.layouts:
        one = found[setting.name, layout, effect]
        for view, told in (("drawn", "ja"), ("chosen", "nee")):
            if not one.codes[view]:
                continue
            cells = [percent(one.share(view, *codes)) for _, codes in COLUMNS]
            if effect == 0 and not one.keeps_promise(view):
                cells[0] = f"**{cells[0]}**"
            yield f"| {layout.told} | {told} | {percent(one.share('numbers', *CLEAR))} | {' | '.join(cells)} |"


def broken(found: Found) -> Iterator[str]:
    """Every promise of the page that a cell breaks."""
    for (setting, layout, effect), one in found.items():
        where = f"{setting}, {layout.told}, {effect} SD"
        if setting == PLAIN.name and layout in EQUAL:
            for code in ORDER:
                ours, theirs = one.share("ungated", code), methods_share(layout.treated, effect, code)
                if not agrees(ours, one.runs, theirs):
                    yield f"{where}: {code} {percent(ours)} %, methods page {percent(theirs)} %"
        for view in ("drawn", "chosen"):
            if effect == 0 and not one.keeps_promise(view):
                yield f"{where}: clear and {view} {percent(one.share(view, *CLEAR))} %"
        if one.otherwise_by_file:
            yield f"{where}: {one.otherwise_by_file} verdicts differ from those by score file"


def page(found: Found, runs: int) -> Iterator[str]:
    counts = "by_file", "otherwise_by_file", "alike_first"
    by_file, otherwise, alike_first = (sum(getattr(one, count) for one in found.values()) for count in counts)
    yield f"{runs} studies per cel, zaad {SEED}, ICC {comma(ICC)}; grens {comma(MARGIN.points)} SD. Alles in %."
    yield f"{by_file} studies liepen ook van puntenbestand tot oordeel: {otherwise} keer kwam er iets anders uit."
    yield from ("", "## De cijfers alleen, zonder rem", "", *raw_table(found), "")
    yield f"“Ongeveer gelijk” gaat voor op “lager”: dat verandert {alike_first} van de {runs * len(found)} studies."
    for setting in SETTINGS:
        yield from ("", f"## Geen echt verschil. {setting.told}", "", *capped_table(found, setting, 0.0))
    for effect in EFFECTS[1:]:
        yield from ("", f"## Een echt verschil van {comma(effect)} SD. {PLAIN.told}", "")
        yield from capped_table(found, PLAIN, effect)


def main(runs: int = 4_000, *, write: bool = False) -> int:
    cells = [(setting, layout, 0.0) for setting in SETTINGS for layout in setting.layouts]
    cells += product((PLAIN,), LAYOUTS, EFFECTS[1:])
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        waiting = {(cell[0].name, *cell[1:]): pool.submit(tally, *cell, runs) for cell in cells}
        found = {cell: one.result() for cell, one in waiting.items()}
    lines, wrong = list(page(found, runs)), list(broken(found))
    print("\n".join([*lines, "", *wrong]))
    if write:
        intro = PAGE.read_text("utf-8").split(MARK)[0]
        PAGE.write_text(f"{intro}{MARK}\n\n" + "\n".join(lines) + "\n", "utf-8", newline="\n")
    return int(bool(wrong))


MARK = "<!-- hieronder schrijft benchmarks/verdicts.py -->"

if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    sys.exit(main(*numbers, write="--write" in sys.argv))

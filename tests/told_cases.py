"""The cases that together reach every verdict on every design, and every sentence of a page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from made_cases import (
    DRAWN,
    SIDE,
    Case,
    comparison,
    conduct,
    divided,
    few_at_last,
    in_turn,
    levelled,
    of_goals,
    one_group,
    others,
    outcome,
    waves,
)

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
            yield of_goals(case, 8.5, 9.0, 9.5, 10.0, gone=8, goal={"at_least": 2, "share": 0.5})
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
    turned = levelled(comparison("levels best first", 1.0, noise=2.5), 10.5, names="ja nee")
    yield turned
    fallen = levelled(comparison("nearly all fell", -3.0, noise=2.5), 6.0, 9.0, 12.0, names="rood oranje groen wit")
    yield replace(fallen, columns=fallen.columns | {"toets_voor": ["wit"] * len(fallen.columns["toets_voor"])})
    goals = of_goals(comparison("goals crossed", 1.0, noise=2.5), 8.0, 10.0, 12.0)
    first = goals.study["outcomes"][0]
    crossed = first | {"items": [*first["items"][1::-1], *first["items"][2:]]}
    yield replace(goals, study=goals.study | {"outcomes": [crossed]})
    ranks = of_goals(comparison("goals in three levels", 1.0, noise=2.5), 8.0, 10.0, 12.0)
    first = ranks.study["outcomes"][0] | {"levels": ["0", "half", "1"], "reached": "half"}
    yield replace(ranks, study=ranks.study | {"outcomes": [first]})
    with_groups = levelled(comparison("subgroups of levels", 1.0, noise=2.5), 10.5)
    of = ["ab"[n % 2] for n in range(len(with_groups.columns["leerling"]))]
    study = with_groups.study | {"subgroups": [{"column": "taal"}]}
    yield replace(with_groups, study=study, columns=with_groups.columns | {"taal": of})


def private_means() -> Iterator[Case]:
    """One class of fewer than ten pupils, which what is told beside it would give."""
    gain, more = {"goal": {"gain": 1.0}}, {"lezen": {}, "motivatie": SIDE}
    for sizes in ([20, 8, 20, 20], [20, 20, 20, 8], [11, 9, 20, 20]):
        yield comparison(f"classes of {sizes}", 1.0, 0.6, (2, 2), sizes=sizes, main=gain)
    for arms in ((3, 3), (10, 10)):
        sizes = [8, *[20] * (sum(arms) - 1)]
        yield comparison(f"a class of 8 beside {arms}", 1.0, 0.6, arms, sizes=sizes)
        yield levelled(comparison(f"levels, a class of 8 beside {arms}", 1.0, 0.6, arms, sizes=sizes, noise=2.5), 10.5)
        yield levelled(
            comparison(f"zones, a class of 8 beside {arms}", 1.0, 0.6, arms, sizes=sizes, noise=2.5),
            8.0, 9.5, 11.0, 12.5, **ZONES,
        )  # fmt: skip
    for sizes in ([20, 8], [20, 20, 8], [20, 20, 20, 8]):
        gains = tuple(1.0 + 0.4 * j for j in range(len(sizes)))
        case = one_group(f"growth in classes of {sizes}", gains, main=gain, more=more)
        here = [n % 20 < sizes[n // 20] for n in range(20 * len(sizes))]
        kept = {name: [cell for cell, stays in zip(cells, here, strict=True) if stays]
                for name, cells in case.columns.items()}  # fmt: skip
        yield replace(case, columns=kept)
        first, *rest = case.study["outcomes"]
        alone = {key: value for key, value in first.items() if key not in ("pre", "tests", "goal")}
        yield replace(case, study=case.study | {"outcomes": [alone, *rest]}, columns=kept)


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
        yield others(f"others in uneven classes {rise}", rise, 5, sizes=[40, 10])
    case = others("a year that is not asked for", 1.0, 5)
    design = case.study["design"] | {"occasions": case.study["design"]["occasions"][:4]}
    yield replace(case, study=case.study | {"design": design})
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
    yield few_at_last(waves("four waves, few at the last", 1.0, (3, 3), moments=4))
    yield few_at_last(in_turn("in turn, few at the last", 1.0))


def absent(case: Case, head: str, *units: str, every: int = 1, group: str | None = None) -> Case:
    """Who of these classes, or of a group, has no score in the column ``head``: each ``every``-th pupil."""
    of = zip(case.columns[head], case.columns["eenheid"], case.columns["groep"], strict=True)
    chosen = [
        "" if n % every == 0 and (unit in units or side == group) else score for n, (score, unit, side) in enumerate(of)
    ]
    return replace(case, name=f"{case.name}, without {head}", columns=case.columns | {head: chosen})


def words_over_time(told: dict, known: dict, blind: dict) -> Iterator[Case]:
    """What is told in other words over several moments: of growth that is compared, of one group, of a survey."""
    firm = {"design": DRAWN, **told, "main": known, "conduct": blind}
    motivation = {"motivatie": {"role": "side_effect", "domain": "motivation", "smallest_worthwhile": 1.0}, "lezen": {}}
    primaries = {"tweede": {"role": "primary"}, "derde": {"role": "primary", "better": "lower"}}
    for delta in (-3.0, -0.4, 0.0, 0.4, 3.0):
        many = {"arms": (14, 14), "spread": 0.1, **firm}
        yield waves(f"many, and more {delta}", delta, more=motivation, **many)
        yield waves(f"many, three primaries {delta}", delta, more=primaries, **many)
        yield waves(f"leaning {delta}", 0.4 * delta, (4, 4), **firm, more=primaries)
        yield waves(f"far apart {delta}", delta, (10, 10), spread=3.0, **firm, more=motivation | primaries)
        yield waves(f"far apart within {delta}", delta, (5, 0), within=True, spread=3.0, size=24, **firm)
        yield waves(f"few pupils within {delta}", delta, (1, 0), within=True, size=24, noise=3.0, **firm)
        alike = ["ab"[n // 2 % 2] for n in range(12 * 14)]
        case = waves(f"subgroups {delta}", delta, (6, 6), **firm, subgroups=[{"column": "taal"}])
        yield replace(case, columns=case.columns | {"taal": alike})
        more_for_a = [min(score + 3 * (own == "a" and side == "nieuw"), 20.0) for score, own, side in
                      zip(case.columns["toets_juni"], alike, case.columns["groep"], strict=True)]  # fmt: skip
        yield replace(case, columns=case.columns | {"taal": alike, "toets_juni": more_for_a})
        case = waves(f"started apart {delta}", delta, (4, 0), within=True, size=24, **firm)
        heads = [head for head in case.columns if head.startswith("toets_")]
        yield replace(case, columns=case.columns | {
            head: [min(score + 4 * (side == "nieuw"), 20.0) for score, side in
                   zip(case.columns[head], case.columns["groep"], strict=True)] for head in heads
        })  # fmt: skip
        late = conduct(post_on=date(2026, 9, 1), scoring="external_blind", results_seen=True)
        yield waves(f"planned late {delta}", delta, (14, 14), spread=0.1, **firm | {"conduct": late})
        yield waves(f"no date {delta}", delta, (14, 14), spread=0.1, **firm | {"planned_on": None})
        lost = waves(f"lost {delta}", delta, (8, 8), spread=0.1, **firm)
        yield absent(lost, "toets_juni", group="nieuw", every=5)
        yield absent(lost, "toets_juni", group="nieuw", every=3)
        yield absent(absent(lost, "toets_januari", "e0"), "toets_juni", "e0")
    for kind in ("growth", "survey"):
        for rise in (-6.0, 0.0, 3.0):
            for classes in (2, 5):
                case = waves(f"{kind}, {classes} and subgroups {rise}", None, (classes, 0), rise=rise, kind=kind,
                             size=40, noise=0.3, more=motivation, main=known | {"goal": {"gain": 1.0}},
                             subgroups=[{"column": "taal"}])  # fmt: skip
                yield replace(case, columns=case.columns | {"taal": ["ab"[n % 2] for n in range(40 * classes)]})
        for other in ({"reliability": 0.3}, {"tests": "parallel"}):
            yield waves(f"{kind}, {other}", None, (5, 0), kind=kind, main=other)
        case = waves(f"{kind}, half gone", None, (5, 0), kind=kind, size=40)
        outer = [n % 2 for n in range(200)]
        yield absent(absent(case, "toets_juni", *(f"e{j}" for j in range(5)), every=3), "toets_juni", "e0", "e1", "e2")
        turned = {f"toets_{when}": ["" if one == side else score for score, one in
                                    zip(case.columns[f"toets_{when}"], outer, strict=True)]
                  for when, side in (("september", 0), ("juni", 1))}  # fmt: skip
        yield replace(case, columns=case.columns | turned)


def kept_home() -> Iterator[Case]:
    """Central tests in every role; class moments that are shared, and each reason why they are not."""
    central, goal = {"source": "central_test"}, {"goal": {"at_least": 10, "share": 0.5}}
    more = {"tweede": ({"role": "primary"}, 1.4), "derde": (central, -1.2), "zorg": ({**SIDE, **central}, -1.3)}
    yield comparison("a central test first", 2.0, main=central | goal, more=more)
    yield comparison("called a central test", 2.0, main={"label": "Vlaamse toetsen"})
    yield comparison("a central test beside", 2.0, more=more)
    shared, loose = {"privacy": {"share_moments": True}}, {"scale": None, "smallest_worthwhile": None}
    yield comparison("moments shared", 1.0, main=loose, **shared)
    yield one_group("moments of one group", (1.0, 2.0), **shared)
    yield levelled(comparison("moments of shares", 1.0, **shared), 10.5)
    yield comparison("moments without start", 1.0, main={"pre": None}, **shared)
    yield comparison("moments of few", 1.0, sizes=[3, 20, 20, 20, 20, 20], **shared)
    yield comparison("moments of a small class", 1.0, sizes=[9, 20, 20, 20, 20, 20], **shared)
    yield comparison("moments and few lost", 1.0, lost=3, main=loose, **shared)
    yield comparison("moments and few at an end", 1.0, **shared)
    second = {"tweede": ({"role": "primary"}, 1.4)}
    few = comparison("moments and few who missed one", 1.0, main=loose, more=second, **shared)
    yield gone(few, lambda j, n: j == 0 and n < 3, "tweede_na")


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
    yield from private_means()
    yield from kept_home()
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
    yield from words_over_time(told, known, blind)
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
    yield from side_by_side(everything)
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
    for worth in (3.0, 0.1):
        yield one_group(f"large enough to halve {worth}", size=40, main={"smallest_worthwhile": worth})
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


def side_by_side(everything: dict[str, Any]) -> Iterator[Case]:
    """Outcomes that are hidden or left out beside others, pupils missing from another than the first, p-values at the
    edge, and side effects that say little."""
    second = {"role": "primary", "reliability": 0.9}

    def hardly_any(case: Case, column: str) -> Case:
        return gone(case, lambda j, n: j < 8 and n > 0, column)

    smaller = everything | {"arms": (8, 8)}
    for delta, gap in ((1.3, 1.3), (-1.3, -1.3), (1.3, -1.3), (0.0, 0.0)):
        more = {"tweede": (second, gap), "derde": (second, 1.0), "zin": (SIDE, 0.1)}
        case = comparison(f"a hidden primary {delta} {gap}", delta, **smaller, more=more)
        yield hardly_any(case, "derde_na")
    yield hardly_any(comparison("a hidden first primary", 1.3, **smaller, more={"tweede": (second, 1.0)}), "toets_na")
    for lost in (0, 1, 8):
        case = comparison(f"missing from the second {lost}", 1.3, **smaller, more={"tweede": (second, 1.0)})
        case = gone(case, lambda j, n: n == 3)
        yield gone(case, lambda j, n, lost=lost: n == 3 or (n == 4 and j < lost), "tweede_na")
    case = comparison("few missing from the second", 1.3, **smaller, more={"tweede": (second, 1.0)})
    yield gone(case, lambda j, n: n == 4 and j < 2, "tweede_na")
    yield comparison("just under the level", 1.06, 0.4, (3, 3), design=DRAWN, more={"tweede": (second, 1.3)})
    yield comparison("a side effect a little lower", 0.5, **smaller, more={
        "zin": (SIDE | {"scale": [0, 20], "reliability": 0.9}, -0.5)
    })  # fmt: skip
    case = comparison("a good side effect, many missing", 0.5, **smaller, more={"zin": (SIDE, 1.5)})
    yield gone(case, lambda j, n: j < 8 and n < 8, "zin_na")
    thin = {"zin": (SIDE, 0.1), "lezen": ({}, 0.1)}
    case = comparison("outcomes of which nothing can be said", 0.5, **smaller, more=thin)
    yield gone(gone(case, lambda j, n: True, "zin_na"), lambda j, n: j > 0 or n > 1, "lezen_na")
    for size, spread in ((10, 0.02), (40, 1.6)):
        yield comparison(f"two classes a side {size}", 1.0, spread, (2, 2), size=size, noise=2.0, design=DRAWN)


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

    for delta in (0.0, 1.0, 1.3, -1.3):
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
    empty = in_turn("wait-list, the last wave less than half full", 1.0, (1, 1, 1, 3, 3, 3), waves=4)
    left = ["" if n % 20 > 7 else cell for n, cell in enumerate(empty.columns["toets_3"])]
    yield replace(empty, columns=empty.columns | {"toets_3": left})
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
        chosen = apart.study | {"design": apart.study["design"] | {"randomised": False}}
        yield replace(apart, study=chosen, columns=apart.columns | {"toets_1": ahead})
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

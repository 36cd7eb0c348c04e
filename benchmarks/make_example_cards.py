"""Write the example cards of a network: ``python benchmarks/make_example_cards.py [FOLDER]``. All pupils are invented.

Thirty schools were asked to try out one building block, "autonomy"; 27 send what they found, one another also sends a
card on something else. Every card is what a school would share: a study file and a list of scores are made, read,
measured and judged, and only the card is kept. True differences lie around 0.15 SD, with an SD of 0.12 between schools.
The same seed gives the same cards. Only the standard library draws, since its stream is stable across versions.
"""

from __future__ import annotations

import random
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from make_examples import FOLDER as EXAMPLES  # noqa: E402
from make_examples import _comma, _rounded  # noqa: E402

import gsl_research as gsl  # noqa: E402
from gsl_research.evidence import EvidenceRecord  # noqa: E402
from gsl_research.files import write_json  # noqa: E402

FOLDER = EXAMPLES / "fiches"
SEED = 2026
MEAN, SPREAD = 0.15, 0.12
"""In SD of the test afterwards: the true difference on average, and how far schools lie around it."""
ICC, CORRELATION = 0.10, 0.7
TOOK_PART = """\
# Voorbeeld. Hoeveel scholen gevraagd zijn, gestart zijn en gestopt zijn vóór het einde. Typ geen namen.
schema = 1
lever = "autonomy"
asked = 30
started = 29
stopped = 2

[[reasons]]
why = "leerkracht lang ziek"
schools = 1

[[reasons]]
why = "te veel werk in die periode"
schools = 1
"""


@dataclass(frozen=True)
class School:
    """One study of one school. ``classes`` with and without the approach; ``effect`` is drawn where it is ``None``.

    ``second`` is a second main question on the same lessons, ``side`` what else was asked of pupils and how much lower
    it truly becomes, in points of 1 to 5. ``shares``: moments of whole classes, as a school can where nobody was absent
    and the test has no stated end. ``evens``: the part by which pupils with the approach come closer together.
    """

    code: str
    id: str
    title: str
    who: str
    approach: str
    subject: str
    post_on: str
    classes: tuple[int, int] = (3, 3)
    level: str = "primary"
    grade: str = "5"
    most: int = 20
    weeks: int = 8
    drawn: bool = True
    goal: float | None = None
    side: tuple[str, float] | None = None
    second: str | None = None
    extra: tuple[int, ...] | None = None
    scoring: str = "external"
    reliability: float | None = 0.85
    worthwhile: bool = True
    seen: bool = False
    lever: str = "autonomy"
    effect: float | None = None
    evens: float = 0.0
    kind: str = "comparison"
    domain: str = "learning_gain"
    passed: bool = False
    pupils: tuple[int, int] = (17, 24)
    shares: bool = False
    folder: str | None = None

    @property
    def place(self) -> str:
        return f"{self.code}/{self.folder or self.id}"


PLANNING, CHOICE, CHECKING = (
    "hun weektaak zelf plannen", "zelf kiezen in welke volgorde ze oefenen", "hun werk zelf nakijken en verbeteren",
)  # fmt: skip

COUNTED = (
    School("S01", "weektaak-rekenen", "Zelf je weektaak plannen", "het vijfde leerjaar", PLANNING, "rekenen",
           "2025-12-12", (4, 4), most=40, goal=0.55, side=("motivation", -0.05), extra=(10, 15, 5, 10)),
    School("S02", "nakijken-spelling", "Je spelling zelf nakijken", "het vierde leerjaar", CHECKING, "spelling",
           "2025-12-18", (3, 3), grade="4", most=30, drawn=False, goal=0.6, extra=(20, 15, 20)),
    School("S03", "keuze-tafels", "Kiezen hoe je de tafels oefent", "het derde leerjaar", CHOICE, "de maaltafels",
           "2026-01-23", (2, 2), grade="3", drawn=False, weeks=6, scoring="own_rubric", side=("motivation", 0.1)),
    School("S04", "plannen-vraagstukken", "Vooraf je stappen plannen", "het zesde leerjaar",
           "vooraf hun stappen opschrijven", "vraagstukken", "2026-01-30", (5, 5), grade="6", most=25, goal=0.5,
           side=("wellbeing", 0.0), extra=(0, 5, 10, 5, 0), shares=True),
    School("S05", "weektaak-breuken", "Breuken in een eigen weektaak", "het vijfde leerjaar", PLANNING, "breuken",
           "2025-06-12", (3, 3), goal=0.5, extra=(15, 20, 10)),
    School("S05", "weektaak-breuken-tweede-jaar", "Breuken in een eigen weektaak, tweede jaar", "het vijfde leerjaar",
           PLANNING, "breuken", "2026-06-11", (3, 3), goal=0.5, side=("motivation", 0.0), extra=(5, 5, 10)),
    School("S06", "doelen-lezen", "Een eigen leesdoel kiezen", "het vierde leerjaar",
           "elke week zelf een leesdoel kiezen",
           "begrijpend lezen", "2026-02-06", (6, 6), grade="4", most=50, weeks=12, scoring="external_blind", evens=0.4,
           side=("motivation", -0.1), extra=(10, 10, 15, 5, 10, 10), shares=True),
    School("S07", "plannen-wiskunde", "Plannen in de les wiskunde", "het tweede jaar secundair", PLANNING, "wiskunde",
           "2026-02-13", (4, 4), level="secondary", grade="2", most=30, weeks=10, drawn=False, goal=0.6),
    School("S08", "nakijken-frans", "Je Franse zinnen zelf verbeteren", "het zesde leerjaar", CHECKING, "Frans",
           "2026-02-27", (4, 3), grade="6", most=30, drawn=False, side=("wellbeing", 0.1), extra=(25, 30, 20, 20)),
    School("S09", "weektaak-taal-rekenen", "Weektaak voor taal en rekenen", "het vierde leerjaar", PLANNING, "rekenen",
           "2026-03-06", (4, 4), grade="4", most=40, second="spelling", goal=0.5, extra=(10, 20, 10, 20)),
    School("S10", "keuze-hoofdrekenen", "Zelf kiezen bij hoofdrekenen", "het vierde leerjaar", CHOICE, "hoofdrekenen",
           "2026-03-13", (2, 3), grade="4", weeks=6, scoring="own_rubric", reliability=None, worthwhile=False,
           side=("motivation", 0.3)),
    School("S11", "leerplanner-geschiedenis", "Een leerplanner voor geschiedenis", "het derde jaar secundair",
           "met een leerplanner studeren", "geschiedenis", "2026-03-20", (3, 3), level="secondary", grade="3", most=25,
           weeks=10, goal=0.6, extra=(0, 0, 5)),
    School("S12", "zelfsturing-wetenschappen", "Zelf proeven plannen", "het vierde jaar secundair",
           "zelf hun proeven plannen", "natuurwetenschappen", "2026-04-24", (5, 4), level="secondary", grade="4",
           most=40, weeks=12, evens=-0.5, side=("motivation", -0.2), extra=(30, 20, 30, 40, 30)),
    School("S13", "weektaak-meten", "Meten en metend rekenen in een weektaak", "het derde leerjaar", PLANNING,
           "metend rekenen", "2026-04-30", (3, 3), grade="3", most=30, drawn=False, goal=0.7, extra=(10, 10, 10)),
    School("S14", "hulpvraag-rekenen", "Eerst zelf zoeken, dan hulp vragen", "het vijfde leerjaar",
           "een stappenplan krijgen om zelf hulp te zoeken", "rekenen", "2026-05-08", (7, 7), most=50, weeks=14,
           scoring="external_blind", evens=0.3, goal=0.55, side=("wellbeing", 0.0),
           extra=(5, 0, 5, 10, 5, 0, 5), shares=True),
    School("S15", "leerplanner-talen", "Een leerplanner voor Engels", "het tweede jaar secundair",
           "met een leerplanner studeren", "Engels", "2026-05-15", (4, 4), level="secondary", grade="2", most=40,
           weeks=9, drawn=False, seen=True),
    School("S16", "nakijken-rekenen", "Rekenwerk zelf nakijken", "het derde leerjaar", CHECKING, "rekenen",
           "2026-05-22", (4, 4), grade="3", most=40, weeks=8, goal=0.6, evens=0.5,
           side=("motivation", 0.0), extra=(-10, 0, -5, 0)),
    School("S17", "keuze-wiskunde", "Keuzewerk bij wiskunde", "het eerste jaar secundair", CHOICE, "wiskunde",
           "2026-06-05", (3, 4), level="secondary", grade="1", most=20, weeks=7, drawn=False, goal=0.5,
           side=("wellbeing", 0.15), extra=(15, 10, 20)),
    School("S18", "plannen-aardrijkskunde", "Een plan maken voor aardrijkskunde", "het eerste jaar secundair",
           PLANNING, "aardrijkskunde", "2026-06-12", (4, 4), level="secondary", grade="1", most=30, weeks=8,
           side=("motivation", -0.05)),
)  # fmt: skip
"""Comparisons with classes enough; of one school two years, of another two main questions."""
ALONE = (
    School("S19", "weektaak-een-klas", "Weektaak in één klas", "het vijfde leerjaar", PLANNING, "rekenen", "2026-01-16",
           (1, 1), drawn=False, goal=0.5),
    School("S20", "nakijken-lezen", "Je leestaak zelf nakijken", "het vierde leerjaar", CHECKING, "begrijpend lezen",
           "2026-03-27", (1, 1), grade="4", most=40, side=("motivation", 0.0), extra=(10,)),
    School("S21", "keuze-spelling", "Zelf je spelling kiezen", "het derde leerjaar", CHOICE, "spelling", "2026-05-29",
           (1, 1), grade="3", most=30, drawn=False, scoring="own_taught"),
    School("S22", "planner-wiskunde", "Een planner voor wiskunde", "het derde jaar secundair", PLANNING, "wiskunde",
           "2026-06-09", (1, 1), level="secondary", grade="3", most=25, drawn=True, extra=(15,)),
)  # fmt: skip
"""One class on each side."""
OTHERS = (
    School("S23", "zelf-plannen-een-groep", "Zelf plannen, vooraf en achteraf", "het zesde leerjaar", PLANNING,
           "rekenen", "2026-02-20", (3, 0), grade="6", kind="one_group", goal=0.6),
    School("S24", "keuze-motivatie", "Kiezen en graag leren", "het vijfde leerjaar", CHOICE, "motivatie", "2026-04-17",
           (3, 3), most=5, domain="motivation", extra=(5, 10, 5)),
    School("S25", "zwemproef-plannen", "Zelf je zwemlessen plannen", "het zesde leerjaar",
           "zelf hun oefeningen kiezen", "de zwemproef", "2026-05-12", (4, 4), grade="6", passed=True),
    School("S26", "halve-klassen-taal", "Halve klassen met een weektaak", "het vierde leerjaar", PLANNING, "taal",
           "2026-06-02", (4, 0), grade="4", most=30, kind="multi_site", pupils=(25, 28), extra=(20, 10, 15, 20)),
    School("S27", "plannen-kleine-klassen", "Plannen in twee kleine klassen", "het tweede leerjaar", PLANNING,
           "rekenen", "2026-03-03", (1, 1), grade="2", pupils=(5, 6)),
    School("S28", "duo-lezen", "Lezen in duo's", "het derde leerjaar", "in duo's lezen", "vlot lezen", "2026-05-05",
           (4, 4), grade="3", most=100, lever="learning_together", effect=0.3, side=("relations", -0.2)),
)  # fmt: skip
"""What is not pooled with the rest: each for another reason."""
FIRST = replace(COUNTED[3], post_on="2026-01-16", folder=f"{COUNTED[3].id}-eerste-keer")
"""What S04 sent at first, before every class had done the test."""
COPY = replace(COUNTED[6], folder=f"{COUNTED[6].id}-kopie")
"""What S06 sent twice."""
CARDS = (*COUNTED, *ALONE, *OTHERS, FIRST, COPY)


def study_file(school: School) -> str:
    """What the school would have typed before the results."""
    lines = ["schema = 1", f'id = "{school.id}"', f'title = "{school.title}"', f'question = "{_question(school)}"']
    lines += [f'lever = "{school.lever}"', f"planned_on = {_earlier(school)}", "", "[design]"]
    lines.append(f'kind = "{school.kind}"')
    match school.kind:
        case "comparison":
            lines += ['assigned = "class"', f"randomised = {_toml(school.drawn)}"]
        case "multi_site":
            lines += ['site = "class"', "randomised = true"]
    lines += ["", "[columns]", 'pupil = "leerling"', 'class = "klas"']
    if school.kind != "one_group":
        lines += ['group = "aanpak"', "", "[groups]", 'treated = ["nieuw"]', 'control = ["gewoon"]']
    lines += _outcome("toets", f"Toets {school.subject}", school)
    if school.second:
        lines += _outcome("tweede", f"Toets {school.second}", replace(school, goal=None))
    if school.side:
        lines += ["", "[[outcomes]]", 'name = "vragenlijst"', f'label = "{SIDES[school.side[0]]}"',
                  f'domain = "{school.side[0]}"', 'role = "side_effect"', 'pre = "vragen vooraf"',
                  'post = "vragen achteraf"', "scale = [1, 5]", "smallest_worthwhile = 0.3",
                  'source = "questionnaire"']  # fmt: skip
    lines += ["", "[conduct]", f"post_on = {school.post_on}", f'scoring = "{school.scoring}"', "fidelity = 0.85",
              "concurrent_change = false", f"results_seen = {_toml(school.seen)}"]  # fmt: skip
    if school.kind == "comparison":
        lines.append('comparison = "parallel"')
    if school.kind == "one_group":
        lines.append("new_content = false")
    if school.extra:
        lines.append(f"extra_minutes = [{', '.join(map(str, school.extra))}]")
    lines += ["", "[context]", f'school_code = "{school.code}"', f'level = "{school.level}"',
              f'grade = "{school.grade}"', f"weeks = {school.weeks}", "minutes = 50"]  # fmt: skip
    if school.shares:
        lines += ["", "[privacy]", "share_moments = true"]
    return "\n".join(lines) + "\n"


SIDES = {"motivation": "Vragenlijst motivatie", "wellbeing": "Vragenlijst welbevinden",
         "relations": "Vragenlijst klasgenoten"}  # fmt: skip


def _question(school: School) -> str:
    found = {"motivation": "hoger op de vragenlijst motivatie"}.get(school.domain, f"hoger op {school.subject}")
    verb = "Slagen" if school.passed else "Scoren"
    found = f"vaker voor {school.subject}" if school.passed else found
    return f"{verb} leerlingen van {school.who} {found} als ze {school.approach}?"


def _earlier(school: School) -> str:
    """A day before the lessons began, of the school year of the test."""
    year, month = map(int, school.post_on.split("-")[:2])
    return f"{year if month > 8 else year - 1}-09-15"


def _toml(value: bool) -> str:
    return "true" if value else "false"


def _outcome(name: str, label: str, school: School) -> list[str]:
    lines = ["", "[[outcomes]]", f'name = "{name}"', f'label = "{label}"', f'domain = "{school.domain}"']
    lines += [f'pre = "{name} vooraf"', f'post = "{name} achteraf"']
    if school.passed:
        return [
            *lines,
            'levels = ["niet geslaagd", "geslaagd"]',
            "smallest_worthwhile = 0.15",
            "goal = { share = 0.7 }",
        ]
    low = 1 if school.domain == "motivation" else 0
    lines += ['tests = "parallel"'] if school.shares else [f"scale = [{low}, {school.most}]", 'tests = "parallel"']
    if school.domain == "motivation":
        lines.append('source = "questionnaire"')
    if school.worthwhile:
        lines.append(f"smallest_worthwhile = {_rounded(0.2 * _sd(school), 0.1, school.most, 0.1):g}")
    if school.reliability:
        lines.append(f"reliability = {school.reliability}")
    if school.goal:
        lines.append(f"goal = {{ at_least = {round(school.goal * school.most)}, share = 0.6 }}")
    return lines


def _sd(school: School) -> float:
    return 0.5 if school.domain == "motivation" else 0.18 * school.most


def scores(school: School, seed: int) -> str:
    """The list of the school: a row per pupil, semicolons and decimal commas."""
    draw = random.Random(seed)  # noqa: S311
    effect = draw.gauss(MEAN, SPREAD) if school.effect is None else school.effect
    tests = ["toets", *(["tweede"] if school.second else [])]
    header = ["leerling", "klas"] + ([] if school.kind == "one_group" else ["aanpak"])
    header += [f"{name} {when}" for name in tests for when in ("vooraf", "achteraf")]
    header += ["vragen vooraf", "vragen achteraf"] if school.side else []
    lines, number = [";".join(header)], 0
    arms = [True] * school.classes[0] + [False] * school.classes[1]
    if school.drawn:
        draw.shuffle(arms)
    for at, with_approach in enumerate(arms):
        name = f"{school.grade}{'ABCDEFGHIJKLMN'[at]}"
        level, growth, mood = draw.gauss(0, ICC**0.5), draw.gauss(0, 0.4 * ICC**0.5), draw.gauss(0, 0.1)
        own = draw.randint(*school.pupils)
        for place in range(own):
            number += 1
            treated = place < own // 2 if school.kind == "multi_site" else with_approach
            cells = [f"L{number:03d}", name]
            if school.kind != "one_group":
                cells.append("nieuw" if treated else "gewoon")
            ability = draw.gauss(0, (1 - ICC) ** 0.5)
            for which in range(len(tests)):
                gain = 0.25 + growth + treated * (effect - school.evens * ability)
                cells += _tested(
                    school, draw, level, ability, gain, absent=not school.shares and (number + 5 * which) % 37 == 11
                )
            if school.side:
                before = 3.6 + mood + draw.gauss(0, 0.6)
                after = 3.6 + mood + 0.7 * (before - 3.6 - mood) + draw.gauss(0, 0.35) - school.side[1] * treated
                cells += [_comma(_rounded(value, 1, 5, 0.25)) for value in (before, after)]
            lines.append(";".join(cells))
    return "\r\n".join(lines) + "\r\n"


def _tested(
    school: School, draw: random.Random, level: float, ability: float, gain: float, *, absent: bool
) -> list[str]:
    """The two results of one pupil on one test, as they stand in a list."""
    own = (1 - ICC) ** 0.5
    standard = [
        level + CORRELATION**0.5 * ability + own * (1 - CORRELATION) ** 0.5 * draw.gauss(0, 1) + more
        for more in (0.0, gain)
    ]
    if school.passed:
        limits = zip(standard, (0.5, 0.0), strict=True)
        before, after = ("geslaagd" if value > limit else "niet geslaagd" for value, limit in limits)
    else:
        asked = school.domain == "motivation"
        low, middle, step = (1, 3.4, 0.1) if asked else (0, 0.5 * school.most, 0.5 if school.most <= 20 else 1)
        points = (_rounded(middle + _sd(school) * value, low, school.most, step) for value in standard)
        before, after = map(_comma, points)
    return [before, "afw" if absent else after]


def card(school: School) -> EvidenceRecord:
    """What the school shares: made from its study file and its list, which are thrown away."""
    like = next(one for one in CARDS if one.code == school.code and one.id == school.id and one.folder is None)
    seed = SEED + 1000 * (1 + CARDS.index(like)) + (school.post_on != like.post_on)
    with tempfile.TemporaryDirectory() as folder:
        planned, listed = Path(folder, f"{school.id}.toml"), Path(folder, f"{school.id}.csv")
        planned.write_text(study_file(school), "utf-8")
        listed.write_bytes(scores(school, seed).encode("utf-8-sig"))
        study = gsl.load_study(planned)
        measurement = gsl.measure(study, gsl.load_data(listed, study))
        return gsl.evidence(measurement, gsl.judge(measurement))


def make(folder: Path) -> None:
    for school in CARDS:
        place = folder / school.place / "card.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        write_json(place, card(school).to_json())
    (folder / "deelname.toml").write_text(TOOK_PART, "utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

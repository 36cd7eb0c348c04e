"""Random studies from file to page: no exception, no number that is none, in either language.

python benchmarks/fuzz_studies.py [STUDIES] [FIRST_SEED]

The drawings are left out (a picture costs a hundred times the rest); everything else is the real path.
"""

import json
import random
import re
import sys
from collections import Counter
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conftest import bound, classes, plan

import gsl_research as gsl
from gsl_research.documents import html
from gsl_research.problems import Problems
from gsl_research.wording import languages, words

NOT_A_NUMBER = re.compile(r"\b(nan|inf|None)\b|Term\(|\{\w+\}")
EMPTY = '<svg xmlns="http://www.w3.org/2000/svg"/>'
NO_DRAWING = patch("gsl_research.charts.picture.Picture.svg", lambda *_, **__: EMPTY)
KINDS = [
    *["comparison"] * 3, "one_group", "multi_site", "growth", "growth_arms", "growth_within", "survey", "survey_others",
    *["stepped"] * 2,
]  # fmt: skip
ALONE = ("one_group", "growth", "survey", "survey_others", "stepped")
"""Without groups."""
GAIN = {"gain": 2.0}
SIZES, ARMS = (1, 2, 4, 6, 9, 10, 12, 20, 25), (1, 1, 2, 3, 5, 12, 25)


def draw(seed: int) -> tuple[dict, str, dict]:
    """One random study: (scores, kind, changes to the plan)."""
    rng = random.Random(seed)  # noqa: S311
    kind = rng.choice(KINDS)
    arms = rng.choice(ARMS), 0 if kind in ALONE else rng.choice(ARMS)
    effect, spread = rng.choice([-4, -1, -0.2, 0, 0.2, 1, 4, 8]), rng.choice([0, 0.3, 1, 3])
    scores = classes(*arms, size=rng.choice(SIZES), effect=effect, seed=seed, spread=spread)
    for name in ("voor", "na"):
        scores[name] = _spoiled(scores[name], rng)
    outcomes = [_outcome(rng, kind)]
    if rng.random() < 0.4:
        other = {"name": "ander", "label": "Ander", "role": rng.choice(["side_effect", "secondary", "primary"])}
        domain = rng.choice(["motivation", "workload"])
        outcomes.append({**plan()["outcomes"][0], **other, "domain": domain, "pre": "na", "post": "voor"})
    changes: dict = {"outcomes": outcomes}
    drawn = rng.random() < 0.5
    if kind == "comparison":
        changes["design"] = {"kind": kind, "assigned": "class", "randomised": drawn}
    elif kind == "multi_site":
        scores["groep"] = _divided(scores, rng)
        changes["design"] = {"kind": kind, "site": "class", "randomised": drawn}
    elif kind != "one_group":
        scores, changes = _waves(kind, scores, changes, drawn, rng)
    if rng.random() < 0.2 and "subgroups" not in changes:
        scores["taal"] = [rng.choice(["nl", "nl", "fr", ""]) for _ in scores["klas"]]
        changes["subgroups"] = [{"column": "taal"}]
    if kind in ("comparison", "multi_site") and rng.random() < 0.3:
        changes["columns"] = {**plan("comparison")["columns"], "dose": "lessen"}
        scores["lessen"] = _lessons(scores["groep"], rng)
    if rng.random() < 0.2:
        changes["context"] = {"weeks": rng.choice([1, 6, 0.1]), "minutes": rng.choice([1, 50, 300])}
    if rng.random() < 0.3:
        comparison, other_change = rng.choice(["parallel", "last_year"]), rng.random() < 0.5
        changes["conduct"] = {"comparison": comparison, "concurrent_change": other_change}
    return scores, "one_group" if kind in ALONE else "comparison", changes


def _divided(scores: dict, rng: random.Random) -> list[str]:
    share = rng.choice([0.5, 0.5, 0.3, 0.05])
    return ["nieuw" if rng.random() < share else "gewoon" for _ in scores["groep"]]


def _waves(kind: str, scores: dict, changes: dict, drawn: bool, rng: random.Random) -> tuple[dict, dict]:
    """The same pupils at three waves or more, with a column per wave or a row per wave."""
    count = rng.choice([3, 3, 4, 5]) if kind != "survey" else rng.choice([1, 2, 3, 4])
    labels = [f"w{number}" for number in range(1, count + 1)]
    columns = {name: scores[name] for name in ("leerling", "klas", "groep")}
    for number, label in enumerate(labels):
        told = zip(scores["voor"], scores["na"], strict=True)
        columns[label] = [rng.choice(pair) if 0 < number < count - 1 else pair[number > 0] for pair in told]
    if kind == "growth_within":
        columns["groep"] = _divided(columns, rng)
    outcome = {key: value for key, value in changes["outcomes"][0].items() if key not in ("pre", "post", "tests")}
    outcome |= {"tests": rng.choice(["same", "same", "same", "different"])} if outcome.get("goal") != GAIN else {}
    roles = {"pupil": "leerling", "class": "klas"} | ({"group": "groep"} if kind.startswith("growth_") else {})
    design: dict = (
        {"kind": "survey", "occasions": labels} if kind.startswith("survey") else {"kind": "growth", "waves": labels}
    )
    if kind.startswith("growth_"):
        design |= {"assigned": "pupil" if kind == "growth_within" else "class", "randomised": drawn}
    if kind == "stepped":
        design = {"kind": kind, "start_column": "start", "waves": labels, "randomised": drawn}
        begun = {name: rng.choice([*labels, *labels[1:], "nooit"]) for name in sorted(set(columns["klas"]))}
        columns["start"] = [begun[name] for name in columns["klas"]]
    if kind == "survey_others":
        design["same_pupils"] = False
    if kind == "survey_others" or rng.random() < 0.5:
        here = [(at, label) for label in labels for at in range(len(columns["klas"])) if rng.random() < 0.95]
        told = [name for name in ("leerling", "klas", "groep", "start") if name in columns]
        rows = {name: [columns[name][at] for at, _ in here] for name in told}
        rows |= {"moment": [label for _, label in here], "punten": [columns[label][at] for at, label in here]}
        outcome.pop("goal", None)
        return rows, changes | {
            "design": design,
            "columns": roles | {"wave": "moment"},
            "outcomes": [outcome | {"post": "punten"}],
        }
    if count == 1:
        outcome.pop("goal", None)
    outcome |= {"post": labels[-1]} | ({"pre": labels[0]} if count > 1 else {})
    outcome |= {"between": labels[1:-1]} if count > 2 else {}
    return columns, changes | {"design": design, "columns": roles, "outcomes": [outcome]}


def _lessons(groups: list[str], rng: random.Random) -> list[str]:
    """Lessons attended: many more with the approach, hardly more, as many, or fewer; sometimes not known."""
    more, differ, missing = rng.choice([8, 1, 0, -3]), rng.choice([0, 1, 4]), rng.choice([0, 0, 0.05, 0.3, 1])
    told = [f"{max(3 + more * (group == 'nieuw') + rng.randint(0, differ), 0)}" for group in groups]
    return ["" if rng.random() < missing else lessons for lessons in told]


def _spoiled(texts: list[str], rng: random.Random) -> list[str]:
    missing = rng.choice([0, 0, 0, 0.05, 0.3, 0.7])
    rounded, ceiling = rng.random() < 0.15, rng.random() < 0.1
    texts = [str(round(float(text.replace(",", ".")))) if rounded else text for text in texts]
    texts = ["20" if ceiling and rng.random() < 0.6 else text for text in texts]
    return [rng.choice(["", "afw"]) if rng.random() < missing else text for text in texts]


def _outcome(rng: random.Random, kind: str) -> dict:
    goals = [None, {"at_least": 12, "share": 0.8}, {"at_least": 0, "share": 1.0}, {"at_least": 19.9, "share": 0.1}]
    outcome = {
        **plan()["outcomes"][0],
        "smallest_worthwhile": rng.choice([None, 0.1, 1, 3]),
        "better": rng.choice(["higher", "higher", "lower"]),
        "goal": rng.choice([*goals, GAIN]),
    }
    if rng.random() < 0.2:
        del outcome["scale"]
    if outcome["goal"] != GAIN:
        outcome["tests"] = rng.choice(["same", "same", "same", "different"])
        if kind == "one_group" and rng.random() < 0.2:
            outcome["pre"] = None
    return {key: value for key, value in outcome.items() if value is not None}


def run(seed: int) -> str:
    """The verdict or the first problem of one study; an AssertionError where a page or record holds no number."""
    scores, kind, changes = draw(seed)
    try:
        study, data = bound(scores, kind, **changes)
        measurement = gsl.measure(study, data)
    except Problems as found:
        for lang in languages():
            assert not NOT_A_NUMBER.search(" ".join(map(words(lang).problem, found.problems)))
        return found.problems[0].code
    verdict = gsl.judge(measurement)
    for make in (gsl.evidence, gsl.private_record):
        json.dumps(make(measurement, verdict).to_json(), allow_nan=False)
    for lang in languages():
        with NO_DRAWING:
            pages = [make(measurement, verdict, lang=lang) for make in (gsl.report, gsl.conversation)]
            pages.append(gsl.teacher_page(measurement, verdict, data, lang=lang))
            text = "".join(map(html, [*pages, gsl.pupil_page(measurement, data, lang=lang)]))
        text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL) + str(gsl.describe(study, data, lang=lang))
        assert not NOT_A_NUMBER.search(text), f"seed {seed}: {NOT_A_NUMBER.search(text)}"
    return verdict.capped_code


def main() -> None:
    given = [int(word) for word in sys.argv[1:]]
    count, first = given + [2000, 0][len(given) :]
    for outcome, times in Counter(run(seed) for seed in range(first, first + count)).most_common():
        print(f"{times:6} {outcome}")


if __name__ == "__main__":
    main()

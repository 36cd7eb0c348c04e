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
SIZES, ARMS = (1, 2, 4, 6, 9, 10, 12, 20, 25), (1, 1, 2, 3, 5, 12, 25)


def draw(seed: int) -> tuple[dict, str, dict]:
    """One random study: (scores, kind, changes to the plan)."""
    rng = random.Random(seed)  # noqa: S311
    kind = rng.choice(["comparison"] * 3 + ["one_group"])
    arms = rng.choice(ARMS), 0 if kind == "one_group" else rng.choice(ARMS)
    effect, spread = rng.choice([-4, -1, -0.2, 0, 0.2, 1, 4, 8]), rng.choice([0, 0.3, 1, 3])
    scores = classes(*arms, size=rng.choice(SIZES), effect=effect, seed=seed, spread=spread)
    for name in ("voor", "na"):
        scores[name] = _spoiled(scores[name], rng)
    outcomes = [_outcome(rng, kind)]
    if rng.random() < 0.4:
        other = {"name": "ander", "label": "Ander", "role": rng.choice(["side_effect", "secondary"])}
        domain = rng.choice(["motivation", "workload"])
        outcomes.append({**plan()["outcomes"][0], **other, "domain": domain, "pre": "na", "post": "voor"})
    changes: dict = {"outcomes": outcomes}
    if kind == "comparison":
        changes["design"] = {"kind": kind, "assigned": "class", "randomised": rng.random() < 0.5}
    if rng.random() < 0.3:
        comparison, other_change = rng.choice(["parallel", "last_year"]), rng.random() < 0.5
        changes["conduct"] = {"comparison": comparison, "concurrent_change": other_change}
    return scores, kind, changes


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
        "goal": rng.choice([*goals, {"gain": 2.0}]),
    }
    if rng.random() < 0.2:
        del outcome["scale"]
    if outcome["goal"] != {"gain": 2.0}:
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
            text = html(gsl.report(measurement, verdict, lang=lang))
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

"""Reading and checking study cards beside reading their JSON: ``python benchmarks/cards.py [NUMBER]``.

The cards are those of the examples, each as often as NUMBER (5,000) asks; every round reads all of them from disk.
"""

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import gsl_research as gsl
from gsl_research.cards import cards_below
from gsl_research.files import schemas_folder, write_json

MOST = 8
"""Reading and checking may cost so many times what reading the JSON alone does."""


def made() -> list[dict]:
    found = []
    for path in sorted((schemas_folder() / "examples").glob("*.toml")):
        data = next((one for one in path.parent.glob(f"{path.stem}.*") if one.suffix != ".toml"), None)
        if data is not None:
            study = gsl.load_study(path)
            measurement = gsl.measure(study, gsl.load_data(data, study))
            found.append(gsl.evidence(measurement, gsl.judge(measurement)).to_json())
    return found


def main(number: int = 5_000, rounds: int = 3) -> None:
    contents = made()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        paths = [folder / f"card-{n:05d}.json" for n in range(number)]
        for n, path in enumerate(paths):
            write_json(path, contents[n % len(contents)])
        alone, whole = [], []
        for _ in range(rounds):
            start = perf_counter()
            for path in paths:
                json.loads(path.read_bytes())
            alone.append(perf_counter() - start)
            start = perf_counter()
            found = cards_below(folder)
            whole.append(perf_counter() - start)
            assert len(found.cards) == number and not found.problems
    ratio = min(whole) / min(alone)
    sys.stdout.write(f"{number} cards: {min(whole):.2f} s, {ratio:.1f} times reading their JSON (at most {MOST})\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

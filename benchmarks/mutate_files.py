"""Random school files with known faults: never a traceback, never silently wrong, no name in a message.

python benchmarks/mutate_files.py [FILES] [--seed FIRST]

A seed makes its file again: ``corpus.mutations.mutant(seed, folder)``. Ends with 1 when one answer was dishonest.
"""

import argparse
import importlib
import re
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / room) for room in ("", "tests")]

judge = importlib.import_module("corpus.judge")
mutations = importlib.import_module("corpus.mutations")

TOO_LONG = 15
"""Seconds for one file."""


def run(seed: int) -> list[str]:
    """What is wrong with the check of one file."""
    with tempfile.TemporaryDirectory() as folder:
        expected = mutations.mutant(seed, Path(folder))
        begin = time.perf_counter()
        try:
            found = judge.complaints(expected)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            return [f"traceback: {Path(place.filename).name}:{place.lineno} {error!r}"]
        seconds = time.perf_counter() - begin
        return found + ([f"took {seconds:.0f} s"] if seconds > TOO_LONG else [])


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("files", type=int, nargs="?", default=2000)
    given.add_argument("--seed", type=int, default=0)
    options = given.parse_args()
    alike: dict[str, list[tuple[int, str]]] = defaultdict(list)
    refused = 0
    for seed in range(options.seed, options.seed + options.files):
        for complaint in run(seed)[:1]:
            refused += judge.REFUSED in complaint
            alike[re.sub(r"[\W\d_]+", " ", re.sub(r"“.*?”|[\w-]+[.]\w+", "", complaint))[:90]].append((seed, complaint))
    dishonest = sum(map(len, alike.values())) - refused
    for cases in sorted(alike.values(), key=len):
        seeds = ", ".join(str(seed) for seed, _ in cases[:5])
        print(f"{len(cases)} × (seeds {seeds}): {cases[0][1][:400]}\n")
    print(f"{options.files} files: {dishonest} dishonest, {refused} refused though plausible")
    return int(dishonest > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Hundreds of random studies of every design attacked, and pairs of pages: what follows from all that is told of them.

python benchmarks/attack.py [FIRST] [LAST]    seeds, of each of the six ways to draw a study

One in five is attacked near the truth too, where every group of pupils takes a measurement of its own.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import attacker  # noqa: E402
from attacked_studies import measured, pairs  # noqa: E402
from attacker import seen  # noqa: E402
from attacker_near import solved_near  # noqa: E402
from attacker_pairs import refused, solved_pairs  # noqa: E402
from test_attacker import KINDS, attacked  # noqa: E402

NEAR_EACH, PAIRS_EACH = 5, 10
"""Of so many seeds one is attacked near the truth, and one table gives pairs of pages."""


def main(first: int, last: int) -> int:
    counts: Counter[str] = Counter()
    for kind, (make, _) in KINDS.items():
        for seed, (study, data) in measured(make, range(first, last)):
            counts[f"{kind}: studies of {study.design.kind}"] += 1
            found = attacked(study, data)
            if seed % NEAR_EACH == 0:
                counts[f"{kind}: near the truth"] += 1
                found += solved_near(seen(study, data))
            counts["pinned"] += len(found)
            for line in found:
                print(kind, seed, line)
    for seed in range(first, last, PAIRS_EACH):
        for name, one, other, free in pairs(seed):
            with tempfile.TemporaryDirectory() as out:
                if refused(one, other, Path(out)):
                    counts["pairs refused"] += 1
                    continue
            counts["pairs attacked"] += 1
            found = list(solved_pairs(seen(*one), seen(*other), free))
            counts["pinned"] += len(found)
            for line in found:
                print("pair", seed, name, line)
    counts["cells attacked"] = attacker.Unknown.asked
    for name, count in sorted(counts.items()):
        print(f"{count:6} {name}")
    return 1 if counts["pinned"] else 0


if __name__ == "__main__":
    ends = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(ends if len(ends) == 2 else (0, 100))))

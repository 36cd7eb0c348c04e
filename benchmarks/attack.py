"""Hundreds of random studies attacked: what follows from all that is told of them.

python benchmarks/attack.py [FIRST] [LAST]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from test_attacker import attacked, random_studies  # noqa: E402


def main(first: int, last: int) -> int:
    studies = found = 0
    for seed, (study, data) in random_studies(range(first, last)):
        studies += 1
        for line in attacked(study, data):
            found += 1
            print(seed, line)
    print(f"{studies} studies, {found} cells that follow")
    return 1 if found else 0


if __name__ == "__main__":
    ends = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(ends if len(ends) == 2 else (0, 800))))

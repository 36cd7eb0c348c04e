"""How long a summary over many cards takes, beside reading their JSON alone.

    python benchmarks/synthesis.py [--cards N] [--rounds R]

N cards are the example cards again under other schools, with values a little changed, each sealed anew. ``load_cards``
and ``synthesise`` in this process, beside ``json.loads`` of the same files: CPU seconds, one thread, pairs in turn
after one to warm up; the ratio is the median of those of each pair. Ends with 1 when it is over 20.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

from gsl_research import belonging, summarising, synthesis  # noqa: E402
from gsl_research.evidence import content_digest  # noqa: E402

EXAMPLES = Path(__file__).parents[1] / "data_schemas" / "examples" / "fiches"
LEVER = "autonomy"
CARDS, ROUNDS, MOST = 5_000, 5, 20.0


def make(folder: Path, number: int) -> list[Path]:
    """Files of cards, every one another school's."""
    examples = [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.rglob("card.json"))]
    paths = []
    for at in range(number):
        card = json.loads(json.dumps(examples[at % len(examples)]))
        card["study"]["context"]["school_code"] = f"N{at:05d}"
        shift = (at // len(examples) - number // len(examples) // 2) / 1000
        for one in card["estimates"]:
            if one["metric"] in ("g", "points"):
                for key in ("value", "low", "high"):
                    if one[key] is not None:
                        one[key] = round(one[key] + shift, 3)
        card["content_sha256"] = content_digest(card)
        place = folder / f"N{at:05d}"
        place.mkdir()
        (place / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")
        paths.append(place / "card.json")
    return paths


def seconds(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cards", type=int, default=CARDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as here:
        folder, out = Path(here, "cards"), Path(here, "out")
        folder.mkdir()
        paths = make(folder, asked.cards)

        def whole():
            return summarising.synthesise(summarising.load_cards(folder), lever=LEVER, out=out)

        def peer():
            return [json.loads(path.read_bytes()) for path in paths]

        found = whole()
        given = summarising.load_cards(folder)
        assert not given.problems, given.problems[:3]
        assert len(given.cards) == asked.cards
        counted = len(found.synthesis.used)
        peer()
        pairs = [(seconds(whole), seconds(peer)) for _ in range(asked.rounds)]
        sorted_ = belonging.belong(given.cards, LEVER)
        parts = {
            "read": lambda: summarising.load_cards(folder),
            "belong": lambda: belonging.belong(given.cards, LEVER),
            "pool": lambda: synthesis.synthesise(sorted_),
            "told": lambda: summarising.summary_page(found),
        }
        for name, run in parts.items():
            print(f"{name:>28}  {seconds(run) * 1e3:9.1f} ms")
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    good = ratio <= MOST
    print(f"{asked.cards:,} cards, {counted:,} count: {ours * 1e3:.0f} ms, JSON alone {theirs * 1e3:.0f} ms, "
          f"{ratio:.1f} x  (at most {MOST:.0f} x){'' if good else '   MISSED'}")  # fmt: skip
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())

"""Folders of studies for the benchmarks of ``gsl batch``: the examples drawn again with other seeds."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
EXAMPLES = PROJECT / "data_schemas" / "examples"
sys.path.insert(0, str(PROJECT / "benchmarks"))
import make_examples  # noqa: E402

SCORES = {name: made for name, made in make_examples.EXAMPLES.items() if not name.endswith(".toml")}
SCHOOLS = 30


def make(folder: Path, number: int, first: int = 0) -> list[tuple[Path, Path]]:
    """``number`` studies in folders of thirty schools; the study file and the scores of each."""
    made, seed = [], make_examples.SEED
    names = sorted(SCORES)
    for at in range(first, first + number):
        name = names[at % len(names)]
        stem, ending = name.rsplit(".", 1)
        place = folder / f"school {at % SCHOOLS:02}" / f"{at:04} {stem}"
        place.mkdir(parents=True)
        text = (EXAMPLES / f"{stem}.toml").read_text("utf-8")
        text, found = re.subn(r'(?m)^id = "[^"]*"', f'id = "s{at:04}-{stem}"', text, count=1)
        assert found == 1
        make_examples.SEED = seed + 100 * (1 + at // len(names))
        (place / "studie.toml").write_text(text, "utf-8")
        (place / f"punten.{ending}").write_bytes(SCORES[name]())
        made.append((place / "studie.toml", place / f"punten.{ending}"))
    make_examples.SEED = seed
    return made

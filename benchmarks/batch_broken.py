"""A batch of which five studies are broken, each in a way of its own: is everything told?

    python benchmarks/batch_broken.py [STUDIES] [FOLDER]

STUDIES (200) made studies. Of five the study file is no TOML, a column or the scores are gone, a score lies beyond the
scale, or the workbook is cut short. One command must end with 3 and make every other page. Both indexes and both
tables must tell all studies; those to keep also the file and the place of each of the five faults; those to share no
school, no file and no cell. The same command again must run the five and nothing else. Ends with 1 when one does not
hold. With FOLDER everything stays there, to be looked at.

2026-11-23, two shared cores at load 1.5: 200 studies in 68 s, again 6.6 s (four that fail, and the start); all held.
"""

from __future__ import annotations

import csv
import html
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from batch import ENVIRONMENT
from many_studies import make

RUN = "from gsl_research.cli import main; main()"


def no_toml(study: Path, scores: Path) -> None:
    study.write_text(study.read_text("utf-8").replace(" = ", " = = ", 1), "utf-8")


def no_column(study: Path, scores: Path) -> None:
    scores.write_bytes(scores.read_bytes().replace(b"natoets", b"eindpunt", 1))


def no_scores(study: Path, scores: Path) -> None:
    scores.unlink()


def beyond_the_scale(study: Path, scores: Path) -> None:
    lines = scores.read_bytes().split(b"\r\n")
    cells = lines[3].split(b";")
    cells[4] = b"125"
    lines[3] = b";".join(cells)
    scores.write_bytes(b"\r\n".join(lines))


def cut_short(study: Path, scores: Path) -> None:
    scores.write_bytes(scores.read_bytes()[:2000])


BROKEN: dict[int, tuple[Callable[[Path, Path], None], tuple[str, ...]]] = {
    1: (no_column, ("punten.csv", "natoets")),
    5: (no_toml, ("studie.toml", "rij 3")),
    12: (no_scores, ("studie.toml", "studie.csv")),
    14: (cut_short, ("punten.xlsx",)),
    15: (beyond_the_scale, ("punten.csv", "rij 4", "natoets", "“125”")),
}
"""By number of the study: how it is broken, and what its sentences must name."""


def batch(folder: Path, out: Path) -> tuple[subprocess.CompletedProcess[str], float]:
    began = time.perf_counter()
    command = [sys.executable, "-c", RUN, "batch", str(folder), "--out", str(out)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return done, time.perf_counter() - began


def told(path: Path) -> str:
    return re.sub("[\u00a0\u202f]", " ", html.unescape(path.read_text("utf-8")))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def amiss(studies: list[tuple[Path, Path]], folder: Path, out: Path) -> list[str]:
    """What the pages and tables do not tell, or tell too much."""
    wrong, rest = [], len(BROKEN)
    pages = {path.parent.name for path in out.glob("reports/*/report.html")}
    expected = {study.parent.name.replace(" ", "-") for n, (study, _) in enumerate(studies) if n not in BROKEN}
    if {name[1:] for name in pages} != expected:
        wrong.append(f"pages: {len(pages)} in place of {len(expected)}")
    for root, up in (("reports", ""), ("private", "../reports/")):
        text, table = told(out / root / "index.html"), rows(out / root / "index.csv")
        links = re.findall(r'href="([^"]*)"', text)
        if sorted(links) != sorted(f"{up}{name}/report.html" for name in pages):
            wrong.append(f"{root}/index.html leads to {len(links)} pages")
        wrong += [f"{root}: no page at {link}" for link in links if not (out / root / link).is_file()]
        if f"{len(expected)} van {len(studies)}" not in text or text.count('class="rest"') != rest:
            wrong.append(f"{root}/index.html does not tell how many there are")
        if len(table) != len(studies) or [row["Verslag"] for row in table].count("nee") != rest:
            wrong.append(f"{root}/index.csv does not tell how many there are")
        if root == "private":
            places = {row["Onderzoeksbestand"]: row["Wat eerst in orde moet"] for row in table}
            for n, (_, names) in BROKEN.items():
                sentences = places[studies[n][0].relative_to(folder).as_posix()]
                wrong += [f"{n} does not name {name}: {sentences}" for name in names if name not in sentences]
                if html.unescape(sentences)[:60] not in text:
                    wrong.append(f"{n} stands in the table and not on the page")
        else:
            both = text + (out / root / "index.csv").read_text("utf-8-sig")
            wrong += [
                f"shared: {name}" for name in ("school 0", ".toml", ".csv", "rij 4", "“125”", str(out)) if name in both
            ]
    return wrong + [f"left behind: {path.name}" for path in out.rglob(".gsl-*")]


def main(number: int = 200, place: str | None = None) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(place or scratch)
        folder, out = root / "in", root / "out"
        studies = make(folder, number)
        for n, (broken, _) in BROKEN.items():
            broken(*studies[n])
        done, seconds = batch(folder, out)
        wrong = [] if done.returncode == 3 else [f"ended with {done.returncode}: {done.stderr[-500:]}"]
        wrong += amiss(studies, folder, out)
        stood = {path: path.stat().st_mtime_ns for path in out.glob("reports/*/report.html")}
        again, after = batch(folder, out)
        wrong += [] if again.returncode == 3 else [f"again it ended with {again.returncode}"]
        wrong += amiss(studies, folder, out)
        wrong += [f"made again: {path.parent.name}" for path, when in stood.items() if path.stat().st_mtime_ns != when]
        if place:
            (root / "said.txt").write_text(f"{done.stderr}{done.stdout}\n---\n{again.stderr}{again.stdout}", "utf-8")
    print(f"{number} studies, {len(BROKEN)} broken: {seconds:.0f} s; again {after:.1f} s")
    print("\n".join(wrong) or "all is told, and nothing too much")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2]), *sys.argv[2:3]))

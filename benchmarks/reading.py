"""Reading: check and bind of large score files beside pandas' plain read of the same file.

    python benchmarks/reading.py [rounds] [--largest 1000000]

*Ours*: ``load_data``, so the kind by content, the header, every cell as text, scores by our own rules, every problem;
*read*: the same up to the table.
*Peer*: ``pandas.read_csv`` with its defaults, which checks nothing; for a workbook ``pandas.read_excel`` with openpyxl.
Each measurement is a process of its own with one thread per library, which reads the file once before the clock starts.
Rounds are interleaved, after one to warm up; a ratio is the median of the ratios within each round. The growth
exponent is the slope of log seconds over log rows. Peak memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from gsl_research.runs import ONE_THREAD

SIZES = (10_000, 100_000, 1_000_000)
WORKBOOK_ROWS = 20_000
STUDY = """schema = 1
id = "groot"
title = "Groot"
question = "Vraag?"
lever = "didactics"
[design]
kind = "comparison"
assigned = "class"
[columns]
pupil = "leerling"
class = "klas"
school = "school"
group = "groep"
[groups]
treated = ["nieuw"]
control = ["gewoon"]
[[outcomes]]
name = "toets"
label = "Toets"
domain = "learning_gain"
pre = "voortoets"
post = "natoets"
scale = [0, 20]
"""
HEADER = ["leerling", "klas", "school", "groep", "voortoets", "natoets"]

READ = """
import json, resource, sys, time
from gsl_research.reading import read_tables
rows = sum(map(len, read_tables(sys.argv[2]).tables))
start = time.perf_counter()
read_tables(sys.argv[2])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak, "rows": rows}))
"""
OURS = """
import json, resource, sys, time
import gsl_research.measure
from gsl_research import load_data, load_study
import python_calamine
study = load_study(sys.argv[1])
load_data(sys.argv[2], study)
start = time.perf_counter()
data = load_data(sys.argv[2], study)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak, "rows": data.rows}))
"""
PEER = """
import json, resource, sys, time
import pandas
frame = pandas.{call}
start = time.perf_counter()
frame = pandas.{call}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"seconds": seconds, "peak_mb": peak, "rows": len(frame)}}))
"""


def pupils(rows: int, seed: int = 1):
    """Rows of classes of 25 in schools of 20 classes; one in fifty misses a score, in a word or a blank."""
    rng = random.Random(seed)  # noqa: S311
    for i in range(rows):
        class_ = i // 25
        pre = min(20.0, max(0.0, rng.gauss(11, 3)))
        post = min(20.0, max(0.0, pre + rng.gauss(1, 2)))
        scores = [f"{score:.1f}".replace(".", ",") for score in (pre, post)]
        if rng.random() < 0.02:
            scores[rng.randrange(2)] = rng.choice(["", "afw", "ziek"])
        yield [f"L{i:07d}", f"{class_ % 20 // 5 + 1}{'ABCDE'[class_ % 5]}", f"s{class_ // 20}",
               "gewoon" if class_ % 2 else "nieuw", *scores]  # fmt: skip


def write_csv(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows(pupils(rows))
    return path


def write_xlsx(path: Path, rows: int) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Scores")
        sheet.write_row(0, 0, HEADER)
        for at, (*codes, pre, post) in enumerate(pupils(rows), 1):
            sheet.write_row(at, 0, codes)
            for place, score in ((4, pre), (5, post)):
                number = score.replace(",", ".")
                (sheet.write_number if number[:1].isdigit() else sheet.write_string)(
                    at, place, float(number) if number[:1].isdigit() else number
                )
    return path


def measured(program: str, *arguments: object) -> dict[str, float]:
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout)


def compare(name: str, study: Path, data: Path, peer: str, rounds: int, program: str = OURS) -> tuple[float, float]:
    """Prints one line; returns our median seconds and the highest peak in MB."""
    ours, ratios, peaks = [], [], []
    for turn in range(rounds + 1):
        mine = measured(program, study, data)
        theirs = measured(PEER.format(call=peer.format(path=str(data))), data)
        assert mine["rows"] == theirs["rows"], (mine, theirs)
        if turn:
            ours.append(mine["seconds"])
            ratios.append(mine["seconds"] / theirs["seconds"])
            peaks.append(mine["peak_mb"])
    ratio = statistics.median(ratios)
    told = f"{ratio:6.1f} x the peer" if ratio >= 1 else f"{1 / ratio:6.1f} x faster than the peer"
    print(f"{name:>24}  {statistics.median(ours):7.2f} s  {told}  (from {min(ratios):.2f} to {max(ratios):.2f})  "
          f"peak {max(peaks):5.0f} MB")  # fmt: skip
    return statistics.median(ours), max(peaks)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("rounds", type=int, nargs="?", default=5)
    asked.add_argument("--largest", type=int, default=SIZES[-1])
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder, "groot.toml")
        study.write_text(STUDY, "utf-8")
        points = []
        for rows in (size for size in SIZES if size <= given.largest):
            data = write_csv(Path(folder, f"{rows}.csv"), rows)
            seconds, _ = compare(f"csv {rows:,} rows", study, data, 'read_csv(sys.argv[1], sep=";")', given.rounds)
            points.append((math.log(rows), math.log(seconds)))
        if len(points) > 1:
            print(f"growth exponent {statistics.linear_regression(*zip(*points, strict=True)).slope:.3f}, "
                  f"last step {(points[-1][1] - points[-2][1]) / (points[-1][0] - points[-2][0]):.3f}")  # fmt: skip
        data = write_xlsx(Path(folder, "scores.xlsx"), WORKBOOK_ROWS)
        excel = 'read_excel(sys.argv[1], engine="openpyxl")'
        compare(f"xlsx {WORKBOOK_ROWS:,} rows, read", study, data, excel, given.rounds, READ)
        compare(f"xlsx {WORKBOOK_ROWS:,} rows", study, data, excel, given.rounds)


if __name__ == "__main__":
    main()

"""A batch killed at any moment and started again: is anything lost, or done twice?

    python benchmarks/batch_kills.py [KILLS] [STUDIES] [--seed N]

STUDIES (40) studies run once without interruption. Then the same ones run into another folder, killed with SIGKILL at
KILLS (10) random moments and started again every time. What stood there whole must never be made again, and in the end
everything that may be shared must equal the first run byte for byte, the index too; only ``run.json``, which holds
times, is left out. No kernel, zygote or drawing room may outlive its batch. Ends with 1 when one does not hold.

2026-11-23, two shared cores at load 2 to 5, 10 kills of 40 studies, twice: finished after each 9, 14, 18, 22, 29, 32,
32, 34, 34, 36, and 0, 0, 3, 7, 9, 9, 9, 9, 13, 18. Nothing lost, nothing done twice, all bytes equal.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from batch import ENVIRONMENT
from many_studies import make


def command(folder: Path, out: Path) -> list[str]:
    run = "from gsl_research.cli import main; main()"
    return [sys.executable, "-c", run, "batch", str(folder), "--out", str(out)]


def shared(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted((out / "reports").rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def finished(out: Path) -> dict[str, int]:
    """Every study whose page stands, and when it was put there."""
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("reports/*/report.html")}


def alive(marker: str) -> list[int]:
    """Processes of ours that run in or for this folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            working = str((place / "cwd").readlink())
            if working.startswith(marker) or marker in (place / "cmdline").read_bytes().decode("utf-8", "replace"):
                found.append(int(place.name))
    return found


def uninterrupted(folder: Path, out: Path) -> tuple[float, float]:
    """Seconds until the first page stands, and until all do."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command(folder, out), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and not finished(out):
        time.sleep(0.02)
    start = time.perf_counter() - began
    if process.wait():
        raise SystemExit(f"the run without a kill ended with {process.returncode}")
    return start, time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", nargs="?", type=int, default=10)
    parser.add_argument("studies", nargs="?", type=int, default=40)
    parser.add_argument("--seed", type=int, default=20261123)
    asked = parser.parse_args()
    rng, wrong = random.Random(asked.seed), []  # noqa: S311
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        make(root / "in", asked.studies)
        start, longest = uninterrupted(root / "in", root / "whole")
        out, stood, told = root / "killed", {}, []
        for number in range(asked.kills):
            process = subprocess.Popen(
                command(root / "in", out), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            with suppress(subprocess.TimeoutExpired):
                process.wait(start * rng.uniform(0.8, 1.1) + (longest - start) * rng.uniform(0, 1.5 / asked.kills))
            process.send_signal(signal.SIGKILL)
            process.wait()
            now = finished(out)
            again = [name for name, when in stood.items() if now.get(name) != when]
            if again:
                wrong.append(f"kill {number}: lost or made again: {again}")
            time.sleep(1)
            if left := alive(str(out)):
                wrong.append(f"kill {number}: still running: {left}")
            stood = now
            told.append(len(now))
        last = subprocess.run(command(root / "in", out), env=ENVIRONMENT, capture_output=True, text=True, check=False)
        if last.returncode:
            wrong.append(f"the last run ended with {last.returncode}: {last.stderr[-500:]}")
        first, second = shared(root / "whole"), shared(out)
        wrong += [f"differs: {name}" for name in first.keys() | second.keys() if first.get(name) != second.get(name)]
        now = finished(out)
        wrong += [f"made again at the end: {name}" for name, when in stood.items() if now.get(name) != when]
        wrong += [f"left behind: {path.name}" for path in out.rglob(".gsl-*")]
    print(f"{asked.studies} studies, {asked.kills} kills; finished after each: {told}")
    print("\n".join(wrong) or "nothing lost, nothing done twice, all bytes equal")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

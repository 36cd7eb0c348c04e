"""Many studies: ``gsl batch`` beside a loop of the papermill command line and a pool of papermill on all cores.

    python benchmarks/batch.py [STUDIES] [PEERS]

One real run over STUDIES (200), cold, with the start of the program. The peers run PEERS (20) of the same studies, half
of them before and half after, and are extrapolated to studies per minute; the pool keeps its processes, so that each
imports papermill once. Asserts that every kernel was forked, that every study has its page, and that the executed
notebooks equal papermill's own but for ids, times and where files lie. Also prints what a study costs at a tenth of
STUDIES and beyond, in CPU too, and the most memory that all processes had together (PSS, sampled).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from many_studies import PROJECT, make

from gsl_research.batch import cores
from gsl_research.files import notebooks_folder
from gsl_research.runs import MEASURE, ONE_THREAD

NOTEBOOK = notebooks_folder() / MEASURE
BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | ONE_THREAD | {"PYTHONPATH": str(PROJECT)}

POOL = """
import json, sys
from concurrent.futures import ProcessPoolExecutor

def one(given):
    import papermill
    notebook, to, parameters = given
    papermill.execute_notebook(notebook, to, parameters=parameters, progress_bar=False)

if __name__ == "__main__":
    notebook, cores, given = json.loads(sys.argv[1])
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(one, [(notebook, to, parameters) for to, parameters in given]))
"""


class Memory:
    """The most memory that a process and all below it had at once, in MB."""

    def __init__(self, pid: int):
        self.most, self._pid, self._on = 0.0, pid, True
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._on = False
        self._thread.join()
        return self.most

    def _look(self) -> None:
        while self._on:
            self.most = max(self.most, sum(map(_pss, _family(self._pid))))
            time.sleep(1.5)


def _family(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def _pss(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def timed(command: list[str]) -> tuple[float, float, float]:
    """Wall and CPU seconds of a command with all below it, and its most memory."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=told, stderr=subprocess.STDOUT)
        memory = Memory(process.pid)
        process.wait()
        wall, most = time.perf_counter() - start, memory.stop()
        if process.returncode:
            told.seek(0)
            raise SystemExit(f"{command[:3]} ended with {process.returncode}:\n{told.read()[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most


def batch(folder: Path, out: Path, number: int) -> tuple[float, float, float]:
    run = "from gsl_research.cli import main; main()"
    spent = timed([sys.executable, "-c", run, "batch", str(folder), "--out", str(out)])
    notebooks = sorted((out / "reports").glob(f"*/{MEASURE}"))
    kinds = {json.loads(path.read_text("utf-8"))["metadata"]["gsl_research"]["kernel"] for path in notebooks}
    assert kinds == {"forked"}, f"the kernels were {kinds}: this is not what was to be measured"
    assert len(notebooks) == number == len(list((out / "reports").glob("*/report.html")))
    return spent


def parameters(study: tuple[Path, Path], out: Path) -> dict[str, str]:
    return {"study_file": str(study[0]), "data_file": str(study[1]), "out_folder": str(out), "lang": "nl"}


def command_line(studies: list[tuple[Path, Path]], out: Path) -> tuple[float, float]:
    wall = cpu = 0.0
    for study in studies:
        folder = out / study[0].parent.name
        folder.mkdir(parents=True)
        given = [part for name, value in parameters(study, folder).items() for part in ("-p", name, value)]
        one = timed([str(BIN / "papermill"), str(NOTEBOOK), str(folder / MEASURE), *given])
        wall, cpu = wall + one[0], cpu + one[1]
    return wall, cpu


def pool(studies: list[tuple[Path, Path]], out: Path) -> tuple[float, float]:
    given = []
    for study in studies:
        folder = out / study[0].parent.name
        folder.mkdir(parents=True)
        given.append((str(folder / MEASURE), parameters(study, folder)))
    (out / "pool.py").write_text(POOL)
    wall, cpu, _ = timed([sys.executable, str(out / "pool.py"), json.dumps([str(NOTEBOOK), cores(), given])])
    return wall, cpu


def told(notebook: Path) -> list[tuple[str, object, object]]:
    """Source, count and outputs of every cell, but for the injected cell, which holds paths."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [
        ("".join(cell["source"]), cell.get("execution_count"), cell.get("outputs"))
        for cell in cells
        if "injected-parameters" not in cell["metadata"].get("tags", ())
    ]


def differing(peers: Path, out: Path) -> list[str]:
    """Studies whose notebook is not what papermill itself made of it."""
    wrong, seen = [], 0
    for plain in sorted(peers.glob(f"*/{MEASURE}")):
        (page,) = plain.parent.glob("reports/*/report.html")
        ours = out / "reports" / page.parent.name
        seen += 1
        if told(plain) != told(ours / MEASURE) or page.read_bytes() != (ours / "report.html").read_bytes():
            wrong.append(page.parent.name)
    assert seen
    return wrong


def main(number: int = 200, peers: int = 20) -> None:
    few = max(number // 10, 1)
    print(f"{cores()} cores, load {os.getloadavg()[0]:.1f}, {number} studies, peers from {peers}, extrapolated")
    print(", ".join(f"{name} {version(name)}" for name in ("papermill", "nbclient", "ipykernel")))
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        studies = make(root / "in", number)
        make(root / "few", few)
        half = peers // 2
        first = command_line(studies[:half], root / "cli"), pool(studies[:half], root / "pool")
        small = batch(root / "few", root / "out of few", few)
        whole = batch(root / "in", root / "out", number)
        second = command_line(studies[half:peers], root / "cli"), pool(studies[half:peers], root / "pool")
        wrong = differing(root / "cli", root / "out") + differing(root / "pool", root / "out")
    rows = {"gsl batch": (whole[0] / number, whole[1] / number)}
    for at, name in enumerate(("papermill command line", f"pool of papermill on {cores()}")):
        rows[name] = tuple((first[at][part] + second[at][part]) / peers for part in (0, 1))
    print(f"{'':28}{'s/study':>9}{'/minute':>9}{'cpu s':>8}{'x, wall':>9}{'x, cpu':>8}")
    for name, (wall, cpu) in rows.items():
        ratios = wall / rows["gsl batch"][0], cpu / rows["gsl batch"][1]
        print(f"{name:28}{wall:9.2f}{60 / wall:9.1f}{cpu:8.2f}{ratios[0]:9.1f}{ratios[1]:8.1f}")
    rest = number - few
    after = [(whole[part] - small[part]) / rest for part in (0, 1)]
    print(f"the first {few}: {small[0] / few:.2f} s, cpu {small[1] / few:.2f} a study, with the start")
    print(f"the other {rest}: {after[0]:.2f} s, cpu {after[1]:.2f} a study")
    print(f"most memory, all processes together: {whole[2]:.0f} MB")
    print(f"notebooks or pages that differ from papermill's own: {wrong or 'none'}")
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

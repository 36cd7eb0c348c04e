"""One study, file to page: ``gsl measure`` beside the two usual command lines, and beside its own floor.

    python benchmarks/one_study.py [rounds]

*Peer*: ``papermill`` and then ``jupyter nbconvert --to html`` over the same notebook and files.
*Floor*: one plain Python process that runs the notebook's cells, imports included, and writes what they write; no
kernel, no executed notebook. *Lean floor*: the same without the parts of jsonschema that nothing here uses
(``kernels.UNUSED``), which ``gsl measure`` leaves out as well.
Rounds are interleaved, after one to warm up; a ratio is the median of the ratios within each round.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from gsl_research.files import notebooks_folder, schemas_folder
from gsl_research.runs import MEASURE, ONE_THREAD, VERSIONS

STUDY, DATA = (schemas_folder() / "examples" / f"breuken-strookmodel.{kind}" for kind in ("toml", "csv"))
NOTEBOOK = notebooks_folder() / MEASURE
BIN = Path(sys.executable).parent

FLOOR = """
import json, sys
from contextlib import nullcontext
from pathlib import Path
notebook, study_file, data_file, out_folder, lean = sys.argv[1:]
given = {"study_file": study_file, "data_file": data_file, "out_folder": out_folder, "lang": "nl"}
if lean == "lean":
    sys.modules |= dict.fromkeys(("rfc3987_syntax", "isoduration"))
cells = {}
for cell in json.loads(Path(notebook).read_text("utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), cells)
        if "parameters" in cell["metadata"].get("tags", ()):
            cells |= given
"""


def commands(out: Path) -> dict[str, list[list[str]]]:
    """What each contestant runs, one process after the other."""
    gsl = [sys.executable, "-c", "from gsl_research.cli import main; main()"]
    given = {"study_file": STUDY, "data_file": DATA, "out_folder": out / "peer", "lang": "nl"}
    parameters = [part for name, value in given.items() for part in ("-p", name, str(value))]
    executed = out / "peer.ipynb"
    floor = [sys.executable, "-c", FLOOR, str(NOTEBOOK), str(STUDY), str(DATA)]
    return {
        "gsl measure": [[*gsl, "measure", str(STUDY), str(DATA), "--out", str(out / "gsl"), "--lang", "nl"]],
        "papermill + nbconvert": [
            [str(BIN / "papermill"), str(NOTEBOOK), str(executed), *parameters],
            [str(BIN / "jupyter"), "nbconvert", "--to", "html", str(executed), "--output", "peer.html"],
        ],
        "floor": [[*floor, str(out / "floor"), "full"]],
        "lean floor": [[*floor, str(out / "floor"), "lean"]],
    }


def timed(steps: list[list[str]]) -> tuple[float, float]:
    """Wall and CPU seconds, every process included."""
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(Path(__file__).parents[1])}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for step in steps:
        done = subprocess.run(step, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{step[:2]} failed:\n{done.stderr[-3000:]}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_round() -> dict[str, tuple[float, float]]:
    out = Path(tempfile.mkdtemp(prefix="one-study-"))
    try:
        seconds = {name: timed(steps) for name, steps in commands(out).items()}
        (executed,) = (out / "gsl").rglob(MEASURE)
        kernel = json.loads(executed.read_text("utf-8"))["metadata"]["gsl_research"]["kernel"]
        assert kernel == "prepared", f"the run used a {kernel} kernel: this is not what was to be measured"
        (made,), (plain,) = (out / "gsl").rglob("report.html"), (out / "floor").rglob("report.html")
        assert made.read_bytes() == plain.read_bytes(), "the page differs from the one the floor writes"
        return seconds
    finally:
        shutil.rmtree(out)


def main(rounds: int = 5) -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {rounds} rounds")
    print(", ".join(f"{name} {version(name)}" for name in (*VERSIONS, "nbconvert")))
    one_round()
    taken = [one_round() for _ in range(rounds)]
    print(f"{'':24}{'wall s':>8}{'min':>8}{'cpu s':>8}{'gsl / this, wall':>20}{'cpu':>8}")
    for name in taken[0]:
        wall, cpu = ([seconds[name][part] for seconds in taken] for part in (0, 1))
        ratios = [
            statistics.median(seconds["gsl measure"][part] / seconds[name][part] for seconds in taken)
            for part in (0, 1)
        ]
        print(
            f"{name:24}{statistics.median(wall):8.2f}{min(wall):8.2f}{statistics.median(cpu):8.2f}"
            f"{ratios[0]:20.2f}{ratios[1]:8.2f}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

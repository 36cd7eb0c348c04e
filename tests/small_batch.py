"""Batches of a notebook that takes no time: it does what the title of its study says."""

import sys
from pathlib import Path

import nbformat

from gsl_research import runs
from gsl_research.batch import Local, Wanted, run_batch
from gsl_research.batch_told import run_and_tell
from gsl_research.problems import Problem
from gsl_research.wording import words

PARAMETERS = 'study_file: str = ""\ndata_file: str = ""\nout_folder: str = "."\nlang: str = "nl"'
CELL = """
import json, os, time, tomllib
from pathlib import Path
study = tomllib.loads(Path(study_file).read_text("utf-8"))
act = study["title"].split()[0]
with open(Path(study_file).with_suffix(".ran"), "a") as log:
    _ = log.write("x")
if act == "kill":
    os.kill(os.getpid(), 9)
elif act == "hang":
    import re; re.match("(a+)+$", "a" * 60 + "b")
elif act == "slow":
    time.sleep(0.4)
elif act == "fault":
    raise KeyError("Emma")
elif act in ("disk_full", "output_unwritable"):
    from gsl_research.problems import Problem, Problems
    raise Problems([Problem(code=act)])
elif act == "memory":
    bytearray(1 << 60)
elif act == "numbers":
    import numpy
    numpy.ones(1 << 55)
elif act == "refused":
    import gsl_research as gsl
    gsl.load_study(study_file)
for root, name in (("reports", "report.html"), ("reports", "card.json"), ("private", "record.json")):
    file = Path(out_folder, root, study["id"], name)
    file.parent.mkdir(parents=True, exist_ok=True)
    _ = file.write_text(f"{lang} {study['title']} {Path(data_file).read_text()}")
"""


def notebook(folder: Path) -> Path:
    """The folder with the notebook in it."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = [
        nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters"),
        nbformat.v4.new_code_cell(CELL, id="act"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / runs.MEASURE)
    return folder


def study(folder: Path, name: str, title: str = "good", scores: str | None = "1", **more: object) -> Path:
    """A study file with its scores beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(f'schema = 1\nid = "{more.get("id", name)}"\ntitle = "{title}"\n', "utf-8")
    if scores is not None:
        (folder / f"{name}.csv").write_text(scores, "utf-8")
    return path


class Raised(Exception):
    """As papermill tells what a cell raised."""

    def __init__(self, fault: Exception):
        self.ename, self.evalue = type(fault).__name__, str(fault)


def by_hand(notebook, parameters, to: Path, limit: float, source=None) -> str:
    """The cell in this process."""
    try:
        exec(CELL, dict(parameters))  # noqa: S102
    except Exception as fault:
        raise runs.RunFailed(Problem(code="notebook_failed", file=runs.MEASURE)) from Raised(fault)
    to.write_text("{}")
    return source.kind


class Silent:
    """Remembers what it was told."""

    def __init__(self):
        self.started, self.steps = None, []

    def start(self, ready, waiting, total, engine):
        self.started = (ready, [one.place for one in waiting], total, engine)

    def step(self, outcome):
        self.steps.append(outcome.given.place)


def ran(folder: Path, out: Path, *, tell=None, lang="nl", kinds=(), limit=60, engine=None, jobs=None):
    wanted = Wanted(out.resolve(), lang, kinds, limit)
    return run_batch(folder, wanted, lambda: Local(engine, jobs), tell or Silent())


if __name__ == "__main__":
    shelf, given, to, *rest = sys.argv[1:]
    runs.notebooks_folder = lambda: Path(shelf)
    asked, limit = rest[0] if rest else None, float(rest[1]) if rest[1:] else 600
    stopped, failed = run_and_tell(
        Path(given),
        Wanted(Path(to).resolve(), limit_seconds=limit),
        lambda: Local(asked, 2),
        words("en"),
        asked=asked,
        debug=False,
    )
    sys.exit({"by_hand": 130, "disk": 1}.get(stopped, 3 if failed else 0))

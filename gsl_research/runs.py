"""Executing notebooks: papermill with a real kernel, whole results or none.

A *run* executes a notebook in a *staging* folder inside the output folder. What it made is *published* when the last
cell is done and not before: private record, card, executed notebook, ``run.json``, and the page last, so that a page
never stands there without what belongs to it. The *driver* is this process; the kernel is another.
"""

from __future__ import annotations

import ast
import html
import json
import logging
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from math import ceil
from pathlib import Path
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from .files import (
    CARD,
    CLOSED,
    PAGE_VALUES,
    PRIVATE,
    SHAREABLE,
    ledger_file,
    made_folder,
    notebooks_folder,
    opened_ledger,
    remove_card,
    study_folder,
    write_bytes,
    write_json,
    write_ledger,
    write_text,
    writing,
)
from .inputs import INPUTS, fingerprint
from .ledger import UNKEYED, remember, without
from .problems import Problem, Problems
from .publishing import holding, publish, staging

if TYPE_CHECKING:
    from .also import Placed
    from .kernels import Kind, Source

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Small matrices gain nothing from threads, and one thread adds up in the same order on every machine."""

MEASURE, PAGE, RECORD = "3_measure_effect.ipynb", "report.html", "record.json"
CONVERSATION = "gespreksleidraad.html"
UNWRITTEN = {"disk_full", "output_unwritable"}
NO_MEMORY = {"MemoryError", "_ArrayMemoryError", "ArrayMemoryError"}
VERSIONS = ("papermill", "nbclient", "ipykernel", "numpy", "pandas", "scipy", "altair", "vl-convert-python")

_waiting: list[subprocess.Popen] = []


@dataclass(frozen=True)
class Run:
    """What one run left behind; ``folder`` is the study's shareable folder."""

    folder: Path
    page: Path
    conversation: Path
    notebook: Path
    record: Path
    seconds: float
    kernel: Kind
    replaced: bool = False
    """An earlier result under the same id came from another plan or other scores."""
    documents: tuple[Placed, ...] = ()
    """The page and the guide for a meeting in other formats."""
    left: tuple[str, ...] = ()
    """Documents of an earlier run that say something else than this page."""
    card: bool = True
    """Whether there is a card; not of a study with a central test."""
    moments_withheld: str | None = None
    """Why class moments are not on the card though the study file shares them."""


class RunFailed(Exception):
    """A notebook could not be run to its end; nothing was published.

    ``detail`` is for ``--debug`` only: it may quote the data.
    """

    def __init__(self, problem: Problem, detail: str = ""):
        self.problem, self.detail = problem, detail
        super().__init__(problem.code)


def prepare() -> None:
    """Start the interpreter that will be the kernel, so that its imports run beside ours. Call it first."""
    if sys.platform != "win32" and not _waiting:
        _waiting.append(
            subprocess.Popen(
                [sys.executable, "-P", "-m", "gsl_research.kernels"],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        )


def measure_files(
    study_file: Path | str,
    data_file: Path | str,
    *,
    out: Path | str,
    lang: str,
    also: str | Iterable[str] = (),
    not_shared: bool = False,
    forgotten: Iterable[str] = (),
    limit_seconds: float = 600,
    source: Source | None = None,
    swept: bool = False,
) -> Run:
    """Run the measuring notebook on one study and publish what it made under ``out``, also in other formats.

    ``not_shared`` says that nobody was given what was made of this study before; who is called a ``forgotten`` name
    counts in no earlier release. A batch brings the ``source`` of its kernels, and has ``swept`` the folder.

    Raises ``Problems`` when the user's files or disk are to be mended, ``RunFailed`` when the run itself broke.
    """
    if source is None:
        prepare()
    from .also import RUN, WRITTEN, formats, not_renewed, placed, remembered

    kinds = formats(also)
    started, clock = datetime.now(UTC), perf_counter()
    study_file, data_file, out = Path(study_file).resolve(), Path(data_file).resolve(), Path(out).resolve()
    made_from = fingerprint(study_file, data_file, lang, kinds)
    with staging(out, swept=swept) as made:
        with made_folder(made / PRIVATE):
            write_ledger(made, UNKEYED)
        parameters = {
            "study_file": str(study_file),
            "data_file": str(data_file),
            "out_folder": str(made),
            "lang": lang,
        }
        try:
            kernel = run_notebook(notebooks_folder() / MEASURE, parameters, made / MEASURE, limit_seconds, source)
        except RunFailed as failed:
            _raise_problems(failed, study_file, data_file)
            raise
        study = _study_in(made)
        seconds = perf_counter() - clock
        shareable, private = study_folder(out, SHAREABLE, study), study_folder(out, PRIVATE, study)
        with writing(out):
            os.replace(made / MEASURE, made / SHAREABLE / study / MEASURE)
        card = (made / SHAREABLE / study / CARD).is_file()
        kept = {"schema": 1, "made_from": made_from, "card": card}
        write_json(made / PRIVATE / study / INPUTS, kept, mode=CLOSED)
        others = _documents(made, study, kinds)
        facts = _run_facts(started, seconds, kernel)
        with holding(out):
            _remember(made, out, not_shared, forgotten)
            new = placed(shareable, others, datetime.now().date())
            for one in new:
                write_bytes(made / SHAREABLE / study / one.name, one.content)
            if written := remembered(shareable, new):
                facts[WRITTEN] = written
            write_json(made / SHAREABLE / study / RUN, facts)
            pages = {page.name: page.read_bytes() for page in (made / SHAREABLE / study).glob("*.html")}
            left = not_renewed(shareable, pages, new)
            replaced = _origin(private / RECORD) not in (None, _origin(made / PRIVATE / study / RECORD))
            withheld = _withheld(made / PRIVATE / study / RECORD)
            if not card:
                remove_card(out, study)
            publish(made, out)
    files = (shareable / name for name in (PAGE, CONVERSATION, MEASURE))
    return Run(shareable, *files, private / RECORD, seconds, kernel, replaced, new, left, card, withheld)


def _remember(made: Path, out: Path, not_shared: bool, forgotten: Iterable[str]) -> None:
    """The ledger of ``out`` with what this run releases, to be published with it; Problems when it may not be."""
    released = opened_ledger(made)["releases"]
    if not released:
        ledger_file(made).unlink()
        return
    ledger = without(opened_ledger(out), forgotten)
    for new in released:
        ledger = remember(new | {"not_shared": not_shared or new["not_shared"]}, ledger)
    write_ledger(made, ledger)


def _documents(made: Path, study: str, kinds: tuple[str, ...]) -> dict[str, bytes]:
    """Those the notebook saved itself, taken out of the staging folder to be placed, and those asked for here."""
    from .also import FORMATS, documents
    from .blocks import from_json

    saved = [path for path in sorted((made / SHAREABLE / study).iterdir()) if path.suffix[1:] in FORMATS]
    found = {path.name: path.read_bytes() for path in saved}
    for path in saved:
        path.unlink()
    if not kinds:
        return found
    kept = [path for name in PAGE_VALUES.values() if (path := made / PRIVATE / study / name).is_file()]
    if PAGE_VALUES["report"] not in [path.name for path in kept]:
        raise RunFailed(Problem(code="nothing_saved", file=MEASURE))
    for path in kept:
        found |= documents(from_json(json.loads(path.read_text("utf-8"))), kinds)
    return found


def _origin(record: Path) -> tuple[str, str] | None:
    """The fingerprints of the plan and the scores behind a record; None without a readable one."""
    try:
        content = json.loads(record.read_text("utf-8"))
        return content["study"]["fingerprint"], content["data"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _withheld(record: Path) -> str | None:
    """Why class moments are not shared, as the record tells; None without a readable one."""
    try:
        return json.loads(record.read_text("utf-8"))["moments_withheld"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def execute(notebook: Path | str, parameters: Mapping[str, str], *, to: Path | str, limit_seconds: float = 600) -> Path:
    """Execute a notebook with papermill; write it, without paths and times, to ``to``. Its cells run in that folder."""
    prepare()
    run_notebook(Path(notebook), parameters, Path(to).resolve(), limit_seconds)
    return Path(to)


def run_notebook(
    notebook: Path, parameters: Mapping[str, str], to: Path, limit_seconds: float, source: Source | None = None
) -> Kind:
    _check_parameters(notebook, parameters)
    limit, deadline = ceil(limit_seconds), monotonic() + limit_seconds
    from .kernels import Plain, Prepared, lean_jsonschema, running_kernel

    if source is None:
        source = Prepared(_waiting.pop()) if _waiting else Plain()
    with running_kernel(source, cwd=to.parent, env=environment()) as manager:
        with lean_jsonschema():
            import nbformat
            from nbclient.exceptions import CellTimeoutError
            from papermill.exceptions import PapermillExecutionError
            from papermill.execute import execute_notebook

        for talker in ("papermill", "asyncio"):
            logging.getLogger(talker).addHandler(logging.NullHandler())
        try:
            executed = execute_notebook(
                nbformat.read(notebook, as_version=4),
                None,
                parameters=dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                km=manager,
                start_timeout=limit,
                execution_timeout=limit,
                timeout_func=lambda cell: max(deadline - monotonic(), 0.1),
                iopub_timeout=30,
                record_timing=False,
            )
        except PapermillExecutionError as error:
            if error.ename in NO_MEMORY:
                raise RunFailed(Problem(code="memory_full"), str(error)) from error
            raise RunFailed(Problem(code="notebook_failed", file=notebook.name), str(error)) from error
        except (CellTimeoutError, RuntimeError) as error:
            if monotonic() < deadline:
                raise RunFailed(Problem(code="kernel_died"), str(error)) from error
            raise RunFailed(Problem(code="time_limit", facts={"seconds": limit})) from error
    _clean(executed, parameters, notebook.name, to)
    executed.metadata["gsl_research"] = {"kernel": source.kind}
    write_text(to, _without_places(nbformat.writes(executed) + "\n", parameters, to.parent))
    return source.kind


def _check_parameters(notebook: Path, parameters: Mapping[str, str]) -> None:
    """papermill only warns about a parameter the notebook does not have; here every one must be given, and be known."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", ())]
    source = "".join(tagged[0]["source"]) if tagged else ""
    known = {
        statement.target.id: ast.unparse(statement.annotation)
        for statement in ast.parse(source).body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    wrong = sorted(set(known) ^ set(parameters)) + sorted(name for name, kind in known.items() if kind != "str")
    if wrong:
        raise RunFailed(Problem(code="unknown_parameter", file=notebook.name, facts={"names": wrong}))


def _clean(executed: Any, parameters: Mapping[str, str], name: str, to: Path) -> None:
    """Keep what the same inputs give again: no times, no paths, no random cell id."""
    from papermill.translators import translate_parameters

    bare = {key: _bare(key, value, to.parent) for key, value in parameters.items()}
    executed.metadata["papermill"] = {
        "input_path": name,
        "output_path": to.name,
        "parameters": bare,
        "version": executed.metadata.papermill.version,
    }
    for cell in executed.cells:
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.tags:
            cell.id = "injected-parameters"
            cell.source = translate_parameters("python3", "python", bare, "Parameters")


def _bare(key: str, value: str, here: Path) -> str:
    """A path without its folder and without its name: a file's name may name a class or a teacher."""
    path = Path(value)
    if not path.is_absolute():
        return value
    return "." if path == here else f"{key}{path.suffix}"


def _without_places(text: str, parameters: Mapping[str, str], here: Path) -> str:
    """Whatever a cell printed: no folder of this machine leaves with it."""
    given = [Path(value) for value in parameters.values()]
    places = {here, here.parent, Path.home(), Path(sys.prefix), *(path.parent for path in given if path.is_absolute())}
    for place in sorted((str(place) for place in places if len(place.parts) > 1), key=len, reverse=True):
        once = json.dumps(place, ensure_ascii=False)[1:-1]
        twice = json.dumps(once, ensure_ascii=False)[1:-1]
        text = text.replace(twice, "…").replace(once, "…")
    return text


def _raise_problems(failed: RunFailed, study_file: Path, data_file: Path) -> None:
    """The kernel can only send text; the same steps here give the Problems themselves, when they are the cause."""
    if failed.problem.code != "notebook_failed" or failed.__cause__.ename != Problems.__name__:
        return
    codes = failed.__cause__.evalue.split(", ")
    if set(codes) <= UNWRITTEN:
        raise Problems(Problem(code=code) for code in codes) from failed
    import gsl_research

    try:
        study = gsl_research.load_study(study_file)
        data = gsl_research.load_data(data_file, study)
        gsl_research.load_decisions(study_file, data)
        gsl_research.measure(study, data)
    except Problems:
        raise
    except Exception as error:
        raise failed from error


def _study_in(made: Path) -> str:
    pages = list(made.glob(f"{SHAREABLE}/*/{PAGE}"))
    if len(pages) != 1:
        raise RunFailed(Problem(code="nothing_saved", file=MEASURE))
    return pages[0].parent.name


def _run_facts(started: datetime, seconds: float, kernel: str) -> dict[str, object]:
    """What may differ between two runs on the same inputs; nothing about who or where."""
    return {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "kernel": kernel,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "versions": _versions(),
    }


@lru_cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in VERSIONS}


def environment() -> dict[str, str]:
    """The kernel's environment; in a checkout that is not installed, it finds the package where we did."""
    project = Path(__file__).parents[1]
    found = [str(project)] if (project / "pyproject.toml").is_file() else []
    search = os.pathsep.join(found + [path for path in [os.environ.get("PYTHONPATH")] if path])
    return os.environ | ONE_THREAD | {"JPY_PARENT_PID": str(os.getpid())} | ({"PYTHONPATH": search} if search else {})


def summary(page: Path) -> str:
    """The conclusion in one sentence, as the page itself carries it."""
    found = re.search(r'<meta name="description" content="([^"]*)">', page.read_text("utf-8"))
    return html.unescape(found[1]) if found else ""

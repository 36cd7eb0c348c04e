"""Runs: whole results or none, with a kernel that never outlives its driver."""

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from gsl_research import kernels, runs
from gsl_research.problems import Problems

PARAMETERS = 'study_file: str = ""\ndata_file: str = ""\nout_folder: str = "."\nlang: str = "nl"'
SAVE = """
from pathlib import Path
for name in ("reports/breuken/report.html", "reports/breuken/card.json", "private/breuken/record.json"):
    file = Path(out_folder) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    _ = file.write_text(f"{lang} {Path(data_file).read_text()}")
"""
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has plain kernels only")


def notebook(folder: Path, *cells: str, parameters: str = PARAMETERS) -> Path:
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="parameters")
    rest = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(cells)]
    folder.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[tagged, *rest]), folder / runs.MEASURE)
    return folder / runs.MEASURE


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """Measure with a notebook of these cells; the files and the output folder lie in ``tmp_path``."""

    def run(*cells: str, limit_seconds: float = 60, **more: str) -> runs.Run:
        notebook(tmp_path / "notebooks", *cells, **more)
        monkeypatch.setattr(runs, "notebooks_folder", lambda: tmp_path / "notebooks")
        (tmp_path / "study.toml").write_text("schema = 1\n")
        (tmp_path / "scores.csv").write_text("scores\n")
        return runs.measure_files(
            tmp_path / "study.toml",
            tmp_path / "scores.csv",
            out=tmp_path / "new" / "out",
            lang="en",
            limit_seconds=limit_seconds,
        )

    return run


def published(tmp_path: Path) -> list[str]:
    out = tmp_path / "new"
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def gone(pid: int, within: float) -> bool:
    """Ended, or ended and waiting to be collected by a parent that does not."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


@posix_only
def test_a_run_publishes_everything_and_no_place_of_this_machine(tmp_path, measure):
    talk = "import sys\nprint(study_file, out_folder, sys.prefix, Path.home(), repr(Path(data_file).parent))"
    run = measure(SAVE, talk)
    assert run.kernel == "prepared"
    assert published(tmp_path) == [
        "out/private/breuken/inputs.json",
        "out/private/breuken/record.json",
        "out/reports/breuken/3_measure_effect.ipynb",
        "out/reports/breuken/card.json",
        "out/reports/breuken/report.html",
        "out/reports/breuken/run.json",
    ]
    assert run.page.read_text() == "en scores\n"
    text = run.notebook.read_text("utf-8")
    for place in (tmp_path, sys.prefix, Path.home(), run.folder.parents[1].name + "/", ".gsl-"):
        assert str(place) not in text
    executed = nbformat.read(run.notebook, as_version=4)
    assert executed.metadata.gsl_research == {"kernel": "prepared"}
    assert executed.cells[1].source.splitlines()[1:] == [
        'study_file = "study_file.toml"',
        'data_file = "data_file.csv"',
        'out_folder = "."',
        'lang = "en"',
    ]
    assert not re.search(r"20\d\d-\d\d-\d\dT", text)
    facts = json.loads((run.folder / "run.json").read_text("utf-8"))
    assert sorted(facts) == ["kernel", "platform", "python", "seconds", "started", "versions"]

    first = run.notebook.read_bytes()
    os.utime(run.page, (0, 0))
    assert measure(SAVE, talk).notebook.read_bytes() == first
    assert run.page.stat().st_mtime > 0


@posix_only
def test_a_prepared_kernel_gives_what_a_plain_one_gives(tmp_path, monkeypatch):
    cells = (
        "import sys, os, __main__\nsorted(name for name in dir(__main__) if not name.startswith('_'))",
        "print('out'); print('err', file=sys.stderr)",
        "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>')); {'a': 1}",
        "import pandas as pd\npd.DataFrame({'a': [1.5]})",
        "os.getcwd() == os.path.realpath(out_folder), os.environ['OPENBLAS_NUM_THREADS'], sys.stdin.read()",
    )
    book = notebook(tmp_path / "notebooks", *cells)
    given = {"study_file": "", "data_file": "", "out_folder": str(tmp_path), "lang": "nl"}
    prepared = nbformat.read(runs.execute(book, given, to=tmp_path / "prepared.ipynb"), as_version=4)
    monkeypatch.setattr(runs, "prepare", lambda: None)
    plain = nbformat.read(runs.execute(book, given, to=tmp_path / "plain.ipynb"), as_version=4)
    assert plain.metadata.gsl_research == {"kernel": "plain"}
    assert prepared.metadata.gsl_research == {"kernel": "prepared"}
    assert [cell.get("outputs") for cell in prepared.cells] == [cell.get("outputs") for cell in plain.cells]


@pytest.mark.parametrize(
    "parameters",
    [
        PARAMETERS.replace("lang", "language"),
        PARAMETERS + '\nalpha: str = "x"',
        PARAMETERS.replace("lang: str", "lang: int"),
        "",
    ],
)
def test_a_parameter_too_many_too_few_or_of_another_kind_runs_nothing(tmp_path, measure, monkeypatch, parameters):
    monkeypatch.setattr(runs, "prepare", lambda: None)
    with pytest.raises(runs.RunFailed) as failed:
        measure("open('ran', 'w')", parameters=parameters)
    assert failed.value.problem.code == "unknown_parameter"
    assert not (tmp_path / "new").exists()


def test_an_output_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "prepare", lambda: None)
    (tmp_path / "out").write_text("a file")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(Problems) as refused:
            runs.measure_files("study.toml", "scores.csv", out=out, lang="nl")
        assert [(p.code, p.file) for p in refused.value.problems] == [("output_unwritable", out.name)]
    assert (tmp_path / "out").read_text() == "a file"


@posix_only
@pytest.mark.parametrize("death", ["import os; os.kill(os.getpid(), 9)", "import os; os._exit(0)"])
def test_a_dead_kernel_is_noticed_and_nothing_stays(tmp_path, measure, death):
    with pytest.raises(runs.RunFailed) as failed:
        started = time.monotonic()
        measure(SAVE, death)
    assert failed.value.problem.code == "kernel_died"
    assert time.monotonic() - started < 15
    assert not (tmp_path / "new").exists()


@posix_only
def test_a_prepared_interpreter_that_is_already_dead_is_noticed(tmp_path, measure):
    runs.prepare()
    runs._waiting[0].kill()
    runs._waiting[0].wait()
    with pytest.raises(runs.RunFailed) as failed:
        measure(SAVE)
    assert failed.value.problem.code == "kernel_died"
    assert not (tmp_path / "new").exists()


@posix_only
def test_an_endless_cell_ends_at_the_limit(tmp_path, measure):
    record = f"import os; _ = open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    with pytest.raises(runs.RunFailed) as failed:
        measure(SAVE, record, "while True: pass", limit_seconds=6)
    assert failed.value.problem.code == "time_limit"
    assert gone(int((tmp_path / "pid").read_text()), within=1)
    assert not (tmp_path / "new").exists()


@posix_only
def test_an_error_in_a_cell_writes_nothing_and_is_quoted_only_in_the_detail(tmp_path, capfd):
    book = notebook(tmp_path / "notebooks", "raise KeyError('Emma')", parameters="")
    with pytest.raises(runs.RunFailed) as failed:
        runs.execute(book, {}, to=tmp_path / "executed.ipynb")
    assert failed.value.problem.code == "notebook_failed"
    assert "Emma" in failed.value.detail
    assert "Emma" not in str(failed.value)
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notebooks"]


@posix_only
def test_what_the_user_must_mend_comes_back_as_problems(tmp_path, measure):
    with pytest.raises(Problems) as refused:
        measure("import gsl_research as gsl", "study = gsl.load_study(study_file)")
    assert {problem.file for problem in refused.value.problems} == {"study.toml"}
    assert not (tmp_path / "new").exists()


@posix_only
@pytest.mark.parametrize("launched", [False, True])
def test_no_kernel_outlives_a_killed_driver(tmp_path, launched):
    pid_file = tmp_path / "pid"
    record = f"import os, time; _ = open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    book = notebook(tmp_path / "notebooks", record, parameters="")
    then = f"runs.execute({str(book)!r}, {{}}, to={str(tmp_path / 'out.ipynb')!r})" if launched else "time.sleep(600)"
    write = f"open({str(pid_file)!r}, 'w').write(str(runs._waiting[0].pid))"
    driver = subprocess.Popen(
        [sys.executable, "-c", f"import time\nfrom gsl_research import runs\nruns.prepare()\n{write}\n{then}"]
    )
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until and not (pid_file.exists() and pid_file.read_text()):
            time.sleep(0.05)
        time.sleep(5 if launched else 1)
        kernel = int(pid_file.read_text())
        os.kill(kernel, 0)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    assert gone(kernel, within=2)


@pytest.mark.parametrize("name", kernels.AHEAD)
def test_what_is_imported_ahead_exists(name):
    assert importlib.import_module(name)


def test_the_command_line_pays_little_for_preparing():
    heavy = "{'numpy', 'pandas', 'jupyter_client', 'nbformat', 'papermill'} & set(sys.modules)"
    code = f"import sys; from gsl_research import runs; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)

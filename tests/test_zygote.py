"""Forked kernels: what a plain one gives, several at once, and none that outlives who asked for it."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from test_runs import gone, notebook

from gsl_research import kernels, runs, zygote

pytestmark = pytest.mark.skipif(not zygote.can_fork(), reason="kernels are forked on Linux only")
GIVEN = {"study_file": "", "data_file": "", "lang": "nl"}


@pytest.fixture(scope="module")
def mother():
    one = zygote.Zygote(runs.environment())
    yield one
    one.close()


def executed(folder: Path, source, *cells: str, limit: float = 60):
    folder.mkdir(exist_ok=True)
    book = notebook(folder / "notebooks", *cells)
    to = folder / "executed.ipynb"
    how = runs.run_notebook(book, GIVEN | {"out_folder": str(folder)}, to, limit, source)
    return nbformat.read(to, as_version=4), how


def printed(book) -> list[str]:
    return ["".join(out.get("text", "") for out in cell.get("outputs", ())) for cell in book.cells[2:]]


def test_a_forked_kernel_gives_what_a_plain_one_gives(tmp_path, mother):
    cells = (
        "import sys, os, __main__\nsorted(name for name in dir(__main__) if not name.startswith('_'))",
        "print('out'); print('err', file=sys.stderr)",
        "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>')); {'a': 1}",
        "import pandas as pd\npd.DataFrame({'a': [1.5]})",
        "os.getcwd() == os.path.realpath(out_folder), os.environ['OPENBLAS_NUM_THREADS'], sys.stdin.read()",
    )
    forked, how = executed(tmp_path / "forked", mother, *cells)
    plain, other = executed(tmp_path / "plain", None, *cells)
    assert (how, other) == ("forked", "plain")
    assert forked.metadata.gsl_research == {"kernel": "forked"}
    assert plain.metadata.gsl_research == {"kernel": "plain"}
    assert [cell.get("outputs") for cell in forked.cells] == [cell.get("outputs") for cell in plain.cells]


def test_several_at_once_share_nothing(tmp_path, mother):
    cells = (
        "import os, numpy, random; print(os.getpid(), os.getppid(), numpy.random.random(), random.random())",
        "import builtins; print(hasattr(builtins, 'left')); builtins.left = 1",
    )
    with ThreadPoolExecutor(4) as pool:
        books = list(pool.map(lambda n: executed(tmp_path / str(n), mother, *cells)[0], range(6)))
    told = [printed(book) for book in books]
    pids, parents, *drawn = zip(*(first.split() for first, _ in told), strict=True)
    assert len(set(pids)) == 6 and set(parents) == {str(mother.pid)}
    assert all(len(set(numbers)) == 6 for numbers in drawn)
    assert {second for _, second in told} == {"False\n"}


def test_nothing_runs_beside_the_zygote_when_it_forks(tmp_path, mother):
    """A thread would be gone in the child, with what it held locked; polars and the picture engine bring threads."""
    beside = "import os\nprint(len(os.listdir(f'/proc/{os.getppid()}/task')))"
    loaded = "import sys\nprint([name for name in ('polars', 'gsl_research.report', 'altair') if name in sys.modules])"
    book, _ = executed(tmp_path, mother, beside, loaded)
    assert printed(book) == ["1\n", "['gsl_research.report', 'altair']\n"]


DRAW = """
import os
from gsl_research.charts import engine
spec = {"mark": "point", "data": {"values": [{"x": 1.1}]}, "encoding": {"x": {"field": "x", "type": "quantitative"}}}
before = len(os.listdir("/proc/self/task"))
svg = engine.svg(spec)
svg = engine.svg(spec)
print(svg, len(os.listdir("/proc/self/task")) - before)
"""
KILL_ROOMS = """
import os, signal, time
for stat in os.listdir("/proc"):
    if stat.isdigit() and int(stat) != os.getpid():
        if int(open(f"/proc/{stat}/stat").read().rpartition(")")[2].split()[1]) == os.getppid():
            os.kill(int(stat), signal.SIGKILL)
time.sleep(0.2)
"""


def test_pictures_are_drawn_in_another_process_and_are_the_same(tmp_path):
    """A kernel that started the engine would have its threads. Where the drawing room is dead, it starts its own."""
    mother = zygote.Zygote(runs.environment())
    try:
        there = printed(executed(tmp_path / "there", mother, DRAW)[0])[0].split("</svg>")
        here = printed(executed(tmp_path / "here", mother, KILL_ROOMS, DRAW)[0])[1].split("</svg>")
        later = printed(executed(tmp_path / "later", mother, DRAW)[0])[0].split("</svg>")
    finally:
        mother.close()
    plain = printed(executed(tmp_path / "plain", None, DRAW)[0])[0].split("</svg>")
    assert there[0] == here[0] == later[0] == plain[0] and plain[0].startswith("<svg")
    assert int(there[1]) == 0 < int(plain[1]) and int(here[1]) > 0 and int(later[1]) > 0


@pytest.mark.parametrize("name", zygote.MORE)
def test_what_is_imported_exists(name):
    assert importlib.import_module(name)


def test_a_dead_kernel_and_an_endless_one_are_noticed_and_gone(tmp_path, mother):
    record = "import os; _ = open('pid', 'w').write(str(os.getpid()))"
    held = "import re; re.match('(a+)+$', 'a' * 60 + 'b')"  # without ever letting another thread in
    for death, code, limit in (
        (f"{record}; os.kill(os.getpid(), 9)", "kernel_died", 60),
        (f"{record}\n{held}", "time_limit", 4),
    ):
        folder = tmp_path / code
        with pytest.raises(runs.RunFailed) as failed:
            executed(folder, mother, death, limit=limit)
        assert failed.value.problem.code == code
        assert gone(int((folder / "pid").read_text()), within=2)
    assert executed(tmp_path / "next", mother, "1 + 1")[1] == "forked"


@pytest.mark.parametrize("moment", ["waiting", "running"])
def test_a_dead_zygote_takes_its_kernels_along_and_is_no_other_kernel_instead(tmp_path, moment):
    mother = zygote.Zygote(runs.environment())
    try:
        if moment == "waiting":
            os.kill(mother.pid, signal.SIGKILL)
        held = "import re; re.match('(a+)+$', 'a' * 60 + 'b')"  # no thread of the kernel can notice
        cell = f"import os, signal; os.kill(os.getppid(), signal.SIGKILL)\n{held}"
        with pytest.raises(runs.RunFailed) as failed:
            executed(tmp_path, mother, cell)
        assert failed.value.problem.code == "kernel_died"
        assert not mother.alive
    finally:
        mother.close()


def test_who_asks_while_another_looks_hears_that_it_is_dead():
    """``Popen.poll`` says that a process lives while another thread is looking."""
    mother = zygote.Zygote(runs.environment())
    told = mother._process._handle_exitstatus
    try:
        os.kill(mother.pid, signal.SIGKILL)
        os.waitid(os.P_PID, mother.pid, os.WEXITED | os.WNOWAIT)
        mother._process._handle_exitstatus = lambda status: (time.sleep(0.2), told(status))
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: mother.alive, range(4))) == [False] * 4
    finally:
        mother.close()


HELD = """
import sys
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, {tests!r})
from gsl_research import runs, zygote
from test_zygote import executed
mother = zygote.Zygote(runs.environment())
folder = Path({folder!r})
(folder / "zygote").write_text(str(mother.pid))
record = "import os, time; _ = open('pid.part', 'w').write(str(os.getpid())); os.rename('pid.part', 'pid')\\n"
cells = (record + "time.sleep(600)", record + "import re; re.match('(a+)+$', 'a' * 60 + 'b')")
with ThreadPoolExecutor(2) as pool:
    list(pool.map(lambda n: executed(folder / str(n), mother, cells[n], limit=600), range(2)))
"""


def test_no_kernel_outlives_a_killed_driver(tmp_path):
    """Neither one that sleeps nor one that lets no other thread in."""
    code = HELD.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    driver = subprocess.Popen([sys.executable, "-c", code])
    places = [tmp_path / "zygote", tmp_path / "0" / "pid", tmp_path / "1" / "pid"]
    try:
        until = time.monotonic() + 40
        while time.monotonic() < until and not all(place.exists() for place in places):
            time.sleep(0.05)
        pids = [int(place.read_text()) for place in places]
        for pid in pids:
            os.kill(pid, 0)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    assert all(gone(pid, within=3) for pid in pids)


def test_a_zygote_whose_driver_is_gone_before_it_is_ready_ends(tmp_path):
    """Then it ends its drawing rooms before they had a moment to become a group of their own."""
    mother = zygote.Zygote(runs.environment())
    mother._socket.close()
    try:
        mother._process.wait(30)
    finally:
        mother._process.kill()
        mother._process.wait()


def test_a_closed_zygote_leaves_nothing(tmp_path):
    mother = zygote.Zygote(runs.environment())
    order = {"argv": ["-f", str(tmp_path / "kernel.json")], "env": dict(os.environ), "cwd": str(tmp_path)}
    kernel = mother.kernel(order)
    assert kernel.pid and kernel.poll() is None
    mother.close()
    assert kernel.wait(timeout=5) == 1
    assert gone(kernel.pid, within=1) and gone(mother.pid, within=1)
    assert mother.kernel(order).wait(timeout=5) == 1


def test_a_large_environment_reaches_the_kernel(tmp_path, mother):
    large = {"GSL_LARGE": "x" * 100_000}
    order = {"argv": [], "env": os.environ | large, "cwd": str(tmp_path)}
    assert len(json.dumps(order)) > 100_000
    kernel = mother.kernel(order)
    try:
        until = time.monotonic() + 5
        while time.monotonic() < until and not list(Path(f"/proc/{kernel.pid}/fd").glob("*")):
            time.sleep(0.05)
        assert kernel.poll() is None
    finally:
        kernel.kill()
        assert kernel.wait(timeout=5) == 1


def test_the_kinds_of_kernels_are_told_apart():
    assert {zygote.Zygote.kind, kernels.Prepared.kind, "plain"} == set(kernels.Kind.__args__)

"""Results appear whole or not at all: a disk that refuses, a kill at any moment, two runs at once."""

import errno
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gsl_research import files, publishing
from gsl_research.problems import Problems
from gsl_research.wording import words

PLACES = (
    "private/breuken/record.json",
    "reports/breuken/card.json",
    "reports/breuken/report.html",
    "reports/breuken/run.json",
)
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask whether a process lives, nor kill as hard")


def made_in(folder: Path, content: str, places=PLACES) -> Path:
    """A staging folder with a file in every place; each tells which run it is of."""
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(f"{content} {place}")
    return folder


def run(out: Path, content: str) -> None:
    with publishing.staging(out) as made, publishing.holding(out):
        publishing.publish(made_in(made, content), out)


def found(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in sorted(out.rglob("*")) if path.is_file()}


def whole(content: str) -> dict[str, str]:
    return {place: f"{content} {place}" for place in PLACES}


@pytest.mark.parametrize("before", [None, "old"])
def test_a_run_leaves_its_results_and_nothing_else(tmp_path, before):
    if before:
        run(tmp_path, before)
    run(tmp_path, "new")
    assert found(tmp_path) == whole("new")


def test_what_a_run_did_not_make_stays(tmp_path):
    run(tmp_path, "old")
    (tmp_path / "reports/breuken/mine.docx").write_text("a person's own")
    run(tmp_path, "new")
    assert found(tmp_path) == whole("new") | {"reports/breuken/mine.docx": "a person's own"}


def test_the_page_comes_last(tmp_path, monkeypatch):
    run(tmp_path, "old")
    replace, order = os.replace, []
    monkeypatch.setattr(
        os, "replace", lambda source, target: (order.append(Path(target).name), replace(source, target))
    )
    run(tmp_path, "new")
    placed = [name for name in order if not name.startswith(".") and name != publishing.JOURNAL]
    assert placed == ["record.json", "card.json", "run.json", "report.html"]


class Failing:
    """Lets the calls through that touch the disk, until the n-th: that one raises."""

    def __init__(self, monkeypatch, at: int, fault: int):
        import builtins
        import shutil

        self.at, self.fault, self.calls = at, fault, 0
        for module, name in ((builtins, "open"), (os, "fsync"), (os, "replace"), (os, "mkdir"), (shutil, "copyfile")):
            monkeypatch.setattr(module, name, self.guarded(getattr(module, name)))

    def guarded(self, call):
        def one(*args, **kwargs):
            self.calls += 1
            if self.calls == self.at:
                raise OSError(self.fault, os.strerror(self.fault))
            return call(*args, **kwargs)

        return one


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("before", [None, "old"])
def test_a_disk_that_refuses_at_any_call_changes_nothing(tmp_path, monkeypatch, before, fault):
    """Every call to the system fails once; only what puts folders on disk for good may fail unseen."""
    told = set()
    for at in range(1, 200):
        out = tmp_path / str(at)
        out.mkdir()
        if before:
            run(out, before)
        with monkeypatch.context() as patch:
            failing = Failing(patch, at, fault)
            try:
                with publishing.staging(out) as made:
                    patch.undo()  # what the notebook makes is guarded elsewhere
                    made_in(made, "new")
                    failing = Failing(patch, at, fault)
                    with publishing.holding(out):
                        publishing.publish(made, out)
                refused = None
            except Problems as problems:
                refused = problems.problems[0].code
        left = found(out)
        if refused:
            told.add(refused)
            assert left == (whole(before) if before else {}), at
            run(out, "next")
            assert found(out) == whole("next"), at
        else:
            assert left == whole("new"), at
        if failing.calls < at:
            break
    assert at > 10
    assert told == {"disk_full" if fault == errno.ENOSPC else "output_unwritable"}


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from gsl_research import publishing
import test_publishing as tests

calls, at = 0, int(sys.argv[2])

def counted(call):
    def one(*args, **kwargs):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return one

for name in ("fsync", "replace", "mkdir", "unlink", "open", "rmdir"):
    setattr(os, name, counted(getattr(os, name)))
tests.run(Path(sys.argv[1]), "new")
"""


def killed(out: Path, at: int) -> bool:
    """Publish in a process that is killed just before its n-th call to the system; whether it came so far."""
    code = KILLED.format(tests=str(Path(__file__).parent))
    return subprocess.run([sys.executable, "-c", code, str(out), str(at)]).returncode == -signal.SIGKILL


def check_after_a_kill(out: Path, before: str | None, at: int) -> None:
    """The next command finds the old results or the new ones, whole, and nothing else."""
    publishing.recover(out)
    left = found(out)
    left.pop(publishing.LOCK, None)
    assert left in (whole(before) if before else {}, whole("new")), (at, sorted(left))
    run(out, "next")
    assert found(out) == whole("next"), at


@posix_only
@pytest.mark.parametrize("before", [None, "old"])
def test_a_kill_leaves_the_old_results_or_the_new_ones(tmp_path, before):
    """At a few of the moments; ``benchmarks/faults.py`` tries hundreds, with the notebook in them."""
    for at in random.Random(before or "").sample(range(1, 40), 8):  # noqa: S311
        out = tmp_path / str(at)
        out.mkdir()
        if before:
            run(out, before)
        killed(out, at)
        check_after_a_kill(out, before, at)


@posix_only
def test_a_killed_run_that_had_begun_is_finished_by_the_next(tmp_path):
    run(tmp_path, "old")
    made = made_in(tmp_path / f".gsl-{files.host()}-{ended()}-00000000", "new")
    files.write_json(made / publishing.JOURNAL, list(PLACES))
    os.replace(made / PLACES[0], tmp_path / PLACES[0])
    publishing.recover(tmp_path)
    assert found(tmp_path) == whole("new")


@posix_only
def test_a_document_that_a_person_saved_after_the_kill_stays(tmp_path):
    place = "reports/breuken/report.docx"
    run(tmp_path, "old")
    (tmp_path / place).write_text("old")
    made = made_in(tmp_path / f".gsl-{files.host()}-{ended()}-00000000", "new", (*PLACES, place))
    files.write_json(made / publishing.JOURNAL, [*PLACES, place])
    os.utime(made / publishing.JOURNAL, (1, 1))
    (tmp_path / place).write_text("mine")
    publishing.recover(tmp_path)
    assert found(tmp_path) == whole("new") | {place: "mine"}


@posix_only
def test_a_journal_moves_nothing_out_of_its_folder(tmp_path):
    out = tmp_path / "out"
    made = made_in(out / f".gsl-{files.host()}-{ended()}-00000000", "new")
    (made / "evil").write_text("evil")
    files.write_json(made / publishing.JOURNAL, ["../evil"])
    (made.parent / "evil").write_text("there")
    publishing.recover(out)
    assert not (tmp_path / "evil").exists()


def ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_what_dead_or_old_runs_left_is_swept(tmp_path):
    gone, here = ended(), files.host()
    names = {
        "dead": f".gsl-{here}-{gone}-00000000",
        "alive": f".gsl-{here}-{os.getpid()}-00000000",
        "elsewhere": f".gsl-00000000-{gone}-00000000",
        "old": f".gsl-00000000-{os.getpid()}-00000001",
        "not ours": ".gsl-notes",
    }
    for name in names.values():
        (tmp_path / name / "reports").mkdir(parents=True)
    long_ago = time.time() - 2 * files.A_DAY
    os.utime(tmp_path / names["old"], (long_ago, long_ago))
    publishing.recover(tmp_path)
    left = {kind for kind, name in names.items() if (tmp_path / name).exists()}
    assert left == ({"alive", "elsewhere", "not ours"} if os.name == "posix" else set(names) - {"old"})


def test_a_half_written_file_of_a_dead_process_is_swept_by_the_next_save(tmp_path):
    half = tmp_path / f".gsl-{files.host()}-{ended()}-00000000"
    half.write_text("half a page")
    files.sweep(tmp_path)
    assert half.exists() is (os.name == "nt")


def many(out: str, content: str) -> None:
    for _ in range(10):
        run(Path(out), content)


def test_runs_at_once_never_mix(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=many, args=(str(tmp_path), f"run {n}")) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert found(tmp_path) in [whole(f"run {n}") for n in range(4)]


HOLDS = """
import sys, time
from pathlib import Path
from gsl_research import publishing
with publishing.holding(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_who_holds_the_folder_is_told_and_a_dead_holder_holds_nothing(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Problems) as refused, publishing.holding(tmp_path, patience=0.1):
            pass
        (problem,) = refused.value.problems
        assert problem.code == "folder_held" and publishing.LOCK in words("nl").problem(problem)
        if os.name == "posix":
            assert problem.facts["process"] == str(other.pid)
    finally:
        other.kill()
        other.wait()
    with publishing.holding(tmp_path, patience=5):
        pass
    assert found(tmp_path) == {}

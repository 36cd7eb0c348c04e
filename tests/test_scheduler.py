"""The same batch on the workers of a scheduler: the same bytes, and a worker that dies costs a retry."""

import json
import os
import signal
from pathlib import Path

import pytest
import small_batch
from small_batch import Silent, study

from gsl_research import runs, zygote
from gsl_research.batch import Local, Wanted, run_batch
from gsl_research.problems import Problems
from gsl_research.scheduler import Distributed

pytestmark = pytest.mark.skipif(not zygote.can_fork(), reason="workers with forked kernels")
MOST, THREADS = 60, 2


def use(shelf: str) -> None:
    runs.notebooks_folder = lambda: Path(shelf)


def shared(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted((out / "reports").rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def kinds(out: Path) -> set[str]:
    notebooks = (out / "reports").glob(f"*/{runs.MEASURE}")
    return {json.loads(path.read_text("utf-8"))["metadata"]["gsl_research"]["kernel"] for path in notebooks}


@pytest.fixture
def cluster(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    with distributed.LocalCluster(2, threads_per_worker=THREADS, processes=True, dashboard_address=None) as cluster:
        yield cluster


@pytest.mark.slow
def test_twenty_studies_on_two_workers_leave_the_same_bytes(tmp_path, cluster, monkeypatch):
    import distributed

    shelf = small_batch.notebook(tmp_path / "notebooks")
    monkeypatch.setattr(runs, "notebooks_folder", lambda: shelf)
    for n in range(20):
        study(tmp_path / "in", f"s{n:02}", "fault" if n == 7 else "slow" if n % 2 else "good")

    with distributed.Client(cluster, set_as_default=False) as client:  # the command line has no default one either
        client.run(use, str(shelf))
        killed = []

        class Killing(Silent):
            def step(self, outcome):
                super().step(outcome)
                if len(self.steps) == 5:
                    victim = next(iter(cluster.workers.values())).process.process.pid
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

        client.register_worker_callbacks(lambda: use(str(shelf)))
        tell = Killing()
        far = run_batch(
            tmp_path / "in", Wanted(tmp_path / "far", limit_seconds=MOST),
            lambda: Distributed(cluster.scheduler_address), tell,
        )  # fmt: skip
    again = [path.stat().st_size - 1 for path in (tmp_path / "in").glob("*.ran")]
    assert len(again) == 20
    near = run_batch(tmp_path / "in", Wanted(tmp_path / "near", limit_seconds=MOST), Local, Silent())
    assert killed and sorted(tell.steps) == sorted(f"s{n:02}.toml" for n in range(20))
    for found in (far, near):
        assert {outcome.given.place: outcome.state for outcome in found.outcomes} == {
            f"s{n:02}.toml": "failed" if n == 7 else "done" for n in range(20)
        }
        assert {outcome.kernel for outcome in found.of("done")} <= {"forked", None}
    assert kinds(tmp_path / "far") == kinds(tmp_path / "near") == {"forked"}
    assert sum(again) <= THREADS, "only what the dead worker had in hand is run again"
    assert shared(tmp_path / "far") == shared(tmp_path / "near")
    assert not list((tmp_path / "far").glob(".gsl-*"))


def test_a_scheduler_that_is_not_there_is_told(tmp_path, monkeypatch):
    study(tmp_path / "in", "one")
    monkeypatch.setattr("gsl_research.scheduler.PATIENCE", 1)
    with pytest.raises(Problems) as refused:
        run_batch(tmp_path / "in", Wanted(tmp_path / "out"), lambda: Distributed("tcp://127.0.0.1:9"), Silent())
    (problem,) = refused.value.problems
    assert problem.code in ("scheduler_not_found", "scheduler_not_installed")
    assert not (tmp_path / "out").exists()

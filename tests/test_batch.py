"""Many studies: none touches another, none is lost, none is done twice, and all of them are told."""

import errno
import json
import os
import platform
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import small_batch
from small_batch import Silent, ran, study

from gsl_research import batch, files, publishing, runs, zygote
from gsl_research.batch_told import run_and_tell
from gsl_research.below import studies_below
from gsl_research.kernels import Plain
from gsl_research.ledger import UNKEYED
from gsl_research.problems import Problem, Problems
from gsl_research.wording import words

posix_only = pytest.mark.skipif(os.name == "nt", reason="signals and forks")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory) -> Path:
    return small_batch.notebook(tmp_path_factory.mktemp("notebooks"))


@pytest.fixture
def small(monkeypatch):
    """The cell of the small notebook in this very process: what is tested is not the kernel."""
    monkeypatch.setattr(runs, "run_notebook", small_batch.by_hand)


@pytest.fixture(scope="session")
def mother():
    one = zygote.Zygote(runs.environment())
    yield one
    one.close()


@pytest.fixture
def kernels(shelf, mother, monkeypatch):
    """Real kernels, all of one zygote that outlives its batches."""
    monkeypatch.setattr(runs, "notebooks_folder", lambda: shelf)
    monkeypatch.setattr(batch.Local, "_kernels", lambda self: mother if self.engine == "forked" else PLAIN)


PLAIN = Plain()


def states(found: batch.Batch) -> dict[str, str]:
    return {outcome.given.place: outcome.state for outcome in found.outcomes}


def codes(found: batch.Batch) -> dict[str, list[str]]:
    return {outcome.given.place: [problem.code for problem in outcome.problems] for outcome in found.of("failed")}


def results(out: Path) -> dict[str, str]:
    """What may be shared, byte for byte, but for when and how long."""
    return {
        path.relative_to(out).as_posix(): path.read_text("utf-8")
        for path in sorted((out / "reports").rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


# which studies, with which scores


def test_which_files_are_studies(tmp_path):
    study(tmp_path / "a", "one")
    study(tmp_path / "a" / "deeper", "two")
    (tmp_path / "broken.toml").write_text("schema = = 1")
    (tmp_path / "forgot.toml").write_text("[design]\nkind = 'one_group'")
    (tmp_path / "broken.csv").write_text("1")
    (tmp_path / "forgot.csv").write_text("1")
    study(tmp_path / ".hidden", "three")
    (tmp_path / "a" / "one.besluiten.toml").write_text("schema = 1")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'")
    found = studies_below(tmp_path)
    assert [one.place for one in found] == ["a/deeper/two.toml", "a/one.toml", "broken.toml", "forgot.toml"]
    assert [one.school for one in found] == ["a", "a", None, None]
    assert all(one.data_file and not one.problems for one in found)


def test_the_scores_are_those_of_the_same_name_or_the_only_ones(tmp_path):
    study(tmp_path / "same", "one")
    (tmp_path / "same" / "other.csv").write_text("2")
    study(tmp_path / "only", "one", scores=None)
    (tmp_path / "only" / "punten.XLSX").write_text("2")
    (tmp_path / "only" / "~$punten.xlsx").write_text("open in a spreadsheet")
    (tmp_path / "only" / "leesmij.txt").write_text("not scores")
    study(tmp_path / "two", "one")
    study(tmp_path / "two", "two", scores=None)
    (tmp_path / "two" / "rest.csv").write_text("2")
    study(tmp_path / "folder", "one", scores=None)
    (tmp_path / "folder" / "one").mkdir()
    (tmp_path / "folder" / "one" / "5A.csv").write_text("2")
    chosen = {one.place: one.data_file.name for one in studies_below(tmp_path)}
    assert chosen == {
        "same/one.toml": "one.csv",
        "only/one.toml": "punten.XLSX",
        "two/one.toml": "one.csv",
        "two/two.toml": "rest.csv",
        "folder/one.toml": "one",
    }


def test_scores_that_are_missing_or_could_be_several_are_not_guessed(tmp_path):
    study(tmp_path / "none", "one", scores=None)
    study(tmp_path / "many", "one", scores=None)
    for name in ("a.csv", "b.xlsx"):
        (tmp_path / "many" / name).write_text("1")
    study(tmp_path / "twice", "one")
    (tmp_path / "twice" / "one.xlsx").write_text("1")
    found = {one.place: one for one in studies_below(tmp_path)}
    assert {place: [problem.code for problem in one.problems] for place, one in found.items()} == {
        "none/one.toml": ["batch_no_scores", "batch_same_id"],
        "many/one.toml": ["batch_several_scores", "batch_same_id"],
        "twice/one.toml": ["batch_several_scores", "batch_same_id"],
    }
    assert found["many/one.toml"].problems[0].facts["names"] == ["a.csv", "b.xlsx"]
    assert all(one.data_file is None for one in found.values())


def test_two_studies_with_one_id_are_both_told_and_neither_runs(tmp_path, small):
    study(tmp_path / "a", "one")
    study(tmp_path / "b", "two", id="ONE")
    study(tmp_path / "b", "three")
    found = ran(tmp_path, tmp_path / "out")
    assert codes(found) == {"a/one.toml": ["batch_same_id"], "b/two.toml": ["batch_same_id"]}
    first, second = found.of("failed")
    assert (first.problems[0].facts["names"], second.problems[0].facts["names"]) == (["b/two.toml"], ["a/one.toml"])
    assert sorted(path.name for path in (tmp_path / "out" / "reports").iterdir()) == ["three"]


def test_a_folder_without_studies_leaves_nothing(tmp_path):
    for folder, code in ((tmp_path, "batch_no_studies"), (tmp_path / "not there", "batch_no_folder")):
        with pytest.raises(Problems) as refused:
            ran(folder, tmp_path / "out")
        assert [problem.code for problem in refused.value.problems] == [code]
        assert not (tmp_path / "out").exists()


# one does not touch another


@posix_only
def test_what_breaks_one_study_leaves_the_others(tmp_path, kernels):
    for name in ("kill", "fault", "memory", "numbers", "refused", "good"):
        study(tmp_path / "in", name, name)
    study(tmp_path / "in", "last", "good")
    (tmp_path / "in" / "zero.toml").write_text("schema = = 1")
    (tmp_path / "in" / "zero.csv").write_text("1")
    tell = Silent()
    found = ran(tmp_path / "in", tmp_path / "out", tell=tell)
    assert codes(found) == {
        "kill.toml": ["kernel_died"],
        "fault.toml": ["notebook_failed"],
        "memory.toml": ["memory_full"],
        "numbers.toml": ["memory_full"],
        "refused.toml": codes(found)["refused.toml"],
        "zero.toml": ["notebook_failed"],
    }
    assert "notebook_failed" not in codes(found)["refused.toml"]
    assert {outcome.kernel for outcome in found.of("done")} == {"forked"}
    assert sorted(path.name for path in (tmp_path / "out" / "reports").iterdir()) == ["good", "last"]
    assert sorted(tell.steps) == sorted(states(found)) and found.stopped is None
    assert "Emma" not in str([outcome.problems for outcome in found.outcomes])
    assert not list((tmp_path / "out").glob(".gsl-*"))


@posix_only
def test_a_study_without_end_ends_at_the_limit(tmp_path, kernels):
    study(tmp_path / "in", "hang", "hang")
    study(tmp_path / "in", "good")
    began = time.monotonic()
    found = ran(tmp_path / "in", tmp_path / "out", limit=6, jobs=1)
    assert time.monotonic() - began < 25
    assert states(found) == {"good.toml": "done", "hang.toml": "failed"}
    assert codes(found) == {"hang.toml": ["time_limit"]}


@posix_only
def test_plain_kernels_give_the_same(tmp_path, kernels):
    for name in ("a", "b"):
        study(tmp_path / "in", name)
    for engine in ("plain", "forked"):
        found = ran(tmp_path / "in", tmp_path / engine, engine=engine)
        assert {outcome.kernel for outcome in found.outcomes} == {engine}
    plain, forked = results(tmp_path / "plain"), results(tmp_path / "forked")
    assert {name: text.replace('"plain"', '"forked"') for name, text in plain.items()} == forked


def test_a_disk_that_is_full_stops_the_batch(tmp_path, small):
    for n in range(12):
        study(tmp_path / "in", f"s{n:02}", "disk_full" if n == 2 else "good")
    found = ran(tmp_path / "in", tmp_path / "out", jobs=1)
    assert found.stopped == "disk"
    assert codes(found) == {"s02.toml": ["disk_full"]}
    assert len(found.of("done", "unchanged")) == 2 and len(found.of("waiting")) == 9


@posix_only
def test_a_full_disk_for_what_is_temporary_stops_the_batch(tmp_path, kernels, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("gsl_research.kernels.TemporaryDirectory", full)
    for n in range(4):
        study(tmp_path / "in", f"s{n}")
    found = ran(tmp_path / "in", tmp_path / "out", jobs=1)
    assert found.stopped == "disk" and codes(found) == {"s0.toml": ["disk_full"]}


def test_what_a_sleep_of_the_computer_cut_off_is_run_again(tmp_path, small, monkeypatch):
    """A sleep is a gap between two looks at the clock. A time limit without one is told."""
    late, tried = [0.0], []
    monkeypatch.setattr(batch, "monotonic", lambda: time.monotonic() + late[0])
    real = batch.measured

    def slept(given, wanted, source):
        tried.append(given.place)
        over = batch.Outcome(given, "failed", (Problem(code="time_limit", facts={"seconds": 600}),))
        if given.place == "long.toml":
            return over
        if tried.count(given.place) > 1:
            return real(given, wanted, source)
        late[0] += 3600
        return over

    monkeypatch.setattr(batch, "measured", slept)
    for name in ("long", "slept"):
        study(tmp_path / "in", name)
    found = ran(tmp_path / "in", tmp_path / "out", jobs=1)
    assert states(found) == {"long.toml": "failed", "slept.toml": "done"}
    assert tried == ["long.toml", "slept.toml", "slept.toml"]


def below(pid: int) -> list[int]:
    """A process and all that came from it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


@posix_only
@pytest.mark.slow
@pytest.mark.skipif(not zygote.can_fork(), reason="processes are looked up in /proc")
def test_held_still_for_longer_than_the_limit_no_study_is_lost(tmp_path, shelf):
    """As a laptop that sleeps where clocks run on: every process stops, three times, and goes on."""
    for n in range(16):
        study(tmp_path / "in", f"s{n:02}", "slow")
    process = subprocess.Popen(
        [*command(shelf, tmp_path / "in", tmp_path / "out"), "forked", "12"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for n in (1, 5, 9):
            until = time.monotonic() + 60
            while time.monotonic() < until and len(list((tmp_path / "out/reports").glob("*/report.html"))) < n:
                time.sleep(0.02)
            family = below(process.pid)
            assert len(family) > 3
            for pid in family:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(14)
            for pid in reversed(family):
                os.kill(pid, signal.SIGCONT)
        told = process.communicate(timeout=60)[0]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, told
    assert "Studies with a report: 16 of 16" in told


def test_a_fault_of_ours_stays_in_its_study(tmp_path, small, monkeypatch):
    real = runs.measure_files

    def faulty(study_file, *args, **kwargs):
        if study_file.stem == "b":
            raise ZeroDivisionError("ours")
        return real(study_file, *args, **kwargs)

    monkeypatch.setattr(runs, "measure_files", faulty)
    for name in "abc":
        study(tmp_path / "in", name)
    found = ran(tmp_path / "in", tmp_path / "out")
    assert states(found) == {"a.toml": "done", "b.toml": "failed", "c.toml": "done"}
    assert codes(found) == {"b.toml": ["batch_fault"]} and "ZeroDivisionError" in found.of("failed")[0].detail


@posix_only
def test_a_zygote_that_dies_costs_its_studies_a_retry(tmp_path, shelf, monkeypatch):
    monkeypatch.setattr(runs, "notebooks_folder", lambda: shelf)
    real, killed = batch.measured, []

    def once(given, wanted, source):
        if not killed:
            killed.append(given.place)
            os.kill(source.pid, signal.SIGKILL)
        return real(given, wanted, source)

    monkeypatch.setattr(batch, "measured", once)
    for name in "ab":
        study(tmp_path / "in", name)
    found = ran(tmp_path / "in", tmp_path / "out")
    assert set(states(found).values()) == {"done"} and killed
    assert {outcome.kernel for outcome in found.outcomes} == {"forked"}


# nothing twice, nothing lost


def change(folder: Path, out: Path) -> None:
    """One thing changed of the study of this name."""
    (folder / "scores.csv").write_text("2")
    (folder / "plan.toml").write_text((folder / "plan.toml").read_text() + "# a remark\n")
    (folder / "decided.besluiten.toml").write_text("schema = 1")
    (folder / "renamed.csv").rename(folder / "renamed.tsv")
    (out / "reports" / "page" / "report.html").unlink()
    (out / "private" / "record" / "record.json").unlink()


def test_what_is_finished_and_unchanged_is_not_run_again(tmp_path, small, monkeypatch):
    names = ("scores", "plan", "decided", "renamed", "page", "record", "same")
    for name in names:
        study(tmp_path / "in", name)
    assert set(states(ran(tmp_path / "in", tmp_path / "out")).values()) == {"done"}
    tell = Silent()
    again = ran(tmp_path / "in", tmp_path / "out", tell=tell)
    assert set(states(again).values()) == {"unchanged"} and tell.steps == []
    assert tell.started == (7, [], 7, again.engine)
    change(tmp_path / "in", tmp_path / "out")
    third = ran(tmp_path / "in", tmp_path / "out")
    assert states(third) == {f"{name}.toml": "unchanged" if name == "same" else "done" for name in names}
    assert (tmp_path / "out/reports/scores/report.html").read_text() == "nl good 2"
    for name in names[1:]:
        (tmp_path / "in" / f"{name}.toml").unlink()
    assert states(ran(tmp_path / "in", tmp_path / "out", lang="en")) == {"scores.toml": "done"}
    monkeypatch.setattr("gsl_research.inputs.__version__", "another")
    assert states(ran(tmp_path / "in", tmp_path / "out", lang="en")) == {"scores.toml": "done"}


def test_what_failed_is_run_again(tmp_path, small):
    study(tmp_path / "in", "a", "fault")
    study(tmp_path / "in", "b")
    ran(tmp_path / "in", tmp_path / "out")
    study(tmp_path / "in", "a")
    assert states(ran(tmp_path / "in", tmp_path / "out")) == {"a.toml": "done", "b.toml": "unchanged"}


def told(folder: Path, out: Path, capsys) -> str:
    wanted = batch.Wanted(out.resolve())
    run_and_tell(folder, wanted, lambda: batch.Local("plain", 2), words("nl"), asked="plain", debug=False)
    return capsys.readouterr().out


def test_what_takes_the_place_of_another_result_is_told(tmp_path, small, capsys):
    for name in ("one", "two"):
        study(tmp_path / "in", name)
    record = tmp_path / "out/private/one/record.json"
    assert "Vervangen" not in told(tmp_path / "in", tmp_path / "out", capsys)
    record.write_text('{"study": {"fingerprint": "a"}, "data": {"sha256": "b"}}')
    study(tmp_path / "in", "one", scores="2")
    said = told(tmp_path / "in", tmp_path / "out", capsys)
    assert "stond hier een verslag van een ander plan of andere scores: one.toml." in said
    assert "Al klaar en niet veranderd: 1." in said and "two.toml" not in said
    assert "Alles was al klaar (2)" in told(tmp_path / "in", tmp_path / "out", capsys)


def test_an_earlier_report_of_a_study_that_fails_now_is_told(tmp_path, small, capsys):
    for name in ("one", "two"):
        study(tmp_path / "in", name)
    told(tmp_path / "in", tmp_path / "out", capsys)
    for name in ("one", "new"):
        study(tmp_path / "in", name, "fault")
    assert told(tmp_path / "in", tmp_path / "out", capsys).count("een verslag van een vorige keer") == 1
    for root in ("reports", "private"):
        for name in ("index.html", "index.csv"):
            text = (tmp_path / "out" / root / name).read_text("utf-8")
            assert text.count("een verslag van een vorige keer") == (
                2 if (root, name) == ("private", "index.csv") else 1
            )


def test_a_single_run_counts_as_done(tmp_path, small):
    path = study(tmp_path / "in", "one")
    runs.measure_files(path, path.with_suffix(".csv"), out=tmp_path / "out", lang="nl", source=PLAIN)
    assert states(ran(tmp_path / "in", tmp_path / "out")) == {"one.toml": "unchanged"}


def command(shelf: Path, folder: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, str(Path(small_batch.__file__)), str(shelf), str(folder), str(out), *more]


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_stopped_by_hand_it_ends_in_seconds_and_goes_on_later(tmp_path, shelf, small, number):
    for n in range(12):
        study(tmp_path / "in", f"s{n:02}", "slow")
    study(tmp_path / "in", "s03", "hang")
    process = subprocess.Popen(
        command(shelf, tmp_path / "in", tmp_path / "out"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        page = tmp_path / "out/reports/s02/report.html"
        until = time.monotonic() + 40
        while time.monotonic() < until and not page.exists():
            time.sleep(0.05)
        began = time.monotonic()
        process.send_signal(number)
        told = process.communicate(timeout=20)[0]
        assert time.monotonic() - began < 10
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    ready = len(list((tmp_path / "out/reports").glob("*/report.html")))
    assert f"Stopped: {ready} of 12 done" in told
    assert not list((tmp_path / "out").glob(".gsl-*"))
    study(tmp_path / "in", "s03", "slow")
    tell = Silent()
    found = ran(tmp_path / "in", tmp_path / "out", tell=tell)
    assert len(found.of("unchanged")) == ready and len(tell.steps) == 12 - ready
    assert set(states(found).values()) == {"done", "unchanged"}


@posix_only
def test_a_stop_while_a_study_is_handed_out_stops_that_one_too(tmp_path, kernels, monkeypatch):
    class Interrupted(ThreadPoolExecutor):
        def submit(self, call, given, *rest):
            future = super().submit(call, given, *rest)
            if given.place == "s1.toml":
                signal.raise_signal(signal.SIGINT)
            return future

    monkeypatch.setattr(batch, "ThreadPoolExecutor", Interrupted)
    for name, title in (("s0", "good"), ("s1", "hang"), ("s2", "good")):
        study(tmp_path / "in", name, title)
    began = time.monotonic()
    found = ran(tmp_path / "in", tmp_path / "out", jobs=1, limit=30)
    assert time.monotonic() - began < 15
    assert found.stopped == "by_hand"
    assert states(found) == {"s0.toml": "done", "s1.toml": "waiting", "s2.toml": "waiting"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@posix_only
@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_and_nothing_done_twice(tmp_path, shelf):
    """A few moments; ``benchmarks/batch_kills.py`` takes ten, with the real notebook."""
    rng = random.Random(20261123)  # noqa: S311
    for n in range(10):
        study(tmp_path / "in", f"s{n:02}", "slow")
    once = command(shelf, tmp_path / "in", tmp_path / "whole")
    began = time.monotonic()
    subprocess.run(once, check=True, capture_output=True)
    longest = time.monotonic() - began
    out, made = tmp_path / "killed", {}
    for _ in range(3):
        process = subprocess.Popen(
            command(shelf, tmp_path / "in", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0.3, 0.9) * longest)
        process.kill()
        process.wait()
        now = {path: path.stat().st_mtime_ns for path in out.glob("reports/*/report.html")}
        assert all(now.get(path) == when for path, when in made.items())
        made = now
    last = subprocess.run(command(shelf, tmp_path / "in", out), capture_output=True, text=True, check=True)
    assert f"{len(made)} of 10 done; going on with" in last.stderr or len(made) in (0, 10)
    assert results(out) == results(tmp_path / "whole")
    assert not list(out.glob(".gsl-*"))


HOLDS = """
import sys, time
from pathlib import Path
from gsl_research import publishing
with publishing.batch_holding(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_batch_is_told_who_holds_the_folder_and_a_dead_one_holds_nothing(tmp_path, small):
    study(tmp_path / "in", "one")
    (tmp_path / "out").mkdir()
    other = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Problems) as refused:
            ran(tmp_path / "in", tmp_path / "out")
        (problem,) = refused.value.problems
        assert problem.code == "batch_held"
        assert problem.facts["process"] == str(other.pid) and problem.facts["host"] == platform.node()
        told = words("nl").problem(problem)
        assert all(name in told for name in (f"proces {other.pid} op {platform.node()}", publishing.BATCH_LOCK))
        assert not (tmp_path / "out/reports").exists()
    finally:
        other.kill()
        other.wait()
    assert (tmp_path / "out" / publishing.BATCH_LOCK).exists()
    assert states(ran(tmp_path / "in", tmp_path / "out")) == {"one.toml": "done"}
    assert not list((tmp_path / "out").glob(".gsl-*"))


def test_what_was_released_is_remembered_by_all(tmp_path):
    """Forty studies that publish at once leave forty releases, whole."""

    def released(n: int) -> None:
        entry = {"study": f"s{n}", "made": "2026-11-23", "least": 5, "not_shared": False}
        entry |= {"rows": [["", f"{n:064x}"]], "groups": {"a": [0]}}
        with publishing.staging(tmp_path, swept=True) as made:
            with files.made_folder(made / files.PRIVATE):
                files.write_json(files.ledger_file(made), UNKEYED | {"releases": [entry]})
            with publishing.holding(tmp_path):
                runs._remember(made, tmp_path, False, ())
                publishing.publish(made, tmp_path)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(released, range(40)))
    kept = json.loads(files.ledger_file(tmp_path).read_text("utf-8"))["releases"]
    assert sorted(one["study"] for one in kept) == sorted(f"s{n}" for n in range(40))

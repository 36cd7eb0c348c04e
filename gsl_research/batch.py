"""Many studies with one command: each run as a single one is, several at once, and none that touches another.

What is finished and unchanged is not run again. A batch that is stopped, by hand or by a disk that is full, leaves
every study whole or untouched; the same command goes on where it was.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Lock, current_thread, main_thread
from time import monotonic
from traceback import format_exception
from typing import Any, Literal, Protocol

from . import kernels, runs
from .below import Given, studies_below
from .files import SHAREABLE, made_folder, study_folder
from .inputs import fingerprint, unchanged
from .problems import Problem, Problems
from .publishing import batch_holding, recover
from .zygote import Zygote, can_fork

Engine = Literal["forked", "plain"]
State = Literal["done", "unchanged", "failed", "waiting"]

AT_ONCE_PER_CORE = 2
"""Forked kernels per core: the waiting of one is the work of another (measured, ``benchmarks/batch.py``)."""
TICK = 0.2
"""Seconds between two looks at what is running, so that a stop is noticed."""
SLEPT = 10
"""Seconds between two such looks that mean that the computer slept, or that all was held still (policy)."""
CUT_OFF = {"time_limit", "kernel_died", "folder_held"}
"""What a sleep may do to a study: where clocks run on, its time is over when the computer wakes."""
STOPPING = {"disk_full", "output_unwritable"}
"""What no other study would survive either."""
STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""A terminal that is closed, or a system that shuts down, stops a batch as Ctrl-C does."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of every study alike."""

    out: Path
    lang: str = "nl"
    kinds: tuple[str, ...] = ()
    limit_seconds: float = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one study. ``detail`` is for ``--debug`` only: it may quote the data."""

    given: Given
    state: State
    problems: tuple[Problem, ...] = ()
    kernel: kernels.Kind | None = None
    seconds: float = 0
    detail: str = ""
    run: runs.Run | None = None
    earlier: bool = False
    """Of one that was not made: a report of another time stands in its place."""

    @property
    def codes(self) -> set[str]:
        return {problem.code for problem in self.problems}


@dataclass(frozen=True, slots=True)
class Batch:
    """Every study of a folder, by name."""

    outcomes: tuple[Outcome, ...]
    engine: Engine
    stopped: Literal["by_hand", "disk"] | None = None

    def of(self, *states: State) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.state in states)


class Tell(Protocol):
    """Who wants to know how far it is: first what need not run again, then every study that was."""

    def start(self, ready: int, waiting: tuple[Given, ...], total: int, engine: Engine) -> None: ...

    def step(self, outcome: Outcome) -> None: ...


class Pool(Protocol):
    """Runs studies somewhere."""

    engine: Engine

    def __enter__(self) -> Pool: ...

    def __exit__(self, *error: object) -> None: ...

    def outcomes(self, given: Iterable[Given], wanted: Wanted) -> Iterator[Outcome]:
        """Of each as it ends. Closing the iterator stops what is running; a stop by hand is a KeyboardInterrupt."""


def run_batch(folder: Path, wanted: Wanted, pool: Callable[[], Pool], tell: Tell) -> Batch:
    """Run every study below ``folder`` that is not finished yet.

    Raises Problems when there is nothing to run, or another batch holds the output folder. Ctrl-C stops within
    seconds and is told in ``Batch.stopped``.
    """
    with made_folder(wanted.out), batch_holding(wanted.out):
        recover(wanted.out)
        given = studies_below(folder)
        found = {one.place: before_running(one, wanted) for one in given}
        waiting = tuple(one for one in given if found[one.place] is None)
        stopped: Literal["by_hand", "disk"] | None = None
        with pool() as running:
            ready = sum(outcome is not None and outcome.state == "unchanged" for outcome in found.values())
            tell.start(ready, waiting, len(given), running.engine)
            ending = running.outcomes(waiting, wanted)
            try:
                for outcome in ending:
                    found[outcome.given.place] = outcome
                    tell.step(outcome)
                    if outcome.codes & STOPPING:
                        stopped = "disk"
                        break
            except KeyboardInterrupt:
                stopped = "by_hand"
            finally:
                ending.close()
        recover(wanted.out)
        rest = (found[one.place] or _left(one, wanted) for one in given)
        return Batch(tuple(_beside_earlier(outcome, wanted) for outcome in rest), running.engine, stopped)


def before_running(given: Given, wanted: Wanted) -> Outcome | None:
    """What is known of a study without running it."""
    if given.problems:
        return Outcome(given, "failed", given.problems)
    if given.id is not None and given.data_file is not None:
        made_from = fingerprint(given.study_file, given.data_file, wanted.lang, wanted.kinds)
        try:
            if unchanged(wanted.out, given.id, made_from):
                return Outcome(given, "unchanged")
        except ValueError:
            return None
    return None


def _left(given: Given, wanted: Wanted) -> Outcome:
    """Of one whose end was not told any more: it may have been put in place just before the batch stopped."""
    return Outcome(given, "waiting" if before_running(given, wanted) is None else "done")


def _beside_earlier(outcome: Outcome, wanted: Wanted) -> Outcome:
    if outcome.state in ("done", "unchanged") or outcome.given.id is None:
        return outcome
    try:
        page = study_folder(wanted.out, SHAREABLE, outcome.given.id) / runs.PAGE
    except ValueError:
        return outcome
    return replace(outcome, earlier=page.is_file())


def measured(given: Given, wanted: Wanted, source: kernels.Source) -> Outcome:
    """Run one study; whatever is wrong with it is in the outcome."""
    try:
        run = runs.measure_files(
            given.study_file,
            given.data_file,
            out=wanted.out,
            lang=wanted.lang,
            also=wanted.kinds,
            limit_seconds=wanted.limit_seconds,
            source=source,
            swept=True,
        )
    except Problems as found:
        return Outcome(given, "failed", found.problems)
    except runs.RunFailed as failed:
        return Outcome(given, "failed", (failed.problem,), detail=failed.detail)
    return Outcome(given, "done", kernel=run.kernel, seconds=run.seconds, run=run)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _stop_noted() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C, or what counts as it, came. Raised between two lines of a pool it could lose a study that was
    just handed out, which then runs on, or leave a lock held for ever."""
    noted, before = Event(), {}
    if current_thread() is main_thread():
        raising = [number for number in STOPS if callable(signal.getsignal(number))]
        before = {number: signal.signal(number, lambda *_: noted.set()) for number in raising}
    try:
        yield noted.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Local:
    """The cores of this computer: a thread waits for each kernel, and the kernels do the work."""

    def __init__(self, engine: Engine | None = None, jobs: int | None = None):
        self.engine: Engine = engine or ("forked" if can_fork() else "plain")
        self.jobs = jobs or cores() * (AT_ONCE_PER_CORE if self.engine == "forked" else 1)
        self._source: kernels.Source | None = None
        self._turn = Lock()

    def __enter__(self) -> Local:
        return self

    def __exit__(self, *error: object) -> None:
        if isinstance(self._source, Zygote):
            self._source.close()

    def outcomes(self, given: Iterable[Given], wanted: Wanted) -> Iterator[Outcome]:
        coming, pool = deque(given), ThreadPoolExecutor(self.jobs)
        running: dict[Future[Outcome], tuple[Given, float]] = {}
        looked = woke = monotonic()
        with _stop_noted() as stopped:
            try:
                while not stopped():
                    while coming and len(running) < self.jobs:
                        one = coming.popleft()
                        running[pool.submit(self.one, one, wanted)] = one, monotonic()
                    if not running:
                        return
                    done = wait(running, timeout=TICK, return_when=FIRST_COMPLETED).done
                    before, looked = looked, monotonic()
                    woke = looked if looked - before > SLEPT else woke
                    for future in done:
                        one, began = running.pop(future)
                        outcome = outcome_of(future, one)
                        if began < woke and outcome.codes & CUT_OFF:
                            coming.append(one)
                        else:
                            yield outcome
            finally:
                while wait(running, timeout=TICK).not_done:
                    kernels.kill_running()
                pool.shutdown()
            raise KeyboardInterrupt

    def one(self, given: Given, wanted: Wanted) -> Outcome:
        """Run one study with a kernel of this pool; again, where the zygote died under it."""
        source = self._kernels()
        outcome = measured(given, wanted, source)
        if "kernel_died" in outcome.codes and isinstance(source, Zygote) and source.ended(within=TICK):
            return measured(given, wanted, self._kernels())
        return outcome

    def _kernels(self) -> kernels.Source:
        """Where kernels come from; a zygote that died, with all that came from it, is made anew."""
        if self.engine == "plain":
            return kernels.Plain()
        with self._turn:
            if not isinstance(self._source, Zygote) or not self._source.alive:
                self._source = Zygote(runs.environment())
            return self._source


def outcome_of(future: Any, given: Given) -> Outcome:
    """What a future holds; a fault of ours in one study stays in that study."""
    fault = future.exception()
    if fault is None:
        return future.result()
    return Outcome(given, "failed", (Problem(code="batch_fault"),), detail="".join(format_exception(fault)))

"""A batch on the command line: what it does, how far it is, and what became of every study."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Literal

from .batch import STOPS, Batch, Engine, Outcome, Pool, Wanted, run_batch
from .below import Given
from .index_page import write_index
from .places import synchronised
from .problems import Problems
from .progress import Progress
from .wording import Words


class Telling:
    """Says on ``stderr`` what goes on, so that the results stand alone on ``stdout``."""

    def __init__(self, w: Words, asked: Engine | None):
        self.w, self.asked = w, asked
        self.progress: Progress | None = None

    def start(self, ready: int, waiting: tuple[Given, ...], total: int, engine: Engine) -> None:
        w = self.w
        if waiting and ready:
            self._say(w("batch.resumed", ready=w.count(ready), total=w.count(total), first=waiting[0].place))
        if waiting and engine == "plain":
            self._say(w("batch.plain_asked" if self.asked == "plain" else "batch.plain"))
        if waiting:
            one = len(waiting) == 1
            self._say(w("batch.started_one") if one else w("batch.started", waiting=w.count(len(waiting))))
        self.progress = Progress(len(waiting), w, sys.stderr)

    def step(self, outcome: Outcome) -> None:
        if self.progress is not None:
            self.progress.step(outcome.state == "failed")

    def close(self) -> None:
        if self.progress is not None:
            self.progress.close()

    def _say(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")


def run_and_tell(
    folder: Path, wanted: Wanted, pool: Callable[[], Pool], w: Words, *, asked: Engine | None, debug: bool
) -> tuple[Literal["by_hand", "disk"] | None, int]:
    """Run the batch, write its index and say what became of it; how it was stopped, and how many studies failed."""
    telling = Telling(w, asked)
    with _ended_as_by_hand():
        try:
            batch = run_batch(folder, wanted, pool, telling)
        finally:
            telling.close()
    for line in _lines(batch, w, debug):
        sys.stdout.write(f"{line}\n")
    try:
        shared, own = write_index(batch, wanted.out, w)
    except Problems as found:
        for line in w.problem_lines(found.problems):
            sys.stderr.write(f"- {line}\n")
        return batch.stopped or "disk", len(batch.of("failed"))
    sys.stdout.write(f"{w('batch.page_shared', path=shared)}\n{w('batch.page_own', path=own)}\n")
    if synchronised(own):
        sys.stdout.write(f"\n{w('command.synchronised')}\n")
    return batch.stopped, len(batch.of("failed"))


@contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """What else ends a program is a KeyboardInterrupt here, unless it is ignored, as under ``nohup``."""
    before = {}
    if current_thread() is main_thread():
        heard = [number for number in STOPS if signal.getsignal(number) == signal.SIG_DFL]
        before = {number: signal.signal(number, _interrupted) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _lines(batch: Batch, w: Words, debug: bool) -> Iterator[str]:
    total, made, ready = len(batch.outcomes), len(batch.of("done", "unchanged")), len(batch.of("unchanged"))
    failed = batch.of("failed")
    yield ""
    if ready == total:
        yield w("batch.all_ready", total=w.count(total))
    else:
        yield w("batch.done", made=w.count(made), total=w.count(total))
    if 0 < ready < total:
        yield w("batch.same_inputs", ready=w.count(ready))
    replaced = [outcome.given.place for outcome in batch.of("done") if outcome.run and outcome.run.replaced]
    if replaced:
        yield w("batch.replaced", names=w.listing(replaced))
    without = [outcome.given.place for outcome in batch.of("done") if outcome.run and not outcome.run.card]
    if without:
        yield w("batch.no_card", names=w.listing(without))
    for outcome in batch.of("done"):
        yield from _documents_told(outcome, w)
    if failed:
        yield w("batch.rest")
    for outcome in failed:
        yield f"\n{outcome.given.place}"
        yield from (f"  - {line}" for line in w.problem_lines(outcome.problems))
        if outcome.earlier:
            yield f"  - {w('batch.earlier')}"
        if debug and outcome.detail:
            yield outcome.detail
    if failed:
        yield ""
    if batch.stopped:
        yield w(f"batch.{batch.stopped}", made=w.count(made), total=w.count(total))


def _documents_told(outcome: Outcome, w: Words) -> Iterator[str]:
    """What a person changed and stayed, and what an earlier run made and this one did not."""
    if outcome.run is None:
        return
    for one in outcome.run.documents:
        if one.beside:
            yield f"{outcome.given.place}: {w('command.kept', asked=one.asked, name=one.name)}"
    if outcome.run.left:
        yield f"{outcome.given.place}: {w('command.left', names=w.listing(outcome.run.left))}"

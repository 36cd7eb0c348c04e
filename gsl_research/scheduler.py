"""The same studies on other machines: a dask scheduler hands each to a worker, which runs it as a single batch would.

The folders must lie on a disk that scheduler and workers share, under the same path. A worker that dies costs the
studies it had a new try elsewhere; nothing it was making is left in place of a whole result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from threading import Lock

from . import kernels
from .batch import Engine, Local, Outcome, Wanted, before_running, outcome_of
from .below import Given
from .problems import Problem, Problems

TRIES = 3
"""Workers that may die under one study before it is told as failed (policy)."""
PATIENCE = 15
"""Seconds to find a scheduler (policy)."""

_here: list[Local] = []
_turn = Lock()


def run_here(given: Given, wanted: Wanted, engine: Engine | None) -> Outcome:
    """On a worker: with kernels of one zygote for all studies of that worker. What a worker finished before it died,
    and could not tell any more, is not run again."""
    before = before_running(given, wanted)
    if before is not None:
        return replace(before, state="done")
    with _turn:
        if not _here or (engine and _here[0].engine != engine):
            _here[:] = [Local(engine)]
    return _here[0].one(given, wanted)


class Distributed:
    """A batch whose studies run wherever the scheduler at ``address`` has workers."""

    def __init__(self, address: str, engine: Engine | None = None):
        self.address, self._asked = address, engine
        self.engine: Engine = engine or Local().engine

    def __enter__(self) -> Distributed:
        """Raises Problems when dask is not installed or no scheduler answers."""
        try:
            from distributed import Client
        except ImportError:
            raise Problems([Problem(code="scheduler_not_installed")]) from None
        try:
            self._client = Client(self.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as fault:
            raise Problems([Problem(code="scheduler_not_found", facts={"address": self.address})]) from fault
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def outcomes(self, given: Iterable[Given], wanted: Wanted) -> Iterator[Outcome]:
        from distributed import as_completed

        running = {
            self._client.submit(
                run_here, one, wanted, self._asked, key=f"{wanted.out}/{one.place}", retries=TRIES, pure=False
            ): one
            for one in given
        }
        try:
            for future in as_completed(running, loop=self._client.loop):
                yield outcome_of(future, running.pop(future))
        finally:
            if running:
                self._client.cancel(list(running))
                self._client.run(kernels.kill_running)

"""How far a batch is, and how long it will take, on one line that is written over."""

from __future__ import annotations

from collections.abc import Callable
from shutil import get_terminal_size
from time import monotonic
from typing import TextIO

from .wording import Words

WIDE = 30
"""Of the bar, in characters, at most: a line that is wider than the terminal could not be written over."""
STEADY = 3
"""Studies that must be done before a time is told (policy)."""
FEW_LINES = 10
"""Lines where nothing can be written over: in a log."""


class Progress:
    """Tells a stream after every study; elapsed time by ``clock``."""

    def __init__(self, total: int, w: Words, stream: TextIO, clock: Callable[[], float] = monotonic):
        self.total, self.w, self.stream, self.clock = total, w, stream, clock
        self.done = self.failed = 0
        self.began, self.length = clock(), 0
        self.live = stream.isatty()
        if total:
            self._tell()

    def step(self, failed: bool) -> None:
        self.done += 1
        self.failed += failed
        if self.live or self.done == self.total or self.done % max(self.total // FEW_LINES, 1) == 0:
            self._tell()

    def close(self) -> None:
        if self.live and self.length:
            self._write("\n")

    def _tell(self) -> None:
        parts = [self.w("batch.progress.done", done=self.w.count(self.done), total=self.w.count(self.total))]
        if self.failed:
            parts.append(self.w("batch.progress.failed", count=self.w.count(self.failed)))
        if STEADY <= self.done < self.total:
            parts.append(self.left((self.clock() - self.began) / self.done * (self.total - self.done)))
        text = ", ".join(parts)
        if not self.live:
            self._write(f"{text}\n")
            return
        columns = get_terminal_size().columns - 1
        wide = max(min(WIDE, columns - len(text) - 3), 0)
        full = wide * self.done // self.total
        line = f"[{'#' * full}{'.' * (wide - full)}] {text}"[-columns:]
        self._write("\r" + line.ljust(self.length)[:columns])
        self.length = len(line)

    def left(self, seconds: float) -> str:
        """Rounded as one would say it: to ten seconds, to minutes, to hours with a half."""
        if seconds < 60:
            return self.w("batch.progress.seconds", number=max(10 * round(seconds / 10), 10))
        if seconds < 90 * 60:
            minutes = round(seconds / 60)
            return self.w(f"batch.progress.{'minute' if minutes == 1 else 'minutes'}", number=minutes)
        return self.w("batch.progress.hours", number=self.w.plain(round(seconds / 1800) / 2))

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()

"""A batch pays the imports once: one process that imported everything, and is forked into a real ipykernel per study.

``python -m gsl_research.zygote`` imports, and then waits on its standard input, a socket, for *orders* of the driver:
one message each, answered with one. It runs no thread, so that a fork is whole. The picture engine has threads: it runs
in *drawing rooms*, forked before it starts (``charts.engine``).
A kernel holds the far end of a pipe while it lives: its driver reads there that it died. No kernel outlives its driver:
the socket ends with the driver, then the zygote kills all its kernels; and the system kills them when the zygote dies.

Linux only: elsewhere a process that has started system libraries cannot safely be forked.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from .kernels import AHEAD, Kind, import_ahead, initialized
from .messages import receive, send

MORE = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
    "gsl_research.conversation",
    "gsl_research.decisions",
    "gsl_research.judge",
    "gsl_research.measure",
    "gsl_research.pupil_page",
    "gsl_research.releases",
    "gsl_research.teacher_page",
    "python_calamine",
    "scipy.optimize",
    "encodings.cp1252",
)
"""What a study needs beside ``AHEAD``; a test holds that each can be imported and that no thread runs afterwards."""
DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
FIRST_TO_GO = "500"
"""Of a kernel in /proc/<pid>/oom_score_adj: where memory runs out the study that asks for it ends, not the batch."""
KERNELS_PER_ROOM = 4
"""Cores whose kernels one drawing room serves: drawing is about a quarter of a study (measured)."""


def can_fork() -> bool:
    return sys.platform == "linux"


class Zygote:
    """The driver's end. Kernels may be asked of it from several threads. ``close`` ends it with all its kernels."""

    kind: Kind = "forked"

    def __init__(self, environment: dict[str, str]):
        if not can_fork():
            raise RuntimeError("kernels are forked on Linux only")
        self._socket, theirs = socket.socketpair()
        self._turn, self._looking = threading.Lock(), threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gsl_research.zygote"],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self.ended()

    def ended(self, within: float = 0) -> bool:
        """Whether it is gone within so many seconds; its kernels go a moment before it. One looks at a time: to a
        second that looks, ``Popen`` says that the process lives."""
        until = time.monotonic() + within
        while True:
            with self._looking:
                if self._process.poll() is not None:
                    return True
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)

    def kernel(self, order: dict[str, Any]) -> Forked:
        """A new process that becomes the kernel of this order; one that is dead already where it cannot be made."""
        living, theirs = os.pipe()
        try:
            pid = self.ask({"order": order}, theirs)
        finally:
            os.close(theirs)
        return Forked(pid, living, self)

    def ask(self, message: dict[str, Any], *files: int) -> int:
        """The zygote's answer; 0 when it could not, or is gone."""
        with self._turn:
            try:
                send(self._socket, json.dumps(message).encode(), files)
                return int(receive(self._socket)[0] or 0)
            except OSError:
                return 0

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()


class Forked:
    """A forked kernel: can be asked what a ``Popen`` can. A signal reaches it only while the number is its own."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, living: int, zygote: Zygote):
        self.pid, self._living, self._zygote = pid, living, zygote
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        if self._ended(timeout) is None:
            raise subprocess.TimeoutExpired(["ipykernel"], timeout or 0)
        return self.returncode or 0

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._living], [], [], timeout)[0]:
            os.close(self._living)
            self.returncode = 1
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            self._zygote.ask({"signal": int(number), "pid": self.pid})

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def main() -> None:
    """Import, and fork a kernel per order until the driver is gone."""
    import ctypes

    gc.disable()
    wire = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    import_ahead((*MORE, *AHEAD))
    _warm()
    gc.collect()
    gc.freeze()
    rooms = [_room(wire, libc) for _ in range(-(-len(os.sched_getaffinity(0)) // KERNELS_PER_ROOM))]
    kernels: set[int] = set()
    try:
        while True:
            content, files = receive(wire)
            if content is None:
                return
            message = json.loads(content)
            kernels = {pid for pid in kernels if os.waitpid(pid, os.WNOHANG)[0] == 0}
            if "order" in message:
                rooms.append(rooms.pop(0))
                answer = _forked(message["order"], files, (wire, *(room for _, room in rooms)), rooms[0][1], libc)
                kernels |= {answer} - {0}
            else:
                answer = message["pid"] if message["pid"] in kernels else 0
                if answer:
                    os.killpg(answer, message["signal"])
            for file in files:
                os.close(file)
            send(wire, str(answer).encode())
    except OSError:
        return
    finally:
        for pid in (*kernels, *(pid for pid, _ in rooms)):
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _room(wire: socket.socket, libc: Any) -> tuple[int, socket.socket]:
    """A drawing room: its process, and where to hand in who wants a picture."""
    from .charts import engine

    zygote = os.getpid()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid:
        theirs.close()
        with suppress(OSError):
            os.setpgid(pid, pid)
        return pid, ours
    try:
        _bound_to(zygote, libc)
        wire.close()
        ours.close()
        gc.enable()
        engine.serve(theirs)
    finally:
        os._exit(1)


def _bound_to(zygote: int, libc: Any) -> None:
    """In a child: end with the zygote, in a group of one's own."""
    libc.prctl(DEATH_OF_PARENT, signal.SIGKILL)
    if os.getppid() != zygote:
        os._exit(1)
    os.setpgid(0, 0)


def _warm() -> None:
    """What every study reads from the package itself."""
    from .wording import languages, words

    for lang in languages():
        words(lang)


def _forked(
    order: dict[str, Any], living: list[int], others: tuple[socket.socket, ...], room: socket.socket, libc: Any
) -> int:
    """A kernel of this order, with a wire to a drawing room; 0 where the system allows no more processes."""
    import numpy as np

    from .charts import engine

    zygote = os.getpid()
    ours, theirs = socket.socketpair()
    with suppress(OSError):
        send(room, b"draw", [theirs.fileno()])
    theirs.close()
    try:
        pid = os.fork()
    except OSError:
        return 0
    finally:
        if os.getpid() == zygote:
            ours.close()
    if pid:
        with suppress(OSError):
            os.setpgid(pid, pid)
        return pid
    try:
        _bound_to(zygote, libc)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write(FIRST_TO_GO)
        for other in others:
            other.close()
        for file in living:
            os.set_inheritable(file, False)
        np.random.seed()
        os.environ.clear()
        order["env"]["JPY_PARENT_PID"] = str(zygote)
        engine.draw_in(ours)
        gc.enable()
        initialized(order).start()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()

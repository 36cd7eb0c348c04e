"""The prepared interpreter: a real ipykernel that does its imports while the driver still does its own.

``python -m gsl_research.kernels`` imports ipykernel, then in a second thread what the notebooks import, and waits on
its standard input for one *order*: the command jupyter_client wants run, as a line of JSON. It then becomes that
kernel; the first cell waits for the imports. Its standard input stays its *lifeline*: no driver, no kernel.

A *plain* kernel is one started the usual way. Windows has only those: there a kernel gets its parent as a handle at
birth. A *forked* kernel comes from a ``zygote``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, BinaryIO, Literal, Protocol

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_client.utils import run_sync
from traitlets import Any as Anything

from .files import FULL
from .problems import Problem, Problems

AHEAD = (
    "gsl_research.study_file",
    "gsl_research.dataset",
    "gsl_research.report",
    "gsl_research.evidence",
    "gsl_research.documents",
    "gsl_research.files",
    "scipy.special",
    "altair",
    "vl_convert",
    "jinja2",
)
"""What the main path of the notebooks imports; a test holds that each can be imported."""

UNUSED = ("rfc3987_syntax", "isoduration")
"""Optional parts of jsonschema for formats that no notebook or chart has (IRI, duration). The first compiles a grammar
at import, which takes as long as importing pandas."""

LAUNCHER = ("-m", "ipykernel_launcher")
SOCKET_PATH = 80
"""Longest folder that leaves room for a socket's name: the shortest limit of a system is 104 bytes (macOS)."""


@contextmanager
def lean_jsonschema() -> Iterator[None]:
    """Import jsonschema, or what imports it, without its ``UNUSED`` parts."""
    hidden = [name for name in UNUSED if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


Kind = Literal["forked", "prepared", "plain"]
"""How a kernel came to be."""


class Source(Protocol):
    """Where kernels come from."""

    kind: Kind

    def kernel(self, order: dict[str, Any]) -> Any:
        """The process that becomes the kernel of this order, as a ``Popen`` or what can be asked the same; None where
        one must be started the usual way."""


class Plain:
    """A new process for every kernel."""

    kind: Kind = "plain"

    def kernel(self, order: dict[str, Any]) -> None:
        return None


class Prepared:
    """The one interpreter that waits."""

    kind: Kind = "prepared"

    def __init__(self, waiting: subprocess.Popen):
        self.waiting = waiting

    def kernel(self, order: dict[str, Any]) -> subprocess.Popen:
        with suppress(BrokenPipeError):
            self.waiting.stdin.write(json.dumps(order).encode() + b"\n")
        return self.waiting


class Provisioner(LocalProvisioner):
    """Hands the kernel command to a ``Source`` first."""

    source = Anything()

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        if tuple(cmd[1:3]) != LAUNCHER:
            raise ValueError(f"a prepared interpreter can only become an ipykernel, not {cmd[:3]}")
        process = self.source.kernel({"argv": cmd[3:], "env": kwargs["env"], "cwd": kwargs["cwd"]})
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.cwd = process, kwargs["cwd"]
        self.pid = self.process.pid
        self.pgid = self.pid if isinstance(self.process, subprocess.Popen) else None
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        await super().kill(restart)
        self.process.wait()


class Manager(AsyncKernelManager):
    """Starts this very interpreter as the kernel, whatever kernels the user has installed, and stops it at once."""

    made_client: Any = None

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, *LAUNCHER, "-f", "{connection_file}"],
            display_name=self.kernel_name,
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )

    def client(self, **kwargs: Any) -> Any:
        self.made_client = super().client(**kwargs)
        return self.made_client


@contextmanager
def running_kernel(source: Source, *, cwd: Path, env: dict[str, str]) -> Iterator[Manager]:
    """A running kernel of this source.

    Its connection file and IPython folder live in a folder of its own, so nothing of the user's profile runs in it.
    """
    with _room_to_start():
        folder = TemporaryDirectory(prefix="gsl-")
    with folder as workshop:
        manager = Manager(connection_file=f"{workshop}/kernel.json", **_wire(workshop))
        manager.provisioner = Provisioner(
            kernel_id="gsl", kernel_spec=manager.kernel_spec, parent=manager, source=source
        )
        start, shutdown = run_sync(manager.start_kernel), run_sync(manager.shutdown_kernel)
        with _room_to_start():
            start(
                extra_arguments=[f"--ipython-dir={workshop}", "--HistoryManager.hist_file=:memory:"],
                cwd=str(cwd),
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        process = manager.provisioner.process
        _running.add(process)
        try:
            yield manager
        finally:
            _running.discard(process)
            if manager.made_client is not None:
                manager.made_client.stop_channels()
            shutdown(now=True)


@contextmanager
def _room_to_start() -> Iterator[None]:
    """A disk that is full where the system keeps what is temporary is told as any other."""
    try:
        yield
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        raise Problems([Problem(code="disk_full", file=gettempdir())]) from fault


_running: set[Any] = set()


def kill_running() -> None:
    """End every kernel that this process uses, from any thread; who waits for one notices."""
    for process in list(_running):
        process.kill()


def _wire(workshop: str) -> dict[str, str]:
    """How driver and kernel talk: through socket files, so without a network port; where that cannot be, encrypted."""
    if sys.platform == "win32" or len(os.fsencode(workshop)) > SOCKET_PATH:
        return {"transport": "tcp", "transport_encryption": "auto"}
    return {"transport": "ipc"}


def main() -> None:
    """Import, wait for the order, become the kernel."""
    gc.disable()
    lifeline = os.fdopen(os.dup(0), "rb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)

    importlib.import_module("ipykernel.kernelapp")
    importing = threading.Thread(target=_import_ahead, daemon=True)
    importing.start()
    line = lifeline.readline()
    if not line:
        os._exit(0)
    threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()
    app = initialized(json.loads(line))
    app.shell.events.register("pre_execute", importing.join)
    app.start()


def initialized(order: dict[str, Any]) -> Any:
    """The kernel of an order in this process, ready to start."""
    from ipykernel.kernelapp import IPKernelApp

    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    app = IPKernelApp.instance()
    app.initialize(order["argv"])
    return app


def _import_ahead() -> None:
    import_ahead(AHEAD)
    gc.freeze()
    gc.enable()


def import_ahead(names: Iterable[str]) -> None:
    """What fails here fails again, visibly, in the cell that needs it."""
    with suppress(ImportError), lean_jsonschema():
        for name in names:
            importlib.import_module(name)


def _die_with(lifeline: BinaryIO) -> None:
    lifeline.read()
    os._exit(1)


if __name__ == "__main__":
    main()

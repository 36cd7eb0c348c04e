"""The prepared interpreter: a real ipykernel that does its imports while the driver still does its own.

``python -m gsl_research.kernels`` imports ipykernel, then in a second thread what the notebooks import, and waits on
its standard input for one *order*: the command jupyter_client wants run, as a line of JSON. It then becomes that
kernel; the first cell waits for the imports. Its standard input stays its *lifeline*: no driver, no kernel.

A *plain* kernel is one started the usual way. Windows has only those: there a kernel gets its parent as a handle at
birth.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_client.utils import run_sync
from traitlets import Instance

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
            del sys.modules[name]


class Provisioner(LocalProvisioner):
    """Hands the kernel command to the waiting interpreter, if there is one, instead of starting a new process."""

    waiting = Instance(subprocess.Popen, allow_none=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        if self.waiting is None:
            return await super().launch_kernel(cmd, **kwargs)
        if tuple(cmd[1:3]) != LAUNCHER:
            raise ValueError(f"a prepared interpreter can only become an ipykernel, not {cmd[:3]}")
        order = {"argv": cmd[3:], "env": kwargs["env"], "cwd": kwargs["cwd"]}
        self.process, self.cwd = self.waiting, kwargs["cwd"]
        self.pid = self.pgid = self.process.pid
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
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
def running_kernel(waiting: subprocess.Popen | None, *, cwd: Path, env: dict[str, str]) -> Iterator[Manager]:
    """A running kernel: prepared when an interpreter is waiting, else plain.

    Its connection file and IPython folder live in a folder of its own, so nothing of the user's profile runs in it.
    """
    with TemporaryDirectory(prefix="gsl-") as workshop:
        manager = Manager(connection_file=f"{workshop}/kernel.json", **_wire(workshop))
        manager.provisioner = Provisioner(
            kernel_id="gsl", kernel_spec=manager.kernel_spec, parent=manager, waiting=waiting
        )
        start, shutdown = run_sync(manager.start_kernel), run_sync(manager.shutdown_kernel)
        start(
            extra_arguments=[f"--ipython-dir={workshop}", "--HistoryManager.hist_file=:memory:"],
            cwd=str(cwd),
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield manager
        finally:
            if manager.made_client is not None:
                manager.made_client.stop_channels()
            shutdown(now=True)


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

    from ipykernel.kernelapp import IPKernelApp

    importing = threading.Thread(target=_import_ahead, daemon=True)
    importing.start()
    line = lifeline.readline()
    if not line:
        os._exit(0)
    threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()

    order = json.loads(line)
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    app = IPKernelApp.instance()
    app.initialize(order["argv"])
    app.shell.events.register("pre_execute", importing.join)
    app.start()


def _import_ahead() -> None:
    """What fails here fails again, visibly, in the cell that needs it."""
    with suppress(ImportError), lean_jsonschema():
        for name in AHEAD:
            importlib.import_module(name)
    gc.freeze()
    gc.enable()


def _die_with(lifeline: BinaryIO) -> None:
    lifeline.read()
    os._exit(1)


if __name__ == "__main__":
    main()

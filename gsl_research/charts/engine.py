"""The picture engine. It takes a third of a second to start, so a batch starts it once, in a *drawing room*: a process
that draws for all its kernels. The same engine gives the same bytes; where the room does not answer, a kernel draws for
itself.
"""

from __future__ import annotations

import json
import selectors
import socket
from contextlib import suppress
from typing import Any

from ..messages import receive, send

PATIENCE = 20
"""Seconds for one picture, which takes hundredths of one, before a kernel draws it itself (policy)."""

_room: list[socket.socket] = []


def svg(spec: dict[str, Any]) -> str:
    """A Vega-Lite picture as SVG."""
    if _room:
        with suppress(OSError):
            send(_room[0], json.dumps(spec, allow_nan=False).encode())
            if drawn := receive(_room[0])[0]:
                return drawn.decode()
        _room.clear()
    import vl_convert

    return vl_convert.vegalite_to_svg(spec)


def draw_in(room: socket.socket) -> None:
    """From now on this process has its pictures drawn there."""
    room.settimeout(PATIENCE)
    _room[:] = [room]


def serve(control: socket.socket) -> None:
    """Draw for whoever is handed in over ``control``, one picture after the other, until that ends."""
    import vl_convert

    waiting = selectors.DefaultSelector()
    waiting.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            wire: Any = key.fileobj
            try:
                content, files = receive(wire)
            except OSError:
                content, files = None, []
            if wire is control and content is None:
                return
            if wire is control:
                for file in files:
                    waiting.register(socket.socket(fileno=file), selectors.EVENT_READ)
                continue
            if content is None:
                waiting.unregister(wire)
                wire.close()
                continue
            try:
                drawn = vl_convert.vegalite_to_svg(json.loads(content))
            except ValueError:
                drawn = ""
            with suppress(OSError):
                send(wire, drawn.encode())

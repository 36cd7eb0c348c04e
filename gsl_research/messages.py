"""Messages between processes over a socket: how long it is, what it says, and open files along with it."""

from __future__ import annotations

import array
import socket
from collections.abc import Sequence

LENGTH = 8
"""Bytes in front of a message that tell how long it is."""


def send(wire: socket.socket, content: bytes, files: Sequence[int] = ()) -> None:
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
    wire.sendmsg([len(content).to_bytes(LENGTH, "big")], rights)
    wire.sendall(content)


def receive(wire: socket.socket) -> tuple[bytes | None, list[int]]:
    """The next message and the file that came with it; None when the other end is gone."""
    start, files, _, _ = socket.recv_fds(wire, LENGTH, 1)
    if len(start) < LENGTH:
        return None, files
    parts, left = [], int.from_bytes(start, "big")
    while left:
        part = wire.recv(left)
        if not part:
            return None, files
        parts.append(part)
        left -= len(part)
    return b"".join(parts), files

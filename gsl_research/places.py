"""Where a folder lies: on this computer alone, or where it is copied elsewhere by itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

CLOUDS = ("onedrive", "google drive", "googledrive", "my drive", "mijn drive", "dropbox", "icloud", "nextcloud")
APPLE_CLOUDS = ("com~apple~clouddocs", "cloudstorage")
"""How the folders are called that copy themselves to the internet; a name may follow ("OneDrive - School")."""
NETWORKS = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.rclone", "fuse.gvfsd")
"""File systems of Linux that lie on another machine; a number may follow."""


def synchronised(path: Path) -> bool:
    """Whether a file would be copied to the internet or to a network by itself, as far as the names of folders tell."""
    whole = path.resolve()
    if str(whole).startswith("\\\\") or any(whole.is_relative_to(place) for place in _told_by_windows()):
        return True
    names = [name.casefold() for name in whole.parts[:-1]]
    return any(name.startswith(CLOUDS) or name in APPLE_CLOUDS for name in names) or _on_a_network(whole)


def _told_by_windows() -> Iterator[Path]:
    for name in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer"):
        if os.environ.get(name):
            yield Path(os.environ[name]).resolve()


def _on_a_network(whole: Path) -> bool:
    """As Linux tells it: the file system of the mount that holds the path. Windows shares begin with two slashes."""
    mounts = Path("/proc/self/mounts")
    if sys.platform != "linux" or not mounts.is_file():
        return False
    found = [line.split()[1:3] for line in mounts.read_text("utf-8", "replace").splitlines()]
    over = [(len(place), kind) for place, kind in found if whole.is_relative_to(place.replace("\\040", " "))]
    return max(over, default=(0, ""))[1].startswith(NETWORKS)

"""The key of the codes: 32 random bytes in a file of their own, away from everything that is coded with it.

With the key a name gives its code again; without it nothing does. A key is never shown and never written over.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from .files import PRIVATE, SHAREABLE, made_folder, write_secret
from .problems import Problem, Problems

KEY_BYTES = 32
"""As long as the hash it goes into; 256 random bits cannot be tried out (reliability page, threats; policy)."""
SUFFIX, HEADING = ".key", "gsl_research key 1"


def keys_folder() -> Path:
    """The user's own place for settings: not in Documents, which OneDrive copies, nor in a roaming Windows profile."""
    home = Path.home()
    match sys.platform:
        case "win32":
            place = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        case "darwin":
            place = home / "Library" / "Application Support"
        case _:
            place = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return place / "gsl_research" / "keys"


def key_file(name: str) -> Path:
    return keys_folder() / f"{name}{SUFFIX}"


def own_keys() -> tuple[Path, ...]:
    """Every key file in the usual place, by name."""
    return tuple(sorted(keys_folder().glob(f"*{SUFFIX}")))


def load_or_make(path: Path, *, beside: Path) -> tuple[bytes, bool]:
    """The key in this file, and whether it was made now (mode 0600, where the system knows modes).

    ``beside`` is the folder of what is coded. Raises Problems: ``keyfile_in_roots``, ``keyfile_beside_data``,
    ``keyfile_damaged``, ``file_open_elsewhere``, ``output_unwritable``, ``disk_full``.
    """
    if path.exists():
        return load(path), False
    _refuse_place(path, beside)
    key = secrets.token_bytes(KEY_BYTES)
    with made_folder(path.parent, mode=0o700):
        write_secret(path, f"{HEADING}\n{key.hex()}\n".encode())
    return key, True


def load(path: Path) -> bytes:
    """The key in this file. Raises Problems: ``keyfile_missing``, ``keyfile_damaged``, ``file_open_elsewhere``."""
    try:
        lines = path.read_text("ascii").split()
    except FileNotFoundError:
        raise Problems([Problem(code="keyfile_missing", file=path.name)]) from None
    except UnicodeDecodeError:
        lines = []
    except OSError:
        raise Problems([Problem(code="file_open_elsewhere", file=path.name)]) from None
    digits = lines[-1] if lines[:-1] == HEADING.split() else ""
    if len(digits) != 2 * KEY_BYTES or set(digits) - set("0123456789abcdef"):
        raise Problems([Problem(code="keyfile_damaged", file=path.name)])
    return bytes.fromhex(digits)


def _refuse_place(path: Path, beside: Path) -> None:
    folders = path.resolve().parent.parts[2:]
    if {SHAREABLE, PRIVATE} & {name.casefold() for name in folders}:
        raise Problems([Problem(code="keyfile_in_roots", file=path.name)])
    if path.resolve().parent == beside.resolve():
        raise Problems([Problem(code="keyfile_beside_data", file=path.name)])

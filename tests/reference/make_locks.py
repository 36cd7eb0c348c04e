"""Remake the three locks and ``windows_wheels.json`` from pyproject.toml (needs uv, packaging and the internet).

    python tests/reference/make_locks.py [--upgrade]

Versions stay as they are unless a floor moved or ``--upgrade`` is given. The files name no address.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.markers import Marker
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

PROJECT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
COMPILE = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", PYTHONS[0], "--generate-hashes")
PLAIN = ("--no-emit-index-url", "--no-header", "--no-annotate")
WINDOWS = {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"}


def compile_lock(lock: str, *arguments: str) -> None:
    subprocess.run([*COMPILE, *PLAIN, *arguments, "--output-file", lock], cwd=PROJECT, check=True)


def windows_tags(python: str) -> list[str]:
    """The wheel tags that ``python`` takes on a 64-bit Windows, best first."""
    version = tuple(int(part) for part in python.split("."))
    platforms = ["win_amd64"]
    interpreter = "cp" + python.replace(".", "")
    own = cpython_tags(version, platforms=platforms)
    return [str(tag) for tag in (*own, *compatible_tags(version, interpreter, platforms))]


def applies(marker: str | None, python: str) -> bool:
    """Whether a line of the lock is for Windows with some release of ``python``."""
    releases = (WINDOWS | {"python_version": python, "python_full_version": f"{python}.{patch}"} for patch in (0, 20))
    return marker is None or any(Marker(marker).evaluate(release) for release in releases)


def wheel_hashes(package: dict) -> dict[str, str]:
    """``{"cp311-cp311-win_amd64": sha256}``: the wheels of one package in a pylock file."""
    hashes = {}
    for wheel in package.get("wheels", ()):
        *_, tags = parse_wheel_filename(wheel["url"].rpartition("/")[2])
        hashes |= {str(tag): wheel["hashes"]["sha256"] for tag in tags}
    return hashes


def windows_wheels(pylock: dict) -> dict[str, dict[str, str]]:
    """``{"numpy==2.4.6": {tag: sha256}}``: what each Python takes on Windows."""
    chosen: dict[str, dict[str, str]] = {}
    for python in PYTHONS:
        tags = windows_tags(python)
        for package in pylock["packages"]:
            if not applies(package.get("marker"), python):
                continue
            wheels = wheel_hashes(package)
            best = next((tag for tag in tags if tag in wheels), None)
            if best is None:
                raise SystemExit(f"{package['name']} {package['version']}: no Windows wheel for Python {python}")
            chosen.setdefault(f"{package['name']}=={package['version']}", {})[best] = wheels[best]
    return dict(sorted(chosen.items()))


def main(arguments: list[str]) -> None:
    compile_lock("requirements.lock", "pyproject.toml", *arguments)
    same_versions = ("--constraints", "requirements.lock")
    compile_lock("requirements-test.lock", "pyproject.toml", "--group", "test", *same_versions, *arguments)
    compile_lock("requirements-installer.lock", "--group", "pyproject.toml:installer", *arguments)
    with tempfile.TemporaryDirectory() as folder:
        pylock = Path(folder, "pylock.toml")
        locks = ("requirements-test.lock", "requirements-installer.lock")
        subprocess.run(
            [*COMPILE, "--no-deps", *locks, "--format", "pylock.toml", "--output-file", pylock], cwd=PROJECT, check=True
        )
        wheels = windows_wheels(tomllib.loads(pylock.read_text("utf-8")))
    content = {"pythons": PYTHONS, "wheels": wheels}
    Path(__file__).with_name("windows_wheels.json").write_text(
        json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])

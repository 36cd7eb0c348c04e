"""The first command: makes the work environment when it is not there yet, then runs one verb in it.

    python start.py demo | lab | test [--lang nl|en] [--debug] [what the verb takes]

Standard library only. What a verb does is decided in ``gsl_research``.
The file parses on old Pythons too, so that they get a sentence.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent
TEXTS = PROJECT / "gsl_research" / "texts"
OLDEST, NEWEST = (3, 11), (3, 14)  # NEWEST: the newest for which every locked package has a wheel
RUNTIME_LOCK, TEST_LOCK, INSTALLER_LOCK = "requirements.lock", "requirements-test.lock", "requirements-installer.lock"
LOCKS = {"demo": RUNTIME_LOCK, "lab": RUNTIME_LOCK, "test": TEST_LOCK}
LAB_SETTINGS = (  # JupyterLab asks the internet nothing: no news, no updates, no list of extensions
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
ON_ALL_CORES = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")
MARKER = "gsl_research_ready.json"
FETCH_INSTALLER_SECONDS = 60
BUSY_SECONDS = 20


def texts(lang):
    """The sentences of one language: one a line, each a TOML string that is a JSON string too (old: no tomllib)."""
    lines = (TEXTS / lang / "start.toml").read_text(encoding="utf-8").splitlines()
    return {key: json.loads(text) for key, _, text in (line.partition(" = ") for line in lines) if text}


if sys.version_info < OLDEST:
    print(texts("en" if "en" in sys.argv else "nl")["too_old"].format(found=sys.version.split()[0]))
    sys.exit(1)


class NotInstalled(Exception):
    """No installer could fill the environment."""


class CommandLine(NamedTuple):
    verb: str | None
    lang: str
    debug: bool
    rest: list


def read_command_line(words: list) -> CommandLine:
    """What was typed. ``--lang`` and ``--debug`` may stand anywhere; the first other word is the verb."""
    lang, debug, others = "nl", False, []
    words = iter(words)
    for word in words:
        if word == "--debug":
            debug = True
        elif word == "--lang":
            lang = next(words, lang)
        elif word.startswith("--lang="):
            lang = word.partition("=")[2]
        else:
            others.append(word)
    verb, *rest = others or [None]
    return CommandLine(verb, lang, debug, rest)


def environment_folder(project: Path, platform: str, variables: dict) -> Path:
    """Where the environment lives. On Windows outside the project, which is often in a synchronised folder."""
    if platform != "win32":
        return project / ".venv"
    local = variables.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    short = hashlib.sha256(os.path.normcase(str(project)).encode()).hexdigest()[:8]
    return Path(local, "gsl_research", short, "venv")


def python_in(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def fingerprint(project: Path, lock: str) -> dict:
    """What an environment made now from ``lock`` would be; ``locks`` lists every lock it then satisfies."""
    satisfied = [lock] if lock == RUNTIME_LOCK else [RUNTIME_LOCK, lock]
    hashes = {name: hashlib.sha256((project / name).read_bytes()).hexdigest() for name in satisfied}
    return {"project": str(project), "python": "{}.{}".format(*sys.version_info), "locks": hashes}


def read_marker(folder: Path) -> dict:
    """What the environment in ``folder`` is; empty when it was never finished or its Python is gone."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return marker if python_in(folder).exists() else {}


def satisfies(made: dict, wanted: dict) -> bool:
    """Whether the environment ``made`` can serve where ``wanted`` is asked."""
    same = all(made.get(key) == wanted[key] for key in ("project", "python"))
    return same and wanted["locks"].items() <= made["locks"].items()


def child_environment(folder: Path, variables: dict) -> dict:
    """Variables for what runs in the environment: UTF-8 everywhere, and Jupyter keeps its own files in ``folder``."""
    kept = {name: value for name, value in variables.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    jupyter = folder / "jupyter"
    return {
        **kept,
        "PYTHONUTF8": "1",
        "UV_SYSTEM_CERTS": "1",
        "VIRTUAL_ENV": str(folder),
        "PATH": str(python_in(folder).parent) + os.pathsep + variables.get("PATH", ""),
        "IPYTHONDIR": str(jupyter / "ipython"),
        "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
        "JUPYTER_DATA_DIR": str(jupyter / "data"),
        "JUPYTER_RUNTIME_DIR": str(jupyter / "runtime"),
    }


class Installer:
    """Fills ``folder`` from ``lock``: with uv where it can be had, else with pip. Both check every hash."""

    def __init__(self, folder: Path, lock: str, say: dict, debug: bool):
        self.folder, self.say, self.debug = folder, say, debug
        self.python = python_in(folder)
        self.packages = self.hashed(lock)
        self.variables = child_environment(folder, dict(os.environ))
        self.began = time.monotonic()

    @staticmethod
    def hashed(lock: str) -> list:
        return ["install", "--require-hashes", "--only-binary", ":all:", "-r", PROJECT / lock]

    def seconds(self) -> int:
        return round(time.monotonic() - self.began)

    def run(self, *command, limit: float = float("inf")) -> bool:
        """Whether ``command`` succeeded within ``limit`` seconds; says now and then that it is still busy."""
        output = None if self.debug else subprocess.DEVNULL
        try:
            # close_fds=False hands the lock of ``alone`` to the child: it stays locked while an orphan still installs
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.variables, close_fds=False,
            )  # fmt: skip
        except OSError:
            return False
        try:
            end = time.monotonic() + limit
            while time.monotonic() < end:
                try:
                    return process.wait(min(BUSY_SECONDS, end - time.monotonic())) == 0
                except subprocess.TimeoutExpired:
                    print(self.say["busy"].format(seconds=self.seconds()), flush=True)
            return False
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def with_uv(self) -> bool:
        uv = find_uv(self.folder)
        if not uv:
            return False
        made = self.python.exists() or self.run(*uv, "venv", "--quiet", "--python", sys.executable, self.folder)
        return made and self.run(*uv, "pip", *self.packages, "--python", self.python)

    def with_pip(self) -> bool:
        pip = (self.python, "-m", "pip", "--no-input", "--disable-pip-version-check", "--retries", "2")
        if not self.run(sys.executable, "-m", "venv", self.folder):
            return False
        if self.run(*pip, *self.hashed(INSTALLER_LOCK), limit=FETCH_INSTALLER_SECONDS) and self.with_uv():
            return True
        print(self.say["another_way"], flush=True)
        return self.run(*pip, *self.packages)


def find_uv(folder: Path) -> list:
    """The command that starts uv; empty when there is none."""
    found = shutil.which("uv", path=str(python_in(folder).parent)) or shutil.which("uv")
    if found:
        return [found]
    return [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") else []


def connect(folder: Path) -> None:
    """Let the environment import the project from where it stands; give it the command ``gsl`` and Jupyter's folder.

    An editable install would do the same, but needs a build tool and writes a path that Python 3.11 and 3.12 misread
    on Windows when it has accents. The line below is ASCII whatever the path is.
    """
    places = {"base": str(folder), "platbase": str(folder)}
    packages, scripts = (Path(sysconfig.get_path(name, "venv", places)) for name in ("purelib", "scripts"))
    line = f"import sys; sys.path.append({ascii(str(PROJECT))})\n"
    (packages / "gsl_research_project.pth").write_text(line, encoding="ascii")
    if os.name == "nt":
        (scripts / "gsl.cmd").write_text('@"%~dp0python.exe" -P -m gsl_research.cli %*\n', encoding="ascii")
    else:
        command = scripts / "gsl"
        command.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -P -m gsl_research.cli "$@"\n', encoding="ascii")
        command.chmod(0o755)
    (folder / "jupyter").mkdir(exist_ok=True)


def lock_file(file) -> bool:
    """Whether ``file`` is now ours alone. Where files cannot be locked at all: yes."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


@contextmanager
def alone(folder: Path, say: dict):
    """Two windows never fill one environment: the second waits."""
    with open(folder.with_name(folder.name + ".lock"), "a") as file:
        os.set_inheritable(file.fileno(), True)
        if not lock_file(file):
            print(say["waiting"], flush=True)
            while not lock_file(file):
                time.sleep(0.5)
        yield


def prepare(lock: str, say: dict, debug: bool) -> Path:
    """The folder of an environment that satisfies ``lock``, made or completed if it was not there."""
    folder = environment_folder(PROJECT, sys.platform, dict(os.environ))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder = folder.parent.resolve() / folder.name  # a Python from the Windows store has its own AppData
    wanted = fingerprint(PROJECT, lock)
    if satisfies(read_marker(folder), wanted):
        return folder
    with alone(folder, say):
        made = read_marker(folder)
        if satisfies(made, wanted):
            return folder
        complete = satisfies(made, fingerprint(PROJECT, RUNTIME_LOCK))
        print(say["adding" if complete else "preparing"], flush=True)
        (folder / MARKER).unlink(missing_ok=True)
        installer = Installer(folder, lock, say, debug)
        if not (complete and installer.with_uv()):
            for install in (installer.with_uv, installer.with_pip):
                if folder.exists():
                    shutil.rmtree(folder)
                if install():
                    break
            else:
                raise NotInstalled
        connect(folder)
        (folder / MARKER).write_text(json.dumps(wanted, indent=1), encoding="utf-8")
        print(say["prepared"].format(seconds=installer.seconds()), flush=True)
    return folder


def command(line: CommandLine) -> list:
    """What Python is asked to run for what was typed."""
    if line.verb == "demo":
        out = [] if any(word.split("=")[0] == "--out" for word in line.rest) else ["--out", str(PROJECT)]
        debug = ["--debug"] if line.debug else []
        return ["-P", "-m", "gsl_research.cli", "demo", "--lang", line.lang, *out, *debug, *line.rest]
    if line.verb == "test":
        return ["-m", "pytest", "--nbval-lax", "-m", "not slow", *ON_ALL_CORES, *line.rest]
    root = f"--ServerApp.root_dir={PROJECT}"
    return ["-m", "jupyterlab", root, *LAB_SETTINGS, "notebooks/0_start_here.ipynb", *line.rest]


def run(line: CommandLine, folder: Path) -> int:
    """Run the verb until it ends and return its exit code. Ctrl-C is for what runs, not for start.py."""
    process = subprocess.Popen(
        [str(python_in(folder)), *command(line)],
        cwd=None if line.verb == "demo" else PROJECT,
        env=child_environment(folder, dict(os.environ)),
    )
    while True:
        try:
            code = process.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            continue


def main(words: list) -> int:
    line = read_command_line(words)
    say = texts(line.lang if (TEXTS / line.lang / "start.toml").is_file() else "nl")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    if line.verb in (None, "help", "-h", "--help"):
        print(say["help"])
        return 0
    if line.verb not in LOCKS:
        print(say["unknown"].format(word=line.verb) + "\n\n" + say["help"])
        return 2
    if sys.version_info[:2] > NEWEST:
        oldest, newest = ("{}.{}".format(*version) for version in (OLDEST, NEWEST))
        print(say["too_new"].format(found=sys.version.split()[0], oldest=oldest, newest=newest))
        return 1
    try:
        folder = prepare(LOCKS[line.verb], say, line.debug)
        if line.verb == "lab":
            print(say["lab"], flush=True)
        return run(line, folder)
    except (NotInstalled, OSError, KeyboardInterrupt) as problem:
        if line.debug:
            raise
        key = {NotInstalled: "not_installed", KeyboardInterrupt: "stopped"}.get(type(problem), "folder")
        print("\n" + say[key].format(path=getattr(problem, "filename", None) or PROJECT))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

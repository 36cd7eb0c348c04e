"""The project installs: its dependency files agree, fit Windows, and start.py makes one sound environment."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-installer.lock")
LANGUAGES = ("nl", "en")


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, PROJECT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Pin(NamedTuple):
    name: str
    version: str
    marker: str | None
    hashes: frozenset[str]


def read_lock(name: str) -> list[Pin]:
    pins = []
    for line in (PROJECT / name).read_text("utf-8").replace("\\\n", "").splitlines():
        requirement, *hashes = line.split("--hash=sha256:")
        parsed = Requirement(requirement.strip())
        (exact,) = parsed.specifier
        assert exact.operator == "=="
        marker = str(parsed.marker) if parsed.marker else None
        pins.append(Pin(parsed.name, exact.version, marker, frozenset(found.strip() for found in hashes)))
    return pins


def pyproject() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))


def declared(lock: str) -> list[Requirement]:
    content = pyproject()
    texts = {
        "requirements.lock": content["project"]["dependencies"],
        "requirements-test.lock": content["project"]["dependencies"] + content["dependency-groups"]["test"],
        "requirements-installer.lock": content["dependency-groups"]["installer"],
    }
    return [Requirement(text) for text in texts[lock]]


@pytest.fixture
def start() -> ModuleType:
    return load("start.py")


@pytest.fixture(scope="module")
def make_locks() -> ModuleType:
    return load("tests/reference/make_locks.py")


@pytest.fixture(scope="module")
def windows() -> dict:
    return json.loads((PROJECT / "tests/reference/windows_wheels.json").read_text("utf-8"))


def test_conda_users_get_the_same_dependencies_and_floors():
    entries = yaml.safe_load((PROJECT / "environment.yml").read_text("utf-8"))["dependencies"]
    conda = {canonicalize_name(r.name): str(r.specifier) for r in map(Requirement, filter(is_text, entries))}
    assert conda.pop("python") == pyproject()["project"]["requires-python"]
    assert conda.pop("pip") == ""
    (by_pip,) = (entry["pip"] for entry in entries if not is_text(entry))
    assert by_pip[-1] == "-e .", "what pip brings comes before the project itself"
    conda |= {canonicalize_name(r.name): str(r.specifier) for r in map(Requirement, by_pip[:-1])}
    assert conda == {canonicalize_name(r.name): str(r.specifier) for r in declared("requirements.lock")}


def is_text(entry: object) -> bool:
    return isinstance(entry, str)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_every_dependency_at_an_allowed_version(lock):
    pinned = defaultdict(list)
    for pin in read_lock(lock):
        pinned[pin.name].append(pin.version)
    for requirement in declared(lock):
        versions = pinned[canonicalize_name(requirement.name)]
        assert versions, f"{requirement.name} is not in {lock}"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: {versions}"


def test_tests_run_on_the_versions_that_teachers_get():
    runtime, test = (set(read_lock(lock)) for lock in LOCKS[:2])
    assert runtime < test
    names = {pin.name for pin in runtime}
    assert {pin for pin in test if pin.name in names} == runtime


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_address_and_hashes_every_package(lock):
    text = (PROJECT / lock).read_text("utf-8")
    assert not re.search(r"://|index-url|find-links|\b[a-z-]+\.(org|com|net|io)\b", text)
    assert all(pin.hashes for pin in read_lock(lock))
    assert all(re.fullmatch("[0-9a-f]{64}", found) for pin in read_lock(lock) for found in pin.hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_wheel_for_windows(lock, make_locks, windows):
    for python in windows["pythons"]:
        takes = set(make_locks.windows_tags(python))
        for pin in read_lock(lock):
            if make_locks.applies(pin.marker, python):
                wheels = windows["wheels"].get(f"{pin.name}=={pin.version}", {})
                usable = {tag for tag, found in wheels.items() if tag in takes and found in pin.hashes}
                assert usable, f"{pin.name} {pin.version} has no wheel for Windows with Python {python}"


def test_windows_wheels_are_those_of_the_locks(windows, start):
    locked = {f"{pin.name}=={pin.version}" for lock in LOCKS for pin in read_lock(lock)}
    assert windows["wheels"].keys() <= locked
    assert {"colorama", "pywinpty"} <= {name.partition("==")[0] for name in windows["wheels"]}
    supported = [f"3.{minor}" for minor in range(start.OLDEST[1], start.NEWEST[1] + 1)]
    assert windows["pythons"] == supported
    assert pyproject()["project"]["requires-python"] == f">={supported[0]}"


def test_start_cmd_suits_every_windows_console(start):
    content = (PROJECT / "Start.cmd").read_bytes()
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") > 0
    asked = re.search(rb"in \((.*?)\)", content).group(1).decode().split()
    assert asked == [f"3.{minor}" for minor in range(start.NEWEST[1], start.OLDEST[1] - 1, -1)]


def test_old_pythons_can_read_start_py_as_far_as_its_sentence():
    body = ast.parse((PROJECT / "start.py").read_text("utf-8"), feature_version=(3, 6)).body
    check = next(i for i, node in enumerate(body) if isinstance(node, ast.If))
    assert "sys.version_info < OLDEST" in ast.unparse(body[check])
    (texts,) = (node for node in body[:check] if isinstance(node, ast.FunctionDef | ast.ClassDef))
    assert texts.name == "texts"
    assert not any(argument.annotation for argument in texts.args.args)


def test_start_py_needs_only_the_standard_library():
    tree = ast.parse((PROJECT / "start.py").read_text("utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 0, "python start.py demo"),
        (["help"], 0, "python start.py demo"),
        (["--lang", "en"], 0, "makes the example report"),
        (["toets"], 2, '"toets"'),
        (["toets", "--lang=en"], 2, "I do not know"),
    ],
)
def test_other_words_print_help(words, code, said):
    done = subprocess.run([sys.executable, PROJECT / "start.py", *words], capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (code, "")
    assert said in done.stdout


def test_start_texts_have_the_same_keys_and_blanks_in_every_language(start):
    blanks = []
    for lang in LANGUAGES:
        file = PROJECT / "gsl_research" / "texts" / lang / "start.toml"
        assert start.texts(lang) == tomllib.loads(file.read_text("utf-8"))
        blanks.append({key: set(re.findall(r"{(\w+)}", text)) for key, text in start.texts(lang).items()})
    assert blanks[0] == blanks[1]
    source = (PROJECT / "start.py").read_text("utf-8")
    assert all(f'"{key}"' in source for key in blanks[0])


def test_command_line_is_read_in_any_order(start):
    read = start.read_command_line
    assert read(["--debug", "demo", "--out", "x", "--lang", "en"]) == ("demo", "en", True, ["--out", "x"])
    assert read(["test", "-k", "g"]) == ("test", "nl", False, ["-k", "g"])
    assert read([]) == (None, "nl", False, [])


def test_demo_writes_in_the_project_unless_told_otherwise(start):
    def demo(*words: str) -> list[str]:
        return start.command(start.read_command_line(["demo", *words]))[3:]

    assert demo() == ["demo", "--lang", "nl", "--out", str(PROJECT)]
    assert demo("--out", "x") == ["demo", "--lang", "nl", "--out", "x"]
    assert demo("--out=x", "--lang", "en", "--debug") == ["demo", "--lang", "en", "--debug", "--out=x"]


def test_test_runs_pytest_and_the_notebooks_in_one_go(start):
    assert start.command(start.read_command_line(["test", "-x"])) == [
        "-m", "pytest", "--nbval-lax", "-m", "not slow", *start.ON_ALL_CORES, "-x",
    ]  # fmt: skip
    assert pyproject()["tool"]["pytest"]["ini_options"]["testpaths"] == ["tests", "notebooks"]


def test_on_windows_the_environment_is_outside_the_project(start):
    variables = {"LOCALAPPDATA": "local"}
    one, other = (start.environment_folder(Path("docs", name), "win32", variables) for name in ("5a", "5b"))
    assert one.parts[:2] == ("local", "gsl_research")
    assert one != other
    assert start.environment_folder(PROJECT, "linux", {}) == PROJECT / ".venv"


def test_jupyter_keeps_its_own_files_in_the_environment(start, tmp_path):
    variables = start.child_environment(tmp_path, {"PATH": "p", "PYTHONPATH": "elsewhere", "HOME": "h"})
    assert variables["PYTHONUTF8"] == "1"
    assert variables["HOME"] == "h"
    assert "PYTHONPATH" not in variables
    folders = [value for name, value in variables.items() if name.startswith(("JUPYTER", "IPYTHON"))]
    assert len(folders) == 4
    assert all(Path(folder).is_relative_to(tmp_path) for folder in folders)


def test_environment_for_tests_serves_the_demo_but_not_the_reverse(start):
    demo, test = (start.fingerprint(PROJECT, start.LOCKS[verb]) for verb in ("demo", "test"))
    assert start.satisfies(demo, demo)
    assert start.satisfies(test, demo)
    assert not start.satisfies(demo, test)
    assert not start.satisfies({}, demo)


@pytest.mark.parametrize("change", ["lock", "project", "python"])
def test_environment_is_remade_when_its_ground_changes(start, tmp_path, monkeypatch, change):
    (tmp_path / "requirements.lock").write_text("a==1")
    made = start.fingerprint(tmp_path, "requirements.lock")
    assert start.satisfies(made, start.fingerprint(tmp_path, "requirements.lock"))
    moved = tmp_path
    if change == "lock":
        (tmp_path / "requirements.lock").write_text("a==2")
    elif change == "project":
        moved = tmp_path.rename(tmp_path.with_name("moved"))
    else:
        monkeypatch.setattr(start.sys, "version_info", (3, 99))
    assert not start.satisfies(made, start.fingerprint(moved, "requirements.lock"))


@pytest.fixture
def workshop(start, tmp_path, monkeypatch) -> Path:
    """An environment folder in ``tmp_path`` that a stand-in for uv fills at once."""
    folder = tmp_path / "Één map" / ".venv"

    def fill(installer) -> bool:
        start.python_in(folder).parent.mkdir(parents=True, exist_ok=True)
        start.python_in(folder).touch()
        places = {"base": str(folder), "platbase": str(folder)}
        Path(start.sysconfig.get_path("purelib", "venv", places)).mkdir(parents=True, exist_ok=True)
        return True

    monkeypatch.setattr(start, "environment_folder", lambda *_: folder)
    monkeypatch.setattr(start.Installer, "with_uv", fill)
    return folder


def test_interrupted_environment_is_made_again_from_nothing(start, workshop, monkeypatch, capsys):
    fill = start.Installer.with_uv

    def interrupted(installer):
        fill(installer)
        (workshop / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(start.Installer, "with_uv", interrupted)
    assert start.main(["demo"]) == 1
    assert start.texts("nl")["stopped"] in capsys.readouterr().out
    assert start.read_marker(workshop) == {}

    monkeypatch.setattr(start.Installer, "with_uv", fill)
    assert start.prepare("requirements.lock", start.texts("nl"), debug=False) == workshop
    assert not (workshop / "half").exists()
    assert start.satisfies(start.read_marker(workshop), start.fingerprint(PROJECT, "requirements.lock"))


def test_finished_environment_is_left_alone_and_completed_for_tests(start, workshop, capsys):
    say = start.texts("nl")
    start.prepare("requirements.lock", say, debug=False)
    assert (workshop / "jupyter").is_dir()
    (workshop / "kept").touch()
    capsys.readouterr()
    start.prepare("requirements.lock", say, debug=False)
    assert capsys.readouterr().out == ""
    start.prepare("requirements-test.lock", say, debug=False)
    assert say["adding"] in capsys.readouterr().out
    assert (workshop / "kept").exists()


def test_failed_installation_is_one_sentence(start, workshop, monkeypatch, capsys):
    monkeypatch.setattr(start.Installer, "with_uv", lambda _: False)
    monkeypatch.setattr(start.Installer, "with_pip", lambda _: False)
    assert start.main(["demo", "--lang", "en"]) == 1
    assert capsys.readouterr().out.strip().endswith(start.texts("en")["not_installed"])
    with pytest.raises(start.NotInstalled):
        start.main(["demo", "--debug"])


def test_project_in_a_folder_with_accents_is_importable(start, workshop, monkeypatch):
    project = workshop.parent
    monkeypatch.setattr(start, "PROJECT", project)
    start.Installer.with_uv(None)
    start.connect(workshop)
    (line,) = next(workshop.rglob("*.pth")).read_bytes().splitlines()
    assert line.isascii()
    shown = [sys.executable, "-c", f"{line.decode()}; print(ascii(sys.path[-1]))"]
    assert subprocess.run(shown, capture_output=True, text=True).stdout.strip() == ascii(str(project))

"""What tests share: the real data beside the project, and small studies in memory."""

import hashlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from browsing import missing

from gsl_research.dataset import Dataset, bind
from gsl_research.reading import Table
from gsl_research.study import Study

PROJECT = Path(__file__).parents[1]
EXAMPLES = PROJECT / "data_schemas" / "examples"
STUDY_FILES = sorted(set(EXAMPLES.glob("*.toml")) - set(EXAMPLES.glob("*.besluiten.toml")))
REAL = PROJECT.parent / "shared" / "oracle" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real school data; not part of the project. Absent: skipped here, a failure in CI."""
    if not REAL.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the real data folder is missing, and CI must have it")
        pytest.skip("the real data folder beside the project is missing")
    return REAL


def benchmark(name: str) -> ModuleType:
    """A command of ``benchmarks/`` as a module."""
    name_here = f"benchmark_{name}"
    if name_here not in sys.modules:
        spec = importlib.util.spec_from_file_location(name_here, PROJECT / "benchmarks" / f"{name}.py")
        sys.modules[name_here] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name_here]


def table(columns: dict[str, list], file: str = "punten.csv") -> Table:
    rows = len(next(iter(columns.values())))
    sha256 = hashlib.sha256(repr(columns).encode()).hexdigest()
    return Table(file, None, columns, list(range(2, rows + 2)), (), sha256)


def plan(kind: str = "comparison", **changes) -> dict:
    """A small valid study file as Python values; ``changes`` replace whole top-level keys."""
    outcome = {
        "name": "toets",
        "label": "Toets",
        "domain": "learning_gain",
        "pre": "voor",
        "post": "na",
        "scale": [0, 20],
    }
    content = {
        "schema": 1,
        "id": "klein",
        "title": "Klein",
        "question": "Vraag?",
        "lever": "didactics",
        "design": {"kind": "one_group"},
        "columns": {"pupil": "leerling", "class": "klas"},
        "outcomes": [outcome],
    }
    if kind == "comparison":
        content["design"] = {"kind": "comparison", "assigned": "class"}
        content["columns"] = {**content["columns"], "group": "groep"}
        content["groups"] = {"treated": ["nieuw"], "control": ["gewoon"]}
    return {**content, **changes}


def study(kind: str = "comparison", **changes) -> Study:
    return Study.model_validate(plan(kind, **changes))


def classes(
    treated: int = 3, control: int = 3, size: int = 20, effect: float = 0.0, seed: int = 1, spread: float = 0.5
) -> dict[str, list]:
    """A score file of whole classes, scores with one decimal on a scale from 0 to 20."""
    rng = np.random.default_rng(seed)
    columns: dict[str, list] = {"leerling": [], "klas": [], "groep": [], "voor": [], "na": []}
    for j in range(treated + control):
        level = rng.normal(0, spread)
        pre = rng.normal(9 + level, 2.5, size)
        post = 4 + level + 0.7 * pre + rng.normal(0, 1.5, size) + (effect if j < treated else 0)
        columns["leerling"] += [f"p{j}-{i}" for i in range(size)]
        columns["klas"] += [f"k{j}"] * size
        columns["groep"] += ["nieuw" if j < treated else "gewoon"] * size
        for name, scores in (("voor", pre), ("na", post)):
            columns[name] += [f"{score:.1f}".replace(".", ",") for score in np.clip(scores, 0.1, 19.9)]
    return columns


def turned(cells: list, size: int = 20) -> list:
    """The cells of every class, each pupil those of the next: another outcome that is no copy."""
    return [cells[i - i % size + (i + 1) % size] for i in range(len(cells))]


def bound(scores: dict[str, list], kind: str = "comparison", **changes) -> tuple[Study, Dataset]:
    planned = study(kind, **changes)
    return planned, bind(planned, table(scores))


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or missing("the system's Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        missing("playwright")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium)
        yield running
        running.close()

"""The rules of the house as tests: the layers, who owns which package, thin notebooks, two roots that never mix."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import EXAMPLES, PROJECT, STUDY_FILES, bound, classes

from gsl_research import evidence, judge, measure, private_record, report, save
from gsl_research.dataset import load_data
from gsl_research.study_file import load_study

PACKAGE = PROJECT / "gsl_research"
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))

LAYERS = {
    "values": ["problems", "estimate", "blocks", "messages", "letters"],
    "inputs": [
        "designs", "grading", "central_tests", "study", "study_file", "beside", "reading", "occasions", "wave_names",
        "roles", "gather",
        "units", "identity", "pupils", "wave_pupils", "wave_table", "wave_days", "level_cells", "level_order",
        "outcomes", "labels", "mentions", "plausible", "privacy", "last_waves", "dataset", "decisions", "participation",
    ],
    "numbers": ["methods"],
    "decisions": [
        "missing", "measurement", "small_classes", "disclosure", "beside_bins", "description", "comparison",
        "divided", "growing",
        "everyone", "levels", "goals", "stepped", "families", "dosage", "numbering", "measure", "listed", "codes",
        "rating",
        "choices", "foreseen", "prospects", "judge", "missing_record", "level_record",
        "check_record", "outcome_record", "class_record", "appendix", "evidence", "card_rules", "cards",
        "ledger", "releases", "months",
        "hours", "plan", "belonging", "synthesis", "standing", "for_whom", "changes",
    ],
    "views": [
        "wording", "charts", "published", "telling", "levels_told", "absent", "sentences", "answers", "advice",
        "pictures", "folds",
        "together", "doses", "decided", "report", "outlook", "conversation", "pupil_page", "teacher_page",
        "over_schools", "board", "summary_method", "summary", "school_page", "documents",
    ],
    "shell": [
        "also", "files", "inputs", "publishing", "schemas", "draft", "decision_form", "checked", "card_check",
        "checking", "tableschema",
        "templates", "card_shelf", "card_lines", "explore", "kernels", "runs", "places", "keys", "personal", "copies",
        "traces", "pseudonyms", "someone", "forgetting", "retention", "care", "zygote", "below", "batch", "scheduler",
        "index_page", "progress", "batch_told", "summarising", "cli",
    ],
}  # fmt: skip
"""A module imports only what stands before it. Change it on purpose, together with ARCHITECTURE.md."""
ORDER = [module for layer in LAYERS.values() for module in layer]

UPWARD = {
    ("problems", "wording"): "an exception shows itself to a teacher in a notebook",
    ("blocks", "documents"): "a Report shows itself as a page in a notebook",
}
"""The only imports that point up: inside the function that draws the value, never when the module is loaded."""
ONLY = {"methods": {"estimate"}, "problems": {"wording"}, "blocks": {"documents"}, "estimate": set()}
"""Modules that may import nothing of ours but these: a formula never sees a Study."""

OWNERS = {
    "numpy": {
        "reading", "gather", "units", "identity", "pupils", "wave_pupils", "wave_table", "wave_days", "level_cells",
        "level_order", "outcomes", "labels",
        "plausible", "last_waves", "dataset", "methods", "privacy", "missing", "measurement", "small_classes",
        "description", "comparison", "divided",
        "growing", "everyone", "levels", "goals", "stepped", "families", "dosage", "measure", "listed", "plan",
        "charts", "pupil_page", "teacher_page",
        "tableschema", "explore", "pseudonyms", "someone", "releases", "zygote",
        "class_record", "synthesis", "for_whom",
    },
    "pandas": {"dataset"},
    "pyreadstat": {"reading"},
    "xlsxwriter": {"templates", "copies"},
    "pydantic": {
        "designs", "grading", "central_tests", "study", "study_file", "decisions", "participation", "cards", "schemas",
    },
    "pydantic_core": {"designs", "grading"},
    "scipy": {"methods"},
    "statsmodels": {"methods"},
    "pingouin": {"methods"},
    "altair": {"charts"},
    "vl_convert": {"charts"},
    "defusedxml": {"charts", "documents"},
    "jinja2": {"documents"},
    "docx": {"documents"},
    "typst": {"documents"},
    "markupsafe": {"documents"},
    "python_calamine": {"reading"},
    "csv": {"reading", "copies"},
    "papermill": {"runs"},
    "distributed": {"scheduler"},
    "filelock": {"publishing"},
    "nbclient": {"runs"},
    "nbformat": {"runs"},
    "jupyter_client": {"kernels"},
    "ipykernel": {"kernels"},
    "traitlets": {"kernels"},
    "typer": {"cli"},
    "ipywidgets": {"explore"},
}  # fmt: skip
"""Who may import a package; one that is not here needs a line, and a sentence why in the pull request."""
LOCAL = {
    "scipy", "statsmodels", "pingouin", "altair", "vl_convert", "jinja2", "markupsafe", "docx", "typst",
    "python_calamine", "pyreadstat", "xlsxwriter", "papermill", "nbclient", "nbformat", "ipykernel", "ipywidgets",
    "filelock", "distributed",
}  # fmt: skip
"""Heavy: imported inside the function that uses them, so that only who needs them pays."""

MOST_LINES = 400
DUMPING_GROUNDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "core", "tools"}
MARKERS = re.compile(r"\b(TODO|FIXME|XXX|HACK|used to be|no longer)\b")
DUTCH = set(
    "aan aanpak achteraf alle als bij dat de deze dit door een één en er geen gemiddeld het hoe hun ik is je jij "
    "jullie kan klas klassen leerling leerlingen leraar leerkracht maar meer met meting naar niet nog of om onderzoek "
    "ook op punten school scholen te tot toets uit van verschil verslag voor vooraf vul waar wat we wel werd wij zie "
    "zijn zonder".split()
)
DUTCH_AND_ENGLISH = {"is", "we", "of", "school", "door", "tot", "wat", "op", "met", "en"}
"""Words that are also English, or too short to tell."""


def sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def room(path: Path) -> str:
    """The module or the sub-package a file belongs to; the package's own ``__init__`` is ""."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def names_in(path: Path, local: bool = False, node: ast.AST | None = None) -> Iterator[tuple[str, bool]]:
    """(module, imported inside a function) of every import; ours as "gsl_research.<module>"."""
    for child in ast.iter_child_nodes(node or parsed(path)):
        match child:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import():
                yield from ((alias.name, local) for alias in child.names)
            case ast.ImportFrom(level=0):
                yield child.module, local
            case ast.ImportFrom(level=level):
                package = ["gsl_research", *path.relative_to(PACKAGE).parts[:-1]]
                home = package[: len(package) - level + 1]
                if child.module:
                    yield ".".join([*home, child.module]), local
                else:
                    yield from (
                        (".".join([*home, alias.name]), local) for alias in child.names if alias.name != "__version__"
                    )
        inside = local or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from names_in(path, inside, child)


def ours(path: Path) -> set[tuple[str, bool]]:
    found = set()
    for name, local in names_in(path):
        top, *rest = name.split(".")
        if top == "gsl_research" and rest and rest[0] != room(path):
            found.add((rest[0], local))
    return found


def test_every_module_has_its_place():
    assert {room(path) for path in sources()} - {""} == set(ORDER)


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down(path):
    here = room(path)
    if not here:
        assert not ours(path)
        return
    for module, local in sorted(ours(path)):
        if (here, module) in UPWARD:
            assert local, f"{here} may import {module} only inside the function that shows it"
        else:
            assert ORDER.index(module) < ORDER.index(here), f"{here} imports {module}, which stands above it"
        assert here not in ONLY or module in ONLY[here], f"{here} may not import {module}"


def test_every_import_that_points_up_is_still_needed():
    assert {(room(path), module) for path in sources() for module, _ in ours(path)} >= set(UPWARD)


def test_the_package_itself_is_imported_only_by_the_shell():
    for path in sources():
        if any(name == "gsl_research" for name, _ in names_in(path)):
            assert room(path) in LAYERS["shell"]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_package_has_an_owner(path):
    for name, local in names_in(path):
        top = name.split(".")[0]
        if top == "gsl_research" or (top in sys.stdlib_module_names and top not in OWNERS):
            continue
        assert room(path) in OWNERS.get(top, ()), f"{room(path)} imports {top}"
        assert local or top not in LOCAL, f"{room(path)} imports {top} when loaded"


def test_every_owner_still_needs_its_package():
    used = {(name.split(".")[0], room(path)) for path in sources() for name, _ in names_in(path)}
    claimed = {(package, owner) for package, owners in OWNERS.items() for owner in owners}
    assert claimed - used <= {("statsmodels", "methods"), ("pingouin", "methods")}


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_modules_are_short_and_named_after_the_subject(path):
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES
    assert path.stem not in DUMPING_GROUNDS
    assert ast.get_docstring(parsed(path)), "the first line says what the module is for"


def texts_in_code(path: Path) -> Iterator[tuple[int, str]]:
    """String literals that are no docstring: those that stand alone as a statement document something."""
    tree = parsed(path)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_dutch_in_python(path):
    telling = DUTCH - DUTCH_AND_ENGLISH
    for line, text in texts_in_code(path):
        words = re.findall(r"[^\W\d_]+", text.lower())
        found = telling & set(words)
        assert not (" " in text.strip() and found), f"line {line}: {text!r} has {sorted(found)}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_loose_ends(path):
    tree = parsed(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print" or room(path) == "cli", f"line {node.lineno} prints"
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or {"Exception", "BaseException"} & {
                name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)
            }
            raises = any(isinstance(inner, ast.Raise) for step in node.body for inner in ast.walk(step))
            assert not broad or raises, f"line {node.lineno} swallows every error"
    assert not MARKERS.findall(path.read_text("utf-8"))


def example_names() -> set[str]:
    """Columns, codes and outcome names of the examples that are not words of the contract."""
    names = set()
    for study_file in STUDY_FILES:
        content = tomllib.loads(study_file.read_text("utf-8"))
        names |= set(content["columns"].values()) | {study_file.stem}
        for group in content.get("groups", {}).values():
            names |= set(group)
        for outcome in content["outcomes"]:
            names |= {outcome["name"], *filter(None, [outcome.get("pre"), outcome.get("post")])}
            names |= {*outcome.get("items", ()), *outcome.get("pre_items", ())}
    return names


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_column_of_an_example_in_the_package(path):
    assert not {text for _, text in texts_in_code(path)} & example_names()


def test_the_examples_have_names_to_look_for():
    assert {"leerling", "klas", "voortoets", "natoets", "strookmodel"} <= example_names()


# notebooks


def cells(notebook: Path, kind: str = "code") -> list[dict]:
    content = json.loads(notebook.read_text("utf-8"))
    return [{**cell, "source": "".join(cell["source"])} for cell in content["cells"] if cell["cell_type"] == kind]


def test_there_are_notebooks():
    there = {notebook.stem for notebook in NOTEBOOKS}
    assert {"0_start_here", "1_plan_study", "2_check_data", "3_measure_effect", "4_explore"} <= there


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_is_a_thin_view(notebook):
    forbidden = (
        ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.IfExp,
        ast.Try, ast.With, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.ImportFrom,
    )  # fmt: skip
    for cell in cells(notebook):
        assert len(cell["source"].splitlines()) <= 5
        for node in ast.walk(ast.parse(cell["source"])):
            assert not isinstance(node, forbidden), ast.unparse(node)
            if isinstance(node, ast.Import):
                assert [(alias.name, alias.asname) for alias in node.names] == [("gsl_research", "gsl")]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_is_committed_without_what_it_printed(notebook):
    for cell in cells(notebook):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


OF_A_STUDY = ["study_file", "data_file", "out_folder", "lang"]
OF_CARDS = ["cards_folder", "lever", "out_folder", "lang"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_asks_for_files_and_a_language_and_nothing_else(notebook):
    tagged = [cell for cell in cells(notebook) if "parameters" in cell["metadata"].get("tags", ())]
    reads_files = any(re.search("_file|cards_folder", cell["source"]) for cell in cells(notebook))
    assert len(tagged) == reads_files
    if not tagged:
        return
    asked = {}
    for line in tagged[0]["source"].splitlines():
        found = re.fullmatch(r'(?P<name>\w+): str = ".*?"  # (?P<help>\S.*)', line)
        assert found, f'{line!r} is not: name: str = "default"  # help'
        asked[found["name"]] = found["help"]
    assert list(asked) == (OF_CARDS if "cards_folder" in asked else OF_A_STUDY)
    for help_text in asked.values():
        assert DUTCH & set(re.findall(r"\w+", help_text)), f"{help_text!r} is not Dutch"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_calls_only_what_the_package_exports(notebook):
    import gsl_research

    called = {
        node.attr
        for cell in cells(notebook)
        for node in ast.walk(ast.parse(cell["source"]))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gsl"
    }
    assert called and called <= set(gsl_research.__all__)


# two roots


def files_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def save_all(out: Path, study, data) -> None:
    measurement = measure(study, data)
    verdict = judge(measurement)
    save(report(measurement, verdict), out)
    save(evidence(measurement, verdict), out)
    save(private_record(measurement, verdict), out)


def test_private_and_shareable_lie_apart(tmp_path, monkeypatch):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    study = load_study(EXAMPLES / "breuken-strookmodel.toml")
    beside = files_under(EXAMPLES)
    save_all(out, study, load_data(EXAMPLES / "breuken-strookmodel.csv", study))
    assert files_under(tmp_path) == {
        f"out/reports/{study.id}/report.html",
        f"out/reports/{study.id}/card.json",
        f"out/private/{study.id}/record.json",
        f"out/private/{study.id}/page.json",
    }
    assert files_under(EXAMPLES) == beside


def test_what_may_be_shared_names_no_pupil_and_no_class(tmp_path):
    columns = classes(3, 3, 20, effect=1.0)
    columns["leerling"] = [f"Zebedeus-{n}" for n in range(len(columns["leerling"]))]
    columns["klas"] = [f"Kaboutertjes-{name}" for name in columns["klas"]]
    study, data = bound(columns)
    save_all(tmp_path, study, data)
    for path in (tmp_path / "reports").rglob("*.*"):
        text = path.read_text("utf-8")
        assert "Zebedeus" not in text and "Kaboutertjes" not in text
        assert path.name != "record.json" and '"kind": "record"' not in text
    for path in (tmp_path / "private").rglob("*.*"):
        assert '"kind": "card"' not in path.read_text("utf-8")


def test_pupils_do_not_leave(tmp_path):
    study, data = bound(classes())
    measurement = measure(study, data)
    for value in (data, data.frame, study, measurement, judge(measurement)):
        with pytest.raises(TypeError, match="stays where it is"):
            save(value, tmp_path)
    assert not files_under(tmp_path)


# what is loaded


def loaded_after(code: str) -> set[str]:
    """The modules in memory after ``code``, in an interpreter of its own."""
    told = f"{code}\nimport sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", told], cwd=PROJECT, capture_output=True, encoding="utf-8", check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    loaded = loaded_after("import gsl_research")
    assert not {"numpy", "pandas", "pydantic", "scipy", "statsmodels", "pingouin", "altair", "jinja2"} & loaded


def test_the_main_job_loads_only_what_it_uses():
    loaded = loaded_after(
        "import gsl_research as gsl\n"
        "from gsl_research.documents import html\n"
        f"study = gsl.load_study({str(EXAMPLES / 'breuken-strookmodel.toml')!r})\n"
        f"data = gsl.load_data({str(EXAMPLES / 'breuken-strookmodel.csv')!r}, study)\n"
        "measurement = gsl.measure(study, data)\n"
        "verdict = gsl.judge(measurement)\n"
        "gsl.evidence(measurement, verdict)\n"
        "assert html(gsl.report(measurement, verdict))"
    )
    assert "scipy.special" in loaded
    assert not {"statsmodels", "pingouin", "scipy.stats", "matplotlib", "sklearn", "papermill"} & loaded
    assert not {"docx", "lxml", "typst"} & loaded, "only who asks for Word or PDF pays for it"

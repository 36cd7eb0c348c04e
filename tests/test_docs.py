"""The pages promise nothing the project does not hold."""

import ast
import math
import re

import pytest
from conftest import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "ARCHITECTURE.md", *sorted((PROJECT / "docs").glob("*.md"))]
DECIDING = ["estimate.py", "judge.py", "privacy.py", "methods/clusters.py"]
NOT_A_THRESHOLD = {"FULL", "GROWTH_CODES", "BINS_PER_SCALE", "EXPECTED_GAP"}


def constants() -> dict[str, object]:
    found = {}
    for name in DECIDING:
        module = ast.parse((PROJECT / "gsl_research" / name).read_text("utf-8"))
        for node in module.body:
            if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple):
                name = node.targets[0].id
                if name.isupper() and name not in NOT_A_THRESHOLD:
                    found[name] = _value(node.value)
            elif isinstance(node, ast.Assign):
                for target, value in zip(node.targets[0].elts, node.value.elts, strict=True):
                    found[target.id] = _value(value)
    return found


def _value(node: ast.expr) -> object:
    return ast.literal_eval(ast.unparse(node).replace("float('inf')", "1e999"))


def shown(value: object) -> str:
    match value:
        case tuple() if value and isinstance(value[0], tuple):
            return ", ".join(f"{'meer' if math.isinf(limit) else f'{limit:g}'} → {cap}" for limit, cap in value)
        case dict():
            return ", ".join(f"{name} → {cap}" for name, cap in value.items())
        case tuple():
            return ", ".join(f"{v:g}" for v in value)
        case _:
            return f"{value:g}"


@pytest.mark.parametrize("name", constants())
def test_every_deciding_constant_is_on_the_page_with_its_value(name):
    page = (PROJECT / "docs" / "how_we_know.md").read_text("utf-8")
    row = next((line for line in page.split("\n") if f"| `{name}` |" in line), None)
    assert row is not None, f"{name} decides something and has no row in docs/how_we_know.md"
    assert row.split("|")[3].strip() == shown(constants()[name])


def test_the_page_names_no_constant_that_is_gone():
    page = (PROJECT / "docs" / "how_we_know.md").read_text("utf-8")
    assert set(re.findall(r"\| `([A-Z_]+)` \|", page)) == set(constants())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_readme_is_a_screen_and_a_half():
    assert len((PROJECT / "README.md").read_text("utf-8").split("\n")) <= 70


def test_architecture_names_every_module():
    page = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")
    modules = {path.stem for path in (PROJECT / "gsl_research").glob("*.py")} - {"__init__"}
    assert {module for module in modules if not re.search(rf"`{module}`", page)} == set()

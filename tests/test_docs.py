"""The pages promise nothing the project does not hold."""

import ast
import importlib
import math
import re

import pytest
from conftest import PROJECT

from gsl_research import privacy, releases

PAGES = [PROJECT / "README.md", PROJECT / "ARCHITECTURE.md", *sorted((PROJECT / "docs").glob("*.md"))]
METHODS = sorted((PROJECT / "gsl_research" / "methods").glob("[!_]*.py"))
DECIDING = [
    "estimate.py",
    "privacy.py",
    "description.py",
    "labels.py",
    "mentions.py",
    "comparison.py",
    "divided.py",
    "growing.py",
    "stepped.py",
    "level_order.py",
    "dosage.py",
    "hours.py",
    "appendix.py",
    "small_classes.py",
    "disclosure.py",
    "numbering.py",
    "releases.py",
    "codes.py",
    "rating.py",
    "choices.py",
    "foreseen.py",
    "prospects.py",
    "plan.py",
    "judge.py",
    "missing.py",
    "keys.py",
    "pseudonyms.py",
    "retention.py",
    "listed.py",
    "synthesis.py",
    "standing.py",
    "for_whom.py",
    "over_schools.py",
    *(f"methods/{p.name}" for p in METHODS),
]
NOT_A_THRESHOLD = {
    "FULL", "GROWTH_CODES", "BINS_PER_SCALE", "EXPECTED_GAP", "CLAIMS", "ADJUSTING", "FILLED_IN", "SEED", "AHEAD",
    "BETTER", "WORSE", "SETTLED", "DECIMALS", "OF_PUPILS", "_WORD", "_LETTERS", "_RUN", "OF_COUNTS", "_PARTS", 
    "CLOUDS", "APPLE_CLOUDS", "PURPOSE", "COMPARED", "MOST_TURNED", "MOST_SCHOOLS", "QUESTIONS", "ADVICE",
    "LEVELS", "SIDE_CODES",
}  # fmt: skip


def constants() -> dict[str, object]:
    """The constants that decide something; those of a formula's own working are tagged as computed."""
    found = {}
    for name in DECIDING:
        module = importlib.import_module(f"gsl_research.{name.removesuffix('.py').replace('/', '.')}")
        body = ast.parse((PROJECT / "gsl_research" / name).read_text("utf-8")).body
        for node, after in zip(body, [*body[1:], None], strict=True):
            told = ast.unparse(after) if isinstance(after, ast.Expr) else ""
            if not isinstance(node, ast.Assign | ast.AnnAssign) or (name.startswith("methods/") and "computed" in told):
                continue
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            for target in (part for whole in targets for part in getattr(whole, "elts", [whole])):
                value = getattr(module, target.id)
                if target.id.isupper() and target.id not in NOT_A_THRESHOLD and not isinstance(value, str):
                    found[target.id] = value
    return found


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


def test_the_page_on_privacy_names_the_thresholds_as_they_are():
    page = (PROJECT / "docs" / "privacy.md").read_text("utf-8")
    few, some, apart = privacy.MIN_COUNT - 1, privacy.MIN_SOME - 1, releases.LEAST_APART
    assert f"van 1 tot {few} leerlingen" in page and f'"hoogstens {few}"' in page
    assert f"minder dan {privacy.MIN_MEAN} leerlingen" in page and f"Missen er 1 tot {some} leerlingen" in page
    assert f"door 1 tot {apart - 1} leerlingen" in page and f"minstens {apart} leerlingen" in page

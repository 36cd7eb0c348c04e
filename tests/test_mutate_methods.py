"""``benchmarks/mutate_methods.py``: its errors are errors, and one that a test sees is counted as killed."""

import ast
import importlib

import pytest
from conftest import PROJECT

TOY = '''"""Words stay as they are."""

def share(part: float, whole: float = 2.0) -> float:
    if not whole > 0:
        raise ValueError(f"whole must be positive; got {whole + 0}")
    return max(part, 0) / whole
'''
TEST = """from toy import share

def test_share():
    assert share(3.0) == 1.5
    assert share(-1.0) == 0
"""


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    return importlib.import_module("mutate_methods")


def test_every_mutant_is_another_program_and_no_words_are_touched(tool):
    mutants = [tool.mutant(TOY, site) for site in tool.sites(TOY)]
    sources = {made.source for made in mutants}
    assert ast.unparse(ast.parse(TOY)) not in sources
    assert len(sources) == len(mutants)
    assert all("whole + 0}" in source and "Words stay" in source for source in sources if "raise" in source)
    taken_away = "total += part"
    added = {tool.mutant(taken_away, site).after for site in tool.sites(taken_away)}
    assert added == {"pass", "total -= part"}
    assert {(made.line, made.before, made.after) for made in mutants} == {
        (3, "def share(part: float, whole: float=2.0) -> float:", "def share(part: float, whole: float=4.0) -> float:"),
        (4, "if not whole > 0:", "pass"),
        (4, "if not whole > 0:", "if whole > 0:"),
        (4, "if not whole > 0:", "if not whole >= 0:"),
        (4, "if not whole > 0:", "if not whole <= 0:"),
        (4, "if not whole > 0:", "if not whole > 1:"),
        (4, "if not whole > 0:", "if not whole > -1:"),
        (6, "return max(part, 0) / whole", "return max(part, 0) * whole"),
        (6, "return max(part, 0) / whole", "return min(part, 0) / whole"),
        (6, "return max(part, 0) / whole", "return max(part, 1) / whole"),
        (6, "return max(part, 0) / whole", "return max(part, -1) / whole"),
    }


def test_a_wrong_formula_dies_and_an_untested_check_survives(tool, tmp_path):
    (tmp_path / "test_toy.py").write_text(TEST, "utf-8")
    (tmp_path / "toy.py").write_text(TOY, "utf-8")
    tests = [tmp_path / "test_toy.py"]
    assert not tool.killed(tmp_path, tests, 60)
    made = {made.after: made for made in (tool.mutant(TOY, site) for site in tool.sites(TOY))}
    for after, dead in {"return max(part, 0) * whole": True, "if not whole >= 0:": False}.items():
        tool.put(tmp_path / "toy.py", made[after].source)
        assert tool.killed(tmp_path, tests, 60) == dead


def test_every_module_has_tests_of_its_own(tool):
    for path in (PROJECT / tool.METHODS).glob("*.py"):
        if path.stem != "__init__":
            assert tool.tests_of(path.stem, PROJECT / "tests"), path.stem

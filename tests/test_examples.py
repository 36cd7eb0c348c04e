"""The examples are what their generator writes, and read as their study files say."""

import importlib.util
from pathlib import Path

import pytest

from gsl_research.reading import parse_scores, read_table
from gsl_research.study_file import load_study

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "data_schemas" / "examples"
DECIDED = EXAMPLES / "breuken-strookmodel.besluiten.toml"
STUDIES = sorted(file.stem for file in EXAMPLES.glob("*.toml") if file != DECIDED)


def generator():
    spec = importlib.util.spec_from_file_location("make_examples", ROOT / "benchmarks" / "make_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data_file(stem: str) -> Path:
    (found,) = (file for file in EXAMPLES.glob(f"{stem}.*") if file.suffix != ".toml")
    return found


@pytest.mark.parametrize("name", [name for name in generator().EXAMPLES if not name.endswith(".xlsx")])
def test_the_generator_writes_the_same_bytes(name):
    assert generator().EXAMPLES[name]() == (EXAMPLES / name).read_bytes()


def test_the_generator_writes_the_same_workbook(tmp_path):
    """Cells, not bytes: another version of openpyxl may order the parts of a workbook differently."""
    name = "begrijpend-lezen-twee-klassen.xlsx"
    made = tmp_path / name
    made.write_bytes(generator().EXAMPLES[name]())
    again, kept = read_table(made), read_table(EXAMPLES / name)
    assert again.columns == kept.columns
    assert again.sheet == kept.sheet


def test_every_example_has_one_study_and_one_data_file():
    assert {data_file(stem).stem for stem in STUDIES} == {
        file.stem for file in EXAMPLES.iterdir() if file.is_file() and file != DECIDED
    }
    assert set(generator().EXAMPLES) == {DECIDED.name} | {data_file(stem).name for stem in STUDIES}


@pytest.mark.parametrize("stem", STUDIES)
def test_an_example_reads_without_a_problem(stem):
    study = load_study(EXAMPLES / f"{stem}.toml")
    table = read_table(data_file(stem))
    assert study.id == stem
    assert set(study.columns.mapped().values()) <= set(table.columns)
    for outcome in study.outcomes:
        occasions = ((outcome.pre, outcome.scale_pre), (outcome.post, outcome.scale_post))
        for header, scale in [] if outcome.cell_levels else occasions[outcome.pre is None :]:
            low, high = scale
            column = parse_scores(table.columns[header], row_numbers=table.row_numbers, low=low, high=high)
            assert column.problems == ()


def test_the_fractions_example_is_the_awkward_kind():
    """Windows-1252, CRLF, semicolons and decimal commas: what Excel writes in Flanders."""
    raw = (EXAMPLES / "breuken-strookmodel.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 129
    table = read_table(EXAMPLES / "breuken-strookmodel.csv")
    post = parse_scores(table.columns["natoets"], row_numbers=table.row_numbers, low=0, high=20)
    assert post.missing == {"afw": 3, "": 2}
    assert "één les gemist" in table.columns["opmerking"]

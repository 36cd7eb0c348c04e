"""The empty workbook: its columns, what Excel shows, and that the reader accepts it back when filled in."""

from typing import get_args

import openpyxl
import pytest

from gsl_research.problems import Problems
from gsl_research.reading import read_tables
from gsl_research.schemas import table_schema
from gsl_research.study import Design
from gsl_research.tableschema import check, checked_as
from gsl_research.templates import ITEMS, MADE, TEMPLATES, explanation, file_name, write
from gsl_research.wording import languages, words

BOTH = [(design, lang) for design in TEMPLATES for lang in languages()]
LANGUAGES = languages()
FILLED = {
    "school": ("S1", "S1"),
    "class": ("6-1", "03"),
    "pupil": ("1E1", "007"),
    "group": ("nieuw", "gewoon"),
    "pre": (9.5, 12),
    "post": ("afw", 14.25),
    "score": (9.5, 12),
    "wave": ("1", "2"),
    "start": ("1", "1"),
    "date": (None, None),
    "phase": ("A", "B"),
    "session": (1, 2),
    "value": (3, 4.5),
    "occasion": ("vooraf", "achteraf"),
    "respondent": ("T1", "T2"),
    "statement": ("3", "Z1"),
    "level": (1, 4),
    "item": (1, 5),
}
"""What a teacher types in two rows, and the reader must give back."""


def refused(call, *given) -> list[str]:
    with pytest.raises(Problems) as raised:
        call(*given)
    return [problem.code for problem in raised.value.problems]


def first_sheet(path):
    return openpyxl.load_workbook(path).worksheets[0]


def typed(design: str, lang: str) -> list[tuple]:
    """Per heading, what is typed below it."""
    filled = []
    for name in TEMPLATES[design].columns:
        if name in ("instrument", "route"):
            code = {"instrument": "teacher_profile", "route": "adaptive"}[name]
            filled.append((words(lang)(f"templates.option.{name}.{code}"),) * 2)
        else:
            filled += [FILLED[name]] * (ITEMS if name == "item" else 1)
    return filled


def test_every_kind_of_design_has_a_template():
    kinds = {get_args(case.model_fields["kind"].annotation)[0] for case in get_args(get_args(Design)[0])}
    assert set(TEMPLATES) == kinds | {"self_assessment"}


@pytest.mark.parametrize("design", TEMPLATES)
def test_every_column_is_a_field_of_its_schema_and_no_needed_one_is_left_out(design):
    template = TEMPLATES[design]
    fields = {field["name"]: field for field in table_schema(template.kind)["fields"]}
    assert set(template.columns) - {"item"} <= set(fields)
    required = {name for name, field in fields.items() if field.get("constraints", {}).get("required")}
    assert required <= set(template.needed) <= set(template.columns)


@pytest.mark.parametrize(("design", "lang"), BOTH)
def test_the_first_sheet_has_headings_and_nothing_else(design, lang, tmp_path):
    sheet = first_sheet(write(design, tmp_path / "leeg.xlsx", lang))
    w = words(lang)
    headings = [cell.value for cell in sheet[1]]
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1])
    assert len(headings) == len(set(headings)) == len(typed(design, lang))
    assert w("problems.term.field.pupil") in headings or design == "self_assessment"


NUMBERS = ("pre", "post", "score", "value", "session", "level", "item")


@pytest.mark.parametrize(("design", "lang"), BOTH)
def test_codes_are_text_scores_are_numbers_and_headings_fit(design, lang, tmp_path):
    sheet = first_sheet(write(design, tmp_path / "leeg.xlsx", lang))
    names = [name for name in TEMPLATES[design].columns for _ in range(ITEMS if name == "item" else 1)]
    for name, cell in zip(names, sheet[1], strict=True):
        column = sheet.column_dimensions[cell.column_letter]
        assert column.width > len(cell.value)
        if name in NUMBERS:
            assert column.number_format in ("0", "0.0#")
        elif name == "date":
            assert column.number_format == "mm-dd-yy", "how openpyxl calls the short date of the user's own language"
        else:
            assert column.number_format == "@", "or Excel makes a date of class 6-1"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_excel_helps_to_choose_only_where_nothing_else_is_allowed(lang, tmp_path):
    rules = {}
    for design in TEMPLATES:
        for rule in first_sheet(write(design, tmp_path / f"{design}.xlsx", lang)).data_validations.dataValidation:
            rules.setdefault(design, []).append((rule.type, rule.errorStyle, rule.formula1, rule.formula2))
    options = words(lang)
    listed = [
        ",".join(options(f"templates.option.{field}.{code}") for code in codes)
        for field, codes in (
            ("instrument", ("teacher_profile", "school_profile", "learning_matrix")),
            ("route", ("flexible", "adaptive")),
        )
    ]
    assert rules == {
        "single_case": [("whole", None, "1", None)],
        "survey": [("whole", "warning", "1", "5")] * ITEMS,
        "self_assessment": [
            ("list", None, f'"{listed[0]}"', None),
            ("whole", None, "1", "4"),
            ("list", None, f'"{listed[1]}"', None),
        ],
    }


@pytest.mark.parametrize(("design", "lang"), BOTH)
def test_every_column_is_explained_in_one_column_of_text(design, lang, tmp_path):
    book = openpyxl.load_workbook(write(design, tmp_path / "leeg.xlsx", lang))
    data, told = book.worksheets
    assert (data.title, told.title) == tuple(words(lang)(f"templates.sheet.{name}") for name in ("data", "explain"))
    assert told.max_column == 1
    lines = [row[0].value for row in told.iter_rows() if row[0].value]
    assert lines == [line for line in explanation(TEMPLATES[design], design, words(lang)) if line]
    for cell in data[1][:6]:
        assert cell.value[0] == "V" or any(line.startswith(cell.value) for line in lines), cell.value
    assert told.column_dimensions["A"].width >= 80
    assert told.column_dimensions["A"].alignment.wrap_text


@pytest.mark.parametrize("design", TEMPLATES)
def test_the_same_template_has_the_same_bytes_and_no_author(design, tmp_path):
    one, two = (write(design, tmp_path / f"{name}.xlsx") for name in "ab")
    assert one.read_bytes() == two.read_bytes()
    told = openpyxl.load_workbook(one).properties
    assert (told.creator, told.created) == (None, MADE)


@pytest.mark.parametrize(("design", "lang"), BOTH)
def test_a_filled_in_template_is_accepted_with_its_cells_as_typed(design, lang, tmp_path):
    path = write(design, tmp_path / "vol.xlsx", lang)
    book = openpyxl.load_workbook(path)
    filled = typed(design, lang)
    for at, cells in enumerate(filled, start=1):
        for row, cell in enumerate(cells, start=2):
            book.worksheets[0].cell(row, at).value = cell
    book.save(path)
    found = read_tables(path)
    assert [table.sheet for table in found.tables] == [words(lang)("templates.sheet.data")]
    wanted = [tuple("" if cell is None else cell for cell in cells) for cells in filled]
    assert [tuple(column) for column in found.tables[0].columns.values()] == wanted
    assert check(found.tables[0], table_schema(TEMPLATES[design].kind)) == ()
    assert checked_as(path, TEMPLATES[design].kind, words(lang)).outcome == "accept"


@pytest.mark.parametrize(("design", "lang"), BOTH)
def test_an_empty_template_is_refused_for_having_no_rows(design, lang, tmp_path):
    path = write(design, tmp_path / "leeg.xlsx", lang)
    assert "no_rows" in refused(read_tables, path)


def test_a_file_is_never_overwritten(tmp_path):
    path = tmp_path / "punten.xlsx"
    path.write_bytes(b"al ingevuld")
    assert refused(write, "comparison", path) == ["template_exists"]
    assert path.read_bytes() == b"al ingevuld"
    assert [entry.name for entry in tmp_path.iterdir()] == ["punten.xlsx"]


def test_a_name_that_excel_would_not_open_is_refused(tmp_path):
    assert refused(write, "comparison", tmp_path / "punten.csv") == ["template_not_xlsx"]
    assert refused(write, "comparison", tmp_path / "geen-map" / "punten.xlsx") == ["output_unwritable"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_a_name_the_template_is_called_after_its_design(lang, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = {write(design, lang=lang).name for design in TEMPLATES}
    assert written == {entry.name for entry in tmp_path.iterdir()} == {file_name(d, words(lang)) for d in TEMPLATES}
    assert len(written) == len(TEMPLATES)


def test_a_design_that_does_not_exist_is_a_mistake_of_the_programmer(tmp_path):
    with pytest.raises(ValueError, match="vergelijking"):
        write("vergelijking", tmp_path / "x.xlsx")

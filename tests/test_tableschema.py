"""A table against its schema: the same cells are refused as by frictionless, the reference for Table Schema.

A *fault* is (row, field, kind): what the maker put in, what frictionless finds, and what ``check`` finds.
"""

import csv
import re

import frictionless
import numpy as np
import openpyxl
import pytest
from conftest import table

from gsl_research.problems import Problem
from gsl_research.reading import DateCell, LabelledNumber, Piece, Table
from gsl_research.schemas import KINDS, table_schema
from gsl_research.tableschema import MOST, check, checked_as, for_table
from gsl_research.wording import languages, words

KIND_OF_CODE = {
    "schema_required": "required",
    "schema_type": "type",
    "schema_date_as_text": "type",
    "schema_enum": "enum",
    "schema_minimum": "limit",
    "schema_maximum": "limit",
    "schema_answer": "limit",
    "schema_pattern": "pattern",
    "schema_too_short": "length",
    "schema_too_long": "length",
    "schema_unique": "unique",
    "schema_key": "key",
    "schema_column_missing": "column",
}
KIND_OF_CONSTRAINT = {
    "minimum": "limit", "maximum": "limit", "minLength": "length", "maxLength": "length",
    "required": "required", "enum": "enum", "pattern": "pattern",
}  # fmt: skip
WORDS = ("aap", "noot", "mies", "wim", "zus", "jet")
MISSING = ["", "afw", "-"]
NOT_OF_TYPE = {"number": "1.2.3,4x", "integer": "4,5", "date": "31 mei", "year": "26", "boolean": "soms"}
SEEDS = 160


# the maker: a schema, cells that obey it, and faults


def random_schema(rng: np.random.Generator) -> dict:
    """Fields of every type, with constraints of every kind."""
    pool = [
        {"name": "school", "type": "string", "missingValues": [""], "constraints": {"required": True}},
        {"name": "soort", "type": "string", "constraints": {"enum": list(WORDS), "minLength": 2}},
        {"name": "code", "type": "string", "constraints": {"pattern": "[a-z]+[0-9]{1,2}", "maxLength": 8}},
        {"name": "woord", "type": "string", "constraints": {"minLength": 3, "maxLength": 6}},
        {"name": "punt", "type": "number", "decimalChar": ",", "constraints": {"minimum": 0, "maximum": 20}},
        {"name": "bedrag", "type": "number", "decimalChar": ",", "groupChar": ".", "constraints": {"minimum": 0.5}},
        {"name": "meet", "type": "number", "constraints": {"maximum": 9.5, "required": True}},
        {"name": "niveau", "type": "integer", "constraints": {"enum": [1, 2, 3, 4], "required": True}},
        {"name": "aantal", "type": "integer", "constraints": {"minimum": 1, "maximum": 60}},
        {"name": "dag", "type": "date", "constraints": {"minimum": "2026-01-01", "maximum": "2026-12-31"}},
        {"name": "dag2", "type": "date", "format": "%d/%m/%Y"},
        {"name": "jaar", "type": "year", "constraints": {"minimum": 1990}},
        {"name": "ja", "type": "boolean", "trueValues": ["ja"], "falseValues": ["nee"]},
        {"name": "nr", "type": "integer", "constraints": {"unique": True}},
        {"name": "naam", "type": "string", "constraints": {"unique": True, "required": True}},
    ]
    key = {"name": "leerling", "type": "string", "missingValues": [""], "constraints": {"required": True}}
    chosen = [pool[i] for i in rng.permutation(len(pool))[: rng.integers(3, len(pool) + 1)]]
    fields = [key, *chosen]
    fields = [fields[i] for i in rng.permutation(len(fields))]
    keys = [field["name"] for field in fields if field["name"] in ("leerling", "school")]
    return {"fields": fields, "missingValues": MISSING, "fieldsMatch": "partial", "primaryKey": keys}


def good(field: dict, row: int, rng: np.random.Generator, keys: list[str]) -> str:
    """A cell the field allows; of a key or a unique field, another one in every row."""
    rules = field.get("constraints", {})
    if "enum" not in rules and (rules.get("unique") or field["name"] in keys):
        return str(row + 1) if field["type"] == "integer" else f"n{row}"
    if not rules.get("required") and rng.random() < 0.1:
        return field.get("missingValues", MISSING)[0]
    if "enum" in rules:
        return str(rng.choice(rules["enum"]))
    low, high = rules.get("minimum", 1), rules.get("maximum", 9)
    match field["type"]:
        case "integer":
            return str(rng.integers(low, max(low, high) + 1))
        case "number":
            mark = field.get("decimalChar", ".")
            if field.get("groupChar") and rng.random() < 0.5:
                return f"{rng.integers(1, 99)}{field['groupChar']}{rng.integers(100, 999)}{mark}{rng.integers(0, 9)}"
            whole = rng.integers(np.ceil(low), int(high))
            return f"{whole}{mark}{rng.integers(0, 9)}" if rng.random() < 0.7 else str(whole)
        case "date":
            day, month = rng.integers(1, 28), rng.integers(1, 12)
            return f"{day:02}/{month:02}/2026" if "format" in field else f"2026-{month:02}-{day:02}"
        case "year":
            return str(rng.integers(1990, 2030))
        case "boolean":
            return str(rng.choice(["ja", "nee"]))
    return f"abc{rng.integers(0, 99)}" if "pattern" in rules else str(rng.choice(("aap", "noot", "mies")))


def bad(field: dict) -> dict[str, str]:
    """Kind of fault -> a cell that has this fault and no other."""
    rules, found = field.get("constraints", {}), {}
    text = field["type"] == "string"
    if rules.get("required"):
        found["required"] = field.get("missingValues", MISSING)[-1]
    if not text:
        found["type"] = NOT_OF_TYPE[field["type"]]
    if "enum" in rules:
        found["enum"] = "teun" if text else "9"
    if "minimum" in rules:
        found["limit"] = {"date": "2025-12-31", "year": "1989"}.get(field["type"], "-3")
    if "maximum" in rules:
        found["limit"] = {"date": "2027-01-01"}.get(field["type"], "99")
    if "pattern" in rules:
        found["pattern"] = "ABC1"
    if "minLength" in rules and "enum" not in rules:
        found["length"] = "x"
    if "maxLength" in rules and "pattern" not in rules:
        found["length"] = "x" * (rules["maxLength"] + 1)
    return found


def made(schema: dict, rng: np.random.Generator) -> tuple[dict[str, list[str]], set]:
    """Columns that obey the schema except for the faults returned with them."""
    rows = int(rng.integers(4, 25))
    keys = schema["primaryKey"]
    columns = {f["name"]: [good(f, row, rng, keys) for row in range(rows)] for f in schema["fields"]}
    faults: set = set()
    for row in range(1, rows):
        if rng.random() > 0.4:
            continue
        field = schema["fields"][rng.integers(len(schema["fields"]))]
        kinds = bad(field)
        if field.get("constraints", {}).get("unique"):
            kinds["unique"] = columns[field["name"]][0]
        if field["name"] in keys:
            kinds["key"] = columns[field["name"]][0]
        if not kinds:
            continue
        kind = list(kinds)[rng.integers(len(kinds))]
        if kind == "key":
            for name in keys:
                columns[name][row] = columns[name][0]
            faults.add((row + 2, None, "key"))
        else:
            columns[field["name"]][row] = kinds[kind]
            faults.add((row + 2, field["name"], kind))
    return columns, faults


# the two who judge


def ours(columns: dict[str, list], schema: dict) -> set:
    found = check(table(columns), schema)
    assert all(problem.code in KIND_OF_CODE for problem in found if problem.severity == "error")
    return {
        (p.row, p.facts["title"] if p.code == "schema_column_missing" else p.column, KIND_OF_CODE[p.code])
        for p in found
        if p.severity == "error"
    }


def reference(columns: dict[str, list[str]], schema: dict, folder) -> set:
    """What frictionless finds in the same table as a file.

    Left out: a blank row (no table of ours has one), and a key that is incomplete (the blank or refused cell is a
    fault of its own already; frictionless compares such keys too, and calls two blank pupils the same).
    """
    with open(folder / "t.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    resource = frictionless.Resource(
        path="t.csv", basepath=str(folder), schema=frictionless.Schema.from_descriptor(schema)
    )
    report = resource.validate(limit_errors=100_000)
    assert not report.errors
    found = set()
    for error in report.tasks[0].errors:
        match error.type:
            case "type-error":
                found.add((error.row_number, error.field_name, "type"))
            case "constraint-error":
                kind = re.match(r'constraint "(\w+)"', error.note)[1]
                found.add((error.row_number, error.field_name, KIND_OF_CONSTRAINT[kind]))
            case "unique-error":
                found.add((error.row_number, error.field_name, "unique"))
            case "primary-key":
                found.add((error.row_number, None, "key"))
            case "missing-label":
                found.add((None, error.field_name, "column"))
            case other:
                raise AssertionError(other)
    incomplete = {row for row, name, kind in found if name in schema["primaryKey"] and kind in ("required", "type")}
    return {fault for fault in found if fault[2] != "key" or fault[0] not in incomplete}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_random_schema_refuses_what_frictionless_refuses(seed, tmp_path):
    rng = np.random.default_rng(seed)
    schema = random_schema(rng)
    columns, faults = made(schema, rng)
    assert reference(columns, schema, tmp_path) == faults
    assert ours(columns, schema) == faults


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_our_schemas_refuse_what_frictionless_refuses(kind, seed, tmp_path):
    rng = np.random.default_rng(seed)
    schema = dict(table_schema(kind))
    if kind == "questionnaire":
        schema = dict(for_table(schema, table({f"V{n}": ["1"] for n in range(1, 6)})))
        assert sum(bool(field.get("item")) for field in schema["fields"]) == 5
    columns, faults = made(schema, rng)
    assert reference(columns, schema, tmp_path) == faults
    assert ours(columns, schema) == faults


CELLS = [
    "", "afw", "-", "0", "1", "4", "5", "9", "21", "1,5", "1.5", "4.0", "-3", "+2", "1.234", "1.234,5", "12/20", "x",
    "ab1", "abc12", "ABC1", "aap", "noot", "2026-05-06", "06/05/2026", "2025-12-31", "2026-02-30", "2026", "1989",
    "ja", "nee", "true", "n1", "een lange tekst",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_cells_are_judged_as_frictionless_judges_them(seed, tmp_path):
    """No facts of a maker here: whatever stands in the cells, the two agree."""
    rng = np.random.default_rng(10_000 + seed)
    schema = random_schema(rng)
    columns = {f["name"]: list(rng.choice(CELLS, size=20)) for f in schema["fields"]}
    columns["leerling"] = [str(name) for name in rng.choice(["n1", "n2", "n3", "Na", "x y"], size=20)]
    columns = {name: [str(cell) for cell in cells] for name, cells in columns.items()}
    if "bedrag" in columns:  # known difference: groups that are not of three digits
        columns["bedrag"] = ["x" if cell in ("1.5", "4.0") else cell for cell in columns["bedrag"]]
    assert ours(columns, schema) == reference(columns, schema, tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_a_missing_column_is_a_fault_when_it_is_required(seed, tmp_path):
    rng = np.random.default_rng(seed)
    schema = random_schema(rng)
    columns, _ = made(schema, rng)
    gone = schema["fields"][rng.integers(len(schema["fields"]))]
    del columns[gone["name"]]
    found = ours(columns, schema)
    assert found == reference(columns, schema, tmp_path)
    assert ((None, gone["name"], "column") in found) == bool(gone.get("constraints", {}).get("required"))


STRICTER = [
    ({"type": "integer"}, "1_000", "Python's own spelling of a number, and no school's"),
    ({"type": "integer"}, "١٢", "digits of another script"),
    ({"type": "number"}, "1e3", "a pupil number that Excel spoiled looks like this"),
    ({"type": "number"}, "NaN", "a word of software for a missing number"),
    ({"type": "number"}, "Infinity", "the same for no number at all"),
    (
        {"type": "number", "decimalChar": ",", "groupChar": "."},
        "12.5",
        "groups of three digits, or 12.5 is read as 125",
    ),
    ({"type": "string", "constraints": {"pattern": "a|bc"}}, "ax", "a pattern is about the whole cell"),
]
LOOSER = [
    ({"type": "integer"}, "AFW", "a missing word in capitals"),
]


@pytest.mark.parametrize(("field", "cell", "reason"), STRICTER + LOOSER)
def test_known_differences(field, cell, reason, tmp_path):
    """Where the reference reads something, or does not, and we have a reason to differ."""
    schema = {"fields": [{"name": "veld", **field}], "missingValues": MISSING, "primaryKey": []}
    stricter = (field, cell, reason) in STRICTER
    assert bool(ours({"veld": [cell]}, schema)) == stricter
    assert bool(reference({"veld": [cell]}, schema, tmp_path)) != stricter


# what a workbook holds beside text


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        ("integer", 3.0, None),
        ("integer", 3.5, "schema_type"),
        ("number", 3.5, None),
        ("number", LabelledNumber(2.0, "twee"), None),
        ("number", float("inf"), "schema_type"),
        ("string", 3.0, None),
        ("string", DateCell("2026-01-06"), "schema_date_as_text"),
        ("number", DateCell("2026-01-06"), "schema_type"),
        ("date", DateCell("2026-01-06"), None),
        ("date", DateCell("2026-01-06T10:00:00"), "schema_type"),
        ("date", 46028.0, "schema_type"),
        ("year", 2026.0, None),
    ],
)
def test_cells_of_a_workbook(kind, cell, code):
    found = check(table({"veld": [cell]}), {"fields": [{"name": "veld", "type": kind, "decimalChar": ","}]})
    assert [problem.code for problem in found] == ([code] if code else [])


def scores(**changes) -> dict[str, list]:
    columns = {"leerling": ["p1", "p2"], "klas": ["5A", "03"], "toets achteraf": ["12,5", "afw"]}
    return {**columns, **changes}


def codes(found: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in found]


def test_a_pupil_may_be_called_na_and_a_score_may_be_absent():
    assert check(table(scores(leerling=["Na", "-"])), table_schema("scores")) == ()


@pytest.mark.parametrize(
    "headings", [("Leerling", "KLAS", "Toets achteraf (/20)"), ("pupil", "class", "Test afterwards")]
)
def test_a_column_is_found_by_its_name_or_a_title(headings):
    columns = dict(zip(headings, scores().values(), strict=True))
    assert check(table(columns), table_schema("scores")) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_heading_means_one_field(kind):
    fields = table_schema(kind)["fields"]
    names = [(name.casefold(), f["name"]) for f in fields for name in {f["name"], *f["titles"].values()}]
    assert len({name for name, _ in names}) == len(set(names))


def test_two_columns_for_one_field_are_not_chosen_between():
    found = check(table(scores() | {"class": ["1", "2"]}), table_schema("scores"))
    assert codes(found) == ["schema_column_twice"]
    assert found[0].facts["headers"] == ["klas", "class"]


def test_a_file_without_any_score_column_stops():
    columns = {name: cells for name, cells in scores().items() if not name.startswith("toets")}
    (found,) = check(table(columns), table_schema("scores"))
    assert (found.code, found.file, found.row) == ("schema_none_of", "punten.csv", None)


def test_pupils_of_two_schools_may_have_the_same_code():
    twice = scores(leerling=["p1", "p1"], klas=["5A", "5A"])
    assert codes(check(table(twice), table_schema("scores"))) == ["schema_key"]
    assert check(table(twice | {"school": ["s1", "s2"]}), table_schema("scores")) == ()
    assert check(table(twice | {"meetmoment": ["1", "2"]}), table_schema("scores")) == ()


def answers(**changes) -> dict[str, list]:
    base = {"leerling": ["p1", "p2"], "klas": ["5A", "5A"], "moment": ["voor", "voor"]}
    return {**base, "V1": ["4", ""], "m_12": ["5", "1"], **changes}


def test_every_column_with_the_code_of_a_question_holds_answers():
    found = check(table(answers(V1=["4", "7"], m_12=["x", "2,5"])), table_schema("questionnaire"))
    assert [(p.code, p.row, p.column) for p in found] == [
        ("schema_type", 2, "m_12"),
        ("schema_answer", 3, "V1"),
        ("schema_type", 3, "m_12"),
    ]
    assert codes(check(table(answers(V1=["4", "7"])), table_schema("questionnaire", scale=(1, 7)))) == []


def test_a_questionnaire_with_whole_questions_as_headings_stops():
    columns = {name: cells for name, cells in answers().items() if name not in ("V1", "m_12")}
    found = check(table(columns | {"Ik lees graag.": ["4", "5"]}), table_schema("questionnaire"))
    assert codes(found) == ["schema_no_items", "schema_columns_unknown"]
    assert found[1].severity == "warning"


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("column", ["leerling", "klas", "moment", "V1", "m_12"])
def test_no_name_stands_in_a_message(column, lang):
    """A name in any column, once where it is too much and once as a repeated pupil."""
    names = ["Zebedeus Kaboutermans", "Zebedeus"]
    columns = answers(leerling=["p1", "p1"])
    columns[column] = names if column != "leerling" else [names[0]] * 2
    columns["V1"] = columns["V1"] if column == "V1" else ["x", "9"]
    found = check(table(columns), table_schema("questionnaire"))
    assert found
    assert "Zebedeus" not in " ".join(words(lang).problem(problem) for problem in found) + repr(found)


@pytest.mark.parametrize("column", ["deelnemer", "moment", "instrument", "uitspraak", "niveau", "route"])
def test_a_name_in_a_shifted_column_is_not_quoted(column):
    name = "Zebedeus Kaboutermans"
    columns = {"deelnemer": ["T1", "T1"], "moment": ["1", "1"], "instrument": ["", ""], "uitspraak": ["1", "1"]}
    columns |= {"niveau": ["9", "x"], "route": ["", ""]}
    columns[column] = [name, name]
    found = check(table(columns), table_schema("self_assessment"))
    assert found
    assert name not in " ".join(words("nl").problem(problem) for problem in found) + repr(found)


def test_a_pupils_code_is_not_quoted_and_a_class_is():
    day = DateCell("2026-01-06")
    found = check(table(scores(leerling=[day, "p2"], klas=["5A", day])), table_schema("scores"))
    assert [(p.code, p.column, p.value) for p in found] == [
        ("schema_date_as_text", "leerling", None),
        ("schema_date_as_text", "klas", "2026-01-06"),
    ]


def test_words_for_missing_are_compared_without_capitals():
    schema = {"fields": [{"name": "veld", "type": "integer"}], "missingValues": ["NvT"]}
    assert check(table({"veld": ["nvt", "NVT", "1"]}), schema) == ()


def test_a_misspelt_option_is_quoted():
    columns = {"deelnemer": ["T1"], "moment": ["1"], "uitspraak": ["1"], "niveau": ["1"], "route": ["flexibl"]}
    (found,) = check(table(columns), table_schema("self_assessment"))
    assert (found.code, found.value) == ("schema_enum", "flexibl")
    assert "flexibl" in words("nl").problem(found) and "adaptief" in words("nl").mend(found)


def test_a_long_number_is_not_quoted():
    found = check(table(answers(V1=["85073003328", "9"])), table_schema("questionnaire"))
    assert [problem.value for problem in found] == [None, "9"]


def test_the_place_is_that_of_the_file_the_row_came_from():
    one, two = (Table(f"{name}.csv", None, scores(klas=["5A", ""]), [2, 3], (), name) for name in "ab")
    whole = Table(
        "map", None, {h: [*one.columns[h], *two.columns[h]] for h in one.columns}, [2, 3, 2, 3], (), "x",
        pieces=(Piece(one, np.array([0, 1])), Piece(two, np.array([2, 3]))),
    )  # fmt: skip
    found = [p for p in check(whole, table_schema("scores")) if p.code == "schema_required"]
    assert [(p.file, p.row, p.column) for p in found] == [("a.csv", 3, "klas"), ("b.csv", 3, "klas")]


def test_many_faults_are_counted():
    rows = 3 * MOST
    columns = {"leerling": [f"p{n}" for n in range(rows)], "klas": [""] * rows, "score": ["1"] * rows}
    found = check(table(columns), table_schema("scores"))
    assert codes(found).count("schema_required") == MOST
    assert [p.facts["count"] for p in found if p.code == "schema_more"] == [rows - MOST]


@pytest.mark.parametrize(
    "field",
    [{"type": "geopoint"}, {"type": "string", "constraints": {"minimum": 1}}, {"type": "string", "format": "email"}],
)
def test_a_schema_that_asks_more_than_is_understood_is_refused(field):
    with pytest.raises(ValueError, match="veld"):
        check(table({"veld": ["x"]}), {"fields": [{"name": "veld", **field}]})


def write_csv(path, columns: dict[str, list[str]]):
    lines = [list(columns), *zip(*columns.values(), strict=True)]
    path.write_text("\n".join(";".join(line) for line in lines) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("lang", languages())
def test_a_file_is_checked_as_its_kind(tmp_path, lang):
    w = words(lang)
    right = checked_as(write_csv(tmp_path / "goed.csv", answers()), "questionnaire", w)
    assert (right.outcome, right.facts) == ("accept", {"rows": 2})
    wrong = checked_as(write_csv(tmp_path / "fout.csv", answers(V1=["4", "55"])), "questionnaire", w)
    assert wrong.rejected
    assert "fout.csv" in wrong.lines[1] and "55" in wrong.lines[1] and "V1" in wrong.lines[1]
    absent = checked_as(tmp_path / "niets" / "x", "questionnaire", w)
    assert codes(absent.problems) == ["file_missing"]


def test_of_several_sheets_those_that_are_left_out_are_named(tmp_path):
    book = openpyxl.Workbook()
    for name, columns in (
        ("antwoorden", answers(V1=["4", "7"])),
        ("namen", {"code": ["p1", "p2"], "hobby": ["lezen", "voetbal"]}),
    ):
        sheet = book.create_sheet(name)
        for row in (list(columns), *zip(*columns.values(), strict=True)):
            sheet.append(row)
    del book["Sheet"]
    book.save(tmp_path / "twee.xlsx")
    found = checked_as(tmp_path / "twee.xlsx", "questionnaire", words("nl"))
    assert [(p.code, p.sheet) for p in found.problems if p.code.startswith("schema")] == [
        ("schema_answer", "antwoorden"),
        ("schema_other_table", "namen"),
    ]


def test_a_number_of_thousands_of_digits_is_refused():
    found = check(table(answers(V1=["4", "9" * 10_000])), table_schema("questionnaire"))
    assert codes(found) == ["schema_type"]

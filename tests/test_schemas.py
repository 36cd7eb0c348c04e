"""The contracts in data_schemas are made from the types, and say what the types do."""

import json

import frictionless
import jsonschema
import pytest
from conftest import PROJECT, bound, classes

from gsl_research.evidence import evidence, private_record
from gsl_research.files import schemas_folder
from gsl_research.judge import judge
from gsl_research.measure import measure
from gsl_research.reading.words import file_words
from gsl_research.schemas import KINDS, build, record_schema, scores_schema, table_schema
from gsl_research.study import Columns, Study
from gsl_research.wording import languages


@pytest.mark.parametrize("name", build())
def test_the_files_are_what_the_types_say(name):
    assert json.loads((schemas_folder() / name).read_text("utf-8")) == build()[name]


def test_no_file_without_a_type():
    assert {path.name for path in (PROJECT / "data_schemas").glob("*.json")} == set(build())


@pytest.mark.parametrize(
    "name", ["study.schema.json", "decisions.schema.json", "record.schema.json", "card.schema.json"]
)
def test_the_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(build()[name])


@pytest.mark.parametrize("arms", [(3, 3), (1, 1), (2, 0)])
def test_records_and_cards_obey_their_schema(arms):
    study, data = bound(classes(*arms), "comparison" if arms[1] else "one_group")
    measurement = measure(study, data)
    for kind, make in (("record", private_record), ("card", evidence)):
        content = json.loads(json.dumps(make(measurement, judge(measurement)).to_json(), allow_nan=False))
        jsonschema.validate(content, record_schema(kind))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, record_schema("card" if kind == "record" else "record"))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**content, "pupils": []}, record_schema(kind))


def test_every_study_field_is_in_the_schema():
    properties = build()["study.schema.json"]["properties"]
    assert set(properties) == {field.alias or name for name, field in Study.model_fields.items()}


def test_table_schema_knows_every_role_and_is_valid():
    schema = scores_schema()
    roles = {field.alias or name for name, field in Columns.model_fields.items()}
    assert {field["name"] for field in schema["fields"]} == roles | {"pre", "post", "score", "start"}
    assert frictionless.Schema.from_descriptor(schema).get_field("pupil").type == "string"


@pytest.mark.parametrize("kind", KINDS)
def test_every_table_schema_is_one_and_is_told_in_every_language(kind):
    schema = table_schema(kind)
    assert schema in build().values()
    read = frictionless.Schema.from_descriptor(schema)
    assert set(schema["primaryKey"]) <= {field.name for field in read.fields}
    for told in (schema, *schema["fields"]):
        for key in ("titles", "descriptions"):
            assert set(told[key]) == set(languages())
        assert (told["title"], told["description"]) == (told["titles"]["nl"], told["descriptions"]["nl"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_hold_a_name_is_text_is_never_missing_by_a_word_and_is_never_quoted(kind):
    fields = {field["name"]: field for field in table_schema(kind)["fields"]}
    people = {"pupil", "teacher", "respondent"} & set(fields)
    assert people
    for name in people:
        assert (fields[name]["type"], fields[name]["missingValues"], fields[name]["quoted"]) == ("string", [""], False)


def test_the_words_for_no_score_are_those_of_school_files():
    for kind in KINDS:
        assert {"", "afw", "ziek", "-"} <= set(table_schema(kind)["missingValues"]) == set(file_words("missing"))


def test_the_answer_scale_is_declared():
    limits = table_schema("questionnaire", scale=(0, 6))["items"]["constraints"]
    assert limits == {"minimum": 0, "maximum": 6}


def test_a_kind_without_schema_is_a_mistake_of_the_programmer():
    with pytest.raises(ValueError, match="punten"):
        table_schema("punten")

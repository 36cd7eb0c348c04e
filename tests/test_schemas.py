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
from gsl_research.schemas import build, record_schema, scores_schema
from gsl_research.study import Columns, Study


@pytest.mark.parametrize("name", build())
def test_the_files_are_what_the_types_say(name):
    assert json.loads((schemas_folder() / name).read_text("utf-8")) == build()[name]


def test_no_file_without_a_type():
    assert {path.name for path in (PROJECT / "data_schemas").glob("*.json")} == set(build())


@pytest.mark.parametrize("name", ["study.schema.json", "record.schema.json", "card.schema.json"])
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
    assert {field["name"] for field in schema["fields"]} == roles | {"pre", "post"}
    assert frictionless.Schema.from_descriptor(schema).get_field("pupil").type == "string"

"""The contracts as files: JSON Schema and Table Schema made from the types, so that they cannot drift apart.

``python -m gsl_research.schemas`` rewrites ``data_schemas/``; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from .evidence import Record
from .files import schemas_folder, write_json
from .reading.words import file_words
from .study import Columns, Study
from .wording import languages, words

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LEFT_OUT = ("p", "icc", "assumed_icc")
"""Keys of an estimate that are absent, not null, when they do not apply."""


def build() -> dict[str, dict[str, Any]]:
    """File name -> schema."""
    return {
        "study.schema.json": study_schema(),
        "record.schema.json": record_schema("record"),
        "card.schema.json": record_schema("card"),
        "pupil_scores.table.json": scores_schema(),
    }


def study_schema() -> dict[str, Any]:
    return {"$schema": DRAFT, **Study.model_json_schema(by_alias=True)}


def record_schema(kind: str) -> dict[str, Any]:
    """Of the school's own record, or of the card that may travel: one shape, told apart by ``kind``."""
    schema = TypeAdapter(Record).json_schema()
    schema["properties"]["kind"] = {"const": kind, "title": "Kind"}
    entry = schema["$defs"]["EstimateEntry"]
    entry["required"] = [key for key in entry["required"] if key not in LEFT_OUT]
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
    return {"$schema": DRAFT, **schema}


def scores_schema() -> dict[str, Any]:
    """A score file by role: which columns it may hold, not how a school names them."""
    roles = [field.alias or name for name, field in Columns.model_fields.items()]
    fields = [_field(role, f"role.{role}", "date" if role == "date" else "string") for role in roles]
    fields += [_field(occasion, f"occasion.{occasion}", "number") for occasion in ("pre", "post")]
    return {"fields": fields, "missingValues": sorted(file_words("missing"))}


def _field(name: str, term: str, kind: str) -> dict[str, Any]:
    titles = {lang: words(lang)(f"problems.term.{term}") for lang in languages()}
    field: dict[str, Any] = {"name": name, "type": kind, "title": titles["nl"], "titles": titles}
    if kind == "number":
        field["decimalChar"] = ","
    if name in ("pupil", "class"):
        field["constraints"] = {"required": True}
    return field


if __name__ == "__main__":
    for name, schema in build().items():
        write_json(schemas_folder() / name, schema)

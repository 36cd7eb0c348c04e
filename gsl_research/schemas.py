"""The contracts as files: JSON Schema and Table Schema made from the types, so that they cannot drift apart.

``python -m gsl_research.schemas`` rewrites ``data_schemas/``; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from .decisions import DecisionFile
from .evidence import LEFT_OUT, Record
from .files import schemas_folder, write_json
from .reading.words import file_words
from .study import Columns, Study
from .wording import languages, words

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TABLE = "https://datapackage.org/profiles/2.0/tableschema.json"
KINDS = ("scores", "questionnaire", "single_case", "self_assessment")
"""The kinds of data file that have a Table Schema."""
ANSWERS = (1, 5)
"""The answer scale of a questionnaire that declares none (policy)."""
ITEM_CODE = r"[A-Za-z]{1,10}[ _.-]?[0-9]{1,3}[a-z]?"
"""The heading of a column with the answers to one question: "V1", "vraag 12", "m3b"."""
LEVELS = (1, 4)
"""The phases of the teacher profile, the school profile and the learning matrix (field page, 1.2 to 1.4)."""
QUOTED = ("class", "group", "teaching_group", "wave", "start", "phase", "occasion", "instrument", "statement", "route")
"""Text fields whose cells may stand in a message; the others may hold a name."""


def build() -> dict[str, dict[str, Any]]:
    """File name -> schema."""
    return {
        "study.schema.json": study_schema(),
        "decisions.schema.json": decisions_schema(),
        "record.schema.json": record_schema("record"),
        "card.schema.json": record_schema("card"),
        "pupil_scores.table.json": scores_schema(),
        "questionnaire.table.json": questionnaire_schema(),
        "single_case.table.json": single_case_schema(),
        "self_assessment.table.json": self_assessment_schema(),
    }


def study_schema() -> dict[str, Any]:
    return {"$schema": DRAFT, **Study.model_json_schema(by_alias=True)}


def decisions_schema() -> dict[str, Any]:
    return {"$schema": DRAFT, **DecisionFile.model_json_schema(by_alias=True)}


def record_schema(kind: str) -> dict[str, Any]:
    """Of the school's own record, or of the card that may travel: one shape, told apart by ``kind``."""
    schema = TypeAdapter(Record).json_schema()
    schema["properties"]["kind"] = {"const": kind, "title": "Kind"}
    entry = schema["$defs"]["EstimateEntry"]
    for key in LEFT_OUT:
        entry["properties"][key].pop("default")
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
    return {"$schema": DRAFT, **schema}


def table_schema(kind: str, *, scale: tuple[int, int] | None = None) -> dict[str, Any]:
    """The Table Schema of one of ``KINDS``; ``scale`` is the lowest and highest answer of a questionnaire."""
    match kind:
        case "scores":
            return scores_schema()
        case "questionnaire":
            return questionnaire_schema(scale or ANSWERS)
        case "single_case":
            return single_case_schema()
        case "self_assessment":
            return self_assessment_schema()
    raise ValueError(f"no table schema for {kind!r}; there are {', '.join(KINDS)}")


def scores_schema() -> dict[str, Any]:
    """A score file by role: which columns it may hold, not how a school names them."""
    roles = [field.alias or name for name, field in Columns.model_fields.items()]
    fields = [
        _field(role, "date" if role == "date" else "string", required=role in ("pupil", "class")) for role in roles
    ]
    fields += [_field("start", "string")]
    fields += [_field(scores, "number") for scores in ("pre", "post", "score")]
    schema = _schema("scores", fields, key=("school", "class", "pupil", "wave"))
    return {**schema, "needsOneOf": [["pre", "post", "score"]]}


def questionnaire_schema(scale: tuple[int, int] = ANSWERS) -> dict[str, Any]:
    """One row per pupil and occasion; every column with the code of a question as its heading holds answers."""
    fields = [_field(name, "string", required=name in ("pupil", "class", "occasion"))
              for name in ("school", "class", "group", "pupil", "occasion")]  # fmt: skip
    schema = _schema("questionnaire", fields, key=("school", "class", "pupil", "occasion"))
    limits = {"minimum": scale[0], "maximum": scale[1]}
    return {**schema, "items": {"headers": ITEM_CODE, "type": "integer", "constraints": limits}}


def single_case_schema() -> dict[str, Any]:
    """One row per measurement of a pupil, numbered in order within the pupil."""
    fields = [
        _field("pupil", "string", required=True),
        _field("phase", "string", required=True),
        _field("session", "integer", required=True, minimum=1),
        _field("date", "date"),
        _field("value", "number"),
    ]
    return {**_schema("single_case", fields, key=("pupil", "session")), "needsOneOf": [["value"]]}


def self_assessment_schema() -> dict[str, Any]:
    """One row per respondent, occasion and statement of a teacher profile, a school profile or a learning matrix."""
    fields = [
        _field("school", "string"),
        _field("respondent", "string", required=True),
        _field("occasion", "string", required=True),
        _field("date", "date"),
        _field("instrument", "string", enum=options("instrument")),
        _field("statement", "string", required=True, maxLength=20),
        _field("level", "integer", minimum=LEVELS[0], maximum=LEVELS[1]),
        _field("route", "string", enum=options("route")),
    ]
    key = ("school", "respondent", "occasion", "instrument", "statement")
    return {**_schema("self_assessment", fields, key=key), "needsOneOf": [["level"]]}


def options(name: str, *langs: str) -> list[str]:
    """What may stand in a field with a list to choose from, in these languages or in all."""
    codes = {"instrument": ("teacher_profile", "school_profile", "learning_matrix"), "route": ("flexible", "adaptive")}
    return [
        words(lang)(f"templates.option.{name}.{code}")
        for lang in langs or reversed(languages())
        for code in codes[name]
    ]


def _schema(kind: str, fields: Sequence[dict[str, Any]], *, key: Sequence[str]) -> dict[str, Any]:
    return {
        "$schema": TABLE,
        **_told(f"templates.kind.{kind}"),
        "fields": list(fields),
        "fieldsMatch": "partial",
        "missingValues": sorted(file_words("missing")),
        "primaryKey": list(key),
    }


def _field(name: str, kind: str, *, required: bool = False, **rules: object) -> dict[str, Any]:
    """Text is missing only when its cell is blank: a pupil may be called "Na"."""
    titles = {lang: words(lang)(f"problems.term.field.{name}") for lang in languages()}
    says = {lang: words(lang)(f"templates.field.{name}.says") for lang in languages()}
    field: dict[str, Any] = {"name": name, "type": kind, "title": titles["nl"], "description": says["nl"]}
    field |= {"titles": titles, "descriptions": says}
    if kind == "number":
        field["decimalChar"] = ","
    if kind == "string":
        field |= {"missingValues": [""], "quoted": name in QUOTED}
    if constraints := ({"required": True} if required else {}) | rules:
        field["constraints"] = constraints
    return field


def _told(key: str) -> dict[str, Any]:
    titles = {lang: words(lang)(f"{key}.title") for lang in languages()}
    says = {lang: words(lang)(f"{key}.says") for lang in languages()}
    return {"title": titles["nl"], "description": says["nl"], "titles": titles, "descriptions": says}


if __name__ == "__main__":
    for name, schema in build().items():
        write_json(schemas_folder() / name, schema)

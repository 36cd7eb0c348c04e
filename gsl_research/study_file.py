"""From a study file (TOML) to a Study, or to every problem in it with its row; so too any other file of a person."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from .problems import Problem, Problems, Term
from .study import Study

MAX_BYTES = 1_000_000
"""A study file is a page of text; a larger file is something else (policy)."""

Address = tuple[str | int, ...]
Contract = TypeVar("Contract", bound=BaseModel)


def load_study(path: str | Path) -> Study:
    """Read and check a study file.

    Raises Problems with everything that is wrong: a missing file, a file that is not TOML, unknown or missing
    keys, values of the wrong kind, and contradictions between fields.
    """
    return read_toml(Path(path), Study)


def read_toml(path: Path, contract: type[Contract]) -> Contract:
    """A file that a person fills in, by its contract. Raises Problems with everything that is wrong, and its row."""
    text = _text(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if path.suffix.lower() != ".toml":
            raise Problems([Problem(code="not_a_study", file=path.name)]) from None
        row = re.search(r"at line (\d+)", str(error))
        last = text.count("\n") + 1
        raise Problems([Problem(code="not_toml", file=path.name, row=int(row[1]) if row else last)]) from None
    try:
        return contract.model_validate(content)
    except ValidationError as invalid:
        rows = rows_of(text)
        found = invalid.errors(include_url=False)
        raise Problems([_problem(error, content, rows, path.name, contract) for error in found]) from None


def _text(path: Path) -> str:
    def stop(code: str, **facts: object) -> Problems:
        return Problems([Problem(code=code, file=path.name, facts=facts)])

    if path.is_dir():
        raise stop("study_is_folder")
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise stop("study_missing") from None
    except OSError:
        raise stop("file_open_elsewhere") from None
    if path.suffix.lower() == ".toml" and b"\0" in raw[:MAX_BYTES]:
        raise stop("study_encoding")
    if len(raw) > MAX_BYTES or b"\0" in raw:
        raise stop("not_a_study")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise stop("study_encoding" if path.suffix.lower() == ".toml" else "not_a_study") from None


def rows_of(text: str) -> dict[Address, int]:
    """The row of every table and key, as far as one line tells; inline tables take the row of their key."""
    found: dict[Address, int] = {}
    counts: dict[str, int] = {}
    table: Address = ()
    for row, line in enumerate(text.split("\n"), start=1):
        if head := re.match(r"\s*\[\[\s*([\w.-]+)\s*\]\]", line):
            counts[head[1]] = counts.get(head[1], -1) + 1
            table = (head[1], counts[head[1]])
            found[table] = row
        elif head := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            table = tuple(head[1].split("."))
            found[table] = row
        elif key := re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line):
            found[(*table, key[1])] = row
    return found


REQUIRED_TEXTS = ("title", "question", "label")
"""Keys that may not be left out: their text is asked for."""


def _problem(
    error: dict[str, Any], content: dict, rows: dict[Address, int], file: str, contract: type[BaseModel] = Study
) -> Problem:
    address = tuple(part for part in error["loc"] if _in_file(part))
    if error["type"] == "union_tag_not_found":
        address = (*address, "kind")
    facts = dict(error.get("ctx", {}))
    if "at" in facts:
        address = (*address, facts.pop("at"))
    row = next((rows[address[:n]] for n in range(len(address), 0, -1) if address[:n] in rows), None)
    key = next((str(part) for part in reversed(address) if isinstance(part, str)), "")
    value = _shown(error["input"])
    match error["type"]:
        case custom if custom.startswith("gsl."):
            return Problem(code=custom.removeprefix("gsl."), file=file, row=row, facts=facts)
        case "extra_forbidden":
            known = sorted(_keys_at(address[:-1], content, contract))
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
            code = "unknown_key_near" if near else "unknown_key"
            facts = {"key": key} | ({"suggestion": near[0]} if near else {"known": known})
            return Problem(code=code, file=file, row=row, facts=facts)
        case "missing" | "union_tag_not_found":
            table = ".".join(str(part) for part in address[:-1] if isinstance(part, str))
            code = "key_missing_in_table" if table else "key_missing"
            return Problem(code=code, file=file, row=row, facts={"key": key, "table": table})
        case "literal_error" | "union_tag_invalid":
            if error["type"] == "union_tag_invalid":
                key, value = "kind", str(error["ctx"]["tag"])
                row = rows.get((*address, "kind"), row)
            options = re.findall(r"'([^']*)'", error["ctx"].get("expected") or error["ctx"]["expected_tags"])
            facts = {"key": key, "options": options or [error["ctx"].get("expected", "")]}
            code = "not_one_of" if value else "key_to_choose"
            return Problem(code=code, file=file, row=row, value=value or None, facts=facts)
        case "string_pattern_mismatch":
            return Problem(code="not_an_id", file=file, row=row, value=value, facts={"key": key})
        case "too_short" if error["ctx"]["actual_length"] > 0:
            counts = {"found": error["ctx"]["actual_length"], "needed": error["ctx"]["min_length"]}
            code = "items_too_few" if key in ("items", "pre_items") else "list_too_short"
            return Problem(code=code, file=file, row=row, facts={"key": key, **counts})
        case "too_short" | "string_too_short":
            to_fill = "key_to_fill" if key in REQUIRED_TEXTS else "key_empty"
            code = "group_to_choose" if key in ("treated", "control") else to_fill
            return Problem(code=code, file=file, row=row, facts={"key": key})
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal" | "string_too_long":
            bound = next(iter(error["ctx"].values()))
            return Problem(
                code=f"value_{error['type']}", file=file, row=row, value=value, facts={"key": key, "bound": bound}
            )
        case _:
            kind = error["type"].removesuffix("_type").removesuffix("_parsing")
            return Problem(
                code="wrong_type",
                file=file,
                row=row,
                value=value,
                facts={"key": key, "wanted": Term(f"type.{_wanted(kind)}")},
            )


def _in_file(part: str | int) -> bool:
    """pydantic puts the chosen member of a union in the address; the file does not."""
    return isinstance(part, int) or not (part in _MEMBERS or "[" in part)


def _wanted(kind: str) -> str:
    match kind:
        case "bool" | "string" | "date" | "tuple":
            return kind
        case "float" | "int" | "finite_number":
            return "number"
        case "date_from_datetime_inexact" | "date_from_datetime":
            return "date"
        case _:
            return "table"


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for part in get_args(annotation):
            yield from _models(part)


def _keys_at(address: Address, content: dict, contract: type[BaseModel]) -> set[str]:
    """The keys the contract knows in this table; of a union, those of the declared kind."""
    models: Sequence[type[BaseModel]] = [contract]
    place: Any = content
    for part in address:
        place = place[part] if isinstance(place, dict | list) else {}
        if isinstance(part, str):
            models = [m for model in models for m in _models(_field(model, part))]
    if len(models) > 1 and isinstance(place, dict) and "kind" in place:
        models = [m for m in models if place["kind"] in get_args(m.model_fields["kind"].annotation)] or models
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def _field(model: type[BaseModel], key: str) -> Any:
    return next((f.annotation for name, f in model.model_fields.items() if key == (f.alias or name)), None)


_MEMBERS = {
    "one_group",
    "comparison",
    "multi_site",
    "growth",
    "stepped",
    "single_case",
    "survey",
    "ReachGoal",
    "GainGoal",
}

"""A table against its Table Schema: every cell the schema does not allow, with its place and its mend.

The schemas are those of ``data_schemas``; the words are those of Table Schema (datapackage.org). Beside the standard,
``titles`` names a field in each language, ``quoted`` says that its text may stand in a message, ``items`` describes
every column with the code of a question as its heading, and ``needsOneOf`` lists columns of which one must be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from .checked import Checked
from .problems import Problem, Problems, Term, errors
from .reading import Column, DateCell, Table, as_text, fold_header, read_tables
from .reading.grid import Cell
from .schemas import table_schema
from .wording import Words

MOST = 200
"""Cells told apart for one column; of the rest, the count (policy)."""
SHOWN_LENGTH = 10
"""A longer number is never quoted: it may be a number of the register (policy)."""
LONGEST_CODE = 30
"""The same for a code that is text (policy)."""
ISO_DATE = "%Y-%m-%d"
TRUE, FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")
KNOWN = {
    "string": {"required", "unique", "enum", "pattern", "minLength", "maxLength"},
    "integer": {"required", "unique", "enum", "minimum", "maximum"},
    "number": {"required", "unique", "enum", "minimum", "maximum"},
    "date": {"required", "unique", "enum", "minimum", "maximum"},
    "year": {"required", "unique", "enum", "minimum", "maximum"},
    "boolean": {"required", "unique", "enum"},
}
"""The types and constraints that are understood; any other is a mistake in the schema."""

Field = Mapping[str, Any]
Value = str | int | Decimal | date | bool | None


class _Refused:
    """The value of a cell that does not have the type of its field."""


REFUSED = _Refused()


@dataclass(frozen=True, slots=True)
class _Read:
    """A field, its column, and the value of each distinct cell; None is missing."""

    field: Field
    header: str
    column: Column
    values: tuple[Value | _Refused, ...]

    @property
    def ids(self) -> np.ndarray:
        """(n,) intp: equal for rows with equal values; -1 where the value is missing, -2 where it is refused."""
        place: dict[Value, int] = {}
        ids = [-1 if v is None else -2 if v is REFUSED else place.setdefault(v, len(place)) for v in self.values]
        return np.array(ids, dtype=np.intp)[self.column.codes] if ids else np.empty(0, dtype=np.intp)


def checked_as(path: Path, kind: str, w: Words, *, scale: tuple[int, int] | None = None) -> Checked:
    """A file against the schema of its kind, for a person and as data; ``scale`` is that of a questionnaire's answers.

    Of several sheets, those with the required columns are checked, each by itself; a warning names the others.

    Not for: the meaning of scores given a study (``checking.check_files``).
    """
    schema = table_schema(kind, scale=scale)
    try:
        found = read_tables(path, [name for field in schema["fields"] for name in _names(field)])
    except Problems as raised:
        return _told(raised.problems, (), w)
    fitting = [table for table in found.tables if not _lacking(table, schema)]
    problems = [*found.problems, *found.warnings]
    for table in fitting or found.tables:
        problems += [*table.warnings, *check(table, schema)]
    for table in found.tables if fitting else ():
        if _lacking(table, schema):
            problems.append(Problem(code="schema_other_table", severity="warning", file=table.file, sheet=table.sheet))
    return _told(problems, fitting or found.tables, w)


def _told(problems: Sequence[Problem], tables: Sequence[Table], w: Words) -> Checked:
    ordered = (*errors(problems), *(p for p in problems if p.severity == "warning"))
    outcome = "reject" if errors(ordered) else "accept_with_warning" if ordered else "accept"
    rows = sum(len(table) for table in tables)
    lines = [w(f"templates.check.{outcome}", rows=w.count(rows)), *(f"- {line}" for line in w.problem_lines(ordered))]
    return Checked(tuple(lines), ordered, w, {"rows": rows})


def check(table: Table, schema: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Everything the schema does not allow, in the order of the rows; what is wrong with the columns comes first.

    A field finds its column by its name or one of its titles, whatever the capitals and signs. Columns the schema
    does not know are not checked, and a warning names them. ``schema`` is a Table Schema as ``schemas.build`` makes it.

    Raises ValueError for a schema with a type or constraint that is not understood here.
    """
    schema = for_table(schema, table)
    for field in schema["fields"]:
        _understood(field)
    headers, problems = _columns(table, schema)
    missing = {word.casefold() for word in schema.get("missingValues", [""])}
    read = []
    for field in schema["fields"]:
        if header := headers.get(field["name"]):
            column = table.columns[header]
            absent = {
                word.casefold() for word in (*field.get("missingValues", missing), *table.missing.get(header, ()))
            }
            values = tuple(_value(field, cell, absent) for cell in column.distinct)
            read.append(_Read(field, header, column, values))
    located = [found for one in read for found in (*_cells(table, one), *_unique(table, one))]
    located += _keys(table, schema, {one.field["name"]: one for one in read})
    return (*problems, *(problem for _, problem in sorted(located, key=lambda found: found[0])))


def for_table(schema: Mapping[str, Any], table: Table) -> Mapping[str, Any]:
    """The schema with a field for every column of this table that is an item: a plain Table Schema."""
    if "items" not in schema:
        return schema
    item = dict(schema["items"])
    code = re.compile(item.pop("headers"))
    named = {name for field in schema["fields"] for name in _names(field)}
    items = [
        {"name": header, **item, "item": True}
        for header in table.columns
        if code.fullmatch(header) and fold_header(header) not in named
    ]
    return {**schema, "fields": [*schema["fields"], *items]}


def _understood(field: Field) -> None:
    kind, rules = field.get("type", "string"), set(field.get("constraints", ()))
    if kind not in KNOWN:
        raise ValueError(f"field {field['name']!r} has type {kind!r}; known are {', '.join(KNOWN)}")
    if unknown := rules - KNOWN[kind]:
        raise ValueError(f"field {field['name']!r} of type {kind!r} cannot have {', '.join(sorted(unknown))}")
    if field.get("format", "default") != "default" and kind != "date":
        raise ValueError(f"field {field['name']!r} of type {kind!r} cannot have format {field['format']!r}")


def stop(code: str, /, **facts: object) -> Problem:
    return Problem(code=code, facts=facts)


# columns


def _names(field: Field) -> set[str]:
    return {
        fold_header(name) for name in (field["name"], field.get("title"), *field.get("titles", {}).values()) if name
    }


def _title(field: Field) -> str:
    """What a person calls the column: a word of the texts for a field of ours."""
    return Term(f"field.{field['name']}") if "titles" in field else field.get("title") or field["name"]


def _matches(table: Table, field: Field) -> list[str]:
    names = _names(field)
    meant = {header: header for header in table.columns} | dict(table.aliases)
    return list(dict.fromkeys(header for name, header in meant.items() if fold_header(name) in names))


def _lacking(table: Table, schema: Mapping[str, Any]) -> bool:
    """A column that must be there is not there."""
    required = [field for field in schema["fields"] if field.get("constraints", {}).get("required")]
    return not all(_matches(table, field) for field in required)


def _columns(table: Table, schema: Mapping[str, Any]) -> tuple[dict[str, str], list[Problem]]:
    """Field name -> header, and what is wrong with the headers."""
    matches = {field["name"]: _matches(table, field) for field in schema["fields"]}
    titles = {field["name"]: _title(field) for field in schema["fields"]}
    headers = list(table.columns)
    problems = []
    for field in schema["fields"]:
        name = field["name"]
        if not matches[name] and field.get("constraints", {}).get("required"):
            problems.append(stop("schema_column_missing", title=titles[name], headers=headers))
        elif len(matches[name]) > 1:
            problems.append(stop("schema_column_twice", title=titles[name], headers=matches[name]))
    for names in schema.get("needsOneOf", ()):
        if not any(matches[name] for name in names):
            problems.append(stop("schema_none_of", titles=[titles[name] for name in names], headers=headers))
    if "items" in schema and not any(field.get("item") for field in schema["fields"]):
        problems.append(stop("schema_no_items", headers=headers))
    known = {header for found in matches.values() for header in found}
    if unknown := [header for header in headers if header not in known]:
        problems.append(replace(stop("schema_columns_unknown", headers=unknown), severity="warning"))
    problems = [replace(problem, file=table.file, sheet=table.sheet) for problem in problems]
    return {name: found[0] for name, found in matches.items() if len(found) == 1}, problems


# cells


def _value(field: Field, cell: Cell, missing: set[str]) -> Value | _Refused:
    """The cell as its type reads it; None when it is missing."""
    kind, text = field.get("type", "string"), as_text(cell)
    if text.casefold() in missing:
        return None
    number = Decimal(repr(float(cell))) if isinstance(cell, float) else None
    if number is not None and not number.is_finite():
        return REFUSED
    match kind:
        case "string":
            return REFUSED if isinstance(cell, DateCell) else text
        case "integer" | "year" if number is not None:
            whole = number == number.to_integral_value() and (kind == "integer" or 0 <= number <= 9999)
            return int(number) if whole else REFUSED
        case "integer":
            return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) else REFUSED
        case "year":
            return int(text) if re.fullmatch(r"\d{4}", text, re.ASCII) else REFUSED
        case "number":
            return number if number is not None else _number(field, text)
        case "date":
            return REFUSED if number is not None else _date(text, ISO_DATE if isinstance(cell, DateCell) else field)
        case _:
            true, false = field.get("trueValues", TRUE), field.get("falseValues", FALSE)
            return True if text in true else False if text in false else REFUSED


def _number(field: Field, text: str) -> Decimal | _Refused:
    """Digits with the field's own decimal mark; groups, where the field has them, are of three digits."""
    mark, group = re.escape(field.get("decimalChar", ".")), re.escape(field.get("groupChar", ""))
    whole = rf"\d+|\d{{1,3}}(?:{group}\d{{3}})+" if group else r"\d*"
    found = re.fullmatch(rf"(?P<whole>[+-]?(?:{whole}))(?:{mark}(?P<part>\d+))?", text, re.ASCII)
    if found is None or not (found["whole"].strip("+-") or found["part"]):
        return REFUSED
    digits = found["whole"].replace(field.get("groupChar", ""), "") if group else found["whole"]
    return Decimal(f"{digits}.{found['part'] or '0'}")


def _date(text: str, written: Field | str) -> date | _Refused:
    form = written if isinstance(written, str) else written.get("format", "default")
    try:
        return datetime.strptime(text, ISO_DATE if form == "default" else form).date()
    except ValueError:
        return REFUSED


def _bound(field: Field, bound: object) -> Any:
    """A limit or a listed value of the schema, as a cell of its field is read."""
    if isinstance(bound, str):
        return _value(field, bound, set())
    return Decimal(repr(bound)) if isinstance(bound, float) else bound


def _shown(field: Field, cell: Cell) -> str | None:
    """The cell as it may stand in a message: a code with a digit, a misspelt option, or what cannot be a name."""
    text = as_text(cell)
    if field.get("type", "string") != "string":
        return text if len(text) <= SHOWN_LENGTH and text[:1] in "0123456789+-.," else None
    options = field.get("constraints", {}).get("enum", ())
    code = any(letter.isdecimal() for letter in text) or get_close_matches(text, options)
    return text if field.get("quoted") and len(text) <= LONGEST_CODE and code else None


def _violations(field: Field, cell: Cell, value: Value | _Refused) -> Iterator[Problem]:
    rules = field.get("constraints", {})
    shown = _shown(field, cell)
    found = f"“{shown}”" if shown else Term("cell.hidden")
    if value is None:
        if rules.get("required"):
            yield stop("schema_required")
        return
    if value is REFUSED:
        if isinstance(cell, DateCell) and field.get("type", "string") == "string":
            yield stop("schema_date_as_text")
        else:
            yield stop("schema_type", found=found if shown else Term("cell.other"), wanted=_wanted(field))
        return
    low, high = (_bound(field, rules[limit]) if limit in rules else None for limit in ("minimum", "maximum"))
    below, above = low is not None and value < low, high is not None and value > high
    if field.get("item") and (below or above):
        yield stop("schema_answer", found=found, low=_plain(low), high=_plain(high))
    elif below:
        yield stop("schema_minimum", found=found, bound=_plain(low))
    elif above:
        yield stop("schema_maximum", found=found, bound=_plain(high))
    if "enum" in rules and value not in [_bound(field, option) for option in rules["enum"]]:
        yield stop("schema_enum", found=found, options=[str(option) for option in rules["enum"]])
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield stop("schema_pattern", found=found, example=str(field.get("example", rules["pattern"])))
    if "minLength" in rules and len(value) < rules["minLength"]:
        yield stop("schema_too_short", bound=rules["minLength"])
    if "maxLength" in rules and len(value) > rules["maxLength"]:
        yield stop("schema_too_long", bound=rules["maxLength"])


def _wanted(field: Field) -> Term:
    kind = field.get("type", "string")
    if kind == "number":
        kind = "number_comma" if field.get("decimalChar") == "," else "number_point"
    return Term(f"cell.{kind}")


def _plain(bound: object) -> object:
    """A limit as a fact: whole numbers without decimals."""
    return float(bound) if isinstance(bound, Decimal) else bound


Located = tuple[int, Problem]
"""A problem with the position of its row."""


def _cells(table: Table, read: _Read) -> Iterator[Located]:
    """Each distinct cell is judged once; its rows take the answer."""
    ruled = set(read.field.get("constraints", ())) - {"required", "unique"}
    wrong = [
        tuple(_violations(read.field, cell, value)) if ruled or value is None or value is REFUSED else ()
        for cell, value in zip(read.column.distinct, read.values, strict=True)
    ]
    bad = np.array([bool(found) for found in wrong], dtype=bool)
    at = np.flatnonzero(bad[read.column.codes]) if len(bad) else ()
    for position in at[:MOST]:
        code = read.column.codes[position]
        shown = _shown(read.field, read.column.distinct[code]) or None
        for problem in wrong[code]:
            yield int(position), _at(table, position, read.header, replace(problem, value=shown))
    yield from _more(table, at, read.header)


def _more(table: Table, at: Sequence[int], header: str | None) -> Iterator[Located]:
    if len(at) > MOST:
        yield int(at[MOST]), _at(table, at[MOST], header, stop("schema_more", count=len(at) - MOST))


def _at(table: Table, position: int, header: str | None, problem: Problem) -> Problem:
    return replace(problem, **table.place(int(position), header), column=header)


# values that may stand once


def _repeated(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of values that stood before, and where each stood first; a negative id is no value."""
    kept = np.flatnonzero(ids >= 0)
    _, first, place = np.unique(ids[kept], return_index=True, return_inverse=True)
    origin = kept[first[place]]
    again = kept != origin
    return kept[again], origin[again]


def _unique(table: Table, read: _Read) -> Iterator[Located]:
    if not read.field.get("constraints", {}).get("unique"):
        return
    at, origins = _repeated(read.ids)
    for position, origin in zip(at[:MOST], origins[:MOST], strict=True):
        first = table.place(int(origin), read.header)["row"]
        yield int(position), _at(table, position, read.header, stop("schema_unique", first=str(first)))
    yield from _more(table, at, read.header)


def _keys(table: Table, schema: Mapping[str, Any], read: Mapping[str, _Read]) -> Iterator[Located]:
    """Rows with the same primary key. An optional column that is not there is no part of it.

    A row whose key is incomplete has a problem of its own already, and is left out.
    """
    wanted = schema.get("primaryKey", ())
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    required = {f["name"] for f in schema["fields"] if f.get("constraints", {}).get("required")}
    if not wanted or any(name in required and name not in read for name in wanted):
        return
    parts = [read[name] for name in wanted if name in read]
    if not parts:
        return
    key = np.zeros(len(table), dtype=np.intp)
    whole = np.ones(len(table), dtype=bool)
    for part in parts:
        ids = part.ids
        whole &= ids >= (0 if part.field["name"] in required else -1)
        _, key = np.unique(key * (ids.max(initial=0) + 3) + ids + 2, return_inverse=True)
    titles = [_title(part.field) for part in parts]
    at, origins = _repeated(np.where(whole, key, -1))
    for position, origin in zip(at[:MOST], origins[:MOST], strict=True):
        first = table.place(int(origin))["row"]
        yield int(position), _at(table, position, None, stop("schema_key", first=str(first), titles=titles))
    yield from _more(table, at, None)

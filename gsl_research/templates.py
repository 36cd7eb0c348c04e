"""The empty workbook a teacher fills in: the right columns per design, and a sheet that explains them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from .files import write_bytes, writing
from .problems import Problem, Problems
from .schemas import ANSWERS, LEVELS, options
from .wording import Words, words

ITEMS = 10
"""Questions in an empty questionnaire; more may be added (policy)."""
ROWS = 2000
"""Rows below the header where Excel helps to choose (policy)."""
MADE = datetime(2026, 1, 1)
"""Written into every template: same design, same bytes."""
WIDTH, NARROW, EXPLAIN_WIDTH = 16, 7, 100
"""Of a column, in characters."""


@dataclass(frozen=True, slots=True)
class Template:
    """The columns of a design, by field name; those in ``needed`` may not be removed. ``kind`` names its schema."""

    kind: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]


TEMPLATES = {
    "comparison": Template("scores", ("class", "pupil", "group", "pre", "post"), ("class", "pupil", "group", "post")),
    "one_group": Template("scores", ("class", "pupil", "pre", "post"), ("class", "pupil", "pre", "post")),
    "multi_site": Template(
        "scores", ("school", "class", "pupil", "group", "pre", "post"), ("class", "pupil", "group", "post")
    ),
    "growth": Template("scores", ("class", "pupil", "wave", "date", "score"), ("class", "pupil", "wave", "score")),
    "stepped": Template(
        "scores", ("class", "pupil", "start", "wave", "score"), ("class", "pupil", "start", "wave", "score")
    ),
    "single_case": Template(
        "single_case", ("pupil", "phase", "session", "date", "value"), ("pupil", "phase", "session", "value")
    ),
    "survey": Template(
        "questionnaire", ("school", "class", "group", "pupil", "occasion", "item"), ("class", "pupil", "occasion")
    ),
    "self_assessment": Template(
        "self_assessment",
        ("school", "respondent", "occasion", "instrument", "statement", "level", "route"),
        ("respondent", "occasion", "statement", "level"),
    ),
}
"""Every kind of design, and the self-assessment, that has an empty workbook."""
SCORE, WHOLE, DAY, TEXT = "0.0#", "0", 14, 49
"""Number formats; a number is one of those built into every spreadsheet, in the user's own language."""
FORMATS = {"pre": SCORE, "post": SCORE, "score": SCORE, "value": SCORE, "session": WHOLE, "level": WHOLE, "item": WHOLE}
FORMATS |= {"date": DAY}
"""How Excel shows a column; every other column is text, or Excel makes a date of class 6-1."""
CHOICES = ("instrument", "route")


def write(design: str, path: Path | str | None = None, lang: str = "nl") -> Path:
    """Write the empty workbook of a design of ``TEMPLATES``; without ``path``, in this folder under its own name.

    Raises Problems when the file exists already (it is never overwritten), when its name does not end in .xlsx,
    or when the disk refuses.
    """
    if design not in TEMPLATES:
        raise ValueError(f"no template for {design!r}; there are {', '.join(TEMPLATES)}")
    w = words(lang)
    path = Path(path) if path is not None else Path(file_name(design, w))
    if path.suffix.lower() != ".xlsx":
        raise Problems([Problem(code="template_not_xlsx", file=path.name)])
    _place(path, _workbook(TEMPLATES[design], design, w))
    return path


def file_name(design: str, w: Words) -> str:
    return w("templates.file", design=w(f"templates.design.{design}.name"))


def _headings(name: str, w: Words) -> list[str]:
    """One heading, or V1, V2, … for the questions of a questionnaire."""
    return [f"V{number}" for number in range(1, ITEMS + 1)] if name == "item" else [w(f"problems.term.field.{name}")]


def explanation(template: Template, design: str, w: Words) -> list[str]:
    """The lines of the second sheet: a sentence or two per column, each with an example."""
    lines = [w(f"templates.design.{design}.says"), ""]
    for name in template.columns:
        first, *_, last = _headings(name, w) * 2
        title = first if first == last else w("templates.items", first=first, last=last)
        says, example = w(f"templates.field.{name}.says"), w(f"templates.field.{name}.example")
        line = "templates.line_needed" if name in template.needed else "templates.line"
        lines.append(w(line, title=title, says=says, example=example))
    told = ("headings", "privacy") if template.kind == "self_assessment" else ("headings", "missing", "own", "privacy")
    return [*lines, "", *(w(f"templates.intro.{line}") for line in told)]


def _workbook(template: Template, design: str, w: Words) -> bytes:
    import xlsxwriter

    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": MADE})
        data = book.add_worksheet(w("templates.sheet.data"))
        bold = book.add_format({"bold": True, "bottom": 1, "num_format": TEXT})
        columns = [(name, heading) for name in template.columns for heading in _headings(name, w)]
        for at, (name, heading) in enumerate(columns):
            width = NARROW if name == "item" else max(WIDTH, len(heading) + 2)
            data.set_column(at, at, width, book.add_format({"num_format": FORMATS.get(name, TEXT)}))
            data.write_string(0, at, heading, bold)
            if rule := _allowed(name, w.lang):
                data.data_validation(1, at, ROWS, at, rule)
        data.freeze_panes(1, 0)
        told = book.add_worksheet(w("templates.sheet.explain"))
        told.set_column(0, 0, EXPLAIN_WIDTH, book.add_format({"text_wrap": True, "valign": "top", "num_format": TEXT}))
        for row, line in enumerate(explanation(template, design, w)):
            if line:
                told.write_string(row, 0, line)
    return content.getvalue()


def _allowed(name: str, lang: str) -> dict[str, object] | None:
    """What Excel lets a teacher type; only where no school needs anything else. Answers only warn: scales differ."""
    match name:
        case "level":
            return {"validate": "integer", "criteria": "between", "minimum": LEVELS[0], "maximum": LEVELS[1]}
        case "session":
            return {"validate": "integer", "criteria": ">=", "value": 1}
        case "item":
            between = {"validate": "integer", "criteria": "between", "minimum": ANSWERS[0], "maximum": ANSWERS[1]}
            return between | {"error_type": "warning"}
        case _ if name in CHOICES:
            return {"validate": "list", "source": options(name, lang)}
    return None


def _place(path: Path, content: bytes) -> None:
    """Never over another file."""
    with writing(path):
        if path.exists():
            raise Problems([Problem(code="template_exists", file=path.name)])
    write_bytes(path, content)

"""A report as PDF: tagged (PDF/UA-1), on A4, set by typst from one fixed template and in the letters that come with it.

The template reads the blocks as JSON, so that no text is ever markup; nothing of the machine goes in, nor its date.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..blocks import Report, as_json
from ..wording import words
from . import sheet
from .paper import is_form, numeric_columns, on_paper

if TYPE_CHECKING:
    from typst import Fonts

TEMPLATE = Path(__file__).with_name("report.typ")
STANDARD = "ua-1"
LETTERS = "Libertinus Serif"
"""Of a drawing: the typeface that comes with typst."""
SHEET = {
    "sides": sheet.SIDES, "ends": sheet.ENDS, "letters": sheet.LETTERS, "least": sheet.LEAST, "most": sheet.MOST
}  # fmt: skip
"""In points and millimetres, for a page that is one sheet."""
UNDRAWN = "\N{WHITE SQUARE}"
PLAIN = frozenset(chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x180))) | {"\t", "\n", "\r"}
"""Letters that are known to be there."""
PROBE = b'#set document(title: "x", date: none)\n#sys.inputs.letter'


def pdf(report: Report) -> bytes:
    """The whole document; same report, same bytes. What its letters cannot draw shows as a square, and is said."""
    w = words(report.lang)
    language, _, region = w.tag.partition("-")
    paper = on_paper(report)
    told = {
        "report": _set(as_json(paper), paper),
        "sheet": SHEET if report.name in sheet.ONE_SHEET else None,
        "lang": language,
        "region": region.lower() or None,
        "answer": w("documents.answer"),
        "undrawn": None,
    }
    text = json.dumps(told, ensure_ascii=False)
    lacking = {letter for letter in set(text) - PLAIN if not _drawn(letter)}
    if lacking:
        told["undrawn"] = w("documents.undrawn", square=UNDRAWN)
        text = json.dumps(told, ensure_ascii=False)
        text = re.sub("[" + "".join(map(re.escape, sorted(lacking))) + "]", UNDRAWN, text)
    return _compiled(TEMPLATE.read_bytes(), {"told": text})


def _set(value: Any, report: Report) -> Any:
    for block, kept in zip(value["blocks"], report.blocks, strict=True):
        if block["kind"] == "table":
            block["numeric"] = numeric_columns(kept)
            block["form"] = sheet.form_shares(len(kept.header)) if is_form(kept) else None
        if block["kind"] == "chart":
            block["wide"] = re.sub(r'font-family="[^"]*"', f'font-family="{LETTERS}"', block["wide"])
    return value


@lru_cache(maxsize=4096)
def _drawn(letter: str) -> bool:
    """Whether any of the typefaces has it, beside a letter that it may belong to."""
    import typst

    try:
        _compiled(PROBE, {"letter": f"o{letter}o"})
    except typst.TypstError:
        return False
    return True


def _compiled(source: bytes, inputs: dict[str, str]) -> bytes:
    import typst

    return typst.compile(
        source,
        root=TEMPLATE.parent,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        format="pdf",
        pdf_standards=[STANDARD],
        timestamp=0,
    )


@lru_cache
def _fonts() -> Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False)

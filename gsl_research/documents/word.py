"""A report as a Word document: real headings, lists, tables and styles, which a teacher can edit.

Nothing of the machine goes in, nor an author or a time: same report, same parts.
"""

from __future__ import annotations

import re
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..blocks import Block, Bullets, Callout, Chart, Facts, Heading, Report, Steps, Table, Text
from ..charts import as_png
from ..wording import Words, words
from .paper import column_widths, is_form, numeric_columns, on_paper
from .sheet import ENDS, ONE_SHEET, SIDES, Fitted, fitted, form_shares

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.text.paragraph import Paragraph

ROOM = Path(__file__).parent
STYLES = (
    "lead", "small", "answer", "fact", "picture", "cell", "conclusion", "next_step", "note", "table",
)  # fmt: skip
"""Styles of our own: their names are in the language of the report, for who edits them."""
UNUSED = {"thumbnail", "extended-properties", "customXml", "stylesWithEffects", "webSettings", "fontTable"}
"""Parts of the library's template that say something of another document, or nothing."""
REGIONS = {"en": "en-GB", "nl": "nl-BE", "fr": "fr-BE", "de": "de-DE"}
"""A language as Word names it."""
MILLIMETRE = 36000
"""In the units of a drawing (ECMA-376, part 1, section 20.1.10.16)."""
WIDE = 161
"""In millimetres: what fits on A4 between margins of 24."""
LETTERS, GAP = (2.25, 2.05, 1.85), 4.5
"""Of a table in its small letters, in millimetres: a wide letter, or a less wide one where that does not fit; and the
space beside a column."""
TOGETHER = 16
"""A table of no more rows than this stays on one page."""
USUAL = 11
"""Points of running text in ``word_styles.xml``."""
CLOSE, LEADING = 0.25, 250
"""On a page of one sheet: the space around paragraphs beside the usual, and between lines in 240ths of a line."""


def docx(report: Report) -> bytes:
    """The whole document, as the bytes of a file."""
    from docx import Document

    w = words(report.lang)
    document, paper = Document(), on_paper(report)
    sheet = fitted(paper) if report.name in ONE_SHEET else None
    _prepare(document, paper, w, sheet)
    document.add_paragraph(paper.kicker, w("documents.style.small"))
    for text, style in ((paper.title, "Title"), (paper.question, "Subtitle")):
        _speaking(document.add_paragraph(text, style), report.typed_lang)
    for block, after in zip(paper.blocks, (*paper.blocks[1:], None), strict=True):
        _add(document, block, after, w, sheet)
    document.add_paragraph(paper.footer, w("documents.style.small"))
    return _packed(document)


def _add(document: Document, block: Block, after: Block | None, w: Words, sheet: Fitted | None) -> None:
    match block:
        case Text(text, style):
            named = "Normal" if style == "body" else w(f"documents.style.{style}")
            document.add_paragraph(text, named).paragraph_format.keep_with_next = isinstance(after, Chart) or None
        case Heading(text, level, answer):
            document.add_paragraph(text, f"Heading {level - 1}")
            if answer is not None:
                document.add_paragraph(f"{w('documents.answer')} {answer}", w("documents.style.answer"))
        case Facts(items):
            for figure, what in items:
                fact = document.add_paragraph(style=w("documents.style.fact"))
                fact.add_run(figure).bold = True
                fact.add_run(f": {what}")
        case Bullets(items):
            for item in items:
                document.add_paragraph(item, "List Bullet")
        case Callout(tone, title, paragraphs):
            for at, text in enumerate(paragraphs):
                paragraph = document.add_paragraph(style=w(f"documents.style.{tone}"))
                if at == 0 and title is not None:
                    paragraph.add_run(title).bold = True
                    text = f" {text}"
                paragraph.add_run(text)
        case Steps(names, current, label):
            before, name, behind = label.rpartition(names[current])
            paragraph = document.add_paragraph(before)
            paragraph.add_run(name).bold = True
            paragraph.add_run(behind)
        case Chart():
            _picture(document, block, w)
        case Table() if sheet is not None and is_form(block):
            _form(document, block, w, sheet)
        case Table():
            _table(document, block, w)


def _picture(document: Document, chart: Chart, w: Words) -> None:
    place = document.add_paragraph(style=w("documents.style.picture")).add_run()
    drawn = place.add_picture(BytesIO(as_png(chart.wide)), width=WIDE * MILLIMETRE)
    for side in ("distT", "distB", "distL", "distR"):
        drawn._inline.set(side, "0")
    drawn._inline.docPr.set("descr", chart.alt)
    document.add_paragraph(chart.caption, "Caption")


def _table(document: Document, one: Table, w: Words) -> None:
    document.add_paragraph(one.caption, "Caption").paragraph_format.keep_with_next = True
    table = _columns(document, one, w, _widths(one))
    numeric = numeric_columns(one)
    rows = (one.header, *one.rows)
    for at, texts in enumerate(rows):
        row = table.add_row()
        row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
        together = at == 0 or len(rows) <= TOGETHER and at < len(rows) - 1
        for cell, text, is_number in zip(row.cells, texts, numeric, strict=True):
            (paragraph,) = cell.paragraphs
            paragraph.style = w("documents.style.cell")
            paragraph.paragraph_format.keep_with_next = together or None
            paragraph.paragraph_format.alignment = 2 if is_number else None
            paragraph.add_run(text)
    _described(document, table, one, w)


def _form(document: Document, one: Table, w: Words, sheet: Fitted) -> None:
    """Room to write, by hand or at the keyboard: a name above the lines, and lines as high as fit."""
    shares = form_shares(len(one.header))
    if len(shares) > 1:
        document.add_paragraph(one.caption, "Caption").paragraph_format.keep_with_next = True
    table = _columns(document, one, w, [share * (210 - 2 * SIDES) for share in shares])
    names = table.add_row()
    names._tr.get_or_add_trPr()
    for cell, name in zip(names.cells, one.header, strict=True):
        cell.paragraphs[0].style = w("documents.style.small")
        cell.paragraphs[0].add_run(name)
        cell._tc.get_or_add_tcPr().append(_parsed(BORDERS.format(left="nil", bottom="nil")))
    for _ in one.rows:
        row = table.add_row()
        row.height = round(sheet.line * MILLIMETRE)
        for at, cell in enumerate(row.cells):
            cell.paragraphs[0].style = w("documents.style.cell")
            cell._tc.get_or_add_tcPr().append(_parsed(BORDERS.format(left="single" if at else "nil", bottom="single")))
    _described(document, table, one, w)


def _columns(document: Document, one: Table, w: Words, widths: list[float]) -> Any:
    """A table without rows, its columns so many millimetres wide."""
    table = document.add_table(0, len(one.header), w("documents.style.table"))
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = round(width * MILLIMETRE)
    return table


def _described(document: Document, table: Any, one: Table, w: Words) -> None:
    """Its first row is its header, and what it is; then room, so that no two tables become one."""
    table.rows[0]._tr.trPr.append(_element("w:tblHeader"))
    properties = table._tbl.tblPr
    for look in properties.findall(_name("w:tblLook")):
        properties.remove(look)
    flags = {"firstRow": 1, "lastRow": 0, "firstColumn": 1, "lastColumn": 0, "noHBand": 1, "noVBand": 1}
    properties.append(_element("w:tblLook", val="06A0", **flags))
    properties.append(_element("w:tblCaption", val=one.caption))
    space = document.add_paragraph(style=w("documents.style.cell"))
    space.paragraph_format.space_after = 0


def _widths(one: Table) -> list[float]:
    """Of every column in millimetres."""
    count = len(one.header)
    for letter in LETTERS:
        widths = column_widths(one, int((WIDE - GAP * count) / letter))
        if widths is not None:
            return [width * letter + GAP for width in widths]
    return [WIDE / count] * count


def _prepare(document: Document, report: Report, w: Words, sheet: Fitted | None) -> None:
    """A4, our own styles, the language, the page number at the foot; and nothing of the template's maker."""
    for rels in (document.part.package.rels, document.part.rels):
        for key in [key for key, rel in rels.items() if rel.reltype.rpartition("/")[2] in UNUSED]:
            del rels[key]
    language = REGIONS.get(w.tag, w.tag)
    names = {name: escape(w(f"documents.style.{name}")) for name in STYLES}
    for part, name in (
        (document.part._styles_part, "styles"),
        (document.part._settings_part, "settings"),
        (document.part.numbering_part, "numbering"),
    ):
        xml = (ROOM / f"word_{name}.xml").read_text("utf-8").format(language=language, **names)
        part._element = _parsed(_smaller(xml, sheet) if sheet is not None else xml)
    section = document.sections[0]
    section.page_width, section.page_height = 210 * MILLIMETRE, 297 * MILLIMETRE
    sides, ends = (24, 22) if sheet is None else (SIDES, ENDS)
    section.left_margin = section.right_margin = sides * MILLIMETRE
    section.top_margin = section.bottom_margin = ends * MILLIMETRE
    for name in list(section._sectPr.attrib):
        del section._sectPr.attrib[name]
    if sheet is None:
        _numbered(section.footer.paragraphs[0])
    about = document.core_properties
    for child in list(about._element):
        about._element.remove(child)
    about.title, about.language = report.title[:255], language


def _numbered(foot: Paragraph) -> None:
    foot.style = "Footer"
    for field, after in (("PAGE", " / "), ("NUMPAGES", "")):
        foot._p.append(_parsed(FIELD.format(field=field)))
        foot.add_run(after)


def _smaller(xml: str, sheet: Fitted) -> str:
    """The styles for one sheet, in a typeface of which every machine has the widths."""

    def times(factor: float) -> Any:
        return lambda found: f'{found[1]}"{round(int(found[2]) * factor)}"'

    xml = re.sub(r'(<w:szC?s? w:val=)"(\d+)"', times(sheet.letters / USUAL), xml)
    xml = re.sub(r'(w:(?:before|after)=)"(\d+)"', times(CLOSE), xml).replace('w:space="8"', 'w:space="4"')
    return re.sub(r'w:line="\d+"', f'w:line="{LEADING}"', xml).replace("Calibri", "Arial")


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BORDERS = (
    f'<w:tcBorders xmlns:w="{W}"><w:left w:val="{{left}}" w:sz="4" w:space="0" w:color="D9D4CA"/>'
    f'<w:bottom w:val="{{bottom}}" w:sz="6" w:space="0" w:color="8D8A83"/></w:tcBorders>'
)
"""Of a cell to write in: a line that is seen on paper."""
FIELD = f'<w:fldSimple xmlns:w="{W}" w:instr="{{field}}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def _speaking(paragraph: Paragraph, typed: str | None) -> None:
    if typed is not None:
        for run in paragraph.runs:
            run._r.get_or_add_rPr().append(_element("w:lang", val=REGIONS.get(typed, typed)))


def _parsed(xml: str) -> BaseOxmlElement:
    from docx.oxml import parse_xml

    return parse_xml(xml.encode("utf-8"))


def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    return qn(tag)


def _element(tag: str, **attributes: Any) -> BaseOxmlElement:
    from docx.oxml import OxmlElement

    return OxmlElement(tag, {_name(f"w:{name}"): str(value) for name, value in attributes.items()})


def _packed(document: Document) -> bytes:
    """Every part with the same time, and none of the system that packed it."""
    made, packed = BytesIO(), BytesIO()
    document.save(made)
    with ZipFile(made) as parts, ZipFile(packed, "w") as again:
        for part in parts.infolist():
            entry = ZipInfo(part.filename)
            entry.create_system, entry.external_attr, entry.compress_type = 0, 0, ZIP_DEFLATED
            again.writestr(entry, parts.read(part.filename))
    return packed.getvalue()

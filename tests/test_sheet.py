"""The guide for a meeting as Word, PDF and text: the same words, room to write, one sheet of A4."""

import re
from dataclasses import replace
from functools import cache
from io import BytesIO

import pytest
from conftest import bound, classes
from defusedxml.ElementTree import fromstring
from test_formats import ORDERS, W, parts, squeezed, tags, text_of, told_by
from test_team import by_libreoffice, full, in_pdf, pages
from text_keys import LANGUAGES

import gsl_research as gsl
from gsl_research.blocks import Report, Table, Text
from gsl_research.documents import FORMATS, document, sheet
from gsl_research.documents.paper import is_form, on_paper
from gsl_research.documents.plain import WIDTH


@cache
def guide(lang: str = "nl") -> Report:
    return pages(gsl.measure(*bound(classes(3, 3, 20, effect=1.0))), lang=lang)[1]


@cache
def made(kind: str, lang: str = "nl") -> bytes:
    return document(guide(lang), kind)


def forms(page: Report) -> list[Table]:
    return [block for block in page.blocks if isinstance(block, Table) and is_form(block)]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_of_the_guide_is_in_every_format(lang, kind):
    there = squeezed(text_of(made(kind, lang), kind))
    if kind == "docx":
        body = fromstring(parts(made(kind, lang))["word/document.xml"])
        there += "".join(squeezed(one.get(f"{W}val")) for one in body.iter(f"{W}tblCaption"))
    unsaid = set() if kind == "docx" else {form.caption for form in forms(guide(lang)) if len(form.header) == 1}
    if kind == "txt":
        unsaid |= {cell for one in guide(lang).blocks if isinstance(one, Table) for row in one.rows for cell in row}
    missing = [text for text in told_by(guide(lang)) if squeezed(text) not in there]
    assert not {squeezed(text) for text in missing} - {squeezed(text) for text in unsaid}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_guide_is_the_same_bytes(kind):
    assert document(guide(), kind) == made(kind) != document(full("nl")[1], kind)


def test_word_has_cells_to_write_in_and_nothing_at_the_foot():
    from docx import Document

    opened = Document(BytesIO(made("docx")))
    to_write = [table for table in opened.tables if not any(cell.text for row in table.rows[1:] for cell in row.cells)]
    fit = sheet.fitted(on_paper(guide()))
    assert [(len(t.rows) - 1, len(t.columns)) for t in to_write] == [(3, 1), (2, 1), (3, 3)]
    for table, form in zip(to_write, forms(guide()), strict=True):
        assert [cell.text for cell in table.rows[0].cells] == list(form.header)
        assert table.rows[0]._tr.trPr.find(f"{W}tblHeader") is not None
        assert {round(row.height / 36000, 1) for row in table.rows[1:]} == {round(fit.line, 1)}
        lines = [cell._tc.tcPr.find(f"{W}tcBorders/{W}bottom").get(f"{W}val") for cell in table.rows[1].cells]
        assert set(lines) == {"single"}
        section = opened.sections[0]
        across = sum(column.width for column in table.columns)
        assert abs(across - (section.page_width - section.left_margin - section.right_margin)) < 1000
    assert not list(opened.sections[0].footer._element.iter(f"{W}fldSimple"))
    assert re.search(rb'w:ascii="Arial"', parts(made("docx"))["word/styles.xml"])


def test_the_xml_of_the_guide_is_in_the_order_of_its_schema():
    for name in ("word/document.xml", "word/styles.xml"):
        for element in fromstring(parts(made("docx"))[name]).iter():
            tag = element.tag.removeprefix(W)
            if tag in ORDERS and element.tag.startswith(W):
                places = [ORDERS[tag].split().index(child.tag.removeprefix(W)) for child in element]
                assert places == sorted(places), (name, tag)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pdf_is_tagged_and_its_tables_have_headers(lang):
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(made("pdf", lang)))
    kinds = [tag["/S"] for tag in tags(reader)]
    tables = [block for block in guide(lang).blocks if isinstance(block, Table)]
    assert kinds.count("/Table") == kinds.count("/THead") == len(tables) == 4
    assert kinds.count("/TH") == sum(len(one.header) for one in tables)
    assert [kind for kind in kinds if re.fullmatch(r"/H\d", kind)] == ["/H1", *["/H2"] * 4]
    assert reader.metadata.title == guide(lang).title


def test_text_has_lines_to_fill_in():
    lines = made("txt").decode("utf-8").split("\n")
    assert lines.count("_" * WIDTH) == 5 and all(len(line) <= WIDTH for line in lines)
    asked = [line.split(":")[0] for line in lines if line.endswith("____") and ":" in line]
    assert asked == ["- Wat", "  Wie (een rol)", "  Tegen wanneer"] * 3


def test_letters_are_as_large_and_lines_as_high_as_the_text_leaves():
    short, long = on_paper(guide()), on_paper(full("nl")[1])
    assert sheet.fitted(short).letters > sheet.fitted(long).letters >= min(sheet.LETTERS)
    for page in (short, long):
        assert sheet.LEAST <= sheet.fitted(page).line <= sheet.MOST
    alone = replace(short, blocks=tuple(forms(short)[:1]))
    assert sheet.fitted(alone) == sheet.Fitted(max(sheet.LETTERS), sheet.MOST)
    endless = replace(short, blocks=(*short.blocks, Text("nog een woord " * 2000)))
    assert sheet.fitted(endless) == sheet.Fitted(min(sheet.LETTERS), sheet.LEAST)
    assert in_pdf(document(endless, "pdf")) > 1, "nothing is cut off"


def test_the_columns_of_a_form_share_the_width():
    for columns in range(1, 6):
        shares = sheet.form_shares(columns)
        assert len(shares) == columns and abs(sum(shares) - 1) < 1e-9 and min(shares) > 0 and shares[0] == max(shares)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_guide_is_one_sheet_as_pdf(lang):
    assert in_pdf(made("pdf", lang)) == 1 < in_pdf(document(replace(guide(lang), name="report"), "pdf"))


def letters_of(page: Report) -> float:
    """The size in which running text is set in the PDF."""
    from pypdf import PdfReader

    sizes = []
    told = next(block.text for block in page.blocks if isinstance(block, Text) and block.style == "body")

    def hear(text, _, matrix, __, size):
        if text.strip() and text.strip()[:20] in told:
            sizes.append(abs(size * matrix[3]))

    PdfReader(BytesIO(document(page, "pdf"))).pages[0].extract_text(visitor_text=hear)
    return max(sizes)


def test_the_letters_of_the_pdf_give_way_and_not_the_room_to_write():
    assert max(sheet.LETTERS) >= letters_of(guide()) > letters_of(full("nl")[1]) >= min(sheet.LETTERS)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_guide_is_one_sheet_in_word(tmp_path, lang):
    assert in_pdf(by_libreoffice(made("docx", lang), tmp_path)) == 1

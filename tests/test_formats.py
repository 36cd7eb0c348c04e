"""A report as Word, PDF and text says what the page says, in the same order, and carries nothing of the machine.

The PDFs are read by pypdf, the Word documents by python-docx and as XML; both are other code than what wrote the text.
Child orders of Word's XML are those of ECMA-376, part 1, annex A [recalled].
"""

import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import EXAMPLES, PROJECT
from defusedxml.ElementTree import fromstring
from naughty import KINDS
from test_documents import report as every_block

import gsl_research as gsl
from gsl_research import charts
from gsl_research.blocks import Bullets, Callout, Chart, Fold, Heading, Report, Table, Text, as_json, from_json
from gsl_research.documents import FORMATS, document, html
from gsl_research.documents.paper import ILLEGAL, column_widths, held, on_paper
from gsl_research.documents.pdf import UNDRAWN
from gsl_research.documents.plain import WIDTH
from gsl_research.wording import words

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STUDIES = sorted(path.stem for path in EXAMPLES.glob("*.toml"))
OFTEN = {"breuken-strookmodel", "rekentaal-tien-klassen", "woordenschat-een-klas"}
"""Examples that are read in every run of the tests: all three formats of the others are slow."""
PAGES = [
    pytest.param(stem, lang, marks=() if stem in OFTEN and (lang == "nl" or stem == min(OFTEN)) else pytest.mark.slow)
    for stem in STUDIES
    for lang in ("nl", "en")
]
_measured = {}


def page_of(stem: str, lang: str = "nl") -> Report:
    if stem not in _measured:
        study = gsl.load_study(EXAMPLES / f"{stem}.toml")
        data = next(file for file in EXAMPLES.glob(f"{stem}.*") if file.suffix != ".toml")
        measurement = gsl.measure(study, gsl.load_data(data, study))
        _measured[stem] = measurement, gsl.judge(measurement)
    return gsl.report(*_measured[stem], lang=lang)


@cache
def made(stem: str, lang: str, kind: str) -> bytes:
    return document(page_of(stem, lang), kind)


def drawing() -> Chart:
    return charts.designs([("klassen", 2.0), ("helften", 1.0)], words=words("nl"), margin=1.0, decimals=1)


class Said(HTMLParser):
    """Every text of a page, and what stands in for its pictures; drawings hold no text of their own."""

    def __init__(self, source: str):
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag in ("svg", "ol"):
            self.texts.append(named["aria-label"])
        if tag not in ("meta", "path", "rect", "line", "br"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        if data.strip() and not {"svg", "style", "title"} & set(self.inside):
            self.texts.append(data)


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def told_by(page: Report) -> list[str]:
    """What a format must say: all of the page but the name of a button."""
    button = words(page.lang)("documents.figures")
    return [text for text in Said(html(page)).texts if text != button]


def parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def text_of(content: bytes, kind: str) -> str:
    if kind == "txt":
        return re.sub(r"(?m)^\| ", "", content.decode("utf-8"))
    if kind == "docx":
        body = fromstring(parts(content)["word/document.xml"])
        alts = [element.get("descr") for element in body.iter() if element.get("descr")]
        return " ".join([*(element.text or "" for element in body.iter(f"{W}t")), *alts])
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    pages = [page.extract_text() for page in reader.pages]
    foot = rf"\d+\s*/\s*{len(pages)}\s*$|^\s*\d+\s*/\s*{len(pages)}\b"
    alts = [tag["/Alt"] for tag in tags(reader) if "/Alt" in tag]
    return " ".join([*(re.sub(foot, "", page) for page in pages), *alts])


def tags(reader) -> list[dict]:
    """The structure of a PDF, in reading order."""
    found = []

    def walk(node):
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("stem", "lang"), PAGES)
def test_every_text_of_the_page_is_in_every_format(stem, lang, kind):
    page = page_of(stem, lang)
    there = squeezed(text_of(made(stem, lang, kind), kind))
    missing = [text for text in told_by(page) if squeezed(text) not in there]
    if kind == "txt":  # cells stand in columns there, over more lines: their words are there, not their run
        cells = {squeezed(cell) for table in tables(page.blocks) for row in (table.header, *table.rows) for cell in row}
        missing = [text for text in missing if squeezed(text) not in cells]
    assert not missing


def tables(blocks) -> list[Table]:
    found = []
    for block in blocks:
        match block:
            case Table():
                found.append(block)
            case Chart(table=table):
                found.append(table)
            case Fold(blocks=inner):
                found += tables(inner)
    return found


@pytest.mark.parametrize(("stem", "lang"), PAGES)
def test_every_word_of_a_cell_is_in_the_text(stem, lang):
    page = page_of(stem, lang)
    there = made(stem, lang, "txt").decode("utf-8")
    cells = [cell for table in tables(page.blocks) for row in (table.header, *table.rows) for cell in row]
    assert not {word for cell in cells for word in cell.split() if len(word) <= 32 and word not in there}


# the values


@pytest.mark.parametrize(("stem", "lang"), PAGES)
def test_a_report_goes_to_json_and_back(stem, lang):
    page = page_of(stem, lang)
    text = json.dumps(as_json(page), allow_nan=False)
    assert from_json(json.loads(text)) == page


def test_every_block_goes_to_json_with_its_kind():
    page = every_block("x")
    assert from_json(as_json(page)) == page
    kinds = {block["kind"] for block in as_json(page)["blocks"]}
    assert kinds == {"callout", "facts", "heading", "text", "chart", "steps", "bullets", "table", "fold"}
    assert as_json(page)["kind"] == "report"


@pytest.mark.parametrize("wrong", [{"kind": "pupil"}, {"text": "x"}, {"kind": "text", "pupil": "x"}])
def test_what_is_no_block_is_refused(wrong):
    with pytest.raises(ValueError, match="no block"):
        from_json(wrong)


def test_paper_has_no_folds_and_every_table_of_a_picture_at_its_end():
    fold = Fold("meer", (Text("a"), Heading("kop", 2), Fold("dieper", (Text("b"),))))
    page = replace(every_block(), blocks=(fold, Text("eerst"), drawing()))
    w, blocks = words("nl"), on_paper(page).blocks
    headings = [(block.level, block.text) for block in blocks if isinstance(block, Heading)]
    assert headings == [
        (2, w("documents.more")), (3, "meer"), (4, "kop"), (4, "dieper"), (2, w("documents.tables")),
    ]  # fmt: skip
    assert blocks[0] == Text("eerst") and isinstance(blocks[-1], Table)


def test_a_short_column_gives_nothing_away_to_a_long_one():
    one = Table("x", ("kort", "lang"), (("12 punten", "woord " * 30),))
    assert column_widths(one, 60) == [9, 51]
    assert column_widths(one, 600) == [9, 180]
    assert column_widths(Table("x", ("woordenschat",) * 9, ()), 60) is None


# same values, same bytes; nothing of the machine


@pytest.mark.parametrize("kind", FORMATS)
def test_same_report_same_bytes_anywhere(tmp_path, kind):
    """Another process, folder, time zone, user and order of hashes."""
    page = replace(every_block("é"), blocks=(Text("é"), drawing(), Fold("x", (Table("t", ("a",), (("1",),)),))))
    first = document(page, kind)
    code = (
        "import sys, json; from gsl_research.blocks import from_json; from gsl_research.documents import document\n"
        f"sys.stdout.buffer.write(document(from_json(json.load(sys.stdin)), {kind!r}))"
    )
    elsewhere = {"PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "HOME": str(tmp_path)}
    elsewhere |= {"USER": "els", "LOGNAME": "els", "SOURCE_DATE_EPOCH": "1", "PYTHONUTF8": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(as_json(page)).encode(), cwd=tmp_path,
        env=os.environ | elsewhere, capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    assert run.stdout == first == document(page, kind)


def long_names() -> list[str]:
    """This machine and its user, where their names are no part of other words."""
    return [name for name in (platform.node(), os.environ.get("USER", "")) if len(name) > 6]


def bytes_inside(content: bytes, kind: str) -> bytes:
    """Everything that a file holds, unpacked."""
    if kind == "docx":
        unpacked = b"\n".join(part for name, part in parts(content).items())
        return content + unpacked
    if kind == "pdf":
        found = [content]
        for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
            try:
                found.append(zlib.decompress(stream))
            except zlib.error:
                found.append(stream)
        return b"\n".join(found)
    return content


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_of_the_machine_the_user_or_the_data_file_is_inside(tmp_path, kind):
    data = tmp_path / "map van juf Zebedea" / "punten juf Zebedea.csv"
    data.parent.mkdir()
    shutil.copy(EXAMPLES / "breuken-strookmodel.csv", data)
    study = gsl.load_study(EXAMPLES / "breuken-strookmodel.toml")
    measurement = gsl.measure(study, gsl.load_data(data, study))
    gsl.save(gsl.report(measurement, gsl.judge(measurement)), tmp_path / "uit", also=(kind,))
    written = tmp_path / "uit" / "reports" / study.id / f"report.{kind}"
    inside = bytes_inside(written.read_bytes(), kind)
    found = {
        secret
        for secret in ("Zebedea", str(tmp_path), str(Path.home()) + "/", str(PROJECT), *long_names(), "punten juf")
        for way in ("utf-8", "utf-16-be", "utf-16-le")
        if secret.encode(way) in inside
    }
    assert not found
    today = datetime.date.today()
    assert not re.search(rb"\d{4}-\d\d-\d\dT|D:20\d\d|" + today.isoformat().encode(), inside)
    assert not re.search(rb"(?i)<dc:creator>|lastModifiedBy|/Author|/CreationDate|/ModDate|rsid|python-docx", inside)


def test_a_word_document_holds_only_its_own_parts():
    content = document(replace(every_block(), blocks=(drawing(),)), "docx")
    with ZipFile(BytesIO(content)) as packed:
        assert {(one.date_time, one.create_system) for one in packed.infolist()} == {((1980, 1, 1, 0, 0, 0), 0)}
    assert sorted(parts(content)) == [
        "[Content_Types].xml", "_rels/.rels", "docProps/core.xml", "word/_rels/document.xml.rels",
        "word/document.xml", "word/footer1.xml", "word/media/image1.png", "word/numbering.xml", "word/settings.xml",
        "word/styles.xml", "word/theme/theme1.xml",
    ]  # fmt: skip


# Word


ORDERS = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
    "suppressAutoHyphens spacing ind contextualSpacing mirrorIndents jc textDirection outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps strike color spacing w kern position sz szCs highlight u shd vertAlign "
    "rtl cs em lang",
    "tblPr": "tblStyle tblpPr bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd "
    "tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tbl": "tblPr tblGrid tr",
    "tc": "tcPr p",
    "tr": "trPr tc",
    "tblBorders": "top left bottom right insideH insideV",
    "tblCellMar": "top left bottom right",
    "pBdr": "top left bottom right between bar",
    "sectPr": "footerReference pgSz pgMar cols docGrid",
    "style": "name basedOn next link uiPriority semiHidden unhideWhenUsed qFormat pPr rPr tblPr trPr tcPr tblStylePr",
    "tblStylePr": "pPr rPr tblPr trPr tcPr",
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign",
    "settings": "zoom defaultTabStop characterSpacingControl compat themeFontLang",
    "lvl": "start numFmt pStyle suff lvlText lvlJc pPr rPr",
    "numbering": "abstractNum num",
}


@pytest.mark.parametrize("stem", sorted(OFTEN))
def test_the_xml_of_word_is_in_the_order_of_its_schema(stem):
    seen = set()
    for name, part in parts(made(stem, "nl", "docx")).items():
        if not name.endswith(".xml") or name.startswith("word/theme"):
            continue
        for element in fromstring(part).iter():
            tag = element.tag.removeprefix(W)
            if tag in ORDERS and element.tag.startswith(W):
                seen.add(tag)
                children = [child.tag.removeprefix(W) for child in element]
                places = [ORDERS[tag].split().index(child) for child in children]
                assert places == sorted(places), (name, tag, children)
    assert {"pPr", "tblPr", "tc", "style", "sectPr", "settings", "lvl"} <= seen


@pytest.mark.parametrize(("stem", "lang"), PAGES)
def test_word_reads_headings_tables_and_pictures_as_such(stem, lang):
    from docx import Document

    page = page_of(stem, lang)
    content = made(stem, lang, "docx")
    opened, w = Document(BytesIO(content)), words(lang)
    named = {style.name for style in opened.styles}
    assert {paragraph.style.name for paragraph in opened.paragraphs} <= named
    levels = [int(p.style.name[-1]) for p in opened.paragraphs if p.style.name.startswith("Heading")]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert [p.text for p in opened.paragraphs if p.style.name == "Title"] == [page.title]
    body = opened.element.body
    assert len(opened.tables) == len(tables(page.blocks))
    for table in opened.tables:
        flagged = [row for row in table.rows if row._tr.trPr.find(f"{W}tblHeader") is not None]
        assert len(flagged) == 1 and flagged[0]._tr is table.rows[0]._tr
        look = table._tbl.tblPr.find(f"{W}tblLook")
        assert (look.get(f"{W}firstRow"), look.get(f"{W}firstColumn")) == ("1", "1")
        assert table._tbl.tblPr.find(f"{W}tblCaption").get(f"{W}val")
        before = table._tbl.getprevious()
        assert before.pPr.style == "Caption" and before.pPr.keepNext is not None
    pictures = body.findall(".//{*}docPr")
    assert len(pictures) == len([one for one in tables(page.blocks)]) - len(plain_tables(page.blocks))
    assert len({one.get("id") for one in pictures}) == len(pictures) and all(one.get("descr") for one in pictures)
    for drawn in body.findall(f".//{W}drawing"):
        style = opened.styles[w("documents.style.picture")]
        assert drawn.getparent().getparent().pPr.style == style.style_id and style.paragraph_format.keep_with_next
    core, tag = opened.core_properties, {"nl": "nl-BE", "en": "en-GB"}[lang]
    assert (core.title, core.language, core.author) == (page.title, tag, "")
    assert f'w:lang w:val="{tag}"'.encode() in parts(content)["word/styles.xml"]
    foot = opened.sections[0].footer._element
    assert [field.get(f"{W}instr") for field in foot.iter(f"{W}fldSimple")] == ["PAGE", "NUMPAGES"]


def plain_tables(blocks) -> list[Table]:
    inner = [one for block in blocks if isinstance(block, Fold) for one in plain_tables(block.blocks)]
    return [block for block in blocks if isinstance(block, Table)] + inner


def test_the_current_step_is_bold_and_callouts_have_a_style_a_teacher_can_change():
    from docx import Document

    opened = Document(BytesIO(made("breuken-strookmodel", "nl", "docx")))
    (ladder,) = [p for p in opened.paragraphs if p.text.startswith("Op een ladder")]
    assert [run.text for run in ladder.runs if run.bold] == ["voorzichtig"]
    shaded = [p.style for p in opened.paragraphs if p.style.name in ("Verslag besluit", "Verslag volgende stap")]
    assert len(shaded) == 4 and all(style.element.pPr.find(f"{W}shd") is not None for style in shaded)


def test_what_was_typed_in_another_language_says_so_in_word_and_pdf():
    page = replace(every_block(lang="en"), typed_lang="nl", blocks=(Text("x"),))
    body = fromstring(parts(document(page, "docx"))["word/document.xml"])
    assert [lang.get(f"{W}val") for lang in body.iter(f"{W}lang")] == ["nl-BE", "nl-BE"]
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(document(page, "pdf")))
    assert "nl" in {tag.get("/Lang") for tag in tags(reader)}


def test_pictures_in_word_are_made_for_print():
    content = document(replace(every_block(), blocks=(drawing(),)), "docx")
    image = parts(content)["word/media/image1.png"]
    assert int.from_bytes(image[16:20], "big") == 1920  # 300 dots to the inch on 161 mm


# PDF


@pytest.mark.parametrize(("stem", "lang"), PAGES)
def test_a_pdf_is_tagged_titled_and_read_in_order(stem, lang):
    from pypdf import PdfReader

    page = page_of(stem, lang)
    content = made(stem, lang, "pdf")
    reader = PdfReader(BytesIO(content))
    root, found = reader.trailer["/Root"], tags(reader)
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == {"nl": "nl-BE", "en": "en"}[lang]
    assert reader.metadata.title == page.title and root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert b"<pdfuaid:part>1</pdfuaid:part>" in bytes_inside(content, "pdf")
    levels = [int(tag["/S"][2]) for tag in found if re.fullmatch(r"/H\d", tag["/S"])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    figures = [tag for tag in found if tag["/S"] == "/Figure"]
    steps = 1 if any(type(block).__name__ == "Steps" for block in page.blocks) else 0
    assert len(figures) == len(tables(page.blocks)) - len(plain_tables(page.blocks)) + steps
    assert all(figure.get("/Alt") for figure in figures)
    kinds = [tag["/S"] for tag in found]
    assert kinds.count("/Table") == kinds.count("/THead") == len(tables(page.blocks))
    heads = [tag for tag in found if tag["/S"] == "/TH"]
    assert len(heads) == sum(len(one.header) for one in tables(page.blocks))
    assert all("/Column" in str(tag["/A"]) for tag in heads)
    assert {tuple(map(float, one.mediabox[2:])) for one in reader.pages} == {(595.2756, 841.8898)}
    for one in reader.pages:
        for font in one["/Resources"].get("/Font", {}).values():
            described = font["/DescendantFonts"][0]["/FontDescriptor"]
            assert "/FontFile3" in described or "/FontFile2" in described


def test_letters_of_europe_are_drawn_and_what_cannot_be_is_said():
    title = "Łukasz, Şükrü, Nguyễn, ß ç ë é − … “ ” × ≤"
    page = replace(every_block(), title=title, blocks=(Text("x"),))
    there = text_of(document(page, "pdf"), "pdf")
    assert squeezed(title) in squeezed(there) and UNDRAWN not in there
    foreign = replace(page, title="Klas 张三 en محمد")
    there = text_of(document(foreign, "pdf"), "pdf")
    assert f"Klas {UNDRAWN}{UNDRAWN} en" in there and "Een □ staat voor een teken" in re.sub(r"\s+", " ", there)
    for kind in ("docx", "txt"):
        assert "张三 en محمد" in text_of(document(foreign, kind), kind).replace("\xa0", " ")


def test_no_text_is_markup():
    nasty = "*vet* _schuin_ #panic() $x^2$ `code` \\ <label> @ref <b>x</b> & {x} = kop // weg"
    page = replace(every_block(nasty), study_id="x", blocks=(*every_block(nasty).blocks[:5], Text(nasty)))
    for kind in FORMATS:
        there = squeezed(text_of(document(page, kind), kind))
        assert there.count(squeezed(nasty)) >= (8 if kind != "txt" else 4), kind


def test_signs_that_turn_text_around_are_seen_and_illegal_ones_are_gone():
    page = replace(every_block("a\x00\x08b\x85\ufffec \u202ed\u2066e"), study_id="x", lang="nl", blocks=(Text("y"),))
    for kind in FORMATS:
        there = text_of(document(page, kind), kind)
        assert "abc [U+202E]d[U+2066]e" in there.replace("\xa0", " "), kind
        assert not ILLEGAL.search(there.replace("\n", "")), kind


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_strings_make_documents(kind):
    """Some of each kind in one page, in every kind of place that holds text."""
    texts = KINDS[kind][:: max(len(KINDS[kind]) // 6, 1)] if kind != "letters" else KINDS[kind][::3]
    table = Table("t", ("a", "b"), tuple((text, "1") for text in texts))
    blocks = (
        *map(Text, texts),
        *map(Heading, texts),
        Bullets(tuple(texts)),
        Callout("note", None, tuple(texts)),
        table,
    )
    page = replace(every_block(texts[0]), study_id="x", lang="nl", blocks=blocks)
    for wanted in FORMATS:
        there = squeezed(text_of(document(page, wanted), wanted))
        lost = [text for text in texts if not known_letters(text) and squeezed(held(text)) not in there]
        assert wanted == "txt" or not lost


def known_letters(text: str) -> bool:
    """Whether a text holds letters beyond those that every PDF reader gives back one by one."""
    return any(ord(letter) > 0x24F for letter in text)


def test_a_paragraph_longer_than_a_page_loses_nothing():
    long = " ".join(f"woord{n}" for n in range(2000))
    blocks = (
        Callout("conclusion", None, (long,)),
        Text(long),
        Bullets((long,)),
        Table("t", ("a", "b"), ((long, "1"),)),
    )
    page = replace(every_block(), blocks=blocks)
    for kind in FORMATS:
        there = text_of(document(page, kind), kind)
        assert [there.count(f"woord{n}") for n in (1990, 1999)] == [4, 4], kind


# text


@pytest.mark.parametrize(("stem", "lang"), PAGES)
def test_text_has_short_lines_and_underlined_headings(stem, lang):
    page = page_of(stem, lang)
    text = made(stem, lang, "txt").decode("utf-8")
    lines = text.split("\n")
    assert all(len(line) <= WIDTH for line in lines) and text.endswith("\n") and "\n\n\n" not in text
    for heading in [block.text for block in page.blocks if isinstance(block, Heading) and len(block.text) < WIDTH]:
        under = lines[lines.index(heading) + 1]
        assert set(under) <= {"=", "-"} and len(under) == len(heading)


def test_a_table_that_fits_no_columns_is_a_list():
    wide = Table("Breed", tuple(f"kolom-met-een-naam-{n}" for n in range(8)), (tuple("abcdefgh"),))
    text = document(replace(every_block(), blocks=(wide,)), "txt").decode("utf-8")
    assert "- kolom-met-een-naam-0: a\n  kolom-met-een-naam-1: b" in text


# by other programs


@pytest.mark.slow
@pytest.mark.parametrize("stem", STUDIES)
def test_libreoffice_opens_every_word_document(tmp_path, stem):
    soffice = shutil.which("soffice") or pytest.skip("LibreOffice is not on this machine")
    (tmp_path / "report.docx").write_bytes(made(stem, "nl", "docx"))
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    words_ = [soffice, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), "report.docx"]
    subprocess.run(words_, cwd=tmp_path, check=True, capture_output=True, timeout=180)
    from pypdf import PdfReader

    there = "".join(page.extract_text() for page in PdfReader(tmp_path / "report.pdf").pages)
    assert squeezed(page_of(stem).footer) in squeezed(there)

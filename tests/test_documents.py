"""A page that stands alone: no script, no request, readable by everyone."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gsl_research import charts, documents
from gsl_research.blocks import (
    Bullets,
    Callout,
    Chart,
    Facts,
    Fold,
    Heading,
    Report,
    Steps,
    Table,
    Text,
)
from gsl_research.charts import ground, picture
from gsl_research.documents import paper
from gsl_research.wording import words

VOID = {"meta", "br", "hr", "img", "link", "input"}
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="x"><path d="M0,0"/></svg>'
NASTY = '<script>alert("x")</script>'


class Page(HTMLParser):
    """Every element with its attributes, and whether each was closed in its turn."""

    def __init__(self, source: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def report(text: str = "Tekst", chart: Chart | None = None, lang: str = "nl") -> Report:
    """A page with every kind of block, and ``text`` in every place that holds text."""
    table = Table(text, (text, text), ((text, "1,5"), (text, "12 %")))
    chart = chart or Chart(DRAWING, DRAWING, text, text, table)
    blocks = (
        Callout("conclusion", None, (text, text)),
        Facts(((text, text), (text, text))),
        Heading(text, 2, text),
        Text(text, "lead"),
        Heading(text, 3),
        chart,
        chart,
        chart,
        Steps((text, text, text), 1, text),
        Callout("next_step", text, (text,)),
        Callout("note", text, (text,)),
        Heading(text),
        Bullets((text,)),
        table,
        Fold(text, (Text(text, "small"), Heading(text, 3), table, Fold(text, (Text(text),)))),
    )
    return Report(text, lang, text, text, text, blocks, text)


@pytest.fixture(scope="module")
def whole() -> str:
    nl = words("nl")
    bins = tuple((low, low + 5.0, 0.25) for low in (0.0, 5.0, 10.0, 15.0))
    shapes = [charts.ClassShape(f"klas {n}", ("treated", "control")[n % 2], 12.0, bins, "20") for n in range(24)]
    return documents.html(report(chart=charts.class_means(shapes, scale=(0, 20), words=nl, adjusted=True)))


def test_the_page_is_well_formed_and_small(whole):
    assert Page(whole).open == []
    assert whole.startswith("<!doctype html>")
    assert len(documents.html(report()).encode()) < 20_000


def test_three_full_charts_stay_under_300_kb(whole):
    assert len(whole.encode()) < 300_000


def test_same_report_same_bytes(whole):
    assert documents.html(report()) == documents.html(report())


def test_no_script_and_no_request(whole):
    page = Page(whole)
    assert not page.all("script", "link", "iframe", "img", "object", "form", "base")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|javascript:", whole)
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    policy = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


@pytest.mark.parametrize(("lang", "tag"), [("nl", "nl-BE"), ("en", "en")])
def test_the_page_says_its_language(lang, tag):
    assert Page(documents.html(report(lang=lang))).all("html") == [{"lang": tag}]


def test_every_text_is_escaped():
    page = documents.html(report(NASTY))
    assert "<script" not in page
    assert 'alert("x")' not in page
    assert len(Page(page).elements) == len(Page(documents.html(report())).elements)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        '<a href="x"/>',
        '<path onclick="x"/>',
        '<image href="x"/>',
        "<foreignObject/>",
        '<g style="x"/>',
    ],
)
def test_a_drawing_that_acts_is_refused(inside):
    drawing = DRAWING.replace("<path", inside + "<path")
    with pytest.raises(ValueError, match="only drawn elements"):
        documents.html(report(chart=Chart(drawing, DRAWING, "x", "x", Table("x", ("x",), (("x",),)))))


def test_landmarks_and_headings_in_order(whole):
    page = Page(whole)
    assert [tag for tag, _ in page.elements if tag in ("header", "main", "footer")] == ["header", "main", "footer"]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_tables_have_a_caption_scopes_and_a_scroll_region(whole):
    page = Page(whole)
    tables = page.all("table")
    regions = [found for found in page.all("div") if found.get("class") == "scroll"]
    assert len(tables) == len(page.all("caption")) == len(regions)
    assert all(cell["scope"] in ("col", "row") for cell in page.all("th"))
    assert all(region["role"] == "region" and region["aria-label"] and region["tabindex"] == "0" for region in regions)


def test_a_column_of_numbers_is_flush_right():
    assert paper.numeric_columns(Table("x", ("a", "b"), (("klas 1", "1,5"), ("klas 2", "12 %")))) == (False, True)
    assert paper.numeric_columns(Table("x", ("a", "b"), ())) == (False, False)


def test_every_picture_has_two_widths_and_no_ids(whole):
    page = Page(whole)
    assert len(page.all("figure")) == len(page.all("figcaption")) == 3
    assert len(page.all("svg")) == 6
    assert not [attributes["id"] for _, attributes in page.elements if "id" in attributes]


def test_the_current_step_is_said(whole):
    assert [item for item in Page(whole).all("li") if item.get("aria-current") == "step"] == [{"aria-current": "step"}]


def luminance(colour: str) -> float:
    shares = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_letters_and_marks_stand_out():
    style = dict(re.findall(r"--(\w+): (#\w{6});", (documents.ROOM / "page.css").read_text("utf-8")))
    papers = ("#ffffff", style["warm"], ground.BAND)
    for letters in (style["ink"], style["soft"], style["accent"], picture.INK, picture.SOFT):
        assert all(contrast(letters, paper) >= 4.5 for paper in papers)
    for mark in (*ground.COLOURS.values(), picture.LINE):
        assert contrast(mark, "#ffffff") >= 3


def test_what_a_school_typed_in_another_language_is_marked_so():
    page = documents.html(replace(report(lang="en"), typed_lang="nl"))
    assert [part for part in Page(page).all("h1")] == [{"lang": "nl"}]
    assert {"class": "question", "lang": "nl"} in Page(page).all("p")
    assert "lang" not in Page(documents.html(report(lang="en"))).all("h1")[0]


def test_no_line_breaks_between_a_number_and_what_it_counts():
    page = documents.html(replace(report(), blocks=(Text("van 0,2 tot 12 klassen, 80 % van 30"),)))
    assert "van 0,2\xa0tot 12\xa0klassen, 80\xa0% van 30" in page

"""The page in a real browser, readable by everyone at every width.

Needs axe-core as the package ``axe-playwright-python`` carries it.
"""

import re
from collections.abc import Sequence
from importlib.resources import files

import pytest
from browsing import LAPTOP, PAPER, PHONE, WIDER, listening, missing, shown
from conftest import PROJECT

from gsl_research.batch import Batch, Outcome
from gsl_research.below import Given
from gsl_research.index_page import write_index
from gsl_research.problems import Problem
from gsl_research.wording import words

PAGES = sorted((PROJECT / "reports" / "example").glob("*/report*.html"))
MEETINGS = sorted((PROJECT / "reports" / "example").glob("*/gespreksleidraad*.html"))
NAMES = [f"{page.parent.name}-{page.stem}" for page in PAGES]
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LEAST_LETTER, LEAST_TARGET = 12, 24
"""Pixels of a letter in a figure (words page, section 2), and of what is pressed (WCAG 2.5.8)."""


@pytest.fixture(scope="module")
def axe() -> str:
    try:
        return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    except ModuleNotFoundError:
        missing("axe-playwright-python")


def violations(page, axe: str, **only: Sequence[str]) -> list[str]:
    """What axe-core holds against the page as it stands: the rule and the first element of each."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe)
    kind, values = next(iter(only.items()), ("tag", RULES))
    run = "runOnly => axe.run({runOnly, resultTypes: ['violations']})"
    found = page.evaluate(run, {"type": kind, "values": list(values)})
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found["violations"]]


@pytest.mark.parametrize("page_file", [*PAGES, *MEETINGS], ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_axe_finds_nothing(browser, axe, page_file):
    """WCAG 2.2 A and AA, and the habits axe-core adds, on a phone, on a laptop that is set to dark, and on paper."""
    with shown(browser, page_file, PHONE) as page:
        assert violations(page, axe) == []
        page.set_viewport_size({"width": LAPTOP, "height": 900})
        page.emulate_media(color_scheme="dark")
        assert violations(page, axe) == []
        page.set_viewport_size({"width": PAPER, "height": 1123})
        page.emulate_media(media="print", color_scheme="light")
        assert violations(page, axe) == []


def test_axe_finds_nothing_in_the_index_of_a_batch(browser, axe, tmp_path):
    problem = Problem(code="batch_no_scores", file="a.toml", facts={"same": "a.csv"})
    given = [Given(f"De Bosgeest/{n}.toml", tmp_path, None, id=n, title=n, school="De Bosgeest") for n in "ab"]
    batch = Batch((Outcome(given[0], "done"), Outcome(given[1], "failed", (problem,))), "forked")
    for page_file in write_index(batch, tmp_path, words("nl")):
        with shown(browser, page_file, PHONE) as page:
            assert violations(page, axe) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
            page.set_viewport_size({"width": LAPTOP, "height": 900})
            assert violations(page, axe) == []


FAULTS = {
    "html-has-lang": ('lang="nl-BE"', ""),
    "valid-lang": ("<main>", '<main><p lang="vlaams">x</p>'),
    "document-title": (r"<title>.*?</title>", ""),
    "color-contrast": ("--soft: #55595e", "--soft: #b8bcc2"),
    "svg-img-alt": (r'role="img" aria-label="[^"]*"', 'role="img"'),
    "summary-name": (r"<summary>[^<]*</summary>", "<summary></summary>"),
    "target-size": (
        "<main>",
        '<main><a href="#a" style="display:block;height:9px">x</a><a href="#b" style="display:block;height:9px">y</a>',
    ),
    "heading-order": ("<h2", "<h4"),
    "landmark-one-main": (r"</?main>", ""),
}


@pytest.mark.parametrize("rule", FAULTS)
def test_axe_finds_a_fault_that_is_made(browser, axe, tmp_path, rule):
    sound = next(page for page in PAGES if page.stem == "report").read_text("utf-8")
    faulty = re.sub(FAULTS[rule][0], FAULTS[rule][1], sound, flags=re.DOTALL)
    assert faulty != sound
    (tmp_path / "faulty.html").write_text(faulty, "utf-8")
    with shown(browser, tmp_path / "faulty.html", LAPTOP) as page:
        assert violations(page, axe, rule=[rule])[0].startswith(rule)


@pytest.mark.parametrize("page_file", PAGES, ids=NAMES)
def test_nothing_stands_out_of_a_phone(browser, page_file):
    with shown(browser, page_file, PHONE) as page:
        assert page.evaluate(WIDER) == [False, []]
        assert page.evaluate(SMALLEST_LETTER) >= LEAST_LETTER
        page.add_style_tag(content="html { font-size: 200% }")
        assert page.evaluate(WIDER) == [False, []]
        page.set_viewport_size({"width": 640, "height": 900})
        assert page.evaluate(WIDER) == [False, []]


SMALLEST_LETTER = """() => Math.min(...[...document.querySelectorAll('figure svg')]
  .filter(svg => svg.getClientRects().length)
  .flatMap(svg => [...svg.querySelectorAll('text')].map(text =>
    parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)))"""
"""Of the letters in the figures that are seen, in pixels of the screen; infinite without a figure."""

OUTLINE = """() => ({
  lang: document.documentElement.lang,
  levels: [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(heading => +heading.tagName[1]),
  tables: [...document.querySelectorAll('table')].map(table => [
    !!table.caption, [...table.querySelectorAll('th')].every(cell => ['row', 'col'].includes(cell.scope)),
    table.querySelectorAll('thead th').length, table.rows[0].cells.length,
    [...table.tBodies[0].rows].every(row => row.cells[0].tagName === 'TH')]),
  figures: [...document.querySelectorAll('figure')].map(figure =>
    [...figure.querySelectorAll('svg')].filter(svg => svg.getClientRects().length)
      .map(svg => svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label').length > 20)),
})"""


@pytest.mark.parametrize("page_file", PAGES, ids=NAMES)
def test_outline(browser, page_file):
    """Language, headings, headers of tables, and one named picture of each figure at a time."""
    with shown(browser, page_file, LAPTOP) as page:
        found = page.evaluate(OUTLINE)
        assert found["lang"] == words(page_file.stem.partition("-")[2] or "nl").tag
        levels = found["levels"]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
        assert found["tables"]
        for caption, scoped, headers, columns, row_headers in found["tables"]:
            assert caption and scoped and row_headers and headers == columns
        assert all(figure == [True] for figure in found["figures"])


FOCUSABLE = "summary, a[href], button, input, [tabindex]"
FOCUSED = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect(), style = getComputedStyle(element);
  return [[...document.querySelectorAll('%s')].indexOf(element), box.height, style.outlineStyle];
}"""


@pytest.mark.parametrize("page_file", PAGES, ids=NAMES)
def test_every_fold_is_reached_and_opened_by_keyboard(browser, page_file):
    """In the order of the page, with a ring around it, large enough to press."""
    with listening(browser, viewport={"width": PHONE, "height": 900}) as (page, _):
        page.goto(page_file.as_uri())
        folds, reached = page.locator("summary").count(), []
        for _ in range(3 * folds):
            page.keyboard.press("Tab")
            place, height, ring = page.evaluate(FOCUSED % FOCUSABLE)
            if place < 0:
                break
            reached.append(place)
            assert ring != "none"
            if page.evaluate("document.activeElement.tagName") == "SUMMARY":
                assert height >= LEAST_TARGET
                page.keyboard.press("Enter")
                assert page.evaluate("document.activeElement.parentElement.open")
        assert reached == list(range(page.locator(FOCUSABLE).count()))
        assert folds and page.locator("details[open]").count() == folds

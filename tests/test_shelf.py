"""A shelf of cards: every card on it, by date, chosen by style alone; and the same lines in a notebook."""

import random
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from browsing import LAPTOP, PAPER, PHONE, WIDER, listening
from test_accessible import FOCUSED, LEAST_TARGET, axe, violations  # noqa: F401 - a fixture
from text_keys import KEYS, LANGUAGES
from wording_rules import FORBIDDEN, has

from gsl_research.card_shelf import ShelfLine, shelf, shelf_html
from gsl_research.designs import Design
from gsl_research.explore import browse
from gsl_research.study import Context
from gsl_research.wording import Words, words

NL = words("nl")
STEPS = ("nog wankel", "nog wankel", "voorzichtig", "redelijk", "stevig", "stevig")
LEVERS = ("differentiation", "autonomy", "learning_together", "didactics")


def line(title="Breuken", **changes) -> ShelfLine:
    made = ShelfLine(
        title, "Leren ze meer?", "didactics", "primary", "learning_gain", "voorzichtig", 2, "A", date(2026, 3, 2),
        "comparison", "a/report.html", "We weten het nog niet.", "telt mee",
    )  # fmt: skip
    return replace(made, **changes)


def many(count: int = 30) -> list[ShelfLine]:
    drawn = random.Random(3)  # noqa: S311 - made-up cards
    lines = []
    for n in range(count):
        rating = drawn.randrange(6)
        lines.append(line(
            f"Fiche {n}", lever=drawn.choice(LEVERS), level=drawn.choice(["primary", "secondary", ""]),
            domain=drawn.choice(["learning_gain", "motivation", "workload"]), firmness=STEPS[rating], rating=rating,
            school=chr(65 + n % 14), day=date(2025, 9, 1) + timedelta(days=drawn.randrange(400)) if n else None,
            link=f"{n}/report.html" if n % 3 else None,
        ))  # fmt: skip
    return lines


@pytest.fixture
def page_file(tmp_path):
    (tmp_path / "shelf.html").write_text(shelf_html(many(), NL), "utf-8")
    return tmp_path / "shelf.html"


class Outline(HTMLParser):
    """Elements with their attributes, and that every one that opens closes."""

    VOID = {"meta", "input"}

    def __init__(self, page: str):
        super().__init__()
        self.seen, self.open, self.text = [], [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self.open:
            self.text.append(re.sub("[\u00a0\u202f]", " ", data.strip()))

    def all(self, tag: str) -> list[dict]:
        return [attrs for name, attrs in self.seen if name == tag]


def test_one_file_without_a_script_or_a_request():
    outline = Outline(page := shelf_html(many(), NL))
    tags = {tag for tag, _ in outline.seen}
    assert not tags & {"script", "link", "img", "iframe", "object"} and "url(" not in page and "@import" not in page
    assert not [name for _, attrs in outline.seen for name in attrs if name.startswith("on") or name == "style"]
    assert outline.all("html") == [{"lang": "nl-BE"}] and len(outline.all("h1")) == 1
    assert outline.all("form")[0]["method"] == "dialog", "Enter in a list of answers must not load the page anew"


def test_what_a_card_says_is_text_and_its_link_a_page():
    page = shelf_html([line("<script>alert(1)</script>", said="</style><b>", school="<i>"), line(lever="<x>")], NL)
    outline = Outline(page)
    assert {"script", "b", "i", "x"}.isdisjoint(tag for tag, _ in outline.seen)
    assert "<script>alert(1)</script>" in outline.text
    for bad in ("javascript:alert(1)", "data:text/html,x", "JavaScript:x"):
        with pytest.raises(ValueError, match="leads to a page"):
            line(link=bad)
    with pytest.raises(ValueError, match="rating"):
        line(rating=6)


def test_by_date_then_title_and_by_nothing_else():
    lines = [
        line("later", day=date(2026, 5, 1)), line("b"), line("A"), line("zonder", day=None, rating=5),
        line("vroeger", day=date(2025, 1, 1), rating=0),
    ]  # fmt: skip
    wanted = ["vroeger", "A", "b", "later", "zonder"]
    assert [card.line.title for card in shelf(lines, NL).cards] == wanted
    other = [replace(one, said="hoger", rating=5 - one.rating, firmness="x", status="nee") for one in lines[::-1]]
    assert [card.line.title for card in shelf(other, NL).cards] == wanted
    assert [text for text in Outline(shelf_html(lines, NL)).text if text in wanted] == wanted


def test_no_look_follows_the_result():
    """Two pages that differ in what was found alone differ in that text alone."""
    low, high = (shelf_html([line(said=said, status=told), line("b", lever="autonomy")], NL)
                 for said, told in (("lager", "telt niet mee"), ("hoger", "telt mee")))  # fmt: skip
    assert low.replace("lager</p>", "hoger</p>").replace("telt niet mee", "telt mee") == high


def test_every_answer_is_counted_and_asked_in_a_group_with_a_name():
    lines = many()
    outline = Outline(shelf_html(lines, NL))
    assert len(outline.all("fieldset")) == 4 == len(outline.all("legend"))
    radios = outline.all("input")
    assert all(radio["type"] == "radio" for radio in radios)
    assert len({radio["id"] for radio in radios}) == len(radios) == 4 + 4 + 3 + 3 + 4
    assert sum("checked" in radio for radio in radios) == 4
    counted = {answer: count for choice in shelf(lines, NL).choices for answer, count in choice.answers}
    assert counted["leerwinst"] == f"{sum(one.domain == 'learning_gain' for one in lines)} fiches"
    assert list(counted)[-4:] == ["nog wankel", "voorzichtig", "redelijk", "stevig"]
    levels = next(choice for choice in shelf(lines, NL).choices if choice.name == "level")
    assert levels.answers[-1][0] == "niet ingevuld"
    assert shelf([line(), line(rating=4, firmness="stevig")], NL).choices[0].answers == (
        ("voorzichtig", "1 fiche"), ("stevig", "1 fiche"),
    )  # fmt: skip


def test_of_no_card_or_one_nothing_is_asked():
    for lines in ([], [line()]):
        outline = Outline(page := shelf_html(lines, NL))
        assert not outline.all("form") and 'class="shown"' not in page
    assert "nog geen fiches" in shelf_html([], NL)


# in a browser


SHOWN = """() => [...document.querySelectorAll('.card')].filter(card => card.getClientRects().length)
  .map(card => card.querySelector('h2').textContent)"""
TOLD = "() => getComputedStyle(document.querySelector('.shown'), '::before').content"
COUNTED = """() => { const box = document.querySelector('.shown').getBoundingClientRect(),
  first = document.querySelector('.card').getBoundingClientRect(); return box.height > 0 && box.top < first.top; }"""


def test_a_choice_shows_the_cards_that_fit_and_no_other(browser, page_file):
    lines, drawn = many(), random.Random(5)  # noqa: S311 - which radio is pressed
    choices = shelf(lines, NL).choices
    by_title = {card.line.title: card for card in shelf(lines, NL).cards}
    sizes = set()
    with listening(browser, viewport={"width": LAPTOP, "height": 900}) as (page, heard):
        page.goto(page_file.as_uri())
        assert page.evaluate(SHOWN) == list(by_title)
        assert page.evaluate(COUNTED)
        for _ in range(25):
            asked = [drawn.choice([0, 0, *range(1, len(choice.answers) + 1)]) for choice in choices]
            for group, place in enumerate(asked, 1):
                page.check(f"#c{group}-{place}")
            wanted = [
                title for title, card in by_title.items()
                if all(place in (0, own) for place, own in zip(asked, card.places, strict=True))
            ]  # fmt: skip
            assert page.evaluate(SHOWN) == wanted
            sizes.add(len(wanted))
        page.get_by_role("button").click()
        assert page.evaluate(SHOWN) == list(by_title)
        assert heard.messages == [] and heard.requests == [page_file.as_uri()]
    assert 0 in sizes and len(sizes) > 3


def test_the_number_that_is_left_is_told_and_none_in_a_sentence(browser, tmp_path):
    """What a style writes is heard in the tree that a screen reader reads."""
    lines = [line("een"), line("twee", lever="autonomy"), line("drie", domain="motivation")]
    (tmp_path / "a.html").write_text(shelf_html(lines, NL), "utf-8")
    with listening(browser, viewport={"width": LAPTOP, "height": 900}) as (page, _):
        page.goto((tmp_path / "a.html").as_uri())

        def heard() -> str:
            client = page.context.new_cdp_session(page)
            nodes = client.send("Accessibility.getFullAXTree")["nodes"]
            return " ".join(str(node.get("name", {}).get("value", "")) for node in nodes)

        assert "Aantal fiches met deze keuze: 3" in re.sub(r"\s+", " ", heard())
        page.get_by_text("groeien naar autonomie", exact=True).first.click()
        assert "Aantal fiches met deze keuze: 1" in re.sub(r"\s+", " ", heard())
        page.get_by_text("motivatie", exact=True).first.click()
        assert page.evaluate(SHOWN) == [] and "Geen fiche met deze keuze." in heard()
        assert "Aantal fiches" not in heard()


def test_axe_finds_nothing_and_nothing_stands_out(browser, axe, page_file):  # noqa: F811 - the fixture
    with listening(browser, viewport={"width": PHONE, "height": 900}) as (page, _):
        page.goto(page_file.as_uri())
        assert violations(page, axe) == []
        assert page.evaluate(WIDER) == [False, []]
        page.add_style_tag(content="html { font-size: 200% }")
        assert page.evaluate(WIDER) == [False, []]
    with listening(browser, viewport={"width": 1100, "height": 900}) as (page, _):
        page.goto(page_file.as_uri())
        assert violations(page, axe) == []
        assert page.evaluate(WIDER) == [False, []]


RINGED = """() => { const label = document.activeElement.closest('label');
  return [label.offsetHeight, getComputedStyle(label).outlineStyle]; }"""


def test_every_choice_is_reached_by_keyboard_with_a_ring(browser, page_file):
    with listening(browser, viewport={"width": PHONE, "height": 900}) as (page, _):
        page.goto(page_file.as_uri())
        for group in range(1, 5):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.id") == f"c{group}-0"
            page.keyboard.press("ArrowDown")
            assert page.evaluate("document.activeElement.id") == f"c{group}-1"
            height, ring = page.evaluate(RINGED)
            assert height >= LEAST_TARGET and ring != "none"
            page.keyboard.press("Enter")
            assert page.url == page_file.as_uri()
        page.keyboard.press("Tab")
        _, height, ring = page.evaluate(FOCUSED % "button")
        assert height >= LEAST_TARGET and ring != "none"
        page.keyboard.press("Enter")
        assert len(page.evaluate(SHOWN)) == 30


def test_paper_shows_all_and_no_lists(browser, page_file):
    with listening(browser, viewport={"width": PAPER, "height": 1123}) as (page, _):
        page.goto(page_file.as_uri())
        page.check("#c1-1")
        assert len(page.evaluate(SHOWN)) < 30
        page.emulate_media(media="print")
        assert len(page.evaluate(SHOWN)) == 30
        assert not page.locator(".filters").is_visible()


def test_without_the_selector_everything_shows(browser, tmp_path):
    """As in a browser that lacks it: the same style with a name that no browser knows."""
    old = shelf_html(many(), NL).replace(":has(", ":has-not-yet(")
    (tmp_path / "old.html").write_text(old, "utf-8")
    with listening(browser, viewport={"width": LAPTOP, "height": 900}) as (page, _):
        page.goto((tmp_path / "old.html").as_uri())
        assert len(page.evaluate(SHOWN)) == 30 and not page.locator(".filters").is_visible()


# in a notebook


def titles(text: str) -> list[str]:
    return re.findall(r"Fiche \d+", text)


def test_a_notebook_shows_what_its_lists_ask_for():
    live = browse(lines := many())
    assert list(live.controls) == ["lever", "level", "domain", "firmness"]
    assert titles(live.screen.value) == [card.line.title for card in shelf(lines, NL).cards]
    live.controls["domain"].value = "motivatie"
    live.controls["firmness"].value = "stevig"
    wanted = {one.title for one in lines if one.domain == "motivation" and one.rating >= 4}
    assert {one.title for one in live.chosen} == wanted == set(titles(live.screen.value)) and wanted
    label, _ = live.controls["domain"].options[0]
    assert label == "alle (30)"
    live.controls["level"].value = "niet ingevuld"
    left = {one.lever for one in live.chosen}
    live.controls["lever"].value = NL(f"report.lever.{next(lever for lever in LEVERS if lever not in left)}")
    assert live.chosen == [] and "Geen fiche met deze keuze." in live.screen.value


def test_where_no_widget_lives_every_card_stands_as_text():
    lines = [line("<b>fiche</b>", link='a"b.html'), line("twee", lever="autonomy")]
    bundle = browse(lines)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle and "JupyterLab" in bundle["text/plain"]
    assert "&lt;b&gt;fiche" in bundle["text/html"] and "twee" in bundle["text/html"]
    assert 'href="a&quot;b.html"' in bundle["text/html"] and "JupyterLab" in bundle["text/html"]
    assert browse([line()]).controls["lever"].layout.display == "none"


# words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_is_told_and_every_word_of_the_contract_has_one(monkeypatch, lang):
    used, find = set(), Words._find

    def recording(self, key):
        used.add(key)
        return find(self, key)

    monkeypatch.setattr(Words, "_find", recording)
    w = words(lang)
    kinds = [one.model_fields["kind"].annotation.__args__[0] for one in Design.__args__[0].__args__]
    levels = Context.model_fields["level"].annotation.__args__[0].__args__
    said = []
    for lines in (many(), [], [line()], [line(school=""), line(school="")], *[[line(design=kind)] for kind in kinds],
                  [line(level=level) for level in levels]):  # fmt: skip
        said += Outline(shelf_html(lines, w)).text
        browse(lines, lang)._repr_mimebundle_()
    assert {key for key in KEYS["nl"] if key.startswith("shelf.")} - used == set()
    assert set(kinds) | set(levels) <= {key.split(".")[-1] for key in used}
    ours = [text for text in said if lang == "nl" or text not in STEPS]
    typed = {"Breuken", "Leren ze meer?", "We weten het nog niet.", "telt mee"}
    assert not [text for text in ours if text not in typed and (has(FORBIDDEN[lang], text) or re.search("[{}]", text))]

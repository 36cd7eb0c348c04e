"""Published figures are facts with a day and a source; beside them our own range, and how not to read that."""

import re
from datetime import date
from typing import get_args

import altair
import pytest
from defusedxml.ElementTree import fromstring
from telling import said
from text_keys import KEYS, LANGUAGES
from wording_rules import FORBIDDEN, LONGEST, has

from gsl_research.blocks import Callout, Chart, Heading, Report, from_json
from gsl_research.blocks import as_json as as_plain
from gsl_research.charts.picture import Picture
from gsl_research.documents import html
from gsl_research.months import Months
from gsl_research.published import Why, published_block, snapshot, strands
from gsl_research.wording import Words, words

NL = words("nl")
SVG = "{http://www.w3.org/2000/svg}"
LEVERS = ("differentiation", "autonomy", "learning_together", "didactics")
OWN = Months(-1, 5, 12, "1")
AS_PUBLISHED = {
    "metacognition": (8, 4, 355), "collaborative": (5, 2, None), "individualised": (4, 2, None),
    "grouping": (2, 1, None), "feedback": (6, 4, 155), "peer_tutoring": (6, 4, 145), "mastery": (5, 2, None),
    "social_emotional": (3, 3, None), "learning_styles": (None, 0, None),
}  # fmt: skip
"""Months, evidence and studies: the snapshot of 2 April 2026 (data version 0.2.0), read on 23 November 2026."""


def blocks(lever="differentiation", own=OWN, lang="nl", why="comparison"):
    return published_block(lever, own, words(lang), why=why)


def chart(*args, **more) -> Chart:
    return next(block for block in blocks(*args, **more) if isinstance(block, Chart))


def test_the_figures_are_as_published():
    found = {one.id: (one.months, one.evidence, one.studies) for lever in LEVERS for one in strands(lever)}
    assert found == AS_PUBLISHED
    assert {one.cost for lever in LEVERS for one in strands(lever)} == {1}
    assert (snapshot().version, snapshot().updated) == ("0.2.0", date(2026, 4, 2))


def test_every_figure_has_a_source_a_tag_and_what_it_was():
    for lever in LEVERS:
        assert strands(lever), lever
        for one in strands(lever):
            assert set(one.levers) <= set(LEVERS) and lever in one.levers
            assert one.link.startswith("https://educationendowmentfoundation.org.uk/") and one.tag == "verified"
            assert 0 <= one.evidence <= 5 and 1 <= one.cost <= 5 and (one.months is None) == (one.evidence == 0)
            for before in one.earlier:
                assert (before.tag == "recalled") == (not before.year and before.until is None)
    assert strands("homework") == () == blocks("homework")


def test_where_a_lever_stands_and_in_which_order():
    rows = [row[0] for row in chart("differentiation").table.rows]
    assert rows[-1] == "Onze scholen samen" and rows[:-1] == sorted(rows[:-1], key=str.casefold)
    assert len(rows) == 5
    assert [one.id for one in strands("autonomy")] == ["metacognition"]


def dots(svg: str) -> list[float]:
    """Where the round marks stand, from left to right on the page."""
    paths = [path for path in fromstring(svg).iter(f"{SVG}path") if "A" in path.get("d", "")]
    return [float(re.search(r"\(([\d.]+),", path.get("transform"))[1]) for path in paths]


def test_a_dot_for_each_figure_at_its_months_and_none_without_one():
    for own in (None, OWN):
        picture = chart("differentiation", own)
        for svg in (picture.wide, picture.narrow):
            mastery, grouping, individualised = dots(svg)
            assert grouping < individualised < mastery
            numbers = {"".join(text.itertext()): text for text in fromstring(svg).iter(f"{SVG}text")}
            assert float(re.search(r"\(([\d.]+),", numbers["2"].get("transform"))[1]) == pytest.approx(
                grouping, abs=0.3
            )
            assert (individualised - grouping) == pytest.approx(2 * (mastery - individualised), abs=0.3)
    assert "Lesgeven volgens leerstijl: geen betrouwbaar cijfer." in chart().alt


def test_our_range_is_told_as_far_as_the_table_goes():
    assert "Onze scholen samen: van 1 maand minder tot 5 maanden meer." in chart().alt
    far = chart("autonomy", Months(2, 13, 12, "1"))
    assert "tot meer dan 12 maanden meer" in far.alt
    assert "13" not in far.alt + str(far.table)
    same = chart("autonomy", Months(0, 0, 12, "1"))
    assert "Onze scholen samen: evenveel." in same.alt
    under = chart("autonomy", Months(-13, -2, 12, "1"))
    assert "van meer dan 12 maanden minder tot 2 maanden minder" in under.alt


@pytest.mark.parametrize("why", get_args(Why))
def test_without_months_of_ours_the_reason_is_told_and_no_line_is_drawn(why):
    told = blocks(own=None, why=why)
    assert [text for kind, text in said(told) if text == NL(f"published.own.{why}")]
    picture = next(block for block in told if isinstance(block, Chart))
    assert "Onze scholen" not in picture.alt + picture.caption + picture.wide + str(picture.table)
    assert len({NL(f"published.own.{one}") for one in get_args(Why)}) == len(get_args(Why))


@pytest.mark.parametrize("lever", LEVERS)
def test_the_warnings_the_day_and_the_link_are_always_there(lever):
    for own in (None, OWN):
        told = blocks(lever, own)
        assert isinstance(told[0], Heading)
        [warning] = [block for block in told if isinstance(block, Callout)]
        assert "eigen toets" in warning.paragraphs[0] and "hele familie" in warning.paragraphs[1]
        everything = " ".join(text for _, text in said(told))
        assert "2 april 2026" in everything and snapshot().link in everything and "versie 0.2.0" in everything


def test_what_contradicts_itself_or_is_recalled_is_told_so():
    [feedback] = [row for row in chart("didactics").table.rows if row[0] == "Feedback"]
    assert "spreekt zichzelf tegen" in feedback[2] and feedback[5] == "8 maanden meer (2014), 8 maanden meer (2018)"
    recalled = blocks("learning_together")
    assert "uit het hoofd" in " ".join(text for _, text in said(recalled))
    assert "uit het hoofd" not in " ".join(text for _, text in said(blocks("autonomy")))
    [metacognition] = chart("autonomy", None).table.rows
    assert metacognition[5] == "7 maanden meer (tot 21 mei 2025)"


def test_it_is_a_page_in_letters_that_can_be_read(monkeypatch):
    drawing = Picture._drawing

    def checked(self, alt, height):
        value, datasets = drawing(self, alt, height)
        assert isinstance(value, altair.TopLevelLayerSpec) and value.to_dict(validate=True)
        return value, datasets

    monkeypatch.setattr(Picture, "_drawing", checked)
    told = blocks()
    assert from_json(as_plain(told)) == told
    assert "Naast gepubliceerd onderzoek" in html(Report("a", "nl", "k", "t", "q", told, "f"))
    for svg, width in ((chart().wide, "640"), (chart().narrow, "300")):
        root = fromstring(svg)
        assert root.get("width") == width and root.get("aria-label") == chart().alt
        assert all(float(text.get("font-size").removesuffix("px")) >= 12 for text in root.iter(f"{SVG}text"))


def test_every_text_is_said_in_every_language_without_what_we_never_say(monkeypatch):
    used, find = set(), Words._find

    def recording(self, key):
        used.add(key)
        return find(self, key)

    monkeypatch.setattr(Words, "_find", recording)
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt: "")
    for lang in LANGUAGES:
        for lever in LEVERS:
            for own in (None, OWN, Months(1, 13, 12, "1"), Months(2, 2, 12, "1")):
                for why in get_args(Why):
                    for _, text in said(blocks(lever, own, lang, why)):
                        assert not has(FORBIDDEN[lang], text), text
                        assert not re.search(r"[{}]|None|nan\b|  |[.,;:]{2,}", text), text
                        for sentence in re.split(r"(?<=[.?!:])\s", text):
                            lettered = [word for word in sentence.split() if re.search(r"[^\W\d_]", word)]
                            assert len(lettered) <= LONGEST, sentence
    scales = {key for key in KEYS["nl"] if key.startswith(("published.cost.", "published.evidence."))}
    assert {key for key in KEYS["nl"] if key.startswith("published.")} - used - scales == set()
    assert len(scales) == 11

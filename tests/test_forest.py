"""Schools in the order of their dates: nothing drawn follows a result, and nothing is left out without a word."""

import random
import re
from dataclasses import replace

import altair
import pytest
from defusedxml.ElementTree import fromstring
from text_keys import KEYS, LANGUAGES
from wording_rules import FORBIDDEN, LONGEST, has

from gsl_research.charts import Ends, SchoolRow, forest
from gsl_research.charts.forest import FOREST_ROWS
from gsl_research.charts.picture import Picture
from gsl_research.wording import Words, words

NL = words("nl")
SVG = "{http://www.w3.org/2000/svg}"
ROWS = (
    SchoolRow("A", "september 2025", 1.2, -0.4, 2.8, True),
    SchoolRow("B", "november 2025", -0.6, -2.0, 0.8, True),
    SchoolRow("C", "maart 2026", 0.9, None, None, True),
    SchoolRow("D", "", 0.3, -0.9, 1.5, False),
)
TOGETHER, FOLLOWING = Ends(0.5, -0.2, 1.2), (-0.9, 1.9)


def many(count: int) -> list[SchoolRow]:
    drawn = random.Random(8)  # noqa: S311 - made-up schools
    return [SchoolRow(f"S{n}", f"mei {1980 + n}", v := drawn.gauss(0.3, 0.4), v - 1, v + 1, True) for n in range(count)]


def faces(chart):
    return [fromstring(svg) for svg in (chart.wide, chart.narrow)]


def letters(root) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def round_mark(element) -> str:
    """The outline of a dot, which stands around its own middle."""
    return element.get("d") if "A" in element.get("d", "") else ""


def marks(root) -> list[tuple[str, str]]:
    """Every mark but its place: how it looks."""
    look = ("fill", "stroke", "stroke-width", "stroke-dasharray", "opacity")
    return sorted(
        (element.tag, str([round_mark(element), *(element.get(name) for name in look)]))
        for element in root.iter()
        if element.tag in (f"{SVG}path", f"{SVG}line", f"{SVG}rect")
    )


def test_rows_stand_in_the_order_given():
    for root in faces(forest(ROWS[::-1], TOGETHER, FOLLOWING, words=NL)):
        named = [text for text in letters(root) if re.match(r"\(?[A-D]\b", text)]
        assert named == ["(D)", "C · maart 2026", "B · november 2025", "A · september 2025"]


def test_nothing_but_the_place_of_a_mark_follows_the_result():
    """The same schools with their results the other way round: every mark looks as it did."""
    turned = [replace(row, value=-row.value, low=row.low and -row.high, high=row.high and -row.low) for row in ROWS]
    one = forest(ROWS, TOGETHER, FOLLOWING, words=NL)
    other = forest(turned, Ends(-0.5, -1.2, 0.2), (-1.9, 0.9), words=NL)
    for before, after in zip(faces(one), faces(other), strict=True):
        assert marks(before) == marks(after)


def test_every_dot_of_a_school_is_as_large_as_another():
    wide = forest([replace(ROWS[0], low=-9.0, high=9.0), replace(ROWS[0], low=1.1, high=1.3)], None, None, words=NL)
    sizes = {path.get("d") for path in faces(wide)[0].iter(f"{SVG}path") if "A" in path.get("d", "")}
    assert len(sizes) == 1


def test_both_widths_their_sentence_and_their_letters():
    chart = forest(ROWS, TOGETHER, FOLLOWING, words=NL)
    for root, width in zip(faces(chart), ("640", "300"), strict=True):
        assert root.get("width") == width and root.get("aria-label") == chart.alt
        sizes = [float(text.get("font-size").removesuffix("px")) for text in root.iter(f"{SVG}text")]
        assert min(sizes) >= 12


def test_it_is_what_altair_says_a_picture_is(monkeypatch):
    drawing, seen = Picture._drawing, []

    def checked(self, alt, height):
        value, datasets = drawing(self, alt, height)
        value.to_dict(validate=True)
        seen.append(value)
        return value, datasets

    monkeypatch.setattr(Picture, "_drawing", checked)
    forest([*ROWS, replace(ROWS[0], low=-90.0)], TOGETHER, FOLLOWING, words=NL)
    assert len(seen) == 2 and isinstance(seen[0], altair.TopLevelLayerSpec)


def test_what_is_said_and_what_the_table_holds():
    chart = forest(ROWS, TOGETHER, FOLLOWING, words=NL)
    assert "A · september 2025: 1,2 punten hoger (van 0,4 punten lager tot 2,8 punten hoger)." in chart.alt
    assert "C · maart 2026: 0,9 punten hoger, zonder van-tot van de school zelf." in chart.alt
    assert "Een volgende school mag verwachten: van 0,9 punten lager tot 1,9 punten hoger." in chart.alt
    assert chart.table.rows == (
        ("A", "september 2025", "1,2 punten hoger", "0,4 punten lager", "2,8 punten hoger", "ja"),
        ("B", "november 2025", "0,6 punten lager", "2,0 punten lager", "0,8 punten hoger", "ja"),
        ("C", "maart 2026", "0,9 punten hoger", "niet gekend", "niet gekend", "ja"),
        ("D", "–", "0,3 punten hoger", "0,9 punten lager", "1,5 punten hoger", "nee"),
        ("Alle scholen samen", "–", "0,5 punten hoger", "0,2 punten lager", "1,2 punten hoger", "–"),
        ("Een volgende school", "–", "–", "0,9 punten lager", "1,9 punten hoger", "–"),
    )


def test_the_caption_explains_only_what_is_seen():
    full = forest(ROWS, TOGETHER, FOLLOWING, words=NL).caption
    assert "open stip" in full and "haakjes" in full and "geen rangorde" in full and "breder" in full
    alone = forest(ROWS[:1], None, None, words=NL).caption
    assert alone == NL("forest.caption.lines")
    assert "pijltje" not in full


def test_a_line_that_reaches_far_is_cut_with_an_arrow_and_the_table_keeps_it():
    rows = [*ROWS[:2], replace(ROWS[0], label="Z", low=-40.0, high=42.0)]
    chart = forest(rows, TOGETHER, FOLLOWING, words=NL)
    assert "pijltje" in chart.caption
    assert chart.table.rows[2][3:5] == ("40,0 punten lager", "42,0 punten hoger")
    assert "40" not in letters(faces(chart)[0])
    for x in (float(n) for line in faces(chart)[0].iter(f"{SVG}line") for n in (line.get("x2") or "0",)):
        assert abs(x) <= 640


def test_a_dot_and_all_schools_together_are_never_cut():
    far = forest([ROWS[1], replace(ROWS[0], value=30.0, high=31.0)], Ends(0, -25, 25), (-60, 60), words=NL)
    assert "60" in letters(faces(far)[0])


@pytest.mark.parametrize(("count", "left"), [(40, None), (41, "De oudste staat"), (46, "De 6 oudere staan")])
def test_of_many_schools_the_newest_are_drawn_and_all_are_in_the_table(count, left):
    rows = many(count)
    chart = forest(rows, TOGETHER, FOLLOWING, words=NL)
    shown = [text for text in letters(faces(chart)[0]) if text.startswith("S")]
    assert shown == [f"{row.label} · {row.when}" for row in rows[-FOREST_ROWS:]]
    assert [row[0] for row in chart.table.rows[:count]] == [row.label for row in rows]
    assert left in chart.caption if left else "oud" not in chart.caption
    assert "S0" not in chart.alt and len(chart.alt) < 500


def test_as_many_schools_as_are_drawn_fit_on_a_sheet():
    """A picture is 162 mm wide on A4, of which 260 mm can be used, with a caption below it."""
    rows = [replace(row, counted=False) for row in many(46)]
    root = faces(forest(rows, TOGETHER, FOLLOWING, words=NL, decimals=2, standard=True))[0]
    assert float(root.get("height")) < 1.5 * float(root.get("width"))


def test_standard_deviations_are_called_so_everywhere():
    rows = [SchoolRow("A", "1974", 0.3, -0.1, 0.7, True), SchoolRow("B", "1975", -0.2, -0.4, -0.004, True)]
    rows.append(SchoolRow("C", "1976", 0.001, 0.0, 0.2, True))
    chart = forest(rows, Ends(0.2, 0.1, 0.3), None, words=NL, decimals=2, standard=True)
    everything = " ".join(
        [chart.alt, chart.caption, chart.table.caption, *sum(chart.table.rows, ()), *letters(faces(chart)[1])]
    )
    assert "punt" not in everything
    assert "van 0,10 standaardafwijking lager tot 0,70 hoger" in chart.alt
    assert "van 0,004 tot 0,400 standaardafwijking lager" in chart.alt
    assert "ongeveer gelijk" in chart.alt


def test_a_school_without_both_limits_or_outside_its_own_is_refused():
    with pytest.raises(ValueError, match="one limit"):
        SchoolRow("A", "", 1.0, None, 2.0, True)
    with pytest.raises(ValueError, match="outside"):
        SchoolRow("A", "", 3.0, 1.0, 2.0, True)
    with pytest.raises(ValueError, match="needs a school"):
        forest([], None, None, words=NL)


def test_long_names_stand_above_their_lines():
    chart = forest([replace(ROWS[0], label="Pellegrini en Horace")], None, None, words=NL)
    assert letters(faces(chart)[1])[0].startswith("Pellegrini en Horace · sept")


def test_every_text_is_said_in_every_language_in_short_sentences(monkeypatch):
    used, find = set(), Words._find

    def recording(self, key):
        used.add(key)
        return find(self, key)

    monkeypatch.setattr(Words, "_find", recording)
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt: "")
    for lang in LANGUAGES:
        w = words(lang)
        for rows in (ROWS, many(41), many(46), [*ROWS, replace(ROWS[0], high=99.0)], ROWS[:1]):
            for standard in (False, True):
                both = forest(rows, TOGETHER, FOLLOWING, words=w, standard=standard)
                down = forest(rows, Ends(-1, -2, -0.5), None, words=w, standard=standard)
                up = forest(rows, Ends(1, 0.5, 2), (0.2, 3), words=w, standard=standard)
                for text in (both.alt, both.caption, down.alt, down.caption, up.alt):
                    for sentence in re.split(r"(?<=[.:])\s", text):
                        assert len([word for word in sentence.split() if re.search(r"[^\W\d_]", word)]) <= LONGEST
                    assert not has(FORBIDDEN[lang], text)
                    assert not re.search(r"[{}]|None|nan\b|  |[.,;:]{2,}", text)
    assert {key for key in KEYS["nl"] if key.startswith("forest.")} - used == set()

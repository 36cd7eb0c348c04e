"""Charts hold what they were given and nothing else, in letters that can be read."""

import re
import tomllib
from string import Formatter
from xml.etree.ElementTree import Element

import altair
import pytest
from defusedxml.ElementTree import fromstring

from gsl_research import charts
from gsl_research.blocks import Chart
from gsl_research.charts import ClassShape, ground
from gsl_research.charts.picture import RIDGE_POINTS, Picture, ridge, ticks
from gsl_research.wording import TEXTS, words

NL = words("nl")
SVG = "{http://www.w3.org/2000/svg}"
LOW = ((0.0, 6.0, 0.25), (6.0, 10.0, 0.45), (10.0, 20.0, 0.3))
HIGH = ((0.0, 10.0, 0.25), (10.0, 14.0, 0.4), (14.0, 20.0, 0.35))
CLASSES = (
    ClassShape("klas 1", "treated", 12.9, HIGH, "21"),
    ClassShape("klas <2>", "treated", None, None, "minder dan 10"),
    ClassShape("klas 3", "control", 11.2, LOW, "24"),
)
TURNS = (
    charts.TurnRow("klas 1", 1, (8.1, 9.9, 11.2)),
    charts.TurnRow("klas <2>", 2, (8.4, None, 10.5)),
    charts.TurnRow("klas 3", 3, (None, None, None)),
)
MANY = tuple(ClassShape(f"klas {n}", ("treated", "control")[n % 2], 10 + n % 40 / 10, None, "20") for n in range(133))


def drawn() -> dict[str, Chart]:
    return {
        "classes": charts.class_means(CLASSES, scale=(0, 20), words=NL, adjusted=True),
        "many": charts.class_means(MANY, scale=(0, 20), words=NL, adjusted=False),
        "growth": charts.growth(LOW, HIGH, 8.2, 12.1, scale=(0, 20), words=NL),
        "lead": charts.interval(-0.24, 1.3, 2.84, margin=1, words=NL, lead=True),
        "open": charts.interval(-1.9, 0.4, 2.7, margin=None, words=NL, lead=False),
        "dose": charts.dose(
            [("klas 1", 8.3, 12.0), ("klas <2>", 11.1, 12.6), ("klas 3", 11.0, 12.5)],
            column="lessen <gevolgd>",
            kind="adjusted",
            words=NL,
            decimals=1,
        ),
        "turns": charts.turns(TURNS, waves=("sept", "jan", "juni"), scale=(0, 20), words=NL),
        "panel": charts.panel([("0,9 punten", -1.2, 3.8), ("1,5 punten", -2.6, 5.2)], words=NL, margin=1.5),
    }


@pytest.fixture(scope="module")
def pictures() -> dict[str, Chart]:
    return drawn()


def faces(pictures: dict[str, Chart]) -> list[Element]:
    return [fromstring(svg) for chart in pictures.values() for svg in (chart.wide, chart.narrow)]


def dots(svg: str) -> int:
    """Round marks are the only paths with arcs."""
    return sum("A" in path.get("d", "") for path in fromstring(svg).iter(f"{SVG}path"))


def test_same_values_same_bytes(pictures):
    assert drawn() == pictures


def test_every_picture_is_what_altair_says_a_picture_is(monkeypatch):
    """``svg`` leaves the check of each part out, for speed."""
    drawing, seen = Picture._drawing, []

    def checked(self, alt, height):
        value, datasets = drawing(self, alt, height)
        value.to_dict(validate=True)
        seen.append(set(datasets))
        return value, datasets

    monkeypatch.setattr(Picture, "_drawing", checked)
    drawn()
    assert len(seen) > 10 and all(seen)
    with pytest.raises(altair.utils.schemapi.SchemaValidationError):
        altair.UnitSpec(data=altair.NamedData(name="a"), mark="circel").to_dict(validate=True)


def test_both_widths_and_their_sentence(pictures):
    for chart in pictures.values():
        for svg, width in ((chart.wide, "640"), (chart.narrow, "300")):
            root = fromstring(svg)
            assert root.get("width") == width
            assert root.get("role") == "img"
            assert root.get("aria-label") == chart.alt


def test_no_letter_under_12_pixels(pictures):
    sizes = [text.get("font-size") for root in faces(pictures) for text in root.iter(f"{SVG}text")]
    assert sizes and all(float(size.removesuffix("px")) >= 12 for size in sizes)


def test_nothing_in_the_picture_acts_fetches_or_clashes(pictures):
    for root in faces(pictures):
        for element in root.iter():
            assert element.tag.removeprefix(SVG) in {"svg", "g", "path", "text", "rect", "line"}
            assert not {"id", "style", "href", "class"} & set(element.attrib)


def test_no_more_points_than_the_bins_carry(pictures):
    for root in faces(pictures):
        for path in root.iter(f"{SVG}path"):
            assert len(re.findall("[A-Za-z]", path.get("d"))) <= RIDGE_POINTS + 4


def test_one_dot_for_each_class_that_is_shown(pictures):
    legend = 1
    assert dots(pictures["classes"].wide) == 1 + legend
    assert dots(pictures["many"].narrow) == sum(shape.arm == "treated" for shape in MANY) + legend


def test_a_small_class_is_named_but_not_drawn(pictures):
    chart = pictures["classes"]
    assert NL("charts.class_means.too_small") in "".join(fromstring(chart.wide).itertext())
    assert chart.table.rows[1] == ("klas <2>", "nieuwe aanpak", "minder dan 10", "niet getoond")
    assert "Van één klas tonen we het gemiddelde niet" in chart.alt


def test_alt_says_the_numbers(pictures):
    assert "klas 1 12,9" in pictures["classes"].alt
    assert "van 10,0 tot 13,8 in 67 klassen" in pictures["many"].alt
    assert "van 8,2 vooraf naar 12,1 achteraf" in pictures["growth"].alt
    assert "1,3 punten hoger" in pictures["lead"].alt
    assert "van 0,2 punten lager tot 2,8 punten hoger" in pictures["lead"].alt


def test_no_value_where_nothing_leads(pictures):
    for name in ("open", "panel"):
        chart = pictures[name]
        assert dots(chart.wide) == dots(chart.narrow) == 0
        assert ground.ACCENT not in chart.wide + chart.narrow
        assert "font-weight" not in chart.wide + chart.narrow
    assert "0,4" not in pictures["open"].alt + str(pictures["open"].table)
    assert dots(pictures["lead"].wide) == 1


@pytest.mark.parametrize("bins", [LOW, HIGH, ((0.0, 16.0, 0.3), (16.0, 20.0, 0.7))])
def test_a_ridge_has_the_shares_of_its_bins(bins):
    curve = ridge(bins, (0, 20))
    cell = 20 / (RIDGE_POINTS - 2)
    assert all(density >= 0 for _, density in curve)
    assert len(curve) <= RIDGE_POINTS + 2
    for low, high, share in bins:
        inside = sum(density for x, density in curve[2:-2] if low <= x < high) * cell / 20
        assert inside == pytest.approx(share, abs=0.06)


def test_a_ridge_is_the_same_on_every_scale():
    large = tuple((low * 5, high * 5, share) for low, high, share in HIGH)
    for (x, y), (x5, y5) in zip(ridge(HIGH, (0, 20)), ridge(large, (0, 100)), strict=True):
        assert (x5, y5) == pytest.approx((5 * x, y), abs=0.01)


@pytest.mark.parametrize(("low", "high"), [(0, 20), (-2.8, 2.8), (1, 5), (0, 100), (-0.03, 0.03), (7.5, 15.5)])
def test_ticks_are_few_and_inside(low, high):
    numbers = ticks(low, high, 6)
    assert 3 <= len(numbers) <= 7
    assert low <= numbers[0] and numbers[-1] <= high
    assert not low < 0 < high or 0 in numbers


@pytest.mark.parametrize("room", ["charts", "documents"])
def test_every_language_says_the_same_things(room):
    def blanks(texts: dict, path: str = "") -> dict[str, set[str]]:
        found = {}
        for key, text in texts.items():
            if isinstance(text, dict):
                found |= blanks(text, f"{path}{key}.")
            else:
                found[path + key] = {name for _, name, _, _ in Formatter().parse(text) if name}
        return found

    rooms = [(TEXTS / lang / f"{room}.toml").read_text("utf-8") for lang in ("nl", "en")]
    dutch, english = (blanks(tomllib.loads(texts)) for texts in rooms)
    assert dutch == english


def test_a_long_name_is_cut_between_characters():
    """The picture engine stopped where its own cut fell inside a sign of two code units."""
    label = "klas " + "\N{PARTY POPPER}" * 40
    shapes = [charts.ClassShape(label, arm, 10.0, None, "20", 9.0, 10.0) for arm in ("treated", "control")]
    means = charts.class_means(shapes, scale=(0, 20), words=words("nl"), adjusted=True)
    for chart in (means, charts.class_growth(shapes, scale=(0, 20), words=words("nl"))):
        assert "…" in chart.narrow and label in chart.alt

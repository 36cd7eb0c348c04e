"""Points per lesson hour: the same difference divided by hours, and only where the page tells that difference."""

import pytest
from conftest import bound, classes, plan

import gsl_research as gsl
from gsl_research.blocks import Fold, Table, Text
from gsl_research.charts.picture import Picture
from gsl_research.hours import LESSON_MINUTES, per_lesson
from gsl_research.wording import words


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt_text: "")


HOURS = {"context": {"weeks": 6.0, "minutes": 100.0}}


def measured(kind="comparison", scores=None, **changes):
    study, data = bound(scores or classes(5, 5), kind, **changes)
    return gsl.measure(study, data)


def method_fold(measurement) -> tuple[list[str], dict[str, str]]:
    """Its sentences, and its first table."""
    title = words("nl")("report.heading.method")
    blocks = gsl.report(measurement, gsl.judge(measurement)).blocks
    (fold,) = (block for block in blocks if isinstance(block, Fold) and block.title == title)
    texts = [block.text for block in fold.blocks if isinstance(block, Text)]
    return texts, dict(next(block for block in fold.blocks if isinstance(block, Table)).rows)


@pytest.mark.parametrize(("weeks", "minutes", "lessons"), [(6.0, 100.0, 12.0), (1.0, 50.0, 1.0), (10.0, 25.0, 5.0)])
@pytest.mark.parametrize("better", ["higher", "lower"])
def test_it_is_the_difference_divided_by_the_lessons(weeks, minutes, lessons, better):
    outcome = {**plan()["outcomes"][0], "better": better}
    measurement = measured(context={"weeks": weeks, "minutes": minutes}, outcomes=[outcome])
    found, main = per_lesson(measurement), measurement.primary.main
    assert LESSON_MINUTES == 50 and found.lessons == pytest.approx(lessons)
    assert found.value * lessons == pytest.approx(main.value)
    assert (found.low * lessons, found.high * lessons) == pytest.approx((main.interval.low, main.interval.high))
    texts, rows = method_fold(measurement)
    assert words("nl")("report.hours.difference") in rows and any("Lesuren van 50 minuten" in text for text in texts)


def test_growth_has_its_own_words():
    texts, rows = method_fold(measured("one_group", classes(4, 0), **HOURS))
    assert words("nl")("report.hours.growth") in rows and words("nl")("report.hours.difference") not in rows
    assert any(words("nl")("report.hours.not") in text for text in texts)


def test_minutes_of_teachers_stand_beside_when_there_were_any():
    for minutes, told in (((10.0, 30.0), True), ((0.0,), False), ((-10.0,), False)):
        measurement = measured(conduct={"extra_minutes": minutes}, **HOURS)
        texts, _ = method_fold(measurement)
        assert any("Voor een leerkracht kwam daar" in text for text in texts) == told
    assert per_lesson(measured(conduct={"extra_minutes": (10.0, 30.0)}, **HOURS)).extra_minutes == 20


@pytest.mark.parametrize("case", [
    {"context": {"weeks": 6.0}},
    {"context": {"minutes": 50.0}},
    HOURS | {"outcomes": [{**plan()["outcomes"][0], "domain": "motivation"}]},
    HOURS | {"scores": classes(1, 1)},
    HOURS | {"scores": classes(2, 0), "kind": "one_group"},
])  # fmt: skip
def test_elsewhere_there_is_nothing_per_lesson(case):
    measurement = measured(**case)
    assert per_lesson(measurement) is None
    assert not any("per lesuur" in row.lower() for row in method_fold(measurement)[1])


def test_what_the_verdict_holds_back_is_not_told_per_lesson():
    measurement = measured(scores=classes(5, 5, effect=2.5), **HOURS)
    assert gsl.judge(measurement).held_back and per_lesson(measurement) is not None
    assert words("nl")("report.hours.difference") not in method_fold(measurement)[1]

"""Months of progress: the table as published, and only where it speaks of the study."""

import pytest
from conftest import bound, classes, plan

import gsl_research as gsl
from gsl_research.documents import html
from gsl_research.months import months, progress, table

PUBLISHED = {
    0: (0.00, 0.01), 1: (0.02, 0.09), 2: (0.10, 0.18), 3: (0.19, 0.26), 4: (0.27, 0.35), 5: (0.36, 0.44),
    6: (0.45, 0.52), 7: (0.53, 0.61), 8: (0.62, 0.69), 9: (0.70, 0.78), 10: (0.79, 0.87), 11: (0.88, 0.95),
    12: (0.96, 1.00), 13: (1.01, 9.99),
}  # fmt: skip
"""EEF Toolkit, older page, as in the project's notes of the field (4.1); 13 is beyond the table."""
PRIMARY = {"context": {"level": "primary"}}


@pytest.mark.parametrize("count", PUBLISHED)
def test_the_table_is_as_published(count):
    for effect in PUBLISHED[count]:
        assert months(effect) == count and months(-effect) == -count


def test_an_effect_is_first_rounded_to_two_decimals():
    assert [months(g) for g in (0.0149, 0.0151, 0.0949, 0.0951, 0.095, 1.0049, 1.0051)] == [0, 1, 1, 2, 2, 12, 13]


def test_the_table_names_its_version_and_source():
    assert table()["version"] and "Education Endowment Foundation" in table()["source"]


def measured(kind="comparison", scores=None, **changes):
    study, data = bound(scores or classes(5, 5), kind, **changes)
    return gsl.measure(study, data)


def test_the_range_is_that_of_the_interval():
    measurement = measured(**PRIMARY)
    found, interval = progress(measurement), measurement.primary.g.interval
    assert (found.low, found.high) == (months(interval.low), months(interval.high))
    page = html(gsl.report(measurement, gsl.judge(measurement)))
    assert "maanden" in page and found.version in page


@pytest.mark.parametrize("case", [
    {"context": {"level": "secondary"}},
    {},
    PRIMARY | {"outcomes": [{**plan()["outcomes"][0], "domain": "motivation"}]},
    PRIMARY | {"scores": classes(1, 1)},
    PRIMARY | {"scores": classes(4, 0), "kind": "one_group"},
])  # fmt: skip
def test_elsewhere_there_are_no_months(case):
    measurement = measured(**case)
    assert progress(measurement) is None
    assert "maanden" not in html(gsl.report(measurement, gsl.judge(measurement)))

"""Subgroups: the column that tells them, and what a report says of them."""

import numpy as np
import pytest
from conftest import bound, classes, plan

import gsl_research as gsl
from gsl_research.blocks import Chart
from gsl_research.documents import html
from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.measure import measure
from gsl_research.methods import subgroups
from gsl_research.problems import Problems
from gsl_research.wording import words

LANGUAGE = {"subgroups": [{"column": "taal"}]}


def with_labels(labels, arms=(4, 4), **changes):
    scores = classes(*arms, **changes)
    return scores | {"taal": [labels[n % len(labels)] for n in range(len(scores["leerling"]))]}


def measured(scores, kind="comparison", **changes):
    study, data = bound(scores, kind, **LANGUAGE, **changes)
    return measure(study, data)


def test_labels_are_read_with_their_first_spelling_and_blanks_apart():
    _, data = bound(with_labels(["NL", "nl ", "anders", "", "afw"]), **LANGUAGE)
    assert list(data.frame["subgroup.taal"][:5]) == ["NL", "NL", "anders", "", ""]


@pytest.mark.parametrize(("labels", "code"), [
    (["NL"], "subgroup_one_label"), ([""], "subgroup_one_label"), (list("abcdefg"), "subgroup_many_labels"),
])  # fmt: skip
def test_a_column_that_does_not_divide_pupils_is_refused(labels, code):
    with pytest.raises(Problems, match=code):
        bound(with_labels(labels), **LANGUAGE)


def test_the_pupils_own_column_is_no_subgroup():
    with pytest.raises(Problems, match="header_two_roles"):
        bound(classes(3, 3), subgroups=[{"column": "leerling"}])


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_report_has_what_the_method_gives_without_the_pupils_of_no_label(better):
    scores = with_labels(["NL", "anders", "NL", ""])
    result = measured(scores, outcomes=[{**plan()["outcomes"][0], "better": better}]).primary
    sign = 1 if better == "higher" else -1
    kept = np.array([bool(label) for label in scores["taal"]])
    codes = np.array([int(name[1:]) for name in scores["klas"]])[kept]
    pre, post = (sign * np.array([float(s.replace(",", ".")) for s in scores[c]])[kept] for c in ("voor", "na"))
    label = (np.array(scores["taal"])[kept] == "anders").astype(int)
    expected = subgroups.label_differences(codes, label, post, pre, treated=np.arange(8) < 4, unit="points")
    found = {one.label: one for one in result.subgroups}
    assert set(found) == {"NL"}, "of two labels the second says the same, turned round"
    assert isinstance(found["NL"].difference, Estimate)
    assert found["NL"].difference.value == pytest.approx(expected[0].difference.value, rel=1e-9)
    assert found["NL"].pooled.value == pytest.approx(expected[0].pooled.value, rel=1e-9)


def test_with_one_class_each_subgroups_cannot_be_compared():
    result = measured(with_labels(["NL", "anders"], (1, 1))).primary
    assert {one.difference.reason for one in result.subgroups} == {"too_few_classes"}
    assert all(isinstance(one.difference, NotEstimated) for one in result.subgroups)


def test_one_group_has_the_gap_before_and_after():
    scores = with_labels(["NL", "anders"], (1, 0))
    (first,) = measured(scores, "one_group").primary.subgroups
    own = np.array(scores["taal"]) == first.label
    pre, post = (np.array([float(s.replace(",", ".")) for s in scores[c]]) for c in ("voor", "na"))
    assert first.gap.before == pytest.approx(pre[own].mean() - pre[~own].mean())
    assert first.gap.after == pytest.approx(post[own].mean() - post[~own].mean())


def kept(labels, arms=(4, 4), kind="comparison"):
    """(record, card, page) of pupils with these labels in turn."""
    measurement = measured(with_labels(labels, arms), kind)
    verdict = gsl.judge(measurement)
    records = (gsl.private_record(measurement, verdict).to_json(), gsl.evidence(measurement, verdict).to_json())
    return *records, html(gsl.report(measurement, verdict))


def of_subgroups(entries):
    return [entry for entry in entries if entry["subgroup"] is not None]


RARE = ["NL", "Farsi", *["NL"] * 38]
"""One in forty: four of 160 pupils."""


def test_a_record_and_a_card_hold_each_label_apart_and_the_card_no_count_of_its_pupils():
    record, card, page = kept(["a", "b", "c"])
    found = [of_subgroups(content["estimates"]) for content in (record, card)]
    assert [[entry["subgroup"] for entry in entries] for entries in found] == [["taal: a", "taal: b", "taal: c"]] * 2
    assert all(set(entry["n"]) == {"classes_treated", "classes_control"} for entry in found[1])
    assert all(entry["n"]["pupils_treated"] > 0 for entry in found[0])
    for exact, told in zip(*found, strict=True):
        assert told["value"] == round(exact["value"], 2) and told["estimator"] == "subgroup_interaction"
    assert all(f"Bij “{label}” (taal)" in page for label in "abc")


def test_a_label_of_a_few_pupils_is_named_nowhere():
    record, card, page = kept([*RARE, "derde"])
    assert "Farsi" not in str(card) and "Farsi" not in page
    for content in (record, card):
        assert {entry["subgroup"] for entry in of_subgroups(content["refused"])} == {"taal"}
    assert words("nl")("verdict.everyone.subgroup_none", column="taal") in page


def test_classes_of_few_pupils_tell_nothing_of_subgroups():
    """An arm under 10 pupils: nothing of the outcome leaves, and so nothing of its subgroups."""
    scores = with_labels(["a", "b"], (1, 4))
    of_first = [row for row, name in enumerate(scores["klas"]) if name == scores["klas"][0]]
    dropped = set(of_first[9:])
    scores = {key: [cell for row, cell in enumerate(column) if row not in dropped] for key, column in scores.items()}
    measurement = measured(scores)
    card = gsl.evidence(measurement, gsl.judge(measurement)).to_json()
    assert card["estimates"] == [] and of_subgroups(card["refused"]) == []


def test_one_group_keeps_how_the_gap_changed():
    record, card, _ = kept(["NL", "anders"], (3, 0), "one_group")
    for content in (record, card):
        (entry,) = of_subgroups(content["estimates"])
        assert entry["estimator"] == "gap_change" and entry["subgroup"] == "taal: NL"


def test_the_picture_has_a_line_for_every_label_that_may_be_told():
    study, data = bound(with_labels(["a", "b", "c"]), **LANGUAGE)
    measurement = measure(study, data)
    page = gsl.report(measurement, gsl.judge(measurement))
    (chart,) = [b for b in page.blocks if isinstance(b, Chart) and "klasgenoten" in b.caption]
    assert [row[0] for row in chart.table.rows] == ["a (taal)", "b (taal)", "c (taal)"]
    for row, one in zip(chart.table.rows, measurement.primary.subgroups, strict=True):
        ends = (one.pooled.interval.low, one.pooled.interval.high)
        assert row[1:] == tuple(words("nl").gap(end, 1, 1) for end in ends)
    assert "circle" not in chart.wide, "none of the lines is the answer: no dot"


def test_subgroups_of_classes_compared_without_a_test_before():
    scores = with_labels(["a", "b"])
    outcome = {key: value for key, value in plan()["outcomes"][0].items() if key not in ("pre", "tests")}
    (one,) = measured(scores, outcomes=[outcome]).primary.subgroups
    assert isinstance(one.difference, Estimate)

"""Subgroups: the column that tells them, and what a report says of them."""

import numpy as np
import pytest
from conftest import bound, classes, plan

from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.measure import measure
from gsl_research.methods import subgroups
from gsl_research.problems import Problems

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
    assert set(found) == {"NL", "anders"}
    for name, other in (("NL", expected[0]), ("anders", expected[1])):
        assert isinstance(found[name].difference, Estimate)
        assert found[name].difference.value == pytest.approx(other.difference.value, rel=1e-9)
        assert found[name].pooled.value == pytest.approx(other.pooled.value, rel=1e-9)


def test_with_one_class_each_subgroups_cannot_be_compared():
    result = measured(with_labels(["NL", "anders"], (1, 1))).primary
    assert {one.difference.reason for one in result.subgroups} == {"too_few_classes"}
    assert all(isinstance(one.difference, NotEstimated) for one in result.subgroups)


def test_one_group_has_the_gap_before_and_after():
    scores = with_labels(["NL", "anders"], (1, 0))
    (first, _) = measured(scores, "one_group").primary.subgroups
    own = np.array(scores["taal"]) == first.label
    pre, post = (np.array([float(s.replace(",", ".")) for s in scores[c]]) for c in ("voor", "na"))
    assert first.gap.before == pytest.approx(pre[own].mean() - pre[~own].mean())
    assert first.gap.after == pytest.approx(post[own].mean() - post[~own].mean())

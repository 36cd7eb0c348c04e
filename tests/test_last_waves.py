"""A last wave of few pupils: told of the waves before it, as if it had not been measured, and said so."""

from dataclasses import replace

import numpy as np
import pytest
from attacker import seen, solved_counts, solved_means
from conftest import bound
from made_cases import Case, few_at_last, waves
from telling import run
from test_turns import FOUR, WAIT, planned, rows, without

import gsl_research as gsl
from gsl_research.disclosure import shareable
from gsl_research.documents import html
from gsl_research.judge import judge
from gsl_research.measure import measure
from gsl_research.wording import words

CODE = "last_waves_untold"


def last_of(columns: dict[str, list], wave: int, few: int) -> dict[str, list]:
    """So many pupils of every class made the last wave."""
    return without(columns, lambda klas, pupil, at: at == str(wave) and int(pupil.split("-")[1]) >= few)


def codes(data) -> set[str]:
    return {problem.code for problem in data.warnings}


def same(one, other) -> None:
    for a, b in zip(one.estimates, other.estimates, strict=True):
        assert (a.estimator, a.value, a.se, a.interval) == (b.estimator, b.value, b.se, b.interval)
    assert {name: (arm.pupils, arm.mean_post) for name, arm in one.arms.items()} == {
        name: (arm.pupils, arm.mean_post) for name, arm in other.arms.items()
    }


@pytest.mark.parametrize(("starts", "count"), [(FOUR, 5), (WAIT, 3)])
def test_classes_in_turn_are_measured_as_if_the_last_wave_had_not_been(starts, count):
    columns = last_of(rows(starts, count), count, 1)
    study, data = bound(columns, "one_group", **planned())
    assert data.waves == tuple(map(str, range(1, count))) and CODE in codes(data)
    before = without(columns, lambda klas, pupil, at: at == str(count))
    before["start"] = ["nooit" if start == str(count) else start for start in before["start"]]
    other_study, other = bound(before, "one_group", **planned())
    result, expected = measure(study, data), measure(other_study, other)
    same(result.primary, expected.primary)
    assert shareable(result.primary) and judge(result).capped_code == judge(expected).capped_code
    text = html(gsl.report(result, judge(result)))
    assert f"Over “{count}” vertellen we niets" in text and "Gemiddelden en verschillen staan daarom niet" not in text
    assert "vertellen we niets" in html(gsl.conversation(result, judge(result)))
    assert "vertellen we niets" not in html(gsl.report(expected, judge(expected)))
    cards = [gsl.evidence(one, judge(one)).to_json() for one in (result, expected)]
    assert cards[0] == cards[1], "nothing on it comes from the few"


@pytest.mark.parametrize("delta", [1.0, None])
def test_growth_keeps_the_waves_before(delta):
    case = few_at_last(waves("groei", delta, (4, 4), moments=4))
    *before, _ = case.study["design"]["waves"]
    outcome = case.study["outcomes"][0]
    shorter = outcome | {"post": outcome["between"][-1], "between": outcome["between"][:-1]}
    design = case.study["design"] | {"waves": before}
    by_hand = Case("zonder", case.study | {"design": design, "outcomes": [shorter]}, case.columns)
    _, data, found, verdict = run(case)
    _, other, expected, _ = run(by_hand)
    assert data.waves == other.waves == tuple(before) and CODE in codes(data) and CODE not in codes(other)
    same(found.primary, expected.primary)
    for page in (gsl.pupil_page(found, data), gsl.teacher_page(found, verdict, data)):
        assert "later" not in html(page).split("<main>")[1].replace("Over “later”", "")
    card = gsl.evidence(found, verdict).to_json()
    assert "later" not in str(card)


def test_nothing_changes_where_ten_of_every_side_took_the_last_wave_or_too_few_waves_are_left():
    for few, count in ((3, 5), (2, 5)):  # of eight classes: 24 pupils that began, and 16
        data = bound(last_of(rows(FOUR, count), count, few), "one_group", **planned())[1]
        assert len(data.waves) == count and CODE not in codes(data)
    three = few_at_last(waves("drie", 1.0, (4, 4), moments=3))
    assert len(run(three)[1].waves) == 3
    all_few = waves("klein", None, (1, 0), moments=4, size=8)
    assert len(run(few_at_last(all_few))[1].waves) == 4, "every wave is as thin"


def test_who_made_the_wave_decides_and_not_what_they_scored():
    columns = last_of(rows(), 5, 1)
    turned = columns | {"punten": [f"{20 - float(cell.replace(',', '.')):.1f}" for cell in columns["punten"]]}
    frames = [bound(one, "one_group", **planned())[1] for one in (columns, turned)]
    assert frames[0].waves == frames[1].waves
    start = frames[0].frame["start"].to_numpy()
    assert start.max() == 4 and set(np.unique(start)) == {1, 2, 3, 4}, "who started at the last wave, never starts"
    assert [name for name in frames[0].frame if name.startswith("time.")] == ["time.1", "time.2", "time.3", "time.4"]


def test_an_attacker_learns_nothing_of_the_few():
    study, data, found, verdict = run(few_at_last(waves("groei", 1.0, (3, 3), moments=4)))
    assert CODE in codes(data)
    told = " ".join(words("nl").problem_lines(found.warnings))
    assert "minder dan 10 leerlingen" in told and " 6 leerlingen" not in html(gsl.report(found, verdict))
    assert solved_counts(seen(study, data)) == solved_means(seen(study, data)) == []


def test_two_waves_of_few_are_both_left_out():
    columns = last_of(last_of(rows(), 5, 1), 4, 1)
    data = bound(columns, "one_group", **planned())[1]
    (told,) = [problem for problem in data.warnings if problem.code == CODE]
    assert data.frame["start"].max() == 3, "as many as there are waves is never"
    assert data.waves == ("1", "2", "3") and told.facts["names"] == ["4", "5"]
    lines = words("nl").problem_lines([replace(told, file=None)])
    assert "4" in lines[0] and "5" in lines[0]

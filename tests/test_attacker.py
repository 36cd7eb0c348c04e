"""Nothing of few pupils follows from all that is told of one study, or of two: a count that is hidden stays open by 6,
a mean of fewer than ten by SD/√10. More studies: benchmarks/attack.py."""

from importlib import import_module

import pytest
from attacked_studies import (
    by_year,
    in_bins,
    in_classes,
    in_turns,
    in_waves,
    measured,
    missing_the_last,
    pairs,
    random_study,
    with_levels,
)
from attacker import seen, solved_counts, solved_means
from attacker_bins import solved_bins
from attacker_levels import solved_levels
from attacker_near import solved_near
from attacker_pairs import refused, solved_pairs
from attacker_waves import solved_waves
from conftest import EXAMPLES

import gsl_research as gsl
from gsl_research import disclosure, levels_told, pictures, privacy, rating, small_classes, telling
from gsl_research.documents import html


def attacked(study, data) -> list[str]:
    """Everything that she finds, but near the truth: that takes a measurement for every group of pupils."""
    one = seen(study, data)
    plain = one.measurement.primary.kind in ("points", "goals") and one.measurement.primary.waves is None
    plain &= one.measurement.primary.steps is None and one.measurement.primary.goals is None
    found = [*solved_counts(one), *solved_means(one)] if plain else []
    return [*found, *solved_bins(one), *solved_levels(one), *solved_waves(one)]


KINDS = {
    "points": (random_study, 24),
    "levels": (with_levels, 24),
    "waves": (in_waves, 16),
    "bins": (in_bins, 16),
    "turns": (in_turns, 6),
    "years": (by_year, 6),
}
"""(how a study is drawn, how many are attacked here)."""


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_small_follows_from_a_random_study(kind):
    make, count = KINDS[kind]
    studies = list(measured(make, range(count)))
    assert len(studies) > count / 2
    assert {seed: found for seed, (study, data) in studies if (found := attacked(study, data))} == {}


NEAR = ((random_study, 1), (random_study, 9), (in_waves, 1), (in_turns, 2), (by_year, 1))


@pytest.mark.parametrize(("make", "seed"), NEAR)
def test_no_mean_of_few_follows_near_the_truth(make, seed):
    assert solved_near(seen(*make(seed))) == []


ONCE = [
    *((random_study, seed) for seed in (67, 71, 90, 110, 150, 181, 298, 481, 543)),
    *((with_levels, seed) for seed in (28, 34, 1014, 1048, 1097, 1122)),
    (missing_the_last, 6),
]


@pytest.mark.parametrize(("make", "seed"), ONCE)
def test_what_she_once_found_stays_closed(make, seed):
    assert attacked(*make(seed)) == []


STUDY_FILES = [file for file in sorted(EXAMPLES.glob("*.toml")) if not file.stem.endswith("besluiten")]


@pytest.mark.parametrize("study_file", STUDY_FILES, ids=lambda file: file.stem)
def test_nothing_small_follows_from_an_example(study_file):
    study = gsl.load_study(study_file)
    data = next(file for suffix in (".csv", ".xlsx") if (file := study_file.with_suffix(suffix)).exists())
    assert attacked(study, gsl.load_data(data, study)) == []


# every rule is needed: without it she finds something

FOUND_AT = {
    "who missed only the first": (random_study, range(0, 70), "_with_post_alone", lambda result: 0),
    "why": (random_study, (0, 3), "why_lost_may_show", lambda measurement: True),
    "others": (random_study, (29, 110, 150), "pupils_may_show", lambda measurement, result: True),
    "one is told as none": (random_study, range(0, 20), "MIN_SOME", 7),
    "the answer on the goal": (random_study, (9,), "answer_may_show", lambda part, whole, aimed: True),
    "flags": (random_study, (6,), "OF_PUPILS", ()),
    "rating": (random_study, (0, 6), "hides_loss", lambda result: False),
    "shares": (with_levels, range(0, 48, 3), "shares_may_show", lambda result: True),
    "half of few": (with_levels, (28, 34), "middles_may_show", lambda result: True),
    "goals": (with_levels, range(2, 48, 3), "_told", lambda counts: [reached for _, reached in counts]),
    "moments": (in_waves, range(16, 30), "_told_beside", lambda result, arm: []),
    "first to last": (missing_the_last, (6,), "_ends_may_show", lambda result: True),
    "bins": (in_bins, range(24, 40, 2), "bins_beside", lambda result, arm, when: getattr(arm, f"bins_{when}")),
    "bins of classes": (in_bins, range(1, 60, 2), "class_bins_may_show", lambda result, classes: True),
}


@pytest.mark.parametrize("rule", FOUND_AT)
def test_without_a_rule_she_finds_pupils(rule, monkeypatch):
    make, seeds, name, broken = FOUND_AT[rule]
    homes = (disclosure, import_module("gsl_research.evidence"), telling, privacy, rating, levels_told, pictures)
    for module in (*homes, import_module("gsl_research.check_record")):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, broken)
    assert any(attacked(study, data) for _, (study, data) in measured(make, seeds))


@pytest.mark.parametrize(
    ("sizes", "arms"),
    [((20, 8, 20, 20), 2), ((20, 20, 8, 20, 20, 20), 3), ((8, 9, 20, 20), 2), ((20, 8), None), ((20, 20, 9), None)],
)
def test_without_the_rule_on_small_classes_she_finds_a_mean(sizes, arms, monkeypatch):
    """The class of 8 among larger ones; and the page still tells the difference."""
    study, data = in_classes(sizes, arms)
    one = seen(study, data)
    assert solved_means(one) == []
    assert one.card["estimates"] and one.card["verdict"]["code"] != "hidden"
    monkeypatch.setattr(small_classes, "_open", lambda result, way: True)
    assert solved_means(seen(study, data))


def test_near_the_truth_too_the_rule_on_small_classes_is_needed(monkeypatch):
    monkeypatch.setattr(small_classes, "_open", lambda result, way: True)
    assert solved_near(seen(*in_classes((20, 8, 20, 20), 2)))


# two pages

PAIRS = {
    "5 and 3 fewer": True,
    "10 and 1 fewer": True,
    "7 and 5 fewer": None,
    "another goal": None,
    "a subgroup": False,
}
"""Two pages of almost the same pupils, and whether the second is refused (``None``: by how many lie between)."""


@pytest.mark.parametrize("name", PAIRS)
def test_two_pages_together_tell_no_few(name, tmp_path):
    first, second, free = next((a, b, free) for found, a, b, free in pairs(4) if found == name)
    held = refused(first, second, tmp_path)
    assert PAIRS[name] in (None, held)
    if not held:
        assert list(solved_pairs(seen(*first), seen(*second), free)) == []


def test_without_the_ledger_two_pages_tell_of_a_few():
    first, second, free = next((a, b, free) for found, a, b, free in pairs(4) if found == "5 and 3 fewer")
    assert list(solved_pairs(seen(*first), seen(*second), free))


# what she cannot use


def test_numbers_of_classes_follow_neither_names_nor_sizes_and_are_the_same_every_time():
    orders = set()
    for seed in range(12):
        study, data = in_classes((12, 14, 16, 18, 20, 22, 24, 26), 4, seed)
        first, again = gsl.measure(study, data).primary, gsl.measure(study, data).primary
        assert [item.number for item in first.classes] == [1, 2, 3, 4, 5, 6, 7, 8]
        assert [item.unit for item in first.classes] == [item.unit for item in again.classes]
        assert {item.unit for item in first.classes[:4]} == {0, 1, 2, 3}, "the approach first"
        orders.add(tuple(item.unit for item in first.classes))
    assert len(orders) > 9


def test_no_hash_of_the_file_is_told_and_page_and_card_know_each_other():
    study, data = in_classes((20, 20, 20, 20), 2)
    measurement = gsl.measure(study, data)
    verdict = gsl.judge(measurement)
    card, record = gsl.evidence(measurement, verdict), gsl.private_record(measurement, verdict)
    page = html(gsl.report(measurement, verdict))
    assert data.sha256[:8] not in page and data.sha256[:8] not in str(card.to_json())
    assert card.content_sha256 in page and record.data.sha256 == data.sha256 and card.data.sha256 is None


@pytest.mark.parametrize(("sizes", "arms"), [((8,), None), ((8, 8), 1)])
def test_a_small_class_gets_a_page_that_says_where_the_rest_is(sizes, arms):
    study, data = in_classes(sizes, arms)
    measurement = gsl.measure(study, data)
    page = html(gsl.report(measurement, gsl.judge(measurement)))
    assert "na te rekenen" in page and "private" in page
    assert solved_counts(seen(study, data)) == []

"""The example cards are what their generator measures, may be shared, and are sorted as their story says."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from conftest import EXAMPLES, benchmark

from gsl_research import summarising
from gsl_research.cards import read_card
from gsl_research.participation import load_participation

NETWORK = EXAMPLES / "fiches"
CARDS = sorted(NETWORK.rglob("card.json"))


@pytest.fixture(scope="module")
def story():
    return benchmark("make_example_cards")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return summarising.synthesise(
        summarising.load_cards(NETWORK), lever="autonomy", out=tmp_path_factory.mktemp("before")
    )


def test_each_card_is_what_its_study_gives(story):
    """All of it but the versions of what made it, byte for byte."""
    assert {NETWORK / school.place / "card.json" for school in story.CARDS} == set(CARDS)
    for school in story.CARDS:
        path = NETWORK / school.place / "card.json"
        kept = path.read_text("utf-8")
        made = story.card(school).to_json() | {"versions": json.loads(kept)["versions"]}
        assert json.dumps(made, indent=2, ensure_ascii=False) + "\n" == kept, school.place


def test_each_card_may_be_shared():
    for path in CARDS:
        card = read_card(path)
        assert card.study.context["school_code"] == path.relative_to(NETWORK).parts[0]
        assert re.fullmatch(r"S\d\d", card.study.context["school_code"])


def test_no_code_of_a_pupil_or_a_class_is_on_a_card():
    for path in CARDS:
        assert not re.search(r"\bL\d{3}\b|\b\d[A-N]\b", path.read_text("utf-8")), path


def test_the_folder_stays_small():
    assert sum(path.stat().st_size for path in CARDS) < 1_500_000


def test_all_that_was_given_is_used_or_told_why_not(told):
    belonging = told.synthesis.belonging
    assert Counter(one.reason for one in belonging.excluded) == {
        "older_version": 1,
        "same_content": 1,
        "no_comparison": 1,
        "hidden": 1,
        "other_domain": 1,
        "other_scale": 1,
        "other_design": 1,
    }
    assert belonging.given == len(belonging.used) + len(belonging.excluded) == len(CARDS) - 1


def test_the_right_schools_are_apart_and_for_the_right_reason(story, told):
    found = {(one.card.study.context["school_code"], one.reason) for one in told.synthesis.belonging.excluded}
    assert found == {
        ("S04", "older_version"), ("S06", "same_content"), ("S23", "no_comparison"), ("S24", "other_domain"),
        ("S25", "other_scale"), ("S26", "other_design"), ("S27", "hidden"),
    }  # fmt: skip
    lead = told.synthesis.leading
    assert {one.name for one in lead.schools} == {school.code for school in story.COUNTED}
    assert {one.name for one in told.synthesis.network.schools} == {school.code for school in story.ALONE}
    assert lead.way == "several_per_school"


def test_the_newer_card_counts_and_the_first_one_does_not(story, told):
    used = next(one.card for one in told.synthesis.used if one.school == "S04")
    (older,) = (one for one in told.synthesis.belonging.excluded if one.reason == "older_version")
    assert older.twin.path == used.path
    assert older.card.study.post_on < used.study.post_on
    assert older.card.estimates[0].value != used.estimates[0].value


def test_what_schools_found_fits_what_they_were_made_of(story, told):
    """One draw of eighteen schools: the truth lies inside what is told."""
    lead = told.synthesis.leading
    assert lead.mean.interval.holds(story.MEAN)
    assert lead.spread.interval.holds(story.SPREAD)
    assert lead.following.holds(story.MEAN)


def test_the_cards_differ_in_what_a_summary_tells_of_them(told):
    cards = told.cards
    answers = [card.verdict.questions for card in cards]
    assert {one.goal for one in answers} >= {"reached", "not_reached", "no_goal", "hidden"}
    assert {one.everyone for one in answers} >= {"closer", "further", "unclear", "hidden"}
    assert {code for one in answers for code in one.side_effects.values()} >= {"safe", "signal", "described"}
    assert {card.study.randomised for card in cards} == {True, False, None}
    assert {card.study.planned_before for card in cards} >= {True, False}
    minutes = {card.study.extra_minutes for card in cards}
    assert None in minutes
    assert min(minutes - {None}) < 0 < max(minutes - {None})
    assert any(card.moments for card in cards)


def test_who_took_part_fits_the_cards(story, told):
    took = load_participation(NETWORK / "deelname.toml")
    assert took.started - took.stopped == told.with_card
    assert (NETWORK / "deelname.toml").read_text("utf-8") == story.TOOK_PART


def test_another_seed_gives_other_numbers(story):
    school = story.COUNTED[0]
    assert story.scores(school, 1) == story.scores(school, 1) != story.scores(school, 2)
    assert story.study_file(school) != story.study_file(replace(school, drawn=False))

"""Which cards are put together, and the reason of every other one. The result never decides."""

import json
import os
from datetime import date

import pytest
from made_cards import content, folder_of, put, sealed

from gsl_research.belonging import Belonging, belong, domains, levers
from gsl_research.cards import cards_below

AUTONOMY = {"lever": "autonomy"}


def sorted_out(folder, *cards, **options) -> Belonging:
    found = folder_of(folder, list(cards))
    assert found.problems == ()
    return belong(found.cards, "autonomy", **options)


def reasons(belonging: Belonging) -> dict[str, str]:
    return {one.card.study.context["school_code"]: one.reason for one in belonging.excluded}


def plain(number: int, **options) -> dict:
    return content(f"S{number:02d}", 0.1 + number / 100, **AUTONOMY | options)


def test_every_card_is_used_or_excluded_with_its_reason(tmp_path):
    found = sorted_out(
        tmp_path,
        *(plain(number) for number in range(4)),
        plain(10, design="one_group", assigned=None, randomised=None),
        plain(11, outcomes=({"name": "zin", "g": 0.2, "se": 0.1, "domain": "motivation"},)),
        plain(12, design="multi_site", assigned="pupil"),
        plain(13, outcomes=({"name": "zones", "g": 0.2, "se": 0.1, "graded": "order"},)),
        plain(14, alone=True, se=None, classes=2),
    )
    assert (found.domain, found.design) == ("learning_gain", "comparison")
    assert reasons(found) == {
        "S10": "no_comparison", "S11": "other_domain", "S12": "other_design", "S13": "other_scale",
    }  # fmt: skip
    assert len(found.used) == 5 and found.given == 9
    assert [one.school for one in found.used if one.measures[0].alone] == ["S14"]


def test_a_card_whose_groups_are_too_small_says_so(tmp_path):
    silent = plain(9, code="hidden")
    silent["outcomes"], silent["estimates"] = [], []
    found = sorted_out(tmp_path, *(plain(number) for number in range(3)), sealed(silent))
    assert reasons(found) == {"S09": "hidden"}


def test_another_standardiser_is_another_scale(tmp_path):
    other = plain(9)
    for one in other["estimates"]:
        if one["metric"] == "g":
            one["unit"] = "pre_sd"
    found = sorted_out(tmp_path, *(plain(number) for number in range(3)), sealed(other))
    assert reasons(found) == {"S09": "other_scale"}


def test_the_most_cards_lead_and_the_order_of_results_changes_nothing(tmp_path):
    def motivated(number: int) -> dict:
        return plain(number, outcomes=({"name": "zin", "g": 0.9 + number / 50, "se": 0.1, "domain": "motivation"},))

    cards = [motivated(number) for number in range(4)] + [plain(number) for number in range(4, 7)]
    assert sorted_out(tmp_path / "a", *cards).domain == "motivation"
    found = sorted_out(tmp_path / "b", *cards, domain="learning_gain")
    assert found.domain == "learning_gain" and len(found.used) == 3
    every = folder_of(tmp_path / "c", cards).cards
    assert domains(every, "autonomy") == ("learning_gain", "motivation")
    assert levers(every) == ("autonomy",)
    tied = [motivated(n) for n in range(2)] + [plain(n) for n in range(2, 4)]
    assert sorted_out(tmp_path / "d", *tied).domain == "learning_gain"


def test_a_copy_counts_once(tmp_path):
    card = plain(1)
    put(tmp_path, plain(2), "a.json")
    put(tmp_path, card, "a.json")
    put(tmp_path / "copy", card, "b.json")
    found = belong(cards_below(tmp_path).cards, "autonomy")
    assert [one.reason for one in found.excluded] == ["same_content"]
    assert found.excluded[0].twin.content_sha256 == found.excluded[0].card.content_sha256
    assert len(found.used) == 2 and len(found.counted) == 2


def test_the_same_numbers_under_another_name_count_once(tmp_path):
    found = sorted_out(tmp_path, plain(1), plain(2), content("S03", 0.11, id="breuken-kopie", **AUTONOMY))
    assert reasons(found) == {"S03": "same_numbers"}


def test_of_two_cards_of_one_study_the_last_counts(tmp_path):
    first, second = plain(1, post_on="2025-06-01"), content("S01", 0.4, post_on="2026-06-01", **AUTONOMY)
    found = sorted_out(tmp_path, first, second, plain(2))
    assert [one.reason for one in found.excluded] == ["older_version"]
    assert found.excluded[0].card.study.post_on == date(2025, 6, 1)
    assert found.excluded[0].twin.study.post_on == date(2026, 6, 1)


def test_on_one_day_the_file_written_last_counts_and_a_tie_counts_neither(tmp_path):
    old, new = put(tmp_path, plain(1), "a.json"), put(tmp_path, content("S01", 0.4, **AUTONOMY), "b.json")
    put(tmp_path, plain(2))
    os.utime(old, (1_000, 1_000))
    os.utime(new, (2_000, 2_000))
    found = belong(cards_below(tmp_path).cards, "autonomy")
    assert [(one.reason, one.card.path) for one in found.excluded] == [("older_version", old)]
    os.utime(new, (1_000, 1_000))
    found = belong(cards_below(tmp_path).cards, "autonomy")
    assert [one.reason for one in found.excluded] == ["two_versions"] * 2
    assert len(found.used) == 1


def test_without_a_code_every_folder_is_a_school_and_one_folder_is_asked_about(tmp_path):
    cards = [content("x", 0.1 * number, **AUTONOMY) for number in range(1, 4)]
    for number, card in enumerate(cards):
        del card["study"]["context"]["school_code"]
        place = tmp_path / "abc"[number] / "card.json"
        place.parent.mkdir()
        place.write_text(json.dumps(sealed(card)), "utf-8")
    found = belong(cards_below(tmp_path).cards, "autonomy")
    assert len({one.school for one in found.used}) == 3 and not found.coded
    (tmp_path / "b" / "card.json").rename(tmp_path / "a" / "card-2.json")
    os.utime(tmp_path / "a" / "card.json", (1_000, 1_000))
    os.utime(tmp_path / "a" / "card-2.json", (1_000, 1_000))
    found = belong(cards_below(tmp_path).cards, "autonomy")
    assert [one.reason for one in found.excluded] == ["two_versions"] * 2


def test_a_lever_without_cards_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match="didactics"):
        belong(folder_of(tmp_path, [plain(1)]).cards, "didactics")

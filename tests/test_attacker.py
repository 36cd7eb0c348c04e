"""Nothing of fewer than five pupils, and no mean of fewer than ten, follows from all that is told of one study."""

from collections.abc import Iterator
from importlib import import_module

import numpy as np
import pytest
from attacker import seen, solved_counts, solved_means
from conftest import EXAMPLES, bound, plan

import gsl_research as gsl
from gsl_research import disclosure, small_classes, telling
from gsl_research.documents import html
from gsl_research.problems import Problems
from gsl_research.study import Study


def random_study(seed: int) -> tuple[Study, object]:
    """Classes of 3 to 30 pupils in one of four designs, with pupils who missed a test, a goal, labels, and a second
    outcome: all drawn at random."""
    rng = np.random.default_rng(seed)
    kind = ("comparison", "comparison", "one_group", "multi_site", "blocks")[seed % 5]
    count = int(rng.integers(1, 6)) if kind == "one_group" else int(rng.integers(2, 9))
    sizes = rng.choice([3, 5, 7, 8, 9, 10, 12, 15, 20, 24, 30], count)
    sizes[rng.random(count) < 0.5] = 20
    of = np.repeat(np.arange(count), sizes)
    pupils = len(of)
    if kind == "multi_site":
        treated = rng.permutation(pupils) % 2 == 0
    elif kind == "blocks":
        treated = of % 2 == 0
    else:
        treated = of < max(1, count // int(rng.integers(2, 4)))
    level = rng.normal(0, 0.8, count)[of]
    pre = np.clip(np.round(rng.normal(10 + level, 3)), 0, 20)
    post = np.clip(np.round(4 + level + 0.7 * pre + rng.normal(1, 2, pupils)), 0, 20)
    columns = {"leerling": [f"p{n}" for n in range(pupils)], "klas": [f"k{j}" for j in of]}
    columns["groep"] = np.where(treated, "nieuw", "gewoon").tolist()
    columns["blok"] = [f"b{j // 2}" for j in of]
    for name, values in (("voor", pre), ("na", post), ("v2", rng.permutation(pre)), ("n2", rng.permutation(post))):
        gone = rng.random(pupils) < rng.choice([0, 0, 0.02, 0.06, 0.15])
        columns[name] = ["" if away else f"{value:g}" for value, away in zip(values, gone, strict=True)]
    columns["taal"] = rng.choice(["ned", "fra", "tur", ""], pupils, p=[0.6, 0.25, 0.1, 0.05]).tolist()
    first = plan()["outcomes"][0]
    if rng.random() < 0.8:
        first |= {"reliability": 0.85}
    if rng.random() < 0.7:
        goal = {"at_least": int(rng.integers(8, 18)), "share": 0.7} if rng.random() < 0.8 else {"gain": 1.0}
        first |= {"goal": goal}
    outcomes = [first]
    if rng.random() < 0.4:
        outcomes.append({**plan()["outcomes"][0], "name": "mot", "label": "Motivatie", "pre": "v2", "post": "n2",
                         "role": "side_effect", "domain": "motivation"})  # fmt: skip
    changes = {"outcomes": outcomes}
    if kind != "multi_site" and rng.random() < 0.5:
        changes["subgroups"] = [{"column": "taal"}]
    if kind == "multi_site":
        changes["design"] = {"kind": "multi_site", "site": "class", "randomised": True}
    if kind == "blocks":
        changes["design"] = {"kind": "comparison", "assigned": "class", "blocks": True, "randomised": True}
        changes["columns"] = {**plan()["columns"], "block": "blok"}
    return bound(columns, "one_group" if kind == "one_group" else "comparison", **changes)


def random_studies(seeds: range) -> Iterator[tuple[int, tuple]]:
    """Those that can be measured."""
    for seed in seeds:
        try:
            study, data = random_study(seed)
            gsl.measure(study, data)
        except Problems:
            continue
        yield seed, (study, data)


def attacked(study, data) -> list[str]:
    one = seen(study, data)
    return [*solved_counts(one), *solved_means(one)]


@pytest.fixture(scope="module")
def studies() -> list[tuple[int, tuple]]:
    return list(random_studies(range(60)))


def test_nothing_small_follows_from_a_random_study(studies):
    assert len(studies) > 50
    assert {seed: found for seed, (study, data) in studies if (found := attacked(study, data))} == {}


@pytest.mark.parametrize("seed", [67, 90, 110, 150, 181, 298, 481, 543])
def test_what_she_once_found_stays_closed(seed):
    assert attacked(*random_study(seed)) == []


STUDY_FILES = [file for file in sorted(EXAMPLES.glob("*.toml")) if not file.stem.endswith("besluiten")]


@pytest.mark.parametrize("study_file", STUDY_FILES, ids=lambda file: file.stem)
def test_nothing_small_follows_from_an_example(study_file):
    study = gsl.load_study(study_file)
    data = next(file for suffix in (".csv", ".xlsx") if (file := study_file.with_suffix(suffix)).exists())
    one = seen(study, gsl.load_data(data, study))
    assert solved_means(one) == []
    if (
        one.measurement.primary.kind == "points"
        and one.measurement.primary.waves is None
        and not study.design.kind == "stepped"
    ):
        assert solved_counts(one) == []


# every rule is needed: without it she finds something

FOUND_AT = {
    "counts": ((55, 67, 298), "_with_post_alone", lambda result: 0),
    "why": ((0, 3), "why_lost_may_show", lambda measurement: True),
    "others": ((29, 110, 150), "pupils_may_show", lambda measurement, result: True),
}


@pytest.mark.parametrize("rule", FOUND_AT)
def test_without_a_rule_on_counts_she_finds_pupils(rule, monkeypatch):
    seeds, name, broken = FOUND_AT[rule]
    for module in (disclosure, import_module("gsl_research.evidence"), telling):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, broken)
    assert any(solved_counts(seen(*random_study(seed))) for seed in seeds)


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


def in_classes(sizes, arms, seed=3):
    """Classes of these sizes, the first ``arms`` with the approach; ``None`` is one group."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(len(sizes)), sizes)
    level = rng.normal(0, 0.8, len(sizes))[of]
    pre = np.clip(np.round(rng.normal(10 + level, 3)), 0, 20)
    post = np.clip(np.round(4 + level + 0.7 * pre + rng.normal(1, 2, len(of))), 0, 20)
    columns = {"leerling": [f"p{n}" for n in range(len(of))], "klas": [f"k{j}" for j in of]}
    columns |= {"voor": [f"{value:g}" for value in pre], "na": [f"{value:g}" for value in post]}
    if arms is not None:
        columns["groep"] = ["nieuw" if j < arms else "gewoon" for j in of]
    return bound(columns, "one_group" if arms is None else "comparison")


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

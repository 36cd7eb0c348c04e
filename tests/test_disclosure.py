"""Numbers that stand beside each other: no difference between two of them is a small count.

Every test is an attack that once worked.
"""

import re

import numpy as np
import pytest
from conftest import bound, classes, plan, turned

import gsl_research as gsl
from gsl_research.blocks import Chart
from gsl_research.charts.picture import drawable
from gsl_research.disclosure import shareable, shares_may_show
from gsl_research.documents import html


def told(scores, kind="comparison", **changes):
    """(page as text, card) of a study."""
    study, data = bound(scores, kind, **changes)
    measurement = gsl.measure(study, data)
    verdict = gsl.judge(measurement)
    page = re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", html(gsl.report(measurement, verdict)), flags=re.DOTALL)
    page = re.sub(r"\s+", " ", page.replace("\N{NO-BREAK SPACE}", " "))
    return page, gsl.evidence(measurement, verdict).to_json()


def toets(**changes):
    return {**plan()["outcomes"][0], **changes}


def of_subgroups(card):
    return [entry for entry in card["estimates"] if entry["subgroup"] is not None]


@pytest.mark.parametrize("kind", ["comparison", "one_group"])
def test_a_label_of_one_pupil_silences_the_labels_it_could_be_worked_out_from(kind):
    scores = classes(3, 3, 21) if kind == "comparison" else classes(1, 0, 42, seed=4)
    scores["taal"] = [{0: "A", 1: "B"}[n % 2] for n in range(len(scores["na"]))]
    scores["taal"][7] = "C"
    page, card = told(scores, kind, subgroups=[{"column": "taal"}])
    assert of_subgroups(card) == [] and "“A”" not in page
    scores["taal"][7] = ""
    page, card = told(scores, kind, subgroups=[{"column": "taal"}])
    assert len(of_subgroups(card)) == 1 and "“A”" in page


@pytest.mark.parametrize(("shifted", "columns"), [(0, 2), (2, 1), (9, 1), (10, 2)])
def test_two_columns_that_divide_pupils_almost_alike_are_not_both_told(shifted, columns):
    scores = classes(1, 0, 60, seed=3)
    scores["t1"] = ["A"] * 30 + ["B"] * 30
    scores["t2"] = ["X"] * (30 - shifted) + ["Y"] * (30 + shifted)
    page, card = told(scores, "one_group", subgroups=[{"column": "t1"}, {"column": "t2"}])
    assert len(of_subgroups(card)) == columns
    assert ("“X”" in page) == (columns == 2)


def test_a_small_arm_is_not_the_file_minus_the_other():
    scores = classes(2, 2, 20)
    kept = [row for row, name in enumerate(scores["klas"]) if name == "k0" or (name == "k2" and row % 20 < 3)]
    scores = {key: [column[row] for row in kept] for key, column in scores.items()}
    page, card = told(scores, outcomes=[toets(reliability=0.8)])
    assert "van de 20" not in page and "23" not in re.sub(r"[0-9a-f]{8,}", "", page)
    assert card["data"]["pupils"] is None


@pytest.mark.parametrize(("without", "goal_counts"), [(2, 58), (8, 60)])
def test_a_goal_does_not_tell_how_few_missed_only_the_test_before(without, goal_counts):
    scores = classes(3, 3, 20)
    scores["voor"][:without] = [""] * without
    page, _ = told(scores, outcomes=[toets(reliability=0.8, goal={"at_least": 12, "share": 0.5})])
    assert f"van de {goal_counts} leerlingen haalden het doel" in page


@pytest.mark.parametrize("missing", ["na", "n2"])
def test_two_outcomes_do_not_tell_how_few_missed_one_of_them(missing):
    scores = classes(3, 3, 20)
    scores["v2"], scores["n2"] = turned(scores["voor"]), turned(scores["na"])
    scores[missing][0] = scores[missing][1] = ""
    second = toets(name="mot", label="M", domain="motivation", role="side_effect", pre="v2", post="n2")
    page, card = told(scores, outcomes=[toets(), second])
    assert not {"118", "120"} <= set(re.findall(r"\d+", page))
    counts = {entry["outcome"]: entry["n"]["pupils_treated"] for entry in card["estimates"]}
    assert None in counts.values()


def test_the_best_score_and_the_goal_do_not_tell_the_few_between():
    scores = classes(3, 0, 10)
    scores["na"] = ["20"] * 12 + ["19", "18"] + ["11", "12", "10,5", "9"] * 4
    goal = {"at_least": 18, "share": 0.5}
    page, card = told(scores, "one_group", outcomes=[toets(goal=goal)])
    assert "14 van de 30 leerlingen haalden het doel" in page and "te makkelijk" not in page
    assert {check["code"]: check["value"] for check in card["checks"]}["ceiling"] is None
    page, card = told(scores, "one_group")
    assert "Voor 12 leerlingen was de toets te makkelijk" in page
    assert {check["code"]: check["value"] for check in card["checks"]}["ceiling"] == 0.4


def test_the_worst_score_and_the_goal_do_not_tell_the_few_between():
    scores = classes(3, 0, 10)
    scores["na"] = ["0"] * 12 + ["5", "6"] + ["11", "12", "10,5", "9"] * 4
    page, _ = told(scores, "one_group", outcomes=[toets(goal={"at_least": 8, "share": 0.5})])
    assert "16 van de 30 leerlingen haalden het doel" in page and "te moeilijk" not in page


def test_a_card_does_not_tell_how_few_missed_the_best_score():
    scores = classes(3, 0, 10)
    scores["na"] = ["20"] * 28 + ["18", "17"]
    _, card = told(scores, "one_group")
    assert {check["code"]: check["value"] for check in card["checks"]}["ceiling"] is None


def test_a_card_does_not_tell_that_an_arm_lost_one_pupil():
    scores = classes(3, 3, 20)
    for row in (0, 60, 61, 62, 63, 80, 81, 82, 83):
        scores["na"][row] = ""
    _, card = told(scores)
    checks = {check["code"]: check["value"] for check in card["checks"]}
    assert checks["attrition"] == 0.07 and checks["attrition_gap"] is None


def test_bins_before_and_the_goal_before_do_not_tell_the_few_between():
    shown = []
    for seed in range(12):
        goal = toets(goal={"at_least": 10, "share": 0.5})
        study, data = bound(classes(3, 0, 12, seed=seed), "one_group", outcomes=[goal])
        measurement = gsl.measure(study, data)
        arm = measurement.primary.arms["single"]
        chart = next(b for b in gsl.report(measurement, gsl.judge(measurement)).blocks if isinstance(b, Chart))
        shown.append(any(row[0] == "vooraf" and row[1].startswith("van") for row in chart.table.rows))
        above = [sum(share for low, _, share in arm.bins_pre if low >= edge) * arm.pupils for edge, *_ in arm.bins_pre]
        tells = any(0 < abs(round(pupils) - arm.reached_before) < 8 for pupils in above)
        assert shown[-1] <= (not tells), seed
    assert 0 < sum(shown) < len(shown)


def test_a_class_of_one_pupil_is_not_worked_out_from_a_mean_and_a_difference():
    scores = classes(3, 4, 12)
    kept = [row for row, name in enumerate(scores["klas"]) if name != "k3" or row % 12 == 0]
    scores = {key: [column[row] for row in kept] for key, column in scores.items()}
    alone = {key: value for key, value in toets().items() if key not in ("pre", "tests")}
    _, card = told(scores, outcomes=[alone])
    assert card["estimates"] == []


@pytest.mark.parametrize("character", ["\x0b", "\x08", "\uffff", "\ufffe", "\ud800"])
def test_a_character_that_no_picture_can_hold_stops_nothing(character):
    scores = classes(3, 3, 20)
    scores["taal"] = [f"Tü{character}rk" if n % 2 else "Ned" for n in range(120)]
    page, _ = told(scores, subgroups=[{"column": "taal"}])
    assert "“Ned”" in page
    assert character not in drawable(f"a{character}b")


def test_the_mean_of_three_who_carry_one_wave_of_a_rollout_cannot_be_solved():
    """Four classes start in turn; at the first start one of them has three pupils: its cell is hidden, and every other
    one beside the weighted difference would give it back."""
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(4), 14)
    points = np.clip(rng.normal(12, 3, (56, 5)), 0.5, 19.5).round(1)
    columns = {"leerling": [f"p{n}" for n in range(56)], "klas": [f"k{c}" for c in codes]}
    columns["start"] = [f"w{c + 2}" for c in codes]
    columns |= {f"w{at + 1}": [f"{value}" for value in points[:, at]] for at in range(5)}
    columns["w2"][3:14] = [""] * 11
    outcome = plan()["outcomes"][0] | {"pre": "w1", "between": ["w2", "w3", "w4"], "post": "w5"}
    design = {"kind": "stepped", "start_column": "start", "waves": ["w1", "w2", "w3", "w4", "w5"], "randomised": True}
    planned, data = bound(columns, "one_group", design=design, outcomes=[outcome])
    assert not shareable(gsl.measure(planned, data).primary)


def test_a_card_tells_no_hidden_count_by_degrees_of_freedom_or_log_odds():
    scores = classes(4, 4, size=20)
    passed = {"k0": 17, "k1": 19, "k2": 20, "k3": 20, "k4": 8, "k5": 9, "k6": 10, "k7": 17}
    seen = dict.fromkeys(passed, 0)
    cells = []
    for klas in scores["klas"]:
        seen[klas] += 1
        cells.append("ja" if seen[klas] <= passed[klas] else "nee")
    outcome = {"name": "proef", "label": "Proef", "domain": "learning_gain", "post": "proef", "levels": ["nee", "ja"]}
    planned, data = bound(scores | {"proef": cells}, outcomes=[outcome])
    measurement = gsl.measure(planned, data)
    card = gsl.evidence(measurement, gsl.judge(measurement))
    assert not shares_may_show(measurement.primary)
    assert {entry.metric for entry in card.estimates} <= {"points"} and not card.refused
    assert all(entry.df is None or round(entry.df, 1) == entry.df for entry in card.estimates)

"""Several primary and secondary outcomes: judged together, each told, and no claim that many questions alone make."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from conftest import bound, classes, plan, turned

import gsl_research as gsl
from gsl_research.charts.picture import Picture
from gsl_research.choices import Answers, SideEffect, choices
from gsl_research.estimate import NotEstimated
from gsl_research.families import families
from gsl_research.measurement import Together
from gsl_research.methods import clusters, permutation, several
from gsl_research.study import Conduct, Study
from gsl_research.wording import words

DRAWN = {"kind": "comparison", "assigned": "class", "randomised": True}
TOLD = {"post_on": date(2026, 12, 10), "scoring": "external_blind", "fidelity": 0.9, "results_seen": False}
KNOWN = {"planned_on": date(2026, 9, 15), "conduct": TOLD}
FIRST = plan()["outcomes"][0]


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    """Pictures add no words and take most of the time."""
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt_text: "")


def extra(name: str, **changes) -> dict:
    return {**FIRST, "name": name, "label": name.capitalize(), "pre": f"{name}_v", "post": f"{name}_n"} | changes


def scores_of(names=("twee", "drie"), **made) -> dict[str, list]:
    """A score file with further outcomes, each the first one of other pupils."""
    scores = classes(**{"treated": 6, "control": 6, "effect": 1.2, "spread": 0.3} | made)
    for place, name in enumerate(names, 1):
        for header, source in ((f"{name}_v", "voor"), (f"{name}_n", "na")):
            cells = scores[source]
            for _ in range(place):
                cells = turned(cells)
            scores[header] = cells
    return scores


def measured(scores=None, outcomes=None, **changes):
    outcomes = outcomes or [FIRST, extra("twee", role="primary"), extra("drie", role="primary")]
    study, data = bound(scores or scores_of(), **{"design": DRAWN, "outcomes": outcomes} | KNOWN | changes)
    return gsl.measure(study, data), data


def told(measurement) -> str:
    return str(gsl.report(measurement, gsl.judge(measurement)).blocks)


def test_each_role_is_a_family_with_holm_and_the_real_draw():
    outcomes = [
        FIRST,
        extra("twee", role="primary"),
        extra("drie", role="secondary"),
        extra("vier", role="side_effect"),
    ]
    measurement, _ = measured(scores_of(("twee", "drie", "vier")), outcomes)
    assert [(one.role, one.outcomes) for one in measurement.families] == [
        ("primary", ("toets", "twee")),
        ("secondary", ("drie",)),
    ]
    family = measurement.family("primary")
    results = measurement.primaries
    assert family.p == tuple(result.main.p for result in results)
    assert family.holm == several.holm(family.p)
    ways = permutation.assignments(results[0].treated, rng=np.random.default_rng(0))
    means = [clusters.adjusted_means(result.moments, result.treated) for result in results]
    assert family.max_t.p == several.max_t(means, ways).p
    assert measurement.family("secondary").max_t is None


def test_classes_that_were_not_drawn_are_not_drawn_again():
    measurement, _ = measured(design={"kind": "comparison", "assigned": "class"})
    assert measurement.family("primary").max_t is None and measurement.family("primary").holm
    one_group, data = bound(classes(3, 0), "one_group", outcomes=[FIRST])
    assert gsl.measure(one_group, data).families == ()


def test_within_blocks_the_draw_stays_within_blocks():
    scores = scores_of(treated=6, control=6)
    scores["paar"] = [f"b{int(name[1:]) % 6}" for name in scores["klas"]]
    columns = {**plan()["columns"], "group": "groep", "block": "paar"}
    measurement, _ = measured(scores, design=DRAWN | {"blocks": True}, columns=columns)
    assert measurement.family("primary").max_t.possible == 2**6


def test_outcomes_of_other_classes_keep_holm_alone():
    scores = scores_of()
    scores["twee_n"] = [
        "" if name == "k0" else cell for name, cell in zip(scores["klas"], scores["twee_n"], strict=True)
    ]
    measurement, _ = measured(scores)
    assert measurement.family("primary").max_t == NotEstimated(estimator="class_max_t", reason="other_classes")
    assert words("nl")("report.reason.other_classes", units="klassen") in told(measurement)


def test_one_primary_outcome_is_judged_as_before():
    measurement, data = measured(outcomes=[FIRST], scores=scores_of(()))
    verdict = gsl.judge(measurement)
    assert len(verdict.primaries) == 1 and verdict.primaries[0].capped_code == verdict.capped_code
    far = replace(measurement, families=tuple(replace(one, holm=(1.0,)) for one in measurement.families))
    assert gsl.judge(far).capped_code == verdict.capped_code == "CLEAR_BIG"
    card = gsl.evidence(measurement, verdict).to_json()
    assert card["families"] == [] and card["verdict"]["primaries"] == []
    assert "hoofdvragen" not in told(measurement)


@pytest.mark.parametrize(("sign", "clear", "leaning"), [(1, "CLEAR_BIG", "LEAN_POS"), (-1, "NEG", "LEAN_NEG")])
def test_a_claim_needs_holm_and_leans_without(sign, clear, leaning):
    measurement, _ = measured(scores_of(effect=1.2 * sign))
    assert [one.capped_code for one in gsl.judge(measurement).primaries] == [clear] * 3
    family = measurement.family("primary")
    for first, expected in ((0.0499, clear), (0.05, leaning), (0.06, leaning)):
        judged = gsl.judge(replace(measurement, families=(replace(family, holm=(first, 0.01, 0.2)),)))
        assert [one.capped_code for one in judged.primaries] == [expected, clear, leaning]
        assert [one.held for one in judged.primaries] == [expected == leaning, False, True]
        assert judged.capped_code == expected and judged.held_back == (expected == leaning)


def test_the_page_leads_with_the_first_and_says_at_once_what_the_others_say():
    measurement, _ = measured()
    text = told(measurement)
    w = words("nl")
    assert w("verdict.primaries.lead", count="3", label="Toets") in text
    assert w("verdict.primaries.better", count="3") in text
    family = measurement.family("primary")
    nothing = replace(measurement, families=(replace(family, holm=(0.2, 0.2, 0.2)),))
    text = told(nothing)
    assert w("verdict.primaries.none", count="3") in text and w("verdict.primaries.held", count="3") in text
    assert w("verdict.primaries.better", count="3") not in text


def test_opposite_answers_are_not_read_as_one():
    scores = scores_of(("twee",))
    scores["twee_n"] = [f"{20 - float(cell.replace(',', '.')):.1f}".replace(".", ",") for cell in scores["twee_n"]]
    scores["twee_v"] = [f"{20 - float(cell.replace(',', '.')):.1f}".replace(".", ",") for cell in scores["twee_v"]]
    measurement, _ = measured(scores, [FIRST, extra("twee", role="primary")])
    verdict = gsl.judge(measurement)
    assert [one.capped_code for one in verdict.primaries] == ["CLEAR_BIG", "NEG"]
    assert words("nl")("verdict.primaries.both", count="2") in told(measurement)
    chosen = {choice.option: choice for choice in verdict.choices}
    assert not chosen["continue"].fits and chosen["continue"].reason == "other_worse"
    assert chosen["adjust"].fits and not chosen["stop"].fits and chosen["again"].fits


@pytest.mark.parametrize(("code", "others", "expected"), [
    ("CANNOT", ("CLEAR_POS",), ("other_better", "no_reason", "too_early", "weak")),
    ("CANNOT", ("LEAN_NEG", "CLEAR_BIG"), ("other_worse", "other_worse", "too_early", "weak")),
    ("NEG", ("CLEAR_BIG",), ("worse", "worse", "other_better", "weak")),
    ("CLEAR_BIG", ("CLEAR_POS",), ("better", "no_reason", "too_early", "weak")),
    ("CLEAR_BIG", ("NEGLIGIBLE",), ("better", "no_reason", "too_early", "firm")),
])  # fmt: skip
def test_what_a_school_may_do_looks_at_every_primary(code, others, expected):
    answers = Answers("no_goal", "unclear", ())
    assert tuple(choice.reason for choice in choices(code, 4, answers, Conduct(), others)) == expected
    harmed = Answers("no_goal", "unclear", (SideEffect("zin", "signal", None),))
    assert next(iter(choices(code, 4, harmed, Conduct(), others))).reason == "harm"


def test_each_primary_has_a_rating_of_its_own_test():
    second = extra("twee", role="primary", reliability=0.5)
    del second["pre"]
    measurement, _ = measured(
        scores_of(("twee",)), [FIRST | {"reliability": 0.9}, second], design={"kind": "comparison", "assigned": "class"}
    )
    first, other = gsl.judge(measurement).primaries
    caps = [{cap.criterion: cap.cap for cap in one.security.caps} for one in (first, other)]
    assert (caps[0]["reliability"], caps[1]["reliability"]) == (5, 1)
    assert caps[1]["comparison"] == 1 < caps[0]["comparison"]


def test_goals_of_other_primaries_are_told_without_a_count():
    reach = [{"at_least": level, "share": 0.5} for level in (9, 19)]
    outcomes = [FIRST | {"goal": reach[0]}, extra("twee", role="primary", goal=reach[1])]
    text = told(measured(scores_of(("twee",)), outcomes)[0])
    assert words("nl")("verdict.goal.other_not_reached", label="Twee") in text
    assert words("nl")("verdict.chip.goals_differ") in text
    assert text.count("leerlingen haalden het doel") == 2, "the first outcome, in its fact and its sentence"


@pytest.mark.parametrize(("planned", "said"), [(True, "declared_clear"), (False, "compared")])
def test_a_secondary_outcome_is_an_exploration_unless_declared(planned, said):
    outcomes = [FIRST, extra("twee", role="secondary")]
    changes = {} if planned else {"planned_on": None}
    measurement, _ = measured(scores_of(("twee",)), outcomes, **changes)
    w, result = words("nl"), measurement.results[1]
    tail = w(f"verdict.secondary.{said}", label="", gap="", span="", basis="").split("). ", 1)[1]
    assert result.main.p < 0.05 and tail in told(measurement)


def test_subgroups_follow_the_first_primary_alone():
    scores = scores_of(("twee",))
    scores["taal"] = ["ab"[row // 2 % 2] for row in range(len(scores["na"]))]
    outcomes = [FIRST, extra("twee", role="primary")]
    measurement, _ = measured(scores, outcomes, subgroups=[{"column": "taal"}])
    assert measurement.results[0].subgroups and not measurement.results[1].subgroups


def test_what_is_hidden_claims_nothing_on_page_or_card():
    scores = scores_of(("twee",))
    kept = [row for row in range(len(scores["na"])) if scores["groep"][row] == "gewoon" or row % 20 < 1]
    scores["twee_n"] = [cell if row in kept else "" for row, cell in enumerate(scores["twee_n"])]
    measurement, _ = measured(scores, [FIRST, extra("twee", role="primary")])
    verdict = gsl.judge(measurement)
    card = gsl.evidence(measurement, verdict).to_json()
    assert [one["outcome"] for one in card["verdict"]["primaries"]] == ["toets"]
    assert [one["outcome"] for one in card["families"]] == ["toets"]
    assert "Twee: gemeten, maar" in told(measurement)
    record = gsl.private_record(measurement, verdict).to_json()
    assert [one["outcome"] for one in record["verdict"]["primaries"]] == ["toets", "twee"]


def test_what_is_hidden_is_in_no_summary_and_no_pair():
    scores = scores_of()
    kept = [row for row in range(len(scores["na"])) if scores["groep"][row] == "gewoon" or row % 20 < 1]
    scores["twee_n"] = [cell if row in kept else "" for row, cell in enumerate(scores["twee_n"])]
    outcomes = [FIRST, extra("twee", role="primary"), extra("drie", role="secondary")]
    measurement, _ = measured(scores, outcomes)
    verdict = gsl.judge(measurement)
    first, hidden = verdict.primaries
    silent = replace(verdict, primaries=(replace(first, capped_code="CANNOT"), replace(hidden, capped_code="NEG")))
    text = str(gsl.report(measurement, silent).blocks)
    w = words("nl")
    assert w("verdict.primaries.shown_none", count="2") in text and w("verdict.primaries.none", count="2") not in text
    assert w("verdict.primaries.worse", count="2") not in text
    assert measurement.together is None or measurement.together.pupils < 130
    together = replace(measurement, together=Together(("toets", "twee", "drie"), 200, np.eye(3)))
    text = str(gsl.report(together, verdict).blocks)
    assert w("report.several.both", one="Toets", other="Drie") in text
    assert w("report.several.both", one="Toets", other="Twee") not in text


@pytest.mark.parametrize("missing", [1, 4])
def test_other_primaries_do_not_tell_how_few_missed_one(missing):
    scores = scores_of(("twee",))
    scores["twee_n"][:missing] = [""] * missing
    goal = {"goal": {"at_least": 10, "share": 0.5}}
    measurement, _ = measured(scores, [FIRST | goal, extra("twee", role="primary", **goal)])
    page = re.sub(r"[0-9a-f]{16,}", "", told(measurement))
    assert not {str(240 - missing), str(120 - missing)} & set(re.findall(r"\d+", page))
    counts = [entry["n"] for entry in gsl.evidence(measurement, gsl.judge(measurement)).to_json()["estimates"]]
    assert all(n["pupils_treated"] in (None, 120) for n in counts)


def test_many_outcomes_stand_in_a_fold_with_how_they_hang_together():
    measurement, data = measured()
    frame = data.frame
    apart = [frame[f"{name}.post"] - frame.groupby("cluster")[f"{name}.post"].transform("mean") for name in
             measurement.together.outcomes]  # fmt: skip
    assert measurement.together.r == pytest.approx(np.corrcoef(apart))
    text = told(measurement)
    assert words("nl")("report.several.caption") in text and words("nl")("report.several.pair") in text
    single, _ = measured(scores_of(("twee",)), [FIRST, extra("twee", role="side_effect")])
    assert words("nl")("report.several.pair") not in told(single)


def test_families_need_a_comparison():
    study = Study.model_validate(plan("one_group", outcomes=[FIRST, extra("twee", role="primary")]))
    assert list(families(study, (), None)) == []

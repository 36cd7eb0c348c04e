"""Several outcomes, missing pupils and a dose on one page: nothing there contradicts or gives away another part."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from conftest import table
from made_cases import DRAWN, SIDE, Case, comparison, conduct, divided, in_turn, waves
from telling import said

import gsl_research as gsl
from gsl_research import advice
from gsl_research.charts.picture import Picture
from gsl_research.dataset import bind
from gsl_research.disclosure import shareable
from gsl_research.judge import FAMILY_LEVEL
from gsl_research.methods import several
from gsl_research.problems import Problems
from gsl_research.rating import more_pupils_help
from gsl_research.schemas import build
from gsl_research.study import Study
from gsl_research.telling import Telling
from gsl_research.wording import words

FIRM = {
    "planned_on": date(2026, 9, 15),
    "conduct": conduct(scoring="external_blind", results_seen=False),
    "main": {"reliability": 0.9},
    "design": DRAWN,
    "arms": (8, 8),
    "spread": 0.1,
}
ALSO = {"role": "primary", "reliability": 0.9}
W = words("nl")


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    """Pictures add no words and take most of the time."""
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt_text: "")


def measured(case: Case):
    study = Study.model_validate(case.study)
    return gsl.measure(study, bind(study, table(case.columns)))


def page(measurement, verdict=None) -> str:
    blocks = gsl.report(measurement, verdict or gsl.judge(measurement)).blocks
    return "\n".join(text for _, text in said(blocks))


def card(measurement) -> dict:
    return gsl.evidence(measurement, gsl.judge(measurement)).to_json()


def kept(case: Case, column: str, keep) -> Case:
    """With the cells of ``column`` only where ``keep(row, treated)`` holds."""
    sides = [group == "nieuw" for group in case.columns["groep"]]
    cells = [cell if keep(row, sides[row]) else "" for row, cell in enumerate(case.columns[column])]
    return replace(case, columns=case.columns | {column: cells})


def few(row: int, treated: bool) -> bool:
    """One pupil in each class with the approach, and all the others."""
    return not treated or row % 20 == 3


# what is hidden is neither told nor solvable


def two(first: float, second: float, hidden: str = "tweede", role: dict = ALSO) -> Case:
    case = comparison("two", first, **FIRM, more={"tweede": (role, second)})
    return kept(case, f"{hidden}_na", few)


UNPRINTED = r"[0-9a-f]{8,64}"


def same_page(one: Case, other: Case) -> bool:
    """Whether a reader of page and card can tell two studies apart; the fingerprints of the data differ anyhow."""
    pages = [re.sub(UNPRINTED, "", page(measured(case))) for case in (one, other)]
    cards = [re.sub(UNPRINTED, "", json.dumps(card(measured(case)), default=str)) for case in (one, other)]
    return pages[0] == pages[1] and cards[0] == cards[1]


@pytest.mark.parametrize("first", [0.0, 0.3, 1.3])
@pytest.mark.parametrize("role", [ALSO, SIDE], ids=["primary", "side_effect"])
def test_a_hidden_outcome_changes_nothing_of_page_and_card(first, role):
    assert not shareable(measured(two(first, 0.0)).results[1])
    for far in (-3.0, 3.0):
        assert same_page(two(first, 0.0, role=role), two(first, far, role=role))


@pytest.mark.parametrize("far", [-3.0, 3.0])
def test_a_hidden_first_outcome_changes_nothing_of_page_and_card(far):
    assert same_page(two(0.0, 0.3, "toets"), two(far, 0.3, "toets"))


@pytest.mark.parametrize("far", [-3.0, 3.0])
def test_a_hidden_first_outcome_hides_its_own_margin_too(far):
    def unset(delta):
        case = comparison("alone", delta, **FIRM | {"main": {"smallest_worthwhile": None}})
        return kept(case, "toets_na", few)

    assert same_page(unset(0.0), unset(far))
    assert card(measured(unset(far)))["verdict"]["margin"] is None


def test_a_hidden_p_counts_in_no_other_and_the_school_keeps_its_own():
    for second in (0.0, 3.0):
        family = measured(two(0.3, second)).family("primary")
        assert family.holm == (several.holm((family.p[0], None))[0], several.holm(family.p)[1])
        assert family.max_t.reason == "too_few_pupils"


def test_a_hidden_outcome_is_no_denial():
    text = page(measured(two(0.0, -3.0)))
    assert W("verdict.primaries.shown_none", count="2") in text and "op geen van de 2" not in text
    assert W("report.choices.unseen", labels="Tweede") in text
    first = page(measured(two(-3.0, 0.3, "toets")))
    for option in ("continue", "adjust", "stop"):
        assert W(f"verdict.choice.{option}.hidden") in first


def test_what_is_hidden_is_hidden_for_a_true_reason():
    """An arm of a hundred, of which one class of two could be solved, has no group of fewer than ten."""
    more = {"tweede": (ALSO, 0.5), "zin": (SIDE, 0.5), "drie": ({}, 0.5)}
    case = comparison("one small class", 0.5, **FIRM, more=more)
    for name in more:
        case = kept(case, f"{name}_na", lambda row, treated: row >= 20 or row < 2)
    text = page(measured(case))
    for label in ("Tweede", "Zin", "Drie"):
        assert W("verdict.secondary.hidden", label=label, unit="klas", study=case.study["id"]) in text


def test_a_goal_that_stays_at_home_is_in_no_choice_and_on_no_card():
    reach = {"goal": {"share": 0.99}, "scale": [0, 1], "smallest_worthwhile": 0.1, "reliability": None}
    case = comparison("nearly all passed", 0.0, **FIRM | {"main": reach})
    cells = [float(row % 60 > 0) for row in range(len(case.columns["toets_na"]))]
    case = replace(
        case, columns=case.columns | {"toets_na": cells, "toets_voor": [float(r % 9 > 3) for r in range(320)]}
    )
    measurement = measured(case)
    verdict = gsl.judge(measurement)
    assert verdict.answers.goal == "not_reached"
    assert W("verdict.choice.adjust.goal") not in page(measurement)
    assert card(measurement)["verdict"]["questions"]["goal"] == "hidden"


# who is missing


def with_gaps(case: Case, column: str = "tweede_na", every: int = 5) -> Case:
    return kept(case, column, lambda row, _: row % every != 1)


def test_who_misses_another_main_question_is_told_by_name():
    case = with_gaps(comparison("gaps", 1.3, **FIRM, more={"tweede": (ALSO, 0.5), "zin": (SIDE, 0.1)}))
    text = page(measured(case))
    assert W("report.method.missing_none", rows="320") not in text
    assert text.count(W("report.missing.of_none", label="Toets", rows="320")) == 2, "in the fold and beside the plan"
    assert W("report.missing.of_some", label="Tweede", rows="320", lost="64") in text
    assert "Met de nieuwe aanpak ontbreken er 32 van de 160, zonder 32 van de 160." in text
    assert W("report.missing.of_none", label="Zin", rows="320") in text


@pytest.mark.parametrize(("gone", "said_so"), [(0, "none"), (3, "few"), (16, "some")])
def test_few_who_miss_another_main_question_are_not_counted(gone, said_so):
    case = comparison("few", 1.3, **FIRM, more={"tweede": (ALSO, 0.5)})
    case = kept(case, "tweede_na", lambda row, _: not (row % 20 == 7 and row < 20 * gone))
    assert W(f"report.missing.of_{said_so}", label="Tweede", rows="320", lost=str(gone), least="8") in page(
        measured(case)
    )


def test_two_main_questions_tell_no_few_between_them():
    case = comparison("between", 1.3, **FIRM, more={"tweede": (ALSO, 0.5)})
    case = kept(case, "toets_na", lambda row, _: row % 20 != 7)
    case = kept(case, "tweede_na", lambda row, _: row % 20 != 7 and row > 2)
    text = page(measured(case))
    assert W("report.missing.of_untold", label="Tweede") in text and not re.search(r"\b301\b|\b19 (van|een)", text)


def test_the_missing_may_turn_any_main_question():
    for delta in (1.0, 1.06):
        case = comparison("turn", 0.0, **FIRM | {"arms": (20, 20)}, more={"tweede": (ALSO, delta)})
        measurement = measured(kept(case, "tweede_na", lambda row, _: row % 20 != 2))
        first, other = gsl.judge(measurement).primaries
        assert not first.missing_turns
        shift = W.points(measurement.results[1].missing.shift, 1)
        assert (W("verdict.missing.turns", points=shift) in page(measurement)) == other.missing_turns
    assert other.missing_turns
    record = gsl.private_record(measurement, gsl.judge(measurement)).to_json()
    assert [one["turns"] for one in record["missing"]] == [False, True]


@pytest.mark.parametrize("role", [ALSO, {}], ids=["primary", "secondary"])
def test_half_lost_of_another_outcome_is_told_with_it(role):
    case = comparison("half", 1.3, **FIRM, more={"tweede": (role, 1.3)})
    text = page(measured(kept(case, "tweede_na", lambda row, _: row % 5 < 2)))
    line = next(line for line in text.split("\n") if "Tweede: " in line and "misten" not in line)
    assert W("verdict.missing.half") in line and W("verdict.missing.no_verdict") in line


def test_bounds_are_an_estimate_under_a_condition():
    case = comparison("bounds", 1.3, **FIRM | {"spread": 0.3})
    text = page(measured(kept(case, "toets_na", lambda row, treated: not (treated and row % 20 < 6))))
    assert "schatten we het gewone verschil achteraf tussen" in text and "Dat klopt alleen als" in text
    assert "ligt het gewone verschil" not in text


# side effects


def beside(gap: float, spread: float = 0.1, better: str = "higher", missing: bool = False) -> tuple[str, str]:
    """(code, sentence) of a side effect that lies ``gap`` apart, positive being better."""
    side = {**SIDE, "reliability": 0.9, "better": better, "smallest_worthwhile": 1.0, "scale": [0, 20]}
    case = comparison("side effect", 0.5, **FIRM | {"spread": spread}, more={"zin": (side, gap)})
    if missing:
        case = kept(case, "zin_na", lambda row, treated: not (treated and row % 20 < 8))
    measurement = measured(case)
    (effect,) = gsl.judge(measurement).answers.side_effects
    return effect.code, next(line for line in page(measurement).split("\n") if line.startswith("Zin"))


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize(("gap", "spread", "code", "told", "untold"), [
    (-2.0, 0.1, "signal", "een teken van achteruitgang", "geen teken"),
    (-0.5, 0.1, "safe", "een kleine achteruitgang", "geen teken"),
    (0.5, 0.1, "safe", "geen teken van een achteruitgang", "niet uit te sluiten"),
    (-0.4, 1.6, "watch", "hou dit in het oog", "geen teken"),
    (0.4, 1.6, "not_excluded", "een achteruitgang is niet uit te sluiten", "geen teken"),
])  # fmt: skip
def test_a_side_effect_says_which_way_and_no_more_than_its_from_to(gap, spread, code, told, untold, better):
    found, line = beside(gap, spread, better)
    assert found == code and told in line and untold not in line
    assert line.startswith("Zin (lager is beter): ") == (better == "lower")
    if code == "signal":
        assert ("hoger" in line) == (better == "lower")


@pytest.mark.parametrize(("sites", "code"), [(1, "not_excluded"), (6, "safe")])
def test_one_class_in_two_halves_calls_no_side_effect_safe(sites, code):
    side = {**SIDE, "reliability": 0.9, "smallest_worthwhile": 1.0, "scale": [0, 20]}
    measurement = measured(divided("halves", 1.0, sites, size=24, more={"zin": (side, 0.5)}))
    assert measurement.results[1].main.interval.low > -1
    (effect,) = gsl.judge(measurement).answers.side_effects
    assert effect.code == code and effect.doubted == (sites == 1)


def test_a_good_side_effect_that_cannot_be_built_on_says_why_it_excludes_nothing():
    code, line = beside(1.5, missing=True)
    assert code == "not_excluded" and "maar daar bouwen we niet op" in line
    code, line = beside(-1.5, missing=True)
    assert code == "signal", "who is missing silences no harm"


def test_a_record_with_a_watched_side_effect_fits_its_schema():
    allowed = build()["record.schema.json"]["$defs"]["Questions"]["properties"]["side_effects"]
    assert "watch" in json.dumps(allowed)


def test_a_secondary_outcome_where_lower_is_better_says_so():
    case = comparison("lower", 0.5, **FIRM, more={"angst": ({"better": "lower"}, 0.9)})
    assert "Angst (lager is beter): gemiddeld 0,9 punten lager" in page(measured(case))


# outcomes of which nothing can be said


THIN = {
    "nobody": lambda row, treated: False,
    "two pupils": lambda row, treated: row in (3, 163),
    "one side": lambda row, treated: treated,
    "one class a side": lambda row, treated: row // 20 in (0, 8) and row % 20 < 2,
}


@pytest.mark.parametrize("thin", THIN)
@pytest.mark.parametrize("role", [SIDE, {}], ids=["side_effect", "secondary"])
def test_a_thin_outcome_leaves_the_rest_standing(thin, role):
    case = comparison("thin", 1.3, **FIRM, more={"zin": (role, 0.1), "rust": (SIDE, 0.1)})
    alone = measured(case)
    measurement = measured(kept(case, "zin_na", THIN[thin]))
    assert measurement.primary.main == alone.primary.main
    assert "rust" in [result.outcome.name for result in measurement.results]
    text = page(measurement)
    if measurement.left_out:
        assert [one.name for one in measurement.left_out] == ["zin"]
        assert W("verdict.left_out", label="Zin") in text
        assert "outcome_left_out" in {problem.code for problem in measurement.warnings}
        assert "Nog niet gemeten: motivatie" not in text
    else:
        assert "Zin: " in text
    gsl.private_record(measurement, gsl.judge(measurement)), gsl.evidence(measurement, gsl.judge(measurement))


@pytest.mark.parametrize("made", [
    lambda: divided("thin", 1.0, 8, more={"zin": (SIDE, 0.1)}),
    lambda: in_turn("thin", 1.0, more={"zin": (SIDE, 0.1)}),
    lambda: waves("thin", 1.0, (4, 4), more={"zin": {"role": "side_effect", "domain": "motivation"}}),
], ids=["divided", "in turn", "waves"])  # fmt: skip
def test_a_thin_outcome_leaves_the_rest_standing_in_every_design(made):
    case = made()
    whole = measured(case).primary.main
    heads = [head for head in case.columns if head.startswith("zin")]
    for keep in (0, 2, 5):
        cells = {head: [cell if row < keep else "" for row, cell in enumerate(case.columns[head])] for head in heads}
        measurement = measured(replace(case, columns=case.columns | cells))
        assert measurement.primary.main == whole
        assert "Zin" in page(measurement)


def test_only_thin_side_effects_are_not_called_unmeasured():
    case = kept(comparison("only", 1.3, **FIRM, more={"zin": (SIDE, 0.1)}), "zin_na", lambda row, _: False)
    text = page(measured(case))
    assert W("verdict.left_out", label="Zin") in text and "Neveneffecten zijn nog niet gemeten" not in text


def test_a_thin_main_question_still_stops():
    case = comparison("thin", 1.3, **FIRM, more={"tweede": (ALSO, 0.5)})
    with pytest.raises(Problems) as raised:
        measured(kept(case, "tweede_na", lambda row, _: row < 2))
    assert "too_few_pupils" in {problem.code for problem in raised.value.problems}


def test_one_test_is_no_two_outcomes():
    case = comparison("twice", 1.3, **FIRM, more={"tweede": (ALSO, 0.5)})
    outcomes = [case.study["outcomes"][0], {**case.study["outcomes"][1], "post": "toets_na"}]
    with pytest.raises(Problems) as raised:
        measured(replace(case, study=case.study | {"outcomes": outcomes}))
    (problem,) = [one for one in raised.value.problems if one.code == "post_of_two_outcomes"]
    assert problem.facts == {"header": "toets_na", "first": "Toets", "second": "Tweede"}
    alike = [case.study["outcomes"][0], {**case.study["outcomes"][1], "pre": "toets_voor"}]
    assert measured(replace(case, study=case.study | {"outcomes": alike})).primaries[1].main is not None


# claims, p-values and causes


@pytest.mark.parametrize(("p", "told"), [
    (0.0496, "net onder 0,05"), (0.045, "0,04"), (0.05, "0,05"), (0.0504, "0,05"), (0.009, "kleiner dan 0,01"),
])  # fmt: skip
def test_a_p_value_is_told_on_its_own_side_of_the_level(p, told):
    measurement = measured(comparison("two", 1.3, **FIRM, more={"tweede": (ALSO, 1.3)}))
    family = replace(measurement.family("primary"), holm=(p, p), max_t=None)
    at = replace(measurement, families=(family,))
    verdict = gsl.judge(at)
    assert [one.claims for one in verdict.primaries] == [p < FAMILY_LEVEL] * 2
    rows = re.search(r"Toets\nhoofdvraag\n.*?\n.*?\n.*?\n(.*?)\n", page(at, verdict))
    assert rows[1] == told
    entries = gsl.evidence(at, verdict).to_json()["families"]
    assert all((one["holm"] < FAMILY_LEVEL) == (p < FAMILY_LEVEL) for one in entries)


def lessons(case: Case) -> Case:
    units = [int(unit[1:]) for unit in case.columns["eenheid"]]
    given = [
        f"{6 + unit % 4}" if group == "nieuw" else "0" for unit, group in zip(units, case.columns["groep"], strict=True)
    ]
    study = case.study | {"columns": case.study["columns"] | {"dose": "lessen"}}
    return replace(case, study=study, columns=case.columns | {"lessen": given})


@pytest.mark.parametrize(("delta", "spread", "cause"), [(1.0, 0.1, True), (0.35, 0.6, False), (0.0, 0.6, False)])
def test_only_a_clear_difference_of_a_draw_is_called_a_cause(delta, spread, cause):
    measurement = measured(lessons(comparison("lessons", delta, **FIRM | {"spread": spread})))
    assert gsl.judge(measurement).primaries[0].claims == cause
    text = page(measurement)
    assert "Wie door de loting" in text
    assert ("daardoor" in text) == cause and ("Of dat daarvan komt, is niet duidelijk" in text) != cause


def test_without_a_draw_nothing_is_said_per_lesson():
    text = page(measured(lessons(comparison("chosen", 1.3, **FIRM | {"design": {"randomised": False}}))))
    assert "door de loting" not in text and "daardoor" not in text


# more pupils


@pytest.mark.parametrize(("size", "spread", "helps"), [(10, 0.02, True), (40, 1.6, False)])
def test_whether_more_pupils_help_follows_from_where_the_spread_lies(size, spread, helps):
    case = comparison("small or apart", 1.0, spread, (2, 2), size=size, noise=2.0, design=DRAWN)
    measurement = measured(case)
    assert more_pupils_help(measurement.primary) is helps
    verdict = gsl.judge(measurement)
    weakest = replace(verdict, security=replace(verdict.security, weakest="class_df"))
    step = advice.next_step(Telling(measurement, weakest, W.for_units("class")))
    said = {True: "Ook meer leerlingen per klas", False: "Meer leerlingen per klas helpen hier weinig"}
    assert said[helps] in step and said[not helps] not in step


def test_more_pupils_is_a_part_of_the_variance_of_class_means():
    """By hand: residual variance over pupils per class, beside the variance of adjusted class means."""
    result = measured(comparison("by hand", 1.0, 0.3, (3, 3), sizes=[10] * 6)).primary
    from gsl_research.methods import clusters

    adjusted = clusters.adjusted_means(result.moments, result.treated)
    of_pupils = adjusted.residual_ss / adjusted.residual_df / 10
    assert more_pupils_help(result) == (of_pupils >= 0.5 * adjusted.spread**2)

"""Who is missing, from score file to page, card and record; and what nobody may work out from it."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import bound, classes, plan, table, turned
from telling import whole_page
from test_divided import SITES, divided

import gsl_research as gsl
from gsl_research.charts.picture import Picture
from gsl_research.dataset import bind
from gsl_research.disclosure import arms_lost_may_show, bounds_may_show, told_estimates
from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.judge import judge
from gsl_research.measure import measure
from gsl_research.methods import clusters
from gsl_research.methods.attrition import LeeBounds, Loss
from gsl_research.methods.moments import class_moments
from gsl_research.missing import SURPRISE_SD, Missing
from gsl_research.problems import Problems
from gsl_research.report import report
from gsl_research.study import Study

DRAWN = {"kind": "comparison", "assigned": "class", "randomised": True}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """The drawing itself adds no words and takes most of the time."""
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt_text: "<svg xmlns='http://www.w3.org/2000/svg'/>")


def without(scores: dict[str, list], chosen, column: str = "na") -> dict[str, list]:
    """``chosen`` of (row, class, number in the class) says whose score is blank."""
    size: dict[str, int] = {}
    cells = []
    for row, (name, score) in enumerate(zip(scores["klas"], scores[column], strict=True)):
        size[name] = size.get(name, -1) + 1
        cells.append("" if chosen(row, int(name[1:]), size[name]) else score)
    return {**scores, column: cells}


def measured(scores, kind="comparison", **changes):
    study, data = bound(scores, kind, **changes)
    return measure(study, data)


def told(measurement, lang="nl"):
    """(page as sentences, card)."""
    verdict = judge(measurement)
    page = " ".join(text for _, text in whole_page(report(measurement, verdict, lang=lang)))
    return page, gsl.evidence(measurement, verdict).to_json()


def fold(measurement):
    blocks = report(measurement, judge(measurement)).blocks
    (found,) = [block for block in blocks if getattr(block, "title", None) == "Wie ontbreekt?"]
    (inner,) = found.blocks
    return list(getattr(inner, "items", None) or [inner.text])


def numbers(scores):
    data = pd.DataFrame({name: scores[name] for name in ("klas", "groep", "voor", "na")})
    for name in ("voor", "na"):
        data[name] = pd.to_numeric(data[name].str.replace(",", "."))
    return data


# what is counted


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_counts_and_how_those_who_left_began_by_hand(better):
    scores = without(classes(4, 4, 20), lambda row, j, n: (row * 7 + j) % 5 == 0)
    scores = without(scores, lambda row, j, n: row in (3, 90), "voor")
    sign = 1 if better == "higher" else -1
    found = measured(scores, outcomes=[{**plan()["outcomes"][0], "better": better}]).primary.missing
    data = numbers(scores)
    both = data.voor.notna() & data.na.notna()
    left = data.voor.notna() & data.na.isna()
    for arm, name in (("treated", "nieuw"), ("control", "gewoon")):
        rows = data.groep == name
        assert (found.started[arm], found.kept[arm]) == (rows.sum(), (rows & both).sum())
        assert found.left[arm] == (rows & left).sum() and found.lost[arm] == (rows & ~both).sum()
        here = data[rows & data.voor.notna()].assign(left=left)
        means = here.groupby(["klas", "left"]).voor.agg(["mean", "size"]).unstack().dropna()
        gaps, sizes = means["mean"][True] - means["mean"][False], means["size"]
        weights = 1 / (1 / sizes[True] + 1 / sizes[False] + 0.08)
        assert found.before[arm].value == pytest.approx(sign * np.average(gaps, weights=weights), rel=1e-12)
    spread = data[data.voor.notna()].groupby("groep").voor.agg(lambda x: ((x - x.mean()) ** 2).sum()).sum()
    assert found.before_sd == pytest.approx(math.sqrt(spread / (data.voor.notna().sum() - 2)), rel=1e-12)
    assert (found.classes, found.classes_lost) == (8, 0)


def test_losses_of_pupils_and_of_classes():
    scores = without(classes(4, 4, 20), lambda row, j, n: j == 5 or (j == 0 and n < 5))
    found = measured(scores).primary.missing
    assert found.pupils_loss == Loss(80, 75, 60, 60) and found.classes_loss == Loss(4, 4, 4, 3)
    assert found.boundary == "beyond"
    assert replace(found, classes_loss=None).boundary == "optimistic"
    assert measured(classes(3, 3, 20)).primary.missing.boundary == "cautious"
    within = measured(without(divided(4), lambda row, j, n: row % 8 == 0), design=SITES).primary.missing
    assert within.pupils_loss == Loss(48, 36, 48, 48) and within.classes_loss is None
    assert measured(classes(3, 0, 20), "one_group").primary.missing.boundary is None


def test_nobody_missing_is_one_line():
    for scores, kind, changes in (
        (classes(3, 3, 20), "comparison", {}),
        (classes(2, 0, 20), "one_group", {}),
        (divided(3), "comparison", {"design": SITES}),
    ):
        measurement = measured(scores, kind, **changes)
        assert fold(measurement) == [f"Alle {measurement.rows} leerlingen in het bestand maakten de nodige toetsen."]
        assert measurement.primary.missing.imputed is None and measurement.primary.missing.shifted == ()


# what it could have changed


def test_tipping_is_of_the_missing_of_either_arm():
    scores = without(classes(4, 4, 20, effect=2), lambda row, j, n: n < 4)
    result = measured(scores).primary
    for arm, way in (("treated", 1), ("control", -1)):
        found = result.missing.tipping[arm]
        assert found.sign == pytest.approx(way * result.main.value / 0.2)
        assert 0 < way * found.interval < way * found.sign
    only = measured(without(classes(4, 4, 20, effect=2), lambda row, j, n: j > 3 and n < 4)).primary.missing
    assert set(only.tipping) == {"control"} and len(only.shifted) == 2


def shifted_by_hand(scores, side, by):
    """Everybody without a score gets what classmates with the same test before had, and ``by`` more: their mean."""
    data = numbers(scores)
    kept = data.dropna()
    codes, names = pd.factorize(kept.klas, sort=True)
    arm = kept.groupby("klas").groep.first().to_numpy() == "nieuw"
    means = clusters.adjusted_means(class_moments(codes, kept.voor, kept.na), arm)
    counted = data[data.na.isna() | data.voor.notna()]
    share = counted.na.isna().groupby(counted.klas).mean()[names].to_numpy()
    moved = means.mean + by * share * (arm == side)
    return clusters.adjusted_difference(replace(means, mean=moved), unit="points")


def test_shifts_are_those_of_the_missing_of_one_arm():
    scores = without(classes(4, 4, 20, effect=2), lambda row, j, n: n <= j)
    scores = without(scores, lambda row, j, n: n > 16, "voor")
    result = measured(scores).primary
    assert result.missing.shift == pytest.approx(SURPRISE_SD * result.sd)
    expected = [shifted_by_hand(scores, side, way * result.missing.shift) for side in (True, False) for way in (1, -1)]
    for ours, theirs in zip(result.missing.shifted, expected, strict=True):
        assert (ours.value, ours.se) == pytest.approx((theirs.value, theirs.se), rel=1e-9)


@pytest.mark.parametrize("sites", [1, 5])
def test_shifts_within_classes_move_the_difference_by_the_share_that_is_missing(sites):
    result = measured(without(divided(sites), lambda row, j, n: n in (0, 2, 4)), design=SITES).primary
    by = result.missing.shift * 3 / 12
    assert [one.value - result.main.value for one in result.missing.shifted] == pytest.approx([by, -by])
    assert all(one.se == pytest.approx(result.main.se) for one in result.missing.shifted)


def test_shifts_and_filling_in_within_blocks():
    scores = classes(4, 4, 20, effect=1)
    scores["blok"] = [f"b{int(name[1:]) % 4}" for name in scores["klas"]]
    columns = {"pupil": "leerling", "class": "klas", "group": "groep", "block": "blok"}
    design = DRAWN | {"blocks": True}
    result = measured(without(scores, lambda row, j, n: n < 2), design=design, columns=columns).primary
    assert result.missing.tipping == {} and len(result.missing.shifted) == 4
    for one, way in zip(result.missing.shifted, (1, -1, -1, 1), strict=True):
        assert one.value == pytest.approx(result.main.value + way * result.missing.shift * 0.1)
        assert (one.estimator, one.df) == ("within_blocks", 3)
    assert result.missing.imputed.class_df == 3 and result.missing.imputed.status == "beside"


def firm(scores, **changes):
    """A study of which everything is told, so that the pupils who are missing are what is left to doubt."""
    conduct = {
        "post_on": "2026-12-10", "scoring": "external_blind", "fidelity": 0.9, "comparison": "parallel",
        "concurrent_change": False, "results_seen": False,
    }  # fmt: skip
    outcome = {**plan()["outcomes"][0], "smallest_worthwhile": 1.0, "reliability": 0.9, **changes}
    content = plan(design=DRAWN, outcomes=[outcome], planned_on="2026-09-15", conduct=conduct)
    content |= {"planned_on": np.datetime64("2026-09-15").astype(object)}
    content["conduct"]["post_on"] = np.datetime64("2026-12-10").astype(object)
    study = Study.model_validate(content)
    return measure(study, bind(study, table(scores)))


@pytest.mark.parametrize(("worth", "code", "turns"), [
    (0.7, "CLEAR_BIG", False), (1.5, "CLEAR_BIG", True), (1.6, "CLEAR_POS", True), (1.95, "CLEAR_POS", True),
    (2.6, "NEGLIGIBLE", False),
])  # fmt: skip
def test_the_conclusion_says_so_only_where_the_missing_could_turn_it(worth, code, turns):
    scores = without(classes(20, 20, 24, effect=2, spread=0.2), lambda row, j, n: n in (3, 9))
    measurement = firm(scores, smallest_worthwhile=worth)
    verdict = judge(measurement)
    assert (verdict.capped_code, verdict.missing_turns) == (code, turns)
    page, card = told(measurement)
    assert ("kon hier een ander antwoord staan" in page) == turns
    assert card["missing"][0]["turns"] == turns


def test_what_is_said_with_doubt_is_not_doubted_twice():
    measurement = measured(without(classes(3, 3, 20), lambda row, j, n: n < 4))
    assert judge(measurement).capped_code == "CANNOT" and not judge(measurement).missing_turns


@pytest.mark.parametrize("randomised", [True, False])
def test_bounds_only_where_lots_were_drawn_and_one_side_lost_more(randomised):
    scores = without(classes(4, 4, 30, effect=1), lambda row, j, n: j < 4 and n < 6)
    measurement = measured(scores, design=DRAWN | {"randomised": randomised})
    found = measurement.primary.missing.bounds
    if not randomised:
        assert found is None
        return
    data = numbers(scores)
    ours = data[data.groep == "gewoon"].na.sort_values().to_numpy()
    theirs = data[(data.groep == "nieuw") & data.na.notna()].na.mean()
    assert (found.low, found.high) == pytest.approx((theirs - ours[24:].mean(), theirs - ours[:96].mean()))
    assert bounds_may_show(measurement) and any("Er is geloot" in line for line in fold(measurement))
    alike = measured(without(classes(4, 4, 30), lambda row, j, n: n < 6), design=DRAWN)
    assert alike.primary.missing.bounds is None


def test_filled_in_stands_beside_and_does_not_touch_the_rating():
    scores = classes(4, 4, 24, effect=1)
    some, every = measured(without(scores, lambda row, j, n: n < 4), design=DRAWN), measured(scores, design=DRAWN)
    (imputed,) = [one for one in some.primary.beside if one.estimator == "multiple_imputation"]
    assert imputed.n["pupils_treated"] == 96 and some.primary.main.n["pupils_treated"] == 80
    assert imputed.value == pytest.approx(some.primary.main.value, abs=0.5 * some.primary.main.se)
    assert all(one.estimator != "multiple_imputation" for one in every.primary.estimates)
    assert not any(alarm.estimator == "multiple_imputation" for alarm in some.primary.alarms)
    assert some == some and measured(without(scores, lambda row, j, n: n < 4), design=DRAWN).primary.estimates == (
        some.primary.estimates
    )


def test_without_a_test_before_nothing_is_filled_in():
    outcome = {key: value for key, value in plan()["outcomes"][0].items() if key not in ("pre", "tests")}
    result = measured(without(classes(4, 4, 20), lambda row, j, n: n < 3), outcomes=[outcome]).primary
    assert result.missing.imputed is None and result.missing.before == {} and len(result.missing.shifted) == 4


@pytest.mark.parametrize("kind", ["classes", "blocks", "sites", "one site"])
def test_who_missed_only_the_test_before_counts_beside_where_lots_were_drawn(kind):
    within = "site" in kind
    scores = divided(5 if kind == "sites" else 1, 30) if within else classes(4, 4, 20, effect=1)
    scores = without(scores, lambda row, j, n: n % 9 == 1 or n % 9 == 2, "voor")
    design, columns = (SITES | {"randomised": True} if within else DRAWN), {}
    if kind == "blocks":
        scores["blok"] = [f"b{int(name[1:]) % 4}" for name in scores["klas"]]
        design = DRAWN | {"blocks": True}
        columns = {"columns": {"pupil": "leerling", "class": "klas", "group": "groep", "block": "blok"}}
    result = measured(scores, design=design, **columns).primary
    (found,) = [one for one in result.beside if one.estimator == "missing_indicator"]
    assert sum(n for name, n in found.n.items() if name.startswith("pupils")) == len(scores["na"])
    assert found.value == pytest.approx(result.main.value, abs=2 * result.main.se)
    if kind == "classes":
        data = numbers(scores)
        codes, _ = pd.factorize(data.klas, sort=True)
        filled = data.voor.fillna(data.groupby("klas").voor.transform("mean"))
        moments = class_moments(codes, filled, data.voor.isna() * 1.0, data.na)
        arm = data.groupby("klas").groep.first().to_numpy() == "nieuw"
        expected = clusters.adjusted_difference(clusters.adjusted_means(moments, arm), unit="points")
        assert (found.value, found.se) == pytest.approx((expected.value, expected.se), rel=1e-12)
    chosen = measured(scores, design=design | {"randomised": False}, **columns).primary
    assert all(one.estimator != "missing_indicator" for one in (*chosen.estimates, *chosen.refused))


# too many


@pytest.mark.parametrize("kind", ["comparison", "divided", "one_group"])
def test_a_whole_class_lost_is_named_and_leaves_no_verdict(kind):
    if kind == "divided":
        scores = without(divided(8, effect=4), lambda row, j, n: j == 2 and n % 2)
        measurement = measured(scores, design=SITES | {"randomised": True})
        line = "In één klas bleven te weinig leerlingen over om er met en zonder de aanpak te vergelijken."
    else:
        scores = classes(6, 6 if kind == "comparison" else 0, 20, effect=4)
        measurement = measured(without(scores, lambda row, j, n: j == 2), kind)
        line = "Van één klas maakte niemand alle nodige toetsen."
    verdict, (page, _) = judge(measurement), told(measurement)
    assert measurement.primary.missing.classes_lost == 1
    assert page.count(line) == 2, "in the conclusion and in the fold"
    if kind == "one_group":
        assert verdict.capped_code in ("GROWTH", "GROWTH_UNCLEAR") and "alleen over de leerlingen die bleven" in page
    else:
        assert (verdict.security.rating, verdict.capped_code) == (0, "CANNOT")
        assert "daarom besluiten we hier niets over de aanpak" in page
    assert "bijna iedereen, of bijna niemand" not in page


def test_more_than_half_lost_leaves_no_verdict():
    scores = classes(10, 10, 24, effect=4)
    for share, lost in ((13, True), (12, False)):
        measurement = measured(without(scores, lambda row, j, n, share=share: n < share))
        page, _ = told(measurement)
        assert (judge(measurement).capped_code == "CANNOT") and (judge(measurement).security.rating == 0) == lost
        assert ("Meer dan de helft van de leerlingen miste een toets" in page) == lost


# what nobody may work out


@pytest.mark.parametrize(("treated", "control", "shown"), [
    (0, 0, True), (9, 9, True), (9, 0, True), (2, 3, False), (9, 3, False), (2, 12, False), (7, 7, False), (8, 8, True),
])  # fmt: skip
def test_counts_of_an_arm_are_told_only_where_neither_is_small(treated, control, shown):
    scores = without(classes(3, 3, 20), lambda row, j, n: row < treated or row >= 120 - control)
    measurement = measured(scores)
    page, card = told(measurement)
    assert arms_lost_may_show(measurement) == shown
    assert ("Met de nieuwe aanpak ontbreken er" in page) == (shown and treated + control > 0)
    entry = card["missing"][0]
    assert (entry["started"]["treated"] is not None) == shown == (entry["boundary"] is not None)
    assert (entry["tipping"] != []) == (shown and treated + control > 0)
    assert not shown or entry["kept"] == {"treated": 60 - treated, "control": 60 - control}


@pytest.mark.parametrize(("left", "shown"), [(9, False), (10, True)])
def test_how_those_who_left_began_needs_ten_of_them(left, shown):
    scores = without(classes(3, 3, 20), lambda row, j, n: n < (left - j + 2) // 3 if j < 3 else n < 7)
    measurement = measured(scores)
    assert measurement.primary.missing.left == {"treated": left, "control": 21}
    page, card = told(measurement)
    arms = {"control"} | ({"treated"} if shown else set())
    assert {one["arm"] for one in card["missing"][0]["before"]} == arms
    assert ("met de nieuwe aanpak die achteraf ontbreken" in page) == shown
    assert all(re.fullmatch(r"-?\d+(\.\d)?", str(one["value"])) for one in card["missing"][0]["before"])
    filled = [one for one in card["estimates"] if one["estimator"] == "multiple_imputation"]
    assert bool(filled) == shown == ("telkens opnieuw geschat" in page)
    assert all(not name.startswith("pupils") or n is None for one in filled for name, n in one["n"].items())


def test_a_class_of_leavers_beside_a_lost_class_does_not_hide_that_few_were_filled_in():
    """Twelve left, of whom eleven with their whole class: only one was filled in."""
    scores = without(classes(4, 4, 11), lambda row, j, n: j == 0 or (j == 1 and n == 0))
    result = measured(scores).primary
    assert result.missing.left["treated"] == 12 and isinstance(result.missing.imputed, Estimate)
    assert result.missing.imputed not in told_estimates(result)


def test_who_stays_where_classes_do_not_count_is_no_difference_of_two_totals():
    """A class with two pupils on one side does not count: its pupils are told beside neither arm."""
    scores = divided(6)
    scores["groep"] = ["gewoon" if int(name[1:]) == 5 and n % 24 > 2 else side
                       for n, (name, side) in enumerate(zip(scores["klas"], scores["groep"], strict=True))]  # fmt: skip
    scores = without(scores, lambda row, j, n: j < 5 and n in (0, 1))
    measurement = measured(scores, design=SITES)
    assert measurement.primary.left_out == 1 and not arms_lost_may_show(measurement)


def test_what_the_missing_would_have_to_score_is_told_with_one_digit():
    """Two classes of different size a side: the exact value is the difference over the mean share, and gives both."""
    scores = classes(3, 3, 20, effect=4, spread=0.1)
    kept = [row for row in range(120) if row >= 60 or row % 20 < (20, 14, 11)[row // 20]]
    scores = {name: [column[row] for row in kept] for name, column in scores.items()}
    measurement = measured(without(scores, lambda row, j, n: n < (1, 2, 6, 3, 3, 3)[j]), design=DRAWN)
    exact = measurement.primary.missing.tipping["treated"]
    page, card = told(measurement)
    (entry,) = [one for one in card["missing"][0]["tipping"] if one["arm"] == "treated"]
    assert (entry["sign"], entry["interval"]) == (float(f"{exact.sign:.1g}"), float(f"{exact.interval:.1g}"))
    (line,) = [line for line in fold(measurement) if line.startswith("Stel dat wie met")]
    digits = re.findall(r"\d[\d,]*", line)
    assert len(digits) in (1, 2) and all(len(number.strip("0,")) == 1 for number in digits)


@pytest.mark.parametrize(("gone", "shown"), [(2, False), (3, True)])
def test_bounds_set_ten_scores_aside_or_are_not_told(gone, shown):
    scores = without(classes(4, 4, 30), lambda row, j, n: j < 4 and n < gone)
    measurement = measured(scores, design=DRAWN)
    assert isinstance(measurement.primary.missing.bounds, LeeBounds)
    _, card = told(measurement)
    assert (card["missing"][0]["bounds"] is not None) == shown
    record = gsl.private_record(measurement, judge(measurement)).to_json()
    assert record["missing"][0]["bounds"] is not None


def test_the_record_keeps_all_and_the_card_only_the_first_outcome():
    scores = without(classes(3, 3, 20), lambda row, j, n: row in (1, 2))
    scores["v2"], scores["n2"] = turned(classes(3, 3, 20)["voor"]), turned(classes(3, 3, 20, seed=2)["na"])
    second = {**plan()["outcomes"][0], "name": "tweede", "role": "secondary", "pre": "v2", "post": "n2"}
    measurement = measured(scores, outcomes=[plan()["outcomes"][0], second])
    verdict = judge(measurement)
    record = gsl.private_record(measurement, verdict).to_json()["missing"]
    assert [one["outcome"] for one in record] == ["toets", "tweede"]
    assert record[0]["left"] == {"treated": 2, "control": 0} and len(record[0]["before"]) == 1
    (card,) = gsl.evidence(measurement, verdict).to_json()["missing"]
    assert card["outcome"] == "toets" and set(card["left"].values()) == {None} and card["before"] == []


def test_an_outcome_told_first_does_not_tell_how_few_missed_the_primary_one_too():
    scores = without(classes(3, 3, 20), lambda row, j, n: n in (3, 4, 5))
    scores["v2"], scores["n2"] = turned(classes(3, 3, 20)["voor"]), turned(classes(3, 3, 20, seed=2)["na"])
    first = {**plan()["outcomes"][0], "name": "eerst", "role": "secondary", "pre": "v2", "post": "n2"}
    for gone, shown in ((lambda n: n % 20 == 3 and n > 50, False), (lambda n: n % 20 in (3, 4, 5), True)):
        scores["n2"] = ["" if gone(row) else cell for row, cell in enumerate(turned(classes(3, 3, 20, seed=2)["na"]))]
        measurement = measured(scores, outcomes=[first, plan()["outcomes"][0]])
        page, card = told(measurement)
        assert ("misten er 18" in page) == shown == (card["data"]["pupils"] == 120)
        assert (card["missing"][0]["kept"]["treated"] is not None) == (shown and arms_lost_may_show(measurement))


# whatever is missing


def degenerate():
    """(name, design, scores): every way to be missing, on every design."""
    patterns = {
        "nobody": lambda row, j, n: False,
        "one pupil": lambda row, j, n: row == 7,
        "all but a few": lambda row, j, n: n > 5,
        "every class but one": lambda row, j, n: j != 1,
        "one class": lambda row, j, n: j == 0,
        "one whole side": lambda row, j, n: j < 2,
        "the even": lambda row, j, n: n % 2 == 0,
        "alone in the class": lambda row, j, n: n > j,
        "half of one class": lambda row, j, n: j == 1 and n < 8,
    }
    designs = {
        "classes": ("comparison", {"design": DRAWN}, lambda seed: classes(2, 3, 16, seed=seed)),
        "a pair": ("comparison", {}, lambda seed: classes(1, 1, 16, seed=seed)),
        "many": ("comparison", {}, lambda seed: classes(6, 6, 12, seed=seed)),
        "divided": ("comparison", {"design": SITES | {"randomised": True}}, lambda seed: divided(4, 16, seed=seed)),
        "one divided": ("comparison", {"design": SITES}, lambda seed: divided(1, 16, seed=seed)),
        "one group": ("one_group", {}, lambda seed: classes(3, 0, 16, seed=seed)),
    }
    for design, (kind, changes, made) in designs.items():
        for pattern, absent in patterns.items():
            for column in (("na",), ("voor",), ("voor", "na")):
                scores = made(len(pattern))
                for name in column:
                    scores = without(scores, absent, name)
                if not any(scores["na"]) or not any(scores["voor"]):
                    continue
                yield f"{design}, {pattern}, {'+'.join(column)}", kind, changes, scores


def test_whatever_is_missing_there_is_a_page_or_a_sentence_and_no_nan():
    told_apart: set[str] = set()
    for name, kind, changes, scores in degenerate():
        try:
            measurement = measured(scores, kind, **changes)
        except Problems as refused:
            assert refused.problems, name
            told_apart.add("refused")
            continue
        verdict = judge(measurement)
        page = report(measurement, verdict)
        text = " ".join(part for _, part in whole_page(page))
        assert not re.search(r"\bnan\b|\binf\b|None", text), name
        for record in (gsl.evidence(measurement, verdict), gsl.private_record(measurement, verdict)):
            json.dumps(record.to_json(), allow_nan=False)
        found = measurement.primary.missing
        assert isinstance(found, Missing) and isinstance(found.imputed, Estimate | NotEstimated | None)
        assert all(math.isfinite(one.value) for one in found.shifted), name
        told_apart.add("nobody" if not any(found.lost.values()) else "some")
    assert told_apart == {"refused", "nobody", "some"}

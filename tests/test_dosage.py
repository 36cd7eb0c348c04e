"""Dose from the file to the page: beside the difference, never instead of it, and no class read from it."""

import re

import numpy as np
import pandas as pd
import pytest
from conftest import bound, classes, plan, turned
from test_divided import divided
from test_dose import found_in

import gsl_research as gsl
from gsl_research import charts
from gsl_research.charts.picture import Picture
from gsl_research.documents import html
from gsl_research.doses import step
from gsl_research.estimate import Estimate, NotEstimated
from gsl_research.methods import sites
from gsl_research.methods.dose import Complier
from gsl_research.problems import Problems
from gsl_research.wording import words

DRAWN = {"kind": "comparison", "assigned": "class", "randomised": True}
COLUMNS = {"pupil": "leerling", "class": "klas", "group": "groep", "dose": "lessen"}
W = words("nl")


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt_text: "<svg xmlns='http://www.w3.org/2000/svg'/>")


def taken(scores: dict, *, differ: int = 4, seed: int = 1) -> dict:
    """Lessons attended: 6 and more with the approach, some classes more than others, and 0 without."""
    rng = np.random.default_rng(seed)
    of_class = {name: int(rng.integers(0, differ + 1)) for name in dict.fromkeys(scores["klas"])}
    scores["lessen"] = [
        f"{6 + of_class[name] + int(rng.integers(0, 3))}" if side == "nieuw" else "0"
        for name, side in zip(scores["klas"], scores["groep"], strict=True)
    ]
    return scores


def measured(scores, **changes):
    study, data = bound(scores, **{"design": DRAWN, "columns": COLUMNS} | changes)
    return gsl.measure(study, data)


def page_of(measurement) -> str:
    verdict = gsl.judge(measurement)
    page = re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", html(gsl.report(measurement, verdict)), flags=re.DOTALL)
    return re.sub(r"\s+", " ", page.replace("\N{NO-BREAK SPACE}", " "))


def arrays(scores):
    codes = np.array([int(name[1:]) for name in scores["klas"]])
    pre, post, dose = (
        np.array([float(cell.replace(",", ".")) for cell in scores[name]]) for name in ("voor", "na", "lessen")
    )
    treated = np.array([side == "nieuw" for side in scores["groep"]])
    return codes, treated, pre, dose, post


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_the_main_difference_stays_and_the_dose_stands_beside(better):
    scores = taken(classes(6, 6, 20, effect=0.6))
    outcome = {**plan()["outcomes"][0], "better": better}
    with_dose, without = (measured(scores, columns=columns, outcomes=[outcome]) for columns in (
        COLUMNS, {role: header for role, header in COLUMNS.items() if role != "dose"},
    ))  # fmt: skip
    assert with_dose.primary.main == without.primary.main and without.dose is None
    codes, arm, pre, dose, post = arrays(scores)
    sign = 1 if better == "higher" else -1
    expected = found_in(codes, arm[np.unique(codes, return_index=True)[1]], sign * pre, dose, sign * post)
    assert with_dose.dose.complier == expected
    assert expected.offered == pytest.approx(with_dose.primary.main.value)
    assert with_dose.dose.means["treated"] == pytest.approx(dose[arm].mean())
    assert with_dose.dose.known == {"treated": 120, "control": 120} and with_dose.dose.unknown == 0
    shown = {item.number: item.mean for item in with_dose.primary.classes if item.treated}
    assert {point.number: pytest.approx(point.value) for point in with_dose.dose.points} == shown


def test_pupils_divided_within_classes_have_the_dose_over_classes():
    scores = taken(divided(6))
    measurement = measured(scores, design={"kind": "multi_site", "site": "class", "randomised": True})
    codes, arm, pre, dose, post = arrays(scores)
    found = measurement.dose.complier
    assert found.offered == pytest.approx(measurement.primary.main.value)
    for beta in np.linspace(-0.2, 0.5, 15):
        there = sites.mean_of_sites(sites.site_differences(codes, arm, post - beta * dose, pre), unit="points")
        assert found.within.holds(beta) == there.interval.holds(0)
    assert len(measurement.dose.points) == 6
    assert np.mean([point.value for point in measurement.dose.points]) == pytest.approx(measurement.primary.main.value)


def test_nothing_per_lesson_without_a_draw_or_with_few_classes():
    assert measured(taken(classes(6, 6)), design={"kind": "comparison", "assigned": "class"}).dose.complier is None
    few = measured(taken(classes(2, 1)))
    assert few.dose.complier == NotEstimated(estimator="complier_effect", reason="too_few_classes")
    one = measured(taken(divided(1)), design={"kind": "multi_site", "site": "class", "randomised": True})
    assert one.dose.complier.reason == "too_few_classes"
    assert W("report.dose.no_effect_few", units="klassen") in page_of(few)


@pytest.mark.parametrize(("lessons", "reason"), [
    (lambda side: "8", "no_dose_spread"),
    (lambda side: "4" if side == "nieuw" else "9", "no_dose_spread"),
])  # fmt: skip
def test_an_offer_that_gave_no_more_tells_nothing_per_lesson(lessons, reason):
    scores = classes(6, 6)
    scores["lessen"] = [lessons(side) for side in scores["groep"]]
    measurement = measured(scores)
    assert measurement.dose.complier.reason == reason
    assert W("report.dose.no_effect_alike") in page_of(measurement)


def test_never_two_limits_where_the_dose_hardly_differs():
    kinds = set()
    for seed in range(25):
        scores = classes(6, 6, 20, effect=0.4, seed=seed)
        rng = np.random.default_rng(seed)
        level = {name: rng.normal(0, 1.5) for name in dict.fromkeys(scores["klas"])}
        scores["lessen"] = [
            f"{max(6 + level[name] + 1.2 * (side == 'nieuw') + rng.normal(0, 1), 0):.1f}".replace(".", ",")
            for name, side in zip(scores["klas"], scores["groep"], strict=True)
        ]
        measurement = measured(scores)
        found = measurement.dose.complier
        assert isinstance(found, (Complier, NotEstimated))
        if isinstance(found, NotEstimated) or found.within.kind == "interval" or gsl.judge(measurement).held_back:
            continue
        kinds.add(found.within.kind)
        page, card = page_of(measurement), gsl.evidence(measurement, gsl.judge(measurement)).to_json()["dose"]
        assert "De loting maakte te weinig verschil in" in page and "scoorde daardoor" not in page
        assert card["per_dose"] is None and card["kind"] == found.within.kind
    assert kinds >= {"whole", "outside"}


def test_what_the_verdict_holds_back_is_not_told_per_lesson():
    measurement = measured(taken(classes(4, 4, 20, effect=1.5)))
    verdict = gsl.judge(measurement)
    assert verdict.held_back and isinstance(measurement.dose.complier, Complier)
    card = gsl.evidence(measurement, verdict).to_json()["dose"]
    assert card["kind"] is card["low"] is card["per_dose"] is None
    assert W("report.dose.held") in page_of(measurement)
    assert gsl.private_record(measurement, verdict).to_json()["dose"]["kind"] == "interval"


# the file


@pytest.mark.parametrize("cells", ["veel", "12 lessen of zo", "-3"])
def test_what_is_no_amount_is_refused_by_row(cells):
    scores = taken(classes())
    scores["lessen"][4] = cells
    with pytest.raises(Problems) as raised:
        bound(scores, columns=COLUMNS)
    (problem,) = raised.value.problems
    assert (problem.code, problem.row, problem.column) == ("dose_not_a_number", 6, "lessen")


def test_a_blank_is_not_zero():
    scores = taken(classes())
    scores["lessen"] = [
        "" if side == "gewoon" else cell for side, cell in zip(scores["groep"], scores["lessen"], strict=True)
    ]
    with pytest.raises(Problems, match="dose_unknown_in_arm"):
        bound(scores, columns=COLUMNS)


@pytest.mark.parametrize(("unknown", "said"), [(3, "unknown_few"), (9, "unknown_some")])
def test_pupils_without_a_dose_keep_the_difference_as_it_is(unknown, said):
    scores = taken(classes(6, 6, effect=0.5))
    every = measured(scores)
    scores["lessen"][: 7 * unknown : 7] = [""] * unknown
    measurement = measured(scores)
    assert measurement.dose.unknown == unknown
    assert measurement.dose.complier.offered == pytest.approx(every.dose.complier.offered)
    assert W(f"report.dose.{said}", count=str(unknown), least="8") in page_of(measurement)


def test_an_unknown_dose_is_that_of_the_class():
    scores = taken(classes(6, 6, effect=0.5))
    scores["lessen"][:63:7] = [""] * 9
    found = measured(scores).dose.complier
    codes = np.array([int(name[1:]) for name in scores["klas"]])
    dose = np.array([float(cell or "nan") for cell in scores["lessen"]])
    for code in range(12):
        own = codes == code
        dose[own & np.isnan(dose)] = np.nanmean(dose[own])
    scores["lessen"] = [str(number) for number in dose]
    codes, arm, pre, dose, post = arrays(scores)
    assert found == found_in(codes, arm[np.unique(codes, return_index=True)[1]], pre, dose, post)


def test_real_children_encouraged_to_watch_from_file_to_page(real_data):
    data = pd.read_csv(real_data / "sesame_prepost.csv")
    scores = {"klas": [f"k{site}" for site in data.site], "lessen": [f"{watched:g}" for watched in data.watched]}
    scores["groep"] = ["nieuw" if encouraged else "gewoon" for encouraged in data.encouraged]
    scores |= {
        name: [f"{score:g}" for score in data[header]] for name, header in (("voor", "prelet"), ("na", "postlet"))
    }
    measurement = measured(
        scores,
        design={"kind": "multi_site", "site": "class", "randomised": True},
        columns={"class": "klas", "group": "groep", "dose": "lessen"},
        outcomes=[{**plan()["outcomes"][0], "scale": (0, 100), "tests": "different"}],
    )
    found = measurement.dose.complier
    assert found.offered == pytest.approx(measurement.primary.main.value) and found.within.holds(found.value)
    page = page_of(measurement)
    assert "In de kolom “lessen” staat gemiddeld 0,9" in page and "nan" not in page


def test_with_too_many_unknown_or_a_class_of_them_nothing_is_calculated():
    for missing in (lambda row: row % 5 == 0, lambda row: row < 20):
        scores = taken(classes(8, 8))
        scores["lessen"] = ["" if missing(row) else cell for row, cell in enumerate(scores["lessen"])]
        measurement = measured(scores)
        assert measurement.dose.slope.reason == measurement.dose.complier.reason == "dose_unknown"
        assert W("report.dose.too_unknown") in page_of(measurement)


def test_the_dose_is_no_score():
    with pytest.raises(Problems, match="header_two_roles"):
        bound(classes(), columns=COLUMNS | {"dose": "voor"})


# what may be told


def test_a_class_under_ten_stands_in_no_picture_and_no_table():
    scores = taken(classes(6, 6, 20, effect=0.5))
    kept = [row for row, name in enumerate(scores["klas"]) if name != "k2" or row % 20 < 9]
    small = measured({name: [column[row] for row in kept] for name, column in scores.items()})
    assert isinstance(small.dose.slope, Estimate)
    full = measured(scores)
    table = W("charts.dose.table", unit="klas", column="lessen")
    assert table in page_of(full) and table not in page_of(small)
    record = str(gsl.evidence(small, gsl.judge(small)).to_json())
    assert not any(str(round(point.dose, 1)) in record.replace(str(round(small.dose.means["treated"], 1)), "")
                   for point in small.dose.points if point.pupils < 10)  # fmt: skip


def test_a_class_of_which_nine_have_a_known_dose_stands_in_no_picture():
    scores = taken(classes(8, 8, 12, effect=0.5))
    for row in (0, 1, 2):
        scores["lessen"][row] = ""
    assert W("charts.dose.table", unit="klas", column="lessen") not in page_of(measured(scores))


def test_small_arms_tell_no_dose():
    measurement = measured(taken(classes(2, 3, 3)))
    assert W("report.heading.dose") not in page_of(measurement)
    assert gsl.evidence(measurement, gsl.judge(measurement)).to_json()["dose"] is None


def test_classes_that_got_as_much_have_no_slope():
    scores = classes(6, 6)
    scores["lessen"] = [f"{8 + row % 2}" if side == "nieuw" else "0" for row, side in enumerate(scores["groep"])]
    assert measured(scores).dose.slope == NotEstimated(estimator="dose_slope", reason="no_dose_spread")


@pytest.mark.parametrize(("reach", "by"), [
    (3.0, 1), (0.5, 1), (0.4, 0.2), (10.2, 5), (4.0, 2), (60.0, 20), (0.09, 0.02), (300.0, 100), (2e-3, 1e-3),
])  # fmt: skip
def test_points_are_told_in_round_steps_of_the_dose(reach, by):
    assert step(reach) == pytest.approx(by)


def test_names_in_the_picture_do_not_cover_each_other():
    from gsl_research.charts.dose import _names, _overlap
    from gsl_research.charts.ground import NARROW

    places = [(100.0, 80.0), (104.0, 84.0), (96.0, 86.0), (250.0, 40.0)]
    named = _names(["klas 1", "klas 2", "klas 3", "klas 4"], places, NARROW)
    half = NARROW.wide("klas 1") / 2
    boxes = [(x - half, x + half, y - NARROW.size, y + 2) for x, y, _ in named]
    assert not any(_overlap(one, other) for n, one in enumerate(boxes) for other in boxes[:n])
    assert charts.dose([("klas 1", 8.0, 12.0)], column="c", kind="post", words=W, decimals=1).table.rows


def test_two_primaries_have_the_dose_of_the_first():
    scores = taken(classes(6, 6))
    scores["v2"], scores["n2"] = turned(scores["voor"]), turned(scores["na"])
    outcomes = [plan()["outcomes"][0], {**plan()["outcomes"][0], "name": "b", "label": "B", "pre": "v2", "post": "n2"}]
    measurement = measured(scores, outcomes=outcomes)
    assert measurement.dose.complier.offered == pytest.approx(measurement.results[0].main.value)

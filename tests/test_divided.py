"""Pupils divided within each class: what is measured, how firm it may be, and what is said."""

import numpy as np
import pytest
from conftest import bound, plan

import gsl_research as gsl
from gsl_research.divided import both_sides
from gsl_research.explore import what_if
from gsl_research.judge import judge
from gsl_research.measure import measure
from gsl_research.methods import pupils, sites
from gsl_research.problems import Problems
from gsl_research.report import report
from gsl_research.wording import words

SITES = {"kind": "multi_site", "site": "class"}
DRAWN = {"design": SITES | {"randomised": True}}


def divided(classes: int, size: int = 24, effect: float = 1.0, seed: int = 1, differ: float = 0.3) -> dict[str, list]:
    """A score file: in every class the pupils with an even number got the approach."""
    rng = np.random.default_rng(seed)
    columns: dict[str, list] = {name: [] for name in ("leerling", "klas", "groep", "voor", "na")}
    for place in range(classes):
        level, more = rng.normal(0, 1), effect + rng.normal(0, differ)
        for number in range(size):
            pre = 10 + level + rng.normal(0, 2)
            post = 3 + 0.7 * pre + more * (number % 2 == 0) + rng.normal(0, 1.5)
            told = [f"{min(max(score, 0), 20):.1f}".replace(".", ",") for score in (pre, post)]
            cells = (f"p{place}-{number}", f"k{place}", "gewoon" if number % 2 else "nieuw", *told)
            for name, cell in zip(columns, cells, strict=True):
                columns[name].append(cell)
    return columns


def measured(scores, **changes):
    study, data = bound(scores, **{"design": SITES} | changes)
    return measure(study, data)


def arrays(scores):
    codes = np.array([int(name[1:]) for name in scores["klas"]])
    treated = np.array(scores["groep"]) == "nieuw"
    pre, post = (np.array([float(cell.replace(",", ".")) for cell in scores[name]]) for name in ("voor", "na"))
    return codes, treated, pre, post


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_several_classes_give_the_mean_of_their_differences(better):
    scores = divided(5)
    outcome = {**plan()["outcomes"][0], "better": better}
    result = measured(scores, outcomes=[outcome]).primary
    codes, treated, pre, post = arrays(scores)
    sign = 1 if better == "higher" else -1
    expected = sites.mean_of_sites(sites.site_differences(codes, treated, sign * post, sign * pre), unit="points")
    assert (result.main.value, result.main.se) == pytest.approx((expected.value, expected.se), rel=1e-12)
    assert {e.estimator for e in result.beside} == {"gain_difference", "sites_knapp_hartung", "site_fixed_effects"}
    assert result.units == 5 and len(result.classes) == 10
    for one in result.classes:
        chosen = (codes == one.unit) & (treated == one.treated)
        assert one.pupils == chosen.sum()
        assert one.mean_post == pytest.approx(post[chosen].mean())
    gaps = [result.classes[j].mean - result.classes[j + 5].mean for j in range(5)]
    assert sign * np.mean(gaps) == pytest.approx(result.main.value)


def test_one_class_is_a_comparison_of_its_pupils():
    scores = divided(1)
    _, treated, pre, post = arrays(scores)
    main = measured(scores).primary.main
    expected = pupils.ancova(post, treated, pre, unit="points").difference
    assert (main.estimator, main.value, main.df) == ("within_one_site", expected.value, expected.df)
    drawn = measured(scores, **DRAWN).primary
    assert drawn.check("agreement") is None and drawn.beside == (), "nothing stands beside it"
    assert drawn.g.icc is None


@pytest.mark.parametrize(("column", "score", "code"), [
    ("voor", lambda unit, _: f"{9 + int(unit[1:])},0", "no_spread_before"),
    ("na", lambda unit, side: "12,0" if side == "nieuw" else "9,0", "differences_alike"),
])  # fmt: skip
def test_scores_that_do_not_differ_are_named(column, score, code):
    scores = divided(3)
    scores[column] = [score(unit, side) for unit, side in zip(scores["klas"], scores["groep"], strict=True)]
    with pytest.raises(Problems, match=code):
        measured(scores)


@pytest.mark.parametrize("site", ["class", "school"])
def test_classes_on_one_side_alone_give_no_difference(site):
    scores = divided(4)
    scores["groep"] = ["nieuw" if int(name[1:]) < 2 else "gewoon" for name in scores["klas"]]
    columns = {"pupil": "leerling", site: "klas", "group": "groep"}
    with pytest.raises(Problems, match="site_one_sided"):
        measured(scores, design={"kind": "multi_site", "site": site}, columns=columns)


def test_the_site_must_have_a_column():
    with pytest.raises(Problems, match="site_not_mapped"):
        measured(divided(3), design={"kind": "multi_site", "site": "teacher"})


def test_a_comparison_of_pupils_within_classes_is_shown_the_way():
    with pytest.raises(Problems, match="pupils_divided"):
        measured(divided(3), design={"kind": "comparison", "assigned": "pupil"})


def test_classes_on_one_side_do_not_count_anywhere():
    """One halved class beside twenty whole ones is one class: once it was told as 21, with a clear verdict."""
    scores = divided(11, effect=2)
    scores["groep"] = [
        side if name == "k0" else ("nieuw" if int(name[1:]) % 2 else "gewoon")
        for side, name in zip(scores["groep"], scores["klas"], strict=True)
    ]
    measurement = measured(scores, **DRAWN)
    result, verdict = measurement.primary, judge(measurement)
    assert (result.units, result.left_out) == (1, 10) and result.main.estimator == "within_one_site"
    assert {one.criterion: one.cap for one in verdict.security.caps}["class_df"] == 2
    said = " ".join(str(block) for block in report(measurement, verdict).blocks)
    assert "10 klassen tellen niet mee" in said and "1 klas, 24 leerlingen" in said and "11 klassen" not in said


def test_one_pupil_is_not_half_a_class():
    scores = divided(5)
    first = [row for row, name in enumerate(scores["klas"]) if name == "k0"]
    scores["groep"] = ["gewoon" if row in first[2:] else side for row, side in enumerate(scores["groep"])]
    assert measured(scores, **DRAWN).primary.left_out == 1
    with pytest.raises(Problems, match="site_too_small"):
        measured(divided(6, size=4), **DRAWN)


def test_a_class_that_loses_a_side_is_a_class_lost():
    scores = divided(6)
    scores["na"] = [
        "" if name == "k0" and side == "nieuw" else score
        for score, name, side in zip(scores["na"], scores["klas"], scores["groep"], strict=True)
    ]
    measurement = measured(scores, **DRAWN)
    assert measurement.primary.check("classes_lost").value == 1
    assert judge(measurement).security.rating == 0


def test_whole_classes_within_a_school_are_no_divided_pupils():
    scores = divided(8)
    scores["school"] = ["noord" if int(name[1:]) < 4 else "zuid" for name in scores["klas"]]
    scores["groep"] = ["nieuw" if int(name[1:]) % 2 else "gewoon" for name in scores["klas"]]
    columns = {"pupil": "leerling", "class": "klas", "school": "school", "group": "groep"}
    with pytest.raises(Problems, match="whole_units_within"):
        measured(scores, design={"kind": "multi_site", "site": "school"}, columns=columns)


def test_who_was_chosen_has_the_gain_beside_and_with_one_class_no_word():
    several, one = measured(divided(8)), measured(divided(1, effect=4))
    assert "gain_difference" in {e.estimator for e in several.primary.beside}
    assert "gain_difference" not in {e.estimator for e in measured(divided(8), **DRAWN).primary.beside}
    assert judge(one).capped_code == "CANNOT"


def test_pupils_said_to_be_drawn_who_start_too_far_apart_are_doubted():
    scores = divided(8)
    scores["voor"] = [
        f"{float(score.replace(',', '.')) + 3 * (side == 'nieuw'):.1f}".replace(".", ",")
        for score, side in zip(scores["voor"], scores["groep"], strict=True)
    ]
    measurement = measured(scores, **DRAWN)
    verdict = judge(measurement)
    assert "baseline" in {one.criterion for one in verdict.security.caps}
    assert words("nl")("verdict.draw_doubt") in str(report(measurement, verdict).blocks)


@pytest.mark.parametrize(("sizes", "told"), [((24, 24, 24, 24), True), ((24, 24, 24, 16), False), ((16,) * 5, True)])
def test_halves_under_ten_pupils_are_told_only_where_nobody_can_solve_them(sizes, told):
    scores = {name: [] for name in divided(1)}
    for place, size in enumerate(sizes):
        for name, column in divided(1, size=size, seed=place).items():
            scores[name] += [cell.replace("k0", f"k{place}").replace("p0-", f"p{place}-") for cell in column]
    measurement = measured(scores, **DRAWN)
    assert (gsl.evidence(measurement, judge(measurement)).to_json()["estimates"] != []) == told


@pytest.mark.parametrize(("classes", "cap"), [(1, 2), (2, 2), (4, 2), (5, 3), (11, 4), (19, 5)])
def test_how_firm_it_stands_follows_the_number_of_classes(classes, cap):
    caps = {one.criterion: one.cap for one in judge(measured(divided(classes), **DRAWN)).security.caps}
    assert caps["class_df"] == cap and caps["comparison"] == 5
    assert "baseline" not in caps, "who was drawn has no cap for the chance of the draw"


def test_pupils_who_were_chosen_hardly_tell():
    caps = {one.criterion: one.cap for one in judge(measured(divided(19))).security.caps}
    assert caps["comparison"] == 2 and "baseline" in caps
    without = [{key: value for key, value in plan()["outcomes"][0].items() if key not in ("pre", "tests")}]
    caps = {one.criterion: one.cap for one in judge(measured(divided(19), outcomes=without)).security.caps}
    assert caps["comparison"] == 1


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_page_speaks_of_pupils_and_of_one_class_where_there_is_one(lang):
    for classes in (1, 8):
        measurement = measured(divided(classes, effect=3), **DRAWN)
        page = report(measurement, judge(measurement), lang=lang)
        w = words(lang).for_units("class_within")
        said = " ".join(str(block) for block in page.blocks)
        assert (w("verdict.one_site") in said) == (classes == 1)
        assert w("report.not_said.shared") in said
        assert w("charts.arm.treated") in said and words(lang)("charts.arm.treated") not in said


def test_what_if_leaves_out_a_whole_class():
    study, data = bound(divided(8), **DRAWN)
    offered = what_if.offer(study, data)
    assert offered.without == tuple((number,) for number in range(1, 9)) and offered.margins
    view = gsl.explore(study, data, without=3)
    assert "Je laat weg: klas 3." in str(view) and "7 klassen" in str(view)


def test_a_card_counts_a_class_once():
    measurement = measured(divided(6), **DRAWN)
    card = gsl.evidence(measurement, judge(measurement)).to_json()
    assert card["data"]["classes"] == 6 and card["study"]["assigned"] == "pupil"


def test_cells_under_ten_pupils_have_no_mean_on_the_page():
    measurement = measured(divided(6, size=16), **DRAWN)
    page = report(measurement, judge(measurement))
    assert "16,0" not in str(page.blocks) and words("nl")("charts.class_means.not_shown") in str(page.blocks)


def test_many_small_classes_count_and_a_few_do_not():
    """Schools of four pupils, two of them with the approach, as in a trial of many schools."""
    codes = np.repeat(np.arange(12), 4)
    treated = np.tile([True, True, False, False], 12)
    assert len(both_sides(codes, treated)) == 12
    assert len(both_sides(codes[:36], treated[:36])) == 0
    large = np.repeat(np.arange(12, 30), 12), np.tile([True, False], 108)
    mixed = both_sides(np.concatenate([codes, large[0]]), np.concatenate([treated, large[1]]))
    assert mixed.min() == 12 and len(mixed) == 18

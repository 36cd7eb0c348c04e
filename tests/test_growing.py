"""From a study with several moments to estimates: the same numbers as the methods give, and nothing invented."""

import json
import re

import numpy as np
import pytest
from conftest import plan, table

from gsl_research import evidence, judge, measure, private_record, report
from gsl_research.dataset import bind, load_data
from gsl_research.disclosure import shareable
from gsl_research.methods import waves
from gsl_research.problems import Problems
from gsl_research.study import Study
from gsl_research.wording import languages

OUTCOME = {"name": "toets", "label": "Toets", "domain": "learning_gain", "scale": [0, 40]}


def study(kind="growth", count=3, *, arms=True, columns=None, design=None, **changes):
    labels = [f"w{n}" for n in range(1, count + 1)]
    heads = {"post": labels[-1]} | ({"pre": labels[0]} if count > 1 else {})
    heads |= {"between": labels[1:-1]} if count > 2 else {}
    listed = {"occasions" if kind == "survey" else "waves": labels}
    roles = {"pupil": "leerling", "class": "klas"} | ({"group": "groep"} if arms else {}) | (columns or {})
    return Study.model_validate(
        plan(
            "comparison" if arms else "one_group",
            design={"kind": kind, **listed, **(design or {})},
            columns=roles,
            outcomes=[OUTCOME | heads | changes],
        )
    )


def made(classes=6, size=15, count=3, seed=1, delta=0.0, missing=0.0, spread=1.0, within=False):
    draw = np.random.default_rng(seed)
    code = np.repeat(np.arange(classes), size)
    treated = (np.arange(len(code)) % 2 == 0) if within else code % 2 == 0
    start = 12 + draw.normal(0, 1, classes)[code] + draw.normal(0, 3, len(code))
    rise = 4 + draw.normal(0, spread, classes)[code] + draw.normal(0, 1.5, len(code)) + delta * treated
    points = start[:, None] + rise[:, None] * np.linspace(0, 1, count) + draw.normal(0, 1, (len(code), count))
    points = np.clip(points, 0, 40)
    points[draw.random(points.shape) < missing] = np.nan
    columns = {
        "leerling": [f"p{n}" for n in range(len(code))],
        "klas": [f"k{c}" for c in code],
        "groep": ["nieuw" if t else "gewoon" for t in treated],
    }
    columns |= {
        f"w{at + 1}": ["" if np.isnan(value) else repr(float(value)) for value in points[:, at]] for at in range(count)
    }
    return columns, code, treated, points


def measured(given, columns):
    return measure(given, bind(given, table(columns)))


def test_arms_side_by_side_are_the_slopes_of_classes():
    columns, code, treated, points = made(missing=0.1)
    result = measured(study(), columns).primary
    slopes = waves.class_slopes(code, np.arange(3.0), points)
    found = waves.slope_difference(slopes, np.arange(6) % 2 == 0, unit="points", duration=2.0)
    assert (result.main.value, result.main.se, result.main.class_df) == (found.value, found.se, 4)
    assert [one.estimator for one in result.beside] == ["growth_model", "first_to_last"]
    assert result.g.unit == "first_wave_total_sd"


def test_lower_is_better_turns_the_sign_and_nothing_else():
    columns = made(delta=2.0)[0]
    one = measured(study(), columns).primary
    other = measured(study(better="lower"), columns).primary
    assert other.main.value == pytest.approx(-one.main.value) and other.main.se == pytest.approx(one.main.se)
    assert other.waves.arms == one.waves.arms


def test_one_group_grows_and_two_classes_are_described():
    columns, code, _, points = made()
    result = measured(study(arms=False), columns).primary
    slopes = waves.class_slopes(code, np.arange(3.0), points)
    assert result.main.value == pytest.approx(float(np.mean(slopes.slope)) * 2)
    pair = {name: [cell for cell, unit in zip(cells, code, strict=True) if unit < 2] for name, cells in columns.items()}
    assert measured(study(arms=False), pair).primary.main.status == "described"


def test_pupils_divided_within_classes_are_compared_there():
    columns, code, treated, points = made(within=True, missing=0.05)
    result = measured(study(design={"assigned": "pupil", "randomised": True}), columns).primary
    rises = []
    for unit in range(6):
        sides = []
        for side in (True, False):
            here = points[(code == unit) & (treated == side)]
            lever = np.where(np.isnan(here), np.nan, np.arange(3.0))
            lever = lever - np.nanmean(lever, axis=1, keepdims=True)
            sides.append(np.nansum(lever * here) / np.nansum(lever**2) * 2)
        rises.append(sides[0] - sides[1])
    assert result.main.value == pytest.approx(np.mean(rises))
    assert result.main.se == pytest.approx(np.std(rises, ddof=1) / 6**0.5) and result.main.df == 5


def test_a_class_without_both_sides_counts_in_nothing():
    columns, code, treated, points = made(within=True)
    given = study(design={"assigned": "pupil", "randomised": True})
    columns["groep"] = ["gewoon" if unit == 5 else arm for unit, arm in zip(code, columns["groep"], strict=True)]
    result = measured(given, columns).primary
    assert (result.units, result.left_out, result.main.n["sites"]) == (5, 1, 5)
    control = points[(code < 5) & ~treated]
    assert result.arms["control"].mean_pre == pytest.approx(control[:, 0].mean())


def test_one_pupil_with_two_days_of_one_week_decides_nothing():
    """Who was measured on the 1st and the 4th has a slope of his own that a class of others must not feel."""
    columns, code, *_ = made(classes=2)
    days = [["2026-01-01", "2026-03-01", "2026-06-01"] for _ in code]
    days[0] = ["2026-01-01", "2026-01-04", "2026-06-01"]
    points = [[columns[f"w{at}"][n] for at in (1, 2, 3)] for n in range(len(code))]
    points[0] = ["10", "18", ""]
    rows = {
        name: [columns[name][n] for n in range(len(code)) for _ in range(3)] for name in ("leerling", "klas", "groep")
    }
    rows |= {"moment": ["w1", "w2", "w3"] * len(code), "dag": [day for own in days for day in own]}
    rows |= {"punten": [cell for own in points for cell in own]}
    content = plan(
        "comparison",
        design={"kind": "growth", "waves": ["w1", "w2", "w3"]},
        columns={"pupil": "leerling", "class": "klas", "group": "groep", "wave": "moment", "date": "dag"},
        outcomes=[OUTCOME | {"post": "punten"}],
    )
    panel = measured(Study.model_validate(content), rows).primary.panel
    assert all(abs(entry.value) < 5 for entry in panel)


def test_the_difference_lies_within_its_own_leave_one_out_range():
    for seed in range(6):
        result = measured(study(), made(missing=0.3, seed=seed)[0]).primary
        low, high = (result.check(f"leave_one_out_{end}").value for end in ("low", "high"))
        assert low < result.main.value < high


def test_one_class_on_each_side_shows_assumptions_and_no_p():
    columns, code, *_ = made(classes=2)
    measurement = measured(study(), columns)
    assert judge(measurement).capped_code == "ONE_CLASS"
    assert len(measurement.primary.panel) == 3
    assert all(entry.p is None for entry in measurement.primary.estimates)


def test_days_stretch_the_growth_and_not_the_difference_over_the_period():
    """The rise is told from the first to the last wave, whatever the unit of time."""
    from datetime import date

    columns = made()[0]
    by_steps = measured(study(), columns).primary.main
    days = [date(2025, 9, 1), date(2026, 1, 31), date(2026, 7, 2)]
    by_days = measured(study(design={"dates": days}), columns).primary.main
    assert by_days.value == pytest.approx(by_steps.value, abs=0.02)


def test_other_tests_every_time_are_refused():
    with pytest.raises(Problems) as raised:
        measured(study(tests="different"), made()[0])
    assert {problem.code for problem in raised.value.problems} == {"waves_other_tests"}


def test_nobody_with_two_moments_is_refused():
    columns = made(classes=3)[0]
    for at, name in enumerate(("w1", "w2", "w3")):
        columns[name] = [cell if n % 3 == at else "" for n, cell in enumerate(columns[name])]
    with pytest.raises(Problems):
        measured(study(arms=False), columns)


def test_a_bend_is_flagged_and_a_line_is_not():
    columns, _, _, points = made()
    assert not measured(study(arms=False), columns).primary.check("bend").flag
    columns["w2"] = [repr(float(np.clip(value + 3, 0, 40))) for value in points[:, 1]]
    assert measured(study(arms=False), columns).primary.check("bend").flag


def test_a_class_that_left_before_its_second_wave_is_lost():
    columns, code, *_ = made()
    for name in ("w2", "w3"):
        columns[name] = ["" if unit == 0 else cell for unit, cell in zip(code, columns[name], strict=True)]
    measurement = measured(study(), columns)
    assert measurement.primary.check("classes_lost").value == 1
    assert judge(measurement).security.rating == 0


def test_means_by_wave_are_those_of_who_was_there_and_no_class_under_ten_is_drawn():
    columns, code, treated, points = made(size=9, missing=0.1)
    measurement = measured(study(), columns)
    counts, means = measurement.primary.waves.arms["treated"]
    here = points[treated]
    assert counts == tuple((~np.isnan(here)).sum(axis=0))
    assert means == pytest.approx(tuple(np.nanmean(here, axis=0)))
    page = report(measurement, judge(measurement))
    chart = next(block for block in page.blocks if type(block).__name__ == "Chart")
    assert len(chart.table.rows) == 2


def degenerate():
    """Studies nobody would plan and somebody will run."""
    for seed in range(12):
        draw = np.random.default_rng(seed)
        size, classes, count = int(draw.integers(3, 9)), int(draw.integers(1, 5)), int(draw.integers(3, 6))
        columns = made(classes, size, count, seed, missing=(0.0, 0.5, 0.85)[seed % 3])[0]
        if seed % 4 == 1:
            columns |= {f"w{at}": ["12"] * len(columns["klas"]) for at in range(1, count + 1)}
        if seed % 4 == 2:
            columns["w1"] = [str(n % 20) for n in range(len(columns["klas"]))]
            columns |= {f"w{at}": columns["w1"] for at in range(2, count + 1)}
        if seed % 4 == 3:
            columns |= {f"w{at}": [str(n % 20 + at) for n in range(len(columns["klas"]))] for at in range(1, count + 1)}
        for arms in (True, False):
            yield count, arms, columns


def test_degenerate_studies_are_told_or_refused():
    kept = 0
    for count, arms, columns in degenerate():
        for kind in ("growth", "survey"):
            for design in ({}, {"assigned": "pupil"}, {"same_pupils": False}):
                if (kind == "survey") != ("same_pupils" in design or not design) or (kind == "survey" and arms):
                    continue
                given = study(kind, count, arms=arms, design=design)
                try:
                    measurement = measured(given, columns)
                except Problems as refused:
                    assert refused.problems
                    continue
                verdict = judge(measurement)
                kept += 1
                numbers = [entry.value for entry in private_record(measurement, verdict).estimates]
                assert np.isfinite(numbers).all()
                for lang in languages():
                    assert report(measurement, verdict, lang=lang).summary
    assert kept > 10


def test_real_growth_of_sixty_schools(real_data):
    """Every other school stands for an arm: nothing is there, and the interval says so."""
    content = plan(
        "one_group",
        design={"kind": "growth", "waves": ["-0.5", "0.5", "1.5"]},
        columns={"pupil": "childid", "school": "schoolid", "wave": "year"},
        outcomes=[OUTCOME | {"name": "math", "post": "math", "scale": [-8, 8]}],
    )
    given = Study.model_validate(content)
    data = load_data(real_data / "us_egsingle_growth.csv", given)
    measurement = measure(given, data)
    main = measurement.primary.main
    assert (data.rows, data.timing, main.estimator) == (1721, "numbers", "class_slopes")
    assert main.interval.low > 1 and main.n["pupils_single"] == 1666


def pages(given, columns):
    measurement = measured(given, columns)
    return (
        measurement,
        report(measurement, judge(measurement)),
        json.dumps(evidence(measurement, judge(measurement)).to_json()),
    )


def test_nothing_is_told_of_a_wave_of_fewer_than_ten():
    """The mean of three pupils at the last wave, or of one at the first, would stand on the page."""
    columns = made(classes=1, size=20)[0]
    columns["w3"] = [cell if n < 3 else "" for n, cell in enumerate(columns["w3"])]
    measurement, page, _ = pages(study(arms=False), columns)
    mean = measurement.primary.arms["single"].mean_post
    assert not shareable(measurement.primary) and f"{mean:.1f}".replace(".", ",") not in str(page.blocks)


def test_a_class_of_three_in_one_year_cannot_be_solved():
    columns = made(classes=2, size=20)[0]
    for name in ("w1", "w2", "w3"):
        columns[name] = [cell if n < 23 or name != "w1" else "" for n, cell in enumerate(columns[name])]
    given = study("survey", arms=False, design={"same_pupils": False}, columns={"pupil": None})
    assert not shareable(measured(given, columns).primary)


def test_counts_that_lie_one_to_four_apart_never_stand_beside_each_other():
    columns = made(size=15)[0]
    columns["w3"] = ["" if n in (0, 15, 16) else cell for n, cell in enumerate(columns["w3"])]
    goal = {"at_least": 15, "share": 0.5}
    measurement, page, card = pages(study(goal=goal, reliability=0.8), columns)
    told = {int(n) for pair in re.findall(r"\b(\d\d) leerlingen|van de (\d\d)\b", str(page.blocks)) for n in pair if n}
    told |= {
        n for entry in json.loads(card)["estimates"] for key, n in entry["n"].items() if key == "pupils_treated" and n
    }
    assert not {abs(one - other) for one in told for other in told if one < 60 and other < 60} & {1, 2, 3, 4}
    assert measurement.primary.arms["treated"].lost == 1


def sized(sizes, seed=3):
    """One group of classes of these sizes, three moments, nobody missing; and the rise of every class."""
    columns, code, _, points = made(classes=len(sizes), size=max(sizes), seed=seed)
    rank = np.concatenate([np.arange(max(sizes))] * len(sizes))
    keep = rank < np.array(sizes)[code]
    columns = {name: [cell for cell, kept in zip(cells, keep, strict=True) if kept] for name, cells in columns.items()}
    rises = [float(np.diff(points[keep & (code == j)][:, [0, 2]].mean(axis=0))[0]) for j in range(len(sizes))]
    return columns, np.array(rises)


def worked_out(measurement, sizes):
    """The rise of the first class, by who knows how many pupils sit where: in the means by wave every pupil counts
    once, in the main estimate every class, and the other classes are of one size."""
    first, *_, last = (round(mean, 1) for mean in measurement.primary.waves.arms["single"][1])
    other = sizes[1]
    total = sum(sizes) * (last - first)
    return (other * len(sizes) * round(measurement.primary.main.value, 2) - total) / (other - sizes[0])


def test_a_class_of_six_cannot_be_worked_out_from_two_ways_of_counting():
    sizes = [6, 20, 20, 20]
    columns, rises = sized(sizes)
    measurement, page, _ = pages(study(arms=False), columns)
    result = measurement.primary
    assert abs(worked_out(measurement, sizes) - rises[0]) < result.sd / 10**0.5
    assert not shareable(result)
    assert f"{result.main.value:.1f}".replace(".", ",") not in str(page.blocks)


def test_among_many_pupils_the_rounding_hides_a_small_class():
    sizes = [8, *[20] * 8]
    measurement = measured(study(arms=False), sized(sizes)[0])
    assert shareable(measurement.primary)
    assert 0.1 * sum(sizes) / 12 > measurement.primary.sd / 10**0.5


def test_six_who_were_there_once_cannot_be_worked_out():
    """They count in the mean of the first moment and in no line: both give their mean."""
    columns, _, _, points = made(classes=1, size=20)
    for name in ("w2", "w3"):
        columns[name] = ["" if n < 6 else cell for n, cell in enumerate(columns[name])]
    measurement = measured(study(arms=False), columns)
    result = measurement.primary
    counts, means = result.waves.arms["single"]
    first, _, last = (round(mean, 1) for mean in means)
    followed = last - round(result.main.value, 2)
    worked = (20 * first - 14 * followed) / 6
    assert counts == (20, 14, 14) and result.waves.alone["single"] == (6, 0, 0)
    assert abs(worked - points[:6, 0].mean()) < result.sd / 10**0.5
    assert not shareable(result)


def test_a_year_of_seven_cannot_be_worked_out_from_the_line():
    """Of other pupils every time the line through the years gives the year that is not drawn."""
    columns, *_ = made(classes=1, size=20, count=5)
    columns["w2"] = [cell if n < 7 else "" for n, cell in enumerate(columns["w2"])]
    given = study("survey", 5, arms=False, design={"same_pupils": False}, columns={"pupil": None})
    result = measured(given, columns).primary
    counts, means = result.waves.arms["single"]
    lever = np.array([-2, -1, 0, 1, 2]) / 10 * 4
    shown = [round(mean, 1) if n > 9 else 0.0 for n, mean in zip(counts, means, strict=True)]
    worked = (round(result.main.value, 2) - lever @ shown) / lever[1]
    assert abs(worked - means[1]) < result.sd / 10**0.5
    assert not shareable(result)


def test_growth_asks_no_more_than_it_uses():
    """Nobody stands at the first and the last moment, and everybody at two."""
    columns, code, *_ = made(classes=6, size=20)
    for name, rest in (("w1", 0), ("w3", 1)):
        columns[name] = [cell if n % 2 == rest else "" for n, cell in enumerate(columns[name])]
    for arms in (True, False):
        result = measured(study(arms=arms), columns).primary
        assert result.main is not None and np.isfinite(result.main.value)
    columns["w2"] = [cell if n < 2 else "" for n, cell in enumerate(columns["w2"])]
    with pytest.raises(Problems) as raised:
        measured(study(arms=False), columns)
    assert {problem.code for problem in raised.value.problems} == {"too_few_over_time"}


def test_a_moment_in_between_that_is_a_copy_is_refused():
    columns = made()[0]
    columns["w2"] = columns["w1"]
    with pytest.raises(Problems) as raised:
        measured(study(), columns)
    assert {problem.code for problem in raised.value.problems} == {"moments_equal"}


@pytest.mark.parametrize("kept", [(0, 2), (0, 1), (2,)])
@pytest.mark.parametrize("arms", [True, False])
def test_an_outcome_that_lacks_a_moment_is_refused_with_that_reason(arms, kept):
    columns, code, *_ = made()
    labels = ["w1", "w2", "w3"]
    rows = {
        name: [columns[name][n] for n in range(len(code)) for _ in labels] for name in ("leerling", "klas", "groep")
    }
    rows |= {"moment": labels * len(code), "punten": [columns[name][n] for n in range(len(code)) for name in labels]}
    rows["zin"] = [repr(float(p) * 0.9) if n % 3 in kept else "" for n, p in enumerate(rows["punten"])]
    second = OUTCOME | {"name": "zin", "label": "Zin", "post": "zin", "role": "secondary"}
    content = plan(
        "comparison" if arms else "one_group",
        design={"kind": "growth", "waves": labels},
        columns={"pupil": "leerling", "class": "klas", "wave": "moment"} | ({"group": "groep"} if arms else {}),
        outcomes=[OUTCOME | {"post": "punten"}, second],
    )
    with pytest.raises(Problems) as raised:
        measured(Study.model_validate(content), rows)
    assert [problem.code for problem in raised.value.problems] == ["wave_without_scores"]

"""The whole of measure on a real trial, computed again by hand."""

import math

import pandas as pd
import pytest
from conftest import plan
from made_classes import SAME, check_same, with_slope_error
from scipy import stats

from gsl_research.dataset import load_data
from gsl_research.measure import measure
from gsl_research.study import Study

# The whole of measure, by hand


def outcome(**changes) -> dict:
    return {**plan()["outcomes"][0], **changes}


def eef_study(**changes) -> Study:
    return Study.model_validate(
        plan(
            design={"kind": "comparison", "assigned": "school", "randomised": True},
            columns={"school": "School", "group": "Intervention"},
            groups={"treated": ["1"], "control": ["0"]},
            outcomes=[outcome(pre="Prettest", post="Posttest", scale=None, **changes)],
        )
    )


def by_unit(result):
    """Classes in the order of their names; their numbers tell nothing."""
    return sorted(result.classes, key=lambda item: (not item.treated, item.unit))


def test_measure_on_the_eef_trial_by_hand(real_data):
    """10 against 12 schools of 1 to 33 pupils; every number with pandas, classes as groups."""
    study = eef_study()
    result = measure(study, load_data(real_data / "eef_crt.csv", study)).primary
    data = pd.read_csv(real_data / "eef_crt.csv").rename(columns={"Prettest": "x", "Posttest": "y"})
    by_school = data.groupby("School")
    centred = data[["x", "y"]] - by_school[["x", "y"]].transform("mean")
    slope = (centred.x * centred.y).sum() / (centred.x**2).sum()
    schools = by_school.agg(x=("x", "mean"), y=("y", "mean"), arm=("Intervention", "first"), n=("y", "size"))
    schools["a"] = schools.y - slope * (schools.x - schools.x.mean())
    arms = schools.groupby("arm").a
    value = arms.mean()[1] - arms.mean()[0]
    variance = ((arms.count() - 1) * arms.var()).sum() / 20
    residual = ((centred.y - slope * centred.x) ** 2).sum() / (265 - 22 - 1)
    gap = schools.groupby("arm").x.mean()
    slope_variance = residual / (centred.x**2).sum()
    start = schools.groupby("arm").x
    before = ((start.count() - 1) * start.var()).sum() / 20 * (1 / 10 + 1 / 12)
    shared = max((gap[1] - gap[0]) ** 2 - before, 0) * slope_variance
    se = with_slope_error(variance * (1 / 10 + 1 / 12), 20, shared, 265 - 22 - 1)
    half = stats.t.ppf(0.975, 20) * se
    main = result.main
    assert (main.value, main.se) == pytest.approx((value, se), rel=SAME)
    assert (main.interval.low, main.interval.high) == pytest.approx((value - half, value + half), rel=SAME)
    assert (main.df, main.class_df, main.p) == (20, 20, pytest.approx(2 * stats.t.sf(value / se, 20), rel=SAME))
    assert main.value == pytest.approx(3.19, abs=0.005)
    assert dict(main.n) == {
        "pupils_treated": 144, "pupils_control": 121, "classes_treated": 10, "classes_control": 12,
    }  # fmt: skip

    pupils = data.groupby("Intervention").y
    sd = math.sqrt(((pupils.count() - 1) * pupils.var()).sum() / 263)
    within = (centred.y**2).sum() / (265 - 22)
    school_level = data.groupby(["Intervention", "School"]).y.agg(["mean", "size"]).reset_index()
    school_level = school_level.join(pupils.mean().rename("arm_mean"), on="Intervention")
    between = (school_level["size"] * (school_level["mean"] - school_level.arm_mean) ** 2).sum() / 20
    n0 = (265 - sum((a["size"] ** 2).sum() / a["size"].sum() for _, a in school_level.groupby("Intervention"))) / 20
    icc = (between - within) / (between + (n0 - 1) * within)
    sums = [
        [(a["size"].astype(float) ** power).sum() for power in (1, 2, 3)]
        for _, a in school_level.groupby("Intervention")
    ]
    b1 = sum(n - squares / n for n, squares, _ in sums)
    b2 = sum(squares - 2 * cubes / n + (squares / n) ** 2 for n, squares, cubes in sums)
    mean = (1 - icc) * 263 + icc * b1
    h = mean**2 / ((1 - icc) ** 2 * 263 + 2 * icc * (1 - icc) * b1 + icc**2 * b2)
    factor = math.exp(math.lgamma(h / 2) - math.lgamma((h - 1) / 2)) / math.sqrt(h / 2) * math.sqrt(mean / 263) / sd
    g_se = math.hypot(se * factor, value * factor / math.sqrt(2 * h))
    assert (result.g.value, result.g.se) == pytest.approx((value * factor, g_se), rel=SAME)
    assert (result.sd, result.g.icc) == pytest.approx((sd, icc), rel=SAME)

    pre_arms = data.groupby("Intervention").x
    pre_sd = math.sqrt(((pre_arms.count() - 1) * pre_arms.var()).sum() / 263)
    assert result.check("baseline_g").value == pytest.approx((gap[1] - gap[0]) / pre_sd, rel=SAME)
    for code in ("attrition", "attrition_gap", "classes_lost"):
        assert (result.check(code).value, result.check(code).flag) == (0, False)
    for name, arm in (("treated", 1), ("control", 0)):
        mine = data[data.Intervention == arm]
        found = result.arms[name]
        assert (found.mean_pre, found.mean_post) == pytest.approx((mine.x.mean(), mine.y.mean()), rel=SAME)
        assert (found.pupils, found.with_post) == (len(mine), len(mine))
    assert result.panel == () and result.tipping_icc is None
    ordered = schools.sort_index().sort_values("arm", ascending=False, kind="stable")
    classes = by_unit(result)
    assert [c.pupils for c in classes] == list(ordered.n)
    assert [c.mean for c in classes] == pytest.approx(list(ordered.a), rel=SAME)
    assert [c.treated for c in result.classes] == [c.treated for c in classes], "with the approach first"

    treated = data[data.Intervention == 1]
    sums = treated[["x", "y"]] - treated.groupby("School")[["x", "y"]].transform("mean")
    assert result.spread.value == pytest.approx(math.sqrt((sums.y**2).sum() / (sums.x**2).sum()), rel=SAME)


def test_measure_where_lower_is_better_mirrors_the_eef_trial(real_data, tmp_path):
    data = pd.read_csv(real_data / "eef_crt.csv")
    data["Posttest"], data["Prettest"] = 40 - data.Posttest, 40 - data.Prettest
    data.to_csv(tmp_path / "mirrored.csv", index=False)
    study, mirrored = eef_study(), eef_study(better="lower")
    ours = measure(mirrored, load_data(tmp_path / "mirrored.csv", mirrored)).primary
    plain = measure(study, load_data(real_data / "eef_crt.csv", study)).primary
    check_same(ours.main, plain.main)
    check_same(ours.g, plain.g)
    assert ours.check("baseline_g").value == pytest.approx(plain.check("baseline_g").value, rel=SAME)
    assert [40 - c.mean for c in by_unit(ours)] == pytest.approx([c.mean for c in by_unit(plain)], rel=SAME)

"""Class moments on a card: only where all conditions hold, as exact as is said, and nothing hidden follows."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import plan, study
from made_cases import Case, comparison, one_group
from telling import run

import gsl_research as gsl
from gsl_research import class_record
from gsl_research.class_record import from_moments, moment_entries, withheld
from gsl_research.estimate import Estimate
from gsl_research.methods import matched

SHARED = {"privacy": {"share_moments": True}}
NO_SCALE = {"scale": None, "smallest_worthwhile": None}


def wide(case: Case, seed: int = 5) -> Case:
    """The same study with scores from 0 to 20 that lie far apart, as those of a mixed test do."""
    rng = np.random.default_rng(seed)
    size = len(case.columns["leerling"])
    able = rng.normal(0, 4, size)
    classes = {unit: rng.normal(0, 0.6) for unit in dict.fromkeys(case.columns["eenheid"])}
    moved = np.array([classes[unit] for unit in case.columns["eenheid"]])
    columns = dict(case.columns)
    for header, level in (("toets_voor", 9.5), ("toets_na", 10.5)):
        columns[header] = [float(v) for v in np.clip(np.round(level + able + moved + rng.normal(0, 2, size)), 0, 20)]
    return replace(case, columns=columns)


SHARES = wide(comparison("wide", arms=(5, 5), size=24, **SHARED))
WHYS = {
    "no_comparison": one_group("one", (1.0, 2.0, 1.5), **SHARED),
    "no_start": comparison("after", main={"pre": None}, **SHARED),
    "small_class": comparison("small", sizes=[9, 20, 20, 20, 20, 20], main=NO_SCALE, **SHARED),
    "hidden": comparison("hidden", sizes=[3, 20, 20, 20, 20, 20], main=NO_SCALE, **SHARED),
    "missing": comparison("missing", lost=3, main=NO_SCALE, **SHARED),
    "counts": comparison("counts", **SHARED),
}


@pytest.mark.parametrize("why", WHYS)
def test_each_condition_keeps_them_at_home_and_is_told(why):
    _, _, measurement, verdict = run(WHYS[why])
    card = gsl.evidence(measurement, verdict)
    assert withheld(measurement, verdict) == card.moments_withheld == why
    assert card.moments == []


def test_nothing_is_shared_unless_it_is_asked():
    for case in (SHARES, comparison("open", main=NO_SCALE, **SHARED)):
        _, _, measurement, verdict = run(case)
        assert gsl.evidence(measurement, verdict).moments
        asked = {key: value for key, value in case.study.items() if key != "privacy"}
        _, _, measurement, verdict = run(replace(case, study=asked))
        card = gsl.evidence(measurement, verdict)
        assert card.moments == [] and card.moments_withheld is None


def test_sharing_is_no_part_of_the_plan():
    assert study(**SHARED).fingerprint == study().fingerprint


def test_a_goal_that_stays_at_home_keeps_them_at_home():
    """Of a goal that nearly all reached, no count is told: without it the same moments leave."""
    for share, kept in ((None, False), ({"at_least": 1, "share": 0.5}, True)):
        main = NO_SCALE | ({"goal": share} if share else {})
        _, _, measurement, verdict = run(comparison("goal", main=main, **SHARED))
        assert (withheld(measurement, verdict) == "counts") is kept


def test_the_entries_are_the_moments_of_the_scores_in_the_order_of_the_page():
    _, data, measurement, verdict = run(SHARES)
    entries = moment_entries(measurement, verdict)
    result, frame = measurement.primary, data.frame
    assert len(entries) == len(result.classes) == 10
    for entry, item in zip(entries, result.classes, strict=True):
        own = frame[frame["cluster"] == item.unit]
        pre, post = own["toets.pre"].to_numpy(), own["toets.post"].to_numpy()
        expected = (pre.mean(), post.mean(), pre.std(ddof=1), post.std(ddof=1), np.corrcoef(pre, post)[0, 1])
        found = (entry.mean_pre, entry.mean_post, entry.sd_pre, entry.sd_post, entry.r)
        assert found == tuple(round(float(value), 2) for value in expected)
        assert (entry.pupils, entry.treated) == (len(own), item.treated)
    assert [entry.treated for entry in entries] == [True] * 5 + [False] * 5


def test_where_lower_is_better_they_stay_in_raw_points():
    down = comparison("down", main={**NO_SCALE, "better": "lower"}, **SHARED)
    _, data, measurement, verdict = run(down)
    entry, item = moment_entries(measurement, verdict)[0], measurement.primary.classes[0]
    own = data.frame[data.frame["cluster"] == item.unit]
    assert entry.mean_post == round(float(own["toets.post"].mean()), 2)


def test_moments_come_back_as_near_as_is_said():
    """Means, spreads and r to 0.005; exactly, but for rounding, once nothing is rounded."""
    _, _, measurement, verdict = run(SHARES)
    result = measurement.primary
    place = [sorted(item.unit for item in result.classes).index(item.unit) for item in result.classes]
    there = result.moments
    back = from_moments(moment_entries(measurement, verdict))
    assert (back.n == there.n[place]).all()
    assert np.abs(back.mean - there.mean[place]).max() <= 0.005 + 1e-9
    sd = np.sqrt(back.scatter[:, [0, 1], [0, 1]] / (back.n - 1)[:, None])
    known = np.sqrt(there.scatter[place][:, [0, 1], [0, 1]] / (back.n - 1)[:, None])
    assert np.abs(sd - known).max() <= 0.005 + 1e-9


def test_a_fit_of_shared_moments_stands_beside_that_of_the_rows():
    """Within the rounding that ``from_moments`` states: 0.01 (1 + slope), and what the slope moves."""
    schools = [wide(comparison(f"s{n}", arms=(2, 2), size=40, **SHARED), seed=n) for n in range(6)]
    exact, told = [], []
    for case in schools:
        _, _, measurement, verdict = run(case)
        entries = moment_entries(measurement, verdict)
        assert entries, withheld(measurement, verdict)
        told.append((from_moments(entries), [entry.treated for entry in entries]))
        exact.append((measurement.primary.moments, measurement.primary.treated))
    of_rows, of_cards = (matched.one_stage(shared, unit="points") for shared in (exact, told))
    assert isinstance(of_rows, Estimate) and isinstance(of_cards, Estimate)
    assert of_cards.value == pytest.approx(of_rows.value, abs=0.02)
    assert of_cards.se == pytest.approx(of_rows.se, abs=0.02)
    assert of_cards.value != of_rows.value


def possible(n: int, total: int, squares: int, high: int) -> list[int]:
    """By listing all whole scores from 0 to ``high``: how many of n can have the best one, with this sum and sum of
    squares."""
    return [
        k for k in range(n + 1) if (total - k * high, squares - k * high * high) in _sums(n - k, high, total, squares)
    ]


def _sums(n: int, high: int, total: int, squares: int) -> set[tuple[int, int]]:
    reach = {(0, 0)}
    for _ in range(n):
        reach = {(a + s, b + s * s) for a, b in reach for s in range(high) if a + s <= total and b + s * s <= squares}
    return reach


@pytest.mark.parametrize("seed", range(6))
def test_how_many_can_have_the_best_score_by_listing_all(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(seed, 8, 7).clip(0, 7)
    found = possible(7, int(scores.sum()), int((scores**2).sum()), 7)
    fewest, most = class_record._at_the_end(7, scores.mean(), scores.var(), 0.0, 7.0)
    assert fewest <= found[0] <= fewest + 1
    assert found[-1] <= most <= found[-1] + 1


def test_a_class_near_the_best_score_proves_that_some_have_it():
    """The mean 19.5 of 20 in whole points: half of them at least."""
    fewest, _ = class_record._at_the_end(20, 19.5, 0.25, 0.0, 20.0)
    assert fewest >= 1
    assert class_record._at_the_end(20, 10.0, 16.0, 0.0, 20.0)[0] == 0


def test_the_study_file_has_the_key_under_privacy():
    with pytest.raises(Exception, match="share_moments"):
        study(share_moments=True)
    assert plan()["schema"] == 1

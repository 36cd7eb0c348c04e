"""What the cards say together: the formulas are those of methods/, here is asked which, of what, and what never."""

import math

import numpy as np
import pytest
from made_cards import SD, content, folder_of, sealed

from gsl_research.belonging import belong
from gsl_research.for_whom import for_whom
from gsl_research.methods import matched
from gsl_research.methods.next_school import next_school
from gsl_research.methods.pooling import random_effects
from gsl_research.participation import Participation
from gsl_research.standing import schools_needed, standing, turned
from gsl_research.synthesis import RHO, synthesise

LEVER = {"lever": "autonomy"}


def pooled(folder, cards):
    return synthesise(belong(folder_of(folder, cards).cards, "autonomy"))


def values(k: int, seed: int = 1, mean: float = 0.2, tau: float = 0.1):
    rng = np.random.default_rng(seed)
    se = rng.uniform(0.06, 0.3, k).round(3)
    return rng.normal(mean, np.hypot(se, tau)).round(3), se


def cards_of(g, se, **options):
    return [
        content(f"S{n:02d}", float(y), float(s), **LEVER | options,
                post_on=f"2026-{1 + n % 9:02d}-03", scale=(0, 20 + n))
        for n, (y, s) in enumerate(zip(g, se, strict=True))
    ]  # fmt: skip


def test_one_estimate_a_school_is_the_random_effects_mean(tmp_path):
    g, se = values(12)
    found = pooled(tmp_path, cards_of(g, se))
    fit = random_effects(g, se**2)
    low, high = fit.limits()
    mean = found.g.mean
    assert (found.g.way, mean.n["schools"], mean.df) == ("one_per_school", 12, 11)
    assert (mean.value, mean.interval.low, mean.interval.high) == pytest.approx((fit.value, low, high), rel=1e-12)
    assert found.g.spread.tau == pytest.approx(math.sqrt(fit.tau2), abs=1e-12)
    following = next_school(g, se**2)
    assert (found.g.following.low, found.g.following.high) == pytest.approx((following.low, following.high), abs=1e-6)
    assert found.g.following.low < mean.interval.low and mean.interval.high < found.g.following.high
    assert found.network is None and found.points is None and found.listed == ()
    plain = matched.network(g, n={"schools": 12}, unit="post_total_sd")
    assert [one.value for one in found.g.beside] == pytest.approx([plain.value])


def test_schools_stand_in_order_of_date_and_are_left_out_and_added_in_it(tmp_path):
    g, se = values(6, seed=3)
    found = pooled(tmp_path, cards_of(g, se))
    days = [school.when for school in found.g.schools]
    assert days == sorted(days)
    order = [int(school.name[1:]) for school in found.g.schools]
    for at, turn in enumerate(found.g.without):
        rest = [n for n in order if n != order[at]]
        assert turn.value == pytest.approx(float(random_effects(g[rest], se[rest] ** 2).value), rel=1e-9)
        assert turn.school == found.g.schools[at].name
    assert [turn.school for turn in found.g.growing] == [school.name for school in found.g.schools[2:]]
    first = order[:4]
    assert found.g.growing[1].value == pytest.approx(float(random_effects(g[first], se[first] ** 2).value), rel=1e-9)


@pytest.mark.parametrize("k", [1, 2])
def test_fewer_than_three_schools_are_listed(tmp_path, k):
    found = pooled(tmp_path, cards_of(*values(k)))
    assert found.leading is None and len(found.listed) == k
    assert standing(found, None, k).weakest == "nothing"


def test_three_schools_have_a_mean_and_no_next_school(tmp_path):
    found = pooled(tmp_path, cards_of(*values(3)))
    assert found.g is not None and found.g.following is None and found.g.plainly is None


def test_schools_with_one_class_on_each_side_are_a_network_of_their_own(tmp_path):
    g, se = values(5)
    alone = [content(f"A{n}", 0.1 * n - 0.2, None, alone=True, classes=2, **LEVER) for n in range(6)]
    found = pooled(tmp_path / "both", [*cards_of(g, se), *alone])
    assert found.leading is found.g and len(found.g.schools) == 5 and len(found.listed) == 6
    expected = matched.network([0.1 * n - 0.2 for n in range(6)], n={"schools": 6}, unit="points")
    assert found.network.mean.interval.low == pytest.approx(expected.interval.low)
    assert (found.network.way, found.network.mean.df, found.network.following) == ("network", 5, None)
    only = pooled(tmp_path / "only", alone)
    assert only.leading is only.network and only.g is None


def test_a_school_counts_once_however_many_outcomes_it_has(tmp_path):
    g, se = values(8, seed=5)
    twice = [
        content(f"S{n:02d}", 0, outcomes=({"name": "a", "g": float(y), "se": float(s)},
                                          {"name": "b", "g": float(y) + 0.2, "se": float(s) / 2}), **LEVER)
        for n, (y, s) in enumerate(zip(g, se, strict=True))
    ]  # fmt: skip
    found = pooled(tmp_path, twice)
    school = next(one for one in found.schools if one.name == "S00")
    s = np.array([round(float(se[0]), 3), round(float(se[0]) / 2, 3)])
    assert school.value == pytest.approx(g[0] + 0.1, abs=1e-3)
    assert school.variance == pytest.approx(float((s @ s + 2 * RHO * s[0] * s[1]) / 4), rel=1e-9)
    assert len(found.g.schools) == 8 and found.g.way == "several_per_school"
    once = next(one for one in found.g.beside if one.estimator == "random_effects")
    assert once.df == 7 and found.g.mean.df < 8
    assert found.g.mean.se > 0.7 * once.se, "twice the outcomes is not twice the schools"


def test_points_only_where_all_schools_used_one_test(tmp_path):
    g, se = values(6)
    other = pooled(tmp_path / "other", cards_of(g, se))
    assert other.points is None
    same = [content(f"S{n}", float(y), float(s), **LEVER) for n, (y, s) in enumerate(zip(g, se, strict=True))]
    found = pooled(tmp_path / "same", same)
    assert found.points.mean.value == pytest.approx(SD * found.g.mean.value, abs=5e-3)
    assert found.points.mean.unit == "points" and found.points.margin == 1.0 and found.points.margin_chosen


def test_where_less_is_better_nothing_is_told_in_points(tmp_path):
    g, se = values(4)
    cards = [content(f"S{n}", float(y), float(s), **LEVER) for n, (y, s) in enumerate(zip(g, se, strict=True))]
    for card in cards:
        card["outcomes"][0]["better"] = "lower"
    found = pooled(tmp_path, list(map(sealed, cards)))
    assert found.points is None and found.g is not None


def test_one_stage_needs_the_moments_of_every_school(tmp_path):
    g, se = values(4)
    cards = [content(f"S{n}", float(y), float(s), **LEVER) for n, (y, s) in enumerate(zip(g, se, strict=True))]
    assert all(one.estimator != "one_stage" for one in pooled(tmp_path, cards).points.beside)


# How firm


def test_the_weakest_link_decides_how_firm_it_stands(tmp_path):
    g, se = np.full(25, 0.3) + np.linspace(-0.02, 0.02, 25).round(3), np.full(25, 0.1)
    found = pooled(tmp_path / "a", cards_of(g, se, rating=5))

    def told(synthesis, started: int | None, with_card: int = 25):
        took = started and Participation(schema=1, asked=90, started=started, stopped=0)
        stands = standing(synthesis, took or None, with_card)
        return stands.rating, stands.weakest

    assert told(found, 26)[0] == 5
    assert told(found, None) == (3, "participation_unknown")
    assert told(found, 40) == (4, "participation") and told(found, 80) == (2, "participation")
    assert told(found, 80, 70)[0] == 5, "schools with a card about something else took part too"
    assert told(pooled(tmp_path / "b", cards_of(g, se, rating=1)), 26) == (1, "studies")
    assert told(pooled(tmp_path / "c", cards_of(g[:4], se[:4], rating=5)), 4, 4) == (2, "schools")


def test_one_school_that_carries_the_conclusion_is_seen(tmp_path):
    g, se = np.array([0.02, 0.01, 0.03, 0.05, 0.9]), np.array([0.2, 0.2, 0.2, 0.2, 0.05])
    found = pooled(tmp_path, cards_of(g, se, rating=5))
    same = found.g.mean.interval.holds(0)
    assert bool(turned(found.g)) == any(one.interval.holds(0) != same for one in found.g.without)
    steady = pooled(tmp_path / "b", cards_of(np.full(6, 0.5) + np.arange(6) / 100, np.full(6, 0.1)))
    assert turned(steady.g) == ()


def test_schools_needed_is_the_first_number_that_reaches(tmp_path):
    from scipy import stats

    found = pooled(tmp_path, cards_of(*values(9)))
    needed = schools_needed(found.g, 0.05)
    variance = found.g.mean.se**2 * 9
    reach = [stats.t.ppf(0.975, n - 1) * math.sqrt(variance / n) for n in (needed - 1, needed)]
    assert reach[0] > 0.05 >= reach[1]
    assert schools_needed(found.g, 1e-4) is None


# For whom


def test_moderators_wait_for_schools_enough_and_kinds_enough(tmp_path):
    g, se = values(9)
    assert not for_whom(pooled(tmp_path / "few", cards_of(g, se))).enough
    g, se = values(14, seed=8)
    cards = [
        content(f"S{n:02d}", float(y) + 0.5 * (n % 2), float(s), level=("primary", "secondary")[n % 2],
                scale=(0, 20 + n), context={"weeks": 6.0 + n}, randomised=n == 0, **LEVER)
        for n, (y, s) in enumerate(zip(g, se, strict=True))
    ]  # fmt: skip
    found = for_whom(pooled(tmp_path / "many", cards))
    told = {one.question: one for one in found.found}
    assert found.enough and set(told) == {"level", "weeks"} and found.alike == ("drawn",)
    assert told["level"].interval.low > 0 and told["level"].interval.holds(0.5)
    assert told["weeks"].weeks == (6.0, 19.0)

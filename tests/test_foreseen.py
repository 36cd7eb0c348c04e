"""What a plan promises of a report: made studies, as the plan assumes them, are measured and judged beside it."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from conftest import bound, plan, study
from scipy import stats

import gsl_research as gsl
from gsl_research.codes import DEFAULT_MARGIN_SD, LEAN_CLASS_DF, Margin
from gsl_research.foreseen import LEAST_RATING, MOST_MADE, Foreseen, Sides, _ratings, foresee
from gsl_research.judge import FAMILY_LEVEL, cap_code
from gsl_research.methods import differences, precision
from gsl_research.methods.moments import class_moments
from gsl_research.methods.precision import POWER, Precision
from gsl_research.methods.told import told, told_from
from gsl_research.prospects import (
    EFFECT_SD,
    Setting,
    divided,
    growth,
    halved,
    report_sd,
    spoken,
    total_sd,
    whole_classes,
)

ALWAYS = ((math.inf, 1.0),)
SD, R = 4.0, 0.6
CLEAR = ("CLEAR_POS", "CLEAR_BIG")


# How often a difference is found and told


@pytest.mark.parametrize("df", [2, 6, 19, 200, 9_998])
def test_without_a_limit_it_is_the_noncentral_t(df):
    expected = Precision(0.3, df)
    for difference in (0.0, 0.4, 0.9, 3.0):
        upper = stats.nct.sf(stats.t.ppf(0.975, df), df, difference / 0.3) if difference else 0.025
        assert told(expected, difference, ALWAYS) == pytest.approx(upper, abs=2e-6)
    assert told_from(expected, ALWAYS) == pytest.approx(expected.mdes(), rel=1e-5)


@pytest.mark.parametrize("df", [2, 6, 40])
def test_wide_studies_are_not_told_whatever_they_find(df):
    rng, expected, widths = np.random.default_rng(df), Precision(0.3, df), ((0.5, 1.0), (0.8, 0.5))
    s, found = np.sqrt(rng.chisquare(df, 400_000) / df), rng.normal(0.9, 0.3, 400_000)
    half = stats.t.ppf(0.975, df) * 0.3 * s
    let = np.where(half <= 0.5, 1.0, np.where(half <= 0.8, 0.5, 0.0))
    for level in (0.95, 0.8):
        low = found - stats.t.ppf((1 + level) / 2, df) * 0.3 * s
        assert told(expected, 0.9, widths, level=level) == pytest.approx(((low > 0) * let).mean(), abs=0.003)
    least = told_from(expected, widths, power=0.2)
    assert told(expected, least, widths) == pytest.approx(0.2, abs=1e-5)
    most = let.mean()
    assert told_from(expected, widths, power=min(most + 0.01, 0.999)) is None
    assert told_from(expected, widths, power=most - 0.01) > 0


# What the rating allows


def test_the_words_go_with_the_ratings_of_the_verdict():
    for code in (*CLEAR, "NEG"):
        assert cap_code(code, LEAST_RATING["clear"]) == code != cap_code(code, LEAST_RATING["clear"] - 1)
        assert cap_code(code, LEAST_RATING["cautious"]).startswith("LEAN")
        assert cap_code(code, LEAST_RATING["cautious"] - 1) == "CANNOT"


def of_design(kind, blocks=False, randomised=True, primaries=1, pre=True, **changes):
    level = {"site": "class"} if kind == "multi_site" else {"assigned": "class", "blocks": blocks}
    columns = plan()["columns"] | ({"block": "blok"} if blocks else {})
    outcomes = [
        {"name": f"toets{n}", "label": f"Toets {n}", "domain": "learning_gain", "post": f"na{n or ''}",
         "smallest_worthwhile": 1.0} | ({"pre": f"voor{n or ''}"} if pre else {})
        for n in range(primaries)
    ]  # fmt: skip
    design = {"kind": kind, "randomised": randomised, **level}
    return study(design=design, columns=columns, outcomes=outcomes, **changes)


@pytest.mark.parametrize("kind", ["comparison", "multi_site"])
def test_beyond_so_many_classes_no_rule_of_the_rating_counts(kind):
    one, most = of_design(kind), MOST_MADE
    sides = Sides(most, most, (10.0, 10.0), kind == "multi_site", 0.0)
    for counts in ((most, most), (most + 1, 3 * most)):
        many = replace(sides, treated=counts[0], control=counts[1] if kind == "comparison" else counts[0])
        assert _ratings(one, most - 1, many, None) == _ratings(one, 4 * most, sides, None)


def test_how_far_chance_lets_sides_start_apart_counts_the_pupils_of_each():
    """A few pupils on one side: by chance these start further apart than any cap of the start asks."""
    one = of_design("multi_site")
    for pupils, alike in (((1.0, 60.0), True), ((60.0, 1.0), True), ((60.0, 60.0), False)):
        found = _ratings(one, 7, Sides(8, 8, pupils, True, 0.0), Margin(1.0, "before"))
        assert (len({rating for (width, _), rating in found.items() if width == 0.2}) == 1) == alike


def test_a_cautious_word_asks_nine_in_ten_from_as_many_classes_as_a_report_does():
    for df, level in ((LEAN_CLASS_DF - 1, 0.95), (LEAN_CLASS_DF, 0.8)):
        expected = Precision(0.3, df)
        one = Foreseen(expected, df, 0.95, {"cautious": ALWAYS})
        assert one.share("cautious", 0.5) == told(expected, 0.5, ALWAYS, level=level)


def test_a_small_arm_never_makes_a_report_clear_and_blocks_count_once():
    margin = Margin(1.0, "before")

    def seen(treated, classes, blocks=None):
        here = Setting(classes, 20, SD, R, True, treated, blocks)
        one = whole_classes(here, 0.05)
        return spoken(of_design("comparison", blocks is not None), one, here, 0.05, margin, FAMILY_LEVEL)

    even, uneven, alone, paired = seen(20, 40), seen(2, 40), seen(1, 40), seen(20, 40, 20)
    assert even.clear is not None and paired.expected.df == 19
    assert uneven.clear is None and uneven.cautious > even.cautious and alone.clear is None
    assert paired.expected.se == even.expected.se and paired.clear > even.clear
    assert uneven.expected.se == pytest.approx(even.expected.se * math.sqrt((1 / 2 + 1 / 38) / (2 / 20)))
    assert gsl.plan(of_design("comparison", plan={"classes": 8, "treated_classes": 2, "sd": SD})).setting.arms == (2, 6)
    assert gsl.plan(of_design("comparison", True, plan={"classes": 8, "sd": SD})).setting.blocks == 4


def test_named_classes_make_unequal_arms():
    columns = {"pupil": "leerling", "class": "klas", "group": "klas"}
    sides = {"treated": ["5A", "5B"], "control": ["5C", "5D", "5E", "5F", "6A", "6B"]}
    assert gsl.plan(study(columns=columns, groups=sides)).setting.arms == (2, 6)


def test_more_main_questions_ask_for_a_larger_difference_to_be_clear_and_no_larger_one_to_be_cautious():
    here, margin = Setting(40, 20, SD, R, True), Margin(1.0, "before")
    one, two, three = (
        spoken(of_design("comparison", primaries=n), whole_classes(here, 0.05), here, 0.05, margin, FAMILY_LEVEL)
        for n in (1, 2, 3)
    )
    assert one.clear < two.clear < three.clear
    assert one.cautious == two.cautious == three.cautious
    assert two.told.claim == 0.975 and three.told.claim == pytest.approx(1 - 0.05 / 3)


def test_what_the_study_file_tells_of_the_set_up_counts():
    here, margin = Setting(60, 20, SD, R, True), Margin(1.0, "before")

    def word(**changes):
        one = of_design("comparison", **changes)
        found = spoken(one, whole_classes(here, 0.05), here, 0.05, margin, FAMILY_LEVEL)
        return "clear" if found.clear else "cautious" if found.cautious else None

    assert word() == word(randomised=False) == "clear"
    assert word(conduct={"comparison": "last_year"}, randomised=False) == "cautious"
    assert word(conduct={"scoring": "impression"}) is None and word(pre=False, randomised=False) is None


def test_growth_of_several_classes_is_as_wide_as_its_report():
    rng, here, icc, gains = np.random.default_rng(5), Setting(5, 12, SD, R, True), 0.15, []
    codes, class_sd = np.repeat(np.arange(5), 12), SD * math.sqrt(0.15 / 0.85)
    for _ in range(1500):
        pre, post = correlated(rng, class_sd, 5)[:, codes] + correlated(rng, SD, 60)
        gains.append(differences.growth(class_moments(codes, pre, post), unit="points").value)
    expected = growth(here, icc).expected
    assert expected.df == 4 and expected.se == pytest.approx(np.std(gains), rel=0.06)
    assert growth(replace(here, classes=2), icc).expected.reason == "too_few_classes"
    assert precision.group_of_classes(1, 20, r=R, icc=icc).reason == "too_few_classes"


# Made studies


def correlated(rng, sd, size):
    first = rng.normal(0, sd, size)
    return np.stack([first, R * first + math.sqrt(1 - R * R) * rng.normal(0, sd, size)])


def made(rng, here, icc, difference, kind):
    """Scores as the plan assumes them, of a draw."""
    codes = np.repeat(np.arange(here.classes), here.pupils)
    class_sd = 0.0 if kind == "halved" else SD * math.sqrt(icc / (1 - icc))
    pre, post = correlated(rng, class_sd, here.classes)[:, codes] + correlated(rng, SD, len(codes))
    place = np.arange(here.classes)
    if kind == "classes":
        treated = (place % 2 == 0 if here.blocks else place < here.arms[0])[codes]
        gained = np.full(len(codes), difference)
    else:
        treated = np.tile(np.arange(here.pupils) < (here.pupils + 1) // 2, here.classes)
        gained = (difference + rng.normal(0, EFFECT_SD * SD * (kind == "divided"), here.classes))[codes]
    columns = {"leerling": [f"p{n}" for n in range(len(codes))], "klas": [f"k{j}" for j in codes]}
    columns |= {"groep": np.where(treated, "nieuw", "gewoon").tolist(), "voor": list(50 + pre)}
    return columns | {"na": list(60 + post + gained * treated), "blok": [f"b{j // 2}" for j in codes]}


DESIGNS = {
    "whole classes, clear": ("classes", Setting(20, 20, SD, R, True), 0.05),
    "whole classes, cautious": ("classes", Setting(8, 20, SD, R, True), 0.05),
    "two beside six": ("classes", Setting(8, 20, SD, R, True, 2), 0.05),
    "pairs": ("classes", Setting(16, 20, SD, R, True, 8, 8), 0.05),
    "every class divided": ("divided", Setting(8, 20, SD, R, True), 0.15),
    "one class halved": ("halved", Setting(1, 44, SD, R, True), 0.15),
    "one small class halved": ("halved", Setting(1, 18, SD, R, True), 0.15),
}
RUNS = 80


@cache
def promised(name):
    kind, here, icc = DESIGNS[name]
    design = {"classes": whole_classes, "divided": divided, "halved": halved}[kind]
    one = design(here, icc) if kind == "classes" else design(here)
    of = of_design("comparison" if kind == "classes" else "multi_site", blocks=here.blocks is not None)
    return of, spoken(of, one, here, icc, Margin(1.0, "before"), FAMILY_LEVEL)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_report_says_as_often_as_was_promised(name):
    kind, here, icc = DESIGNS[name]
    of, one = promised(name)
    rng, codes, reaches = np.random.default_rng(1), [], []
    difference = one.clear or one.cautious or 2 * SD
    for _ in range(RUNS):
        columns = made(rng, here, icc, difference, kind)
        if not here.blocks:
            columns.pop("blok")
        design, data = bound(columns, **of.model_dump(by_alias=True, exclude_none=True, mode="json"))
        measurement = gsl.measure(design, data)
        codes.append(gsl.judge(measurement).capped_code)
        reaches.append(measurement.primary.main.interval.half_width <= one.reach)
    noise = 3 * math.sqrt(0.16 / RUNS)
    clear = np.mean([code in CLEAR for code in codes])
    cautious = np.mean([code in (*CLEAR, "LEAN_POS") for code in codes])
    assert np.mean(reaches) == pytest.approx(POWER, abs=noise + 0.03)
    if one.clear is not None:
        assert clear >= POWER - noise and clear == pytest.approx(one.told.share("clear", difference), abs=noise + 0.03)
    elif one.cautious is not None:
        assert cautious >= POWER - noise and clear <= one.told.share("clear", difference) + noise
    else:
        assert cautious < POWER and clear == 0


def test_each_design_is_promised_what_its_size_can_carry():
    words = {name: (one.clear is not None, one.cautious is not None) for name, (_, one) in
             ((name, promised(name)) for name in DESIGNS)}  # fmt: skip
    assert words == {
        "whole classes, clear": (True, True),
        "whole classes, cautious": (False, True),
        "two beside six": (False, False),
        "pairs": (False, True),
        "every class divided": (True, True),
        "one class halved": (False, True),
        "one small class halved": (False, False),
    }


# Which SD is meant


def test_the_margin_of_thumb_is_that_of_the_report():
    """Of all pupils where there are several classes, of those of the class where there is one."""
    several = gsl.plan(of_design("comparison", plan={"classes": 6, "sd": SD}, pre=True).model_copy(update=unset()))
    assert several.margin.points == pytest.approx(DEFAULT_MARGIN_SD * total_sd(SD, 0.15))
    alone = of_design("multi_site", plan={"classes": 1, "sd": SD}).model_copy(update=unset())
    assert gsl.plan(alone).margin.points == pytest.approx(DEFAULT_MARGIN_SD * SD)


def unset():
    outcome = of_design("comparison").primary
    return {"outcomes": (outcome.model_copy(update={"smallest_worthwhile": None}),)}


def test_widths_are_in_the_sd_of_the_report():
    expected, sides = Precision(1.0, 20), Sides(11, 11, (20.0, 20.0), False, 0.1)
    found = foresee(of_design("comparison"), expected, sides, sd=5.0, margin=Margin(1.0, "before"), alpha=FAMILY_LEVEL)
    assert [width for width, _ in found.widths["clear"]] == [1.0, 1.5, 2.25, 3.5, math.inf]
    assert [round(share, 2) for _, share in found.widths["clear"]] == [0.99, 0.99, 0.99, 0, 0]
    here = Setting(8, 20, SD, R, True)
    assert report_sd("classes", here, 0.2) == report_sd("divided", here, 0.2) == total_sd(SD, 0.2)
    assert report_sd("halved", here, 0.2) == SD and found.class_df >= LEAN_CLASS_DF

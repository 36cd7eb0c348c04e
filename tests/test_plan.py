"""Before the study: what a plan rests on, what each design could tell in points, and the page that says it.

A *setting* is a number of classes, of pupils, and how far pupils lie apart. Numbers come from scipy, the methods and
the field page, or from the report of a study that was run.
"""

import math
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from conftest import EXAMPLES, bound, classes, plan, study, table
from scipy import stats
from telling import said, telling
from text_keys import KEYS, LANGUAGES
from wording_rules import FORBIDDEN, LONGEST, NEGATIVE, ONE_GROUP, OTHER_MARK, PLURAL_OF_ONE, has

import gsl_research as gsl
from gsl_research.charts.picture import Picture
from gsl_research.codes import Margin
from gsl_research.dataset import bind
from gsl_research.disclosure import shareable
from gsl_research.documents import html
from gsl_research.estimate import NotEstimated
from gsl_research.judge import FAMILY_LEVEL
from gsl_research.plan import load_earlier
from gsl_research.problems import Problems
from gsl_research.prospects import (
    LARGEST_R,
    Setting,
    ahead,
    classes_needed,
    divided,
    growth,
    halved,
    lead_in,
    spoken,
    total_sd,
    weeks,
    whole_classes,
)
from gsl_research.wording import words

SAME = 1e-9


def outcome(**changes):
    return {**plan()["outcomes"][0], **changes}


def planned(kind="comparison", *, expects=None, main=None, earlier=None, **changes):
    given = changes | ({} if expects is None else {"plan": expects})
    return gsl.plan(study(kind, **{"outcomes": [outcome(**(main or {}))], **given}), earlier)


DRAWN = {"design": {"kind": "comparison", "assigned": "class", "randomised": True}}
BLOCKED = {
    "design": {"kind": "comparison", "assigned": "class", "randomised": True, "blocks": True},
    "columns": {"pupil": "leerling", "class": "klas", "group": "groep", "block": "blok"},
}


def multi_site(**design):
    return {"design": {"kind": "multi_site", "site": "class", **design}}


# What a design could tell


def test_whole_classes_are_those_of_the_methods_page():
    """Section 2.5: 20 pupils, R² 0.36, in SD of all pupils."""
    for (count, icc), mdes in {(4, 0.05): 1.41, (4, 0.15): 1.98, (10, 0.25): 0.87, (20, 0.15): 0.47}.items():
        here = Setting(count, 20, math.sqrt(1 - icc), 0.6, True)
        assert whole_classes(here, icc).sees == pytest.approx(mdes, abs=0.00501)


def test_halves_and_growth_are_those_of_the_field_page():
    """Section 4.7: 24 pupils, r 0.7; the smallest difference in SD of pupils of the class."""
    here = Setting(1, 24, 2.5, 0.7, True)
    assert halved(here).sees / 2.5 == pytest.approx(0.86, abs=0.00501)
    assert halved(replace(here, r=None)).sees / 2.5 == pytest.approx(1.20, abs=0.00501)
    assert growth(here).sees / 2.5 == pytest.approx(0.46, abs=0.00501)


def test_each_reach_by_hand():
    """t and chi-square of scipy, the standard error from its definition."""
    here = Setting(6, 21, 3.0, 0.5, True)
    by_hand = {
        halved: (math.sqrt(0.75 * (1 / 11 + 1 / 10)), 18),
        divided: (math.sqrt((0.04 + 0.75 * (1 / 11 + 1 / 10)) / 6), 5),
        weeks: (math.sqrt(2 / 6 * (0.15**2 + 0.5 / 21)), 5),
        lead_in: (math.sqrt(6 * 0.5 / 21), 20),
        growth: (math.sqrt(2 * 0.5 / 21), 20),
    }
    for design, (se, df) in by_hand.items():
        reach = stats.t.ppf(0.975, df) * 3.0 * se * math.sqrt(stats.chi2.ppf(0.8, df) / df)
        assert design(here).reach == pytest.approx(reach, rel=SAME), design


def test_a_halved_class_reaches_as_far_as_its_report():
    """A class of 24 is drawn, halved and measured: four from-tos of five are no wider than was said beforehand."""
    rng, runs, n, r, sd = np.random.default_rng(7), 200, 24, 0.6, 2.5
    within, reach = 0, halved(Setting(1, n, sd, r, True)).reach
    for _ in range(runs):
        pre = rng.normal(0, 1, n)
        post = r * pre + math.sqrt(1 - r * r) * rng.normal(0, 1, n)
        columns = {"leerling": [f"p{i}" for i in range(n)], "klas": ["k"] * n, "groep": ["nieuw", "gewoon"] * (n // 2)}
        columns |= {"voor": [9 + sd * x for x in pre], "na": [11 + sd * y for y in post]}
        made = multi_site(randomised=True) | {"outcomes": [outcome(scale=[-10, 30])]}
        of_class, data = bound(columns, **made)
        within += gsl.measure(of_class, data).primary.main.interval.half_width <= reach
    assert within / runs == pytest.approx(0.8, abs=3.5 * math.sqrt(0.16 / runs) + 0.03)


def test_what_a_report_could_not_tell_is_not_planned():
    few = Setting(3, 20, 3.0, 0.6, True)
    assert whole_classes(few, 0.15).expected == NotEstimated(estimator="classes_assigned", reason="too_few_classes")
    assert whole_classes(replace(few, classes=4), 0.15).expected.df == 2
    assert divided(replace(few, classes=2)).expected.reason == "too_few_classes" and divided(few).expected.df == 2
    small = replace(few, pupils=9)
    assert halved(small).expected.reason == divided(small).expected.reason == "too_few_pupils"
    assert halved(replace(few, pupils=10)).reach > 0
    assert growth(replace(few, grows=False)).reach is None and lead_in(replace(few, grows=False)).sees is None


def test_only_whole_classes_depend_on_how_far_classes_lie_apart():
    near, far = (planned(expects={"classes": 8}, main={"usual_gap": gap}) for gap in (0.5, 4.0))
    assert near.prospect("classes").sees < far.prospect("classes").sees
    for kind in ("divided", "halved", "weeks", "lead_in", "growth"):
        assert near.prospect(kind).expected == far.prospect(kind).expected


def test_as_many_classes_as_are_needed_and_not_one_less():
    one, here = study(**DRAWN), Setting(4, 20, 3.0, 0.6, True)
    for icc, worth in product((0.05, 0.25, None), (1.0, 2.0)):
        margin, apart = Margin(worth, "before"), 0.15 if icc is None else icc
        count = classes_needed(one, here, margin, icc, apart, FAMILY_LEVEL)
        clear = []
        for these in (here.of(count - 1), here.of(count)):
            able = divided(these) if icc is None else whole_classes(these, icc)
            clear.append(spoken(one, able, these, apart, margin, FAMILY_LEVEL).clear)
        assert clear[0] is None or clear[0] > worth
        assert clear[1] <= worth + 1e-4
    assert classes_needed(one, here, Margin(0.001, "before"), 0.15, 0.15, FAMILY_LEVEL) is None


def test_a_margin_is_within_sight_when_four_reports_of_five_call_it_clear_whatever_the_gap():
    """Not when the from-to is as narrow, nor when four studies of five find it: its report must say so."""
    one = planned(expects={"classes": 60}, **DRAWN)
    near, usual, far = (line.whole for line in one.lines)
    assert usual.reach < usual.sees < usual.clear and near.clear < far.clear
    for points, code in ((far.clear + 0.01, "reaches"), (far.clear - 0.01, "depends"), (near.clear - 0.01, "leans"),
                         (near.cautious - 0.01, "larger")):  # fmt: skip
        assert planned(expects={"classes": 60}, main={"smallest_worthwhile": points}, **DRAWN).code == code
    own = planned(expects={"classes": 60}, main={"usual_gap": near_gap(one)}, **DRAWN)
    assert own.decisive == (own.lines[3],) and own.middle.whole.clear == pytest.approx(near.clear, rel=1e-5)


def near_gap(one):
    return one.lines[0].gap


def test_what_more_pupils_bring_is_computed():
    """Little where classes lie far apart, a quarter of the width where pupils are few and classes alike."""
    for pupils, icc in product((5, 20, 80), (0.05, 0.15, 0.25)):
        here = Setting(6, pupils, 3.0, 0.6, True)
        line = next(line for line in planned(expects={"classes": 6, "pupils_per_class": pupils, "sd": 3.0}).lines
                    if line.icc.value == icc)  # fmt: skip
        twice = whole_classes(replace(here, pupils=2 * pupils), icc).reach / whole_classes(here, icc).reach
        assert line.more_pupils == pytest.approx(1 - twice)
        assert whole_classes(here.of(12), icc).reach / whole_classes(here, icc).reach < math.sqrt(1 / 2)
    assert planned(expects={"classes": 6, "pupils_per_class": 5}).lines[0].more_pupils > 0.2


# What a plan rests on


def test_what_is_not_told_is_assumed_and_says_so():
    found = planned()
    assert [(given.value, given.origin) for given in (found.classes, found.pupils, found.sd, found.r)] == [
        (4, "rule"), (20, "rule"), (4.0, "rule"), (0.6, "rule"),
    ]  # fmt: skip
    whole = 0.2 * total_sd(4.0, 0.15)
    assert (found.margin.points, found.margin.origin) == (pytest.approx(whole), "rule")
    assert planned("one_group").margin.points == pytest.approx(0.8), "one class has no other spread"
    assert [line.icc.value for line in found.lines] == [0.05, 0.15, 0.25] and found.middle is found.lines[1]
    assert planned(main={"source": "questionnaire"}).lines[2].icc.value == 0.10
    assert planned("one_group").setting.classes == 1 and planned(**multi_site()).setting.classes == 1
    assert planned(main={"pre": None}).r is None


def test_the_study_file_comes_first():
    scores = table(classes(3, 3))
    told = {"classes": 7, "pupils_per_class": 15, "sd": 2.5, "pre_post_r": 0.7}
    earlier = bind(study("one_group"), scores)
    found = planned(expects=told, main={"smallest_worthwhile": 1.5, "usual_gap": 2.0}, earlier=earlier)
    given = (found.classes, found.pupils, found.sd, found.r, found.lines[3].icc)
    assert {one.origin for one in given} == {"study"}
    assert [one.value for one in given[:4]] == list(told.values())
    assert found.middle is found.lines[3] and found.middle.gap == pytest.approx(2.0)
    assert (found.margin.points, found.margin.origin) == (1.5, "before")


def test_a_usual_gap_is_that_of_two_classes_drawn():
    line = planned(main={"usual_gap": 2.0}, expects={"sd": 3.0}).lines[3]
    class_sd = 3.0 * math.sqrt(line.icc.value / (1 - line.icc.value))
    drawn = np.random.default_rng(3).normal(0, class_sd, (2, 200_000))
    assert abs(drawn[0] - drawn[1]).mean() == pytest.approx(2.0, rel=0.01)
    assert total_sd(3.0, line.icc.value) == pytest.approx(math.hypot(3.0, class_sd))


def test_earlier_scores_give_what_they_show():
    scores = classes(4, 4, 18, seed=5, spread=1.5)
    found = planned(earlier=bind(study("one_group"), table(scores)))
    pre, post = (np.array([float(x.replace(",", ".")) for x in scores[name]]).reshape(8, 18) for name in ("voor", "na"))
    pre, centred = (x - x.mean(axis=1, keepdims=True) for x in (pre, post))
    assert (found.setting.classes, found.setting.pupils) == (8, 18)
    assert found.sd.value == pytest.approx(math.sqrt((centred**2).sum() / (144 - 8)))
    assert found.r.value == pytest.approx(np.corrcoef(pre.ravel(), centred.ravel())[0, 1])
    between, within = 18 * post.mean(axis=1).var(ddof=1), (centred**2).sum() / 136
    assert found.lines[3].icc.value == pytest.approx((between - within) / (between + 17 * within))
    assert found.lines[3].icc.origin == "scores" and found.middle is found.lines[1], "a few classes are too rough"
    assert {one.origin for one in (found.classes, found.pupils, found.sd, found.r)} == {"scores"}
    assert len(planned(earlier=bind(study("one_group"), table(classes(2, 1)))).lines) == 3


def test_earlier_scores_are_read_as_one_group_under_the_headings_of_the_plan():
    of_plan = gsl.load_study(EXAMPLES / "breuken-strookmodel.toml")
    data = load_earlier(EXAMPLES / "breuken-strookmodel.csv", of_plan)
    assert "treated" not in data.frame and data.cluster_level == "class" and data.clusters == 6
    assert gsl.plan(of_plan, "").sd.origin == "rule"
    assert gsl.plan(of_plan, EXAMPLES / "breuken-strookmodel.csv").sd.origin == "scores"


def test_a_test_that_predicts_all_or_nothing_is_planned_with_care():
    n = 20
    columns = {"leerling": [f"p{i}" for i in range(n)], "klas": ["k"] * n, "voor": [i / 2 for i in range(n)]}
    same = bind(study("one_group"), table(columns | {"na": [i / 2 + 2 for i in range(n)]}))
    turned = bind(study("one_group"), table(columns | {"na": [12 - i / 2 for i in range(n)]}))
    assert planned("one_group", earlier=same).r.value == LARGEST_R
    assert planned("one_group", earlier=turned).r.value == 0


def test_classes_named_as_groups_are_counted():
    columns = {"pupil": "leerling", "class": "klas", "group": "klas"}
    found = planned(columns=columns, groups={"treated": ["5A"], "control": ["5B"]})
    assert (found.classes.value, found.classes.origin, found.code) == (2, "study", "pair")


def test_a_plan_without_the_table_keeps_its_fingerprint():
    assert "plan" not in study().model_dump(exclude_none=True)
    assert study(plan={"classes": 3}).fingerprint != study().fingerprint


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("spread_unknown", lambda: planned(main={"scale": None})),
        ("pupils_divided", lambda: planned(design={"kind": "comparison", "assigned": "pupil"})),
        ("earlier_says_nothing", lambda: planned(earlier=bind(study("one_group"), table(classes(1, 0, 9))))),
        ("earlier_says_nothing", lambda: planned(earlier=bind(study("one_group"), table(
            classes(2, 0) | {"na": ["9"] * 20 + ["12"] * 20})))),
        ("gap_beyond_spread", lambda: planned(main={"usual_gap": 1e6}, expects={"sd": 1e-3})),
        ("gap_beyond_spread", lambda: planned(main={"usual_gap": 15.0}, expects={"sd": 4.0})),
        ("gap_beyond_spread", lambda: planned(main={"usual_gap": 10.0}, expects={"sd": 7.0})),
        ("gap_beyond_spread", lambda: planned(earlier=bind(study("one_group"), table(classes(4, 0, spread=0.0) | {
            "na": [f"{5 * (i // 20) + (i % 3) / 10}" for i in range(80)]})))),
        ("spread_beyond_scale", lambda: planned(expects={"sd": 10.5})),
        ("worthwhile_beyond_spread", lambda: planned(
            main={"scale": None, "smallest_worthwhile": 30}, expects={"sd": 4.0})),
        ("plan_too_many_classes", lambda: planned(expects={"classes": 10_000})),
        ("plan_too_many_pupils", lambda: planned(expects={"pupils_per_class": 500})),
        ("plan_arms", lambda: planned(expects={"classes": 4, "treated_classes": 4})),
        ("plan_in_blocks", lambda: planned(expects={"classes": 6, "treated_classes": 2, "blocks": 3}, **BLOCKED)),
        ("file_missing", lambda: planned(earlier="weg.csv")),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused(code, make):
    with pytest.raises(Problems) as refused:
        make()
    assert code in {problem.code for problem in refused.value.problems}


# The page


def settings():
    """Every design with few and many classes, small and large, near and far; then what else a page says."""
    kinds = [("one_group", {}), ("comparison", {}), ("comparison", multi_site()["design"])]
    for (kind, design), count, pupils in product(kinds, (1, 2, 3, 60), (9, 21)):
        changes = {"design": {**design, "randomised": count % 2 == 0}} if design else {}
        expects = {"classes": count, "pupils_per_class": pupils, "sd": 3.0}
        yield planned(kind, expects=expects, main={"smallest_worthwhile": 1.0}, **changes)
    for worth, count in product((0.01, 0.5, 1.0, 2.5, 9.0), (6, 8, 20, 60)):
        drawn = {"design": DRAWN["design"] | {"randomised": worth < 9}}
        yield planned(expects={"classes": count}, main={"smallest_worthwhile": worth}, **drawn)
        randomised = {"randomised": worth != 1.0}
        yield planned(expects={"classes": count}, main={"smallest_worthwhile": worth}, **multi_site(**randomised))
    able = {"classes": 1, "pupils_per_class": 30, "pre_post_r": 0.8}
    for kind, design in kinds:
        yield planned(kind, expects=able, **({"design": {**design, "randomised": True}} if design else {}))
        yield planned(kind, expects=able | {"classes": 2}, **({"design": {**design}} if design else {}))
    yield planned(expects={"classes": 8, "treated_classes": 2}, **DRAWN)
    yield planned(expects={"classes": 12, "sd": 2.5}, main={"usual_gap": 1.0}, **BLOCKED)
    yield planned(expects={"classes": 20}, outcomes=[outcome(), outcome(name="twee", post="na2", pre="voor2")])
    yield planned(expects={"classes": 40}, conduct={"comparison": "last_year", "scoring": "impression"})
    yield planned(expects={"classes": 4}, earlier=bind(study("one_group"), table(classes(4, 4))))
    for main in ({"pre": None}, {"tests": "different"}, {"scale": [1, 5]}, {"source": "questionnaire"},
                 {"better": "lower"}, {"usual_gap": 1.0}, {"smallest_worthwhile": 0.5}):  # fmt: skip
        for kind in ("one_group", "comparison"):
            yield planned(kind, main=main)
    yield planned("one_group", main={"pre": None}, expects={"pupils_per_class": 9})
    for level in ("teacher", "school"):
        yield planned(design={"kind": "comparison", "assigned": level})
        yield planned(design={"kind": "multi_site", "site": level})
    grouped = {"pupil": "leerling", "class": "klas", "group": "groep", "teaching_group": "lesgroep"}
    yield planned(design={"kind": "comparison", "assigned": "pupil"}, columns=grouped)
    yield planned("one_group", design={"kind": "growth", "waves": ["1", "2", "3"]})
    yield planned("one_group", design={"kind": "survey", "occasions": ["1"]})
    alike = {"source": "questionnaire", "scale": [1, 5], "smallest_worthwhile": 0.1}
    yield planned(expects={"classes": 30, "pupils_per_class": 12}, main=alike)


@pytest.fixture(scope="module")
def pages_and_used():
    """[(plan, language, page)], and the keys that were asked for."""
    with telling() as used:
        return [(one, lang, gsl.outlook(one, lang=lang)) for one in settings() for lang in LANGUAGES], used


@pytest.fixture(scope="module")
def pages(pages_and_used):
    return pages_and_used[0]


@pytest.fixture(scope="module")
def used(pages_and_used):
    return pages_and_used[1]


def sentences(page):
    for kind, text in (("paragraph", page.kicker), ("paragraph", page.summary), *said(page.blocks)):
        yield from ((kind, part) for part in re.split(r"(?<=[.?!])\s+(?=[^\W\d_]|“)", text))


def test_every_text_of_the_page_is_told(pages, used):
    rooms = ("plan.", "charts.designs.")
    assert {key for key in KEYS["nl"] if key.startswith(rooms)} - used == set()


def test_every_code_is_reached(pages):
    codes = {None, "growth", "no_start", "pair", "small", "reaches", "depends", "leans", "larger", "silent"}
    assert {one.code for one, _, _ in pages} == codes


def test_sentences_are_short_and_say_nothing_forbidden(pages):
    wrong = set()
    for one, lang, page in pages:
        for kind, text in sentences(page):
            long = len([word for word in text.split() if re.search(r"[^\W\d_]", word)]) > LONGEST
            checks = {
                "forbidden": has(FORBIDDEN[lang], text),
                "one group": one.code == "growth" and has(ONE_GROUP[lang], text),
                "long": kind != "alt" and long,
                "negative": kind != "cell" and re.search(NEGATIVE, text),
                "mark": re.search(OTHER_MARK[lang], text),
                "plural": re.search(PLURAL_OF_ONE[lang], text),
                "unfilled": re.search(r"[{}]|None|\bnan\b|\binf\b|  | [.,;:?]", text),
                "about about": re.search(r"ongeveer ongeveer|about about", text),
            }
            wrong |= {(name, text) for name, found in checks.items() if found}
    assert not wrong


def test_both_languages_say_as_much(pages):
    for (one, _, first), (_, _, second) in zip(pages[::2], pages[1::2], strict=True):
        shapes = [
            [(kind, len(re.findall(r"\d+", text))) for kind, text in said(page.blocks)] for page in (first, second)
        ]
        assert shapes[0] == shapes[1], one


def test_what_can_never_be_said_is_said_first_and_kindly(pages):
    never = {"nl": "nooit zeggen", "en": "can never say"}
    kind_words = {"nl": "Dat ligt niet aan jou", "en": "That is not your doing"}
    for one, lang, page in pages:
        whole_pair = one.code == "pair" and one.planned.kind == "classes"
        assert (never[lang] in page.summary) == (one.code in ("growth", "no_start") or whole_pair)
        if one.code in ("growth", "no_start", "small") or whole_pair:
            assert any(kind_words[lang] in text for text in page.blocks[0].paragraphs)
        assert page.blocks[1].tone == "next_step" and page.blocks[1].paragraphs[0]


def test_what_was_assumed_of_the_classes_is_said_at_once(pages):
    start = {"nl": "Niet alles is ingevuld", "en": "Not everything is filled in"}
    for one, lang, page in pages:
        assumed = "rule" in {one.classes.origin, one.pupils.origin, one.sd.origin}
        assert any(text.startswith(start[lang]) for text in page.blocks[0].paragraphs) == assumed


def test_three_lines_stand_on_the_page_and_more_pupils_never_mend_classes(pages):
    for _, lang, page in pages:
        w = words(lang)
        tables = {block.caption: block for block in page.blocks if type(block).__name__ == "Table"}
        needed = next(block for caption, block in tables.items() if re.search(r"8 (van de|of) 10 ", caption))
        assert len([row for row in needed.rows if row[0] != w("plan.design.divided", unit="")]) >= 3
        told = " ".join(text for _, text in sentences(page))
        assert not re.search(r"(zoek|neem|look for|find) meer leerlingen|(find|take) more pupils", told, re.I)


def test_one_class_hears_of_two_designs_that_tell_more(pages):
    for one, lang, page in pages:
        if one.setting.classes == 1 and one.setting.grows:
            able = ["weeks", "lead_in"] + ["halved"] * (one.prospect("halved").cautious is not None)
            assert len(able) >= 2
            told = " ".join(text for _, text in sentences(page))
            assert all(words(lang).for_units(level_of(one))(f"plan.one_class.{kind}") in told for kind in able)


def level_of(one):
    design = one.study.design
    return getattr(design, "site", None) or getattr(design, "assigned", "class")


def test_the_page_is_whole_and_the_same_again():
    one = planned(expects={"classes": 5}, main={"smallest_worthwhile": 1.0})
    page = gsl.outlook(one)
    text = html(page).replace("\N{NO-BREAK SPACE}", " ")
    assert text == html(gsl.outlook(one)).replace("\N{NO-BREAK SPACE}", " ")
    assert "3 + 2 klassen" in page.summary and one.code == "silent"
    chart = next(block for block in page.blocks if type(block).__name__ == "Chart")
    assert len(chart.table.rows) == 3 + 3 and "leerlingen" not in chart.alt
    designs = next(block for block in page.blocks if type(block).__name__ == "Table")
    assert len(designs.rows) == 3 + 5 and all(row[2:] == ("–", "–") for row in designs.rows[:3])


def test_no_plan_of_random_classes_breaks():
    """60 studies of every kind with what a file may hold: a page each, and every number a number."""
    rng = np.random.default_rng(11)
    kinds = [("one_group", {}), ("comparison", {}), ("comparison", multi_site())]
    for _ in range(60):
        kind, design = kinds[rng.integers(3)]
        expects = {
            "classes": int(rng.choice([1, 2, 3, 5, 400])), "pupils_per_class": int(rng.choice([2, 3, 9, 10, 100])),
            "sd": float(rng.choice([1e-3, 0.3, 4.0, 9.5])), "pre_post_r": float(rng.choice([0, 0.5, 0.95])),
        }  # fmt: skip
        kept = {name: value for name, value in expects.items() if rng.random() < 0.7}
        main = {"smallest_worthwhile": float(rng.choice([0.001, 1, 19]))} if rng.random() < 0.5 else {}
        main |= {"usual_gap": float(rng.choice([1e-6, 1, 50]))} if rng.random() < 0.3 else {}
        main |= {"pre": None} if rng.random() < 0.2 else {}
        try:
            one = planned(kind, expects=kept, main=main, **design)
        except Problems as refused:
            assert {problem.code for problem in refused.problems} == {"gap_beyond_spread"}
            continue
        for prospect in one.designs:
            assert prospect.reach is None or 0 < prospect.reach < math.inf
            assert prospect.sees is None or prospect.reach < 1.5 * prospect.sees < math.inf
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Picture, "svg", lambda self, height, alt_text: "<svg xmlns='http://www.w3.org/2000/svg'/>")
            assert not re.search(r"\bnan\b|\binf\b", " ".join(text for _, text in sentences(gsl.outlook(one))))


# What one class may run next, on the page of its report


def judged(columns, kind="one_group", **changes):
    of_class, data = bound(columns, kind, **changes)
    measurement = gsl.measure(of_class, data)
    return measurement, gsl.judge(measurement)


def told_next(measurement, verdict, lang="nl"):
    heading = words(lang)("report.heading.ahead", unit="{unit}").split("{unit}")[0]
    blocks = gsl.report(measurement, verdict, lang=lang).blocks
    place = [n for n, block in enumerate(blocks) if getattr(block, "text", "").startswith(heading)]
    return list(blocks[place[0] + 1].items) if place else []


def test_one_class_hears_its_own_numbers():
    scores = classes(1, 0, 22, seed=4)
    measurement, verdict = judged(scores)
    pre, post = (np.array([float(x.replace(",", ".")) for x in scores[name]]) for name in ("voor", "na"))
    here = Setting(1, 22, post.std(ddof=1), np.corrcoef(pre, post)[0, 1], True)
    reaches = [one.reach for one in verdict.ahead.prospects]
    assert reaches == pytest.approx([halved(here).reach, weeks(here).reach, lead_in(here).reach])
    told = told_next(measurement, verdict)
    assert len(told) == 3
    assert all(words("nl").points(reach, 1) in text for reach, text in zip(reaches, told, strict=True))


def test_where_lower_is_better_the_numbers_are_the_same():
    scores = classes(1, 0, 22, seed=4)
    ahead_of = [judged(scores, outcomes=[outcome(better=way)])[1].ahead for way in ("higher", "lower")]
    assert ahead_of[0] == ahead_of[1]


@pytest.mark.parametrize(("pupils", "worth", "size"), [(30, 4.0, "within"), (30, 1.0, "beyond"), (12, 4.0, "wide")])
def test_what_the_report_of_a_halved_class_would_say_stands_beside_what_is_worth_it(pupils, worth, size):
    measurement, verdict = judged(classes(1, 0, pupils, seed=4), outcomes=[outcome(smallest_worthwhile=worth)])
    least, text = verdict.ahead.prospects[0].cautious, told_next(measurement, verdict)[0]
    assert size == ("wide" if least is None else "within" if least <= worth else "beyond")
    for key in ("within", "beyond", "wide"):
        start = words("nl")(f"verdict.ahead.halved_{key}", margin="", sees="|", unit="klas").split("|")[0]
        assert (start in text) == (key == size)


def test_a_small_class_is_told_not_to_be_halved_and_gets_no_number():
    measurement, verdict = judged(classes(1, 0, 8))
    told = told_next(measurement, verdict)
    assert "minstens 10 leerlingen" in told[0] and not re.search(r"\d+,\d", " ".join(told))
    assert "helft" not in words("nl")("verdict.next.comparison_none_small", parallel_unit="")
    steps = [block for block in gsl.report(measurement, verdict).blocks if getattr(block, "tone", "") == "next_step"]
    assert "helft" not in steps[0].paragraphs[0]


@pytest.mark.parametrize("changes", [{"tests": "different"}, {"pre": None}])
def test_no_number_where_the_page_tells_no_spread(changes):
    measurement, verdict = judged(classes(1, 0, 22), outcomes=[outcome(**changes)])
    told = told_next(measurement, verdict)
    assert len(told) == 3 and not re.search(r"\d+,\d", " ".join(told))


def test_numbers_only_where_the_report_may_be_shared():
    """A pair of which one class is small: its spread follows from no number of the page."""
    scores = classes(1, 1, 20)
    keep = [i for i, name in enumerate(scores["klas"]) if name == "k0" or i % 20 < 8]
    measurement, verdict = judged({name: [cells[i] for i in keep] for name, cells in scores.items()}, "comparison")
    assert not shareable(measurement.primary)
    assert all(one.reach is None for one in verdict.ahead.prospects)


def test_a_pair_hears_it_too_and_more_classes_do_not():
    scores = classes(1, 1, 20)
    measurement, verdict = judged(scores, "comparison")
    assert len(told_next(measurement, verdict)) == 3
    pre, post = (np.array([float(x.replace(",", ".")) for x in scores[name]]).reshape(2, 20) for name in ("voor", "na"))
    pre, post = (x - x.mean(axis=1, keepdims=True) for x in (pre, post))
    r = np.corrcoef(pre.ravel(), post.ravel())[0, 1]
    one = Setting(1, 20, math.sqrt((post**2).sum() / 38), r, True)
    assert verdict.ahead.prospects[0].reach == pytest.approx(halved(one).reach)
    for arms, kind in (((2, 0), "one_group"), ((2, 1), "comparison"), ((3, 3), "comparison")):
        measurement, verdict = judged(classes(*arms), kind)
        assert verdict.ahead is None and told_next(measurement, verdict) == []


def test_nothing_breaks_where_pupils_do_not_differ():
    n = 20
    columns = {"leerling": [f"p{i}" for i in range(n)], "klas": ["k"] * n, "voor": ["9"] * (n - 1) + ["8"]}
    for post in (["11"] * (n - 1) + ["12"], ["11"] * (n - 1) + ["10"], [str(8 + i % 5) for i in range(n)]):
        measurement, verdict = judged(columns | {"na": post})
        assert len(told_next(measurement, verdict)) == 3
        assert ahead(measurement.study, measurement.primary, None, FAMILY_LEVEL) is not None

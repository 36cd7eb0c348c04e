"""One cell or one column of scores: what it can mean, and what it may never become in silence."""

from dataclasses import replace
from datetime import date, datetime, time

from .case import accept, case, either, reject
from .files import csv, ods, xlsx
from .maker import HEADER, beside, changed, class_set, comma, every, facts, plan, point, put, table

NO_SCORE = """1O 12,,5 12..5 12,5,5 12.5.5 155 20,5 200 999 -3 −3 inf -inf Infinity 1e400 1e1 1E1 TRUE WAAR ja goed
twaalf B A+ E 0x10 1_000 12_5 12² l2 12? 12* 12,5-13 3/mei 3-mei mei/03 2026-05-12 12/05/2026 12-10 03:30 12:5 5e-324
1,0E+01 onv. M4 AVI-E5 €12 12;5""".split()
NO_SCORE += [
    "3 mei",
    "1 2",
    "12 5",
    "12 (ziek)",
    "mei 2026",
    "#DEEL/0!?",
    "12 of 13",
    "= 12",
    "12,5 13,5",
    "vijftien op 20",
]


@case(*[(cell,) for cell in NO_SCORE])
def no_score(folder, cell):
    path = csv(folder, put(table(class_set()), 8, "natoets", cell))
    return reject(path, rows=[8], column="natoets")


@case(
    ("date", date(2026, 5, 3)),
    ("moment", datetime(2026, 5, 3, 10, 0)),
    ("time", time(12, 5)),
    ("true", True),
    ("false", False),
)
def no_score_in_a_workbook(folder, _name, cell):
    path = xlsx(folder, put(table(class_set(), float), 8, "natoets", cell))
    return reject(path, rows=[8], column="natoets")


@case()
def a_date_in_an_opendocument(folder):
    path = ods(folder, put(table(class_set(), float), 8, "natoets", date(2026, 5, 3)))
    return reject(path, rows=[8], column="natoets")


@case()
def a_whole_column_of_dates(folder):
    """Twelve point five, shown as a day in January 1900."""

    def style(book):
        for row in range(2, 30):
            book.active.cell(row, 5).number_format = "dd/mm/yyyy"

    return reject(xlsx(folder, table(class_set(), float), change=style), column="natoets")


@case()
def a_name_where_a_score_belongs(folder):
    """A row that slipped by one column: the message may not repeat the name."""
    rows = table(class_set())
    rows[7] = ["", *rows[7][:4]]
    return reject(csv(folder, rows), rows=[8])


@case()
def a_name_among_the_scores(folder):
    pupils = class_set()
    return reject(csv(folder, put(table(pupils), 8, "natoets", pupils[10].name)), rows=[8], column="natoets")


@case()
def fifteen_faults_at_once(folder):
    rows = table(class_set(size=14))
    for row in range(3, 18):
        rows = put(rows, row, "natoets", f"{row}O")
    return reject(csv(folder, rows), rows=range(3, 18), all_rows=True, column="natoets")


@case()
def faults_in_both_columns_and_in_the_group(folder):
    rows = put(put(put(table(class_set()), 4, "voortoets", "155"), 9, "natoets", "12,,5"), 12, "groep", "nieuwe")
    return reject(csv(folder, rows), rows=[4, 9, 12], all_rows=True)


MISSING = "afw|afw.|Afwezig|AFW|ziek|Ziek|/|-|–|n.v.t.|nvt|vrijgesteld|NVT|N/A|".split("|")


@case(*[(word or "empty",) for word in MISSING])
def a_word_for_no_score(folder, word):
    word = "" if word == "empty" else word
    pupils = changed(changed(class_set(), 5, post=None, post_word=word), 12, pre=None, pre_word=word)
    counted = {"pre": {word: 1}, "post": {word: 1}} if word else None
    return accept(csv(folder, table(pupils)), pupils, missing=counted)


@case(("xlsx", xlsx), ("ods", ods))
def a_word_for_no_score_in_a_workbook(folder, _name, write):
    pupils = changed(class_set(), 5, post=None, post_word="afw")
    return accept(write(folder, table(pupils, float)), pupils, missing={"post": {"afw": 1}})


@case(
    ("gewettigd afwezig",),
    ("NG",),
    ("niet gemaakt",),
    ("#N/B",),
    ("#DEEL/0!",),
    ("x",),
    ("nan",),
    ("NaN",),
    ("--",),
    ("?",),
    (".",),
    ("NULL",),
)
def a_word_that_may_mean_no_score(folder, word):
    pupils = changed(class_set(), 5, post=None, post_word=word)
    return either(csv(folder, table(pupils)), pupils, silent=True, rows=[7], column="natoets")


@case(
    ("999", "999", ["999"]),
    ("a number", "999", [999]),
    ("-1", "-1", ["-1"]),
    ("a word", "Afgelast", ["afgelast"]),
    ("99", "99,0", ["99"]),
)
def a_code_the_study_names(folder, _name, cell, codes):
    pupils = changed(class_set(), 5, post=None, post_word=cell)
    expect = either if cell == "99,0" else accept
    more = {"silent": True, "rows": [7]} if expect is either else {}
    return expect(csv(folder, table(pupils)), pupils, study=plan(outcome={"missing": codes}), **more)


@case()
def a_code_the_study_names_in_a_workbook(folder):
    pupils = changed(class_set(), 5, post=None)
    return accept(
        xlsx(folder, put(table(pupils, float), 7, "natoets", 999)), pupils, plan(outcome={"missing": ["999"]})
    )


@case()
def zero_is_a_score(folder):
    pupils = changed(changed(class_set(), 5, post=0.0), 6, pre=0.0)
    return accept(csv(folder, table(pupils, lambda s: "0" if not s else comma(s))), pupils)


@case()
def zero_is_no_score_when_the_study_says_so(folder):
    pupils = changed(class_set(), 5, post=None, post_word="0")
    return accept(csv(folder, table(pupils)), pupils, plan(outcome={"missing": ["0"]}))


@case(("lost comma", "155", 155.0), ("code", "999", 999.0), ("negative", "-3", -3.0))
def a_strange_score_and_no_scale(folder, _name, cell, value):
    """Without a scale nobody can be sure: stop, or say that it stands out."""
    pupils = changed(class_set(), 6, post=value)
    path = csv(folder, put(table(pupils), 8, "natoets", cell))
    return either(path, pupils, study=plan(outcome={"scale": None}), rows=[8])


@case()
def no_scale_and_nothing_strange(folder):
    pupils = class_set()
    return accept(csv(folder, table(pupils)), pupils, plan(outcome={"scale": None}))


# ---- out of how many


@case(("tight", "{}/20"), ("spaced", "{} / 20"))
def twelve_out_of_twenty(folder, _name, style):
    pupils = class_set()
    return accept(csv(folder, table(pupils, lambda s: style.format(comma(s)))), pupils)


@case()
def one_cell_out_of_twenty(folder):
    pupils = changed(class_set(), 6, post=12.0)
    return either(csv(folder, put(table(pupils), 8, "natoets", "12/20")), pupils, silent=True, rows=[8])


@case(("more than all", "12/10"), ("nothing", "12/0"), ("two", "12/20/20"), ("no score", "/20x"))
def an_impossible_fraction(folder, _name, cell):
    return reject(csv(folder, put(table(class_set()), 8, "natoets", cell)), rows=[8], column="natoets")


@case()
def a_fraction_in_a_column_of_fractions_that_is_more_than_all(folder):
    rows = every(every(table(class_set()), "natoets", lambda c: f"{c}/20"), "voortoets", lambda c: f"{c}/20")
    return reject(csv(folder, put(rows, 8, "natoets", "22/20")), rows=[8], column="natoets")


def _halved(pupils):
    return [replace(p, post=p.post / 2) for p in pupils]


@case()
def fractions_out_of_ten_on_a_scale_to_twenty(folder):
    """6/10 is 12 on 20, or it is asked; 6 it is not."""
    pupils = class_set()
    rows = every(table(_halved(pupils), lambda s: f"{s:.2f}".replace(".", ",")), "natoets", lambda c: f"{c}/10")
    return either(csv(folder, rows), pupils, silent=True, column="natoets")


@case()
def some_out_of_twenty_and_some_out_of_ten(folder):
    pupils = [replace(p, post=float(round(p.post)) or 1.0) for p in class_set()]
    pupils = changed(pupils, 6, post=12.0)
    rows = every(table(pupils, lambda s: f"{s:g}".replace(".", ",")), "natoets", lambda c: f"{c}/20")
    return either(csv(folder, put(rows, 8, "natoets", "6/10")), pupils, silent=True, column="natoets")


@case(("brackets", "natoets (/10)"), ("words", "natoets op 10"), ("slash", "natoets/10"), ("max", "natoets (max. 10)"))
def a_maximum_in_the_heading_that_is_not_the_scale(folder, _name, heading):
    pupils = class_set()
    rows = table(_halved(pupils), lambda s: f"{s:.2f}".replace(".", ","), [*HEADER[:4], heading])
    return either(csv(folder, rows), pupils, study=plan(outcome={"post": heading}), silent=True)


@case()
def maxima_in_the_headings_as_the_study_says(folder):
    pupils = [replace(p, post=round(p.post / 2, 1)) for p in class_set()]
    rows = table(pupils, header=[*HEADER[:3], "voortoets (/20)", "natoets (/10)"])
    outcome = {"scale": None, "pre_scale": [0, 20], "post_scale": [0, 10], "tests": "different"}
    return accept(csv(folder, rows), pupils, plan(outcome=outcome))


@case(("tight", "{}%"), ("spaced", "{} %"), ("hard space", "{}\xa0%"))
def percentages_on_a_scale_to_a_hundred(folder, _name, style):
    pupils = [replace(p, pre=p.pre * 5, post=p.post * 5) for p in class_set()]
    rows = table(pupils, lambda s: style.format(comma(s)))
    return accept(csv(folder, rows), pupils, plan(outcome={"scale": [0, 100]}))


@case()
def percentages_on_a_scale_to_twenty(folder):
    pupils = class_set()
    rows = table(pupils, lambda s: f"{s * 5:.1f} %".replace(".", ","))
    return either(csv(folder, rows), pupils, silent=True)


@case()
def one_percentage_among_scores(folder):
    pupils = changed(class_set(), 6, post=12.0)
    return either(
        csv(folder, put(table(pupils), 8, "natoets", "60 %")), pupils, silent=True, rows=[8], column="natoets"
    )


@case()
def a_small_percentage_among_scores(folder):
    """15 % on 20 is 3, not 15."""
    pupils = changed(class_set(), 6, post=3.0)
    return either(csv(folder, put(table(pupils), 8, "natoets", "15%")), pupils, silent=True, rows=[8], column="natoets")


@case(("hundred", [0, 100]), ("twenty", [0, 20]))
def percent_cells_of_excel(folder, _name, scale):
    """The cell shows 60 % and holds 0.6: that is no score of 0.6."""
    top = scale[1]
    pupils = [replace(p, pre=p.pre * top / 20, post=p.post * top / 20) for p in class_set()]

    def style(book):
        for row in range(2, 30):
            for column in (4, 5):
                book.active.cell(row, column).number_format = "0%"

    path = xlsx(folder, table(pupils, lambda s: s / top), change=style)
    return either(path, pupils, study=plan(outcome={"scale": scale}), silent=True)


# ---- ordered categories


@case(("zones", "ABCDE"), ("avi", ["M3", "E3", "M4", "E4", "M5"]), ("words", ["zwak", "matig", "goed", "sterk", "top"]))
def ordered_categories_are_no_scores(folder, _name, levels):
    rows = table(class_set())
    rows = [rows[0], *([*row[:4], levels[at % 5]] for at, row in enumerate(rows[1:]))]
    return reject(csv(folder, rows), column="natoets")


@case(("zones", "zone", "ABCDE"), ("avi", "AVI", ["M3", "E3", "M4", "E4", "M5"]), ("numbers", "niveau", "12345"))
def ordered_categories_beside_the_scores(folder, _name, heading, levels):
    pupils = class_set()
    return accept(csv(folder, beside(table(pupils), heading, [levels[at % 5] for at in range(28)])), pupils)


# ---- scores that say something about the whole set


@case()
def a_third_is_missing(folder):
    pupils = class_set()
    for place in range(0, 28, 3):
        pupils = changed(pupils, place, post=None, post_word="afw")
    return accept(csv(folder, table(pupils)), pupils, missing={"post": {"afw": 10}})


@case()
def more_than_half_is_missing(folder):
    pupils = class_set()
    for place in range(28):
        pupils = changed(pupils, place, post=None, post_word="") if place % 7 > 2 else pupils
    return either(csv(folder, table(pupils)), pupils)


@case()
def nobody_has_a_post_test(folder):
    pupils = [replace(p, post=None) for p in class_set()]
    return either(csv(folder, table(pupils)), pupils)


@case()
def one_class_has_no_post_test(folder):
    pupils = [replace(p, post=None) if p.class_ == "5A" else p for p in class_set()]
    return either(csv(folder, table(pupils)), pupils, silent=True)


@case()
def everybody_has_the_same_score(folder):
    pupils = [replace(p, post=12.0) for p in class_set()]
    return either(csv(folder, table(pupils)), pupils, column=None)


@case()
def post_is_a_copy_of_pre(folder):
    pupils = [replace(p, post=p.pre) for p in class_set()]
    return either(csv(folder, table(pupils)), pupils)


@case()
def one_class_has_pre_and_post_swapped(folder):
    pupils = [replace(p, post=round(p.pre + 3 + at % 3 / 10, 1)) for at, p in enumerate(class_set())]
    pupils = [replace(p, pre=p.post, post=p.pre) if p.class_ == "6-1" else p for p in pupils]
    return either(csv(folder, table(pupils)), pupils)


@case()
def everybody_scores_lower(folder):
    """No swap of one class: a harder test, or less learned. No reason to stop."""
    pupils = [replace(p, pre=p.post + 2, post=p.pre) for p in class_set()]
    return accept(csv(folder, table(pupils)), pupils)


@case()
def a_second_outcome_has_a_fault(folder):
    rows = beside(table(class_set()), "welbevinden", ["7,5"] * 10 + ["1O"] + ["6,5"] * 17)
    study = plan()
    extra = {"name": "wel", "label": "Welbevinden", "domain": "wellbeing", "role": "side_effect", "post": "welbevinden"}
    study["outcomes"].append({**extra, "scale": [0, 10]})
    return reject(csv(folder, rows), study, rows=[12], column="welbevinden")


@case()
def a_group_before_and_after(folder):
    from .maker import one_group

    pupils = class_set()
    return accept(csv(folder, table(pupils)), facts(pupils) | {"groups": {}}, one_group())


@case(("comma", comma), ("point", point))
def a_fault_in_each_number_style(folder, _name, score):
    return reject(csv(folder, put(table(class_set(), score), 8, "natoets", "12.,5")), rows=[8], column="natoets")


@case(("minus", "-3,5", True), ("typed minus", "−3,5", False))
def a_scale_with_negative_points(folder, _name, cell, sure):
    pupils = changed(class_set(), 6, post=-3.5)
    path, study = csv(folder, put(table(pupils), 8, "natoets", cell)), plan(outcome={"scale": [-10, 20]})
    return accept(path, pupils, study) if sure else either(path, pupils, study=study, silent=True, rows=[8])


@case()
def a_zero_on_a_scale_that_starts_at_one(folder):
    rows = put(table(class_set()), 8, "natoets", "0")
    return reject(csv(folder, rows), plan(outcome={"scale": [1, 20]}), rows=[8], column="natoets")


@case()
def a_word_for_no_score_between_spaces(folder):
    pupils = changed(class_set(), 5, post=None, post_word=" afw\xa0")
    return accept(csv(folder, table(pupils)), pupils, missing={"post": {"afw": 1}})


@case()
def a_lost_comma_in_a_column_out_of_a_hundred(folder):
    """155 on a scale to 100 is refused; 85 among 8,5 to 9,5 nobody can know."""
    rows = put(table(class_set()), 8, "natoets", "155")
    return reject(csv(folder, rows), plan(outcome={"scale": [0, 100]}), rows=[8], column="natoets")

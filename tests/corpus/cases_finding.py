"""Where the table stands in its sheet: titles, totals, blanks, legends, headers of two levels."""

from .case import accept, case, either, reject
from .files import csv, ods, xls, xlsx
from .maker import HEADER, beside, class_set, comma, plan, put, table

TITLES = {
    "one": [["Resultaten breuken"]],
    "one and a blank": [["Resultaten breuken 2026-2027"], []],
    "school and date": [["Basisschool De Krekel"], ["Toets breuken", "", "afgenomen op", "12/10/2026"], []],
    "four": [["GO! Basisschool"], ["Leerkracht:", "juf An"], ["Max.:", "20"], [""]],
    "long": [["Deze lijst bevat de punten; gelieve ze niet door te sturen, dank je wel!"], []],
}


@case(*[(name,) for name in TITLES])
def titles_above(folder, name):
    pupils = class_set()
    return accept(csv(folder, [*TITLES[name], *table(pupils)]), pupils)


@case(*[(name,) for name in TITLES])
def titles_above_in_a_workbook(folder, name):
    pupils = class_set()
    return accept(xlsx(folder, [*TITLES[name], *table(pupils, float)]), pupils)


@case(("xlsx",), ("ods",), ("xls",))
def a_title_in_every_kind_of_workbook(folder, kind):
    pupils = class_set()
    rows = [["Punten breuken"], [""], *table(pupils, float)]
    return accept({"xlsx": xlsx, "ods": ods, "xls": xls}[kind](folder, rows), pupils)


@case()
def a_fault_below_titles_keeps_its_row(folder):
    rows = [*TITLES["school and date"], *put(table(class_set()), 9, "natoets", "1O")]
    return reject(csv(folder, rows), rows=[12], column="natoets")


@case()
def a_title_over_merged_cells(folder):
    pupils = class_set()
    rows = [["Resultaten breuken"], *table(pupils, float)]
    return accept(xlsx(folder, rows, change=lambda book: book.active.merge_cells("A1:E1")), pupils)


@case(("xlsx", xlsx, float), ("csv", csv, comma), ("ods", ods, float))
def a_table_at_c4(folder, _name, write, score):
    pupils = class_set()
    rows = [[""] * 7] * 3 + [["", "", *row] for row in table(pupils, score)]
    return accept(write(folder, rows), pupils)


@case()
def a_fault_in_a_table_at_c4(folder):
    rows = [[""]] * 3 + [["", "", *row] for row in put(table(class_set(), float), 5, "natoets", "1O")]
    return reject(xlsx(folder, rows), rows=[8], column="natoets")


@case(("csv", csv, comma), ("xlsx", xlsx, float))
def a_blank_row_between_classes(folder, _name, write, score):
    pupils = class_set()
    rows = table(pupils, score)
    made = [rows[0]]
    for before, row in zip([None, *rows[1:]], rows[1:], strict=False):
        made += [[""] * 5] if before and before[1] != row[1] else []
        made.append(row)
    return accept(write(folder, made), pupils)


@case()
def a_blank_row_under_the_header(folder):
    pupils = class_set()
    rows = table(pupils)
    return accept(csv(folder, [rows[0], [""] * 5, *rows[1:]]), pupils)


@case(("first", 0), ("middle", 3))
def a_blank_column(folder, _name, at):
    pupils = class_set()
    return accept(csv(folder, beside(table(pupils), "", [""] * 28, at=at)), pupils)


# ---- beside the table


def _beside(rows, block, gap: int = 1):
    width = max(map(len, block))
    padded = [*block, *[[""] * width] * (len(rows) - len(block))]
    return [[*row, *[""] * gap, *(list(extra) + [""] * width)[:width]] for row, extra in zip(rows, padded, strict=True)]


@case(("csv", csv, comma), ("xlsx", xlsx, float))
def averages_beside_the_table(folder, _name, write, score):
    pupils = class_set()
    block = [["", ""], ["Gemiddelde vooraf", score(9.1)], ["Gemiddelde achteraf", score(10.4)], ["Aantal", score(28)]]
    return accept(write(folder, _beside(table(pupils, score), block)), pupils)


@case(("csv", csv, comma), ("xlsx", xlsx, float))
def a_legend_beside_the_table(folder, _name, write, score):
    pupils = class_set()
    block = [["Legende"], ["nieuw = met strookmodel"], ["gewoon = zonder"]]
    return accept(write(folder, _beside(table(pupils, score), block, gap=2)), pupils)


@case()
def a_legend_beside_the_table_without_a_gap(folder):
    pupils = class_set()
    block = [[""], ["nieuw = met strookmodel"], ["gewoon = zonder"]]
    return either(xlsx(folder, _beside(table(pupils, float), block, gap=0)), pupils, silent=True)


@case()
def a_table_of_averages_beside_with_the_same_headings(folder):
    """The heading "natoets" twice: the second one belongs to the averages of the classes."""
    pupils = class_set()
    block = [
        ["klas", "voortoets", "natoets"],
        ["1E1", 9.1, 10.2],
        ["03", 8.1, 9.2],
        ["6-1", 7.1, 8.2],
        ["5A", 8.8, 9.9],
    ]
    return either(xlsx(folder, _beside(table(pupils, float), block, gap=2)), pupils, silent=True)


@case()
def two_halves_of_a_class_list_beside_each_other(folder):
    """Reading only the left half loses half of the pupils."""
    pupils = class_set()
    rows = table(pupils)
    made = [[*left, "", *right] for left, right in zip(rows[:15], [rows[0], *rows[15:]], strict=True)]
    return either(csv(folder, made), pupils, silent=True)


@case()
def a_legend_below_the_table(folder):
    pupils = class_set()
    below = [
        [""] * 5,
        ["Legende", "", "", "", ""],
        ["nieuw", "met strookmodel", "", "", ""],
        ["gewoon", "zonder", "", "", ""],
    ]
    return either(csv(folder, [*table(pupils), *below]), pupils, silent=True, rows=[31, 32, 33])


# ---- headings


def _two_levels(pupils, score=float):
    rows = table(pupils, score)
    return [["leerling", "klas", "groep", "Breuken", ""], ["", "", "", "voortoets", "natoets"], *rows[1:]]


@case(("merged", True), ("only across", False))
def a_header_of_two_levels(folder, _name, down):
    pupils = class_set()

    def merge(book):
        book.active.merge_cells("D1:E1")
        for letter in "ABC" if down else "":
            book.active.merge_cells(f"{letter}1:{letter}2")

    return accept(xlsx(folder, _two_levels(pupils), change=merge), pupils)


@case()
def a_header_of_two_levels_with_the_names_below(folder):
    pupils = class_set()
    rows = [["", "", "", "Breuken", ""], *table(pupils, float)]
    return accept(xlsx(folder, rows, change=lambda book: book.active.merge_cells("D1:E1")), pupils)


@case()
def a_header_of_two_levels_for_two_tests(folder):
    pupils = class_set()
    rows = [
        ["leerling", "klas", "groep", "Dictee", "", "Breuken", ""],
        ["", "", "", "voor", "na", "voor", "na"],
        *([*row[:3], 3.0, 4.0, *row[3:]] for row in table(pupils, float)[1:]),
    ]

    def merge(book):
        book.active.merge_cells("D1:E1")
        book.active.merge_cells("F1:G1")

    return accept(xlsx(folder, rows, change=merge), pupils, plan(outcome={"pre": "Breuken voor", "post": "Breuken na"}))


@case()
def a_study_that_names_only_the_lower_level(folder):
    """Two columns are called "na": which one is meant?"""
    rows = [["leerling", "klas", "groep", "Dictee", "", "Breuken", ""], ["", "", "", "voor", "na", "voor", "na"]]
    rows += [[*row[:3], 3.0, 4.0, *row[3:]] for row in table(class_set(), float)[1:]]

    def merge(book):
        book.active.merge_cells("D1:E1")
        book.active.merge_cells("F1:G1")

    return reject(xlsx(folder, rows, change=merge), plan(outcome={"pre": "voor", "post": "na"}))


@case()
def a_header_of_two_levels_in_text(folder):
    pupils = class_set()
    return either(csv(folder, _two_levels(pupils, comma)), pupils, silent=True)


@case(
    ("capitals", ["LEERLING", "KLAS", "GROEP", "VOORTOETS", "NATOETS"]),
    ("spaces", [" leerling", "klas ", "groep", "voortoets  ", "natoets"]),
    ("invisible", ["\u200bleerling", "klas\u200b", "groep", "voor\u00adtoets", "natoets\ufeff"]),
    ("hard space", ["leerling", "klas", "groep", "voortoets\xa0", "\xa0natoets"]),
    ("sentence case", ["Leerling", "Klas", "Groep", "Voortoets", "Natoets"]),
    ("maximum", ["leerling", "klas", "groep", "voortoets (/20)", "natoets /20"]),
    ("maximum in words", ["leerling", "klas", "groep", "voortoets op 20", "natoets (max. 20)"]),
    ("two words", ["leerling", "klas", "groep", "voor toets", "na-toets"]),
)
def headings_that_differ_in_dress(folder, _name, header):
    pupils = class_set()
    return accept(csv(folder, table(pupils, header=header)), pupils)


@case()
def a_heading_twice_with_other_scores(folder):
    rows = table(class_set())
    return reject(csv(folder, beside(rows, "natoets", [row[3] for row in rows[1:]])))


@case()
def a_heading_twice_that_nobody_asks_for(folder):
    pupils = class_set()
    rows = beside(beside(table(pupils), "opmerking", ["ok"] * 28), "opmerking", ["goed"] * 28)
    return accept(csv(folder, rows), pupils)


@case()
def two_headings_that_fold_to_one(folder):
    rows = beside(table(class_set(), header=[*HEADER[:4], "Natoets"]), "NA-TOETS", ["3,5"] * 28)
    return reject(csv(folder, rows))


@case()
def two_headings_of_which_one_is_exact(folder):
    pupils = class_set()
    return either(csv(folder, beside(table(pupils), "Na-toets", ["3,5"] * 28)), pupils, silent=True)


@case()
def test_1_5_and_test_15(folder):
    pupils = class_set()
    rows = beside(table(pupils, header=[*HEADER[:4], "toets 1.5"]), "toets 15", ["3,5"] * 28)
    return accept(csv(folder, rows), pupils, plan(outcome={"post": "toets 1.5"}))


@case()
def cells_under_no_heading(folder):
    pupils = class_set()
    return either(csv(folder, beside(table(pupils), "", ["ok", *[""] * 27])), pupils, silent=True)


@case()
def a_score_column_without_heading(folder):
    return reject(csv(folder, table(class_set(), header=[*HEADER[:4], ""])))


@case(
    ("missing", [*HEADER[:4], "dictee"]),
    ("misspelt", [*HEADER[:4], "natoest"]),
    ("no class", ["leerling", "x", *HEADER[2:]]),
)
def a_heading_that_is_not_there(folder, _name, header):
    return reject(csv(folder, table(class_set(), header=header)))


@case()
def pupils_in_columns(folder):
    return reject(csv(folder, [list(row) for row in zip(*table(class_set()), strict=True)]))


@case()
def a_row_per_score(folder):
    pupils = class_set()
    rows = [["leerling", "klas", "groep", "moment", "score"]]
    rows += [
        [p.name, p.class_, p.group, moment, comma(s)] for p in pupils for moment, s in (("voor", p.pre), ("na", p.post))
    ]
    return reject(csv(folder, rows))


@case()
def a_number_in_front_of_every_pupil(folder):
    pupils = class_set()
    return accept(csv(folder, beside(table(pupils), "nr.", [str(n) for n in range(1, 29)], at=0)), pupils)


@case()
def remarks_with_everything_in_them(folder):
    pupils = class_set()
    remarks = ["12/10/2026", "1O", "zie mail", "=A1", "-", "99,5", "Gemiddelde", *[""] * 21]
    return accept(csv(folder, beside(table(pupils), "opmerkingen", remarks, at=1)), pupils)

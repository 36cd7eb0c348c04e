"""More than one sheet, merged and hidden cells."""

from .case import accept, case, either, reject, warn
from .files import ods, ods_cell, ods_rows, xls, xlsx
from .maker import HEADER, changed, class_set, facts, put, table

COVER = [
    ["GO! Basisschool"],
    [""],
    ["Resultaten van de toets breuken"],
    ["Contact:", "juf An"],
    ["Blad 2:", "de punten"],
]


def _classes(pupils, score=float):
    """A sheet per class."""
    return {pupils[at].class_: table(pupils[at : at + 7], score) for at in range(0, 28, 7)}


@case(("xlsx", xlsx, True), ("ods", ods, True), ("xls", xls, True), ("notes behind", xlsx, False))
def a_cover_sheet(folder, _name, write, first):
    pupils = class_set()
    sheets = {"Voorblad": COVER, "Punten": table(pupils, float)}
    return accept(write(folder, sheets if first else dict(reversed(sheets.items()))), pupils)


@case()
def empty_sheets_behind(folder):
    pupils = class_set()
    return accept(xlsx(folder, {"Blad1": table(pupils, float), "Blad2": [], "Blad3": []}), pupils)


@case()
def a_sheet_with_averages_per_class(folder):
    pupils = class_set()
    overview = [
        ["klas", "voortoets", "natoets"],
        ["1E1", 9.1, 10.2],
        ["03", 8.1, 9.2],
        ["6-1", 7.1, 8.2],
        ["5A", 8.8, 9.9],
    ]
    return either(xlsx(folder, {"Overzicht": overview, "Punten": table(pupils, float)}), pupils, silent=True)


@case()
def two_versions_of_the_same_table(folder):
    """Which one counts? Never the first in silence."""
    pupils = class_set()
    return reject(
        xlsx(folder, {"Punten": table(pupils, float), "Punten verbeterd": table(changed(pupils, 3, post=19.0), float)})
    )


@case()
def the_same_table_on_two_sheets(folder):
    pupils = class_set()
    sheets = {"Punten": table(pupils, float), "Punten (2)": table(pupils, float)}
    return either(xlsx(folder, sheets), pupils, facts(pupils, rows=None))


@case()
def another_test_on_another_sheet(folder):
    pupils = class_set()
    other = [[*HEADER[:3], "dictee vooraf", "dictee achteraf"], *table(class_set(seed=5), float)[1:]]
    return either(xlsx(folder, {"Dictee": other, "Breuken": table(pupils, float)}), pupils, silent=True)


@case(("xlsx", xlsx), ("ods", ods), ("xls", xls))
def a_sheet_per_class(folder, _name, write):
    pupils = class_set()
    return accept(write(folder, _classes(pupils)), pupils)


@case()
def a_sheet_per_class_with_totals_and_titles(folder):
    pupils = class_set()
    sheets = {
        name: [[f"Klas {name}"], [], *rows, [], ["Gemiddelde", "", "", 9.0, 10.0]]
        for name, rows in _classes(pupils).items()
    }
    return accept(xlsx(folder, sheets), pupils)


@case()
def a_sheet_per_class_and_a_cover(folder):
    pupils = class_set()
    return accept(xlsx(folder, {"Voorblad": COVER, **_classes(pupils)}), pupils)


@case()
def a_sheet_per_class_with_columns_in_another_order(folder):
    pupils = class_set()
    sheets = _classes(pupils)
    sheets["6-1"] = [[row[1], row[0], row[4], row[2], row[3]] for row in sheets["6-1"]]
    return accept(xlsx(folder, sheets), pupils)


@case()
def a_sheet_per_class_with_headings_in_another_dress(folder):
    pupils = class_set()
    sheets = _classes(pupils)
    sheets["03"][0] = ["Leerling", "Klas", "Groep", "Voortoets", "Natoets "]
    return accept(xlsx(folder, sheets), pupils)


@case()
def a_sheet_per_class_and_no_column_for_the_class(folder):
    pupils = class_set()
    sheets = {name: [[row[0], *row[2:]] for row in rows] for name, rows in _classes(pupils).items()}
    return either(xlsx(folder, sheets), pupils, silent=True)


@case()
def a_sheet_per_class_of_which_one_lacks_a_test(folder):
    """Seven pupils without a post-test are read with a word, or the sheet is named."""
    pupils = class_set()
    sheets = _classes(pupils)
    sheets["5A"] = [row[:4] for row in sheets["5A"]]
    truth = pupils
    for place in range(21, 28):
        truth = changed(truth, place, post=None)
    return either(xlsx(folder, sheets), truth)


@case()
def a_fault_on_the_third_sheet(folder):
    sheets = _classes(class_set())
    sheets["6-1"] = put(sheets["6-1"], 4, "natoets", "1O")
    return reject(xlsx(folder, sheets), rows=[4], column="natoets")


# ---- pre and post apart


def _apart(pupils, score=float):
    """The pre-test on one sheet, the post-test on another."""
    rows = table(pupils, score)
    return {"Voortoets": [row[:4] for row in rows], "Natoets": [[*row[:3], row[4]] for row in rows]}


@case(("xlsx", xlsx), ("ods", ods))
def pre_and_post_on_two_sheets(folder, _name, write):
    pupils = class_set()
    return accept(write(folder, _apart(pupils)), facts(pupils, rows=None))


@case()
def pre_and_post_in_another_order(folder):
    pupils = class_set()
    sheets = _apart(pupils)
    sheets["Natoets"] = [sheets["Natoets"][0], *reversed(sheets["Natoets"][1:])]
    return accept(xlsx(folder, sheets), facts(pupils, rows=None))


@case()
def pre_and_post_of_other_pupils(folder):
    """One was ill for the pre-test, two moved away before the post-test."""
    pupils = class_set()
    sheets = _apart(pupils)
    del sheets["Voortoets"][5], sheets["Natoets"][20], sheets["Natoets"][10]
    truth = changed(changed(changed(pupils, 4, pre=None), 9, post=None), 19, post=None)
    return accept(xlsx(folder, sheets), facts(truth, rows=None))


@case()
def a_post_sheet_without_the_group(folder):
    pupils = class_set()
    sheets = _apart(pupils)
    sheets["Natoets"] = [[*row[:2], row[3]] for row in sheets["Natoets"]]
    return accept(xlsx(folder, sheets), facts(pupils, rows=None))


@case()
def a_post_sheet_without_the_class_and_with_namesakes(folder):
    sheets = _apart(class_set())
    sheets["Natoets"] = [[row[0], row[3]] for row in sheets["Natoets"]]
    return reject(xlsx(folder, sheets))


@case()
def a_post_sheet_that_gives_a_pupil_another_group(folder):
    sheets = _apart(class_set())
    sheets["Natoets"] = put(sheets["Natoets"], 6, "groep", "gewoon")
    return reject(xlsx(folder, sheets))


@case()
def a_post_sheet_that_gives_a_pupil_another_class(folder):
    """Kept apart (two pupils, each half), joined, or refused: said in any case."""
    pupils = class_set()
    sheets = _apart(pupils)
    sheets["Natoets"] = put(sheets["Natoets"], 6, "klas", "03")
    moved = [*changed(pupils, 4, post=None), pupils[4].__class__(pupils[4].name, "03", "nieuw", None, pupils[4].post)]
    return either(xlsx(folder, sheets), facts(moved, rows=None), facts(pupils, rows=None))


@case()
def a_post_sheet_with_a_pupil_twice(folder):
    sheets = _apart(class_set())
    sheets["Natoets"].append([*sheets["Natoets"][4][:3], 3.5])
    return reject(xlsx(folder, sheets), rows=[5, 30])


@case()
def pre_and_post_sheets_with_the_same_heading(folder):
    sheets = {name: [[*HEADER[:3], "score"], *rows[1:]] for name, rows in _apart(class_set()).items()}
    return either(xlsx(folder, sheets), facts(class_set(), rows=None), silent=True)


@case()
def a_name_spelled_otherwise_on_the_post_sheet(folder):
    pupils = changed(class_set(), 5, name="Sarah Van Damme")
    sheets = _apart(pupils)
    sheets["Natoets"] = put(sheets["Natoets"], 7, "leerling", "Sara Van Damme")
    halves = [*changed(pupils, 5, post=None), changed(pupils, 5, pre=None, name="Sara Van Damme")[5]]
    return either(xlsx(folder, sheets), facts(halves, rows=None), secrets=frozenset({"Sarah", "Sara", "Damme"}))


# ---- merged cells


@case(("xlsx",), ("xls",), ("ods",))
def a_merged_class(folder, kind):
    """The class stands once and is merged over its pupils."""
    pupils = class_set()
    rows = table(pupils, float)
    for row in range(2, 30):
        rows = put(rows, row, "klas", rows[row - 1][1] if (row - 2) % 7 == 0 else "")
    starts = range(1, 29, 7)
    if kind == "xls":
        return accept(xls(folder, rows, merges=[(at, at + 6, 1, 1) for at in starts]), pupils)
    if kind == "xlsx":
        return accept(
            xlsx(folder, rows, change=lambda book: [book.active.merge_cells(f"B{at + 1}:B{at + 7}") for at in starts]),
            pupils,
        )
    lines = []
    for at, row in enumerate(rows):
        span = ' table:number-rows-spanned="7" table:number-columns-spanned="1"'
        class_ = ods_cell(row[1], span if at % 7 == 1 else "") if row[1] else "<table:covered-table-cell/>"
        lines.append(f"<table:table-row>{ods_cell(row[0])}{class_}{''.join(map(ods_cell, row[2:]))}</table:table-row>")
    return accept(ods(folder, {"Blad1": "".join(lines)}), pupils)


@case()
def a_merged_class_and_group(folder):
    pupils = class_set()
    rows = [["klas", "groep", "leerling", "voortoets", "natoets"]]
    rows += [
        [*(row[1:3] if at % 7 == 0 else ["", ""]), row[0], *row[3:]] for at, row in enumerate(table(pupils, float)[1:])
    ]
    merge = lambda book: [book.active.merge_cells(f"{c}{at}:{c}{at + 6}") for at in (2, 9, 16, 23) for c in "AB"]  # noqa: E731
    return accept(xlsx(folder, rows, change=merge), pupils)


@case()
def a_score_merged_over_two_pupils(folder):
    """They made the test together, or the secretary slipped: ask."""
    rows = put(table(class_set(), float), 6, "natoets", "")
    return reject(xlsx(folder, rows, change=lambda book: book.active.merge_cells("E5:E6")), rows=[5, 6])


@case()
def a_name_merged_over_two_rows(folder):
    rows = put(table(class_set(), float), 6, "leerling", "")
    return reject(xlsx(folder, rows, change=lambda book: book.active.merge_cells("A5:A6")), rows=[5, 6])


@case()
def pre_and_post_merged_for_a_pupil_who_was_ill(folder):
    """ "ziek" over both columns."""
    pupils = changed(class_set(), 4, pre=None, post=None)
    rows = put(put(table(pupils, float), 6, "voortoets", "ziek"), 6, "natoets", "")
    return either(
        xlsx(folder, rows, change=lambda book: book.active.merge_cells("D6:E6")), pupils, silent=True, rows=[6]
    )


@case()
def one_score_merged_over_pre_and_post(folder):
    rows = put(table(class_set(), float), 6, "natoets", "")
    return reject(xlsx(folder, rows, change=lambda book: book.active.merge_cells("D6:E6")), rows=[6])


@case()
def a_class_only_on_its_first_row(folder):
    """Not merged: filling down is a guess, so it stops or says so."""
    from .files import csv

    pupils = class_set()
    rows = table(pupils)
    for row in range(2, 30):
        rows = put(rows, row, "klas", rows[row - 1][1] if (row - 2) % 7 == 0 else "")
    return either(csv(folder, rows), pupils, rows=range(3, 30), column="klas")


# ---- hidden


@case()
def hidden_rows(folder):
    """A filter that was left on: read them and say so, or leave them out and say so."""
    pupils = class_set()

    def hide(book):
        for row in (5, 6):
            book.active.row_dimensions[row].hidden = True

    return either(xlsx(folder, table(pupils, float), change=hide), pupils, [*pupils[:3], *pupils[5:]])


@case()
def hidden_rows_in_an_opendocument(folder):
    pupils = class_set()
    path = ods(folder, {"Blad1": ods_rows(table(pupils, float), hidden=(5, 6))})
    return either(path, pupils, [*pupils[:3], *pupils[5:]])


@case(("score", "D"), ("class", "B"))
def a_hidden_column_that_counts(folder, _name, letter):
    def hide(book):
        book.active.column_dimensions[letter].hidden = True

    pupils = class_set()
    return either(xlsx(folder, table(pupils, float), change=hide), pupils)


@case()
def a_hidden_column_that_nobody_asks_for(folder):
    def hide(book):
        book.active.column_dimensions["F"].hidden = True

    pupils = class_set()
    rows = [[*row, "geboren" if not at else "2015"] for at, row in enumerate(table(pupils, float))]
    return accept(xlsx(folder, rows, change=hide), pupils)


@case(("hidden", "hidden"), ("very hidden", "veryHidden"))
def a_hidden_sheet_beside_the_table(folder, _name, state):
    def hide(book):
        book["Oud"].sheet_state = state

    pupils = class_set()
    sheets = {"Punten": table(pupils, float), "Oud": table(class_set(seed=9), float)}
    return warn(xlsx(folder, sheets, change=hide), pupils)


@case()
def only_a_hidden_sheet_holds_pupils(folder):
    def hide(book):
        book["Punten"].sheet_state = "hidden"

    return reject(xlsx(folder, {"Voorblad": COVER, "Punten": table(class_set(), float)}, change=hide))


@case()
def a_hidden_sheet_in_front(folder):
    def hide(book):
        book["Lijsten"].sheet_state = "hidden"
        book.active = 1

    pupils = class_set()
    sheets = {"Lijsten": [["nieuw"], ["gewoon"]], "Punten": table(pupils, float)}
    return accept(xlsx(folder, sheets, change=hide), pupils)


@case()
def pre_and_post_per_class_on_eight_sheets(folder):
    pupils = class_set()
    sheets = {}
    for name, rows in _classes(pupils).items():
        sheets[f"{name} voor"] = [row[:4] for row in rows]
        sheets[f"{name} na"] = [[*row[:3], row[4]] for row in rows]
    return either(xlsx(folder, sheets), facts(pupils, rows=None), silent=True)

"""Rows that are no pupils, and pupils' rows that look as if they are none."""

from .case import accept, case, either, reject
from .files import csv, xlsx
from .maker import HEADER, average, beside, changed, class_set, comma, table


def _totals(pupils, label: str, column: int = 0) -> list:
    row = [
        "",
        "",
        "",
        comma(round(average([p.pre for p in pupils]), 1)),
        comma(round(average([p.post for p in pupils]), 1)),
    ]
    row[column] = label
    return row


TOTALS = ["Gemiddelde", "Gem.", "Klasgemiddelde", "Gemiddelde klas:", "Aantal", "Totaal", "Mediaan", "GEMIDDELDE"]
TOTALS += ["St.afw.", "Standaarddeviatie", "Gemiddeld", "Klasgem.", "Average"]


@case(*[(word,) for word in TOTALS])
def a_totals_row(folder, word):
    pupils = class_set()
    return accept(csv(folder, [*table(pupils), _totals(pupils, word)]), pupils)


@case(*[(word,) for word in ("Max", "Min", "Som", "SD", "Hoogste score")])
def a_totals_row_with_a_word_that_may_be_a_name(folder, word):
    """No class, so either a total that is said to be skipped or a pupil without a class: never a pupil in silence."""
    pupils = class_set()
    return either(csv(folder, [*table(pupils), _totals(pupils, word)]), pupils, silent=True, rows=[30])


@case(("class", 1), ("group", 2))
def a_totals_row_with_its_label_under(folder, _name, column):
    pupils = class_set()
    return accept(csv(folder, [*table(pupils), _totals(pupils, "Gemiddelde", column)]), pupils)


@case()
def averages_without_a_label(folder):
    pupils = class_set()
    return either(csv(folder, [*table(pupils), _totals(pupils, "")]), pupils, silent=True, rows=[30])


@case()
def averages_in_a_workbook_below_a_blank_row(folder):
    pupils = class_set()
    rows = [*table(pupils, float), [], ["Gemiddelde", "", "", "=AVERAGE(D2:D29)", "=AVERAGE(E2:E29)"]]
    return accept(xlsx(folder, rows), pupils)


@case()
def averages_below_a_blank_row(folder):
    pupils = class_set()
    below = [["Gemiddelde", "", "", 9.1, 10.2], ["Aantal", "", "", 28.0, 28.0]]
    return accept(xlsx(folder, [*table(pupils, float), [""] * 5, *below]), pupils)


@case()
def an_average_under_every_class(folder):
    pupils = class_set()
    rows = table(pupils)
    made = [rows[0]]
    for at in range(0, 28, 7):
        made += [*rows[1 + at : 8 + at], _totals(pupils[at : at + 7], f"Gemiddelde {pupils[at].class_}")]
    return accept(csv(folder, made), pupils)


@case()
def an_average_that_has_a_class(folder):
    pupils = class_set()
    row = _totals(pupils[:7], "Gemiddelde")
    row[1:3] = ["1E1", "nieuw"]
    return accept(csv(folder, [*table(pupils), row]), pupils)


@case(
    *[(name,) for name in ("Max", "Min", "Som", "SD", "N", "M.", "N.", "Gem", "Mean", "Modest", "Total", "Max Aantal")]
)
def a_pupil_whose_name_is_a_word_for_totals(folder, name):
    """A whole row with class, group and scores is a pupil, whatever the name."""
    pupils = changed(class_set(), 8, name=name)
    return accept(csv(folder, table(pupils)), pupils)


@case()
def a_row_with_the_maxima_under_the_header(folder):
    pupils = class_set()
    rows = table(pupils)
    return either(csv(folder, [rows[0], ["max.", "", "", "20", "20"], *rows[1:]]), pupils, silent=True, rows=[2])


@case()
def a_row_of_points_out_of_under_the_header(folder):
    pupils = class_set()
    rows = table(pupils)
    return either(csv(folder, [rows[0], ["", "", "", "/20", "/20"], *rows[1:]]), pupils, silent=True, rows=[2])


@case(
    ("source", "Bron: toetsenmap breuken"), ("made by", "Opgemaakt door juf An op 12/10/2026"), ("note", "* = met hulp")
)
def a_line_below_a_blank_row(folder, _name, line):
    pupils = class_set()
    return accept(csv(folder, [*table(pupils), [""] * 5, [line, "", "", "", ""]]), pupils)


@case()
def a_line_right_below_the_table(folder):
    pupils = class_set()
    return either(
        csv(folder, [*table(pupils), ["Afgedrukt op 12/10/2026", "", "", "", ""]]), pupils, silent=True, rows=[30]
    )


@case(("every page", 10), ("every class", 7))
def the_header_again(folder, _name, each):
    pupils = class_set()
    rows = table(pupils)
    made = [line for at in range(1, 29, each) for line in [rows[0], *rows[at : at + each]]]
    return accept(csv(folder, made), pupils)


@case()
def the_header_again_with_its_columns_in_another_order(folder):
    """Reading the second block by the first header would swap pre and post in silence."""
    pupils = class_set()
    rows = table(pupils)
    below = [[*row[:3], row[4], row[3]] for row in [rows[0], *rows[15:]]]
    return either(csv(folder, [*rows[:15], [""] * 5, *below]), pupils, silent=True)


@case()
def the_header_again_with_another_test(folder):
    """A second block with another heading is another table, not more pupils."""
    rows = table(class_set())
    below = [[*HEADER[:3], "dictee vooraf", "dictee achteraf"], *rows[1:]]
    return either(csv(folder, [*rows, [""] * 5, *below]), class_set(), silent=True)


@case()
def a_class_per_block_with_its_name_as_title(folder):
    """No column for the class: the study asks for it."""
    pupils = class_set()
    made = []
    for at in range(0, 28, 7):
        block = [[row[0], *row[2:]] for row in table(pupils[at : at + 7])]
        made += [[f"Klas {pupils[at].class_}", "", "", ""], *block, [""] * 4]
    return reject(csv(folder, made))


@case()
def a_small_table_of_averages_below(folder):
    """Klas, voortoets, natoets: without care four more pupils."""
    pupils = class_set()
    below = [["klas", "gemiddelde vooraf", "gemiddelde achteraf", "", ""]]
    for at in range(0, 28, 7):
        few = pupils[at : at + 7]
        below.append(
            [few[0].class_, comma(average([p.pre for p in few])), comma(average([p.post for p in few])), "", ""]
        )
    return either(csv(folder, [*table(pupils), [""] * 5, *below]), pupils, silent=True, rows=range(31, 37))


@case()
def the_header_twice_at_the_top(folder):
    pupils = class_set()
    rows = table(pupils)
    return accept(csv(folder, [rows[0], *rows]), pupils)


@case(("units", ["", "", "", "punten", "punten"]), ("dates", ["", "", "", "3/09/2026", "12/12/2026"]))
def a_row_under_the_header_with(folder, _name, row):
    pupils = class_set()
    rows = table(pupils)
    return either(csv(folder, [rows[0], row, *rows[1:]]), pupils, silent=True, rows=[2])


@case()
def a_class_as_a_title_above_its_block(folder):
    """The class has its column too; the title is no pupil."""
    pupils = class_set()
    rows = table(pupils)
    made = [rows[0]]
    for at in range(0, 28, 7):
        made += [[f"Klas {pupils[at].class_}", "", "", "", ""], *rows[1 + at : 8 + at]]
    return either(csv(folder, made), pupils, silent=True, rows=[2, 10, 18, 26])


@case()
def a_pupil_without_any_score(folder):
    pupils = changed(class_set(), 9, pre=None, post=None)
    return accept(csv(folder, table(pupils)), pupils)


@case()
def a_name_and_nothing_else(folder):
    pupils = class_set()
    rows = table(pupils)
    rows.insert(12, ["Wout Goormans", "", "", "", ""])
    return reject(csv(folder, rows), rows=[13], secrets=frozenset({"Wout", "Goormans"}))


@case()
def scores_without_a_name(folder):
    rows = table(class_set())
    rows.insert(12, ["", "", "", "12,5", "13,5"])
    return either(csv(folder, rows), class_set(), silent=True, rows=[13])


@case()
def a_comment_of_a_programmer(folder):
    pupils = class_set()
    rows = table(pupils)
    rows.insert(12, ["# tot hier nagekeken", "", "", "", ""])
    return either(csv(folder, rows), pupils, silent=True, rows=[13])


@case()
def thirty_lines_of_explanation_on_top(folder):
    pupils = class_set()
    lines = [[f"Punt {n}: lees dit eerst."] for n in range(30)]
    return accept(xlsx(folder, [*lines, [], *table(pupils, float)]), pupils)


@case()
def questions_that_are_called_by_their_number(folder):
    pupils = class_set()
    rows = [[*row, *(["1", "2", "3"] if not at else ["1", "0", "1"])] for at, row in enumerate(table(pupils))]
    return accept(csv(folder, rows), pupils)


@case()
def a_column_with_the_total_per_pupil(folder):
    pupils = class_set()
    rows = [
        [*row, "totaal" if not at else comma(pupils[at - 1].pre + pupils[at - 1].post)]
        for at, row in enumerate(table(pupils))
    ]
    return accept(csv(folder, rows), pupils)


@case(("totals", "Totaal"), ("count", "Aantal leerlingen: 28"), ("mean", "Gemiddelde van de klas"))
def totals_of_a_workbook_whose_first_column_is_the_class(folder, _name, word):
    pupils = class_set()
    rows = [[row[1], row[0], *row[2:]] for row in table(pupils, float)]
    return accept(xlsx(folder, [*rows, [word, "", "", 9.1, 10.2]]), pupils)


@case()
def a_total_in_a_file_that_counts_its_pupils(folder):
    """The number stands in front; the label of the totals is in the second column."""
    pupils = class_set()
    rows = beside(table(pupils), "nr.", [str(n) for n in range(1, 29)], at=0)
    return accept(csv(folder, [*rows, ["", *_totals(pupils, "Gemiddelde")]]), pupils)

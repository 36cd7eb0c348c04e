"""The table on a sheet: the header and the pupils' rows, and everything around them by name."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsl_research.problems import Problems
from gsl_research.reading.find import Origin, find_tables
from gsl_research.reading.grid import Column, DateCell, Grid, Merge
from gsl_research.reading.headings import fold_header
from gsl_research.reading.table import Table

ORIGIN = Origin("punten.csv", "0" * 64, {}, {})
HEADER = ["leerling", "klas", "groep", "voortoets", "natoets"]
PUPILS = [
    ["An Peeters", "5A", "nieuw", "12,5", "14"],
    ["Null", "5A", "nieuw", "9", "afw"],
    ["Jef De Smet", "5A", "nieuw", "", ""],
    ["Max Som", "1E1", "gewoon", "8", "11,5"],
    ["Noor Aantal", "1E1", "gewoon", "ziek", "10"],
    ["Ömer Yılmaz", "1E1", "gewoon", "11", "15"],
]


def sheet(rows: Sequence[Sequence], sheet_name: str | None = None, **marks) -> Grid:
    width = max(len(row) for row in rows)
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    columns = [Column.of(column) for column in zip(*full, strict=True)]
    return Grid(sheet_name, columns, range(1, len(full) + 1), **marks)


def tables(rows, wanted=(), **marks) -> list[Table]:
    return find_tables(sheet(rows, **marks), ORIGIN, wanted)


def only(rows, wanted=(), **marks) -> Table:
    (table,) = tables(rows, wanted, **marks)
    return table


def cells(table: Table) -> list[list]:
    return [list(row) for row in zip(*table.columns.values(), strict=True)]


def skipped(table: Table) -> dict[str, tuple[int, ...]]:
    return {one.reason: one.rows for one in table.skipped}


def codes(table: Table) -> list[str]:
    return [problem.code for problem in table.warnings]


def refusal(rows, wanted=(), **marks):
    with pytest.raises(Problems) as raised:
        tables(rows, wanted, **marks)
    return raised.value.problems


TITLES = [["Resultaten wiskunde 5de leerjaar"], ["School:", "Basisschool De Ster"], ["Datum", "12/10/2026"], []]
TOTALS = [
    ["Gemiddelde", "", "", "10,1", "12,6"],
    ["Gem. klas:", "", "", "10", "12"],
    ["Klasgemiddelde", "5A", "", "10", "12"],
    ["Aantal", "", "", "4", "4"],
    ["Totaal", "", "", "40", "50"],
    ["St.dev.", "", "", "1", "2"],
    ["% geslaagd", "", "", "60", "70"],
    ["", "Gemiddelde", "", "10", "12"],
    ["Max", "", "", "20", "20"],
    ["Som", "", "", "40", "50"],
    ["n", "", "", "4", "4"],
]


@pytest.mark.parametrize("wanted", [(), HEADER, ["Leerling", "Natoets"]], ids=["no study", "study", "part"])
def test_title_rows_are_listed_and_not_read(wanted):
    table = only([*TITLES, HEADER, *PUPILS], wanted)
    assert list(table.columns) == HEADER
    assert cells(table) == PUPILS
    assert list(table.row_numbers) == list(range(6, 12))
    assert skipped(table) == {"title_rows": (1, 2, 3)}


@pytest.mark.parametrize("row", TOTALS, ids=lambda row: row[0] or row[1])
@pytest.mark.parametrize("gap", [[], [[]]], ids=["right below", "after a blank row"])
def test_a_total_is_no_pupil_and_says_what_it_was(row, gap):
    table = only([HEADER, *PUPILS, *gap, row])
    assert cells(table) == PUPILS
    (total,) = [one for one in table.skipped if one.reason == "totals"]
    assert total.rows == (8 + len(gap),)
    assert (row[0] or row[1]).startswith(total.words[0])


def test_totals_between_two_classes_leave_the_second_class():
    total = ["Gemiddelde 5A", "", "", "10", "12"]
    table = only([HEADER, *PUPILS[:3], total, *PUPILS[3:]])
    assert cells(table) == PUPILS
    assert skipped(table) == {"totals": (5,)}


@pytest.mark.parametrize("name", ["Max", "Som", "Min", "Var", "Max De Backer", "Noëlla", "Modeste", "Counte"])
def test_a_pupil_whose_name_is_also_a_word_for_a_total_stays(name):
    pupil = [name, "5A", "nieuw", "12", "13"]
    assert cells(only([HEADER, *PUPILS, pupil])) == [*PUPILS, pupil]


def test_without_class_or_group_max_is_a_pupil_unless_it_stands_apart():
    rows = [["leerling", "voor", "na"], *[[f"l{i}", "10", "12"] for i in range(5)], ["Max", "11", "12"]]
    assert len(only(rows)) == 6
    assert len(only([*rows[:-1], [], rows[-1]])) == 5


THREE = ["leerling", "voor", "na"]
FEW = [[f"leerling {name}", str(8 + i % 4), str(9 + i % 3)] for i, name in enumerate("abcdef")]


@pytest.mark.parametrize(
    "label", ["Klas gemiddelde", "Standaard afwijking", "St. dev.", "Vlaams gemiddelde", "Tot.", "Avg", "Q1", "Moyenne"]
)
def test_a_mean_in_other_words_below_a_list_without_class_is_no_pupil(label):
    table = only([THREE, *FEW, [], [label, "9,1", "11,2"]])
    assert cells(table) == FEW
    (total,) = [one for one in table.skipped if one.reason == "totals"]
    assert set(total.words[0].split()) <= set(label.split())


@pytest.mark.parametrize("label", ["Maximumscore", "Maximale score", "Op", "Weging", "Te behalen punten", "Max"])
def test_a_row_of_maxima_under_the_header_is_no_pupil(label):
    assert cells(only([THREE, [label, "20", "20"], *FEW])) == FEW


@pytest.mark.parametrize("name", ["Max Peeters", "Min Jun", "Max", "Op de Beeck Tom", "Gem Yılmaz"])
@pytest.mark.parametrize("place", [0, 3])
def test_a_pupil_on_the_first_row_or_after_a_gap_stays(name, place):
    """With scores that differ and are not the highest."""
    rows = [*FEW[:place], *([[]] if place else []), [name, "7", "9"], *FEW[place:]]
    assert [name, "7", "9"] in cells(only([THREE, *rows]))


def test_a_level_that_reads_as_a_mean_is_data():
    rows = [[("zwak", "gemiddeld", "sterk")[i % 3], *row] for i, row in enumerate(PUPILS * 2)]
    assert len(only([["niveau", *HEADER], *rows])) == 12
    rows = [[("zwak", "gemiddeld", "sterk")[i % 3], row[1], row[2]] for i, row in enumerate(FEW)]
    assert len(only([["niveau", "voor", "na"], *rows])) == 6


def test_a_last_row_after_a_blank_row_is_a_pupil_and_pointed_out():
    late = ["Gudrun", "5A", "nieuw", "", "15"]
    table = only([HEADER, *PUPILS, [], late])
    assert cells(table) == [*PUPILS, late]
    assert [(p.code, p.row) for p in table.warnings] == [("row_apart", 9)]


def test_a_score_after_a_blank_row_is_never_a_note():
    wide = ["leerling", *"abcdefgh", "na"]
    rows = [[f"l{i}", *"12345678", "9"] for i in range(4)]
    late = ["Gudrun", *[""] * 8, "15"]
    assert cells(only([wide, *rows, [], late])) == [*rows, late]


@pytest.mark.parametrize("numbers", [range(7, 31), range(7, 9)])
def test_numbers_without_a_pupil_below_the_last_one_are_listed(numbers):
    rows = [[str(i), *row] for i, row in enumerate(PUPILS, 1)]
    table = only([["nr", *HEADER], *rows, *[[str(n), *[""] * 5] for n in numbers]])
    assert cells(table) == rows
    assert len(skipped(table)["numbers_only"]) == len(numbers)


def test_one_last_number_may_be_a_pupil_who_was_absent():
    rows = [[str(i), row[3], row[4]] for i, row in enumerate(PUPILS, 1)]
    assert len(only([["nr", "voor", "na"], *rows, ["7", "", ""]])) == 7


def test_a_repeated_header_in_capitals_is_a_header():
    table = only([HEADER, *PUPILS[:3], [name.upper() for name in HEADER], *PUPILS[3:]])
    assert cells(table) == PUPILS
    assert skipped(table) == {"repeated_header": (5,)}


def test_a_row_of_units_below_the_header_is_no_pupil():
    table = only([HEADER, ["", "", "", "punten", "%"], *PUPILS])
    assert (cells(table), table.maxima, skipped(table)) == (PUPILS, {}, {"units_row": (2,)})


@pytest.mark.parametrize("days", [("12/09", "05/12"), ("12/09/2025", "5-12-2025"), (DateCell("2025-09-12"), "5/12")])
def test_a_day_may_head_a_column_of_scores(days):
    table = only([["leerling", "klas", *days], *[[row[0], row[1], *row[3:]] for row in PUPILS]])
    assert list(table.columns)[2:] == list(days)
    assert len(table) == 6


def test_dates_below_a_date_are_no_header():
    rows = [[name, "12/09", "13/09"] for name in ("An", "Bo", "Cis", "Dré")]
    assert [p.code for p in refusal(rows)] in (["header_not_found"], ["no_table"])


def test_a_merged_heading_over_two_columns_does_not_make_a_pupil_a_heading():
    rows = [
        ["Naam", "", "klas", "voor"],
        ["Peeters", "An", "5A", "afw"],
        ["Maes", "Bo", "5A", "9"],
        ["Nys", "Cis", "5A", "8"],
    ]
    table = only(rows, merges=(Merge(0, 0, 0, 1),))
    assert list(table.columns) == ["Naam", "klas", "voor"]
    assert len(table) == 3


def test_pupils_side_by_side_are_seen_without_a_study_too():
    rows = [["Leerling", "An", "Bo", "Cis", "Dré"], ["Toets 1", "8", "9", "10", "7"], ["Toets 2", "9", "9", "12", "8"]]
    assert [p.code for p in refusal(rows)] == ["transposed"]
    groups = [["groep", "leerling", "voor"], *[[f"Groep {i % 2}", f"l{i}", str(i)] for i in range(6)]]
    assert len(only(groups)) == 6


def test_two_lists_of_the_same_pupils_in_another_order_stop():
    other = [["leerling", "na"], *[[row[0], row[4]] for row in reversed(PUPILS)]]
    rows = [[*row[:4], "", *beside] for row, beside in zip([["naam", *HEADER[1:]], *PUPILS], other, strict=True)]
    wanted = ["naam", "klas", "groep", "voortoets", "na"]
    (problem,) = refusal(rows, wanted)
    assert (problem.code, problem.facts) == ("lists_side_by_side", {"letters": ["F"]})
    same = [[*row[:4], "", row[0], row[4]] for row in PUPILS]
    assert len(only([["naam", *HEADER[1:4], "", "leerling", "na"], *same], wanted)) == 6


def test_a_repeated_header_is_listed():
    table = only([HEADER, *PUPILS[:3], HEADER, *PUPILS[3:]])
    assert cells(table) == PUPILS
    assert skipped(table) == {"repeated_header": (5,)}


def test_a_class_title_above_every_part_is_listed():
    table = only([["Klas 5A"], HEADER, *PUPILS[:3], [], ["Klas 1E1"], HEADER, *PUPILS[3:]])
    assert cells(table) == PUPILS
    assert skipped(table) == {"title_rows": (1,), "blank_rows": (6,), "note": (7,), "repeated_header": (8,)}


def test_a_table_may_start_at_c4():
    shifted = [[], [], [], *[["", "", *row] for row in [HEADER, *PUPILS]]]
    table = only(shifted)
    assert list(table.columns) == HEADER
    assert cells(table) == PUPILS
    assert table.row_numbers[0] == 5


@pytest.mark.parametrize(
    "notes",
    [
        [[], ["afw = afwezig"], ["ziek = ziek"]],
        [["* inhaaltoets gemaakt op 12 mei"]],
        [[], ["Opmerking", "klas 5A had een vervanger"]],
        [[], [], ["Bron: platform"]],
    ],
)
def test_a_legend_below_the_table_is_no_pupil(notes):
    table = only([HEADER, *PUPILS, *notes])
    assert cells(table) == PUPILS
    assert "note" in skipped(table)


def test_a_pupil_with_only_a_name_stays_a_pupil():
    """Absent both times, and the class forgotten: for bind to ask, not for the reader to drop."""
    lone = ["Lies Maes", "", "", "", ""]
    assert cells(only([HEADER, *PUPILS, lone])) == [*PUPILS, lone]
    assert cells(only([HEADER, *PUPILS[:3], [], lone, *PUPILS[3:]])) == [*PUPILS[:3], lone, *PUPILS[3:]]


def test_numbers_without_a_label_below_the_table_are_left_out_with_a_warning():
    table = only([HEADER, *PUPILS, ["", "", "", "10,1", "12,6"]])
    assert cells(table) == PUPILS
    assert codes(table) == ["row_without_label"]
    assert table.warnings[0].row == 8


def test_a_last_pupil_without_class_or_group_is_never_left_out():
    numbered = [[str(i), *row[1:]] for i, row in enumerate(PUPILS)]
    last = ["24", "", "", "10", "12"]
    assert cells(only([HEADER, *numbered, last])) == [*numbered, last]


def test_statistics_beside_the_table_are_listed_not_read():
    beside = [["", "Statistiek", ""], ["", "Gemiddelde", "10"], ["", "Mediaan", "9"]]
    rows = [row + (beside[i] if i < 3 else []) for i, row in enumerate([HEADER, *PUPILS])]
    table = only(rows)
    assert list(table.columns) == HEADER
    assert cells(table) == PUPILS
    assert [one.words for one in table.skipped] == [("Statistiek",)]


def test_a_legend_beside_and_beyond_the_table_adds_no_rows():
    tall = [*[HEADER, *PUPILS], *[[""] * 5] * 3]
    rows = [[*row, "", f"code {i}"] for i, row in enumerate(tall)]
    table = only(rows)
    assert cells(table) == PUPILS
    assert skipped(table)["beside"] == (8, 9, 10)


def test_a_blank_column_inside_a_table_is_no_border():
    rows = [[*row[:3], "", *row[3:]] for row in [HEADER, *PUPILS]]
    assert cells(only(rows)) == PUPILS


def test_two_tables_side_by_side_are_two_tables():
    rows = [[*row, "", *row[:1], *row[1:]] for row in [HEADER, *PUPILS]]
    left, right = tables(rows)
    assert cells(left) == cells(right) == PUPILS


def test_a_header_of_two_levels_gives_the_lower_names():
    upper = ["Leerling", "Klas", "Groep", "Breuken", ""]
    table = only([upper, ["", "", "", "voor", "na"], *PUPILS])
    assert list(table.columns) == ["Leerling", "Klas", "Groep", "voor", "na"]
    assert table.header("Breuken voor") == "voor"
    assert cells(table) == PUPILS


def test_a_merged_header_of_two_levels_over_two_tests():
    upper = ["Leerling", "Breuken", "", "Lezen", ""]
    lower = ["", "voor", "na", "voor", "na"]
    merges = (Merge(0, 0, 1, 0), Merge(0, 1, 0, 2), Merge(0, 3, 0, 4))
    table = only([upper, lower, *PUPILS], merges=merges)
    assert list(table.columns) == ["Leerling", "Breuken voor", "Breuken na", "Lezen voor", "Lezen na"]


def test_group_headings_above_the_names_tell_equal_names_apart():
    rows = [["", "Breuken", "", "Lezen", ""], ["leerling", "voor", "na", "voor", "na"], *PUPILS]
    assert list(only(rows).columns) == ["leerling", "Breuken voor", "Breuken na", "Lezen voor", "Lezen na"]


def test_a_name_above_two_columns_stops_only_when_the_study_asks_for_it():
    rows = [["leerling", "voor", "opm", "na", "opm"], *PUPILS]
    assert [p.code for p in refusal(rows, ["leerling", "opm"])] == ["header_twice"]
    table = only(rows, ["leerling", "voor", "na"])
    assert list(table.columns) == ["leerling", "voor", "na"]
    assert codes(table) == ["header_twice"]


@pytest.mark.parametrize(
    "name, maximum",
    [
        ("natoets (/20)", 20),
        ("natoets /10", 10),
        ("Natoets op 12,5", 12.5),
        ("natoets (max. 40)", 40),
        ("na 20", None),
        ("toets 12/09/2025", None),
        ("toets 1 /20", 20),
    ],
)
def test_a_maximum_in_the_heading_is_known(name, maximum):
    table = only([["leerling", "klas", name], *[[f"l{i}", "5A", "8"] for i in range(4)]])
    assert table.maxima == ({} if maximum is None else {name: maximum})


def test_a_row_of_maxima_below_the_header_is_no_pupil():
    table = only([HEADER, ["", "", "", "/20", "op 25"], *PUPILS])
    assert cells(table) == PUPILS
    assert table.maxima == {"voortoets": 20, "natoets": 25}
    assert skipped(table) == {"units_row": (2,)}


@pytest.mark.parametrize("wanted", [(), HEADER])
def test_a_file_without_header_is_refused_without_a_name(wanted):
    (problem,) = refusal(PUPILS, wanted)
    assert problem.code == "header_not_found"
    assert problem.row == 1
    assert problem.value is None
    assert not problem.facts


def test_a_file_of_codes_without_header_is_refused_too():
    rows = [["An", "5A", "nieuw"], ["Bo", "5A", "nieuw"], ["Cis", "5B", "gewoon"]]
    assert [p.code for p in refusal(rows)] == ["header_not_found"]


def test_numbered_items_are_a_header():
    rows = [["1", "2", "3"], ["4", "3", "5"], ["2", "2", "1"], ["5", "5", "5"]]
    assert [p.code for p in refusal(rows)] == ["no_table"], "nothing says these are items"
    named = [["leerling", *row] if i == 0 else [f"l{i}", *row] for i, row in enumerate(rows)]
    assert list(only(named).columns) == ["leerling", "1", "2", "3"]


def test_the_study_tells_which_row_is_the_header():
    """A text-only preface as wide as the table would win by its looks."""
    preface = ["school", "graad", "vak", "leerkracht", "jaar"]
    table = only([preface, ["Ster", "3de", "wiskunde", "An", "2026"], [], HEADER, *PUPILS], HEADER)
    assert list(table.columns) == HEADER
    assert cells(table) == PUPILS


def test_a_merged_class_cell_stands_for_all_its_rows():
    rows = [HEADER, *[[row[0], row[1] if i in (0, 3) else "", *row[2:]] for i, row in enumerate(PUPILS)]]
    table = only(rows, merges=(Merge(1, 1, 3, 1), Merge(4, 1, 6, 1)))
    assert cells(table) == PUPILS
    assert table.merged == {"klas": frozenset({1, 2, 4, 5})}


def test_a_title_merged_over_the_table_is_no_pupil():
    rows = [HEADER, *PUPILS[:3], ["Klas 1E1"], *PUPILS[3:]]
    table = only(rows, merges=(Merge(4, 0, 4, 4),))
    assert cells(table) == PUPILS
    assert skipped(table) == {"note": (5,)}


def test_hidden_rows_and_columns_are_read_and_named():
    table = only([HEADER, *PUPILS], hidden_rows=frozenset({2, 5}), hidden_columns=frozenset({2}))
    assert cells(table) == PUPILS
    assert [(p.code, p.row, p.facts) for p in table.warnings] == [
        ("hidden_rows", 3, {"rows": [3, 6], "count": 2}),
        ("hidden_columns", None, {"headers": ["groep"], "count": 1}),
    ]


def test_pupils_side_by_side_are_refused_without_a_name():
    rows = [list(row) for row in zip(HEADER, *PUPILS, strict=True)]
    (problem,) = refusal(rows, HEADER)
    assert (problem.code, problem.value, problem.facts) == ("transposed", None, {})


def test_a_formula_without_value_stops_where_the_study_reads_it():
    rows = [[*HEADER, "winst"], *[[*row, ""] for row in PUPILS], ["Gemiddelde", "", "", "", "", ""]]
    winst, scores, mean = ((2, 5),), ((3, 4), (2, 5)), ((7, 3),)
    (problem,) = refusal(rows, HEADER, uncached=scores)
    assert (problem.code, problem.row, problem.facts) == ("formula_without_value", 4, {"cell": "E4", "count": 1})
    assert cells(only(rows, HEADER, uncached=(*winst, *mean))) == [[*row, ""] for row in PUPILS]
    assert [p.code for p in refusal(rows, uncached=winst)] == ["formula_without_value"], "without a study, any column"


def test_a_row_of_formulas_alone_is_not_blank():
    rows = [HEADER, *PUPILS, [""] * 5, PUPILS[0]]
    formulas = tuple((7, at) for at in range(5))
    assert refusal(rows, HEADER, uncached=formulas)[0].row == 8


def test_a_column_without_name_is_not_read_but_named():
    rows = [[*HEADER, ""], *[[*row, "iets"] for row in PUPILS]]
    table = only(rows)
    assert cells(table) == PUPILS
    assert [(p.code, p.facts) for p in table.warnings] == [("header_missing", {"letter": "F"})]


@pytest.mark.parametrize(
    "rows",
    [[HEADER], [HEADER, []], [["Verslag"], [], ["gemaakt door An"], ["in oktober"]]],
    ids=["header", "blank", "cover"],
)
def test_a_sheet_without_pupils_is_refused(rows):
    assert refusal(rows)[0].code in ("no_rows", "no_table")


@given(
    st.lists(st.sampled_from(["titel", "blank", "school"]), max_size=4),
    st.integers(0, 3),
    st.lists(st.sampled_from(["blank", "total", "legend"]), max_size=3),
    st.booleans(),
)
def test_whatever_stands_around_the_pupils_stay_the_same(preface, left, epilogue, with_study):
    around = {
        "titel": ["Toets breuken"],
        "blank": [],
        "school": ["School", "De Ster"],
        "total": ["Gemiddelde", "", "", "10", "12"],
        "legend": ["afw = afwezig"],
    }
    rows = [around[one] for one in preface] + [HEADER, *PUPILS] + [around[one] for one in epilogue]
    rows = [[""] * left + list(row) for row in rows]
    table = only(rows, HEADER if with_study else ())
    assert cells(table) == PUPILS
    assert list(table.row_numbers) == list(range(len(preface) + 2, len(preface) + 2 + len(PUPILS)))


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("Voor-toets", "voor_toets", True),
        ("natoets (/20)", "Natoets", True),
        ("toets 1.5", "toets 15", False),
        ("Élève", "eleve", True),
        ("voortoets", "natoets", False),
    ],
)
def test_headings_are_the_same_up_to_capitals_signs_and_accents(one, other, same):
    assert (fold_header(one) == fold_header(other)) is same

"""Text files as programs and people save them: separators, encodings, line ends, quotes, number styles."""

import csv as _csv
import unicodedata
from dataclasses import replace

from .case import accept, case, either, reject
from .files import csv, raw, text
from .maker import HEADER, beside, changed, class_set, comma, every, facts, plan, point, put, table


@case(
    ("excel", ";", "cp1252", comma),
    ("excel utf-8", ";", "utf-8-sig", comma),
    ("excel unicode text", "\t", "utf-16", comma),
    ("libreoffice", ",", "utf-8", comma),
    ("english excel", ",", "cp1252", point),
    ("points and semicolons", ";", "utf-8", point),
    ("tab", "\t", "utf-8", comma),
    ("tab windows", "\t", "cp1252", point),
    ("pipe", "|", "utf-8", comma),
    ("pipe windows", "|", "cp1252", point),
    ("tab bom", "\t", "utf-8-sig", point),
    ("comma bom", ",", "utf-8-sig", comma),
    ("comma utf-16", ",", "utf-16", point),
    ("semicolon utf-16", ";", "utf-16", comma),
    ("iso", ";", "iso-8859-15", comma),
)
def dialect(folder, _name, separator, encoding, score):
    pupils = class_set()
    if encoding != "utf-8":
        pupils = [replace(p, name=p.name.encode(encoding, "ignore").decode(encoding)) for p in pupils]
    return accept(csv(folder, table(pupils, score), encoding=encoding, separator=separator), facts(pupils))


@case(("LE with mark", "utf-16-le", b"\xff\xfe"), ("BE with mark", "utf-16-be", b"\xfe\xff"))
def utf_16(folder, _name, encoding, mark):
    pupils = class_set()
    return accept(raw(folder, mark + text(table(pupils), "\t").encode(encoding), "Unicode-tekst.txt"), pupils)


@case()
def utf_16_without_a_mark(folder):
    pupils = class_set()
    return either(csv(folder, table(pupils), encoding="utf-16-le"), pupils, silent=True)


@case(("unix", "\n"), ("old mac", "\r"), ("windows", "\r\n"))
def line_end(folder, _name, end):
    pupils = class_set()
    return accept(csv(folder, table(pupils), end=end), pupils)


@case()
def line_ends_of_two_programs(folder):
    pupils = class_set()
    lines = text(table(pupils), end="\n").splitlines()
    return accept(raw(folder, "\r\n".join(lines[:9]) + "\n" + "\n".join(lines[9:]) + "\n"), pupils)


@case(("semicolon", ";", "utf-8-sig"), ("comma", ",", "utf-8"), ("tab", "\t", "utf-8"), ("utf-16", ";", "utf-16"))
def a_line_that_names_the_separator(folder, _name, separator, encoding):
    pupils = class_set()
    lead = f"sep={separator}\r\n"
    return accept(csv(folder, table(pupils), encoding=encoding, separator=separator, lead=lead), pupils)


@case()
def everything_in_quotes(folder):
    pupils = class_set()
    return accept(csv(folder, table(pupils), quote=_csv.QUOTE_ALL, separator=","), pupils)


@case()
def no_line_end_after_the_last_row(folder):
    pupils = class_set()
    return accept(raw(folder, text(table(pupils)).rstrip()), pupils)


@case()
def empty_columns_at_the_end(folder):
    pupils = class_set()
    return accept(csv(folder, [[*row, "", "", ""] for row in table(pupils)]), pupils)


@case()
def lines_of_separators_at_the_end(folder):
    pupils = class_set()
    return accept(raw(folder, text(table(pupils)) + ";;;;\r\n" * 40), pupils)


@case()
def names_from_all_over_the_world(folder):
    pupils = class_set()
    for place, name in enumerate(
        ["Łukasz Żebrowski", "Şahin Gülçin", "محمد العربي", "李小龙", "Ðoković Đurđa", "🙂 Emo"]
    ):
        pupils = changed(pupils, place + 3, name=name)
    return accept(csv(folder, table(pupils)), pupils)


@case()
def accents_in_two_parts(folder):
    pupils = class_set()
    rows = [[unicodedata.normalize("NFD", cell) for cell in row] for row in table(pupils)]
    return accept(csv(folder, rows), pupils)


@case()
def a_class_with_its_accent_written_in_two_ways(folder):
    pupils = [replace(p, class_="Café") if p.class_ == "5A" else p for p in class_set()]
    rows = put(table(pupils), 25, "klas", unicodedata.normalize("NFD", "Café"))
    return accept(csv(folder, rows), pupils)


@case()
def half_windows_half_utf_8(folder):
    pupils = [replace(p, name=f"{p.name} Zoë") for p in class_set()]
    lines = text(table(pupils)).splitlines(keepends=True)
    content = "".join(lines[:15]).encode("cp1252") + "".join(lines[15:]).encode("utf-8")
    return either(raw(folder, content), pupils)


@case()
def names_broken_before_they_came_here(folder):
    pupils = changed(class_set(), 4, name="RenÃ© Daniëlsen".replace("ë", "Ã«"))
    return either(csv(folder, table(pupils)), pupils, rows=[6])


@case()
def letters_lost_to_question_marks(folder):
    pupils = changed(class_set(), 4, name="Ren\ufffd")
    return either(csv(folder, table(pupils)), pupils, rows=[6])


@case()
def a_class_name_that_is_broken(folder):
    pupils = [replace(p, class_="Ã‰toile") if p.class_ == "5A" else p for p in class_set()]
    return either(csv(folder, table(pupils)), pupils, rows=range(23, 30))


@case()
def a_line_break_inside_a_name(folder):
    pupils = class_set()
    rows = put(table(pupils), 4, "leerling", "Janssens\nEmma-Lou")
    return accept(csv(folder, rows), pupils)


@case()
def a_fault_below_a_line_break_inside_quotes(folder):
    """Excel shows the broken name in one row: the rows below keep their numbers there."""
    rows = put(put(table(class_set()), 4, "leerling", "Janssens\nEmma-Lou"), 9, "natoets", "1O")
    return reject(csv(folder, rows), rows=[9, 10], column="natoets")


@case()
def a_heading_of_two_lines(folder):
    pupils = class_set()
    return accept(csv(folder, table(pupils, header=[*HEADER[:4], "natoets\n(op 20)"])), pupils)


@case()
def quotes_and_separators_inside_cells(folder):
    pupils = class_set()
    rows = put(put(table(pupils), 5, "leerling", 'Van Acker; "Jef"'), 6, "leerling", "O'Neil, Bo")
    remarks = ['zei: "ik; was, ziek"', *[""] * (len(pupils) - 1)]
    return accept(csv(folder, beside(rows, "opmerking", remarks)), pupils)


@case()
def one_row_without_its_last_cells(folder):
    pupils = changed(class_set(), 6, pre=None, post=None)
    lines = text(table(pupils)).splitlines()
    lines[7] = lines[7].rstrip(";")
    return either(raw(folder, "\n".join(lines)), pupils, silent=True, rows=[8])


@case(("names first", [0, 1, 2, 3, 4]), ("scores first", [3, 4, 0, 1, 2]))
def rows_with_a_separator_more_than_the_header(folder, _name, order):
    pupils = class_set()
    rows = [[row[at] for at in order] for row in table(pupils, point)]
    lines = [";".join(row) + (";" if at else "") for at, row in enumerate(rows)]
    return accept(raw(folder, "\r\n".join(["Punten breuken", *lines])), pupils)


@case()
def rows_with_a_separator_more_than_a_header_with_a_gap(folder):
    pupils = class_set()
    rows = beside(table(pupils, point), "", [""] * 28, at=1)
    lines = [";".join(row) + (";" if at else "") for at, row in enumerate(rows)]
    return either(raw(folder, "\r\n".join(lines)), pupils, silent=True)


@case()
def one_row_with_a_cell_missing_in_the_middle(folder):
    rows = table(class_set())
    del rows[7][1]
    return reject(csv(folder, rows), rows=[8])


@case()
def one_row_with_a_cell_too_many(folder):
    rows = table(class_set())
    rows[7].insert(3, "9,5")
    return reject(csv(folder, rows), rows=[8])


@case()
def commas_for_columns_and_for_decimals(folder):
    return reject(raw(folder, "\n".join(",".join(row) for row in table(class_set()))))


@case()
def one_decimal_comma_in_a_file_of_commas(folder):
    rows = table(class_set(), point)
    lines = [",".join(row) for row in rows]
    lines[9] = lines[9].replace(".", ",")
    return reject(raw(folder, "\n".join(lines)), rows=[10])


@case()
def a_row_in_which_the_separator_is_forgotten(folder):
    lines = text(table(class_set())).splitlines()
    lines[11] = lines[11].replace(";nieuw;", " nieuw;")
    return reject(raw(folder, "\n".join(lines)), rows=[12])


@case()
def the_download_stopped_in_the_last_row(folder):
    content = text(table(class_set())).rstrip()
    return reject(raw(folder, content[: content.rindex(";gewoon") + 4]), rows=[29])


@case(
    ("nothing", b""), ("a mark", b"\xef\xbb\xbf"), ("white lines", b"\r\n\r\n  \r\n"), ("separators", b";;;\r\n;;;\r\n")
)
def an_empty_file(folder, _name, content):
    return reject(raw(folder, content))


@case(("header", "leerling;klas;groep;voortoets;natoets\r\n"), ("title", "Resultaten breuken 5de leerjaar\r\n"))
def a_file_without_pupils(folder, _name, content):
    return reject(raw(folder, content))


@case()
def a_file_without_header(folder):
    return reject(csv(folder, table(class_set())[1:]))


@case()
def nul_bytes(folder):
    content = text(table(class_set())).encode()
    return reject(raw(folder, content[:40] + b"\0\0" + content[40:]))


@case()
def a_control_character_in_a_name(folder):
    pupils = class_set()
    return either(csv(folder, put(table(pupils), 4, "leerling", "Jan\x02\x1ePiet")), pupils, silent=True)


@case()
def a_control_character_in_a_score(folder):
    return reject(csv(folder, put(table(class_set()), 4, "natoets", "1\x022,5")), rows=[4], column="natoets")


@case()
def a_quote_that_is_never_closed(folder):
    rows = text(table(class_set())).splitlines()
    rows[5] = '"' + rows[5]
    return reject(raw(folder, "\n".join(rows)))


@case()
def a_quote_that_closes_ten_rows_later(folder):
    rows = text(table(class_set())).splitlines()
    rows[5] = '"' + rows[5]
    rows[15] = rows[15].replace(";nieuw", '";nieuw').replace(";gewoon", '";gewoon')
    return reject(raw(folder, "\n".join(rows)))


@case()
def inches_in_a_remark(folder):
    pupils = class_set()
    lines = [line + ";" for line in text(table(pupils)).splitlines()]
    lines[0] += "toestel"
    lines[4] += 'tablet 10" scherm'
    return either(raw(folder, "\n".join(lines)), pupils, silent=True, rows=[5])


# ---- numbers


def _scaled(style, scale=(0, 2000), factor=100):
    """Scores to 2000 in one number style, with their pupils."""
    pupils = [replace(p, pre=round(p.pre * factor, 1), post=round(p.post * factor + 0.5, 1)) for p in class_set()]
    return pupils, table(pupils, style), plan(outcome={"scale": list(scale)})


def _grouped(thousands: str, decimal: str):
    return lambda score: f"{score:,.1f}".translate({ord(","): thousands, ord("."): decimal})


@case(
    ("dutch", ".", ","),
    ("english", ",", "."),
    ("space", " ", ","),
    ("hard space", "\xa0", ","),
    ("thin", "\u202f", ","),
)
def thousands(folder, _name, group, decimal):
    pupils, rows, study = _scaled(_grouped(group, decimal))
    return accept(csv(folder, rows), pupils, study)


@case()
def thousands_in_two_styles(folder):
    pupils, rows, study = _scaled(_grouped(".", ","))
    return reject(csv(folder, put(rows, 9, "natoets", "1,250.5")), study, column="natoets")


@case()
def three_decimals_or_thousands(folder):
    """1.250 on a scale to 2000 can be 1.25 or 1250."""
    pupils, rows, study = _scaled(lambda score: f"{1000 + round(score) % 900:,}".replace(",", "."))
    return reject(csv(folder, rows), study, column="natoets")


@case()
def three_decimals_behind_a_zero(folder):
    pupils = [replace(p, pre=p.pre / 20, post=p.post / 20 + 0.001) for p in class_set()]
    pupils = [replace(p, pre=round(p.pre, 3), post=round(p.post, 3)) for p in pupils]
    rows = table(pupils, lambda score: f"{score:.3f}".replace(".", ","))
    return accept(csv(folder, rows), pupils, plan(outcome={"scale": [0, 1]}))


@case()
def three_decimals_that_only_fit_the_scale_as_decimals(folder):
    pupils = [replace(p, post=round(p.post + 0.001, 3)) for p in class_set()]
    return either(csv(folder, table(pupils, lambda s: f"{s:.3f}".replace(".", ","))), pupils, silent=True)


@case()
def a_point_and_a_comma_that_allow_two_readings(folder):
    rows = put(put(table(class_set(), point), 6, "natoets", "2.87"), 7, "natoets", "2,059")
    return reject(csv(folder, rows), plan(outcome={"scale": None}), column="natoets")


@case()
def one_point_among_commas(folder):
    pupils = class_set()
    rows = put(table(pupils), 6, "natoets", point(pupils[4].post))
    return either(csv(folder, rows), pupils, silent=True, column="natoets")


@case()
def a_comma_column_and_a_point_column(folder):
    pupils = class_set()
    rows = every(table(pupils), "natoets", lambda cell: cell.replace(",", "."))
    return accept(csv(folder, rows), pupils)


@case()
def whole_numbers_only(folder):
    pupils = [replace(p, pre=float(round(p.pre)), post=float(round(p.post) + 1)) for p in class_set()]
    return accept(csv(folder, table(pupils, lambda score: f"{score:.0f}")), pupils)


@case(("two decimals", "{:.2f}"), ("leading zero", "{:04.1f}"), ("spaces", "  {:.1f} "), ("hard spaces", "{:.1f}\xa0"))
def one_style_for_all(folder, _name, style):
    pupils = class_set()
    return accept(csv(folder, table(pupils, lambda score: style.format(score).replace(".", ","))), pupils)


@case(("plus", "+{}"), ("apostrophe", "'{}"), ("points", "{} ptn"), ("p", "{}p"), ("on the scale", "{} op 20"))
def one_style_that_may_be_too_much(folder, _name, style):
    pupils = class_set()
    return either(csv(folder, table(pupils, lambda score: style.format(comma(score)))), pupils, silent=True)


@case(
    ("no zero", ",5", 0.5),
    ("no decimals", "12,", 12.0),
    ("full width", "１２", 12.0),
    ("arabic", "١٢", 12.0),
    ("half", "12½", 12.5),
)
def one_cell_in_a_strange_dress(folder, _name, cell, meant):
    pupils = changed(class_set(), 6, post=meant)
    return either(csv(folder, put(table(pupils), 8, "natoets", cell)), pupils, silent=True, rows=[8], column="natoets")

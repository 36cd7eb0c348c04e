"""Names and codes are text from the first byte: pupils, classes, groups, register numbers."""

from dataclasses import replace
from datetime import date

from .case import accept, case, either, reject, warn
from .files import csv, ods, xlsx
from .maker import beside, changed, class_set, every, facts, plan, put, table


def _coded(codes):
    """The pupils under codes, and what may not be repeated of them."""
    pupils = [replace(p, name=code) for p, code in zip(class_set(), codes, strict=True)]
    return pupils, frozenset(code for code in codes if len(code) > 3)


@case(
    ("leading zeros", [f"00{n:03}7" for n in range(28)]),
    ("stamboek", [f"20260{n:04}" for n in range(1, 29)]),
    ("initials", [f"{a}{b}." for a in "JKLM" for b in "ABCDEFG"]),
    ("long", [f"98765432109876543{n:02}" for n in range(28)]),
    ("formulas", [f"={n}+{n}111" for n in range(28)]),
)
def pupils_with_codes(folder, _name, codes):
    pupils, secrets = _coded(codes)
    return accept(csv(folder, table(pupils)), pupils, secrets=secrets)


@case()
def codes_of_which_half_lost_their_zero(folder):
    """04711 and 4711 in one class: two pupils, or one whose zero Excel ate."""
    pupils, secrets = _coded([f"{'0' * (n % 2)}{4711 + n // 2}" for n in range(28)])
    return either(csv(folder, table(pupils)), pupils, silent=True, column="leerling", secrets=secrets)


@case()
def codes_that_are_numbers_in_a_workbook(folder):
    pupils, secrets = _coded([str(48210 + n) for n in range(28)])
    rows = every(table(pupils, float), "leerling", float)
    return accept(xlsx(folder, rows), pupils, secrets=secrets)


@case()
def codes_longer_than_a_number_can_hold(folder):
    """9876543210987654301 and ...02 became one number in Excel."""
    codes = [98765432109876543 * 100 + n for n in range(28)]
    rows = [[float(codes[at - 1]) if at else "leerling", *row[1:]] for at, row in enumerate(table(class_set(), float))]
    return reject(xlsx(folder, rows), column="leerling")


@case()
def scientific_codes(folder):
    """Excel cut the codes: pupils of one class became one."""
    rows = [[("2,30E+10" if at else "leerling"), *row[1:]] for at, row in enumerate(table(class_set()))]
    return reject(csv(folder, rows), column="leerling", secrets=frozenset({"2,30E+10"}))


@case()
def one_scientific_code(folder):
    rows = put(table(class_set()), 9, "leerling", "2,30E+10")
    return reject(csv(folder, rows), rows=[9], column="leerling", secrets=frozenset({"2,30E+10"}))


@case(("1E1 and 10", {"1E1": "nieuw", "10": "gewoon", "2E1": "nieuw", "20": "gewoon"}),
      ("spaces", {"1 A": "nieuw", "1 B": "nieuw", "2 A": "gewoon", "2 B": "gewoon"}),
      ("slashes", {"5/6": "nieuw", "3/4": "gewoon"}), ("signs", {"6+": "nieuw", "-6": "gewoon", "5°": "gewoon"}),
      ("true", {"TRUE": "nieuw", "WAAR": "gewoon"}), ("decimals", {"1.1": "nieuw", "1.10": "gewoon", "2,5": "gewoon"}),
      ("words", {"Rode klas": "nieuw", "L5 – juf An": "gewoon"}),
      ("infinity", {"inf": "nieuw", "1e400": "gewoon"}))  # fmt: skip
def classes_called(folder, _name, classes):
    pupils = class_set(classes=classes, size=12)
    return accept(csv(folder, table(pupils)), pupils)


@case()
def classes_03_and_3(folder):
    pupils = class_set(classes={"03": "nieuw", "3": "gewoon"}, size=12)
    return either(csv(folder, table(pupils)), pupils, silent=True)


@case()
def classes_that_are_numbers_in_a_workbook(folder):
    pupils = class_set(classes={"3": "nieuw", "4": "gewoon"}, size=12)
    return accept(xlsx(folder, every(table(pupils, float), "klas", float)), pupils)


@case()
def a_class_that_became_a_number_shown_with_a_zero(folder):
    """Excel holds 3 and shows 03."""
    pupils = class_set(classes={"03": "nieuw", "04": "gewoon"}, size=12)

    def style(book):
        for row in range(2, 26):
            book.active.cell(row, 2).number_format = "00"

    shown, held = facts(pupils), facts([replace(p, class_=p.class_[1:]) for p in pupils])
    path = xlsx(folder, every(table(pupils, float), "klas", float), change=style)
    return either(path, shown, held, silent=True)


@case(("xlsx", xlsx), ("ods", ods))
def a_class_that_became_a_date(folder, _name, write):
    """6-1 became the sixth of January."""
    rows = every(table(class_set(), float), "klas", lambda c: date(2026, 1, 6) if c == "6-1" else c)
    return reject(write(folder, rows), rows=range(16, 23), column="klas")


@case()
def a_class_that_became_a_scientific_number(folder):
    """1E1 came out of Excel as 1,00E+01."""
    pupils = [replace(p, class_="1,00E+01") if p.class_ == "1E1" else p for p in class_set()]
    return either(csv(folder, table(pupils)), pupils, rows=range(2, 9), column="klas")


@case(("case", "5a"), ("space", "5 A"), ("letter and sign", "5A."))
def one_pupil_with_the_class_in_another_spelling(folder, _name, spelling):
    """One class of seven, or a second class of one?"""
    pupils = class_set()
    rows = put(table(pupils), 26, "klas", spelling)
    return either(csv(folder, rows), pupils, changed(pupils, 24, class_=spelling), rows=range(23, 30))


@case(("pupil", "leerling"), ("class", "klas"), ("group", "groep"))
def an_empty_cell_for(folder, _name, column):
    return reject(csv(folder, put(table(class_set()), 9, column, "")), rows=[9], column=column)


@case(("1 and 2", "1", "2"), ("A and B", "A", "B"), ("ja and nee", "ja", "nee"), ("x and nothing", "x", "-"))
def groups_called(folder, _name, new, usual):
    pupils = [replace(p, group={"nieuw": new, "gewoon": usual}[p.group]) for p in class_set()]
    return accept(csv(folder, table(pupils)), pupils, plan(groups={"treated": [new], "control": [usual]}))


@case()
def groups_that_are_numbers_in_a_workbook(folder):
    pupils = [replace(p, group={"nieuw": "1", "gewoon": "0"}[p.group]) for p in class_set()]
    rows = every(table(pupils, float), "groep", float)
    return accept(xlsx(folder, rows), pupils, plan(groups={"treated": ["1"], "control": ["0"]}))


@case(("unknown", "derde groep"), ("swapped letters", "niewu"), ("missing word", "afw"))
def one_pupil_in_group(folder, _name, code):
    return reject(csv(folder, put(table(class_set()), 9, "groep", code)), rows=[9], column="groep")


@case(("capital", "Nieuw"), ("capitals", "NIEUW"))
def a_group_in_another_dress(folder, _name, code):
    pupils = class_set()
    known, stands = facts(pupils), facts(changed(pupils, 4, group=code))
    return either(
        csv(folder, put(table(pupils), 6, "groep", code)), known, stands, silent=True, rows=[6], column="groep"
    )


@case()
def groups_given_by_class(folder):
    pupils = [replace(p, group=p.class_) for p in class_set()]
    study = plan(columns={"group": "klas"}, groups={"treated": ["1E1", "03"], "control": ["6-1", "5A"]})
    return accept(csv(folder, table(pupils, header=["leerling", "klas", "x", "voortoets", "natoets"])), pupils, study)


@case()
def a_group_without_pupils(folder):
    pupils = [replace(p, group="nieuw") for p in class_set()]
    return reject(csv(folder, table(pupils)), column="groep")


def _register(n: int, born: str = "150314", dotted: bool = False) -> str:
    """A register number with its check digits; pupils are born after 2000."""
    serial = f"{100 + n:03}"
    check = f"{97 - int('2' + born + serial) % 97:02}"
    return f"{born[:2]}.{born[2:4]}.{born[4:]}-{serial}.{check}" if dotted else born + serial + check


@case(("plain", False), ("dotted", True))
def register_numbers_as_codes(folder, _name, dotted):
    codes = [_register(n, dotted=dotted) for n in range(28)]
    pupils, secrets = _coded(codes)
    return either(csv(folder, table(pupils)), pupils, secrets=secrets)


@case()
def register_numbers_in_a_workbook(folder):
    codes = [_register(n) for n in range(28)]
    pupils, secrets = _coded(codes)
    return either(xlsx(folder, every(table(pupils, float), "leerling", float)), pupils, secrets=secrets)


@case()
def register_numbers_nobody_asked_for(folder):
    pupils = class_set()
    codes = [_register(n, dotted=True) for n in range(28)]
    return warn(csv(folder, beside(table(pupils), "INSZ", codes)), pupils, secrets=frozenset(codes))


@case()
def eleven_digits_that_are_no_register_number(folder):
    pupils, secrets = _coded([f"777700000{n:02}" for n in range(28)])
    return accept(csv(folder, table(pupils)), pupils, secrets=secrets)


@case()
def hostile_names(folder):
    pupils = class_set()
    hostile = [
        "<b>Jan</b>",
        "Robert'); DROP TABLE leerlingen;--",
        "{name}",
        "%s%n",
        "../../etc",
        "\u202eneppo",
        "=HYPERLINK(1)",
        "-1",
    ]
    for place, name in enumerate(hostile, start=9):
        pupils = changed(pupils, place, name=name)
    return accept(csv(folder, table(pupils)), pupils)


@case(("Null",), ("NA",), ("None",), ("nan",), ("-",), ("n.v.t.",), ("True",), ("0",))
def a_pupil_called(folder, name):
    """A word for "no score" is a name in the column of names; "-" may be asked about."""
    pupils = changed(class_set(), 25, name=name)
    if name in ("-", "n.v.t."):
        return either(csv(folder, table(pupils)), pupils, silent=True, rows=[27], column="leerling")
    return accept(csv(folder, table(pupils)), pupils)


@case(("class", "klas", "5A"), ("group", "groep", "gewoon"))
def a_space_behind_a_code(folder, _name, column, code):
    pupils = class_set()
    return accept(csv(folder, put(table(pupils), 27, column, f" {code}\xa0")), pupils)


@case()
def a_name_where_a_group_belongs(folder):
    """A row that lost its class: everything behind it moved up, and the message may not repeat the name."""
    rows = [[row[1], row[2], row[0], *row[3:]] for row in table(class_set())]
    rows[7] = [*rows[7][1:], ""]
    return reject(csv(folder, rows), rows=[8])


@case()
def a_name_stuck_to_the_group(folder):
    pupils = class_set()
    return reject(csv(folder, put(table(pupils), 9, "groep", f"nieuw {pupils[7].name}")), rows=[9], column="groep")


@case()
def a_name_where_a_class_belongs(folder):
    """The cell of one pupil holds a name: a class of one."""
    pupils = class_set()
    rows = put(table(pupils), 9, "klas", pupils[7].name)
    return either(csv(folder, rows), changed(pupils, 7, class_=pupils[7].name), rows=[9])

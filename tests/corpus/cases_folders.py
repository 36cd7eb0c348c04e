"""A folder is one set: files of classes or schools, doubles, broken ones, and what does not belong there."""

from dataclasses import replace
from pathlib import Path

from .case import accept, case, either, reject
from .files import csv, ods, raw, xls, xlsx
from .maker import HEADER, changed, class_set, comma, facts, plan, point, put, table


def _files(folder: Path, tables: dict, write=csv) -> Path:
    """A file per table, in a folder of their own."""
    place = folder / "klassen"
    place.mkdir()
    for name, rows in tables.items():
        write(place, rows, name=name)
    return place


def _classes(pupils, score=comma, ending="csv"):
    return {f"klas {pupils[at].class_}.{ending}": table(pupils[at : at + 7], score) for at in range(0, 28, 7)}


@case(("csv", csv, comma), ("xlsx", xlsx, float), ("ods", ods, float), ("xls", xls, float))
def a_file_per_class(folder, kind, write, score):
    pupils = class_set()
    return accept(_files(folder, _classes(pupils, score, kind), write), pupils)


@case()
def files_of_four_programs(folder):
    pupils = class_set()
    place = _files(folder, {})
    csv(place, table(pupils[:7]), name="a.csv", encoding="cp1252")
    csv(place, table(pupils[7:14], point), name="b.txt", separator="\t", encoding="utf-16")
    xlsx(place, table(pupils[14:21], float), name="c.xlsx")
    ods(place, table(pupils[21:], float), name="d.ods")
    cp1252 = [replace(p, name=p.name.encode("cp1252", "ignore").decode("cp1252")) for p in pupils]
    return accept(place, cp1252)


@case()
def files_with_headings_in_another_dress_and_order(folder):
    pupils = class_set()
    tables = _classes(pupils)
    tables["klas 03.csv"][0] = ["Leerling", "KLAS", "Groep", "Voortoets ", "Natoets"]
    tables["klas 5A.csv"] = [[row[4], row[3], *row[:3]] for row in tables["klas 5A.csv"]]
    return accept(_files(folder, tables), pupils)


@case()
def files_with_titles_and_totals(folder):
    pupils = class_set()
    tables = {n: [["Punten"], [], *rows, ["Gemiddelde", "", "", "9,1", "10,2"]] for n, rows in _classes(pupils).items()}
    return accept(_files(folder, tables), pupils)


@case()
def what_computers_leave_in_a_folder(folder):
    pupils = class_set()
    place = _files(folder, _classes(pupils))
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "~$klas 03.xlsx"):
        raw(place, b"\0\0\0\1Bud1" + bytes(60), name)
    return accept(place, pupils)


@case(
    ("letter", "lees mij.docx", b"PK\x03\x04"),
    ("picture", "klasfoto.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
    ("pdf", "brief.pdf", b"%PDF-1.7"),
)
def something_else_in_the_folder(folder, _name, name, content):
    pupils = class_set()
    place = _files(folder, _classes(pupils))
    raw(place, content + bytes(40), name)
    return either(place, pupils, silent=True)


@case()
def the_study_lies_in_the_folder(folder):
    from .maker import toml

    pupils = class_set()
    place = _files(folder, _classes(pupils))
    raw(place, toml(plan()), "onderzoek.toml")
    return accept(place, pupils)


@case()
def an_empty_folder(folder):
    return reject(_files(folder, {}))


@case()
def a_folder_in_the_folder(folder):
    """Its pupils are read, or it is said that they are not."""
    pupils = class_set()
    place = _files(folder, _classes(pupils))
    (place / "ook").mkdir()
    more = class_set(seed=3, classes={"6A": "gewoon"})
    csv(place / "ook", table(more), name="klas 6A.csv")
    return either(place, pupils, [*pupils, *more])


@case()
def the_same_file_sent_twice(folder):
    pupils = class_set()
    tables = _classes(pupils)
    tables["klas 03 (1).csv"] = tables["klas 03.csv"]
    return either(_files(folder, tables), pupils, facts(pupils, rows=None))


@case()
def the_same_class_from_two_programs(folder):
    """Same pupils, other bytes."""
    pupils = class_set()
    place = _files(folder, _classes(pupils))
    xlsx(place, table(pupils[7:14], float), name="klas 03.xlsx")
    return either(place, facts(pupils, rows=None))


@case()
def the_same_pupils_with_another_score(folder):
    tables = _classes(class_set())
    tables["klas 03 nieuw.csv"] = put(tables["klas 03.csv"], 4, "natoets", "3,5")
    return reject(_files(folder, tables))


@case()
def one_broken_file(folder):
    pupils = class_set()
    tables = _classes(pupils)
    place = _files(folder, tables)
    raw(place, b"PK\x03\x04" + bytes(range(200)), "klas 6B.xlsx")
    return reject(place, file="klas 6B.xlsx")


@case()
def one_broken_file_does_not_hide_the_others(folder):
    tables = _classes(class_set())
    tables["klas 03.csv"] = put(tables["klas 03.csv"], 4, "natoets", "1O")
    place = _files(folder, tables)
    raw(place, b"PK\x03\x04" + bytes(range(200)), "klas 6B.xlsx")
    return reject(place, rows=[4], column="natoets", file="klas 03.csv")


@case()
def a_fault_in_the_third_file(folder):
    tables = _classes(class_set())
    tables["klas 6-1.csv"] = put(tables["klas 6-1.csv"], 5, "natoets", "155")
    return reject(_files(folder, tables), rows=[5], column="natoets", file="klas 6-1.csv")


@case()
def a_file_without_the_post_test(folder):
    pupils = class_set()
    tables = _classes(pupils)
    tables["klas 5A.csv"] = [row[:4] for row in tables["klas 5A.csv"]]
    for place in range(21, 28):
        pupils = changed(pupils, place, post=None)
    return either(_files(folder, tables), pupils)


@case(("both with class", 3), ("post without group", 2))
def a_file_with_pre_and_a_file_with_post(folder, _name, shared):
    pupils = class_set()
    rows = table(pupils)
    tables = {"voor.csv": [row[:4] for row in rows], "na.csv": [[*row[:shared], row[4]] for row in reversed(rows[1:])]}
    tables["na.csv"].insert(0, [*HEADER[:shared], "natoets"])
    return accept(_files(folder, tables), facts(pupils, rows=None))


def _schools(same_classes: bool):
    """Two schools that number their pupils from 1."""
    made = {}
    for n, school in enumerate(("De Krekel", "Het Anker")):
        names = ("5A", "5B") if same_classes else (f"5{school[-1]}", f"6{school[-1]}")
        pupils = class_set(seed=n + 1, classes={names[0]: "nieuw", names[1]: "gewoon"})
        made[school] = [replace(p, name=str(at), school=school) for at, p in enumerate(pupils, start=1)]
    return made


@case()
def files_of_two_schools_that_count_their_pupils(folder):
    schools = _schools(same_classes=True)
    tables = {
        f"{name}.csv": [[*row, "school" if not at else name] for at, row in enumerate(table(pupils))]
        for name, pupils in schools.items()
    }
    return accept(_files(folder, tables), sum(schools.values(), []), plan(columns={"school": "school"}))


@case()
def files_of_two_schools_with_classes_of_their_own(folder):
    schools = {name: [replace(p, school=None) for p in pupils] for name, pupils in _schools(same_classes=False).items()}
    return accept(
        _files(folder, {f"{name}.csv": table(pupils) for name, pupils in schools.items()}), sum(schools.values(), [])
    )


@case()
def files_of_two_schools_and_no_word_about_the_school(folder):
    """Two classes 5A: are they one? Stop, or keep them apart and say so."""
    schools = {name: [replace(p, school=None) for p in pupils] for name, pupils in _schools(same_classes=True).items()}
    return either(
        _files(folder, {f"{name}.csv": table(pupils) for name, pupils in schools.items()}), sum(schools.values(), [])
    )


@case()
def a_namesake_in_a_class_of_another_school(folder):
    schools = _schools(same_classes=True)
    tables = {
        f"{name}.csv": [[*row, "school" if not at else name] for at, row in enumerate(table(pupils))]
        for name, pupils in schools.items()
    }
    tables["Het Anker.csv"] = put(tables["Het Anker.csv"], 5, "natoets", "1O")
    return reject(
        _files(folder, tables), plan(columns={"school": "school"}), rows=[5], column="natoets", file="Het Anker.csv"
    )


@case()
def a_folder_with_one_file(folder):
    pupils = class_set()
    return accept(_files(folder, {"alles.csv": table(pupils)}), pupils)


@case()
def a_folder_with_one_broken_file(folder):
    place = _files(folder, {})
    raw(place, b"PK\x03\x04" + bytes(range(200)), "klas 6B.xlsx")
    return reject(place, file="klas 6B.xlsx")


@case()
def a_class_that_is_empty_in_two_files(folder):
    """Each empty cell has its own place."""
    tables = _classes(class_set())
    tables["klas 03.csv"] = put(tables["klas 03.csv"], 4, "klas", "")
    tables["klas 5A.csv"] = put(tables["klas 5A.csv"], 6, "klas", "")
    return reject(_files(folder, tables), rows=[4, 6], all_rows=True, column="klas")

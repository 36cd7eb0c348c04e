"""Files that would hurt: bombs, entities, giants."""

import io
import zipfile

from .case import accept, case, either, reject
from .files import csv, ods, ods_rows, raw, repacked, text, xlsx
from .maker import HEADER, beside, class_set, every, facts, put, table

SHEET = "xl/worksheets/sheet1.xml"


def _inflated(path, part: str, megabytes: int, edit=lambda content: content):
    """The zip with one part that unpacks to this size, most of it blank."""
    with zipfile.ZipFile(path) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    start, end = edit(parts.pop(part, b"\n")).split(b"\n", 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, content in parts.items():
            made.writestr(name, content)
        with made.open(part, "w") as big:
            big.write(start)
            for _ in range(megabytes):
                big.write(b" " * (1 << 20))
            big.write(end)
    return path


@case()
def a_zip_bomb(folder):
    path = xlsx(folder, table(class_set(), float))
    return reject(_inflated(path, SHEET, 210, lambda content: content.replace(b"<sheetData>", b"<sheetData>\n")))


@case()
def a_bomb_in_a_part_nobody_reads(folder):
    path = xlsx(folder, table(class_set(), float))
    return either(_inflated(path, "xl/media/image1.png", 210), class_set(), silent=True)


@case()
def thousands_of_parts(folder):
    path = xlsx(folder, table(class_set(), float))
    with zipfile.ZipFile(path, "a") as made:
        for number in range(5000):
            made.writestr(f"xl/media/i{number}.png", b"")
    return either(path, class_set(), silent=True)


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
) + "]>"  # fmt: skip


@case(("laughs", LAUGHS, "&j;"), ("outside", '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"))
def entities(folder, _name, head, cell):
    path = xlsx(folder, table(class_set(), float))

    def poison(content: bytes) -> bytes:
        start = content.index(b"<worksheet") if b"<worksheet" in content else 0
        return head.encode() + content[start:].replace(
            b"<sheetData>", b"<sheetData><row><c t='str'><v>%b</v></c></row>" % cell.encode()
        )

    return reject(repacked(path, SHEET, poison))


@case(("laughs", LAUGHS), ("outside", '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'))
def entities_in_an_opendocument(folder, _name, head):
    return reject(ods(folder, table(class_set(), float), head=head))


@case()
def parts_that_climb_out_of_the_folder(folder):
    path = xlsx(folder, table(class_set(), float))
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("../../weg.txt", b"x")
    return either(path, class_set(), silent=True)


@case()
def styled_to_the_last_cell(folder):
    def style(book):
        from openpyxl.styles import Font

        for place in ("XFD1", "XFD1048576", "A1048576"):
            book.active[place].font = Font(bold=True)

    pupils = class_set()
    return accept(xlsx(folder, table(pupils, float), change=style), pupils)


@case()
def a_forgotten_space_in_the_last_row(folder):
    def forget(book):
        book.active["B1048576"] = " "

    pupils = class_set()
    return either(xlsx(folder, table(pupils, float), change=forget), pupils, silent=True)


@case()
def a_million_empty_rows_in_an_opendocument(folder):
    pupils = class_set()
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rest = f'<table:table-row table:number-rows-repeated="1048546">{empty}</table:table-row>'
    wide = ods_rows(table(pupils, float)).replace(
        "</table:table-row>", '<table:table-cell table:number-columns-repeated="16379"/></table:table-row>'
    )
    return accept(ods(folder, {"Blad1": wide + rest}), pupils)


@case()
def a_million_times_one_pupil(folder):
    rows = ods_rows(table(class_set(), float))
    last = rows.rindex("<table:table-row>")
    again = rows[:last] + '<table:table-row table:number-rows-repeated="1000000">' + rows[last + 17 :]
    return either(ods(folder, {"Blad1": again}), class_set(), facts(class_set(), rows=None))


@case()
def a_remark_of_200_kilobytes(folder):
    pupils = class_set()
    remarks = ["zeer lang " * 20_000, *[""] * 27]
    return accept(csv(folder, beside(table(pupils), "opmerking", remarks)), pupils)


@case()
def a_remark_of_200_kilobytes_on_a_score(folder):
    rows = put(table(class_set()), 6, "natoets", "zeer lang " * 20_000)
    return reject(csv(folder, rows), rows=[6], column="natoets")


@case(("csv", csv), ("xlsx", xlsx))
def eight_hundred_columns(folder, _name, write):
    pupils = class_set()
    rows = table(pupils)
    wide = [row + [f"vraag {n}" if not at else str(n % 7) for n in range(800)] for at, row in enumerate(rows)]
    return accept(write(folder, wide), pupils)


@case()
def a_number_of_a_hundred_thousand_digits(folder):
    rows = put(table(class_set()), 6, "natoets", "9" * 100_000)
    return reject(csv(folder, rows), rows=[6], column="natoets")


@case(("script", "<script>alert(1)</script>"), ("template", "{{7*7}} {name} %s ${x}"),
      ("formula", "=cmd|' /C calc'!A0"),
      ("right to left", "\u202eneppo"), ("escape", "\x1b[31mrood"), ("markup", "[bold]x[/bold] `rm`"))  # fmt: skip
def a_class_with_a_naughty_name(folder, _name, naughty):
    """A class name may stand in a message; it may not break one. A control character may be refused."""
    rows = every(table(class_set()), "klas", lambda cell: naughty if cell == "5A" else cell)
    truth = facts(class_set())
    truth["classes"][naughty] = truth["classes"].pop("5A")
    return either(csv(folder, rows), truth, silent=True)


@case(("braces", "{0} {value}"), ("percent", "%d%%"), ("markup", "[red]12"), ("quote", '12"'), ("long", "x" * 5000))
def a_score_with_a_naughty_text(folder, _name, naughty):
    return reject(csv(folder, put(table(class_set()), 6, "natoets", naughty)), rows=[6], column="natoets")


@case()
def a_heading_with_braces(folder):
    header = [*HEADER[:4], "{natoets}"]
    from .maker import plan

    return accept(csv(folder, table(class_set(), header=header)), class_set(), plan(outcome={"post": "{natoets}"}))


@case()
def a_text_file_inside_gzip(folder):
    import gzip

    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="w") as packed:
        packed.write(text(table(class_set())).encode())
    return reject(raw(folder, made.getvalue(), "punten.csv"))

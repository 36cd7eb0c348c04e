"""The kind of a file is what is in it, not what it is called."""

import zipfile
from dataclasses import replace
from datetime import datetime

from .case import accept, case, either, reject
from .files import compound, csv, html, html_text, ods, raw, repacked, sav, xls, xlsx
from .maker import HEADER, beside, changed, class_set, comma, plan, point, put, table


@case(("numbers", float), ("comma texts", comma), ("point texts", point))
def excel(folder, _name, score):
    pupils = class_set()
    return accept(xlsx(folder, table(pupils, score)), pupils)


@case(("numbers", float), ("comma texts", comma))
def old_excel(folder, _name, score):
    pupils = class_set()
    return accept(xls(folder, table(pupils, score)), pupils)


@case(("numbers", float), ("comma texts", comma))
def opendocument(folder, _name, score):
    pupils = class_set()
    return accept(ods(folder, table(pupils, score)), pupils)


@case()
def half_of_the_scores_typed_as_text(folder):
    pupils = class_set()
    rows = table(pupils, float)
    for row, pupil in list(enumerate(pupils, start=2))[::2]:
        rows = put(rows, row, "natoets", comma(pupil.post))
    return accept(xlsx(folder, rows), pupils)


@case()
def a_number_with_noise_of_the_computer(folder):
    pupils = changed(class_set(), 3, post=12.3)
    return accept(xlsx(folder, put(table(pupils, float), 5, "natoets", 12.299999999999999)), pupils)


@case(("xlsx as csv", xlsx, "punten.csv"), ("xlsx as xls", xlsx, "punten.xls"), ("xls as xlsx", xls, "punten.xlsx"))
def another_extension(folder, _name, write, name):
    pupils = class_set()
    return accept(write(folder, table(pupils, float), name=name), pupils)


@case(
    ("csv as xlsx", "punten.xlsx"), ("csv as xls", "punten.xls"), ("no extension", "punten"), ("txt", "Punten 5A.TXT")
)
def text_called(folder, _name, name):
    pupils = class_set()
    return accept(csv(folder, table(pupils), name=name), pupils)


@case(
    ("ods as xlsx", ods, "punten.xlsx"),
    ("capitals", xlsx, "PUNTEN.XLSX"),
    ("accents", xlsx, "évaluatie breuken (1).xlsx"),
)
def a_strange_name(folder, _name, write, name):
    pupils = class_set()
    return accept(write(folder, table(pupils, float), name=name), pupils)


@case(("utf-8", "utf-8"), ("windows", "cp1252"))
def a_web_page_called_xls(folder, _name, encoding):
    """What Smartschool and other platforms call Excel."""
    pupils = [replace(p, name=p.name.encode(encoding, "ignore").decode(encoding)) for p in class_set()]
    return either(html(folder, table(pupils), encoding=encoding), pupils, silent=True)


@case()
def a_web_page_with_two_tables(folder):
    rows = table(class_set())
    page = f"<html><body>{html_text(rows[:10])}{html_text([rows[0], *rows[10:]])}</body></html>"
    return either(raw(folder, page, "punten.xls"), class_set(), silent=True)


@case()
def excel_2003_xml(folder):
    pupils = class_set()
    cells = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>"
        for row in table(pupils)
    )
    page = (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook '
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="Blad1"><Table>{cells}</Table></Worksheet></Workbook>'
    )
    return either(raw(folder, page, "punten.xls"), pupils, silent=True)


@case()
def a_text_file_that_begins_with_id(folder):
    """Excel itself takes it for another format (SYLK)."""
    pupils = class_set()
    return accept(csv(folder, beside(table(pupils), "ID", range(1, 29), at=0)), pupils)


# ---- SPSS


def _spss(pupils):
    """Variables as SPSS names them, the group as a labelled number."""
    rows = table(pupils, float)
    return [HEADER, *([*row[:2], 1.0 if row[2] == "nieuw" else 2.0, *row[3:]] for row in rows[1:])]


GROUPS = {"groep": {1.0: "nieuw", 2.0: "gewoon"}}


@case(("sav", "punten.sav"), ("zsav", "punten.zsav"), ("named csv", "punten.csv"))
def spss(folder, _name, name):
    pupils = class_set()
    return accept(sav(folder, _spss(pupils), name, variable_value_labels=GROUPS), pupils)


@case()
def spss_without_labels(folder):
    pupils = [replace(p, group={"nieuw": "1", "gewoon": "2"}[p.group]) for p in class_set()]
    rows = table(pupils, float)
    rows = [rows[0], *([*row[:2], float(row[2]), *row[3:]] for row in rows[1:])]
    return accept(sav(folder, rows), pupils, plan(groups={"treated": ["1"], "control": ["2"]}))


@case()
def spss_with_empty_scores(folder):
    pupils = changed(changed(class_set(), 3, post=None), 9, pre=None)
    rows = [[None if cell == "" else cell for cell in row] for row in _spss(pupils)]
    return accept(sav(folder, rows, variable_value_labels=GROUPS), pupils)


@case()
def spss_with_a_code_for_absent(folder):
    pupils = changed(class_set(), 3, post=None)
    rows = put(_spss(pupils), 5, "natoets", 99.0)
    labels = {**GROUPS, "natoets": {99.0: "afwezig"}}
    return accept(sav(folder, rows, variable_value_labels=labels, missing_ranges={"natoets": [99]}), pupils)


@case()
def spss_with_a_range_of_codes_for_absent(folder):
    pupils = changed(changed(class_set(), 3, post=None), 12, post=None)
    rows = put(put(_spss(pupils), 5, "natoets", 98.0), 14, "natoets", 99.0)
    ranges = {"natoets": [{"lo": 90, "hi": 99}]}
    return accept(sav(folder, rows, variable_value_labels=GROUPS, missing_ranges=ranges), pupils)


@case()
def spss_with_a_label_that_is_not_declared_missing(folder):
    pupils = changed(class_set(), 3, post=None)
    rows = put(_spss(pupils), 5, "natoets", 99.0)
    labels = {**GROUPS, "natoets": {99.0: "afwezig"}}
    return either(
        sav(folder, rows, variable_value_labels=labels), pupils, silent=True, rows=[1, 4, 5], column="natoets"
    )


@case()
def spss_with_labelled_scores(folder):
    """A label on a score (0 = "niets juist") leaves it a number."""
    pupils = changed(class_set(), 3, post=0.0)
    labels = {**GROUPS, "natoets": {0.0: "niets juist", 20.0: "alles juist"}}
    return accept(sav(folder, _spss(pupils), variable_value_labels=labels), pupils)


@case()
def spss_with_names_in_the_labels(folder):
    pupils = class_set()
    rows = [["ll", "kl", "gr", "v1", "v2"], *_spss(pupils)[1:]]
    path = sav(folder, rows, column_labels=HEADER, variable_value_labels={"gr": GROUPS["groep"]})
    return accept(path, pupils)


@case()
def spss_with_a_score_outside_the_scale(folder):
    path = sav(folder, put(_spss(class_set()), 6, "natoets", 155.0), variable_value_labels=GROUPS)
    return reject(path, rows=[5, 6], column="natoets")


# ---- workbooks with more than a table


@case()
def a_workbook_in_full_dress(folder):
    def dress(book):
        from openpyxl.comments import Comment
        from openpyxl.styles import PatternFill
        from openpyxl.worksheet.datavalidation import DataValidation
        from openpyxl.worksheet.table import Table

        sheet = book.active
        sheet.freeze_panes = "B2"
        sheet["B3"].comment = Comment("nagekeken", "juf")
        sheet["D4"].fill = PatternFill("solid", fgColor="FFFF00")
        sheet.add_table(Table(displayName="Punten", ref="A1:E29"))
        sheet.add_data_validation(DataValidation(type="decimal", operator="between", formula1="0", formula2="20"))

    pupils = class_set()
    return accept(xlsx(folder, table(pupils, float), change=dress), pupils)


@case()
def letters_in_two_fonts(folder):
    def fonts(book):
        from openpyxl.cell.rich_text import CellRichText, TextBlock
        from openpyxl.cell.text import InlineFont

        book.active["B2"] = CellRichText(TextBlock(InlineFont(b=True), "1E"), "1")

    pupils = class_set()
    return accept(xlsx(folder, table(pupils, float), change=fonts), pupils)


@case()
def a_chart_sheet_in_front(folder):
    def chart(book):
        from openpyxl.chart import BarChart, Reference

        drawn = BarChart()
        drawn.add_data(Reference(book.active, min_col=4, min_row=1, max_row=29))
        book.create_chartsheet("Grafiek", 0).add_chart(drawn)

    pupils = class_set()
    return accept(xlsx(folder, table(pupils, float), change=chart), pupils)


@case()
def formulas_with_their_outcome(folder):
    from xlsxwriter import Workbook

    pupils = class_set()
    path = folder / "punten.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(table(pupils, float)):
            sheet.write_row(row, 0, cells)
            if row:
                sheet.write_formula(row, 4, f"=D{row + 1}+1", None, cells[4])
    return accept(path, pupils)


@case()
def formulas_that_were_never_computed(folder):
    rows = [row if not at else [*row[:4], f"=D{at + 1}+1"] for at, row in enumerate(table(class_set(), float))]
    return reject(xlsx(folder, rows), column=None)


@case()
def a_formula_that_was_never_computed_beside_the_scores(folder):
    pupils = class_set()
    rows = beside(table(pupils, float), "winst", [f"=E{row}-D{row}" for row in range(2, 30)])
    return accept(xlsx(folder, rows), pupils)


@case(("na", "#N/A"), ("value", "#VALUE!"), ("ref", "#REF!"))
def a_formula_that_failed(folder, _name, error):
    """Counted as missing with its name, or refused; never a number."""
    pupils = changed(class_set(), 6, post=None)
    return either(xlsx(folder, put(table(pupils, float), 8, "natoets", error)), pupils, silent=True, rows=[8])


@case()
def forms_export_in_dutch(folder):
    pupils = class_set()
    head = ["ID", "Begintijd", "Tijd van voltooien", "E-mail", "Naam", "Wat is je klas?", "Groep"]
    head += ["Hoeveel punten had je vooraf?\xa0", "Hoeveel punten had je achteraf?"]
    moment = datetime(2026, 10, 5, 9, 30)
    rows = [[n, moment, moment, "anonymous", *row] for n, row in enumerate(table(pupils, float)[1:], start=1)]
    columns = {"pupil": "Naam", "class": "Wat is je klas?", "group": "Groep"}
    outcome = {"pre": "Hoeveel punten had je vooraf?", "post": "Hoeveel punten had je achteraf?"}
    return accept(xlsx(folder, [head, *rows]), pupils, plan(columns=columns, outcome=outcome))


@case()
def forms_of_google(folder):
    pupils = class_set()
    rows = beside(table(pupils), "Tijdstempel", [f"{1 + n % 9}-10-2026 9:0{n % 10}:00" for n in range(28)], at=0)
    return accept(csv(folder, rows, separator=","), pupils)


# ---- no table at all


@case(
    ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "punten.pdf"),
    ("pdf called csv", b"%PDF-1.4\n1 0 obj << >> endobj trailer << >>\n%%EOF", "punten.csv"),
    ("picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0", "punten.png"),
    ("photo called xlsx", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", "punten.xlsx"),
    ("json", b'{"leerling": ["a", "b"], "klas": ["5A", "5A"]}', "punten.json"),
    ("letter", b"Beste collega,\r\n\r\nIn bijlage de punten.\r\n\r\nGroeten, juf\r\n", "punten.txt"),
    ("lock file", b"\x04Juf\0" + b" " * 50, "~$punten.xlsx"),
    ("rtf", rb"{\rtf1\ansi\deff0 {\fonttbl {\f0 Arial;}} punten; klas; groep}", "punten.rtf"),
    ("database", b"SQLite format 3\0" + bytes(100), "punten.db"),
    ("noise", bytes(range(256)) * 8, "punten.csv"),
)
def no_table(folder, _name, content, name):
    return reject(raw(folder, content, name))


@case(("a word file", {"word/document.xml": "<w:document/>"}, "punten.docx"), ("nothing", {}, "punten.zip"),
      ("text files", {"punten.csv": "a;b\n1;2\n"}, "punten.zip"),
      ("half a workbook", {"[Content_Types].xml": "<Types/>"}, "p.xlsx"))  # fmt: skip
def a_zip_with(folder, _name, parts, name):
    with zipfile.ZipFile(folder / name, "w") as made:
        for part, content in parts.items():
            made.writestr(part, content)
    return reject(folder / name)


@case()
def a_workbook_with_a_password(folder):
    content = compound({"EncryptionInfo": bytes(300), "EncryptedPackage": bytes(range(256)) * 40})
    return reject(raw(folder, content, "punten.xlsx"), codes=frozenset({"password"}))


@case(("xlsx", xlsx, "p.xlsx"), ("xls", xls, "p.xls"), ("ods", ods, "p.ods"), ("sav", sav, "p.sav"))
def half_of_the_download(folder, _name, write, name):
    path = write(folder, table(class_set(), float), name=name)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return reject(path)


@case()
def a_file_that_is_not_there(folder):
    return reject(folder / "punten.csv")


@case()
def an_empty_workbook(folder):
    return reject(xlsx(folder, []))


@case()
def a_sheet_whose_xml_is_damaged(folder):
    path = xlsx(folder, table(class_set(), float))
    return reject(repacked(path, "xl/worksheets/sheet1.xml", lambda content: content[: len(content) // 2]))

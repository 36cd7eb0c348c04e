"""Codes in place of names: the same pupil the same code, nothing of a name without the key, the same measurement."""

import hashlib
import hmac
import io
import itertools
import os
import stat
import zipfile
from datetime import date

import openpyxl
import pytest
from conftest import EXAMPLES, STUDY_FILES

from gsl_research import keys, places, pseudonyms
from gsl_research.copies import Sheet, written
from gsl_research.dataset import load_data
from gsl_research.problems import Problems
from gsl_research.pseudonyms import CODE_LENGTH, LETTERS, SIGNS, code_of, codes_of, pseudonymise
from gsl_research.reading import Column, read_tables
from gsl_research.study_file import load_study

STUDY, DATA = EXAMPLES / "breuken-strookmodel.toml", EXAMPLES / "breuken-strookmodel.csv"
KEY = bytes(range(32))
FIRST = ["Jan", "Zoë", "Ali", "Noor", "Lotte", "Milan", "Yasmina", "Tuur", "Fien", "Kobe", "Elif", "Bo"]
LAST = [
    "Peeters",
    "Van den Broeck",
    "Maes",
    "D'Hondt",
    "Öztürk",
    "Janssens",
    "De Smet",
    "Wouters",
    "Claes",
    "Aerts",
    "Nys",
]
NAMES = [f"{last}, {first}" for first in FIRST for last in LAST]


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """Keys of a test stay with the test."""
    for name in ("XDG_CONFIG_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "settings"))


def listed(folder, name="punten.csv", names=NAMES):
    """The example with names in place of its codes."""
    head, *rows = DATA.read_text("cp1252").splitlines()
    folder.mkdir(parents=True, exist_ok=True)
    made = [head, *(f"{pupil}{row[row.index(';') :]}" for pupil, row in zip(names, rows, strict=False))]
    (folder / name).write_text("\n".join(made) + "\n", "utf-8")
    return folder / name


def coded(path, study=None, **given):
    return pseudonymise(path, study, pupil_heading="leerling", **given)


def cells(path, header="leerling", sheet=0):
    return list(read_tables(path).tables[sheet].columns[header])


def refused(path, study=None, **given):
    with pytest.raises(Problems) as found:
        coded(path, study, **given)
    return [problem.code for problem in found.value.problems]


# codes


def test_a_code_is_the_hmac_of_the_name_and_nothing_else():
    """By hand: the digest as a number, a letter first, then letters and digits."""
    message = b"gsl_research pupil 1\0" + b"jan peeters"
    number = int.from_bytes(hmac.new(KEY, message, hashlib.sha256).digest(), "big")
    by_hand = LETTERS[number % 16]
    number //= 16
    for _ in range(9):
        by_hand += SIGNS[number % 24]
        number //= 24
    assert code_of("Jan Peeters", KEY) == by_hand and len(by_hand) == CODE_LENGTH


@pytest.mark.parametrize(
    "same",
    [
        ("Zoë Maes", "zoe maes", "ZOË  MAES", "Maes, Zoë", "Maes Zoë", "Maes Zoe\u0308"),
        ("007", "7"),
        ("L 12", "l12", "L-12"),
    ],
)
def test_one_pupil_has_one_code_however_written(same):
    assert len({code_of(name, KEY) for name in same}) == 1


def test_other_pupils_and_other_keys_have_other_codes():
    codes = {code_of(name, KEY) for name in NAMES}
    assert len(codes) == len(NAMES) and not codes & {code_of(name, bytes(32)) for name in NAMES}
    assert code_of("6-1", KEY) != code_of("61", KEY) and code_of("L12", KEY) != code_of("L21", KEY)


def test_no_code_reads_as_something_else():
    """No look-alikes, no vowel, a letter in front: never a number, a date or a word."""
    assert len(set(SIGNS)) == 24 and not set(SIGNS) & set("0O1ILBGSZAEU")
    for number in range(500):
        code = code_of(str(number), KEY)
        assert code[0] in LETTERS and set(code) <= set(SIGNS)


def test_a_shared_code_is_made_longer_and_only_that_one(monkeypatch):
    """With codes of one sign many are shared: all differ in the end, the same every time, and begin alike."""
    monkeypatch.setattr(pseudonyms, "CODE_LENGTH", 1)
    made = codes_of(NAMES, KEY)
    assert len(set(made.values())) == len(NAMES) and made == codes_of(reversed(NAMES), KEY)
    assert all(code == code_of(name, KEY, len(code)) for name, code in made.items())
    assert {1, 3} >= {len(code) for code in made.values() if len(code) < 5} and max(map(len, made.values())) > 1


# the key


def test_the_key_is_random_private_apart_and_never_replaced(tmp_path):
    first = coded(listed(tmp_path / "lijst"))
    text = first.key_file.read_text()
    assert first.key_made and keys.keys_folder() in first.key_file.parents and len(keys.load(first.key_file)) == 32
    if os.name == "posix":
        assert stat.S_IMODE(first.key_file.stat().st_mode) == 0o600
    second = coded(listed(tmp_path / "jaar 2"))
    assert not second.key_made and second.key_file.read_text() == text
    assert cells(first.file) == cells(second.file)
    other = coded(listed(tmp_path / "jaar 3"), key_file=tmp_path / "elders" / "a.key")
    assert not set(cells(other.file)) & set(cells(first.file))


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("uit/reports/x.key", "keyfile_in_roots"),
        ("uit/private/a/x.key", "keyfile_in_roots"),
        ("lijst/x.key", "keyfile_beside_data"),
    ],
)
def test_a_key_is_refused_where_it_would_travel_along(tmp_path, place, code):
    assert refused(listed(tmp_path / "lijst"), key_file=tmp_path / place) == [code]
    assert not (tmp_path / place).exists() and sorted(p.name for p in (tmp_path / "lijst").iterdir()) == ["punten.csv"]


def test_a_damaged_key_is_no_key(tmp_path):
    bad = tmp_path / "a.key"
    bad.write_text("gsl_research key 1\nabc\n")
    assert refused(listed(tmp_path / "lijst"), key_file=bad) == ["keyfile_damaged"]
    assert bad.read_text().endswith("abc\n")


@pytest.mark.parametrize(
    ("folder", "synchronised"),
    [
        ("OneDrive - GO! School", True),
        ("Google Drive", True),
        ("Dropbox", True),
        ("Documenten", False),
        ("drive", False),
    ],
)
def test_a_folder_that_copies_itself_is_known(tmp_path, folder, synchronised):
    assert places.synchronised(tmp_path / folder / "a.key") is synchronised
    assert coded(listed(tmp_path / "lijst"), key_file=tmp_path / folder / "a.key").key_synchronised is synchronised


def test_windows_says_where_its_own_cloud_is(tmp_path, monkeypatch):
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path / "wolk"))
    assert places.synchronised(tmp_path / "wolk" / "a.key") and not places.synchronised(tmp_path / "b.key")


# attackers


def test_a_list_of_names_finds_no_code(tmp_path):
    """Every plain hash and every HMAC with a key that can be guessed, of every way to write a name: nothing."""
    made = coded(listed(tmp_path / "lijst"), STUDY)
    content = made.file.read_bytes()
    codes = {code.casefold() for code in cells(made.file)}
    salts = [b"", b"key", b"school", b"gsl_research", b"gsl_research pupil 1\0", b"breuken-strookmodel", bytes(32),
             b"2026", DATA.read_bytes(), made.file.name.encode()]  # fmt: skip
    hits = 0
    for name, salt in itertools.product(NAMES, salts):
        last, first = name.split(", ")
        for text in (
            name,
            f"{first} {last}",
            name.casefold(),
            f"{first}{last}".casefold(),
            pseudonyms.one_spelling(name),
        ):
            for kind in ("md5", "sha1", "sha256", "sha512", "blake2b"):
                for digest in (hashlib.new(kind, salt + text.encode()), hmac.new(salt, text.encode(), kind)):
                    hits += digest.hexdigest()[:10] in codes
        hits += code_of(name, hashlib.sha256(salt).digest()).casefold() in codes
    assert hits == 0 and len(codes) == len(DATA.read_text("cp1252").splitlines()) - 1
    assert not any(part.encode() in content for part in (*FIRST[1:], *LAST) if len(part) > 3)
    assert codes == {code_of(name, keys.load(made.key_file)).casefold() for name in NAMES[: len(codes)]}


# what is measured stays the same


@pytest.mark.parametrize("study_file", STUDY_FILES, ids=lambda path: path.stem)
def test_every_example_measures_the_same_with_codes(tmp_path, study_file):
    data = next(path for path in EXAMPLES.glob(f"{study_file.stem}.*") if path.suffix != ".toml")
    study = load_study(study_file)
    if study.columns.pupil is None:
        assert refused(data, study_file, out=tmp_path / f"uit{data.suffix}") == ["no_pupil_to_code"]
        return
    made = coded(data, study_file, out=tmp_path / f"codes{data.suffix}")
    before, after = load_data(data, study), load_data(made.file, study)
    assert before.frame.equals(after.frame) and before.cluster_names == after.cluster_names


def test_two_files_link_as_they_did(tmp_path):
    """A pupil written in another way next year has the same code; a namesake in another class is apart by class."""
    one = listed(tmp_path / "a")
    turned = [" ".join(reversed(name.upper().split(", "))) for name in NAMES]
    two = listed(tmp_path / "b", names=turned)
    assert cells(coded(one).file) == cells(coded(two).file)


def test_a_copy_that_would_measure_otherwise_is_not_made(tmp_path, monkeypatch):
    """A deliberate error: two pupils with one code."""
    monkeypatch.setattr(pseudonyms, "codes_of", lambda pupils, key: dict.fromkeys(pupils, "CCCCCCCCCC"))
    path = listed(tmp_path / "lijst")
    assert refused(path, STUDY) == ["coded_measures_otherwise"]
    assert [p.name for p in path.parent.iterdir()] == ["punten.csv"]


def test_one_pupil_in_two_spellings_is_refused_while_it_can_be_seen(tmp_path):
    names = ["Maes Zoe", *NAMES[1:]]
    names[13] = "Zoë Maes"
    assert set(refused(listed(tmp_path / "lijst", names=names))) == {"pupil_two_spellings"}


def test_lines_of_a_form_without_a_pupil_get_no_code(tmp_path):
    """Each line has a number and a total of 0; where no pupil stands, a code would make one."""
    lines = [f"{n};5A;{n};{n};{2 * n}" for n in range(1, 9)] + [f"{n};;;;0" for n in range(9, 13)]
    (tmp_path / "a.csv").write_text("nr;klas;voortoets;natoets;som\n" + "\n".join(lines) + "\n", "utf-8")
    assert len(read_tables(tmp_path / "a.csv").tables[0]) == 12
    assert len(cells(coded(tmp_path / "a.csv", columns=["nr"]).file, "nr")) == 8


# what does not come along


def workbook(path):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "5A"
    page.append(["Klas van juf Geheim"])
    page.append([])
    page.append(
        [
            "Leerling",
            "Klas",
            "Code school",
            "Voortoets",
            "Natoets",
            "Datum",
            "E-mail ouders",
            "Geboren",
            "RRN",
            "Opmerking",
        ]
    )
    for n, name in enumerate(NAMES[:12]):
        page.append(
            [name, "5A", f"00{n}", 5 + n / 10, "=1+1", None, f"ouder{n}@thuis.be", f"2015-03-{n + 1:02}", None, "x"]
        )
        page.cell(n + 4, 5, 8 + n)
        page.cell(n + 4, 6, date(2026, 5, 12))
    page["A4"].comment = openpyxl.comments.Comment("thuissituatie GEHEIM", "juf Geheim")
    page.append(["Gemiddelde", None, None, 7.1, 9.2])
    hidden = book.create_sheet("namen")
    hidden.append(["GEHEIM", "Jan Peeters"])
    hidden.sheet_state = "hidden"
    book.create_sheet("uitleg").append(["Dit is een toets van juf Geheim"])
    book.properties.creator = "juf Geheim"
    book.save(path)
    return path


def test_a_workbook_comes_along_as_values_alone(tmp_path):
    path = workbook(tmp_path / "klas.xlsx")
    made = coded(path, columns=["Leerling"])
    table = read_tables(made.file).tables[0]
    assert list(table.columns) == ["Leerling", "Klas", "Code school", "Voortoets", "Natoets", "Datum"]
    assert table.columns["Code school"][1] == "001" and table.columns["Voortoets"][1] == 5.1
    assert type(table.columns["Datum"][0]).__name__ == "DateCell" and len(table) == 12
    assert {header: reason for header, reason in made.left_out} == {
        "E-mail ouders": "contact", "Geboren": "birth", "RRN": "numbers", "Opmerking": "remarks",
    }  # fmt: skip
    with zipfile.ZipFile(made.file) as package:
        whole = b"".join(package.read(entry) for entry in package.infolist())
        assert not [name for name in package.namelist() if "comment" in name.lower() or "sheet2" in name]
    assert b"geheim" not in whole.lower() and b"<f>" not in whole
    assert not any(part.encode() in whole for part in (*FIRST, *LAST) if len(part) > 3)


def test_a_column_is_kept_when_asked(tmp_path):
    made = coded(workbook(tmp_path / "klas.xlsx"), columns=["Leerling"], keep=["Opmerking"])
    assert "Opmerking" in read_tables(made.file).tables[0].columns and made.kept == ("Opmerking",)


def test_the_name_of_a_pupil_stays_nowhere(tmp_path):
    path = tmp_path / "a.csv"
    rows = "".join(f"{name};5A;{n};{n}\n" for n, name in enumerate(NAMES[:12]))
    path.write_text("leerling;klas;voortoets;natoets\n" + rows.replace(";11;11", ";11;ziek Jan Peeters"), "utf-8")
    assert refused(path) == ["name_in_cell"]
    assert refused(listed(tmp_path / "b", "Jan Peeters.csv")) == ["name_in_file_name"]


def test_first_and_family_name_become_one_code(tmp_path):
    path = tmp_path / "a.csv"
    rows = "".join(f"{name.split(', ')[0]};{name.split(', ')[1]};5A;{n};{n}\n" for n, name in enumerate(NAMES[:12]))
    path.write_text("naam;voornaam;klas;voortoets;natoets\n" + rows, "utf-8")
    made = coded(path)
    assert list(read_tables(made.file).tables[0].columns) == ["leerling", "klas", "voortoets", "natoets"]
    key = keys.load(made.key_file)
    assert cells(made.file) == [code_of(name, key) for name in NAMES[:12]]


PAYLOADS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x";"y")', "+1e5x", "-1-1"]
PLAIN = ["+", "--", "+/-", "-3", "-3,5", "+4", "-", "-10%", "003", "1E5", "a;b", 'zegt "hoi"', "3-mei"]


@pytest.mark.parametrize("kind", [".csv", ".xlsx"])
def test_no_formula_runs_and_no_text_changes(tmp_path, kind):
    """Text stays as it is; in a file with separators what would run gets a mark in front."""
    texts = [*PAYLOADS, *PLAIN]
    columns = {"leerling": [f"L{n}" for n in range(len(texts))], "klas": ["5A"] * len(texts), "x": texts}
    sheet = Sheet(None if kind == ".csv" else "a", {name: Column.of(own) for name, own in columns.items()})
    content = written([sheet], kind, "a")
    (tmp_path / f"a{kind}").write_bytes(content)
    read = cells(tmp_path / f"a{kind}", "x")
    assert read[len(PAYLOADS) :] == PLAIN
    assert read[: len(PAYLOADS)] == [f"'{text}" if kind == ".csv" else text for text in PAYLOADS]
    if kind == ".xlsx":
        page = openpyxl.load_workbook(io.BytesIO(content)).active
        assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s"}


def test_a_file_that_cannot_be_copied_is_refused(tmp_path):
    path = listed(tmp_path / "lijst")
    assert refused(path.parent) == ["code_one_file"]
    assert refused(path, columns=["weg"]) == ["column_to_code_missing"]
    assert refused(path, out=path) == ["template_exists"] and refused(path, out=tmp_path / "a.xlsx") == ["copy_ending"]
    first, second = coded(path), coded(path)
    assert (first.file.name, second.file.name) == ("punten-codes.csv", "punten-codes-2.csv")

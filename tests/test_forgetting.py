"""A pupil who is forgotten: no trace in any byte, other figures as without the pupil, nothing done unasked."""

import base64
import gzip
import hashlib
import html
import io
import json
import random
import re
import urllib.parse
import zipfile
import zlib
from datetime import date

import openpyxl
import pytest
from conftest import EXAMPLES
from test_pseudonyms import NAMES, listed

import gsl_research as gsl
from gsl_research import cli, files, forgetting, keys, runs, traces
from gsl_research.care import forget_lines
from gsl_research.problems import Problem, Problems
from gsl_research.pseudonyms import code_of, pseudonymise
from gsl_research.reading import read_tables
from gsl_research.traces import Trace, sealed
from gsl_research.wording import words

STUDY = EXAMPLES / "breuken-strookmodel.toml"
AT = 12
NAME = NAMES[AT]
MADE = {}
"""What was measured in these tests, by the scores: the same scores give the same bytes."""
TODAY = date(2026, 11, 23)
W = words("nl")


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "settings"))


@pytest.fixture
def measured(monkeypatch):
    """Measuring in this process, without a notebook: the same values, sooner."""

    def measure_files(study_file, data_file, *, out, lang, also=(), forgotten=()):
        content = data_file.read_bytes()
        if content not in MADE:
            study = gsl.load_study(study_file)
            measurement = gsl.measure(study, gsl.load_data(data_file, study))
            verdict = gsl.judge(measurement)
            gsl.save(gsl.private_record(measurement, verdict), out)
            gsl.save(gsl.evidence(measurement, verdict), out)
            page = gsl.save(gsl.report(measurement, verdict, lang=lang), out)
            made = (page.parent / "card.json", out / "private" / study.id / "record.json", page)
            MADE[content] = {path.relative_to(out): path.read_bytes() for path in made}
        for place, raw in MADE[content].items():
            with files.made_folder((out / place).parent):
                files.write_bytes(out / place, raw)
        page = out / place
        return runs.Run(page.parent, page, page, page, page, 0, "plain")

    monkeypatch.setattr(runs, "measure_files", measure_files)
    return lambda data, out: measure_files(STUDY, data, out=out, lang="nl")


def find(who, data, out, **given):
    files = data if isinstance(data, list) else [data]
    return forgetting.find(who, files, out=out, **given)


def forget(who, data, out, **given):
    return forgetting.carry_out(find(who, data, out, **given), W, today=TODAY)


def refused(who, data, out, **given):
    with pytest.raises(Problems) as found:
        find(who, data, out, **given)
    return [problem.code for problem in found.value.problems]


def bytes_under(*folders):
    return {path: path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


def unpacked(raw):
    """The bytes, what a zip holds and what a PDF's streams hold."""
    yield raw
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            for entry in package.infolist():
                yield entry.filename.encode()
                yield from unpacked(package.read(entry))
    for part in raw.split(b"stream\n")[1:] if raw.startswith(b"%PDF") else ():
        try:
            yield zlib.decompressobj().decompress(part)
        except zlib.error:
            continue


def canaries(name):
    """A name as it may stand in bytes: plain, in UTF-16, base64, an address, a page, JSON."""
    last, first = name.split(", ")
    for text in (name, f"{first} {last}", f"{last} {first}", name.upper(), f"{first} {last}".lower()):
        shown = {
            text,
            html.escape(text),
            html.escape(text, quote=True),
            json.dumps(text)[1:-1],
            urllib.parse.quote(text),
        }
        shown |= {urllib.parse.quote_plus(text), text.encode("ascii", "xmlcharrefreplace").decode()}
        for form in shown:
            yield from (form.encode(encoding, "ignore") for encoding in ("utf-8", "cp1252", "utf-16-le", "utf-16-be"))
        for ahead in range(3):
            yield base64.b64encode(b"\0" * ahead + text.encode())[4:-4]


def hits(name, *folders):
    wanted = {canary for canary in canaries(name) if len(canary) > 5}
    return [path for path, raw in bytes_under(*folders).items()
            if any(canary in part for part in unpacked(raw) for canary in wanted)]  # fmt: skip


# finding a name in bytes


def docx(text):
    content = io.BytesIO()
    first, rest = text[:4], text[4:]
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", f"<w:r><w:t>{first}</w:t></w:r><w:r><w:t>{rest}</w:t></w:r>")
    return content.getvalue()


def xlsx(text):
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["x", text])
    book.save(content)
    return content.getvalue()


WAYS = {
    "plain": lambda t: t.encode(),
    "windows": lambda t: t.encode("cp1252", "replace"),
    "capitals": lambda t: t.upper().encode(),
    "utf-16": lambda t: t.encode("utf-16"),
    "utf-16 among bytes": lambda t: b"\0\1\2" + t.encode("utf-16-le") + b"\xff",
    "base64": lambda t: base64.b64encode(b"xy" + t.encode() + b"zz"),
    "base64 of a page": lambda t: base64.b64encode(b"<p>" + t.encode("utf-16-le") + b"</p>"),
    "address": lambda t: f"mail/{urllib.parse.quote(t)}".encode(),
    "page": lambda t: f"<p>{t.encode('ascii', 'xmlcharrefreplace').decode()}</p>".encode(),
    "json": lambda t: json.dumps({"a": t}).encode(),
    "runs of a document": docx,
    "workbook": xlsx,
    "zip in a zip": lambda t: zipped("a.docx", docx(t)),
    "name of a part": lambda t: zipped(f"{t}.txt", b""),
    "pdf": lambda t: b"%PDF-1.7\nstream\n" + zlib.compress(f"BT ({t}) Tj".encode()) + b"\nendstream",
}


def zipped(name, content):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, content)
    return whole.getvalue()


@pytest.mark.parametrize("way", WAYS)
def test_a_name_is_found_in_any_file(way):
    trace = Trace(["Maes, Zoë"])
    assert trace.within(WAYS[way]("Maes, Zoë")), way
    assert not trace.within(WAYS[way]("Maas, Zoë")) and not trace.within(WAYS[way]("Maes, Noor"))


def test_a_name_is_found_in_any_order_and_only_whole():
    trace = Trace(["Van den Broeck, Zoë", "L012"])
    for text in (
        "zoe van den broeck",
        "Zoë_Van_den_Broeck.docx",
        "zoe.vandenbroeck@school.be",
        "VAN DEN BROECK Zoë",
        "l012",
    ):
        assert trace.in_text(text), text
    for text in ("Zoë", "Van den Broeck", "L0123", "XL012", "Zoë Van den Broecke", ""):
        assert not trace.in_text(text), text


def test_what_is_too_short_is_not_looked_for_in_texts():
    assert not Trace(["7"]) and not Trace(["12", "L1"]) and not Trace(["7"]).within(b"7 7 7")
    assert "Zo" not in repr(Trace(["Zoë Maes"]))


LOCKED = zipped("kaart.docx", docx("x"))
LOCKED = LOCKED[: LOCKED.index(b"PK\1\2") + 8] + b"\1" + LOCKED[LOCKED.index(b"PK\1\2") + 9 :]
"""A zip of which the directory says that its part has a password."""
SEALED = {
    "locked zip": LOCKED,
    "broken zip": zipped("a.docx", docx(NAME))[:-30],
    "zip of a broken zip": zipped("a.docx", docx(NAME)[:-30]),
    "pdf": b"%PDF-1.7\nstream\n" + zlib.compress(b"BT <00120034> Tj") + b"\nendstream",
    "zip of a pdf": zipped("a.pdf", b"%PDF-1.4"),
    "old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    "document with a password": zipped("x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "packed text": gzip.compress(NAME.encode() * 5, mtime=0),
    "spss": b"$FL2@(#) SPSS DATA FILE" + bytes(40),
}
OPEN = {
    "text": "Zoë\r\n\tpunten\x0c".encode(), "windows": "Zoë".encode("cp1252"), "utf-16": "Zoë".encode("utf-16"),
    "document": docx("x"), "workbook": xlsx("x"), "document with a picture": zipped("a.png", b"\x89PNG\0"),
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("kind", [*SEALED, *OPEN])
def test_what_cannot_be_looked_into_is_known(kind):
    assert sealed((SEALED | OPEN)[kind]) is (kind in SEALED)
    assert not Trace([NAME]).within((SEALED | OPEN)[kind])


def test_one_locked_part_does_not_hide_the_others():
    whole = io.BytesIO(LOCKED)
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("b.txt", NAME)
    assert Trace([NAME]).within(whole.getvalue()) and sealed(whole.getvalue())


def test_packages_deeper_than_are_opened_are_sealed():
    raw = docx("x")
    for _ in range(traces.DEEPEST):
        assert not sealed(raw)
        raw = zipped("a.zip", raw)
    assert sealed(raw)


def test_a_short_name_is_not_found_by_luck_in_a_picture():
    noise = random.Random(3).randbytes(300_000)  # noqa: S311
    assert not Trace(["Bo Nys", "Jan"]).within(b"\x89PNG\0\0\0" + noise)


# forgetting


def school(tmp_path, measured):
    """Scores with names, results from them, and everything else that may hold a pupil."""
    data, out = listed(tmp_path / "bron"), tmp_path / "uit"
    measured(data, out)
    shared, private = out / "reports" / "breuken-strookmodel", out / "private" / "breuken-strookmodel"
    last, first = NAME.split(", ")
    (shared / ".ipynb_checkpoints").mkdir()
    (shared / ".ipynb_checkpoints" / "3-checkpoint.ipynb").write_text(json.dumps({"out": NAME}))
    (private / "pupils.html").write_text(
        f"<td>{html.escape(first)} {last}</td>".encode("ascii", "xmlcharrefreplace").decode()
    )
    (private / "teacher.html").write_text("<td>5A 12,3</td>")
    (private / "page.json").write_text(json.dumps({"rows": [[NAME, "3"]]}))
    (private / "oud.pdf").write_bytes(WAYS["pdf"](NAME))
    ours = docx("oude cijfers")
    (shared / "report.docx").write_bytes(ours)
    (shared / "run.json").write_text(json.dumps({"documents": {"report.docx": hashlib.sha256(ours).hexdigest()}}))
    (private / "kopie.xlsx").write_bytes(data_as_xlsx(data))
    (out / "andere.csv").write_text("leerling;punten\nMaes, Noor;3\n" + f"{first} {last};4\nNys, Bo;5\n", "utf-8")
    (out / "private" / "cache").mkdir()
    (out / "private" / "cache" / "rijen.bin").write_bytes(b"\0\1" + NAME.encode("utf-16-le"))
    return data, out


def data_as_xlsx(data):
    book, content = openpyxl.Workbook(), io.BytesIO()
    table = read_tables(data).tables[0]
    book.active.append(list(table.columns))
    for row in zip(*table.columns.values(), strict=True):
        book.active.append(list(row))
    book.save(content)
    return content.getvalue()


def test_no_trace_is_left_and_the_rest_is_as_without_the_pupil(tmp_path, measured):
    data, out = school(tmp_path, measured)
    before = hits(NAME, out, data.parent)
    assert len(before) >= 7, "the canaries are seen"
    done = forget("zoe van den broeck", [data], out, study_file=STUDY)
    assert hits(NAME, out, data.parent) == [] and done.left == ()
    others = [name for name in NAMES[:128] if name != NAME]
    assert list(read_tables(data).tables[0].columns["leerling"]) == others
    assert list(read_tables(out / "private/breuken-strookmodel/kopie.xlsx").tables[0].columns["leerling"]) == others
    rest = tmp_path / "zonder.csv"
    lines = listed(tmp_path / "c").read_text("utf-8").splitlines()
    rest.write_text("\n".join(line for line in lines if not line.startswith(NAME)) + "\n", "utf-8")
    measured(rest, tmp_path / "zonder")
    for name in ("private/breuken-strookmodel/record.json", "reports/breuken-strookmodel/card.json"):
        assert bare(out / name) == bare(tmp_path / "zonder" / name)
    page = "reports/breuken-strookmodel/report.html"
    shown = [HASH.sub("", (folder / page).read_text("utf-8")) for folder in (out, tmp_path / "zonder")]
    assert shown[0] == shown[1]
    assert not (out / "private/breuken-strookmodel/teacher.html").exists(), "an old page shows old figures"
    assert not (out / "reports/breuken-strookmodel/report.docx").exists()


def test_the_run_itself_is_done_again_and_no_ledger_keeps_the_pupil(tmp_path):
    """The whole way, with the notebook: one pupil less is no reason to refuse the page, and the rest stays known."""
    data, out = listed(tmp_path / "scores"), tmp_path / "uit"
    runs.measure_files(STUDY, data, out=out, lang="nl")
    before = files.opened_ledger(out)["releases"][0]
    names = [name for name in sorted((out / "reports/breuken-strookmodel").iterdir())]
    assert hits(NAME, out / "private")
    done = forget(NAME, [data], out, study_file=STUDY)
    assert done.page is not None and done.left == () and hits(NAME, out, data.parent) == []
    (after,) = files.opened_ledger(out)["releases"]
    assert len(before["rows"]) - len(after["rows"]) == len(set(before["groups"]) & {"breuken", "motivatie"})
    assert sorted((out / "reports/breuken-strookmodel").iterdir()) == names
    with pytest.raises(Problems) as refused:
        runs.measure_files(STUDY, _one_less(data, tmp_path), out=out, lang="nl")
    assert refused.value.problems[0].code == "differs_by_few"


def _one_less(data, folder):
    lines = data.read_text("utf-8").splitlines()
    (folder / "een minder.csv").write_text("\n".join([*lines[:3], *lines[4:]]) + "\n", "utf-8")
    return folder / "een minder.csv"


HASH = re.compile(r"\b[0-9a-f]{64}\b|Gegevens [0-9a-f]{8}")
"""The page names the bytes of the scores, which another program wrote."""


def bare(path):
    content = json.loads(path.read_text("utf-8"))
    content["data"].pop("sha256")
    content.pop("content_sha256")
    return content


def test_nothing_is_done_before_yes(tmp_path, measured):
    data, out = school(tmp_path, measured)
    before = bytes_under(tmp_path)
    plan = find(NAME, data, out, study_file=STUDY)
    assert bytes_under(tmp_path) == before and plan.rows == 3 and NAME not in repr(plan)


def test_the_note_and_the_lines_name_nobody(tmp_path, measured):
    data, out = school(tmp_path, measured)
    (tmp_path / "bron" / "punten.csv").rename(data := tmp_path / "bron" / f"{NAME}.csv")
    plan = find(NAME, data, out, study_file=STUDY)
    told = [*forget_lines(plan, None, W, typed=True)]
    done = forgetting.carry_out(plan, W, today=TODAY)
    told += [*forget_lines(plan, done, W, typed=True), done.note.read_text("utf-8")]
    assert (
        done.note.parent == out / "private" and "23 november 2026" in told[-1] and "rijen die weg zijn: 1" in told[-1]
    )
    assert not any(Trace([NAME]).in_text(line) for line in told)


def test_forgotten_twice_is_said(tmp_path, measured):
    data, out = school(tmp_path, measured)
    forget(NAME, data, out, study_file=STUDY)
    assert refused(NAME, data, out, study_file=STUDY) == ["nobody_of_this_name"]


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4])
def test_cut_off_anywhere_it_can_be_done_again(tmp_path, measured, monkeypatch, stop_at):
    data, out = school(tmp_path, measured)
    write, calls = forgetting.write_bytes, []

    def failing(path, content):
        calls.append(path)
        if len(calls) == stop_at:
            raise KeyboardInterrupt
        return write(path, content)

    monkeypatch.setattr(forgetting, "write_bytes", failing)
    try:
        forget(NAME, data, out, study_file=STUDY)
    except KeyboardInterrupt:
        monkeypatch.setattr(forgetting, "write_bytes", write)
        forget(NAME, data, out, study_file=STUDY)
    assert hits(NAME, out, data.parent) == [] and not list(out.glob(".gsl-*"))
    assert not (out / "private/breuken-strookmodel/teacher.html").exists(), "what shows old figures went too"


def test_a_study_that_cannot_be_measured_any_more_loses_its_results(tmp_path, measured, monkeypatch):
    data, out = school(tmp_path, measured)

    def too_few(*args, **kwargs):
        raise Problems([Problem(code="empty_file", file="punten.csv")])

    monkeypatch.setattr(runs, "measure_files", too_few)
    done = forget(NAME, data, out, study_file=STUDY)
    left = [path.name for path in bytes_under(out / "reports", out / "private")]
    assert [p.code for p in done.unmeasured] == ["empty_file"] and hits(NAME, out, data.parent) == []
    assert set(left) == {done.note.name, "kopie.xlsx"}


def test_a_fault_of_the_disk_leaves_everything_as_it_was(tmp_path, measured, monkeypatch):
    data, out = school(tmp_path, measured)
    before = bytes_under(tmp_path)

    def full(*args, **kwargs):
        raise Problems([Problem(code="disk_full", file="report.html")])

    monkeypatch.setattr(runs, "measure_files", full)
    with pytest.raises(Problems):
        forget(NAME, data, out, study_file=STUDY)
    assert bytes_under(tmp_path) == before


def test_without_a_study_the_results_from_these_scores_go(tmp_path, measured):
    data, out = school(tmp_path, measured)
    plan = find(NAME, data, out)
    assert plan.others == ("breuken-strookmodel",) and plan.study is None
    forgetting.carry_out(plan, W, today=TODAY)
    assert hits(NAME, out, data.parent) == [] and not (out / "reports" / "breuken-strookmodel").exists()


def test_a_document_of_a_person_is_named_and_left(tmp_path, measured):
    data, out = school(tmp_path, measured)
    shared = out / "reports" / "breuken-strookmodel"
    (shared / "report.docx").write_bytes(docx("zelf aangepast"))
    (shared / "verslag voor ouders.docx").write_bytes(docx(NAME))
    beside = data.with_name("brief.docx")
    beside.write_bytes(docx(NAME))
    plan = find(NAME, data, out, study_file=STUDY)
    assert shared / "report.docx" in plan.edited and set(plan.look) == {
        shared / "verslag voor ouders.docx",
        beside.resolve(),
    }
    done = forgetting.carry_out(plan, W, today=TODAY)
    assert set(done.left) == set(plan.look) and (shared / "report.docx").exists()
    told = "\n".join(forget_lines(plan, done, W, typed=False))
    assert (
        "Nog niet klaar" in told
        and "brief.docx" in told
        and "niet meer" not in told.split("Een briefje")[0].split("Nog niet")[1]
    )


def test_what_could_not_be_looked_into_is_named_and_it_is_not_called_done(tmp_path, measured, monkeypatch):
    data, out = school(tmp_path, measured)
    private = out / "private" / "breuken-strookmodel"
    named = {private / "foto.dat", data.with_name("rapport.pdf"), data.with_name("oud.xls"), data.with_name("klas.zip")}
    for path, kind in zip(sorted(named), ("pdf", "old workbook", "locked zip", "picture"), strict=True):
        path.write_bytes(SEALED[kind])
    monkeypatch.setattr(forgetting, "MOST_BESIDE", 100_000)
    data.with_name("groot.docx").write_bytes(b"x" * 100_001)
    named |= {data.with_name("groot.docx")}
    plan = find(NAME, data, out, study_file=STUDY)
    assert {path.resolve() for path in plan.unseen} == {path.resolve() for path in named}
    done = forgetting.carry_out(plan, W, today=TODAY)
    assert done.left == () and set(done.unseen) == set(plan.unseen) and all(path.exists() for path in named)
    told = "\n".join(forget_lines(plan, done, W, typed=False))
    assert "Hier konden we niet in kijken" in told and "In de mappen reports en private en in je lijsten" not in told
    assert all(path.name in told for path in named) and "zelf na te kijken: 5" in done.note.read_text("utf-8")
    with pytest.raises(Problems) as nobody:
        find(NAME, data, out, study_file=STUDY)
    assert [problem.code for problem in nobody.value.problems] == ["nobody_of_this_name", *["not_looked_into"] * 5]


def test_the_exit_code_is_not_0_while_a_file_could_not_be_looked_into(tmp_path, measured, monkeypatch):
    for sealed_beside in (False, True):
        folder = tmp_path / str(sealed_beside)
        data = listed(folder / "bron")
        if sealed_beside:
            data.with_name("brief.pdf").write_bytes(SEALED["pdf"])
        words_ = ["gsl", "forget", NAME, "--data", str(data), "--out", str(folder / "uit"), "--yes"]
        monkeypatch.setattr("sys.argv", words_)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == int(sealed_beside)


def test_documents_are_made_again_and_those_of_a_person_are_named(tmp_path):
    """With the notebook: what was there as Word and text comes again, without the pupil, in its own language."""
    data, out = listed(tmp_path / "bron"), tmp_path / "uit"
    first = runs.measure_files(STUDY, data, out=out, lang="en", also="docx,txt")
    shared = first.folder
    before = {path.name: path.read_bytes() for path in shared.iterdir()}
    (shared / "gespreksleidraad.docx").write_bytes(mine := docx("zelf ingevuld"))
    plan = find(NAME, [data], out, study_file=STUDY)
    assert plan.edited == (shared / "gespreksleidraad.docx",) and plan.unseen == ()
    done = forgetting.carry_out(plan, W, today=TODAY)
    after = {path.name: path.read_bytes() for path in shared.iterdir()}
    assert set(after) - set(before) == {f"gespreksleidraad-{date.today()}.docx"} and set(before) <= set(after)
    assert after["gespreksleidraad.docx"] == mine and done.left == done.unseen == ()
    assert all(after[name] != before[name] for name in ("report.docx", "report.txt", "report.html"))
    assert b"127 pupils" in after["report.txt"] or b"pupils" in after["report.txt"]
    kept = json.loads(after["run.json"])["documents"]
    assert all(hashlib.sha256(after[name]).hexdigest() == kept[name] for name in kept if after[name] != mine)


def test_a_name_gives_the_code_and_a_code_the_name(tmp_path, measured):
    data, out = school(tmp_path, measured)
    coded = pseudonymise(data, STUDY, pupil_heading="leerling")
    code = code_of(NAME, keys.load(coded.key_file))
    for who in (NAME, code.lower()):
        plan = find(who, [data, coded.file], out)
        assert [change.rows for change in plan.changes[:2]] == [1, 1]
    forgetting.carry_out(plan, W, today=TODAY)
    assert code not in coded.file.read_text("utf-8") and hits(NAME, out, data.parent) == []
    assert refused(code, data, out) == ["nobody_of_this_name"]


def test_a_namesake_is_asked_for_and_stays(tmp_path, measured):
    names = [*NAMES[:128]]
    data, out = listed(tmp_path / "bron", names=names), tmp_path / "uit"
    measured(data, out)
    table = read_tables(data).tables[0]
    place = table.columns["klas"][AT]
    names[100] = NAME
    data = listed(tmp_path / "bron", names=names)
    other = table.columns["klas"][100]
    assert place != other and refused(NAME, data, out) == ["pupil_ambiguous"]
    plan = find(NAME, data, out, in_class=place.lower(), study_file=STUDY)
    assert plan.namesake and plan.rows == 1
    forgetting.carry_out(plan, W, today=TODAY)
    left = read_tables(data).tables[0]
    assert [left.columns["klas"][row] for row in range(len(left)) if left.columns["leerling"][row] == NAME] == [other]


@pytest.mark.parametrize("kind", ["sheets", "files"])
def test_a_namesake_on_another_sheet_or_in_another_file_is_another_pupil(tmp_path, kind):
    """A class per sheet or file, and no column that says which: the name of the sheet or file tells them apart."""
    classes = {"5A": NAMES[:20], "5B": [*NAMES[20:30], NAME, *NAMES[31:40]]}
    tables = {name: [["leerling", "voortoets", "natoets"], *([p, n, n + 1] for n, p in enumerate(pupils))]
              for name, pupils in classes.items()}  # fmt: skip
    if kind == "files":
        (data := tmp_path / "klassen").mkdir()
        for name, rows in tables.items():
            text = "\n".join(";".join(map(str, row)) for row in rows)
            (data / f"{name}.csv").write_text(f"{text}\n", "utf-8")
    else:
        book, data = openpyxl.Workbook(), tmp_path / "klassen.xlsx"
        for name, rows in tables.items():
            page = book.create_sheet(name)
            for row in rows:
                page.append(row)
        del book["Sheet"]
        book.save(data)
    assert refused(NAME, data, tmp_path / "uit") == ["pupil_ambiguous"]
    forget(NAME, data, tmp_path / "uit", in_class="5b")
    left = {table.sheet or table.file: list(table.columns["leerling"]) for table in read_tables(data).tables}
    assert sorted((NAME in pupils, len(pupils)) for pupils in left.values()) == [(False, 19), (True, 20)]


def test_two_of_one_name_in_one_class_are_refused(tmp_path):
    names = [*NAMES]
    names[AT + 1] = NAME
    assert refused(NAME, listed(tmp_path / "bron", names=names), tmp_path) == ["pupil_twice_in_list"]


def test_a_mention_in_another_row_is_emptied(tmp_path):
    data = listed(tmp_path / "bron")
    text = data.read_text("utf-8").splitlines()
    text[3] = text[3].rsplit(";", 1)[0] + f";zit naast {NAME.split(', ')[1]} {NAME.split(', ')[0]}"
    data.write_text("\n".join(text) + "\n", "utf-8")
    plan = find(NAME, data, tmp_path / "uit")
    assert (plan.changes[0].rows, plan.changes[0].cells) == (1, 1)
    forgetting.carry_out(plan, W, today=TODAY)
    assert hits(NAME, tmp_path / "bron") == [] and len(read_tables(data).tables[0]) == 127


def test_what_cannot_be_written_again_is_refused(tmp_path):
    data = listed(tmp_path / "bron")
    alone = tmp_path / "een.csv"
    alone.write_text(f"leerling;klas;voortoets\n{NAME};5A;3\n", "utf-8")
    assert refused(NAME, alone, tmp_path / "uit") in (["only_pupil"], ["no_pupil_to_code"])
    assert refused("Niemand Zo", data, tmp_path / "uit") == ["nobody_of_this_name"]
    assert refused(NAME, EXAMPLES, tmp_path / "uit")


def test_every_sheet_loses_the_pupil(tmp_path):
    book = openpyxl.Workbook()
    for at, moment in enumerate(("voor", "na")):
        page = book.active if not at else book.create_sheet()
        page.title = moment
        page.append(["leerling", "klas", f"{moment}toets"])
        for n, name in enumerate(NAMES[:20]):
            page.append([name, "5A", n / 2])
        page.append(["Gemiddelde", None, 5.5])
    hidden = book.create_sheet("oud")
    hidden.append([NAME])
    hidden.sheet_state = "hidden"
    book.save(path := tmp_path / "klas.xlsx")
    forget(NAME, path, tmp_path / "uit")
    found = read_tables(path).tables
    assert [(t.sheet, len(t)) for t in found] == [("voor", 19), ("na", 19)] and hits(NAME, tmp_path) == []


# the notebook itself


def test_the_notebook_measures_without_the_pupil(tmp_path):
    data, out = listed(tmp_path / "bron"), tmp_path / "uit"
    done = forgetting.carry_out(find(NAME, data, out, study_file=STUDY), W, today=TODAY)
    assert done.page is not None and done.removed == () and done.left == ()
    assert hits(NAME, out, data.parent) == [] and not list(out.glob(".gsl-*"))
    record = json.loads((out / "private/breuken-strookmodel/record.json").read_text("utf-8"))
    assert record["data"]["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest(), "of the scores as they are now"

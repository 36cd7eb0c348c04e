"""A document that a person changed is never overwritten; one that nobody changed is renewed in its place.

An *out* is an output folder; ``again`` saves the same study there once more, as a next run would.
"""

import builtins
import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_documents import report as every_block

import gsl_research as gsl
from gsl_research import also, files, runs
from gsl_research.blocks import Report, Text, as_json, from_json
from gsl_research.problems import Problems

TODAY = date(2026, 11, 23)
DATED = "report-2026-11-23"


def page(text: str = "eerst") -> Report:
    return replace(every_block(), study_id="breuken", blocks=(Text(text),), footer=text)


def folder(out: Path) -> Path:
    return out / "reports" / "breuken"


def again(out: Path, text: str = "eerst", kinds: str = "txt", today: date = TODAY) -> list[str]:
    return [one.name for one in files.save_documents(page(text), out, kinds, today=today)]


def names(out: Path) -> list[str]:
    return sorted(path.name for path in folder(out).iterdir())


def edit(path: Path, words: str = "Mijn eigen zin. ") -> bytes:
    path.write_bytes(words.encode() + path.read_bytes())
    return path.read_bytes()


def test_a_first_run_writes_and_remembers(tmp_path):
    assert again(tmp_path, kinds="docx,pdf,txt") == ["report.docx", "report.pdf", "report.txt"]
    facts = json.loads((folder(tmp_path) / "run.json").read_text("utf-8"))
    on_disk = {name: (folder(tmp_path) / name).read_bytes() for name in names(tmp_path) if name != "run.json"}
    assert facts == {"documents": {name: hashlib.sha256(it).hexdigest() for name, it in on_disk.items()}}


@pytest.mark.parametrize("kind", ["docx", "pdf", "txt"])
def test_what_nobody_changed_is_renewed_in_its_place(tmp_path, kind):
    again(tmp_path, kinds=kind)
    before = (folder(tmp_path) / f"report.{kind}").read_bytes()
    assert again(tmp_path, kinds=kind) == again(tmp_path, "tweede", kind) == [f"report.{kind}"]
    assert (folder(tmp_path) / f"report.{kind}").read_bytes() != before
    assert names(tmp_path) == [f"report.{kind}", "run.json"]


def test_what_a_person_changed_stays_and_the_new_one_gets_the_date(tmp_path):
    again(tmp_path, kinds="docx")
    mine = edit(folder(tmp_path) / "report.docx")
    assert again(tmp_path, "tweede", "docx") == [f"{DATED}.docx"]
    assert again(tmp_path, "derde", "docx") == [f"{DATED}.docx"], "nobody changed the dated one"
    assert (folder(tmp_path) / "report.docx").read_bytes() == mine
    assert names(tmp_path) == [f"{DATED}.docx", "report.docx", "run.json"]


def test_changed_twice_three_stand_there(tmp_path):
    again(tmp_path)
    kept = {"report.txt": edit(folder(tmp_path) / "report.txt")}
    again(tmp_path, "tweede")
    kept[f"{DATED}.txt"] = edit(folder(tmp_path) / f"{DATED}.txt", "En nog een. ")
    assert again(tmp_path, "derde") == [f"{DATED}-2.txt"]
    kept[f"{DATED}-2.txt"] = edit(folder(tmp_path) / f"{DATED}-2.txt")
    assert again(tmp_path, "vierde") == [f"{DATED}-3.txt"]
    assert {name: (folder(tmp_path) / name).read_bytes() for name in kept} == kept


def test_the_same_result_on_another_day_makes_no_copy(tmp_path):
    again(tmp_path)
    edit(folder(tmp_path) / "report.txt")
    assert again(tmp_path, "tweede") == [f"{DATED}.txt"]
    assert again(tmp_path, "tweede", today=date(2026, 12, 1)) == [f"{DATED}.txt"]
    assert again(tmp_path, "derde", today=date(2026, 12, 1)) == ["report-2026-12-01.txt"]


def test_what_a_person_threw_away_is_made_again_under_its_own_name(tmp_path):
    again(tmp_path)
    (folder(tmp_path) / "report.txt").unlink()
    assert again(tmp_path, "tweede") == ["report.txt"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"documents": 3}', '{"documents": {"report.txt": 1}}', None])
def test_without_a_memory_every_other_document_counts_as_changed(tmp_path, damage):
    again(tmp_path)
    run = folder(tmp_path) / "run.json"
    run.unlink() if damage is None else run.write_text(damage)
    first = (folder(tmp_path) / "report.txt").read_bytes()
    assert again(tmp_path) == ["report.txt"], "the same bytes are no loss"
    run.unlink()
    assert again(tmp_path, "tweede") == [f"{DATED}.txt"]
    assert (folder(tmp_path) / "report.txt").read_bytes() == first


def test_a_document_that_is_open_in_word_stays_and_the_new_one_goes_beside_it(tmp_path, monkeypatch):
    again(tmp_path, kinds="docx")
    first, opened = (folder(tmp_path) / "report.docx").read_bytes(), builtins.open

    def locked(path, mode="r", *args, **kwargs):
        if Path(path).name == "report.docx" and "+" in mode:
            raise PermissionError(13, "in use by another process")
        return opened(path, mode, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", locked)
    assert again(tmp_path, "tweede", "docx") == [f"{DATED}.docx"]
    assert (folder(tmp_path) / "report.docx").read_bytes() == first


def test_a_folder_under_the_name_of_a_document_is_left_alone(tmp_path):
    (folder(tmp_path) / "report.txt").mkdir(parents=True)
    assert again(tmp_path) == [f"{DATED}.txt"]


def test_a_document_of_an_earlier_run_is_told_when_it_is_not_renewed(tmp_path):
    again(tmp_path, kinds="docx,txt")
    new = also.placed(folder(tmp_path), {"report.txt": b"x"}, TODAY)
    (folder(tmp_path) / "report.html").write_text("eerst")
    for pages, left in (({"report.html": b"tweede"}, ("report.docx",)), ({"report.html": b"eerst"}, ()),
                        ({"plan.html": b"x"}, ())):  # fmt: skip
        assert also.not_renewed(folder(tmp_path), pages, new) == left


@pytest.mark.parametrize(
    ("asked", "found"),
    [(None, ()), ("", ()), ((), ()), ("docx", ("docx",)), (" PDF, .docx,pdf ", ("pdf", "docx")), (("txt",), ("txt",))],
)
def test_formats_are_read_as_people_type_them(asked, found):
    if asked == "":
        with pytest.raises(Problems):
            also.formats(asked)
    else:
        assert also.formats(asked) == found


def test_a_format_that_is_not_known_is_refused_with_what_is_possible(tmp_path):
    with pytest.raises(Problems) as refused:
        gsl.save(page(), tmp_path, also=("docx", "odt"))
    (problem,) = refused.value.problems
    assert (problem.code, problem.value) == ("unknown_format", "odt")
    assert "docx, pdf en txt" in " ".join(refused.value._render_traceback_())
    assert not list(tmp_path.iterdir())


def test_save_writes_the_page_its_values_and_what_was_asked(tmp_path):
    where = gsl.save(page(), tmp_path, also="docx, pdf")
    assert where == folder(tmp_path) / "report.html" and names(tmp_path) == [
        "report.docx", "report.html", "report.pdf", "run.json",
    ]  # fmt: skip
    values = tmp_path / "private" / "breuken" / "page.json"
    assert from_json(json.loads(values.read_text("utf-8"))) == page()
    edit(folder(tmp_path) / "report.docx")
    with pytest.warns(UserWarning, match="report.docx is aangepast"):
        gsl.save(page("tweede"), tmp_path, also="docx")
    gsl.save(replace(page("gids"), name="gespreksleidraad"), tmp_path, also="txt")
    kept = json.loads(values.with_name("gespreksleidraad.json").read_text("utf-8"))
    assert from_json(kept) == replace(page("gids"), name="gespreksleidraad")
    assert (folder(tmp_path) / "gespreksleidraad.txt").exists() and from_json(json.loads(values.read_text())) == page(
        "tweede"
    )
    plan = replace(page(), name="plan")
    gsl.save(plan, tmp_path, also="txt")
    assert (folder(tmp_path) / "plan.txt").exists() and from_json(json.loads(values.read_text())) == page("tweede")


def test_only_a_report_has_other_formats(tmp_path):
    with pytest.raises(TypeError, match="only a Report"):
        gsl.save({"leerling": "x"}, tmp_path, also="docx")


def staged(out: Path, text: str, saved: dict[str, bytes]) -> None:
    """What the notebook leaves in its staging folder, in place of a kernel; the guide is always the same."""
    here, private = folder(out), out / "private" / "breuken"
    here.mkdir(parents=True)
    private.mkdir(parents=True)
    (here / "report.html").write_text(text)
    (here / "gespreksleidraad.html").write_text("gids")
    (private / "record.json").write_text("{}")
    (private / "page.json").write_text(json.dumps(as_json(page(text))))
    (private / "gespreksleidraad.json").write_text(json.dumps(as_json(replace(page("gids"), name="gespreksleidraad"))))
    for name, content in saved.items():
        (here / name).write_bytes(content)


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """A run of which the notebook was executed by hand."""

    def run(text: str, kinds: str | tuple[str, ...] = (), saved: dict[str, bytes] | None = None) -> runs.Run:
        def execute(notebook, parameters, to, limit, source):
            staged(Path(parameters["out_folder"]), text, saved or {})
            to.write_text("{}")
            return "plain"

        monkeypatch.setattr(runs, "prepare", lambda: None)
        monkeypatch.setattr(runs, "run_notebook", execute)
        return runs.measure_files("a.toml", "b.csv", out=tmp_path, lang="nl", also=kinds)

    return run


def test_a_run_publishes_documents_with_the_page_and_remembers_them(tmp_path, measure):
    run = measure("eerst", "docx,txt")
    four = ["gespreksleidraad.docx", "gespreksleidraad.txt", "report.docx", "report.txt"]
    assert sorted(one.name for one in run.documents) == four and run.left == ()
    facts = json.loads((run.folder / "run.json").read_text("utf-8"))
    assert sorted(facts["documents"]) == four and "started" in facts
    for name, digest in facts["documents"].items():
        assert hashlib.sha256((run.folder / name).read_bytes()).hexdigest() == digest
    assert "gids" in (run.folder / "gespreksleidraad.txt").read_text("utf-8")
    assert measure("eerst").left == (), "the same pages: what lies there is still true"
    run = measure("tweede", "txt")
    assert run.left == ("report.docx",), "and the guide says what it said"
    assert sorted(json.loads((run.folder / "run.json").read_text())["documents"]) == four


def test_a_guide_that_a_team_filled_in_stays_and_an_older_one_is_told(tmp_path, measure):
    run = measure("eerst", "docx,txt")
    mine = edit(run.folder / "gespreksleidraad.docx")
    (run.folder / "gespreksleidraad.html").write_text("een vorige gids")
    run = measure("eerst", "docx")
    assert [one.name for one in run.documents if one.beside] == [f"gespreksleidraad-{date.today()}.docx"]
    assert (run.folder / "gespreksleidraad.docx").read_bytes() == mine and run.left == ("gespreksleidraad.txt",)


def test_a_run_leaves_what_a_person_changed(tmp_path, measure):
    run = measure("eerst", "docx")
    mine = edit(run.folder / "report.docx")
    run = measure("tweede", "docx")
    new = next(one for one in run.documents if one.asked == "report.docx")
    assert new.beside and (run.folder / "report.docx").read_bytes() == mine
    assert (run.folder / new.name).read_bytes() == new.content and run.left == ()


def test_what_the_notebook_saved_itself_does_not_overwrite_either(tmp_path, measure):
    run = measure("eerst", "txt")
    mine = edit(run.folder / "report.txt")
    run = measure("tweede", saved={"report.txt": b"nieuw"})
    assert (run.folder / "report.txt").read_bytes() == mine
    assert (run.folder / run.documents[0].name).read_bytes() == b"nieuw"


def test_a_failing_document_publishes_nothing(tmp_path, measure, monkeypatch):
    measure("eerst", "txt")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr(also, "document", lambda report, kind: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        measure("tweede", "txt")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_notebook_that_saves_no_values_makes_no_documents(tmp_path, measure, monkeypatch):
    monkeypatch.setattr(runs, "PAGE_VALUES", {"report": "weg.json"})
    with pytest.raises(runs.RunFailed) as failed:
        measure("eerst", "txt")
    assert failed.value.problem.code == "nothing_saved"

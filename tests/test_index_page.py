"""The index tells all that ran and all that did not, in order of name; what is shared names no school and no file."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from text_keys import LANGUAGES

from gsl_research.batch import Batch, Outcome
from gsl_research.below import Given
from gsl_research.index_page import REASONS, index, safe, write_index
from gsl_research.problems import Problem
from gsl_research.progress import Progress
from gsl_research.wording import words

NL = words("nl")


def given(folder: Path, name: str, title: str | None, school: str | None, **more) -> Given:
    place = folder / f"{name}.toml"
    place.write_text(name)
    (folder / f"{name}.csv").write_text(f"{name} {school}")
    return Given(f"{school}/{name}.toml", place, folder / f"{name}.csv", id=name, title=title, school=school, **more)


@pytest.fixture
def batch(tmp_path) -> Batch:
    folder = tmp_path / "in"
    folder.mkdir()
    located = Problem(
        code="not_a_number", file="Scores Juf Kaboutertje.csv", row=12, column="natoets", value="geheim 17"
    )
    return Batch(
        (
            Outcome(given(folder, "z", "Zwemmen <b>", "Sint-Kabouter", day=date(2026, 12, 10)), "done"),
            Outcome(given(folder, "a", "aardrijkskunde", "De Bosgeest"), "unchanged"),
            Outcome(given(folder, "f", "=HYPERLINK(1)", "Sint-Kabouter"), "failed", (located,)),
            Outcome(given(folder, "w", None, None), "waiting"),
        ),
        "forged",
    )


def said(path: Path) -> str:
    """The page with every space an ordinary one."""
    return re.sub("[\u00a0\u202f]", " ", path.read_text("utf-8"))


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))


def test_both_pages_tell_every_study_and_lead_to_its_page(tmp_path, batch):
    out = tmp_path / "out"
    shared, own = write_index(batch, out, NL)
    assert (shared, own) == (out / "reports/index.html", out / "private/index.html")
    for path, up in ((shared, ""), (own, "../reports/")):
        text = said(path)
        assert re.findall(r'href="([^"]*)"', text) == [f"{up}a/report.html", f"{up}z/report.html"]
        assert "Zwemmen &lt;b&gt;" in text and "Onderzoek zonder titel" in text
        assert "Onderzoeken met een verslag: 2 van 4." in text
        assert "<script" not in text and "10 december 2026" in text
    assert (own.stat().st_mode & 0o077) == 0
    assert (own.with_name("index.csv").stat().st_mode & 0o077) == 0


def test_what_is_shared_names_no_school_no_file_and_no_cell(tmp_path, batch):
    shared, own = write_index(batch, tmp_path / "out", NL)
    for path in (shared, shared.with_name("index.csv")):
        text = path.read_text("utf-8")
        for hidden in ("Kabouter", "Bosgeest", "geheim", ".toml", ".csv", "natoets", str(tmp_path)):
            assert hidden not in text, hidden
    for path in (own, own.with_name("index.csv")):
        text = path.read_text("utf-8")
        assert all(told in text for told in ("Sint-Kabouter", "De Bosgeest", "Sint-Kabouter/f.toml", "geheim 17"))
        assert "rij 12" in text


def test_the_order_is_that_of_names_and_of_nothing_else(batch):
    made = index(batch, {}, NL, private=False)
    assert [line.title for line in made.made] == ["aardrijkskunde", "Zwemmen <b>"]
    turned = replace(batch, outcomes=batch.outcomes[::-1])
    assert index(turned, {}, NL, private=False) == made


def test_studies_of_one_name_stand_by_school(tmp_path):
    made = [Outcome(given(tmp_path, f"s{n}", "Lezen", f"school {n}"), "done" if n % 3 else "failed") for n in range(9)]
    made = [one if one.state == "done" else replace(one, problems=(Problem(code="batch_fault"),)) for one in made]
    letters = {f"school {n}": ("I", "H", "G", "AB", "E", "D", "C", "B", "AA")[n] for n in range(9)}
    shared = index(Batch(tuple(made), "forked"), letters, NL, private=False)
    assert [line.school for line in shared.lines] == ["B", "C", "D", "E", "G", "H", "I", "AA", "AB"]
    assert [line.school for line in shared.made] == ["B", "D", "E", "G", "H", "AA"]
    own = index(Batch(tuple(made), "forked"), letters, NL, private=True)
    assert [line.school.split()[0] for line in own.lines] == [line.school for line in shared.lines]


def test_letters_stay_and_do_not_follow_the_names(tmp_path, batch):
    out = tmp_path / "out"
    write_index(batch, out, NL)
    kept = json.loads((out / "private/schools.json").read_text("utf-8"))["letters"]
    assert set(kept) == {"Sint-Kabouter", "De Bosgeest"} and set(kept.values()) == {"A", "B"}
    more = given(tmp_path / "in", "n", "nieuw", "Aap")
    write_index(replace(batch, outcomes=(*batch.outcomes, Outcome(more, "done"))), out, NL)
    again = json.loads((out / "private/schools.json").read_text("utf-8"))["letters"]
    assert again == kept | {"Aap": "C"}
    orders = set()
    for n in range(12):
        folder = tmp_path / str(n)
        folder.mkdir()
        two = [Outcome(given(folder, f"{name}{n}", "t", name), "done") for name in ("A", "B")]
        write_index(Batch(tuple(two), "forked"), folder / "out", NL)
        orders.add(tuple(json.loads((folder / "out/private/schools.json").read_text("utf-8"))["letters"]))
    assert orders == {("A", "B"), ("B", "A")}


def test_more_schools_than_letters(tmp_path):
    (tmp_path / "in").mkdir()
    many = tuple(Outcome(given(tmp_path / "in", f"s{n}", f"s{n}", f"school {n}"), "done") for n in range(60))
    write_index(Batch(many, "forked"), tmp_path / "out", NL)
    letters = json.loads((tmp_path / "out/private/schools.json").read_text("utf-8"))["letters"]
    assert len(set(letters.values())) == 60 and {"A", "Z", "AA", "BH"} <= set(letters.values())


def test_the_table_runs_no_formula(tmp_path, batch):
    shared, _ = write_index(batch, tmp_path / "out", NL)
    header, *lines = rows(shared.with_name("index.csv"))
    assert header == ["Onderzoek", "School", "Toets achteraf", "Verslag", "Waarom er nog geen verslag is", "Bladzijde"]
    assert "'=HYPERLINK(1)" in [line[0] for line in lines]
    assert len(lines) == 4 and {line[3] for line in lines} == {"ja", "nee"}
    for start in "=+-@\t\r\n\uff1d":
        assert safe(f"{start}1+1") == f"'{start}1+1"
    assert safe("5-3=2") == "5-3=2"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_words_and_two_sentences_no_row(lang):
    for reason in {*REASONS.values(), "files", "waiting"}:
        assert words(lang)(f"batch.why.{reason}").endswith(".")
    assert all(f"problems.{code}.says" in words(lang) for code in REASONS)


def test_a_whole_batch_says_so(tmp_path, batch):
    whole = replace(batch, outcomes=batch.outcomes[:2])
    shared, _ = write_index(whole, tmp_path / "out", NL)
    text = said(shared)
    assert "Onderzoeken met een verslag: 2 van 2." in text and "Nog geen verslag" not in text


# how far it is


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(total: int, seconds: float, steps: int, stream: io.StringIO) -> str:
    now = [0.0]
    progress = Progress(total, NL, stream, clock=lambda: now[0])
    for n in range(steps):
        now[0] += seconds
        progress.step(failed=n == 1)
    progress.close()
    return stream.getvalue()


def test_the_time_that_is_left_is_told_from_the_third_study(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    lines = told(1000, 2, 200, io.StringIO()).splitlines()
    assert lines[0] == "0 van 1\u202f000 klaar" or lines[0].startswith("0 van 1")
    assert "1 zonder verslag" in lines[1] and lines[1].endswith("nog ongeveer 30 minuten")
    assert len(lines) == 3
    line = told(10, 1, 2, Terminal())
    assert "nog ongeveer" not in line and line.count("\r") == 3 and line.endswith("\n")
    whole = "[###############...............] 5 van 10 gedaan, waarvan 1 zonder verslag, nog ongeveer 10 seconden\n"
    assert told(10, 1, 5, Terminal()).endswith(whole)


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_a_line_that_is_written_over_is_never_wider_than_the_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = told(200, 20, 199, Terminal()).removesuffix("\n").split("\r")
    assert max(map(len, lines)) < columns
    assert lines[-1].rstrip().endswith("waarvan 1 zonder verslag, nog ongeveer 20 seconden"[-columns + 1 :])
    assert columns < 80 or lines[-1].startswith("[#")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "10 seconden"), (44, "40 seconden"), (61, "1 minuut"), (140, "2 minuten"), (5400, "1,5 uur"), (7300, "2 uur")],
)
def test_time_is_rounded_as_one_would_say_it(seconds, said):
    assert Progress(0, NL, io.StringIO()).left(seconds) == f"nog ongeveer {said}"

"""What a team decided, and the page for its meeting: what stands where, and that no pupil's name comes along."""

import functools
import json
import re
import shutil
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import EXAMPLES, PROJECT, bound, classes, plan, turned
from telling import said, whole_page
from text_keys import LANGUAGES

import gsl_research as gsl
from gsl_research import runs
from gsl_research.beside import decisions_file
from gsl_research.blocks import Bullets, Heading, Report, Table
from gsl_research.conversation import MINUTES
from gsl_research.dataset import Dataset
from gsl_research.decision_form import decision_form, write_form
from gsl_research.decisions import Decisions, load_decisions
from gsl_research.documents import document, html
from gsl_research.mentions import Mentions
from gsl_research.problems import Problems
from gsl_research.wording import words

STUDY = "breuken-strookmodel.toml"
GOOD = """schema = 1
looked_on = 2027-03-15

[reflection]
see = "Meer vooruitgang dan gedacht."
surprises = ""

[[decisions]]
what = "We proberen het nog eens."
decided_on = 2027-01-14
who = "directeur"
by = 2027-03-01
done = "not_yet"
result = ""
"""


@pytest.fixture(scope="module")
def data() -> Dataset:
    return bound(classes())[1]


def read(tmp_path, text: str, data: Dataset, encoding: str = "utf-8") -> Decisions:
    (tmp_path / "studie.besluiten.toml").write_bytes(text.encode(encoding))
    return load_decisions(tmp_path / "studie.toml", data)


def pages(measured, decisions=None, lang="nl") -> tuple[Report, Report]:
    verdict = gsl.judge(measured)
    return tuple(make(measured, verdict, lang=lang, decisions=decisions) for make in (gsl.report, gsl.conversation))


@pytest.fixture(scope="module")
def measured():
    return gsl.measure(*bound(classes(effect=1.0)))


# the file


def test_no_file_is_no_decisions(tmp_path, data):
    assert load_decisions(tmp_path / "studie.toml", data) == Decisions()
    assert decisions_file("map/studie.toml").name == "studie.besluiten.toml"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_as_it_stands_says_nothing_and_with_its_lines_uncommented_is_read(tmp_path, data, lang):
    form = decision_form("studie.toml", words(lang))
    empty = read(tmp_path, form, data)
    assert (empty.decided, empty.answers, empty.warnings) == ((), {}, ())
    filled = re.sub(r"^#(?=\w+ = )", "", form, flags=re.MULTILINE).replace('what = ""', 'what = "Loten."')
    (one,) = read(tmp_path, filled, data).decided
    assert (one.what, one.on, one.by, one.done, one.late) == (
        "Loten.", date(2027, 1, 14), date(2027, 3, 1), "not_yet", True
    )  # fmt: skip
    questions = [words(lang)(f"team.form.{key}") for key in ("what", "who", "by", "done", "result", "see", "surprises")]
    assert all(f"# {question}" in form for question in questions)


def test_the_form_is_written_beside_the_study_and_never_over_what_a_person_wrote(tmp_path):
    study = tmp_path / STUDY
    study.write_bytes((EXAMPLES / STUDY).read_bytes())
    written = write_form(study, words("nl"))
    assert written == tmp_path / "breuken-strookmodel.besluiten.toml"
    written.write_text(GOOD, "utf-8")
    with pytest.raises(Problems, match="decisions_exist"):
        write_form(study, words("nl"))
    assert written.read_text("utf-8") == GOOD
    with pytest.raises(Problems, match="study_missing"):
        write_form(tmp_path / "weg.toml", words("nl"))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("surprises", "suprises", "unknown_key_near"),
        ("looked_on", "zonnebloem", "unknown_key"),
        ("by = 2027-03-01", 'by = "1 maart 2027"', "wrong_type"),
        ('"not_yet"', '"bezig"', "not_one_of"),
        ("by = 2027-03-01", "by = 2026-03-01", "decision_by_before"),
        ('what = "We proberen het nog eens."', 'what = ""', "decision_without_what"),
        ("We proberen het nog eens.", "lang " * 100, "value_string_too_long"),
        ('who = "directeur"', 'who = "de "directeur""', "not_toml"),
        ("schema = 1", "schema = 2", "not_one_of"),
    ],
)
def test_a_mistake_is_named_with_its_row_and_a_mend(tmp_path, data, old, new, code):
    text = GOOD.replace(old, new, 1)
    row = next(number for number, line in enumerate(text.split("\n"), 1) if new in line)
    with pytest.raises(Problems) as raised:
        read(tmp_path, text, data)
    (found,) = raised.value.problems
    assert (found.code, found.row, found.file) == (code, row, "studie.besluiten.toml")
    for lang in LANGUAGES:
        assert "{" not in words(lang).problem(found) and words(lang).mend(found)


def test_all_mistakes_at_once_and_another_encoding_is_said(tmp_path, data):
    text = GOOD.replace("surprises", "suprises").replace('"not_yet"', '"bezig"')
    with pytest.raises(Problems) as raised:
        read(tmp_path, text, data)
    assert {problem.code for problem in raised.value.problems} == {"unknown_key_near", "not_one_of"}
    for encoding in ("utf-16", "cp1252"):
        with pytest.raises(Problems, match="study_encoding"):
            read(tmp_path, GOOD.replace("directeur", "coördinator"), data, encoding)
    assert read(tmp_path, GOOD.replace("\n", "\r\n"), data, "utf-8-sig").decided[0].who == "directeur"


def test_late_is_told_against_a_date_in_the_file_and_never_against_the_clock(tmp_path, data):
    for looked_on, late in (("2027-03-15", True), ("2027-03-01", False), ("2026-12-01", False), (None, False)):
        line = f"looked_on = {looked_on}" if looked_on else ""
        (one,) = read(tmp_path, GOOD.replace("looked_on = 2027-03-15", line), data).decided
        assert one.late is late, looked_on
    (one,) = read(tmp_path, GOOD.replace('"not_yet"', '"yes"'), data).decided
    assert not one.late


# whom a text mentions

PUPILS = (
    "Emma Peeters",
    "Jan Van den Berg",
    "Zoë De Smet",
    "An Wouters",
    "Thomas",
    "L012",
    "6A-17",
    "20261",
    "7",
    "L1",
    "April",
)


@pytest.mark.parametrize(
    "text",
    [
        "Emma krijgt tijd.", "emma krijgt extra tijd", "extra tijd voor EMMA", "Peeters leest apart", "voor Zoe",
        "zoë's schrift", "jan leest", "Thomas' werk", "Emmas groepje", "An leest voor", "De Smet en Berg samen",
        "jan van den berg",
        "Jan komt in april", "met April", "L012", "l12 en de rest", "leerling L012.", "6A-17", "6a 17", "nummer 20261",
        "leerling 7 start", "Leerling nr. 7", "pupil 7", "leerling L1", "7", "van den Berg, Jan", "“Emma”",
        "Emma/Thomas",
    ],
)  # fmt: skip
def test_a_name_a_part_of_one_or_a_code_is_seen(text):
    assert Mentions(PUPILS).found(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Tegen 7 maart 2027.", "op 17/1/2027", "7 van de 20 leerlingen", "elke leerling 7 minuten",
        "in april en mei",
        "van de klas, den uitleg", "Van maart tot mei", "feb-mrt", "an", "in L1 en L2", "klas 6A", "op bladzijde 17",
        "de leerlingen van het vijfde", "zorgcoördinator", "emmer", "berging", "thomasschool", "2026", "120 leerlingen",
    ],
)  # fmt: skip
def test_dates_numbers_years_and_ordinary_words_stay(text):
    assert not Mentions(PUPILS).found(text)


def test_the_letters_before_every_code_are_no_name():
    codes = [f"Kind {n:02d}" for n in range(1, 25)] + [f"vlinder-{n}" for n in range(30)]
    pupils = Mentions(codes)
    assert not pupils.found("elk kind koos een vlinder") and pupils.found("vlinder 12") and pupils.found("kind 3")
    assert "vlinder" not in repr(pupils)


def test_names_in_other_columns_count_and_those_of_teachers_do_not():
    scores = classes()
    rows = len(scores["leerling"])
    scores |= {"Voornaam": ["Kwik", "Kwek"] * (rows // 2), "naam leerkracht": ["Dagobert"] * rows}
    pupils = Mentions(bound(scores)[1].called)
    assert pupils.found("Kwek wil lezen") and not pupils.found("Dagobert leest voor")


# what a page shows


def test_the_register_and_the_reflection_stand_on_the_report(tmp_path, data, measured):
    decisions = read(tmp_path, GOOD, data)
    report, meeting = pages(measured, decisions)
    assert report == pages(measured, read(tmp_path, GOOD, data))[0]
    listed = [item for block in report.blocks if isinstance(block, Bullets) for item in block.items]
    assert (
        "We proberen het nog eens. Besloten op 14 januari 2027. Wie: directeur. Tegen 1 maart 2027. "
        "Nog niet gedaan, en de datum was al voorbij: wat hield ons tegen?"
    ) in listed
    text = html(report)
    assert "Wat zien we? Meer vooruitgang dan gedacht." in text and "Wat verrast ons?" not in text.split("Om samen")[0]
    assert (
        "We proberen het nog eens. Wie: directeur. Tegen 1 maart 2027. Nog niet gedaan, en de datum was al voorbij:"
        in html(meeting).replace("\N{NO-BREAK SPACE}", " ")
    )
    headings = [b.text for b in report.blocks if isinstance(b, Heading)]
    assert (
        headings.index("Wat nu?")
        < headings.index("Wat jullie besloten")
        < headings.index("Nemen we alle leerlingen mee?")
    )


def test_without_decisions_the_page_says_how(measured):
    report, meeting = pages(measured)
    for page in (report, meeting):
        assert "Typ gsl decisions" in html(page)
    assert "Wat jullie besloten" not in html(report)


def test_nothing_typed_enters_the_plan_or_the_card(tmp_path, measured):
    study = tmp_path / STUDY
    study.write_bytes((EXAMPLES / STUDY).read_bytes())
    before = gsl.load_study(study)
    decisions_file(study).write_text(GOOD.replace("proberen", "kanaries"), "utf-8")
    assert gsl.load_study(study).fingerprint == before.fingerprint
    verdict = gsl.judge(measured)
    for record in (gsl.evidence(measured, verdict), gsl.private_record(measured, verdict)):
        assert "kanaries" not in json.dumps(record.to_json())


def test_the_longest_list_is_whole_on_the_report_and_short_at_the_meeting(tmp_path, data, measured):
    block = GOOD[GOOD.index("[[decisions]]") :]
    blocks = [
        block.replace("het nog eens", f"plan {n}").replace('"not_yet"', '"yes"' if n < 6 else '"no"') for n in range(9)
    ]
    report, meeting = pages(measured, read(tmp_path, "schema = 1\n" + "\n".join(blocks), data))
    assert html(report).count("We proberen plan") == 9 and html(meeting).count("We proberen plan") == 3


# the page for a meeting


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_meeting_has_four_parts_and_twenty_minutes_and_three_questions(measured, lang):
    report, meeting = pages(measured, lang=lang)
    headings = [block.text for block in meeting.blocks if isinstance(block, Heading)]
    told = [int(re.search(r"\((\d+) minu", heading)[1]) for heading in headings]
    assert told == list(MINUTES.values()) and sum(told) == 20 and str(20) in meeting.kicker
    asked = next(block for block in meeting.blocks if isinstance(block, Bullets)).items
    assert len(asked) == 3 and all("?" in question for question in asked)
    assert meeting.name == "gespreksleidraad" and meeting.summary == report.summary
    assert next(block for _, block in said(meeting.blocks) if block == report.summary)
    forms = [block for block in meeting.blocks if isinstance(block, Table) and not any(map("".join, block.rows))]
    assert len(forms) == 3 and html(meeting).count('class="form"') == 3
    assert html(meeting) == html(pages(measured, lang=lang)[1])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_group_is_asked_for_no_cause(lang):
    measured = gsl.measure(*bound(classes(2, 0), "one_group"))
    text = " ".join(text for _, text in whole_page(pages(measured, lang=lang)[1]))
    assert not re.search(r"\b(effect|door de aanpak|dankzij|naast de aanpak|because of|beside the approach)\b", text)


def side_effect(**changes):
    motivation = {**plan()["outcomes"][0], "name": "motivatie", "label": "Motivatie", "domain": "motivation",
                  "role": "side_effect", "pre": "m_voor", "post": "m_na", "goal": None}  # fmt: skip
    return [plan()["outcomes"][0], {key: value for key, value in (motivation | changes).items() if value is not None}]


def test_a_side_effect_that_worries_is_asked_first_and_before_the_minutes():
    scores = classes(8, 8, effect=1.0)
    low = [
        score if group == "gewoon" else "2,0"
        for score, group in zip(turned(scores["na"]), scores["groep"], strict=True)
    ]
    scores |= {
        "m_voor": turned(scores["voor"]),
        "m_na": [f"{float(c.replace(',', '.')) * 0.5:.1f}".replace(".", ",") for c in low],
    }
    for conduct in ({}, {"extra_minutes": [30]}):
        measured = gsl.measure(*bound(scores, outcomes=side_effect(), conduct=conduct))
        assert "Motivatie: er is een teken van achteruitgang." in html(pages(measured)[1])


def test_a_group_too_small_to_show_is_asked_about_without_a_word_of_its_result():
    measured = gsl.measure(*bound(classes(3, 3, 3, effect=3.0)))
    report, meeting = pages(measured)
    assert "De punten staan niet op dit blad" in html(meeting)
    numbers = re.findall(r"\d+,\d", " ".join(text for _, text in said(meeting.blocks)))
    assert not numbers


# no pupil comes along

NAMES = [
    f"{first}{last}"
    for first in ("Zebe", "Quilo", "Wivre", "Xanta", "Yfke")
    for last in "deus bert lina mar nix pol rik sul".split()
]
"""Forty that no page holds by itself."""


def with_names() -> dict[str, list]:
    scores = classes(3, 3, 20, effect=1.0)
    called = [f"{NAMES[n % 40]} Achterveld{n}" for n in range(len(scores["leerling"]))]
    return scores | {"leerling": called}


def mentioning(name: str) -> str:
    """A file in which every text mentions this pupil, each in another way."""
    text = GOOD.replace("Meer vooruitgang dan gedacht.", f"{name} ging vooruit.").replace(
        'surprises = ""', f'surprises = "Dat {name.upper()} bleef."'
    )
    text = text.replace("We proberen het nog eens.", f"We letten op {name}s werk.").replace("directeur", name.lower())
    return text.replace('result = ""', f'result = "“{name}” las."')


def test_forty_canaries_in_every_field_reach_no_page_and_no_message(tmp_path, measured):
    study, data = bound(with_names())
    for name in NAMES:
        decisions = read(tmp_path, mentioning(name), data)
        assert {problem.facts["key"] for problem in decisions.warnings} == {"see", "surprises", "what", "who", "result"}
        assert all(problem.row and problem.code == "pupil_in_decisions" for problem in decisions.warnings)
        shown = [*words("nl").problem_lines(decisions.warnings), repr(decisions), repr(data)]
        if name in NAMES[::20]:
            shown += [html(page) for lang in LANGUAGES for page in pages(measured, decisions, lang)]
        assert name.casefold() not in " ".join(shown).casefold()
        assert name.casefold() not in repr((decisions.decided, decisions.reflection)).casefold()


def test_a_mistake_that_holds_a_name_is_told_without_it(tmp_path):
    data = bound(with_names())[1]
    for old, new in (
        ('"not_yet"', f'"{NAMES[0]}"'),
        ("surprises", NAMES[0]),
        ("by = 2027-03-01", f'by = "{NAMES[0]}"'),
    ):
        with pytest.raises(Problems) as raised:
            read(tmp_path, GOOD.replace(old, new), data)
        for lang in LANGUAGES:
            assert NAMES[0] not in " ".join(words(lang).problem_lines(raised.value.problems))


def test_a_whole_run_shows_the_decisions_and_leaves_the_names_behind(tmp_path):
    example = (EXAMPLES / STUDY).read_text("utf-8")
    scores = (EXAMPLES / "breuken-strookmodel.csv").read_text("cp1252")
    called = {code: NAMES[n % 40] + f" V{n}" for n, code in enumerate(re.findall(r"^L\d+", scores, flags=re.MULTILINE))}
    (tmp_path / "scores.csv").write_text(re.sub(r"^L\d+", lambda m: called[m[0]], scores, flags=re.MULTILINE), "utf-8")
    (tmp_path / "studie.toml").write_text(example, "utf-8")
    more = GOOD[GOOD.index("[[decisions]]") :].replace("directeur", "vakgroep")
    (tmp_path / "studie.besluiten.toml").write_text(f"{mentioning(NAMES[3])}\n{more}", "utf-8")
    run = runs.measure_files(tmp_path / "studie.toml", tmp_path / "scores.csv", out=tmp_path / "out", lang="nl")
    assert "vakgroep" in run.page.read_text("utf-8") and "vakgroep" in run.conversation.read_text("utf-8")
    assert "vakgroep" not in (run.folder / "card.json").read_text("utf-8")
    written = b" ".join(path.read_bytes() for path in sorted(run.folder.rglob("*")) if path.is_file())
    assert not [name for name in NAMES if name.casefold() in written.decode("utf-8").casefold()]
    (tmp_path / "studie.besluiten.toml").write_text(f"{NAMES[0]} = 1", "utf-8")
    with pytest.raises(Problems, match="key_missing"):
        runs.measure_files(tmp_path / "studie.toml", tmp_path / "scores.csv", out=tmp_path / "out", lang="nl")


# on paper


def sheets(browser, page: Report, folder) -> int:
    file = folder / "page.html"
    file.write_text(html(page), "utf-8")
    opened = browser.new_page()
    opened.goto(file.as_uri())
    made = opened.pdf(prefer_css_page_size=True)
    opened.close()
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", made))


MEETINGS = sorted((PROJECT / "reports" / "example").glob("*/gespreksleidraad*.html"))


LONG = "Zelf plannen en samen nakijken met een stappenkaart, in alle lessen wiskunde. "


@functools.cache
def full(lang: str) -> tuple[Report, Report]:
    """A long title and question, decisions and answers of more lines, and side effects with long names."""
    scores = classes(8, 8, effect=1.0)
    scores |= {"m_voor": turned(scores["voor"]), "m_na": turned(scores["na"])}
    label = "Vragenlijst over motivatie voor wiskunde"
    study, data = bound(scores, title=LONG[:75], question=LONG * 3, outcomes=side_effect(label=label))
    block = GOOD[GOOD.index("[[decisions]]") :].replace("We proberen het nog eens.", (LONG * 3)[:230])
    answers = "".join(f'{key} = "{(LONG * 7)[:590]}"\n' for key in ("see", "surprises", "next_time"))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "studie.besluiten.toml"
        file.write_text("\n".join(["schema = 1", "[reflection]", answers, *[block] * 5]), "utf-8")
        decisions = load_decisions(file.with_name("studie.toml"), data)
    return pages(gsl.measure(study, data), decisions, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_full_meeting_is_one_sheet_of_paper(browser, tmp_path, lang):
    report, meeting = full(lang)
    assert sheets(browser, meeting, tmp_path) == 1
    assert sheets(browser, report, tmp_path) > 1, "the pages are counted"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_full_meeting_is_one_sheet_as_pdf(lang):
    report, meeting = full(lang)
    assert in_pdf(document(meeting, "pdf")) == 1 and in_pdf(document(report, "pdf")) > 1


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_full_meeting_is_one_sheet_in_word(tmp_path, lang):
    assert in_pdf(by_libreoffice(document(full(lang)[1], "docx"), tmp_path)) == 1


def in_pdf(content: bytes) -> int:
    from pypdf import PdfReader

    return len(PdfReader(BytesIO(content)).pages)


def by_libreoffice(content: bytes, folder: Path) -> bytes:
    soffice = shutil.which("soffice") or pytest.skip("LibreOffice is not on this machine")
    (folder / "page.docx").write_bytes(content)
    home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
    asked = [soffice, home, "--headless", "--convert-to", "pdf", "--outdir", str(folder), "page.docx"]
    subprocess.run(asked, cwd=folder, check=True, capture_output=True, timeout=180)
    return (folder / "page.pdf").read_bytes()


def test_the_meetings_of_the_examples_are_one_sheet_each(browser):
    assert len(MEETINGS) >= 15
    for file in MEETINGS:
        opened = browser.new_page()
        opened.goto(file.as_uri())
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", opened.pdf(prefer_css_page_size=True))) == 1, file
        opened.close()

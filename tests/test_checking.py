"""What ``gsl check`` tells: sentences for a person and the same as data, with and without a study."""

import json
import re

import openpyxl
import pytest
from conftest import EXAMPLES, STUDY_FILES, plan

from gsl_research import cli
from gsl_research.checking import check, check_files
from gsl_research.reading import Skipped
from gsl_research.study_file import load_study
from gsl_research.wording import words

NL = words("nl")
NAMES = [f"Zebedeus{i}" for i in range(12)]


def rows(names=NAMES, spread=7):
    return [
        (name, f"5{'AB'[i // 6]}", ("nieuw", "gewoon")[i // 6], i % 9 + 1, i * spread % 19)
        for i, name in enumerate(names)
    ]


def csv(header="leerling;klas;groep;voor;na", body=None, above="", below="") -> str:
    lines = [";".join(map(str, row)) for row in (rows() if body is None else body)]
    return above + "\n".join([header, *lines]) + "\n" + below


def toml(content: dict) -> str:
    parts = {key: value for key, value in content.items() if key not in ("outcomes", "design", "columns", "groups")}
    text = [f"{key} = {json.dumps(value)}" for key, value in parts.items()]
    for name in ("design", "columns", "groups"):
        if name in content:
            text += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in content[name].items())]
    for outcome in content["outcomes"]:
        text += ["[[outcomes]]", *(f"{key} = {json.dumps(value)}" for key, value in outcome.items())]
    return "\n".join(text)


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(toml(plan()), "utf-8")
    return path


def write(folder, name, text):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(row)
    book.save(path)
    return path


def test_without_a_study_it_tells_what_was_read_skipped_and_proposed(tmp_path):
    above, below = "Basisschool De Beuk;;;;\nPunten;;;;\n;;;;\n", ";Gemiddelde;;5;9\n"
    checked = check(write(tmp_path, "punten.csv", csv(above=above, below=below)))
    text = str(checked)
    assert (checked.outcome, checked.facts["rows"]) == ("accept", 12)
    assert "12 rijen" in text and "rij 17 overgeslagen: Gemiddelde" in text
    assert checked.facts["proposed"] == {
        "columns": {"pupil": "leerling", "class": "klas", "group": "groep"},
        "outcomes": [{"label": "", "pre": "voor", "post": "na"}],
        "choices": {},
    }
    assert "klas: kolom “klas”" in text and "“gewoon” en “nieuw”" in text and "--write-study" in text
    assert "Zebedeus" not in text + checked.json()


def test_several_sheets_are_each_listed_with_their_columns(tmp_path):
    header = ["leerling", "klas", "score"]
    sheets = {name: [header, *([n, k, s] for n, k, _, s, _ in rows())] for name in ("Voortoets", "Natoets")}
    checked = check(workbook(tmp_path / "punten.xlsx", sheets))
    assert [line for line in checked.lines if "12 rijen" in line and "leerling, klas, score" in line]
    assert "kolom “Voortoets!score”" in str(checked) and "kolom “Natoets!score”" in str(checked)
    assert [table["sheet"] for table in checked.facts["tables"]] == ["Voortoets", "Natoets"]


def test_the_first_study_file_is_written_completed_and_accepted(tmp_path):
    scores, study = write(tmp_path, "punten.csv", csv()), tmp_path / "studie.toml"
    assert check_files(scores, None, NL, write_study=study).facts["written"] == "studie.toml"
    refused = check(scores, study)
    assert refused.rejected and {p.file for p in refused.problems} == {"studie.toml"}
    assert all(p.row for p in refused.problems)
    text = (
        study.read_text("utf-8")
        .replace('assigned = ""', 'assigned = "class"')
        .replace('lever = ""', 'lever = "didactics"')
    )
    text = text.replace("treated = []", 'treated = ["nieuw"]').replace("control = []", 'control = ["gewoon"]')
    study.write_text(
        re.sub(r'^(title|question) = ""', r'\1 = "x"', text, flags=re.MULTILINE).replace(
            'tests = ""', 'tests = "same"'
        ),
        "utf-8",
    )
    accepted = check(scores, study)
    assert not accepted.rejected, str(accepted)
    assert accepted.facts["pupils"] == 12


def test_a_study_file_is_never_written_over_nor_for_a_broken_file(tmp_path):
    scores, there = write(tmp_path, "punten.csv", csv()), write(tmp_path, "er_al.toml", "x")
    refused = check_files(scores, None, NL, write_study=there)
    assert [p.code for p in refused.problems] == ["study_exists"] and there.read_text("utf-8") == "x"
    assert NL("command.check.not_written") in refused.lines and NL("command.check.reject") not in refused.lines
    assert check_files(tmp_path / "weg.csv", None, NL, write_study=tmp_path / "nieuw.toml").rejected
    assert not (tmp_path / "nieuw.toml").exists()


def test_with_a_study_the_facts_are_exact(tmp_path, study):
    facts = check(write(tmp_path, "punten.csv", csv(below=";Gemiddelde;;5;9\n")), study).facts
    assert facts["skipped"] == [{"sheet": None, "rows": [14], "reason": "totals: Gemiddelde", "file": None}]
    assert (facts["rows"], facts["pupils"], facts["schools"]) == (12, 12, None)
    assert facts["classes"] == {"5A": 6, "5B": 6} and facts["groups"] == {"gewoon": 6, "nieuw": 6}
    assert facts["columns"] == {"pupil": "leerling", "class": "klas", "group": "groep"}
    post = [i * 7 % 19 for i in range(12)]
    assert facts["outcomes"] == [
        {
            "name": "toets",
            "n_pre": 12,
            "n_post": 12,
            "n_both": 12,
            "mean_pre": pytest.approx(sum(i % 9 + 1 for i in range(12)) / 12, abs=1e-12),
            "mean_post": pytest.approx(sum(post) / 12, abs=1e-12),
            "missing": {"pre": {}, "post": {}},
        }
    ]


def test_the_headers_in_the_facts_are_those_of_the_file(tmp_path, study):
    facts = check(write(tmp_path, "punten.csv", csv(header="LEERLING;Klas ;Groep;Voor;Na")), study).facts
    assert facts["columns"] == {"pupil": "LEERLING", "class": "Klas", "group": "Groep"}


def test_what_is_known_is_told_when_the_scores_are_refused_too(tmp_path, study):
    body = [*rows()[:11], ("Zebedeus11", "5B", "gewoon", "12,,5", 3)]
    checked = check(write(tmp_path, "punten.csv", csv(body=body)), study)
    assert checked.rejected and [(p.row, p.column) for p in checked.problems if p.severity == "error"] == [(13, "voor")]
    assert checked.facts["rows"] == 12 and checked.facts["classes"] == {"5A": 6, "5B": 6}
    assert "outcomes" not in checked.facts


def test_everything_wrong_is_told_at_once_in_order_and_ten_in_full(tmp_path, study):
    study.write_text(study.read_text("utf-8").replace('"didactics"', '"didactiek"'), "utf-8")
    first = check(write(tmp_path, "punten.csv", csv()), study)
    assert [p.code for p in first.problems] == ["not_one_of"]
    study.write_text(study.read_text("utf-8").replace('"didactiek"', '"didactics"'), "utf-8")
    body = [(name, klas, groep, f"{pre}o", post + 30) for name, klas, groep, pre, post in rows()[:4]] + rows()[4:]
    checked = check(write(tmp_path, "punten.csv", csv(body=body)), study)
    places = [p.row for p in checked.problems if p.severity == "error"]
    assert places == [2, 2, 3, 3, 4, 4, 5, 5]
    worse = [(name, klas, groep, f"{pre}o", post + 30) for name, klas, groep, pre, post in rows()[:6]] + rows()[6:]
    checked = check(write(tmp_path, "erger.csv", csv(body=worse)), study)
    assert len(checked.problems) >= 12 and len(checked.lines) == 12
    assert str(len(checked.problems) - 10) in checked.lines[-1]
    content = json.loads(checked.json())
    assert len(content["messages"]) == len(content["problems"]) == len(checked.problems)


def test_a_folder_is_one_set_and_a_broken_file_does_not_hide_the_others(tmp_path, study):
    folder = tmp_path / "klassen"
    folder.mkdir()
    write(folder, "a.csv", csv(body=rows()[:6]))
    write(folder, "b.csv", csv(body=[*rows()[6:11], ("Zebedeus11", "5B", "gewoon", "1o", 3)]))
    write(folder, "kopie.csv", csv(body=rows()[:6]))
    (folder / "stuk.xlsx").write_bytes(b"PK\x03\x04 stuk")
    checked = check(folder, study)
    wrong = [(p.file, p.row) for p in checked.problems if p.severity == "error"]
    assert wrong == [("b.csv", 7), ("stuk.xlsx", None)]
    assert any(p.file == "kopie.csv" for p in checked.problems if p.severity == "warning")
    assert checked.facts["rows"] == 12
    assert {"sheet": None, "rows": [], "reason": "same_file", "file": "kopie.csv"} in checked.facts["skipped"]


def test_what_is_surprising_is_told_once(tmp_path, study):
    path = workbook(tmp_path / "punten.xlsx", {"Blad1": [["leerling", "klas", "groep", "voor", "na"], *rows()]})
    book = openpyxl.load_workbook(path)
    book["Blad1"].row_dimensions[4].hidden = True
    book.save(path)
    checked = check(path, study)
    assert [p.code for p in checked.problems].count("hidden_rows") == 1 and checked.outcome == "accept-with-warning"


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_pupil_is_ever_named(tmp_path, study, lang):
    body = [("Zebedeus0", "5A", "nieuw", 3, 4), *rows(), ("Zebedeus1", "5A", "nieuw", 99, "Quirinus")]
    for given in (study, None):
        checked = check(write(tmp_path, "punten.csv", csv(body=body)), given, lang=lang)
        assert "Zebedeus" not in str(checked) + checked.json() and "Quirinus" not in str(checked) + checked.json()
    assert checked.lines


@pytest.mark.parametrize(
    "slipped",
    [
        ("x", "5A", "Quirinus P", 3, 4),
        ("x", "Quirinus P", "5A", 3, 4),
        ("5A", "nieuw", "Quirinus", 3, 4),
        ("nieuw", "Quirinus", "5A", 3, 4),
    ],
)
def test_a_row_that_slipped_leaves_no_name_behind(tmp_path, study, slipped):
    checked = check(write(tmp_path, "punten.csv", csv(body=[*rows()[:11], slipped])), study)
    assert checked.rejected and "Quirinus" not in str(checked) + checked.json()
    assert checked.facts["groups"] == {}, "the codes of a column that is refused are not told"


@pytest.mark.parametrize("pupil", [{"pupil": "leerling"}, {"pupil": "nr"}, {}])
def test_a_study_that_takes_the_names_for_the_class_leaves_no_name_behind(tmp_path, pupil):
    study = write(tmp_path, "plan.toml", toml(plan(columns=pupil | {"class": "leerling", "group": "groep"})))
    body = [(*row, i + 1) for i, row in enumerate(rows())]
    checked = check(write(tmp_path, "punten.csv", csv("leerling;klas;groep;voor;na;nr", body)), study)
    assert checked.facts["classes"] == {} and "Zebedeus" not in str(checked) + checked.json()


def test_a_class_of_a_single_pupil_is_told_where_the_file_is_accepted(tmp_path, study):
    body = [*rows()[:11], ("Zebedeus11", "6-1", "gewoon", 3, 4)]
    facts = check(write(tmp_path, "punten.csv", csv(body=body)), study).facts
    assert facts["classes"] == {"5A": 6, "5B": 5, "6-1": 1}


def test_one_mistake_in_many_rows_is_told_once(tmp_path, study):
    body = [(name, klas, "nieuwe" if group == "nieuw" else group, *rest) for name, klas, group, *rest in rows()]
    checked = check(write(tmp_path, "punten.csv", csv(body=body)), study)
    assert [(p.code, p.facts["count"], p.row) for p in checked.problems] == [("group_unknown_near", 6, 2)]


def test_true_and_false_of_a_workbook_are_the_groups_a_person_sees(tmp_path):
    groups = {"treated": ["WAAR"], "control": ["ONWAAR"]}
    study = write(tmp_path, "plan.toml", toml(plan(groups=groups)))
    body = [(name, klas, group == "nieuw", pre, post) for name, klas, group, pre, post in rows()]
    sheets = {"Blad1": [["leerling", "klas", "groep", "voor", "na"], *body]}
    checked = check(workbook(tmp_path / "punten.xlsx", sheets), study)
    assert not checked.rejected and checked.facts["groups"] == {"ONWAAR": 6, "WAAR": 6}


def test_a_pupil_on_the_sheet_without_the_class_is_told_there(tmp_path):
    outcome = plan()["outcomes"][0] | {"pre": "voor!score", "post": "na!score"}
    study = write(tmp_path, "plan.toml", toml(plan(outcomes=[outcome])))
    before = [["leerling", "klas", "groep", "score"], *(row[:4] for row in rows())]
    after = [["leerling", "score"], *([row[0], row[4]] for row in rows()), ["Quirinus", 12]]
    checked = check(workbook(tmp_path / "punten.xlsx", {"voor": before, "na": after}), study)
    wrong = [(p.code, p.sheet, p.row, p.column, p.facts["role"]) for p in checked.problems if p.severity == "error"]
    assert wrong == [
        ("code_on_other_sheet", "na", 14, None, "role.class"),
        ("code_on_other_sheet", "na", 14, None, "role.group"),
    ]
    assert "Quirinus" not in str(checked) + checked.json()


def test_numbered_lines_of_a_sheet_named_after_its_class_are_no_pupils(tmp_path):
    study = write(tmp_path, "plan.toml", toml(plan("one_group", columns={"pupil": "nr", "class": "klas"})))
    lines = [[i + 1, pre, post] for i, (*_, pre, post) in enumerate(rows())]
    sheets = {name: [["nr", "voor", "na"], *lines, *([n, None, None] for n in (13, 14))] for name in ("5A", "5B")}
    checked = check(workbook(tmp_path / "punten.xlsx", sheets), study)
    assert checked.facts["classes"] == {"5A": 12, "5B": 12} and checked.facts["pupils"] == 24
    assert "rij 14–15 overgeslagen: alleen een nummer" in str(checked)


def test_a_study_alone_is_checked_by_itself(study):
    checked = check(study)
    assert not checked.rejected and checked.facts["columns"]["group"] == "groep"


def test_a_notebook_shows_the_sentences_and_no_markup(tmp_path):
    checked = check(write(tmp_path, "a.csv", csv(header="leerling;<b>klas</b>;groep;voor;na")))
    assert "&lt;b&gt;" in checked._repr_html_() and "<b>" not in checked._repr_html_()
    assert repr(checked) == str(checked) == "\n".join(checked.lines)


def test_a_notebook_calls_files_by_name_and_the_command_as_they_were_typed(tmp_path, study):
    scores = write(tmp_path, "punten.csv", csv())
    for checked in (check(scores), check(study), check(scores, study)):
        assert str(tmp_path) not in str(checked) + checked._repr_html_() + checked.json()
    assert "gsl check punten.csv" in str(check(scores))
    assert f"gsl check {scores} " in str(check_files(scores, None, NL))


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize(
    ("asked", "choices"),
    [
        (["check", "punten.csv", "--as", "zonnebloem"], ["scores", "questionnaire", "single_case", "self_assessment"]),
        (["template", "zonnebloem"], ["comparison", "one_group"]),
    ],
)
def test_a_wrong_word_in_a_command_names_the_choices(monkeypatch, capsys, asked, choices, lang):
    monkeypatch.setattr("sys.argv", ["gsl", *asked, "--lang", lang])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    told = capsys.readouterr().err
    assert stopped.value.code == cli.WRONG_CALL and "zonnebloem" in told
    assert all(choice in told for choice in choices)


COUNTED = "leerlingen|rijen|klassen|cellen|pupils|rows|classes|cells|are|were"
FEW = {"count", "pupils", "matched", "values", "rows"}
MANY = {"pupil_twice", "pupil_twice_half_name", "pupil_twice_elsewhere", "plan_too_many_pupils"}
"""Here the count is never 1."""


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_sentence_with_a_count_reads_right_for_one(lang):
    problems = words(lang)._find("problems")
    wrong = []
    for code in sorted(problems.keys() - MANY - {"address", "lead", "skipped", "term"}):
        text = f"{problems[code]['says']} {problems[code]['mend']}"
        for count in FEW:
            if re.search(rf"\{{{count}\}} ({COUNTED})\b|\b(zijn|staan|are) (er )?(maar |only )?\{{{count}\}}", text):
                wrong.append(code)
        if "{count}" in text and re.search(r"\b([Dd]eze (rijen|klassen)|[Tt]hese (rows|classes)) \w+", text):
            wrong.append(code)
    assert set(wrong) <= NEVER_ONE, sorted(set(wrong) - NEVER_ONE)


NEVER_ONE = {"column_without_scores", "column_of_dates", "column_with_text"}
"""Told of three cells or more (``scores.WHOLE_COLUMN``)."""


def test_the_examples_are_in_order_and_propose_what_their_studies_say():
    for study in STUDY_FILES:
        scores = next(path for path in EXAMPLES.glob(f"{study.stem}.*") if path.suffix != ".toml")
        assert not check(scores, study).rejected
        proposed, planned = check(scores).facts["proposed"], check(scores, study).facts
        told = {(outcome["pre"], outcome["post"]) for outcome in proposed["outcomes"]}
        measured = [1 if one.items is None else len(one.items) for one in load_study(study).outcomes]
        if "wave" in planned["columns"]:
            assert proposed["columns"]["wave"] == planned["columns"]["wave"]
        else:
            assert len(told) == sum(measured)
        assert proposed["columns"].get("pupil") == planned["columns"].get("pupil")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_reason_for_skipping_is_worded(lang):
    w = words(lang)
    reasons = w._find("problems.skipped")
    assert {"totals", "title_rows", "blank_rows", "hidden_sheet", "same_file", "duplicate_rows"} <= reasons.keys()
    for reason in reasons:
        told = w.skipped(Skipped("5A", (3, 4, 7), reason, ("Gemiddelde",), file="a.csv"))
        assert told.startswith("a.csv, ") and "5A" in told and "{" not in told
    assert "3–4, 7" in w.skipped(Skipped(None, (3, 4, 7), "totals", ("Gemiddelde",)))
    many = w.skipped(Skipped(None, tuple(range(1, 200, 2)), "blank_rows"))
    assert "…, 199" in many and len(many) < 100

"""The command line as a person uses it: sentences, exit codes, nothing written where nothing should be."""

import json
import os
import subprocess
import sys
import tomllib

import pytest
from conftest import EXAMPLES, PROJECT

STUDY, DATA = EXAMPLES / "breuken-strookmodel.toml", EXAMPLES / "breuken-strookmodel.csv"


def gsl(*words, cwd, typed=None, **settings):
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1"} | settings
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "gsl_research.cli", *map(str, words)],
        cwd=cwd, env=environment, input=typed, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_measure_writes_one_page_and_nothing_elsewhere(tmp_path, lang):
    out, elsewhere = tmp_path / "uit map", tmp_path / "hier"
    elsewhere.mkdir()
    data = tmp_path / "bron" / "punten juf Els.csv"
    data.parent.mkdir()
    data.write_bytes(DATA.read_bytes())
    run = gsl("measure", STUDY, data, "--out", out, "--lang", lang, cwd=elsewhere)
    assert run.returncode == 0, run.stderr
    shared = "reports/breuken-strookmodel"
    assert tree(tmp_path) == [
        "bron/punten juf Els.csv",
        *(
            f"uit map/private/breuken-strookmodel/{name}"
            for name in (
                "gespreksleidraad.json",
                "inputs.json",
                "page.json",
                "pupils.html",
                "record.json",
                "teacher.html",
            )
        ),
        "uit map/private/releases.json",
        f"uit map/{shared}/3_measure_effect.ipynb",
        f"uit map/{shared}/card.json",
        f"uit map/{shared}/gespreksleidraad.html",
        f"uit map/{shared}/report.html",
        f"uit map/{shared}/run.json",
    ]
    assert {"nl": "Je verslag", "en": "Your report"}[lang] in run.stdout and run.stderr == ""
    notebook = json.loads((out / shared / "3_measure_effect.ipynb").read_text("utf-8"))
    assert any(cell.get("outputs") for cell in notebook["cells"])
    written = [path.name for path in (out / shared).iterdir()]
    text = "".join((out / shared / name).read_text("utf-8") for name in written)
    assert str(tmp_path) not in text and "L001" not in text and "Els" not in text


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_page_that_differs_by_one_pupil_is_not_made_unless_the_earlier_one_was_given_to_nobody(tmp_path, lang):
    lines = DATA.read_bytes().splitlines(keepends=True)
    (tmp_path / "punten.csv").write_bytes(b"".join(lines))
    (tmp_path / "minder.csv").write_bytes(b"".join(lines[:5] + lines[6:]))
    out, words = tmp_path / "OneDrive - School", {"nl": "minder dan 5 leerlingen (1)", "en": "fewer than 5 pupils (1)"}
    first = gsl("measure", STUDY, tmp_path / "punten.csv", "--out", out, "--lang", lang, cwd=tmp_path)
    assert first.returncode == 0 and {"nl": "een cloud", "en": "a cloud"}[lang] in first.stdout
    page = (out / "reports/breuken-strookmodel/report.html").read_bytes()
    second = gsl("measure", STUDY, tmp_path / "minder.csv", "--out", out, "--lang", lang, cwd=tmp_path)
    assert second.returncode == 1 and words[lang] in second.stderr, second.stderr
    assert (out / "reports/breuken-strookmodel/report.html").read_bytes() == page
    third = gsl("measure", STUDY, tmp_path / "minder.csv", "--out", out, "--lang", lang, "--not-shared", cwd=tmp_path)
    assert third.returncode == 0 and "cloud" in third.stdout
    assert (out / "reports/breuken-strookmodel/report.html").read_bytes() != page


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_plan_needs_no_scores_and_writes_one_page(tmp_path, lang):
    run = gsl("plan", STUDY, "--out", tmp_path / "uit", "--lang", lang, cwd=tmp_path)
    assert run.returncode == 0 and run.stderr == "", run.stderr
    assert tree(tmp_path) == ["uit/reports/breuken-strookmodel/plan.html"]
    assert {"nl": "Met 2 × 2 klassen", "en": "With 2 × 2 classes"}[lang] in run.stdout
    again = gsl("plan", STUDY, "--data", DATA, "--out", tmp_path / "uit", "--lang", lang, cwd=tmp_path)
    assert again.returncode == 0 and "2 × 3" in again.stdout, "classes are counted in the earlier scores"
    page = (tmp_path / "uit/reports/breuken-strookmodel/plan.html").read_text("utf-8")
    assert "L001" not in page and str(tmp_path) not in page and "5A" not in page


def test_plan_names_a_document_that_says_something_else_than_the_new_page(tmp_path):
    first = gsl("plan", STUDY, "--out", tmp_path, "--also", "txt", cwd=tmp_path)
    same = gsl("plan", STUDY, "--out", tmp_path, cwd=tmp_path)
    assert first.returncode == same.returncode == 0 and "plan.txt" in first.stdout and "plan.txt" not in same.stdout
    other = gsl("plan", STUDY, "--data", DATA, "--out", tmp_path, cwd=tmp_path)
    assert "niet vernieuwd: plan.txt" in other.stdout and other.returncode == 0
    renewed = gsl("plan", STUDY, "--out", tmp_path, "--also", "txt", cwd=tmp_path)
    assert "niet vernieuwd" not in renewed.stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("voortoets", "vortoets", "kolom"),
        (";12,5", ";125", "schaal"),
        ("strookmodel", "strookmdel", "nieuwe aanpak"),
    ],
)
def test_a_mistake_in_the_data_gives_sentences_exit_1_and_writes_nothing(tmp_path, old, new, says):
    broken = tmp_path / "punten.csv"
    text = DATA.read_text("cp1252")
    assert old in text
    broken.write_text(text.replace(old, new, 1), "cp1252", newline="")
    run = gsl("measure", STUDY, broken, "--out", tmp_path / "uit", cwd=tmp_path)
    assert run.returncode == 1 and says in run.stderr and "Traceback" not in run.stderr + run.stdout
    assert tree(tmp_path) == ["punten.csv"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["measure"], 2),
        (["zonnebloem"], 2),
        (["measure", STUDY, DATA, "--zon"], 2),
        (["measure", STUDY, DATA, "--lang", "xx"], 2),
        (["measure", STUDY, DATA, "--also", "docx,odt"], 2),
        (["demo", "--also", "doc"], 2),
        (["plan", STUDY, "--also", "html"], 2),
        (["measure", STUDY, "weg.csv"], 1),
        (["measure", "weg.toml", DATA], 1),
        (["measure", DATA, STUDY], 1),
        (["check", "weg.csv"], 1),
        (["check", EXAMPLES], 0),
        (["check", DATA, "--study", STUDY, "--write-study", "nieuw.toml"], 2),
        (["check", DATA, "--write-study", "nieuw.csv"], 1),
        (["check", DATA, "--as", "zonnebloem"], 2),
        (["check", DATA, "--as", "questionnaire"], 1),
        (["check", DATA, "--as", "questionnaire", "--scale", "1-7"], 1),
        (["check", DATA, "--as", "questionnaire", "--scale", "7-1"], 2),
        (["check", DATA, "--scale", "1-7"], 2),
        (["template", "zonnebloem"], 2),
        (["plan"], 2),
        (["plan", "weg.toml"], 1),
        (["plan", STUDY, "--data", "weg.csv"], 1),
        (["plan", STUDY, DATA], 2),
        (["plan", "--help", "--lang", "en"], 0),
        (["template", "comparison", "--out", "sjabloon.doc"], 1),
        (["template", "--help"], 0),
        (["check", "--help", "--lang", "en"], 0),
        (["pseudonymise"], 2),
        (["pseudonymise", "weg.csv"], 1),
        (["pseudonymise", EXAMPLES], 1),
        (["pseudonymise", DATA, "--column", "zon"], 1),
        (["pseudonymise", "--help"], 0),
        (["forget", "Jan Maes"], 2),
        (["forget", "Jan Maes", "--data", "weg.csv"], 1),
        (["forget", "Jan Maes", "--data", DATA], 1),
        (["forget", "L001", "--data", DATA], 0),
        (["forget", "--help", "--lang", "en"], 0),
        (["retention"], 0),
        (["retention", "--help"], 0),
        ([], 0),
        (["--help", "--lang", "en"], 0),
        (["measure", "--help"], 0),
        (["batch"], 2),
        (["batch", "weg"], 1),
        (["batch", "."], 1),
        (["batch", ".", "--engine", "warp"], 2),
        (["batch", "--help", "--lang", "en"], 0),
    ],
)
def test_exit_codes(tmp_path, words, code):
    run = gsl(*words, cwd=tmp_path)
    assert run.returncode == code, run.stdout + run.stderr
    assert "Traceback" not in run.stderr + run.stdout and (run.stdout or run.stderr)
    assert tree(tmp_path) == []


def test_codes_and_forgetting_from_the_command_line(tmp_path):
    settings = {"XDG_CONFIG_HOME": str(tmp_path / "eigen"), "LOCALAPPDATA": str(tmp_path / "eigen")}
    data = tmp_path / "lijst" / "punten.csv"
    data.parent.mkdir()
    data.write_bytes(DATA.read_bytes())
    made = gsl("pseudonymise", data, "--lang", "en", cwd=tmp_path, **settings)
    assert made.returncode == 0 and "punten-codes.csv" in made.stdout and "whoever has the key" in made.stdout
    (key,) = (tmp_path / "eigen").rglob("*.key")
    secret = key.read_text().split()[-1]
    coded = data.with_name("punten-codes.csv")
    assert secret not in made.stdout + made.stderr and "L001" not in coded.read_text("utf-8")
    words = ("forget", "--data", data, "--out", tmp_path / "uit")
    unfinished = gsl(*words, cwd=tmp_path, typed="L001\n", **settings)
    assert "punten-codes.csv" in unfinished.stdout, "the list with codes has this pupil too"
    words += ("--data", coded)
    asked = gsl(*words, cwd=tmp_path, typed="L001\n", **settings)
    assert asked.returncode == 0 and "--yes" in asked.stdout and data.read_bytes() == DATA.read_bytes()
    done = gsl(*words, "--yes", cwd=tmp_path, typed="l001\n", **settings)
    assert done.returncode == 0 and "L001" not in data.read_text("utf-8") and "L002" in data.read_text("utf-8")
    assert "L001" not in asked.stdout + done.stdout + asked.stderr + done.stderr
    assert tree(tmp_path / "uit")[0].startswith("private")


def test_the_answer_scale_of_a_questionnaire_is_the_users(tmp_path):
    (tmp_path / "antwoorden.csv").write_text("leerling;klas;moment;vraag 1\nL1;5A;vooraf;7\nL2;5A;vooraf;2\n", "utf-8")
    asked = ["check", "antwoorden.csv", "--as", "questionnaire"]
    told = gsl(*asked, cwd=tmp_path)
    assert (told.returncode, "--scale 1-7" in told.stderr) == (1, True)
    assert gsl(*asked, "--scale", "1-7", cwd=tmp_path).returncode == 0


def test_check_json_has_the_agreed_shape(tmp_path):
    run = gsl("check", DATA, "--study", STUDY, "--json", cwd=tmp_path)
    content = json.loads(run.stdout)
    assert set(content) == {"outcome", "messages", "problems", "facts"} and content["outcome"] == "accept"
    facts = content["facts"]
    assert (facts["rows"], facts["pupils"], len(facts["classes"])) == (128, 128, 6)
    assert facts["groups"].keys() == {"strookmodel", "gewoon"}
    assert facts["outcomes"][0]["missing"]["post"] == {"afw": 3, "": 2}
    assert facts["outcomes"][0]["n_both"] == 123


def test_check_json_of_a_bad_file(tmp_path):
    bad = tmp_path / "slecht.csv"
    bad.write_text("leerling;klas;groep;voortoets;natoets\na;1;strookmodel;3;25\na;1;x;12,,5;4\n", "utf-8")
    content = json.loads(gsl("check", bad, "--study", STUDY, "--json", cwd=tmp_path).stdout)
    assert content["outcome"] == "reject" and len(content["messages"]) == len(content["problems"])
    told = {"code", "severity", "file", "sheet", "row", "column", "value", "mend"}
    assert all(set(problem) == told for problem in content["problems"])


def test_check_of_a_study_alone_and_of_a_table_alone(tmp_path):
    assert "strookmodel" in gsl("check", STUDY, cwd=tmp_path).stdout
    assert "128" in gsl("check", DATA, cwd=tmp_path).stdout


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_check_writes_a_first_study_file_once(tmp_path, lang):
    words = ("check", DATA, "--write-study", "mijn plan.toml", "--lang", lang)
    run = gsl(*words, cwd=tmp_path)
    assert run.returncode == 0 and '--study "mijn plan.toml"' in run.stdout, run.stderr
    assert tree(tmp_path) == ["mijn plan.toml"]
    written = (tmp_path / "mijn plan.toml").read_text("utf-8")
    assert tomllib.loads(written)["groups"] == {"treated": [], "control": []} and "L001" not in written
    again = gsl(*words, cwd=tmp_path)
    assert again.returncode == 1 and "mijn plan-2.toml" in again.stderr
    assert (tmp_path / "mijn plan.toml").read_text("utf-8") == written
    refused = gsl("check", DATA, "--study", "mijn plan.toml", cwd=tmp_path)
    assert refused.returncode == 1 and "lever" in refused.stderr and "treated" in refused.stderr


def test_a_template_is_written_once_and_said(tmp_path):
    run = gsl("template", "one_group", "--out", "leeg.xlsx", cwd=tmp_path)
    assert run.returncode == 0 and "leeg.xlsx" in run.stdout and tree(tmp_path) == ["leeg.xlsx"]
    assert gsl("template", "one_group", "--out", "leeg.xlsx", cwd=tmp_path).returncode == 1


def test_an_english_user_gets_english(tmp_path):
    run = gsl("measure", STUDY, "weg.csv", "--lang", "en", cwd=tmp_path)
    assert "not found" in run.stderr


def test_what_is_not_measured_yet_is_said(tmp_path):
    later = tmp_path / "later.toml"
    later.write_text(
        STUDY.read_text("utf-8").replace('group = "groep"', 'group = "groep"\nown_goal = "opmerking"'), "utf-8"
    )
    run = gsl("measure", later, DATA, "--out", tmp_path / "uit", cwd=tmp_path)
    assert run.returncode == 1 and "nog niet" in run.stderr
    assert gsl("check", DATA, "--study", later, cwd=tmp_path).returncode == 0


def test_other_scores_under_the_same_id_are_said(tmp_path):
    assert "vervangen" not in gsl("measure", STUDY, DATA, cwd=tmp_path).stdout
    changed = tmp_path / "anders.csv"
    changed.write_bytes(DATA.read_bytes().replace(b"12,5", b"13,5", 1))
    assert "vervangen" in gsl("measure", STUDY, changed, "--not-shared", cwd=tmp_path).stdout


def test_check_says_beforehand_that_a_small_group_stays_private(tmp_path):
    few = tmp_path / "acht.csv"
    few.write_bytes(b"\n".join(DATA.read_bytes().splitlines()[:9]))
    plan = (EXAMPLES / "woordenschat-een-klas.toml").read_text("utf-8")
    assert "0, 30" in plan
    study = tmp_path / "acht.toml"
    plan = plan.replace("0, 30", "0, 20")
    measured = tomllib.loads(plan)["outcomes"][0]
    pre, post = measured["pre"], measured["post"]
    study.write_text(plan.replace(f'"{pre}"', '"voortoets"').replace(f'"{post}"', '"natoets"'), "utf-8")
    told = json.loads(gsl("check", few, "--study", study, "--json", cwd=tmp_path).stdout)
    assert (told["outcome"], [p["code"] for p in told["problems"]]) == ("accept-with-warning", ["small_group"])

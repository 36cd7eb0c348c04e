"""The first study file: what is sure is filled in, what is not is asked, and nothing is decided for the teacher."""

import re
import tomllib

import pytest
from conftest import table

from gsl_research.dataset import bind
from gsl_research.draft import study_draft, write_study_draft
from gsl_research.problems import Problems
from gsl_research.roles import propose
from gsl_research.study_file import load_study
from gsl_research.wave_names import known_order
from gsl_research.wording import words

N = 12
COLUMNS = {
    "Leerling": [f"p{i}" for i in range(N)],
    "Klas": ["5A"] * 6 + ["5B"] * 6,
    "Groep": ["nieuw"] * 6 + ["gewoon"] * 6,
    "Voortoets": [f"{i},5" for i in range(N)],
    "Natoets": [f"{(i * 7) % 11},0" for i in range(N)],
}
ANSWERS = {
    "title": '"Samen rekenen"',
    "question": '"Leren ze meer?"',
    "lever": '"didactics"',
    "assigned": '"class"',
    "treated": '["nieuw"]',
    "control": '["gewoon"]',
    "tests": '"same"',
    "role": '"secondary"',
}


def draft(columns=COLUMNS, lang="nl"):
    return study_draft(propose(table(columns)), words(lang), study_id="klein")


def completed(text: str, **answers: str) -> str:
    for key, value in (ANSWERS | answers).items():
        text = re.sub(rf'^{key} = (""|\[\])', f"{key} = {value}", text, flags=re.MULTILINE)
    return text


def refused(path):
    with pytest.raises(Problems) as raised:
        load_study(path)
    return raised.value.problems


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_draft_asks_exactly_what_only_the_teacher_knows(tmp_path, lang):
    path = tmp_path / "studie.toml"
    path.write_text(draft(lang=lang), "utf-8")
    lines = path.read_text("utf-8").splitlines()
    asked = {lines[problem.row - 1].split(" = ")[0] for problem in refused(path)}
    assert asked == {"title", "question", "lever", "assigned", "treated", "control", "tests"}
    marked = {line.split(" = ")[0] for line in lines if line.endswith((words(lang)("command.draft.fill"),))}
    marked |= {line.split(" = ")[0] for line in lines if words(lang)("command.draft.choose", options="") in line}
    assert marked == asked


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_completed_draft_is_a_study_that_binds(tmp_path, lang):
    path = tmp_path / "studie.toml"
    path.write_text(completed(draft(lang=lang)), "utf-8")
    study = load_study(path)
    assert study.columns.mapped() == {"pupil": "Leerling", "class": "Klas", "group": "Groep"}
    data = bind(study, table(COLUMNS))
    assert (data.rows, data.clusters) == (12, 2)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_line_behind_a_sign_is_a_line_that_can_be_used(lang):
    """Taking the # away gives a valid file: the keys are those of the contract."""
    opened = re.sub(r"^#(?=\S)", "", completed(draft(lang=lang)), flags=re.MULTILINE)
    assert opened != draft(lang=lang)
    content = tomllib.loads(opened)
    assert content["outcomes"][0]["goal"] == {"at_least": 12, "share": 0.8} and "results_seen" in content["conduct"]


def test_without_a_group_column_it_is_one_group_and_says_how_to_compare(tmp_path):
    columns = {header: cells for header, cells in COLUMNS.items() if header != "Groep"}
    text = draft(columns)
    assert tomllib.loads(text)["design"] == {"kind": "one_group"} and '#group = "Klas"' in text
    path = tmp_path / "studie.toml"
    path.write_text(completed(text), "utf-8")
    assert load_study(path).design.kind == "one_group"


def test_the_new_approach_is_never_filled_in():
    columns = COLUMNS | {"Groep": ["interventie"] * 6 + ["controle"] * 6}
    groups = tomllib.loads(draft(columns))["groups"]
    assert groups == {"treated": [], "control": []}
    assert 'treated = []   # VUL IN, kies uit: "controle", "interventie"' in draft(columns)


def test_a_role_with_two_columns_is_a_choice():
    text = draft(COLUMNS | {"Klasgroep": COLUMNS["Klas"]})
    assert 'class = ""   # VUL IN, kies uit: "Klas", "Klasgroep"' in text


def test_several_outcomes_leave_the_question_to_the_teacher():
    more = {"Voortoets lezen": COLUMNS["Voortoets"], "Natoets lezen": COLUMNS["Natoets"]}
    outcomes = tomllib.loads(draft(COLUMNS | more))["outcomes"]
    assert [outcome["role"] for outcome in outcomes] == ["", ""]
    assert len({outcome["name"] for outcome in outcomes}) == 2


def test_levels_are_a_subgroup_at_most():
    text = draft(COLUMNS | {"AVI": ["M3", "E3"] * 6})
    assert '#column = "AVI"' in text and "subgroups" not in tomllib.loads(text)


def test_headings_with_any_sign_stay_what_they_are():
    odd = 'Natoets "deel\t1" \\ C:\\x\nregel'
    columns = {header: cells for header, cells in COLUMNS.items() if header != "Natoets"} | {odd: COLUMNS["Natoets"]}
    assert any(outcome.get("post") == odd for outcome in tomllib.loads(draft(columns))["outcomes"])


def test_nothing_is_written_over_and_the_id_is_of_the_new_file(tmp_path):
    proposal, w = propose(table(COLUMNS, file="punten juf Els.csv")), words("nl")
    path = write_study_draft(tmp_path / "Mijn léuke studie.toml", proposal, w)
    text = path.read_text("utf-8")
    assert tomllib.loads(text)["id"] == "Mijn-leuke-studie" and "Els" not in text and "p3" not in text
    for name, code in (("Mijn léuke studie.toml", "study_exists"), ("studie.txt", "study_name")):
        with pytest.raises(Problems) as raised:
            write_study_draft(tmp_path / name, proposal, w)
        assert [problem.code for problem in raised.value.problems] == [code]
    assert path.read_text("utf-8") == text and [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("pupil", "group", "kind"), [(True, True, "growth"), (True, False, "growth"), (False, False, "survey")]
)
def test_a_row_per_pupil_and_wave_becomes_a_study_of_waves(pupil, group, kind):
    cells = [(p, w) for p in range(12) for w in ("sept", "jan", "juni")]
    columns = {"klas": [f"5{'AB'[p % 2]}" for p, _ in cells], "moment": [w for _, w in cells]}
    columns["punten"] = [str(8 + p % 5) for p, _ in cells]
    columns |= {"leerling": [f"p{p}" for p, _ in cells]} if pupil else {}
    columns |= {"groep": ["nieuw" if p % 2 else "gewoon" for p, _ in cells]} if group else {}
    proposal = propose(table(columns))
    assert proposal.roles["wave"] == "moment" and proposal.waves == ("sept", "jan", "juni")
    assert "pupil_repeats" not in {problem.code for problem in proposal.problems}
    content = tomllib.loads(study_draft(proposal, words("nl"), study_id="lijst"))
    assert content["design"]["kind"] == kind
    assert content["design"].get("waves", content["design"].get("occasions")) == ["sept", "jan", "juni"]
    assert content["columns"]["wave"] == "moment" and content["outcomes"][0]["post"] == "punten"


def in_rows(waves, group=False, pupil=True, heading="punten"):
    cells = [(p, w) for p in range(12) for w in waves]
    columns = {"klas": [f"5{'AB'[p % 2]}" for p, _ in cells], "moment": [w for _, w in cells]}
    columns[heading] = [str(8 + p % 5) for p, _ in cells]
    columns |= {"leerling": [f"p{p}" for p, _ in cells]} if pupil else {}
    columns |= {"groep": ["nieuw" if p % 2 else "gewoon" for p, _ in cells]} if group else {}
    return columns


@pytest.mark.parametrize(
    ("waves", "ordered"),
    [
        (("juni", "jan", "sept"), ["sept", "jan", "juni"]),
        (("T3", "T1", "T2"), ["T1", "T2", "T3"]),
        (("20/01/2026", "08/06/2026", "15/09/2025"), ["15/09/2025", "20/01/2026", "08/06/2026"]),
        (("jan 2026", "sept 2025", "juni 2026"), ["sept 2025", "jan 2026", "juni 2026"]),
        (("einde", "midden", "begin"), ["einde", "midden", "begin"]),
    ],
)
def test_waves_stand_from_early_to_late_where_their_names_tell(waves, ordered):
    text = draft(in_rows(waves))
    assert tomllib.loads(text)["design"]["waves"] == ordered
    opened = tomllib.loads(re.sub(r"^#(?=\S)", "", completed(text), flags=re.MULTILINE))
    days = opened["design"].get("dates")
    assert (days is None) == (known_order(ordered) is not None and known_order(ordered)[0] == "dates")
    assert days is None or days == sorted(set(days)) and len(days) == 3


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_list_of_waves_never_leads_to_a_comparison_that_cannot_be(tmp_path, lang):
    alone = draft(in_rows(("T1", "T2", "T3")), lang)
    said = " ".join(line.removeprefix("# ") for line in alone.splitlines())
    assert words(lang)("command.draft.to_compared_growth") in said
    assert words(lang)("command.draft.to_comparison") not in said
    opened = re.sub(r"^#(?=assigned|group|\[groups\]|treated|control)", "", completed(alone), flags=re.MULTILINE)
    assert tomllib.loads(opened)["groups"] and tomllib.loads(opened)["design"]["kind"] == "growth"
    two = draft(in_rows(("T1", "T2"), group=True), lang)
    said = " ".join(line.removeprefix("# ") for line in two.splitlines())
    assert words(lang)("command.draft.rows_per_wave") in said
    assert propose(table(in_rows(("voor", "na")))).waves == ("voor", "na")
    assert words(lang)("command.draft.rows_per_wave") not in draft(lang=lang)


def test_school_years_are_other_pupils_until_told_and_the_outcome_is_called_by_its_column():
    columns = in_rows(("2023-2024", "2022-2023", "2024-2025"), heading="Score motivatie")
    content = tomllib.loads(draft(columns))
    assert content["design"] == {
        "kind": "survey", "occasions": ["2022-2023", "2023-2024", "2024-2025"], "same_pupils": False,
    }  # fmt: skip
    (outcome,) = content["outcomes"]
    assert (outcome["label"], outcome["name"], outcome["domain"]) == ("Motivatie", "motivatie", "motivation")
    plain = tomllib.loads(draft(in_rows(("T1", "T2", "T3"), heading="score")))["outcomes"][0]
    assert (plain["label"], plain["name"], plain["domain"], plain["post"]) == (
        "Toets",
        "toets",
        "learning_gain",
        "score",
    )


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_three_columns_of_one_subject_are_growth_that_binds(tmp_path, lang):
    scores = {f"T{w}": [str((i * 7 + 5 * w) % 11 + w) for i in range(N)] for w in (1, 2, 3)}
    columns = {name: cells for name, cells in COLUMNS.items() if "toets" not in name} | scores
    path = tmp_path / "studie.toml"
    path.write_text(completed(draft(columns, lang)), "utf-8")
    study = load_study(path)
    assert (study.design.kind, study.design.waves) == ("growth", ("T1", "T2", "T3"))
    assert study.outcomes[0].headers == ("T1", "T2", "T3")
    assert bind(study, table(columns)).waves == ("T1", "T2", "T3")

"""The study file: every mistake has a row and a sentence, all at once."""

import json
import tomllib

import jsonschema
import pytest
from conftest import EXAMPLES, STUDY_FILES, plan

from gsl_research.problems import Problems
from gsl_research.study import Study
from gsl_research.study_file import load_study
from gsl_research.wording import words

GOOD = (EXAMPLES / "breuken-strookmodel.toml").read_text("utf-8")


def problems(tmp_path, text, encoding="utf-8"):
    file = tmp_path / "studie.toml"
    file.write_bytes(text.encode(encoding))
    with pytest.raises(Problems) as raised:
        load_study(file)
    for problem in raised.value.problems:
        for lang in ("nl", "en"):
            assert "{" not in words(lang).problem(problem).replace("{ at_least", "")
    return {(p.code, p.row) for p in raised.value.problems}


@pytest.mark.parametrize("file", STUDY_FILES, ids=lambda f: f.stem)
def test_examples_load_and_keep_their_fingerprint_when_comments_change(file, tmp_path):
    study = load_study(file)
    commented = tmp_path / file.name
    commented.write_text("# opmerking\r\n" + file.read_text("utf-8"), "utf-8")
    assert load_study(commented).fingerprint == study.fingerprint
    assert len(study.fingerprint) == 64


def test_a_changed_plan_changes_the_fingerprint():
    a, b = (Study.model_validate(plan(title=title)) for title in ("Klein", "Anders"))
    assert a.fingerprint != b.fingerprint


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('kind = "comparison"', 'kind = "comparision"', "not_one_of"),
        ("randomised", "randomized", "unknown_key_near"),
        ("randomised", "zonnebloem", "unknown_key"),
        ('assigned = "class"', 'assigned = "klas"', "not_one_of"),
        ('id = "breuken-strookmodel"', 'id = "breuken 2026/1"', "not_an_id"),
        ("schema = 1", "schema = 2", "not_one_of"),
        ("smallest_worthwhile = 1.0", 'smallest_worthwhile = "1,0"', "wrong_type"),
        ("smallest_worthwhile = 1.0", "smallest_worthwhile = -1", "value_greater_than"),
        ("smallest_worthwhile = 1.0", "smallest_worthwhile = 30", "worthwhile_beyond_scale"),
        ("share = 0.8", "share = 80", "value_less_than_equal"),
        ("at_least = 12", "at_least = 120", "goal_outside_scale"),
        ("scale = [0, 20]", "scale = [20, 0]", "scale_upside_down"),
        ("post_on = 2026-12-10", 'post_on = "10/12/2026"', "wrong_type"),
        ("[groups]", "[groups", "not_toml"),
    ],
)
def test_a_mistake_is_named_with_its_row(tmp_path, old, new, code):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    row = next(i for i, line in enumerate(text.split("\n"), 1) if new in line)
    found = problems(tmp_path, text)
    assert (code, row) in found


def test_all_mistakes_at_once(tmp_path):
    text = (
        GOOD.replace("schema = 1", "schema = 1\nfoo = 2").replace("randomised", "randomized").replace("0.8 }", "8.0 }")
    )
    assert {code for code, _ in problems(tmp_path, text)} == {
        "unknown_key",
        "unknown_key_near",
        "value_less_than_equal",
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"groups": {"treated": ["a"], "control": ["a"]}}, "group_in_both_lists"),
        ({"groups": None}, "groups_missing"),
        ({"columns": {"class": "klas"}}, "role_missing"),
        ({"outcomes": []}, "no_primary"),
    ],
)
def test_contradictions(change, code):
    with pytest.raises(ValueError) as raised:
        Study.model_validate(plan(**change))
    assert {error["type"] for error in raised.value.errors()} == {f"gsl.{code}"}


def outcome(**changes):
    return {**plan()["outcomes"][0], **changes}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pre": "na"}, "pre_is_post"),
        ({"pre_scale": [0, 10]}, "scale_twice"),
        ({"scale": None, "pre_scale": [0, 10], "post_scale": [0, 20]}, "same_test_two_scales"),
        ({"tests": "different", "goal": {"gain": 2}}, "gain_goal_without_gain"),
    ],
)
def test_contradictions_in_an_outcome(change, code):
    with pytest.raises(ValueError) as raised:
        Study.model_validate(plan(outcomes=[outcome(**change)]))
    assert {error["type"] for error in raised.value.errors()} == {f"gsl.{code}"}


def test_more_than_one_mistake_over_outcomes():
    twice = [outcome(), outcome(role="secondary")]
    with pytest.raises(ValueError, match="outcome_twice"):
        Study.model_validate(plan(outcomes=twice))
    four = [outcome(name=f"t{i}") for i in range(4)]
    with pytest.raises(ValueError, match="too_many_primaries"):
        Study.model_validate(plan(outcomes=four))
    with pytest.raises(ValueError, match="groups_not_for_design"):
        Study.model_validate(plan("one_group", groups={"treated": ["a"], "control": ["b"]}))


@pytest.mark.parametrize(
    "design",
    [
        {"kind": "one_group", "selected_low": True},
        {"kind": "comparison", "assigned": "school", "randomised": True, "blocks": False},
        {"kind": "multi_site", "site": "class"},
        {"kind": "growth", "waves": ["1", "2", "3"]},
        {"kind": "stepped", "start_column": "start"},
        {"kind": "single_case", "phase": "fase", "occasion": "les"},
        {"kind": "survey", "occasions": ["voor", "na"]},
    ],
    ids=lambda d: d["kind"],
)
def test_every_kind_is_understood_and_refuses_fields_of_another(design):
    two = design["kind"] in ("comparison", "multi_site")
    content = plan("comparison" if two else "one_group", design=design)
    assert Study.model_validate(content).design.kind == design["kind"]
    with pytest.raises(ValueError, match="extra_forbidden|Extra inputs"):
        Study.model_validate({**content, "design": {**design, "zonnebloem": 1}})


def test_files_that_are_no_study(tmp_path):
    assert problems(tmp_path, 'title = "één"\n', "cp1252") == {("study_encoding", None)}
    assert problems(tmp_path, "a;b;c\n1;2;3\n") == {("not_toml", 1)}
    assert problems(tmp_path, "") and problems(tmp_path, "x" * 2_000_000) == {("not_a_study", None)}
    scores = tmp_path / "punten.csv"
    scores.write_text("a;b\n1;2\n", "utf-8")
    stops = {tmp_path: "study_is_folder", tmp_path / "weg.toml": "study_missing", scores: "not_a_study"}
    for path, code in stops.items():
        with pytest.raises(Problems) as raised:
            load_study(path)
        assert raised.value.problems[0].code == code


def test_notepad_byte_order_mark_is_no_mistake(tmp_path):
    file = tmp_path / "s.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_study(file).id == "breuken-strookmodel"


@pytest.mark.parametrize("file", STUDY_FILES, ids=lambda f: f.stem)
def test_the_json_schema_accepts_what_the_types_accept(file):
    from gsl_research.schemas import study_schema

    content = json.loads(json.dumps(tomllib.loads(file.read_text("utf-8")), default=str))
    jsonschema.validate(content, study_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content, "zonnebloem": 1}, study_schema())

"""Until when things are kept: the day of the study file, or ours; nothing is deleted."""

import json
from datetime import date

import pytest
from conftest import plan as study_values
from text_keys import KEYS, LANGUAGES

from gsl_research import keys
from gsl_research.care import retention_lines
from gsl_research.retention import end_of_school_year, kept, other_keys
from gsl_research.study import Study
from gsl_research.wording import words


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "settings"))


def result(out, study, *, post=None, keep=None, started=None, private=True):
    shared = out / "reports" / study
    shared.mkdir(parents=True)
    (shared / "report.html").write_text("x")
    if started:
        (shared / "run.json").write_text(json.dumps({"started": started}))
    if private:
        (out / "private" / study).mkdir(parents=True)
        facts = {"post_on": post} | ({"keep_until": keep} if keep else {})
        (out / "private" / study / "record.json").write_text(json.dumps({"study": facts}))


def one(out):
    (only,) = kept(out)
    return only


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2026-08-31", "2026-08-31"),
        ("2026-09-01", "2027-08-31"),
        ("2026-12-10", "2027-08-31"),
        ("2027-01-01", "2027-08-31"),
    ],
)
def test_a_school_year_ends_on_the_last_of_august(day, end):
    assert end_of_school_year(date.fromisoformat(day)) == date.fromisoformat(end)


def test_our_rule_is_a_school_year_after_the_test(tmp_path):
    result(tmp_path, "a", post="2026-12-10", started="2027-03-01T10:00:00+00:00")
    found = one(tmp_path)
    assert (found.until, found.key_until, found.chosen) == (date(2028, 8, 31), date(2027, 8, 31), False)
    assert not found.past(date(2028, 8, 31)) and found.past(date(2028, 9, 1))


def test_the_study_file_chooses_another_day(tmp_path):
    result(tmp_path, "a", post="2026-12-10", keep="2027-01-15")
    assert one(tmp_path).past(date(2027, 1, 16)) and one(tmp_path).chosen


def test_without_a_day_that_of_the_measurement_counts(tmp_path):
    result(tmp_path, "a", started="2026-05-01T10:00:00+00:00")
    assert one(tmp_path).key_until == date(2026, 8, 31) and one(tmp_path).measured_on == date(2026, 5, 1)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"study": null}', '{"study": {"post_on": 3}}'])
def test_a_record_that_cannot_be_read_is_listed_all_the_same(tmp_path, content):
    result(tmp_path, "a")
    (tmp_path / "private" / "a" / "record.json").write_text(content)
    assert one(tmp_path).post_on is None and not one(tmp_path).past(date(2020, 1, 1))


def test_a_key_is_kept_for_one_school_year_and_strange_keys_are_named(tmp_path):
    result(tmp_path, "a", post="2026-12-10")
    for name in ("a", "pupils"):
        keys.load_or_make(keys.key_file(name), beside=tmp_path)
    assert not one(tmp_path).key_past(date(2027, 8, 31)) and one(tmp_path).key_past(date(2027, 9, 1))
    assert [path.stem for path in other_keys(kept(tmp_path))] == ["pupils"]


def test_how_long_it_is_kept_is_no_part_of_the_plan():
    bare, dated = (
        Study.model_validate(study_values(**extra)) for extra in ({}, {"privacy": {"keep_until": date(2027, 1, 1)}})
    )
    assert bare.fingerprint == dated.fingerprint and dated.privacy.keep_until == date(2027, 1, 1)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_line_is_told(tmp_path, lang):
    """Nothing is deleted; each text of the table stands in some listing."""
    w, today = words(lang), date(2027, 9, 1)
    told = [*retention_lines(tmp_path, (), (), w, today=today)]
    result(tmp_path, "a", post="2026-12-10")
    result(tmp_path, "b", post="2024-12-10", keep="2025-01-01")
    result(tmp_path, "c", started="2027-05-01T10:00:00+00:00", private=False)
    result(tmp_path, "d")
    result(tmp_path, "e", post="2027-09-01")
    for name in ("a", "e", "pupils"):
        keys.load_or_make(keys.key_file(name), beside=tmp_path)
    before = sorted(tmp_path.rglob("*"))
    told += [*retention_lines(tmp_path, kept(tmp_path), tuple(other_keys(kept(tmp_path))), w, today=today)]
    assert sorted(tmp_path.rglob("*")) == before
    whole = "\n".join(told)
    for key, text in KEYS[lang].items():
        if key.startswith("privacy_care.retention."):
            assert max(text.replace("}", "{").split("{")[::2], key=len) in whole, key

"""Study cards as they come in: what is whole is read as it was made; all else is told, and never a traceback."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import PROJECT
from made_cases import SIDE, comparison, divided, in_turn, one_group, waves
from telling import run

import gsl_research as gsl
from gsl_research.cards import Card, CardFolder, cards_below, read_card
from gsl_research.evidence import content_digest
from gsl_research.problems import Problems

CASES = [
    comparison("open", 2.0, more={"zorg": ({**SIDE}, -1.3)}),
    comparison("wide", main={"scale": None, "smallest_worthwhile": None}, privacy={"share_moments": True}),
    comparison("pair", 2.0, arms=(1, 1)),
    comparison("lost", 1.0, lost=8),
    one_group("one"),
    divided("divided", 1.5),
    waves("growth", 1.5),
    in_turn("turns", 1.5),
]  # fmt: skip


def made(number: int = 0) -> dict:
    _, _, measurement, verdict = run(CASES[number])
    return gsl.evidence(measurement, verdict).to_json()


CARD = made()


def text_of(content: dict, *, sealed: bool = True) -> str:
    """A card as a file; ``sealed`` again after a change, as someone who forges one would."""
    if sealed:
        content = content | {"content_sha256": content_digest(content)}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def changed(*path: str | int, to: object) -> dict:
    content = json.loads(json.dumps(CARD))
    place = content
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = to
    return content


def codes(path: Path) -> list[str]:
    with pytest.raises(Problems) as raised:
        read_card(path)
    for lang in ("nl", "en"):
        gsl.check(path, lang=lang)
    return [problem.code for problem in raised.value.problems]


def saved(folder: Path, text: str | bytes, name: str = "card.json") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_every_card_we_make_is_read_back_as_it_was(number, tmp_path):
    content = made(number)
    card = read_card(saved(tmp_path, text_of(content)))
    assert isinstance(card, Card) and card.record.to_json() == content
    assert card.content_sha256 == content["content_sha256"] and card.path == tmp_path / "card.json"
    assert (card.study.id, card.data.classes) == (content["study"]["id"], content["data"]["classes"])
    names = ("outcomes", "estimates", "checks", "missing", "moments")
    assert [len(getattr(card, name)) for name in names] == [len(content[name]) for name in names]
    assert card.security.rating == content["security"]["rating"]
    assert gsl.check(card.path).outcome == "accept"
    assert asdict(card.verdict) == content["verdict"]


def test_a_card_with_class_moments_is_among_those():
    assert made(1)["moments"]


def test_the_example_cards_follow_their_schema_and_ours():
    frictionless = pytest.importorskip("jsonschema")
    schema = json.loads((PROJECT / "data_schemas" / "card.schema.json").read_text("utf-8"))
    for number in range(len(CASES)):
        frictionless.validate(made(number), schema)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (changed("estimates", 0, "low", to=99.0), "card_interval"),
        (changed("estimates", 0, "high", to=None), "card_interval"),
        (changed("estimates", 0, "se", to=0.0), "card_wrong_value"),
        (changed("estimates", 0, "se", to=-1.0), "card_wrong_value"),
        (changed("estimates", 0, "se", to="0.5"), "card_wrong_value"),
        (changed("estimates", 0, "df", to=-1.0), "card_wrong_value"),
        (changed("estimates", 0, "p", to=1.5), "card_wrong_value"),
        (changed("estimates", 0, "outcome", to="anders"), "card_wrong_value"),
        (changed("estimates", 0, "metric", to="beste"), "card_wrong_value"),
        (changed("estimates", 0, "n", "pupils_treated", to=3), "card_small_count"),
        (changed("estimates", 0, "n", "Yasmine", to=3), "card_wrong_value"),
        (changed("estimates", 0, "subgroup", to="thuistaal: andere"), "card_small_count"),
        (changed("data", "pupils", to=6), "card_small_count"),
        (changed("data", "pupils", to=True), "card_wrong_value"),
        (changed("data", "pupils", to=60.5), "card_wrong_value"),
        (changed("data", "sha256", to="0" * 64), "card_own_record"),
        (changed("data", "dropped", "no_pre", to=3), "card_small_count"),
        (changed("data", "classes", to=-2), "card_wrong_value"),
        (changed("study", "keep_until", to="2027-01-01"), "card_own_record"),
        (changed("study", "lever", to="magie"), "card_wrong_value"),
        (changed("study", "cluster", to="tafel"), "card_wrong_value"),
        (changed("study", "planned_on", to="gisteren"), "card_wrong_value"),
        (changed("study", "context", to={"naam": "Robbe"}), "card_key_unknown"),
        (changed("study", "leerling", to="Robbe"), "card_key_unknown"),
        (changed("leerlingen", to=["Robbe"]), "card_key_unknown"),
        (changed("security", "rating", to=7), "card_wrong_value"),
        (changed("outcomes", 0, "scale", to=[20.0, 0.0]), "card_wrong_value"),
        (changed("missing", 0, "left", "treated", to=2), "card_small_count"),
        (changed("missing", 0, "kept", "treated", to=2), "card_small_count"),
        (changed("verdict", "code", to="GREAT"), "card_wrong_value"),
        (changed("outcomes", 0, "source", to="central_test"), "card_central"),
        (changed("outcomes", 0, "label", to="Vlaamse toetsen 2026"), "card_central"),
        (changed("outcomes", 0, "name", to="vlaamse-toets"), "card_central"),
        (changed("schema", to=2), "card_newer"),
        (changed("kind", to="record"), "card_is_record"),
        (changed("kind", to="brief"), "card_not_a_card"),
        ({key: value for key, value in CARD.items() if key != "verdict"}, "card_key_missing"),
        (changed("verdict", to=None), "card_wrong_value"),
        (changed("estimates", to={"0": 1}), "card_wrong_value"),
    ],
)
def test_what_a_forged_card_says_is_refused_by_its_place(content, code, tmp_path):
    path = saved(tmp_path, text_of(content))
    assert set(codes(path)) == {code}
    told = str(gsl.check(path))
    assert told.count("\n") <= 10 and "Yasmine" not in told.replace("n.Yasmine", "")


def test_a_place_is_named(tmp_path):
    path = saved(tmp_path, text_of(changed("estimates", 1, "se", to=0.0)))
    assert "estimates[1].se" in str(gsl.check(path))
    assert gsl.check(path).rejected and "estimates[1].se" in gsl.check(path).json()


@pytest.mark.parametrize("number", range(3))
def test_any_number_that_was_changed_is_noticed(number, tmp_path):
    """The intact digest over another content; versions alone may differ."""
    for path in (("estimates", 0, "value"), ("estimates", 0, "high"), ("data", "classes"), ("study", "title")):
        was = CARD
        for part in path:
            was = was[part]
        other = was + "!" if isinstance(was, str) else was + 1 + number
        text = text_of(changed(*path, to=other), sealed=False)
        assert set(codes(saved(tmp_path, text))) <= {"card_changed", "card_interval"}
    read_card(saved(tmp_path, text_of(changed("versions", to={"gsl_research": "9.9"}), sealed=False)))


NESTED = "[" * 100_000 + "]" * 100_000
GOOD = text_of(CARD)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "card_not_json"),
        ("{", "card_not_json"),
        ("niets", "card_not_json"),
        (GOOD.encode("utf-16"), "card_not_json"),
        (GOOD.encode("utf-8")[:-400], "card_not_json"),
        (b"\xff\xfe\x00", "card_not_json"),
        (NESTED, "card_not_json"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "card_not_json"),
        ('{"kind": "card", "schema": 1, "x": ' + "9" * 6_000 + "}", "card_not_json"),
        ("[]", "card_not_a_card"),
        ("3", "card_not_a_card"),
        ("null", "card_not_a_card"),
        ('{"kind": ["card"], "schema": 1}', "card_not_a_card"),
        ('{"kind": "card", "schema": "1"}', None),
        ('{"kind": "card", "schema": 1}', None),
        ('{"kind": "card", "schema": 1e400}', None),
        ('{"kind": "card", "schema": 1, "outcomes": 3}', None),
        ('{"kind": "card", "schema": 1, "outcomes": [3, {"label": 7}]}', None),
        ('{"kind": "card", "schema": 1, "\\ud800": "\\ud800"}', None),
        (GOOD.replace('"kind": "card"', '"kind": "card", "kind": "card"'), "card_key_twice"),
        (GOOD.replace('"se": ', '"se": NaN, "x": ', 1), "card_not_finite"),
        (GOOD.replace('"se": ', '"se": -Infinity, "x": ', 1), "card_not_finite"),
        (" " * 2_000_001, "card_too_large"),
    ],
)
def test_a_file_that_is_no_card_is_told_and_never_raises_anything_else(content, code, tmp_path):
    found = codes(saved(tmp_path, content))
    assert found and (code is None or found == [code])


def test_a_number_beyond_all_numbers_is_refused(tmp_path):
    value = CARD["estimates"][0]["value"]
    text = GOOD.replace(f'"value": {value}', '"value": 1e999', 1)
    assert text != GOOD and "card_not_finite" in codes(saved(tmp_path, text))


def test_a_mark_of_utf_8_and_other_line_ends_change_nothing(tmp_path):
    read_card(saved(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()))


def test_what_cannot_be_opened_is_told(tmp_path):
    assert codes(tmp_path / "nergens.json") == ["file_missing"]
    assert codes(tmp_path) == ["card_unreadable"]
    (tmp_path / "rond.json").symlink_to(tmp_path / "rond.json")
    assert codes(tmp_path / "rond.json") == ["card_unreadable"]
    os.mkfifo(tmp_path / "pijp.json")
    assert codes(tmp_path / "pijp.json") == ["card_unreadable"]


def test_a_record_of_a_school_is_not_to_be_shared(tmp_path):
    _, _, measurement, verdict = run(CASES[0])
    path = gsl.save(gsl.private_record(measurement, verdict), tmp_path)
    assert codes(path) == ["card_is_record"]
    assert "Deel dit niet" in str(gsl.check(path))


def test_a_folder_gives_its_cards_by_name_and_what_is_wrong_with_the_others(tmp_path):
    for place in ("b/card.json", "a/card.json", "c/anders.json", "B/diep/er/card.json"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD, "utf-8")
    saved(tmp_path, "{}", "run.json")
    saved(tmp_path, "kapot", "notities.json")
    saved(tmp_path, "kapot", "card-kapot.json")
    saved(tmp_path, " " * 2_000_001, "groot.json")
    saved(tmp_path, text_of(changed("estimates", 0, "se", to=0.0)), "vals.json")
    saved(tmp_path, GOOD.replace('"Klein"', '"Groot"'), "geknoeid.json")
    (tmp_path / "lus").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "card-rond.json").symlink_to(tmp_path / "card-rond.json")
    _, _, measurement, verdict = run(CASES[0])
    gsl.save(gsl.private_record(measurement, verdict), tmp_path)
    saved(tmp_path, text_of(made() | {"kind": "record"}), "gekregen.json")
    (tmp_path / ".gsl-half").mkdir()
    saved(tmp_path / ".gsl-half", GOOD)
    found = cards_below(tmp_path)
    assert isinstance(found, CardFolder)
    places = [card.path.relative_to(tmp_path).as_posix() for card in found.cards]
    assert places == ["B/diep/er/card.json", "a/card.json", "b/card.json", "c/anders.json"]
    assert {(problem.file, problem.code) for problem in found.problems} == {
        ("card-kapot.json", "card_not_json"),
        ("card-rond.json", "card_unreadable"),
        ("vals.json", "card_wrong_value"),
        ("geknoeid.json", "card_changed"),
        ("gekregen.json", "card_is_record"),
    }

"""Results of the Flemish central tests leave nothing behind in what may be shared, and no card."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from conftest import plan, study
from made_cases import SIDE, Case, comparison, divided, in_turn, levelled, of_goals, one_group, waves
from telling import run

import gsl_research as gsl
from gsl_research.blocks import as_json
from gsl_research.central_tests import names_a_central_test
from gsl_research.evidence import told_digest
from gsl_research.problems import Problems
from gsl_research.wording import words

CENTRAL = {"source": "central_test"}
GOAL = {"goal": {"at_least": 10, "share": 0.5}}


@pytest.mark.parametrize(
    "text",
    ["Vlaamse toetsen", "vlaamse toets wiskunde",
     "Vlaamse-toetsen", "VLAAMSE_TOETS", "vlaamsetoetsen", "Vlaamse\ntoets",
     "Vlaamse toetsresultaten", "Vlaamse, centrale toetsen", "Nederlands (Vlaamse toetsen 2026)"],
)  # fmt: skip
def test_what_is_called_a_central_test(text):
    assert names_a_central_test([text])


@pytest.mark.parametrize("text", ["Toets Vlaamse schrijvers", "Vlaams", "toets breuken", "Vlaamse auteurs: toets", ""])
def test_what_is_not(text):
    assert not names_a_central_test([text])


def outcome_of(**changes):
    return study(outcomes=[plan()["outcomes"][0] | changes]).outcomes[0]


@pytest.mark.parametrize(
    "changes", [{"label": "Vlaamse toetsen"}, {"name": "vlaamse_toets"}, {"post": "Vlaamse toets"}]
)
def test_a_name_is_enough_and_the_study_file_may_say_otherwise(changes):
    assert outcome_of(**changes).central and outcome_of(**changes).central_guessed
    assert not outcome_of(**changes, source="test").central
    said = outcome_of(**changes, source="central_test")
    assert said.central and not said.central_guessed


def test_a_copy_of_an_outcome_stays_central():
    guessed = outcome_of(label="Vlaamse toets")
    again = type(guessed).model_validate(guessed.model_dump(by_alias=True))
    assert again.central and guessed.model_copy(update={"usual_gap": 1.0}).central


MORE = {"tweede": ({"role": "primary"}, 1.4), "derde": ({}, -1.2), "zorg": ({**SIDE}, -1.3)}
CASES = [
    comparison("first", 2.0, main=CENTRAL | GOAL, more=MORE),
    comparison("second", 2.0, more=MORE | {"tweede": ({"role": "primary", **CENTRAL, **GOAL}, 1.4)}),
    comparison("third", 2.0, more=MORE | {"derde": ({**CENTRAL}, -1.2)}),
    comparison("side", 2.0, more=MORE | {"zorg": ({**SIDE, **CENTRAL}, -1.3)}),
    comparison("pair", 2.0, arms=(1, 1), main=CENTRAL | {"goal": {"gain": 1}}),
    comparison("many", 2.0, 0.3, (12, 12), size=24, main=CENTRAL | GOAL | {"reliability": 0.85}, more=MORE),
    one_group("one", main=CENTRAL | GOAL | {"reliability": 0.85}),
    one_group("three", (1.0, 2.0, 3.0), main=CENTRAL | {"goal": {"gain": 1}}),
    divided("divided", 1.5, main=CENTRAL | GOAL),
    waves("growth", 1.5, main=CENTRAL | GOAL),
    waves("growing", None, main=CENTRAL),
    in_turn("turns", 1.5, main=CENTRAL | GOAL),
    levelled(comparison("share", 1.5, main=CENTRAL), 10.5),
    levelled(comparison("order", 1.5, main=CENTRAL), 8.0, 9.5, 11.0, 12.5, names="E D C B A"),
    of_goals(comparison("goals", 1.5), 7.5, 9.0, 10.0, 11.0, **CENTRAL, goal={"at_least": 3, "share": 0.5}),
]  # fmt: skip


def other_scores(case: Case, seed: int = 1) -> Case:
    """The same study with other scores on the central test: every pupil gets those of another, before and after, and
    half of the classes score differently."""
    name = next(one["name"] for one in case.study["outcomes"] if one.get("source") == "central_test")
    order = np.random.default_rng(seed).permutation(len(case.columns["leerling"]))
    own = [header for header in case.columns if header.startswith(f"{name}_") or header in _headers(case, name)]
    moved = {header: [case.columns[header][at] for at in order] for header in own}
    return replace(case, columns=case.columns | moved)


def _headers(case: Case, name: str) -> set[str]:
    (one,) = (one for one in case.study["outcomes"] if one["name"] == name)
    listed = [*one.get("items", ()), *one.get("pre_items", ()), *one.get("between", ())]
    return {header for header in (one.get("pre"), one.get("post"), *listed) if header}


def shared(case: Case, lang: str) -> dict[str, str]:
    _, _, measurement, verdict = run(case)
    pages = (gsl.report(measurement, verdict, lang=lang), gsl.conversation(measurement, verdict, lang=lang))
    told = {page.name: json.dumps(as_json(page), ensure_ascii=False) for page in pages}
    with pytest.raises(Problems, match="central_no_card"):
        gsl.evidence(measurement, verdict)
    return told | {"digest": told_digest(measurement, verdict)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_what_may_be_shared_does_not_depend_on_central_scores(case, lang):
    """Not a digit of a page, of the guide or of their digest may follow from them."""
    first, second = (shared(one, lang) for one in (case, other_scores(case)))
    assert first == second


def test_the_pages_of_another_test_would_differ():
    """The comparison above can fail: without the mark the same two sets of scores give two pages."""
    case = comparison("open", 2.0, main=GOAL)
    marked = comparison("open", 2.0, main=GOAL | CENTRAL)
    other = replace(case, columns=other_scores(marked).columns)
    pages = [as_json(gsl.report(*run(one)[2:], lang="nl")) for one in (case, other)]
    assert pages[0] != pages[1]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_says_why_and_never_that_a_group_is_too_small(lang):
    _, _, measurement, verdict = run(comparison("first", 2.0, main=CENTRAL | GOAL, more=MORE))
    page = json.dumps(as_json(gsl.report(measurement, verdict, lang=lang)), ensure_ascii=False)
    w = words(lang)
    for key in ("verdict.central", "verdict.goal.central", "verdict.everyone.central"):
        assert w(key) in page
    assert "Vlaamse toets" in page
    assert w("verdict.no_card", labels="Toets").split("(")[0] in page
    assert not re.search("te klein|zo weinig leerlingen|too small|so few pupils", page)


def canary(folder: Path, label: str, extra: str = "") -> tuple[Path, Path]:
    """Six classes with a test of their own and a central test, whose points are nowhere else: 517 and so on."""
    rng = np.random.default_rng(7)
    rows = ["leerling;klas;groep;voor;na;v1;v2"]
    for n in range(120):
        side = n % 6
        group = "nieuw" if side < 3 else "gewoon"
        own, seen, more = rng.integers(5, 15), 517 + 8 * rng.integers(0, 7), rng.integers(0, 4)
        rows.append(f"p{n:03d};{side + 1}{'ABCDEF'[side]};{group};{own};{own + more};{seen};{seen + 5 * more}")
    (folder / "toets.csv").write_text("\n".join(rows), "utf-8")
    (folder / "toets.toml").write_text(
        f'''schema = 1
id = "kanarie"
title = "Rekenen met twee toetsen"
question = "Wat leren ze?"
lever = "didactics"
[design]
kind = "comparison"
assigned = "class"
randomised = false
[columns]
pupil = "leerling"
class = "klas"
group = "groep"
[groups]
treated = ["nieuw"]
control = ["gewoon"]
[[outcomes]]
name = "centraal"
label = "{label}"
domain = "learning_gain"
role = "primary"
pre = "v1"
post = "v2"
scale = [400, 700]
goal = {{ at_least = 540, share = 0.6 }}
{extra}
[[outcomes]]
name = "eigen"
label = "Eigen toets"
domain = "learning_gain"
role = "primary"
pre = "voor"
post = "na"
scale = [0, 20]
''',
        "utf-8",
    )
    return folder / "toets.toml", folder / "toets.csv"


CANARY = re.compile(r"(?<!\d)5[1-9]\d(?:[.,]\d+)?(?!\d)")
"""Every mean, goal or score of the central test."""


def numbers_of_canary(folder: Path) -> list[str]:
    """Where one stands in a sentence of anything below ``folder``; not inside a digest or a picture's coordinates."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "run.json":
            text = unescape(unescape(path.read_text("utf-8"))).replace("\\n", "\n")
            text = re.sub(r"<svg.*?</svg>|<style.*?</style>|[0-9a-f]{12,}", " ", text, flags=re.S)
            found += [f"{path.name}: {text[max(m.start() - 40, 0) : m.end() + 20]}" for m in CANARY.finditer(text)]
    return found


def test_a_run_leaves_no_card_and_no_number_and_takes_an_earlier_card_away(tmp_path):
    from gsl_research import runs
    from gsl_research.inputs import fingerprint, unchanged

    files = canary(tmp_path, "Vlaamse toetsen wiskunde", 'source = "test"')
    first = runs.measure_files(*files, out=tmp_path / "out", lang="nl")
    card = first.folder / "card.json"
    assert first.card and card.is_file() and numbers_of_canary(first.folder)
    files = canary(tmp_path, "Vlaamse toetsen wiskunde")
    second = runs.measure_files(*files, out=tmp_path / "out", lang="nl", not_shared=True)
    assert not second.card and not card.exists()
    assert numbers_of_canary(second.folder) == []
    assert "540" in (second.record.parent / "teacher.html").read_text("utf-8")
    made_from = fingerprint(*files, "nl", ())
    assert unchanged(tmp_path / "out", "kanarie", made_from)
    card.write_text("{}", "utf-8")
    assert not unchanged(tmp_path / "out", "kanarie", made_from)


def test_the_check_warns_by_name_and_says_what_to_write(tmp_path):
    files = canary(tmp_path, "Vlaamse-toets wiskunde")
    for checked in (gsl.check(files[1], files[0]), gsl.check(files[0])):
        assert not checked.rejected
        assert "central_by_name" in [problem.code for problem in checked.problems]
        assert "Vlaamse-toets wiskunde" in str(checked) and 'source = "test"' in str(checked)
    said = canary(tmp_path, "Vlaamse-toets wiskunde", 'source = "test"')
    assert "central_by_name" not in [problem.code for problem in gsl.check(said[1], said[0]).problems]


def test_saving_by_hand_takes_an_earlier_card_away(tmp_path):
    case = comparison("open", 2.0, more={"derde": ({}, 1.0)})
    _, _, measurement, verdict = run(case)
    card = gsl.save_card(measurement, verdict, tmp_path)
    assert card.is_file()
    _, _, measurement, verdict = run(comparison("open", 2.0, more={"derde": ({**CENTRAL}, 1.0)}))
    with pytest.raises(Problems, match="central_no_card"):
        gsl.save(gsl.evidence(measurement, verdict), tmp_path)
    assert gsl.save_card(measurement, verdict, tmp_path) is None and not card.exists()
    assert gsl.save(gsl.private_record(measurement, verdict), tmp_path).is_file()

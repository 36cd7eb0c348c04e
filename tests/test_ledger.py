"""Two pages of almost the same pupils never stand beside each other."""

import json
import os

import numpy as np
import pytest
from conftest import bound, classes, plan

from gsl_research import judge, measure, release, report, save
from gsl_research.files import PRIVATE, SHAREABLE
from gsl_research.ledger import LEDGER
from gsl_research.problems import Problems


def scores(seed: int = 1, size: int = 12) -> dict[str, list]:
    return classes(3, 3, size=size, effect=1.0, seed=seed)


def without_first(columns: dict[str, list], rows: int) -> dict[str, list]:
    return {name: values[rows:] for name, values in columns.items()}


def points(cell: str) -> float:
    return float(cell.replace(",", "."))


def with_other_scores(columns: dict[str, list], rows: int) -> dict[str, list]:
    changed = [f"{(points(value) + 3) % 20:.1f}".replace(".", ",") for value in columns["na"][:rows]]
    return columns | {"na": [*changed, *columns["na"][rows:]]}


def released(table: dict[str, list], out, *, not_shared: bool = False, **changes):
    study, data = bound(table, **changes)
    return save(release(measure(study, data), data, not_shared=not_shared), out)


def kept(out) -> list[dict]:
    return json.loads((out / PRIVATE / LEDGER).read_text("utf-8"))["releases"]


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize("differ", [without_first, with_other_scores])
def test_a_measurement_that_differs_by_one_to_four_pupils_is_refused(tmp_path, differ, rows):
    released(scores(), tmp_path)
    before = (tmp_path / PRIVATE / LEDGER).read_bytes()
    with pytest.raises(Problems) as refused:
        released(differ(scores(), rows), tmp_path)
    (problem,) = refused.value.problems
    assert (problem.code, problem.facts["pupils"]) == ("differs_by_few", rows)
    assert (tmp_path / PRIVATE / LEDGER).read_bytes() == before


@pytest.mark.parametrize("differ", [without_first, with_other_scores])
def test_five_pupils_are_enough_and_the_same_again_is_nothing_new(tmp_path, differ):
    released(scores(), tmp_path)
    released(scores(), tmp_path)
    assert len(kept(tmp_path)) == 1
    released(differ(scores(), 5), tmp_path)
    assert len(kept(tmp_path)) == 2


def test_one_pupil_less_in_two_steps_is_still_seen(tmp_path):
    """Each release is compared with all before it, not with the last alone."""
    released(scores(), tmp_path)
    released(without_first(scores(), 8), tmp_path)
    with pytest.raises(Problems):
        released(without_first(scores(), 1), tmp_path)


def test_what_was_given_to_nobody_lapses(tmp_path):
    released(scores(), tmp_path)
    released(without_first(scores(), 1), tmp_path, not_shared=True)
    assert len(kept(tmp_path)) == 1
    with pytest.raises(Problems):
        released(scores(), tmp_path)


def test_another_study_of_the_same_pupils_counts(tmp_path):
    released(scores(), tmp_path)
    with pytest.raises(Problems) as refused:
        released(without_first(scores(), 1), tmp_path, id="anders", not_shared=True)
    assert refused.value.problems[0].facts["study"] == "klein"


def test_other_pupils_and_other_tests_do_not_count(tmp_path):
    released(scores(), tmp_path)
    released(scores(seed=2), tmp_path, id="anders")
    assert len(kept(tmp_path)) == 2


def test_another_goal_that_a_few_more_reach_is_refused(tmp_path):
    """All pupils are the same; the two counts of who reached the goal give those between away."""
    columns = scores(size=20)
    post = np.array([points(value) for value in columns["na"]])
    treated = np.array([group == columns["groep"][0] for group in columns["groep"]])
    limits = np.arange(4, 18, 0.5)
    reached = np.array([(treated & (post >= limit)).sum() for limit in limits])
    at = next(i for i in range(len(limits) - 1) if 0 < reached[i] - reached[i + 1] < 5 and 6 < reached[i + 1] < 50)
    outcome = plan("comparison")["outcomes"][0]
    low, high = ([outcome | {"goal": {"at_least": float(limits[i]), "share": 0.8}}] for i in (at, at + 1))
    released(columns, tmp_path, outcomes=low)
    with pytest.raises(Problems) as refused:
        released(columns, tmp_path, outcomes=high)
    assert refused.value.problems[0].code == "differs_by_few"


def test_rows_without_names_are_told_apart_by_what_is_known(tmp_path):
    columns = {name: values for name, values in scores().items() if name != "leerling"}
    kind = plan("comparison")
    unnamed = {role: header for role, header in kind["columns"].items() if role != "pupil"}
    released(columns, tmp_path, columns=unnamed)
    with pytest.raises(Problems):
        released(without_first(columns, 1), tmp_path, columns=unnamed)
    released(without_first(columns, 6), tmp_path, columns=unnamed)


def test_the_ledger_holds_no_name_and_no_score_and_is_for_its_owner_alone(tmp_path):
    columns = scores()
    released(columns, tmp_path)
    text = (tmp_path / PRIVATE / LEDGER).read_text("utf-8")
    assert not any(f'"{name}"' in text for column in columns.values() for name in set(column))
    assert all(len(row) == 2 and len(row[1]) == 16 for entry in kept(tmp_path) for row in entry["rows"])
    if os.name == "posix":
        assert (tmp_path / PRIVATE / LEDGER).stat().st_mode & 0o777 == 0o600
    study, data = bound(columns)
    assert columns["leerling"][0] not in repr(release(measure(study, data), data))


def test_two_ledgers_of_the_same_pupils_share_no_digest(tmp_path):
    for name in ("a", "b"):
        released(scores(), tmp_path / name)
    one, other = ({row for entry in kept(tmp_path / name) for pair in entry["rows"] for row in pair} for name in "ab")
    assert not one & other


@pytest.mark.parametrize("text", ["", "{}", '{"key": "zz", "releases": []}', '{"key": "00", "releases": [{}]}'])
def test_a_ledger_that_cannot_be_read_stops_and_is_not_replaced(tmp_path, text):
    (tmp_path / PRIVATE).mkdir()
    (tmp_path / PRIVATE / LEDGER).write_text(text)
    with pytest.raises(Problems) as refused:
        released(scores(), tmp_path)
    assert refused.value.problems[0].code == "ledger_unreadable"
    assert (tmp_path / PRIVATE / LEDGER).read_text() == text


def test_what_a_page_hides_is_no_release(tmp_path):
    """An arm of eight: nothing of it is shared, so that a ninth pupil gives nobody away."""
    released(classes(1, 1, size=8, seed=1), tmp_path)
    assert kept(tmp_path)[0]["groups"] == {}


def test_a_page_saved_by_itself_stays_possible(tmp_path):
    study, data = bound(scores())
    measurement = measure(study, data)
    save(report(measurement, judge(measurement)), tmp_path)
    assert (tmp_path / SHAREABLE / study.id / "report.html").is_file()

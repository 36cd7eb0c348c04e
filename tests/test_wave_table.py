"""A row per pupil and wave becomes a row per pupil, and every wave gets its time."""

from datetime import date

import numpy as np
import pytest
from conftest import plan, table

from gsl_research import wave_days, wave_table
from gsl_research.dataset import bind
from gsl_research.problems import Problems
from gsl_research.study import Study
from gsl_research.wording import words

WAVES = ("sept", "jan", "juni")


def study(design=None, columns=None, **changes):
    base = {"name": "toets", "label": "Toets", "domain": "learning_gain", "post": "punten", "scale": [0, 20]}
    return Study.model_validate(
        plan(
            "one_group",
            design={"kind": "growth", "waves": list(WAVES)} | (design or {}),
            columns={"pupil": "leerling", "class": "klas", "wave": "moment"} | (columns or {}),
            outcomes=[base | changes],
        )
    )


def rows(pupils=6, classes=2, waves=WAVES):
    """Long: pupil p has p + 2 w points at wave w; the rows of a wave stand together."""
    cells = [(p, w) for w in range(len(waves)) for p in range(pupils)]
    return {
        "leerling": [f"p{p}" for p, _ in cells],
        "klas": [f"5{'ABC'[p % classes]}" for p, _ in cells],
        "moment": [waves[w] for _, w in cells],
        "punten": [str(p + 2 * w) for p, w in cells],
    }


def codes(raised):
    return {problem.code for problem in raised.value.problems}


def refused(given, columns):
    with pytest.raises(Problems) as raised:
        bind(given, table(columns))
    return codes(raised)


def test_rows_and_columns_per_wave_give_the_same_data():
    given = rows()
    long = bind(study(), table(given)).frame
    wide = {"leerling": given["leerling"][:6], "klas": given["klas"][:6]}
    wide |= {name: given["punten"][6 * w : 6 * w + 6] for w, name in enumerate(WAVES)}
    side = study(columns={"wave": None}, pre="sept", between=["jan"], post="juni")
    other = bind(side, table(wide)).frame
    assert long.columns.tolist() == other.columns.tolist()
    assert (long == other).all(axis=None)
    assert long["toets.wave2"].tolist() == [p + 2.0 for p in range(6)]


def test_order_of_rows_does_not_matter_and_a_missing_row_is_a_missing_score():
    given = rows()
    order = np.random.default_rng(1).permutation(18)
    mixed = {name: [cells[at] for at in order] for name, cells in given.items()}
    one, other = (bind(study(), table(cells)).frame for cells in (given, mixed))
    # The pupils stand in the order in which they first come.
    assert sorted(map(tuple, one.drop(columns="cluster").to_numpy())) == sorted(
        map(tuple, other.drop(columns="cluster").to_numpy())
    )
    less = {name: cells[:-2] for name, cells in given.items()}
    frame = bind(study(), table(less)).frame
    assert len(frame) == 6 and frame["toets.post"].isna().sum() == 2


def test_a_mistake_is_told_in_its_own_row():
    given = rows()
    given["punten"][7] = "100"
    with pytest.raises(Problems) as raised:
        bind(study(), table(given))
    problem = next(p for p in raised.value.problems if p.code == "outside_scale")
    assert problem.row == table(given).row_numbers[7]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"moment": ""}, "wave_blank"),
        ({"moment": "juny"}, "wave_nearly"),
        ({"leerling": "p1"}, "pupil_twice_in_wave"),
    ],
)
def test_one_wrong_cell_is_refused(change, code):
    given = rows(classes=1)
    for name, cell in change.items():
        given[name][12] = cell
    assert code in refused(study(), given)


def test_a_wave_nobody_had_and_one_nobody_asked_for():
    given = rows()
    assert "wave_without_rows" in refused(study({"waves": ["sept", "jan", "maart", "juni"]}), given)
    two_more = rows(waves=(*WAVES, "erna"))
    data = bind(study(), table(two_more))
    assert "waves_left_out" in {problem.code for problem in data.warnings}
    assert data.rows == 6 and data.waves == WAVES


def test_a_wave_without_a_single_score_is_refused():
    given = rows()
    given["punten"][6:12] = [""] * 6
    assert "wave_without_scores" in refused(study(), given)


def test_a_group_that_changes_is_refused_and_a_class_that_changes_is_told():
    given = rows(pupils=12) | {"groep": ["nieuw", "gewoon"] * 18}
    given["groep"][13] = "nieuw"
    both = {"treated": ["nieuw"], "control": ["gewoon"]}
    content = study(columns={"group": "groep"}).model_dump(by_alias=True, mode="json", exclude_none=True)
    assert "differs_between_waves" in refused(Study.model_validate(content | {"groups": both}), given)
    given = rows(pupils=12)
    given["klas"][13] = "5A"
    data = bind(study(), table(given))
    assert "class_between_waves" in {problem.code for problem in data.warnings}
    assert data.rows == 12 and (data.frame["class"] == "5B").sum() == 6
    given["klas"][12:] = ["6A", "6B"] * 12
    data = bind(study(), table(given))
    assert "class_new_year" in {problem.code for problem in data.warnings}
    assert set(data.frame["class"]) == {"5A", "5B"}


def test_codes_that_count_on_in_every_class_are_many_pupils():
    given = rows(pupils=12)
    given["leerling"] = [f"{int(name[1:]) // 2}" for name in given["leerling"]]
    assert bind(study(), table(given)).rows == 12


def test_other_pupils_every_year_stand_apart():
    design = {"kind": "survey", "occasions": list(WAVES), "same_pupils": False}
    content = study().model_dump(by_alias=True, mode="json", exclude_none=True) | {"design": design}
    data = bind(Study.model_validate(content), table(rows()))
    assert data.rows == 18
    assert [int(data.frame[f"toets.{name}"].notna().sum()) for name in ("pre", "wave2", "post")] == [6, 6, 6]
    double = rows()
    double["leerling"][1] = "p0"
    double["klas"][1] = "5A"
    assert "pupil_twice_in_wave" in refused(Study.model_validate(content), double)


def test_times_come_from_days_numbers_or_steps():
    given = rows()
    data = bind(study(), table(given))
    assert data.timing == "steps" and data.frame[["time.1", "time.2", "time.3"]].iloc[0].tolist() == [0, 1, 2]
    dated = study(
        {
            "dates": [
                date(2026, 9, 15),
                date(2027, 1, 15),
                date(2027, 6, 15),
            ]
        }
    )
    data = bind(dated, table(given))
    assert data.timing == "dates"
    assert data.frame["time.3"].tolist() == pytest.approx([273 / wave_days.DAYS_A_MONTH] * 6)
    days = [day for day in ("15/09/2026", "2027-01-15", "15.06.2027") for _ in range(6)]
    days[7] = ""
    own = bind(study(columns={"date": "dag"}), table(given | {"dag": days}))
    assert own.timing == "dates" and {problem.code for problem in own.warnings} == {"day_unknown"}
    assert own.frame["time.2"].tolist() == pytest.approx([122 / wave_days.DAYS_A_MONTH] * 6)
    numbered = bind(study({"waves": ["2", "3", "5"]}), table(rows(waves=("2", "3", "5"))))
    assert numbered.timing == "numbers" and numbered.frame["time.3"].tolist() == [3] * 6


def test_days_that_cannot_be_are_refused():
    given, own = rows(), study(columns={"date": "dag"})
    days = [day for day in ("2026-09-15", "2027-01-15", "2027-06-15") for _ in range(6)]
    assert "date_unreadable" in refused(own, given | {"dag": ["31/02/2027", *days[1:]]})
    assert "waves_out_of_order" in refused(own, given | {"dag": days[::-1]})
    assert "wave_without_dates" in refused(own, given | {"dag": [*days[:12], *[""] * 6]})


def test_where_the_waves_stand_must_be_told_once():
    wide = study(columns={"wave": None}, pre="sept", post="juni")
    assert {problem.code for problem in wave_table.layout(wide)} == {"column_per_wave"}
    both = study(pre="sept", between=["jan"], post="juni")
    assert {problem.code for problem in wave_table.layout(both)} == {"waves_in_rows_and_columns"}
    plain = Study.model_validate(plan("one_group"))
    between = plain.model_copy(update={"outcomes": (plain.primary.model_copy(update={"between": ("tussen",)}),)})
    assert {problem.code for problem in wave_table.layout(between)} == {"between_without_waves"}


@pytest.mark.parametrize(
    ("waves", "code"), [(["1", "1", "2"], "wave_listed_twice"), (["1", "2", "3"], "dates_per_wave")]
)
def test_lists_that_contradict_themselves(waves, code):
    with pytest.raises(ValueError, match=code):
        study({"waves": waves, "dates": [date(2026, 9, 15)]})
    with pytest.raises(ValueError, match="dates_out_of_order"):
        study(
            {
                "dates": [
                    date(2026, 9, 15),
                    date(2026, 9, 15),
                    date(2027, 9, 15),
                ]
            }
        )


def stepped(start, **design):
    content = study().model_dump(by_alias=True, mode="json", exclude_none=True)
    content["design"] = {"kind": "stepped", "start_column": "start", **design}
    return bind(Study.model_validate(content), table(rows(waves=("1", "2", "3")) | {"start": start}))


def test_starts_are_waves_or_never():
    data = stepped(["2", "nooit"] * 9)
    assert data.waves == ("1", "2", "3") and data.frame["start"].tolist() == [1, 3] * 3
    with pytest.raises(Problems) as raised:
        stepped(["2", "later"] * 9)
    assert codes(raised) == {"start_unknown"}


def test_waves_without_an_order_are_asked_for():
    content = study().model_dump(by_alias=True, mode="json", exclude_none=True)
    content["design"] = {"kind": "stepped", "start_column": "start"}
    columns = rows() | {"start": ["jan"] * 18}
    assert refused(Study.model_validate(content), columns) == {"waves_not_ordered"}


def named(names, waves):
    """Rows of six pupils whose waves are called ``names`` in the file, and ``waves`` in the study file."""
    return study({"waves": list(waves)}), rows(waves=tuple(names))


@pytest.mark.parametrize(
    ("names", "waves", "timing", "last"),
    [
        (("T1", "t 2", "3"), ("T1", "T2", "T3"), "numbers", 2),
        (("2022-2023", "2023-24", "2025"), ("2022", "2023", "2025"), "numbers", 3),
        (("september 2024", "jan 2025", "juni 2026"), ("sept 2024", "januari 2025", "juni 2026"), "dates", 20.96),
        (
            ("2025-09-15T00:00:00", "2026-01-20", "2026-06-08"),
            ("15/09/2025", "20/01/2026", "8 juni 2026"),
            "dates",
            8.74,
        ),
        (("sept", "jan", "juni"), ("September", "januari", "june"), "steps", 2),
    ],
)
def test_names_are_matched_by_what_they_say(names, waves, timing, last):
    data = bind(*(lambda given, cells: (given, table(cells)))(*named(names, waves)))
    assert data.rows == 6 and data.timing == timing and not data.warnings
    assert data.frame["time.3"].tolist() == pytest.approx([last] * 6, abs=0.005)


def test_a_year_behind_a_month_and_a_number_behind_another_word_are_other_waves():
    more = ("september 2025", "december 2025", "maart 2026", "september 2026")
    given, cells = named(more, more[:3])
    data = bind(given, table(cells))
    assert (data.rows, data.frame["toets.post"].tolist()) == (6, [p + 4.0 for p in range(6)])
    assert {problem.code for problem in data.warnings} == {"waves_left_out"}
    practice = ("toets 1", "toets 2", "toets 3", "oefening 1")
    given, cells = named(practice, practice[:3])
    data = bind(given, table(cells))
    assert data.frame["toets.pre"].tolist() == [p + 0.0 for p in range(6)]
    assert {problem.code for problem in data.warnings} == {"waves_left_out"}


@pytest.mark.parametrize(
    ("names", "waves", "code"),
    [
        (("1", "2", "3"), ("1", "T1", "2"), "waves_alike"),
        (("toets 1", "oefening 1", "1", "T9"), ("toets 1", "oefening 1", "T9"), "waves_alike"),
        (("T1", "meting 1", "2", "3"), ("1", "2", "3"), "waves_alike"),
        (("T1", "meting 2", "T3"), ("T1", "T2", "T3"), "wave_nearly"),
        (("september 2024", "juny 2025", "juni 2026"), ("september 2024", "juni 2025", "juni 2026"), "wave_nearly"),
        (("T1", "T2", "T3"), ("T1", "T3", "T2"), "waves_out_of_order"),
        (("2026-01-20", "15/09/2025", "2026-06-08"), ("20/01/2026", "15/09/2025", "08/06/2026"), "waves_out_of_order"),
        (("juni 2025", "sept 2024", "jan 2026"), ("juni 2025", "sept 2024", "jan 2026"), "waves_out_of_order"),
    ],
)
def test_names_that_could_be_two_waves_or_do_not_rise_are_refused(names, waves, code):
    given, cells = named(names, waves)
    with pytest.raises(Problems) as raised:
        bind(given, table(cells))
    assert codes(raised) == {code}
    (problem,) = raised.value.problems
    assert "{" not in words("nl").problem(problem)
    if code == "waves_alike":
        assert len(problem.facts["names"]) > 1 and set(problem.facts["names"]) <= {*names, *waves}


def test_months_in_another_order_than_a_school_year_are_told():
    given, cells = named(("juni", "januari", "september"), ("juni", "januari", "september"))
    assert {problem.code for problem in bind(given, table(cells)).warnings} == {"months_out_of_order"}


DAYS = ("2026-09-15", "2027-01-15", "2027-06-15")


def dated(change):
    days = [day for day in DAYS for _ in range(6)]
    for row, day in change.items():
        days[row] = day
    return study(columns={"date": "dag"}), table(rows() | {"dag": days})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({7: "2026-01-15"}, "day_of_another_year"),
        ({7: "2026-09-15"}, "days_back"),
        ({7: "2026-09-15", 1: ""}, None),
        ({7: "2027-03-31", 6: "2027-04-05"}, None),
        ({13: "2027-10-23", 14: "2027-10-05"}, None),
        ({7: "2027-01-25"}, ""),
    ],
)
def test_the_days_of_a_pupil_rise_and_are_those_of_the_wave(change, code):
    if not code:
        warned = {problem.code for problem in bind(*dated(change)).warnings}
        assert warned - {"day_unknown"} == ({"day_far_off"} if code is None else set())
        return
    with pytest.raises(Problems) as raised:
        bind(*dated(change))
    (problem,) = raised.value.problems
    given = dated(change)[1]
    assert (problem.code, problem.column, problem.facts["count"]) == (code, "dag", 1)
    assert problem.facts["rows"] == [given.row_numbers[7]] and problem.row == given.row_numbers[7]


@pytest.mark.parametrize("mark", ["31/02/2027", ""])
def test_messages_name_a_column_the_file_has_and_the_wave(mark):
    with pytest.raises(Problems) as raised:
        bind(*dated(dict.fromkeys(range(12, 18), mark)))
    (problem,) = raised.value.problems
    text = words("nl").problem(problem)
    assert wave_table.MARK not in text and "juni" in text and ("“dag”" in text) == bool(mark)
    cells = rows()
    cells["punten"][7] = "100"
    with pytest.raises(Problems) as raised:
        bind(study(), table(cells))
    (problem,) = raised.value.problems
    assert "kolom “punten”, meetmoment jan:" in words("nl").problem(problem)


def test_a_date_column_needs_rows_per_wave():
    wide = study(columns={"wave": None, "date": "dag"}, pre="sept", between=["jan"], post="juni")
    assert {problem.code for problem in wave_table.layout(wide)} == {"date_without_wave"}


def years(design, number=lambda p, w: p // 2 + 1, klas=lambda p, w: f"5{'AB'[p % 2]}"):
    labels = ("2022-2023", "2023-2024", "2024-2025")
    cells = rows(pupils=16, waves=labels)
    of_rows = [(p, w) for w in range(3) for p in range(16)]
    cells["leerling"] = [str(number(p, w)) for p, w in of_rows]
    cells["klas"] = [klas(p, w) for p, w in of_rows]
    content = study().model_dump(by_alias=True, mode="json", exclude_none=True)
    waves = {"waves" if design["kind"] == "growth" else "occasions": list(labels)}
    return Study.model_validate(content | {"design": design | waves}), cells


def test_numbers_that_start_again_every_school_year_are_asked_about():
    assert refused(*years({"kind": "survey"})) == {"pupils_numbered_again"}
    growth = bind(*(lambda given, cells: (given, table(cells)))(*years({"kind": "growth"})))
    assert "pupils_numbered_again" in {problem.code for problem in growth.warnings}
    for design in ({"kind": "survey", "same_pupils": True}, {"kind": "survey", "same_pupils": False}):
        given, cells = years(design)
        assert "pupils_numbered_again" not in {problem.code for problem in bind(given, table(cells)).warnings}
    # Codes of the whole school, and pupils who move up with their number, are the same pupils.
    for own in (
        {"number": lambda p, w: 700 + 13 * p},
        {"number": lambda p, w: p + 1, "klas": lambda p, w: f"{3 + w}A"},
    ):
        given, cells = years({"kind": "survey"}, **own)
        assert "pupils_numbered_again" not in {problem.code for problem in bind(given, table(cells)).warnings}


def test_pupils_nobody_can_follow_are_not_called_few():
    moved = years({"kind": "growth"}, klas=lambda p, w: f"{3 + w}{'AB'[p % 2]}")
    assert refused(*moved) == {"pupils_not_followed"}
    nobody = study(columns={"pupil": None})
    assert {problem.code for problem in wave_table.layout(nobody)} == {"waves_without_pupil"}
    content = study(columns={"pupil": None}).model_dump(by_alias=True, mode="json", exclude_none=True)
    for same, told in ((True, {"waves_without_pupil"}), (False, set()), (None, set())):
        design = {"kind": "survey", "occasions": list(WAVES)} | ({} if same is None else {"same_pupils": same})
        survey = Study.model_validate(content | {"design": design})
        assert {problem.code for problem in wave_table.layout(survey)} == told


def test_rows_that_repeat_another_one_are_counted_once_and_others_told_together():
    cells = {name: [*column, *column[6:9]] for name, column in rows().items()}
    data = bind(study(), table(cells))
    assert {problem.code for problem in data.warnings} == {"duplicate_rows"}
    assert [part.reason for part in data.skipped] == ["duplicate_rows"] and len(data.skipped[0].rows) == 3
    assert (data.frame == bind(study(), table(rows())).frame).all(axis=None)
    cells["punten"][18:] = ["19"] * 3
    with pytest.raises(Problems) as raised:
        bind(study(), table(cells))
    (problem,) = raised.value.problems
    assert problem.code == "pupil_twice_in_wave" and problem.facts["count"] == 3
    assert problem.facts["rows"] == [table(cells).row_numbers[at] for at in (6, 18, 7, 19, 8, 20)]

"""What a table means: roles, groups, units, and every way it can be refused."""

import pytest
from conftest import bound, classes, plan, study, table

from gsl_research.dataset import bind
from gsl_research.problems import Problems
from gsl_research.study import Study
from gsl_research.wording import words


def refused(scores, kind="comparison", **changes):
    with pytest.raises(Problems) as raised:
        bound(scores, kind, **changes)
    for problem in raised.value.problems:
        for lang in ("nl", "en"):
            sentence = words(lang).problem(problem)
            assert sentence.startswith("punten.csv") and "{" not in sentence and "None" not in sentence
            assert "p0-" not in sentence, "a pupil's code is never repeated"
    return [(p.code, p.row) for p in raised.value.problems]


def changed(column, row, value, **kwargs):
    columns = classes(**kwargs)
    columns[column][row - 2] = value
    return columns


def test_a_good_table_is_bound_with_nothing_dropped():
    planned, data = bound(changed("na", 5, "afw"))
    assert (data.rows, data.clusters, data.cluster_level, data.pupils_known) == (120, 6, "class", True)
    assert data.frame["toets.post"].isna().sum() == 1
    assert data.missing["na"] == {"afw": 1} and data.warnings == ()
    assert "p0-3" not in repr(data) and "120" in repr(data)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (changed("na", 5, "25"), ("outside_scale", 5)),
        (changed("na", 5, "1O"), ("not_a_number", 5)),
        (changed("groep", 5, "neiuw"), ("group_unknown_near", 5)),
        (changed("klas", 5, ""), ("code_empty", 5)),
        (changed("klas", 5, "#N/A"), ("code_is_error", 5)),
        (changed("leerling", 5, "p0-0"), ("pupil_twice", 5)),
        (changed("groep", 5, "gewoon"), ("pupils_in_other_group", 5)),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_stops(columns, expected):
    assert expected in refused(columns)


def test_everything_wrong_is_told_at_once():
    columns = classes()
    columns["na"][3], columns["voor"][7], columns["groep"][9] = "25", "12,,5", "x"
    assert {code for code, _ in refused(columns)} == {"outside_scale", "not_a_number", "group_unknown"}


def test_missing_columns_are_named_with_what_is_near():
    columns = classes()
    columns["Natoets"] = columns.pop("na")
    columns["klasje"] = columns.pop("klas")
    columns["xyz"] = columns.pop("groep")
    assert {code for code, _ in refused(columns)} == {"column_missing", "column_missing_near"}


def test_an_empty_arm_and_an_arm_without_scores():
    assert ("arm_empty", None) in refused(classes(treated=0, control=3))
    columns = classes()
    columns["na"] = [
        "" if group == "nieuw" else score for group, score in zip(columns["groep"], columns["na"], strict=True)
    ]
    assert ("arm_without_scores", None) in refused(columns)


def test_scores_without_spread_or_copied():
    columns = classes()
    columns["na"] = ["10"] * 120
    assert ("no_spread", None) in refused(columns)
    columns = classes()
    columns["na"] = list(columns["voor"])
    assert ("pre_equals_post", None) in refused(columns)
    assert ("too_few_pupils", None) in refused(classes(treated=1, control=1, size=1))


def test_namesakes_in_two_classes_are_two_pupils():
    columns = classes()
    columns["leerling"] = [code.split("-")[1] for code in columns["leerling"]]
    assert bound(columns)[1].rows == 120


def test_class_and_pupil_stay_text():
    columns = classes(treated=1, control=1)
    columns["klas"] = [{"k0": "1E1", "k1": "10"}[c] for c in columns["klas"]]
    assert set(bound(columns)[1].cluster_names) == {"1E1", "10"}


def test_without_a_pupil_column_rows_serve_and_it_is_said():
    _, data = bound(classes(), columns={"class": "klas", "group": "groep"})
    assert [p.code for p in data.warnings] == ["no_pupil_column"] and not data.pupils_known


def test_groups_given_by_class_name():
    changes = {
        "columns": {"pupil": "leerling", "class": "klas", "group": "klas"},
        "groups": {"treated": ["k0"], "control": ["k1"]},
    }
    _, data = bound(classes(1, 1), **changes)
    assert data.frame.groupby("class")["treated"].first().to_dict() == {"k0": True, "k1": False}


def schools(columns, per_school):
    columns = dict(columns)
    columns["school"] = [f"s{int(c[1:]) // per_school}" for c in columns["klas"]]
    return columns


def with_school(assigned, **roles):
    return {
        "design": {"kind": "comparison", "assigned": assigned},
        "columns": {"pupil": "leerling", "group": "groep", "school": "school", **roles},
    }


def test_the_cluster_is_the_coarsest_unit_at_which_the_group_is_constant():
    columns = schools(classes(4, 4), 2)
    _, data = bound(columns, **with_school("class", **{"class": "klas"}))
    assert (data.cluster_level, data.clusters) == ("school", 4)
    assert [p.code for p in data.warnings] == ["coarser_cluster"]


def test_schools_with_both_arms_leave_the_class_as_cluster():
    columns = schools(classes(3, 3), 2)
    _, data = bound(columns, **with_school("class", **{"class": "klas"}))
    assert (data.cluster_level, data.clusters, data.warnings) == ("class", 6, ())
    assert ("both_arms_in_unit", None) in refused(columns, **with_school("school", **{"class": "klas"}))
    assert ("both_arms_unit_not_mapped", None) in refused(columns, **with_school("class"))


def test_only_the_school_mapped_makes_the_school_the_cluster():
    columns = schools(classes(4, 4), 2)
    assert bound(columns, **with_school("school"))[1].cluster_level == "school"
    assert bound(columns, **with_school("class"))[1].clusters == 4


def test_one_school_with_one_class_each_needs_no_warning():
    columns = schools(classes(3, 3), 1)
    _, data = bound(columns, **with_school("class", **{"class": "klas"}))
    assert data.warnings == () and data.clusters == 6


def test_the_assigned_unit_must_be_mapped():
    plain = {"design": {"kind": "comparison", "assigned": "school"}}
    assert ("unit_not_mapped", None) in refused(classes(), **plain)
    none = {"columns": {"pupil": "leerling", "group": "groep"}}
    assert ("unit_not_mapped", None) in refused(classes(), **none)
    assigned_pupil = {"design": {"kind": "comparison", "assigned": "pupil"}, **none}
    assert ("class_not_mapped", None) in refused(classes(), **assigned_pupil)


def test_a_class_code_occurs_in_two_schools():
    columns = schools(classes(2, 2), 1)
    columns["klas"] = ["3A"] * len(columns["klas"])
    _, data = bound(columns, **with_school("class", **{"class": "klas"}))
    assert data.clusters == 4


def blocked(pairs: int = 3, **columns) -> tuple[dict, dict]:
    """Scores of pairs of classes, one of each with the approach, and the study file that says so."""
    scores = classes(pairs, pairs)
    scores["paar"] = [f"p{int(name[1:]) % pairs}" for name in scores["klas"]]
    design = {"kind": "comparison", "assigned": "class", "randomised": True, "blocks": True}
    roles = {"pupil": "leerling", "class": "klas", "group": "groep", "block": "paar", **columns}
    return scores, {"design": design, "columns": roles}


def test_blocks_are_read_beside_the_classes():
    scores, changes = blocked()
    _, data = bound(scores, **changes)
    pairs = data.frame.groupby("cluster")["block"].agg(["nunique", "first"])
    assert list(pairs["nunique"]) == [1] * 6
    assert sorted(pairs["first"]) == [0, 0, 1, 1, 2, 2]
    assert "block" not in bound(classes())[1].frame


def test_the_school_may_be_the_block():
    scores, changes = blocked(block="paar", school="paar")
    assert bound(scores, **changes)[1].cluster_level == "class"


def test_a_class_in_two_blocks_and_a_block_with_one_side_are_named():
    scores, changes = blocked()
    scores["paar"][0] = "p1"
    assert refused(scores, **changes) == [("unit_in_two_blocks", None)]
    scores, changes = blocked()
    scores["paar"] = ["p9" if name == "k0" else pair for name, pair in zip(scores["klas"], scores["paar"], strict=True)]
    with pytest.raises(Problems) as raised:
        bound(scores, **changes)
    (problem,) = raised.value.problems
    assert (problem.code, dict(problem.facts)) == ("block_one_sided", {"names": ["p0", "p9"], "count": 2})


@pytest.mark.parametrize(("blocks", "column"), [(True, None), (False, "paar")])
def test_blocks_and_their_column_belong_together(blocks, column):
    scores, changes = blocked()
    changes["design"]["blocks"] = blocks
    changes["columns"]["block"] = column
    with pytest.raises(ValueError, match="blocks_and_column"):
        bound(scores, **changes)


def test_real_school_40_holds_both_arms(real_data):
    from gsl_research.reading import read_table

    content = study().model_dump(by_alias=True, mode="json", exclude_none=True) | {
        "design": {"kind": "comparison", "assigned": "school"},
        "columns": {"pupil": "pupilNR", "class": "classNR", "school": "schoolNR", "group": "mixedgra"},
        "groups": {"treated": ["1"], "control": ["0"]},
        "outcomes": [{"name": "t", "label": "T", "domain": "learning_gain", "pre": "langPRET", "post": "langPOST"}],
    }
    read = read_table(real_data / "dutch_bdf.csv")
    with pytest.raises(Problems) as raised:
        bind(Study.model_validate(content), read)
    assert raised.value.problems[0].code == "both_arms_in_unit"
    assert list(raised.value.problems[0].facts["names"]) == ["40"]
    content["design"]["assigned"] = "class"
    data = bind(Study.model_validate(content), read)
    assert (data.cluster_level, data.clusters, data.schools) == ("class", 133, 131)


def test_one_group_has_one_cluster_per_class_or_one_group():
    assert bound(classes(2, 0), "one_group")[1].clusters == 2
    _, data = bound(classes(2, 0), "one_group", columns={"pupil": "leerling"})
    assert (data.clusters, data.cluster_level) == (2, "group") or data.clusters == 1


def test_the_same_header_for_a_role_and_a_score():
    columns = classes()
    changes = {"columns": {"pupil": "na", "class": "klas", "group": "groep"}}
    assert ("header_two_roles", None) in refused(columns, **changes)


def test_table_repr_and_dataset_repr_hold_no_pupil():
    columns = table(classes())
    assert "p0-3" not in repr(columns)


def test_classes_are_numbered_as_a_person_counts():
    scores = classes(6, 6)
    _, data = bound({**scores, "klas": [f"{int(c[1:]) + 1}A" for c in scores["klas"]]})
    assert data.cluster_names == tuple(f"{n}A" for n in range(1, 13))
    assert data.frame.groupby("cluster")["class"].first().tolist() == list(data.cluster_names)


def test_two_spellings_of_one_class_stop():
    scores = classes()
    scores["klas"] = ["K 0" if i < 10 else c for i, c in enumerate(scores["klas"])]
    assert ("code_variants", 2) in refused(scores)


def test_a_column_with_another_word_for_its_role_is_proposed_never_used():
    scores = {("eindtoets" if name == "na" else name): cells for name, cells in classes().items()}
    planned = study(outcomes=[{**plan()["outcomes"][0], "post": "natest 2"}])
    with pytest.raises(Problems) as raised:
        bind(planned, table(scores))
    (problem,) = [p for p in raised.value.problems if p.facts["header"] == "natest 2"]
    assert (problem.code, problem.facts["suggestion"]) == ("column_missing_near", "eindtoets")


def test_a_column_that_the_study_file_names_is_not_proposed_for_another():
    scores = {
        ("natests" if name == "voor" else "punt" if name == "na" else name): cells for name, cells in classes().items()
    }
    planned = study(outcomes=[{**plan()["outcomes"][0], "pre": "natests", "post": "natest"}])
    with pytest.raises(Problems) as raised:
        bind(planned, table(scores))
    (problem,) = [p for p in raised.value.problems if p.facts["header"] == "natest"]
    assert problem.code == "column_missing"

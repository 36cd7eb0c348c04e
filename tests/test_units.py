"""Which unit is the cluster: every combination of declared, mapped and constant levels that a school hands in."""

import numpy as np
import pytest

from gsl_research.problems import Term
from gsl_research.reading import Column
from gsl_research.units import assigned_cluster, few_in_other_arm, unit_keys, unit_name

TREATED = np.array([True] * 4 + [False] * 4)
CLASSES = ["3A", "3A", "3B", "3B", "3C", "3C", "3D", "3D"]
TEACHERS = ["An"] * 4 + ["Bo"] * 4
SCHOOLS = ["noord"] * 4 + ["zuid"] * 4
ONE_SCHOOL = ["noord"] * 8


def keyed(codes):
    return unit_keys({role: Column.of(cells) for role, cells in codes.items()})


def chosen(assigned, treated=TREATED, **codes):
    level, problems = assigned_cluster(assigned, keyed(codes), treated)
    return level, [(p.code, p.severity) for p in problems]


def test_a_unit_carries_its_school():
    keys = keyed({"class": ["3A", "3A"], "teacher": ["An", "An"], "school": ["noord", "zuid"]})
    assert keys["class"] == ["noord\x1f3A", "zuid\x1f3A"]
    assert keys["teacher"] == ["noord\x1fAn", "zuid\x1fAn"]
    assert keys["school"] == ["noord", "zuid"]
    assert list(keys) == ["class", "teacher", "school"]
    assert keyed({"class": ["3A"]}) == {"class": ["3A"]}
    assert keyed({"pupil": ["1"]}) == {}


@pytest.mark.parametrize("assigned", ["class", "teacher", "school"])
def test_nothing_mapped_is_an_error(assigned):
    assert chosen(assigned) == (assigned, [("unit_not_mapped", "error")])


def test_pupils_without_classes_are_warned_about():
    assert chosen("pupil") == ("pupil", [("class_not_mapped", "error")])


def test_the_declared_level_when_nothing_coarser_is_constant():
    assert chosen("class", **{"class": CLASSES}) == ("class", [])
    assert chosen("class", **{"class": CLASSES}, school=ONE_SCHOOL) == ("class", [])
    assert chosen("teacher", **{"class": CLASSES}, teacher=TEACHERS) == ("teacher", [])
    assert chosen("school", school=SCHOOLS) == ("school", [])


@pytest.mark.parametrize(("coarser", "level"), [({"teacher": TEACHERS}, "teacher"), ({"school": SCHOOLS}, "school")])
def test_a_coarser_level_that_got_the_approach_as_a_whole_is_the_cluster(coarser, level):
    assert chosen("class", **{"class": CLASSES}, **coarser) == (level, [("coarser_cluster", "warning")])


def test_the_coarsest_of_all():
    level, problems = assigned_cluster(
        "class", keyed({"class": CLASSES, "teacher": TEACHERS, "school": SCHOOLS}), TREATED
    )
    assert level == "school"
    assert dict(problems[0].facts) == {"declared": Term("role.class"), "used": Term("role.school"), "units": 2}


def test_a_coarser_level_with_as_many_units_needs_no_warning():
    own_teacher = ["An", "An", "Bo", "Bo", "Cas", "Cas", "Dirk", "Dirk"]
    assert chosen("class", **{"class": CLASSES}, teacher=own_teacher) == ("teacher", [])


def test_only_a_coarser_level_mapped():
    assert chosen("class", school=SCHOOLS) == ("school", [("coarser_cluster", "warning")])
    assert chosen("class", school=ONE_SCHOOL) == ("class", [("both_arms_unit_not_mapped", "error")])


def test_only_a_finer_level_mapped():
    assert chosen("school", **{"class": CLASSES}) == ("school", [("unit_not_mapped", "error")])
    assert chosen("teacher", teaching_group=CLASSES) == ("teacher", [("unit_not_mapped", "error")])


def test_pupils_assigned_within_classes():
    within = np.array([True, False] * 4)
    assert chosen("pupil", within, **{"class": CLASSES}) == ("pupil", [])
    assert chosen("pupil", TREATED, **{"class": CLASSES}) == ("class", [("coarser_cluster", "warning")])


def test_both_arms_in_a_declared_unit_names_the_units_without_their_school():
    treated = np.array([True, False, True, True, False, False, True, False])
    codes = {"class": CLASSES, "school": ONE_SCHOOL}
    level, problems = assigned_cluster("class", keyed(codes), treated)
    assert (level, [p.code for p in problems]) == ("class", ["both_arms_in_unit"])
    assert dict(problems[0].facts) == {"unit": Term("role.class"), "names": ["3A", "3D"], "count": 2}


def test_of_many_mixed_units_five_are_named():
    classes = [f"k{i}" for i in range(8) for _ in range(2)]
    _, problems = assigned_cluster("class", keyed({"class": classes}), np.array([True, False] * 8))
    assert problems[0].facts["names"] == ["k0", "k1", "k2", "k3", "k4"]
    assert problems[0].facts["count"] == 8


def test_the_same_class_name_in_two_schools_is_two_classes():
    same_name = ["3A"] * 8
    assert chosen("class", **{"class": same_name}) == ("class", [("both_arms_in_unit", "error")])
    assert chosen("class", **{"class": same_name}, school=SCHOOLS) == ("school", [])


def test_a_class_with_two_teachers_stays_the_cluster():
    keys = keyed({"class": ["a", "a", "b", "b"], "teacher": ["t1", "t2", "t3", "t4"]})
    assert assigned_cluster("class", keys, np.array([True, True, False, False])) == ("class", [])


def test_a_few_in_the_other_group_are_found_by_row_and_a_mixed_class_is_not():
    units = Column.of(["a"] * 10 + ["b"] * 10 + ["c"] * 4 + ["d"] * 5)
    treated = np.array(
        [True] * 8 + [False] * 2 + [True] * 3 + [False] * 7 + [True] + [False] * 3 + [False] * 4 + [True]
    )
    assert np.flatnonzero(few_in_other_arm(units, treated)).tolist() == [8, 9, 28]


def test_a_key_says_the_unit_without_its_school():
    assert [unit_name(key) for key in keyed({"class": ["3A"], "school": ["noord"]})["class"].distinct] == ["3A"]


def test_a_teaching_group_with_both_arms_below_the_assigned_class_is_told():
    rooms = ["r1", "r2"] * 4
    assert chosen("class", **{"class": CLASSES}, teaching_group=rooms) == ("class", [("taught_together", "warning")])
    apart = ["r1", "r2"] * 2 + ["r3", "r4"] * 2
    assert chosen("class", **{"class": CLASSES}, teaching_group=apart) == ("class", [])
    assert chosen("pupil", **{"class": CLASSES}, teaching_group=apart)[1][-1:] != [("taught_together", "warning")]

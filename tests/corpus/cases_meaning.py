"""What the rows mean together: doubles, namesakes, moves, groups, schools, teachers."""

from dataclasses import replace

from .case import accept, case, either, reject, warn
from .files import csv
from .maker import beside, changed, class_set, facts, plan, put, table


def _copied(rows, row, at=None, **cells):
    """The rows with one of them again at the end, with other cells under some headings."""
    again = list(rows[row - 1])
    for column, value in cells.items():
        again[rows[0].index(column)] = value
    return [*rows, again]


@case()
def a_row_twice(folder):
    """Counted once and said, or refused; never twice in silence."""
    pupils = class_set()
    return either(csv(folder, _copied(table(pupils), 6)), pupils, facts(pupils, rows=29), rows=[6, 30])


@case(("score", {"natoets": "3,5"}), ("empty", {"natoets": ""}), ("group", {"groep": "gewoon"}))
def a_pupil_twice_with_another(folder, _name, cells):
    return reject(csv(folder, _copied(table(class_set()), 6, **cells)), rows=[6, 30])


@case()
def all_rows_twice(folder):
    """Pasted twice by mistake."""
    pupils = class_set()
    rows = table(pupils)
    return either(csv(folder, [*rows, *rows[1:]]), pupils, facts(pupils, rows=56), rows=range(2, 58))


@case()
def pre_and_post_of_a_pupil_in_two_rows(folder):
    rows = put(table(class_set()), 6, "natoets", "")
    return reject(csv(folder, _copied(rows, 6, voortoets="", natoets="12,5")), rows=[6, 30])


@case()
def namesakes_in_one_class(folder):
    pupils = class_set()
    pupils = changed(pupils, 5, name=pupils[3].name)
    return reject(csv(folder, table(pupils)), rows=[5, 7])


@case()
def namesakes_in_one_class_with_codes(folder):
    pupils = class_set()
    rows = table(changed(pupils, 5, name=pupils[3].name))
    rows = beside(rows, "code", [str(48210 + n) for n in range(28)], at=0)
    return accept(csv(folder, rows), pupils, plan(columns={"pupil": "code"}))


@case()
def brothers_when_only_the_family_name_is_mapped(folder):
    pupils = changed(changed(class_set(), 4, name="Vermeulen"), 5, name="Vermeulen")
    rows = beside(table(pupils), "voornaam", ["Wout" if n % 2 else "Joren" for n in range(28)], at=1)
    return reject(csv(folder, rows), rows=[6, 7], secrets=frozenset({"Vermeulen", "Wout", "Joren"}))


@case(("capitals", "SARAH VAN DAMME"), ("double space", "Sarah  Van Damme"), ("particle", "Sarah van Damme"),
      ("hyphen", "Sarah Van-Damme"), ("letter", "Sara Van Damme"), ("turned", "Van Damme Sarah"))  # fmt: skip
def a_pupil_in_two_spellings(folder, _name, spelling):
    """Two rows of one class, one with the pre-test and one with the post-test: proposed, never fused."""
    pupils = changed(class_set(), 4, name="Sarah Van Damme", post=None)
    pupils = changed(pupils, 5, name=spelling, pre=None)
    secrets = frozenset({"Sarah", "SARAH", "Sara", "Damme", "DAMME"})
    return either(csv(folder, table(pupils)), pupils, rows=[6, 7], secrets=secrets)


@case()
def a_pupil_in_two_spellings_with_all_scores(folder):
    pupils = changed(changed(class_set(), 4, name="Sarah Van Damme"), 5, name="sarah van damme")
    return either(
        csv(folder, table(pupils)), pupils, rows=[6, 7], secrets=frozenset({"Sarah", "sarah", "Damme", "damme"})
    )


@case()
def twins_whose_names_look_alike(folder):
    """Lisa and Lise are two children; both have all scores."""
    pupils = changed(changed(class_set(), 4, name="Lisa Verbruggen"), 5, name="Lise Verbruggen")
    return accept(csv(folder, table(pupils)), pupils, secrets=frozenset({"Lisa", "Lise", "Verbruggen"}))


@case()
def a_pupil_who_changed_class(folder):
    """One code, the pre-test in one class and the post-test in another."""
    coded = [replace(p, name=str(48210 + n)) for n, p in enumerate(class_set())]
    moved = [*changed(coded, 4, post=None), replace(coded[4], class_="03", pre=None)]
    secrets = frozenset(p.name for p in coded)
    return either(csv(folder, table(moved)), moved, rows=[6, 30], secrets=secrets)


@case()
def a_pupil_in_another_group_than_the_class(folder):
    return reject(csv(folder, put(table(class_set()), 6, "groep", "gewoon")))


@case()
def a_class_of_two_grades(folder):
    pupils = class_set(classes={"3-4": "nieuw", "5-6": "nieuw", "graadklas 3/4": "gewoon", "L5+L6": "gewoon"})
    return accept(csv(folder, table(pupils)), pupils)


@case()
def level_groups_across_classes(folder):
    pupils = class_set()
    rows = beside(table(pupils), "niveaugroep", [f"rekengroep {p.group} {n % 2}" for n, p in enumerate(pupils)])
    return accept(csv(folder, rows), pupils, plan(columns={"teaching_group": "niveaugroep"}))


@case()
def level_groups_across_the_arms(folder):
    """Pupils of both arms sit together for maths."""
    rows = beside(table(class_set()), "niveaugroep", [f"rekengroep {n % 3}" for n in range(28)])
    return either(csv(folder, rows), class_set(), study=plan(columns={"teaching_group": "niveaugroep"}))


@case()
def two_teachers_for_one_class(folder):
    pupils = class_set()
    teachers = [f"juf {p.class_}" if n != 3 else "meester Tom" for n, p in enumerate(pupils)]
    return either(
        csv(folder, beside(table(pupils), "leerkracht", teachers)),
        pupils,
        study=plan(columns={"teacher": "leerkracht"}),
    )


@case()
def one_teacher_for_two_classes(folder):
    pupils = class_set()
    teachers = ["juf An" if p.group == "nieuw" else f"juf {p.class_}" for p in pupils]
    return either(
        csv(folder, beside(table(pupils), "leerkracht", teachers)),
        pupils,
        study=plan(columns={"teacher": "leerkracht"}),
    )


@case()
def pupils_with_their_own_goals(folder):
    pupils = class_set()
    goals = ["ja" if n % 9 == 0 else "" for n in range(28)]
    return accept(
        csv(folder, beside(table(pupils), "eigen doel", goals)), pupils, plan(columns={"own_goal": "eigen doel"})
    )


@case(("numbers", False), ("text", True))
def two_schools_that_count_their_pupils(folder, _name, named):
    pupils = []
    for school, pair in (
        ("De Krekel", {"5A": "nieuw", "5B": "gewoon"}),
        ("Het Anker", {"5A": "nieuw", "5B": "gewoon"}),
    ):
        for n, p in enumerate(class_set(seed=len(pupils) + 1, classes=pair), start=1):
            pupils.append(replace(p, school=school, name=f"leerling {n}" if named else str(n)))
    rows = beside(table(pupils), "school", [p.school for p in pupils])
    return accept(csv(folder, rows), pupils, plan(columns={"school": "school"}))


@case()
def two_schools_without_a_column_for_the_school(folder):
    pupils = [
        replace(p, name=str(n % 14)) for n, p in enumerate(class_set(classes={"5A": "nieuw", "5B": "gewoon"}, size=14))
    ]
    again = [replace(p, post=p.pre) for p in pupils]
    return reject(csv(folder, table([*pupils, *again])))


@case()
def one_pupil(folder):
    pupils = class_set()[:1]
    return either(csv(folder, table(pupils)), pupils)


@case()
def one_pupil_per_class(folder):
    pupils = class_set(size=1)
    return either(csv(folder, table(pupils)), pupils, silent=True)


@case()
def two_pupils_in_the_comparison(folder):
    pupils = [p for n, p in enumerate(class_set(classes={"5A": "nieuw", "5B": "gewoon"}, size=14)) if n < 16]
    return either(csv(folder, table(pupils)), pupils, silent=True)


@case()
def the_comparison_has_no_scores(folder):
    pupils = [replace(p, post=None) if p.group == "gewoon" else p for p in class_set()]
    return either(csv(folder, table(pupils)), pupils)


@case()
def one_class_on_each_side(folder):
    pupils = class_set(classes={"5A": "nieuw", "5B": "gewoon"}, size=14)
    return accept(csv(folder, table(pupils)), pupils)


@case()
def no_column_for_the_pupil(folder):
    pupils = class_set()
    told = facts(pupils) | {"pupils": None}
    return warn(csv(folder, [row[1:] for row in table(pupils)]), told, plan(columns={"pupil": None}))


@case()
def the_study_gives_one_heading_two_roles(folder):
    return reject(csv(folder, table(class_set())), plan(columns={"pupil": "natoets"}))


@case()
def a_subgroup_that_is_not_in_the_file(folder):
    return reject(csv(folder, table(class_set())), plan(subgroups=[{"column": "thuistaal"}]))


@case(("m v x", ["m", "v", "x"]), ("ja nee", ["ja", "nee", ""]), ("numbers", ["1", "2", "9"]))
def a_subgroup(folder, _name, codes):
    pupils = class_set()
    rows = beside(table(pupils), "thuistaal", [codes[n % 3] for n in range(28)])
    return accept(csv(folder, rows), pupils, plan(subgroups=[{"column": "thuistaal"}]))

"""Which number a class has in what is shared: one that says nothing.

A class is a teacher, and in the order of names, or of sizes, class 1 is known to every colleague. Numbers therefore
follow an order that is drawn by a hash of the exact class means of the first primary outcome: nobody has these who does
not have the scores, and the same scores give the same numbers.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .measurement import Dosed, OutcomeResult

KEY_DECIMALS = 6
"""Of the class means in the key: fewer than could differ from one computer to the next (policy)."""


def drawn(
    study_id: str, first: OutcomeResult, results: Iterable[OutcomeResult], dose: Dosed | None
) -> tuple[tuple[OutcomeResult, ...], Dosed | None]:
    """Every result, and the doses beside the ``first``, with other numbers: the classes with the approach still come
    first, and of those that start in turn the ones that start first."""
    means = (f"{item.unit} {item.pupils} {round(item.mean, KEY_DECIMALS) + 0.0}" for item in first.classes)
    key = "|".join((study_id, *means)).encode()
    if dose is not None:
        numbers = _numbers(first, key)
        points = (replace(one, number=numbers[one.number]) for one in dose.points)
        dose = replace(dose, points=tuple(sorted(points, key=lambda one: one.number)))
    return tuple(_renumbered(result, key) for result in results), dose


def _renumbered(result: OutcomeResult, key: bytes) -> OutcomeResult:
    numbers = _numbers(result, key)
    sides = {side: place for place, side in enumerate(dict.fromkeys(item.treated for item in result.classes))}
    classes = (replace(item, number=numbers[item.number]) for item in result.classes)
    found = replace(result, classes=tuple(sorted(classes, key=lambda item: (sides[item.treated], item.number))))
    for name in ("waves", "steps"):
        if (of := getattr(result, name)) is not None:
            own = (replace(one, number=numbers.get(one.number, one.number)) for one in of.classes)
            found = replace(found, **{name: replace(of, classes=tuple(sorted(own, key=lambda one: one.number)))})
    return found


def _numbers(result: OutcomeResult, key: bytes) -> Mapping[int, int]:
    """The new number of every old one, those of one side, or of one start, among themselves."""
    if result.steps is not None:
        group = {one.number: one.start for one in result.steps.classes}
    elif len(result.classes) > result.units:
        group = dict.fromkeys((item.number for item in result.classes), 0)
    else:
        group = {item.number: item.treated for item in result.classes}
    numbers: dict[int, int] = {}
    for side in dict.fromkeys(group.values()):
        old = sorted(number for number in group if group[number] == side)
        shuffled = sorted(old, key=lambda number: hmac.digest(key, str(number).encode(), "sha256"))
        numbers |= dict(zip(shuffled, old, strict=True))
    return numbers

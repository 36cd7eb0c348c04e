"""What is kept of the checks, and what of them a card may tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import privacy
from .disclosure import classes_may_show, extreme_may_show, loss_may_leave
from .measurement import Check, Measurement, OutcomeResult

CARD_CHECK_DECIMALS = 2
OF_SINGLE_CLASSES = ("class_sd_ratio", "leave_one_out_low", "leave_one_out_high", "outlying_class")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEntry:
    outcome: str
    code: str
    value: float | None
    """``None`` on a card when it would tell a small count."""
    flag: bool


def check_entries(measurement: Measurement, result: OutcomeResult, *, share: bool) -> Iterator[CheckEntry]:
    for one in result.checks:
        value = _on_card(measurement, result, one) if share else one.value
        yield CheckEntry(outcome=result.outcome.name, code=one.code, value=value, flag=one.flag)


def _on_card(measurement: Measurement, result: OutcomeResult, check: Check) -> float | None:
    """A card leaves out shares that stand for one to four pupils (a ceiling, a loss), and what would tell the mean of a
    class with fewer than 10."""
    if check.code in OF_SINGLE_CLASSES and not classes_may_show(result):
        return None
    arm = result.arms.get("treated") or result.arms["single"]
    lost = [one.lost for one in result.arms.values()]
    match check.code:
        case "ceiling" | "floor":
            told = extreme_may_show(arm, check.code)
        case "attrition" | "attrition_gap" if not loss_may_leave(measurement, result):
            told = False
        case "attrition":
            told = sum(lost) == 0 or privacy.may_count(sum(lost))
        case "attrition_gap":
            told = all(count == 0 or privacy.may_count(count) for count in lost)
        case "class_sizes":
            told = False
        case _:
            told = True
    if not told:
        return None
    return round(check.value, CARD_CHECK_DECIMALS)

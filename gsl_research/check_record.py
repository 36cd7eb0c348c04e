"""What is kept of the checks, and what of them a card may tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import privacy
from .disclosure import classes_may_show, extreme_may_show, loss_may_leave
from .measurement import Check, Measurement, OutcomeResult

CARD_CHECK_DECIMALS = 2
OF_PUPILS = ("ceiling", "floor", "attrition", "attrition_gap")
OF_SINGLE_CLASSES = ("class_sd_ratio", "leave_one_out_low", "leave_one_out_high", "outlying_class")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEntry:
    outcome: str
    code: str
    value: float | None
    """``None`` on a card when it would tell a small count."""
    flag: bool | None
    """``None`` on a card where that would tell how few they are."""


def check_entries(
    measurement: Measurement, result: OutcomeResult, share: bool, tells_loss: bool
) -> Iterator[CheckEntry]:
    """On a card (``share``) attrition alone where how many are lost may be told."""
    for one in result.checks:
        value = _on_card(measurement, result, one) if share else one.value
        if share and not tells_loss and one.code in ("attrition", "attrition_gap") and result is measurement.primary:
            value = None
        hidden = value is None and one.code in OF_PUPILS
        yield CheckEntry(outcome=result.outcome.name, code=one.code, value=value, flag=None if hidden else one.flag)


def _on_card(measurement: Measurement, result: OutcomeResult, check: Check) -> float | None:
    """A card leaves out shares that stand for a few pupils (a ceiling, a loss), and what would tell the mean of a
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
            told = privacy.none_or_enough(sum(lost))
        case "attrition_gap":
            told = all(map(privacy.none_or_enough, lost))
        case "class_sizes":
            told = False
        case _:
            told = True
    if not told:
        return None
    return round(check.value, CARD_CHECK_DECIMALS)

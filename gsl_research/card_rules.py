"""What must hold of a card beyond its shape: numbers that fit each other, and nothing that should have stayed home."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from . import privacy
from .evidence import EstimateEntry, EvidenceRecord
from .problems import Problem
from .study import Context

RATINGS = range(6)
COUNTED = re.compile(r"(pupils|classes|sites|steps|blocks)(_[a-z]{1,20}){0,2}")
"""What an estimate counts."""
DROPPED, ARMS = {"no_pre", "no_post", "neither"}, {"treated", "control", "single"}
LONGEST_PLACE = 80
"""Of a place, since a key may be any text (policy)."""


def stop(code: str, place: str) -> Problem:
    """``place`` as the file itself writes it: "estimates[2].se"."""
    visible = "".join(sign if sign.isprintable() else "?" for sign in place)
    return Problem(code=code, facts={"place": visible[:LONGEST_PLACE]})


def wrong_shape(kind: str, address: tuple[str | int, ...]) -> Problem:
    """What the schema refuses: its kind of mistake, at an address of keys and numbers."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in address)
    place = "".join(parts).removeprefix(".")
    match kind:
        case "missing":
            return stop("card_key_missing", place=place)
        case "unexpected_keyword_argument" | "extra_forbidden":
            return stop("card_key_unknown", place=place)
        case "finite_number":
            return stop("card_not_finite", place=place)
        case _:
            return stop("card_wrong_value", place=place)


def broken_rules(card: EvidenceRecord) -> Iterator[Problem]:
    """Every rule that a card of the right shape breaks."""
    told = {one.name for one in card.outcomes}
    for at, estimate in enumerate(card.estimates):
        yield from _estimate(estimate, f"estimates[{at}]")
        if estimate.outcome not in told:
            yield stop("card_wrong_value", place=f"estimates[{at}].outcome")
    for at, outcome in enumerate(card.outcomes):
        if outcome.scale is not None and not (len(outcome.scale) == 2 and outcome.scale[0] < outcome.scale[1]):
            yield stop("card_wrong_value", place=f"outcomes[{at}].scale")
    if len(told) < len(card.outcomes):
        yield stop("card_wrong_value", place="outcomes")
    yield from _counts(card)
    yield from _moments(card)
    for key in card.study.context:
        if key not in Context.model_fields:
            yield stop("card_key_unknown", place=f"study.context.{key}")
    caps = [card.security.rating, card.security.lift, *(one.cap for one in card.security.caps)]
    if not all(cap in RATINGS for cap in caps):
        yield stop("card_wrong_value", place="security")


def _estimate(one: EstimateEntry, place: str) -> Iterator[Problem]:
    if (one.low is None) != (one.high is None):
        yield stop("card_interval", place=place)
    elif one.low is not None and not one.low <= one.value <= one.high:
        yield stop("card_interval", place=place)
    if one.se is not None and not one.se > 0:
        yield stop("card_wrong_value", place=f"{place}.se")
    for name, most in (("df", math.inf), ("class_df", math.inf), ("p", 1), ("level", 1)):
        value = getattr(one, name)
        if value is not None and not 0 <= value <= most:
            yield stop("card_wrong_value", place=f"{place}.{name}")
    for name, count in one.n.items():
        if not name.startswith("classes") and one.subgroup is not None:
            yield stop("card_small_count", place=f"{place}.n.{name}")
        elif name.startswith("pupils"):
            if count is not None and not privacy.may_count(count):
                yield stop("card_small_count", place=f"{place}.n.{name}")
            elif not COUNTED.fullmatch(name):
                yield stop("card_key_unknown", place=f"{place}.n.{name}")
        elif count is None or count < 0 or not COUNTED.fullmatch(name):
            yield stop("card_wrong_value", place=f"{place}.n.{name}")


def _counts(card: EvidenceRecord) -> Iterator[Problem]:
    """Counts of pupils, and what only a school's own record holds."""
    if card.data.classes < 1 or (card.data.schools is not None and card.data.schools < 1):
        yield stop("card_wrong_value", place="data")
    for place, known, keys in _keys(card):
        if not set(keys) <= known:
            yield stop("card_key_unknown", place=place)
    if card.data.pupils is not None and not privacy.may_count(card.data.pupils):
        yield stop("card_small_count", place="data.pupils")
    for why, count in card.data.dropped.items():
        if count is not None and not privacy.none_or_enough(count):
            yield stop("card_small_count", place=f"data.dropped.{why}")
    for at, one in enumerate(card.missing):
        for kind, counts in (("started", one.started), ("kept", one.kept)):
            if any(count is not None and not privacy.may_count(count) for count in counts.values()):
                yield stop("card_small_count", place=f"missing[{at}].{kind}")
        if any(count is not None for count in one.left.values()):
            yield stop("card_small_count", place=f"missing[{at}].left")
    own = {"levels": card.levels, "data.sha256": card.data.sha256, "study.keep_until": card.study.keep_until}
    for place, kept in own.items():
        if kept:
            yield stop("card_own_record", place=place)


def _keys(card: EvidenceRecord) -> Iterator[tuple[str, set[str], Iterable[str]]]:
    """Where names of keys are free in the schema: (place, those that may be there, those that are)."""
    yield "data.dropped", DROPPED, card.data.dropped
    for at, one in enumerate(card.missing):
        yield f"missing[{at}]", ARMS, (*one.started, *one.kept, *one.left)
    yield "side_effects", {one.name for one in card.outcomes}, card.verdict.questions.side_effects


def _moments(card: EvidenceRecord) -> Iterator[Problem]:
    primary = {one.name for one in card.outcomes if one.role == "primary"}
    for at, one in enumerate(card.moments):
        if not privacy.may_share_moments(one.pupils):
            yield stop("card_small_count", place=f"moments[{at}].pupils")
        if one.outcome not in primary or min(one.sd_pre, one.sd_post) < 0 or not -1 <= one.r <= 1:
            yield stop("card_wrong_value", place=f"moments[{at}]")

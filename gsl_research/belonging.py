"""Which cards answer one question together, and why each other one stands apart. No result decides it.

A *measure* is one estimate that a card brings. Cards belong together when they are about one lever, one domain and one
design, on one scale: standard deviations of the test afterwards.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .cards import Card
from .evidence import EstimateEntry

Reason = Literal[
    "same_content", "same_numbers", "older_version", "two_versions", "no_comparison", "other_domain", "other_design",
    "other_scale", "hidden", "no_error",
]  # fmt: skip
"""Why a card of this lever is not pooled: it is there twice, or with the same numbers under another name; a newer card
of that study is there, or it cannot be told which is; it compares nothing; it is about something else, made otherwise
or told on another scale; the school's groups are too small to tell; its number has no error."""

LEVERS = ("differentiation", "autonomy", "learning_together", "didactics")
DOMAINS = (
    "learning_gain", "learning_capacity", "motivation", "wellbeing", "relations", "workload", "admin_load",
)  # fmt: skip
DESIGNS = ("comparison", "multi_site", "stepped", "growth")
"""Those that compare; where as many cards are of two, the first here leads."""
STANDARD = "post_total_sd"
"""The unit of an effect size that may be pooled: one standardiser (design page, section 6)."""
ALONE = "one_class_difference"
"""The estimator of a school with one class on each side: a number without an error of its own."""
POINTS = ("points", "goals")


@dataclass(frozen=True, slots=True)
class Measure:
    """One outcome of one card: its effect size, and the same in points where the card has that."""

    outcome: str
    label: str
    scale: tuple[float, float] | None
    better: Literal["higher", "lower"]
    worthwhile: float | None
    g: EstimateEntry
    points: EstimateEntry | None

    @property
    def alone(self) -> bool:
        return self.g.estimator == ALONE

    @property
    def test(self) -> tuple[str, tuple[float, float] | None]:
        """What must be equal before points of two schools are the same points."""
        return " ".join(self.label.casefold().split()), self.scale


@dataclass(frozen=True, slots=True)
class Used:
    """A card that counts. ``school`` is what tells schools apart: the code on the card, or its place in the folder."""

    card: Card
    school: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """A card that does not count, and why. ``twin`` is the card that counts in its place."""

    card: Card
    reason: Reason
    twin: Card | None = None


@dataclass(frozen=True, slots=True)
class Belonging:
    """All cards of one lever, each either used or excluded. ``coded``: every card that counts names its school."""

    lever: str
    domain: str
    design: str
    used: tuple[Used, ...]
    excluded: tuple[Excluded, ...]
    coded: bool

    @property
    def given(self) -> int:
        return len(self.used) + len(self.excluded)

    @property
    def counted(self) -> tuple[Card, ...]:
        """Every card that is there once, pooled or not."""
        twice = ("same_content", "same_numbers", "older_version", "two_versions")
        return (*(one.card for one in self.used), *(one.card for one in self.excluded if one.reason not in twice))


def levers(cards: Iterable[Card]) -> tuple[str, ...]:
    """Those of which there is a card, in their fixed order."""
    found = {card.study.lever for card in cards}
    return tuple(lever for lever in LEVERS if lever in found)


def domains(cards: Iterable[Card], lever: str) -> tuple[str, ...]:
    """Those of the main questions on a lever, in their fixed order."""
    found = {one.domain for card in cards if card.study.lever == lever for one in _primaries(card)}
    return tuple(domain for domain in DOMAINS if domain in found)


def belong(cards: Sequence[Card], lever: str, *, domain: str | None = None, design: str | None = None) -> Belonging:
    """Sort the cards of one lever. Without ``domain`` or ``design`` those of most cards lead, ties in a fixed order.

    Raises ValueError when no card is of this lever.
    """
    given = sorted((card for card in cards if card.study.lever == lever), key=_by_date)
    if not given:
        raise ValueError(f"no card of lever {lever!r}")
    once, excluded = _once(given)
    domain = domain or _most(
        (name for card in once for name in {one.domain for one in _primaries(card)}), DOMAINS, DOMAINS[0]
    )
    bringing: list[tuple[Card, tuple[Measure, ...]]] = []
    for card in once:
        found = _measures(card, domain)
        if isinstance(found, str):
            excluded.append(Excluded(card, found))
        else:
            bringing.append((card, found))
    design = design or _most((card.study.design for card, _ in bringing), DESIGNS, DESIGNS[0])
    excluded += [Excluded(card, "other_design") for card, _ in bringing if card.study.design != design]
    used = tuple(Used(card, school_of(card), found) for card, found in bringing if card.study.design == design)
    coded = all(one.card.study.context.get("school_code") for one in used)
    return Belonging(lever, domain, design, used, tuple(sorted(excluded, key=lambda one: _by_date(one.card))), coded)


def school_of(card: Card) -> str:
    """The code on the card; without one, the folder it stands in is taken for a school."""
    return card.study.context.get("school_code") or f"{card.path.parent}\n{card.study.id}"


def _by_date(card: Card) -> tuple[date, str, str]:
    return card.study.post_on or date.max, card.study.id, card.content_sha256


def _most(names: Iterable[str], order: Sequence[str], otherwise: str) -> str:
    counts = Counter(names)
    return max(order, key=lambda name: (counts[name], -order.index(name))) if counts else otherwise


def _primaries(card: Card) -> Iterator:
    return (one for one in card.outcomes if one.role == "primary")


def _once(given: Sequence[Card]) -> tuple[list[Card], list[Excluded]]:
    """Cards without those that are there twice, in the order given, and these."""
    excluded: list[Excluded] = []
    kept: list[Card] = []
    seen: dict[str, Card] = {}
    for card in given:
        if (twin := seen.setdefault(card.content_sha256, card)) is card:
            kept.append(card)
        else:
            excluded.append(Excluded(card, "same_content", twin))
    versions: dict[tuple[str, str], list[Card]] = defaultdict(list)
    for card in kept:
        versions[card.study.context.get("school_code") or str(card.path.parent), card.study.id].append(card)
    newest = {key: _newest(found) for key, found in versions.items()}
    apart: dict[int, Excluded] = {}
    for key, found in versions.items():
        for card in found:
            if newest[key] is None:
                apart[id(card)] = Excluded(card, "two_versions")
            elif card is not newest[key]:
                apart[id(card)] = Excluded(card, "older_version", newest[key])
    numbers: dict[tuple, Card] = {}
    for card in kept:
        told = _numbers(card)
        if id(card) not in apart and told and (twin := numbers.setdefault(told, card)) is not card:
            apart[id(card)] = Excluded(card, "same_numbers", twin)
    return [card for card in kept if id(card) not in apart], [*excluded, *apart.values()]


def _newest(versions: Sequence[Card]) -> Card | None:
    """By the day of the test, then by when the file was written; ``None`` where that does not tell."""
    if len(versions) == 1:
        return versions[0]
    ages = [(card.study.post_on or date.min, card.path.stat().st_mtime_ns) for card in versions]
    last = max(ages)
    return versions[ages.index(last)] if ages.count(last) == 1 else None


def _numbers(card: Card) -> tuple:
    """Two studies hardly ever give all the same values with all the same errors from as many classes and pupils."""
    return tuple(
        (one.domain, one.metric, one.estimator, one.value, one.se, *one.n.items())
        for one in card.estimates
        if one.se is not None
    )


def _measures(card: Card, domain: str) -> tuple[Measure, ...] | Reason:
    """What a card brings to the question on ``domain``, or why it brings nothing."""
    wanted = [one for one in _primaries(card) if one.domain == domain]
    if card.study.design not in DESIGNS or card.study.assigned is None:
        return "no_comparison"
    if not wanted:
        return "hidden" if card.verdict.code == "hidden" else "other_domain"
    if not (wanted := [one for one in wanted if one.graded in POINTS]):
        return "other_scale"
    found = []
    for outcome in wanted:
        own = [one for one in card.estimates if one.outcome == outcome.name and one.subgroup is None]
        effects = [one for one in own if one.metric == "g" and (one.status == "ok" or one.estimator == ALONE)]
        points = [one for one in own if one.metric == "points" and one.status == "ok" and one.se]
        if not effects:
            continue
        if effects[0].unit != STANDARD:
            return "other_scale"
        if effects[0].estimator != ALONE and not effects[0].se:
            return "no_error"
        scale = tuple(outcome.scale) if outcome.scale else None
        found.append(
            Measure(
                outcome.name,
                outcome.label,
                scale,
                outcome.better,
                outcome.smallest_worthwhile,
                effects[0],
                points[0] if points else None,
            )
        )
    if found:
        return tuple(found)
    return "hidden" if card.verdict.code == "hidden" else "no_error"

"""What changed since the last summary of the same cards: which came, went or were replaced, and what each one moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import __version__
from .belonging import school_of
from .cards import Card
from .estimate import Interval
from .synthesis import Synthesis

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Before:
    """What the last summary said: its ``mean`` over ``schools``, ``None`` where nothing was pooled."""

    code: str | None
    metric: str | None
    mean: Interval | None
    schools: int
    cards: Mapping[str, tuple[str, str, str]]
    """Hash of a card -> its study, its school, and why it did not count ("" where it did)."""
    version: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Schools by name, each in one list; empty where nothing changed."""

    before: Before
    added: tuple[str, ...]
    updated: tuple[str, ...]
    gone: tuple[str, ...]
    moved: tuple[str, ...]

    @property
    def any(self) -> bool:
        return bool(self.added or self.updated or self.gone or self.moved)


def remembered(synthesis: Synthesis, code: str | None) -> dict[str, Any]:
    """What the next summary compares with, as plain JSON; ``code`` is what the page says."""
    lead = synthesis.leading
    states = _states(synthesis)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "lever": synthesis.belonging.lever,
        "domain": synthesis.belonging.domain,
        "design": synthesis.belonging.design,
        "code": code,
        "metric": lead.mean.metric if lead else None,
        "mean": [lead.mean.interval.low, lead.mean.interval.high] if lead else None,
        "schools": len(lead.schools) if lead else 0,
        "cards": {sha: list(state) for sha, state in states.items()},
    }


def before(content: Any, synthesis: Synthesis) -> Before | None:
    """The last summary, read again; ``None`` where it is not one of ours, or was about another question."""
    now = synthesis.belonging
    try:
        asked = content["schema"], content["lever"], content["domain"], content["design"]
        if asked != (SCHEMA, now.lever, now.domain, now.design):
            return None
        cards = {
            str(sha): (str(study), str(school), str(why)) for sha, (study, school, why) in content["cards"].items()
        }
        mean = Interval(*map(float, content["mean"])) if content["mean"] is not None else None
        return Before(content["code"], content["metric"], mean, int(content["schools"]), cards, str(content["version"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def changes(last: Before, synthesis: Synthesis) -> Changes:
    """Compare by the hash of each card; a new hash of a known study of a known school is an update."""
    now = _states(synthesis)
    new = [state for sha, state in now.items() if sha not in last.cards]
    old = [state for sha, state in last.cards.items() if sha not in now]
    known = {(study, school) for study, school, _ in old} | {
        (study, school) for study, school, _ in last.cards.values()
    }
    updated = [school for study, school, _ in new if (study, school) in known]
    added = [school for study, school, _ in new if (study, school) not in known]
    here = {(study, school) for study, school, _ in now.values()}
    gone = [school for study, school, _ in old if (study, school) not in here]
    moved = [
        state[1]
        for sha, state in now.items()
        if sha in last.cards and state[2] != last.cards[sha][2] and state[1] not in (*updated, *added)
    ]
    return Changes(last, *(tuple(dict.fromkeys(names)) for names in (added, updated, gone, moved)))


def _states(synthesis: Synthesis) -> dict[str, tuple[str, str, str]]:
    states = {one.card.content_sha256: _state(one.card, "") for one in synthesis.used}
    for one in synthesis.belonging.excluded:
        states.setdefault(one.card.content_sha256, _state(one.card, one.reason))
    return states


def _state(card: Card, why: str) -> tuple[str, str, str]:
    return card.study.id, school_of(card), why

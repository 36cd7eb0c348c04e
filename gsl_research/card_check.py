"""``gsl check`` of a study card: is it whole and as it was made, and what does it tell?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .cards import Card, read_card
from .checked import Checked
from .problems import Problems
from .telling import step_of
from .wording import Words

LOOKED_AT = 100
"""Bytes of a file that tell whether it is JSON (policy)."""


def looks_like_card(path: Path) -> bool:
    """Whether a file is JSON, by its name or by how it begins."""
    if path.is_dir():
        return False
    if path.suffix.lower() == ".json":
        return True
    try:
        with open(path, "rb") as file:
            return file.read(LOOKED_AT).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    except OSError:
        return False


def check_card(path: Path, w: Words) -> Checked:
    """What a card tells, or everything that is wrong with it."""
    try:
        card = read_card(path)
    except Problems as found:
        lines = [w("command.card.reject"), *(f"- {line}" for line in w.problem_lines(found.problems))]
        return Checked(tuple(lines), found.problems, w)
    return Checked(tuple(_lines(card, w)), (), w, _facts(card))


def _lines(card: Card, w: Words) -> Iterator[str]:
    study, data, here = card.study, card.data, w.for_units(card.study.cluster)
    yield w("command.card.accept")
    yield w("command.card.study", title=study.title, question=study.question)
    yield w("command.card.lever", lever=w(f"report.lever.{study.lever}"))
    for outcome in card.outcomes:
        domain = w(f"report.domain.{outcome.domain}")
        yield w(f"command.card.{outcome.role}", label=outcome.label, domain=domain)
    if not card.outcomes:
        yield w("command.card.nothing_told")
    yield w(f"command.card.design.{study.design}")
    if study.randomised is not None:
        yield w("command.card.drawn" if study.randomised else "command.card.not_drawn")
    before = {True: "before", False: "after", None: "unknown"}[study.planned_before]
    yield w(f"command.card.planned_{before}")
    units = here(f"report.facts.{'one_unit' if data.classes == 1 else 'more_units'}", count=w.count(data.classes))
    if data.pupils is None:
        yield w("command.card.units", units=units)
    else:
        yield w("command.card.pupils", units=units, pupils=w("locale.pupils", count=w.count(data.pupils)))
    yield here(f"command.card.verdict.{card.verdict.capped_code}")
    yield w("command.card.firm", step=w("verdict.steps.names").split("|")[step_of(card.security.rating)])
    if card.moments:
        yield w("command.card.moments")


def _facts(card: Card) -> dict[str, Any]:
    study = card.study
    return {
        "id": study.id,
        "title": study.title,
        "lever": study.lever,
        "design": study.design,
        "assigned": study.assigned,
        "randomised": study.randomised,
        "planned_before": study.planned_before,
        "context": dict(study.context),
        "outcomes": [{"name": one.name, "label": one.label, "domain": one.domain} for one in card.outcomes],
        "classes": card.data.classes,
        "schools": card.data.schools,
        "pupils": card.data.pupils,
        "verdict": card.verdict.capped_code,
        "rating": card.security.rating,
        "content_sha256": card.content_sha256,
    }

"""What a board asks of a summary over schools: eight questions, each answered in two lines from the data."""

from __future__ import annotations

from collections.abc import Iterator

from .blocks import Block, Heading, Text
from .over_schools import Overview, capital


def questions(told: Overview) -> Iterator[Block]:
    for ask, said in _asked(told):
        yield Heading(ask, 3)
        yield Text(" ".join(said))


def _asked(told: Overview) -> Iterator[tuple[str, tuple[str, ...]]]:
    w, synthesis, lead = told.words, told.synthesis, told.shown
    given, used = synthesis.belonging.given, len(synthesis.used)
    counted = sum(len(school.used) for school in lead.schools) if lead else 0
    schools = told.count("school", len(lead.schools) if lead else len(synthesis.schools))

    def ask(name: str, **blanks: object) -> str:
        return w(f"summary.board.{name}.ask", **blanks)

    took = told.taken_part
    if took is None:
        yield ask("why_these"), (w("summary.board.why_these.unknown"),)
    else:
        blanks = {"asked": told.count("school", took.asked), "cards": told.count("school", told.with_card)}
        yield ask("why_these"), (w("summary.board.why_these.known", **blanks),)
    if counted == given:
        yield w("summary.board.why_not_all.ask_all"), (w("summary.board.why_not_all.all", given=w.count(given)),)
    else:
        counts = {"used": w.count(counted), "given": w.count(given)}
        yield ask("why_not_all", **counts), (w("summary.board.why_not_all.some"),)
    if lead is None:
        yield ask("why_range"), (w("summary.board.why_range.listed"),)
    else:
        yield (
            ask("why_range"),
            (w("summary.board.why_range.told", span=capital(told.span(lead.mean.interval)), schools=schools),),
        )
    known = lead is not None and lead.following is not None
    yield ask("why_wider"), (w(f"summary.board.why_wider.{'told' if known else 'unknown'}"),)
    classes = [sum(one.card.data.classes for one in school.used) for school in synthesis.schools]
    small = [w("summary.board.small.told")]
    if classes and min(classes) < max(classes):
        counts = {"fewest": w.count(min(classes)), "most": w.count(max(classes))}
        small.append(w("summary.board.small.shortest", **counts))
    yield ask("small"), tuple(small)
    yield ask("found"), (w("summary.board.found.told"), w("summary.board.found.letters"))
    planned = sum(one.card.study.planned_before is True for one in synthesis.used)
    chosen = w("summary.board.chosen.told", planned=w.count(planned), cards=told.count("card", used))
    yield ask("chosen"), (chosen, w("summary.board.chosen.rule"))
    unsettled = told.code in (None, "CANNOT", "LEAN_POS", "LEAN_NEG")
    seen = lead is not None and not lead.mean.interval.holds(0)
    known_of_it = "known" if not unsettled else "shaky" if seen else "told"
    yield (
        ask("unknown"),
        (w(f"summary.board.unknown.{known_of_it}", schools=schools, domain=told.domain),),
    )

"""The page for a team meeting of twenty minutes: what we see, what surprises us, what we decide, who does what by when.

It asks what follows from this result and from this set-up. No question takes a cause for granted that the design does
not carry, and with one group there is no word of an effect.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from . import absent, advice, decided, levels_told, sentences, together
from .blocks import Block, Bullets, Callout, Heading, Report, Table, Text
from .decisions import Decisions
from .disclosure import extreme_may_show, goal_answer_may_show, shareable
from .judge import Verdict
from .measurement import Measurement
from .privacy import may_average
from .report import footer
from .study import OneGroup, Survey
from .telling import Telling, step_of, telling

MINUTES = {"see": 4, "surprises": 6, "decide": 6, "who": 4}
"""Twenty together: what is left of a meeting of an hour that has other points too (policy)."""
LINES = {"surprises": 3, "decide": 2}
"""Empty lines to write on, at least; on paper what is left of the page is shared out over them."""
TO_HAND_OUT = 3
"""Rows for who does what: more is not taken up by a team at once (policy)."""
SHOWN_DECISIONS = 3
"""Decisions of earlier on this page; the report has them all (policy)."""


def conversation(
    measurement: Measurement, verdict: Verdict, *, lang: str = "nl", decisions: Decisions | None = None
) -> Report:
    """One sheet of paper that may be shared: the finding, two or three questions about it, and room to write."""
    told = telling(measurement, verdict, lang)
    w, study, typed = told.words, measurement.study, measurement.study.spoken
    return Report(
        study_id=study.id,
        lang=lang,
        kicker=w("team.kicker", minutes=sum(MINUTES.values())),
        title=study.title,
        question=study.question,
        blocks=tuple(_blocks(told, decisions or Decisions())),
        footer=footer(told),
        typed_lang=None if typed.partition("-")[0] == lang else typed,
        summary=next(sentences.conclusion(told)),
        name="gespreksleidraad",
    )


def _blocks(told: Telling, decisions: Decisions) -> Iterator[Block]:
    w = told.words
    yield Text(w("team.how"), "small")
    yield _heading(told, "see")
    yield Callout("conclusion", None, tuple(_finding(told)))
    yield _heading(told, "surprises")
    yield Bullets(tuple(questions(told)))
    if decisions.answers:
        yield Text(w("team.written_before"))
        yield Bullets(tuple(decided.reflected(decisions, w)))
    yield _to_write(told, "surprises")
    yield _heading(told, "decide")
    yield Text(w("team.next_step", step=advice.next_step(told)))
    if not isinstance(told.measurement.study.design, Survey):
        header = tuple(w(f"report.choices.{name}") for name in ("option", "answer"))
        yield Table(w("team.choices"), header, tuple(advice.choices(told)))
        if unseen := advice.unseen(told):
            yield Text(unseen)
    earlier = decided.in_order(decisions)
    if earlier:
        yield Text(w("team.decided_before"))
        yield Bullets(tuple(decided.line(one, w) for one in earlier[:SHOWN_DECISIONS]))
    yield _to_write(told, "decide")
    yield _heading(told, "who")
    header = tuple(w(f"team.register.{name}") for name in ("what", "role", "by"))
    yield Table(w("team.hand_out"), header, (("", "", ""),) * TO_HAND_OUT)
    yield Text(w(f"team.keep_{'more' if earlier else 'first'}"), "small")


def _heading(told: Telling, part: str) -> Heading:
    return Heading(told.words(f"team.heading.{part}", minutes=MINUTES[part]), 2)


def _to_write(told: Telling, part: str) -> Table:
    return Table(told.words("team.notes"), (told.words("team.note"),), (("",),) * LINES[part])


def _finding(told: Telling) -> Iterator[str]:
    """What the report concludes, in its own words; what belongs beside it; how firmly it stands."""
    w, security = told.words, told.verdict.security
    yield next(sentences.conclusion(told))
    yield from together.primaries(told)
    names = told.steps
    firm = w("team.firm", step=names[step_of(security.rating)])
    yield " ".join([*_beside(told), firm, advice.weakest(told)])


def _beside(told: Telling) -> Iterator[str]:
    """What a reader of the finding alone must know."""
    w, result = told.words, told.primary
    yield from sentences.untold_waves(told)
    if not shareable(result):
        return
    drawn = not told.compared or told.measurement.study.design.randomised
    if not drawn and told.verdict.capped_code != "ONE_CLASS" and told.verdict.security.weakest != "comparison":
        yield w(told.of_kind("verdict.not_drawn"))
    if result.outcome.better == "lower":
        yield w("verdict.lower_is_better")
    yield from levels_told.doubts(told)
    yield from absent.concluded(told, result, told.verdict.primaries[0])


def questions(told: Telling) -> Iterator[str]:
    """Two or three things that this result asks of a team: about what it says, who came along, and side effects."""
    w = told.words
    yield w(f"team.ask.{_about_result(told)}")
    yield w(f"team.everyone.{_about_everyone(told)}")
    key, labels = _about_side_effects(told)
    if key != "none" or not isinstance(told.measurement.study.design, Survey):
        yield w(f"team.side_effects.{key}", labels=w.listing(labels))


def _about_result(told: Telling) -> str:
    """The question that belongs to a verdict: one for each code, its reason and what the design leaves open."""
    study, verdict = told.measurement.study, told.verdict
    if not shareable(told.primary):
        return "central" if told.primary.outcome.central else "hidden"
    if verdict.implausible:
        return "implausible"
    match verdict.capped_code:
        case "CANNOT":
            return f"CANNOT_{sentences.cannot(told)}"
        case "CLEAR_BIG" | "CLEAR_POS" | "NEG" | "NEGLIGIBLE" as code:
            return code if study.design.randomised else f"{code}_not_drawn"
        case "GROWTH" if isinstance(study.design, OneGroup) and study.design.selected_low:
            return "GROWTH_selected_low"
        case "GROWTH" if told.kind != "_others" and study.conduct.new_content:
            return "GROWTH_new_content"
        case "GROWTH" | "DECLINE" | "GROWTH_UNCLEAR" | "DESCRIBED" as code:
            return f"{code}{told.kind}" if told.kind in ("_others", "_once") else code
        case code:
            return code


def _about_everyone(told: Telling) -> str:
    """Nothing here is known of fewer pupils than the report itself tells of."""
    result, verdict = told.primary, told.verdict
    arm = result.arms.get("treated") or result.arms["single"]
    if not may_average(arm.pupils) or not shareable(result):
        return "hidden"
    of = "_compared" if told.compared else ""
    if verdict.answers.everyone == "further":
        return f"further{of}"
    for code in ("ceiling", "floor"):
        check = result.check(code)
        if check is not None and check.flag and extreme_may_show(arm, code):
            return code
    if verdict.answers.goal == "not_reached" and goal_answer_may_show(result):
        return "goal"
    return f"closer{of}" if verdict.answers.everyone == "closer" else verdict.answers.everyone


SIDE_ORDER = ("signal", "watch", "not_excluded", "described", "safe")
"""What worries most is asked first."""


def _about_side_effects(told: Telling) -> tuple[str, list[str]]:
    """(question, the labels it is about)."""
    results = {result.outcome.name: result for result in told.measurement.results}
    shown: dict[str, list[str]] = {}
    for effect in told.verdict.answers.side_effects:
        if shareable(results[effect.outcome]):
            shown.setdefault(effect.code, []).append(results[effect.outcome].outcome.label)
    minutes = told.measurement.study.conduct.extra_minutes
    costs = minutes is not None and statistics.median(minutes) > 0
    for code in SIDE_ORDER:
        if code == "not_excluded" and costs:
            return "minutes", []
        if code in shown:
            return code, shown[code]
    measured = bool(told.verdict.answers.side_effects) or minutes is not None
    return ("unseen" if measured else "none"), []

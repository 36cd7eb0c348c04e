"""How firm a conclusion stands and what to do next, as sentences: the weakest link, one next step, four choices."""

from __future__ import annotations

from collections.abc import Iterator

from .disclosure import shareable
from .estimate import NotEstimated
from .prospects import WEEK_PAIRS, Ahead, Prospect
from .rating import more_pupils_help
from .study import Comparison, Growth, MultiSite, OneGroup, Stepped, Survey
from .telling import Telling


def weakest(told: Telling) -> str:
    security, w = told.verdict.security, told.words
    why = w(told.of_kind(f"verdict.why.{_comparison_kind(told)}"))
    sentence = w(_within(told, f"verdict.weakest.{_weakest_key(told)}"), why=why)
    lowest = min(cap.cap for cap in security.caps)
    shared = sum(cap.cap == lowest for cap in security.caps)
    return f"{sentence} {w('verdict.steps.several')}" if shared > 1 else sentence


def next_step(told: Telling) -> str:
    criterion, w = told.verdict.security.weakest, told.words
    if told.verdict.capped_code == "ONE_CLASS":
        return w(told.of_kind("verdict.next.class_df_one"), second=told.unit(told.primary.units))
    if criterion == "comparison":
        if isinstance(told.measurement.study.design, Survey):
            return w("verdict.next.comparison_survey")
        kind = {"low": "none", "other_test": "not_drawn"}.get(_comparison_kind(told), _comparison_kind(told))
        more = "_more" if kind == "none" and told.primary.units > 1 else _small(told) if kind == "none" else ""
        return w(_within(told, f"verdict.next.comparison_{kind}{more}"))
    if criterion == "baseline" and told.measurement.study.design.randomised and not told.divided:
        return w(told.of_kind("verdict.next.baseline_drawn"))
    step = w(_within(told, f"verdict.next.{_weakest_key(told)}"))
    if criterion != "class_df" or told.divided or not shareable(told.primary):
        return step
    helps = more_pupils_help(told.primary)
    if helps is None:
        return step
    return f"{step} {w('verdict.next.pupils_help' if helps else 'verdict.next.pupils_little')}"


def _within(told: Telling, key: str) -> str:
    """The text for pupils divided within classes, or classes that start in turn, where that is another."""
    return f"{key}_within" if told.divided and f"{key}_within" in told.words else told.of_kind(key)


def _weakest_key(told: Telling) -> str:
    """What the study file leaves out is mended by filling it in."""
    security = told.verdict.security
    asked = security.weakest in ("reliability", "scoring", "fidelity", "plan")
    return f"{security.weakest}_unknown" if asked and not security.weakest_known else security.weakest


def choices(told: Telling) -> Iterator[tuple[str, str]]:
    """(option, does it fit these results and why) for the four things a school may do."""
    w = told.words
    for choice in told.verdict.choices:
        key = f"verdict.choice.{choice.option}"
        yield w(f"{key}.name"), w(f"{key}.{choice.reason}")


def unseen(told: Telling) -> str | None:
    """What the choices leave out, since this page hides it: other primary outcomes and side effects."""
    results = told.measurement.results
    if not shareable(told.primary):
        return None
    hidden = [one.outcome.label for one in results if one.outcome.role != "secondary" and not shareable(one)]
    return told.words("report.choices.unseen", labels=told.words.listing(hidden)) if hidden else None


def _small(told: Telling) -> str:
    """One class that cannot be halved."""
    ahead = told.verdict.ahead
    return "_small" if ahead is not None and _too_few(ahead.prospects[0]) else ""


def _too_few(one: Prospect) -> bool:
    return isinstance(one.expected, NotEstimated) and one.expected.reason == "too_few_pupils"


def ahead(told: Telling) -> Iterator[str]:
    """What one class can run next that tells more: for each design what it takes, what it says and, where the page
    tells as much already, how far its from-to would reach."""
    found = told.verdict.ahead
    if found is None:
        return
    w = told.words
    for one in found.prospects:
        if _too_few(one) and one.kind == "halved":
            yield w("verdict.ahead.halved_small")
            continue
        sentences = [w(f"verdict.ahead.{one.kind}")]
        if one.reach is not None:
            decimals = told.decimals(told.primary)
            wave = w.points(found.week_sd, decimals)
            reach = w.points(one.reach, decimals)
            sentences.append(w(f"verdict.ahead.{one.kind}_reach", reach=reach, weeks=2 * WEEK_PAIRS, wave=wave))
        if one.kind == "halved" and one.reach is not None:
            sentences += _beside_margin(told, found, one)
        yield " ".join(sentences)


def _beside_margin(told: Telling, found: Ahead, one: Prospect) -> Iterator[str]:
    """What the report of one halved class would say, beside what is worth seeing; else how many classes say it."""
    w, margin = told.words, told.verdict.margin
    if margin is None or one.told is None:
        return
    least, worth = one.cautious, told.margin(margin, told.primary)
    size = "wide" if least is None else "within" if least <= margin.points else "beyond"
    sees = {} if least is None else {"sees": w.points(least, told.decimals(told.primary))}
    yield w(f"verdict.ahead.halved_{size}", margin=worth, **sees)
    if size != "within" and found.needed is not None:
        yield w("verdict.ahead.halved_together", needed=w.count(found.needed), margin=worth)


def _comparison_kind(told: Telling) -> str:
    study = told.measurement.study
    match study.design:
        case OneGroup(selected_low=low):
            return "low" if low else "none"
        case Survey():
            return "none"
        case Growth() if not study.compared:
            return "none"
        case Comparison(randomised=False) | MultiSite(randomised=False) if not study.has_start:
            return "no_start"
        case Stepped(randomised=False) if told.primary.outcome.pre is None:
            return "no_start"
        case Stepped(randomised=True):
            return "drawn"
        case MultiSite(randomised=randomised) | Growth(assigned="pupil", randomised=randomised):
            return "drawn" if randomised else "chosen"
        case Comparison() | Growth() if study.conduct.comparison in ("last_year", "other_period"):
            return "earlier"
        case Comparison(randomised=True) | Growth(randomised=True):
            return "drawn"
        case _:
            return "other_test" if study.primary.tests == "different" else "not_drawn"

"""What a measurement says of these pupils and of the approach, as sentences.

Every choice between two texts is made in ``sentences``, ``answers`` and ``advice``; the texts themselves are in
``texts/<language>/verdict.toml``. Nothing here computes an estimate, and nothing is told of an arm with fewer than 10
pupils.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import absent, levels_told
from .disclosure import means_may_show, shareable, shares_may_show, told_estimates
from .levels import UNITS
from .measurement import OutcomeResult
from .methods.trend import MIN_OCCASIONS
from .privacy import MEAN_DECIMALS
from .rating import by_chance, small_arm
from .study import OneGroup
from .telling import Telling

DECIDED = ("CLEAR_BIG", "CLEAR_POS", "NEG", "LEAN_POS", "LEAN_NEG")


def certain(told: Telling) -> str | None:
    """What is sure about these pupils: where they started and ended."""
    result, w = told.primary, told.words
    if result.kind in UNITS:
        return levels_told.certain(told)
    if not shareable(result):
        return None
    if not means_may_show(result):
        return w("report.certain.private")
    of = told.of(result.outcome)
    with_start = result.outcome.gain_defined
    if not told.compared:
        arm = result.arms["single"]
        if not with_start:
            return None
        key = told.of_kind("report.certain.single")
        return w(key, pre=told.mean(arm.mean_pre), post=told.mean(arm.mean_post), of=of, **told.figures(result))
    treated, control = result.arms["treated"], result.arms["control"]
    if result.steps is not None:
        return _certain_in_turn(told)
    pair = len(result.classes) == 2 and not told.divided
    key = ("pair" if pair else "both") + ("" if with_start else "_end")
    waves = {} if result.waves is None else {"start": result.waves.labels[0], "last": result.waves.labels[-1]}
    return w(
        told.of_kind(f"report.certain.{key}"),
        **waves,
        first=told.unit(1),
        second=told.unit(2),
        of=of,
        pre=told.mean(treated.mean_pre) if with_start else "",
        post=told.mean(treated.mean_post),
        pre_control=told.mean(control.mean_pre) if with_start else "",
        post_control=told.mean(control.mean_post),
    )


def _certain_in_turn(told: Telling) -> str:
    """What both sides did up to one wave."""
    result, w = told.primary, told.words
    treated, control = result.arms["treated"], result.arms["control"]
    with_start = result.outcome.gain_defined
    return w(
        f"report.certain.steps{'' if with_start else '_end'}",
        wave=told.wave(result),
        of=told.of(result.outcome),
        pre=told.mean(treated.mean_pre) if with_start else "",
        post=told.mean(treated.mean_post),
        pre_control=told.mean(control.mean_pre) if with_start else "",
        post_control=told.mean(control.mean_post),
    )


def conclusion(told: Telling) -> Iterator[str]:
    """What the verdict says, in paragraphs, on a page that may be shared."""
    if shareable(told.primary):
        yield from concluded(told)
    else:
        yield told.words("verdict.central" if told.primary.outcome.central else "verdict.hidden")
    if central := [outcome.label for outcome in told.measurement.study.outcomes if outcome.central]:
        yield told.words("verdict.no_card", labels=told.words.listing(central))
    yield from untold_waves(told)


def untold_waves(told: Telling) -> Iterator[str]:
    """The last waves, where so few pupils took them that everything is told of the waves before."""
    for problem in told.measurement.warnings:
        if problem.code == "last_waves_untold":
            names = told.words.listing([f"“{name}”" for name in problem.facts["names"]])
            yield told.words("verdict.last_waves_untold", names=names)


def concluded(told: Telling) -> Iterator[str]:
    """What the verdict says, however small the groups are: by itself only for who taught them."""
    result, verdict, w = told.primary, told.verdict, told.words
    blanks = told.figures(result)
    match verdict.capped_code:
        case "ONE_CLASS":
            yield _one_class(told, blanks)
        case "GROWTH" | "DECLINE" | "GROWTH_UNCLEAR" as code:
            yield w(told.of_kind(f"verdict.{code}"), **blanks)
        case "DESCRIBED":
            if result.main is not None:
                hidden = result.kind == "share" and not shares_may_show(result)
                blanks["why"] = w(f"verdict.described_why.{'few' if result.units == 2 else 'same'}")
                yield w("verdict.DESCRIBED_hidden" if hidden else told.of_kind("verdict.DESCRIBED_gain"), **blanks)
            elif result.kind in UNITS:
                yield w("verdict.DESCRIBED_levels", **blanks)
            else:
                post = f"{told.mean(result.arms['single'].mean_post)}{told.of(result.outcome)}"
                yield w(told.of_kind("verdict.DESCRIBED_end"), post=post, **blanks)
        case "CANNOT":
            yield w(
                told.of_kind(f"verdict.CANNOT_{cannot(told)}"), margin=told.margin(verdict.margin, result), **blanks
            )
        case "NEGLIGIBLE":
            kind = "alike" if result.main.interval.holds(0) else "tiny"
            yield w(f"verdict.NEGLIGIBLE_{kind}", margin=told.margin(verdict.margin, result), **blanks)
        case code:
            sentence = w(f"verdict.{code}", margin=told.margin(verdict.margin, result), **blanks)
            if verdict.expected is not None:
                expected = w.gap(verdict.expected, result.outcome.sign, told.decimals(result))
                sentence += " " + w("verdict.expected", expected=expected)
            yield sentence
    decided = verdict.capped_code in (*DECIDED, "GROWTH", "DECLINE")
    extra = levels_told.beside(told, decided) if result.kind in UNITS else levels_told.cut_off(told)
    yield " ".join((*extra, *_conditions(told), *absent.concluded(told, result, verdict.primaries[0])))


def cannot(told: Telling) -> str:
    """The reason, told apart where pupils were divided, and where a draw leaves only the size of the study to blame."""
    verdict, design = told.verdict, told.measurement.study.design
    if verdict.reason == "wide_spread" and told.divided:
        return "wide_spread_within"
    drawn = verdict.reason == "capped" and design.randomised and verdict.security.weakest in ("width", "class_df")
    return "capped_drawn" if drawn else verdict.reason


def _one_class(told: Telling, blanks: dict[str, str]) -> str:
    result = told.primary
    seen = result.panel[0] if result.panel else result.main if told.rolled_out else None
    value = _raw_gap(result) if seen is None else seen.value
    gap = told.words.gap(value, result.outcome.sign, told.decimals(result))
    if len(result.classes) > 2:
        return told.words("verdict.ONE_CLASS_few", **blanks | {"gap": gap})
    same = "_same" if gap == told.words("locale.gap.same") else ""
    first, second = told.unit(1, first=True), told.unit(2)
    considering = blanks["considering"]
    return told.words(f"verdict.ONE_CLASS_pair{same}", first=first, second=second, gap=gap, considering=considering)


def _raw_gap(result: OutcomeResult) -> float:
    arms = [[c.mean for c in result.classes if c.treated is side] for side in (True, False)]
    treated, control = (sum(means) / len(means) for means in arms)
    return result.outcome.sign * (treated - control)


def _conditions(told: Telling) -> Iterator[str]:
    """The short true sentences that belong to a conclusion."""
    study, result, w, verdict = told.measurement.study, told.primary, told.words, told.verdict
    if not told.compared:
        if result.main is not None:
            key = f"verdict.why_unknown{'_unclear' if verdict.capped_code == 'GROWTH_UNCLEAR' else ''}"
            yield w(told.of_kind(key) if told.kind == "_others" else key)
        if told.kind == "_others" and len(result.waves.labels) < MIN_OCCASIONS:
            yield w("verdict.few_occasions")
        if (sizes := result.check("class_sizes")) is not None and sizes.flag:
            yield w("verdict.uneven_classes")
        if len(result.classes) == 1 and result.main is not None and result.main.interval is not None:
            yield w("verdict.in_this_class")
        if result.main is not None and result.main.estimator in ("class_gains", "class_slopes"):
            yield w("verdict.each_counts_equally")
        if study.conduct.new_content:
            yield w("verdict.new_content")
        if isinstance(study.design, OneGroup) and study.design.selected_low:
            yield w("verdict.selected_low")
            if (expected := result.check("regression_to_the_mean")) is not None and expected.flag:
                yield w("verdict.selected_low_by", points=w.points(expected.value, told.decimals(result)))
    else:
        if told.rolled_out:
            yield w("verdict.over_waves")
        elif result.steps is not None and result.steps.fuller:
            yield w("verdict.fuller_wave", wave=told.wave(result))
        if verdict.capped_code in ("CLEAR_BIG", "CLEAR_POS", "NEG") and verdict.security.rating == 3:
            yield w("verdict.at_these_classes")
        if verdict.belief is not None and verdict.capped_code in DECIDED:
            low, high = verdict.belief.band.split("/")
            side = "better" if result.main.value > 0 else "worse"
            yield w(f"verdict.belief_{side}", band=w("locale.band", low=low, high=high))
        if not study.design.randomised and verdict.capped_code != "ONE_CLASS":
            yield w(told.of_kind("verdict.not_drawn"))
        if verdict.implausible:
            yield w("verdict.implausible")
        if told.divided:
            yield from _divided(told)
        if verdict.capped_code != "ONE_CLASS" and not (study.design.blocks or told.divided or told.rolled_out):
            arms = [arm.classes for arm in result.arms.values()]
            if small_arm(*arms):
                yield w("verdict.small_arm", few=told.units(min(arms)))
    if (bend := result.check("bend")) is not None and bend.flag:
        yield w(told.of_kind("verdict.bent"))
    if result.outcome.better == "lower":
        yield w("verdict.lower_is_better")


def _divided(told: Telling) -> Iterator[str]:
    result, w, study = told.primary, told.words, told.measurement.study
    if result.left_out:
        key = "sites_left_out_one" if result.left_out == 1 else "sites_left_out"
        yield w(f"verdict.{key}", count=w.count(result.left_out))
    if result.units == 1:
        yield w("verdict.one_site")
    if study.design.randomised and result.check("baseline_g") is not None and not by_chance(study, result):
        yield w("verdict.draw_doubt")


def ways(told: Telling) -> Iterator[str]:
    """What other defensible calculations add, when they lead elsewhere."""
    result, w = told.primary, told.words
    if alarmed := {alarm.estimator for alarm in result.alarms if alarm.shifted}:
        values = [
            entry.value for entry in told_estimates(result) if entry in result.beside and entry.estimator in alarmed
        ]
        ends = {w.gap(end(values), *_sign_and_decimals(told)): None for end in (min, max) if values}
        if len(ends) == 1:
            yield w("verdict.ways_differ_one", gap=next(iter(ends)))
        elif ends:
            least, most = ends
            yield w("verdict.ways_differ", least=least, most=most)
    flagged = {check.code for check in result.checks if check.flag}
    if flagged & {"leave_one_out_low", "leave_one_out_high"}:
        yield w("verdict.one_class_carries")
    if "outlying_class" in flagged:
        yield w("verdict.outlying_class")
    if "class_sd_ratio" in flagged:
        yield w("verdict.spread_differs")
    if result.by_start:
        sign, decimals = _sign_and_decimals(told)
        ends = {}
        for name, at in zip(("weak", "strong"), result.by_start, strict=True):
            ends[name] = w.gap(at.estimate.value, sign, decimals)
            ends[f"{name}_span"] = w.span(at.estimate.interval, sign, decimals)
        yield w("verdict.slopes_differ", basis=told.basis(result), **ends)


def later(told: Telling) -> Iterator[str]:
    """What the classes that waited did once they had started: described, beside the first."""
    result, w = told.primary, told.words
    if result.steps is None or result.steps.later is None:
        return
    found, sign, waves = result.steps.later, result.outcome.sign, result.steps.waves
    moved = {name: w.gap(getattr(found, name), sign, MEAN_DECIMALS) for name in ("waiting", "first")}
    yield w("verdict.later", wave=waves[found.wave], before=waves[result.steps.at], **moved)


def _sign_and_decimals(told: Telling) -> tuple[int, int]:
    return told.primary.outcome.sign, told.decimals(told.primary)

"""Scores that are read right and still surprise: copied, swapped, mostly missing, or too few to say anything.

``scores`` holds (n,) float64 arrays by "<outcome>.pre" and "<outcome>.post", nan being missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from . import central_tests, level_order
from .designs import Growth, Survey
from .problems import Problem, Term, errors
from .reading import Column
from .study import Outcome, Study
from .units import SHOWN_UNITS, unit_name
from .wave_table import occasions

MIN_PUPILS = 3
"""Fewer pupils with both scores than this give no spread to speak of (policy)."""
MIN_IN_CLASS = 5
"""Of fewer pupils, scores that all fall or all stay the same are no sign of anything (policy)."""
SWAP_SHARE = 0.8
SWAP_FALL = 0.1
"""A swap is suspected when more than this share of a class falls by more than this part of the scale (threat model)."""
SURE_COPY = 5
"""With as many different scores, two equal columns are a copy; with fewer it may be a coarse scale (policy)."""
THIN = frozenset({"too_few_pupils", "too_few_over_time", "arm_without_scores", "arm_not_over_time", "no_spread"})
"""Problems of scores too thin to say anything, rather than of a wrong column (policy)."""

Scores = Mapping[str, np.ndarray]


def unusable(study: Study, scores: Scores, treated: np.ndarray | None) -> tuple[tuple[str, ...], list[Problem]]:
    """(names left out, problems): outcomes nothing can be said about. A primary one is an error; another one is left
    out with a warning where its scores are too thin. ``treated`` is (n,) bool."""
    names, problems = [], []
    for outcome in study.outcomes:
        found = list(_unusable(study, outcome, scores, treated))
        wrong = {problem.code for problem in errors(found)}
        if wrong and wrong <= THIN and outcome.role != "primary":
            names.append(outcome.name)
            found = [*(replace(one, severity="warning") for one in found), left_out(outcome)]
        problems += found
    return tuple(names), problems


def left_out(outcome: Outcome) -> Problem:
    """That the rest is measured without this outcome."""
    return Problem(code="outcome_left_out", severity="warning", facts={"outcome": outcome.label})


def _unusable(study: Study, outcome: Outcome, scores: Scores, treated: np.ndarray | None) -> Iterator[Problem]:
    if isinstance(study.design, Growth | Survey):
        yield from _unusable_over_time(study, outcome, scores, treated)
        return
    pre, post = _pair(scores, outcome)
    pre = pre if study.followed else None
    complete = ~np.isnan(post) if pre is None else ~(np.isnan(pre) | np.isnan(post))
    facts = {"outcome": outcome.label, "pupils": int(complete.sum()), "needed": MIN_PUPILS}
    if complete.sum() < MIN_PUPILS:
        yield Problem(code="too_few_pupils", facts=facts)
        return
    for name, arm in (("treated", treated), ("control", None if treated is None else ~treated)):
        if arm is not None and not (complete & arm).any():
            facts = {"outcome": outcome.label, "arm": Term(f"arm.{name}")}
            yield Problem(code="arm_without_scores", facts=facts)
    # That everybody reached the same level is a result; that everybody has the same points is hardly one.
    if np.ptp(post[complete]) == 0 and not outcome.may_be_alike:
        yield Problem(code="no_spread", column=outcome.post, facts={"outcome": outcome.label})
    if pre is None:
        return
    spread_before = np.ptp(pre[complete]) > 0
    if not spread_before and not outcome.may_be_alike:
        yield Problem(code="no_spread", column=outcome.pre, facts={"outcome": outcome.label})
    elif spread_before and (pre[complete] == post[complete]).all():
        facts = {"outcome": outcome.label, "pre": outcome.pre, "post": outcome.post}
        severity = "warning" if outcome.may_be_alike else "error"
        yield Problem(code="pre_equals_post", severity=severity, facts=facts)


def _unusable_over_time(
    study: Study, outcome: Outcome, scores: Scores, treated: np.ndarray | None
) -> Iterator[Problem]:
    """What growth itself asks: of pupils who are followed scores at any two moments, of others at one. Where nobody
    has a score at some moment, ``wave_days`` says so."""
    waves = [scores[f"{outcome.name}.{occasion}"] for occasion in occasions(len(outcome.headers))]
    seen = ~np.isnan(np.stack(waves, axis=1))
    if seen.any() and not seen.any(axis=0).all():
        return
    needed = 2 if study.followed and len(waves) > 1 else 1
    counted = seen.sum(axis=1) >= needed
    if counted.sum() < MIN_PUPILS:
        facts = {"outcome": outcome.label, "pupils": int(counted.sum()), "needed": MIN_PUPILS}
        yield Problem(code="too_few_over_time" if needed > 1 else "too_few_pupils", facts=facts)
        return
    for name, arm in (("treated", treated), ("control", None if treated is None else ~treated)):
        if arm is not None and not (counted & arm).any():
            facts = {"outcome": outcome.label, "arm": Term(f"arm.{name}")}
            yield Problem(code="arm_not_over_time", facts=facts)
        elif arm is not None and not ((seen[:, 0] & arm).any() and (seen[:, -1] & arm).any()):
            yield Problem(code="arm_without_scores", facts={"outcome": outcome.label, "arm": Term(f"arm.{name}")})
    ends = {outcome.headers[at]: waves[at][seen[:, at]] for at in (0, -1)}
    alike = [header for header, points in ends.items() if np.ptp(points) == 0]
    for header in alike:
        yield Problem(code="no_spread", column=header, facts={"outcome": outcome.label})
    if not alike and study.followed:
        yield from _copied_moments(outcome, waves)


def _copied_moments(outcome: Outcome, waves: list[np.ndarray]) -> Iterator[Problem]:
    """The first two moments at which every pupil with both has the same score."""
    for one, other in combinations(range(len(waves)), 2):
        both = ~(np.isnan(waves[one]) | np.isnan(waves[other]))
        same = waves[one][both] == waves[other][both]
        if len(same) >= MIN_PUPILS and same.all() and np.ptp(waves[one][both]) > 0:
            facts = {"outcome": outcome.label, "pre": outcome.headers[one], "post": outcome.headers[other]}
            yield Problem(code="moments_equal", facts=facts)
            return


def surprising(study: Study, scores: Scores, classes: Column | None) -> Iterator[Problem]:
    """Warnings and errors about scores that are hardly those of this test or these pupils.

    A copy that cannot be luck is an error, since the numbers would be wrong; the rest is a warning.
    """
    for outcome in study.outcomes:
        if study.followed:
            yield from _mostly_missing(scores, outcome)
        if classes is not None and outcome.gain_defined:
            yield from _copied_in_class(scores, outcome, classes)
            yield from _swapped(scores, outcome, classes)
    yield from _same_columns(study, scores)
    yield from central_tests.guessed(study)
    yield from level_order.by_names(study)
    yield from level_order.by_scores(study, scores)


def _pair(scores: Scores, outcome: Outcome) -> tuple[np.ndarray | None, np.ndarray]:
    return scores.get(f"{outcome.name}.pre"), scores[f"{outcome.name}.post"]


def _mostly_missing(scores: Scores, outcome: Outcome) -> Iterator[Problem]:
    pre, post = _pair(scores, outcome)
    for header, values in ((outcome.pre, pre), (outcome.post, post)):
        if values is None:
            continue
        missing = int(np.isnan(values).sum())
        if len(values) > missing > len(values) / 2:
            facts = {"outcome": outcome.label, "missing": missing, "pupils": len(values)}
            yield Problem(code="mostly_missing", severity="warning", column=header, facts=facts)


def _per_class(rows: np.ndarray, classes: Column) -> np.ndarray:
    return np.bincount(classes.codes[rows], minlength=len(classes.distinct))


def _names(classes: Column, chosen: np.ndarray) -> list[str]:
    return sorted(unit_name(classes.distinct[at]) for at in np.flatnonzero(chosen))


def _copied_in_class(scores: Scores, outcome: Outcome, classes: Column) -> Iterator[Problem]:
    """Classes in which every pupil has the same score twice, while other classes have not."""
    pre, post = _pair(scores, outcome)
    complete = ~(np.isnan(pre) | np.isnan(post))
    pupils = _per_class(complete, classes)
    same = _per_class(complete & (pre == post), classes) == pupils
    if not (pupils > 0)[~same].any():
        return
    copied = same & (pupils >= MIN_IN_CLASS)
    if not copied.any():
        return
    within = np.flatnonzero(complete & copied[classes.codes])
    pairs = np.unique(np.stack([classes.codes[within], post[within]]), axis=1)[0].astype(np.intp)
    sure = np.bincount(pairs, minlength=len(copied)) >= SURE_COPY
    if (copied & sure).any():
        names = _names(classes, copied & sure)
        facts = {"outcome": outcome.label, "pre": outcome.pre, "names": names[:SHOWN_UNITS], "count": len(names)}
        yield Problem(code="class_pre_equals_post", column=outcome.post, facts=facts)
    if (copied & ~sure).any():
        names = _names(classes, copied & ~sure)
        facts = {"outcome": outcome.label, "pre": outcome.pre, "names": names[:SHOWN_UNITS], "count": len(names)}
        yield Problem(code="class_pre_equals_post", severity="warning", column=outcome.post, facts=facts)


def _swapped(scores: Scores, outcome: Outcome, classes: Column) -> Iterator[Problem]:
    """Classes in which nearly everyone goes the wrong way while the median pupil of the others goes the right way."""
    pre, post = _pair(scores, outcome)
    complete = ~(np.isnan(pre) | np.isnan(post))
    if not complete.any():
        return
    both = np.concatenate([pre[complete], post[complete]])
    low, high = outcome.scale_post or (both.min(), both.max())
    gain = np.where(complete, outcome.sign * (post - pre), 0.0)
    pupils = _per_class(complete, classes)
    falls = _per_class(complete & (gain < -SWAP_FALL * (high - low)), classes)
    swapped = (pupils >= MIN_IN_CLASS) & (falls > SWAP_SHARE * pupils)
    others = complete & ~swapped[classes.codes]
    if swapped.any() and others.any() and np.median(gain[others]) > 0:
        names = _names(classes, swapped)
        facts = {"outcome": outcome.label, "pre": outcome.pre, "names": names[:SHOWN_UNITS], "count": len(names)}
        yield Problem(code="swap_suspected", severity="warning", column=outcome.post, facts=facts)


def _same_columns(study: Study, scores: Scores) -> Iterator[Problem]:
    """Two columns of different outcomes with the same scores for every pupil."""
    columns: dict[str, tuple[Outcome, np.ndarray]] = {}
    for outcome in study.outcomes:
        for header, values in zip((outcome.pre, outcome.post), _pair(scores, outcome), strict=True):
            if header is not None:
                columns.setdefault(header, (outcome, values))
    alike: dict[bytes, list[str]] = {}
    for header, (_, values) in columns.items():
        alike.setdefault(np.where(np.isnan(values), np.nan, values).tobytes(), []).append(header)
    for headers in alike.values():
        for one, other in combinations(headers, 2):
            values = columns[one][1][~np.isnan(columns[one][1])]
            if columns[one][0] is columns[other][0] or len(values) < MIN_IN_CLASS or np.ptp(values) == 0:
                continue
            facts = {"other": one, "first": columns[one][0].label, "second": columns[other][0].label}
            severity = "error" if len(np.unique(values)) >= SURE_COPY else "warning"
            yield Problem(code="columns_identical", severity=severity, column=other, facts=facts)

"""Which outcomes are judged together, so that many questions do not make a find of what is not there.

The primary outcomes are one family and the secondary ones another. Side effects are in none: who protects pupils does
not wait for certainty. A word that claims a difference needs ``FAMILY_LEVEL`` after Holm (``judge``).

Simulated, 2,000 whole pages a cell, three primary outcomes of classes drawn by lot where nothing differs, unrelated or
correlated .6: with 8 classes 1.7 and 2.4 % of the pages claim something, with 20 classes 3.5 and 2.7 %. Holm alone
would let 4.0 to 4.7 % through (the rating holds the rest), max-T 2.6 to 4.7 %, and unadjusted p-values 13 to 14 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .comparison import SEED
from .dataset import Dataset
from .disclosure import shareable
from .estimate import NotEstimated
from .levels import UNITS
from .measurement import Family, OutcomeResult, Together
from .methods import clusters, permutation, several
from .methods.moments import class_moments
from .study import Comparison, Study

ROLES = ("primary", "secondary")


def families(study: Study, results: Sequence[OutcomeResult], data: Dataset) -> Iterator[Family]:
    """Per role its outcomes with Holm, and with max-T where whole classes were drawn. One group has none: that pupils
    learn is no claim about the approach."""
    if not study.compared:
        return
    for role in ROLES:
        own = [result for result in results if result.outcome.role == role]
        if not own:
            continue
        p = tuple(None if result.main is None else result.main.p for result in own)
        drawn = isinstance(study.design, Comparison) and study.design.randomised and len(own) > 1
        drawn = drawn and all(result.moments is not None for result in own)
        yield Family(
            role=role,
            outcomes=tuple(result.outcome.name for result in own),
            p=p,
            holm=_holm(own, p),
            max_t=_by_draw(own, data) if drawn else None,
        )


def _holm(results: Sequence[OutcomeResult], p: Sequence[float | None]) -> tuple[float, ...]:
    """Beside the p of an outcome that is told, its Holm could be solved for that of a hidden one: there a hidden p
    counts as 1. No less strict, since Holm falls with no p that rises."""
    shown = [shareable(result) for result in results]
    told = several.holm([one if may else None for one, may in zip(p, shown, strict=True)])
    return tuple(by_told if may else by_all for may, by_told, by_all in zip(shown, told, several.holm(p), strict=True))


def _by_draw(results: Sequence[OutcomeResult], data: Dataset) -> several.MaxT | NotEstimated:
    """Every outcome with its own complete pupils; in the same classes, or they were not drawn alike. None where one of
    them is hidden: the draw of the others would follow it."""
    if not all(map(shareable, results)):
        return NotEstimated(estimator="class_max_t", reason="too_few_pupils")
    units = [sorted(item.unit for item in result.classes) for result in results]
    if any(other != units[0] for other in units):
        return NotEstimated(estimator="class_max_t", reason="other_classes")
    blocks = None
    if "block" in data.frame:
        first = data.frame.groupby("cluster")["block"].first()
        blocks = first.loc[units[0]].to_numpy()
    treated = results[0].treated
    means = [clusters.adjusted_means(result.moments, treated) for result in results]
    ways = permutation.assignments(treated, rng=np.random.default_rng(SEED), blocks=blocks)
    return several.max_t(means, ways)


def together(study: Study, results: Sequence[OutcomeResult], data: Dataset) -> Together | None:
    """How outcomes in points hang together within classes, and within each side of a class whose pupils were divided;
    ``None`` with one outcome, or where it cannot be told."""
    outcomes = [result.outcome for result in results if result.kind not in UNITS]
    if len(outcomes) < 2:
        return None
    frame = data.frame
    posts = [outcome.sign * frame[f"{outcome.name}.post"].to_numpy() for outcome in outcomes]
    complete = ~np.isnan(posts).any(axis=0)
    group = frame["cluster"].to_numpy()
    if study.divided:
        group = 2 * group + frame["treated"].to_numpy()
    codes = np.unique(group[complete], return_inverse=True)[1]
    r = several.correlation_within(class_moments(codes, *(post[complete] for post in posts)))
    if isinstance(r, NotEstimated):
        return None
    return Together(tuple(outcome.name for outcome in outcomes), int(complete.sum()), r)

"""Why two classes are too few: ordinary classes, without any approach, drawn again and again.

A *draw* makes classes of made-up pupils: side A and side B get as many classes each, and nothing else. What lies
between the sides is an ordinary difference between classes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..codes import DEFAULT_MARGIN_SD
from ..comparison import SEED
from ..dataset import Dataset
from ..levels import UNITS
from ..measurement import OutcomeResult
from ..methods.clusters import AdjustedMeans, adjusted_means
from ..methods.one_class import EXPECTED_GAP, QUESTIONNAIRE_ICCS, TEST_ICCS
from ..study import Study
from ..telling import Telling
from ..wording import Words, words
from .dots import Row, pupils_picture, strips
from .view import View
from .what_if import code, steps, telling

SIDES = (1, 2, 5, 10)
"""Classes on each side, one row of the picture each (policy)."""
DRAWS, MOST_DRAWS = 20, 100
"""Draws to begin with, and beyond which more dots add nothing to see (policy)."""
SCALE, SD_OF_SCALE, PUPILS = (0.0, 20.0), 0.15, 20
"""Without a study: a test out of 20 on which pupils lie 3 points around the mean, in classes of 20 (policy)."""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """What ordinary classes of this school are like, in points: ``sd`` of pupils within a class once the pre-test is
    taken into account, the middle of the scale, and how far two parallel classes usually lie apart."""

    words: Words
    pupils: int
    sd: float
    middle: float
    usual_gap: float
    own_gap: bool
    margin: float
    margin_told: str
    decimals: int

    @property
    def gaps(self) -> tuple[float, ...]:
        """The steps of a slider; the first value stands among them."""
        return steps(self.sd, self.usual_gap if self.own_gap else None)


def ordinary(study: Study | None, data: Dataset | None, lang: str) -> Ordinary:
    """Points, spread, class size and margin of the study's main outcome; of an invented test without a study, or where
    the outcome has levels."""
    told = None if study is None or data is None else telling(study, data, lang)
    if told is None or told.primary.kind in UNITS:
        sd, w = SD_OF_SCALE * (SCALE[1] - SCALE[0]), words(lang)
        margin = DEFAULT_MARGIN_SD * sd
        rule = w("verdict.margin_default", points=w.points(margin, 1))
        return Ordinary(w, PUPILS, sd, sum(SCALE) / 2, _gap(sd, TEST_ICCS), False, margin, rule, 1)
    result, outcome = told.primary, told.primary.outcome
    low, high = outcome.scale_post or SCALE
    sd = _pupil_sd(result) or SD_OF_SCALE * (high - low)
    iccs = QUESTIONNAIRE_ICCS if outcome.source == "questionnaire" else TEST_ICCS
    margin = told.verdict.margin.points if told.verdict.margin else DEFAULT_MARGIN_SD * sd
    return Ordinary(
        words=told.words if told.measurement.cluster_level != "group" else words(lang),
        pupils=round(sum(item.pupils for item in result.classes) / max(result.units, 1)),
        sd=sd,
        middle=(low + high) / 2,
        usual_gap=outcome.usual_gap or _gap(sd, iccs),
        own_gap=outcome.usual_gap is not None,
        margin=margin,
        margin_told=_margin(told, margin),
        decimals=told.decimals(result),
    )


def _margin(told: Telling, margin: float) -> str:
    if told.verdict.margin is not None:
        return told.margin(told.verdict.margin, told.primary)
    return told.words("verdict.margin_default", points=told.words.points(margin, told.decimals(told.primary)))


def _pupil_sd(result: OutcomeResult) -> float | None:
    """Of pupils within their class, after the pre-test; with one group, of all pupils."""
    if result.treated is None:
        return result.sd
    adjusted = adjusted_means(result.moments, result.treated)
    if isinstance(adjusted, AdjustedMeans) and adjusted.residual_df > 0:
        return math.sqrt(adjusted.residual_ss / adjusted.residual_df)
    return result.sd


def _gap(sd: float, iccs: tuple[float, ...]) -> float:
    """The usual gap that goes with the middle one of the assumed ICCs, as in ``methods.one_class.usual_gap``."""
    icc = iccs[len(iccs) // 2]
    return EXPECTED_GAP * sd * math.sqrt(icc / (1 - icc))


def draw(classes: Ordinary, usual_gap: float, number: int) -> NDArray[np.float64]:
    """Points of made-up pupils (2, 10, pupils): two sides of ten ordinary classes. The same number, the same pupils."""
    rng = np.random.default_rng((SEED, number))
    level = rng.normal(0, usual_gap / EXPECTED_GAP, (2, SIDES[-1], 1))
    return classes.middle + level + rng.normal(0, classes.sd, (2, SIDES[-1], classes.pupils))


def differences(draws: list[NDArray[np.float64]], side: int) -> list[float]:
    """Mean of side A minus mean of side B, with ``side`` classes each, for every draw."""
    return [float(points[0, :side].mean() - points[1, :side].mean()) for points in draws]


def redraw(
    study: Study | None = None,
    data: Dataset | None = None,
    *,
    usual_gap: float | None = None,
    draws: int = DRAWS,
    sides: int = SIDES[-1],
    lang: str = "nl",
) -> View:
    """Ordinary classes without any approach, drawn ``draws`` times, and the difference that appears each time.

    ``usual_gap`` is how far two parallel classes usually lie apart, in points; ``sides`` the most classes on a side
    that are shown: 1, 2, 5 or 10. The same arguments give the same draws.

    Raises ValueError for another number of draws or sides than can be shown, and whatever ``measure`` raises.

    Not for: what an approach did. No score of a pupil is used but their spread.
    """
    if not 1 <= draws <= MOST_DRAWS or sides not in SIDES:
        raise ValueError(f"1 to {MOST_DRAWS} draws, and {SIDES} classes on a side; got {draws} and {sides}")
    classes = ordinary(study, data, lang)
    gap = classes.usual_gap if usual_gap is None else usual_gap
    if not 0 < gap < math.inf:
        raise ValueError(f"usual_gap must be a number of points above 0; got {gap}")
    drawn = [draw(classes, gap, number) for number in range(draws)]
    found = {side: differences(drawn, side) for side in SIDES if side <= sides}
    reach = 3.2 * math.sqrt(2 * ((gap / EXPECTED_GAP) ** 2 + classes.sd**2 / classes.pupils))
    w, margin, decimals = classes.words, classes.margin, classes.decimals
    asked = {"usual_gap": usual_gap, "draws": draws if draws != DRAWS else None}
    asked |= {"sides": sides if sides != SIDES[-1] else None}
    return View(
        lang=lang,
        changed=(f"{w('explore.redraw.made_up')} {w('explore.redraw.usual_gap', gap=w.points(gap, decimals))}",),
        told=(_last(classes, found),),
        reported=(),
        charts=(
            strips([_row(w, side, values, margin) for side, values in found.items()], margin, reach, w, decimals),
            pupils_picture(drawn[-1][:, 0], middle=classes.middle, spread=classes.sd, words=w),
        ),
        after=tuple(_how_often(classes, found)),
        small=(_small_print(classes, gap),),
        code=code("redraw", asked, lang, with_study=study is not None),
    )


def _beyond(values: list[float], margin: float) -> int:
    return sum(abs(value) > margin for value in values)


def _row(w: Words, side: int, values: list[float], margin: float) -> Row:
    label = w(f"explore.redraw.row{'_one' if side == 1 else ''}", side=side)
    count = w("explore.redraw.count", count=_beyond(values, margin), draws=len(values))
    return Row(label, values, count)


def _last(classes: Ordinary, found: dict[int, list[float]]) -> str:
    w = classes.words
    gap = w.gap(found[1][-1], 1, classes.decimals)
    same = "_same" if gap == w("locale.gap.same") else ""
    return w(f"explore.redraw.last{same}", number=len(found[1]), gap=gap)


def _how_often(classes: Ordinary, found: dict[int, list[float]]) -> Iterator[str]:
    w, draws = classes.words, len(found[1])
    if draws > 1:
        often = [w("explore.redraw.how_often", margin=classes.margin_told)]
        for side, values in found.items():
            key = f"explore.redraw.often{'_one' if side == 1 else ''}"
            often.append(w(key, count=_beyond(values, classes.margin), draws=draws, side=side))
        yield " ".join(often)
    yield f"{w('explore.redraw.so_one')} {w('explore.redraw.so_more')}"


def _small_print(classes: Ordinary, gap: float) -> str:
    w, class_sd = classes.words, gap / EXPECTED_GAP
    icc = class_sd**2 / (class_sd**2 + classes.sd**2)
    sd = w.points(classes.sd, classes.decimals)
    return w("explore.redraw.small", pupils=classes.pupils, sd=sd, icc=w.number(icc, 2))

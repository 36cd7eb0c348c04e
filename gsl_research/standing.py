"""How firmly a summary over schools stands: the weakest of its links decides, as for one study."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .codes import Code, Margin, compared_code
from .methods.student import t_quantile
from .participation import Participation
from .rating import CLASS_DF_CAPS, DISAGREE_CAP, UNKNOWN_CAP, WIDTH_CAPS
from .synthesis import Pooled, Synthesis

PARTICIPATION_CAPS = ((0.8, 5), (0.6, 4), (0.4, 3), (0.0, 2))
"""Highest rating by the share of the schools that started of which there is a card; as fidelity (policy)."""
NOTHING = 1
"""Where nothing is pooled it stands no firmer than one school (policy)."""
MOST_SCHOOLS = 1000
"""More schools than this are not asked for: the spread between schools then decides (policy)."""

Link = Literal[
    "schools", "width", "studies", "participation", "participation_unknown", "one_school", "agreement", "nothing"
]


@dataclass(frozen=True, slots=True)
class Standing:
    """A rating of 0 to 5, in the steps of one study, and the link that decides it."""

    rating: int
    weakest: Link


def standing(synthesis: Synthesis, taken_part: Participation | None, with_card: int) -> Standing:
    """The lowest of: how many schools, how wide, how firm the studies themselves stand (their median), who took part,
    whether one school or another way of counting changes the code. ``with_card`` schools gave a card."""
    if synthesis.leading is None:
        return Standing(NOTHING, "nothing")
    links = dict(_links(synthesis.leading, taken_part, with_card))
    weakest = min(links, key=links.get)
    return Standing(links[weakest], weakest)


def _links(lead: Pooled, taken_part: Participation | None, with_card: int) -> Iterator[tuple[Link, int]]:
    yield "schools", next(cap for least, cap in CLASS_DF_CAPS if len(lead.schools) - 1 >= least)
    half = lead.mean.interval.half_width
    yield "width", next(cap for most, cap in WIDTH_CAPS if half <= most)
    ratings = [one.card.security.rating for school in lead.schools for one in school.used]
    # Schools with one class on each side are firm together, never alone: there the spread over schools decides.
    if lead.way != "network":
        yield "studies", int(statistics.median(ratings))
    if taken_part is None:
        yield "participation_unknown", UNKNOWN_CAP
    else:
        share = with_card / taken_part.started
        yield "participation", next(cap for least, cap in PARTICIPATION_CAPS if share >= least)
    if turned(lead):
        yield "one_school", DISAGREE_CAP
    if any(_code(one, lead) != lead.code for one in lead.beside if one.metric == lead.mean.metric):
        yield "agreement", DISAGREE_CAP


def turned(lead: Pooled) -> tuple[str, ...]:
    """Schools without which another conclusion about the mean would stand: on which side of no difference it lies."""
    return tuple(one.school for one in lead.without if _side(one.interval) != _side(lead.mean.interval))


def _side(interval) -> int:
    return (interval.low > 0) - (interval.high < 0)


def _code(estimate, lead: Pooled) -> Code:
    return compared_code(estimate, Margin(lead.margin, "rule"))


def schools_needed(lead: Pooled, margin: float) -> int | None:
    r"""The fewest schools like these with which the 95 % interval of the mean reaches no further than ``margin``.

    .. math:: t_{0.975,\,k-1}\sqrt{(\tau^2+s^2)/k}\le m,

    with :math:`s^2` the variance a typical school has of its own, from I²; of a network the variance of its schools.
    ``None`` beyond ``MOST_SCHOOLS``. Not for: a promise. tau itself is hardly known with few schools.
    """
    # (tau² + s²)/k is the squared error of a mean of schools that weigh alike.
    variance = lead.mean.se**2 * len(lead.schools)
    return next(
        (n for n in range(2, MOST_SCHOOLS + 1) if t_quantile(n - 1, 0.975) * math.sqrt(variance / n) <= margin), None
    )

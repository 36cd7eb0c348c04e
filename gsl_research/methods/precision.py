r"""Before the study: what a design of this size can tell, before there is any score.

A ``Precision`` is all that counts: the standard error that a difference will have when the assumptions hold, and the
degrees of freedom of its t. Differences are in the standard deviations (SD) in which the design is stated, and
``in_points`` turns them into points of the test. *icc* is the share of the spread of scores that lies between classes,
*r2* the share of a spread that the pre-test explains. Both are guesses: show what follows from several of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ..estimate import NotEstimated
from .noncentral import noncentral_t_cdf
from .student import small_sample_factor, t_quantile

LEVEL = 0.95
"""Level of the intervals that are planned for; differences whose interval excludes 0 are found (policy)."""
POWER = 0.8
"""How often a difference should be found that is really there (Cohen 1988, a convention; policy)."""
ASSURANCE = 0.8
"""Share of studies in which the interval should be no wider than was planned (methods page, row o; policy)."""
MOST_UNITS = 10_000
"""Largest number of classes, pupils or weeks that is looked at (policy)."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The standard error ``se`` > 0 of a difference, in SD or points, and ``df`` ≥ 1 of its t."""

    se: float
    df: int

    def __post_init__(self):
        if not (0 < self.se < math.inf and self.df >= 1):
            raise ValueError(f"needs a finite se > 0 and df >= 1; got {self.se} and {self.df}")

    def in_points(self, sd: float) -> Precision:
        """The same in points, where ``sd`` is one standard deviation in points."""
        return Precision(self.se * sd, self.df)

    def power(self, difference: float) -> float:
        r"""How often the interval excludes 0 when the true difference is ``difference``.

        .. math:: P(|T|>t_{.975,\nu}),\qquad T\sim t_\nu(\delta),\quad \delta=\text{difference}/SE,

        with the exact noncentral t: 0.05 without any difference.
        """
        if not math.isfinite(difference):
            raise ValueError(f"difference must be finite; got {difference}")
        return _power(self.df, difference / self.se)

    def mdes(self, power: float = POWER) -> float:
        r"""The smallest true difference that is found with this ``power`` (minimum detectable effect).

        :math:`\delta^*\,SE` with :math:`\delta^*` such that ``power`` is exact. Raises ValueError unless ``power`` lies
        between 0.05 and 1.

        Not for: judging a study afterwards; what counts then is its interval.
        Source: Bloom (1995), doi:10.1177/0193841X9501900504 [recalled], with his sum of two t quantiles
        (``bloom_mdes``) replaced by the noncentral t.
        """
        return _noncentrality(self.df, power) * self.se

    def bloom_mdes(self, power: float = POWER) -> float:
        r"""What other planners give, to compare with: :math:`(t_{.975,\nu}+t_{power,\nu})\,SE`.

        Less than the exact value at ``power`` 0.8: by 14 % with 1 degree of freedom, 5 % with 2, 2 % with 3, 0.7 % with
        5; within 0.1 % from 10 on (computed).
        Source: Bloom (1995); Dong & Maynard (2013), doi:10.1080/19345747.2012.673143 [recalled].
        """
        _check_power(power)
        return (t_quantile(self.df, (1 + LEVEL) / 2) + t_quantile(self.df, power)) * self.se

    def expected_half_width(self) -> float:
        r"""Mean half-width of the 95 % interval: :math:`t_{.975,\nu}\,SE\,E(s/\sigma)`, with
        :math:`E(s/\sigma)=\sqrt{2/\nu}\,\Gamma(\tfrac{\nu+1}2)/\Gamma(\tfrac\nu2)`."""
        shrunk = small_sample_factor(self.df + 1) * math.sqrt((self.df + 1) / self.df)
        return t_quantile(self.df, (1 + LEVEL) / 2) * self.se * shrunk

    def assured_half_width(self, assurance: float = ASSURANCE) -> float:
        r"""The half-width of the 95 % interval that this share of studies does not exceed.

        .. math:: t_{.975,\nu}\,SE\,\sqrt{\chi^2_{\nu,\,assurance}/\nu}

        Raises ValueError unless ``assurance`` lies between 0 and 1.
        Source: Kelley & Rausch (2006), doi:10.1037/1082-989X.11.4.363 [recalled].
        """
        from scipy.special import gammaincinv

        if not 0 < assurance < 1:
            raise ValueError(f"assurance must lie between 0 and 1; got {assurance}")
        spread = math.sqrt(2 * float(gammaincinv(self.df / 2, assurance)) / self.df)
        return t_quantile(self.df, (1 + LEVEL) / 2) * self.se * spread


def _power(df: float, noncentrality: float) -> float:
    limit = t_quantile(df, (1 + LEVEL) / 2)
    missed = noncentral_t_cdf(limit, df, noncentrality)
    wrong_way = noncentral_t_cdf(-limit, df, noncentrality)
    if missed is None or wrong_way is None:
        return 1.0  # a sum is too long from 100 times the limit on, where nothing is missed
    return min(1 - missed + wrong_way, 1.0)


@lru_cache(maxsize=1024)
def _noncentrality(df: float, power: float) -> float:
    """The noncentrality at which ``power`` is reached: steps twice as long, then halves until doubles end."""
    _check_power(power)
    near, far = 0.0, 1.0
    while _power(df, far) < power:
        near, far = far, 2 * far
    while near < (middle := (near + far) / 2) < far:
        near, far = (middle, far) if _power(df, middle) < power else (near, middle)
    return far


def _check_power(power: float) -> None:
    if not 1 - LEVEL < power < 1:
        raise ValueError(f"power must lie between {1 - LEVEL:.2f} and 1; got {power}")


def pupils_assigned(treated: int, control: int, *, r2: float = 0.0, covariates: int = 0) -> Precision | NotEstimated:
    r"""Pupils assigned one by one, n_1 to the approach and n_0 not.

    .. math:: SE^2=(1-R^2)(1/n_1+1/n_0),\qquad df=n_1+n_0-2-q,

    in SD of the pupils. Arms that by chance start apart on q covariates add on average a factor
    :math:`(N-3)/(N-q-3)` to the variance, which is left out as other planners do: 2.5 % of the SE with 24 pupils and
    one pre-test. Refuses: an empty arm; df < 1. Raises ValueError unless 0 ≤ ``r2`` < 1.

    Not for: pupils who are taught as a group; classes given the approach as a whole.
    Source: Dong & Maynard (2013), doi:10.1080/19345747.2012.673143 [recalled].
    """
    _check_shares(r2=r2)
    if min(treated, control) < 1:
        return NotEstimated(estimator="pupils_assigned", reason="empty_arm")
    df = treated + control - 2 - covariates
    if df < 1:
        return NotEstimated(estimator="pupils_assigned", reason="too_few_pupils")
    return Precision(math.sqrt((1 - r2) * (1 / treated + 1 / control)), df)


def halved_class(pupils: int, *, r2: float = 0.0, covariates: int = 0) -> Precision | NotEstimated:
    """One class halved at random: ``pupils_assigned`` with halves as equal as can be, in SD of the pupils of the class.

    It tells of these pupils only, and of the two halves as they were taught: what a half has in common, the hour or the
    room, is not in the interval. Refuses and raises as ``pupils_assigned``.
    """
    return pupils_assigned(*split(pupils), r2=r2, covariates=covariates)


def classes_assigned(
    treated: int,
    control: int,
    pupils: float,
    *,
    icc: float,
    r2_pupils: float = 0.0,
    r2_classes: float = 0.0,
    covariates: int = 0,
    blocks: int | None = None,
) -> Precision | NotEstimated:
    r"""Whole classes assigned, g_1 to the approach and g_0 not, with n ``pupils`` in a class.

    .. math:: SE^2=\Big\{\rho(1-R_2^2)+\frac{(1-\rho)(1-R_1^2)}n\Big\}\Big(\frac1{g_1}+\frac1{g_0}\Big),\qquad
              df=g_1+g_0-2-q,

    :math:`R_1^2` of pupils within classes, :math:`R_2^2` of class means, q covariates at class level (the pre-test of
    pupils is none), in SD of all pupils. With classes of unequal size n is their harmonic mean. More pupils in a class
    do not help beyond :math:`\rho(1-R_2^2)`. Within S ``blocks`` of one make, as pairs, df = S - 1; that classes of one
    block are more alike is not counted on. Refuses: an empty arm, or a block with one; no pupils; df < 1. Raises
    ValueError unless ``icc`` and the r2 are 0 or more and below 1.

    Not for: one class per arm (``one_class``); classes that already follow the approach.
    Source: Bloom, Richburg-Hayes & Black (2007), doi:10.3102/0162373707299550 [recalled]; methods page, row o.
    """
    name = "classes_assigned"
    _check_shares(icc=icc, r2_pupils=r2_pupils, r2_classes=r2_classes)
    if min(treated, control) < (blocks or 1):
        return NotEstimated(estimator=name, reason="empty_arm")
    if not pupils > 0:
        return NotEstimated(estimator=name, reason="no_pupils")
    df = (treated + control - 2 if blocks is None else blocks - 1) - covariates
    if df < 1:
        return NotEstimated(estimator=name, reason="too_few_classes")
    of_class = icc * (1 - r2_classes) + (1 - icc) * (1 - r2_pupils) / pupils
    return Precision(math.sqrt(of_class * (1 / treated + 1 / control)), df)


def within_classes(
    classes: int, treated: int, control: int, *, icc: float, r2: float = 0.0, effect_sd: float
) -> Precision | NotEstimated:
    r"""Pupils assigned within each of G classes, n_1 and n_0 in a class: a t over the classes' own differences.

    .. math:: SE^2=\frac{\tau^2+(1-\rho)(1-R^2)(1/n_1+1/n_0)}G,\qquad df=G-1,

    ``effect_sd`` :math:`\tau` being how much the effect differs between classes (Dong and Maynard's
    :math:`\rho\omega=\tau^2`), in SD of all pupils. For a statement on classes like these. Refuses: an empty arm; fewer
    than 2 classes. Raises ValueError unless ``icc`` and ``r2`` are 0 or more and below 1 and ``effect_sd`` is 0 or
    more.

    Source: Dong & Maynard (2013), doi:10.1080/19345747.2012.673143 [recalled]; methods page, row e.
    """
    _check_shares(icc=icc, r2=r2)
    if not 0 <= effect_sd < math.inf:
        raise ValueError(f"effect_sd must be 0 or more; got {effect_sd}")
    if min(treated, control) < 1:
        return NotEstimated(estimator="within_classes", reason="empty_arm")
    if classes < 2:
        return NotEstimated(estimator="within_classes", reason="too_few_classes")
    of_class = effect_sd**2 + (1 - icc) * (1 - r2) * (1 / treated + 1 / control)
    return Precision(math.sqrt(of_class / classes), classes - 1)


def within_these_classes(
    classes: int, treated: int, control: int, *, icc: float, r2: float = 0.0, covariates: int = 0
) -> Precision | NotEstimated:
    r"""The same design for a statement on these classes only: least squares with a level for each class.

    .. math:: SE^2=\frac{(1-\rho)(1-R^2)(1/n_1+1/n_0)}G,\qquad df=G(n_1+n_0)-G-1-q.

    How much the effect differs between classes is not in it; where it does, an interval for classes like these is wider
    (``within_classes``). Refuses: an empty arm; no classes; df < 1. Raises ValueError unless ``icc`` and ``r2`` are 0
    or more and below 1.

    Source: Dong & Maynard (2013), doi:10.1080/19345747.2012.673143, blocked with constant effects [recalled].
    """
    name = "within_these_classes"
    _check_shares(icc=icc, r2=r2)
    if min(treated, control) < 1:
        return NotEstimated(estimator=name, reason="empty_arm")
    if classes < 1:
        return NotEstimated(estimator=name, reason="too_few_classes")
    df = classes * (treated + control - 1) - 1 - covariates
    if df < 1:
        return NotEstimated(estimator=name, reason="too_few_pupils")
    return Precision(math.sqrt((1 - icc) * (1 - r2) * (1 / treated + 1 / control) / classes), df)


def paired_weeks(pairs: int, pupils: int, *, r: float, week_sd: float) -> Precision | NotEstimated:
    r"""One class, weeks in pairs: chance says which week of a pair has the approach, and all n pupils have both.

    .. math:: SE^2=\frac2K\Big(w^2+\frac{1-r}n\Big),\qquad df=K-1,

    a t over K ``pairs``, in SD of the pupils of the class in one week. r is the correlation of their scores between the
    two weeks of a pair, ``week_sd`` w how much the class as a whole goes up and down from one week to the next, both
    apart from the approach. Only more weeks help against w. Refuses: no pupils; fewer than 2 pairs (reason
    "too_few_classes": weeks stand for classes). Raises ValueError unless -1 ≤ ``r`` < 1 and ``week_sd`` ≥ 0.

    Not for: an approach that still works the week after; a statement on other classes or on lasting gains.
    Source: a paired t over randomised pairs; simulated.
    """
    if not (-1 <= r < 1 and 0 <= week_sd < math.inf):
        raise ValueError(f"needs -1 <= r < 1 and week_sd >= 0; got {r} and {week_sd}")
    if pupils < 1:
        return NotEstimated(estimator="paired_weeks", reason="no_pupils")
    if pairs < 2:
        return NotEstimated(estimator="paired_weeks", reason="too_few_classes")
    return Precision(math.sqrt(2 * (week_sd**2 + (1 - r) / pupils) / pairs), pairs - 1)


def one_group(pupils: int, *, r: float) -> Precision | NotEstimated:
    r"""Growth of one class, the same pupils before and after: :math:`SE^2=2(1-r)/n`, df n - 1, in SD of one occasion.

    ``r`` is the correlation of both tests. Refuses: fewer than 2 pupils. Raises ValueError unless -1 ≤ ``r`` < 1.

    Not for: the effect of an approach; pupils grow without it too.
    """
    if not -1 <= r < 1:
        raise ValueError(f"needs -1 <= r < 1; got {r}")
    if pupils < 2:
        return NotEstimated(estimator="one_group", reason="too_few_pupils")
    return Precision(math.sqrt(2 * (1 - r) / pupils), pupils - 1)


def group_of_classes(classes: int, pupils: float, *, r: float, icc: float) -> Precision | NotEstimated:
    r"""Growth of G classes of n ``pupils``, a t over their mean gains: for classes like these.

    .. math:: SE^2=\frac{2(1-r)}G\Big(\rho+\frac{1-\rho}n\Big),\qquad df=G-1,

    in SD of all pupils on one occasion; ``r`` is the correlation of both tests, of pupils within classes and of class
    means alike. Refuses: no pupils; fewer than 2 classes. Raises ValueError unless -1 ≤ ``r`` < 1 and 0 ≤ ``icc`` < 1.

    Not for: the effect of an approach; pupils grow without it too.
    Source: ``differences.growth``; simulated.
    """
    name = "group_of_classes"
    _check_shares(icc=icc)
    if not -1 <= r < 1:
        raise ValueError(f"needs -1 <= r < 1; got {r}")
    if not pupils > 0:
        return NotEstimated(estimator=name, reason="no_pupils")
    if classes < 2:
        return NotEstimated(estimator=name, reason="too_few_classes")
    return Precision(math.sqrt(2 * (1 - r) * (icc + (1 - icc) / pupils) / classes), classes - 1)


def lead_in(pupils: int, *, r: float) -> Precision | NotEstimated:
    r"""How much more one class grew in a period than in the one before: three occasions, equally far apart.

    .. math:: D=(y_3-y_2)-(y_2-y_1),\qquad SE^2=\frac{6(1-r)}n,\qquad df=n-1,

    in SD of one occasion, ``r`` being the correlation of any two of the tests. Refuses: fewer than 2 pupils. Raises
    ValueError unless -1/2 ≤ ``r`` < 1.

    Not for: the effect of an approach; a period differs from the one before it in more ways.
    Source: variance of a second difference; simulated.
    """
    if not -0.5 <= r < 1:
        raise ValueError(f"needs -0.5 <= r < 1; got {r}")
    if pupils < 2:
        return NotEstimated(estimator="lead_in", reason="too_few_pupils")
    return Precision(math.sqrt(6 * (1 - r) / pupils), pupils - 1)


def split(count: int, share: float = 0.5) -> tuple[int, int]:
    """``count`` units in whole numbers, treated and control, as near to ``share`` as can be. The odd one is treated."""
    treated = math.floor(count * share + 0.5)
    return treated, count - treated


Design = Callable[[int], Precision | NotEstimated]
"""A design of any size, as ``lambda classes: classes_assigned(*split(classes), 20, icc=0.15)``."""


def needed_for_power(design: Design, difference: float, power: float = POWER) -> int | NotEstimated:
    """The smallest size at which a true ``difference`` is found with this ``power``.

    Refuses a difference that no size up to 10,000 finds: more pupils do not stand for more classes.
    """
    _check_power(power)
    return _smallest(design, lambda precision: precision.power(difference) >= power)


def needed_for_half_width(design: Design, half_width: float, assurance: float = ASSURANCE) -> int | NotEstimated:
    """The smallest size at which this share of studies has an interval of at most ``half_width`` on either side.

    ``assurance`` is at least 0.5. Refuses a width that no size up to 10,000 reaches.
    """
    if not 0.5 <= assurance < 1:
        raise ValueError(f"assurance must be at least 0.5 and below 1; got {assurance}")
    return _smallest(design, lambda precision: precision.assured_half_width(assurance) <= half_width)


def _smallest(design: Design, enough: Callable[[Precision], bool]) -> int | NotEstimated:
    def serves(size: int) -> bool:
        precision = design(size)
        return isinstance(precision, Precision) and enough(precision)

    return smallest_size(serves)


def smallest_size(serves: Callable[[int], bool], most: int = MOST_UNITS) -> int | NotEstimated:
    """The first size that serves, where every larger one does too: sizes twice as large, then halves. Refuses when none
    up to ``most`` does."""
    near, far = 0, 1
    while not serves(far):
        if far == most:
            return NotEstimated(estimator="needed", reason="out_of_reach")
        near, far = far, min(2 * far, most)
    while far - near > 1:
        middle = (near + far) // 2
        near, far = (near, middle) if serves(middle) else (middle, far)
    return far


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise ValueError(f"{name} must be 0 or more and below 1; got {share}")

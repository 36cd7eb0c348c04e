"""Passed or not: the share of pupils that pass, compared with classes as the unit of inference, or pupils.

*passed* is 1 or 0 and stands last in the ``ClassMoments``, after covariates; a *share* lies between 0 and 1. Classes
are the unit wherever an approach was given to whole classes (``risk_difference``, ``class_log_odds``); pupils only
where each was assigned apart (``newcombe``, ``log_odds_ratio``). Not for: a scale that was cut in two while the scores
are there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimate import MIN_CLASS_DF_FOR_P, Estimate, Interval, NotEstimated
from . import one_class
from .clusters import AdjustedMeans, adjusted_difference, adjusted_means
from .moments import ClassMoments, class_moments

EXTREME_PROPORTION = 0.1
"""A share nearer than this to 0 or 1 is extreme: classes differ less there than elsewhere (methods page, row i;
policy)."""
UNEQUAL_ARMS = 1.5
"""An arm with so many times the classes of the other carries the spread of both: with extreme shares the difference is
then refused (simulated: ``risk_difference``)."""
COX = 1.65
"""Log odds per standard deviation (Cox 1970; What Works Clearinghouse; equal to metafor's OR2DN; verified)."""
SMOOTHING = 0.5
"""Pupils added to those who passed and to those who did not, so that every class has log odds (Cox 1970; recalled)."""
NOT_BINARY = 1e-6
"""How far the count of passed pupils that moments give may lie from a whole number (computed)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How many pupils passed of how many in both arms: a description, whatever the unit of inference."""

    passed_treated: int
    pupils_treated: int
    passed_control: int
    pupils_control: int

    @property
    def treated(self) -> float:
        return self.passed_treated / self.pupils_treated

    @property
    def control(self) -> float:
        return self.passed_control / self.pupils_control

    @property
    def nearest_end(self) -> float:
        """How far the most extreme of both shares lies from 0 or 1."""
        treated = min(self.passed_treated, self.pupils_treated - self.passed_treated) / self.pupils_treated
        control = min(self.passed_control, self.pupils_control - self.passed_control) / self.pupils_control
        return min(treated, control)

    @property
    def extreme(self) -> bool:
        return self.nearest_end < EXTREME_PROPORTION

    @property
    def counts(self) -> dict[str, int]:
        return {"pupils_treated": self.pupils_treated, "pupils_control": self.pupils_control}


def shares(moments: ClassMoments, treated: ArrayLike) -> Shares | NotEstimated:
    """Counts of both arms, ``treated`` (G,) by class. Refuses: no pupils; an arm without classes.

    Raises ValueError when ``treated`` is not (G,), or the last variable is anything but 0 and 1.
    """
    treated = np.asarray(treated, dtype=bool)
    if treated.shape != moments.n.shape:
        raise ValueError(f"treated must be (G,) like the classes; got {treated.shape} for {moments.n.shape}")
    if not moments.classes:
        return NotEstimated(estimator="shares", reason="no_pupils")
    if treated.all() or not treated.any():
        return NotEstimated(estimator="shares", reason="empty_arm")
    passed = _passed(moments)
    return Shares(*(int(counts[arm].sum()) for arm in (treated, ~treated) for counts in (passed, moments.n)))


def shares_of_pupils(passed: ArrayLike, treated: ArrayLike) -> Shares | NotEstimated:
    """The same from rows, both (N,), where pupils are the unit: then classes do not count."""
    treated = np.asarray(treated, dtype=bool)
    if not len(treated) or treated.all() or not treated.any():
        return NotEstimated(estimator="shares", reason="empty_arm" if len(treated) else "no_pupils")
    return shares(class_moments(treated.astype(int), passed), [False, True])


def adjusted_shares(moments: ClassMoments, treated: ArrayLike) -> AdjustedMeans | NotEstimated:
    """The share of every class that passed, adjusted for covariates: ``clusters.adjusted_means`` on 0 and 1.

    All that runs on adjusted means runs on these: Welch's difference, leaving a class out, permutation, the tipping
    ICC. An adjusted share may pass 0 or 1. Refuses, beside what ``adjusted_means`` does: an arm in which nobody or
    everybody passed, since it shows no spread for the interval to go by.
    """
    found = shares(moments, treated)
    if isinstance(found, NotEstimated):
        return found
    if not found.nearest_end > 0:
        return NotEstimated(estimator="shares", reason="no_pupil_spread")
    return adjusted_means(moments, treated)


def risk_difference(moments: ClassMoments, treated: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    r"""How much larger the share that passed is in classes with the approach: ``clusters.adjusted_difference`` on 0/1.

    The mean of class shares, each class counting once, adjusted for the covariates in ``moments``; t on G - 2. The
    interval may pass ±1 with few classes.

    Refuses, beside what ``adjusted_difference`` does: an arm in which nobody or everybody passed; extreme shares in
    arms of unequal size.

    Simulated, 40,000 runs a cell, classes of 15 to 25 pupils, beta distributed shares at ICC .05 and .15. False
    positives among what is not refused:

    ======== ============ ============ ============ ==========================
    share    2 v 2        4 v 4        10 v 10      refused (2, 4, 10 an arm)
    ======== ============ ============ ============ ==========================
    .5       4.9, 5.5     5.3, 5.4     5.0, 5.2     0
    .2       5.1, 4.8     5.1, 4.8     5.1, 4.9     0 to 5, 0, 0 %
    .05      1.2, 1.2     2.1, 0.8     4.2, 2.9     43 to 65, 12 to 30, 0 to 2 %
    ======== ============ ============ ============ ==========================

    With an effect (.5 to .8, .6 to .9) equal arms miss 5.0 to 6.1 %, from .75 to .95 4.9 to 7.1 %. Shares near a half
    lie further apart between classes, and the larger arm carries the spread of both. So 1 v 5, 2 v 6 and 3 v 9 classes
    without an effect, at shares of .1 to .5, miss 0.9 to 5.9 % (1 v 19: up to 9.5 %), and 2 to 3 % when the small arm
    has .8 beside .5; but 5 to 9 % when it has .5 beside .8 (3 v 20 and 1 v 19: up to 11 %). With .75 beside .95 they
    would miss 18 to 28 %: hence the second refusal (4 v 5, not refused: 7 to 10 %). Welch's difference does not mend it
    (3 v 9: 7 to 10 %).

    Not for: pupils assigned one by one (``newcombe``).
    Source: as ``adjusted_difference``; for binary outcomes and few clusters Thompson et al. (2022),
    doi:10.1186/s12874-022-01699-2.
    """
    name = "risk_difference"
    adjusted = adjusted_shares(moments, treated)
    if isinstance(adjusted, AdjustedMeans):
        few, many = sorted((int(adjusted.treated.sum()), int((~adjusted.treated).sum())))
        if many >= UNEQUAL_ARMS * few and shares(moments, treated).extreme:
            return NotEstimated(estimator=name, reason="too_few_classes")
    return adjusted_difference(adjusted, unit=unit, estimator=name)


def assumed_icc(moments: ClassMoments, treated: ArrayLike, icc: float, *, unit: str) -> Estimate | NotEstimated:
    """One class per arm: ``one_class.assumed_icc`` on shares, where that holds.

    Refuses, beside what that does: shares nearer than .1 to 0 or 1. Simulated, 40,000 runs a cell, classes of 8 to 30
    pupils, beta distributed shares of .05 to .5, and .8 beside .5 to .95 beside .75, the assumed ICC being the true one
    (.05, .15, .25): it misses 0 to 5.5 %. Without the refusal of extreme shares it misses 0.3 to 6.4 % in classes of 15
    to 25, and with arms in which nobody or everybody passed up to 16.5 %.
    """
    adjusted = adjusted_shares(moments, treated)
    if isinstance(adjusted, AdjustedMeans) and shares(moments, treated).extreme:
        return NotEstimated(estimator="assumed_icc", reason="too_few_pupils")
    return one_class.assumed_icc(adjusted, icc, unit=unit)


def class_log_odds(moments: ClassMoments, treated: ArrayLike, *, unit: str) -> Estimate | NotEstimated:
    r"""The log odds ratio of passing with classes as the unit, not adjusted. Status "beside".

    .. math:: l_j=\ln\frac{y_j+\frac12}{n_j-y_j+\frac12},\qquad \delta=\bar l_T-\bar l_C,\qquad df=G-2,

    :math:`y_j` of :math:`n_j` pupils having passed; t as in ``adjusted_difference``. Covariates in ``moments`` are not
    used. It is the mean of the classes' own log odds, so further from 0 than that of all pupils together: by 6 % at ICC
    .05 and 19 % at .15 (.5 to .8, classes of 20), while the half pupil draws it in where shares are extreme (.75 to
    .95: 7 to 14 % less from 4 v 4 on).

    Refuses what ``risk_difference`` does but unequal arms, and no class spread in log odds. Simulated as there, false
    positives at 2 v 2, 4 v 4 and 10 v 10: 3.5 to 5.2 % at shares of .5 and .2, 0.5 to 4.9 % at .05; 2.4 to 5.4 % at
    1 v 5 and 2 v 6, but 4 to 10 % of what is not refused at .05.

    Source: Cox (1970), Analysis of Binary Data, for the half [recalled]; methods page, row i.
    """
    name = "class_log_odds"
    found = shares(moments, treated)
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    if not found.nearest_end > 0:
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    passed = _passed(moments)
    logits = np.log((passed + SMOOTHING) / (moments.n - passed + SMOOTHING))[:, None]
    alone = ClassMoments(moments.n, logits, np.zeros((moments.classes, 1, 1)))
    estimate = adjusted_difference(adjusted_means(alone, treated), unit=unit, estimator=name)
    return estimate if isinstance(estimate, NotEstimated) else replace(estimate, metric="log_odds", status="beside")


def wilson(passed: int, pupils: int, level: float = 0.95) -> Interval | NotEstimated:
    r"""The score interval of one share, for pupils who stand for others like them, not for whole classes.

    .. math:: \frac{p+z^2/2n\pm z\sqrt{p(1-p)/n+z^2/4n^2}}{1+z^2/n}.

    Refuses no pupils. Raises ValueError unless 0 ≤ ``passed`` ≤ ``pupils``.
    Source: Wilson (1927), doi:10.1080/01621459.1927.10502953.
    """
    if not 0 <= passed <= pupils:
        raise ValueError(f"passed must lie between 0 and pupils; got {passed} of {pupils}")
    if not pupils:
        return NotEstimated(estimator="wilson", reason="no_pupils")
    share, more = passed / pupils, _normal_quantile(level) ** 2 / pupils
    middle, half = share + more / 2, math.sqrt(more * (share * (1 - share) + more / 4))
    return Interval(
        min(max((middle - half) / (1 + more), 0.0), share), max(min((middle + half) / (1 + more), 1.0), share), level
    )


def newcombe(found: Shares | NotEstimated, *, unit: str) -> Estimate | NotEstimated:
    r"""The difference of two shares when pupils are the unit, with Newcombe's hybrid score interval (his method 10).

    .. math:: \Big[\delta-\sqrt{(p_T-l_T)^2+(u_C-p_C)^2},\ \delta+\sqrt{(u_T-p_T)^2+(p_C-l_C)^2}\Big],

    l and u being Wilson's limits: it never passes ±1 and exists when everybody or nobody passed. ``se`` is its half
    width over z, so that it is never 0; df = N - 2 are those of the pupils. p is Pearson's, without continuity
    correction; it and the interval differ about 5 % in 0.6 % of all tables of 8 to 40 pupils an arm (counted). No p
    when all pupils did the same. Refuses what ``shares`` does.

    Not for: whole classes that got an approach (``risk_difference``).
    Source: Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    name = "newcombe"
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    treated = wilson(found.passed_treated, found.pupils_treated)
    control = wilson(found.passed_control, found.pupils_control)
    value = found.treated - found.control
    interval = Interval(
        value - math.hypot(found.treated - treated.low, control.high - found.control),
        value + math.hypot(treated.high - found.treated, found.control - control.low),
    )
    pupils = found.pupils_treated + found.pupils_control
    overall = (found.passed_treated + found.passed_control) / pupils
    variance = overall * (1 - overall) * (1 / found.pupils_treated + 1 / found.pupils_control)
    z = value / math.sqrt(variance) if variance > 0 else None
    return _of_pupils_as_unit(
        found, value, interval.half_width / _normal_quantile(0.95), interval, z, unit, name, "newcombe_1998"
    )


def log_odds_ratio(found: Shares | NotEstimated, *, unit: str) -> Estimate | NotEstimated:
    r"""The log odds ratio of passing when pupils are the unit, with Woolf's interval. Status "beside".

    .. math:: \ln\frac{y_T\,(n_C-y_C)}{y_C\,(n_T-y_T)},\qquad
              SE^2=\frac1{y_T}+\frac1{n_T-y_T}+\frac1{y_C}+\frac1{n_C-y_C},

    with z for the interval and Wald's p; df = N - 2 are those of the pupils. Refuses: what ``shares`` does; an arm in
    which nobody or everybody passed. Not for: whole classes that got an approach (``class_log_odds``).

    Source: Woolf (1955), doi:10.1111/j.1469-1809.1955.tb01348.x.
    """
    name = "log_odds_ratio"
    if isinstance(found, NotEstimated):
        return replace(found, estimator=name)
    yes = (found.passed_treated, found.passed_control)
    no = (found.pupils_treated - yes[0], found.pupils_control - yes[1])
    if not min(*yes, *no):
        return NotEstimated(estimator=name, reason="no_pupil_spread")
    value = math.log(yes[0] / no[0]) - math.log(yes[1] / no[1])
    se = math.sqrt(sum(1 / count for count in (*yes, *no)))
    half = _normal_quantile(0.95) * se
    interval = Interval(value - half, value + half)
    estimate = _of_pupils_as_unit(found, value, se, interval, value / se, unit, name, "woolf_1955")
    return replace(estimate, metric="log_odds", status="beside")


def cox_d(log_odds: Estimate | NotEstimated) -> Estimate | NotEstimated:
    """A log odds ratio in standard deviations, for synthesis beside g: d = ln(OR) / 1.65.

    Of ``log_odds_ratio``, or of ``class_log_odds``: then per standard deviation within classes rather than of all
    pupils. Source: Cox (1970) [recalled]; WWC Procedures Handbook 4.1; Sánchez-Meca et al. (2003),
    doi:10.1037/1082-989X.8.4.448 [recalled].
    """
    if isinstance(log_odds, NotEstimated):
        return log_odds
    return replace(_times(log_odds, 1 / COX), metric="g", unit="cox_d", source="cox_1970")


def of_pupils(difference: Estimate, pupils: int, *, unit: str) -> Estimate:
    """A difference of shares as a number of pupils in a class of ``pupils``: all that is measured in it, so many times.

    Raises ValueError unless ``pupils`` > 0.
    """
    if not pupils > 0:
        raise ValueError(f"pupils must be above 0; got {pupils}")
    return replace(_times(difference, pupils), unit=unit)


def _times(estimate: Estimate, factor: float) -> Estimate:
    se, interval = estimate.se, estimate.interval
    if interval is not None:
        interval = Interval(interval.low * factor, interval.high * factor, interval.level)
    return replace(estimate, value=estimate.value * factor, se=None if se is None else se * factor, interval=interval)


def _passed(moments: ClassMoments) -> NDArray[np.int64]:
    """Pupils of each class who passed (G,). For 0 and 1 the scatter follows from the mean."""
    share, n = moments.mean[:, -1], moments.n
    passed = np.rint(share * n)
    if (np.abs(share * n - passed) > NOT_BINARY).any() or not np.allclose(
        moments.scatter[:, -1, -1], passed * (n - passed) / n, rtol=NOT_BINARY, atol=NOT_BINARY
    ):
        raise ValueError("the last variable must be 0 or 1 for every pupil")
    return passed.astype(np.int64)


def _of_pupils_as_unit(
    found: Shares, value: float, se: float, interval: Interval, z: float | None, unit: str, name: str, source: str
) -> Estimate:
    df = found.pupils_treated + found.pupils_control - 2
    return Estimate(
        metric="points",
        estimator=name,
        value=value,
        se=se,
        df=df,
        class_df=df,
        interval=interval,
        p=None if z is None or df < MIN_CLASS_DF_FOR_P else math.erfc(abs(z) / math.sqrt(2)),
        n=found.counts,
        unit=unit,
        source=source,
    )


def _normal_quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))

"""Who is missing from a measurement, and whether that would matter.

Pupils *started* when they stand in the file and were *kept* when they made every test the calculation needs; a pupil
*left* who made the test before and not the one after. Which verdict follows is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .estimate import Estimate, NotEstimated
from .methods import attrition, clusters, imputation, matched, sites
from .methods.attrition import LeeBounds, Loss, Tipping
from .methods.moments import class_moments

SURPRISE_SD = 0.5
"""How far pupils who are missing may lie from classmates with their pre-test before it is a surprise, in SD: within it
they may turn a verdict (policy)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pupils:
    """Every pupil of the file, higher is better: ``unit``, ``pre`` (nan everywhere without a pre-test), ``post``,
    ``treated`` and ``kept``, all (N,). ``treated`` is ``None`` with one group, ``block`` without blocks. ``within``
    says that the pupils of a unit were divided; then ``counted`` (N,) are those of units that count."""

    unit: NDArray[np.intp]
    pre: NDArray[np.float64]
    post: NDArray[np.float64]
    kept: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    treated: NDArray[np.bool_] | None
    block: NDArray[np.intp] | None
    within: bool
    randomised: bool

    @property
    def arms(self) -> dict[str, NDArray[np.bool_]]:
        if self.treated is None:
            return {"single": np.ones(len(self.unit), dtype=bool)}
        return {"treated": self.treated, "control": ~self.treated}

    @property
    def left(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.pre) & np.isnan(self.post)

    @property
    def cell(self) -> NDArray[np.intp]:
        """The unit, or the pupils of one arm in it: within what pupils are classmates."""
        return 2 * self.unit + self.treated if self.within else self.unit

    def select(self, rows: NDArray[np.bool_]) -> Pupils:
        arrays = {name: getattr(self, name) for name in ("unit", "pre", "post", "kept", "counted", "treated", "block")}
        return replace(self, **{name: None if of_all is None else of_all[rows] for name, of_all in arrays.items()})


@dataclass(frozen=True, slots=True)
class Missing:
    """How many pupils of each arm ``started``, were ``kept`` and ``left``; ``classes``, and of those ``classes_lost``.

    ``pupils_loss`` and ``classes_loss`` are what the boundary of What Works Clearinghouse judges, ``None`` with one
    group (the latter also where pupils were divided). ``before`` is how much higher pupils who left stood before than
    classmates who stayed, by arm, and ``before_sd`` the SD of that test. ``tipping`` is by the arm whose missing pupils
    would score otherwise. ``shifted`` are the difference if the missing of one arm scored ``shift`` points higher, or
    lower, than classmates with their pre-test. ``imputed`` is the difference with post-tests filled in, ``with_late``
    that with pupils of whom only the test before is missing.
    """

    started: Mapping[str, int]
    kept: Mapping[str, int]
    left: Mapping[str, int]
    classes: int
    classes_lost: int
    pupils_divided: bool = False
    pupils_loss: Loss | None = None
    classes_loss: Loss | None = None
    before: Mapping[str, Estimate | NotEstimated] = field(default_factory=dict)
    before_sd: float = 0.0
    tipping: Mapping[str, Tipping] = field(default_factory=dict)
    bounds: LeeBounds | NotEstimated | None = None
    shift: float = 0.0
    shifted: tuple[Estimate, ...] = ()
    imputed: Estimate | NotEstimated | None = None
    with_late: Estimate | NotEstimated | None = None

    @property
    def lost(self) -> dict[str, int]:
        return {arm: started - self.kept[arm] for arm, started in self.started.items()}

    @property
    def boundary(self) -> Literal["cautious", "optimistic", "beyond"] | None:
        """On which side of the boundary of What Works Clearinghouse the worse of both levels lies."""
        judged = [loss for loss in (self.pupils_loss, self.classes_loss) if loss is not None]
        if not judged:
            return None
        return next(
            (level for level in ("cautious", "optimistic") if all(loss.tolerable(level) for loss in judged)), "beyond"
        )


def who_is_missing(pupils: Pupils, classes_lost: int, main: Estimate | None, sd: float | None) -> Missing:
    """``classes_lost`` as ``description.attrition`` counts them; ``main`` is the difference of who was kept, where it
    has an interval that classes, or divided pupils, carry; ``sd`` that of the post-test."""
    arms = pupils.arms
    before, before_sd = _before(pupils)
    found = Missing(
        started={arm: int(chosen.sum()) for arm, chosen in arms.items()},
        kept={arm: int((chosen & pupils.kept).sum()) for arm, chosen in arms.items()},
        left={arm: int((chosen & pupils.left).sum()) for arm, chosen in arms.items()},
        classes=len(np.unique(pupils.unit)),
        classes_lost=classes_lost,
        pupils_divided=pupils.within,
        before=before,
        before_sd=before_sd,
    )
    if pupils.treated is None:
        return found
    found = replace(found, **_losses(pupils, found), bounds=_bounds(pupils))
    if main is not None:
        found = replace(found, with_late=_with_late(pupils))
    if main is None or not np.isnan(pupils.post[pupils.counted]).any():
        return found
    shift = SURPRISE_SD * (sd or 0.0)
    return replace(
        found,
        tipping=dict(_tipping(pupils)),
        shift=shift,
        shifted=tuple(_shifted(pupils, main, shift)),
        imputed=_imputed(pupils),
    )


def _losses(pupils: Pupils, found: Missing) -> dict[str, Loss | None]:
    """Of divided pupils all; of classes those of which somebody is left, and the classes themselves."""
    if pupils.within:
        counts = [of_arm[arm] for arm in ("treated", "control") for of_arm in (found.started, found.kept)]
        return {"pupils_loss": Loss(*counts), "classes_loss": None}
    codes, first = _numbered(pupils.unit)
    losses = attrition.losses(np.bincount(codes), np.bincount(codes, pupils.kept).astype(int), pupils.treated[first])
    return {"pupils_loss": losses.pupils_in_kept_classes, "classes_loss": losses.classes}


def _numbered(units: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Codes 0 … (N,), and the first pupil of each unit (G,)."""
    _, first, codes = np.unique(units, return_index=True, return_inverse=True)
    return codes, first


def _before(pupils: Pupils) -> tuple[dict[str, Estimate | NotEstimated], float]:
    """Nothing without a test before, or where everybody who made it made the other too."""
    here = pupils.select(~np.isnan(pupils.pre))
    if not here.left.any():
        return {}, 0.0
    codes, first = _numbered(here.cell)
    side = np.ones(len(codes), dtype=bool) if here.treated is None else here.treated
    found = attrition.who_left(codes, here.left, here.pre, treated=side[first], unit="points")
    if here.treated is None:
        return {"single": found.treated}, found.sd
    return {"treated": found.treated, "control": found.control}, found.sd


def _bounds(pupils: Pupils) -> LeeBounds | NotEstimated | None:
    """Where a draw made the arms alike and one of them lost more."""
    here = pupils.select(pupils.counted)
    seen = ~np.isnan(here.post)
    kept = [seen[arm].mean() for arm in (here.treated, ~here.treated)]
    if not pupils.randomised or kept[0] == kept[1]:
        return None
    counts = {"started_treated": int(here.treated.sum()), "started_control": int((~here.treated).sum())}
    return attrition.lee_bounds(here.post[seen], here.treated[seen], **counts)


def _of_kept(pupils: Pupils) -> tuple[Pupils, clusters.AdjustedMeans, NDArray[np.float64], NDArray[np.intp]]:
    """The pupils of cells with somebody left, the adjusted means of those who were kept (C,), the share of each cell
    without a post-test (C,) and a pupil of each (C,)."""
    here = pupils.select(pupils.counted & np.isin(pupils.cell, pupils.cell[pupils.kept & pupils.counted]))
    codes, first = _numbered(here.cell)
    seen = codes[here.kept]
    covariates = [] if np.isnan(here.pre).all() else [here.pre[here.kept]]
    means = clusters.adjusted_means(class_moments(seen, *covariates, here.post[here.kept]), here.treated[first])
    gone = np.bincount(codes, np.isnan(here.post))
    return here, means, gone / (gone + np.bincount(seen)), first


def _tipping(pupils: Pupils) -> Iterator[tuple[str, Tipping]]:
    if pupils.within or pupils.block is not None:
        return
    here, means, _, first = _of_kept(pupils)
    gone = np.bincount(_numbered(here.cell)[0], np.isnan(here.post)).astype(int)
    side = here.treated[first]
    for arm, chosen in (("treated", side), ("control", ~side)):
        found = attrition.tipping(replace(means, treated=chosen, weights=clusters.arm_weights(chosen)), gone)
        if isinstance(found, Tipping):
            yield arm, found


def _shifted(pupils: Pupils, main: Estimate, shift: float) -> Iterator[Estimate]:
    """The main difference, were the missing of one arm so much higher or lower than their classmates."""
    here, means, share, first = _of_kept(pupils)
    side = here.treated[first]
    for chosen in (side, ~side):
        for way in (shift, -shift):
            moved = way * share * chosen
            if not moved.any():
                continue
            if not pupils.within:
                blocks = None if here.block is None else here.block[first]
                found = _between(replace(means, mean=means.mean + moved), blocks)
            elif len(np.unique(here.unit)) == 1:
                by = float(moved @ np.where(side, 1, -1))
                low, high = main.interval.low + by, main.interval.high + by
                found = replace(
                    main, value=main.value + by, interval=replace(main.interval, low=low, high=high), p=None
                )
            else:
                differences = _differences(here.select(here.kept))
                by = np.where(side, 1, -1) * moved
                of_site = np.bincount(_numbered(here.unit[first])[0], by)
                found = sites.mean_of_sites(replace(differences, value=differences.value + of_site), unit="points")
            if isinstance(found, Estimate):
                yield found


def _between(means: clusters.AdjustedMeans | NotEstimated, blocks: NDArray[np.intp] | None) -> Estimate | NotEstimated:
    if blocks is None:
        return clusters.adjusted_difference(means, unit="points")
    return matched.within_blocks(matched.in_blocks(means, blocks), blocks, unit="points")


def _differences(here: Pupils) -> sites.SiteDifferences | NotEstimated:
    codes, _ = _numbered(here.unit)
    covariates = [] if np.isnan(here.pre).all() else [here.pre]
    return sites.site_differences(codes, here.treated, here.post, *covariates)


def _imputed(pupils: Pupils) -> Estimate | NotEstimated | None:
    """With the post-tests of pupils who left filled in; ``None`` where nobody left, in classes that are kept."""
    here, *_ = _of_kept(pupils)
    here = here.select(~np.isnan(here.pre))
    if not here.left.any():
        return None
    codes, first = _numbered(here.cell)
    side, alone = here.treated[first], here.within and len(np.unique(here.unit)) == 1

    def analysis(post: NDArray[np.float64]) -> Estimate | NotEstimated:
        if not here.within:
            blocks = None if here.block is None else here.block[first]
            return _between(clusters.adjusted_means(class_moments(codes, here.pre, post), side), blocks)
        if alone:
            return sites.within_one_site(post, here.treated, here.pre, unit="points")
        return sites.mean_of_sites(_differences(replace(here, post=post)), unit="points")

    return imputation.multiple_imputation(codes, side, here.pre, here.post, analysis, pupils_carry=alone)


def _with_late(pupils: Pupils) -> Estimate | NotEstimated | None:
    """The difference of all who made the test after, where lots were drawn and some missed only the one before."""
    if not pupils.randomised or np.isnan(pupils.pre).all():
        return None
    here, *_ = _of_kept(pupils)
    here = here.select(~np.isnan(here.post))
    if not np.isnan(here.pre).any():
        return None
    codes, first = _numbered(here.unit)
    covariates = imputation.mean_and_indicator(codes, here.pre)
    if not here.within:
        blocks = None if here.block is None else here.block[first]
        means = clusters.adjusted_means(class_moments(codes, *covariates, here.post), here.treated[first])
        found = _between(means, blocks)
    elif len(first) > 1:
        found = sites.mean_of_sites(sites.site_differences(codes, here.treated, here.post, *covariates), unit="points")
    else:
        found = sites.within_one_site(here.post, here.treated, *covariates, unit="points")
    beside = {"status": "beside", "p": None} if isinstance(found, Estimate) else {}
    return replace(found, estimator="missing_indicator", **beside)

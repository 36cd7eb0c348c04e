"""Without the last waves that few pupils took: what is measured, told and kept is then of the waves before them.

A mean of few pupils stays at home, and with it every difference it is part of: the whole page, for one wave. Who took
which wave decides, never a score.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .designs import Stepped, Waves
from .privacy import may_average
from .problems import Problem
from .study import Study
from .wave_table import occasions

if TYPE_CHECKING:
    import pandas as pd

LEAST = {"growth": 3, "survey": 2, "stepped": 2}
"""Waves that a design needs at least: without them the last one stays, and the page says that little can be shown
(policy)."""


def told_waves(study: Study, frame: pd.DataFrame, waves: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...], list]:
    """The frame up to the last wave at which ten pupils and more of every side made the first primary outcome, those
    waves, and a warning that names the others. All of it where that leaves too few waves, or never two sides."""
    if not isinstance(study.design, Waves) or not study.followed:
        return frame, waves, []
    names = occasions(len(waves))
    kept = len(waves)
    while kept and not all(map(may_average, _pupils(study, frame, names, kept - 1))):
        kept -= 1
    if kept == len(waves) or kept < LEAST[study.design.kind] or not _compared(study, frame, names, kept):
        return frame, waves, []
    found = Problem(code="last_waves_untold", severity="warning", facts={"names": list(waves[kept:])})
    return _until(frame, [outcome.name for outcome in study.outcomes], len(waves), kept), waves[:kept], [found]


def _pupils(study: Study, frame: pd.DataFrame, names: tuple[str, ...], wave: int) -> Iterator[int]:
    """How many pupils of each side, of those there are, made this wave."""
    made = frame[f"{study.primary.name}.{names[wave]}"].notna().to_numpy()
    side = np.zeros(len(frame), dtype=bool)
    if isinstance(study.design, Stepped):
        side = frame["start"].to_numpy() <= wave
    elif "treated" in frame:
        side = frame["treated"].to_numpy(dtype=bool)
    counts = [int((made & of).sum()) for of in (side, ~side)]
    yield from (count for count in counts if count) if any(counts) else (0,)


def _compared(study: Study, frame: pd.DataFrame, names: tuple[str, ...], kept: int) -> bool:
    """Whether two sides still stand beside each other, where a design asks for that."""
    if not isinstance(study.design, Stepped):
        return True
    return any(len(list(_pupils(study, frame, names, wave))) == 2 for wave in range(kept))


def _until(frame: pd.DataFrame, outcomes: list[str], waves: int, kept: int) -> pd.DataFrame:
    """The first waves of every outcome, the last of them as the test after; a class that starts later never starts."""
    before, after = occasions(waves), occasions(kept)
    there = [name for name in outcomes if f"{name}.post" in frame]
    columns = {
        f"{name}.{new}": frame[f"{name}.{old}"] for name in there for old, new in zip(before, after, strict=False)
    }
    gone = [f"{name}.{old}" for name in there for old in before] + [f"time.{n}" for n in range(kept + 1, waves + 1)]
    if "start" in frame:
        columns["start"] = frame["start"].clip(upper=kept)
    return frame.drop(columns=[name for name in gone if name in frame]).assign(**columns)

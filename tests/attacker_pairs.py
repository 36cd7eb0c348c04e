"""The same attacker with two pages of almost the same pupils: everything that both tell in one linear program.

A pupil has a kind on the one page and a kind on the other, or stands on one of them alone; what cannot differ between
two pages of the same scores is the same. She knows how many of an arm stand on one of them alone.

What is claimed: beside the other page too every count of 1 to 6 of an arm stays open by 4, and so does every count of 1
to 4 of one attribute among those who stand on one page alone: by five the ledger lets two pages differ. What is NOT
claimed: a mean of five to nine pupils by which two pages differ.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from attacker import ATTRIBUTES, SMALL, Counting, Kind, Seen, Unknown, every_kind, kinds_of, marginals

from gsl_research import measure, release, save
from gsl_research.problems import Problems

APART = range(1, 5)


def refused(first: tuple, second: tuple, out) -> bool:
    """Whether the second of two (study, data) may not be shared after the first."""
    for study, data in (first, second):
        try:
            save(release(measure(study, data), data), out)
        except Problems as found:
            assert [problem.code for problem in found.problems] == ["differs_by_few"]
            return True
    return False


def solved_pairs(first: Seen, second: Seen, free: tuple[str, ...] = ()) -> Iterator[str]:
    """Every small count that both pages together tell too well; ``free`` are the attributes that may differ."""
    kinds = [dict(zip(one.data.pupils, kinds_of(one), strict=True)) for one in (first, second)]
    everybody = dict.fromkeys((*kinds[0], *kinds[1]))
    truth = Counter((kinds[0].get(name), kinds[1].get(name)) for name in everybody)
    own = [Counter(kind.values()) for kind in kinds]
    could = [
        sorted({*every_kind(list(one.measurement.primary.arms), counts)}, key=repr)
        for one, counts in zip((first, second), own, strict=True)
    ]
    same = [name for name in ("arm", *ATTRIBUTES) if name not in free]
    alike: dict[tuple, list[Kind]] = {}
    for kind in could[1]:
        alike.setdefault(tuple(getattr(kind, name) for name in same), []).append(kind)
    names = [(a, b) for a in could[0] for b in alike.get(tuple(getattr(a, name) for name in same), ())]
    names += [(kind, None) for kind in could[0]] + [(None, kind) for kind in could[1]]
    known = Unknown(names)
    pages = [
        Counting(one, counts, known, lambda name, at=at: name[at])
        for at, (one, counts) in enumerate(zip((first, second), own, strict=True))
    ]
    real = np.array([float(truth[name]) for name in names])
    for at in (0, 1):
        for arm in {kind.arm for kind in could[at]}:
            only = known.weights(lambda n, at=at, arm=arm: n[1 - at] is None and n[at] is not None and n[at].arm == arm)
            known.know(f"only on page {at + 1}", only, only @ real)
    assert real.sum() == len(everybody), "somebody is of a kind that could not be"
    for said, row, low, high in zip(known.said, known.rows, known.lows, known.highs, strict=True):
        assert low - 1e-6 <= row @ real <= high + 1e-6, f"{said}: {row @ real} not in {low} to {high}"
    for at, page in enumerate(pages):
        for wanted in marginals(own[at]):
            yield from _too_well(known, real, page.weights(**wanted), SMALL, max(APART), f"page {at + 1} {wanted}")
            if len(wanted) < 3:
                only = page.weights(**wanted) * np.array([float(name[1 - at] is None) for name in names])
                yield from _too_well(known, real, only, APART, max(APART), f"only on page {at + 1} {wanted}")


def _too_well(
    known: Unknown, real: np.ndarray, weights: np.ndarray, small: range, by: float, said: str
) -> Iterator[str]:
    if round(weights @ real) in small and not known.is_open(weights, by):
        yield f"{said}: {weights @ real:g}, known as {known.ends(weights)}"


def without(data_columns: dict[str, list], rows: int) -> dict[str, list]:
    """The table without its first pupils."""
    return {name: values[rows:] for name, values in data_columns.items()}

"""The same attacker, of distributions: the pupils between the edge of a bin and a score that is counted.

Unknown is how many pupils of every class lie between two cuts: the edges of its bins and the scores of which a count is
told. Every count of 1 to 6, of one class or of all classes of an arm together, between such a score and the nearest
edges stays open by 6.
"""

from collections.abc import Iterator

import numpy as np
from attacker import OPEN, SMALL, Seen, Unknown, arm_of


def solved_bins(one: Seen) -> list[str]:
    """Every small count between an edge and a score that she knows too well."""
    if one.measurement.primary.kind not in ("points", "goals") or one.measurement.primary.waves is not None:
        return []
    found = []
    for when in ("pre", "post"):
        for arm in one.measurement.primary.arms:
            found += _of_arm(one, when, arm)
    return found


def _of_arm(one: Seen, when: str, arm: str) -> Iterator[str]:
    result, frame = one.measurement.primary, one.data.frame
    outcome = result.outcome
    drawn = {number: bins for number, kind, bins in one.bins if kind == (when if number is None else arm)}
    drawn = {number: bins for number, bins in drawn.items() if number is None or when == "post"}
    if not drawn:
        return
    points, units = frame[f"{outcome.name}.{when}"].to_numpy(), frame["cluster"].to_numpy()
    complete = np.isfinite(frame[f"{outcome.name}.post"].to_numpy()) & np.isin(units, [c.unit for c in result.classes])
    complete &= np.isfinite(frame[f"{outcome.name}.pre"].to_numpy()) if outcome.pre else True
    complete &= np.array(arm_of(one)) == arm
    own = [item for item in result.classes if (item.treated is not False) == (arm != "control")]
    classes = {None: complete} if None in drawn else {item.number: complete & (units == item.unit) for item in own}
    shift = {item.number: 0.0 if item.mean_post is None else item.mean - item.mean_post for item in result.classes}
    counts = list(_counts(one, when, arm))
    names, real, edges = [], [], {}
    for number, rows in classes.items():
        bins = drawn.get(number, ())
        moved = shift.get(number, 0.0)
        edges[number] = [low - moved for low, _, _ in bins] + [high - moved for _, high, _ in bins[-1:]]
        cuts = sorted({*edges[number], *(score for score, _, _ in counts), *(score + 1e-6 for score, _, _ in counts)})
        ends = [-np.inf, *cuts, np.inf]
        for low, high in zip(ends, ends[1:], strict=False):
            names.append((number, low, high))
            real.append(float((rows & (points >= low) & (points < high)).sum()))
    known, real = Unknown(names), np.array(real)
    for number, rows in classes.items():
        known.know("class", known.weights(lambda n, k=number: n[0] == k), rows.sum())
        bins = drawn.get(number, ())
        for at, (low, high, share) in enumerate(bins):
            low, high = low - shift.get(number, 0.0), high - shift.get(number, 0.0)
            low, high = -np.inf if at == 0 else low, np.inf if at == len(bins) - 1 else high
            row = known.weights(lambda n, k=number, a=low, b=high: n[0] == k and n[1] >= a and n[2] <= b)
            known.know("bin", row, round(share * rows.sum()))
    for score, count, above in counts:
        known.know("count", known.weights(lambda n, s=score, up=above: n[1] >= s if up else n[2] <= s + 2e-6), count)
    for said, row, low, high in zip(known.said, known.rows, known.lows, known.highs, strict=True):
        assert low - 1e-6 <= row @ real <= high + 1e-6, f"{said}: {row @ real} not in {low} to {high}"
    for score, _, above in counts:
        limit = score if above else score + 1e-6
        for up in (True, False):
            rows = []
            for number in classes:
                side = [e for e in edges[number] if (e >= limit if up else e <= limit)]
                near = (min if up else max)(side, default=np.inf if up else -np.inf)
                a, b = sorted((limit, near))
                rows.append(known.weights(lambda n, k=number, a=a, b=b: n[0] == k and n[1] >= a and n[2] <= b))
            for row in (*rows, np.sum(rows, axis=0)):
                if round(row @ real) in SMALL and not known.is_open(row, OPEN):
                    yield f"{when} {arm} beside {score}: {row @ real:g}, known as {known.ends(row)}"


def _counts(one: Seen, when: str, arm: str) -> Iterator[tuple[float, float, bool]]:
    """(score, pupils, of those with that score and above) of every count that is told exactly."""
    result = one.measurement.primary
    outcome, of_arm = result.outcome, result.arms[arm]
    if of_arm.with_post != of_arm.pupils or arm == "control":
        return
    higher = outcome.sign > 0
    for key, blanks in one.texts:
        if key == "verdict.goal.exact" and when == "post":
            yield outcome.goal_at, blanks["reached"], higher
        if key == "verdict.goal.exact_before" and when == "pre":
            yield outcome.goal_at, blanks["before"], higher
    for check in one.card["checks"]:
        if check["code"] in ("ceiling", "floor") and check["value"] is not None and when == "post":
            top = higher == (check["code"] == "ceiling")
            if check["outcome"] == outcome.name:
                yield outcome.scale_post[top], round(check["value"] * of_arm.with_post), top

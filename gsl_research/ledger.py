"""What was shared before from the same pupils.

Two pages that differ by a few pupils give those pupils away to who has both: what one mean is more than the other is
theirs. The ledger remembers in the private root which *rows* stood behind the *groups* of every release: a digest of
who it is and one of what is known of them, under a key of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from .problems import Problem, Problems

LEDGER = "releases.json"
COUNTED, ROUGH = "#", "?"
"""In the name of a group: what is counted of it, and that the count is told as few or as nearly all."""
UNKEYED: dict[str, Any] = {"schema": 1, "key": "", "releases": []}
"""A ledger that keeps entries as they are: in a run's own folder, until it publishes."""
DIGEST = 16
"""Hexadecimals of a digest: among 10,000 pupils one chance in 300 thousand million that two are alike (computed)."""


def opened(text: str | None) -> dict[str, Any]:
    """The ledger as it was kept, or a new one for ``None``.

    Raises Problems when it cannot be read.
    """
    if text is None:
        return {"schema": 1, "key": secrets.token_hex(32), "releases": []}
    try:
        ledger = json.loads(text)
        bytes.fromhex(ledger["key"])
        for earlier in ledger["releases"]:
            date.fromisoformat(earlier["made"])
            _groups(earlier)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as fault:
        raise Problems([Problem(code="ledger_unreadable", facts={"file": LEDGER})]) from fault
    return ledger


def remember(new: dict[str, Any], ledger: dict[str, Any]) -> dict[str, Any]:
    """The ledger with one release more, under its key; without a key as it is, to be remembered elsewhere later.

    ``new`` has the ``rows`` as [who, what is known] in digests, per group of ``groups`` the places of its rows, and
    ``least``, the fewest pupils by which two groups may differ. Raises Problems when one of its groups differs from one
    released before by fewer.
    """
    if new["not_shared"]:
        ledger = withdrawn(ledger, new["study"])
    if key := bytes.fromhex(ledger["key"]):
        new = new | {"rows": [[_keyed(key, who), _keyed(key, row)] for who, row in new["rows"]]}
    mine, known = _groups(new), {row for _, row in new["rows"]}
    touched = [earlier for earlier in ledger["releases"] if not known.isdisjoint(row for _, row in earlier["rows"])]
    near = [
        (differ, earlier)
        for earlier in touched
        for name, before in _groups(earlier).items()
        for other, rows in mine.items()
        if _may_differ(name, other)
        and 0 < (differ := max((rows - before).total(), (before - rows).total())) < new["least"]
    ]
    if near:
        differ, earlier = min(near, key=lambda found: found[0])
        when = date.fromisoformat(earlier["made"])
        facts = {"study": earlier["study"], "date": when, "pupils": differ, "least": new["least"]}
        raise Problems([Problem(code="differs_by_few", facts=facts)])
    same = any(_groups(earlier) == mine for earlier in touched)
    return ledger if same else ledger | {"releases": [*ledger["releases"], new]}


def _groups(release: dict[str, Any]) -> dict[str, Counter[str]]:
    """What is known of the pupils of every group, each as often as it occurs."""
    rows = [row for _, row in release["rows"]]
    return {name: Counter(rows[at] for at in places) for name, places in release["groups"].items()}


def _may_differ(one: str, other: str) -> bool:
    """Whether a few who differ would follow: from two groups, or from two counts of the same of which one is exact."""
    counts = [name.partition(COUNTED)[2] for name in (one, other)]
    rough = [count.endswith(ROUGH) for count in counts]
    return counts[0].removesuffix(ROUGH) == counts[1].removesuffix(ROUGH) and not all(rough)


def withdrawn(ledger: dict[str, Any], study_id: str) -> dict[str, Any]:
    """Without the releases of one study: nobody has them."""
    return ledger | {"releases": [earlier for earlier in ledger["releases"] if earlier["study"] != study_id]}


def without(ledger: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The ledger as it would be had who is called one of these names never been in it; spelled as ``pupils`` does."""
    key = bytes.fromhex(ledger["key"])
    gone = {_keyed(key, digest(name)) for name in names if name}
    if not gone:
        return ledger
    return ledger | {"releases": [_without(earlier, gone) for earlier in ledger["releases"]]}


def _without(release: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    kept = [at for at, (who, _) in enumerate(release["rows"]) if who not in gone]
    place = {at: new for new, at in enumerate(kept)}
    groups = {name: [place[at] for at in places if at in place] for name, places in release["groups"].items()}
    return release | {"rows": [release["rows"][at] for at in kept], "groups": groups}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _keyed(key: bytes, digest: str) -> str:
    return hmac.new(key, digest.encode("ascii"), hashlib.sha256).hexdigest()[:DIGEST] if digest else ""

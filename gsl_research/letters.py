"""Letters in place of names: the same school keeps its letter, and no order of letters tells who is who."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def lettered(kept: Any, digests: Mapping[str, str]) -> dict[str, str]:
    """A letter for every name of ``digests``: the one it had in ``kept``, else the next that is free.

    New names draw in the order of their digests, each of all that is told of one: an order of names would tell them.
    What is ``kept`` and is no such mapping counts as nothing.
    """
    letters = {str(name): str(letter) for name, letter in kept.items()} if isinstance(kept, dict) else {}
    taken, coming = set(letters.values()), alphabet()
    for name in sorted((name for name in digests if name not in letters), key=lambda name: (digests[name], name)):
        letters[name] = next(letter for letter in coming if letter not in taken)
    return letters


def alphabet() -> Iterator[str]:
    """A to Z, AA to AZ, BA and so on."""
    letters = [chr(ord("A") + n) for n in range(26)]
    before = [""]
    while True:
        before = [first + letter for first in before for letter in letters]
        yield from before

"""What a case is: a file, its study, and what an honest reader may say about them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .maker import Pupil, facts, plan

CASES: dict[str, Callable[[Path], "Expected"]] = {}


@dataclass(frozen=True)
class Expected:
    """A path, its study, and what may be said: accepted with one of ``truths``, refused at a place, or either.

    ``truths=None``: nobody knows what it holds. ``rows`` are all acceptable rows of a refusal; with ``all_rows``
    each of them needs its own problem.
    ``secrets`` are pupils' codes beside the maker's names.
    """

    path: Path
    study: dict
    truths: tuple[dict, ...] | None = ()
    may_refuse: bool = False
    must_warn: bool = False
    rows: frozenset[int] = frozenset()
    all_rows: bool = False
    column: str | None = None
    file: str | None = None
    codes: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    missing: dict | None = None


def case(*variants: tuple):
    """Register a function, or one case per tuple of arguments after the folder."""

    def register(make):
        for given in variants or [()]:
            shown = "-".join("·".join(str(part).split()) for part in given[: 1 if len(variants) > 1 else 0])
            name = make.__name__ + (f"[{shown}]" if shown else "")
            if name in CASES:
                raise ValueError(f"two cases are called {name}")
            CASES[name] = lambda folder, given=given: make(folder, *given)
        return make

    return register


Truth = Sequence[Pupil] | dict


def _truths(given: Iterable[Truth]) -> tuple[dict, ...]:
    return tuple(truth if isinstance(truth, dict) else facts(truth) for truth in given)


def accept(path: Path, truth: Truth, study: dict | None = None, **more) -> Expected:
    """Plausible and with one reading: it must be read, and right. A warning is allowed."""
    return Expected(path, study or plan(), _truths([truth]), **more)


def warn(path: Path, truth: Truth, study: dict | None = None, **more) -> Expected:
    """Right but surprising: read right, and said."""
    return accept(path, truth, study, must_warn=True, **more)


def reject(path: Path, study: dict | None = None, rows: Iterable[int] = (), **more) -> Expected:
    """A number could be wrong: it must stop, at one of these rows."""
    return Expected(path, study or plan(), may_refuse=True, rows=frozenset(rows), **more)


def either(
    path: Path, *truths: Truth, study: dict | None = None, silent: bool = False, rows: Iterable[int] = (), **more
) -> Expected:
    """Stop, or be right (one of the truths); without ``silent`` a file that is read must come with a warning."""
    return Expected(
        path, study or plan(), _truths(truths), may_refuse=True, must_warn=not silent, rows=frozenset(rows), **more
    )

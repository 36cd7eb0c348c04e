"""The words school files use for "no score" and "this row is a total"."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def file_words(kind: str) -> frozenset[str]:
    """The words of one kind (``missing``, ``totals``, ``not_names``), casefolded."""
    content = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
    return frozenset(content[kind])

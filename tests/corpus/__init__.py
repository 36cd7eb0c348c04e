"""Awkward school files with facts that their maker knows: every module ``cases_*`` adds to ``CASES``."""

from importlib import import_module

from .case import CASES as CASES

for _subject in ("text", "formats", "finding", "rows", "sheets", "scores", "codes", "meaning", "folders", "hostile"):
    import_module(f"{__name__}.cases_{_subject}")

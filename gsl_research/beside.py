"""What stands beside a study file, by its name."""

from __future__ import annotations

from pathlib import Path

DECISIONS = ".besluiten.toml"
"""One name in every language: a file that is renamed with the language would be lost."""


def decisions_file(study_file: str | Path) -> Path:
    """Where the decisions of a study stand: ``studie.toml`` has ``studie.besluiten.toml`` beside it."""
    study_file = Path(study_file)
    return study_file.with_name(f"{study_file.stem}{DECISIONS}")

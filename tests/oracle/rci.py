"""Reliable change, with the illustrative reliabilities of the records: stats."""

from pathlib import Path

import pandas as pd

from gsl_research.methods.reliable_change import jacobson_truax

DATA = {
    "rci.hci": ("hci_prepost.csv", "score.pre", "score.post", 0.72),
    "rci.uci": ("uci_student_mat.csv", "G1", "G3", 0.85),
    "rci.sesame": ("sesame_prepost.csv", "prelet", "postlet", 0.90),
    "rci.bdf_lang": ("dutch_bdf.csv", "langPRET", "langPOST", 0.88),
}
LEFT_OUT: dict[str, str] = {}
LOOSER: dict[str, tuple[float, str]] = {}


def scores(folder: Path, key: str) -> tuple[pd.Series, pd.Series]:
    file, pre, post, _ = DATA[key]
    both = pd.read_csv(folder / file, sep=";" if file.startswith("uci") else ",")[[pre, post]].dropna()
    return both[pre], both[post]


def ours(folder: Path, key: str) -> dict[str, float]:
    reliability = DATA[key][-1]
    found = jacobson_truax(*scores(folder, key), reliability)
    return {
        "n": len(found.rci),
        "reliability": reliability,
        "sd_pre": found.sd_pre,
        "sem": found.sem,
        "s_diff": found.s_diff,
        "min_reliable_change": found.smallest_reliable_change,
        "n_improved": found.improved,
        "n_unchanged": found.unchanged,
        "n_deteriorated": found.deteriorated,
        **{f"rci_first10.{i}": value for i, value in enumerate(found.rci[:10])},
        "rci_mean": found.rci.mean(),
        "rci_sd": found.rci.std(ddof=1),
    }

"""Study cards made for a test: read back through the door, so that each is one that a school could share."""

import json
from copy import deepcopy
from pathlib import Path

from conftest import PROJECT

from gsl_research.cards import Card, CardFolder, cards_below, read_card
from gsl_research.evidence import content_digest
from gsl_research.methods.student import t_interval

SAMPLE = json.loads((PROJECT / "reports/example/breuken-strookmodel/card.json").read_text("utf-8"))
SD = 4.0
"""Points behind one standard deviation of a made test."""


def content(
    school: str, g: float, se: float | None = 0.15, *, df: float = 8, classes: int = 10, post_on: str = "2026-06-01",
    outcomes: tuple[dict, ...] = (), level: str | None = "primary", scale=(0, 20), goal="reached", everyone="unclear",
    sides: dict | None = None, rating: int = 3, alone: bool = False, code: str = "CANNOT", **study,
) -> dict:  # fmt: skip
    """A card as JSON. ``se`` ``None`` with ``alone``: one class on each side. ``outcomes``: (name, g, se) of more."""
    card = deepcopy(SAMPLE)
    context = {"school_code": school, "weeks": 8.0}
    if level:
        context["level"] = level
    card["study"] |= {
        "id": "breuken",
        "post_on": post_on,
        "context": context,
        "planned_before": True,
        "extra_minutes": None,
    } | study
    given = context | study.get("context", {})
    card["study"]["context"] = {key: value for key, value in given.items() if value is not None}
    card["data"] |= {"classes": classes}
    card["missing"], card["checks"], card["refused"], card["moments"] = [], [], [], []
    card["moments_withheld"] = None
    measured = outcomes or ({"name": "breuken", "g": g, "se": se},)
    card["outcomes"], card["estimates"] = [], []
    for one in measured:
        card["outcomes"].append(
            {"name": one["name"], "label": f"Toets {one['name']}", "domain": one.get("domain", "learning_gain"),
             "role": one.get("role", "primary"), "source": "test", "scale": list(map(float, scale)) if scale else None,
             "better": "higher", "graded": one.get("graded", "points"),
             "smallest_worthwhile": one.get("worthwhile", 1.0)}
        )  # fmt: skip
        for metric, by, unit in (("points", SD, "points"), ("g", 1.0, "post_total_sd")):
            card["estimates"].append(_entry(one, metric, by, unit, df, classes, alone))
    for name in sides or {}:
        card["outcomes"].append(
            {"name": name, "label": name, "domain": "motivation", "role": "side_effect", "source": "questionnaire",
             "scale": [1.0, 5.0], "better": "higher", "graded": "points", "smallest_worthwhile": None}
        )  # fmt: skip
    card["verdict"]["questions"] = {"goal": goal, "everyone": everyone, "side_effects": sides or {}}
    card["verdict"] |= {"code": code, "capped_code": code}
    card["security"]["rating"] = rating
    return sealed(card)


def _entry(one: dict, metric: str, by: float, unit: str, df: float, classes: int, alone: bool) -> dict:
    n = {"pupils_treated": 10 * classes, "pupils_control": 10 * classes}
    n |= {"classes_treated": classes // 2, "classes_control": classes - classes // 2}
    value = round(one["g"] * by, 3)
    entry = {
        "outcome": one["name"], "role": one.get("role", "primary"), "domain": one.get("domain", "learning_gain"),
        "subgroup": None, "metric": metric, "estimator": "adjusted_class_means", "value": value, "se": None, "df": None,
        "class_df": 0, "low": None, "high": None, "level": None, "n": n, "unit": unit, "status": "described",
    }  # fmt: skip
    if alone:
        return entry | {"estimator": "one_class_difference"}
    se = round(one["se"] * by, 3)
    found = t_interval(value, se, df)
    return entry | {"se": se, "df": df, "class_df": df, "low": round(found.low, 3), "high": round(found.high, 3),
                    "level": 0.95, "status": "ok"}  # fmt: skip


def sealed(card: dict) -> dict:
    return card | {"content_sha256": content_digest(card)}


def put(folder: Path, card: dict, name: str = "card.json") -> Path:
    place = folder / (card["study"]["context"].get("school_code") or "x") / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(card), "utf-8")
    return place


def read(folder: Path, card: dict, name: str = "card.json") -> Card:
    return read_card(put(folder, card, name))


def folder_of(folder: Path, cards: list[dict]) -> CardFolder:
    for number, card in enumerate(cards):
        put(folder, card, f"card-{number}.json")
    found = cards_below(folder)
    assert found.problems == (), found.problems
    return found

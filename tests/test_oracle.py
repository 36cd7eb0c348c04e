"""Every number R gives for a design we measure: computed here too and equal, or left out for a reason on paper."""

import importlib
import json
from pathlib import Path

import pytest

RECORDS = {
    record["key"]: record["values"]
    for record in json.loads((Path(__file__).parent / "reference" / "oracle.json").read_text("utf-8"))
}
RECORDS_OF = {
    "paired": 4, "twogroup": 5, "ancova": 5, "clustered": 4, "rci": 4,
    "multisite": 2, "interaction": 4, "growth": 5, "binary": 3, "power": 1,
    "meta": 3, "metareg": 3, "metaml": 4,
}  # fmt: skip
FAMILIES = {name: importlib.import_module(f"oracle.{name}") for name in RECORDS_OF}
"""Each has ``DATA`` (record: what reads it), ``ours(folder, record)`` with our numbers under R's names,
``LEFT_OUT`` (quantity, or the group it stands in: reason) and ``LOOSER`` (the same: relative tolerance, cause); a name
may begin with that of one record, and then counts for it alone."""
DIGITS = 1e-9
"""R's values are frozen in 15 digits; differences of means and long sums lose some."""


def family(key: str):
    return FAMILIES[key.split(".")[0]]


def rule(table: dict, quantity: str, key: str = ""):
    """The entry for a quantity, for one of the groups it stands in, or nothing; that of its own record first."""
    parts = quantity.split(".")
    groups = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    names = [f"{key}.{group}" for group in groups] + [key, *groups]
    return next((table[name] for name in names if name in table), None)


def test_the_grid_of_references_has_not_shrunk():
    assert {name: len(module.DATA) for name, module in FAMILIES.items()} == RECORDS_OF
    assert {key for module in FAMILIES.values() for key in module.DATA} == set(RECORDS)


@pytest.mark.parametrize("key", RECORDS)
def test_every_quantity_is_computed_or_left_out_for_a_reason(key, real_data):
    ours, left_out = set(family(key).ours(real_data, key)), family(key).LEFT_OUT
    without = {quantity for quantity in RECORDS[key] if rule(left_out, quantity, key)}
    assert ours | without == set(RECORDS[key])
    assert not ours & without


@pytest.mark.parametrize("key", RECORDS)
def test_r_gives_the_same(key, real_data):
    looser = family(key).LOOSER
    for quantity, value in family(key).ours(real_data, key).items():
        tolerance, _ = rule(looser, quantity, key) or (DIGITS, "")
        assert value == pytest.approx(RECORDS[key][quantity], rel=tolerance, abs=1e-300), quantity


@pytest.mark.parametrize("name", FAMILIES)
def test_reasons_and_causes_are_sentences_of_something_that_exists(name):
    module = FAMILIES[name]
    known = [(key, quantity) for key in module.DATA for quantity in RECORDS[key]]
    for table in (module.LEFT_OUT, {key: cause for key, (_, cause) in module.LOOSER.items()}):
        for quantity, reason in table.items():
            assert len(reason) > 20, quantity
            assert any(rule({quantity: True}, other, key) for key, other in known), quantity

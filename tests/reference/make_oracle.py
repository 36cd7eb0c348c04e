"""Writes oracle.json: the frozen values of R packages for designs that can be measured here.

    python tests/reference/make_oracle.py path/to/oracle/oracle.json

The full set of frozen records is not part of the project. Every number of a record is kept in 15 significant digits,
with the packages and versions that made it; ``test_oracle.py`` compares each of them or says why not.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

OUT = Path(__file__).with_name("oracle.json")
FAMILIES = (
    "paired", "twogroup", "ancova", "clustered", "rci", "multisite", "interaction", "growth", "binary", "power",
    "meta", "metareg", "metaml",
)  # fmt: skip


def numbers(values: object, name: str = "") -> Iterator[tuple[str, float]]:
    """(dotted name, number) of every number in a record's values; lists count from 0."""
    if isinstance(values, dict | list):
        for key, value in values.items() if isinstance(values, dict) else enumerate(values):
            yield from numbers(value, f"{name}.{key}" if name else str(key))
    elif isinstance(values, int | float) and not isinstance(values, bool):
        yield name, values


def entries(records: list[dict]) -> list[dict]:
    return [
        {
            "key": record["key"],
            "model": record["model"],
            "packages": record["packages"],
            "values": dict(numbers(record["values"])),
        }
        for record in records
        if record["key"].split(".")[0] in FAMILIES
    ]


def content(source: Path) -> str:
    return json.dumps(entries(json.loads(source.read_text("utf-8"))["records"]), indent=1) + "\n"


if __name__ == "__main__":
    OUT.write_text(content(Path(sys.argv[1])), "utf-8", newline="\n")

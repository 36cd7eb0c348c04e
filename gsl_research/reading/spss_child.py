"""A program of its own that reads an SPSS file: bytes in at standard input, the values out at standard output.

The parser is written in C and does not survive every damaged file: what it then brings down is this process alone.
Out comes one line of JSON, ``{"problem": …}`` or what the file says of its variables with the text cells, and then
the numbers: one float64 array of all cases per variable of numbers, NaN where there is no value.
"""

from __future__ import annotations

import io
import json
import sys


def main() -> None:
    import numpy as np
    import pyreadstat

    most_cells, most_bytes, most_seconds = map(int, sys.argv[1:])
    limit_time(most_seconds)
    raw = sys.stdin.buffer.read()

    def parsed(**options: object):
        for encoding in (None, "WINDOWS-1252"):
            try:
                return pyreadstat.read_sav(io.BytesIO(raw), encoding=encoding, **options)
            except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError, KeyError) as error:
                refused = error
        raise refused

    _, about = parsed(metadataonly=True, output_format="dict")
    names, cases = about.column_names, about.number_rows or 0
    if cases * len(names) > most_cells:
        return finish({"problem": "too_many_cells"})
    if cases * sum(about.variable_storage_width.values()) > most_bytes:
        return finish({"problem": "zip_bomb"})
    most = most_cells // max(len(names), 1)
    cells, about = parsed(user_missing=True, disable_datetime_conversion=True, output_format="dict", row_limit=most + 1)
    texts = {name for name in names if about.readstat_variable_types[name] == "string"}
    height = len(cells[names[0]]) if names else 0
    if height > most:
        return finish({"problem": "too_many_cells"})
    numbers = [np.array(cells[name], dtype=float) for name in names if name not in texts]
    finish(
        {
            "names": names,
            "cases": height,
            "formats": about.original_variable_types,
            "labels": {name: list(labels.items()) for name, labels in about.variable_value_labels.items()},
            "missing": about.missing_ranges,
            "aliases": about.column_names_to_labels,
            "texts": {name: cells[name] for name in texts},
        },
        numbers,
    )


def limit_time(seconds: int) -> None:
    """Of the processor, where the system can; a busy computer does not make a file wrong."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def finish(said: dict, numbers: list = ()) -> None:
    sys.stdout.buffer.write(json.dumps(said).encode("utf-8") + b"\n")
    for array in numbers:
        sys.stdout.buffer.write(array.tobytes())


if __name__ == "__main__":
    main()

"""The outcome of a check, as sentences and as data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .problems import Problem, errors
from .wording import Words


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """The outcome of a check: sentences for a person, and the same as data. Shows its sentences in a notebook."""

    lines: tuple[str, ...]
    problems: tuple[Problem, ...]
    words: Words
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rejected(self) -> bool:
        return bool(errors(self.problems))

    @property
    def outcome(self) -> str:
        if self.rejected:
            return "reject"
        return "accept-with-warning" if self.problems else "accept"

    def json(self) -> str:
        content = {
            "outcome": self.outcome,
            "messages": [self.words.problem(problem) for problem in self.problems],
            "problems": [
                {
                    "code": p.code,
                    "severity": p.severity,
                    "file": p.file,
                    "sheet": p.sheet,
                    "row": p.row,
                    "column": p.column,
                    "value": p.value,
                    "mend": self.words.mend(p),
                }
                for p in self.problems
            ],
            "facts": self.facts,
        }
        return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from html import escape

        shown = []
        for is_item, lines in groupby(filter(None, self.lines), key=lambda line: line.startswith("- ")):
            tags = ("<ul>{}</ul>", "<li>{}</li>") if is_item else ("{}", "<p>{}</p>")
            shown.append(tags[0].format("".join(tags[1].format(escape(line.removeprefix("- "))) for line in lines)))
        return "".join(shown)

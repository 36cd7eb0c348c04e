"""``gsl check``: what a file holds and what is wrong with it, without measuring or writing anything.

The facts may hold class names and are for this computer only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .dataset import Dataset, bind
from .measure import not_yet
from .privacy import may_average
from .problems import Problem, Problems, errors
from .reading import Table, read_table
from .report import describe
from .study import Study
from .study_file import load_study
from .wording import Words


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check: sentences for a person, and the same as data."""

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


def check_files(path: Path, study_path: Path | None, w: Words) -> Checked:
    """Check a score file with or without its study, or a study file alone."""
    found: list[Problem] = []
    study = data = table = None
    if study_path is None and path.suffix.lower() == ".toml":
        study_path, path = path, None
    if study_path is not None:
        study = _collect(found, load_study, study_path)
    if path is not None:
        table = _collect(found, read_table, path)
    if study is not None and table is not None:
        data = _collect(found, bind, study, table)
    if study is not None:
        level = data.cluster_level if data is not None else None
        found += [
            Problem(code=p.code, severity="warning", file=study_path.name, facts=p.facts) for p in not_yet(study, level)
        ]
    if data is not None:
        found += data.warnings
        found += _small(study, data)
    problems = (*errors(found), *(p for p in found if p.severity == "warning"))
    facts = _facts(study, table, data)
    if errors(problems):
        lines = [w("command.check.reject"), *(f"- {line}" for line in w.problem_lines(problems))]
    else:
        lines = _accepted(study, table, data, study_path, problems, w)
    return Checked(tuple(lines), problems, w, facts)


def _collect(found: list[Problem], step, *given):
    try:
        return step(*given)
    except Problems as raised:
        found += raised.problems
        return None


def _small(study: Study, data: Dataset) -> list[Problem]:
    outcome, frame = study.primary, data.frame
    complete = frame[f"{outcome.name}.post"].notna()
    if outcome.pre:
        complete &= frame[f"{outcome.name}.pre"].notna()
    arms = frame["treated"][complete].value_counts() if "treated" in frame else [complete.sum()]
    if all(may_average(int(pupils)) for pupils in arms):
        return []
    return [Problem(code="small_group", severity="warning", file=data.file)]


def _accepted(study, table, data, study_path, problems, w: Words) -> list[str]:
    if data is not None:
        told = list(describe(study, data, lang=w.lang).lines)
        shown = {w("problems.lead.warning", text=w.problem(p)) for p in data.warnings}
        rest = [line for line in w.problem_lines(problems) if line not in shown]
        return [w(f"command.check.{'accept_with_warning' if problems else 'accept'}"), *told, *rest]
    if study is not None:
        return [w("command.check.study_only", title=study.title, file=study_path.name), *w.problem_lines(problems)]
    return [w("command.check.table_only", rows=w.count(len(table.row_numbers)), columns=w.listing(list(table.columns)))]


def _facts(study: Study | None, table: Table | None, data: Dataset | None) -> dict[str, Any]:
    """Unrounded counts and means; only what is known."""
    facts: dict[str, Any] = {}
    if study is not None:
        facts["columns"] = study.columns.mapped()
    if table is not None:
        facts["rows"] = len(table.row_numbers)
        facts["skipped"] = [{"sheet": s.sheet, "rows": list(s.rows), "reason": s.reason} for s in table.skipped]
    if data is None:
        return facts
    frame = data.frame
    facts["pupils"] = data.rows if data.pupils_known else None
    facts["classes"] = _counts(frame["class"]) if "class" in frame else {}
    facts["schools"] = data.schools
    facts["groups"] = _counts(frame["group"]) if "group" in frame else {}
    facts["outcomes"] = [_outcome(outcome, data) for outcome in study.outcomes]
    return facts


def _counts(codes: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(codes).items()))


def _outcome(outcome, data: Dataset) -> dict[str, Any]:
    post = data.frame[f"{outcome.name}.post"]
    pre = data.frame[f"{outcome.name}.pre"] if outcome.pre else None
    both = post.notna() & pre.notna() if outcome.pre else post.notna()
    return {
        "name": outcome.name,
        "n_pre": int(pre.notna().sum()) if outcome.pre else 0,
        "n_post": int(post.notna().sum()),
        "n_both": int(both.sum()),
        "mean_pre": float(pre.mean()) if outcome.pre and pre.notna().any() else None,
        "mean_post": float(post.mean()) if post.notna().any() else None,
        "missing": {
            occasion: dict(data.missing.get(header, {}))
            for occasion, header in (("pre", outcome.pre), ("post", outcome.post))
            if header is not None
        },
    }

"""``gsl check``: what a file holds and what is wrong with it, without measuring anything.

The facts may hold class names and are for this computer only; no pupil's name or code is in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .card_check import check_card, looks_like_card
from .central_tests import guessed
from .checked import Checked
from .dataset import Dataset, bind
from .decisions import load_decisions
from .draft import write_study_draft
from .gather import one_table, wanted_headers
from .identity import MOST_GROUPS, SURE_CODE, may_be_a_pupil, pupil_shapes
from .level_order import by_names
from .measure import not_yet
from .privacy import may_average
from .problems import Problem, Problems, errors
from .reading import Column, Found, Skipped, Table, as_text, read_tables
from .report import counted, in_levels
from .roles import Proposal, propose
from .study import Growth, Outcome, Study, Survey
from .study_file import load_study
from .wave_table import occasions, side_by_side
from .wording import Words, words

SHOWN_COLUMNS = 30
"""Headings listed of one table; of the rest, the count (policy)."""


def check(data_file: str | Path, study_file: str | Path | None = None, *, lang: str = "nl") -> Checked:
    """Check a score file, or a folder of them, with or without its study file.

    Without a study: what was read and skipped, and what each column could be. With one: whether it can be measured.
    What is wrong is told, never raised. Files are called by their name, without their folder.
    """
    path = Path(data_file)
    return check_files(path, None if study_file is None else Path(study_file), words(lang), shown=Path(path.name))


def check_files(
    path: Path, study_path: Path | None, w: Words, *, write_study: Path | None = None, shown: Path | None = None
) -> Checked:
    """Check scores with or without their study, a study file alone, or a study card.

    ``write_study`` is for scores without a study; ``shown`` is the path in the commands that are proposed, if another
    than ``path``.
    """
    typed = _typed(shown or path)
    if study_path is None and write_study is None and looks_like_card(path):
        return check_card(path, w)
    if study_path is None and write_study is None and path.suffix.lower() == ".toml":
        return _check_study(path, typed, w)
    if study_path is None:
        return _check_scores(path, typed, write_study, w)
    return _check_both(path, study_path, w)


def _check_study(path: Path, typed: str, w: Words) -> Checked:
    found: list[Problem] = []
    study = _collect(found, load_study, path)
    if study is None:
        return _refused(found, {}, w)
    found += _later(study, None, path)
    found += [replace(problem, file=path.name) for problem in (*guessed(study), *by_names(study))]
    lines = [w("command.check.study_only", title=study.title, file=typed), *in_levels(study, w)]
    lines += w.problem_lines(found)
    return Checked(tuple(lines), tuple(found), w, {"columns": study.columns.mapped()})


def _check_both(path: Path, study_path: Path, w: Words) -> Checked:
    problems: list[Problem] = []
    data = table = None
    study = _collect(problems, load_study, study_path)
    found = _collect(problems, read_tables, path, wanted_headers(study) if study is not None else ())
    if found is not None:
        problems += [*found.problems, *found.warnings]
    if study is not None and found is not None:
        table = _collect(problems, one_table, study, found)
    if table is not None:
        problems += table.warnings
        data = _collect(problems, bind, study, table)
    if study is not None:
        problems += _later(study, data, study_path)
    if data is not None:
        problems += [*data.warnings, *_small(study, data)]
        decisions = _collect(problems, load_decisions, study_path, data)
        problems += decisions.warnings if decisions is not None else ()
    ordered = _ordered(problems, first=study_path.name)
    facts = _facts(study, found, table, data, errors(problems))
    if errors(ordered) or data is None:
        return _refused(ordered, facts, w)
    lines = [w(f"command.check.{'accept_with_warning' if ordered else 'accept'}"), *counted(study, data, lang=w.lang)]
    lines += [*_skipped_lines(data.skipped, w), *w.problem_lines(ordered)]
    return Checked(tuple(lines), ordered, w, facts)


def _check_scores(path: Path, typed: str, write_study: Path | None, w: Words) -> Checked:
    problems: list[Problem] = []
    lead = "reject" if write_study is None else "not_written"
    found = _collect(problems, read_tables, path)
    if found is None:
        return _refused(_ordered(problems), {}, w, lead)
    proposal = propose(*found.tables)
    problems += [*found.problems, *found.warnings, *(p for table in found.tables for p in table.warnings)]
    problems += proposal.problems
    written = None
    if write_study is not None and not errors(problems):
        written = _collect(problems, write_study_draft, write_study, proposal, w)
    ordered = _ordered(problems)
    facts = _found_facts(found, proposal) | ({"written": written.name} if written is not None else {})
    lines = [*_table_lines(found, w), *_skipped_lines(_all_skipped(found), w), *_proposal_lines(found, proposal, w)]
    if errors(ordered):
        lines += ["", *_refused(ordered, facts, w, lead).lines]
    elif written is not None:
        step = w("command.check.written", file=typed, study=_typed(write_study))
        lines += [*w.problem_lines(ordered), "", step]
    else:
        lines += [*w.problem_lines(ordered), "", w("command.check.next", file=typed)]
        lines += [w("command.check.have_study", file=typed)]
    return Checked(tuple(lines), ordered, w, facts)


def _collect(found: list[Problem], step, *given):
    try:
        return step(*given)
    except Problems as raised:
        found += raised.problems
        return None


def _ordered(problems: Iterable[Problem], first: str | None = None) -> tuple[Problem, ...]:
    """Each problem once: errors before warnings, those of the study file first, then by file, sheet and row."""

    def place(p: Problem) -> tuple:
        return p.severity != "error", p.file != first, p.file or "", p.sheet or "", p.row or 0

    once = {(p.code, p.file, p.sheet, p.row, p.column, p.value, repr(p.facts)): p for p in problems}
    return tuple(sorted(once.values(), key=place))


def _refused(problems: Sequence[Problem], facts: dict[str, Any], w: Words, lead: str = "reject") -> Checked:
    lines = [w(f"command.check.{lead}"), *(f"- {line}" for line in w.problem_lines(problems))]
    return Checked(tuple(lines), tuple(problems), w, facts)


def _later(study: Study, data: Dataset | None, path: Path) -> list[Problem]:
    level = data.cluster_level if data is not None else None
    return [Problem(code=p.code, severity="warning", file=path.name, facts=p.facts) for p in not_yet(study, level)]


def _small(study: Study, data: Dataset) -> list[Problem]:
    outcome, frame = side_by_side(study, data.waves).primary, data.frame
    post = frame[f"{outcome.name}.post"].notna()
    complete = [post & frame[f"{outcome.name}.pre"].notna() if outcome.pre and study.followed else post]
    if isinstance(study.design, Growth | Survey):
        seen = frame[[f"{outcome.name}.{occasion}" for occasion in occasions(len(data.waves))]].notna()
        needed = 2 if study.followed and seen.shape[1] > 1 else 1
        complete = [seen.sum(axis=1) >= needed, seen.iloc[:, 0], seen.iloc[:, -1]]
    sides = [frame["treated"], ~frame["treated"]] if "treated" in frame else [post | True]
    if all(may_average(int((who & side).sum())) for who in complete for side in sides):
        return []
    return [Problem(code="small_group", severity="warning", file=data.file)]


# sentences


def _table_lines(found: Found, w: Words) -> list[str]:
    lines = []
    for table in found.tables:
        where = [table.file] if table.sheet is None else [table.file, w("problems.address.sheet", sheet=table.sheet)]
        columns = ", ".join(list(table.columns)[:SHOWN_COLUMNS])
        if (more := len(table.columns) - SHOWN_COLUMNS) > 0:
            columns = w("command.check.columns_more", columns=columns, count=w.count(more))
        lines.append(w("command.check.table", where=", ".join(where), rows=w.count(len(table)), columns=columns))
    return lines


def _skipped_lines(skipped: Sequence[Skipped], w: Words) -> list[str]:
    told = dict.fromkeys(w.skipped(part) for part in skipped)
    return [w("command.check.skipped"), *(f"- {line}" for line in told)] if told else []


def _proposal_lines(found: Found, proposal: Proposal, w: Words) -> list[str]:
    told = []
    for role, header in proposal.roles.items():
        key = "group" if role == "group" else "role"
        codes = w.listing([f"“{code}”" for code in proposal.codes])
        told.append(w(f"command.check.{key}", role=w(f"problems.term.role.{role}"), header=header, codes=codes))
    if proposal.class_from is not None:
        key = f"command.check.class_from_{proposal.class_from}"
        told.append(w(key, role=w("problems.term.role.class")))
    for outcome in (*proposal.outcomes, *proposal.graded):
        key = "outcome" if outcome.pre and outcome.post else "outcome_post" if outcome.post else "outcome_pre"
        label = outcome.label or w("command.draft.outcome_label")
        between = w.listing([f"“{header}”" for header in outcome.between])
        key = "outcome_between" if between else key
        told.append(w(f"command.check.{key}", label=label, pre=outcome.pre, between=between, post=outcome.post))
        if outcome.levels:
            told.append(
                w("command.check.levels", label=label, levels=w.listing([f"“{one}”" for one in outcome.levels]))
            )
    choices = {header for headers in proposal.choices.values() for header in headers}
    rest = [h for table in found.tables for h in table.columns if h not in proposal.used | choices]
    rest = [h for h in dict.fromkeys(rest) if not any(used.endswith(f"!{h}") for used in proposal.used)]
    points = "points_by_wave" if "wave" in proposal.roles else "points"
    groups = {
        points: [header for header in rest if header in proposal.points],
        "categories": [header for header in rest if header in proposal.categories],
        "unused": [header for header in rest if header not in (*proposal.points, *proposal.categories)],
    }
    told += [
        w(f"command.check.{key}", headers=w.listing([f"“{header}”" for header in headers[:SHOWN_COLUMNS]]))
        for key, headers in groups.items()
        if headers
    ]
    return [w("command.check.proposal"), *(f"- {line}" for line in told)] if told else []


def _typed(path: Path) -> str:
    """A path as it is typed after a command."""
    return f'"{path}"' if " " in str(path) else str(path)


# facts


def _facts(
    study: Study | None, found: Found | None, table: Table | None, data: Dataset | None, wrong: Sequence[Problem]
) -> dict[str, Any]:
    """Unrounded counts and means; only what is known."""
    facts: dict[str, Any] = {}
    if table is None:
        return _found_facts(found, None) if found is not None else facts
    headers = {role: table.header(header) for role, header in study.columns.mapped().items()}
    headers = {role: header for role, header in headers.items() if header is not None}
    facts |= {"rows": len(table), "columns": headers, "skipped": _skipped_facts(table.skipped)}
    pupil = table.columns.get(headers.get("pupil"))
    refused = {name for problem in wrong for name in (problem.column, problem.facts.get("header"))}
    for role, name in (("class", "classes"), ("group", "groups")):
        named = {headers.get(role), study.columns.mapped().get(role)}
        counts = _codes(data, role) if data is not None else _cells(table, headers.get(role))
        told = refused.isdisjoint(named - {None})
        facts[name] = _without_pupils(counts, pupil, accepted=data is not None) if told else {}
    if data is None:
        return facts
    facts["rows"] = data.rows
    facts["skipped"] = _skipped_facts(data.skipped)
    facts["pupils"] = data.rows if data.pupils_known else None
    facts["schools"] = data.schools
    facts["outcomes"] = [_outcome(outcome, data) for outcome in side_by_side(study, data.waves).outcomes]
    return facts


def _found_facts(found: Found, proposal: Proposal | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "tables": [
            {"file": t.file, "sheet": t.sheet, "rows": len(t), "columns": list(t.columns)} for t in found.tables
        ],
        "skipped": _skipped_facts(_all_skipped(found)),
    }
    if len({frozenset(table.columns) for table in found.tables}) == 1:
        facts["rows"] = sum(map(len, found.tables))
    if proposal is not None:
        measured = (*proposal.outcomes, *proposal.graded)
        outcomes = [{"label": o.label, "pre": o.pre, "post": o.post} for o in measured]
        choices = {role: list(headers) for role, headers in proposal.choices.items()}
        facts["proposed"] = {"columns": dict(proposal.roles), "outcomes": outcomes, "choices": choices}
    return facts


def _all_skipped(found: Found) -> tuple[Skipped, ...]:
    return (*found.skipped, *(skipped for table in found.tables for skipped in table.skipped))


def _skipped_facts(skipped: Iterable[Skipped]) -> list[dict[str, Any]]:
    return [
        {
            "sheet": part.sheet,
            "rows": list(part.rows),
            "reason": f"{part.reason}: {', '.join(part.words)}" if part.words else part.reason,
            "file": part.file,
        }
        for part in skipped
    ]


def _codes(data: Dataset, role: str) -> dict[str, int]:
    if role not in data.frame:
        return {}
    return {str(code): int(n) for code, n in sorted(data.frame[role].value_counts().items()) if n}


def _cells(table: Table, header: str | None) -> dict[str, int]:
    if header is None:
        return {}
    counts = Counter(table.columns[header].codes.tolist())
    texts: Counter[str] = Counter()
    for code, n in counts.items():
        texts[as_text(table.columns[header].distinct[code])] += n
    return dict(sorted((text, n) for text, n in texts.items() if text))


def _without_pupils(counts: Mapping[str, int], pupil: Column | None, accepted: bool) -> dict[str, int]:
    """The codes, but for those that may be pupils where a row slipped or the column has nearly a code for each row."""
    alone = 2 * len(counts) > sum(counts.values())
    if accepted and not alone:
        return dict(counts)
    if alone and (not accepted or len(counts) > MOST_GROUPS):
        return {}
    shapes = pupil_shapes(pupil)
    return {code: rows for code, rows in counts.items() if rows >= SURE_CODE or not may_be_a_pupil(code, shapes)}


def _outcome(outcome: Outcome, data: Dataset) -> dict[str, Any]:
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

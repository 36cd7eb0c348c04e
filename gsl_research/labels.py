"""Which subgroup each pupil belongs to: the labels in a column the study file names under ``[[subgroups]]``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .grading import HIDDEN
from .outcomes import score_columns
from .problems import Problem, Term
from .reading import Column, DateCell, Table, as_text
from .reading.words import missing_words
from .study import Study

MOST_LABELS = 6
"""A column with more different labels tells pupils apart, not groups (policy)."""


def read_labels(study: Study, table: Table, headers: Mapping[str, str]) -> tuple[dict[str, np.ndarray], list[Problem]]:
    """Per subgroup column of the study file the label of every row, "" where none stands, and what is wrong.

    Labels that differ only in capitals are one, written as they stand first. ``headers`` leads from the study file's
    headings to those of the table.
    """
    found, problems = {}, []
    taken = {headers.get(header) for outcome in study.outcomes for _, header, _ in score_columns(outcome)}
    taken.add(headers.get(study.columns.pupil))
    for subgroup in study.subgroups:
        header = headers[subgroup.column]
        if header in taken:
            facts = {"header": subgroup.column, "role": Term("role.subgroup")}
            problems.append(Problem(code="header_two_roles", facts=facts))
            continue
        labels = _one_spelling(table.columns[header])
        count = len(set(labels) - {""})
        if count < 2:
            problems.append(Problem(code="subgroup_one_label", column=header))
        elif count > MOST_LABELS:
            problems.append(
                Problem(code="subgroup_many_labels", column=header, facts={"count": count, "most": MOST_LABELS})
            )
        found[subgroup.column] = labels
    return found, problems


def _one_spelling(column: Column) -> np.ndarray:
    first: dict[str, str] = {}
    spelled = []
    for cell in column.distinct:
        text = "" if isinstance(cell, DateCell) else HIDDEN.sub("", as_text(cell)).strip()
        text = "" if missing_words(text) is not None else text
        spelled.append(first.setdefault(text.casefold(), text))
    return np.array(spelled, dtype=object)[column.codes]

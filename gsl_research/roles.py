"""Proposals: which column could be what, from its heading and from what stands in it.

A *role* is what a column is for (pupil, class, group); an *occasion* is before (pre) or after (post). A proposal is
shown to the user and becomes a first study file. Nothing is measured with it, and it never says who got the approach.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal

from .grading import fold_level
from .occasions import Occasions, Pair, Series, Words, find_occasions, heading_words, occasion, says_when, synonyms
from .problems import Problem, Term
from .reading import Column, Table, as_text, parse_scores
from .reading.grid import joined
from .reading.lookalikes import is_level
from .reading.words import file_words, level_lists
from .wave_names import in_order

MOST_ASKED = 500
"""Distinct cells that are looked at to see whether a column holds points (policy)."""
MOSTLY_DISTINCT = 0.8
"""A pupil column has this share of different pupils within a class, or it does not say who a row is about (policy)."""
MOST_GROUPS = 3
"""More codes than this are classes or levels, not groups with and without an approach (policy)."""
MOST_WAVES = 12
"""More different codes than this in a column are days or pupils, not waves (policy)."""
MOST_WORDS = 7
ROWS_A_WORD = 3
"""A column of levels has a few words, and each stands in several rows (policy)."""
MOST_LEVELS = 20
"""Zones and reading levels have fewer different values than this (policy)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A proposed outcome. ``high_pre`` and ``high_post`` are maxima the file itself tells."""

    label: str
    domain: str
    pre: str | None
    post: str | None
    high_pre: float | None = None
    high_post: float | None = None
    levels: tuple[str, ...] = ()
    """What stands in the columns when that is no number; the worst first where ``ordered``."""
    ordered: bool = True
    between: tuple[str, ...] = ()
    """The columns between pre and post, from early to late."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Headers by role, where one column is meant; ``choices`` has the headers where more than one could be.

    ``class_from`` is set when every sheet or file is a class by itself and no column says which.
    ``codes`` are those of the proposed group column; ``points`` are columns with numbers whose heading says nothing;
    ``graded`` are outcomes in levels; ``categories`` are ordered levels whose heading says nothing. ``problems`` are
    warnings.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    outcomes: tuple[Measured, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    graded: tuple[Measured, ...] = ()
    problems: tuple[Problem, ...] = ()
    class_from: Literal["sheet", "file"] | None = None
    waves: tuple[str, ...] = ()
    """The codes of the proposed wave column, from early to late where they tell: every wave then has rows of its own.
    Without such a column what the moments are called that stand side by side."""

    @property
    def used(self) -> frozenset[str]:
        scores = {header for outcome in (*self.outcomes, *self.graded)
                  for header in (outcome.pre, *outcome.between, outcome.post) if header is not None}  # fmt: skip
        return frozenset({*self.roles.values(), *scores})


def propose(*tables: Table) -> Proposal:
    """What the columns of a table could be, or of tables that belong together (a sheet per class).

    Its problems are warnings: ``role_ambiguous``, ``role_doubtful``, ``pupil_repeats``, ``pupil_not_found``,
    ``name_in_two_columns``, ``moments_unclear``, ``post_not_found``, ``scores_not_found``, ``role_without_scores``.

    Not for: ``bind``, which follows the study file and nothing else.
    """
    return _Search(tables).proposal()


def nearest(table: Table, role: str) -> str | None:
    """The header proposed for a role, or for the occasion pre or post; None where none or several could be meant."""
    found = propose(table)
    if role in found.roles:
        return found.roles[role]
    headers = {getattr(outcome, role) for outcome in found.outcomes} if role in ("pre", "post") else set()
    return headers.pop() if len(headers) == 1 else None


class _Search:
    """The columns of the tables under their headers, and what is found of them so far."""

    def __init__(self, tables: Sequence[Table]):
        self.tables = tables
        headers = dict.fromkeys(header for table in tables for header in table.columns)
        if len(tables) == 1:
            self.columns = dict(tables[0].columns)
        else:
            self.columns = {h: joined([t.columns[h] for t in tables if h in t.columns]) for h in headers}
        self.names: dict[str, list[Words]] = {header: [heading_words(header)] for header in headers}
        for alias, header in (pair for table in tables for pair in table.aliases.items()):
            self.names[header].append(heading_words(alias))
        if len(tables) > 1 and all(says_when(heading_words(_own_name(table))) for table in tables):
            self._name_scores_by_sheet()
        self.problems: list[Problem] = []
        self.choices: dict[str, tuple[str, ...]] = {}
        self.roles: dict[str, str] = {}

    def _name_scores_by_sheet(self) -> None:
        """A test before and a test after on two sheets: a score column is called "sheet!heading"."""
        for header in [h for h in self.columns if all(h in t.columns for t in self.tables) and self._may_be_score(h)]:
            if self._role(header) is None and not any(map(says_when, self.names[header])):
                for table in self.tables:
                    name = f"{_own_name(table)}!{header}"
                    self.columns[name] = table.columns[header]
                    self.names[name] = [(*heading_words(_own_name(table)), *heading_words(header))]
                del self.columns[header], self.names[header]

    def proposal(self) -> Proposal:
        named = {header: found for header in self.columns if (found := self._role(header)) is not None}
        halves = self._halves_of_a_name(named)
        first = ("school", "class", "wave")
        for role in (*first, *(role for role in synonyms()["roles"] if role not in first)):
            steps: dict[int, list[str]] = {}
            for header, (meant, step) in named.items():
                if meant == role:
                    steps.setdefault(step, []).append(header)
            self._choose(role, [steps[step] for step in sorted(steps)])
        if "pupil" not in self.roles and "pupil" not in self.choices and halves:
            self._warn(Problem(code="name_in_two_columns", severity="warning", facts={"headers": halves}))
        elif not any(meant == "pupil" for meant, _ in named.values()):
            self._warn(Problem(code="pupil_not_found", severity="warning"))
        free = [header for header in self.columns if header not in named and header not in halves]
        points = [header for header in free if self._may_be_score(header)]
        graded = self._graded([header for header in free if header not in points])
        found = self._settled(find_occasions({header: self.names[header] for header in points}), bool(graded))
        in_levels = {header for outcome in graded for header in (outcome.pre, outcome.post)}
        self._occasions(found, [header for header in free if header not in in_levels], points, bool(graded))
        taken = {header for pair in found.pairs for header in (pair.pre, pair.post)}
        taken |= {header for series in found.series for header in series.headers}
        return Proposal(
            roles={role: self.roles[role] for role in synonyms()["roles"] if role in self.roles},
            outcomes=(*map(self._measured, found.pairs), *map(self._in_series, found.series)),
            choices=self.choices,
            codes=tuple(_codes(self.columns[self.roles["group"]])) if "group" in self.roles else (),
            points=tuple(header for header in points if header not in taken),
            categories=tuple(h for h in free if h not in in_levels and _ordered_levels(self.columns[h])),
            graded=graded,
            problems=tuple(self.problems),
            class_from=self._class_from(),
            waves=found.series[0].names if found.series else self._waves(),
        )

    def _class_from(self) -> Literal["sheet", "file"] | None:
        same = len({frozenset(table.columns) for table in self.tables}) == 1
        if len(self.tables) < 2 or not same or "class" in self.roles or "class" in self.choices:
            return None
        return "sheet" if len({table.sheet for table in self.tables}) == len(self.tables) else "file"

    def _waves(self) -> tuple[str, ...]:
        if "wave" not in self.roles:
            return ()
        column = self.columns[self.roles["wave"]]
        return in_order(tuple(dict.fromkeys(as_text(c) for c in column.distinct if as_text(c) in _moments(column))))

    def _settled(self, found: Occasions, graded: bool) -> Occasions:
        """Without the series where other outcomes were not measured at the same moments."""
        same = len({series.names for series in found.series}) <= 1
        if same and not (found.series and (found.pairs or graded)) and "wave" not in self.roles:
            return found
        return replace(found, series=(), unclear=(*found.unclear, *(series.headers for series in found.series)))

    def _in_series(self, series: Series) -> Measured:
        first, *between, last = series.headers
        return replace(self._measured(Pair(series.subject, first, last)), between=tuple(between))

    def _warn(self, problem: Problem) -> None:
        files = {table.file for table in self.tables}
        self.problems.append(replace(problem, file=files.pop() if len(files) == 1 else None))

    def _role(self, header: str) -> tuple[str, int] | None:
        """The role a heading names and the step of the word that says so; more words say more."""
        best: tuple[int, str, int] | None = None
        for words in self.names[header]:
            for role, steps in synonyms()["roles"].items():
                for step, phrases in enumerate(steps):
                    said = max((len(p.split()) for p in phrases if _says(words, p)), default=0)
                    if said and (best is None or said > best[0]):
                        best = (said, role, step)
            if best is not None:
                return best[1], best[2]
        return None

    def _halves_of_a_name(self, named: dict[str, tuple[str, int]]) -> list[str]:
        """The columns of a name in two parts, which are no pupil column by themselves."""
        last, first = (
            [header for header in self.columns if any(_says(words, p) for words in self.names[header] for p in phrases)]
            for phrases in (synonyms()["names"]["last"], synonyms()["names"]["first"])
        )
        halves = list(dict.fromkeys([*last, *first])) if last and first else []
        for header in halves:
            if named.get(header, ("", 0))[0] == "pupil":
                del named[header]
        return halves

    def _choose(self, role: str, steps: Sequence[Sequence[str]]) -> None:
        for headers in steps:
            fitting = [header for header in headers if self._fits(role, header)]
            if len(fitting) == 1:
                self.roles[role] = fitting[0]
                return
            if fitting:
                self.choices[role] = tuple(fitting)
                facts = {"role": Term(f"role.{role}"), "headers": fitting}
                self._warn(Problem(code="role_ambiguous", severity="warning", facts=facts))
                return
        for header in (header for headers in steps for header in headers if role != "wave"):
            column = self.columns[header]
            facts = {"header": header, "values": len(_codes(column)), "rows": len(column)}
            if role == "pupil" and facts["values"] > 1:
                self._warn(Problem(code="pupil_repeats", severity="warning", facts=facts))
            else:
                facts["role"] = Term(f"role.{role}")
                self._warn(Problem(code="role_doubtful", severity="warning", facts=facts))

    def _fits(self, role: str, header: str) -> bool:
        """Whether what stands in a column can be what its heading says."""
        column = self.columns[header]
        match role:
            case "pupil":
                return all(self._tells_pupils_apart(table, header) for table in self.tables if header in table.columns)
            case "class":
                return 2 * len(_codes(column)) <= len(column)
            case "group":
                return 2 <= len(_codes(column)) <= MOST_GROUPS and 2 * len(_codes(column)) <= len(column)
            case "wave":
                return 2 <= len(_moments(column)) <= MOST_WAVES and 2 * len(_moments(column)) <= len(column)
            case _:
                return bool(_codes(column))

    def _tells_pupils_apart(self, table: Table, header: str) -> bool:
        column = table.columns[header]
        keys = column.codes
        for role in ("school", "class", "wave"):
            if (within := table.columns.get(self.roles.get(role, ""))) is not None:
                keys = keys * len(within.distinct) + within.codes
        filled = keys[~column.blank]
        return len(filled) > 0 and len(set(filled.tolist())) >= MOSTLY_DISTINCT * len(filled)

    def _may_be_score(self, header: str) -> bool:
        other = set(synonyms()["scores"]["other"])
        return not any(other & set(words) for words in self.names[header]) and _holds_points(self.columns[header])

    def _graded(self, free: Sequence[str]) -> tuple[Measured, ...]:
        """Outcomes in levels: columns with a few words that come back, whose heading says when; with one afterwards."""
        words = {header: levels for header in free if (levels := _few_words(self.columns[header]))}
        found = find_occasions({header: self.names[header] for header in words})
        outcomes = []
        for pair in found.pairs:
            if pair.post is None:
                continue
            seen = dict.fromkeys(word for header in (pair.pre, pair.post) if header for word in words[header])
            known = _known_levels(seen)
            measured = self._measured(pair)
            outcomes.append(replace(measured, levels=known or tuple(seen), ordered=known is not None))
        return tuple(outcomes)

    def _occasions(self, found: Occasions, free: Sequence[str], points: Sequence[str], graded: bool) -> None:
        for headers in found.unclear:
            self._warn(Problem(code="moments_unclear", severity="warning", facts={"headers": list(headers)}))
        for pair in found.pairs:
            if pair.post is None:
                self._warn(Problem(code="post_not_found", severity="warning", facts={"header": pair.pre}))
        has = {when for pair in found.pairs for when in ("pre", "post") if getattr(pair, when) is not None}
        has |= {"pre", "post"} if found.series else set()
        missed = set()
        for header in (header for header in free if header not in points):
            when = next(filter(None, map(occasion, self.names[header])), None)
            if when is not None and when not in has:
                missed.add(when)
                facts = {"role": Term(f"occasion.{when}"), "header": header}
                self._warn(Problem(code="role_without_scores", severity="warning", facts=facts))
        said = found.pairs or found.series or found.unclear or graded
        if not said and "post" not in missed and "wave" not in self.roles:
            self._warn(Problem(code="scores_not_found", severity="warning"))

    def _measured(self, pair: Pair) -> Measured:
        return Measured(
            label=self._label(pair),
            domain=domain_of(pair.subject),
            pre=pair.pre,
            post=pair.post,
            high_pre=self._high(pair.pre),
            high_post=self._high(pair.post),
        )

    def _label(self, pair: Pair) -> str:
        """The words of the subject as the heading writes them, "" when it has none."""
        written = re.findall(r"[^\W_]+", pair.post or pair.pre or "")
        told = [word for word in written if set(heading_words(word)) & set(pair.subject)]
        return " ".join(told or pair.subject)

    def _high(self, header: str | None) -> float | None:
        told = {table.maxima[header] for table in self.tables if header in table.maxima}
        return told.pop() if len(told) == 1 else None


def domain_of(words: Words) -> str:
    """What these words of a heading are about; learning gain where they do not say."""
    domains = synonyms()["domains"].items()
    return next((domain for domain, said in domains if set(said) & set(words)), "learning_gain")


def _own_name(table: Table) -> str:
    return table.sheet or PurePath(table.file).stem


def _says(words: Words, phrase: str) -> bool:
    """Whether a heading is this phrase, in any order and with words around it that say nothing."""
    wanted = set(phrase.split())
    return bool(words) and wanted <= set(words) and set(words) - wanted <= set(synonyms()["neutral"])


def _codes(column: Column) -> list[str]:
    """The different texts in a column that are no word for "nothing"."""
    texts = dict.fromkeys(as_text(cell) for cell in column.distinct)
    return sorted(text for text in texts if text.casefold() not in file_words("missing"))


def _moments(column: Column) -> list[str]:
    """The different moments in a column: beside a word for before, "na" stands for afterwards and not for nothing."""
    texts = {text.casefold(): text for cell in column.distinct if (text := as_text(cell))}
    before, after = (set(synonyms()["moments"][kind]) & texts.keys() for kind in ("pre_in_pair", "post_in_pair"))
    return list(dict.fromkeys([*_codes(column), *(texts[word] for word in after if before)]))


def _holds_points(column: Column) -> bool:
    """Whether most of the different cells can be scores; how their numbers are to be read is not asked here."""
    cells = column.distinct[:MOST_ASKED]
    parsed = parse_scores(cells, row_numbers=range(len(cells)))
    filled = len(cells) - sum(parsed.missing.values())
    if any(problem.code in ("mixed_decimals", "ambiguous_number") for problem in parsed.problems):
        return True
    return 2 * sum(value == value for value in parsed.values.tolist()) > filled


def _few_words(column: Column) -> tuple[str, ...]:
    """The different words of a column in which each comes back; nothing where they are many, or numbers."""
    codes = _codes(column) if len(column.distinct) <= 2 * MOST_LEVELS else []
    if not 2 <= len(codes) <= MOST_WORDS or len(column) < ROWS_A_WORD * len(codes):
        return ()
    return tuple(codes) if not any(code[:1].isdecimal() for code in codes) else ()


def _known_levels(words: Iterable[str]) -> tuple[str, ...] | None:
    """The words with the worst first, as they stand, where a list of levels holds them all."""
    own = {fold_level(word): word for word in words}
    for levels in level_lists():
        if own.keys() <= {fold_level(level) for level in levels}:
            return tuple(own.get(fold_level(level), level) for level in levels)
    return None


def _ordered_levels(column: Column) -> bool:
    codes = _codes(column) if len(column.distinct) <= 2 * MOST_LEVELS else []
    return 2 <= len(codes) <= MOST_LEVELS and all(map(is_level, codes))

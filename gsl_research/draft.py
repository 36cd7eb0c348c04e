"""The first study file as text: what a proposal is sure of is filled in, the rest is asked.

What must be answered is an empty value, which ``load_study`` refuses with its row; what may be answered is a line
behind a #.
"""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

from .designs import Unit
from .files import write_text
from .occasions import heading_words, synonyms
from .problems import Problem, Problems
from .roles import Measured, Proposal, domain_of
from .study import USUAL_LANGUAGE, Study
from .wave_names import are_years, known_order
from .wording import Words

WIDTH = 110
LEAST_WAVES = 3
"""Waves from which arms are compared on growth (design page, section 5)."""
SURE = ("pupil", "class", "teacher", "school", "group")
"""Roles that are filled in; the others change what is measured and wait behind a #."""


def write_study_draft(path: Path, proposal: Proposal, w: Words) -> Path:
    """Write the first study file; its id is the file's own name, never that of the scores.

    Raises Problems ``study_name`` and ``study_exists`` (nothing is ever written over), and those of writing.
    """
    if path.suffix.lower() != ".toml":
        raise Problems([Problem(code="study_name", file=path.name, facts={"suggestion": f"{path.stem}.toml"})])
    if path.exists():
        free = next(name for n in range(2, 1000) if not (name := path.with_stem(f"{path.stem}-{n}")).exists())
        raise Problems([Problem(code="study_exists", file=path.name, facts={"suggestion": free.name})])
    return write_text(path, study_draft(proposal, w, study_id=_identifier(path.stem) or "study"))


def study_draft(proposal: Proposal, w: Words, *, study_id: str) -> str:
    """The text of a study file for this proposal, in the language of ``w``."""
    lines = [*_plan(w, study_id), *_design(proposal, w), *_outcomes(proposal, w), *_conduct(proposal, w)]
    return "\n".join(lines) + "\n"


def _plan(w: Words, study_id: str) -> Iterator[str]:
    levers = get_args(Study.model_fields["lever"].annotation)
    yield from commented(w("command.draft.intro"))
    yield from ("", "schema = 1")
    if w.lang != USUAL_LANGUAGE:
        yield f"language = {_toml(w.lang)}"
    yield from _ask(w, "id", _toml(study_id))
    yield from _ask(w, "title", '""', w("command.draft.fill"))
    yield from _ask(w, "question", '""', w("command.draft.fill"))
    yield from _ask(w, "lever", '""', _choose(w, levers))
    yield from _ask(w, "planned_on", "2026-09-15", optional=True)


def _design(proposal: Proposal, w: Words) -> Iterator[str]:
    compared = "group" in proposal.roles or "group" in proposal.choices
    kind = kind_of_waves(proposal)
    yield from ("", "", "[design]")
    if kind is not None:
        yield from _waves(proposal, w, kind)
    else:
        if "wave" in proposal.roles:
            yield ""
            yield from commented(w("command.draft.rows_per_wave"))
        yield from _ask(w, "kind", _toml("comparison" if compared else "one_group"))
    if compared:
        yield from _ask(w, "assigned", '""', _choose(w, get_args(Unit)))
        yield from _ask(w, "randomised", "false")
    elif kind != "survey":
        yield ""
        yield from commented(w(f"command.draft.{'to_compared_growth' if kind else 'to_comparison'}"))
    yield from ("", "", "[columns]")
    yield from commented(w("command.draft.columns"))
    yield from _roles(proposal, w)
    if not compared and kind == "survey":
        return
    if not compared:
        group = proposal.roles.get("class", "")
        yield from (f"#group = {_toml(group)}", "", "#[groups]", "#treated = []", "#control = []")
        return
    yield from ("", "", "[groups]")
    codes = ", ".join(map(_toml, proposal.codes))
    yield from commented(w("command.draft.groups", codes=codes) if codes else w("command.draft.groups_unknown"))
    for arm in ("treated", "control"):
        yield f"{arm} = []   # {_choose(w, proposal.codes) if codes else w('command.draft.fill')}"


def kind_of_waves(proposal: Proposal) -> Literal["growth", "survey"] | None:
    """Growth of three waves, side by side or of pupils who are known; a survey of two, or of school years. None where
    there are no waves, or two of them in rows with a comparison."""
    compared = "group" in proposal.roles or "group" in proposal.choices
    count, known = len(proposal.waves), "pupil" in proposal.roles or "wave" not in proposal.roles
    if count >= LEAST_WAVES and (compared or (known and not are_years(proposal.waves))):
        return "growth"
    return "survey" if count > 1 and not compared else None


def in_rows(proposal: Proposal) -> bool:
    """Whether every wave has rows of its own."""
    return "wave" in proposal.roles and kind_of_waves(proposal) is not None


def _waves(proposal: Proposal, w: Words, kind: Literal["growth", "survey"]) -> Iterator[str]:
    labels = ", ".join(map(_toml, proposal.waves))
    years = are_years(proposal.waves)
    if kind == "growth":
        yield from _ask(w, "kind_growth", _toml("growth"), key_as="kind")
        yield from _ask(w, "waves", f"[{labels}]")
    else:
        yield from _ask(w, "kind_survey", _toml("survey"), key_as="kind")
        yield from _ask(w, "waves", f"[{labels}]", key_as="occasions")
        yield from _ask(w, "same_pupils", "true" if "pupil" in proposal.roles and not years else "false")
    known = known_order(proposal.waves)
    if "date" not in proposal.roles and (known is None or known[0] != "dates"):
        step = timedelta(days=365 if years else 91)
        days = [(date(2026, 9, 15) + step * at).isoformat() for at in range(len(proposal.waves))]
        yield from _ask(w, "dates", f"[{', '.join(days)}]", optional=True)


def _roles(proposal: Proposal, w: Words) -> Iterator[str]:
    for role in SURE:
        if role in proposal.roles:
            yield f"{role} = {_toml(proposal.roles[role])}"
        elif role in proposal.choices:
            yield f'{role} = ""   # {_choose(w, proposal.choices[role])}'
        elif role == "class" and proposal.class_from is not None:
            yield f"class = {_toml(w(f'command.draft.{proposal.class_from}'))}"
        elif role == "pupil":
            yield from _ask(w, "pupil", '""', optional=True)
    sure = (*SURE, "wave", "date") if in_rows(proposal) else SURE
    for role in (role for role in ("wave", "date") if role in sure and role in proposal.roles):
        yield f"{role} = {_toml(proposal.roles[role])}"
    later = {role: header for role, header in proposal.roles.items() if role not in sure}
    later |= {role: headers[0] for role, headers in proposal.choices.items() if role not in SURE}
    if "teaching_group" in later:
        yield from _ask(w, "teaching_group", _toml(later.pop("teaching_group")), optional=True)
    if "dose" in later and ("group" in proposal.roles or "group" in proposal.choices):
        yield from _ask(w, "dose", _toml(later.pop("dose")), optional=True)
    if later:
        yield ""
        yield from commented(w("command.draft.later"))
        yield from (f"#{role} = {_toml(header)}" for role, header in later.items())


def _outcomes(proposal: Proposal, w: Words) -> Iterator[str]:
    outcomes = (*proposal.outcomes, *proposal.graded) or (_only_points(proposal),)
    names: set[str] = set()
    for outcome in outcomes:
        label = outcome.label or w("command.draft.outcome_label")
        name = _free(_identifier(label, letter_first=True) or w("command.draft.outcome_name"), names)
        names.add(name)
        yield from ("", "", "[[outcomes]]", f"name = {_toml(name)}", f"label = {_toml(label[0].upper() + label[1:])}")
        yield from _ask(w, "domain", _toml(outcome.domain))
        if len(outcomes) == 1:
            yield 'role = "primary"'
        else:
            yield from _ask(w, "role", '""', _choose(w, ("primary", "secondary", "side_effect")))
        yield from _occasions(proposal, outcome, w)
        if outcome.levels:
            yield from _levels(outcome, w)
            continue
        yield from _scale(outcome, w)
        yield from _ask(w, "smallest_worthwhile", "1.0", optional=True)
        yield from _ask(w, "reliability", "0.8", optional=True)
        yield from _ask(w, "goal", "{ at_least = 12, share = 0.8 }", optional=True)
    for header in proposal.categories:
        yield ""
        yield from commented(w("command.draft.subgroups"))
        yield from ("#[[subgroups]]", f"#column = {_toml(header)}")


def _only_points(proposal: Proposal) -> Measured:
    """An outcome without a moment in its heading: what the only column of points of a list with rows per wave tells."""
    nothing = Measured(label="", domain="learning_gain", pre=None, post=None)
    if not in_rows(proposal) or len(proposal.points) != 1:
        return nothing
    header = proposal.points[0]
    said = heading_words(header)
    plain = {*synonyms()["scores"]["plain"], *synonyms()["neutral"]}
    label = " ".join(word for word in re.findall(r"[^\W_]+", header) if not set(heading_words(word)) <= plain)
    return replace(nothing, label=label, domain=domain_of(said), post=header)


def _occasions(proposal: Proposal, outcome: Measured, w: Words) -> Iterator[str]:
    yield ""
    if in_rows(proposal):
        yield from commented(w("command.draft.post_of_wave"))
        known = outcome.post or (proposal.points[0] if len(proposal.points) == 1 else None)
        asked = _choose(w, proposal.points) if proposal.points else w("command.draft.fill")
        yield f"post = {_toml(known)}" if known else f'post = ""   # {asked}'
        yield from _ask(w, "tests", '""', _choose(w, ("same", "parallel", "different")))
        return
    yield from commented(w(f"command.draft.{'occasions_between' if outcome.between else 'occasions'}"))
    if outcome.pre is not None:
        yield f"pre = {_toml(outcome.pre)}"
    elif outcome.post is None and proposal.points:
        yield f'pre = ""   # {w("command.draft.choose_or_drop", options=_options(proposal.points))}'
    else:
        yield '#pre = ""'
    if outcome.between:
        yield f"between = [{_options(outcome.between)}]"
    if outcome.post is not None:
        yield f"post = {_toml(outcome.post)}"
    else:
        yield f'post = ""   # {_choose(w, proposal.points) if proposal.points else w("command.draft.fill")}'
    if outcome.pre is not None or outcome.post is None:
        yield from _ask(w, "tests", '""', _choose(w, ("same", "parallel", "different")))


def _levels(outcome: Measured, w: Words) -> Iterator[str]:
    """What stands in the columns; the order is asked where it is not known."""
    known = f"[{_options(outcome.levels)}]"
    yield from _ask(
        w, "levels", known if outcome.ordered else "[]", "" if outcome.ordered else _choose(w, outcome.levels)
    )
    yield from _ask(w, "smallest_worthwhile_share", "0.1", optional=True, key_as="smallest_worthwhile")
    two = len(outcome.levels) == 2
    level = _toml(outcome.levels[-1])
    yield from _ask(
        w, "goal_share", f"{{ {'' if two else f'at_least = {level}, '}share = 0.8 }}", optional=True, key_as="goal"
    )


def _scale(outcome: Measured, w: Words) -> Iterator[str]:
    highs = {"pre_scale": outcome.high_pre, "post_scale": outcome.high_post}
    if outcome.pre is None:
        highs = {"scale": outcome.high_post}
    elif outcome.high_pre == outcome.high_post:
        highs = {"scale": outcome.high_pre}
    told = [f"{key} = [0, {high:g}]" for key, high in highs.items() if high is not None]
    if told:
        yield ""
        yield from commented(w("command.draft.scale_told"))
        yield from told
    else:
        yield from _ask(w, "scale", "[0, 20]", optional=True)


def _conduct(proposal: Proposal, w: Words) -> Iterator[str]:
    yield from ("", "", "[conduct]")
    yield from commented(w("command.draft.conduct"))
    yield from _ask(w, "post_on", "2026-12-10", optional=True)
    yield from _ask(w, "results_seen", "true", optional=True)
    yield from _ask(w, "new_content", "false", optional=True)
    yield from _ask(w, "scoring", _toml("own_rubric"), optional=True)
    yield from _ask(w, "fidelity", "0.8", optional=True)
    yield from _ask(w, "extra_minutes", "[10, 20]", optional=True)
    if "group" in proposal.roles or "group" in proposal.choices:
        yield from _ask(w, "comparison", _toml("parallel"), optional=True)
    yield from ("", "", "[context]")
    yield from _ask(w, "weeks", "8", optional=True)
    yield from _ask(w, "minutes", "50", optional=True)
    yield from ("", "", "[privacy]")
    yield from _ask(w, "keep_until", "2027-08-31", optional=True)
    yield from _ask(w, "share_moments", "true", optional=True)


def _ask(
    w: Words, text: str, value: str, note: str = "", *, optional: bool = False, key_as: str | None = None
) -> Iterator[str]:
    """The question as a comment, and under it the line that answers it, by the name of its text unless ``key_as``."""
    yield ""
    yield from commented(w(f"command.draft.{text}"))
    key = key_as or text
    yield f"{'#' if optional else ''}{key} = {value}{f'   # {note}' if note else ''}"


def commented(text: str) -> Iterator[str]:
    lines = (line for part in text.splitlines() for line in textwrap.wrap(part, WIDTH, break_long_words=False))
    yield from (f"# {line}" for line in lines)


def _choose(w: Words, options: Sequence[str]) -> str:
    return w("command.draft.choose", options=_options(options))


def _options(options: Iterable[str]) -> str:
    return ", ".join(map(_toml, options))


def _toml(text: str) -> str:
    """A TOML string: JSON's own, but for the one sign that only TOML escapes."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _identifier(text: str, *, letter_first: bool = False) -> str:
    """The text as a name of letters, digits, - and _; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-_")[:60]
    return re.sub(r"^[^A-Za-z]+", "", name) if letter_first else name


def _free(name: str, taken: set[str]) -> str:
    name = name.lower()
    return next(free for n in range(1, 1000) if (free := name if n == 1 else f"{name[:55]}-{n}") not in taken)

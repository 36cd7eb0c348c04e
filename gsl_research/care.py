"""What the verbs for codes, forgetting and keeping say, line by line. No line holds a pupil's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from .files import PRIVATE
from .forgetting import Forgetting, Forgotten
from .pseudonyms import Coded
from .retention import Kept
from .someone import Change
from .wording import Words

MOST_NAMED = 12
"""Files that could not be looked into: more are counted (policy)."""


def coded_lines(coded: Coded, w: Words) -> Iterator[str]:
    """What was made, what stayed behind, and what the key is."""

    def say(key: str, **blanks: object) -> str:
        return w(f"privacy_care.codes.{key}", **blanks)

    yield say("made", file=coded.file, pupils=w.count(coded.pupils))
    yield say("only_table")
    if coded.sheets_left_out:
        yield say("sheets_left_out", sheets=w.listing([f"“{name}”" for name in coded.sheets_left_out]))
    if coded.left_out:
        yield say("left_out")
        for header, reason in coded.left_out:
            yield "- " + say("column", header=header, reason=w(f"privacy_care.why.{reason}"))
        yield say("keep", header=coded.left_out[0][0])
    if coded.kept:
        yield say("kept", headers=w.listing([f"“{header}”" for header in coded.kept]))
    if coded.guarded:
        yield say("guarded", count=w.count(coded.guarded))
    yield ""
    yield say("key_made" if coded.key_made else "key_used", path=coded.key_file)
    if coded.key_synchronised:
        yield say("key_synchronised")
    yield say("key_lost")
    yield say("key_other")
    yield say("not_without_names")


def forget_lines(plan: Forgetting, done: Forgotten | None, w: Words, *, typed: bool) -> Iterator[str]:
    """What would be done, or what was; then what is left for the person. ``typed`` is a name in the command."""

    def say(key: str, **blanks: object) -> str:
        return w(f"privacy_care.forget.{key}", **blanks)

    yield say("plan" if done is None else "done")
    for change in plan.changes:
        yield "- " + _change_line(plan, change, w)
    if done is None or done.page is not None:
        yield from (f"- {say('measure', study=plan.study)}" for _ in [plan.study] if plan.study)
    yield from (f"- {say('remove_study', study=study)}" for study in plan.others)
    for path in plan.remove if done is None else done.removed:
        yield "- " + say("to_remove" if done is None else "removed", file=_named(plan, path, w))
    if plan.changes:
        yield say("only_table")
    if plan.namesake:
        yield say("namesake")
    elif plan.unsearchable:
        yield say("unsearchable")
    if done is not None and done.unmeasured:
        yield say("unmeasured")
        yield from (f"- {line}" for line in w.problem_lines(done.unmeasured))
    if done is not None and done.page is not None:
        yield say("measured", path=done.page)
    for key, paths in (("look", plan.look if done is None else ()), ("edited", plan.edited)):
        if paths:
            yield say(key)
            yield from (f"- {_named(plan, path, w)}" for path in paths)
    yield ""
    if done is None:
        yield from _unseen(plan, plan.unseen, "unseen", w)
        yield say("go")
    else:
        if done.left:
            yield say("left")
            yield from (f"- {_named(plan, path, w)}" for path in done.left)
            yield from _unseen(plan, done.unseen, "unseen", w)
        elif done.unseen:
            yield from _unseen(plan, done.unseen, "clean_but", w)
        elif not (plan.namesake or plan.unsearchable):
            yield say("clean")
        yield say("note", path=done.note)
        yield say("beyond")
        yield from (f"- {say(f'beyond_{what}')}" for what in ("copies", "reports", "notebooks"))
    if typed:
        yield say("history")


def _unseen(plan: Forgetting, paths: Sequence[Path], key: str, w: Words) -> Iterator[str]:
    """The files that could not be looked into, under the sentence ``key``."""
    if paths:
        yield w(f"privacy_care.forget.{key}")
        yield from (f"- {_named(plan, path, w)}" for path in paths[:MOST_NAMED])
        if len(paths) > MOST_NAMED:
            yield "- " + w("privacy_care.forget.unseen_more", count=w.count(len(paths) - MOST_NAMED))


def retention_lines(
    out: Path, studies: Sequence[Kept], others: Sequence[Path], w: Words, *, today: date
) -> Iterator[str]:
    """Every study with its last day, what is past it, and the rule."""

    def say(key: str, **blanks: object) -> str:
        return w(f"privacy_care.retention.{key}", **blanks)

    yield say("title" if studies else "none")
    for one in studies:
        yield ""
        day = one.post_on or one.measured_on
        when = say("undated") if day is None else say("post" if one.post_on else "measured", date=w.date(day))
        why = say("chosen" if one.chosen else "usual")
        yield say("study", study=one.study, when=when, until=w.date(one.until), why=why)
        if one.past(today):
            yield "- " + say("past", folder=out / PRIVATE / one.study)
        elif not one.private:
            yield "- " + say("empty")
        if one.key_past(today):
            yield "- " + say("key_past", path=one.key)
        elif one.key is not None:
            yield "- " + say("key", path=one.key, until=w.date(one.key_until))
    yield from (say("other_key", path=path) for path in others)
    if studies:
        yield ""
        yield say("policy")
        yield say("cannot_see")


def _change_line(plan: Forgetting, change: Change, w: Words) -> str:
    facts = {"file": _named(plan, change.file, w), "rows": w.count(change.rows)}
    if change.cells:
        return w("privacy_care.forget.file_cells", cells=w.count(change.cells), **facts)
    return w("privacy_care.forget.file", **facts)


def _named(plan: Forgetting, path: Path, w: Words) -> str:
    return w("privacy_care.hidden_file") if plan.hides(path) else str(path)

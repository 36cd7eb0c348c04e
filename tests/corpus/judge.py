"""What is wrong with what ``gsl check`` says about a file, by what the maker of the file knows."""

import json
import math
import re
import unicodedata

from gsl_research.checking import Checked, check_files
from gsl_research.wording import words

from .case import Expected
from .maker import private_words, toml

NAMES = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, sorted(private_words(), key=len, reverse=True)))})(?!\w)")
REFUSED = "refused a plausible file"
ROUTINE = {"small_group", "not_yet"}
"""Warnings about the size or the design, that say nothing about the file."""
HALF_MADE = re.compile(r"\{\w*\}|\bNone\b|\bTerm\(|\bnan\b|float64|<class")


def checked(expected: Expected) -> tuple[Checked, dict]:
    study = expected.path.parent / "studie.toml"
    study.write_text(toml(expected.study), "utf-8")
    found = check_files(expected.path, study, words("nl"))
    return found, json.loads(found.json())


def differences(truth: dict, told: dict) -> list[str]:
    """Where the facts of a check are not those of the maker."""
    found = []
    for key, value in truth.items():
        given = told.get(key)
        if key in ("classes", "groups"):
            given = {unicodedata.normalize("NFC", name): n for name, n in (given or {}).items()}
            value = {unicodedata.normalize("NFC", name): n for name, n in value.items()}
        if key == "outcomes":
            for fact, number in value[0].items():
                other = given[0][fact] if given else None
                same = other == number
                if isinstance(number, float) and isinstance(other, float):
                    same = math.isclose(number, other, rel_tol=1e-9, abs_tol=1e-9)
                found += [] if same else [f"{fact}: {other!r}, not {number!r}"]
        elif given != value:
            found.append(f"{key}: {given!r}, not {value!r}")
    return found


def complaints(expected: Expected) -> list[str]:
    """Everything that is wrong with what a check says about a file; none when the reader is honest."""
    check, told = checked(expected)
    rejected = told["outcome"] == "reject"
    found = [*_as_a_report(check, told, expected)]
    if expected.truths is None:
        return found
    if rejected and not expected.may_refuse:
        found.append(f"{REFUSED}: {told['messages'][:3]}")
    if rejected and expected.may_refuse:
        found += _located(told, expected)
    if not rejected and not expected.truths:
        found.append("accepted what must be refused")
    if not rejected and expected.truths:
        wrong = [differences(truth, told["facts"]) for truth in expected.truths]
        if all(wrong):
            found.append(
                f"silently wrong: {min(wrong, key=len)}" if told["outcome"] == "accept" else f"wrong: {wrong[0]}"
            )
        said = {problem["code"] for problem in told["problems"]} - ROUTINE
        if expected.must_warn and not said:
            found.append("accepted without a word")
        found += _missing(told, expected)
    return found


def _as_a_report(check: Checked, told: dict, expected: Expected) -> list[str]:
    found = []
    if len(told["messages"]) != len(told["problems"]):
        found.append("not one message per problem")
    said = [*check.lines, *told["messages"]]
    said += [words("en").problem(problem) for problem in check.problems]
    said += [str(problem["value"]) for problem in told["problems"] if problem["value"] is not None]
    shown = _cells(told) + toml(expected.study)
    for line in said:
        if (half := HALF_MADE.search(line)) and half.group() not in shown:
            found.append(f"half a sentence: {line!r}")
        if name := NAMES.search(line):
            found.append(f"a name ({name.group()}) in a message: {line!r}")
        for secret in expected.secrets:
            if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", line):
                found.append(f"a pupil's code ({secret}) in a message: {line!r}")
    return found


def _cells(told: dict) -> str:
    """The cells and classes that a message may rightly show."""
    return " ".join([*(str(p["value"]) for p in told["problems"] if p["value"]), *told["facts"].get("classes", ())])


def _located(told: dict, expected: Expected) -> list[str]:
    errors = [problem for problem in told["problems"] if problem["severity"] == "error"]
    where = [p for p in errors if p["file"] and p["mend"]]
    if not where:
        return ["a refusal without a file or a mend"]
    if expected.file and not (where := [p for p in where if p["file"] == expected.file]):
        return [f"not in file {expected.file}: {told['messages'][:3]}"]
    if expected.codes and not {p["code"] for p in errors} & expected.codes:
        return [f"refused for another reason: {told['messages'][:3]}"]
    rows = {p["row"] for p in where}
    if expected.rows and not rows & expected.rows:
        return [f"not at rows {sorted(expected.rows)[:8]}: {told['messages'][:3]}"]
    if expected.all_rows and not rows >= expected.rows:
        return [f"not every row told: {sorted(expected.rows - rows)}"]
    if expected.column:
        at = [p for p in where if not expected.rows or p["row"] in expected.rows]
        if not any((p["column"] or "").casefold() == expected.column.casefold() for p in at):
            return [f"not in column {expected.column}: {told['messages'][:3]}"]
    return []


def _missing(told: dict, expected: Expected) -> list[str]:
    counts = told["facts"].get("outcomes", [{}])[0].get("missing", {})
    return [
        f"{occasion}: missing {counts.get(occasion)}, not {named}"
        for occasion, named in (expected.missing or {}).items()
        if any(
            {k.casefold(): v for k, v in counts.get(occasion, {}).items()}.get(w.casefold()) != n
            for w, n in named.items()
        )
    ]

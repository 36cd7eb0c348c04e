"""Every text is used, every code has one, and no text says what we never say."""

import ast
import re
import shutil
from collections.abc import Iterator
from typing import get_args

import pytest
from conftest import PROJECT, plan
from made_cases import outcome
from telling import run, said
from test_pages_told import OF_KINDS
from text_keys import KEYS, LANGUAGES, PACKAGE, ROOMS, UNIT_LEVELS, blanks
from told_cases import cases
from wording_rules import FIGURES, FILE_KEYS, FILE_WORDS, FORBIDDEN, NOT_FOR, has

from gsl_research import wording
from gsl_research.documents import html
from gsl_research.estimate import Reason
from gsl_research.measure import not_yet
from gsl_research.problems import Problem
from gsl_research.report import report
from gsl_research.study import Columns, Study
from gsl_research.study_file import _wanted
from gsl_research.wording import TEXTS, languages, words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_keys_and_blanks(lang):
    assert KEYS[lang].keys() == KEYS["nl"].keys()
    differing = [key for key, text in KEYS[lang].items() if blanks(text) != blanks(KEYS["nl"][key])]
    assert not differing


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_for_a_unit_is_used_and_every_unit_has_all(lang):
    texts_told = " ".join(text for key, text in KEYS[lang].items() if isinstance(text, str))
    levels = {level: set(_terms_of(lang, level)) for level in UNIT_LEVELS}
    assert len({frozenset(terms) for terms in levels.values()}) == 1
    for term in levels["class"]:
        assert f"{{{term}}}" in texts_told or f"{{{term[0].upper()}{term[1:]}}}" in texts_told, term


def _terms_of(lang: str, level: str) -> list[str]:
    return [key.split(".")[2] for key in KEYS[lang] if key.startswith(f"units.{level}.")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_is_not_a_copy_of_another(lang):
    """Long texts that are the same in two languages were never translated."""
    if lang != "nl":
        copied = [key for key, text in KEYS[lang].items() if text == KEYS["nl"][key] and len(str(text)) > 25]
        assert not copied


def test_every_reason_why_a_number_is_missing_has_a_sentence():
    """Some can hardly be reached from a file that was read; a record may name any."""
    for lang in LANGUAGES:
        reasons = {key.removeprefix("report.reason."): text for key, text in KEYS[lang].items() if ".reason." in key}
        assert set(reasons) == set(get_args(Reason))
        assert all(text.endswith(".") for text in reasons.values())


# every key in the code is a text, and every text has its place in the code


def literals(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """String literals that are no docstring; the parts of an f-string are not literals of their own."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str)
        if text and id(node) not in alone | inside:
            yield node


def pattern(node: ast.expr) -> str:
    """What a string in the code can become: ``f"a.{b}"`` is anything in table a."""
    if isinstance(node, ast.JoinedStr):
        filled = (isinstance(part, ast.FormattedValue) for part in node.values)
        return "".join(r"[\w.]*" if blank else re.escape(p.value) for blank, p in zip(filled, node.values, strict=True))
    return re.escape(node.value)


def code() -> dict[str, ast.Module]:
    return {path.as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


CODE = code()


FILE = r"\w+\\\.(toml|html(\\\.j2)?|json|typ|css)"
"""A file name that would pass for a key: "report.html"."""


def asked() -> set[str]:
    """Patterns of the keys that the code and the page's template ask for."""
    found = set()
    for tree in CODE.values():
        for node in literals(tree):
            wanted = pattern(node)
            if re.match(rf"({'|'.join(ROOMS)})\\\.[^\s/]+$", wanted) and not re.fullmatch(FILE, wanted):
                found.add(wanted)
        for node in ast.walk(tree):
            match node:
                case ast.Subscript(value=ast.Attribute(attr="_locale"), slice=ast.Constant(value=key)):
                    found.add(rf"locale\.{key}")
    for template in PACKAGE.rglob("*.j2"):
        found |= {re.escape(key) for key in re.findall(r'words\("([\w.]+)"', template.read_text("utf-8"))}
    return found


def test_every_key_the_code_asks_for_is_a_text():
    assert not [wanted for wanted in asked() if not any(re.fullmatch(wanted, key) for key in KEYS["nl"])]


def test_no_text_outside_the_pages_is_dead():
    """Rooms of pages are told above; problems and terms are counted below; ``start.py`` cannot import the package."""
    patterns = asked()
    elsewhere = ("verdict", "report", "problems", "start", "units", *OF_KINDS)
    rest = [key for key in KEYS["nl"] if key.split(".")[0] not in elsewhere]
    assert not [key for key in rest if not any(re.fullmatch(wanted, key) for wanted in patterns)]


def test_the_texts_of_start_are_those_that_start_asks_for():
    tree = ast.parse((PROJECT / "start.py").read_text("utf-8"))
    inside = {node.value for node in literals(tree) if isinstance(node, ast.Constant)}
    assert {key.split(".")[1] for key in KEYS["nl"] if key.startswith("start.")} <= inside


# problems


def strings(node: ast.expr, function: ast.AST, tree: ast.Module) -> set[str]:
    """What an expression for a code can be: literals, either side of a condition, or a name given one of these."""
    match node:
        case ast.Constant(value=str(value)):
            return {value}
        case ast.IfExp(body=body, orelse=other):
            return strings(body, function, tree) | strings(other, function, tree)
        case ast.Name(id=name):
            given = [
                inner.value
                for inner in ast.walk(function)
                if isinstance(inner, ast.Assign) and name in map(ast.unparse, inner.targets)
            ]
            return {found for value in given for found in strings(value, function, tree)}
    return set()


def problem_codes() -> dict[str, set[str]]:
    """Every code the package can give a Problem, and patterns of the facts that its function gives along."""
    facts: dict[str, set[str]] = {}
    for tree in CODE.values():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            keys = {
                key.value
                for node in ast.walk(function)
                if isinstance(node, ast.Dict)
                for key in node.keys
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
            keys |= {
                pattern(node.slice)
                for node in ast.walk(function)
                if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
                if isinstance(node.slice, ast.JoinedStr) or isinstance(getattr(node.slice, "value", None), str)
            }
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                name = call.func.id if isinstance(call.func, ast.Name) else ""
                named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
                if name in ("stop", "_stop", "mistake") and call.args:
                    codes, given = strings(call.args[0], function, tree), set(named) | keys
                elif name == "Problem" and "code" in named:
                    codes, given = strings(named["code"], function, tree), keys
                else:
                    continue
                for found in codes:
                    facts.setdefault(found, set()).update(given)
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="refused"))], value=value):
                    for found in strings(value, tree, tree):
                        facts.setdefault(found, set())
    return facts | {f"value_{limit}": {"key", "bound"} for limit in limits()}


LIMITS = {
    "exclusiveMinimum": "greater_than",
    "minimum": "greater_than_equal",
    "exclusiveMaximum": "less_than",
    "maximum": "less_than_equal",
    "maxLength": "string_too_long",
}


def limits() -> set[str]:
    """The kinds of limit that a study file can break."""
    schema = str(Study.model_json_schema())
    return {kind for keyword, kind in LIMITS.items() if f"'{keyword}'" in schema}


PROBLEMS = {
    key.split(".")[1] for key in KEYS["nl"] if key.startswith("problems.") and key.count(".") == 2 and ".says" in key
}


def test_every_problem_has_a_sentence_and_a_mend():
    codes = problem_codes()
    assert len(codes) > 60
    missing = [f"{lang}: {found}.{part}" for lang in LANGUAGES for found in sorted(codes) for part in ("says", "mend")
               if f"problems.{found}.{part}" not in words(lang)]  # fmt: skip
    assert not missing


def test_no_problem_is_dead():
    assert PROBLEMS - set(problem_codes()) == set()


def test_a_problem_has_every_fact_its_sentence_names():
    always = {"value", "column", "file"}
    short = {
        found: lacking
        for found, facts in problem_codes().items()
        if (lacking := {
            blank
            for part in ("says", "mend")
            for blank in blanks(KEYS["nl"][f"problems.{found}.{part}"]) - always
            if not any(re.fullmatch(fact, blank) for fact in facts)
        })
    }  # fmt: skip
    assert not short


def terms(group: str) -> set[str]:
    return {key.split(".")[3] for key in KEYS["nl"] if key.startswith(f"problems.term.{group}.")}


def test_every_term_is_a_word_of_ours_and_none_is_dead():
    roles = {field.alias or name for name, field in Columns.model_fields.items()}
    assert terms("role") == roles | {"subgroup", "start"}
    assert terms("occasion") == {"pre", "between", "post"}
    assert terms("arm") == {"treated", "control"}
    kinds = ("bool", "string", "date", "tuple", "float", "int", "finite_number", "date_from_datetime", "model", "dict")
    assert terms("type") == {_wanted(kind) for kind in kinds}
    assert terms("later") == {str(problem.facts["what"]).removeprefix("later.") for problem in later()}


def later() -> Iterator[Problem]:
    """Everything that is understood and not measured yet."""
    designs: list[dict] = [
        {"kind": "multi_site", "site": "class"},
        {"kind": "growth", "waves": ["1", "2", "3"]},
        {"kind": "growth", "waves": ["1", "2", "3"], "assigned": "pupil"},
        {"kind": "stepped", "start_column": "start"},
        {"kind": "single_case", "phase": "fase", "occasion": "dag"},
        {"kind": "survey", "occasions": ["1"]},
        {"kind": "comparison", "assigned": "pupil"},
        {"kind": "comparison", "assigned": "class"},
    ]
    roles = {role: role for role in ("class", "group", "wave", "date", "dose", "own_goal")}
    outcomes = [outcome(), outcome("lezen", pre=None), outcome("zwemmen", scale=None, levels=["nee", "ja"],
                                                               role="secondary", smallest_worthwhile=None)]  # fmt: skip
    for design in designs:
        two = design["kind"] in ("comparison", "multi_site") or "assigned" in design
        columns = roles | ({"block": "blok"} if design["kind"] == "multi_site" else {})
        study = plan("comparison", design=design, columns=columns, outcomes=outcomes, subgroups=[{"column": "taal"}])
        content = study if two else {key: value for key, value in study.items() if key != "groups"}
        yield from (problem for problem in not_yet(Study.model_validate(content), "pupil") if problem.code == "not_yet")
    graded = [outcome("zwemmen", scale=None, levels=["nee", "ja"], smallest_worthwhile=None)]
    dosed = plan("comparison", columns={role: role for role in ("class", "group", "dose")}, outcomes=graded)
    yield from not_yet(Study.model_validate(dosed), "class")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refusal_of_a_design_reads_as_a_sentence(lang):
    for problem in later():
        assert re.fullmatch(r"[^\W\d_].*\.", words(lang).problem(problem))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_has_a_forbidden_word(lang):
    found = []
    for key, text in KEYS[lang].items():
        if not isinstance(text, str) or key.startswith("start."):
            continue
        bare = re.sub(r"\{\w*\}", " ", text)
        words_here = [word for word in has(FORBIDDEN[lang], bare) if word != NOT_FOR.get(key, {}).get(lang)]
        if key.split(".")[0] in FILE_WORDS:
            words_here = [word for word in words_here if not word.startswith(FILE_KEYS)]
        elif key.split(".")[0] in ("verdict", "report"):
            words_here += has((FIGURES[lang],), bare)
        found += [f"{key}: {words_here}"] if words_here else []
    assert not found


# a language is a folder


@pytest.fixture
def toy_language(tmp_path, monkeypatch):
    """A folder beside the others, made of the Dutch one: every text but numbers and dates begins with a mark."""
    shutil.copytree(TEXTS, tmp_path, dirs_exist_ok=True)
    shutil.copytree(TEXTS / "nl", tmp_path / "toy")
    for room in (tmp_path / "toy").glob("*.toml"):
        if room.stem not in ("locale", "units"):
            room.write_text(re.sub(r'(?m)^(\w+ = ")(?!"")', r"\1" + MARK, room.read_text("utf-8")), "utf-8")
    locale = tmp_path / "toy" / "locale.toml"
    locale.write_text(locale.read_text("utf-8").replace("nl-BE", "x-toy"), "utf-8")
    monkeypatch.setattr(wording, "TEXTS", tmp_path)
    words.cache_clear()
    yield "toy"
    words.cache_clear()


MARK = "¤"


def test_adding_a_language_is_adding_a_folder(toy_language):
    assert set(languages()) == {*LANGUAGES, toy_language}
    chosen = [case for case in cases() if case.name in ("3+3 d=1.3 s=0.4 ", "1+1 d=1.3 s=0.4 ", "growth (2.0,) higher")]
    assert len(chosen) == 3
    for case in chosen:
        study, data, measurement, verdict = run(case)
        page = report(measurement, verdict, lang=toy_language)
        typed = {study.title, study.question, *(outcome.label for outcome in study.outcomes)}
        typed |= set(words(toy_language)("verdict.steps.names").split("|"))
        untold = [text for kind, text in said(page.blocks)
                  if kind not in ("cell", "fact") and MARK not in text and text not in typed]  # fmt: skip
        assert untold == []
        assert f'<html lang="x-{toy_language}">' in html(page)

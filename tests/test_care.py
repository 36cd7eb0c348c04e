"""What the verbs for codes, forgetting and keeping say: every sentence is told, plain and short."""

import re
from datetime import date
from pathlib import Path

import pytest
from telling import telling
from text_keys import KEYS, LANGUAGES
from wording_rules import FILE_KEYS, FORBIDDEN, LONGEST, OTHER_MARK, PLURAL_OF_ONE, has

from gsl_research.care import coded_lines, forget_lines, retention_lines
from gsl_research.forgetting import Forgetting, Forgotten
from gsl_research.personal import _BY_HEADING
from gsl_research.problems import Problem
from gsl_research.pseudonyms import Coded
from gsl_research.retention import Kept
from gsl_research.someone import Change
from gsl_research.traces import Trace
from gsl_research.wording import words

HERE, TODAY = Path("uit"), date(2027, 9, 1)


def coded(**changes):
    left = tuple((f"kolom {reason}", reason) for reason, _ in _BY_HEADING)
    facts = {"file": HERE / "a-codes.csv", "key_file": HERE / "a.key", "key_made": True, "pupils": 1}
    facts |= {"columns": ("a",), "left_out": left, "kept": ("b",), "sheets_left_out": ("c", "d"), "guarded": 1}
    facts |= {"key_synchronised": True}
    return Coded(**facts | changes)


def forgetting(**changes):
    changed = (Change(HERE / "Jan Maes.csv", 1, 0, b""), Change(HERE / "b.csv", 2, 1, b""))
    facts = {"out": HERE, "changes": changed, "study_file": HERE / "s.toml", "data": HERE / "b.csv", "study": "s"}
    facts |= {"others": ("t",), "remove": (HERE / "c",), "look": (HERE / "d.docx",), "edited": (HERE / "e.docx",)}
    facts |= {"trace": Trace(["Jan Maes"]), "names": frozenset({"Jan Maes"})}
    facts |= {"unseen": tuple(HERE / f"{n}.pdf" for n in range(14))}
    return Forgetting(**facts | changes)


def done(**changes):
    facts = {"note": HERE / "n.txt", "page": HERE / "p.html", "unmeasured": (), "removed": (HERE / "c",), "left": ()}
    facts |= {"unseen": ()}
    return Forgotten(**facts | changes)


def kept(**changes):
    facts = {"study": "s", "post_on": date(2026, 5, 1), "measured_on": None, "until": date(2027, 8, 31), "chosen": True,
             "key_until": date(2026, 8, 31), "key": HERE / "s.key", "private": (HERE / "r.json",)}  # fmt: skip
    return Kept(**facts | changes)


def told(lang):
    w = words(lang)
    yield from coded_lines(coded(), w)
    yield from coded_lines(coded(key_made=False, left_out=(), kept=(), sheets_left_out=(), guarded=0), w)
    broken = (Problem(code="empty_file", file="b.csv"),)
    for plan, result in (
        (forgetting(), None),
        (forgetting(), done()),
        (forgetting(namesake=True), done(left=(HERE / "d.docx",))),
        (forgetting(unsearchable=True), done(page=None, unmeasured=broken)),
        (forgetting(look=()), done(left=(HERE / "d.docx",), unseen=(HERE / "Jan Maes.xls",))),
        (forgetting(), done(unseen=(HERE / "f.pdf",))),
    ):
        yield from forget_lines(plan, result, w, typed=True)
    yield from retention_lines(HERE, (), (), w, today=TODAY)
    later = date(2029, 8, 31)
    studies = (kept(), kept(post_on=None, measured_on=date(2027, 1, 1), chosen=False, until=later, key_until=later),
               kept(post_on=None, private=(), key=None))  # fmt: skip
    yield from retention_lines(HERE, studies, (HERE / "x.key",), w, today=TODAY)
    for key in ("title", "file", "removed", "unseen", "study"):
        yield w(f"privacy_care.note.{key}", date=w.date(TODAY), file="a.csv", rows="1", count="1", study="s")
    yield from (w(f"privacy_care.forget.{key}") for key in ("ask", "refused"))


def test_every_text_is_told():
    with telling() as used:
        assert [line for lang in LANGUAGES for line in told(lang)]
    keys = {key for key in KEYS["nl"] if key.startswith("privacy_care.") and ".help." not in key}
    assert keys - used == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_lines_are_plain_and_name_nobody(lang):
    for line in filter(None, told(lang)):
        bare = re.sub(r"\S*(?:gsl |PLAN|--\w+)\S*", "", line)
        assert not [word for word in has(FORBIDDEN[lang], bare) if not word.startswith(FILE_KEYS)], line
        assert not re.search(PLURAL_OF_ONE[lang], line) and not re.search(r"[{}]|None|  ", line), line
        assert not re.search(OTHER_MARK[lang], line) and not Trace(["Jan Maes"]).in_text(line), line
        for sentence in re.split(r"(?<=[.?!:])\s+", line):
            assert len(sentence.split()) <= LONGEST, sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_called_anonymous(lang):
    """As long as there is a key it is not (field page, 4.8)."""
    texts = {key: text for key, text in KEYS[lang].items() if isinstance(text, str)}
    assert not [key for key, text in texts.items() if re.search("anoniem|anonym", text, re.IGNORECASE)]

"""A case told in a language: what a page says, by kind of text."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import cycle

import pytest
from conftest import table
from made_cases import Case
from text_keys import LANGUAGES
from told_cases import cases

from gsl_research import judge as judge_verb
from gsl_research import measure as measure_verb
from gsl_research.blocks import Bullets, Callout, Chart, Facts, Fold, Heading, Report, Steps, Table, Text
from gsl_research.charts.picture import Picture
from gsl_research.conversation import conversation
from gsl_research.dataset import Dataset, bind
from gsl_research.decisions import Decided, Decisions
from gsl_research.judge import Verdict
from gsl_research.measurement import Measurement
from gsl_research.report import describe, report
from gsl_research.study import Study
from gsl_research.wording import Words


@dataclass(frozen=True)
class Told:
    """One case told in one language. ``said`` holds (kind, text); only tables may hold bare numbers."""

    case: Case
    lang: str
    measurement: Measurement
    verdict: Verdict
    page: Report
    said: tuple[tuple[str, str], ...]

    @property
    def one_group(self) -> bool:
        return not self.measurement.study.compared

    def sentences(self) -> Iterator[str]:
        for kind, text in self.said:
            if kind not in ("cell", "footer"):
                yield from re.split(r"(?<=[.?!])\s+(?=[^\W\d_]|“)", text)

    def __str__(self) -> str:
        return f"{self.lang} [{self.case.name}] {self.verdict.capped_code}"


def said(blocks) -> Iterator[tuple[str, str]]:
    for block in blocks:
        match block:
            case Text(text=text):
                yield "paragraph", text
            case Heading(text=text, answer=answer):
                yield "heading", text
                if answer is not None:
                    yield "chip", answer
            case Facts(items=items):
                yield from (("fact", f"{figure} {what}") for figure, what in items)
            case Bullets(items=items):
                yield from (("paragraph", item) for item in items)
            case Callout(title=title, paragraphs=paragraphs):
                if title is not None:
                    yield "heading", title
                yield from (("paragraph", paragraph) for paragraph in paragraphs)
            case Steps(label=label, names=names):
                yield "paragraph", label
                yield from (("chip", name) for name in names)
            case Chart(alt=alt, caption=caption, table=figures):
                yield "alt", alt
                yield "paragraph", caption
                yield from said([figures])
            case Table(caption=caption, header=header, rows=rows):
                yield "heading", caption
                yield from (("heading", cell) for cell in header)
                yield from (("cell", cell) for row in rows for cell in row)
            case Fold(title=title, blocks=inner):
                yield "heading", title
                yield from said(inner)


def whole_page(page: Report) -> tuple[tuple[str, str], ...]:
    return (("heading", page.kicker), ("footer", page.footer), ("paragraph", page.summary), *said(page.blocks))


def run(case: Case) -> tuple[Study, Dataset, Measurement, Verdict]:
    study = Study.model_validate(case.study)
    data = bind(study, table(case.columns))
    measurement = measure_verb(study, data)
    return study, data, measurement, judge_verb(measurement)


class Used(set):
    """Keys of texts, and of those the ones that were told with a whole number."""

    def __init__(self):
        super().__init__()
        self.counted: set[str] = set()


WHOLE = re.compile("\\d[\\d\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}]*")


@contextmanager
def telling() -> Iterator[Used]:
    """The keys that are asked for inside. Nothing is drawn: that adds no words and takes most of the time."""
    used = Used()
    find, say = Words._find, Words.__call__

    def recording(self, key):
        found = find(self, key)
        if isinstance(found, str):
            used.add(key)
        return found

    def saying(self, key, /, **blanks):
        if key not in used.counted:
            text = self._text(key) or ""
            whole = (name for name, value in blanks.items() if WHOLE.fullmatch(str(value)))
            used.counted |= {key for name in whole if f"{{{name}}}" in text}
        return say(self, key, **blanks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Words, "_find", recording)
        patch.setattr(Words, "__call__", saying)
        patch.setattr(Picture, "svg", lambda self, height, alt_text: "<svg xmlns='http://www.w3.org/2000/svg'/>")
        yield used


def decided(**changes) -> Decided:
    empty = {"what": "We proberen het nog eens.", "who": "", "result": "", "on": None, "by": None, "done": "not_yet"}
    return Decided(**{**empty, "late": False, **changes})


WRITTEN = Decisions(
    decided=(
        decided(done="yes", result="Dat lukte.", who="directeur", on=date(2027, 1, 14)),
        decided(done="no", result=None, by=date(2027, 2, 1)),
        decided(who=None, by=date(2027, 2, 1), late=True),
        decided(what=None, who="zorgcoördinator"),
    ),
    reflection={"see": "Meer vooruitgang dan gedacht.", "surprises": None, "next_time": "Loten."},
)
"""Every state of a decision, and texts that are withheld."""
NOT_DONE = Decisions(decided=(decided(done="no"),))


def told_cases() -> Iterator[Told]:
    """Every case in every language: the report and the page for a meeting, with decisions or without."""
    registers = cycle((WRITTEN, NOT_DONE, Decisions()))
    for case, written in zip(cases(), registers, strict=False):
        study, data, measurement, verdict = run(case)
        for lang in LANGUAGES:
            page = report(measurement, verdict, lang=lang, decisions=written)
            meeting = whole_page(conversation(measurement, verdict, lang=lang, decisions=written))
            lines = tuple(("described", line) for line in describe(study, data, lang=lang).lines)
            yield Told(case, lang, measurement, verdict, page, (*whole_page(page), *meeting, *lines))

"""The page in a real browser, deaf to what a text in it would do."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest
from browsing import PHONE, WIDER, Heard, listening, shown
from conftest import classes, table, turned
from naughty import CONTROLS, KINDS, LONGEST, STRINGS, TURNED
from test_documents import report as every_block

from gsl_research import charts, documents, judge, measure, report
from gsl_research.blocks import Chart
from gsl_research.charts.picture import Picture
from gsl_research.checking import check
from gsl_research.dataset import bind
from gsl_research.measurement import Measurement
from gsl_research.problems import Problem, Problems
from gsl_research.report import Lines
from gsl_research.study import Study
from gsl_research.study_file import load_study
from gsl_research.wording import TEXTS, words

HALF = STRINGS[::2]
"""At least 500, some of every kind; all of them with ``-m slow``."""
every_string = pytest.mark.parametrize(
    "strings", [pytest.param(HALF, id="half"), pytest.param(STRINGS, id="all", marks=pytest.mark.slow)]
)

SEEN = """() => {
  const parts = [...document.querySelectorAll('iframe')].map(frame => frame.contentDocument);
  return (parts.length ? parts : [document]).map((page, n) => {
    const every = [...page.querySelectorAll('*')], text = selector => page.querySelector(selector)?.textContent;
    return {
      outside: document.querySelectorAll('iframe')[n]?.title,
      title: page.title,
      h1: text('h1'),
      question: text('.question'),
      all: page.body.textContent,
      named: every.map(element => element.ariaLabel).filter(Boolean),
      description: page.querySelector('meta[name=description]')?.content,
      elements: every.map(element => [element.localName, ...element.getAttributeNames().sort()].join(' ')),
    };
  });
}"""
"""The page, or each of the pages in frames: its texts, and every element with the names of its attributes."""


HARMLESS = "Xylofoon"
"""A word that stands nowhere else on a page."""


def plain(text: str) -> str:
    """As it is read: white space of the page's source is one space, and one that does not break is a space too."""
    return re.sub(r"[ \t\n\r\f\xa0]+", " ", text).strip(" ")


def times(text: str, page: dict) -> int:
    return plain(page["all"]).count(plain(text))


def built(page: dict) -> list[str]:
    """The elements and their attributes, but for which columns and cells are set as numbers."""
    return [re.sub(r"^(t[dh].*) class\b", r"\1", element) for element in page["elements"]]


def but_lines(page: dict) -> list[str]:
    """``built`` without the lines of text in pictures and their groups: a long label takes more of them."""
    return [element for element in built(page) if element != "g" and not element.startswith("text ")]


def opened(browser, source: str, **options) -> list[dict]:
    """What is seen in a page that does nothing but being there."""
    with listening(browser, **options) as (page, heard):
        page.set_content(source, wait_until="load")
        found = page.evaluate(SEEN)
        page.wait_for_timeout(50)
        assert heard == Heard()
        assert page.evaluate("window.naughty") is None
    return found


def test_many_strings_of_every_kind():
    assert len(HALF) >= 500 and all(set(strings) & set(HALF) for strings in KINDS.values())
    assert max(map(len, STRINGS)) == LONGEST


RAW = {
    "dialogs": "<script>alert(1)</script>",
    "requests": "<link rel=stylesheet href=https://naughty.invalid/f.css>",
    "messages": "<script>throw 'naughty'</script>",
    "windows": "<script>window.open('about:blank')</script>",
}


@pytest.mark.parametrize("sense", RAW)
def test_what_a_string_could_do_would_be_heard(browser, sense):
    with listening(browser) as (page, heard):
        page.set_content(RAW[sense])
        page.wait_for_timeout(50)
        assert getattr(heard, sense)


def test_a_script_in_a_page_is_stopped_by_its_policy(browser):
    page_with_script = documents.html(every_block()).replace("<main>", "<main><script>alert(1)</script>")
    with listening(browser) as (page, heard):
        page.set_content(page_with_script)
        page.wait_for_timeout(50)
        assert not heard.dialogs
        assert "Content Security Policy" in heard.messages[0]


@every_string
@pytest.mark.parametrize("bypass", [False, True], ids=["policy", "no-policy"])
def test_a_string_is_text_in_every_block(browser, strings, bypass):
    """Also without the page's security policy: escaping alone is enough."""
    if bypass and strings is HALF:
        strings = [text for kind in ("script", "request", "attribute") for text in KINDS[kind][::2]]

    def page_of(texts: Sequence[str]) -> dict:
        blocks = tuple(block for text in texts for block in dict.fromkeys(every_block(text).blocks))
        (page,) = opened(browser, documents.html(replace(every_block(), blocks=blocks)), bypass_csp=bypass)
        return page

    told = times(HARMLESS, page_of([HARMLESS]))
    assert told > 30
    for batch, page, sound in beside_harmless(strings, 50, page_of):
        assert built(page) == built(sound)
        for text in batch:
            assert times(text, page) >= told
            assert plain(text) in map(plain, page["named"])


def beside_harmless(strings: Sequence[str], size: int, page_of: Callable) -> Iterator[tuple]:
    """Some strings, the page made of them, and the page made of as many harmless ones."""
    sound: dict[int, dict] = {}
    for first in range(0, len(strings), size):
        batch = strings[first : first + size]
        if len(batch) not in sound:
            sound[len(batch)] = page_of([HARMLESS] * len(batch))
        yield batch, page_of(batch), sound[len(batch)]


def quoted(text: str) -> str:
    """A TOML string; JSON writes it the same way, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


STUDY = """
schema = 1
id = "klein"
title = {text}
question = {text}
lever = "didactics"
design = {{ kind = "comparison", assigned = "class" }}
columns = {{ pupil = "leerling", class = "klas", group = "groep" }}
groups = {{ treated = ["nieuw"], control = ["gewoon"] }}
[[outcomes]]
name = "toets"
label = {text}
domain = "learning_gain"
pre = "voor"
post = "na"
scale = [0, 20]
[[outcomes]]
name = "ander"
role = "secondary"
label = {text}
domain = "learning_gain"
pre = "voor2"
post = "na2"
scale = [0, 20]
[[outcomes]]
name = "zin"
role = "side_effect"
label = {text}
domain = "motivation"
pre = "voor3"
post = "na3"
scale = [0, 20]
"""


def planned(folder: Path, text: str) -> Study:
    (folder / "studie.toml").write_text(STUDY.format(text=quoted(text)), "utf-8")
    return load_study(folder / "studie.toml")


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> dict[int, Measurement]:
    """One study with classes of so many pupils: too small for a picture, and large enough."""
    study, found = planned(tmp_path_factory.mktemp("study"), HARMLESS), {}
    for size in (4, 20):
        scores = classes(size=size)
        for n in (2, 3):
            scores |= {
                f"{name}{n}": turned(scores[f"{name}{n - 1}" if n > 2 else name], size) for name in ("voor", "na")
            }
        found[size] = measure(study, bind(study, table(scores)))
    return found


@pytest.fixture
def drawn_once(monkeypatch) -> None:
    """The same picture is drawn once: no text of a study is in it."""
    drawings: dict[str, str] = {}
    draw = Picture.svg

    def svg(self: Picture, height: float, alt_text: str) -> str:
        key = repr((vars(self), height, alt_text))
        if key not in drawings:
            drawings[key] = draw(self, height, alt_text)
        return drawings[key]

    monkeypatch.setattr(Picture, "svg", svg)


def named(measurement: Measurement, study: Study) -> Measurement:
    """The measurement as it is with the texts of another study."""
    results = zip(measurement.results, study.outcomes, strict=True)
    return replace(
        measurement, study=study, results=tuple(replace(result, outcome=outcome) for result, outcome in results)
    )


HIDDEN_FRAME = "<style>iframe { display: none }</style>"


def shows_it(text: str, page: dict, sound: dict) -> None:
    assert built(page) == built(sound)
    assert plain(page["title"]) == plain(page["h1"]) == plain(page["question"]) == plain(text)
    assert times(text, page) >= times(HARMLESS, sound) >= 4


@every_string
@pytest.mark.usefixtures("drawn_once")
def test_a_string_is_text_in_every_slot_of_a_study_file(browser, tmp_path, measured, strings):
    """Title, question and labels, on the page as a notebook shows it: in a frame."""
    small = measured[4]
    verdict = judge(small)
    (sound,) = opened(browser, report(small, verdict)._repr_html_())
    for first in range(0, len(strings), 100):
        batch = strings[first : first + 100]
        frames = [report(named(small, planned(tmp_path, text)), verdict)._repr_html_() for text in batch]
        pages = opened(browser, HIDDEN_FRAME + "".join(frames))
        for text, page in zip(batch, pages, strict=True):
            assert page["outside"] == text
            shows_it(text, page, sound)


@pytest.mark.parametrize(
    "strings", [pytest.param(STRINGS[::100], id="some"), pytest.param(STRINGS, id="all", marks=pytest.mark.slow)]
)
@pytest.mark.usefixtures("drawn_once")
def test_a_string_is_text_on_a_page_with_pictures(browser, tmp_path, measured, strings):
    """The page as a file, asked for by its address: that is the only request."""
    large, file = measured[20], tmp_path / "report.html"
    verdict = judge(large)
    sound = None
    for text in (HARMLESS, *strings):
        file.write_text(documents.html(report(named(large, planned(tmp_path, text)), verdict)), "utf-8", newline="")
        with listening(browser) as (page, heard):
            page.goto(file.as_uri())
            (seen,) = page.evaluate(SEEN)
            assert heard == Heard(requests=[file.as_uri()])
        sound = sound or seen
        assert any(element.startswith("svg") for element in seen["elements"])
        shows_it(text, seen, sound)


@pytest.mark.usefixtures("drawn_once")
def test_a_long_text_stays_on_the_phone(browser, tmp_path, measured):
    large, file = measured[20], tmp_path / "report.html"
    for text in KINDS["long"]:
        file.write_text(documents.html(report(named(large, planned(tmp_path, text)), judge(large))), "utf-8")
        with shown(browser, file, PHONE) as page:
            assert page.evaluate(WIDER) == [False, []]


def test_a_text_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(Problems) as refused:
        planned(tmp_path, "x" * (LONGEST + 1))
    assert {problem.code for problem in refused.value.problems} == {"value_string_too_long"}


@pytest.mark.parametrize("text", [CONTROLS[0], CONTROLS[-1], TURNED[4]], ids=ascii)
def test_a_text_with_a_mark_that_hides_or_turns_is_refused(tmp_path, text):
    """After U+202E a browser shows "1,4 punten" as "netnup 4,1", in our sentence around the text too."""
    with pytest.raises(Problems):
        planned(tmp_path, text)


FIRSTS = "klmnopqrstuvwx"
"""The first letter of each class in a picture: as many as its sentence names one by one."""


@pytest.mark.parametrize(
    "strings", [pytest.param(STRINGS[::24], id="some"), pytest.param(STRINGS, id="all", marks=pytest.mark.slow)]
)
def test_a_class_name_is_text_in_a_picture(browser, strings):
    def page_of(texts: Sequence[str]) -> dict:
        labels = [f"{start}{text}" for start, text in zip(FIRSTS, texts, strict=False)]
        (page,) = opened(browser, documents.html(replace(every_block(), blocks=pictures(labels))))
        return page

    for batch, page, sound in beside_harmless(strings, len(FIRSTS), page_of):
        assert but_lines(page) == but_lines(sound)
        for start, text in zip(FIRSTS, batch, strict=False):
            label = plain(f"{start}{text}")
            assert times(label, page) >= 2, "whole, where no line of a picture breaks it"
            assert sum(label in plain(name) for name in page["named"]) >= 4


def pictures(labels: Sequence[str]) -> tuple[Chart, Chart]:
    """Class names in a picture's letters, in its sentence and in its table; a picture may cut a long name short."""
    nl = words("nl")
    shapes = [charts.ClassShape(text, ("treated", "control")[n % 2], 12, None, "20") for n, text in enumerate(labels)]
    return (
        charts.class_means(shapes, scale=(0, 20), words=nl, adjusted=True),
        charts.panel([(text, -1.0, 2.0) for text in labels], words=nl, margin=None),
    )


def fragments(browser, found: Sequence[str]) -> list[dict]:
    """What a notebook cell shows, each in a box of its own; a notebook has no policy that stops a script."""
    source = "".join(f"<section>{one}</section>" for one in found)
    with listening(browser) as (page, heard):
        page.set_content(source)
        page.wait_for_timeout(50)
        boxes = page.evaluate(
            """() => [...document.querySelectorAll('section')].map(box => ({
              all: box.textContent, elements: [...box.querySelectorAll('*')].map(element => element.outerHTML
                .slice(0, element.outerHTML.indexOf('>') + 1))}))"""
        )
        assert heard == Heard() and page.evaluate("window.naughty") is None
    assert len(boxes) == len(found)
    for box in boxes:
        assert set(box["elements"]) <= {"<p>", "<ul>", "<li>"}
    return boxes


def codes_with_a_value() -> list[str]:
    """Problems whose sentence needs no other facts than the cell and its place."""
    texts = tomllib.loads((TEXTS / "nl" / "problems.toml").read_text("utf-8"))
    blanks = {
        code: {name for _, name, _, _ in Formatter().parse(text["says"] + text["mend"]) if name}
        for code, text in texts.items()
        if "says" in text
    }
    return [code for code, names in blanks.items() if "value" in names and names <= {"value", "column", "file"}]


@every_string
def test_a_string_is_text_in_a_problem(browser, strings):
    """As file, sheet, heading and cell."""
    nl, codes = words("nl"), codes_with_a_value()
    assert len(codes) >= 3
    places = [{"file": text, "sheet": text, "row": 3, "column": text, "value": text} for text in strings]
    found = [Problem(code=codes[n % len(codes)], **place) for n, place in enumerate(places)]
    boxes = fragments(browser, [Lines(tuple(nl.problem_lines([one])))._repr_html_() for one in found])
    for text, box in zip(strings, boxes, strict=True):
        assert times(text, box) >= 4


@every_string
def test_a_string_is_text_as_the_name_of_a_file(browser, tmp_path, strings):
    names = ["x" + re.sub(r"[/\\]", "_", text)[:50] + ".csv" for text in strings]
    boxes = fragments(browser, [check(tmp_path / name)._repr_html_() for name in names])
    for name, box in zip(names, boxes, strict=True):
        assert times(name, box) >= 1

"""Every sentence of a page is told by a case, and none says more than its numbers."""

import re
from collections.abc import Iterator
from typing import get_args

import attacker
import pytest
from telling import Told, telling, told_cases
from text_keys import KEYS, LANGUAGES
from wording_rules import FORBIDDEN, LONGEST, NEGATIVE, NUMBER, ONE_GROUP, OTHER_MARK, PLURAL_OF_ONE, SAME, has

from gsl_research.disclosure import shareable
from gsl_research.documents import html
from gsl_research.doses import step
from gsl_research.estimate import Estimate, Interval
from gsl_research.judge import Code
from gsl_research.levels import cut
from gsl_research.measurement import Dosed
from gsl_research.methods.dose import Complier
from gsl_research.wording import words


@pytest.fixture(scope="module")
def told_and_used() -> tuple[list[Told], set[str]]:
    with telling() as used:
        pages = list(told_cases())
        html(pages[0].page)
    return pages, used


@pytest.fixture(scope="module")
def told(told_and_used) -> list[Told]:
    return told_and_used[0]


@pytest.fixture(scope="module")
def used(told_and_used) -> set[str]:
    return told_and_used[1]


def test_the_cases_reach_every_verdict(told):
    assert {page.verdict.capped_code for page in told} == set(get_args(Code))
    assert {page.verdict.code for page in told} == set(get_args(Code))
    reasons = {page.verdict.reason for page in told}
    assert reasons == {None, "wide", "wide_spread", "wide_pupils", "between", "capped", "capped_alike", "unseen"}
    assert {cap.criterion for page in told for cap in page.verdict.security.caps} == {
        page.verdict.security.weakest for page in told
    }
    assert {page.verdict.security.rating for page in told} == {0, 1, 2, 3, 4, 5}
    for better in ("higher", "lower"):
        turned = {page.verdict.code for page in told if page.measurement.primary.outcome.better == better}
        assert turned == set(get_args(Code))


# every text is told


OF_KINDS = ("share", "order", "goals", "waves", "growth", "survey")
"""Rooms that hold another text for the key of another room: where no points are counted, or at several moments."""


@pytest.mark.parametrize("room", ["verdict", "report", "team", *OF_KINDS])
def test_every_sentence_of_a_page_is_told(told, used, room):
    apart = ("report.reason.", "team.form.", "order.forest.")  # the last: tests/test_summary.py
    keys = {key for key in KEYS["nl"] if key.split(".")[0] == room and not key.startswith(apart)}
    untold = keys - used
    assert untold == set()


def test_of_every_whole_number_is_decided_whether_it_counts_pupils(used):
    """Told by a new sentence, a count of pupils needs a statement of the attacker, or a reason why not."""
    assert {key for key in used.counted if not attacker.decided(key)} == set()
    assert used.counted & set(attacker.TOLD) and not set(attacker.TOLD) & set(attacker.GUARDED)


def failures(told: list[Told], wrong, kinds: tuple[str, ...] = ()) -> list[str]:
    """Where ``wrong(page, kind, text)`` finds something; the same text once."""
    found: dict[str, str] = {}
    for page in told:
        for kind, text in page.said:
            if (not kinds or kind in kinds) and (what := wrong(page, kind, text)):
                found.setdefault(f"{what}: {text}", str(page))
    return [f"{page}: {text}" for text, page in found.items()]


def test_no_page_has_a_forbidden_word(told):
    assert not failures(told, lambda page, kind, text: has(FORBIDDEN[page.lang], text))


def test_one_group_shows_growth_and_never_an_effect(told):
    assert any(page.one_group for page in told)
    assert not failures(told, lambda page, kind, text: page.one_group and has(ONE_GROUP[page.lang], text))


def test_sentences_are_short(told):
    long = {
        sentence
        for page in told
        for sentence in page.sentences()
        if len([word for word in sentence.split() if re.search(r"[^\W\d_]", word)]) > LONGEST
    }
    assert not {sentence for sentence in long if not FIGURE.match(sentence)}


FIGURE = re.compile(r"(Figuur|Figure) ")
"""The first sentence of a picture's description lists its classes."""


def test_numbers_are_worded_and_never_negative(told):
    assert not failures(told, lambda page, kind, text: kind not in ("cell", "footer") and re.search(NEGATIVE, text))


def test_numbers_are_written_as_the_language_writes_them(told):
    def wrong(page, kind, text):
        bare = re.sub(r"(gsl_research|python|numpy|pandas|scipy|altair) \S+|\w+\.(csv|json|toml)", "", text)
        return re.search(OTHER_MARK[page.lang], bare)

    assert not failures(told, wrong)


def test_grammar(told):
    def wrong(page, kind, text):
        plain = kind not in ("cell", "fact", "alt")
        checks = {
            "plural of one": re.search(PLURAL_OF_ONE[page.lang], text),
            "about the same than": re.search(rf"{SAME[page.lang]} (dan|than)\b", text),
            "about about": re.search(r"\b(ongeveer ongeveer|about about|rond ongeveer)\b", text),
            "spaces": re.search(r"  | [.,;:?]|\( | \)", text),
            "unfilled": re.search(r"[{}]|None|nan\b", text),
            "twice the same mark": re.search(r"[.,;:?]{2,}", text),
            "small first letter": kind == "paragraph" and text[:1].islower() and not text.startswith("punten.csv"),
            "no full stop": kind in ("paragraph", "described") and plain and text[-1] not in ".?:",
        }
        return [name for name, found in checks.items() if found]

    assert not failures(told, wrong)


def test_every_language_tells_as_much(told):
    """The same case has as many blocks and sentences with numbers in every language."""
    pages = [told[n : n + len(LANGUAGES)] for n in range(0, len(told), len(LANGUAGES))]
    for same in pages:
        shapes = {tuple(kind for kind, _ in page.said) for page in same}
        assert len(shapes) == 1, same[0].case.name
        paragraphs = ([text for kind, text in page.said if kind == "paragraph"] for page in same)
        numbers = {tuple(len(re.findall(r"\d+", text)) for text in page) for page in paragraphs}
        assert len(numbers) == 1, same[0].case.name


# from-to


COUNTED_IN = {"nl": r"(?:(?:procent)?punt|plaats|doel)(?:en)?", "en": r"(?:(?:percentage )?point|place|goal)s?"}
"""What a difference is told in: points, percentage points, places or goals."""
WAYS = {"nl": ("hoger|meer", "lager|minder"), "en": ("higher|more", "lower|fewer|less")}
SPAN = {
    lang: (
        rf"{start} ({{n}}) {end} ({{n}}) {COUNTED_IN[lang]} ({'|'.join(WAYS[lang])})",
        rf"{start} ({{n}}) {COUNTED_IN[lang]} (?:{WAYS[lang][1]}) {end} ({{n}}) {COUNTED_IN[lang]} (?:{WAYS[lang][0]})",
    )
    for lang, start, end in (("nl", "van", "tot"), ("en", "from", "to"))
}
GAP = {lang: rf"({{n}}) {COUNTED_IN[lang]} ({'|'.join(WAYS[lang])})" for lang in SPAN}
DOWN = ("lager", "lower", "minder", "fewer", "less")
BASIS = {
    "nl": r"\d+ (klas|klassen|school|scholen|leerkracht|leerkrachten|lesgroep|lesgroepen|groep), \d+ leerlingen",
    "en": r"\d+ (class|classes|school|schools|teacher|teachers|teaching groups?|group), \d+ pupils",
}


def value(text: str) -> float:
    return float(text.replace(",", "."))


def spans(text: str, lang: str) -> tuple[list[tuple[float, float, str]], str]:
    """Every from-to in ``text`` as (low, high, shape), and the text without them."""
    one_side, both = (form.format(n=NUMBER[lang]) for form in SPAN[lang])
    found = []
    for low, high in re.findall(both, text):
        found.append((-value(low), value(high), "both"))
    text = re.sub(both, "", text)
    for first, second, way in re.findall(one_side, text):
        low, high = sorted((value(first), value(second)))
        found.append((-high, -low, "one") if way in DOWN else (low, high, "one"))
    return found, re.sub(one_side, "", text)


def gaps(text: str, lang: str) -> list[float]:
    found = [value(n) * (-1 if way in DOWN else 1) for n, way in re.findall(GAP[lang].format(n=NUMBER[lang]), text)]
    return found + [0.0] * text.count(SAME[lang])


def told_spans(page: Told) -> Iterator[tuple[str, tuple[float, float, str], list[float]]]:
    """(sentence, its from-to, the values beside it) of every sentence with one from-to."""
    for sentence in dict.fromkeys(page.sentences()):
        found, rest = spans(sentence, page.lang)
        if len(found) == 1:
            yield sentence, found[0], gaps(rest, page.lang)


def outside(told: list[Told], slack: float) -> list[str]:
    return [
        f"{page}: {sentence}"
        for page in told
        for sentence, (low, high, _), values in told_spans(page)
        for value in values
        if not low - slack <= value <= high + slack
    ]


def test_a_value_stands_on_the_side_of_its_from_to(told):
    assert not outside(told, slack=0.051)  # whole percentage points and places are rounded like their limits


def test_no_value_lies_outside_its_own_from_to(told):
    assert not outside(told, slack=0)


def test_a_limit_reads_as_zero_only_when_it_is(told):
    assert not [f"{page}: {text}" for page in told for text, ends, _ in told_spans(page) if 0 in ends[:2]]


def per_dose(dosed: Dosed, sign: int) -> Iterator[tuple[float, float]]:
    """The intervals that belong to a dose, in the steps in which they are told."""
    doses = [point.dose for point in dosed.points]
    if isinstance(dosed.slope, Estimate):
        by = sign * step(max(doses) - min(doses))
        yield tuple(sorted((by * dosed.slope.interval.low, by * dosed.slope.interval.high)))
    if isinstance(dosed.complier, Complier) and dosed.complier.within.kind == "interval":
        by = sign * step(abs(dosed.complier.dose))
        yield tuple(sorted((by * dosed.complier.within.low, by * dosed.complier.within.high)))


def intervals(page: Told) -> list[tuple[float, float]]:
    """Every interval of the measurement, on the scale of the test."""
    found = []
    for result in page.measurement.results:
        more = [at.estimate for at in result.by_start] + [one.pooled for one in result.subgroups if one.pooled]
        more += [one.gap.change for one in result.subgroups if one.gap]
        left = result.missing.before.values() if result.missing is not None else ()
        more += [one for one in left if isinstance(one, Estimate)]
        if result is page.measurement.primary and page.measurement.dose is not None:
            found += per_dose(page.measurement.dose, result.outcome.sign)
        for estimate in (*result.estimates, *more):
            if getattr(estimate, "metric", "points") == "points" and estimate.interval is not None:
                interval = cut(estimate.interval, result.reach)
                ends = (interval.low * result.outcome.sign, interval.high * result.outcome.sign)
                found.append((min(ends), max(ends)))
    return found


def test_a_from_to_is_one_of_the_measurement_and_includes_zero_when_that_does(told):
    for page in told:
        true = intervals(page)
        for sentence, (low, high, shape), _ in told_spans(page):
            slack = 0.051 if {result.kind for result in page.measurement.results} <= {"points", "goals"} else 0.51
            near = [ends for ends in true if abs(ends[0] - low) <= slack and abs(ends[1] - high) <= slack]
            assert near, f"{page}: {sentence}"
            assert any((ends[0] < 0 < ends[1]) == (shape == "both") for ends in near), f"{page}: {sentence}"


WITHOUT_SPAN = {"ONE_CLASS", "DESCRIBED"}
"""What these say is a description; with one class on each side three lines follow (words page, section 4)."""


def test_every_estimate_has_from_to_unit_and_basis(told):
    checked = set()
    for page in told:
        hidden = not shareable(page.measurement.primary)
        if page.verdict.capped_code in WITHOUT_SPAN or page.verdict.reason == "unseen" or hidden:
            continue
        found, _ = spans(page.page.summary, page.lang)
        assert len(found) == 1, f"{page}: {page.page.summary}"
        assert re.search(BASIS[page.lang], page.page.summary), f"{page}: {page.page.summary}"
        checked.add(page.verdict.capped_code)
    assert checked == set(get_args(Code)) - WITHOUT_SPAN


PANEL = {"nl": "Figuur met een lijn voor elk gewoon", "en": "Figure with one line for each usual"}


def test_what_a_pair_says_about_three_assumptions_has_three_lines(told):
    for page in told:
        primary = page.measurement.primary
        shareable = all(arm.pupils >= 10 for arm in primary.arms.values())
        rolled_out = primary.steps is not None and not primary.steps.two
        if page.verdict.capped_code == "ONE_CLASS" and shareable and len(primary.classes) < 4 and not rolled_out:
            alt = next((text for kind, text in page.said if kind == "alt" and text.startswith(PANEL[page.lang])), "")
            added = (primary.outcome.usual_gap is not None) + (primary.outcome.class_spread is not None)
            if primary.panel or primary.kind == "points":
                assert len(spans(alt, page.lang)[0]) == 3 + added, f"{page}: {alt}"
                assert sum(entry.estimator == "assumed_icc" for entry in primary.panel) == 3


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_any_interval_is_worded_on_the_right_side_of_zero(lang, decimals, sign):
    w = words(lang)
    ends = [0.0005, 0.004, 0.049, 0.05, 0.06, 0.3, 0.96, 1.0, 1.04, 2.85, 12.3]
    for low, high in [(a, b) for a in [*(-x for x in ends), *ends] for b in [*(-x for x in ends), *ends] if a <= b]:
        text = w.span(Interval(low, high), sign, decimals)
        ((said_low, said_high, shape),) = spans(text, lang)[0]
        true = sorted((low * sign, high * sign))
        assert (shape == "both") == (low < 0 < high), text
        assert 0 not in (said_low, said_high), text
        assert (said_low, said_high) == pytest.approx(true, abs=0.051), text


# a unit other than the class

CLASSES = {"nl": r"(parallel|vergelijkings)?klas(sen)?", "en": r"class(es)?"}


@pytest.mark.parametrize("level", ["school", "teacher", "teaching_group"])
def test_a_study_of_other_units_does_not_speak_of_classes(told, level):
    own = {"nl": {"school": "school|scholen", "teacher": "leerkracht", "teaching_group": "lesgroep"},
           "en": {"school": "school", "teacher": "teacher", "teaching_group": "teaching group"}}  # fmt: skip
    pages = [page for page in told if page.measurement.cluster_level == level]
    assert pages
    for page in pages:
        assert page.one_group or re.search(own[page.lang][level], " ".join(text for _, text in page.said))
    assert not failures(pages, lambda page, kind, text: has((CLASSES[page.lang],), text), ("paragraph",))

"""Pages of several moments: growth is told as growth, no moment is called before or after, a survey tries nothing."""

import re
from dataclasses import replace

import pytest
from made_cases import SIDE, conduct, others, waves
from telling import run, telling, whole_page

from gsl_research import evidence
from gsl_research.checking import check
from gsl_research.methods.bracket import Agreement
from gsl_research.report import report
from gsl_research.sentences import ways
from gsl_research.telling import Telling, rooms
from gsl_research.wording import words

MORE = {"motivatie": SIDE, "lezen": {}}
MAIN = {"reliability": 0.85, "goal": {"gain": 2.0}}


def pages(*cases):
    for case in cases:
        study, _, measurement, verdict = run(case)
        for lang in ("nl", "en"):
            with telling():
                page = report(measurement, verdict, lang=lang)
            for kind, text in whole_page(page):
                if kind != "footer":
                    yield case.name, lang, text


def compared():
    for delta in (-1.0, 1.0):
        for arms in ((1, 1), (4, 4)):
            yield waves(f"{delta} {arms}", delta, arms, more=MORE, main=MAIN, conduct=conduct())
    yield waves("divided", 1.0, (4, 0), within=True, size=24, main=MAIN)


ALONE = (
    waves("one group", arms=(4, 0), main=MAIN, more=MORE, conduct=conduct()),
    waves("survey", moments=4, arms=(4, 0), kind="survey", main=MAIN, more=MORE, conduct=conduct()),
    waves("fallen", arms=(4, 0), rise=-2.0, main=MAIN),
    others("others", 1.0, 5, 2, sides=1.0),
    waves("once", moments=1, kind="survey", arms=(3, 0), more={"motivatie": SIDE}),
)

HIGHER = {
    "nl": r"scoorden? (gemiddeld )?(\S+ punten? (hoger|lager)|ongeveer gelijk)|(hoger|lager) met de nieuwe aanpak"
    r"|punten? (hoger|lager)[ ,].*(nieuwe aanpak|vergelijken)",
    "en": r"scored (\S+ points? (higher|lower)|about the same)|(higher|lower) with the new approach"
    r"|points? (higher|lower).*(new approach|growth)",
}


def test_a_difference_in_growth_is_never_called_a_higher_score():
    found = [(name, text) for name, lang, text in pages(*compared()) if re.search(HIGHER[lang], text)]
    assert not found


def test_a_difference_in_growth_is_told_as_growth():
    told = " ".join(text for _, lang, text in pages(*compared()) if lang == "nl")
    assert "Lezen: de punten stegen gemiddeld" in told and "meer gestegen met de nieuwe aanpak" not in HIGHER["nl"]
    assert "Het echte verschil in groei van “september” tot “juni” kan liggen" in told


BEFORE = {
    "nl": r"\b[Aa]chteraf\b|dan vooraf|[Tt]oets vooraf|[Vv]erschil vooraf|[Vv]ooraf (scoorden|lagen|haalden|ongeveer)"
    r"|scoorden vooraf|leerlingen vooraf",
    "en": r"\b[Aa]fterwards\b|than before|[Tt]est before|[Dd]ifference before|same before|^Before|apart before",
}


def test_no_moment_is_called_before_or_after():
    found = [(name, text) for name, lang, text in pages(*compared(), *ALONE) if re.search(BEFORE[lang], text)]
    assert not found


def test_a_survey_tries_no_approach():
    """But for the two fixed questions, and for what to do to know about an approach."""
    allowed = {"nl": r"Bereiken we|aanpakken\?|wat één aanpak doet", "en": r"Do we reach|Are there|what one approach"}
    approach = {"nl": r"aanpak|[Nn]eveneffect", "en": r"approach|[Ss]ide effect"}
    surveys = [case for case in ALONE if case.study["design"]["kind"] == "survey"]
    told = list(pages(*surveys))
    found = {text for _, lang, text in told if re.search(approach[lang], text) and not re.search(allowed[lang], text)}
    assert len(surveys) == 3 and not found


@pytest.mark.parametrize(("values", "told"), [((2.0,), "komt"), ((2.0, 2.004), "komt"), ((1.0, 2.0), "tussen")])
def test_one_other_way_is_no_range(values, told):
    _, _, measurement, verdict = run(waves("ways", 1.0, (4, 4)))
    result = measurement.primary
    first, second = result.beside
    beside = [replace(one, value=value) for one, value in zip((first, second), values, strict=False)]
    estimates = (*(one for one in result.estimates if one.status != "beside"), *beside)
    alarms = tuple(Agreement(one.estimator, 3.0, 1.0) for one in beside)
    changed = replace(result, estimates=estimates, alarms=alarms)
    measurement = replace(measurement, results=(changed, *measurement.results[1:]))
    w = words("nl").for_kind(*rooms(measurement, changed))
    (sentence,) = [text for text in ways(Telling(measurement, verdict, w)) if "gerekend" in text]
    assert told in sentence and ("tussen" in sentence) == (told == "tussen")


def test_very_uneven_classes_are_warned_of_and_no_card_tells_how_uneven():
    _, _, measurement, verdict = run(others("uneven", 1.0, 5, sizes=[40, 10]))
    check_of = measurement.primary.check("class_sizes")
    assert (check_of.value, check_of.flag) == (4.0, True)
    assert not run(others("even", 1.0, 5))[2].primary.check("class_sizes").flag
    card = {entry.code: entry for entry in evidence(measurement, verdict).checks}
    assert card["class_sizes"].value is None


def test_points_with_a_row_per_moment_are_no_question(tmp_path):
    lines = ["leerling;klas;moment;punten"]
    lines += [
        f"p{n};{'AB'[n % 2]};{when};{10 + n % 7 + at}" for n in range(30) for at, when in enumerate(("M1", "M2", "M3"))
    ]
    file = tmp_path / "punten.csv"
    file.write_text("\n".join(lines), "utf-8")
    for lang, doubt, said in (
        ("nl", "zegt niet wanneer", "één rij per meetmoment"),
        ("en", "not say when", "one row per wave"),
    ):
        told = str(check(file, lang=lang))
        assert doubt not in told and said in told

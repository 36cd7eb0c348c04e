"""No name of a pupil in what a person typed in a study file: refused, by key; ordinary titles are let through."""

import pytest
from conftest import bound, classes, plan, study

import gsl_research as gsl
from gsl_research.mentions import Mentions, named_in_study
from gsl_research.problems import Problems

NAMES = """
Aaron Adam Alex Alexander Alice Amber Amelie Amina Amira Ana Andreas Anke Anna Annelies Anouk Arne Arno Arthur Astrid
Axelle Aya Ayoub Bart Bas Baptiste Ben Bent Bilal Birgit Bjorn Bram Brecht Briek Brent Camille Caro Caroline Casper
Cato Celine Charlotte Chloe Christophe Clara Clement Cleo Cyriel Daan Dana Daniel David Davy Dieter Dries Dylan Eden
Edward Eline Elias Elien Elif Elise Ella Elke Ellen Emiel Emile Emilia Emma Emmanuel Ester Eva Evelien Evi Fatima
Febe Felix Femke Ferre Fien Fleur Flor Floor Florian Fran Frans Freek Freya Gilles Gitte Giel Glenn Griet Guust Hajar
Hamza Hanne Hannah Hannelore Helena Hendrik Hilde Ibrahim Ilias Ilse Imane Imran Ine Ines Inge Iris Isabel Isabelle
Jaak Jade Jan Jana Janne Jannes Jarne Jasmien Jasper Jef Jelle Jens Jeroen Jerome Jesse Jill Jitse Joachim Johan Joke
Jolien Jonas Jonathan Joost Joran Joris Josephine Jules Julia Julie Juliette Juna Kaat Kamiel Kaoutar Karel Karen Kasper
Kato Kevin Khadija Kim Klaas Klara Kobe Koen Korneel Kris Laila Lander Lara Lars Laura Laure Lauren Laurens Lea Leander
Leen Lena Lenn Lennert Leon Leonie Lewis Lien Lies Lieselot Lieve Lina Linde Lisa Liv Liza Loes Lola Lore Lorenz
Lotte Louis Louise Lowie Luca Lucas Lucie Luka Lukas Luna Maarten Malik Manon Margaux Margot Marie Mariam Marijn Marit
Martijn Mathias Mathis Matteo Matthias Mats Maud Mauro Max Maxim Maya Merel Mia Michiel Mieke Mila Milan Milo Mira
Mohamed Mona Mustafa Myrthe Nafi Nathan Nele Nell Nicolas Niels Nina Noa Noah Noor Nora Nour Oliver Olivia Omar Oona
Oscar Pauline Pepijn Peter Pieter Pieterjan Quinten Rania Renee Rik Robbe Robin Rosalie Roos Ruben Rune Safiya Salma
Sam Samuel Sander Sanne Sara Sarah Seppe Siebe Siel Simon Sien Sofia Sofie Stan Steven Stien Stijn Stef Sus Tess Thibo
Thomas Thijs Tibe Tijl Tim Tine Tobias Tom Toon Tristan Tuur Vic Victor Victoria Viktor Vince Warre Ward Wannes Wout
Xander Yana Yara Yasmine Yassine Yentl Yusuf Zoe Zeno Zita
""".split()
TITLES = [
    "Breuken met het strookmodel", "Begrijpend lezen in het zesde leerjaar", "Vlot lezen met een maatje",
    "Leren leerlingen van het vijfde leerjaar meer over breuken als de leerkracht het strookmodel voordoet?",
    "Helpt voorlezen elke dag tien minuten?", "Samen leren: elke week een kring", "Woordenschat Engels, tweede graad",
    "Toets hoofdrekenen tot 100", "De tafels van 1 tot 10", "Werkwoorden zonder fouten: ik, jij, wij",
    "Zelf plannen met een weekplan", "Meetkunde in de eerste graad A-stroom", "Wiskunde voor iedereen",
    "Motivatie voor lezen en schrijven", "Wat doet feedback met een opstel?", "Spelling: oefenen of nadenken?",
    "Leerlingen geven elkaar les", "Stil lezen of hardop lezen", "Rekentaal in contexten", "Welbevinden in de klas",
    "Differentiatie met drie sporen", "Natuur en techniek: leren door doen", "Coaching van starters in het team",
    "Fietsproef in het vierde leerjaar", "Groeien naar autonomie in 3de graad BSO", "Leesclub na school",
    "Kunnen kleuters beter tellen na zes weken?", "Huiswerk op papier of op het scherm",
    "Luisteren met en zonder beeld", "Hoe ver springen leerlingen na acht lessen?", "Schoolrijpheid van kleuters",
    "Aanvankelijk lezen: klanken en letters", "Mondelinge taal in de zandbak", "Een rustige start van de dag",
    "Toets wereldoriëntatie, thema water", "Kansen in de grootstad: leerkracht en ouders samen",
    "Het lezen van grafieken", "Chemie: het practicum vooraf of achteraf", "Begeleide zelfstudie wiskunde 5 uur",
    "Vraagstukken in stappen", "Bewegen tussen twee lessen", "Muziek en ritme bij jonge kinderen",
]  # fmt: skip


def test_there_are_some_300_names():
    assert len(set(NAMES)) >= 300


@pytest.mark.parametrize("title", TITLES)
def test_an_ordinary_title_names_none_of_300_pupils(title):
    """In one class or in all: with family names they would be more, as the page on privacy says."""
    assert not list(named_in_study(study(title=title, question=title), NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_every_one_of_them_is_found_in_a_title(name):
    found = list(named_in_study(study(title=f"Lezen met {name}"), NAMES))
    assert [problem.facts["key"] for problem in found] == ["title"]
    assert name not in str(found[0].facts)


WHERE = {
    "title": {"title": "De vooruitgang van Yasmine"},
    "question": {"question": "Leert Yasmine meer?"},
    "id": {"id": "yasmine-leest"},
    "context.grade": {"context": {"grade": "5 van Yasmine"}},
    "context.track": {"context": {"track": "groep Yasmine"}},
    "context.school_code": {"context": {"school_code": "school-Yasmine"}},
    "outcomes.label": {"outcomes": [plan()["outcomes"][0] | {"label": "Toets van Yasmine"}]},
    "outcomes.name": {"outcomes": [plan()["outcomes"][0] | {"name": "toets_yasmine"}]},
    "subgroups.column": {"subgroups": [{"column": "zoals Yasmine"}]},
}


@pytest.mark.parametrize("key", WHERE)
def test_a_mention_is_found_wherever_a_page_or_a_card_would_repeat_it(key):
    (found,) = named_in_study(study(**WHERE[key]), ["Yasmine El Amrani", "Robbe Claes"])
    assert (found.code, found.severity, found.facts["key"]) == ("pupil_in_study", "error", key)


def test_goals_and_levels_are_read_too():
    outcome = plan()["outcomes"][0] | {"levels": ["nog niet", "zoals Robbe"]}
    outcome = {key: value for key, value in outcome.items() if key not in ("scale", "smallest_worthwhile", "usual_gap")}
    (found,) = named_in_study(study(outcomes=[outcome]), ["Robbe Claes"])
    assert found.facts["key"] == "outcomes.levels"


@pytest.mark.parametrize("codes", [[str(n) for n in range(1, 31)], [f"L{n}" for n in range(1, 31)], ["5A1", "5A2"]])
def test_a_grade_or_a_number_is_no_pupil(codes):
    context = {"grade": "5", "track": "A-stroom", "school_code": "12"}
    assert not list(named_in_study(study(title="Tafels 1 tot 10, klas 5A", context=context), codes))


def test_a_word_of_the_title_is_a_name_when_a_pupil_is_called_so():
    """It errs on the side of the pupil, in small letters too: who is called Roos is not to be read in "roos"."""
    assert list(named_in_study(study(title="Een roos in de tuin"), ["Roos", "Robbe"]))
    assert not list(named_in_study(study(title="Een roos in de tuin"), ["Robbe"]))


def test_words_no_title_can_do_without_count_with_a_capital_only():
    assert not list(
        named_in_study(study(title="Lezen: elke week tien minuten, door iedereen"), ["Elke", "Tien", "Door"])
    )
    assert list(named_in_study(study(title="Lezen met Elke"), ["Elke"]))


def test_a_subject_that_is_also_a_name_is_refused_where_a_pupil_has_it():
    """Known: who teaches French to a pupil called Frans has to word the title otherwise."""
    assert list(named_in_study(study(title="Woordenschat Frans"), ["Frans"]))
    assert not list(named_in_study(study(title="Woordenschat Frans"), ["Robbe"]))


def test_it_is_refused_when_study_and_scores_are_bound_and_told_nowhere():
    scores = classes()
    scores["leerling"] = [f"Leerling{n}" for n in range(len(scores["leerling"]))]
    scores["leerling"][3] = "Yasmine"
    assert bound(scores)
    with pytest.raises(Problems) as raised:
        bound(scores, title="Lezen met Yasmine")
    (problem,) = raised.value.problems
    assert problem.code == "pupil_in_study" and "Yasmine" not in repr(problem)


def test_the_examples_are_let_through_by_their_own_pupils():
    from conftest import EXAMPLES, STUDY_FILES

    for name in STUDY_FILES:
        path = EXAMPLES / name
        data = next((p for p in EXAMPLES.glob(f"{path.stem}.*") if p.suffix != ".toml"), None)
        if data is not None:
            gsl.load_data(data, gsl.load_study(path))


def test_many_pupils_cost_little_where_no_word_is_shared(monkeypatch):
    """Looking for each of them is left out; a name in the title brings it back."""
    made = []
    monkeypatch.setattr("gsl_research.mentions.Mentions", lambda called: made.append(1) or Mentions(called))
    called = [f"xq{n:06d}" for n in range(1000)]
    assert not list(named_in_study(study(), called)) and not made
    assert list(named_in_study(study(title="Kijk naar xq000007"), called)) and made

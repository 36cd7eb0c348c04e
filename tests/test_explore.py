"""Exploring says nothing a report would not say, keeps pupils in, and shows the line of code that does the same."""

import ast
import base64
import re
import statistics
import sys
from dataclasses import replace
from datetime import date
from string import Formatter

import numpy as np
import pytest
from conftest import EXAMPLES, PROJECT, bound, classes, turned

from gsl_research.charts.picture import Picture
from gsl_research.dataset import load_data
from gsl_research.explore import explore, explore_live, offer, redraw, redraw_live
from gsl_research.explore.ordinary import MOST_DRAWS, SIDES, differences, draw, ordinary
from gsl_research.explore.view import View
from gsl_research.explore.what_if import steps
from gsl_research.judge import judge
from gsl_research.measure import measure
from gsl_research.methods.one_class import EXPECTED_GAP
from gsl_research.problems import Problems
from gsl_research.report import report
from gsl_research.study_file import load_study
from gsl_research.wording import TEXTS, Words, languages, words

NL = words("nl")
STUDIES = {
    "many": "breuken-strookmodel.csv",
    "pair": "begrijpend-lezen-twee-klassen.xlsx",
    "blocks": "denkstappen-zes-scholen.csv",
    "one": "woordenschat-een-klas.csv",
}


def example(name: str):
    return of_example(STUDIES[name])


def of_example(name: str):
    file = EXAMPLES / name
    study = load_study(file.with_suffix(".toml"))
    return study, load_data(file, study)


@pytest.fixture(scope="module")
def given():
    return {name: example(name) for name in STUDIES}


@pytest.fixture
def undrawn(monkeypatch):
    """Without the drawing itself, which adds no words and takes most of the time."""
    monkeypatch.setattr(Picture, "svg", lambda self, height, alt: "<svg xmlns='http://www.w3.org/2000/svg'/>")


def page(study, data, lang="nl"):
    measurement = measure(study, data)
    return report(measurement, judge(measurement), lang=lang)


def said(page) -> str:
    """Everything a page says, as one text."""
    found = []

    def walk(value):
        match value:
            case str():
                found.append(value)
            case tuple() | list():
                for one in value:
                    walk(one)
            case _ if hasattr(value, "__dataclass_fields__"):
                for name in value.__dataclass_fields__:
                    walk(getattr(value, name))

    walk(page)
    return "\n".join(found)


# the same as the report


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("name", STUDIES)
def test_unchanged_it_says_what_the_report_says(given, undrawn, name, lang):
    view, text = explore(*given[name], lang=lang), said(page(*given[name], lang=lang))
    assert view.changed == (words(lang)("explore.unchanged"),)
    assert view.reported == ()
    assert all(line in text for line in view.told if name != "pair" or line == view.told[0])
    assert view.told[0] in text


@pytest.mark.parametrize("name", ["many", "pair", "blocks"])
def test_unchanged_the_picture_is_one_of_the_report(given, undrawn, name):
    (chart,) = explore(*given[name]).charts
    assert chart.alt in {line for line in said(page(*given[name])).split("\n")}
    assert chart.table.rows and all(cell in said(page(*given[name])) for row in chart.table.rows for cell in row)


def test_with_one_class_on_each_side_the_from_to_is_a_row_of_the_page(given, undrawn):
    study, data = given["pair"]
    entry = measure(study, data).primary.panel[0]
    assert entry.estimator == "own_usual_gap"
    assert NL.span(entry.interval, 1, 1) in explore(study, data).told[-1]


@pytest.mark.parametrize("outcome", ["motivatie"])
def test_another_outcome_is_told_in_its_own_role(given, undrawn, outcome):
    study, data = given["many"]
    view = explore(study, data, outcome=outcome)
    assert view.told[0] in said(page(study, data))
    assert study.primary.label in view.changed[0]


def test_another_learning_outcome_is_told_as_an_exploration(undrawn):
    scores = classes(3, 3, effect=4.0, spread=0.2)
    scores |= {"voor2": turned(scores["voor"]), "na2": turned(scores["na"])}
    study, data = bound(scores, outcomes=[OUTCOME, {**OUTCOME, "name": "lezen", "role": "secondary"} | {
        "label": "Lezen", "pre": "voor2", "post": "na2"}])  # fmt: skip
    view = explore(study, data, outcome="lezen")
    assert "lees het als een verkenning" in view.told[0]
    assert offer(study, data, outcome="lezen").margins == ()
    assert "De stip" not in view.charts[0].caption


OUTCOME = {
    "name": "toets", "label": "Toets", "domain": "learning_gain", "pre": "voor", "post": "na", "scale": [0, 20],
    "smallest_worthwhile": 1.0,
}  # fmt: skip


# chosen after the results


def clear(**changes):
    """A clear difference from many classes, with a margin that was set beforehand."""
    conduct = {"post_on": date(2026, 12, 10), "scoring": "external", "fidelity": 0.9, "comparison": "parallel"}
    design = {"kind": "comparison", "assigned": "class", "randomised": True}
    given = {"outcomes": [OUTCOME], "planned_on": date(2026, 9, 1), "conduct": conduct, "design": design}
    return bound(classes(8, 8, effect=3.0, spread=0.3), **given | changes)


def test_a_margin_of_now_is_told_as_one_of_now(undrawn):
    study, data = clear()
    view = explore(study, data, worthwhile=0.4)
    assert "vooraf de moeite" in explore(study, data).told[0]
    assert "vooraf" not in " ".join(re.findall(r"0,4 punten[^.]*", " ".join(view.told)))
    assert "na de resultaten" in view.changed[0]
    assert "vooraf de moeite" in view.reported[0]
    caption = view.charts[0].caption + str(view.charts[0].table.rows)
    assert "vooraf" not in caption and "nu koos" in caption


def test_a_margin_of_now_never_stands_firmer_than_one_set_beforehand(undrawn, monkeypatch):
    study, data = clear()
    seen = []
    monkeypatch.setattr(
        sys.modules["gsl_research.explore.what_if"], "judge", lambda m: seen.append(judge(m)) or seen[-1]
    )
    explore(study, data, worthwhile=0.4)
    reported, told = seen
    assert (reported.margin.origin, told.margin.origin) == ("before", "after")
    assert told.security.rating <= reported.security.rating


def test_the_margin_of_the_study_changes_nothing(undrawn):
    study, data = clear()
    view = explore(study, data, worthwhile=1.0)
    assert view.told == explore(study, data).told and view.reported == ()


def test_a_class_left_out_counts_as_lost(undrawn):
    study, data = clear()
    whole, less = explore(study, data), explore(study, data, without=2)
    assert not whole.told[0].startswith("We weten het nog niet")
    assert less.told[0].startswith("We weten het nog niet")
    assert "15 klassen, 300 leerlingen" in less.told[0]
    assert less.reported == whole.told[:1]
    assert "klas 2" in less.changed[0]
    assert less.charts[0].alt != whole.charts[0].alt


def test_the_class_left_out_is_the_one_of_that_number_on_the_page(undrawn):
    study, data = clear()
    result = measure(study, data).primary
    for number in (1, 5, 16):
        unit = next(item.unit for item in result.classes if item.number == number)
        kept = data.frame[data.frame["cluster"] != unit]
        by_hand = measure(study, replace(data, frame=kept.reset_index(drop=True))).primary
        assert NL.span(by_hand.main.interval, 1, 1) in explore(study, data, without=number).told[0]


def test_a_block_goes_whole(given, undrawn):
    study, data = given["blocks"]
    offered = offer(study, data).without
    blocks = data.frame.groupby("cluster")["block"].first()
    units = {item.number: item.unit for item in measure(study, data).primary.classes}
    assert len(offered) == 6
    for together in offered:
        assert len(together) == 2 and len({blocks[units[number]] for number in together}) == 1
    assert "10 klassen" in explore(study, data, without=offered[0][1]).told[0]


def test_nothing_is_changed_in_what_was_given(given, undrawn):
    study, data = given["many"]
    before, frame = study.fingerprint, data.frame.copy()
    explore(study, data, without=1, worthwhile=2.0)
    assert study.fingerprint == before
    assert data.frame.equals(frame)


def test_an_outcome_with_the_name_of_a_column_is_not_that_column(undrawn):
    study, data = bound(classes(3, 3), outcomes=[{**OUTCOME, "name": "treated"}])
    assert "5 klassen" in explore(study, data, without=1).told[0]


# what is offered


def test_what_is_offered_is_what_changes_something(given):
    offered = {name: offer(*given[name]) for name in STUDIES}
    assert [name for name in STUDIES if offered[name].margins] == ["many", "blocks"]
    assert [name for name in STUDIES if offered[name].usual_gaps] == ["pair"]
    assert [name for name in STUDIES if offered[name].without] == ["many", "blocks"]
    assert offered["many"].outcomes == ("breuken", "motivatie")
    assert 1.0 in offered["many"].margins and 2.0 in offered["pair"].usual_gaps


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("pair", {"without": 1}),
        ("pair", {"worthwhile": 1.0}),
        ("many", {"usual_gap": 1.0}),
        ("many", {"without": 7}),
        ("many", {"outcome": "lezen"}),
        ("one", {"worthwhile": 1.0}),
    ],
)
def test_what_is_not_offered_is_refused(given, undrawn, name, asked):
    with pytest.raises(ValueError):
        explore(*given[name], **asked)


@pytest.mark.parametrize("arms", [(1, 1), (2, 1), (1, 2)])
def test_a_pair_is_never_what_is_left(arms):
    assert offer(*bound(classes(*arms))).without == ()


def test_the_last_class_of_an_arm_stays():
    offered = offer(*bound(classes(3, 1))).without
    assert offered == ((1,), (2,), (3,))


def test_a_class_whose_mean_is_hidden_cannot_be_left_out(undrawn):
    scores = classes(3, 3)
    small = [n for n, unit in enumerate(scores["klas"]) if unit == "k1"][9:]
    study, data = bound({name: [c for n, c in enumerate(cells) if n not in small] for name, cells in scores.items()})
    hidden = {item.number for item in measure(study, data).primary.classes if item.pupils < 10}
    assert len(hidden) == 1
    assert not hidden & {number for together in offer(study, data).without for number in together}
    with pytest.raises(ValueError):
        explore(study, data, without=hidden.pop())


def test_an_arm_too_small_to_share_has_no_picture_and_no_number(undrawn):
    study, data = bound(classes(2, 2, size=4))
    view = explore(study, data)
    assert view.charts == () and view.small == ()
    assert "in de map private" in view.told[0]


@pytest.mark.parametrize("sd", [0.6, 3.3, 6.2, 41.0])
def test_steps_are_round_and_few_and_reach_one_standard_deviation(sd):
    found = steps(sd, None)
    assert 8 <= len(found) <= 20
    assert sd - found[0] < found[-1] <= sd
    assert all(float(f"{step:.3g}") == step for step in found)
    assert steps(sd, 0.123)[np.searchsorted(steps(sd, 0.123), 0.123)] == 0.123


# the usual gap


def test_a_wider_usual_gap_widens_the_from_to_and_its_icc(given, undrawn):
    study, data = given["pair"]
    widths, iccs = [], []
    for gap in offer(study, data).usual_gaps:
        view = explore(study, data, usual_gap=gap)
        low, high = map(decimal, re.search(r"van ([\d,]+) punt\w* lager tot ([\d,]+)", view.told[-1]).groups())
        widths.append(low + high)
        iccs.append(decimal(re.search(r"ICC (0,\d+)", view.small[0])[1]))
    assert widths == sorted(set(widths)) and iccs == sorted(iccs) and iccs[0] < iccs[-1]


def decimal(text: str) -> float:
    return float(text.replace(",", "."))


# ordinary classes


def test_ordinary_classes_lie_as_far_apart_as_was_said(given):
    """Twice the same: by simulation here, and by the expected distance of two normal values."""
    made = ordinary(*given["pair"], "nl")
    gap = 2.0
    drawn = [draw(made, gap, number) for number in range(1500)]
    level_sd, pupil_sd = gap / EXPECTED_GAP, made.sd / np.sqrt(made.pupils)
    for side in SIDES:
        expected = EXPECTED_GAP * np.sqrt((level_sd**2 + pupil_sd**2) / side)
        found = statistics.fmean(map(abs, differences(drawn, side)))
        assert found == pytest.approx(expected, rel=0.08)
        assert abs(statistics.fmean(differences(drawn, side))) < 4 * expected / np.sqrt(1500)


def test_the_usual_gap_is_the_middle_one_of_the_page(undrawn):
    study, data = bound(classes(1, 1))
    result = measure(study, data).primary
    assert ordinary(study, data, "nl").usual_gap == pytest.approx(result.usual_gaps[1], rel=1e-9)


def test_a_usual_gap_of_the_school_comes_first(given):
    assert ordinary(*given["pair"], "nl").usual_gap == 2.0


def test_the_same_line_draws_the_same_and_more_draws_keep_the_first(given, undrawn):
    study, data = given["many"]
    assert redraw(study, data) == redraw(study, data)
    made = ordinary(study, data, "nl")
    first, again = draw(made, 1.0, 3), draw(made, 1.0, 3)
    assert (first == again).all() and not (first == draw(made, 1.0, 4)).all()


def test_the_counts_are_those_of_the_draws(given, undrawn):
    study, data = given["many"]
    made = ordinary(study, data, "nl")
    drawn = [draw(made, made.usual_gap, number) for number in range(20)]
    view = redraw(study, data)
    for row, side in zip(view.charts[0].table.rows, SIDES, strict=True):
        beyond = sum(abs(d) > 1.0 for d in differences(drawn, side))
        assert row[1] == f"{beyond} van 20"
        assert f"{beyond} van de 20 keer" in view.after[0]


def test_only_the_spread_of_the_study_is_in_the_draws(given):
    """Every score turned upside down: other pupils, equally far apart."""
    study, data = given["many"]
    scores = [f"breuken.{occasion}" for occasion in ("pre", "post")]
    upside_down = replace(data, frame=data.frame.assign(**{name: 20 - data.frame[name] for name in scores}))
    one, other = (ordinary(study, each, "nl") for each in (data, upside_down))
    assert np.allclose(draw(one, 1.0, 0), draw(other, 1.0, 0), rtol=0, atol=1e-9)


def test_it_can_be_shown_without_a_study(undrawn):
    view = redraw(draws=1)
    assert view.code == "gsl.redraw(draws=1)"
    assert len(view.after) == 1
    assert redraw_live().view.code == "gsl.redraw(draws=1, sides=1)"


@pytest.mark.parametrize("asked", [{"draws": 0}, {"draws": MOST_DRAWS + 1}, {"sides": 3}, {"usual_gap": 0.0}])
def test_draws_that_cannot_be_shown_are_refused(asked):
    with pytest.raises(ValueError):
        redraw(**asked)


# the line of code


def carried_out(line: str, study, data) -> View:
    """What a line such as ``gsl.explore(study, data, without=3)`` gives; ``lang`` is a name in a notebook."""
    call = ast.parse(line, mode="eval").body
    assert ast.unparse(call.func) in ("gsl.explore", "gsl.redraw")
    assert [ast.unparse(one) for one in call.args] == ["study", "data"]
    verb = {"gsl.explore": explore, "gsl.redraw": redraw}[ast.unparse(call.func)]
    given = {
        one.arg: "nl" if ast.unparse(one.value) == "lang" else ast.literal_eval(one.value) for one in call.keywords
    }
    return verb(study, data, **given)


@pytest.mark.parametrize("lang", languages())
def test_the_line_of_code_does_the_same(given, undrawn, lang):
    study, data = given["many"]
    views = [
        explore(study, data, lang=lang),
        explore(study, data, without=3, worthwhile=1.4, lang=lang),
        explore(study, data, outcome="motivatie", worthwhile=0.2, lang=lang),
        redraw(study, data, usual_gap=0.8, draws=3, sides=5, lang=lang),
        redraw(study, data, lang=lang),
    ]
    for view in views:
        assert carried_out(view.code, study, data) == view


# as a notebook shows it


def images(html: str) -> list[str]:
    return [base64.b64decode(one).decode() for one in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)]


def test_a_view_is_shown_without_script_and_with_pictures_that_survive_a_reader_without_trust(given):
    study, data = given["many"]
    html = explore(study, data)._repr_html_()
    (svg,) = images(html)
    assert svg.startswith("<svg") and "<svg" not in html
    assert not re.search(r"<script|<style|<iframe|onload|http", html)
    assert 'lang="nl-BE"' in html and 'alt="Figuur' in html


def test_what_a_school_typed_is_text(undrawn):
    scores = classes(3, 3)
    scores["later"] = scores["na"][::-1]
    payload = '<img src=x onerror="alert(1)">'
    other = {**OUTCOME, "name": "b", "label": payload, "role": "secondary", "post": "later"}
    study, data = bound(scores, outcomes=[OUTCOME, other])
    html = explore(study, data, outcome="b")._repr_html_()
    assert "&lt;img src=x" in html and "<img src=x" not in html


def test_no_pupil_and_no_class_name_is_shown(undrawn):
    scores = classes(3, 3)
    scores["leerling"] = [f"Zebedeus-{n}" for n in range(len(scores["leerling"]))]
    scores["klas"] = [f"Kaboutertjes-{name}" for name in scores["klas"]]
    study, data = bound(scores)
    shown = [explore(study, data), explore(study, data, without=2), redraw(study, data)]
    shown += [explore_live(study, data), redraw_live(study, data)]
    for one in shown:
        told = one._repr_html_() if isinstance(one, View) else everything(one)
        assert "Zebedeus" not in told and "Kaboutertjes" not in told


def everything(live) -> str:
    """Whatever the browser gets to see of the controls."""
    return " ".join(str(widget.get_state()) for widget in (*live.controls.values(), *live.lines.values(), live.screen))


# sliders and buttons


def test_moving_a_slider_changes_sentence_picture_and_code(given):
    live = explore_live(*given["many"])
    before, shown = live.view, live.screen.value
    live.controls["worthwhile"].value = 2.8
    assert live.view.told != before.told and live.view.charts != before.charts
    assert live.screen.value != shown and live.view.told[0] in live.screen.value
    assert live.lines["worthwhile"].value.count("gsl.explore(study, data, worthwhile=2.8)") == 1
    assert "gsl.explore(study, data)<" in live.lines["without"].value
    live.controls["worthwhile"].value = 1.0
    assert live.view == before


def test_every_control_of_a_study_is_shown_and_no_other(given, undrawn):
    for name, wanted in {
        "many": {"outcome", "without", "worthwhile"}, "pair": {"usual_gap"}, "blocks": {"without", "worthwhile"},
        "one": set(),
    }.items():  # fmt: skip
        live = explore_live(*given[name])
        assert {key for key, control in live.controls.items() if control.layout.display != "none"} == wanted
        assert {key for key, line in live.lines.items() if line.layout.display != "none"} == wanted


def test_another_outcome_gets_its_own_margins(given, undrawn):
    study, data = given["many"]
    live = explore_live(study, data)
    live.controls["worthwhile"].value = 2.8
    live.controls["outcome"].value = "motivatie"
    assert live.view.code == "gsl.explore(study, data, outcome='motivatie')"
    assert live.controls["worthwhile"].value == 0.3
    live.controls["worthwhile"].value = 0.2
    assert "outcome=&#x27;motivatie&#x27;, worthwhile=0.2" in live.lines["worthwhile"].value
    live.controls["without"].value = 4
    assert live.view.code == "gsl.explore(study, data, outcome='motivatie', without=4, worthwhile=0.2)"
    assert live.view == explore(study, data, outcome="motivatie", without=4, worthwhile=0.2)


def test_the_slider_reads_in_the_language(given, undrawn):
    labels = {lang: explore_live(*given["many"], lang=lang).controls["worthwhile"].label for lang in ("nl", "en")}
    assert labels == {"nl": "1 punt", "en": "1 point"}
    assert "1,2 punten" in dict(explore_live(*given["many"]).controls["worthwhile"].options)


def test_without_a_margin_the_slider_starts_as_in_the_report(undrawn):
    study, data = bound(classes(4, 4))
    live = explore_live(study, data)
    assert live.controls["worthwhile"].label == "zoals in het verslag"
    assert live.view.code == "gsl.explore(study, data)"


def test_what_cannot_be_measured_is_said(given, undrawn, monkeypatch):
    from gsl_research.problems import Problem

    live = explore_live(*given["many"])

    def stopped(*given, **asked):
        raise Problems([Problem(code="no_class_spread", facts={"outcome": "<Toets>"})])

    monkeypatch.setattr(sys.modules["gsl_research.explore.live"], "explore", stopped)
    live.controls["without"].value = 2
    assert "&lt;Toets&gt;" in live.screen.value and live.view is None


def test_again_adds_a_draw_and_many_add_twenty(given, undrawn):
    live = redraw_live(*given["many"])
    again, many, restart = (live.controls[name] for name in ("again", "many", "restart"))
    assert live.view.code == "gsl.redraw(study, data, draws=1, sides=1)"
    first = live.screen.value
    again.click()
    assert live.view.code == "gsl.redraw(study, data, draws=2, sides=1)" and live.screen.value != first
    many.click()
    live.controls["sides"].value = 10
    assert live.view.code == "gsl.redraw(study, data, draws=22)"
    assert len(live.view.charts[0].table.rows) == len(SIDES)
    for _ in range(5):
        many.click()
    assert again.disabled and many.disabled and f"draws={MOST_DRAWS}" in live.view.code
    restart.click()
    assert not again.disabled and live.view.code == "gsl.redraw(study, data, draws=1)"
    live.controls["usual_gap"].value = 2.0
    assert "usual_gap=2.0" in live.view.code and "usual_gap=2.0" in live.lines["usual_gap"].value


def test_where_no_widget_lives_a_sentence_says_where_it_does(given, undrawn):
    bundle = explore_live(*given["one"])._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "JupyterLab" in bundle["text/plain"] and "JupyterLab" in bundle["text/html"]


# words


def keys(lang: str) -> dict[str, str]:
    import tomllib

    rooms = tomllib.loads((TEXTS / lang / "explore.toml").read_text("utf-8"))
    found = {}
    for name, value in rooms.items():
        table = value if isinstance(value, dict) else {"": value}
        found |= {f"explore.{name}{'.' if key else ''}{key}": text for key, text in table.items()}
    return found


@pytest.fixture(scope="module")
def everything_said(given):
    """(language, line) of many explorations, and every key they asked for."""
    find, used, lines = Words._find, set(), []

    def recording(self, key):
        used.add(key)
        return find(self, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Words, "_find", recording)
        patch.setattr(Picture, "svg", lambda self, height, alt: "<svg xmlns='http://www.w3.org/2000/svg'/>")
        alike = [bound(classes(1, 1, effect=gap, spread=0.0)) for gap in (-9.0, 0.0, 9.0)]
        unset = [bound(classes(3, 3, effect=effect, size=14)) for effect in (-3.0, 0.0, 3.0)]
        other = [of_example("opstel-acht-klassen.csv"), of_example("maaltafels-halve-klas.csv")]
        for lang in languages():
            for study, data in (*given.values(), *alike, *unset, *other):
                offered = offer(study, data)
                views = [explore(study, data, outcome=name, lang=lang) for name in offered.outcomes]
                views += [explore(study, data, without=gone[0], lang=lang) for gone in offered.without]
                views += [explore(study, data, usual_gap=gap, lang=lang) for gap in offered.usual_gaps[::4]]
                views += [explore(study, data, worthwhile=limit, lang=lang) for limit in offered.margins[::4]]
                views += [redraw(study, data, draws=draws, lang=lang) for draws in (1, 2, 30)]
                views += [redraw(study, data, usual_gap=0.001, draws=draws, lang=lang) for draws in range(1, 8)]
                live = [explore_live(study, data, lang=lang), redraw_live(study, data, lang=lang)]
                live[0]._repr_mimebundle_()
                for view in (*views, *(one.view for one in live)):
                    html = view._repr_html_()
                    assert html
                    texts = [view.notice, *view.lines]
                    texts += [text for chart in view.charts for text in (chart.alt, chart.caption)]
                    lines += [(lang, one) for one in texts]
    return used, sorted(set(lines))


def test_every_text_is_said(everything_said):
    assert keys("nl").keys() - everything_said[0] == set()


def test_sentences_are_short_and_whole(everything_said):
    for _, line in everything_said[1]:
        assert not re.search(r"[{}]|None|nan\b|  |[.,;:]{2,}", line), line
        assert line[0].isupper() and line[-1] in ".?:", line
        for sentence in re.split(r"(?<=[.?!:])\s+(?=[^\W\d_]|\d)", line):
            lettered = [word for word in sentence.split() if re.search(r"[^\W\d_]", word)]
            assert len(lettered) <= 30 or sentence.startswith(("Figuur", "Figure")), sentence


def test_numbers_are_those_of_the_language(everything_said):
    marks = {"nl": r"\d\.\d", "en": r"\d,\d"}
    assert not [line for lang, line in everything_said[1] if lang in marks and re.search(marks[lang], line)]


def test_the_icc_stands_only_in_small_print(given, undrawn):
    for name in STUDIES:
        for view in (explore(*given[name]), redraw(*given[name])):
            assert "ICC" not in " ".join((view.notice, *view.changed, *view.told, *view.after))
    assert "ICC" in explore(*given["pair"]).small[0] and "ICC" in redraw(*given["one"]).small[0]


def test_one_group_never_hears_of_an_effect(given, undrawn):
    for view in (explore(*given["one"]), redraw(*given["one"])):
        assert not re.search(r"\beffect|door de aanpak|dankzij|maand", " ".join(view.lines), re.IGNORECASE)


def test_both_languages_have_the_same_blanks():
    named = {lang: {key: sorted(filter(None, (b for _, b, _, _ in Formatter().parse(text)))) for key, text in
                    keys(lang).items()} for lang in ("nl", "en")}  # fmt: skip
    units = {"unit", "units", "Unit", "Units", "parallel_unit", "parallel_units"}
    same = {lang: {key: set(found) - units for key, found in texts.items()} for lang, texts in named.items()}
    assert same["nl"] == same["en"]


# the notebook


def test_the_notebook_shows_the_picture_without_its_widgets(given):
    """Half of its cells are pictures that need no kernel: what a run on paper, or a reader afterwards, sees."""
    import json

    notebook = json.loads((PROJECT / "notebooks" / "4_explore.ipynb").read_text("utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    study, data = given["pair"]
    still = [line for line in sources if re.match(r"gsl\.(explore|redraw)\(", line)]
    assert len(still) == 2
    for line in still:
        assert images(carried_out(line, study, data)._repr_html_())

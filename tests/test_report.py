"""The page from values: what stands where, and what never does."""

import json
import re
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import EXAMPLES, PROJECT, bound, classes, plan, turned

import gsl_research as gsl
from gsl_research.blocks import Bullets, Callout, Chart, Facts, Fold, Heading, Report, Table
from gsl_research.documents import html
from gsl_research.measurement import Changed
from gsl_research.wording import words


def page(scores, kind="comparison", lang="nl", **changes) -> Report:
    study, data = bound(scores, kind, **changes)
    measurement = gsl.measure(study, data)
    return gsl.report(measurement, gsl.judge(measurement), lang=lang)


def text_of(report: Report) -> str:
    """The page with spaces that may break."""
    return html(report).replace("\N{NO-BREAK SPACE}", " ")


def outcome(**changes):
    return {**plan()["outcomes"][0], **changes}


def flat(report: Report):
    for block in report.blocks:
        yield block
        if isinstance(block, Fold):
            yield from block.blocks


DESIGNS = {"comparison": (3, 3), "one_class": (1, 1), "one_group": (1, 0), "many": (20, 20)}


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("design", DESIGNS)
def test_three_questions_in_order_on_every_page(design, lang):
    arms = DESIGNS[design]
    report = page(classes(*arms), "comparison" if arms[1] else "one_group", lang)
    w = words(lang)
    asked = [block.text for block in report.blocks if isinstance(block, Heading) and block.answer]
    assert asked == [w(f"report.heading.{q}") for q in ("goal", "everyone", "side_effects")]
    assert isinstance(report.blocks[0], Callout) and report.blocks[0].tone == "conclusion"
    text = html(report)
    assert len(text.encode()) < 300_000 and text == html(report)
    assert f'lang="{w.tag}"' in text and "<script" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_no_pupil_and_no_class_name_on_the_page_or_the_card():
    scores = classes(3, 3)
    study, data = bound(scores)
    measurement = gsl.measure(study, data)
    verdict = gsl.judge(measurement)
    out = html(gsl.report(measurement, verdict)) + json.dumps(gsl.evidence(measurement, verdict).to_json())
    assert not re.search(r"\bp\d+-\d+\b|\bk\d\b", out)


def test_one_class_each_shows_no_figures_no_dot_and_no_colour():
    report = page(classes(1, 1, effect=6))
    assert not any(isinstance(block, Facts) for block in report.blocks)
    charts = [block for block in report.blocks if isinstance(block, Chart)]
    assert len(charts) == 1 and "#0b6b6b" not in charts[0].wide and "font-weight" not in charts[0].wide
    assert all(block.tone != "next_step" for block in report.blocks if isinstance(block, Callout))
    assert "p-waarde" not in html(report)


def test_small_groups_hide_means_counts_and_effects():
    scores = classes(2, 2, size=4)
    report = page(scores)
    figures = [block for block in flat(report) if isinstance(block, Chart | Facts)]
    assert [block.caption for block in figures] == [words("nl")("charts.firmness.caption")]
    text = html(report)
    assert "in de map private" in text and ".html" not in text
    study, data = bound(scores)
    measurement = gsl.measure(study, data)
    card = gsl.evidence(measurement, gsl.judge(measurement)).to_json()
    assert card["estimates"] == [] and card["checks"] == []
    record = gsl.private_record(measurement, gsl.judge(measurement)).to_json()
    assert record["estimates"] != []


def test_small_classes_among_larger_ones_keep_all_classes_at_home():
    scores = classes(6, 6)
    keep = [i for i, c in enumerate(scores["klas"]) if c not in ("k0", "k1", "k2") or i % 20 < 3]
    report = page({k: [v[i] for i in keep] for k, v in scores.items()})
    assert not [block for block in report.blocks if isinstance(block, Chart) and block.table.header[0] == "Klas"]
    assert "De klassen tonen we hier niet één voor één" in text_of(report)


@pytest.mark.parametrize(
    ("at_least", "chip", "says"),
    [(1, "reached", "Op minder dan 7 na"), (19.9, "not_reached", "Minder dan 7 van")],
)
def test_small_parts_of_a_goal_are_not_told(at_least, chip, says):
    report = page(classes(), outcomes=[outcome(goal={"at_least": at_least, "share": 0.8})])
    heading = next(block for block in report.blocks if isinstance(block, Heading))
    assert heading.answer == words("nl")(f"verdict.chip.{chip}")
    assert says in text_of(report)


def test_a_loss_of_a_few_cannot_be_worked_out_from_the_totals():
    scores = classes()
    scores["na"][0] = scores["na"][1] = ""
    study, data = bound(scores)
    measurement = gsl.measure(study, data)
    verdict = gsl.judge(measurement)
    card = gsl.evidence(measurement, verdict).to_json()
    assert card["data"]["pupils"] is None and card["data"]["dropped"]["no_post"] is None
    text = text_of(gsl.report(measurement, verdict))
    assert "118 leerlingen" in text and "120 leerlingen" not in text and " 120 " not in text


def test_growth_is_never_called_an_effect():
    text = re.sub(r"<style.*?</style>", "", html(page(classes(1, 0, effect=3), "one_group")), flags=re.S).lower()
    assert "groei" in text
    for word in ("effect van", "dankzij", "door de aanpak", "maanden"):
        assert word not in re.sub("neveneffect", "", text)


def test_new_content_and_selected_low_are_said():
    design = {"kind": "one_group", "selected_low": True}
    text = text_of(page(classes(1, 0), "one_group", design=design, conduct={"new_content": True}))
    assert words("nl")("verdict.new_content") in text and words("nl")("verdict.selected_low") in text


def test_names_from_the_files_are_text_not_markup():
    text = html(page(classes(), title="<script>alert(1)</script>", question="{{ 7*7 }} & <b>"))
    assert "<script" not in text and "{{ 7*7 }} &amp; &lt;b&gt;" in text


VERSIONS = re.compile(r"gsl_research [\d.]+ · [^<\"]*|\"versions\": \{[^}]*\}|\"content_sha256\": \"\w+\"")


def test_example_reports_are_what_the_code_makes(tmp_path):
    import importlib.util

    spec = importlib.util.spec_from_file_location("maker", PROJECT / "benchmarks" / "make_example_reports.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    maker.make(tmp_path)
    made = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    shipped = PROJECT / "reports" / "example"
    kept = {path.relative_to(shipped): path for path in shipped.rglob("*") if path.is_file()}
    assert set(made) == set(kept)
    for name in made:
        old, new = (without_versions(path) for path in (kept[name], made[name]))
        assert old == new, f"{name}: run benchmarks/make_example_reports.py and look at it"


def without_versions(path: Path) -> object:
    """What a file says. Of Word every part, but only the size of its pictures: another engine may draw other dots.
    Of PDF what is read: its bytes hold the versions, folded up."""
    if path.suffix == ".docx":
        with ZipFile(path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        return {
            name: part[16:24] if name.endswith(".png") else VERSIONS.sub("", part.decode("utf-8"))
            for name, part in parts.items()
        }
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        pages = [re.sub(r"\s+", "", page.extract_text()) for page in PdfReader(path).pages]
        return [re.sub(r"gsl_research[\d.]+(·\w+?[\d.]+)*", "", page) for page in pages]
    return VERSIONS.sub("", path.read_text("utf-8"))


def test_reports_differ_only_in_words_between_languages():
    study = gsl.load_study(EXAMPLES / "breuken-strookmodel.toml")
    measurement = gsl.measure(study, gsl.load_data(EXAMPLES / "breuken-strookmodel.csv", study))
    dutch, english = (gsl.report(measurement, gsl.judge(measurement), lang=lang) for lang in ("nl", "en"))
    assert [type(b) for b in dutch.blocks] == [type(b) for b in english.blocks]
    shown = [table.rows for report in (dutch, english) for table in flat(report) if isinstance(table, Table)]
    assert len(shown) % 2 == 0


def test_what_is_hidden_is_decided_per_arm():
    scores = classes(6, 6)
    small = ("k0", "k1", "k2", "k6", "k7", "k8")
    keep = [i for i, klas in enumerate(scores["klas"]) if klas not in small or i % 20 < 2]
    report = page({name: [values[i] for i in keep] for name, values in scores.items()})
    rows = next(block for block in report.blocks if isinstance(block, Chart)).table.rows
    for arm in (rows[:6], rows[6:]):
        assert sum(row[2] == "–" for row in arm) >= 2
        assert sum(row[3] == words("nl")("charts.class_means.not_shown") for row in arm) >= 2


def test_a_card_tells_no_difference_of_a_few_between_outcomes():
    scores = classes()
    extra = {"name": "zin", "label": "Zin", "domain": "motivation", "role": "side_effect", "pre": "zv", "post": "zn"}
    scores["zv"], scores["zn"] = turned(scores["voor"]), turned(scores["na"])
    scores["na"][0] = scores["na"][1] = ""
    study, data = bound(scores, outcomes=[outcome(), extra])
    measurement = gsl.measure(study, data)
    card = gsl.evidence(measurement, gsl.judge(measurement)).to_json()
    counts = {entry["outcome"]: entry["n"]["pupils_treated"] for entry in card["estimates"]}
    assert counts == {"toets": 58, "zin": None}
    assert all(len(str(entry["value"]).split(".")[1]) <= 3 for entry in card["estimates"])


@pytest.mark.parametrize(("size", "told"), [(9, False), (10, True)])
def test_a_card_tells_nothing_from_which_the_mean_of_a_small_class_follows(size, told):
    """How far two classes of an arm lie apart, or the difference without one of them, is that class's mean."""
    scores = classes(4, 4)
    kept = [i for i, name in enumerate(scores["klas"]) if name != "k0" or i < size]
    study, data = bound({header: [cells[i] for i in kept] for header, cells in scores.items()})
    measurement = gsl.measure(study, data)
    checks = {check.code: check.value for check in gsl.evidence(measurement, gsl.judge(measurement)).checks}
    for code in ("class_sd_ratio", "leave_one_out_low", "leave_one_out_high", "outlying_class"):
        assert (checks[code] is not None) == told, code


def test_a_card_of_a_hidden_study_tells_no_result():
    study, data = bound(classes(1, 0, size=8), "one_group")
    measurement = gsl.measure(study, data)
    card = gsl.evidence(measurement, gsl.judge(measurement)).to_json()
    assert (card["verdict"]["code"], card["verdict"]["capped_code"]) == ("hidden", "hidden")


def test_the_goal_and_the_distribution_together_tell_of_no_few():
    told = []
    for at_least in (8, 9, 10, 11, 12, 13):
        aimed = outcome(goal={"at_least": at_least, "share": 0.5})
        study, data = bound(classes(1, 0, size=40), "one_group", outcomes=[aimed])
        measurement = gsl.measure(study, data)
        report = gsl.report(measurement, gsl.judge(measurement))
        rows = next(block for block in report.blocks if isinstance(block, Chart)).table.rows
        told.append(len([row for row in rows if row[0] == words("nl")("charts.growth.post")]) > 1)
    assert True in told and False in told


def test_few_reasons_of_a_larger_loss_are_not_told_apart():
    scores = classes()
    for i in range(4):
        scores["na"][i], scores["voor"][i + 5] = "", ""
    study, data = bound(scores)
    measurement = gsl.measure(study, data)
    card = gsl.evidence(measurement, gsl.judge(measurement)).to_json()
    assert card["data"]["pupils"] == 120 and set(card["data"]["dropped"].values()) == {None}


def test_a_margin_set_afterwards_is_not_drawn_as_set_beforehand():
    worth = outcome(smallest_worthwhile=1.0)
    for seen, drawn in ((False, True), (True, False)):
        report = page(classes(), outcomes=[worth], conduct={"results_seen": seen})
        captions = " ".join(block.caption for block in report.blocks if isinstance(block, Chart))
        assert (words("nl")("charts.interval.caption_margin") in captions) is drawn


def test_the_spread_afterwards_is_told_in_points():
    scores = classes(1, 0)
    scores["na"] = [f"{10 + (float(s.replace(',', '.')) - 10) / 2:.2f}".replace(".", ",") for s in scores["voor"]]
    scores["na"][0] = "9,00"
    study, data = bound(scores, "one_group")
    measurement = gsl.measure(study, data)
    now = words("nl").points(10 * measurement.primary.spread.value, 1)
    assert 4 < 10 * measurement.primary.spread.value < 6
    assert f"is dat nu ongeveer {now} (" in text_of(gsl.report(measurement, gsl.judge(measurement)))


def test_a_lowered_rating_says_why_in_its_table():
    said = words("nl")("report.caps.lowered")
    for changed in (True, False):
        report = page(classes(12, 12, spread=0.2), conduct={"concurrent_change": changed, "comparison": "parallel"})
        rows = [row for block in flat(report) if isinstance(block, Chart) for row in block.table.rows]
        assert (said in [row[0] for row in rows]) is changed


@pytest.mark.parametrize(("language", "lang", "marked"), [
    (None, "en", "nl"), (None, "nl", None), ("en", "en", None), ("en", "nl", "en"), ("nl-BE", "nl", None),
])  # fmt: skip
def test_a_page_in_another_language_marks_what_the_school_typed(language, lang, marked):
    given = {} if language is None else {"language": language}
    assert page(classes(), lang=lang, **given).typed_lang == marked


def test_a_chance_is_never_told_as_certain():
    report = page(classes(12, 12, effect=6, spread=0.2), design={"kind": "comparison", "assigned": "class"})
    rows = {row[0]: row[1] for block in flat(report) if isinstance(block, Table) for row in block.rows}
    assert rows[words("nl")("report.method.belief")] == words("nl")("report.method.nearly_sure")


def moved(worse: int, better: int, pupils: int = 40, direction: str = "higher") -> list[str]:
    """What a page says of this many pupils who scored clearly worse, and better, than before."""
    study, data = bound(classes(2, 0, size=20), "one_group", outcomes=[outcome(better=direction)])
    measurement = gsl.measure(study, data)
    changed = Changed(pupils, worse, better, 1.0, 1.0)
    primary = replace(measurement.primary, changed=changed)
    told = gsl.report(replace(measurement, results=(primary,)), gsl.judge(measurement))
    items = next(block for block in told.blocks if isinstance(block, Bullets)).items
    return [item for item in items if re.search("duidelijk (lager|hoger) dan vooraf", item)]


def test_who_scored_clearly_lower_and_higher_is_counted():
    lower, higher = moved(8, 14)
    assert lower.startswith("8 van de 40 leerlingen scoorden duidelijk lager")
    assert higher.startswith("14 van de 40 leerlingen scoorden duidelijk hoger")
    lower, higher = moved(4, 14)
    assert lower.startswith("Hoogstens 6 van de 40") and higher.startswith("14 van")


def test_where_lower_is_better_the_words_follow_the_points():
    worse, better = moved(8, 14, direction="lower")
    assert worse.startswith("8 van de 40 leerlingen scoorden duidelijk hoger")
    assert better.startswith("14 van de 40 leerlingen scoorden duidelijk lager")


@pytest.mark.parametrize(("worse", "better", "told"), [(8, 28, 0), (8, 24, 2), (2, 36, 2), (0, 40, 2), (38, 1, 2)])
def test_two_counts_do_not_give_the_third_away(worse, better, told):
    said = moved(worse, better)
    assert len(said) == told
    assert not {str(count) for count in (worse, better) if not 7 <= count <= 33} - {"40"} & set(" ".join(said).split())

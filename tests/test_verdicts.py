"""Seeded simulations, a small version of ``benchmarks/verdicts.py``: how often a report says what."""

import re
from collections import Counter

import numpy as np
import pytest
from conftest import benchmark

from gsl_research.judge import cap_code
from gsl_research.methods.moments import class_moments

VERDICTS = benchmark("verdicts")
SETTINGS = {setting.name: setting for setting in VERDICTS.SETTINGS}
Layout = VERDICTS.Layout
RUNS = 150
BOUND = 3
"""Standard errors of page and test: over a hundred shares are compared at once, and two would fail a few of them."""


def counted_by_numbers(layout, runs: int) -> dict[float, Counter]:
    found = {effect: Counter() for effect in VERDICTS.EFFECTS}
    for made in VERDICTS.studies(VERDICTS.PLAIN.world, layout.treated, layout.control, VERDICTS.ICC, runs):
        for effect in found:
            moments = VERDICTS.moved(made.plain, made.treated, effect)
            found[effect][VERDICTS.ungated(VERDICTS.main_estimate(layout, moments, made.treated))] += 1
    return found


@pytest.mark.parametrize(("classes", "runs"), [(2, 1_000), (3, 1_000), (5, 1_000), (10, 500), (20, 300)])
def test_the_numbers_alone_say_what_the_methods_page_found(classes, runs):
    for effect, codes in counted_by_numbers(Layout(classes, classes), runs).items():
        for code in VERDICTS.ORDER:
            theirs = VERDICTS.methods_share(classes, effect, code)
            assert VERDICTS.agrees(codes[code] / runs, runs, theirs), (effect, code, codes[code] / runs, theirs)


def page_rows() -> dict[tuple[str, str, str], list[float]]:
    """(heading, classes, drawn): the shares of a report, in the order of ``COLUMNS``, after that of the numbers."""
    rows, heading = {}, ""
    for line in VERDICTS.PAGE.read_text("utf-8").split(VERDICTS.MARK)[1].split("\n"):
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif row := re.fullmatch(r"\| (\d.+?) \| (ja|nee) \| (.+) \|", line):
            layout, drawn, cells = row.groups()
            shares = [float(cell.strip("* ").replace(",", ".")) / 100 for cell in cells.split("|")]
            rows[heading, layout, drawn] = shares
    return rows


def heading(setting, effect: float) -> str:
    start = f"Een echt verschil van {VERDICTS.comma(effect)} SD" if effect else "Geen echt verschil"
    return f"{start}. {setting.told}"


@pytest.mark.parametrize(("name", "layout", "effect"), [
    ("plain", Layout(2, 2), 0.4),
    ("plain", Layout(3, 3), 0.4),
    ("plain", Layout(5, 5), 0.4),
    ("plain", Layout(10, 10), 0.4),
    ("plain", Layout(6, 6, blocks=True), 0.4),
    ("spread", Layout(2, 6), 0.0),
    ("spread", Layout(1, 5), 0.0),
    ("apart_05", Layout(5, 5), 0.0),
    ("lord", Layout(5, 5), 0.0),
    ("lord", Layout(10, 10), 0.0),
    ("lord", Layout(6, 6, blocks=True), 0.0),
])  # fmt: skip
def test_a_report_says_what_the_page_says_it_does(name, layout, effect):
    setting, rows = SETTINGS[name], page_rows()
    found = VERDICTS.tally(setting, layout, effect, RUNS)
    assert found.by_file == VERDICTS.BY_FILE and found.otherwise_by_file == 0
    for view, drawn in (("drawn", "ja"), ("chosen", "nee")):
        if view == "drawn" and not setting.can_be_drawn:
            continue
        numbers, *shares = rows[heading(setting, effect), layout.told, drawn]
        assert VERDICTS.agrees(found.share("numbers", *VERDICTS.CLEAR), RUNS, numbers, BOUND)
        for (head, codes), share in zip(VERDICTS.COLUMNS, shares, strict=True):
            assert VERDICTS.agrees(found.share(view, *codes), RUNS, share, BOUND), (
                view,
                head,
                found.codes[view],
                share,
            )
        assert effect or found.keeps_promise(view)


def test_the_page_keeps_its_promise_in_every_design():
    rows = page_rows()
    expected = {
        (heading(setting, effect), layout.told, drawn)
        for setting in VERDICTS.SETTINGS
        for effect in (VERDICTS.EFFECTS if setting is VERDICTS.PLAIN else (0.0,))
        for layout in setting.layouts
        for drawn in (("ja", "nee") if setting.can_be_drawn else ("nee",))
    }
    assert set(rows) == expected
    runs = int(re.search(r"(\d+) studies per cel", VERDICTS.PAGE.read_text("utf-8")).group(1))
    assert runs >= 4_000
    most = VERDICTS.MOST_CLEAR + VERDICTS.BOUND * VERDICTS.standard_error(VERDICTS.MOST_CLEAR, runs)
    promised = {heading(setting, 0.0) for setting in VERDICTS.SETTINGS}
    assert {row: shares[1] for row, shares in rows.items() if row[0] in promised and shares[1] > most} == {}


def test_one_class_on_each_side_is_never_an_answer():
    found = VERDICTS.tally(SETTINGS["lord"], Layout(1, 1), 0.0, 50)
    assert found.codes["numbers"] == found.codes["chosen"] == {"ONE_CLASS": 50}


def test_two_classes_on_each_side_lean_only_without_the_gate():
    found = VERDICTS.tally(VERDICTS.PLAIN, Layout(2, 2), 0.4, 100)
    assert found.codes["ungated"]["LEAN_POS"] > 10
    assert not found.codes["numbers"].keys() & {"LEAN_POS", "LEAN_NEG"}


def test_other_ways_of_adjusting_hold_back_where_no_lot_was_drawn():
    """By the page 85 % are clear when drawn and 72 % when not; what is capped for it still leans."""
    found = VERDICTS.tally(VERDICTS.PLAIN, Layout(20, 20), 0.4, RUNS)
    drawn, chosen = (found.share(view, *VERDICTS.CLEAR) for view in ("drawn", "chosen"))
    assert drawn - chosen > 0.03
    assert found.share("chosen", "LEAN_POS") - found.share("drawn", "LEAN_POS") == pytest.approx(drawn - chosen)


@pytest.mark.parametrize("code", VERDICTS.SILENT)
def test_codes_that_say_nothing_need_no_rating(code):
    assert {cap_code(code, rating) for rating in range(6)} == {code}


@pytest.mark.parametrize("layout", [Layout(2, 3), Layout(3, 3, blocks=True)], ids=lambda layout: layout.told)
def test_a_score_file_holds_the_moments_it_was_made_from(layout):
    made = next(VERDICTS.studies(VERDICTS.PLAIN.world, layout.treated, layout.control, 0.15, 1))
    table = VERDICTS.score_file(layout, made.plain, made.treated, np.random.default_rng(1))
    pre, post = (
        np.array([cell.replace(",", ".") for cell in table.columns[name]], dtype=float) for name in ("voor", "na")
    )
    again = class_moments(np.unique(table.columns["klas"], return_inverse=True)[1], pre, post)
    assert again.mean - VERDICTS.FLOOR == pytest.approx(made.plain.mean, abs=1e-8)
    assert again.scatter == pytest.approx(made.plain.scatter, abs=1e-7)
    assert ("school" in table.columns) == layout.blocks


def test_a_broken_promise_is_noticed():
    good, poor = VERDICTS.Tally(4_000), VERDICTS.Tally(4_000)
    good.codes["chosen"].update({"CLEAR_POS": 100, "CLEAR_BIG": 41, "CANNOT": 3_859})
    poor.codes["chosen"].update({"CLEAR_POS": 100, "CLEAR_BIG": 42, "CANNOT": 3_858})
    assert good.keeps_promise("chosen") and not poor.keeps_promise("chosen")
    poor.otherwise_by_file = 1
    where = Layout(2, 6)
    assert list(VERDICTS.broken({("lord", where, 0.0): good})) == []
    assert len(list(VERDICTS.broken({("lord", where, 0.0): poor}))) == 2
    silent = VERDICTS.Tally(4_000)
    silent.codes["ungated"]["CANNOT"] = 4_000
    assert len(list(VERDICTS.broken({("plain", Layout(5, 5), 0.0): silent}))) >= 5


def test_agreement_is_two_standard_errors_of_both():
    assert VERDICTS.agrees(0.109, 4_000, 0.1)
    assert not VERDICTS.agrees(0.121, 4_000, 0.1)
    assert VERDICTS.agrees(0.13, 400, 0.1)
    assert VERDICTS.agrees(0, 4_000, 0.001) and not VERDICTS.agrees(0, 4_000, 0.004)
    assert not VERDICTS.agrees(0.0205, 4_000, 0.033), "why one cell of the methods page is set aside"

"""The teacher's own pages: what they say of a pupil, how sure they may be, and that no pupil leaves with anything else.

A *canary* is a name that stands nowhere but in the scores.
"""

import base64
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from urllib.parse import quote

import numpy as np
import pytest
from browsing import LAPTOP, PAPER, PHONE, WIDER, missing, shown, unfold
from conftest import EXAMPLES, bound, classes, plan, table
from made_cases import Case, comparison, divided, in_turn, levelled, of_goals, one_group, others, waves
from telling import run, said, telling, whole_page
from test_accessible import OUTLINE, axe, violations  # noqa: F401 - a fixture
from text_keys import KEYS, LANGUAGES
from wording_rules import FORBIDDEN, LONGEST, NEGATIVE, NOT_FOR, OTHER_MARK, PLURAL_OF_ONE, has

import gsl_research as gsl
from gsl_research import listed, runs
from gsl_research.blocks import Callout, PrivatePage, Table
from gsl_research.dataset import bind
from gsl_research.documents import html
from gsl_research.measurement import Changed
from gsl_research.study import Study
from gsl_research.traces import Trace
from gsl_research.wording import words

KNOWN = {"reliability": 0.8}
UNFILLED = r"[{}]|None\b(?! of)|nan\b|  | [.,;]|[.,;:]{2}"
GOAL = {"goal": {"at_least": 11, "share": 0.8}}


def with_empty(case: Case, cells: dict[str, list[int]], **more: list) -> Case:
    columns = {name: list(column) for name, column in case.columns.items()} | more
    for name, rows in cells.items():
        for row in rows:
            columns[name][row] = ""
    return replace(case, columns=columns)


def cases():
    gone = {"toets_na": [0, 2], "toets_voor": [1, 2]}
    compared = comparison("compared", 1.0, main=KNOWN, noise=2.5, size=14)
    yield with_empty(compared, gone)
    yield comparison("with a goal", 1.0, main=KNOWN | GOAL, noise=3.5, more={"motivatie": (
        {"domain": "motivation", "role": "side_effect", "better": "lower", "reliability": 0.8}, 0.0)})  # fmt: skip
    yield comparison("lower is better", 1.0, main=KNOWN | GOAL | {"better": "lower"}, noise=3.5)
    yield comparison("lower is better, unknown", 1.0, main=GOAL | {"better": "lower"}, noise=3.5)
    yield comparison("unknown, and extremes", 3.0, main=GOAL, noise=6, size=14)
    yield comparison("too unreliable", 1.0, main={"reliability": 0.5})
    yield comparison("other test", 1.0, main={"tests": "different"})
    yield comparison("a test that may not be passed on", 1.0, main=KNOWN | {"source": "central_test"}, noise=2.5)
    yield comparison("afterwards only", 1.0, main={"pre": None} | KNOWN, noise=2.5)
    questions = {"domain": "motivation", "reliability": 0.8, "scale": [1, 5]}
    yield comparison("ends of a scale", 8.0, main=questions, noise=5)
    yield one_group("one class", (6.0,), main=KNOWN, noise=4, design={"selected_low": True})
    yield one_group("a class of eight", (1.0,), main=KNOWN, size=8)
    yield one_group("nearly all reach it", (3.0,), main=KNOWN | {"goal": {"at_least": 2, "share": 0.9}})
    nobody = one_group("nobody named", (2.0,), level=None, main=KNOWN)
    yield replace(nobody, study=nobody.study | {"columns": {}})
    floor = one_group("nobody can fall", (2.0,), main={"reliability": 0.7}, size=8)
    yield replace(floor, columns=floor.columns | {"toets_voor": [0.0, 1.0] * 4})
    small = comparison("small classes", 1.0, main=KNOWN, sizes=[4, 12, 12, 12, 12, 12])
    yield replace(small, study=small.study | {"subgroups": [{"column": "taal"}]},
                  columns=small.columns | {"taal": ["", *("aab"[n % 3] for n in range(63))]})  # fmt: skip
    yield divided("divided", 1.0, 3, main=KNOWN)
    uneven = divided("uneven", 1.0, 4, main=KNOWN)
    side = [one for one in range(96) if one // 12 == 0 and one % 12 > 2]
    yield with_empty(uneven, {"toets_na": side})
    yield levelled(divided("one class divided", 0.5, 1, main={"pre": None}), 12.5)
    yield waves("waves", 1.0, main=KNOWN, noise=2)
    yield in_turn("in turn", 1.0, main=KNOWN)
    yield others("others")
    yield levelled(comparison("passed", 1.0, noise=2.5), 10.5, goal={"share": 0.7})
    yield levelled(comparison("few passed", 1.0, noise=2.5, size=12), 13.5)
    yield levelled(one_group("zones", (1.0,), noise=2.5), 8.0, 9.5, 11.0, 12.5, names="E D C B A")
    yield of_goals(one_group("goals", (1.0,), noise=2.5), 6.0, 8.0, 9.0, 10.0, 11.0, 12.0, 7.0, 7.5, 9.5, gone=1,
                   goal={"at_least": 4, "share": 0.5})  # fmt: skip
    yield of_goals(comparison("goals compared", 1.0, noise=2.5, arms=(4, 4)), 8.0, 9.0, 10.0)


@pytest.fixture(scope="module")
def told():
    """(case, lang, the two pages), and the keys that were asked for."""
    found = []
    with telling() as used:
        for case in cases():
            _, data, measurement, verdict = run(case)
            for lang in LANGUAGES:
                pages = (
                    gsl.pupil_page(measurement, data, lang=lang),
                    gsl.teacher_page(measurement, verdict, data, lang=lang),
                )
                found.append((case, lang, pages))
        study, data = bound(classes(1, 1, 20), outcomes=[plan()["outcomes"][0] | KNOWN])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.modules["gsl_research.pupil_page"], "MOST_LISTED", 39)
            found.append((None, "nl", (gsl.pupil_page(gsl.measure(study, data), data),)))
    return found, used


def page_of(told, name: str, lang: str = "nl", which: int = 0) -> PrivatePage:
    return next(pages[which] for case, spoken, pages in told[0] if case and case.name == name and spoken == lang)


def texts(page: PrivatePage, kind: str = "paragraph") -> list[str]:
    return [text for found, text in said(page.page.blocks) if found == kind]


def rows(page: PrivatePage) -> list[dict[str, str]]:
    tables = [block for block in page.page.blocks if isinstance(block, Table)]
    return [dict(zip(one.header, row, strict=True)) for one in tables for row in one.rows]


# words


def test_an_answer_that_would_tell_how_few_failed_stands_here(told):
    page = page_of(told, "nearly all reach it", which=1)
    assert "Het doel: 20 van de 20 leerlingen" in " ".join(text for _, text in said(page.page.blocks))


def test_every_sentence_is_told(told):
    assert {key for key in KEYS["nl"] if key.startswith("private.")} - told[1] == set()


def test_sentences_are_short_and_say_nothing_forbidden(told):
    wrong = set()
    for _, lang, pages in told[0]:
        for page in pages:
            for kind, text in (*whole_page(page.page), *(("paragraph", part) for part in page.warning)):
                if kind == "footer" or not text:
                    continue
                own = NOT_FOR["private.warning"][lang]
                found = [word for word in has(FORBIDDEN[lang], text) if word != own or text not in page.warning]
                if kind != "cell":
                    patterns = (NEGATIVE, OTHER_MARK[lang], PLURAL_OF_ONE[lang], UNFILLED)
                    found += [pattern for pattern in patterns if re.search(pattern, text)]
                    parts = re.split(r"(?<=[.?!:])\s+", text) if kind != "alt" else ()
                    found += [part for part in parts if len(re.findall(r"[^\W\d_]+", part)) > LONGEST]
                wrong |= {f"{lang}: {found}: {text}"} if found else set()
    assert not wrong


def test_the_warning_of_the_words_page_stands_on_every_page(told):
    for _, lang, pages in told[0]:
        for page in pages:
            text = html(page)
            assert text.count(page.warning[1].replace("'", "&#39;")) == 2, "at the top, and for paper"
            assert page.warning == (words(lang)("private.mine"), words(lang)("private.warning"))
    dutch = page_of(told, "compared")
    assert dutch.warning[1] == (
        "Niet voor het rapport, het oudercontact, de klassenraad, een attest of een doorverwijzing. "
        "Een toets schommelt; vertrouw ook op wat je zelf ziet."
    )


# what is said of a pupil


def made(scores: dict[str, tuple], **main):
    """One class; ``scores`` are (before, afterwards) by name, in the order of the class list."""
    cells = [
        [cell if isinstance(cell, str) else float(cell) for cell in of] for of in zip(*scores.values(), strict=True)
    ]
    columns = {"leerling": list(scores), "klas": ["5A"] * len(scores), "voor": cells[0], "na": cells[1]}
    study = Study.model_validate(plan("one_group", outcomes=[plan()["outcomes"][0] | main]))
    data = bind(study, table(columns))
    return gsl.measure(study, data), data


CLASS = {f"k{n}": (6 + n % 9, 7 + n % 9 + (n % 3) / 2) for n in range(20)}


def test_the_list_follows_the_file_and_keeps_everybody():
    scores = CLASS | {"Zoë": (16, 5), "Adam": (5, ""), "Bo": ("", 9)}
    page = gsl.pupil_page(*made(scores, **KNOWN))
    found = rows(page)
    assert [row["Leerling"] for row in found] == list(scores)
    by_name = {row["Leerling"]: row for row in found}
    assert by_name["Zoë"]["Verschil"] == "−11" and by_name["Zoë"]["Vergeleken met vooraf"] == "duidelijk lager"
    assert by_name["Adam"]["Vergeleken met vooraf"] == "achteraf ontbreekt" and by_name["Adam"]["Hint"] == "–"
    assert by_name["Bo"]["Vergeleken met vooraf"] == "vooraf ontbreekt"
    first = next(block for block in page.page.blocks if isinstance(block, Callout)).paragraphs
    assert first[0] == "Duidelijk lager dan vooraf: Zoë." and "Toets achteraf ontbreekt: Adam." in first


def test_chance_stands_beside_the_count():
    """20 pupils who could be: half a pupil, and 1 - 0.975^20 = 40 of 100 groups."""
    told = " ".join(texts(gsl.pupil_page(*made(CLASS, **KNOWN))))
    assert "verwacht je er ongeveer 0,5" in told and "in 40 van de 100" in told


def test_unknown_reliability_gives_no_hint_and_says_so():
    page = gsl.pupil_page(*made(CLASS))
    assert not {"Hint", "Vergeleken met vooraf"} & set(rows(page)[0])
    told = " ".join(texts(page))
    assert "Hoeveel de toets schommelt, weten we niet." in told and "Vul bij reliability in" in told


def test_a_hint_holds_beside_the_goal_or_is_unsure():
    measurement, data = made(CLASS | {"hoog": (17, 19), "laag": (4, 3)}, **KNOWN, **GOAL)
    (one,) = listed.listed(measurement, data)
    after, r = one.end, 0.8
    before = one.start
    r = min(r, 1 - (1 - r) * before.var(ddof=1) / after.var(ddof=1))
    expected = after.mean() + r * (after - after.mean())
    n = len(after)
    half = 2.0796 * np.sqrt(after.var(ddof=1) * (r * (1 - r) + (1 - r) ** 2 / n))
    by_hand = np.where(expected + half < 11, "support", np.where(expected - half > 11, "challenge", "unsure"))
    assert n == 22 and one.hint.tolist() == by_hand.tolist()
    assert set(by_hand) == {"support", "challenge", "unsure"}
    assert dict(zip(data.pupils, one.hint, strict=True)) | {"hoog": "challenge", "laag": "support"} == dict(
        zip(data.pupils, one.hint, strict=True)
    )


def test_where_lower_is_better_the_hints_are_the_same_turned_round():
    ends = CLASS | {"hoog": (17, 19), "laag": (4, 3)}
    turned = {name: (20 - before, 20 - after) for name, (before, after) in ends.items()}
    (one,) = listed.listed(*made(ends, **KNOWN, **GOAL))
    low = {"goal": {"at_least": 9, "share": 0.8}, "better": "lower"}
    (other,) = listed.listed(*made(turned, **KNOWN, **low))
    assert one.hint.tolist() == other.hint.tolist() and {"support", "challenge"} <= set(one.hint)
    assert (one.sides["single"].reference, other.sides["single"].reference) == (11, 9)


def test_who_clearly_fell_is_never_told_to_want_more():
    calm = {f"k{n}": (4 + n % 9, 3 + n % 9) for n in range(20)}
    fell, stayed = (listed.listed(*made(calm | {"val": (before, 14)}, reliability=0.9))[0] for before in (20, 14))
    assert fell.worse[-1] and fell.hint[-1] == "unsure"
    assert not stayed.worse[-1] and stayed.hint[-1] == "challenge"


def test_the_list_marks_whom_the_report_counts():
    for case in cases():
        _, data, measurement, _ = run(case)
        if measurement.study.design.kind == "stepped":
            continue
        for one in listed.listed(measurement, data):
            arm = "treated" if "treated" in one.sides else "single"
            side = np.array([listed.side_of(data, row) == arm for row in range(data.rows)])
            if isinstance(found := one.result.changed, Changed):
                assert (one.worse[side].sum(), one.better[side].sum()) == (found.lower, found.higher), case.name
                expected, _ = listed.by_chance(one, np.flatnonzero(side))
                assert expected == pytest.approx(found.expected_lower)
            else:
                assert not one.worse.any() and not one.better.any()


def test_a_name_in_the_file_is_text_and_nothing_else():
    page = gsl.pupil_page(*made(CLASS | {"<script>alert(1)</script>": (8, 8), "Re\u202enée": (9, 9)}, **KNOWN))
    assert "<script>" not in html(page) and "&lt;script&gt;" in html(page)
    assert rows(page)[-1]["Leerling"] == "Renée"


def test_other_data_than_those_measured_are_refused():
    measurement, _ = made(CLASS)
    _, data = made(CLASS | {"nog een": (8, 8)})
    for make in (gsl.pupil_page, lambda m, d: gsl.teacher_page(m, gsl.judge(m), d)):
        with pytest.raises(ValueError, match="not the data"):
            make(measurement, data)


def test_a_class_of_eight_gets_a_useful_page(told):
    page = page_of(told, "a class of eight", which=1)
    shared = " ".join(texts(page_of(told, "a class of eight"))) + " ".join(texts(page))
    assert "De leerlingen scoorden achteraf" in shared
    assert "Wie te klein is om te tonen: e0 (8)." in shared
    (row,) = rows(page)[:1]
    assert row["Leerlingen"] == "8" and row["Let op"] == "te klein om te vergelijken"


def test_the_numbers_of_a_class_by_hand():
    measurement, data = made(CLASS, **KNOWN)
    page = gsl.teacher_page(measurement, gsl.judge(measurement), data)
    before, after = np.array(list(CLASS.values()), float).T
    w = words("nl")
    assert rows(page)[0]["Vooraf"] == f"{w.number(before.mean(), 2)} ({w.number(before.std(ddof=1), 2)})"
    assert rows(page)[0]["Achteraf"] == f"{w.number(after.mean(), 2)} ({w.number(after.std(ddof=1), 2)})"
    assert rows(page)[0]["Verschil"] == f"+{w.number((after - before).mean(), 2)}"


# what stays behind


@pytest.fixture(scope="module")
def own():
    measurement, data = made(CLASS, **KNOWN)
    return gsl.pupil_page(measurement, data), gsl.teacher_page(measurement, gsl.judge(measurement), data)


def test_a_private_page_cannot_be_saved_as_another(tmp_path, own):
    for page in own:
        with pytest.raises(TypeError, match="holds pupils"):
            gsl.save(page.page, tmp_path)
        with pytest.raises(TypeError, match="holds pupils"):
            html(page.page)
        with pytest.raises(ValueError, match="private page is one of"):
            replace(page, page=replace(page.page, name="report"))
    assert not list(tmp_path.iterdir())


def test_what_shows_itself_shows_no_pupil(own):
    for page in own:
        for text in (repr(page), str(page), page._repr_html_(), repr(page.page), page.page._repr_html_()):
            assert not re.search(r"k\d", text)
        assert "private" in page._repr_html_()
    measurement, data = made(CLASS, **KNOWN)
    values = (data, *listed.listed(measurement, data), *listed.groups(data))
    assert not re.search(r"'k\d|5A", " ".join(map(repr, values)))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
def test_only_the_owner_reads_what_is_private(tmp_path, own):
    os.umask(umask := os.umask(0))
    assert umask != 0o777
    places = [gsl.save(page, tmp_path) for page in own]
    assert [place.relative_to(tmp_path).as_posix() for place in places] == [
        "private/klein/pupils.html", "private/klein/teacher.html"]  # fmt: skip
    assert {place.stat().st_mode & 0o777 for place in places} == {0o600}
    assert {folder.stat().st_mode & 0o777 for folder in (tmp_path / "private", places[0].parent)} == {0o700}


CANARIES = [f"Zwaluwstaart{letter}{n}é" for letter in "ABCDE" for n in range(8)]


def forms(name: str):
    """A name as bytes could carry it: plain, escaped, in UTF-16, in base64 at any place, in an address."""
    plain = name.encode()
    yield from (plain, name.encode("utf-16-le"), name.encode("utf-16-be"), name.encode("latin-1"))
    yield from (quote(name).encode(), name.encode("ascii", "xmlcharrefreplace"), name.encode("unicode_escape"))
    yield name[:-1].encode()
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + plain)[2 + 2 * (shift > 0) : -4]


def test_no_pupil_and_no_class_is_in_a_byte_of_what_is_shared(tmp_path):
    columns = classes(3, 3, 12, effect=1.0)
    columns["leerling"] = [CANARIES[n % 26] + (f" {n}" if n > 25 else "") for n in range(72)]
    columns["klas"] = [CANARIES[26 + int(name[1:])] for name in columns["klas"]]
    columns["opmerking"] = [CANARIES[32 + n % 8] for n in range(72)]
    (tmp_path / "punten.csv").write_text(
        "\n".join(";".join(map(str, row)) for row in [columns, *zip(*columns.values(), strict=True)]), "utf-8"
    )
    text = (EXAMPLES / "breuken-strookmodel.toml").read_text("utf-8").split("[[outcomes]]")[0]
    text = re.sub(r"treated = .*", 'treated = ["nieuw"]', text)
    outcome = '[[outcomes]]\nname = "t"\nlabel = "Toets"\ndomain = "learning_gain"\npre = "voor"\npost = "na"\n'
    study_file = tmp_path / "plan.toml"
    study_file.write_text(text + outcome + "scale = [0, 20]\nreliability = 0.8\n", "utf-8")
    run = runs.measure_files(study_file, tmp_path / "punten.csv", out=tmp_path / "out", lang="nl", also="docx,pdf,txt")
    private = run.record.parent
    values = {"page.json", "gespreksleidraad.json", "inputs.json"}
    assert {path.name for path in private.iterdir()} == values | {"record.json", "pupils.html", "teacher.html"}
    pupils, teacher = ((private / f"{name}.html").read_text("utf-8") for name in ("pupils", "teacher"))
    assert all(name in pupils for name in CANARIES[:32]) and all(name in teacher for name in CANARIES[26:32])
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in private.iterdir()} == {0o600}
    shared = {path: path.read_bytes() for path in (tmp_path / "out" / "reports").rglob("*") if path.is_file()}
    documents = {f"{page}.{kind}" for page in ("report", "gespreksleidraad") for kind in ("html", "docx", "pdf", "txt")}
    assert {path.name for path in shared} >= documents | {"card.json", "run.json", runs.MEASURE}
    assert not [path.name for path, content in shared.items() if Trace(CANARIES).within(content)], "packed in it"
    assert not any(Trace([name]).within((private / kept).read_bytes()) for name in CANARIES for kept in values)
    found = [(path.name, name) for path, content in shared.items() for name in CANARIES for form in forms(name)
             if form in content]  # fmt: skip
    assert not found
    assert not any(b"pupils.html" in content and path.name == "report.html" for path, content in shared.items())


# seen


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A list with hints, one with goals, and all numbers, as files."""
    folder = tmp_path_factory.mktemp("own")
    places = []
    for case, lang in ((comparison("c", 1.0, main=KNOWN, noise=2.5, size=12), "nl"),
                       (of_goals(one_group("g", (1.0,), noise=2.5), *range(6, 15)), "en")):  # fmt: skip
        _, data, measurement, verdict = run(case)
        pages = gsl.pupil_page(measurement, data, lang=lang), gsl.teacher_page(measurement, verdict, data, lang=lang)
        places += [gsl.save(page, folder / case.name) for page in pages]
    return places


def test_the_pages_are_for_everyone_and_fit_a_phone(browser, axe, saved):  # noqa: F811
    for place in saved:
        with shown(browser, place, PHONE) as page:
            assert page.evaluate(WIDER) == [False, []]
            assert violations(page, axe) == []
            page.set_viewport_size({"width": LAPTOP, "height": 900})
            assert violations(page, axe) == []
            levels = page.evaluate(OUTLINE)["levels"]
            assert levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
            page.set_viewport_size({"width": PAPER, "height": 1123})
            page.emulate_media(media="print")
            assert page.evaluate(WIDER) == [False, []]


SHEET = PAPER - round(2 * 20 / 25.4 * 96)
"""Between the margins of a sheet of paper."""
CLIPPED = (
    """() => [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1).length"""
)
"""Tables of which a part is seen only after scrolling."""


def test_no_column_of_the_teachers_page_is_out_of_sight(browser, tmp_path):
    """Long names of classes, one that is too small and pupils without both tests: every column there is. On a phone the
    table scrolls, and the names of the classes stay."""
    scores = classes(4, 4, 20, effect=1.0)
    scores = {name: column[13:] for name, column in scores.items()}
    scores["klas"] = [f"Zonnebloemklas juf {name}" for name in scores["klas"]]
    scores["na"] = ["" if row % 9 == 0 else score for row, score in enumerate(scores["na"])]
    study, data = bound(scores)
    measurement = gsl.measure(study, data)
    page = gsl.teacher_page(measurement, gsl.judge(measurement), data)
    table = next(block for block in page.page.blocks if isinstance(block, Table))
    assert len(table.header) == 9, "all of them"
    place = gsl.save(page, tmp_path)
    with shown(browser, place, LAPTOP) as seen:
        assert seen.evaluate(CLIPPED) == 0 and seen.evaluate(WIDER) == [False, []]
        seen.set_viewport_size({"width": SHEET, "height": 1123})
        seen.emulate_media(media="print")
        assert seen.evaluate("document.documentElement.scrollWidth") <= SHEET
    with shown(browser, place, PHONE) as seen:
        assert seen.evaluate(WIDER) == [False, []]
        name = "document.querySelector('.scroll tbody th').getBoundingClientRect().left"
        before = seen.evaluate(name)
        seen.evaluate("document.querySelector('.scroll').scrollLeft = 150")
        assert seen.evaluate(name) == before


def test_the_warning_is_on_every_sheet_of_paper(browser, saved, tmp_path):
    shutil.which("pdftotext") or missing("pdftotext")
    for place in saved:
        page = browser.new_page()
        page.goto(place.as_uri())
        unfold(page)
        page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True)
        page.close()
        text = subprocess.run(["pdftotext", "-layout", tmp_path / "paper.pdf", "-"], capture_output=True, check=True)
        sheets = text.stdout.decode().split("\f")[:-1]
        assert len(sheets) > 1
        for sheet in sheets:
            first = " ".join(sheet.split())[:400]
            assert re.search(r"Alleen voor mij.*doorverwijzing|Only for me.*referral", first), sheet[:200]

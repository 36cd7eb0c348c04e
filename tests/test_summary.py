"""The page over schools: every text is told, in plain words, and says no more than the cards do."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from made_cards import content, folder_of, put, sealed
from telling import said, telling
from text_keys import KEYS, LANGUAGES
from wording_rules import FORBIDDEN, LONGEST, NEGATIVE, OTHER_MARK, PLURAL_OF_ONE, has

import gsl_research as gsl
from gsl_research.blocks import Chart, Table
from gsl_research.cards import cards_below
from gsl_research.over_schools import ADVICE, conclusion
from gsl_research.problems import Problems
from gsl_research.school_page import school_page
from gsl_research.summarising import describe_cards, lines, load_cards, save_overview, synthesise

LEVER = {"lever": "autonomy"}
TOOK_PART = "schema = 1\nasked = {asked}\nstarted = {started}\nstopped = {stopped}\n"
WHY = '[[reasons]]\nwhy = "leerkracht ziek"\nschools = 1\n'


def network(k: int, mean: float, spread: float, se: float, **options) -> list[dict]:
    """Schools whose estimates lie evenly around a mean, each with a test of its own."""
    ends = np.linspace(-spread, spread, k) if k > 1 else [0.0]
    common = {"rating": 5, "randomised": True}
    return [
        content(f"S{n:02d}", round(mean + float(ends[(7 * n) % k]), 3), round(se + 0.001 * n, 3),
                **{"scale": (0, 20 + n), "post_on": f"2026-{1 + n % 9:02d}-11"} | common | LEVER | options)
        for n in range(k)
    ]  # fmt: skip


def alone(k: int, mean: float = 0.1) -> list[dict]:
    return [content(f"A{n}", mean + 0.1 * n, None, alone=True, classes=2, **LEVER) for n in range(k)]


def varied(k: int) -> list[dict]:
    cards = network(k, 0.25, 0.25, 0.08)
    for n, card in enumerate(cards):
        card["study"] |= {"randomised": n % 2 == 0, "extra_minutes": [None, 10.0, 20.0][n % 3]}
        card["study"]["context"] |= {"level": ("primary", "secondary")[n % 2], "weeks": 6.0 + n % 5}
        answers = {"goal": ("reached", "not_reached", "no_goal", "hidden", "not_measured")[n % 5]}
        answers["everyone"] = ("closer", "further", "unclear", "not_measured", "hidden")[n % 5]
        card["verdict"]["questions"] |= answers
    return [sealed(card) for card in cards]


def with_side_effects() -> list[dict]:
    codes = ("signal", "watch", "not_excluded", "safe", "described")
    return [
        content(f"S{n:02d}", 0.2 + n / 50, 0.1, sides={"zin": codes[n]}, scale=(0, 20 + n), **LEVER) for n in range(5)
    ]


def excluded() -> list[dict]:
    silent = content("H", 0.2, code="hidden", **LEVER)
    silent["outcomes"], silent["estimates"] = [], []
    no_error = content("N", 0.3, 0.1, **LEVER)
    for one in no_error["estimates"]:
        one |= {"se": None, "low": None, "high": None, "df": None, "status": "described"}
    return [
        *network(4, 0.2, 0.1, 0.1),
        content("O", 0.2, design="one_group", assigned=None, randomised=None, **LEVER),
        content("M", 0, outcomes=({"name": "zin", "g": 0.21, "se": 0.1, "domain": "motivation"},), **LEVER),
        content("D", 0.22, design="multi_site", assigned="pupil", **LEVER),
        content("Z", 0, outcomes=({"name": "zones", "g": 0.23, "se": 0.1, "graded": "order"},), **LEVER),
        sealed(silent), sealed(no_error),
        content("S00", 0.9, 0.1, post_on="2025-01-11", **LEVER),
        sealed(network(4, 0.2, 0.1, 0.1)[2] | {"study": content("C", 0.2, 0.1, id="kopie", **LEVER)["study"]}),
    ]  # fmt: skip


def turned(card: dict) -> dict:
    card["outcomes"][0]["better"] = "lower"
    return card


def with_moments(card: dict, seed: int) -> dict:
    """The figures of each class, as a school may choose to share them."""
    rng = np.random.default_rng(seed)
    card["moments"] = [
        {"outcome": "breuken", "treated": n < 5, "pupils": 20, "mean_pre": round(rng.normal(10, 1), 2),
         "mean_post": round(rng.normal(12 + (n < 5), 1), 2), "sd_pre": 3.1, "sd_post": 3.4, "r": 0.6}
        for n in range(10)
    ]  # fmt: skip
    return sealed(card)


SETTINGS = {
    "big": network(30, 0.6, 0.05, 0.06),
    "clear": network(30, 0.22, 0.1, 0.1),
    "lower": network(30, -0.5, 0.1, 0.08),
    "silent": network(30, -0.5, 0.1, 0.08, extra_minutes=-10.0),
    "alike": network(30, 0.02, 0.05, 0.05),
    "leaning": network(12, 0.12, 0.25, 0.12, extra_minutes=0.0),
    "leaning down": network(12, -0.1, 0.35, 0.12),
    "unknown": network(6, 0.05, 0.5, 0.3),
    "wobbly": network(8, 0.5, 0.1, 0.08, rating=1),
    "wobbly down": network(8, -0.5, 0.1, 0.08, rating=1),
    "three": network(3, 0.3, 0.1, 0.1, post_on="2026-03-11"),
    "two": network(2, 0.3, 0.1, 0.1, context={"weeks": None, "level": None}, post_on=None),
    "one": network(1, 0.3, 0.1, 0.1),
    "one undated": network(1, 0.3, 0.1, 0.1, post_on=None, design="multi_site", assigned="pupil", classes=1),
    "one, two years": [
        content("S01", 0.3, 0.1, post_on="2025-06-01", id="eerst", **LEVER),
        content("S01", 0.2, 0.11, **LEVER),
    ],
    "none": [
        content("O", 0.2, design="one_group", assigned=None, randomised=None, goal="not_measured",
                everyone="not_measured", **LEVER)
    ],
    "network": alone(6),
    "both": [*network(5, 0.2, 0.1, 0.1), *alone(3)],
    "varied": varied(14),
    "sides": with_side_effects(),
    "excluded": excluded(),
    "one test": [content(f"S{n}", 0.2 + n / 50, 0.1, extra_minutes=15.0, **LEVER) for n in range(6)],
    "no scale": [content(f"S{n}", 0.2 + n / 50, 0.1, scale=None, **LEVER) for n in range(6)],
    "one test, no margin": [
        content(f"S{n}", 0, outcomes=({"name": "b", "g": 0.2 + n / 50, "se": 0.1, "worthwhile": None},), **LEVER)
        for n in range(5)
    ],
    "moments": [with_moments(content(f"S{n}", 0.2 + n / 50, 0.1, **LEVER), n) for n in range(4)],
    "less is better": [sealed(turned(card)) for card in network(4, 0.2, 0.1, 0.1)],
    "safe": [content(f"S{n}", 0.2 + n / 50, 0.1, sides={"zin": "safe"}, **LEVER) for n in range(3)],
    "no kind differs": [
        content(f"S{n:02d}", 0.2 + (n % 4) / 90, 0.1 + n / 900, level=("primary", "secondary")[n % 2], **LEVER)
        for n in range(12)
    ],
    "several": [
        content(f"S{n:02d}", 0, outcomes=({"name": "a", "g": 0.2 + n / 90, "se": 0.1},
                                          {"name": "b", "g": 0.3, "se": 0.1 + n / 900}), **LEVER)
        for n in range(9)
    ],
    "levels": [
        content(f"S{n}", 0.2 + n / 50, 0.1, context={"level": level}, scale=(0, 20 + n), **LEVER)
        for n, level in enumerate(("nursery", "special", "adult", "secondary"))
    ],
    "small find more": [
        content(f"S{n:02d}", round(2.2 * se - 0.05, 3), se, scale=(0, 20 + n), **LEVER)
        for n, se in enumerate(np.linspace(0.05, 0.5, 14).round(3).tolist())
    ],
    "carried": network(5, 0.17, 0.04, 0.1),
}  # fmt: skip
TOOK = {"big": (9, 1, 0), "varied": (9, 1, 1), "alike": (9, 0, 0), "silent": (150, 90, 0)}
"""More schools than gave a card: asked, started; and those that stopped."""
DOMAINS_TOLD = ("learning_capacity", "motivation", "wellbeing", "relations", "workload", "admin_load")


def settings(folder):
    """(name, overview) in every language; some with a file on who took part, one a second time with news."""
    for lang in LANGUAGES:
        for name, cards in SETTINGS.items():
            place = folder / lang / name
            found = folder_of(place, cards)
            if name in TOOK:
                asked, started, stopped = TOOK[name]
                counts = {"asked": len(cards) + asked, "started": len(cards) + started, "stopped": stopped}
                (place / "deelname.toml").write_text(TOOK_PART.format(**counts) + WHY * stopped, "utf-8")
            if name in ("varied", "alike"):
                for number in range(1 + (name == "alike")):
                    (place / f"card-broken-{number}.json").write_text("{", "utf-8")
                found = cards_below(place)
            yield name, synthesise(found, out=folder, lang=lang)
        for domain in DOMAINS_TOLD:
            one = ({"name": "x", "g": 0.2, "se": 0.1, "domain": domain},)
            cards = [content(f"S{n}", 0, outcomes=one, context={"weeks": 5.0 + n}, **LEVER) for n in range(2)]
            for n, card in enumerate(cards):
                card["estimates"][0]["value"] += n / 100
            yield domain, synthesise(folder_of(folder / lang / domain, list(map(sealed, cards))), out=folder, lang=lang)
        yield from news(folder / lang / "news", lang)


def news(folder, lang):
    cards, out = network(6, 0.3, 0.2, 0.1), folder / "out"
    first = synthesise(folder_of(folder / "cards", cards), out=out, lang=lang)
    save_overview(first, out)
    yield "nothing new", synthesise(cards_below(folder / "cards"), out=out, lang=lang)
    (folder / "cards" / "S05" / "card-5.json").unlink()
    put(folder / "cards", content("S00", 1.4, 0.09, post_on="2026-11-02", **LEVER))
    put(folder / "cards", content("S77", 0.2, 0.2, **LEVER))
    second = synthesise(cards_below(folder / "cards"), out=out, lang=lang)
    last = replace(second.changes.before, version="0.0.1")
    yield "news", replace(second, changes=replace(second.changes, before=last))
    yield (
        "moved",
        replace(second, changes=replace(second.changes, moved=("S02",), before=replace(last, code=second.code))),
    )
    listed = folder / "listed"
    few = folder_of(listed / "cards", cards[:2])
    save_overview(synthesise(few, out=listed, lang=lang), listed)
    put(listed / "cards", cards[2])
    yield "from two to three", synthesise(cards_below(listed / "cards"), out=listed, lang=lang)
    codeless = content("x", 0.2, 0.1, **LEVER)
    del codeless["study"]["context"]["school_code"]
    yield "no code", synthesise(folder_of(folder / "codeless", [sealed(codeless)]), out=out, lang=lang)


@pytest.fixture(scope="module")
def told_and_used(tmp_path_factory):
    """[(name, overview, page, texts)], and the keys that were asked for."""
    folder, pages = tmp_path_factory.mktemp("networks"), []
    with telling() as used:
        for name, overview in settings(folder):
            page = gsl.summary_page(overview)
            texts = [("paragraph", page.summary), ("kicker", page.kicker), *said(page.blocks)]
            for school in overview.letters:
                own = school_page(overview, school)
                texts += [("kicker", own.kicker), ("heading", own.title), *said(own.blocks)]
            list(lines(overview, save_overview(overview, folder / "out")))
            pages.append((name, overview, page, texts))
    return pages, used


@pytest.fixture(scope="module")
def pages(told_and_used):
    return told_and_used[0]


NOT_ON_A_PAGE = ("summary.help", "summary.card.", "summary.command.", "summary.cards.", "summary.why.two_versions",
                 "summary.why.same_content", "summary.others.more")  # fmt: skip


def test_every_text_of_the_page_is_told(told_and_used):
    _, used = told_and_used
    rooms = ("summary.", "order.forest.")
    keys = {key for key in KEYS["nl"] if key.startswith(rooms) and not key.startswith(NOT_ON_A_PAGE)}
    assert keys - used == set()


def test_the_settings_reach_every_code(pages):
    codes = {overview.code for _, overview, _, _ in pages}
    assert codes == {None, "CLEAR_BIG", "CLEAR_POS", "NEG", "NEGLIGIBLE", "LEAN_POS", "LEAN_NEG", "CANNOT"}
    assert set(ADVICE) < codes
    weakest = {overview.standing.weakest for _, overview, _, _ in pages}
    assert weakest >= {"schools", "width", "studies", "participation_unknown", "nothing", "one_school"}


LETTER = re.compile(r"\b[Ss]chool [A-Z]{1,2}\b")
"""One of them is School U."""


def failures(pages, wrong) -> set[str]:
    return {
        f"{name} [{overview.words.lang}]: {text}"
        for name, overview, _, texts in pages
        for kind, text in texts
        if wrong(overview.words.lang, kind, text)
    }


def test_no_forbidden_word_no_bare_minus_no_foreign_mark(pages):
    assert failures(pages, lambda lang, kind, text: has(FORBIDDEN[lang], LETTER.sub("", text))) == set()
    assert failures(pages, lambda lang, kind, text: kind != "cell" and re.search(NEGATIVE, text)) == set()
    assert (
        failures(pages, lambda lang, kind, text: re.search(OTHER_MARK[lang], re.sub(r"\d+\.\d+\.\d+", "", text)))
        == set()
    )


def test_grammar(pages):
    def wrong(lang, kind, text):
        return (
            re.search(PLURAL_OF_ONE[lang], text)
            or re.search(r"  | [.,;:?]|\( | \)|[{}]|None|nan\b|[.,;:?]{2,}", text)
            or kind == "paragraph"
            and (text[:1].islower() or text[-1] not in ".?:")
        )

    assert failures(pages, wrong) == set()


def test_sentences_are_short(pages):
    def wrong(lang, kind, text):
        parts = re.split(r"(?<=[.?!:])\s+(?=[^\W\d_]|“)", text) if kind == "paragraph" else ()
        return any(len([word for word in part.split() if re.search(r"[^\W\d_]", word)]) > LONGEST for part in parts)

    assert failures(pages, wrong) == set()


def test_both_languages_tell_as_much(pages):
    by_lang = {lang: [len(texts) for _, one, _, texts in pages if one.words.lang == lang] for lang in LANGUAGES}
    assert by_lang["nl"] == by_lang["en"]


def test_no_school_stands_on_the_page_by_code_and_no_other_school_on_a_school_page(pages):
    for _, overview, page, _ in pages:
        shown = " ".join(text for _, text in said(page.blocks))
        assert not re.search(r"\b[SA]\d{1,2}\b", shown)
        letters = set(overview.letters.values())
        for name, letter in overview.letters.items():
            own = " ".join(text for _, text in said(school_page(overview, name).blocks))
            named = set(re.findall(r"\b[Ss]chool ([A-Z]{1,2})\b", own))
            assert named & letters <= {letter}


def test_schools_stand_in_order_of_date_never_of_result(pages):
    for name, overview, page, _ in pages:
        chart = next((block for block in page.blocks if isinstance(block, Chart)), None)
        if chart is None:
            continue
        days = [school.when for school in overview.schools if school.when]
        assert days == sorted(days), name
        rows = [row[0] for row in chart.table.rows][: len(overview.schools)]
        assert rows == [overview.school(school.name) for school in overview.schools]


def test_who_took_part_adds_up(pages):
    for _, overview, page, _ in pages:
        flow = next(
            b for b in page.blocks if isinstance(b, Table) and b.caption == overview.words("summary.who.caption")
        )
        numbers = {row[0]: int(row[1]) for row in flow.rows}
        w = overview.words
        parts = [numbers[w(f"summary.who.{part}")] for part in ("pooled", "listed", "excluded")]
        assert sum(parts) == numbers[w("summary.who.card")] and min(parts) >= 0


def test_the_mean_told_is_the_mean_found(pages):
    for name, overview, _, _ in pages:
        if (lead := overview.shown) is None:
            continue
        told = " ".join(conclusion(overview))
        assert overview.span(lead.mean.interval) in told, name
        if lead.following is not None:
            assert overview.span(lead.following) in told


# What is kept


def test_the_same_cards_give_the_same_bytes_and_letters_stay(tmp_path):
    cards = network(6, 0.3, 0.2, 0.1)
    found = folder_of(tmp_path / "cards", cards)
    saved = save_overview(synthesise(found, out=tmp_path), tmp_path)
    assert synthesise(found, out=tmp_path).changes.any is False
    other = save_overview(synthesise(found, out=tmp_path / "b"), tmp_path / "b")
    assert saved.page.read_bytes() == other.page.read_bytes()
    before = json.loads((tmp_path / "private" / "overzicht" / "schools.json").read_text("utf-8"))
    put(tmp_path / "cards", content("S99", 0.2, 0.2, **LEVER))
    after = synthesise(cards_below(tmp_path / "cards"), out=tmp_path)
    assert {name: after.letters[name] for name in before} == before
    assert set(after.letters) - set(before) == {"S99"} and after.changes.added == ("S99",)
    assert len(set(after.letters.values())) == 7


def test_what_is_private_stays_private(tmp_path):
    found = folder_of(tmp_path / "cards", network(4, 0.3, 0.2, 0.1))
    saved = save_overview(synthesise(found, out=tmp_path), tmp_path, ("txt",))
    assert saved.school_pages == 4 and len(list(saved.private.glob("school-*.html"))) == 4
    assert all(path.stat().st_mode & 0o77 == 0 for path in saved.private.iterdir())
    shared = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert {path.name for path in shared} == {"summary.html", "summary.txt", "run.json"}
    for path in shared:
        assert not re.search(rb"\bS0\d\b", path.read_bytes()), path
    page = school_page(synthesise(found, out=tmp_path), "S00")
    with pytest.raises(TypeError, match="one school"):
        gsl.save(page, tmp_path)


def test_what_is_asked_of_a_folder_is_refused_by_name(tmp_path):
    def codes(call) -> list[str]:
        with pytest.raises(Problems) as found:
            call()
        return [problem.code for problem in found.value.problems]

    assert codes(lambda: load_cards(tmp_path / "nowhere")) == ["cards_no_folder"]
    assert codes(lambda: load_cards(tmp_path)) == ["cards_none"]
    cards = [*network(3, 0.3, 0.2, 0.1), content("D", 0.1, lever="didactics")]
    found = folder_of(tmp_path, cards)
    assert codes(lambda: synthesise(found, out=tmp_path)) == ["cards_several_levers"]
    assert codes(lambda: synthesise(found, lever="learning_together", out=tmp_path)) == ["cards_no_lever"]
    assert codes(lambda: synthesise(found, lever="didactics", domain="motivation", out=tmp_path)) == ["cards_no_domain"]
    (tmp_path / "deelname.toml").write_text(TOOK_PART.format(asked=9, started=2, stopped=0), "utf-8")
    assert codes(lambda: synthesise(found, lever="autonomy", out=tmp_path)) == ["participation_fewer"]
    for counts, code in (((5, 9, 0), "participation_order"), ((9, 5, 6), "participation_order")):
        text = TOOK_PART.format(asked=counts[0], started=counts[1], stopped=counts[2])
        (tmp_path / "deelname.toml").write_text(text, "utf-8")
        assert codes(lambda: synthesise(found, lever="autonomy", out=tmp_path)) == [code]
    (tmp_path / "deelname.toml").write_text(TOOK_PART.format(asked=9, started=5, stopped=0) + WHY, "utf-8")
    assert codes(lambda: synthesise(found, lever="autonomy", out=tmp_path)) == ["participation_reasons"]


def test_who_took_part_may_hold_for_one_lever(tmp_path):
    cards = [*network(3, 0.3, 0.2, 0.1), *(content(f"D{n}", 0.1 * n, lever="didactics") for n in range(4))]
    found = folder_of(tmp_path, cards)
    assert synthesise(found, lever="autonomy", out=tmp_path).with_card == 3
    (tmp_path / "deelname.toml").write_text(TOOK_PART.format(asked=9, started=8, stopped=0), "utf-8")
    told = synthesise(found, lever="autonomy", out=tmp_path)
    assert told.with_card == 7 and told.taken_part.started == 8
    own = TOOK_PART.format(asked=5, started=4, stopped=0) + 'lever = "autonomy"\n'
    (tmp_path / "deelname.toml").write_text(own, "utf-8")
    told = synthesise(found, lever="autonomy", out=tmp_path)
    assert told.with_card == 3 and told.taken_part.started == 4
    assert synthesise(found, lever="didactics", out=tmp_path).taken_part is None


def test_a_terminal_names_a_few_of_many_cards_that_do_not_count(tmp_path):
    apart = [
        content(f"O{n:02d}", 0.2 + n / 100, design="one_group", assigned=None, randomised=None, **LEVER)
        for n in range(25)
    ]
    told = synthesise(folder_of(tmp_path / "cards", [*network(3, 0.3, 0.2, 0.1), *apart]), out=tmp_path)
    said_ = list(lines(told, save_overview(told, tmp_path)))
    assert sum("Er was geen groep" in line for line in said_) == 20
    assert "- En nog 5 metingen." in said_


def test_a_damaged_memory_is_a_first_time(tmp_path):
    found = folder_of(tmp_path / "cards", network(4, 0.3, 0.2, 0.1))
    saved = save_overview(synthesise(found, out=tmp_path), tmp_path)
    for content_ in ("", "[]", '{"schema": 1}', '{"schema": 1, "cards": 3}'):
        (saved.private / "last.json").write_text(content_, "utf-8")
        (tmp_path / "private" / "overzicht" / "schools.json").write_text(content_, "utf-8")
        assert synthesise(found, out=tmp_path).changes is None


def test_cards_are_described(tmp_path):
    found = folder_of(tmp_path, [*network(3, 0.3, 0.2, 0.1), content("D", 0.1, lever="didactics")])
    assert describe_cards(found).lines == (
        "Fiches over groeien naar autonomie: 3.",
        "Fiches over effectieve didactiek: 1.",
    )

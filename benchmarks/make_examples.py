"""Write the score files of the examples: ``python benchmarks/make_examples.py``. All pupils are invented.

The same seed gives the same bytes. Only the standard library draws, since its stream is stable across versions.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data_schemas" / "examples"
SEED = 2037
"""Chosen so that the six classes start level; the estimate was not chosen to be certain."""


def fractions() -> bytes:
    """Six classes, three with the approach; true effect 1.2 points, class share .12, pre-post correlation .65.

    As Excel in Flanders writes it: semicolons, decimal commas, Windows-1252, CRLF.
    """
    draw = random.Random(SEED)  # noqa: S311
    sd, icc, correlation, effect = 3.4, 0.12, 0.65, 1.2
    between, within = (sd**2 * icc) ** 0.5, (sd**2 * (1 - icc)) ** 0.5
    lines = ["leerling;klas;groep;voortoets;natoets;motivatie_voor;motivatie_na;opmerking"]
    number = 0
    sizes = {"5A": 22, "5B": 21, "5C": 24, "5D": 18, "5E": 23, "5F": 20}
    treated = ("5A", "5C", "5E")
    absent = {9: "afw", 31: "", 58: "afw", 77: "afw", 104: ""}
    remarks = {14: "één les gemist", 58: "ziek bij de natoets", 90: "nieuw in de klas sinds oktober"}
    for name, size in sizes.items():
        level, growth = draw.gauss(0, between), draw.gauss(0, 0.5 * between)
        mood = draw.gauss(0, 0.15)
        for _ in range(size):
            number += 1
            ability, luck = draw.gauss(0, within), draw.gauss(0, within)
            pre = 9.5 + level + ability
            post = 11.5 + 0.8 * level + growth + effect * (name in treated)
            post += correlation * ability + (1 - correlation**2) ** 0.5 * luck
            motivation = 3.4 + mood + draw.gauss(0, 0.6)
            motivation_after = 3.4 + mood + 0.7 * (motivation - 3.4 - mood) + draw.gauss(0.05, 0.4)
            cells = [
                f"L{number:03d}",
                name,
                "strookmodel" if name in treated else "gewoon",
                _comma(_rounded(pre, 0, 20, 0.5)),
                absent.get(number, _comma(_rounded(post, 0, 20, 0.5))),
                _comma(_rounded(motivation, 1, 5, 0.25)),
                _comma(_rounded(motivation_after, 1, 5, 0.25)),
                remarks.get(number, ""),
            ]
            lines.append(";".join(cells))
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def vocabulary() -> bytes:
    """One class of 22 before and after, true growth 3.5 points. UTF-8 with a byte order mark, as Excel writes it."""
    draw = random.Random(SEED + 1)  # noqa: S311
    languages = ("Nederlands", "Nederlands", "Nederlands", "Türkçe", "Français", "Arabisch")
    lines = ["leerling;thuistaal;voortoets;natoets"]
    for number in range(1, 23):
        level = draw.gauss(0, 4.2)
        pre = _rounded(15 + level + draw.gauss(0, 2), 0, 30, 1)
        post = _rounded(18.5 + 0.95 * level + draw.gauss(0, 2.2), 0, 30, 1)
        shown = "afw" if number == 17 else f"{post:.0f}"
        lines.append(f"W{number:02d};{draw.choice(languages)};{pre:.0f};{shown}")
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def reading() -> bytes:
    """Two classes, one with the approach; an .xlsx workbook with numbers as numbers."""
    from openpyxl import Workbook

    draw = random.Random(SEED + 2)  # noqa: S311
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Scores"
    sheet.append(["leerling", "klas", "voortoets", "natoets"])
    number = 0
    for name, size, growth in (("4A", 21, 4.0), ("4B", 19, 2.0)):
        for _ in range(size):
            number += 1
            level = draw.gauss(0, 5)
            pre = _rounded(21 + level + draw.gauss(0, 2.5), 0, 40, 1)
            post = _rounded(21 + growth + 0.9 * level + draw.gauss(0, 3), 0, 40, 1)
            sheet.append([f"B{number:02d}", name, int(pre), "ziek" if number == 12 else int(post)])
    written = io.BytesIO()
    workbook.save(written)
    return _without_time(written.getvalue())


def strategies() -> bytes:
    """Six schools that each drew which of their two classes got the approach; true effect 1 point, growth differs by
    class with SD 1. UTF-8, comma-separated, as a school platform exports it; class names are used again in each school.
    """
    draw = random.Random(SEED + 3)  # noqa: S311
    lines = ["vestiging,leerling,klas,groep,vraagstuk_voor,vraagstuk_na"]
    number = 0
    for school in "ABCDEF":
        level = draw.gauss(0, 1.5)
        with_approach = draw.choice(("4A", "4B"))
        for name in ("4A", "4B"):
            growth = draw.gauss(3, 1) + (name == with_approach)
            for _ in range(draw.randint(15, 24)):
                number += 1
                ability = draw.gauss(0, 3)
                pre = _rounded(12 + level + ability + draw.gauss(0, 1.5), 0, 25, 1)
                post = _rounded(12 + level + growth + 0.9 * ability + draw.gauss(0, 1.5), 0, 25, 1)
                group = "denkstappen" if name == with_approach else "gewoon"
                absent = number in (8, 53, 97, 120, 171, 204)
                lines.append(f"{school},S{number:03d},{name},{group},{pre:.0f},{'' if absent else f'{post:.0f}'}")
    return ("\n".join(lines) + "\n").encode()


def planning() -> bytes:
    """Four classes of one school before and after, no comparison: a questionnaire of 1 to 5, true growth 0.2, classes
    grow 0.1 apart. UTF-8 with a byte order mark and semicolons; who was absent has an empty cell.
    """
    draw = random.Random(SEED + 4)  # noqa: S311
    lines = ["leerling;klas;zelfsturing_sept;zelfsturing_dec;welbevinden_sept;welbevinden_dec"]
    number = 0
    for name, size in (("2A", 21), ("2B", 19), ("2C", 22), ("2D", 17)):
        growth = draw.gauss(0.2, 0.1)
        for _ in range(size):
            number += 1
            level, mood = draw.gauss(3.1, 0.5), draw.gauss(3.7, 0.6)
            scores = [level + draw.gauss(0, 0.25), level + growth + draw.gauss(0, 0.25)]
            scores += [mood + draw.gauss(0, 0.3), mood + draw.gauss(0, 0.3)]
            cells = [_comma(_rounded(score, 1, 5, 0.1)) for score in scores]
            if number in (7, 25, 40, 41, 63, 70):
                cells[1] = cells[3] = ""
            lines.append(";".join([f"Z{number:02d}", name, *cells]))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def verbs() -> bytes:
    """Twelve classes, six drawn by lot for the approach; true effect 3 points for everyone, class share .08.

    As a school platform exports it: Windows-1252, semicolons, CRLF. The draw was chosen: one example shows what a clear
    and firm result looks like, with an estimate close to the truth.
    """
    draw = random.Random(SEED + 905)  # noqa: S311
    sd, icc, correlation, effect = 6.0, 0.08, 0.7, 3.0
    between, within = (sd**2 * icc) ** 0.5, (sd**2 * (1 - icc)) ** 0.5
    names = [f"6{letter}{place}" for place in (1, 2, 3) for letter in "ABCD"]
    drawn = set(draw.sample(names, 6))
    lines = ["leerling;klas;werkvorm;thuistaal;toets_okt;toets_dec;plezier_okt;plezier_dec"]
    number = 0
    for name in names:
        level, growth = draw.gauss(0, between), draw.gauss(0, 0.5 * between)
        for _ in range(draw.randint(17, 24)):
            number += 1
            other = draw.random() < 0.35
            ability, luck = draw.gauss(-1.5 * other, within), draw.gauss(0, within)
            pre = 20 + level + ability
            post = 22 + 0.7 * level + growth + effect * (name in drawn)
            post += correlation * ability + (1 - correlation**2) ** 0.5 * luck
            mood = draw.gauss(3.2, 0.6)
            cells = [
                f"D{number:03d}",
                name,
                "duo" if name in drawn else "alleen",
                "andere taal" if other else "Nederlands",
                f"{_rounded(pre, 0, 40, 1):.0f}",
                "afw" if number % 23 == 5 else f"{_rounded(post, 0, 40, 1):.0f}",
                _comma(_rounded(mood + draw.gauss(0, 0.3), 1, 5, 0.25)),
                _comma(_rounded(mood + draw.gauss(0.1, 0.3), 1, 5, 0.25)),
            ]
            lines.append(";".join(cells))
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def writing() -> bytes:
    """Eight classes, four drawn by lot for the approach, with a writing task afterwards alone; true effect 2 points of
    30, class share .1. As an app for rubrics gives it: commas and UTF-8.
    """
    draw = random.Random(SEED + 6)  # noqa: S311
    names = [f"3{letter}" for letter in "ABCDEFGH"]
    drawn = set(draw.sample(names, 4))
    lines = ["leerling,klas,aanpak,opstel achteraf"]
    number = 0
    for name in names:
        level = draw.gauss(0, 1.4)
        for _ in range(draw.randint(16, 23)):
            number += 1
            points = _rounded(17 + level + 2 * (name in drawn) + draw.gauss(0, 4.2), 0, 30, 1)
            seen = "" if number in (20, 61, 102, 103, 140) else f"{points:.0f}"
            lines.append(f"O{number:03d},{name},{'voorbeeldtekst' if name in drawn else 'gewoon'},{seen}")
    return ("\n".join(lines) + "\n").encode()


def sums() -> bytes:
    """One class halved by lot: who got the cards first; true effect 2.5 points of 20."""
    draw = random.Random(SEED + 7)  # noqa: S311
    numbers = list(range(1, 25))
    first = set(draw.sample(numbers, 12))
    lines = ["nr;klas;kaartjes;toets vooraf;toets achteraf"]
    for number in numbers:
        level = draw.gauss(11, 2.6)
        pre = _rounded(level + draw.gauss(0, 1.2), 0, 20, 0.5)
        post = _rounded(level + 1.5 + 2.5 * (number in first) + draw.gauss(0, 1.4), 0, 20, 0.5)
        lines.append(f"{number};2B;{'eerst' if number in first else 'later'};{_comma(pre)};{_comma(post)}")
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def fluency() -> bytes:
    """Eight classes, four with the approach, words read in a minute in September, January and June: a row per pupil and
    wave, with its day. Growth 26 words a year, with the approach 6 more; classes grow at a pace of their own.
    """
    draw = random.Random(SEED + 8)  # noqa: S311
    names = [f"3{letter}" for letter in "ABCDEFGH"]
    treated = ("3A", "3D", "3E", "3H")
    weeks = {"september": ("15/09/2025", 0.0), "januari": ("20/01/2026", 4.2), "juni": ("08/06/2026", 8.8)}
    lines = ["leerling;klas;groep;moment;datum;woorden per minuut"]
    number = 0
    for name in names:
        level, pace = draw.gauss(0, 5), draw.gauss(0, 2.5)
        for _ in range(draw.randint(17, 23)):
            number += 1
            start, own = 62 + level + draw.gauss(0, 14), 26 + pace + 6 * (name in treated) + draw.gauss(0, 7)
            for at, (moment, (day, month)) in enumerate(weeks.items()):
                words = _rounded(start + own * month / 8.8 + draw.gauss(0, 5), 0, 200, 1)
                if (number * 7 + at * 3) % 41:
                    arm = "samen lezen" if name in treated else "gewoon"
                    lines.append(f"V{number:03d};{name};{arm};{moment};{day};{words:.0f}")
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def years() -> bytes:
    """The same twelve questions on motivation in four school years, other pupils every year: no names asked."""
    draw = random.Random(SEED + 9)  # noqa: S311
    lines = ["schooljaar,klas,leermotivatie"]
    for year, mean in (("2022-2023", 3.35), ("2023-2024", 3.4), ("2024-2025", 3.55), ("2025-2026", 3.6)):
        for name in ("6A", "6B", "6C"):
            level = draw.gauss(0, 0.12)
            for _ in range(draw.randint(17, 24)):
                score = _rounded(mean + level + draw.gauss(0, 0.6), 1, 5, 0.25)
                lines.append(f"{year},{name},{score:g}")
    return ("\n".join(lines) + "\n").encode()


def mathematical_language() -> bytes:
    """Ten classes, five drawn by lot for a series of twelve lessons; two main questions, a further one and a side
    effect. True effects of all twelve lessons 1.6 and 1.2 points of 20, in proportion to the lessons attended; none on
    the others. As a spreadsheet in Flanders gives it: semicolons, decimal commas, UTF-8 with a byte order mark. The
    draw was chosen: one example shows two main questions that say different things, with estimates close to the truth.
    """
    draw = random.Random(SEED + 34)  # noqa: S311
    names = [f"4{letter}" for letter in "ABCDEFGHIJ"]
    drawn = set(draw.sample(names, 5))
    lines = ["leerling;klas;werkwijze;lessen gevolgd;vraagstukken sept;vraagstukken jan;rekentaal sept;rekentaal jan;"
             "hoofdrekenen sept;hoofdrekenen jan;plezier sept;plezier jan"]  # fmt: skip
    number = 0
    for name in names:
        level, growth, offered = draw.gauss(0, 0.7), draw.gauss(0, 0.4), draw.choice((9, 10, 11, 12))
        for _ in range(draw.randint(18, 23)):
            number += 1
            ability, mood = draw.gauss(0, 2.2), draw.gauss(3.6, 0.5)
            lessons = sum(draw.random() < 0.93 for _ in range(offered)) if name in drawn else 0
            cells = [f"T{number:03d}", name, "rekentaal" if name in drawn else "gewoon", f"{lessons}"]
            for place, (start, effect) in enumerate(((10.0, 1.6), (9.0, 1.2), (12.0, 0.0))):
                pre = start + level + ability + draw.gauss(0, 1.3)
                post = start + 1.5 + level + growth + 0.9 * ability + effect * lessons / 12 + draw.gauss(0, 1.4)
                absent = (number + 7 * place) % 41 == 3
                cells += [_comma(_rounded(pre, 0, 20, 0.5)), "" if absent else _comma(_rounded(post, 0, 20, 0.5))]
            cells += [_comma(_rounded(mood + draw.gauss(0, 0.3), 1, 5, 0.25)) for _ in range(2)]
            lines.append(";".join(cells))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def cycling() -> bytes:
    """Eight classes, four drawn by lot for the approach: a cycling test passed or not, before and after, and one
    question with four ordered answers. The draw was chosen so that the classes start level, not for what it shows.
    """
    draw = random.Random(SEED + 21)  # noqa: S311
    names = [f"5{letter}" for letter in "ABCDEFGH"]
    drawn = set(draw.sample(names, 4))
    answers = ("nooit", "soms", "vaak", "altijd")
    lines = ["leerling;klas;oefening;fietsproef sept;fietsproef nov;ik durf fietsen sept;ik durf fietsen nov"]
    number = 0
    for name in names:
        level = draw.gauss(0, 0.25)
        for _ in range(draw.randint(18, 23)):
            number += 1
            skill, nerve = level + draw.gauss(0, 0.8), draw.gauss(0, 0.8)
            before = skill + draw.gauss(0, 0.6) > 0.6
            after = skill + draw.gauss(0, 0.6) + 0.6 * (name in drawn) > -0.1
            dares = [nerve + shift + draw.gauss(0, 0.6) for shift in (-0.2, 0.2 + 0.3 * (name in drawn))]
            cells = [f"F{number:03d}", name, "op straat" if name in drawn else "op de speelplaats"]
            cells += ["behaald" if passed else "niet behaald" for passed in (before, after)]
            cells += [answers[sum(dare > limit for limit in (-1.1, 0.0, 0.9))] for dare in dares]
            if number in (12, 40, 77, 101, 150):
                cells[4] = "ziek"
            lines.append(";".join(cells))
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def goals() -> bytes:
    """One class of 26 on six goals before and after, as a follow-up system exports it: a column per goal and moment."""
    draw = random.Random(SEED + 15)  # noqa: S311
    names = ("optellen tot 100", "aftrekken tot 100", "tafels", "deeltafels", "meten in cm", "klok lezen")
    started, gained = (0.4, 0.1, -0.2, -0.9, 0.0, -0.4), (0.5, 0.6, 0.8, 0.3, 0.6, 0.7)
    levels = ("nog niet", "deels", "behaald")
    lines = [";".join(["leerling", *(f"{name} {month}" for month in ("okt", "mrt") for name in names)])]
    for number in range(1, 27):
        skill = draw.gauss(0, 0.7)
        cells = [f"R{number:02d}"]
        for month in (0, 1):
            for start, gain in zip(started, gained, strict=True):
                value = skill + start + month * gain + draw.gauss(0, 0.6)
                cells.append(levels[(value > -0.6) + (value > 0.2)])
        if number in (5, 18):
            cells[12] = "nb"
        lines.append(";".join(cells))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def reading_together() -> bytes:
    """Eight classes that drew in which order they started, two at a time, and five measurements: a row per pupil and
    measurement. True effect 1.5 points of 30, class share .12, and a bit more noise per class and measurement.
    """
    draw = random.Random(SEED + 10)  # noqa: S311
    names = [f"{grade}{letter}" for grade in "45" for letter in "ABCD"]
    order = draw.sample(names, len(names))
    lines = ["leerling;klas;start;meetmoment;punten"]
    number = 0
    for name in names:
        start, level = 1 + order.index(name) // 2, draw.gauss(0, 1.6)
        often = [draw.gauss(0, 0.4) for _ in READING_WAVES]
        for _ in range(draw.randint(17, 23)):
            number += 1
            ability = draw.gauss(0, 3.6)
            for wave, label in enumerate(READING_WAVES):
                points = 13 + level + ability + 0.9 * wave + often[wave] + 1.5 * (wave >= start) + draw.gauss(0, 2.2)
                seen = "afw" if (7 * number + 3 * wave) % 31 == 0 else f"{_rounded(points, 0, 30, 1):.0f}"
                lines.append(f"T{number:03d};{name};{READING_WAVES[start]};{label};{seen}")
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


READING_WAVES = ("sept", "nov", "jan", "mrt", "mei")


def _rounded(value: float, low: float, high: float, step: float) -> float:
    return min(high, max(low, round(value / step) * step))


def _comma(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _without_time(raw: bytes) -> bytes:
    """The same workbook without the moment it was made, stored uncompressed."""
    stored = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(stored, "w") as kept:
        for name in given.namelist():
            content = given.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z", b"2026-09-01T00:00:00Z", content)
            kept.writestr(zipfile.ZipInfo(name), content)
    return stored.getvalue()


def decisions() -> bytes:
    """What an invented team decided on the first example: one thing done, one too late, one still to do."""
    return DECIDED.encode()


DECIDED = """\
# Voorbeeld: wat een verzonnen team besloot. Een leeg bestand maak je met: gsl decisions studie.toml
# Bij elke meting staat dit mee in het verslag. Schrijf dus geen namen van leerlingen, ook geen initialen.
schema = 1

looked_on = 2027-03-15          # de laatste keer dat het team deze lijst nakeek

[reflection]
see = "Vooral het vergelijken van breuken ging vlotter. Bij optellen zagen we weinig verschil."
surprises = "Dat één klas veel hoger ligt dan de andere met dezelfde aanpak."
next_time = "We loten wie begint, en we spreken vooraf af welke lessen zeker doorgaan."

[[decisions]]
what = "We proberen het strookmodel nog eens, nu ook in twee klassen die het nog niet hadden."
decided_on = 2027-01-14
who = "leerkrachten van het vijfde leerjaar"
by = 2027-05-31
done = "not_yet"
result = ""

[[decisions]]
what = "De zorgcoördinator bekijkt wie het doel nog niet haalde, en plant twee keer per week een instapmoment."
decided_on = 2027-01-14
who = "zorgcoördinator"
by = 2027-02-12
done = "yes"
result = "Het instapmoment loopt. Na de krokusvakantie bekijken we wie er nog nood aan heeft."

[[decisions]]
what = "We vragen de school in de buurt of ze mee wil meten."
decided_on = 2027-01-14
who = "directeur"
by = 2027-02-26
done = "not_yet"
result = ""
"""

EXAMPLES = {
    "breuken-strookmodel.csv": fractions,
    "breuken-strookmodel.besluiten.toml": decisions,
    "woordenschat-een-klas.csv": vocabulary,
    "begrijpend-lezen-twee-klassen.xlsx": reading,
    "denkstappen-zes-scholen.csv": strategies,
    "plannen-vier-klassen.csv": planning,
    "werkwoorden-twaalf-klassen.csv": verbs,
    "opstel-acht-klassen.csv": writing,
    "maaltafels-halve-klas.csv": sums,
    "vlot-lezen-drie-metingen.csv": fluency,
    "motivatie-vier-jaar.csv": years,
    "rekentaal-tien-klassen.csv": mathematical_language,
    "fietsproef-acht-klassen.csv": cycling,
    "rekendoelen-een-klas.csv": goals,
    "samen-lezen-na-elkaar.csv": reading_together,
}


if __name__ == "__main__":
    for name, make in EXAMPLES.items():
        (FOLDER / name).write_bytes(make())

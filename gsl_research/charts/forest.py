"""One row per school in the order of their dates; below them all schools together, and what a next school may expect.

No colour, size or order follows a result. A school whose own from–to is unknown is an open dot; one that is listed but
does not count stands between brackets, with a thin broken line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..blocks import Chart, Table
from ..estimate import Interval
from ..wording import Words
from .ground import NARROW, WIDE
from .picture import HAIR, INK, LINE, SOFT, Canvas, Picture, ticks

FOREST_ROWS = 40
"""As many schools are drawn, the newest; of more, a picture cannot be read on one page of paper (policy)."""
SAID_ROWS = 12
"""Up to so many schools a description names each; beyond that the table does (policy)."""
FAR = 2
"""A line that reaches further than so many times the usual reach of the lines is cut, with an arrow (policy)."""
BESIDE = 0.5
"""The part of a picture that names beside the lines may take; longer ones stand above them; by eye."""
SHADE = "#d9d4ca"
ROOMY_ROWS, ROOMY, CLOSE = 24, 22, 17
"""Pixels from school to school, up to so many schools and beyond: 40 of them still fit on a sheet of A4 (computed)."""


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """One school. ``value`` and limits as told: above 0 is higher with the approach."""

    label: str
    when: str
    value: float
    low: float | None
    high: float | None
    counted: bool
    """False where it is listed and not pooled."""

    def __post_init__(self):
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.label!r} has one limit: a from–to has two or none")
        if self.low is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"{self.label!r}: {self.value} lies outside its own from–to")

    @property
    def ends(self) -> tuple[float, ...]:
        return () if self.low is None else (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Ends:
    """All schools together: the difference, and from where to where it may lie."""

    value: float
    low: float
    high: float


def forest(
    rows: Sequence[SchoolRow],
    together: Ends | None,
    following: tuple[float, float] | None,
    *,
    words: Words,
    decimals: int = 1,
    standard: bool = False,
) -> Chart:
    """``rows`` in the order given, which is that of their dates, and only the newest ``FOREST_ROWS`` of them drawn.

    ``together`` is ``None`` where nothing was pooled, ``following`` where a next school cannot be foreseen. In points
    of the test's own scale, or with ``standard`` in standard deviations. ValueError without a school. Not for a ranking
    of schools: the caller sorts by date, and nothing here sorts.
    """
    if not rows:
        raise ValueError("a picture of schools needs a school")
    told = _Told(words, decimals, standard)
    drawn = rows[-FOREST_ROWS:]
    reach, cut = _reach(drawn, together, following)
    alt_text = _alt(rows, together, following, told)

    def draw(canvas: Canvas) -> str:
        return _draw(canvas, drawn, together, following, reach, told, alt_text)

    return Chart(
        draw(WIDE), draw(NARROW), alt_text, _caption(rows, drawn, together, following, cut, told),
        _table(rows, together, following, told),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """Differences as words, in points or in standard deviations."""

    words: Words
    decimals: int
    standard: bool

    def gap(self, value: float, decimals: int | None = None) -> str:
        decimals = self.decimals if decimals is None else decimals
        if not self.standard:
            return self.words.gap(value, 1, decimals)
        if round(value, decimals) == 0:
            return self.words("locale.gap.same")
        way = "higher" if value > 0 else "lower"
        return self.words(f"forest.standard.gap_{way}", size=self.words.number(abs(value), decimals))

    def span(self, low: float, high: float) -> str:
        if not self.standard:
            return self.words.span(Interval(low, high), 1, self.decimals)
        decimals = self.words.decimals_for(Interval(low, high), self.decimals)
        way = "higher" if low >= 0 else "lower" if high <= 0 else "both"
        first, last = (high, low) if way == "lower" else (low, high)
        sizes = (self.words.number(abs(end), decimals) for end in (first, last))
        return self.words(f"forest.standard.span_{way}", **dict(zip(("low", "high"), sizes, strict=True)))

    def ends(self, low: float, high: float) -> tuple[str, str]:
        decimals = self.words.decimals_for(Interval(low, high), self.decimals)
        return self.gap(low, decimals), self.gap(high, decimals)

    def name(self, row: SchoolRow) -> str:
        named = self.words("forest.named", label=row.label, when=row.when) if row.when else row.label
        return named if row.counted else self.words("forest.not_counted", named=named)


def _reach(
    drawn: Sequence[SchoolRow], together: Ends | None, following: tuple[float, float] | None
) -> tuple[float, bool]:
    """How far the axis goes on both sides of no difference, and whether that cuts a line. Never a dot, nor the rows of
    all schools together."""
    limits = [max(map(abs, row.ends)) for row in drawn if row.ends]
    always = [abs(row.value) for row in drawn]
    always += [abs(end) for end in ((together.low, together.high) if together else ())]
    always += [abs(end) for end in following or ()]
    furthest = 1.08 * max([*always, *limits, 1e-9])
    reach = min(furthest, max(1.08 * max([*always, 1e-9]), FAR * median(limits)) if limits else furthest)
    return reach, max(limits, default=0) > reach


def _draw(
    canvas: Canvas,
    drawn: Sequence[SchoolRow],
    together: Ends | None,
    following: tuple[float, float] | None,
    reach: float,
    told: _Told,
    alt_text: str,
) -> str:
    names = [told.name(row) for row in drawn]
    gutter = max(canvas.wide(name) for name in names) + 10
    beside = gutter <= BESIDE * canvas.width
    picture = Picture(canvas, (-reach, reach), left=gutter if beside else 8, right=8)
    letters = canvas.size + 5
    step = ROOMY if len(drawn) <= ROOMY_ROWS else CLOSE
    y, spans = -4.0 if beside else 4.0, []
    for row, name in zip(drawn, names, strict=True):
        if not beside:
            for line in canvas.lines(name):
                y += letters
                picture.text([(picture.at(0), y, line)])
        y += step if beside else 12
        if beside:
            picture.text([(picture.at(0), y + 4.5, name)], INK if row.counted else SOFT)
        _school(picture, row, y, reach)
        spans.append((y - (step if beside and spans else 8), y + (0 if beside else 9)))
        y += 0 if beside else 9
    if beside:
        spans.append((y, y + 9))
        y += 9
    if together or following:
        y += 8
        picture.rule([(picture.at(0), y, picture.at(canvas.width), y)], HAIR)
    if together:
        y = _named(picture, y, told.words("forest.together"), told.span(together.low, together.high))
        picture.rule([(together.low, y, together.high, y)], INK, strokeWidth=4, strokeCap="butt")
        picture.dots([(together.value, y)], INK, "diamond", 120 if canvas is WIDE else 70, strokeWidth=0)
        spans.append((y - 9, y + 9))
        y += 9
    if following:
        y = _named(picture, y, told.words("forest.following"), told.span(*following))
        low, high = following
        picture.band(low, y - 6, high, y + 6, SHADE)
        picture.rule([(low, y - 6, low, y + 6), (high, y - 6, high, y + 6), (low, y, high, y)], SOFT, strokeWidth=1.5)
        spans.append((y - 9, y + 9))
    return picture.svg(_axis(picture, spans, reach, told), alt_text)


def _school(picture: Picture, row: SchoolRow, y: float, reach: float) -> None:
    thin = {} if row.counted else {"strokeDash": (4, 3)}
    if row.ends:
        low, high = (max(min(end, reach), -reach) for end in row.ends)
        picture.rule([(low, y, high, y)], SOFT, strokeWidth=2 if row.counted else 1.25, **thin)
        for end, shape in zip(row.ends, ("triangle-left", "triangle-right"), strict=True):
            if abs(end) > reach:
                picture.dots([(max(min(end, reach), -reach), y)], SOFT, shape, 55, strokeWidth=0)
        picture.dots([(row.value, y)], INK, "circle", 46, strokeWidth=1.25)
    else:
        picture.dots([(row.value, y)], "white", "circle", 52, stroke=SOFT, strokeWidth=1.75)


def _named(picture: Picture, y: float, name: str, span: str) -> float:
    """A name and its from–to above a line, on one line or as many as they need; where that line comes."""
    canvas, letters = picture.canvas, picture.canvas.size + 5
    y += 22
    picture.text([(picture.at(0), y, name)], fontWeight=600)
    if canvas is WIDE:
        picture.text([(picture.at(canvas.width), y, span)], align="right")
    else:
        for line in canvas.lines(span):
            y += letters
            picture.text([(picture.at(0), y, line)])
    return y + 16


def _axis(picture: Picture, spans: Sequence[tuple[float, float]], reach: float, told: _Told) -> float:
    """The line of no difference behind all rows, the numbers below, and what they count; where the picture ends."""
    canvas, words, bottom = picture.canvas, told.words, spans[-1][1]
    numbers = ticks(-reach, reach, 8 if canvas is WIDE else 5)
    picture.rule([(x, top, x, base) for top, base in spans for x in numbers if x], HAIR)
    picture.rule([(0, top, 0, base) for top, base in spans], LINE, strokeWidth=1.5)
    picture.rule([(-reach, bottom, reach, bottom)], HAIR)
    picture.text([(x, bottom + 18, words.plain(abs(x))) for x in numbers], SOFT, "center")
    short = "" if canvas is WIDE else "_short"
    y = bottom + 40
    picture.text([(-reach, y, words(f"charts.interval.lower{short}"))], SOFT)
    picture.text([(reach, y, words(f"charts.interval.higher{short}"))], SOFT, "right")
    y += canvas.size + 7
    unit = words(f"forest.axis.{'standard' if told.standard else 'points'}")
    picture.text([(picture.clamped(0, unit), y, unit)], SOFT, "center")
    return y + 8


def _alt(rows: Sequence[SchoolRow], together: Ends | None, following: tuple[float, float] | None, told: _Told) -> str:
    w = told.words
    said = [w("forest.alt.what", count=w.count(len(rows))) if len(rows) > 1 else w("forest.alt.one")]
    if len(rows) <= SAID_ROWS:
        for row in rows:
            kind = "row" if row.ends else "row_open"
            span = told.span(*row.ends) if row.ends else ""
            said.append(w(f"forest.alt.{kind}", name=told.name(row), value=told.gap(row.value), span=span))
    else:
        values = [row.value for row in rows]
        said.append(w("forest.alt.many", span=told.span(min(values), max(values))))
    if together:
        span = told.span(together.low, together.high)
        said.append(w("forest.alt.together", value=told.gap(together.value), span=span))
    if following:
        said.append(w("forest.alt.following", span=told.span(*following)))
    return " ".join(said)


def _caption(
    rows: Sequence[SchoolRow],
    drawn: Sequence[SchoolRow],
    together: Ends | None,
    following: tuple[float, float] | None,
    cut: bool,
    told: _Told,
) -> str:
    left = len(rows) - len(drawn)
    wider = together and following and following[1] - following[0] > together.high - together.low
    keys = {
        "order": len(rows) > 1,
        "lines": any(row.ends for row in drawn),
        "open": any(not row.ends for row in drawn),
        "outside": any(not row.counted for row in drawn),
        "cut": cut,
        "wider": wider,
        "standard": told.standard,
        "left_one": left == 1,
        "left_other": left > 1,
    }
    blanks = {"count": told.words.count(left), "drawn": told.words.count(len(drawn))}
    return " ".join(told.words(f"forest.caption.{key}", **blanks) for key, holds in keys.items() if holds)


def _table(
    rows: Sequence[SchoolRow], together: Ends | None, following: tuple[float, float] | None, told: _Told
) -> Table:
    w = told.words
    unknown = w("forest.table.unknown")

    def line(name: str, when: str, value: str, ends: tuple[float, ...], counted: str) -> tuple[str, ...]:
        low, high = told.ends(*ends) if ends else (unknown, unknown)
        return name, when, value, low, high, counted

    lines = [
        line(row.label, row.when or "–", told.gap(row.value), row.ends, w(f"locale.{'yes' if row.counted else 'no'}"))
        for row in rows
    ]
    if together:
        lines.append(line(w("forest.together"), "–", told.gap(together.value), (together.low, together.high), "–"))
    if following:
        lines.append(line(w("forest.following"), "–", "–", following, "–"))
    columns = ("school", "when", "value", "from", "to", "counted")
    return Table(
        w(f"forest.table.{'standard' if told.standard else 'points'}"),
        tuple(w(f"forest.table.column_{name}") for name in columns),
        tuple(lines),
    )

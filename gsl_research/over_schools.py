"""What a summary over schools says, in words: values in, sentences out."""

from __future__ import annotations

import hashlib
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from . import __version__
from .belonging import DOMAINS, Belonging, school_of
from .cards import Card
from .changes import Changes
from .codes import Code
from .estimate import Interval
from .for_whom import ForWhom
from .judge import cap_code
from .methods.effect_sizes import improvement_index
from .methods.pooling import FEWEST_POOLED
from .methods.student import t_interval
from .participation import Participation
from .standing import Standing
from .synthesis import Pooled, School, Synthesis
from .wording import Words

PLACES = "order"
"""The room of texts in which points read as places in a row of 100."""


@dataclass(frozen=True, slots=True)
class Overview:
    """All that a page over schools is told from: one lever, one domain.

    ``letters`` of the schools whose cards are here, ``kept_letters`` also of those that were once; ``everywhere`` the
    cards of all levers, for the map; ``unreadable`` counts files that were left out.
    """

    synthesis: Synthesis
    standing: Standing
    for_whom: ForWhom
    words: Words
    letters: Mapping[str, str]
    kept_letters: Mapping[str, str]
    everywhere: tuple[Card, ...]
    taken_part: Participation | None = None
    changes: Changes | None = None
    unreadable: int = 0

    @staticmethod
    def name_of(belonging: Belonging) -> str:
        """Of the folders that hold what is made of one lever and domain."""
        return f"overzicht-{belonging.lever}-{belonging.domain}"

    @property
    def study_id(self) -> str:
        return self.name_of(self.synthesis.belonging)

    @property
    def digest(self) -> str:
        """Of all cards of the lever: the same cards, the same page."""
        cards = [one.card for one in (*self.synthesis.used, *self.synthesis.belonging.excluded)]
        return hashlib.sha256("".join(sorted(card.content_sha256 for card in cards)).encode()).hexdigest()

    @property
    def with_card(self) -> int:
        """Schools of which there is a card: of this lever, or of any where that is what was asked of schools."""
        of_any = self.taken_part is not None and self.taken_part.lever is None
        return len({school_of(card) for card in (self.everywhere if of_any else self.cards)})

    @property
    def schools(self) -> tuple[School, ...]:
        """On the scale that is told."""
        return self.synthesis.points.schools if self.in_points else self.synthesis.schools

    @property
    def shown(self) -> Pooled | None:
        """What is told: in points where all schools used one test, else in places."""
        return self.synthesis.points or self.synthesis.leading

    @property
    def code(self) -> Code | None:
        """What the schools together let us say: as firm as the whole stands, never firmer."""
        return cap_code(self.shown.code, self.standing.rating) if self.shown else None

    @property
    def in_points(self) -> bool:
        return self.synthesis.points is not None

    @property
    def scale_words(self) -> Words:
        return self.words if self.in_points else self.words.for_kind(PLACES)

    @property
    def decimals(self) -> int:
        return 1 if self.in_points else 0

    @property
    def cards(self) -> tuple[Card, ...]:
        return self.synthesis.belonging.counted

    def value(self, number: float) -> float:
        """On the scale that is told: points as they are, standard deviations as places in a row of 100."""
        return number if self.in_points else improvement_index(number)

    def gap(self, number: float) -> str:
        return self.scale_words.gap(self.value(number), 1, self.decimals)

    def points(self, number: float) -> str:
        return self.scale_words.points(abs(self.value(number)), self.decimals)

    def span(self, interval: Interval) -> str:
        told = Interval(self.value(interval.low), self.value(interval.high))
        return self.scale_words.span(told, 1, self.decimals)

    def span_g(self, interval: Interval) -> str:
        """Of standard deviations, always in places: beside an earlier summary that may have had other tests."""
        told = Interval(improvement_index(interval.low), improvement_index(interval.high))
        return self.words.for_kind(PLACES).span(told, 1, 0)

    def gone(self, names: Sequence[str]) -> str:
        return self.count("school", len(names))

    def margin(self) -> str:
        return self.scale_words.points(self.value(self.shown.margin), self.decimals)

    def span_beside(self, interval: Interval) -> str:
        """From–to of what comes on top of the mean."""
        mean = self.shown.mean.value
        told = [self.value(mean + end) - self.value(mean) for end in (interval.low, interval.high)]
        return self.scale_words.span(Interval(*told), 1, self.decimals)

    def school(self, name: str) -> str:
        return self.words("summary.chart.school", letter=self.letters[name])

    def school_of(self, card: Card) -> str:
        return self.school(school_of(card))

    def listing(self, names: Iterable[str]) -> str:
        """Schools by letter, in the order of the letters."""
        return self.words.listing(sorted((self.school(name) for name in names), key=lambda one: (len(one), one)))

    def count(self, what: str, number: int) -> str:
        key = f"summary.count.{what}.{'one' if number == 1 else 'other'}"
        return self.words(key, count=self.words.count(number))

    def month(self, day: date | None) -> str:
        return self.words.month(day) if day else self.words("summary.undated")

    @property
    def lever(self) -> str:
        return self.words(f"report.lever.{self.synthesis.belonging.lever}")

    @property
    def domain(self) -> str:
        return self.words(f"summary.domain.{self.synthesis.belonging.domain}")


def capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def conclusion(told: Overview) -> Iterator[str]:
    """What was tried, what we know, what a next school may expect."""
    w, lead = told.words, told.shown
    apart = lead is not None and len(lead.schools) < len(told.synthesis.schools)
    counted = [w("summary.tried.apart", pooled=w.count(len(lead.schools)))] if apart else []
    yield " ".join([tried(told), *counted])
    if lead is None:
        listed = "LISTED" if told.synthesis.schools else "NOTHING"
        yield w(f"summary.says.{listed}", least=w.count(FEWEST_POOLED))
        return
    yield w(
        f"summary.says.{_says(told)}", gap=told.gap(lead.mean.value),
        points=told.points(lead.mean.value), span=told.span(lead.mean.interval),
        margin=told.margin(),
    )  # fmt: skip
    yield following(told)


def _says(told: Overview) -> str:
    """Held back although all of its from–to lies on one side, it says both."""
    interval = told.shown.mean.interval
    held = {"CANNOT": "CAPPED", "LEAN_POS": "CAUTIOUS", "LEAN_NEG": "CAUTIOUS"}.get(told.code)
    if held is None or interval.holds(0):
        return told.code
    return f"{held}_{'POS' if interval.low > 0 else 'NEG'}"


def tried(told: Overview) -> str:
    w, schools = told.words, told.synthesis.schools
    if not schools:
        return w("summary.tried.none", lever=told.lever, domain=told.domain)
    days = sorted(one.card.study.post_on for one in told.synthesis.used if one.card.study.post_on)
    months = list(dict.fromkeys(told.month(day) for day in days))
    kind = "undated" if not days else "once" if len(months) == 1 else "between"
    one = "_one" if len(schools) == 1 else ""
    classes = sum(used.card.data.classes for school in schools for used in school.used)
    return w(
        f"summary.tried.{kind}{one}", Schools=capital(told.count("school", len(schools))), lever=told.lever,
        domain=told.domain, classes=told.count("class", classes), first=months[0] if months else "",
        last=months[-1] if months else "",
    )  # fmt: skip


def following(told: Overview) -> str:
    w, lead = told.words, told.shown
    if lead.way == "network":
        return w("summary.next.network")
    if lead.following is None:
        return w("summary.next.few", schools=told.count("school", len(lead.schools)))
    both = lead.following.low < 0 < lead.following.high
    return w(f"summary.next.{'wide' if both else 'range'}", span=told.span(lead.following))


def unit(told: Overview) -> str | None:
    """On which scale differences are told."""
    if told.shown is None:
        return None
    if not told.in_points:
        turned = any(measure.better == "lower" for one in told.synthesis.used for measure in one.measures)
        better = [told.words("summary.unit.better")] if turned else []
        return " ".join([told.words("summary.unit.places"), *better])
    scale = told.synthesis.used[0].measures[0].scale
    if scale is None:
        return told.words("summary.unit.points")
    low, high = map(told.words.plain, scale)
    return told.words("summary.unit.points_range", low=low, high=high)


ADVICE = {
    "CLEAR_BIG": "carry_on", "CLEAR_POS": "carry_on", "NEGLIGIBLE": "adapt", "NEG": "not_yet", "LEAN_NEG": "not_yet",
}  # fmt: skip
"""The rest asks for another measurement."""


def advice(told: Overview) -> tuple[str, tuple[str, ...]]:
    """(what, sentences): what to do, for whom, and what it asks of teachers."""
    w, lead = told.words, told.shown
    what = ADVICE.get(told.code, "measure_again")
    wide = what == "carry_on" and (lead.following is None or lead.following.low < 0)
    key = f"{what}_wide" if wide else what if lead else "measure_again_listed"
    said = [w(f"summary.advice.text.{key}", domain=told.domain)]
    if lead and what == "measure_again":
        said.append(w(f"summary.firm.{told.standing.weakest}"))
    if signals := signalled(told):
        said.append(w("summary.advice.harm", cards=told.count("card", signals)))
    levels = Counter(used.card.study.context.get("level") for used in told.synthesis.used)
    named = [w(f"summary.map.in_{level}") for level in LEVELS if levels[level]]
    if told.synthesis.schools:
        said.append(
            w("summary.advice.for_whom", levels=w.listing(named)) if named else w("summary.advice.for_whom_unknown")
        )
    said.append(minutes(told))
    return w("summary.advice.title", what=w(f"summary.advice.what.{what}")), tuple(said)


LEVELS = ("nursery", "primary", "secondary", "special", "adult")


def minutes(told: Overview) -> str:
    """What it asked of teachers, over the cards that say so."""
    w = told.words
    found = [one.card.study.extra_minutes for one in told.synthesis.used if one.card.study.extra_minutes is not None]
    if not found:
        return w("summary.advice.minutes_unknown")

    middle = statistics.median(found)
    kind = "more" if middle > 0 else "less" if middle < 0 else "same"
    number = w.plain(abs(round(middle, 1)))
    spelled = w("locale.minute" if number == "1" else "locale.minutes", number=number)
    return w(f"summary.advice.minutes_{kind}", minutes=spelled, cards=told.count("card", len(found)))


def goal(told: Overview) -> tuple[str, str]:
    """The answer in a few words, and in sentences: on goals of schools."""
    counts = Counter(card.verdict.questions.goal for card in told.cards)
    return _counted(told, "goal", "reached", counts, ("not_reached", "no_goal", "hidden", "not_measured"))


def everyone(told: Overview) -> tuple[str, str]:
    counts = Counter(card.verdict.questions.everyone for card in told.cards)
    return _counted(told, "everyone", "closer", counts, ("further", "unclear", "not_measured", "hidden"))


def _counted(told: Overview, question: str, yes: str, counts: Counter, others: Sequence[str]) -> tuple[str, str]:
    w = told.words
    known = counts[yes] + sum(counts[name] for name in ("not_reached", "further", "unclear"))
    blanks = {yes: w.count(counts[yes]), "cards": told.count("card", known)}
    clear = known - counts["unclear"]
    chip = w(f"summary.{question}.chip{'' if clear else '_unclear' if known else '_unknown'}", **blanks)
    said = [w(f"summary.{question}.{yes}", **blanks)] if known else []
    said += [w(f"summary.{question}.{name}", count=w.count(counts[name])) for name in others if counts[name]]
    return chip, " ".join(said)


SIDE_CODES = ("signal", "watch", "not_excluded", "safe", "described")
"""What worries most first."""


def signalled(told: Overview) -> int:
    """Cards with a sign of an unwanted side effect."""
    return sum("signal" in card.verdict.questions.side_effects.values() for card in told.cards)


def side_effects(told: Overview) -> tuple[str, tuple[str, ...]]:
    """The answer in a few words, and a line for every domain that was looked at."""
    w, cards = told.words, told.cards
    found: dict[str, Counter] = {}
    looked = [card for card in cards if card.verdict.questions.side_effects]
    for card in looked:
        domains = {one.name: one.domain for one in card.outcomes}
        worst: dict[str, str] = {}
        for name, code in card.verdict.questions.side_effects.items():
            domain = domains.get(name)
            if domain is not None and SIDE_CODES.index(code) < SIDE_CODES.index(worst.get(domain, SIDE_CODES[-1])):
                worst[domain] = code
            elif domain is not None:
                worst.setdefault(domain, code)
        for domain, code in worst.items():
            found.setdefault(domain, Counter())[code] += 1
    if not found:
        return w("summary.side.chip_unknown"), (w("summary.side.lead_none", cards=told.count("card", len(cards))),)
    signals = signalled(told)
    blanks = {"signals": w.count(signals), "cards": w.count(len(looked))}
    chip = w("summary.side.chip_signal", **blanks) if signals else w("summary.side.chip_none")
    lines = [w("summary.side.lead", Measured=capital(w.count(len(looked))), cards=told.count("card", len(cards)))]
    for domain in DOMAINS:
        if counts := found.get(domain):
            what = " ".join(
                w(f"summary.side.{code}", count=w.count(counts[code])) for code in SIDE_CODES if counts[code]
            )
            measured = told.count("card", counts.total())
            lines.append(
                w("summary.side.line", Domain=capital(w(f"report.domain.{domain}")), measured=measured, what=what)
            )
    return chip, tuple(lines)


def spread(told: Overview) -> str | None:
    """How far schools lie apart beyond what few classes make of it."""
    lead = told.shown
    if lead is None or lead.spread is None:
        return None
    if lead.spread.tau == 0:
        return told.words("summary.spread.same")
    if len(lead.schools) < SPREAD_SEEN:
        return told.words("summary.spread.unknown", schools=told.count("school", len(lead.schools)))
    # Two schools of three lie within one tau of the mean.
    mean = lead.mean.value
    gap = told.value(mean + lead.spread.tau) - told.value(mean)
    sure = lead.spread.interval is not None and lead.spread.interval.low > 0
    key = f"summary.spread.{'apart' if sure else 'perhaps'}"
    return told.words(key, gap=told.scale_words.points(gap, told.decimals))


SPREAD_SEEN = 10
"""Fewer schools do not show how far they lie apart (Cochrane Handbook, section 10.10.2; recalled; policy)."""


def small_find_more(lead: Pooled) -> bool:
    """Whether less precise schools lie higher, beyond what 95 % of such sets show without a cause."""
    small = lead.small
    return small is not None and t_interval(small.value, small.se, small.df).low > 0


def news(told: Overview) -> Iterator[str]:
    """What came, went or was replaced since the last summary, and what that did to the mean."""
    w, found, lead = told.words, told.changes, told.synthesis.leading
    if not found.any:
        yield w("summary.new.nothing")
        return
    for name in ("added", "updated", "gone", "moved"):
        if names := getattr(found, name):
            yield w(f"summary.new.{name}", schools=told.listing(names) if name != "gone" else told.gone(names))
    if found.before.mean is None:
        yield w("summary.new.before_listed")
    elif lead is not None and found.before.metric == lead.mean.metric:
        schools = told.count("school", found.before.schools)
        spans = {"span": told.span_g(found.before.mean), "now": told.span_g(lead.mean.interval)}
        yield w("summary.new.before", schools=schools, **spans)
        for one in lead.without:
            if one.school in (*found.added, *found.updated):
                yield w("summary.new.without", school=told.school(one.school), span=told.span_g(one.interval))
    if lead is not None and found.before.code is not None:
        yield w(f"summary.new.{'same' if told.code == found.before.code else 'other'}_code")
    if found.before.version != __version__:
        yield w("summary.new.version")

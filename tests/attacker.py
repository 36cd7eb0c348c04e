"""Someone who has the page and the card of one study, knows how they are made and knows how large the classes are.

She writes every number that is told as a linear statement about unknown cells and asks a linear program for the least
and the most that each cell can be. What is claimed when she finds nothing:

* Counts. A pupil of an arm has a status (made both tests, missed the first, the last or both), a place after it (worst
  score, below the goal, goal reached, best score), a goal reached before or not, a clear change or none, a label of the
  first subgroup column or none, and made the second outcome or not. Every count of one or two of these attributes in an
  arm that truly is 1 to 6 keeps a range of 6 and more: nobody knows it to 3 on either side.
* Means. Of every class of fewer than ten pupils, and of all such classes of an arm when they are fewer than ten
  together, the mean before, the mean afterwards, the adjusted mean and the gain are open by SD/√10 on either side: that
  is how far off the mean of ten pupils often is.

She is told what a real reader would have to guess: which statements speak of whom, which pupils count, the slope, and
in which direction each class lies off its arm (so a standard error, of squares, is a linear statement too). She does
not use that no mean lies beyond the scale, nor what is usual. Nothing is claimed of two cells at once.

Other programs of hers: ``attacker_levels`` (counts at levels, and of goals), ``attacker_waves`` (several moments),
``attacker_bins`` (distributions), ``attacker_near`` (every number of a card, near the truth) and ``attacker_pairs``.
"""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import ClassVar

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.stats import t as student

import gsl_research as gsl
from gsl_research import charts
from gsl_research.blocks import Chart, Fold, Table
from gsl_research.charts.picture import Picture
from gsl_research.description import ATTRITION_FLAG, EXTREME_SHARE
from gsl_research.rating import ATTRITION_CAPS, ATTRITION_GAP_CAPS
from gsl_research.study import GainGoal, ReachGoal
from gsl_research.wave_table import occasions
from gsl_research.wording import Words

SMALL = range(1, 7)
"""What a count that has to stay open truly is: written here, not read from the rule that is attacked."""
OPEN = 6
FAR = 1e4
ROUNDED = 0.05
CARD = 0.005


@dataclass
class Unknown:
    """Unknown numbers by name, and what is known of sums of them."""

    names: list
    least: float = 0.0
    rows: list[np.ndarray] = field(default_factory=list)
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: ClassVar[int] = 0
    """How many cells she asked about, of all studies."""
    met: list[np.ndarray] = field(default_factory=list)
    """What she found that fits with everything: often enough to see that another cell is open too."""

    def weights(self, chosen: Callable) -> np.ndarray:
        return np.array([float(chosen(name)) for name in self.names])

    def know(self, said: str, weights: np.ndarray, low: float, high: float | None = None) -> None:
        self.rows.append(weights)
        self.lows.append(low)
        self.highs.append(low if high is None else high)
        self.said.append(said)

    def ends(self, weights: np.ndarray) -> tuple[float, float]:
        """The least and the most that the sum can be."""
        return self._end(weights, 1), -self._end(weights, -1)

    def is_open(self, weights: np.ndarray, by: float) -> bool:
        """Whether the sum is known no better than to a range of ``by``."""
        Unknown.asked += 1
        met = [float(weights @ one) for one in self.met]
        if met and max(met) - min(met) >= by - 1e-6:
            return True
        low, high = self.ends(weights)
        return high - low >= by - 1e-6

    def _limits(self):
        if not self.rows:
            return None, None
        table, lows, highs = np.array(self.rows), np.array(self.lows), np.array(self.highs)
        above, below = np.isfinite(highs), np.isfinite(lows)
        return csr_array(np.vstack([table[above], -table[below]])), np.concatenate([highs[above], -lows[below]])

    def _end(self, weights: np.ndarray, sign: int) -> float:
        rows, limits = self._limits()
        found = linprog(sign * weights, A_ub=rows, b_ub=limits, bounds=(self.least, FAR), method="highs")
        assert found.status == 0, f"what is told contradicts itself: {found.message} {self.said}"
        self.met.append(found.x)
        return float(found.fun)


@dataclass
class Seen:
    """What she holds: every text of the page that was asked for with its blanks, the tables, and the card."""

    study: object
    data: object
    measurement: object
    texts: list[tuple[str, dict]]
    tables: list[Table]
    card: dict
    bins: list[tuple[int | None, str, tuple]] = field(default_factory=list)
    """(number of the class, arm or "pre" or "post", bins) of every distribution that is drawn."""


@contextmanager
def overhearing() -> Iterator[list[tuple[str, dict, str]]]:
    """Every text with its blanks and what it became, while a page is made. Nothing is drawn."""
    heard: list[tuple[str, dict, str]] = []
    say = Words.__call__

    def said(self, key, /, **blanks):
        text, told = self._text(key), say(self, key, **blanks)
        heard.append((key, {name: value for name, value in blanks.items() if f"{{{name}}}" in text}, told))
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Words, "__call__", said)
        patch.setattr(Picture, "svg", lambda self, height, alt_text: "<svg xmlns='http://www.w3.org/2000/svg'/>")
        yield heard


def seen(study, data) -> Seen:
    """The page and the sheet for the meeting in both languages, and the card of one study."""
    measurement = gsl.measure(study, data)
    verdict = gsl.judge(measurement)
    texts, tables, bins = [], [], []
    for lang in ("nl", "en"):
        with overhearing() as heard, _watching(bins):
            page = gsl.report(measurement, verdict, lang=lang)
            sheet = gsl.conversation(measurement, verdict, lang=lang)
        whole = "\n".join((*_texts(asdict(page)), *_texts(asdict(sheet))))
        texts += [
            (key, {name: number(value) for name, value in blanks.items()})
            for key, blanks, told in heard
            if told in whole
        ]
        tables += list(_tables(page.blocks))
    return Seen(study, data, measurement, texts, tables, gsl.evidence(measurement, verdict).to_json(), bins)


@contextmanager
def _watching(bins: list) -> Iterator[None]:
    """The distributions that are drawn: they stand in a picture, not in its table."""
    class_means, growth = charts.class_means, charts.growth

    def of_classes(shapes, **more):
        bins.extend(
            (int(NUMBER.search(s.label)[0]), s.arm, s.bins) for s in shapes if s.bins and NUMBER.search(s.label)
        )
        return class_means(shapes, **more)

    def of_growth(pre, post, *more, **others):
        bins.extend((None, when, found) for when, found in (("pre", pre), ("post", post)) if found)
        return growth(pre, post, *more, **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "class_means", of_classes)
        patch.setattr(charts, "growth", of_growth)
        yield


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from _texts(tuple(value.values()))
        case list() | tuple():
            for one in value:
                yield from _texts(one)


def _tables(blocks) -> Iterator[Table]:
    for block in blocks:
        match block:
            case Table():
                yield block
            case Chart(table=table):
                yield table
            case Fold(blocks=inner):
                yield from _tables(inner)


TREATED = ("nieuwe aanpak", "new approach", "met de nieuwe aanpak", "with the new approach")
"""What the arm with the approach is called in a table."""
NUMBER = re.compile("[-\N{MINUS SIGN}+]?\\d[\\d\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}]*(?:[.,]\\d+)?")


def number(text):
    """A blank that is a number, also "1,4 punten"; else what it was."""
    if not isinstance(text, str) or not (found := NUMBER.match(text)):
        return text
    plain = re.sub("[\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}+]", "", found[0]).replace("\N{MINUS SIGN}", "-")
    return float(plain.replace(",", "."))


def arm_of(one: Seen) -> list[str]:
    """The arm of every pupil."""
    frame = one.data.frame
    return (
        ["treated" if side else "control" for side in frame["treated"]]
        if "treated" in frame
        else ["single"] * len(frame)
    )


def scores_by_moment(one: Seen) -> np.ndarray:
    """(N, W) of the first outcome, in raw points."""
    name, frame = one.measurement.primary.outcome.name, one.data.frame
    return np.stack([frame[f"{name}.{at}"].to_numpy() for at in occasions(len(one.data.waves))], axis=1)


# counts

LOST = ("no_pre", "no_post", "neither")
STATUS = ("complete", *LOST, "left_out")
"""Left out is who made both tests in a class that does not count."""
PLACES = ("worst", "below", "reached", "best")
MOVES = ("lower", "higher", "neither")


@dataclass(frozen=True)
class Kind:
    """All pupils of an arm that are alike in every attribute."""

    arm: str
    status: str
    place: str | None = None
    before: bool | None = None
    moved: str | None = None
    label: str | None = None
    second: bool | None = None


ATTRIBUTES = ("status", "place", "before", "moved", "label", "second")


def pupils(one: Seen) -> dict[Kind, int]:
    """How many there truly are of every kind. Only for tests: she does not see it."""
    return Counter(kinds_of(one))


def kinds_of(one: Seen) -> Iterator[Kind]:
    """The kind of every pupil, in the order of the data."""
    study, frame, outcome = one.study, one.data.frame, one.measurement.primary.outcome
    post, sign = frame[f"{outcome.name}.post"].to_numpy(), outcome.sign
    pre = frame[f"{outcome.name}.pre"].to_numpy() if outcome.pre else np.zeros(len(post))
    treated = frame["treated"].to_numpy() if "treated" in frame else None
    counted = np.isin(frame["cluster"].to_numpy(), [item.unit for item in one.measurement.primary.classes])
    moved = moves(outcome, pre, post, counted & (True if treated is None else treated))
    goal = getattr(outcome, "goal_at", None) if outcome.goal and not isinstance(outcome.goal, GainGoal) else None
    worst, best = (outcome.scale_post or (-np.inf, np.inf))[::sign]
    column = study.subgroups[0].column if study.subgroups else None
    labels = frame[f"subgroup.{column}"].to_numpy() if column else [None] * len(post)
    second = _second(one)
    for n in range(len(post)):
        status = STATUS[2 * bool(np.isnan(post[n])) + bool(np.isnan(pre[n]))]
        status = "left_out" if status == "complete" and not counted[n] else status
        place = before = change = None
        if status in ("complete", "no_pre", "left_out"):
            reached = goal is not None and sign * post[n] >= sign * goal
            place = "best" if post[n] == best else "worst" if post[n] == worst else "reached" if reached else "below"
        if status == "complete" and outcome.gain_defined:
            before = bool(sign * pre[n] >= sign * goal) if goal is not None else None
            change = None if moved is None else moved[n]
        arm = "single" if treated is None else "treated" if treated[n] else "control"
        label = labels[n] if status == "complete" else None
        yield Kind(arm, status, place, before, change, label, None if second is None else bool(second[n]))


def moves(outcome, pre, post, chosen):
    from gsl_research.estimate import NotEstimated
    from gsl_research.methods.reliable_change import marks_beside_before

    if not outcome.gain_defined:
        return None
    here = ~np.isnan(pre) & ~np.isnan(post) & chosen
    scale = outcome.scale_post and tuple(sorted(outcome.sign * end for end in outcome.scale_post))
    marks = marks_beside_before(outcome.sign * pre[here], outcome.sign * post[here], outcome.reliability, scale=scale)
    if isinstance(marks, NotEstimated):
        return None
    told = np.full(len(pre), None, dtype=object)
    told[here] = np.where(marks.lower, "lower", np.where(marks.higher, "higher", "neither"))
    return told


def _second(one: Seen):
    if len(one.measurement.results) < 2:
        return None
    outcome, frame = one.measurement.results[1].outcome, one.data.frame
    made = frame[f"{outcome.name}.post"].notna()
    counted = frame["cluster"].isin([item.unit for item in one.measurement.results[1].classes])
    return (counted & made & (frame[f"{outcome.name}.pre"].notna() if outcome.pre else True)).to_numpy()


def every_kind(arms, truth: dict[Kind, int]) -> list[Kind]:
    """All kinds that could be: of every attribute what pupils of some kind have."""
    could = {name: sorted({getattr(kind, name) for kind in truth} - {None}, key=str) or [None] for name in ATTRIBUTES}
    could["place"] = list(PLACES) if could["place"] != [None] else [None]
    could["moved"] = list(MOVES) if could["moved"] != [None] else [None]
    could["before"] = [True, False] if could["before"] != [None] else [None]
    could["second"] = [True, False] if could["second"] != [None] else [None]
    kinds = []
    for arm, second in itertools.product(arms, could["second"]):
        moves = could["moved"] if arm != "control" else [None]
        kinds += [
            Kind(arm, "complete", place, before, moved, label, second)
            for place, before, moved, label in itertools.product(could["place"], could["before"], moves, could["label"])
        ]
        with_post = itertools.product(("no_pre", "left_out"), could["place"])
        kinds += [Kind(arm, status, place, second=second) for status, place in with_post]
        kinds += [Kind(arm, status, second=second) for status in ("no_post", "neither")]
    return kinds


class Counting:
    """The statements on counts of pupils."""

    def __init__(
        self,
        one: Seen,
        truth: dict[Kind, int],
        known: Unknown | None = None,
        view: Callable[[object], Kind | None] = lambda name: name,
    ):
        """``known`` may hold what another page told already; ``view`` says which kind a name of it is on this page."""
        self.view = view
        self.one, self.primary = one, one.measurement.primary
        self.arms = list(self.primary.arms)
        self.own = "treated" if "treated" in self.arms else "single"
        self.known = Unknown(every_kind(self.arms, truth)) if known is None else known
        whole = self.primary.arms[self.own]
        self.statuses = ("complete", "no_pre", "left_out") if whole.with_post > whole.pupils else ("complete",)
        for key, blanks in dict.fromkeys((key, tuple(blanks.items())) for key, blanks in one.texts):
            if key in TOLD:
                TOLD[key](self, f"page: {key}", dict(blanks))
        self._card()

    def say(self, said: str, low: float, high: float | None = None, **chosen) -> None:
        self.known.know(said, self.weights(**chosen), low, high)

    def weights(self, **chosen) -> np.ndarray:
        def fits(name) -> bool:
            kind = self.view(name)
            return kind is not None and all(
                getattr(kind, name) in wanted if isinstance(wanted, tuple) else getattr(kind, name) == wanted
                for name, wanted in chosen.items()
            )

        return self.known.weights(fits)

    def part(self, said: str, count: float, of: float, low=0.0, high=None, **chosen) -> None:
        """A count of the pupils with a score afterwards, and how many these are."""
        self.say(f"{said} of", of, arm=self.own, status=self.statuses)
        self.say(
            said, count + low, None if high is None else count + high, arm=self.own, status=self.statuses, **chosen
        )

    def _card(self) -> None:
        card = self.one.card
        if card["data"]["pupils"] is not None:
            self.say("card: pupils", card["data"]["pupils"])
        for status, count in card["data"]["dropped"].items():
            if count is not None:
                self.say(f"card: {status}", count, status=status)
        first, *others = [result.outcome.name for result in self.one.measurement.results]
        for entry in card["estimates"]:
            for name, count in entry["n"].items():
                if not name.startswith("pupils") or count is None or entry["subgroup"] is not None:
                    continue
                arm = name.removeprefix("pupils").lstrip("_")
                side = {"arm": arm} if arm in self.arms else {}
                if entry["outcome"] == first:
                    self.say(f"card: {name}", count, status="complete", **side)
                elif others and entry["outcome"] == others[0]:
                    self.say(f"card: {name} of the second", count, second=True, **side)
        checks = {(check["outcome"], check["code"]): check["value"] for check in card["checks"]}
        if (share := checks.get((first, "attrition"))) is not None:
            self._share("card: attrition", share, {"status": LOST}, {})
        for code, place in (("ceiling", "best"), ("floor", "worst")):
            if (share := checks.get((first, code))) is not None:
                whole = {"arm": self.own, "status": self.statuses}
                self._share(f"card: {code}", share, whole | {"place": place}, whole)
        self._flags({(check["outcome"], check["code"]): check["flag"] for check in card["checks"]}, first)
        self._answer()
        self._rating()
        for entry in card["missing"]:
            for name in ("started", "kept"):
                for arm, count in entry[name].items():
                    if count is not None and entry["outcome"] == first:
                        status = ("complete", "left_out") if name == "kept" else STATUS
                        self.say(f"card: {name} {arm}", count, arm=arm, status=status)

    def _flags(self, flags: dict, first: str) -> None:
        """That a share lies beyond a limit, or does not."""
        whole = {"arm": self.own, "status": self.statuses}
        for code, place in (("ceiling", "best"), ("floor", "worst")):
            if (flag := flags.get((first, code))) is not None:
                self._beyond(f"card: {code} flag", flag, EXTREME_SHARE, whole | {"place": place}, whole)
        if (flag := flags.get((first, "attrition"))) is not None:
            self._beyond("card: attrition flag", flag, ATTRITION_FLAG, {"status": LOST}, {})

    def _beyond(self, said: str, beyond: bool, limit: float, part: dict, whole: dict) -> None:
        off = self.weights(**part) - limit * self.weights(**whole)
        self.known.know(said, off, *((0.0, np.inf) if beyond else (-np.inf, 0.0)))

    def _answer(self) -> None:
        """Whether the goal was reached is a statement on how many reached it."""
        answer, goal = self.one.card["verdict"]["questions"]["goal"], self.primary.outcome.goal
        if answer not in ("reached", "not_reached") or not isinstance(goal, ReachGoal):
            return
        whole = {"arm": self.own, "status": self.statuses}
        arm = self.primary.arms[self.own]
        aimed = np.ceil(goal.share * arm.with_post - 1e-9)
        ends = (aimed, np.inf) if answer == "reached" else (-np.inf, aimed - 1)
        self.known.know(f"card: {answer}", self.weights(**whole, place=REACHED), *ends)

    def _rating(self) -> None:
        """A cap of attrition says between which limits its share and its gap lie; where there is none, that it is no
        lower than the lowest. The gap as a line, of as many as all else that is told allows to be lost."""
        primary, arms = self.primary, self.primary.arms
        if primary.check("classes_lost").value > 0 or primary.steps is not None:
            return
        caps = {cap["criterion"]: cap["cap"] for cap in self.one.card["security"]["caps"]}
        low, high = caps.get("attrition", min(caps.values())), caps.get("attrition", 5)
        limits = {cap: limit for limit, cap in ATTRITION_CAPS}
        gone, every = self.weights(status=LOST), self.weights()
        if np.isfinite(limits[low]):
            self.known.know("rating: attrition", gone - limits[low] * every, -np.inf, 0.0)
        if high < 5 and len(arms) == 1:
            self.known.know("rating: attrition", gone - limits[high + 1] * every, 0.0, np.inf)
        if len(arms) == 2 and low > 2:
            limit = dict((cap, limit) for limit, cap in ATTRITION_GAP_CAPS)[low]
            counted = primary.missing.kept if primary.missing else {name: arm.pupils for name, arm in arms.items()}
            kept, few = list(counted.values()), int(min(self.known.ends(gone)[1], 99) + 1e-6)
            ratio = kept[0] / kept[1]
            could = [
                first - ratio * second
                for first in range(few + 1)
                for second in range(few + 1 - first)
                if abs(first / (kept[0] + first) - second / (kept[1] + second)) <= limit + 1e-12
            ]
            by_arm = [self.weights(status=LOST, arm=name) for name in arms]
            self.known.know("rating: gap", by_arm[0] - ratio * by_arm[1], min(could), max(could))

    def _share(self, said: str, share: float, part: dict, whole: dict) -> None:
        of, in_all = self.weights(**part), self.weights(**whole)
        self.known.know(said, of - (share + CARD) * in_all, -np.inf, 0.0)
        self.known.know(said, of - (share - CARD) * in_all, 0.0, np.inf)


def _changed(way: str) -> dict:
    def exact(by, said, blanks):
        by.say(said, blanks["count"], arm=by.own, moved=way)
        by.say(f"{said} of", blanks["pupils"], arm=by.own, status="complete")

    def few(by, said, blanks):
        by.say(said, 0.0, blanks["few"], arm=by.own, moved=way)
        by.say(f"{said} of", blanks["pupils"], arm=by.own, status="complete")

    def nearly_all(by, said, blanks):
        by.say(said, blanks["pupils"] - blanks["few"], blanks["pupils"], arm=by.own, moved=way)

    keys = {"exact": exact, "few": few, "nearly_all": nearly_all}
    return {f"verdict.everyone.{way}_{kind}": statement for kind, statement in keys.items()}


def _basis(by: Counting, said: str, blanks: dict) -> None:
    """Of whom it is said stands in the sentence around it: only numbers that are those of an outcome are used."""
    results = by.one.measurement.results
    for place, result in enumerate(results[:2]):
        if blanks["pupils"] == sum(arm.pupils for arm in result.arms.values()):
            by.say(said, blanks["pupils"], **({"status": "complete"} if place == 0 else {"second": True}))
            return


def _single(by: Counting, said: str, blanks: dict) -> None:
    if "count" in blanks:
        _basis(by, said, {"pupils": blanks["count"]})


def _missed(by: Counting, said: str, blanks: dict) -> None:
    """Who missed a test of an outcome, by its label."""
    results = by.one.measurement.results
    at = next(at for at, result in enumerate(results) if result.outcome.label == blanks["label"])
    if at > 1 or (at and (results[1].left_out or results[1].check("classes_lost").value)):
        return
    lost = (1, blanks["least"] - 1) if "least" in blanks else (blanks.get("lost", 0.0),) * 2
    by.say(said, *lost, **({"status": LOST} if at == 0 else {"second": False}))
    if "rows" in blanks:
        by.say(said, blanks["rows"])


REACHED = ("reached", "best")
TOLD: dict[str, Callable[[Counting, str, dict], None]] = {
    "locale.basis": _basis,
    "report.method.missing_some": lambda by, said, of: (
        by.say(said, of["rows"]),
        by.say(said, of["lost"], status=LOST),
    ),
    "report.method.missing_none": lambda by, said, of: (
        by.say(said, of["rows"]),
        by.say(said, 0.0, status=LOST),
    ),
    "report.method.missing_few": lambda by, said, of: by.say(said, 1, of["least"] - 1, status=LOST),
    "report.missing.of_none": _missed,
    "report.missing.of_some": _missed,
    "report.missing.of_few": _missed,
    "report.missing.arms": lambda by, said, of: [
        by.say(said, of[f"lost_{arm}"], arm=arm, status=LOST) for arm in by.arms
    ],
    "report.facts.divided": lambda by, said, of: [by.say(said, of[arm], arm=arm, status="complete") for arm in by.arms],
    "report.conduct.divided": lambda by, said, of: [
        by.say(said, of[arm], arm=arm, status="complete") for arm in by.arms
    ],
    "verdict.goal.exact": lambda by, said, of: by.part(said, of["reached"], of["pupils"], place=REACHED),
    "verdict.goal.few": lambda by, said, of: by.part(said, 0.0, of["pupils"], 0, of["least"] - 1, place=REACHED),
    "verdict.goal.nearly_all": lambda by, said, of: by.part(
        said, of["pupils"], of["pupils"], 1 - of["least"], 0, place=REACHED
    ),
    "verdict.goal.exact_before": lambda by, said, of: by.say(said, of["before"], arm=by.own, before=True),
    "verdict.everyone.ceiling": lambda by, said, of: by.say(
        said, of["pupils"], arm=by.own, status=by.statuses, place="best"
    ),
    "verdict.everyone.floor": lambda by, said, of: by.say(
        said, of["pupils"], arm=by.own, status=by.statuses, place="worst"
    ),
    **_changed("lower"),
    **_changed("higher"),
}
"""What a text of the page says of counts, by its key."""

ATTACKED = {
    "attacker_levels": (
        "goals.few", "goals.nearly_all", "order.certain.both", "order.certain.both_end", "order.certain.single",
        "order.certain.single_end", "share.certain.both", "share.certain.both_end", "share.certain.single",
        "share.certain.single_end", "share.facts.passed", "share.facts.passed_single",
    ),
    "attacker_waves": ("locale.basis_others",),
}  # fmt: skip
"""Counts of pupils at levels, of goals and at several moments: another program uses them."""

GUARDED = {
    "report.facts.reached": "told again in the sentence on the goal, in share.certain or in a row of a picture",
    "report.dose.unknown_some": "a pupil without a dose is alike in all else that is told; eight or more, test_dosage",
    "report.dose.unknown_few": "a pupil without a dose is alike in all else that is told; 1 to 7, test_dosage",
    "locale.pupils": "told inside a basis",
}
"""Counts of pupils that she does not use, and why not."""

NO_COUNT = (
    # numbers of classes, or of one class
    "report.facts.classes", "report.facts.more_units", "report.facts.one_unit", "report.facts.waited",
    "report.unit.numbered", "report.unit.first_numbered", "report.conduct.sides", "charts.class_means.hidden_other",
    "charts.class_means.span", "problems.coarser_cluster.mend", "problems.coarser_cluster.says",
    "verdict.ONE_CLASS_borrowed_row", "verdict.missing.class_lost", "verdict.missing.classes_lost",
    "verdict.missing.class_lost_within", "verdict.missing.classes_lost_within", "verdict.sites_left_out",
    "verdict.ahead.halved_together",
    # of moments and steps, or the names of moments
    "report.facts.steps", "report.method.since_first", "report.method.since_one", "report.method.since_more",
    "charts.over_time.item", "charts.turns.item", "report.certain.both_waves", "report.certain.pair_waves",
    "report.certain.single_waves", "report.certain.single_others", "report.certain.steps", "report.certain.steps_end",
    "report.facts.end_steps", "report.facts.gain_steps", "verdict.fuller_wave",
    "verdict.CANNOT_capped_alike", "verdict.CANNOT_between",
    "verdict.DECLINE",
    "verdict.GROWTH", "verdict.GROWTH_UNCLEAR", "verdict.DESCRIBED_gain", "verdict.considered", "verdict.considering",
    "verdict.goal.treated_steps", "verdict.later", "verdict.LEAN_NEG", "verdict.LEAN_POS", "verdict.secondary.grown",
    "verdict.secondary.described",
    # of outcomes, goals and teachers
    "team.heading", "team.kicker", "verdict.primaries", "goals.about", "verdict.side_effects.minutes",
    "verdict.side_effects.minutes_range",
    # of points, doses, shares and limits of a scale
    "charts.dose.item", "charts.growth.bin", "charts.growth.share", "charts.margin", "charts.scale", "locale.point",
    "locale.points", "locale.span", "locale.band", "order.told", "share.told", "report.certain.of",
    "report.dose.effect", "report.dose.means", "report.dose.nothing_known", "report.dose.no_limit",
    "report.dose.slope", "verdict.goal.of_scale", "report.conduct.share", "report.facts.reached_label",
    # of days, minutes, weeks, months and the rating
    "locale.date", "locale.minute", "locale.minutes", "report.hours", "report.months", "verdict.ahead",
    "report.caps.unknown", "report.footer",
    # what chance gives, worked out from the errors of the test
    "verdict.everyone.unchanged_none", "verdict.everyone.unchanged_some",
)  # fmt: skip
"""Whole numbers that count no pupils: keys, or what a key begins with."""


ELSEWHERE = ("problems.", "report.describe.", "locale.listing_")
"""Told at home only, but for warnings on the method; and lists, whose parts are texts of their own."""


def decided(key: str) -> bool:
    """Whether somebody decided what a whole number in this text is."""
    if key.startswith(ELSEWHERE):
        return True
    return (
        key in TOLD
        or key in GUARDED
        or any(key in keys for keys in ATTACKED.values())
        or any(key == one or key.startswith((f"{one}.", f"{one}_")) for one in NO_COUNT)
    )


def solved_counts(one: Seen) -> list[str]:
    """Every small count that she knows too well."""
    truth = pupils(one)
    by = Counting(one, truth)
    _true_of(by, truth)
    found = []
    real = np.array([float(truth.get(kind, 0)) for kind in by.known.names])
    of_all = ({"status": LOST}, *({"arm": arm, "status": LOST} for arm in by.arms))
    for wanted in (*of_all, *marginals(truth)):
        weights = by.weights(**wanted)
        count = round(weights @ real)
        if count in SMALL and not by.known.is_open(weights, OPEN):
            found.append(f"{wanted}: {count}, known as {by.known.ends(weights)}")
    return found


def _true_of(by: Counting, truth: dict[Kind, int]) -> None:
    """What is told must be true of the pupils there are: else the statements are wrong, not the page."""
    real = np.array([float(truth.get(kind, 0)) for kind in by.known.names])
    assert real.sum() == sum(truth.values())
    for said, row, low, high in zip(by.known.said, by.known.rows, by.known.lows, by.known.highs, strict=True):
        assert low - 1e-9 <= row @ real <= high + 1e-9, f"{said}: {row @ real} not in {low} to {high}"


def marginals(truth: dict[Kind, int]) -> Iterator[dict]:
    values = {name: sorted({getattr(kind, name) for kind in truth} - {None}, key=str) for name in ATTRIBUTES}
    for arm in sorted({kind.arm for kind in truth}):
        for names in itertools.chain(((name,) for name in ATTRIBUTES), itertools.combinations(ATTRIBUTES, 2)):
            for of in itertools.product(*(values[name] for name in names)):
                yield {"arm": arm} | dict(zip(names, of, strict=True))


# means


def solved_means(one: Seen) -> list[str]:
    """Every mean of fewer than ten pupils of a class, or of all such classes of an arm, that she knows too well."""
    found = []
    for result in one.measurement.results:
        if result.waves is None and (result.steps is None or result.steps.two) and result.sd:
            for what in ("pre", "post", "adjusted", "gain"):
                found += [f"{result.outcome.name} {what}: {line}" for line in _of_means(one, result, what)]
    return found


def _of_means(one: Seen, result, what: str) -> Iterator[str]:
    classes = result.classes
    if len(classes) > result.units or all(item.pupils >= 10 for item in classes):
        return
    if what in ("pre", "gain") and any(item.mean_pre is None for item in classes):
        return
    known = _means_told(one, result, what)
    sizes, near = np.array([item.pupils for item in classes], dtype=float), result.sd / 10**0.5
    small = sizes < 10
    cells = [np.eye(len(classes))[place] for place in np.flatnonzero(small)]
    for arm in arms_of(result).values():
        together = sizes * small * arm
        if 0 < together.sum() < 10:
            cells.append(together / together.sum())
    for cell in cells:
        if not known.is_open(cell, 2 * near - 1e-6):
            low, high = known.ends(cell)
            yield f"{cell.round(2)} known as {low:.2f} to {high:.2f}, SD/√10 is {near:.2f}; {known.said}"


def arms_of(result) -> dict[str, np.ndarray]:
    sides = {"single": None} if "single" in result.arms else {"treated": True, "control": False}
    return {name: np.array([float(item.treated is side) for item in result.classes]) for name, side in sides.items()}


def _truth(result, what: str) -> np.ndarray:
    post = [item.mean if item.mean_post is None else item.mean_post for item in result.classes]
    pre = [item.mean_pre or 0.0 for item in result.classes]
    return np.array({
        "post": post, "pre": pre, "adjusted": [item.mean for item in result.classes],
        "gain": [b - a for a, b in zip(pre, post, strict=True)],
    }[what])  # fmt: skip


def _means_told(one: Seen, result, what: str) -> Unknown:
    """The statements on one kind of mean, of every class. Around the truth: only how exact they are counts."""
    classes, truth, arms = result.classes, _truth(result, what), arms_of(result)
    sizes = np.array([item.pupils for item in classes], dtype=float)
    known = Unknown(list(range(len(classes))), least=-FAR)

    def tell(said: str, weights: np.ndarray, to: float) -> None:
        known.know(said, weights, float(weights @ truth) - to, float(weights @ truth) + to)

    first = result is one.measurement.primary
    for said, name, to in arm_means(one, result, what) if first else ():
        tell(f"{said} {name}", sizes * arms[name] / (sizes @ arms[name]), to)
    start = next((c for c in one.card["checks"] if c["code"] == "baseline_g"), None)
    if first and what == "pre" and start is not None and start["value"] is not None and len(arms) > 1:
        treated, control = (arm / arm.sum() for arm in arms.values())
        tell("start", treated - control, CARD * result.sd)
    if first:
        for place, to in drawn(one, classes, what):
            tell(f"class {place} drawn", np.eye(len(classes))[place], to)
    here = [entry for entry in one.card["estimates"] if entry["outcome"] == result.outcome.name]
    main = next(
        (e for e in here if e["subgroup"] is None and e["metric"] == "points" and e["status"] != "beside"), None
    )
    if main is not None and not (what != "gain" and "single" in arms):
        by_class = [arm / arm.sum() for arm in arms.values()]
        value_to, error_to = _ends_of(main)
        tell("difference", by_class[0] - by_class[1] if len(by_class) > 1 else by_class[0], value_to)
        if main["se"] is not None and (
            what == "adjusted"
            or what == "gain"
            and ("single" in arms or any(e["estimator"] == "gain_difference" for e in here))
        ):
            off = truth - sum(arm * (truth @ arm) / arm.sum() for arm in arms.values())
            if (length := np.linalg.norm(off)) > 0:
                tell("error", off / length, error_to * max(main["df"] or 1.0, 1.0) ** 0.5)
        if any(entry["estimator"] in PUPIL_WEIGHTED for entry in here):
            by_pupil = [sizes * arm / (sizes @ arm) for arm in arms.values()]
            tell("pupils count", by_pupil[0] - by_pupil[1], CARD)
    return known


def _ends_of(entry: dict) -> tuple[float, float]:
    """How far off a difference and its standard error are known: beside both stand the limits of an interval, whose
    middle is the one, and whose width is the other times a t that follows from the degrees of freedom."""
    if entry["low"] is None or entry["se"] is None or not entry["df"]:
        return CARD, CARD
    t = student.ppf(0.5 + entry["level"] / 2, entry["df"])
    middle, wide = (entry["low"] + entry["high"]) / 2, (entry["high"] - entry["low"]) / 2 / t
    apart = min(abs(entry["value"] - middle), CARD), min(abs(entry["se"] - wide), CARD)
    return CARD - apart[0] / 2, min(CARD, CARD / t, (CARD + CARD / t - apart[1]) / 2)


PUPIL_WEIGHTED = ("cluster_robust", "random_intercept")
"""Estimators with a weight of their own for every class: she takes it for that of its pupils."""
OF_MEANS = {
    "report.certain.both": {"treated": ("pre", "post"), "control": ("pre_control", "post_control")},
    "report.certain.both_end": {"treated": ("", "post"), "control": ("", "post_control")},
    "report.certain.steps": {"treated": ("pre", "post"), "control": ("pre_control", "post_control")},
    "report.certain.steps_end": {"treated": ("", "post"), "control": ("", "post_control")},
    "report.certain.single": {"single": ("pre", "post")},
    "report.facts.gain": {"treated": ("pre", "post")},
    "report.facts.gain_single": {"single": ("pre", "post")},
    "report.facts.gain_steps": {"treated": ("pre", "post")},
    "verdict.goal.gain": {"treated": ("pre", "post")},
    "verdict.goal.gain_back": {"treated": ("pre", "post")},
    "verdict.DESCRIBED_end": {"single": ("", "post")},
}
"""Texts with the mean of an arm: its blanks before and afterwards."""


def arm_means(one: Seen, result, what: str) -> Iterator[tuple[str, str, float]]:
    scale = result.outcome.scale_post
    fine = ROUNDED if scale and scale[1] - scale[0] >= 15 else ROUNDED / 10
    for key, blanks in one.texts:
        for arm, (pre, post) in OF_MEANS.get(key, {}).items():
            name = arm if arm in result.arms else "single"
            if what in ("post", "adjusted") and isinstance(blanks.get(post), float):
                yield key, name, ROUNDED
            if what == "pre" and isinstance(blanks.get(pre), float):
                yield key, name, ROUNDED
            if what == "gain" and isinstance(blanks.get(pre), float):
                yield key, name, fine
    for table in one.tables:
        if what in ("pre", "post") and any(row[1:2] == ("gemiddelde",) for row in table.rows):
            yield "growth drawn", "single", ROUNDED


def drawn(one: Seen, classes, what: str) -> Iterator[tuple[int, float]]:
    """Classes with a number of their own in a table, class by class."""
    places = {(item.number, item.treated is not False): place for place, item in enumerate(classes)}
    for table in one.tables:
        if not table.rows or len(table.header) != 4 or table.header[0] not in ("Klas", "Class"):
            continue
        of_growth = table.header[2] in ("Vooraf", "Before")
        if of_growth != (what in ("pre", "post", "gain")) and not (what == "post" and classes[0].mean_post is None):
            continue
        for row in table.rows:
            label = NUMBER.search(row[0])
            told = row[2 if what == "pre" else 3]
            if label and isinstance(number(told), float):
                yield places[int(label[0]), row[1] in TREATED], 2 * ROUNDED if what == "gain" else ROUNDED

"""The fold on how schools were put together: the numbers, other ways to them, and how they grew."""

from __future__ import annotations

from collections.abc import Iterator

from .blocks import Block, Fold, Table, Text
from .estimate import Interval
from .methods.student import t_interval
from .over_schools import Overview
from .synthesis import Pooled

BESIDE = {"network_t": "network_t", "random_effects": "random_effects", "one_stage": "one_stage"}
DECIMALS = 2


def method(told: Overview) -> Fold:
    w, lead = told.words, told.synthesis.leading
    blocks: list[Block] = []
    if lead is not None:
        way = {"one_per_school": "pooled", "several_per_school": "several", "network": "network"}[lead.way]
        blocks.append(Text(w(f"summary.method.{way}", df=w.number(lead.mean.df, 0 if lead.mean.df % 1 == 0 else 1))))
        origin = "chosen" if told.shown.margin_chosen else "rule"
        blocks.append(
            Text(w("summary.method.why_margin", margin=told.margin(), origin=w(f"summary.method.origin_{origin}")))
        )
        header = (w("summary.method.what"), w("summary.method.value"))
        blocks.append(Table(w("summary.method.caption"), header, tuple(_figures(told, lead))))
        if lead.growing:
            header = tuple(w(f"summary.method.growing_{name}") for name in ("school", "mean", "range"))
            rows = tuple(
                (told.school(one.school), _number(told, one.value), _span(told, one.interval)) for one in lead.growing
            )
            blocks.append(Table(w("summary.method.growing"), header, rows))
    if not told.synthesis.belonging.coded:
        blocks.append(Text(w("summary.method.no_code")))
    return Fold(w("summary.heading.method"), tuple(blocks))


def _figures(told: Overview, lead: Pooled) -> Iterator[tuple[str, str]]:
    w = told.words

    def what(name: str) -> str:
        return w(f"summary.method.{name}")

    def both(value: float, interval: Interval | None) -> str:
        return _number(told, value) if interval is None else f"{_number(told, value)} ({_span(told, interval)})"

    yield what("mean"), both(lead.mean.value, lead.mean.interval)
    if (points := told.synthesis.points) is not None:
        yield what("mean_points"), both(points.mean.value, points.mean.interval)
    if lead.spread is not None:
        yield what("tau"), both(lead.spread.tau, lead.spread.interval)
        yield what("i2"), _number(told, lead.spread.i2)
    if lead.following is not None:
        yield what("following"), _span(told, lead.following)
    if lead.plainly is not None:
        yield what("plainly"), _span(told, lead.plainly)
    for pooled in filter(None, (lead, points)):
        for one in pooled.beside:
            if pooled is lead or one.estimator == "one_stage":
                yield what(BESIDE[one.estimator]), both(one.value, one.interval)
    if told.synthesis.g is not None and told.synthesis.network is not None:
        alone = told.synthesis.network.mean
        yield what("network_alone"), both(alone.value, alone.interval)
    if lead.without:
        values = [one.value for one in lead.without]
        yield what("without"), _span(told, Interval(min(values), max(values)))
    if lead.small is not None:
        yield what("small"), both(lead.small.value, t_interval(lead.small.value, lead.small.se, lead.small.df))


def _number(told: Overview, value: float) -> str:
    return told.words.number(value, DECIMALS)


def _span(told: Overview, interval: Interval) -> str:
    return told.words("summary.method.from_to", low=_number(told, interval.low), high=_number(told, interval.high))

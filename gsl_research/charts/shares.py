"""How many of the pupils are there, before and after: a row for each level, goal or arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..blocks import Chart, Table
from ..wording import Words
from .ground import COLOURS, MARKERS, NARROW, WIDE, Arm, arm_name, with_axis
from .picture import HAIR, SOFT, Canvas, Picture


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One row, safe to share: percentages, or ``None`` where nothing may be drawn; ``told`` says it in words."""

    label: str
    arm: Arm
    before: float | None
    after: float | None
    told: tuple[str, str]
    """Before and after as the table gives them; before is "" where nothing was measured before."""


def shares(rows: Sequence[ShareRow], *, kind: str, words: Words) -> Chart:
    """The share of the pupils before (open) and after (full), arm by arm. ``kind`` is "goals", "order" or "share":
    what a row is."""
    arms = [arm for arm in COLOURS if any(row.arm == arm for row in rows)]
    paired = any(row.told[0] for row in rows)
    said = [_said(row, arms, words) for row in rows]
    alt_text = words(f"charts.shares.alt_{kind}", rows=" ".join(said))

    def draw(canvas: Canvas) -> str:
        picture = Picture(canvas, (0.0, 100.0), left=10, right=14)
        letters, y, spans = canvas.size + 5, 4.0, []
        for arm in arms:
            if len(arms) > 1 or kind == "share":
                y += 14
                arm_name(picture, arm, y, words)
                y += 4
            for row in (row for row in rows if row.arm == arm):
                lines = [] if kind == "share" else canvas.lines(row.label)
                for line in lines:
                    y += letters
                    picture.text([(picture.at(0), y, line)])
                y += 18
                picture.rule([(0, y, 100, y)], HAIR)
                _ends(picture, row, y)
                spans.append((y - 8, y + 10))
                y += 14
            y += 8
        return with_axis(picture, spans, words("charts.shares.axis"), alt_text, words)

    header = ["what", *(["group"] if len(arms) > 1 else []), *(["before"] if paired else []), "after"]
    return Chart(
        draw(WIDE),
        draw(NARROW),
        alt_text,
        words(f"charts.shares.caption{'' if paired else '_end'}"),
        Table(
            words(f"charts.shares.table_{kind}"),
            tuple(words(f"charts.shares.column_{name}_{kind}" if name == "what" else f"charts.shares.column_{name}")
                  for name in header),
            tuple(_cells(row, header, words) for row in rows),
        ),
    )  # fmt: skip


def _ends(picture: Picture, row: ShareRow, y: float) -> None:
    if row.after is None:
        picture.text([(picture.at(picture.left), y + 4, row.told[1])], SOFT)
        return
    colour, marker = COLOURS[row.arm], MARKERS[row.arm]
    if row.before is not None:
        picture.rule([(row.before, y, row.after, y)], colour, strokeWidth=2.5)
        picture.dots([(row.before, y)], "white", marker, 70, stroke=colour, strokeWidth=1.75)
    picture.dots([(row.after, y)], colour, marker, 90)


def _said(row: ShareRow, arms: Sequence[Arm], words: Words) -> str:
    before, after = row.told
    label = row.label
    if len(arms) > 1:
        label = words("charts.shares.of_arm", label=row.label, arm=words(f"charts.group.{row.arm}"))
    key = "row" if before else "row_end"
    return words(f"charts.shares.{key}", label=label, before=before, after=after)


def _cells(row: ShareRow, header: Sequence[str], words: Words) -> tuple[str, ...]:
    cells = {"what": row.label, "group": words(f"charts.group.{row.arm}"), "before": row.told[0], "after": row.told[1]}
    return tuple(cells[name] for name in header)

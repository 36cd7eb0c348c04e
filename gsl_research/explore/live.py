"""Sliders and buttons around ``explore`` and ``redraw``: what they show is what those give, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from ..dataset import Dataset
from ..problems import Problems
from ..study import Study
from ..wording import Words, words
from .ordinary import DRAWS, MOST_DRAWS, SIDES, ordinary, redraw
from .view import View, code_line, html, plain
from .what_if import code, explore, offer, telling

WIDTH = "700px"
UNSET = 0
"""The value of a control that asks for nothing: a list of choices takes no ``None``. No class, gap or margin is 0."""


class Live:
    """``controls`` by name, the ``view`` they show now, and both in one ``box``.

    The line of code that does the same stands under each control. ``together`` names controls beside another one,
    ``below`` counts those that stand under what is shown.
    """

    def __init__(self, lang: str, controls: dict[str, Any], together: dict[str, tuple[str, ...]], *, below: int = 0):
        import ipywidgets

        self.lang, self.controls, self.view = lang, controls, None
        self.lines = {name: ipywidgets.HTML() for name in controls if name not in sum(together.values(), ())}
        self.screen = ipywidgets.HTML()
        self.show: Callable[[], View] | None = None
        self.code_of: Callable[[str], str] | None = None
        rows = []
        for name in self.lines:
            beside = [controls[name], *(controls[other] for other in together.get(name, ()))]
            control = beside[0] if len(beside) == 1 else ipywidgets.HBox(beside)
            rows.append(ipywidgets.VBox([control, self.lines[name]]))
        above = len(rows) - below
        layout = ipywidgets.Layout(max_width=WIDTH)
        self.box = ipywidgets.VBox([*rows[:above], self.screen, *rows[above:]], layout=layout)
        self._held = False

    @contextmanager
    def held(self):
        """Several controls move as one."""
        self._held, before = True, self._held
        try:
            yield
        finally:
            self._held = before

    def refresh(self, _change: object = None) -> None:
        """Show what the controls ask for. What cannot be measured is said, not raised."""
        if self._held or self.show is None:
            return
        for name, line in self.lines.items():
            line.layout.display = self.controls[name].layout.display
            line.value = code_line(self.code_of(name), self.lang)
        try:
            self.view = self.show()
            self.screen.value = html(self.view)
        except Problems as raised:
            self.view = None
            self.screen.value = plain(words(self.lang).problem_lines(raised.problems), self.lang)

    def _repr_mimebundle_(self, **given: object) -> dict[str, Any]:
        told = words(self.lang)("explore.live.elsewhere")
        return self.box._repr_mimebundle_(**given) | {"text/plain": told, "text/html": plain([told], self.lang)}


def explore_live(study: Study, data: Dataset, *, lang: str = "nl") -> Live:
    """``explore`` with a control for everything that can be changed in this study. Raises what ``measure`` raises."""
    import ipywidgets

    told = telling(study, data, lang)
    w, main = told.words, study.primary.name
    outcomes = {outcome.name: outcome for outcome in study.outcomes}
    left_out = [(w("explore.live.nobody"), UNSET)]
    left_out += [(w.listing([told.unit(one) for one in gone]), gone[0]) for gone in offer(study, data).without]
    controls = {
        "outcome": ipywidgets.Dropdown(options=[(one.label, name) for name, one in outcomes.items()], value=main),
        "without": ipywidgets.Dropdown(options=left_out),
        "usual_gap": _slider(),
        "worthwhile": _slider(),
    }
    for name, control in controls.items():
        _labelled(control, w(f"explore.live.{name}"))
        _shown(control, len(control.options) > 1)
    live = Live(lang, controls, {})

    def fill(_change: object = None) -> None:
        own, offered = outcomes[controls["outcome"].value], offer(study, data, outcome=controls["outcome"].value)
        with live.held():
            _fill(controls["usual_gap"], w, offered.usual_gaps, own.usual_gap)
            _fill(controls["worthwhile"], w, offered.margins, own.smallest_worthwhile)

    def asked() -> dict[str, Any]:
        name, without, gap, margin = (control.value for control in controls.values())
        own = outcomes[name]
        return {
            "outcome": None if name == main else name,
            "without": without or None,
            "usual_gap": None if gap in (UNSET, own.usual_gap) else gap,
            "worthwhile": None if margin in (UNSET, own.smallest_worthwhile) else margin,
        }

    live.show = lambda: explore(study, data, lang=lang, **asked())
    live.code_of = lambda name: code("explore", {key: asked()[key] for key in ("outcome", name)}, lang)
    controls["outcome"].observe(fill, "value")
    return _alive(live, fill)


def redraw_live(study: Study | None = None, data: Dataset | None = None, *, lang: str = "nl") -> Live:
    """``redraw`` with a button: first two ordinary classes, then more on each side. Raises what ``measure`` raises."""
    import ipywidgets

    classes, drawn = ordinary(study, data, lang), [1]
    w = classes.words
    sides = [(w(f"explore.redraw.row{'_one' if side == 1 else ''}", side=side), side) for side in SIDES]
    wide = ipywidgets.Layout(width="auto")
    controls = {
        "again": ipywidgets.Button(description=w("explore.live.again"), button_style="primary", layout=wide),
        "many": ipywidgets.Button(description=w("explore.live.many", draws=DRAWS), layout=wide),
        "restart": ipywidgets.Button(description=w("explore.live.restart"), layout=wide),
        "sides": ipywidgets.Dropdown(options=sides),
        "usual_gap": _slider(),
    }
    for name in ("sides", "usual_gap"):
        _labelled(controls[name], w(f"explore.live.{name}"))
    about = w("explore.live.about", gap=w.points(classes.usual_gap, classes.decimals))
    _fill(controls["usual_gap"], w, classes.gaps, classes.usual_gap if classes.own_gap else None, unset=about)
    live = Live(lang, controls, {"again": ("many", "restart")}, below=1)

    def asked() -> dict[str, Any]:
        gap = controls["usual_gap"].value
        return {
            "usual_gap": None if gap in (UNSET, classes.usual_gap) else gap,
            "draws": None if drawn[0] == DRAWS else drawn[0],
            "sides": None if controls["sides"].value == SIDES[-1] else controls["sides"].value,
        }

    def press(to: Callable[[int], int]) -> Callable[[object], None]:
        def pressed(_button: object) -> None:
            drawn[0] = min(to(drawn[0]), MOST_DRAWS)
            controls["again"].disabled = controls["many"].disabled = drawn[0] == MOST_DRAWS
            live.refresh()

        return pressed

    keys = {"again": "draws", "sides": "sides", "usual_gap": "usual_gap"}
    live.show = lambda: redraw(study, data, lang=lang, **{k: v for k, v in asked().items() if v is not None})
    live.code_of = lambda name: code("redraw", {keys[name]: asked()[keys[name]]}, lang, with_study=study is not None)
    controls["again"].on_click(press(lambda draws: draws + 1))
    controls["many"].on_click(press(lambda draws: draws + DRAWS))
    controls["restart"].on_click(press(lambda draws: 1))
    return _alive(live)


def _alive(live: Live, first: Callable[[], None] | None = None) -> Live:
    if first is not None:
        first()
    for control in live.controls.values():
        if hasattr(control, "value"):
            control.observe(live.refresh, "value")
    live.refresh()
    return live


def _slider() -> Any:
    """Moves along words, so that numbers read as in the language; shown when there is something to choose."""
    from ipywidgets import SelectionSlider

    return SelectionSlider(options=[("", UNSET)], continuous_update=False)


def _fill(slider: Any, w: Words, values: tuple[float, ...], own: float | None, unset: str | None = None) -> None:
    """Put the slider at the study's own value; without one, before the first step: ``unset``, or as in the report."""
    _shown(slider, bool(values))
    first = [] if own is not None and values else [(unset or w("explore.live.unchanged"), UNSET)]
    slider.options = first + [(w("locale.point" if v == 1 else "locale.points", number=w.plain(v)), v) for v in values]
    slider.value = own if own is not None and values else UNSET


def _labelled(control: Any, label: str) -> None:
    control.description, control.layout.width = label, "98%"
    control.style.description_width = "initial"


def _shown(control: Any, shown: bool) -> None:
    control.layout.display = None if shown else "none"

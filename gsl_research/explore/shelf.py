"""The cards of many schools in a notebook: four lists to choose from, and the cards that are left, by date."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ..card_shelf import CHOSEN_BY, ShelfLine, answers, by_date, facts, heading, lead, named
from ..wording import Words, words
from .view import LINE, PAPER, QUIET, plain

EVERYTHING = ""
"""The value of a list that asks for nothing; no answer is empty."""


class Browser:
    """``controls`` by name, the ``chosen`` lines, and both in one ``box``. Without a kernel: every card, as text."""

    def __init__(self, lines: Sequence[ShelfLine], lang: str):
        import ipywidgets

        self.lines, self.words = by_date(lines), words(lang)
        self.controls = {name: self._list(name) for name in CHOSEN_BY}
        self.screen = ipywidgets.HTML()
        layout = ipywidgets.Layout(max_width="700px")
        self.box = ipywidgets.VBox([*self.controls.values(), self.screen], layout=layout)
        for control in self.controls.values():
            control.observe(self.refresh, "value")
        self.refresh()

    @property
    def chosen(self) -> list[ShelfLine]:
        asked = {name: control.value for name, control in self.controls.items() if control.value != EVERYTHING}
        return [
            line for line in self.lines if all(named(line, name, self.words) == said for name, said in asked.items())
        ]

    def refresh(self, _change: object = None) -> None:
        self.screen.value = html(self.chosen, self.words)

    def _list(self, name: str) -> Any:
        """A list with the number of cards behind each answer; hidden where there is nothing to choose."""
        from ipywidgets import Dropdown

        w, found = self.words, answers(self.lines, name, self.words)
        options = [(_told(w("shelf.all"), len(self.lines), w), EVERYTHING)]
        options += [(_told(said, count, w), said) for said, count in found]
        control = Dropdown(options=options, description=w(f"shelf.field.{name}"))
        control.style.description_width, control.layout.width = "initial", "98%"
        control.layout.display = None if len(found) > 1 else "none"
        return control

    def _repr_mimebundle_(self, **given: object) -> dict[str, Any]:
        told = self.words("shelf.browse.elsewhere")
        still = plain([told], self.words.lang) + html(self.lines, self.words)
        return self.box._repr_mimebundle_(**given) | {"text/plain": told, "text/html": still}


def browse(lines: Sequence[ShelfLine], lang: str = "nl") -> Browser:
    """Choose among cards by building block, level of education, domain and firmness. It shows, and saves nothing."""
    return Browser(lines, lang)


def html(lines: Sequence[ShelfLine], w: Words) -> str:
    """Cards for a notebook, in the order given: no script and no style sheet."""
    told = lead(lines, w) if lines else w("shelf.shown.none")
    parts = [f'<p style="{QUIET}"><strong>{escape(told)}</strong></p>', *(_card(line, w) for line in lines)]
    return f'<div lang="{w.tag}" style="{PAPER}">{"".join(parts)}</div>'


def _card(line: ShelfLine, w: Words) -> str:
    title = escape(line.title)
    if line.link:
        title = f'<a href="{escape(line.link)}">{title}</a>'
    under = " · ".join(f"{escape(what)}: {escape(value)}" for what, value in facts(line, w))
    return (
        f'<p style="{LINE};border-top:1px solid #d9d4ca;padding-top:8px"><small>{escape(heading(line, w))}</small><br>'
        f"<strong>{title}</strong><br>{escape(line.question)}</p>"
        f'<p style="{LINE}">{escape(line.said)}</p><p style="{QUIET}"><small>{under}</small></p>'
    )


def _told(said: str, count: int, w: Words) -> str:
    return w("shelf.browse.option", answer=said, count=w.count(count))

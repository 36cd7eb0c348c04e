"""One exploration as it is shown: what it is, what was changed, the sentence, the picture, and the line of code."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape

from ..blocks import Chart, Table
from ..wording import words

PAPER = "max-width:700px;background:#fff;color:#1c232b;padding:8px 16px;line-height:1.5"
LINE = "margin:6px 0"
QUIET = f"{LINE};color:#55595e"


@dataclass(frozen=True, slots=True)
class View:
    """Words in one language and pictures, with no pupil and no class name in them.

    ``changed`` says what differs from the study, ``told`` is what the report would say of that, ``after`` what follows
    from the pictures, and ``reported`` what the report does say where that is something else.
    """

    lang: str
    changed: tuple[str, ...]
    told: tuple[str, ...]
    reported: tuple[str, ...]
    charts: tuple[Chart, ...]
    small: tuple[str, ...]
    code: str
    after: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        return words(self.lang)("explore.notice")

    @property
    def lines(self) -> tuple[str, ...]:
        """Every sentence, in the order in which it is read."""
        report = (words(self.lang)("explore.reported"), *self.reported) if self.reported else ()
        return (self.notice, *self.changed, *self.told, *self.after, *report, *self.small)

    def __str__(self) -> str:
        return "\n".join((*self.lines, self.code))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return html(self)


def html(view: View) -> str:
    """The view for a notebook: no script, no style sheet, and pictures a reader of someone else's notebook sees too."""
    w = words(view.lang)
    parts = [f'<p style="{QUIET}"><strong>{escape(view.notice)}</strong></p>']
    parts += [_line(line) for line in (*view.changed, *view.told)]
    parts += [_figure(chart, w("documents.figures")) for chart in view.charts]
    parts += [_line(line) for line in view.after]
    if view.reported:
        quoted = "".join(map(_line, view.reported))
        parts.append(
            f'<p style="{LINE}"><strong>{escape(w("explore.reported"))}</strong></p><blockquote>{quoted}</blockquote>'
        )
    parts += [f'<p style="{QUIET}"><small>{escape(line)}</small></p>' for line in view.small]
    parts.append(code_line(view.code, view.lang))
    return f'<div lang="{w.tag}" style="{PAPER}">{"".join(parts)}</div>'


def plain(lines: list[str], lang: str) -> str:
    return f'<div lang="{words(lang).tag}" style="{PAPER}">{"".join(map(_line, lines))}</div>'


def _line(text: str) -> str:
    return f'<p style="{LINE}">{escape(text)}</p>'


def code_line(code: str, lang: str) -> str:
    return f'<p style="{QUIET}"><small>{escape(words(lang)("explore.code"))} <code>{escape(code)}</code></small></p>'


def _figure(chart: Chart, summary: str) -> str:
    """The drawing as an image: a notebook that is opened but not trusted drops inline drawings, and keeps images."""
    source = b64encode(chart.wide.encode()).decode()
    image = f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(chart.alt)}" style="max-width:100%">'
    caption = f'<p style="{QUIET}"><small>{escape(chart.caption)}</small></p>'
    return f"{image}{caption}<details><summary>{escape(summary)}</summary>{_table(chart.table)}</details>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in table.rows
    )
    caption = f"<caption>{escape(table.caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

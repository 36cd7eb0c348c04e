"""A page in the system's Chromium, and what is heard from it. Without Chromium: skipped here, a failure in CI."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PHONE, LAPTOP, PAPER = 320, 900, 794
"""Widths in CSS pixels; 320 is that of WCAG 1.4.10, 794 that of A4."""

WIDER = """() => {
  const width = document.documentElement.clientWidth;
  const free = element => !element.closest('.scroll, svg, .unseen');
  const wider = [...document.body.querySelectorAll('*')].filter(free)
    .filter(element => element.getBoundingClientRect().right > width + 1 && element.getClientRects().length);
  return [document.documentElement.scrollWidth > width, wider.map(element => element.outerHTML.slice(0, 80))];
}"""
"""Does the page scroll sideways, and what stands out of it; a table may scroll in its own region."""


def missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@dataclass
class Heard:
    """What a page did beside being a page."""

    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    windows: list[str] = field(default_factory=list)


@contextmanager
def listening(browser, **options) -> Iterator[tuple]:
    """A page and what is heard from it. Nothing it asks for is fetched, files apart."""
    heard = Heard()
    context = browser.new_context(**options)
    context.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page = context.new_page()
    context.on("page", lambda other: heard.windows.append(other.url))
    context.on("request", lambda request: heard.requests.append(request.url))
    page.on("console", lambda message: heard.messages.append(message.text))
    page.on("pageerror", lambda error: heard.messages.append(str(error)))
    page.on("dialog", lambda dialog: (heard.dialogs.append(dialog.message), dialog.dismiss()))
    yield page, heard
    context.close()


@contextmanager
def shown(browser, page_file: Path, width: int, **options) -> Iterator:
    """A page from its file, with every fold open."""
    with listening(browser, viewport={"width": width, "height": 900}, **options) as (page, _):
        page.goto(page_file.as_uri())
        unfold(page)
        yield page


def unfold(page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")

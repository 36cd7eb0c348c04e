"""Pictures of every example report, to be looked at: on a phone, on a laptop, and on paper with every fold open.

python benchmarks/screenshots.py FOLDER [NAME ...]

NAME is a folder of ``reports/example``; all of them when none is given. Needs the system's Chromium; paper also needs
``pdftoppm``, and is left as PDF without it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
REPORTS = PROJECT / "reports" / "example"
SCREENS = {"phone": 320, "laptop": 900}
"""Widths in CSS pixels."""
SHARP = {"phone": 2, "laptop": 1}
TALLEST = 2400
"""Pixels of one picture in CSS; a longer page is cut in pictures of this height."""
PAPER_DOTS = 75
"""Per inch, of a page of paper."""


def pictures(page_file: Path, folder: Path, browser) -> None:
    name = f"{page_file.parent.name}-{page_file.stem}"
    for screen, width in SCREENS.items():
        context = browser.new_context(viewport={"width": width, "height": 900}, device_scale_factor=SHARP[screen])
        page = context.new_page()
        page.goto(page_file.as_uri())
        for state in ("closed", "open"):
            if state == "open":
                page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
            height = page.evaluate("document.documentElement.scrollHeight")
            for part, top in enumerate(range(0, height, TALLEST), start=1):
                page.screenshot(
                    path=folder / f"{name}-{screen}-{state}-{part}.png",
                    full_page=True,
                    clip={"x": 0, "y": top, "width": width, "height": min(TALLEST, height - top)},
                )
        context.close()
    page = browser.new_page()
    page.goto(page_file.as_uri())
    paper = folder / f"{name}-paper.pdf"
    page.pdf(path=paper, prefer_css_page_size=True, print_background=False)
    page.close()
    if shutil.which("pdftoppm"):
        subprocess.run(["pdftoppm", "-png", "-r", str(PAPER_DOTS), paper, paper.with_suffix("")], check=True)


def main(folder: Path, names: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
        for page_file in sorted(REPORTS.glob("*/report*.html")):
            if not names or page_file.parent.name in names:
                pictures(page_file, folder, browser)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])

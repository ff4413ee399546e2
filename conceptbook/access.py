"""A page read by axe in a browser: light on a wide screen and dark on a phone, all folds open."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from .book import Page
from .problems import BookError, Problem

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
# Every theme and width is seen, each once: what is wrong needs one of them, hardly ever both.
VIEWS = (("light", 1440, 900), ("dark", 390, 844))
# Everything is laid open and drawn, also what is far from the screen.
UNFOLD = """() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  document.head.append(Object.assign(document.createElement("style"), {
    textContent: "* { content-visibility: visible !important }",
  }));
}"""
# Code is shown without its colors, which are the book's and not the page's: its thousand words,
# each an element, would take half the time.
UNCOLOR = """() => {
  for (const pre of document.querySelectorAll(".highlight pre")) pre.textContent = pre.textContent;
}"""


def check(page: Page, file: Path) -> list[Problem]:
    """Return what bars some readers from a page, whose HTML is ``file``."""
    try:
        from axe_playwright_python.sync_playwright import Axe
        from chromium import chromium  # tests/chromium.py: one place that finds a browser
    except ModuleNotFoundError as error:
        fix = "start it by `make check`, which installs it"
        raise BookError([Problem("tests/requirements.txt", 1, str(error), fix)]) from None

    def violations(view: tuple[str, int, int]) -> list[dict[str, Any]]:
        scheme, width, height = view
        with chromium() as browser:
            shown = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            shown.goto(file.as_uri(), wait_until="load")
            shown.evaluate(UNFOLD)
            shown.evaluate(UNCOLOR)
            options = {"runOnly": RULES, "resultTypes": ["violations"]}
            return Axe().run(shown, options=options).response["violations"]

    with ThreadPoolExecutor(len(VIEWS)) as pool:  # at once, each in a browser of its own
        found = pool.map(violations, VIEWS)
        return [problem for each in found for problem in problems(page, each)]


def problems(page: Page, violations: list[dict[str, Any]]) -> Iterator[Problem]:
    """Yield axe's violations, a problem for each element, where the page seems to write it."""
    for violation in violations:
        for node in violation["nodes"]:
            message = f"{violation['help']} ({violation['id']}): {node['html'][:120]}"
            fix = f"see {violation['helpUrl'].split('?')[0]}"
            yield Problem(page.path, line(page.text, node["html"]), message, fix)


def line(text: str, html: str) -> int:
    """Return the line of a page's text that holds what an element shows or is marked with.

    Of what HTML came from, nothing is kept; 1 when no line holds any of it.
    """
    element = BeautifulSoup(html, "html.parser").find(True)
    if element is None:
        return 1
    values = [element.get_text(" ", strip=True), *element.attrs.values()]
    rows = text.split("\n")
    for value in values:
        words = " ".join(value) if isinstance(value, list) else value
        if words:
            found = (number for number, row in enumerate(rows, start=1) if words in row)
            first = next(found, None)
            if first:
                return first
    return 1

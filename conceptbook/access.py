"""A page read in a browser: light on a wide screen and dark on a phone, all folds open.

Axe says what bars some readers; the width of the phone and the weight of a first visit are budgets.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from .book import Page
from .problems import BookError, Problem

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
# Every theme and width is seen, each once: what is wrong needs one of them, hardly ever both.
VIEWS = (("light", 1440, 900), ("dark", 375, 700))
FIRST_PAGE_BYTES = 200 * 1024  # compressed, heads of answers included
# The innermost elements that stick out to the right of the screen, but for what scrolls in a box.
WIDER = """() => {
  const screen = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= screen) return [];
  const scrolls = (element) => getComputedStyle(element).overflowX !== "visible";
  const boxed = (element) => {
    for (let box = element.parentElement; box !== document.body; box = box.parentElement)
      if (scrolls(box)) return true;
  };
  const wide = [...document.querySelectorAll("article *")].filter(
    (element) => {
      const { left, right } = element.getBoundingClientRect();
      const end = scrolls(element) ? right : Math.max(right, left + element.scrollWidth);
      return end > screen + 1 && !boxed(element);
    });
  const inner = wide.filter((element) => !wide.some((other) => element.contains(other)
    && element !== other));
  return inner.length ? inner.map((element) => element.outerHTML) : [""];
}"""
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


def check(page: Page, site: Path) -> list[Problem]:
    """Return what bars some readers from a page of a site, and where it is too wide or heavy."""
    try:
        from axe_playwright_python.sync_playwright import Axe
        from chromium import chromium  # tests/chromium.py: one place that finds a browser
        from serving import Line, serve
    except ModuleNotFoundError as error:
        fix = "start it by `make check`, which installs it"
        raise BookError([Problem("tests/requirements.txt", 1, str(error), fix)]) from None

    def visit(view: tuple[str, int, int]) -> tuple[list[Problem], int]:
        scheme, width, height = view
        line = Line()
        with chromium() as browser, serve(site, line) as url:
            shown = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            shown.goto(f"{url}/{page.name}.html", wait_until="networkidle")
            shown.evaluate(UNFOLD)
            too_wide = wider(page, shown.evaluate(WIDER), width)
            shown.evaluate(UNCOLOR)
            options = {"runOnly": RULES, "resultTypes": ["violations"]}
            violations = Axe().run(shown, options=options).response["violations"]
            return [*too_wide, *problems(page, violations)], line.total

    with ThreadPoolExecutor(len(VIEWS)) as pool:  # at once, each in a browser of its own
        found, sizes = zip(*pool.map(visit, VIEWS), strict=True)
    return [*chain.from_iterable(found), *heavier(page, max(sizes))]


def wider(page: Page, elements: list[str], width: int) -> Iterator[Problem]:
    """Yield a problem for each element (HTML) that a screen of a width does not hold."""
    for html in elements:
        message = f"wider than a screen of {width} px: {html[:120] or 'the page'}"
        fix = "break or shorten it; code, tables and formulas on lines of their own scroll"
        yield Problem(page.path, line(page.text, html), message, fix)


def heavier(page: Page, size: int) -> Iterator[Problem]:
    """Yield a problem when a first visit takes too many bytes."""
    if size > FIRST_PAGE_BYTES:
        message = f"a first visit loads {size >> 10} KiB, at most {FIRST_PAGE_BYTES >> 10}"
        yield Problem(page.path, 1, message, "draw fewer points, print less")


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

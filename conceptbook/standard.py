"""What the page standard asks of a finished page and a build lets pass, so that drafts are seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import figures
from .book import Page
from .outputs import figures as drawings
from .problems import Problem
from .skeleton import TO_CHOOSE

ALT_WORDS = 8
FIGURE_BYTES = 150_000
GLUED = re.compile(r"\{glue:text\}`[\w.-]+")


def unchosen(page: Page) -> Iterator[Problem]:
    """Find what `make new` filled in so that a build can show the page."""
    for number, line in enumerate(page.text.split("\n"), start=1):
        if line.endswith(TO_CHOOSE):
            field = line.partition(":")[0]
            fix = f"write yours, and remove '{TO_CHOOSE}'"
            yield Problem(page.path, number, f"'{field}' is still the skeleton's", fix)


def check(page: Page, outputs: list[list[dict[str, Any]]]) -> Iterator[Problem]:
    """Find what a page and the outputs of its cells lack; the build's own rules are kept."""
    if not page.claims:
        fix = 'add `assert measured > 2, "the claim in words"` to the cell that measures it'
        yield Problem(page.path, _first_cell(page), "no claim is asserted", fix)
    if not GLUED.search(page.text):
        fix = 'glue it in a cell by `glue("name", value, display=False)`, write {glue:text}`name`'
        yield Problem(page.path, 1, "no number in the prose comes from the page's run", fix)
    drawn = [(cell, svg) for cell, shown in zip(page.cells, outputs, strict=True)
             for svg in drawings(shown)]  # fmt: skip
    if not drawn:
        fix = "let a cell draw what it found, and describe it as `mystnb: {image: {alt: …}}`"
        yield Problem(page.path, _first_cell(page), "no figure", fix)
    for cell in dict.fromkeys(cell for cell, _ in drawn if cell.alt):
        words = len(cell.alt.split())
        if words < ALT_WORDS:
            message = f"alt text of {words} words, at least {ALT_WORDS}"
            fix = "say what the figure shows, to a reader who cannot see it"
            yield Problem(page.path, cell.line, message, fix)
    for cell, svg in drawn:
        size = len(figures.inline(svg, cell.alt, "f1").encode())
        if size > FIGURE_BYTES:
            message = f"a figure of {size / 1000:.0f} kB, at most {FIGURE_BYTES // 1000}"
            fix = "draw fewer points, or many as one image: `rasterized=True`"
            yield Problem(page.path, cell.line, message, fix)


def _first_cell(page: Page) -> int:
    return page.cells[0].line if page.cells else 1

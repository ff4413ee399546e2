"""What a cell may show: no warnings, no addresses, and a figure only with alt text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .book import Page
from .problems import Problem

LITERAL_GLUE = "application/papermill.record/text/plain"
FIGURE = "image/svg+xml"
ADDRESS = re.compile(r"\b0x[0-9a-f]{8,}\b")
# Matplotlib's own repr of what a plotting call returns; a trailing `plt.show()` avoids it.
FIX_ADDRESS = "an address differs on every run: end the cell with plt.show(), or print a value"
FIX_STDERR = "mend what it warns of; a page is read without its warnings"
FIX_ALT = "add `mystnb: {image: {alt: what the figure shows}}` to the cell's options"
# How Python names the place of a warning; a cell's own code is in a file of this name.
PLACE = re.compile(r"^\S*?(?P<cell>ipykernel_\d+/\d+)?\.py:(?P<row>\d+): ")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a run: in which cell, and in which row of its code (0 for the whole).

    Pages with the same code share a run, hence its faults, each at lines of its own.
    """

    cell: int
    row: int
    message: str
    fix: str

    def at(self, page: Page) -> Problem:
        """Return the fault as a problem of a page."""
        cell = page.cells[self.cell]
        line = cell.body_line + self.row - 1 if self.row else cell.line
        return Problem(page.path, line, self.message, self.fix)


def check(index: int, outputs: list[dict[str, Any]]) -> Iterator[Fault]:
    """Find what must not be published in the outputs (nbformat) of the cell at an index."""
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] == "stderr":
            telling = _telling_line(output["text"])
            place = PLACE.match(telling)
            row = int(place["row"]) if place and place["cell"] else 0
            message = f"output to stderr: {PLACE.sub('', telling)}"
            yield Fault(index, row, message, FIX_STDERR)
        elif ADDRESS.search(_shown_text(output)):
            yield Fault(index, 0, "output shows a memory address", FIX_ADDRESS)


def check_figures(page: Page, outputs: list[list[dict[str, Any]]]) -> Iterator[Problem]:
    """Find figures that a page does not describe, in the outputs of all its cells."""
    for cell, shown in zip(page.cells, outputs, strict=True):
        drawn = any(
            kind.startswith("image/")
            for output in shown
            if not _is_glued(output)
            for kind in output.get("data", {})
        )
        if drawn and not cell.alt:
            yield Problem(page.path, cell.line, "figure without alt text", FIX_ALT)


def glued(outputs: list[list[dict[str, Any]]]) -> dict[str, str]:
    """Return the values that cells glued, by name, as Python writes them."""
    return {
        output["metadata"]["scrapbook"]["name"]: output["data"][LITERAL_GLUE]
        for shown in outputs
        for output in shown
        if LITERAL_GLUE in output.get("data", {})
    }


def figures(outputs: list[dict[str, Any]]) -> list[str]:
    """Return the drawings (SVG) that a cell shows."""
    return [
        output["data"][FIGURE]
        for output in outputs
        if FIGURE in output.get("data", {}) and not _is_glued(output)
    ]


def printed(outputs: list[dict[str, Any]]) -> list[str]:
    """Return the lines of text that a cell shows."""
    return [
        line
        for output in outputs
        if not _is_glued(output) and FIGURE not in output.get("data", {})
        for line in str(
            output.get("text") or output.get("data", {}).get("text/plain", "")
        ).splitlines()
    ]


def _is_glued(output: dict[str, Any]) -> bool:
    """Say whether an output is a glued value: shown elsewhere, in the form its role asks for."""
    return "scrapbook" in output.get("metadata", {})


def _shown_text(output: dict[str, Any]) -> str:
    """Return what a reader sees of an output as text."""
    data = output.get("data", {})
    rich = "text/html" in data or any(kind.startswith("image/") for kind in data)
    if rich or _is_glued(output):
        return ""
    return output.get("text", "") or str(data.get("text/plain", ""))


def _telling_line(text: str) -> str:
    """Return the line of a stderr text that names the warning, else its first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "Warning" in line), lines[0] if lines else "")

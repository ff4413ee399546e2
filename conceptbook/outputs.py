"""What a cell may show: no warnings, no addresses, and a figure only with alt text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .problems import Problem
from .source import Cell

ADDRESS = re.compile(r"\b0x[0-9a-f]{8,}\b")
# Matplotlib's own repr of what a plotting call returns; a trailing `plt.show()` avoids it.
FIX_ADDRESS = "an address differs on every run: end the cell with plt.show(), or print a value"


def check(path: str, cell: Cell, outputs: list[dict[str, Any]]) -> Iterator[Problem]:
    """Find what must not be published in the outputs (nbformat) of one cell."""
    for output in outputs:
        if output["output_type"] == "stream":
            text = output["text"]
            if output["name"] == "stderr":
                first = _telling_line(text)
                fix = "mend what it warns of; a page is read without its warnings"
                yield Problem(path, cell.line, f"output to stderr: {first}", fix)
            elif ADDRESS.search(text):
                yield Problem(path, cell.line, "output shows a memory address", FIX_ADDRESS)
            continue
        data = output.get("data", {})
        if "scrapbook" in output.get("metadata", {}):
            continue  # a glued value: shown elsewhere, in the form its role asks for
        if any(kind.startswith("image/") for kind in data):
            if not cell.alt:
                fix = "add `mystnb: {image: {alt: what the figure shows}}` to the cell's options"
                yield Problem(path, cell.line, "figure without alt text", fix)
        elif ADDRESS.search(str(data.get("text/plain", ""))) and "text/html" not in data:
            yield Problem(path, cell.line, "output shows a memory address", FIX_ADDRESS)


def _telling_line(text: str) -> str:
    """Return the line of a stderr text that names the warning, else its first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "Warning" in line), lines[0] if lines else "")[:200]

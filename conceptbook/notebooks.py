"""A page as a notebook for Colab, Binder and a reader's own Jupyter: CommonMark and code only.

What the page's source says in MyST is written in what every notebook program shows; the first code
cell installs what the page imports, at the locked versions, and the outputs are those of the build.
https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from . import environment, website
from .figures import METADATA
from .plain import FRONT_MATTER, LEVEL, OPTIONS, Converter
from .source import Cell

GLUE = "application/papermill.record/"
FOLDS = ("dropdown", "probe")
SECTION = re.compile(r"^(?=#{2,3} )", re.MULTILINE)
SVG = "image/svg+xml"
# Notebooks show figures on their own ground, which may be dark: ink and paper as in print.
PAPER = 'style="color:#1a1a1a;background:#fff"'
# Of the build's variables these must be set before Python starts, or are for the build alone.
BEFORE_START = ("PYTHONHASHSEED", "PYDEVD_DISABLE_FILE_VALIDATION")
SETTINGS = {k: v for k, v in environment.VARIABLES.items() if k not in BEFORE_START}
SETUP = """\
# Installs what this page imports and this machine lacks, at the versions it was written with.
import importlib.util, os, subprocess, sys, types

needed = {needed}
missing = [name for module, name in needed.items() if importlib.util.find_spec(module) is None]
if missing:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *missing], check=True)

# One thread: sums of floating-point numbers depend on their order.
os.environ.update({settings})
# On the site, glue puts a number into the text; here the text holds it already.
sys.modules["myst_nb"] = types.SimpleNamespace(glue=lambda name, value, display=True: None)"""


class CodeCell(str):
    """A code cell among blocks of text; ``index`` is its number in the page."""

    cell: Cell
    index: int


@dataclass(frozen=True)
class NotebookConverter(Converter):
    """Turns a page into a notebook; links lead to published pages."""

    needed: tuple[tuple[str, str], ...] = ()  # (module, what to install)

    def notebook(self) -> NotebookNode:
        """Return the page as a notebook (nbformat 4.5) with the outputs of its execution."""
        cells = iter(enumerate(self.page.cells))
        text = FRONT_MATTER.sub("", self.page.text)
        blocks = [block for block in self._blocks(text, cells) if block.strip()]
        title, _, rest = blocks[0].partition("\n")
        link = f"[{self.site.title}]({self.site.url(self.page.name)})"
        source = f"*A page of {link}, to run and to change. {website.LICENSE_NAME}.*"
        made = [
            new_markdown_cell(f"{title}\n\n{source}"),
            new_code_cell(self._setup(), metadata=_hidden()),
        ]
        for is_code, group in groupby(
            [rest.strip(), *blocks[1:]], lambda b: isinstance(b, CodeCell)
        ):
            if is_code:
                made += map(self._code, group)
            else:
                joined = _joined(group)
                made += [
                    new_markdown_cell(part.strip())
                    for part in SECTION.split(joined)
                    if part.strip()
                ]
        for index, cell in enumerate(made):
            cell["id"] = f"cell-{index}"  # not drawn by lot: the same page gives the same bytes
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return new_notebook(cells=made, metadata=metadata)

    def _setup(self) -> str:
        names = "".join(f'\n    "{module}": "{name}",' for module, name in self.needed)
        values = "".join(f'\n    "{name}": "{value}",' for name, value in SETTINGS.items())
        return SETUP.format(needed=f"{{{names}\n}}", settings=f"{{{values}\n}}")

    def _code(self, block: CodeCell) -> NotebookNode:
        tags = set(block.cell.tags)
        shown = self.execution.outputs[block.index] if self.execution else []
        outputs = [output for raw in shown if (output := _output(raw, block.cell.alt))]
        folded = tags & {"remove-cell", "remove-input", "hide-input", "hide-cell"}
        cell = new_code_cell(block.cell.source, metadata=_hidden() if folded else {})
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        return cell

    # --- What Markdown of a notebook says in another way -----------------------------------

    def _cell(self, index: int, cell: Cell) -> Iterator[str]:
        block = CodeCell(cell.source)
        block.cell, block.index = cell, index
        yield block

    def _fence(
        self, name: str, argument: str, body: str, mark: str, cells: Iterator[tuple[int, Cell]]
    ) -> Iterator[str]:
        if name in FOLDS:
            level = LEVEL.search(body)
            label = f"{level[1]}: " if level else ""
            title = html.escape(f"{label}{self.line(argument)}", quote=False)
            summary = f"<summary><b>{title}</b></summary>"
            text = _joined(self._blocks(OPTIONS.sub("", body), cells))
            yield f"<details>\n{summary}\n\n{text}\n\n</details>"
        elif name == "admonition":
            inner = [f"**{self._roles(argument)}**", *self._blocks(OPTIONS.sub("", body), cells)]
            text = _joined(inner)
            yield "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        else:
            yield from super()._fence(name, argument, body, mark, cells)

    def _concept(self, text: str, slug: str, links: bool) -> str:
        page = self.site.book.concept(slug)
        known = page or self.site.book.planned.get(slug)
        text = text or (known.title if known else slug)
        return f"[{text}]({self.site.url(page.name)})" if page and links else text


def _joined(blocks: Iterable[str]) -> str:
    return "\n\n".join(block for block in blocks if block.strip())


def _hidden() -> dict[str, Any]:
    """Return the metadata of a cell whose code is folded: in Jupyter, and in Colab."""
    return {"jupyter": {"source_hidden": True}, "cellView": "form"}


def _output(output: dict[str, Any], alt: str) -> dict[str, Any] | None:
    """Return an output as a notebook keeps it, or None when it is only a glued number."""
    if "data" not in output:
        return output
    data = {kind: value for kind, value in output["data"].items() if not kind.startswith(GLUE)}
    if not data:
        return None
    if SVG in data:
        # Without the date: the same page must give the same bytes on another day.
        data[SVG] = METADATA.sub("", data[SVG]).replace("<svg ", f"<svg {PAPER} ", 1)
        data["text/plain"] = alt or data.get("text/plain", "")
    return {**output, "data": data, "metadata": {}}

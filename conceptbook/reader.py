"""Gives MyST-NB each page as a notebook that already holds the outputs of its run."""

from __future__ import annotations

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

from . import run


def read(text: str) -> nbformat.NotebookNode:
    """Read a page (a ``nb_custom_formats`` reader) and fill in what the store holds of it.

    The page is found by its text, which is all that MyST-NB tells a reader.
    """
    this = run.current()
    config = MdParserConfig(enable_extensions=set(this.book.extensions))
    notebook = read_myst_markdown_notebook(text, config=config, add_source_map=True)
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"  # random by default, and part of the published notebook
    page = next((p for p in this.book.pages.values() if p.text == text), None)
    result = this.execution(page.name) if page else None
    if result:
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for count, (cell, outputs) in enumerate(zip(cells, result.outputs, strict=True), start=1):
            cell.outputs = nbformat.from_dict(outputs)
            cell.execution_count = count
    if notebook.metadata.get("kernelspec"):
        notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    return notebook

"""The contents list of the sidebar: the parts of the book, and the pages of the current one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import run
from .book import Book
from .contents import parts


@dataclass(frozen=True)
class Part:
    """One part of the book: its caption and its pages' titles by name, in reading order."""

    caption: str
    pages: dict[str, str]

    @property
    def names(self) -> list[str]:
        """The names of the pages."""
        return list(self.pages)


def read_parts(book: Book, toc: Path) -> list[Part]:
    """Return the parts that the contents list names and that have pages, with their titles."""
    listed = [
        Part(caption, {name: book.pages[name].title for name in names if name in book.pages})
        for caption, names in parts(toc)
    ]
    return [part for part in listed if part.pages]


def setup(app: Sphinx) -> None:
    """Put the list in the place of the theme's."""

    def use_template(_: Sphinx, config) -> None:
        config.html_sidebars = {
            "**": ["navbar-logo.html", "search-button-field.html", "conceptbook-nav.html"]
        }

    def add_parts(app: Sphinx, page: str, template: str, context: dict[str, Any], _: Any) -> None:
        if not hasattr(app, "conceptbook_parts"):
            book = run.current().book
            app.conceptbook_parts = read_parts(book, Path(app.config.external_toc_path))
        context["conceptbook_parts"] = app.conceptbook_parts

    app.connect("config-inited", use_template)
    app.connect("html-page-context", add_parts)

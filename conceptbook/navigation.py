"""Where a page leads: the parts of the book, the pages of its own, those before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import run
from .book import Book
from .contents import parts
from .plain import INLINE


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


def neighbors(book: Book, name: str) -> dict[str, str | None]:
    """Return the names of the pages before and after one in the book, as the theme calls them."""
    names = [None, *book.pages, None]
    place = names.index(name)
    return {"prev": names[place - 1], "next": names[place + 1]}


def setup(app: Sphinx) -> None:
    """Put the list in the place of the theme's."""

    def use_template(_: Sphinx, config) -> None:
        config.html_sidebars = {
            "**": ["navbar-logo.html", "search-button-field.html", "conceptbook-nav.html"]
        }

    def add(app: Sphinx, name: str, template: str, context: dict[str, Any], _: Any) -> None:
        this = run.current()
        if not hasattr(app, "conceptbook_parts"):
            toc = this.contents or Path(app.config.external_toc_path)
            app.conceptbook_parts = read_parts(this.book, toc)
        context["conceptbook_parts"] = app.conceptbook_parts
        if this.contents and name in this.book.pages:
            for place, other in neighbors(this.book, name).items():
                title = other and INLINE.renderInline(this.book.pages[other].title)
                context[place] = other and {"link": context["pathto"](other), "title": title}

    app.connect("config-inited", use_template)
    app.connect("html-page-context", add)

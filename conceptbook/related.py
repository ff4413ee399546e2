"""The foot of a concept page: where to go next, and why."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from . import run, website
from .relations import relations


def add_related(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Append the related pages, in both directions, to a concept page's body."""
    book, record = run.current().book, website.concept(app, page)
    if record is None:
        return
    values = {
        "relations": relations(book, record),
        "domain_title": book.domain_title,
        "uri": lambda name: app.builder.get_relative_uri(page, name),
    }
    context["body"] += app.builder.templates.render("conceptbook-related.html", values)


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("html-page-context", add_related)

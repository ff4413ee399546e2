"""Practice: the book's questions as a tool, its designs as timed interviews, its pages as paths.

The build writes questions and answers (deck.py) as it finds them in finished pages (content.py),
flashcards of the same to take away (cardfiles.py), and the shells that scripts fill in; what a
reader does stays in the reader's browser.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from .. import highlighting, run, website
from ..book import Book
from ..catalogue import MARKS
from ..plain import plain_title
from ..structure import LEVELS
from . import cardfiles, content, deck, flashcards

STORE = ("vendor/idb.js", "marks.js", "practice-page.js", "practice-store.js")
SCHEDULE = ("vendor/ts-fsrs.js", "schedule.js")
SCRIPTS = {  # what each place loads
    "practice": ("filters.js", *STORE, *SCHEDULE, "practice.js"),
    "mock-interview": (*STORE, "mock-interview.js"),
    "paths": ("marks.js", "progress.js"),
}
STYLE = "practice.css"
LENGTHS = {"5": "5", "10": "10", "20": "20", "due": "All due"}
CLASS = "practice-place"


class place(nodes.General, nodes.Element):
    """Where a directive of this package stands; ``kind`` is its name."""


class PlaceDirective(SphinxDirective):
    """``:::{practice}``, ``:::{mock-interview}`` or ``:::{paths}``; none takes options."""

    has_content = True  # what stands in it is then named as the mistake

    def run(self) -> list[nodes.Node]:
        if self.content:
            raise self.error(f"unknown option '{self.content[0]}': '{self.name}' takes none")
        return [place(kind=self.name)]


def page_with(book: Book, kind: str) -> str:
    """Return the name of the page that holds a directive of this package ("" without one)."""
    return next((page.name for page in book.pages.values() if page.holds(kind)), "")


def resolve(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Put the shells in the places of the directives."""
    places = list(doctree.findall(place))
    if not places:
        return
    book = run.current().book
    settings, number = book.settings, counts(book)
    for node in places:
        html = app.builder.templates.render(
            f"conceptbook-{node['kind']}.html",
            {
                "book": book,
                "title": plain_title,
                "designs": deck.designs(book),
                "domains": {
                    d: book.domain_title(d) for d in settings.domains if number["domain"][d]
                },
                "levels": {level: level for level in LEVELS if number["level"][level]},
                "tags": {tag: text for tag, text in settings.tags.items() if number["tag"][tag]},
                "counts": number,
                "marks": MARKS,
                "lengths": LENGTHS,
                "packages": cardfiles.packages(website.of(app)),
                "table": cardfiles.TABLE,
                "columns": flashcards.COLUMNS,
                "root": "../" * name.count("/"),
                "uri": partial(app.builder.get_relative_uri, name),
            },
        )
        classes = [CLASS, node["kind"]]
        node.replace_self(nodes.raw("", html, format="html", classes=classes))


def counts(book: Book) -> dict[str, Counter[str]]:
    """Return how many questions each domain, level and tag has."""
    return {
        "domain": Counter(page.domain for page in book.concepts for _ in page.probes),
        "level": Counter(probe.level for page in book.concepts for probe in page.probes),
        "tag": Counter(
            tag for page in book.concepts for tag in page.meta.tags for _ in page.probes
        ),
    }


def _outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Return the practice page when its counts are others than when it was last read."""
    book = run.current().book
    page = page_with(book, "practice")
    known = getattr(env, "conceptbook_counts", None)
    return [page] if page and known not in (None, counts(book)) else []


def _remember(app: Sphinx, env: BuildEnvironment) -> None:
    env.conceptbook_counts = counts(run.current().book)


def add_files(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load scripts and style where a directive stands, which takes the side list's place."""
    site = website.of(app)
    moved = deck.moved(site.book)
    context["conceptbook_book"] = site.name
    context["conceptbook_moved"] = json.dumps(moved) if moved else ""
    if not doctree:
        return
    for raw in doctree.findall(nodes.raw):
        if CLASS in raw["classes"]:
            website.equip(app, context, SCRIPTS[raw["classes"][1]], STYLE)


def add_progress(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep a concept page's answers for practice, and end the page with the reader's progress."""
    book, page = run.current().book, website.concept(app, name)
    if page is None:
        return
    practice = page_with(book, "practice")
    if practice and website.is_whole(app):
        rule = book.settings.structures[book.settings.domains[page.domain]]
        deck.write_page(page, content.read(context["body"], name, rule), Path(app.outdir))
    interview = page_with(book, "mock-interview") if page in deck.designs(book) else ""
    values = {"page": page, "practice": practice, "interview": interview, "marks": MARKS}
    values["uri"] = partial(app.builder.get_relative_uri, name)
    context["body"] += app.builder.templates.render("conceptbook-progress.html", values)
    for script in SCRIPTS["paths"]:
        app.add_js_file(script, loading_method="defer")


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the index of all questions and the flashcards, where a page practices them.

    Both are of all pages, so a build of one page writes neither.
    """
    if error or not website.is_whole(app):
        return
    site, folder = website.of(app), Path(app.outdir)
    practice = page_with(site.book, "practice")
    if practice:
        deck.write_index(site, folder)
        amounts = cardfiles.write(site, highlighting.looks(app.builder), folder)
        cardfiles.show(amounts, folder / f"{practice}.html")


def setup(app: Sphinx) -> None:
    """Register the directives, before the related pages are added below a page's body."""
    app.add_node(place)
    for kind in SCRIPTS:
        app.add_directive(kind, PlaceDirective)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _remember)
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", add_files)
    app.connect("html-page-context", add_progress, priority=450)
    app.connect("build-finished", write)

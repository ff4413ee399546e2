"""The catalogue: every concept as a card, written or planned, with filters over all of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import run, website
from .book import Book
from .run import Run
from .skeleton import skeleton

SCRIPTS = ("filters.js", "marks.js", "catalogue.js")
# What a reader may make of a page (marks.js keeps it in the browser), in the order of reading it.
MARKS = {"unread": "Unread", "revisit": "To revisit", "known": "Known"}
WRITTEN, PLANNED = "written", "planned"


@dataclass(frozen=True)
class Card:
    """One concept in the catalogue; ``name`` is where its page is or would be."""

    slug: str
    name: str
    title: str
    summary: str
    domain: str
    tags: tuple[str, ...]
    evidence: str
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    written: bool = True


@dataclass(frozen=True)
class Choice:
    """One value of a filter: how many cards have it, and what a reader calls it."""

    value: str
    label: str
    count: int


def cards(book: Book, domain: str = "") -> list[Card]:
    """Return the cards of a domain (of all without one): written pages, then planned ones."""
    written = [
        Card(
            page.slug,
            page.name,
            page.title,
            page.meta.summary,
            page.domain,
            page.meta.tags,
            page.meta.evidence,
            page.meta.aliases,
        )
        for page in book.concepts
    ]
    planned = [
        Card(
            entry.slug,
            f"{entry.domain}/{entry.slug}",
            entry.title,
            entry.definition,
            entry.domain,
            tuple(entry.tags),
            entry.evidence,
            related=tuple(entry.related),
            written=False,
        )
        for entry in book.missing
    ]
    return [card for card in written + planned if domain in ("", card.domain)]


def filters(book: Book, shown: list[Card]) -> dict[str, tuple[str, list[Choice]]]:
    """Return each filter's label and the choices that at least one card has."""
    settings = book.settings
    domains = {domain: book.domain_title(domain) for domain in settings.domains}
    states = {WRITTEN: "Written", PLANNED: "Not written yet"}
    return {
        "domain": ("Domain", _choices(domains, (card.domain for card in shown))),
        "status": ("Status", _choices(states, (_state(card) for card in shown))),
        "evidence": ("Evidence", _choices(settings.evidence, (card.evidence for card in shown))),
        "tag": ("Tag", _choices(settings.tags, (tag for card in shown for tag in card.tags))),
    }


def _state(card: Card) -> str:
    return WRITTEN if card.written else PLANNED


def _choices(labels: dict[str, str], values: Iterable[str]) -> list[Choice]:
    counts = Counter(values)
    return [Choice(value, label, counts[value]) for value, label in labels.items() if counts[value]]


def templates(book: Book) -> str:
    """Return as JSON the text that a new page of each domain starts from.

    Names in capitals stand for what the page's card says; the reader's click fills them in.
    """
    texts = {}
    for domain, structure in book.settings.domains.items():
        text = skeleton(
            book.settings.structures[structure],
            slug="SLUG",
            title="TITLE",
            definition="DEFINITION",
            tags=["TAGS"],
            evidence="EVIDENCE",
            related=["RELATED"],
        )
        texts[domain] = text
    return json.dumps(texts).replace("<", "\\u003c")


class catalogue(nodes.General, nodes.Element):
    """The place of a catalogue; ``domain`` narrows it to one."""


class CatalogueDirective(SphinxDirective):
    """``:::{catalogue}``, on a domain's page with ``:domain: folder``."""

    option_spec = {"domain": str}

    def run(self) -> list[nodes.Node]:
        domain = self.options.get("domain", "")
        known = run.current().book.settings.domains
        if domain and domain not in known:
            raise self.error(f"unknown domain '{domain}': use one of {', '.join(known)}")
        return [catalogue(domain=domain)]


def render(app: Sphinx, this: Run, page: str, domain: str) -> str:
    """Return the HTML of a catalogue on ``page``."""
    shown = cards(this.book, domain)
    context: dict[str, Any] = {
        "domain": domain,
        "cards": shown,
        "filters": filters(this.book, shown),
        "domains": {name: this.book.domain_title(name) for name in this.book.settings.domains},
        "tags": this.book.settings.tags,
        "evidence": this.book.settings.evidence,
        "templates": templates(this.book),
        "marks": MARKS,
        "uri": lambda name: app.builder.get_relative_uri(page, name),
        "new_file": this.address.new_file,
    }
    return app.builder.templates.render("conceptbook-catalogue.html", context)


def resolve(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the cards in the place of the directive."""
    for node in list(doctree.findall(catalogue)):
        html = render(app, run.current(), page, node["domain"])
        node.replace_self(nodes.raw("", html, format="html"))


def add_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the scripts where there is a catalogue, which also takes the side list's place."""
    if doctree and any('class="catalogue"' in raw.astext() for raw in doctree.findall(nodes.raw)):
        website.equip(app, context, SCRIPTS)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_node(catalogue)
    app.add_directive("catalogue", CatalogueDirective)
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", add_script)

"""Which pages lead to which: what authors name as related, seen from both ends."""

from __future__ import annotations

from dataclasses import dataclass

from .book import Book, Page


@dataclass(frozen=True)
class Relation:
    """A page at the other end of a relation.

    ``name`` is empty while that page is only planned; ``reason`` is why one would go there, in
    the words of the page that names it; ``named_by_it`` tells that it is the one that names.
    """

    slug: str
    name: str
    title: str
    summary: str
    domain: str
    reason: str
    named_by_it: bool = False


def relations(book: Book, page: Page) -> list[Relation]:
    """Return the pages that ``page`` names, then those that name it, each once."""
    found = [_outgoing(book, slug, reason) for slug, reason in page.meta.related.items()]
    for other in book.concepts:
        if page.slug in other.meta.related and other.slug not in page.meta.related:
            reason = other.meta.related[page.slug]
            found.append(_relation(other, reason, named_by_it=True))
    return found


def _outgoing(book: Book, slug: str, reason: str) -> Relation:
    page = book.concept(slug)
    if page:
        return _relation(page, reason)
    planned = book.planned[slug]
    return Relation(slug, "", planned.title, planned.definition, planned.domain, reason)


def _relation(page: Page, reason: str, named_by_it: bool = False) -> Relation:
    return Relation(
        page.slug, page.name, page.title, page.meta.summary, page.domain, reason, named_by_it
    )


def pairs(book: Book) -> list[tuple[str, str, str]]:
    """Return every relation between two written pages once: two slugs and the first's reason."""
    seen: dict[frozenset[str], tuple[str, str, str]] = {}
    for page in book.concepts:
        for slug, reason in page.meta.related.items():
            if book.concept(slug):
                seen.setdefault(frozenset((page.slug, slug)), (page.slug, slug, reason))
    return list(seen.values())

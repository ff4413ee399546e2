"""``concepts.json``: every concept as a record, written or planned, for programs.

The object holds ``schema`` (1; a higher number when a field changes its meaning or goes, not when
one is added), ``title``, ``url`` and ``license`` of the book, and ``concepts``, one a line:

- ``name`` (``domain/slug``, never twice), ``status`` (``written`` or ``planned``), ``title``,
  ``summary``, ``domain``, ``domain_title``, ``tags``, ``evidence``;
- ``related``: names, each with the ``reason`` to go there ("" where a planned page gives none);
- of written pages also ``url``, ``markdown`` (the URL of the page as plain Markdown),
  ``aliases``, ``claims`` (how many its code asserts), ``probes`` (``id`` is the anchor in the
  page, ``level``, ``question``), and, as far as git tells, ``published`` and ``changed`` (dates).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import run, website
from .book import Book, Page
from .plain import Converter, plain_title
from .settings import Planned
from .website import Site

FILE = "concepts.json"
SCHEMA = 1


def written(site: Site, page: Page) -> dict[str, Any]:
    """Return the record of a written page."""
    book, meta = site.book, page.meta
    convert = Converter(site, page, run.current().execution(page.name))
    dates = site.dates.get(page.name)
    record = {
        "name": page.name,
        "status": "written",
        "title": plain_title(page),
        "url": site.url(page.name),
        "markdown": site.markdown_url(page.name),
        "summary": meta.summary,
        "domain": page.domain,
        "domain_title": book.domain_title(page.domain),
        "tags": meta.tags,
        "aliases": meta.aliases,
        "evidence": meta.evidence,
        "related": [
            {"name": _name(book, slug), "reason": reason} for slug, reason in meta.related.items()
        ],
        "claims": len(page.claims),
        "probes": [
            {
                "id": probe.id,
                "level": probe.level,
                "question": convert.line(probe.question),
            }
            for probe in page.probes
        ],
    }
    if dates:
        record["published"] = f"{dates.first:%Y-%m-%d}"
        record["changed"] = f"{dates.last:%Y-%m-%d}"
    return record


def planned(site: Site, entry: Planned) -> dict[str, Any]:
    """Return the record of a page that is not written yet."""
    book = site.book
    return {
        "name": f"{entry.domain}/{entry.slug}",
        "status": "planned",
        "title": entry.title,
        "summary": entry.definition,
        "domain": entry.domain,
        "domain_title": book.domain_title(entry.domain),
        "tags": entry.tags,
        "evidence": entry.evidence,
        "related": [{"name": _name(book, slug), "reason": ""} for slug in entry.related],
    }


def _name(book: Book, slug: str) -> str:
    """Return the name of a page, written or planned."""
    page, entry = book.concept(slug), book.planned.get(slug)
    return page.name if page else f"{entry.domain}/{slug}" if entry else slug


def document(site: Site) -> str:
    """Return the file: one concept a line, so that two versions compare line by line."""
    records = [written(site, page) for page in site.book.concepts]
    records += [planned(site, entry) for entry in site.book.missing]
    head = {
        "schema": SCHEMA,
        "title": site.title,
        "url": site.address.site,
        "license": website.LICENSE,
    }
    lines = [f"{_dump(key)}: {_dump(value)}" for key, value in head.items()]
    concepts = ",\n".join(map(_dump, records))
    return "{\n" + ",\n".join([*lines, f'"concepts": [\n{concepts}\n]']) + "\n}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and website.is_whole(app):
        Path(app.outdir, FILE).write_text(document(website.of(app)), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("build-finished", _write)

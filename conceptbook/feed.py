"""``feed.xml``: new and changed concepts for feed readers, as Atom (RFC 4287).

Atom asks for dates, so there is a feed only where git knows them.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from sphinx.application import Sphinx

from . import website
from .book import Page
from .history import Dates
from .plain import plain_title
from .website import Site

FILE = "feed.xml"
NEWEST = 50
NAMESPACE = "http://www.w3.org/2005/Atom"


def document(site: Site) -> bytes:
    """Return the feed, the newest change first."""
    dated = [
        (page, site.dates[page.name]) for page in site.book.concepts if page.name in site.dates
    ]
    dated.sort(key=lambda entry: entry[1].last, reverse=True)
    newest = max(dates.last for dates in site.dates.values())
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": site.language})
    _add(root, "id", site.address.lasting)
    _add(root, "title", site.title)
    if site.summary:
        _add(root, "subtitle", site.summary)
    _add(root, "updated", website.iso(dated[0][1].last if dated else newest))
    _add(ET.SubElement(root, "author"), "name", site.author)
    _add(root, "link", rel="self", type="application/atom+xml", href=url(site))
    _add(root, "link", rel="alternate", type="text/html", href=site.address.lasting)
    _add(root, "rights", f"{website.LICENSE_NAME}, {website.LICENSE}")
    for page, dates in dated[:NEWEST]:
        _add_entry(ET.SubElement(root, "entry"), site, page, dates)
    return website.xml(root)


def url(site: Site) -> str:
    """Return where a reader subscribes: to releases, not to one that the next one leaves behind."""
    return f"{site.address.lasting}{FILE}"


def _add_entry(entry: ET.Element, site: Site, page: Page, dates: Dates) -> None:
    where = site.canonical(page.name)
    _add(entry, "id", where)
    _add(entry, "title", plain_title(page))
    _add(entry, "link", rel="alternate", type="text/html", href=where)
    _add(entry, "published", website.iso(dates.first))
    _add(entry, "updated", website.iso(dates.last))
    for tag in page.meta.tags:
        _add(entry, "category", term=tag, label=site.book.settings.tags[tag])
    _add(entry, "summary", page.meta.summary)


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and website.is_whole(app):
        site, file = website.of(app), Path(app.outdir, FILE)
        if site.dates:
            file.write_bytes(document(site))
        else:
            file.unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("build-finished", _write)

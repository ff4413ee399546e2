"""``sitemap.xml`` and ``robots.txt``: where search engines find every page.

Not sphinx-sitemap: it collects pages as they are written, so that an incremental build lists
only what changed, and it takes dates from a second extension.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from sphinx.application import Sphinx

from . import website
from .website import Site

FILE = "sitemap.xml"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def document(site: Site) -> bytes:
    """Return the sitemap: each written page, with the date of its last change if known."""
    root = ET.Element("urlset", xmlns=NAMESPACE)
    for name in site.book.pages:
        entry = ET.SubElement(root, "url")
        ET.SubElement(entry, "loc").text = site.canonical(name)
        if name in site.dates:
            ET.SubElement(entry, "lastmod").text = f"{site.dates[name].last:%Y-%m-%d}"
    return website.xml(root)


def robots(site: Site) -> str:
    """Return the file that welcomes every crawler and tells it where the sitemap is."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {site.file_url(FILE)}\n"


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and website.is_whole(app):
        site = website.of(app)
        Path(app.outdir, FILE).write_bytes(document(site))
        Path(app.outdir, "robots.txt").write_text(robots(site), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("build-finished", _write)

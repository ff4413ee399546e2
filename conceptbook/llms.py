"""``llms.txt``: what the book is and where its pages are as Markdown (https://llmstxt.org)."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from . import export, feed, website
from .plain import item
from .website import Site

FILE = "llms.txt"
ABOUT = """\
Each link leads to a page as plain Markdown: its text, its code, what the code printed, and the
numbers that it computed. The text is free to use and share under {license} ({url})."""


def document(site: Site) -> str:
    """Return the file: a title, what the book is, then a section for each domain."""
    about = ABOUT.format(license=website.LICENSE_NAME, url=website.LICENSE)
    blocks = [f"# {site.title}", *([f"> {site.summary}"] if site.summary else []), about]
    for domain, pages in site.domains.items():
        entries = "\n".join(item(site, page) for page in pages)
        blocks += [f"## {site.book.domain_title(domain)}", entries]
    # By convention, what may be left out where there is little room.
    others = [
        f"- [{export.FILE}]({site.file_url(export.FILE)}): every concept, written or planned, as a "
        "record with tags, relations and interview questions"
    ]
    if site.dates:
        others.append(f"- [{feed.FILE}]({site.file_url(feed.FILE)}): new and changed pages (Atom)")
    others += [item(site, page) for page in site.book.pages.values() if not page.concept]
    return "\n\n".join([*blocks, "## Optional", "\n".join(others)]) + "\n"


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and website.is_whole(app):
        Path(app.outdir, FILE).write_text(document(website.of(app)), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("build-finished", _write)

"""The published site as its machine-readable parts describe it, kept right in every build."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from docutils.nodes import make_id
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from . import history, run
from .address import Address
from .book import Book, Page
from .history import Dates

# What LICENSE-CONTENT says of prose and figures.
LICENSE = "https://creativecommons.org/licenses/by/4.0/"
LICENSE_NAME = "CC BY 4.0"


@dataclass(frozen=True)
class Site:
    """A book with what its pages do not say: name, author, addresses, dates of change."""

    book: Book
    address: Address
    title: str
    author: str
    language: str
    home: str
    dates: dict[str, Dates]

    @property
    def name(self) -> str:
        """What readers have the book under, in their browsers and in Anki: not its title, for good.

        A book without a name in its settings goes by that of its files.
        """
        return self.book.settings.name or file_name(self.title)

    @property
    def summary(self) -> str:
        """What the book is, in one sentence: the summary of its first page."""
        page = self.book.pages.get(self.home)
        return page.meta.summary if page else ""

    def url(self, name: str) -> str:
        """Return the URL of a page."""
        return self.address.page(name)

    def canonical(self, name: str) -> str:
        """Return the URL of a page that search engines should show."""
        return self.address.canonical(name)

    def markdown_url(self, name: str) -> str:
        """Return the URL of a page's plain Markdown."""
        return self.file_url(f"{name}.md")

    def file_url(self, path: str) -> str:
        """Return the URL of a file of the site."""
        return f"{self.address.site}{quote(path)}"

    @property
    def domains(self) -> dict[str, list[Page]]:
        """The concept pages by domain, in reading order."""
        found: dict[str, list[Page]] = {}
        for page in self.book.concepts:
            found.setdefault(page.domain, []).append(page)
        return found


def of(app: Sphinx) -> Site:
    """Return the site that an application builds."""
    return app.conceptbook_site


def is_wanted(app: Sphinx) -> bool:
    """Say whether what is written will be published: as a site, and without a mistake so far."""
    site = app.builder.format == "html" and not app.builder.embedded  # in an EPUB
    return site and not run.current().problems


def is_whole(app: Sphinx) -> bool:
    """Say whether what is written will be published, and is not one page of the book alone."""
    return is_wanted(app) and not run.current().only


def concept(app: Sphinx, name: str) -> Page | None:
    """Return the concept page with this name, where it becomes a page of the site."""
    page = run.current().book.pages.get(name)
    return page if page and page.concept and is_wanted(app) else None


def equip(
    app: Sphinx, context: dict[str, Any], scripts: Iterable[str], style: str | None = None
) -> None:
    """Give a page that a reader works on its scripts and style, and the side list's place."""
    for script in scripts:
        app.add_js_file(script, loading_method="defer")
    if style:
        app.add_css_file(style)
    context["meta"] = {**(context["meta"] or {}), "html_theme.sidebar_secondary.remove": ""}


def file_name(title: str) -> str:
    """Return what files of a book are called: its title without the article."""
    return make_id(title.removeprefix("The "))


def words(date: datetime) -> str:
    """Return a date as a US reader writes it (not in the language of this machine)."""
    months = "January February March April May June July August September October November December"
    return f"{months.split()[date.month - 1]} {date.day}, {date.year}"


def iso(date: datetime) -> str:
    """Return a moment (UTC) in ISO 8601."""
    return f"{date:%Y-%m-%dT%H:%M:%SZ}"


def xml(root: ET.Element) -> bytes:
    """Return a document with one element a line."""
    ET.indent(root, space=" ")
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _start(app: Sphinx) -> None:
    this, config = run.current(), app.config
    app.conceptbook_site = Site(
        book=this.book,
        address=this.address,
        title=config.html_title or config.project,
        author=config.author,
        language=config.language or "en",
        home=config.root_doc,
        dates=history.read(this.book.folder),
    )


def _shown(site: Site) -> dict[str, tuple[Dates | None, bool]]:
    """Return what each page shows of the history: its dates, and a link to the feed if any."""
    return {name: (site.dates.get(name), bool(site.dates)) for name in site.book.pages}


def _outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Return the pages to read again because a commit gave them other dates."""
    known = getattr(env, "conceptbook_dates", {})
    return [name for name, shown in _shown(of(app)).items() if known.get(name, shown) != shown]


def _remember(app: Sphinx, env: BuildEnvironment) -> None:
    env.conceptbook_dates = _shown(of(app))


def _show_date(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Say at a page's foot when it changed, in the place of the theme's date of the build."""
    dates = of(app).dates.get(page)
    context["last_updated"] = dates and Markup(
        f'<time datetime="{dates.last:%Y-%m-%d}">{words(dates.last)}</time>'
    )


def setup(app: Sphinx) -> None:
    """Register the handlers."""
    app.connect("builder-inited", _start)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _remember)
    app.connect("html-page-context", _show_date)

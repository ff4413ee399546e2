"""A page's links into the forge: its history, a report with page and version, the editions.

Fields of an issue form are filled from the address by their ids; which section is being read only
the browser knows, so static/page.js adds it.
https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/creating-an-issue
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from sphinx.application import Sphinx
from sphinx.config import Config

from . import address, website
from .address import Address

FORM = "wrong-fact.yml"  # for a report from a page; has the fields page, version and section


def report(address: Address, name: str) -> str:
    """Return the URL of a report about a page."""
    fields = {
        "template": FORM,
        "title": f"{name}: ",
        "page": address.page(name),
        "version": address.version or address.branch,
    }
    return f"{address.url}/issues/new?{urlencode(fields)}"


def history(address: Address, name: str) -> str:
    """Return the URL of a page's commits."""
    return f"{address.url}/commits/{quote(address.branch)}/{quote(f'{address.folder}/{name}.md')}"


def _use_address(app: Sphinx, config: Config) -> None:
    """Lead the theme's own links into the repository that is built, a fork's by its CI."""
    options = config.html_theme_options
    if "repository_url" in options:
        options["repository_url"] = address.from_config(options).url


def add_links(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the theme's menus report a problem of this page, lead to its history and to editions."""
    site = website.of(app)
    if name not in site.book.pages or not site.address.on_github:
        return
    groups = {group.get("label"): group for group in context.get("header_buttons", ())}
    if "download-buttons" in groups:
        groups["download-buttons"]["buttons"].append(
            {
                "type": "link",
                "url": f"{site.address.url}/releases/latest",
                "tooltip": "The whole book as EPUB, PDF, zip and notebooks",
                "text": "Whole book",
                "icon": "fas fa-book",
                "label": "download-editions-button",
            }
        )
    group = groups.get("source-buttons")
    if group:
        for button in group["buttons"]:
            if button["label"] == "source-issues-button":
                button["text"] = "Report a problem"
                button["tooltip"] = "Report a wrong fact or a problem of this page"
                button["url"] = report(site.address, name)
        group["buttons"].append(
            {
                "type": "link",
                "url": history(site.address, name),
                "tooltip": "What changed on this page, and when",
                "text": "History",
                "icon": "fas fa-clock-rotate-left",
                "label": "source-history-button",
            }
        )


def setup(app: Sphinx) -> None:
    """Register the handlers, the second after the theme's own buttons are there."""
    app.connect("config-inited", _use_address)
    app.connect("html-page-context", add_links, priority=600)

"""Leaves out what the theme's stack puts into every page and the page does not use."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

# Part of an asset's name, and what in a page's body needs it (None: no page does). Thebe runs
# cells on a public server; Sphinx's highlighting belongs to the search that Pagefind replaces.
NEEDED_BY = {
    "thebe": None,
    "sphinx_highlight": None,
    "togglebutton": re.compile(r'class="([^"]* )?(toggle|dropdown)[ "]'),
    "design-tabs": re.compile(r'class="[^"]*\bsd-tab-set\b'),
}


def _unused(asset: Any, body: str) -> bool:
    text = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', {})}".lower()
    return any(
        name in text and not (needed and needed.search(body)) for name, needed in NEEDED_BY.items()
    )


def remove_unused(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take unused scripts and styles out of a page's head."""
    body = context.get("body", "")
    for key in ("script_files", "css_files"):
        context[key] = [asset for asset in context.get(key, ()) if not _unused(asset, body)]


def setup(app: Sphinx) -> None:
    """Register the handler after all that add scripts."""
    app.connect("html-page-context", remove_unused, priority=900)

"""Leaves out what the theme's stack puts into every page and no page uses."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

# Thebe runs cells on a public server; it is loaded from a CDN and declared twice.
UNUSED = ("thebe",)


def _unused(asset: Any) -> bool:
    text = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', {})}"
    return any(name in text.lower() for name in UNUSED)


def remove_unused(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take unused scripts and styles out of a page's head."""
    for key in ("script_files", "css_files"):
        context[key] = [asset for asset in context.get(key, ()) if not _unused(asset)]


def setup(app: Sphinx) -> None:
    """Register the handler after all that add scripts."""
    app.connect("html-page-context", remove_unused, priority=900)

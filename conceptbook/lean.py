"""Leaves out what the theme's stack puts into every page's head and the page does not use.

A script of the book's own ``_static`` stays where an element names it in ``data-script``. All that
stays is deferred: no script keeps a reader from seeing the text. And no script has the browser lay
out what is far below the screen: page.js does what the theme's own measuring of all boxes is for.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from . import website

# Part of an asset's name or text, and what in a page's body needs it (None: no page does). Thebe
# runs cells on a public server; Sphinx's highlighting belongs to the search that Pagefind
# replaces; the search setting is read by the theme's own search only, the page's name also by the
# switcher between versions.
SWITCHER = "<!-- switcher -->"
NEEDED_BY = {
    "thebe": None,
    "sphinx_highlight": None,
    "documentation_options.pagename": re.compile(SWITCHER),
    "documentation_options.search_as_you_type": None,
    "togglehint": re.compile(r'class="([^"]* )?(toggle|dropdown)[ "]'),
    "toggleopenonprint": re.compile(r'class="([^"]* )?(toggle|dropdown)[ "]'),
    "togglebutton": re.compile(r'class="([^"]* )?(toggle|dropdown)[ "]'),
    "clipboard.min": re.compile(r'class="[^"]*\bhighlight\b'),
    "copybutton": re.compile(r'class="[^"]*\bhighlight\b'),
    "design-tabs": re.compile(r'class="[^"]*\bsd-tab-set\b'),
}
# In what the theme writes itself: the script of all icons (icons.py), preloads that come before
# the text though the scripts are deferred, sheets that the joined one holds (styles.py).
IN_HEAD = re.compile(
    r'\s*(<script[^>]*fontawesome\.js[^>]*></script>|<link rel="preload" as="script"[^>]*>'
    r'|<link href="[^"]*_static/styles/[^"]*" rel="stylesheet"[^>]*>)'
)

CITATION_ROLE = re.compile(r' role="(?:list(?=" class="citation-list")|doc-biblioentry)"')
THEME_SCRIPT = "scripts/pydata-sphinx-theme.js"
MEASURING = "e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1"


def _unused(asset: Any, body: str, own: set[str]) -> bool:
    file = PurePosixPath(str(getattr(asset, "filename", ""))).name
    if file in own:  # Jupyter Book adds each script of the book to every page
        return f'data-script="{file}"' not in body
    text = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', {})}".lower()
    return any(
        name in text and not (needed and needed.search(body)) for name, needed in NEEDED_BY.items()
    )


def head(text: str) -> str:
    """Return what the theme puts into the head, without what no page needs."""
    return IN_HEAD.sub("", text)


def remove_unused(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take unused scripts and styles out of a page's head, and defer the scripts that stay."""
    body = context.get("body", "")
    own = {file.name for file in Path(app.srcdir, "_static").glob("*.js")}
    shown = body + (SWITCHER if context.get("theme_switcher") else "")
    for key in ("script_files", "css_files"):
        context[key] = [asset for asset in context.get(key, ()) if not _unused(asset, shown, own)]
    for script in context["script_files"]:
        if script.filename and script.attributes.get("type") != "module":
            script.attributes["defer"] = "defer"
        elif "DOCUMENTATION_OPTIONS" in script.attributes.get("body", ""):
            script.attributes["type"] = "module"  # deferred as the file is that it adds to
    context["lean_head"] = head
    # MyST-NB names every fold of code alike, and not as a reader sees it named.
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    # docutils calls references a list, and its entries by a role that ARIA has given up.
    context["body"] = CITATION_ROLE.sub("", body)


def stop_measuring(app: Sphinx, error: Exception | None) -> None:
    """Take out of the theme's script what measures every box of a page as soon as it has loaded."""
    if error or not website.is_wanted(app):
        return
    file = Path(app.outdir, "_static", THEME_SCRIPT)
    before, found, after = file.read_text(encoding="utf-8").partition(MEASURING)
    if not found:
        raise ExtensionError(f"{THEME_SCRIPT} measures boxes in another way than lean.py expects")
    file.write_text(before + after, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the handlers, the first after all that add scripts."""
    app.connect("html-page-context", remove_unused, priority=900)
    app.connect("build-finished", stop_measuring)

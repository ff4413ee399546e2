"""``changed.html``: what a pull request touches, to look at before and after.

``CHANGED_SINCE`` names the commit to compare with; without it no such page is made. The idea is
that of the scikit-learn MOOC's ``_changed.html`` (https://github.com/INRIA/scikit-learn-mooc).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import website
from .website import Site

NAME = "changed"
VARIABLE = "CHANGED_SINCE"
STATUS = {"A": "new", "M": "changed", "D": "removed", "R": "moved"}


def changes(folder: Path, base: str) -> list[tuple[str, str]]:
    """Return status and name of each page below ``folder`` that differs from where it branched off.

    Raises subprocess.CalledProcessError when git does not know the commit.
    """
    command = ["git", "-C", str(folder), "-c", "core.quotePath=false", "diff", "--name-status"]
    command += ["--relative", "-M", f"{base}...HEAD", "--", "*.md"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = []
    for line in lines:
        status, *paths = line.split("\t")
        found.append((STATUS.get(status[0], "changed"), paths[-1].removesuffix(".md")))
    return found


def body(site: Site, found: list[tuple[str, str]]) -> str:
    """Return the page's HTML: one row a page, with links to it here and as published."""
    rows = []
    for status, name in found:
        page = site.book.pages.get(name)
        title = escape(page.title if page else name)
        here = f'<a href="{escape(name)}.html">{title}</a>' if page else title
        published = f"{site.address.root}dev/{name}.html"
        before = "" if status == "new" else f'<a href="{escape(published)}">as published</a>'
        rows.append(f"<tr><td>{status}</td><td>{here}</td><td>{before}</td></tr>")
    table = "".join(rows) or '<tr><td colspan="3">No page differs.</td></tr>'
    head = "<tr><th>Status</th><th>Page</th><th>Before</th></tr>"
    return (
        f"<h1>Changed pages</h1>\n<table class='table'><thead>{head}</thead>"
        f"<tbody>{table}</tbody></table>"
    )


def collect(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page where a commit to compare with is given."""
    base = os.environ.get(VARIABLE)
    if base and website.is_wanted(app):
        site = website.of(app)
        context = {"title": "Changed pages", "body": body(site, changes(site.book.folder, base))}
        yield NAME, context, "page.html"


def setup(app: Sphinx) -> None:
    """Register the page."""
    app.connect("html-collect-pages", collect)

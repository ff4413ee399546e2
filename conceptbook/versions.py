"""One version of the book among others: the switcher and banner that lead to them, and moved pages.

The theme does both with the list of versions at the root of the published site
(``publishing.py``): the switcher keeps a reader on the same page, and the banner tells that there
is a newer release. https://pydata-sphinx-theme.readthedocs.io/en/stable/user_guide/version-dropdown.html
"""

from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from . import address, run, website

LIST = "versions.json"
REDIRECT = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Moved</title>
<link rel="canonical" href="{target}">
<script>location.replace({script} + location.search + location.hash);</script>
<meta http-equiv="refresh" content="0; url={target}">
<p>This page is now at <a href="{target}">{target}</a>.</p>
</html>
"""


def redirect(target: str) -> str:
    """Return a page that sends its reader on: all that a host of plain files can do.

    Only a script can take the section along that an address names.
    """
    return REDIRECT.format(target=escape(target, quote=True), script=json.dumps(target))


def _configure(app: Sphinx, config: Config) -> None:
    """Show the switcher and the banner where the build is one version of several."""
    version = address.from_config(config.html_theme_options).version
    if not version:
        return
    config.version = config.release = version
    config.html_theme_options.update(
        switcher={"json_url": f"../{LIST}", "version_match": version},
        check_switcher=False,  # the list is made when this version is published
        show_version_warning_banner=True,
        article_header_end=["version-switcher.html", "article-header-buttons.html"],
    )


def write_moved(app: Sphinx, error: Exception | None) -> None:
    """Leave a page that leads on where each moved page was."""
    if error or not website.is_wanted(app):
        return
    for old, new in run.current().book.settings.former.items():
        file = Path(app.outdir, f"{old}.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        target = os.path.relpath(f"{new}.html", Path(old).parent).replace(os.sep, "/")
        file.write_text(redirect(target), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the handlers."""
    app.connect("config-inited", _configure, priority=100)
    app.connect("build-finished", write_moved)

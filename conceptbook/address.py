"""Where the book lives: its repository and its published site, from one place.

The address is written once, as ``repository`` in ``_config.yml``. A fork's CI needs no edit:
the variables that GitHub Actions sets win over it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


@dataclass(frozen=True)
class Address:
    """A repository (``url`` without final slash, ``branch``, ``folder`` of the book) and its site.

    ``site`` is the URL of the published book and ends in a slash.
    """

    url: str
    branch: str
    folder: str
    site: str

    def new_file(self, name: str) -> str:
        """Return the URL of the forge's editor for a new page with this name."""
        folder, _, slug = f"{self.folder}/{name}".rpartition("/")
        query = urlencode({"filename": f"{slug}.md"})
        return f"{self.url}/new/{quote(self.branch)}/{quote(folder)}?{query}"

    def page(self, name: str) -> str:
        """Return the published URL of a page."""
        return f"{self.site}{quote(name)}.html"


def from_config(repository: dict[str, Any], environ: dict[str, str] | None = None) -> Address:
    """Return the address from Jupyter Book's ``html_theme_options`` and the environment.

    ``repository`` holds ``repository_url``, ``repository_branch`` and ``path_to_docs``. The site's
    address follows from the repository's, as GitHub Pages serves it; ``SITE_URL`` overrides it.
    """
    environ = dict(os.environ) if environ is None else environ
    url = repository.get("repository_url", "").rstrip("/")
    if environ.get("GITHUB_REPOSITORY"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        url = f"{server}/{environ['GITHUB_REPOSITORY']}"
    owner, _, project = urlsplit(url).path.strip("/").partition("/")
    pages = f"https://{owner.lower()}.github.io/"
    # A repository of this very name is served at the root of its owner's site.
    pages += "" if project.lower() == f"{owner.lower()}.github.io" else f"{project}/"
    return Address(
        url=url,
        branch=repository.get("repository_branch") or "main",
        folder=repository.get("path_to_docs", "").strip("/"),
        site=environ.get("SITE_URL", pages).rstrip("/") + "/",
    )

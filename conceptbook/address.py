"""Where the book lives: its repository and its published site, from one place.

The address is written once, as ``repository`` in ``_config.yml``. A fork's CI needs no edit:
the variables that GitHub Actions sets win over it. One build is one version of the book:
``BOOK_VERSION`` names its folder in the published site, ``BOOK_REF`` the commit or tag it is of; in
the CI of a tag ``vX.Y.Z`` these are X.Y and the tag.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

PUBLISHED = "gh-pages"  # the branch that holds the built site
DEV = "dev"  # the folder in it of the last commit
STABLE = "stable"  # the folder in it of the newest release
RELEASE = re.compile(r"\d+\.\d+")  # the folder of a release
TAG = re.compile(r"v(\d+\.\d+)\.\d+")  # the tag of a release


@dataclass(frozen=True)
class Address:
    """A repository (``url`` without final slash, ``branch``, ``folder`` of the book) and its site.

    ``site`` is the URL of this version of the published book and ends in a slash; ``version`` is
    its folder in the branch that is published ("" at the root), ``ref`` what it is built from.
    """

    url: str
    branch: str
    folder: str
    site: str
    version: str = ""
    ref: str = "main"

    @property
    def root(self) -> str:
        """The URL of the published site that holds all versions; ends in a slash."""
        return self.site.removesuffix(f"{self.version}/") if self.version else self.site

    @property
    def lasting(self) -> str:
        """The URL under which this site should be known: of releases, that of the newest."""
        return f"{self.root}{STABLE}/" if RELEASE.fullmatch(self.version) else self.site

    @property
    def project(self) -> str:
        """The repository's ``owner/name``."""
        return urlsplit(self.url).path.strip("/")

    @property
    def on_github(self) -> bool:
        """Whether services that open notebooks from GitHub can open this book's."""
        return urlsplit(self.url).hostname == "github.com"

    def notebook(self, name: str) -> str:
        """Return the path of a page's notebook in the published branch.

        A build that is no version of the book leads to that of the last commit.
        """
        return f"{self.version or DEV}/{name}.ipynb"

    def colab(self, name: str) -> str:
        """Return the URL that opens a page's notebook in Colab."""
        path = quote(self.notebook(name))
        return f"https://colab.research.google.com/github/{self.project}/blob/{PUBLISHED}/{path}"

    def binder(self, name: str) -> str:
        """Return the URL that opens a page's notebook in Binder.

        The environment is built from the sources (``binder/``); nbgitpuller then fetches the
        notebook from the published branch.
        https://nbgitpuller.readthedocs.io/en/latest/topic/url-options.html
        """
        place = f"lab/tree/{self.project.rpartition('/')[2]}/{self.notebook(name)}"
        pull = urlencode({"repo": self.url, "branch": PUBLISHED, "urlpath": place})
        query = urlencode({"urlpath": f"git-pull?{pull}"})
        return f"https://mybinder.org/v2/gh/{self.project}/{quote(self.ref, safe='')}?{query}"

    def new_file(self, name: str) -> str:
        """Return the URL of the forge's editor for a new page with this name."""
        folder, _, slug = f"{self.folder}/{name}".rpartition("/")
        query = urlencode({"filename": f"{slug}.md"})
        return f"{self.url}/new/{quote(self.branch)}/{quote(folder)}?{query}"

    def page(self, name: str) -> str:
        """Return the published URL of a page."""
        return f"{self.site}{quote(name)}.html"

    def canonical(self, name: str) -> str:
        """Return the URL under which a page should be known, by search engines and feed readers."""
        return f"{self.lasting}{quote(name)}.html"


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
    branch = repository.get("repository_branch") or "main"
    tag = environ.get("GITHUB_REF_NAME", "") if environ.get("GITHUB_REF_TYPE") == "tag" else ""
    release = TAG.fullmatch(tag)
    version = environ.get("BOOK_VERSION", release[1] if release else "").strip("/")
    site = (environ.get("SITE_URL") or pages).rstrip("/") + "/"  # a variable that is not set is ""
    return Address(
        url=url,
        branch=branch,
        folder=repository.get("path_to_docs", "").strip("/"),
        site=f"{site}{version}/" if version else site,
        version=version,
        ref=environ.get("BOOK_REF") or (tag if release else branch),
    )

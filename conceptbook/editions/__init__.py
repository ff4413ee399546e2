"""Editions to take away: the book for e-readers, on paper, and as a folder of files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from .. import address, navigation, website
from ..address import Address
from ..book import Book
from ..navigation import Part

CITATION = "CITATION.cff"
# Pages that only a browser makes something of; what they hold, each concept's own page says too.
LIVE = ("conceptmap", "practice", "mock-interview", "paths")


@dataclass(frozen=True)
class Edition:
    """What every edition says of the book, and the pages it holds, part by part.

    ``version`` is the one in ``CITATION.cff``, or the date where there is none; ``date`` is that
    of the sources.
    """

    book: Book
    parts: list[Part]
    address: Address
    title: str
    author: str
    language: str
    version: str
    date: datetime

    @property
    def name(self) -> str:
        """What its files are called."""
        return website.file_name(self.title)

    @property
    def summary(self) -> str:
        """What the book is, in one sentence."""
        return self.book.pages[self.home].meta.summary

    @property
    def home(self) -> str:
        """The name of the front page."""
        return next(iter(self.book.pages))

    @property
    def pages(self) -> list[str]:
        """The names of all pages in reading order, the front page aside."""
        return [name for part in self.parts for name in part.pages]

    @property
    def imprint(self) -> list[str]:
        """The lines of a title page below the title and the author."""
        return [
            f"Version {self.version} · {website.words(self.date)}",
            f"{website.LICENSE_NAME} · {website.LICENSE}",
            self.address.site,
        ]


def of(book: Book, toc: Path, config: dict[str, Any]) -> Edition:
    """Return the edition of a book with this contents list and Sphinx configuration."""
    date = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), UTC)
    return Edition(
        book=book,
        parts=_readable(navigation.read_parts(book, toc), book),
        address=address.from_config(config.get("html_theme_options") or {}),
        title=config.get("html_title") or config.get("project") or book.root.name,
        author=config.get("author", ""),
        language=config.get("language") or "en",
        version=_version(book.root) or f"{date:%Y.%m.%d}",
        date=date,
    )


def _readable(parts: list[Part], book: Book) -> list[Part]:
    """Return the parts without live pages, and without parts that hold nothing else."""

    def pages(part: Part) -> dict[str, str]:
        return {n: t for n, t in part.pages.items() if not book.pages[n].holds(*LIVE)}

    shorter = [replace(part, pages=pages(part)) for part in parts]
    return [part for part in shorter if part.pages]


def _version(root: Path) -> str:
    """Return the version that the book is cited by ("" where nothing says how to cite it)."""
    try:
        citation = yaml.safe_load((root / CITATION).read_text(encoding="utf-8"))
    except OSError:
        return ""
    return str(citation.get("version", ""))

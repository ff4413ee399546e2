"""From a built book to its editions, each in ``_build/editions`` only when it is whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .. import book, build, configuration, editions
from ..build import Layout
from ..problems import BookError, Problem
from . import Edition, archive


def epub(root: Path, trace: bool = False) -> Path:
    """Write the EPUB of the book below ``root`` and return it; raises BookError."""
    folder = build.edition(root, "epub", trace)
    (made,) = folder.glob("*.epub")
    target = Layout(root.resolve()).editions / made.name
    os.replace(made, target)
    shutil.rmtree(folder.parent)
    return target


def pdf(root: Path, trace: bool = False) -> Path:
    """Print the built book below ``root`` and return the PDF; raises BookError."""
    from chromium import chromium  # tests/chromium.py: one place that finds a browser

    from .pdf import build as print_book

    layout, edition = _built(root)
    target = layout.editions / f"{edition.name}.pdf"
    with chromium() as browser:
        print_book(edition, layout.site, browser, target)
    return target


def archived(root: Path, trace: bool = False) -> Path:
    """Pack the built book below ``root`` and return the archive; raises BookError."""
    layout, edition = _built(root)
    target = layout.editions / f"{edition.name}-site.zip"
    archive.site(layout.site, target, edition.date)
    return target


def notebooks(root: Path, trace: bool = False) -> Path:
    """Pack the notebooks of the built book below ``root``; return the archive; raises BookError."""
    layout, edition = _built(root)
    target = layout.editions / f"{edition.name}-notebooks.zip"
    archive.notebooks(layout.site, target, edition.date)
    return target


MAKERS = {"epub": epub, "pdf": pdf, "zip": archived, "notebooks": notebooks}


def _built(root: Path) -> tuple[Layout, Edition]:
    """Return where the built book is, and what its editions say of it."""
    layout = Layout(root.resolve())
    config = configuration.read(layout.config, layout.toc, layout.folder)
    if not (layout.site / "index.html").is_file():
        raise BookError([Problem("_build/html", 1, "the book is not built", "run make book first")])
    build.set_source_date(layout.root)
    loaded = book.load(layout.root, layout.folder, layout.toc, config)
    if loaded.problems:
        raise BookError(list(loaded.problems))
    return layout, editions.of(loaded, layout.toc, config)

"""``make text``: what is wrong with the words of the whole book, which is read and not run."""

from __future__ import annotations

from pathlib import Path

from . import configuration, prose, repeats, standard
from .book import load
from .build import Layout
from .problems import BookError


def check(root: Path) -> int:
    """Return how many files of words there are: pages, their lists, and what stands beside them.

    Raises BookError with what is wrong in them: front matter and sections, spelling, phrases that
    say nothing, sentences that stand in two pages, fields that nobody chose.
    """
    layout = Layout(root.resolve())
    config = configuration.read(layout.config, layout.toc, layout.folder)
    book = load(layout.root, layout.folder, layout.toc, config)
    lists = [*layout.root.glob("*.md"), *layout.folder.glob("*.yml")]
    paths = [file.relative_to(layout.root).as_posix() for file in lists]
    paths += [page.path for page in book.pages.values()]
    found = [*book.problems, *repeats.find(book.concepts), *prose.check(layout.root, sorted(paths))]
    found += (problem for page in book.concepts for problem in standard.unchosen(page))
    if found:
        raise BookError(found)
    return len(paths)

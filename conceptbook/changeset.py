"""The pages that a branch touches, each as it was and as it is, with what both of them give."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from . import environment, execution, revisions
from . import run as runs
from .book import Page, read_page
from .comparing import State, state
from .environment import KERNEL_FILES, LOCK_FILE
from .plain import plain_title
from .revisions import Change
from .run import Progress, Run


@dataclass(frozen=True)
class Touched:
    """A page that differs: its two states (None where it did not or does not exist).

    ``note`` says why results of a state are unknown.
    """

    change: Change
    title: str
    before: State | None
    after: State | None
    note: str = ""


@dataclass(frozen=True)
class Changeset:
    """All pages that differ since a commit, which a name stands for.

    Both states run in today's environment; ``other_environment`` says that it differs too.
    """

    since: str
    commit: str
    pages: list[Touched]
    other_environment: bool


def gather(this: Run, commit: str) -> Changeset:
    """Compare a book with a commit; what the store lacks is executed, earlier pages too.

    An earlier page that fails today is no problem of the book: its note says so.
    """
    book = this.book
    changes = revisions.changes(book.folder, commit)
    earlier = {
        change.name: _earlier(this, commit, change) for change in changes if change.status != "new"
    }
    kept = {change.name: book.pages[change.name] for change in changes if change.name in book.pages}
    # A deleted page has nothing to be compared with: nobody waits for its run.
    both = [page for name, page in earlier.items() if name in kept] + list(kept.values())
    fingerprint = environment.fingerprint(book.root)
    obstacles = _execute(this, both, fingerprint)

    def known(page: Page | None) -> State | None:
        result = page and this.store.read(runs.key(page, fingerprint))
        return page and state(page, result or None)

    touched = []
    for change in changes:
        pages = earlier.get(change.name), kept.get(change.name)
        notes = [obstacles[page.path] for page in pages if page and page.path in obstacles]
        title = plain_title(pages[1] or pages[0]) if any(pages) else change.name
        touched.append(Touched(change, title, *map(known, pages), note="; ".join(notes)))
    return Changeset(
        since=os.environ.get(revisions.VARIABLE, commit),
        commit=commit,
        pages=touched,
        other_environment=revisions.differ(book.root, commit, *_surroundings(book.root)),
    )


def _earlier(this: Run, commit: str, change: Change) -> Page:
    """Return a page as it was in a commit."""
    book = this.book
    data = revisions.text(book.folder, commit, change.earlier)
    path = f"{book.folder.name}/{change.earlier}.md at {commit[:7]}"
    return read_page(data, change.earlier, path, book.settings, book.extensions)[0]


def _execute(this: Run, pages: list[Page], fingerprint: str) -> dict[str, str]:
    """Run what the store lacks; return by path why there is no result of a page."""
    obstacles = {
        page.path: f"the cells of {page.path} cannot be run"
        for page in pages
        if page.cells and not page.runnable
    }
    missing: dict[str, list[Page]] = {}
    for page in pages:
        if page.runnable and this.store.read(runs.key(page, fingerprint)) is None:
            missing.setdefault(runs.key(page, fingerprint), []).append(page)
    if missing:
        with Progress(len(missing)) as progress:
            found = execution.run_pages(
                missing, this.store, this.book.settings, this.book.root, progress
            )
        obstacles |= {problem.path: f"{problem.path}: {problem.message}" for problem in found}
    return obstacles


def _surroundings(root: Path) -> list[str]:
    """Return what, besides its code, decides a page's results: paths below ``root``."""
    kernel = [KERNEL_FILES] if KERNEL_FILES.is_relative_to(root) else []
    return [LOCK_FILE, *(folder.relative_to(root).as_posix() for folder in kernel)]

"""One run over a book: read and check it, then execute what the store does not hold."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from . import address, environment, execution, outputs, store
from .address import Address
from .book import Book, Page, load
from .problems import Problem
from .store import Execution, Store


@dataclass
class Run:
    """A book with the results of executing it; ``keys`` names the result of each runnable page.

    ``only`` is the name of the one page that is asked for; what is wrong on others is left out.
    ``contents`` is the contents list that pages show (None: the one that Sphinx reads).
    """

    book: Book
    address: Address
    store: Store
    keys: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    executed: int = 0
    only: str = ""
    contents: Path | None = None
    _last: tuple[str, Execution] | None = None

    def concerns(self, path: str) -> bool:
        """Say whether what is wrong with a file is to be reported."""
        pages = self.book.pages.values()
        return not self.only or all(page.path != path or page.name == self.only for page in pages)

    def execution(self, name: str) -> Execution | None:
        """Return the result of the page with this name, if it has one.

        The last one is kept: what reads or writes a page asks for its result several times.
        """
        key = self.keys.get(name)
        if key is None:
            return None
        if self._last is None or self._last[0] != key:
            result = self.store.read(key)
            self._last = (key, result) if result else None
        return self._last and self._last[1]


_current: ContextVar[Run] = ContextVar("conceptbook_run")


def current() -> Run:
    """Return the run that the Sphinx extension works for; raises LookupError outside one."""
    return _current.get()


def is_active() -> bool:
    """Say whether there is a current run."""
    return _current.get(None) is not None


@contextmanager
def active(run: Run) -> Iterator[Run]:
    """Make a run the current one."""
    token = _current.set(run)
    try:
        yield run
    finally:
        _current.reset(token)


def activate(run: Run) -> None:
    """Make a run the current one until the process ends."""
    _current.set(run)


def find_root(source_folder: Path) -> Path:
    """Return the folder that holds ``_config.yml``, at or above the source folder."""
    for folder in (source_folder, *source_folder.parents):
        if (folder / "_config.yml").is_file():
            return folder
    return source_folder


def start(
    root: Path,
    folder: Path,
    toc: Path,
    config: dict[str, Any],
    results: Path,
    shard: tuple[int, int] = (1, 1),
) -> Run:
    """Load a book and execute its pages, keeping results in the folder ``results``.

    ``shard`` (k, n) executes the k-th of n parts only: several machines share a book, and their
    results together are those of one. Raises BookError when the settings themselves cannot be used.
    """
    run = prepare(root, folder, toc, config, results)
    run.problems += run.book.problems
    execute(run, shard)
    return run


def prepare(root: Path, folder: Path, toc: Path, config: dict[str, Any], results: Path) -> Run:
    """Load a book for a run that has executed nothing yet and told no problem."""
    book = load(root, folder, toc, config)
    place = address.from_config(config.get("html_theme_options") or {})
    return Run(book, place, Store(results), keys(book, environment.fingerprint(root)))


def keys(book: Book, fingerprint: str) -> dict[str, str]:
    """Return the key of the result of each page that can run, in this environment."""
    return {page.name: key(page, fingerprint) for page in book.pages.values() if page.runnable}


def key(page: Page, fingerprint: str) -> str:
    """Return the key of the result that a page's cells give in this environment."""
    return store.key([page.meta.kernel, *(cell.source for cell in page.cells)], fingerprint)


def execute(run: Run, shard: tuple[int, int]) -> None:
    """Execute the pages of a shard whose results are missing, and show how far it is."""
    missing: dict[str, list[Page]] = {}
    part, parts = shard
    for name, key in list(run.keys.items())[part - 1 :: parts]:
        if run.store.read(key) is None:
            missing.setdefault(key, []).append(run.book.pages[name])
    if missing:
        with Progress(len(missing)) as progress:
            run.problems += execution.run_pages(
                missing, run.store, run.book.settings, run.book.root, progress
            )
    run.executed = len(missing)
    run.store.prune(set(run.keys.values()))
    for name in run.keys:
        result = run.execution(name)
        if result:
            run.problems += outputs.check_figures(run.book.pages[name], result.outputs)


class Progress:
    """A bar with the pages now running; line by line where there is no terminal."""

    def __init__(self, total: int):
        self.total = total
        self.done = 0
        self.running: list[str] = []
        self.bar = tqdm(
            total=total,
            desc="Executing",
            unit="page",
            file=sys.stderr,
            disable=None if sys.stderr.isatty() else True,
            bar_format="{desc} {bar:20} {n_fmt}/{total_fmt} [{elapsed}, {remaining} left]{postfix}",
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def __call__(self, event: str, page: Page, seconds: float) -> None:
        if event == "start":
            self.running.append(page.slug)
        else:
            self.running.remove(page.slug)
            self.done += 1
            self.bar.update()
            if self.bar.disable:
                line = f"[{self.done}/{self.total}] {page.name} ({seconds:.1f} s)"
                print(line, file=sys.stderr, flush=True)
        self.bar.set_postfix_str(", ".join(self.running))

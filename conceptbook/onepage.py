"""One page by itself: its problems, its run, its HTML; the other pages are read, never built."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import build, configuration, execution, outputs, run, yamltext
from .book import Book, Page
from .build import Layout
from .contents import usable
from .problems import BookError, Problem
from .run import Progress, Run
from .store import Execution, Store

TOC = "_toc.yml"
FRAME = "frame"  # the file that holds the digest of all that the pages share
BIBLIOGRAPHY = re.compile(r"^[`:]{3,}\{bibliography\}", re.MULTILINE)


@dataclass(frozen=True)
class OnePage:
    """A page of a book, and a run over that book which has executed nothing yet."""

    layout: Layout
    config: dict[str, Any]
    page: Page
    run: Run

    @property
    def key(self) -> str | None:
        """The key of the page's result (None when its cells cannot run)."""
        return self.run.keys.get(self.page.name)


def name_of(given: str) -> str:
    """Return the name ``domain/slug`` of a page that is given by it, or by the path of its file."""
    return given.removeprefix("book/").removesuffix(".md")


def read(root: Path, name: str) -> OnePage:
    """Read the book below ``root`` and find its page ``domain/slug``.

    The path of the page's file is understood too. Raises BookError when there is no such page, and
    for settings that cannot be used.
    """
    layout = Layout(root.resolve())
    config = configuration.read(layout.config, layout.toc, layout.folder)
    build.set_source_date(layout.root)
    results = layout.build / "executed"
    this = run.prepare(layout.root, layout.folder, layout.toc, config, results)
    book = this.book
    name = name_of(name)
    if name not in book.pages:
        message = f"there is no page '{name}'"
        fix = f"{yamltext.closest(name, book.pages)} A new one begins with make new PAGE={name}"
        if len(fix) > 200:  # too many pages to list them all
            fix = f"write PAGE=domain/slug; a new page begins with make new PAGE={name}"
        raise BookError([Problem(f"{layout.folder.name}/{name}.md", 1, message, fix)])
    this.only = name
    this.problems += [problem for problem in book.problems if this.concerns(problem.path)]
    return OnePage(layout, config, book.pages[name], this)


def execute(one: OnePage, store: Store, progress: Progress | None = None) -> Execution | None:
    """Return the result of the page's cells, run now unless ``store`` holds it.

    None when they cannot run or fail; what is wrong is added to the run.
    """
    if one.key is None:
        return None
    result = store.read(one.key)
    if result is None:
        with nullcontext(progress) if progress else Progress(1) as shown:
            one.run.problems += execution.run_pages(
                {one.key: [one.page]}, store, one.run.book.settings, one.layout.root, shown
            )
        result = store.read(one.key)
    if result:
        one.run.problems += outputs.check_figures(one.page, result.outputs)
    return result


def render(
    one: OnePage,
    folder: Path,
    last: Path | None = None,
    trace: bool = False,
    among: bool = False,
) -> Path:
    """Write the HTML of the page into ``folder``; return the folder of the site.

    With it come the front page and the pages that it refers to, but nothing that describes the
    whole book. ``last`` is a folder beside this one that the same page was rendered into: what is
    as it was is taken from there. A page to be shown ``among`` all others leads to all of them.
    What is wrong is added to the run. A contents list that is no use is wrong already; nothing is
    written then.
    """
    if not usable(one.layout.toc):
        return folder
    one.run.contents = one.layout.toc if among else None
    contents = yaml.safe_dump(_contents(one))
    toc = folder.parent / TOC  # of the same name each time: Sphinx would read all pages again
    folder.mkdir(parents=True, exist_ok=True)
    toc.write_text(contents, encoding="utf-8")
    config = {**one.config, "external_toc_path": toc.as_posix()}
    frame = build.frame_of(one.run, build.shared(one.layout, contents))
    if last and (last / FRAME).read_text(encoding="utf-8") == frame:
        build.take_over(last, folder)
    (folder / FRAME).write_text(frame, encoding="utf-8")
    with run.active(one.run):
        build.run_sphinx(one.layout, config, one.run, "html", folder, trace)
    return folder / "html"


def _contents(one: OnePage) -> dict[str, Any]:
    """Return a contents list of the page and what it needs."""
    book, page = one.run.book, one.page
    home = yaml.safe_load(one.layout.toc.read_text(encoding="utf-8"))["root"].removesuffix(".md")
    chapters = [{"file": name} for name in [page.name, *referred(book, page)] if name != home]
    parts = [{"caption": book.domain_title(page.domain), "chapters": chapters}]
    return {"format": "jb-book", "root": home, "parts": parts}


def referred(book: Book, page: Page) -> list[str]:
    """Return the other pages whose headings, labels or works a page may refer to."""
    return [
        other.name
        for other in book.pages.values()
        if other is not page
        and (
            BIBLIOGRAPHY.search(other.text)
            or f"{other.slug}.md" in page.text
            or any(label in page.text.lower() for label, _ in other.labels)
            or re.search(rf"\{{(?:doc|ref)\}}`[^`]*{re.escape(other.slug)}", page.text)
        )
    ]

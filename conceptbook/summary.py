"""``make summary``: a pull request's change of results as Markdown, for the forge or a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from . import build, changeset, comparing, configuration, revisions, run
from .build import Layout
from .changeset import Changeset, Touched
from .problems import BookError, Problem

FORGE = "GITHUB_STEP_SUMMARY"  # a file whose Markdown the forge shows beside the run
MOST = 40  # rows and lines of a kind that a page may add; the forge takes 1 MiB
LONGEST = 160  # characters of a value
OTHER_ENVIRONMENT = (
    "The packages or the kernel's settings differ too. Both texts of a page were run with today's, "
    "so other numbers here come from the page; pages whose text is the same may give other numbers "
    "as well, within what they assert."
)


def write(root: Path) -> str:
    """Return the summary of what differs since the commit that the variable names.

    It is also appended to the forge's summary, where there is one. Raises BookError where no
    commit is named or git does not know it.
    """
    layout = Layout(root.resolve())
    commit = revisions.base(layout.folder)
    if not commit:
        fix = f"name a commit or a branch: make summary {revisions.VARIABLE}=main"
        raise BookError([Problem(revisions.VARIABLE, 1, "nothing to compare with", fix)])
    config = configuration.read(layout.config, layout.toc, layout.folder)
    build.set_source_date(layout.root)
    results = layout.build / "executed"
    this = run.prepare(layout.root, layout.folder, layout.toc, config, results)
    text = markdown(changeset.gather(this, commit))
    if os.environ.get(FORGE):
        with open(os.environ[FORGE], "a", encoding="utf-8") as file:
            file.write(text)
    return text


def markdown(found: Changeset) -> str:
    """Return a change of the book as Markdown: one table, then page by page what differs."""
    return "\n".join([*_overview(found), *(line for page in found.pages for line in _page(page))])


def _overview(found: Changeset) -> Iterator[str]:
    yield f"## Pages changed since {code(found.since)} ({found.commit[:7]})\n"
    if not found.pages:
        yield "No page differs.\n"
        return
    heads = ["Page", "Status", *comparing.measures(None, None)]
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    for page in found.pages:
        told = comparing.measures(page.before, page.after).values()
        yield f"| {' | '.join([escaped(page.title), page.change.status, *told])} |"
    yield ""
    if found.other_environment:
        yield f"{OTHER_ENVIRONMENT}\n"


def _page(page: Touched) -> Iterator[str]:
    """Yield what differs on a page (nothing for one that is new: all of it does)."""
    if not (page.before and page.after):
        return
    difference = comparing.compare(page.before, page.after)
    marked = comparing.lines(difference)
    if not (difference.values or difference.figures or marked or page.note):
        return
    yield f"### {escaped(page.title)}\n"
    if page.note:
        yield f"No results to compare: {escaped(page.note)}.\n"
    if difference.values:
        yield "| Glued value | Before | After |\n|---|---|---|"
        for name, (before, after) in list(difference.values.items())[:MOST]:
            yield f"| {code(name)} | {code(before)} | {code(after)} |"
        yield _more(len(difference.values))
    if difference.figures:
        differ = f"{len(difference.figures)} of its figures"
        yield f"{differ}: before and after stand side by side in `changed.html`.\n"
    for heading, shown in marked.items():
        yield f"{heading}\n\n{fenced(shown[:MOST])}{_more(len(shown))}"


def _more(total: int) -> str:
    return f"\nand {total - MOST} more in `changed.html`\n" if total > MOST else ""


def code(text: str) -> str:
    """Return a text as code within a table's cell."""
    if not text:
        return ""
    text = " ".join(text.split())
    text = f"{text[:LONGEST]} …" if len(text) > LONGEST else text
    mark = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in text else ""
    return f"{mark}{space}{text}{space}{mark}".replace("|", "\\|")


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, in a table's cell too."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)


def fenced(shown: list[str]) -> str:
    """Return lines marked - or + as a block that the forge colors."""
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    return "\n".join([f"{mark}diff", *shown, mark, ""])

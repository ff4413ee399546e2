"""The line under a page's title that says what backs it."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from . import run
from .book import Page
from .store import Execution

# Processor time differs a little from run to run, and a page's bytes must not: it is shown as
# a bound, coarse enough that pages of the usual length never stand near one.
BOUNDS = ((60, "1 min"), (600, "10 min"))


def duration(seconds: float) -> str:
    """Return processor time as a bound from a coarse scale."""
    bound = next((text for bound, text in BOUNDS if seconds < bound), None)
    return f"under {bound}" if bound else f"over {BOUNDS[-1][1]}"


def facts(page: Page, execution: Execution, evidence: str) -> list[tuple[str, str]]:
    """Return what a reader should know of a page's run: a label and its value each."""
    versions = ", ".join(f"{name} {version}" for name, version in execution.versions.items())
    return [
        ("Evidence", evidence),
        ("Claims asserted", str(len(page.claims))),
        ("Executed", execution.date[:10]),
        ("Processor time", duration(execution.cpu_seconds)),
        ("With", f"Python {execution.python}" + (f", {versions}" if versions else "")),
    ]


def insert(app: Sphinx, doctree: nodes.document) -> None:
    """Put the line below the title of every page that was executed."""
    this = run.current()
    page = this.book.pages.get(app.env.docname)
    execution = this.execution(app.env.docname)
    title = next(doctree.findall(nodes.title), None)
    if page is None or execution is None or title is None or not page.concept:
        return
    evidence = this.book.settings.evidence.get(page.meta.evidence, page.meta.evidence)
    entries = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"
        for label, value in facts(page, execution, evidence)
    )
    line = nodes.raw("", f'<dl class="provenance">{entries}</dl>', format="html")
    title.parent.insert(title.parent.index(title) + 1, line)


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("doctree-read", insert)

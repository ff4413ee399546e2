"""The line under a page's title that says what backs it."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from . import run
from .book import Page
from .store import Execution

# Shown as a bound, so that the page's bytes do not change from run to run.
DURATIONS = (1, 2, 5, 10, 20, 60)


def duration(seconds: float) -> str:
    """Return a run's time as a bound from a coarse scale."""
    bound = next((bound for bound in DURATIONS if seconds < bound), None)
    return f"under {bound} s" if bound else f"over {DURATIONS[-1]} s"


def facts(page: Page, execution: Execution, evidence: str) -> list[tuple[str, str]]:
    """Return what a reader should know of a page's run: a label and its value each."""
    versions = ", ".join(f"{name} {version}" for name, version in execution.versions.items())
    return [
        ("Evidence", evidence),
        ("Claims asserted", str(page.claims)),
        ("Executed", execution.date[:10]),
        ("Run time", duration(execution.seconds)),
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

"""``changed.html``: what a pull request touches, with its results before and after.

``CHANGED_SINCE`` names the commit to compare with; without it no such page is made. The idea is
that of the scikit-learn MOOC's ``_changed.html`` (https://github.com/INRIA/scikit-learn-mooc).
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from . import changeset, comparing, figures, revisions, run, website
from .address import Address
from .changeset import Changeset, Touched
from .comparing import Figure
from .summary import OTHER_ENVIRONMENT

NAME = "changed"
TABLE = """\
<div class="pst-scrollable-table-container"><table class="table changed">
<thead>{head}</thead><tbody>{rows}</tbody>
</table></div>"""


def body(found: Changeset, address: Address) -> str:
    """Return the page's HTML: one row a page, then page by page what differs."""
    parts = [
        "<h1>Changed pages</h1>",
        f"<p>Since <code>{escape(found.since)}</code> ({found.commit[:7]}).</p>",
        _overview(found, address),
    ]
    if found.other_environment:
        parts.append(f"<p>{escape(OTHER_ENVIRONMENT)}</p>")
    parts += [_page(page, number) for number, page in enumerate(found.pages)]
    return "\n".join(parts)


def _overview(found: Changeset, address: Address) -> str:
    rows = [_row(page, address) for page in found.pages]
    table = "".join(rows) or '<tr><td colspan="3">No page differs.</td></tr>'
    head = "<tr><th>Status</th><th>Page</th><th>Before</th></tr>"
    return TABLE.format(head=head, rows=table)


def _row(page: Touched, address: Address) -> str:
    published = f"{address.root}dev/{page.change.earlier}.html"
    before = f'<a href="{escape(published)}">as published</a>' if page.before else ""
    return f"<tr><td>{page.change.status}</td><td>{_link(page)}</td><td>{before}</td></tr>"


def _link(page: Touched) -> str:
    title = escape(page.title)
    return f'<a href="{escape(page.change.name)}.html">{title}</a>' if page.after else title


def _page(page: Touched, number: int) -> str:
    """Return how much there is of a page, and what differs if there was one before."""
    if not page.after:
        return ""
    parts = [f"<section>\n<h2>{_link(page)}</h2>", _measures(page)]
    if page.note:
        parts.append(f"<p>No results to compare: {escape(page.note)}.</p>")
    difference = comparing.compare(page.before or page.after, page.after)
    if difference.values:
        parts.append(_values(difference.values))
    for heading, marked in comparing.lines(difference).items():
        parts.append(f"<h3>{heading}</h3>\n{_marked(marked)}")
    if difference.figures:
        parts.append("<h3>Figures</h3>")
    for place, pair in enumerate(difference.figures):
        parts.append(_figures(*pair, prefix=f"c{number}-{place}"))
    return "\n".join([*parts, "</section>"])


def _measures(page: Touched) -> str:
    entries = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(told)}</dd></div>"
        for name, told in comparing.measures(page.before, page.after).items()
    )
    return f'<dl class="provenance">{entries}</dl>'


def _values(values: dict[str, comparing.Pair]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td>"
        + "".join(f"<td>{escape(value)}</td>" for value in pair)
        + "</tr>"
        for name, pair in values.items()
    )
    head = "<tr><th>Glued value</th><th>Before</th><th>After</th></tr>"
    return TABLE.format(head=head, rows=rows)


def _marked(marked: list[str]) -> str:
    """Return lines that begin with - or + as text that went and text that came."""
    kinds = {"-": "del", "+": "ins"}
    shown = (f"<{kinds[line[0]]}>{escape(line)}</{kinds[line[0]]}>" for line in marked)
    return f'<pre class="difference">{"".join(shown)}</pre>'


def _figures(before: Figure | None, after: Figure | None, prefix: str) -> str:
    """Return a figure beside the one in its place, as the book shows them."""
    shown = []
    for label, figure in (("before", before), ("after", after)):
        drawing = "<p>no figure</p>"
        if figure:
            drawing = figures.inline(figure.svg, figure.alt, f"{prefix}-{label}")
        shown.append(f"<figure><figcaption>{label.capitalize()}</figcaption>{drawing}</figure>")
    note = ""
    if before and after and before.alt != after.alt:
        note = _marked([f"- {before.alt}", f"+ {after.alt}"])
    return f'<div class="before-after">{"".join(shown)}</div>{note}'


def collect(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page where a commit to compare with is given; else that of another build goes."""
    site = website.is_wanted(app) and website.of(app)
    commit = site and revisions.base(site.book.folder)
    if commit:
        found = changeset.gather(run.current(), commit)
        yield NAME, {"title": "Changed pages", "body": body(found, site.address)}, "page.html"
    elif site:
        Path(app.outdir, f"{NAME}.html").unlink(missing_ok=True)


def _outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Return a page to read again when another commit is named: Sphinx writes nothing for none."""
    known = getattr(env, "conceptbook_since", "")
    return [app.config.root_doc] if known != revisions.base(run.current().book.folder) else []


def _remember(app: Sphinx, env: BuildEnvironment) -> None:
    env.conceptbook_since = revisions.base(run.current().book.folder)


def setup(app: Sphinx) -> None:
    """Register the page."""
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _remember)
    app.connect("html-collect-pages", collect)

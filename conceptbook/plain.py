"""A page as plain Markdown: what a reader sees, for readers that run no browser.

Code cells become code and what it printed, glued numbers their values, citations and links to
concepts ordinary links; what only HTML shows (folds, grids, figures) becomes text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from myst_nb.core.variables import format_plain_text
from pybtex.database import Entry
from sphinx.application import Sphinx

from . import outputs, run, website, works
from .book import Page
from .source import Cell
from .store import Execution
from .website import Site

FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^\s*(`{3,}|:{3,})\s*(?:\{([\w:.-]+)\})?\s*(.*?)\s*$")
OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[\w-]+:[^\n]*(?:\n|\Z))+)", re.DOTALL | re.MULTILINE)
ALT = re.compile(r"^:alt:\s*(.+)$", re.MULTILINE)
LEVEL = re.compile(r"^:level:\s*(\S+)", re.MULTILINE)
DOMAIN = re.compile(r"^:domain:\s*(\S+)", re.MULTILINE)
ROLE = re.compile(r"(?<!`)\{([\w:.-]+)\}(`+)(.+?)\2(?!`)", re.DOTALL)
IMAGE = re.compile(r"!\[([^\]]*)\]\((?!https?:)[^)]*\)")
EXPLICIT = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)  # text <target>
# Labels, comments and breaks between cells: notes to the build, not to a reader.
UNSEEN = re.compile(r"^(\([\w:. -]+\)=|%.*|\+\+\+.*)\s*$")
TITLE = re.compile(r"^# .*$", re.MULTILINE)
CODE = ("code", "code-block", "sourcecode")
LISTS = ("catalogue", "conceptmap", "tableofcontents")
SILENT = ("raw", "toctree", "include", "eval-rst")
UNTITLED = ("grid", "tab-set", "image", "figure", "div")  # their argument is not a title
INLINE = MarkdownIt("commonmark")


@dataclass(frozen=True)
class Converter:
    """Turns the MyST of one page into plain Markdown; ``works`` are those it may cite, by key."""

    site: Site
    page: Page
    execution: Execution | None = None
    works: dict[str, Entry] = field(default_factory=dict)

    def document(self) -> str:
        """Return the whole page, its summary and address below the title."""
        cells = iter(enumerate(self.page.cells))
        blocks = self._blocks(FRONT_MATTER.sub("", self.page.text), cells)
        text = "\n\n".join(block for block in blocks if block.strip()) + "\n"
        summary = f"\n\n> {self.page.meta.summary}" if self.page.meta.summary else ""
        dates = self.site.dates.get(self.page.name)
        changed = f" · Last changed {website.words(dates.last)}" if dates else ""
        source = f"<{self.site.url(self.page.name)}>{changed} · {website.LICENSE_NAME}"
        return TITLE.sub(lambda match: f"{match[0]}{summary}\n\n{source}", text, count=1)

    def line(self, markdown: str) -> str:
        """Return one line of MyST (a title, a question) as text without any markup."""
        (inline,) = INLINE.parseInline(self._roles(markdown, links=False))
        return "".join(token.content for token in inline.children)

    def _blocks(self, text: str, cells: Iterator[tuple[int, Cell]]) -> Iterator[str]:
        lines = iter(text.split("\n"))
        prose: list[str] = []
        for line in lines:
            fence = FENCE.match(line)
            if not fence:
                prose += [] if UNSEEN.match(line) else [line]
                continue
            yield self._roles("\n".join(prose)).strip("\n")
            prose = []
            mark, name, argument = fence.groups()
            end = re.compile(rf"\s*{mark[0]}{{{len(mark)},}}\s*")
            body = []
            for inner in lines:
                if end.fullmatch(inner):
                    break
                body.append(inner)
            yield from self._fence(name or "", argument, "\n".join(body), mark, cells)
        yield self._roles("\n".join(prose)).strip("\n")

    def _fence(
        self, name: str, argument: str, body: str, mark: str, cells: Iterator[tuple[int, Cell]]
    ) -> Iterator[str]:
        content = OPTIONS.sub("", body)
        if not name and mark[0] == "`":
            yield _fenced(body, argument)
        elif name == "code-cell":
            yield from self._cell(*next(cells))
        elif name in CODE:
            yield _fenced(content, argument)
        elif name == "math":
            yield f"$$\n{content.strip()}\n$$"
        elif name in LISTS:
            domain = DOMAIN.search(body)
            pages = self.site.book.concepts
            chosen = [page for page in pages if not domain or page.domain == domain[1]]
            yield "\n".join(item(self.site, page) for page in chosen)
        elif name == "bibliography":
            yield "\n".join(sorted(f"- {works.reference(work)}" for work in self.works.values()))
        elif name not in SILENT:
            alt, level = ALT.search(body), LEVEL.search(body)
            if alt:
                yield f"*Figure: {alt[1]}*"
            if argument and name not in UNTITLED:
                yield f"**{self._roles(argument)}**" + (f" ({level[1]})" if level else "")
            yield from self._blocks(content, cells)

    def _cell(self, index: int, cell: Cell) -> Iterator[str]:
        tags = set(cell.tags)
        if not tags & {"remove-cell", "remove-input"}:
            yield _fenced(cell.source, "python")
        if self.execution and not tags & {"remove-cell", "remove-output"}:
            for output in self.execution.outputs[index]:
                yield from _shown(output, cell.alt)

    @cached_property
    def glued(self) -> dict[str, str]:
        """The glued values, as Python writes them."""
        return outputs.glued(self.execution.outputs) if self.execution else {}

    def _roles(self, text: str, links: bool = True) -> str:
        text = IMAGE.sub(r"*Figure: \1*", text)  # the site keeps files elsewhere
        return ROLE.sub(lambda match: self._role(match, links), text)

    def _role(self, match: re.Match[str], links: bool) -> str:
        name, content = match[1], " ".join(match[3].split())
        explicit = EXPLICIT.match(content)
        text, target = explicit.groups() if explicit else ("", content)
        if name.startswith("glue:"):
            return self._number(content) or match[0]
        if name == "concept":
            return self._concept(text, target, links)
        if name.startswith("cite"):
            return self._citation(content.split(","), name.endswith("t"), links)
        return f"${content}$" if name == "math" else text or content

    def _number(self, content: str) -> str:
        """Return a glued value in the form asked for ("" for one that Sphinx warns of)."""
        key, _, form = content.partition(":")
        try:
            return format_plain_text(self.glued[key], form)
        except (KeyError, ValueError):
            return ""

    def _concept(self, text: str, slug: str, links: bool) -> str:
        page = self.site.book.concept(slug)
        known = page or self.site.book.planned.get(slug)
        text = text or (known.title if known else slug)
        return f"[{text}]({self.site.markdown_url(page.name)})" if page and links else text

    def _citation(self, keys: list[str], textual: bool, links: bool) -> str:
        """Return citations as the book shows them: Author (year), or (Author, year)."""
        labels = []
        for key in map(str.strip, keys):
            work = self.works.get(key)
            label, url = key, ""
            if work:
                form = "{} ({})" if textual else "{}, {}"
                label, url = form.format(works.authors(work), works.year(work)), works.url(work)
            labels.append(f"[{label}]({url})" if url and links else label)
        return ", ".join(labels) if textual else f"({'; '.join(labels)})"


def _fenced(text: str, language: str) -> str:
    mark = "````" if "```" in text else "```"
    return f"{mark}{language}\n{text.strip(chr(10))}\n{mark}"


def _shown(output: dict[str, Any], alt: str) -> Iterator[str]:
    """Yield what a cell's output (nbformat) shows, as text."""
    data = output.get("data", {})
    if any(kind.startswith("image/") for kind in data):
        yield f"*Figure: {alt}*"
        return
    text = output.get("text") or data.get("text/plain", "")
    if text.strip():
        yield _fenced(text, "text")


def plain_title(page: Page) -> str:
    """Return a page's title as text without markup."""
    (inline,) = INLINE.parseInline(page.title)
    return "".join(token.content for token in inline.children)


def item(site: Site, page: Page) -> str:
    """Return a page as an item of a list: a link to its Markdown, and its summary."""
    title = re.sub(r"([\[\]])", r"\\\1", plain_title(page))
    link = f"- [{title}]({site.markdown_url(page.name)})"
    return f"{link}: {page.meta.summary}" if page.meta.summary else link


def write_page(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Write a page's Markdown beside its HTML: what one is made from, the other is."""
    site = website.of(app)
    page = site.book.pages.get(name)
    if page is None or not website.is_wanted(app):
        return
    bibliography = app.env.get_domain("cite").bibdata.data.entries
    text = Converter(site, page, run.current().execution(name), bibliography).document()
    file = Path(app.outdir, f"{name}.md")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("html-page-context", write_page)

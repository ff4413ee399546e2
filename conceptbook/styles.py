"""One stylesheet for the whole book: the sheets of theme and extensions, without unused rules.

The stock page waits for a dozen stylesheets of 73 kB (compressed), of which it uses a quarter. Here
they are joined in their order, and a rule goes when a class or id that its selector needs stands
in no finished page and in no script. https://www.w3.org/TR/css-syntax-3/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import tinycss2
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from tinycss2.ast import Node

from . import website

JOINED = "book.css"
# What the theme's own template loads before all others (styles/theme.css imports basic.css).
THEME_SHEETS = ("basic.css", "styles/pydata-sphinx-theme.css")
JOINED_LINK = re.compile(rf"(_static/{JOINED}\?v=)[0-9a-f]*")
ATTRIBUTE = re.compile(r"""\b(?:class|id)=(?:"([^"]*)"|'([^']*)')""")
WORD = re.compile(r"[A-Za-z_][\w-]*")
URL = re.compile(r"""url\((["']?)(?!data:|#|[a-z]+:)([^"')]+)\1\)""")
READ_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
SET_VARIABLE = re.compile(r"(?<=[{;])\s*(--[\w-]+)\s*:[^;{}]*(?:;|(?=\}))")
WITH_RULES = {"media", "supports", "layer", "container"}


def used_names(pages: Iterable[str], scripts: Iterable[str]) -> frozenset[str]:
    """Return the classes and ids of pages, and every word of scripts, which may set one."""
    names = (
        name
        for page in pages
        for match in ATTRIBUTE.finditer(page)
        for name in (match[1] or match[2] or "").split()
    )
    return frozenset(names).union(*map(_words, scripts))


@lru_cache(maxsize=64)  # as below
def _words(script: str) -> frozenset[str]:
    return frozenset(WORD.findall(script))


@lru_cache(maxsize=32)  # the sheets of a book: a preview joins them after each save
def reduced(css: str, used: frozenset[str]) -> str:
    """Return a sheet without comments and without the rules that no name in ``used`` meets."""
    nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(_kept(nodes, used))


def _kept(nodes: list[Node], used: frozenset[str]) -> Iterator[str]:
    for node in nodes:
        if node.type == "error":
            raise ExtensionError(f"a stylesheet cannot be read: {node.message}")
        if node.type == "at-rule" and node.lower_at_keyword == "import":
            raise ExtensionError(f"a stylesheet imports another: {node.serialize()}")
        if node.type == "qualified-rule":
            selectors = [part for part in _split(node.prelude) if _needed(part) <= used]
            if selectors:
                names = ",".join(_compact(part) for part in selectors)
                yield f"{names}{{{_compact(node.content)}}}"
        elif node.lower_at_keyword in WITH_RULES and node.content is not None:
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            text = "".join(_kept(inner, used))
            if text:
                yield f"@{node.at_keyword} {_compact(node.prelude)}{{{text}}}"
        elif node.lower_at_keyword != "charset":
            yield node.serialize()


def _split(prelude: list[Node]) -> list[list[Node]]:
    """Return the selectors of a list."""
    parts: list[list[Node]] = [[]]
    for node in prelude:
        if node == ",":
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def _needed(selector: list[Node]) -> set[str]:
    """Return the classes and ids without which a selector matches nothing.

    What stands in :not(), :is() and their like is left open: the rule is then kept.
    """
    names = {node.value for node in selector if node.type == "hash"}
    for dot, name in pairwise(selector):
        if dot == "." and name.type == "ident":
            names.add(name.value)
    return names


def _compact(nodes: list[Node]) -> str:
    """Return nodes as text with single spaces."""
    kept = (node for node in nodes if node.type != "comment")
    text = "".join(" " if node.type == "whitespace" else node.serialize() for node in kept)
    return text.strip()


@lru_cache(maxsize=4)  # as above
def without_unused_variables(css: str) -> str:
    """Return a sheet without custom properties that nothing reads."""
    read = set(READ_VARIABLE.findall(css))
    shorter = SET_VARIABLE.sub(lambda match: match[0] if match[1] in read else "", css)
    # Those that were read only by the ones gone go next.
    return css if shorter == css else without_unused_variables(shorter)


def rebased(css: str, folder: PurePosixPath) -> str:
    """Return a sheet of ``folder`` as it must read one level above all: its URLs start there."""

    def moved(match: re.Match[str]) -> str:
        parts: list[str] = []
        for part in (folder / match[2]).parts:
            if part == ".." and parts:
                parts.pop()
            else:
                parts.append(part)
        return f"url({match[1]}{'/'.join(parts)}{match[1]})"

    return URL.sub(moved, css)


def _sheets(app: Sphinx) -> list[str]:
    """Return the sheets that every page loads, below ``_static``, in their order."""
    own = sorted(app.builder._orig_css_files, key=lambda sheet: sheet.priority)
    names = [str(sheet.filename).removeprefix("_static/") for sheet in own]
    return [*THEME_SHEETS, *names]


def use_joined(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Leave a page those sheets that it alone loads; the template links the joined one."""
    shared = {f"_static/{name}" for name in _sheets(app)}
    sheets = context.get("css_files", ())
    context["css_files"] = [s for s in sheets if str(s.filename) not in shared]
    # Fonts are needed with the first line, and a browser finds them only in the sheet.
    context["conceptbook_fonts"] = [
        f"_static/fonts/{font.name}"
        for folder in app.config.html_static_path
        for font in sorted(Path(app.srcdir, folder, "fonts").glob("*.woff2"))
    ]


def write(app: Sphinx, error: Exception | None) -> None:
    """Join the sheets of the finished site, and name their digest in each page."""
    if error or not website.is_wanted(app):
        return
    site = Path(app.outdir)
    static = site / "_static"
    files = list(site.rglob("*.html"))
    pages = {file: file.read_text(encoding="utf-8") for file in files}
    scripts = (file.read_text(encoding="utf-8") for file in sorted(static.rglob("*.js")))
    used = used_names(pages.values(), scripts)
    sheets = (
        rebased(
            reduced((static / name).read_text(encoding="utf-8"), used), PurePosixPath(name).parent
        )
        for name in _sheets(app)
    )
    css = without_unused_variables("\n".join(sheets))
    (static / JOINED).write_text(css, encoding="utf-8")
    digest = hashlib.sha256(css.encode()).hexdigest()[:8]
    for file, text in pages.items():
        marked = JOINED_LINK.sub(rf"\g<1>{digest}", text)
        if marked != text:
            file.write_text(marked, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register what joins the sheets, after the icons are cut."""
    app.connect("html-page-context", use_joined, priority=950)
    app.connect("build-finished", write, priority=600)

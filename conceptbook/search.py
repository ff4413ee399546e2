"""The search index: Pagefind over the finished pages, and the words that spelling is held against.

Pagefind lists a page's sections by the ids of its headings, and weighs text by attributes.
Sphinx puts the ids on sections, so a prepared copy of each page is indexed; the published HTML
stays as it is. https://pagefind.app/docs/indexing/
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Container, Iterable
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from lxml import html
from lxml.html import builder as E
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from . import run, website
from .book import Book, Page

FOLDER = "pagefind"
SPELLING = "spelling"
TEXT_PARTS = 64
HEADINGS = ("h1", "h2", "h3", "h4")
# How much a word counts by where it stands; running text counts 1. Titles and aliases come
# first by what search.js gives to metadata.
WEIGHTS = {
    "summary": "8",
    "h2": "5",
    "h3": "5",
    "probe": "4",
    "code": "0.2",
    "output": "0.1",
    "cited": "0",  # the list of works, which names everything, stands behind the concepts
}
LEFT_OUT = (
    ".//*[contains(@class, 'headerlink')]",
    ".//dl[contains(@class, 'provenance')]",
    ".//section[contains(concat(' ', @class, ' '), ' related ')]",
    ".//*[contains(@class, 'catalogue')]",
    ".//aside[contains(@class, 'progress-strip')]",
    ".//svg",
    ".//annotation",  # a formula's LaTeX, beside the formula
    ".//script",
    ".//style",
    ".//button",
)
CODE = ".//div[contains(@class, 'cell_input')]"
OUTPUT = ".//div[contains(@class, 'cell_output')]"
OWN_DIALOGS = re.compile(r"pagefind-(.*ui|highlight)\.")  # of Pagefind, which no page loads
WORD = re.compile(r"[a-z][a-z0-9]{2,24}")


def indexed_page(text: str, page: Page, book: Book) -> str:
    """Return the copy of a page that Pagefind reads: marked, weighed and stripped."""
    article = html.fromstring(text).find(".//article")
    for path in LEFT_OUT:
        for element in article.xpath(path):
            element.drop_tree()
    for section in article.iter("section"):
        heading = next((child for child in section if child.tag in HEADINGS), None)
        if heading is not None and section.get("id"):
            heading.set("id", section.attrib.pop("id"))
    for name in ("h2", "h3"):
        for heading in article.iter(name):
            heading.set("data-pagefind-weight", WEIGHTS[name])
    for fold in article.xpath(".//details[contains(@class, 'probe')]"):
        question = fold.find("summary")  # a section of its own, which a result opens
        question.tag = "h4"
        question.set("id", fold.attrib.pop("id"))
        question.set("data-pagefind-weight", WEIGHTS["probe"])
        for level in question.xpath("./*[contains(@class, 'probe-level')]"):
            level.drop_tree()
    for path, name in ((CODE, "code"), (OUTPUT, "output")):
        for element in article.xpath(path):
            element.set("data-pagefind-weight", WEIGHTS[name])
    article.set("data-pagefind-body", "")
    if not page.concept and page.slug != "index":
        for element in article.xpath(
            "descendant-or-self::*[self::article or @data-pagefind-weight]"
        ):
            element.set("data-pagefind-weight", WEIGHTS["cited"])
    for element in reversed(_facts(page, book)):
        article.insert(0, element)
    document = E.HTML(E.HEAD(E.TITLE(page.title)), E.BODY(article), lang="en")
    return html.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>")


def _facts(page: Page, book: Book) -> list[Any]:
    """Return the elements that hold what Pagefind filters by and shows of a page."""
    facts = [_meta("title", page.title), _meta("summary", page.meta.summary)]
    facts.append(_meta("aliases", ", ".join(page.meta.aliases)))
    if page.domain:
        facts += [_filter("domain", book.domain_title(page.domain))]
        facts += [_meta("domain", book.domain_title(page.domain)), _meta("folder", page.domain)]
    settings = book.settings
    facts += [_filter("tag", settings.tags.get(tag, tag)) for tag in page.meta.tags]
    if page.meta.evidence:
        facts.append(_filter("evidence", settings.evidence[page.meta.evidence]))
    summary = html.Element("p", {"data-pagefind-weight": WEIGHTS["summary"]})
    summary.text = page.meta.summary
    return [*facts, summary]


def _meta(name: str, value: str) -> Any:
    return html.Element("meta", {"data-pagefind-meta": f"{name}[content]", "content": value})


def _filter(name: str, value: str) -> Any:
    return html.Element("meta", {"data-pagefind-filter": f"{name}[content]", "content": value})


def spelling(book: Book, texts: Iterable[str]) -> dict[str, dict[str, int] | list[str]]:
    """Return by file name what a query's words are held against.

    ``text-N`` lists words of ``texts`` (a word among them is spelled right); ``names-L`` counts
    the words of titles, aliases and headings that begin with a letter (what another word may be
    meant for). In parts, so that a reader of a large book loads a few of its words only.
    """
    names: Counter[str] = Counter()
    for page in book.concepts:
        parts = (page.title, page.slug.replace("-", " "), *page.meta.aliases, *page.headings)
        names.update(WORD.findall(" ".join(parts).lower()))
    for entry in book.missing:
        names.update(WORD.findall(entry.title.lower()))
    known = {word for text in texts for word in WORD.findall(text.lower())} | set(names)
    files: dict[str, Any] = {f"text-{part}": [] for part in range(TEXT_PARTS)}
    files |= {f"names-{letter}": {} for letter in ascii_lowercase}
    for word in sorted(known):
        files[f"text-{text_part(word)}"].append(word)
    for word in sorted(names):
        files[f"names-{word[0]}"][word] = names[word]
    return files


def text_part(word: str) -> int:
    """Return the part that holds a word and all that begin as it does; so search-engine.js too."""
    return (ord(word[0]) * 31 + ord(word[1])) % TEXT_PARTS


def planned(book: Book) -> list[dict[str, str]]:
    """Return what a search without results may suggest: the pages that are planned."""
    return [{"title": entry.title} for entry in book.missing]


def _index(pages: list[tuple[str, str]], folder: Path) -> None:
    """Index prepared pages into ``folder``.

    By Pagefind's command: its Python service may be stopped before its last file is on disk.
    """
    with tempfile.TemporaryDirectory() as prepared:
        for name, content in pages:
            file = Path(prepared, f"{name}.html")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        command = [sys.executable, "-m", "pagefind", "--site", prepared, "--quiet"]
        result = subprocess.run(
            [*command, "--output-path", str(folder)], capture_output=True, text=True, check=False
        )
    if result.returncode:
        raise ExtensionError(f"Pagefind made no search index: {result.stderr or result.stdout}")
    for file in folder.iterdir():
        if OWN_DIALOGS.search(file.name):
            file.unlink()


def _searchable(book: Book, written: Container[str]) -> list[Page]:
    """Return the pages worth finding: concepts, and others that say in a summary what they are."""
    named = (page for page in book.pages.values() if page.name in written)
    return [page for page in named if page.concept or page.meta.summary]


def write_index(book: Book, pages: Iterable[tuple[Page, str]], folder: Path) -> None:
    """Write into ``folder`` all that the reader's search loads, for pages and their HTML."""
    prepared = [(page.name, indexed_page(text, page, book)) for page, text in pages]
    shutil.rmtree(folder, ignore_errors=True)  # pieces of the last index have other names
    _index(prepared, folder)
    (folder / SPELLING).mkdir(exist_ok=True)
    texts = (html.fromstring(content).text_content() for _, content in prepared)
    for name, words in spelling(book, texts).items():
        (folder / SPELLING / f"{name}.json").write_text(json.dumps(words), encoding="utf-8")
    (folder / "planned.json").write_text(json.dumps(planned(book)), encoding="utf-8")


def write(app: Sphinx, error: Exception | None) -> None:
    """Index the finished site."""
    if error or not website.is_whole(app):
        return
    book, output = run.current().book, Path(app.outdir)
    pages = _searchable(book, app.env.all_docs)
    texts = ((output / f"{page.name}.html").read_text(encoding="utf-8") for page in pages)
    write_index(book, zip(pages, texts, strict=True), output / FOLDER)


def replace_sphinx_search(app: Sphinx) -> None:
    """Turn off Sphinx's own search: its index is one file that grows with the book."""
    app.builder.search = False
    app.config.html_additional_pages["search"] = "conceptbook-search.html"


def setup(app: Sphinx) -> None:
    """Register the index, the dialog's script and the page that holds it."""
    app.connect(
        "config-inited", lambda app, config: config.html_theme_options.update(disable_search=True)
    )
    app.connect("builder-inited", replace_sphinx_search)
    app.connect("build-finished", write)
    app.add_js_file("search.js", loading_method="defer")
    app.add_css_file("search.css")

"""The questions of the book: an index of all, and one file a page with the answers.

Both are scripts that call ``conceptPractice``: a browser reads no data from a folder of files, and
the book is also read as one. A question is known as ``slug#anchor``, and readers' schedules hold on
to that: one that is reworded is recognized by its answer, or by the id its author wrote down.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..book import Book, Page
from ..plain import plain_title
from ..structure import Probe
from ..website import Site
from .content import Content, Table

FOLDER = "_practice"
INDEX = f"{FOLDER}/index.js"


def digest(probe: Probe) -> str:
    """Return what changes with the text of an answer (not with a number computed in it)."""
    return hashlib.sha256(" ".join(probe.answer.split()).encode()).hexdigest()[:8]


def index(site: Site, folder: Path) -> dict[str, Any]:
    """Return what a reader chooses from: pages with domain, tags and questions, without answers.

    ``folder`` is that of the site, where each page's answers are written already.
    """
    book = site.book
    return {
        "domains": {domain: book.domain_title(domain) for domain in site.domains},
        "moved": moved(book),
        "pages": [_page(site, page, folder) for page in book.concepts],
    }


def moved(book: Book) -> dict[str, str]:
    """Return the slugs that pages have now, by those that they or what they took in had."""
    slugs = ((_slug(old), _slug(new)) for old, new in book.settings.former.items())
    return {old: new for old, new in slugs if old != new}


def designs(book: Book) -> list[Page]:
    """Return the pages that can be held as an interview: those with a clock and a rubric."""
    structures, domains = book.settings.structures, book.settings.domains
    return [
        page
        for page in book.concepts
        if all(structures[domains[page.domain]].section(role) for role in ("clock", "rubric"))
    ]


def _slug(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _page(site: Site, page: Page, folder: Path) -> dict[str, Any]:
    answers = read_page(page.slug, folder).answers
    record = {
        "slug": page.slug,
        "name": page.name,
        "title": plain_title(page),
        "domain": page.domain,
        "tags": page.meta.tags,
        "questions": [
            [probe.id, probe.level, digest(probe), answers[probe.id][0]] for probe in page.probes
        ],
    }
    if page in designs(site.book):  # an interview ends with what to read
        related = ((site.book.concept(slug), why) for slug, why in page.meta.related.items())
        record["related"] = [[to.name, plain_title(to), why] for to, why in related if to]
    return record


def write_index(site: Site, folder: Path) -> None:
    """Write the index of all questions below the site's folder."""
    write(folder / INDEX, "index", index(site, folder))


def write_page(page: Page, content: Content, folder: Path) -> None:
    """Write the answers of one page below the site's folder."""
    write(folder / FOLDER / f"{page.slug}.js", "page", {"slug": page.slug, **asdict(content)})


def read_page(slug: str, folder: Path) -> Content:
    """Return what this build or one before wrote of a page below the site's folder."""
    text = (folder / FOLDER / f"{slug}.js").read_text(encoding="utf-8")
    value = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    tables = {
        name: Table(tuple(value[name]["head"]), tuple(map(tuple, value[name]["rows"])))
        for name in ("rubric", "clock", "trade_offs")
    }
    answers = {probe: (question, answer) for probe, (question, answer) in value["answers"].items()}
    return Content(value["definition"], answers, value["levels"], **tables)


def write(file: Path, name: str, value: Any) -> None:
    """Write a script that hands a value to the function of ``conceptPractice`` with that name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    file.write_text(f"conceptPractice.{name}({text});\n", encoding="utf-8")

"""Sentences that stand in two pages: what can move to another page says nothing of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from .book import Page
from .problems import Problem

WORDS = 8  # shorter ones ("Read the page.") are anybody's
END = re.compile(r"(?<=[.!?])[\"”’)*]*\s+(?=[\"“‘(*]*[A-Z0-9])")
WORD = re.compile(r"[\w’']+")
FIX = "say what holds for this page only, or link to the other"


def find(pages: Iterable[Page]) -> Iterator[Problem]:
    """Yield each place of a sentence that another page has too, with one of the others."""
    places: dict[str, list[tuple[Page, int, str]]] = defaultdict(list)
    for page in pages:
        for line, sentence in sentences(page):
            words = WORD.findall(sentence.lower())
            if len(words) >= WORDS:
                places[" ".join(words)].append((page, line, sentence))
    for same in places.values():
        for page, line, sentence in same:
            other = next((place for place in same if place[0] is not page), None)
            if other:
                message = f"'{sentence}' also stands at {other[0].path}:{other[1]}"
                yield Problem(page.path, line, message, FIX)


def of(page: Page, pages: Iterable[Page]) -> list[Problem]:
    """Return the places of one page alone."""
    return [problem for problem in find(pages) if problem.path == page.path]


def sentences(page: Page) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a page's prose, each with the line on which it begins."""
    for first, paragraph in page.prose:
        start = 0
        for end in [*END.finditer(paragraph), None]:
            sentence = paragraph[start : end.start() if end else None]
            yield first + paragraph.count("\n", 0, start), " ".join(sentence.split())
            start = end.end() if end else 0

"""Suggested paths through the book: ordered lists of pages for an occasion, in one data file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import yamltext
from .problems import BookError, Problem

FILE = "paths.yml"
SCHEMA = {
    "type": ["array", "null"],
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["title", "why", "pages"],
        "properties": {
            "title": {"type": "string", "minLength": 1},
            "why": {"type": "string", "minLength": 1},
            "pages": {"type": "array", "minItems": 2, "items": {"type": "string"}},
        },
    },
}


@dataclass(frozen=True)
class ReadingPath:
    """A path: its title, what it is for, and the slugs of its pages in their order."""

    title: str
    why: str
    pages: tuple[str, ...]


def read(file: Path, path: str, slugs: Iterable[str]) -> tuple[list[ReadingPath], list[Problem]]:
    """Return the paths that a file holds (none where there is no file), and its mistakes.

    ``path`` is how messages call it, ``slugs`` are the pages that a path may name: written and
    planned ones.
    """
    if not file.is_file():
        return [], []
    try:
        entries, lines = yamltext.read_file(file, path)
    except BookError as error:
        return [], error.problems
    problems = list(yamltext.check(entries, SCHEMA, path, lines))
    if problems:
        return [], problems
    known = list(slugs)
    for number, entry in enumerate(entries or ()):
        seen: set[str] = set()
        for position, slug in enumerate(entry["pages"]):
            line = lines.get((number, "pages", position), 1)
            if slug not in known:
                message = f"'{slug}' is no page of the book, written or planned"
                problems.append(Problem(path, line, message, yamltext.closest(slug, known)))
            if slug in seen:
                fix = "a path leads through a page once: remove one"
                problems.append(Problem(path, line, f"'{slug}' is on this path twice", fix))
            seen.add(slug)
    found = [ReadingPath(e["title"], e["why"], tuple(e["pages"])) for e in entries or ()]
    return found, problems

"""The contents list ``_toc.yml`` against the pages that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from sphinx_external_toc.parsing import MalformedError, parse_toc_data, parse_toc_yaml

from . import yamltext
from .problems import BookError, Problem
from .yamltext import Address


def check_contents(toc: Path, pages: dict[str, str]) -> tuple[list[str], list[Problem]]:
    """Return the pages in reading order, and what is wrong with the contents list.

    ``pages`` maps each page (no suffix) to its path.
    """
    try:
        root, lines = yamltext.read_file(toc, toc.name)
    except BookError as error:
        return [], error.problems
    problems = []
    order: list[str] = []
    for page, line in _entries(root, lines, ()):
        if page in order:
            fix = "a page has one place: remove the second entry"
            problems.append(Problem(toc.name, line, f"'{page}' is listed twice", fix))
        elif page not in pages:
            message = f"'{page}' is listed, but there is no such file"
            problems.append(Problem(toc.name, line, message, "write the page or remove the entry"))
        else:
            order.append(page)
    if not problems:  # this reader stops at the first mistake, and names it by its position
        try:
            parse_toc_data(root)
        except MalformedError as error:
            return [], [_malformed(str(error), toc.name, lines)]
    for page, path in pages.items():
        if page not in order:
            fix = f"add '- file: {page}' under its part"
            problems.append(Problem(path, 1, f"page missing from {toc.name}", fix))
    return order, problems


def _malformed(text: str, name: str, lines: dict[Address, int]) -> Problem:
    """Place what the reader says: ``reason, allowed: … @ '/parts/0/chapters/2'``."""
    reason, _, position = text.partition(" @ ")
    address = [int(p) if p.isdigit() else p for p in re.findall(r"\w+", position)]
    line = lines.get(tuple(address), 1)
    fix = "see https://jupyterbook.org/v1/structure/toc.html"
    return Problem(name, line, reason.split(", allowed:")[0], fix)


def _entries(value: Any, lines: dict[Address, int], address: Address) -> Iterator[tuple[str, int]]:
    """Yield every ``root`` and ``file`` entry, without suffix, with its line."""
    if isinstance(value, dict):
        items = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, list) else []
    for key, entry in items:
        if key in ("root", "file") and isinstance(entry, str):
            yield entry.removesuffix(".md"), lines[*address, key]
        else:
            yield from _entries(entry, lines, (*address, key))


def usable(toc: Path) -> bool:
    """Say whether a contents list is good enough for pages to be rendered."""
    try:
        parse_toc_yaml(toc)
    except (OSError, ValueError, yaml.YAMLError, MalformedError):
        return False
    return True


def parts(toc: Path) -> list[tuple[str, list[str]]]:
    """Return the parts of a valid contents list: caption and page names each."""
    root = parse_toc_yaml(toc).root
    return [
        (tree.caption or "", [name.removesuffix(".md") for name in tree.files()])
        for tree in root.subtrees
    ]

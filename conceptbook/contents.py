"""The contents list ``_toc.yml`` against the pages that exist."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from sphinx_external_toc.parsing import MalformedError, parse_toc_data, parse_toc_yaml

from . import yamltext
from .problems import BookError, Problem
from .yamltext import Address

CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")


def check_contents(toc: Path, pages: dict[str, str]) -> tuple[list[str], list[Problem]]:
    """Return the pages in reading order, and what is wrong with the contents list.

    ``pages`` maps each page (no suffix) to its path.
    """
    try:
        root, lines = _read_merged(toc)
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


def with_page(toc: Path, name: str) -> str:
    """Return the contents list with one more line: a page below the last one of its domain.

    Edited as text, for its comments and its form are its authors'. Raises BookError for a list
    that is malformed, in the midst of a merge, or has no line to put the new one below.
    """
    root, lines = _read_merged(toc)
    listed = list(_entries(root, lines, ()))
    domain = name.split("/")[0]
    places = [line for page, line in listed if page.startswith(f"{domain}/")]
    fix = f"add '- file: {name}' by hand, then write the page"
    if not places:
        message = f"no page of '{domain}' is listed, so the place of '{name}' is not clear"
        raise BookError([Problem(toc.name, 1, message, fix)])
    text = toc.read_bytes().decode("utf-8")  # with the line ends that it has
    if name in [page for page, _ in listed]:
        return text
    rows = text.splitlines(keepends=True)
    depth = _indent(rows[places[0] - 1])
    place = [line for line in places if _indent(rows[line - 1]) == depth][-1]
    edited = _insert_below(rows, place, name)
    try:
        pages = [page for page, _ in _entries(*yamltext.read(edited, toc.name), ())]
    except BookError:
        pages = []
    if sorted(pages) != sorted([name, *(page for page, _ in listed)]):
        message = f"the pages of '{domain}' are not listed one a line"
        raise BookError([Problem(toc.name, place, message, fix)])
    return edited


def _read_merged(toc: Path) -> tuple[Any, dict[Address, int]]:
    """Read a contents list; its conflict markers are named before YAML stumbles over them."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for number, line in enumerate(toc.read_text(encoding="utf-8").splitlines(), start=1):
            if CONFLICT.match(line):
                fix = "finish the merge: keep the lines that are meant, delete the markers"
                raise BookError([Problem(toc.name, number, "a conflict marker of git", fix)])
    return yamltext.read_file(toc, toc.name)


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _insert_below(rows: list[str], line: int, name: str) -> str:
    """Return the rows as text, with an entry for a page below the entry that begins at a line."""
    first = rows[line - 1]
    depth = _indent(first)
    position = line
    for number, row in enumerate(rows[line:], start=line + 1):
        if row.strip() and not row.lstrip().startswith("#"):
            if _indent(row) <= depth:
                break
            position = number  # the entry's title, or pages below it
    end = "\r\n" if rows[0].endswith("\r\n") else "\n"  # the last row may have none
    above = "".join(rows[:position])
    above += "" if above.endswith("\n") else end
    return f"{above}{first[:depth]}- file: {name}{end}{''.join(rows[position:])}"


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

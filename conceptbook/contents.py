"""The contents list ``_toc.yml`` against the pages that exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

from .problems import Problem


def check_contents(toc: Path, name: str, pages: dict[str, str]) -> tuple[list[str], list[Problem]]:
    """Return the pages in reading order, and what is wrong with the contents list.

    ``name`` is how messages call the file; ``pages`` maps each page (no suffix) to its path.
    """
    try:
        text = toc.read_text(encoding="utf-8")
        root = yaml.compose(text)
        parse_toc_yaml(toc)
    except OSError:
        return [], [Problem(name, 1, "the contents list is missing", "add it; see the README")]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        fix = "mend the YAML (look for tabs, indentation, conflict markers)"
        return [], [Problem(name, mark.line + 1 if mark else 1, "malformed YAML", fix)]
    except MalformedError as error:
        reason = str(error).splitlines()[0]
        return [], [Problem(name, 1, reason, "see the format in Jupyter Book's documentation")]
    problems = []
    order: list[str] = []
    for page, line in _entries(root):
        if page in order:
            fix = "a page has one place: remove the second entry"
            problems.append(Problem(name, line, f"'{page}' is listed twice", fix))
        elif page not in pages:
            message = f"'{page}' is listed, but there is no such file"
            problems.append(Problem(name, line, message, "write the page or remove the entry"))
        else:
            order.append(page)
    for page, path in pages.items():
        if page not in order:
            fix = f"add '- file: {page}' under its part"
            problems.append(Problem(path, 1, f"page missing from {name}", fix))
    return order, problems


def _entries(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Yield every ``root`` and ``file`` entry, without suffix, with its line."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in ("root", "file") and isinstance(value, yaml.ScalarNode):
                yield value.value.removesuffix(".md"), value.start_mark.line + 1
            else:
                yield from _entries(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _entries(value)


def parts(toc: Path) -> list[tuple[str, list[str]]]:
    """Return the parts of a valid contents list: caption and page names each."""
    root = parse_toc_yaml(toc).root
    return [
        (tree.caption or "", [name.removesuffix(".md") for name in tree.files()])
        for tree in root.subtrees
    ]

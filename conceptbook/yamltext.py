"""YAML with the line of every entry, and its mistakes as problems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from .problems import BookError, Problem

# Where an entry is: the keys and positions that lead to it.
Address = tuple[str | int, ...]

FIX = "mend the YAML (quote values that hold ': ' or '#'; look for tabs and indentation)"


def read(text: str, path: str, above: int = 0) -> tuple[Any, dict[Address, int]]:
    """Return what a YAML text says, and the line of each entry in the file that holds it.

    ``above`` is the number of lines of that file before the text. Raises BookError for text
    that is not YAML and for a key that a mapping holds twice (YAML keeps the last in silence).
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: the 45th of a month, say
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BookError(
            [Problem(path, _line(error) + above, f"malformed YAML: {reason}", FIX)]
        ) from error
    lines: dict[Address, int] = {}
    twice = []
    for address, line in _entries(node, ()):
        if address in lines:
            message = f"'{address[-1]}' is given twice"
            twice.append(Problem(path, line + above, message, "keep one of the two"))
        lines[address] = line + above
    if twice:
        raise BookError(twice)
    return value, lines


def _line(error: Exception) -> int:
    """Return the line to mend: where a bracket or quote opened rather than where it was missed."""
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context", None) or ""
    if "flow" in context or "quoted" in context:
        mark = error.context_mark
    return mark.line + 1 if mark else 1


def _entries(node: yaml.Node | None, address: Address) -> Iterator[tuple[Address, int]]:
    if isinstance(node, yaml.MappingNode):
        entries = [(key.value, key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        entries = [(index, value, value) for index, value in enumerate(node.value)]
    else:
        return
    for name, place, value in entries:
        yield (*address, name), place.start_mark.line + 1
        yield from _entries(value, (*address, name))

"""YAML with the line of every entry, and its mistakes as problems."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, ValidationError

from .problems import BookError, Problem

# Where an entry is: the keys and positions that lead to it.
Address = tuple[str | int, ...]

FIX = "mend the YAML (quote values that hold ': ' or '#'; look for tabs and indentation)"

# "\ud83d\ude00" is how JSON escapes one character. YAML reads two halves, which no file can hold.
HALF = re.compile(r"[\ud800-\udfff]")
WHOLE = r"write the character itself, or its number as \U0001F600"


def read(text: str, path: str, above: int = 0) -> tuple[Any, dict[Address, int]]:
    """Return what a YAML text says, and the line of each entry in the file that holds it.

    ``above`` is the number of lines of that file before the text. Raises BookError for text
    that is not YAML, for a key that a mapping holds twice (YAML keeps the last in silence) and
    for an escape that stands for half a character.
    """
    try:
        node, value = _load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: the 45th of a month, say
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BookError(
            [Problem(path, _line(error) + above, f"malformed YAML: {reason}", FIX)]
        ) from error
    halves = [
        Problem(path, scalar.start_mark.line + 1 + above, "an escape is half a character", WHOLE)
        for scalar in _scalars(node)
        if HALF.search(scalar.value)
    ]
    if halves:
        raise BookError(halves)
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


# The YAML files of a book: a preview reads them at each save.
_read_last = lru_cache(maxsize=8)(read)


def _load(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the node of a YAML text and its value; raises what PyYAML does.

    Not by libyaml, which is faster: it accepts texts that MyST-NB and Jupyter Book then do not.
    """
    loading = yaml.SafeLoader(text)
    try:
        node = loading.get_single_node()
        return node, None if node is None else loading.construct_document(node)
    finally:
        loading.dispose()


def read_file(file: Path, path: str) -> tuple[Any, dict[Address, int]]:
    """Do the same for a file, which ``path`` names in messages; BookError when it is missing."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BookError([Problem(path, 1, f"cannot be read: {reason}", "add the file")]) from None
    except UnicodeDecodeError:
        raise BookError([Problem(path, 1, "not UTF-8", "save the file as UTF-8")]) from None
    value, lines = _read_last(text, path)
    return deepcopy(value), dict(lines)


def _line(error: Exception) -> int:
    """Return the line to mend: where a bracket or quote opened rather than where it was missed."""
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context", None) or ""
    if "flow" in context or "quoted" in context:
        mark = error.context_mark
    return mark.line + 1 if mark else 1


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif node is not None:
        for child in node.value:
            for part in child if isinstance(child, tuple) else (child,):
                yield from _scalars(part)


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


def check(
    value: Any, schema: dict[str, Any], path: str, lines: dict[Address, int], above: Address = ()
) -> Iterator[Problem]:
    """Hold a value against a JSON schema; ``above`` is the address of the value in its file."""
    misspelt: set[Address] = set()  # mappings that lack nothing but the right name of a key
    errors = list(Draft7Validator(schema).iter_errors(value))
    for error in sorted(errors, key=lambda error: error.validator != "additionalProperties"):
        address = (*above, *(e if isinstance(e, int) else str(e) for e in error.path))
        name = ".".join(map(str, address)) or path
        if error.validator == "additionalProperties":
            misspelt.add(address)
            known = error.schema["properties"]
            for key in error.instance:
                if key not in known:
                    line = lines.get((*address, str(key)), 1)
                    yield Problem(path, line, f"unknown key '{key}' in {name}", closest(key, known))
        elif error.validator != "required" or address not in misspelt:
            line = lines.get(address, 1)
            yield Problem(path, line, f"{name}: {error.message}", _mend(error))


def _mend(error: ValidationError) -> str:
    if error.validator == "type":
        kinds = error.validator_value
        return f"give it a value of type {kinds if isinstance(kinds, str) else ' or '.join(kinds)}"
    return "add it" if error.validator == "required" else "mend its value"


def closest(name: Any, known: Iterable[str]) -> str:
    """Return advice for a name that is not among the known ones."""
    known = sorted(known)
    close = difflib.get_close_matches(str(name), known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"use one of {', '.join(known)}"

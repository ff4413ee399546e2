"""The front matter of a page: its schema, and errors that name line, field and fix."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from . import yamltext
from .problems import BookError, Problem
from .settings import Settings
from .yamltext import Address

CONCEPT_FIELDS = {
    "summary": str,
    "tags": list,
    "aliases": list,
    "related": dict,
    "evidence": str,
    "jupytext": dict,
    "kernelspec": dict,
}
NOTEBOOK_FIELDS = ("jupytext", "kernelspec")  # asked for where there are cells to run
TYPE_NAMES = {str: "text", list: "a list", dict: "a mapping"}
HOLD_TEXT = ("tags", "aliases", "related")
EXAMPLES = {
    "summary": "summary: The definition in one sentence.",
    "tags": "tags: [retrieval, ranking]",
    "aliases": "aliases: [dual encoder, bi-encoder]",
    "related": "related: {other-page: why one would go there}",
    "evidence": "evidence: real-data",
    "jupytext": "jupytext: {text_representation: {extension: .md, format_name: myst}}",
    "kernelspec": "kernelspec: {display_name: Python 3, name: python3}",
}


@dataclass(frozen=True)
class Metadata:
    """Validated front matter; ``lines`` maps the address of each entry to its line."""

    summary: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    related: dict[str, str] = field(default_factory=dict)
    evidence: str = ""
    kernel: str = ""
    lines: dict[Address, int] = field(default_factory=dict)

    @property
    def facts(self) -> tuple[object, ...]:
        """What other pages show of this one: everything but the lines and the kernel."""
        return (self.summary, self.tags, self.aliases, tuple(self.related.items()), self.evidence)

    def line(self, *address: str | int) -> int:
        """Return the line of a field or of an entry in it (1 for one that is missing)."""
        return self.lines.get(address, 1)


def read(text: str, path: str) -> tuple[dict[str, Any], dict[Address, int]]:
    """Return the front matter of a page and the line of each entry; raises BookError."""
    lines = [line.rstrip() for line in text.split("\n")]
    if lines[0] != "---":
        return {}, {}
    if "---" not in lines[1:]:
        problem = Problem(path, 1, "front matter without an end", "close it with a line '---'")
        raise BookError([problem])
    values, places = yamltext.read("\n".join(lines[1 : lines.index("---", 1)]), path, above=1)
    if values is None:
        return {}, {}
    if not isinstance(values, dict):
        problem = Problem(path, 2, "front matter is not a mapping", "write 'field: value' lines")
        raise BookError([problem])
    return values, places


def validate(
    values: dict[str, Any], lines: dict[Address, int], path: str, settings: Settings, concept: bool
) -> tuple[Metadata, list[Problem]]:
    """Check front matter against the schema; ``concept`` pages must fill in every field."""
    problems: list[Problem] = []

    def problem(address: Address, message: str, fix: str) -> None:
        problems.append(Problem(path, lines.get(address, 1), message, fix))

    for key in values:
        if key not in CONCEPT_FIELDS:
            close = difflib.get_close_matches(str(key), CONCEPT_FIELDS, n=1)
            fix = f"did you mean '{close[0]}'?" if close else "remove it"
            problem((str(key),), f"unknown front-matter field '{key}'", fix)
    for key in CONCEPT_FIELDS if concept else ():
        if key not in values and key not in NOTEBOOK_FIELDS:
            problem((key,), f"front matter lacks '{key}'", f"add for example `{EXAMPLES[key]}`")
    good = {}
    for key, kind in CONCEPT_FIELDS.items():
        value = values.get(key)
        fix = f"write for example `{EXAMPLES[key]}`"
        if key not in values:
            continue
        if not isinstance(value, kind) or not value:
            message = f"'{key}' must be {TYPE_NAMES[kind]} that is not empty, found {value!r}"
            problem((key,), message, fix)
            continue
        good[key] = value
        if key in HOLD_TEXT:
            for name, item in value.items() if kind is dict else enumerate(value):
                if not isinstance(item, str) or not item.strip():
                    address = (key, name if kind is list else str(name))
                    problem(address, f"'{key}' holds {item!r}, which is not text", fix)

    summary = good.get("summary", "")
    if len(summary) > settings.summary_length:
        message = f"summary has {len(summary)} characters, at most {settings.summary_length}"
        problem(("summary",), message, "say it in one shorter sentence")
    for index, tag in enumerate(good.get("tags", [])):
        if isinstance(tag, str) and tag not in settings.tags:
            close = difflib.get_close_matches(tag, settings.tags, n=1)
            fix = "use one of the tags in _config.yml"
            fix = f"did you mean '{close[0]}'? If not, {fix}" if close else fix
            problem(("tags", index), f"unknown tag '{tag}'", fix)
    evidence = good.get("evidence", "")
    if evidence and evidence not in settings.evidence:
        fix = f"use one of {', '.join(settings.evidence)}"
        problem(("evidence",), f"unknown evidence kind '{evidence}'", fix)
    if concept and good.get("tags") and not 2 <= len(good["tags"]) <= 5:
        problem(("tags",), f"{len(good['tags'])} tags", "give 2 to 5")
    if concept and good.get("related") and not 3 <= len(good["related"]) <= 6:
        problem(("related",), f"{len(good['related'])} related pages", "give 3 to 6")
    metadata = Metadata(
        summary=summary,
        tags=tuple(map(str, good.get("tags", []))),
        aliases=tuple(map(str, good.get("aliases", []))),
        related={str(slug): str(reason) for slug, reason in good.get("related", {}).items()},
        evidence=evidence,
        kernel=str(good.get("kernelspec", {}).get("name", "")),
        lines=lines,
    )
    return metadata, problems


def is_notebook(values: dict[str, Any]) -> bool:
    """Say whether the front matter declares a MyST notebook, as Jupytext writes it."""
    jupytext = values.get("jupytext")
    representation = jupytext.get("text_representation") if isinstance(jupytext, dict) else None
    return isinstance(representation, dict) and representation.get("format_name") == "myst"

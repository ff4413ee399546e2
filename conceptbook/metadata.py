"""The front matter of a page: its schema, and errors that name line, field and fix."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

import yaml

from .problems import Problem
from .settings import Settings

CONCEPT_FIELDS = {
    "summary": str,
    "tags": list,
    "aliases": list,
    "related": dict,
    "evidence": str,
    "jupytext": dict,
    "kernelspec": dict,
}
NOTEBOOK_FIELDS = ("jupytext", "kernelspec")
TYPE_NAMES = {str: "text", list: "a list", dict: "a mapping"}
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
    """Validated front matter; ``lines`` maps a field to its line in the file."""

    summary: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    related: dict[str, str] = field(default_factory=dict)
    evidence: str = ""
    kernel: str = ""
    lines: dict[str, int] = field(default_factory=dict)


def split(text: str) -> tuple[str, int]:
    """Return the YAML between the opening ``---`` lines and the number of lines it takes up."""
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        return "", 0
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in ("---", "..."):
            return "\n".join(lines[1:number]), number + 1
    return "\n".join(lines[1:]), len(lines)


def read_yaml(text: str, path: str) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    """Parse front matter into a mapping and the line of each key; malformed YAML is a problem."""
    source, _ = split(text)
    if not source.strip():
        return {}, {}, []
    try:
        node = yaml.compose(source)
        values = yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        reason = getattr(error, "problem", None) or "unreadable"
        fix = "mend the YAML between the two '---' lines (quote values that hold ': ' or '#')"
        return {}, {}, [Problem(path, line, f"malformed front matter: {reason}", fix)]
    if not isinstance(values, dict):
        problem = Problem(path, 2, "front matter is not a mapping", "write 'field: value' lines")
        return {}, {}, [problem]
    lines = {key.value: key.start_mark.line + 2 for key, _ in node.value}
    return values, lines, []


def validate(
    values: dict[str, Any], lines: dict[str, int], path: str, settings: Settings, concept: bool
) -> tuple[Metadata, list[Problem]]:
    """Check front matter against the schema; ``concept`` pages must fill in every field."""
    problems: list[Problem] = []

    def problem(key: str, message: str, fix: str) -> None:
        problems.append(Problem(path, lines.get(key, 1), message, fix))

    for key in values:
        if key not in CONCEPT_FIELDS:
            close = difflib.get_close_matches(str(key), CONCEPT_FIELDS, n=1)
            fix = f"did you mean '{close[0]}'?" if close else "remove it"
            problem(key, f"unknown front-matter field '{key}'", fix)
    required = CONCEPT_FIELDS if concept else ()
    for key in required:
        if key not in values and key != "kernelspec":
            problem(key, f"front matter lacks '{key}'", f"add for example `{EXAMPLES[key]}`")
    for key, kind in CONCEPT_FIELDS.items():
        if key in values and (not isinstance(values[key], kind) or not values[key]):
            found = type(values[key]).__name__
            message = f"'{key}' must be {TYPE_NAMES[kind]} that is not empty, found {found}"
            problem(key, message, f"write for example `{EXAMPLES[key]}`")

    good = {k: v for k, v in values.items() if isinstance(v, CONCEPT_FIELDS.get(k, ()))}
    summary = good.get("summary", "")
    if len(summary) > settings.summary_length:
        message = f"summary has {len(summary)} characters, at most {settings.summary_length}"
        problem("summary", message, "say it in one shorter sentence")
    for tag in good.get("tags", []):
        if tag not in settings.tags:
            close = difflib.get_close_matches(str(tag), settings.tags, n=1)
            hint = f"did you mean '{close[0]}'? The" if close else "the"
            problem("tags", f"unknown tag '{tag}'", f"{hint} list of tags is in _config.yml")
    evidence = good.get("evidence", "")
    if evidence and evidence not in settings.evidence:
        fix = f"use one of {', '.join(settings.evidence)}"
        problem("evidence", f"unknown evidence kind '{evidence}'", fix)
    if concept and good.get("tags") and not 2 <= len(good["tags"]) <= 5:
        problem("tags", f"{len(good['tags'])} tags", "give 2 to 5")
    if concept and good.get("related") and not 3 <= len(good["related"]) <= 6:
        problem("related", f"{len(good['related'])} related pages", "give 3 to 6")
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

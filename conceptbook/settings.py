"""What a book asks of its pages: the ``conceptbook`` section of ``_config.yml``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import yamltext
from .problems import BookError, Problem
from .yamltext import Address

CONFIG_FILE = "_config.yml"
ROLES = ("interview", "rubric", "clock", "trade-offs")
SECTION = ("sphinx", "config", "conceptbook")  # where the settings are in it


@dataclass(frozen=True)
class SectionRule:
    """One section of a page and the least it must hold (0 asks for nothing).

    ``role`` says what practice and flashcards take the section for: one of ROLES.
    """

    title: str
    role: str = ""
    table_rows: int = 0
    probes: int = 0
    staff_probes: int = 0
    subsections: int = 0


@dataclass(frozen=True)
class StructureRule:
    """The order of a page's sections, and the folded summary that opens it."""

    opening: str
    opening_words: int
    sections: tuple[SectionRule, ...]

    def section(self, role: str) -> str:
        """Return the title of the section with a role ("" without one)."""
        return next((section.title for section in self.sections if section.role == role), "")


@dataclass(frozen=True)
class Settings:
    """Settings of one book.

    ``name`` is what readers have the book under, in their browsers and in Anki ("": a name made of
    the title); ``domains`` maps a folder to the name of the structure that its pages follow;
    ``evidence`` and ``tags`` map a key to the label a reader sees, ``moved`` a name that a page had
    to the one it has, ``merged`` the name of a page that is no more to the page which took it in;
    times are in seconds.
    """

    name: str = ""
    domains: dict[str, str] = field(default_factory=dict)
    structures: dict[str, StructureRule] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    summary_length: int = 200
    cell_timeout: int = 60
    output_limit: int = 1_000_000

    @property
    def former(self) -> dict[str, str]:
        """The page to which each name leads that is no page's now."""
        return {**self.moved, **self.merged}


TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
COUNT = {"type": "integer", "minimum": 0}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "domains": TEXTS,
        "evidence": TEXTS,
        "tags": TEXTS,
        "moved": TEXTS,
        "merged": TEXTS,
        "summary_length": COUNT,
        "cell_timeout": COUNT,
        "output_limit": COUNT,
        "structures": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["opening", "opening_words", "sections"],
                "properties": {
                    "opening": {"type": "string"},
                    "opening_words": COUNT,
                    "sections": {
                        "type": "array",
                        "items": {
                            "type": ["string", "object"],
                            "additionalProperties": False,
                            "required": ["title"],
                            "properties": {
                                "title": {"type": "string"},
                                "role": {"enum": list(ROLES)},
                                "table_rows": COUNT,
                                "probes": COUNT,
                                "staff_probes": COUNT,
                                "subsections": COUNT,
                            },
                        },
                    },
                },
            },
        },
    },
}
PLANNED_SCHEMA = {
    "type": ["object", "null"],
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "required": ["title", "definition"],
            "properties": {
                "title": {"type": "string"},
                "definition": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "related": {"type": "array", "items": {"type": "string"}},
                "evidence": {"type": "string"},
            },
        },
    },
}


def from_config(config: dict[str, Any], file: Path) -> Settings:
    """Turn the ``conceptbook`` mapping of a configuration into settings.

    ``file`` is where it was read from. Raises BookError when a key is unknown or a value has
    the wrong shape.
    """
    lines = yamltext.read_file(file, file.name)[1] if file.is_file() else {}
    problems = list(yamltext.check(config, SCHEMA, file.name, lines, SECTION))
    if not problems:
        structures = config.get("structures", {})
        for folder, name in config.get("domains", {}).items():
            if name not in structures:
                line = lines.get((*SECTION, "domains", folder), 1)
                message = f"domain '{folder}' follows the unknown structure '{name}'"
                fix = yamltext.closest(name, structures)
                problems.append(Problem(file.name, line, message, fix))
    if problems:
        raise BookError(problems)
    rules = {name: _structure(rule) for name, rule in structures.items()}
    return Settings(**{**config, "structures": rules})


def _structure(rule: dict[str, Any]) -> StructureRule:
    sections = (
        SectionRule(section) if isinstance(section, str) else SectionRule(**section)
        for section in rule["sections"]
    )
    return StructureRule(rule["opening"], rule["opening_words"], tuple(sections))


@dataclass(frozen=True)
class Planned:
    """A page that is not written yet, and what is known of its front matter."""

    slug: str
    domain: str
    title: str
    definition: str
    tags: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    evidence: str = ""


def read_planned(file: Path, path: str, settings: Settings) -> dict[str, Planned]:
    """Return planned pages by slug.

    The file maps a domain's folder to a mapping of slugs; a book without one plans nothing.
    ``path`` is how messages call it. Raises BookError when it cannot be used.
    """
    if not file.is_file():
        return {}
    domains, lines = yamltext.read_file(file, path)
    problems = list(yamltext.check(domains, PLANNED_SCHEMA, path, lines))
    if problems:
        raise BookError(problems)
    planned = {}
    for domain, entries in (domains or {}).items():
        for slug, entry in entries.items():
            planned[slug] = Planned(**{"slug": slug, "domain": domain, **entry})
            problems += _check_vocabulary(entry, settings, path, lines, (domain, slug))
    if problems:
        raise BookError(problems)
    return planned


def _check_vocabulary(
    entry: dict[str, Any], settings: Settings, path: str, lines: dict[Address, int], at: Address
) -> Iterator[Problem]:
    """Find tags and evidence kinds that the book does not know."""
    for index, tag in enumerate(entry.get("tags", ())):
        if tag not in settings.tags:
            line = lines.get((*at, "tags", index), 1)
            yield Problem(path, line, f"unknown tag '{tag}'", yamltext.closest(tag, settings.tags))
    evidence = entry.get("evidence")
    if evidence and evidence not in settings.evidence:
        line = lines.get((*at, "evidence"), 1)
        fix = f"use one of {', '.join(settings.evidence)}"
        yield Problem(path, line, f"unknown evidence kind '{evidence}'", fix)

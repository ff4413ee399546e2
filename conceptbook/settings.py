"""What a book asks of its pages: the ``conceptbook`` section of ``_config.yml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .problems import BookError, Problem


@dataclass(frozen=True)
class SectionRule:
    """One section of a page and the least it must hold (0 asks for nothing)."""

    title: str
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


@dataclass(frozen=True)
class Settings:
    """Settings of one book.

    ``domains`` maps a folder to the name of the structure that its pages follow;
    ``evidence`` and ``tags`` map a key to the label a reader sees; times are in seconds.
    """

    domains: dict[str, str] = field(default_factory=dict)
    structures: dict[str, StructureRule] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    summary_length: int = 200
    cell_timeout: int = 60
    output_limit: int = 1_000_000


def from_config(config: dict[str, Any], path: str = "_config.yml") -> Settings:
    """Turn the ``conceptbook`` mapping of a configuration into settings.

    Raises BookError when a key is unknown or a value has the wrong shape.
    """
    known = set(Settings.__dataclass_fields__)
    unknown = sorted(set(config) - known)
    if unknown:
        raise BookError(
            Problem(path, 1, f"unknown conceptbook setting '{key}'", f"use one of {sorted(known)}")
            for key in unknown
        )
    values = dict(config)
    try:
        values["structures"] = {
            name: StructureRule(
                opening=rule["opening"],
                opening_words=rule["opening_words"],
                sections=tuple(
                    SectionRule(section) if isinstance(section, str) else SectionRule(**section)
                    for section in rule["sections"]
                ),
            )
            for name, rule in values.get("structures", {}).items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        problem = Problem(
            path,
            1,
            f"conceptbook.structures cannot be read ({error})",
            "give each structure 'opening', 'opening_words' and a list of 'sections'",
        )
        raise BookError([problem]) from error
    for folder, structure in values.get("domains", {}).items():
        if structure not in values["structures"]:
            problem = Problem(
                path,
                1,
                f"domain '{folder}' follows the unknown structure '{structure}'",
                f"use one of {sorted(values['structures'])}",
            )
            raise BookError([problem])
    return Settings(**values)


def read_planned(path: Path) -> dict[str, dict[str, str]]:
    """Return planned pages by slug: ``domain``, ``title`` and ``definition`` each.

    The file maps a domain's folder to a mapping of slugs; a book without one plans nothing.
    """
    if not path.is_file():
        return {}
    domains = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {
        slug: {"domain": domain, **entry}
        for domain, entries in domains.items()
        for slug, entry in entries.items()
    }

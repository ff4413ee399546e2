"""``make new``: a page's skeleton in its place and its line in the contents list, or neither."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import configuration, contents, yamltext
from .book import PLANNED_FILE
from .build import Layout
from .problems import BookError, Problem
from .settings import CONFIG_FILE, SECTION, Planned, Settings, from_config, read_planned
from .skeleton import FIELDS, skeleton

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")
EXAMPLE = "system-design/bloom-filter"
UNWRITABLE = "give yourself the right to write there, or move what is in the way"


@dataclass(frozen=True)
class NewPage:
    """A page just written: its name, its path, and the front matter that is still to choose."""

    name: str
    path: str
    open: list[str]


def create(root: Path, name: str, title: str = "") -> NewPage:
    """Write the skeleton of the page ``domain/slug`` and list it last in its domain.

    What ``planned.yml`` knows of it is filled in, the title too when none is given; the rest is
    valid, so that the page can be seen, and marked as to be chosen. Raises
    BookError, with nothing written, for a name that is malformed, unknown or taken, a contents
    list that cannot be edited, and a tree that cannot be written to.
    """
    layout = Layout(root.resolve())
    config = configuration.read(layout.config, layout.toc, layout.folder)
    settings = from_config(config.get("conceptbook") or {}, layout.config)
    planned_file = layout.folder / PLANNED_FILE
    planned_path = planned_file.relative_to(layout.root).as_posix()
    planned = read_planned(planned_file, planned_path, settings)
    file = layout.folder / f"{name}.md"
    path = f"{layout.folder.name}/{name}.md"
    _check_name(name, layout, settings, planned)
    domain, slug = name.split("/")
    known = planned.get(slug, Planned(slug, domain, "", ""))
    title = " ".join(title.split()) or known.title
    if not title:
        fix = f'give one: make new PAGE={name} TITLE="What readers call it"'
        raise BookError([Problem(path, 1, "the page has no title", fix)])
    fields = zip(FIELDS, (known.definition, known.tags, known.related, known.evidence), strict=True)
    chosen = [field for field, value in fields if value]
    text = skeleton(
        settings.structures[settings.domains[domain]],
        slug=slug,
        title=title,
        definition=known.definition,
        tags=known.tags or list(settings.tags)[:2],
        evidence=known.evidence or next(iter(settings.evidence)),
        related=[other for other in known.related if other != slug]
        or _near(slug, [*_written(layout, settings, domain), *planned]),
        chosen=chosen,
    )
    _write(file, text, layout.toc, contents.with_page(layout.toc, name), layout.root)
    return NewPage(name, path, [field for field in FIELDS if field not in chosen])


def _written(layout: Layout, settings: Settings, domain: str) -> list[str]:
    """Return the slugs of the pages that are written, those of a domain first."""
    folders = sorted(settings.domains, key=lambda other: other != domain)
    files = (file for folder in folders for file in sorted((layout.folder / folder).glob("*.md")))
    return [file.stem for file in files if file.stem != "index"]


def _near(slug: str, others: list[str]) -> list[str]:
    """Return the three slugs that share most words with another, of equals the first."""
    words = set(slug.split("-"))
    shared = {other: len(words & set(other.split("-"))) for other in others if other != slug}
    return sorted(shared, key=shared.get, reverse=True)[:3]


def _check_name(name: str, layout: Layout, settings: Settings, planned: dict[str, Planned]) -> None:
    """Refuse a name that no page can have here."""

    def refuse(path: str, line: int, message: str, fix: str) -> None:
        raise BookError([Problem(path, line, message, fix)])

    folder = layout.folder.name
    if not NAME.fullmatch(name):
        parts = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in name.split("/")]
        meant = "/".join(parts)
        fix = f"write PAGE={meant if NAME.fullmatch(meant) else EXAMPLE}"
        message = f"'{name}' is not domain/slug in lowercase letters, digits and hyphens"
        refuse(f"{folder}/domain/slug.md", 1, message, fix)
    domain, slug = name.split("/")
    if domain not in settings.domains:
        line = yamltext.read_file(layout.config, CONFIG_FILE)[1].get((*SECTION, "domains"), 1)
        fix = yamltext.closest(domain, settings.domains)
        refuse(CONFIG_FILE, line, f"unknown domain '{domain}'", fix)
    for other in (domain, *settings.domains):
        if (layout.folder / other / f"{slug}.md").exists():
            message = f"the page '{slug}' is written already"
            fix = "change that page, or give the new one another name"
            refuse(f"{folder}/{other}/{slug}.md", 1, message, fix)
    if slug == "index":
        message = f"'{name}' is the domain's own page, not a concept"
        refuse(f"{folder}/{name}.md", 1, message, "give the page another name")
    if name in settings.former:
        lines = yamltext.read_file(layout.config, CONFIG_FILE)[1]
        kind = "merged" if name in settings.merged else "moved"
        message = f"'{name}' leads readers to '{settings.former[name]}', where that page moved"
        fix = "give the page another name"
        refuse(CONFIG_FILE, lines.get((*SECTION, kind, name), 1), message, fix)
    if slug in planned and planned[slug].domain != domain:
        meant = f"{planned[slug].domain}/{slug}"
        line = yamltext.read_file(layout.folder / PLANNED_FILE, PLANNED_FILE)[1].get(
            (planned[slug].domain, slug), 1
        )
        message = f"'{slug}' is planned in another domain, as '{meant}'"
        fix = f"write PAGE={meant}, or move its entry first"
        refuse(f"{folder}/{PLANNED_FILE}", line, message, fix)


def _write(file: Path, text: str, toc: Path, listing: str, root: Path) -> None:
    """Write the page, then put the edited contents list in the place of the old one.

    Whatever goes wrong, or Ctrl-C, leaves both as they were.
    """
    place = toc.resolve()  # what a symbolic link leads to, not the link
    temporary = place.with_name(f"{toc.name}.{os.getpid()}.tmp")
    made_folder = not file.parent.exists()
    made_file = False
    current = toc
    try:
        temporary.write_text(listing, encoding="utf-8", newline="")
        shutil.copymode(place, temporary)
        current = file
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            made_file = True
            opened.write(text)
        current = toc
        os.replace(temporary, place)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if made_file:
            file.unlink(missing_ok=True)
        if made_folder:
            with suppress(OSError):
                file.parent.rmdir()
        if not isinstance(error, OSError):
            raise
        message = f"cannot be written: {(error.strerror or str(error)).lower()}"
        path = current.relative_to(root).as_posix()
        raise BookError([Problem(path, 1, message, UNWRITABLE)]) from None

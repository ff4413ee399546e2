"""A book as records: everything that authors write, read once and validated."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import metadata, source, structure
from .contents import check_contents
from .metadata import Metadata
from .problems import Problem
from .settings import Settings, from_config, read_planned

PLANNED_FILE = "planned.yml"


@dataclass(frozen=True)
class Page:
    """One page as its author wrote it.

    ``name`` is the path below the source folder without suffix, ``domain`` its first folder,
    ``readable`` is False when text or front matter could not be read at all.
    """

    name: str
    path: str
    text: str
    title: str = ""
    domain: str = ""
    concept: bool = False
    readable: bool = True
    runnable: bool = False
    meta: Metadata = field(default_factory=Metadata)
    cells: tuple[source.Cell, ...] = ()
    probes: tuple[structure.Probe, ...] = ()

    @property
    def slug(self) -> str:
        """The last part of the name, by which other pages refer to this one."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def claims(self) -> int:
        """How many assertions the page's cells make."""
        return sum(source.claims(cell.source) for cell in self.cells)

    @property
    def imports(self) -> list[str]:
        """The top-level modules that the page's cells import."""
        return source.imported(cell.source for cell in self.cells)


@dataclass(frozen=True)
class Book:
    """All pages in reading order, the book's settings, and the planned pages by slug."""

    root: Path
    folder: Path
    settings: Settings
    pages: dict[str, Page]
    planned: dict[str, dict[str, str]]
    extensions: tuple[str, ...]
    problems: tuple[Problem, ...]

    def concept(self, slug: str) -> Page | None:
        """Return the concept page with this slug, if it is written."""
        return next((p for p in self.pages.values() if p.concept and p.slug == slug), None)


def load(root: Path, folder: Path, toc: Path, config: dict[str, Any]) -> Book:
    """Read every page below ``folder`` and check it.

    ``config`` is the Sphinx configuration; mistakes are collected in ``Book.problems``.
    Raises BookError when the book's own settings cannot be used.
    """
    settings = from_config(config.get("conceptbook") or {})
    extensions = tuple(config.get("myst_enable_extensions") or ())
    planned = read_planned(folder / PLANNED_FILE)
    excluded = list(config.get("exclude_patterns") or ())
    problems: list[Problem] = []
    pages: dict[str, Page] = {}
    for file in sorted(folder.rglob("*.md")):
        relative = file.relative_to(folder).as_posix()
        if any(fnmatch.fnmatch(relative, pattern.replace("**/", "*")) for pattern in excluded):
            continue
        path = file.relative_to(root).as_posix()
        page, found = _read_page(file, relative.removesuffix(".md"), path, settings, extensions)
        pages[page.name] = page
        problems += found
    order, found = check_contents(toc, toc.name, {name: page.path for name, page in pages.items()})
    problems += found
    position = {name: number for number, name in enumerate(order)}
    names = sorted(pages, key=lambda name: (position.get(name, len(order)), name))
    ordered = {name: pages[name] for name in names}
    problems += _check_related(ordered, planned)
    return Book(root, folder, settings, ordered, planned, extensions, tuple(problems))


def _read_page(
    file: Path, name: str, path: str, settings: Settings, extensions: tuple[str, ...]
) -> tuple[Page, list[Problem]]:
    domain = name.split("/")[0] if "/" in name else ""
    concept = domain in settings.domains and not name.endswith("/index")
    unreadable = Page(name, path, "", domain=domain, concept=concept, readable=False)
    data = file.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return unreadable, [Problem(path, line, "not UTF-8", "save the file as UTF-8")]
    values, lines, problems = metadata.read_yaml(text, path)
    if problems:
        return unreadable, problems
    meta, found = metadata.validate(values, lines, path, settings, concept)
    problems += found
    blocks = source.parse(text, extensions)
    problems += structure.check_syntax(blocks, path)
    if concept:
        rule = settings.structures[settings.domains[domain]]
        problems += structure.check_structure(blocks, rule, path)
    kernel_problems = _check_kernel(values, meta, bool(blocks.cells), concept, path)
    problems += kernel_problems
    syntax_errors = any("syntax error" in problem.message for problem in problems)
    page = Page(
        name=name,
        path=path,
        text=text,
        title=next((h.title for h in blocks.headings if h.level == 1), name),
        domain=domain,
        concept=concept,
        runnable=bool(blocks.cells) and not (kernel_problems or blocks.bad_cells or syntax_errors),
        meta=meta,
        cells=tuple(blocks.cells),
        probes=tuple(structure.probes(blocks)),
    )
    return page, problems


def _check_kernel(
    values: dict[str, Any], meta: Metadata, has_cells: bool, concept: bool, path: str
) -> list[Problem]:
    """Check that cells will run: without these fields Jupyter Book skips them in silence."""
    if not (has_cells or concept):
        return []
    if not meta.kernel:
        fix = f"add `{metadata.EXAMPLES['kernelspec']}`"
        return [Problem(path, 1, "no kernelspec, so its cells would not run", fix)]
    if not metadata.is_notebook(values):
        fix = f"add `{metadata.EXAMPLES['jupytext']}`"
        return [Problem(path, 1, "not declared as a MyST notebook", fix)]
    if meta.kernel != "python3":
        message = f"unknown kernel '{meta.kernel}'"
        line = meta.lines.get("kernelspec", 1)
        return [Problem(path, line, message, f"add `{metadata.EXAMPLES['kernelspec']}`")]
    return []


def _check_related(pages: dict[str, Page], planned: dict[str, Any]) -> list[Problem]:
    slugs = {page.slug for page in pages.values() if page.concept}
    problems = []
    for page in pages.values():
        for slug in page.meta.related:
            line = page.meta.lines.get("related", 1)
            if slug == page.slug:
                fix = "name another page"
                problems.append(Problem(page.path, line, "the page is related to itself", fix))
            elif slug not in slugs and slug not in planned:
                message = f"related page '{slug}' does not exist"
                fix = f"name a page of the book, or one planned in {PLANNED_FILE}"
                problems.append(Problem(page.path, line, message, fix))
    return problems

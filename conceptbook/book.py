"""A book as records: everything that authors write, read once and validated."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sphinx.util.matching import Matcher

from . import metadata, paths, source, structure, yamltext
from .contents import check_contents
from .metadata import Metadata
from .paths import ReadingPath
from .problems import BookError, Problem
from .settings import CONFIG_FILE, SECTION, Planned, Settings, from_config, read_planned

PLANNED_FILE = "planned.yml"
BESIDE = re.compile(r"[.#].*|.*~")  # files that editors and desktops write beside others
CITATION = re.compile(r"\{(?:foot)?cite[\w:]*\}`([^`]*)`")


@dataclass(frozen=True)
class Page:
    """One page as its author wrote it.

    ``name`` is the path below the source folder without suffix, ``domain`` its first folder,
    ``readable`` is False when it cannot be told what the author meant: not UTF-8, malformed
    front matter, an unclosed fence. Such a page is checked no further.
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
    headings: tuple[str, ...] = ()
    labels: tuple[tuple[str, int], ...] = ()
    probes: tuple[structure.Probe, ...] = ()
    prose: tuple[tuple[int, str], ...] = ()

    @property
    def slug(self) -> str:
        """The last part of the name, by which other pages refer to this one."""
        return self.name.rsplit("/", 1)[-1]

    def holds(self, *directives: str) -> bool:
        """Say whether one of these directives stands on the page."""
        names = "|".join(map(re.escape, directives))
        return bool(re.search(rf"^[`:]{{3,}}\{{({names})\}}", self.text, re.MULTILINE))

    @cached_property
    def claims(self) -> list[str]:
        """The assertions that the page's cells make."""
        return [claim for cell in self.cells for claim in source.claims(cell.source)]

    @cached_property
    def citations(self) -> list[str]:
        """The works that the page cites, as its author wrote their keys."""
        return CITATION.findall(self.text)

    @property
    def imports(self) -> list[str]:
        """The top-level modules that the page's cells import."""
        return source.imported(cell.source for cell in self.cells)


@dataclass(frozen=True)
class Book:
    """All pages in reading order, the book's settings, the planned pages by slug, paths."""

    root: Path
    folder: Path
    settings: Settings
    pages: dict[str, Page]
    planned: dict[str, Planned]
    extensions: tuple[str, ...]
    problems: tuple[Problem, ...]
    paths: tuple[ReadingPath, ...] = ()

    @property
    def concepts(self) -> list[Page]:
        """The concept pages, in reading order."""
        return [page for page in self.pages.values() if page.concept]

    @property
    def citations(self) -> dict[str, list[str]]:
        """The citations of each page that has some."""
        return {page.name: page.citations for page in self.pages.values() if page.citations}

    @property
    def missing(self) -> list[Planned]:
        """The planned pages that nobody has written yet."""
        written = {page.slug for page in self.concepts}
        return [entry for slug, entry in self.planned.items() if slug not in written]

    def concept(self, slug: str) -> Page | None:
        """Return the concept page with this slug, if it is written."""
        return next((page for page in self.concepts if page.slug == slug), None)

    def domain_title(self, domain: str) -> str:
        """Return what a reader calls a domain: the title of its index page."""
        index = self.pages.get(f"{domain}/index")
        return index.title if index else domain.replace("-", " ").capitalize()


def load(root: Path, folder: Path, toc: Path, config: dict[str, Any]) -> Book:
    """Read every page below ``folder`` and check it.

    ``config`` is the Sphinx configuration; mistakes are collected in ``Book.problems``.
    Raises BookError when what all pages depend on cannot be used: settings, contents list,
    planned pages.
    """
    settings = from_config(config.get("conceptbook") or {}, root / CONFIG_FILE)
    extensions = tuple(config.get("myst_enable_extensions") or ())
    planned_file = folder / PLANNED_FILE
    planned = read_planned(planned_file, planned_file.relative_to(root).as_posix(), settings)
    excluded = Matcher(list(config.get("exclude_patterns") or ()))
    problems: list[Problem] = []
    pages: dict[str, Page] = {}
    for file in sorted(folder.rglob("*.md")):
        if BESIDE.fullmatch(file.name):
            continue
        relative = file.relative_to(folder)
        if any(excluded(part.as_posix()) for part in (relative, *relative.parents)):
            continue
        name = relative.with_suffix("").as_posix()
        path = file.relative_to(root).as_posix()
        pages[name], found = _read_file(file, name, path, settings, extensions)
        problems += found
    order, found = check_contents(toc, {name: page.path for name, page in pages.items()})
    problems += found
    position = {name: number for number, name in enumerate(order)}
    names = sorted(pages, key=lambda name: (position.get(name, len(order)), name))
    ordered = {name: pages[name] for name in names}
    problems += _check_related(ordered, planned)
    problems += _check_labels(ordered)
    problems += _check_moved(settings, ordered, root / CONFIG_FILE)
    paths_file = folder / paths.FILE
    slugs = [*(page.slug for page in ordered.values() if page.concept), *planned]
    suggested, found = paths.read(paths_file, paths_file.relative_to(root).as_posix(), slugs)
    problems += found
    return Book(
        root, folder, settings, ordered, planned, extensions, tuple(problems), tuple(suggested)
    )


# The last reading of each file: all that it depends on, and what came of it. A preview reads the
# book again at each save, of which one page is new.
_last: dict[Path, tuple[tuple[Any, ...], tuple[Page, list[Problem]]]] = {}


def _read_file(file: Path, *about: Any) -> tuple[Page, list[Problem]]:
    """Do what read_page does for a file, unless it was read last from the same."""
    read = (file.read_bytes(), *about)
    before, result = _last.get(file, ((), None))
    if result is None or before != read:
        result = read_page(*read)
        _last[file] = read, result
    return result


def read_page(
    data: bytes, name: str, path: str, settings: Settings, extensions: tuple[str, ...]
) -> tuple[Page, list[Problem]]:
    """Return a page from the bytes of its file, and what is wrong with it by itself."""
    domain = name.split("/")[0] if "/" in name else ""
    concept = domain in settings.domains and not name.endswith("/index")
    # Line ends as Sphinx reads them; a byte-order mark is not part of the text.
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    unreadable = Page(name, path, text, domain=domain, concept=concept, readable=False)
    try:
        data.decode("utf-8")
        values, lines = metadata.read(text, path)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return unreadable, [Problem(path, line, "not UTF-8", "save the file as UTF-8")]
    except BookError as error:
        return unreadable, error.problems
    meta, problems = metadata.validate(values, lines, path, settings, concept)
    blocks = source.parse(text, extensions)
    unclosed = list(structure.check_unclosed(blocks, path))
    if unclosed:
        return unreadable, problems + unclosed
    problems += structure.check_syntax(blocks, path)
    if concept:
        rule = settings.structures[settings.domains[domain]]
        problems += structure.check_structure(blocks, rule, path)
    obstacles = _check_kernel(values, meta, bool(blocks.cells), concept, path)
    obstacles += structure.check_cells(blocks, path)
    problems += obstacles
    page = Page(
        name=name,
        path=path,
        text=text,
        title=next((h.title for h in blocks.headings if h.level == 1), name),
        domain=domain,
        concept=concept,
        runnable=bool(blocks.cells) and not obstacles,
        meta=meta,
        cells=tuple(blocks.cells),
        headings=tuple(heading.title for heading in blocks.headings),
        labels=tuple(blocks.labels),
        probes=tuple(structure.probes(blocks)),
        prose=tuple(blocks.prose),
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
        line = meta.line("jupytext")
        return [Problem(path, line, "not declared as a MyST notebook", fix)]
    if meta.kernel != "python3":
        message = f"unknown kernel '{meta.kernel}'"
        line = meta.line("kernelspec")
        return [Problem(path, line, message, f"write `{metadata.EXAMPLES['kernelspec']}`")]
    return []


def _check_related(pages: dict[str, Page], planned: dict[str, Planned]) -> list[Problem]:
    slugs = {page.slug for page in pages.values() if page.concept}
    problems = []
    for page in pages.values():
        for slug in page.meta.related:
            line = page.meta.line("related", slug)
            if slug == page.slug:
                fix = "name another page"
                problems.append(Problem(page.path, line, "the page is related to itself", fix))
            elif slug not in slugs and slug not in planned:
                message = f"related page '{slug}' does not exist"
                fix = f"name a page of the book, or one planned in {PLANNED_FILE}"
                problems.append(Problem(page.path, line, message, fix))
    return problems


def _check_labels(pages: dict[str, Page]) -> list[Problem]:
    """Find labels that two places share; Sphinx, reading pages in parallel, may not see it."""
    first: dict[str, str] = {}
    problems = []
    for page in pages.values():
        for label, line in page.labels:
            if label in first:
                message = f"duplicate label '{label}', also at {first[label]}"
                problems.append(Problem(page.path, line, message, "give each a name of its own"))
            first.setdefault(label, f"{page.path}:{line}")
    return problems


def _check_moved(settings: Settings, pages: dict[str, Page], file: Path) -> list[Problem]:
    """Find moves from a page that is still there, or to one that is not.

    Practice and flashcards know a page by its slug, so no other page may take that of a former one.
    """
    lines = yamltext.read_file(file, file.name)[1] if settings.former else {}
    slugs = {page.slug: page.name for page in pages.values() if page.concept}
    problems = []
    for kind, word, moves in (
        ("moved", "moved to", settings.moved),
        ("merged", "merged into", settings.merged),
    ):
        for old, new in moves.items():
            line = lines.get((*SECTION, kind, old), 1)
            heir = slugs.get(old.rsplit("/", 1)[-1], new)
            if kind == "merged" and old in settings.moved:
                message = f"'{old}' is both moved and merged"
                fix = "name it under `moved` if it is one page by another name, else under `merged`"
                problems.append(Problem(file.name, line, message, fix))
            if old in pages:
                message = f"{kind} page '{old}' is still there"
                problems.append(Problem(file.name, line, message, "delete the page, or this line"))
            elif heir != new:
                message = f"'{old}' {word} '{new}', but '{heir}' has its slug"
                fix = f"give '{heir}' another slug: readers' schedules hold on to the old one"
                problems.append(Problem(file.name, line, message, fix))
            if new not in pages:
                message = f"'{old}' {word} '{new}', which does not exist"
                problems.append(Problem(file.name, line, message, yamltext.closest(new, pages)))
    return problems

"""Sphinx's warnings as problems: whatever it merely mentions ends the build."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging as sphinx_logging

from . import run, yamltext
from .book import Book
from .problems import Problem
from .settings import CONFIG_FILE

MISSING_TARGET = (
    r"cross-reference target not found|undefined label|unknown document|local id not found"
    r"|reference target not found"
)
# What Sphinx says (a pattern) and how to mend it. The first match counts.
FIXES = (
    (r"Unknown directive type|unknown directive", "check the directive's spelling"),
    (r"[Uu]nknown interpreted text role|unknown role", "check the role's spelling"),
    (r"a second concept map", "remove one of them"),
    (r"\[myst\.directive_|option", "check the directive's options and their values"),
    (r"'concept' reference target", "name the slug of a page that is written or planned"),
    (MISSING_TARGET, "name a page, heading or label that exists"),
    (r"multiple targets", "name the page too, so that one target is meant"),
    (r"could not find bibtex key", "add the work to references.bib, or mend the key"),
    (r"image file not readable", "add the image, or mend its path (relative to this page)"),
    (r"file not found|not readable|No such file|Include file", "mend the path"),
    (r"[Dd]uplicate", "give each label a name of its own"),
    (r"key .* not found|No key|glue", "glue a value of this name in a cell of this page"),
    (r"formula cannot be read", "mend the LaTeX"),
    (r"diagram without alt text", "say in `:alt:` what the diagram shows"),
    (r"diagram cannot be drawn", "mend the DOT: every quote, bracket and arrow must be closed"),
    (r"not XHTML", "close every element that the page's HTML opens, and give attributes values"),
    (r"config value|theme option", "mend or remove the setting"),
)
FALLBACK = "mend what the message names; --trace shows all that Sphinx says"
# What conceptbook has looked for itself, and reported in its own words.
CHECKED = re.compile(
    r"\[myst\.header\]|\[myst-nb\.lexer\]|\[mystnb\.nbcell\]|duplicate label"
    r"|Duplicate explicit target|\[etoc\.ref\]"
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def fix_for(message: str) -> str:
    """Return how to mend what a Sphinx warning says."""
    return next((fix for pattern, fix in FIXES if re.search(pattern, message)), FALLBACK)


class ProblemHandler(logging.Handler):
    """Collects warnings of one Sphinx application as problems of the current run."""

    def __init__(self, app: Sphinx):
        super().__init__(logging.WARNING)
        self.addFilter(sphinx_logging.WarningSuppressor(app))
        self.addFilter(sphinx_logging.WarningLogRecordTranslator(app))
        self.known = {(problem.path, problem.line) for problem in run.current().problems}

    def emit(self, record: logging.LogRecord) -> None:
        this = run.current()
        message = " ".join(ANSI.sub("", logging.LogRecord.getMessage(record)).split())
        location = str(getattr(record, "location", "") or "")
        path, line = _place(location, this.book.root) if location else _setting(message, this.book)
        known = CHECKED.search(message) or (path, line) in self.known or _follows(path, message)
        if this.concerns(path) and not known:
            this.problems.append(Problem(path, line, message, fix_for(message)))


def _follows(path: str, message: str) -> bool:
    """Say whether a warning comes from a mistake that is reported already."""
    book = run.current().book
    unreadable = [page for page in book.pages.values() if not page.readable]
    if any(page.path == path for page in unreadable):
        return True
    if re.search(MISSING_TARGET, message):
        targets = re.findall(r"(?:: |in doc )'?([^' ]+)", message)
        return any(t == page.name or t in page.text for page in unreadable for t in targets)
    page = next((page for page in book.pages.values() if page.path == path), None)
    no_results = page and page.cells and not run.current().execution(page.name)
    return bool(no_results and "glue" in message)


def _place(location: str, root: Path) -> tuple[str, int]:
    """Turn Sphinx's ``/path/file.md:12`` into a path relative to the book and a line."""
    match = re.match(r"^(.*?)(?::(\d+))?(?::.*)?$", location)
    path, line = match[1], int(match[2] or 1)
    try:
        return Path(path).resolve().relative_to(root.resolve()).as_posix(), line
    except ValueError:
        return path, line


def _setting(message: str, book: Book) -> tuple[str, int]:
    """Return the line of the configuration that holds a word which the message quotes."""
    _, lines = yamltext.read_file(book.root / CONFIG_FILE, CONFIG_FILE)
    words = re.findall(r"['\"`]([\w.-]+)['\"`]", message)
    found = [line for address, line in lines.items() if address[-1] in words]
    return CONFIG_FILE, found[0] if found else 1


def setup(app: Sphinx) -> None:
    """Listen to everything that Sphinx and its extensions warn of."""
    logging.getLogger(sphinx_logging.NAMESPACE).addHandler(ProblemHandler(app))

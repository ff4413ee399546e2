"""Sphinx's warnings as problems: whatever it merely mentions ends the build."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging as sphinx_logging

from . import run
from .problems import Problem

# What Sphinx says (a pattern) and how to mend it. The first match counts.
FIXES = (
    (r"Unknown directive type|unknown directive", "check the directive's spelling"),
    (r"[Uu]nknown interpreted text role|unknown role", "check the role's spelling"),
    (r"option", "check the directive's options and their values"),
    (r"cross-reference target not found|undefined label|local id not found|multiple targets",
     "name a page, heading or label that exists"),
    (r"concept reference target not found", "name the slug of a page that is written or planned"),
    (r"could not find bibtex key", "add the work to book/references.bib, or mend the key"),
    (r"image file not readable", "add the image, or mend its path (relative to this page)"),
    (r"file not found|not readable|No such file|Include file", "mend the path"),
    (r"[Dd]uplicate", "give each label a name of its own"),
    (r"key .* not found|No key|glue", "glue a value of this name in a cell of this page"),
    (r"formula cannot be read", "mend the LaTeX"),
    (r"isn't included in any toctree", "add it to _toc.yml"),
)  # fmt: skip
FALLBACK = "mend what the message names; --trace shows all that Sphinx says"
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

    def emit(self, record: logging.LogRecord) -> None:
        this = run.current()
        path, line = _place(str(getattr(record, "location", "") or ""), this.book.root)
        message = " ".join(ANSI.sub("", logging.LogRecord.getMessage(record)).split())
        page = next((p for p in this.book.pages.values() if p.path == path), None)
        missing_result = page is not None and page.name in this.failed
        if (
            missing_result
            and re.search(r"glue|No key|not found", message)
            and "glue" in (f"{record.name} {getattr(record, 'subtype', '')} {message}")
        ):
            return  # its cells did not run: that is the problem, and it is reported
        this.problems.append(Problem(path, line, message, fix_for(message)))


def _place(location: str, root: Path) -> tuple[str, int]:
    """Turn Sphinx's ``/path/file.md:12`` into a path relative to the book and a line."""
    match = re.match(r"^(.*?)(?::(\d+))?(?::.*)?$", location)
    path, line = match[1], int(match[2] or 1)
    if not path:
        return "_config.yml", 1
    try:
        return Path(path).resolve().relative_to(root.resolve()).as_posix(), line
    except ValueError:
        return path, line


def setup(app: Sphinx) -> None:
    """Listen to everything that Sphinx and its extensions warn of."""
    logging.getLogger(sphinx_logging.NAMESPACE).addHandler(ProblemHandler(app))

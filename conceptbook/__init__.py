"""A book of executed concept pages: records, strict checks, parallel cached execution.

As a Sphinx extension (``local_extensions`` in ``_config.yml``) it works under the stock
``jupyter-book build``; ``python -m conceptbook build`` adds staging and one list of problems.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from . import (
    catalogue,
    changed,
    conceptmap,
    diagrams,
    directives,
    export,
    feed,
    figures,
    forge,
    head,
    highlighting,
    icons,
    launch,
    lean,
    llms,
    math,
    navigation,
    offline,
    once,
    plain,
    practice,
    provenance,
    related,
    run,
    search,
    sitemap,
    strict,
    styles,
    versions,
    website,
)
from .build import Layout
from .editions import epub
from .problems import BookError, report

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"

PARTS = (
    website,  # first: the others ask it
    catalogue,
    changed,
    conceptmap,
    diagrams,
    directives,
    epub,
    export,
    feed,
    figures,
    forge,
    head,
    highlighting,
    icons,
    launch,
    lean,
    llms,
    math,
    navigation,
    offline,
    once,
    plain,
    practice,
    provenance,
    related,
    search,
    sitemap,
    styles,
    versions,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything the extension adds to Sphinx."""
    app.add_config_value("conceptbook", {}, "env", [dict])
    if run.is_active():
        strict.setup(app)
    app.connect("config-inited", _configure, priority=100)
    app.connect("builder-inited", _start_run)
    app.connect("source-read", _use_record)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _remember)
    for style in ("conceptbook.css", "catalogue.css"):
        app.add_css_file(style)
    app.add_js_file("page.js", loading_method="defer")
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _configure(app: Sphinx, config: Config) -> None:
    # conceptbook executes pages itself and hands MyST-NB notebooks that hold their outputs.
    config.nb_execution_mode = "off"
    config.linkcheck_report_timeouts_as_broken = False  # what Sphinx 8 does; links.py tells both
    config.nb_custom_formats = {".md": ["conceptbook.reader.read", {}, False]}
    # Relative, because absolute paths would make the site depend on where it was built.
    config.html_static_path.append(os.path.relpath(STATIC, app.confdir))
    config.templates_path.append(os.path.relpath(TEMPLATES, app.confdir))
    # Jupyter Book loads these two, which do not say that they are safe to read in parallel
    # (they act before or after reading); their silence would make all of Sphinx serial.
    for name in ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex"):
        if name in app.extensions:
            app.extensions[name].parallel_read_safe = True


def _start_run(app: Sphinx) -> None:
    """Under the stock command nothing ran before Sphinx: load and execute the book now."""
    if run.is_active():
        return
    folder = Path(app.srcdir)
    root = run.find_root(folder)
    Layout(root).stamp.unlink(missing_ok=True)  # the site in that place is no longer ours
    try:
        this = run.start(
            root,
            folder,
            Path(app.confdir or folder, app.config.external_toc_path),
            {option.name: option.value for option in app.config},
            Path(app.outdir).parent / "executed",
        )
    except BookError as error:
        raise ExtensionError(f"\n{error}") from None
    if this.problems:
        raise ExtensionError(f"\n{report(this.problems)}")
    run.activate(this)


def _use_record(app: Sphinx, name: str, source: list[str]) -> None:
    """Give Sphinx the text that was checked and executed, even if the file is edited meanwhile.

    A page that cannot be read becomes an empty one, so that Sphinx goes on to the others.
    """
    page = run.current().book.pages.get(name)
    if page:
        source[0] = page.text if page.readable else f"# {name}\n"


def _read_from(this: run.Run) -> dict[str, str]:
    """Return the digest of what each page is read from: its text, and its result."""
    return {
        name: hashlib.sha256(f"{this.keys.get(name)}\0{page.text}".encode()).hexdigest()
        for name, page in this.book.pages.items()
    }


def _outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Return the pages to read again because they are others than when last read.

    Sphinx goes by the time of a file, but what it was given is the text from before the execution.
    Lists of works show what other pages cite. A page alone is read each time: with nothing to read,
    Sphinx would leave a folder without the files that all pages need.
    """
    this = run.current()
    known, now = getattr(env, "conceptbook_read", {}), _read_from(this)
    changed = [name for name in now if known.get(name, now[name]) != now[name]]
    if getattr(env, "conceptbook_cited", {}) != this.book.citations:
        pages = this.book.pages.values()
        changed += [page.name for page in pages if page.holds("bibliography")]
    return [*changed, this.only] if this.only else changed


def _remember(app: Sphinx, env: BuildEnvironment) -> None:
    env.conceptbook_read = _read_from(run.current())
    env.conceptbook_cited = run.current().book.citations

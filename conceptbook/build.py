"""From sources to a site that replaces the old one only when it is whole."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils
from tqdm import tqdm

from . import address, configuration, contents, environment, history, revisions, run
from .book import BESIDE
from .problems import BookError, Problem

PERCENT = re.compile(r"^(.*?)\.\.\. ?\[ *(\d+)%\]")


@dataclass(frozen=True)
class Result:
    """What a build did: ``site`` is where to look, ``executed`` how many pages ran."""

    site: Path
    pages: int
    executed: int
    changed: bool
    seconds: float


@dataclass(frozen=True)
class Layout:
    """Where a book's files are; everything that the build writes is below ``build``."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "book"

    @property
    def toc(self) -> Path:
        return self.root / "_toc.yml"

    @property
    def config(self) -> Path:
        return self.root / "_config.yml"

    @property
    def build(self) -> Path:
        return self.root / "_build"

    @property
    def site(self) -> Path:
        return self.build / "html"

    @property
    def doctrees(self) -> Path:
        return self.build / "doctrees"

    @property
    def staging(self) -> Path:
        return self.build / "staging"

    @property
    def tree(self) -> Path:
        return self.build / "tree"

    @property
    def editions(self) -> Path:
        return self.build / "editions"

    @property
    def stamp(self) -> Path:
        return self.build / "stamp.json"


def build(root: Path, fresh: bool = False, trace: bool = False) -> Result:
    """Build the book below ``root`` into ``_build/html``.

    ``fresh`` reads every page again (results of execution are kept), ``trace`` lets Sphinx
    print all it says. Raises BookError with every problem found; the old site then stays.
    """
    start = time.monotonic()
    layout = Layout(root.resolve())
    config = configuration.read(layout.config, layout.toc, layout.folder)
    with _lock(layout):
        _recover(layout)
        place = str(address.from_config(config["html_theme_options"]))
        # A commit changes no file, but what pages show.
        dates = f"{history.read(layout.folder)} {revisions.base(layout.folder)}"
        fingerprint = environment.fingerprint(layout.root)
        inputs = _digest(_input_files(layout), layout, fingerprint, place, dates)
        stamp = _read_stamp(layout)
        if not fresh and stamp.get("inputs") == inputs:
            return Result(layout.site, stamp["pages"], 0, False, time.monotonic() - start)
        files = shared(layout, fingerprint)  # before minutes of execution
        this = _start(layout, config)
        frame = frame_of(this, files)
        incremental = not fresh and stamp.get("frame") == frame
        if contents.usable(layout.toc):
            with run.active(this):
                _render(layout, config, this, incremental, trace)
        if this.problems:
            shutil.rmtree(layout.staging, ignore_errors=True)
            raise BookError(this.problems)
        cited = this.book.citations
        values = {"inputs": inputs, "frame": frame, "cited": cited, "pages": len(this.book.pages)}
        _publish(layout, values)
    return Result(layout.site, len(this.book.pages), this.executed, True, time.monotonic() - start)


def execute(root: Path, shard: tuple[int, int]) -> int:
    """Execute one part of the pages of the book below ``root``; return how many ran.

    Raises BookError with every problem found.
    """
    layout = Layout(root.resolve())
    config = configuration.read(layout.config, layout.toc, layout.folder)
    with _lock(layout):
        this = _start(layout, config, shard)
        if this.problems:
            raise BookError(this.problems)
    return this.executed


def edition(root: Path, builder: str, trace: bool = False) -> Path:
    """Write the book below ``root`` by another builder of Sphinx; return the folder it wrote.

    Pages are those of the last build as far as they are unchanged, results those of the store.
    Raises BookError with every problem found.
    """
    layout = Layout(root.resolve())
    config = configuration.read(layout.config, layout.toc, layout.folder)
    folder = layout.editions / "staging"
    with _lock(layout):
        this = _start(layout, config)
        shutil.rmtree(folder, ignore_errors=True)
        if layout.doctrees.is_dir():
            shutil.copytree(layout.doctrees, folder / "doctrees")
        if contents.usable(layout.toc):
            with run.active(this):
                run_sphinx(layout, config, this, builder, folder, trace)
        if this.problems:
            shutil.rmtree(folder, ignore_errors=True)
            raise BookError(this.problems)
    return folder / builder


def _start(layout: Layout, config: dict[str, Any], shard: tuple[int, int] = (1, 1)) -> run.Run:
    """Load the book and execute what the store does not hold, dated by the last commit."""
    set_source_date(layout.root)
    results = layout.build / "executed"
    return run.start(layout.root, layout.folder, layout.toc, config, results, shard)


@contextmanager
def _lock(layout: Layout) -> Iterator[None]:
    """Keep a second build of the same book waiting out: it would write the same files."""
    try:
        layout.build.mkdir(exist_ok=True)
        file = open(layout.build / "lock", "w", encoding="utf-8")  # noqa: SIM115 (closed below)
    except OSError as error:
        fix = "give this folder's owner the right to write, or move what is in the way"
        raise BookError([Problem("_build", 1, f"cannot write here: {error}", fix)]) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fix = "wait for it to end, or stop it"
            problem = Problem("_build", 1, "another build of this book is running", fix)
            raise BookError([problem]) from None
        yield


def set_source_date(root: Path) -> None:
    """Date the build by the last commit, so that the same sources give the same bytes."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return
    if result.returncode == 0 and result.stdout.strip():
        os.environ["SOURCE_DATE_EPOCH"] = result.stdout.strip()


def _input_files(layout: Layout) -> list[Path]:
    files = [layout.config, layout.toc, *layout.folder.rglob("*")]
    files += Path(__file__).parent.rglob("*")
    known = (file for file in files if not BESIDE.fullmatch(file.name))
    return sorted(file for file in known if file.is_file() and "__pycache__" not in file.parts)


def _digest(files: list[Path], layout: Layout, *parts: str) -> str:
    digest = hashlib.sha256()
    for file in files:
        name = file.relative_to(layout.root) if file.is_relative_to(layout.root) else file.name
        digest.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def shared(layout: Layout, *parts: str) -> str:
    """Digest the files that every page depends on, all but the pages, and texts beside them."""
    pages = set(layout.folder.rglob("*.md"))
    files = [file for file in _input_files(layout) if file not in pages]
    return _digest(files, layout, *parts)


def frame_of(this: run.Run, files: str) -> str:
    """Digest what every page shows or depends on; when it changes, all pages are read again.

    ``files`` is the digest of the files that they share.
    """
    pages = this.book.pages.values()
    records = [f"{page.name}\0{page.title}\0{page.meta.facts}" for page in pages]
    targets = [f"{page.headings} {[label for label, _ in page.labels]}" for page in pages]
    return _digest([], Layout(this.book.root), files, str(this.address), *records, *targets)


def only_text_changed(layout: Layout, this: run.Run) -> bool:
    """Say whether nothing changed since the last whole build but the text of pages.

    Neither what every page shows or depends on did, nor a citation, which lists of works show.
    """
    stamp = _read_stamp(layout)
    frame = frame_of(this, shared(layout, environment.fingerprint(layout.root)))
    return (stamp.get("frame"), stamp.get("cited")) == (frame, this.book.citations)


def _read_stamp(layout: Layout) -> dict[str, Any]:
    """Return what the last whole build was made from (nothing when there is no site)."""
    try:
        stamp = json.loads(layout.stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    whole = (layout.site / "index.html").is_file() and layout.doctrees.is_dir()
    return stamp if whole else {}


def _render(
    layout: Layout, config: dict[str, Any], this: run.Run, incremental: bool, trace: bool
) -> None:
    """Write the site into the staging folder; problems are added to the run."""
    shutil.rmtree(layout.staging, ignore_errors=True)
    if incremental:
        take_over(layout.build, layout.staging)
    run_sphinx(layout, config, this, "html", layout.staging, trace)


def take_over(last: Path, folder: Path) -> None:
    """Copy what Sphinx wrote into one folder to another, where it is to write what changed.

    Without static files: Sphinx puts digests of those that it finds into the pages, and a page must
    not depend on whether it is the first build.
    """
    ignore = shutil.ignore_patterns("_static")
    shutil.copytree(last / "html", folder / "html", ignore=ignore)
    shutil.copytree(last / "doctrees", folder / "doctrees")


def run_sphinx(
    layout: Layout,
    config: dict[str, Any],
    this: run.Run,
    builder: str,
    folder: Path,
    trace: bool,
) -> None:
    """Let a builder of Sphinx write below ``folder``, in one named as it is and in doctrees."""
    status = sys.stdout if trace else _Status()
    # Themes add to Sphinx's default list of templates, which all builds of a process share.
    overrides = {"templates_path": [], **config}
    overrides.pop("latex_doc_overrides", None)
    try:
        with patch_docutils(None), docutils_namespace():
            app = Sphinx(
                srcdir=layout.folder,
                confdir=None,
                outdir=folder / builder,
                doctreedir=folder / "doctrees",
                buildername=builder,
                confoverrides=overrides,
                status=status,
                warning=sys.stderr if trace else io.StringIO(),
                parallel=1 if this.only else os.cpu_count() or 1,
            )
            app.build()
    except SphinxError as error:
        if trace:
            traceback.print_exc()
        this.problems.append(_crash(error, layout))
    finally:
        if isinstance(status, _Status):
            status.close()


def _crash(error: SphinxError, layout: Layout) -> Problem:
    """Return why Sphinx gave up, at the file that an extension could not read if it says so."""
    cause = getattr(error, "orig_exc", None) or error
    file = getattr(cause, "filename", None)
    if not file:
        return Problem(layout.config.name, 1, str(error), "see --trace")
    name = os.path.relpath(os.fsdecode(file), layout.root)
    return Problem(name, getattr(cause, "lineno", None) or 1, str(cause), "mend this file")


class _Status(io.TextIOBase):
    """Sphinx's status messages as one progress bar a phase."""

    def __init__(self) -> None:
        self.bar: tqdm | None = None
        self.phase = ""

    def write(self, text: str) -> int:
        match = PERCENT.match(re.sub(r"\x1b\[[0-9;]*[mK]", "", text).strip())
        if match and sys.stderr.isatty():
            phase, percent = match[1].strip().capitalize(), int(match[2])
            if phase != self.phase:
                self.close()
                self.phase = phase
                self.bar = tqdm(
                    total=100, desc=phase, file=sys.stderr, bar_format="{desc} {bar:20} {n_fmt}%"
                )
            self.bar.update(percent - self.bar.n)
        return len(text)

    def close(self) -> None:
        if self.bar:
            self.bar.close()
        self.bar = None


def _publish(layout: Layout, stamp: dict[str, Any]) -> None:
    """Put the staged site in the place of the old one.

    The stamp goes first and comes last: a kill in between leaves a site that the next build
    does not mistake for the newest.
    """
    layout.stamp.unlink(missing_ok=True)
    for staged, place in (
        (layout.staging / "html", layout.site),
        (layout.staging / "doctrees", layout.doctrees),
    ):
        old = _old(place)
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            os.replace(place, old)
        os.replace(staged, place)
        shutil.rmtree(old, ignore_errors=True)
    layout.stamp.write_text(json.dumps(stamp), encoding="utf-8")
    shutil.rmtree(layout.staging, ignore_errors=True)


def _recover(layout: Layout) -> None:
    """Bring back the last good site if a build was killed between the two renames."""
    for place in (layout.site, layout.doctrees):
        old = _old(place)
        if old.exists() and not place.exists():
            os.replace(old, place)


def _old(place: Path) -> Path:
    return place.with_name(place.name + ".old")

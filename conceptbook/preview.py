"""``make preview``: the book in a browser, built again on every save.

What is wrong is shown in the terminal and over the page; the last good page stays up.

sphinx-autobuild would not do: it runs sphinx-build in the very folder that it serves, so a mistake
leaves new pages beside old ones; it tells mistakes in the terminal only; and it takes the arguments
of sphinx-build, which knows neither a page without the others nor this book's kept results.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from watchfiles import DefaultFilter, awatch

from . import build, offline, onepage, styles
from .problems import BookError, Problem, report

HOST = "127.0.0.1"
SOURCES = "book"
SETTINGS = ("_config.yml", "_toc.yml", "requirements.in", "requirements.txt")
SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
ALONE = "Only this page and those that it refers to are here, without the search."
WHOLE = (
    "A saved page is built alone; search and downloads have it when the whole book is built next"
)
SHEET = f"_static/{styles.JOINED}"
OWN = "_alone"  # the folder, in an address, of what a page built alone has for itself
WAITING = "<!doctype html><title>Preview</title><h1>No page yet</h1>\n"
NO_ANSWER = Problem("_build", 1, "the build ended without an answer", "see the terminal")
PATIENCE = 10  # seconds a stopped build has to end what it started


@dataclass
class State:
    """What readers see, and what is wrong since.

    ``site`` is the last good site of the whole book, ``pages`` are those of pages that were built
    alone since, by name.
    """

    site: Path | None = None
    pages: dict[str, Path] = field(default_factory=dict)
    version: str = ""
    problems: list[Problem] = field(default_factory=list)
    building: bool = False
    readers: set[_Events] = field(default_factory=set)

    @property
    def message(self) -> str:
        """The state as the script in every page reads it."""
        lines = [*map(str, self.problems)]
        if lines:
            good = "Not built; below is the last page without a mistake."
            lines.insert(0, good if self.version else "Not built.")
        building = "Building …" if self.building else ""
        return json.dumps({"version": self.version, "problems": lines, "building": building})

    @property
    def script(self) -> bytes:
        """What is added to every page."""
        return f'\n<script data-version="{self.version}">\n{SCRIPT}</script>\n'.encode()

    def show(self, name: str, site: Path) -> None:
        """Let readers see the site of a page, or that of the book, which has all pages."""
        if name:
            self.pages[name] = site
        else:
            self.site, self.pages = site, {}

    def site_with(self, path: str) -> Path | None:
        """Return the site to take a file from, which may not have it (None before the first)."""
        own = self.pages.get(path.rpartition(".")[0])  # its HTML, its notebook, its Markdown
        sites = [site for site in (own, self.site, *self.pages.values()) if site]
        having = (site for site in sites if (site / path).is_file())
        return next(having, sites[0] if sites else None)

    def tell(self) -> None:
        """Tell every open page."""
        for reader in list(self.readers):
            with suppress(WebSocketClosedError):  # closed just now
                reader.write_message(self.message)


class _Events(WebSocketHandler):
    """The line to an open page."""

    def initialize(self, state: State) -> None:
        self.state = state

    def prepare(self) -> None:
        """Answer only pages of this preview, also through a forwarded port.

        A proxy such as that of Codespaces changes ``Host``, and says in ``X-Forwarded-Host`` what
        its reader asked for, which no page can set for a socket. ``Host`` itself, which tornado
        believes, is not enough: a stranger's domain may lead to this machine.
        """
        asked = urlsplit(self.request.headers.get("Origin", ""))
        forwarded = self.request.headers.get("X-Forwarded-Host")
        if asked.hostname not in (HOST, "localhost") and asked.netloc != forwarded:
            self.send_error(403)

    def check_origin(self, origin: str) -> bool:
        return True  # seen to before

    def open(self) -> None:
        self.state.readers.add(self)
        self.write_message(self.state.message)

    def on_message(self, message: str | bytes) -> None:
        pass  # pages only listen

    def on_close(self) -> None:
        self.state.readers.discard(self)


class _Site(StaticFileHandler):
    """The files of the last good sites, with the script in every page."""

    def initialize(self, state: State) -> None:
        self.state = state
        super().initialize(path="", default_filename="index.html")

    async def get(self, path: str, include_body: bool = True) -> None:
        site = self.state.site_with(path)
        if path == offline.WORKER:  # through a forwarded port, it would keep what changes
            self.send_error(404)
        elif site is None:
            self.finish(WAITING.encode() + self.state.script)
        else:
            self.root = str(site)
            self.request.headers.pop("Range", None)  # of a page, which is longer than its file
            await super().get(path, include_body)

    def compute_etag(self) -> None:
        return None  # tornado remembers digests by path, and files change

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-store")

    def log_exception(self, *_: Any) -> None:
        pass  # a page that is not there is told to its reader

    def write_error(self, status_code: int, **_: Any) -> None:
        self.finish(WAITING.encode() + self.state.script)  # loads itself when the page is there

    def _added(self, path: str | None) -> bytes:
        return self.state.script if str(path).endswith(".html") else b""

    def get_content_size(self) -> int:
        return super().get_content_size() + len(self._added(self.absolute_path))

    def get_content(self, abspath: str, start: int | None = None, end: int | None = None):
        yield from super().get_content(abspath, start, end)
        yield self._added(abspath)


def serve(root: Path, page: str = "", port: int = 8000) -> None:
    """Show the book below ``root`` until it is stopped, or only the page ``domain/slug`` of it.

    A ``port`` that is taken gives way to a free one. Raises BookError where there is no book.
    """
    root, page = root.resolve(), onepage.name_of(page)
    for name in (SOURCES, SETTINGS[0]):
        if not (root / name).exists():
            fix = "run this in the book's folder, or name it by --root"
            raise BookError([Problem(name, 1, f"not in {root}", fix)])
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(root, page, port))
    print("Stopped.")


async def _serve(root: Path, page: str, port: int) -> None:
    for ended in (signal.SIGTERM, signal.SIGHUP):  # by a supervisor, with the terminal
        asyncio.get_running_loop().add_signal_handler(ended, asyncio.current_task().cancel)
    state = State()
    with tempfile.TemporaryDirectory(prefix="conceptbook-preview-") as folder:
        server, address = _listen(state, folder, port)
        print(f"Open {address}{page and f'{page}.html'} (Ctrl-C ends it)", flush=True)
        print(ALONE if page else WHOLE, flush=True)
        try:
            await _build_on_save(state, root, page, Path(folder))
        finally:
            server.stop()


def _listen(state: State, folder: str, port: int) -> tuple[HTTPServer, str]:
    """Start the server of what is built in a folder; return it and its address."""
    places = [
        (r"/_preview", _Events, {"state": state}),
        (rf"/{OWN}/(.*)", StaticFileHandler, {"path": folder}),
        (r"/(.*)", _Site, {"state": state}),
    ]
    server = HTTPServer(Application(places, log_function=lambda _: None))
    try:
        sockets = bind_sockets(port, HOST)
    except OSError:
        sockets = bind_sockets(0, HOST)
    server.add_sockets(sockets)
    return server, f"http://{HOST}:{sockets[0].getsockname()[1]}/"


async def _build_on_save(state: State, root: Path, page: str, folder: Path) -> None:
    """Build now, and again whenever a file was changed."""
    saved = asyncio.Event()
    files: set[Path] = set()
    unbuilt: set[Path] = set()  # since the last good build
    builder = Builder(root, among=not page)

    def note(paths: set[Path]) -> None:
        files.update(paths)
        saved.set()

    def renew(paths: set[Path]) -> None:
        builder.outdated = True
        note(paths)

    watchers = [
        asyncio.create_task(_watch(root / SOURCES, note)),
        asyncio.create_task(_watch(root, note, SETTINGS)),
        asyncio.create_task(_watch(Path(__file__).parent, renew)),
    ]
    saved.set()
    try:
        while True:
            await saved.wait()
            saved.clear()
            unbuilt.update(files)
            files.clear()
            name = page or (_saved_page(root, unbuilt) if state.site else "")
            if await _rebuild(state, builder, folder, name):
                unbuilt.clear()
    finally:
        builder.stop()  # before its folder goes
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


async def _watch(
    folder: Path, note: Callable[[set[Path]], None], names: tuple[str, ...] = ()
) -> None:
    """Tell which files were changed: below a folder, or with one of the names directly in it."""
    usual = DefaultFilter()

    def wanted(change: Any, path: str) -> bool:
        return usual(change, path) and (not names or Path(path).name in names)

    async for changes in awatch(folder, watch_filter=wanted, recursive=not names):
        note({Path(path) for _, path in changes})


def _saved_page(root: Path, files: set[Path]) -> str:
    """Return the name of the page that was saved ("" if anything else was, too)."""
    # Editors write beside a file first.
    left = {file for file in files if file.exists() or file.suffix == ".md"}
    file = left.pop() if len(left) == 1 else root
    path = file.relative_to(root).as_posix() if file.is_relative_to(root) else ""
    is_page = file.suffix == ".md" and file.is_file() and path.startswith(f"{SOURCES}/")
    return onepage.name_of(path) if is_page else ""


async def _rebuild(state: State, builder: Builder, folder: Path, name: str) -> bool:
    """Build a page or, without a name, the book; a good site takes the place of the last one.

    Return whether it is good.
    """
    state.building = True
    state.tell()
    start = time.monotonic()
    version = str(time.time_ns())
    builder.start()
    built, problems = await asyncio.to_thread(builder.build, name, folder / version)
    state.building, state.problems = False, problems
    if built:
        state.show(*built)
        state.version = version
        print(f"Built in {time.monotonic() - start:.1f} s", flush=True)
    else:
        print(report(problems), file=sys.stderr, flush=True)
    state.tell()
    for old in set(folder.iterdir()) - set(builder.last.values()):
        await asyncio.to_thread(shutil.rmtree, old, ignore_errors=True)
    return built is not None


class Builder:
    """A process that builds each time it is asked to, and keeps between two saves what it read.

    To import Sphinx and to read all pages takes longer than to write one. ``outdated`` is set when
    its own code was changed; the next build is by a new process. A page is built ``among`` the
    others where a site of the whole book is shown, else by itself.
    """

    def __init__(self, root: Path, among: bool) -> None:
        self.root, self.among = root, among
        self.last: dict[str, Path] = {}  # where the last good build of each page is
        self.outdated = False
        self.process: SpawnProcess | None = None

    def start(self) -> None:
        """Start the process unless it is there; before each build, by the main thread."""
        if self.outdated:
            self.stop()
        if self.process and self.process.is_alive():
            return
        self.outdated = False
        context = multiprocessing.get_context("spawn")
        self._line, line = context.Pipe()
        self._listens = context.Event()
        arguments = (self.root, self.among, line, self._listens)
        self.process = context.Process(target=_work, args=arguments)
        # Ctrl-C is for this process to pass on: only it knows when to stop waiting.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.process.start()
        signal.signal(signal.SIGINT, before)
        line.close()

    def build(self, name: str, folder: Path) -> tuple[tuple[str, Path] | None, list[Problem]]:
        """Build a page into a folder, or the book if there is no name or it has to be the book.

        Return what was built and the folder of its site (None without one), and what is wrong.
        """
        try:
            self._line.send((name, folder, self.last.get(name)))
            built, problems = self._line.recv()
        except (EOFError, OSError):  # the process is gone
            self.outdated = True
            return None, [NO_ANSWER]
        if built and built[0]:
            self.last[name] = folder
        return built, problems

    def stop(self) -> None:
        """End the process; what it is building is given up."""
        while self.process and self.process.is_alive():
            if self._listens.is_set():
                os.kill(self.process.pid, signal.SIGINT)
            else:  # it hears no SIGINT yet, and has started nothing
                self.process.terminate()
            self.process.join(PATIENCE)


def _work(root: Path, among: bool, line: Connection, listens: Event) -> None:
    """Build when told to, and send what was built or the problems."""
    os.setsid()  # the terminal's Ctrl-C goes to the parent alone
    signal.signal(signal.SIGINT, signal.default_int_handler)
    listens.set()
    with suppress(KeyboardInterrupt, EOFError, BrokenPipeError):  # stopped, or left alone
        while True:
            name, folder, last = line.recv()
            try:
                site = name and _build_page(root, name, folder, last, among)
                built = (name, site) if site else ("", build.build(root).site)
            except BookError as error:
                line.send((None, error.problems))
            except Exception:
                traceback.print_exc()
                line.send((None, [NO_ANSWER]))
            else:
                line.send((built, []))
            _tidy()


def _tidy() -> None:
    """Collect garbage while nobody waits, and leave what stays out of the collections to come."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _build_page(root: Path, name: str, folder: Path, last: Path | None, among: bool) -> Path | None:
    """Build a page alone, or return None: the others, or the parts of the book, show it too."""
    try:
        one = onepage.read(root, name)
    except BookError:
        if among:  # no page, for one: the build of the book says what is wrong
            return None
        raise
    if among and not (one.page.concept and build.only_text_changed(one.layout, one.run)):
        return None
    onepage.execute(one, one.run.store)
    site = onepage.render(one, folder, last, among=among)
    if one.run.problems:
        raise BookError(one.run.problems)
    if among:  # the styles of the book lack what no other page uses
        file, own = site / f"{name}.html", f"{OWN}/{folder.name}/{site.name}/{SHEET}"
        file.write_text(file.read_text(encoding="utf-8").replace(SHEET, own), encoding="utf-8")
    return site

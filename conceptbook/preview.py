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
from tornado.websocket import WebSocketHandler
from watchfiles import DefaultFilter, awatch

from .problems import BookError, Problem, report

HOST = "127.0.0.1"
SOURCES = "book"
SETTINGS = ("_config.yml", "_toc.yml", "requirements.in", "requirements.txt")
SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
ALONE = "Only this page and those that it refers to are here, without the search."
WHOLE = "A save builds the whole book; that of one page shows sooner: make preview PAGE=domain/slug"
WAITING = "<!doctype html><title>Preview</title><h1>No page yet</h1>\n"
NO_ANSWER = Problem("_build", 1, "the build ended without an answer", "see the terminal")
PATIENCE = 10  # seconds a stopped build has to end what it started


@dataclass
class State:
    """What readers see: the last good site (None before the first), and what is wrong since."""

    site: Path | None = None
    version: str = ""
    problems: list[Problem] = field(default_factory=list)
    building: bool = False
    readers: set[_Events] = field(default_factory=set)

    @property
    def message(self) -> str:
        """The state as the script in every page reads it."""
        lines = [*map(str, self.problems)]
        if lines:
            lines.insert(0, "Not built; below is the last page without a mistake." if self.site
                         else "Not built.")  # fmt: skip
        building = "Building …" if self.building else ""
        return json.dumps({"version": self.version, "problems": lines, "building": building})

    @property
    def script(self) -> bytes:
        """What is added to every page."""
        return f'\n<script data-version="{self.version}">\n{SCRIPT}</script>\n'.encode()

    def tell(self) -> None:
        """Tell every open page."""
        for reader in self.readers:
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
    """The files of the last good site, with the script in every page."""

    def initialize(self, state: State) -> None:
        self.state = state
        super().initialize(path=str(state.site), default_filename="index.html")

    async def get(self, path: str, include_body: bool = True) -> None:
        if self.state.site is None:
            self.finish(WAITING.encode() + self.state.script)
        else:
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
    """Show the book below ``root`` until Ctrl-C, or only the page ``domain/slug`` of it.

    A ``port`` that is taken gives way to a free one. Raises BookError where there is no book.
    """
    root = root.resolve()
    for name in (SOURCES, SETTINGS[0]):
        if not (root / name).exists():
            fix = "run this in the book's folder, or name it by --root"
            raise BookError([Problem(name, 1, f"not in {root}", fix)])
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(root, page, port))
    print("Stopped.")


async def _serve(root: Path, page: str, port: int) -> None:
    state = State()
    files, events = (r"/(.*)", _Site, {"state": state}), (r"/_preview", _Events, {"state": state})
    server = HTTPServer(Application([events, files], log_function=lambda _: None))
    try:
        sockets = bind_sockets(port, HOST)
    except OSError:
        sockets = bind_sockets(0, HOST)
    server.add_sockets(sockets)
    name = f"{page.removeprefix(f'{SOURCES}/').removesuffix('.md')}.html" if page else ""
    address = f"http://{HOST}:{sockets[0].getsockname()[1]}/{name}"
    print(f"Open {address} (Ctrl-C ends it)", flush=True)
    print(ALONE if page else WHOLE, flush=True)
    saved = asyncio.Event()
    builder = Builder(root, page)

    def renew() -> None:
        builder.outdated = True
        saved.set()

    watchers = [
        asyncio.create_task(_watch(root / SOURCES, saved.set)),
        asyncio.create_task(_watch(root, saved.set, SETTINGS)),
        asyncio.create_task(_watch(Path(__file__).parent, renew)),
    ]
    saved.set()
    try:
        with tempfile.TemporaryDirectory(prefix="conceptbook-preview-") as folder:
            try:
                while True:
                    await saved.wait()
                    saved.clear()
                    await _rebuild(state, builder, Path(folder))
            finally:
                builder.stop()  # before its folder goes
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        server.stop()


async def _watch(folder: Path, changed: Callable[[], None], names: tuple[str, ...] = ()) -> None:
    """Say when a file was changed: below a folder, or with one of the names directly in it."""
    usual = DefaultFilter()

    def wanted(change: Any, path: str) -> bool:
        return usual(change, path) and (not names or Path(path).name in names)

    async for _ in awatch(folder, watch_filter=wanted, recursive=not names):
        changed()


async def _rebuild(state: State, builder: Builder, folder: Path) -> None:
    """Build once; a good site takes the place of the last one."""
    state.building = True
    state.tell()
    start = time.monotonic()
    version = str(time.time_ns())
    last = folder / state.version if state.version else None
    builder.start()
    site, problems = await asyncio.to_thread(builder.build, folder / version, last)
    state.building, state.problems = False, problems
    if site:
        state.site, state.version = site, version
        for old in folder.iterdir():
            if old.name != version:
                shutil.rmtree(old, ignore_errors=True)
        print(f"Built in {time.monotonic() - start:.1f} s", flush=True)
    else:
        shutil.rmtree(folder / version, ignore_errors=True)
        print(report(problems), file=sys.stderr, flush=True)
    state.tell()


class Builder:
    """A process that builds each time it is asked to, and keeps between two saves what it read.

    To import Sphinx and to read all pages takes longer than to write one. ``outdated`` is set when
    its own code was changed; the next build is by a new process.
    """

    def __init__(self, root: Path, page: str) -> None:
        self.root, self.page = root, page
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
        arguments = (self.root, self.page, line, self._listens)
        self.process = context.Process(target=_work, args=arguments)
        # Ctrl-C is for this process to pass on: only it knows when to stop waiting.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.process.start()
        signal.signal(signal.SIGINT, before)
        line.close()

    def build(self, folder: Path, last: Path | None) -> tuple[Path | None, list[Problem]]:
        """Build into a folder; ``last`` is the folder of the last good build, if any.

        Return the folder of the site (None without one) and what is wrong.
        """
        try:
            self._line.send((folder, last))
            return self._line.recv()
        except (EOFError, OSError):  # the process is gone
            self.outdated = True
            return None, [NO_ANSWER]

    def stop(self) -> None:
        """End the process; what it is building is given up."""
        while self.process and self.process.is_alive():
            if self._listens.is_set():
                os.kill(self.process.pid, signal.SIGINT)
            else:  # it hears no SIGINT yet, and has started nothing
                self.process.terminate()
            self.process.join(PATIENCE)


def _work(root: Path, page: str, line: Connection, listens: Event) -> None:
    """Build when told to, and send the folder of the site or the problems."""
    os.setsid()  # the terminal's Ctrl-C goes to the parent alone
    signal.signal(signal.SIGINT, signal.default_int_handler)
    listens.set()
    with suppress(KeyboardInterrupt, EOFError, BrokenPipeError):  # stopped, or left alone
        while True:
            folder, last = line.recv()
            try:
                site = _build_page(root, page, folder, last) if page else _build_book(root)
            except BookError as error:
                line.send((None, error.problems))
            except Exception:
                traceback.print_exc()
                line.send((None, [NO_ANSWER]))
            else:
                line.send((site, []))
            _tidy()


def _tidy() -> None:
    """Collect garbage while nobody waits, and leave what stays out of the collections to come."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _build_book(root: Path) -> Path:
    from .build import build  # late: only the process that builds needs Sphinx

    return build(root).site


def _build_page(root: Path, page: str, folder: Path, last: Path | None) -> Path:
    from . import onepage

    one = onepage.read(root, page)
    onepage.execute(one, one.run.store)
    site = onepage.render(one, folder, last)
    if one.run.problems:
        raise BookError(one.run.problems)
    return site

"""A site served as a host would: compressed, kept for some minutes, over a line of some speed."""

from __future__ import annotations

import functools
import gzip
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

COMPRESSED = ("text/", "application/json", "application/xml", "image/svg", "application/wasm")
COMPRESSED_SUFFIXES = (".js", ".webmanifest")
KEPT_SECONDS = 600
HEAD = 200  # bytes of an answer's head, about
PIECE = 4096


@functools.lru_cache(maxsize=4096)
def _compressed(file: Path, changed: int) -> bytes:
    del changed  # a part of the key
    return gzip.compress(file.read_bytes(), mtime=0)


@dataclass
class Line:
    """The connection between server and reader, and what went over it.

    ``latency`` is the seconds that each request waits, ``rate`` the bytes a second that all
    answers share (None: as fast as can be); ``sent`` lists path and bytes of each answer. Counted
    and slowed here because a browser does neither for the requests of its workers.
    """

    latency: float = 0.0
    rate: float | None = None
    sent: list[tuple[str, int]] = field(default_factory=list)
    busy: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, size: int) -> None:
        """Take as long as so many bytes take."""
        if self.rate:
            with self.busy:
                time.sleep(size / self.rate)

    @property
    def total(self) -> int:
        """All bytes sent: bodies, and heads of about 200 bytes each."""
        return sum(size for _, size in self.sent)


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args: object, line: Line, **options: object):
        self.line = line
        super().__init__(*args, **options)

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if file.is_dir() and self.path.split("?")[0].endswith("/"):
            file /= "index.html"
        if not file.is_file():
            self._send(HTTPStatus.NOT_FOUND, b"There is no such page.", {})
            return
        kind = self.guess_type(str(file))
        headers = {"Content-Type": kind, "Cache-Control": f"max-age={KEPT_SECONDS}"}
        content = file.read_bytes()
        if kind.startswith(COMPRESSED) or file.suffix in COMPRESSED_SUFFIXES:
            content = _compressed(file, file.stat().st_mtime_ns)
            headers["Content-Encoding"] = "gzip"
        self._send(HTTPStatus.OK, content, headers)

    def _send(self, status: HTTPStatus, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        time.sleep(self.line.latency)
        self.line.sent.append((self.path, len(content) + HEAD))
        self.end_headers()
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            self.line.carry(len(piece))
            self.wfile.write(piece)


@contextmanager
def serve(folder: Path, line: Line | None = None, port: int = 0) -> Iterator[str]:
    """Serve a folder over a line and give its URL, which has no slash at the end.

    ``port`` is 0 for any that is free.
    """
    handler = functools.partial(_Handler, directory=str(folder), line=line or Line())
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

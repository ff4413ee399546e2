"""The execution cache: what a page's cells gave, kept under a digest of code and environment.

One file a result, written under another name and then renamed, so that a build killed at any
moment leaves whole results only. No database, hence no owner and no lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

KEEP_UNUSED = 30 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Execution:
    """One finished run of a page: the outputs of each code cell and what produced them.

    ``date`` is ISO 8601 (UTC), ``seconds`` wall time from kernel start to its last cell,
    ``cpu_seconds`` processor time of the kernel and all it started, ``versions`` the libraries
    that the page imports, ``numbers`` what its claims compared: claim, operand, number.
    """

    outputs: list[list[dict[str, Any]]]
    date: str
    seconds: float
    cpu_seconds: float
    python: str
    versions: dict[str, str]
    numbers: list[list[str]] = field(default_factory=list)


def key(sources: list[str], environment: str) -> str:
    """Return the name of the result that these cells give in this environment."""
    text = json.dumps([environment, sources], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Store:
    """Results in one folder, by key."""

    def __init__(self, folder: Path):
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def read(self, key: str) -> Execution | None:
        """Return a result, or None when there is none (a damaged file counts as none)."""
        try:
            values = json.loads(self._path(key).read_text(encoding="utf-8"))
            return Execution(**values)
        except (OSError, ValueError, TypeError):
            return None

    def write(self, key: str, execution: Execution) -> None:
        """Keep a result; a reader sees either all of it or nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self._path(key).with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(asdict(execution)), encoding="utf-8")
        os.replace(temporary, self._path(key))

    def prune(self, used: set[str]) -> None:
        """Mark the results in use and drop those that no build has used for a month."""
        if not self.folder.is_dir():
            return
        now = time.time()
        for file in self.folder.iterdir():
            if file.stem in used:
                os.utime(file)
            elif now - file.stat().st_mtime > KEEP_UNUSED:
                file.unlink()

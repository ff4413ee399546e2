"""When each page first appeared and last changed, as git tells; no date rather than a wrong one."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

COMMIT = "\x01"  # begins the line of a commit; no file name does
MOVED_UNCHANGED = "R100"
LOG = (
    # What a user's own settings would add to the output.
    *("-c", "core.quotePath=false", "-c", "log.showSignature=false"),
    *("log", "--topo-order", "--relative", "-M", "--name-status", f"--format={COMMIT}%ct"),
    *("--", "*.md"),
)


@dataclass(frozen=True)
class Dates:
    """The commits that brought a page and changed it last (UTC)."""

    first: datetime
    last: datetime


def read(folder: Path) -> dict[str, Dates]:
    """Return the dates of each committed page below ``folder`` by name (path without suffix).

    Nothing where there is no git or no repository, nor in a shallow clone, which knows only the
    newest commits and would call every older page new.
    """
    if _git(folder, "rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    return parse(_git(folder, *LOG))


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except (OSError, UnicodeDecodeError):
        return ""
    return result.stdout if result.returncode == 0 else ""


def parse(log: str) -> dict[str, Dates]:
    """Return the dates that a log (newest commit first) gives, through renames.

    A page that was only moved is not changed; one that was deleted and written again is new.
    """
    current: dict[str, str] = {}  # what a path of that time is called today
    ended: set[str] = set()  # paths whose older history is another page's
    dates: dict[str, Dates] = {}
    time = datetime.fromtimestamp(0, UTC)
    for line in log.splitlines():
        if line.startswith(COMMIT):
            time = datetime.fromtimestamp(int(line.removeprefix(COMMIT)), UTC)
            continue
        status, *paths = line.split("\t")
        if not paths or paths[-1] in ended:
            continue
        name = current.setdefault(paths[-1], paths[-1].removesuffix(".md"))
        if status == "D":
            ended.add(paths[-1])
            continue
        known = dates.get(name)
        if known or status != MOVED_UNCHANGED:
            dates[name] = Dates(time, known.last if known else time)
        if status.startswith(("A", "R")):
            del current[paths[-1]]
            ended.add(paths[-1])
        if status.startswith("R"):
            current[paths[0]] = name
            ended.discard(paths[0])
    return dates

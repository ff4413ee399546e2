"""What git knows of an earlier commit: where a branch left it, which pages differ, their text."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .problems import BookError, Problem

VARIABLE = "CHANGED_SINCE"  # names the commit or branch to compare with
DIFF = ("diff", "--no-ext-diff", "-z")
STATUS = {"A": "new", "M": "changed", "D": "removed", "R": "moved"}


@dataclass(frozen=True)
class Change:
    """A page that differs: its name now and then (path below the pages' folder without suffix)."""

    status: str
    name: str
    earlier: str


def base(folder: Path) -> str:
    """Return the commit where the work below ``folder`` left the one that the variable names.

    "" where the variable is not set. Raises BookError when git cannot tell.
    """
    since = os.environ.get(VARIABLE, "")
    if not since:
        return ""
    try:
        return _git(folder, "merge-base", "--", since, "HEAD").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        message = f"git knows no commit that '{since}' and this work have in common"
        fix = f"fetch it whole (git fetch --unshallow), or name another: {VARIABLE}=main"
        raise BookError([Problem(VARIABLE, 1, message, fix)]) from None


def changes(folder: Path, commit: str) -> list[Change]:
    """Return the pages below ``folder`` that differ from those of a commit, committed or not."""
    diff = (*DIFF, "--name-status", "--relative", "-M", commit, "--", "*.md")
    untracked = ("ls-files", "-z", "--others", "--exclude-standard", "--", "*.md")
    fields = iter(_git(folder, *diff).decode().split("\0")[:-1])
    found = []
    for status in fields:
        paths = [next(fields)]
        if status[0] in "RC":
            paths.append(next(fields))
        names = [path.removesuffix(".md") for path in paths]
        found.append(Change(STATUS.get(status[0], "changed"), names[-1], names[0]))
    new = _git(folder, *untracked).decode().split("\0")[:-1]
    found += [Change("new", path.removesuffix(".md"), path.removesuffix(".md")) for path in new]
    return sorted(found, key=lambda change: change.name)


def text(folder: Path, commit: str, name: str) -> bytes:
    """Return the file of a page as it was in a commit."""
    return _git(folder, "show", f"{commit}:./{name}.md")


def differ(root: Path, commit: str, *paths: str) -> bool:
    """Say whether any of the files or folders is another than it was in a commit."""
    return bool(_git(root, *DIFF, "--name-only", commit, "--", *paths))


def _git(folder: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout

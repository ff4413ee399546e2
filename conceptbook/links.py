"""External links, asked one by one by Sphinx's own builder.

https://www.sphinx-doc.org/en/master/usage/builders/index.html#sphinx.builders.linkcheck.CheckExternalLinksBuilder
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from . import build
from .problems import BookError, Problem

DEAD = ("broken", "timeout")


def check(root: Path, trace: bool = False) -> int:
    """Return how many external links the book below ``root`` has.

    Raises BookError with those that lead nowhere, each where it is written. A link that was moved
    still leads somewhere.
    """
    folder = build.edition(root, "linkcheck", trace)
    text = (folder / "output.json").read_text(encoding="utf-8")
    shutil.rmtree(folder.parent)
    found = [json.loads(line) for line in text.splitlines()]
    problems = [
        Problem(
            f"book/{link['filename']}",
            link["lineno"] or 1,
            f"{link['uri']} leads nowhere ({link['info'] or link['status']})",
            "write its new address, or one that lasts (a DOI, an archived copy)",
        )
        for link in found
        if link["status"] in DEAD
    ]
    if problems:
        raise BookError(problems)
    return len(found)

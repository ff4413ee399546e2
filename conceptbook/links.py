"""External links, asked one by one by Sphinx's own builder.

https://www.sphinx-doc.org/en/master/usage/builders/index.html#sphinx.builders.linkcheck.CheckExternalLinksBuilder
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from . import build
from .problems import BookError, Problem

DEAD = ("broken", "timeout")
# What a host answers that turns programs away (publishers do): a browser may well find the page.
TURNED_AWAY = re.compile(r"(403|429) ")


def check(root: Path, trace: bool = False) -> int:
    """Return how many external links of the book below ``root`` lead somewhere.

    Raises BookError with those that lead nowhere, each where it is written. A link that was moved
    still leads somewhere; those that ask for a browser are printed, for no program can tell.
    """
    folder = build.edition(root, "linkcheck", trace)
    text = (folder / "output.json").read_text(encoding="utf-8")
    shutil.rmtree(folder.parent)
    found = [json.loads(line) for line in text.splitlines()]
    unknown = [link for link in found if _asks_for_a_browser(link)]
    for link in unknown:
        place = f"book/{link['filename']}:{link['lineno'] or 1}"
        print(f"{place}: {link['uri']} asks for a browser ({link['info']})", file=sys.stderr)
    problems = [
        Problem(
            f"book/{link['filename']}",
            link["lineno"] or 1,
            f"{link['uri']} leads nowhere ({link['info'] or link['status']})",
            "write its new address, or one that lasts (a DOI, an archived copy)",
        )
        for link in found
        if link["status"] in DEAD and link not in unknown
    ]
    if problems:
        raise BookError(problems)
    return len(found) - len(unknown)


def _asks_for_a_browser(link: dict[str, Any]) -> bool:
    return link["status"] in DEAD and bool(TURNED_AWAY.match(link["info"]))

"""The flashcards as files of the site: a package for Anki of the book and of each domain, a table.

Each build writes them once all pages are written: 560 cards take a second and 200 kB.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from pygments.style import Style

from ..editions import archive
from ..website import Site, file_name
from . import anki, deck, flashcards

FOLDER = f"{deck.FOLDER}/flashcards"
TABLE = f"{FOLDER}/flashcards.csv"
# Where the practice page says how much a package holds, which is known last.
AMOUNT = re.compile(r'(<span data-package="([^"]*)">)[^<]*')


def packages(site: Site) -> dict[str, str]:
    """Return the package that holds each domain's cards, and that of the whole book by ""."""
    name = f"{FOLDER}/{file_name(site.title)}"
    return {"": f"{name}.apkg", **{domain: f"{name}-{domain}.apkg" for domain in site.domains}}


def write(site: Site, looks: tuple[type[Style], ...], folder: Path) -> dict[str, str]:
    """Write all files below the site's folder; return how much each package holds, in words.

    ``looks`` are those of code by day and by night.
    """
    # Anki updates a card by what is newer, so sources without a date are as new as this build.
    date = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    css = anki.style(*looks)
    cards = [
        card
        for page in site.book.concepts
        for card in flashcards.cards(site, page, deck.read_page(page.slug, folder))
    ]
    amounts = {}
    for domain, name in packages(site).items():
        chosen = [card for card in cards if domain in ("", card.domain)]
        files = anki.files(site, css, chosen, folder, date)
        archive.write(folder / name, files.items(), datetime.fromtimestamp(date, UTC))
        size = (folder / name).stat().st_size
        amounts[name] = f"{len(chosen)} cards, {size / 1000:.0f}\N{NO-BREAK SPACE}kB"
    (folder / TABLE).write_text(flashcards.table(cards), encoding="utf-8-sig", newline="")
    return amounts


def show(amounts: dict[str, str], page: Path) -> None:
    """Say on the finished practice page how much each package holds."""
    text = page.read_text(encoding="utf-8")
    told = AMOUNT.sub(lambda match: match[1] + amounts[match[2]], text)
    page.write_text(told, encoding="utf-8")
